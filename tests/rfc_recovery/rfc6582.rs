//! RFC 6582: The NewReno Modification to TCP's Fast Recovery Algorithm.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::recovery::Phase;

/// Eight segments in flight, the first and the fourth lost; fast recovery has begun.
fn recovering() -> Sender {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.wait(100);
    for _ in 0..3 {
        s.ack(0);
    }
    assert_eq!(s.send(), [Again(0)]);
    s
}

#[test]
fn s3_2_step_3_a_partial_ack_retransmits_the_next_and_deflates() {
    let mut s = recovering();
    s.wait(100);
    s.ack(3);
    // 4 + 3 segments, less 3 acknowledged, 1 back
    assert_eq!((s.r.phase(), s.cwnd()), (Phase::Recovery, 5 * SMSS));
    assert_eq!(s.send(), [Again(3)]);
    assert!(s.heard(Rule::PartialAck));
}

#[test]
fn s3_2_step_3_a_full_ack_ends_recovery_without_a_burst() {
    let mut s = recovering();
    s.wait(100);
    s.ack(3);
    s.send();
    s.wait(100);
    s.ack(8);
    // min (ssthresh, max (FlightSize, SMSS) + SMSS): nothing is in flight
    assert_eq!((s.r.phase(), s.cwnd()), (Phase::Open, 2 * SMSS));
}

#[test]
fn s3_2_step_3_only_the_first_partial_ack_restarts_the_timer() {
    let mut s = recovering();
    s.wait(100);
    s.ack(3);
    let at = s.rto_at();
    s.send();
    let after_retransmission = s.rto_at();
    assert!(after_retransmission >= at);
    s.wait(50);
    s.ack(5);
    assert_eq!(s.rto_at(), after_retransmission);
}

#[test]
fn s3_2_step_1_duplicates_of_an_earlier_recovery_start_none() {
    let mut s = recovering();
    s.more = false;
    s.wait(100);
    s.ack(8);
    s.more = true;
    s.send();
    // ACKs that do not cover more than recover: duplicates from segments sent twice.
    for _ in 0..3 {
        s.ack(8);
    }
    assert_eq!((s.r.phase(), s.send()), (Phase::Open, vec![]));
}

#[test]
fn s3_2_step_4_after_a_time_out_no_fast_retransmit_before_recover_is_passed() {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.fire();
    s.send();
    for _ in 0..5 {
        s.ack(0);
    }
    assert_eq!(s.r.phase(), Phase::Loss);
    assert_eq!(s.cwnd(), SMSS);
}

#[test]
fn s4_two_losses_in_one_window_reduce_it_once() {
    let mut s = recovering();
    s.wait(100);
    s.ack(3);
    s.send();
    for _ in 0..4 {
        s.ack(3);
    }
    assert_eq!(s.ssthresh(), Some(4 * SMSS));
}
