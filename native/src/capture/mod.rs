//! `framewire capture`: the kernel's real packets, into a trace or a pcapng file (Linux).

pub mod filter;
pub mod sink;
pub mod socket;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::say;
use crate::shutdown::Shutdown;
use crate::units::parse_seconds;
use filter::Filter;
use sink::Packets;
use socket::{Interfaces, PacketSocket};

const EXAMPLES: &str = "\
Examples:
  framewire capture hello.fwtrace                       everything that this machine sends and receives, until Ctrl-C
  framewire capture --interface lo --port 9001 hello.fwtrace
                                                        the packets of one server; `framewire web hello.fwtrace` draws them
  framewire capture --port 9001 --duration 10 hello.pcapng
                                                        for Wireshark too
  sudo setcap cap_net_raw+ep $(command -v framewire)    once, so that it needs no sudo

The file's ending says what is written: .fwtrace or .pcapng. Packets between two programs of this machine go over the
interface lo. A packet larger than the interface's MTU is told as such: the kernel or the card cuts it later (segmentation
offload), the wire carries smaller ones.";

/// Captures packets.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CaptureArgs {
    /// Where the packets go: a .fwtrace or .pcapng file; an old one is replaced
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// One network interface only, such as lo (default: all)
    #[arg(long, short, value_name = "NAME")]
    pub interface: Option<String>,
    /// Only packets from or to this TCP or UDP port, and ICMP messages about them
    #[arg(long, short, value_name = "PORT")]
    pub port: Option<u16>,
    /// Stop after so many packets
    #[arg(long, short, value_name = "N")]
    pub count: Option<u64>,
    /// Stop after so many seconds
    #[arg(long, value_name = "S", value_parser = parse_seconds)]
    pub duration: Option<Duration>,
    /// Print what a machine reads: one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// What was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Packets written.
    pub packets: u64,
    /// Packets that the kernel threw away because we were too slow.
    pub dropped: u64,
    /// Packets larger than their interface's MTU.
    pub offloaded: u64,
}

/// Captures until a signal comes, or the count or the time is reached.
///
/// # Errors
/// When the file cannot be made or written, or the right to capture is missing.
pub fn run(args: &CaptureArgs) -> Result<()> {
    // The right first: without it no file is emptied.
    let socket = PacketSocket::open(args.interface.as_deref())?;
    let packets = Packets::create(&args.file)?;
    let totals = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let shutdown = Shutdown::new();
        shutdown.on_signals()?;
        begin(args)?;
        let args = args.clone();
        tokio::task::spawn_blocking(move || capture(&args, socket, packets, &shutdown)).await?
    })?;
    let file = args.file.display();
    if args.json {
        say::line(serde_json::json!({ "event": "done", "totals": totals }));
        return Ok(());
    }
    let Totals { packets, dropped, offloaded } = totals;
    say::line(format_args!("{packets} packets in {file}; `framewire web {file}` draws them"));
    if dropped > 0 {
        say::line(format_args!("{dropped} packets came too fast and are missing"));
    }
    if offloaded > 0 {
        say::line(format_args!(
            "{offloaded} of them are larger than the MTU: the kernel or the card cuts or joins them out of sight \
             (segmentation offload)"
        ));
    }
    Ok(())
}

fn begin(args: &CaptureArgs) -> std::io::Result<()> {
    let mut out = crate::say::output();
    let interface = args.interface.as_deref().unwrap_or("all interfaces");
    if args.json {
        let line = serde_json::json!({
            "event": "capturing", "interface": args.interface, "port": args.port, "file": args.file,
        });
        writeln!(out, "{line}")?;
    } else {
        let port = args.port.map(|port| format!(", port {port}")).unwrap_or_default();
        writeln!(out, "capturing on {interface}{port} into {} (Ctrl-C ends it)", args.file.display())?;
    }
    out.flush()
}

fn capture(
    args: &CaptureArgs,
    mut socket: PacketSocket,
    mut packets: Packets,
    shutdown: &Shutdown,
) -> Result<Totals> {
    let mut taker = Taker {
        filter: Filter::new(args.port),
        interfaces: Interfaces::default(),
        left: args.count.unwrap_or(u64::MAX),
        totals: Totals::default(),
    };
    let begin = Instant::now();
    let over = || shutdown.begun() || args.duration.is_some_and(|limit| begin.elapsed() >= limit);
    while taker.left > 0 && !over() {
        let more = taker.take(&mut socket, &mut packets)?;
        packets.flush()?;
        if !more && taker.left > 0 {
            socket.wait(GLANCE).context("cannot wait for packets")?;
        }
    }
    // What came before the end.
    for _ in 0..ROUNDS_AFTER_THE_END {
        let more = taker.take(&mut socket, &mut packets)?;
        packets.flush()?;
        if !more || taker.left == 0 {
            break;
        }
    }
    let mut totals = taker.totals;
    totals.dropped = u64::from(socket.dropped());
    packets.finish(&totals)?;
    Ok(totals)
}

/// Takes packets from the socket to the file.
struct Taker {
    filter: Filter,
    interfaces: Interfaces,
    /// How many more are wanted.
    left: u64,
    totals: Totals,
}

impl Taker {
    /// Takes some packets; true if there may be more.
    fn take(&mut self, socket: &mut PacketSocket, packets: &mut Packets) -> Result<bool> {
        for _ in 0..AT_ONCE.min(self.left) {
            let Some((seen, bytes)) = socket.receive().context("cannot receive packets")? else {
                return Ok(false);
            };
            if self.filter.passes(bytes) {
                let interface = self.interfaces.get(seen.interface);
                self.left -= 1;
                self.totals.packets += 1;
                self.totals.offloaded += u64::from(packets.packet(&seen, interface, bytes));
            }
        }
        Ok(true)
    }
}

/// Packets taken between two writes.
const AT_ONCE: u64 = 1024;
/// A flood must not keep the capture from ending.
const ROUNDS_AFTER_THE_END: usize = 64;
/// So often it is looked whether the capture is to end.
const GLANCE: Duration = Duration::from_millis(50);
