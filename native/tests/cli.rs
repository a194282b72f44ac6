//! The command line as people meet it: errors that say what to do, output that scripts read.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use common::{Server, framewire, output, run};

/// Runs it, expects failure, gives what it said.
fn fails(args: &[&str]) -> String {
    let output = output(framewire().args(args));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{args:?}: {} {said}", output.status);
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A server that greets with `bytes` and closes.
fn once(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    addr
}

#[test]
fn a_port_in_use_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for args in [["serve", "tcp", "--listen", &addr].as_slice(), &["web", "--addr", &addr]] {
        let said = fails(args);
        assert!(said.contains(&addr) && said.contains("in use") && said.contains("is free"), "{said}");
    }
}

#[test]
fn mistakes_are_explained() {
    for (args, expected) in [
        (["serve", "tcp", "--framing", "json-heder:size"].as_slice(), "json-header"),
        (&["serve", "udp", "--framing", "json-header:size"], "tcp"),
        (&["serve", "tcp", "--listen", "nowhere"], "HOST:PORT"),
        (&["serve", "tcp", "--reply", "file:/no/such"], "/no/such"),
        (&["serve", "tcp", "--record", "/no/such/dir/x.fwtrace"], "/no/such/dir"),
        (&["serve", "tcp", "--max-payload", "5 apples"], "KiB"),
        (&["serve", "tcp", "--framing", "fixed:4", "--greet", "too long"], "greeting"),
        (&["web", "/no/such.fwtrace"], "/no/such.fwtrace"),
        (&["send", "tcp", "127.0.0.1:1", "x"], "framewire serve tcp --listen 127.0.0.1:1"),
        (&["send", "udp", "127.0.0.1:1", "x"], "nobody listens"),
        (&["send", "tcp"], "Usage"),
    ] {
        let said = fails(args);
        assert!(said.contains(expected), "{args:?} said: {said}");
    }
}

#[test]
fn an_answer_cut_in_mid_frame_is_told_with_its_offset() {
    let framing = ["--framing", "json-header:size"];
    let said =
        fails(&[["send", "tcp", &once(b"\x0b\0\0\0{\"size\": 9}12345")].as_slice(), &framing].concat());
    assert!(said.contains("20"), "the stream ended at offset 20: {said}");
    let said =
        fails(&[["send", "tcp", &once(b"HTTP/1.1 400 Bad Request\r\n")].as_slice(), &framing].concat());
    assert!(said.contains("framing") && said.contains("HTTP"), "{said}");
    let said = fails(&[["send", "tcp", &once(b""), "x"].as_slice(), &framing].concat());
    assert!(said.contains("closed"), "{said}");
}

#[test]
fn answers_for_machines_and_a_status_for_scripts() {
    let server = Server::start("tcp", &[]);
    let addr = server.addr.to_string();
    let line = run(framewire().args(["send", "tcp", &addr, "hello", "--json"]));
    let answer: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((answer["text"].as_str(), answer["hex"].as_str()), (Some("HELLO"), Some("48454c4c4f")));
    let said = fails(&["send", "tcp", &addr, "hello", "--expect", "WORLD"]);
    assert!(said.contains("HELLO") && said.contains("WORLD"), "{said}");
    run(framewire().args(["send", "tcp", &addr, "--count", "3", "a", "b", "--rst", "--interval", "1"]));
    let calls = output(framewire().args(["send", "tcp", &addr, "hello", "--calls"]));
    let calls = String::from_utf8(calls.stderr).unwrap();
    for call in ["connect(", "send(b\"hello\") -> 5", "recv(1024) -> b\"HELLO\"", "close()"] {
        assert!(calls.contains(call), "{call} is missing in {calls}");
    }
}

#[test]
fn a_datagram_too_large_for_recv_loses_its_tail_and_we_say_so() {
    let server = Server::start("udp", &[]);
    let text = "x".repeat(1025);
    let output = output(framewire().args(["send", "udp", &server.addr.to_string(), &text]));
    assert_eq!(output.stdout.len(), 1024 + 1, "1024 bytes and a line break");
    assert!(String::from_utf8_lossy(&output.stderr).contains("1025 bytes"));
    // 3000 bytes go as fragments, or whole on the loopback: they arrive as one datagram.
    let text = "y".repeat(3000);
    let got = run(framewire().args(["send", "udp", &server.addr.to_string(), &text, "--recv-size", "4000"]));
    assert_eq!(got.trim_end(), "Y".repeat(3000));
}

#[test]
fn a_restart_at_once_finds_its_port_free() {
    let mut server = Server::start("tcp", &["--hang-up"]);
    let mut stream = server.connect();
    stream.write_all(b"x").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    // The server closed first: its side is in TIME_WAIT now.
    drop(stream);
    server.process.signal("-INT");
    server.process.wait(Duration::from_secs(10));
    let addr = server.addr.to_string();
    let mut again = common::Process::start(framewire().args(["-q", "serve", "tcp", "--listen", &addr]));
    assert!(again.line().contains(&addr));
}

#[test]
fn completions_and_manual() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(framewire().args(["completions", shell])).contains("serve"), "{shell}");
    }
    assert!(run(framewire().arg("man")).contains(".TH framewire"));
}

#[test]
fn starting_takes_no_time() {
    // The best of many: other tests run at the same time.
    let best = (0..15)
        .map(|_| {
            let start = Instant::now();
            let server = Server::start("tcp", &[]);
            let taken = start.elapsed();
            drop(server);
            taken
        })
        .min()
        .unwrap();
    assert!(best < Duration::from_millis(50), "{best:?}");
}
