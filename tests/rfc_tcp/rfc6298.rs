//! RFC 6298: the retransmission timer.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::probe::{Timer, Var};
use framewire::time::Duration;

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
