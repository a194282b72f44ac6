//! RFC 2883: duplicates reported in SACK blocks.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpHeader, TcpOptions};
use framewire::probe::Var;
use framewire::tcp::Config;

pub const RFC: Rfc = Rfc {
    number: 2883,
    title: "An Extension to the Selective Acknowledgement (SACK) Option for TCP",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "3",
            "[RFC 2018:] the first SACK block … MUST specify the contiguous block of data containing the segment which triggered this ACK [for a duplicate: the duplicate]",
            &[
                "section_4_a_duplicate_is_told_once_and_first",
                "rfc_recovery/rfc2883::s4_1_1_a_duplicate_below_the_ack_is_reported_first",
            ],
        ),
        tested(
            "4",
            "(1) A D-SACK block is only used to report a duplicate contiguous sequence of data received by the receiver in the most recent packet … (2) Each duplicate contiguous sequence of data received is reported in at most one D-SACK block",
            &[
                "section_4_a_duplicate_is_told_once_and_first",
                "rfc_recovery/rfc2883::s4_each_duplicate_is_reported_once",
            ],
        ),
        tested(
            "4",
            "(4) If the D-SACK block reports a duplicate contiguous sequence from a (possibly larger) block of data in the receiver's data queue above the cumulative acknowledgement, then the second SACK block in that SACK option should specify that (possibly larger) block of data",
            &[
                "rfc_recovery/rfc2883::s4_1_3_a_duplicate_above_the_ack_is_followed_by_the_block_that_holds_it",
            ],
        ),
        tested(
            "4.2",
            "When the SACK option is used for reporting partial duplicate segments, the first D-SACK block reports the first duplicate sub-segment",
            &["rfc_recovery/rfc2883::s4_2_a_partial_duplicate_reports_the_part"],
        ),
        tested(
            "5",
            "the sender should compare the sequence space in the first SACK block to the cumulative ACK which is carried IN THE SAME PACKET … An implementation MUST NOT compare the sequence space in the SACK block to the TCP state variable snd.una … as this may result in the wrong conclusion if ACK packets are reordered",
            &[
                "section_5_an_old_ack_brings_no_d_sack",
                "rfc_recovery/rfc2883::s5_the_sender_knows_a_dsack_below_the_ack",
                "rfc_recovery/rfc2883::s5_the_sender_knows_a_dsack_within_the_second_block",
            ],
        ),
    ],
};

fn with_sack() -> Config {
    let mut config = bare();
    config.features.sack = true;
    config.features.dsack = true;
    config.features.rack = true;
    config
}

#[test]
fn section_4_a_duplicate_is_told_once_and_first() {
    let mut pair = Pair::established(with_sack(), ms(10));
    let next = next_to(&pair, 1);
    pair.inject(1, next, &[1; 100]);
    pair.inject(1, next, &[1; 100]);
    let blocks = last_of(&pair, 1).header.options.sack;
    assert_eq!(blocks.as_slice(), [(next.seq, next.seq + 100)]);
    pair.inject(1, TcpHeader { seq: next.seq + 300, ..next }, &[1; 100]);
    let blocks = last_of(&pair, 1).header.options.sack;
    assert_eq!(blocks.as_slice(), [(next.seq + 300, next.seq + 400)]);
}

/// Whether a D-SACK widened the reordering window (RFC 8985 section 6.2): the rule that says so was told.
fn widened(pair: &Pair) -> bool {
    let rule = framewire::rule::Rule::RackReorderingWindow;
    let notes = &pair.probes[0];
    notes.rules.contains(&rule) || notes.changes.iter().any(|change| change.0 == rule)
}

#[test]
fn section_5_an_old_ack_brings_no_d_sack() {
    let mut pair = Pair::established(with_sack(), ms(10));
    cut(&mut pair);
    pair.send(0, &[0; 6 * 1460]).unwrap();
    let first = pair.sent_by(0)[0].header.seq;
    let ack = |pair: &Pair, upto: u32, block: Option<(u32, u32)>| {
        let mut options = TcpOptions::default();
        if let Some((left, right)) = block {
            options.sack.push(first + left * 1460, first + right * 1460);
        }
        TcpHeader { ack: first + upto * 1460, options, ..next_to(pair, 0) }
    };
    // Segment 0 came late, 2 before it; the ACK that says so is overtaken by the one of both.
    let (old, new) = (ack(&pair, 1, Some((2, 3))), ack(&pair, 3, None));
    pair.inject(0, new, &[]);
    pair.inject(0, old, &[]);
    assert_eq!(seq(&pair, 0, Var::SndUna), first + 3 * 1460);
    assert!(!widened(&pair), "its block is below SND.UNA, but not below its own acknowledgment");
    // A block below the acknowledgment that carries it is one.
    let duplicate = ack(&pair, 4, Some((0, 1)));
    pair.inject(0, duplicate, &[]);
    assert!(widened(&pair));
}
