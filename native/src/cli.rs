//! The command line.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::{bench, inspect, relay, render, say, send, serve, sim_cmd, trace_cmd, web};
#[cfg(target_os = "linux")]
use crate::{capture, observe, perform};

const EXAMPLES: &str = "\
Examples:
  framewire web --with-servers                        the player and the course's servers, all on this machine
  framewire serve tcp                                 an upper-casing echo server on 127.0.0.1:9001
  framewire send tcp 127.0.0.1:9001 'hello hello'     its client
  framewire serve tcp --record hello.fwtrace          record what happens; `framewire web hello.fwtrace` draws it
  framewire help serve                                everything about one command";

/// Every byte of a TCP or UDP conversation, from send() to frame.
#[derive(Debug, Parser)]
#[command(name = "framewire", version, about, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Say more on standard error (twice: still more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer TCP connections or UDP datagrams
    Serve(serve::ServeArgs),
    /// Send messages and print the answers
    Send(send::SendArgs),
    /// Open the player: serve its page and recordings to the browser
    Web(web::WebArgs),
    /// Stand between two programs and change how their bytes travel
    Relay(relay::RelayArgs),
    /// Run a scenario in virtual time
    Sim(sim_cmd::SimArgs),
    /// Perform a scenario on real sockets and hold the kernel against the model
    #[cfg(target_os = "linux")]
    Run(perform::RunArgs),
    /// Draw a scenario, a recording or a capture into a file: SVG, PNG, PDF, Mermaid, text
    Render(render::RenderArgs),
    /// Say what a trace or capture holds
    Trace(trace_cmd::TraceArgs),
    /// Run a program unchanged and record its socket calls
    #[cfg(target_os = "linux")]
    Record(observe::RecordArgs),
    /// Capture the packets that this machine sends and receives
    #[cfg(target_os = "linux")]
    Capture(capture::CaptureArgs),
    /// Become a program that is recorded (used by `record`)
    #[cfg(target_os = "linux")]
    #[command(name = observe::LAUNCH, hide = true, after_help = "Example:\n  framewire launch-observed -- true")]
    Launch {
        /// The program and its arguments
        #[arg(required = true, last = true)]
        command: Vec<std::ffi::OsString>,
    },
    /// Debug a framing: what do these bytes say, and where do they go wrong?
    Inspect(inspect::InspectArgs),
    /// Load a server and measure it
    Bench(bench::BenchArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  framewire completions bash > ~/.local/share/bash-completion/completions/framewire"
    )]
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write those of all commands to a directory
    #[command(
        after_help = "Examples:\n  framewire man | man -l -\n  framewire man --dir ~/.local/share/man/man1"
    )]
    Man {
        /// Write framewire.1 and one page a command there
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// The command line: an option's value may begin with a minus, so that the option itself says what is wrong with it.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(|command| {
        command.mut_args(|arg| match !arg.is_positional() && arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        })
    })
}

/// Runs the command line; errors go to standard error, the exit status is 0, 1 (failed) or 2 (wrong usage).
pub fn main() -> ExitCode {
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
    log(cli.verbose, cli.quiet);
    let result = match &cli.command {
        Command::Serve(args) => serve::run(args),
        Command::Send(args) => send::run(args),
        Command::Web(args) => web::run(args),
        Command::Relay(args) => relay::run(args),
        Command::Sim(args) => sim_cmd::run(args, &mut say::output()),
        #[cfg(target_os = "linux")]
        Command::Run(args) => match perform::run(args) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Render(args) => render::run(args, &mut say::output()),
        Command::Trace(args) => trace_cmd::run(args),
        #[cfg(target_os = "linux")]
        Command::Record(args) => match observe::run(args) {
            Ok(ending) => return ending.into(),
            Err(error) => Err(error),
        },
        #[cfg(target_os = "linux")]
        Command::Capture(args) => capture::run(args),
        #[cfg(target_os = "linux")]
        Command::Launch { command } => observe::launch::launch(command).map(|never| match never {}),
        Command::Inspect(args) => inspect::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Completions { shell } => {
            // Into memory first: the generator panics when its reader has heard enough.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "framewire", &mut script);
            say::line(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Man { dir } => man(dir.as_deref()),
    };
    match result.and_then(|()| say::trouble().map_or(Ok(()), Err)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if say::heard_enough(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("framewire: {}", in_full(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes; a cause that its error has quoted already is not said twice.
fn in_full(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| match (said.is_empty(), cause.to_string()) {
        (true, cause) => cause,
        (_, cause) if said.contains(&cause) => said,
        (_, cause) => format!("{said}: {cause}"),
    })
}

/// Logs to standard error. FRAMEWIRE_LOG overrides: `FRAMEWIRE_LOG=framewire_native::serve=trace`.
fn log(verbose: u8, quiet: bool) {
    let default = match (quiet, verbose) {
        (true, _) => "error",
        (_, 0) => "framewire_native=info,warn",
        (_, 1) => "framewire_native=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("FRAMEWIRE_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(verbose > 0)
        .init();
}

fn man(dir: Option<&Path>) -> anyhow::Result<()> {
    let command = Cli::command().disable_help_subcommand(true);
    let Some(dir) = dir else {
        return Ok(clap_mangen::Man::new(command).render(&mut say::output())?);
    };
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    clap_mangen::generate_to(command, dir).with_context(|| format!("cannot write to {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_cause_is_said_once() {
        use anyhow::Context;
        let refused = || std::io::Error::other("refused");
        let quoted = anyhow::Error::new(crate::send::SendError::Connect {
            peer: ([127, 0, 0, 1], 1).into(),
            source: refused(),
            advice: "; start it".to_owned(),
        });
        assert_eq!(in_full(&quoted), "cannot connect to 127.0.0.1:1: refused; start it");
        let named = Err::<(), _>(refused()).context("cannot write x").unwrap_err();
        assert_eq!(in_full(&named), "cannot write x: refused");
    }

    #[test]
    fn every_command_and_option_has_help_and_every_big_command_examples() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
            }
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.contains("Example"), "{}", command.get_name());
        }
    }

    #[test]
    fn a_manual_page_for_every_command() {
        let dir = tempfile::tempdir().unwrap();
        man(Some(dir.path())).unwrap();
        for page in ["framewire.1", "framewire-serve.1", "framewire-send.1", "framewire-web.1"] {
            let text = std::fs::read_to_string(dir.path().join(page)).unwrap();
            assert!(text.contains(".TH framewire"), "{page}");
        }
    }
}
