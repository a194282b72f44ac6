//! `framewire run`: a scenario's programs on real sockets of this machine, held against the model (Linux).

mod actor;
mod calls;
mod frames;
mod journal;
mod plan;
mod sockets;
mod stage;
mod tell;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use framewire::lang::Lang;
use framewire::sim::{Run, Scenario, set};
use serde_json::json;

use crate::capture::socket::PacketSocket;
use crate::inspect::environment;
use crate::listen;
use crate::observe::store::TraceFile;
use crate::say;
use crate::sim_cmd::load;
use crate::units::parse_seconds;
use crate::web::link;
use journal::Journal;
use plan::Plan;
pub use plan::Refusal;
use stage::Ending;
pub use tell::{Line, Mark};
pub use verdict::{SocketVerdict, Verdict};

const EXAMPLES: &str = "\
Examples:
  framewire run hello-tcp                          client and server of the scenario, on real sockets of this machine
  framewire run sticky-packets --record real.fwtrace
                                                   and `framewire web real.fwtrace` draws what happened
  framewire run sticky-packets --web               in the page of `framewire web`, beside its model
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
    /// Let a running `framewire web` perform it, by default the one on 127.0.0.1:8080; its page (Live) then shows model and
    /// recording side by side
    #[arg(
        long, value_name = "ADDR", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:8080",
        conflicts_with_all = ["record", "model", "json", "limit", "settle"]
    )]
    pub web: Option<String>,
    /// The language of the verdict: en or zh (default: the environment's)
    #[arg(long, value_name = "LANG")]
    pub lang: Option<Lang>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

impl RunArgs {
    fn lang(&self) -> Lang {
        // What machines read does not depend on where they stand.
        self.lang.unwrap_or_else(|| if self.json { Lang::En } else { environment() })
    }
}

/// Time for `framewire web` to perform a scenario.
const PAGE_PATIENCE: Duration = Duration::from_secs(60);
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

/// How a scenario is performed.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Where what happened is written.
    pub record: Option<PathBuf>,
    /// Where what the model predicts is written.
    pub model: Option<PathBuf>,
    /// The time it may take.
    pub limit: Duration,
    /// After so long without a call, who waits is taken to wait for ever.
    pub settle: Duration,
    /// The language of the verdict.
    pub lang: Lang,
}

/// Performs a scenario.
///
/// # Errors
/// When it cannot be performed ([`Refusal`]), or a file cannot be written.
pub fn perform(scenario: &Scenario, wish: &Wish) -> Result<Performance> {
    let plan = Plan::new(scenario)?;
    let model = Run::new(&plan.predicted, &[])?;
    let takes = verdict::last_call(model.trace());
    plan.refuse_long(takes.since(framewire::time::Instant::START), wish.limit)?;
    let model = model.into_trace();
    if let Some(path) = &wish.model {
        let bytes = framewire::trace::write(&model);
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let create = |path: &PathBuf| {
        TraceFile::create(path).with_context(|| format!("cannot record to {}", path.display()))
    };
    let file = wish.record.as_ref().map(create).transpose()?;
    let journal = Journal::new(file, PacketSocket::open(Some("lo")).ok());
    let (journal, plan, ending) = stage::perform(plan, journal, wish.limit, wish.settle)?;
    let (kernel, packets) = journal.finish().context("the recording is incomplete")?;
    let name = |host: usize| scenario.hosts.get(host).map_or_else(String::new, |host| host.name.clone());
    Ok(Performance {
        name: scenario.name.clone(),
        hosts: (0..scenario.hosts.len()).map(|h| (name(h), plan.map.host(h).to_string())).collect(),
        moved: plan.map.moved().map(|(host, port, real)| (name(host), port, real)).collect(),
        ending,
        verdict: verdict::judge(&model, &kernel, packets, wish.lang),
        remarks: plan::remarks(scenario, wish.lang),
    })
}

/// Performs, and says what came out.
///
/// # Errors
/// When there is no such scenario, or a file cannot be written.
pub fn run(args: &RunArgs) -> Result<ExitCode> {
    let lang = args.lang();
    if let Some(web) = &args.web {
        return in_the_page(&scenario(args)?, web, lang);
    }
    let wish = Wish {
        record: args.record.clone(),
        model: args.model.clone(),
        limit: args.limit,
        settle: args.settle,
        lang,
    };
    let performance = match perform(&scenario(args)?, &wish) {
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
        false => {
            let lines = performance.told(lang);
            lines.iter().for_each(|line| say::line(line.plain(lang)));
            if let Some(file) = &args.record {
                let file = file.display();
                say::line(lang.pick(
                    format!("`framewire web {file}` draws it"),
                    format!("`framewire web {file}` 可以把它画出来"),
                ));
            }
        }
    }
    Ok(if performance.verdict.as_modelled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a `framewire web` says of a performance.
#[derive(serde::Deserialize)]
struct Answer {
    as_modelled: bool,
    told: Vec<Line>,
}

/// Has a running `framewire web` perform it, whose page shows it beside the model.
fn in_the_page(scenario: &Scenario, web: &str, lang: Lang) -> Result<ExitCode> {
    let addr = listen::resolve(web)?;
    let asked = link::post(addr, &format!("/api/run?lang={lang}"), &scenario.to_json(), PAGE_PATIENCE);
    let (status, body) =
        asked.with_context(|| format!("--web: `framewire web` on {addr} cannot run this"))?;
    if status != 200 {
        let said: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        bail!("{}", said["error"].as_str().unwrap_or(body.trim()));
    }
    let Answer { as_modelled, told } =
        serde_json::from_str(&body).with_context(|| format!("{addr} is another version of framewire"))?;
    told.iter().for_each(|line| say::line(line.plain(lang)));
    say::line(lang.pick(
        format!("http://{addr}/ shows it beside the model: Live"),
        format!("在 http://{addr}/ 点“实时”，可以看到它与模型并排"),
    ));
    Ok(if as_modelled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn refuse(args: &RunArgs, refusal: &Refusal) {
    match args.json {
        true => say::line(json!({
            "scenario": args.scenario, "verdict": "not-performed", "reason": refusal.message(args.lang()),
        })),
        false => {
            let (lang, name) = (args.lang(), &args.scenario);
            let reason = refusal.message(lang);
            eprintln!(
                "framewire run: {}",
                lang.pick(
                    format!("{name} cannot be performed here: {reason}"),
                    format!("{name} 无法在这里运行：{reason}")
                )
            );
        }
    }
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
}
