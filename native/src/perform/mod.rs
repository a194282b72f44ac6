//! `framewire run`: a scenario's programs on real sockets of this machine, held against the model (Linux).

mod calls;
mod journal;
mod plan;
mod sockets;
mod stage;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use framewire::lang::Lang;
use framewire::sim::{Run, Scenario, set};
use serde_json::json;

use crate::capture::socket::PacketSocket;
use crate::observe::store::TraceFile;
use crate::say;
use crate::sim_cmd::load;
use crate::units::parse_seconds;
use journal::Journal;
use plan::{Plan, Refusal};
use stage::Ending;
pub use verdict::{SocketVerdict, Verdict};

const EXAMPLES: &str = "\
Examples:
  framewire run hello-tcp                          client and server of the scenario, on real sockets of this machine
  framewire run sticky-packets --record real.fwtrace
                                                   and `framewire web real.fwtrace` draws what happened
  framewire run lesson.json --json                 your own scenario; the verdict as JSON
  framewire run hello-tcp --model model.fwtrace --record real.fwtrace
                                                   what was predicted for the loopback, and what happened

Each host gets an address of the loopback. The model runs the same programs over its own loopback with Linux's TCP; what each
socket sent and received must be the same. How receives were cut, and how long it took, is shown. With the right to capture
(see `framewire help capture`) the packets are recorded too.
Exit status: 0 as modelled, 1 not as modelled (or an error), 3 the scenario cannot be performed.";

/// Performs a scenario on real sockets and holds the kernel against the model.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// A built-in scenario's name (`framewire sim` lists them) or a scenario file (JSON)
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Change a value of the scenario, by its path (several times: several values)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Write what happened to this .fwtrace file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Write what the model predicts for the loopback to this .fwtrace file
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Seconds that the performance may take
    #[arg(long, value_name = "S", default_value = "30", value_parser = parse_seconds)]
    pub limit: Duration,
    /// Seconds without any call after which programs that wait are taken to wait for ever
    #[arg(long, value_name = "S", default_value = "0.5", value_parser = parse_seconds)]
    pub settle: Duration,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The exit status of a scenario that cannot be performed.
const CANNOT: u8 = 3;

/// A performance and what is to be said of it.
#[derive(Debug)]
pub struct Performance {
    /// The scenario's name.
    pub name: String,
    /// Hosts with their addresses.
    pub hosts: Vec<(String, String)>,
    /// Ports that go by another number: host, the scenario's, the real one.
    pub moved: Vec<(String, u16, u16)>,
    /// How it ended.
    pub ending: Ending,
    /// The kernel held against the model.
    pub verdict: Verdict,
    /// What of the scenario was not performed.
    pub remarks: Vec<String>,
}

fn scenario(args: &RunArgs) -> Result<Scenario> {
    let mut scenario = load(&args.scenario, Lang::En)?;
    for change in &args.set {
        let (key, value) = change.split_once('=').with_context(|| {
            format!("--set {change}: write it as KEY=VALUE, for example network.latency=50ms")
        })?;
        scenario = set(&scenario, key, value).map_err(|error| anyhow::anyhow!("--set {change}: {error}"))?;
    }
    Ok(scenario)
}

/// Performs the scenario that the arguments name.
///
/// # Errors
/// When there is no such scenario, it cannot be performed ([`Refusal`]), or a file cannot be written.
fn perform(args: &RunArgs) -> Result<Performance> {
    let scenario = scenario(args)?;
    let plan = Plan::new(&scenario)?;
    let model = Run::new(&plan.predicted, &[])?;
    let takes = verdict::last_call(model.trace());
    plan.refuse_long(takes.since(framewire::time::Instant::START), args.limit)?;
    let model = model.into_trace();
    if let Some(path) = &args.model {
        let bytes = framewire::trace::write(&model);
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let create = |path: &PathBuf| {
        TraceFile::create(path).with_context(|| format!("cannot record to {}", path.display()))
    };
    let file = args.record.as_ref().map(create).transpose()?;
    let journal = Journal::new(file, PacketSocket::open(Some("lo")).ok());
    let (journal, plan, ending) = stage::perform(plan, journal, args.limit, args.settle)?;
    let (kernel, packets) = journal.finish().context("the recording is incomplete")?;
    let name = |host: usize| scenario.hosts.get(host).map_or_else(String::new, |host| host.name.clone());
    Ok(Performance {
        name: scenario.name.clone(),
        hosts: (0..scenario.hosts.len()).map(|h| (name(h), plan.map.host(h).to_string())).collect(),
        moved: plan.map.moved().map(|(host, port, real)| (name(host), port, real)).collect(),
        ending,
        verdict: verdict::judge(&model, &kernel, packets),
        remarks: plan.remarks,
    })
}

/// Performs, and says what came out.
///
/// # Errors
/// When there is no such scenario, or a file cannot be written.
pub fn run(args: &RunArgs) -> Result<ExitCode> {
    let performance = match perform(args) {
        Ok(performance) => performance,
        Err(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) => {
                refuse(args, refusal);
                return Ok(ExitCode::from(CANNOT));
            }
            None => return Err(error),
        },
    };
    match args.json {
        true => say::line(performance.json()),
        false => performance.tell(args),
    }
    Ok(if performance.verdict.as_modelled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn refuse(args: &RunArgs, refusal: &Refusal) {
    match args.json {
        true => say::line(json!({
            "scenario": args.scenario, "verdict": "not-performed", "reason": refusal.to_string(),
        })),
        false => eprintln!("framewire run: {} cannot be performed here: {refusal}", args.scenario),
    }
}

/// At most so many sizes are written out.
const SIZES: usize = 12;

fn sizes(all: &[usize]) -> String {
    let shown: Vec<String> = all.iter().take(SIZES).map(ToString::to_string).collect();
    let more = if all.len() > SIZES { format!(" … ({} calls)", all.len()) } else { String::new() };
    if all.is_empty() { "nothing".to_owned() } else { format!("{}{more}", shown.join(" ")) }
}

impl Performance {
    fn json(&self) -> serde_json::Value {
        let hosts = self.hosts.iter().map(|(name, address)| json!({ "name": name, "address": address }));
        let moved = self.moved.iter();
        let moved = moved.map(|(host, port, real)| json!({ "host": host, "port": port, "real": real }));
        json!({
            "scenario": self.name,
            "verdict": if self.verdict.as_modelled { "as-modelled" } else { "differs" },
            "ending": self.ending,
            "hosts": hosts.collect::<Vec<_>>(),
            "ports": moved.collect::<Vec<_>>(),
            "not_performed": self.remarks,
            "comparison": self.verdict,
        })
    }

    fn tell(&self, args: &RunArgs) {
        let hosts: Vec<String> = self.hosts.iter().map(|(name, at)| format!("{name} {at}")).collect();
        say::line(format_args!("{} on this machine's loopback: {}", self.name, hosts.join(", ")));
        for (host, port, real) in &self.moved {
            say::line(format_args!("  port {port} of {host} is {real} here: it may not be had"));
        }
        for remark in &self.remarks {
            say::line(format_args!("  {remark}"));
        }
        let v = &self.verdict;
        for socket in &v.sockets {
            let SocketVerdict { program, socket: kind, transport, sent, received, .. } = socket;
            let mark = if socket.as_modelled { "as modelled  " } else { "NOT AS MODELLED" };
            say::line(format_args!(
                "  {mark}  {program}, {transport} socket {kind}: sent {sent} bytes, received {received}"
            ));
            if let Some(difference) = &socket.difference {
                say::line(format_args!("                 {difference}"));
            }
            if socket.model_receives != socket.kernel_receives {
                let (model, kernel) = (sizes(&socket.model_receives), sizes(&socket.kernel_receives));
                say::line(format_args!(
                    "                 receives gave, by the model: {model}; in the kernel: {kernel}"
                ));
            }
        }
        for failure in &v.failures {
            say::line(format_args!("  NOT AS MODELLED  {failure}"));
        }
        for evidence in &v.evidence {
            say::line(format_args!("  {evidence}"));
        }
        say::line(format_args!(
            "  the last call: after {:.4} s by the model, {:.4} s here",
            v.model_seconds, v.kernel_seconds
        ));
        match v.kernel_packets {
            Some(packets) => {
                say::line(format_args!("  packets: {} by the model, {packets} captured", v.model_packets))
            }
            None => {
                say::line("  packets were not captured: that needs CAP_NET_RAW (`framewire help capture`)")
            }
        }
        match self.ending {
            Ending::Over => {}
            Ending::Quiet => say::line("  at the end programs wait for what nobody sends"),
            Ending::Limit => say::line("  it was ended at a limit (`--limit`, or the scenario's own)"),
        }
        let verdict = if v.as_modelled { "as modelled" } else { "NOT as modelled" };
        let drawn = args.record.as_ref().map(|file| format!("; `framewire web {}` draws it", file.display()));
        say::line(format_args!("content and failures: {verdict}{}", drawn.unwrap_or_default()));
    }
}
