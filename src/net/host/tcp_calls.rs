//! The socket calls of TCP on a host.

use super::Host;
use super::socket::{Kind, Owner};
use super::tcp::TcpSocket;
use crate::net::fabric::Fabric;
use crate::net::{Errno, Observer, SocketId};
use crate::packet::Protocol;
use crate::probe::Context;
use crate::tcp::{CloseError, Connection, Flow, Handed, OpenError, RecvError, SendError, Shutdown, State};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

impl Host {
    /// connect(2): sends the SYN. `Err(EINPROGRESS)` is success: the handshake has begun.
    pub(super) fn tcp_connect<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        remote: SocketAddr,
        observer: &mut O,
    ) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(id).ok_or(Errno::EBADF)?;
        let config = match &mut socket.kind {
            Kind::Fresh(config) => config.clone(),
            Kind::Tcp(tcp) if tcp.conn.state() == State::Closed && !tcp.connected => {
                Box::new(tcp.conn.config().clone()) // the last attempt failed: another may be made
            }
            Kind::Tcp(tcp) if matches!(tcp.conn.state(), State::SynSent | State::SynReceived) => {
                return Err(Errno::EALREADY);
            }
            _ => return Err(Errno::EISCONN),
        };
        let bound = socket.local.filter(|_| matches!(socket.kind, Kind::Fresh(_)));
        // As in Linux, connecting to the wildcard address connects to the host itself.
        let remote = match remote.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => {
                SocketAddr::new(Ipv4Addr::LOCALHOST.into(), remote.port())
            }
            IpAddr::V6(ip) if ip.is_unspecified() => {
                SocketAddr::new(Ipv6Addr::LOCALHOST.into(), remote.port())
            }
            _ => remote,
        };
        let local_ip = match bound.map(|local| local.ip()).filter(|ip| !ip.is_unspecified()) {
            Some(ip) => ip,
            None => self.source_for(remote.ip()).ok_or(Errno::ENETUNREACH)?,
        };
        if fabric.route(self.id, remote.ip()).is_none() {
            return Err(Errno::ENETUNREACH);
        }
        self.may_leave(local_ip, remote.ip())?;
        let port = match bound {
            Some(local) => local.port(),
            None => self.ports.ephemeral(Protocol::TCP).ok_or(Errno::EADDRNOTAVAIL)?,
        };
        let flow = Flow { local: SocketAddr::new(local_ip, port), remote };
        if self.connections.get(&flow).is_some() {
            return Err(Errno::EADDRNOTAVAIL); // connect(2); an old incarnation may still be in TIME-WAIT
        }
        let mut config = *config;
        config.mtu = self.interface_mtu(fabric, remote.ip());
        if O::WATCHES {
            observer.endpoint(fabric.now, self.id, id);
        }
        self.name(fabric, id, Some(flow.local), Some(flow.remote), observer);
        let conn = match Connection::open_active(&mut Context::new(fabric.now, observer), config, flow) {
            Ok(conn) => conn,
            Err(error) => {
                self.name(fabric, id, bound, None, observer);
                return Err(match error {
                    OpenError::MixedVersions => Errno::EAFNOSUPPORT,
                    OpenError::PortZero => Errno::ECONNREFUSED,
                    OpenError::RemoteAddress(_) => Errno::ENETUNREACH,
                    OpenError::LocalAddress(_) => Errno::EADDRNOTAVAIL,
                });
            }
        };
        if let Some(socket) = self.sockets.get_mut(id) {
            socket.kind = Kind::Tcp(Box::new(TcpSocket::new(conn, None)));
        }
        self.ports.take(Protocol::TCP, port, id);
        self.connections.insert(&flow, id);
        self.tcp_after(fabric, id, observer);
        Err(Errno::EINPROGRESS)
    }

    /// How a connect ended: `EINPROGRESS` while it has not.
    pub(super) fn connect_result(&mut self, id: SocketId) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(id).ok_or(Errno::EBADF)?;
        let tcp = socket.tcp_mut().ok_or(Errno::ENOTCONN)?;
        if tcp.connected {
            return Ok(());
        }
        match tcp.conn.state() {
            State::SynSent | State::SynReceived => Err(Errno::EINPROGRESS),
            _ => Err(tcp.take_error().unwrap_or(Errno::ECONNABORTED)),
        }
    }

    pub(super) fn tcp_send<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        data: &Handed<'_>,
        observer: &mut O,
    ) -> Result<usize, Errno> {
        let (node, now) = (self.id, fabric.now);
        let tcp = self.tcp_socket(id, Errno::EPIPE)?;
        if O::WATCHES {
            observer.endpoint(now, node, id);
        }
        // send(2): before the handshake is done a sender waits.
        if matches!(tcp.conn.state(), State::SynSent | State::SynReceived) {
            tcp.conn.want_writable();
            return Err(Errno::EAGAIN);
        }
        let result = match tcp.conn.hand_over(&mut Context::new(now, observer), data) {
            Ok(taken) => {
                tcp.drained = false;
                Ok(taken)
            }
            // Nothing has changed that could send something. Nor is it looked for because somebody watches: that alone gives up an
            // old path MTU, for one.
            Err(SendError::WouldBlock) => return Err(Errno::EAGAIN),
            Err(SendError::NotConnected | SendError::Closing) => Err(Errno::EPIPE),
            Err(SendError::Failed(_)) => Err(tcp.take_error().unwrap_or(Errno::EPIPE)),
        };
        self.tcp_after(fabric, id, observer);
        result
    }

    pub(super) fn tcp_recv<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        most: usize,
        each: &mut dyn FnMut(&[u8]),
        observer: &mut O,
    ) -> Result<usize, Errno> {
        let (node, now) = (self.id, fabric.now);
        let tcp = self.tcp_socket(id, Errno::ENOTCONN)?;
        if O::WATCHES {
            observer.endpoint(now, node, id);
        }
        let result = match tcp.conn.recv_with(&mut Context::new(now, observer), most, each) {
            // Reading makes room, which is told to the peer or not; nothing else follows from it.
            Ok(n) if !tcp.conn.owes_ack_now() => return Ok(n),
            Ok(n) => Ok(n),
            Err(RecvError::WouldBlock) => return Err(Errno::EAGAIN),
            Err(RecvError::NotConnected) if tcp.connected => Ok(0),
            Err(RecvError::NotConnected) => Err(Errno::ENOTCONN),
            // recv(2): the error is told once, then the stream is at its end.
            Err(RecvError::Failed(_)) => tcp.take_error().map_or(Ok(0), Err),
        };
        self.tcp_after(fabric, id, observer);
        result
    }

    pub(super) fn tcp_shutdown<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        how: Shutdown,
        observer: &mut O,
    ) -> Result<(), Errno> {
        let (node, now) = (self.id, fabric.now);
        let tcp = self.tcp_socket(id, Errno::ENOTCONN)?;
        if O::WATCHES {
            observer.endpoint(now, node, id);
        }
        let result = match tcp.conn.shutdown(&mut Context::new(now, observer), how) {
            Ok(()) => Ok(()),
            Err(CloseError::Closing) => Ok(()),
            Err(CloseError::NotConnected) => Err(Errno::ENOTCONN),
        };
        tcp.drained = false;
        self.tcp_after(fabric, id, observer);
        result
    }

    /// The application closes the socket; the connection goes on by itself until TCP is done.
    pub(super) fn tcp_close<O: Observer>(&mut self, fabric: &mut Fabric, id: SocketId, observer: &mut O) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        socket.owner = Owner::Nobody;
        let Kind::Tcp(tcp) = &mut socket.kind else { return self.free(fabric, id, observer) };
        if O::WATCHES {
            observer.endpoint(fabric.now, self.id, id);
        }
        // "already closing" or "not connected": there is nothing left to close.
        let _ = tcp.conn.close(&mut Context::new(fabric.now, observer));
        tcp.drained = false;
        self.tcp_after(fabric, id, observer);
    }

    /// Gives a connection up with RST (RFC 9293 section 3.10.5).
    pub(super) fn tcp_abort<O: Observer>(&mut self, fabric: &mut Fabric, id: SocketId, observer: &mut O) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        socket.owner = Owner::Nobody;
        let Kind::Tcp(tcp) = &mut socket.kind else { return self.free(fabric, id, observer) };
        if O::WATCHES {
            observer.endpoint(fabric.now, self.id, id);
        }
        tcp.conn.abort(&mut Context::new(fabric.now, observer));
        self.tcp_after(fabric, id, observer);
    }
}
