//! Timers that fire, and keep-alive (RFC 9293 sections 3.10.8 and 3.8.4).

use super::{Connection, ConnectionError, State};
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;

/// The rule by which a timer fires.
pub(crate) const fn rule_of(timer: Timer) -> Rule {
    match timer {
        Timer::Retransmission => Rule::RtoExpired,
        Timer::TailLossProbe => Rule::TailLossProbe,
        Timer::RackReordering => Rule::RackReorderingTimer,
        Timer::Persist => Rule::ZeroWindowProbe,
        Timer::DelayedAck => Rule::AckTimerExpired,
        Timer::KeepAlive => Rule::KeepAliveProbe,
        Timer::TimeWait => Rule::TimeWaitOver,
        Timer::User => Rule::UserTimeout,
        Timer::Cork => Rule::CorkOver,
        Timer::SwsOverride => Rule::SwsOverride,
        Timer::FinWait2 => Rule::FinWait2Over,
    }
}

impl Connection {
    /// Does what `timer` stands for.
    pub(crate) fn timer_expires<P: Probe>(&mut self, cx: &mut Context<'_, P>, timer: Timer) {
        let rule = rule_of(timer);
        match timer {
            // Recovery keeps its own three.
            Timer::Retransmission | Timer::TailLossProbe | Timer::RackReordering => {}
            Timer::Persist => self.persist_expires(cx),
            Timer::DelayedAck => {
                self.ack.demand();
                self.tell(cx, rule);
            }
            Timer::KeepAlive => self.keepalive_expires(cx),
            Timer::TimeWait | Timer::FinWait2 => self.enter_closed(cx, rule),
            // RFC 9293 section 3.10.8: flush all queues, tell the application, delete the TCB.
            Timer::User => self.fail(cx, rule, Some(ConnectionError::TimedOut)),
            Timer::Cork | Timer::SwsOverride => {
                self.pending.push = true;
                self.tell(cx, rule);
            }
        }
    }

    /// RFC 9293 section 3.8.6.1: probes go on as long as the peer answers them; one that falls silent is given up.
    fn persist_expires<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if !self.is_blocked_by_window() {
            return;
        }
        self.probes += 1;
        self.probes_sent += 1;
        if self.has_tried_enough(cx) {
            return;
        }
        self.pending.window_probe = true;
        self.start_persist(cx);
    }

    /// Starts the keep-alive timer where it is wanted (RFC 9293 section 3.8.4, MUST-26: only an idle connection).
    pub(crate) fn start_keepalive<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let Some(keepalive) = self.config.keepalive else { return };
        if matches!(self.state, State::Established | State::CloseWait | State::FinWait1 | State::FinWait2) {
            self.keepalives_sent = 0;
            self.timers.set(cx, Rule::KeepAliveProbe, Timer::KeepAlive, cx.now + keepalive.idle);
        }
    }

    /// The peer was heard.
    pub(crate) fn restart_keepalive<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.timers.is_set(Timer::KeepAlive) {
            self.start_keepalive(cx);
        }
    }

    fn keepalive_expires<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let Some(keepalive) = self.config.keepalive else { return };
        if self.snd.in_flight() > 0 || self.send_buffer.len() > 0 {
            // Not idle: retransmission finds out by itself whether the peer is there.
            self.timers.set(cx, Rule::KeepAliveProbe, Timer::KeepAlive, cx.now + keepalive.idle);
            return;
        }
        if self.keepalives_sent >= keepalive.probes {
            // MUST-29: only after several, since an ACK may be lost.
            self.queue_reset(cx.now, Rule::KeepAliveFailed);
            return self.fail(cx, Rule::KeepAliveFailed, Some(ConnectionError::TimedOut));
        }
        self.keepalives_sent += 1;
        self.pending.keepalive = true;
        self.timers.set(cx, Rule::KeepAliveProbe, Timer::KeepAlive, cx.now + keepalive.interval);
    }
}
