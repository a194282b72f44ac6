//! RFC 3042: Enhancing TCP's Loss Recovery Using Limited Transmit.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::recovery::RecoveryConfig;

#[test]
fn s2_each_of_the_first_two_duplicates_lets_one_new_segment_out() {
    let mut s = Sender::new(RecoveryConfig { limited_transmit: true, ..reno(4) }, false);
    s.send();
    s.wait(100);
    s.ack(0);
    assert_eq!(s.send(), [New(4)]);
    s.ack(0);
    assert_eq!(s.send(), [New(5)]);
    assert_eq!(s.cwnd(), 4 * SMSS, "cwnd MUST NOT change");
    assert!(s.heard(Rule::LimitedTransmit));
    s.ack(0);
    assert_eq!(s.send_at_most(1), [Again(0)]);
}

#[test]
fn s2_the_segments_sent_do_not_count_when_ssthresh_is_set() {
    let mut s = Sender::new(RecoveryConfig { limited_transmit: true, ..reno(8) }, false);
    s.send();
    for _ in 0..3 {
        s.ack(0);
        s.send();
    }
    assert_eq!(s.ssthresh(), Some(4 * SMSS));
}

#[test]
fn s2_with_sack_a_duplicate_without_new_blocks_lets_nothing_out() {
    let mut s = Sender::new(sack(4), true);
    s.send();
    s.wait(100);
    s.sack(0, &[(1, 2)]);
    assert_eq!(s.send(), [New(4)]);
    s.sack(0, &[(1, 2)]);
    assert_eq!(s.send(), []);
}

#[test]
fn s2_without_it_duplicates_let_nothing_out() {
    for with_sack in [false, true] {
        let mut s = Sender::new(reno(4), with_sack);
        s.send();
        s.sack(0, &[(1, 2)]);
        assert_eq!(s.send(), []);
        s.sack(0, &[(1, 3)]);
        assert_eq!(s.send(), []);
    }
}
