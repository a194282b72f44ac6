//! What is sent next: retransmissions, probes, new text, FIN, and acknowledgments alone when nothing carries them.

use super::connection::Transmit;
use super::recovery::Next;
use super::{Connection, Nagle, State, WindowProbe};
use crate::packet::{Ecn, TcpFlags, TcpHeader};
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use std::ops::Range;

/// What [`Connection::segment`] makes a segment of.
struct Plan {
    seq: SeqNumber,
    flags: TcpFlags,
    data: Range<u64>,
    retransmission: bool,
    rule: Rule,
}

/// Text that the peer's window lets go.
struct NewText {
    /// Stream offset of its first octet: SND.NXT.
    from: u64,
    len: usize,
    /// The FIN goes with it.
    fin: bool,
    /// Octets that were handed over and never sent.
    available: usize,
    /// Octets that the peer's window takes.
    window: usize,
    /// It fills a segment.
    is_full: bool,
}

impl Connection {
    pub(crate) fn next_segment<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Option<Transmit> {
        if let Some((header, rule)) = self.pending.reset.take() {
            return Some(self.transmit(header, 0..0, false, rule, Ecn::NotEct));
        }
        match self.state {
            State::Closed | State::Listen => return None,
            _ if self.pending.syn => {
                self.pending.syn = false;
                return Some(self.syn(cx));
            }
            _ => {}
        }
        let breakage = &self.config.breakage;
        let alone = breakage.never_piggyback
            || (breakage.never_merge_ack_and_fin && self.state.peer_has_closed() && self.snd.fin_queued);
        if alone && self.ack.is_owed() {
            return Some(self.pure_ack(cx));
        }
        if self.pending.window_probe {
            self.pending.window_probe = false;
            if self.is_blocked_by_window() {
                return Some(self.window_probe(cx));
            }
        }
        // Most ends of a transfer send nothing but acknowledgments.
        let idle = self.send_buffer.len() == 0 && self.snd.in_flight() == 0 && !self.snd.fin_queued;
        if !idle && let Some(segment) = self.text(cx) {
            return Some(segment);
        }
        if self.pending.keepalive {
            self.pending.keepalive = false;
            return Some(self.keepalive_probe(cx));
        }
        self.ack.is_due().then(|| self.pure_ack(cx))
    }

    /// SYN, or SYN,ACK once the peer's SYN is here.
    #[cfg_attr(not(target_arch = "wasm32"), cold)]
    fn syn<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Transmit {
        let again = self.snd.nxt != self.snd.iss;
        let mut flags = if self.has_peer() { TcpFlags::SYN | TcpFlags::ACK } else { TcpFlags::SYN };
        flags |= self.ecn_flags_of_syn();
        let header = TcpHeader {
            seq: self.snd.iss,
            ack: if flags.ack() { self.rcv.nxt } else { SeqNumber(0) },
            flags,
            window: self.offer_window(flags),
            options: self.syn_options(cx.now),
            ..self.ends()
        };
        if flags.ack() {
            self.ack_went_out(cx);
        }
        let rule = match (again, self.state) {
            (false, State::SynSent) => Rule::ActiveOpen,
            (false, _) => Rule::SynReceived,
            (true, State::SynReceived) if self.recovery.timeouts() == 0 => Rule::SynRepeated,
            (true, _) => Rule::Retransmitted,
        };
        self.sent(cx, self.snd.iss, 1);
        self.tell(cx, rule);
        self.transmit(header, 0..0, again, rule, Ecn::NotEct)
    }

    /// An acknowledgment by itself.
    fn pure_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Transmit {
        let plan = Plan {
            seq: self.snd.nxt,
            flags: TcpFlags::ACK,
            data: 0..0,
            retransmission: false,
            rule: Rule::AckSent,
        };
        self.segment(cx, plan)
    }

    /// What is lost, as recovery finds it, or else new text.
    #[inline(always)]
    fn text<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Option<Transmit> {
        if self.path_mtu < self.config.mtu && self.offset_of(self.snd.nxt) < self.send_buffer.end() {
            self.age_path_mtu(cx);
        }
        let new = self.new_text();
        match self.ask_recovery(cx, new.is_some()) {
            Next::Retransmit { seq, len, rule } => Some(self.again(cx, seq, len, rule)),
            Next::New { room } => {
                let new = new?;
                if self.new_text_may_go(cx, &new, room) {
                    Some(self.send_new(cx, &new))
                } else if self.recovery.without_new_text() {
                    self.text(cx)
                } else {
                    None
                }
            }
            Next::Nothing => {
                if new.is_none() && self.is_blocked_by_window() {
                    self.start_persist(cx);
                }
                None
            }
        }
    }

    /// Sends `len` sequence numbers from `seq` on again, or as many of them as fit; they may hold the SYN or the FIN.
    #[cfg_attr(not(target_arch = "wasm32"), cold)]
    fn again<P: Probe>(&mut self, cx: &mut Context<'_, P>, seq: SeqNumber, len: u32, rule: Rule) -> Transmit {
        if seq == self.snd.iss {
            return self.syn(cx);
        }
        let from = self.offset_of(seq);
        let end = from + u64::from(len);
        let fin = end > self.send_buffer.end();
        let text = (end.min(self.send_buffer.end()) - from).min(self.text_room() as u64);
        let fin = fin && from + text == self.send_buffer.end();
        self.sent(cx, seq, text as u32 + u32::from(fin));
        let flags = if fin { TcpFlags::ACK | TcpFlags::FIN } else { TcpFlags::ACK };
        let plan = Plan { seq, flags, data: from..from + text, retransmission: true, rule };
        self.segment(cx, plan)
    }

    /// The next octets that were never sent, as far as the peer's window lets them, and the FIN behind the last.
    #[inline]
    fn new_text(&self) -> Option<NewText> {
        if !self.state.may_transmit_text() {
            return None;
        }
        let from = self.offset_of(self.snd.nxt);
        let available = self.send_buffer.end().saturating_sub(from) as usize;
        let fin_wanted = self.snd.fin_queued && !self.snd.fin_sent;
        if available == 0 && !fin_wanted {
            return None;
        }
        let window = self.window_room();
        let mss = self.text_room();
        let len = available.min(mss).min(window);
        let fin = fin_wanted && len == available && len < window;
        (len > 0 || fin).then_some(NewText { from, len, fin, available, window, is_full: len == mss })
    }

    /// There is something to send, the peer's window takes none of it, and nothing is under way whose acknowledgment
    /// could open it.
    pub(crate) fn is_blocked_by_window(&self) -> bool {
        self.state.may_transmit_text()
            && self.snd.in_flight() == 0
            && (self.offset_of(self.snd.nxt) < self.send_buffer.end()
                || self.snd.fin_queued && !self.snd.fin_sent)
    }

    /// Whether new text may go, with `room` left by the congestion window.
    fn new_text_may_go<P: Probe>(&mut self, cx: &mut Context<'_, P>, new: &NewText, room: u32) -> bool {
        // A segment is not cut for the congestion window's sake; it waits for room, unless nothing else is under way.
        if new.len + usize::from(new.fin) > room as usize && self.snd.in_flight() > 0 {
            return false;
        }
        new.fin || new.is_full || self.small_segment_may_go(cx, new)
    }

    /// Sends what was never sent before.
    #[inline(always)]
    fn send_new<P: Probe>(&mut self, cx: &mut Context<'_, P>, new: &NewText) -> Transmit {
        let seq = self.snd.nxt;
        let mut flags = TcpFlags::ACK;
        if new.fin {
            flags |= TcpFlags::FIN;
            self.snd.fin_sent = true;
        }
        self.sent(cx, seq, new.len as u32 + u32::from(new.fin));
        if new.len > 0 {
            if !new.is_full {
                self.snd.small_end = self.snd.nxt;
            }
            self.note_answer(cx.now);
        }
        self.pending.push = false;
        self.probe_out = false;
        self.timers.cancel(cx, Rule::DataSent, Timer::Cork);
        self.timers.cancel(cx, Rule::DataSent, Timer::SwsOverride);
        self.timers.cancel(cx, Rule::DataSent, Timer::Persist);
        let rule = if new.len == 0 { Rule::FinSent } else { Rule::DataSent };
        let data = new.from..new.from + new.len as u64;
        self.segment(cx, Plan { seq, flags, data, retransmission: false, rule })
    }

    /// Octets between SND.NXT and the right edge of the peer's window.
    fn window_room(&self) -> usize {
        if self.config.breakage.ignore_peer_window {
            return usize::MAX;
        }
        self.snd.edge().distance_from(self.snd.nxt).max(0) as usize
    }

    /// Octets of text that fit into the next segment beside its options (RFC 9293 section 3.7.1, MUST-16).
    #[inline]
    fn text_room(&self) -> usize {
        let mut room = self.effective_mss();
        if self.agreed.sack && self.sack.is_due() {
            // Two NOPs, kind and length, and at least one block; with more blocks the option shrinks to what fits.
            room = match self.sack_room() {
                0 => room,
                blocks => room.saturating_sub(4 + 8 * blocks).max(1),
            };
        }
        room
    }

    /// Nagle (RFC 9293 section 3.7.4, SHLD-7), TCP_CORK and the sender's silly-window avoidance (section 3.8.6.2.1,
    /// MUST-38) for a segment that is not full.
    fn small_segment_may_go<P: Probe>(&mut self, cx: &mut Context<'_, P>, new: &NewText) -> bool {
        if self.pending.push {
            return true;
        }
        let everything = new.len == new.available;
        let urgent = self.snd.urgent.is_some_and(|end| end > self.offset_of(self.snd.nxt));
        if everything && (urgent || self.snd.fin_queued) {
            return true;
        }
        if self.config.cork {
            if !self.timers.is_set(Timer::Cork) {
                let at = cx.now + self.config.personality.cork_limit;
                self.timers.set(cx, Rule::CorkHolds, Timer::Cork, at);
                self.tell(cx, Rule::CorkHolds);
            }
            return false;
        }
        let nagle_lets = self.config.nodelay
            || match self.config.personality.nagle {
                Nagle::Rfc896 => self.snd.in_flight() == 0,
                // Minshall: no earlier small segment is unacknowledged.
                Nagle::Minshall => self.snd.small_end.is_at_or_before(self.snd.una),
            };
        if everything {
            if !nagle_lets {
                self.tell(cx, Rule::NagleHolds);
            }
            return nagle_lets;
        }
        if !self.config.features.sws_avoidance {
            return true;
        }
        // (3): at least a fraction Fs = 1/2 of the largest window ever offered can be sent.
        if nagle_lets && 2 * new.window as u64 >= u64::from(self.snd.max_wnd) {
            return true;
        }
        // (4): the override timeout. While something is under way its acknowledgment will move things first.
        if self.snd.in_flight() == 0 && !self.timers.is_set(Timer::SwsOverride) {
            let at = cx.now + self.config.personality.sws_override;
            self.timers.set(cx, Rule::SwsSender, Timer::SwsOverride, at);
        }
        self.tell(cx, Rule::SwsSender);
        false
    }

    /// RFC 9293 section 3.8.6.1, MUST-36. A probe does not count as sent: nobody expects the peer to take it.
    #[cfg_attr(not(target_arch = "wasm32"), cold)]
    fn window_probe<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Transmit {
        let from = self.offset_of(self.snd.nxt);
        let mut plan = Plan {
            seq: self.snd.nxt - 1,
            flags: TcpFlags::ACK,
            data: 0..0,
            retransmission: true,
            rule: Rule::ZeroWindowProbe,
        };
        if self.config.personality.window_probe == WindowProbe::NextOctet {
            plan.seq = self.snd.nxt;
            plan.retransmission = self.probe_out;
            self.probe_out = true;
            if from < self.send_buffer.end() {
                plan.data = from..from + 1;
            } else {
                plan.flags |= TcpFlags::FIN;
            }
        }
        self.segment(cx, plan)
    }

    /// The peer has acknowledged the octet (or FIN) of a window probe: it was sent after all.
    #[cfg_attr(not(target_arch = "wasm32"), cold)]
    pub(crate) fn probe_was_taken<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.probe_out = false;
        let seq = self.snd.nxt;
        self.snd.fin_sent |= self.offset_of(seq) == self.send_buffer.end();
        // Twice, so that nobody measures a round trip by it (Karn).
        self.sent(cx, seq, 1);
        self.sent(cx, seq, 1);
    }

    /// RFC 9293 section 3.8.4, SHLD-12: without data, outside the window, so that it must be answered.
    #[cfg_attr(not(target_arch = "wasm32"), cold)]
    fn keepalive_probe<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Transmit {
        let plan = Plan {
            seq: self.snd.una - 1,
            flags: TcpFlags::ACK,
            data: 0..0,
            retransmission: true,
            rule: Rule::KeepAliveProbe,
        };
        let mut segment = self.segment(cx, plan);
        segment.filler = usize::from(self.config.keepalive.is_some_and(|keepalive| keepalive.garbage_octet));
        segment
    }

    /// Puts a segment together: every one but SYN and RST.
    fn segment<P: Probe>(&mut self, cx: &mut Context<'_, P>, plan: Plan) -> Transmit {
        let Plan { seq, mut flags, data, retransmission, rule } = plan;
        let has_text = !data.is_empty();
        if has_text && data.end == self.send_buffer.end() {
            // RFC 9293 section 3.9.1.2, MUST-60, MUST-61: PSH on the last segment of what is queued.
            flags |= TcpFlags::PSH;
        }
        let mut urgent = 0;
        if let Some(end) = self.snd.urgent
            && end > self.offset_of(seq)
        {
            // RFC 9293 section 3.8.5, MUST-62: the pointer says where the first octet is that is not urgent.
            flags |= TcpFlags::URG;
            urgent = (end - self.offset_of(seq)).min(u64::from(u16::MAX)) as u16;
        }
        // RFC 3168 section 6.1.6: neither ECT nor CWR on a window probe, whose loss nobody would notice.
        let markable = has_text && rule != Rule::ZeroWindowProbe;
        let ecn = self.mark_ecn(&mut flags, markable, retransmission);
        let window = self.offer_window(flags);
        self.ack_went_out(cx);
        self.tell(cx, rule);
        let (ack, options) = (self.rcv.nxt, self.options(cx.now));
        let header = TcpHeader { seq, ack, flags, window, urgent, options, ..self.ends() };
        self.transmit(header, data, retransmission, rule, ecn)
    }

    #[inline(always)]
    fn ends(&self) -> TcpHeader {
        TcpHeader {
            src_port: self.flow.local.port(),
            dst_port: self.flow.remote.port(),
            ..TcpHeader::default()
        }
    }

    #[inline(always)]
    fn transmit(
        &self,
        header: TcpHeader,
        data: Range<u64>,
        retransmission: bool,
        rule: Rule,
        ecn: Ecn,
    ) -> Transmit {
        Transmit {
            header,
            layout: self.config.personality.option_layout,
            data,
            filler: 0,
            retransmission,
            rule,
            ecn,
            ttl: self.config.ttl,
            dscp: self.config.dscp,
        }
    }

    /// Stream offset of `seq` in the outgoing stream; for the SYN that of the first octet, for what follows the FIN one
    /// past the end.
    pub(crate) fn offset_of(&self, seq: SeqNumber) -> u64 {
        let start = self.send_buffer.start();
        let ahead = seq.distance_from(self.snd.seq_at(start));
        start.saturating_add_signed(i64::from(ahead))
    }

    /// Our FIN was sent and is acknowledged.
    pub(crate) fn fin_acknowledged(&self) -> bool {
        self.snd.fin_sent && self.snd.una == self.snd.nxt
    }
}
