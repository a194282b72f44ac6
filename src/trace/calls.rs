//! What calls do to streams: a send's bytes get their place in the stream, a receive finds the bytes it took.

use std::net::{IpAddr, SocketAddr};

use super::code::{Op, Transport};
use super::content::{Extent, Known};
use super::id::{ConnectionId, EventId, Side, SocketId, StreamId};
use super::record::{Data, What};
use super::store::{SocketState, Trace};
use super::tables::{StoredData, StoredOutcome, StreamRange};

/// True for the calls that put bytes into a socket.
pub const fn sends(op: Op) -> bool {
    use Op::{Send, SendAll, SendFile, SendMmsg, SendMsg, SendTo, WriteFrame};
    matches!(op, Send | SendAll | SendTo | SendMsg | SendMmsg | SendFile | WriteFrame)
}

/// True for the calls that take bytes out of a socket.
pub const fn receives(op: Op) -> bool {
    use Op::{ReadFrame, Recv, RecvExactly, RecvFrom, RecvMmsg, RecvMsg};
    matches!(op, Recv | RecvExactly | RecvFrom | RecvMsg | RecvMmsg | ReadFrame)
}

impl Trace {
    pub(super) fn name_socket(
        &mut self,
        event: EventId,
        socket: SocketId,
        local: Option<SocketAddr>,
        remote: Option<SocketAddr>,
    ) {
        let state = self.socket_mut(socket);
        let renamed = (state.local, state.remote) != (local, remote);
        (state.local, state.remote) = (local, remote);
        let (transport, accepted, known) = (state.transport, state.accepted, state.connection);
        if !state.unplaced.is_empty() && local.is_some_and(|l| l.port() != 0) {
            self.place_waiting(event, socket);
        }
        let (Some(local), Some(remote), Transport::Tcp, true) = (local, remote, transport, renamed) else {
            return;
        };
        // Data came before the addresses: the connection gets them now.
        if let Some((id, side)) = known
            && self.flows.complete(id, side, local, remote)
        {
            return;
        }
        let found = self.flows.of_socket(event, transport, (socket, accepted), local, remote);
        let state = self.socket_mut(socket);
        state.connection = Some(found);
        (state.sent, state.received) = (0, 0);
        self.fit_streams();
    }

    /// A socket's connection; one without addresses if none is known.
    pub(super) fn connection_for(&mut self, event: EventId, socket: SocketId) -> (ConnectionId, Side) {
        let state = self.socket_mut(socket);
        if let Some(found) = state.connection {
            return found;
        }
        let (transport, local, remote, accepted) =
            (state.transport, state.local, state.remote, state.accepted);
        let (side, client, server) =
            if accepted { (Side::Server, remote, local) } else { (Side::Client, local, remote) };
        let id = self.flows.anonymous(event, transport, client, server);
        if let Some(connection) = self.flows.get_mut(id) {
            connection.socket[side as usize] = Some(socket);
        }
        self.socket_mut(socket).connection = Some((id, side));
        self.fit_streams();
        (id, side)
    }

    /// The stream that a socket sends, or the one it receives; `None` while it has no connection.
    pub fn stream_of(&self, socket: SocketId, sent: bool) -> Option<StreamId> {
        let (id, side) = self.connection_of(socket)?;
        Some(id.stream(if sent { side } else { side.other() }))
    }

    /// A stream learns its content.
    pub(super) fn know(&mut self, event: EventId, stream: StreamId, offset: u64, data: StoredData) {
        let (bytes, repeats, len) = match data {
            StoredData::Bytes(span) => (span, None, u64::from(span.len)),
            StoredData::Repeat { unit, len } => match self.tables.units.get(unit as usize) {
                Some(row) => (row.unit, Some(row.phase), len),
                None => return,
            },
            StoredData::FromStream(_) | StoredData::Unknown(_) => return,
        };
        if let Some(state) = self.streams.get_mut(stream.index()) {
            state.content.insert(Extent { start: offset, len, bytes, repeats, event: event.0 });
        }
    }

    pub(super) fn send_begun(&mut self, event: EventId, row: usize) {
        let call = &self.tables.calls[row];
        let (op, data, address) = (call.op, call.data, call.more().address);
        let Some(socket) = call.socket.filter(|_| sends(op)) else { return };
        match self.socket_mut(socket).transport {
            Transport::Tcp => {
                // A call that only contains others says no bytes of its own.
                if data.is_empty() {
                    return;
                }
                let (connection, side) = self.connection_for(event, socket);
                let stream = connection.stream(side);
                let start = self.socket_mut(socket).sent;
                self.know(event, stream, start, data);
                self.tables.calls[row].range = Some(StreamRange { stream, start, end: start });
            }
            Transport::Udp => self.datagram_begun(event, row, socket, data, address),
        }
    }

    pub(super) fn accept_bytes(&mut self, row: usize, bytes: u64) {
        let call = &mut self.tables.calls[row];
        let (Some(range), Some(socket)) = (&mut call.range, call.socket) else { return };
        range.end = range.end.saturating_add(bytes).min(range.start.saturating_add(call.data.len()));
        let range = *range;
        self.bytes_sent(socket, range);
    }

    fn bytes_sent(&mut self, socket: SocketId, range: StreamRange) {
        let state = self.socket_mut(socket);
        state.sent = state.sent.max(range.end);
        if let Some(connection) = self.flows.get_mut(range.stream.connection()) {
            let sent = &mut connection.sent[range.stream.side() as usize];
            *sent = (*sent).max(range.end);
        }
    }

    pub(super) fn send_returned(&mut self, event: EventId, row: usize, outcome: StoredOutcome) {
        let call = &self.tables.calls[row];
        let Some(socket) = call.socket.filter(|_| sends(call.op)) else { return };
        let asked = call.data.len();
        if self.socket_mut(socket).transport == Transport::Udp {
            if self.socket_mut(socket).unplaced.contains(&(row as u32)) {
                self.place_waiting(event, socket);
            }
            if !matches!(outcome, StoredOutcome::Value(_)) {
                self.datagram_failed(event, row);
            }
            return;
        }
        let call = &self.tables.calls[row];
        let (op, range) = (call.op, call.range);
        let returned = match outcome {
            StoredOutcome::Value(n) if !matches!(op, Op::SendAll | Op::WriteFrame) => {
                u64::try_from(n).unwrap_or(0)
            }
            StoredOutcome::Value(_) => asked,
            _ => range.map_or(0, |r| r.len()),
        };
        match range {
            Some(range) => {
                let accepted = returned.min(asked).max(range.len());
                let range = StreamRange { end: range.start.saturating_add(accepted), ..range };
                self.tables.calls[row].range = Some(range);
                self.bytes_sent(socket, range);
                if accepted < asked
                    && let Some(state) = self.streams.get_mut(range.stream.index())
                {
                    state.content.cut(range.end, event.0);
                }
            }
            // The recorder kept no bytes, but their count tells how far the stream came.
            None if returned > 0 && asked == 0 => {
                let (connection, side) = self.connection_for(event, socket);
                let start = self.socket_mut(socket).sent;
                let range = StreamRange {
                    stream: connection.stream(side),
                    start,
                    end: start.saturating_add(returned),
                };
                self.tables.calls[row].range = Some(range);
                self.bytes_sent(socket, range);
            }
            None => {}
        }
    }

    pub(super) fn received(
        &mut self,
        event: EventId,
        row: usize,
        cause: Option<EventId>,
        data: Data<'_>,
        address: Option<SocketAddr>,
        truncated: u32,
    ) -> StoredData {
        let call = &self.tables.calls[row];
        let Some(socket) = call.socket.filter(|_| receives(call.op)) else { return self.keep_data(data) };
        let peek = self.text(call.more().text).contains("MSG_PEEK");
        if self.socket_mut(socket).transport == Transport::Udp {
            return self.datagram_received(event, row, socket, cause, data, address, truncated);
        }
        if data.is_empty() {
            return self.keep_data(data);
        }
        let (connection, side) = self.connection_for(event, socket);
        let stream = connection.stream(side.other());
        let state = self.socket_mut(socket);
        let start = state.received;
        let end = start.saturating_add(data.len());
        state.received = if peek { start } else { end };
        let range = StreamRange { stream, start, end };
        self.tables.calls[row].range = Some(range);
        // The peer's own socket says how far it sent; without it, what arrived does.
        if let Some(c) = self.flows.get_mut(connection) {
            let sent = &mut c.sent[side.other() as usize];
            *sent = (*sent).max(end);
        }
        self.keep_received(event, stream, start, data)
    }

    /// Whether the octets that a call received are those that stand next in its stream.
    pub(super) fn has_received(&self, what: &What<'_>) -> bool {
        let &What::CallReturned { call, data: Data::Bytes(bytes @ [_, ..]), .. } = what else { return true };
        let socket = self.call(call).and_then(|call| self.socket_state(call.socket?));
        let stream = socket.and_then(|socket| Some((socket.received, self.stream_of(socket.id, false)?)));
        stream.and_then(|(start, stream)| Some(self.content(stream)?.compare(&self.arena, start, bytes)))
            == Some(Known::Same)
    }

    /// Keeps received bytes, unless the stream holds the same already.
    pub(super) fn keep_received(
        &mut self,
        event: EventId,
        stream: StreamId,
        start: u64,
        data: Data<'_>,
    ) -> StoredData {
        if let Data::Bytes(bytes) = data
            && !bytes.is_empty()
            && let Some(state) = self.streams.get(stream.index())
            && state.content.compare(&self.arena, start, bytes) == Known::Same
        {
            return StoredData::FromStream(bytes.len() as u64);
        }
        let stored = self.keep_data(data);
        self.know(event, stream, start, stored);
        stored
    }

    /// The address that a datagram from this socket to `peer` carries as its source.
    pub(super) fn source_address(&self, state: &SocketState, peer: SocketAddr) -> SocketAddr {
        let unspecified = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.is_unspecified(),
            IpAddr::V6(ip) => ip.is_unspecified(),
        };
        match state.local {
            Some(local) if !unspecified(local.ip()) => local,
            local => {
                let port = local.map_or(0, |l| l.port());
                let own = self.host(state.host).and_then(|h| {
                    let fits = |ip: &&IpAddr| {
                        ip.is_ipv4() == peer.is_ipv4() && ip.is_loopback() == peer.ip().is_loopback()
                    };
                    h.addresses.iter().find(fits).copied()
                });
                // A socket that talks to the loopback talks from it.
                let ip = own.unwrap_or(if peer.ip().is_loopback() {
                    peer.ip()
                } else {
                    local.map_or(peer.ip(), |l| l.ip())
                });
                SocketAddr::new(ip, port)
            }
        }
    }
}
