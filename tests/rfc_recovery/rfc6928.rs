//! RFC 6928: Increasing TCP's Initial Window.

use crate::sender::*;
use framewire::probe::Context;
use framewire::seq::SeqNumber;
use framewire::tcp::congestion::InitialWindow;

#[test]
fn s2_the_upper_bound_is_ten_segments_or_14600_octets() {
    // min (10*MSS, max (2*MSS, 14600))
    for (smss, octets) in [(536, 5_360), (1460, 14_600), (2000, 14_600), (9000, 18_000)] {
        assert_eq!(InitialWindow::Rfc6928(10).octets(smss), octets, "MSS {smss}");
    }
}

#[test]
fn s2_ten_segments_go_out_in_the_first_round_trip() {
    let mut config = reno(1);
    config.congestion.initial_window = InitialWindow::Rfc6928(10);
    let mut s = Sender::new(config, false);
    assert_eq!(s.send().len(), 10);
}

#[test]
fn s2_the_ack_of_the_syn_does_not_open_the_window_further() {
    assert_eq!(Sender::new(reno(10), false).cwnd(), 10 * SMSS);
}

#[test]
fn s2_after_two_lost_syns_the_window_begins_with_one_segment() {
    for (timeouts, window) in [(0, 10 * SMSS), (1, 10 * SMSS), (2, SMSS), (3, SMSS)] {
        let mut config = reno(1);
        config.congestion.initial_window = InitialWindow::Rfc6928(10);
        let mut s = Sender::opening(config);
        for _ in 0..timeouts {
            s.r.on_sent(&mut Context::new(s.now, &mut s.notes), SeqNumber(0), 1);
            s.fire();
        }
        s.establish(false, false);
        assert_eq!(s.cwnd(), window, "{timeouts} time-outs");
    }
}

#[test]
fn s2_the_loss_window_stays_one_segment() {
    let mut s = Sender::new(reno(10), false);
    s.send();
    s.fire();
    assert_eq!(s.cwnd(), SMSS);
}
