//! RFC 5682: F-RTO, spurious time-outs found out.

use crate::demand::{Rfc, apart, tested};

pub const RFC: Rfc = Rfc {
    number: 5682,
    title: "Forward RTO-Recovery (F-RTO)",
    note: "With SACK and per-segment knowledge of what was retransmitted; the basic algorithm without SACK is not taken.",
    demands: &[
        tested(
            "3.1",
            "If the acknowledgment … covers data that was not retransmitted after the timeout, the timeout is spurious",
            &["rfc_recovery/rfc5682::s3_1_an_ack_of_data_sent_once_shows_that_the_time_out_was_spurious"],
        ),
        tested(
            "3.1",
            "otherwise conventional RTO recovery goes on",
            &["rfc_recovery/rfc5682::s3_1_after_a_real_loss_nothing_is_undone"],
        ),
        apart(
            "2.1",
            "the basic F-RTO algorithm without SACK",
            "not taken: without SACK a time-out is answered conventionally",
        ),
    ],
};
