//! TCP sockets over the emulated network: the calls, their errors, the backlog, ports and their reuse.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::tcp::{SendLowWater, Shutdown, State};
use framewire::time::{Duration, Instant};
use net_support::{Pair, SERVER, pattern};

#[test]
fn a_conversation_from_connect_to_the_last_close() {
    let mut pair = Pair::new(LinkConfig::default());
    let (client, server) = pair.connect();
    assert_eq!(pair.at(pair.client, |s| s.send(client, b"hello")), Ok(5));
    pair.settle(Duration::from_millis(100));
    let mut buffer = [0; 100];
    assert_eq!(pair.at(pair.server, |s| s.recv(server, &mut buffer)), Ok(5));
    assert_eq!(&buffer[..5], b"hello");
    assert_eq!(pair.at(pair.server, |s| s.recv(server, &mut buffer)), Err(Errno::EAGAIN));
    assert_eq!(pair.at(pair.client, |s| s.shutdown(client, Shutdown::Write)), Ok(()));
    pair.settle(Duration::from_millis(100));
    assert_eq!(pair.at(pair.server, |s| s.recv(server, &mut buffer)), Ok(0));
    assert_eq!(pair.net.host(pair.server).unwrap().state(server), State::CloseWait);
    assert_eq!(pair.at(pair.client, |s| s.send(client, b"more")), Err(Errno::EPIPE));
    assert_eq!(pair.at(pair.server, |s| s.send(server, b"bye")), Ok(3));
    assert_eq!(pair.at(pair.server, |s| s.close(server)), Ok(()));
    pair.settle(Duration::from_millis(100));
    assert_eq!(pair.at(pair.client, |s| s.recv(client, &mut buffer)), Ok(3));
    assert_eq!(pair.at(pair.client, |s| s.recv(client, &mut buffer)), Ok(0));
    assert_eq!(pair.net.host(pair.client).unwrap().state(client), State::TimeWait);
    assert_eq!(pair.at(pair.client, |s| s.close(client)), Ok(()));
    assert_eq!(pair.at(pair.client, |s| s.send(client, b"x")), Err(Errno::EPIPE));
    while pair.step() {}
    assert_eq!(pair.net.host(pair.client).unwrap().sockets().count(), 0);
    assert_eq!(pair.net.host(pair.server).unwrap().sockets().count(), 1, "the listener remains");
    assert_eq!(pair.net.in_flight(), 0);
    assert!(pair.net.now() > Instant::from_nanos(60_000_000_000), "TIME-WAIT has been waited for");
}

#[test]
fn what_has_arrived_is_handed_out_where_it_lies() {
    let mut pair = Pair::new(LinkConfig::default());
    let (client, server) = pair.connect();
    let data = pattern(16_000);
    assert_eq!(pair.at(pair.client, |s| s.send(client, &data)), Ok(16_000));
    pair.settle(Duration::from_secs(1));
    let mut read = Vec::new();
    for (most, taken) in [(0, 0), (7, 7), (15_000, 15_000), (usize::MAX, 993)] {
        let before = read.len();
        let result =
            pair.at(pair.server, |s| s.recv_with(server, most, &mut |part| read.extend_from_slice(part)));
        assert_eq!((result, read.len() - before), (Ok(taken), taken));
    }
    assert!(read == data);
    let nothing = &mut |_: &[u8]| panic!("there is nothing");
    assert_eq!(pair.at(pair.server, |s| s.recv_with(server, 1, nothing)), Err(Errno::EAGAIN));
    assert_eq!(pair.at(pair.client, |s| s.close(client)), Ok(()));
    pair.settle(Duration::from_millis(100));
    assert_eq!(pair.at(pair.server, |s| s.recv_with(server, 1, nothing)), Ok(0), "the end of the stream");
}

/// As poll(2) tells it on Linux: a sender that found its buffer full may go on when half as much is free as is in it.
#[test]
fn a_sender_goes_on_when_as_much_is_free_as_its_system_wants() {
    const BUFFER: usize = 30_000;
    const READ: usize = 500;
    for (low_water, least) in [(SendLowWater::Octet, 1), (SendLowWater::Third, BUFFER / 3)] {
        let link = LinkConfig::default();
        let mut pair = Pair::with_hosts(1, false, link.clone(), link, |host| {
            host.tcp.personality.send_low_water = low_water;
            (host.tcp.send_buffer, host.tcp.receive_buffer) = (Some(BUFFER), Some(4_000));
        });
        let (client, server) = pair.connect();
        let data = pattern(2 * BUFFER);
        while pair.at(pair.client, |s| s.send(client, &data)).is_ok() {
            pair.settle(Duration::from_secs(1));
        }
        pair.wakes(client);
        let mut read = 0;
        while !pair.wakes(client).intersects(Wakes::WRITABLE) {
            assert!(!pair.at(pair.client, |s| s.readiness(client)).intersects(Wakes::WRITABLE));
            read += pair.at(pair.server, |s| s.recv(server, &mut [0; READ])).unwrap();
            pair.settle(Duration::from_secs(10));
        }
        assert!(pair.at(pair.client, |s| s.readiness(client)).intersects(Wakes::WRITABLE));
        let room = pair.at(pair.client, |s| s.send(client, &data)).unwrap();
        // Windows open in steps: neither less than is wanted, nor more than what the last step freed beside it.
        assert!((least..=least + 4_000).contains(&room), "{low_water:?}: room for {room} after {read} read");
    }
}

/// poll(2): a call that fails at once does not block.
#[test]
fn who_has_shut_down_sending_is_writable() {
    let mut pair = Pair::new(LinkConfig::default());
    let (client, _) = pair.connect();
    for _ in 0..2 {
        assert!(pair.at(pair.client, |s| s.readiness(client)).intersects(Wakes::WRITABLE));
        assert_eq!(pair.at(pair.client, |s| s.shutdown(client, Shutdown::Write)), Ok(()));
        assert_eq!(pair.at(pair.client, |s| s.send(client, b"more")), Err(Errno::EPIPE));
        pair.settle(Duration::from_millis(100));
    }
}

#[test]
fn a_datagram_is_handed_out_too_as_far_as_it_is_wanted() {
    let mut pair = Pair::new(LinkConfig::default());
    let to = std::net::SocketAddr::new(SERVER.parse().unwrap(), 9);
    let sink = pair.at(pair.server, |s| s.udp());
    let source = pair.at(pair.client, |s| s.udp());
    assert_eq!(pair.at(pair.server, |s| s.bind(sink, to)), Ok(()));
    for text in [&b"hello"[..], b"", b"world"] {
        assert_eq!(pair.at(pair.client, |s| s.send_to(source, text, to)), Ok(text.len()));
    }
    pair.settle(Duration::from_millis(100));
    let mut read = Vec::new();
    for (most, taken) in [(2, 2), (9, 0), (9, 5)] {
        let result =
            pair.at(pair.server, |s| s.recv_with(sink, most, &mut |part| read.extend_from_slice(part)));
        assert_eq!(result, Ok(taken));
    }
    assert_eq!(read, b"heworld", "what does not fit is lost");
    assert_eq!(pair.at(pair.server, |s| s.recv_with(sink, 9, &mut |_| {})), Err(Errno::EAGAIN));
}

#[test]
fn a_bulk_transfer_arrives_whole_over_a_bad_network() {
    for (seed, version6) in [(1, false), (2, true), (3, false)] {
        let bad = LinkConfig {
            loss: Loss::Random(0.02),
            duplicate: 0.02,
            corrupt: 0.02,
            reorder: 0.02,
            reorder_by: Duration::from_millis(3),
            jitter: Duration::from_millis(1),
            jitter_reorders: true,
            rate: Some(50_000_000),
            queue: QueueLimits { packets: Some(100), ..Default::default() },
            latency: Duration::from_millis(5),
            ..LinkConfig::default()
        };
        let mut pair = Pair::with(seed, version6, bad.clone(), bad);
        let (client, server) = pair.connect();
        let data = pattern(300_000);
        assert_eq!(pair.transfer(client, server, &data), data);
    }
}

#[test]
fn a_closed_port_refuses() {
    let mut pair = Pair::new(LinkConfig::default());
    let socket = pair.at(pair.client, |s| s.tcp());
    let nobody = format!("{SERVER}:81").parse().unwrap();
    assert_eq!(pair.at(pair.client, |s| s.connect(socket, nobody)), Err(Errno::EINPROGRESS));
    assert_eq!(pair.at(pair.client, |s| s.connect(socket, nobody)), Err(Errno::EALREADY));
    assert_eq!(pair.at(pair.client, |s| s.connect_result(socket)), Err(Errno::EINPROGRESS));
    pair.settle(Duration::from_millis(100));
    let wakes = pair.wakes(socket);
    assert!(wakes.intersects(Wakes::FAILED) && !wakes.intersects(Wakes::CONNECTED));
    assert_eq!(pair.at(pair.client, |s| s.connect_result(socket)), Err(Errno::ECONNREFUSED));
    // The same socket may try again.
    assert_eq!(pair.at(pair.client, |s| s.connect(socket, nobody)), Err(Errno::EINPROGRESS));
}
