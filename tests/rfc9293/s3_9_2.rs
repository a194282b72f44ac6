//! Section 3.9.2: the interface to IP.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{Ecn, Icmp, IpHeader, TcpFlags, TcpHeader, Unreachable};
use framewire::probe::{Context, Var};
use framewire::rule::Rule;
use framewire::tcp::{Connection, ConnectionError, Event, Flow, OpenError, State};
use framewire::time::Instant;

/// An ICMP message about something that is in flight.
fn after(icmp: Icmp) -> Pair {
    let mut pair = pair();
    pair.send(0, b"out").unwrap();
    let una = seq(&pair, 0, Var::SndUna);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, icmp, Some(una)));
    pair
}

requirements! {
    ["MUST-49"]
    fn the_ttl_can_be_set() {
        let mut config = bare();
        config.ttl = 3;
        let mut heard = Listening::default();
        let mut cx = Context::new(Instant::START, &mut heard);
        let mut conn = Connection::open_active(&mut cx, config, flow()).unwrap();
        assert_eq!(conn.poll_transmit(&mut cx).map(|s| s.ttl), Some(3));
        assert_eq!(bare().ttl, 64);
    }

    ["MUST-50"]
    fn ip_options_are_passed_over() {
        // A packet with a NOP, NOP, NOP, end-of-list in its IP header.
        let mut packet = vec![0x46, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 0];
        packet.extend([0; 20]);
        packet[24 + 12] = 5 << 4;
        let (ip, segment) = IpHeader::parse(&packet).unwrap();
        assert_eq!(ip.protocol, framewire::packet::Protocol::TCP);
        assert!(TcpHeader::parse(segment).is_ok());
    }

    ["MUST-54"]
    fn icmp_is_acted_on() {
        let mut pair = after(Icmp::TooBig { mtu: 1280 });
        assert_eq!(pair.ends[0].send_mss(), 1240);
        assert!(after(Icmp::TimeExceeded).heard(0, Event::SoftError));
        // About something that is not under way: old, or forged (RFC 5927).
        let stray = seq(&pair, 0, Var::SndUna) - 5000;
        pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 600 }, Some(stray)));
        assert_eq!(pair.ends[0].send_mss(), 1240);
    }

    ["MUST-55"]
    fn source_quench_is_ignored() {
        let mut pair = after(Icmp::SourceQuench);
        assert!(!pair.heard(0, Event::SoftError));
        assert!(pair.probes[0].rules.contains(&Rule::SourceQuenchIgnored));
        assert!(!pair.probes[0].changes.iter().any(|c| c.1 == Var::Cwnd));
    }

    ["MUST-56", "SHLD-25"]
    fn soft_errors_do_not_abort() {
        for icmp in [
            Icmp::Unreachable(Unreachable::Network),
            Icmp::Unreachable(Unreachable::Host),
            Icmp::Unreachable(Unreachable::Other(5)),
            Icmp::TimeExceeded,
            Icmp::ReassemblyTimeExceeded,
            Icmp::ParameterProblem { code: 0, pointer: 1 },
        ] {
            let mut pair = after(icmp);
            assert_eq!(pair.states().0, State::Established, "{icmp:?}");
            assert!(pair.heard(0, Event::SoftError), "{icmp:?}");
            assert_eq!(pair.ends[0].soft_error(), Some(icmp));
        }
    }

    ["SHLD-26"]
    fn hard_errors_abort() {
        for why in [Unreachable::Protocol, Unreachable::Port] {
            let pair = after(Icmp::Unreachable(why));
            assert_eq!(pair.states().0, State::Closed);
            assert_eq!(pair.ends[0].error(), Some(ConnectionError::Unreachable));
        }
    }

    ["MUST-57", "MUST-63"]
    fn nobody_is_answered_who_is_not_one_host() {
        let mut heard = Listening::default();
        let mut cx = Context::new(Instant::START, &mut heard);
        let syn = TcpHeader { src_port: 40000, dst_port: 80, flags: TcpFlags::SYN, ..TcpHeader::default() };
        let host = "10.0.0.2:80";
        for (from, to) in [
            ("224.0.0.5:40000", host),
            ("255.255.255.255:40000", host),
            ("0.0.0.0:40000", host),
            ("10.0.0.1:40000", "224.0.0.5:80"),
            ("10.0.0.1:40000", "255.255.255.255:80"),
        ] {
            let flow = Flow { local: to.parse().unwrap(), remote: from.parse().unwrap() };
            let refused = Connection::open_from_syn(&mut cx, bare(), flow, &syn, &[], Ecn::NotEct);
            assert!(matches!(refused, Err(OpenError::RemoteAddress(_) | OpenError::LocalAddress(_))), "{from} {to}");
        }
        // A connection in LISTEN stays silent.
        let mut listening = Connection::open_passive(&mut cx, bare(), host.parse().unwrap()).unwrap();
        listening.handle_first_segment(&mut cx, [224, 0, 0, 5].into(), &syn, &[], Ecn::NotEct);
        assert_eq!(listening.state(), State::Listen);
        assert_eq!(listening.poll_transmit(&mut cx), None);
    }
}
