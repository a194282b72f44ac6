//! The trace in memory: common columns for all events, side tables for what events of a kind have beyond, one byte arena.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::code::{Kind, Provenance, Transport};
pub use super::columns::Columns;
use super::content::Content;
use super::flows::{Connection, Flows};
use super::id::{CallId, ConnectionId, EventId, HostId, PacketId, Side, SocketId, StreamId};
use super::runs::Runs;
use super::tables::{CallRow, HostRow, NO_ROW, PacketRow, Span, StoredData, StreamRange, Tables, UnitRow};
use crate::probe::{Var, VarSet, Vars};
use crate::time::Instant;

/// Rows by number: a plain index while numbers count up, a tree for stragglers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Index {
    pub(super) dense: Vec<u32>,
    sparse: BTreeMap<u32, u32>,
}

impl Index {
    /// How far a number may run ahead of the count and still be indexed.
    const SLACK: usize = 1024;

    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<u32> {
        match self.dense.get(id as usize) {
            Some(&NO_ROW) | None => self.sparse.get(&id).copied(),
            found => found.copied(),
        }
    }

    pub(super) fn set(&mut self, id: u32, row: u32) {
        let at = id as usize;
        if at < self.dense.len() {
            self.dense[at] = row;
        } else if at == self.dense.len() {
            self.dense.push(row);
        } else if at < row as usize + Self::SLACK {
            self.dense.resize(at, NO_ROW);
            self.dense.push(row);
        } else {
            self.sparse.insert(id, row);
        }
    }
}

/// One variable change in this many is kept as a whole set, so that any moment is near one.
pub(super) const SNAPSHOT_EVERY: usize = 256;

/// What the trace knows of a socket as it grows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SocketState {
    pub(super) id: SocketId,
    pub(super) host: HostId,
    pub(super) transport: Transport,
    pub(super) accepted: bool,
    pub(super) local: Option<SocketAddr>,
    pub(super) remote: Option<SocketAddr>,
    pub(super) connection: Option<(ConnectionId, Side)>,
    pub(super) sent: u64,
    pub(super) received: u64,
    /// UDP: rows of send calls whose flow is not known yet, because the socket has no port yet.
    pub(super) unplaced: Vec<u32>,
    /// UDP: place them all the same, port or not.
    pub(super) nameless: bool,
    /// Rows of its variable changes, in order.
    pub(super) changes: Runs,
    /// All variables after each 256th of them.
    pub(super) snapshots: Vec<Vars>,
    /// All variables now.
    pub(super) vars: Vars,
}

impl SocketState {
    /// The change in this row of the table made `var` so.
    #[inline]
    pub(super) fn change(&mut self, row: u32, var: Var, new: i64) {
        self.changes.extend(row, 1);
        self.vars.set(var, new);
        if self.changes.len().is_multiple_of(SNAPSHOT_EVERY) {
            self.snapshots.push(self.vars);
        }
    }

    /// Whether a snapshot is due among the changes of these variables, if they come now.
    #[inline]
    pub(super) fn snapshot_is_due(&self, vars: VarSet) -> bool {
        let room = SNAPSHOT_EVERY - 1 - self.changes.len() % SNAPSHOT_EVERY;
        room < Var::COUNT && room < vars.len()
    }
}

/// What the trace knows of a stream as it grows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StreamState {
    pub(super) content: Content,
    /// Rows of its datagrams, in order.
    pub(super) datagrams: Vec<u32>,
    /// The first of them that no packet has carried yet.
    pub(super) unsent: usize,
    /// The first of them that nobody has received yet.
    pub(super) unreceived: usize,
}

/// A record of what happened. Grows as a [`Sink`](crate::trace::Sink); everything else only reads.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub(super) columns: Columns,
    /// Recorded times of the few events that came with a time before their predecessor's.
    pub(super) early: Vec<(u32, u64)>,
    pub(super) tables: Tables,
    pub(super) arena: Vec<u8>,
    pub(super) flows: Flows,
    pub(super) sockets: Vec<SocketState>,
    pub(super) streams: Vec<StreamState>,
    pub(super) packet_index: Index,
    pub(super) call_index: Index,
    pub(super) socket_index: Index,
    pub(super) last_unit: Span,
}

/// Two traces are equal when the same records made them.
impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.columns == other.columns
            && self.early == other.early
            && self.tables == other.tables
            && self.arena == other.arena
            && self.flows.connections() == other.flows.connections()
            && self.streams == other.streams
            && self.sockets == other.sockets
    }
}

impl Trace {
    /// An empty trace.
    pub fn new() -> Self {
        Trace::default()
    }

    /// How many events.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// True if nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns of all events.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The side tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The connections and flows, by [`ConnectionId`].
    pub fn connections(&self) -> &[Connection] {
        self.flows.connections()
    }

    /// One connection.
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections().get(id.index())
    }

    /// The kind of an event.
    pub fn kind(&self, event: EventId) -> Option<Kind> {
        Kind::from_code(*self.columns.kind.get(event.index())?)
    }

    /// How an event is known.
    pub fn provenance(&self, event: EventId) -> Option<Provenance> {
        self.columns.provenance(event)
    }

    /// When an event was recorded to have happened.
    pub fn time(&self, event: EventId) -> Option<Instant> {
        let column = self.columns.time(event)?;
        let early = self.early.binary_search_by_key(&event.0, |e| e.0);
        let nanos = early.ok().and_then(|i| self.early.get(i)).map_or(column, |e| e.1);
        Some(Instant::from_nanos(nanos))
    }

    /// The event that caused this one.
    pub fn cause(&self, event: EventId) -> Option<EventId> {
        self.columns.cause(event)?.known()
    }

    /// The host that an event concerns.
    pub fn host_of(&self, event: EventId) -> Option<HostId> {
        self.columns.host(event)?.known()
    }

    /// The socket that an event concerns.
    pub fn socket_of(&self, event: EventId) -> Option<SocketId> {
        self.columns.socket(event)?.known()
    }

    /// The row of the packet that an event concerns.
    pub fn packet_row_of(&self, event: EventId) -> Option<u32> {
        self.kind(event).filter(|k| k.is_packet())?;
        self.columns.subject(event)
    }

    /// The row of the call that an event concerns.
    pub fn call_row_of(&self, event: EventId) -> Option<u32> {
        self.kind(event).filter(|k| k.is_call())?;
        self.columns.subject(event)
    }

    /// The packet of that number (the latest, should the number have been given twice).
    pub fn packet(&self, id: PacketId) -> Option<&PacketRow> {
        self.tables.packets.get(self.packet_index.get(id.0)? as usize)
    }

    /// The row of the call of that number.
    pub(super) fn row_of_call(&self, id: CallId) -> Option<usize> {
        self.call_index.get(id.0).map(|row| row as usize)
    }

    /// The call of that number.
    pub fn call(&self, id: CallId) -> Option<&CallRow> {
        self.tables.calls.get(self.row_of_call(id)?)
    }

    /// The host of that number.
    pub fn host(&self, id: HostId) -> Option<&HostRow> {
        self.tables.hosts.iter().rev().find(|row| row.id == id)
    }

    /// A socket's connection and the side it is on, once it has one.
    pub fn connection_of(&self, socket: SocketId) -> Option<(ConnectionId, Side)> {
        self.socket_state(socket)?.connection
    }

    /// A socket's addresses as they were known last: its own and its peer's.
    pub fn addresses_of(&self, socket: SocketId) -> (Option<SocketAddr>, Option<SocketAddr>) {
        self.socket_state(socket).map_or((None, None), |s| (s.local, s.remote))
    }

    /// The numbers of all sockets that events speak of, in the order in which they did first.
    pub fn socket_ids(&self) -> impl Iterator<Item = SocketId> + '_ {
        self.sockets.iter().map(|s| s.id)
    }

    /// Which of [`Trace::socket_ids`] a socket is.
    pub fn socket_row(&self, socket: SocketId) -> Option<usize> {
        self.socket_index.get(socket.0).map(|row| row as usize)
    }

    pub(super) fn socket_state(&self, socket: SocketId) -> Option<&SocketState> {
        self.sockets.get(self.socket_row(socket)?)
    }

    /// The bytes of a span of the arena.
    pub fn bytes(&self, span: Span) -> &[u8] {
        let at = span.at as usize;
        self.arena.get(at..at.saturating_add(span.len as usize)).unwrap_or(&[])
    }

    /// The words of a span of the arena.
    pub fn text(&self, span: Span) -> &str {
        std::str::from_utf8(self.bytes(span)).unwrap_or("")
    }

    /// What is known of a stream's content; `None` for a stream that does not exist.
    pub fn content(&self, stream: StreamId) -> Option<&Content> {
        self.streams.get(stream.index()).map(|s| &s.content)
    }

    /// How many bytes a stream is known to have, whether or not they were recorded.
    pub fn stream_len(&self, stream: StreamId) -> u64 {
        let sent = self
            .connection(stream.connection())
            .map_or(0, |c| c.sent.get(stream.side() as usize).copied().unwrap_or(0));
        sent.max(self.content(stream).map_or(0, Content::end))
    }

    /// The known and unknown runs of a range of a stream, in order.
    pub fn pieces(&self, range: StreamRange) -> super::content::Pieces<'_> {
        static NOTHING: Content = Content::EMPTY;
        self.content(range.stream).unwrap_or(&NOTHING).pieces(&self.arena, range.start, range.end)
    }

    /// Copies a range of a stream, at most `limit` bytes of it; bytes that nobody recorded are 0.
    pub fn read_stream(&self, range: StreamRange, limit: usize) -> Vec<u8> {
        let end = range.end.min(range.start.saturating_add(limit as u64));
        let mut out = Vec::new();
        for piece in self.pieces(StreamRange { end, ..range }) {
            match piece {
                super::content::Piece::Known(bytes) => out.extend_from_slice(bytes),
                super::content::Piece::Unknown(n) => out.resize(out.len() + n as usize, 0),
            }
        }
        out
    }

    /// A packet's bytes as it was sent, from the IP header on; shorter than its `len` where a capture cut it off.
    pub fn packet_bytes(&self, row: &PacketRow) -> Vec<u8> {
        let mut bytes = self.bytes(row.stored).to_vec();
        if row.is(super::tables::packet_bits::HEADERS_ONLY)
            && let Some(range) = row.range()
        {
            // Content that turned out later never to have been sent (a forged offset) ends the packet early.
            for piece in self.pieces(range) {
                match piece {
                    super::content::Piece::Known(known) => bytes.extend_from_slice(known),
                    super::content::Piece::Unknown(_) => break,
                }
            }
        }
        bytes
    }

    /// Whether [`Trace::packet_bytes`] gives `bytes` for this packet, and its payload is none of its own but the stream's.
    pub(crate) fn has_octets(&self, id: PacketId, bytes: &[u8]) -> bool {
        use super::tables::packet_bits::{CORRUPTED, HEADERS_ONLY};
        let Some(row) = self.packet(id) else { return false };
        // Only corruption changes a payload, and a router no more than the header.
        let has = row.bits & (HEADERS_ONLY | CORRUPTED) == HEADERS_ONLY
            && row.stored.len + row.payload_len == bytes.len() as u32
            && bytes.starts_with(self.bytes(row.stored));
        debug_assert!(!has || self.packet_bytes(row) == bytes);
        has
    }

    /// A packet's bytes as they reached the other end: with what the network changed.
    pub fn packet_bytes_arrived(&self, row: &PacketRow) -> Vec<u8> {
        let mut bytes = self.packet_bytes(row);
        if row.is(super::tables::packet_bits::CORRUPTED) {
            for change in &self.tables.corrupted {
                let of = self.columns.subject(change.event);
                if of.and_then(|r| self.tables.packets.get(r as usize)).is_some_and(|p| p.id == row.id) {
                    let new = self.bytes(change.bytes);
                    let at = change.at as usize;
                    if let Some(place) = bytes.get_mut(at..at.saturating_add(new.len())) {
                        place.copy_from_slice(new);
                    }
                }
            }
        }
        bytes
    }

    /// The bytes of a call, as far as they are known: what it sent, or what it received (at most `limit`).
    pub fn data_bytes(&self, data: StoredData, range: Option<StreamRange>, limit: usize) -> Vec<u8> {
        match data {
            StoredData::Bytes(span) => self.bytes(span).iter().copied().take(limit).collect(),
            StoredData::Repeat { unit, len } => {
                let Some(&UnitRow { unit, phase }) = self.tables.units.get(unit as usize) else {
                    return Vec::new();
                };
                let unit = self.bytes(unit);
                let len = usize::try_from(len).unwrap_or(usize::MAX).min(limit);
                unit.iter().copied().cycle().skip(phase as usize % unit.len().max(1)).take(len).collect()
            }
            StoredData::FromStream(len) => range.map_or_else(Vec::new, |r| {
                self.read_stream(StreamRange { end: r.end.min(r.start.saturating_add(len)), ..r }, limit)
            }),
            StoredData::Unknown(_) => Vec::new(),
        }
    }
}
