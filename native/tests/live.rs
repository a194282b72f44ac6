//! Live traffic: recordings that are watched while they grow, and who may not watch.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{Process, Server, connect, exchange, framewire};
use framewire::trace::{End, FileReader, Trace};
use serde_json::Value;

struct Web {
    process: Process,
    addr: SocketAddr,
    said: Value,
}

fn start(args: &[&str]) -> Web {
    let mut process =
        Process::start(framewire().args(["-q", "web", "--addr", "127.0.0.1:0", "--json"]).args(args));
    let said: Value = serde_json::from_str(&process.line()).unwrap();
    let addr =
        said["url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    Web { process, addr, said }
}

const FREE: [&str; 5] = ["--with-servers", "--echo-addr", "127.0.0.1:0", "--framed-addr", "127.0.0.1:0"];

impl Web {
    fn request(&self, text: &str) -> (u16, String) {
        let mut stream = connect(self.addr);
        write!(stream, "{text}").unwrap();
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let all = String::from_utf8_lossy(&all).into_owned();
        (all.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0), all)
    }

    fn list(&self) -> Vec<Value> {
        let (code, all) = self
            .request(&format!("GET /api/live HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.addr));
        assert_eq!(code, 200, "{all}");
        serde_json::from_str(all.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    fn upgrade(&self, path: &str, origin: &str) -> String {
        let origin = if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.addr
        )
    }

    fn watch(&self, number: u64) -> Page {
        let mut stream = connect(self.addr);
        let own = format!("http://{}", self.addr);
        write!(stream, "{}", self.upgrade(&format!("/api/live/{number}"), &own)).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Page { stream, reader: FileReader::new(), trace: Trace::new(), events: Vec::new() }
    }
}

/// A page's end of the WebSocket, by RFC 6455 section 5.2.
struct Page {
    stream: TcpStream,
    reader: FileReader,
    trace: Trace,
    events: Vec<String>,
}

impl Page {
    /// Takes the next message; false when the server has closed.
    fn take(&mut self) -> bool {
        let mut head = [0; 2];
        if self.stream.read_exact(&mut head).is_err() {
            return false;
        }
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        let len = match head[1] {
            126 => {
                let mut len = [0; 2];
                self.stream.read_exact(&mut len).unwrap();
                u64::from(u16::from_be_bytes(len))
            }
            127 => {
                let mut len = [0; 8];
                self.stream.read_exact(&mut len).unwrap();
                u64::from_be_bytes(len)
            }
            len => u64::from(len),
        };
        let mut body = vec![0; len as usize];
        self.stream.read_exact(&mut body).unwrap();
        match head[0] & 0xf {
            1 => {
                let said: Value = serde_json::from_slice(&body).unwrap();
                let event = said["event"].as_str().unwrap().to_owned();
                if event == "again" {
                    (self.reader, self.trace) = (FileReader::new(), Trace::new());
                }
                self.events.push(event);
            }
            2 => self.reader.feed(&body, &mut self.trace).unwrap(),
            8 => return false,
            _ => {}
        }
        true
    }

    fn until(&mut self, wanted: impl Fn(&Page) -> bool) {
        let begin = Instant::now();
        while !wanted(self) {
            assert!(self.take(), "the server closed too early: {:?}", self.events);
            assert!(begin.elapsed() < Duration::from_secs(10), "it never comes");
        }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let calls = &self.trace.tables().returns;
        calls.iter().any(|row| self.trace.data_bytes(row.data, None, 1000) == bytes)
    }
}

#[test]
fn a_page_sees_each_message_while_the_server_talks() {
    let web = start(&FREE);
    let list = web.list();
    let names: Vec<&str> = list.iter().map(|feed| feed["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0].starts_with("TCP echo 127.0.0.1:"));
    let mut page = web.watch(0);
    let mut client = connect(web.said["servers"]["tcp"].as_str().unwrap().parse().unwrap());
    let mut slowest = Duration::ZERO;
    for n in 0..20 {
        let (text, answer) = (format!("hello {n}"), format!("HELLO {n}"));
        let begin = Instant::now();
        exchange(&mut client, text.as_bytes(), answer.as_bytes());
        page.until(|page| page.holds(text.as_bytes()));
        slowest = slowest.max(begin.elapsed());
    }
    assert!(slowest < Duration::from_millis(200), "{slowest:?}");
    assert_eq!(page.reader.end(), End::Complete);
}

#[test]
fn foreign_pages_and_strangers_are_refused() {
    let web = start(&FREE);
    for origin in ["http://evil.example", "http://127.0.0.1:1", "null", "http://localhost.evil"] {
        for path in ["/api/live/0", "/api/live", "/api/live/0/file"] {
            let (code, all) = web.request(
                &web.upgrade(path, origin).replace("Connection: Upgrade", "Connection: Upgrade, close"),
            );
            assert_eq!(code, 403, "{origin} {path}: {all}");
        }
    }
    let evil_host = web
        .upgrade("/api/live/0", "")
        .replace(&format!("Host: {}", web.addr), "Host: evil.example\r\nConnection: close");
    assert_eq!(web.request(&evil_host).0, 421);
    let post = |token: &str, body: &str| {
        let text = format!(
            "POST /api/live HTTP/1.1\r\nHost: {}\r\n{token}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            web.addr,
            body.len()
        );
        web.request(&text).0
    };
    let body = r#"{"name":"x","path":"/etc/passwd","process":1}"#;
    for token in ["", "X-Framewire-Token: \r\n", "X-Framewire-Token: 00000000000000000000000000000000\r\n"] {
        assert_eq!(post(token, body), 403);
    }
    assert_eq!(post("", &"x".repeat(20_000)), 413);
    for path in ["/api/live/99", "/api/live/-1", "/api/live/x"] {
        let (code, _) =
            web.request(&web.upgrade(path, "").replace("Connection: Upgrade", "Connection: Upgrade, close"));
        assert!((400..500).contains(&code), "{path}: {code}");
    }
    assert_eq!(web.list().len(), 3);
}

/// A frame as a client sends it: masked, of this kind.
fn frame(kind: u8, claimed: u64, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | kind, 0x80 | 127];
    frame.extend(claimed.to_be_bytes());
    frame.extend([0, 0, 0, 0]);
    frame.extend(body);
    frame
}

#[test]
fn a_huge_frame_ends_the_page_that_sent_it_and_nobody_else() {
    let web = start(&FREE);
    let mut good = web.watch(0);
    for (claimed, body) in [(u64::MAX / 2, 10), (1 << 30, 100), (100_000, 100_000)] {
        let mut bad = web.watch(0);
        let _ = bad.stream.write_all(&frame(2, claimed, &vec![7; body]));
        let begin = Instant::now();
        while bad.take() {
            assert!(begin.elapsed() < Duration::from_secs(10));
        }
    }
    let mut garbage = web.watch(0);
    let _ = garbage.stream.write_all(&[0xff; 500]);
    while garbage.take() {}
    let mut client = connect(web.said["servers"]["tcp"].as_str().unwrap().parse().unwrap());
    exchange(&mut client, b"still", b"STILL");
    good.until(|page| page.holds(b"still"));
    assert!(web.process.memory() < 200 << 20);
}

#[test]
fn a_page_that_takes_nothing_never_slows_the_traffic_and_too_many_are_refused() {
    let web = start(&FREE);
    let idle: Vec<Page> = (0..32).map(|_| web.watch(0)).collect();
    let (code, _) = web.request(
        &web.upgrade("/api/live/0", "").replace("Connection: Upgrade", "Connection: Upgrade, close"),
    );
    assert_eq!(code, 503);
    let mut client = connect(web.said["servers"]["tcp"].as_str().unwrap().parse().unwrap());
    let (message, answer) = (vec![b'x'; 60_000], vec![b'X'; 60_000]);
    let begin = Instant::now();
    for _ in 0..200 {
        exchange(&mut client, &message, &answer);
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert!(web.process.memory() < 300 << 20, "{}", web.process.memory());
    drop(idle);
}

#[test]
fn programs_announce_themselves_with_web() {
    let web = start(&[]);
    assert!(web.list().is_empty());
    let option = format!("--web={}", web.addr);
    let server = Server::start("tcp", &[&option]);
    let list = web.list();
    assert_eq!(list[0]["running"], true);
    assert!(list[0]["name"].as_str().unwrap().starts_with("serve tcp 127.0.0.1:"), "{list:?}");
    let mut page = web.watch(list[0]["number"].as_u64().unwrap());
    let mut client = server.connect();
    exchange(&mut client, b"live", b"LIVE");
    page.until(|page| page.holds(b"live"));
    // However it goes: the page hears all that was written, and that it is over.
    server.process.signal("-KILL");
    drop(server);
    page.until(|page| page.events.last().is_some_and(|event| event == "end"));
    assert_eq!(web.list()[0]["running"], false);

    let nobody = format!("--web=127.0.0.1:{}", {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    });
    let said = common::output(framewire().args(["serve", "tcp", "--listen", "127.0.0.1:0", &nobody]));
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && text.contains("framewire web"), "{text}");
}

#[test]
fn a_recording_that_begins_anew_is_watched_on() {
    let web = start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.fwtrace");
    let option = format!("--web={}", web.addr);
    let record = path.to_str().unwrap();
    let server =
        Server::start("tcp", &[&option, "--record", record, "--record-size", "4000", "--record-keep", "50"]);
    let mut page = web.watch(0);
    let mut client = server.connect();
    // What comes between two looks at the queue goes into one file, on a quick machine hundreds of messages: so until some are full.
    let (full, mut said) = (dir.path().join("r.3.fwtrace"), 0);
    while !full.exists() {
        assert!(said < 100_000, "no file was ever full");
        for n in said..said + 10 {
            let text = format!("{n:0>40}");
            exchange(&mut client, text.as_bytes(), text.as_bytes());
        }
        said += 10;
        std::thread::sleep(Duration::from_millis(1));
    }
    // However quickly one file followed the other, the page is led through all that are kept.
    let seen = std::cell::Cell::new(0);
    page.until(|page| {
        while seen.get() < said && page.holds(format!("{:0>40}", seen.get()).as_bytes()) {
            seen.set(seen.get() + 1);
        }
        seen.get() == said
    });
    assert!(page.events.iter().any(|event| event == "again"), "{:?}", page.events);
}

#[test]
fn half_open_pages_are_given_up_and_those_that_answer_are_not() {
    let web = start(&[FREE.as_slice(), &["--watch-patience", "1"]].concat());
    // These are there as far as the kernel knows, and never say a word, not even to a ping.
    let gone: Vec<Page> = (0..31).map(|_| web.watch(0)).collect();
    let mut good = web.watch(0);
    let full = || {
        let upgrade =
            web.upgrade("/api/live/0", "").replace("Connection: Upgrade", "Connection: Upgrade, close");
        web.request(&upgrade).0 == 503
    };
    assert!(full());
    // Who answers pings stays, although nothing is talked.
    good.stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(3) {
        let mut head = [0; 2];
        if good.stream.read_exact(&mut head).is_ok() && head[0] & 0xf == 9 {
            good.stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).unwrap();
        } else if head[1] & 0x7f > 0 {
            let mut body = vec![0; usize::from(head[1] & 0x7f)];
            let _ = good.stream.read_exact(&mut body);
        }
    }
    // The places of the others are free again.
    let fresh: Vec<Page> = (0..31).map(|_| web.watch(0)).collect();
    assert!(full(), "the one that answered has its place still");
    drop((gone, fresh));
}
