//! A broken peer ends alone: whatever it does, the others are answered and the server's memory stays bounded.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use common::{Process, Server, connect, exchange, frame, framewire};

const FRAMED: [&str; 2] = ["--framing", "json-header:data_size"];
const MIB: u64 = 1 << 20;

/// A client that was there before the fault and is answered after it, and one that comes later.
struct Witness(TcpStream);

impl Witness {
    fn new(server: &Server) -> Witness {
        let mut stream = server.connect();
        exchange(&mut stream, &frame(b"before"), &frame(b"BEFORE"));
        Witness(stream)
    }

    fn check(mut self, server: &Server) {
        exchange(&mut self.0, &frame(b"after"), &frame(b"AFTER"));
        exchange(&mut server.connect(), &frame(b"later"), &frame(b"LATER"));
    }
}

/// Reads until the server ends the connection, orderly or not.
fn read_to_end(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return all,
            Ok(n) => all.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return all,
            Err(error) => panic!("the server did not end the connection: {error}"),
        }
    }
}

fn reset(stream: TcpStream) {
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[test]
fn a_client_killed_in_mid_frame() {
    let server = Server::start("tcp", &FRAMED);
    let witness = Witness::new(&server);
    let addr = server.addr.to_string();
    let mut client = Process::start(
        framewire()
            .args(["send", "tcp", &addr, "never finished", "--chunk", "5", "--gap", "5000", "--nodelay"])
            .args(FRAMED),
    );
    std::thread::sleep(Duration::from_millis(300));
    client.child.kill().unwrap();
    client.child.wait().unwrap();
    witness.check(&server);
}

#[test]
fn resets_at_every_point_of_a_frame() {
    let server = Server::start("tcp", &FRAMED);
    let witness = Witness::new(&server);
    let whole = frame(b"cut off");
    for cut in 0..=whole.len() {
        let mut stream = server.connect();
        stream.write_all(&whole[..cut]).unwrap();
        reset(stream);
    }
    witness.check(&server);
}

#[test]
fn a_half_closed_client_gets_all_its_answers_and_then_the_end() {
    let server = Server::start("tcp", &FRAMED);
    let mut stream = server.connect();
    let (asked, expected): (Vec<_>, Vec<_>) = (0..500)
        .map(|n| (frame(format!("message {n}").as_bytes()), frame(format!("MESSAGE {n}").as_bytes())))
        .unzip();
    stream.write_all(&asked.concat()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(read_to_end(stream) == expected.concat());
}

#[test]
fn good_frames_before_a_bad_one_are_answered() {
    let server = Server::start("tcp", &FRAMED);
    let mut stream = server.connect();
    stream
        .write_all(&[frame(b"good"), b"\xff\xff\xff\xffnonsense".to_vec(), vec![b'x'; 100_000]].concat())
        .unwrap();
    assert_eq!(read_to_end(stream), frame(b"GOOD"), "the answer, then an orderly end");
}

#[test]
fn hostile_lengths_cost_nothing() {
    let server = Server::start("tcp", &FRAMED);
    let witness = Witness::new(&server);
    let before = server.process.memory();
    let header = |text: &str| [&u32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat();
    let deep = "[".repeat(60_000);
    let hostile: Vec<Vec<u8>> = vec![
        i32::MAX.to_le_bytes().to_vec(),
        (-1_i32).to_le_bytes().to_vec(),
        i32::MIN.to_le_bytes().to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        header("{\"data_size\": 9223372036854775807}"),
        header("{\"data_size\": -1}"),
        header("{\"data_size\": 1e300}"),
        header("{\"data_size\": \"12\"}"),
        header("{\"data_size\": 99999999999999999999999999}"),
        header("{\"size\": 1}"),
        header("{}"),
        header("null"),
        header(&deep),
        header("\u{0}"),
    ];
    for bytes in &hostile {
        for _ in 0..20 {
            let mut stream = server.connect();
            // The server may have closed already.
            let _ = stream.write_all(bytes);
            assert_eq!(read_to_end(stream), b"", "{:?}", bytes.escape_ascii().to_string());
        }
    }
    // A length within the limit is believed, but memory is taken only for bytes that came.
    let claims: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&header("{\"data_size\": 16000000}")).unwrap();
            stream.write_all(b"only a few bytes").unwrap();
            stream
        })
        .collect();
    witness.check(&server);
    let grown = server.process.memory().saturating_sub(before);
    assert!(grown < 20 * MIB, "{grown} bytes more after hostile lengths");
    drop(claims);
}

#[test]
fn slow_loris_loses_its_connection_and_nobody_else() {
    let args = [FRAMED.as_slice(), &["--header-timeout", "0.4", "--frame-timeout", "1.2"]].concat();
    let server = Server::start("tcp", &args);
    let witness = Witness::new(&server);
    let drip = |at_once: &[u8], bytes: &[u8], limit: Duration| {
        let (mut stream, start) = (server.connect(), Instant::now());
        stream.write_all(at_once).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        for byte in bytes.iter().cycle() {
            let written = stream.write_all(std::slice::from_ref(byte));
            let closed = matches!(stream.read(&mut [0]), Ok(0)) || written.is_err();
            if closed {
                break;
            }
            assert!(start.elapsed() < limit, "still open");
        }
        start.elapsed()
    };
    let in_header = drip(b"\x40\0\0\0{", b" ", Duration::from_secs(4));
    assert!(in_header >= Duration::from_millis(350), "{in_header:?}");
    let in_payload = drip(&frame(&[b'x'; 1000])[..30], b"x", Duration::from_secs(8));
    assert!(in_payload >= Duration::from_millis(1100), "{in_payload:?}");
    witness.check(&server);
}

#[test]
fn an_idle_connection_is_ended_in_order() {
    let server = Server::start("tcp", &["--idle-timeout", "0.3"]);
    let mut stream = server.connect();
    exchange(&mut stream, b"hello", b"HELLO");
    let start = Instant::now();
    assert_eq!(read_to_end(stream), b"");
    assert!((250..3000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[test]
fn who_does_not_read_is_not_read_from() {
    let server = Server::start("tcp", &FRAMED);
    let witness = Witness::new(&server);
    let before = server.process.memory();
    let mut stuck: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    let piece = frame(&[b'x'; 60_000]).repeat(4);
    for stream in &mut stuck {
        stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut written = 0;
        // Never reading: the server must stop to take more.
        while let Ok(n) = stream.write(&piece) {
            written += n;
            assert!(written < 200 << 20, "the server takes everything and is not read from");
        }
    }
    witness.check(&server);
    let grown = server.process.memory().saturating_sub(before);
    assert!(grown < 40 * MIB, "{grown} bytes for 8 peers that do not read");
}

#[test]
fn many_small_frames_with_a_large_answer_do_not_pile_up() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![b'y'; 1 << 20]).unwrap();
    let reply = format!("file:{}", file.path().display());
    let server = Server::start("tcp", &[FRAMED.as_slice(), &["--reply", &reply]].concat());
    let before = server.process.memory();
    let mut stream = server.connect();
    stream.write_all(&frame(b"").repeat(200)).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let grown = server.process.memory().saturating_sub(before);
    assert!(grown < 24 * MIB, "{grown} bytes held for one peer that asked for 200 MiB");
    let expected = 200 * frame(&vec![b'y'; 1 << 20]).len();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(stream).len(), expected);
}

#[test]
fn the_budget_of_all_connections_is_kept() {
    let server = Server::start("tcp", &[FRAMED.as_slice(), &["--max-buffered", "4MiB"]].concat());
    let witness = Witness::new(&server);
    let mut partial = frame(&[b'x'; 1 << 20]);
    partial.pop();
    let streams: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = server.connect();
            let _ = stream.write_all(&partial);
            stream
        })
        .collect();
    witness.check(&server);
    assert!(server.process.memory() < 60 * MIB);
    drop(streams);
}

#[test]
fn further_clients_wait_when_all_places_are_taken() {
    let server = Server::start("tcp", &["--max-connections", "2"]);
    let (mut a, mut b) = (server.connect(), server.connect());
    exchange(&mut a, b"a", b"A");
    exchange(&mut b, b"b", b"B");
    let mut c = server.connect();
    c.write_all(b"c").unwrap();
    c.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(c.read(&mut [0]).is_err(), "the third is not served yet");
    drop(a);
    c.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = [0];
    c.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"C");
}

/// A small generator, so that a failure can be repeated.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut rng = framewire::rng::Rng::new(seed);
    (0..len).map(|_| rng.next_u64() as u8).collect()
}

#[test]
fn random_bytes_to_every_port() {
    let tcp: Vec<Server> =
        ["none", "json-header:data_size", "length:u32le", "varint", "netstring", "line", "fixed:7"]
            .iter()
            .map(|framing| Server::start("tcp", &["--framing", framing]))
            .collect();
    let udp = Server::start("udp", &[]);
    let mut web = Process::start(framewire().args(["-q", "web", "--addr", "127.0.0.1:0", "--json"]));
    let said: serde_json::Value = serde_json::from_str(&web.line()).unwrap();
    let web_addr: std::net::SocketAddr =
        said["url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for seed in 0..60 {
        let bytes = noise(seed, (seed as usize * 131) % 5000);
        for addr in tcp.iter().map(|server| server.addr).chain([web_addr]) {
            let mut stream = connect(addr);
            let _ = stream.write_all(&bytes);
        }
        let _ = socket.send_to(&bytes, udp.addr);
    }
    for server in &tcp {
        drop(server.connect());
    }
    exchange(&mut tcp[0].connect(), b"alive", b"ALIVE");
    exchange(&mut tcp[1].connect(), &frame(b"alive"), &frame(b"ALIVE"));
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut buffer = [0; 65536];
    while socket.recv(&mut buffer).is_ok() {}
    socket.send_to(b"alive", udp.addr).unwrap();
    let n = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..n], b"ALIVE");
    let mut stream = connect(web_addr);
    stream
        .write_all(b"GET /api/recordings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert!(String::from_utf8(read_to_end(stream)).unwrap().starts_with("HTTP/1.1 200"));
    for mut server in tcp {
        assert!(server.process.child.try_wait().unwrap().is_none(), "a server died");
    }
}
