//! The page's WASM: find a compiler for wasm32-unknown-unknown in one of four ways, build the library as a cdylib,
//! and let wasm-bindgen write the JavaScript that loads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use crate::{budget, shell, tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// Forces one way, so that each can be tested.
const FORCE: &str = "FRAMEWIRE_WASM_TOOLCHAIN";
/// Byte scans and checksums run several times faster with 128-bit SIMD and bulk copies.
const RUSTFLAGS: &str = "-C target-feature=+simd128,+bulk-memory";
/// Linkers that Debian has had beside its rustc-web, newest first.
const LLD_VERSIONS: std::ops::RangeInclusive<u32> = 14..=24;

// Where Debian's packages rustc-web, cargo-web and rust-web-src put what we need of them.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std";

/// Arguments of `cargo xtask wasm`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Take this compiler: active, rustup, apt or none (default: the first that works)
    #[arg(long, env = FORCE)]
    toolchain: Option<Way>,
}

/// Where a compiler for WASM can come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    /// The active toolchain has the target
    Active,
    /// rustup adds the target to it
    Rustup,
    /// Debian's rustc-web, cargo-web and rust-web-src build the standard library too
    Apt,
    /// Nothing: shows the error that names the ways
    None,
}

/// How to start the build, once a way has been found.
struct Compiler {
    said: String,
    cargo: Command,
    target_dir: PathBuf,
}

/// Cargo's target folder.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| shell::root().join("target"), |dir| shell::root().join(dir))
}

/// Where the page looks for its WASM.
pub fn package_dir() -> PathBuf {
    shell::root().join("www/pkg")
}

/// Builds `www/pkg`; quick when nothing changed. Returns the folder.
pub fn build(args: &Args) -> Result<PathBuf> {
    let mut compiler = find_compiler(args.toolchain)?;
    println!("WASM compiler: {}", compiler.said);
    compiler
        .cargo
        .args(["rustc", "--lib", "--package", "framewire", "--crate-type", "cdylib", "--profile", "wasm"])
        .args(["--target", TARGET])
        .arg("--target-dir")
        .arg(&compiler.target_dir)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", RUSTFLAGS)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    shell::run(&mut compiler.cargo)?;
    let module = compiler.target_dir.join(TARGET).join("wasm/framewire.wasm");
    bind(&module)?;
    Ok(package_dir())
}

/// Builds by each way, forced. On a machine of one's own, a way that it does not offer (no rustup, no apt) is passed
/// over; in CI each must work.
pub fn try_every_way() -> Result<()> {
    let all_needed = std::env::var_os("CI").is_some();
    for (way, offered) in [
        (Way::Rustup, tools::find_on_path("rustup").is_some()),
        (Way::Apt, tools::find_on_path("apt-get").is_some() && (all_needed || debian_compiler_is_there())),
        (Way::Active, active_has_target()),
    ] {
        if !offered && !all_needed {
            println!("{way:?}: not offered by this machine");
            continue;
        }
        build(&Args { toolchain: Some(way) }).with_context(|| format!("the way {way:?}"))?;
    }
    match build(&Args { toolchain: Some(Way::None) }) {
        Err(error) if format!("{error:#}").contains("rustup target add") => Ok(()),
        Err(error) => Err(error.context("the error without a compiler must name the ways to get one")),
        Ok(_) => bail!("a build without a compiler succeeded"),
    }
}

fn find_compiler(forced: Option<Way>) -> Result<Compiler> {
    let ways = match forced {
        Some(way) => vec![way],
        None => vec![Way::Active, Way::Rustup, Way::Apt],
    };
    let mut refused = Vec::new();
    for way in ways {
        let found = match way {
            Way::Active => active(),
            Way::Rustup => rustup(),
            Way::Apt => apt(),
            Way::None => Err(anyhow!("forced by {FORCE}=none")),
        };
        match found {
            Ok(compiler) => return Ok(compiler),
            Err(error) => refused.push(format!("  {way:?}: {error:#}")),
        }
    }
    bail!(
        "no Rust compiler for {TARGET} could be had:\n{}\n\
         Any one of these helps:\n\
         \x20 1. a toolchain that has the target: choose it with `rustup default` or RUSTUP_TOOLCHAIN\n\
         \x20 2. rustup target add {TARGET}   (needs the network)\n\
         \x20 3. on Debian or Ubuntu: sudo apt-get install rustc-web cargo-web rust-web-src lld\n\
         Without it, `cargo build` still makes the binary; only the page is missing.",
        refused.join("\n")
    )
}

/// Whether the toolchain that runs us has the target's standard library.
pub fn active_has_target() -> bool {
    active().is_ok()
}

/// Way 1: the toolchain that runs us can already do it.
fn active() -> Result<Compiler> {
    let mut rustc = shell::command(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let lib = shell::output(rustc.args(["--print", "target-libdir", "--target", TARGET]))?;
    let has_std = std::fs::read_dir(lib.trim()).is_ok_and(|mut entries| {
        entries.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().starts_with("libstd-")))
    });
    if !has_std {
        bail!("the active toolchain has no {TARGET}");
    }
    Ok(Compiler { said: "the active toolchain".into(), cargo: shell::cargo(), target_dir: target_dir() })
}

/// Way 2: rustup can teach it.
fn rustup() -> Result<Compiler> {
    if tools::find_on_path("rustup").is_none() {
        bail!("rustup is not on PATH");
    }
    let mut add = shell::command("rustup");
    shell::run_quietly(&format!("rustup target add {TARGET}"), add.args(["target", "add", TARGET]))?;
    let compiler = active()?;
    Ok(Compiler { said: format!("the active toolchain, target {TARGET} added by rustup"), ..compiler })
}

/// Way 3: Debian's compiler for the web, which brings the standard library as source.
fn apt() -> Result<Compiler> {
    let (rustc, cargo) = (Path::new(DEBIAN_RUSTC), Path::new(DEBIAN_CARGO));
    if !debian_compiler_is_there() {
        tools::apt_install(&["rustc-web", "cargo-web", "rust-web-src"], "compile the page's WASM")?;
    }
    let linker = match find_lld() {
        Some(linker) => linker,
        None => {
            let newest = tools::apt_install(&["lld-22"], "link the page's WASM");
            if newest.is_err() {
                tools::apt_install(&["lld"], "link the page's WASM")?;
            }
            find_lld().context("lld is installed, yet no wasm-ld is on PATH")?
        }
    };
    let version = shell::output(shell::command(rustc).arg("--version"))?;
    let mut build = shell::command(cargo);
    build
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1") // -Zbuild-std on a stable compiler
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    // Left by the cargo that runs us: they would lead back to its toolchain.
    for inherited in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTDOC"] {
        build.env_remove(inherited);
    }
    // Its own target folder keeps the built standard library beside nothing else.
    let target_dir = target_dir().join("wasm-apt");
    Ok(Compiler { said: format!("Debian's {}, building std", version.trim()), cargo: build, target_dir })
}

fn debian_compiler_is_there() -> bool {
    [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD].iter().all(|file| Path::new(file).exists())
}

fn find_lld() -> Option<PathBuf> {
    let versioned = LLD_VERSIONS.rev().find_map(|n| tools::find_on_path(&format!("wasm-ld-{n}")));
    versioned.or_else(|| tools::find_on_path("wasm-ld"))
}

/// Runs wasm-bindgen over `module` into `www/pkg`, unless that has been done for these very bytes.
fn bind(module: &Path) -> Result<()> {
    let bytes = std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let out = package_dir();
    let stamp = out.join(".stamp");
    let bound = out.join("framewire_bg.wasm");
    if bound.exists() && std::fs::read_to_string(&stamp).is_ok_and(|old| old == digest) {
        return Ok(());
    }
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).out_name("framewire").typescript(true).omit_default_module_path(false);
    bindgen.web(true)?.generate(&out).context("wasm-bindgen could not write www/pkg")?;
    std::fs::write(&stamp, digest)?;
    println!("www/pkg: WASM {:.1} kB gzipped", budget::gzipped_file(&bound)? as f64 / 1e3);
    Ok(())
}
