//! A capture file becomes a trace: packets captured, arrivals and states inferred.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::states::{Change, Ends};
use crate::packet::capture::{self, CaptureError, CaptureNote};
use crate::probe::{Var, Vars};
use crate::tcp::State;
use crate::time::Instant;
use crate::trace::code::{Provenance, Transport};
use crate::trace::flows::{Flows, transport_of};
use crate::trace::id::{EventId, HostId, PacketId, Side, SocketId, StreamId};
use crate::trace::record::{Record, What};
use crate::trace::sink::Sink;
use crate::trace::store::Trace;
use crate::trace::summary::{Summary, flag, protocol};

/// What an import has to say about a capture, beside the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportNote {
    /// What the reader of the file said.
    Capture(CaptureNote),
    /// Connections whose begin was not captured: their sequence numbers count from the first segment seen.
    NoHandshake(u32),
    /// Segments larger than the connection's MSS: the network card or the kernel cut or joined them out of the capture's
    /// sight (segmentation offload). The wire carried smaller ones.
    Offloaded {
        /// How many.
        segments: u32,
        /// The largest one's payload, in octets.
        largest: u32,
    },
}

impl fmt::Display for ImportNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportNote::Capture(note) => note.fmt(f),
            ImportNote::NoHandshake(n) => write!(f, "{n} connections were captured without their handshake"),
            ImportNote::Offloaded { segments, largest } => write!(
                f,
                "{segments} segments are larger than the MSS (up to {largest} bytes): segmentation offload joined them \
                 before they were captured, the wire carried smaller ones"
            ),
        }
    }
}

/// What is known of a connection while it is imported.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    hosts: [Option<HostId>; 2],
    ends: Ends,
    /// The MSS that each side announced.
    mss: [Option<u32>; 2],
    syn: bool,
}

/// Turns captured packets into records as they come: packets captured, hosts, sockets, arrivals and states inferred.
pub struct Importer<S> {
    sink: S,
    /// When the first packet came, in nanoseconds since 1970.
    begin: Option<u64>,
    last: Instant,
    packets: u32,
    flows: Flows,
    /// Hosts by address; the two ends of a connection from an address to itself are two hosts.
    hosts: BTreeMap<(IpAddr, Option<Side>), HostId>,
    connections: Vec<Known>,
    offloaded: u32,
    largest: u32,
}

/// Reads a pcap or pcapng file into a trace. Instant 0 is the first packet's time.
///
/// # Errors
/// When the bytes are no capture file. A file that is cut off or damaged gives what can be read, and a note.
pub fn import(file: &[u8]) -> Result<(Trace, Vec<ImportNote>), CaptureError> {
    let capture = capture::read(file)?;
    let mut packets: Vec<_> = capture.packets.iter().collect();
    packets.sort_by_key(|p| p.epoch_nanos);
    let mut import = Importer::new(Trace::with_capacity(packets.len() * 3, packets.len(), 0));
    if packets.is_empty() {
        import.begin(0);
    }
    for packet in packets {
        let comments: Vec<&str> = packet.comments.iter().map(AsRef::as_ref).collect();
        import.captured(packet.epoch_nanos, packet.bytes, packet.wire_len, &comments);
    }
    let mut notes: Vec<ImportNote> = capture.notes.iter().copied().map(ImportNote::Capture).collect();
    notes.extend(import.notes());
    for note in &notes {
        import.remark(&note.to_string());
    }
    Ok((import.sink, notes))
}

impl<S: Sink> Importer<S> {
    /// An importer that tells `sink`.
    pub fn new(sink: S) -> Self {
        Importer {
            sink,
            begin: None,
            last: Instant::START,
            packets: 0,
            flows: Flows::default(),
            hosts: BTreeMap::new(),
            connections: Vec::new(),
            offloaded: 0,
            largest: 0,
        }
    }

    /// The sink, for example to flush it.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// The sink, at the end.
    pub fn into_sink(self) -> S {
        self.sink
    }

    /// How many packets came.
    pub fn packets(&self) -> u32 {
        self.packets
    }

    fn begin(&mut self, epoch_nanos: u64) -> u64 {
        if self.begin.is_none() {
            self.begin = Some(epoch_nanos);
            self.tell(Instant::START, Provenance::Captured, None, What::Clock { epoch_nanos });
        }
        self.begin.unwrap_or(epoch_nanos)
    }

    /// A packet was seen at `epoch_nanos` (nanoseconds since 1970): `bytes` from its IP header on, of `wire_len` on the wire.
    /// Packets come in the order of their times; Instant 0 is the first one's.
    pub fn captured(&mut self, epoch_nanos: u64, bytes: &[u8], wire_len: u32, comments: &[&str]) -> EventId {
        let time = Instant::from_nanos(epoch_nanos.saturating_sub(self.begin(epoch_nanos)));
        self.last = self.last.max(time);
        let number = PacketId(self.packets.min(u32::MAX - 1));
        self.packets = self.packets.saturating_add(1);
        // Octets behind the IP packet are padding of the link layer (Ethernet's 60 octets).
        let wire = ip_len(bytes).filter(|n| *n <= wire_len).unwrap_or(wire_len);
        let event = self.packet(time, number, bytes.get(..wire as usize).unwrap_or(bytes), wire);
        for comment in comments {
            self.tell(time, Provenance::Captured, Some(event), What::Note { text: comment });
        }
        event
    }

    /// A remark for the reader, at the time of the last packet.
    pub fn remark(&mut self, text: &str) {
        self.tell(self.last, Provenance::Inferred, None, What::Note { text });
    }

    /// What there is to say of all packets so far.
    pub fn notes(&self) -> Vec<ImportNote> {
        let tcp = self.flows.connections().iter().zip(&self.connections);
        let without = tcp.filter(|(c, k)| c.transport == Transport::Tcp && !k.syn).count() as u32;
        let mut notes = Vec::new();
        if without > 0 {
            notes.push(ImportNote::NoHandshake(without));
        }
        if self.offloaded > 0 {
            notes.push(ImportNote::Offloaded { segments: self.offloaded, largest: self.largest });
        }
        notes
    }
}

/// The length that an IP header gives its packet; `None` where it gives none.
fn ip_len(bytes: &[u8]) -> Option<u32> {
    let field = |at: usize| Some(u32::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)));
    let len = match bytes.first()? >> 4 {
        4 => field(2)?,
        _ => field(4).filter(|n| *n > 0)? + 40,
    };
    (len >= 20).then_some(len)
}

/// The MSS option of a SYN (RFC 9293 section 3.7.1).
fn mss(bytes: &[u8], s: &Summary) -> Option<u32> {
    let mut options = bytes.get(usize::from(s.ip_header_len) + 20..usize::from(s.header_len))?;
    loop {
        match *options {
            [] | [0, ..] | [_] => return None,
            [1, ref rest @ ..] => options = rest,
            [2, 4, high, low, ..] => return Some(u32::from(u16::from_be_bytes([high, low]))),
            [_, len, ..] => options = options.get(usize::from(len.max(2))..)?,
        }
    }
}

impl<S: Sink> Importer<S> {
    fn tell(
        &mut self,
        time: Instant,
        provenance: Provenance,
        cause: Option<EventId>,
        what: What<'_>,
    ) -> EventId {
        self.sink.record(Record { time, provenance, cause, what })
    }

    fn host(&mut self, time: Instant, ip: IpAddr, side: Option<Side>) -> HostId {
        if let Some(&host) = self.hosts.get(&(ip, side)) {
            return host;
        }
        let host = HostId(u16::try_from(self.hosts.len()).unwrap_or(u16::MAX - 1));
        self.hosts.insert((ip, side), host);
        let name = match side {
            None => ip.to_string(),
            Some(Side::Client) => format!("{ip} (client)"),
            Some(Side::Server) => format!("{ip} (server)"),
        };
        self.tell(time, Provenance::Inferred, None, What::Host { host, name: &name, addresses: &[ip] });
        host
    }

    fn stream(&mut self, s: &Summary) -> Option<StreamId> {
        let event = EventId(0);
        if s.fragment_offset != 0 {
            return self.flows.later_fragment(s).map(|found| found.0);
        }
        match transport_of(s.protocol)? {
            Transport::Tcp => self.flows.tcp_segment(event, s).map(|found| found.0),
            Transport::Udp => {
                let (from, to) = s.endpoints()?;
                let stream = self.flows.udp(event, from, to);
                self.flows.remember_fragmented(s, stream, 0);
                Some(stream)
            }
        }
    }

    /// Makes hosts and sockets for a connection that is new.
    fn meet(&mut self, time: Instant, stream: StreamId) {
        let at = stream.connection().index();
        while self.connections.len() <= at {
            self.connections.push(Known::default());
        }
        if self.connections.get(at).is_some_and(|k| k.hosts[0].is_some()) {
            return;
        }
        let Some(connection) = self.flows.connections().get(at) else { return };
        let (transport, [Some(client), Some(server)]) = (connection.transport, connection.address) else {
            return;
        };
        for (side, local, remote) in [(Side::Client, client, server), (Side::Server, server, client)] {
            let own = (client.ip() == server.ip()).then_some(side);
            let host = self.host(time, local.ip(), own);
            let socket = socket_of(stream.connection().stream(side));
            let listener = (side == Side::Server && transport == Transport::Tcp).then_some(socket);
            let (local, remote): (Option<SocketAddr>, Option<SocketAddr>) = (Some(local), Some(remote));
            let what = What::Socket { socket, host, transport, local, remote, listener };
            self.tell(time, Provenance::Inferred, None, what);
            if let Some(known) = self.connections.get_mut(at) {
                known.hosts[side as usize] = Some(host);
            }
        }
    }

    fn packet(&mut self, time: Instant, packet: PacketId, bytes: &[u8], wire: u32) -> EventId {
        let s = Summary::read(bytes, wire);
        let stream = self.stream(&s);
        if let Some(stream) = stream {
            self.meet(time, stream);
        }
        let known = stream.and_then(|st| self.connections.get(st.connection().index()).copied());
        let (source, destination) = match (stream, known.map(|k| k.hosts), s.addresses) {
            (Some(st), Some([Some(client), Some(server)]), _) => match st.side() {
                Side::Client => (client, server),
                Side::Server => (server, client),
            },
            (_, _, Some((a, b))) => (self.host(time, a, None), self.host(time, b, None)),
            _ => (HostId::NONE, HostId::NONE),
        };
        let sent = What::PacketSent {
            packet,
            host: source,
            socket: stream.map(socket_of),
            bytes,
            len: wire,
            payload: None,
            rule: None,
            retransmission: false,
            parent: None,
        };
        let sent = self.tell(time, Provenance::Captured, None, sent);
        let what = What::PacketArrived { packet, host: destination };
        let arrived = self.tell(time, Provenance::Inferred, Some(sent), what);
        if let Some(stream) = stream.filter(|_| s.protocol == protocol::TCP && s.has_ports()) {
            self.follow(time, stream, &s, bytes, [sent, arrived]);
        }
        sent
    }

    fn follow(&mut self, time: Instant, stream: StreamId, s: &Summary, bytes: &[u8], events: [EventId; 2]) {
        let Some(known) = self.connections.get_mut(stream.connection().index()) else { return };
        let (side, peer) = (stream.side(), stream.side().other());
        if s.flags & flag::SYN != 0 {
            known.syn = true;
            known.mss[side as usize] = mss(bytes, s);
        }
        let local = s.addresses.is_some_and(|(a, _)| a.is_loopback());
        let limit = known.mss[peer as usize].or((!local).then_some(1460));
        if limit.is_some_and(|mss| s.payload_len > mss) {
            self.offloaded += 1;
            self.largest = self.largest.max(s.payload_len);
        }
        let by_sending = known.ends.sent(side, s);
        let by_arriving = known.ends.received(peer, s);
        let mut change = |change: Option<Change>, socket: SocketId, cause: EventId| {
            if let Some((old, new)) = change {
                let number = |state: State| state as i64;
                let old = old.map_or(Vars::UNSET, number);
                let what = What::VarChange { socket, var: Var::State, old, new: number(new), rule: None };
                self.sink.record(Record { time, provenance: Provenance::Inferred, cause: Some(cause), what });
            }
        };
        change(by_sending, socket_of(stream), events[0]);
        for step in by_arriving {
            change(step, socket_of(stream.reverse()), events[1]);
        }
    }
}

/// Each end of a connection is one socket.
fn socket_of(stream: StreamId) -> SocketId {
    SocketId(stream.0)
}
