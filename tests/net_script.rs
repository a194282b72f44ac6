//! Scripted actions: this very packet, and what is done to it.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::packet::{Protocol, TcpFlags};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::time::{Duration, Instant};
use net_support::{PORT, Pair, Seen, Watch, pattern};

fn action(matching: Match, nth: Option<u32>, action: Action) -> ScriptedAction {
    ScriptedAction { matching, nth, action }
}

/// Five datagrams, a millisecond apart, under this script; what arrived, by the first octet, with its time in ms.
fn datagrams(script: Vec<ScriptedAction>) -> (Vec<(u8, u64)>, Watch) {
    let mut pair = Pair::new(LinkConfig::default());
    for action in script {
        pair.net.script(action);
    }
    let inbox = pair.udp_server(PORT);
    let to = pair.server_address(PORT);
    let socket = pair.at(pair.client, |s| s.udp());
    let (mut watch, mut got) = (Watch::default(), Vec::new());
    let mut buffer = [0; 10];
    for n in 0..200 {
        if n < 5 {
            pair.net.sockets(pair.client, &mut watch).unwrap().send_to(socket, &[n, 1, 2], to).unwrap();
        }
        let next = Instant::from_nanos((u64::from(n) + 1) * 1_000_000);
        pair.net.run_until(next, &mut watch);
        while pair.net.sockets(pair.server, &mut watch).unwrap().recv(inbox, &mut buffer).is_ok() {
            got.push((buffer[0], u64::from(n) + 1));
        }
    }
    (got, watch)
}

#[test]
fn the_nth_match_is_dropped_delayed_duplicated_and_replayed() {
    let any = Match::default();
    let (got, _) = datagrams(vec![]);
    assert_eq!(got, [(0, 20), (1, 21), (2, 22), (3, 23), (4, 24)]);
    let (got, watch) = datagrams(vec![action(any.clone(), Some(2), Action::Drop)]);
    assert_eq!(got, [(0, 20), (2, 22), (3, 23), (4, 24)]);
    assert_eq!(watch.dropped(DropReason::Scripted), 1);
    let (got, watch) = datagrams(vec![action(any.clone(), Some(1), Action::Delay(Duration::from_millis(3)))]);
    assert_eq!(got, [(1, 21), (2, 22), (0, 23), (3, 23), (4, 24)]);
    assert_eq!(watch.count(|s| matches!(s, Seen::Held { .. })), 1);
    let (got, _) = datagrams(vec![action(any.clone(), Some(5), Action::Duplicate(Duration::from_millis(9)))]);
    assert_eq!(got, [(0, 20), (1, 21), (2, 22), (3, 23), (4, 24), (4, 33)]);
    let at = Action::Replay(Instant::from_nanos(100_000_000));
    let (got, _) =
        datagrams(vec![action(any.clone(), Some(3), at), action(any.clone(), Some(3), Action::Drop)]);
    assert_eq!(got, [(0, 20), (1, 21), (3, 23), (4, 24), (2, 100)], "a copy is kept of what is dropped");
    let (got, watch) = datagrams(vec![action(any, None, Action::Corrupt(Some(28 * 8 + 7)))]);
    assert!(got.is_empty());
    assert_eq!(watch.ignored(DropReason::Checksum), 5);
}

#[test]
fn every_condition_of_a_match_counts() {
    let dropped = |matching: Match| 5 - datagrams(vec![action(matching, None, Action::Drop)]).0.len();
    assert_eq!(dropped(Match::default()), 5);
    assert_eq!(dropped(Match { contains: vec![3, 1], ..Default::default() }), 1);
    assert_eq!(dropped(Match { contains: vec![1, 2], ..Default::default() }), 5);
    assert_eq!(dropped(Match { packet: Some(PacketId(2)), ..Default::default() }), 1);
    assert_eq!(dropped(Match { from: Some(NodeId(1)), ..Default::default() }), 0);
    assert_eq!(dropped(Match { from: Some(NodeId(0)), to: Some(NodeId(1)), ..Default::default() }), 5);
    assert_eq!(dropped(Match { to: Some(NodeId(0)), ..Default::default() }), 0);
    assert_eq!(dropped(Match { protocol: Some(Protocol::TCP), ..Default::default() }), 0);
    assert_eq!(
        dropped(Match { protocol: Some(Protocol::UDP), payload: Some(true), ..Default::default() }),
        5
    );
    assert_eq!(dropped(Match { flags: TcpFlags::SYN, ..Default::default() }), 0);
    assert_eq!(
        dropped(Match { dst_port: Some(PORT), min_len: Some(31), max_len: Some(31), ..Default::default() }),
        5
    );
    assert_eq!(dropped(Match { src_port: Some(PORT), ..Default::default() }), 0);
    assert_eq!(dropped(Match { min_len: Some(32), ..Default::default() }), 0);
    assert_eq!(dropped(Match { max_len: Some(30), ..Default::default() }), 0);
    assert_eq!(dropped(Match { fragment: Some(true), ..Default::default() }), 0);
    assert_eq!(dropped(Match { fragment: Some(false), payload: Some(false), ..Default::default() }), 0);
    assert_eq!(dropped(Match { link: Some(LinkId(99)), ..Default::default() }), 0);
}

/// Sends 10,000 octets over a connection under this script; returns what was sent from the client: rule, flags of the
/// observer, and the time.
fn transfer(script: impl FnOnce(&Pair) -> Vec<ScriptedAction>) -> Watch {
    let mut pair = Pair::with_hosts(1, false, LinkConfig::default(), LinkConfig::default(), |host| {
        host.tcp.iss = Some(SeqNumber(0));
    });
    for action in script(&pair) {
        pair.net.script(action);
    }
    let (client, server) = pair.connect();
    pair.at(pair.client, |s| s.send(client, &pattern(10_000))).unwrap();
    let mut watch = Watch::default();
    let until = pair.now() + Duration::from_secs(10);
    pair.net.run_until(until, &mut watch);
    let mut buffer = vec![0; 20_000];
    assert_eq!(pair.at(pair.server, |s| s.recv(server, &mut buffer)), Ok(10_000));
    assert_eq!(buffer[..10_000], pattern(10_000));
    watch
}

#[test]
fn a_lost_segment_is_found_by_its_sequence_number_and_its_repetition_told_apart() {
    let range = |pair: &Pair| Match {
        from: Some(pair.client),
        payload: Some(true),
        seq: Some((SeqNumber(3000), 1)),
        ..Default::default()
    };
    let watch = transfer(|pair| {
        let first = Match { retransmission: Some(false), ..range(pair) };
        let again = Match { retransmission: Some(true), ..range(pair) };
        vec![action(first, None, Action::Drop), action(again, Some(1), Action::Drop)]
    });
    // The first time it was lost before the watch began; then its repetition, once.
    assert_eq!(watch.dropped(DropReason::Scripted), 1);
    let repeated = watch.count(|s| matches!(s, Seen::Sent { retransmission: true, .. }));
    assert_eq!(repeated, 2);
    assert!(!watch.rules.is_empty() && !watch.rules.contains(&Rule::UdpDatagram));
}

#[test]
fn a_lost_handshake_segment_is_found_by_its_flags() {
    for (flags, not_flags) in [
        (TcpFlags::SYN, TcpFlags::ACK),
        (TcpFlags::SYN | TcpFlags::ACK, TcpFlags::NONE),
        (TcpFlags::ACK, TcpFlags::SYN),
    ] {
        let mut pair = Pair::new(LinkConfig::default());
        pair.net.script(action(Match { flags, not_flags, ..Default::default() }, Some(1), Action::Drop));
        let (client, server) = pair.connect();
        let data = pattern(3000);
        assert_eq!(pair.transfer(client, server, &data), data);
        // One side notices after its first time-out of 1 s.
        assert!(pair.now() > Instant::from_nanos(1_000_000_000), "{flags} lost");
    }
}
