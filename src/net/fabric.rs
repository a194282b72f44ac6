//! What lies between the hosts: links, routes, packets in flight, and what is to happen to them.

use super::events::EventQueue;
use super::fragment::fragment;
use super::icmp_rate::{Bucket, IcmpErrorRate};
use super::link::Link;
use super::pool::{Pool, Slot};
use super::script::Script;
use super::{DropReason, Fate, LinkConfig, LinkId, NodeId, Observer, PacketId, SocketId};
use crate::packet::{Icmp, IpHeader, Protocol, Unreachable, emit_icmp};
use crate::rule::Rule;
use crate::tcp::is_one_host;
use crate::time::Instant;
use std::collections::VecDeque;
use std::net::IpAddr;

/// The network without its nodes: nodes are given it to send with.
#[derive(Clone, Debug)]
pub(super) struct Fabric {
    pub now: Instant,
    pub pool: Pool,
    pub events: EventQueue,
    pub script: Script,
    pub links: Vec<Link>,
    /// Sockets that have something to tell their applications.
    pub wakes: VecDeque<(NodeId, SocketId)>,
    /// To whom an address belongs, in order of the addresses.
    pub addresses: Vec<(IpAddr, NodeId)>,
    /// By node, then by destination node: the link to take.
    routes: Vec<Vec<Option<LinkId>>>,
    /// By node: where it sent last, and on which link.
    last_ways: Vec<Option<(IpAddr, LinkId)>>,
    /// Whether a node passes packets on.
    forwards: Vec<bool>,
    /// By node: how many ICMPv6 errors it may send yet.
    errors: Vec<Bucket>,
    seed: u64,
    /// Identification of the next IPv6 packet that is fragmented.
    fragment_id: u32,
}

impl Fabric {
    pub fn new(seed: u64) -> Fabric {
        Fabric {
            now: Instant::START,
            pool: Pool::default(),
            events: EventQueue::default(),
            script: Script::default(),
            links: Vec::new(),
            wakes: VecDeque::new(),
            addresses: Vec::new(),
            routes: Vec::new(),
            last_ways: Vec::new(),
            forwards: Vec::new(),
            errors: Vec::new(),
            seed,
            fragment_id: 0,
        }
    }

    /// A new node with these addresses; an address that another node has stays with that one.
    pub fn add_node(&mut self, addresses: &[IpAddr], forwards: bool, errors: IcmpErrorRate) -> NodeId {
        let node = NodeId(self.forwards.len() as u16);
        self.forwards.push(forwards);
        self.errors.push(Bucket::new(errors));
        for &address in addresses {
            if let Err(at) = self.addresses.binary_search_by_key(&address, |&(a, _)| a) {
                self.addresses.insert(at, (address, node));
            }
        }
        self.find_routes();
        node
    }

    pub fn add_link(&mut self, from: NodeId, to: NodeId, config: LinkConfig) -> LinkId {
        let id = LinkId(self.links.len() as u16);
        self.links.push(Link::new(self.seed, self.links.len(), from, to, config));
        self.find_routes();
        id
    }

    /// The node that has this address.
    pub fn node_of(&self, address: IpAddr) -> Option<NodeId> {
        owner(&self.addresses, address)
    }

    /// The link on which `node` sends what is addressed to `dst`.
    pub fn route(&self, node: NodeId, dst: IpAddr) -> Option<LinkId> {
        let to = if dst.is_loopback() { node } else { self.node_of(dst)? };
        *self.routes.get(usize::from(node.0))?.get(usize::from(to.0))?
    }

    /// Shortest ways by number of links, the link added first where several are as short. Only routers pass packets on.
    fn find_routes(&mut self) {
        let nodes = self.forwards.len();
        self.last_ways = vec![None; nodes];
        self.routes = vec![vec![None; nodes]; nodes];
        for start in 0..nodes {
            // Breadth first; `via` is the link that `start` takes.
            let mut reached: Vec<(usize, Option<LinkId>)> = vec![(start, None)];
            let mut next = 0;
            while let Some(&(here, via)) = reached.get(next) {
                next += 1;
                if here != start && !self.forwards.get(here).copied().unwrap_or(false) {
                    continue;
                }
                for (number, link) in self.links.iter().enumerate() {
                    let (from, to) = (usize::from(link.from.0), usize::from(link.to.0));
                    let via = via.or(Some(LinkId(number as u16)));
                    let loopback = from == to && here == start && from == start;
                    if loopback
                        && let Some(route) = self.routes.get_mut(start).and_then(|row| row.get_mut(to))
                    {
                        *route = via;
                    }
                    if from == here && !reached.iter().any(|&(node, _)| node == to) {
                        reached.push((to, via));
                        if let Some(route) = self.routes.get_mut(start).and_then(|row| row.get_mut(to)) {
                            *route = via;
                        }
                    }
                }
            }
        }
    }

    /// Octets of the largest packet that the first link towards `dst` takes.
    pub fn mtu(&self, node: NodeId, dst: IpAddr) -> Option<u32> {
        let link = self.route(node, dst)?;
        self.links.get(usize::from(link.0)).map(|link| link.config.mtu)
    }

    /// Sends a packet to `dst` that is ready in the pool: `node` has made it or passes it on. Cuts it up if it must be, to
    /// the link's MTU or to `path_mtu` if that is less. `icmp_from` gives the address from which `node` reports what goes
    /// wrong to a source.
    pub fn send<O: Observer>(
        &mut self,
        node: NodeId,
        slot: Slot,
        dst: IpAddr,
        path_mtu: Option<u32>,
        icmp_from: &dyn Fn(IpAddr) -> Option<IpAddr>,
        observer: &mut O,
    ) {
        let link = match self.last_ways.get(usize::from(node.0)) {
            Some(Some((to, link))) if *to == dst => Some(*link),
            _ => self.find_way(node, dst),
        };
        let Some(link) = link else {
            self.report(node, slot, Icmp::Unreachable(Unreachable::Network), icmp_from, observer);
            return self.lose(slot, None, DropReason::NoRoute, observer);
        };
        let Some(packet) = self.pool.get(slot) else { return };
        let mtu = self.links.get(usize::from(link.0)).map_or(0, |link| link.config.mtu);
        let mtu = path_mtu.map_or(mtu, |path| path.min(mtu)) as usize;
        if packet.len() <= mtu {
            return self.enter(link, slot, observer);
        }
        let Ok((ip, ..)) = IpHeader::parse_cut(packet.headers()) else {
            return self.lose(slot, None, DropReason::Malformed, observer);
        };
        let by_host = !self.forwards.get(usize::from(node.0)).copied().unwrap_or(false);
        // RFC 791: DF forbids it; RFC 8200 section 4.5: only the source may fragment.
        let may = if ip.is_v6() { by_host && ip.protocol != Protocol::TCP } else { !ip.dont_fragment };
        if !may || !self.fragment(node, slot, link, mtu, observer) {
            self.report(node, slot, Icmp::TooBig { mtu: mtu as u32 }, icmp_from, observer);
            self.lose(slot, Some(link), DropReason::TooBig, observer);
        }
    }

    /// The route towards `dst`, which is remembered.
    fn find_way(&mut self, node: NodeId, dst: IpAddr) -> Option<LinkId> {
        let link = self.route(node, dst)?;
        if let Some(way) = self.last_ways.get_mut(usize::from(node.0)) {
            *way = Some((dst, link));
        }
        Some(link)
    }

    fn fragment<O: Observer>(
        &mut self,
        node: NodeId,
        slot: Slot,
        link: LinkId,
        mtu: usize,
        observer: &mut O,
    ) -> bool {
        let whole = self.pool.lend_whole(slot);
        let (parent, socket) = self.pool.get(slot).map_or((PacketId(0), None), |p| (p.id, p.socket));
        let mut parts = Vec::new();
        let done = fragment(&whole, mtu, self.fragment_id, |bytes| {
            let part = self.pool.take(node);
            if let Some(packet) = self.pool.get_mut(part) {
                packet.whole().extend_from_slice(bytes);
                packet.socket = socket;
                packet.rule = Some(Rule::Fragmented);
            }
            parts.push(part);
        });
        self.fragment_id = self.fragment_id.wrapping_add(1);
        self.pool.put_back(slot, whole);
        if done {
            if O::WATCHES {
                observer.packet(self.now, parent, Fate::Fragmented { into: parts.len() as u32 });
            }
            self.pool.release(slot);
            for part in parts {
                self.tell_sent(node, part, Some(parent), observer);
                self.enter(link, part, observer);
            }
        }
        done
    }

    /// Tells the observer that a packet came to be.
    pub fn tell_sent<O: Observer>(
        &mut self,
        node: NodeId,
        slot: Slot,
        parent: Option<PacketId>,
        observer: &mut O,
    ) {
        if O::WATCHES
            && let Some(packet) = self.pool.get_mut(slot)
        {
            let (id, socket, rule) = (packet.id, packet.socket, packet.rule);
            let (retransmission, text) = (packet.retransmission, packet.text);
            let len = packet.len() as u32;
            let bytes = if observer.wants_text() { packet.octets() } else { packet.headers() };
            let fate = Fate::Sent { node, socket, bytes, len, rule, retransmission, text, parent };
            observer.packet(self.now, id, fate);
        }
    }

    /// Sends an ICMP error about a packet back to its source, where one may be sent.
    #[cold]
    pub fn report<O: Observer>(
        &mut self,
        node: NodeId,
        about: Slot,
        icmp: Icmp,
        icmp_from: &dyn Fn(IpAddr) -> Option<IpAddr>,
        observer: &mut O,
    ) {
        let cause = self.pool.lend_whole(about);
        self.report_bytes(node, &cause, icmp, icmp_from, observer);
        self.pool.put_back(about, cause);
    }

    /// As [`Fabric::report`], about a packet that is no longer in flight.
    pub fn report_bytes<O: Observer>(
        &mut self,
        node: NodeId,
        cause: &[u8],
        icmp: Icmp,
        icmp_from: &dyn Fn(IpAddr) -> Option<IpAddr>,
        observer: &mut O,
    ) {
        let Ok((ip, payload, _)) = IpHeader::parse_cut(cause) else { return };
        // RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e): never about an ICMP error, a packet whose source is no single host,
        // or (in IPv4) a fragment that is not the first.
        let is_icmp_error = match ip.protocol {
            Protocol::ICMP => !matches!(payload.first(), Some(0 | 8 | 13..=18)),
            Protocol::ICMPV6 => payload.first().is_none_or(|&kind| kind & 0x80 == 0 || kind == REDIRECT_V6),
            _ => false,
        };
        if is_icmp_error
            || (!ip.is_v6() && ip.fragment.is_some_and(|f| f.offset != 0))
            || !is_one_host(ip.src)
            || matches!(ip.src, IpAddr::V4(v4) if v4.octets()[0] >= 240) // class E
            || !is_one_host(ip.dst)
        {
            return;
        }
        let Some(from) = icmp_from(ip.src).filter(|from| from.is_ipv4() == ip.src.is_ipv4()) else { return };
        if self.route(node, ip.src).is_none() {
            return;
        }
        // RFC 4443 section 2.4 (f), MUST.
        let now = self.now;
        if ip.is_v6() && !self.errors.get_mut(usize::from(node.0)).is_some_and(|bucket| bucket.take(now)) {
            return;
        }
        let slot = self.pool.take(node);
        let Some(packet) = self.pool.get_mut(slot) else { return };
        packet.rule = rule_of(icmp);
        emit_icmp(
            &IpHeader { dont_fragment: false, ..IpHeader::new(from, ip.src, Protocol::ICMP) },
            icmp,
            cause,
            packet.whole(),
        );
        self.tell_sent(node, slot, None, observer);
        // Like any packet it may have to be cut up on its way. About itself nothing is ever reported.
        self.send(node, slot, ip.src, None, &|_| None, observer);
    }

    /// The packet is no more.
    #[cold]
    pub fn lose<O: Observer>(&mut self, slot: Slot, link: Option<LinkId>, why: DropReason, observer: &mut O) {
        if O::WATCHES
            && let Some(packet) = self.pool.get(slot)
        {
            observer.packet(self.now, packet.id, Fate::Dropped { link, why });
        }
        self.pool.release(slot);
    }
}

/// To whom an address belongs, by [`Fabric::addresses`].
pub(super) fn owner(addresses: &[(IpAddr, NodeId)], address: IpAddr) -> Option<NodeId> {
    let at = addresses.binary_search_by_key(&address, |&(a, _)| a).ok()?;
    addresses.get(at).map(|&(_, node)| node)
}

/// ICMPv6's redirect (RFC 4861 section 4.5).
const REDIRECT_V6: u8 = 137;

/// The rule by which an ICMP error is sent.
fn rule_of(icmp: Icmp) -> Option<Rule> {
    match icmp {
        Icmp::Unreachable(Unreachable::Port) => Some(Rule::PortUnreachable),
        // RFC 4443 section 3.4: an unknown next header is a parameter problem of code 1.
        Icmp::Unreachable(Unreachable::Protocol) | Icmp::ParameterProblem { code: 1, .. } => {
            Some(Rule::ProtocolUnreachable)
        }
        Icmp::Unreachable(_) => Some(Rule::NoRoute),
        Icmp::TooBig { .. } => Some(Rule::TooBigReported),
        Icmp::TimeExceeded => Some(Rule::TimeExceeded),
        Icmp::ReassemblyTimeExceeded => Some(Rule::ReassemblyTimeExceeded),
        _ => None,
    }
}
