//! HyStart++ (RFC 9406): leave slow start when the round-trip time rises, before the queue overflows.

use super::AckSample;
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::time::Duration;

// RFC 9406 section 4.3: the recommended constants.
const MIN_RTT_THRESH: Duration = Duration::from_millis(4);
const MAX_RTT_THRESH: Duration = Duration::from_millis(16);
const MIN_RTT_DIVISOR: u64 = 8;
const N_RTT_SAMPLE: u32 = 8;
const CSS_GROWTH_DIVISOR: u32 = 4;
const CSS_ROUNDS: u32 = 5;

/// What HyStart++ remembers of a slow start.
#[derive(Clone, Debug, Default)]
pub struct HyStart {
    /// SND.NXT when the round began; the round ends when it is acknowledged.
    window_end: Option<SeqNumber>,
    last_round_min: Option<Duration>,
    round_min: Option<Duration>,
    samples: u32,
    /// In conservative slow start: the baseline and the rounds so far.
    css: Option<(Duration, u32)>,
    done: bool,
}

impl HyStart {
    /// Slow start is over.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// In conservative slow start (CSS).
    pub fn is_conservative(&self) -> bool {
        self.css.is_some()
    }

    /// An ACK in slow start; `growth` is what slow start would add to cwnd. Returns the rule that changed the phase.
    pub(super) fn on_ack<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        ack: &AckSample,
        growth: &mut u32,
        limit: u32,
    ) -> Option<Rule> {
        let mut rule = None;
        // RFC 9406 section 4.2: a round is about a round trip, by sequence numbers.
        let end = *self.window_end.get_or_insert(ack.nxt);
        if ack.ack.is_at_or_after(end) {
            self.last_round_min = self.round_min.take();
            self.samples = 0;
            self.window_end = Some(ack.nxt);
            if let Some((_, rounds)) = &mut self.css {
                *rounds += 1;
                if *rounds >= CSS_ROUNDS {
                    self.done = true;
                    cx.probe.rule(Rule::HyStartExit);
                    return Some(Rule::HyStartExit);
                }
            }
        }
        if self.css.is_some() {
            // RFC 9406 section 4.2: cwnd += min (N, L * SMSS) / CSS_GROWTH_DIVISOR; then the round trip is judged
            *growth = ack.newly_acked.min(limit) / CSS_GROWTH_DIVISOR;
            rule = Some(Rule::HyStartDelay);
        }
        if let Some(rtt) = ack.rtt {
            self.round_min = Some(self.round_min.map_or(rtt, |min| min.min(rtt)));
            self.samples += 1;
        }
        if let (Some(now), true) = (self.round_min, self.samples >= N_RTT_SAMPLE) {
            match (self.css, self.last_round_min) {
                (None, Some(last)) => {
                    // RttThresh = max (MIN_RTT_THRESH, min (lastRoundMinRTT / MIN_RTT_DIVISOR, MAX_RTT_THRESH))
                    let threshold = (last / MIN_RTT_DIVISOR).min(MAX_RTT_THRESH).max(MIN_RTT_THRESH);
                    if now >= last + threshold {
                        self.css = Some((now, 0));
                        rule = Some(Rule::HyStartDelay);
                        cx.probe.rule(Rule::HyStartDelay);
                    }
                }
                (Some((baseline, _)), _) if now < baseline => {
                    // The rise was not lasting: slow start again.
                    self.css = None;
                    rule = Some(Rule::HyStartResume);
                    cx.probe.rule(Rule::HyStartResume);
                }
                _ => {}
            }
        }
        rule
    }
}
