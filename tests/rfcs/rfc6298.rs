//! RFC 6298: the retransmission timer.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::probe::{Timer, Var};
use framewire::time::Duration;

pub const RFC: Rfc = Rfc {
    number: 6298,
    title: "Computing TCP's Retransmission Timer",
    read: "whole",
    note: "The `rfc` preset keeps to the letter; the `linux` preset has the bounds that Linux has (at least 200 ms above SRTT).",
    demands: &[
        tested(
            "1",
            "a TCP MUST NOT be more aggressive than the following algorithms allow",
            &["section_5_no_segment_goes_again_before_its_time"],
        ),
        tested(
            "2",
            "(2.1) Until a round-trip time (RTT) measurement has been made …, the sender SHOULD set RTO <- 1 second",
            &[
                "section_2_1_the_first_rto_is_one_second",
                "rfc_recovery/rfc6298::s2_1_before_a_measurement_the_rto_is_one_second",
            ],
        ),
        tested(
            "2",
            "(2.2) When the first RTT measurement R is made, the host MUST set SRTT <- R, RTTVAR <- R/2, RTO <- SRTT + max (G, K*RTTVAR) where K = 4",
            &[
                "section_2_2_and_2_4_the_first_measurement_and_the_floor",
                "rfc_recovery/rfc6298::s2_2_the_first_measurement_sets_srtt_and_rttvar",
            ],
        ),
        tested(
            "2",
            "(2.3) When a subsequent RTT measurement R' is made, a host MUST set RTTVAR <- (1 - beta) * RTTVAR + beta * \\|SRTT - R'\\|, SRTT <- (1 - alpha) * SRTT + alpha * R'",
            &["rfc_recovery/rfc6298::s2_3_rttvar_is_updated_before_srtt"],
        ),
        tested(
            "2",
            "updating RTTVAR and SRTT MUST be computed in the above order",
            &["rfc_recovery/rfc6298::s2_3_rttvar_is_updated_before_srtt"],
        ),
        tested(
            "2",
            "The above SHOULD be computed using alpha=1/8 and beta=1/4 [shared out over the samples of a round trip by RFC 7323 appendix G]",
            &["rfc_recovery/rfc6298::s2_3_rttvar_is_updated_before_srtt"],
        ),
        tested(
            "2",
            "After the computation, a host MUST update RTO <- SRTT + max (G, K*RTTVAR)",
            &[
                "rfc_recovery/rfc6298::s2_3_rttvar_is_updated_before_srtt",
                "rfc_recovery/rfc6298::s2_3_the_variance_term_is_at_least_the_granularity",
            ],
        ),
        tested(
            "2",
            "(2.4) Whenever RTO is computed, if it is less than 1 second, then the RTO SHOULD be rounded up to 1 second [the `rfc` preset]",
            &["section_2_2_and_2_4_the_first_measurement_and_the_floor"],
        ),
        tested(
            "2",
            "(2.5) A maximum value MAY be placed on RTO provided it is at least 60 seconds",
            &["rfc_recovery/rfc6298::s2_5_the_upper_bound_is_at_least_sixty_seconds"],
        ),
        tested(
            "3",
            "TCP MUST use Karn's algorithm … That is, RTT samples MUST NOT be made using segments that were retransmitted",
            &[
                "rfc_recovery/rfc6298::s3_a_retransmitted_segment_measures_nothing",
                "rfc9293/s3_8_1::what_was_sent_twice_measures_nothing",
            ],
        ),
        tested(
            "3",
            "A TCP implementation MUST take at least one RTT measurement per RTT (unless that is not possible per Karn's algorithm)",
            &["rfc_recovery/rfc6298::s3_at_least_one_measurement_a_round_trip"],
        ),
        tested(
            "4",
            "if the K*RTTVAR term in the RTO calculation equals zero, the variance term MUST be rounded to G seconds",
            &["rfc_recovery/rfc6298::s2_3_the_variance_term_is_at_least_the_granularity"],
        ),
        tested(
            "5",
            "An implementation MUST manage the retransmission timer(s) in such a way that a segment is never retransmitted too early, i.e., less than one RTO after the previous transmission of that segment",
            &["section_5_no_segment_goes_again_before_its_time"],
        ),
        tested(
            "5",
            "[RECOMMENDED:] (5.1) Every time a packet containing data is sent (including a retransmission), if the timer is not running, start it running … (5.2) When all outstanding data has been acknowledged, turn off the retransmission timer … (5.3) When an ACK is received that acknowledges new data, restart the retransmission timer",
            &[
                "section_5_the_timer_starts_restarts_and_stops",
                "rfc_recovery/rfc6298::s5_3_an_ack_of_new_data_restarts_the_timer_a_duplicate_does_not",
            ],
        ),
        tested(
            "5",
            "(5.5) The host MUST set RTO <- RTO * 2 (\"back off the timer\")",
            &["rfc_recovery/rfc6298::s5_4_to_5_6_expiry_retransmits_the_earliest_doubles_and_restarts"],
        ),
        tested(
            "5",
            "(5.7) If the timer expires awaiting the ACK of a SYN segment and the TCP implementation is using an RTO less than 3 seconds, the RTO MUST be re-initialized to 3 seconds when data transmission begins [where nothing was measured since]",
            &[
                "section_5_7_data_after_a_lost_syn_begins_with_three_seconds",
                "rfc_recovery/rfc6298::s5_7_after_a_syn_timed_out_data_begin_with_three_seconds",
            ],
        ),
    ],
};

#[test]
fn section_2_1_the_first_rto_is_one_second() {
    let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
    cut(&mut pair);
    pair.run_for(secs(10));
    let gap = pair.log[1].at.since(pair.log[0].at);
    assert_eq!(gap, secs(1));
}

#[test]
fn section_2_2_and_2_4_the_first_measurement_and_the_floor() {
    let pair = Pair::established(bare(), ms(400));
    // R = 800 ms: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 * RTTVAR.
    let nanos = |span: Duration| span.as_nanos() as i64;
    assert_eq!(var(&pair, 0, Var::Srtt), nanos(ms(800)));
    assert_eq!(var(&pair, 0, Var::RttVar), nanos(ms(400)));
    assert_eq!(var(&pair, 0, Var::Rto), nanos(ms(2400)));
    let pair = Pair::established(bare(), ms(1));
    assert_eq!(var(&pair, 0, Var::Rto), nanos(secs(1)), "rounded up to 1 second");
}

#[test]
fn section_5_the_timer_starts_restarts_and_stops() {
    let mut pair = pair();
    assert_eq!(pair.ends[0].timer(Timer::Retransmission), None);
    pair.send(0, &[0; 4000]).unwrap();
    let started = pair.ends[0].timer(Timer::Retransmission).unwrap();
    assert_eq!(started, pair.now + secs(1), "(5.1)");
    pair.run_for(ms(25));
    let restarted = pair.ends[0].timer(Timer::Retransmission).unwrap();
    assert!(restarted > started, "(5.3): an ACK of part of it");
    pair.run_for(ms(400));
    assert_eq!(pair.ends[0].timer(Timer::Retransmission), None, "(5.2): all is acknowledged");
}

#[test]
fn section_5_7_data_after_a_lost_syn_begins_with_three_seconds() {
    let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
    cut(&mut pair);
    pair.run_for(ms(500));
    mend(&mut pair);
    pair.run_for(secs(2));
    assert_eq!(var(&pair, 0, Var::Rto), secs(3).as_nanos() as i64);
}

#[test]
fn section_5_no_segment_goes_again_before_its_time() {
    // Without fast retransmit only the timer repeats anything, whatever the network does.
    for seed in 0..20 {
        let mut config = bare();
        config.features.fast_retransmit = false;
        let mut pair = Pair::established(config, ms(20));
        pair.wire = Wire { loss: 0.2, jitter: ms(30), duplication: 0.1, ..Wire::perfect(ms(20)) };
        pair.run_for(ms(seed)); // another sequence of losses
        pair.send(0, &[0; 30_000]).unwrap();
        let mut last = std::collections::BTreeMap::new();
        let mut seen = 0;
        for _ in 0..100_000 {
            let rto = var(&pair, 0, Var::Rto) as u64;
            if !pair.step() {
                break;
            }
            let _ = pair.recv(1, 100_000);
            for sent in pair.log[seen..].iter().filter(|sent| sent.from == 0 && !sent.payload.is_empty()) {
                if let Some(before) = last.insert(sent.header.seq.0, sent.at)
                    && sent.rule == framewire::rule::Rule::RtoExpired
                {
                    let waited = sent.at.since(before).as_nanos();
                    assert!(waited >= rto.min(1_000_000_000), "{waited} ns, RTO {rto}");
                }
            }
            seen = pair.log.len();
        }
        assert!(pair.sent_by(0).iter().any(|sent| sent.retransmission), "something was lost");
    }
}
