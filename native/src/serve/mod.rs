//! `framewire serve`: the servers of the course, and any other that answers what it hears.

pub mod conn;
pub mod limits;
pub mod session;
pub mod tcp;
pub mod udp;

use std::io::Write;
use std::net::SocketAddr;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::listen::{self, Transport};
use crate::record::{Recorder, RecorderOptions};
use crate::reply::{Reply, bytes_of};
use crate::shutdown::Shutdown;
use crate::units::{parse_count, parse_length, parse_seconds, parse_size, parse_threads};
use crate::web::link::{Link, Target};
use limits::{Budget, Limits};
use session::{Codec, Session};

const EXAMPLES: &str = "\
Examples:
  framewire serve tcp                                     upper-casing echo on 127.0.0.1:9001
  framewire serve udp --listen 127.0.0.1:9001             the same for datagrams
  framewire serve tcp --framing json-header:data_size     framed upper-casing echo, many clients at once
  framewire serve tcp --framing json-header:size --greet 'Hello Client!' --reply discard --hang-up --once
                                                          the one-shot greeting of the course
  framewire serve tcp --record hello.fwtrace              and `framewire web hello.fwtrace` draws it
  framewire serve tcp --web                               watched while it runs, in the page of `framewire web`
  framewire serve tcp --listen 127.0.0.1:0 --json         a free port, printed as JSON for a script";

/// Turns that tasks get between two looks at the sockets.
const EVENT_INTERVAL: u32 = 512;

/// Answers TCP connections or UDP datagrams.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// What to listen for
    #[arg(value_enum)]
    pub transport: Transport,
    /// Address and port; port 0 lets the system choose and the choice is printed
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9001")]
    pub listen: String,
    /// How messages are cut out of the byte stream: none, json-header:KEY, … (`framewire inspect --help` lists all)
    #[arg(long, value_name = "SPEC", default_value = "none")]
    pub framing: String,
    /// The answer: upper, echo, discard, file:PATH, or any TEXT (text:TEXT when it is one of these words)
    #[arg(long, value_name = "ANSWER", default_value = "upper")]
    pub reply: String,
    /// Sent to every client as soon as it connects: TEXT or file:PATH (TCP only)
    #[arg(long, value_name = "TEXT")]
    pub greet: Option<String>,
    /// Close after the greeting or, without one, after the first answer (TCP only)
    #[arg(long)]
    pub hang_up: bool,
    /// Serve one connection (one datagram with udp), then exit
    #[arg(long)]
    pub once: bool,
    /// Connections at a time; further ones wait in the kernel's queue
    #[arg(long, value_name = "N", default_value = "20000", value_parser = parse_count)]
    pub max_connections: usize,
    /// Seconds without a byte in either direction that end a connection; 0: never
    #[arg(long, value_name = "S", default_value = "300", value_parser = parse_seconds)]
    pub idle_timeout: Duration,
    /// Seconds that a frame's header may take from its first byte; 0: for ever
    #[arg(long, value_name = "S", default_value = "30", value_parser = parse_seconds)]
    pub header_timeout: Duration,
    /// Seconds that a whole frame may take from its first byte; 0: for ever
    #[arg(long, value_name = "S", default_value = "120", value_parser = parse_seconds)]
    pub frame_timeout: Duration,
    /// Seconds that frames in flight may take after the first Ctrl-C
    #[arg(long, value_name = "S", default_value = "5", value_parser = parse_seconds)]
    pub grace: Duration,
    /// Longest header of a frame
    #[arg(long, value_name = "BYTES", default_value = "64KiB", value_parser = parse_size)]
    pub max_header: usize,
    /// Longest payload of a frame
    #[arg(long, value_name = "BYTES", default_value = "16MiB", value_parser = parse_size)]
    pub max_payload: usize,
    /// Bytes that all connections together may hold in unfinished frames and untaken answers
    #[arg(long, value_name = "BYTES", default_value = "512MiB", value_parser = parse_size)]
    pub max_buffered: usize,
    /// Threads that serve; default: one a core, at most four
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<usize>,
    /// Write every socket call with its bytes to this .fwtrace file, as it happens
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Start a new recording when the file reaches this size (x.fwtrace becomes x.1.fwtrace, and so on)
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = parse_length)]
    pub record_size: usize,
    /// Old recordings kept
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub record_keep: usize,
    /// Where it can be watched
    #[command(flatten)]
    pub link: Link,
    /// Print what a machine reads: one JSON object a line on standard output
    #[arg(long)]
    pub json: bool,
}

/// What a server counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Connections that ended.
    pub connections: u64,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Frames or datagrams received.
    pub messages: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.connections += other.connections;
        self.received += other.received;
        self.sent += other.sent;
        self.messages += other.messages;
    }
}

/// What all connections of one server share.
#[derive(Debug)]
pub struct Service {
    /// How messages are cut out of the stream; `None`: they are not.
    pub codec: Option<Codec>,
    /// The answer.
    pub reply: Reply,
    /// The first thing that a client hears.
    pub greet: Option<Vec<u8>>,
    /// Close after the greeting or the first answer.
    pub hang_up: bool,
    /// Serve one connection or datagram only.
    pub once: bool,
    /// Connections at a time.
    pub max_connections: usize,
    /// Times that a peer must keep.
    pub limits: Limits,
    /// Bytes that all connections may hold.
    pub budget: Budget,
    /// The switch that ends it.
    pub shutdown: Shutdown,
    /// Where socket calls are recorded, if anywhere.
    pub recorder: Option<Recorder>,
}

impl Service {
    /// The framing and answering state of a fresh connection.
    pub fn session(self: &Arc<Self>) -> Session {
        Session::new(self.clone())
    }

    /// The service that command-line options describe.
    pub fn from_args(args: &ServeArgs, record: Option<&Target>, shutdown: Shutdown) -> anyhow::Result<Self> {
        let framing = session::framing(&args.framing)?;
        if args.transport == Transport::Udp && (framing.is_some() || args.greet.is_some()) {
            anyhow::bail!(
                "--framing and --greet are for tcp: a datagram is a message already, and udp has no connections"
            );
        }
        if args.transport == Transport::Udp && args.hang_up {
            anyhow::bail!("--hang-up is for tcp: with udp there is no connection to close");
        }
        let recorder = record.map(|target| {
            Recorder::create(
                &target.path,
                RecorderOptions {
                    rotate_at: args.record_size as u64,
                    keep: args.record_keep,
                    ..RecorderOptions::server(&args.framing)
                },
            )
        });
        let service = Service {
            codec: framing.map(|f| Codec::new(f, session::limits(args.max_header, args.max_payload))),
            reply: args.reply.parse()?,
            greet: args.greet.as_deref().map(bytes_of).transpose()?,
            hang_up: args.hang_up,
            once: args.once,
            max_connections: args.max_connections,
            limits: Limits {
                idle: args.idle_timeout,
                header: args.header_timeout,
                frame: args.frame_timeout,
                linger: Duration::from_secs(2),
                grace: args.grace,
            },
            budget: Budget::new(args.max_buffered),
            shutdown,
            recorder: recorder.transpose()?,
        };
        Ok(service)
    }
}

/// A runtime with `threads` workers (default: one a core that this process may use, at most four).
pub fn runtime(threads: Option<usize>) -> std::io::Result<tokio::runtime::Runtime> {
    let threads =
        threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4)));
    let mut builder = match threads {
        0 | 1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    // Connections take their turns from one look at the sockets to the next: with a thousand of them ready, looking
    // more often is only more system calls.
    builder.event_interval(EVENT_INTERVAL).enable_all().build()
}

/// Runs the server until it is done or a signal ends it.
pub fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let addr = listen::resolve(&args.listen)?;
    listen::raise_open_files();
    runtime(args.threads)?.block_on(async {
        let shutdown = Shutdown::new();
        let target = args.link.target(args.record.as_deref())?;
        let service = Arc::new(Service::from_args(args, target.as_ref(), shutdown.clone())?);
        let shown = |addr: SocketAddr| {
            let name = format!("serve {} {addr}", args.transport.name());
            args.link.announce(&name, target.as_ref())
        };
        // A greeting that every client would be refused is refused now.
        service.session().greet(&mut Vec::new())?;
        let recorder = service.recorder.clone();
        shutdown.on_signals()?;
        let totals = match args.transport {
            Transport::Tcp => {
                let listener = listen::tcp(addr)?;
                shown(listener.local_addr()?)?;
                announce(args, listener.local_addr()?)?;
                tcp::serve(listener, service).await?
            }
            Transport::Udp => {
                let socket = listen::udp(addr, udp::SOCKET_BUFFER)?;
                shown(socket.local_addr()?)?;
                announce(args, socket.local_addr()?)?;
                udp::serve(socket, service).await?
            }
        };
        if let Some(recorder) = recorder {
            recorder.finish();
        }
        if args.json {
            crate::say::line(serde_json::json!({ "event": "done", "totals": totals }));
        } else {
            tracing::info!(
                connections = totals.connections,
                messages = totals.messages,
                received = totals.received,
                sent = totals.sent,
                "done"
            );
        }
        Ok(())
    })
}

/// Says where the server listens: the first line of standard output, for people and scripts.
fn announce(args: &ServeArgs, addr: SocketAddr) -> std::io::Result<()> {
    let transport = args.transport.name();
    let mut out = crate::say::output();
    if args.json {
        let line = serde_json::json!({
            "event": "listening", "transport": transport, "address": addr.to_string(), "port": addr.port(),
            "framing": args.framing, "pid": std::process::id(),
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "listening on {transport} {addr} (framing {}, Ctrl-C ends it)", args.framing)?;
    }
    out.flush()
}
