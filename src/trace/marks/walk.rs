//! All segments of a trace through their conversations, as somebody at one place sees them.

use std::collections::BTreeMap;

use super::{Conversation, Marks, Segment};
use crate::seq::SeqNumber;
use crate::trace::code::Transport;
use crate::trace::flows::{Key, key};
use crate::trace::id::{ConnectionId, EventId, HostId, Side};
use crate::trace::radix;
use crate::trace::store::Trace;
use crate::trace::summary::{Summary, flag, protocol};
use crate::trace::tables::{PacketRow, packet_bits};

/// Where the observer stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vantage {
    /// At every host's way out: each packet when it was sent, those that are lost later included, copies that the network
    /// makes left out. Of a capture: as it was captured.
    #[default]
    Sent,
    /// At one host: what it sends when it sends it, and what arrives when it arrives.
    Host(HostId),
}

/// A packet as the observer saw it, with its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkRow {
    /// The packet's row.
    pub packet: u32,
    /// When it was seen, in nanoseconds.
    pub time: u64,
    /// What the observer made of it.
    pub marks: Marks,
}

/// The shift count of a window scale option (RFC 7323 section 2.2), read from a packet's headers.
fn window_scale(headers: &[u8], summary: &Summary) -> Option<u8> {
    let start = usize::from(summary.ip_header_len) + 20;
    let mut options = headers.get(start..usize::from(summary.header_len))?;
    loop {
        match *options {
            [] | [0, ..] => return None,
            [1, ref rest @ ..] => options = rest,
            [3, 3, shift, ..] => return Some(shift),
            [_, len, ..] => options = options.get(usize::from(len.max(2))..)?,
            [_] => return None,
        }
    }
}

impl Trace {
    /// The packets that an observer saw, in the order in which they were seen: their rows and times.
    pub fn seen_from(&self, vantage: Vantage) -> Vec<(u64, u32)> {
        let rows = (0_u32..).zip(&self.tables().packets).filter(|(_, p)| !p.is(packet_bits::STUB));
        match vantage {
            Vantage::Sent => rows
                .filter(|(_, p)| !p.is(packet_bits::COPY))
                .map(|(row, p)| (self.clock(p.sent).as_nanos(), row))
                .collect(),
            Vantage::Host(host) => {
                let at = |p: &PacketRow| {
                    let sent_here = self.host_of(p.sent) == Some(host) && !p.is(packet_bits::COPY);
                    let arrived_here = p.arrived.known().filter(|e| self.host_of(*e) == Some(host));
                    if sent_here { Some(p.sent) } else { arrived_here }
                };
                let mut seen: Vec<u64> =
                    rows.filter_map(|(row, p)| Some(u64::from(at(p)?.0) << 32 | u64::from(row))).collect();
                radix::sort_by(&mut seen, |seen| seen >> 32);
                let time = |seen: &u64| self.clock(EventId((seen >> 32) as u32)).as_nanos();
                seen.iter().map(|seen| (time(seen), *seen as u32)).collect()
            }
        }
    }

    /// True where it is plain, without following the conversations, that all data, SYNs and FINs reach a host in the order of their
    /// sequence numbers: of those that arrive there none is out of order.
    pub fn arrives_in_order(&self, host: HostId) -> bool {
        // By side: the last arrival, and the octet behind it.
        let mut sides: [Option<(EventId, u32)>; 2] = [None; 2];
        let mut arrivals = self.tables().packets.iter().filter(|p| {
            let carries = p.payload_len > 0 || p.flags & (flag::SYN | flag::FIN) != 0;
            p.protocol == protocol::TCP && carries && self.host_of(p.arrived) == Some(host)
        });
        // Of several conversations, some may have the same addresses.
        self.connections().len() == 1
            && arrivals.all(|p| {
                let Some(last) = p.side().and_then(|side| sides.get_mut(side as usize)) else { return false };
                let follows = last.is_none_or(|(event, next)| {
                    p.arrived > event && !SeqNumber(p.seq).is_before(SeqNumber(next))
                });
                let of_flags = u32::from(p.has(flag::SYN)) + u32::from(p.has(flag::FIN));
                *last = Some((p.arrived, p.seq.wrapping_add(p.payload_len).wrapping_add(of_flags)));
                follows
            })
    }

    /// Wireshark's marks of every TCP segment that an observer saw, in the order in which they were seen; other packets are
    /// left out.
    pub fn marks(&self, vantage: Vantage) -> Vec<MarkRow> {
        let mut conversations: Vec<Conversation> = Vec::new();
        // One conversation each; a list as in `Flows`, so that the page carries one kind of map for both.
        let mut by_address: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
        // By connection: the conversation between its addresses, so that few packets' addresses need to be read.
        let mut of_connection: Vec<Option<(usize, [Side; 2])>> = vec![None; self.connections().len()];
        let mut rows = Vec::new();
        for (time, packet) in self.seen_from(vantage) {
            let Some(row) = self.tables().packets.get(packet as usize) else { continue };
            if row.protocol != protocol::TCP || row.source_port == 0 && row.destination_port == 0 {
                continue;
            }
            let connection = row.connection().map(ConnectionId::index).zip(row.side());
            let known = connection.and_then(|(c, side)| {
                let (conversation, sides) = of_connection.get(c).copied().flatten()?;
                Some((conversation, sides[side as usize]))
            });
            let (conversation, side) = match known {
                Some(known) => known,
                None => {
                    let Some((from, to)) = self.summary(row).endpoints() else { continue };
                    let side = if from <= to { Side::Client } else { Side::Server };
                    let known = by_address.entry(key(Transport::Tcp, from, to)).or_default();
                    if known.is_empty() {
                        known.push(conversations.len() as u32);
                        conversations.push(Conversation::default());
                    }
                    let conversation = known.first().map_or(0, |known| *known as usize);
                    if let Some((c, sender)) = connection
                        && let Some(known) = of_connection.get_mut(c)
                    {
                        let mut sides = [side.other(); 2];
                        sides[sender as usize] = side;
                        *known = Some((conversation, sides));
                    }
                    (conversation, side)
                }
            };
            let Some(conversation) = conversations.get_mut(conversation) else { continue };
            let segment = Segment {
                time,
                side,
                seq: row.seq,
                ack: row.ack,
                flags: row.flags,
                window: row.window,
                len: row.payload_len,
                scale: if row.has(flag::SYN) {
                    window_scale(self.bytes(row.stored), &self.summary(row))
                } else {
                    None
                },
            };
            let mut marks = Marks::default();
            if conversation.is_reused_by(&segment) {
                *conversation = Conversation::default();
                marks.set(super::Mark::PortReused);
            }
            let seen = conversation.see(&segment);
            marks = Marks { bits: marks.bits | seen.bits, dup_ack: seen.dup_ack };
            rows.push(MarkRow { packet, time, marks });
        }
        rows
    }

    fn summary(&self, row: &PacketRow) -> Summary {
        Summary::read(self.bytes(row.stored), row.len)
    }
}
