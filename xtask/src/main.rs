//! framewire's build and test driver: `cargo xtask help`.

mod bench;
mod budget;
mod dist;
mod floors;
mod optimise;
mod run;
mod shell;
mod tests;
mod tools;
mod wasm;

use clap::{Parser, Subcommand};

/// framewire's build and test driver.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, open the player on http://127.0.0.1:8080 and start the demo servers
    Run(run::Args),
    /// Run every check: formatting, clippy, floors, Rust tests, page tests, Python peers
    Test(tests::Args),
    /// Build the page's WASM into www/pkg
    Wasm(wasm::Args),
    /// Build all that a release carries into dist/: static site, npm package, page of one file, checksums
    Dist(dist::Args),
    /// Check that imports go down the floors only, and that the core stays sans-IO
    Floors,
    /// Measure ours beside its peer in one run: one row each, the ratio and the target
    Bench(bench::Args),
}

fn main() -> std::process::ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Test(args) => tests::run(&args),
        Command::Wasm(args) => wasm::build(&args).map(|_| ()),
        Command::Dist(args) => dist::run(&args),
        Command::Floors => floors::check(),
        Command::Bench(args) => bench::run(&args),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
