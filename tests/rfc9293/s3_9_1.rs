//! Section 3.9.1: the interface to the application.

use crate::net_support;
use crate::support::*;
use crate::tcp_harness::*;
use framewire::net::{Errno, LinkConfig};
use framewire::packet::{Icmp, Unreachable};
use framewire::probe::Context;
use framewire::tcp::{Connection, ConnectionError, Event, Flow, OpenError, SendError, State};
use framewire::time::{Duration, Instant};

fn open(local: &str, remote: &str) -> Result<Connection, OpenError> {
    let mut heard = Listening::default();
    let mut cx = Context::new(Instant::START, &mut heard);
    let flow = Flow { local: local.parse().unwrap(), remote: remote.parse().unwrap() };
    Connection::open_active(&mut cx, bare(), flow)
}

requirements! {
    ["MUST-41"]
    fn a_passive_open_leaves_other_connections_alone() {
        let mut pair = net_support::Pair::new(LinkConfig::default());
        let (client, server) = pair.connect();
        let other = pair.at(pair.server, |s| s.tcp());
        let elsewhere = pair.server_address(81);
        pair.at(pair.server, |s| s.bind(other, elsewhere)).unwrap();
        pair.at(pair.server, |s| s.listen(other, 1)).unwrap();
        assert_eq!(pair.transfer(client, server, b"still here"), b"still here");
    }

    ["MUST-42"]
    fn one_port_serves_while_it_listens() {
        let mut pair = net_support::Pair::new(LinkConfig::default());
        let listener = pair.listen(5);
        let (first, second) = (pair.dial(), pair.dial());
        pair.settle(Duration::from_millis(200));
        let (one, from_one) = pair.at(pair.server, |s| s.accept(listener)).unwrap();
        let (two, from_two) = pair.at(pair.server, |s| s.accept(listener)).unwrap();
        assert_ne!(from_one, from_two);
        let host = pair.net.host(pair.server).unwrap();
        assert_eq!(host.local(one).map(|a| a.port()), host.local(two).map(|a| a.port()));
        assert_eq!(host.state(listener), State::Listen);
        let host = pair.net.host(pair.client).unwrap();
        assert_eq!((host.state(first), host.state(second)), (State::Established, State::Established));
    }

    ["MUST-43"]
    fn the_application_may_name_the_local_address() {
        let mut pair = net_support::Pair::new(LinkConfig::default());
        pair.listen(1);
        let socket = pair.at(pair.client, |s| s.tcp());
        let (here, there) = (pair.client_address(5555), pair.server_address(80));
        pair.at(pair.client, |s| s.bind(socket, here)).unwrap();
        let _ = pair.at(pair.client, |s| s.connect(socket, there));
        pair.settle(Duration::from_millis(200));
        let host = pair.net.host(pair.client).unwrap();
        assert_eq!((host.local(socket), host.state(socket)), (Some(here), State::Established));
    }

    ["MUST-44", "MUST-45"]
    fn else_ip_chooses_it_and_it_stays() {
        let mut pair = net_support::Pair::new(LinkConfig::default());
        let (client, server) = pair.connect();
        let own = pair.net.host(pair.client).unwrap().local(client).unwrap();
        assert_eq!(own.ip(), pair.client_address(1).ip());
        assert_eq!(pair.net.host(pair.server).unwrap().remote(server), Some(own));
        pair.transfer(client, server, &net_support::pattern(5000));
        assert_eq!(pair.net.host(pair.client).unwrap().local(client), Some(own));
    }

    ["MUST-46"]
    fn a_connection_is_between_two_hosts() {
        for nobody in ["255.255.255.255:80", "224.0.0.1:80", "0.0.0.0:80", "[ff02::1]:80", "[::]:80"] {
            let here = if nobody.starts_with('[') { "[fd00::1]:1" } else { "10.0.0.1:1" };
            assert!(matches!(open(here, nobody), Err(OpenError::RemoteAddress(_))), "{nobody}");
            assert!(matches!(open(nobody, here), Err(OpenError::LocalAddress(_))), "{nobody}");
        }
        assert!(matches!(open("10.0.0.1:0", SERVER), Err(OpenError::PortZero)));
        assert!(matches!(open(CLIENT, "[fd00::1]:80"), Err(OpenError::MixedVersions)));
        assert!(open(CLIENT, SERVER).is_ok());
    }

    ["MUST-47", "SHLD-20"]
    fn soft_errors_are_reported_to_who_asks() {
        let mut pair = pair();
        pair.send(0, b"out").unwrap();
        let una = seq(&pair, 0, framewire::probe::Var::SndUna);
        pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::Unreachable(Unreachable::Host), Some(una)));
        assert!(pair.heard(0, Event::SoftError));
        assert_eq!(pair.ends[0].soft_error(), Some(Icmp::Unreachable(Unreachable::Host)));
        assert_eq!(pair.ends[0].soft_error(), None);
        // Who does not ask is not disturbed.
        assert_eq!(pair.send(0, b"more"), Ok(4));
        assert_eq!(pair.ends[0].error(), None);
    }

    ["MUST-48", "SHLD-21", "SHLD-22"]
    fn the_diffserv_field_is_the_applications() {
        let mut config = bare();
        config.dscp = 10;
        let mut pair = Pair::established(config, ms(10));
        let packet_of = |pair: &mut Pair, data: &[u8]| {
            let mut heard = Listening::default();
            let mut cx = Context::new(pair.now, &mut heard);
            pair.ends[0].set_nodelay(true);
            pair.ends[0].send(&mut cx, data).unwrap();
            let segment = pair.ends[0].poll_transmit(&mut cx).unwrap();
            let mut packet = Vec::new();
            pair.ends[0].emit(&segment, 1, &mut packet);
            framewire::packet::IpHeader::parse(&packet).unwrap().0.dscp
        };
        assert_eq!(packet_of(&mut pair, b"a"), 10);
        pair.ends[0].set_dscp(46);
        assert_eq!(packet_of(&mut pair, b"b"), 46, "changed during the connection");
    }

    ["MUST-60", "MUST-61", "SHLD-27", "SHLD-28", "MAY-16"]
    fn the_last_segment_of_what_is_queued_is_pushed() {
        let mut pair = pair();
        pair.send(0, b"first").unwrap();
        for _ in 0..10 {
            pair.send(0, &[1; 400]).unwrap();
        }
        pair.run_for(secs(2));
        let sent = pair.sent_by(0);
        let sizes: Vec<(usize, bool)> = sent.iter().map(|s| (s.payload.len(), s.header.flags.psh())).collect();
        let largest = sizes.iter().map(|s| s.0).max();
        assert_eq!(largest, Some(1460), "collected into segments as large as can be: {sizes:?}");
        assert_eq!(sizes.iter().map(|s| s.0).sum::<usize>(), 4005, "and nothing is kept back");
        assert_eq!(sizes.last().map(|s| s.1), Some(true));
        assert!(sizes.iter().filter(|s| s.1).count() < 6, "ten sends, fewer pushes: {sizes:?}");
    }

    ["MUST-12"]
    fn calls_without_a_connection_say_so() {
        let mut pair = pair();
        pair.shut_write(0);
        assert_eq!(pair.send(0, b"x"), Err(SendError::Closing));
        pair.run_for(ms(100));
        pair.call(1, |conn, cx| conn.abort(cx));
        assert_eq!(pair.ends[1].error(), Some(ConnectionError::Aborted));
        assert_eq!(pair.send(1, b"x"), Err(SendError::Failed(ConnectionError::Aborted)));
    }

    ["MUST-47"]
    fn refusal_reaches_the_socket() {
        let mut pair = net_support::Pair::new(LinkConfig::default());
        let client = pair.dial();
        pair.settle(Duration::from_millis(200));
        assert_eq!(pair.at(pair.client, |s| s.connect_result(client)), Err(Errno::ECONNREFUSED));
    }
}
