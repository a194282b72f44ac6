//! CUBIC (RFC 9438): the window as a cubic function of the time since the last reduction.
//!
//! Windows are octets here where the RFC counts segments. Floating point is used with the four basic operations
//! alone, which are the same on every machine; the cube root is an integer one.

use super::{AckSample, Reduction, Window};
use crate::rule::Rule;
use crate::time::{Duration, Instant};

/// C, in segments per second cubed (RFC 9438 section 4.1.1, section 5).
const C: f64 = 0.4;
/// beta_cubic (RFC 9438 section 4.6).
const BETA: f64 = 0.7;
/// alpha_cubic = 3 * (1 - beta) / (1 + beta): as fast as Reno on average (RFC 9438 section 4.3).
const ALPHA: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// What CUBIC remembers.
#[derive(Clone, Debug)]
pub struct Cubic {
    fast_convergence: bool,
    /// W_max, octets; `None` before the first loss and after a time-out.
    w_max: Option<f64>,
    /// cwnd_prior: cwnd at the last reduction, octets.
    cwnd_prior: f64,
    epoch: Option<Epoch>,
    /// The fraction of an octet that cwnd has grown beyond its whole octets.
    fraction: f64,
}

/// One stage of congestion avoidance.
#[derive(Clone, Copy, Debug)]
struct Epoch {
    start: Instant,
    /// Since when the window has not been filled: that time does not count.
    unfilled: Option<Instant>,
    w_max: f64,
    k: Duration,
    /// The estimate of what Reno would have, octets.
    w_est: f64,
}

impl Cubic {
    /// Before the first loss.
    pub fn new(fast_convergence: bool) -> Self {
        Cubic { fast_convergence, w_max: None, cwnd_prior: 0.0, epoch: None, fraction: 0.0 }
    }

    /// W_max in octets, once there was a loss.
    pub fn w_max(&self) -> Option<u32> {
        self.w_max.map(|w| w as u32)
    }

    /// K of this stage of congestion avoidance (RFC 9438 section 4.2).
    pub fn k(&self) -> Option<Duration> {
        self.epoch.map(|epoch| epoch.k)
    }

    /// New data were acknowledged in congestion avoidance.
    pub(super) fn on_ack(&mut self, w: &mut Window, now: Instant, ack: &AckSample) -> Rule {
        let (smss, cwnd) = (f64::from(w.smss), f64::from(w.cwnd) + self.fraction);
        let epoch = self.epoch.get_or_insert_with(|| Epoch::begin(now, self.w_max, w));
        if let Some(since) = epoch.unfilled.take() {
            epoch.start += now.since(since);
        }
        let t = now.since(epoch.start);
        let acked = f64::from(ack.newly_acked);
        // RFC 9438 section 4.3, figure 4: W_est = W_est + alpha_cubic * segments_acked / cwnd; once it has reached
        // cwnd_prior, alpha is 1.
        let alpha = if epoch.w_est >= self.cwnd_prior { 1.0 } else { ALPHA };
        epoch.w_est += alpha * acked * smss / cwnd;
        let (grown, rule) = if epoch.w_cubic(t, smss) < epoch.w_est {
            // RFC 9438 section 4.3: in the Reno-friendly region cwnd is W_est.
            (epoch.w_est.max(cwnd), Rule::CubicRenoFriendly)
        } else {
            // RFC 9438 section 4.2: target = W_cubic(t + RTT) within cwnd..1.5*cwnd; sections 4.4 and 4.5: each
            // acknowledged segment adds (target - cwnd) / cwnd.
            let target = epoch.w_cubic(t + ack.srtt.unwrap_or_default(), smss).clamp(cwnd, 1.5 * cwnd);
            (cwnd + (target - cwnd) * acked / cwnd, Rule::CubicIncrease)
        };
        let grown = grown.min(f64::from(super::MAX_WINDOW));
        w.cwnd = grown as u32;
        self.fraction = grown - f64::from(w.cwnd);
        rule
    }

    /// The window was not filled: the clock of the cubic function stands still (RFC 9438 section 5.8).
    pub(super) fn on_unfilled(&mut self, now: Instant) {
        if let Some(epoch) = &mut self.epoch {
            epoch.unfilled.get_or_insert(now);
        }
    }

    /// Nothing was in flight from `since` to `now`: that time does not count either.
    pub(super) fn on_gap(&mut self, since: Instant, now: Instant) {
        if let Some(epoch) = self.epoch.as_mut().filter(|epoch| epoch.unfilled.is_none_or(|at| at > since)) {
            epoch.start += now.since(since);
        }
    }

    /// Congestion: returns what is left of the window, octets.
    pub(super) fn on_congestion(&mut self, cwnd: u32, flight: u32, why: Reduction) -> u32 {
        let now_at = f64::from(cwnd);
        // RFC 9438 section 4.7: fast convergence
        let shrinking = self.fast_convergence && self.w_max.is_some_and(|w_max| now_at < w_max);
        self.w_max = match why {
            // RFC 9438 section 4.8: after a time-out W_max is cwnd when congestion avoidance begins, K is 0.
            Reduction::Timeout => None,
            _ if shrinking => Some(now_at * ((1.0 + BETA) / 2.0)),
            _ => Some(now_at),
        };
        self.cwnd_prior = now_at;
        self.epoch = None;
        self.fraction = 0.0;
        // RFC 9438 section 4.6: ssthresh = flight_size * beta_cubic
        (f64::from(flight) * BETA) as u32
    }
}

impl Epoch {
    fn begin(start: Instant, w_max: Option<f64>, w: &Window) -> Self {
        let cwnd = f64::from(w.cwnd);
        match w_max {
            // RFC 9438 section 4.2, figure 2: K = cubic root of ((W_max - cwnd_epoch) / C)
            Some(w_max) if w_max > cwnd => {
                let octets = (w_max - cwnd) as u128;
                // nanoseconds cubed; C = 2/5
                let cubed = octets * 5 * 10_u128.pow(27) / (2 * u128::from(w.smss));
                let k = Duration::from_nanos(cube_root(cubed));
                Epoch { start, unfilled: None, w_max, k, w_est: cwnd }
            }
            _ => Epoch { start, unfilled: None, w_max: cwnd, k: Duration::ZERO, w_est: cwnd },
        }
    }

    /// W_cubic(t) = C * (t - K)^3 + W_max (RFC 9438 section 4.2, figure 1), octets.
    fn w_cubic(&self, t: Duration, smss: f64) -> f64 {
        let d = t.as_secs_f64() - self.k.as_secs_f64();
        C * smss * (d * d * d) + self.w_max
    }
}

/// The greatest integer whose cube is at most `n`.
pub fn cube_root(n: u128) -> u64 {
    if n == 0 {
        return 0;
    }
    // A third of the exponent, and with it the first bits of the root, as they stand in a floating-point number's memory ...
    let goal = (n >> 64) as u64 as f64 * 2_f64.powi(64) + n as u64 as f64;
    let mut near = f64::from_bits(goal.to_bits() / 3 + TWO_THIRDS_OF_BIAS);
    // ... each step doubles how many bits are right ...
    for _ in 0..5 {
        near = (2.0 * near + goal / (near * near)) / 3.0;
    }
    // ... and what rounding left, less than one, is found in whole numbers.
    let mut root = u128::from(near as u64) + 1;
    while root.checked_pow(3).is_none_or(|cube| cube > n) {
        root -= 1;
    }
    root as u64
}

/// Two thirds of the exponent's bias of a floating-point number, where its exponent stands.
const TWO_THIRDS_OF_BIAS: u64 = (2 * 1023 / 3) << 52;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seq::SeqNumber;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cube_root_is_exact(n: u128) {
            let root = u128::from(cube_root(n));
            prop_assert!(root.pow(3) <= n);
            prop_assert!((root + 1).checked_pow(3).is_none_or(|cube| cube > n));
        }

        #[test]
        fn a_cube_and_the_number_before_it_have_their_roots(root in 1u64..(1 << 42)) {
            let cube = u128::from(root).pow(3);
            prop_assert_eq!((cube_root(cube), cube_root(cube - 1)), (root, root - 1));
        }

        /// cwnd follows W_cubic of RFC 9438 section 4.2, computed the plain way, wherever that is above Reno's window:
        /// it never runs ahead of W_cubic one round trip later, and is not below W_cubic now.
        #[test]
        fn the_window_follows_the_formula(
            w_max in 50u32..4000, smss in 500u32..9000, rtt_ms in 5u64..300,
        ) {
            let flight = w_max * smss;
            let mut cubic = Cubic::new(true);
            let ssthresh = cubic.on_congestion(flight, flight, Reduction::Loss);
            prop_assert!((f64::from(ssthresh) - f64::from(flight) * 0.7).abs() <= 1.0);
            let mut w = Window { smss, cwnd: ssthresh, ssthresh };
            let k = ((f64::from(flight) - f64::from(ssthresh)) / f64::from(smss) / 0.4).cbrt();
            let formula = |t: f64| (0.4 * (t - k).powi(3)) * f64::from(smss) + f64::from(flight);
            let rtt = Duration::from_millis(rtt_ms);
            let mut now = Instant::START;
            let mut rounds = 0;
            while now.as_secs_f64() < 2.5 * k && rounds < 3000 {
                // One round trip, its ACKs spread over it, two segments each.
                let acks = (w.cwnd / (2 * smss)).max(1);
                for _ in 0..acks {
                    let ack = AckSample {
                        ack: SeqNumber(0), nxt: SeqNumber(0), newly_acked: 2 * smss, peak_in_flight: w.cwnd,
                        rtt: Some(rtt), srtt: Some(rtt),
                    };
                    let rule = cubic.on_ack(&mut w, now, &ack);
                    let (t, rtt) = (now.as_secs_f64(), rtt.as_secs_f64());
                    if rule == Rule::CubicIncrease {
                        let bound = formula(t + rtt).max(formula(t)) + 1.0;
                        prop_assert!(f64::from(w.cwnd) <= bound.max(f64::from(ssthresh) + 1.0),
                            "at {t}: {} above {bound}", w.cwnd);
                    }
                    now += Duration::from_nanos(rtt_ms * 1_000_000 / u64::from(acks));
                }
                rounds += 1;
                let (t, lag) = (now.as_secs_f64(), 2.0 * rtt.as_secs_f64());
                if t > lag && formula(t) < 1.2 * f64::from(w.cwnd) {
                    prop_assert!(f64::from(w.cwnd) >= formula(t - lag).min(f64::from(w.cwnd) * 1.2) - 2.0 * f64::from(smss),
                        "at {t}: {} below {}", w.cwnd, formula(t - lag));
                }
            }
            let epoch = cubic.k().map_or(0.0, Duration::as_secs_f64);
            prop_assert!((epoch - k).abs() < 1e-3 * k.max(1.0), "K {epoch} {k}");
        }
    }
}
