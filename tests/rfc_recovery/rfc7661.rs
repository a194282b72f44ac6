//! RFC 7661: Updating TCP to Support Rate-Limited Traffic.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::congestion::WindowValidation;

/// A window of forty segments, used by two a round trip for three seconds.
fn limited() -> (Sender, u32) {
    limited_with(false)
}

fn limited_with(with_sack: bool) -> (Sender, u32) {
    limited_by(with_sack, None)
}

fn limited_from(ssthresh: Option<u32>) -> (Sender, u32) {
    limited_by(false, ssthresh)
}

fn limited_by(with_sack: bool, ssthresh: Option<u32>) -> (Sender, u32) {
    let mut config = sack(40);
    config.congestion.initial_ssthresh = ssthresh;
    config.congestion.validation = WindowValidation::Rfc7661;
    config.limited_transmit = with_sack;
    let mut s = Sender::new(config, with_sack);
    let mut n = 0;
    for _ in 0..30 {
        s.send_at_most(2);
        s.wait(100);
        n += 2;
        s.ack(n);
    }
    (s, n)
}

#[test]
fn s4_3_a_window_that_is_not_used_does_not_grow() {
    let (mut s, mut n) = limited();
    let cwnd = s.cwnd();
    for _ in 0..20 {
        s.send_at_most(2);
        s.wait(100);
        n += 2;
        s.ack(n);
    }
    assert_eq!(s.cwnd(), cwnd);
}

#[test]
fn s4_3_but_it_stays_for_bursts_to_come() {
    let (mut s, _) = limited();
    let cwnd = s.cwnd();
    s.wait(2_000);
    assert_eq!(s.send().len() as u32, cwnd / SMSS, "an idle time does not take it away");
}

#[test]
fn s4_2_half_the_window_in_use_validates_it() {
    let (mut s, mut n) = limited();
    let cwnd = s.cwnd();
    for _ in 0..3 {
        let sent = s.send_at_most((cwnd / SMSS) as usize * 3 / 4).len() as u32;
        s.wait(100);
        n += sent;
        s.ack(n);
    }
    assert!(s.cwnd() > cwnd);
}

#[test]
fn s4_4_1_loss_falls_back_to_what_was_in_use() {
    let (mut s, n) = limited();
    s.send_at_most(8);
    for _ in 0..3 {
        s.ack(n);
    }
    // MAX (pipeACK, LossFlightSize) / 2
    assert_eq!(s.ssthresh(), Some(4 * SMSS));
    assert!(s.heard(Rule::WindowValidationLoss));
}

#[test]
fn s4_4_1_what_was_lost_is_taken_off_before_halving() {
    let (mut s, n) = limited_with(true);
    s.send_at_most(8);
    s.more = false;
    s.wait(100);
    // The first two are lost: R is two segments.
    s.sack(n, &[(n + 2, n + 8)]);
    assert_eq!(s.ssthresh(), Some(4 * SMSS));
    assert_eq!(s.send(), [Again(n), Again(n + 1)]);
    s.wait(100);
    s.ack(n + 8);
    assert_eq!((s.cwnd(), s.ssthresh()), ((8 - 2) * SMSS / 2, Some((8 - 2) * SMSS / 2)));
    // pipeACK is undefined again: what is used now counts as validated, and the window may grow.
    s.more = true;
    s.send();
    s.wait(100);
    s.ack(n + 11);
    assert!(s.cwnd() > 3 * SMSS);
}

#[test]
fn s4_4_2_after_five_minutes_it_is_halved() {
    let (mut s, mut n) = limited();
    // Some round trips of use make it larger than the initial window.
    for _ in 0..4 {
        let sent = s.send().len();
        s.wait(100);
        for _ in 0..sent {
            n += 1;
            s.ack(n);
        }
    }
    let mut two = |s: &mut Sender, rounds: usize| {
        for _ in 0..rounds {
            s.send_at_most(2);
            s.wait(100);
            n += 2;
            s.ack(n);
        }
    };
    two(&mut s, 30); // what was used counts for a second yet
    let cwnd = s.cwnd();
    assert!(cwnd >= 80 * SMSS);
    two(&mut s, 3200);
    assert!(s.heard(Rule::WindowValidationExpired));
    assert_eq!(s.cwnd(), cwnd / 2);
    assert_eq!(s.ssthresh(), None, "max (ssthresh, 3*cwnd/4): it was as high as can be");
}

#[test]
fn s4_4_3_the_threshold_remembers_three_quarters() {
    let (mut s, mut n) = limited_from(Some(10 * SMSS));
    let cwnd = s.cwnd();
    for _ in 0..3100 {
        s.send_at_most(2);
        s.wait(100);
        n += 2;
        s.ack(n);
    }
    assert!(s.heard(Rule::WindowValidationExpired));
    assert_eq!(s.ssthresh(), Some(cwnd / 4 * 3));
    assert_eq!(s.cwnd(), 40 * SMSS, "no further than the initial window");
}

#[test]
fn s4_4_a_time_out_is_answered_as_always() {
    let mut config = sack(40);
    config.congestion.validation = WindowValidation::Rfc7661;
    let mut s = Sender::new(config, true);
    let mut n = 0;
    for _ in 0..30 {
        s.send_at_most(12);
        s.wait(100);
        n += 12;
        s.ack(n);
    }
    s.send_at_most(6);
    while s.r.timeouts() == 0 {
        s.fire();
    }
    // Half of what was in flight, not of the twelve segments of pipeACK.
    assert_eq!((s.ssthresh(), s.cwnd()), (Some(3 * SMSS), SMSS));
}
