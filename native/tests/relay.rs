//! `framewire relay`: what it does to bytes on real sockets, and what it refuses to pretend.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

struct Relay {
    child: Child,
    address: SocketAddr,
}

impl Relay {
    fn start(target: SocketAddr, options: &[&str]) -> Relay {
        let mut child = Command::new(env!("CARGO_BIN_EXE_framewire"))
            .args(["relay", "127.0.0.1:0", &target.to_string()])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().nth(2).unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Relay { child, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn target() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn accept(listener: &TcpListener) -> TcpStream {
    let stream = listener.accept().unwrap().0;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn read_once(stream: &mut TcpStream) -> Vec<u8> {
    let mut buffer = vec![0; 65_536];
    let len = stream.read(&mut buffer).unwrap();
    buffer.truncate(len);
    buffer
}

fn refused(options: &[&str]) -> String {
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_framewire"))
        .args(["relay", "127.0.0.1:0", "127.0.0.1:1"])
        .args(options)
        .output()
        .unwrap();
    assert!(!status.success());
    String::from_utf8_lossy(&stderr).into_owned()
}

#[test]
fn all_bytes_pass_both_ways_and_so_does_the_end() {
    let (listener, address) = target();
    let relay = Relay::start(address, &[]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    let payload: Vec<u8> = (0..1_000_000_u32).map(|n| (n * 7) as u8).collect();
    let expected = payload.clone();
    let sender = std::thread::spawn(move || {
        client.write_all(&payload).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        answer
    });
    let mut got = Vec::new();
    server.read_to_end(&mut got).unwrap();
    assert!(got == expected);
    server.write_all(b"after the half-close").unwrap();
    drop(server);
    assert_eq!(sender.join().unwrap(), b"after the half-close");
}

#[test]
fn slices_arrive_one_by_one() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--slice", "1", "--gap", "30"]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.write_all(b"hello").unwrap();
    let pieces: Vec<Vec<u8>> = (0..5).map(|_| read_once(&mut server)).collect();
    assert_eq!(pieces, [b"h", b"e", b"l", b"l", b"o"]);
}

#[test]
fn what_is_gathered_sticks_together() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--coalesce", "400"]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.set_nodelay(true).unwrap();
    for word in ["hello ", "hello ", "hello"] {
        client.write_all(word.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(read_once(&mut server), b"hello hello hello");
}

#[test]
fn delays_are_felt_in_the_chosen_direction_only() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--delay", "300", "--only", "up"]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    let sent = Instant::now();
    client.write_all(b"up").unwrap();
    assert_eq!(read_once(&mut server), b"up");
    assert!(sent.elapsed() >= Duration::from_millis(300), "{:?}", sent.elapsed());
    let sent = Instant::now();
    server.write_all(b"down").unwrap();
    assert_eq!(read_once(&mut client), b"down");
    assert!(sent.elapsed() < Duration::from_millis(300), "{:?}", sent.elapsed());
}

#[test]
fn a_stall_begins_behind_its_byte_and_ends() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--stall", "2:0.4"]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.write_all(b"hello").unwrap();
    assert_eq!(read_once(&mut server), b"he");
    let stalled = Instant::now();
    assert_eq!(read_once(&mut server), b"llo");
    assert!(stalled.elapsed() >= Duration::from_millis(300), "{:?}", stalled.elapsed());
}

#[test]
fn a_reset_reaches_both_sides() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--reset-after", "8"]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.write_all(b"hello hello").unwrap();
    assert_eq!(read_once(&mut server), b"hello he");
    for stream in [&mut client, &mut server] {
        let error = stream.read(&mut [0; 10]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_half_close_ends_one_direction() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--half-close", "5"]);
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.write_all(b"hello hello").unwrap();
    let mut got = Vec::new();
    server.read_to_end(&mut got).unwrap();
    assert_eq!(got, b"hello");
    server.write_all(b"still here").unwrap();
    assert_eq!(read_once(&mut client), b"still here");
}

#[test]
fn a_target_that_is_gone_resets_the_client_and_not_the_relay() {
    let (listener, address) = target();
    let relay = Relay::start(address, &[]);
    drop(listener);
    let mut client = relay.connect();
    let error = client.read(&mut [0; 10]).map_err(|error| error.kind());
    assert!(matches!(error, Ok(0) | Err(std::io::ErrorKind::ConnectionReset)), "{error:?}");
    let listener = TcpListener::bind(address).unwrap();
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.write_all(b"again").unwrap();
    assert_eq!(read_once(&mut server), b"again");
}

#[test]
fn a_target_that_vanishes_in_the_middle_takes_its_clients_along_and_nothing_else() {
    let (listener, address) = target();
    let relay = Relay::start(address, &["--slice", "1", "--gap", "5"]);
    let mut clients: Vec<TcpStream> = (0..3).map(|_| relay.connect()).collect();
    let mut servers: Vec<TcpStream> = (0..3).map(|_| accept(&listener)).collect();
    for client in &mut clients {
        client.write_all(&[b'x'; 10_000]).unwrap();
    }
    for server in &mut servers {
        assert!(!read_once(server).is_empty());
        // What is unread makes the close a reset, as the death of a process does.
    }
    drop((servers, listener));
    for client in &mut clients {
        let end = client.read(&mut [0; 10]).map_err(|error| error.kind());
        assert!(matches!(end, Ok(0) | Err(std::io::ErrorKind::ConnectionReset)), "{end:?}");
    }
    let listener = TcpListener::bind(address).unwrap();
    let mut client = relay.connect();
    let mut server = accept(&listener);
    client.write_all(b"!").unwrap();
    assert_eq!(read_once(&mut server), b"!");
}

#[test]
fn datagrams_are_lost_doubled_and_answered() {
    let target = UdpSocket::bind("127.0.0.1:0").unwrap();
    target.set_read_timeout(Some(PATIENCE)).unwrap();
    let address = target.local_addr().unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 100];

    let relay = Relay::start(address, &["--udp", "--dup", "1"]);
    client.send_to(b"twice", relay.address).unwrap();
    let (len, from) = target.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[..len], b"twice");
    assert_eq!(target.recv_from(&mut buffer).unwrap(), (len, from));
    target.send_to(b"answer", from).unwrap();
    assert_eq!(client.recv_from(&mut buffer).unwrap(), (6, relay.address));

    let relay = Relay::start(address, &["--udp", "--loss", "0.5", "--only", "up", "--seed", "3"]);
    for n in 0..100_u8 {
        client.send_to(&[n], relay.address).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    target.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut arrived = Vec::new();
    while let Ok((1, _)) = target.recv_from(&mut buffer) {
        arrived.push(buffer[0]);
    }
    assert!((30..70).contains(&arrived.len()) && arrived.is_sorted(), "{arrived:?}");
}

#[test]
fn what_it_cannot_do_it_says() {
    let said = refused(&["--loss", "0.1"]);
    assert!(said.contains("--udp") && said.contains("framewire sim"), "{said}");
    let said = refused(&["--udp", "--slice", "1"]);
    assert!(said.contains("datagrams stay whole"), "{said}");
    let said = refused(&["--udp", "--loss", "150%"]);
    assert!(said.contains("no probability"), "{said}");
}

#[test]
fn a_recording_holds_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.fwtrace");
    let (listener, address) = target();
    {
        let relay = Relay::start(address, &["--slice", "2", "--record", file.to_str().unwrap()]);
        let mut client = relay.connect();
        let mut server = accept(&listener);
        client.write_all(b"hello").unwrap();
        let mut got = [0; 5];
        server.read_exact(&mut got).unwrap();
        drop((client, server));
        let deadline = Instant::now() + PATIENCE;
        // Killed, not ended: what happened is in the file all the same.
        while connections(&file) < 2 {
            assert!(Instant::now() < deadline, "the recording has no two connections");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    assert_eq!(connections(&file), 2);
}

/// The connections in a recording, as far as it has been written.
fn connections(file: &std::path::Path) -> usize {
    let bytes = std::fs::read(file).unwrap_or_default();
    framewire::trace::read(&bytes).map_or(0, |(trace, _)| trace.connections().len())
}
