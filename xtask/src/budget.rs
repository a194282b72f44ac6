//! What the page may weigh: checked by the tests, so that growth is a decision and not an accident.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

/// The WASM module alone, gzipped, in bytes. A ceiling that may only go down: the goal is [`PAGE_GOAL`] for all.
pub const WASM_GZIPPED: u64 = 475_000;
/// Everything the page loads, gzipped file by file, in bytes. It may only go down.
pub const PAGE_GZIPPED: u64 = 587_000;
/// What a page of `framewire web` loads beside that when its live dialog is opened, gzipped file by file, in bytes.
pub const SERVED_GZIPPED: u64 = 11_500;
/// What everything is to weigh in the end.
const PAGE_GOAL: u64 = 200_000;

/// The size of `bytes` after gzip at its best.
pub fn gzipped(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

/// The gzipped size of a file.
pub fn gzipped_file(path: &Path) -> Result<u64> {
    gzipped(&std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?)
}

/// Checks the built page in `www` against its budgets and prints what each part weighs.
pub fn check(www: &Path) -> Result<()> {
    let mut wasm = 0;
    let mut page = 0;
    let mut served = 0;
    let loaded = ["html", "css", "js", "wasm", "svg", "json"];
    let skipped = ["examples", "notes", "node_modules"];
    let walk = walkdir::WalkDir::new(www).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|e| !skipped.iter().any(|name| e.file_name() == *name)) {
        let entry = entry?;
        let path = entry.path();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let is_tool = path.ends_with("jsconfig.json") || path.ends_with("tsconfig.json");
        if !entry.file_type().is_file() || !loaded.contains(&extension) || is_tool {
            continue;
        }
        let size = gzipped_file(path)?;
        if path.strip_prefix(www).is_ok_and(|path| path.starts_with("served")) {
            served += size;
            continue;
        }
        page += size;
        if extension == "wasm" {
            wasm += size;
        }
    }
    println!("WASM {:.1} of {:.0} kB gzipped", wasm as f64 / 1e3, WASM_GZIPPED as f64 / 1e3);
    println!(
        "page {:.1} of {:.0} kB gzipped (goal: {:.0})",
        page as f64 / 1e3,
        PAGE_GZIPPED as f64 / 1e3,
        PAGE_GOAL as f64 / 1e3
    );
    println!(
        "started from the page: {:.1} of {:.1} kB gzipped",
        served as f64 / 1e3,
        SERVED_GZIPPED as f64 / 1e3
    );
    if wasm == 0 {
        bail!("no WASM in {}: `cargo xtask wasm` builds it", www.display());
    }
    if wasm > WASM_GZIPPED || page > PAGE_GZIPPED || served > SERVED_GZIPPED {
        bail!("the page weighs more than its budget (xtask/src/budget.rs)");
    }
    Ok(())
}
