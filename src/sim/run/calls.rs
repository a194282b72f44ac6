//! Socket calls with blocking semantics, on the network's calls that never block.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use super::recorder::Recorder;
use crate::net::{self, Network, NodeId, ShutdownHow};
use crate::sim::program::{Call, Handle, Payload, Returned};
use crate::sim::scenario::{How, SocketKind, SocketOption};
use crate::tcp::Linger;
use crate::time::{Duration, Instant};
use crate::trace::{self, Errno, Sink};

/// The backlog of a listen() that names none (Python's default on Linux is at most 128).
const BACKLOG: u32 = 128;
/// Octets that are handed to the network at once.
const CHUNK: usize = 64 * 1024;

/// A socket that a program has.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub host: NodeId,
    pub socket: net::SocketId,
    pub nonblocking: bool,
    pub timeout: Option<Duration>,
    /// Which program has it; `None` when it is closed.
    pub owner: Option<usize>,
}

/// A call that has begun.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub call: Call,
    pub id: trace::CallId,
    pub begun: trace::EventId,
    /// The first attempt has been made.
    pub started: bool,
    /// Octets that a send has handed over.
    pub accepted: u64,
    /// When a call with SO_RCVTIMEO gives up, or a sleep ends.
    pub deadline: Option<Instant>,
    /// The event that last woke it.
    pub woken: Option<trace::EventId>,
    /// What it sends, repeated over a long stretch.
    pub spread: Option<Arc<[u8]>>,
}

impl Pending {
    /// A call that was told of by `begun`, and of which nothing has been attempted.
    pub fn new(call: Call, id: trace::CallId, begun: trace::EventId) -> Self {
        Pending { call, id, begun, started: false, accepted: 0, deadline: None, woken: None, spread: None }
    }
}

/// What an attempt gave.
pub(super) enum Attempt {
    /// The call returns.
    Done(Result<Gave, Errno>),
    /// It blocks until its socket has news, or its deadline.
    Blocks,
}

/// What a call that succeeded gave, with what the trace wants to know besides.
pub(super) struct Gave {
    pub returned: Returned,
    pub truncated: u32,
    /// It received what stands next in a stream.
    pub stream: bool,
}

impl Gave {
    fn plain(returned: Returned) -> Self {
        Gave { returned, truncated: 0, stream: false }
    }
}

/// The same error by the trace's number.
fn errno(error: net::Errno) -> Errno {
    Errno(error.code())
}

/// The wildcard address of the hosts' IP version.
pub(super) fn wildcard(ipv6: bool) -> IpAddr {
    if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }
}

/// Where a call is made.
pub(super) struct Place<'a, 'b, S: Sink> {
    pub net: &'a mut Network,
    pub host: NodeId,
    pub program: usize,
    pub ipv6: bool,
    pub sockets: &'a mut Vec<Socket>,
    pub recorder: Recorder<'b, S>,
    /// Where received octets are put: those of a stream are given away with it.
    pub scratch: &'a mut Vec<u8>,
}

impl<S: Sink> Place<'_, '_, S> {
    /// Makes the call, or tries it once more.
    pub fn attempt(&mut self, pending: &mut Pending) -> Attempt {
        let first = !pending.started;
        pending.started = true;
        if let Call::Socket(kind) = pending.call {
            return Attempt::Done(self.socket(kind));
        }
        if let Call::Sleep(time) = pending.call {
            let over = pending.deadline.is_some_and(|at| at <= self.net.now());
            if first && !time.is_zero() {
                pending.deadline = Some(self.net.now() + time);
                return Attempt::Blocks;
            }
            return if over || time.is_zero() {
                Attempt::Done(Ok(Gave::plain(Returned::Nothing)))
            } else {
                Attempt::Blocks
            };
        }
        let Some(handle) = pending.call.handle() else { return Attempt::Done(Err(Errno::EINVAL)) };
        let Some(socket) = self.sockets.get(handle.0 as usize).filter(|s| s.owner.is_some()).cloned() else {
            return Attempt::Done(Err(Errno::EBADF));
        };
        let result = self.on_socket(&socket, handle, pending, first);
        match result {
            Err(error @ (net::Errno::EAGAIN | net::Errno::EINPROGRESS)) => {
                if socket.nonblocking {
                    return Attempt::Done(Err(errno(error)));
                }
                let waits = matches!(pending.call, Call::Recv(..) | Call::RecvFrom(..) | Call::Accept(_));
                if waits && let Some(timeout) = socket.timeout {
                    let deadline = *pending.deadline.get_or_insert(self.net.now() + timeout);
                    if deadline <= self.net.now() {
                        return Attempt::Done(Err(errno(error)));
                    }
                }
                Attempt::Blocks
            }
            Err(error) => Attempt::Done(Err(errno(error))),
            Ok(gave) => Attempt::Done(Ok(gave)),
        }
    }

    fn socket(&mut self, kind: SocketKind) -> Result<Gave, Errno> {
        let mut calls = self.net.sockets(self.host, &mut self.recorder).map_err(|_| Errno::ENETDOWN)?;
        let socket = match kind {
            SocketKind::Tcp => calls.tcp(),
            SocketKind::Udp => calls.udp(),
        };
        let transport = match kind {
            SocketKind::Tcp => trace::Transport::Tcp,
            SocketKind::Udp => trace::Transport::Udp,
        };
        let number = self.recorder.names.socket(self.host, socket);
        self.recorder.tell(trace::What::Socket {
            socket: number,
            host: trace::HostId(self.host.0),
            transport,
            local: None,
            remote: None,
            listener: None,
        });
        Ok(Gave::plain(Returned::Socket(self.keep(socket))))
    }

    fn keep(&mut self, socket: net::SocketId) -> Handle {
        let handle = Handle(self.sockets.len() as u32);
        self.sockets.push(Socket {
            host: self.host,
            socket,
            nonblocking: false,
            timeout: None,
            owner: Some(self.program),
        });
        handle
    }

    fn on_socket(
        &mut self,
        socket: &Socket,
        handle: Handle,
        pending: &mut Pending,
        first: bool,
    ) -> Result<Gave, net::Errno> {
        let id = socket.socket;
        let mut calls = self.net.sockets(self.host, &mut self.recorder).map_err(|_| net::Errno::EBADF)?;
        let nothing = Ok(Gave::plain(Returned::Nothing));
        match &pending.call {
            Call::Bind(_, port) => {
                calls.bind(id, SocketAddr::new(wildcard(self.ipv6), *port))?;
                nothing
            }
            Call::Listen(_, backlog) => {
                calls.listen(id, backlog.unwrap_or(BACKLOG))?;
                nothing
            }
            Call::Accept(_) => {
                let (connection, peer) = calls.accept(id)?;
                let handle = self.keep(connection);
                Ok(Gave::plain(Returned::Accepted(handle, peer)))
            }
            Call::Connect(_, to) => {
                if first {
                    calls.connect(id, *to)?;
                } else {
                    calls.connect_result(id)?;
                }
                nothing
            }
            Call::Send(_, payload) | Call::SendAll(_, payload) => {
                let rest = payload.skip(pending.accepted);
                let (taken, result) =
                    send(rest, &mut pending.spread, |whole, range| calls.send_shared(id, whole, range));
                pending.accepted += taken;
                match result {
                    // A send that has handed something over tells of that first.
                    Err(net::Errno::EAGAIN) if socket.nonblocking && pending.accepted > 0 => {}
                    other => other?,
                }
                Ok(Gave::plain(Returned::Count(pending.accepted)))
            }
            Call::SendTo(_, payload, to) => {
                let n = calls.send_to(id, &payload.to_vec(), *to)?;
                pending.accepted += n as u64;
                Ok(Gave::plain(Returned::Count(n as u64)))
            }
            Call::Recv(_, n) => {
                let most = (*n).min(CHUNK * 16);
                let readable = calls.readable(id);
                if readable == 0 && most > 0 {
                    // Nothing is there: one octet asks why.
                    calls.recv_with(id, 1, &mut |_| {})?;
                    return Ok(Gave::plain(Returned::Data(Vec::new())));
                }
                let mut buffer = std::mem::take(self.scratch);
                buffer.clear();
                buffer.reserve_exact(readable.min(most));
                calls.recv_with(id, most, &mut |part| buffer.extend_from_slice(part))?;
                let stream = calls.is_stream(id);
                Ok(Gave { stream, ..Gave::plain(Returned::Data(buffer)) })
            }
            Call::RecvFrom(_, n) => {
                let received = calls.recv_from(id, room(self.scratch, (*n).min(CHUNK)))?;
                let buffer = self.scratch.get(..received.len).unwrap_or_default().to_vec();
                Ok(Gave {
                    returned: Returned::Datagram(buffer, received.from),
                    truncated: received.truncated as u32,
                    stream: false,
                })
            }
            Call::Shutdown(_, how) => {
                calls.shutdown(
                    id,
                    match how {
                        How::Read => ShutdownHow::Read,
                        How::Write => ShutdownHow::Write,
                        How::Both => ShutdownHow::Both,
                    },
                )?;
                nothing
            }
            Call::Close(_) => {
                calls.close(id)?;
                if let Some(kept) = self.sockets.get_mut(handle.0 as usize) {
                    kept.owner = None;
                }
                nothing
            }
            Call::SetOption(_, option, value) => {
                let on = *value != 0;
                let size = usize::try_from(*value).unwrap_or(usize::MAX);
                let option = match option {
                    SocketOption::NoDelay => net::SocketOption::NoDelay(on),
                    SocketOption::Cork => net::SocketOption::Cork(on),
                    SocketOption::ReuseAddr => net::SocketOption::ReuseAddr(on),
                    SocketOption::KeepAlive => net::SocketOption::KeepAlive(on),
                    SocketOption::QuickAck => net::SocketOption::QuickAck(on),
                    SocketOption::SendBuffer => net::SocketOption::SendBuffer(size),
                    SocketOption::ReceiveBuffer => net::SocketOption::ReceiveBuffer(size),
                    SocketOption::Linger if on => {
                        net::SocketOption::Linger(Linger::For(Duration::from_secs(*value)))
                    }
                    SocketOption::Linger => net::SocketOption::Linger(Linger::Reset),
                    SocketOption::NonBlock | SocketOption::ReceiveTimeout => {
                        if let Some(kept) = self.sockets.get_mut(handle.0 as usize) {
                            match option {
                                SocketOption::NonBlock => kept.nonblocking = on,
                                _ => kept.timeout = on.then(|| Duration::from_millis(*value)),
                            }
                        }
                        return nothing;
                    }
                };
                calls.set_option(id, option)?;
                nothing
            }
            Call::Socket(_) | Call::Sleep(_) => Err(net::Errno::EINVAL),
        }
    }
}

/// The first `len` octets of `scratch`, which grows where it has to.
fn room(scratch: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    scratch.get_mut(..len).unwrap_or_default()
}

/// Hands over as much of `payload` as is taken; how much, and what kept the rest back.
fn send(
    payload: Payload,
    spread: &mut Option<Arc<[u8]>>,
    mut take: impl FnMut(&Arc<[u8]>, Range<usize>) -> Result<usize, net::Errno>,
) -> (u64, Result<(), net::Errno>) {
    let (mut rest, mut taken) = (payload, 0);
    loop {
        let (whole, range) = rest.window(CHUNK, spread);
        let offered = range.len();
        match take(whole, range) {
            Ok(n) => {
                taken += n as u64;
                rest = rest.skip(n as u64);
                if rest.len == 0 {
                    return (taken, Ok(()));
                }
                if n < offered {
                    return (taken, Err(net::Errno::EAGAIN));
                }
            }
            Err(error) => return (taken, Err(error)),
        }
    }
}
