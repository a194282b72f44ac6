//! RFC 8985: RACK-TLP.

use crate::demand::{Rfc, tested};

pub const RFC: Rfc = Rfc {
    number: 8985,
    title: "The RACK-TLP Loss Detection Algorithm for TCP",
    read: "whole",
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
            "Otherwise, the reordering window SHOULD start from a small fraction of the round-trip time or zero if no round-trip time estimate is available",
            &["rfc_recovery/rfc8985::s6_2_fewer_wait_for_the_reordering_window"],
        ),
        tested(
            "3.3.2",
            "The RACK reordering window SHOULD adaptively increase … if the sender receives a Duplicate Selective Acknowledgment (DSACK) option",
            &[
                "rfc_recovery/rfc8985::s6_2_dsack_widens_the_reordering_window",
                "rfc_recovery/rfc8985::s6_2_the_wider_window_lasts_sixteen_recoveries",
            ],
        ),
        tested(
            "3.3.2",
            "The RACK reordering window MUST be bounded, and this bound SHOULD be SRTT",
            &["rfc_recovery/rfc8985::s3_3_2_the_reordering_window_is_at_most_srtt"],
        ),
        tested(
            "4",
            "The connection MUST use selective acknowledgment (SACK) options [RFC 2018], and the sender MUST keep SACK scoreboard information on a per-connection basis",
            &[
                "rfc_recovery/rfc8985::s4_without_sack_there_is_no_rack",
                "src/tcp/sack/model::the_scoreboard_agrees_with_octets",
            ],
        ),
        tested(
            "4",
            "For each data segment sent, the sender MUST store its most recent transmission time with a timestamp whose granularity is finer than 1/4 of the minimum RTT of the connection [here: nanoseconds]",
            &[
                "rfc_recovery/rfc8985::s6_2_a_lost_retransmission_is_found",
                "rfc_recovery/rfc8985::s6_2_fewer_wait_for_the_reordering_window",
            ],
        ),
        tested(
            "4",
            "RACK DSACK-based reordering window adaptation is RECOMMENDED but is not required",
            &["rfc_recovery/rfc8985::s6_2_dsack_widens_the_reordering_window"],
        ),
        tested("4", "TLP requires RACK", &["rfc_recovery/rfc8985::s4_a_probe_needs_rack"]),
        tested(
            "6.2",
            "[Step 1] The sender SHOULD track a windowed min-filtered estimate of recent RTT measurements",
            &["src/tcp/rtt::the_smallest_round_trip_is_forgotten_after_its_window"],
        ),
        tested(
            "6.2",
            "[Step 2] ignore a segment as invalid if any of its sequence range has been retransmitted before and … The segment was last retransmitted less than RACK.min_rtt ago",
            &["rfc_recovery/rfc8985::s6_2_an_ack_too_early_for_a_retransmission_does_not_move_rack"],
        ),
        tested(
            "6.2",
            "[Step 2] Among all the segments newly ACKed or SACKed by this ACK that pass the checks above, update the RACK.rtt to be the RTT sample calculated using this ACK",
            &[
                "rfc_recovery/rfc8985::s6_2_the_round_trip_is_that_of_what_was_delivered_last_though_it_was_sent_earlier",
            ],
        ),
        tested(
            "6.2",
            "[Step 3] If a never-retransmitted segment that's below RACK.fack is (selectively or cumulatively) acknowledged, it has been delivered out of order … [taken] in ascending order of Segment.end_seq",
            &[
                "rfc_recovery/rfc8985::s6_2_what_arrives_within_the_window_was_only_reordered",
                "rfc_recovery/rfc8985::s6_2_blocks_of_one_ack_are_no_reordering_whatever_their_order",
            ],
        ),
        tested(
            "6.2",
            "[Step 4] RACK persists using the inflated RACK.reo_wnd for up to 16 loss recoveries, after which it resets RACK.reo_wnd to its starting value",
            &["rfc_recovery/rfc8985::s6_2_the_wider_window_lasts_sixteen_recoveries"],
        ),
        tested(
            "6.2",
            "[Step 5] For each segment that has not been SACKed, RACK considers that segment lost if another segment that was sent later has been delivered and the reordering window has passed",
            &[
                "rfc_recovery/rfc8985::s6_2_fewer_wait_for_the_reordering_window",
                "rfc_recovery/rfc8985::s6_2_what_arrives_within_the_window_was_only_reordered",
                "rfc_recovery/rfc8985::s6_2_a_lost_retransmission_is_found",
            ],
        ),
        tested(
            "6.2",
            "[Step 5] For timely loss detection, it is RECOMMENDED that the sender install a reordering timer",
            &["rfc_recovery/rfc8985::s6_2_fewer_wait_for_the_reordering_window"],
        ),
        tested(
            "6.3",
            "Upon RTO timer expiration, RACK marks the first outstanding segment as lost …; for all the other segments, RACK only marks the segment as lost if the time elapsed since the segment was transmitted is at least the sum of the recent RTT and the reordering window",
            &["rfc_recovery/rfc8985::s6_3_at_a_time_out_only_what_is_overdue_is_lost"],
        ),
        tested(
            "7.1",
            "Reset TLP.is_retrans and TLP.end_seq when initiating a connection, fast recovery, or RTO recovery",
            &["rfc_recovery/rfc8985::s7_1_fast_recovery_forgets_the_probe"],
        ),
        tested(
            "7.2",
            "The sender SHOULD start or restart a loss probe PTO timer after transmitting new data (that was not itself a loss probe) or upon receiving an ACK that cumulatively acknowledges new data unless it is already in fast recovery, RTO recovery, or segments have been SACKed",
            &[
                "rfc_recovery/rfc8985::s7_2_the_probe_comes_after_two_round_trips",
                "rfc_recovery/rfc8985::s7_2_none_while_something_is_sacked_or_in_recovery",
                "rfc_recovery/rfc8985::s7_2_the_timer_is_started_whether_or_not_a_probe_may_go",
            ],
        ),
        tested(
            "7.2",
            "when there is no SRTT estimate available, the PTO SHOULD be 1 second",
            &["rfc_recovery/rfc8985::s7_2_without_a_measurement_the_probe_comes_after_one_second"],
        ),
        tested(
            "7.2",
            "a sender SHOULD use the following logic to select the duration of a PTO [2 * SRTT; with one segment in flight TLP.max_ack_delay more; not later than the RTO]",
            &[
                "rfc_recovery/rfc8985::s7_2_the_probe_comes_after_two_round_trips",
                "rfc_recovery/rfc8985::s7_2_with_one_segment_in_flight_it_waits_for_a_delayed_ack_but_not_beyond_the_rto",
            ],
        ),
        tested(
            "7.3",
            "When the PTO timer expires, the sender MUST check whether both of the following conditions are met …: First, there is no other previous loss probe still in flight … Second, the sender has obtained an RTT measurement since the last loss probe transmission or the start of the connection",
            &["rfc_recovery/rfc8985::s7_2_the_timer_is_started_whether_or_not_a_probe_may_go"],
        ),
        tested(
            "7.3",
            "If either one of these two conditions is not met, then the sender MUST skip sending a loss probe and MUST proceed to re-arm the RTO timer",
            &["rfc_recovery/rfc8985::s7_2_the_timer_is_started_whether_or_not_a_probe_may_go"],
        ),
        tested(
            "7.3",
            "If both conditions are met, then the sender SHOULD transmit a previously unsent data segment, if one exists and the receive window allows",
            &["rfc_recovery/rfc8985::s7_3_the_probe_is_new_data_if_there_is_some"],
        ),
        tested(
            "7.3",
            "If such an unsent segment is not available, then the sender SHOULD retransmit the highest-sequence segment sent so far",
            &["rfc_recovery/rfc8985::s7_3_else_the_last_segment_again_and_then_the_rto_runs"],
        ),
        tested(
            "7.3",
            "The sender MUST follow the RACK transmission procedures in the \"Upon Transmitting a Data Segment\" section upon sending either a retransmission or a new data loss probe",
            &["rfc_recovery/rfc8985::s7_1_fast_recovery_forgets_the_probe"],
        ),
        tested(
            "7.3",
            "After attempting to send a loss probe, regardless of whether a loss probe was sent, the sender MUST re-arm the RTO timer, not the PTO timer, if the FlightSize is not zero",
            &[
                "rfc_recovery/rfc8985::s7_3_else_the_last_segment_again_and_then_the_rto_runs",
                "rfc_recovery/rfc8985::s7_2_the_timer_is_started_whether_or_not_a_probe_may_go",
            ],
        ),
        tested(
            "7.4.2",
            "If the TLP sender does not receive such an indication [a duplicate ACK or DSACK], then it MUST assume that the original data segment, the TLP retransmission, or a corresponding ACK was lost for congestion control purposes",
            &[
                "rfc_recovery/rfc8985::s7_4_a_probe_that_repaired_a_loss_reduces_the_window",
                "rfc_recovery/rfc8985::s7_4_a_dsack_shows_that_the_probe_was_not_needed",
                "rfc_recovery/rfc8985::s7_4_a_duplicate_ack_without_sack_shows_that_both_arrived",
            ],
        ),
        tested(
            "7.4.2",
            "The sender then SHOULD invoke a congestion control response equivalent to a fast recovery",
            &["rfc_recovery/rfc8985::s7_4_a_probe_that_repaired_a_loss_reduces_the_window"],
        ),
        tested(
            "8",
            "When arming a RACK reordering timer or TLP PTO timer, the sender SHOULD cancel any other pending timers",
            &[
                "rfc_recovery/rfc8985::s8_while_the_reordering_timer_runs_no_other_fires",
                "rfc_recovery/rfc8985::s8_a_probe_never_fires_after_the_rto",
                "rfc_recovery/rfc8985::s8_the_reordering_timer_never_waits_longer_than_the_rto",
            ],
        ),
        tested(
            "9.2",
            "the algorithm [RFC 6675] MUST NOT be used with RACK-TLP",
            &["rfc_recovery/rfc8985::s9_2_losses_are_not_counted"],
        ),
        tested(
            "9.3",
            "A segment marked as lost by RACK-TLP MUST NOT be retransmitted until congestion control deems this appropriate",
            &["rfc_recovery/rfc8985::s9_3_what_is_lost_waits_for_the_window"],
        ),
        tested(
            "9.3",
            "The Proportional Rate Reduction (PRR) algorithm … is RECOMMENDED for the specific congestion control actions taken upon the losses detected by RACK-TLP",
            &["rfc_recovery/rfc9937::s6_2_heavy_loss_sends_no_more_than_is_delivered_and_one"],
        ),
        tested(
            "9.3",
            "In the absence of PRR …, when RACK-TLP detects a lost retransmission, the congestion control MUST trigger an additional congestion response",
            &["rfc_recovery/rfc8985::s9_3_without_prr_a_lost_retransmission_reduces_the_window_again"],
        ),
    ],
};
