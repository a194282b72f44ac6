//! What is under way, and what is sent again when it does not arrive (RFC 9293 section 3.8.1, RFC 6298).

use super::recover::recovery_config;
use super::recovery::Recovery;
use super::{Config, Connection, ConnectionError, Event, State};
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe, Timer, Var, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;

/// The sender's memory of what it has sent.
#[derive(Clone, Debug)]
pub(crate) struct Retransmission {
    /// Each segment in flight and its fate, RTT and RTO, loss recovery and congestion control.
    pub recovery: Recovery,
    /// Time-outs in a row without news from the peer: what R1 and R2 are compared with.
    pub attempts: u32,
    /// Window probes in a row.
    pub probes: u32,
    /// Octets of new text that the congestion window lets out, as recovery last said.
    pub room: u32,
}

impl Retransmission {
    pub fn new(config: &Config) -> Self {
        let recovery = Recovery::new(recovery_config(config), SeqNumber(0));
        Retransmission { recovery, attempts: 0, probes: 0, room: 0 }
    }

    /// Nothing is under way; the next sequence number is `iss`.
    pub fn start(&mut self, config: &Config, iss: SeqNumber) {
        *self = Retransmission {
            recovery: Recovery::new(recovery_config(config), iss),
            ..Retransmission::new(config)
        };
    }
}

impl Connection {
    /// The variables of loss recovery and congestion control.
    pub(crate) fn recovery_vars(&self, vars: &mut Vars) {
        self.retransmission.recovery.vars(vars);
        if let Some((value, _)) = self.ts_recent {
            vars.set(Var::TsRecent, i64::from(value));
        }
    }

    /// Something that takes sequence space was sent for the first time.
    pub(crate) fn sent_new<P: Probe>(&mut self, cx: &mut Context<'_, P>, len: u32) {
        let seq = self.snd.nxt;
        self.snd.nxt += len;
        self.sent(cx, seq, len);
    }

    /// Something that takes sequence space was sent, for the first time or again.
    pub(crate) fn sent<P: Probe>(&mut self, cx: &mut Context<'_, P>, seq: SeqNumber, len: u32) {
        self.heed_sent(cx, seq, len);
        if let Some(limit) = self.config.user_timeout
            && !self.timers.is_set(Timer::User)
        {
            // RFC 9293 section 3.9.1: the user time-out.
            self.timers.set(cx, Rule::UserTimeout, Timer::User, cx.now + limit);
        }
    }

    /// SEG.ACK acknowledges something new: forgets it, measures the round trip, restarts the timer. Returns the octets.
    pub(crate) fn take_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) -> u32 {
        let octets = self.heed_ack(cx, seg, false);
        self.snd.una = seg.ack;
        self.send_buffer.acknowledge(self.offset_of(seg.ack));
        if self.snd.urgent.is_some_and(|end| self.send_buffer.start() >= end) {
            self.snd.urgent = None;
        }
        self.retransmission.attempts = 0;
        if self.snd.una == self.snd.nxt {
            self.timers.cancel(cx, Rule::RtoStop, Timer::User);
        } else if let Some(limit) = self.config.user_timeout {
            self.timers.set(cx, Rule::UserTimeout, Timer::User, cx.now + limit);
        }
        octets
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
}
