//! RFC 8201: the path MTU of IPv6.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::pattern;
use crate::raw::Lab;
use framewire::packet::{Icmp, IpHeader, Protocol, emit_icmp};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 8201,
    title: "Path MTU Discovery for IP version 6",
    note: "It writes must in small letters.",
    demands: &[
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
        apart(
            "4",
            "An attempt to detect an increase … must not be done less than 5 minutes after a Packet Too Big message has been received",
            "no such attempt is made, which is a MAY (`rfc1191::section_3_the_estimate_does_not_grow_by_itself`)",
        ),
        tested(
            "5.4",
            "[the transport layer] retransmits what was too big in smaller pieces",
            &["net_router::tcp_finds_the_path_mtu"],
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
