//! UDP on a host.

use super::Host;
use super::receive::Ignored;
use super::socket::{Kind, Wakes};
use crate::net::fabric::Fabric;
use crate::net::{DropReason, Errno, Observer, PacketId, SocketId};
use crate::packet::{Icmp, IpHeader, Protocol, UDP_HEADER_LEN, UdpHeader, Unreachable};
use crate::probe::Context;
use crate::udp::{Envelope, Received, RecvError, Refused, SendError, UdpSocket};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a UDP socket of a host returns from a receive call.
pub type UdpReceived = Received;

/// What happens to a datagram larger than a link (ip(7) IP_MTU_DISCOVER).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PathMtuDiscovery {
    /// The host cuts it to what it knows of the path, and forbids routers to cut it further (Linux's default).
    #[default]
    Want,
    /// It is never cut: EMSGSIZE if it is larger than what is known of the path.
    Do,
    /// The host cuts it to its link, and routers may cut it further (RFC 791's simple world).
    Dont,
}

impl Host {
    /// The UDP socket for a datagram from `remote` to `local`: a connected one before one bound to the very address before
    /// one bound to all.
    pub(super) fn udp_socket(&self, local: SocketAddr, remote: SocketAddr) -> Option<SocketId> {
        let score = |id: SocketId| {
            let socket = self.sockets.get(id)?;
            let bound = socket.local?;
            let exact = bound.ip() == local.ip();
            let fits = exact || (bound.ip().is_unspecified() && bound.is_ipv4() == local.is_ipv4());
            let peer = socket.remote.is_none_or(|peer| peer == remote);
            (fits && peer).then_some((socket.remote.is_some(), exact))
        };
        let users = self.ports.users(Protocol::UDP, local.port());
        users.filter_map(|id| Some((score(id)?, id))).max_by_key(|&(score, _)| score).map(|(_, id)| id)
    }

    /// A UDP datagram has come.
    pub(super) fn udp_arrives<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        packet: PacketId,
        bytes: &[u8],
        ip: &IpHeader,
        datagram: &[u8],
        observer: &mut O,
    ) -> Result<(), Ignored> {
        let (header, data) = UdpHeader::parse(datagram).map_err(|_| (None, DropReason::Malformed))?;
        // RFC 1122 section 4.1.3.4, MUST: a wrong checksum discards the datagram silently.
        if !UdpHeader::checksum_is_right(ip.src, ip.dst, datagram) {
            return Err((None, DropReason::Checksum));
        }
        let local = SocketAddr::new(ip.dst, header.dst_port);
        let remote = SocketAddr::new(ip.src, header.src_port);
        let Some(id) = self.udp_socket(local, remote) else {
            // RFC 1122 section 4.1.3.1: SHOULD send port unreachable.
            if self.config.answers_closed_ports {
                self.report(fabric, bytes, Icmp::Unreachable(Unreachable::Port), observer);
            }
            return Err((None, DropReason::NoSocket));
        };
        let now = fabric.now;
        self.consume(fabric, packet, id, observer);
        let udp = self.udp_mut(id).map_err(|_| (Some(id), DropReason::NoSocket))?;
        match udp.handle_datagram(&mut Context::new(now, observer), remote, local, data) {
            Ok(()) => {
                self.raise(fabric, id, Wakes::READABLE);
                Ok(())
            }
            Err(Refused::Full) => Err((Some(id), DropReason::BufferFull)),
            Err(Refused::NotThePeer) => Err((Some(id), DropReason::NoSocket)),
        }
    }

    /// ICMP tells of a datagram that a socket sent to `to`.
    pub(super) fn udp_icmp<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        icmp: Icmp,
        to: SocketAddr,
        observer: &mut O,
    ) {
        let now = fabric.now;
        let Ok(udp) = self.udp_mut(id) else { return };
        let before = udp.is_readable();
        udp.handle_icmp(&mut Context::new(now, observer), icmp, to);
        if udp.is_readable() && !before {
            self.raise(fabric, id, Wakes::FAILED.or(Wakes::READABLE));
        }
    }

    /// connect(2) of a datagram socket: from now on it talks to this peer alone.
    pub(super) fn udp_connect<O: Observer>(
        &mut self,
        fabric: &Fabric,
        id: SocketId,
        remote: SocketAddr,
        observer: &mut O,
    ) -> Result<(), Errno> {
        let bound = self.sockets.get(id).ok_or(Errno::EBADF)?.local;
        if fabric.route(self.id, remote.ip()).is_none() {
            return Err(Errno::ENETUNREACH);
        }
        let source = self.source_for(remote.ip()).ok_or(Errno::ENETUNREACH)?;
        let local = match bound {
            Some(local) if local.is_ipv4() != remote.is_ipv4() => return Err(Errno::EAFNOSUPPORT),
            Some(local) if !local.ip().is_unspecified() => {
                self.may_leave(local.ip(), remote.ip())?;
                local
            }
            Some(local) => SocketAddr::new(source, local.port()),
            None => {
                self.bind(fabric, id, SocketAddr::new(source, 0), observer)?;
                self.sockets.get(id).and_then(|socket| socket.local).ok_or(Errno::EADDRNOTAVAIL)?
            }
        };
        self.udp_mut(id)?.connect(local, remote);
        self.name(fabric, id, Some(local), Some(remote), observer);
        Ok(())
    }

    /// Sends a datagram to `to`, or to the peer of a connected socket.
    pub(super) fn udp_send<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        data: &[u8],
        to: Option<SocketAddr>,
        observer: &mut O,
    ) -> Result<usize, Errno> {
        let (node, now) = (self.id, fabric.now);
        let to = match to {
            Some(to) => to,
            None => self.udp_mut(id)?.remote().ok_or(Errno::EDESTADDRREQ)?,
        };
        if self.sockets.get(id).ok_or(Errno::EBADF)?.local.is_none() {
            let any: IpAddr =
                if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            self.bind(fabric, id, SocketAddr::new(any, 0), observer)?;
        }
        let local = self.sockets.get(id).and_then(|socket| socket.local).ok_or(Errno::EINVAL)?;
        let source = match local.ip() {
            ip if ip.is_unspecified() && local.is_ipv4() == to.is_ipv4() => {
                self.source_for(to.ip()).ok_or(Errno::ENETUNREACH)?
            }
            ip => ip,
        };
        self.may_leave(source, to.ip())?;
        let link_mtu = fabric.mtu(node, to.ip()).ok_or(Errno::ENETUNREACH)?;
        let discovery = self.config.path_mtu_discovery;
        let path_mtu = match discovery {
            PathMtuDiscovery::Dont => link_mtu,
            _ => self.recent_path_mtu(fabric.now, to.ip()).map_or(link_mtu, |path| path.min(link_mtu)),
        };
        let ip_header = if to.is_ipv4() { 20 } else { 40 };
        let fits = ip_header + UDP_HEADER_LEN + data.len() <= path_mtu as usize;
        if !fits && discovery == PathMtuDiscovery::Do {
            return Err(Errno::EMSGSIZE);
        }
        let envelope = Envelope {
            source: SocketAddr::new(source, local.port()),
            id: self.next_ip_id(),
            dont_fragment: fits && discovery != PathMtuDiscovery::Dont,
        };
        if O::WATCHES {
            observer.endpoint(now, node, id);
        }
        let slot = fabric.pool.take(node);
        let mut bytes = fabric.pool.lend_whole(slot);
        let sent =
            self.udp_mut(id)?.send(&mut Context::new(now, observer), envelope, Some(to), data, &mut bytes);
        fabric.pool.put_back(slot, bytes);
        if let Err(error) = sent {
            fabric.pool.release(slot);
            return Err(match error {
                SendError::NoDestination => Errno::EDESTADDRREQ,
                SendError::TooLong { .. } => Errno::EMSGSIZE,
                SendError::MixedVersions(_) => Errno::EAFNOSUPPORT,
                SendError::PortZero => Errno::EINVAL,
                SendError::Reported(icmp) => errno_of(icmp, to.is_ipv6()),
            });
        }
        if let Some(packet) = fabric.pool.get_mut(slot) {
            packet.socket = Some(id);
            packet.rule = Some(crate::rule::Rule::UdpDatagram);
        }
        fabric.tell_sent(node, slot, None, observer);
        fabric.send(node, slot, to.ip(), Some(path_mtu), &|_| None, observer);
        Ok(data.len())
    }

    pub(super) fn udp_recv<O: Observer>(
        &mut self,
        fabric: &Fabric,
        id: SocketId,
        buffer: &mut [u8],
        observer: &mut O,
    ) -> Result<UdpReceived, Errno> {
        let node = self.id;
        let udp = self.udp_mut(id)?;
        if O::WATCHES {
            observer.endpoint(fabric.now, node, id);
        }
        let v6 = udp.local().is_ipv6();
        udp.recv(&mut Context::new(fabric.now, observer), buffer).map_err(|error| match error {
            RecvError::WouldBlock => Errno::EAGAIN,
            RecvError::Reported(icmp) => errno_of(icmp, v6),
        })
    }

    pub(super) fn udp_mut(&mut self, id: SocketId) -> Result<&mut UdpSocket, Errno> {
        match &mut self.sockets.get_mut(id).ok_or(Errno::EBADF)?.kind {
            Kind::Udp(udp) => Ok(udp),
            _ => Err(Errno::EOPNOTSUPP),
        }
    }
}

/// The error number of an ICMP error, as Linux tells it (icmp(7)).
pub(super) fn errno_of(icmp: Icmp, v6: bool) -> Errno {
    match icmp {
        Icmp::Unreachable(Unreachable::Port) => Errno::ECONNREFUSED,
        Icmp::Unreachable(Unreachable::Protocol) => Errno::ENOPROTOOPT,
        Icmp::Unreachable(Unreachable::Network) => Errno::ENETUNREACH,
        Icmp::Unreachable(Unreachable::Prohibited) if v6 => Errno::EACCES,
        Icmp::TooBig { .. } => Errno::EMSGSIZE,
        Icmp::ParameterProblem { .. } => Errno::EPROTO,
        _ => Errno::EHOSTUNREACH,
    }
}
