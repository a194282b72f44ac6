//! RFC 5682: F-RTO, spurious time-outs found out.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 5682,
    title: "Forward RTO-Recovery (F-RTO)",
    read: "whole",
    note: "The SACK-enhanced algorithm; its scoreboard is reset at a time-out only where RFC 2018 is taken to the letter (the `rfc` preset, which has F-RTO off).",
    demands: &[
        apart(
            "2.1",
            "A TCP sender implementing the basic F-RTO algorithm MUST take the following steps after the retransmission timer expires",
            "a MAY, not taken: without SACK a time-out is answered conventionally",
        ),
        tested(
            "2.1",
            "The TCP sender SHOULD ignore such segments [that neither acknowledge new data nor are duplicates] and wait for a segment that either acknowledges new data or is a duplicate acknowledgment",
            &["rfc_recovery/rfc5682::s3_1_step_2_waits_for_the_acknowledgment_of_the_retransmission"],
        ),
        tested(
            "3.1",
            "If the sender applies the SACK-enhanced F-RTO algorithm, it MUST follow the steps below: [1] When the retransmission timer expires, retransmit the first unacknowledged segment",
            &["rfc_recovery/rfc5682::s3_1_an_ack_of_data_sent_once_shows_that_the_time_out_was_spurious"],
        ),
        tested(
            "3.1",
            "This algorithm SHOULD NOT be applied if the TCP sender is already in loss recovery when a retransmission timeout occurs",
            &["rfc_recovery/rfc5682::s3_1_not_while_an_earlier_recovery_is_under_way"],
        ),
        tested(
            "3.1",
            "If the retransmission timer expires again during the execution of the SACK-enhanced F-RTO algorithm, the TCP sender MUST re-start the algorithm processing from step 1",
            &[
                "rfc_recovery/rfc5682::s3_1_a_second_time_out_begins_it_anew",
                "rfc_recovery/rfc5682::s3_1_after_a_second_time_out_in_step_3_recovery_is_conventional",
            ],
        ),
        tested(
            "3.1",
            "[2] If duplicate ACKs arrive before the cumulative acknowledgment for retransmitted data, adjust the scoreboard according to the incoming SACK information. Stay in step 2 and wait for the next new acknowledgment",
            &["rfc_recovery/rfc5682::s3_1_step_2_waits_for_the_acknowledgment_of_the_retransmission"],
        ),
        tested(
            "3.1",
            "[2 a] If the Cumulative Acknowledgment field covers \"RecoveryPoint\" but not more than \"RecoveryPoint\", revert to the conventional RTO recovery and set the congestion window to no more than 2 * MSS",
            &["rfc_recovery/rfc5682::s3_1_step_2_a_all_acknowledged_at_once_is_no_sign"],
        ),
        tested(
            "3.1",
            "[2 b] if the Cumulative Acknowledgment field does not cover \"RecoveryPoint\" but is larger than SND.UNA, transmit up to two new (previously unsent) segments and proceed to step 3. If the TCP sender is not able to transmit any previously unsent data … refrain from entering step 3",
            &[
                "rfc_recovery/rfc5682::s3_1_step_2_b_sends_two_new_segments",
                "rfc_recovery/rfc5682::s3_1_step_2_b_without_new_data_recovery_is_conventional",
            ],
        ),
        tested(
            "3.1",
            "[3 a] If the Cumulative Acknowledgment field or the SACK information covers more than \"RecoveryPoint\", set the congestion window to no more than 3 * MSS and proceed with the conventional RTO recovery … Take this branch also when the acknowledgment is a duplicate ACK and it does not acknowledge any new, previously unacknowledged data",
            &[
                "rfc_recovery/rfc5682::s3_1_step_3_a_an_ack_of_what_was_sent_after_the_time_out_is_no_sign",
                "rfc_recovery/rfc5682::s3_1_step_3_a_a_repetition_is_no_sign",
                "rfc_recovery/rfc5682::s3_1_after_a_real_loss_nothing_is_undone",
            ],
        ),
        tested(
            "3.1",
            "[3 b] If the Cumulative Acknowledgment field or a SACK information in the ACK does not cover more than \"RecoveryPoint\" AND it acknowledges data that was not acknowledged earlier …, declare the timeout spurious",
            &[
                "rfc_recovery/rfc5682::s3_1_an_ack_of_data_sent_once_shows_that_the_time_out_was_spurious",
                "rfc_recovery/rfc5682::s3_1_step_3_b_sack_of_what_was_sent_before_counts_too",
            ],
        ),
        tested(
            "4",
            "If no specific response algorithm is implemented, the TCP SHOULD respond to spurious timeout conservatively [here: RFC 9438 section 4.9, what the time-out took is given back]",
            &["rfc_recovery/rfc5682::s3_1_an_ack_of_data_sent_once_shows_that_the_time_out_was_spurious"],
        ),
    ],
};
