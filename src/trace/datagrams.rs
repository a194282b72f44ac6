//! What calls do to datagrams: which one a receive took, and what became of those that nobody took.

use std::net::SocketAddr;

use super::flows::BEFORE_FIRST;
use super::id::{EventId, SocketId, StreamId};
use super::record::Data;
use super::store::Trace;
use super::summary::{Summary, protocol};
use super::tables::{DatagramRow, NO_ROW, StoredData, StreamRange};

impl Trace {
    pub(super) fn add_datagram(&mut self, event: EventId, stream: StreamId, len: u32) -> u32 {
        let at = self.tables.datagrams.len() as u32;
        let (connection, side) = (stream.connection(), stream.side());
        let Some(c) = self.flows.get_mut(connection) else { return NO_ROW };
        let offset = c.sent[side as usize];
        c.sent[side as usize] = offset.saturating_add(u64::from(len));
        self.tables.datagrams.push(DatagramRow {
            event,
            stream,
            offset,
            len,
            call: NO_ROW,
            packet: NO_ROW,
            received: NO_ROW,
            void: false,
        });
        if let Some(state) = self.streams.get_mut(stream.index()) {
            state.datagrams.push(at);
        }
        at
    }

    /// The row of the datagram that holds this place of a flow.
    pub fn datagram_at(&self, stream: StreamId, offset: u64) -> Option<u32> {
        let rows = &self.streams.get(stream.index())?.datagrams;
        let offset_of = |row: &u32| self.tables.datagrams.get(*row as usize).map_or(0, |d| d.offset);
        let last_not_behind = rows.partition_point(|row| offset_of(row) <= offset).checked_sub(1)?;
        // Of several at one place (empty ones), the last is the one with bytes.
        rows.get(last_not_behind).copied()
    }

    pub(super) fn datagram_begun(
        &mut self,
        event: EventId,
        row: usize,
        socket: SocketId,
        data: StoredData,
        to: Option<SocketAddr>,
    ) {
        let state = self.socket_mut(socket);
        let Some(to) = to.or(state.remote) else { return };
        if state.local.is_none_or(|l| l.port() == 0) && !state.nameless {
            // The system gives the socket its port in this very call: its packet, its name or its return will tell.
            state.unplaced.push(row as u32);
            return;
        }
        let Some(state) = self.socket_state(socket) else { return };
        let from = self.source_address(state, to);
        let stream = self.flows.udp(event, from, to);
        self.fit_streams();
        if let Some(c) = self.flows.get_mut(stream.connection()) {
            c.socket[stream.side() as usize].get_or_insert(socket);
        }
        let state = self.socket_mut(socket);
        state.connection.get_or_insert((stream.connection(), stream.side()));
        let datagram = self.add_datagram(event, stream, u32::try_from(data.len()).unwrap_or(u32::MAX));
        if let Some(d) = self.tables.datagrams.get_mut(datagram as usize) {
            d.call = row as u32;
            let range =
                StreamRange { stream, start: d.offset, end: d.offset.saturating_add(u64::from(d.len)) };
            self.know(event, stream, range.start, data);
            self.tables.calls[row].range = Some(range);
        }
    }

    /// Places the datagrams that waited for their socket's port.
    pub(super) fn place_waiting(&mut self, event: EventId, socket: SocketId) {
        let state = self.socket_mut(socket);
        let waiting = std::mem::take(&mut state.unplaced);
        state.nameless = true;
        for row in waiting {
            if let Some(call) = self.tables.calls.get(row as usize) {
                let (data, address) = (call.data, call.more().address);
                self.datagram_begun(event, row as usize, socket, data, address);
            }
        }
        self.socket_mut(socket).nameless = false;
    }

    pub(super) fn datagram_failed(&mut self, event: EventId, row: usize) {
        let Some(range) = self.tables.calls[row].range.take() else { return };
        let own = |d: &&mut DatagramRow| d.call == row as u32;
        let Some(datagram) = self.tables.datagrams.iter_mut().rev().find(own) else { return };
        datagram.void = true;
        let newest = self
            .flows
            .get_mut(range.stream.connection())
            .filter(|c| datagram.packet == NO_ROW && c.sent[range.stream.side() as usize] == range.end);
        if let Some(c) = newest {
            // The last datagram of its flow: its place is free again.
            c.sent[range.stream.side() as usize] = range.start;
            datagram.len = 0;
            if let Some(state) = self.streams.get_mut(range.stream.index()) {
                state.content.cut(range.start, event.0);
            }
        }
    }

    /// Where the next datagram of this length that leaves stands in its flow.
    pub(super) fn next_datagram_offset(&mut self, stream: StreamId, len: u32) -> u64 {
        let end = self
            .connection(stream.connection())
            .map_or(0, |c| c.sent.get(stream.side() as usize).copied().unwrap_or(0));
        let Some(state) = self.streams.get_mut(stream.index()) else { return end };
        while let Some(row) = state.datagrams.get(state.unsent) {
            match self.tables.datagrams.get(*row as usize) {
                Some(d) if d.void || d.packet != NO_ROW => state.unsent += 1,
                Some(d) if d.len == len => return d.offset,
                _ => break,
            }
        }
        end
    }

    /// A packet carried a datagram (its first fragment, if it has several).
    pub(super) fn datagram_sent(&mut self, event: EventId, packet: usize, s: &Summary) {
        let row = self.tables.packets[packet];
        if s.protocol != protocol::UDP || !s.has_ports() || row.offset == BEFORE_FIRST {
            return;
        }
        let Some(stream) = row.stream.known() else { return };
        let state = self.streams.get(stream.index());
        let waiting = state.and_then(|st| st.datagrams.get(st.unsent)).copied();
        let fits = |d: &DatagramRow| d.offset == row.offset && d.len == s.datagram_len && !d.void;
        let datagram = match waiting.filter(|w| self.tables.datagrams.get(*w as usize).is_some_and(fits)) {
            Some(waiting) => waiting,
            None => self.add_datagram(event, stream, s.datagram_len),
        };
        if let Some(d) = self.tables.datagrams.get_mut(datagram as usize) {
            d.packet = packet as u32;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one return, taken apart by its caller")]
    pub(super) fn datagram_received(
        &mut self,
        event: EventId,
        row: usize,
        socket: SocketId,
        cause: Option<EventId>,
        data: Data<'_>,
        from: Option<SocketAddr>,
        truncated: u32,
    ) -> StoredData {
        let len = data.len().saturating_add(u64::from(truncated));
        let state = self.socket_mut(socket);
        let Some(from) = from.or(state.remote) else { return self.keep_data(data) };
        let caused_by = cause
            .and_then(|event| self.packet_row_of(event))
            .and_then(|row| self.tables.packets.get(row as usize).copied())
            .filter(|p| p.offset != BEFORE_FIRST && p.protocol == protocol::UDP)
            .and_then(|p| self.datagram_at(p.stream.known()?, p.offset));
        let datagram = match caused_by {
            Some(found) => found,
            None => {
                let Some(state) = self.socket_state(socket) else { return self.keep_data(data) };
                let to = self.source_address(state, from);
                let stream = self.flows.udp(event, from, to);
                self.fit_streams();
                match self.next_unreceived(stream, len) {
                    Some(found) => found,
                    None => self.add_datagram(event, stream, u32::try_from(len).unwrap_or(u32::MAX)),
                }
            }
        };
        let Some(d) = self.tables.datagrams.get_mut(datagram as usize) else { return self.keep_data(data) };
        if d.received == NO_ROW {
            d.received = row as u32;
        }
        let d = *d;
        let end = d.offset.saturating_add(u64::from(d.len));
        self.tables.calls[row].range = Some(StreamRange { stream: d.stream, start: d.offset, end });
        let side = d.stream.side().other();
        if let Some(c) = self.flows.get_mut(d.stream.connection()) {
            c.socket[side as usize].get_or_insert(socket);
        }
        self.socket_mut(socket).connection.get_or_insert((d.stream.connection(), side));
        self.keep_received(event, d.stream, d.offset, data)
    }

    /// The first datagram of this length that nobody received; the ones before it that nobody received are lost or late.
    pub(super) fn next_unreceived(&mut self, stream: StreamId, len: u64) -> Option<u32> {
        let state = self.streams.get_mut(stream.index())?;
        let datagrams = &self.tables.datagrams;
        let row_of = |row: &u32| datagrams.get(*row as usize);
        while let Some(row) = state.datagrams.get(state.unreceived) {
            if !row_of(row).is_some_and(|d| d.void || d.received != NO_ROW) {
                break;
            }
            state.unreceived += 1;
        }
        let waiting = state.datagrams.get(state.unreceived..)?.iter().take(256);
        let fits = |d: &DatagramRow| !d.void && d.received == NO_ROW && u64::from(d.len) == len;
        waiting.copied().find(|row| row_of(row).is_some_and(fits))
    }
}
