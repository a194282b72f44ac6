//! Running other programs: in the project's root, with progress, and with an error that names what was run.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// What to do when cargo, whose own words stand above, could not build.
pub const BUILD_FAILED: &str = "the build failed. If cargo could not reach its registry: the first build needs the network, later ones do \
     not; behind a proxy set HTTPS_PROXY, or name a mirror of crates.io in ~/.cargo/config.toml";

/// The project's root: the folder above `xtask/`.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// A command that starts in the project's root.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs us.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command as one would type it, for messages.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Runs to the end, with our own standard streams; an error when it cannot start or does not exit with 0.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = line(command);
    let status = command.status().with_context(|| format!("cannot start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end and returns what it printed; an error holds what it printed on standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = line(command);
    let output = command.output().with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a talkative command behind a spinner that shows its last line; what it printed is shown only if it fails.
pub fn run_quietly(title: &str, command: &mut Command) -> Result<()> {
    let shown = line(command);
    let spinner = ProgressBar::new_spinner();
    spinner.set_style(ProgressStyle::with_template("{spinner} {prefix} {wide_msg:.dim}")?);
    spinner.set_prefix(title.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    if !std::io::stderr().is_terminal() {
        eprintln!("{title} …");
    }
    let (reader, writer) = std::io::pipe().context("cannot make a pipe")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("cannot start `{shown}`"))?;
    // `command` keeps its copies of the pipe's end for writing: without letting go of them the read never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut printed = Vec::new();
    for read in BufReader::new(reader).lines() {
        let Ok(text) = read else { break };
        spinner.set_message(text.clone());
        printed.push(text);
    }
    let status = child.wait()?;
    spinner.finish_and_clear();
    if !status.success() {
        let tail = printed.len().saturating_sub(30);
        bail!("`{shown}` failed ({status}):\n{}", printed[tail..].join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_command_ends_and_its_words_are_shown_when_it_fails() {
        run_quietly("true", command("sh").args(["-c", "echo fine"])).unwrap();
        let error =
            run_quietly("false", command("sh").args(["-c", "echo why it failed >&2; exit 3"])).unwrap_err();
        assert!(format!("{error:#}").contains("why it failed"), "{error:#}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut command("no-such-program-anywhere")).unwrap_err();
        assert!(format!("{error:#}").contains("no-such-program-anywhere"), "{error:#}");
    }
}
