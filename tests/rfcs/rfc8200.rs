//! RFC 8200: IPv6.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::{PORT, Seen, pattern};
use crate::raw::{Lab, datagram, packet};
use framewire::net::{DropReason, Errno, LinkConfig};
use framewire::packet::{Fragment, Icmp, IpHeader, Protocol};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 8200,
    title: "Internet Protocol, Version 6 (IPv6) Specification",
    read: "whole",
    note: "Hosts process extension headers; they send none but the fragment header.",
    demands: &[
        tested(
            "3",
            "[Hop Limit] Decremented by 1 by each node that forwards the packet. When forwarding, the packet is discarded if Hop Limit was zero when received or is decremented to zero. A node that is the destination of a packet should not discard a packet with Hop Limit equal to zero",
            &[
                "net_router::the_router_counts_the_hop_limit_down_and_reports_its_end",
                "a_hop_limit_of_zero_arrives",
            ],
        ),
        tested(
            "4",
            "If, as a result of processing a header, the destination node is required to proceed to the next header but the Next Header value in the current header is unrecognized by the node, it should discard the packet and send an ICMP Parameter Problem message … with an ICMP Code value of 1",
            &["an_unknown_next_header_is_reported"],
        ),
        tested(
            "4.1",
            "IPv6 nodes must accept and attempt to process extension headers in any order and occurring any number of times in the same packet, except for the Hop-by-Hop Options header, which is restricted to appear immediately after an IPv6 header only",
            &["extension_headers_are_passed_in_any_order"],
        ),
        tested(
            "4.2",
            "the action that must be taken if the processing IPv6 node does not recognize the Option Type: 00 - skip over this option … 01 - discard the packet. 10 - discard the packet and … send an ICMP Parameter Problem, Code 2",
            &["unknown_options_say_themselves_what_is_to_be_done"],
        ),
        tested(
            "4.2",
            "These padding options must be recognized by all IPv6 implementations",
            &["unknown_options_say_themselves_what_is_to_be_done"],
        ),
        tested(
            "4.4",
            "If Segments Left is zero, the node must ignore the Routing header and proceed to process the next header in the packet",
            &["routing_headers_are_passed_when_they_are_used_up"],
        ),
        tested(
            "4.4",
            "If Segments Left is non-zero, the node must discard the packet and send an ICMP Parameter Problem, Code 0, message to the packet's Source Address, pointing to the unrecognized Routing Type",
            &["routing_headers_are_passed_when_they_are_used_up"],
        ),
        tested(
            "4.5",
            "The Identification must be different than that of any other fragmented packet sent recently with the same Source Address and Destination Address",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "4.5",
            "The offset, in 8-octet units … Each complete fragment, except possibly the last (\"rightmost\") one, is an integer multiple of 8 octets long",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "4.5",
            "The lengths of the fragments must be chosen such that the resulting fragment packets fit within the MTU of the path to the packet's destination(s)",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "4.5",
            "fragmentation in IPv6 is performed only by source nodes, not by routers along a packet's delivery path",
            &[
                "net_router::udp_learns_the_path_mtu_and_the_host_cuts_to_it",
                "net_router::tcp_finds_the_path_mtu",
            ],
        ),
        tested(
            "4.5",
            "Extension headers, if any, and the Upper-Layer header. These headers must be in the first fragment",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "4.5",
            "Fragments must not be created that overlap with any other fragments created from the original packet",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "4.5",
            "An original packet is reassembled only from fragment packets that have the same Source Address, Destination Address, and Fragment Identification",
            &["packets_are_told_apart_by_addresses_and_identification"],
        ),
        tested(
            "4.5",
            "If insufficient fragments are received … within 60 seconds of the reception of the first-arriving fragment …, reassembly of that packet must be abandoned and all the fragments … must be discarded",
            &["after_sixty_seconds_reassembly_is_given_up"],
        ),
        tested(
            "4.5",
            "If the first fragment … has been received, an ICMP Time Exceeded -- Fragment Reassembly Time Exceeded message should be sent",
            &["after_sixty_seconds_reassembly_is_given_up"],
        ),
        tested(
            "4.5",
            "If the length of a fragment … is not a multiple of 8 octets and the M flag of that fragment is 1, then that fragment must be discarded and an ICMP Parameter Problem, Code 0, message should be sent …, pointing to the Payload Length field",
            &["a_length_that_is_no_multiple_of_eight_is_reported"],
        ),
        tested(
            "4.5",
            "If the length and offset of a fragment are such that the Payload Length of the packet reassembled … would exceed 65,535 octets, then that fragment must be discarded and an ICMP Parameter Problem, Code 0, message should be sent …, pointing to the Fragment Offset field",
            &["a_fragment_beyond_65535_octets_is_reported"],
        ),
        tested(
            "4.5",
            "If any of the fragments being reassembled overlap …, reassembly of that packet must be abandoned and all the fragments … must be discarded, and no ICMP error messages should be sent",
            &[
                "overlaps_are_discarded_in_silence",
                "ip_fragments::overlaps_are_refused_with_all_that_belongs_to_them",
            ],
        ),
        tested(
            "4.5",
            "If the fragment is a whole datagram (that is, both the Fragment Offset field and the M flag are zero), then it does not need any further reassembly and should be processed as a fully reassembled packet … Any other fragments that match this packet … should be processed independently",
            &["a_whole_packet_behind_a_fragment_header_stands_alone"],
        ),
        apart(
            "4.5",
            "If the first fragment does not include all headers through an Upper-Layer header, then that fragment should be discarded",
            "a should, not taken: the packet is checked when it is whole",
        ),
        tested(
            "4.7",
            "[behind No Next Header] those octets must be ignored and passed on unchanged if the packet is forwarded",
            &["nothing_follows_no_next_header"],
        ),
        apart(
            "5",
            "IPv6 requires that every link in the Internet have an MTU of 1280 octets or greater",
            "the emulator's links are what a scenario makes of them; hosts believe no path MTU below 1280 (RFC 8201)",
        ),
        tested(
            "5",
            "A node must be able to accept a fragmented packet that, after reassembly, is as large as 1500 octets",
            &["ip_fragments::datagrams_survive_fragments_in_any_order_and_twice"],
        ),
        tested(
            "5",
            "From each link to which a node is directly attached, the node must be able to accept packets as large as that link's MTU",
            &["ip_fragments::datagrams_survive_fragments_in_any_order_and_twice"],
        ),
        tested(
            "8.1",
            "Any transport or other upper-layer protocol that includes the addresses from the IP header in its checksum computation must be modified for use over IPv6, to include the 128-bit IPv6 addresses",
            &["src/packet/checksum::the_pseudo_header_counts_every_field"],
        ),
        tested(
            "8.1",
            "whenever originating a UDP packet, an IPv6 node must compute a UDP checksum …, and, if that computation yields a result of zero, it must be changed to hex FFFF",
            &[
                "udp::checksums_are_true_and_may_be_left_out_over_ipv4_only",
                "packet::a_udp_checksum_of_zero_is_sent_as_all_ones",
            ],
        ),
        tested(
            "8.1",
            "IPv6 receivers must discard UDP packets containing a zero checksum",
            &["a_zero_udp_checksum_is_discarded"],
        ),
        tested(
            "8.3",
            "When using TCP over IPv6, the MSS must be computed as the maximum packet size minus 60 octets",
            &["rfc9293/s3_7::the_mss_option_says_what_the_interface_takes"],
        ),
        apart(
            "8.4",
            "the response packet(s) must not include a Routing header that was automatically derived by \"reversing\" the received Routing header",
            "no host of the emulator sends a Routing header",
        ),
    ],
};

/// A datagram of 24 octets in a UDP packet with the identification 7.
fn sample(lab: &Lab) -> (IpHeader, Vec<u8>) {
    let ip = IpHeader { id: 7, ..lab.ip(Protocol::UDP) };
    (ip, datagram(ip.src, ip.dst, (9, PORT), &[5; 24]))
}

fn received(lab: &mut Lab, inbox: framewire::net::SocketId) -> Vec<usize> {
    let mut buffer = [0; 2000];
    let mut lens = Vec::new();
    while let Ok(received) = lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut buffer)) {
        lens.push(received.len);
    }
    lens
}

#[test]
fn a_hop_limit_of_zero_arrives() {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let (ip, body) = sample(&lab);
    lab.inject(&packet(&IpHeader { ttl: 0, ..ip }, &body));
    lab.run_for(Duration::from_secs(1));
    assert_eq!(received(&mut lab, inbox), [24]);
}

#[test]
fn fragments_carry_what_they_must() {
    let mut lab = Lab::over(true, LinkConfig { mtu: 1300, ..LinkConfig::default() });
    lab.pair.udp_server(PORT);
    let to = lab.pair.server_address(PORT);
    let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
    let socket = at.udp();
    for _ in 0..3 {
        at.send_to(socket, &pattern(3000), to).unwrap();
    }
    let mut ids = Vec::new();
    let mut offset = 0;
    for bytes in lab.sent_by(lab.pair.client) {
        let (ip, data) = IpHeader::parse(&bytes).unwrap();
        let Some(fragment) = ip.fragment else { continue };
        assert!(bytes.len() <= 1300);
        assert_eq!(
            (bytes[6], bytes[40], bytes[41], bytes[43] & 6),
            (44, 17, 0, 0),
            "fragment header, reserved bits"
        );
        assert_eq!(usize::from(u16::from_be_bytes([bytes[42], bytes[43]]) >> 3) * 8, offset);
        assert!(!fragment.more || data.len() % 8 == 0);
        offset += data.len();
        if !fragment.more {
            assert_eq!(offset, 3008);
            (offset, _) = (0, ids.push(ip.id));
        }
    }
    assert_eq!(ids.len(), 3);
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
}

#[test]
fn packets_are_told_apart_by_addresses_and_identification() {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let (ip, body) = sample(&lab);
    lab.fragment(&ip, 0, true, &body[..16]);
    lab.fragment(&IpHeader { id: 8, ..ip }, 16, false, &body[16..]);
    lab.fragment(&IpHeader { src: "fd00::77".parse().unwrap(), ..ip }, 16, false, &body[16..]);
    assert!(received(&mut lab, inbox).is_empty());
    lab.fragment(&ip, 16, false, &body[16..]);
    assert_eq!(received(&mut lab, inbox), [24]);
}

#[test]
fn after_sixty_seconds_reassembly_is_given_up() {
    for (wait, whole) in [(59, true), (61, false)] {
        let mut lab = Lab::new(true);
        let inbox = lab.pair.udp_server(PORT);
        let (ip, body) = sample(&lab);
        lab.fragment(&ip, 0, true, &body[..16]);
        lab.run_for(Duration::from_secs(wait));
        lab.fragment(&ip, 16, false, &body[16..]);
        assert_eq!(received(&mut lab, inbox).len(), usize::from(whole), "after {wait} s");
        assert_eq!(lab.icmp(), if whole { vec![] } else { vec![Icmp::ReassemblyTimeExceeded] });
    }
}

#[test]
fn a_length_that_is_no_multiple_of_eight_is_reported() {
    let mut lab = Lab::new(true);
    let (ip, body) = sample(&lab);
    lab.fragment(&ip, 0, true, &body[..15]);
    assert_eq!(lab.icmp(), [Icmp::ParameterProblem { code: 0, pointer: 4 }]);
    assert_eq!(lab.pair.net.host(lab.pair.server).unwrap().reassembling(), 0);
}

#[test]
fn a_fragment_beyond_65535_octets_is_reported() {
    let mut lab = Lab::new(true);
    let (ip, _) = sample(&lab);
    lab.fragment(&ip, 65_528, false, &[0; 7]);
    assert_eq!(lab.icmp(), [], "65,535 octets are allowed");
    lab.fragment(&ip, 65_528, false, &[0; 8]);
    assert_eq!(lab.icmp(), [Icmp::ParameterProblem { code: 0, pointer: 42 }]);
}

#[test]
fn overlaps_are_discarded_in_silence() {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let (ip, body) = sample(&lab);
    lab.fragment(&ip, 0, true, &body[..16]);
    lab.fragment(&ip, 8, true, &body[8..24]);
    lab.fragment(&ip, 16, false, &body[16..]);
    lab.run_for(Duration::from_secs(100));
    assert!(received(&mut lab, inbox).is_empty());
    assert_eq!(lab.ignored(DropReason::FragmentOverlap), 2);
    assert_eq!(lab.pair.net.host(lab.pair.server).unwrap().reassembling(), 0);
}

#[test]
fn a_whole_packet_behind_a_fragment_header_stands_alone() {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let (ip, body) = sample(&lab);
    lab.fragment(&ip, 0, true, &body[..16]);
    lab.fragment(&ip, 0, false, &body); // of the same identification
    assert_eq!(received(&mut lab, inbox), [24], "at once");
    lab.fragment(&ip, 16, false, &body[16..]);
    assert_eq!(received(&mut lab, inbox), [24], "and the other one is not disturbed");
    assert_eq!(lab.watch.count(|seen| matches!(seen, Seen::Reassembled { .. })), 2);
    let alone = IpHeader { fragment: Some(Fragment { offset: 0, more: false }), ..ip };
    assert_eq!(IpHeader::parse(&packet(&alone, &body)).unwrap().0.fragment, alone.fragment, "IPv6 keeps it");
}

#[test]
fn a_zero_udp_checksum_is_discarded() {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let (ip, mut body) = sample(&lab);
    body[6..8].fill(0);
    lab.inject(&packet(&ip, &body));
    lab.run_for(Duration::from_secs(1));
    assert_eq!(lab.ignored(DropReason::Checksum), 1);
    assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
}

/// The sample datagram behind these extension headers, the first of which is of the kind `first`.
fn behind(lab: &Lab, first: u8, headers: &[&[u8]]) -> Vec<u8> {
    let (ip, body) = sample(lab);
    packet(&IpHeader { protocol: Protocol(first), ..ip }, &[&headers.concat(), &body[..]].concat())
}

/// Lets the packet arrive: what was received of it, and what was answered.
fn arrives(packet: impl FnOnce(&Lab) -> Vec<u8>) -> (Vec<usize>, Vec<Icmp>) {
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let packet = packet(&lab);
    lab.inject(&packet);
    lab.run_for(Duration::from_secs(1));
    (received(&mut lab, inbox), lab.icmp())
}

const UDP: u8 = 17;

fn problem(code: u8, pointer: u32) -> (Vec<usize>, Vec<Icmp>) {
    (vec![], vec![Icmp::ParameterProblem { code, pointer }])
}

#[test]
fn an_unknown_next_header_is_reported() {
    assert_eq!(arrives(|lab| behind(lab, 99, &[])), problem(1, 6));
    let padded = [99, 0, 1, 4, 0, 0, 0, 0];
    assert_eq!(
        arrives(|lab| behind(lab, 60, &[&padded])),
        problem(1, 40),
        "it points to the field that said so"
    );
}

#[test]
fn extension_headers_are_passed_in_any_order() {
    let hop = |next| [next, 0, 1, 4, 0, 0, 0, 0];
    let routing = |next| [next, 0, 0, 0, 0, 0, 0, 0];
    let taken = (vec![24], vec![]);
    assert_eq!(arrives(|lab| behind(lab, 0, &[&hop(60), &hop(43), &routing(60), &hop(UDP)])), taken);
    assert_eq!(arrives(|lab| behind(lab, 43, &[&routing(60), &hop(60), &hop(43), &routing(UDP)])), taken);
    assert_eq!(
        arrives(|lab| behind(lab, 60, &[&hop(0), &hop(UDP)])),
        problem(1, 40),
        "hop-by-hop comes first"
    );
    // Behind a fragment header as well, where they belong to the whole packet.
    let mut lab = Lab::new(true);
    let inbox = lab.pair.udp_server(PORT);
    let (ip, body) = sample(&lab);
    let data = [&hop(UDP)[..], &body].concat();
    let ip = IpHeader { protocol: Protocol(60), ..ip };
    lab.fragment(&ip, 0, true, &data[..16]);
    lab.fragment(&ip, 16, false, &data[16..]);
    assert_eq!(received(&mut lab, inbox), [24]);
}

#[test]
fn unknown_options_say_themselves_what_is_to_be_done() {
    let with = |kind: u8| [UDP, 1, 0, 1, 1, 0, kind, 2, 9, 9, 0, 0, 1, 2, 0, 0]; // Pad1, PadN, the option, Pad1, PadN
    for header in [0, 60] {
        assert_eq!(arrives(|lab| behind(lab, header, &[&with(0x1e)])), (vec![24], vec![]), "skipped");
        assert_eq!(arrives(|lab| behind(lab, header, &[&with(0x5e)])), (vec![], vec![]), "discarded");
        assert_eq!(arrives(|lab| behind(lab, header, &[&with(0x9e)])), problem(2, 46));
        assert_eq!(arrives(|lab| behind(lab, header, &[&with(0xde)])), problem(2, 46));
    }
    let beyond = [UDP, 0, 1, 5, 0, 0, 0, 0];
    assert_eq!(arrives(|lab| behind(lab, 60, &[&beyond])), (vec![], vec![]), "an option beyond its header");
}

#[test]
fn routing_headers_are_passed_when_they_are_used_up() {
    for kind in [0, 2, 253] {
        assert_eq!(arrives(|lab| behind(lab, 43, &[&[UDP, 0, kind, 0, 0, 0, 0, 0]])), (vec![24], vec![]));
        assert_eq!(arrives(|lab| behind(lab, 43, &[&[UDP, 0, kind, 1, 0, 0, 0, 0]])), problem(0, 42));
    }
}

#[test]
fn nothing_follows_no_next_header() {
    assert_eq!(arrives(|lab| behind(lab, 59, &[])), (vec![], vec![]));
    let padded = [59, 0, 1, 4, 0, 0, 0, 0];
    assert_eq!(arrives(|lab| behind(lab, 60, &[&padded])), (vec![], vec![]));
}
