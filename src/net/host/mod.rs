//! A host: its sockets, who gets which packet, and its timers.

mod calls;
mod connections;
mod listener;
mod ports;
mod receive;
mod retune;
mod socket;
mod tcp;
mod tcp_calls;
mod udp;

pub use calls::{ShutdownHow, SocketOption, Sockets};
pub use socket::Wakes;
pub use udp::{PathMtuDiscovery, UdpReceived};

use self::connections::Connections;
use super::errno::Errno;
use super::events::Event;
use super::fabric::Fabric;
use super::reassembly::{Reassembler, ReassemblyLimits};
use super::{IcmpErrorRate, LinkConfig, LinkId, News, NodeId, Observer, SocketId};
use crate::packet::Protocol;
use crate::tcp::{Config, Connection, Flow, State};
use crate::time::Instant;
use crate::udp::{Limits, UdpSocket};
use ports::Ports;
use socket::{Kind, Owner, Slab, Socket};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// How a host is set up.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// Its name, as shown.
    pub name: String,
    /// Its addresses; the first of each IP version is the one it sends from. 127.0.0.0/8 and ::1 are its own besides.
    pub addresses: Vec<IpAddr>,
    /// How its TCP connections are set up before their sockets' options; the MTU in it is that of the link.
    pub tcp: Config,
    /// What its UDP sockets keep.
    pub udp: Limits,
    /// How its UDP sockets treat datagrams larger than a link.
    pub path_mtu_discovery: PathMtuDiscovery,
    /// Ports for sockets that name none, taken in order.
    pub ephemeral_ports: RangeInclusive<u16>,
    /// The greatest backlog that `listen` grants (Linux: net.core.somaxconn).
    pub max_backlog: u32,
    /// Half-open connections that a listener keeps at most, whatever its backlog (Linux: net.ipv4.tcp_max_syn_backlog).
    pub max_syn_queue: u32,
    /// What it keeps of unfinished fragmented packets.
    pub reassembly: ReassemblyLimits,
    /// The link to itself.
    pub loopback: LinkConfig,
    /// Whether closed ports answer, TCP's with RST and UDP's with ICMP; a firewall does not.
    pub answers_closed_ports: bool,
    /// How many ICMPv6 errors it sends.
    pub icmp_errors: IcmpErrorRate,
}

impl HostConfig {
    /// A host with Linux's defaults.
    pub fn new(name: &str, addresses: impl IntoIterator<Item = IpAddr>) -> HostConfig {
        HostConfig {
            name: name.to_owned(),
            addresses: addresses.into_iter().collect(),
            tcp: Config::linux(),
            udp: Limits::default(),
            path_mtu_discovery: PathMtuDiscovery::Want,
            ephemeral_ports: 32768..=60999,
            max_backlog: 4096,
            max_syn_queue: 1024,
            reassembly: ReassemblyLimits::default(),
            loopback: LinkConfig::loopback(),
            answers_closed_ports: true,
            icmp_errors: IcmpErrorRate::default(),
        }
    }
}

/// A host of a [`Network`](super::Network), to look at; its sockets are worked with through
/// [`Sockets`].
#[derive(Clone, Debug)]
pub struct Host {
    id: NodeId,
    loopback: LinkId,
    config: HostConfig,
    sockets: Slab,
    connections: Connections,
    ports: Ports,
    /// When sockets want to be woken; an entry counts only while its time is the socket's `armed`.
    timers: BinaryHeap<Reverse<(Instant, SocketId)>>,
    /// There may be something earlier to wake up for than what is planned.
    timers_changed: bool,
    /// The wake-ups that are planned in the network's queue, the earliest last; one is planned only before all others.
    wakes_planned: Vec<Instant>,
    reassembler: Reassembler,
    /// What ICMP has told of paths: octets of the largest packet and when, by destination.
    path_mtu: Vec<(IpAddr, u32, Instant)>,
    ip_id: u16,
}

impl Host {
    pub(super) fn new(id: NodeId, loopback: LinkId, config: HostConfig) -> Host {
        Host {
            id,
            loopback,
            ports: Ports::new(config.ephemeral_ports.clone()),
            config,
            sockets: Slab::default(),
            connections: Connections::default(),
            timers: BinaryHeap::new(),
            timers_changed: false,
            wakes_planned: Vec::new(),
            reassembler: Reassembler::default(),
            path_mtu: Vec::new(),
            ip_id: 0,
        }
    }

    /// How it is set up.
    pub fn config(&self) -> &HostConfig {
        &self.config
    }

    /// The link to itself.
    pub fn loopback(&self) -> LinkId {
        self.loopback
    }

    /// Its sockets, those included that their applications have closed and that still have something to do.
    pub fn sockets(&self) -> impl Iterator<Item = SocketId> + '_ {
        self.sockets.ids()
    }

    /// A socket's own address, once it has one.
    pub fn local(&self, id: SocketId) -> Option<SocketAddr> {
        self.sockets.get(id)?.local
    }

    /// A socket's peer, once it has one.
    pub fn remote(&self, id: SocketId) -> Option<SocketAddr> {
        self.sockets.get(id)?.remote
    }

    /// The connection behind a TCP socket; `None` while it has none.
    pub fn connection(&self, id: SocketId) -> Option<&Connection> {
        self.sockets.get(id)?.tcp().map(|tcp| &tcp.conn)
    }

    /// The state of a TCP socket: LISTEN for a listener, CLOSED before `connect` and once it is gone.
    pub fn state(&self, id: SocketId) -> State {
        match self.sockets.get(id).map(|socket| &socket.kind) {
            Some(Kind::Listener(_)) => State::Listen,
            Some(Kind::Tcp(tcp)) => tcp.conn.state(),
            _ => State::Closed,
        }
    }

    /// The datagram socket behind a UDP socket.
    pub fn udp(&self, id: SocketId) -> Option<&UdpSocket> {
        match &self.sockets.get(id)?.kind {
            Kind::Udp(udp) => Some(udp),
            _ => None,
        }
    }

    /// How many connections of a listener are half open, and how many wait to be accepted.
    pub fn backlog(&self, id: SocketId) -> Option<(usize, usize)> {
        match &self.sockets.get(id)?.kind {
            Kind::Listener(listener) => Some((listener.half_open as usize, listener.accepted.len())),
            _ => None,
        }
    }

    /// How many fragmented packets are unfinished.
    pub fn reassembling(&self) -> usize {
        self.reassembler.len()
    }

    /// The largest packet that ICMP has said to fit the way to `destination`, in octets; it counts as long as
    /// [`Personality::path_mtu_life`](crate::tcp::Personality) of the host's TCP says.
    pub fn path_mtu(&self, destination: IpAddr) -> Option<u32> {
        self.path_mtu.iter().find(|known| known.0 == destination).map(|known| known.1)
    }

    /// The same, if it was told lately (RFC 1191 section 6.3, RFC 8201 section 5.3); what is older is forgotten.
    fn recent_path_mtu(&mut self, now: Instant, destination: IpAddr) -> Option<u32> {
        let &(_, mtu, at) = self.path_mtu.iter().find(|known| known.0 == destination)?;
        if self.config.tcp.personality.path_mtu_life.is_some_and(|life| now.since(at) >= life) {
            self.path_mtu.retain(|known| known.0 != destination);
            return None;
        }
        Some(mtu)
    }

    #[inline]
    fn is_own(&self, address: &IpAddr) -> bool {
        address.is_loopback() || self.config.addresses.contains(address)
    }

    /// The address from which to send to `to`.
    fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        if self.is_own(&to) {
            return Some(to);
        }
        self.config.addresses.iter().copied().find(|own| own.is_ipv4() == to.is_ipv4())
    }

    /// Whether a packet of these addresses may leave: RFC 1122 section 3.2.1.3 (g), MUST NOT: no loopback address appears outside a
    /// host. Linux tells EINVAL as well.
    fn may_leave(&self, source: IpAddr, to: IpAddr) -> Result<(), Errno> {
        if source.is_loopback() && !self.is_own(&to) { Err(Errno::EINVAL) } else { Ok(()) }
    }

    fn next_ip_id(&mut self) -> u32 {
        self.ip_id = self.ip_id.wrapping_add(1);
        self.ip_id.into()
    }

    /// Sees to it that the network wakes this host when its first timer is due.
    #[inline(always)]
    fn plan_wake(&mut self, fabric: &mut Fabric) {
        if std::mem::take(&mut self.timers_changed) {
            self.plan_next_wake(fabric);
        }
    }

    #[cold]
    fn plan_next_wake(&mut self, fabric: &mut Fabric) {
        let timers = self.timers.peek().map_or(Instant::NEVER, |Reverse((at, _))| *at);
        let next = timers.min(self.reassembler.next_timeout().unwrap_or(Instant::NEVER));
        if next < self.wakes_planned.last().copied().unwrap_or(Instant::NEVER) {
            self.wakes_planned.push(next);
            fabric.events.plan(next, Event::Wake { host: self.id });
        }
    }

    /// The network wakes this host: what is due is done.
    pub(super) fn wake<O: Observer>(&mut self, fabric: &mut Fabric, at: Instant, observer: &mut O) {
        if self.wakes_planned.last() == Some(&at) {
            self.wakes_planned.pop();
        }
        while let Some(&Reverse((due, id))) = self.timers.peek()
            && due <= fabric.now
        {
            self.timers.pop();
            if let Some(socket) = self.sockets.get_mut(id)
                && socket.armed == due
            {
                socket.armed = Instant::NEVER;
                self.tcp_timeout(fabric, id, observer);
            }
        }
        self.expire_fragments(fabric, observer);
        self.plan_next_wake(fabric);
    }

    /// Notes when a socket wants to be woken, if that is earlier than what is noted.
    fn arm(&mut self, id: SocketId, at: Instant) {
        let Some(socket) = self.sockets.get_mut(id).filter(|socket| at < socket.armed) else { return };
        socket.armed = at;
        self.timers_changed = true;
        self.timers.push(Reverse((at, id)));
        // Entries that were overtaken stay until their time comes; when they outnumber the sockets, they go.
        if self.timers.len() > 64 + 4 * self.sockets.len() {
            let sockets = &self.sockets;
            self.timers
                .retain(|Reverse((at, id))| sockets.get(*id).is_some_and(|socket| socket.armed == *at));
        }
    }

    /// Takes what a socket has to tell its application; of a socket that is gone, that it is.
    pub(super) fn take_wakes(&mut self, id: SocketId) -> Option<Wakes> {
        let Some(socket) = self.sockets.get_mut(id) else { return Some(Wakes::CLOSED.or(Wakes::DRAINED)) };
        let wakes = std::mem::take(&mut socket.wakes);
        (wakes != Wakes::NONE).then_some(wakes)
    }

    /// Notes that a socket has something to tell its application.
    #[inline]
    fn raise(&mut self, fabric: &mut Fabric, id: SocketId, wakes: Wakes) {
        if wakes != Wakes::NONE
            && let Some(socket) = self.sockets.get_mut(id)
            && socket.owner != Owner::Listener
        {
            if socket.wakes == Wakes::NONE {
                fabric.wakes.push_back((self.id, id));
            }
            socket.wakes |= wakes;
        }
    }

    /// Gives a socket its addresses and tells the observer.
    fn name<O: Observer>(
        &mut self,
        fabric: &Fabric,
        id: SocketId,
        local: Option<SocketAddr>,
        remote: Option<SocketAddr>,
        observer: &mut O,
    ) {
        let Some(socket) = self.sockets.get_mut(id) else { return };
        if (socket.local, socket.remote) != (local, remote) {
            (socket.local, socket.remote) = (local, remote);
            if O::WATCHES {
                observer.socket(fabric.now, self.id, id, News::Named { local, remote });
            }
        }
    }

    /// A socket is no more.
    fn free<O: Observer>(&mut self, fabric: &Fabric, id: SocketId, observer: &mut O) {
        let Some(socket) = self.sockets.remove(id) else { return };
        if let Some(local) = socket.local {
            self.ports.release(socket.protocol(), local.port(), id);
            if let (Kind::Tcp(_), Some(remote)) = (&socket.kind, socket.remote) {
                let flow = Flow { local, remote };
                self.connections.remove(&flow, id);
            }
        }
        if O::WATCHES {
            observer.socket(fabric.now, self.id, id, News::Gone);
        }
    }

    /// Gives a socket a local address, or the reason why it cannot have it (bind(2)); port 0 takes an ephemeral one.
    fn bind<O: Observer>(
        &mut self,
        fabric: &Fabric,
        id: SocketId,
        local: SocketAddr,
        observer: &mut O,
    ) -> Result<(), Errno> {
        let socket = self.sockets.get(id).ok_or(Errno::EBADF)?;
        if socket.local.is_some() {
            return Err(Errno::EINVAL);
        }
        if !local.ip().is_unspecified() && !self.is_own(&local.ip()) {
            return Err(Errno::EADDRNOTAVAIL);
        }
        let protocol = socket.protocol();
        let port = match local.port() {
            0 => self.ports.ephemeral(protocol).ok_or(Errno::EADDRINUSE)?,
            port if self.conflicts(id, protocol, SocketAddr::new(local.ip(), port)) => {
                return Err(Errno::EADDRINUSE);
            }
            port => port,
        };
        let local = SocketAddr::new(local.ip(), port);
        self.ports.take(protocol, port, id);
        if let Some(Socket { kind: Kind::Udp(udp), .. }) = self.sockets.get_mut(id) {
            udp.bind(local);
        }
        self.name(fabric, id, Some(local), None, observer);
        Ok(())
    }

    /// Whether another socket keeps `id` from using `local` (socket(7) SO_REUSEADDR, as Linux has it): one with the same
    /// port and the same or a wildcard address, unless both allow it and the other does not listen. A connection in
    /// TIME-WAIT still holds its port.
    fn conflicts(&self, id: SocketId, protocol: Protocol, local: SocketAddr) -> bool {
        let Some(socket) = self.sockets.get(id) else { return true };
        self.ports.users(protocol, local.port()).any(|other| {
            let Some(user) = self.sockets.get(other) else { return false };
            let same_address = user.local.is_some_and(|theirs| {
                theirs.is_ipv4() == local.is_ipv4()
                    && (theirs.ip() == local.ip()
                        || theirs.ip().is_unspecified()
                        || local.ip().is_unspecified())
            });
            let shared = socket.reuse_addr && user.reuse_addr && !matches!(user.kind, Kind::Listener(_));
            other != id && same_address && !shared
        })
    }
}
