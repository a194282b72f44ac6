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
    s.wait(100);
    s.ack(1);
    assert!(!s.heard(Rule::FrtoSpurious));
    assert_eq!(s.r.phase(), Phase::Loss);
    assert!(s.send().iter().all(|sent| matches!(sent, Again(_))));
}
