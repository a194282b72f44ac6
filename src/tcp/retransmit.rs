//! What is under way, and what is sent again when it does not arrive (RFC 9293 section 3.8.1, RFC 6298).

use super::rtt::RttEstimator;
use super::sack::Scoreboard;
use super::{Config, Connection, ConnectionError, Event, State};
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe, Timer, Var, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};

/// How many separate SACKed ranges a sender keeps track of.
const MAX_SACK_RANGES: usize = 1024;

/// The sender's memory of what it has sent.
#[derive(Clone, Debug)]
pub(crate) struct Retransmission {
    /// Each segment in flight and its fate.
    pub board: Scoreboard,
    /// SRTT, RTTVAR, RTO.
    pub rtt: RttEstimator,
    /// Time-outs in a row without news from the peer: what R1 and R2 are compared with.
    pub attempts: u32,
    /// Window probes in a row.
    pub probes: u32,
    /// Our SYN had to be sent again (RFC 6298 section 5.7, RFC 5681 section 3.1).
    pub syn_timed_out: bool,
}

impl Retransmission {
    pub fn new(config: &Config) -> Self {
        Retransmission {
            board: Scoreboard::new(SeqNumber(0), MAX_SACK_RANGES),
            rtt: RttEstimator::new(config.personality.rtt),
            attempts: 0,
            probes: 0,
            syn_timed_out: false,
        }
    }

    /// Nothing is under way; the next sequence number is `iss`.
    pub fn start(&mut self, iss: SeqNumber) {
        self.board = Scoreboard::new(iss, MAX_SACK_RANGES);
        (self.attempts, self.probes, self.syn_timed_out) = (0, 0, false);
    }
}

impl Connection {
    /// The variables of loss recovery and congestion control.
    pub(crate) fn recovery_vars(&self, vars: &mut Vars) {
        let nanos = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        let rtt = &self.retransmission.rtt;
        if let (Some(srtt), Some(rttvar)) = (rtt.srtt(), rtt.rttvar()) {
            vars.set(Var::Srtt, nanos(srtt));
            vars.set(Var::RttVar, nanos(rttvar));
        }
        vars.set(Var::Rto, nanos(rtt.rto()));
        vars.set(Var::Backoff, i64::from(rtt.backoff()));
        vars.set(Var::Pipe, i64::from(self.retransmission.board.pipe()));
        if let Some((value, _)) = self.ts_recent {
            vars.set(Var::TsRecent, i64::from(value));
        }
    }

    /// Something that takes sequence space was sent for the first time.
    pub(crate) fn sent_new<P: Probe>(&mut self, cx: &mut Context<'_, P>, len: u32) {
        self.retransmission.board.on_sent(len, cx.now);
        self.snd.nxt += len;
        self.start_retransmission_timer(cx);
    }

    /// RFC 6298 section 5.1: the timer runs while something is under way.
    pub(crate) fn start_retransmission_timer<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if !self.timers.is_set(Timer::Retransmission) && !self.config.breakage.no_retransmission {
            let at = cx.now + self.retransmission.rtt.rto();
            self.timers.set(cx, Rule::RtoStart, Timer::Retransmission, at);
        }
        if let Some(limit) = self.config.user_timeout
            && !self.timers.is_set(Timer::User)
        {
            // RFC 9293 section 3.9.1: the user time-out.
            self.timers.set(cx, Rule::UserTimeout, Timer::User, cx.now + limit);
        }
    }

    /// SEG.ACK acknowledges something new: forgets it, measures the round trip, restarts the timer. Returns the octets.
    pub(crate) fn take_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) -> u32 {
        let acked = self.retransmission.board.ack(seg.ack, |_| {});
        let syn_acked = self.snd.una == self.snd.iss;
        self.snd.una = seg.ack;
        self.send_buffer.acknowledge(self.offset_of(seg.ack));
        if self.snd.urgent.is_some_and(|end| self.send_buffer.start() >= end) {
            self.snd.urgent = None;
        }
        self.measure(cx, seg, acked.ambiguous, acked.newest_sent, syn_acked);
        self.retransmission.attempts = 0;
        if self.snd.una == self.snd.nxt {
            // RFC 6298 section 5.2.
            self.timers.cancel(cx, Rule::RtoStop, Timer::Retransmission);
            self.timers.cancel(cx, Rule::RtoStop, Timer::User);
        } else if !self.config.breakage.no_retransmission {
            // RFC 6298 section 5.3.
            let at = cx.now + self.retransmission.rtt.rto();
            self.timers.set(cx, Rule::RtoRestart, Timer::Retransmission, at);
            if let Some(limit) = self.config.user_timeout {
                self.timers.set(cx, Rule::UserTimeout, Timer::User, cx.now + limit);
            }
        }
        acked.bytes
    }

    fn measure<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        ambiguous: bool,
        sent: Option<Instant>,
        syn_acked: bool,
    ) {
        let smss = self.effective_mss() as u32;
        // RFC 7323 appendix G: ExpectedSamples = ceiling(FlightSize / (SMSS * 2)).
        let samples = self.snd.in_flight().div_ceil(2 * smss).max(1);
        // RFC 9293 section 3.8.1, MUST-18 (Karn): what was sent twice measures nothing, unless a timestamp tells which
        // copy is acknowledged (RFC 7323 section 4).
        let sample = if !ambiguous || self.config.breakage.no_karn {
            sent.map(|at| cx.now.since(at))
        } else {
            let echo = seg.options.timestamps.filter(|_| self.agreed.timestamps && !syn_acked);
            let ticks = echo.map(|(_, echo)| self.timestamp(cx.now).wrapping_sub(echo));
            ticks
                .filter(|ticks| *ticks < 1 << 31)
                .map(|t| self.config.personality.timestamp_tick * u64::from(t))
        };
        match sample {
            Some(round_trip) => self.retransmission.rtt.sample(cx, round_trip, samples),
            None if ambiguous => self.tell(cx, Rule::KarnAlgorithm),
            None => {}
        }
        self.told_rtt();
    }

    /// The RTO has passed without an acknowledgment (RFC 6298 section 5.4).
    pub(crate) fn retransmission_expires<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.snd.una == self.snd.nxt {
            return;
        }
        self.retransmission.attempts += 1;
        if self.has_tried_enough(cx) {
            return;
        }
        if self.snd.syn_outstanding() {
            self.retransmission.syn_timed_out = true;
            self.pending.syn = true;
        }
        self.retransmission.board.mark_all_lost();
        if !self.config.breakage.no_backoff {
            // RFC 6298 section 5.5; RFC 9293 section 3.8.2, MUST-19.
            self.retransmission.rtt.back_off(cx);
            self.told_rtt();
        }
        let at = cx.now + self.retransmission.rtt.rto();
        self.timers.set(cx, Rule::RtoExpired, Timer::Retransmission, at);
        self.tell(cx, Rule::RtoExpired);
    }

    /// R1 and R2 (RFC 9293 section 3.8.3, MUST-20, MUST-22). Returns whether the connection was given up.
    pub(crate) fn has_tried_enough<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> bool {
        let personality = &self.config.personality;
        let attempts = self.retransmission.attempts;
        let limit = match self.state {
            State::SynSent => personality.syn_retries,
            State::SynReceived => personality.synack_retries,
            _ if self.orphan => personality.orphan_retries,
            _ => personality.retries_r2,
        };
        if attempts > limit {
            if self.origin == super::connection::Origin::Passive && self.state == State::SynReceived {
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

    /// The RTT estimator tells its changes itself: they are not to be told again.
    pub(crate) fn told_rtt(&mut self) {
        let mut vars = Vars::default();
        self.recovery_vars(&mut vars);
        for var in [Var::Srtt, Var::RttVar, Var::Rto, Var::Backoff] {
            self.told.set(var, vars.get(var).unwrap_or(Vars::UNSET));
        }
    }
}
