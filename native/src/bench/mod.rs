//! `framewire bench`: a closed-loop load generator. Every connection keeps a fixed number of messages under way and sends the
//! next when an answer is there, so the server is never asked for more than it gives.

mod datagram;
mod report;
mod stream;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use framewire::framing::{Encoder, Framing};
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::listen::{self, Transport};
use crate::serve::session;
use crate::units::{parse_seconds, parse_size, parse_threads};
pub use report::Report;

const EXAMPLES: &str = "\
Examples:
  framewire bench tcp :9002 --framing json-header:data_size           64 connections, 12-byte messages, 5 seconds
  framewire bench tcp :9002 --framing json-header:data_size -c 1 -p 64  one connection, 64 messages under way
  framewire bench tcp :9001 --payload 64KiB -c 8                      large messages to the plain echo
  framewire bench udp :9001 -c 1 -p 64                                datagrams, 64 under way
  framewire bench tcp :9001 --json                                    one JSON object for a script

The server must answer every message with one of the same size: an echo, upper-casing or not.";

/// Longest latency that the histogram tells apart.
const LONGEST: u64 = 60_000_000_000;
/// Messages under way on all connections of one thread.
const MAX_OUTSTANDING: usize = 1 << 20;

/// Loads a server and measures it.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct BenchArgs {
    /// How to talk to it
    #[arg(value_enum)]
    pub transport: Transport,
    /// The server: HOST:PORT, or :PORT on this machine
    #[arg(value_name = "ADDR")]
    pub addr: String,
    /// How messages are cut out of the byte stream (TCP)
    #[arg(long, value_name = "SPEC", default_value = "none")]
    pub framing: String,
    /// Connections (with udp: sockets)
    #[arg(short, long, value_name = "N", default_value_t = 64)]
    pub connections: usize,
    /// Messages under way on each connection
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub pipeline: usize,
    /// Size of a message's payload
    #[arg(long, value_name = "BYTES", default_value = "12", value_parser = parse_size)]
    pub payload: usize,
    /// Seconds of measuring
    #[arg(short, long, value_name = "S", default_value = "5", value_parser = parse_seconds)]
    pub duration: Duration,
    /// Seconds of running before measuring
    #[arg(long, value_name = "S", default_value = "0.5", value_parser = parse_seconds)]
    pub warmup: Duration,
    /// Threads that generate load; each has its share of the connections
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_threads)]
    pub threads: usize,
    /// Send every datagram by itself, without segmentation offload (udp)
    #[arg(long)]
    pub no_gso: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// What every generating thread needs.
#[derive(Debug)]
struct Load {
    peer: SocketAddr,
    framing: Option<Framing>,
    limits: framewire::framing::Limits,
    /// One message as it is sent, and the payload of its answer in either case.
    request: Vec<u8>,
    plain: Vec<u8>,
    upper: Vec<u8>,
    pipeline: usize,
    gso: bool,
    warm_until: Instant,
    end: Instant,
    /// Messages answered so far, for the progress bar.
    answered: AtomicU64,
}

/// What one thread measured.
#[derive(Debug)]
struct Measured {
    latency: Histogram<u64>,
    messages: u64,
    bytes: u64,
    wrong: u64,
    lost: u64,
    broken: u64,
    first_error: Option<String>,
}

impl Measured {
    fn new() -> anyhow::Result<Self> {
        let latency = Histogram::new_with_bounds(1, LONGEST, 3).context("the histogram")?;
        Ok(Measured { latency, messages: 0, bytes: 0, wrong: 0, lost: 0, broken: 0, first_error: None })
    }

    /// Forgets what was measured while warming up; faults are kept.
    fn begin(&mut self) {
        self.latency.reset();
        (self.messages, self.bytes) = (0, 0);
    }

    fn answered(&mut self, asked: Instant, now: Instant, bytes: usize) {
        self.latency.saturating_record(u64::try_from((now - asked).as_nanos()).unwrap_or(LONGEST).max(1));
        self.messages += 1;
        self.bytes += bytes as u64;
    }

    fn broke(&mut self, error: &dyn std::fmt::Display) {
        self.broken += 1;
        self.first_error.get_or_insert_with(|| error.to_string());
    }

    fn add(&mut self, other: &Measured) -> anyhow::Result<()> {
        self.latency.add(&other.latency).context("the histogram")?;
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.wrong += other.wrong;
        self.lost += other.lost;
        self.broken += other.broken;
        if self.first_error.is_none() {
            self.first_error.clone_from(&other.first_error);
        }
        Ok(())
    }
}

impl Load {
    fn new(args: &BenchArgs) -> anyhow::Result<Self> {
        let framing = session::framing(&args.framing)?;
        let limits = session::limits(64 << 10, args.payload.max(1 << 20));
        let plain: Vec<u8> = b"hello world!".iter().copied().cycle().take(args.payload).collect();
        let mut request = Vec::new();
        match &framing {
            Some(framing) => Encoder::new(framing, limits).encode(&plain, &mut request)?,
            None => request.clone_from(&plain),
        }
        anyhow::ensure!(!request.is_empty(), "--payload 0 sends nothing without --framing");
        anyhow::ensure!(args.connections > 0 && args.pipeline > 0, "--connections and --pipeline begin at 1");
        anyhow::ensure!(
            args.connections.saturating_mul(args.pipeline) <= MAX_OUTSTANDING,
            "at most {MAX_OUTSTANDING} messages under way: lower --connections or --pipeline"
        );
        anyhow::ensure!(
            args.transport == Transport::Udp || !args.no_gso,
            "--no-gso is for udp: it is about datagrams"
        );
        anyhow::ensure!(!args.duration.is_zero(), "--duration 0 measures nothing");
        if args.transport == Transport::Udp {
            anyhow::ensure!(framing.is_none(), "--framing is for tcp: a datagram is a message already");
            anyhow::ensure!(args.payload <= 65_507, "a datagram carries at most 65507 bytes");
        }
        let start = Instant::now();
        Ok(Load {
            peer: listen::resolve(&args.addr)?,
            framing,
            limits,
            request,
            upper: plain.to_ascii_uppercase(),
            plain,
            pipeline: args.pipeline,
            gso: !args.no_gso,
            warm_until: start + args.warmup,
            end: start + args.warmup + args.duration,
            answered: AtomicU64::new(0),
        })
    }

    /// Whether an answer is what an echo server would say. Long ones are looked at where they begin and end.
    fn is_right(&self, answer: &[u8]) -> bool {
        const LOOK: usize = 64;
        let same = |expected: &[u8]| {
            expected.len() == answer.len()
                && (expected.get(..LOOK), expected.last_chunk::<LOOK>())
                    == (answer.get(..LOOK), answer.last_chunk::<LOOK>())
                && (expected.len() > LOOK || expected == answer)
        };
        same(&self.upper) || same(&self.plain)
    }
}

/// Runs the load and prints the report.
pub fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let report = measure(args)?;
    match args.json {
        true => crate::say::line(serde_json::to_string(&report)?),
        false => crate::say::line(report.to_string().trim_end()),
    }
    anyhow::ensure!(report.wrong == 0, "{} answers were wrong", report.wrong);
    Ok(())
}

/// Runs the load.
///
/// # Errors
/// When the server cannot be reached, or every connection broke.
pub fn measure(args: &BenchArgs) -> anyhow::Result<Report> {
    listen::raise_open_files();
    let threads = args.threads.clamp(1, args.connections.max(1));
    // Connecting takes its time with many connections: the clock starts when all stand.
    let probe = Load::new(args)?;
    let mut shares: Vec<usize> = vec![args.connections / threads; threads];
    shares.iter_mut().take(args.connections % threads).for_each(|share| *share += 1);
    let sockets = shares
        .into_iter()
        .map(|share| match args.transport {
            Transport::Tcp => stream::connect(probe.peer, share).map(Sockets::Tcp),
            Transport::Udp => datagram::connect(probe.peer, share, probe.gso).map(Sockets::Udp),
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let load = Arc::new(Load::new(args)?);
    let (begin, processor) = (Instant::now(), processor_time());
    let workers: Vec<_> = sockets
        .into_iter()
        .map(|sockets| {
            let load = load.clone();
            std::thread::spawn(move || match sockets {
                Sockets::Tcp(streams) => stream::run(&load, streams),
                Sockets::Udp(sockets) => datagram::run(&load, sockets),
            })
        })
        .collect();
    progress(&load, args.json);
    let mut all = Measured::new()?;
    for worker in workers {
        let measured = worker.join().map_err(|_| anyhow::anyhow!("a generating thread failed"))??;
        all.add(&measured)?;
    }
    if let (0, Some(error)) = (all.messages, &all.first_error) {
        anyhow::bail!("no answer from {}: {error}", load.peer);
    }
    anyhow::ensure!(all.messages > 0, "no answer from {}: is it an echo server of this framing?", load.peer);
    let (taken, whole) = (processor_time() - processor, begin.elapsed().as_secs_f64() * threads as f64);
    Ok(Report::new(args, &all, taken / whole))
}

/// Processor time that this process has taken, in seconds.
fn processor_time() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF);
    usage.map_or(0.0, |usage| {
        [usage.user_time(), usage.system_time()].iter().map(|time| time.num_microseconds() as f64 / 1e6).sum()
    })
}

enum Sockets {
    Tcp(Vec<mio::net::TcpStream>),
    Udp(Vec<std::net::UdpSocket>),
}

fn progress(load: &Load, quiet: bool) {
    if quiet || !std::io::stderr().is_terminal() {
        return;
    }
    let whole = load.end.saturating_duration_since(Instant::now());
    let bar = ProgressBar::new(whole.as_millis() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {msg}") {
        bar.set_style(style);
    }
    let (mut before, mut since) = (0, Instant::now());
    while Instant::now() < load.end {
        std::thread::sleep(Duration::from_millis(200));
        let (answered, now) = (load.answered.load(Ordering::Relaxed), Instant::now());
        let rate = (answered - before) as f64 / (now - since).as_secs_f64();
        (before, since) = (answered, now);
        bar.set_position((whole - load.end.saturating_duration_since(now).min(whole)).as_millis() as u64);
        bar.set_message(format!("{rate:.0} messages/s"));
    }
    bar.finish_and_clear();
}
