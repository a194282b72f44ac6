//! Sections 3.8.1 and 3.8.2: retransmission and congestion.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{Ecn, TcpFlags, TcpHeader};
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::{Config, CongestionAlgorithm};

requirements! {
    ["MUST-18"]
    fn what_was_sent_twice_measures_nothing() {
        let mut pair = pair();
        let before = var(&pair, 0, Var::Srtt);
        cut(&mut pair);
        pair.send(0, b"twice").unwrap();
        pair.run_for(ms(1500));
        assert_eq!(pair.sent_by(0).len(), 2);
        let ack = ack_to(&pair, 0);
        pair.inject(0, ack, &[]);
        assert_eq!(var(&pair, 0, Var::Srtt), before);
        assert!(pair.probes[0].rules.contains(&Rule::KarnAlgorithm));
    }

    ["MUST-19"]
    fn the_time_out_doubles() {
        let mut pair = pair();
        cut(&mut pair);
        pair.send(0, b"lost").unwrap();
        pair.run_for(secs(40));
        let times: Vec<_> = pair.sent_by(0).iter().map(|s| s.at).collect();
        let gaps: Vec<u64> = times.windows(2).map(|w| w[1].since(w[0]).as_millis()).collect();
        assert_eq!(gaps[..5], [1000, 2000, 4000, 8000, 16_000]);
    }

    ["MUST-19"]
    fn slow_start_then_congestion_avoidance() {
        let mut config = Config { congestion: CongestionAlgorithm::Reno, ..bare() };
        config.features.delayed_ack = false;
        config.receive_buffer = Some(60_000);
        config.send_buffer = Some(60_000);
        let mut pair = Pair::established(config, ms(10));
        let initial = var(&pair, 0, Var::Cwnd);
        assert_eq!(initial, 14_600, "ten segments (RFC 6928)");
        // A time-out: one segment.
        cut(&mut pair);
        pair.send(0, &[0; 14_600]).unwrap();
        pair.run_for(ms(1100));
        assert_eq!(var(&pair, 0, Var::Cwnd), 1460);
        assert_eq!(var(&pair, 0, Var::Ssthresh), 7300, "half of what was in flight");
        mend(&mut pair);
        pair.run_for(secs(10));
        pair.recv(1, 60_000).unwrap();
        pair.send(0, &[0; 60_000]).unwrap();
        pair.run_for(secs(2));
        let grew = |rule| pair.probes[0].changes.iter().any(|&(r, v, old, new)| r == rule && v == Var::Cwnd && new > old);
        assert!(grew(Rule::SlowStart) && grew(Rule::CongestionAvoidance));
    }

    ["SHLD-8"]
    fn ecn_is_supported() {
        let mut config = bare();
        config.features.ecn = true;
        config.congestion = CongestionAlgorithm::Reno;
        let mut pair = Pair::new(config.clone(), config, Wire::perfect(ms(10)), 1);
        pair.run_for(ms(100));
        assert_eq!(pair.log[0].header.flags, TcpFlags::SYN | TcpFlags::ECE | TcpFlags::CWR);
        assert_eq!(pair.log[1].header.flags, TcpFlags::SYN | TcpFlags::ACK | TcpFlags::ECE);
        pair.forget();
        pair.send(0, &[1; 2920]).unwrap();
        assert!(pair.log.iter().all(|s| s.ecn == Ecn::Ect0));
        pair.run_for(secs(1));
        // A router marks what comes: the receiver echoes it, the sender slows down and says so.
        let marked = next_to(&pair, 1);
        pair.forget();
        pair.inject_marked(1, marked, b"marked", Ecn::Ce);
        assert!(last_of(&pair, 1).header.flags.ece());
        let window = var(&pair, 0, Var::Cwnd);
        pair.send(0, &[2; 2920]).unwrap();
        let echo = TcpHeader { flags: TcpFlags::ACK | TcpFlags::ECE, ..ack_to(&pair, 0) };
        pair.inject(0, echo, &[]);
        assert!(var(&pair, 0, Var::Cwnd) < window);
        pair.forget();
        pair.send(0, &[3; 1460]).unwrap();
        assert!(last_of(&pair, 0).header.flags.cwr());
    }

    ["MAY-18"]
    fn other_congestion_control_can_be_chosen() {
        for algorithm in [CongestionAlgorithm::Reno, CongestionAlgorithm::Cubic] {
            let mut pair = Pair::established(Config { congestion: algorithm, ..bare() }, ms(10));
            pair.send(0, &[0; 30_000]).unwrap();
            pair.run_for(secs(2));
            assert_eq!(pair.recv(1, 40_000).unwrap().len(), 30_000);
        }
    }
}
