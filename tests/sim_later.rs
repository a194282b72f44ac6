//! Settings of TCP that change in the middle of a run: what was before stays, what follows is as the new setting has it.

use framewire::probe::{Var, Vars};
use framewire::sim::{Command, Run, Scenario, builtin, turns_later};
use framewire::tcp::{Config, CongestionAlgorithm, KeepAlive};
use framewire::time::Duration;
use framewire::trace::{EventId, Kind, SocketId, Trace};

fn run(scenario: &Scenario, later: &[(&str, &str, u32)]) -> Run {
    let set = |&(path, value, at): &(&str, &str, u32)| Command::Set {
        path: path.into(),
        value: value.into(),
        at: Some(at),
    };
    Run::new(scenario, &later.iter().map(set).collect::<Vec<_>>()).expect("it is right")
}

fn named(name: &str) -> Scenario {
    builtin(name).expect("it is built in")
}

/// The event by which the `nth` packet with payload was sent.
fn data(trace: &Trace, nth: usize) -> u32 {
    trace.tables().packets.iter().filter(|row| row.payload_len > 0).nth(nth).expect("so many").sent.0
}

/// The moments at which packets were sent, before `event` of both.
fn sent_before(trace: &Trace, event: u32) -> Vec<u64> {
    let sent = trace.tables().packets.iter().map(|row| row.sent);
    sent.filter(|sent| sent.0 < event).map(|sent| trace.clock(sent).as_nanos()).collect()
}

fn end(run: &Run) -> Duration {
    let client = run.trace().tables().calls.last().expect("it calls");
    run.trace().clock(client.begun).since(framewire::time::Instant::START)
}

#[test]
fn nagle_and_delayed_acks_end_in_the_middle_of_a_conversation() {
    let scenario = named("nagle-delayed-ack-stall");
    let plain = run(&scenario, &[]);
    // After the first of three rounds, which stall twice for 40 ms each.
    let at = data(plain.trace(), 6);
    // One host alone saves its own stalls only.
    for (path, saved) in [("tcp.nagle", 70), ("hosts.client.tcp.nagle", 30)] {
        let later = run(&scenario, &[(path, "false", at)]);
        assert_eq!(
            sent_before(later.trace(), at),
            sent_before(plain.trace(), at),
            "{path}: what was before stays"
        );
        let ends = (end(&later), end(&plain));
        assert!(ends.0 + Duration::from_millis(saved) < ends.1, "{path}: {ends:?}");
        let told = (at..).find(|&event| later.trace().kind(EventId(event)) == Some(Kind::Command));
        assert!(
            told.is_some_and(|told| told < at + 10),
            "{path}: with the next thing that happens: {told:?}"
        );
        assert_eq!(later.digest(), run(&scenario, &[(path, "false", at)]).digest(), "{path}");
        let whole = run(&framewire::sim::set(&scenario, path, "false").unwrap(), &[]);
        assert!(end(&whole) < end(&later), "{path}: the first round had stalled");
    }
    let later = run(&scenario, &[("tcp.delayed_ack", "off", at)]);
    assert!(end(&later) + Duration::from_millis(70) < end(&plain), "{:?}", end(&later));
}

#[test]
fn what_waits_goes_at_once() {
    let scenario = named("nagle-delayed-ack-stall");
    let plain = run(&scenario, &[]);
    // The moment right after a small segment was held back: the next one goes out by the change alone.
    let trace = plain.trace();
    let held = (0..trace.len() as u32).map(EventId).find(|&event| {
        trace.record_of(event).is_some_and(|record| {
            matches!(record.what, framewire::trace::What::RuleFired { rule, .. } if rule.info().name == "NagleHolds")
        })
    });
    let held = held.expect("Nagle's algorithm holds back");
    let later = run(&scenario, &[("tcp.nagle", "false", held.0 + 1)]);
    let sent = |trace: &Trace| {
        let of = |row: &&framewire::trace::PacketRow| row.payload_len > 0 && row.sent > held;
        let row = trace.tables().packets.iter().find(of).expect("it goes on");
        trace.clock(row.sent).since(trace.clock(held))
    };
    assert!(sent(later.trace()) < Duration::from_millis(1) && sent(trace) >= Duration::from_millis(1));
}

#[test]
fn a_greater_receive_buffer_opens_the_window() {
    let scenario = named("zero-window");
    let plain = run(&scenario, &[]);
    let window = |trace: &Trace, row: u32| trace.tables().packets[row as usize].window;
    let closed = (0..).find(|&row| window(plain.trace(), row) == 0).expect("the window closes");
    let at = plain.trace().tables().packets[closed as usize].sent.0 + 4;
    let later = run(&scenario, &[("tcp.receive_buffer", "64KiB", at)]);
    let next = later.trace().tables().packets.iter().find(|row| row.sent.0 > at && row.window > 0);
    let next = next.expect("room is told");
    let plain_next = plain
        .trace()
        .tables()
        .packets
        .iter()
        .find(|row| row.sent.0 > at && row.source_port == next.source_port && row.window > 0);
    let opened = later.trace().clock(next.sent);
    assert!(plain_next.is_none_or(|row| opened < plain.trace().clock(row.sent)));
    assert!(end(&later) <= end(&plain));
}

#[test]
fn congestion_control_is_changed_as_tcp_congestion_does() {
    let scenario = named("slow-start-reno");
    let plain = run(&scenario, &[]);
    let at = data(plain.trace(), 20);
    let sender = |run: &Run| -> SocketId {
        let row = run.trace().tables().packets.iter().find(|row| row.payload_len > 0).expect("data");
        run.trace().socket_of(row.sent).expect("of a socket")
    };
    let cwnd = |run: &Run, event: u32| run.trace().vars_at(sender(run), EventId(event)).raw(Var::Cwnd);
    let none = run(&scenario, &[("tcp.congestion", "none", at)]);
    let last = none.trace().len() as u32 - 1;
    assert_ne!(cwnd(&none, at - 1), Vars::UNSET);
    assert_eq!(cwnd(&none, last), Vars::UNSET, "no window any more");
    let cubic = run(&scenario, &[("tcp.congestion", "cubic", at)]);
    assert_eq!(cwnd(&cubic, at), cwnd(&plain, at - 1), "it goes on with the window as it is");
    // And back: who had no window begins with the initial one.
    let back = run(&scenario, &[("tcp.congestion", "none", at), ("tcp.congestion", "reno", at + 40)]);
    assert_ne!(cwnd(&back, back.trace().len() as u32 - 1), Vars::UNSET);
}

#[test]
fn a_time_out_follows_its_new_bounds() {
    let scenario = named("retransmission-backoff");
    let plain = run(&scenario, &[]);
    let first = plain.trace().tables().packets.iter().find(|row| row.payload_len > 0).expect("data").sent.0;
    let later = run(&scenario, &[("tcp.max_rto", "1s", first + 1)]);
    let rto = |run: &Run| {
        let all = run.trace().tables().vars.iter();
        all.filter(|row| row.var == Var::Rto && row.event.0 > first + 1).map(|row| row.new).max()
    };
    assert!(rto(&later).is_none_or(|most| most <= 1_000_000_000), "{:?}", rto(&later));
    assert!(rto(&plain) > Some(1_000_000_000), "{:?}", rto(&plain));
}

#[test]
fn seeking_goes_through_the_change() {
    let scenario = named("nagle-delayed-ack-stall");
    let at = data(run(&scenario, &[]).trace(), 6);
    let later = run(&scenario, &[("tcp.nagle", "false", at)]);
    let last = EventId(later.trace().len() as u32 - 1);
    let there = later.seek(last).expect("it has keyframes");
    assert_eq!(there.now(), later.trace().end_time());
}

#[test]
fn only_what_a_socket_option_changes_can_change() {
    for path in ["tcp.nagle", "hosts.client.tcp.congestion", "hosts[1].tcp.user_timeout", "network.loss"] {
        assert!(turns_later(path), "{path}");
    }
    for path in [
        "tcp.sack",
        "tcp.mss",
        "tcp.isn",
        "hosts.client.tcp.window_scale",
        "hosts.client.name",
        "tcp",
        "seed",
    ] {
        assert!(!turns_later(path), "{path}");
    }
    // A command that names a moment for what cannot change then changes it for the whole run.
    let scenario = named("hello-tcp");
    let whole = run(&scenario, &[("tcp.mss", "600", 40)]);
    assert_eq!(whole.trace().columns().kind.iter().filter(|&&kind| kind == Kind::Command as u8).count(), 0);
}

#[test]
fn what_a_program_has_set_stays_unless_it_is_what_changes() {
    let from = Config::linux();
    let mut to = from.clone();
    to.congestion = CongestionAlgorithm::Reno;
    to.personality.keepalive_idle = Duration::from_secs(5);
    let mut own = from.clone();
    own.nodelay = true;
    own.keepalive = Some(KeepAlive { garbage_octet: true, ..from.default_keepalive() });
    own.features.sack = false;
    own.retune(&from, &to);
    assert!(own.nodelay && !own.features.sack);
    assert_eq!(own.congestion, CongestionAlgorithm::Reno);
    let times = own.keepalive.expect("it is on");
    assert_eq!((times.idle, times.garbage_octet), (Duration::from_secs(5), true));
}
