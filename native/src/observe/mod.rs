//! `framewire record -- COMMAND`: the socket calls of an unmodified program, with their bytes, times and results.
//!
//! The program runs under ptrace, but stops at socket calls only: a seccomp filter lets everything else pass at full speed.
//! Children and threads are followed; each process becomes a lifeline of the figure.

pub mod calls;
pub mod journal;
pub mod launch;
pub mod memory;
pub mod packets;
pub mod process;
pub mod sockets;
pub mod store;
pub mod syscalls;
pub mod tcp_info;
pub mod tracer;
pub mod watch;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{AccessFlags, access};

use crate::capture::socket::PacketSocket;
use crate::units::parse_size;
use crate::web::link::Link;
use journal::Journal;
use store::TraceFile;
use tracer::Ending;

/// The hidden command by which this binary becomes the recorded program; see [`launch`].
pub const LAUNCH: &str = "launch-observed";

const EXAMPLES: &str = "\
Examples:
  framewire record -- python3 server.py                 until the server ends (Ctrl-C ends it, not the recording)
  framewire record --out echo.fwtrace -- python3 client.py
  framewire record -- sh -c 'python3 server.py & sleep 1; python3 client.py; kill %1'
                                                        both ends in one figure, on one clock
  sudo setcap cap_net_raw+ep $(command -v framewire)    once: from then on their packets too
  framewire web recording.fwtrace                       draws it
  framewire record --web -- python3 server.py           watched while it runs, in the page of `framewire web`";

/// Runs a program unchanged and records its socket calls.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RecordArgs {
    /// The recording; an old one is replaced
    #[arg(long, short, value_name = "FILE", default_value = "recording.fwtrace")]
    pub out: PathBuf,
    /// Where it can be watched
    #[command(flatten)]
    pub link: Link,
    /// Bytes kept of one call; of longer ones only the length is kept
    #[arg(long, value_name = "BYTES", default_value = "16MiB", value_parser = parse_size)]
    pub max_data: usize,
    /// Record the packets of its connections too (needs CAP_NET_RAW)
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Packets::Auto)]
    pub packets: Packets,
    /// The program and its arguments, after --
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Whether packets are recorded beside the calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Packets {
    /// Where this program has the right to
    Auto,
    /// Yes, or nothing is run
    Yes,
    /// No
    No,
}

/// Records until the program and all its children have ended, and returns how the program ended.
///
/// # Errors
/// When the recording cannot be made, or the kernel refuses to trace (a container without CAP_SYS_PTRACE may).
pub fn run(args: &RecordArgs) -> Result<Ending> {
    // Before an old recording is replaced: a slip of the keyboard must not cost it.
    check_program(args.command.first().map(OsString::as_os_str).unwrap_or_default())?;
    let packets = match (args.packets, PacketSocket::open) {
        (Packets::No, _) => None,
        (Packets::Auto, open) => open(None).ok(),
        (Packets::Yes, open) => Some(open(None)?),
    };
    let file = TraceFile::create(&args.out).with_context(|| {
        format!("cannot record to {}; choose another place with --out FILE", args.out.display())
    })?;
    if args.link.web.is_some() {
        let shown: Vec<_> = args.command.iter().map(|word| word.to_string_lossy()).collect();
        args.link.announce(&shown.join(" "), args.link.target(Some(&args.out))?.as_ref())?;
    }
    // Ctrl-C in the terminal reaches program and recorder alike: it is the program's to end.
    let mut interrupt = SigSet::empty();
    interrupt.add(Signal::SIGINT);
    interrupt.thread_block().context("cannot hold back SIGINT")?;
    let mut journal = Journal::new(file, args.max_data, packets);
    let mut launcher = Command::new(std::env::current_exe().context("cannot find this program's own file")?);
    launcher.arg(LAUNCH).arg("--").args(&args.command);
    let ending = tracer::follow(&mut launcher, &mut journal)?;
    let (store, calls, packets) = journal.finish();
    store.finish().with_context(|| format!("{} is incomplete", args.out.display()))?;
    let packets = packets.map(|packets| format!(" and {packets} packets")).unwrap_or_default();
    eprintln!(
        "framewire record: {calls} socket calls{packets} in {0}; `framewire web {0}` draws them",
        args.out.display()
    );
    Ok(ending)
}

/// Whether the program can be started, as execvp() would look for it.
fn check_program(program: &OsStr) -> Result<()> {
    let runs = |path: &Path| path.is_file() && access(path, AccessFlags::X_OK).is_ok();
    let path = Path::new(program);
    if path.components().count() > 1 || path.is_absolute() {
        match path.is_file() {
            _ if runs(path) => Ok(()),
            true => bail!(
                "{0} is not executable; `chmod +x {0}`, or name the program that runs it",
                path.display()
            ),
            false if path.is_dir() => bail!("cannot start {}: it is a directory", path.display()),
            false => bail!("cannot start {}: there is no such file", path.display()),
        }
    } else {
        let places = std::env::var_os("PATH").unwrap_or_default();
        if std::env::split_paths(&places).any(|place| runs(&place.join(program))) {
            return Ok(());
        }
        bail!(
            "cannot start {0}: no such program on PATH (for a file of this directory write ./{0})",
            path.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_looked_for_before_anything_is_replaced() {
        assert!(check_program("sh".as_ref()).is_ok() && check_program("/bin/sh".as_ref()).is_ok());
        let file = tempfile::NamedTempFile::new().unwrap();
        let plain = file.path().to_str().unwrap();
        for (program, said) in
            [("no-such-program-at-all", "write ./no-such"), (plain, "chmod +x"), ("./none", "no such file")]
        {
            assert!(check_program(program.as_ref()).unwrap_err().to_string().contains(said), "{program}");
        }
    }
}
