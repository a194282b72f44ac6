//! SEGMENT ARRIVES before the connection is synchronized: CLOSED, LISTEN, SYN-SENT (RFC 9293 sections 3.10.7.1 to
//! 3.10.7.3).

use super::connection::Origin;
use super::shared_text::SegmentText;
use super::{Connection, ConnectionError, Event, Flow, State};
use crate::packet::{Ecn, TcpFlags, TcpHeader};
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;
use std::net::{IpAddr, SocketAddr};

impl Connection {
    /// A segment for a connection in LISTEN, from the peer `from`: use this instead of
    /// [`Connection::handle_segment`], which cannot know who sent it.
    pub fn handle_first_segment<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        from: IpAddr,
        seg: &TcpHeader,
        payload: &[u8],
        ecn: Ecn,
    ) {
        if self.state == State::Listen && !super::open::is_one_host(from) {
            return; // RFC 9293 section 3.9.2.3, MUST-57, MUST-63
        }
        if self.state == State::Listen && seg.flags.syn() && !seg.flags.rst() && !seg.flags.ack() {
            self.flow.remote = SocketAddr::new(from, seg.src_port);
            self.ip = super::open::header_between(&self.flow);
        }
        self.handle_segment(cx, seg, payload, ecn);
    }

    /// RFC 9293 section 3.10.7.1.
    pub(crate) fn arrives_in_closed<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: &[u8],
    ) {
        self.reply_reset(cx, seg, payload.len(), Rule::ResetReply);
    }

    /// RFC 9293 section 3.10.7.2.
    pub(crate) fn arrives_in_listen<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: &[u8],
        ecn: Ecn,
    ) {
        // First, check for a RST: nothing that it could be about was sent.
        if seg.flags.rst() {
            return;
        }
        // Second, an ACK: too early.
        if seg.flags.ack() {
            return self.reply_reset(cx, seg, payload.len(), Rule::HalfOpenReset);
        }
        // Third, a SYN. (A segment that is none of these is dropped.)
        if !seg.flags.syn() {
            return;
        }
        if self.flow.remote.port() == 0 {
            self.flow = Flow { remote: SocketAddr::new(self.flow.remote.ip(), seg.src_port), ..self.flow };
        }
        self.start_opening(cx);
        self.rcv.start(seg.seq);
        self.state = State::SynReceived;
        self.take_syn_options(cx, seg);
        self.agree_ecn_as_answerer(seg);
        self.set_send_window(u32::from(seg.window));
        (self.snd.wl1, self.snd.wl2) = (seg.seq, self.snd.iss);
        self.tell(cx, Rule::SynReceived);
        // "Other controls or text will be processed when synchronized": the peer sends its text again, since our
        // SYN,ACK acknowledges the SYN alone.
        let _ = ecn;
        if self.config.breakage.two_way_handshake {
            // Broken on purpose: whoever sent the SYN is believed without proof.
            self.state = State::Established;
            self.events.raise(Event::Connected);
            self.tell(cx, Rule::SynReceived);
        }
    }

    /// RFC 9293 section 3.10.7.3.
    pub(crate) fn arrives_in_syn_sent<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: &[u8],
        ecn: Ecn,
    ) {
        // First, the ACK: ISS < SEG.ACK =< SND.NXT.
        let acks = seg.flags.ack();
        let acceptable = acks && seg.ack.is_after(self.snd.iss) && seg.ack.is_at_or_before(self.snd.nxt);
        if acks && !acceptable {
            return self.reply_reset(cx, seg, payload.len(), Rule::HalfOpenReset);
        }
        // RFC 7323 section 3.2: a TSecr that we never sent is none of ours, but the segment may be checked by SEG.ACK alone.
        // Second, the RST: only one that acknowledges our SYN counts.
        if seg.flags.rst() {
            if acceptable {
                self.fail(cx, Rule::SynSentRefused, Some(ConnectionError::Refused));
            }
            return;
        }
        // Fourth, the SYN. Fifth: neither SYN nor RST, dropped.
        if !seg.flags.syn() {
            return;
        }
        self.rcv.start(seg.seq);
        self.take_syn_options(cx, seg);
        if acceptable {
            self.agree_ecn_as_asker(seg);
            self.take_ack(cx, seg, false);
            self.set_send_window(u32::from(seg.window));
            (self.snd.wl1, self.snd.wl2) = (seg.seq, seg.ack);
            self.state = State::Established;
            self.ack.demand();
            self.established(cx, Rule::SynAcknowledged);
            // Text or controls that came with the SYN,ACK are processed at the sixth step.
            if !payload.is_empty() || seg.flags.intersects(TcpFlags::URG | TcpFlags::FIN) {
                let rest = TcpHeader { seq: seg.seq + 1, flags: seg.flags.without(TcpFlags::SYN), ..*seg };
                self.take_urgent(cx, &rest, payload.len());
                self.take_text(cx, &rest, SegmentText::Plain(payload), ecn);
            }
        } else {
            // Simultaneous open (RFC 9293 section 3.5, MUST-10).
            self.agree_ecn_as_answerer(seg);
            self.set_send_window(u32::from(seg.window));
            (self.snd.wl1, self.snd.wl2) = (seg.seq, self.snd.iss);
            self.state = State::SynReceived;
            self.pending.syn = true;
            self.tell(cx, Rule::SimultaneousOpen);
        }
    }

    /// Both SYNs are acknowledged.
    pub(crate) fn established<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        self.ack.start_quick(self.config.personality.acks.quick);
        self.start_recovery(cx);
        self.path_mtu = self.path_mtu.min(self.config.mtu);
        self.fit_segments();
        self.events.raise(Event::Connected);
        self.tell(cx, rule);
        self.start_keepalive(cx);
        if self.snd.fin_queued && self.state == State::Established {
            // CLOSE was called before: "queue for processing after entering ESTABLISHED state".
            self.state = State::FinWait1;
            self.tell(cx, Rule::CloseCall);
        }
    }

    /// The handshake of a passive OPEN has failed: LISTEN again (RFC 9293 section 3.10.7.4, MUST-11).
    pub(crate) fn back_to_listen<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        debug_assert_eq!(self.origin, Origin::Passive);
        if self.orphan {
            // The application has closed meanwhile: nobody listens any more.
            return self.fail(cx, rule, None);
        }
        let anyone = match self.flow.local.ip() {
            IpAddr::V4(_) => IpAddr::from([0; 4]),
            IpAddr::V6(_) => IpAddr::from([0; 16]),
        };
        self.timers.cancel_all(cx, rule);
        self.forget_peer(SocketAddr::new(anyone, 0));
        self.state = State::Listen;
        self.tell(cx, rule);
    }

    /// The acknowledgment of our SYN has come in SYN-RECEIVED (RFC 9293 section 3.10.7.4, fifth).
    pub(crate) fn handshake_completed<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) {
        self.take_ack(cx, seg, false);
        self.set_send_window(u32::from(seg.window) << self.snd.scale);
        (self.snd.wl1, self.snd.wl2) = (seg.seq, seg.ack);
        self.timers.cancel(cx, Rule::HandshakeCompleted, Timer::Persist);
        self.pending.syn = false;
        self.state = State::Established;
        self.established(cx, Rule::HandshakeCompleted);
    }
}
