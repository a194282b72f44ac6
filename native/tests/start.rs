//! What is started from the page: who may, what comes of it, and what is said where nothing does.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use common::{Process, connect, exchange, framewire};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

struct Web {
    process: Process,
    addr: SocketAddr,
    key: String,
}

fn start(args: &[&str]) -> Web {
    let mut process =
        Process::start(framewire().args(["-q", "web", "--addr", "127.0.0.1:0", "--json"]).args(args));
    let said: Value = serde_json::from_str(&process.line()).unwrap();
    let addr =
        said["url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    let key = said["key"].as_str().unwrap().strip_prefix("key=").unwrap().to_owned();
    Web { process, addr, key }
}

impl Web {
    /// A request with these further headers; the status and what is answered.
    fn raw(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let mut stream = connect(self.addr);
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.addr) };
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {length}\r\n");
        write!(stream, "{head}Connection: close\r\n\r\n{body}").unwrap();
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let all = String::from_utf8_lossy(&all);
        let code = all.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        (code, serde_json::from_str(all.split("\r\n\r\n").nth(1).unwrap_or_default()).unwrap_or_default())
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.raw("POST", path, &format!("X-Framewire-Token: {}\r\n", self.key), &body)
    }

    /// Starts something, and gives its number.
    fn started(&self, ask: &Value) -> u64 {
        let (code, said) = self.post("/api/start", ask);
        assert_eq!(code, 200, "{ask}: {said}");
        said["number"].as_u64().unwrap()
    }

    fn list(&self) -> Vec<Value> {
        self.raw("GET", "/api/live", "", "").1.as_array().unwrap().clone()
    }

    fn listed(&self, number: u64) -> Option<Value> {
        self.list().into_iter().find(|feed| feed["number"] == number)
    }

    fn address(&self, number: u64) -> SocketAddr {
        self.listed(number).unwrap()["address"].as_str().unwrap().parse().unwrap()
    }

    fn turn(&self, number: u64, path: &str, value: &str) {
        let (code, said) =
            self.post(&format!("/api/live/{number}/knobs"), &json!({ "path": path, "value": value }));
        assert_eq!(code, 200, "{said}");
        let knobs = said.as_array().unwrap();
        assert!(knobs.iter().any(|knob| knob["path"] == path), "{said}");
    }

    fn stop(&self, number: u64) -> u16 {
        self.post(&format!("/api/live/{number}/stop"), &Value::Null).0
    }

    /// Waits until what is listed of a number is as wanted.
    fn until(&self, number: u64, wanted: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let listed = self.listed(number).unwrap();
            if wanted(&listed) {
                return listed;
            }
            assert!(begin.elapsed() < PATIENCE, "it never comes: {listed}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The recording so far.
    fn trace(&self, number: u64) -> framewire::trace::Trace {
        let mut stream = connect(self.addr);
        let host = self.addr;
        write!(stream, "GET /api/live/{number}/file HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let head = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        framewire::trace::read(&all[head + 4..]).unwrap().0
    }
}

fn server(port: &str) -> Value {
    json!({ "kind": "server", "transport": "tcp", "port": port })
}

fn relay(to: SocketAddr, transport: &str) -> Value {
    json!({ "kind": "relay", "transport": transport, "port": "0", "to": to.to_string() })
}

fn read_once(stream: &mut TcpStream) -> Vec<u8> {
    let mut buffer = vec![0; 65_536];
    let len = stream.read(&mut buffer).unwrap();
    buffer.truncate(len);
    buffer
}

fn accept(listener: &TcpListener) -> TcpStream {
    let stream = listener.accept().unwrap().0;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn servers_answer_are_recorded_and_stop() {
    let web = start(&[]);
    let plain = web.started(&server("0"));
    let framed = json!({ "kind": "server", "transport": "tcp", "port": "0", "framing": "json-header:data_size", "reply": "echo" });
    let framed = web.started(&framed);
    let fixed = json!({ "kind": "server", "transport": "udp", "port": "0", "reply": "text", "text": "file:/etc/passwd" });
    let fixed = web.started(&fixed);
    exchange(&mut connect(web.address(plain)), b"hello", b"HELLO");
    let frame = common::frame(b"hello");
    exchange(&mut connect(web.address(framed)), &frame, &frame);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(b"?", web.address(fixed)).unwrap();
    let mut got = [0; 100];
    let (len, _) = socket.recv_from(&mut got).unwrap();
    assert_eq!(&got[..len], b"file:/etc/passwd", "text is text");
    for number in [plain, framed, fixed] {
        let listed = web.listed(number).unwrap();
        assert_eq!((listed["started"].as_str(), listed["running"].as_bool()), (Some("server"), Some(true)));
        assert_eq!(web.stop(number), 200);
        let listed = web.until(number, |listed| listed["running"] == false);
        assert!(listed["bytes"].as_u64().unwrap() > 100, "{listed}");
        assert!(!web.trace(number).tables().calls.is_empty());
        // Once more takes it from the list; then there is nothing to stop.
        assert_eq!(web.stop(number), 200);
        assert!(web.listed(number).is_none());
        assert_eq!(web.stop(number), 404);
    }
}

#[test]
fn a_relays_knobs_are_felt_on_the_connections_there_are() {
    let web = start(&[]);
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = web.started(&relay(target.local_addr().unwrap(), "tcp"));
    let mut client = connect(web.address(number));
    let mut server = accept(&target);
    client.write_all(b"whole").unwrap();
    assert_eq!(read_once(&mut server), b"whole");

    web.turn(number, "gap", "30000000ns");
    web.turn(number, "slice", "2");
    client.write_all(b"sliced").unwrap();
    let pieces: Vec<_> = (0..3).map(|_| read_once(&mut server)).collect();
    assert_eq!(pieces, [b"sl", b"ic", b"ed"]);

    // Everything is held back, then comes at once.
    web.turn(number, "stall", "true");
    web.turn(number, "slice", "off");
    client.write_all(b"held").unwrap();
    server.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let kind = server.read(&mut [0; 10]).unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    web.turn(number, "stall", "false");
    assert_eq!(read_once(&mut server), b"held");

    // One direction only.
    web.turn(number, "only", "服务器到客户端");
    web.turn(number, "delay", "300000000ns");
    let sent = Instant::now();
    client.write_all(b"up").unwrap();
    assert_eq!(read_once(&mut server), b"up");
    assert!(sent.elapsed() < Duration::from_millis(300), "{:?}", sent.elapsed());
    let sent = Instant::now();
    server.write_all(b"down").unwrap();
    assert_eq!(read_once(&mut client), b"down");
    assert!(sent.elapsed() >= Duration::from_millis(300), "{:?}", sent.elapsed());

    assert_eq!(web.post(&format!("/api/live/{number}/reset"), &Value::Null).0, 200);
    for stream in [&mut client, &mut server] {
        assert_eq!(stream.read(&mut [0; 10]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    // The relay itself goes on, with its knobs as they were.
    let mut client = connect(web.address(number));
    let mut server = accept(&target);
    client.write_all(b"again").unwrap();
    assert_eq!(read_once(&mut server), b"again");
    let (_, knobs) = web.raw("GET", &format!("/api/live/{number}/knobs?lang=zh"), "", "");
    let delay = knobs.as_array().unwrap().iter().find(|knob| knob["path"] == "delay").unwrap();
    assert_eq!((delay["name"].as_str(), delay["value"].as_f64()), (Some("延迟"), Some(3e8)));
    assert!(web.trace(number).connections().len() >= 2);
}

#[test]
fn a_relay_for_datagrams_loses_as_many_as_is_set() {
    let web = start(&[]);
    let target = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut ask = relay(target.local_addr().unwrap(), "udp");
    ask["knobs"] = json!({ "dup": "1" });
    let number = web.started(&ask);
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(web.address(number)).unwrap();
    target.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let arrived = |count: usize| -> usize {
        for n in 0..count {
            client.send(&[n as u8]).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        std::iter::from_fn(|| target.recv(&mut [0; 10]).ok()).count()
    };
    assert_eq!(arrived(20), 40);
    web.turn(number, "dup", "null");
    web.turn(number, "loss", "1");
    assert_eq!(arrived(20), 0);
    web.turn(number, "loss", "0.5");
    let half = arrived(100);
    assert!((25..75).contains(&half), "{half}");
}

#[test]
fn nothing_is_started_without_the_secret_or_for_another_site() {
    let web = start(&["--allow-commands"]);
    let body = server("0").to_string();
    let own = format!("X-Framewire-Token: {}\r\n", web.key);
    // All but the last digit, whatever that is.
    let (most, last) = web.key.split_at(web.key.len() - 1);
    let almost = format!("X-Framewire-Token: {most}{}\r\n", if last == "0" { "1" } else { "0" });
    for headers in ["", "X-Framewire-Token: \r\n", almost.as_str(), "Cookie: key=1\r\n"] {
        for path in ["/api/start", "/api/live/0/stop", "/api/live/0/knobs", "/api/live/0/reset"] {
            let (code, said) = web.raw("POST", &format!("{path}?lang=zh"), headers, &body);
            assert_eq!(code, 403, "{headers} {path}");
            assert!(said["error"].as_str().unwrap().contains("密钥"), "{said}");
        }
    }
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let (code, _) = web.raw("POST", "/api/start", &format!("{own}Origin: {origin}\r\n"), &body);
        assert_eq!(code, 403, "{origin}");
    }
    let (code, _) = web.raw("POST", "/api/start", &format!("{own}Host: evil.example\r\n"), &body);
    assert_eq!(code, 421);
    let (code, _) = web.raw("GET", "/api/start", &own, "");
    assert_eq!(code, 200);
    assert!(web.list().is_empty());
    let own_origin = format!("{own}Origin: http://{}\r\n", web.addr);
    assert_eq!(web.raw("POST", "/api/start", &own_origin, &body).0, 200);
    assert_eq!(web.list().len(), 1);
}

#[test]
fn what_cannot_be_started_is_told_in_the_pages_language_with_what_to_do() {
    let web = start(&["--max-programs", "2"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = |ask: &Value, lang: &str| {
        let (code, said) = web.post(&format!("/api/start?lang={lang}"), ask);
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        (code, text("field"), text("error"))
    };
    let (code, field, en) = refused(&server(&port), "en");
    assert_eq!((code, field.as_str()), (409, "port"));
    assert!(en.contains("in use") && en.contains("is free"), "{en}");
    let (_, _, zh) = refused(&server(&port), "zh");
    assert!(zh.contains(&port) && zh.contains("占用") && zh.contains("空闲"), "{zh}");
    let (code, _, text) = refused(&json!({ "kind": "command", "line": "true" }), "en");
    assert!(code == 403 && text.contains("--allow-commands"), "{text}");
    for garbage in ["", "[]", "{", "{\"kind\":5}", "\u{1}"] {
        let own = format!("X-Framewire-Token: {}\r\n", web.key);
        assert_eq!(web.raw("POST", "/api/start", &own, garbage).0, 400, "{garbage}");
    }
    let own = format!("X-Framewire-Token: {}\r\n", web.key);
    assert_eq!(web.raw("POST", "/api/start", &own, &"x".repeat(20_000)).0, 413);
    assert!(web.list().is_empty());

    let first = web.started(&server("0"));
    web.started(&relay(web.address(first), "tcp"));
    let (code, _, text) = refused(&server("0"), "zh");
    assert!(code == 503 && text.contains("--max-programs"), "{text}");
    let knob = |number: u64, path: &str, value: &str| {
        let at = format!("/api/live/{number}/knobs?lang=en");
        web.post(&at, &json!({ "path": path, "value": value })).0
    };
    assert_eq!(
        (knob(first, "slice", "1"), knob(first + 1, "loss", "1"), knob(first + 1, "slice", "0")),
        (404, 400, 400)
    );
    assert_eq!((knob(99, "slice", "1"), web.stop(99)), (404, 404));
    // One that has ended makes room.
    assert_eq!(web.stop(first), 200);
    web.until(first, |listed| listed["running"] == false);
    web.started(&server("0"));
}

#[test]
fn a_client_says_what_it_heard() {
    let web = start(&[]);
    let number = web.started(&server("0"));
    let to = web.address(number).to_string();
    let ask = json!({
        "kind": "client", "transport": "tcp", "to": to, "messages": "hello\n--help", "count": "2", "chunk": "1",
        "switches": ["nodelay", "half-close"],
    });
    let client = web.started(&ask);
    let listed = web.until(client, |listed| listed["running"] == false);
    assert_eq!(listed["started"], "client");
    assert!(listed["said"].as_str().unwrap().contains("HELLO"), "{listed}");
    let trace = web.trace(client);
    let sends = trace.tables().calls.iter().filter(|call| call.op.name() == "send").count();
    assert_eq!(sends, 2 * ("hello".len() + "--help".len()), "one send() a byte");
    // Nobody there: the recording shows the refused call, and the words say so.
    let nobody = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    let ask = json!({ "kind": "client", "transport": "tcp", "to": nobody, "messages": "hello" });
    let client = web.started(&ask);
    let listed = web.until(client, |listed| listed["running"] == false);
    assert!(listed["said"].as_str().unwrap().contains("refused"), "{listed}");
    // One that would go on for long is stopped.
    let ask = json!({ "kind": "client", "transport": "tcp", "to": to, "messages": "x", "count": "1000", "interval": "1000" });
    let client = web.started(&ask);
    assert_eq!(web.stop(client), 200);
    web.until(client, |listed| listed["running"] == false);
}

const SERVER: &str = "
import socket
s = socket.create_server(('127.0.0.1', 0))
print(s.getsockname()[1])
while True:
    c, _ = s.accept()
    while d := c.recv(1024):
        c.send(d.upper())
";

#[test]
fn a_command_is_recorded_and_ends_with_the_page() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("server 1.py");
    std::fs::write(&program, SERVER).unwrap();
    let mut web = start(&["--allow-commands"]);
    let line = format!("python3 '{}'", program.display());
    let number = web.started(&json!({ "kind": "command", "line": line }));
    let listed = web.until(number, |listed| !listed["said"].as_str().unwrap().is_empty());
    assert_eq!((listed["started"].as_str(), listed["name"].as_str()), (Some("command"), Some(line.as_str())));
    let at: SocketAddr = ([127, 0, 0, 1], listed["said"].as_str().unwrap().parse().unwrap()).into();
    exchange(&mut connect(at), b"hello", b"HELLO");
    let begin = Instant::now();
    let holds = |wanted: &[u8]| {
        let trace = web.trace(number);
        trace.tables().calls.iter().any(|call| {
            call.op.name() == "recv"
                && call.range.is_some_and(|range| trace.read_stream(range, 100) == wanted)
        })
    };
    while !holds(b"hello") {
        assert!(begin.elapsed() < PATIENCE, "the recording lacks what was received");
        std::thread::sleep(Duration::from_millis(10));
    }
    // A command that is none, and one that fails.
    let other = web.started(&json!({ "kind": "command", "line": "no-such-program" }));
    let listed = web.until(other, |listed| listed["running"] == false);
    assert!(listed["said"].as_str().unwrap().contains("no-such-program"), "{listed}");
    // The page's server takes it along when it goes.
    web.process.signal("-INT");
    assert_eq!(web.process.wait(PATIENCE), Some(0));
    let begin = Instant::now();
    while TcpStream::connect(at).is_ok() {
        assert!(begin.elapsed() < PATIENCE, "the recorded server still listens");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_scenario_is_performed_and_judged_in_the_pages_language() {
    let web = start(&[]);
    let builtin = |name: &str| framewire::sim::builtin(name).unwrap().to_json();
    let own = format!("X-Framewire-Token: {}\r\n", web.key);
    let ask = |text: &str| web.raw("POST", "/api/run?lang=zh", &own, text);
    assert_eq!(web.raw("POST", "/api/run", "", &builtin("hello-tcp")).0, 403);
    for garbage in ["", "{", "\"hello-tcp\"", "{\"framewire\":1}"] {
        let (code, said) = ask(garbage);
        assert!(code == 400 && !said["error"].as_str().unwrap().is_ascii(), "{garbage}: {code} {said}");
    }
    let (code, said) = ask(&builtin("simultaneous-open"));
    assert!(code == 400 && said["error"].as_str().unwrap().contains("交错"), "{said}");

    let (code, said) = ask(&builtin("sticky-packets"));
    assert_eq!((code, said["as_modelled"].as_bool()), (200, Some(true)), "{said}");
    let told = said["told"].as_array().unwrap();
    assert!(
        told.iter()
            .any(|line| line["mark"] == "same" && line["text"].as_str().unwrap().contains("发送 10 字节")),
        "{said}"
    );
    assert!(told.last().unwrap()["text"].as_str().unwrap().contains("与模型一致"), "{said}");
    let get = |path: &str| {
        let mut stream = connect(web.addr);
        write!(stream, "GET /{path} HTTP/1.0\r\nHost: {}\r\n\r\n", web.addr).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let head = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        framewire::trace::read(&all[head + 4..]).unwrap().0
    };
    let (model, real) = (get(said["model"].as_str().unwrap()), get(said["real"].as_str().unwrap()));
    let names = |trace: &framewire::trace::Trace| {
        trace.tables().programs.iter().map(|program| program.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&model), names(&real));
    assert!(real.tables().calls.len() >= model.tables().calls.len() - 1);
    // What differs is said to differ: the model's client is slower than this machine.
    let odd = r#"{ "framewire": 1, "name": "odd", "hosts": [
        { "name": "client", "step_time": "1s", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "connect", "to": "server:8000" }, { "do": "send", "data": "late" },
            { "do": "close" } ] }] },
        { "name": "server", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "bind", "port": 8000 }, { "do": "listen" }, { "do": "accept" },
            { "do": "set-option", "option": "SO_RCVTIMEO", "value": 400 },
            { "do": "recv", "n": 10, "on_error": "continue" }, { "do": "close" } ] }] } ] }"#;
    let (code, said) = ask(odd);
    assert_eq!((code, said["as_modelled"].as_bool()), (200, Some(false)), "{said}");
    let told = said["told"].as_array().unwrap();
    assert!(
        told.iter()
            .any(|line| line["mark"] == "differs" && line["text"].as_str().unwrap().contains("EAGAIN")),
        "{said}"
    );
    for path in ["/api/run/0/other", "/api/run/999/real", "/api/run/0/..%2fx", "/api/run/x/real"] {
        assert!((400..500).contains(&web.raw("GET", path, "", "").0), "{path}");
    }
}

#[test]
fn a_terminal_has_a_scenario_performed_in_the_page() {
    let web = start(&[]);
    let option = format!("--web={}", web.addr);
    let said = common::run(framewire().args(["run", "hello-tcp", &option, "--lang", "zh"]));
    assert!(said.contains("与模型一致") && said.contains(&format!("http://{}/", web.addr)), "{said}");
    let (_, list) = web.raw("GET", "/api/run", "", "");
    assert_eq!(
        (list[0]["as_modelled"].as_bool(), list[0]["title"].as_str()),
        (Some(true), Some("你好，TCP")),
        "{list}"
    );
    let failed = common::output(framewire().args(["run", "simultaneous-open", &option, "--lang", "en"]));
    let text = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(failed.status.code() == Some(1) && text.contains("cross"), "{text}");
    // The last ones are kept, with their recordings.
    for _ in 0..9 {
        common::run(framewire().args(["run", "closed-port", &option]));
    }
    let (_, list) = web.raw("GET", "/api/run", "", "");
    assert_eq!(list.as_array().unwrap().len(), 8);
    assert_eq!(web.raw("GET", "/api/run/0/real", "", "").0, 404);
    let nobody =
        format!("--web=127.0.0.1:{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let failed = common::output(framewire().args(["run", "hello-tcp", &nobody]));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("framewire web"), "{failed:?}");
}
