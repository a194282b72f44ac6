//! `framewire relay`: between two real programs, without root, it splits and joins, delays and breaks what passes.

pub mod knobs;
pub mod shape;
pub mod tcp;
pub mod udp;

use std::net::SocketAddr;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::sync::watch;

use crate::listen;
use crate::record::{Recorder, RecorderOptions};
use crate::say;
use crate::serve;
use crate::shutdown::Shutdown;
use crate::units::{parse_count, parse_length, parse_millis, parse_seconds, parse_size};
use crate::web::link::Link;
use shape::Shape;
use udp::Mishaps;

const EXAMPLES: &str = "\
Examples:
  framewire relay 9003 127.0.0.1:9001 --slice 1            every byte in a segment of its own (拆包)
  framewire relay 9003 127.0.0.1:9001 --coalesce 50        messages of 50 ms stick together (粘包)
  framewire relay 9003 127.0.0.1:9002 --stall 2:3          after 2 bytes nothing for 3 seconds
  framewire relay 9003 127.0.0.1:9001 --reset-after 8      RST to both after 8 bytes
  framewire relay 9003 127.0.0.1:9001 --udp --loss 0.2     every fifth datagram is lost
  framewire relay 9003 127.0.0.1:9001 --record r.fwtrace   and `framewire web r.fwtrace` draws both sides";

/// Stands between two programs and changes how their bytes travel.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RelayArgs {
    /// Where to listen: HOST:PORT, or a port of 127.0.0.1
    pub listen: String,
    /// Where to pass everything on to
    pub target: String,
    /// Relay datagrams instead of connections
    #[arg(long)]
    pub udp: bool,
    /// Pass on at most so many bytes at a time, each piece in a segment of its own (TCP)
    #[arg(long, value_name = "BYTES", value_parser = parse_length)]
    pub slice: Option<usize>,
    /// The pause between two slices
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_millis, requires = "slice")]
    pub gap: Duration,
    /// Gather what arrives for so long and pass it on in one piece (TCP)
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_millis)]
    pub coalesce: Duration,
    /// Hold everything back for so long
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_millis)]
    pub delay: Duration,
    /// And for a random time up to this (TCP keeps its order, datagrams may overtake)
    #[arg(long, value_name = "MS", default_value = "0", value_parser = parse_millis)]
    pub jitter: Duration,
    /// Bytes a second in each direction (TCP)
    #[arg(long, value_name = "BYTES", value_parser = parse_length)]
    pub rate: Option<usize>,
    /// After so many bytes, nothing for S seconds (without S: for ever) (TCP)
    #[arg(long, value_name = "BYTES[:S]", value_parser = parse_stall)]
    pub stall: Option<(u64, Option<Duration>)>,
    /// Reset both connections after so many bytes, both directions together (TCP)
    #[arg(long, value_name = "BYTES", value_parser = parse_size)]
    pub reset_after: Option<usize>,
    /// End the client's direction (FIN to the target) after so many bytes; the other goes on (TCP)
    #[arg(long, value_name = "BYTES", num_args = 0..=1, default_missing_value = "1", value_parser = parse_size)]
    pub half_close: Option<usize>,
    /// Change one direction only
    #[arg(long, value_enum, default_value_t = Which::Both)]
    pub only: Which,
    /// Probability that a datagram is lost (UDP)
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = parse_probability)]
    pub loss: f64,
    /// Probability that a datagram arrives twice (UDP)
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = parse_probability)]
    pub dup: f64,
    /// Probability that a datagram is overtaken by later ones (UDP)
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = parse_probability)]
    pub reorder: f64,
    /// How long an overtaken datagram is held back
    #[arg(long, value_name = "MS", default_value = "20", value_parser = parse_millis)]
    pub reorder_by: Duration,
    /// The same seed gives the same mishaps
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Connections (with --udp: clients) at a time; further ones wait in the kernel's queue
    #[arg(long, value_name = "N", default_value = "10000", value_parser = parse_count)]
    pub max_connections: usize,
    /// Seconds after which a silent client of --udp is forgotten
    #[arg(long, value_name = "S", default_value = "60", value_parser = parse_seconds)]
    pub idle_timeout: Duration,
    /// Write every socket call of the relay, on both sides, to this .fwtrace file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Where it can be watched
    #[command(flatten)]
    pub link: Link,
}

/// Which direction is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// Both
    Both,
    /// From the client to the target
    Up,
    /// From the target to the client
    Down,
}

/// Ends that come on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaks {
    /// RST to both after so many bytes.
    pub reset_after: Option<u64>,
    /// FIN to the target after so many bytes from the client.
    pub half_close_after: Option<u64>,
}

/// All that the relay needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where everything goes.
    pub target: SocketAddr,
    /// From the client to the target.
    pub up: Shape,
    /// From the target to the client.
    pub down: Shape,
    /// Ends on purpose.
    pub breaks: Breaks,
    /// Counts the times that all connections were to be reset at once.
    pub resets: u64,
    /// What happens to datagrams.
    pub mishaps: Mishaps,
    /// Of all chance.
    pub seed: u64,
    /// Connections or clients at a time.
    pub max_connections: usize,
    /// After which a silent client is forgotten.
    pub idle_timeout: Duration,
}

/// Resolves when the plan is another; never when nobody can change it any more.
async fn turned(plan: &mut watch::Receiver<Plan>) {
    if plan.changed().await.is_err() {
        std::future::pending().await
    }
}

/// What a relay counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Connections, or clients.
    pub connections: u64,
    /// Bytes from clients to the target.
    pub up: u64,
    /// Bytes from the target to clients.
    pub down: u64,
    /// Datagrams lost on purpose, or for want of room.
    pub lost: u64,
    /// Datagrams sent twice.
    pub doubled: u64,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Totals) {
        self.connections += other.connections;
        self.up += other.up;
        self.down += other.down;
        self.lost += other.lost;
        self.doubled += other.doubled;
    }
}

/// A probability from 0 to 1, or in percent.
fn parse_probability(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (text, 1.0),
    };
    match number.trim().parse::<f64>().map(|p| p / unit) {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err(format!("`{text}` is no probability: write 0.1 or 10%")),
    }
}

/// `BYTES` or `BYTES:SECONDS`.
fn parse_stall(text: &str) -> Result<(u64, Option<Duration>), String> {
    let (bytes, seconds) = match text.split_once(':') {
        Some((bytes, seconds)) => (bytes, Some(parse_seconds(seconds)?)),
        None => (text, None),
    };
    Ok((parse_size(bytes)? as u64, seconds))
}

impl RelayArgs {
    /// What is asked for, checked.
    ///
    /// # Errors
    /// When something is asked of TCP that only datagrams can suffer, or the other way round.
    pub fn plan(&self) -> Result<Plan> {
        let target = listen::resolve(&self.target)?;
        if !self.udp && (self.loss, self.dup, self.reorder) != (0.0, 0.0, 0.0) {
            bail!(
                "--loss, --dup and --reorder need --udp: a relay is an end of both TCP connections, its kernel has \
                 acknowledged every byte before the relay sees it and repeats what the network loses. To lose a TCP \
                 segment, simulate: framewire sim lost-syn"
            );
        }
        let only_tcp = self.slice.is_some()
            || !self.coalesce.is_zero()
            || self.rate.is_some()
            || self.stall.is_some()
            || self.reset_after.is_some()
            || self.half_close.is_some();
        if self.udp && only_tcp {
            bail!(
                "--slice, --coalesce, --rate, --stall, --reset-after and --half-close change a byte stream: leave out \
                 --udp, whose datagrams stay whole"
            );
        }
        let shape = Shape {
            slice: self.slice.map(|n| n.max(1)),
            gap: self.gap,
            coalesce: self.coalesce,
            delay: self.delay,
            jitter: self.jitter,
            rate: self.rate.map(|n| n.max(1) as u64),
            stall: self.stall,
            halted: false,
        };
        let when = |changed: bool| if changed { shape.clone() } else { Shape::default() };
        Ok(Plan {
            target,
            up: when(self.only != Which::Down),
            down: when(self.only != Which::Up),
            breaks: Breaks {
                reset_after: self.reset_after.map(|n| n as u64),
                half_close_after: self.half_close.map(|n| n as u64),
            },
            resets: 0,
            mishaps: Mishaps {
                loss: self.loss,
                dup: self.dup,
                reorder: self.reorder,
                reorder_by: self.reorder_by,
            },
            seed: self.seed,
            max_connections: self.max_connections.max(1),
            idle_timeout: self.idle_timeout,
        })
    }
}

/// Relays until a signal comes, and prints what passed.
///
/// # Errors
/// When the address is in use, the arguments contradict each other, or the recording cannot be made.
pub fn run(args: &RelayArgs) -> Result<()> {
    let plan = args.plan()?;
    let address = listen::resolve(&args.listen)?;
    let here =
        address.ip() == plan.target.ip() || (address.ip().is_unspecified() && plan.target.ip().is_loopback());
    if here && address.port() == plan.target.port() && address.port() != 0 {
        bail!(
            "{} is where the relay itself listens: it would pass everything on to itself for ever",
            plan.target
        );
    }
    listen::raise_open_files();
    serve::runtime(None)?.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.on_signals()?;
        let options =
            RecorderOptions { program: "framewire relay".into(), ..RecorderOptions::server("none") };
        let record = args.link.target(args.record.as_deref())?;
        let recorder = record.as_ref().map(|record| Recorder::create(&record.path, options)).transpose()?;
        let shown = |local: SocketAddr| {
            args.link.announce(&format!("relay {local} -> {}", plan.target), record.as_ref())
        };
        let transport = if args.udp { "udp" } else { "tcp" };
        let say =
            |local: SocketAddr| say::line(format_args!("relaying {transport} {local} -> {}", plan.target));
        // Nobody turns a knob here.
        let (_turner, turns) = watch::channel(plan.clone());
        let totals = if args.udp {
            let socket = tokio::net::UdpSocket::from_std(listen::udp(address, 1 << 20)?)?;
            shown(socket.local_addr().context("the socket has no address")?)?;
            say(socket.local_addr().context("the socket has no address")?);
            udp::serve(socket, turns, recorder.as_ref(), shutdown).await
        } else {
            let listener = tokio::net::TcpListener::from_std(listen::tcp(address)?)?;
            shown(listener.local_addr().context("the socket has no address")?)?;
            say(listener.local_addr().context("the socket has no address")?);
            tcp::serve(listener, turns, recorder.as_ref(), shutdown).await
        };
        if let Some(recorder) = recorder {
            recorder.finish();
        }
        let Totals { connections, up, down, lost, doubled } = totals;
        if args.udp {
            say::line(format_args!(
                "{connections} clients, {up} bytes up, {down} down, {lost} datagrams lost, {doubled} doubled"
            ));
        } else {
            say::line(format_args!("{connections} connections, {up} bytes up, {down} down"));
        }
        Ok(())
    })
}
