//! RFC 9438: CUBIC.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 9438,
    title: "CUBIC for Fast and Long-Distance Networks",
    note: "",
    demands: &[
        tested(
            "4.2",
            "The elapsed time t MUST NOT include periods during which cwnd has not been updated due to application-limited behavior",
            &["rfc_recovery/rfc9438::s4_2_time_that_the_window_was_not_filled_does_not_count"],
        ),
        tested(
            "4.3",
            "if W_cubic(t) is less than W_est …, cwnd SHOULD be set to W_est",
            &["rfc_recovery/rfc9438::s4_3_a_short_round_trip_grows_at_least_as_reno_on_average"],
        ),
        tested(
            "4.4",
            "[concave region] cwnd MUST be incremented by (target - cwnd) / cwnd for each received new ACK",
            &["src/tcp/congestion/cubic::the_window_follows_the_formula"],
        ),
        tested(
            "4.5",
            "[convex region] cwnd MUST be incremented by (target - cwnd) / cwnd for each received new ACK",
            &["src/tcp/congestion/cubic::the_window_follows_the_formula"],
        ),
        tested(
            "4.6",
            "In case of packet loss, the sender MUST reduce cwnd and ssthresh immediately upon entering loss recovery",
            &["rfc_recovery/rfc9438::s4_6_loss_leaves_seven_tenths"],
        ),
        apart(
            "4.6",
            "Implementations that use cwnd [instead of flight_size] MUST use other measures to prevent cwnd from growing when the volume of bytes in flight is smaller than cwnd",
            "flight_size is used",
        ),
        apart("4.6", "A QUIC sender … is REQUIRED to apply similar mechanisms", "there is no QUIC here"),
        tested(
            "4.6",
            "CUBIC MUST continue to reduce cwnd in response to congestion events due to ECN-Echo ACKs until it reaches a value of 1 SMSS",
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
            "Fast Convergence SHOULD be implemented",
            &["rfc_recovery/rfc9438::s4_7_fast_convergence_gives_room_when_the_window_shrinks"],
        ),
        tested(
            "4.8",
            "After a timeout: K is set to 0, and W_max is set to the congestion window size at the beginning of the current congestion avoidance stage",
            &["rfc_recovery/rfc9438::s4_8_a_time_out_leaves_one_segment_and_a_new_epoch"],
        ),
        tested(
            "4.10",
            "CUBIC MUST employ a slow-start algorithm, when cwnd is no more than ssthresh",
            &["rfc_recovery/rfc9438::s4_10_slow_start_comes_first"],
        ),
    ],
};
