//! One UDP socket: addresses, a bounded queue of datagrams, and a pending error.

use crate::packet::{Icmp, IpHeader, Protocol, UDP_HEADER_LEN, UdpHeader, Unreachable, emit_udp};
use crate::probe::{Context, Probe, Var};
use crate::rule::Rule;
use std::collections::VecDeque;
use std::net::SocketAddr;
use thiserror::Error;

/// How much a socket keeps for its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of data in the queue, and the overhead of each datagram in it (SO_RCVBUF).
    pub bytes: usize,
    /// Octets that each queued datagram costs beyond its data, as bookkeeping does in an operating system; 0 counts data
    /// alone.
    pub overhead: usize,
    /// Datagrams in the queue.
    pub datagrams: usize,
}

impl Default for Limits {
    /// Linux's rmem_default, without its overhead for each datagram, and no limit on their number.
    fn default() -> Self {
        Limits { bytes: 212_992, overhead: 0, datagrams: usize::MAX }
    }
}

/// Buffers that a socket keeps for datagrams to come.
const SPARE_BUFFERS: usize = 16;

#[derive(Clone, Debug)]
struct Datagram {
    from: SocketAddr,
    to: SocketAddr,
    data: Vec<u8>,
}

/// A UDP socket that has a local address.
#[derive(Clone, Debug)]
pub struct UdpSocket {
    local: SocketAddr,
    remote: Option<SocketAddr>,
    limits: Limits,
    queue: VecDeque<Datagram>,
    /// Empty buffers of datagrams that were taken, to be used again.
    spare: Vec<Vec<u8>>,
    queued: usize,
    overflows: u64,
    reported: Option<Icmp>,
    /// Whether every ICMP error about its datagrams is told, not only what an unconnected socket could not tell apart and what
    /// is final (IP_RECVERR).
    pub all_errors: bool,
    /// Time to live of what is sent.
    pub ttl: u8,
    /// Differentiated services code point of what is sent.
    pub dscp: u8,
    /// Whether IPv4 datagrams carry a checksum (SO_NO_CHECK); IPv6 ones always do.
    pub checksum: bool,
}

/// A datagram that was taken from the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Octets that were copied into the caller's buffer.
    pub len: usize,
    /// Octets that did not fit: they are lost (MSG_TRUNC tells a real program).
    pub truncated: usize,
    /// Who sent it.
    pub from: SocketAddr,
    /// Where it was sent to: which of its host's addresses (RFC 1122 section 4.1.3.5; IP_PKTINFO tells a real program).
    pub to: SocketAddr,
}

/// What the host knows and the socket does not, of a datagram that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where it comes from: the socket's own address, or the one that the host chose for a wildcard.
    pub source: SocketAddr,
    /// Identification of the IPv4 packet.
    pub id: u32,
    /// IPv4's "don't fragment".
    pub dont_fragment: bool,
}

/// Why `send` sent nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// No destination was named and the socket is not connected (EDESTADDRREQ).
    #[error("no destination: name one, or connect the socket")]
    NoDestination,
    /// The datagram does not fit an IP packet (EMSGSIZE).
    #[error("{len} octets do not fit a UDP datagram: at most {max}")]
    TooLong {
        /// Octets asked for.
        len: usize,
        /// The most that fit.
        max: usize,
    },
    /// Source and destination are not of the same IP version (EAFNOSUPPORT).
    #[error("destination {0} is not of the socket's IP version")]
    MixedVersions(SocketAddr),
    /// Port 0 cannot be a destination (EINVAL).
    #[error("port 0 cannot be sent to")]
    PortZero,
    /// ICMP told of an earlier datagram (a closed port: ECONNREFUSED).
    #[error("an earlier datagram did not arrive: {0:?}")]
    Reported(Icmp),
}

/// Why `recv` returned nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecvError {
    /// No datagram waits (EAGAIN).
    #[error("no datagram waits")]
    WouldBlock,
    /// ICMP told of an earlier datagram (a closed port: ECONNREFUSED).
    #[error("an earlier datagram did not arrive: {0:?}")]
    Reported(Icmp),
}

/// Why an arriving datagram was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The queue is full.
    #[error("the receive queue is full")]
    Full,
    /// The socket is connected to somebody else.
    #[error("the socket is connected to another peer")]
    NotThePeer,
}

impl UdpSocket {
    /// A socket bound to `local`.
    pub fn new(local: SocketAddr, limits: Limits) -> UdpSocket {
        UdpSocket {
            local,
            remote: None,
            limits,
            queue: VecDeque::new(),
            spare: Vec::new(),
            queued: 0,
            overflows: 0,
            reported: None,
            all_errors: false,
            ttl: IpHeader::DEFAULT_TTL,
            dscp: 0,
            checksum: true,
        }
    }

    /// Its own address, the wildcard if it is bound to all.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Whom it is connected to.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    /// Gives it another local address: of bind, and of the first send.
    pub fn bind(&mut self, local: SocketAddr) {
        self.local = local;
    }

    /// Connects it: from now on it hears this peer alone, and hears of its errors. No packet is sent. `local` replaces a
    /// wildcard address.
    pub fn connect(&mut self, local: SocketAddr, remote: SocketAddr) {
        self.local = local;
        self.remote = Some(remote);
        self.reported = None;
    }

    /// Replaces the limits; what is queued stays.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Datagrams that wait.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Octets that wait, counted against [`Limits::bytes`].
    pub fn queued_bytes(&self) -> usize {
        self.queued
    }

    /// Octets of the first datagram in the queue, 0 without one.
    pub fn first_len(&self) -> usize {
        self.queue.front().map_or(0, |datagram| datagram.data.len())
    }

    /// How many datagrams were lost because the queue was full.
    pub fn overflows(&self) -> u64 {
        self.overflows
    }

    /// True when `recv` would not block.
    pub fn is_readable(&self) -> bool {
        self.reported.is_some() || !self.queue.is_empty()
    }

    /// Takes the pending error (SO_ERROR).
    pub fn take_reported(&mut self) -> Option<Icmp> {
        self.reported.take()
    }

    /// A datagram for this socket has arrived, sent to the address `to`; its checksum is right.
    ///
    /// # Errors
    /// When it is not queued; it is lost then, and nobody is told but the probe.
    pub fn handle_datagram<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        from: SocketAddr,
        to: SocketAddr,
        data: &[u8],
    ) -> Result<(), Refused> {
        if self.remote.is_some_and(|peer| peer != from) {
            return Err(Refused::NotThePeer);
        }
        let cost = data.len() + self.limits.overhead;
        if self.queue.len() >= self.limits.datagrams || self.queued + cost > self.limits.bytes {
            // udp(7), socket(7) SO_RCVBUF: no flow control, the datagram is dropped.
            self.overflows += 1;
            cx.probe.rule(Rule::UdpQueueFull);
            return Err(Refused::Full);
        }
        self.set_queued(cx, Rule::UdpDatagram, self.queued + cost);
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.extend_from_slice(data);
        self.queue.push_back(Datagram { from, to, data: buffer });
        Ok(())
    }

    /// An ICMP error about a datagram that this socket sent to `to`.
    pub fn handle_icmp<P: Probe>(&mut self, cx: &mut Context<'_, P>, icmp: Icmp, to: SocketAddr) {
        let is_final = match icmp {
            Icmp::Unreachable(why) => {
                matches!(why, Unreachable::Port | Unreachable::Protocol | Unreachable::Prohibited)
            }
            Icmp::ParameterProblem { .. } => true,
            _ => false,
        };
        // RFC 1122 section 4.1.3.3: ICMP errors are passed up. As in Linux, a socket that has not asked for all of them is told
        // what is final alone, and that only while it is connected: otherwise it could not tell which datagram is meant.
        let told = match icmp {
            Icmp::SourceQuench | Icmp::Other { .. } => false, // RFC 6633; no error
            _ => self.all_errors || (is_final && self.remote == Some(to)),
        };
        if told {
            cx.probe.rule(Rule::UdpErrorReported);
            self.reported = Some(icmp);
        }
    }

    /// Takes the first datagram: copies what fits into `buffer`, the rest of it is lost.
    ///
    /// # Errors
    /// When no datagram waits, or an error does (it is told once).
    pub fn recv<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        buffer: &mut [u8],
    ) -> Result<Received, RecvError> {
        if let Some(icmp) = self.take_reported() {
            return Err(RecvError::Reported(icmp));
        }
        let mut datagram = self.queue.pop_front().ok_or(RecvError::WouldBlock)?;
        let len = datagram.data.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), datagram.data.get(..len)) {
            to.copy_from_slice(from);
        }
        let truncated = datagram.data.len() - len;
        if truncated > 0 {
            cx.probe.rule(Rule::UdpTruncated);
        }
        self.set_queued(
            cx,
            Rule::UdpDatagram,
            self.queued - (datagram.data.len() + self.limits.overhead).min(self.queued),
        );
        if self.spare.len() < SPARE_BUFFERS {
            datagram.data.clear();
            self.spare.push(datagram.data);
        }
        Ok(Received { len, truncated, from: datagram.from, to: datagram.to })
    }

    /// Sends one datagram, whole: appends an IP packet to `out`, not yet fragmented. `to` may be left out when the socket
    /// is connected.
    ///
    /// # Errors
    /// When it cannot be sent: see [`SendError`].
    pub fn send<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        envelope: Envelope,
        to: Option<SocketAddr>,
        data: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if let Some(icmp) = self.take_reported() {
            return Err(SendError::Reported(icmp));
        }
        let to = to.or(self.remote).ok_or(SendError::NoDestination)?;
        let source = envelope.source;
        if source.is_ipv4() != to.is_ipv4() {
            return Err(SendError::MixedVersions(to));
        }
        if to.port() == 0 {
            return Err(SendError::PortZero);
        }
        let max = UdpSocket::max_data(to);
        if data.len() > max {
            return Err(SendError::TooLong { len: data.len(), max });
        }
        cx.probe.rule(Rule::UdpDatagram);
        let ip = IpHeader {
            ttl: self.ttl,
            dscp: self.dscp,
            id: envelope.id,
            dont_fragment: envelope.dont_fragment,
            ..IpHeader::new(source.ip(), to.ip(), Protocol::UDP)
        };
        let udp = UdpHeader { src_port: source.port(), dst_port: to.port(), ..Default::default() };
        emit_udp(&ip, &udp, data, self.checksum, out);
        Ok(())
    }

    /// The most octets of data that one datagram to `to` can carry: 65,507 over IPv4, 65,527 over IPv6.
    pub fn max_data(to: SocketAddr) -> usize {
        let ip = if to.is_ipv4() { 20 } else { 0 };
        0xffff - ip - UDP_HEADER_LEN
    }

    fn set_queued<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, queued: usize) {
        cx.probe.change(rule, Var::RcvQueue, self.queued as i64, queued as i64);
        self.queued = queued;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Silent, Timer, TimerChange};
    use crate::time::Instant;

    fn address(port: u16) -> SocketAddr {
        ([10, 0, 0, 1], port).into()
    }

    const ENVELOPE: Envelope = Envelope {
        source: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)), 4000),
        id: 1,
        dont_fragment: true,
    };

    #[derive(Default)]
    struct Heard(Vec<Rule>, Vec<(i64, i64)>);

    impl Probe for Heard {
        fn rule(&mut self, rule: Rule) {
            self.0.push(rule);
        }
        fn change(&mut self, _: Rule, var: Var, old: i64, new: i64) {
            assert_eq!(var, Var::RcvQueue);
            self.1.push((old, new));
        }
        fn timer(&mut self, _: Rule, _: Timer, _: TimerChange) {}
    }

    #[test]
    fn datagrams_keep_their_boundaries_and_their_order() {
        let mut probe = Heard::default();
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket = UdpSocket::new(address(53), Limits::default());
        for data in [&b"one"[..], b"", b"three"] {
            socket.handle_datagram(&mut cx, address(9), address(1), data).unwrap();
        }
        let mut buffer = [0; 100];
        for (len, first) in [(3, b'o'), (0, b'o'), (5, b't')] {
            let received = socket.recv(&mut cx, &mut buffer).unwrap();
            assert_eq!(
                (received, buffer[0]),
                (Received { len, truncated: 0, from: address(9), to: address(1) }, first)
            );
        }
        assert_eq!(socket.recv(&mut cx, &mut buffer), Err(RecvError::WouldBlock));
        assert_eq!(probe.1, [(0, 3), (3, 3), (3, 8), (8, 5), (5, 5), (5, 0)]);
    }

    #[test]
    fn a_short_buffer_burns_the_rest() {
        let mut probe = Heard::default();
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket = UdpSocket::new(address(53), Limits::default());
        socket.handle_datagram(&mut cx, address(9), address(1), b"hello world").unwrap();
        let mut buffer = [0; 5];
        let received = socket.recv(&mut cx, &mut buffer).unwrap();
        assert_eq!((received.len, received.truncated, &buffer), (5, 6, b"hello"));
        assert!(!socket.is_readable() && socket.queued_bytes() == 0);
        assert_eq!(probe.0, [Rule::UdpTruncated]);
    }

    #[test]
    fn a_full_queue_loses_datagrams_and_counts_them() {
        let mut probe = Heard::default();
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket =
            UdpSocket::new(address(53), Limits { bytes: 10, overhead: 2, datagrams: usize::MAX });
        assert_eq!(socket.handle_datagram(&mut cx, address(9), address(1), b"12345"), Ok(()));
        assert_eq!(socket.handle_datagram(&mut cx, address(9), address(1), b"12"), Err(Refused::Full));
        assert_eq!(socket.handle_datagram(&mut cx, address(9), address(1), b"1"), Ok(()));
        socket.set_limits(Limits { datagrams: 2, ..Limits::default() });
        assert_eq!(socket.handle_datagram(&mut cx, address(9), address(1), b""), Err(Refused::Full));
        assert_eq!((socket.overflows(), socket.queued()), (2, 2));
        assert_eq!(probe.0, [Rule::UdpQueueFull, Rule::UdpQueueFull]);
    }

    #[test]
    fn a_closed_port_is_told_once_and_only_to_a_connected_socket() {
        let mut probe = Silent;
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket = UdpSocket::new(address(4000), Limits::default());
        let unreachable = Icmp::Unreachable(Unreachable::Port);
        socket.handle_icmp(&mut cx, unreachable, address(53));
        assert_eq!(socket.recv(&mut cx, &mut []), Err(RecvError::WouldBlock));
        socket.connect(address(4000), address(53));
        socket.handle_icmp(&mut cx, unreachable, address(54));
        socket.handle_icmp(&mut cx, Icmp::TimeExceeded, address(53));
        assert!(!socket.is_readable());
        socket.handle_icmp(&mut cx, unreachable, address(53));
        assert_eq!(socket.recv(&mut cx, &mut []), Err(RecvError::Reported(unreachable)));
        assert_eq!(socket.recv(&mut cx, &mut []), Err(RecvError::WouldBlock));
        socket.handle_icmp(&mut cx, unreachable, address(53));
        let mut out = Vec::new();
        assert_eq!(
            socket.send(&mut cx, ENVELOPE, None, b"x", &mut out),
            Err(SendError::Reported(unreachable))
        );
        assert_eq!(socket.send(&mut cx, ENVELOPE, None, b"x", &mut out), Ok(()));
    }

    #[test]
    fn a_socket_that_asked_for_it_is_told_of_every_error() {
        let mut probe = Silent;
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket = UdpSocket::new(address(4000), Limits::default());
        socket.all_errors = true;
        for icmp in [Icmp::TimeExceeded, Icmp::TooBig { mtu: 1400 }, Icmp::Unreachable(Unreachable::Host)] {
            socket.handle_icmp(&mut cx, icmp, address(53));
            assert_eq!(socket.take_reported(), Some(icmp));
        }
        socket.handle_icmp(&mut cx, Icmp::SourceQuench, address(53));
        assert_eq!(socket.take_reported(), None);
    }

    #[test]
    fn a_connected_socket_hears_its_peer_alone() {
        let mut probe = Silent;
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket = UdpSocket::new(address(4000), Limits::default());
        socket.connect(address(4000), address(53));
        assert_eq!(socket.handle_datagram(&mut cx, address(54), address(1), b"x"), Err(Refused::NotThePeer));
        assert_eq!(socket.handle_datagram(&mut cx, address(53), address(1), b"x"), Ok(()));
    }

    #[test]
    fn what_cannot_be_sent_is_refused_with_its_reason() {
        let mut probe = Silent;
        let mut cx = Context::new(Instant::START, &mut probe);
        let mut socket = UdpSocket::new(address(4000), Limits::default());
        let mut out = Vec::new();
        let mut send = |to, len| {
            out.clear();
            socket.send(&mut cx, ENVELOPE, to, &vec![1; len], &mut out).map(|()| out.len())
        };
        assert_eq!(send(None, 1), Err(SendError::NoDestination));
        assert_eq!(send(Some(address(0)), 1), Err(SendError::PortZero));
        let v6: SocketAddr = ([0xfd; 16], 5).into();
        assert_eq!(send(Some(v6), 1), Err(SendError::MixedVersions(v6)));
        assert_eq!(send(Some(address(5)), 65_508), Err(SendError::TooLong { len: 65_508, max: 65_507 }));
        assert_eq!(send(Some(address(5)), 65_507), Ok(65_535));
    }
}
