//! Packets' rows: what a packet's events say, and what streams learn from its bytes.

use super::Common;
use crate::time::Instant;
use crate::trace::code::{Kind, Transport};
use crate::trace::content::{Extent, Known};
use crate::trace::flows::{BEFORE_FIRST, transport_of};
use crate::trace::id::{ConnectionId, EventId, HostId, PacketId, Side, SocketId, StreamId};
use crate::trace::record::What;
use crate::trace::store::Trace;
use crate::trace::summary::{self, Summary};
use crate::trace::tables::{NO_ROW, PacketRow, QueueRow, Span, StreamRange, packet_bits, rule_code};

impl Trace {
    /// The row of a packet, made if its sending was not recorded.
    pub(super) fn packet_row(&mut self, event: EventId, id: PacketId) -> usize {
        if let Some(row) = self.packet_index.get(id.0) {
            return row as usize;
        }
        self.add_packet(PacketRow {
            stored: Span::default(),
            offset: BEFORE_FIRST,
            id,
            sent: event,
            arrived: EventId::NONE,
            dropped: EventId::NONE,
            taken: EventId::NONE,
            stream: StreamId::NONE,
            parent: PacketId::NONE,
            len: 0,
            payload_len: 0,
            seq: 0,
            ack: 0,
            header_len: 0,
            flags: 0,
            window: 0,
            source_port: 0,
            destination_port: 0,
            rule: 0,
            protocol: summary::protocol::NONE,
            bits: packet_bits::STUB,
        })
    }

    pub(super) fn add_packet(&mut self, row: PacketRow) -> usize {
        let at = self.tables.packets.len();
        self.packet_index.set(row.id.0, at as u32);
        self.tables.packets.push(row);
        at
    }

    pub(super) fn take_packet_queued(
        &mut self,
        event: EventId,
        packet: PacketId,
        behind: u32,
        until: Instant,
    ) -> Common {
        let row = self.packet_row(event, packet);
        self.tables.queued.push(QueueRow { event, behind, until: until.as_nanos() });
        self.of_packet(Kind::PacketQueued, row)
    }

    pub(super) fn take_packet_arrived(&mut self, event: EventId, packet: PacketId) -> Common {
        let row = self.packet_row(event, packet);
        let packet = &mut self.tables.packets[row];
        if packet.arrived == EventId::NONE {
            packet.arrived = event;
        }
        Common::new(Kind::PacketArrived, row)
    }

    pub(super) fn take_packet_consumed(
        &mut self,
        event: EventId,
        packet: PacketId,
        socket: SocketId,
    ) -> Common {
        let row = self.packet_row(event, packet);
        self.packet_taken(event, row, Some(socket));
        self.of_socket(Kind::PacketConsumed, row, socket)
    }

    pub(super) fn of_packet(&self, kind: Kind, row: usize) -> Common {
        let sent = self.tables.packets[row].sent;
        Common::new(kind, row).at(self.host_of(sent).unwrap_or(HostId::NONE))
    }

    /// `text`: where the packet's text begins in what the socket's send calls gave; of such a packet `bytes` may be the headers
    /// alone.
    pub(super) fn take_packet_sent(&mut self, event: EventId, what: &What<'_>, text: Option<u64>) -> Common {
        let What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent } =
            *what
        else {
            return Common::new(Kind::PacketSent, NO_ROW as usize);
        };
        let s = Summary::read(bytes, len);
        if let Some(socket) = socket
            && let Some((from, _)) = s.endpoints()
            && self.socket_state(socket).is_some_and(|st| !st.unplaced.is_empty())
        {
            self.socket_mut(socket).local = Some(from);
            self.place_waiting(event, socket);
        }
        // A fragment's bytes are those of the datagram that it was cut from, which stands in the stream already.
        let whole =
            parent.and_then(|id| self.packet(id)).filter(|p| s.is_fragment() && p.stream.known().is_some());
        let whole = whole.map(|p| p.offset);
        let (stream, place) = match self.place(event, &s, whole) {
            Some((stream, offset)) => (stream, offset),
            None => (StreamId::NONE, BEFORE_FIRST),
        };
        self.fit_streams();
        let offset = payload.unwrap_or(place);
        let mut bits = 0;
        let mut set = |on: bool, bit: u8| bits |= if on { bit } else { 0 };
        set(retransmission, packet_bits::RETRANSMISSION);
        set(s.is_fragment(), packet_bits::FRAGMENT);
        set(stream.known().is_some_and(|st| st.side() == Side::Server), packet_bits::FROM_SERVER);
        set(payload.is_some(), packet_bits::HEADERS_ONLY);
        let row = self.tables.packets.len();
        let stored = if payload.is_some() {
            self.keep(bytes)
        } else {
            let said = text.zip(socket.and_then(|socket| self.stream_of(socket, true)));
            let (stored, stripped) = match said {
                Some(said) => self.keep_text_sent(event, (offset, stream), said, &s, bytes),
                None => self.keep_packet(event, stream, offset, &s, bytes),
            };
            bits |= if stripped { packet_bits::HEADERS_ONLY } else { 0 };
            stored
        };
        self.add_packet(PacketRow {
            stored,
            offset,
            id: packet,
            sent: event,
            arrived: EventId::NONE,
            dropped: EventId::NONE,
            taken: EventId::NONE,
            stream,
            parent: parent.unwrap_or(PacketId::NONE),
            len,
            payload_len: s.payload_len,
            seq: s.seq,
            ack: s.ack,
            header_len: s.header_len,
            flags: s.flags,
            window: s.window,
            source_port: s.source_port,
            destination_port: s.destination_port,
            rule: rule_code(rule),
            protocol: s.protocol,
            bits,
        });
        if let (Some(socket), Some(stream)) = (socket, stream.known()) {
            self.attach(socket, stream.connection(), stream.side());
        }
        if whole.is_none() {
            self.datagram_sent(event, row, &s);
        }
        Common::new(Kind::PacketSent, row).at(host).on(socket.unwrap_or(SocketId::NONE)).by(rule)
    }

    /// Keeps the bytes of a packet whose text stands in its socket's stream where it is `said` to. Where the addresses lead to
    /// another place (they belong to the next connection by now), its bytes are looked at as any packet's are.
    fn keep_text_sent(
        &mut self,
        event: EventId,
        (offset, stream): (u64, StreamId),
        said: (u64, StreamId),
        s: &Summary,
        bytes: &[u8],
    ) -> (Span, bool) {
        let (headers, text) = bytes.split_at(usize::from(s.header_len).min(bytes.len()));
        if said == (offset, stream) {
            debug_assert!(
                text.is_empty()
                    || self.streams[stream.index()].content.compare(&self.arena, offset, text) == Known::Same
            );
            return (self.keep(headers), true);
        }
        if !text.is_empty() {
            return self.keep_packet(event, stream, offset, s, bytes);
        }
        let (start, from) = said;
        let range = StreamRange { stream: from, start, end: start + u64::from(s.payload_len) };
        let mut bytes = headers.to_vec();
        bytes.extend(self.read_stream(range, s.payload_len as usize));
        self.keep_packet(event, stream, offset, s, &bytes)
    }

    /// Keeps a packet's bytes: only its headers if its payload is what the stream holds at its place anyway; else all of
    /// them, and the stream learns from them.
    pub(super) fn keep_packet(
        &mut self,
        event: EventId,
        stream: StreamId,
        offset: u64,
        s: &Summary,
        bytes: &[u8],
    ) -> (Span, bool) {
        let header = usize::from(s.header_len).min(bytes.len());
        let (headers, payload) = bytes.split_at(header);
        let payload = payload.get(..s.payload_len as usize).unwrap_or(payload);
        let whole = payload.len() == s.payload_len as usize && header + payload.len() == bytes.len();
        let content = self.streams.get(stream.index()).map(|st| &st.content);
        let Some(content) = content.filter(|_| offset != BEFORE_FIRST && !payload.is_empty()) else {
            return (self.keep(bytes), false);
        };
        if whole && content.compare(&self.arena, offset, payload) == Known::Same {
            return (self.keep(headers), true);
        }
        let payload_len = payload.len() as u32;
        let span = self.keep(bytes);
        let bytes = Span { at: span.at + header as u64, len: payload_len };
        let extent =
            Extent { start: offset, len: u64::from(payload_len), bytes, repeats: None, event: event.0 };
        if let Some(state) = self.streams.get_mut(stream.index()) {
            state.content.insert(extent);
        }
        (span, false)
    }

    pub(super) fn place(
        &mut self,
        event: EventId,
        s: &Summary,
        whole: Option<u64>,
    ) -> Option<(StreamId, u64)> {
        if s.fragment_offset != 0 {
            return self.flows.later_fragment(s);
        }
        match transport_of(s.protocol)? {
            Transport::Tcp => self.flows.tcp_segment(event, s),
            Transport::Udp => {
                let (from, to) = s.endpoints()?;
                let stream = self.flows.udp(event, from, to);
                self.fit_streams();
                let offset = match whole {
                    Some(offset) => offset,
                    None => self.next_datagram_offset(stream, s.datagram_len),
                };
                self.flows.remember_fragmented(s, stream, offset);
                Some((stream, offset))
            }
        }
    }

    pub(super) fn packet_taken(&mut self, event: EventId, row: usize, socket: Option<SocketId>) {
        let packet = &mut self.tables.packets[row];
        packet.taken = event;
        let (stream, bits) = (packet.stream, packet.bits);
        if let (Some(socket), Some(stream)) = (socket, stream.known())
            && bits & packet_bits::STUB == 0
        {
            self.attach(socket, stream.connection(), stream.side().other());
        }
    }

    /// A TCP socket's packets tell which connection it is of.
    pub(super) fn attach(&mut self, socket: SocketId, connection: ConnectionId, side: Side) {
        // A listening socket has no peer: its packets are those of the connections it makes.
        let state = self.socket_mut(socket);
        if state.transport == Transport::Udp {
            state.connection.get_or_insert((connection, side));
            if let Some(c) = self.flows.get_mut(connection) {
                c.socket[side as usize].get_or_insert(socket);
            }
            return;
        }
        if state.connection.is_some() || state.remote.is_none() {
            return;
        }
        if let Some(c) = self.flows.get_mut(connection)
            && c.socket[side as usize].is_none_or(|s| s == socket)
        {
            c.socket[side as usize] = Some(socket);
            self.socket_mut(socket).connection = Some((connection, side));
        }
    }
}
