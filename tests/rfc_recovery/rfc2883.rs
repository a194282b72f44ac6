//! RFC 2883: An Extension to the SACK Option (D-SACK).

use crate::sender::*;
use framewire::seq::SeqNumber;
use framewire::tcp::sack::{SackBlock, SackReceiver};

fn arrive(r: &mut SackReceiver, left: u32, right: u32, old: u32, new: u32) -> bool {
    r.on_segment(SackBlock::new(SeqNumber(left), SeqNumber(right)), SeqNumber(old), SeqNumber(new))
}

fn blocks(r: &mut SackReceiver) -> Vec<(u32, u32)> {
    r.blocks(4, true).as_slice().iter().map(|(l, r)| (l.0, r.0)).collect()
}

#[test]
fn s4_1_1_a_duplicate_below_the_ack_is_reported_first() {
    let mut r = SackReceiver::new();
    assert!(arrive(&mut r, 3000, 3500, 4000, 4000));
    assert_eq!(blocks(&mut r), [(3000, 3500)]);
}

#[test]
fn s4_1_2_with_data_out_of_order_that_block_follows() {
    let mut r = SackReceiver::new();
    arrive(&mut r, 4500, 5000, 4000, 4000);
    arrive(&mut r, 3000, 3500, 4000, 4000);
    assert_eq!(blocks(&mut r), [(3000, 3500), (4500, 5000)]);
}

#[test]
fn s4_1_3_a_duplicate_above_the_ack_is_followed_by_the_block_that_holds_it() {
    let mut r = SackReceiver::new();
    arrive(&mut r, 4500, 6000, 4000, 4000);
    assert!(arrive(&mut r, 5000, 5500, 4000, 4000));
    assert_eq!(blocks(&mut r), [(5000, 5500), (4500, 6000)]);
}

#[test]
fn s4_2_a_partial_duplicate_reports_the_part() {
    let mut r = SackReceiver::new();
    assert!(arrive(&mut r, 3500, 4500, 4000, 4500));
    assert_eq!(blocks(&mut r), [(3500, 4000)]);
}

#[test]
fn s4_each_duplicate_is_reported_once() {
    let mut r = SackReceiver::new();
    arrive(&mut r, 3000, 3500, 4000, 4000);
    assert_eq!(blocks(&mut r), [(3000, 3500)]);
    assert_eq!(blocks(&mut r), []);
}

#[test]
fn s4_without_dsack_the_duplicate_is_not_reported() {
    let mut r = SackReceiver::new();
    arrive(&mut r, 3000, 3500, 4000, 4000);
    assert!(r.blocks(4, false).is_empty());
}

#[test]
fn s5_the_sender_knows_a_dsack_below_the_ack() {
    let mut s = Sender::new(sack(8), true);
    s.send();
    s.ack(2);
    let outcome = s.sack(2, &[(0, 1)]);
    assert_eq!(outcome.dsack, Some(SackBlock::new(seg(0), seg(1))));
    assert_eq!(s.r.scoreboard().sacked_bytes(), 0);
}

#[test]
fn s5_the_sender_knows_a_dsack_within_the_second_block() {
    let mut s = Sender::new(sack(8), true);
    s.send();
    let outcome = s.sack(0, &[(3, 4), (2, 5)]);
    assert_eq!(outcome.dsack, Some(SackBlock::new(seg(3), seg(4))));
    assert_eq!(outcome.newly_sacked, 3 * SMSS);
}
