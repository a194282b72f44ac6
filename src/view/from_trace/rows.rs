//! What a figure's packets and calls are made from: the trace, and of each as little as those need who look at all of them.

use std::sync::Arc;

use crate::time::Instant;
use crate::trace::radix;
use crate::trace::{EventId, HostId, Provenance, Trace};
use crate::view::figure::{CallBrief, CallKind, Fate, FlightBrief, Known, Moment};

/// A real call that took longer than this waited for something (a call that need not wait takes microseconds).
const WAITED_NANOS: u64 = 400_000;

/// Stands for the lifeline of a host that has none.
pub(super) const NO_LINE: u16 = u16::MAX;

/// The trace behind a figure, and what was found out about it.
#[derive(Debug, Default)]
pub struct Rows {
    pub(super) trace: Arc<Trace>,
    /// Lifeline by host number, [`NO_LINE`] for none.
    pub(super) lifelines: Vec<u16>,
    /// Lifeline of each end of each connection.
    pub(super) ends: Vec<[u16; 2]>,
    /// By how much each end of each connection shifts its windows.
    pub(super) shifts: Vec<[u32; 2]>,
    /// Of each stream, how many of its first octets are kept for showing.
    pub(super) kept: Vec<u64>,
    /// The calls that others are made of: the parent's number in the upper half, the row in the lower; in order.
    pub(super) inner: Vec<u64>,
    /// The end of the record.
    pub(super) end: Instant,
    pub(super) flights: Vec<Row>,
    pub(super) calls: Vec<Row>,
}

/// A packet that flies, or a call that is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its row in the trace.
    pub row: u32,
    /// When it left or begun.
    pub begin: EventId,
    /// When it arrived or was lost, or returned.
    pub end: EventId,
    /// From which host.
    pub host: u16,
    /// To which host; a call's lane.
    pub other: u16,
    /// A packet's marks; a call's program.
    pub more: u16,
    /// A packet's.
    pub hue: u8,
    /// [`Known`] in the lower two bits.
    pub bits: u8,
}

/// Puts rows in the order of their beginnings, as the scale and the layouts expect.
pub(super) fn in_order(rows: &mut Vec<Row>) {
    radix::sort_rows(rows, |row| row.begin.0);
}

impl Row {
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn events(&self) -> [Option<u32>; 2] {
        [self.begin, self.end].map(|event| event.known().map(|event| event.0))
    }
}

/// Bits of the rows.
pub(super) mod bit {
    pub const KNOWN: u8 = 3;
    /// A packet was lost.
    pub const LOST: u8 = 4;
    /// It is a segment with RST.
    pub const RESET: u8 = 8;
    /// A call failed.
    pub const FAILED: u8 = 4;
    /// It hands bytes over.
    pub const SENDS: u8 = 16;
    /// It takes bytes.
    pub const RECEIVES: u8 = 32;
    /// Its line is known.
    pub const LINE: u8 = 64;
    /// It threw bytes of a datagram away.
    pub const TRUNCATED: u8 = 128;
}

fn known(bits: u8) -> Known {
    match bits & bit::KNOWN {
        0 => Known::Modelled,
        1 => Known::Observed,
        2 => Known::Captured,
        _ => Known::Inferred,
    }
}

impl Rows {
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub(super) fn moment(&self, event: EventId) -> Moment {
        Moment::new(self.trace.clock(event).as_nanos(), event.0)
    }

    pub(super) fn known(&self, event: EventId) -> Known {
        match self.trace.provenance(event) {
            Some(Provenance::Observed) => Known::Observed,
            Some(Provenance::Captured) => Known::Captured,
            Some(Provenance::Inferred) => Known::Inferred,
            _ => Known::Modelled,
        }
    }

    pub(super) fn lifeline(&self, event: EventId) -> Option<u16> {
        self.line_of(self.trace.host_of(event)?)
    }

    pub(super) fn line_of(&self, host: HostId) -> Option<u16> {
        self.lifelines.get(host.index()).copied().filter(|&line| line != NO_LINE)
    }

    /// A packet in brief.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn flight_brief(&self, i: usize) -> Option<FlightBrief> {
        let row = self.flights.get(i)?;
        Some(FlightBrief {
            from: row.host,
            to: row.other,
            sent: self.moment(row.begin),
            fate: match row.end.known() {
                Some(end) if row.bits & bit::LOST != 0 => Fate::Lost(self.moment(end)),
                Some(end) => Fate::Arrived(self.moment(end)),
                None => Fate::OnTheWay,
            },
            marks: row.more,
            hue: row.hue,
            known: known(row.bits),
            reset: row.bits & bit::RESET != 0,
        })
    }

    /// A call in brief.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn call_brief(&self, i: usize) -> Option<CallBrief> {
        let row = self.calls.get(i)?;
        let (known, begun) = (known(row.bits), self.moment(row.begin));
        let returned = row.end.known().map(|event| self.moment(event));
        let need_not = if known == Known::Modelled { 0 } else { WAITED_NANOS };
        Some(CallBrief {
            host: row.host,
            lane: row.other,
            begun,
            returned,
            // Found out where it is asked: the times of all calls' events are much to read.
            blocked: returned.map_or(self.end > begun.at, |end| end.at.since(begun.at).as_nanos() > need_not),
            failed: row.bits & bit::FAILED != 0,
            truncated: row.bits & bit::TRUNCATED != 0,
            kind: match row.bits & (bit::SENDS | bit::RECEIVES) {
                bit::SENDS => CallKind::Send,
                bit::RECEIVES => CallKind::Receive,
                _ => CallKind::Other,
            },
            known,
            program: (row.bits & bit::LINE != 0).then_some(row.more),
        })
    }
}
