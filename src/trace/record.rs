//! The one vocabulary by which a trace grows: the same for the simulation, a recorder and a capture.
//!
//! A [`Record`] says when something happened, how we know, why, and [what](What). Records borrow: recording copies what
//! it needs and allocates nothing per event. Everything, even a host's name, is a record and becomes one event; the
//! ordinal number of the record is its [`EventId`], in memory and in a file.
//!
//! # Who must say what
//!
//! | | simulation | recorder | capture |
//! | --- | --- | --- | --- |
//! | [`What::Host`], [`What::Program`], [`What::Thread`] | all | its own host | one per address |
//! | [`What::Socket`], [`What::SocketNamed`] | all | all | none |
//! | [`What::CallBegun`], [`What::CallReturned`] | all, `sendall` and frame calls with their inner calls | all | none |
//! | [`What::PacketSent`] … [`What::PacketIgnored`] | all | none | sent (captured) and arrived (inferred) |
//! | [`What::VarChange`], [`What::Timer`], [`What::RuleFired`] | as the probe hears them | TCP_INFO samples | states (inferred) |
//!
//! What belongs together (which connection a packet is of, which bytes of the stream a call carried) is worked out by
//! the trace from addresses, sequence numbers and the order of calls; nobody has to say it twice.

use std::net::{IpAddr, SocketAddr};

use super::code::{DropReason, Errno, How, Limit, Op, Provenance, Transport};
use super::id::{CallId, EventId, HostId, PacketId, ProgramId, SocketId, ThreadId};
use crate::framing::Role;
use crate::probe::{Timer, TimerChange, Var};
use crate::rule::Rule;
use crate::time::{Duration, Instant};

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    /// When. Records come in the order in which they happened; a time earlier than the last one's is kept as it is, and
    /// queries by time take the latest time so far in its stead.
    pub time: Instant,
    /// How we know.
    pub provenance: Provenance,
    /// The event that made it happen: of a packet sent, the call, arrival or timer that made the endpoint send; of an
    /// arrival, the sending; of a call's return, the arrival or timer that woke it.
    pub cause: Option<EventId>,
    /// What happened.
    pub what: What<'a>,
}

impl<'a> Record<'a> {
    /// A record without a cause.
    pub fn new(time: Instant, provenance: Provenance, what: What<'a>) -> Self {
        Record { time, provenance, cause: None, what }
    }

    /// The same record with a cause.
    pub fn because(mut self, cause: EventId) -> Self {
        self.cause = Some(cause);
        self
    }
}

/// What happened. The names of the kinds are those of [`Kind`](crate::trace::Kind).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What<'a> {
    /// There is a host.
    Host {
        /// Its number.
        host: HostId,
        /// Its name, as shown.
        name: &'a str,
        /// Its addresses; the first of each family is the one it sends from.
        addresses: &'a [IpAddr],
    },
    /// A program runs on a host.
    Program {
        /// Its number.
        program: ProgramId,
        /// Where it runs.
        host: HostId,
        /// Its name, as shown (`client.py`).
        name: &'a str,
        /// Its language (`python`), empty if it has no source.
        language: &'a str,
        /// Its source text, empty if it has none. Lines count from 1.
        source: &'a str,
    },
    /// A thread starts. A program's first thread is recorded as well.
    Thread {
        /// Its number.
        thread: ThreadId,
        /// Where it runs.
        host: HostId,
        /// The program it belongs to, if one is known.
        program: Option<ProgramId>,
        /// Its name, as shown; may be empty.
        name: &'a str,
    },
    /// There is a socket: by socket(), or by accept() (in the simulation: as soon as the SYN made it).
    Socket {
        /// Its number.
        socket: SocketId,
        /// Its host.
        host: HostId,
        /// TCP or UDP.
        transport: Transport,
        /// Its own address, once it has one.
        local: Option<SocketAddr>,
        /// Its peer's address, once it has one.
        remote: Option<SocketAddr>,
        /// The listening socket that it came from; `None` for a socket made by socket().
        listener: Option<SocketId>,
    },
    /// A socket's addresses became known or changed: after bind(), at connect(), at the first sendto().
    SocketNamed {
        /// Which.
        socket: SocketId,
        /// Its own address, as known from now on.
        local: Option<SocketAddr>,
        /// Its peer's address, as known from now on.
        remote: Option<SocketAddr>,
    },
    /// A thread entered a socket call.
    CallBegun {
        /// The call's number.
        call: CallId,
        /// The host.
        host: HostId,
        /// The calling thread.
        thread: ThreadId,
        /// The socket it concerns; `None` for sleep() or a failed socket().
        socket: Option<SocketId>,
        /// Which call.
        op: Op,
        /// Its arguments.
        args: Args<'a>,
        /// The line of the program's source, from 1.
        line: Option<u32>,
        /// The call that this one is part of: `sendall` is made of `send`s, reading a frame of `recv`s. Bytes count once:
        /// only calls that contain no others carry `args.data` and received data.
        parent: Option<CallId>,
    },
    /// Some of a blocked send's bytes went into the send buffer. Needed only when a call's bytes are accepted bit by bit;
    /// else the return says it.
    BytesAccepted {
        /// The send call.
        call: CallId,
        /// How many more were accepted.
        bytes: u64,
    },
    /// A socket call returned.
    CallReturned {
        /// Which.
        call: CallId,
        /// What it returned.
        outcome: Outcome<'a>,
        /// What it received; empty for all others.
        data: Data<'a>,
        /// The peer: of accept() and recvfrom().
        address: Option<SocketAddr>,
        /// The new socket: of socket() and accept().
        socket: Option<SocketId>,
        /// How many bytes of the datagram were thrown away because the buffer was too small.
        truncated: u32,
    },
    /// A packet left a host (or, captured, was seen on its way). The capture of a fragment, a retransmission or a bare
    /// acknowledgment is a packet of its own.
    PacketSent {
        /// Its number.
        packet: PacketId,
        /// The host that sent it.
        host: HostId,
        /// The socket that sent it, if one is known.
        socket: Option<SocketId>,
        /// The packet from its IP header on: whole, cut off by a capture's snap length, or (with `payload`) only its headers.
        bytes: &'a [u8],
        /// The length of the whole IP packet on the wire.
        len: u32,
        /// Saves copying in bulk runs: the bytes after those given are the sender's stream from this offset on, as its send
        /// calls said. `None`: the payload is in `bytes`, and the trace finds out by itself that the stream has it already.
        payload: Option<u64>,
        /// The rule by which it was sent.
        rule: Option<Rule>,
        /// Sent again (as the endpoint knows it).
        retransmission: bool,
        /// The packet that this is a fragment of.
        parent: Option<PacketId>,
    },
    /// A packet waits in the network: in a link's queue, or held back on purpose.
    PacketQueued {
        /// Which.
        packet: PacketId,
        /// Octets that wait before it in the queue.
        behind: u32,
        /// When it goes on.
        until: Instant,
    },
    /// A packet was lost.
    PacketDropped {
        /// Which.
        packet: PacketId,
        /// Why.
        why: DropReason,
    },
    /// The network made a copy of a packet; the copy goes its own way.
    PacketDuplicated {
        /// The original.
        packet: PacketId,
        /// The copy's number.
        copy: PacketId,
    },
    /// The network changed a packet's bytes.
    PacketCorrupted {
        /// Which.
        packet: PacketId,
        /// Where, counted from the IP header's first octet.
        at: u32,
        /// The octets that stand there now.
        bytes: &'a [u8],
    },
    /// A packet reached a host.
    PacketArrived {
        /// Which.
        packet: PacketId,
        /// The host.
        host: HostId,
    },
    /// An endpoint took a packet in.
    PacketConsumed {
        /// Which.
        packet: PacketId,
        /// The socket.
        socket: SocketId,
        /// The rule it was processed by.
        rule: Option<Rule>,
    },
    /// A packet reached a host and had no effect there (out of window, bad checksum, nobody listens).
    PacketIgnored {
        /// Which.
        packet: PacketId,
        /// The socket that refused it, if it got that far.
        socket: Option<SocketId>,
        /// The rule by which it was refused.
        rule: Option<Rule>,
    },
    /// A variable of an endpoint changed. Changes of [`Var::State`] are events of kind `StateChange`, all others of kind
    /// `VarChange`.
    VarChange {
        /// The endpoint.
        socket: SocketId,
        /// The variable.
        var: Var,
        /// Its value until now, in its unit; [`Vars::UNSET`](crate::probe::Vars::UNSET) if it had none.
        old: i64,
        /// Its value from now on.
        new: i64,
        /// The rule that changed it.
        rule: Option<Rule>,
    },
    /// A timer was set, cancelled, or fired.
    Timer {
        /// The endpoint.
        socket: SocketId,
        /// The timer.
        timer: Timer,
        /// What became of it.
        change: TimerChange,
        /// The rule by which.
        rule: Option<Rule>,
    },
    /// A rule made an endpoint act, beyond what the records beside it show: a simulation tells it only where neither the record before
    /// nor the one behind it (a change, a timer, the packet that it sent) names the rule.
    RuleFired {
        /// The endpoint.
        socket: SocketId,
        /// The rule.
        rule: Rule,
    },
    /// A decoder found a frame, part of one, or an error, in what a socket received or sent.
    FrameDecoded {
        /// The socket.
        socket: SocketId,
        /// False: in what it receives; true: in what it sends.
        sent: bool,
        /// The framing, as its specification string (`json-header:data_size`).
        framing: &'a str,
        /// The frame's first octet, as an offset in the stream.
        start: u64,
        /// Behind its last octet.
        end: u64,
        /// What the octets of the frame are, in order.
        roles: &'a [RoleRange],
        /// Why it could not be decoded.
        error: Option<&'a str>,
    },
    /// Content of a socket's stream that no call and no packet carries (a file sent by sendfile()).
    StreamBytes {
        /// The socket.
        socket: SocketId,
        /// False: what it receives; true: what it sends.
        sent: bool,
        /// Where in the stream.
        offset: u64,
        /// The content.
        data: Data<'a>,
    },
    /// A command from outside, as a fork's stamp: `drop packet 7`.
    Command {
        /// The command's text.
        text: &'a str,
    },
    /// A remark for the reader.
    Note {
        /// The remark.
        text: &'a str,
    },
    /// The run was stopped by a limit.
    LimitReached {
        /// Which limit.
        limit: Limit,
        /// Its value: nanoseconds, events or octets.
        value: u64,
    },
    /// The recorder could not keep up and left out this many events here.
    Lost {
        /// How many.
        events: u64,
    },
    /// What the clock on the wall said at instant 0. A recorder and a capture tell it first; a simulation has none.
    Clock {
        /// Nanoseconds since 1970-01-01 00:00 UTC.
        epoch_nanos: u64,
    },
}

/// Bytes that a call carried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Data<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// `len` bytes that repeat `unit`, beginning at `unit[phase % unit.len()]`: bulk data that need not be held. An empty `unit`
    /// means unknown bytes.
    Repeat {
        /// What repeats.
        unit: &'a [u8],
        /// Where in the unit it begins.
        phase: u32,
        /// How many bytes in all.
        len: u64,
    },
    /// `len` bytes, the same as the stream has at this place: they need not be said again. For received data.
    FromStream {
        /// How many.
        len: u64,
    },
    /// `len` bytes that were not recorded.
    Unknown {
        /// How many.
        len: u64,
    },
}

impl<'a> Data<'a> {
    /// No bytes.
    pub const NONE: Data<'static> = Data::Bytes(&[]);

    /// How many bytes.
    pub const fn len(&self) -> u64 {
        match *self {
            Data::Bytes(bytes) => bytes.len() as u64,
            Data::Repeat { len, .. } | Data::FromStream { len } | Data::Unknown { len } => len,
        }
    }

    /// True for no bytes.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Data<'_> {
    fn default() -> Self {
        Data::NONE
    }
}

/// The arguments of a call; each call uses some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Args<'a> {
    /// The size asked for (recv), the backlog (listen), an option's value (setsockopt).
    pub size: Option<u64>,
    /// The address: of bind, connect, sendto.
    pub address: Option<SocketAddr>,
    /// Which direction to shut down.
    pub how: Option<How>,
    /// How long to sleep or to wait.
    pub duration: Option<Duration>,
    /// The name of an option or file, or a flag.
    pub text: &'a str,
    /// What is sent.
    pub data: Data<'a>,
}

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// A value: a count of bytes, a descriptor, 0.
    Value(i64),
    /// An error of the system.
    Errno(Errno),
    /// An error of the library above it, in its own words (`EOF in mid-frame at offset 7`).
    Failed(&'a str),
}

/// What some octets of a stream are within their frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRange {
    /// What they are.
    pub role: Role,
    /// The first, as an offset in the stream.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
}
