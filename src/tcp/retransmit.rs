//! The sender's side of acknowledgments and time-outs: what the connection does around [`Recovery`]
//! (RFC 9293 section 3.8, RFC 6298).

use super::connection::Origin;
use super::recovery::{Ack, Established, Next, Recovery};
use super::{Connection, ConnectionError, Event, State};
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe, Timer, TimerChange, Var, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};

/// Passes on what recovery tells, and remembers it as told.
pub(crate) struct Relay<'a, P: Probe> {
    probe: &'a mut P,
    told: &'a mut Vars,
}

impl<P: Probe> Probe for Relay<'_, P> {
    const LISTENS: bool = P::LISTENS;

    fn rule(&mut self, rule: Rule) {
        self.probe.rule(rule);
    }

    fn change(&mut self, rule: Rule, var: Var, _: i64, new: i64) {
        if P::LISTENS {
            // What the probe was told last is what it must hear as the old value.
            let old = self.told.get(var).unwrap_or(Vars::UNSET);
            if old != new {
                self.told.set(var, new);
                self.probe.change(rule, var, old, new);
            }
        }
    }

    fn timer(&mut self, rule: Rule, timer: Timer, change: TimerChange) {
        self.probe.timer(rule, timer, change);
    }
}

impl Connection {
    /// Calls on loss recovery.
    pub(crate) fn with_recovery<P: Probe, T>(
        &mut self,
        cx: &mut Context<'_, P>,
        call: impl FnOnce(&mut Recovery, &mut Context<'_, Relay<'_, P>>) -> T,
    ) -> T {
        let mut relay = Relay { probe: cx.probe, told: &mut self.told.now };
        call(&mut self.recovery, &mut Context { now: cx.now, probe: &mut relay })
    }

    /// Sequence numbers `seq..seq + len` have been sent, for the first time or again.
    pub(crate) fn sent<P: Probe>(&mut self, cx: &mut Context<'_, P>, seq: SeqNumber, len: u32) {
        self.with_recovery(cx, |recovery, cx| recovery.on_sent(cx, seq, len));
        self.snd.nxt = self.snd.nxt.max(seq + len);
        if let Some(limit) = self.config.user_timeout
            && !self.timers.is_set(Timer::User)
        {
            // RFC 9293 section 3.9.1: the user time-out.
            self.timers.set(cx, Rule::UserTimeout, Timer::User, cx.now + limit);
        }
    }

    /// What recovery and the congestion window let go next.
    #[inline(always)]
    pub(crate) fn ask_recovery<P: Probe>(&mut self, cx: &mut Context<'_, P>, new_data: bool) -> Next {
        let next = self.with_recovery(cx, |recovery, cx| recovery.next_segment(cx, new_data));
        match next {
            Next::Retransmit { .. } if self.config.breakage.no_retransmission => Next::Nothing,
            next => next,
        }
    }

    /// SND.UNA =< SEG.ACK =< SND.NXT: forgets what is acknowledged, measures, recovers, grows the window.
    #[inline(always)]
    pub(crate) fn take_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader, is_bare: bool) {
        let advances = seg.ack.is_after(self.snd.una);
        let echo_rtt =
            if advances && self.agreed.timestamps { self.echoed_round_trip(cx.now, seg) } else { None };
        let ack = Ack {
            ack: seg.ack,
            sack: if self.agreed.sack { seg.options.sack.as_slice() } else { &[] },
            is_bare,
            echo_rtt,
            ece: self.agreed.ecn && seg.flags.ece() && !seg.flags.syn(),
        };
        self.with_recovery(cx, |recovery, cx| recovery.on_ack(cx, &ack));
        if !advances {
            return;
        }
        self.snd.una = seg.ack;
        self.send_buffer.acknowledge(self.offset_of(seg.ack));
        if self.snd.urgent.is_some_and(|end| self.send_buffer.start() >= end) {
            self.snd.urgent = None;
        }
        self.forgiven = 0;
        if let Some(limit) = self.config.user_timeout {
            if self.snd.una == self.snd.nxt {
                self.timers.cancel(cx, Rule::UserTimeout, Timer::User);
            } else {
                self.timers.set(cx, Rule::UserTimeout, Timer::User, cx.now + limit);
            }
        }
    }

    /// RFC 7323 section 4: the round trip by TSecr.
    fn echoed_round_trip(&self, now: Instant, seg: &TcpHeader) -> Option<Duration> {
        let (_, echo) = seg.options.timestamps?;
        let ticks = self.timestamp(now).wrapping_sub(echo);
        (ticks < 1 << 31).then(|| self.config.personality.timestamp_tick * u64::from(ticks))
    }

    /// The handshake is complete: recovery learns what was agreed on.
    pub(crate) fn start_recovery<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let with =
            Established { smss: self.effective_mss() as u32, sack: self.agreed.sack, ecn: self.agreed.ecn };
        self.with_recovery(cx, |recovery, cx| recovery.on_established(cx, &with));
    }

    /// One of recovery's timers is due (RFC 6298 section 5.4, RFC 8985).
    pub(crate) fn recovery_times_out<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        match self.with_recovery(cx, |recovery, cx| recovery.on_timeout(cx)) {
            Some(Timer::Retransmission) => {
                self.tell_changes(cx, Rule::RtoExpired);
                self.has_tried_enough(cx);
            }
            Some(Timer::TailLossProbe) => self.pending.push = true,
            _ => {}
        }
    }

    /// When recovery wants to be woken; never in states in which nothing of ours is under way.
    pub(crate) fn recovery_deadline(&self) -> Option<Instant> {
        self.recovery_due().map(|(_, at)| at)
    }

    /// Which of recovery's timers fires first, and when.
    #[inline]
    pub(crate) fn recovery_due(&self) -> Option<(Timer, Instant)> {
        let idle = matches!(self.state, State::Closed | State::Listen | State::TimeWait);
        if idle || self.config.breakage.no_retransmission {
            return None;
        }
        self.recovery.deadline()
    }

    /// R1 and R2 (RFC 9293 section 3.8.3, MUST-20, MUST-22). Returns whether the connection was given up.
    pub(crate) fn has_tried_enough<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> bool {
        let personality = &self.config.personality;
        let attempts = self.probes + self.recovery.timeouts().saturating_sub(self.forgiven);
        let limit = match self.state {
            State::SynSent => personality.syn_retries,
            State::SynReceived => personality.synack_retries,
            _ if self.orphan => personality.orphan_retries,
            _ => personality.retries_r2,
        };
        if attempts > limit {
            if self.origin == Origin::Passive && self.state == State::SynReceived {
                self.back_to_listen(cx, Rule::RetriesR2);
            } else {
                self.fail(cx, Rule::RetriesR2, Some(ConnectionError::TimedOut));
            }
            return true;
        }
        if attempts == personality.retries_r1 {
            self.events.raise(Event::Struggling);
            self.tell(cx, Rule::RetriesR1);
        }
        false
    }

    /// The path takes smaller segments only: what is under way is sent again in sizes that pass (RFC 1191 section 6.3).
    pub(crate) fn shrink_segments<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let smss = self.effective_mss() as u32;
        self.with_recovery(cx, |recovery, cx| recovery.shrink_segments(cx, smss));
    }
}
