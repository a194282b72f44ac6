//! RFC 6675: A Conservative Loss Recovery Algorithm Based on SACK.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::recovery::Phase;

fn sender(window: u32) -> Sender {
    let mut s = Sender::new(sack(window), true);
    s.send();
    s.wait(100);
    s
}

#[test]
fn s2_a_duplicate_ack_brings_new_sack_information() {
    let mut s = sender(8);
    assert!(s.sack(0, &[(1, 2)]).duplicate);
    assert!(!s.sack(0, &[(1, 2)]).duplicate);
    assert!(!s.ack(0).duplicate);
    assert_eq!(s.r.dup_acks(), 1);
}

#[test]
fn s4_is_lost_below_three_separate_ranges() {
    let mut s = sender(10);
    s.more = false;
    s.sack(0, &[(2, 3)]);
    s.sack(0, &[(4, 5), (2, 3)]);
    assert_eq!(s.r.phase(), Phase::Open);
    s.sack(0, &[(6, 7), (4, 5), (2, 3)]);
    // Below segment 2 there are three ranges above; 3 and 5 have fewer.
    assert_eq!(s.r.scoreboard().lost_bytes(), 2 * SMSS);
}

#[test]
fn s4_is_lost_below_more_than_two_segments_of_sacked_octets() {
    let mut s = sender(10);
    s.more = false;
    s.sack(0, &[(1, 3)]);
    assert_eq!(s.r.phase(), Phase::Open, "2 * SMSS is not more than (DupThresh - 1) * SMSS");
    s.sack(0, &[(1, 4)]);
    assert_eq!((s.r.phase(), s.r.scoreboard().lost_bytes()), (Phase::Recovery, SMSS));
}

#[test]
fn s4_pipe_counts_what_is_in_the_network() {
    let mut s = sender(10);
    s.more = false;
    assert_eq!(s.pipe(), 10 * SMSS);
    s.sack(0, &[(2, 5)]);
    // 10 in flight, less 3 SACKed, less 2 lost
    assert_eq!(s.pipe(), 5 * SMSS);
    assert_eq!(s.send(), [Again(0)]);
    assert_eq!(s.pipe(), 6 * SMSS, "the retransmission counts");
}

#[test]
fn s5_recovery_sets_the_window_and_retransmits_first() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    assert_eq!((s.ssthresh(), s.cwnd()), (Some(5 * SMSS), 5 * SMSS));
    assert_eq!(s.send(), [Again(0)], "(4.3), though pipe is above cwnd");
    assert!(s.heard(Rule::SackRecoveryEnter));
}

#[test]
fn s5_c_sends_while_cwnd_less_pipe_holds_a_segment() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    s.send();
    assert_eq!(s.pipe(), 7 * SMSS);
    for (top, sent) in [(5, 0), (6, 0), (7, 1), (8, 1)] {
        s.sack(0, &[(1, top)]);
        assert_eq!(s.send().len(), sent, "block up to {top}");
        assert!(s.pipe() <= 7 * SMSS);
    }
}

#[test]
fn s4_next_seg_1_lost_segments_in_order_then_2_new_ones() {
    let mut s = sender(20);
    s.sack(0, &[(1, 2), (3, 4), (5, 20)]);
    assert_eq!(
        s.send(),
        [Again(0), Again(2), Again(4), New(20), New(21), New(22), New(23), New(24), New(25), New(26)]
    );
}

#[test]
fn s4_next_seg_3_holes_not_yet_lost_when_there_is_nothing_new() {
    let mut s = sender(20);
    s.more = false;
    // 0 and 1 are lost; 18 lies below the highest SACK but above too little.
    s.sack(0, &[(19, 20), (2, 18)]);
    assert_eq!(s.r.scoreboard().lost_bytes(), 2 * SMSS);
    assert_eq!(s.send(), [Again(0), Again(1), Again(18)]);
    assert!(s.heard(Rule::SackRecoveryEnter));
}

#[test]
fn s4_next_seg_4_one_rescue_retransmission_of_the_tail() {
    let mut s = sender(20);
    s.more = false;
    s.sack(0, &[(1, 18)]);
    assert_eq!(s.send(), [Again(0)], "not before more than the first retransmission is acknowledged (4.3)");
    s.wait(100);
    s.ack(18);
    assert_eq!(s.send(), [Again(19)], "the highest outstanding");
    s.ack(19);
    assert_eq!(s.send(), [], "once in a recovery");
}

#[test]
fn s5_recovery_lasts_until_recovery_point() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    s.send();
    s.sack(9, &[]);
    assert_eq!(s.r.phase(), Phase::Recovery);
    s.ack(10);
    assert_eq!((s.r.phase(), s.cwnd()), (Phase::Open, 5 * SMSS));
    assert!(s.heard(Rule::SackRecoveryExit));
}

#[test]
fn s5_losses_of_one_window_reduce_it_once() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    s.send();
    s.sack(4, &[(5, 9)]);
    s.send();
    assert_eq!(s.ssthresh(), Some(5 * SMSS));
}

#[test]
fn s5_a_cumulative_ack_resets_dup_acks() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.sack(0, &[(1, 3)]);
    assert_eq!(s.r.dup_acks(), 2);
    s.ack(3);
    assert_eq!(s.r.dup_acks(), 0);
}

#[test]
fn s5_step_1_three_small_duplicates_are_enough() {
    // Segments smaller than SMSS: too few octets for IsLost, but DupAcks reaches DupThresh.
    let mut s = Sender::new(sack(4), true);
    s.more = false;
    for n in 0..5 {
        let mut cx = framewire::probe::Context::new(s.now, &mut s.notes);
        s.r.on_sent(&mut cx, framewire::seq::SeqNumber(1 + n * 10), 10);
    }
    s.wait(100);
    for right in [21, 31, 41] {
        let block = (framewire::seq::SeqNumber(11), framewire::seq::SeqNumber(right));
        let ack = framewire::tcp::recovery::Ack::new(seg(0));
        s.take(&framewire::tcp::recovery::Ack { sack: &[block], ..ack });
    }
    assert_eq!(s.r.phase(), Phase::Recovery);
    assert_eq!(s.r.scoreboard().lost_bytes(), 10);
}

#[test]
fn s5_1_after_a_time_out_no_new_recovery_before_recovery_point() {
    let mut s = sender(10);
    s.fire();
    assert_eq!(s.send(), [Again(0)]);
    s.sack(0, &[(1, 5)]);
    assert_eq!((s.r.phase(), s.ssthresh()), (Phase::Loss, Some(5 * SMSS)));
    s.wait(100);
    s.ack(10);
    assert_eq!(s.r.phase(), Phase::Open);
}

#[test]
fn s5_1_after_a_time_out_what_was_sacked_is_not_sent_again() {
    let mut s = sender(10);
    s.more = false;
    s.sack(0, &[(1, 3)]);
    s.fire();
    assert_eq!(s.send(), [Again(0)]);
    s.wait(100);
    s.ack(3);
    assert!(s.send().starts_with(&[Again(3)]));
}

#[test]
fn s2_an_ack_that_advances_and_brings_new_blocks_is_a_duplicate_too() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.sack(0, &[(1, 3)]);
    assert!(s.sack(3, &[(4, 5)]).duplicate);
    assert_eq!(s.r.dup_acks(), 1, "reset by the one, counted by the other");
}

/// What the sender does on each of the ACKs, one segment SACKed by each: cwnd, pipe before sending, what it sends.
fn trace(s: &mut Sender, lost: u32, acks: u32) -> Vec<(u32, u32, Vec<Sent>)> {
    let step = |n: u32| {
        s.sack(0, &[(lost, n + 1)]);
        (s.cwnd() / SMSS, s.pipe() / SMSS, s.send())
    };
    (lost..acks).map(step).collect()
}

#[test]
fn rfc_9937_figure_1_one_loss_in_twenty() {
    let mut s = sender(20);
    let trace = trace(&mut s, 1, 22);
    let column = |f: fn(&(u32, u32, Vec<Sent>)) -> u32| trace.iter().map(f).collect::<Vec<_>>();
    let cwnd = column(|row| row.0);
    assert_eq!(cwnd, [[20, 20].as_slice(), &[10; 19]].concat());
    let pipe = column(|row| row.1);
    assert_eq!(pipe, [19, 19, 18, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
    let sent = column(|row| row.2.len() as u32);
    assert_eq!(sent, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(trace[2].2, [Again(0)]);
}

#[test]
fn rfc_9937_figure_2_fifteen_losses_in_twenty() {
    let mut s = sender(20);
    let trace = trace(&mut s, 15, 20);
    let rows: Vec<_> = trace.iter().map(|(cwnd, pipe, sent)| (*cwnd, *pipe, sent.len())).collect();
    assert_eq!(rows, [(20, 19, 1), (20, 19, 1), (10, 4, 6), (10, 9, 1), (10, 9, 1)]);
    assert!(trace[2..].iter().flat_map(|row| &row.2).all(|sent| matches!(sent, Again(_))));
}
