//! The child's side: become traceable, ask the kernel to stop at socket calls only, and turn into the program.
//!
//! `framewire record -- COMMAND` starts this binary anew as `framewire launch-observed COMMAND`. Doing this between fork and
//! exec would need `unsafe`; a process of its own needs none.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::libc;
use nix::sys::{ptrace, signal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::syscalls::{ON_ANY_DESCRIPTOR, SOCKET_CALLS};

/// Stops to be traced, installs the filter, and executes `command`. Returns only when that failed.
///
/// # Errors
/// When the kernel refuses tracing or the filter (a container may), or the program cannot be started.
pub fn launch(command: &[OsString]) -> Result<Infallible> {
    let Some((program, arguments)) = command.split_first() else { bail!("no command to record") };
    let filter = filter()?;
    ptrace::traceme().context("the kernel refuses to let this process be traced (ptrace)")?;
    // The recorder waits for this stop, sets its options, and lets us go on.
    signal::raise(signal::Signal::SIGSTOP).context("cannot stop")?;
    // Sets no_new_privs too: set-uid programs run without their privilege under the recorder.
    seccompiler::apply_filter(&filter).context("the kernel refuses the filter of system calls (seccomp)")?;
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.to_string_lossy()))
}

/// Everything runs at full speed but the calls that the recorder understands.
fn filter() -> Result<BpfProgram> {
    // read(), write() and the like work on any descriptor: those of the standard streams are left alone.
    let beyond_standard_streams = || -> Result<SeccompRule> {
        let descriptor = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Gt, 2)?;
        Ok(SeccompRule::new(vec![descriptor])?)
    };
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        SOCKET_CALLS.iter().map(|&nr| (nr, Vec::new())).collect();
    for &nr in ON_ANY_DESCRIPTOR {
        rules.insert(nr, vec![beyond_standard_streams()?]);
    }
    let arch = std::env::consts::ARCH.try_into().context("this processor's system calls are not known")?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Trace(0), arch)?;
    let program: BpfProgram = filter.try_into()?;
    // The kernel's own limit (BPF_MAXINSNS).
    if program.len() > libc::BPF_MAXINSNS as usize {
        bail!("the filter of system calls is too long: {} instructions", program.len());
    }
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_compiles_and_is_short() {
        assert!(filter().unwrap().len() < 400);
    }
}
