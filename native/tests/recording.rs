//! Recordings: what happened is in the file, as it happens, whatever becomes of the process, the disk and the file's size.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use common::{Server, exchange, frame, framewire, output, python, run};
use framewire::trace::{Data, End, Op, Outcome, Trace, What, read};

fn open(path: &Path) -> (Trace, End) {
    read(&std::fs::read(path).unwrap()).unwrap()
}

/// Every call that returned: its name, the bytes it carried in or out, and whether it succeeded.
fn calls(trace: &Trace) -> Vec<(Op, Vec<u8>, bool)> {
    let mut begun = std::collections::BTreeMap::new();
    let mut calls = Vec::new();
    for record in trace.records() {
        match record.what {
            What::CallBegun { call, op, args, .. } => {
                let Data::Bytes(bytes) = args.data else { panic!("{args:?}") };
                begun.insert(call, (op, bytes.to_vec()));
            }
            What::CallReturned { call, outcome, data, .. } => {
                let (op, mut bytes) = begun.remove(&call).expect("a call returns after it began");
                match data {
                    Data::Bytes(received) => bytes.extend_from_slice(received),
                    // The same bytes that the stream has already.
                    Data::FromStream { .. } => {}
                    other => panic!("{other:?}"),
                }
                calls.push((op, bytes, matches!(outcome, Outcome::Value(_))));
            }
            _ => {}
        }
    }
    calls
}

fn until(limit: Duration, what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < limit, "not within {limit:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_python_clients_visit_call_by_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hello.fwtrace");
    let mut server = Server::start("tcp", &["--once", "--record", path.to_str().unwrap()]);
    let port = server.addr.port().to_string();
    assert_eq!(run(python("tcp_hello_client.py").args(["127.0.0.1", &port])), "HELLO HELLO\n");
    assert_eq!(server.process.wait(Duration::from_secs(10)), Some(0));
    let (trace, end) = open(&path);
    assert_eq!(end, End::Complete);
    let calls = calls(&trace);
    let names: Vec<&str> = calls.iter().map(|(op, ..)| op.name()).collect();
    for name in ["bind", "listen", "accept", "recv", "send", "shutdown", "close"] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    assert!(calls.contains(&(Op::Recv, b"hello hello".to_vec(), true)), "{calls:?}");
    assert!(calls.contains(&(Op::Send, b"HELLO HELLO".to_vec(), true)), "{calls:?}");
    assert!(calls.contains(&(Op::Recv, Vec::new(), true)), "recv() returned 0 when the client closed");
}

#[test]
fn the_clients_side_and_udp_too() {
    let dir = tempfile::tempdir().unwrap();
    let (client, server_file) = (dir.path().join("c.fwtrace"), dir.path().join("s.fwtrace"));
    let mut server = Server::start("udp", &["--once", "--record", server_file.to_str().unwrap()]);
    let addr = server.addr.to_string();
    run(framewire().args(["send", "udp", &addr, "hello world!", "--record", client.to_str().unwrap()]));
    server.process.wait(Duration::from_secs(10));
    let ours = calls(&open(&client).0);
    assert!(ours.contains(&(Op::Send, b"hello world!".to_vec(), true)), "{ours:?}");
    assert!(ours.iter().any(|(op, ..)| *op == Op::Connect), "{ours:?}");
    let theirs = calls(&open(&server_file).0);
    assert!(theirs.contains(&(Op::RecvFrom, b"hello world!".to_vec(), true)), "{theirs:?}");
    assert!(theirs.contains(&(Op::SendTo, b"HELLO WORLD!".to_vec(), true)), "{theirs:?}");

    // A connection that fails is recorded as what it is.
    let refused = dir.path().join("refused.fwtrace");
    let failed =
        output(framewire().args(["send", "tcp", "127.0.0.1:1", "x", "--record", refused.to_str().unwrap()]));
    assert_eq!(failed.status.code(), Some(1));
    assert!(calls(&open(&refused).0).iter().any(|(op, _, fine)| *op == Op::Connect && !fine));
}

#[test]
fn killed_in_mid_frame_the_recording_stands_to_the_last_event() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.fwtrace");
    let args = ["--framing", "json-header:data_size", "--record", path.to_str().unwrap()];
    let mut server = Server::start("tcp", &args);
    let mut client = server.connect();
    for n in 0..50 {
        let text = format!("message {n}");
        exchange(&mut client, &frame(text.as_bytes()), &frame(text.to_uppercase().as_bytes()));
    }
    std::io::Write::write_all(&mut client, &frame(b"never finished")[..20]).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.process.child.kill().unwrap();
    let _ = server.process.child.wait();
    let (trace, _) = open(&path);
    let calls = calls(&trace);
    for n in 0..50 {
        let answer = frame(format!("MESSAGE {n}").as_bytes());
        assert!(
            calls.contains(&(Op::Send, answer, true)),
            "answer {n} was given and is not in the recording"
        );
    }
    let frames = |wanted: bool| {
        let decoded =
            |what: What<'_>| matches!(what, What::FrameDecoded { sent, error: None, .. } if sent == wanted);
        trace.records().filter(|record| decoded(record.what)).count()
    };
    assert_eq!((frames(false), frames(true)), (50, 50), "every frame is told of in both directions");
    let cut = frame(b"never finished")[..20].to_vec();
    assert!(calls.contains(&(Op::Recv, cut, true)), "the last thing received is there");
}

#[test]
fn a_full_disk_stops_no_traffic_and_is_told() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = framewire();
    command.args(["serve", "tcp", "--record", "/dev/full"]).stderr(log.reopen().unwrap());
    let mut server = Server::spawn(&mut command);
    for _ in 0..20 {
        exchange(&mut server.connect(), b"hello", b"HELLO");
    }
    server.process.signal("-INT");
    assert_eq!(server.process.wait(Duration::from_secs(10)), Some(0));
    let said = std::fs::read_to_string(log.path()).unwrap();
    assert!(said.contains("cannot be written") && said.contains("/dev/full"), "{said}");
    assert!(said.contains("missing"), "{said}");
}

#[test]
fn a_file_that_may_not_grow_is_good_to_its_end_and_stops_no_traffic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.fwtrace");
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = std::process::Command::new("prlimit");
    command.arg("--fsize=20000").arg(framewire().get_program());
    command.args(["serve", "tcp", "--record"]).arg(&path).stderr(log.reopen().unwrap());
    let mut server = Server::spawn(&mut command);
    let mut client = server.connect();
    for n in 0..1000 {
        let text = format!("{n:0>100}");
        exchange(&mut client, text.as_bytes(), text.as_bytes());
    }
    drop(client);
    server.process.signal("-INT");
    assert_eq!(server.process.wait(Duration::from_secs(10)), Some(0));
    let said = std::fs::read_to_string(log.path()).unwrap();
    assert!(said.contains("cannot be written") && said.contains("missing"), "{said}");
    let (trace, end) = open(&path);
    assert_eq!(end, End::Complete, "what was written is whole");
    assert!(calls(&trace).len() > 20, "{}", trace.len());
}

#[test]
fn a_full_disk_costs_one_piece_at_most() {
    const LIMIT: u64 = 300_000;
    const PIECE: u64 = 16 << 10;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.fwtrace");
    let mut command = std::process::Command::new("prlimit");
    command.arg(format!("--fsize={LIMIT}")).arg(framewire().get_program());
    command.args(["-q", "serve", "tcp", "--framing", "json-header:data_size", "--record"]).arg(&path);
    let mut server = Server::spawn(&mut command);
    // Many at once, so that much is to be written at a time.
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut client = server.connect();
            std::thread::spawn(move || {
                for n in 0..400 {
                    let text = format!("{n:0>200}");
                    exchange(&mut client, &frame(text.as_bytes()), &frame(text.as_bytes()));
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
    server.process.signal("-INT");
    assert_eq!(server.process.wait(Duration::from_secs(10)), Some(0));
    let size = std::fs::metadata(&path).unwrap().len();
    // A piece is ended by the event that fills it.
    assert!((LIMIT - PIECE - 2_000..=LIMIT).contains(&size), "{size}");
    let (trace, end) = open(&path);
    assert_eq!(end, End::Complete, "what was written is whole");
    calls(&trace);
}

#[test]
fn a_large_recording_is_continued_in_a_new_file_that_stands_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.fwtrace");
    let args = ["--record", path.to_str().unwrap(), "--record-size", "8KiB", "--record-keep", "3"];
    let mut server = Server::start("tcp", &args);
    let mut client = server.connect();
    let third = dir.path().join("r.3.fwtrace");
    for n in 0..2000 {
        let text = format!("{n:0>100}");
        exchange(&mut client, text.as_bytes(), text.as_bytes());
        if n % 100 == 99 {
            // Files are changed between batches of the writer.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    until(Duration::from_secs(10), || third.exists());
    drop(client);
    server.process.signal("-TERM");
    assert_eq!(server.process.wait(Duration::from_secs(10)), Some(0));
    for name in ["r.fwtrace", "r.1.fwtrace", "r.2.fwtrace", "r.3.fwtrace"] {
        let (trace, end) = open(&dir.path().join(name));
        assert_eq!(end, End::Complete, "{name}");
        let records: Vec<_> = trace.records().map(|record| format!("{:?}", record.what)).collect();
        for (record, kind) in records.iter().zip(["Clock", "Host", "Program", "Thread"]) {
            assert!(record.starts_with(kind), "{name}: {record}");
        }
        calls(&trace);
    }
    assert!(!dir.path().join("r.4.fwtrace").exists(), "--record-keep 3");
}
