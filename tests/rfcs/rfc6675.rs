//! RFC 6675: loss recovery from SACK.

use crate::demand::{Rfc, tested};

pub const RFC: Rfc = Rfc {
    number: 6675,
    title: "A Conservative Loss Recovery Algorithm Based on Selective Acknowledgment (SACK) for TCP",
    read: "whole",
    note: "Used where RACK is switched off.",
    demands: &[
        tested(
            "2",
            "an ACK which carries new SACK data is counted as a duplicate acknowledgment under this definition even if it carries new data, changes the advertised window, or moves the cumulative acknowledgment point",
            &[
                "rfc_recovery/rfc6675::s2_a_duplicate_ack_brings_new_sack_information",
                "rfc_recovery/rfc6675::s2_an_ack_that_advances_and_brings_new_blocks_is_a_duplicate_too",
            ],
        ),
        tested(
            "3",
            "[the TCP sender] must keep a data structure to store incoming selective acknowledgment information on a per connection basis",
            &["src/tcp/sack/model::the_scoreboard_agrees_with_octets"],
        ),
        tested(
            "4",
            "SACK information is advisory and therefore SACKed data MUST NOT be removed from the TCP's retransmission buffer until the data is cumulatively acknowledged",
            &[
                "rfc2018::section_8_what_was_sacked_can_still_be_sent_again",
                "rfc_recovery/rfc2018::s8_sacked_data_are_kept_until_acknowledged",
            ],
        ),
        tested(
            "4",
            "[IsLost] returns true when either DupThresh discontiguous SACKed sequences have arrived above 'SeqNum' or more than (DupThresh - 1) * SMSS bytes with sequence numbers greater than 'SeqNum' have been SACKed",
            &[
                "rfc_recovery/rfc6675::s4_is_lost_below_three_separate_ranges",
                "rfc_recovery/rfc6675::s4_is_lost_below_more_than_two_segments_of_sacked_octets",
            ],
        ),
        tested(
            "4",
            "This routine traverses the sequence space from HighACK to HighData and MUST set the \"pipe\" variable to an estimate of the number of octets that are currently in transit between the TCP sender and the TCP receiver",
            &[
                "rfc_recovery/rfc6675::s4_pipe_counts_what_is_in_the_network",
                "src/tcp/sack/model::the_scoreboard_agrees_with_octets",
            ],
        ),
        tested(
            "4",
            "NextSeg () MUST return the sequence number range of the next segment that is to be transmitted … (1) If there exists a smallest unSACKed sequence number … the sequence range of one segment of up to SMSS octets starting with S2 MUST be returned",
            &["rfc_recovery/rfc6675::s4_next_seg_1_lost_segments_in_order_then_2_new_ones"],
        ),
        tested(
            "4",
            "(2) … the sequence range of one segment of up to SMSS octets of previously unsent data starting with sequence number HighData+1 MUST be returned",
            &["rfc_recovery/rfc6675::s4_next_seg_1_lost_segments_in_order_then_2_new_ones"],
        ),
        tested(
            "4",
            "(3) … one segment of up to SMSS octets starting with S3 SHOULD be returned",
            &["rfc_recovery/rfc6675::s4_next_seg_3_holes_not_yet_lost_when_there_is_nothing_new"],
        ),
        tested(
            "4",
            "(4) … we provide the opportunity for a single \"rescue\" retransmission per entry into loss recovery … one segment of up to SMSS octets that MUST include the highest outstanding unSACKed sequence number SHOULD be returned, and RescueRxt set to RecoveryPoint. HighRxt MUST NOT be updated",
            &["rfc_recovery/rfc6675::s4_next_seg_4_one_rescue_retransmission_of_the_tail"],
        ),
        tested(
            "4",
            "(5) If the conditions for each of (1), (2), (3), and (4) are not met, then NextSeg () MUST indicate failure",
            &["rfc_recovery/rfc6675::s4_next_seg_4_one_rescue_retransmission_of_the_tail"],
        ),
        tested(
            "5",
            "Upon the receipt of any ACK containing SACK information, the scoreboard MUST be updated via the Update () routine",
            &["src/tcp/sack/model::the_scoreboard_agrees_with_octets"],
        ),
        tested(
            "5",
            "If the incoming ACK is a cumulative acknowledgment, the TCP MUST reset DupAcks to zero",
            &["rfc_recovery/rfc6675::s5_a_cumulative_ack_resets_dup_acks"],
        ),
        tested(
            "5",
            "If the incoming ACK is a duplicate acknowledgment per the definition in Section 2 (regardless of its status as a cumulative acknowledgment), and the TCP is not currently in loss recovery, the TCP MUST increase DupAcks by one",
            &["rfc_recovery/rfc6675::s2_an_ack_that_advances_and_brings_new_blocks_is_a_duplicate_too"],
        ),
        tested(
            "5",
            "(1) If DupAcks >= DupThresh, go to step (4)",
            &["rfc_recovery/rfc6675::s5_step_1_three_small_duplicates_are_enough"],
        ),
        tested(
            "5",
            "(4.1) RecoveryPoint = HighData … (4.2) ssthresh = cwnd = (FlightSize / 2)",
            &["rfc_recovery/rfc6675::s5_recovery_sets_the_window_and_retransmits_first"],
        ),
        tested(
            "5",
            "(4.3) Retransmit the first data segment presumed dropped … To prevent repeated retransmission of the same data or a premature rescue retransmission, set both HighRxt and RescueRxt to the highest sequence number in the retransmitted segment",
            &[
                "rfc_recovery/rfc6675::s5_recovery_sets_the_window_and_retransmits_first",
                "rfc_recovery/rfc6675::s4_next_seg_4_one_rescue_retransmission_of_the_tail",
            ],
        ),
        tested(
            "5",
            "(A) An incoming cumulative ACK for a sequence number greater than RecoveryPoint signals the end of loss recovery, and the loss recovery phase MUST be terminated",
            &["rfc_recovery/rfc6675::s5_recovery_lasts_until_recovery_point"],
        ),
        tested(
            "5",
            "Any information contained in the scoreboard for sequence numbers greater than the new value of HighACK SHOULD NOT be cleared when leaving the loss recovery phase",
            &["src/tcp/sack/model::the_scoreboard_agrees_with_octets"],
        ),
        tested(
            "5",
            "(B) Upon receipt of an ACK that does not cover RecoveryPoint, the following actions MUST be taken [Update and SetPipe]",
            &[
                "rfc_recovery/rfc6675::s5_c_sends_while_cwnd_less_pipe_holds_a_segment",
                "rfc_recovery/rfc6675::s5_losses_of_one_window_reduce_it_once",
            ],
        ),
        tested(
            "5",
            "(C) If cwnd - pipe >= 1 SMSS, the sender SHOULD transmit one or more segments … (C.1) The scoreboard MUST be queried via NextSeg () … (C.2) … HighRxt MUST be set to the highest sequence number of the retransmitted segment unless NextSeg () rule (4) was invoked",
            &[
                "rfc_recovery/rfc6675::s5_c_sends_while_cwnd_less_pipe_holds_a_segment",
                "rfc_recovery/rfc6675::rfc_9937_figure_1_one_loss_in_twenty",
                "rfc_recovery/rfc6675::rfc_9937_figure_2_fifteen_losses_in_twenty",
            ],
        ),
        tested(
            "5.1",
            "a TCP sender MUST \"ignore prior SACK information in determining which data to retransmit\" [after an RTO, RFC 2018]",
            &["rfc2018::section_5_the_left_edge_goes_again_even_if_it_was_sacked"],
        ),
        tested(
            "5.1",
            "a SACK TCP sender SHOULD utilize all SACK information made available during the loss recovery following an RTO",
            &["rfc_recovery/rfc6675::s5_1_after_a_time_out_what_was_sacked_is_not_sent_again"],
        ),
        tested(
            "5.1",
            "If an RTO occurs during loss recovery as specified in this document, RecoveryPoint MUST be set to HighData. Further, the new value of RecoveryPoint MUST be preserved and the loss recovery algorithm outlined in this document MUST be terminated. In addition, a new recovery phase … MUST NOT be initiated until HighACK is greater than or equal to the new value of RecoveryPoint",
            &["rfc_recovery/rfc6675::s5_1_after_a_time_out_no_new_recovery_before_recovery_point"],
        ),
        tested(
            "5.1",
            "a TCP sender SHOULD use this SACK information when determining what data should be sent in each segment following an RTO",
            &["rfc_recovery/rfc6675::s5_1_after_a_time_out_what_was_sacked_is_not_sent_again"],
        ),
    ],
};
