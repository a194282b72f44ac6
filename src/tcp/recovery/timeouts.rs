//! The three timers: retransmission (RFC 6298 section 5), tail loss probe (RFC 8985 section 7) and RACK's reordering
//! window (RFC 8985 section 6.2).

use super::{Phase, Recovery};
use crate::probe::{Context, Probe, Timer, TimerChange};
use crate::rule::Rule;
use crate::tcp::congestion::Reduction;
use crate::time::{Duration, Instant};

impl Recovery {
    /// When `timer` fires, for the three that belong to recovery; `None` while it does not run.
    pub fn timer(&self, timer: Timer) -> Option<Instant> {
        let at = match timer {
            Timer::Retransmission => self.rto_at,
            Timer::TailLossProbe => self.probe_at,
            Timer::RackReordering => self.reordering_at,
            _ => Instant::NEVER,
        };
        (at != Instant::NEVER).then_some(at)
    }

    /// The timer that fires next, and when: RACK's while it runs (RFC 8985 section 8), else the earlier of the others.
    #[inline]
    pub fn deadline(&self) -> Option<(Timer, Instant)> {
        let next = if self.reordering_at != Instant::NEVER {
            (Timer::RackReordering, self.reordering_at)
        } else if self.probe_at != Instant::NEVER && self.probe_at <= self.rto_at {
            (Timer::TailLossProbe, self.probe_at)
        } else {
            (Timer::Retransmission, self.rto_at)
        };
        (next.1 != Instant::NEVER).then_some(next)
    }

    /// Time has come to `cx.now`: lets the first timer that is due fire and says which; `None` when none is due. Then
    /// ask [`Recovery::next_segment`]. That it fired is for the caller to tell the probe.
    pub fn on_timeout<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Option<Timer> {
        let (timer, _) = self.deadline().filter(|&(_, at)| at <= cx.now)?;
        match timer {
            Timer::RackReordering => {
                self.reordering_at = Instant::NEVER;
                if self.rto_at <= cx.now {
                    self.start_rto(cx, Rule::RackReorderingTimer); // it had to wait, and waits anew
                }
                self.detect_and_recover(cx);
            }
            Timer::TailLossProbe => {
                self.probe_at = Instant::NEVER;
                // RFC 8985 section 7.3: one probe in flight, and a measurement since the last
                if self.probe.is_none() && self.measured_since_probe {
                    self.probe_due = true;
                    self.measured_since_probe = false;
                }
                self.start_rto(cx, Rule::TailLossProbe);
            }
            _ => {
                self.rto_at = Instant::NEVER;
                self.on_rto(cx);
            }
        }
        Some(timer)
    }

    /// RFC 6298 section 5 (5.4) to (5.6), RFC 5681 section 3.1, RFC 6675 section 5.1, RFC 8985 section 6.3.
    fn on_rto<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.ecn_hold = false;
        if self.board.is_empty() {
            return;
        }
        let again = self.timeouts > 0;
        self.timeouts += 1;
        if self.config.backoff {
            self.rtt.back_off(cx); // (5.5)
        }
        if self.established {
            self.begin_frto(again);
            self.reduce(cx, Reduction::Timeout, again);
        } else {
            self.syn_timeouts += 1;
        }
        if self.config.expunge_at_timeout || self.board.has_reneged() {
            cx.probe.rule(Rule::SackExpunge); // RFC 2018 section 8
            self.board.expunge();
        }
        if self.uses_rack() {
            let patience = self.rack.rtt() + self.reordering_window();
            self.board.mark_overdue_lost(cx.now, patience);
            cx.probe.rule(Rule::RackTimeout);
        } else {
            self.board.mark_all_lost();
        }
        self.phase = Phase::Loss;
        // RFC 6582 section 3.2, RFC 6675 section 5.1: no fast recovery before all this is acknowledged
        let rule = if self.sack { Rule::SackRtoInRecovery } else { Rule::LossWindow };
        self.set_recovery_point(cx, rule);
        self.set_dup_acks(cx, Rule::RtoExpired, 0);
        self.prr = None;
        self.probe = None;
        self.probe_due = false;
        self.rescue = None;
        self.first_due = Some(Rule::RtoExpired); // (5.4): the earliest segment
        self.stop_probe(cx);
        self.set_reordering_timer(cx, None);
        self.start_rto(cx, Rule::RtoBackoff); // (5.6)
    }

    /// Starts the retransmission timer, or starts it again.
    #[inline]
    pub(super) fn start_rto<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        let at = cx.now + self.rtt.rto();
        if P::LISTENS && at != self.rto_at {
            cx.probe.timer(rule, Timer::Retransmission, TimerChange::Set(at));
        }
        self.rto_at = at;
    }

    /// All is acknowledged: nothing to wait for (RFC 6298 section 5.2).
    pub(super) fn stop_all<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.rto_at != Instant::NEVER && !self.ecn_hold {
            self.rto_at = Instant::NEVER;
            cx.probe.timer(Rule::RtoStop, Timer::Retransmission, TimerChange::Cancelled);
        }
        self.drained = Some(cx.now);
        self.stop_probe(cx);
        self.set_reordering_timer(cx, None);
    }

    pub(super) fn stop_probe<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.probe_at != Instant::NEVER {
            self.probe_at = Instant::NEVER;
            cx.probe.timer(Rule::TailLossProbeArm, Timer::TailLossProbe, TimerChange::Cancelled);
        }
    }

    /// Sets or stops RACK's timer (RFC 8985 section 6.2). Longer than the RTO it does not wait: then that fires instead, as
    /// it does for a probe (section 7.2), or a peer that echoes timestamps from long ago keeps this end waiting for weeks.
    pub(super) fn set_reordering_timer<P: Probe>(&mut self, cx: &mut Context<'_, P>, wait: Option<Duration>) {
        let wait = wait.filter(|&wait| wait < self.rtt.rto());
        let at = wait.map_or(Instant::NEVER, |wait| cx.now + wait);
        if at != self.reordering_at {
            self.reordering_at = at;
            let change = if wait.is_some() { TimerChange::Set(at) } else { TimerChange::Cancelled };
            cx.probe.timer(Rule::RackReorderingTimer, Timer::RackReordering, change);
        }
    }

    /// Arms the tail loss probe where RFC 8985 section 7.2 wants one.
    #[inline]
    pub(super) fn schedule_probe<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        // Section 4: it needs RACK; section 7.2: not in recovery, nothing SACKed; section 8: instead of RACK's timer.
        // Whether a probe may go is asked when the time has come (section 7.3).
        if !(self.config.tail_loss_probe && self.uses_rack() && self.established) {
            return;
        }
        let wanted = self.phase == Phase::Open
            && self.board.sacked_bytes() == 0
            && self.reordering_at == Instant::NEVER
            && !self.board.is_empty();
        if !wanted {
            self.stop_probe(cx);
            return;
        }
        // PTO = 2 * SRTT, and the peer's delayed ACK where one segment is in flight; 1 s before a measurement
        let wait = match self.rtt.srtt() {
            Some(srtt) if self.board.flight() <= self.smss() => srtt * 2 + self.config.max_ack_delay,
            Some(srtt) => srtt * 2,
            None => Duration::from_secs(1),
        };
        // never later than the RTO
        let at = (cx.now + wait).min(self.rto_at);
        if P::LISTENS && at != self.probe_at {
            cx.probe.timer(Rule::TailLossProbeArm, Timer::TailLossProbe, TimerChange::Set(at));
        }
        self.probe_at = at;
    }
}
