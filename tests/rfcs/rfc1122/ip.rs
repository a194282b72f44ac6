//! Section 3: addresses, versions, lifetimes and options of IP.

use crate::net_support::{PORT, Watch};
use crate::raw::{Lab, packet, udp};
use crate::tcp_harness::*;
use framewire::net::*;
use framewire::packet::{IpHeader, Protocol, checksum};

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

#[test]
fn section_3_2_1_3_nothing_goes_to_an_address_that_no_host_has() {
    let mut lab = Lab::new(false);
    let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
    for nobody in ["0.0.0.0:9", "255.255.255.255:9", "224.0.0.1:9", "0.0.0.7:9"] {
        let socket = at.udp();
        assert_eq!(at.send_to(socket, b"x", nobody.parse().unwrap()), Err(Errno::ENETUNREACH), "{nobody}");
    }
    assert_eq!(lab.sent_by(lab.pair.client).len(), 0);
}

#[test]
fn section_3_2_1_3_loopback_stays_within_the_host() {
    for v6 in [false, true] {
        let mut lab = Lab::new(v6);
        let inbox = lab.pair.udp_server(PORT);
        let to = lab.pair.server_address(PORT);
        let itself = |port| {
            std::net::SocketAddr::new(
                if v6 { [0, 0, 0, 0, 0, 0, 0, 1].into() } else { [127, 0, 0, 1].into() },
                port,
            )
        };
        let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
        let (udp_socket, connected, tcp) = (at.udp(), at.udp(), at.tcp());
        for (socket, port) in [(udp_socket, 7), (connected, 8), (tcp, 9)] {
            at.bind(socket, itself(port)).unwrap();
        }
        assert_eq!(at.send_to(udp_socket, b"x", to), Err(Errno::EINVAL));
        assert_eq!(at.connect(connected, to), Err(Errno::EINVAL));
        assert_eq!(at.connect(tcp, to), Err(Errno::EINVAL));
        assert_eq!(lab.sent_by(lab.pair.client).len(), 0);
        // What comes from outside with such a source is nobody's.
        let ip = IpHeader { src: itself(0).ip(), ..lab.ip(Protocol::UDP) };
        lab.inject(&udp(&ip, (9, PORT), b"x"));
        lab.run_for(secs(1));
        assert_eq!(lab.ignored(DropReason::Malformed), 1);
        assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
        // The host talks to itself all the same.
        assert_eq!(lab.pair.at(lab.pair.client, |s| s.send_to(udp_socket, b"me", itself(7))), Ok(2));
        lab.run_for(secs(1));
        let heard = lab.pair.at(lab.pair.client, |s| s.recv_from(udp_socket, &mut [0; 9]));
        assert_eq!(heard.map(|received| received.len), Ok(2));
    }
}

#[test]
fn section_3_2_1_8_options_are_passed_over() {
    let mut lab = Lab::new(false);
    let inbox = lab.pair.udp_server(PORT);
    for options in [
        [136, 4, 0, 7, 1, 1, 1, 0],  // a stream identifier
        [7, 7, 4, 0, 0, 0, 0, 0],    // room for a recorded route
        [222, 4, 9, 9, 30, 3, 9, 0], // two that nobody knows
        [222, 0, 0, 0, 0, 0, 0, 0],  // a length that cannot be
        [222, 99, 0, 0, 0, 0, 0, 0],
    ] {
        let ip = lab.ip(Protocol::UDP);
        let mut bytes = udp(&ip, (9, PORT), b"x");
        bytes.splice(20..20, options);
        bytes[0] = 0x47;
        bytes[3] += 8;
        bytes[10..12].fill(0);
        let sum = checksum::internet(&bytes[..28]);
        bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        lab.inject(&bytes);
        lab.run_for(secs(1));
        assert!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])).is_ok(), "{options:?}");
    }
    assert_eq!(lab.answers().len(), 0);
}
