//! The peers of the engine bench that are programs of their own: ns-3 where Debian's package is installed, and our own
//! engine as WASM where Node is.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a program printed, or why it could not be had.
pub type Outcome<T> = Result<T, String>;

fn output(command: &mut Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("{name}: {}", said.lines().last().unwrap_or("failed")));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name)
}

fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |dir| root.join(dir))
        .join("peers")
}

/// ns-3's CUBIC, as Debian packages it.
pub struct Ns3(PathBuf);

impl Ns3 {
    /// Compiles the program; says what is missing where it cannot.
    pub fn build() -> Outcome<Ns3> {
        if !Path::new("/usr/include/ns3/core-module.h").exists() {
            return Err("ns-3 is not installed (apt-get install libns3-dev)".to_owned());
        }
        std::fs::create_dir_all(target()).map_err(|error| error.to_string())?;
        let (program, code) = (target().join("ns3_bulk"), source("ns3_bulk.cc"));
        let built = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
        if built(&program) < built(&code) {
            let mut compiler = Command::new("g++");
            compiler.arg("-O2").arg(&code).arg("-o").arg(&program);
            for library in
                ["core", "network", "internet", "point-to-point", "applications", "stats", "traffic-control"]
            {
                compiler.arg(format!("-lns3-{library}"));
            }
            output(&mut compiler)?;
        }
        Ok(Ns3(program))
    }

    /// One transfer: virtual seconds, and nanoseconds of the processor.
    pub fn run(&self, segments: u64, loss: f64, seed: u64) -> Outcome<(f64, f64)> {
        let said =
            output(Command::new(&self.0).args([segments.to_string(), loss.to_string(), seed.to_string()]))?;
        let numbers: Vec<f64> = said.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        match numbers[..] {
            [seconds, nanos] => Ok((seconds, nanos)),
            _ => Err(format!("ns-3 said {said:?}")),
        }
    }
}

/// Our engine as WASM with the flags of the page, run by Node.
pub struct Wasm(PathBuf);

impl Wasm {
    /// Compiles the module with `opt-level` `level`.
    pub fn build(level: &str) -> Outcome<Wasm> {
        output(Command::new("node").arg("--version"))?;
        let folder = target().join(format!("wasm-{level}"));
        let mut cargo = Command::new("cargo");
        cargo
            .args(["build", "--quiet", "--release", "--target", "wasm32-unknown-unknown", "--manifest-path"])
            .arg(source("wasm/Cargo.toml"))
            .arg("--target-dir")
            .arg(&folder)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-C target-feature=+simd128,+bulk-memory")
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        output(&mut cargo)?;
        Ok(Wasm(folder.join("wasm32-unknown-unknown/release/framewire_bench_wasm.wasm")))
    }

    /// Nanoseconds a segment of each round.
    pub fn run(&self, segments: u64, loss: f64, rounds: u64) -> Outcome<Vec<f64>> {
        let mut node = Command::new("node");
        node.arg(source("wasm/run.mjs")).arg(&self.0);
        let said = output(node.args([segments.to_string(), loss.to_string(), rounds.to_string()]))?;
        Ok(said.lines().filter_map(|line| line.parse().ok()).collect())
    }
}
