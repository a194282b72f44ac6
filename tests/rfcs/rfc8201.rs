//! RFC 8201: the path MTU of IPv6.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::pattern;
use crate::raw::Lab;
use framewire::packet::{Icmp, IpHeader, Protocol, emit_icmp};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 8201,
    title: "Path MTU Discovery for IP version 6",
    read: "whole",
    note: "It writes must in small letters.",
    demands: &[
        tested(
            "4",
            "Nodes should appropriately validate the payload of ICMPv6 PTB messages to ensure these are received in response to transmitted traffic",
            &["rfc1191::a_quotation_of_nothing_that_is_under_way_changes_nothing"],
        ),
        tested(
            "4",
            "When a node receives a Packet Too Big message, it must reduce its estimate of the PMTU for the relevant path, based on the value of the MTU field in the message",
            &[
                "section_4_tcp_and_udp_believe_what_may_be",
                "net_router::udp_learns_the_path_mtu_and_the_host_cuts_to_it",
            ],
        ),
        tested(
            "4",
            "a node must attempt to avoid eliciting more such messages in the near future. The node must reduce the size of the packets it is sending along the path",
            &["net_router::tcp_finds_the_path_mtu"],
        ),
        tested(
            "4",
            "Nodes using Path MTU Discovery must detect decreases in PMTU as fast as possible",
            &["section_4_tcp_and_udp_believe_what_may_be"],
        ),
        tested(
            "4",
            "If a node receives a Packet Too Big message reporting a next-hop MTU that is less than the IPv6 minimum link MTU, it must discard it",
            &["section_4_less_than_1280_is_not_believed"],
        ),
        tested(
            "4",
            "A node must not reduce its estimate of the Path MTU below the IPv6 minimum link MTU on receipt of a Packet Too Big message",
            &["section_4_less_than_1280_is_not_believed"],
        ),
        tested(
            "4",
            "A node must not increase its estimate of the Path MTU in response to the contents of a Packet Too Big message",
            &["section_4_more_than_is_known_is_not_believed"],
        ),
        tested(
            "4",
            "An attempt to detect an increase … must not be done less than 5 minutes after a Packet Too Big message has been received for the given path. The recommended setting for this timer is twice its minimum value (10 minutes)",
            &[
                "section_5_3_after_ten_minutes_a_datagram_is_tried_whole",
                "rfc1191::section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again",
            ],
        ),
        tested(
            "5.3",
            "When a PMTU value has not been decreased for a while (on the order of 10 minutes), it should probe to find if a larger PMTU is supported",
            &[
                "section_5_3_after_ten_minutes_a_datagram_is_tried_whole",
                "rfc1191::section_6_3_after_ten_minutes_the_first_links_mtu_is_tried_again",
            ],
        ),
        tested(
            "5.4",
            "[A packetization layer] must use the PMTU for the path(s) in use by a connection; it should not send segments that would result in packets larger than the PMTU",
            &["net_router::tcp_finds_the_path_mtu"],
        ),
        tested(
            "5.4",
            "A TCP implementation must also store the Maximum Segment Size (MSS) value received from its peer … and must not send any segment larger than this MSS, regardless of the PMTU",
            &["rfc9293/s3_7::segments_follow_the_mtu_of_the_path"],
        ),
        tested(
            "5.4",
            "A loss caused by a PMTU probe indicated by the reception of a Packet Too Big message must not be considered as a congestion notification",
            &["rfc1191::section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start"],
        ),
        apart(
            "5.2",
            "Any packetization layer instance (for example, a TCP connection) that is actively using the path must be notified if the PMTU estimate is decreased",
            "notes for implementers, not taken: each connection learns from the messages that quote its own segments, and UDP keeps an estimate by destination",
        ),
    ],
};

/// A connection over IPv6 whose client has just sent 8,000 octets; then routers report these MTUs. Returns the
/// largest packet that the client sent afterwards, and what it knows of the path for UDP.
fn told(mtus: &[u32]) -> (usize, Option<u32>) {
    let mut lab = Lab::new(true);
    let (client, _) = lab.pair.connect();
    lab.pair.settle(Duration::from_secs(1));
    let to = lab.pair.server_address(9);
    // TCP's packets, and one of UDP, are quoted.
    let data = pattern(8_000);
    let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
    assert_eq!(at.send(client, &data), Ok(8_000));
    let socket = at.udp();
    at.send_to(socket, b"to be quoted", to).unwrap();
    let sent = lab.sent_by(lab.pair.client);
    let (tcp, udp) = (sent.first().unwrap().clone(), sent.last().unwrap().clone());
    let (own, peer) = (lab.pair.client_address(0).ip(), lab.pair.server_address(0).ip());
    for &mtu in mtus {
        for cause in [&tcp, &udp] {
            let mut report = Vec::new();
            let ip = IpHeader::new(peer, own, Protocol::ICMPV6);
            emit_icmp(&ip, Icmp::TooBig { mtu }, cause, &mut report);
            lab.pair.net.inject(lab.pair.server, &report, &mut lab.watch).unwrap();
        }
        lab.run_for(Duration::from_millis(15)); // before the acknowledgments
    }
    lab.run_for(Duration::from_secs(5));
    let before = lab.sent_by(lab.pair.client).len();
    assert_eq!(lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap().send(client, &data), Ok(8_000));
    lab.run_for(Duration::from_secs(5));
    let largest = lab.sent_by(lab.pair.client)[before..].iter().map(Vec::len).max().unwrap();
    (largest, lab.pair.net.host(lab.pair.client).unwrap().path_mtu(peer))
}

#[test]
fn section_4_tcp_and_udp_believe_what_may_be() {
    assert_eq!(told(&[]), (1500, None));
    assert_eq!(told(&[1400]), (1400, Some(1400)));
    assert_eq!(told(&[1280]), (1280, Some(1280)));
}

#[test]
fn section_4_less_than_1280_is_not_believed() {
    for mtu in [0, 68, 1279] {
        assert_eq!(told(&[mtu]), (1500, None), "{mtu}");
    }
}

#[test]
fn section_4_more_than_is_known_is_not_believed() {
    assert_eq!(told(&[9000]).0, 1500);
    // A second message that takes the first back.
    assert_eq!(told(&[1400, 1450]), (1400, Some(1400)));
}

#[test]
fn section_5_3_after_ten_minutes_a_datagram_is_tried_whole() {
    let mut lab = Lab::new(true);
    let (own, peer) = (lab.pair.client_address(0).ip(), lab.pair.server_address(0).ip());
    let to = lab.pair.server_address(9);
    let socket = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap().udp();
    let packets = |lab: &mut Lab, wait: u64| {
        lab.run_for(Duration::from_secs(wait));
        let before = lab.sent_by(lab.pair.client).len();
        let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
        at.send_to(socket, &pattern(1450), to).unwrap();
        lab.run_for(Duration::from_millis(1));
        lab.sent_by(lab.pair.client)[before..].to_vec()
    };
    let whole = packets(&mut lab, 1);
    assert_eq!(whole.len(), 1);
    let mut report = Vec::new();
    let ip = IpHeader::new(peer, own, Protocol::ICMPV6);
    emit_icmp(&ip, Icmp::TooBig { mtu: 1400 }, &whole[0], &mut report);
    lab.pair.net.inject(lab.pair.server, &report, &mut lab.watch).unwrap();
    // The packet and the two fragments that it is cut into.
    assert_eq!(packets(&mut lab, 1).len(), 3);
    assert_eq!(packets(&mut lab, 590).len(), 3);
    assert_eq!(packets(&mut lab, 20).len(), 1);
}
