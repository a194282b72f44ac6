//! RFC 9937: proportional rate reduction, which replaces RFC 6937.

use crate::demand::{Rfc, tested};

pub const RFC: Rfc = Rfc {
    number: 9937,
    title: "Proportional Rate Reduction",
    note: "It obsoletes RFC 6937, whose two reduction bounds it joins: the slow start bound where an ACK is safe, the conservative one else.",
    demands: &[
        tested(
            "6.1",
            "at the start of recovery: prr_delivered = prr_out = 0, RecoverFS from the flight",
            &["rfc_recovery/rfc9937::s6_2_entering_recovery_retransmits_at_once"],
        ),
        tested(
            "6.2",
            "pipe > ssthresh: SndCnt = CEIL(prr_delivered * ssthresh / RecoverFS) - prr_out",
            &[
                "rfc_recovery/rfc9937::s6_2_sending_is_spread_over_the_recovery_at_about_the_reduced_rate",
                "src/tcp/recovery/prr::sends_no_more_than_was_delivered",
            ],
        ),
        tested(
            "6.2",
            "else the reduction bound: no more than was delivered, and one segment more where the ACK is safe",
            &[
                "rfc_recovery/rfc9937::s6_2_heavy_loss_sends_no_more_than_is_delivered_and_one",
                "src/tcp/recovery/prr::sends_no_more_than_was_delivered",
            ],
        ),
        tested(
            "6.2",
            "a fast retransmit is sent upon entering recovery",
            &["rfc_recovery/rfc9937::s6_2_entering_recovery_retransmits_at_once"],
        ),
        tested(
            "6.4",
            "at the end of recovery cwnd = ssthresh",
            &["rfc_recovery/rfc9937::s6_4_at_the_end_the_window_is_ssthresh"],
        ),
    ],
};
