//! RFC 1122 section 4.2: what it demands of TCP beyond RFC 9293's own tests. Its demands of IP, ICMP and UDP (sections
//! 3.2, 3.3 and 4.1) stand in `tests/net_*.rs`, `tests/udp.rs` and `tests/ip_fragments.rs`.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::tcp::{Config, KeepAlive, State};
use framewire::time::Duration;

/// How long end 1 takes to acknowledge one segment of `len` octets.
fn acknowledged_after(config: Config, len: usize) -> Duration {
    let mut pair = Pair::established(config, ms(10));
    pair.send(0, &vec![1; len]).unwrap();
    let came = pair.now + ms(10);
    pair.run_for(secs(2));
    pair.sent_by(1).first().map(|sent| sent.at.since(came)).unwrap()
}

#[test]
fn section_4_2_3_2_an_ack_is_delayed_by_less_than_half_a_second() {
    for config in [Config::rfc(), Config::linux(), bare()] {
        let mut config = config;
        config.personality.acks.quick = 0;
        let delay = acknowledged_after(config.clone(), 100);
        assert!(delay >= ms(40) && delay < ms(500), "{delay}");
        config.features.delayed_ack = false;
        assert_eq!(acknowledged_after(config, 100), ms(0));
    }
}

#[test]
fn section_4_2_3_2_every_second_full_segment_is_acknowledged() {
    let mut pair = pair();
    pair.send(0, &[1; 10 * 1460]).unwrap();
    pair.run_for(ms(15));
    let acks = pair.sent_by(1);
    assert_eq!(acks.len(), 5);
    assert!(acks.windows(2).all(|two| two[1].header.ack.distance_from(two[0].header.ack) == 2 * 1460));
}

#[test]
fn section_4_2_3_6_keep_alive_is_off_and_waits_two_hours() {
    for config in [Config::linux(), Config::rfc(), Config::textbook()] {
        assert!(config.keepalive.is_none(), "MUST default to off");
        assert!(config.personality.keepalive_idle >= secs(7200), "MUST default to no less than two hours");
    }
}

#[test]
fn section_4_2_3_6_one_unanswered_probe_is_not_the_end() {
    let mut pair = pair();
    let keepalive = KeepAlive { idle: secs(10), interval: secs(1), probes: 3, garbage_octet: false };
    pair.call(0, |conn, cx| conn.set_keepalive(cx, Some(keepalive)));
    cut(&mut pair);
    pair.run_for(ms(11_500));
    assert_eq!((pair.sent_by(0).len(), pair.states().0), (2, State::Established));
    mend(&mut pair);
    pair.run_for(secs(5));
    assert_eq!(pair.states().0, State::Established, "an answer and it lives on");
    cut(&mut pair);
    pair.run_for(secs(20));
    assert_eq!(pair.states().0, State::Closed, "none at all and it is over");
}

#[test]
fn section_4_2_2_13_half_duplex_close_keeps_the_other_direction() {
    let mut pair = pair();
    pair.shut_write(0);
    pair.run_for(ms(50));
    assert_eq!(pair.states(), (State::FinWait2, State::CloseWait));
    pair.send(1, b"still here").unwrap();
    pair.run_for(ms(50));
    assert_eq!(pair.recv(0, 100).unwrap(), b"still here");
}
