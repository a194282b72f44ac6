//! Listening sockets: the SYN queue of half-open connections and the queue of those to be accepted.

use super::Host;
use super::receive::Ignored;
use super::socket::{Kind, Owner, Socket, Wakes};
use super::tcp::TcpSocket;
use crate::net::fabric::Fabric;
use crate::net::{DropReason, Errno, Fate, News, Observer, PacketId, SocketId};
use crate::packet::{IpHeader, TcpHeader};
use crate::probe::Context;
use crate::seq::SeqNumber;
use crate::tcp::{Config, Connection, Flow, State};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// What a listening socket keeps.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    /// What the connections begin with.
    pub config: Box<Config>,
    /// Connections that may wait to be accepted: one more than this many (listen(2), Linux).
    pub backlog: u32,
    /// Half-open connections: the SYN queue.
    pub half_open: u32,
    /// Open connections that wait to be accepted, the oldest first.
    pub accepted: VecDeque<SocketId>,
}

/// A SYN that may make a connection.
pub(super) struct Syn<'a> {
    pub packet: PacketId,
    pub flow: Flow,
    pub ip: &'a IpHeader,
    pub header: &'a TcpHeader,
    pub payload: &'a [u8],
    /// The initial sequence number to take, where an old connection of the same addresses leaves no choice.
    pub iss: Option<SeqNumber>,
}

impl Listener {
    /// As in Linux, `backlog + 1` connections may wait.
    fn is_full(&self) -> bool {
        self.accepted.len() > self.backlog as usize
    }
}

impl Host {
    /// The listener for `local`: one bound to the very address before one bound to all.
    pub(super) fn listener_at(&self, local: SocketAddr) -> Option<SocketId> {
        let mut any = None;
        for id in self.ports.listeners(local.port()) {
            let Some(bound) = self.sockets.get(id).and_then(|socket| socket.local) else { continue };
            if bound == local {
                return Some(id);
            }
            if bound.ip().is_unspecified() && bound.is_ipv4() == local.is_ipv4() {
                any = any.or(Some(id));
            }
        }
        any
    }

    fn listener(&self, id: SocketId) -> Option<&Listener> {
        match &self.sockets.get(id)?.kind {
            Kind::Listener(listener) => Some(listener),
            _ => None,
        }
    }

    fn listener_mut(&mut self, id: SocketId) -> Option<&mut Listener> {
        match &mut self.sockets.get_mut(id)?.kind {
            Kind::Listener(listener) => Some(listener),
            _ => None,
        }
    }

    /// Begins to listen, or changes the backlog of a socket that listens.
    pub(super) fn listen<O: Observer>(
        &mut self,
        fabric: &Fabric,
        id: SocketId,
        backlog: u32,
        observer: &mut O,
    ) -> Result<(), Errno> {
        let backlog = backlog.min(self.config.max_backlog);
        if let Some(listener) = self.listener_mut(id) {
            listener.backlog = backlog;
            return Ok(());
        }
        match self.sockets.get(id).ok_or(Errno::EBADF)? {
            Socket { kind: Kind::Fresh(_), local: None, .. } => {
                let any = std::net::Ipv4Addr::UNSPECIFIED;
                self.bind(fabric, id, SocketAddr::new(any.into(), 0), observer)?;
            }
            Socket { kind: Kind::Fresh(_), .. } => {}
            Socket { kind: Kind::Udp(_), .. } => return Err(Errno::EOPNOTSUPP),
            _ => return Err(Errno::EINVAL),
        }
        let local = self.sockets.get(id).and_then(|socket| socket.local).ok_or(Errno::EINVAL)?;
        // Two sockets may have bound the port with SO_REUSEADDR; only one of them can listen.
        if self.conflicts_with_listener(id, local) {
            return Err(Errno::EADDRINUSE);
        }
        let socket = self.sockets.get_mut(id).ok_or(Errno::EBADF)?;
        if let Kind::Fresh(config) = &socket.kind {
            let config = config.clone();
            let listener = Listener { config, backlog, half_open: 0, accepted: VecDeque::new() };
            socket.kind = Kind::Listener(Box::new(listener));
            self.ports.listen(local.port(), id);
        }
        Ok(())
    }

    fn conflicts_with_listener(&self, id: SocketId, local: SocketAddr) -> bool {
        self.ports.listeners(local.port()).filter(|&other| other != id).any(|other| {
            self.sockets.get(other).and_then(|user| user.local).is_some_and(|theirs| {
                theirs.is_ipv4() == local.is_ipv4()
                    && (theirs.ip() == local.ip()
                        || theirs.ip().is_unspecified()
                        || local.ip().is_unspecified())
            })
        })
    }

    /// A SYN for a listener (RFC 9293 section 3.10.7.2): a half-open connection is made for it, if the queues have room.
    pub(super) fn syn_arrives<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        listener_id: SocketId,
        syn: &Syn<'_>,
        observer: &mut O,
    ) -> Result<(), Ignored> {
        let &Syn { packet, flow, ip, header, payload, iss } = syn;
        let full = Err((Some(listener_id), DropReason::BacklogFull));
        let most = self.config.max_syn_queue;
        let Some(listener) = self.listener(listener_id) else { return full };
        // listen(2), tcp(7) tcp_max_syn_backlog: without room in either queue the SYN is dropped; the client tries again.
        if listener.is_full() || listener.half_open >= listener.backlog.max(1).min(most) {
            return full;
        }
        let mut config = (*listener.config).clone();
        config.mtu = self.interface_mtu(fabric, flow.remote.ip());
        config.iss = iss.or(config.iss);
        let reuse_addr = self.sockets.get(listener_id).is_some_and(|socket| socket.reuse_addr);

        // The connection needs its number before it can tell its first notes.
        let id = self.sockets.insert(Socket::new(Kind::Fresh(Box::new(config.clone()))));
        if O::WATCHES {
            let news = News::Born { listener: listener_id, local: flow.local, remote: flow.remote };
            observer.socket(fabric.now, self.id, id, news);
            observer.packet(fabric.now, packet, Fate::Consumed { socket: id });
            observer.endpoint(fabric.now, self.id, id);
        }
        let mut cx = Context::new(fabric.now, observer);
        let Ok(conn) = Connection::open_from_syn(&mut cx, config, flow, header, payload, ip.ecn) else {
            self.sockets.remove(id); // RFC 9293 section 3.9.2.3, MUST-63: from no single host
            if O::WATCHES {
                observer.socket(fabric.now, self.id, id, News::Gone);
            }
            return Err((Some(listener_id), DropReason::Malformed));
        };
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.kind = Kind::Tcp(Box::new(TcpSocket::new(conn, Some(listener_id))));
            socket.owner = Owner::Listener;
            socket.reuse_addr = reuse_addr;
            (socket.local, socket.remote) = (Some(flow.local), Some(flow.remote));
        }
        self.ports.take(crate::packet::Protocol::TCP, flow.local.port(), id);
        self.connections.insert(&flow, id);
        if let Some(listener) = self.listener_mut(listener_id) {
            listener.half_open += 1;
        }
        self.tcp_after(fabric, id, observer);
        Ok(())
    }

    /// Whether a segment must be ignored because it would complete a handshake for which the accept queue has no room: the
    /// connection stays half open, and the peer, which believes that it is connected, is asked again by our SYN,ACK.
    #[inline]
    pub(super) fn backlog_blocks(&self, id: SocketId, seg: &TcpHeader) -> bool {
        let Some(tcp) = self.sockets.get(id).and_then(Socket::tcp) else { return false };
        tcp.half_open
            && seg.flags.ack()
            && !seg.flags.rst()
            && tcp.listener.and_then(|id| self.listener(id)).is_some_and(Listener::is_full)
    }

    /// A connection's handshake is over, well (`open`) or badly: it leaves the SYN queue.
    #[cold]
    pub(super) fn leave_syn_queue(&mut self, fabric: &mut Fabric, id: SocketId, open: bool) {
        let Some(tcp) = self.sockets.get_mut(id).and_then(Socket::tcp_mut).filter(|tcp| tcp.half_open) else {
            return;
        };
        tcp.half_open = false;
        let Some(listener_id) = tcp.listener else { return };
        if let Some(listener) = self.listener_mut(listener_id) {
            listener.half_open = listener.half_open.saturating_sub(1);
            if open {
                listener.accepted.push_back(id);
                self.raise(fabric, listener_id, Wakes::ACCEPTABLE);
            }
        }
    }

    /// Takes the oldest connection that waits.
    pub(super) fn accept(&mut self, id: SocketId) -> Result<(SocketId, SocketAddr), Errno> {
        self.sockets.get(id).ok_or(Errno::EBADF)?;
        let listener = self.listener_mut(id).ok_or(Errno::EINVAL)?;
        let child = listener.accepted.pop_front().ok_or(Errno::EAGAIN)?;
        let socket = self.sockets.get_mut(child).ok_or(Errno::ECONNABORTED)?;
        socket.owner = Owner::Application;
        if let Kind::Tcp(tcp) = &mut socket.kind {
            tcp.listener = None;
        }
        Ok((child, socket.remote.ok_or(Errno::ECONNABORTED)?))
    }

    /// A listener is closed: connections that nobody accepted are reset, half-open ones forgotten (as Linux does).
    pub(super) fn close_listener<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        observer: &mut O,
    ) {
        let Some(Kind::Listener(listener)) = self.sockets.get(id).map(|socket| &socket.kind) else { return };
        let waiting: Vec<SocketId> = listener.accepted.iter().copied().collect();
        let children: Vec<SocketId> = self.sockets.ids().collect();
        for child in children {
            if self
                .sockets
                .get(child)
                .and_then(Socket::tcp)
                .is_some_and(|tcp| tcp.half_open && tcp.listener == Some(id))
            {
                self.free(fabric, child, observer);
            }
        }
        for child in waiting {
            self.tcp_abort(fabric, child, observer);
        }
        self.free(fabric, id, observer);
    }

    /// Whether a connection is of no use any more: it is CLOSED and nobody will ask for it.
    pub(super) fn is_forgettable(&self, id: SocketId) -> bool {
        let Some(socket) = self.sockets.get(id) else { return false };
        socket.tcp().is_some_and(|tcp| {
            tcp.conn.state() == State::Closed
                && match socket.owner {
                    Owner::Application => false,
                    Owner::Nobody => true,
                    // A connection that was open keeps its place in the accept queue, to tell how it ended.
                    Owner::Listener => !tcp.connected,
                }
        })
    }
}
