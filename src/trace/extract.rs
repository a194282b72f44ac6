//! One connection out of many: a trace of its own, with its packets, calls and changes, and nothing of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::code::Transport;
use super::flows::Connection;
use super::id::{CallId, ConnectionId, EventId, HostId, PacketId, SocketId};
use super::record::{Record, What};
use super::sink::Sink;
use super::store::Trace;
use super::tables::PacketRow;

/// Takes one connection out of a trace. What belongs to no connection (remarks, a listening socket, a sleep) stays where its host
/// stays; a cause that is left out is forgotten. Asked for a connection that is not there, it holds remarks only.
pub fn extract(trace: &Trace, connection: ConnectionId) -> Trace {
    let pick = Pick::new(trace, connection);
    let kept = |record: &Record<'_>| pick.owner(&record.what).is_none_or(|owner| owner == connection);
    let hosts: BTreeSet<HostId> =
        trace.records().filter(|r| pick.owner(&r.what) == Some(connection)).filter_map(host_of).collect();
    let mut out = Trace::new();
    let mut numbers: Vec<Option<EventId>> = Vec::with_capacity(trace.len());
    for mut record in trace.records() {
        let here = stands_on(&record.what).is_none_or(|host| hosts.contains(&host));
        if !kept(&record) || !here {
            numbers.push(None);
            continue;
        }
        record.cause = record.cause.and_then(|cause| numbers.get(cause.index()).copied().flatten());
        numbers.push(Some(out.record(record)));
    }
    out
}

/// The host that a record of the connection speaks of.
fn host_of(record: Record<'_>) -> Option<HostId> {
    match record.what {
        What::Socket { host, .. }
        | What::CallBegun { host, .. }
        | What::PacketSent { host, .. }
        | What::PacketArrived { host, .. } => Some(host),
        _ => None,
    }
}

/// The host without which a record makes no sense.
fn stands_on(what: &What<'_>) -> Option<HostId> {
    match *what {
        What::Host { host, .. }
        | What::Program { host, .. }
        | What::Thread { host, .. }
        | What::Socket { host, .. }
        | What::CallBegun { host, .. } => Some(host),
        _ => None,
    }
}

/// Whose a record is.
struct Pick<'t> {
    trace: &'t Trace,
    wanted: ConnectionId,
    connection: Option<&'t Connection>,
    /// The new sockets that calls gave.
    gave: BTreeMap<CallId, SocketId>,
    /// The transports of sockets.
    udp: BTreeSet<SocketId>,
}

impl<'t> Pick<'t> {
    fn new(trace: &'t Trace, wanted: ConnectionId) -> Pick<'t> {
        let tables = trace.tables();
        let call = |row: u32| tables.calls.get(row as usize).map(|call| call.id);
        let gave = tables.returns.iter().filter_map(|back| Some((call(back.call)?, back.socket?))).collect();
        let udp = tables.sockets.iter().filter(|s| s.transport == Transport::Udp).map(|s| s.id).collect();
        Pick { trace, wanted, connection: trace.connection(wanted), gave, udp }
    }

    fn socket(&self, socket: SocketId) -> Option<ConnectionId> {
        if !self.udp.contains(&socket) {
            return self.trace.connection_of(socket).map(|(connection, _)| connection);
        }
        // A UDP socket may serve many flows: it is of this one if it stands at one of its ends.
        let known = self.connection?;
        let own = self.trace.addresses_of(socket).0?;
        let stands = |end: &Option<SocketAddr>| {
            end.is_some_and(|end| {
                own.port() == end.port() && (own.ip() == end.ip() || own.ip().is_unspecified())
            })
        };
        let is_here = known.transport == Transport::Udp && known.address.iter().any(stands);
        Some(if is_here { self.wanted } else { ConnectionId::NONE })
    }

    fn packet(&self, packet: PacketId) -> Option<ConnectionId> {
        self.trace.packet(packet).and_then(PacketRow::connection)
    }

    fn call(&self, call: CallId) -> Option<ConnectionId> {
        let row = self.trace.call(call)?;
        if let Some(range) = row.range {
            return Some(range.stream.connection());
        }
        let socket = self.gave.get(&call).copied().or(row.socket);
        let own = socket.and_then(|socket| self.socket(socket));
        // A call on the listening socket that gave nothing belongs to nobody.
        own.or_else(|| row.parent.and_then(|parent| self.call(parent)))
    }

    /// The connection that a record belongs to; `None` if to none.
    fn owner(&self, what: &What<'_>) -> Option<ConnectionId> {
        match *what {
            What::Socket { socket, .. }
            | What::SocketNamed { socket, .. }
            | What::VarChange { socket, .. }
            | What::Timer { socket, .. }
            | What::RuleFired { socket, .. }
            | What::FrameDecoded { socket, .. }
            | What::StreamBytes { socket, .. } => self.socket(socket),
            What::CallBegun { call, .. }
            | What::BytesAccepted { call, .. }
            | What::CallReturned { call, .. } => self.call(call),
            What::PacketSent { packet, .. }
            | What::PacketQueued { packet, .. }
            | What::PacketDropped { packet, .. }
            | What::PacketDuplicated { packet, .. }
            | What::PacketCorrupted { packet, .. }
            | What::PacketArrived { packet, .. }
            | What::PacketConsumed { packet, .. }
            | What::PacketIgnored { packet, .. } => self.packet(packet),
            What::Host { .. }
            | What::Program { .. }
            | What::Thread { .. }
            | What::Command { .. }
            | What::Note { .. }
            | What::LimitReached { .. }
            | What::Lost { .. }
            | What::Clock { .. } => None,
        }
    }
}
