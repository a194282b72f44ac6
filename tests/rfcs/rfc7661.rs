//! RFC 7661: validation of a window that is not used.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 7661,
    title: "Updating TCP to Support Rate-Limited Traffic",
    note: "Experimental; on in the `rfc` preset.",
    demands: &[
        tested(
            "4.2",
            "Validated phase: pipeACK >= (1/2)*cwnd, or pipeACK is undefined",
            &["rfc_recovery/rfc7661::s4_2_half_the_window_in_use_validates_it"],
        ),
        tested(
            "4.3",
            "Non-validated phase: cwnd is preserved, and not increased",
            &[
                "rfc_recovery/rfc7661::s4_3_a_window_that_is_not_used_does_not_grow",
                "rfc_recovery/rfc7661::s4_3_but_it_stays_for_bursts_to_come",
            ],
        ),
        tested(
            "4.4.1",
            "On congestion in the non-validated phase: from Max(pipeACK, LossFlightSize), halved",
            &["rfc_recovery/rfc7661::s4_4_1_loss_falls_back_to_what_was_in_use"],
        ),
        tested(
            "4.4.1",
            "At the end of recovery cwnd is reset to (Max(pipeACK, LossFlightSize) - R)/2, R being the volume of data successfully retransmitted, and never below one segment",
            &["rfc_recovery/rfc7661::s4_4_1_what_was_lost_is_taken_off_before_halving"],
        ),
        tested(
            "4.4.1",
            "After completing the loss recovery phase, pipeACK is undefined again",
            &["rfc_recovery/rfc7661::s4_4_1_what_was_lost_is_taken_off_before_halving"],
        ),
        apart(
            "4.4.2",
            "a sender should control the maximum burst when it resumes",
            "a should, not taken: bursts are what the figures are to show; nothing is paced",
        ),
        tested(
            "4.4.3",
            "At the end of the non-validated period: ssthresh = max(ssthresh, 3*cwnd/4), cwnd = max(cwnd*1/2, IW)",
            &["rfc_recovery/rfc7661::s4_4_2_after_five_minutes_it_is_halved"],
        ),
        tested(
            "5",
            "the non-validated period is five minutes",
            &["rfc_recovery/rfc7661::s4_4_2_after_five_minutes_it_is_halved"],
        ),
    ],
};
