//! RFC 9406: HyStart++.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 9406,
    title: "HyStart++: Modified Slow Start for TCP",
    note: "",
    demands: &[
        tested(
            "4.2",
            "windowEnd … when windowEnd is ACKed, the current round ends and windowEnd is set to SND.NXT",
            &[
                "rfc_recovery/rfc9406::s4_2_a_constant_round_trip_leaves_slow_start_alone",
                "rfc_recovery/rfc9406::s4_2_after_five_conservative_rounds_slow_start_is_over",
            ],
        ),
        tested(
            "4.2",
            "RttThresh = max(MIN_RTT_THRESH, min(lastRoundMinRTT / MIN_RTT_DIVISOR, MAX_RTT_THRESH)); currentRoundMinRTT >= lastRoundMinRTT + RttThresh: exit slow start and enter CSS",
            &[
                "rfc_recovery/rfc9406::s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter",
                "rfc_recovery/rfc9406::s4_2_a_rise_below_the_threshold_does_not",
            ],
        ),
        tested(
            "4.2",
            "in CSS: cwnd = cwnd + (min(N, L * SMSS) / CSS_GROWTH_DIVISOR)",
            &["rfc_recovery/rfc9406::s4_2_a_rise_beyond_the_threshold_slows_growth_to_a_quarter"],
        ),
        tested(
            "4.2",
            "currentRoundMinRTT < cssBaselineMinRtt: resume slow start including HyStart++",
            &["rfc_recovery/rfc9406::s4_2_a_rise_that_passes_resumes_slow_start"],
        ),
        tested(
            "4.2",
            "If CSS_ROUNDS rounds are complete, enter congestion avoidance by setting the ssthresh to the current cwnd",
            &["rfc_recovery/rfc9406::s4_2_after_five_conservative_rounds_slow_start_is_over"],
        ),
        tested(
            "4.2",
            "If loss or Explicit Congestion Notification (ECN) marking is observed at any time during standard slow start or CSS, enter congestion avoidance",
            &["rfc_recovery/rfc9406::s4_3_only_the_first_slow_start_uses_it"],
        ),
        tested(
            "4.3",
            "An implementation SHOULD use HyStart++ only for the initial slow start",
            &["rfc_recovery/rfc9406::s4_3_only_the_first_slow_start_uses_it"],
        ),
        apart(
            "4.3",
            "a non-paced implementation SHOULD use L = 8",
            "the `linux` preset counts every octet that is acknowledged, as Linux does; the `rfc` preset has L = 1 (RFC 5681)",
        ),
    ],
};
