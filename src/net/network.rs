//! The whole: hosts and routers, the links between them, and the time that passes.

use super::events::Event;
use super::fabric::Fabric;
use super::host::{Host, HostConfig};
use super::router::{Router, RouterConfig};
use super::{LinkConfig, LinkId, NodeId, Observer, PacketId, ScriptedAction, SocketId, Sockets, Wakes};
use crate::packet::{IpHeader, ParseError};
use crate::time::Instant;
use std::net::IpAddr;

#[derive(Clone, Debug)]
enum Node {
    Host(Box<Host>),
    Router(Router),
}

/// A network of hosts in virtual time. All that happens in it follows from its setup, the calls made on it and the seed.
/// A clone is a keyframe: it goes on exactly as the original would.
///
/// ```
/// use framewire::net::{HostConfig, LinkConfig, Network};
/// use framewire::probe::Silent;
///
/// let mut nobody = Silent; // watches
/// let mut net = Network::new(1);
/// let client = net.add_host(HostConfig::new("client", ["10.0.0.1".parse()?]));
/// let server = net.add_host(HostConfig::new("server", ["10.0.0.2".parse()?]));
/// net.connect(client, server, LinkConfig::default(), LinkConfig::default());
///
/// let mut at_server = net.sockets(server, &mut nobody)?;
/// let inbox = at_server.udp();
/// at_server.bind(inbox, "10.0.0.2:53".parse()?)?;
/// let mut at_client = net.sockets(client, &mut nobody)?;
/// let socket = at_client.udp();
/// at_client.send_to(socket, b"hello", "10.0.0.2:53".parse()?)?;
/// while net.step(&mut nobody) {}
///
/// let mut buffer = [0; 1024];
/// let received = net.sockets(server, &mut nobody)?.recv_from(inbox, &mut buffer)?;
/// assert_eq!(&buffer[..received.len], b"hello");
/// assert_eq!(net.now().as_nanos(), 20_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    fabric: Fabric,
    nodes: Vec<Node>,
}

impl Network {
    /// An empty network; everything left to chance comes from `seed`.
    pub fn new(seed: u64) -> Network {
        Network { fabric: Fabric::new(seed), nodes: Vec::new() }
    }

    /// Adds a host, with a link to itself.
    pub fn add_host(&mut self, config: HostConfig) -> NodeId {
        let id = self.fabric.add_node(&config.addresses, false, config.icmp_errors);
        let loopback = self.fabric.add_link(id, id, config.loopback.clone());
        self.nodes.push(Node::Host(Box::new(Host::new(id, loopback, config))));
        id
    }

    /// Adds a router.
    pub fn add_router(&mut self, config: RouterConfig) -> NodeId {
        let id = self.fabric.add_node(&config.addresses, true, config.icmp_errors);
        self.nodes.push(Node::Router(Router { id, config }));
        id
    }

    /// Joins two nodes by a link of two directions, each with its own numbers: the links from `a` to `b` and from `b` to
    /// `a`. Packets take the way with the fewest links.
    pub fn connect(
        &mut self,
        a: NodeId,
        b: NodeId,
        a_to_b: LinkConfig,
        b_to_a: LinkConfig,
    ) -> (LinkId, LinkId) {
        (self.fabric.add_link(a, b, a_to_b), self.fabric.add_link(b, a, b_to_a))
    }

    /// How a link is set up. Changes hold for packets that enter it from now on.
    pub fn link_mut(&mut self, link: LinkId) -> Option<&mut LinkConfig> {
        self.fabric.links.get_mut(usize::from(link.0)).map(|link| &mut link.config)
    }

    /// How a link is set up.
    pub fn link(&self, link: LinkId) -> Option<&LinkConfig> {
        self.fabric.links.get(usize::from(link.0)).map(|link| &link.config)
    }

    /// From where to where a link leads.
    pub fn link_ends(&self, link: LinkId) -> Option<(NodeId, NodeId)> {
        self.fabric.links.get(usize::from(link.0)).map(|link| (link.from, link.to))
    }

    /// Adds a scripted action; it counts the packets that match from now on.
    pub fn script(&mut self, action: ScriptedAction) {
        self.fabric.script.add(action);
    }

    /// A host, to look at; `None` for a router and for no node.
    pub fn host(&self, id: NodeId) -> Option<&Host> {
        match self.nodes.get(usize::from(id.0)) {
            Some(Node::Host(host)) => Some(host),
            _ => None,
        }
    }

    /// The node that has this address, if one has.
    pub fn node_of(&self, address: IpAddr) -> Option<NodeId> {
        self.fabric.node_of(address)
    }

    /// Now, in virtual time.
    pub fn now(&self) -> Instant {
        self.fabric.now
    }

    /// When the next thing happens, if anything will. (A timer that was put off may give an early time, at which nothing
    /// is then seen to happen.)
    pub fn next_time(&self) -> Option<Instant> {
        self.fabric.events.next_time()
    }

    /// Packets on their way.
    pub fn in_flight(&self) -> usize {
        self.fabric.pool.in_flight()
    }

    /// Lets the next thing happen, and time pass until then; false when nothing is left to happen.
    pub fn step<O: Observer>(&mut self, observer: &mut O) -> bool {
        let Some((at, event)) = self.fabric.events.pop() else { return false };
        self.fabric.now = self.fabric.now.max(at);
        match event {
            Event::Arrive { link, slot } => {
                let to = self.fabric.links.get(usize::from(link.0)).map(|link| link.to);
                match to.and_then(|to| self.nodes.get_mut(usize::from(to.0))) {
                    Some(Node::Host(host)) => host.receive(&mut self.fabric, slot, observer),
                    Some(Node::Router(router)) => router.receive(&mut self.fabric, slot, observer),
                    None => self.fabric.pool.release(slot),
                }
            }
            Event::Wake { host } => {
                if let Some(Node::Host(host)) = self.nodes.get_mut(usize::from(host.0)) {
                    host.wake(&mut self.fabric, at, observer);
                }
            }
        }
        true
    }

    /// Lets everything happen up to and including `until`, which is now afterwards. Returns the number of events.
    pub fn run_until<O: Observer>(&mut self, until: Instant, observer: &mut O) -> u64 {
        let mut events = 0;
        while self.next_time().is_some_and(|at| at <= until) && self.step(observer) {
            events += 1;
        }
        self.fabric.now = self.fabric.now.max(until);
        events
    }

    /// Lets time pass until `now` without anything happening; what was due before then happens late. Does nothing when
    /// `now` is past.
    pub fn advance_to(&mut self, now: Instant) {
        self.fabric.now = self.fabric.now.max(now);
    }

    /// The socket calls of a host, made now.
    ///
    /// # Errors
    /// When `host` is no host of this network.
    pub fn sockets<'a, O: Observer>(
        &'a mut self,
        host: NodeId,
        observer: &'a mut O,
    ) -> Result<Sockets<'a, O>, NoHost> {
        match self.nodes.get_mut(usize::from(host.0)) {
            Some(Node::Host(host)) => Ok(Sockets { host, fabric: &mut self.fabric, observer }),
            _ => Err(NoHost(host)),
        }
    }

    /// Sends a packet as if `node` had made it: a whole IP packet, or anything that is to be tried.
    ///
    /// # Errors
    /// When there is no such node, or the bytes do not even say where they are to go.
    pub fn inject<O: Observer>(
        &mut self,
        node: NodeId,
        packet: &[u8],
        observer: &mut O,
    ) -> Result<PacketId, InjectError> {
        if self.nodes.get(usize::from(node.0)).is_none() {
            return Err(InjectError::NoNode(node));
        }
        let (ip, ..) = IpHeader::parse_cut(packet)?;
        let slot = self.fabric.pool.take(node);
        let id = match self.fabric.pool.get_mut(slot) {
            Some(fresh) => {
                fresh.whole().extend_from_slice(packet);
                fresh.id
            }
            None => return Err(InjectError::NoNode(node)),
        };
        self.fabric.tell_sent(node, slot, None, observer);
        self.fabric.send(node, slot, ip.dst, None, &|_| None, observer);
        Ok(id)
    }

    /// The packet in this place, and its octets where they are all in memory of its own; none if no packet lies there now. `None`
    /// behind the last place.
    pub(crate) fn packet_mut(&mut self, place: u32) -> Option<(PacketId, Option<&mut Vec<u8>>)> {
        self.fabric.pool.get_mut(place).map(|packet| (packet.id, packet.own()))
    }

    /// The next socket that has something to tell its application since it was last drawn.
    #[inline]
    pub fn poll_wake(&mut self) -> Option<(NodeId, SocketId, Wakes)> {
        while let Some((node, socket)) = self.fabric.wakes.pop_front() {
            if let Some(Node::Host(host)) = self.nodes.get_mut(usize::from(node.0))
                && let Some(wakes) = host.take_wakes(socket)
            {
                return Some((node, socket, wakes));
            }
        }
        None
    }
}

/// Why a packet could not be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// There is no such node.
    #[error("node {} is no node of this network", .0.0)]
    NoNode(NodeId),
    /// The bytes do not say where they are to go.
    #[error(transparent)]
    NoPacket(#[from] ParseError),
}

/// There is no such host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("node {} is no host of this network", .0.0)]
pub struct NoHost(pub NodeId);
