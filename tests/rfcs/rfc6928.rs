//! RFC 6928: an initial window of ten.

use crate::demand::{Rfc, tested};
use crate::tcp_harness::*;
use framewire::tcp::Config;

pub const RFC: Rfc = Rfc {
    number: 6928,
    title: "Increasing TCP's Initial Window",
    note: "Experimental, and what Linux does.",
    demands: &[
        tested(
            "2",
            "the upper bound for the initial window will be min (10*MSS, max (2*MSS, 14600))",
            &[
                "rfc_recovery/rfc6928::s2_the_upper_bound_is_ten_segments_or_14600_octets",
                "section_2_ten_segments_go_in_the_first_round_trip",
            ],
        ),
        tested(
            "2",
            "Neither the SYN/ACK nor its ACK in the three-way handshake should increase the initial window size",
            &["rfc_recovery/rfc6928::s2_the_ack_of_the_syn_does_not_open_the_window_further"],
        ),
        tested(
            "2",
            "(RFC 3390) If the SYN or SYN/ACK is lost, the initial window used by a sender after a correctly transmitted SYN MUST be one segment",
            &["rfc_recovery/rfc6928::s2_after_a_lost_syn_the_window_begins_with_one_segment"],
        ),
        tested(
            "2",
            "the loss window … must remain 1 segment of MSS bytes",
            &["rfc_recovery/rfc6928::s2_the_loss_window_stays_one_segment"],
        ),
        tested(
            "2",
            "Implementations must also follow RFC 6298 in order to avoid spurious RTO",
            &["rfc6298::section_5_no_segment_goes_again_before_its_time"],
        ),
    ],
};

#[test]
fn section_2_ten_segments_go_in_the_first_round_trip() {
    for config in [Config::linux(), Config::rfc()] {
        let mut pair = Pair::established(config, ms(50));
        pair.send(0, &[0; 60_000]).unwrap();
        let sizes: Vec<_> = pair.sent_by(0).iter().map(|sent| sent.payload.len()).collect();
        assert!(sizes.len() == 10 && sizes.iter().sum::<usize>() <= 14_600, "{sizes:?}");
    }
}
