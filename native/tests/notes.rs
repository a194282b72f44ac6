//! The programs of the course notes: they run, against each other and against the binary, and stand in the pages as they are.

#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use common::{Process, Server, framewire, output, run, slicing_relay};

fn notes() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../www/notes")
}

fn program(name: &str) -> Command {
    let mut command = Command::new("python3");
    command
        .arg(notes().join("programs").join(name))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1");
    command
}

/// A server of the notes on a free port.
fn server(name: &str) -> (Process, SocketAddr) {
    let mut process = Process::start(program(name).args(["127.0.0.1", "0"]));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut process.lines, &mut line).unwrap();
    let port =
        line.trim().rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{line}"));
    (process, SocketAddr::from(([127, 0, 0, 1], port)))
}

fn client(name: &str, addr: SocketAddr, texts: &[&str]) -> String {
    run(program(name).args([addr.ip().to_string(), addr.port().to_string()]).args(texts))
}

#[test]
fn programs_of_one_process_say_what_the_notes_say() {
    let connection = run(&mut program("connection.py"));
    assert_eq!(connection.lines().count(), 4);
    let handshake = run(&mut program("handshake.py"));
    assert!(handshake.contains("holds b'hello'") && handshake.contains("Connection refused"), "{handshake}");
    let closing = run(&mut program("closing.py"));
    assert!(closing.contains("b'got 11 bytes' then b''"), "{closing}");
    assert!(closing.contains("SO_REUSEADDR False - Address already in use"), "{closing}");
    assert!(closing.contains("SO_REUSEADDR True - works"), "{closing}");
    let sticky = run(&mut program("sticky.py"));
    assert!(
        sticky.contains("one recv: b'helloworld'") && sticky.contains("decoding the whole: 你好"),
        "{sticky}"
    );
    let borders = run(&mut program("udp_borders.py"));
    assert!(borders.contains("b'hello' b'world'") && borders.contains("1024 and then b'next'"), "{borders}");
    assert_eq!(run(&mut program("stall.py")).lines().count(), 3);
}

#[test]
fn tcp() {
    let (_python, addr) = server("tcp_server.py");
    let ours = Server::start("tcp", &[]);
    for addr in [addr, slicing_relay(addr), ours.addr, slicing_relay(ours.addr)] {
        assert_eq!(client("tcp_client.py", addr, &["hello hello"]), "HELLO HELLO\n");
    }
    let got = run(framewire().args(["send", "tcp", &addr.to_string(), "hello hello"]));
    assert_eq!(got, "HELLO HELLO\n");
}

#[test]
fn udp() {
    let (_python, addr) = server("udp_server.py");
    let ours = Server::start("udp", &[]);
    for addr in [addr, ours.addr] {
        assert_eq!(client("udp_client.py", addr, &["hello world!"]), "HELLO WORLD!\n");
    }
    assert_eq!(run(framewire().args(["send", "udp", &addr.to_string(), "hello world!"])), "HELLO WORLD!\n");
    // Nobody is there: told, and not waited for.
    let gone = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let out = output(program("udp_client.py").args(["127.0.0.1", &gone.port().to_string(), "hello"]));
    assert!(!out.status.success());
}

#[test]
fn framed() {
    let (_python, addr) = server("threaded_server.py");
    let ours = Server::start("tcp", &["--framing", "json-header:data_size"]);
    for addr in [addr, slicing_relay(addr), ours.addr, slicing_relay(ours.addr)] {
        // A client that has connected and says nothing keeps nobody from being served.
        let silent = std::net::TcpStream::connect(addr).unwrap();
        let long = "x".repeat(5000);
        let got = client("framed_client.py", addr, &["hello", "", "你好 straße", &long]);
        assert_eq!(got, format!("HELLO\n\n你好 STRASSE\n{}\n", long.to_uppercase()));
        drop(silent);
    }
    let framing = ["--framing", "json-header:data_size"];
    let got = run(framewire().args(["send", "tcp", &addr.to_string()]).args(framing).args(["hello", "你好"]));
    assert_eq!(got, "HELLO\n你好\n");
    // What is not the protocol ends that connection, and no other.
    let got = output(framewire().args(["send", "tcp", &addr.to_string(), "GET / HTTP/1.0"]));
    assert!(got.stdout.is_empty());
    assert_eq!(client("framed_client.py", addr, &["still there"]), "STILL THERE\n");
}

#[test]
fn programs_stand_in_the_pages_as_they_are() {
    let mut seen = Vec::new();
    for page in ["en.html", "zh.html"] {
        let text = std::fs::read_to_string(notes().join(page)).unwrap();
        for part in text.split("<code data-program=\"").skip(1) {
            let (name, rest) = part.split_once("\">").unwrap();
            let shown = rest.split("</code>").next().unwrap();
            let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let file = std::fs::read_to_string(notes().join("programs").join(name)).unwrap();
            assert!(shown == file, "{page}: {name}");
            seen.push(name.to_owned());
        }
    }
    seen.sort();
    seen.dedup();
    let mut all: Vec<String> = std::fs::read_dir(notes().join("programs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".py"))
        .collect();
    all.sort();
    assert_eq!(seen, all, "every program is shown");
}
