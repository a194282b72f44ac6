//! RFC 9438: CUBIC.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 9438,
    title: "CUBIC for Fast and Long-Distance Networks",
    read: "its last draft whole, sections 4.2 to 4.10 in the RFC",
    note: "",
    demands: &[
        tested(
            "4.2",
            "The elapsed time t in Figure 1 MUST NOT include periods during which cwnd has not been updated due to application-limited behavior",
            &[
                "rfc_recovery/rfc9438::s4_2_time_that_the_window_was_not_filled_does_not_count",
                "rfc_recovery/rfc9438::s4_2_an_idle_time_after_a_full_window_does_not_count",
            ],
        ),
        tested(
            "4.3",
            "CUBIC checks whether W_cubic(t) is less than W_est. If so, CUBIC is in the Reno-friendly region and cwnd SHOULD be set to W_est at each reception of a new ACK",
            &["rfc_recovery/rfc9438::s4_3_a_short_round_trip_grows_at_least_as_reno_on_average"],
        ),
        tested(
            "4.3",
            "Once W_est has grown to reach the cwnd at the time of most recently setting ssthresh -- that is, W_est >= cwnd_prior -- the sender SHOULD set α_cubic to 1",
            &["rfc_recovery/rfc9438::s4_3_beyond_the_window_before_the_loss_it_grows_like_reno"],
        ),
        tested(
            "4.4",
            "In this region [concave], cwnd MUST be incremented by (target - cwnd) / cwnd for each received new ACK [here for each segment that it acknowledges, so that a delayed ACK counts for two, as in Linux]",
            &["src/tcp/congestion/cubic::the_window_follows_the_formula"],
        ),
        tested(
            "4.5",
            "In this region [convex], cwnd MUST be incremented by (target - cwnd) / cwnd for each received new ACK",
            &["src/tcp/congestion/cubic::the_window_follows_the_formula"],
        ),
        tested(
            "4.6",
            "In the case of packet loss, the sender MUST reduce cwnd and ssthresh immediately upon entering loss recovery",
            &["rfc_recovery/rfc9438::s4_6_loss_leaves_seven_tenths"],
        ),
        tested(
            "4.6",
            "The parameter β_cubic SHOULD be set to 0.7",
            &[
                "rfc_recovery/rfc9438::s4_6_loss_leaves_seven_tenths",
                "rfc_recovery/rfc9438::s4_6_ssthresh_is_at_least_two_segments",
            ],
        ),
        tested(
            "4.6",
            "[Figure 5] cwnd = max(ssthresh, 2), reduction on loss; max(ssthresh, 1), reduction on ECE; ssthresh = max(ssthresh, 2)",
            &["rfc_recovery/rfc9438::s4_6_a_mark_leaves_seven_tenths_down_to_one_segment_a_loss_two"],
        ),
        apart(
            "4.6",
            "Implementations that use cwnd [instead of flight_size] MUST use other measures to prevent cwnd from growing when the volume of bytes in flight is smaller than cwnd",
            "flight_size is used",
        ),
        apart("4.6", "A QUIC sender … is REQUIRED to apply similar mechanisms", "there is no QUIC here"),
        tested(
            "4.6",
            "CUBIC MUST continue to reduce cwnd in response to congestion events detected by ECN-Echo ACKs until it reaches a value of 1 SMSS",
            &["rfc_recovery/rfc9438::s4_6_marks_take_the_window_down_to_one_segment"],
        ),
        tested(
            "4.6",
            "If congestion events indicated by ECN-Echo ACKs persist, a sender with a cwnd of 1 SMSS MUST reduce its sending rate even further",
            &[
                "rfc_recovery/rfc9438::s4_6_marks_take_the_window_down_to_one_segment",
                "rfc_recovery/rfc3168::s6_1_2_with_one_segment_new_data_wait_for_the_timer",
            ],
        ),
        tested(
            "4.7",
            "the following fast convergence mechanism SHOULD be implemented",
            &["rfc_recovery/rfc9438::s4_7_fast_convergence_gives_room_when_the_window_shrinks"],
        ),
        apart(
            "4.7",
            "In network environments with only a single CUBIC flow and without any other traffic, fast convergence SHOULD be disabled",
            "a sender cannot know; `CongestionConfig::fast_convergence` switches it off",
        ),
        tested(
            "4.8",
            "CUBIC follows Reno to reduce cwnd but sets ssthresh using β_cubic",
            &["rfc_recovery/rfc9438::s4_8_a_time_out_leaves_one_segment_and_a_new_epoch"],
        ),
        tested(
            "4.8",
            "During the first congestion avoidance stage after a timeout … K is set to 0, and W_max is set to the congestion window size at the beginning of the current congestion avoidance stage. … W_est SHOULD be set to the congestion window size at the beginning of the current congestion avoidance stage",
            &["rfc_recovery/rfc9438::s4_8_a_time_out_leaves_one_segment_and_a_new_epoch"],
        ),
        tested(
            "4.9.2",
            "when … the current cwnd is already higher than cwnd_prior, CUBIC SHOULD continue to use the current and the most recent values of these variables",
            &["rfc_recovery/rfc9438::s4_9_2_a_window_that_has_grown_beyond_the_old_one_stays"],
        ),
        tested(
            "4.10",
            "When cwnd is no more than ssthresh, CUBIC MUST employ a slow start algorithm",
            &["rfc_recovery/rfc9438::s4_10_slow_start_comes_first"],
        ),
        tested(
            "4.10",
            "In general, CUBIC SHOULD use the HyStart++ slow start algorithm",
            &["rfc_recovery/rfc9438::s4_10_after_hystart_the_plateau_is_where_slow_start_ended"],
        ),
        tested(
            "4.10",
            "[after HyStart++] CUBIC sets cwnd_prior = cwnd and switches to congestion avoidance … K is set to 0, and W_max is set to the congestion window size at the beginning of the current congestion avoidance stage",
            &["rfc_recovery/rfc9438::s4_10_after_hystart_the_plateau_is_where_slow_start_ended"],
        ),
        tested(
            "5.1",
            "C SHOULD be set to 0.4",
            &[
                "rfc_recovery/rfc9438::s4_2_k_is_the_time_until_w_max",
                "src/tcp/congestion/cubic::the_window_follows_the_formula",
            ],
        ),
    ],
};
