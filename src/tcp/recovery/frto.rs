//! F-RTO with SACK (RFC 5682 section 3): whether a time-out was spurious.
//!
//! After the retransmission of the first segment the sender waits for its acknowledgment, answers it with up to two new
//! segments instead of more retransmissions, and looks at the next ACK: if it is for something sent before the time-out,
//! nothing was lost.

use super::arrivals::Arrival;
use super::{Phase, Recovery};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::tcp::recovery::Ack;

/// Where the algorithm stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Frto {
    /// Not at work: what follows a time-out is conventional.
    #[default]
    Off,
    /// Step 2: the first segment was sent again and is not acknowledged.
    Waiting,
    /// Step 3: it is acknowledged; this many new segments may still answer that.
    Probing(u8),
}

/// New segments in step 2 b.
pub(super) const PROBES: u8 = 2;

impl Recovery {
    /// Step 1, at a time-out: not while an earlier recovery is under way, but anew when the timer expires again before
    /// anything was acknowledged (`again`).
    pub(super) fn begin_frto(&mut self, again: bool) {
        let may = self.phase == Phase::Open || again && self.frto == Frto::Waiting;
        self.frto = if self.config.frto && self.sack && may { Frto::Waiting } else { Frto::Off };
    }

    /// Steps 2 and 3 for an ACK that the scoreboard has taken in; returns the most that cwnd may be after it, octets.
    pub(super) fn step_frto<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        ack: &Ack<'_>,
        arrival: &Arrival,
    ) -> Option<u32> {
        let (una, point) = (self.board.una(), self.recovery_point);
        match self.frto {
            Frto::Off => None,
            Frto::Waiting if arrival.acked.bytes == 0 => None,
            // Step 2 a: all that was outstanding is acknowledged at once, as after a real loss.
            Frto::Waiting if una.is_at_or_after(point) => {
                self.frto = Frto::Off;
                Some(2 * self.smss())
            }
            Frto::Waiting => {
                self.frto = Frto::Probing(PROBES);
                None
            }
            Frto::Probing(_) => {
                let beyond = |end: SeqNumber| end.is_after(point);
                let news = arrival.acked.bytes > 0 || arrival.sacked.bytes > 0;
                let repeats = ack.is_bare && ack.ack == una;
                if news && !beyond(una) && !ack.sack.iter().any(|&(_, end)| beyond(end)) {
                    self.undo_timeout(cx, arrival); // step 3 b
                    None
                } else if news || repeats {
                    self.frto = Frto::Off; // step 3 a
                    Some(3 * self.smss())
                } else {
                    None
                }
            }
        }
    }

    /// What was sent before the time-out is acknowledged: it was spurious.
    fn undo_timeout<P: Probe>(&mut self, cx: &mut Context<'_, P>, arrival: &Arrival) {
        self.frto = Frto::Off;
        if self.phase != Phase::Loss {
            return;
        }
        cx.probe.rule(Rule::FrtoSpurious);
        self.board.clear_lost();
        self.first_due = None;
        self.rtt.clear_backoff(cx, Rule::FrtoSpurious);
        self.congestion.undo(cx);
        self.leave(cx, Rule::FrtoSpurious, arrival);
        self.recovery_point = self.board.una();
    }

    /// New text was asked for and does not go after all: where it was to answer the first ACK after a time-out, recovery
    /// goes on conventionally (RFC 5682 section 3.1, step 2 b). Returns whether that changes what may be sent.
    pub fn without_new_text(&mut self) -> bool {
        let gives_up = self.frto == Frto::Probing(PROBES);
        if gives_up {
            self.frto = Frto::Off;
        }
        gives_up
    }
}
