//! SEGMENT ARRIVES (RFC 9293 section 3.10.7), and its checks in their order for the synchronized states (3.10.7.4).

use super::connection::Origin;
use super::receive_buffer::Inserted;
use super::sack::SackBlock;
use super::shared_text::SegmentText;
use super::{Connection, Event, State};
use crate::packet::{Ecn, TcpFlags, TcpHeader};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;

impl Connection {
    #[inline(always)]
    pub(crate) fn segment_arrives<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: SegmentText<'_>,
        ecn: Ecn,
    ) {
        if !matches!(self.state, State::Closed | State::Listen | State::SynSent) {
            return self.arrives_otherwise(cx, seg, payload, ecn);
        }
        let payload = payload.octets();
        match self.state {
            State::Closed => self.arrives_in_closed(cx, seg, payload),
            State::Listen => self.arrives_in_listen(cx, seg, payload, ecn),
            _ => self.arrives_in_syn_sent(cx, seg, payload, ecn),
        }
    }

    /// RFC 9293 section 3.10.7.4, with the checks of RFC 7323 and RFC 5961 at their places.
    fn arrives_otherwise<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: SegmentText<'_>,
        ecn: Ecn,
    ) {
        let len = payload.len();
        let segment_len = seg.segment_len(len);
        if self.state == State::TimeWait && self.reopens_time_wait(cx, seg) {
            return;
        }
        // A SYN of our peer's that it sends again: our SYN,ACK was lost.
        if self.state == State::SynReceived
            && seg.flags.syn()
            && !seg.flags.intersects(TcpFlags::RST | TcpFlags::ACK)
            && seg.seq == self.rcv.irs
        {
            self.pending.syn = true;
            return self.tell(cx, Rule::SynRepeated);
        }
        // RFC 9293 section 3.5, figure 9: in a simultaneous open the peer's SYN,ACK repeats its SYN; its ACK counts.
        let answer = TcpFlags::SYN | TcpFlags::ACK;
        if self.state == State::SynReceived && seg.seq == self.rcv.irs && seg.flags.contains(answer) {
            let rest = TcpHeader { seq: seg.seq + 1, flags: seg.flags.without(TcpFlags::SYN), ..*seg };
            return self.arrives_otherwise(cx, &rest, payload, ecn);
        }
        // RFC 7323 section 5.3, R1: PAWS comes before the sequence number.
        if !seg.flags.rst() {
            if self.is_of_the_past(cx.now, seg) {
                return self.answer_unacceptable(cx, Rule::PawsRejected, segment_len);
            }
            if self.agreed.timestamps && seg.options.timestamps.is_none() && !seg.flags.syn() {
                // RFC 7323 section 3.2: SHOULD silently drop the segment.
                return self.tell(cx, Rule::TimestampMissing);
            }
        }
        // First, check the sequence number.
        if !self.is_acceptable(seg.seq, segment_len) {
            if self.state == State::TimeWait && seg.flags.fin() && !seg.flags.rst() {
                self.restart_time_wait(cx);
            }
            if self.is_old_answer_to_probe(seg, segment_len) && !self.take_ack_field(cx, seg, len) {
                return;
            }
            if !seg.flags.rst() {
                self.note_duplicate(seg, len);
                self.answer_unacceptable(cx, Rule::Unacceptable, segment_len);
            }
            return;
        }
        // Second, the RST bit. (RFC 7323 section 5.2: its timestamp counts for nothing.)
        if seg.flags.rst() {
            return self.take_reset(cx, seg);
        }
        // Fourth, the SYN bit. (Third, security and compartment, is no part of this TCP.)
        if seg.flags.syn() {
            return self.take_stray_syn(cx, seg, len);
        }
        self.record_timestamp(cx.now, seg);
        // Fifth, the ACK field.
        if !seg.flags.ack() {
            return self.tell(cx, Rule::AckMissing);
        }
        if !self.take_ack_field(cx, seg, len) {
            return;
        }
        // Sixth, the URG bit; seventh, the text; eighth, the FIN bit.
        self.take_urgent(cx, seg, len);
        self.take_text(cx, seg, payload, ecn);
    }

    /// The acceptability test of RFC 9293 section 3.10.7.4, table 6; as in BSD and Linux, a segment that begins before the window
    /// and ends beyond it, which the table forgets, is acceptable, too: what lies outside is trimmed off.
    fn is_acceptable(&self, seq: SeqNumber, len: u32) -> bool {
        let (nxt, window) = (self.rcv.nxt, self.rcv.wnd());
        match (len, window) {
            (0, 0) => seq == nxt,
            (0, _) => seq.is_in(nxt, window),
            // MUST-66: ACK, RST and URG count even when there is no room for the text.
            (_, 0) => seq == nxt,
            (_, _) => seq.is_before(nxt + window) && (seq + (len - 1)).is_at_or_after(nxt),
        }
    }

    /// The octet of our window probe was taken, and what says so is old: both ends have probed a closed window at once and have
    /// taken each other's octet, or the peer sends again what we have. As we do not count the octet as sent, all that we send lies
    /// below what the peer expects, and neither would ever hear the other. What it acknowledges counts all the same: RFC 9293
    /// section 3.10.7.4, "special allowance should be made to accept valid ACKs".
    fn is_old_answer_to_probe(&self, seg: &TcpHeader, len: u32) -> bool {
        self.probe_out
            && seg.flags.ack()
            && !seg.flags.intersects(TcpFlags::SYN | TcpFlags::RST)
            && (seg.seq + len).is_at_or_before(self.rcv.nxt)
            && seg.ack == self.snd.nxt + 1
    }

    /// A segment below the window is told in a D-SACK (RFC 2883 section 4).
    #[cold]
    fn note_duplicate(&mut self, seg: &TcpHeader, payload_len: usize) {
        if self.agreed.sack && payload_len > 0 {
            let block = SackBlock::new(seg.seq, seg.seq + payload_len as u32);
            if block.right.is_at_or_before(self.rcv.nxt) {
                self.sack.on_segment(block, self.rcv.nxt, self.rcv.nxt);
            }
        }
    }

    #[cold]
    fn take_reset<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) {
        // RFC 5961 section 3.2: only an RST at exactly RCV.NXT resets; elsewhere in the window it is challenged.
        if self.config.features.challenge_ack && seg.seq != self.rcv.nxt {
            return self.challenge(cx, Rule::ResetChallenged);
        }
        self.reset_by_peer(cx, Rule::ResetReceived);
    }

    /// A SYN where none belongs: the segment ends here.
    #[cold]
    fn take_stray_syn<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader, payload_len: usize) {
        if self.state == State::SynReceived && self.origin == Origin::Passive {
            self.back_to_listen(cx, Rule::HalfOpenReset);
            return;
        }
        if self.config.features.challenge_ack {
            // RFC 5961 section 4.2: whatever its sequence number, a challenge ACK.
            self.challenge(cx, Rule::SynChallenged);
        } else {
            self.reply_reset(cx, seg, payload_len, Rule::HalfOpenReset);
            self.reset_by_peer(cx, Rule::HalfOpenReset);
        }
    }

    /// RFC 9293 section 3.10.7.4, fifth. Returns whether the segment is to be processed further.
    #[inline(always)]
    fn take_ack_field<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload_len: usize,
    ) -> bool {
        if self.state == State::SynReceived {
            if !(seg.ack.is_after(self.snd.una) && seg.ack.is_at_or_before(self.snd.nxt)) {
                self.reply_reset(cx, seg, payload_len, Rule::HalfOpenReset);
                return false;
            }
            self.handshake_completed(cx, seg);
        } else {
            if self.probe_out && seg.ack == self.snd.nxt + 1 {
                self.probe_was_taken(cx);
            }
            if seg.ack.is_after(self.snd.nxt) {
                // Of something not yet sent: "send an ACK, drop the segment".
                self.challenge(cx, Rule::AckOfUnsent);
                return false;
            }
            let oldest = self.snd.una - self.snd.max_wnd;
            if self.config.features.challenge_ack && seg.ack.is_before(oldest) {
                // RFC 5961 section 5.2 (MAY-12): SND.UNA - MAX.SND.WND =< SEG.ACK.
                self.challenge(cx, Rule::AckChallenged);
                return false;
            }
            self.take_acknowledgment(cx, seg, payload_len);
        }
        self.note_alive(cx);
        self.after_ack_of_fin(cx);
        self.state != State::Closed
    }

    /// SEG.ACK in ESTABLISHED and later.
    #[inline(always)]
    fn take_acknowledgment<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload_len: usize,
    ) {
        if seg.ack.is_before(self.snd.una) {
            return; // a duplicate of old: "it can be ignored"
        }
        let advances = seg.ack.is_after(self.snd.una);
        let syn_acknowledged = advances && self.snd.syn_outstanding();
        let window_changed = self.update_send_window(cx, seg);
        // RFC 5681 section 2: what may count as a duplicate ACK.
        let is_bare =
            payload_len == 0 && !window_changed && !seg.flags.intersects(TcpFlags::SYN | TcpFlags::FIN);
        self.take_ack(cx, seg, is_bare);
        if syn_acknowledged {
            // After a two-way handshake, or a CLOSE in SYN-RECEIVED.
            self.pending.syn = false;
            self.start_recovery(cx);
        }
        if advances {
            self.tell(cx, Rule::AckAdvanced);
            self.grow_send_buffer();
            self.room_to_send();
        }
    }

    /// Our FIN may just have been acknowledged (RFC 9293 section 3.10.7.4, fifth, by state).
    fn after_ack_of_fin<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if !self.fin_acknowledged() {
            return;
        }
        match self.state {
            State::FinWait1 => {
                self.state = State::FinWait2;
                self.tell(cx, Rule::FinAcknowledged);
                self.wait_for_peer_fin(cx);
            }
            State::Closing => self.start_time_wait(cx, Rule::FinAcknowledged),
            State::LastAck => self.enter_closed(cx, Rule::FinAcknowledged),
            _ => {}
        }
    }

    /// RFC 9293 section 3.10.7.4, seventh and eighth: text and FIN.
    pub(crate) fn take_text<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload: SegmentText<'_>,
        ecn: Ecn,
    ) {
        if !self.state.takes_text() {
            if self.state == State::TimeWait && seg.flags.fin() {
                self.restart_time_wait(cx);
            }
            return;
        }
        let len = payload.len();
        self.take_ecn(cx, seg, ecn, len > 0);
        let seq = if seg.flags.syn() { seg.seq + 1 } else { seg.seq };
        let old_nxt = self.rcv.nxt;
        if len > 0 {
            if self.orphan && self.config.personality.reset_on_late_data {
                // RFC 9293 section 3.6.1, SHLD-3: nobody will ever read this.
                self.queue_reset(cx.now, Rule::LateData);
                return self.fail(cx, Rule::LateData, Some(super::ConnectionError::Aborted));
            }
            self.store(cx, seq, payload);
        }
        if seg.flags.fin() {
            let at = self.receive_offset(seq + len as u32);
            // Only a FIN within the window counts, and one that lies beyond a gap waits with the text.
            if at.is_some_and(|at| at <= self.receive_offset(self.rcv.edge).unwrap_or(0)) {
                self.rcv.fin_at = self.rcv.fin_at.or(at);
            }
            if self.rcv.fin_at != Some(self.receive_buffer.next()) && len == 0 {
                self.ack.demand();
            }
        }
        if self.rcv.fin_at == Some(self.receive_buffer.next()) {
            self.take_fin(cx);
        }
        if self.rcv.nxt != old_nxt && !self.receive_buffer.is_in_order() {
            self.ack.demand();
        }
    }

    /// Puts text into the receive buffer and decides about its acknowledgment.
    #[inline(always)]
    fn store<P: Probe>(&mut self, cx: &mut Context<'_, P>, seq: SeqNumber, payload: SegmentText<'_>) {
        // Trim to the window: what lies beyond was never offered.
        let room = self.rcv.edge.distance_from(seq).max(0) as usize;
        let whole = payload.len();
        let len = whole.min(room);
        let trimmed = len < whole;
        let Some(at) = self.receive_offset(seq).or_else(|| self.receive_offset_before(seq)) else { return };
        let old_nxt = self.rcv.nxt;
        let early = seq.is_after(old_nxt);
        if early && self.config.breakage.no_reassembly_queue {
            self.ack.demand();
            return self.tell_arrival(cx, Rule::OutOfOrderQueued);
        }
        let limit = self.config.personality.reassembly_ranges;
        let Inserted { advanced, duplicate, filled_gap, refused } =
            self.receive_buffer.insert(at, len, payload, limit);
        self.rcv.nxt += advanced as u32;
        // The window's right edge never falls behind RCV.NXT.
        self.rcv.edge = self.rcv.edge.max(self.rcv.nxt);
        if self.agreed.sack && !refused && (duplicate.is_some() || early || self.sack.is_due()) {
            let block = SackBlock::new(seq, seq + len as u32);
            self.sack.on_segment(block, old_nxt, self.rcv.nxt);
        }
        if advanced > 0 {
            self.rcv.mss = self.rcv.mss.max(whole as u32);
            if !self.read_shut {
                self.events.raise(Event::Readable);
            } else {
                self.discard_readable();
            }
            self.tell_arrival(cx, Rule::TextAccepted);
            // RFC 5681 section 4.2: an ACK at once when a gap is filled, or still open.
            let at_once = trimmed || filled_gap || duplicate.is_some() || !self.receive_buffer.is_in_order();
            self.schedule_ack(cx, at_once);
        } else {
            // RFC 9293 section 3.10.7.4, MAY-13; RFC 5681 section 4.2: out-of-order text is acknowledged at once.
            self.ack.demand();
            let rule = if early && duplicate.is_none() && len > 0 {
                Rule::OutOfOrderQueued
            } else if trimmed {
                Rule::Unacceptable
            } else {
                Rule::DuplicateText
            };
            self.tell_arrival(cx, rule);
        }
    }

    /// The peer's FIN, all text before it being here (RFC 9293 section 3.10.7.4, eighth).
    fn take_fin<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.rcv.fin_at = None;
        // What claims to lie behind the FIN is no part of the stream.
        self.receive_buffer.forget_early();
        self.sack.clear();
        self.rcv.nxt += 1;
        self.rcv.edge = self.rcv.edge.max(self.rcv.nxt);
        self.events.raise(Event::PeerClosed);
        self.events.raise(Event::Readable);
        let at_once = self.config.personality.acks.fin_at_once
            || self.state != State::Established
            || !self.may_delay_acks();
        match self.state {
            State::Established => {
                self.state = State::CloseWait;
                self.tell(cx, Rule::FinReceived);
            }
            State::FinWait1 => {
                // Had our FIN been acknowledged, this were FIN-WAIT-2.
                self.state = State::Closing;
                self.tell(cx, Rule::SimultaneousClose);
            }
            State::FinWait2 => self.start_time_wait(cx, Rule::FinReceived),
            _ => {}
        }
        if at_once {
            self.ack.demand();
        } else {
            self.delay_ack(cx);
        }
    }

    /// Stream offset of `seq` in the incoming stream, if it lies at or beyond RCV.NXT.
    pub(crate) fn receive_offset(&self, seq: SeqNumber) -> Option<u64> {
        let ahead = seq.distance_from(self.rcv.nxt);
        u64::try_from(ahead).ok().map(|ahead| self.receive_buffer.next() + ahead)
    }

    /// The same for a `seq` before RCV.NXT; `None` where the stream had not begun.
    fn receive_offset_before(&self, seq: SeqNumber) -> Option<u64> {
        let behind = u64::from(self.rcv.nxt.0.wrapping_sub(seq.0));
        self.receive_buffer.next().checked_sub(behind)
    }

    /// SEG.ACK shows that the peer is alive: window probes and keep-alive start anew.
    fn note_alive<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.restart_keepalive(cx);
        if self.snd.wnd == 0 && !self.orphan {
            // RFC 9293 section 3.8.6.1, MUST-37: a peer that answers may keep its window closed as long as it likes.
            // SHLD-17: nor does what lies beyond a shrunken window time the connection out.
            self.forgiven = self.recovery.timeouts();
            self.probes = 0;
        }
    }
}
