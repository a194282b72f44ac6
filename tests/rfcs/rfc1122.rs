//! RFC 1122: what it demands of hosts.

use crate::demand::{Rfc, apart, as_9293, tested};
use crate::net_support::{PORT, Watch};
use crate::raw::{Lab, datagram, packet, udp};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::*;
use framewire::packet::{Fragment, Icmp, IpHeader, Protocol, Quote, Unreachable, checksum, emit_icmp};
use framewire::tcp::{Config, KeepAlive, State};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 1122,
    title: "Requirements for Internet Hosts -- Communication Layers",
    note: "What applies to the hosts of the emulator. Section 2 (the link layer) and what section 3 says of gateways, address masks, redirects, dead-gateway detection and source routes do not: an emulated host has one way to each destination, and the scenario is its administrator. Section 4.2 (TCP) went into RFC 9293.",
    demands: &[
        tested(
            "3.2.1.1",
            "A datagram whose version number is not 4 MUST be silently discarded",
            &["section_3_2_1_1_another_version_is_discarded"],
        ),
        tested(
            "3.2.1.2",
            "A host MUST verify the IP header checksum on every received datagram and silently discard every datagram that has a bad checksum",
            &["rfc791::a_wrong_header_checksum_is_noticed_at_every_point"],
        ),
        tested(
            "3.2.1.3",
            "When a host sends any datagram, the IP source address MUST be one of its own IP addresses (but not a broadcast or multicast address)",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "3.2.1.3",
            "A host MUST silently discard an incoming datagram that is not destined for the host",
            &["section_3_3_1_a_host_forwards_nothing"],
        ),
        tested(
            "3.2.1.3",
            "A host MUST silently discard an incoming datagram containing an IP source address that is invalid by the rules of this section",
            &["section_3_2_1_3_invalid_sources_are_discarded_in_silence"],
        ),
        tested(
            "3.2.1.6",
            "The IP layer MUST provide a means for the transport layer to set the TOS field of every datagram that is sent; the default is all zero bits",
            &[
                "section_4_1_4_ttl_and_tos_are_the_applications",
                "rfc9293/s3_9_1::the_diffserv_field_is_the_applications",
            ],
        ),
        tested(
            "3.2.1.7",
            "A host MUST NOT send a datagram with a Time-to-Live (TTL) value of zero",
            &["section_3_2_1_7_no_datagram_lives_for_no_time"],
        ),
        tested(
            "3.2.1.7",
            "A host MUST NOT discard a datagram just because it was received with TTL less than 2",
            &["section_3_2_1_7_what_arrives_has_lived_long_enough"],
        ),
        tested(
            "3.2.1.7",
            "The IP layer MUST provide a means for the transport layer to set the TTL field; when a fixed TTL value is used, it MUST be configurable",
            &["section_4_1_4_ttl_and_tos_are_the_applications", "rfc9293/s3_9_2::the_ttl_can_be_set"],
        ),
        tested(
            "3.2.1.8",
            "The IP and transport layer MUST each interpret those IP options that they understand and silently ignore the others",
            &["rfc9293/s3_9_2::ip_options_are_passed_over"],
        ),
        apart(
            "3.2.1.8",
            "There MUST be a means for the transport layer to specify IP options; source route, record route, timestamp",
            "IPv4 options are not offered: RFC 7126 has networks drop most of them",
        ),
        tested(
            "3.2.2",
            "If an ICMP message of unknown type is received, it MUST be silently discarded",
            &["section_3_2_2_unknown_icmp_is_discarded"],
        ),
        tested(
            "3.2.2",
            "Every ICMP error message includes the Internet header and at least the first 8 data octets of the datagram that triggered the error; this header and data MUST be unchanged from the received datagram",
            &["section_3_2_2_an_error_quotes_what_caused_it"],
        ),
        tested(
            "3.2.2",
            "the IP protocol number MUST be extracted from the original header and used to select the appropriate transport protocol entity to handle the error",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone", "net_router::tcp_finds_the_path_mtu"],
        ),
        tested(
            "3.2.2",
            "An ICMP error message MUST NOT be sent as the result of receiving an ICMP error message, a datagram destined to an IP broadcast or multicast address, a non-initial fragment, or a datagram whose source address does not define a single host",
            &["section_3_2_2_some_things_are_never_answered_by_an_error"],
        ),
        tested(
            "3.2.2.1",
            "A Destination Unreachable message that is received MUST be reported to the transport layer",
            &["rfc9293/s3_9_2::icmp_is_acted_on", "udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        tested(
            "3.2.2.1",
            "A transport protocol that has its own mechanism for notifying the sender that a port is unreachable (e.g., TCP, which sends RST segments) MUST nevertheless accept an ICMP Port Unreachable for the same purpose",
            &["rfc9293/s3_9_2::hard_errors_abort"],
        ),
        tested(
            "3.2.2.1",
            "code 0 (Net), 1 (Host), or 5 (Bad Source Route) … MUST therefore be interpreted as only a hint",
            &["rfc9293/s3_9_2::soft_errors_do_not_abort"],
        ),
        apart(
            "3.2.2.2",
            "A host receiving a Redirect message MUST update its routing information",
            "there is one way to each destination",
        ),
        apart(
            "3.2.2.3",
            "If a Source Quench message is received, the IP layer MUST report it to the transport layer",
            "RFC 6633 replaces it: it is ignored (`rfc9293/s3_9_2::source_quench_is_ignored`)",
        ),
        tested(
            "3.2.2.4",
            "An incoming Time Exceeded message MUST be passed to the transport layer",
            &["rfc9293/s3_9_2::soft_errors_do_not_abort"],
        ),
        tested(
            "3.2.2.5",
            "An incoming Parameter Problem message MUST be passed to the transport layer",
            &["rfc9293/s3_9_2::soft_errors_do_not_abort"],
        ),
        tested(
            "3.2.2.6",
            "Every host MUST implement an ICMP Echo server function that receives Echo Requests and sends corresponding Echo Replies",
            &["section_3_2_2_6_echo_is_answered"],
        ),
        tested(
            "3.2.2.6",
            "The IP source address in an ICMP Echo Reply MUST be the same as the specific-destination address of the corresponding ICMP Echo Request message",
            &["section_3_2_2_6_echo_is_answered"],
        ),
        tested(
            "3.2.2.6",
            "Data received in an ICMP Echo Request MUST be entirely included in the resulting Echo Reply",
            &["section_3_2_2_6_echo_is_answered"],
        ),
        apart(
            "3.2.2.6",
            "Echo Reply messages MUST be passed to the ICMP user interface",
            "no program of the emulator pings",
        ),
        apart("3.2.2.9", "address masks", "an emulated host has no subnets"),
        tested(
            "3.3.1.1",
            "the host software MUST NOT automatically move into gateway mode if the host has more than one interface (section 3.1)",
            &["section_3_3_1_a_host_forwards_nothing"],
        ),
        tested(
            "3.3.2",
            "The IP layer MUST implement reassembly of IP datagrams; EMTU_R MUST be greater than or equal to 576",
            &[
                "rfc791::five_hundred_and_seventy_six_octets_are_put_together",
                "ip_fragments::datagrams_survive_fragments_in_any_order_and_twice",
            ],
        ),
        tested(
            "3.3.2",
            "There MUST be a reassembly timeout; if this timeout expires, the partially-reassembled datagram MUST be discarded and an ICMP Time Exceeded message sent to the source host (if fragment zero has been received)",
            &["ip_fragments::one_lost_fragment_loses_the_datagram_and_icmp_tells_if_the_first_came"],
        ),
        tested(
            "3.3.3",
            "A host MUST implement a mechanism to allow the transport layer to learn MMS_S; the MTU of each physical interface MUST be configurable",
            &[
                "rfc9293/s3_7::segments_follow_the_mtu_of_the_path",
                "rfc9293/s3_7::the_mss_option_says_what_the_interface_takes",
            ],
        ),
        tested(
            "3.3.4.2",
            "An application MUST be able to explicitly specify the source address for initiating a connection or a request; in the absence of such a specification, the networking software MUST choose a source address",
            &[
                "rfc9293/s3_9_1::the_application_may_name_the_local_address",
                "section_3_2_1_3_a_host_sends_from_its_own_addresses_alone",
            ],
        ),
        apart("3.3.6", "broadcasts", "the emulator's links join two nodes; nothing is sent to all"),
        tested(
            "3.3.8",
            "Wherever practical, hosts MUST return ICMP error datagrams on detection of an error",
            &[
                "udp::a_closed_port_is_told_to_a_connected_socket_alone",
                "section_3_2_2_an_error_quotes_what_caused_it",
            ],
        ),
        tested(
            "4.1.3.1",
            "If a datagram arrives addressed to a UDP port for which there is no pending LISTEN call, UDP SHOULD send an ICMP Port Unreachable message",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        apart(
            "4.1.3.2",
            "UDP MUST pass any IP option that it receives from the IP layer transparently to the application layer",
            "IPv4 options are not offered",
        ),
        tested(
            "4.1.3.3",
            "UDP MUST pass to the application layer all ICMP error messages that it receives (as Linux does: port unreachable, to a connected socket)",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        tested(
            "4.1.3.4",
            "A host MUST implement the facility to generate and validate UDP checksums; it MUST default to checksumming on",
            &["udp::checksums_are_true_and_may_be_left_out_over_ipv4_only"],
        ),
        tested(
            "4.1.3.4",
            "If a UDP datagram is received with a checksum that is non-zero and invalid, UDP MUST silently discard the datagram",
            &["section_4_1_3_4_a_wrong_checksum_is_discarded_in_silence"],
        ),
        tested(
            "4.1.3.5",
            "When a UDP datagram is received, its specific-destination address MUST be passed up to the application layer",
            &["rfc768::the_application_learns_data_source_and_destination"],
        ),
        tested(
            "4.1.3.5",
            "An application program MUST be able to specify the IP source address to be used for sending a UDP datagram or to leave it unspecified; when a host sends a UDP datagram, the source address MUST be (one of) the IP address(es) of the host",
            &["section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "4.1.4",
            "An application-layer program MUST be able to set the TTL and TOS values as well as IP options for sending a UDP datagram, and these values must be passed transparently to the IP layer",
            &["section_4_1_4_ttl_and_tos_are_the_applications"],
        ),
        as_9293(
            "4.2.2.2",
            "PSH: MUST NOT buffer data indefinitely, MUST set the PSH bit in the last buffered segment",
            &["MUST-60", "MUST-61"],
        ),
        as_9293("4.2.2.3", "The window size MUST be treated as an unsigned number", &["MUST-1"]),
        as_9293(
            "4.2.2.4",
            "urgent data of any length; the application informed asynchronously, and how much is left",
            &["MUST-30", "MUST-31", "MUST-32", "MUST-33", "MUST-62"],
        ),
        as_9293(
            "4.2.2.5",
            "options in any segment, unknown ones ignored, illegal lengths survived",
            &["MUST-5", "MUST-6", "MUST-7"],
        ),
        as_9293(
            "4.2.2.6",
            "MSS sent and received, the default, the effective send MSS",
            &["MUST-14", "MUST-15", "MUST-16", "MUST-67"],
        ),
        as_9293(
            "4.2.2.7",
            "The sender MUST generate [the checksum] and the receiver MUST check it",
            &["MUST-2", "MUST-3"],
        ),
        as_9293("4.2.2.9", "the specified clock-driven selection of initial sequence numbers", &["MUST-8"]),
        as_9293("4.2.2.10", "A TCP MUST support simultaneous open attempts", &["MUST-10"]),
        as_9293(
            "4.2.2.11",
            "MUST keep track of whether a connection has reached SYN_RCVD state as the result of a passive OPEN or an active OPEN",
            &["MUST-11"],
        ),
        as_9293(
            "4.2.2.13",
            "informed whether it closed normally or was aborted; lingers in TIME-WAIT for 2xMSL",
            &["MUST-12", "MUST-13"],
        ),
        tested(
            "4.2.2.13",
            "half-duplex close keeps the other direction",
            &["section_4_2_2_13_half_duplex_close_keeps_the_other_direction"],
        ),
        as_9293("4.2.2.15", "slow start with congestion avoidance", &["MUST-19"]),
        as_9293(
            "4.2.2.16",
            "robust against window shrinking; probes a window that shrank to zero",
            &["MUST-34", "MUST-35"],
        ),
        as_9293(
            "4.2.2.17",
            "Probing of zero (offered) windows MUST be supported; the connection stays open",
            &["MUST-36", "MUST-37"],
        ),
        as_9293(
            "4.2.2.18",
            "passive OPEN calls do not interfere; LISTEN while another is in SYN-SENT or SYN-RECEIVED",
            &["MUST-41", "MUST-42"],
        ),
        as_9293("4.2.2.19", "the TTL value used to send TCP segments MUST be configurable", &["MUST-49"]),
        as_9293("4.2.2.20", "aggregate ACK segments whenever possible", &["MUST-58", "MUST-59"]),
        as_9293(
            "4.2.3.1",
            "Karn's algorithm, Jacobson's algorithm, exponential backoff",
            &["MUST-18", "MUST-19"],
        ),
        tested(
            "4.2.3.2",
            "an ACK should not be excessively delayed; in particular, the delay MUST be less than 0.5 seconds; every second full-sized segment",
            &[
                "section_4_2_3_2_an_ack_is_delayed_by_less_than_half_a_second",
                "section_4_2_3_2_every_second_full_segment_is_acknowledged",
            ],
        ),
        as_9293("4.2.3.3", "SWS avoidance algorithm in the receiver", &["MUST-39"]),
        as_9293(
            "4.2.3.4",
            "SWS avoidance algorithm in the sender; the Nagle algorithm can be disabled",
            &["MUST-38", "MUST-17"],
        ),
        as_9293(
            "4.2.3.5",
            "R1 and R2; the application can set R2; SYNs, R2 for them at least 3 minutes",
            &["MUST-20", "MUST-21", "MUST-22", "MUST-23"],
        ),
        tested(
            "4.2.3.6",
            "keep-alives: off by default, only when idle, configurable, no less than two hours, one unanswered probe is not the end",
            &[
                "section_4_2_3_6_keep_alive_is_off_and_waits_two_hours",
                "section_4_2_3_6_one_unanswered_probe_is_not_the_end",
            ],
        ),
        as_9293("4.2.3.7", "IP selects the local address; it stays the same", &["MUST-44", "MUST-45"]),
        as_9293(
            "4.2.3.8",
            "options of IP that it does not understand are ignored; source routes",
            &["MUST-50", "MUST-51", "MUST-52", "MUST-53"],
        ),
        as_9293(
            "4.2.3.9",
            "TCP MUST act on an ICMP error message passed up from the IP layer",
            &["MUST-54", "MUST-55", "MUST-56"],
        ),
        as_9293(
            "4.2.3.10",
            "invalid remote addresses: an OPEN rejected, a SYN discarded",
            &["MUST-46", "MUST-57", "MUST-63"],
        ),
        as_9293(
            "4.2.4.1",
            "a mechanism for reporting soft TCP error conditions to the application",
            &["MUST-47"],
        ),
        as_9293(
            "4.2.4.2",
            "The application layer MUST be able to specify the Type-of-Service (TOS)",
            &["MUST-48"],
        ),
        as_9293("4.2.4.4", "OPEN has an optional local IP address", &["MUST-43"]),
    ],
};

/// How long end 1 takes to acknowledge one segment of `len` octets.
fn acknowledged_after(config: Config, len: usize) -> Duration {
    let mut pair = Pair::established(config, ms(10));
    pair.send(0, &vec![1; len]).unwrap();
    let came = pair.now + ms(10);
    pair.run_for(secs(2));
    pair.sent_by(1).first().map(|sent| sent.at.since(came)).unwrap()
}

#[test]
fn section_4_2_3_2_an_ack_is_delayed_by_less_than_half_a_second() {
    for config in [Config::rfc(), Config::linux(), bare()] {
        let mut config = config;
        config.personality.acks.quick = 0;
        let delay = acknowledged_after(config.clone(), 100);
        assert!(delay >= ms(40) && delay < ms(500), "{delay}");
        config.features.delayed_ack = false;
        assert_eq!(acknowledged_after(config, 100), ms(0));
    }
}

#[test]
fn section_4_2_3_2_every_second_full_segment_is_acknowledged() {
    let mut pair = pair();
    pair.send(0, &[1; 10 * 1460]).unwrap();
    pair.run_for(ms(15));
    let acks = pair.sent_by(1);
    assert_eq!(acks.len(), 5);
    assert!(acks.windows(2).all(|two| two[1].header.ack.distance_from(two[0].header.ack) == 2 * 1460));
}

#[test]
fn section_4_2_3_6_keep_alive_is_off_and_waits_two_hours() {
    for config in [Config::linux(), Config::rfc(), Config::textbook()] {
        assert!(config.keepalive.is_none(), "MUST default to off");
        assert!(config.personality.keepalive_idle >= secs(7200), "MUST default to no less than two hours");
    }
}

#[test]
fn section_4_2_3_6_one_unanswered_probe_is_not_the_end() {
    let mut pair = pair();
    let keepalive = KeepAlive { idle: secs(10), interval: secs(1), probes: 3, garbage_octet: false };
    pair.call(0, |conn, cx| conn.set_keepalive(cx, Some(keepalive)));
    cut(&mut pair);
    pair.run_for(ms(11_500));
    assert_eq!((pair.sent_by(0).len(), pair.states().0), (2, State::Established));
    mend(&mut pair);
    pair.run_for(secs(5));
    assert_eq!(pair.states().0, State::Established, "an answer and it lives on");
    cut(&mut pair);
    pair.run_for(secs(20));
    assert_eq!(pair.states().0, State::Closed, "none at all and it is over");
}

#[test]
fn section_4_2_2_13_half_duplex_close_keeps_the_other_direction() {
    let mut pair = pair();
    pair.shut_write(0);
    pair.run_for(ms(50));
    assert_eq!(pair.states(), (State::FinWait2, State::CloseWait));
    pair.send(1, b"still here").unwrap();
    pair.run_for(ms(50));
    assert_eq!(pair.recv(0, 100).unwrap(), b"still here");
}

#[test]
fn section_3_2_1_1_another_version_is_discarded() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let inbox = lab.pair.udp_server(PORT);
        // The lowest bit of the version is turned on the link: 5, or 7.
        lab.pair.net.script(ScriptedAction {
            matching: Match::default(),
            nth: Some(1),
            action: Action::Corrupt(Some(3)),
        });
        let datagram = udp(&lab.ip(Protocol::UDP), (9, PORT), b"x");
        lab.inject(&datagram);
        lab.run_for(secs(1));
        assert_eq!(lab.ignored(DropReason::Malformed), 1);
        assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
    }
}

#[test]
fn section_3_2_1_3_a_host_sends_from_its_own_addresses_alone() {
    let own: [std::net::IpAddr; 2] = [[10, 0, 0, 1].into(), [10, 0, 0, 11].into()];
    let mut net = Network::new(1);
    let a = net.add_host(HostConfig::new("a", own));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    net.connect(a, b, LinkConfig::default(), LinkConfig::default());
    let to = "10.0.0.2:5".parse().unwrap();
    let mut watch = Watch::default();
    let mut at = net.sockets(a, &mut watch).unwrap();
    for bound in [None, Some("0.0.0.0:7"), Some("10.0.0.11:8")] {
        let socket = at.udp();
        if let Some(bound) = bound {
            at.bind(socket, bound.parse().unwrap()).unwrap();
        }
        at.send_to(socket, b"x", to).unwrap();
    }
    for foreign in ["10.0.0.2:9", "255.255.255.255:9", "224.0.0.1:9"] {
        let socket = at.udp();
        assert_eq!(at.bind(socket, foreign.parse().unwrap()), Err(Errno::EADDRNOTAVAIL), "{foreign}");
    }
    let sources: Vec<_> =
        watch.sent().iter().map(|(_, _, bytes)| IpHeader::parse(bytes).unwrap().0.src).collect();
    assert_eq!(sources, [own[0], own[0], own[1]]);
}

#[test]
fn section_3_2_1_3_invalid_sources_are_discarded_in_silence() {
    for (v6, source) in [
        (false, "255.255.255.255"),
        (false, "224.0.0.1"),
        (false, "239.1.2.3"),
        (false, "0.0.0.0"),
        (true, "ff02::1"),
        (true, "::"),
    ] {
        let mut lab = Lab::new(v6);
        let inbox = lab.pair.udp_server(PORT);
        let ip = IpHeader { src: source.parse().unwrap(), ..lab.ip(Protocol::UDP) };
        lab.inject(&udp(&ip, (9, PORT), b"x"));
        lab.inject(&udp(&ip, (9, PORT + 1), b"x")); // where nobody listens
        lab.inject(&packet(&IpHeader { protocol: Protocol(99), ..ip }, b"x"));
        lab.run_for(secs(1));
        assert_eq!(lab.ignored(DropReason::Malformed), 3, "{source}");
        assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
    }
}

#[test]
fn section_3_3_1_a_host_forwards_nothing() {
    let mut net = Network::new(1);
    let mut host = |name, last: u8| net.add_host(HostConfig::new(name, [[10, 0, 0, last].into()]));
    let (a, b, c) = (host("a", 1), host("b", 2), host("c", 3));
    net.connect(a, b, LinkConfig::default(), LinkConfig::default());
    net.connect(b, c, LinkConfig::default(), LinkConfig::default());
    let mut watch = Watch::default();
    let mut at = net.sockets(a, &mut watch).unwrap();
    let socket = at.udp();
    assert_eq!(at.send_to(socket, b"x", "10.0.0.3:5".parse().unwrap()), Err(Errno::ENETUNREACH));
    let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 3].into(), Protocol(99));
    net.inject(a, &packet(&ip, b"x"), &mut watch).unwrap();
    while net.step(&mut watch) {}
    assert_eq!(watch.arrivals().len(), 0);
}

#[test]
fn section_3_2_1_7_no_datagram_lives_for_no_time() {
    let mut lab = Lab::new(false);
    let (client, server) = lab.pair.connect();
    let kinds = lab.pair.at(lab.pair.client, |s| [s.udp(), s.tcp(), client]);
    for socket in kinds {
        let set = |s: &mut Sockets<'_, _>, ttl| s.set_option(socket, SocketOption::Ttl(ttl));
        assert_eq!(lab.pair.at(lab.pair.client, |s| set(s, 0)), Err(Errno::EINVAL));
        assert_eq!(lab.pair.at(lab.pair.client, |s| set(s, 1)), Ok(()));
    }
    assert_eq!(lab.pair.transfer(client, server, b"still"), b"still");
}

#[test]
fn section_3_2_1_7_what_arrives_has_lived_long_enough() {
    for ttl in [0, 1] {
        let mut lab = Lab::new(false);
        let inbox = lab.pair.udp_server(PORT);
        let ip = IpHeader { ttl, ..lab.ip(Protocol::UDP) };
        lab.inject(&udp(&ip, (9, PORT), b"x"));
        lab.run_for(secs(1));
        assert!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])).is_ok());
    }
}

/// An ICMP message with a right checksum.
fn message(ip: &IpHeader, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, code, 0, 0];
    message.extend_from_slice(rest);
    let sum = if ip.is_v6() {
        checksum::transport(ip.src, ip.dst, ip.protocol, &message)
    } else {
        checksum::internet(&message)
    };
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

fn icmp_protocol(v6: bool) -> Protocol {
    if v6 { Protocol::ICMPV6 } else { Protocol::ICMP }
}

#[test]
fn section_3_2_2_unknown_icmp_is_discarded() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let ip = lab.ip(icmp_protocol(v6));
        for kind in [7, 77, 200, 255] {
            lab.inject(&packet(&ip, &message(&ip, kind, 0, &[0; 40])));
        }
        lab.run_for(secs(1));
        assert_eq!(lab.answers().len(), 0);
        assert_eq!(lab.watch.ignored(DropReason::NoSocket), 4);
    }
}

#[test]
fn section_3_2_2_an_error_quotes_what_caused_it() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let cause = udp(&IpHeader { id: 77, ..lab.ip(Protocol::UDP) }, (9, PORT), &[3; 100]);
        lab.inject(&cause);
        lab.run_for(secs(1));
        let answer = &lab.answers()[0];
        let (ip, message) = IpHeader::parse(answer).unwrap();
        assert!(Icmp::checksum_is_right(&ip, message));
        let (icmp, quoted) = Icmp::parse(v6, message).unwrap();
        assert_eq!(icmp, Icmp::Unreachable(Unreachable::Port));
        assert!(quoted.len() >= 28 && cause.starts_with(quoted), "unchanged");
        assert_eq!(Quote::parse(quoted).unwrap().dst.port(), PORT);
    }
}

#[test]
fn section_3_2_2_some_things_are_never_answered_by_an_error() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let ip = lab.ip(Protocol::UDP);
        // What would be answered otherwise: a datagram to a closed port.
        let closed = udp(&ip, (9, PORT), b"x");
        // An ICMP error, even one about a protocol that nobody knows.
        let icmp = IpHeader { protocol: icmp_protocol(v6), ..ip };
        let mut error = Vec::new();
        emit_icmp(&icmp, Icmp::TimeExceeded, &closed, &mut error);
        lab.inject(&error);
        // A fragment that is not the first, of a protocol that nobody knows; its time runs out.
        let later = IpHeader {
            protocol: Protocol(99),
            fragment: Some(Fragment { offset: 8, more: false }),
            id: 5,
            ..ip
        };
        lab.inject(&packet(&later, &[0; 8]));
        // From where no single host is.
        let nowhere = if v6 { "::" } else { "0.0.0.0" };
        lab.inject(&udp(&IpHeader { src: nowhere.parse().unwrap(), ..ip }, (9, PORT), b"x"));
        lab.run_for(secs(100));
        assert_eq!(lab.answers().len(), 0);
        lab.inject(&closed);
        lab.run_for(secs(1));
        assert_eq!(lab.icmp(), [Icmp::Unreachable(Unreachable::Port)], "and this one is");
    }
}

#[test]
fn section_3_2_2_6_echo_is_answered() {
    for v6 in [false, true] {
        for len in [0, 1, 56, 1400, 4000] {
            let mut lab = Lab::new(v6);
            let ip = IpHeader { dont_fragment: v6, ..lab.ip(icmp_protocol(v6)) };
            let mut rest = vec![0x12, 0x34, 0, 1]; // identifier and sequence number
            rest.extend((0..len).map(|i| i as u8));
            let (asked, answered) = if v6 { (128, 129) } else { (8, 0) };
            let ask = message(&ip, asked, 0, &rest);
            if len > 1400 {
                let cut = 1000;
                lab.fragment(&ip, 0, true, &ask[..cut]);
                for (i, part) in ask[cut..].chunks(cut).enumerate() {
                    let from = cut * (i + 1);
                    lab.fragment(&ip, from as u16, from + part.len() < ask.len(), part);
                }
            } else {
                lab.inject(&packet(&ip, &ask));
            }
            lab.run_for(secs(1));
            let answers = lab.answers();
            let (back, reply) = IpHeader::parse(&answers[0]).unwrap();
            assert_eq!((back.src, back.dst), (ip.dst, ip.src));
            assert_eq!(reply, message(&back, answered, 0, &rest), "{len} octets of data");
            assert_eq!(answers.len() > 1, len > 1400, "a long answer goes in fragments");
        }
        // A wrong checksum is not answered.
        let mut lab = Lab::new(v6);
        let ip = lab.ip(icmp_protocol(v6));
        let mut ask = message(&ip, if v6 { 128 } else { 8 }, 0, &[0; 12]);
        ask[9] ^= 1;
        lab.inject(&packet(&ip, &ask));
        lab.run_for(secs(1));
        assert_eq!(lab.ignored(DropReason::Checksum), 1);
    }
}

#[test]
fn section_4_1_3_4_a_wrong_checksum_is_discarded_in_silence() {
    for port in [PORT, PORT + 1] {
        let mut lab = Lab::new(false);
        let inbox = lab.pair.udp_server(PORT);
        let ip = lab.ip(Protocol::UDP);
        let mut body = datagram(ip.src, ip.dst, (9, port), b"1234");
        body[9] ^= 0x10;
        lab.inject(&packet(&ip, &body));
        lab.run_for(secs(1));
        assert_eq!(lab.ignored(DropReason::Checksum), 1);
        assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
    }
}

#[test]
fn section_4_1_4_ttl_and_tos_are_the_applications() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let to = lab.pair.server_address(PORT);
        let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
        let socket = at.udp();
        at.send_to(socket, b"as it is", to).unwrap();
        at.set_option(socket, SocketOption::Ttl(3)).unwrap();
        at.set_option(socket, SocketOption::Dscp(46)).unwrap();
        at.send_to(socket, b"as asked", to).unwrap();
        let sent: Vec<_> = lab
            .sent_by(lab.pair.client)
            .iter()
            .map(|bytes| IpHeader::parse(bytes).map(|(ip, _)| (ip.ttl, ip.dscp)).unwrap())
            .collect();
        assert_eq!(sent, [(64, 0), (3, 46)]);
    }
}
