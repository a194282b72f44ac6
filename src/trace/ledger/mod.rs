//! The byte ledger of a stream: which send call, which segments, which receive call and which frame each byte went through.

mod lanes;
mod ranges;

pub use ranges::Ranges;

use super::calls::{receives, sends};
use super::code::{Kind, Transport};
use super::id::{EventId, StreamId};
use super::store::Trace;
use super::tables::{CallRow, ReturnRow, StoredOutcome, StreamRange};
use crate::time::Instant;

/// What is special about a part of a lane.
pub mod part {
    /// The packet was lost.
    pub const LOST: u16 = 1;
    /// The endpoint said that it sends again.
    pub const RETRANSMISSION: u16 = 2;
    /// Some of these bytes were sent before.
    pub const OVERLAP: u16 = 4;
    /// A copy that the network made.
    pub const COPY: u16 = 8;
    /// A fragment.
    pub const FRAGMENT: u16 = 16;
    /// The network changed bytes.
    pub const CORRUPTED: u16 = 32;
    /// The datagram's tail was thrown away: the buffer was too small.
    pub const TRUNCATED: u16 = 64;
    /// It had not ended when the trace did.
    pub const OPEN: u16 = 128;
    /// The call or the decoder failed.
    pub const FAILED: u16 = 256;
    /// It reached the other end, which did not take it.
    pub const IGNORED: u16 = 512;
}

/// One range in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first byte, as an offset in the stream.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
    /// Of these, the bytes before `kept` came through whole; less than `end` only where a datagram was truncated.
    pub kept: u64,
    /// When it began: the call, the sending, the arrival.
    pub t0: Instant,
    /// When it ended: the return, the end of the flight, the reading.
    pub t1: Instant,
    /// The event that began it.
    pub event: EventId,
    /// The row of the call or packet or frame; [`NO_ROW`](crate::trace::tables::NO_ROW) where there is none.
    pub subject: u32,
    /// Bits of [`part`].
    pub bits: u16,
}

impl Part {
    /// True if the bit is set.
    pub const fn is(&self, bit: u16) -> bool {
        self.bits & bit != 0
    }

    /// How many bytes.
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// True for no bytes: an empty datagram, a recv that returned 0.
    pub const fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// Bytes in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The first byte, as an offset in the stream.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
    /// When they came in.
    pub t0: Instant,
    /// When they were taken; [`Instant::NEVER`] if nobody did.
    pub t1: Instant,
}

/// What stands in a buffer, cut where the lane behind takes it.
#[derive(Default)]
struct Buffer {
    /// The ranges that are taken and when, and how many of them are taken from what has been before.
    taken: Vec<((u64, u64), Instant)>,
    next: usize,
    stays: Vec<Stay>,
}

impl Buffer {
    fn fill(&mut self, (mut start, end): (u64, u64), t0: Instant) {
        while start < end {
            while self.taken.get(self.next).is_some_and(|(range, _)| range.1 <= start) {
                self.next += 1;
            }
            let taker = self.taken.get(self.next).filter(|(range, _)| range.0 < end);
            let to = taker.map_or(end, |(range, _)| range.1.min(end));
            let t1 = taker.map_or(Instant::NEVER, |&(_, when)| when.max(t0));
            self.stays.push(Stay { start, end: to, t0, t1 });
            start = to;
        }
    }
}

/// All lanes of one stream, of parts or of as much of each as is asked for. Each lane stands in the order of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger<P = Part> {
    /// Which stream.
    pub stream: StreamId,
    /// How many bytes it has in all.
    pub len: u64,
    /// Send calls, from their begin to their return. Subject: the call.
    pub sends: Vec<P>,
    /// The send buffer: from acceptance to acknowledgment. Subject: the call. TCP only.
    pub accepted: Vec<P>,
    /// Segments or datagrams in the network, from sending to arrival or loss. Subject: the packet.
    pub segments: Vec<P>,
    /// What was acknowledged, bytes in order; `t0` and `t1` are when the sender heard of it. Subject: none. TCP only.
    pub acknowledged: Vec<P>,
    /// The receive buffer: from the moment when the bytes were there in order to the call that read them. Subject: the
    /// packet that completed them. Of UDP: a datagram.
    pub received: Vec<P>,
    /// Receive calls that returned bytes, from their begin to their return. Subject: the call.
    pub receives: Vec<P>,
    /// Frames that the receiver decoded, `t0` = `t1`. Subject: the row in the table of frames.
    pub frames: Vec<P>,
    /// Frames that the sender made. Subject: the row in the table of frames.
    pub frames_sent: Vec<P>,
}

impl Trace {
    /// The ledger of one direction of a connection; `None` for a stream that does not exist.
    pub fn ledger(&self, stream: StreamId) -> Option<Ledger> {
        let mut ledger = self.buffers(stream)?;
        if self.transport_of(stream) == Some(Transport::Tcp) {
            end_by(&mut ledger.accepted, &ledger.acknowledged, |p| p.t0);
            end_by(&mut ledger.received, &ledger.receives, |p| p.t1);
        }
        self.segment_lane(&mut ledger);
        self.frame_lanes(&mut ledger);
        Some(ledger)
    }

    fn transport_of(&self, stream: StreamId) -> Option<Transport> {
        Some(self.connection(stream.connection())?.transport)
    }

    /// What calls and acknowledgments tell: the ledger without segments and frames, in which what came into a buffer does not end yet.
    pub fn buffers<P: From<Part>>(&self, stream: StreamId) -> Option<Ledger<P>> {
        let transport = self.transport_of(stream)?;
        let mut ledger = self.no_lanes(stream);
        self.call_lanes(&mut ledger, transport);
        match transport {
            Transport::Tcp => {
                self.acknowledged_lane(&mut ledger, stream);
                self.received_lane(&mut ledger, stream);
            }
            Transport::Udp => self.datagrams_received(&mut ledger),
        }
        Some(ledger)
    }

    /// Of a stream of TCP, for who draws them, when octets stood in the sender's and in the receiver's buffer.
    pub(crate) fn stays(&self, stream: StreamId) -> [Vec<Stay>; 2] {
        let (len, [mut accepted, mut received]) = (self.stream_len(stream), <[Buffer; 2]>::default());
        self.each_acknowledged(stream, len, &mut |range, event| {
            accepted.taken.push((range, self.clock(event)));
        });
        for (row, call) in self.tables().calls.iter().enumerate() {
            let Some(range) = call.range.filter(|r| r.stream == stream) else { continue };
            if sends(call.op) {
                self.each_accepted(row, call, range, &mut |range, event| {
                    accepted.fill(range, self.clock(event));
                });
            } else if receives(call.op) {
                let returned = call.returned.known().map_or(self.end_time(), |event| self.clock(event));
                received.taken.push(((range.start, range.end), returned));
            }
        }
        self.each_received(stream, len, &mut |range, event, _| received.fill(range, self.clock(event)));
        [accepted.stays, received.stays]
    }

    /// A call from its begin to its return.
    fn part_of(&self, row: usize, call: &CallRow, range: StreamRange) -> Part {
        let returned = call.returned.known();
        Part {
            start: range.start,
            end: range.end,
            kept: range.end,
            t0: self.clock(call.begun),
            t1: returned.map_or(self.end_time(), |e| self.clock(e)),
            event: call.begun,
            subject: row as u32,
            bits: if returned.is_none() { part::OPEN } else { 0 },
        }
    }

    fn no_lanes<P>(&self, stream: StreamId) -> Ledger<P> {
        Ledger {
            stream,
            len: self.stream_len(stream),
            sends: Vec::new(),
            accepted: Vec::new(),
            segments: Vec::new(),
            acknowledged: Vec::new(),
            received: Vec::new(),
            receives: Vec::new(),
            frames: Vec::new(),
            frames_sent: Vec::new(),
        }
    }

    fn call_lanes<P: From<Part>>(&self, ledger: &mut Ledger<P>, transport: Transport) {
        let mut next = 0;
        for (row, call) in self.tables().calls.iter().enumerate() {
            let Some(range) = call.range.filter(|r| r.stream == ledger.stream) else { continue };
            let mut part = self.part_of(row, call, range);
            let back = call.returned.known().and_then(|event| self.return_from(event, &mut next));
            if back.is_some_and(|r| !matches!(r.outcome, StoredOutcome::Value(_))) {
                part.bits |= part::FAILED;
            }
            if sends(call.op) {
                ledger.sends.push(part.into());
                if transport == Transport::Tcp {
                    self.each_accepted(row, call, range, &mut |(start, end), event| {
                        let (t0, t1, bits) = (self.clock(event), self.end_time(), part::OPEN);
                        let part = Part { start, end, kept: end, t0, t1, event, bits, ..part };
                        ledger.accepted.push(part.into());
                    });
                }
            } else if receives(call.op) {
                if let Some(back) = back.filter(|r| r.truncated > 0) {
                    part.kept = part.end.saturating_sub(u64::from(back.truncated)).max(part.start);
                    part.bits |= part::TRUNCATED;
                }
                ledger.receives.push(part.into());
            }
        }
    }

    /// The return that an event is.
    pub fn return_of(&self, event: EventId) -> Option<&ReturnRow> {
        let rows = &self.tables().returns;
        rows.get(rows.binary_search_by_key(&event, |r| r.event).ok()?)
    }

    /// The same for who asks for many, in the order of their calls: most calls return in the order in which they began, so the row
    /// `next` to the last one that was found is looked at first.
    pub fn return_from(&self, event: EventId, next: &mut usize) -> Option<&ReturnRow> {
        let rows = &self.tables().returns;
        let at = match rows.get(*next) {
            Some(there) if there.event == event => *next,
            _ => rows.binary_search_by_key(&event, |r| r.event).ok()?,
        };
        *next = at + 1;
        rows.get(at)
    }

    /// Calls `push` with a send call's bytes and the events by which they went into the send buffer: as `BytesAccepted` says, the rest
    /// at the return.
    fn each_accepted(
        &self,
        row: usize,
        call: &CallRow,
        range: StreamRange,
        push: &mut dyn FnMut((u64, u64), EventId),
    ) {
        let values = &self.tables().values;
        let from = values.partition_point(|v| v.event <= call.begun);
        let until = values.partition_point(|v| v.event < call.returned);
        let during = values.get(from..until).unwrap_or(&[]).iter().filter(|v| {
            self.kind(v.event) == Some(Kind::BytesAccepted) && self.call_row_of(v.event) == Some(row as u32)
        });
        let at_return = call.returned.known().map(|event| (event, u64::MAX));
        let mut at = range.start;
        for (event, bytes) in during.map(|v| (v.event, v.value)).chain(at_return) {
            let end = at.saturating_add(bytes).min(range.end);
            if end > at {
                push((at, end), event);
                at = end;
            }
        }
    }
}

/// Parts of a buffer end when the lane behind takes their last byte.
fn end_by(buffer: &mut [Part], takers: &[Part], when: impl Fn(&Part) -> Instant) {
    let mut next = 0;
    for part in buffer {
        while takers.get(next).is_some_and(|t| t.end < part.end) {
            next += 1;
        }
        if let Some(taker) = takers.get(next) {
            part.t1 = when(taker).max(part.t0);
            part.bits &= !part::OPEN;
        }
    }
}
