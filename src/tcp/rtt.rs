//! Round-trip time and retransmission time-out: RFC 6298, with the weights of RFC 7323 appendix G.

use crate::probe::{Context, Probe, Var, Vars};
use crate::rule::Rule;
use crate::time::{Duration, Instant};

/// What keeps the RTO from becoming too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtoFloor {
    /// The RTO itself is never below this (RFC 6298 section 2.4: 1 second).
    Rto(Duration),
    /// The variance term is never below this, so that RTO >= SRTT + floor (what Linux does, with 200 ms).
    Variance(Duration),
}

/// Settings of the estimator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RttConfig {
    /// The RTO before the first measurement (RFC 6298 section 2.1: 1 second).
    pub initial_rto: Duration,
    /// The lower bound.
    pub floor: RtoFloor,
    /// The upper bound, of back-off too (RFC 6298 section 2.5: at least 60 seconds).
    pub max_rto: Duration,
    /// G, the clock granularity of RFC 6298.
    pub granularity: Duration,
    /// The RTO with which data begin after a SYN timed out (RFC 6298 section 5.7: 3 seconds).
    pub after_syn_timeout: Duration,
    /// Whether several samples a round trip share the weight of one (RFC 7323 appendix G).
    pub share_weight: bool,
    /// How long the smallest round trip seen counts as the smallest.
    pub min_rtt_window: Duration,
}

impl RttConfig {
    /// RFC 6298 to the letter.
    pub const fn rfc() -> Self {
        RttConfig {
            initial_rto: Duration::from_secs(1),
            floor: RtoFloor::Rto(Duration::from_secs(1)),
            max_rto: Duration::from_secs(60),
            granularity: Duration::from_millis(1),
            after_syn_timeout: Duration::from_secs(3),
            share_weight: true,
            min_rtt_window: Duration::from_secs(300),
        }
    }

    /// As Linux: variance term at least 200 ms, RTO at most 120 s.
    pub const fn linux() -> Self {
        RttConfig {
            floor: RtoFloor::Variance(Duration::from_millis(200)),
            max_rto: Duration::from_secs(120),
            ..RttConfig::rfc()
        }
    }
}

/// SRTT, RTTVAR and RTO of one connection.
///
/// ```
/// use framewire::probe::{Context, Silent};
/// use framewire::tcp::rtt::{RttConfig, RttEstimator};
/// use framewire::time::{Duration, Instant};
///
/// let mut silent = Silent;
/// let mut cx = Context::new(Instant::START, &mut silent);
/// let mut rtt = RttEstimator::new(RttConfig::rfc());
/// rtt.sample(&mut cx, Duration::from_millis(800), 1);
/// assert_eq!(rtt.rto(), Duration::from_millis(800 + 4 * 400));
/// ```
#[derive(Clone, Debug)]
pub struct RttEstimator {
    config: RttConfig,
    srtt: Option<Duration>,
    rttvar: Duration,
    latest: Duration,
    min: Option<(Duration, Instant)>,
    /// RTO without back-off.
    base: Duration,
    backoff: u32,
}

impl RttEstimator {
    /// An estimator without any measurement.
    pub fn new(config: RttConfig) -> Self {
        RttEstimator {
            config,
            srtt: None,
            rttvar: Duration::ZERO,
            latest: Duration::ZERO,
            min: None,
            base: config.initial_rto, // RFC 6298 section 2.1
            backoff: 0,
        }
    }

    /// SRTT; `None` before the first measurement.
    pub fn srtt(&self) -> Option<Duration> {
        self.srtt
    }

    /// RTTVAR; `None` before the first measurement.
    pub fn rttvar(&self) -> Option<Duration> {
        self.srtt.map(|_| self.rttvar)
    }

    /// The last measurement, zero before the first.
    pub fn latest(&self) -> Duration {
        self.latest
    }

    /// The smallest round trip of the last [`RttConfig::min_rtt_window`] (RACK.min_RTT, RFC 8985 section 6.2).
    pub fn min_rtt(&self) -> Option<Duration> {
        self.min.map(|(min, _)| min)
    }

    /// How often the RTO has been doubled since the last measurement.
    pub fn backoff(&self) -> u32 {
        self.backoff
    }

    /// RTO with back-off.
    pub fn rto(&self) -> Duration {
        // RFC 6298 section 5.5: RTO = RTO * 2 at each expiry; section 2.5: at most max_rto.
        let factor = 1_u64.checked_shl(self.backoff).unwrap_or(u64::MAX);
        (self.base * factor).min(self.config.max_rto)
    }

    /// A round trip `r` was measured on a segment that was sent once (Karn), or from timestamps.
    /// `samples_per_rtt`: how many measurements a round trip gives, at least 1.
    pub fn sample<P: Probe>(&mut self, cx: &mut Context<'_, P>, r: Duration, samples_per_rtt: u32) {
        self.latest = r;
        match self.min {
            Some((min, at)) if r > min && cx.now.since(at) <= self.config.min_rtt_window => {}
            _ => self.min = Some((r, cx.now)),
        }
        let (old_srtt, old_var, old_rto) = (self.srtt, self.rttvar, self.rto());
        let rule = match old_srtt {
            None => {
                // RFC 6298 section 2.2: SRTT <- R, RTTVAR <- R/2
                self.srtt = Some(r);
                self.rttvar = r / 2;
                Rule::RttFirstSample
            }
            Some(srtt) => {
                // RFC 7323 appendix G: alpha' = alpha / ExpectedSamples, beta' likewise.
                let n = if self.config.share_weight { i64::from(samples_per_rtt.max(1)) } else { 1 };
                let (s, v, r) = (nanos(srtt), nanos(self.rttvar), nanos(r));
                // RFC 6298 section 2.3, RTTVAR first: beta = 1/4, alpha = 1/8
                self.rttvar = span(v + ((s - r).abs() - v) / (4 * n));
                self.srtt = Some(span(s + (r - s) / (8 * n)));
                Rule::RttSample
            }
        };
        self.backoff = 0; // RFC 6298 section 5, last paragraph: a new measurement ends the back-off
        self.base = self.computed();
        if P::LISTENS {
            let srtt = self.srtt.map_or(Vars::UNSET, tell);
            cx.probe.change(rule, Var::Srtt, old_srtt.map_or(Vars::UNSET, tell), srtt);
            let var = if old_srtt.is_none() { Vars::UNSET } else { tell(old_var) };
            cx.probe.change(rule, Var::RttVar, var, tell(self.rttvar));
            self.tell_rto(cx, rule, old_rto);
        }
    }

    /// The timer expired: back off (RFC 6298 section 5.5).
    pub fn back_off<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let old = self.rto();
        self.backoff = (self.backoff + 1).min(63);
        if P::LISTENS {
            let count = i64::from(self.backoff);
            cx.probe.change(Rule::RtoBackoff, Var::Backoff, count - 1, count);
            self.tell_rto(cx, Rule::RtoBackoff, old);
        }
    }

    /// Takes back-off away without a measurement (a time-out that was shown to be spurious).
    pub fn clear_backoff<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        let (old, backoff) = (self.rto(), self.backoff);
        self.backoff = 0;
        if P::LISTENS && backoff != 0 {
            cx.probe.change(rule, Var::Backoff, i64::from(backoff), 0);
            self.tell_rto(cx, rule, old);
        }
    }

    /// The handshake is complete and the SYN had timed out: without a measurement data begin with 3 seconds
    /// (RFC 6298 section 5.7).
    pub fn established_after_syn_timeout<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.srtt.is_none() && self.base < self.config.after_syn_timeout {
            let old = self.rto();
            self.base = self.config.after_syn_timeout;
            self.backoff = 0;
            self.tell_rto(cx, Rule::RtoAfterSynTimeout, old);
        }
    }

    /// The bounds of the RTO are these from now on.
    pub fn set_bounds<P: Probe>(&mut self, cx: &mut Context<'_, P>, floor: RtoFloor, max_rto: Duration) {
        if (floor, max_rto) != (self.config.floor, self.config.max_rto) {
            let old = self.rto();
            (self.config.floor, self.config.max_rto) = (floor, max_rto);
            self.base = self.computed();
            self.tell_rto(cx, Rule::SettingChanged, old);
        }
    }

    fn computed(&self) -> Duration {
        let Some(srtt) = self.srtt else { return self.base };
        // RFC 6298 section 2.3: RTO <- SRTT + max (G, K*RTTVAR), K = 4
        let term = (self.rttvar * 4).max(self.config.granularity);
        let rto = match self.config.floor {
            RtoFloor::Rto(floor) => (srtt + term).max(floor), // section 2.4
            RtoFloor::Variance(floor) => srtt + term.max(floor),
        };
        rto.min(self.config.max_rto)
    }

    fn tell_rto<P: Probe>(&self, cx: &mut Context<'_, P>, rule: Rule, old: Duration) {
        if P::LISTENS && old != self.rto() {
            cx.probe.change(rule, Var::Rto, tell(old), tell(self.rto()));
        }
    }
}

/// A span as the probe tells it.
pub(crate) fn tell(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

/// At most 292 years.
fn nanos(span: Duration) -> i64 {
    i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)
}

fn span(nanos: i64) -> Duration {
    Duration::from_nanos(nanos.max(0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Silent;
    use proptest::prelude::*;

    proptest! {
        /// SRTT is an average: it stays within what was measured, and the RTO above it.
        #[test]
        fn srtt_lies_within_the_samples(samples in prop::collection::vec((1u64..10_000_000_000, 1u32..100), 1..50)) {
            let mut rtt = RttEstimator::new(RttConfig::linux());
            let mut silent = Silent;
            let mut cx = Context::new(Instant::START, &mut silent);
            let (mut low, mut high) = (u64::MAX, 0);
            for (nanos, n) in samples {
                (low, high) = (low.min(nanos), high.max(nanos));
                rtt.sample(&mut cx, Duration::from_nanos(nanos), n);
                let srtt = rtt.srtt().map_or(0, Duration::as_nanos);
                prop_assert!(low <= srtt && srtt <= high);
                prop_assert!(rtt.rttvar().map_or(0, Duration::as_nanos) <= high);
                prop_assert!(rtt.rto() >= Duration::from_nanos(srtt) + Duration::from_millis(200));
                prop_assert_eq!(rtt.min_rtt(), Some(Duration::from_nanos(low)));
            }
        }
    }

    #[test]
    fn a_constant_round_trip_is_learned_exactly() {
        let mut rtt = RttEstimator::new(RttConfig::linux());
        let mut silent = Silent;
        let mut cx = Context::new(Instant::START, &mut silent);
        for _ in 0..200 {
            rtt.sample(&mut cx, Duration::from_millis(20), 1);
        }
        assert_eq!(rtt.srtt(), Some(Duration::from_millis(20)));
        assert_eq!(rtt.rto(), Duration::from_millis(220));
    }

    #[test]
    fn the_smallest_round_trip_is_forgotten_after_its_window() {
        let mut rtt = RttEstimator::new(RttConfig::linux());
        let mut silent = Silent;
        for (second, ms, min) in [(0, 10, 10), (100, 30, 10), (301, 20, 20)] {
            let at = Instant::START + Duration::from_secs(second);
            rtt.sample(&mut Context::new(at, &mut silent), Duration::from_millis(ms), 1);
            assert_eq!(rtt.min_rtt(), Some(Duration::from_millis(min)));
        }
    }
}
