//! Routers: several hosts behind one bottleneck, hop limits, ICMP errors, path MTU.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::packet::{FieldName, FieldValue, Icmp, IpHeader, Protocol, Unreachable, fields};
use framewire::probe::Silent;
use framewire::time::Duration;
use net_support::{PORT, Seen, Watch, pattern};
use std::net::{IpAddr, SocketAddr};

struct Star {
    net: Network,
    clients: Vec<NodeId>,
    router: NodeId,
    server: NodeId,
    bottleneck: LinkId,
    v6: bool,
}

/// Clients behind a router, a server behind the router's link.
fn star(clients: usize, bottleneck: LinkConfig, v6: bool) -> Star {
    let near = LinkConfig { latency: Duration::from_millis(1), ..LinkConfig::default() };
    let mut net = Network::new(1);
    let router = net.add_router(RouterConfig::default());
    let address = |n: usize| -> [IpAddr; 2] {
        [[10, 0, 0, n as u8].into(), [0xfd00, 0, 0, 0, 0, 0, 0, n as u16].into()]
    };
    let clients: Vec<NodeId> = (0..clients)
        .map(|n| {
            let client = net.add_host(HostConfig::new("client", address(n + 1)));
            net.connect(client, router, near.clone(), near.clone());
            client
        })
        .collect();
    let server = net.add_host(HostConfig::new("server", address(200)));
    let (bottleneck, _) = net.connect(router, server, bottleneck, near);
    Star { net, clients, router, server, bottleneck, v6 }
}

impl Star {
    fn server_address(&self) -> SocketAddr {
        let v4: IpAddr = [10, 0, 0, 200].into();
        let v6: IpAddr = [0xfd00, 0, 0, 0, 0, 0, 0, 200].into();
        SocketAddr::new(if self.v6 { v6 } else { v4 }, PORT)
    }

    fn run(&mut self, watch: &mut Watch) {
        while self.net.step(watch) {}
    }
}

fn icmp_sent(watch: &Watch) -> Vec<Icmp> {
    let errors = watch.sent().into_iter().filter_map(|(_, _, bytes)| {
        let (ip, payload) = IpHeader::parse(&bytes).unwrap();
        matches!(ip.protocol, Protocol::ICMP | Protocol::ICMPV6)
            .then(|| Icmp::parse(ip.is_v6(), payload).unwrap().0)
    });
    errors.collect()
}

#[test]
fn several_clients_share_one_bottleneck() {
    let link = LinkConfig {
        rate: Some(8_000_000),
        queue: QueueLimits { packets: Some(50), ..Default::default() },
        latency: Duration::from_millis(5),
        ..LinkConfig::default()
    };
    let mut star = star(3, link, false);
    let to = star.server_address();
    let listener = {
        let mut silent = Silent;
        let mut at = star.net.sockets(star.server, &mut silent).unwrap();
        let listener = at.tcp();
        at.bind(listener, to).unwrap();
        at.listen(listener, 10).unwrap();
        listener
    };
    let mut dialled = Vec::new();
    for &client in &star.clients {
        let mut silent = Silent;
        let mut at = star.net.sockets(client, &mut silent).unwrap();
        let socket = at.tcp();
        assert_eq!(at.connect(socket, to), Err(Errno::EINPROGRESS));
        dialled.push((client, socket, 0));
    }
    let data = pattern(100_000);
    let mut accepted: Vec<(SocketId, usize)> = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    let mut silent = Silent;
    while star.net.step(&mut silent) && accepted.iter().map(|(_, n)| n).sum::<usize>() < 300_000 {
        for (client, socket, sent) in &mut dialled {
            let mut at = star.net.sockets(*client, &mut silent).unwrap();
            *sent += at.send(*socket, &data[*sent..]).unwrap_or(0);
        }
        let mut at = star.net.sockets(star.server, &mut silent).unwrap();
        while let Ok((socket, _)) = at.accept(listener) {
            accepted.push((socket, 0));
        }
        for (socket, got) in &mut accepted {
            while let Ok(n @ 1..) = at.recv(*socket, &mut buffer) {
                assert_eq!(buffer[..n], data[*got..*got + n]);
                *got += n;
            }
        }
    }
    assert_eq!(accepted.iter().map(|&(_, n)| n).collect::<Vec<_>>(), [100_000; 3]);
    // 300,000 octets at 8 Mbit/s: at least 0.3 s; and none of the three starved the others to that extent that it took long.
    let seconds = star.net.now().as_secs_f64();
    assert!((0.3..0.5).contains(&seconds), "{seconds}");
}

#[test]
fn the_router_counts_the_hop_limit_down_and_reports_its_end() {
    for v6 in [false, true] {
        for (ttl, arrives) in [(2, true), (1, false)] {
            let mut star = star(1, LinkConfig::default(), v6);
            let (to, client) = (star.server_address(), star.clients[0]);
            let mut watch = Watch::default();
            let mut at = star.net.sockets(client, &mut watch).unwrap();
            let socket = at.udp();
            at.set_option(socket, SocketOption::Ttl(ttl)).unwrap();
            at.send_to(socket, b"x", to).unwrap();
            star.run(&mut watch);
            if arrives {
                assert!(watch.count(|s| *s == Seen::Forwarded { router: star.router, ttl: 1 }) == 1);
                // Nobody listens there: the answer comes back through the router.
                assert_eq!(icmp_sent(&watch), [Icmp::Unreachable(Unreachable::Port)]);
            } else {
                assert_eq!(watch.dropped(DropReason::HopLimit), 1);
                assert_eq!(icmp_sent(&watch), [Icmp::TimeExceeded]);
            }
        }
    }
}

#[test]
fn no_route_is_known_before_anything_is_sent_or_told_by_the_router() {
    let mut star = star(1, LinkConfig::default(), false);
    let mut watch = Watch::default();
    let mut at = star.net.sockets(star.clients[0], &mut watch).unwrap();
    let socket = at.udp();
    let nowhere = "192.168.1.1:5".parse().unwrap();
    assert_eq!(at.send_to(socket, b"x", nowhere), Err(Errno::ENETUNREACH));
    let tcp = at.tcp();
    assert_eq!(at.connect(tcp, nowhere), Err(Errno::ENETUNREACH));
    assert_eq!(at.bind(tcp, nowhere), Err(Errno::EADDRNOTAVAIL));
}

#[test]
fn tcp_finds_the_path_mtu() {
    for v6 in [false, true] {
        let mut star = star(1, LinkConfig { mtu: 1300, ..LinkConfig::default() }, v6);
        let (to, client) = (star.server_address(), star.clients[0]);
        let mut watch = Watch::default();
        let mut at = star.net.sockets(star.server, &mut watch).unwrap();
        let listener = at.tcp();
        at.bind(listener, to).unwrap();
        at.listen(listener, 1).unwrap();
        let mut at = star.net.sockets(client, &mut watch).unwrap();
        let socket = at.tcp();
        assert_eq!(at.connect(socket, to), Err(Errno::EINPROGRESS));
        star.net.run_until(framewire::time::Instant::from_nanos(200_000_000), &mut watch);
        let data = pattern(16_000);
        assert_eq!(star.net.sockets(client, &mut watch).unwrap().send(socket, &data), Ok(16_000));
        star.net.run_until(framewire::time::Instant::from_nanos(5_000_000_000), &mut watch);
        let mut at = star.net.sockets(star.server, &mut watch).unwrap();
        let (conn, _) = at.accept(listener).unwrap();
        let mut buffer = vec![0; 30_000];
        assert_eq!(at.recv(conn, &mut buffer), Ok(16_000));
        assert_eq!(buffer[..16_000], data);
        assert!(watch.dropped(DropReason::TooBig) > 0);
        assert!(icmp_sent(&watch).iter().all(|icmp| *icmp == Icmp::TooBig { mtu: 1300 }));
        let late = watch.sent().into_iter().rev().take(5).map(|(_, _, bytes)| bytes.len()).max();
        assert!(late <= Some(1300));
    }
}

#[test]
fn a_host_whose_own_link_narrows_finds_out_at_once() {
    for addresses in [[[10, 0, 0, 1].into(), [10, 0, 0, 2].into()], [[0xfd; 16].into(), [0xfe; 16].into()]] {
        let [own, other]: [std::net::IpAddr; 2] = addresses;
        let mut net = Network::new(1);
        let a = net.add_host(HostConfig::new("a", [own]));
        let b = net.add_host(HostConfig::new("b", [other]));
        let (out, _) = net.connect(a, b, LinkConfig::default(), LinkConfig::default());
        let mut watch = Watch::default();
        let mut at = net.sockets(b, &mut watch).unwrap();
        let listener = at.tcp();
        at.bind(listener, (other, 80).into()).unwrap();
        at.listen(listener, 1).unwrap();
        let mut at = net.sockets(a, &mut watch).unwrap();
        let socket = at.tcp();
        assert_eq!(at.connect(socket, (other, 80).into()), Err(Errno::EINPROGRESS));
        net.run_until(framewire::time::Instant::from_nanos(100_000_000), &mut watch);
        net.link_mut(out).unwrap().mtu = 1300;
        assert_eq!(net.sockets(a, &mut watch).unwrap().send(socket, &pattern(16_000)), Ok(16_000));
        net.run_until(framewire::time::Instant::from_nanos(400_000_000), &mut watch);
        let (conn, _) = net.sockets(b, &mut watch).unwrap().accept(listener).unwrap();
        let got = net.sockets(b, &mut watch).unwrap().recv(conn, &mut [0; 30_000]);
        assert_eq!(got, Ok(16_000), "{own}: no time-out was needed");
    }
}

#[test]
fn an_icmp_error_is_cut_up_like_any_packet() {
    let mut net = Network::new(1);
    let router = net.add_router(RouterConfig::default());
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    net.connect(a, router, LinkConfig::default(), LinkConfig { mtu: 200, ..LinkConfig::default() });
    net.connect(router, b, LinkConfig { mtu: 600, ..LinkConfig::default() }, LinkConfig::default());
    let mut watch = Watch::default();
    let mut at = net.sockets(a, &mut watch).unwrap();
    let socket = at.udp();
    at.set_path_mtu_discovery(PathMtuDiscovery::Do);
    at.send_to(socket, &[0; 1200], "10.0.0.2:5".parse().unwrap()).unwrap();
    while net.step(&mut watch) {}
    let sent: Vec<usize> = watch.sent().iter().map(|(_, _, bytes)| bytes.len()).collect();
    // RFC 1812 section 4.3.2.3: it quotes as much of the datagram as makes no more than 576 octets.
    assert_eq!(sent, [1228, 576, 196, 196, 196, 48], "the datagram, the error, and its fragments");
    assert_eq!(
        net.host(a).unwrap().path_mtu([10, 0, 0, 2].into()),
        Some(600),
        "put together again, it is heard"
    );
}

#[test]
fn a_black_hole_tells_nothing() {
    let mut net = Network::new(1);
    let router = net.add_router(RouterConfig { sends_icmp: false, ..RouterConfig::default() });
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    net.connect(a, router, LinkConfig::default(), LinkConfig::default());
    net.connect(router, b, LinkConfig { mtu: 1000, ..LinkConfig::default() }, LinkConfig::default());
    let mut watch = Watch::default();
    let mut at = net.sockets(a, &mut watch).unwrap();
    let socket = at.udp();
    at.send_to(socket, &[0; 1200], "10.0.0.2:5".parse().unwrap()).unwrap();
    while net.step(&mut watch) {}
    assert_eq!((watch.dropped(DropReason::TooBig), icmp_sent(&watch).len()), (1, 0));
}

#[test]
fn udp_learns_the_path_mtu_and_the_host_cuts_to_it() {
    for v6 in [false, true] {
        let mut star = star(1, LinkConfig { mtu: 1300, ..LinkConfig::default() }, v6);
        let (to, client, server) = (star.server_address(), star.clients[0], star.server);
        let mut watch = Watch::default();
        let mut at = star.net.sockets(server, &mut watch).unwrap();
        let inbox = at.udp();
        at.bind(inbox, to).unwrap();
        let mut at = star.net.sockets(client, &mut watch).unwrap();
        let socket = at.udp();
        let data = pattern(1400);
        // DF is set: the router drops it and tells why.
        at.send_to(socket, &data, to).unwrap();
        star.run(&mut watch);
        assert_eq!(icmp_sent(&watch), [Icmp::TooBig { mtu: 1300 }]);
        assert_eq!(star.net.host(client).unwrap().path_mtu(to.ip()), Some(1300));
        // The next one is cut by the host.
        star.net.sockets(client, &mut watch).unwrap().send_to(socket, &data, to).unwrap();
        star.run(&mut watch);
        let mut buffer = [0; 2000];
        let received = star.net.sockets(server, &mut watch).unwrap().recv_from(inbox, &mut buffer).unwrap();
        assert_eq!((received.len, &buffer[..1400]), (1400, &data[..]));
        assert_eq!(watch.count(|s| *s == Seen::Fragmented { into: 2 }), 1);
        // Who forbids cutting is told so.
        let mut at = star.net.sockets(client, &mut watch).unwrap();
        at.set_path_mtu_discovery(PathMtuDiscovery::Do);
        assert_eq!(at.send_to(socket, &data, to), Err(Errno::EMSGSIZE));
    }
}

#[test]
fn routers_cut_ipv4_packets_that_allow_it() {
    let mut star = star(1, LinkConfig { mtu: 576, ..LinkConfig::default() }, false);
    let (to, client, server) = (star.server_address(), star.clients[0], star.server);
    let mut watch = Watch::default();
    let mut at = star.net.sockets(server, &mut watch).unwrap();
    let inbox = at.udp();
    at.bind(inbox, to).unwrap();
    let mut at = star.net.sockets(client, &mut watch).unwrap();
    let socket = at.udp();
    at.set_path_mtu_discovery(PathMtuDiscovery::Dont);
    let data = pattern(4000);
    at.send_to(socket, &data, to).unwrap(); // cut by the host to 1500, and again by the router to 576
    star.run(&mut watch);
    let mut buffer = [0; 5000];
    let received = star.net.sockets(server, &mut watch).unwrap().recv_from(inbox, &mut buffer).unwrap();
    assert_eq!((received.len, &buffer[..4000]), (4000, &data[..]));
    assert!(watch.count(|s| matches!(s, Seen::Fragmented { .. })) >= 3);
    assert_eq!(watch.count(|s| *s == Seen::Reassembled { len: 4028 }), 1);
    for (_, _, bytes) in watch.sent() {
        let checksum =
            fields(&bytes).into_iter().find(|field| field.name == FieldName::HeaderChecksum).unwrap();
        assert!(matches!(checksum.value, FieldValue::Checksum(_, framewire::packet::Check::Right)));
    }
}

#[test]
fn a_busy_bottleneck_marks_instead_of_dropping() {
    let queue = QueueLimits { mark: Some(3000), ..Default::default() };
    let link = LinkConfig { rate: Some(8_000_000), queue, ..LinkConfig::default() };
    let mut star = star(1, link, false);
    let to = star.server_address();
    let mut watch = Watch::default();
    let mut at = star.net.sockets(star.server, &mut watch).unwrap();
    let listener = at.tcp_with(framewire::tcp::Config::rfc());
    at.bind(listener, to).unwrap();
    at.listen(listener, 1).unwrap();
    let mut at = star.net.sockets(star.clients[0], &mut watch).unwrap();
    let socket = at.tcp_with(framewire::tcp::Config::rfc()); // speaks ECN
    assert_eq!(at.connect(socket, to), Err(Errno::EINPROGRESS));
    star.net.run_until(framewire::time::Instant::from_nanos(200_000_000), &mut watch);
    star.net.sockets(star.clients[0], &mut watch).unwrap().send(socket, &pattern(60_000)).unwrap();
    star.net.run_until(framewire::time::Instant::from_nanos(3_000_000_000), &mut watch);
    assert!(watch.count(|s| *s == Seen::Marked) > 0);
    assert_eq!(star.net.link_ends(star.bottleneck), Some((star.router, star.server)));
}
