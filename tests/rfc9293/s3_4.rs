//! Section 3.4: sequence numbers.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader};
use framewire::probe::Var;
use framewire::tcp::{Event, Flow, State, initial_sequence_number};
use framewire::time::{Duration, Instant};

requirements! {
    ["MUST-8"]
    fn the_initial_number_follows_a_clock() {
        let at = |micros| Instant::START + Duration::from_micros(micros);
        let isn = |micros| initial_sequence_number(at(micros), &flow(), [1, 2]);
        assert_eq!(isn(4_000), isn(0) + 1_000, "one step every 4 microseconds");
    }

    ["MUST-9", "SHLD-1"]
    fn the_initial_number_depends_on_a_secret_and_both_ends() {
        let isn = |flow: &Flow, secret| initial_sequence_number(Instant::START, flow, secret);
        let mut other = flow();
        other.local.set_port(40_001);
        assert_ne!(isn(&flow(), [1, 2]), isn(&flow(), [1, 3]), "without the secret nobody can tell");
        assert_ne!(isn(&flow(), [1, 2]), isn(&other, [1, 2]));
        // And connections use it.
        let mut config = bare();
        config.secret = [5, 6];
        let pair = Pair::established(config, ms(10));
        assert_eq!(seq(&pair, 0, Var::Iss), isn(&flow(), [5, 6]));
    }

    ["MUST-66"]
    fn rst_and_urg_count_at_a_zero_window() {
        let full = || {
            let mut config = bare();
            config.receive_buffer = Some(100);
            let mut pair = Pair::established(config, ms(10));
            pair.send(0, &[7; 100]).unwrap();
            pair.run_for(secs(1));
            assert_eq!(var(&pair, 1, Var::RcvWnd), 0);
            pair.forget();
            pair
        };
        let mut pair = full();
        let urgent = TcpHeader { flags: TcpFlags::ACK | TcpFlags::URG, urgent: 5, ..next_to(&pair, 1) };
        pair.inject(1, urgent, b"later");
        assert!(pair.heard(1, Event::Urgent));
        assert_eq!(pair.ends[1].readable(), 100, "the text itself has no room");
        let mut pair = full();
        let reset = TcpHeader { flags: TcpFlags::RST, ..next_to(&pair, 1) };
        pair.inject(1, reset, &[]);
        assert_eq!(pair.states().1, State::Closed);
    }
}
