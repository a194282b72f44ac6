//! RFC 9438: CUBIC for Fast and Long-Distance Networks. (The window against the formula: unit tests of `cubic`.)

use crate::sender::*;
use framewire::probe::{Context, Timer};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::congestion::{Congestion, CongestionAlgorithm, Controller, Cubic, Reduction};
use framewire::tcp::recovery::{Ack, RecoveryConfig};

fn config(window: u32) -> RecoveryConfig {
    let mut config = sack(window);
    config.congestion.algorithm = CongestionAlgorithm::Cubic;
    config
}

fn cubic(s: &Sender) -> &Cubic {
    match s.r.congestion().algorithm() {
        Congestion::Cubic(cubic) => cubic,
        other => panic!("{other:?}"),
    }
}

/// `n` segments in flight, the first one lost and found out.
fn lost(s: &mut Sender, una: u32, n: u32) {
    s.send();
    s.wait(100);
    s.sack(una, &[(una + 1, una + n)]);
}

#[test]
fn s4_6_loss_leaves_seven_tenths() {
    let mut s = Sender::new(config(100), true);
    lost(&mut s, 0, 100);
    assert_eq!(s.ssthresh(), Some(70 * SMSS));
    assert_eq!(cubic(&s).w_max(), Some(100 * SMSS));
    assert!(s.heard(Rule::CubicDecrease));
}

#[test]
fn s4_6_ssthresh_is_at_least_two_segments() {
    let mut s = Sender::new(config(2), true);
    s.send();
    while s.r.timeouts() == 0 {
        s.fire();
    }
    assert_eq!(s.ssthresh(), Some(2 * SMSS));
}

#[test]
fn s4_7_fast_convergence_gives_room_when_the_window_shrinks() {
    let mut s = Sender::new(config(100), true);
    lost(&mut s, 0, 100);
    s.send();
    s.wait(100);
    s.ack(100);
    assert_eq!(s.cwnd(), 70 * SMSS);
    let una = (s.r.scoreboard().una().0 - 1) / SMSS;
    lost(&mut s, una, 60);
    // cwnd < W_max: W_max = cwnd * (1 + 0.7) / 2
    let w_max = cubic(&s).w_max().unwrap();
    assert!((59 * SMSS..=60 * SMSS).contains(&w_max), "{w_max}");
}

#[test]
fn s4_2_k_is_the_time_until_w_max() {
    let mut s = Sender::new(config(100), true);
    lost(&mut s, 0, 100);
    s.send();
    s.wait(100);
    s.ack(100);
    s.send();
    s.wait(100);
    s.ack(140);
    // K = cubic root ((100 - 70) / 0.4) = 4.217 s
    let k = cubic(&s).k().unwrap().as_secs_f64();
    assert!((k - 75.0_f64.cbrt()).abs() < 1e-6, "{k}");
}

#[test]
fn s4_8_a_time_out_leaves_one_segment_and_a_new_epoch() {
    let mut s = Sender::new(config(100), true);
    s.send();
    while s.r.timeouts() == 0 {
        s.fire();
    }
    assert_eq!((s.cwnd(), s.ssthresh()), (SMSS, Some(70 * SMSS)));
    assert_eq!((cubic(&s).w_max(), cubic(&s).k()), (None, None));
    assert!(s.heard(Rule::CubicTimeout));
}

#[test]
fn s4_3_a_short_round_trip_grows_at_least_as_reno_on_average() {
    // 10 segments, 100 ms: W_cubic is flat for seconds, Reno-friendly growth is alpha = 0.53 segments a round trip.
    let mut s = Sender::new(config(20), true);
    lost(&mut s, 0, 20);
    s.send();
    s.wait(100);
    s.ack(20);
    let begin = s.cwnd();
    let mut una = 20;
    for _ in 0..8 {
        s.send();
        let end = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.wait(100);
        while una < end {
            una += 1;
            s.ack(una);
        }
    }
    assert!(s.heard(Rule::CubicRenoFriendly) || s.heard(Rule::CubicIncrease));
    assert!(s.cwnd() >= begin + 3 * SMSS, "{begin} {}", s.cwnd());
}

#[test]
fn s4_10_slow_start_comes_first() {
    let mut s = Sender::new(config(10), true);
    s.send();
    s.wait(100);
    s.round(0, 10);
    assert_eq!(s.cwnd(), 20 * SMSS);
}

/// Full round trips of 100 ms.
fn rounds(s: &mut Sender, una: &mut u32, count: u32) {
    for _ in 0..count {
        s.send();
        let end = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.wait(100);
        while *una < end {
            *una += 1;
            s.ack(*una);
            s.send();
        }
    }
}

/// A sender with 100 segments in flight that lost one, then grew for ten round trips; and the first segment not acknowledged.
fn ten_rounds_after_a_loss() -> (Sender, u32) {
    let mut s = Sender::new(config(100), true);
    lost(&mut s, 0, 100);
    s.send();
    s.wait(100);
    s.ack(100);
    let mut una = 100;
    rounds(&mut s, &mut una, 10);
    (s, una)
}

#[test]
fn s4_2_time_that_the_window_was_not_filled_does_not_count() {
    let grown = |pause: bool| {
        let (mut s, mut una) = ten_rounds_after_a_loss();
        if pause {
            // What is in flight drains, then twenty seconds with one segment a round trip.
            s.wait(100);
            una = (s.r.scoreboard().nxt().0 - 1) / SMSS;
            s.ack(una);
            for _ in 0..200 {
                s.send_at_most(1);
                s.wait(100);
                una += 1;
                s.ack(una);
            }
        }
        rounds(&mut s, &mut una, 10);
        s.cwnd()
    };
    let (straight, paused) = (grown(false), grown(true));
    assert!(paused.abs_diff(straight) <= 4 * SMSS, "{straight} without the pause, {paused} with it");
}

#[test]
fn s4_6_marks_take_the_window_down_to_one_segment() {
    let mut s = Sender::opening(config(8));
    s.r.on_sent(&mut Context::new(s.now, &mut s.notes), SeqNumber(0), 1);
    s.wait(100);
    s.establish(true, true);
    let mut windows = vec![s.cwnd()];
    loop {
        if s.send().is_empty() {
            break;
        }
        let end = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.wait(100);
        s.take(&Ack { ece: true, ..Ack::new(seg(end)) });
        windows.push(s.cwnd());
        assert!(windows.len() < 20, "{windows:?}");
    }
    assert!(windows.windows(2).all(|two| two[1] < two[0] || two[0] == SMSS), "{windows:?}");
    assert_eq!(windows.last(), Some(&SMSS));
    // And with one segment the timer slows it further: one segment an RTO.
    assert_eq!(s.fire(), Timer::Retransmission);
    assert_eq!(s.send().len(), 1);
}

#[test]
fn s4_2_an_idle_time_after_a_full_window_does_not_count() {
    let grown = |idle: u64| {
        let (mut s, _) = ten_rounds_after_a_loss();
        // The application pauses with all acknowledged; the last window was full.
        s.more = false;
        s.wait(100);
        let mut una = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.ack(una);
        s.wait(idle);
        s.more = true;
        rounds(&mut s, &mut una, 10);
        s.cwnd()
    };
    let (straight, paused) = (grown(0), grown(30_000));
    assert!(paused.abs_diff(straight) <= 2 * SMSS, "{straight} without the pause, {paused} with it");
}

#[test]
fn s4_3_beyond_the_window_before_the_loss_it_grows_like_reno() {
    let mut s = Sender::new(config(20), true);
    lost(&mut s, 0, 20);
    s.send();
    s.wait(100);
    s.ack(20);
    let mut una = 20;
    let mut growth = Vec::new();
    for _ in 0..40 {
        let before = s.cwnd();
        rounds(&mut s, &mut una, 1);
        growth.push((before, s.cwnd() - before));
        if before > 24 * SMSS {
            break;
        }
    }
    // alpha_cubic = 3 * (1 - 0.7) / (1 + 0.7) = 0.53 below cwnd_prior, 1 above
    let below = growth.iter().filter(|&&(cwnd, _)| cwnd < 18 * SMSS).map(|&(_, grown)| grown).max().unwrap();
    let above: Vec<u32> =
        growth.iter().filter(|&&(cwnd, _)| cwnd > 21 * SMSS).map(|&(_, grown)| grown).collect();
    assert!(below < 6 * SMSS / 10, "{growth:?}");
    assert!(above.iter().take(2).all(|&grown| grown > 8 * SMSS / 10), "{growth:?}");
}

#[test]
fn s4_6_a_mark_leaves_seven_tenths_down_to_one_segment_a_loss_two() {
    let mut silent = framewire::probe::Silent;
    let mut cx = Context::new(framewire::time::Instant::START, &mut silent);
    let mut on = |why, cwnd: u32| {
        let mut c = Controller::new(config(1).congestion, SMSS);
        c.set_cwnd(&mut cx, Rule::SlowStart, cwnd);
        c.reduce(&mut cx, why, cwnd, false);
        (c.cwnd(), c.ssthresh())
    };
    assert_eq!(on(Reduction::Ecn, 10 * SMSS), (7 * SMSS, Some(7 * SMSS)));
    assert_eq!(on(Reduction::Ecn, 2 * SMSS), (14 * SMSS / 10, Some(2 * SMSS)));
    assert_eq!(on(Reduction::Ecn, 14 * SMSS / 10), (SMSS, Some(2 * SMSS)));
    assert_eq!(on(Reduction::Loss, 2 * SMSS).1, Some(2 * SMSS));
}

#[test]
fn s4_9_2_a_window_that_has_grown_beyond_the_old_one_stays() {
    let mut silent = framewire::probe::Silent;
    let mut cx = Context::new(framewire::time::Instant::START, &mut silent);
    let mut c = Controller::new(config(10).congestion, SMSS);
    c.reduce(&mut cx, Reduction::Loss, 10 * SMSS, false);
    let reduced = c.ssthresh();
    c.set_cwnd(&mut cx, Rule::SlowStart, 12 * SMSS);
    c.undo(&mut cx);
    assert_eq!((c.cwnd(), c.ssthresh()), (12 * SMSS, reduced));
}

#[test]
fn s4_10_after_hystart_the_plateau_is_where_slow_start_ended() {
    let mut c = config(16);
    c.congestion.hystart = true;
    let mut s = Sender::new(c, true);
    let mut una = 0;
    for round in 0..12 {
        s.send();
        let end = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.wait(if round < 2 { 100 } else { 140 });
        while una < end {
            una += 1;
            s.ack(una);
        }
        if s.heard(Rule::HyStartExit) {
            break;
        }
    }
    assert_eq!((cubic(&s).w_max(), s.ssthresh()), (None, Some(s.cwnd())));
    let at = s.cwnd();
    rounds(&mut s, &mut una, 2);
    assert_eq!(cubic(&s).k().map(|k| k.as_nanos()), Some(0));
    assert!(s.cwnd() > at && s.cwnd() < at + 4 * SMSS, "{at} {}", s.cwnd());
}
