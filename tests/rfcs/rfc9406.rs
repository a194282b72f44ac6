//! RFC 9406: HyStart++.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 9406,
    title: "HyStart++: Modified Slow Start for TCP",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "3",
            "a TCP MUST NOT send data with a sequence number higher than the sum of the highest acknowledged sequence number and the minimum of the cwnd and rwnd",
            &[
                "rfc5681::section_3_1_no_more_than_cwnd_is_in_flight",
                "rfc3042::section_2_two_segments_and_no_more_and_none_beyond_the_window",
            ],
        ),
        tested(
            "4.2",
            "When windowEnd is ACKed, the current round ends and windowEnd is set to SND.NXT",
            &[
                "rfc_recovery/rfc9406::s4_2_a_constant_round_trip_leaves_slow_start_alone",
                "rfc_recovery/rfc9406::s4_2_after_five_conservative_rounds_slow_start_is_over",
            ],
        ),
        tested(
            "4.2",
            "cwnd = cwnd + min(N, L * SMSS)",
            &["rfc_recovery/rfc9406::s4_2_an_ack_counts_for_at_most_l_segments"],
        ),
        tested(
            "4.2",
            "[with N_RTT_SAMPLE samples] RttThresh = max(MIN_RTT_THRESH, min(lastRoundMinRTT / MIN_RTT_DIVISOR, MAX_RTT_THRESH)) if (currentRoundMinRTT >= (lastRoundMinRTT + RttThresh)) … exit slow start and enter CSS",
            &[
                "rfc_recovery/rfc9406::s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter",
                "rfc_recovery/rfc9406::s4_2_a_rise_below_the_threshold_does_not",
                "rfc_recovery/rfc9406::s4_2_the_ack_that_ends_slow_start_still_counts_in_full",
            ],
        ),
        tested(
            "4.2",
            "[in CSS] cwnd = cwnd + (min(N, L * SMSS) / CSS_GROWTH_DIVISOR)",
            &["rfc_recovery/rfc9406::s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter"],
        ),
        tested(
            "4.2",
            "if (currentRoundMinRTT < cssBaselineMinRtt) … resume slow start including HyStart++",
            &["rfc_recovery/rfc9406::s4_2_a_rise_that_passes_resumes_slow_start"],
        ),
        tested(
            "4.2",
            "If CSS_ROUNDS rounds are complete, enter congestion avoidance by setting the ssthresh to the current cwnd",
            &["rfc_recovery/rfc9406::s4_2_after_five_conservative_rounds_slow_start_is_over"],
        ),
        tested(
            "4.2",
            "If loss or Explicit Congestion Notification (ECN) marking is observed at any time during standard slow start or CSS, enter congestion avoidance [by the reduction that congestion control has for it]",
            &["rfc_recovery/rfc9406::s4_3_only_the_first_slow_start_uses_it"],
        ),
        tested(
            "4.3",
            "It is RECOMMENDED that a HyStart++ implementation use the following constants: MIN_RTT_THRESH = 4 msec MAX_RTT_THRESH = 16 msec MIN_RTT_DIVISOR = 8 N_RTT_SAMPLE = 8 CSS_GROWTH_DIVISOR = 4 CSS_ROUNDS = 5",
            &[
                "rfc_recovery/rfc9406::s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter",
                "rfc_recovery/rfc9406::s4_2_the_ack_that_ends_slow_start_still_counts_in_full",
            ],
        ),
        apart(
            "4.3",
            "[RECOMMENDED] L = infinity if paced, L = 8 if non-paced",
            "the `linux` preset counts every octet that is acknowledged, as Linux does; the `rfc` preset has L = 1 (RFC 5681)",
        ),
        tested(
            "4.3",
            "While all TCP implementations are REQUIRED to take at least one RTT sample each round, implementations of HyStart++ are RECOMMENDED to take at least N_RTT_SAMPLE RTT samples [here one of each ACK]",
            &[
                "rfc_recovery/rfc6298::s3_at_least_one_measurement_a_round_trip",
                "rfc_recovery/rfc9406::s4_2_the_ack_that_ends_slow_start_still_counts_in_full",
            ],
        ),
        tested(
            "4.3",
            "The minimum value of CSS_GROWTH_DIVISOR MUST be at least 2",
            &["rfc_recovery/rfc9406::s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter"],
        ),
        tested(
            "4.3",
            "An implementation SHOULD use HyStart++ only for the initial slow start (when the ssthresh is at its initial value of arbitrarily high …) and fall back to using standard slow start for the remainder of the connection lifetime",
            &["rfc_recovery/rfc9406::s4_3_only_the_first_slow_start_uses_it"],
        ),
    ],
};
