//! RFC 8200: IPv6, as far as the fragment header goes.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::{PORT, Seen, pattern};
use crate::raw::{Lab, datagram, packet};
use framewire::net::{DropReason, Errno, LinkConfig};
use framewire::packet::{Fragment, Icmp, IpHeader, Protocol};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 8200,
    title: "Internet Protocol, Version 6 (IPv6) Specification",
    note: "The fragment header, and what TCP and UDP need of the rest.",
    demands: &[
        tested(
            "3",
            "Hop Limit: decremented by 1 by each node that forwards the packet; a node that is the destination should not discard a packet with hop limit equal to zero",
            &[
                "net_router::the_router_counts_the_hop_limit_down_and_reports_its_end",
                "a_hop_limit_of_zero_arrives",
            ],
        ),
        tested(
            "4.5",
            "The Identification must be different than that of any other fragmented packet sent recently with the same Source Address and Destination Address",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "4.5",
            "Fragment Offset … in 8-octet units; each [fragment], except possibly the last, being an integer multiple of 8 octets long",
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
            "If the fragment is a whole datagram (Fragment Offset field and M flag are zero), … it should be processed as a fully reassembled packet; any other fragments that match … should be processed independently",
            &["a_whole_packet_behind_a_fragment_header_stands_alone"],
        ),
        apart(
            "4.5",
            "If the first fragment does not include all headers through an Upper-Layer header, then that fragment should be discarded",
            "a should, not taken: the packet is checked when it is whole",
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
