//! Section 3.8.4: keep-alives.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::TcpFlags;
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::{Config, ConnectionError, KeepAlive, Personality, State};

fn with_keepalive(keepalive: KeepAlive) -> Pair {
    let mut pair = pair();
    pair.call(0, |conn, cx| conn.set_keepalive(cx, Some(keepalive)));
    pair.forget();
    pair
}

const SHORT: KeepAlive =
    KeepAlive { idle: secs_const(60), interval: secs_const(10), probes: 3, garbage_octet: false };

const fn secs_const(n: u64) -> framewire::time::Duration {
    framewire::time::Duration::from_secs(n)
}

requirements! {
    ["MUST-24", "MAY-5", "MUST-27"]
    fn the_application_asks_for_keep_alives_and_sets_their_interval() {
        let mut pair = with_keepalive(SHORT);
        pair.run_for(secs(59));
        assert_eq!(pair.log.len(), 0);
        pair.run_for(secs(2));
        assert_eq!(pair.log[0].rule, Rule::KeepAliveProbe);
        assert_eq!(pair.log[1].from, 1, "and the peer answers");
        pair.run_for(secs(60));
        assert_eq!(pair.states(), (State::Established, State::Established));
        assert_eq!(pair.sent_by(0).len(), 2);
    }

    ["MUST-25"]
    fn they_are_off_by_default() {
        for config in [Config::linux(), bare(), Config::textbook()] {
            assert_eq!(config.keepalive, None);
        }
        let mut pair = pair();
        pair.run_for(secs(100_000));
        assert_eq!(pair.log.len(), 0);
    }

    ["MUST-26"]
    fn only_an_idle_connection_is_probed() {
        let mut pair = with_keepalive(SHORT);
        for _ in 0..10 {
            pair.run_for(secs(50));
            pair.send(0, b"busy").unwrap();
        }
        assert!(pair.log.iter().all(|s| s.rule != Rule::KeepAliveProbe));
    }

    ["MUST-28"]
    fn the_default_is_two_hours() {
        for p in [Personality::linux(), Personality::rfc(), Personality::textbook()] {
            assert!(p.keepalive_idle >= secs(7200));
        }
        let keepalive = bare().default_keepalive();
        let mut pair = with_keepalive(keepalive);
        pair.run_for(secs(7199));
        assert_eq!(pair.log.len(), 0);
        pair.run_for(secs(2));
        assert_eq!(pair.sent_by(0).len(), 1);
    }

    ["MUST-29"]
    fn one_lost_answer_does_not_kill() {
        let mut pair = with_keepalive(SHORT);
        let mut lost = 0;
        pair.filter = Some(Box::new(move |sent| {
            let answer = sent.from == 1;
            lost += u32::from(answer);
            !answer || lost > 2
        }));
        pair.run_for(secs(85));
        assert_eq!(pair.states().0, State::Established, "two answers were lost, the third came");
        cut(&mut pair);
        pair.run_for(secs(200));
        assert_eq!(pair.states().0, State::Closed, "but silence without end is death");
        assert_eq!(pair.ends[0].error(), Some(ConnectionError::TimedOut));
    }

    ["SHLD-12"]
    fn a_probe_carries_no_text() {
        let mut pair = with_keepalive(SHORT);
        pair.run_for(secs(61));
        let probe = pair.log[0].clone();
        assert_eq!((probe.payload.len(), probe.header.flags), (0, TcpFlags::ACK));
        assert_eq!(probe.header.seq, seq(&pair, 0, Var::SndNxt) - 1, "outside the window");
    }

    ["MAY-6"]
    fn a_probe_may_carry_a_garbage_octet() {
        let mut pair = with_keepalive(KeepAlive { garbage_octet: true, ..SHORT });
        pair.run_for(secs(61));
        assert_eq!(pair.log[0].payload.len(), 1);
        assert_eq!(pair.log[1].from, 1);
        assert_eq!(pair.ends[1].readable(), 0, "nobody ever reads it");
    }
}
