//! From a system call's registers to the words of the trace: which call it is, what it was given, what came of it.

use std::net::SocketAddr;
use std::os::unix::fs::FileExt;

use framewire::time::Duration;
use framewire::trace::{How, Op};
use nix::libc;
use nix::unistd::Pid;

use super::memory;
use super::syscalls::Registers;

/// Octets of one message header of sendmmsg() and recvmmsg(): a `msghdr`, its result, padding.
const MMSGHDR: u64 = 64;
/// At most this many messages of one sendmmsg() or recvmmsg() are looked at (the kernel's own limit, UIO_MAXIOV).
const MAX_MESSAGES: u64 = 1024;

/// Where a call's bytes lie in the program's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// No bytes.
    Nowhere,
    /// One buffer.
    Buffer(u64),
    /// Buffers listed in an `iovec` array: address and count.
    Vector(u64, u64),
    /// In a file: its descriptor, and where its offset stands (0: in the file's own position).
    File(i32, u64),
    /// In the kernel only (a pipe).
    Kernel,
}

/// A call as it begins.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Which call.
    pub op: Op,
    /// The descriptor it is about; -1 for none.
    pub descriptor: i32,
    /// Octets asked for, backlog, option value.
    pub size: Option<u64>,
    /// The address it names.
    pub address: Option<SocketAddr>,
    /// The direction to shut down.
    pub how: Option<How>,
    /// How long to wait at most.
    pub wait: Option<Duration>,
    /// An option's or a flag's name.
    pub text: &'static str,
    /// Where its bytes are.
    pub place: Place,
    /// Where the peer's address will be written: the `sockaddr` and its length.
    pub peer: (u64, u64),
}

impl Begun {
    fn new(op: Op, descriptor: u64) -> Self {
        Begun {
            op,
            descriptor: descriptor as i32,
            size: None,
            address: None,
            how: None,
            wait: None,
            text: "",
            place: Place::Nowhere,
            peer: (0, 0),
        }
    }

    /// Whether the program hands bytes over.
    pub fn sends(&self) -> bool {
        matches!(self.op, Op::Send | Op::SendTo | Op::SendMsg | Op::SendFile)
    }

    /// Whether the program takes bytes.
    pub fn receives(&self) -> bool {
        matches!(self.op, Op::Recv | Op::RecvFrom | Op::RecvMsg)
    }

    /// Up to `len` of its bytes.
    pub fn bytes(&self, process: Pid, len: usize) -> Option<Vec<u8>> {
        match self.place {
            Place::Nowhere => Some(Vec::new()),
            Place::Buffer(address) => Some(memory::read(process, address, len)),
            Place::Vector(vector, count) => Some(memory::gather(process, vector, count, len)),
            Place::File(descriptor, offset) => file_bytes(process, descriptor, offset, len),
            Place::Kernel => None,
        }
    }

    /// The peer that the kernel filled in.
    pub fn peer_address(&self, process: Pid) -> Option<SocketAddr> {
        let (address, len) = self.peer;
        (address != 0 && len != 0)
            .then(|| memory::socket_address(process, address, u64::from(memory::int(process, len))))?
    }
}

/// What sendfile() has just sent: the `len` octets before the position where the file stands now.
fn file_bytes(process: Pid, descriptor: i32, offset: u64, len: usize) -> Option<Vec<u8>> {
    let position = if offset == 0 {
        let info = std::fs::read_to_string(format!("/proc/{process}/fdinfo/{descriptor}")).ok()?;
        info.lines().find_map(|line| line.strip_prefix("pos:"))?.trim().parse().ok()?
    } else {
        memory::word(process, offset)
    };
    let file = std::fs::File::open(format!("/proc/{process}/fd/{descriptor}")).ok()?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, position.checked_sub(len as u64)?).ok()?;
    Some(bytes)
}

/// Reads a call at its entry; `None` for one that is of no interest whatever its descriptor is.
pub fn begin(process: Pid, r: &Registers) -> Option<Begun> {
    let [a, b, c, d, e, f] = r.args;
    let mut call = match r.number {
        libc::SYS_socket => {
            let family = a as i32;
            let kind = b as i32 & 0xf; // beside SOCK_NONBLOCK and SOCK_CLOEXEC
            let internet = matches!(family, libc::AF_INET | libc::AF_INET6);
            if !internet || !matches!(kind, libc::SOCK_STREAM | libc::SOCK_DGRAM) {
                return None;
            }
            let text = if kind == libc::SOCK_STREAM { "SOCK_STREAM" } else { "SOCK_DGRAM" };
            Begun { text, descriptor: -1, ..Begun::new(Op::Socket, 0) }
        }
        libc::SYS_bind => Begun { address: memory::socket_address(process, b, c), ..Begun::new(Op::Bind, a) },
        libc::SYS_listen => Begun { size: Some(b & 0xffff_ffff), ..Begun::new(Op::Listen, a) },
        libc::SYS_accept | libc::SYS_accept4 => Begun { peer: (b, c), ..Begun::new(Op::Accept, a) },
        libc::SYS_connect => {
            Begun { address: memory::socket_address(process, b, c), ..Begun::new(Op::Connect, a) }
        }
        libc::SYS_shutdown => Begun { how: how(b), ..Begun::new(Op::Shutdown, a) },
        libc::SYS_close => Begun::new(Op::Close, a),
        libc::SYS_read => Begun { size: Some(c), place: Place::Buffer(b), ..Begun::new(Op::Recv, a) },
        libc::SYS_write => Begun { size: Some(c), place: Place::Buffer(b), ..Begun::new(Op::Send, a) },
        libc::SYS_readv | libc::SYS_writev => {
            let op = if r.number == libc::SYS_readv { Op::Recv } else { Op::Send };
            let size = Some(memory::room(process, b, c));
            Begun { size, place: Place::Vector(b, c), ..Begun::new(op, a) }
        }
        libc::SYS_sendto => {
            let address = memory::socket_address(process, e, f);
            let op = if address.is_some() { Op::SendTo } else { Op::Send };
            Begun { size: Some(c), address, place: Place::Buffer(b), ..Begun::new(op, a) }
        }
        libc::SYS_recvfrom => {
            let op = if e == 0 { Op::Recv } else { Op::RecvFrom };
            peeking(d, Begun { size: Some(c), place: Place::Buffer(b), peer: (e, f), ..Begun::new(op, a) })
        }
        libc::SYS_sendmsg => message(process, Op::SendMsg, a, b),
        libc::SYS_recvmsg => peeking(c, message(process, Op::RecvMsg, a, b)),
        libc::SYS_sendmmsg => Begun { size: Some(c & 0xffff_ffff), ..Begun::new(Op::SendMmsg, a) },
        libc::SYS_recvmmsg => Begun { size: Some(c & 0xffff_ffff), ..Begun::new(Op::RecvMmsg, a) },
        libc::SYS_sendfile => {
            Begun { size: Some(d), place: Place::File(b as i32, c), ..Begun::new(Op::SendFile, a) }
        }
        libc::SYS_splice => Begun { size: Some(e), place: Place::Kernel, ..Begun::new(Op::SendFile, c) },
        libc::SYS_setsockopt => Begun {
            size: (e >= 4).then(|| u64::from(memory::int(process, d))),
            text: option_name(b as i32, c as i32),
            ..Begun::new(Op::SetSockOpt, a)
        },
        libc::SYS_getsockopt if (b as i32, c as i32) == (libc::SOL_SOCKET, libc::SO_ERROR) => {
            Begun { text: "SO_ERROR", place: Place::Buffer(d), ..Begun::new(Op::GetSockOpt, a) }
        }
        _ => waiting(process, r)?,
    };
    if call.sends() || call.receives() {
        call.size = call.size.map(|size| size.min(i64::MAX as u64));
    }
    Some(call)
}

/// A look that takes nothing must not be counted as taken.
fn peeking(flags: u64, call: Begun) -> Begun {
    if flags as i32 & libc::MSG_PEEK == 0 {
        return call;
    }
    Begun { op: Op::Other, text: "recv(MSG_PEEK)", place: Place::Nowhere, ..call }
}

/// A `msghdr`: name and its length, buffers and their count, control data, flags.
fn message(process: Pid, op: Op, descriptor: u64, header: u64) -> Begun {
    let (name, name_len) = (memory::word(process, header), memory::int(process, header + 8));
    let (vector, count) = (memory::word(process, header + 16), memory::word(process, header + 24));
    let sends = op == Op::SendMsg;
    Begun {
        size: Some(memory::room(process, vector, count)),
        address: if sends { memory::socket_address(process, name, u64::from(name_len)) } else { None },
        place: Place::Vector(vector, count),
        peer: if sends { (0, 0) } else { (name, header + 8) },
        ..Begun::new(op, descriptor)
    }
}

/// The messages of a sendmmsg() or recvmmsg() that dealt with `count` of them, each with its octets.
pub fn messages(process: Pid, r: &Registers, count: i64) -> Vec<(Begun, u64)> {
    let op = if r.number == libc::SYS_sendmmsg { Op::SendMsg } else { Op::RecvMsg };
    let headers = (0..(count.max(0) as u64).min(MAX_MESSAGES)).map(|i| r.args[1] + i * MMSGHDR);
    let with_length = |header| {
        (message(process, op, r.args[0], header), u64::from(memory::int(process, header + MMSGHDR - 8)))
    };
    headers.map(with_length).collect()
}

/// poll(), select() and epoll_wait(): the program waits for one of several.
fn waiting(process: Pid, r: &Registers) -> Option<Begun> {
    let [_, _, c, d, e, _] = r.args;
    let millis = |ms: u64| (ms as i32 >= 0).then(|| Duration::from_millis(u64::from(ms as u32)));
    let timespec = |at: u64, unit: u64| {
        (at != 0).then(|| {
            let (secs, parts) = (memory::word(process, at), memory::word(process, at + 8));
            Duration::from_secs(secs) + Duration::from_nanos(parts.saturating_mul(unit))
        })
    };
    let (text, wait) = match r.number {
        libc::SYS_ppoll => ("poll", timespec(c, 1)),
        libc::SYS_pselect6 => ("select", timespec(e, 1)),
        libc::SYS_epoll_pwait => ("epoll_wait", millis(d)),
        libc::SYS_epoll_pwait2 => ("epoll_wait", timespec(d, 1)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => ("poll", millis(c)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => ("select", timespec(e, 1_000)),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => ("epoll_wait", millis(d)),
        _ => return None,
    };
    Some(Begun { text, wait, descriptor: -1, ..Begun::new(Op::Poll, 0) })
}

/// The descriptors that a poll() names; none for the other ways to wait.
pub fn polled(process: Pid, r: &Registers) -> Vec<i32> {
    let is_poll = match r.number {
        libc::SYS_ppoll => true,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => true,
        _ => false,
    };
    if !is_poll {
        return Vec::new();
    }
    let table = memory::read(process, r.args[0], (r.args[1].min(MAX_MESSAGES) * 8) as usize);
    table.as_chunks::<8>().0.iter().map(|p| i32::from_ne_bytes([p[0], p[1], p[2], p[3]])).collect()
}

fn how(how: u64) -> Option<How> {
    match how as i32 {
        libc::SHUT_RD => Some(How::Read),
        libc::SHUT_WR => Some(How::Write),
        libc::SHUT_RDWR => Some(How::Both),
        _ => None,
    }
}

fn option_name(level: i32, option: i32) -> &'static str {
    match (level, option) {
        (libc::SOL_SOCKET, libc::SO_REUSEADDR) => "SO_REUSEADDR",
        (libc::SOL_SOCKET, libc::SO_REUSEPORT) => "SO_REUSEPORT",
        (libc::SOL_SOCKET, libc::SO_KEEPALIVE) => "SO_KEEPALIVE",
        (libc::SOL_SOCKET, libc::SO_LINGER) => "SO_LINGER",
        (libc::SOL_SOCKET, libc::SO_RCVBUF) => "SO_RCVBUF",
        (libc::SOL_SOCKET, libc::SO_SNDBUF) => "SO_SNDBUF",
        (libc::SOL_SOCKET, libc::SO_RCVTIMEO) => "SO_RCVTIMEO",
        (libc::SOL_SOCKET, libc::SO_SNDTIMEO) => "SO_SNDTIMEO",
        (libc::SOL_SOCKET, libc::SO_BROADCAST) => "SO_BROADCAST",
        (libc::IPPROTO_TCP, libc::TCP_NODELAY) => "TCP_NODELAY",
        (libc::IPPROTO_TCP, libc::TCP_CORK) => "TCP_CORK",
        (libc::IPPROTO_TCP, libc::TCP_QUICKACK) => "TCP_QUICKACK",
        (libc::IPPROTO_TCP, libc::TCP_MAXSEG) => "TCP_MAXSEG",
        (libc::IPPROTO_TCP, libc::TCP_KEEPIDLE) => "TCP_KEEPIDLE",
        (libc::IPPROTO_TCP, libc::TCP_KEEPINTVL) => "TCP_KEEPINTVL",
        (libc::IPPROTO_TCP, libc::TCP_KEEPCNT) => "TCP_KEEPCNT",
        (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT) => "TCP_USER_TIMEOUT",
        (libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT) => "TCP_DEFER_ACCEPT",
        (libc::IPPROTO_TCP, libc::TCP_FASTOPEN) => "TCP_FASTOPEN",
        (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY) => "IPV6_V6ONLY",
        _ => "another option",
    }
}
