//! RFC 5681: TCP Congestion Control.

use crate::sender::*;
use framewire::probe::{Context, Timer};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::congestion::{CongestionAlgorithm, InitialWindow, WindowValidation};
use framewire::tcp::recovery::{Ack, FastRecovery, Phase};

#[test]
fn s3_1_the_initial_window_is_at_most_four_segments_and_falls_with_their_size() {
    for (smss, octets) in [(536, 4 * 536), (1095, 4380), (1460, 4380), (2190, 4380), (4000, 8000)] {
        assert_eq!(InitialWindow::Rfc3390.octets(smss), octets, "SMSS {smss}");
    }
}

#[test]
fn s3_1_after_a_lost_syn_the_initial_window_is_one_segment() {
    let mut s = Sender::opening(reno(4));
    s.r.on_sent(&mut Context::new(s.now, &mut s.notes), SeqNumber(0), 1);
    s.fire();
    s.r.on_sent(&mut Context::new(s.now, &mut s.notes), SeqNumber(0), 1);
    s.wait(100);
    s.establish(false, false);
    assert_eq!(s.cwnd(), SMSS);
}

#[test]
fn s3_1_ssthresh_begins_as_high_as_can_be() {
    assert_eq!(Sender::new(reno(1), false).ssthresh(), None);
}

#[test]
fn s3_1_slow_start_adds_at_most_one_segment_for_each_ack() {
    let mut s = Sender::new(reno(4), false);
    s.send();
    s.wait(100);
    s.ack(1);
    assert_eq!(s.cwnd(), 5 * SMSS);
    // An ACK of two segments counts as one: cwnd += min (N, SMSS).
    s.send();
    s.ack(3);
    assert_eq!(s.cwnd(), 6 * SMSS);
}

#[test]
fn s3_1_slow_start_counts_octets_so_that_split_acks_gain_nothing() {
    let mut s = Sender::new(reno(4), false);
    s.send();
    s.wait(100);
    for n in 1..=4 {
        s.take(&Ack::new(SeqNumber(1 + n * 250)));
    }
    assert_eq!(s.cwnd(), 5 * SMSS);
}

#[test]
fn s3_1_congestion_avoidance_adds_one_segment_a_round_trip() {
    let mut config = reno(4);
    config.congestion.initial_ssthresh = Some(4 * SMSS);
    let mut s = Sender::new(config, false);
    s.send();
    s.wait(100);
    s.round(0, 3);
    assert_eq!(s.cwnd(), 4 * SMSS);
    s.round(3, 4);
    assert_eq!(s.cwnd(), 5 * SMSS);
    s.round(4, 8);
    assert_eq!(s.cwnd(), 5 * SMSS);
    s.round(8, 9);
    assert_eq!(s.cwnd(), 6 * SMSS);
}

#[test]
fn s3_1_a_time_out_halves_ssthresh_and_leaves_one_segment() {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.fire();
    assert_eq!((s.cwnd(), s.ssthresh()), (SMSS, Some(4 * SMSS)));
    assert!(s.heard(Rule::LossWindow));
}

#[test]
fn s3_1_ssthresh_is_at_least_two_segments() {
    let mut s = Sender::new(reno(1), false);
    s.send();
    s.fire();
    assert_eq!(s.ssthresh(), Some(2 * SMSS));
}

#[test]
fn s3_1_a_second_time_out_of_the_same_segment_leaves_ssthresh() {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.fire();
    s.send();
    s.fire();
    assert_eq!((s.cwnd(), s.ssthresh()), (SMSS, Some(4 * SMSS)));
}

#[test]
fn s3_1_after_a_time_out_slow_start_sends_everything_again() {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.fire();
    assert_eq!(s.send(), [Again(0)]);
    s.wait(100);
    s.ack(1);
    assert_eq!((s.cwnd(), s.send()), (2 * SMSS, vec![Again(1), Again(2)]));
    s.wait(100);
    s.ack(3);
    assert_eq!((s.cwnd(), s.send()), (3 * SMSS, vec![Again(3), Again(4), Again(5)]));
}

#[test]
fn s2_what_counts_as_a_duplicate() {
    let mut s = Sender::new(reno(8), false);
    assert!(!s.ack(0).duplicate, "(a) nothing is outstanding");
    s.send();
    assert!(
        !s.take(&Ack { is_bare: false, ..Ack::new(seg(0)) }).duplicate,
        "(b), (c), (e) data, SYN, FIN, window"
    );
    assert!(!s.ack(1).duplicate, "(d) not the greatest acknowledgment so far");
    assert!(s.ack(1).duplicate);
    assert_eq!(s.r.dup_acks(), 1);
}

#[test]
fn s3_2_three_duplicates_make_a_fast_retransmit() {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.wait(100);
    for _ in 0..2 {
        s.ack(0);
        assert_eq!(s.send(), []);
    }
    s.ack(0);
    // Step 2 and 3: ssthresh = FlightSize / 2, cwnd = ssthresh + 3 segments
    assert_eq!((s.ssthresh(), s.cwnd()), (Some(4 * SMSS), 7 * SMSS));
    assert_eq!(s.send(), [Again(0)]);
    // Step 4: each further duplicate inflates; step 5: new data when the window allows
    s.ack(0);
    assert_eq!((s.cwnd(), s.send()), (8 * SMSS, vec![]));
    s.ack(0);
    assert_eq!((s.cwnd(), s.send()), (9 * SMSS, vec![New(8)]));
    // Step 6: the ACK of new data deflates to ssthresh
    s.ack(9);
    assert_eq!(s.r.phase(), Phase::Open);
    assert!(s.cwnd() <= 4 * SMSS);
}

#[test]
fn s3_2_with_reno_the_first_ack_of_new_data_ends_recovery() {
    let mut s = Sender::new(reno_classic(), false);
    s.send();
    s.wait(100);
    for _ in 0..3 {
        s.ack(0);
    }
    s.send();
    s.ack(2);
    assert_eq!((s.r.phase(), s.cwnd()), (Phase::Open, 4 * SMSS));
}

fn reno_classic() -> framewire::tcp::recovery::RecoveryConfig {
    framewire::tcp::recovery::RecoveryConfig { fast_recovery: FastRecovery::Reno, ..reno(8) }
}

#[test]
fn tahoe_begins_again_from_one_segment() {
    let config = framewire::tcp::recovery::RecoveryConfig { fast_recovery: FastRecovery::Tahoe, ..reno(8) };
    let mut s = Sender::new(config, false);
    s.send();
    s.wait(100);
    for _ in 0..3 {
        s.ack(0);
    }
    assert_eq!((s.cwnd(), s.ssthresh(), s.send()), (SMSS, Some(4 * SMSS), vec![Again(0)]));
}

#[test]
fn without_fast_recovery_only_the_timer_repairs() {
    let config = framewire::tcp::recovery::RecoveryConfig { fast_recovery: FastRecovery::Off, ..reno(8) };
    let mut s = Sender::new(config, false);
    s.send();
    for _ in 0..7 {
        s.ack(0);
        assert_eq!(s.send(), []);
    }
    assert_eq!(s.fire(), Timer::Retransmission);
    assert_eq!(s.send(), [Again(0)]);
}

#[test]
fn s4_1_after_an_idle_rto_the_window_restarts() {
    let mut config = reno(2);
    config.congestion.validation = WindowValidation::RestartAfterIdle;
    let mut s = Sender::new(config, false);
    s.send();
    s.wait(100);
    s.round(0, 6);
    let grown = s.cwnd();
    assert!(grown >= 8 * SMSS);
    let nxt = (s.r.scoreboard().nxt().0 - 1) / SMSS;
    s.ack(nxt);
    let kept = s.cwnd();
    s.wait(900);
    assert!(s.send_at_most(1).len() == 1 && s.cwnd() == kept, "shorter than the RTO: the window stays");
    s.ack(nxt + 1);
    s.wait(1100);
    s.send_at_most(1);
    assert_eq!(s.cwnd(), 2 * SMSS, "RW = min (IW, cwnd)");
    assert!(s.heard(Rule::RestartAfterIdle));
}

#[test]
fn without_congestion_control_only_the_peer_limits() {
    let mut config = reno(1);
    config.congestion.algorithm = CongestionAlgorithm::None;
    let mut s = Sender::new(config, false);
    assert_eq!(s.send_at_most(1000).len(), 1000);
    s.fire();
    assert_eq!(s.send_at_most(3), [Again(0), Again(1), Again(2)]);
}
