//! RFC 8985: RACK-TLP.

use crate::demand::{Rfc, tested};

pub const RFC: Rfc = Rfc {
    number: 8985,
    title: "The RACK-TLP Loss Detection Algorithm for TCP",
    note: "",
    demands: &[
        tested(
            "3.3.2",
            "The reordering window SHOULD be set to zero if no reordering has been observed on the connection so far, and either (a) three segments have been SACKed since the last recovery or (b) the sender is already in fast or RTO recovery",
            &[
                "rfc_recovery/rfc8985::s6_2_three_sacked_segments_mean_loss_at_once_while_no_reordering_was_seen",
            ],
        ),
        tested(
            "3.3.2",
            "The RACK reordering window MUST be bounded, and this bound SHOULD be SRTT",
            &["rfc_recovery/rfc8985::s3_3_2_the_reordering_window_is_at_most_srtt"],
        ),
        tested(
            "4",
            "The connection MUST use selective acknowledgment (SACK) options, and the sender MUST keep SACK scoreboard information on a per-connection basis",
            &[
                "rfc_recovery/rfc8985::s4_without_sack_there_is_no_rack",
                "src/tcp/sack/model::the_scoreboard_agrees_with_octets",
            ],
        ),
        tested(
            "4",
            "For each data segment sent, the sender MUST store its most recent transmission time with a timestamp whose granularity is finer than 1/4 of the minimum RTT of the connection (here: nanoseconds)",
            &[
                "rfc_recovery/rfc8985::s6_2_a_lost_retransmission_is_found",
                "rfc_recovery/rfc8985::s6_2_fewer_wait_for_the_reordering_window",
            ],
        ),
        tested(
            "4",
            "RACK DSACK-based reordering window adaptation is RECOMMENDED",
            &["rfc_recovery/rfc8985::s6_2_dsack_widens_the_reordering_window"],
        ),
        tested(
            "6.2",
            "ignore a segment … if any of its sequence range has been retransmitted before and … the segment was last retransmitted less than RACK.min_rtt ago",
            &["rfc_recovery/rfc8985::s6_2_an_ack_too_early_for_a_retransmission_does_not_move_rack"],
        ),
        tested(
            "6.2",
            "Step 5: Detect losses; what arrives within the reordering window was only reordered",
            &["rfc_recovery/rfc8985::s6_2_what_arrives_within_the_window_was_only_reordered"],
        ),
        tested(
            "6.3",
            "Upon RTO timer expiration, RACK marks the first outstanding segment as lost; … all the other segments only … if the time elapsed since the segment was transmitted is at least the sum of the recent RTT and the reordering window",
            &["rfc_recovery/rfc8985::s6_3_at_a_time_out_only_what_is_overdue_is_lost"],
        ),
        tested(
            "7.2",
            "TLP_calc_PTO: 2*SRTT, and TLP.max_ack_delay with one segment in flight; not later than the RTO",
            &[
                "rfc_recovery/rfc8985::s7_2_the_probe_comes_after_two_round_trips",
                "rfc_recovery/rfc8985::s7_2_with_one_segment_in_flight_it_waits_for_a_delayed_ack_but_not_beyond_the_rto",
            ],
        ),
        tested(
            "7.2",
            "a PTO is scheduled only with SACK, nothing SACKed, and not in loss recovery",
            &["rfc_recovery/rfc8985::s7_2_none_while_something_is_sacked_or_in_recovery"],
        ),
        tested(
            "7.3",
            "a previously unsent segment, … otherwise the highest-sequence segment sent so far",
            &[
                "rfc_recovery/rfc8985::s7_3_the_probe_is_new_data_if_there_is_some",
                "rfc_recovery/rfc8985::s7_3_else_the_last_segment_again_and_then_the_rto_runs",
            ],
        ),
        tested(
            "7.3",
            "Whether or not a probe was sent, the sender MUST arm the RTO timer, not the PTO timer, at the end of TLP_send_probe() if FlightSize is not zero",
            &["rfc_recovery/rfc8985::s7_3_else_the_last_segment_again_and_then_the_rto_runs"],
        ),
        tested(
            "7.4",
            "the ACK of a probe that repaired a loss invokes a congestion control response; a D-SACK, or a duplicate ACK without SACK, shows that there was none",
            &[
                "rfc_recovery/rfc8985::s7_4_a_probe_that_repaired_a_loss_reduces_the_window",
                "rfc_recovery/rfc8985::s7_4_a_dsack_shows_that_the_probe_was_not_needed",
                "rfc_recovery/rfc8985::s7_4_a_duplicate_ack_without_sack_shows_that_both_arrived",
            ],
        ),
        tested(
            "8",
            "the RACK reordering timer, the TLP PTO timer, and the RTO timer: the sender arms one of them",
            &["rfc_recovery/rfc8985::s8_a_probe_never_fires_after_the_rto"],
        ),
    ],
};
