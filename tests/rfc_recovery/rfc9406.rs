//! RFC 9406: HyStart++: Modified Slow Start for TCP.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::recovery::RecoveryConfig;

fn config(hystart: bool) -> RecoveryConfig {
    let mut config = reno(16);
    config.congestion.hystart = hystart;
    config.congestion.slow_start_limit = Some(8);
    config
}

/// Runs `rounds` round trips of `rtt(round)` ms each, all ACKs of a round at its end; returns cwnd after each.
fn rounds(s: &mut Sender, rounds: u64, rtt: impl Fn(u64) -> u64) -> Vec<u32> {
    let mut acked = 0;
    (0..rounds)
        .map(|round| {
            s.send();
            let end = (s.r.scoreboard().nxt().0 - 1) / SMSS;
            s.wait(rtt(round));
            while acked < end {
                acked += 1;
                s.ack(acked);
            }
            s.cwnd()
        })
        .collect()
}

#[test]
fn s4_2_a_constant_round_trip_leaves_slow_start_alone() {
    let mut s = Sender::new(config(true), false);
    let windows = rounds(&mut s, 5, |_| 100);
    assert_eq!(windows, [32_000, 64_000, 128_000, 256_000, 512_000]);
}

#[test]
fn s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter() {
    let mut s = Sender::new(config(true), false);
    // RttThresh = max (4, min (100 / 8, 16)) = 12.5 ms
    let windows = rounds(&mut s, 4, |round| if round < 2 { 100 } else { 113 });
    assert!(s.heard(Rule::HyStartDelay));
    let growth = f64::from(windows[3]) / f64::from(windows[2]);
    assert!((1.2..1.3).contains(&growth), "{windows:?}");
}

#[test]
fn s4_2_a_rise_below_the_threshold_does_not() {
    let mut s = Sender::new(config(true), false);
    rounds(&mut s, 4, |round| if round < 2 { 100 } else { 112 });
    assert!(!s.heard(Rule::HyStartDelay));
}

#[test]
fn s4_2_after_five_conservative_rounds_slow_start_is_over() {
    let mut s = Sender::new(config(true), false);
    rounds(&mut s, 12, |round| if round < 2 { 100 } else { 140 });
    assert!(s.heard(Rule::HyStartExit));
    assert!(!s.r.congestion().in_slow_start() && s.ssthresh().is_some());
}

#[test]
fn s4_2_a_rise_that_passes_resumes_slow_start() {
    let mut s = Sender::new(config(true), false);
    rounds(&mut s, 6, |round| if round == 2 || round == 3 { 140 } else { 100 });
    assert!(s.heard(Rule::HyStartResume));
    assert!(s.r.congestion().in_slow_start() && s.ssthresh().is_none());
}

#[test]
fn s4_3_only_the_first_slow_start_uses_it() {
    let mut s = Sender::new(config(true), false);
    rounds(&mut s, 1, |_| 100);
    s.send();
    s.fire();
    s.notes = Default::default();
    s.send();
    rounds(&mut s, 3, |round| 100 + 50 * round);
    assert!(!s.heard(Rule::HyStartDelay));
}

#[test]
fn switched_off_the_window_doubles_whatever_the_delay() {
    let mut s = Sender::new(config(false), false);
    let windows = rounds(&mut s, 4, |round| 100 + 40 * round);
    assert_eq!(windows, [32_000, 64_000, 128_000, 256_000]);
}

#[test]
fn s4_2_the_ack_that_ends_slow_start_still_counts_in_full() {
    let mut s = Sender::new(config(true), false);
    rounds(&mut s, 2, |_| 100);
    s.send();
    s.wait(140);
    let una = (s.r.scoreboard().una().0 - 1) / SMSS;
    let mut growth = Vec::new();
    for n in 0..12 {
        let before = s.cwnd();
        s.ack(una + n + 1);
        growth.push(s.cwnd() - before);
    }
    // The eighth sample of the round shows the rise; what comes after it counts a quarter.
    assert_eq!(growth, [[1000; 8].as_slice(), &[250; 4]].concat());
}

#[test]
fn s4_2_an_ack_counts_for_at_most_l_segments() {
    let mut s = Sender::new(config(true), false);
    s.send();
    s.wait(100);
    s.ack(16);
    assert_eq!(s.cwnd(), (16 + 8) * SMSS);
}
