//! RFC 5681: congestion control.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::{Config, CongestionAlgorithm};

pub const RFC: Rfc = Rfc {
    number: 5681,
    title: "TCP Congestion Control",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "2",
            "a TCP MUST NOT send data with a sequence number higher than the sum of the highest acknowledged sequence number and the minimum of cwnd and rwnd",
            &[
                "section_3_1_no_more_than_cwnd_is_in_flight",
                "rfc3042::section_2_two_segments_and_no_more_and_none_beyond_the_window",
            ],
        ),
        tested(
            "3",
            "a TCP MUST NOT be more aggressive than the following algorithms allow (that is, MUST NOT send data when the value of cwnd computed by the following algorithms would not allow the data to be sent)",
            &["section_3_1_no_more_than_cwnd_is_in_flight"],
        ),
        tested(
            "3.1",
            "The slow start and congestion avoidance algorithms MUST be used by a TCP sender",
            &[
                "rfc9293/s3_8_1::slow_start_then_congestion_avoidance",
                "rfc_recovery/rfc5681::s3_1_congestion_avoidance_adds_one_segment_a_round_trip",
            ],
        ),
        tested(
            "3.1",
            "IW, the initial value of cwnd, MUST be set using the following guidelines as an upper bound [2, 3 or 4 segments, by SMSS; RFC 6928 allows ten]",
            &[
                "rfc_recovery/rfc5681::s3_1_the_initial_window_is_at_most_four_segments_and_falls_with_their_size",
            ],
        ),
        tested(
            "3.1",
            "the SYN/ACK and the acknowledgment of the SYN/ACK MUST NOT increase the size of the congestion window",
            &["rfc_recovery/rfc6928::s2_the_ack_of_the_syn_does_not_open_the_window_further"],
        ),
        tested(
            "3.1",
            "if the SYN or SYN/ACK is lost, the initial window used by a sender after a correctly transmitted SYN MUST be one segment",
            &["rfc_recovery/rfc5681::s3_1_after_a_lost_syn_the_initial_window_is_one_segment"],
        ),
        tested(
            "3.1",
            "When initial congestion windows of more than one segment are implemented along with Path MTU Discovery …, and the MSS being used is found to be too large, the congestion window cwnd SHOULD be reduced … by the ratio of the old segment size to the new segment size",
            &["section_3_1_the_window_keeps_its_number_of_segments_when_they_shrink"],
        ),
        tested(
            "3.1",
            "The initial value of ssthresh SHOULD be set arbitrarily high …, but ssthresh MUST be reduced in response to congestion",
            &[
                "section_3_2_three_duplicate_acks_retransmit_at_once",
                "rfc_recovery/rfc5681::s3_1_a_time_out_halves_ssthresh_and_leaves_one_segment",
            ],
        ),
        tested(
            "3.1",
            "During slow start, a TCP increments cwnd by at most SMSS bytes for each ACK received that cumulatively acknowledges new data",
            &[
                "rfc_recovery/rfc5681::s3_1_slow_start_adds_at_most_one_segment_for_each_ack",
                "rfc_recovery/rfc5681::s3_1_slow_start_counts_octets_so_that_split_acks_gain_nothing",
            ],
        ),
        tested(
            "3.1",
            "we RECOMMEND that TCP implementations increase cwnd, per: cwnd += min (N, SMSS)",
            &["rfc_recovery/rfc5681::s3_1_slow_start_counts_octets_so_that_split_acks_gain_nothing"],
        ),
        tested(
            "3.1",
            "[In congestion avoidance] SHOULD increment cwnd per equation (2) once per RTT … MUST NOT increment cwnd by more than SMSS bytes",
            &[
                "rfc_recovery/rfc5681::s3_1_congestion_avoidance_adds_one_segment_a_round_trip",
                "section_3_1_split_acks_gain_nothing_in_congestion_avoidance",
            ],
        ),
        tested(
            "3.1",
            "The RECOMMENDED way to increase cwnd during congestion avoidance is to count the number of bytes that have been acknowledged by ACKs for new data",
            &["section_3_1_split_acks_gain_nothing_in_congestion_avoidance"],
        ),
        tested(
            "3.1",
            "When a TCP sender detects segment loss using the retransmission timer and the given segment has not yet been resent by way of the retransmission timer, the value of ssthresh MUST be set to no more than the value given in equation (4): ssthresh = max (FlightSize / 2, 2*SMSS)",
            &[
                "rfc_recovery/rfc5681::s3_1_a_time_out_halves_ssthresh_and_leaves_one_segment",
                "rfc_recovery/rfc5681::s3_1_ssthresh_is_at_least_two_segments",
            ],
        ),
        tested(
            "3.1",
            "the given segment has already been retransmitted by way of the retransmission timer at least once, the value of ssthresh is held constant",
            &["rfc_recovery/rfc5681::s3_1_a_second_time_out_of_the_same_segment_leaves_ssthresh"],
        ),
        tested(
            "3.1",
            "upon a timeout … cwnd MUST be set to no more than the loss window, LW, which equals 1 full-sized segment",
            &["rfc_recovery/rfc5681::s3_1_a_time_out_halves_ssthresh_and_leaves_one_segment"],
        ),
        tested(
            "3.2",
            "A TCP receiver SHOULD send an immediate duplicate ACK when an out-of-order segment arrives … SHOULD send an immediate ACK when the incoming segment fills in all or part of a gap in the sequence space",
            &["section_4_2_at_most_one_ack_for_each_segment", "section_3_2_gaps_are_acknowledged_at_once"],
        ),
        tested(
            "3.2",
            "The TCP sender SHOULD use the \"fast retransmit\" algorithm to detect and repair loss, based on incoming duplicate ACKs",
            &["section_3_2_three_duplicate_acks_retransmit_at_once"],
        ),
        tested(
            "3.2",
            "On the first and second duplicate ACKs received at a sender, a TCP SHOULD send a segment of previously unsent data per [RFC3042] provided that the receiver's advertised window allows, the total FlightSize would remain less than or equal to cwnd plus 2*SMSS, and that new data is available for transmission",
            &["rfc3042::section_2_two_segments_and_no_more_and_none_beyond_the_window"],
        ),
        tested(
            "3.2",
            "the TCP sender MUST NOT change cwnd to reflect these two segments",
            &["rfc3042::section_2_two_segments_and_no_more_and_none_beyond_the_window"],
        ),
        tested(
            "3.2",
            "a sender using SACK … MUST NOT send new data unless the incoming duplicate acknowledgment contains new SACK information",
            &["rfc_recovery/rfc3042::s2_with_sack_a_duplicate_without_new_blocks_lets_nothing_out"],
        ),
        tested(
            "3.2",
            "When the third duplicate ACK is received, a TCP MUST set ssthresh to no more than the value given in equation (4)",
            &[
                "section_3_2_three_duplicate_acks_retransmit_at_once",
                "rfc_recovery/rfc5681::s3_2_three_duplicates_make_a_fast_retransmit",
            ],
        ),
        tested(
            "3.2",
            "additional data sent in limited transmit MUST NOT be included in this calculation",
            &["rfc_recovery/rfc3042::s2_the_segments_sent_do_not_count_when_ssthresh_is_set"],
        ),
        tested(
            "3.2",
            "The lost segment starting at SND.UNA MUST be retransmitted and cwnd set to ssthresh plus 3*SMSS",
            &["rfc_recovery/rfc5681::s3_2_three_duplicates_make_a_fast_retransmit"],
        ),
        tested(
            "3.2",
            "For each additional duplicate ACK received (after the third), cwnd MUST be incremented by SMSS",
            &["rfc_recovery/rfc5681::s3_2_three_duplicates_make_a_fast_retransmit"],
        ),
        tested(
            "3.2",
            "When previously unsent data is available and the new value of cwnd and the receiver's advertised window allow, a TCP SHOULD send 1*SMSS bytes of previously unsent data",
            &["rfc_recovery/rfc5681::s3_2_three_duplicates_make_a_fast_retransmit"],
        ),
        tested(
            "3.2",
            "When the next ACK arrives that acknowledges previously unacknowledged data, a TCP MUST set cwnd to ssthresh",
            &["rfc_recovery/rfc5681::s3_2_with_reno_the_first_ack_of_new_data_ends_recovery"],
        ),
        tested(
            "4.1",
            "a TCP SHOULD set cwnd to no more than RW before beginning transmission if the TCP has not sent data in an interval exceeding the retransmission timeout",
            &["rfc_recovery/rfc5681::s4_1_after_an_idle_rto_the_window_restarts"],
        ),
        tested(
            "4.2",
            "The delayed ACK algorithm specified in [RFC1122] SHOULD be used by a TCP receiver … an ACK SHOULD be generated for at least every second full-sized segment",
            &["rfc1122::section_4_2_3_2_every_second_full_segment_is_acknowledged"],
        ),
        tested(
            "4.2",
            "When using delayed ACKs, a TCP receiver MUST NOT excessively delay acknowledgments. Specifically, an ACK … MUST be generated within 500 ms of the arrival of the first unacknowledged packet",
            &["rfc1122::section_4_2_3_2_an_ack_is_delayed_by_less_than_half_a_second"],
        ),
        tested(
            "4.2",
            "Out-of-order data segments SHOULD be acknowledged immediately, in order to accelerate loss recovery",
            &["section_3_2_gaps_are_acknowledged_at_once"],
        ),
        tested(
            "4.2",
            "A TCP receiver MUST NOT generate more than one ACK for every incoming segment, other than to update the offered window",
            &["section_4_2_at_most_one_ack_for_each_segment"],
        ),
        tested(
            "4.3",
            "[advanced loss recovery:] when the first loss in a window of data is detected, ssthresh MUST be set to no more than the value given by equation (4)",
            &["rfc_recovery/rfc6675::s5_recovery_sets_the_window_and_retransmits_first"],
        ),
        tested(
            "4.3",
            "until all lost segments in the window of data in question are repaired, the number of segments transmitted in each RTT MUST be no more than half the number of outstanding segments when the loss was detected",
            &["section_4_3_recovery_sends_at_most_half_a_round_trip"],
        ),
        tested(
            "4.3",
            "after all loss in the given window of segments has been successfully retransmitted, cwnd MUST be set to no more than ssthresh and congestion avoidance MUST be used to further increase cwnd",
            &[
                "rfc_recovery/rfc9937::s6_4_at_the_end_the_window_is_ssthresh",
                "rfc_recovery/rfc6675::s5_recovery_lasts_until_recovery_point",
            ],
        ),
        tested(
            "4.3",
            "Loss in two successive windows of data, or the loss of a retransmission, should be taken as two indications of congestion and, therefore, cwnd (and ssthresh) MUST be lowered twice",
            &[
                "section_4_3_losses_in_two_windows_lower_it_twice",
                "rfc_recovery/rfc8985::s9_3_without_prr_a_lost_retransmission_reduces_the_window_again",
            ],
        ),
        tested(
            "4.3",
            "We RECOMMEND that TCP implementors employ some form of advanced loss recovery that can cope with multiple losses in a window of data",
            &[
                "rfc_recovery/rfc6675::s5_losses_of_one_window_reduce_it_once",
                "rfc6582::section_3_2_each_loss_of_a_window_costs_one_round_trip",
            ],
        ),
    ],
};

fn reno() -> Config {
    let mut config = Config { congestion: CongestionAlgorithm::Reno, ..bare() };
    config.send_buffer = Some(100_000);
    config
}

/// The client sends ten segments; the one at `lost` vanishes once.
fn with_one_lost(config: Config, lost: usize) -> Pair {
    let mut pair = Pair::established(config, ms(10));
    let mut count = 0;
    pair.filter = Some(Box::new(move |sent| {
        let text = sent.from == 0 && !sent.payload.is_empty();
        count += usize::from(text);
        !(text && count == lost + 1)
    }));
    pair.send(0, &[0; 14_600]).unwrap();
    pair
}

#[test]
fn section_3_2_three_duplicate_acks_retransmit_at_once() {
    let mut pair = with_one_lost(reno(), 2);
    let una = seq(&pair, 0, Var::SndUna);
    pair.run_for(ms(25));
    let again: Vec<_> = pair.sent_by(0).into_iter().filter(|s| s.retransmission).collect();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].header.seq, una + 2 * 1460);
    assert_eq!(again[0].rule, Rule::FastRetransmit);
    assert_eq!(var(&pair, 0, Var::Ssthresh), 5840, "half of the 8 segments in flight");
    pair.run_for(ms(500));
    assert_eq!(pair.recv(1, 20_000).unwrap().len(), 14_600);
}

#[test]
fn section_3_2_without_it_only_the_timer_repairs() {
    let mut config = reno();
    config.features.fast_retransmit = false;
    let mut pair = with_one_lost(config, 2);
    pair.run_for(ms(900));
    assert!(pair.sent_by(0).iter().all(|s| !s.retransmission));
    pair.run_for(secs(2));
    assert_eq!(pair.recv(1, 20_000).unwrap().len(), 14_600);
}

#[test]
fn section_4_2_gaps_are_acknowledged_at_once() {
    let mut pair = with_one_lost(reno(), 0);
    pair.run_for(ms(15));
    assert_eq!(pair.sent_by(1).len(), 9, "each of the nine behind the gap");
    pair.run_for(ms(15));
    let filled = pair.sent_by(1).last().unwrap().header.ack;
    assert_eq!(filled, seq(&pair, 1, Var::RcvNxt), "and the one that fills it");
}

#[test]
fn section_3_1_no_more_than_cwnd_is_in_flight() {
    let mut pair = Pair::established(reno(), ms(50));
    pair.send(0, &[0; 100_000]).unwrap();
    for _ in 0..200 {
        assert!(var(&pair, 0, Var::FlightSize) <= var(&pair, 0, Var::Cwnd));
        if !pair.step() {
            break;
        }
        let _ = pair.recv(1, 100_000);
    }
}

#[test]
fn section_3_1_split_acks_gain_nothing_in_congestion_avoidance() {
    let mut config = reno();
    config.personality.initial_window = framewire::tcp::InitialWindow::Segments(10);
    let mut pair = Pair::established(config, ms(10));
    // Out of slow start: the retransmission timer expires once, and the window grows to ssthresh again.
    cut(&mut pair);
    pair.send(0, &[0; 100_000]).unwrap();
    pair.run_for(ms(1500));
    mend(&mut pair);
    while var(&pair, 0, Var::Cwnd) < var(&pair, 0, Var::Ssthresh) {
        assert!(pair.step(), "{}", pair.table());
        let _ = pair.recv(1, 100_000);
    }
    // From here on by hand: what is in flight is acknowledged by the octet, a hundred ACKs for each segment.
    cut(&mut pair);
    let (before, mss) = (var(&pair, 0, Var::Cwnd), 1460);
    let (una, flight) = (seq(&pair, 0, Var::SndUna), var(&pair, 0, Var::FlightSize) as u32);
    for n in 1..=flight / 14 {
        let ack = framewire::packet::TcpHeader { ack: una + 14 * n, ..next_to(&pair, 0) };
        pair.inject(0, ack, &[]);
    }
    let grown = var(&pair, 0, Var::Cwnd) - before;
    assert!((0..=mss).contains(&grown), "{grown} octets in a round trip");
}

#[test]
fn section_4_2_at_most_one_ack_for_each_segment() {
    for delayed in [false, true] {
        let mut config = reno();
        config.features.delayed_ack = delayed;
        let mut pair = Pair::established(config, ms(10));
        pair.wire = Wire { loss: 0.1, duplication: 0.2, jitter: ms(5), ..Wire::perfect(ms(10)) };
        pair.send(0, &[0; 100_000]).unwrap();
        // Nobody reads: the window is never reopened, so every ACK answers a segment.
        let mut arrived = 0;
        for _ in 0..5000 {
            let before = pair.ends[1].vars();
            let acks = pair.sent_by(1).len();
            if !pair.step() {
                break;
            }
            arrived += usize::from(pair.ends[1].vars() != before);
            let new = pair.sent_by(1).len() - acks;
            // Several may arrive at one moment; the harness takes them one by one.
            assert!(new <= 3, "{new} ACKs in one step");
        }
        let text = pair.sent_by(0).len();
        assert!(pair.sent_by(1).len() <= 2 * text, "duplicates of the wire count as segments");
        assert!(arrived > 20);
    }
    // One segment at a time: in order, duplicate, beyond a gap, filling it, outside the window.
    let mut pair = Pair::established(reno(), ms(10));
    cut(&mut pair);
    let next = next_to(&pair, 1);
    for offset in [0_u32, 0, 200, 100, 300, 300, 5, 4_000_000] {
        let before = pair.sent_by(1).len();
        let header = framewire::packet::TcpHeader { seq: next.seq + offset, ..next };
        pair.inject(1, header, &[1; 100]);
        pair.run_for(secs(1));
        assert!(pair.sent_by(1).len() - before <= 1, "offset {offset}");
    }
}

/// The client has sent twenty segments, each acknowledged by itself; those in `lost` vanish once.
fn with_lost(sack: bool, lost: &'static [usize]) -> Pair {
    let mut config = reno();
    config.features.sack = sack;
    config.features.delayed_ack = false;
    config.personality.initial_window = framewire::tcp::InitialWindow::Segments(20);
    config.send_buffer = Some(400_000);
    config.receive_buffer = Some(400_000);
    config.features.window_scaling = true;
    let mut pair = Pair::established(config, ms(50));
    let mut count = 0;
    pair.filter = Some(Box::new(move |sent| {
        let text = sent.from == 0 && !sent.payload.is_empty();
        count += usize::from(text);
        !(text && lost.contains(&count))
    }));
    pair.send(0, &[0; 300_000]).unwrap();
    pair
}

#[test]
fn section_4_3_recovery_sends_at_most_half_a_round_trip() {
    for sack in [false, true] {
        let mut pair = with_lost(sack, &[1, 2]);
        while var(&pair, 0, Var::RecoveryPoint) == i64::MIN {
            assert!(pair.step());
        }
        let flight = var(&pair, 0, Var::FlightSize) / 1460;
        let (from, before) = (pair.now, pair.sent_by(0).len());
        pair.run_until(from + ms(100));
        let sent = (pair.sent_by(0).len() - before) as i64;
        assert!(sent > 0 && sent <= flight / 2 + 1, "SACK {sack}: {sent} of {flight}");
    }
}

#[test]
fn section_4_3_losses_in_two_windows_lower_it_twice() {
    for sack in [false, true] {
        // The first segment of the flight, and one of the next flight.
        let mut pair = with_lost(sack, &[1, 26]);
        pair.run_for(ms(1000));
        let lowered: Vec<_> = pair.probes[0]
            .changes
            .iter()
            .filter(|change| change.1 == Var::Ssthresh)
            .map(|change| (change.2, change.3))
            .collect();
        assert_eq!(lowered.len(), 2, "SACK {sack}: {lowered:?}\n{}", pair.table());
        assert!(lowered[1].1 < lowered[1].0, "{lowered:?}");
    }
}

#[test]
fn section_3_2_gaps_are_acknowledged_at_once() {
    let mut config = reno();
    config.features.delayed_ack = true;
    let mut pair = Pair::established(config, ms(10));
    cut(&mut pair);
    let next = next_to(&pair, 1);
    let acked = |pair: &mut Pair, at: u32| {
        let before = pair.sent_by(1).len();
        pair.inject(1, framewire::packet::TcpHeader { seq: next.seq + at, ..next }, &[0; 100]);
        (pair.sent_by(1).len() - before, last_of(pair, 1).header.ack - next.seq.0)
    };
    // Out of order twice, then what fills the first gap in part, then all of it, then the second.
    for (at, ack) in [(200, 0), (500, 0), (0, 100), (100, 300), (300, 400), (400, 600)] {
        let (acks, number) = acked(&mut pair, at);
        assert_eq!((acks, number), (1, framewire::seq::SeqNumber(ack)), "at {at}");
    }
}

#[test]
fn section_3_1_the_window_keeps_its_number_of_segments_when_they_shrink() {
    let mut pair = Pair::established(reno(), ms(10));
    cut(&mut pair);
    let (mss, cwnd) = (pair.ends[0].send_mss() as i64, var(&pair, 0, Var::Cwnd));
    pair.send(0, &[0; 30_000]).unwrap();
    let una = seq(&pair, 0, Var::SndUna);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, framewire::packet::Icmp::TooBig { mtu: 576 }, Some(una)));
    assert_eq!(pair.ends[0].send_mss(), 536);
    assert_eq!(var(&pair, 0, Var::Cwnd), cwnd * 536 / mss);
    assert_eq!(var(&pair, 0, Var::Ssthresh), i64::MIN, "no sign of congestion");
}
