//! What the charts of one direction show: its sender's variables, its segments, what acknowledged them, and the
//! round-trip times that follow from both.

use std::collections::VecDeque;

use crate::packet::TcpOptions;
use crate::probe::{Unit, Var, Vars};
use crate::trace::{PacketId, PacketRow, SocketId, StreamId, Trace};
use crate::view::chart_panel::Point;
use crate::view::figure::{Cargo, Fate, Figure, flag, mark};

/// A segment or datagram with payload (or a SYN), in the order of sending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Its index in the figure's flights.
    pub flight: u32,
    /// When it was sent, in nanoseconds.
    pub at: u64,
    /// Its first octet in the stream and the one behind its last.
    pub start: i64,
    pub end: i64,
    pub lost: bool,
    pub again: bool,
    pub hue: u8,
}

/// An acknowledgment that reached the sender, in the order of arrival.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acked {
    pub flight: u32,
    pub at: u64,
    /// All octets before this one have arrived.
    pub upto: i64,
    /// The window's right edge.
    pub edge: i64,
}

/// Everything the charts of one direction need.
#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    pub sent: Vec<Sent>,
    pub acked: Vec<Acked>,
    /// Round-trip times by Karn's rule (RFC 6298 section 3): when each was known, how long, and by which flight.
    pub samples: Vec<(u64, i64, u32)>,
    /// The newest SACK block of each acknowledgment: when it arrived, its edges, and the flight.
    pub sacks: Vec<(u64, i64, i64, u32)>,
    /// From the first packet to the end of the last one, in nanoseconds.
    pub range: (u64, u64),
}

/// The variables that are drawn, in the order in which they are listed.
pub(super) const VARS: [Var; 8] =
    [Var::Cwnd, Var::Ssthresh, Var::FlightSize, Var::SndWnd, Var::RcvWnd, Var::Srtt, Var::RttVar, Var::Rto];

/// The values over time of [`VARS`]: the receiver's window of the peer, all others of the sender.
fn series(trace: &Trace, stream: StreamId) -> [Vec<Point>; VARS.len()] {
    let mut out: [Vec<Point>; VARS.len()] = Default::default();
    let socket = |stream: StreamId| -> Option<SocketId> {
        trace.connection(stream.connection())?.socket[stream.side() as usize]
    };
    for (socket, peer) in [(socket(stream), false), (socket(stream.reverse()), true)] {
        let Some(socket) = socket else { continue };
        for change in trace.changes(socket) {
            let Some(i) = VARS.iter().position(|&v| v == change.var) else { continue };
            if (change.var == Var::RcvWnd) == peer {
                // An unlimited ssthresh is no value that could be drawn.
                let unlimited = change.var.unit() == Unit::Bytes && change.new >= i64::from(i32::MAX);
                let value = if unlimited { Vars::UNSET } else { change.new };
                out[i].push((trace.clock(change.event).as_nanos(), value));
            }
        }
    }
    out
}

/// What the charts of a stream are made of, kept from one question to the next.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    pub(super) stream: u32,
    pub(super) data: Data,
    pub(super) vars: [Vec<Point>; VARS.len()],
}

impl Chart {
    pub(super) fn new(trace: &Trace, figure: &Figure, stream: u32) -> Chart {
        let id = StreamId(stream);
        Chart { stream, data: Data::new(trace, figure, id), vars: series(trace, id) }
    }
}

impl Data {
    fn new(trace: &Trace, figure: &Figure, stream: StreamId) -> Data {
        let mut data = Data { range: (u64::MAX, 0), ..Data::default() };
        for (i, flight) in figure.flights.iter().enumerate() {
            let Some(row) = trace.packet(PacketId(flight.packet)) else { continue };
            if row.connection() != Some(stream.connection()) {
                continue;
            }
            let at = flight.sent.at.as_nanos();
            let (ended, arrived) = match flight.fate {
                Fate::Arrived(end) => (end.at.as_nanos(), true),
                Fate::Lost(end) => (end.at.as_nanos(), false),
                Fate::OnTheWay => (at, false),
            };
            data.range = (data.range.0.min(at), data.range.1.max(ended));
            if row.stream == stream {
                let (start, end) = match (&flight.range, &flight.cargo) {
                    (Some(place), _) => (place.range.start as i64, place.range.end as i64),
                    (None, Cargo::Tcp { flags, .. }) if flags & flag::SYN != 0 => (-1, 0),
                    _ => continue,
                };
                data.sent.push(Sent {
                    flight: i as u32,
                    at,
                    start,
                    end,
                    lost: matches!(flight.fate, Fate::Lost(_)),
                    again: flight.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION) != 0,
                    hue: flight.hue,
                });
            } else if let Cargo::Tcp { flags, ack, ack_base, window, .. } = flight.cargo
                && arrived
                && flags & flag::ACK != 0
            {
                let offset = |number: u32| i64::from(number.wrapping_sub(ack_base).wrapping_sub(1));
                let upto = offset(ack);
                let edge = upto + i64::from(window);
                data.acked.push(Acked { flight: i as u32, at: ended, upto, edge });
                if let Some((left, right)) = newest_sack_block(trace, row) {
                    data.sacks.push((ended, offset(left), offset(right), i as u32));
                }
            }
        }
        data.acked.sort_by_key(|a| a.at);
        data.unwrap();
        data.sample();
        if data.range.0 > data.range.1 {
            data.range = (0, figure.end.as_nanos());
        }
        data
    }

    /// Sequence numbers come round after 4 GiB; offsets do not.
    fn unwrap(&mut self) {
        let mut last = 0i64;
        for ack in &mut self.acked {
            let near = last + i64::from((ack.upto as u32).wrapping_sub(last as u32) as i32);
            ack.edge += near - ack.upto;
            ack.upto = near;
            last = near;
        }
    }

    fn sample(&mut self) {
        /// What is under way: its octets, when it was sent, and whether it was sent twice.
        struct Open(i64, i64, u64, bool);
        let mut open: VecDeque<Open> = VecDeque::new();
        let mut next = 0;
        for ack in &self.acked {
            while let Some(sent) = self.sent.get(next).filter(|s| s.at <= ack.at) {
                if sent.again {
                    let twice = open.iter_mut().filter(|o| o.0 < sent.end && o.1 > sent.start);
                    twice.for_each(|o| o.3 = true);
                } else {
                    open.push_back(Open(sent.start, sent.end, sent.at, false));
                }
                next += 1;
            }
            // Karn: an acknowledgment of anything that was sent twice tells nothing, for nobody knows what caused it.
            let (mut found, mut twice) = (None, false);
            while let Some(Open(.., at, again)) = open.pop_front_if(|o| o.1 <= ack.upto) {
                found = Some(at);
                twice |= again;
            }
            if let Some(at) = found.filter(|_| !twice) {
                self.samples.push((ack.at, (ack.at - at) as i64, ack.flight));
            }
        }
    }
}

/// The first of a segment's SACK blocks: the one that tells something new (RFC 2018 section 4).
fn newest_sack_block(trace: &Trace, row: &PacketRow) -> Option<(u32, u32)> {
    let bytes = trace.bytes(row.stored);
    let first = bytes.first()?;
    let header = if first >> 4 == 6 { 40 } else { usize::from(first & 15) * 4 };
    let options = bytes.get(header + 20..row.header_len as usize).filter(|o| o.len() > 9)?;
    let &(left, right) = TcpOptions::parse(options).sack.as_slice().first()?;
    Some((left.0, right.0))
}
