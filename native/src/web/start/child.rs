//! Programs of their own, started from the page: `framewire send`, and commands under `framewire record`.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::error::StartError;
use crate::web::live::{Feed, Feeds};

/// Time until the recording must have begun.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether it has.
const GLANCE: Duration = Duration::from_millis(10);
/// Time between a gentle signal and the next, harder one.
const GRACE: Duration = Duration::from_millis(1500);
/// So much of what a program prints is kept, its last octets.
const KEPT: usize = 2_000;

/// The last of what a program printed. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn hear(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }

    /// As text, without the recorder's own words.
    pub fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        let own = |line: &&str| !line.starts_with("framewire record:");
        text.lines().filter(own).collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

/// A program that runs.
#[derive(Clone, Debug)]
pub struct Running {
    group: Pid,
    over: Arc<Mutex<bool>>,
    /// What it has printed.
    pub said: Said,
}

impl Running {
    fn signal(&self, signal: Signal) -> bool {
        // The number may be another's as soon as the program was waited for.
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if !*over {
            let _ = killpg(self.group, signal);
        }
        !*over
    }

    /// Ends it: gently, then less so. Returns when it is over, or nothing more can be done.
    pub fn stop(&self) {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
            if !self.signal(signal) {
                return;
            }
            let until = Instant::now() + GRACE;
            while Instant::now() < until {
                std::thread::sleep(GLANCE);
                if *self.over.lock().unwrap_or_else(PoisonError::into_inner) {
                    return;
                }
            }
        }
    }
}

/// This binary with a recording at `file`.
///
/// # Errors
/// When its own file is not to be found.
pub fn framewire() -> Result<Command, StartError> {
    let own = std::env::current_exe().map_err(|error| StartError::System(error.to_string()))?;
    Ok(Command::new(own))
}

/// Starts a program that makes the recording `file`, and lets it be watched under `name`.
///
/// # Errors
/// When it cannot be started, or ends before its recording has begun.
pub fn start(
    command: &mut Command,
    feeds: &Feeds,
    name: &str,
    file: PathBuf,
) -> Result<(Arc<Feed>, Running), StartError> {
    let system = |error: std::io::Error| StartError::System(error.to_string());
    let (mut heard, out) = std::io::pipe().map_err(system)?;
    let err = out.try_clone().map_err(system)?;
    // A group of its own: signals from the terminal and ours do not mix.
    command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0).env("PYTHONUNBUFFERED", "1");
    let mut child = command.spawn().map_err(system)?;
    // The pipe ends when the last program that holds its other end does.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let said = Said::default();
    let ear = said.clone();
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = heard.read(&mut piece) {
            ear.hear(piece.get(..n).unwrap_or_default());
        }
    });
    let feed = match begun(&mut child, feeds, name, &file) {
        Ok(feed) => feed,
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            // Its last words may still be on their way through the pipe.
            std::thread::sleep(2 * GLANCE);
            let _ = std::fs::remove_file(&file);
            return Err(match error {
                StartError::Ended(_) => StartError::Ended(said.text()),
                other => other,
            });
        }
    };
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let running = Running { group, over: Arc::default(), said };
    let (over, watched) = (running.over.clone(), feed.clone());
    std::thread::spawn(move || {
        // Without waiting for it: only under the lock its number is not given to another one.
        while let Ok(None) = {
            let mut over = over.lock().unwrap_or_else(PoisonError::into_inner);
            let ended = child.try_wait();
            *over = !matches!(ended, Ok(None));
            ended
        } {
            std::thread::sleep(GLANCE);
        }
        watched.end();
    });
    Ok((feed, running))
}

/// Waits until the recording has begun.
fn begun(child: &mut Child, feeds: &Feeds, name: &str, file: &Path) -> Result<Arc<Feed>, StartError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let ended = child.try_wait().is_ok_and(|status| status.is_some());
        match feeds.add(name, file, None) {
            Ok(feed) => return Ok(feed),
            Err(_) if ended => return Err(StartError::Ended(String::new())),
            Err(error) if Instant::now() > until => return Err(StartError::System(error.to_string())),
            Err(_) => std::thread::sleep(GLANCE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_kept_and_the_recorders_left_out() {
        let said = Said::default();
        said.hear("x".repeat(5000).as_bytes());
        assert_eq!(said.text().len(), KEPT);
        said.hear("\nhello 中文\nframewire record: 3 socket calls in /tmp/x\n".as_bytes());
        assert!(said.text().ends_with("x\nhello 中文"), "{}", said.text());
    }

    #[test]
    fn a_program_that_records_nothing_is_told_with_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such thing >&2; exit 3"]);
        let error = start(&mut command, &Feeds::default(), "x", dir.path().join("none.fwtrace")).unwrap_err();
        assert!(matches!(&error, StartError::Ended(said) if said == "no such thing"), "{error:?}");
    }

    #[test]
    fn one_that_hears_no_gentle_word_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.fwtrace");
        std::fs::write(&file, framewire::trace::FileWriter::new().take()).unwrap();
        let feeds = Feeds::default();
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' INT TERM; echo on; sleep 60 & wait; sleep 60"]);
        let (feed, running) = start(&mut command, &feeds, "x", file).unwrap();
        assert!(feed.running());
        while running.said.text() != "on" {
            std::thread::sleep(GLANCE);
        }
        running.stop();
        let until = Instant::now() + PATIENCE;
        while feed.running() {
            assert!(Instant::now() < until);
            std::thread::sleep(GLANCE);
        }
        assert!(!running.signal(Signal::SIGINT), "nobody is signalled afterwards");
    }
}
