//! RFC 6928: an initial window of ten.

use crate::demand::{Rfc, apart, tested};
use crate::tcp_harness::*;
use framewire::tcp::Config;

pub const RFC: Rfc = Rfc {
    number: 6928,
    title: "Increasing TCP's Initial Window",
    read: "but for the experiments (sections 4 to 7, 10, 11)",
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
            "[RFC 3390:] If the SYN or SYN/ACK is lost, the initial window used by a sender after a correctly transmitted SYN MUST be one segment consisting of MSS bytes",
            &[
                "rfc_recovery/rfc6928::s2_after_two_lost_syns_the_window_begins_with_one_segment",
                "rfc_recovery/rfc5681::s3_1_after_a_lost_syn_the_initial_window_is_one_segment",
            ],
        ),
        tested(
            "2",
            "it is RECOMMENDED that implementations refrain from resetting the initial window to 1 segment, unless there have been more than one SYN or SYN/ACK retransmissions or true loss detection has been made",
            &["rfc_recovery/rfc6928::s2_after_two_lost_syns_the_window_begins_with_one_segment"],
        ),
        tested(
            "2",
            "These changes do NOT change the loss window, which must remain 1 segment of MSS bytes",
            &["rfc_recovery/rfc6928::s2_the_loss_window_stays_one_segment"],
        ),
        apart(
            "2",
            "implementations SHOULD fall back to RFC 3390 for the restart window (RW) if any packet loss is detected during either the initial window or a restart window, and more than 4 KB of data is sent",
            "not taken, as in Linux: the restart window is min (IW, cwnd) (RFC 5681 section 4.1)",
        ),
        tested(
            "9",
            "implementations MUST follow RFC 6298 [RFC6298] to restart the retransmission timer with the current value of RTO for each ACK received that acknowledges new data",
            &[
                "rfc6298::section_5_the_timer_starts_restarts_and_stops",
                "rfc6298::section_5_no_segment_goes_again_before_its_time",
            ],
        ),
        apart(
            "12",
            "An increased initial window MUST NOT be turned on by default on systems without such monitoring capabilities",
            "the `linux` preset plays a system that has it on; an emulated network harms nobody",
        ),
        apart(
            "12",
            "The sender SHOULD cache such information about connection setups using an initial window larger than allowed by RFC 3390, and new connections SHOULD fall back to the initial window allowed by RFC 3390 if there is evidence of performance issues",
            "not taken, as in Linux: connections remember nothing of each other",
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
