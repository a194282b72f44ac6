//! Servers on a core of their own, the generator on another, and what comes of a run.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Seconds that the generator runs before it measures.
const WARM_UP: f64 = 0.2;

/// How much is measured, and how it is told.
pub struct Options {
    pub quick: bool,
    pub json: bool,
}

impl Options {
    pub fn rounds(&self) -> usize {
        if self.quick { 3 } else { 7 }
    }

    fn seconds(&self) -> &'static str {
        if self.quick { "0.5" } else { "1.5" }
    }
}

/// A server on its core.
pub struct Server {
    pub child: Child,
    pub addr: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The cores that this process may use: the first for servers, the last for the generator.
pub fn cores() -> (usize, usize) {
    let allowed = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let cores: Vec<usize> =
        (0..CpuSet::count()).filter(|&core| allowed.is_set(core).unwrap_or(false)).collect();
    (cores[0], *cores.last().unwrap())
}

/// Starts a process on a core: it inherits the affinity that this one has at that moment.
pub fn spawn_on(core: usize, command: &mut Command) -> Child {
    let before = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let mut one = CpuSet::new();
    one.set(core).unwrap();
    sched_setaffinity(Pid::from_raw(0), &one).unwrap();
    let child = command.spawn();
    sched_setaffinity(Pid::from_raw(0), &before).unwrap();
    child.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Starts a server whose first line of output ends with its port.
pub fn start(core: usize, command: &mut Command) -> Server {
    let mut child = spawn_on(core, command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()));
    let mut line = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut line).unwrap();
    std::thread::spawn(move || lines.lines().for_each(drop));
    let port: u16 = match serde_json::from_str::<serde_json::Value>(&line) {
        Ok(serde_json::Value::Object(said)) => said["port"].as_u64().unwrap() as u16,
        _ => line.trim().parse().unwrap_or_else(|_| panic!("{command:?} printed {line:?}")),
    };
    Server { child, addr: ([127, 0, 0, 1], port).into() }
}

pub fn ours(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewire"));
    command.args(["-q", "serve"]).args(args).args(["--listen", "127.0.0.1:0", "--json"]);
    command
}

pub fn python(peer: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/peers").join(peer));
    command
}

pub fn bare_epoll() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--epoll-server");
    command
}

/// What one run of the generator gave.
struct Run {
    /// Messages (or bytes) a second.
    rate: f64,
    /// Processor time of the server, in nanoseconds a message (or a byte).
    cost: f64,
    /// The generator's share of its core.
    busy: f64,
}

/// Processor time that a process has taken so far, in seconds.
fn processor_time(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Behind the name in brackets come the fields from the third on: utime is the 14th, stime the 15th (proc(5)).
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum();
    ticks as f64 / 100.0 // USER_HZ, the same on every Linux
}

/// One run of the generator.
fn load(core: usize, server: &Server, args: &[&str], seconds: &str, field: &str) -> Run {
    let before = processor_time(server.child.id());
    let mut command = Command::new(env!("CARGO_BIN_EXE_framewire"));
    command.args(["-q", "bench"]).args(args).args([
        "--json",
        "--warmup",
        &WARM_UP.to_string(),
        "--duration",
        seconds,
    ]);
    command.arg(server.addr.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
    let output = spawn_on(core, &mut command).wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?} failed");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["broken"], 0, "{report}");
    let rate = report[field].as_f64().unwrap();
    // The generator's warm-up is served, too.
    let whole: f64 = seconds.parse::<f64>().unwrap() + WARM_UP;
    let cost = (processor_time(server.child.id()) - before) * 1e9 / (rate * whole);
    Run { rate, cost, busy: report["busy"].as_f64().unwrap() }
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints one comparison.
pub fn row(
    options: &Options,
    name: &str,
    ours: f64,
    (peer, value): (&str, f64),
    unit: &str,
    target: (char, f64),
) {
    let ratio = ours / value;
    let (met, sign) = match target.0 {
        '<' => (ratio <= target.1, "<="),
        _ => (ratio >= target.1, ">="),
    };
    let target = format!("{sign} {}", target.1);
    if options.json {
        let line = serde_json::json!({
            "row": name, "ours": ours, "peer": peer, "peer_value": value, "unit": unit, "ratio": ratio,
            "target": target, "met": met,
        });
        println!("{line}");
    } else {
        let verdict = if met { "met" } else { "MISSED" };
        println!(
            "{name:<50} {ours:>12.0} {value:>12.0} {unit:<6} {ratio:>7.3}  {target} {verdict}  ({peer})"
        );
    }
}

/// What the servers did, in their order: medians.
pub struct Medians {
    /// Messages (or bytes) a second.
    pub rate: Vec<f64>,
    /// Processor time of the server, in nanoseconds a message (or a byte): what it could serve, whatever the generator is able to ask.
    pub cost: Vec<f64>,
}

/// Runs the load against all servers in turn, round after round.
pub fn compare(options: &Options, servers: &[&Server], args: &[&str], field: &str) -> Medians {
    let (_, generator) = cores();
    let mut values = vec![(Vec::new(), Vec::new()); servers.len()];
    let mut busy = vec![Vec::new(); servers.len()];
    for round in 0..options.rounds() {
        // Each round begins with another server: none is always the one after the pause.
        for i in 0..servers.len() {
            let i = (i + round) % servers.len();
            let run = load(generator, servers[i], args, options.seconds(), field);
            values[i].0.push(run.rate);
            values[i].1.push(run.cost);
            busy[i].push(run.busy);
        }
    }
    if !options.json {
        let shares: Vec<String> = busy.iter_mut().map(|b| format!("{:.0}%", median(b) * 100.0)).collect();
        println!("(the generator's share of its core, server by server: {})", shares.join(", "));
    }
    let (rate, cost) = values.iter_mut().map(|(rates, costs)| (median(rates), median(costs))).unzip();
    Medians { rate, cost }
}
