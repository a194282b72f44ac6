//! One end of a TCP connection: its parts, and the calls that come in and go out.

use super::ack::AckState;
use super::ecn::EcnState;
use super::event::{ConnectionError, Event, Events};
use super::isn::Flow;
use super::keepalive::rule_of;
use super::receive_buffer::ReceiveBuffer;
use super::recovery::Recovery;
use super::reset::ChallengeLimit;
use super::sack::SackReceiver;
use super::send_buffer::SendBuffer;
use super::shared_text::{SegmentText, SharedText};
use super::tcb::{ReceiveSpace, SendSpace};
use super::tell::Told;
use super::timers::TimerTable;
use super::{Config, SendLowWater, State};
use crate::packet::{
    Ecn, Icmp, IpHeader, MAX_TCP_HEADERS, OptionLayout, TcpHeader, emit_tcp, write_tcp_headers,
};
use crate::probe::{Context, Probe, Timer, TimerChange};
use crate::rule::Rule;
use crate::time::Instant;
use std::ops::Range;

/// How a connection came to be: where it goes when its half-open life fails (RFC 9293, MUST-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An active OPEN.
    Active,
    /// A passive OPEN: back to LISTEN.
    Passive,
    /// Made by a listener for one SYN: back to nothing.
    Listener,
}

/// What both SYNs agreed on (RFC 7323, RFC 2018, RFC 3168).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub timestamps: bool,
    pub sack: bool,
    pub window_scaling: bool,
    pub ecn: bool,
}

/// What `poll_transmit` still has to send beyond data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    /// An RST, with the rule that made it.
    pub reset: Option<(TcpHeader, Rule)>,
    /// SYN or SYN,ACK, first or again.
    pub syn: bool,
    /// A window probe, first or again.
    pub window_probe: bool,
    /// A keep-alive probe.
    pub keepalive: bool,
    /// What is held back is to go, however small.
    pub push: bool,
}

/// Octets of text from which on it is quicker to share them with a packet in flight than to copy them into it.
const LONG_TEXT: u64 = 512;

/// A segment that is to be sent; its data stays in the connection's send buffer until it is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The header, all but the checksum.
    pub header: TcpHeader,
    /// How its options are laid out.
    pub layout: OptionLayout,
    /// Its data, in offsets of the outgoing stream (the first octet of data is 0).
    pub data: Range<u64>,
    /// Octets without meaning in place of data: the garbage octet of a keep-alive probe (RFC 9293, MAY-6).
    pub filler: usize,
    /// Some of it was sent before.
    pub retransmission: bool,
    /// Why it is sent.
    pub rule: Rule,
    /// ECN codepoint for the IP header.
    pub ecn: Ecn,
    /// Time to live or hop limit for the IP header.
    pub ttl: u8,
    /// Diffserv code point for the IP header.
    pub dscp: u8,
}

/// One end of a TCP connection, sans-IO: calls come in with a [`Context`] that says when it is; what is to be sent,
/// told and timed is drawn with `poll_transmit`, `poll_event` and `poll_timeout`.
///
/// After every call draw `poll_transmit` until it is empty, then look at `poll_event` and `poll_timeout`.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) flow: Flow,
    /// The IP header of its segments, as far as it is the same for all.
    pub(crate) ip: IpHeader,
    pub(crate) config: Config,
    pub(crate) state: State,
    pub(crate) origin: Origin,
    pub(crate) agreed: Agreed,
    pub(crate) snd: SendSpace,
    pub(crate) rcv: ReceiveSpace,
    pub(crate) send_buffer: SendBuffer,
    pub(crate) send_limit: usize,
    pub(crate) receive_buffer: ReceiveBuffer,
    pub(crate) receive_limit: usize,
    pub(crate) sack: SackReceiver,
    pub(crate) ack: AckState,
    pub(crate) recovery: Recovery,
    /// Window probes in a row without any answer: they count towards R2.
    pub(crate) probes: u32,
    /// Window probes since the window closed, by which their interval grows.
    pub(crate) probes_sent: u32,
    /// Time-outs that do not count towards R2: the peer was heard since.
    pub(crate) forgiven: u32,
    /// An octet (or FIN) at SND.NXT went out as a window probe: its acknowledgment is welcome.
    pub(crate) probe_out: bool,
    pub(crate) timers: TimerTable,
    pub(crate) pending: Pending,
    pub(crate) events: Events,
    pub(crate) error: Option<ConnectionError>,
    pub(crate) soft_error: Option<Icmp>,
    pub(crate) challenges: ChallengeLimit,
    /// The application has closed for good: nobody will read.
    pub(crate) orphan: bool,
    /// The application will not read any more (shutdown of the reading side).
    pub(crate) read_shut: bool,
    /// `send` was told [`SendError::WouldBlock`](super::SendError::WouldBlock).
    pub(crate) send_blocked: bool,
    /// Where our timestamp clock stands at the start of the run.
    pub(crate) timestamp_offset: u32,
    /// TS.Recent, and when it was taken (RFC 7323 sections 4.3 and 5.5).
    pub(crate) ts_recent: Option<(u32, Instant)>,
    /// MTU of the path, as far as it is known.
    pub(crate) path_mtu: u16,
    /// When ICMP last told of it.
    pub(crate) path_mtu_at: Instant,
    /// Eff.snd.MSS, as it follows from the path and from what both SYNs said.
    pub(crate) eff_mss: usize,
    pub(crate) ecn: EcnState,
    /// Keep-alive probes without an answer.
    pub(crate) keepalives_sent: u32,
    /// Octets read since `round_began`, by which the receive buffer grows.
    pub(crate) read_in_round: usize,
    pub(crate) round_began: Instant,
    /// What the probe was told last.
    pub(crate) told: Told,
}

impl Connection {
    /// The two ends. A connection in LISTEN has no peer yet: its remote address is unspecified, its port 0.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The two addresses, as the IP header of its segments has them: the source's is our own.
    pub(crate) fn ip(&self) -> &IpHeader {
        &self.ip
    }

    /// The connection's state.
    pub fn state(&self) -> State {
        self.state
    }

    /// How the connection is set up now.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why the connection ended before its time, if it did (RFC 9293, MUST-12).
    pub fn error(&self) -> Option<ConnectionError> {
        self.error
    }

    /// Takes the last ICMP report that did not end the connection (RFC 9293, MUST-47). An application that never asks
    /// is not disturbed by it (SHLD-20).
    pub fn soft_error(&mut self) -> Option<Icmp> {
        self.soft_error.take()
    }

    /// The next thing the application may want to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.draw()
    }

    /// When [`Connection::handle_timeout`] wants to be called, if ever.
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match (self.timers.next(), self.recovery_deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// When `timer` fires, while it runs.
    pub fn timer(&self, timer: Timer) -> Option<Instant> {
        let own = self.timers.is_set(timer).then(|| self.timers.at(timer));
        own.or_else(|| self.recovery.timer(timer).filter(|_| self.recovery_deadline().is_some()))
    }

    /// Draws the next segment to be sent, or `None` when there is nothing to send now.
    ///
    /// The segment's data must be taken ([`Connection::payload`] or [`Connection::emit`]) before the next call.
    #[must_use = "a segment that is drawn counts as sent"]
    pub fn poll_transmit<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Option<Transmit> {
        self.next_segment(cx)
    }

    /// Takes in a segment of this connection whose checksum is right (RFC 9293 section 3.10.7). `ecn` is the codepoint
    /// of the IP packet that brought it.
    pub fn handle_segment<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: &[u8],
        ecn: Ecn,
    ) {
        self.take_segment(cx, seg, SegmentText::Plain(payload), ecn);
    }

    /// The same with a text that may be held.
    #[inline]
    pub(crate) fn take_segment<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: SegmentText<'_>,
        ecn: Ecn,
    ) {
        self.segment_arrives(cx, seg, payload, ecn);
        self.tell_rest(cx);
    }

    /// Does what is due: call it when the time of [`Connection::poll_timeout`] has come.
    pub fn handle_timeout<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        // That a timer fired is told before what it does: it is the cause of that.
        while let Some((timer, _)) = self.recovery_due().filter(|&(_, at)| at <= cx.now) {
            if P::LISTENS {
                cx.probe.timer(rule_of(timer), timer, TimerChange::Fired);
            }
            self.recovery_times_out(cx);
        }
        while let Some(timer) = self.timers.pop_due(cx.now) {
            if P::LISTENS {
                cx.probe.timer(rule_of(timer), timer, TimerChange::Fired);
            }
            self.timer_expires(cx, timer);
        }
        self.tell_rest(cx);
    }

    /// The data of a segment, in parts as the send buffer holds it.
    pub fn payload(&self, segment: &Transmit) -> Vec<&[u8]> {
        const FILLER: &[u8] = &[0];
        if segment.filler > 0 { vec![FILLER] } else { self.send_buffer.slices(&segment.data) }
    }

    /// Appends the segment as a whole IP packet, checksums right; `ip_id` is the packet's identification.
    pub fn emit(&self, segment: &Transmit, ip_id: u32, out: &mut Vec<u8>) {
        let ip = IpHeader { ttl: segment.ttl, dscp: segment.dscp, ecn: segment.ecn, id: ip_id, ..self.ip };
        // Nearly always it lies in one part.
        match self.send_buffer.slice(&segment.data) {
            Some(whole) if segment.filler == 0 => {
                emit_tcp(&ip, &segment.header, segment.layout, &[whole], out);
            }
            _ => emit_tcp(&ip, &segment.header, segment.layout, &self.payload(segment), out),
        }
    }

    /// The same in parts, but of a packet with a short text, which is better copied: its headers are written into `headers`, its text is
    /// given as it lies in the send buffer. Returns the length of the headers; 0 where nothing was done.
    #[inline]
    pub(crate) fn emit_apart(
        &mut self,
        segment: &Transmit,
        ip_id: u32,
        headers: &mut [u8; MAX_TCP_HEADERS],
        text: &mut Option<SharedText>,
    ) -> usize {
        let len = segment.data.end - segment.data.start;
        if len >= LONG_TEXT {
            *text = self.send_buffer.share(&segment.data);
        }
        let there = match text {
            Some(text) => text.len_and_sum(),
            None if len == 0 && segment.filler == 0 => Default::default(),
            None => return 0,
        };
        // Set where it lies: a copy of the addresses costs as much as all that is written.
        let ip = &mut self.ip;
        (ip.ttl, ip.dscp, ip.ecn, ip.id) = (segment.ttl, segment.dscp, segment.ecn, ip_id);
        write_tcp_headers(ip, &segment.header, segment.layout, there, headers)
    }

    /// An acknowledgment waits for [`Connection::poll_transmit`]: after a `recv`, the only thing that may.
    pub fn owes_ack_now(&self) -> bool {
        self.ack.is_due()
    }

    /// Octets that `recv` would return now.
    pub fn readable(&self) -> usize {
        self.receive_buffer.readable()
    }

    /// Whether a sender that waits for room in the send buffer may go on: see [`SendLowWater`].
    pub fn is_writable(&self) -> bool {
        let waits = self.send_buffer.len();
        let wanted = match self.config.personality.send_low_water {
            SendLowWater::Octet => 1,
            SendLowWater::Third => (waits / 2).max(1),
        };
        self.state.takes_send() && self.send_limit.saturating_sub(waits) >= wanted
    }

    /// Octets that `send` would take now.
    pub fn writable(&self) -> usize {
        if self.state.takes_send() && !self.snd.fin_queued {
            self.send_limit.saturating_sub(self.send_buffer.len())
        } else {
            0
        }
    }

    /// Everything handed over, and the FIN if there is one, is acknowledged: what a lingering `close` waits for.
    pub fn is_drained(&self) -> bool {
        self.send_buffer.len() == 0 && (!self.snd.fin_queued || self.fin_acknowledged())
    }

    /// Offsets of the outgoing stream: first octet not acknowledged, first octet never sent, end of what was handed over.
    pub fn sent_offsets(&self) -> (u64, u64, u64) {
        let una = self.send_buffer.start();
        (una, self.offset_of(self.snd.nxt).clamp(una, self.send_buffer.end()), self.send_buffer.end())
    }

    /// Offsets of the incoming stream: first octet not yet read, first octet not yet received in order.
    pub fn received_offsets(&self) -> (u64, u64) {
        (self.receive_buffer.next() - self.receive_buffer.readable() as u64, self.receive_buffer.next())
    }

    /// The largest segment text that may be sent now: the effective send MSS (RFC 9293 section 3.7.1, MUST-16).
    pub fn send_mss(&self) -> u16 {
        self.effective_mss() as u16
    }
}
