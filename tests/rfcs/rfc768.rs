//! RFC 768: UDP. It has no sections; the names are those of its headings.

use crate::demand::{Rfc, tested};
use crate::net_support::{PORT, pattern};
use crate::raw::{Lab, datagram, packet, udp};
use framewire::net::{DropReason, Errno};
use framewire::packet::{IpHeader, Protocol, UdpHeader};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 768,
    title: "User Datagram Protocol",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "Fields",
            "Source Port is an optional field … If not used, a value of zero is inserted",
            &["a_source_port_of_zero_is_no_port"],
        ),
        tested(
            "Fields",
            "Length is the length in octets of this user datagram including this header and the data. (This means the minimum value of the length is eight.)",
            &["the_length_counts_header_and_data"],
        ),
        tested(
            "Fields",
            "Checksum is the 16-bit one's complement of the one's complement sum of a pseudo header of information from the IP header, the UDP header, and the data, padded with zero octets at the end (if necessary)",
            &[
                "src/packet/checksum::the_pseudo_header_counts_every_field",
                "src/packet/checksum::the_wide_sum_is_the_narrow_sum",
                "packet::udp_packets_come_back",
            ],
        ),
        tested(
            "Fields",
            "If the computed checksum is zero, it is transmitted as all ones",
            &["packet::a_udp_checksum_of_zero_is_sent_as_all_ones"],
        ),
        tested(
            "Fields",
            "An all zero transmitted checksum value means that the transmitter generated no checksum",
            &["udp::checksums_are_true_and_may_be_left_out_over_ipv4_only"],
        ),
        tested(
            "User Interface",
            "should allow the creation of new receive ports",
            &["udp::wildcards_ports_and_families"],
        ),
        tested(
            "User Interface",
            "receive operations … that return the data octets and an indication of source port and source address",
            &["the_application_learns_data_source_and_destination"],
        ),
        tested(
            "User Interface",
            "an operation that allows a datagram to be sent, specifying the data, source and destination ports and addresses to be sent",
            &["the_application_learns_data_source_and_destination"],
        ),
        tested(
            "IP Interface",
            "must be able to determine the source and destination internet addresses and the protocol field from the internet header",
            &["the_application_learns_data_source_and_destination", "other_protocols_are_not_udp"],
        ),
        tested("Protocol Number", "This is protocol 17", &["the_length_counts_header_and_data"]),
    ],
};

#[test]
fn a_source_port_of_zero_is_no_port() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let inbox = lab.pair.udp_server(PORT);
        let ip = lab.ip(Protocol::UDP);
        lab.inject(&udp(&ip, (0, PORT), b"no answer, please"));
        lab.run_for(Duration::from_secs(1));
        let mut buffer = [0; 64];
        let received = lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut buffer)).unwrap();
        assert_eq!((received.from.ip(), received.from.port()), (ip.src, 0));
        // There is nobody to answer to.
        let to_nobody = lab.pair.at(lab.pair.server, |s| s.send_to(inbox, b"x", received.from));
        assert_eq!(to_nobody, Err(Errno::EINVAL));
    }
}

#[test]
fn the_length_counts_header_and_data() {
    for len in [0, 1, 7, 1000] {
        let mut lab = Lab::new(false);
        let to = lab.pair.server_address(PORT);
        let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
        let socket = at.udp();
        at.send_to(socket, &pattern(len), to).unwrap();
        let sent = lab.sent_by(lab.pair.client);
        let (ip, body) = IpHeader::parse(&sent[0]).unwrap();
        assert_eq!((ip.protocol.0, body.len()), (17, 8 + len));
        assert_eq!(usize::from(UdpHeader::parse(body).unwrap().0.len), 8 + len);
    }
    // Less than the header, or more than there is: no datagram.
    for wrong in [1_u16, 7, 13] {
        let mut lab = Lab::new(false);
        let inbox = lab.pair.udp_server(PORT);
        let ip = lab.ip(Protocol::UDP);
        let mut body = datagram(ip.src, ip.dst, (9, PORT), b"1234");
        body[4..6].copy_from_slice(&wrong.to_be_bytes());
        lab.inject(&packet(&ip, &body));
        lab.run_for(Duration::from_secs(1));
        assert_eq!(lab.ignored(DropReason::Malformed), 1, "length {wrong}");
        assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
    }
}

#[test]
fn the_application_learns_data_source_and_destination() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let (from, to) = (lab.pair.client_address(777), lab.pair.server_address(PORT));
        let any = if v6 { "[::]:80" } else { "0.0.0.0:80" };
        let inbox = lab.pair.at(lab.pair.server, |s| {
            let inbox = s.udp();
            s.bind(inbox, any.parse().unwrap()).unwrap();
            inbox
        });
        lab.pair.at(lab.pair.client, |s| {
            let socket = s.udp();
            s.bind(socket, from).unwrap();
            s.send_to(socket, b"these octets", to).unwrap();
        });
        lab.run_for(Duration::from_secs(1));
        let mut buffer = [0; 64];
        let received = lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut buffer)).unwrap();
        assert_eq!(&buffer[..received.len], b"these octets");
        assert_eq!((received.from, received.to), (from, to));
    }
}

#[test]
fn other_protocols_are_not_udp() {
    let mut lab = Lab::new(false);
    let inbox = lab.pair.udp_server(PORT);
    let ip = lab.ip(Protocol(18));
    let body = datagram(ip.src, ip.dst, (9, PORT), b"1234");
    lab.inject(&packet(&ip, &body));
    lab.run_for(Duration::from_secs(1));
    assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
}
