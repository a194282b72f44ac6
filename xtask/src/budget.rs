//! What the page may weigh: checked by the tests, so that growth is a decision and not an accident.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};

/// The WASM module alone, gzipped, in bytes. A ceiling that may only go down: the goal is 200 kB for the whole page. It went up once,
/// by an eighth, for a module that takes two thirds of the time.
pub const WASM_GZIPPED: u64 = 486_400;
/// Everything the published page loads, gzipped file by file, in bytes. It may only go down: the goal is 200 kB.
pub const PAGE_GZIPPED: u64 = 547_600;
/// What a page of `framewire web` loads beside that when its live dialog is opened, gzipped file by file, in bytes.
pub const SERVED_GZIPPED: u64 = 11_500;

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

/// Checks the published site (made by [`crate::dist::site`]) and what `framewire web` adds to it against their budgets, and
/// prints what each part weighs.
pub fn check(site: &Path, served: &Path) -> Result<()> {
    let module = site.join("pkg/framewire_bg.wasm");
    if !module.exists() {
        bail!(
            "the published site is not built: {} is missing. `cargo xtask test --only site` makes it",
            module.display()
        );
    }
    let page = weigh(site, &["examples", "notes"])?;
    let wasm = gzipped_file(&module)?;
    let served = weigh(served, &[])?;
    let budgets = [
        ("WASM", wasm, WASM_GZIPPED),
        ("page (goal: 200)", page, PAGE_GZIPPED),
        ("started from the page", served, SERVED_GZIPPED),
    ];
    for (what, weighs, may) in budgets {
        println!("{what}: {:.1} of {:.1} kB gzipped", weighs as f64 / 1e3, may as f64 / 1e3);
    }
    if budgets.iter().any(|(_, weighs, may)| weighs > may) {
        bail!("the page weighs more than its budget (xtask/src/budget.rs)");
    }
    Ok(())
}

/// What a browser may load of a folder, gzipped file by file, in bytes.
fn weigh(folder: &Path, skipped: &[&str]) -> Result<u64> {
    const LOADED: [&str; 6] = ["html", "css", "js", "wasm", "svg", "json"];
    let mut sum = 0;
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|e| !skipped.iter().any(|name| e.file_name() == *name)) {
        let entry = entry?;
        let extension = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default();
        if entry.file_type().is_file() && LOADED.contains(&extension) {
            sum += gzipped_file(entry.path())?;
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_site_it_says_what_makes_one() {
        let nowhere = std::env::temp_dir().join("framewire-no-site-here");
        let said = format!("{:#}", check(&nowhere, &nowhere).unwrap_err());
        assert!(
            said.contains("framewire-no-site-here") && said.contains("cargo xtask test --only site"),
            "{said}"
        );
    }
}
