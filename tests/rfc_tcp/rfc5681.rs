//! RFC 5681: congestion control.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::{Config, CongestionAlgorithm};

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
