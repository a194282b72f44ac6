//! RFC 1191: the path MTU as TCP takes it from ICMP.

use crate::demand::{Rfc, tested};
use crate::net_support::Watch;
use crate::raw::packet;
use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::{HostConfig, LinkConfig, Network, RouterConfig};
use framewire::packet::{Icmp, IpHeader, Protocol};
use framewire::probe::Var;
use framewire::seq::SeqNumber;

pub const RFC: Rfc = Rfc {
    number: 1191,
    title: "Path MTU Discovery",
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
            &["net_router::tcp_finds_the_path_mtu", "section_3_the_estimate_does_not_grow_by_itself"],
        ),
        tested(
            "3",
            "Hosts using Path MTU Discovery MUST detect decreases in Path MTU as fast as possible",
            &["section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start"],
        ),
        tested(
            "3",
            "An attempt to detect an increase MUST NOT be done less than 5 minutes after a Datagram Too Big message has been received (here: not at all, which is a MAY)",
            &["section_3_the_estimate_does_not_grow_by_itself"],
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
            "4",
            "When a router is unable to forward a datagram because it exceeds the MTU of the next-hop network and its Don't Fragment bit is set, the router … MUST include the MTU of that next-hop network in the low-order 16 bits …; the high-order 16 bits … MUST be set to zero",
            &["section_4_the_router_names_its_next_mtu"],
        ),
        tested(
            "5",
            "[a message of a router that does not tell its MTU:] a better approach is to use a table of plateaus",
            &["section_5_where_no_mtu_is_told_the_next_plateau_is_tried"],
        ),
        tested(
            "6.3",
            "the TCP … retransmission: the segments smaller than the new path MTU",
            &["section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start"],
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

#[test]
fn section_3_the_estimate_does_not_grow_by_itself() {
    let (mut pair, first) = stuck();
    mend(&mut pair);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(first)));
    for _ in 0..20 {
        pair.run_for(secs(60));
        pair.send(0, &[1; 4000]).unwrap();
        pair.run_for(secs(1));
        let _ = pair.recv(1, 100_000);
    }
    let largest = pair.sent_by(0).iter().skip(2).map(|sent| sent.payload.len()).max();
    assert_eq!(largest, Some(536));
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
