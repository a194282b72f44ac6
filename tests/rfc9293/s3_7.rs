//! Section 3.7: segmentation.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{Icmp, TcpFlags, TcpHeader, TcpOptions};
use framewire::probe::{Context, Var};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, Connection, Flow};
use framewire::time::Instant;

/// The server's side after a SYN with these options.
fn after_syn(config: Config, v6: bool, options: TcpOptions) -> Connection {
    let mut heard = Listening::default();
    let mut cx = Context::new(Instant::START, &mut heard);
    let flow = if v6 {
        Flow { local: "[fd00::2]:80".parse().unwrap(), remote: "[fd00::1]:40000".parse().unwrap() }
    } else {
        Flow { local: flow().remote, remote: flow().local }
    };
    let syn = TcpHeader {
        src_port: 40000,
        dst_port: 80,
        flags: TcpFlags::SYN,
        window: 60_000,
        options,
        ..TcpHeader::default()
    };
    let mut conn =
        Connection::open_from_syn(&mut cx, config, flow, &syn, &[], framewire::packet::Ecn::NotEct).unwrap();
    let answer = conn.poll_transmit(&mut cx).unwrap();
    assert!(answer.header.flags.syn());
    let ack = TcpHeader {
        flags: TcpFlags::ACK,
        seq: SeqNumber(1),
        ack: answer.header.seq + 1,
        options: TcpOptions::default(),
        ..syn
    };
    conn.handle_segment(&mut cx, &ack, &[], framewire::packet::Ecn::NotEct);
    conn
}

requirements! {
    ["MUST-14", "SHLD-5", "MAY-3", "MUST-67"]
    fn the_mss_option_says_what_the_interface_takes() {
        for (mtu, mss) in [(1500, 1460), (576, 536), (9000, 8960)] {
            let config = Config { mtu, ..bare() };
            let mut pair = Pair::new(config.clone(), config, Wire::perfect(ms(10)), 1);
            pair.run_for(ms(100));
            let syns: Vec<_> = pair.log.iter().filter(|s| s.header.flags.syn()).collect();
            assert_eq!(syns.len(), 2);
            assert!(syns.iter().all(|s| s.header.options.mss == Some(mss)));
            assert_eq!(pair.ends[0].send_mss(), mss, "and it is heeded");
        }
    }

    ["MUST-15"]
    fn without_the_option_segments_are_small() {
        assert_eq!(after_syn(bare(), false, TcpOptions::default()).send_mss(), 536);
        assert_eq!(after_syn(bare(), true, TcpOptions::default()).send_mss(), 1220);
    }

    ["MUST-16"]
    fn the_effective_mss_is_the_least_of_all_less_options() {
        let told = |mss| TcpOptions { mss: Some(mss), ..TcpOptions::default() };
        assert_eq!(after_syn(bare(), false, told(1000)).send_mss(), 1000);
        assert_eq!(after_syn(bare(), false, told(9000)).send_mss(), 1460, "our interface is smaller");
        let options = TcpOptions { timestamps: Some((1, 0)), ..told(1000) };
        assert_eq!(after_syn(Config::linux(), false, options).send_mss(), 988, "timestamps take 12 octets");
    }

    ["SHLD-6"]
    fn segments_follow_the_mtu_of_the_path() {
        let mut pair = pair();
        cut(&mut pair);
        pair.send(0, &[1; 3000]).unwrap();
        let first = pair.sent_by(0)[0].clone();
        assert_eq!(first.payload.len(), 1460);
        mend(&mut pair);
        pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 1000 }, Some(first.header.seq)));
        assert_eq!(pair.ends[0].send_mss(), 960);
        pair.run_for(secs(3));
        assert!(pair.sent_by(0).iter().skip(3).all(|s| s.payload.len() <= 960));
        assert_eq!(pair.recv(1, 5000).unwrap().len(), 3000);
    }

    ["MUST-17"]
    fn nagle_can_be_switched_off() {
        let mut pair = pair();
        pair.ends[0].set_nodelay(true);
        for _ in 0..3 {
            pair.send(0, b"x").unwrap();
        }
        assert_eq!(pair.sent_by(0).len(), 3);
    }

    ["SHLD-7"]
    fn nagle_holds_small_segments_back() {
        let mut pair = pair();
        for _ in 0..3 {
            pair.send(0, b"x").unwrap();
        }
        assert_eq!(pair.sent_by(0).len(), 1);
        assert!(pair.probes[0].rules.contains(&Rule::NagleHolds));
        pair.run_for(secs(1));
        let sizes: Vec<usize> = pair.sent_by(0).iter().map(|s| s.payload.len()).collect();
        assert_eq!(sizes, [1, 2], "the rest goes together once the first is acknowledged");
        assert_eq!(var(&pair, 0, Var::FlightSize), 0);
    }
}
