//! The ledger's lanes of the network: segments, acknowledgments, reassembly, frames.

use super::{Ledger, Part, Ranges, part};
use crate::probe::{Var, Vars};
use crate::seq::SeqNumber;
use crate::trace::code::{Kind, Transport};
use crate::trace::flows::BEFORE_FIRST;
use crate::trace::id::{EventId, SocketId, StreamId};
use crate::trace::radix;
use crate::trace::store::Trace;
use crate::trace::summary::flag;
use crate::trace::tables::{NO_ROW, PacketRow, packet_bits};

/// Sequence numbers of a stream as offsets, followed from one to the next.
struct Offsets {
    at: u64,
    seq: SeqNumber,
}

impl Offsets {
    fn new(isn: u32) -> Self {
        Offsets { at: 0, seq: SeqNumber(isn) + 1 }
    }

    /// The offset of `seq`, taken as the one nearest to the last. Before the first byte: 0.
    fn of(&mut self, seq: u32) -> u64 {
        let distance = i64::from(SeqNumber(seq).distance_from(self.seq));
        self.at.saturating_add_signed(distance)
    }

    /// Goes on to `seq` if it is further; gives the range passed.
    fn advance(&mut self, seq: u32, limit: u64) -> Option<(u64, u64)> {
        let to = self.of(seq);
        if to <= self.at {
            return None;
        }
        let from = self.at.min(limit);
        (self.at, self.seq) = (to, SeqNumber(seq));
        let to = to.min(limit);
        (to > from).then_some((from, to))
    }
}

impl Trace {
    fn packets_of(&self, stream: StreamId) -> impl Iterator<Item = (u32, &PacketRow)> {
        let rows = self.tables().packets.iter().enumerate();
        rows.filter(move |(_, p)| p.stream == stream && !p.is(packet_bits::STUB)).map(|(i, p)| (i as u32, p))
    }

    fn was_ignored(&self, row: &PacketRow) -> bool {
        row.taken.known().is_some_and(|e| self.kind(e) == Some(Kind::PacketIgnored))
    }

    pub(super) fn segment_lane(&self, ledger: &mut Ledger) {
        let udp = self.connection(ledger.stream.connection()).is_some_and(|c| c.transport == Transport::Udp);
        let mut sent = Ranges::default();
        for (subject, row) in self.packets_of(ledger.stream) {
            if row.offset == BEFORE_FIRST || (row.payload_len == 0 && !udp) {
                continue;
            }
            let end = row.offset.saturating_add(u64::from(row.payload_len));
            let copy = row.is(packet_bits::COPY);
            let overlaps = !copy && sent.insert(row.offset, end);
            let times = self.packet_times(row);
            let mut bits = 0;
            let mut set = |on: bool, bit: u16| bits |= if on { bit } else { 0 };
            set(times.dropped.is_some(), part::LOST);
            set(row.is(packet_bits::RETRANSMISSION), part::RETRANSMISSION);
            set(overlaps, part::OVERLAP);
            set(copy, part::COPY);
            set(row.is(packet_bits::FRAGMENT), part::FRAGMENT);
            set(row.is(packet_bits::CORRUPTED), part::CORRUPTED);
            set(self.was_ignored(row), part::IGNORED);
            set(times.arrived.is_none() && times.dropped.is_none(), part::OPEN);
            let t1 = if bits & part::OPEN != 0 { self.end_time() } else { times.end() };
            let (start, event) = (row.offset, row.sent);
            ledger.segments.push(Part { start, end, kept: end, t0: times.sent, t1, event, subject, bits });
        }
    }

    /// The changes of a sequence number variable of a socket: the event and the number.
    fn sequence_changes(
        &self,
        socket: Option<SocketId>,
        var: Var,
    ) -> impl Iterator<Item = (EventId, u32)> + '_ {
        let changes = self.changes_of(socket.unwrap_or(SocketId::NONE), var);
        changes.filter(|c| c.new != Vars::UNSET).map(|c| (c.event, c.new as u32))
    }

    /// The acknowledgment numbers that packets of a stream carried to their receiver, in the order of their arrival.
    fn acks_carried(&self, stream: StreamId, at_sender: bool) -> Vec<(EventId, u32, u32)> {
        let acks = self.packets_of(stream).filter(|(_, p)| p.has(flag::ACK) && !p.has(flag::RST));
        let event = |p: &PacketRow| if at_sender { Some(p.sent) } else { p.arrived.known() };
        let mut acks: Vec<_> = acks.filter_map(|(row, p)| Some((event(p)?, p.ack, row))).collect();
        radix::sort_rows(&mut acks, |a| a.0.0);
        acks
    }

    /// Calls `push` with the ranges that were acknowledged, and the events by which the sender heard of it.
    pub(super) fn each_acknowledged(
        &self,
        stream: StreamId,
        len: u64,
        push: &mut dyn FnMut((u64, u64), EventId),
    ) {
        let Some(connection) = self.connection(stream.connection()) else { return };
        let side = stream.side() as usize;
        let Some(isn) = connection.isn.get(side).copied().flatten() else { return };
        let (mut offsets, mut is_told) = (Offsets::new(isn), false);
        let mut hear = |event: EventId, seq: u32| {
            if let Some(range) = offsets.advance(seq, len) {
                push(range, event);
            }
        };
        for (event, seq) in self.sequence_changes(connection.socket.get(side).copied().flatten(), Var::SndUna)
        {
            is_told = true;
            hear(event, seq);
        }
        if !is_told {
            self.acks_carried(stream.reverse(), false).into_iter().for_each(|ack| hear(ack.0, ack.1));
        }
    }

    pub(super) fn acknowledged_lane<P: From<Part>>(&self, ledger: &mut Ledger<P>, stream: StreamId) {
        self.each_acknowledged(stream, ledger.len, &mut |(start, end), event| {
            let t = self.clock(event);
            let part = Part { start, end, kept: end, t0: t, t1: t, event, subject: NO_ROW, bits: 0 };
            ledger.acknowledged.push(part.into());
        });
    }

    pub(super) fn received_lane<P: From<Part>>(&self, ledger: &mut Ledger<P>, stream: StreamId) {
        let (t1, bits) = (self.end_time(), part::OPEN);
        self.each_received(stream, ledger.len, &mut |(start, end), event, packet| {
            let of_cause = || self.cause(event).and_then(|cause| self.packet_row_of(cause));
            let subject = packet.or_else(of_cause).unwrap_or(NO_ROW);
            let t0 = self.clock(event);
            ledger.received.push(Part { start, end, kept: end, t0, t1, event, subject, bits }.into());
        });
    }

    /// Calls `push` with the ranges that the receiver had in order and the events by which it did; where only packets tell of it, with the row
    /// of the packet as well.
    pub(super) fn each_received(
        &self,
        stream: StreamId,
        len: u64,
        push: &mut dyn FnMut((u64, u64), EventId, Option<u32>),
    ) {
        let Some(connection) = self.connection(stream.connection()) else { return };
        let Some(isn) = connection.isn.get(stream.side() as usize).copied().flatten() else { return };
        let receiver = connection.socket.get(stream.side().other() as usize).copied().flatten();
        let mut offsets = Offsets::new(isn);
        let mut is_told = false;
        for (event, seq) in self.sequence_changes(receiver, Var::RcvNxt) {
            is_told = true;
            if let Some(range) = offsets.advance(seq, len) {
                push(range, event, None);
            }
        }
        if is_told {
            return;
        }
        // No endpoint tells: the bytes are there in order when the segments say so, or when the receiver acknowledges
        // bytes that the capture missed.
        let arrivals = self.packets_of(stream).filter(|(_, p)| !self.was_ignored(p));
        let mut steps: Vec<(EventId, u32, Option<u32>)> =
            arrivals.filter_map(|(row, p)| Some((p.range().and(p.arrived.known())?, row, None))).collect();
        steps.extend(
            self.acks_carried(stream.reverse(), true).into_iter().map(|(e, ack, row)| (e, row, Some(ack))),
        );
        radix::sort_rows(&mut steps, |s| s.0.0);
        let mut there = Ranges::default();
        let mut at = 0;
        for (event, row, ack) in steps {
            match ack {
                Some(ack) => {
                    let to = offsets.of(ack).min(len);
                    offsets.advance(ack, u64::MAX);
                    there.insert(0, to);
                }
                None => {
                    if let Some(range) = self.tables().packets.get(row as usize).and_then(PacketRow::range) {
                        there.insert(range.start, range.end);
                    }
                }
            }
            let to = there.in_order();
            if to > at {
                push((at, to), event, Some(row));
                at = to;
            }
        }
    }

    pub(super) fn datagrams_received<P: From<Part>>(&self, ledger: &mut Ledger<P>) {
        let mut arrivals: Vec<(EventId, u32)> = self
            .packets_of(ledger.stream)
            .filter(|(_, p)| p.offset != BEFORE_FIRST && !self.was_ignored(p))
            .filter_map(|(row, p)| Some((p.arrived.known()?, row)))
            .collect();
        arrivals.sort_unstable();
        // Of datagrams in fragments that are not whole yet, in order: which of their bytes are there.
        let mut there: Vec<((u32, bool), Ranges)> = Vec::new();
        for (event, row) in arrivals {
            let Some(packet) = self.tables().packets.get(row as usize) else { continue };
            let Some(at) = self.datagram_at(ledger.stream, packet.offset) else { continue };
            let Some(datagram) = self.tables().datagrams.get(at as usize) else { continue };
            let (start, end) = (datagram.offset, datagram.offset.saturating_add(u64::from(datagram.len)));
            let key = (at, packet.is(packet_bits::COPY));
            let (from, to) = (packet.offset, packet.offset.saturating_add(u64::from(packet.payload_len)));
            if start != end && (from > start || to < end) {
                let at = there.binary_search_by_key(&key, |known| known.0).unwrap_or_else(|at| {
                    there.insert(at, (key, Ranges::default()));
                    at
                });
                let Some((_, ranges)) = there.get_mut(at) else { continue };
                ranges.insert(from, to);
                if !ranges.as_slice().iter().any(|r| r.0 <= start && r.1 >= end) {
                    continue;
                }
                there.remove(at);
            }
            let read = self.tables().calls.get(datagram.received as usize).and_then(|c| c.returned.known());
            let (t1, bits) = read.map_or((self.end_time(), part::OPEN), |e| (self.clock(e), 0));
            let t0 = self.clock(event);
            let part = Part { start, end, kept: end, t0, t1: t1.max(t0), event, subject: row, bits };
            ledger.received.push(part.into());
        }
    }

    pub(super) fn frame_lanes(&self, ledger: &mut Ledger) {
        for (subject, frame) in self.tables().frames.iter().enumerate() {
            // A socket may have got its connection after its first frame.
            let stream = frame.stream.known().or_else(|| self.stream_of(frame.socket, frame.sent));
            if stream != Some(ledger.stream) {
                continue;
            }
            let t = self.clock(frame.event);
            let bits = if frame.error.is_some() { part::FAILED } else { 0 };
            let (start, end, event, subject) = (frame.start, frame.end, frame.event, subject as u32);
            let part = Part { start, end, kept: end, t0: t, t1: t, event, subject, bits };
            if frame.sent { ledger.frames_sent.push(part) } else { ledger.frames.push(part) }
        }
    }
}
