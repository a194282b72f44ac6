//! The course's three servers beside the page, in one process.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use framewire::framing::Limits;
use tokio::task::JoinSet;

use super::WebArgs;
use super::live::Feeds;
use crate::listen;
use crate::record::{Recorder, RecorderOptions};
use crate::reply::Reply;
use crate::serve::limits::{Budget, Limits as TimeLimits};
use crate::serve::{Service, session, tcp, udp};
use crate::shutdown::Shutdown;

/// The framing of the framed echo server.
pub const FRAMING: &str = "json-header:data_size";

/// The servers that run.
pub struct Demo {
    echo: SocketAddr,
    framed: SocketAddr,
    tasks: JoinSet<()>,
    recorders: Vec<Recorder>,
    /// Where the recordings stand that the page watches; they go with the servers.
    _folder: tempfile::TempDir,
}

/// A recording of a demo server begins anew at this size, and one old file is kept.
pub const ROTATE_AT: u64 = 32 << 20;

/// Records a server for the page to watch.
fn recorded(folder: &Path, feeds: &Feeds, framing: &str, name: &str) -> anyhow::Result<Recorder> {
    let path = folder.join(format!("{name}.fwtrace").replace(' ', "-"));
    let options = RecorderOptions { rotate_at: ROTATE_AT, keep: 1, ..RecorderOptions::server(framing) };
    let recorder = Recorder::create(&path, options)?;
    feeds.add(name, &path, None)?;
    Ok(recorder)
}

/// Starts TCP and UDP upper-casing echo on one port, and the framed echo.
pub fn start(args: &WebArgs, shutdown: &Shutdown, feeds: &Feeds) -> anyhow::Result<Demo> {
    let echo_tcp = listen::tcp(listen::resolve(&args.echo_addr)?)?;
    let echo = echo_tcp.local_addr()?;
    let echo_udp = listen::udp(echo, udp::SOCKET_BUFFER)?;
    let framed_tcp = listen::tcp(listen::resolve(&args.framed_addr)?)?;
    let framed = framed_tcp.local_addr()?;
    let folder = tempfile::Builder::new().prefix("framewire-").tempdir().context("no room for recordings")?;
    let record = |framing: &str, name: String| recorded(folder.path(), feeds, framing, &name);
    let recorders = vec![
        record("none", format!("TCP echo {echo}"))?,
        record("none", format!("UDP echo {echo}"))?,
        record(FRAMING, format!("framed echo {framed}"))?,
    ];
    let of = |n: usize| recorders.get(n).cloned();
    let (plain_tcp, plain_udp) = (service(None, shutdown, of(0)), service(None, shutdown, of(1)));
    let framing = session::framing(FRAMING)?;
    let codec = framing.map(|framing| session::Codec::new(framing, Limits::DEFAULT));
    let framed_service = Arc::new(service(codec, shutdown, of(2)));
    let mut tasks = JoinSet::new();
    let name = |name: &'static str| {
        move |result: std::io::Result<_>| {
            if let Err(error) = result {
                tracing::error!(%error, "the {name} server stopped");
            }
        }
    };
    let (tcp_service, udp_service) = (Arc::new(plain_tcp), Arc::new(plain_udp));
    tasks.spawn(async move { name("TCP echo")(tcp::serve(echo_tcp, tcp_service).await) });
    tasks.spawn(async move { name("UDP echo")(udp::serve(echo_udp, udp_service).await) });
    tasks.spawn(async move { name("framed echo")(tcp::serve(framed_tcp, framed_service).await) });
    Ok(Demo { echo, framed, tasks, recorders, _folder: folder })
}

/// A server of the course with these parts.
pub fn service(codec: Option<session::Codec>, shutdown: &Shutdown, recorder: Option<Recorder>) -> Service {
    Service {
        codec,
        reply: Reply::Upper,
        greet: None,
        hang_up: false,
        once: false,
        max_connections: 4096,
        limits: TimeLimits {
            // In class a client may sit at its `input()` for a long time.
            idle: Duration::from_secs(3600),
            header: Duration::from_secs(120),
            frame: Duration::from_secs(600),
            linger: Duration::from_secs(2),
            grace: Duration::from_secs(2),
        },
        budget: Budget::new(256 << 20),
        shutdown: shutdown.clone(),
        recorder,
    }
}

impl Demo {
    /// Waits until all of them have ended (after shutdown has begun).
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
        self.recorders.iter().for_each(Recorder::finish);
    }

    /// The addresses, for scripts.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "tcp": self.echo.to_string(), "udp": self.echo.to_string(), "framed": self.framed.to_string(),
            "framing": FRAMING,
        })
    }
}

impl fmt::Display for Demo {
    /// The addresses, and what to type to try them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (echo, framed) = (listen::reachable(self.echo), listen::reachable(self.framed));
        let host = format!("(\"{}\", {})", echo.ip(), echo.port());
        let framed_host = format!("(\"{}\", {})", framed.ip(), framed.port());
        let import = "from socket import *;";
        write!(
            f,
            "
TCP upper-casing echo: {echo}
  framewire send tcp {echo} 'hello hello'
  python3 -c 'from socket import *; s = create_connection({host}); s.send(b\"hello hello\"); print(s.recv(1024).decode())'
UDP upper-casing echo: {echo}
  framewire send udp {echo} 'hello world!'
  python3 -c '{import} s = socket(AF_INET, SOCK_DGRAM); s.sendto(b\"hello world!\", {host}); print(s.recvfrom(1024)[0].decode())'
framed upper-casing echo ({FRAMING}): {framed}
  framewire send tcp {framed} --framing {FRAMING} 'hello frame'
  python3 -c 'import json, struct; {import} s = create_connection({framed_host}); d = b\"hello frame\"; h = json.dumps({{\"data_size\": len(d)}}).encode(); s.sendall(struct.pack(\"i\", len(h)) + h + d); f = s.makefile(\"rb\"); n = struct.unpack(\"i\", f.read(4))[0]; print(f.read(json.loads(f.read(n))[\"data_size\"]).decode())'
"
        )
    }
}
