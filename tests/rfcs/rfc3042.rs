//! RFC 3042: limited transmit.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::probe::Var;
use framewire::tcp::{Config, CongestionAlgorithm};

pub const RFC: Rfc = Rfc {
    number: 3042,
    title: "Enhancing TCP's Loss Recovery Using Limited Transmit",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "2",
            "When a TCP sender has previously unsent data queued for transmission it SHOULD use the Limited Transmit algorithm … transmit new data upon the arrival of the first two consecutive duplicate ACKs when … The receiver's advertised window allows the transmission of the segment … The amount of outstanding data would remain less than or equal to the congestion window plus 2 segments",
            &[
                "rfc_recovery/rfc3042::s2_each_of_the_first_two_duplicates_lets_one_new_segment_out",
                "section_2_two_segments_and_no_more_and_none_beyond_the_window",
            ],
        ),
        tested(
            "2",
            "The congestion window (cwnd) MUST NOT be changed when these new segments are transmitted",
            &[
                "section_2_two_segments_and_no_more_and_none_beyond_the_window",
                "rfc_recovery/rfc3042::s2_each_of_the_first_two_duplicates_lets_one_new_segment_out",
            ],
        ),
        tested(
            "2",
            "If the connection is using selective acknowledgments …, the data sender MUST NOT send new segments in response to duplicate ACKs that contain no new SACK information",
            &["rfc_recovery/rfc3042::s2_with_sack_a_duplicate_without_new_blocks_lets_nothing_out"],
        ),
    ],
};

#[test]
fn section_2_two_segments_and_no_more_and_none_beyond_the_window() {
    for (window, wanted) in [(60_000, [1, 1, 0]), (4 * 1460, [0, 0, 0])] {
        let mut config = Config { congestion: CongestionAlgorithm::Reno, ..bare() };
        config.features.fast_retransmit = false; // the third changes nothing either
        config.features.limited_transmit = true;
        config.personality.initial_window = framewire::tcp::InitialWindow::Segments(4);
        config.send_buffer = Some(100_000);
        let mut pair = Pair::established(config, ms(10));
        cut(&mut pair);
        // The peer offers this much.
        pair.inject(0, framewire::packet::TcpHeader { window, ..next_to(&pair, 0) }, &[]);
        pair.send(0, &[0; 50_000]).unwrap();
        assert_eq!(pair.sent_by(0).len(), 4);
        let duplicate = framewire::packet::TcpHeader { window, ..next_to(&pair, 0) };
        let cwnd = var(&pair, 0, Var::Cwnd);
        for new in wanted {
            let before = pair.log.len();
            pair.inject(0, duplicate, &[]);
            assert_eq!(pair.log.len() - before, new, "window {window}");
            assert_eq!(var(&pair, 0, Var::Cwnd), cwnd);
        }
    }
}
