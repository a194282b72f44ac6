//! Tells small stories to a sink: hosts, sockets, calls and packets by hand.
#![allow(dead_code, reason = "each test uses its part")]

use std::net::{IpAddr, SocketAddr};

use framewire::time::Instant;
use framewire::trace::{
    Args, CallId, Data, EventId, HostId, Op, Outcome, PacketId, Provenance, Record, Sink, SocketId, ThreadId,
    Transport, What,
};

pub const CLIENT: HostId = HostId(0);
pub const SERVER: HostId = HostId(1);

pub const FIN: u16 = 1;
pub const SYN: u16 = 2;
pub const RST: u16 = 4;
pub const PSH: u16 = 8;
pub const ACK: u16 = 16;

pub fn client_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 40000))
}

pub fn server_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 2], 9001))
}

fn sum(bytes: &[u8], start: u32) -> u32 {
    bytes.chunks(2).fold(start, |s, c| s + u32::from(u16::from_be_bytes([c[0], *c.get(1).unwrap_or(&0)])))
}

fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// An IPv4 packet with right checksums.
pub fn ipv4(from: [u8; 4], to: [u8; 4], protocol: u8, ident: u16, fragment: u16, body: &[u8]) -> Vec<u8> {
    let mut p = vec![0x45, 0];
    p.extend((20 + body.len() as u16).to_be_bytes());
    p.extend(ident.to_be_bytes());
    p.extend(fragment.to_be_bytes());
    p.extend([64, protocol, 0, 0]);
    p.extend(from);
    p.extend(to);
    let checksum = fold(sum(&p, 0));
    p[10..12].copy_from_slice(&checksum.to_be_bytes());
    p.extend(body);
    p
}

/// What a TCP segment says.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub from_client: bool,
    pub seq: u32,
    pub ack: u32,
    pub flags: u16,
    pub window: u16,
    pub payload: &'a [u8],
}

/// The packet of a TCP segment between the two hosts.
pub fn tcp(s: Segment<'_>) -> Vec<u8> {
    tcp_between(client_address(), server_address(), s)
}

/// The same between any two addresses.
pub fn tcp_between(client: SocketAddr, server: SocketAddr, s: Segment<'_>) -> Vec<u8> {
    let (from, to) = if s.from_client { (client, server) } else { (server, client) };
    let (IpAddr::V4(a), IpAddr::V4(b)) = (from.ip(), to.ip()) else { panic!("IPv4 only") };
    let mut t = Vec::new();
    t.extend(from.port().to_be_bytes());
    t.extend(to.port().to_be_bytes());
    t.extend(s.seq.to_be_bytes());
    t.extend(s.ack.to_be_bytes());
    t.extend((0x5000 | s.flags).to_be_bytes());
    t.extend(s.window.to_be_bytes());
    t.extend([0, 0, 0, 0]);
    t.extend(s.payload);
    let pseudo = sum(&a.octets(), 0) + sum(&b.octets(), 0) + 6 + t.len() as u32;
    let checksum = fold(sum(&t, pseudo));
    t[16..18].copy_from_slice(&checksum.to_be_bytes());
    ipv4(a.octets(), b.octets(), 6, 1, 0x4000, &t)
}

/// A UDP datagram's octets (header and payload) between the two hosts, with its checksum.
pub fn udp_body(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let (IpAddr::V4(a), IpAddr::V4(b)) = (from.ip(), to.ip()) else { panic!("IPv4 only") };
    let mut u = Vec::new();
    u.extend(from.port().to_be_bytes());
    u.extend(to.port().to_be_bytes());
    u.extend((8 + payload.len() as u16).to_be_bytes());
    u.extend([0, 0]);
    u.extend(payload);
    let pseudo = sum(&a.octets(), 0) + sum(&b.octets(), 0) + 17 + u.len() as u32;
    let checksum = fold(sum(&u, pseudo));
    u[6..8].copy_from_slice(&checksum.to_be_bytes());
    u
}

/// Tells events to a sink at a time that only goes on.
pub struct Story<'s, S: Sink> {
    pub sink: &'s mut S,
    pub now: u64,
    calls: u32,
    packets: u32,
}

impl<'s, S: Sink> Story<'s, S> {
    pub fn new(sink: &'s mut S) -> Self {
        let mut story = Story { sink, now: 0, calls: 0, packets: 0 };
        for (host, name, address) in
            [(CLIENT, "client", client_address()), (SERVER, "server", server_address())]
        {
            story.tell(What::Host { host, name, addresses: &[address.ip()] });
        }
        story
    }

    pub fn tell(&mut self, what: What<'_>) -> EventId {
        self.sink.record(Record::new(Instant::from_nanos(self.now), Provenance::Modelled, what))
    }

    pub fn tell_because(&mut self, cause: EventId, what: What<'_>) -> EventId {
        self.sink
            .record(Record::new(Instant::from_nanos(self.now), Provenance::Modelled, what).because(cause))
    }

    pub fn wait(&mut self, nanos: u64) {
        self.now += nanos;
    }

    /// A connected pair of sockets, 0 at the client and 1 at the server (UDP: not connected, bound to any address).
    pub fn sockets(&mut self, transport: Transport) {
        let (c, s) = (Some(client_address()), Some(server_address()));
        let any = Some(SocketAddr::from(([0, 0, 0, 0], server_address().port())));
        let listener = (transport == Transport::Tcp).then_some(SocketId(9));
        let ends = match transport {
            Transport::Tcp => [(SocketId(0), CLIENT, c, s, None), (SocketId(1), SERVER, s, c, listener)],
            Transport::Udp => [(SocketId(0), CLIENT, c, None, None), (SocketId(1), SERVER, any, None, None)],
        };
        for (socket, host, local, remote, listener) in ends {
            self.tell(What::Socket { socket, host, transport, local, remote, listener });
        }
    }

    pub fn begin(&mut self, socket: u32, op: Op, args: Args<'_>) -> CallId {
        let call = CallId(self.calls);
        self.calls += 1;
        let host = if socket == 0 { CLIENT } else { SERVER };
        let (thread, socket) = (ThreadId(u32::from(host.0)), Some(SocketId(socket)));
        self.tell(What::CallBegun { call, host, thread, socket, op, args, line: None, parent: None });
        call
    }

    pub fn end(&mut self, call: CallId, outcome: Outcome<'_>, data: Data<'_>) -> EventId {
        self.tell(What::CallReturned { call, outcome, data, address: None, socket: None, truncated: 0 })
    }

    pub fn send(&mut self, socket: u32, bytes: &[u8]) -> CallId {
        let call = self.begin(socket, Op::Send, Args { data: Data::Bytes(bytes), ..Args::default() });
        self.end(call, Outcome::Value(bytes.len() as i64), Data::NONE);
        call
    }

    pub fn recv(&mut self, socket: u32, bytes: &[u8]) -> CallId {
        let call = self.begin(socket, Op::Recv, Args { size: Some(1024), ..Args::default() });
        self.end(call, Outcome::Value(bytes.len() as i64), Data::Bytes(bytes));
        call
    }

    pub fn packet(
        &mut self,
        host: HostId,
        socket: Option<u32>,
        bytes: &[u8],
        cause: Option<EventId>,
    ) -> PacketId {
        let packet = PacketId(self.packets);
        self.packets += 1;
        let what = What::PacketSent {
            packet,
            host,
            socket: socket.map(SocketId),
            bytes,
            len: bytes.len() as u32,
            payload: None,
            rule: None,
            retransmission: false,
            parent: None,
        };
        match cause {
            Some(cause) => self.tell_because(cause, what),
            None => self.tell(what),
        };
        packet
    }

    /// Sends a segment; it is on its way.
    pub fn segment(&mut self, s: Segment<'_>) -> PacketId {
        let (host, socket) = if s.from_client { (CLIENT, 0) } else { (SERVER, 1) };
        self.packet(host, Some(socket), &tcp(s), None)
    }

    pub fn arrive(&mut self, packet: PacketId, host: HostId) -> EventId {
        self.tell(What::PacketArrived { packet, host })
    }

    /// A handshake with initial sequence numbers 100 and 300.
    pub fn handshake(&mut self) {
        let s = |from_client, seq, ack, flags| Segment {
            from_client,
            seq,
            ack,
            flags,
            window: 1000,
            payload: b"",
        };
        for segment in [s(true, 100, 0, SYN), s(false, 300, 101, SYN | ACK), s(true, 101, 301, ACK)] {
            let packet = self.segment(segment);
            self.wait(10);
            self.arrive(packet, if segment.from_client { SERVER } else { CLIENT });
        }
    }
}
