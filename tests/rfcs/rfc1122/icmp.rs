//! Section 3.2.2: what is told by ICMP, to whom, and what is not.

use super::{icmp_protocol, message};
use crate::net_support::PORT;
use crate::raw::{Lab, packet, udp};
use crate::tcp_harness::*;
use framewire::net::*;
use framewire::packet::{Fragment, Icmp, IpHeader, Protocol, Quote, Unreachable, emit_icmp};

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
        let cause = udp(&IpHeader { id: 77, dscp: 46, ..lab.ip(Protocol::UDP) }, (9, PORT), &[3; 100]);
        lab.inject(&cause);
        lab.run_for(secs(1));
        let answer = &lab.answers()[0];
        let (ip, message) = IpHeader::parse(answer).unwrap();
        assert!(Icmp::checksum_is_right(&ip, message));
        assert_eq!((ip.src, ip.dscp), (lab.pair.server_address(0).ip(), 0));
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
        if !v6 {
            lab.inject(&udp(&IpHeader { src: [240, 0, 0, 1].into(), ..ip }, (9, PORT), b"x"));
        }
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
fn section_3_2_2_1_an_unknown_protocol_is_told() {
    let mut lab = Lab::new(false);
    lab.inject(&packet(&lab.ip(Protocol(99)), b"1234"));
    lab.run_for(secs(1));
    assert_eq!(lab.icmp(), [Icmp::Unreachable(Unreachable::Protocol)]);
}
