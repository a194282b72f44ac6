//! Which connection a packet or a socket belongs to, and where in the stream a segment's payload stands.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::code::Transport;
use super::id::{ConnectionId, EventId, Side, SocketId, StreamId};
use super::summary::{Summary, flag, protocol};
use super::ways::Ways;
use crate::seq::SeqNumber;

/// The stream offset of what lies before a stream's first byte.
pub const BEFORE_FIRST: u64 = u64::MAX;

/// A connection: two endpoints that talk, over TCP or UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The event that made it known.
    pub event: EventId,
    /// TCP or UDP.
    pub transport: Transport,
    /// The addresses of client and server, indexed by [`Side`]; `None` where they never became known.
    pub address: [Option<SocketAddr>; 2],
    /// The sockets at both ends, indexed by [`Side`].
    pub socket: [Option<SocketId>; 2],
    /// TCP: the sequence number before each side's first byte (the SYN's own number), indexed by [`Side`]. Where no SYN was
    /// seen, it is concluded from the first segment.
    pub isn: [Option<u32>; 2],
    /// Behind the last byte that each side is known to have sent, indexed by [`Side`].
    pub sent: [u64; 2],
    /// TCP: a SYN of this side was seen, indexed by [`Side`].
    pub syn: [bool; 2],
    /// How many packets.
    pub packets: u32,
}

impl Connection {
    fn new(
        event: EventId,
        transport: Transport,
        client: Option<SocketAddr>,
        server: Option<SocketAddr>,
    ) -> Self {
        Connection {
            event,
            transport,
            address: [client, server],
            socket: [None; 2],
            isn: [None; 2],
            sent: [0; 2],
            syn: [false; 2],
            packets: 0,
        }
    }

    /// The side at `address`.
    pub fn side_of(&self, address: SocketAddr) -> Option<Side> {
        if self.address[0] == Some(address) {
            Some(Side::Client)
        } else if self.address[1] == Some(address) {
            Some(Side::Server)
        } else {
            None
        }
    }

    /// Where the byte with sequence number `seq`, sent by `side`, stands in the stream: the place nearest to what that side
    /// sent last. [`BEFORE_FIRST`] for a place before the first byte (a keep-alive's).
    pub fn offset(&self, side: Side, seq: u32) -> u64 {
        let Some(isn) = self.isn[side as usize] else { return 0 };
        let sent = self.sent[side as usize];
        let expected = SeqNumber(isn) + 1 + (sent as u32);
        let distance = i64::from(SeqNumber(seq).distance_from(expected));
        sent.checked_add_signed(distance).unwrap_or(BEFORE_FIRST)
    }

    fn is_plausible(&self, side: Side, seq: u32) -> bool {
        let Some(isn) = self.isn[side as usize] else { return true };
        let expected = SeqNumber(isn) + 1 + (self.sent[side as usize] as u32);
        SeqNumber(seq).distance_from(expected).unsigned_abs() < 1 << 30
    }
}

pub(super) type Key = (u8, SocketAddr, SocketAddr);

/// A first fragment, by which its followers find their stream.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fragmented {
    key: (IpAddr, IpAddr, u32, u8),
    stream: StreamId,
    /// The stream offset of the upper packet's octet 0 (its header's first), which may lie before the stream's begin.
    base: i64,
}

/// All connections of a trace, in the order in which they became known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    connections: Vec<Connection>,
    by_key: BTreeMap<Key, Vec<u32>>,
    last: Option<(Transport, SocketAddr, SocketAddr, u32)>,
    /// The ways of the last connection.
    ways: Ways,
    fragmented: Vec<Fragmented>,
}

/// Fragmented packets remembered at a time.
const MAX_FRAGMENTED: usize = 64;

pub(super) fn key(transport: Transport, a: SocketAddr, b: SocketAddr) -> Key {
    (transport as u8, a.min(b), a.max(b))
}

impl Flows {
    /// The connections, by [`ConnectionId`].
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// The same, to change.
    pub(super) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(id.index())
    }

    fn add(&mut self, connection: Connection) -> ConnectionId {
        let id = self.connections.len() as u32;
        if let [Some(a), Some(b)] = connection.address {
            self.by_key.entry(key(connection.transport, a, b)).or_default().push(id);
        }
        self.connections.push(connection);
        ConnectionId(id)
    }

    /// Connections between two addresses, oldest first.
    fn between(&self, transport: Transport, a: SocketAddr, b: SocketAddr) -> &[u32] {
        self.by_key.get(&key(transport, a, b)).map_or(&[], Vec::as_slice)
    }

    /// The newest connection between two addresses.
    pub fn newest(&self, transport: Transport, a: SocketAddr, b: SocketAddr) -> Option<ConnectionId> {
        self.between(transport, a, b).last().map(|&id| ConnectionId(id))
    }

    /// A connection of which only a socket's end is known so far.
    pub(super) fn anonymous(
        &mut self,
        event: EventId,
        transport: Transport,
        client: Option<SocketAddr>,
        server: Option<SocketAddr>,
    ) -> ConnectionId {
        self.add(Connection::new(event, transport, client, server))
    }

    /// Gives a connection without both addresses the ones that its socket on `side` has; false if it has them already and they
    /// are others.
    pub(super) fn complete(
        &mut self,
        id: ConnectionId,
        side: Side,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> bool {
        self.ways.forget();
        let Some(connection) = self.connections.get_mut(id.index()) else { return false };
        let wanted = match side {
            Side::Client => [Some(local), Some(remote)],
            Side::Server => [Some(remote), Some(local)],
        };
        if connection.address == wanted {
            return true;
        }
        if connection.address.iter().all(Option::is_some) {
            return false;
        }
        connection.address = wanted;
        self.by_key.entry(key(connection.transport, local, remote)).or_default().push(id.0);
        true
    }

    /// The connection of a socket with both addresses: the newest between them whose end at `local` nobody holds yet, or a
    /// new one. `accepted` sockets are servers, all others clients unless the other end is there already.
    pub(super) fn of_socket(
        &mut self,
        event: EventId,
        transport: Transport,
        (socket, accepted): (SocketId, bool),
        local: SocketAddr,
        remote: SocketAddr,
    ) -> (ConnectionId, Side) {
        if let Some(id) = self.newest(transport, local, remote)
            && let Some(connection) = self.get_mut(id)
            && let Some(side) = connection.side_of(local)
            && connection.socket[side as usize].is_none_or(|s| s == socket)
        {
            connection.socket[side as usize] = Some(socket);
            return (id, side);
        }
        let (side, client, server) =
            if accepted { (Side::Server, remote, local) } else { (Side::Client, local, remote) };
        let mut connection = Connection::new(event, transport, Some(client), Some(server));
        connection.socket[side as usize] = Some(socket);
        (self.add(connection), side)
    }

    /// Gives a TCP segment its stream and the stream offset of its payload.
    pub(super) fn tcp_segment(&mut self, event: EventId, s: &Summary) -> Option<(StreamId, u64)> {
        let (id, side) = match self.goes_on(s) {
            Some(found) => found,
            None => self.find_segment(event, s)?,
        };
        let connection = self.connections.get_mut(id as usize)?;
        let (i, o) = (side as usize, side.other() as usize);
        let syn = s.flags & flag::SYN != 0;
        if syn {
            connection.syn[i] = true;
            // The number concluded from the middle gives way to the SYN's own as long as no byte hangs on it.
            if connection.isn[i].is_none() || connection.sent[i] == 0 {
                connection.isn[i] = Some(s.seq);
            }
        } else if connection.isn[i].is_none() && s.flags & flag::RST == 0 {
            connection.isn[i] = Some(s.seq.wrapping_sub(1));
        }
        if s.flags & flag::ACK != 0 && connection.isn[o].is_none() && s.flags & (flag::RST | flag::SYN) == 0 {
            connection.isn[o] = Some(s.ack.wrapping_sub(1));
        }
        connection.packets = connection.packets.saturating_add(1);
        let offset = connection.offset(side, s.seq.wrapping_add(u32::from(syn)));
        if offset != BEFORE_FIRST && s.payload_len > 0 {
            let end = offset.saturating_add(u64::from(s.payload_len));
            connection.sent[i] = connection.sent[i].max(end);
        }
        let stream = ConnectionId(id).stream(side);
        self.remember_fragmented(s, stream, offset);
        Some((stream, offset))
    }

    /// The connection of a segment, and its sender's side, where it goes the same way as one just before.
    fn goes_on(&self, s: &Summary) -> Option<(u32, Side)> {
        let (_, _, _, id) = self.last?;
        let side = self.ways.side(s).filter(|_| s.flags & flag::SYN == 0)?;
        self.connections.get(id as usize)?.is_plausible(side, s.seq).then_some((id, side))
    }

    fn find_segment(&mut self, event: EventId, s: &Summary) -> Option<(u32, Side)> {
        let (from, to) = s.endpoints()?;
        let id = self.connection_of_segment(event, s, from, to);
        if self.last.is_none_or(|last| last.3 != id) {
            self.ways.forget();
        }
        self.last = Some((Transport::Tcp, from, to, id));
        let side = self.connections.get(id as usize)?.side_of(from)?;
        self.ways.learn(s, side);
        Some((id, side))
    }

    fn connection_of_segment(
        &mut self,
        event: EventId,
        s: &Summary,
        from: SocketAddr,
        to: SocketAddr,
    ) -> u32 {
        let syn = s.flags & flag::SYN != 0;
        if let Some((Transport::Tcp, a, b, id)) = self.last
            && !syn
            && ((a == from && b == to) || (a == to && b == from))
            && let Some(c) = self.connections.get(id as usize)
            && c.side_of(from).is_some_and(|side| c.is_plausible(side, s.seq))
        {
            return id;
        }
        let candidates = self.between(Transport::Tcp, from, to);
        let fitting = |id: &&u32| {
            let Some(c) = self.connections.get(**id as usize) else { return false };
            let Some(side) = c.side_of(from) else { return false };
            let (i, o) = (side as usize, side.other() as usize);
            match (syn, s.flags & flag::ACK != 0) {
                // A SYN opens a connection unless it is this one's own, sent again, or the first, or crosses the peer's.
                (true, false) => match c.isn[i] {
                    Some(isn) => isn == s.seq,
                    None => c.packets == 0 || (c.syn[o] && c.sent == [0; 2] && side == Side::Server),
                },
                (true, true) => c.isn[o].is_none_or(|isn| isn.wrapping_add(1) == s.ack),
                (false, _) => c.is_plausible(side, s.seq),
            }
        };
        if let Some(&id) = candidates.iter().rev().find(fitting) {
            return id;
        }
        if let (false, Some(&id)) = (syn, candidates.last()) {
            return id;
        }
        // The client is who sends the SYN or gets the SYN-ACK; without a handshake, who has the higher port.
        let from_client = match (syn, s.flags & flag::ACK != 0) {
            (true, answered) => !answered,
            (false, _) => from.port() >= to.port(),
        };
        let (client, server) = if from_client { (from, to) } else { (to, from) };
        self.add(Connection::new(event, Transport::Tcp, Some(client), Some(server))).0
    }

    /// The flow of a datagram from `from` to `to`, made if there is none: then its sender is the client.
    pub(super) fn udp(&mut self, event: EventId, from: SocketAddr, to: SocketAddr) -> StreamId {
        if let Some((Transport::Udp, a, b, id)) = self.last
            && ((a == from && b == to) || (a == to && b == from))
            && let Some(side) = self.connections.get(id as usize).and_then(|c| c.side_of(from))
        {
            return ConnectionId(id).stream(side);
        }
        let id = self
            .newest(Transport::Udp, from, to)
            .unwrap_or_else(|| self.add(Connection::new(event, Transport::Udp, Some(from), Some(to))));
        self.last = Some((Transport::Udp, from, to, id.0));
        self.ways.forget();
        let side = self.connections.get(id.index()).and_then(|c| c.side_of(from));
        id.stream(side.unwrap_or(Side::Client))
    }

    /// Remembers where the rest of a fragmented packet belongs. `offset` is that of the payload in this first fragment.
    pub(super) fn remember_fragmented(&mut self, s: &Summary, stream: StreamId, offset: u64) {
        let Some((source, destination)) = s.addresses.filter(|_| s.is_fragment()) else { return };
        if self.fragmented.len() >= MAX_FRAGMENTED {
            self.fragmented.remove(0);
        }
        let header = i64::from(s.header_len.saturating_sub(s.ip_header_len));
        let base = i64::try_from(offset).unwrap_or(i64::MAX).saturating_sub(header);
        self.fragmented.push(Fragmented { key: (source, destination, s.ident, s.protocol), stream, base });
    }

    /// The stream and offset of a fragment that is not the first.
    pub(super) fn later_fragment(&self, s: &Summary) -> Option<(StreamId, u64)> {
        let (source, destination) = s.addresses?;
        let wanted = (source, destination, s.ident, s.protocol);
        let first = self.fragmented.iter().rev().find(|f| f.key == wanted)?;
        let offset = first.base.saturating_add(i64::from(s.fragment_offset));
        Some((first.stream, u64::try_from(offset).unwrap_or(0)))
    }
}

/// The transport of a protocol number.
pub(super) fn transport_of(number: u8) -> Option<Transport> {
    match number {
        protocol::TCP => Some(Transport::Tcp),
        protocol::UDP => Some(Transport::Udp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::tcp4;
    use super::*;

    fn send(
        flows: &mut Flows,
        ports: (u16, u16),
        seq: u32,
        ack: u32,
        flags: u16,
        payload: &[u8],
    ) -> (u32, u64) {
        let packet = tcp4(ports, seq, ack, flags, payload);
        let s = Summary::read(&packet, packet.len() as u32);
        let (stream, offset) = flows.tcp_segment(EventId(0), &s).unwrap();
        (stream.0, offset)
    }

    #[test]
    fn a_handshake_gives_both_streams_and_their_offsets() {
        let mut flows = Flows::default();
        let (c, s) = ((5000, 80), (80, 5000));
        assert_eq!(send(&mut flows, c, u32::MAX, 0, flag::SYN, b""), (0, 0));
        assert_eq!(send(&mut flows, s, 500, 0, flag::SYN | flag::ACK, b""), (1, 0));
        assert_eq!(send(&mut flows, c, 0, 501, flag::ACK, b"hello"), (0, 0));
        assert_eq!(send(&mut flows, c, 5, 501, flag::ACK, b"world"), (0, 5));
        assert_eq!(send(&mut flows, c, 0, 501, flag::ACK, b"hello"), (0, 0));
        assert_eq!(send(&mut flows, s, 501, 10, flag::ACK, b"x"), (1, 0));
        // A new SYN with another number is a new incarnation; the old one's stragglers stay with the old.
        assert_eq!(send(&mut flows, c, 0x9000_0000, 0, flag::SYN, b""), (2, 0));
        assert_eq!(send(&mut flows, c, 10, 502, flag::ACK, b"late"), (0, 10));
        assert_eq!(flows.connections().len(), 2);
    }

    #[test]
    fn without_a_handshake_the_first_segment_is_the_begin() {
        let mut flows = Flows::default();
        assert_eq!(send(&mut flows, (80, 5000), 1000, 77, flag::ACK, b"abc"), (1, 0));
        assert_eq!(send(&mut flows, (5000, 80), 77, 1003, flag::ACK, b"q"), (0, 0));
        assert_eq!(flows.connections()[0].address[1].unwrap().port(), 80);
    }
}
