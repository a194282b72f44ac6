//! RFC 3168: Explicit Congestion Notification, section 6.1.2: the sender.

use crate::sender::*;
use framewire::probe::{Context, Timer};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::recovery::{Ack, Next};

fn with_ecn(window: u32) -> Sender {
    let mut s = Sender::opening(reno(window));
    s.r.on_sent(&mut Context::new(s.now, &mut s.notes), SeqNumber(0), 1);
    s.wait(100);
    s.establish(false, true);
    s
}

fn ece(n: u32) -> Ack<'static> {
    Ack { ece: true, ..Ack::new(seg(n)) }
}

#[test]
fn s6_1_2_ece_halves_the_window() {
    let mut s = with_ecn(8);
    s.send();
    s.wait(100);
    s.take(&ece(1));
    assert!(s.cwnd() <= 4 * SMSS && s.cwnd() >= 3 * SMSS, "{}", s.cwnd());
    assert_eq!(s.ssthresh(), Some(s.cwnd()));
    assert!(s.heard(Rule::EcnResponse));
}

#[test]
fn s6_1_2_once_a_round_trip() {
    let mut s = with_ecn(8);
    s.send();
    s.wait(100);
    s.take(&ece(1));
    let once = s.cwnd();
    for n in 2..=8 {
        s.take(&ece(n));
        s.send();
    }
    assert!(s.cwnd() >= once, "marks of the same window are one event");
    s.wait(100);
    s.take(&ece(9));
    assert!(s.cwnd() < once, "of the next window: another");
}

#[test]
fn s6_1_2_the_next_new_segment_carries_cwr_once() {
    let mut s = with_ecn(8);
    s.send();
    assert!(!s.r.take_cwr());
    s.take(&ece(1));
    assert!(s.r.take_cwr());
    assert!(!s.r.take_cwr());
}

#[test]
fn s6_1_2_any_reduction_makes_cwr() {
    let mut s = with_ecn(8);
    s.send();
    s.fire();
    assert!(s.r.take_cwr());
}

#[test]
fn s6_1_2_with_one_segment_new_data_wait_for_the_timer() {
    let mut s = with_ecn(1);
    s.send();
    s.wait(100);
    s.take(&ece(1));
    assert_eq!(s.cwnd(), SMSS);
    let mut cx = Context::new(s.now, &mut s.notes);
    assert_eq!(s.r.next_segment(&mut cx, true), Next::Nothing);
    assert_eq!(s.fire(), Timer::Retransmission);
    assert_eq!(s.send(), [New(1)]);
    assert_eq!(s.r.timeouts(), 0, "nothing was lost");
}

#[test]
fn without_ecn_the_flag_means_nothing() {
    let mut s = Sender::new(reno(8), false);
    s.send();
    s.take(&ece(1));
    assert_eq!(s.cwnd(), 9 * SMSS);
    assert!(!s.r.take_cwr());
}
