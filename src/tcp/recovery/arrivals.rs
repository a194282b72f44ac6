//! What an arriving ACK does.

use super::frto::Frto;
use super::rack::AckTime;
use super::{Ack, AckOutcome, FastRecovery, Phase, Prr, Recovery};
use crate::probe::{Context, Probe, Var, Vars};
use crate::rule::Rule;
use crate::tcp::congestion::{AckSample, Reduction};
use crate::tcp::sack::{Acked, Sacked};
use crate::time::Duration;

/// An ACK and what the scoreboard made of it.
pub(super) struct Arrival {
    pub(super) acked: Acked,
    pub(super) sacked: Sacked,
    duplicate: bool,
    /// It says ECE: the window does not grow.
    marked: bool,
    /// A round trip of the segment sent last among those delivered.
    rtt: Option<Duration>,
    /// Its D-SACK widened RACK's reordering window.
    widened: bool,
}

impl Arrival {
    /// DeliveredData (RFC 9937 section 5).
    fn delivered(&self) -> u32 {
        self.acked.delivered + self.sacked.bytes
    }
}

impl Recovery {
    /// An acceptable ACK arrived (SND.UNA =< SEG.ACK =< SND.NXT), duplicates included.
    #[inline]
    pub fn on_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, ack: &Ack<'_>) -> AckOutcome {
        // Most ends of a transfer send nothing that could be acknowledged: nothing is in flight, and an ACK tells nothing new.
        if ack.ack == self.board.una()
            && ack.sack.is_empty()
            && self.board.flight() == 0
            && self.probe.is_none()
        {
            return AckOutcome::default();
        }
        self.on_news(cx, ack)
    }

    /// The same of an ACK that may tell something.
    fn on_news<P: Probe>(&mut self, cx: &mut Context<'_, P>, ack: &Ack<'_>) -> AckOutcome {
        let prior_flight = self.board.flight();
        let mut time = AckTime {
            now: cx.now,
            min_rtt: self.rtt.min_rtt(),
            echo: ack.echo_rtt.map(|rtt| (rtt, self.config.timestamp_tick)),
            fack: self.rack.fack(),
            newest: None,
        };
        let use_rack = self.uses_rack();
        let rack = &mut self.rack;
        let mut delivered = |segment: &crate::tcp::sack::Segment| {
            if use_rack {
                rack.on_delivered(segment, &mut time);
            }
        };
        let acked = self.board.ack(ack.ack, &mut delivered);
        let mut sacked = Sacked::default();
        if self.sack && !ack.sack.is_empty() {
            sacked = self.board.sack(ack.ack, ack.sack, &mut delivered);
        }
        // RFC 5681 section 2; with SACK the ACK must tell of octets not SACKed before, and nothing else matters, not
        // even whether it advances (RFC 6675 section 2)
        let again = acked.bytes == 0 && ack.is_bare && ack.ack == self.board.una();
        let duplicate = prior_flight > 0 && if self.sack { sacked.bytes > 0 } else { again };
        let rtt = self.measure(cx, ack, &acked, &sacked, prior_flight);
        let marked = ack.ece && self.ecn;
        let mut arrival = Arrival { acked, sacked, duplicate, marked, rtt: rtt.1, widened: false };
        if acked.bytes > 0 {
            self.timeouts = 0;
            self.set_dup_acks(cx, Rule::DuplicateAck, 0);
            self.first_due = None;
            self.probe_due = false;
        }
        if duplicate {
            self.set_dup_acks(cx, Rule::DuplicateAck, self.dup_acks + 1);
        }
        if self.sack {
            if self.board.has_reneged() {
                cx.probe.rule(Rule::SackExpunge); // RFC 2018 section 8
                self.board.expunge();
            }
            if use_rack {
                let (una, nxt) = (self.board.una(), self.board.nxt());
                arrival.widened = self.rack.on_dsack(cx, sacked.duplicate.is_some(), una, nxt);
            }
            self.check_probe(cx, ack, &arrival);
        }
        let most = self.step_frto(cx, ack, &arrival);
        let restart = self.advance(cx, &arrival);
        if let Some(most) = most.filter(|&most| self.congestion.is_on() && self.congestion.cwnd() > most) {
            self.congestion.set_cwnd(cx, Rule::LossWindow, most);
        }
        self.answer_ecn(cx, &arrival);
        // RFC 6298 section 5: (5.2) and (5.3)
        if self.board.is_empty() {
            self.stop_all(cx);
        } else if acked.bytes > 0 {
            if restart {
                self.start_rto(cx, Rule::RtoRestart);
            }
            self.schedule_probe(cx);
        } else if sacked.bytes > 0 {
            self.schedule_probe(cx); // stops it: something is SACKed
        }
        AckOutcome {
            newly_acked: acked.bytes,
            newly_sacked: sacked.bytes,
            duplicate,
            rtt: rtt.0,
            dsack: sacked.duplicate,
        }
    }

    /// Measures the round trip (RFC 6298 section 3): for the RTO on the segment that waited longest, which includes the
    /// peer's delayed ACK; for congestion control on the one sent last.
    fn measure<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        ack: &Ack<'_>,
        acked: &Acked,
        sacked: &Sacked,
        prior_flight: u32,
    ) -> (Option<Duration>, Option<Duration>) {
        let clear = !acked.ambiguous || !self.config.karn;
        let oldest = acked.oldest_sent.filter(|_| clear).or(sacked.oldest_sent.filter(|_| clear));
        let newest = sacked.newest_sent.filter(|_| clear).max(acked.newest_sent.filter(|_| clear));
        let rtt = match oldest {
            Some(sent_at) => Some(cx.now.since(sent_at)),
            // RFC 7323 section 4.1: timestamps measure retransmissions too
            None if acked.bytes > 0 => {
                if P::LISTENS && ack.echo_rtt.is_none() && acked.ambiguous {
                    cx.probe.rule(Rule::KarnAlgorithm);
                }
                ack.echo_rtt
            }
            None => None,
        };
        if let Some(rtt) = rtt {
            // RFC 7323 appendix G: ExpectedSamples = ceiling (FlightSize / (SMSS * 2))
            let samples = prior_flight.div_ceil(self.smss().saturating_mul(2));
            self.rtt.sample(cx, rtt, samples);
            self.measured_since_probe = true;
        }
        (rtt, newest.map(|sent_at| cx.now.since(sent_at)))
    }

    /// Moves through the phases; returns whether the retransmission timer shall start again if data was acknowledged.
    fn advance<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) -> bool {
        let passed = self.board.una().is_at_or_after(self.recovery_point);
        match self.phase {
            Phase::Open => {
                if !self.detect(cx, arrival) && arrival.acked.bytes > 0 {
                    self.grow(cx, arrival);
                }
                true
            }
            Phase::Recovery if !self.sack => self.new_reno(cx, arrival, passed),
            Phase::Recovery => {
                if passed {
                    self.end_recovery(cx, arrival);
                    self.detect(cx, arrival);
                    return true;
                }
                let lost = self.find_lost(cx);
                self.reduce_proportionally(cx, arrival, lost == 0);
                true
            }
            Phase::Loss => {
                if passed {
                    self.frto = Frto::Off;
                    self.leave(cx, Rule::SackRecoveryExit, arrival);
                    if self.detect(cx, arrival) {
                        return true;
                    }
                } else if self.sack {
                    self.find_lost(cx);
                }
                if arrival.acked.bytes > 0 {
                    self.grow(cx, arrival);
                }
                true
            }
        }
    }

    /// New data were acknowledged outside fast recovery.
    fn grow<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) {
        // RFC 3390 section 1: the ACK of the SYN does not open the window; RFC 3168 section 6.1.2: nor one with ECE
        if !self.established || arrival.marked {
            return;
        }
        // After a time-out an ACK may leap over what was SACKed before; that was not delivered now.
        let loss = self.phase == Phase::Loss;
        let sample = AckSample {
            ack: self.board.una(),
            nxt: self.board.nxt(),
            newly_acked: if loss { arrival.acked.delivered } else { arrival.acked.bytes },
            peak_in_flight: self.peak.0,
            rtt: arrival.rtt,
            srtt: self.rtt.srtt(),
        };
        self.congestion.on_ack(cx, &sample);
    }

    /// Outside recovery: looks for loss and begins recovery if there is some.
    fn detect<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) -> bool {
        if !self.is_fast() || !self.established {
            return false;
        }
        let found = if self.sack {
            self.find_lost(cx);
            self.board.awaiting_bytes() > 0
        } else {
            // RFC 5681 section 3.2; RFC 6582 section 3.2 step 1: only beyond what an earlier recovery covered
            arrival.duplicate
                && self.dup_acks == self.config.dup_thresh
                && (self.board.una().is_after(self.recovery_point)
                    || self.config.fast_recovery != FastRecovery::NewReno)
        };
        if found {
            self.begin_recovery(cx, arrival);
        }
        found
    }

    /// Marks what is lost by RACK or by RFC 6675; returns the octets newly lost.
    fn find_lost<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> u32 {
        if !self.uses_rack() {
            let mut lost = self.board.mark_lost_by_count(self.config.dup_thresh, self.smss());
            if lost == 0 && self.phase == Phase::Open && self.dup_acks >= self.config.dup_thresh {
                lost = self.board.mark_first_lost(); // RFC 6675 section 5, step 1
            }
            if P::LISTENS && lost > 0 {
                cx.probe.rule(Rule::SackIsLost);
            }
            return lost;
        }
        let Some(clock) = self.rack.clock(self.reordering_window()) else { return 0 };
        let found = self.board.rack_detect(&clock, cx.now);
        self.set_reordering_timer(cx, found.remaining);
        // RFC 8985 section 9.3: without proportional rate reduction the loss of a retransmission is answered too; what
        // was sent before the last answer belongs to it.
        if found.retransmission.is_some_and(|sent| sent >= self.reduced_when) && !self.config.prr {
            self.reduce(cx, Reduction::Loss, false);
            let w = *self.congestion.window();
            self.congestion.set_cwnd(cx, Rule::RackLost, w.cwnd.min(w.ssthresh));
        }
        if P::LISTENS && found.lost > 0 {
            cx.probe.rule(Rule::RackLost);
        }
        found.lost
    }

    /// RACK.reo_wnd now.
    #[inline]
    pub(super) fn reordering_window(&self) -> Duration {
        let urgent = self.phase != Phase::Open || self.board.sacked_segments() >= self.config.dup_thresh;
        self.rack.reordering_window(urgent, self.rtt.min_rtt(), self.rtt.srtt())
    }

    /// RACK's reordering timer fired.
    pub(super) fn detect_and_recover<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let nothing = Arrival {
            acked: Acked::default(),
            sacked: Sacked::default(),
            duplicate: false,
            marked: false,
            rtt: None,
            widened: false,
        };
        match self.phase {
            Phase::Open => {
                self.detect(cx, &nothing);
            }
            _ => {
                self.find_lost(cx);
            }
        }
    }

    /// Loss was found without a time-out.
    #[cold]
    fn begin_recovery<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) {
        let smss = self.smss();
        let rule = if self.sack { Rule::SackRecoveryEnter } else { Rule::FastRetransmit };
        cx.probe.rule(rule);
        self.stop_probe(cx);
        (self.probe, self.probe_due) = (None, false); // RFC 8985 section 7.1
        self.partial_seen = false;
        self.repaired = (0, self.board.una());
        self.rescue = None;
        self.set_recovery_point(cx, rule);
        if self.config.fast_recovery == FastRecovery::Tahoe {
            self.reduce(cx, Reduction::Timeout, false);
            self.board.mark_all_lost();
            self.first_due = Some(Rule::FastRetransmit);
            self.phase = Phase::Loss;
            return;
        }
        self.phase = Phase::Recovery;
        self.reduce(cx, Reduction::Loss, false);
        let ssthresh = self.congestion.window().ssthresh;
        if !self.sack {
            // RFC 5681 section 3.2 step 3: cwnd = ssthresh + 3*SMSS, and the first segment at once
            let inflated = ssthresh.saturating_add(self.config.dup_thresh * smss);
            self.congestion.set_cwnd(cx, Rule::FastRecovery, inflated);
            self.first_due = Some(Rule::FastRetransmit);
            return;
        }
        self.board.start_recovery();
        if self.config.prr && self.congestion.is_on() {
            // RFC 9937 section 6.1: what was SACKed before this ACK is no part of the flight; what it delivered is.
            let flight = self.board.flight() + arrival.acked.bytes;
            let sacked_before = self.board.sacked_bytes().saturating_sub(arrival.sacked.bytes);
            self.prr = Some(Prr::new(flight.saturating_sub(sacked_before)));
            self.reduce_proportionally(cx, arrival, false);
        } else {
            // RFC 6675 section 5 (4.2) and (4.3)
            self.congestion.set_cwnd(cx, Rule::SackRecoveryEnter, ssthresh);
            self.first_due = Some(Rule::FastRetransmit);
        }
    }

    /// RFC 9937 section 6.2: the window for what this ACK delivered.
    fn reduce_proportionally<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival, no_loss: bool) {
        let Some(prr) = &mut self.prr else { return };
        let delivered = arrival.delivered();
        if delivered == 0 && prr.delivered() > 0 {
            return;
        }
        let w = self.congestion.window();
        let safe = arrival.acked.bytes > 0 && no_loss;
        let pipe = self.board.pipe();
        let count = prr.on_ack(delivered, safe, pipe, w.ssthresh, w.smss);
        self.congestion.set_cwnd(cx, Rule::PrrSend, pipe.saturating_add(count));
    }

    /// RecoveryPoint is acknowledged.
    #[cold]
    fn end_recovery<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) {
        let rule = if self.prr.take().is_some() { Rule::PrrComplete } else { Rule::SackRecoveryExit };
        self.leave(cx, rule, arrival);
        // RFC 9937 section 6.4, RFC 6675 section 5: cwnd is ssthresh
        self.congestion.set_cwnd(cx, rule, self.congestion.window().ssthresh);
        self.congestion.on_recovery_end(cx, self.repaired.0);
    }

    /// Recovery is over, or what followed a time-out, by `rule`.
    #[cold]
    pub(super) fn leave<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, arrival: &Arrival) {
        self.phase = Phase::Open;
        if P::LISTENS {
            cx.probe.change(rule, Var::RecoveryPoint, self.recovery_point.0.into(), Vars::UNSET);
        }
        if !arrival.widened {
            self.rack.on_recovery_end();
        }
    }

    /// An ACK in fast recovery without SACK (RFC 6582 section 3.2, RFC 5681 section 3.2).
    fn new_reno<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival, full: bool) -> bool {
        let w = *self.congestion.window();
        let acked = arrival.acked.bytes;
        if acked == 0 {
            if arrival.duplicate {
                // RFC 5681 section 3.2 step 4: a segment has left the network
                self.congestion.set_cwnd(cx, Rule::FastRecovery, w.cwnd.saturating_add(w.smss));
            }
            return true;
        }
        let new_reno = self.config.fast_recovery == FastRecovery::NewReno;
        if full || !new_reno {
            self.end_recovery(cx, arrival);
            if new_reno {
                // RFC 6582 section 3.2: cwnd = min (ssthresh, max (FlightSize, SMSS) + SMSS): no burst
                let flight = self.board.flight().max(w.smss).saturating_add(w.smss);
                let deflated = self.congestion.cwnd().min(flight);
                self.congestion.set_cwnd(cx, Rule::FullAck, deflated);
            } else {
                cx.probe.rule(Rule::FastRecoveryEnd);
            }
            return true;
        }
        // A partial ACK: retransmit the next, deflate by what was acknowledged, add back one segment.
        let deflated = w.cwnd.saturating_sub(acked) + if acked >= w.smss { w.smss } else { 0 };
        self.congestion.set_cwnd(cx, Rule::PartialAck, deflated);
        self.first_due = Some(Rule::PartialAck);
        // The timer starts again at the first partial ACK only.
        !std::mem::replace(&mut self.partial_seen, true)
    }

    /// ECE (RFC 3168 section 6.1.2): as for a loss, once a round trip.
    fn answer_ecn<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) {
        let new_round = arrival.acked.bytes > 0 && self.board.una().is_after(self.reduced_at);
        if !(arrival.marked && new_round && self.phase == Phase::Open) {
            return;
        }
        cx.probe.rule(Rule::EcnResponse);
        if self.congestion.cwnd() <= self.smss() {
            cx.probe.rule(Rule::EcnWindowOfOne);
            self.ecn_hold = true;
            self.start_rto(cx, Rule::EcnWindowOfOne);
        }
        self.reduce(cx, Reduction::Ecn, false);
    }

    /// TLP_process_ack (RFC 8985 section 7.4).
    fn check_probe<P: Probe>(&mut self, cx: &mut Context<'_, P>, ack: &Ack<'_>, arrival: &Arrival) {
        let dsack = arrival.sacked.duplicate;
        let Some(probe) = self.probe.filter(|probe| ack.ack.is_at_or_after(probe.end)) else { return };
        if !probe.is_retransmission || dsack.is_some_and(|block| block.right == probe.end) {
            self.probe = None;
        } else if ack.ack.is_after(probe.end) {
            self.probe = None;
            // The probe repaired a loss that nothing else has told of.
            cx.probe.rule(Rule::TailLossRepaired);
            if self.phase == Phase::Open {
                self.reduce(cx, Reduction::Loss, false);
                self.congestion.set_cwnd(cx, Rule::TailLossRepaired, self.congestion.window().ssthresh);
            }
        } else if arrival.acked.bytes == 0 && ack.sack.is_empty() && ack.is_bare {
            // A duplicate ACK without SACK: original and probe have both arrived.
            self.probe = None;
        }
    }
}
