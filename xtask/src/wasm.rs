//! The page's WASM: find a compiler for wasm32-unknown-unknown in one of four ways, build the library as a cdylib,
//! let wasm-bindgen write the JavaScript that loads it, and Binaryen optimise what came out.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use crate::{budget, optimise, shell, tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// Forces one way, so that each can be tested.
const FORCE: &str = "FRAMEWIRE_WASM_TOOLCHAIN";
/// Byte scans and checksums run several times faster with 128-bit SIMD and bulk copies. What is compiled for speed is kept small by
/// LLVM's own measures: only small functions are taken into others and no loop is unrolled, which costs little time and spares a
/// quarter of the weight. The bench that runs the module beside the binary reads the same file.
const RUSTFLAGS: &str = include_str!("wasm-flags.txt");
/// Where the standard library is built too, nothing of it is kept that a page cannot show: a panic has no console, so its
/// message and place are left out and it stops at once; `{:?}` is for tests alone (`cargo xtask floors` sees to that); sorting
/// and formatting are the small ones. What the module does is the same; it weighs a seventh less.
const LEAN_RUSTFLAGS: &str =
    " -Zlocation-detail=none -Zfmt-debug=none -Zunstable-options -Cpanic=immediate-abort";
const LEAN_ENV: [(&str, &str); 3] = [
    ("RUSTC_BOOTSTRAP", "1"), // -Z on a stable compiler
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
];
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
    rustc: PathBuf,
    cargo: Option<PathBuf>,
    linker: Option<PathBuf>,
    /// The folder below `target` that is its own.
    folder: &'static str,
    std: Std,
}

/// Which standard library goes into the module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Std {
    /// Built from its source, as lean as can be.
    Source,
    /// The toolchain's, as it came.
    AsItCame,
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
    let compiler = find_compiler(args.toolchain)?;
    println!("WASM compiler: {}", compiler.said);
    let module = match (compile(&compiler, compiler.std), compiler.folder) {
        (Err(error), "") if compiler.std == Std::Source => {
            eprintln!(
                "{error:#}\nOnce more, with the toolchain's own standard library; the page then weighs more."
            );
            compile(&compiler, Std::AsItCame)?
        }
        (module, _) => module?,
    };
    bind(&module)?;
    Ok(package_dir())
}

/// Compiles the library; gives the module.
fn compile(compiler: &Compiler, std: Std) -> Result<PathBuf> {
    // Its own folder where the standard library is built: other flags, other build scripts.
    let target_dir = match (compiler.folder, std) {
        ("", Std::AsItCame) => target_dir(),
        ("", Std::Source) => target_dir().join("wasm-lean"),
        (folder, _) => target_dir().join(folder),
    };
    let mut cargo = match &compiler.cargo {
        Some(cargo) => {
            let mut cargo = shell::command(cargo);
            cargo.env("RUSTC", &compiler.rustc);
            // Left by the cargo that runs us: they would lead back to its toolchain.
            for inherited in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTDOC"] {
                cargo.env_remove(inherited);
            }
            cargo
        }
        None => shell::cargo(),
    };
    let mut rustflags = RUSTFLAGS.trim().to_owned();
    if std == Std::Source {
        rustflags += LEAN_RUSTFLAGS;
        cargo.envs(LEAN_ENV);
    }
    if let Some(linker) = &compiler.linker {
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    cargo
        .args([
            "rustc",
            "--locked",
            "--lib",
            "--package",
            "framewire",
            "--crate-type",
            "cdylib",
            "--profile",
            "wasm",
        ])
        .args(["--target", TARGET])
        .arg("--target-dir")
        .arg(&target_dir)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", rustflags)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    shell::run(&mut cargo).context(shell::BUILD_FAILED)?;
    Ok(target_dir.join(TARGET).join("wasm/framewire.wasm"))
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
            Way::Active => active().map(with_source),
            Way::Rustup => rustup().map(with_source),
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

/// With the standard library's source, where rustup can bring it; without it the page is built all the same.
fn with_source(compiler: Compiler) -> Compiler {
    if compiler.std == Std::Source || tools::find_on_path("rustup").is_none() {
        return compiler;
    }
    let mut add = shell::command("rustup");
    let added =
        shell::run_quietly("rustup component add rust-src", add.args(["component", "add", "rust-src"]));
    match added.and_then(|()| active()) {
        Ok(with_source) => with_source,
        Err(_) => compiler,
    }
}

/// Whether the toolchain that runs us has the target's standard library.
pub fn active_has_target() -> bool {
    active().is_ok()
}

/// Way 1: the toolchain that runs us can already do it.
fn active() -> Result<Compiler> {
    let rustc = PathBuf::from(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let lib = shell::output(shell::command(&rustc).args(["--print", "target-libdir", "--target", TARGET]))?;
    let has_std = std::fs::read_dir(lib.trim()).is_ok_and(|mut entries| {
        entries.any(|e| e.is_ok_and(|e| e.file_name().to_string_lossy().starts_with("libstd-")))
    });
    if !has_std {
        bail!("the active toolchain has no {TARGET}");
    }
    let sysroot = shell::output(shell::command(&rustc).args(["--print", "sysroot"]))?;
    let has_source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std").exists();
    let (std, said) = match has_source {
        true => (Std::Source, "the active toolchain, building std"),
        false => (Std::AsItCame, "the active toolchain (without rust-src: the page weighs a little more)"),
    };
    Ok(Compiler { said: said.into(), rustc, cargo: None, linker: None, folder: "", std })
}

/// Way 2: rustup can teach it.
fn rustup() -> Result<Compiler> {
    if tools::find_on_path("rustup").is_none() {
        bail!("rustup is not on PATH");
    }
    let mut add = shell::command("rustup");
    shell::run_quietly(&format!("rustup target add {TARGET}"), add.args(["target", "add", TARGET]))?;
    let compiler = active()?;
    Ok(Compiler { said: format!("{}, target {TARGET} added by rustup", compiler.said), ..compiler })
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
    Ok(Compiler {
        said: format!("Debian's {}, building std", version.trim()),
        rustc: rustc.to_owned(),
        cargo: Some(cargo.to_owned()),
        linker: Some(linker),
        folder: "wasm-apt",
        std: Std::Source,
    })
}

fn debian_compiler_is_there() -> bool {
    [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_STD].iter().all(|file| Path::new(file).exists())
}

fn find_lld() -> Option<PathBuf> {
    let versioned = LLD_VERSIONS.rev().find_map(|n| tools::find_on_path(&format!("wasm-ld-{n}")));
    versioned.or_else(|| tools::find_on_path("wasm-ld"))
}

/// Runs wasm-bindgen over `module` into `www/pkg`, and the optimiser where there is Node.js, unless that has been done for these very
/// bytes. Without it the module does the same.
fn bind(module: &Path) -> Result<()> {
    let bytes = std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    // The names of functions: kept for those who look where the bytes are.
    let named = std::env::var_os("FRAMEWIRE_WASM_NAMES").is_some();
    if named {
        digest += " with names";
    }
    let optimiser = optimise::find();
    match &optimiser {
        Ok(optimiser) => digest += &optimiser.said,
        Err(error) => {
            eprintln!(
                "{error:#}\nSo the module is not optimised: it weighs 2% more, and is a little slower."
            );
        }
    }
    let out = package_dir();
    let stamp = out.join(".stamp");
    let bound = out.join("framewire_bg.wasm");
    if bound.exists() && std::fs::read_to_string(&stamp).is_ok_and(|old| old == digest) {
        return Ok(());
    }
    let _ = std::fs::remove_file(&stamp); // what is half made is made again
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).out_name("framewire").typescript(true).omit_default_module_path(false);
    bindgen.remove_name_section(!named);
    bindgen.remove_producers_section(true);
    bindgen.web(true)?.generate(&out).context("wasm-bindgen could not write www/pkg")?;
    if let Ok(optimiser) = optimiser {
        optimiser.run(&bound, named)?;
    }
    std::fs::write(&stamp, digest)?;
    println!("www/pkg: WASM {:.1} kB gzipped", budget::gzipped_file(&bound)? as f64 / 1e3);
    Ok(())
}
