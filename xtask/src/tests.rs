//! `cargo xtask test`: every check there is, in the order of how quickly it fails.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{budget, dist, floors, shell, tools, wasm};

/// Arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// The inner loop: formatting, clippy, floors and the library's unit tests
    #[arg(long)]
    quick: bool,
    /// Only the steps whose name contains this
    #[arg(long)]
    only: Option<String>,
}

type Step = (&'static str, fn() -> Result<()>);

const QUICK: &[Step] = &[
    ("formatting", formatting),
    ("floors", floors::check),
    ("clippy", clippy),
    ("unit tests", || shell::run(shell::cargo().args(["test", "--quiet", "--workspace", "--lib", "--bins"]))),
];

const FULL: &[Step] = &[
    ("tools", ensure_tools),
    ("formatting", formatting),
    ("floors", floors::check),
    ("clippy", clippy),
    ("clippy of the WASM bindings", clippy_wasm),
    ("rust tests", rust_tests),
    ("doc tests", || shell::run(shell::cargo().args(["test", "--quiet", "--workspace", "--doc"]))),
    ("documentation", documentation),
    ("fuzz targets build", fuzz_targets),
    ("wasm toolchains", wasm::try_every_way),
    ("wasm", || wasm::build(&wasm::Args::default()).map(|_| ())),
    ("site", || dist::site(&site_dir())),
    ("budgets", || budget::check(&site_dir(), &shell::root().join("www/served"))),
    ("test packages", test_packages),
    ("types of the page's scripts", types),
    ("page in Chromium", page),
];

/// Runs the steps; stops at the first that fails and names it.
pub fn run(args: &Args) -> Result<()> {
    let steps = if args.quick { QUICK } else { FULL };
    let chosen = |name: &str| args.only.as_deref().is_none_or(|part| name.contains(part));
    if !steps.iter().any(|(name, _)| chosen(name)) {
        let names: Vec<&str> = steps.iter().map(|(name, _)| *name).collect();
        bail!("no step is called so; there are: {}", names.join(", "));
    }
    let mut times = Vec::new();
    for &(name, step) in steps.iter().filter(|(name, _)| chosen(name)) {
        println!("\n── {name} ──");
        let begun = Instant::now();
        step().with_context(|| format!("step \"{name}\" (again: cargo xtask test --only \"{name}\")"))?;
        times.push((name, begun.elapsed()));
    }
    println!("\nAll passed:");
    for (name, time) in times {
        println!("  {:>6.1} s  {name}", time.as_secs_f64());
    }
    Ok(())
}

/// Nothing that a test needs may be missing: what is not there is installed, or is an error.
fn ensure_tools() -> Result<()> {
    let needed = [
        tools::LINKER,
        tools::PYTHON,
        tools::NODE,
        tools::NPM,
        tools::CHROMIUM,
        tools::TSHARK,
        tools::TCPDUMP,
    ];
    for tool in needed {
        println!("{}", tool.ensure()?.display());
    }
    tools::ensure_fonts()
}

fn formatting() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"])).context("`cargo fmt --all` mends it")
}

fn clippy() -> Result<()> {
    shell::run(shell::cargo().args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// The bindings exist on wasm32 only, where the workspace's clippy does not look.
fn clippy_wasm() -> Result<()> {
    wasm::build(&wasm::Args::default())?;
    if !wasm::active_has_target() {
        println!("the active toolchain has no wasm32 target: the build itself was the check");
        return Ok(());
    }
    let mut clippy = shell::cargo();
    clippy.args([
        "clippy",
        "--quiet",
        "--package",
        "framewire",
        "--lib",
        "--target",
        "wasm32-unknown-unknown",
    ]);
    shell::run(clippy.args(["--", "-D", "warnings"]))
}

/// Makes property tests try the same cases each time.
const PROPTEST_SEED: &str = "PROPTEST_RNG_SEED";

fn rust_tests() -> Result<()> {
    // The tests of the binary start it: it must be the one just built.
    shell::run(shell::cargo().args(["build", "--quiet", "--package", "framewire-native"]))?;
    let has_nextest = shell::output(shell::cargo().args(["nextest", "--version"])).is_ok();
    let runner: &[&str] =
        if has_nextest { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--no-fail-fast"] };
    let mut tests = shell::cargo();
    tests.args(runner).args(["--workspace", "--lib", "--bins", "--tests"]);
    if std::env::var_os(PROPTEST_SEED).is_none() {
        // The gate judges the change, not the dice: new cases are looked for by campaigns (FRAMEWIRE_CASES).
        tests.env(PROPTEST_SEED, "1");
    }
    shell::run(&mut tests)
}

fn documentation() -> Result<()> {
    let mut doc = shell::cargo();
    doc.args(["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    shell::run(&mut doc)
}

/// The fuzz targets are a workspace of their own: at least they must compile.
fn fuzz_targets() -> Result<()> {
    let target = wasm::target_dir().join("fuzz-check");
    let mut check = shell::cargo();
    check
        .args(["check", "--quiet", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target-dir"])
        .arg(target);
    shell::run(&mut check)
}

/// The site as it is published, for tests of how heavy and how fast it is.
fn site_dir() -> PathBuf {
    wasm::target_dir().join("site")
}

fn browser_dir() -> PathBuf {
    shell::root().join("tests/browser")
}

fn node_command(program: &str, args: &[&str]) -> Command {
    let mut command = shell::command(program);
    command.current_dir(browser_dir()).args(args);
    command
}

fn test_packages() -> Result<()> {
    tools::npm_ci(&browser_dir(), "Installing the page's test packages")
}

fn types() -> Result<()> {
    let tsc = browser_dir().join("node_modules/typescript/bin/tsc");
    shell::run(
        node_command("node", &[]).arg(tsc).arg("--project").arg(shell::root().join("www/jsconfig.json")),
    )
}

/// The page's tests, against the very server that users run.
fn page() -> Result<()> {
    let chromium = tools::CHROMIUM.ensure()?;
    shell::run(shell::cargo().args(["build", "--quiet", "--package", "framewire-native"]))?;
    let binary = wasm::target_dir().join("debug/framewire");
    let server = Server::start(&binary)?;
    println!("player at {}", server.url);
    // What hangs is a failure in minutes, not the end of the whole run.
    let mut tests = node_command("node", &["--test", "--test-concurrency=1", "--test-timeout=600000"]);
    for file in test_files(&browser_dir())? {
        tests.arg(file);
    }
    // Anew, should this step alone have been asked for after a change.
    dist::site(&site_dir())?;
    tests.env("FRAMEWIRE_SITE", site_dir());
    tests.env("FRAMEWIRE_URL", &server.url).env("FRAMEWIRE_BIN", &binary).env("FRAMEWIRE_CHROMIUM", chromium);
    shell::run(&mut tests)
}

fn test_files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("no *.test.mjs in {}", dir.display());
    }
    files.sort();
    Ok(files)
}

/// A player on a free port, stopped when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(binary: &Path) -> Result<Server> {
        let mut command = shell::command(binary);
        command.args(["web", "--addr", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next().transpose()? {
            let Some(at) = line.find("http://") else { continue };
            // What stands behind the `#` is the page's secret, which the tests ask for themselves.
            let url =
                line[at..].split(['#', ' ']).next().unwrap_or_default().trim_end_matches('/').to_owned();
            // Keep reading, so that the server never blocks on a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(Server { child, url });
        }
        bail!("`framewire web` ended without printing its address")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
