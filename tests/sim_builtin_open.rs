//! What the built-in scenarios of opening a connection, and the first hellos, claim.

mod sim_support;

use framewire::trace::Op;
use sim_support::{run, run_with};

#[test]
fn hello_tcp_goes_there_and_back() {
    let story = run("hello-tcp");
    assert_eq!(story.calls_of("client"), ["socket 3", "connect 0", "send 11", "recv 11", "close 0"]);
    assert_eq!(story.received("server"), ["hello hello"]);
    assert_eq!(story.received("client"), ["HELLO HELLO"]);
    assert_eq!(story.data_of("client").len() + story.data_of("server").len(), 2);
    assert_eq!(story.states_of("client", 0), ["SYN-SENT", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]);
    assert_eq!(
        story.states_of("server", 0),
        ["SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED"]
    );
    // Line by line, as the source shows them.
    let lines: Vec<_> = story.calls.values().filter(|c| c.host == "client").filter_map(|c| c.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
}

#[test]
fn hello_udp_is_two_datagrams_and_nothing_else() {
    let story = run("hello-udp");
    assert_eq!(story.packets.len(), 2);
    assert_eq!(story.received("server"), ["hello world!"]);
    assert_eq!(story.received("client"), ["HELLO WORLD!"]);
}

#[test]
fn three_way_handshake_establishes_the_client_first() {
    let story = run("three-way-handshake");
    let first: Vec<_> =
        story.packets.values().take(3).map(|p| (p.from.as_str(), p.kind.as_str(), p.seq, p.ack)).collect();
    assert_eq!(first, [("client", "SYN", 0, 0), ("server", "SYN ACK", 0, 1), ("client", "ACK", 1, 1)]);
    let (client, server) = (story.entered("client", "ESTABLISHED"), story.entered("server", "ESTABLISHED"));
    assert!(client < server);
}

#[test]
fn lost_syn_comes_again_after_a_second() {
    let story = run("lost-syn");
    assert_eq!(story.packets_of("client")[..2], ["SYN!", "SYN*"]);
    let syns = story.sent_by("client");
    assert!((syns[1].sent - syns[0].sent - 1000.0).abs() < 0.001);
    let connect = story.calls_by("client", Op::Connect)[0];
    assert!(connect.returned.unwrap() - connect.begun > 1000.0);
    assert_eq!(story.received("server"), ["hello"]);
}

#[test]
fn lost_syn_ack_is_answered_again() {
    let story = run("lost-syn-ack");
    assert_eq!(story.packets_of("server")[0], "SYN ACK!");
    assert_eq!(story.packets_of("client")[..2], ["SYN", "SYN*"]);
    let answers: Vec<_> =
        story.sent_by("server").into_iter().filter(|p| p.kind == "SYN ACK").map(|p| (p.seq, p.ack)).collect();
    assert!(answers.len() >= 2 && answers.iter().all(|answer| *answer == (0, 1)), "the same SYN+ACK again");
    assert_eq!(story.received("server"), ["hello"]);
}

#[test]
fn lost_handshake_ack_is_made_good_by_the_first_data() {
    let story = run("lost-handshake-ack");
    assert_eq!(story.packets_of("client")[1], "ACK!");
    let data = story.data_of("client")[0];
    let (before, established) =
        (story.entered("client", "ESTABLISHED"), story.entered("server", "ESTABLISHED"));
    assert!(before < Some(data.sent) && established == data.arrived, "the data completes the handshake");
    assert_eq!(data.ack, story.sent_by("client")[1].ack);
    assert_eq!(story.received("server"), ["hello"]);
}

#[test]
fn stale_syn_is_answered_with_rst_by_the_real_rule() {
    let story = run("stale-syn");
    assert_eq!(story.packets_of("client").last().unwrap(), "RST");
    assert_eq!(story.states_of("server", 1), ["SYN-RECEIVED", "CLOSED"]);
    assert_eq!(story.calls_by("server", Op::Accept).iter().filter(|c| c.returned.is_some()).count(), 1);
}

#[test]
fn stale_syn_makes_a_ghost_by_the_two_way_rule() {
    let story = run_with("stale-syn", &[("hosts.server.tcp.break", r#"["two-way-handshake"]"#)]);
    let ghost = story.states_of("server", 1);
    assert_eq!(ghost[..2], ["SYN-RECEIVED", "ESTABLISHED"]);
    let rst = story.sent_by("client").into_iter().find(|p| p.kind == "RST").unwrap();
    assert!(story.entered("server", "ESTABLISHED") < rst.arrived, "before the client has said a word");
    let accepts = story.calls_by("server", Op::Accept);
    assert_eq!(accepts.iter().filter(|c| c.returned.is_some()).count(), 2, "accept() hands the ghost out");
}

#[test]
fn closed_port_answers_with_rst_within_a_round_trip() {
    let story = run("closed-port");
    assert_eq!(story.packets_of("server"), ["RST ACK"]);
    let connect = story.calls_by("client", Op::Connect)[0];
    assert_eq!(connect.outcome, "ECONNREFUSED");
    assert!((connect.returned.unwrap() - connect.begun - 40.0).abs() < 0.001);
}

#[test]
fn syn_backlog_lets_connect_return_before_accept() {
    let story = run("syn-backlog");
    let first_accept = story.calls_by("server", Op::Accept)[0].begun;
    for early in ["client1", "client2"] {
        assert!(story.calls_by(early, Op::Connect)[0].returned.unwrap() < first_accept, "{early}");
    }
    assert!(story.calls_by("client3", Op::Connect)[0].returned.unwrap() > first_accept);
    assert_eq!(story.packets_of("client3")[0], "SYN!");
    let mut received = story.received("server");
    received.sort();
    assert_eq!(received, ["one", "three", "two"]);
}

#[test]
fn simultaneous_open_makes_one_connection_of_two_syns() {
    let story = run("simultaneous-open");
    for (host, other) in [("left", "world"), ("right", "hello")] {
        assert_eq!(story.packets_of(host)[0], "SYN");
        assert_eq!(story.states_of(host, 0)[..3], ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"]);
        assert_eq!(story.received(host), [other]);
        assert!(story.calls_by(host, Op::Listen).is_empty());
    }
}
