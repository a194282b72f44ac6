//! All segments of a trace through their conversations, as somebody at one place sees them.

use std::collections::BTreeMap;

use super::{Conversation, Mark, Marks, Segment};
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
        let time = |seen: u64| self.clock(EventId((seen >> 32) as u32)).as_nanos();
        self.seen(vantage).into_iter().map(|seen| (time(seen), seen as u32)).collect()
    }

    /// The same with the event at which each was seen in the upper half, the row in the lower.
    fn seen(&self, vantage: Vantage) -> Vec<u64> {
        let rows = (0_u32..).zip(&self.tables().packets).filter(|(_, p)| !p.is(packet_bits::STUB));
        let at = |p: &PacketRow| match vantage {
            Vantage::Sent => (!p.is(packet_bits::COPY)).then_some(p.sent),
            Vantage::Host(host) => self.seen_at(host, p).map(|(event, _)| event),
        };
        let seen = rows.filter_map(|(row, p)| Some(u64::from(at(p)?.0) << 32 | u64::from(row)));
        let mut seen: Vec<u64> = seen.collect();
        if vantage != Vantage::Sent {
            radix::sort(&mut seen);
        }
        seen
    }

    /// The event by which a packet was seen at a host, if it was, and whether it came from there.
    #[inline]
    fn seen_at(&self, host: HostId, p: &PacketRow) -> Option<(EventId, bool)> {
        if !p.is(packet_bits::COPY) && self.host_of(p.sent) == Some(host) {
            return Some((p.sent, true));
        }
        Some((p.arrived.known().filter(|e| self.host_of(*e) == Some(host))?, false))
    }

    /// True where it is plain, without following the conversations, that all data, SYNs and FINs reach a host in the order of their
    /// sequence numbers: of those that arrive there none is out of order.
    pub fn arrives_in_order(&self, host: HostId) -> bool {
        let mut arrivals = Arrivals::new(self);
        let here = self.tables().packets.iter().filter(|p| self.host_of(p.arrived) == Some(host));
        here.for_each(|p| arrivals.see(p));
        arrivals.are_in_order()
    }

    /// Wireshark's marks of every TCP segment that an observer saw, in the order in which they were seen; other packets are
    /// left out.
    pub fn marks(&self, vantage: Vantage) -> Vec<MarkRow> {
        let mut observer = Observer::new(self);
        let rows = self.seen(vantage).into_iter().filter_map(|seen| {
            let (event, packet) = (EventId((seen >> 32) as u32), seen as u32);
            let marks = observer.see(self.tables().packets.get(packet as usize)?, event)?;
            Some(MarkRow { packet, time: self.clock(event).as_nanos(), marks })
        });
        rows.collect()
    }

    /// The rows of the packets that arrived at a host out of order, as an observer there has it.
    pub(crate) fn disordered_at(&self, host: HostId) -> Vec<u32> {
        let mut guest = Guest::new(self, host);
        for seen in self.seen(Vantage::Host(host)) {
            guest.take(EventId((seen >> 32) as u32), seen as u32 as usize);
        }
        guest.disordered
    }

    fn summary(&self, row: &PacketRow) -> Summary {
        Summary::read(self.bytes(row.stored), row.len)
    }
}

/// Whether what arrives at a host does so in the order of its sequence numbers; of packets in the order of their rows.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    /// By side: the last arrival, and the octet behind it.
    sides: [Option<(EventId, u32)>; 2],
    in_order: bool,
}

impl Arrivals {
    pub fn new(trace: &Trace) -> Arrivals {
        // Of several conversations, some may have the same addresses.
        let in_order = trace.connections().len() == 1;
        Arrivals { sides: [None; 2], in_order }
    }

    /// False for packets that may arrive in whatever order.
    #[inline]
    pub fn matters(p: &PacketRow) -> bool {
        p.protocol == protocol::TCP && (p.payload_len > 0 || p.flags & (flag::SYN | flag::FIN) != 0)
    }

    /// Takes the next packet that arrived there.
    pub fn see(&mut self, p: &PacketRow) {
        if !Arrivals::matters(p) {
            return;
        }
        let Some(last) = p.side().and_then(|side| self.sides.get_mut(side as usize)) else {
            self.in_order = false;
            return;
        };
        self.in_order &= last
            .is_none_or(|(event, next)| p.arrived > event && !SeqNumber(p.seq).is_before(SeqNumber(next)));
        *last = Some((p.arrived, p.seq.wrapping_add(p.sequence_len())));
    }

    pub fn are_in_order(&self) -> bool {
        self.in_order
    }
}

/// An observer at a host, who looks for what arrives there out of order.
pub(crate) struct Guest<'t> {
    trace: &'t Trace,
    host: HostId,
    observer: Observer<'t>,
    /// The rows of what did.
    disordered: Vec<u32>,
    /// Packets of rows before this one have arrived, or do not arrive here.
    row: usize,
    /// When the last one did, of which others must not be earlier.
    last: Option<EventId>,
}

impl<'t> Guest<'t> {
    pub fn new(trace: &'t Trace, host: HostId) -> Guest<'t> {
        Guest {
            trace,
            host,
            observer: Observer::new(trace),
            disordered: Vec::new(),
            row: 0,
            last: Some(EventId(0)),
        }
    }

    fn take(&mut self, event: EventId, row: usize) {
        let Some(packet) = self.trace.tables().packets.get(row) else { return };
        let seen = self.observer.see(packet, event).is_some_and(|marks| marks.has(Mark::OutOfOrder));
        if seen && event != packet.sent {
            let copied_here =
                packet.is(packet_bits::COPY) && self.trace.host_of(packet.sent) == Some(self.host);
            if !copied_here {
                self.disordered.push(row as u32);
            }
        }
    }

    /// Takes what arrives before this packet is sent, and the packet itself if it is sent here: for who goes through all packets anyway,
    /// and so has none of them put in order.
    pub fn go_on(&mut self, sent: &PacketRow, row: usize) {
        self.arrivals(sent.sent, row);
        if let Some((event, true)) =
            self.trace.seen_at(self.host, sent).filter(|_| !sent.is(packet_bits::STUB))
        {
            self.take(event, row);
        }
    }

    /// Takes what arrives before an event, of packets before a row.
    fn arrivals(&mut self, before: EventId, end: usize) {
        let packets = &self.trace.tables().packets;
        while let Some(packet) = packets.get(self.row).filter(|_| self.row < end) {
            if let Some((event, false)) =
                self.trace.seen_at(self.host, packet).filter(|_| !packet.is(packet_bits::STUB))
            {
                if event >= before {
                    break;
                }
                self.last = self.last.filter(|&last| event >= last).map(|_| event);
                self.take(event, self.row);
            }
            self.row += 1;
        }
    }

    /// The rows of what arrived out of order; what arrives otherwise than in the order of rows is put in order first.
    pub fn end(mut self) -> Vec<u32> {
        self.arrivals(EventId::NONE, usize::MAX);
        match self.last {
            Some(_) => self.disordered,
            None => self.trace.disordered_at(self.host),
        }
    }
}

/// Follows all conversations of a trace, packet by packet.
pub(crate) struct Observer<'t> {
    trace: &'t Trace,
    conversations: Vec<Conversation>,
    /// One conversation each; a list as in `Flows`, so that the page carries one kind of map for both.
    by_address: BTreeMap<Key, Vec<u32>>,
    /// By connection: the conversation between its addresses, so that few packets' addresses need to be read.
    of_connection: Vec<Option<(usize, [Side; 2])>>,
}

impl<'t> Observer<'t> {
    pub fn new(trace: &'t Trace) -> Observer<'t> {
        let of_connection = vec![None; trace.connections().len()];
        Observer { trace, conversations: Vec::new(), by_address: BTreeMap::new(), of_connection }
    }

    /// Takes the next packet, seen at this event, and tells its marks, if it is a segment of TCP.
    pub fn see(&mut self, row: &PacketRow, event: EventId) -> Option<Marks> {
        if row.protocol != protocol::TCP || row.source_port == 0 && row.destination_port == 0 {
            return None;
        }
        let (conversation, side) = self.conversation(row)?;
        let conversation = self.conversations.get_mut(conversation)?;
        let segment = Segment {
            time: event.0.into(),
            side,
            seq: row.seq,
            ack: row.ack,
            flags: row.flags,
            window: row.window,
            len: row.payload_len,
            scale: if row.has(flag::SYN) {
                window_scale(self.trace.bytes(row.stored), &self.trace.summary(row))
            } else {
                None
            },
        };
        let mut marks = Marks::default();
        if conversation.is_reused_by(&segment) {
            *conversation = Conversation::default();
            marks.set(Mark::PortReused);
        }
        let seen = conversation.see_by(&segment, &|event| self.trace.clock(EventId(event as u32)).as_nanos());
        Some(Marks { bits: marks.bits | seen.bits, dup_ack: seen.dup_ack })
    }

    /// The conversation of a packet, and who sent it.
    fn conversation(&mut self, row: &PacketRow) -> Option<(usize, Side)> {
        let connection = row.connection().map(ConnectionId::index).zip(row.side());
        let known = connection.and_then(|(c, side)| {
            let (conversation, sides) = self.of_connection.get(c).copied().flatten()?;
            Some((conversation, sides[side as usize]))
        });
        if known.is_some() {
            return known;
        }
        let (from, to) = self.trace.summary(row).endpoints()?;
        let side = if from <= to { Side::Client } else { Side::Server };
        let known = self.by_address.entry(key(Transport::Tcp, from, to)).or_default();
        if known.is_empty() {
            known.push(self.conversations.len() as u32);
            self.conversations.push(Conversation::default());
        }
        let conversation = known.first().map_or(0, |known| *known as usize);
        if let Some((c, sender)) = connection
            && let Some(known) = self.of_connection.get_mut(c)
        {
            let mut sides = [side.other(); 2];
            sides[sender as usize] = side;
            *known = Some((conversation, sides));
        }
        Some((conversation, side))
    }
}
