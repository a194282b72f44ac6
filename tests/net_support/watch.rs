//! An observer that remembers what became of every packet.

use framewire::net::*;
use framewire::packet::IpHeader;
use framewire::probe::{Probe, Timer, TimerChange, Var};
use framewire::rule::Rule;
use framewire::time::Instant;

/// A packet's fate, with what was borrowed copied.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Sent { node: NodeId, bytes: Vec<u8>, parent: Option<PacketId>, retransmission: bool, rule: Option<Rule> },
    Queued { link: LinkId, behind: u32, starts: Instant, departs: Instant },
    Held { until: Instant },
    Dropped { link: Option<LinkId>, why: DropReason },
    Duplicated { copy: PacketId },
    Corrupted { bit: u32 },
    Marked,
    Forwarded { router: NodeId, ttl: u8 },
    Arrived { host: NodeId },
    Fragmented { into: u32 },
    Reassembled { len: usize },
    Consumed { socket: SocketId },
    Ignored { why: DropReason },
}

#[derive(Clone, Debug, Default)]
pub struct Watch {
    pub seen: Vec<(Instant, PacketId, Seen)>,
    pub rules: Vec<Rule>,
    pub news: Vec<(SocketId, News)>,
    /// Packets as they were put together, and as routers passed them on.
    pub wholes: Vec<Vec<u8>>,
    pub forwarded: Vec<Vec<u8>>,
}

impl Probe for Watch {
    fn rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }
    fn change(&mut self, rule: Rule, _: Var, _: i64, _: i64) {
        self.rules.push(rule);
    }
    fn timer(&mut self, _: Rule, _: Timer, _: TimerChange) {}
}

impl Observer for Watch {
    fn endpoint(&mut self, _: Instant, _: NodeId, _: SocketId) {}

    fn packet(&mut self, now: Instant, packet: PacketId, fate: Fate<'_>) {
        match &fate {
            Fate::Reassembled { bytes } => self.wholes.push(bytes.to_vec()),
            Fate::Forwarded { bytes, .. } => self.forwarded.push(bytes.to_vec()),
            _ => {}
        }
        let last = self.seen.last().map_or(Instant::START, |&(at, _, _)| at);
        assert!(now >= last, "told out of order");
        let seen = match fate {
            Fate::Sent { node, bytes, parent, retransmission, rule, .. } => {
                Seen::Sent { node, bytes: bytes.to_vec(), parent, retransmission, rule }
            }
            Fate::Queued { link, behind, starts, departs } => Seen::Queued { link, behind, starts, departs },
            Fate::Held { until } => Seen::Held { until },
            Fate::Dropped { link, why } => Seen::Dropped { link, why },
            Fate::Duplicated { copy } => Seen::Duplicated { copy },
            Fate::Corrupted { bit, .. } => Seen::Corrupted { bit },
            Fate::Marked => Seen::Marked,
            Fate::Forwarded { router, bytes } => {
                Seen::Forwarded { router, ttl: IpHeader::parse_cut(bytes).unwrap().0.ttl }
            }
            Fate::Arrived { host } => Seen::Arrived { host },
            Fate::Fragmented { into } => Seen::Fragmented { into },
            Fate::Reassembled { bytes } => Seen::Reassembled { len: bytes.len() },
            Fate::Consumed { socket } => Seen::Consumed { socket },
            Fate::Ignored { why, .. } => Seen::Ignored { why },
        };
        self.seen.push((now, packet, seen));
    }

    fn socket(&mut self, _: Instant, _: NodeId, socket: SocketId, news: News) {
        self.news.push((socket, news));
    }
}

impl Watch {
    pub fn count(&self, what: impl Fn(&Seen) -> bool) -> usize {
        self.seen.iter().filter(|(_, _, seen)| what(seen)).count()
    }

    pub fn dropped(&self, reason: DropReason) -> usize {
        self.count(|seen| matches!(seen, Seen::Dropped { why, .. } if *why == reason))
    }

    pub fn ignored(&self, reason: DropReason) -> usize {
        self.count(|seen| matches!(seen, Seen::Ignored { why } if *why == reason))
    }

    /// When packets arrived, in order.
    pub fn arrivals(&self) -> Vec<(Instant, PacketId)> {
        self.seen
            .iter()
            .filter(|(_, _, s)| matches!(s, Seen::Arrived { .. }))
            .map(|&(at, id, _)| (at, id))
            .collect()
    }

    /// The packets that were sent, as bytes.
    pub fn sent(&self) -> Vec<(Instant, PacketId, Vec<u8>)> {
        self.seen
            .iter()
            .filter_map(|(at, id, seen)| match seen {
                Seen::Sent { bytes, .. } => Some((*at, *id, bytes.clone())),
                _ => None,
            })
            .collect()
    }
}
