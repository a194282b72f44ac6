//! What the course's figures show: stalls, three or four segments, rules broken on purpose.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

mod tcp_harness;

use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, Linger, State};
use framewire::time::{Duration, Instant};
use tcp_harness::*;

/// Reads all that end `who` can read.
fn read_all(pair: &mut Pair, who: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok(part) = pair.recv(who, 10_000) {
        if part.is_empty() {
            break;
        }
        all.extend(part);
    }
    all
}

/// One framed echo: length and body in two sends, the answer in two sends. Returns how long it took.
fn round_trip(pair: &mut Pair) -> Duration {
    let began = pair.now;
    for (who, other) in [(0, 1), (1, 0)] {
        pair.send(who, &[0, 0, 0, 13]).unwrap();
        pair.send(who, b"hello, world!").unwrap();
        let mut got = 0;
        while got < 17 {
            assert!(pair.step());
            got += read_all(pair, other).len();
        }
    }
    pair.now.since(began)
}

#[test]
fn write_write_read_meets_nagle_and_the_delayed_ack() {
    let mut pair = Pair::established(Config::linux(), ms(1));
    for _ in 0..20 {
        round_trip(&mut pair);
    }
    let stalled = round_trip(&mut pair);
    assert!(stalled >= ms(40) && stalled < ms(100), "each round costs delayed ACKs: {stalled}");
    assert!(pair.probes[0].rules.contains(&Rule::NagleHolds));
    for end in &mut pair.ends {
        end.set_nodelay(true);
    }
    round_trip(&mut pair);
    let quick = round_trip(&mut pair);
    assert!(quick < ms(5), "TCP_NODELAY cures the stall: {quick}");
}

#[test]
fn a_prompt_close_takes_three_segments_and_a_late_one_four() {
    for (delay, segments) in [(0, 3), (200, 4)] {
        let mut pair = Pair::established(Config::linux(), ms(1));
        // Some traffic first, as any real conversation has.
        pair.send(0, b"bye").unwrap();
        pair.run_for(ms(500));
        read_all(&mut pair, 1);
        pair.forget();
        pair.close(0);
        pair.run_for(ms(1));
        assert_eq!(pair.recv(1, 10).unwrap(), b"", "EOF");
        pair.run_for(ms(delay));
        pair.close(1);
        pair.run_for(ms(100));
        assert_eq!(pair.log.len(), segments, "{}", pair.table());
        assert_eq!(pair.states(), (State::TimeWait, State::Closed));
    }
    // With the rule broken on purpose it is always four.
    let mut config = Config::linux();
    config.breakage.never_merge_ack_and_fin = true;
    let mut pair = Pair::established(config, ms(1));
    pair.close(0);
    pair.run_for(ms(1));
    pair.close(1);
    pair.run_for(ms(100));
    assert_eq!(pair.log.len(), 4, "{}", pair.table());
}

#[test]
fn a_stale_syn_makes_a_ghost_only_when_two_segments_are_enough() {
    for (broken, state) in [(false, State::Listen), (true, State::Established)] {
        let mut config = Config::textbook();
        config.breakage.two_way_handshake = broken;
        let mut pair = Pair::new(Config::textbook(), config, Wire::perfect(ms(10)), 1);
        // A SYN of long ago arrives; its sender knows nothing of it any more and answers with RST.
        let syn = framewire::packet::TcpHeader {
            src_port: 40000,
            dst_port: 80,
            seq: SeqNumber(7777),
            flags: framewire::packet::TcpFlags::SYN,
            window: 1000,
            ..Default::default()
        };
        pair.call(0, |conn, cx| conn.close(cx)).unwrap();
        pair.filter = Some(Box::new(move |sent| sent.from == 1 || !broken));
        pair.inject(1, syn, &[]);
        pair.run_for(secs(1));
        assert_eq!(pair.states().1, state);
    }
}

#[test]
fn rules_can_be_broken_on_purpose() {
    let mut config = Config::textbook();
    config.breakage.no_time_wait = true;
    let mut pair = Pair::established(config, ms(10));
    pair.close(0);
    pair.run_for(ms(100));
    pair.close(1);
    pair.run_for(ms(100));
    assert_eq!(pair.states(), (State::Closed, State::Closed), "no TIME-WAIT");

    let mut config = Config::textbook();
    config.breakage.no_retransmission = true;
    let mut pair = Pair::established(config, ms(10));
    pair.filter = Some(Box::new(|_| false));
    pair.send(0, b"lost").unwrap();
    pair.filter = None;
    pair.run_for(secs(1000));
    assert_eq!(pair.ends[1].readable(), 0, "what is lost stays lost");
    assert_eq!(pair.sent_by(0).len(), 1);

    let mut config = Config::textbook();
    config.breakage.ignore_peer_window = true;
    config.congestion = framewire::tcp::CongestionAlgorithm::None;
    let mut pair = Pair::established(config, ms(10));
    pair.ends[0].set_send_buffer(20_000);
    pair.ends[0].set_nodelay(true);
    pair.send(0, &[0; 20_000]).unwrap();
    let sent: usize = pair.sent_by(0).iter().map(|s| s.payload.len()).sum();
    assert_eq!(sent, 20_000, "past the window of 4096");

    let mut config = Config::textbook();
    config.breakage.no_window_probe = true;
    let mut pair = Pair::established(config, ms(10));
    pair.ends[0].set_send_buffer(10_000);
    pair.send(0, &[0; 10_000]).unwrap();
    pair.run_for(secs(10));
    pair.filter = Some(Box::new(|_| false));
    read_all(&mut pair, 1);
    pair.filter = None;
    pair.run_for(secs(10_000));
    assert_eq!(pair.ends[1].readable(), 0, "the window update was lost, and nobody asks");

    let mut config = Config::textbook();
    config.breakage.no_reassembly_queue = true;
    let mut pair = Pair::established(config, ms(10));
    let second = framewire::packet::TcpHeader {
        src_port: 40000,
        dst_port: 80,
        seq: SeqNumber(1 + 5),
        ack: SeqNumber(1),
        flags: framewire::packet::TcpFlags::ACK,
        window: 1000,
        ..Default::default()
    };
    pair.inject(1, second, b"world");
    assert_eq!(pair.ends[1].vars().get(Var::OutOfOrder), Some(0));
}

#[test]
fn cork_holds_until_it_is_pulled_or_for_200_ms() {
    let mut pair = Pair::established(Config::linux(), ms(1));
    pair.call(0, |conn, cx| conn.set_cork(cx, true));
    pair.send(0, b"header").unwrap();
    pair.send(0, b"body").unwrap();
    assert_eq!(pair.log.len(), 0);
    pair.call(0, |conn, cx| conn.set_cork(cx, false));
    assert_eq!(pair.log[0].payload, b"headerbody");
    pair.call(0, |conn, cx| conn.set_cork(cx, true));
    pair.run_for(ms(100));
    pair.forget();
    pair.send(0, b"more").unwrap();
    let due = pair.now + ms(200);
    pair.run_for(secs(1));
    assert_eq!(pair.log[0].at, due);
}

#[test]
fn lingering_for_no_time_resets() {
    let mut pair = Pair::established(Config::linux(), ms(1));
    pair.ends[0].set_linger(Linger::Reset);
    pair.send(0, b"never acknowledged").unwrap();
    pair.close(0);
    assert_eq!(pair.states().0, State::Closed);
    assert!(pair.sent_by(0).last().unwrap().header.flags.rst());
    pair.run_for(ms(10));
    assert_eq!(pair.states().1, State::Closed);
}

#[test]
fn an_orphan_does_not_wait_for_ever_in_fin_wait_2() {
    let mut pair = Pair::established(Config::linux(), ms(1));
    pair.close(0);
    pair.run_for(secs(59));
    assert_eq!(pair.states(), (State::FinWait2, State::CloseWait));
    pair.run_for(secs(2));
    assert_eq!(pair.states(), (State::Closed, State::CloseWait));
}

#[test]
fn every_change_of_a_variable_is_told_once() {
    let wire = Wire { loss: 0.05, ..Wire::perfect(ms(5)) };
    for config in [Config::linux(), Config::rfc(), Config::textbook()] {
        let mut pair = Pair::new(config.clone(), config, wire.clone(), 3);
        for _ in 0..3000 {
            if pair.ends[0].state() == State::Established {
                let _ = pair.send(0, &[3; 2000]);
            }
            if !pair.step() || pair.now > Instant::START + secs(30) {
                break;
            }
            read_all(&mut pair, 1);
        }
        for who in 0..2 {
            // Replaying what was told gives the variables as they stand.
            let mut told = framewire::probe::Vars::default();
            for &(rule, var, old, new) in &pair.probes[who].changes {
                let before = told.get(var).unwrap_or(framewire::probe::Vars::UNSET);
                assert_eq!(before, old, "{var:?} because of {rule:?}");
                told.set(var, new);
            }
            assert_eq!(told, pair.ends[who].vars());
        }
    }
}
