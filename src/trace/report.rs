//! What a trace or capture holds, connection by connection: the answer of `framewire trace`.

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::code::Transport;
use super::id::{ConnectionId, Side, StreamId};
use super::marks::{Mark, Vantage};
use super::store::Trace;
use super::tables::{StreamRange, packet_bits};
use crate::probe::Var;
use crate::tcp::State;

/// What a trace holds. As JSON: `{"connections": […]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its connections and UDP flows, in the order in which they began.
    pub connections: Vec<ConnectionReport>,
}

/// One connection or flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConnectionReport {
    /// Address and port of who opened it, `ip:port`; `?` if it never became known.
    pub client: String,
    /// Address and port of the other end.
    pub server: String,
    /// `tcp` or `udp`.
    #[serde(serialize_with = "transport_name")]
    pub transport: Transport,
    /// How many packets were sent in both directions; copies that the network made do not count.
    pub packets: u64,
    /// Bytes of the two streams; a byte sent twice counts once.
    pub bytes: Bytes,
    /// The states that its ends went through, each once, in the order in which an end came into it first.
    pub states: Vec<&'static str>,
    /// How many segments have each of Wireshark's marks. Empty for UDP.
    pub marks: MarkCounts,
    /// The states of each end (client, server), in order, in the words of RFC 9293.
    #[serde(skip)]
    pub ends: [Vec<&'static str>; 2],
}

/// Bytes by who sent them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// By the client.
    pub client: u64,
    /// By the server.
    pub server: u64,
}

/// Counts of marks, one for each [`Mark`]; as JSON, an object of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkCounts {
    counts: [u64; Mark::ALL.len()],
    /// TCP: the marks are listed even where their count is 0.
    tcp: bool,
}

impl MarkCounts {
    /// How many segments have this mark.
    pub fn of(&self, mark: Mark) -> u64 {
        Mark::ALL.iter().position(|m| *m == mark).and_then(|i| self.counts.get(i)).copied().unwrap_or(0)
    }

    fn iter(&self) -> impl Iterator<Item = (Mark, u64)> + '_ {
        Mark::ALL.iter().copied().zip(self.counts).filter(|_| self.tcp)
    }
}

impl Serialize for MarkCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (mark, count) in self.iter() {
            map.serialize_entry(mark.name(), &count)?;
        }
        map.end()
    }
}

fn transport_name<S: Serializer>(transport: &Transport, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(transport.name())
}

impl Trace {
    /// What the trace holds. Marks are those that an observer at `vantage` would see.
    pub fn report(&self, vantage: Vantage) -> Report {
        let mut reports: Vec<ConnectionReport> = Vec::new();
        for (n, c) in (0_u32..).zip(self.connections()) {
            let name =
                |side: Side| c.address[side as usize].map_or_else(|| "?".to_owned(), |a| a.to_string());
            let id = ConnectionId(n);
            let len = |side: Side| self.stream_bytes(id.stream(side), c.transport);
            let tcp = c.transport == Transport::Tcp;
            reports.push(ConnectionReport {
                client: name(Side::Client),
                server: name(Side::Server),
                transport: c.transport,
                packets: 0,
                bytes: Bytes { client: len(Side::Client), server: len(Side::Server) },
                states: self.states_of(id),
                marks: MarkCounts { counts: [0; Mark::ALL.len()], tcp },
                ends: [Side::Client, Side::Server].map(|side| self.states_of_end(id, side)),
            });
        }
        let connection_of = |row: u32| self.tables().packets.get(row as usize)?.connection();
        for packet in self.tables().packets.iter().filter(|p| !p.is(packet_bits::STUB | packet_bits::COPY)) {
            if let Some(report) = packet.connection().and_then(|id| reports.get_mut(id.index())) {
                report.packets += 1;
            }
        }
        for row in self.marks(vantage) {
            let Some(report) = connection_of(row.packet).and_then(|id| reports.get_mut(id.index())) else {
                continue;
            };
            for (count, mark) in report.marks.counts.iter_mut().zip(Mark::ALL) {
                *count += u64::from(row.marks.has(*mark));
            }
        }
        Report { connections: reports }
    }

    /// Bytes of one direction; of UDP those of its datagrams that were really sent.
    fn stream_bytes(&self, stream: StreamId, transport: Transport) -> u64 {
        match transport {
            Transport::Tcp => self.stream_len(stream),
            Transport::Udp => {
                let own = self.tables().datagrams.iter().filter(|d| d.stream == stream && !d.void);
                own.map(|d| u64::from(d.len)).sum()
            }
        }
    }

    fn state_changes(&self, id: ConnectionId, side: Side) -> Vec<(u32, &'static str)> {
        let socket = self.connection(id).and_then(|c| c.socket[side as usize]);
        let Some(socket) = socket.filter(|s| self.connection_of(*s).is_some_and(|(of, _)| of == id)) else {
            return Vec::new();
        };
        let changes = self.changes(socket).filter(|c| c.var == Var::State);
        changes.filter_map(|c| Some((c.event.0, State::from_number(c.new)?.label()))).collect()
    }

    fn states_of_end(&self, id: ConnectionId, side: Side) -> Vec<&'static str> {
        self.state_changes(id, side).into_iter().map(|s| s.1).collect()
    }

    fn states_of(&self, id: ConnectionId) -> Vec<&'static str> {
        let mut changes = self.state_changes(id, Side::Client);
        changes.extend(self.state_changes(id, Side::Server));
        changes.sort_unstable();
        let mut names: Vec<&'static str> = Vec::new();
        for (_, name) in changes {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A whole stream, as far as its bytes are known: at most `limit` bytes, and the ranges within them that nobody
    /// recorded (they read as 0).
    pub fn reassembled(&self, stream: StreamId, limit: usize) -> (Vec<u8>, Vec<(u64, u64)>) {
        let end = self.stream_len(stream).min(limit as u64);
        let range = StreamRange { stream, start: 0, end };
        let (mut missing, mut at) = (Vec::new(), 0);
        for piece in self.pieces(range) {
            let len = match piece {
                super::Piece::Known(bytes) => bytes.len() as u64,
                super::Piece::Unknown(n) => {
                    missing.push((at, at + n));
                    n
                }
            };
            at += len;
        }
        (self.read_stream(range, limit), missing)
    }
}

impl fmt::Display for Report {
    /// A few lines a connection.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, c) in self.connections.iter().enumerate() {
            writeln!(f, "{n}  {}  {} -> {}", c.transport, c.client, c.server)?;
            let (up, down) = (c.bytes.client, c.bytes.server);
            writeln!(f, "   {} packets, {up} bytes from the client, {down} from the server", c.packets)?;
            for (name, states) in ["client", "server"].iter().zip(&c.ends) {
                if !states.is_empty() {
                    writeln!(f, "   {name}: {}", states.join(", "))?;
                }
            }
            let mut marks = String::new();
            for (mark, count) in c.marks.iter().filter(|(_, count)| *count > 0) {
                let _ = write!(marks, "{}{count} {}", if marks.is_empty() { "" } else { ", " }, mark.name());
            }
            if !marks.is_empty() {
                writeln!(f, "   marks: {marks}")?;
            }
        }
        Ok(())
    }
}
