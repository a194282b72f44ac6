//! Section 4: UDP and what of TCP did not go into RFC 9293.

use super::icmp_protocol;
use crate::net_support::PORT;
use crate::raw::{Lab, datagram, packet, udp};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::*;
use framewire::packet::{Icmp, IpHeader, Protocol, Unreachable, emit_icmp};
use framewire::tcp::{Config, KeepAlive, State};
use framewire::time::Duration;

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

#[test]
fn section_4_1_3_3_every_error_reaches_who_asks_for_it() {
    use Errno::*;
    for v6 in [false, true] {
        let final_ones = [
            (Icmp::Unreachable(Unreachable::Port), ECONNREFUSED),
            (Icmp::Unreachable(Unreachable::Protocol), if v6 { EPROTO } else { ENOPROTOOPT }),
            (Icmp::Unreachable(Unreachable::Prohibited), if v6 { EACCES } else { EHOSTUNREACH }),
            (Icmp::ParameterProblem { code: 0, pointer: 8 }, EPROTO),
        ];
        let others = [
            (Icmp::Unreachable(Unreachable::Network), ENETUNREACH),
            (Icmp::Unreachable(Unreachable::Host), EHOSTUNREACH),
            (Icmp::Unreachable(Unreachable::Other(5)), EHOSTUNREACH),
            (Icmp::TimeExceeded, EHOSTUNREACH),
            (Icmp::ReassemblyTimeExceeded, EHOSTUNREACH),
            (Icmp::TooBig { mtu: 1400 }, EMSGSIZE),
        ];
        for (all, connected) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut lab = Lab::new(v6);
            let to = lab.pair.client_address(9);
            let socket = lab.pair.udp_server(PORT);
            lab.pair.at(lab.pair.server, |s| {
                s.set_option(socket, SocketOption::AllErrors(all)).unwrap();
                if connected {
                    s.connect(socket, to).unwrap();
                }
            });
            let (here, there) = (lab.ip(icmp_protocol(v6)), lab.ip(Protocol::UDP));
            let cause =
                udp(&IpHeader { src: there.dst, dst: there.src, ..there }, (PORT, 9), b"what was sent");
            let told = final_ones.iter().map(|case| (case, all || connected));
            for (&(icmp, errno), is_told) in told.chain(others.iter().map(|case| (case, all))) {
                let mut error = Vec::new();
                emit_icmp(&here, icmp, &cause, &mut error);
                lab.inject(&error);
                lab.run_for(secs(1));
                let expected = Err(if is_told { errno } else { EAGAIN });
                assert_eq!(
                    lab.pair.at(lab.pair.server, |s| s.recv_from(socket, &mut [0; 9])),
                    expected,
                    "{icmp:?}"
                );
                assert_eq!(
                    lab.pair.at(lab.pair.server, |s| s.recv_from(socket, &mut [0; 9])),
                    Err(EAGAIN),
                    "told once"
                );
            }
        }
    }
}
