//! The engine beside smoltcp, interleaved in one process: one bulk transfer over a link of 100 Mbit/s and 10 ms, whole
//! packets with checksums made and checked on both ends.
//!
//! `cargo bench --bench engine` prints a table; with `-- --json` one JSON object a line, which `cargo xtask bench engine`
//! reads; with `--quick` shorter transfers and fewer rounds; with `--only smoltcp|ns-3|connections|trace|wasm` that part
//! alone. Times are of the processor, per segment of 1448 octets.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::VecDeque;

use bulk::{BUFFER, LATENCY, QUEUE, RATE, SEGMENT};
use framewire::probe::Silent;
use framewire::rng::Rng;
use framewire::sim::{Runner, Scenario};
use framewire::time::{Duration, Instant};
use smoltcp::iface::{Config as InterfaceConfig, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant as TheirInstant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

#[path = "peers/bulk.rs"]
mod bulk;
#[path = "peers/node.rs"]
mod node;
#[path = "peers/ns3.rs"]
mod ns3;

/// Nanoseconds of the processor that this thread has had: what others do on the machine does not count. Under a profiler those on
/// the wall: Valgrind does not know this clock's page.
fn processor_nanos() -> f64 {
    if std::env::args().any(|arg| arg == "--one") {
        return std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as f64;
    }
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// A transfer that is over: virtual seconds of it and real nanoseconds.
struct Done {
    seconds: f64,
    nanos: f64,
}

impl Done {
    fn goodput(&self, segments: u64) -> f64 {
        (segments * SEGMENT * 8) as f64 / 1e6 / self.seconds
    }
}

/// Ours: two hosts on the emulator, nobody watching. The programs copy what they send and read, as smoltcp's do.
fn ours(segments: u64, loss: f64, seed: u64) -> Done {
    ours_of(segments, loss, seed, true)
}

/// The same; the programs may do without copying, too.
fn ours_of(segments: u64, loss: f64, seed: u64, copies: bool) -> Done {
    let mut start = 0.0;
    let seconds = bulk::transfer(segments, loss, seed, copies, &mut Silent, || start = processor_nanos());
    Done { seconds, nanos: processor_nanos() - start }
}

/// What an interface of smoltcp receives and sends; used packets come back.
#[derive(Default)]
struct Wire {
    arrived: VecDeque<Vec<u8>>,
    leaving: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
}

struct Arrived<'a>(Vec<u8>, &'a mut Vec<Vec<u8>>);
struct Leaving<'a>(&'a mut VecDeque<Vec<u8>>, Vec<u8>);

impl RxToken for Arrived<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        let result = f(&self.0);
        self.1.push(self.0);
        result
    }
}

impl TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, len: usize, f: F) -> R {
        self.1.resize(len, 0);
        let result = f(&mut self.1);
        self.0.push_back(self.1);
        result
    }
}

impl Device for Wire {
    type RxToken<'a> = Arrived<'a>;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: TheirInstant) -> Option<(Arrived<'_>, Leaving<'_>)> {
        let packet = self.arrived.pop_front()?;
        let fresh = self.spare.pop().unwrap_or_default();
        Some((Arrived(packet, &mut self.spare), Leaving(&mut self.leaving, fresh)))
    }

    fn transmit(&mut self, _: TheirInstant) -> Option<Leaving<'_>> {
        let fresh = self.spare.pop().unwrap_or_default();
        Some(Leaving(&mut self.leaving, fresh))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
}

struct End {
    interface: Interface,
    device: Wire,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    /// When it wants to be polled.
    wake: Instant,
}

fn theirs(now: Instant) -> TheirInstant {
    TheirInstant::from_micros((now.as_nanos() / 1000) as i64)
}

impl End {
    fn new(last: u8) -> End {
        let mut device = Wire::default();
        let mut interface =
            Interface::new(InterfaceConfig::new(HardwareAddress::Ip), &mut device, theirs(Instant::START));
        let address = IpCidr::new(IpAddress::v4(10, 0, 0, last), 24);
        interface.update_ip_addrs(|addresses| addresses.push(address).unwrap());
        let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_congestion_control(tcp::CongestionControl::Cubic);
        let mut sockets = SocketSet::new(Vec::new());
        let handle = sockets.add(socket);
        End { interface, device, sockets, handle, wake: Instant::START }
    }

    fn socket(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    fn poll(&mut self, now: Instant) {
        self.interface.poll(theirs(now), &mut self.device, &mut self.sockets);
        let wake = self.interface.poll_at(theirs(now), &self.sockets);
        // It counts microseconds: never look twice at the same one.
        let next = |at: TheirInstant| Instant::from_nanos(at.total_micros().max(0) as u64 * 1000);
        self.wake = wake.map_or(Instant::NEVER, |at| next(at).max(now + Duration::from_micros(1)));
    }
}

/// smoltcp on both ends of a bare link: a queue of packets in each direction.
fn smoltcp(segments: u64, loss: f64, seed: u64) -> Done {
    let mut rng = Rng::new(seed);
    let mut ends = [End::new(1), End::new(2)];
    ends[1].socket().listen(80).unwrap();
    let End { interface, sockets, handle, .. } = &mut ends[0];
    let socket = sockets.get_mut::<tcp::Socket<'_>>(*handle);
    socket.connect(interface.context(), (IpAddress::v4(10, 0, 0, 2), 80), 40000).unwrap();
    let mut links: [VecDeque<(Instant, Vec<u8>)>; 2] = Default::default();
    let mut free_at = [Instant::START; 2];
    let data = vec![7; 64 << 10];
    let mut buffer = vec![0; 64 << 10];
    let (mut unsent, mut unread) = (segments * SEGMENT, segments * SEGMENT);
    let mut now = Instant::START;
    let start = processor_nanos();
    while unread > 0 {
        for who in 0..2 {
            let due = links[1 - who].front().is_some_and(|&(at, _)| at <= now);
            if !due && ends[who].wake > now {
                continue;
            }
            while let Some((_, packet)) = links[1 - who].pop_front_if(|&mut (at, _)| at <= now) {
                ends[who].device.arrived.push_back(packet);
            }
            let end = &mut ends[who];
            end.poll(now);
            let socket = end.socket();
            let mut more = false;
            if who == 0 {
                while unsent > 0 && socket.can_send() {
                    let chunk = data.len().min(unsent as usize);
                    unsent -= socket.send_slice(&data[..chunk]).unwrap() as u64;
                    more = true;
                }
            } else {
                while socket.can_recv() {
                    unread -= socket.recv_slice(&mut buffer).unwrap() as u64;
                }
            }
            if more {
                end.poll(now);
            }
            while let Some(packet) = end.device.leaving.pop_front() {
                let waiting = free_at[who].since(now).as_nanos() * (RATE / 8) / 1_000_000_000;
                if waiting > QUEUE || (who == 0 && rng.chance(loss)) {
                    end.device.spare.push(packet);
                    continue;
                }
                let takes = Duration::from_nanos(packet.len() as u64 * 8 * 1_000_000_000 / RATE);
                free_at[who] = free_at[who].max(now) + takes;
                links[who].push_back((free_at[who] + LATENCY, packet));
            }
        }
        let arrivals = links.iter().filter_map(|link| link.front().map(|&(at, _)| at));
        now = now.max(arrivals.chain(ends.iter().map(|end| end.wake)).min().unwrap());
    }
    Done { seconds: now.as_secs_f64(), nanos: processor_nanos() - start }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Report {
    json: bool,
    missed: bool,
}

impl Report {
    /// A row that cannot be measured here.
    fn skip(&self, row: &str, why: &str) {
        eprintln!("{row:<44} not measured: {why}");
    }

    #[allow(clippy::too_many_arguments)]
    fn row(&mut self, row: &str, unit: &str, ours: f64, peer: &str, value: f64, ratio: f64, target: &str) {
        let bound = |sign: &str| target.strip_prefix(sign).and_then(|x| x.trim().parse::<f64>().ok());
        let met =
            bound("<=").is_none_or(|most| ratio <= most) && bound(">=").is_none_or(|least| ratio >= least);
        self.missed |= !met;
        if self.json {
            let (ours_key, peer_key) =
                if unit == "ns" { ("ours_ns", "peer_ns") } else { ("ours", "peer_value") };
            let line = serde_json::json!({
                "row": row, ours_key: ours, "peer": peer, peer_key: value, "unit": unit, "ratio": ratio,
                "target": target, "met": met,
            });
            println!("{line}");
        } else {
            let mark = if met { "" } else { "  MISSED" };
            println!(
                "{row:<44} {ratio:>6.2}  {target:<8} ours {ours:>8.1} {unit}, {peer} {value:.1} {unit}{mark}"
            );
        }
    }
}

/// Time of smoltcp on the same link for transfers of `sizes` segments, each in turn with ours; the goodput of the longest.
fn beside_smoltcp(report: &mut Report, sizes: &[u64], (name, loss): (&str, f64), quick: bool) {
    let mut costs = Vec::new();
    let mut speeds = Vec::new();
    for &segments in sizes {
        let rounds = if quick { 3 } else { (2_000_000 / segments).clamp(3, 15) };
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            // Neither always goes first.
            for side in [round % 2, 1 - round % 2] {
                let done = match side {
                    0 => ours(segments, loss, round),
                    _ => smoltcp(segments, loss, round),
                };
                times[side as usize].push(done.nanos / segments as f64);
                if side == 0 && segments == 100_000 {
                    speeds.push(done.goodput(segments));
                }
            }
        }
        let [mine, peer] = times.map(median);
        costs.push(mine);
        let row = format!("bulk, {name}, {segments} segments");
        report.row(&row, "ns", mine, "smoltcp", peer, mine / peer, "<= 1.0");
    }
    // From ten thousand on: a thousand segments are mostly slow start and the making of the hosts.
    let (small, large) = (costs[1], costs[costs.len() - 1]);
    let row = format!("cost a segment, {name}, longest to 10^4");
    report.row(&row, "ns", large, "10^4 segments", small, large / small, "<= 1.2");
    if loss == 0.0 {
        let speed = median(speeds);
        report.row(&format!("goodput, {name}"), "Mbit/s", speed, "the link", 100.0, speed / 100.0, ">= 0.95");
    }
}

/// Time and goodput of ns-3 on the same link, runs of ours before each of its. ns-3's own applications copy no octet: they hand over
/// packets, and throw away those that come. So do ours; beside them stand such as copy.
fn beside_ns3(report: &mut Report, ns3: &ns3::Ns3, (name, loss): (&str, f64), quick: bool) {
    let segments = if quick { 10_000 } else { 50_000 };
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let mut speeds = [Vec::new(), Vec::new()];
    for round in 0..3 {
        // The first after another program finds everything cold.
        for _ in 0..3 {
            let done = ours_of(segments, loss, round, false);
            times[0].push(done.nanos / segments as f64);
            speeds[0].push(done.goodput(segments));
            times[2].push(ours(segments, loss, round).nanos / segments as f64);
        }
        match ns3.run(segments, loss, round) {
            Ok((seconds, nanos)) => {
                times[1].push(nanos / segments as f64);
                speeds[1].push(Done { seconds, nanos }.goodput(segments));
            }
            Err(why) => return report.skip(&format!("ns-3, {name}"), &why),
        }
    }
    let [mine, theirs, copying] = times.map(median);
    let row = format!("bulk, {name}, times as fast");
    report.row(&row, "ns", mine, "ns-3.37", theirs, theirs / mine, ">= 50");
    let row = format!("bulk, {name}, times as fast, copying");
    report.row(&row, "ns", copying, "ns-3.37", theirs, theirs / copying, "");
    let [mine, theirs] = speeds.map(median);
    report.row(&format!("goodput, {name}"), "Mbit/s", mine, "ns-3.37", theirs, mine / theirs, ">= 1.0");
}

/// What a segment costs among a thousand connections at once and among a hundred. Where each `send` copies, as much as is in flight
/// (32 kB a connection) must be written to memory and read again, which a processor's cache does not hold any more.
fn many_connections(report: &mut Report) {
    const SEGMENTS: u64 = 500;
    for (copies, row, target) in [
        (false, "1000 connections, a segment", "<= 1.5"),
        (true, "1000 connections that copy, a segment", ""),
    ] {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..5 {
            for (times, connections) in times.iter_mut().zip([100, 1000]) {
                let mut start = 0.0;
                bulk::many(connections, SEGMENTS, copies, &mut Silent, || start = processor_nanos());
                times.push((processor_nanos() - start) / (connections as f64 * SEGMENTS as f64));
            }
        }
        let [few, many] = times.map(median);
        report.row(row, "ns", many, "100 connections", few, many / few, target);
    }
}

/// The whole trace of a run: scenario, programs, network, recorder.
fn traced(report: &mut Report, quick: bool) {
    let segments = if quick { 10_000 } else { 100_000 };
    for loss in ["0%", "1%"] {
        let json = format!(
            r#"{{ "framewire": 1, "name": "bulk", "seed": 7,
            "tcp": {{ "preset": "linux", "send_buffer": "1MB", "receive_buffer": "1MB" }},
            "hosts": [
              {{ "name": "client", "programs": [{{ "steps": [
                {{ "do": "socket" }}, {{ "do": "connect", "to": "server:80" }},
                {{ "do": "sendall", "data": {{ "text": "01234567", "times": {} }} }}, {{ "do": "close" }} ] }}] }},
              {{ "name": "server", "programs": [{{ "steps": [
                {{ "do": "socket" }}, {{ "do": "bind", "port": 80 }}, {{ "do": "listen" }}, {{ "do": "accept" }},
                {{ "do": "loop", "body": [{{ "do": "recv", "n": 65536 }}, {{ "do": "break", "when": "eof" }}] }},
                {{ "do": "close" }} ] }}] }} ],
            "network": {{ "latency": "10ms", "rate": "100Mbit/s", "loss": "{loss}" }} }}"#,
            segments * SEGMENT / 8
        );
        let scenario = Scenario::from_json(&json).unwrap();
        let mut times = Vec::new();
        for _ in 0..5 {
            let start = processor_nanos();
            // With its trace on this thread, whose time is taken.
            let mut runner = Runner::new(&scenario, &[]).unwrap().with_keyframes();
            while runner.advance(u32::MAX) {}
            let run = runner.finish();
            times.push((processor_nanos() - start) / segments as f64);
            drop(run);
        }
        let row = format!("bulk with the full trace, {loss} loss");
        let mine = median(times);
        report.row(&row, "ns", mine, "budget", 1500.0, mine / 1500.0, "<= 1.0");
    }
}

/// The same transfer as WASM, by Node: as the page is built, for size alone, and for speed alone.
fn in_wasm(report: &mut Report, quick: bool) {
    let (segments, rounds) = if quick { (20_000, 3) } else { (100_000, 5) };
    for (level, target) in [(None, "<= 1.5"), (Some("z"), ""), (Some("3"), "<= 1.5")] {
        let native = || (0..rounds).map(|round| ours(segments, 0.0, round).nanos / segments as f64);
        let mut mine: Vec<f64> = native().collect();
        let arguments = ["bulk".to_owned(), segments.to_string(), "0".to_owned(), rounds.to_string()];
        let run = node::Wasm::build(level).and_then(|wasm| wasm.run(&arguments));
        mine.extend(native());
        let row = level.map_or("WASM in Node, as in the page".to_owned(), |level| {
            format!("WASM in Node, opt-level {level}")
        });
        match run {
            Ok(times) => {
                let (wasm, native) = (median(times), median(mine));
                report.row(&row, "ns", wasm, "native", native, wasm / native, target);
            }
            Err(why) => report.skip(&row, &why),
        }
    }
}

/// What `--only` may name.
const PARTS: [&str; 5] = ["smoltcp", "ns-3", "connections", "trace", "wasm"];

fn main() {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    // For a profiler: one transfer, `--one ours|pointing|smoltcp SEGMENTS LOSS`; `pointing`: ours without copies.
    let args: Vec<String> = std::env::args().skip_while(|arg| arg != "--one").collect();
    if let [_, who, segments, loss, ..] = &args[..] {
        let run = match who.as_str() {
            "ours" => ours,
            "pointing" => |segments, loss, seed| ours_of(segments, loss, seed, false),
            _ => smoltcp,
        };
        let (segments, loss) = (segments.parse().unwrap(), loss.parse().unwrap());
        let done = run(segments, loss, 1);
        println!("{} ns a segment, {} Mbit/s", done.nanos / segments as f64, done.goodput(segments));
        return;
    }
    // And so many connections at once, `--many CONNECTIONS SEGMENTS`.
    let args: Vec<String> = std::env::args().skip_while(|arg| arg != "--many").collect();
    if let [_, connections, segments, ..] = &args[..] {
        let (connections, segments) = (connections.parse().unwrap(), segments.parse().unwrap());
        let mut start = 0.0;
        bulk::many(connections, segments, true, &mut Silent, || start = processor_nanos());
        println!("{} ns a segment", (processor_nanos() - start) / (connections as f64 * segments as f64));
        return;
    }
    let quick = has("--quick");
    let mut report = Report { json: has("--json"), missed: false };
    let sizes: &[u64] = if quick { &[1_000, 10_000, 100_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
    let only = std::env::args().skip_while(|arg| arg != "--only").nth(1).unwrap_or_default();
    let wanted = |part: &str| part.contains(&only);
    if !PARTS.into_iter().any(wanted) {
        eprintln!("--only {only}: no such part; there are {}", PARTS.join(", "));
        std::process::exit(2);
    }
    let ns3 = wanted("ns-3").then(ns3::Ns3::build);
    for (name, loss) in [("no loss", 0.0), ("1% loss", 0.01)] {
        if wanted("smoltcp") {
            beside_smoltcp(&mut report, sizes, (name, loss), quick);
        }
        match &ns3 {
            Some(Ok(ns3)) => beside_ns3(&mut report, ns3, (name, loss), quick),
            Some(Err(why)) => report.skip(&format!("ns-3, {name}"), why),
            None => {}
        }
    }
    if wanted("connections") {
        many_connections(&mut report);
    }
    if wanted("trace") {
        traced(&mut report, quick);
    }
    if wanted("wasm") {
        in_wasm(&mut report, quick);
    }
    // With --json it is the reader who judges.
    if report.missed && !report.json {
        std::process::exit(1);
    }
}
