//! What flew: every packet with its fate, its numbers and its marks.

use super::rows::{Row, bit, in_order};
use super::wire::Survey;
use super::{Build, Rows};
use crate::trace::marks::{Guest, Observer};
use crate::trace::summary::protocol;
use crate::trace::tables::packet_bits;
use crate::trace::{EventId, Mark, Marks, PacketRow, Side};
use crate::view::figure::{Cargo, Flight, FlightBrief, Place, flag, mark};
use crate::view::things::Made;

impl Build<'_> {
    pub(super) fn flights(&mut self, survey: Survey) {
        self.rows.shifts = survey.shifts;
        let packets = &self.trace.tables().packets;
        // What an observer at the senders' way out says of each packet; out of order is what arrives so.
        let mut observer = Observer::new(self.trace);
        let mut guests: Vec<Guest<'_>> =
            survey.disordered.iter().map(|&host| Guest::new(self.trace, host)).collect();
        // By stream: the window that its last segment announced.
        let mut windows = vec![None; self.figure.streams.len()];
        let mut out = Vec::with_capacity(packets.len());
        for (i, row) in packets.iter().enumerate() {
            if row.is(packet_bits::STUB) {
                continue;
            }
            guests.iter_mut().for_each(|guest| guest.go_on(row, i));
            let seen = if row.is(packet_bits::COPY) { None } else { observer.see(row, row.sent) };
            // A datagram that was cut into fragments does not fly itself.
            let whole =
                !survey.cut.is_empty() && !row.is(packet_bits::FRAGMENT) && survey.cut.contains(&row.id);
            if row.sent.known().is_none() || whole {
                continue;
            }
            let Some(mut flight) = self.flight(i, row) else { continue };
            flight.more |= seen.filter(|marks| !marks.is_empty()).map_or(0, bits_of);
            if flight.more & (mark::KEEP_ALIVE | mark::PROBE) != 0 {
                // These go below what was acknowledged, or in small bites, on purpose: nothing is repeated.
                flight.more &= !(mark::RETRANSMISSION | mark::FAST_RETRANSMISSION);
            }
            if is_segment(row)
                && let Some(last) = windows.get_mut(row.stream.index())
            {
                let window = self.rows.window(row);
                if last.replace(window) == Some(window) {
                    flight.more |= mark::SAME_WINDOW;
                }
            }
            out.push(flight);
        }
        let mut mark = |disordered: Vec<u32>| {
            for row in disordered {
                if let Ok(at) = out.binary_search_by_key(&row, |flight| flight.row) {
                    out[at].more |= mark::OUT_OF_ORDER;
                }
            }
        };
        guests.into_iter().for_each(|guest| mark(guest.end()));
        in_order(&mut out);
        self.rows.flights = out;
    }

    fn flight(&self, i: usize, row: &PacketRow) -> Option<Row> {
        let ends = row.connection().and_then(|c| self.rows.ends.get(c.index())).copied();
        let side = row.side().unwrap_or(Side::Client);
        let from = self.lifeline(row.sent).or(ends.map(|e| e[side as usize]))?;
        let arrived = row.arrived.known();
        let other = ends.map(|e| e[side.other() as usize]);
        let only = (self.figure.hosts.len() == 2).then_some(1 - from.min(1));
        let to = arrived.and_then(|e| self.lifeline(e)).or(other).or(only)?;
        let dropped = row.dropped.known().filter(|_| arrived.is_none());
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
        let stream = row.range().and_then(|r| Some((self.figure.streams.get(r.stream.index())?, r.start)));
        let mut bits = self.known(row.sent) as u8;
        if dropped.is_some() {
            bits |= bit::LOST;
        }
        if is_segment(row) && row.has(flag::RST) {
            bits |= bit::RESET;
        }
        Some(Row {
            row: i as u32,
            begin: row.sent,
            end: arrived.or(dropped).unwrap_or(EventId::NONE),
            host: from,
            other: to,
            more: marks,
            hue: stream.map_or(0, |(stream, start)| stream.hue_at(start)),
            bits,
        })
    }
}

/// An observer's marks in the figure's bits.
fn bits_of(marks: Marks) -> u16 {
    let pairs = [
        (Mark::Retransmission, mark::RETRANSMISSION),
        (Mark::FastRetransmission, mark::FAST_RETRANSMISSION),
        (Mark::DupAck, mark::DUP_ACK),
        (Mark::ZeroWindow, mark::ZERO_WINDOW),
        (Mark::ZeroWindowProbe, mark::PROBE),
        (Mark::WindowFull, mark::WINDOW_FULL),
        (Mark::WindowUpdate, mark::WINDOW_UPDATE),
        (Mark::KeepAlive, mark::KEEP_ALIVE),
        (Mark::KeepAliveAck, mark::KEEP_ALIVE),
    ];
    pairs.into_iter().filter(|(theirs, _)| marks.has(*theirs)).fold(0, |bits, (_, ours)| bits | ours)
}

/// True for what is drawn as a segment of TCP.
fn is_segment(row: &PacketRow) -> bool {
    row.protocol == protocol::TCP && !row.is(packet_bits::FRAGMENT)
}

impl Made for Flight {
    type Brief = FlightBrief;

    fn make(rows: &Rows, i: usize) -> Option<Flight> {
        let (flight, brief) = (rows.flights.get(i)?, rows.flight_brief(i)?);
        let row = rows.trace.tables().packets.get(flight.row as usize)?;
        Some(Flight {
            packet: row.id.0,
            from: brief.from,
            to: brief.to,
            sent: brief.sent,
            fate: brief.fate,
            cargo: rows.cargo(row),
            len: row.payload_len,
            marks: brief.marks,
            range: Flight::place_of(rows, i),
            hue: brief.hue,
            known: brief.known,
        })
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn brief_of(rows: &Rows, i: usize) -> Option<FlightBrief> {
        rows.flight_brief(i)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn events_of(rows: &Rows, i: usize) -> Option<[Option<u32>; 2]> {
        rows.flights.get(i).map(Row::events)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn place_of(rows: &Rows, i: usize) -> Option<Place> {
        let range = rows.trace.tables().packets.get(rows.flights.get(i)?.row as usize)?.range()?;
        Some(Place { stream: range.stream.0, range: range.start..range.end })
    }

    fn brief(&self) -> FlightBrief {
        FlightBrief {
            from: self.from,
            to: self.to,
            sent: self.sent,
            fate: self.fate,
            marks: self.marks,
            hue: self.hue,
            known: self.known,
            reset: self.is_reset(),
        }
    }

    fn events(&self) -> [Option<u32>; 2] {
        [Some(self.sent), self.fate.end()].map(|moment| moment.map(|moment| moment.order))
    }

    fn place(&self) -> Option<Place> {
        self.range.clone()
    }
}

impl Rows {
    /// The window that a segment announces, as meant.
    fn window(&self, row: &PacketRow) -> u32 {
        let side = row.side().unwrap_or(Side::Client);
        let ours = row.connection().and_then(|c| self.shifts.get(c.index())).map_or(0, |s| s[side as usize]);
        // RFC 7323 section 2.2: the window of a segment with SYN is never scaled.
        u32::from(row.window) << if row.flags & flag::SYN != 0 { 0 } else { ours }
    }

    fn cargo(&self, row: &PacketRow) -> Cargo {
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
                Cargo::Tcp {
                    flags: row.flags,
                    seq: row.seq,
                    ack: row.ack,
                    base: isn(side),
                    ack_base: isn(side.other()),
                    window: self.window(row),
                }
            }
            protocol::UDP => Cargo::Udp,
            protocol::ICMP | protocol::ICMPV6 => Cargo::Other("ICMP".to_owned()),
            other => Cargo::Other(format!("IP {other}")),
        }
    }
}
