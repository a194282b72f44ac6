//! Section 3.8.6: managing the window, and when to acknowledge.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::TcpHeader;
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::{Config, Event, Personality, State, WindowProbe};
use framewire::time::{Duration, Instant};

/// The client has 5,000 octets to send to a server whose buffer of 1,000 is full.
fn blocked(probe: WindowProbe) -> Pair {
    let mut config = bare();
    config.receive_buffer = Some(1000);
    config.personality.window_probe = probe;
    let mut pair = Pair::established(config, ms(10));
    pair.send(0, &[5; 5000]).unwrap();
    pair.run_for(ms(500));
    assert_eq!((var(&pair, 0, Var::SndWnd), var(&pair, 1, Var::RcvQueue)), (0, 1000));
    pair.forget();
    pair
}

/// The peer takes its window back: its right edge moves left of what was sent.
fn shrunken() -> Pair {
    let mut pair = pair();
    cut(&mut pair);
    pair.send(0, &[5; 6000]).unwrap();
    assert_eq!(var(&pair, 0, Var::FlightSize), 5840, "four segments; Nagle holds the rest");
    let less = TcpHeader { window: 2000, ..next_to(&pair, 0) };
    pair.inject(0, less, &[]);
    pair
}

requirements! {
    ["MUST-34", "SHLD-15", "SHLD-16"]
    fn a_shrunken_window_is_survived() {
        let mut pair = shrunken();
        assert_eq!(var(&pair, 0, Var::SndWnd), 2000);
        pair.forget();
        pair.send(0, &[6; 3000]).unwrap();
        assert_eq!(pair.log.len(), 0, "no new data while more is out than the window takes");
        // What was sent within the window is sent again.
        pair.run_for(ms(1200));
        assert_eq!(pair.log[0].header.seq, seq(&pair, 0, Var::SndUna));
        assert!(pair.log.iter().all(|s| s.retransmission));
        mend(&mut pair);
        pair.run_for(secs(60));
        assert_eq!(pair.recv(1, 10_000).unwrap().len(), 9000);
    }

    ["MAY-7"]
    fn old_data_beyond_the_window_may_be_sent_again() {
        let mut pair = shrunken();
        let less = TcpHeader { window: 100, ..next_to(&pair, 0) };
        pair.inject(0, less, &[]);
        pair.forget();
        pair.run_for(ms(1200));
        assert_eq!(pair.log[0].payload.len(), 1460, "the whole segment, though the window is 100");
    }

    ["SHLD-17"]
    fn data_beyond_a_shrunken_window_does_not_time_the_connection_out() {
        let mut pair = shrunken();
        pair.ends[0].set_retries(3, 5);
        for _ in 0..20 {
            let closed = TcpHeader { window: 0, ..next_to(&pair, 0) };
            pair.inject(0, closed, &[]);
            pair.run_for(secs(30));
        }
        assert_eq!(pair.states().0, State::Established);
    }

    ["SHLD-14", "MAY-8"]
    fn the_receiver_never_takes_its_window_back() {
        let mut config = bare();
        config.features.window_scaling = true;
        config.receive_buffer = Some(100_000);
        let mut pair = Pair::established(config, ms(10));
        pair.send(0, &[5; 60_000]).unwrap();
        pair.run_for(ms(15));
        // The application halves its buffer, and reads nothing.
        pair.ends[1].set_receive_buffer(50_000);
        pair.run_for(secs(5));
        let scale = var(&pair, 1, Var::RcvScale) as u32;
        let edges: Vec<u32> =
            pair.sent_by(1).iter().map(|s| s.header.ack.0.wrapping_add(u32::from(s.header.window) << scale)).collect();
        assert!(edges.windows(2).all(|w| (w[1].wrapping_sub(w[0]) as i32) >= 0), "{edges:?}");
        pair.run_for(secs(10_000));
        assert_eq!(pair.states(), (State::Established, State::Established), "closed for hours: no harm");
    }

    ["MUST-35", "MUST-36"]
    fn a_zero_window_is_probed() {
        let mut pair = blocked(WindowProbe::NextOctet);
        pair.run_for(secs(3));
        let probe = pair.log[0].clone();
        assert_eq!((probe.rule, probe.payload.len()), (Rule::ZeroWindowProbe, 1));
        assert_eq!((pair.log[1].from, pair.log[1].header.window), (1, 0), "it is answered");
        let mut pair = blocked(WindowProbe::OldSequence);
        pair.run_for(secs(3));
        assert_eq!((pair.log[0].rule, pair.log[0].payload.len()), (Rule::ZeroWindowProbe, 0));
        assert_eq!((pair.log[1].from, pair.log[1].header.window), (1, 0));
    }

    ["MUST-36"]
    fn a_lost_window_update_does_not_stop_the_stream() {
        for probe in [WindowProbe::NextOctet, WindowProbe::OldSequence] {
            let mut pair = blocked(probe);
            cut(&mut pair);
            pair.recv(1, 1000).unwrap();
            mend(&mut pair);
            let mut read = 1000;
            while read < 5000 {
                pair.run_for(secs(10));
                read += pair.recv(1, 1000).unwrap().len();
            }
        }
    }

    ["MUST-37"]
    fn the_window_may_stay_zero_for_ever() {
        for probe in [WindowProbe::NextOctet, WindowProbe::OldSequence] {
            let mut pair = blocked(probe);
            pair.run_for(secs(100_000));
            assert_eq!(pair.states(), (State::Established, State::Established));
            assert!(pair.sent_by(0).len() > 1000, "the peer is probed all the time");
        }
    }

    ["SHLD-29", "SHLD-30"]
    fn probes_begin_after_the_rto_and_become_rarer() {
        let mut pair = blocked(WindowProbe::NextOctet);
        let rto = Duration::from_nanos(var(&pair, 0, Var::Rto) as u64);
        let due = pair.ends[0].timer(framewire::probe::Timer::Persist).unwrap();
        let armed = pair.now;
        assert!(due.since(armed) <= rto);
        pair.run_for(secs(200));
        let times: Vec<Instant> = pair.sent_by(0).iter().map(|s| s.at).collect();
        let gaps: Vec<u64> = times.windows(2).map(|w| w[1].since(w[0]).as_millis() / 1000).collect();
        assert_eq!(gaps[..6], [2, 4, 8, 16, 32, 60]);
    }

    ["MUST-38"]
    fn the_sender_waits_for_room_for_a_full_segment() {
        let mut pair = pair();
        let full = TcpHeader { window: 8000, ..next_to(&pair, 0) };
        pair.inject(0, full, &[]);
        cut(&mut pair);
        pair.send(0, &[1; 20_000]).unwrap();
        assert_eq!(var(&pair, 0, Var::FlightSize), 5 * 1460, "700 octets of window are left unused");
        assert!(pair.probes[0].rules.contains(&Rule::SwsSender));
        // A receiver that opens its window by slivers gets nothing until a segment fits, or half its best window.
        pair.forget();
        let sliver = TcpHeader { window: 500, ..ack_to(&pair, 0) };
        pair.inject(0, sliver, &[]);
        assert_eq!(pair.log.len(), 0);
        let later = pair.now + bare().personality.sws_override;
        pair.run_for(secs(1));
        assert_eq!(pair.log[0].at, later, "but it is not held back for ever");
        assert_eq!(pair.log[0].payload.len(), 500);
    }

    ["MUST-39"]
    fn the_receiver_offers_no_slivers() {
        let mut config = bare();
        config.receive_buffer = Some(4000);
        let mut pair = Pair::established(config, ms(10));
        pair.send(0, &[5; 10_000]).unwrap();
        pair.run_for(ms(500));
        assert_eq!(var(&pair, 1, Var::RcvWnd), 0);
        pair.forget();
        for _ in 0..14 {
            pair.recv(1, 100).unwrap();
        }
        assert_eq!(pair.log.len(), 0, "1400 octets are less than a segment");
        pair.recv(1, 100).unwrap();
        assert_eq!(pair.log.len(), 1);
        assert_eq!(pair.log[0].header.window, 1500);
    }

    ["MUST-40", "SHLD-18"]
    fn an_acknowledgment_is_delayed_but_not_for_long() {
        let mut pair = pair();
        pair.send(0, b"one small segment").unwrap();
        pair.run_for(secs(2));
        let ack = pair.sent_by(1)[0];
        let waited = ack.at.since(pair.log[0].at + ms(10));
        assert_eq!(waited, ms(200));
        for p in [Personality::linux(), Personality::rfc(), Personality::textbook()] {
            assert!(p.acks.delay_max < ms(500));
        }
    }

    ["SHLD-19"]
    fn every_second_full_segment_is_acknowledged_at_once() {
        let mut pair = pair();
        pair.ends[0].set_send_buffer(20_000);
        pair.send(0, &[0; 14_600]).unwrap();
        pair.run_for(ms(15));
        let acks = pair.sent_by(1);
        assert_eq!(acks.len(), 5, "ten segments");
        let nxt = seq(&pair, 0, Var::SndUna);
        let numbers: Vec<u32> = acks.iter().map(|s| s.header.ack.0.wrapping_sub(nxt.0)).collect();
        assert_eq!(numbers, [2920, 5840, 8760, 11_680, 14_600]);
    }

    ["SHLD-18"]
    fn an_acknowledgment_rides_on_the_answer() {
        let mut pair = Pair::established(Config { congestion: framewire::tcp::CongestionAlgorithm::Reno, ..bare() }, ms(10));
        pair.send(0, b"question").unwrap();
        pair.run_for(ms(50));
        pair.send(1, b"answer").unwrap();
        let answer = pair.sent_by(1);
        assert_eq!(answer.len(), 1);
        assert_eq!(answer[0].header.ack, seq(&pair, 1, Var::RcvNxt));
        assert!(!pair.heard(1, Event::Failed));
    }
}
