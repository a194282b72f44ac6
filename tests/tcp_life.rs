//! The life of a connection, from SYN to TIME-WAIT, as tables of segments.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

mod tcp_harness;

use framewire::tcp::{Config, Event, State};
use framewire::time::Instant;
use tcp_harness::*;

#[test]
fn three_way_handshake_data_and_four_way_close() {
    let mut pair = Pair::new(Config::textbook(), Config::textbook(), Wire::perfect(ms(10)), 1);
    pair.run_for(ms(100));
    assert!(pair.heard(0, Event::Connected) && pair.heard(1, Event::Connected));
    pair.send(0, b"hello").unwrap();
    pair.run_for(ms(100));
    assert_eq!(pair.recv(1, 100).unwrap(), b"hello");
    pair.close(0);
    pair.run_for(ms(100));
    assert_eq!(pair.states(), (State::FinWait2, State::CloseWait));
    assert_eq!(pair.recv(1, 100).unwrap(), b"", "EOF");
    pair.close(1);
    pair.run_for(ms(100));
    assert_eq!(pair.states(), (State::TimeWait, State::Closed));
    let table = pair.table();
    assert_eq!(
        table,
        "       0 -> [SYN] seq 0 ack 0 len 0 win 4096
      10 <- [SYN, ACK] seq 0 ack 1 len 0 win 4096
      20 -> [ACK] seq 1 ack 1 len 0 win 4096
     100 -> [PSH, ACK] seq 1 ack 1 len 5 win 4096
     110 <- [ACK] seq 1 ack 6 len 0 win 4091
     200 -> [FIN, ACK] seq 6 ack 1 len 0 win 4096
     210 <- [ACK] seq 1 ack 7 len 0 win 4090
     300 <- [FIN, ACK] seq 1 ack 7 len 0 win 4090
     310 -> [ACK] seq 7 ack 2 len 0 win 4095
"
    );
    pair.run_out(Instant::NEVER);
    assert_eq!(pair.states(), (State::Closed, State::Closed));
    assert_eq!(pair.now, Instant::START + ms(310) + secs(240), "2 MSL of 2 minutes");
    assert!(pair.heard(0, Event::Closed));
}

#[test]
fn lost_segments_are_sent_again() {
    for config in [Config::textbook(), Config::rfc(), Config::linux()] {
        let wire = Wire { loss: 0.2, ..Wire::perfect(ms(5)) };
        let mut pair = Pair::new(config.clone(), config, wire, 7);
        pair.run_for(secs(60));
        assert_eq!(pair.states(), (State::Established, State::Established), "{}", pair.table());
        let data: Vec<u8> = (0..50_000_u32).map(|i| (i % 251) as u8).collect();
        let (mut sent, mut got) = (0, Vec::new());
        while got.len() < data.len() {
            if let Ok(n) = pair.send(0, &data[sent..]) {
                sent += n;
            }
            assert!(pair.step(), "stuck:\n{}", pair.table());
            while let Ok(part) = pair.recv(1, 4096) {
                got.extend(part);
            }
        }
        assert_eq!(got, data);
        pair.close(0);
        pair.run_for(secs(60));
        pair.close(1);
        pair.run_out(Instant::NEVER);
        assert_eq!(pair.states(), (State::Closed, State::Closed));
    }
}

#[test]
fn both_sides_may_open_at_once() {
    use framewire::packet::Ecn;
    use framewire::probe::Context;
    use framewire::tcp::{Connection, Flow};
    let (mut a, mut b) = (Listening::default(), Listening::default());
    let flow_a = flow();
    let flow_b = Flow { local: flow_a.remote, remote: flow_a.local };
    let now = Instant::START;
    let mut one = Connection::open_active(&mut Context::new(now, &mut a), Config::linux(), flow_a).unwrap();
    let mut two = Connection::open_active(&mut Context::new(now, &mut b), Config::linux(), flow_b).unwrap();
    let (mut acx, mut bcx) = (Context::new(now, &mut a), Context::new(now, &mut b));
    for _ in 0..4 {
        let from_one: Vec<_> = std::iter::from_fn(|| one.poll_transmit(&mut acx)).collect();
        let from_two: Vec<_> = std::iter::from_fn(|| two.poll_transmit(&mut bcx)).collect();
        from_one.iter().for_each(|s| two.handle_segment(&mut bcx, &s.header, &[], Ecn::NotEct));
        from_two.iter().for_each(|s| one.handle_segment(&mut acx, &s.header, &[], Ecn::NotEct));
    }
    assert_eq!((one.state(), two.state()), (State::Established, State::Established));
}
