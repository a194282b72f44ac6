//! One socket call of a performed program: made on the kernel's socket, with the blocking semantics that programs know.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant as Clock};

use framewire::sim::program::{Call, Returned};
use framewire::sim::scenario::{How, SocketKind, SocketOption, TcpSettings};
use framewire::trace::{Errno, HostId, Transport};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};

use super::plan::kept;
use super::sockets::Held;
use super::stage::{GLANCE, Stage};

/// The backlog of a listen() that names none (Python's default on Linux is at most 128).
const BACKLOG: i32 = 128;
/// A receive gets at most so many bytes at once.
const LARGEST: usize = 16 << 20;

/// What a call that succeeded gave.
#[derive(Debug)]
pub struct Gave {
    /// To the program.
    pub returned: Returned,
    /// Octets of a datagram that were thrown away.
    pub truncated: u32,
}

impl Gave {
    /// Nothing but success.
    pub fn nothing() -> Self {
        Gave { returned: Returned::Nothing, truncated: 0 }
    }

    fn plain(returned: Returned) -> Self {
        Gave { returned, truncated: 0 }
    }
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().and_then(|code| u16::try_from(code).ok()).map_or(Errno::EIO, Errno)
}

/// Makes the call; `None` when the stage closed before it returned.
pub fn make(
    stage: &Stage,
    (host, program): (HostId, usize),
    held: Option<&Held>,
    call: &Call,
) -> Option<Result<Gave, Errno>> {
    if let Call::Socket(kind) = call {
        return Some(socket(stage, host, program, *kind).map_err(|error| errno(&error)));
    }
    let Some(held) = held else { return Some(Err(Errno::EBADF)) };
    let at = At { stage, host, program, held };
    let result = match call {
        Call::Accept(_) => return at.waiting(PollFlags::POLLIN, || at.accept()),
        Call::Recv(_, n) => return at.waiting(PollFlags::POLLIN, || at.recv(*n)),
        Call::RecvFrom(_, n) => return at.waiting(PollFlags::POLLIN, || at.recv_from(*n)),
        Call::Connect(_, to) => return at.connect(*to),
        Call::Send(_, payload) | Call::SendAll(_, payload) => return at.send(&payload.to_vec()),
        Call::SendTo(_, payload, to) => at.send_to(&payload.to_vec(), *to),
        Call::Bind(_, port) => at.bind(*port),
        Call::Listen(_, backlog) => {
            let backlog = backlog.map_or(BACKLOG, |n| i32::try_from(n).unwrap_or(i32::MAX));
            held.socket.listen(backlog).map(|()| Gave::nothing()).map_err(|error| errno(&error))
        }
        Call::Shutdown(_, how) => {
            let how = match how {
                How::Read => std::net::Shutdown::Read,
                How::Write => std::net::Shutdown::Write,
                How::Both => std::net::Shutdown::Both,
            };
            held.socket.shutdown(how).map(|()| Gave::nothing()).map_err(|error| errno(&error))
        }
        Call::Close(handle) => {
            stage.sockets.close(*handle);
            Ok(Gave::nothing())
        }
        Call::SetOption(_, option, value) => {
            at.option(*option, *value).map(|()| Gave::nothing()).map_err(|error| errno(&error))
        }
        Call::Socket(_) | Call::Sleep(_) => Err(Errno::EINVAL),
    };
    Some(result)
}

fn socket(stage: &Stage, host: HostId, program: usize, kind: SocketKind) -> io::Result<Gave> {
    let (transport, socket) = match kind {
        SocketKind::Tcp => (Transport::Tcp, Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?),
        SocketKind::Udp => (Transport::Udp, Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?),
    };
    socket.set_nonblocking(true)?;
    let scenario = &stage.plan.scenario;
    if let Some(of) = scenario.hosts.get(usize::from(host.0)).filter(|_| transport == Transport::Tcp) {
        settings(&socket, &kept(&of.tcp.over(&scenario.tcp)));
    }
    let id = stage.journal.socket(host, transport, [None, None], None);
    let handle = stage.sockets.add(Held::new(socket, id, transport, program, false));
    Ok(Gave::plain(Returned::Socket(handle)))
}

/// Asks the kernel for the host's settings, as far as it takes them: a plan's remarks speak of the others.
fn settings(socket: &Socket, tcp: &TcpSettings) {
    let nanos = |span: framewire::sim::units::Span| Duration::from_nanos(span.0.as_nanos());
    let size = |size: framewire::sim::units::Size| usize::try_from(size.0).unwrap_or(usize::MAX);
    let _ = tcp.mss.map(|mss| socket.set_tcp_mss(u32::from(mss)));
    let _ = tcp.send_buffer.map(|room| socket.set_send_buffer_size(size(room)));
    let _ = tcp.receive_buffer.map(|room| socket.set_recv_buffer_size(size(room)));
    if tcp.nagle == Some(false) {
        let _ = socket.set_tcp_nodelay(true);
    }
    let mut probes = TcpKeepalive::new();
    if let Some(idle) = tcp.keep_alive_idle {
        probes = probes.with_time(nanos(idle));
    }
    if let Some(interval) = tcp.keep_alive_interval {
        probes = probes.with_interval(nanos(interval));
    }
    if let Some(count) = tcp.keep_alive_count {
        probes = probes.with_retries(count);
    }
    // Asking for the times switches the probes on: whether they are sent is the program's to say.
    let _ = socket.set_tcp_keepalive(&probes);
    let _ = socket.set_keepalive(false);
    let _ = tcp.user_timeout.map(|time| socket.set_tcp_user_timeout(Some(nanos(time))));
    let name: Option<&[u8]> = tcp.congestion.and_then(|algorithm| match algorithm.name() {
        "reno" => Some(b"reno".as_slice()),
        "cubic" => Some(b"cubic"),
        _ => None,
    });
    let _ = name.map(|name| socket.set_tcp_congestion(name));
}

/// A socket, and who calls it.
struct At<'a> {
    stage: &'a Stage,
    host: HostId,
    program: usize,
    held: &'a Held,
}

impl At<'_> {
    /// Tries the call until it does not say "would block", waits between the tries; `None` when the stage closes.
    fn waiting(
        &self,
        events: PollFlags,
        mut attempt: impl FnMut() -> io::Result<Gave>,
    ) -> Option<Result<Gave, Errno>> {
        let mut again = || match attempt() {
            Ok(gave) => Some(Ok(gave)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                None
            }
            Err(error) => Some(Err(errno(&error))),
        };
        if let Some(done) = again() {
            return Some(done);
        }
        if self.held.nonblocking.load(SeqCst) {
            return Some(Err(Errno::EAGAIN));
        }
        let timeout = match (events, self.held.timeout.load(SeqCst)) {
            (PollFlags::POLLIN, millis @ 1..) => Some(Clock::now() + Duration::from_millis(millis)),
            _ => None,
        };
        self.stage.wait(timeout.is_some(), || {
            self.look(events);
            again().or_else(|| timeout.filter(|at| *at <= Clock::now()).map(|_| Err(Errno::EAGAIN)))
        })
    }

    /// Waits a moment for the socket to be ready.
    fn look(&self, events: PollFlags) -> bool {
        let mut fds = [PollFd::new(self.held.socket.as_fd(), events)];
        let glance = PollTimeout::try_from(GLANCE).unwrap_or(PollTimeout::ZERO);
        poll(&mut fds, glance).is_ok_and(|ready| ready > 0)
    }

    fn accept(&self) -> io::Result<Gave> {
        let (socket, peer) = self.held.socket.accept()?;
        socket.set_nonblocking(true)?;
        let peer = peer.as_socket().ok_or(io::ErrorKind::Unsupported)?;
        let local = socket.local_addr()?.as_socket();
        let id =
            self.stage.journal.socket(self.host, Transport::Tcp, [local, Some(peer)], Some(self.held.id));
        let handle = self.stage.sockets.add(Held::new(socket, id, Transport::Tcp, self.program, true));
        Ok(Gave::plain(Returned::Accepted(handle, peer)))
    }

    fn recv(&self, n: usize) -> io::Result<Gave> {
        let mut buffer: Vec<u8> = Vec::with_capacity(n.min(LARGEST));
        let len = self.held.socket.recv(buffer.spare_capacity_mut())?;
        // SAFETY: recv() has filled the first `len` octets of the buffer's room.
        unsafe { buffer.set_len(len.min(buffer.capacity())) };
        Ok(Gave::plain(Returned::Data(buffer)))
    }

    fn recv_from(&self, n: usize) -> io::Result<Gave> {
        let room = n.min(LARGEST);
        let mut buffer = vec![MaybeUninit::new(0_u8); room];
        // With MSG_TRUNC the result is the datagram's own length, even if it does not fit.
        let (len, from) = self.held.socket.recv_from_with_flags(&mut buffer, nix::libc::MSG_TRUNC)?;
        let from = from.as_socket().ok_or(io::ErrorKind::Unsupported)?;
        // SAFETY: every octet was given a value above.
        let bytes = buffer.iter().take(len.min(room)).map(|octet| unsafe { octet.assume_init() }).collect();
        let truncated = u32::try_from(len.saturating_sub(room)).unwrap_or(u32::MAX);
        Ok(Gave { returned: Returned::Datagram(bytes, from), truncated })
    }

    fn bind(&self, port: u16) -> Result<Gave, Errno> {
        let host = usize::from(self.host.0);
        let address =
            SocketAddr::from((self.stage.plan.map.host(host), self.stage.plan.map.port(host, port)));
        self.held.socket.bind(&address.into()).map_err(|error| errno(&error))?;
        self.bound(None, true);
        Ok(Gave::nothing())
    }

    /// A socket that calls without an address of its own calls from its host's.
    fn bind_for_calling(&self) -> Result<(), Errno> {
        if self.held.bound.load(SeqCst) {
            return Ok(());
        }
        let address = SocketAddr::from((self.stage.plan.map.host(usize::from(self.host.0)), 0));
        self.held.socket.bind(&address.into()).map_err(|error| errno(&error))
    }

    fn bound(&self, remote: Option<SocketAddr>, tell: bool) {
        self.held.bound.store(true, SeqCst);
        let addresses = [self.held.local(), remote];
        self.stage.journal.named(self.host, self.held.id, self.held.transport, addresses, tell);
    }

    fn connect(&self, to: SocketAddr) -> Option<Result<Gave, Errno>> {
        let to = match self.stage.real(to).and_then(|to| self.bind_for_calling().map(|()| to)) {
            Ok(to) => to,
            Err(errno) => return Some(Err(errno)),
        };
        self.bound(Some(to), false);
        let result = match self.held.socket.connect(&to.into()) {
            Ok(()) => Ok(()),
            Err(error) if error.raw_os_error() == Some(nix::libc::EINPROGRESS) => {
                if self.held.nonblocking.load(SeqCst) {
                    return Some(Err(Errno::EINPROGRESS));
                }
                self.stage.wait(false, || self.look(PollFlags::POLLOUT).then_some(()))?;
                match self.held.socket.take_error() {
                    Ok(None) => Ok(()),
                    Ok(Some(error)) | Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        if result.is_ok() {
            self.bound(Some(to), true);
        }
        Some(result.map(|()| Gave::nothing()).map_err(|error| errno(&error)))
    }

    fn send(&self, bytes: &[u8]) -> Option<Result<Gave, Errno>> {
        let mut sent = 0;
        loop {
            let rest = bytes.get(sent..).unwrap_or_default();
            let flags = nix::libc::MSG_NOSIGNAL;
            let once = || {
                let n = self.held.socket.send_with_flags(rest, flags)?;
                Ok(Gave::plain(Returned::Count(n as u64)))
            };
            match self.waiting(PollFlags::POLLOUT, once)? {
                Ok(Gave { returned: Returned::Count(n), .. }) => sent += n as usize,
                // What has been taken is told first; the error comes with the next call.
                Err(_) if sent > 0 => break,
                other => return Some(other),
            }
            if sent >= bytes.len() || self.held.transport == Transport::Udp {
                break;
            }
        }
        Some(Ok(Gave::plain(Returned::Count(sent as u64))))
    }

    fn send_to(&self, bytes: &[u8], to: SocketAddr) -> Result<Gave, Errno> {
        let to = self.stage.real(to)?;
        if !self.held.bound.load(SeqCst) {
            self.bind_for_calling()?;
            self.bound(None, true);
        }
        let sent = self.held.socket.send_to(bytes, &to.into()).map_err(|error| errno(&error))?;
        Ok(Gave::plain(Returned::Count(sent as u64)))
    }

    fn option(&self, option: SocketOption, value: u64) -> io::Result<()> {
        let (socket, on) = (&self.held.socket, value != 0);
        let size = usize::try_from(value).unwrap_or(usize::MAX);
        match option {
            SocketOption::NoDelay => socket.set_tcp_nodelay(on),
            SocketOption::Cork => socket.set_tcp_cork(on),
            SocketOption::ReuseAddr => socket.set_reuse_address(on),
            SocketOption::KeepAlive => socket.set_keepalive(on),
            SocketOption::Linger => socket.set_linger(Some(Duration::from_secs(value))),
            SocketOption::SendBuffer => socket.set_send_buffer_size(size),
            SocketOption::ReceiveBuffer => socket.set_recv_buffer_size(size),
            SocketOption::QuickAck => socket.set_tcp_quickack(on),
            SocketOption::NonBlock => {
                self.held.nonblocking.store(on, SeqCst);
                Ok(())
            }
            SocketOption::ReceiveTimeout => {
                self.held.timeout.store(value, SeqCst);
                Ok(())
            }
        }
    }
}
