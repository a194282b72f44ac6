//! RFC 6582: NewReno.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::{Config, CongestionAlgorithm, InitialWindow};

pub const RFC: Rfc = Rfc {
    number: 6582,
    title: "The NewReno Modification to TCP's Fast Recovery Algorithm",
    read: "whole",
    note: "It avoids the key words on purpose (section 3.2); these are its steps.",
    demands: &[
        tested(
            "3.2",
            "1) … the variable recover is set to the initial send sequence number",
            &["section_3_2_the_first_flight_may_be_recovered"],
        ),
        tested(
            "3.2",
            "2) … When the third duplicate ACK is received, the TCP sender first checks the value of recover to see if the Cumulative Acknowledgment field covers more than recover. [If so, fast retransmit]",
            &["rfc_recovery/rfc6582::s3_2_step_1_duplicates_of_an_earlier_recovery_start_none"],
        ),
        tested(
            "3.2",
            "3) Full acknowledgments … set cwnd to either (1) min (ssthresh, max(FlightSize, SMSS) + SMSS) or (2) ssthresh … Exit the fast recovery procedure",
            &["rfc_recovery/rfc6582::s3_2_step_3_a_full_ack_ends_recovery_without_a_burst"],
        ),
        tested(
            "3.2",
            "Partial acknowledgments … retransmit the first unacknowledged segment. Deflate the congestion window by the amount of new data acknowledged by the Cumulative Acknowledgment field. If the partial ACK acknowledges at least one SMSS of new data, then add back SMSS bytes to the congestion window … Do not exit the fast recovery procedure",
            &[
                "rfc_recovery/rfc6582::s3_2_step_3_a_partial_ack_retransmits_the_next_and_deflates",
                "section_3_2_each_loss_of_a_window_costs_one_round_trip",
            ],
        ),
        tested(
            "3.2",
            "For the first partial ACK that arrives during fast recovery, also reset the retransmit timer",
            &["rfc_recovery/rfc6582::s3_2_step_3_only_the_first_partial_ack_restarts_the_timer"],
        ),
        tested(
            "3.2",
            "4) … After a retransmit timeout, record the highest sequence number transmitted in the variable recover, and exit the fast recovery procedure if applicable",
            &[
                "rfc_recovery/rfc6582::s3_2_step_4_after_a_time_out_no_fast_retransmit_before_recover_is_passed",
            ],
        ),
        tested(
            "4",
            "In this case [segments sent again that the receiver had], the duplicate acknowledgments are not an indication of a new instance of congestion",
            &["rfc_recovery/rfc6582::s4_two_losses_in_one_window_reduce_it_once"],
        ),
    ],
};

/// Ten segments of which these vanish once, without SACK.
fn without(lost: &'static [usize]) -> Pair {
    let mut config = Config { congestion: CongestionAlgorithm::Reno, ..bare() };
    config.personality.initial_window = InitialWindow::Segments(10);
    let mut pair = Pair::established(config, ms(50));
    let mut count = 0;
    pair.filter = Some(Box::new(move |sent| {
        let text = sent.from == 0 && !sent.payload.is_empty();
        count += usize::from(text);
        !(text && lost.contains(&count))
    }));
    pair.send(0, &[0; 14_600]).unwrap();
    pair
}

#[test]
fn section_3_2_the_first_flight_may_be_recovered() {
    let mut pair = without(&[1]);
    pair.run_for(ms(900));
    assert!(pair.probes[0].rules.contains(&Rule::FastRetransmit));
    assert!(!pair.probes[0].rules.contains(&Rule::RtoExpired));
    assert_eq!(pair.recv(1, 20_000).unwrap().len(), 14_600);
}

#[test]
fn section_3_2_each_loss_of_a_window_costs_one_round_trip() {
    // Three losses: found 100 ms after they were sent, repaired one by one, all within the RTO of a second.
    let mut pair = without(&[1, 3, 5]);
    let first = pair.sent_by(0)[0].header.seq;
    pair.run_for(ms(700));
    let again: Vec<_> = pair
        .sent_by(0)
        .into_iter()
        .filter(|sent| sent.retransmission)
        .map(|sent| (sent.at.as_nanos() / 1_000_000, sent.header.seq.distance_from(first) / 1460))
        .collect();
    let start = again[0].0;
    assert_eq!(again, [(start, 0), (start + 100, 2), (start + 200, 4)], "{}", pair.table());
    assert_eq!(pair.recv(1, 20_000).unwrap().len(), 14_600);
    let lowered = pair.probes[0].changes.iter().filter(|change| change.1 == Var::Ssthresh).count();
    assert_eq!(lowered, 1, "one reduction for one window");
}
