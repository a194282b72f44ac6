//! `framewire sim`: runs a scenario and writes what happened.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use framewire::lang::Lang;
use framewire::sim::{BUILTINS, KnobError, Run, Scenario, builtin, set};
use framewire::trace::{Kind, Trace, is_trace_file};
use framewire::view::session::Session;
use serde_json::{Value, json};

use crate::sim_sweep;

const EXAMPLES: &str = "\
Examples:
  framewire sim                                           the built-in scenarios
  framewire sim hello-tcp                                 what happens, sentence by sentence
  framewire sim lesson.json --out lesson.fwtrace          run your own; `framewire web lesson.fwtrace` draws it
  framewire sim lost-syn --set network.latency=300ms      with one value changed
  framewire sim slow-start-cubic --sweep network.loss=0..5% --steps 11
  framewire sim framed-echo --sweep seed=1..1000 --json   a thousand runs, one JSON object a line";

/// Run a scenario in virtual time
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct SimArgs {
    /// A built-in scenario's name or a scenario file (JSON); without one, the names are listed
    #[arg(value_name = "NAME|FILE")]
    pub scenario: Option<String>,
    /// Write the trace; the ending says how: .fwtrace, .pcapng or .json
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Change a value of the scenario, by its path (several times: several values)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Run it for each value of a range, for example network.latency=10ms..200ms
    #[arg(long, value_name = "KEY=A..B", conflicts_with = "out")]
    pub sweep: Option<String>,
    /// How many values a sweep takes; whole numbers are all taken when missing
    #[arg(long, value_name = "N", requires = "sweep")]
    pub steps: Option<usize>,
    /// Print JSON: one object, or one a line for a sweep
    #[arg(long)]
    pub json: bool,
    /// Print the run's digest alone: the same on every machine and in the page; without a scenario, of every built-in one
    #[arg(long, conflicts_with_all = ["out", "sweep", "json"])]
    pub digest: bool,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Language::En)]
    pub lang: Language,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    En,
    /// Chinese
    Zh,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::En => Lang::En,
            Language::Zh => Lang::Zh,
        }
    }
}

/// Runs the command; what it prints goes to `out`.
///
/// # Errors
/// When the scenario cannot be read or a value cannot be set, and when a file cannot be written.
pub fn run(args: &SimArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let lang = Lang::from(args.lang);
    let Some(name) = &args.scenario else {
        return if args.digest { digests(out) } else { list(lang, out) };
    };
    let mut scenario = load(name, lang)?;
    for change in &args.set {
        let (key, value) = change.split_once('=').with_context(|| {
            format!("--set {change}: write it as KEY=VALUE, for example network.latency=50ms")
        })?;
        scenario = set(&scenario, key, value)
            .map_err(|error| anyhow::anyhow!("--set {change}: {}", knob_message(&error, lang)))?;
    }
    if let Some(range) = &args.sweep {
        return sim_sweep::sweep(&scenario, range, args, out);
    }
    let run = Run::new(&scenario, &[])?;
    if let Some(message) = run.stop().message(lang) {
        eprintln!("{message}");
    }
    match &args.out {
        _ if args.digest => writeln!(out, "{:016x}", run.digest())?,
        Some(path) => {
            write_file(&run, path)?;
            eprintln!("{}: {} events", path.display(), run.trace().len());
        }
        None if args.json => writeln!(out, "{}", summary(&run))?,
        None => tell(run, lang, out)?,
    }
    Ok(())
}

/// The names of the built-in scenarios with their titles.
fn list(lang: Lang, out: &mut impl Write) -> anyhow::Result<()> {
    for known in BUILTINS {
        if let Some(scenario) = builtin(known.name) {
            writeln!(out, "{:<26}{}", known.name, scenario.title.get(lang))?;
        }
    }
    Ok(())
}

/// What is wrong with a value; the line and column that it has in no text of the user's are left out.
pub(crate) fn knob_message(error: &KnobError, lang: Lang) -> String {
    match error {
        KnobError::Value(error) => format!("{}: {}", error.path, error.problem(lang)),
        other => other.to_string(),
    }
}

/// The digests of the built-in scenarios.
fn digests(out: &mut impl Write) -> anyhow::Result<()> {
    for known in BUILTINS {
        let scenario = builtin(known.name).context("a built-in scenario is wrong")?;
        writeln!(out, "{:<26}{:016x}", known.name, Run::new(&scenario, &[])?.digest())?;
    }
    Ok(())
}

/// The built-in scenario, or the scenario of the file, of this name.
pub(crate) fn load(name: &str, lang: Lang) -> anyhow::Result<Scenario> {
    if let Some(scenario) = builtin(name) {
        return Ok(scenario);
    }
    let path = Path::new(name);
    if !path.exists() && path.extension().is_none() {
        let near = BUILTINS.iter().map(|known| known.name).filter(|known| similar(known, name));
        let near: Vec<&str> = near.take(3).collect();
        let hint =
            if near.is_empty() { String::new() } else { format!(" (did you mean {}?)", near.join(", ")) };
        bail!("`{name}` is neither a built-in scenario nor a file{hint}; `framewire sim` lists the names");
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    if is_trace_file(&bytes) {
        bail!(
            "{name} is a recording, not a scenario: `framewire web {name}` draws it, `framewire trace {name}` tells of it"
        );
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        anyhow::anyhow!("{name} is no scenario: a scenario is JSON, and this is not even text (UTF-8)")
    })?;
    Scenario::from_json(&text).map_err(|error| anyhow::anyhow!("{name}: {}", error.message(lang)))
}

/// Whether two names share a word or most of their letters' pairs.
fn similar(a: &str, b: &str) -> bool {
    let pairs = |text: &str| text.as_bytes().windows(2).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (a, b) = (pairs(a), pairs(b));
    let shared = a.iter().filter(|pair| b.contains(pair)).count();
    shared * 2 > a.len().max(b.len())
}

fn write_file(run: &Run, path: &Path) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|ending| ending.to_str()) {
        Some("fwtrace") => framewire::trace::write(run.trace()),
        Some("pcapng") => framewire::trace::capture::export(run.trace(), framewire::trace::Vantage::Sent),
        Some("json") => framewire::trace::write_json(run.trace()).into_bytes(),
        _ => bail!("{}: the ending must be .fwtrace, .pcapng or .json", path.display()),
    };
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Every event as a sentence.
fn tell(run: Run, lang: Lang, out: &mut impl Write) -> anyhow::Result<()> {
    let scenario = run.scenario().clone();
    for text in [&scenario.title, &scenario.look, &scenario.question] {
        if !text.is_empty() {
            writeln!(out, "{}", text.get(lang))?;
        }
    }
    writeln!(out)?;
    let session = Session::new(run.into_trace());
    for row in session.rows(0, usize::MAX, true, lang) {
        writeln!(out, "{:>14}  {}", row.time, row.text)?;
    }
    Ok(())
}

/// How many events of a kind there are.
fn count(trace: &Trace, kind: Kind) -> usize {
    trace.columns().kind.iter().filter(|&&known| known == kind as u8).count()
}

/// What a run came to, in numbers.
pub(crate) fn summary(run: &Run) -> Value {
    let trace = run.trace();
    let again = trace.tables().packets.iter();
    let again = again.filter(|row| row.is(framewire::trace::tables::packet_bits::RETRANSMISSION)).count();
    // The end of the conversation: TIME-WAIT and late timers go on after it.
    let last = trace.tables().packets.iter().map(|row| trace.packet_times(row).end().as_nanos()).max();
    json!({
        "scenario": run.scenario().name,
        "seed": run.scenario().seed,
        "events": trace.len(),
        "digest": format!("{:016x}", run.digest()),
        "packets": trace.tables().packets.len(),
        "lost": count(trace, Kind::PacketDropped),
        "retransmissions": again,
        "connections": trace.connections().len(),
        "last_packet_ns": last.unwrap_or(0),
        "end_ns": trace.end_time().as_nanos(),
        "stopped": run.stop().message(Lang::En),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(scenario: &str) -> SimArgs {
        SimArgs {
            scenario: Some(scenario.into()),
            out: None,
            set: Vec::new(),
            sweep: None,
            steps: None,
            json: false,
            digest: false,
            lang: Language::En,
        }
    }

    fn output(args: &SimArgs) -> String {
        let mut out = Vec::new();
        run(args, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_scenario_is_told_in_both_languages() {
        assert!(output(&args("hello-tcp")).contains("Hello, TCP"));
        let zh = SimArgs { lang: Language::Zh, ..args("hello-tcp") };
        assert!(output(&zh).contains("你好，TCP"));
    }

    #[test]
    fn digests_are_the_same_each_time_and_of_each_scenario_another() {
        let all = output(&SimArgs { scenario: None, digest: true, ..args("") });
        let rows: Vec<Vec<&str>> = all.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), BUILTINS.len());
        let different: std::collections::BTreeSet<&str> = rows.iter().map(|row| row[1]).collect();
        assert_eq!(different.len(), rows.len());
        let one = output(&SimArgs { digest: true, ..args("hello-tcp") });
        assert!(rows.contains(&vec!["hello-tcp", one.trim()]), "{one}");
    }

    #[test]
    fn a_sweep_runs_every_value_in_order() {
        let sweep = SimArgs {
            sweep: Some("network.latency=10ms..30ms".into()),
            steps: Some(3),
            json: true,
            ..args("hello-tcp")
        };
        let rows: Vec<Value> =
            output(&sweep).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            rows.iter().map(|row| row["value"].as_str().unwrap()).collect::<Vec<_>>(),
            ["10ms", "20ms", "30ms"]
        );
        let ends: Vec<u64> = rows.iter().map(|row| row["last_packet_ns"].as_u64().unwrap()).collect();
        assert!(ends.is_sorted());
    }

    #[test]
    fn wrong_names_and_values_are_told() {
        let mut out = Vec::new();
        let error = run(&args("hello-tpc"), &mut out).unwrap_err().to_string();
        assert!(error.contains("hello-tcp"), "{error}");
        let bad = SimArgs { set: vec!["network.loss=150%".into()], ..args("hello-tcp") };
        assert!(format!("{:#}", run(&bad, &mut out).unwrap_err()).contains("from 0 to 1"));
        let bad = SimArgs { sweep: Some("loss=0..5%".into()), ..args("hello-tcp") };
        let mut printed = Vec::new();
        let error = run(&bad, &mut printed).unwrap_err().to_string();
        assert!(error.contains("no field `loss`") && !error.contains("line"), "{error}");
        assert!(printed.is_empty(), "nothing ran");
        let bad = SimArgs { out: Some("x.txt".into()), ..args("hello-tcp") };
        assert!(run(&bad, &mut out).unwrap_err().to_string().contains(".fwtrace"));
    }

    #[test]
    fn the_trace_is_written_by_its_ending() {
        let dir = tempfile::tempdir().unwrap();
        for ending in ["fwtrace", "pcapng", "json"] {
            let path = dir.path().join(format!("x.{ending}"));
            output(&SimArgs { out: Some(path.clone()), ..args("hello-tcp") });
            assert!(std::fs::metadata(path).unwrap().len() > 100, "{ending}");
        }
    }
}
