//! Ctrl-C: what is in flight is finished, then everything closes; a second one aborts.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use common::{Process, Server, exchange, frame, framewire};

const LONG: Duration = Duration::from_secs(10);

#[test]
fn a_frame_in_flight_is_finished_and_answered() {
    let mut server = Server::start("tcp", &["--framing", "json-header:data_size"]);
    let (mut busy, mut idle) = (server.connect(), server.connect());
    exchange(&mut idle, &frame(b"x"), &frame(b"X"));
    let message = frame(b"in flight");
    busy.write_all(&message[..10]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.process.signal("-INT");
    // The idle one is closed in order, at once; nobody new is taken.
    assert_eq!(idle.read(&mut [0; 10]).unwrap(), 0);
    let start = Instant::now();
    while TcpStream::connect(server.addr).is_ok() {
        assert!(start.elapsed() < LONG, "it listens on");
    }
    assert!(server.process.child.try_wait().unwrap().is_none());
    let answer = frame(b"IN FLIGHT");
    exchange(&mut busy, &message[10..], &answer);
    assert_eq!(busy.read(&mut [0; 10]).unwrap(), 0, "and then the end");
    drop((busy, idle));
    assert_eq!(server.process.wait(LONG), Some(0));
}

#[test]
fn who_does_not_finish_in_time_is_cut() {
    let mut server = Server::start("tcp", &["--framing", "json-header:data_size", "--grace", "0.3"]);
    let mut stuck = server.connect();
    stuck.write_all(&frame(b"never finished")[..10]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    server.process.signal("-TERM");
    assert_eq!(server.process.wait(LONG), Some(0));
    assert!((250..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[test]
fn a_second_signal_aborts() {
    let mut server = Server::start("tcp", &["--framing", "json-header:data_size", "--grace", "60"]);
    let mut stuck = server.connect();
    stuck.write_all(&frame(b"never finished")[..10]).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.process.signal("-INT");
    std::thread::sleep(Duration::from_millis(200));
    server.process.signal("-INT");
    assert_eq!(server.process.wait(LONG), Some(130));
}

#[test]
fn udp_and_the_web_with_its_servers_end_too() {
    let mut server = Server::start("udp", &[]);
    server.process.signal("-INT");
    assert_eq!(server.process.wait(LONG), Some(0));
    let any = "127.0.0.1:0";
    let mut web = Process::start(framewire().args([
        "-q",
        "web",
        "--json",
        "--with-servers",
        "--addr",
        any,
        "--echo-addr",
        any,
        "--framed-addr",
        any,
    ]));
    let said: serde_json::Value = serde_json::from_str(&web.line()).unwrap();
    let mut tcp = common::connect(said["servers"]["tcp"].as_str().unwrap().parse().unwrap());
    exchange(&mut tcp, b"hello", b"HELLO");
    let mut framed = common::connect(said["servers"]["framed"].as_str().unwrap().parse().unwrap());
    exchange(&mut framed, &frame(b"hello"), &frame(b"HELLO"));
    let udp = std::net::UdpSocket::bind(any).unwrap();
    udp.set_read_timeout(Some(LONG)).unwrap();
    udp.send_to(b"hello", said["servers"]["udp"].as_str().unwrap()).unwrap();
    let mut buffer = [0; 10];
    assert_eq!(udp.recv(&mut buffer).unwrap(), 5);
    web.signal("-INT");
    assert_eq!(web.wait(LONG), Some(0));
    assert_eq!(tcp.read(&mut buffer).unwrap(), 0);
}
