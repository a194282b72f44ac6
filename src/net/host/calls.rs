//! The socket calls of a host, as an application makes them: they never block, they say EAGAIN.

use super::socket::{Kind, Owner, Socket, Wakes};
use super::udp::errno_of;
use super::{Host, PathMtuDiscovery, UdpReceived};
use crate::net::fabric::Fabric;
use crate::net::{Errno, Observer, SocketId};
use crate::probe::Context;
use crate::tcp::{Config, CongestionAlgorithm, Handed, KeepAlive, Linger, Shutdown, State, copying};
use crate::time::Duration;
use crate::udp::UdpSocket;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

/// Which directions `shutdown` ends.
pub type ShutdownHow = Shutdown;

/// A socket option with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SocketOption {
    /// SO_REUSEADDR.
    ReuseAddr(bool),
    /// TCP_NODELAY.
    NoDelay(bool),
    /// TCP_CORK.
    Cork(bool),
    /// TCP_QUICKACK.
    QuickAck(bool),
    /// SO_KEEPALIVE, with the host's times.
    KeepAlive(bool),
    /// SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.
    KeepAliveTimes(KeepAlive),
    /// SO_LINGER.
    Linger(Linger),
    /// SO_SNDBUF of TCP, in octets of data.
    SendBuffer(usize),
    /// SO_RCVBUF, in octets of data.
    ReceiveBuffer(usize),
    /// TCP_MAXSEG: only before the connection is opened.
    MaxSegment(u16),
    /// TCP_USER_TIMEOUT.
    UserTimeout(Option<Duration>),
    /// TCP_CONGESTION: only before the connection is opened.
    Congestion(CongestionAlgorithm),
    /// IP_TTL, at least 1.
    Ttl(u8),
    /// The upper six bits of IP_TOS.
    Dscp(u8),
    /// The opposite of SO_NO_CHECK, of UDP over IPv4.
    Checksum(bool),
    /// IP_RECVERR, of UDP: the next call tells of every ICMP error about the socket's datagrams, also of an unconnected one.
    AllErrors(bool),
}

/// The socket calls of one host, made now; see [`Network::sockets`](crate::net::Network::sockets). What a call sends is on
/// its way when it returns.
///
/// Calls on a socket that is closed or of another host fail with EBADF.
#[derive(Debug)]
pub struct Sockets<'a, O: Observer> {
    pub(in crate::net) host: &'a mut Host,
    pub(in crate::net) fabric: &'a mut Fabric,
    pub(in crate::net) observer: &'a mut O,
}

impl<O: Observer> Sockets<'_, O> {
    /// socket(2): a TCP socket with the host's settings.
    pub fn tcp(&mut self) -> SocketId {
        let config = self.host.config.tcp.clone();
        self.tcp_with(config)
    }

    /// A TCP socket with settings of its own.
    pub fn tcp_with(&mut self, config: Config) -> SocketId {
        self.host.sockets.insert(Socket::new(Kind::Fresh(Box::new(config))))
    }

    /// socket(2): a UDP socket with the host's settings.
    pub fn udp(&mut self) -> SocketId {
        let nowhere = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let udp = UdpSocket::new(nowhere, self.host.config.udp);
        self.host.sockets.insert(Socket::new(Kind::Udp(Box::new(udp))))
    }

    /// bind(2): gives a socket its local address; port 0 takes an ephemeral one. The wildcard addresses stand for all
    /// addresses of their own IP version.
    ///
    /// # Errors
    /// EADDRINUSE (see SO_REUSEADDR in socket(7)), EADDRNOTAVAIL for an address that the host does not have, EINVAL for a
    /// socket that is bound already.
    pub fn bind(&mut self, id: SocketId, local: SocketAddr) -> Result<(), Errno> {
        self.host.bind(self.fabric, id, local, self.observer)
    }

    /// listen(2): as in Linux, `backlog + 1` connections may wait to be accepted, and `backlog` (at least 1) be half open.
    ///
    /// # Errors
    /// EADDRINUSE when another socket listens there, EINVAL on a connected socket, EOPNOTSUPP on UDP.
    pub fn listen(&mut self, id: SocketId, backlog: u32) -> Result<(), Errno> {
        self.host.listen(self.fabric, id, backlog, self.observer)
    }

    /// accept(2): the oldest open connection of a listener, and its peer.
    ///
    /// # Errors
    /// EAGAIN when none waits ([`Wakes::ACCEPTABLE`] tells), EINVAL when the socket does not listen.
    pub fn accept(&mut self, id: SocketId) -> Result<(SocketId, SocketAddr), Errno> {
        self.host.accept(id)
    }

    /// connect(2). UDP is connected at once. TCP sends its SYN and returns EINPROGRESS; when [`Wakes::CONNECTED`] or
    /// [`Wakes::FAILED`] comes, [`Sockets::connect_result`] tells how it ended.
    ///
    /// # Errors
    /// EINPROGRESS, EALREADY, EISCONN, ENETUNREACH, EADDRNOTAVAIL (no port is free, or the same connection exists), …
    pub fn connect(&mut self, id: SocketId, remote: SocketAddr) -> Result<(), Errno> {
        if matches!(self.host.sockets.get(id).ok_or(Errno::EBADF)?.kind, Kind::Udp(_)) {
            return self.host.udp_connect(self.fabric, id, remote, self.observer);
        }
        let result = self.host.tcp_connect(self.fabric, id, remote, self.observer);
        self.host.plan_wake(self.fabric);
        result
    }

    /// How a TCP connect ended.
    ///
    /// # Errors
    /// EINPROGRESS while it has not; ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, … when it failed (told once).
    pub fn connect_result(&mut self, id: SocketId) -> Result<(), Errno> {
        self.host.connect_result(id)
    }

    /// send(2): TCP takes as much of `data` as its send buffer has room for; UDP sends it to the connected peer as one
    /// datagram. Returns the octets taken.
    ///
    /// # Errors
    /// EAGAIN ([`Wakes::WRITABLE`] tells when there is room), EPIPE, ECONNRESET, ECONNREFUSED, EDESTADDRREQ, EMSGSIZE, …
    pub fn send(&mut self, id: SocketId, data: &[u8]) -> Result<usize, Errno> {
        self.hand_over(id, &Handed::Plain(data))
    }

    /// As [`Sockets::send`], of octets in memory that never changes: where they are many, TCP points at them and copies nothing.
    ///
    /// # Errors
    /// As [`Sockets::send`].
    pub fn send_shared(
        &mut self,
        id: SocketId,
        whole: &Arc<[u8]>,
        range: Range<usize>,
    ) -> Result<usize, Errno> {
        self.hand_over(id, &Handed::Shared(whole, range))
    }

    fn hand_over(&mut self, id: SocketId, data: &Handed<'_>) -> Result<usize, Errno> {
        if matches!(self.host.sockets.get(id).ok_or(Errno::EBADF)?.kind, Kind::Udp(_)) {
            return self.host.udp_send(self.fabric, id, data.octets(), None, self.observer);
        }
        let result = self.host.tcp_send(self.fabric, id, data, self.observer);
        self.host.plan_wake(self.fabric);
        result
    }

    /// recv(2): TCP's octets in order, 0 for the end of the stream; the first datagram of UDP, what does not fit is lost.
    ///
    /// # Errors
    /// EAGAIN ([`Wakes::READABLE`] tells), ENOTCONN, ECONNRESET, ECONNREFUSED, ETIMEDOUT, …; an error is told once.
    pub fn recv(&mut self, id: SocketId, buffer: &mut [u8]) -> Result<usize, Errno> {
        if matches!(self.host.sockets.get(id).ok_or(Errno::EBADF)?.kind, Kind::Udp(_)) {
            return self.recv_from(id, buffer).map(|received| received.len);
        }
        self.recv_stream(id, buffer.len(), &mut copying(buffer))
    }

    /// As [`Sockets::recv`], of at most `most` octets, which are not copied: `each` gets them in their order, piece by piece where they
    /// lie. (With a socket of the system's one must copy; with MSG_TRUNC one throws away what this hands out.)
    ///
    /// # Errors
    /// As [`Sockets::recv`].
    pub fn recv_with(
        &mut self,
        id: SocketId,
        most: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<usize, Errno> {
        if matches!(self.host.sockets.get(id).ok_or(Errno::EBADF)?.kind, Kind::Udp(_)) {
            let mut datagram = vec![0; most.min(self.readable(id))];
            let received = self.recv_from(id, &mut datagram)?;
            each(datagram.get(..received.len).unwrap_or_default());
            return Ok(received.len);
        }
        self.recv_stream(id, most, each)
    }

    fn recv_stream(
        &mut self,
        id: SocketId,
        most: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<usize, Errno> {
        let result = self.host.tcp_recv(self.fabric, id, most, each, self.observer);
        self.host.plan_wake(self.fabric);
        result
    }

    /// ioctl(2) with FIONREAD: octets that [`Sockets::recv`] would return now, of UDP those of the first datagram.
    pub fn readable(&self, id: SocketId) -> usize {
        match self.host.sockets.get(id).map(|socket| &socket.kind) {
            Some(Kind::Tcp(tcp)) => tcp.conn.readable(),
            Some(Kind::Udp(udp)) => udp.first_len(),
            _ => 0,
        }
    }

    /// Whether it has a connection of TCP's, and so receives a stream.
    pub fn is_stream(&self, id: SocketId) -> bool {
        matches!(self.host.sockets.get(id).map(|socket| &socket.kind), Some(Kind::Tcp(_)))
    }

    /// recv(2) with MSG_PEEK, of TCP: the octets stay.
    ///
    /// # Errors
    /// As [`Sockets::recv`]; a connection's error stays to be told.
    pub fn peek(&mut self, id: SocketId, buffer: &mut [u8]) -> Result<usize, Errno> {
        use crate::tcp::RecvError;
        let tcp = self.host.tcp_socket(id, Errno::ENOTCONN)?;
        tcp.conn.peek(buffer).map_err(|error| match error {
            RecvError::WouldBlock => Errno::EAGAIN,
            RecvError::NotConnected => Errno::ENOTCONN,
            RecvError::Failed(_) => Errno::ECONNRESET,
        })
    }

    /// sendto(2): sends a datagram of UDP.
    ///
    /// # Errors
    /// EMSGSIZE, ENETUNREACH, ECONNREFUSED (an earlier datagram of a connected socket met a closed port), EOPNOTSUPP on TCP, …
    pub fn send_to(&mut self, id: SocketId, data: &[u8], to: SocketAddr) -> Result<usize, Errno> {
        self.host.udp_send(self.fabric, id, data, Some(to), self.observer)
    }

    /// recvfrom(2): the first datagram, who sent it, and how much of it did not fit and is lost.
    ///
    /// # Errors
    /// EAGAIN, ECONNREFUSED, EOPNOTSUPP on TCP.
    pub fn recv_from(&mut self, id: SocketId, buffer: &mut [u8]) -> Result<UdpReceived, Errno> {
        self.host.udp_recv(self.fabric, id, buffer, self.observer)
    }

    /// shutdown(2): ends one or both directions of a TCP connection.
    ///
    /// # Errors
    /// ENOTCONN without a connection.
    pub fn shutdown(&mut self, id: SocketId, how: ShutdownHow) -> Result<(), Errno> {
        let result = self.host.tcp_shutdown(self.fabric, id, how, self.observer);
        self.host.plan_wake(self.fabric);
        result
    }

    /// close(2): the number means nothing to the application any more. A TCP connection goes on until TCP is done (what is
    /// unsent is sent, TIME-WAIT is waited for); [`Wakes::DRAINED`] and [`Wakes::CLOSED`] still come, for a close that
    /// lingers.
    ///
    /// # Errors
    /// EBADF.
    pub fn close(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.host.sockets.get(id).filter(|socket| socket.owner == Owner::Application);
        match socket.ok_or(Errno::EBADF)?.kind {
            Kind::Listener(_) => self.host.close_listener(self.fabric, id, self.observer),
            Kind::Tcp(_) => self.host.tcp_close(self.fabric, id, self.observer),
            Kind::Fresh(_) | Kind::Udp(_) => self.host.free(self.fabric, id, self.observer),
        }
        self.host.plan_wake(self.fabric);
        Ok(())
    }

    /// Gives a connection up with RST and forgets it, as close(2) with SO_LINGER of 0 s does.
    ///
    /// # Errors
    /// EBADF.
    pub fn abort(&mut self, id: SocketId) -> Result<(), Errno> {
        if self.host.tcp_socket(id, Errno::EOPNOTSUPP).is_err() {
            return self.close(id);
        }
        self.host.tcp_abort(self.fabric, id, self.observer);
        self.host.plan_wake(self.fabric);
        Ok(())
    }

    /// getsockopt(2) with SO_ERROR: the pending error, which is then told.
    pub fn take_error(&mut self, id: SocketId) -> Option<Errno> {
        match &mut self.host.sockets.get_mut(id)?.kind {
            Kind::Tcp(tcp) => tcp.take_error(),
            Kind::Udp(udp) => udp.take_reported().map(|icmp| errno_of(icmp, udp.local().is_ipv6())),
            _ => None,
        }
    }

    /// poll(2): what would not block now.
    pub fn readiness(&mut self, id: SocketId) -> Wakes {
        let mut ready = Wakes::NONE;
        match self.host.sockets.get(id).map(|socket| &socket.kind) {
            Some(Kind::Listener(listener)) if !listener.accepted.is_empty() => ready |= Wakes::ACCEPTABLE,
            Some(Kind::Tcp(tcp)) => {
                let over = tcp.conn.state() == State::Closed;
                if tcp.conn.is_readable() || over {
                    ready |= Wakes::READABLE;
                }
                // Who may not send any more hears of it at once.
                let writable = tcp.conn.is_writable() || !tcp.conn.state().takes_send();
                if (tcp.connected && writable) || over {
                    ready |= Wakes::WRITABLE;
                }
                if tcp.connected {
                    ready |= Wakes::CONNECTED;
                }
                if tcp.conn.error().is_some() {
                    ready |= Wakes::FAILED;
                }
                if over {
                    ready |= Wakes::CLOSED;
                }
                if tcp.conn.is_drained() {
                    ready |= Wakes::DRAINED;
                }
            }
            Some(Kind::Udp(udp)) => {
                ready |= Wakes::WRITABLE;
                if udp.is_readable() {
                    ready |= Wakes::READABLE;
                }
            }
            _ => {}
        }
        ready
    }

    /// setsockopt(2). Options of a listener are inherited by the connections that it makes.
    ///
    /// # Errors
    /// ENOPROTOOPT for an option of the other protocol, EINVAL where it comes too late.
    pub fn set_option(&mut self, id: SocketId, option: SocketOption) -> Result<(), Errno> {
        let now = self.fabric.now;
        let keepalive = KeepAlive { ..self.host.config.tcp.default_keepalive() };
        let socket = self.host.sockets.get_mut(id).ok_or(Errno::EBADF)?;
        if let SocketOption::ReuseAddr(on) = option {
            socket.reuse_addr = on;
            return Ok(());
        }
        if option == SocketOption::Ttl(0) {
            return Err(Errno::EINVAL); // RFC 1122 section 3.2.1.7: none is sent with a TTL of zero
        }
        let option = match option {
            SocketOption::KeepAlive(true) => SocketOption::KeepAliveTimes(keepalive),
            other => other,
        };
        match &mut socket.kind {
            Kind::Fresh(config) => configure(config, option),
            Kind::Listener(listener) => configure(&mut listener.config, option),
            Kind::Udp(udp) => {
                match option {
                    SocketOption::ReceiveBuffer(bytes) => {
                        udp.set_limits(crate::udp::Limits { bytes, ..udp.limits() });
                    }
                    SocketOption::Ttl(ttl) => udp.ttl = ttl,
                    SocketOption::Dscp(dscp) => udp.dscp = dscp & 0x3f,
                    SocketOption::Checksum(on) => udp.checksum = on,
                    SocketOption::AllErrors(on) => udp.all_errors = on,
                    SocketOption::SendBuffer(_) => {}
                    _ => return Err(Errno::ENOPROTOOPT),
                }
                Ok(())
            }
            Kind::Tcp(tcp) => {
                let conn = &mut tcp.conn;
                let mut cx = Context::new(now, self.observer);
                match option {
                    SocketOption::NoDelay(on) => conn.set_nodelay(on),
                    SocketOption::Cork(on) => conn.set_cork(&mut cx, on),
                    SocketOption::QuickAck(on) => conn.set_quickack(on),
                    SocketOption::KeepAliveTimes(times) => conn.set_keepalive(&mut cx, Some(times)),
                    SocketOption::KeepAlive(_) => conn.set_keepalive(&mut cx, None),
                    SocketOption::Linger(linger) => conn.set_linger(linger),
                    SocketOption::SendBuffer(octets) => conn.set_send_buffer(octets),
                    SocketOption::ReceiveBuffer(octets) => conn.set_receive_buffer(octets),
                    SocketOption::UserTimeout(limit) => conn.set_user_timeout(limit),
                    SocketOption::Ttl(ttl) => conn.set_ttl(ttl),
                    SocketOption::Dscp(dscp) => conn.set_dscp(dscp),
                    SocketOption::MaxSegment(_) | SocketOption::Congestion(_) => return Err(Errno::EINVAL),
                    SocketOption::ReuseAddr(_) | SocketOption::Checksum(_) | SocketOption::AllErrors(_) => {
                        return Err(Errno::ENOPROTOOPT);
                    }
                }
                self.host.tcp_after(self.fabric, id, self.observer);
                self.host.plan_wake(self.fabric);
                Ok(())
            }
        }
    }

    /// How the host's UDP sockets treat datagrams larger than a link (IP_MTU_DISCOVER, here of the whole host).
    pub fn set_path_mtu_discovery(&mut self, discovery: PathMtuDiscovery) {
        self.host.config.path_mtu_discovery = discovery;
    }

    /// The host, to look at.
    pub fn host(&self) -> &Host {
        self.host
    }
}

/// Sets an option of a socket that has no connection yet.
fn configure(config: &mut Config, option: SocketOption) -> Result<(), Errno> {
    match option {
        SocketOption::NoDelay(on) => config.nodelay = on,
        SocketOption::Cork(on) => config.cork = on,
        SocketOption::QuickAck(on) => config.quickack = on,
        SocketOption::KeepAliveTimes(times) => config.keepalive = Some(times),
        SocketOption::KeepAlive(_) => config.keepalive = None,
        SocketOption::Linger(linger) => config.linger = linger,
        SocketOption::SendBuffer(octets) => config.send_buffer = Some(octets),
        SocketOption::ReceiveBuffer(octets) => config.receive_buffer = Some(octets),
        SocketOption::MaxSegment(mss) => config.max_mss = Some(mss),
        SocketOption::UserTimeout(limit) => config.user_timeout = limit,
        SocketOption::Congestion(algorithm) => config.congestion = algorithm,
        SocketOption::Ttl(ttl) => config.ttl = ttl,
        SocketOption::Dscp(dscp) => config.dscp = dscp & 0x3f,
        SocketOption::ReuseAddr(_) | SocketOption::Checksum(_) | SocketOption::AllErrors(_) => {
            return Err(Errno::ENOPROTOOPT);
        }
    }
    Ok(())
}
