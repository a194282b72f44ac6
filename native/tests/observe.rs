//! `framewire record -- COMMAND`: what the recorder saw must be what the program did, and the program must not notice.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use framewire::probe::Var;
use framewire::trace::{self, Errno, Op, Outcome, Trace, What};

/// A call as the trace tells it: which, what it returned, and the bytes it carried.
type Seen = (Op, Result<i64, Errno>, Vec<u8>);

struct Run {
    output: Output,
    trace: Trace,
    _folder: tempfile::TempDir,
}

fn python(folder: &Path, name: &str, source: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, source).unwrap();
    path
}

fn record(programs: &[(&str, &str)], command: &[&str]) -> Run {
    record_with(&[], programs, command)
}

fn record_with(options: &[&str], programs: &[(&str, &str)], command: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in programs {
        python(folder.path(), name, source);
    }
    let file = folder.path().join("run.fwtrace");
    let output = Command::new(env!("CARGO_BIN_EXE_framewire"))
        .current_dir(folder.path())
        .arg("record")
        .args(options)
        .arg("--out")
        .arg(&file)
        .arg("--")
        .args(command)
        .output()
        .unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let (trace, end) = trace::read(&bytes).unwrap();
    assert_eq!(end, trace::End::Complete, "{}", String::from_utf8_lossy(&output.stderr));
    Run { output, trace, _folder: folder }
}

impl Run {
    fn stdout(&self) -> String {
        assert!(self.output.status.success(), "{}", String::from_utf8_lossy(&self.output.stderr));
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// The finished calls on the lifeline of that name, in the order of their returns.
    fn calls(&self, program: &str) -> Vec<Seen> {
        let mut host_named = None;
        let mut begun = std::collections::BTreeMap::new();
        let mut calls = Vec::new();
        for record in self.trace.records() {
            match record.what {
                What::Host { host, name, .. } if name == program => host_named = Some(host),
                What::CallBegun { call, host, op, .. } if Some(host) == host_named => {
                    begun.insert(call, op);
                }
                What::CallReturned { call, outcome, .. } => {
                    let Some(op) = begun.remove(&call) else { continue };
                    let range = self.trace.call(call).unwrap().range;
                    let bytes =
                        range.map_or_else(Vec::new, |range| self.trace.read_stream(range, usize::MAX));
                    let outcome = match outcome {
                        Outcome::Value(value) => Ok(value),
                        Outcome::Errno(errno) => Err(errno),
                        Outcome::Failed(text) => panic!("{text}"),
                    };
                    calls.push((op, outcome, bytes));
                }
                _ => {}
            }
        }
        assert!(begun.is_empty(), "calls that never returned: {begun:?}");
        calls
    }

    /// Only the calls that carry bytes or end a stream.
    fn transfers(&self, program: &str) -> Vec<Seen> {
        let carries = [Op::Send, Op::SendTo, Op::SendMsg, Op::SendFile, Op::Recv, Op::RecvFrom, Op::RecvMsg];
        self.calls(program).into_iter().filter(|(op, ..)| carries.contains(op)).collect()
    }
}

fn ok(op: Op, bytes: &[u8]) -> Seen {
    (op, Ok(bytes.len() as i64), bytes.to_vec())
}

const SERVER: &str = r#"
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 0))
s.listen(5)
open("port", "w").write(str(s.getsockname()[1]))
conn, addr = s.accept()
while True:
    data = conn.recv(1024)
    if not data:
        break
    conn.send(data.upper())
conn.close()
s.close()
"#;

const CLIENT: &str = r#"
import os, socket, time
while not os.path.exists("port") or not open("port").read():
    time.sleep(0.01)
s = socket.socket()
s.connect(("127.0.0.1", int(open("port").read())))
s.send(b"hello hello")
print(s.recv(1024).decode())
s.close()
"#;

#[test]
fn both_ends_of_the_courses_echo_on_one_clock() {
    let run = record(
        &[("server.py", SERVER), ("client.py", CLIENT)],
        &["sh", "-c", "python3 server.py & python3 client.py; wait"],
    );
    assert_eq!(run.stdout(), "HELLO HELLO\n");
    let ops = |program| run.calls(program).into_iter().map(|(op, ..)| op).collect::<Vec<_>>();
    use Op::*;
    let server = [Socket, SetSockOpt, Bind, Listen, Accept, Recv, Send, Recv, Close, Close];
    assert_eq!(ops("server.py"), server);
    assert_eq!(ops("client.py"), [Socket, Connect, Send, Recv, Close]);
    let expected = [ok(Recv, b"hello hello"), ok(Send, b"HELLO HELLO"), ok(Recv, b"")];
    assert_eq!(run.transfers("server.py"), expected);
    assert_eq!(run.transfers("client.py"), [ok(Send, b"hello hello"), ok(Recv, b"HELLO HELLO")]);
    // Both ends are one connection, whose streams the trace puts together.
    let [connection] = run.trace.connections() else { panic!("{:?}", run.trace.connections()) };
    let [Some(client), Some(server)] = connection.address else { panic!("{connection:?}") };
    assert!(client.port() != server.port() && client.ip() == server.ip());
    let source = run.trace.records().find_map(|record| match record.what {
        What::Program { name: "client.py", language, source, .. } => {
            Some((language.to_owned(), source.to_owned()))
        }
        _ => None,
    });
    assert_eq!(source, Some(("python".to_owned(), CLIENT.to_owned())));
}

/// Whether this process may hear packets.
fn may_capture() -> bool {
    framewire_native::capture::socket::PacketSocket::open(None).is_ok()
}

#[test]
fn calls_and_packets_stand_on_one_clock() {
    if !may_capture() {
        eprintln!("left out: needs CAP_NET_RAW");
        return;
    }
    let command = "python3 server.py & python3 client.py; wait";
    let run = record(&[("server.py", SERVER), ("client.py", CLIENT)], &["sh", "-c", command]);
    assert_eq!(run.stdout(), "HELLO HELLO\n");
    let trace = &run.trace;
    let host = |wanted: &str| trace.tables().hosts.iter().find(|host| host.name == wanted).unwrap().id;
    let (client, server) = (host("client.py"), host("server.py"));
    let mut log: Vec<(&str, u64)> = Vec::new();
    for record in trace.records() {
        let at = record.time.as_nanos();
        match record.what {
            What::CallBegun { op: Op::Connect, .. } => log.push(("connect", at)),
            What::CallBegun { op: Op::Send | Op::SendTo, host, .. } if host == client => {
                log.push(("send", at))
            }
            What::CallReturned { data, .. } if data.len() == 11 => log.push(("received", at)),
            What::PacketSent { host, bytes, len, socket, .. } => {
                assert_eq!(record.provenance, trace::Provenance::Captured);
                assert!([client, server].contains(&host), "every packet has its lifeline");
                let flags = bytes[33];
                // The bytes that a call told of stand in the trace once: the packet's own are its headers.
                let payload = len as usize - 20 - usize::from(bytes[32] >> 4) * 4;
                if flags == 0x02 {
                    assert!(host == client && socket.is_some(), "the SYN is the connecting socket's");
                    log.push(("SYN", at));
                } else if payload == 11 && host == client {
                    log.push(("segment", at));
                } else if flags & 0x01 != 0 && host == client {
                    log.push(("FIN", at));
                }
            }
            _ => {}
        }
    }
    let names: Vec<&str> = log.iter().map(|(name, _)| *name).collect();
    let order = ["connect", "SYN", "send", "segment", "received", "received", "FIN"];
    assert_eq!(names, order, "{log:?}");
    assert!(log.is_sorted_by_key(|(_, at)| *at), "{log:?}");
    assert!(trace.epoch_nanos().is_some());
    // The kernel's own account: both ends were established, and a time was measured.
    let observed = |wanted: Var| {
        trace.records().any(|record| {
            record.provenance == trace::Provenance::Observed
                && matches!(record.what, What::VarChange { var, new, .. } if var == wanted && new > 0)
        })
    };
    assert!(observed(Var::Srtt) && observed(Var::Cwnd) && observed(Var::State));
    let run = record_with(&["--packets", "no"], &[("client.py", "print(1)")], &["python3", "client.py"]);
    assert!(run.trace.tables().packets.is_empty());
}

#[test]
fn without_the_right_calls_are_recorded_and_packets_only_asked_for_in_vain() {
    let folder = tempfile::tempdir().unwrap();
    let poor = |packets: &str| {
        Command::new("setpriv")
            .args(["--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"])
            .arg(env!("CARGO_BIN_EXE_framewire"))
            .args(["record", "--packets", packets, "--out"])
            .arg(folder.path().join("x.fwtrace"))
            .args(["--", "true"])
            .output()
            .unwrap()
    };
    let output = poor("yes");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("CAP_NET_RAW") && said.contains("setcap"), "{said}");
    assert!(poor("auto").status.success());
}

#[test]
fn threads_and_errors_are_seen() {
    let source = r#"
import socket, threading
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
def serve():
    for _ in range(2):
        c, _ = s.accept()
        threading.Thread(target=lambda c=c: (c.sendall(c.recv(100) * 2), c.close())).start()
t = threading.Thread(target=serve); t.start()
for word in (b"one", b"two"):
    c = socket.create_connection(s.getsockname())
    c.sendall(word)
    print(c.recv(100).decode())
    c.close()
t.join()
port = s.getsockname()[1]
s.close()
try:
    socket.create_connection(("127.0.0.1", port))
except ConnectionRefusedError as e:
    print("refused", e.errno)
"#;
    let run = record(&[("threads.py", source)], &["python3", "threads.py"]);
    assert_eq!(run.stdout(), "oneone\ntwotwo\nrefused 111\n");
    let calls = run.calls("threads.py");
    assert!(
        calls.contains(&ok(Op::Send, b"oneone")) && calls.contains(&ok(Op::Recv, b"twotwo")),
        "{calls:?}"
    );
    assert!(calls.contains(&(Op::Connect, Err(Errno::ECONNREFUSED), Vec::new())), "{calls:?}");
    let threads = run.trace.records().filter(|r| matches!(r.what, What::Thread { .. })).count();
    assert!(threads >= 4, "{threads} threads");
}

#[test]
fn asyncio_is_seen_with_its_waiting() {
    let source = r#"
import asyncio
async def serve(reader, writer):
    writer.write((await reader.read(100)).upper())
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write("你好 hello".encode())
    print((await reader.read(100)).decode())
    writer.close()
    await writer.wait_closed()
    server.close()
asyncio.run(main())
"#;
    let run = record(&[("aio.py", source)], &["python3", "aio.py"]);
    assert_eq!(run.stdout(), "你好 HELLO\n");
    let calls = run.calls("aio.py");
    for expected in [ok(Op::Send, "你好 hello".as_bytes()), ok(Op::Recv, "你好 HELLO".as_bytes())] {
        assert!(calls.contains(&expected), "{calls:?}");
    }
    assert!(calls.iter().any(|(op, ..)| *op == Op::Poll), "{calls:?}");
    assert!(calls.contains(&(Op::Connect, Err(Errno::EINPROGRESS), Vec::new())), "{calls:?}");
}

#[test]
fn datagrams_and_messages_keep_their_borders() {
    let source = r#"
import socket
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0))
b = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); b.bind(("::1", 0)); b.close()
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.bind(("127.0.0.1", 0))
b.sendto(b"hello world!", a.getsockname())
data, peer = a.recvfrom(1024)
a.sendmsg([data.upper()[:5], data.upper()[5:]], [], 0, peer)
print(b.recvmsg(1024)[0].decode())
b.connect(a.getsockname())
a.sendto(b"peek", peer)
b.recv(10, socket.MSG_PEEK)
print(b.recv(10).decode())
"#;
    let run = record(&[("udp.py", source)], &["python3", "udp.py"]);
    assert_eq!(run.stdout(), "HELLO WORLD!\npeek\n");
    let expected = [
        ok(Op::SendTo, b"hello world!"),
        ok(Op::RecvFrom, b"hello world!"),
        ok(Op::SendMsg, b"HELLO WORLD!"),
        ok(Op::RecvMsg, b"HELLO WORLD!"),
        ok(Op::SendTo, b"peek"),
        ok(Op::Recv, b"peek"),
    ];
    assert_eq!(run.transfers("udp.py"), expected);
}

#[test]
fn files_and_long_sends_are_told_whole() {
    let source = r#"
import os, socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
c = socket.create_connection(s.getsockname()); d, _ = s.accept()
open("data.bin", "wb").write(bytes(range(256)) * 300)
with open("data.bin", "rb") as f:
    os.sendfile(c.fileno(), f.fileno(), 256, 512)
got = b""
while len(got) < 512:
    got += d.recv(4096)
os.write(c.fileno(), b"by write()")
os.read(d.fileno(), 100)
e = os.dup(c.fileno()); c.close()
os.writev(e, [b"by ", b"writev()"])
d.recv(100)
big = b"x" * 100000
os.write(e, big)
n = 0
while n < len(big):
    n += len(d.recv(65536))
print(len(got))
"#;
    let run = record(&[("files.py", source)], &["python3", "files.py"]);
    assert_eq!(run.stdout(), "512\n");
    let up = run.trace.read_stream(
        trace::StreamRange {
            stream: trace::ConnectionId(0).stream(trace::Side::Client),
            start: 0,
            end: 512 + 10 + 11 + 100_000,
        },
        usize::MAX,
    );
    let file: Vec<u8> = (0..=255).collect::<Vec<u8>>().repeat(300);
    let expected = [&file[256..768], b"by write()", b"by writev()", &b"x".repeat(100_000)].concat();
    assert_eq!(up.len(), expected.len());
    assert!(up == expected);
}

#[test]
fn the_programs_end_is_kept() {
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)] {
        let run = record(&[], &["sh", "-c", script]);
        assert_eq!(run.output.status.code(), Some(code), "{script}");
    }
    // A program that is not there costs no recording.
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old.fwtrace");
    std::fs::write(&old, "an old recording").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_framewire"))
        .args(["record", "--out", old.to_str().unwrap(), "--", "no-such-program-anywhere"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot start no-such-program-anywhere"), "{said}");
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "an old recording");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_framewire"))
        .args(["record", "--out", "/no/such/folder/x.fwtrace", "--", "true"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("/no/such/folder/x.fwtrace"), "{said}");
    // A disk that is full from the start.
    let output = Command::new(env!("CARGO_BIN_EXE_framewire"))
        .args(["record", "--out", "/dev/full", "--", "true"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("/dev/full") && said.contains("No space left"), "{said}");
}
