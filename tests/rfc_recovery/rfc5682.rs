//! RFC 5682: Forward RTO-Recovery, section 3: with SACK.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::recovery::Phase;

/// Ten segments in flight, held up longer than the RTO.
fn delayed() -> Sender {
    let mut s = Sender::new(rack(10), true);
    s.send();
    while s.r.timeouts() == 0 {
        s.fire();
        s.send();
    }
    assert_eq!((s.r.phase(), s.cwnd()), (Phase::Loss, SMSS));
    s
}

#[test]
fn s3_1_an_ack_of_data_sent_once_shows_that_the_time_out_was_spurious() {
    let mut s = delayed();
    s.wait(20);
    s.ack(1); // may be of the retransmission
    s.ack(3); // of segments never sent again
    assert!(s.heard(Rule::FrtoSpurious));
    assert_eq!(s.r.phase(), Phase::Open);
    assert!(s.cwnd() >= 10 * SMSS, "the window is restored: {}", s.cwnd());
    assert_eq!(s.ssthresh(), None);
    assert!(!s.send().iter().any(|sent| matches!(sent, Again(_))));
}

#[test]
fn s3_1_after_a_real_loss_nothing_is_undone() {
    let mut s = delayed();
    let nxt = (s.r.scoreboard().nxt().0 - 1) / SMSS;
    s.wait(100);
    s.ack(1);
    assert_eq!(s.send(), [New(nxt), New(nxt + 1)]);
    // Both arrive, and what was sent before them did not: a duplicate.
    s.wait(100);
    s.sack(1, &[(nxt, nxt + 2)]);
    assert!(!s.heard(Rule::FrtoSpurious));
    assert_eq!(s.r.phase(), Phase::Loss);
    let again = s.send();
    assert!(!again.is_empty() && again.iter().all(|sent| matches!(sent, Again(_))), "{again:?}");
}

#[test]
fn s3_1_step_2_waits_for_the_acknowledgment_of_the_retransmission() {
    let mut s = delayed();
    s.sack(0, &[(2, 4)]);
    assert_eq!(s.send(), [], "duplicates tell what arrived and let nothing out");
    assert_eq!(s.r.scoreboard().sacked_bytes(), 2 * SMSS);
    s.ack(1);
    assert_eq!(s.send().len(), 2);
}

#[test]
fn s3_1_step_2_a_all_acknowledged_at_once_is_no_sign() {
    let mut s = delayed();
    let end = (s.r.scoreboard().nxt().0 - 1) / SMSS;
    s.ack(end);
    assert!(!s.heard(Rule::FrtoSpurious));
    assert_eq!((s.r.phase(), s.cwnd()), (Phase::Open, 2 * SMSS));
    assert!(s.ssthresh().is_some());
}

#[test]
fn s3_1_step_2_b_sends_two_new_segments() {
    let mut s = delayed();
    let nxt = (s.r.scoreboard().nxt().0 - 1) / SMSS;
    s.ack(1);
    assert_eq!(s.send(), [New(nxt), New(nxt + 1)]);
    assert_eq!(s.send(), []);
}

#[test]
fn s3_1_step_2_b_without_new_data_recovery_is_conventional() {
    let mut s = delayed();
    s.more = false;
    s.ack(1);
    assert!(s.send().starts_with(&[Again(1)]));
    s.ack(3);
    assert!(!s.heard(Rule::FrtoSpurious));
}

#[test]
fn s3_1_step_3_a_an_ack_of_what_was_sent_after_the_time_out_is_no_sign() {
    let mut s = delayed();
    let nxt = (s.r.scoreboard().nxt().0 - 1) / SMSS;
    s.ack(1);
    s.send();
    s.wait(100);
    s.sack(1, &[(nxt, nxt + 1)]); // the first new segment: what lies below is lost
    assert!(!s.heard(Rule::FrtoSpurious));
    assert!(s.cwnd() <= 3 * SMSS);
    assert!(s.send().starts_with(&[Again(1)]));
}

#[test]
fn s3_1_step_3_a_a_repetition_is_no_sign() {
    let mut s = delayed();
    s.ack(1);
    s.send();
    s.ack(1);
    assert!(!s.heard(Rule::FrtoSpurious));
    assert!(s.cwnd() <= 3 * SMSS);
    assert!(s.send().iter().all(|sent| matches!(sent, Again(_))));
}

#[test]
fn s3_1_step_3_b_sack_of_what_was_sent_before_counts_too() {
    let mut s = delayed();
    s.ack(1);
    s.send();
    s.sack(1, &[(3, 5)]);
    assert!(s.heard(Rule::FrtoSpurious));
    assert_eq!(s.r.phase(), Phase::Open);
}

#[test]
fn s3_1_not_while_an_earlier_recovery_is_under_way() {
    let mut s = Sender::new(rack(10), true);
    s.send();
    s.wait(100);
    s.sack(0, &[(1, 4)]);
    assert_eq!(s.r.phase(), Phase::Recovery);
    s.send_at_most(1);
    while s.r.timeouts() == 0 {
        s.fire();
    }
    s.send();
    s.wait(20);
    s.ack(4);
    s.ack(6);
    assert!(!s.heard(Rule::FrtoSpurious));
}

#[test]
fn s3_1_a_second_time_out_begins_it_anew() {
    let mut s = delayed();
    while s.r.timeouts() < 2 {
        s.fire();
    }
    s.send();
    s.wait(20);
    s.ack(1);
    s.send();
    s.ack(3);
    assert!(s.heard(Rule::FrtoSpurious));
    assert_eq!((s.r.phase(), s.r.rtt().backoff(), s.ssthresh()), (Phase::Open, 0, None));
}

#[test]
fn s3_1_after_a_second_time_out_in_step_3_recovery_is_conventional() {
    let mut s = delayed();
    s.ack(1);
    s.send();
    while s.r.timeouts() == 0 {
        s.fire();
    }
    s.send();
    s.ack(2);
    s.send();
    s.ack(4);
    assert!(!s.heard(Rule::FrtoSpurious));
}
