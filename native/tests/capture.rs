//! `framewire capture` beside tcpdump: the same packets of the same run; and what it says without the right.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Process, Server, framewire, output, run};
use framewire::packet::capture::{Capture, read};
use framewire::trace::Trace;

/// Whether this process may capture; without the right only the refusal can be tested.
fn may_capture() -> bool {
    framewire_native::capture::socket::PacketSocket::open(None).is_ok()
}

fn capture(port: u16, file: &Path) -> Process {
    let mut process = Process::start(
        framewire().args(["capture", "--interface", "lo", "--port", &port.to_string()]).arg(file),
    );
    assert!(process.line().contains("capturing on lo"));
    process
}

/// A TCP conversation with a large message, which the kernel sends in large segments.
fn talk(server: &Server) {
    let addr = server.addr.to_string();
    let framing = ["--framing", "json-header:data_size"];
    run(framewire().args(["send", "tcp", &addr, "hello", "world"]).args(framing));
    let large = "x".repeat(100_000);
    run(framewire().args(["send", "tcp", &addr, &large, "--recv-size", "64KiB"]).args(framing));
    std::thread::sleep(Duration::from_millis(300));
}

/// tcpdump on the loopback, which writes what it sees of a port until it is dropped.
struct Tcpdump {
    child: std::process::Child,
    file: std::path::PathBuf,
}

impl Tcpdump {
    fn start(port: u16, file: &Path) -> Tcpdump {
        let mut tcpdump = Command::new("tcpdump");
        // Without the immediate mode tcpdump forgets, at its end, what its buffer holds.
        tcpdump.args(["-i", "lo", "--immediate-mode", "-U", "-B", "32768", "-s", "262144"]);
        tcpdump.args(["--time-stamp-precision=nano", "-w"]).arg(file).args(["port", &port.to_string()]);
        tcpdump.stdout(Stdio::null()).stderr(Stdio::piped());
        // The gate installs it (`cargo xtask test`): without it nothing is held against ours.
        let mut child = tcpdump.spawn().expect("tcpdump is not installed: apt-get install tcpdump");
        let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0, "tcpdump does not start");
        }
        Tcpdump { child, file: file.to_owned() }
    }

    /// Ends it, and gives its file.
    fn end(mut self) -> Vec<u8> {
        let child = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGINT).unwrap();
        self.child.wait().unwrap();
        std::fs::read(&self.file).unwrap()
    }
}

/// Packets' octets with when each was seen, in an order that does not depend on which processor was first: the kernel gives every
/// capturing socket its copies by itself, and two packets that pass at once on two processors may change places.
fn in_one_order(packets: impl Iterator<Item = (Vec<u8>, u64)>) -> Vec<(Vec<u8>, u64)> {
    let mut packets: Vec<_> = packets.collect();
    packets.sort_unstable();
    packets
}

/// The packets of a capture.
fn seen(capture: &Capture<'_>) -> Vec<(Vec<u8>, u64)> {
    in_one_order(capture.packets.iter().map(|packet| (packet.bytes.to_vec(), packet.epoch_nanos)))
}

/// The packets of a recording.
fn recorded(trace: &Trace) -> Vec<(Vec<u8>, u64)> {
    let epoch = trace.epoch_nanos().unwrap();
    let packets = trace.tables().packets.iter();
    in_one_order(
        packets.map(|row| (trace.packet_bytes(row), epoch + trace.time(row.sent).unwrap().as_nanos())),
    )
}

/// The same packets, each seen at the same moment: the kernel reads its clock once for each of the sockets.
fn assert_same(ours: &[(Vec<u8>, u64)], theirs: &[(Vec<u8>, u64)], apart: u64) {
    let same = ours.iter().zip(theirs).take_while(|(a, b)| a.0 == b.0).count();
    assert_eq!(
        (ours.len(), same),
        (theirs.len(), theirs.len()),
        "packets of ours, and how many are the same as tcpdump's"
    );
    for ((bytes, at), (_, other)) in ours.iter().zip(theirs) {
        assert!(at.abs_diff(*other) < apart, "{at} {other}: {:?}", bytes.get(..60));
    }
}

/// A Python server and its clients in one process: messages that fit a segment, and one that the kernel sends in large ones.
const CONVERSATION: &str = "
import socket, sys, threading
port = int(sys.argv[1])
listener = socket.create_server(('127.0.0.1', port))
def serve():
    for _ in range(2):
        c, _ = listener.accept()
        while data := c.recv(65536):
            c.sendall(data.upper())
        c.close()
t = threading.Thread(target=serve); t.start()
for message in [b'hello hello', b'x' * 100000]:
    s = socket.create_connection(('127.0.0.1', port))
    s.sendall(message)
    got = b''
    while len(got) < len(message): got += s.recv(65536)
    assert got == message.upper()
    s.close()
t.join()
print('talked', flush=True)
";

#[test]
fn the_packets_of_a_recorded_program_are_those_of_tcpdump() {
    if !may_capture() {
        eprintln!("left out: needs CAP_NET_RAW");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (program, ours) = (dir.path().join("talk.py"), dir.path().join("ours.fwtrace"));
    std::fs::write(&program, CONVERSATION).unwrap();
    let tcpdump = Tcpdump::start(port, &dir.path().join("theirs.pcap"));
    let mut record = framewire();
    record.args(["record", "--packets", "yes", "--out"]).arg(&ours).arg("--");
    let said = run(record.arg("python3").arg(&program).arg(port.to_string()));
    assert_eq!(said, "talked\n");
    // The last packets may still be on their way to tcpdump.
    std::thread::sleep(Duration::from_millis(300));
    let theirs = tcpdump.end();
    let theirs = read(&theirs).unwrap();
    let (trace, end) = framewire::trace::read(&std::fs::read(&ours).unwrap()).unwrap();
    assert_eq!(end, framewire::trace::End::Complete);
    // Two connections: at least two handshakes, two questions with their answers, two ends.
    assert!(theirs.packets.len() >= 14, "{}", theirs.packets.len());
    // Each at the same moment, and what the program did stands on the same clock.
    assert_same(&recorded(&trace), &seen(&theirs), 20_000_000);
    let sent: Vec<[u64; 2]> = trace.connections().iter().map(|connection| connection.sent).collect();
    assert_eq!(sent, [[11, 11], [100_000, 100_000]]);
}

#[test]
fn the_same_packets_as_tcpdump() {
    if !may_capture() {
        eprintln!("left out: needs CAP_NET_RAW");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start("tcp", &["--framing", "json-header:data_size"]);
    let (ours, theirs, trace) =
        (dir.path().join("ours.pcapng"), dir.path().join("theirs.pcap"), dir.path().join("ours.fwtrace"));
    let port = server.addr.port();
    let (mut pcapng, mut fwtrace) = (capture(port, &ours), capture(port, &trace));
    let tcpdump = Tcpdump::start(port, &theirs);
    talk(&server);
    for process in [&mut pcapng, &mut fwtrace] {
        process.signal("-INT");
        assert_eq!(process.wait(Duration::from_secs(10)), Some(0));
    }
    let (ours, theirs) = (std::fs::read(&ours).unwrap(), tcpdump.end());
    let (ours, theirs) = (read(&ours).unwrap(), read(&theirs).unwrap());
    // Two connections: at least two handshakes, two questions with their answers, two ends.
    assert!(theirs.packets.len() >= 14, "{}", theirs.packets.len());
    let lengths = |capture: &Capture<'_>| {
        let mut all: Vec<_> = capture.packets.iter().map(|p| (p.bytes.to_vec(), p.wire_len)).collect();
        all.sort_unstable();
        all
    };
    assert!(
        lengths(&ours) == lengths(&theirs),
        "{} and {} packets",
        ours.packets.len(),
        theirs.packets.len()
    );
    assert_same(&seen(&ours), &seen(&theirs), 5_000_000);
    // The trace holds the same packets.
    let (trace, end) = framewire::trace::read(&std::fs::read(&trace).unwrap()).unwrap();
    assert_eq!(end, framewire::trace::End::Complete);
    assert_same(&recorded(&trace), &seen(&theirs), 5_000_000);
    let first = theirs.packets.first().map_or(0, |p| p.epoch_nanos);
    assert!(trace.epoch_nanos().unwrap().abs_diff(first) < 5_000_000);
}

#[test]
fn tshark_reads_what_we_write() {
    if !may_capture() {
        eprintln!("left out: needs CAP_NET_RAW");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ours.pcapng");
    let server = Server::start("tcp", &["--framing", "json-header:data_size"]);
    let mut ours = capture(server.addr.port(), &file);
    talk(&server);
    ours.signal("-TERM");
    assert_eq!(ours.wait(Duration::from_secs(10)), Some(0));
    let fields =
        ["-T", "fields", "-e", "tcp.stream", "-e", "tcp.flags.syn", "-e", "tcp.len", "-e", "_ws.malformed"];
    let said = run(Command::new("tshark").arg("-r").arg(&file).args(fields));
    let rows: Vec<Vec<&str>> = said.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.iter().filter(|row| matches!(row[1], "1" | "True")).count(), 4, "two handshakes: {said}");
    let bytes: usize = rows.iter().map(|row| row[2].parse::<usize>().unwrap()).sum();
    assert!(bytes > 200_000, "{bytes} bytes of payload");
    assert!(rows.iter().all(|row| row.get(3).is_none_or(|malformed| malformed.is_empty())), "{said}");
}

#[test]
fn a_kill_leaves_all_that_came_before() {
    if !may_capture() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("killed.fwtrace");
    let server = Server::start("tcp", &["--framing", "json-header:data_size"]);
    let mut ours = capture(server.addr.port(), &file);
    talk(&server);
    ours.signal("-KILL");
    ours.wait(Duration::from_secs(10));
    let (trace, _) = framewire::trace::read(&std::fs::read(&file).unwrap()).unwrap();
    assert!(trace.tables().packets.len() >= 14);
}

#[test]
fn mistakes_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.pcapng");
    let said = |command: &mut Command| {
        let output = output(command);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    if may_capture() {
        let text = said(framewire().args(["capture", "-i", "nosuch0"]).arg(&file));
        assert!(text.contains("nosuch0") && text.contains("lo"), "{text}");
        let text = said(framewire().args(["capture", "x.txt"]));
        assert!(text.contains(".fwtrace") && text.contains(".pcapng"), "{text}");
        let text = said(framewire().args(["capture", "/no/such/dir/x.pcapng"]));
        assert!(text.contains("/no/such/dir"), "{text}");
        // The same as a user without rights; setpriv is part of util-linux.
        let mut poor = Command::new("setpriv");
        poor.args(["--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"]);
        let program = framewire().get_program().to_owned();
        let text = said(poor.arg(program).arg("capture").arg(&file));
        assert!(text.contains("CAP_NET_RAW") && text.contains("setcap cap_net_raw+ep"), "{text}");
        assert!(!file.exists());
    } else {
        let text = said(framewire().arg("capture").arg(&file));
        assert!(text.contains("CAP_NET_RAW") && text.contains("setcap cap_net_raw+ep"), "{text}");
    }
}
