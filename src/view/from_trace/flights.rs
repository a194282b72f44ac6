//! What flew: every packet with its fate, its numbers and its marks.

use super::Build;
use crate::trace::summary::protocol;
use crate::trace::tables::packet_bits;
use crate::trace::{Mark, PacketId, PacketRow, Side, Vantage};
use crate::view::figure::{Cargo, Fate, Flight, Place, flag, mark};

impl Build<'_> {
    pub(super) fn flights(&mut self) {
        let shifts = self.window_shifts();
        let marks = self.marks();
        // By stream: the window that its last segment announced.
        let mut windows = vec![None; self.figure.streams.len()];
        // A datagram that was cut into fragments does not fly itself.
        let rows = &self.trace.tables().packets;
        let cut: Vec<PacketId> =
            rows.iter().filter(|p| p.is(packet_bits::FRAGMENT)).map(|p| p.parent).collect();
        let mut out = Vec::with_capacity(self.trace.tables().packets.len());
        for (i, row) in self.trace.tables().packets.iter().enumerate() {
            let whole = !cut.is_empty() && !row.is(packet_bits::FRAGMENT) && cut.contains(&row.id);
            if row.is(packet_bits::STUB) || row.sent.known().is_none() || whole {
                continue;
            }
            if let Some(mut flight) = self.flight(row, &shifts) {
                flight.marks |= marks.get(i).copied().unwrap_or_default();
                if flight.marks & (mark::KEEP_ALIVE | mark::PROBE) != 0 {
                    // These go below what was acknowledged, or in small bites, on purpose: nothing is repeated.
                    flight.marks &= !(mark::RETRANSMISSION | mark::FAST_RETRANSMISSION);
                }
                if let (Cargo::Tcp { window, .. }, Some(last)) =
                    (&flight.cargo, windows.get_mut(row.stream.index()))
                    && last.replace(*window) == Some(*window)
                {
                    flight.marks |= mark::SAME_WINDOW;
                }
                out.push(flight);
            }
        }
        if !out.is_sorted_by_key(|f| f.sent) {
            out.sort_by_key(|f| f.sent);
        }
        self.figure.flights = out;
    }

    /// What an observer at the senders' way out says of each packet; out of order is what arrives so.
    fn marks(&self) -> Vec<u16> {
        let mut out = vec![0u16; self.trace.tables().packets.len()];
        for row in self.trace.marks(Vantage::Sent) {
            let Some(bits) = out.get_mut(row.packet as usize) else { continue };
            for (theirs, ours) in [
                (Mark::Retransmission, mark::RETRANSMISSION),
                (Mark::FastRetransmission, mark::FAST_RETRANSMISSION),
                (Mark::DupAck, mark::DUP_ACK),
                (Mark::ZeroWindow, mark::ZERO_WINDOW),
                (Mark::ZeroWindowProbe, mark::PROBE),
                (Mark::WindowFull, mark::WINDOW_FULL),
                (Mark::WindowUpdate, mark::WINDOW_UPDATE),
                (Mark::KeepAlive, mark::KEEP_ALIVE),
                (Mark::KeepAliveAck, mark::KEEP_ALIVE),
            ] {
                if row.marks.has(theirs) {
                    *bits |= ours;
                }
            }
        }
        let hosts = self.trace.tables().hosts.iter();
        for host in hosts.filter(|host| !self.trace.arrives_in_order(host.id)) {
            for row in self.trace.marks(Vantage::Host(host.id)) {
                let packet = self.trace.tables().packets.get(row.packet as usize);
                let here = packet.is_some_and(|p| self.trace.host_of(p.sent) != Some(host.id));
                if let (true, true, Some(bits)) =
                    (here, row.marks.has(Mark::OutOfOrder), out.get_mut(row.packet as usize))
                {
                    *bits |= mark::OUT_OF_ORDER;
                }
            }
        }
        out
    }

    fn flight(&self, row: &PacketRow, shifts: &[[u32; 2]]) -> Option<Flight> {
        let ends = row.connection().and_then(|c| self.ends.get(c.index())).copied();
        let side = row.side().unwrap_or(Side::Client);
        let from = self.lifeline(row.sent).or(ends.map(|e| e[side as usize]))?;
        let arrived = row.arrived.known();
        let other = ends.map(|e| e[side.other() as usize]);
        let only = (self.figure.hosts.len() == 2).then_some(1 - from.min(1));
        let to = arrived.and_then(|e| self.lifeline(e)).or(other).or(only)?;
        let fate = match (arrived, row.dropped.known()) {
            (Some(event), _) => Fate::Arrived(self.moment(event)),
            (None, Some(event)) => Fate::Lost(self.moment(event)),
            (None, None) => Fate::OnTheWay,
        };
        let mut marks = 0;
        for (bit, mark) in [
            (packet_bits::RETRANSMISSION, mark::RETRANSMISSION),
            (packet_bits::COPY, mark::DUPLICATE),
            (packet_bits::CORRUPTED, mark::CORRUPT),
        ] {
            if row.is(bit) {
                marks |= mark;
            }
        }
        let range = row.range().map(|r| Place { stream: r.stream.0, range: r.start..r.end });
        let hue = range
            .as_ref()
            .and_then(|p| Some(self.figure.streams.get(p.stream as usize)?.hue_at(p.range.start)))
            .unwrap_or_default();
        Some(Flight {
            packet: row.id.0,
            from,
            to,
            sent: self.moment(row.sent),
            fate,
            cargo: self.cargo(row, shifts),
            len: row.payload_len,
            marks,
            range,
            hue,
            known: self.known(row.sent),
        })
    }

    fn cargo(&self, row: &PacketRow, shifts: &[[u32; 2]]) -> Cargo {
        if row.is(packet_bits::FRAGMENT) {
            let bytes = self.trace.packet_bytes(row);
            let read = crate::trace::summary::Summary::read(&bytes, row.len);
            return Cargo::Fragment { offset: read.fragment_offset, more: read.more_fragments };
        }
        match row.protocol {
            protocol::TCP => {
                let connection = row.connection().and_then(|c| self.trace.connection(c));
                let side = row.side().unwrap_or(Side::Client);
                let isn = |side: Side| connection.and_then(|c| c.isn[side as usize]).unwrap_or_default();
                // RFC 7323 section 2.2: the window of a segment with SYN is never scaled.
                let ours =
                    row.connection().and_then(|c| shifts.get(c.index())).map_or(0, |s| s[side as usize]);
                let shift = if row.flags & flag::SYN != 0 { 0 } else { ours };
                Cargo::Tcp {
                    flags: row.flags,
                    seq: row.seq,
                    ack: row.ack,
                    base: isn(side),
                    ack_base: isn(side.other()),
                    window: u32::from(row.window) << shift,
                }
            }
            protocol::UDP => Cargo::Udp,
            protocol::ICMP | protocol::ICMPV6 => Cargo::Other("ICMP".to_owned()),
            other => Cargo::Other(format!("IP {other}")),
        }
    }
}
