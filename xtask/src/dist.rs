//! `cargo xtask dist`: all that a release carries, in `dist/`: the static site, the npm package, the page of one file, checksums.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::{budget, shell, tools, wasm};

/// Arguments of `cargo xtask dist`.
#[derive(clap::Args)]
pub struct Args {
    /// The scenario of the page of one file: a built-in one's name or a JSON file
    #[arg(long, default_value = "hello-tcp")]
    scenario: String,
    /// Take the WASM that stands in www/pkg, whatever built it
    #[arg(long)]
    keep_wasm: bool,
}

/// What the browser never asks for; `served` is for pages of `framewire web` alone.
const NOT_SERVED: &[&str] = &["jsconfig.json", "node_modules", ".gitignore", "served"];

/// Makes everything anew.
pub fn run(args: &Args) -> Result<()> {
    let dist = shell::root().join("dist");
    if !args.keep_wasm {
        wasm::build(&wasm::Args::default())?;
    }
    empty(&dist)?;
    site(&dist.join("site"))?;

    let package = package();
    let mut build = shell::command("node");
    shell::run(build.current_dir(&package).arg("build.mjs"))?;
    let to = dist.to_string_lossy().into_owned();
    shell::run_quietly("Packing the npm package", npm().args(["pack", "--pack-destination", &to]))?;
    // A scenario file is named as the caller sees it.
    let scenario = match Path::new(&args.scenario).canonicalize() {
        Ok(file) if file.is_file() => file.to_string_lossy().into_owned(),
        _ => args.scenario.clone(),
    };
    let mut page = shell::command("node");
    page.current_dir(&package).args(["build.mjs", "--page"]).arg(dist.join("framewire.html")).arg(scenario);
    shell::run(&mut page)?;

    let script = budget::gzipped_file(&package.join("dist/framewire-player.js"))?;
    let module = budget::gzipped_file(&package.join("dist/framewire_bg.wasm"))?;
    let total = (script + module) as f64 / 1e3;
    println!(
        "the embed: script {:.1} + WASM {:.1} = {total:.1} kB gzipped",
        script as f64 / 1e3,
        module as f64 / 1e3
    );
    checksums(&dist)?;
    println!("everything stands in {}", dist.display());
    Ok(())
}

/// Where the npm package is made, and with it the bundler lives.
fn package() -> PathBuf {
    shell::root().join("npm")
}

fn npm() -> Command {
    let mut npm = shell::command("npm");
    npm.current_dir(package());
    npm
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// Makes the static site anew in `to`, its scripts bundled. The WASM must have been built.
pub fn site(to: &Path) -> Result<()> {
    let www = shell::root().join("www");
    tools::NODE.ensure()?;
    tools::NPM.ensure()?;
    if !www.join("pkg/framewire_bg.wasm").exists() {
        bail!("no WASM in www/pkg: `cargo xtask wasm` builds it");
    }
    empty(to)?;
    copy_site(&www, to)?;
    tools::npm_ci(&package(), "Installing the bundler")?;
    let mut bundle = shell::command("node");
    shell::run(bundle.current_dir(package()).args(["build.mjs", "--site"]).arg(to))
}

/// The page as any static host can serve it, with an empty list where the native server lists recordings.
fn copy_site(from: &Path, to: &Path) -> Result<()> {
    let walk = walkdir::WalkDir::new(from).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|e| !NOT_SERVED.iter().any(|name| e.file_name() == *name)) {
        let entry = entry?;
        let place = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&place)?;
        } else if !entry.path().to_string_lossy().ends_with(".d.ts") {
            std::fs::copy(entry.path(), &place)
                .with_context(|| format!("cannot copy to {}", place.display()))?;
        }
    }
    std::fs::create_dir_all(to.join("api"))?;
    std::fs::write(to.join("api/recordings"), "[]\n")?;
    // GitHub Pages would run Jekyll over it.
    std::fs::write(to.join(".nojekyll"), "")?;
    Ok(())
}

/// SHA256SUMS, to be checked with `sha256sum --check`.
fn checksums(dist: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in walkdir::WalkDir::new(dist).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    let mut text = String::new();
    for file in files {
        let hash = Sha256::digest(std::fs::read(&file)?);
        let _ = writeln!(text, "{}  {}", hex(&hash), file.strip_prefix(dist)?.display());
    }
    std::fs::write(dist.join("SHA256SUMS"), text)?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_what_browsers_ask_for_and_checksums_name_all_of_it() {
        let dir = std::env::temp_dir().join(format!("framewire-dist-{}", std::process::id()));
        let (from, to) = (dir.join("www"), dir.join("dist/site"));
        std::fs::create_dir_all(from.join("player")).unwrap();
        for file in ["index.html", "jsconfig.json", "player/element.js", "player/types.d.ts"] {
            std::fs::write(from.join(file), file).unwrap();
        }
        copy_site(&from, &to).unwrap();
        checksums(&dir.join("dist")).unwrap();
        let sums = std::fs::read_to_string(dir.join("dist/SHA256SUMS")).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        let names: Vec<&str> = sums.lines().map(|line| &line[66..]).collect();
        assert_eq!(
            names,
            ["site/.nojekyll", "site/api/recordings", "site/index.html", "site/player/element.js"]
        );
        assert_eq!(hex(&Sha256::digest(b"")).len(), 64);
    }
}
