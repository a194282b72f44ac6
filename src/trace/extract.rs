//! One connection out of many: a trace of its own, with its packets, calls and changes, and nothing of the others.

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
    let mut hosts: Vec<HostId> = Vec::new();
    for host in trace.records().filter(|r| pick.owner(&r.what) == Some(connection)).filter_map(host_of) {
        // A connection has few: those at its ends.
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
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
    /// By a call's row: the new socket that it gave.
    gave: Vec<SocketId>,
    /// Of [`Trace::socket_ids`]: whether it is one of UDP.
    udp: Vec<bool>,
}

impl<'t> Pick<'t> {
    fn new(trace: &'t Trace, wanted: ConnectionId) -> Pick<'t> {
        let tables = trace.tables();
        let mut gave = vec![SocketId::NONE; tables.calls.len()];
        for back in &tables.returns {
            if let (Some(place), Some(socket)) = (gave.get_mut(back.call as usize), back.socket()) {
                *place = socket;
            }
        }
        let mut udp = vec![false; trace.socket_ids().count()];
        for socket in tables.sockets.iter().filter(|socket| socket.transport == Transport::Udp) {
            if let Some(place) = trace.socket_row(socket.id).and_then(|row| udp.get_mut(row)) {
                *place = true;
            }
        }
        Pick { trace, wanted, connection: trace.connection(wanted), gave, udp }
    }

    fn socket(&self, socket: SocketId) -> Option<ConnectionId> {
        let row = self.trace.socket_row(socket);
        if !row.and_then(|row| self.udp.get(row)).is_some_and(|udp| *udp) {
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
        let at = self.trace.row_of_call(call)?;
        let row = self.trace.tables().calls.get(at)?;
        if let Some(range) = row.range {
            return Some(range.stream.connection());
        }
        let socket = self.gave.get(at).and_then(|socket| socket.known()).or(row.socket);
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
