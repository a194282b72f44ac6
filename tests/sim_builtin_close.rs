//! What the built-in scenarios of closing a connection claim.

mod sim_support;

use framewire::trace::Op;
use sim_support::{Story, run, run_with};

/// The segments from the first FIN on, as `host kind`.
fn close_of(story: &Story) -> Vec<String> {
    let first = story.packets.values().position(|p| p.kind.contains("FIN")).expect("a FIN");
    story.packets.values().skip(first).map(|p| format!("{} {}", p.from, p.kind)).collect()
}

#[test]
fn four_way_close_has_four_segments() {
    let story = run("four-way-close");
    assert_eq!(close_of(&story), ["client FIN ACK", "server ACK", "server FIN ACK", "client ACK"]);
    assert_eq!(story.states_of("client", 0)[2..], ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED"]);
    let (wait, last) =
        (story.entered("server", "CLOSE-WAIT").unwrap(), story.entered("server", "LAST-ACK").unwrap());
    assert!((last - wait - 200.0).abs() < 1.0, "CLOSE-WAIT lasts as long as the program waits");
}

/// The server's delay before close(): the knob of `four-way-close`.
const SLEEP: &str = "hosts.server.programs[0].steps[5].time";

#[test]
fn four_way_close_takes_three_when_the_server_closes_before_its_ack_is_due() {
    // Linux, as its delayed ACK: 40 ms (RFC 1122 section 4.2.3.2; RFC 9293 section 3.6 lets the FIN carry it).
    for (sleep, merged) in [("0ms", true), ("39ms", true), ("41ms", false), ("200ms", false)] {
        let close = close_of(&run_with("four-way-close", &[(SLEEP, sleep)]));
        let wanted: &[&str] = if merged {
            &["client FIN ACK", "server FIN ACK", "client ACK"]
        } else {
            &["client FIN ACK", "server ACK", "server FIN ACK", "client ACK"]
        };
        assert_eq!(close, wanted, "{sleep}");
    }
}

#[test]
fn an_ack_that_may_not_wait_is_never_merged_with_the_fin() {
    for key in [
        ("hosts.server.tcp.delayed_ack", "off"),
        ("hosts.server.tcp.break", r#"["never-merge-ack-and-fin"]"#),
    ] {
        let story = run_with("four-way-close", &[(SLEEP, "0ms"), key]);
        assert_eq!(
            close_of(&story),
            ["client FIN ACK", "server ACK", "server FIN ACK", "client ACK"],
            "{key:?}"
        );
    }
}

#[test]
fn close_in_three_merges_ack_and_fin() {
    let story = run("close-in-three");
    assert_eq!(close_of(&story), ["client FIN ACK", "server FIN ACK", "client ACK"]);
    let states = story.states_of("client", 0);
    assert_eq!(*states.last().unwrap(), "CLOSED");
    assert_eq!(story.states_of("server", 0)[2..], ["CLOSE-WAIT", "LAST-ACK", "CLOSED"]);
}

#[test]
fn half_close_ends_one_direction_only() {
    let story = run("half-close");
    let fin = story.sent_by("client").into_iter().find(|p| p.kind.contains("FIN")).unwrap().sent;
    let answers: Vec<_> = story.data_of("server").into_iter().filter(|p| p.sent > fin).collect();
    assert_eq!(answers.len(), 2, "the server sends after the client's FIN");
    assert_eq!(story.received("client").concat(), "ONE TWO");
    assert_eq!(story.received("server").concat(), "one two");
    assert!(story.states_of("client", 0).contains(&"FIN-WAIT-2"));
}

#[test]
fn lost_fin_is_sent_again_after_close_returned() {
    let story = run("lost-fin");
    let fins: Vec<_> = story.sent_by("client").into_iter().filter(|p| p.kind.contains("FIN")).collect();
    assert_eq!(fins.len(), 2);
    assert!(fins[0].dropped.is_some() && fins[1].retransmission);
    assert_eq!(fins[0].seq, fins[1].seq);
    assert!(story.calls_by("client", Op::Close)[0].returned.unwrap() < fins[1].sent);
    assert!(story.entered("server", "CLOSED").is_some());
}

#[test]
fn time_wait_answers_the_fin_that_comes_again() {
    let story = run("time-wait-last-ack-lost");
    let fins: Vec<_> = story.sent_by("server").into_iter().filter(|p| p.kind == "FIN ACK").collect();
    assert_eq!(fins.len(), 2);
    assert_eq!(story.packets_of("client").last().unwrap(), "ACK");
    let wait = story.entered("client", "CLOSED").unwrap() - fins[1].arrived.unwrap();
    assert!((wait - 4000.0).abs() < 0.001, "2 MSL begin anew: {wait}");
    assert!(story.states_of("server", 0).ends_with(&["LAST-ACK", "CLOSED"]));
}

#[test]
fn without_time_wait_the_fin_that_comes_again_gets_rst() {
    let story = run_with("time-wait-last-ack-lost", &[("hosts.client.tcp.break", r#"["no-time-wait"]"#)]);
    assert!(story.packets_of("client").last().unwrap().starts_with("RST"));
}

#[test]
fn no_time_wait_lets_old_data_into_the_new_connection() {
    let story = run("no-time-wait");
    let received = story.received("server");
    assert_eq!(received.iter().filter(|text| *text == "old data").count(), 2, "{received:?}");
    assert!(!received.contains(&"new data".to_owned()), "its numbers are taken: {received:?}");
    // With the rule, the ports are not free for a second connection.
    let story = run_with("no-time-wait", &[("hosts.client.tcp.break", "[]")]);
    assert_eq!(story.calls_by("client", Op::Bind)[1].outcome, "EADDRINUSE");
    assert_eq!(story.received("server").iter().filter(|text| *text == "old data").count(), 1);
}

#[test]
fn address_in_use_unless_reuse_is_set() {
    let story = run("address-in-use");
    let binds: Vec<_> = story.calls_by("server", Op::Bind).iter().map(|c| c.outcome.clone()).collect();
    assert_eq!(binds.iter().filter(|outcome| *outcome == "EADDRINUSE").count(), 1);
    assert_eq!(binds.len(), 4);
    assert!(story.states_of("server", 0).contains(&"TIME-WAIT"), "it closed first");
    assert!(!story.states_of("client", 0).contains(&"TIME-WAIT"));
    // Once TIME-WAIT is over the port is free.
    let story = run_with("address-in-use", &[("tcp.time_wait", "100ms")]);
    assert!(story.calls_by("server", Op::Bind).iter().all(|c| c.outcome == "0"));
}

#[test]
fn close_wait_leak_piles_sockets_up() {
    let story = run("close-wait-leak");
    for nth in 0..3 {
        assert_eq!(*story.states_of("server", nth).last().unwrap(), "CLOSE-WAIT");
    }
    assert_eq!(story.received("server").iter().filter(|text| *text == "hello").count(), 3);
}

#[test]
fn simultaneous_close_passes_through_closing() {
    let story = run("simultaneous-close");
    for host in ["client", "server"] {
        assert!(
            story.states_of(host, 0).ends_with(&["FIN-WAIT-1", "CLOSING", "TIME-WAIT", "CLOSED"]),
            "{host}"
        );
    }
}

#[test]
fn unread_data_makes_close_a_reset() {
    let story = run("reset-unread-data");
    assert_eq!(story.received("server"), ["hello"]);
    assert_eq!(story.packets_of("server").last().unwrap(), "RST ACK");
    assert!(story.packets_of("server").iter().all(|kind| !kind.contains("FIN")));
    assert_eq!(story.calls_by("client", Op::Recv)[0].outcome, "ECONNRESET");
}
