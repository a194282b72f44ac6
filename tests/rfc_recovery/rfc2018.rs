//! RFC 2018: TCP Selective Acknowledgment Options.

use crate::sender::*;
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::sack::{SackBlock, SackReceiver};

fn block(left: u32, right: u32) -> SackBlock {
    SackBlock::new(seg(left), seg(right))
}

fn pairs(blocks: &[(u32, u32)]) -> Vec<(SeqNumber, SeqNumber)> {
    blocks.iter().map(|&(l, r)| (seg(l), seg(r))).collect()
}

/// What a receiver reports after each of these segments, segment 0 being lost.
fn reports(order: &[u32], max: usize) -> Vec<(SeqNumber, SeqNumber)> {
    let mut receiver = SackReceiver::new();
    let mut last = Vec::new();
    for &n in order {
        receiver.on_segment(block(n, n + 1), seg(0), seg(0));
        last = receiver.blocks(max, true).as_slice().to_vec();
    }
    last
}

#[test]
fn s4_the_first_block_holds_the_segment_that_caused_the_ack() {
    assert_eq!(reports(&[5, 3], 4)[0], (seg(3), seg(4)));
    assert_eq!(reports(&[5, 3, 6], 4)[0], (seg(5), seg(7)));
    assert_eq!(reports(&[5, 3, 4], 4), pairs(&[(3, 6)]));
}

#[test]
fn s4_as_many_distinct_blocks_as_fit_the_latest_first() {
    assert_eq!(reports(&[1, 3, 5, 7, 9], 4), pairs(&[(9, 10), (7, 8), (5, 6), (3, 4)]));
    assert_eq!(reports(&[1, 3, 5, 7, 9], 3), pairs(&[(9, 10), (7, 8), (5, 6)]));
    assert_eq!(reports(&[9, 7, 5, 9, 3], 2)[0], (seg(3), seg(4)));
}

#[test]
fn s4_every_block_is_reported_at_least_three_times() {
    let mut receiver = SackReceiver::new();
    let mut seen = 0;
    for n in [1, 3, 5] {
        receiver.on_segment(block(n, n + 1), seg(0), seg(0));
        seen += usize::from(receiver.blocks(3, true).as_slice().contains(&(seg(1), seg(2))));
    }
    assert_eq!(seen, 3);
}

#[test]
fn s4_what_is_acknowledged_is_no_longer_reported() {
    let mut receiver = SackReceiver::new();
    receiver.on_segment(block(1, 3), seg(0), seg(0));
    receiver.on_segment(block(4, 5), seg(0), seg(0));
    receiver.on_segment(block(0, 1), seg(0), seg(3));
    assert_eq!(receiver.blocks(4, true).as_slice(), pairs(&[(4, 5)]));
    receiver.on_segment(block(3, 4), seg(3), seg(5));
    assert!(!receiver.is_due() && receiver.blocks(4, true).is_empty());
}

#[test]
fn s5_what_is_sacked_is_not_retransmitted() {
    let mut s = Sender::new(sack(8), true);
    s.send();
    s.wait(100);
    s.more = false;
    for blocks in [[(2, 3)], [(2, 4)], [(2, 5)]] {
        s.sack(0, &blocks);
    }
    let mut sent = s.send();
    s.wait(100);
    s.sack(1, &[(2, 5)]);
    sent.extend(s.send());
    assert_eq!(sent[..2], [Again(0), Again(1)]);
    assert!(!sent.iter().any(|x| matches!(x, Again(2..=4))), "{sent:?}");
}

#[test]
fn s5_after_a_time_out_what_was_sacked_is_forgotten_and_the_left_edge_is_sent() {
    let config = framewire::tcp::recovery::RecoveryConfig { expunge_at_timeout: true, ..sack(4) };
    let mut s = Sender::new(config, true);
    s.send();
    s.more = false;
    s.sack(0, &[(1, 2)]);
    s.fire();
    assert_eq!(s.r.scoreboard().sacked_bytes(), 0);
    assert!(s.heard(Rule::SackExpunge));
    assert_eq!(s.send(), [Again(0)]);
    s.wait(100);
    s.ack(1);
    assert_eq!(s.send(), [Again(1), Again(2)], "also what had been SACKed");
}

#[test]
fn s8_a_receiver_that_reneges_is_noticed() {
    let mut s = Sender::new(sack(4), true);
    s.send();
    s.sack(0, &[(1, 2)]);
    // SND.UNA moves to what was SACKed, and no further: the receiver has dropped it.
    s.ack(1);
    assert_eq!(s.r.scoreboard().sacked_bytes(), 0);
    assert!(s.heard(Rule::SackExpunge));
}

#[test]
fn s8_sacked_data_are_kept_until_acknowledged() {
    let mut s = Sender::new(sack(4), true);
    s.send();
    s.sack(0, &[(1, 4)]);
    assert_eq!(s.r.scoreboard().una(), seg(0));
    assert_eq!(s.r.scoreboard().segments().len(), 4);
}

#[test]
fn blocks_without_sense_are_ignored() {
    let mut s = Sender::new(sack(4), true);
    s.send();
    let before = s.pipe();
    s.sack(0, &[(3, 2)]);
    s.sack(0, &[(2, 9)]);
    s.sack(0, &[(2, 2)]);
    assert_eq!((s.pipe(), s.r.dup_acks()), (before, 0));
}
