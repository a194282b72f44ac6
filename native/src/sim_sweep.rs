//! `framewire sim --sweep`: one run for each of many values.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use framewire::lang::Lang;
use framewire::sim::units::{Chance, Rate, Size, Span};
use framewire::sim::{Run, RunError, Runner, Scenario, set};
use framewire::time::Duration;
use serde_json::{Value, json};

use crate::sim_cmd::{SimArgs, knob_message, summary};

/// Values of a sweep.
const MOST: usize = 1_000_000;

/// The values of `A..B`.
fn values(range: &str, steps: Option<usize>) -> anyhow::Result<Vec<String>> {
    let help = "write a sweep as KEY=A..B, for example network.latency=10ms..200ms or seed=1..100";
    let (from, to) = range.split_once("..").context(help)?;
    if let (Ok(first), Ok(last), None) = (from.parse::<i64>(), to.parse::<i64>(), steps) {
        let (low, high) = (first.min(last), first.max(last));
        if high.saturating_sub(low) >= MOST as i64 {
            bail!("{range} has more than a million values; --steps N takes N of them");
        }
        return Ok((low..=high).map(|n| n.to_string()).collect());
    }
    let steps = steps.unwrap_or(11).max(2);
    if steps > MOST {
        bail!("--steps {steps}: at most {MOST}");
    }
    let between = |a: f64, b: f64| (0..steps).map(move |i| a + (b - a) * i as f64 / (steps - 1) as f64);
    // A unit on one side holds for both: `0..5%`.
    let unit = to.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let from =
        if from.ends_with(|c: char| c.is_ascii_digit()) { format!("{from}{unit}") } else { from.to_owned() };
    if let (Ok(a), Ok(b)) = (from.parse::<f64>(), to.parse::<f64>()) {
        return Ok(between(a, b).map(|n| format!("{}", (n * 1e9).round() / 1e9)).collect());
    }
    if let (Some(a), Some(b)) = (Span::parse(&from), Span::parse(to)) {
        let nanos = between(a.0.as_nanos() as f64, b.0.as_nanos() as f64);
        return Ok(nanos.map(|n| Span(Duration::from_nanos(n.round() as u64)).to_string()).collect());
    }
    if let (Some(a), Some(b)) = (Chance::parse(&from), Chance::parse(to)) {
        return Ok(between(a.0, b.0).map(|share| Chance(share).to_string()).collect());
    }
    if let (Some(a), Some(b)) = (Rate::parse(&from), Rate::parse(to)) {
        return Ok(between(a.0 as f64, b.0 as f64).map(|n| Rate(n.round() as u64).to_string()).collect());
    }
    if let (Some(a), Some(b)) = (Size::parse(&from), Size::parse(to)) {
        return Ok(between(a.0 as f64, b.0 as f64).map(|n| Size(n.round() as u64).to_string()).collect());
    }
    bail!("{range}: both ends must be numbers, times, sizes, rates or percentages; {help}")
}

/// A run on this thread alone: the others have runs of their own.
fn alone(scenario: &Scenario) -> Result<Run, RunError> {
    let mut runner = Runner::new(scenario, &[])?;
    while runner.advance(u32::MAX) {}
    Ok(runner.finish())
}

/// One run for each value, on all cores; the rows come in the order of the values.
pub(crate) fn sweep(
    scenario: &Scenario,
    range: &str,
    args: &SimArgs,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let (key, range) = range.split_once('=').context("--sweep: write it as KEY=A..B")?;
    let values = values(range, args.steps)?;
    let lang = Lang::from(args.lang);
    for value in values.first().into_iter().chain(values.last()) {
        // Before anything runs: most mistakes show at the ends of the range.
        set(scenario, key, value)
            .map_err(|error| anyhow::anyhow!("--sweep {key}={value}: {}", knob_message(&error, lang)))?;
    }
    let progress = match std::io::stderr().is_terminal() {
        true => indicatif::ProgressBar::new(values.len() as u64),
        false => indicatif::ProgressBar::hidden(),
    };
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<Value, String>>>> =
        values.iter().map(|_| Mutex::new(None)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(values.len());
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let (Some(value), Some(slot)) = (values.get(at), results.get(at)) else { return };
                    let result = set(scenario, key, value)
                        .map_err(|error| knob_message(&error, lang))
                        .and_then(|scenario| alone(&scenario).map_err(|error| error.to_string()))
                        .map(|run| summary(&run));
                    if let Ok(mut slot) = slot.lock() {
                        *slot = Some(result);
                    }
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    if !args.json {
        writeln!(out, "{key:>20} {:>12} {:>9} {:>9} {:>9}", "last packet", "packets", "lost", "again")?;
    }
    for (value, slot) in values.iter().zip(results) {
        let result = slot.into_inner().ok().flatten().unwrap_or_else(|| Err("the run did not end".into()));
        let mut row = result.map_err(|error| anyhow::anyhow!("{key}={value}: {error}"))?;
        if args.json {
            row["key"] = json!(key);
            row["value"] = json!(value);
            writeln!(out, "{row}")?;
        } else {
            let last = row["last_packet_ns"].as_u64().unwrap_or(0) as f64 / 1e9;
            let number = |name: &str| row[name].as_u64().unwrap_or(0);
            writeln!(
                out,
                "{value:>20} {last:>10.6} s {:>9} {:>9} {:>9}",
                number("packets"),
                number("lost"),
                number("retransmissions")
            )?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_with_their_units() {
        assert_eq!(values("1..4", None).unwrap(), ["1", "2", "3", "4"]);
        assert_eq!(values("0..5%", Some(3)).unwrap(), ["0%", "2.5%", "5%"]);
        assert_eq!(values("1..2Mbit/s", Some(2)).unwrap(), ["1Mbit/s", "2Mbit/s"]);
        assert_eq!(values("0..1", Some(3)).unwrap(), ["0", "0.5", "1"]);
        assert!(values("0..1", Some(usize::MAX)).is_err_and(|error| error.to_string().contains("at most")));
        assert!(values("5", None).is_err() && values("a..b", None).is_err());
    }
}
