//! RFC 6298: Computing TCP's Retransmission Timer.

use crate::sender::*;
use framewire::probe::{Context, Silent, Timer};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::recovery::Ack;
use framewire::tcp::rtt::{RttConfig, RttEstimator};
use framewire::time::{Duration, Instant};

fn sample(rtt: &mut RttEstimator, millis: u64) {
    let mut silent = Silent;
    rtt.sample(&mut Context::new(Instant::START, &mut silent), ms(millis), 1);
}

#[test]
fn s2_1_before_a_measurement_the_rto_is_one_second() {
    assert_eq!(RttEstimator::new(RttConfig::rfc()).rto(), Duration::from_secs(1));
    assert_eq!(RttEstimator::new(RttConfig::linux()).rto(), Duration::from_secs(1));
}

#[test]
fn s2_2_the_first_measurement_sets_srtt_and_rttvar() {
    let mut rtt = RttEstimator::new(RttConfig::rfc());
    sample(&mut rtt, 600);
    assert_eq!((rtt.srtt(), rtt.rttvar(), rtt.rto()), (Some(ms(600)), Some(ms(300)), ms(600 + 4 * 300)));
}

#[test]
fn s2_3_rttvar_is_updated_before_srtt() {
    let mut rtt = RttEstimator::new(RttConfig::rfc());
    sample(&mut rtt, 800);
    sample(&mut rtt, 1600);
    // RTTVAR = 3/4 * 400 + 1/4 * |800 - 1600|, with the old SRTT; SRTT = 7/8 * 800 + 1/8 * 1600
    assert_eq!((rtt.rttvar(), rtt.srtt()), (Some(ms(500)), Some(ms(900))));
    assert_eq!(rtt.rto(), ms(900 + 4 * 500));
}

#[test]
fn s2_3_the_variance_term_is_at_least_the_granularity() {
    let config = RttConfig { granularity: ms(100), ..RttConfig::rfc() };
    let mut rtt = RttEstimator::new(config);
    for _ in 0..200 {
        sample(&mut rtt, 2000);
    }
    assert_eq!(rtt.rto(), ms(2100));
}

#[test]
fn s2_4_an_rto_below_one_second_is_rounded_up() {
    let mut rtt = RttEstimator::new(RttConfig::rfc());
    sample(&mut rtt, 10);
    assert_eq!(rtt.rto(), Duration::from_secs(1));
}

#[test]
fn s2_5_the_upper_bound_is_at_least_sixty_seconds() {
    for config in [RttConfig::rfc(), RttConfig::linux()] {
        assert!(config.max_rto >= Duration::from_secs(60));
        let mut rtt = RttEstimator::new(config);
        let mut silent = Silent;
        for _ in 0..100 {
            rtt.back_off(&mut Context::new(Instant::START, &mut silent));
        }
        assert_eq!(rtt.rto(), config.max_rto);
    }
}

#[test]
fn s3_a_retransmitted_segment_measures_nothing() {
    let mut s = Sender::new(reno(1), false);
    s.send();
    let srtt = s.r.rtt().srtt();
    s.fire();
    assert_eq!(s.send(), [Again(0)]);
    s.wait(5);
    assert_eq!(s.ack(1).rtt, None);
    assert_eq!(s.r.rtt().srtt(), srtt);
    assert!(s.heard(Rule::KarnAlgorithm));
}

#[test]
fn s3_timestamps_measure_a_retransmitted_segment() {
    let mut s = Sender::new(reno(1), false);
    s.send();
    s.fire();
    s.send();
    s.wait(80);
    let outcome = s.take(&Ack { echo_rtt: Some(ms(80)), ..Ack::new(seg(1)) });
    assert_eq!(outcome.rtt, Some(ms(80)));
    assert_eq!(s.r.rtt().backoff(), 0);
}

#[test]
fn s3_at_least_one_measurement_a_round_trip() {
    let mut s = Sender::new(reno(4), false);
    s.send();
    s.wait(120);
    assert_eq!(s.ack(4).rtt, Some(ms(120)));
}

#[test]
fn s5_1_sending_starts_the_timer_unless_it_runs() {
    let mut s = Sender::new(reno(2), false);
    assert_eq!(s.rto_at(), None);
    s.send_at_most(1);
    let at = s.now + s.rto();
    assert_eq!(s.rto_at(), Some(at));
    s.wait(50);
    s.send_at_most(1);
    assert_eq!(s.rto_at(), Some(at));
}

#[test]
fn s5_2_the_timer_stops_when_all_is_acknowledged() {
    let mut s = Sender::new(reno(2), false);
    s.send();
    s.wait(100);
    s.ack(2);
    assert_eq!(s.rto_at(), None);
    assert_eq!(s.r.deadline(), None);
}

#[test]
fn s5_3_an_ack_of_new_data_restarts_the_timer_a_duplicate_does_not() {
    let mut s = Sender::new(reno(3), false);
    s.send();
    s.wait(100);
    s.ack(1);
    let at = s.now + s.rto();
    assert_eq!(s.rto_at(), Some(at));
    s.wait(10);
    s.ack(1);
    assert_eq!(s.rto_at(), Some(at));
}

#[test]
fn s5_4_to_5_6_expiry_retransmits_the_earliest_doubles_and_restarts() {
    let mut s = Sender::new(reno(3), false);
    s.send();
    let rto = s.rto();
    assert_eq!(s.fire(), Timer::Retransmission);
    assert_eq!(s.send(), [Again(0)]);
    assert_eq!(s.rto(), rto * 2);
    assert_eq!(s.rto_at(), Some(s.now + rto * 2));
    s.fire();
    assert_eq!(s.send(), [Again(0)]);
    assert_eq!(s.rto(), rto * 4);
}

#[test]
fn s5_a_new_measurement_ends_the_back_off() {
    let mut s = Sender::new(reno(2), false);
    s.send();
    s.fire();
    s.send();
    s.wait(100);
    s.ack(2); // covers what was sent twice: no measurement, the back-off stays
    assert_eq!(s.r.rtt().backoff(), 1);
    s.send();
    s.wait(100);
    s.ack(4);
    assert_eq!(s.r.rtt().backoff(), 0);
}

#[test]
fn s5_7_after_a_syn_timed_out_data_begin_with_three_seconds() {
    let mut s = Sender::opening(reno(1));
    let mut cx = Context::new(s.now, &mut s.notes);
    s.r.on_sent(&mut cx, SeqNumber(0), 1);
    s.fire();
    let mut cx = Context::new(s.now, &mut s.notes);
    s.r.on_sent(&mut cx, SeqNumber(0), 1);
    s.wait(100);
    s.establish(false, false);
    assert_eq!(s.rto(), Duration::from_secs(3));
    assert!(s.heard(Rule::RtoAfterSynTimeout));
}
