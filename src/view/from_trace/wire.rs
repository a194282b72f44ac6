//! What only the packets tell: by how much windows are shifted, and what stood in the buffers.

use super::Build;
use crate::time::Instant;
use crate::trace::ledger::Stay;
use crate::trace::{PacketRow, StreamId};
use crate::view::figure::{Held, flag};

/// With more streams than this the buffers are left out.
const MOST_BUFFERED: usize = 64;

impl Build<'_> {
    /// By how much each end of each connection shifts the windows that it announces: as its SYN says, if both offer to (RFC
    /// 7323 section 2.2).
    pub(super) fn window_shifts(&self) -> Vec<[u32; 2]> {
        let mut offers = vec![[None; 2]; self.ends.len()];
        for row in self.trace.tables().packets.iter().filter(|row| row.has(flag::SYN)) {
            let (Some(connection), Some(side)) = (row.connection(), row.side()) else { continue };
            if let Some(offer) = offers.get_mut(connection.index()) {
                offer[side as usize] =
                    offer[side as usize].or_else(|| window_scale(&self.trace.packet_bytes(row), row.len));
            }
        }
        let both = |offer: [Option<u32>; 2]| match offer {
            [Some(a), Some(b)] => [a, b],
            _ => [0, 0],
        };
        offers.into_iter().map(both).collect()
    }

    /// What stood in the buffers when; only of streams whose packets are known.
    pub(super) fn buffers(&mut self) {
        if self.figure.streams.len() > MOST_BUFFERED {
            return;
        }
        for (i, stream) in self.figure.streams.iter_mut().enumerate() {
            let id = StreamId(i as u32);
            // What packets show of a stream begins with a packet that carries some of it.
            let carries = |row: &PacketRow| row.stream == id && row.range().is_some();
            if stream.datagrams || !self.trace.tables().packets.iter().any(carries) {
                continue;
            }
            let Some(ledger) = self.trace.buffers::<Stay>(id) else { continue };
            stream.accepted = held(&ledger.accepted, &ledger.acknowledged, |t| t.t0);
            stream.received = held(&ledger.received, &ledger.receives, |t| t.t1);
        }
    }
}

/// The parts of a buffer, cut where the lane behind takes them; what nobody took stays.
fn held(filled: &[Stay], taken: &[Stay], when: impl Fn(&Stay) -> Instant) -> Vec<Held> {
    let mut out = Vec::with_capacity(filled.len() + taken.len());
    let mut next = taken.iter().peekable();
    for part in filled {
        let mut at = part.start;
        while at < part.end {
            while next.peek().is_some_and(|t| t.end <= at) {
                next.next();
            }
            let taker = next.peek().filter(|t| t.start < part.end);
            let end = taker.map_or(part.end, |t| t.end.min(part.end));
            let until = taker.map(|t| when(t).max(part.t0));
            out.push(Held { range: at..end, from: part.t0, until });
            at = end;
        }
    }
    out
}

/// The shift count of a packet's window scale option (RFC 7323 section 2.2).
fn window_scale(bytes: &[u8], len: u32) -> Option<u32> {
    let read = crate::trace::summary::Summary::read(bytes, len);
    let from = usize::from(read.ip_header_len) + 20;
    let mut options = bytes.get(from..usize::from(read.header_len).min(bytes.len()))?;
    loop {
        options = match *options {
            [1, ..] => options.get(1..)?,
            [3, 3, shift, ..] => return Some(u32::from(shift).min(14)),
            [kind, len, ..] if kind > 1 && len > 1 => options.get(usize::from(len)..)?,
            _ => return None,
        };
    }
}
