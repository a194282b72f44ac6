//! Section 3.8.3: connection failures.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::rule::Rule;
use framewire::tcp::{Config, ConnectionError, Event, Personality, State};
use framewire::time::{Duration, Instant};

/// How long a connection whose peer has vanished holds out, and how often it sends.
fn until_given_up(mut pair: Pair) -> (Duration, usize) {
    cut(&mut pair);
    pair.send(0, b"anybody there?").unwrap();
    let began = pair.now;
    pair.run_out(Instant::NEVER);
    assert_eq!(pair.states().0, State::Closed);
    assert_eq!(pair.ends[0].error(), Some(ConnectionError::TimedOut));
    (pair.now.since(began), pair.sent_by(0).len())
}

requirements! {
    ["MUST-20"]
    fn r1_is_told_and_r2_closes() {
        let mut pair = pair();
        cut(&mut pair);
        pair.send(0, b"lost").unwrap();
        pair.run_for(secs(6));
        assert!(!pair.heard(0, Event::Struggling));
        pair.run_for(secs(2));
        assert!(pair.heard(0, Event::Struggling), "after R1 = 3 retransmissions");
        assert!(pair.probes[0].rules.contains(&Rule::RetriesR1), "IP learns of it the same way");
        pair.run_out(Instant::NEVER);
        assert_eq!(pair.sent_by(0).len(), 16, "R2 = 15 retransmissions");
        assert!(pair.heard(0, Event::Failed));
    }

    ["MUST-21"]
    fn the_application_sets_r2() {
        let mut pair = pair();
        pair.ends[0].set_retries(1, 4);
        assert_eq!(until_given_up(pair).1, 5);
        let mut pair = crate::support::pair();
        pair.ends[0].set_user_timeout(Some(secs(5)));
        let (time, _) = until_given_up(pair);
        assert_eq!(time, secs(5));
    }

    ["MUST-22", "MUST-23"]
    fn a_syn_is_given_up_after_three_minutes_or_more() {
        for config in [bare(), Config::textbook()] {
            let mut pair = Pair::new(config.clone(), config, Wire::perfect(ms(10)), 1);
            cut(&mut pair);
            pair.run_out(Instant::NEVER);
            assert_eq!(pair.states().0, State::Closed);
            assert_eq!(pair.ends[0].error(), Some(ConnectionError::TimedOut));
            assert!(pair.now >= Instant::START + secs(180), "{:?}", pair.now);
        }
    }

    ["SHLD-9"]
    fn the_application_learns_of_trouble_between_r1_and_r2() {
        let mut pair = pair();
        pair.ends[0].set_retries(2, 6);
        cut(&mut pair);
        pair.send(0, b"lost").unwrap();
        pair.run_for(secs(4));
        assert!(pair.heard(0, Event::Struggling) && !pair.heard(0, Event::Failed));
    }

    ["SHLD-10"]
    fn r1_is_at_least_three() {
        for p in [Personality::linux(), Personality::rfc(), Personality::textbook()] {
            assert!(p.retries_r1 >= 3);
        }
    }

    ["SHLD-11"]
    fn r2_is_at_least_a_hundred_seconds() {
        for config in [bare(), Config::textbook(), Config::linux()] {
            let (time, _) = until_given_up(Pair::established(config, ms(10)));
            assert!(time >= secs(100), "{time}");
        }
    }
}
