//! Loss recovery and congestion control, as the connection consults them: see [`recovery`](super::recovery).

use super::congestion::{CongestionConfig, WindowValidation};
use super::recovery::{Ack, Established, FastRecovery, Next, RecoveryConfig};
use super::sack::SackBlock;
use super::{Config, Connection};
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe, Timer, Var, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;

/// The variables that [`recovery`](super::recovery) tells the probe itself, each with the rule that changed it.
const TOLD_BY_RECOVERY: [Var; 8] = [
    Var::Cwnd,
    Var::Ssthresh,
    Var::DupAcks,
    Var::RecoveryPoint,
    Var::Srtt,
    Var::RttVar,
    Var::Rto,
    Var::Backoff,
];

/// The settings of recovery that a connection's configuration means.
pub(crate) fn recovery_config(config: &Config) -> RecoveryConfig {
    let (personality, features, breakage) = (&config.personality, &config.features, &config.breakage);
    RecoveryConfig {
        rtt: personality.rtt,
        congestion: CongestionConfig {
            algorithm: config.congestion,
            initial_window: personality.initial_window,
            slow_start_limit: personality.slow_start_limit,
            hystart: features.hystart,
            validation: match features.window_validation {
                true => WindowValidation::Rfc7661,
                false => WindowValidation::RestartAfterIdle,
            },
            ..CongestionConfig::linux()
        },
        fast_recovery: if features.fast_retransmit { FastRecovery::NewReno } else { FastRecovery::Off },
        limited_transmit: features.limited_transmit,
        prr: features.prr,
        rack: features.rack,
        tail_loss_probe: features.tail_loss_probe,
        frto: features.frto,
        expunge_at_timeout: personality.expunge_sack_at_timeout,
        timestamp_tick: personality.timestamp_tick,
        karn: !breakage.no_karn,
        backoff: !breakage.no_backoff,
        ..RecoveryConfig::linux()
    }
}

impl Connection {
    /// The handshake is complete: the initial window opens.
    pub(crate) fn open_congestion_window<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let with =
            Established { smss: self.effective_mss() as u32, sack: self.agreed.sack, ecn: self.agreed.ecn };
        self.retransmission.recovery.on_established(cx, &with);
        self.after_recovery::<P>();
    }

    /// What an acceptable ACK says about what is under way; `bare`: it may be a duplicate (RFC 5681 section 2). Returns
    /// how far SND.UNA advances.
    pub(crate) fn heed_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader, bare: bool) -> u32 {
        // RFC 7323 section 4: the echo tells the round trip, even of what was sent twice. Not before both SYNs agreed.
        let echo = seg.options.timestamps.filter(|_| self.agreed.timestamps && self.snd.una != self.snd.iss);
        let ticks = echo.map(|(_, echo)| self.timestamp(cx.now).wrapping_sub(echo)).filter(|t| *t < 1 << 31);
        let ack = Ack {
            ack: seg.ack,
            sack: if self.agreed.sack { seg.options.sack.as_slice() } else { &[] },
            is_bare: bare,
            echo_rtt: ticks.map(|ticks| self.config.personality.timestamp_tick * u64::from(ticks)),
            ece: seg.flags.ece() && !seg.flags.syn(),
        };
        let outcome = self.retransmission.recovery.on_ack(cx, &ack);
        self.after_recovery::<P>();
        outcome.newly_acked
    }

    /// Something that takes sequence space was sent, for the first time or again.
    pub(crate) fn heed_sent<P: Probe>(&mut self, cx: &mut Context<'_, P>, seq: SeqNumber, len: u32) {
        self.retransmission.recovery.on_sent(cx, seq, len);
        self.after_recovery::<P>();
    }

    /// What is to be sent again next and why, if anything; and how much new text the congestion window lets out.
    pub(crate) fn next_retransmission<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
    ) -> Option<(SackBlock, Rule)> {
        let from = self.offset_of(self.snd.nxt);
        let waits = self.send_buffer.end() > from || (self.snd.fin_queued && !self.snd.fin_sent);
        let new_text = waits && self.window_room() > 0;
        let recovery = &mut self.retransmission.recovery;
        if self.config.breakage.no_retransmission {
            self.retransmission.room = recovery.room();
            return None;
        }
        let next = recovery.next_segment(cx, new_text);
        self.told_recovery::<P>();
        self.retransmission.room = match next {
            Next::New { room } => room,
            _ => 0,
        };
        match next {
            Next::Retransmit { seq, len, rule } => Some((SackBlock::new(seq, seq + len), rule)),
            _ => None,
        }
    }

    /// Whether the congestion window has room for `len` more octets of text; a FIN goes with the last of them.
    pub(crate) fn congestion_lets(&self, len: u32) -> bool {
        len.max(1) <= self.retransmission.room
    }

    /// One of the three timers of recovery is due.
    pub(crate) fn recovery_timer_expires<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Rule {
        let due = self.retransmission.recovery.deadline().map(|(timer, _)| timer);
        if due == Some(Timer::Retransmission) && self.snd.una != self.snd.nxt {
            self.retransmission.attempts += 1;
            if self.has_tried_enough(cx) {
                return Rule::RtoExpired;
            }
            self.pending.syn |= self.snd.syn_outstanding();
        }
        let fired = self.retransmission.recovery.on_timeout(cx);
        self.after_recovery::<P>();
        let rule = match fired {
            Some(Timer::TailLossProbe) => {
                // A probe does not wait for Nagle.
                self.pending.push = true;
                Rule::TailLossProbe
            }
            Some(Timer::RackReordering) => Rule::RackReorderingTimer,
            _ => Rule::RtoExpired,
        };
        self.tell(cx, rule);
        rule
    }

    /// The path takes smaller segments only: what is under way in larger ones is lost.
    pub(crate) fn shrink_segments<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let smss = self.effective_mss() as u32;
        self.retransmission.recovery.shrink_segments(cx, smss);
        self.after_recovery::<P>();
    }

    /// Adopts the timers of recovery, and knows what it has told.
    fn after_recovery<P: Probe>(&mut self) {
        let recovery = &self.retransmission.recovery;
        let on = !self.config.breakage.no_retransmission;
        let probe = recovery.timer(Timer::TailLossProbe).filter(|_| on);
        // A probe in place of the retransmission time-out (RFC 8985 section 7.2).
        let rto = recovery.timer(Timer::Retransmission).filter(|&at| on && Some(at) != probe);
        self.timers.adopt(Timer::Retransmission, rto);
        self.timers.adopt(Timer::TailLossProbe, probe);
        self.timers.adopt(Timer::RackReordering, recovery.timer(Timer::RackReordering).filter(|_| on));
        self.told_recovery::<P>();
    }

    /// Recovery tells its changes itself: they are not to be told again.
    fn told_recovery<P: Probe>(&mut self) {
        if P::LISTENS {
            let mut vars = Vars::default();
            self.recovery_vars(&mut vars);
            for var in TOLD_BY_RECOVERY {
                self.told.set(var, vars.get(var).unwrap_or(Vars::UNSET));
            }
        }
    }
}
