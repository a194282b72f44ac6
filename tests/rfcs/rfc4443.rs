//! RFC 4443: ICMPv6.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::PORT;
use crate::raw::{Lab, packet, udp};
use framewire::net::{HostConfig, IcmpErrorRate, LinkConfig, Network, QueueLimits};
use framewire::packet::{Icmp, IpHeader, MINIMUM_MTU, Protocol, Unreachable, emit_icmp};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 4443,
    title: "Internet Control Message Protocol (ICMPv6) for the Internet Protocol Version 6 (IPv6) Specification",
    read: "sections 2 to 4",
    note: "What it takes from RFC 1122 is tested there for both versions.",
    demands: &[
        apart(
            "2",
            "the base protocol (all the messages and behavior required by this specification) MUST be fully implemented by every IPv6 node",
            "but for what stands below as not taken",
        ),
        tested(
            "2.2",
            "If the message is a response to a message sent to one of the node's unicast addresses, the Source Address of the reply MUST be that same address",
            &[
                "rfc1122::section_3_2_2_6_echo_is_answered",
                "rfc1122::section_3_2_2_an_error_quotes_what_caused_it",
            ],
        ),
        tested(
            "2.2",
            "[to any other address] the Source Address of the ICMPv6 packet MUST be a unicast address belonging to the node",
            &["net_router::the_router_counts_the_hop_limit_down_and_reports_its_end"],
        ),
        apart(
            "2.4",
            "If an ICMPv6 error message of unknown type is received at its destination, it MUST be passed to the upper-layer process that originated the packet that caused the error",
            "to TCP and UDP it would say nothing that they could act on, nor has Linux a number for it",
        ),
        tested(
            "2.4",
            "If an ICMPv6 informational message of unknown type is received, it MUST be silently discarded",
            &["rfc1122::section_3_2_2_unknown_icmp_is_discarded"],
        ),
        tested(
            "2.4",
            "Every ICMPv6 error message (type < 128) MUST include as much of the IPv6 offending (invoking) packet … as possible without making the error message packet exceed the minimum IPv6 MTU",
            &["section_2_4_an_error_quotes_what_fits_1280_octets"],
        ),
        tested(
            "2.4",
            "the upper-layer protocol type is extracted from the original packet … and used to select the appropriate upper-layer process to handle the error",
            &[
                "rfc1122::section_4_1_3_3_every_error_reaches_who_asks_for_it",
                "net_router::tcp_finds_the_path_mtu",
            ],
        ),
        tested(
            "2.4",
            "An ICMPv6 error message MUST NOT be originated as a result of receiving the following: (e.1) An ICMPv6 error message. (e.2) An ICMPv6 redirect message … (e.3) A packet destined to an IPv6 multicast address. … (e.6) A packet whose source address does not uniquely identify a single node",
            &[
                "section_2_4_neither_errors_nor_redirects_are_answered_by_errors",
                "rfc1122::section_3_2_2_some_things_are_never_answered_by_an_error",
            ],
        ),
        tested(
            "2.4",
            "an IPv6 node MUST limit the rate of ICMPv6 error messages it originates",
            &["section_2_4_errors_have_a_rate"],
        ),
        tested(
            "2.4",
            "The rate-limiting parameters SHOULD be configurable",
            &["section_2_4_errors_have_a_rate"],
        ),
        tested(
            "3.1",
            "An ICMPv6 message MUST NOT be generated if a packet is dropped due to congestion",
            &["section_3_1_a_full_queue_tells_nothing"],
        ),
        tested(
            "3.1",
            "it is recommended that implementations SHOULD allow sending of ICMP destination unreachable messages to be disabled",
            &["net_router::a_black_hole_tells_nothing"],
        ),
        apart(
            "3.1",
            "[destined to an address within a subnet assigned to that same link] the packet MUST NOT be forwarded back onto the arrival link",
            "links have no subnets: an address is a node's, or nobody's",
        ),
        tested(
            "3.1",
            "A destination node SHOULD originate a Destination Unreachable message with Code 4 in response to a packet for which the transport protocol (e.g., UDP) has no listener",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        tested(
            "3.1",
            "A node receiving the ICMPv6 Destination Unreachable message MUST notify the upper-layer process if the relevant process can be identified",
            &["rfc1122::section_4_1_3_3_every_error_reaches_who_asks_for_it"],
        ),
        tested(
            "3.2",
            "A Packet Too Big MUST be sent by a router in response to a packet that it cannot forward because the packet is larger than the MTU of the outgoing link",
            &["net_router::tcp_finds_the_path_mtu"],
        ),
        tested(
            "3.2",
            "An incoming Packet Too Big message MUST be passed to the upper-layer process if the relevant process can be identified",
            &[
                "net_router::tcp_finds_the_path_mtu",
                "rfc1122::section_4_1_3_3_every_error_reaches_who_asks_for_it",
            ],
        ),
        tested(
            "3.3",
            "If a router receives a packet with a Hop Limit of zero, or if a router decrements a packet's Hop Limit to zero, it MUST discard the packet and originate an ICMPv6 Time Exceeded message with Code 0",
            &["net_router::the_router_counts_the_hop_limit_down_and_reports_its_end"],
        ),
        tested(
            "3.4",
            "If an IPv6 node processing a packet finds a problem with a field in the IPv6 header or extension headers such that it cannot complete processing the packet, it MUST discard the packet and SHOULD originate an ICMPv6 Parameter Problem message",
            &[
                "rfc8200::an_unknown_next_header_is_reported",
                "rfc8200::unknown_options_say_themselves_what_is_to_be_done",
            ],
        ),
        tested(
            "4.2",
            "Every node MUST implement an ICMPv6 Echo responder function that receives Echo Requests and originates corresponding Echo Replies",
            &["rfc1122::section_3_2_2_6_echo_is_answered"],
        ),
        tested(
            "4.2",
            "The source address of an Echo Reply sent in response to a unicast Echo Request message MUST be the same as the destination address of that Echo Request message",
            &["rfc1122::section_3_2_2_6_echo_is_answered"],
        ),
        tested(
            "4.2",
            "The data received in the ICMPv6 Echo Request message MUST be returned entirely and unmodified in the ICMPv6 Echo Reply message",
            &["rfc1122::section_3_2_2_6_echo_is_answered"],
        ),
        apart(
            "4.2",
            "Echo Reply messages MUST be passed to the process that originated an Echo Request message",
            "no program of the emulator pings",
        ),
    ],
};

#[test]
fn section_2_4_an_error_quotes_what_fits_1280_octets() {
    for len in [10, 1191, 1192, 1193, 1400] {
        let mut lab = Lab::new(true);
        let cause = udp(&lab.ip(Protocol::UDP), (9, PORT), &vec![7; len]);
        lab.inject(&cause);
        lab.run_for(Duration::from_secs(1));
        let answer = &lab.answers()[0];
        assert_eq!(answer.len(), (40 + 8 + cause.len()).min(MINIMUM_MTU), "{len} octets");
        assert!(cause.starts_with(&answer[48..]));
    }
}

#[test]
fn section_2_4_neither_errors_nor_redirects_are_answered_by_errors() {
    let mut lab = Lab::new(true);
    let ip = lab.ip(Protocol::ICMPV6);
    let cause = udp(&lab.ip(Protocol::UDP), (9, PORT), b"x");
    // An option that asks to be reported, before an error, a redirect, and an echo reply.
    let option = [58, 0, 0x9e, 4, 0, 0, 0, 0];
    for (kind, answers) in [(1, 0), (137, 0), (129, 1)] {
        let mut error = Vec::new();
        emit_icmp(&ip, Icmp::Unreachable(Unreachable::Host), &cause, &mut error);
        let mut message = error[40..].to_vec();
        message[0] = kind;
        let extended = IpHeader { protocol: Protocol(60), ..ip };
        lab.inject(&packet(&extended, &[&option[..], &message].concat()));
        lab.run_for(Duration::from_secs(1));
        assert_eq!(lab.answers().len(), answers, "type {kind}");
    }
}

/// How many of `count` datagrams to a closed port are answered, one every `pause`.
fn answered(rate: IcmpErrorRate, count: usize, pause: Duration) -> usize {
    let mut net = Network::new(1);
    let own = |last| std::net::IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, last]);
    let a = net.add_host(HostConfig::new("a", [own(1)]));
    let b = net.add_host(HostConfig { icmp_errors: rate, ..HostConfig::new("b", [own(2)]) });
    net.connect(a, b, LinkConfig::default(), LinkConfig::default());
    let mut watch = crate::net_support::Watch::default();
    for _ in 0..count {
        let mut at = net.sockets(a, &mut watch).unwrap();
        let socket = at.udp();
        at.send_to(socket, b"x", (own(2), 9).into()).unwrap();
        let until = net.now() + pause;
        net.run_until(until, &mut watch);
    }
    while net.step(&mut watch) {}
    watch.sent().iter().filter(|(_, _, bytes)| IpHeader::parse(bytes).unwrap().0.src == own(2)).count()
}

#[test]
fn section_2_4_errors_have_a_rate() {
    let (default, ms) = (IcmpErrorRate::default(), Duration::from_millis);
    assert_eq!(answered(default, 30, Duration::ZERO), 10, "at once");
    assert_eq!(answered(default, 30, ms(100)), 30, "ten a second");
    assert_eq!(
        answered(default, 110, ms(50)),
        10 + 54,
        "the burst, and half of what comes at twice the rate"
    );
    assert_eq!(answered(IcmpErrorRate { burst: 2, per_second: 1 }, 11, ms(500)), 2 + 5);
    assert_eq!(answered(IcmpErrorRate { burst: 3, per_second: 0 }, 9, ms(1000)), 3);
    assert_eq!(answered(IcmpErrorRate { burst: 0, per_second: 9 }, 9, ms(1000)), 0);
}

#[test]
fn section_3_1_a_full_queue_tells_nothing() {
    let queue = QueueLimits { packets: Some(1), ..QueueLimits::default() };
    let mut lab = Lab::over(true, LinkConfig { rate: Some(1_000_000), queue, ..LinkConfig::default() });
    lab.pair.udp_server(PORT);
    let datagram = udp(&lab.ip(Protocol::UDP), (9, PORT), &[0; 1000]);
    for _ in 0..5 {
        lab.inject(&datagram);
    }
    lab.run_for(Duration::from_secs(1));
    assert!(lab.watch.dropped(framewire::net::DropReason::QueueFull) >= 3);
    assert_eq!(lab.sent_by(lab.pair.client).len(), 5, "none but these");
    assert_eq!(lab.answers().len(), 0);
}
