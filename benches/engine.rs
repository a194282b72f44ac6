//! The engine beside smoltcp, interleaved in one process: one bulk transfer over a link of 100 Mbit/s and 10 ms, whole
//! packets with checksums made and checked on both ends.
//!
//! `cargo bench --bench engine` prints a table; with `-- --json` one JSON object a line, which `cargo xtask bench engine`
//! reads; with `--quick` shorter transfers and fewer rounds; with `--only smoltcp|ns-3|connections|trace|wasm` that part
//! alone. Times are of the processor, per segment of 1448 octets.

#![allow(missing_docs, clippy::unwrap_used)]

use bulk::SEGMENT;
use framewire::probe::Silent;
use framewire::sim::{Runner, Scenario};

#[path = "peers/bulk.rs"]
mod bulk;
#[path = "peers/node.rs"]
mod node;
#[path = "peers/ns3.rs"]
mod ns3;
#[path = "peers/smol.rs"]
mod smol;

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

/// smoltcp's own.
fn smoltcp(segments: u64, loss: f64, seed: u64) -> Done {
    let mut start = 0.0;
    let seconds = smol::transfer(segments, loss, seed, || start = processor_nanos());
    Done { seconds, nanos: processor_nanos() - start }
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

/// Makes a transfer of so many segments, with this loss and seed.
type Transfer = fn(u64, f64, u64) -> Done;

/// The same transfer as WASM: as the page is built, for size alone, and for speed alone; and smoltcp's, which tells what a TCP costs
/// there that was not written for it. By Chromium, where the page runs, and by Node, whose compiler is another: nothing is promised there.
fn in_wasm(report: &mut Report, quick: bool) {
    use node::Engine::{Chromium, Node};
    let (segments, turns, rounds) = if quick { (20_000, 1, 3) } else { (100_000, 3, 3) };
    let levels = [None, Some("z"), Some("3")];
    let modules = levels.map(|level| (level, node::Wasm::build(level)));
    let all: [(node::Engine, Transfer, _, _, _); 7] = [
        (Chromium, ours, "bulk_transfer", None, "<= 1.5"),
        (Chromium, ours, "bulk_transfer", Some("3"), ""),
        (Chromium, smoltcp, "smoltcp_transfer", Some("3"), ""),
        (Node, ours, "bulk_transfer", None, ""),
        (Node, ours, "bulk_transfer", Some("z"), ""),
        (Node, ours, "bulk_transfer", Some("3"), ""),
        (Node, smoltcp, "smoltcp_transfer", Some("3"), ""),
    ];
    for (engine, transfer, export, level, target) in all {
        let who = if export == "smoltcp_transfer" { "smoltcp, " } else { "" };
        let how = level.map_or("as in the page".to_owned(), |level| format!("opt-level {level}"));
        let row = format!("{who}WASM in {engine:?}, {how}");
        let arguments =
            ["bulk", export, &segments.to_string(), "0", &rounds.to_string()].map(ToOwned::to_owned);
        let module = modules.iter().find(|(of, _)| *of == level).map(|(_, module)| module);
        let (mut mine, mut times) = (Vec::new(), Vec::new());
        let mut measure = || -> node::Outcome<()> {
            let module = module.ok_or("no such module")?.as_ref()?;
            for turn in 0..turns {
                mine.extend(
                    (0..rounds).map(|round| transfer(segments, 0.0, turn + round).nanos / segments as f64),
                );
                times.extend(module.run(engine, &arguments)?);
            }
            Ok(())
        };
        match measure() {
            Ok(()) => {
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
        let run: Transfer = match who.as_str() {
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
