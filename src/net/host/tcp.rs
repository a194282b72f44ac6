//! TCP on a host: connections driven by segments, ICMP and timers. What applications do with them is in `tcp_calls`.

use super::Host;
use super::listener::Syn;
use super::receive::{Ignored, malformed};
use super::socket::{Kind, Owner, Socket, Wakes};
use crate::net::fabric::Fabric;
use crate::net::pool::Made;
use crate::net::{DropReason, Errno, Observer, PacketId, SocketId, Text};
use crate::packet::checksum::Sum;
use crate::packet::{Icmp, IpHeader, OptionLayout, Protocol, TcpHeader, Unreachable, checksum, emit_tcp};
use crate::probe::{Context, Var};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::tcp::{Connection, ConnectionError, Event, Flow, SegmentText, SharedText, State, reset_for};
use crate::time::Instant;
use std::net::{IpAddr, SocketAddr};

/// A TCP socket with a connection.
#[derive(Clone, Debug)]
pub(super) struct TcpSocket {
    pub conn: Connection,
    /// The listener that it came from, until it is accepted.
    pub listener: Option<SocketId>,
    /// It stands in the listener's SYN queue.
    pub half_open: bool,
    /// The handshake was completed once.
    pub connected: bool,
    /// The connection's error has been told to the application: further calls say EPIPE and end of stream.
    error_told: bool,
    /// Everything sent has been acknowledged, as last told.
    pub drained: bool,
}

impl TcpSocket {
    pub fn new(conn: Connection, listener: Option<SocketId>) -> TcpSocket {
        let half_open = listener.is_some();
        TcpSocket { conn, listener, half_open, connected: false, error_told: false, drained: true }
    }

    /// The connection's error, the first time it is asked for.
    pub fn take_error(&mut self) -> Option<Errno> {
        let error = self.conn.error().filter(|_| !self.error_told)?;
        self.error_told = true;
        Some(errno(error, self.conn.soft_error()))
    }
}

/// How Linux tells of a connection's end; `soft` is what ICMP reported before it.
fn errno(error: ConnectionError, soft: Option<Icmp>) -> Errno {
    match (error, soft) {
        (ConnectionError::TimedOut | ConnectionError::Unreachable, Some(Icmp::Unreachable(why))) => match why
        {
            Unreachable::Network => Errno::ENETUNREACH,
            Unreachable::Port => Errno::ECONNREFUSED,
            _ => Errno::EHOSTUNREACH,
        },
        (ConnectionError::TimedOut, Some(Icmp::TimeExceeded)) => Errno::EHOSTUNREACH,
        (ConnectionError::Refused | ConnectionError::Unreachable, _) => Errno::ECONNREFUSED,
        (ConnectionError::Reset, _) => Errno::ECONNRESET,
        (ConnectionError::TimedOut, _) => Errno::ETIMEDOUT,
        (ConnectionError::Aborted, _) => Errno::ECONNABORTED,
    }
}

impl Host {
    /// A TCP segment has come: all of it, or its header and its text.
    pub(super) fn tcp_arrives<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        packet: PacketId,
        ip: &IpHeader,
        (segment, text): (&[u8], &mut Option<SharedText>),
        observer: &mut O,
    ) -> Result<(), Ignored> {
        // RFC 9293 section 3.1, MUST-3: the receiver must check the checksum. A text that stands alone has not changed since it
        // was added up.
        let (len, sum) = text.as_ref().map_or((0, Sum::default()), SharedText::len_and_sum);
        let (len, sum) = (segment.len() + len, Sum::of_segment(segment) + sum);
        if checksum::transport_of(&ip.src, &ip.dst, Protocol::TCP, len, sum) != 0 {
            return Err((None, DropReason::Checksum));
        }
        let mut header = TcpHeader::default();
        let payload = header.read(segment).map_err(malformed)?;
        let payload = SegmentText::of(payload, text);
        let header = &header;
        let flow = || Flow {
            local: SocketAddr::new(ip.dst, header.dst_port),
            remote: SocketAddr::new(ip.src, header.src_port),
        };
        if let Some(id) = self.connections.between((ip.dst, header.dst_port), (ip.src, header.src_port)) {
            if self.backlog_blocks(id, header) {
                return Err((Some(id), DropReason::BacklogFull));
            }
            if header.flags.syn()
                && let Some(iss) = self.reuse_time_wait(fabric, id, flow(), header, observer)
                && let Some(listener) = self.listener_at(flow().local)
            {
                let syn = Syn { packet, flow: flow(), ip, header, payload: payload.octets(), iss: Some(iss) };
                return self.syn_arrives(fabric, listener, &syn, observer);
            }
            self.consume(fabric, packet, id, observer);
            let Some(tcp) = self.sockets.get_mut(id).and_then(Socket::tcp_mut) else {
                return Err((Some(id), DropReason::NoSocket));
            };
            tcp.conn.take_segment(&mut Context::new(fabric.now, observer), header, payload, ip.ecn);
            self.tcp_after(fabric, id, observer);
            return Ok(());
        }
        let listener = self.listener_at(flow().local);
        let is_syn = header.flags.syn() && !header.flags.ack() && !header.flags.rst();
        if let Some(listener) = listener.filter(|_| is_syn) {
            let syn = Syn { packet, flow: flow(), ip, header, payload: payload.octets(), iss: None };
            return self.syn_arrives(fabric, listener, &syn, observer);
        }
        // RFC 9293 section 3.10.7.1 and 3.10.7.2: there is no connection, or only a listener that takes nothing but SYN.
        if self.config.answers_closed_ports
            && !ip.src.is_multicast()
            && let Some(reset) = reset_for(header, payload.len())
        {
            let ip = IpHeader { id: self.next_ip_id(), ..IpHeader::new(ip.dst, ip.src, Protocol::TCP) };
            self.send_raw(fabric, observer, Some(Rule::ResetReply), ip.dst, &mut |out| {
                emit_tcp(&ip, &reset, OptionLayout::Linux, &[], out);
            });
        }
        Err((listener, DropReason::NoSocket))
    }

    /// RFC 9293 section 3.6.1, MAY-2, and RFC 6191: a SYN that is surely newer ends an old connection in TIME-WAIT if somebody
    /// listens. Returns the initial sequence number that the new connection must take, beyond the old one's numbers (RFC
    /// 1122 section 4.2.2.13).
    fn reuse_time_wait<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        flow: Flow,
        seg: &TcpHeader,
        observer: &mut O,
    ) -> Option<SeqNumber> {
        let tcp = self.sockets.get(id).and_then(Socket::tcp)?;
        if !tcp.conn.accepts_reuse_by(seg) {
            return None;
        }
        self.listener_at(flow.local)?;
        let next = tcp.conn.vars().get(Var::SndNxt).unwrap_or_default();
        if O::WATCHES {
            observer.endpoint(fabric.now, self.id, id);
        }
        let owner = self.sockets.get(id)?.owner;
        if let Some(tcp) = self.sockets.get_mut(id).and_then(Socket::tcp_mut) {
            tcp.conn.abort(&mut Context::new(fabric.now, observer)); // in TIME-WAIT no RST is sent
        }
        self.tcp_after(fabric, id, observer);
        if owner == Owner::Nobody {
            self.free(fabric, id, observer);
        }
        Some(SeqNumber(next as u32) + 65_537)
    }

    /// Sends a packet that comes from the host itself.
    pub(super) fn send_raw<O: Observer>(
        &self,
        fabric: &mut Fabric,
        observer: &mut O,
        rule: Option<Rule>,
        dst: IpAddr,
        write: &mut dyn FnMut(&mut Vec<u8>),
    ) {
        let slot = fabric.pool.take(self.id);
        if let Some(packet) = fabric.pool.get_mut(slot) {
            write(packet.whole());
            packet.rule = rule;
        }
        fabric.tell_sent(self.id, slot, None, observer);
        fabric.send(self.id, slot, dst, None, &|_| None, observer);
    }

    /// ICMP tells of a segment that a connection sent.
    pub(super) fn tcp_icmp<O: Observer>(
        &mut self,
        fabric: &mut Fabric,
        id: SocketId,
        icmp: Icmp,
        seq: Option<SeqNumber>,
        observer: &mut O,
    ) {
        if let Some(tcp) = self.sockets.get_mut(id).and_then(Socket::tcp_mut) {
            tcp.conn.handle_icmp(&mut Context::new(fabric.now, observer), icmp, seq);
        }
        self.tcp_after(fabric, id, observer);
    }

    /// A socket's timer may be due.
    pub(super) fn tcp_timeout<O: Observer>(&mut self, fabric: &mut Fabric, id: SocketId, observer: &mut O) {
        let Some(tcp) = self.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        if tcp.conn.poll_timeout().is_some_and(|at| at <= fabric.now) {
            if O::WATCHES {
                observer.endpoint(fabric.now, self.id, id);
            }
            tcp.conn.handle_timeout(&mut Context::new(fabric.now, observer));
        }
        self.tcp_after(fabric, id, observer);
    }

    /// After anything that a connection was given to do: what it sends goes out, what it tells is passed on, its timer is
    /// set, and it is forgotten when it is over.
    pub(super) fn tcp_after<O: Observer>(&mut self, fabric: &mut Fabric, id: SocketId, observer: &mut O) {
        let node = self.id;
        let Some(socket) = self.sockets.get_mut(id) else { return };
        let Kind::Tcp(tcp) = &mut socket.kind else { return };
        loop {
            // Looked at where it lies: to move it costs as much as to make it.
            let next = tcp.conn.poll_transmit(&mut Context::new(fabric.now, observer));
            let Some(segment) = &next else { break };
            self.ip_id = self.ip_id.wrapping_add(1);
            let ip_id = self.ip_id.into();
            let slot = fabric.pool.make(
                node,
                Made {
                    socket: id,
                    rule: segment.rule,
                    retransmission: segment.retransmission,
                    text: Text::of(&segment.data),
                },
                |bytes, headers, text| {
                    let whole = O::WATCHES && observer.wants_text();
                    let len = if whole { 0 } else { tcp.conn.emit_apart(segment, ip_id, headers, text) };
                    if len == 0 {
                        tcp.conn.emit(segment, ip_id, bytes);
                    }
                    len
                },
            );
            fabric.tell_sent(node, slot, None, observer);
            let ip = tcp.conn.ip();
            // A segment too big for the first link comes back as ICMP from this very host.
            fabric.send(node, slot, ip.dst, None, &|_| Some(ip.src), observer);
        }
        let mut wakes = Wakes::NONE;
        let mut opened = false;
        while let Some(event) = tcp.conn.poll_event() {
            wakes |= match event {
                Event::Connected => {
                    (tcp.connected, opened) = (true, true);
                    Wakes::CONNECTED.or(Wakes::WRITABLE)
                }
                Event::Readable | Event::Urgent | Event::PeerClosed => Wakes::READABLE,
                Event::Writable => Wakes::WRITABLE,
                Event::Failed => Wakes::FAILED.or(Wakes::READABLE).or(Wakes::WRITABLE),
                Event::Closed => Wakes::CLOSED.or(Wakes::READABLE).or(Wakes::WRITABLE),
                Event::SoftError | Event::Struggling => Wakes::NONE,
            };
        }
        let armed = socket.armed;
        let drained = tcp.conn.is_drained();
        if drained && !tcp.drained {
            wakes |= Wakes::DRAINED;
        }
        tcp.drained = drained;
        let timeout = tcp.conn.poll_timeout().unwrap_or(Instant::NEVER);
        let closed = tcp.conn.state() == State::Closed;
        let flow = closed.then(|| *tcp.conn.flow());
        if timeout < armed {
            self.arm(id, timeout);
        }
        if opened || closed {
            self.leave_syn_queue(fabric, id, opened);
        }
        self.raise(fabric, id, wakes);
        if let Some(flow) = flow
            && self.connections.remove(&flow, id)
        {
            // As in Linux, a closed connection gives its addresses back, even while its application still holds it.
            self.ports.release(Protocol::TCP, flow.local.port(), id);
        }
        if closed && self.is_forgettable(id) {
            self.free(fabric, id, observer);
        }
    }

    /// Octets of the largest packet that the interface towards `to` takes.
    pub(super) fn interface_mtu(&self, fabric: &Fabric, to: IpAddr) -> u16 {
        let mtu = fabric.mtu(self.id, to).unwrap_or(1500);
        u16::try_from(mtu).unwrap_or(u16::MAX)
    }

    /// The connection of a socket; `otherwise` where it has none.
    #[inline]
    pub(super) fn tcp_socket(&mut self, id: SocketId, otherwise: Errno) -> Result<&mut TcpSocket, Errno> {
        match &mut self.sockets.get_mut(id).ok_or(Errno::EBADF)?.kind {
            Kind::Tcp(tcp) => Ok(tcp),
            _ => Err(otherwise),
        }
    }
}
