//! RFC 9937: proportional rate reduction, which replaces RFC 6937.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 9937,
    title: "Proportional Rate Reduction (PRR)",
    read: "whole",
    note: "It obsoletes RFC 6937, whose two reduction bounds it joins: the slow start bound where an ACK is safe, the conservative one else.",
    demands: &[
        tested(
            "3",
            "a connection MUST NOT send data with a sequence number higher than the sum of SND.UNA and rwnd",
            &["rfc3042::section_2_two_segments_and_no_more_and_none_beyond_the_window"],
        ),
        tested(
            "3",
            "a connection MUST NOT send data if inflight … matches or exceeds cwnd",
            &[
                "rfc_recovery/rfc9937::figure_2_fifteen_losses_in_twenty",
                "rfc_recovery/rfc9937::figure_1_one_loss_in_twenty",
            ],
        ),
        tested(
            "5",
            "it is RECOMMENDED that PRR is implemented together with RACK-TLP loss recovery [the `linux` preset]",
            &["rfc_recovery/rfc8985::s6_2_a_lost_retransmission_is_found"],
        ),
        tested(
            "6.1",
            "At the beginning of a congestion control response episode initiated by the congestion control algorithm, a data sender using PRR MUST initialize the PRR state",
            &["rfc_recovery/rfc9937::s6_1_each_episode_begins_with_an_account_of_its_own"],
        ),
        tested(
            "6.2",
            "[inflight > ssthresh] out = DIV_ROUND_UP(prr_delivered * ssthresh, RecoverFS) SndCnt = out - prr_out",
            &[
                "rfc_recovery/rfc9937::figure_1_one_loss_in_twenty",
                "rfc_recovery/rfc9937::s6_2_sending_is_spread_over_the_recovery_at_about_the_reduced_rate",
                "src/tcp/recovery/prr::sends_no_more_than_was_delivered",
            ],
        ),
        tested(
            "6.2",
            "[else] SndCnt = MAX(prr_delivered - prr_out, DeliveredData) if (SafeACK) … SndCnt += SMSS … SndCnt = MIN(ssthresh - inflight, SndCnt)",
            &[
                "rfc_recovery/rfc9937::figure_2_fifteen_losses_in_twenty",
                "rfc_recovery/rfc9937::s6_2_heavy_loss_sends_no_more_than_is_delivered_and_one",
                "src/tcp/recovery/prr::sends_no_more_than_was_delivered",
            ],
        ),
        tested(
            "6.2",
            "Force a fast retransmit upon entering recovery [of a whole segment: where octets are counted SndCnt may be less than that at first]",
            &["rfc_recovery/rfc9937::s6_2_entering_recovery_retransmits_at_once"],
        ),
        tested(
            "6.2",
            "SACK-enabled connections using RACK-TLP loss detection … MUST calculate inflight by starting with SND.NXT - SND.UNA, subtracting out bytes SACKed in the scoreboard, subtracting out bytes marked lost in the scoreboard, and adding bytes in the scoreboard that have been retransmitted since they were last marked lost",
            &["src/tcp/sack/model::the_scoreboard_agrees_with_octets"],
        ),
        apart(
            "6.2",
            "For non-SACK-enabled connections, instead of subtracting out bytes SACKed in the SACK scoreboard, senders MUST subtract out: min(RecoverFS, 1 SMSS for each preceding duplicate ACK in the fast recovery episode)",
            "without SACK recovery is NewReno's (RFC 6582)",
        ),
        tested("6.3", "prr_out += (data sent)", &["rfc_recovery/rfc9937::figure_2_fifteen_losses_in_twenty"]),
        tested(
            "6.4",
            "On the completion of a PRR episode … cwnd = ssthresh",
            &["rfc_recovery/rfc9937::s6_4_at_the_end_the_window_is_ssthresh"],
        ),
        apart(
            "6.4",
            "It is RECOMMENDED that implementations use pacing to reduce the burstiness of data traffic",
            "not taken: nothing is paced, a figure shows each burst as the ACKs let it out",
        ),
    ],
};
