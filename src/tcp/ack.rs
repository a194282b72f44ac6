//! When the peer is acknowledged (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2).

use super::Connection;
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;
use crate::time::{Duration, Instant};

/// What is owed to the peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct AckState {
    /// An acknowledgment must go out now, alone if need be.
    now: bool,
    /// An acknowledgment is owed, but may wait.
    owed: bool,
    /// Segments with text that are not acknowledged yet.
    waiting: u32,
    /// Acknowledgments left in quick-ACK mode.
    quick: u32,
    /// The application answers what it reads: acknowledgments can ride on its data (Linux: pingpong mode).
    interactive: bool,
    /// How long an acknowledgment may wait, as learned from the rhythm of arrivals (Linux: ato).
    delay: Duration,
}

impl AckState {
    /// Wants an acknowledgment at once.
    pub fn demand(&mut self) {
        (self.now, self.owed) = (true, true);
    }

    /// Whether an acknowledgment must go out now.
    pub fn is_due(&self) -> bool {
        self.now
    }

    /// Whether an acknowledgment is owed, now or later.
    pub fn is_owed(&self) -> bool {
        self.owed
    }

    /// Owes nothing any more.
    pub fn forget(&mut self) {
        (self.now, self.owed, self.waiting) = (false, false, 0);
    }

    /// The connection is open, or the peer starts anew after a pause: quick-ACK for the next segments.
    pub fn start_quick(&mut self, segments: u32) {
        self.quick = segments;
        self.interactive = false;
    }
}

impl Connection {
    /// Text has arrived in order: decides whether to acknowledge now or later. `at_once` where a gap was filled or is
    /// still open (RFC 5681 section 4.2: SHOULD be immediate).
    pub(crate) fn schedule_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, at_once: bool) {
        let policy = self.config.personality.acks;
        self.ack.waiting += 1;
        self.learn_rhythm(cx.now);
        self.ack.owed = true;
        if at_once || self.ack.now {
            self.ack.now = true;
            return;
        }
        if !self.may_delay_acks() {
            self.ack.now = true;
            return;
        }
        if self.ack.quick > 0 && !self.ack.interactive {
            self.ack.quick -= 1;
            self.ack.now = true;
            return self.tell_rule(cx, Rule::QuickAck);
        }
        // RFC 9293 section 3.8.6.3, SHLD-19: every second full-sized segment, or 2*RMSS octets of new data.
        let octets = self.rcv.nxt.0.wrapping_sub(self.rcv.last_ack.0);
        if octets >= policy.every * self.rcv.mss.max(1) {
            self.ack.now = true;
            return self.tell_rule(cx, Rule::AckEverySecond);
        }
        self.delay_ack(cx);
    }

    /// Whether acknowledgments are delayed at all, as configuration and socket options have it.
    pub(crate) fn may_delay_acks(&self) -> bool {
        self.config.features.delayed_ack
            && !self.config.personality.acks.delay.is_zero()
            && !self.config.quickack
    }

    /// Lets the acknowledgment that is owed wait for company.
    #[inline]
    pub(crate) fn delay_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.ack.owed = true;
        if self.ack.now || self.timers.is_set(Timer::DelayedAck) {
            return;
        }
        let policy = &self.config.personality.acks;
        let delay = if policy.delay_max > policy.delay {
            // Linux: as long as the rhythm says, at most a round trip, between the two bounds.
            let round_trip = self.recovery.rtt().srtt().unwrap_or(policy.delay_max).max(policy.delay);
            self.ack.delay.max(policy.delay).min(policy.delay_max).min(round_trip)
        } else {
            policy.delay
        };
        self.timers.set(cx, Rule::AckDelayed, Timer::DelayedAck, cx.now + delay);
        self.tell_rule(cx, Rule::AckDelayed);
    }

    /// Linux's ato: follows the time between arrivals, so that a peer in a slow rhythm gets its acknowledgment with the
    /// answer.
    fn learn_rhythm(&mut self, now: Instant) {
        let policy = &self.config.personality.acks;
        let least = policy.delay;
        let gap = self.rcv.last_text.map(|at| now.since(at));
        self.rcv.last_text = Some(now);
        match gap {
            None => self.ack.delay = least,
            Some(gap) if gap <= least / 2 => self.ack.delay = self.ack.delay / 2 + least / 2,
            Some(gap) if gap < self.ack.delay => self.ack.delay = self.ack.delay / 2 + gap,
            // Too long a pause: the peer begins anew, so acknowledge quickly.
            Some(gap) if gap > self.recovery.rtt().rto() => self.ack.quick = policy.quick,
            Some(_) => {}
        }
    }

    /// A segment of ours carries the acknowledgment.
    pub(crate) fn ack_went_out<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.rcv.last_ack = self.rcv.nxt;
        if self.ack.owed {
            self.ack.forget();
            self.timers.cancel(cx, Rule::AckSent, Timer::DelayedAck);
        }
    }

    /// We send text: shortly after some arrived, it is an answer.
    pub(crate) fn note_answer(&mut self, now: Instant) {
        if self.rcv.last_text.is_some_and(|at| now.since(at) < self.ack.delay) {
            self.ack.interactive = true;
        }
    }
}
