//! The servers side by side: a Python threading server, a bare epoll loop, and ours, under the same load generator.
//!
//! Every server is a process of its own on one core, the generator is one on another; runs are interleaved, so that
//! whatever else the machine does falls on all alike. `--quick` runs less, `--json` prints one object a comparison.
#![allow(clippy::unwrap_used, reason = "a bench that cannot measure must stop")]

#[path = "native/epoll.rs"]
mod epoll;
#[path = "native/servers.rs"]
mod servers;

use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use servers::{
    Medians, Options, Server, bare_epoll, compare, cores, median, ours, python, row, spawn_on, start,
};

const FRAMING: &str = "json-header:data_size";

fn framed(options: &Options) {
    let (core, _) = cores();
    let ours_server = start(core, &mut ours(&["tcp", "--framing", FRAMING]));
    let epoll_server = start(core, &mut bare_epoll());
    let python_server = start(core, &mut python("framed_echo_server.py"));
    let servers = [&ours_server, &epoll_server, &python_server];
    let (messages, bytes) = ("messages_per_second", "bytes_per_second");
    for (name, args, field, unit, epoll_target, python_target) in [
        (
            "framed, 12 bytes, 64 connections",
            ["-c", "64", "-p", "1", "--payload", "12"],
            messages,
            "msg/s",
            0.95,
            6.0,
        ),
        (
            "framed, 12 bytes, 1000 connections",
            ["-c", "1000", "-p", "1", "--payload", "12"],
            messages,
            "msg/s",
            0.9,
            5.0,
        ),
        (
            "framed, 12 bytes, 64 under way on 1 connection",
            ["-c", "1", "-p", "64", "--payload", "12"],
            messages,
            "msg/s",
            0.9,
            12.0,
        ),
        (
            "framed, 64 KiB, 8 connections",
            ["-c", "8", "-p", "1", "--payload", "64KiB"],
            bytes,
            "B/s",
            0.9,
            4.0,
        ),
    ] {
        let args = [["tcp", "--framing", FRAMING].as_slice(), &args].concat();
        let medians = compare(options, &servers, &args, field);
        let rate = medians.rate;
        row(options, name, rate[0], ("bare epoll server", rate[1]), unit, ('>', epoll_target));
        row(options, name, rate[0], ("Python threading server", rate[2]), unit, ('>', python_target));
        let (cost, name) = (medians.cost, format!("{name}: the server's time"));
        let per = if field == bytes { "ns/B" } else { "ns/msg" };
        row(options, &name, cost[0], ("bare epoll server", cost[1]), per, ('<', 1.0 / epoll_target));
        row(options, &name, cost[0], ("Python threading server", cost[2]), per, ('<', 1.0 / python_target));
    }
}

fn recording(options: &Options) {
    let (core, _) = cores();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bench.fwtrace");
    let plain = start(core, &mut ours(&["tcp", "--framing", FRAMING]));
    let keep = ["--record-keep", "1", "--record-size", "64MiB"];
    let args = [["tcp", "--framing", FRAMING, "--record", file.to_str().unwrap()].as_slice(), &keep].concat();
    let recorded = start(core, &mut ours(&args));
    let load = ["tcp", "--framing", FRAMING, "-c", "64"];
    let medians = compare(options, &[&recorded, &plain], &load, "messages_per_second");
    let Medians { rate, cost } = medians;
    row(options, "framed with --record", rate[0], ("ours without", rate[1]), "msg/s", ('>', 0.9));
    let name = "framed with --record: the server's time";
    row(options, name, cost[0], ("ours without", cost[1]), "ns/msg", ('<', 1.0 / 0.9));
}

fn udp(options: &Options) {
    let (core, _) = cores();
    let ours_server = start(core, &mut ours(&["udp"]));
    let python_server = start(core, &mut python("udp_server.py"));
    let servers = [&ours_server, &python_server];
    for (name, args, target) in [
        // Sent singly, so that nothing but recvmmsg and sendmmsg batches what arrives.
        (
            "udp, 12 bytes, 64 clients of 4 datagrams, sent singly",
            ["-c", "64", "-p", "4", "--no-gso"].as_slice(),
            1.9,
        ),
        ("udp, 12 bytes, 64 clients of 1 datagram", &["-c", "64", "-p", "1"], 1.9),
        ("udp, 12 bytes, 1 client that batches 64", &["-c", "1", "-p", "64"], 4.5),
    ] {
        let args = [["udp"].as_slice(), args].concat();
        let medians = compare(options, &servers, &args, "messages_per_second");
        let Medians { rate, cost } = medians;
        row(options, name, rate[0], ("Python loop", rate[1]), "msg/s", ('>', target));
        let name = format!("{name}: the server's time");
        row(options, &name, cost[0], ("Python loop", cost[1]), "ns/msg", ('<', 1.0 / target));
    }
}

/// A port that is free just now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts what listens on `addr` without saying so.
fn start_silent(core: usize, command: &mut Command, addr: SocketAddr) -> Server {
    let child = spawn_on(core, command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    let server = Server { child, addr };
    let begin = Instant::now();
    while TcpStream::connect(addr).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{command:?} does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    server
}

/// Beside a plain proxy for TCP: one large stream of messages through each.
fn relay(options: &Options) {
    if Command::new("socat").arg("-V").output().is_err() {
        eprintln!("left out: socat is not installed");
        return;
    }
    let (core, generator) = cores();
    let target = start(generator, &mut ours(&["tcp", "--reply", "echo"]));
    let at = || SocketAddr::from(([127, 0, 0, 1], free_port()));
    let (relay_at, socat_at) = (at(), at());
    let mut relay = Command::new(env!("CARGO_BIN_EXE_framewire"));
    relay.args(["relay", &relay_at.to_string(), &target.addr.to_string()]);
    let mut socat = Command::new("socat");
    let listen = format!("TCP-LISTEN:{},bind=127.0.0.1,fork,reuseaddr,nodelay", socat_at.port());
    socat.args([listen, format!("TCP:{},nodelay", target.addr)]);
    let (relay, socat) = (start_silent(core, &mut relay, relay_at), start_silent(core, &mut socat, socat_at));
    let load = ["tcp", "-c", "4", "-p", "4", "--payload", "64KiB"];
    let medians = compare(options, &[&relay, &socat], &load, "bytes_per_second");
    let rate = medians.rate;
    row(options, "relay, 64 KiB messages", rate[0], ("socat", rate[1]), "B/s", ('>', 0.7));
}

const ROUND_TRIPS: &str = "
import socket, sys, threading
n = int(sys.argv[1])
s = socket.create_server(('127.0.0.1', 0))
def serve():
    c, _ = s.accept()
    while d := c.recv(1024):
        c.send(d.upper())
threading.Thread(target=serve, daemon=True).start()
c = socket.create_connection(s.getsockname())
for _ in range(n):
    c.send(b'hello world!')
    c.recv(1024)
";

/// A Python program's round trips under `record` and under strace: what each costs beside the program alone.
fn observed(options: &Options) {
    if Command::new("strace").arg("-V").output().is_err() {
        eprintln!("left out: strace is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("round_trips.py");
    std::fs::write(&program, ROUND_TRIPS).unwrap();
    let count = if options.quick { "1000" } else { "4000" };
    let python = |command: &mut Command| -> f64 {
        command.arg("python3").arg(&program).arg(count).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        assert!(command.status().unwrap().success(), "{command:?}");
        begin.elapsed().as_secs_f64() * 1e3
    };
    let mut times = [const { Vec::new() }; 3];
    for round in 0..options.rounds() {
        for i in 0..3 {
            let i = (i + round) % 3;
            let mut command = match i {
                0 => Command::new("env"),
                1 => Command::new(env!("CARGO_BIN_EXE_framewire")),
                _ => Command::new("strace"),
            };
            match i {
                0 => {}
                1 => drop(command.arg("record").arg("--out").arg(dir.path().join("r.fwtrace")).arg("--")),
                _ => drop(
                    command
                        .args(["-f", "-tt", "-s", "64", "-e", "trace=network", "-o"])
                        .arg(dir.path().join("s")),
                ),
            }
            times[i].push(python(&mut command));
        }
    }
    let [alone, ours, strace] = times.map(|mut times| median(&mut times));
    let loss = |time: f64| (time - alone).max(0.001);
    let name = format!("record: {count} round trips in Python, time added");
    row(options, &name, loss(ours), ("strace", loss(strace)), "ms", ('<', 3.0));
}

fn idle(options: &Options) {
    let allowed = framewire_native::listen::raise_open_files();
    let count = (allowed.saturating_sub(200) as usize).min(10_000);
    let server = start(cores().0, &mut ours(&["tcp", "--framing", FRAMING]));
    let connections: Vec<TcpStream> = (0..count)
        .map(|_| {
            let stream = TcpStream::connect(server.addr).unwrap();
            socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    drop(connections);
    let name = format!("memory with {count} idle connections");
    row(options, &name, kib / 1e3, ("budget", 100.0), "MB", ('<', 1.0));
}

fn start_up(options: &Options) {
    let mut times: Vec<f64> = (0..options.rounds())
        .map(|_| {
            let begin = Instant::now();
            drop(start(cores().0, &mut ours(&["tcp"])));
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    row(options, "start until it listens", median(&mut times), ("budget", 50.0), "ms", ('<', 1.0));
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|arg| arg == name);
    if has("--epoll-server") {
        return epoll::serve().unwrap();
    }
    // `cargo test --benches` asks every bench binary for its tests.
    if has("--list") || has("--test") {
        return;
    }
    let options = Options { quick: has("--quick"), json: has("--json") };
    let only = args.iter().find_map(|arg| arg.strip_prefix("--only="));
    for (name, part) in [
        ("framed", framed as fn(&Options)),
        ("recording", recording),
        ("udp", udp),
        ("relay", relay),
        ("record", observed),
        ("idle", idle),
        ("start", start_up),
    ] {
        if only.is_none_or(|only| only == name) {
            part(&options);
        }
    }
}
