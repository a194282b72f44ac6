//! Our own code as WASM, where Node is; and what the benches need to run a peer that is a program of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program printed, or why it could not be had.
pub type Outcome<T> = Result<T, String>;

/// What a program that ends well prints.
pub fn output(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("{name}: {}", said.lines().last().unwrap_or("failed")));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// A file of this folder.
pub fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}

/// Where what is built here goes.
pub fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |dir| root.join(dir))
        .join("peers")
}

/// What runs the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, started by the page's test packages; bulk transfers alone.
    #[allow(dead_code)] // not by each bench
    Chromium,
    /// Node.js.
    Node,
}

/// The module of `wasm/`, made as the page's is.
pub struct Wasm(PathBuf);

impl Wasm {
    /// Compiles the module: as the page is, or without its flags that spare weight, with `opt-level` `level`.
    pub fn build(level: Option<&str>) -> Outcome<Wasm> {
        let flags = include_str!("../../xtask/src/wasm-flags.txt").trim();
        let flags =
            if level.is_some() { flags.split(" -C llvm-args").next().unwrap_or(flags) } else { flags };
        let level = level.unwrap_or("2");
        output(Command::new("node").arg("--version"))?;
        let folder = target().join(format!("wasm-{level}-{}", flags.len()));
        let mut cargo = Command::new("cargo");
        cargo
            .args([
                "build",
                "--locked",
                "--quiet",
                "--release",
                "--target",
                "wasm32-unknown-unknown",
                "--manifest-path",
            ])
            .arg(source("wasm/Cargo.toml"))
            .arg("--target-dir")
            .arg(&folder)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags)
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        output(&mut cargo)?;
        let module = folder.join("wasm32-unknown-unknown/release/framewire_bench_wasm.wasm");
        let optimised = module.with_extension("better.wasm");
        let wasm_opt = source("../../npm/node_modules/binaryen/bin/wasm-opt");
        if !wasm_opt.exists() {
            return Err("there is no wasm-opt: `cargo xtask wasm` installs it".to_owned());
        }
        let flags = include_str!("../../xtask/src/wasm-opt-flags.txt").split_whitespace();
        output(Command::new("node").arg(wasm_opt).args(flags).arg(module).arg("-o").arg(&optimised))?;
        Ok(Wasm(optimised))
    }

    /// Runs the module with these arguments: see `wasm/run.mjs` and `wasm/chromium.mjs`. The numbers that come out.
    pub fn run(&self, engine: Engine, arguments: &[String]) -> Outcome<Vec<f64>> {
        let script = match engine {
            Engine::Chromium => "wasm/chromium.mjs",
            Engine::Node => "wasm/run.mjs",
        };
        let said = output(Command::new("node").arg(source(script)).arg(&self.0).args(arguments))?;
        let numbers: Vec<f64> = said.lines().filter_map(|line| line.parse().ok()).collect();
        if numbers.is_empty() { Err(format!("{engine:?} printed nothing")) } else { Ok(numbers) }
    }
}
