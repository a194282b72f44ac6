//! RFC 2018: selective acknowledgment.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpHeader, TcpOptions};
use framewire::probe::Var;
use framewire::tcp::Config;

pub const RFC: Rfc = Rfc {
    number: 2018,
    title: "TCP Selective Acknowledgment Options",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "2",
            "[SACK-permitted] MUST NOT be sent on non-SYN segments",
            &["section_2_permission_stands_in_syns_and_both_must_give_it"],
        ),
        tested(
            "4",
            "If the data receiver generates SACK options under any circumstance, it SHOULD generate them under all permitted circumstances … SACK options SHOULD be included in all ACKs which do not ACK the highest sequence number in the data receiver's queue",
            &[
                "section_4_the_newest_block_comes_first",
                "rfc_recovery/rfc2018::s4_every_block_is_reported_at_least_three_times",
            ],
        ),
        tested(
            "4",
            "The receiver SHOULD send an ACK for every valid segment that arrives containing new data, and each of these \"duplicate\" ACKs SHOULD bear a SACK option",
            &["section_4_the_newest_block_comes_first"],
        ),
        tested(
            "4",
            "If the data receiver has not received a SACK-Permitted option for a given connection, it MUST NOT send SACK options on that connection",
            &["section_2_permission_stands_in_syns_and_both_must_give_it"],
        ),
        tested(
            "4",
            "The first SACK block (i.e., the one immediately following the kind and length fields in the option) MUST specify the contiguous block of data containing the segment which triggered this ACK, unless that segment advanced the Acknowledgment Number field in the header",
            &[
                "section_4_the_newest_block_comes_first",
                "rfc_recovery/rfc2018::s4_the_first_block_holds_the_segment_that_caused_the_ack",
            ],
        ),
        tested(
            "4",
            "The data receiver SHOULD include as many distinct SACK blocks as possible in the SACK option … The SACK option SHOULD be filled out by repeating the most recently reported SACK blocks",
            &[
                "rfc_recovery/rfc2018::s4_as_many_distinct_blocks_as_fit_the_latest_first",
                "rfc_recovery/rfc2018::s4_every_block_is_reported_at_least_three_times",
            ],
        ),
        tested(
            "5",
            "When receiving an ACK containing a SACK option, the data sender SHOULD record the selective acknowledgment for future reference",
            &["src/tcp/sack/model::the_scoreboard_agrees_with_octets"],
        ),
        tested(
            "5",
            "After a retransmit timeout the data sender SHOULD turn off all of the SACKed bits [the `rfc` preset; else only where the receiver is seen to renege, as RFC 6675 section 5.1 permits]",
            &[
                "rfc_recovery/rfc2018::s5_after_a_time_out_what_was_sacked_is_forgotten_and_the_left_edge_is_sent",
            ],
        ),
        tested(
            "5",
            "The data sender MUST retransmit the segment at the left edge of the window after a retransmit timeout, whether or not the SACKed bit is on for that segment",
            &[
                "rfc_recovery/rfc2018::s5_after_a_time_out_what_was_sacked_is_forgotten_and_the_left_edge_is_sent",
                "section_5_the_left_edge_goes_again_even_if_it_was_sacked",
            ],
        ),
        tested(
            "5",
            "A segment will not be dequeued and its buffer freed until the left window edge is advanced over it",
            &["section_8_what_was_sacked_can_still_be_sent_again"],
        ),
        tested(
            "5.1",
            "the congestion control algorithms present in the de facto standard TCP implementations MUST be preserved",
            &[
                "rfc_recovery/rfc6675::s5_recovery_sets_the_window_and_retransmits_first",
                "tcp_goodput::at_one_percent_loss_sack_keeps_what_mathis_allows",
            ],
        ),
        tested(
            "5.1",
            "when a retransmit timeout occurs the data sender MUST ignore prior SACK information in determining which data to retransmit",
            &[
                "rfc_recovery/rfc2018::s5_after_a_time_out_what_was_sacked_is_forgotten_and_the_left_edge_is_sent",
                "section_5_the_left_edge_goes_again_even_if_it_was_sacked",
            ],
        ),
        tested(
            "8",
            "The first SACK block MUST reflect the newest segment. Even if the newest segment is going to be discarded and the receiver has already discarded adjacent segments, the first SACK block MUST report, at a minimum, the left and right edges of the newest segment",
            &["section_4_the_newest_block_comes_first"],
        ),
        tested(
            "8",
            "Except for the newest segment, all SACK blocks MUST NOT report any old data which is no longer actually held by the receiver",
            &[
                "src/tcp/sack/receiver::reports_only_what_is_held",
                "rfc_recovery/rfc2018::s4_what_is_acknowledged_is_no_longer_reported",
            ],
        ),
        tested(
            "8",
            "the sender MUST NOT discard data before it is acknowledged by the Acknowledgment Number field in the TCP header",
            &[
                "section_8_what_was_sacked_can_still_be_sent_again",
                "rfc_recovery/rfc2018::s8_sacked_data_are_kept_until_acknowledged",
            ],
        ),
    ],
};

fn with_sack(sack: bool) -> Config {
    let mut config = bare();
    config.features.sack = sack;
    config
}

#[test]
fn section_2_permission_stands_in_syns_and_both_must_give_it() {
    for (client, server) in [(true, true), (true, false), (false, true)] {
        let mut pair = Pair::new(with_sack(client), with_sack(server), Wire::perfect(ms(10)), 1);
        pair.run_for(ms(100));
        assert_eq!(pair.log[0].header.options.sack_permitted, client);
        assert_eq!(pair.log[1].header.options.sack_permitted, client && server);
        assert!(pair.log.iter().all(|s| s.header.flags.syn() || !s.header.options.sack_permitted));
        // Blocks are told only where they are understood.
        let early = TcpHeader { seq: next_to(&pair, 1).seq + 100, ..next_to(&pair, 1) };
        pair.inject(1, early, &[1; 100]);
        assert_eq!(!last_of(&pair, 1).header.options.sack.is_empty(), client && server);
    }
}

#[test]
fn section_4_the_newest_block_comes_first() {
    let mut pair = Pair::established(with_sack(true), ms(10));
    let next = next_to(&pair, 1);
    for offset in [100, 300, 500] {
        pair.inject(1, TcpHeader { seq: next.seq + offset, ..next }, &[1; 100]);
    }
    let blocks = last_of(&pair, 1).header.options.sack;
    let relative: Vec<u32> = blocks.as_slice().iter().map(|b| b.0.0.wrapping_sub(next.seq.0)).collect();
    assert_eq!(relative, [500, 300, 100]);
}

/// The client has sent four segments; the first is lost, the server SACKs the rest, and then forgets them (a receiver that
/// reneges): it acknowledges nothing and SACKs nothing any more.
fn reneging() -> Pair {
    let mut config = with_sack(true);
    config.personality.expunge_sack_at_timeout = true;
    let mut pair = Pair::established(config, ms(10));
    cut(&mut pair);
    pair.send(0, &[7; 4 * 1460]).unwrap();
    let first = pair.sent_by(0)[0].header.seq;
    let mut options = TcpOptions::default();
    options.sack.push(first + 1460, first + 4 * 1460);
    let ack = TcpHeader { options, ..next_to(&pair, 0) };
    pair.inject(0, ack, &[]);
    pair.log.clear();
    pair
}

#[test]
fn section_5_the_left_edge_goes_again_even_if_it_was_sacked() {
    let mut pair = reneging();
    let una = seq(&pair, 0, Var::SndUna);
    // The server takes the first segment and no more: SND.UNA stands at what it had SACKed.
    pair.inject(0, TcpHeader { ack: una + 1460, ..next_to(&pair, 0) }, &[]);
    pair.run_for(secs(5));
    let again: Vec<_> = pair.sent_by(0).into_iter().filter(|sent| sent.retransmission).collect();
    assert!(again.iter().any(|sent| sent.header.seq == una + 1460), "{}", pair.table());
}

#[test]
fn section_8_what_was_sacked_can_still_be_sent_again() {
    let mut pair = reneging();
    // Nothing comes from the server any more, until the wire is whole again: all four must still be there.
    pair.run_for(secs(3));
    mend(&mut pair);
    pair.run_for(secs(60));
    assert_eq!(pair.recv(1, 10_000).unwrap(), [7; 4 * 1460]);
}
