//! `cargo xtask bench NAME`: ours and the peer, measured in one run.
//!
//! A bench is a `harness = false` binary that measures both sides in turn in one process and prints one JSON object a
//! line; this file runs it, draws the table and judges the targets.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::shell;

/// Arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Which one
    name: Name,
    /// Fewer and shorter runs: a first look, not a measurement to quote
    #[arg(long)]
    quick: bool,
    /// One JSON array instead of the table
    #[arg(long)]
    json: bool,
}

/// The benches there are.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Name {
    /// The codec beside tokio-util, serde_json and memcpy
    Framing,
    /// The endpoints and the emulator beside smoltcp
    Engine,
    /// Scenarios, recording and seeking beside their budgets
    Sim,
    /// The servers beside Python's and a bare epoll loop
    Native,
}

impl Name {
    fn package_and_bench(self) -> (&'static str, &'static str) {
        match self {
            Name::Framing => ("framewire", "framing"),
            Name::Engine => ("framewire", "engine"),
            Name::Sim => ("framewire", "sim"),
            Name::Native => ("framewire-native", "native"),
        }
    }
}

/// One comparison, as a bench prints it.
#[derive(Debug, Deserialize, Serialize)]
struct Row {
    /// What was measured.
    row: String,
    /// Our median, in `unit`.
    #[serde(alias = "ours_ns")]
    ours: f64,
    /// Who is measured beside us.
    peer: String,
    /// The peer's median, in `unit`.
    #[serde(alias = "peer_ns")]
    peer_value: f64,
    /// What the medians are in.
    #[serde(default = "nanoseconds")]
    unit: String,
    /// The ratio that the target speaks of.
    ratio: f64,
    /// For example `>= 3.0`; empty where nothing is demanded.
    #[serde(default)]
    target: String,
    /// Whether the target is met.
    met: bool,
}

fn nanoseconds() -> String {
    "ns".into()
}

/// Runs the bench, prints a row for each comparison, and fails when a target is missed.
pub fn run(args: &Args) -> Result<()> {
    let (package, bench) = args.name.package_and_bench();
    let mut command = shell::cargo();
    command.args(["bench", "--quiet", "--package", package, "--bench", bench, "--", "--json"]);
    if args.quick {
        command.arg("--quick");
    }
    let shown = shell::line(&command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let stdout = child.stdout.take().context("the bench has no output")?;
    let mut rows = Vec::new();
    if !args.json {
        println!("{:<58} {:>14} {:>14} {:>8}  target", "row", "ours", "peer", "ratio");
    }
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        if !line.starts_with('{') {
            continue;
        }
        let row: Row = serde_json::from_str(&line).with_context(|| format!("not a row: {line}"))?;
        if !args.json {
            print(&row);
        }
        rows.push(row);
    }
    let status = child.wait()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    }
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    judge(&rows)
}

/// An error when a target is missed, or nothing was measured at all.
fn judge(rows: &[Row]) -> Result<()> {
    let missed: Vec<&str> = rows.iter().filter(|row| !row.met).map(|row| row.row.as_str()).collect();
    match (rows.len(), missed.len()) {
        (0, _) => bail!("nothing was measured"),
        (_, 0) => Ok(()),
        (all, n) => bail!("{n} of {all} targets missed: {}", missed.join("; ")),
    }
}

fn print(row: &Row) {
    let verdict = match (row.target.as_str(), row.met) {
        ("", _) => String::new(),
        (target, true) => format!("{target} met"),
        (target, false) => format!("{target} MISSED"),
    };
    let value = |v: f64| format!("{} {}", short(v), row.unit);
    println!(
        "{:<58} {:>14} {:>14} {:>8.2}  {verdict}   (peer: {})",
        row.row,
        value(row.ours),
        value(row.peer_value),
        row.ratio,
        row.peer
    );
}

/// Four digits at most, with a thousands suffix.
fn short(v: f64) -> String {
    match v.abs() {
        v if v >= 1e9 => format!("{:.2}G", v / 1e9),
        v if v >= 1e6 => format!("{:.2}M", v / 1e6),
        v if v >= 1e4 => format!("{:.1}k", v / 1e3),
        v if v >= 100.0 => format!("{v:.0}"),
        v => format!("{v:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(met: bool) -> Row {
        let line = format!(
            r#"{{"row": "decode", "ours_ns": 12.5, "peer": "memcpy", "peer_ns": 50, "ratio": 4, "target": ">= 3", "met": {met}}}"#
        );
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn rows_are_in_nanoseconds_unless_they_say_so() {
        assert_eq!(row(true).unit, "ns");
        let line = r#"{"row": "echo", "ours": 9e4, "peer": "python", "peer_value": 1e4, "unit": "msg/s", "ratio": 9, "met": true}"#;
        let row: Row = serde_json::from_str(line).unwrap();
        assert_eq!((row.unit.as_str(), short(row.ours)), ("msg/s", "90.0k".into()));
    }

    #[test]
    fn a_missed_target_fails_and_is_named() {
        assert!(judge(&[row(true)]).is_ok());
        assert!(
            judge(&[row(true), row(false)])
                .unwrap_err()
                .to_string()
                .contains("1 of 2 targets missed: decode")
        );
        assert!(judge(&[]).is_err());
    }
}
