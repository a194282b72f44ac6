//! What the built-in scenarios of flow control, loss recovery and congestion control claim.

mod sim_support;

use framewire::probe::Var;
use framewire::trace::Op;
use sim_support::{Story, run, run_with};

/// When a host's last call of this kind returned.
fn last(story: &Story, host: &str, op: Op) -> f64 {
    story.calls_by(host, op).iter().filter_map(|c| c.returned).fold(0.0, f64::max)
}

#[test]
fn nagle_and_delayed_ack_cost_forty_milliseconds_each_way() {
    let story = run("nagle-delayed-ack-stall");
    let stalled = last(&story, "client", Op::ReadFrame);
    assert!(stalled > 3.0 * 80.0, "{stalled}");
    assert!(story.timers.iter().any(|(.., timer)| timer == "DelayedAck"));
    for cure in [("tcp.nagle", "false"), ("tcp.delayed_ack", "off")] {
        let quick = last(&run_with("nagle-delayed-ack-stall", &[cure]), "client", Op::ReadFrame);
        assert!(quick < 40.0, "{cure:?}: {quick}");
    }
    let whole = [("hosts.client.programs[0].steps[2].body[0].pieces", "false")];
    assert!(last(&run_with("nagle-delayed-ack-stall", &whole), "client", Op::ReadFrame) < stalled - 100.0);
}

#[test]
fn zero_window_is_probed_at_growing_intervals() {
    let story = run("zero-window");
    assert!(story.sent_by("server").iter().any(|p| p.window == 0));
    let probes: Vec<f64> = story.timers.iter().filter(|(.., t)| t == "Persist").map(|(at, ..)| *at).collect();
    assert!(probes.len() >= 2, "{probes:?}");
    assert!(probes[1] - probes[0] > 1.5 * (probes[0] - 80.0), "{probes:?}");
    assert_eq!(story.received("server").concat().len(), 6000);
    // Nothing new is sent between the last window and its opening.
    assert!(probes[0] > 1000.0);
}

#[test]
fn silly_windows_make_tiny_segments_unless_avoided() {
    let tiny = |story: &Story| story.data_of("client").iter().filter(|p| p.payload.len() <= 20).count();
    let silly = run("silly-window");
    assert!(tiny(&silly) >= 40, "{}", tiny(&silly));
    let cured = run_with("silly-window", &[("tcp.sws_avoidance", "true")]);
    assert!(tiny(&cured) <= 2, "{}", tiny(&cured));
    assert_eq!(silly.received("server").concat().len(), 2000);
    assert_eq!(cured.received("server").concat().len(), 2000);
}

#[test]
fn time_outs_double() {
    let story = run("retransmission-backoff");
    let sent: Vec<f64> = story.data_of("client").iter().map(|p| p.sent).collect();
    assert_eq!(sent.len(), 5);
    let gaps: Vec<f64> = sent.windows(2).map(|pair| (pair[1] - pair[0]).round()).collect();
    assert_eq!(gaps, [1000.0, 2000.0, 4000.0, 8000.0]);
    assert_eq!(story.received("client"), ["HELLO"]);
    let flat = run_with("retransmission-backoff", &[("tcp.break", r#"["no-backoff"]"#)]);
    let sent: Vec<f64> = flat.data_of("client").iter().map(|p| p.sent).collect();
    assert!((sent[4] - sent[0] - 4000.0).abs() < 1.0);
}

#[test]
fn fast_retransmit_acts_on_the_third_duplicate() {
    let story = run("fast-retransmit");
    let again: Vec<_> = story.data_of("client").into_iter().filter(|p| p.retransmission).collect();
    assert_eq!((again.len(), again[0].seq), (1, 3001));
    let duplicates: Vec<f64> = story
        .sent_by("server")
        .into_iter()
        .filter(|p| p.ack == 3001 && p.arrived.is_some_and(|at| at <= again[0].sent))
        .filter_map(|p| p.arrived)
        .collect();
    assert_eq!(duplicates.len(), 4, "the first acknowledgment and three duplicates");
    assert!(story.timers.iter().all(|(.., timer)| timer != "Retransmission"));
    assert_eq!(story.received("server").concat().len(), 20_000);
    // Without it the time-out has to do it.
    let slow = run_with("fast-retransmit", &[("tcp.fast_retransmit", "false")]);
    assert!(slow.timers.iter().any(|(.., timer)| timer == "Retransmission"));
    assert!(last(&slow, "server", Op::Recv) > last(&story, "server", Op::Recv) + 500.0);
}

#[test]
fn sack_repairs_all_holes_in_a_round_trip() {
    let repair = |story: &Story| {
        let lost: Vec<u32> =
            story.data_of("client").iter().filter(|p| p.dropped.is_some()).map(|p| p.seq).collect();
        assert_eq!(lost, [11_001, 13_001, 15_001]);
        let first = |seq: &u32| {
            let again = story.data_of("client").into_iter().find(|p| p.retransmission && p.seq == *seq);
            again.expect("what was lost is sent again").sent
        };
        first(&lost[2]) - first(&lost[0])
    };
    let with = run("sack");
    assert!(with.sent_by("server").iter().any(|p| p.sacks >= 2));
    let without = run_with("sack", &[("tcp.sack", "false")]);
    assert!(without.sent_by("server").iter().all(|p| p.sacks == 0));
    assert!(repair(&with) < 40.0, "{}", repair(&with));
    assert!(repair(&without) > 75.0, "{}", repair(&without));
    assert_eq!(with.received("server").concat().len(), 30_000);
}

/// The client's cwnd over time.
fn cwnd(story: &Story) -> Vec<(f64, i64)> {
    story
        .changes
        .iter()
        .filter(|(_, socket, var, _)| *var == Var::Cwnd && *socket == 0)
        .map(|c| (c.0, c.3))
        .collect()
}

#[test]
fn slow_start_doubles_until_the_queue_overflows() {
    let story = run("slow-start-reno");
    let windows = cwnd(&story);
    let full = story.packets.values().find(|p| p.dropped.as_deref() == Some("queue-full"));
    let full = full.expect("the queue overflows").sent;
    let before: Vec<_> = windows.iter().filter(|(at, _)| *at < full).collect();
    let (first, top) = (before[0].1, before.last().unwrap().1);
    assert!(top >= 4 * first, "{first} to {top}");
    let least = windows.iter().filter(|(at, _)| *at > full).map(|(_, w)| *w).min().unwrap();
    assert!(least < top * 3 / 4, "{top} falls to {least}");
    assert!(story.timers.iter().all(|(.., timer)| timer != "Retransmission"), "no time-out");
}

#[test]
fn cubic_slows_down_near_the_old_maximum_and_then_goes_beyond() {
    let story = run("slow-start-cubic");
    let windows = cwnd(&story);
    let of = |windows: &[(f64, i64)], at: f64| {
        windows.iter().take_while(|(then, _)| *then <= at).last().map_or(0, |(_, window)| *window)
    };
    let lost = story.packets.values().filter(|p| p.dropped.is_some()).count();
    assert_eq!(lost, 1);
    let top = windows.iter().filter(|(at, _)| *at < 2100.0).map(|(_, w)| *w).max().unwrap();
    let steps: Vec<i64> = [2600.0, 3600.0, 4600.0, 5600.0].map(|at| of(&windows, at)).to_vec();
    assert!(steps[0] < top * 85 / 100, "{top} falls: {steps:?}");
    assert!(steps[1] > top * 92 / 100, "fast at first: {steps:?}");
    assert!(steps[2] - steps[1] < (steps[1] - steps[0]) / 2, "then slower: {steps:?}");
    let end = windows.last().unwrap().1;
    assert!(end > top, "then beyond {top}: {end}");
    // Reno adds a segment a round trip and is far below by then.
    let reno = cwnd(&run_with("slow-start-cubic", &[("tcp.congestion", "reno")]));
    let (before, after) = (of(&reno, 4200.0), of(&reno, 6250.0));
    assert!((3 * 1460..=5 * 1460).contains(&(after - before)), "{before} to {after} in four round trips");
    assert!(after < top * 85 / 100, "{after}");
}

#[test]
fn keep_alive_finds_a_peer_that_vanished() {
    let story = run("keep-alive");
    let recv = story.calls_by("client", Op::Recv)[0];
    assert_eq!(recv.outcome, "ETIMEDOUT");
    let probes: Vec<_> =
        story.sent_by("client").into_iter().filter(|p| p.sent > 1000.0 && p.kind == "ACK").collect();
    assert_eq!(probes.iter().filter(|p| p.dropped.is_none()).count(), 2, "two are answered");
    assert_eq!(probes.iter().filter(|p| p.dropped.is_some()).count(), 3, "three are not");
    // Without keep-alive nobody ever finds out.
    let blind = run_with("keep-alive", &[("hosts.client.programs[0].steps[1].value", "0")]);
    assert!(blind.calls_by("client", Op::Recv)[0].returned.is_none());
}

#[test]
fn path_mtu_is_learnt_from_icmp() {
    let story = run("path-mtu");
    let routers: Vec<_> = story.hosts.iter().filter(|host| host.starts_with("router")).collect();
    assert_eq!(routers.len(), 2);
    assert!(story.packets_of("router1").iter().any(|kind| kind == "ICMP"));
    assert!(story.packets.values().any(|p| p.dropped.as_deref() == Some("too-big")));
    let arrived = story.data_of("client").into_iter().filter(|p| p.arrived.is_some()).map(|p| p.len).max();
    assert_eq!(arrived, Some(1000));
    assert_eq!(story.received("server").concat().len(), 5000);
    // A black hole: the message is not sent.
    let hole = run_with("path-mtu", &[("network.bottleneck.silent", "true"), ("tcp.retries", "4")]);
    assert!(hole.received("server").concat().len() < 5000);
}
