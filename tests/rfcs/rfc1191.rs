//! RFC 1191: the path MTU as TCP takes it from ICMP.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::Watch;
use crate::raw::packet;
use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::{DropReason, HostConfig, LinkConfig, Network, RouterConfig};
use framewire::packet::{Icmp, IpHeader, Protocol};
use framewire::probe::Var;
use framewire::seq::SeqNumber;

pub const RFC: Rfc = Rfc {
    number: 1191,
    title: "Path MTU Discovery",
    read: "whole",
    note: "For IPv4; RFC 8201 below is its like for IPv6.",
    demands: &[
        tested(
            "3",
            "When a host receives a Datagram Too Big message, it MUST reduce its estimate of the PMTU for the relevant path, based on the value of the Next-Hop MTU field in the message",
            &[
                "section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start",
                "net_router::udp_learns_the_path_mtu_and_the_host_cuts_to_it",
            ],
        ),
        tested(
            "3",
            "After receiving a Datagram Too Big message, a host MUST attempt to avoid eliciting more such messages in the near future",
            &[
                "net_router::tcp_finds_the_path_mtu",
                "section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again",
            ],
        ),
        tested(
            "3",
            "the host MUST force the PMTU Discovery process to converge",
            &[
                "section_5_where_no_mtu_is_told_the_next_plateau_is_tried",
                "net_router::tcp_finds_the_path_mtu",
            ],
        ),
        tested(
            "3",
            "Hosts using PMTU Discovery MUST detect decreases in Path MTU as fast as possible",
            &["section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start"],
        ),
        tested(
            "3",
            "Hosts MAY detect increases in Path MTU, but … this MUST be done at infrequent intervals. An attempt to detect an increase … MUST NOT be done less than 5 minutes after a Datagram Too Big message has been received for the given destination",
            &[
                "section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again",
                "section_3_a_later_message_puts_the_attempt_off",
            ],
        ),
        apart(
            "3",
            "or less than 1 minute after a previous, successful attempted increase",
            "one attempt goes to the MTU of the first link, so that no second follows it",
        ),
        tested(
            "3",
            "Hosts MUST be able to deal with Datagram Too Big messages that do not include the next-hop MTU",
            &["section_5_where_no_mtu_is_told_the_next_plateau_is_tried"],
        ),
        tested(
            "3",
            "A host MUST never reduce its estimate of the Path MTU below 68 octets",
            &["section_3_no_estimate_below_the_least_and_none_grows_by_icmp"],
        ),
        tested(
            "3",
            "A host MUST not increase its estimate of the Path MTU in response to the contents of a Datagram Too Big message",
            &["section_3_no_estimate_below_the_least_and_none_grows_by_icmp"],
        ),
        tested(
            "3.1",
            "a host must not send datagrams larger than 40 octets plus the Maximum Segment Size (MSS) sent by its peer",
            &["rfc9293/s3_7::segments_follow_the_mtu_of_the_path"],
        ),
        tested(
            "3.1",
            "hosts SHOULD no longer lower the value they send in the MSS option",
            &["rfc9293/s3_7::the_mss_option_says_what_the_interface_takes"],
        ),
        tested(
            "4",
            "When a router is unable to forward a datagram because it exceeds the MTU of the next-hop network and its Don't Fragment bit is set, the router … MUST include the MTU of that next-hop network in the low-order 16 bits …; the high-order 16 bits … MUST be set to zero",
            &["section_4_the_router_names_its_next_mtu"],
        ),
        tested(
            "5",
            "[where no MTU is told] rather than blindly searching through arbitrarily chosen values, we can search only the ones [of a table of plateaus]",
            &["section_5_where_no_mtu_is_told_the_next_plateau_is_tried"],
        ),
        tested(
            "6.3",
            "When a PMTU value has not been decreased for a while (on the order of 10 minutes), the PMTU estimate should be set to the first-hop data-link MTU",
            &[
                "section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again",
                "section_6_3_a_path_that_widens_is_used",
            ],
        ),
        tested(
            "6.3",
            "an implementation should provide a means for changing the timeout duration, including setting it to \"infinity\"",
            &["section_6_3_the_time_may_be_infinite"],
        ),
        tested(
            "6.3",
            "An upper layer MUST not retransmit datagrams in response to an increase in the PMTU estimate",
            &["section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again"],
        ),
        tested(
            "6.4",
            "[TCP:] the retransmission could be done in immediate response to a notification that the Path MTU has changed … The datagram size used in the retransmission should, of course, be no larger than the new PMTU",
            &["section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start"],
        ),
        tested(
            "6.4",
            "One MUST not retransmit in response to every Datagram Too Big message",
            &["section_6_4_messages_that_lower_nothing_send_nothing_again"],
        ),
        apart(
            "6.4",
            "a retransmission caused by a Datagram Too Big message should not change the congestion window. It should, however, trigger the slow-start mechanism",
            "a should, not taken, as in Linux: what was too big goes again as the window lets it; the window is cut to the same number of smaller segments (RFC 5681 section 3.1)",
        ),
    ],
};

/// Two full segments are under way and do not come through.
fn stuck() -> (Pair, SeqNumber) {
    let mut pair = pair();
    cut(&mut pair);
    pair.send(0, &[1; 2920]).unwrap();
    let first = pair.sent_by(0)[0].header.seq;
    (pair, first)
}

#[test]
fn section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start() {
    let (mut pair, first) = stuck();
    let before = pair.log.len();
    mend(&mut pair);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(first)));
    let again: Vec<usize> = pair.log[before..].iter().map(|sent| sent.payload.len()).collect();
    assert_eq!(again.first(), Some(&536));
    assert_eq!(again.iter().sum::<usize>(), 2920);
    pair.run_for(secs(1));
    assert_eq!(pair.recv(1, 5000).unwrap().len(), 2920);
}

#[test]
fn section_3_no_estimate_below_the_least_and_none_grows_by_icmp() {
    let (mut pair, first) = stuck();
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 9000 }, Some(first)));
    assert_eq!(pair.ends[0].send_mss(), 1460, "it never grows by ICMP");
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 1 }, Some(first)));
    assert!(pair.ends[0].send_mss() >= 28, "{}", pair.ends[0].send_mss());
}

#[test]
fn a_quotation_of_nothing_that_is_under_way_changes_nothing() {
    // RFC 5927 section 4.1: the sequence number must be of data in flight.
    let (mut pair, _) = stuck();
    let outside = seq(&pair, 0, Var::SndNxt) + 1000;
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(outside)));
    assert_eq!(pair.ends[0].send_mss(), 1460);
}

/// A segment without text carries SND.NXT: one whose SACK blocks make it too big for the narrowest path would never arrive if what
/// a router says of it were not heard.
#[test]
fn an_acknowledgment_may_be_too_big_as_well() {
    let (mut pair, _) = stuck();
    let next = seq(&pair, 0, Var::SndNxt);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(next)));
    assert_eq!(pair.ends[0].send_mss(), 536);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 300 }, Some(next + 1)));
    assert_eq!(pair.ends[0].send_mss(), 536, "nothing was sent from there");
}

/// Runs for a minute, sends 4,000 octets; the largest segment of them.
fn after_a_minute(pair: &mut Pair) -> usize {
    pair.run_for(secs(60));
    let before = pair.log.len();
    pair.send(0, &[1; 4000]).unwrap();
    pair.run_for(secs(1));
    assert_eq!(pair.recv(1, 100_000).unwrap().len(), 4000);
    let new = &pair.log[before..];
    assert!(new.iter().all(|sent| !sent.retransmission), "nothing goes again because the estimate grew");
    new.iter().map(|sent| sent.payload.len()).max().unwrap()
}

#[test]
fn section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again() {
    let (mut pair, first) = stuck();
    mend(&mut pair);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(first)));
    pair.run_for(secs(1));
    assert_eq!(pair.recv(1, 5000).unwrap().len(), 2920);
    assert_eq!(pair.ends[0].poll_timeout(), None, "no timer waits for it");
    for minute in 1..10 {
        assert_eq!(after_a_minute(&mut pair), 536, "{minute}");
    }
    assert_eq!(after_a_minute(&mut pair), 1460);
    // It has not grown after all: ten minutes from the new message on.
    cut(&mut pair);
    pair.send(0, &[1; 2920]).unwrap();
    let first = pair.log[pair.log.len() - 2].header.seq;
    mend(&mut pair);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 1006 }, Some(first)));
    pair.run_for(secs(1));
    assert_eq!(pair.recv(1, 5000).unwrap().len(), 2920);
    for minute in 1..10 {
        assert_eq!(after_a_minute(&mut pair), 966, "{minute}");
    }
    assert_eq!(after_a_minute(&mut pair), 1460);
}

#[test]
fn section_3_a_later_message_puts_the_attempt_off() {
    let (mut pair, first) = stuck();
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(first)));
    pair.run_for(secs(400)); // what is under way does not come through
    let una = seq(&pair, 0, Var::SndUna);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(una)));
    mend(&mut pair);
    pair.run_for(secs(130));
    assert_eq!(pair.recv(1, 5000).unwrap().len(), 2920);
    for minute in 1..7 {
        assert_eq!(after_a_minute(&mut pair), 536, "{minute}");
    }
    pair.run_for(secs(120));
    assert_eq!(after_a_minute(&mut pair), 1460);
}

#[test]
fn section_6_3_the_time_may_be_infinite() {
    let mut config = bare();
    config.personality.path_mtu_life = None;
    let mut pair = Pair::established(config, ms(10));
    cut(&mut pair);
    pair.send(0, &[1; 2920]).unwrap();
    let first = pair.sent_by(0)[0].header.seq;
    mend(&mut pair);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(first)));
    pair.run_for(secs(1));
    assert_eq!(pair.recv(1, 5000).unwrap().len(), 2920);
    for _ in 0..20 {
        assert_eq!(after_a_minute(&mut pair), 536);
    }
}

#[test]
fn section_6_4_messages_that_lower_nothing_send_nothing_again() {
    let (mut pair, first) = stuck();
    let tell = |pair: &mut Pair| {
        let before = pair.log.len();
        pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 1006 }, Some(first)));
        pair.log.len() - before
    };
    assert!(tell(&mut pair) > 0);
    assert_eq!((tell(&mut pair), tell(&mut pair)), (0, 0));
}

/// A stream over a link that narrows and widens again.
#[test]
fn section_6_3_a_path_that_widens_is_used() {
    let mut net = Network::new(1);
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    let router = net.add_router(RouterConfig::default());
    net.connect(a, router, LinkConfig::default(), LinkConfig::default());
    let (narrow, _) = net.connect(router, b, LinkConfig::default(), LinkConfig::default());
    let mut watch = Watch::default();
    let to = std::net::SocketAddr::from(([10, 0, 0, 2], 80));
    let mut at = net.sockets(b, &mut watch).unwrap();
    let listener = at.tcp();
    at.bind(listener, to).unwrap();
    at.listen(listener, 1).unwrap();
    let mut at = net.sockets(a, &mut watch).unwrap();
    let socket = at.tcp();
    let _ = at.connect(socket, to);
    let mut now = framewire::time::Instant::START + ms(200);
    net.run_until(now, &mut watch);
    let mut largest = |net: &mut Network, wait: u64| {
        now += secs(wait);
        net.run_until(now, &mut watch);
        let before = watch.sent().len();
        assert_eq!(net.sockets(a, &mut watch).unwrap().send(socket, &[7; 6000]), Ok(6000));
        now += secs(5);
        net.run_until(now, &mut watch);
        let sent = watch.sent();
        let largest = sent[before..].iter().map(|(_, _, bytes)| bytes.len()).max().unwrap();
        (largest, watch.dropped(DropReason::TooBig) > 0)
    };
    assert_eq!(largest(&mut net, 0), (1500, false));
    net.link_mut(narrow).unwrap().mtu = 1000;
    assert_eq!(largest(&mut net, 1), (1500, true));
    assert_eq!(largest(&mut net, 300).0, 1000);
    net.link_mut(narrow).unwrap().mtu = 1500;
    assert_eq!(largest(&mut net, 200).0, 1000, "510 s after the message");
    assert_eq!(largest(&mut net, 100).0, 1500);
    let mut at = net.sockets(b, &mut watch).unwrap();
    let (conn, _) = at.accept(listener).unwrap();
    let mut buffer = vec![0; 40_000];
    assert_eq!(at.recv(conn, &mut buffer), Ok(30_000));
}

#[test]
fn section_4_the_router_names_its_next_mtu() {
    for mtu in [68, 1006] {
        let mut net = Network::new(1);
        let router = net.add_router(RouterConfig::default());
        let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
        let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
        net.connect(a, router, LinkConfig::default(), LinkConfig::default());
        net.connect(router, b, LinkConfig { mtu, ..LinkConfig::default() }, LinkConfig::default());
        let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol(99));
        let mut watch = Watch::default();
        net.inject(a, &packet(&ip, &[0; 1200]), &mut watch).unwrap();
        while net.step(&mut watch) {}
        let (_, _, answer) = watch.sent().pop().unwrap();
        let (_, message) = IpHeader::parse(&answer).unwrap();
        assert_eq!(message[..2], [3, 4], "destination unreachable, fragmentation needed and DF set");
        assert_eq!(message[4..8], mtu.to_be_bytes(), "the high-order half is zero");
    }
}

#[test]
fn section_5_where_no_mtu_is_told_the_next_plateau_is_tried() {
    let (mut pair, first) = stuck();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 0 }, Some(first)));
        sizes.push(pair.ends[0].send_mss() + 40);
    }
    assert_eq!(sizes, [1492, 1006, 576]);
}
