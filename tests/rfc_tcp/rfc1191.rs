//! RFC 1191 and RFC 8201: the path MTU as TCP takes it from ICMP.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::Icmp;
use framewire::probe::Var;
use framewire::seq::SeqNumber;

/// Two full segments are under way and do not come through.
fn stuck() -> (Pair, SeqNumber) {
    let mut pair = pair();
    cut(&mut pair);
    pair.send(0, &[1; 2920]).unwrap();
    let first = pair.sent_by(0)[0].header.seq;
    (pair, first)
}

#[test]
fn section_6_4_what_was_too_big_is_sent_again_at_once_and_without_slow_start() {
    let (mut pair, first) = stuck();
    let before = pair.log.len();
    mend(&mut pair);
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(first)));
    let again: Vec<usize> = pair.log[before..].iter().map(|sent| sent.payload.len()).collect();
    assert_eq!(again.first(), Some(&536));
    assert_eq!(again.iter().sum::<usize>(), 2920);
    pair.run_for(secs(1));
    assert_eq!(pair.recv(1, 5000).unwrap().len(), 2920);
}

#[test]
fn section_3_no_estimate_below_the_least_and_none_grows_by_icmp() {
    let (mut pair, first) = stuck();
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 9000 }, Some(first)));
    assert_eq!(pair.ends[0].send_mss(), 1460, "it never grows by ICMP");
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 1 }, Some(first)));
    assert!(pair.ends[0].send_mss() >= 28, "{}", pair.ends[0].send_mss());
}

#[test]
fn a_quotation_of_nothing_that_is_under_way_changes_nothing() {
    // RFC 5927 section 4.1: the sequence number must be of data in flight.
    let (mut pair, _) = stuck();
    let outside = seq(&pair, 0, Var::SndNxt) + 1000;
    pair.call(0, |conn, cx| conn.handle_icmp(cx, Icmp::TooBig { mtu: 576 }, Some(outside)));
    assert_eq!(pair.ends[0].send_mss(), 1460);
}
