//! RFC 7661: validation of a window that is not used.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 7661,
    title: "Updating TCP to Support Rate-Limited Traffic",
    read: "whole",
    note: "Experimental; on in the `rfc` preset.",
    demands: &[
        tested(
            "4.2",
            "[A sender] SHOULD perform a pipeACK sample at least once per RTT … The value of the pipeACK variable MUST NOT exceed the maximum (highest value) within the pipeACK Sampling Period … Max(3*RTT, 1 second)",
            &[
                "rfc_recovery/rfc7661::s4_2_half_the_window_in_use_validates_it",
                "rfc_recovery/rfc7661::s4_4_1_loss_falls_back_to_what_was_in_use",
            ],
        ),
        tested(
            "4.2",
            "The pipeACK variable MUST NOT be updated during TCP Fast Recovery",
            &["rfc_recovery/rfc7661::s4_4_1_what_was_lost_is_taken_off_before_halving"],
        ),
        tested(
            "4.3",
            "Validated phase: pipeACK >=(1/2)*cwnd, or pipeACK is undefined … the standard methods are used to increase cwnd",
            &["rfc_recovery/rfc7661::s4_2_half_the_window_in_use_validates_it"],
        ),
        tested(
            "4.4",
            "A TCP sender implementing this specification MUST enter the non-validated phase when the pipeACK is less than (1/2)*cwnd … A sender that is not cwnd-limited MUST NOT increase the cwnd when ACK packets are received in this phase",
            &[
                "rfc_recovery/rfc7661::s4_3_a_window_that_is_not_used_does_not_grow",
                "rfc_recovery/rfc7661::s4_3_but_it_stays_for_bursts_to_come",
            ],
        ),
        tested(
            "4.4",
            "The NVP SHOULD NOT exceed five minutes",
            &["rfc_recovery/rfc7661::s4_4_2_after_five_minutes_it_is_halved"],
        ),
        tested(
            "4.4",
            "If the sender receives an indication of congestion while in the non-validated phase …, the sender MUST exit the non-validated phase",
            &["rfc_recovery/rfc7661::s4_4_1_what_was_lost_is_taken_off_before_halving"],
        ),
        tested(
            "4.4",
            "If the Retransmission Timeout (RTO) expires while in the non-validated phase, the sender MUST exit the non-validated phase. It then resumes using the standard TCP RTO mechanism",
            &["rfc_recovery/rfc7661::s4_4_a_time_out_is_answered_as_always"],
        ),
        tested(
            "4.4",
            "A sender with a pipeACK variable greater than (1/2)*cwnd SHOULD enter the validated phase",
            &["rfc_recovery/rfc7661::s4_2_half_the_window_in_use_validates_it"],
        ),
        tested(
            "4.4.1",
            "A sender that detects a packet drop MUST record the current FlightSize in the variable LossFlightSize and MUST calculate a safe cwnd for loss recovery using the method below: cwnd = (Max(pipeACK,LossFlightSize))/2",
            &["rfc_recovery/rfc7661::s4_4_1_loss_falls_back_to_what_was_in_use"],
        ),
        tested(
            "4.4.1",
            "At the end of the recovery phase, the TCP sender MUST reset the cwnd using the method below: cwnd = (Max(pipeACK,LossFlightSize) - R)/2 … The calculated cwnd value MUST NOT be reduced below 1 TCP Maximum Segment Size (MSS)",
            &["rfc_recovery/rfc7661::s4_4_1_what_was_lost_is_taken_off_before_halving"],
        ),
        tested(
            "4.4.1",
            "After completing the loss recovery phase, the sender MUST re-initialise the pipeACK variable to the \"undefined\" value … the ssthresh a value equal to cwnd at the end of the loss recovery",
            &["rfc_recovery/rfc7661::s4_4_1_what_was_lost_is_taken_off_before_halving"],
        ),
        apart(
            "4.4.2",
            "A TCP sender in the non-validated phase SHOULD control the maximum burst size",
            "a should, not taken: bursts are what the figures are to show; nothing is paced",
        ),
        tested(
            "4.4.3",
            "If the sender exits the non-validated phase after this period, it MUST update the ssthresh: ssthresh = max(ssthresh, 3*cwnd/4) … The sender MUST then update cwnd to be not greater than: cwnd = max((1/2)*cwnd, IW)",
            &[
                "rfc_recovery/rfc7661::s4_4_2_after_five_minutes_it_is_halved",
                "rfc_recovery/rfc7661::s4_4_3_the_threshold_remembers_three_quarters",
            ],
        ),
    ],
};
