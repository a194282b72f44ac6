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

#[test]
fn numbers_that_make_no_sense_are_refused_at_once() {
    let serve = ["serve", "tcp", "--listen", "127.0.0.1:0"];
    for (args, expected) in [
        ([serve.as_slice(), &["--threads", "1000000"]].concat(), "at most 256"),
        ([serve.as_slice(), &["--threads", "0"]].concat(), "begins at 1"),
        ([serve.as_slice(), &["--max-connections", "0"]].concat(), "begins at 1"),
        ([serve.as_slice(), &["--record", "x.fwtrace", "--record-size", "0"]].concat(), "begins at 1 byte"),
        ([serve.as_slice(), &["--idle-timeout", "-1"]].concat(), "seconds from 0 on"),
        ([serve.as_slice(), &["--idle-timeout", "1e400"]].concat(), "seconds from 0 on"),
        (vec!["serve", "udp", "--listen", "127.0.0.1:0", "--hang-up"], "--hang-up is for tcp"),
        (vec!["send", "tcp", ":1", "x", "--count", "0"], "--count"),
        (vec!["send", "tcp", ":1", "x", "--chunk", "0"], "begins at 1 byte"),
        (vec!["send", "tcp", ":1", "x", "--gap", "-5"], "milliseconds from 0 on"),
        (vec!["relay", "19405", "127.0.0.1:19405"], "relay itself"),
        (vec!["relay", "0.0.0.0:19405", "127.0.0.1:19405"], "relay itself"),
        (vec!["bench", "tcp", ":1", "--duration", "0"], "measures nothing"),
        (vec!["bench", "tcp", ":1", "--no-gso"], "for udp"),
        (vec!["bench", "tcp", "127.0.0.1:1"], "is the server there?"),
        (vec!["record", "--", "/tmp"], "directory"),
    ] {
        let said = fails(&args);
        assert!(said.contains(expected), "{args:?} said: {said}");
    }
}

#[test]
fn a_recording_given_as_a_scenario_is_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("目录 é.fwtrace");
    let file = path.to_str().unwrap();
    run(framewire().args(["sim", "hello-tcp", "--out", file]));
    for command in ["sim", "run"] {
        let said = fails(&[command, file]);
        assert!(said.contains("is a recording") && said.contains("framewire web"), "{said}");
    }
    std::fs::write(&path, b"\xff\xfe\x00").unwrap();
    let said = fails(&["sim", file]);
    assert!(said.contains("JSON"), "{said}");
}

/// A shell command in which `$F` is the binary; what it printed on both streams, and its exit status.
fn shell(command: &str) -> (String, Option<i32>) {
    let mut bash = std::process::Command::new("bash");
    bash.args(["-o", "pipefail", "-c", command]).env("F", framewire().get_program());
    let output = output(&mut bash);
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&said).into_owned(), output.status.code())
}

#[test]
fn a_reader_that_has_heard_enough_is_no_fault_and_a_full_disk_is_one() {
    for command in ["sim", "sim hello-tcp", "sim hello-tcp --json", "man", "completions bash"] {
        // The reader is gone before the first word.
        let (said, status) = shell(&format!("($F {command}; echo status $? >&2) | true"));
        assert_eq!(status, Some(0), "{command}: {said}");
        assert!(said.contains("status 0") && !said.contains("roken pipe"), "{command}: {said}");
        let (said, status) = shell(&format!("$F {command} > /dev/full"));
        assert_eq!(status, Some(1), "{command}: {said}");
        assert!(said.contains("cannot write to standard output"), "{command}: {said}");
    }
}
