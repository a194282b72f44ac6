//! UDP over the network: boundaries, truncation, overflow, closed ports, checksums; IPv4 and IPv6.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::packet::{IpHeader, UdpHeader, ipv4_checksum_is_right};
use framewire::rule::Rule;
use framewire::time::Duration;
use net_support::{PORT, Pair, Watch, pattern};

fn both(test: impl Fn(Pair)) {
    for v6 in [false, true] {
        test(Pair::with(1, v6, LinkConfig::default(), LinkConfig::default()));
    }
}

#[test]
fn a_short_receive_burns_the_rest_of_its_datagram_and_no_other() {
    both(|mut pair| {
        let inbox = pair.udp_server(PORT);
        let mut watch = Watch::default();
        pair.stream(&[10, 6], Duration::ZERO, &mut watch);
        let mut buffer = [0; 4];
        let mut at = pair.net.sockets(pair.server, &mut watch).unwrap();
        let first = at.recv_from(inbox, &mut buffer).unwrap();
        assert_eq!((first.len, first.truncated), (4, 6));
        assert_eq!(buffer, pattern(4)[..]);
        let second = at.recv_from(inbox, &mut buffer).unwrap();
        assert_eq!((second.len, second.truncated, second.from), (4, 2, first.from));
        assert_eq!(at.recv_from(inbox, &mut buffer), Err(Errno::EAGAIN));
        assert_eq!(watch.rules.iter().filter(|&&rule| rule == Rule::UdpTruncated).count(), 2);
    });
}

#[test]
fn a_full_receive_buffer_loses_what_comes() {
    both(|mut pair| {
        let inbox = pair.udp_server(PORT);
        pair.at(pair.server, |s| s.set_option(inbox, SocketOption::ReceiveBuffer(250))).unwrap();
        let mut watch = Watch::default();
        pair.stream(&[100; 5], Duration::ZERO, &mut watch);
        assert_eq!(watch.ignored(DropReason::BufferFull), 3);
        let udp = pair.net.host(pair.server).unwrap().udp(inbox).unwrap();
        assert_eq!((udp.queued(), udp.overflows()), (2, 3));
    });
}

#[test]
fn a_closed_port_is_told_to_a_connected_socket_alone() {
    both(|mut pair| {
        let to = pair.server_address(9);
        let (client, mut buffer) = (pair.client, [0; 9]);
        let (open, connected) = pair.at(client, |s| (s.udp(), s.udp()));
        pair.at(client, |s| s.connect(connected, to)).unwrap();
        pair.at(client, |s| s.send_to(open, b"x", to)).unwrap();
        pair.at(client, |s| s.send(connected, b"x")).unwrap();
        assert_eq!(pair.at(client, |s| s.recv(connected, &mut buffer)), Err(Errno::EAGAIN));
        pair.settle(Duration::from_millis(50));
        assert!(pair.wakes(connected).intersects(Wakes::FAILED));
        assert_eq!(pair.at(client, |s| s.recv(connected, &mut buffer)), Err(Errno::ECONNREFUSED));
        assert_eq!(pair.at(client, |s| s.recv(connected, &mut buffer)), Err(Errno::EAGAIN), "told once");
        assert_eq!(pair.at(client, |s| s.recv(open, &mut buffer)), Err(Errno::EAGAIN));
        assert_eq!(pair.at(client, |s| s.send(open, b"x")), Err(Errno::EDESTADDRREQ));
    });
}

#[test]
fn a_connected_socket_hears_its_peer_alone_and_is_preferred() {
    both(|mut pair| {
        let (to, port) = (pair.server_address(PORT), 777);
        let from = pair.client_address(port);
        let (server, client) = (pair.server, pair.client);
        let inbox = pair.udp_server(PORT);
        let (mine, other) = pair.at(client, |s| {
            let (mine, other) = (s.udp(), s.udp());
            s.bind(mine, from).unwrap();
            (mine, other)
        });
        // A second socket of the server at the same port, connected to the client's.
        let private = pair.at(server, |s| {
            s.set_option(inbox, SocketOption::ReuseAddr(true)).unwrap();
            let private = s.udp();
            assert_eq!(s.bind(private, to), Err(Errno::EADDRINUSE));
            s.set_option(private, SocketOption::ReuseAddr(true)).unwrap();
            s.bind(private, to).unwrap();
            s.connect(private, from).unwrap();
            private
        });
        pair.at(client, |s| s.send_to(mine, b"mine", to)).unwrap();
        pair.at(client, |s| s.send_to(other, b"other", to)).unwrap();
        pair.settle(Duration::from_millis(50));
        let mut buffer = [0; 9];
        assert_eq!(pair.at(server, |s| s.recv(private, &mut buffer)), Ok(4));
        assert_eq!(pair.at(server, |s| s.recv(inbox, &mut buffer)), Ok(5));
        assert_eq!(pair.at(server, |s| s.recv(private, &mut buffer)), Err(Errno::EAGAIN));
    });
}

#[test]
fn the_largest_datagram_goes_and_a_larger_one_does_not() {
    both(|mut pair| {
        let inbox = pair.udp_server(PORT);
        let (to, client) = (pair.server_address(PORT), pair.client);
        let max = if pair.version6 { 65_527 } else { 65_507 };
        let socket = pair.at(client, |s| s.udp());
        assert_eq!(pair.at(client, |s| s.send_to(socket, &vec![0; max + 1], to)), Err(Errno::EMSGSIZE));
        let data = pattern(max);
        assert_eq!(pair.at(client, |s| s.send_to(socket, &data, to)), Ok(max));
        while pair.step() {}
        let mut buffer = vec![0; 70_000];
        let received = pair.at(pair.server, |s| s.recv_from(inbox, &mut buffer)).unwrap();
        assert_eq!(buffer[..received.len], data);
    });
}

#[test]
fn checksums_are_true_and_may_be_left_out_over_ipv4_only() {
    both(|mut pair| {
        let (to, client, v6) = (pair.server_address(PORT), pair.client, pair.version6);
        let mut watch = Watch::default();
        let mut at = pair.net.sockets(client, &mut watch).unwrap();
        let socket = at.udp();
        at.send_to(socket, b"with", to).unwrap();
        at.set_option(socket, SocketOption::Checksum(false)).unwrap();
        at.send_to(socket, b"without", to).unwrap();
        let sums: Vec<u16> = watch
            .sent()
            .iter()
            .map(|(_, _, bytes)| {
                assert!(ipv4_checksum_is_right(bytes));
                let (ip, datagram) = IpHeader::parse(bytes).unwrap();
                assert!(UdpHeader::checksum_is_right(ip.src, ip.dst, datagram));
                UdpHeader::parse(datagram).unwrap().0.checksum
            })
            .collect();
        assert_ne!(sums[0], 0);
        assert_eq!(sums[1] != 0, v6);
    });
}

#[test]
fn wildcards_ports_and_families() {
    let mut pair = Pair::new(LinkConfig::default());
    let client = pair.client;
    let any4 = "0.0.0.0:53".parse().unwrap();
    let any6 = "[::]:53".parse().unwrap();
    let own = "10.0.0.1:53".parse().unwrap();
    pair.at(client, |s| {
        let (a, b, c, d) = (s.udp(), s.udp(), s.udp(), s.tcp());
        assert_eq!(s.bind(a, any4), Ok(()));
        assert_eq!(s.bind(a, any4), Err(Errno::EINVAL), "bound already");
        assert_eq!(s.bind(b, own), Err(Errno::EADDRINUSE), "the wildcard has it");
        assert_eq!(s.bind(b, any6), Ok(()), "another family");
        assert_eq!(s.bind(d, any4), Ok(()), "another protocol");
        assert_eq!(s.bind(c, "10.9.9.9:1".parse().unwrap()), Err(Errno::EADDRNOTAVAIL));
        assert_eq!(s.bind(c, "0.0.0.0:0".parse().unwrap()), Ok(()));
        assert_eq!(s.host().local(c).unwrap().port(), 32768, "the first ephemeral port");
        assert_eq!(s.send_to(c, b"x", "[fd00::2]:5".parse().unwrap()), Err(Errno::EAFNOSUPPORT));
        s.close(a).unwrap();
        let e = s.udp();
        assert_eq!(s.bind(e, own), Ok(()), "free again");
        assert_eq!(s.close(a), Err(Errno::EBADF));
        assert_eq!(s.recv(a, &mut [0; 9]), Err(Errno::EBADF), "an old number means nothing");
    });
}
