//! Routers: they pass packets on, one hop fewer to live.

use super::fabric::Fabric;
use super::pool::Slot;
use super::{DropReason, Fate, IcmpErrorRate, NodeId, Observer};
use crate::packet::{Icmp, IpHeader, decrement_ttl, ipv4_checksum_is_right};
use std::net::IpAddr;

/// How a router is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterConfig {
    /// Its name, as shown.
    pub name: String,
    /// Its addresses, from which it sends ICMP errors; it sends none of an IP version that it has no address of.
    pub addresses: Vec<IpAddr>,
    /// Whether it reports what it cannot pass on; a router that does not makes a path MTU black hole.
    pub sends_icmp: bool,
    /// How many ICMPv6 errors it sends.
    pub icmp_errors: IcmpErrorRate,
}

impl Default for RouterConfig {
    /// At 192.0.2.1 and 2001:db8::1 (addresses for documentation).
    fn default() -> Self {
        RouterConfig {
            name: "router".to_owned(),
            addresses: vec![[192, 0, 2, 1].into(), [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()],
            sends_icmp: true,
            icmp_errors: IcmpErrorRate::default(),
        }
    }
}

/// A router.
#[derive(Clone, Debug)]
pub(super) struct Router {
    pub id: NodeId,
    pub config: RouterConfig,
}

impl Router {
    /// A packet has come to the router (RFC 1812 section 5).
    pub fn receive<O: Observer>(&mut self, fabric: &mut Fabric, slot: Slot, observer: &mut O) {
        let (node, config) = (self.id, &self.config);
        let icmp_from = |to: IpAddr| {
            let own = config.addresses.iter().find(|own| own.is_ipv4() == to.is_ipv4());
            own.copied().filter(|_| config.sends_icmp)
        };
        let Some(packet) = fabric.pool.get(slot) else { return };
        let dst = match IpHeader::parse_cut(packet.headers()) {
            Err(_) => return fabric.lose(slot, None, DropReason::Malformed, observer),
            // RFC 1812 section 5.2.2: a packet with a wrong header checksum is dropped without a word.
            Ok(_) if !ipv4_checksum_is_right(packet.headers()) => {
                return fabric.lose(slot, None, DropReason::Checksum, observer);
            }
            Ok((ip, ..)) if ip.ttl <= 1 => {
                // RFC 1812 section 5.3.1, RFC 8200 section 3: the last hop is used up.
                fabric.report(node, slot, Icmp::TimeExceeded, &icmp_from, observer);
                return fabric.lose(slot, None, DropReason::HopLimit, observer);
            }
            Ok((ip, ..)) if config.addresses.contains(&ip.dst) => {
                return fabric.lose(slot, None, DropReason::NoSocket, observer);
            }
            Ok((ip, ..)) => ip.dst,
        };
        if let Some(packet) = fabric.pool.get_mut(slot) {
            decrement_ttl(packet.headers_mut());
            if O::WATCHES {
                let id = packet.id;
                observer.packet(fabric.now, id, Fate::Forwarded { router: node, bytes: packet.octets() });
            }
        }
        fabric.send(node, slot, dst, None, &icmp_from, observer);
    }
}
