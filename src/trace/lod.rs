//! Level of detail for pictures of many packets: a window in time gives either the packets themselves or, when there are
//! more than a screen shows, sums a slot. What was lost or sent again is counted in every sum, so it is never hidden.

use super::blocks::{FAN, search};
use super::id::{EventId, Side};
use super::ledger::Ranges;
use super::store::Trace;
use super::tables::{PacketRow, packet_bits};
use crate::time::Instant;

/// A sum over some packets; arrays are indexed by who sent, client and server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many packets.
    pub packets: [u32; 2],
    /// Of these, how many were lost.
    pub lost: [u32; 2],
    /// Of these, how many carried bytes that were sent before.
    pub again: [u32; 2],
    /// Octets of payload.
    pub payload: [u64; 2],
    /// The latest end of a flight, in nanoseconds.
    pub end: u64,
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        for i in 0..2 {
            self.packets[i] = self.packets[i].saturating_add(other.packets[i]);
            self.lost[i] = self.lost[i].saturating_add(other.lost[i]);
            self.again[i] = self.again[i].saturating_add(other.again[i]);
            self.payload[i] = self.payload[i].saturating_add(other.payload[i]);
        }
        self.end = self.end.max(other.end);
    }
}

/// What a window in time shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// Rows of the packets whose flights touch it, in the order of their sending.
    Packets(Vec<u32>),
    /// So many that each stretch of time has a sum. A packet counts in the stretch in which it was sent; `crossing` are the
    /// rows of those sent before the window that end within or behind it.
    Slots {
        /// The sums, one a stretch, of the same length each.
        slots: Vec<Sum>,
        /// Packets under way as the window begins.
        crossing: Vec<u32>,
    },
}

/// An index over some of a trace's packets, built once (a few nanoseconds a packet).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PacketIndex {
    rows: Vec<u32>,
    /// When each was sent; never decreasing.
    sent: Vec<u64>,
    /// Sums of single packets, then of 16, 256, … of them.
    levels: Vec<Vec<Sum>>,
}

impl PacketIndex {
    /// An index over the packets that `wanted` likes.
    pub fn new(trace: &Trace, wanted: impl Fn(&PacketRow) -> bool) -> Self {
        let mut index = PacketIndex::default();
        let mut single = Vec::new();
        let mut streams: Vec<Ranges> = Vec::new();
        for (row, packet) in (0_u32..).zip(&trace.tables().packets) {
            if packet.is(packet_bits::STUB) || !wanted(packet) {
                continue;
            }
            let times = trace.packet_times(packet);
            let side = packet.side().unwrap_or(Side::Client) as usize;
            let mut sum = Sum { end: times.end().as_nanos(), ..Sum::default() };
            sum.packets[side] = 1;
            sum.payload[side] = u64::from(packet.payload_len);
            sum.lost[side] = u32::from(packet.arrived == EventId::NONE && packet.dropped != EventId::NONE);
            if let Some(range) = packet.range().filter(|_| !packet.is(packet_bits::COPY)) {
                let at = range.stream.index();
                if streams.len() <= at {
                    streams.resize_with(at + 1, Ranges::default);
                }
                let before = streams.get_mut(at).is_some_and(|s| s.insert(range.start, range.end));
                sum.again[side] = u32::from(before || packet.is(packet_bits::RETRANSMISSION));
            }
            index.rows.push(row);
            index.sent.push(times.sent.as_nanos());
            single.push(sum);
        }
        index.levels.push(single);
        while let Some(below) = index.levels.last().filter(|l| l.len() > FAN) {
            let sum_up = |chunk: &[Sum]| {
                chunk.iter().fold(Sum::default(), |mut sum, s| {
                    sum.add(s);
                    sum
                })
            };
            let above = below.chunks(FAN).map(sum_up).collect();
            index.levels.push(above);
        }
        index
    }

    /// How many packets.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True for none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The sum over the packets from `from` to before `to`, counted in the index.
    fn sum(&self, mut from: usize, to: usize) -> Sum {
        let mut sum = Sum::default();
        while from < to {
            // The largest block that begins here and ends in time.
            let (mut level, mut size) = (0, 1);
            while level + 1 < self.levels.len() && from.is_multiple_of(size * FAN) && from + size * FAN <= to
            {
                level += 1;
                size *= FAN;
            }
            if let Some(block) = self.levels.get(level).and_then(|l| l.get(from / size)) {
                sum.add(block);
            }
            from += size;
        }
        sum
    }

    /// Packets before `before` (counted in the index) whose flights end at `time` or later, in order.
    fn crossing(&self, before: usize, time: u64) -> Vec<usize> {
        let sum = |level: usize, block: usize| self.levels.get(level)?.get(block);
        search(self.levels.len(), before, |level, block| sum(level, block).is_none_or(|sum| sum.end >= time))
    }

    /// What to draw of `from..=to`: the packets, if there are at most `most`; else sums of `slots` stretches.
    pub fn window(&self, from: Instant, to: Instant, most: usize, slots: usize) -> Window {
        let (from, to) = (from.as_nanos(), to.as_nanos().max(from.as_nanos()));
        let first = self.sent.partition_point(|t| *t < from);
        let last = self.sent.partition_point(|t| *t <= to);
        let crossing = self.crossing(first, from);
        let row = |i: usize| self.rows.get(i).copied();
        if crossing.len() + (last - first) <= most {
            return Window::Packets(crossing.into_iter().chain(first..last).filter_map(row).collect());
        }
        let slots = slots.max(1);
        let border = |i: usize| from + (u128::from(to - from) * i as u128 / slots as u128) as u64;
        let mut begin = first;
        let sums = (1..=slots).map(|i| {
            let end =
                if i == slots { last } else { self.sent.partition_point(|t| *t < border(i)).max(begin) };
            let sum = self.sum(begin, end);
            begin = end;
            sum
        });
        let slots = sums.collect();
        Window::Slots { slots, crossing: crossing.into_iter().filter_map(row).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::tcp4;
    use super::*;
    use crate::trace::{DropReason, HostId, PacketId, Provenance, Record, Sink, What};
    use proptest::prelude::*;

    fn trace(packets: &[(u64, Option<u64>)]) -> Trace {
        let mut events: Vec<(u64, usize, u32)> = Vec::new();
        for (n, (sent, flight)) in packets.iter().enumerate() {
            events.push((*sent, 0, n as u32));
            events.push((sent + flight.unwrap_or(3), 1, n as u32));
        }
        events.sort_unstable();
        let mut trace = Trace::new();
        for (time, step, n) in events {
            let bytes = tcp4((5000, 80), n * 4, 0, 16, b"data");
            let (packet, host) = (PacketId(n), HostId(0));
            let what = match (step, packets[n as usize].1) {
                (0, _) => What::PacketSent {
                    packet,
                    host,
                    socket: None,
                    bytes: &bytes,
                    len: 44,
                    payload: None,
                    rule: None,
                    retransmission: false,
                    parent: None,
                },
                (_, Some(_)) => What::PacketArrived { packet, host },
                (_, None) => What::PacketDropped { packet, why: DropReason::Loss },
            };
            trace.record(Record::new(Instant::from_nanos(time), Provenance::Modelled, what));
        }
        trace
    }

    proptest! {
        #[test]
        fn windows_hold_what_touches_them_and_lose_no_loss(
            packets in prop::collection::vec((0u64..400, prop::option::of(0u64..150)), 1..400),
            from in 0u64..400,
            span in 0u64..300,
        ) {
            let trace = trace(&packets);
            let index = PacketIndex::new(&trace, |_| true);
            let (start, end) = (Instant::from_nanos(from), Instant::from_nanos(from + span));
            let times = |p: &PacketRow| trace.packet_times(p);
            let touching: Vec<u32> = (0_u32..)
                .zip(&trace.tables().packets)
                .filter(|(_, p)| times(p).sent <= end && times(p).end() >= start)
                .map(|(row, _)| row)
                .collect();
            prop_assert_eq!(index.window(start, end, usize::MAX, 7), Window::Packets(touching.clone()));
            let Window::Slots { slots, crossing } = index.window(start, end, 0, 7) else {
                prop_assert!(touching.is_empty());
                return Ok(());
            };
            let lost = |rows: &[u32]| -> u32 {
                let packet = |r: &u32| trace.tables().packets[*r as usize];
                rows.iter().map(|r| u32::from(packet(r).dropped != EventId::NONE)).sum()
            };
            let summed: u32 = slots.iter().map(|s| s.lost[0] + s.lost[1]).sum();
            prop_assert_eq!(summed + lost(&crossing), lost(&touching));
            let counted: u32 = slots.iter().map(|s| s.packets[0] + s.packets[1]).sum();
            prop_assert_eq!(counted as usize + crossing.len(), touching.len());
        }
    }
}
