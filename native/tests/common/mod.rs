//! What the tests share: servers as processes, Python peers, a relay that slices.
#![allow(dead_code, reason = "every test file uses its own part of it")]
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The binary under test.
pub fn framewire() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewire"));
    command.env_remove("FRAMEWIRE_LOG");
    command
}

/// A Python peer of tests/peers. Without python3 the tests fail: these programs are what everything is for.
pub fn python(peer: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/peers").join(peer));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs to its end; fails the test with everything it printed unless it succeeds.
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs to its end, whatever that is.
pub fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A process that is killed when the test ends.
pub struct Process {
    pub child: Child,
    pub lines: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().unwrap());
        Process { child, lines }
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for the end; the exit status' code.
    pub fn wait(&mut self, limit: Duration) -> Option<i32> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "still running after {limit:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `framewire serve` on a free port.
pub struct Server {
    pub process: Process,
    pub addr: SocketAddr,
}

impl Server {
    /// `framewire serve TRANSPORT ARGS…`
    pub fn start(transport: &str, args: &[&str]) -> Server {
        Server::spawn(framewire().args(["-q", "serve", transport]).args(args))
    }

    pub fn spawn(command: &mut Command) -> Server {
        let mut process = Process::start(command.args(["--listen", "127.0.0.1:0", "--json"]));
        let line = process.line();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?}: {e}"));
        Server { addr: said["address"].as_str().unwrap().parse().unwrap(), process }
    }

    /// A Python server that prints its port.
    pub fn python(peer: &str) -> Server {
        let mut process = Process::start(&mut python(peer));
        let line = process.line();
        let port: u16 = line.parse().unwrap_or_else(|e| panic!("{peer} printed {line:?}: {e}"));
        Server { addr: ([127, 0, 0, 1], port).into(), process }
    }

    pub fn connect(&self) -> TcpStream {
        connect(self.addr)
    }
}

/// A connection whose reads fail after a while, so that no test hangs.
pub fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends, then reads exactly `expected`.
pub fn exchange(stream: &mut TcpStream, message: &[u8], expected: &[u8]) {
    stream.write_all(message).unwrap();
    let mut got = vec![0; expected.len()];
    stream.read_exact(&mut got).unwrap();
    assert!(got == expected, "got {:?}", String::from_utf8_lossy(&got));
}

/// A frame of `json-header:data_size`, written here by hand.
pub fn frame(data: &[u8]) -> Vec<u8> {
    let header = format!("{{\"data_size\": {}}}", data.len());
    let mut frame = u32::try_from(header.len()).unwrap().to_le_bytes().to_vec();
    frame.extend_from_slice(header.as_bytes());
    frame.extend_from_slice(data);
    frame
}

/// Passes every connection on to `upstream`, one byte at a time, half-closes too. Gives its address.
pub fn slicing_relay(upstream: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(server)) = (client, TcpStream::connect(upstream)) else { continue };
            let (client2, server2) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || slice(client, server));
            std::thread::spawn(move || slice(server2, client2));
        }
    });
    addr
}

fn slice(mut from: TcpStream, mut to: TcpStream) {
    to.set_nodelay(true).unwrap();
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => {
                for byte in &buffer[..n] {
                    if to.write_all(std::slice::from_ref(byte)).is_err() {
                        return;
                    }
                }
            }
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
