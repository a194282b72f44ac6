//! The loop that waits for stops and lets threads go on.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::journal::{Journal, Open};
use super::process;
use super::store::Store;
use super::syscalls::{self, Registers};

/// How the recorded program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an exit status.
    Exited(i32),
    /// By a signal.
    Killed(i32),
}

impl Ending {
    /// What a shell would report: the exit status, or 128 and the signal's number.
    pub fn code(self) -> u8 {
        match self {
            Ending::Exited(code) => code as u8,
            Ending::Killed(signal) => 128_u8.wrapping_add(signal as u8),
        }
    }
}

struct Thread {
    process: Pid,
    open: Option<Open>,
    /// The stop by which a thread that was born traced announces itself.
    awaits_first_stop: bool,
}

/// Follows `launcher` (see [`super::launch`]), the program that it becomes, and all its children and threads to their ends.
///
/// # Errors
/// When the launcher cannot be started or the kernel refuses to trace it. What happens to a single thread (it may be
/// killed at any moment) is no error.
pub fn follow<S: Store>(launcher: &mut Command, journal: &mut Journal<S>) -> Result<Ending> {
    let child = launcher.spawn().context("cannot start the launcher")?;
    let root = Pid::from_raw(child.id() as i32);
    match waitpid(root, Some(WaitPidFlag::__WALL)).context("cannot wait for the launcher")? {
        WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
        // It has said why on standard error.
        WaitStatus::Exited(_, code) => return Ok(Ending::Exited(code)),
        other => bail!("the launcher did not stop to be traced: {other:?}"),
    }
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACESECCOMP
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL; // nothing goes on, half traced, when the recorder dies
    ptrace::setoptions(root, options).context("the kernel refuses to trace")?;
    let mut tracer = Tracer { threads: BTreeMap::new(), journal };
    tracer.threads.insert(root.as_raw(), Thread { process: root, open: None, awaits_first_stop: false });
    tracer.go_on(root, None);
    tracer.run(root)
}

struct Tracer<'a, S> {
    threads: BTreeMap<i32, Thread>,
    journal: &'a mut Journal<S>,
}

impl<S: Store> Tracer<'_, S> {
    fn run(&mut self, root: Pid) -> Result<Ending> {
        let mut ending = None;
        loop {
            let mut status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG));
            if status == Ok(WaitStatus::StillAlive) {
                self.journal.settle();
                status = waitpid(None, Some(WaitPidFlag::__WALL));
            }
            match status {
                Ok(status) => {
                    if let Some(end) = self.handle(status)
                        && end.0 == root
                    {
                        ending = Some(end.1);
                    }
                }
                Err(Errno::EINTR) => {} // Ctrl-C is the program's business
                Err(Errno::ECHILD) => break,
                Err(error) => return Err(error).context("cannot wait for the recorded program"),
            }
        }
        ending.context("the recorded program vanished without an exit status")
    }

    fn handle(&mut self, status: WaitStatus) -> Option<(Pid, Ending)> {
        match status {
            WaitStatus::PtraceEvent(thread, _, libc::PTRACE_EVENT_SECCOMP) => self.entry(thread),
            WaitStatus::PtraceEvent(thread, _, libc::PTRACE_EVENT_EXEC) => {
                let process = self.thread(thread).process;
                self.journal.replaced(process);
                self.go_on(thread, None);
            }
            WaitStatus::PtraceEvent(thread, _, _) => self.go_on(thread, None),
            WaitStatus::PtraceSyscall(thread) => self.exit(thread),
            WaitStatus::Stopped(thread, signal) => {
                let state = self.thread(thread);
                let announces = state.awaits_first_stop && signal == Signal::SIGSTOP;
                state.awaits_first_stop = false;
                self.go_on(thread, Some(signal).filter(|_| !announces));
            }
            WaitStatus::Exited(thread, code) => {
                self.bury(thread);
                return Some((thread, Ending::Exited(code)));
            }
            WaitStatus::Signaled(thread, signal, _) => {
                self.bury(thread);
                return Some((thread, Ending::Killed(signal as i32)));
            }
            WaitStatus::Continued(_) | WaitStatus::StillAlive => {}
        }
        None
    }

    fn thread(&mut self, thread: Pid) -> &mut Thread {
        self.threads.entry(thread.as_raw()).or_insert_with(|| Thread {
            process: process::process_of(thread).unwrap_or(thread),
            open: None,
            awaits_first_stop: true,
        })
    }

    /// A call is about to begin.
    fn entry(&mut self, thread: Pid) {
        let Ok(registers) = syscalls::registers(thread) else { return }; // killed meanwhile
        let state = self.thread(thread);
        let process = state.process;
        // After a signal the kernel enters the same call again: it has been told already.
        if state.open.as_ref().is_some_and(|open| open.number() == registers.number) {
            self.go_on_to_exit(thread);
            return;
        }
        state.open = None;
        self.descriptors(process, &registers);
        let open = self.journal.enter(process, thread, registers);
        let watched = open.is_some();
        self.thread(thread).open = open;
        if watched { self.go_on_to_exit(thread) } else { self.go_on(thread, None) }
    }

    /// Descriptors that change their meaning by calls that are not recorded.
    fn descriptors(&mut self, process: Pid, r: &Registers) {
        match r.number {
            libc::SYS_dup3 => self.journal.forget_descriptor(process, r.args[1] as i32),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_dup2 => self.journal.forget_descriptor(process, r.args[1] as i32),
            libc::SYS_close_range => self.journal.replaced(process),
            _ => {}
        }
    }

    /// A call has ended.
    fn exit(&mut self, thread: Pid) {
        let state = self.thread(thread);
        let process = state.process;
        if let Ok(registers) = syscalls::registers(thread)
            && !registers.will_restart()
            && let Some(open) = state.open.take()
        {
            self.journal.leave(process, thread, open, &registers);
        }
        self.go_on(thread, None);
    }

    fn bury(&mut self, thread: Pid) {
        if let Some(state) = self.threads.remove(&thread.as_raw()) {
            self.journal.ended(state.process, thread);
        }
    }

    /// On to the next stop of interest; a thread that was killed meanwhile needs no word.
    fn go_on(&mut self, thread: Pid, signal: Option<Signal>) {
        let _ = ptrace::cont(thread, signal);
    }

    fn go_on_to_exit(&mut self, thread: Pid) {
        let _ = ptrace::syscall(thread, None);
    }
}

impl From<Ending> for std::process::ExitCode {
    fn from(ending: Ending) -> Self {
        ending.code().into()
    }
}
