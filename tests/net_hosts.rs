//! Listeners and ports: backlog, SYN queue, address reuse, TIME-WAIT, and what thousands of connections cost.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::packet::TcpFlags;
use framewire::probe::Silent;
use framewire::tcp::{Config, State};
use framewire::time::{Duration, Instant};
use net_support::{PORT, Pair, Watch, pattern};

#[test]
fn a_full_accept_queue_keeps_further_connections_half_open() {
    let mut pair = Pair::new(LinkConfig::default());
    let listener = pair.listen(1);
    let clients: Vec<SocketId> = (0..4).map(|_| pair.dial()).collect();
    let mut watch = Watch::default();
    let until = pair.now() + Duration::from_millis(200);
    pair.net.run_until(until, &mut watch);
    // Backlog 1: one may be half open at a time at first, two may wait.
    let (half_open, waiting) = pair.net.host(pair.server).unwrap().backlog(listener).unwrap();
    assert!(waiting <= 2 && half_open <= 1, "{half_open} {waiting}");
    assert!(watch.ignored(DropReason::BacklogFull) > 0);
    // All get through in the end, when somebody accepts.
    let mut accepted = 0;
    for _ in 0..200 {
        pair.settle(Duration::from_millis(100));
        while pair.at(pair.server, |s| s.accept(listener)).is_ok() {
            accepted += 1;
        }
    }
    assert_eq!(accepted, 4);
    for client in clients {
        assert_eq!(pair.at(pair.client, |s| s.connect_result(client)), Ok(()));
    }
}

#[test]
fn a_connection_that_nobody_accepts_waits_with_its_data() {
    let mut pair = Pair::new(LinkConfig::default());
    let listener = pair.listen(5);
    let client = pair.dial();
    pair.settle(Duration::from_millis(100));
    pair.at(pair.client, |s| s.send(client, b"early")).unwrap();
    pair.settle(Duration::from_millis(100));
    let (socket, peer) = pair.at(pair.server, |s| s.accept(listener)).unwrap();
    assert_eq!(peer, pair.net.host(pair.client).unwrap().local(client).unwrap());
    let mut buffer = [0; 10];
    assert_eq!(pair.at(pair.server, |s| s.recv(socket, &mut buffer)), Ok(5));
}

#[test]
fn closing_a_listener_resets_what_waits() {
    let mut pair = Pair::new(LinkConfig::default());
    let listener = pair.listen(5);
    let client = pair.dial();
    pair.settle(Duration::from_millis(100));
    pair.at(pair.server, |s| s.close(listener)).unwrap();
    pair.settle(Duration::from_millis(100));
    assert_eq!(pair.at(pair.client, |s| s.recv(client, &mut [0; 5])), Err(Errno::ECONNRESET));
    assert_eq!(pair.at(pair.client, |s| s.recv(client, &mut [0; 5])), Ok(0), "the error is told once");
    assert_eq!(pair.at(pair.client, |s| s.send(client, b"x")), Err(Errno::EPIPE));
    assert_eq!(pair.net.host(pair.server).unwrap().sockets().count(), 0);
    // Half-open ones are forgotten.
    let listener = pair.listen(5);
    let _ = pair.dial();
    pair.settle(Duration::from_millis(25));
    assert_eq!(pair.net.host(pair.server).unwrap().backlog(listener), Some((1, 0)));
    pair.at(pair.server, |s| s.close(listener)).unwrap();
    assert_eq!(pair.net.host(pair.server).unwrap().sockets().count(), 0);
}

/// The server closes first, so that its end waits in TIME-WAIT.
fn server_in_time_wait() -> (Pair, SocketId) {
    let mut pair = Pair::new(LinkConfig::default());
    let listener = pair.listen(5);
    let (client, server) = pair.connect();
    pair.at(pair.server, |s| s.close(server)).unwrap();
    pair.settle(Duration::from_millis(100));
    pair.at(pair.client, |s| s.close(client)).unwrap();
    pair.settle(Duration::from_millis(100));
    pair.at(pair.server, |s| s.close(listener)).unwrap();
    assert_eq!(pair.net.host(pair.server).unwrap().state(server), State::TimeWait);
    (pair, server)
}

#[test]
fn time_wait_holds_the_port_unless_reuse_is_allowed() {
    let (mut pair, old) = server_in_time_wait();
    let address = pair.server_address(PORT);
    let socket = pair.at(pair.server, |s| s.tcp());
    assert_eq!(pair.at(pair.server, |s| s.bind(socket, address)), Err(Errno::EADDRINUSE));
    pair.at(pair.server, |s| s.set_option(socket, SocketOption::ReuseAddr(true))).unwrap();
    assert_eq!(pair.at(pair.server, |s| s.bind(socket, address)), Ok(()));
    assert_eq!(pair.at(pair.server, |s| s.listen(socket, 1)), Ok(()));
    // Nobody else can listen there, reuse or not.
    let second = pair.at(pair.server, |s| s.tcp());
    pair.at(pair.server, |s| s.set_option(second, SocketOption::ReuseAddr(true))).unwrap();
    assert_eq!(pair.at(pair.server, |s| s.bind(second, address)), Err(Errno::EADDRINUSE));
    // After 2 MSL the old connection is gone.
    pair.settle(Duration::from_secs(61));
    assert_eq!(pair.net.host(pair.server).unwrap().state(old), State::Closed);
    assert!(!pair.net.host(pair.server).unwrap().sockets().any(|id| id == old));
}

#[test]
fn a_newer_syn_takes_over_from_time_wait() {
    let (mut pair, old) = server_in_time_wait();
    let listener = pair.listen(5);
    // The same client port again: the same four numbers.
    let (local, to) = (pair.client_address(32768), pair.server_address(PORT));
    let client = pair.at(pair.client, |s| {
        let socket = s.tcp();
        s.bind(socket, local).unwrap();
        assert_eq!(s.connect(socket, to), Err(Errno::EINPROGRESS));
        socket
    });
    pair.settle(Duration::from_millis(100));
    assert_eq!(pair.net.host(pair.server).unwrap().state(old), State::Closed);
    assert_eq!(pair.at(pair.client, |s| s.connect_result(client)), Ok(()));
    let (server, peer) = pair.at(pair.server, |s| s.accept(listener)).unwrap();
    assert_eq!(peer, local);
    let data = pattern(5000);
    assert_eq!(pair.transfer(client, server, &data), data);
}

#[test]
fn the_same_connection_cannot_be_opened_twice() {
    let mut pair = Pair::new(LinkConfig::default());
    pair.listen(5);
    let (client, _) = pair.connect();
    let local = pair.net.host(pair.client).unwrap().local(client).unwrap();
    let to = pair.server_address(PORT);
    pair.at(pair.client, |s| {
        s.set_option(client, SocketOption::ReuseAddr(true)).unwrap();
        let again = s.tcp();
        s.set_option(again, SocketOption::ReuseAddr(true)).unwrap();
        s.bind(again, local).unwrap();
        assert_eq!(s.connect(again, to), Err(Errno::EADDRNOTAVAIL));
        assert_eq!(s.connect(client, to), Err(Errno::EISCONN));
    });
}

#[test]
fn a_host_that_does_not_answer_makes_connect_time_out() {
    let mut pair = Pair::with_hosts(1, false, LinkConfig::default(), LinkConfig::default(), |host| {
        host.answers_closed_ports = false;
        host.tcp.personality.syn_retries = 2;
    });
    let client = pair.dial();
    while pair.step() {}
    assert_eq!(pair.at(pair.client, |s| s.connect_result(client)), Err(Errno::ETIMEDOUT));
    assert_eq!(pair.now(), Instant::from_nanos(7_000_000_000), "1 + 2 + 4 s");
}

#[test]
fn calls_on_the_wrong_socket_are_refused() {
    let mut pair = Pair::new(LinkConfig::default());
    let listener = pair.listen(5);
    pair.at(pair.server, |s| {
        assert_eq!(s.accept(listener), Err(Errno::EAGAIN));
        assert_eq!(s.send(listener, b"x"), Err(Errno::EPIPE));
        assert_eq!(s.recv(listener, &mut [0]), Err(Errno::ENOTCONN));
        assert_eq!(s.recv_from(listener, &mut [0]), Err(Errno::EOPNOTSUPP));
        assert_eq!(s.shutdown(listener, ShutdownHow::Both), Err(Errno::ENOTCONN));
        let (tcp, udp) = (s.tcp(), s.udp());
        assert_eq!(s.accept(tcp), Err(Errno::EINVAL));
        assert_eq!(s.listen(udp, 1), Err(Errno::EOPNOTSUPP));
        assert_eq!(s.send(tcp, b"x"), Err(Errno::EPIPE));
        assert_eq!(s.recv(tcp, &mut [0]), Err(Errno::ENOTCONN));
        assert_eq!(s.set_option(udp, SocketOption::NoDelay(true)), Err(Errno::ENOPROTOOPT));
        assert_eq!(s.connect_result(tcp), Err(Errno::ENOTCONN));
    });
}

/// A client with this many open connections to a server, everything quiet.
fn idle(count: usize) -> (Pair, Vec<SocketId>) {
    let quick = LinkConfig { latency: Duration::from_micros(10), ..LinkConfig::default() };
    let mut pair = Pair::with_hosts(1, false, quick.clone(), quick, |host| {
        host.tcp = Config::textbook();
        host.tcp.iss = None;
        host.ephemeral_ports = 10_000..=60_000;
    });
    let listener = pair.listen(100);
    let mut clients = Vec::new();
    for _ in 0..count {
        let client = pair.dial();
        pair.settle(Duration::from_micros(100));
        pair.at(pair.server, |s| s.accept(listener)).unwrap();
        clients.push(client);
    }
    pair.settle(Duration::from_secs(100));
    (pair, clients)
}

#[test]
fn ten_thousand_idle_connections_cost_nothing() {
    let (mut pair, clients) = idle(10_000);
    assert_eq!(pair.net.host(pair.client).unwrap().sockets().count(), 10_000);
    // An hour passes: not one event.
    let until = pair.now() + Duration::from_secs(3600);
    assert_eq!(pair.net.run_until(until, &mut Silent), 0);
    // One of them speaks: as many events as if it were alone.
    let speak = |pair: &mut Pair, client: SocketId| {
        pair.at(pair.client, |s| s.send(client, b"hello")).unwrap();
        let until = pair.now() + Duration::from_secs(100);
        pair.net.run_until(until, &mut Silent)
    };
    let crowded = speak(&mut pair, clients[5_000]);
    let (mut alone, only) = idle(1);
    assert_eq!(crowded, speak(&mut alone, only[0]));
}

#[test]
fn an_ack_without_a_connection_is_answered_with_rst_and_a_rst_with_nothing() {
    let mut pair = Pair::new(LinkConfig::default());
    pair.listen(5);
    let mut watch = Watch::default();
    for flags in [TcpFlags::ACK, TcpFlags::RST] {
        let header =
            framewire::packet::TcpHeader { src_port: 9, dst_port: PORT, flags, ..Default::default() };
        let ip = framewire::packet::IpHeader::new(
            pair.client_address(0).ip(),
            pair.server_address(0).ip(),
            framewire::packet::Protocol::TCP,
        );
        let mut packet = Vec::new();
        framewire::packet::emit_tcp(&ip, &header, Default::default(), &[], &mut packet);
        pair.net.inject(pair.client, &packet, &mut watch).unwrap();
    }
    while pair.net.step(&mut watch) {}
    assert_eq!(watch.sent().len(), 3, "two injected, one RST");
    assert_eq!(watch.ignored(DropReason::NoSocket), 3);
}

#[test]
fn a_lingering_close_hears_when_all_is_acknowledged() {
    // Both ways to the end: the side that closes first, and the side that closes last and is then forgotten.
    for first in [true, false] {
        let mut pair = Pair::new(LinkConfig::default());
        let (client, server) = pair.connect();
        if !first {
            pair.at(pair.server, |s| s.close(server)).unwrap();
            pair.settle(Duration::from_millis(100));
        }
        pair.wakes(client);
        pair.at(pair.client, |s| s.send(client, b"last words")).ok();
        pair.at(pair.client, |s| s.close(client)).unwrap();
        assert!(!pair.wakes(client).intersects(Wakes::DRAINED));
        pair.settle(Duration::from_millis(100));
        assert!(pair.wakes(client).intersects(Wakes::DRAINED), "closed first: {first}");
    }
}

#[test]
fn a_long_run_does_not_pile_up_timers() {
    // Every exchange sets and overtakes timers; the events of a quiet end tell how many were left behind.
    let mut pair = Pair::with_hosts(1, false, LinkConfig::default(), LinkConfig::default(), |host| {
        host.tcp.keepalive = Some(host.tcp.default_keepalive()); // two hours away
    });
    let (client, server) = pair.connect();
    let mut buffer = [0; 100];
    for _ in 0..500 {
        pair.at(pair.client, |s| s.send(client, b"ping")).unwrap();
        pair.settle(Duration::from_millis(150));
        pair.at(pair.server, |s| s.recv(server, &mut buffer)).unwrap();
    }
    pair.settle(Duration::from_secs(10));
    let until = pair.now() + Duration::from_secs(7100);
    let events = pair.net.run_until(until, &mut Silent);
    assert!(events < 50, "{events} wake-ups for nothing");
}
