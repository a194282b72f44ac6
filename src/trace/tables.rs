//! The side tables: what events of a kind have beyond the common columns.
//!
//! A row knows the event that made it, and rows stand in the order of their events, so a row is found from its event by
//! binary search.

use std::net::{IpAddr, SocketAddr};

use super::changes::VarTable;
use super::code::{How, Op, Transport};
use super::id::{CallId, EventId, HostId, ProgramId, SocketId, StreamId, ThreadId};
use super::record::RoleRange;
use crate::probe::Var;
use crate::time::Duration;

pub use super::packet_rows::{CorruptRow, PacketRow, QueueRow, packet_bits, rule_code, rule_from};

/// A range of the trace's byte arena. There are hundreds of thousands, and so it has no octets between its fields and behind
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(Rust, packed(4))]
pub struct Span {
    /// Where it begins.
    pub at: u64,
    /// How many bytes.
    pub len: u32,
}

/// The bytes of a call, as stored; see [`Data`](crate::trace::Data).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredData {
    /// In the arena.
    Bytes(Span),
    /// A unit in the arena that repeats.
    Repeat {
        /// The row of what repeats.
        unit: u32,
        /// How many bytes in all.
        len: u64,
    },
    /// The stream has them.
    FromStream(u64),
    /// Nobody has them.
    Unknown(u64),
}

impl StoredData {
    /// How many bytes.
    pub const fn len(&self) -> u64 {
        match *self {
            StoredData::Bytes(span) => span.len as u64,
            StoredData::Repeat { len, .. } | StoredData::FromStream(len) | StoredData::Unknown(len) => len,
        }
    }

    /// True for no bytes.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What repeats in bulk data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitRow {
    /// The bytes that repeat.
    pub unit: Span,
    /// Where in them the data begin.
    pub phase: u32,
}

/// A host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostRow {
    /// The defining event.
    pub event: EventId,
    /// Its number.
    pub id: HostId,
    /// Its name.
    pub name: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// A program.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramRow {
    /// The defining event.
    pub event: EventId,
    /// Its number.
    pub id: ProgramId,
    /// Its host.
    pub host: HostId,
    /// Its name.
    pub name: String,
    /// Its language; may be empty.
    pub language: String,
    /// Its source text; may be empty.
    pub source: String,
}

/// A thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadRow {
    /// The defining event.
    pub event: EventId,
    /// Its number.
    pub id: ThreadId,
    /// Its host.
    pub host: HostId,
    /// Its program.
    pub program: Option<ProgramId>,
    /// Its name; may be empty.
    pub name: String,
}

/// A socket, as it was defined.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketRow {
    /// The defining event.
    pub event: EventId,
    /// Its number.
    pub id: SocketId,
    /// Its host.
    pub host: HostId,
    /// TCP or UDP.
    pub transport: Transport,
    /// Its own address when it was defined.
    pub local: Option<SocketAddr>,
    /// Its peer's address when it was defined.
    pub remote: Option<SocketAddr>,
    /// The listening socket it came from.
    pub listener: Option<SocketId>,
}

/// Addresses of a socket that became known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NameRow {
    /// The event.
    pub event: EventId,
    /// Its own address.
    pub local: Option<SocketAddr>,
    /// Its peer's address.
    pub remote: Option<SocketAddr>,
}

/// A range of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRange {
    /// The stream.
    pub stream: StreamId,
    /// The first byte.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
}

impl StreamRange {
    /// How many bytes.
    pub const fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// True for no bytes.
    pub const fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

/// A socket call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRow {
    /// The event by which it begun; of a call that only returned, that event.
    pub begun: EventId,
    /// The event by which it returned; [`EventId::NONE`] while it is open.
    pub returned: EventId,
    /// Its number.
    pub id: CallId,
    /// True if its begin was never recorded.
    pub stub: bool,
    /// The host.
    pub host: HostId,
    /// The calling thread.
    pub thread: ThreadId,
    /// The socket.
    pub socket: Option<SocketId>,
    /// Which call.
    pub op: Op,
    /// The line of the source, from 1.
    pub line: Option<u32>,
    /// The call this one is part of.
    pub parent: Option<CallId>,
    /// The size asked for.
    pub size: Option<u64>,
    /// Arguments that few calls have.
    pub(super) more: Option<Box<CallMore>>,
    /// What it sends.
    pub data: StoredData,
    /// The bytes of the stream that it sent (accepted so far) or received; of a datagram, all its bytes, whether or not
    /// they fitted.
    pub range: Option<StreamRange>,
}

/// Arguments of a call that few calls have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallMore {
    /// The address given.
    pub address: Option<SocketAddr>,
    /// Which direction to shut down.
    pub how: Option<How>,
    /// How long to sleep or wait.
    pub duration: Option<Duration>,
    /// The text argument, in the text arena.
    pub text: Span,
}

impl CallRow {
    /// The arguments that few calls have.
    pub fn more(&self) -> &CallMore {
        static NONE: CallMore =
            CallMore { address: None, how: None, duration: None, text: Span { at: 0, len: 0 } };
        self.more.as_deref().unwrap_or(&NONE)
    }
}

/// How a call ended, as stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StoredOutcome {
    /// A value.
    Value(i64),
    /// An error number.
    Errno(u16),
    /// Words, in the text arena.
    Failed(Span),
}

/// The return of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnRow {
    /// The event.
    pub event: EventId,
    /// The call's row.
    pub call: u32,
    /// What it returned.
    pub outcome: StoredOutcome,
    /// What it received.
    pub data: StoredData,
    /// The peer's address and the new socket, which few calls give.
    pub(super) more: Option<Box<(Option<SocketAddr>, Option<SocketId>)>>,
    /// Bytes of the datagram thrown away.
    pub truncated: u32,
}

impl ReturnRow {
    /// The peer's address.
    pub fn address(&self) -> Option<SocketAddr> {
        self.more.as_ref()?.0
    }

    /// The new socket.
    pub fn socket(&self) -> Option<SocketId> {
        self.more.as_ref()?.1
    }
}

/// A changed variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VarRow {
    /// Its value before.
    pub old: i64,
    /// Its value after.
    pub new: i64,
    /// The event.
    pub event: EventId,
    /// Which.
    pub var: Var,
}

/// A decoded frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRow {
    /// The event.
    pub event: EventId,
    /// The socket that decoded it.
    pub socket: SocketId,
    /// In what it sent, not in what it received.
    pub sent: bool,
    /// The stream, once the socket has a connection.
    pub stream: StreamId,
    /// Its first byte.
    pub start: u64,
    /// Behind its last byte.
    pub end: u64,
    /// The framing's name, in the text arena.
    pub framing: Span,
    /// Its first role in the table of roles.
    pub first_role: u32,
    /// How many roles.
    pub role_count: u32,
    /// The error, in the text arena.
    pub error: Option<Span>,
}

/// A number that belongs to an event: bytes accepted, a limit's value, events lost, the instant a timer is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRow {
    /// The event.
    pub event: EventId,
    /// The number.
    pub value: u64,
}

/// Words that belong to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextRow {
    /// The event.
    pub event: EventId,
    /// The words, in the text arena.
    pub text: Span,
}

/// Content of a stream that came by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRow {
    /// The event.
    pub event: EventId,
    /// What the socket sent, not what it received.
    pub sent: bool,
    /// Where in the stream.
    pub offset: u64,
    /// The content.
    pub data: StoredData,
}

/// A datagram of a UDP flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatagramRow {
    /// The event that made it known.
    pub event: EventId,
    /// The flow's direction.
    pub stream: StreamId,
    /// Where its bytes stand in the stream: datagrams stand one behind the other in the order of their sending.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u32,
    /// The row of the call that sent it.
    pub call: u32,
    /// The row of the (first) packet that carried it.
    pub packet: u32,
    /// The row of the call that received it.
    pub received: u32,
    /// It was never sent: the call failed.
    pub void: bool,
}

/// Stands in rows for "none".
pub const NO_ROW: u32 = u32::MAX;

/// The tables, with roles in a list of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// Hosts.
    pub hosts: Vec<HostRow>,
    /// Programs.
    pub programs: Vec<ProgramRow>,
    /// Threads.
    pub threads: Vec<ThreadRow>,
    /// Sockets.
    pub sockets: Vec<SocketRow>,
    /// Names of sockets.
    pub names: Vec<NameRow>,
    /// Calls.
    pub calls: Vec<CallRow>,
    /// Returns of calls.
    pub returns: Vec<ReturnRow>,
    /// Packets.
    pub packets: Vec<PacketRow>,
    /// Packets that wait.
    pub queued: Vec<QueueRow>,
    /// Copies: the event and the copy's row.
    pub copies: Vec<ValueRow>,
    /// Changed packets.
    pub corrupted: Vec<CorruptRow>,
    /// Changed variables.
    pub vars: VarTable,
    /// Frames.
    pub frames: Vec<FrameRow>,
    /// The roles of all frames.
    pub roles: Vec<RoleRange>,
    /// Numbers of events.
    pub values: Vec<ValueRow>,
    /// Words of events.
    pub texts: Vec<TextRow>,
    /// Contents that came by themselves.
    pub contents: Vec<ContentRow>,
    /// What repeats in calls' data.
    pub units: Vec<UnitRow>,
    /// Datagrams.
    pub datagrams: Vec<DatagramRow>,
}
