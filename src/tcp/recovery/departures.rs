//! What may be sent next, and what was sent.

use super::frto::{Frto, PROBES};
use super::{FastRecovery, Next, Phase, Recovery, TailProbe};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::tcp::sack::SackBlock;

impl Recovery {
    /// What may be sent now: NextSeg (RFC 6675 section 4) and the window. `new_data`: the connection has something new
    /// to send that the peer's window admits (data or FIN). Asking changes nothing in flight.
    pub fn next_segment<P: Probe>(&mut self, cx: &mut Context<'_, P>, new_data: bool) -> Next {
        let smss = self.smss();
        self.rescue_proposed = None;
        if self.probe_due {
            // RFC 8985 section 7.3: new data if there is any, else the last segment; the window does not matter
            if new_data {
                return Next::New { room: smss };
            }
            if let Some(tail) = self.board.tail(smss) {
                return again(tail, Rule::TailLossProbe);
            }
            self.probe_due = false;
        }
        if let Some(rule) = self.first_due {
            // RFC 5681 section 3.2, RFC 6298 section 5.4, RFC 6675 section 5 (4.3): the first one, at once
            let lost = self.board.next_lost(smss).filter(|block| block.left == self.board.una());
            let whole = |first: &crate::tcp::sack::Segment| {
                SackBlock::new(first.seq, first.seq + first.len.min(smss))
            };
            if let Some(first) = lost.or_else(|| self.board.first().map(whole)) {
                return again(first, rule);
            }
            self.first_due = None;
        }
        if new_data
            && self.board.is_empty()
            && self.established
            && let Some(last) = self.last_sent
        {
            self.congestion.on_idle(cx, cx.now.since(last), self.rtt.rto());
        }
        let room = self.room();
        match self.frto {
            // RFC 5682 section 3.1: nothing but the first segment until it is acknowledged, then two new ones if there are
            Frto::Waiting => return Next::Nothing,
            Frto::Probing(left) if new_data && room >= smss => {
                return if left > 0 { Next::New { room } } else { Next::Nothing };
            }
            Frto::Probing(PROBES) => self.frto = Frto::Off,
            Frto::Probing(_) => return Next::Nothing,
            Frto::Off => {}
        }
        if let Some(lost) = self.board.next_lost(smss) {
            // NextSeg rule 1, while cwnd - pipe holds it
            let rule = match (self.phase, self.uses_rack()) {
                (Phase::Loss, _) => Rule::SlowStart,
                (_, true) => Rule::RackLost,
                (_, false) => Rule::SackNextLost,
            };
            return if lost.len() <= room { again(lost, rule) } else { Next::Nothing };
        }
        if new_data {
            // NextSeg rule 2
            return if room > 0 && !self.ecn_hold { Next::New { room } } else { Next::Nothing };
        }
        if self.phase == Phase::Recovery && self.sack && !self.uses_rack() && room >= smss {
            if let Some(hole) = self.board.next_hole(smss) {
                return again(hole, Rule::SackNextSpeculative); // NextSeg rule 3
            }
            // NextSeg rule 4: once until RecoveryPoint is passed
            let may = self.rescue.is_none_or(|rescue| self.board.una().is_after(rescue));
            if let Some(tail) = self.board.rescue(smss).filter(|_| may) {
                self.rescue_proposed = Some(tail);
                return again(tail, Rule::SackRescue);
            }
        }
        Next::Nothing
    }

    /// `len` octets of sequence space (data, SYN, FIN) from `seq` on were sent: new, or again.
    pub fn on_sent<P: Probe>(&mut self, cx: &mut Context<'_, P>, seq: SeqNumber, len: u32) {
        if len == 0 {
            return;
        }
        let (nxt, end) = (self.board.nxt(), seq + len);
        let is_new = end.is_after(nxt);
        if seq.is_before(nxt) {
            let block = SackBlock::new(seq.max(self.board.una()), end.min(nxt));
            let rescue = self.rescue_proposed.take().is_some_and(|proposed| proposed == block);
            if rescue {
                self.rescue = Some(self.recovery_point); // RFC 6675 section 4, rule 4
            }
            self.board.on_retransmitted(block, rescue, cx.now);
            let (octets, end) = &mut self.repaired;
            if block.right.is_after(*end) {
                *octets += block.right.distance_from(block.left.max(*end)).unsigned_abs();
                *end = block.right;
            }
            if block.left == self.board.una() && self.first_due.take().is_some() {
                if self.phase == Phase::Recovery {
                    self.rescue = Some(block.right); // RFC 6675 section 5 (4.3): no premature rescue
                }
                // The timer shall time this transmission (RFC 6675 section 6).
                self.start_rto(cx, Rule::RtoRestart);
            }
        }
        if is_new {
            if let Some(since) = self.drained.take() {
                self.congestion.on_gap(since, cx.now);
            }
            self.congestion.on_send(cx);
            if let Frto::Probing(left) = &mut self.frto {
                *left = left.saturating_sub(1);
            }
            self.board.on_sent(end.0.wrapping_sub(nxt.0), cx.now);
            if P::LISTENS && self.phase == Phase::Open && self.dup_acks > 0 && !self.probe_due {
                cx.probe.rule(Rule::LimitedTransmit); // RFC 3042 section 2
            }
        }
        if let Some(prr) = &mut self.prr {
            prr.on_sent(len);
        }
        let in_flight = self.in_flight();
        if in_flight >= self.peak.0 || self.board.una().is_at_or_after(self.peak.1) {
            self.peak = (in_flight, self.board.nxt());
        }
        self.last_sent = Some(cx.now);
        if self.rto_at == crate::time::Instant::NEVER {
            self.start_rto(cx, Rule::RtoStart); // RFC 6298 section 5.1
        }
        if std::mem::take(&mut self.probe_due) {
            // RFC 8985 section 7.3: TLP.end_seq = SND.NXT; then the RTO runs, not another probe
            self.probe = Some(TailProbe { end: self.board.nxt(), is_retransmission: !is_new });
            self.start_rto(cx, Rule::TailLossProbe);
        } else if is_new {
            self.schedule_probe(cx);
        }
    }

    /// Whether duplicate ACKs make it retransmit at all.
    pub(super) fn is_fast(&self) -> bool {
        self.config.fast_recovery != FastRecovery::Off
    }
}

fn again(block: SackBlock, rule: Rule) -> Next {
    Next::Retransmit { seq: block.left, len: block.len(), rule }
}
