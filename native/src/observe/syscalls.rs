//! Which system calls are stopped at, and how their registers are read.

use nix::libc;
use nix::sys::ptrace;
use nix::unistd::Pid;

/// Calls that only sockets have, and waiting for several.
pub const SOCKET_CALLS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_connect,
    libc::SYS_shutdown,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_setsockopt,
    libc::SYS_getsockopt,
    libc::SYS_sendfile,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_close_range,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
];

/// Calls that any descriptor has: stopped at beyond the standard streams, looked at only for sockets.
pub const ON_ANY_DESCRIPTOR: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_dup3,
    libc::SYS_splice,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
];

/// A system call as the registers hold it.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Its number.
    pub number: i64,
    /// Its arguments; on some processors the first is overwritten by the result.
    pub args: [u64; 6],
    /// What it returned: at -4095 … -1 a negated errno. Meaningless before it returned.
    pub result: i64,
}

/// Reads the registers of a stopped thread.
#[cfg(target_arch = "x86_64")]
pub fn registers(thread: Pid) -> nix::Result<Registers> {
    let r = ptrace::getregs(thread)?;
    Ok(Registers {
        number: r.orig_rax as i64,
        args: [r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9],
        result: r.rax as i64,
    })
}

/// Reads the registers of a stopped thread.
#[cfg(target_arch = "aarch64")]
pub fn registers(thread: Pid) -> nix::Result<Registers> {
    let r = ptrace::getregset::<ptrace::regset::NT_PRSTATUS>(thread)?.regs;
    Ok(Registers { number: r[8] as i64, args: [r[0], r[1], r[2], r[3], r[4], r[5]], result: r[0] as i64 })
}

impl Registers {
    /// The result as a value or an errno.
    pub fn outcome(&self) -> Result<i64, u16> {
        match self.result {
            errno @ -4095..=-1 => Err(errno.unsigned_abs() as u16),
            value => Ok(value),
        }
    }

    /// A signal came in between and the kernel will enter the same call again (ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND,
    /// ERESTART_RESTARTBLOCK: numbers that programs never see).
    pub fn will_restart(&self) -> bool {
        matches!(-self.result, 512 | 513 | 514 | 516)
    }
}
