//! RFC 8985: The RACK-TLP Loss Detection Algorithm.

use crate::sender::*;
use framewire::probe::{Context, Timer};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::recovery::{Ack, Phase, RecoveryConfig};

fn sender(window: u32) -> Sender {
    let mut s = Sender::new(rack(window), true);
    s.send();
    s.wait(100);
    s
}

#[test]
fn s6_2_three_sacked_segments_mean_loss_at_once_while_no_reordering_was_seen() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    assert_eq!(s.r.phase(), Phase::Recovery);
    assert_eq!(s.r.scoreboard().lost_bytes(), SMSS);
    assert!(s.send().starts_with(&[Again(0)]));
}

#[test]
fn s6_2_fewer_wait_for_the_reordering_window() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    assert_eq!(s.r.phase(), Phase::Open);
    // A quarter of min_RTT after the segment's round trip is over
    assert_eq!(s.r.deadline(), Some((Timer::RackReordering, s.now + ms(25))));
    assert_eq!(s.fire(), Timer::RackReordering);
    assert_eq!(s.r.phase(), Phase::Recovery);
    assert_eq!(s.send_at_most(1), [Again(0)]);
}

#[test]
fn s6_2_what_arrives_within_the_window_was_only_reordered() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.wait(10);
    s.ack(2);
    assert_eq!((s.r.phase(), s.r.scoreboard().lost_bytes()), (Phase::Open, 0));
    // Reordering has been seen: three SACKed segments wait as well now.
    s.sack(2, &[(3, 7)]);
    assert_eq!(s.r.phase(), Phase::Open);
    assert!(s.r.timer(Timer::RackReordering).is_some());
}

#[test]
fn s6_2_a_lost_retransmission_is_found() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    assert_eq!(s.send_at_most(1), [Again(0)]);
    s.wait(1);
    // New data sent after the retransmission is delivered, the retransmission is not.
    s.sack(0, &[(1, 10)]);
    let new = s.send();
    assert!(new.contains(&New(10)), "{new:?}");
    s.wait(100);
    s.sack(0, &[(1, 11)]);
    assert!(s.send_at_most(1).contains(&Again(0)), "sent a third time without a time-out");
    assert_eq!(s.r.timeouts(), 0);
}

#[test]
fn s6_2_dsack_widens_the_reordering_window() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.wait(10);
    s.ack(2); // reordering seen
    s.sack(2, &[(0, 1)]); // D-SACK
    assert!(s.heard(Rule::RackReorderingWindow));
    s.sack(2, &[(3, 4)]);
    let (timer, at) = s.r.deadline().unwrap();
    assert_eq!(timer, Timer::RackReordering);
    assert!(at > s.now + ms(25), "twice a quarter of min_RTT less the time gone by");
}

#[test]
fn s6_2_an_ack_too_early_for_a_retransmission_does_not_move_rack() {
    let mut s = sender(10);
    s.sack(0, &[(1, 4)]);
    s.send_at_most(1);
    let lost = s.r.scoreboard().lost_bytes();
    s.wait(1);
    s.ack(4); // 1 ms after the retransmission: of the original
    assert!(s.r.scoreboard().lost_bytes() <= lost);
    assert_eq!(s.r.scoreboard().awaiting_bytes(), 0, "segments 4 to 9 are not held for lost");
}

#[test]
fn s6_3_at_a_time_out_only_what_is_overdue_is_lost() {
    let mut s = Sender::new(rack(10), true);
    s.more = true;
    s.send_at_most(2);
    s.wait(100);
    s.ack(1); // RACK.rtt = 100 ms
    s.send_at_most(1);
    while s.r.timeouts() == 0 {
        if s.fire() == Timer::TailLossProbe {
            s.more = false;
            s.send_at_most(1);
            s.wait(0);
        }
    }
    let lost: Vec<bool> = s.r.scoreboard().segments().map(|segment| segment.is_lost()).collect();
    assert!(lost[0], "the first always is");
    assert!(s.heard(Rule::RackTimeout));
}

#[test]
fn s7_2_the_probe_comes_after_two_round_trips() {
    let mut s = Sender::new(rack(10), true);
    s.send();
    assert_eq!(s.r.deadline(), Some((Timer::TailLossProbe, s.now + ms(200))));
}

#[test]
fn s7_2_with_one_segment_in_flight_it_waits_for_a_delayed_ack_but_not_beyond_the_rto() {
    let mut s = Sender::new(rack(10), true);
    s.send_at_most(1);
    let wait = ms(2 * 100 + 200).min(s.rto());
    assert_eq!(s.r.deadline(), Some((Timer::TailLossProbe, s.now + wait)));
}

#[test]
fn s7_2_none_while_something_is_sacked_or_in_recovery() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    assert_eq!(s.r.timer(Timer::TailLossProbe), None);
    s.sack(0, &[(1, 5)]);
    assert_eq!((s.r.phase(), s.r.timer(Timer::TailLossProbe)), (Phase::Recovery, None));
}

#[test]
fn s7_3_the_probe_is_new_data_if_there_is_some() {
    let mut s = Sender::new(rack(4), true);
    s.send();
    assert_eq!(s.fire(), Timer::TailLossProbe);
    assert_eq!(s.send(), [New(4)], "beyond the congestion window, one segment");
}

#[test]
fn s7_3_else_the_last_segment_again_and_then_the_rto_runs() {
    let mut s = Sender::new(rack(4), true);
    s.send();
    s.more = false;
    s.fire();
    assert_eq!(s.send(), [Again(3)]);
    assert_eq!(s.r.timer(Timer::TailLossProbe), None, "no second probe");
    assert_eq!(s.rto_at(), Some(s.now + s.rto()));
    assert_eq!(s.fire(), Timer::Retransmission);
}

#[test]
fn s7_4_a_probe_that_repaired_a_loss_reduces_the_window() {
    let mut s = Sender::new(rack(4), true);
    s.send();
    s.more = false;
    s.fire();
    s.send();
    s.more = true;
    // Beyond the probe: the last segment had been lost, nothing else tells of it.
    s.send_at_most(1);
    s.wait(100);
    s.ack(4);
    assert_eq!(s.r.congestion().ssthresh(), None, "not yet: the ACK may be of original or probe");
    let mut s2 = Sender::new(rack(4), true);
    s2.send();
    s2.more = false;
    s2.fire();
    s2.send();
    s2.wait(100);
    s2.ack(4);
    s2.more = true;
    s2.send();
    s2.wait(100);
    s2.ack(5);
    assert!(s2.heard(Rule::TailLossRepaired));
    assert_eq!(s2.ssthresh(), Some(7 * SMSS / 2), "half of what is in flight");
}

#[test]
fn s7_4_a_dsack_shows_that_the_probe_was_not_needed() {
    let mut s = Sender::new(rack(4), true);
    s.send();
    s.more = false;
    s.fire();
    s.send();
    s.wait(10);
    s.ack(4);
    s.sack(4, &[(3, 4)]);
    s.more = true;
    s.send();
    s.wait(100);
    s.ack(5);
    assert!(!s.heard(Rule::TailLossRepaired));
    assert_eq!(s.ssthresh(), None);
}

#[test]
fn s7_4_a_duplicate_ack_without_sack_shows_that_both_arrived() {
    let mut s = Sender::new(rack(4), true);
    s.send();
    s.more = false;
    s.fire();
    s.send();
    s.wait(10);
    s.ack(4);
    s.take(&Ack::new(seg(4)));
    s.more = true;
    s.send();
    s.wait(100);
    s.ack(5);
    assert!(!s.heard(Rule::TailLossRepaired));
}

#[test]
fn the_last_segment_lost_costs_a_probe_not_a_time_out() {
    let mut s = Sender::new(rack(10), true);
    s.send();
    s.more = false;
    s.wait(100);
    s.ack(9);
    assert_eq!(s.fire(), Timer::TailLossProbe);
    assert_eq!(s.send(), [Again(9)]);
    s.wait(100);
    s.ack(10);
    let mut cx = Context::new(s.now, &mut s.notes);
    assert_eq!(s.r.on_timeout(&mut cx), None);
    assert_eq!((s.r.timeouts(), s.r.deadline()), (0, None));
}

#[test]
fn s3_3_2_the_reordering_window_is_at_most_srtt() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.wait(10);
    s.ack(2); // reordering seen
    let mut n = 2;
    for _ in 0..30 {
        s.send_at_most(4);
        s.wait(100);
        n = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.sack(n, &[(0, 1)]); // a D-SACK each round trip
    }
    s.send_at_most(4);
    s.wait(100);
    s.sack(n, &[(n + 1, n + 2)]);
    let (timer, at) = s.r.deadline().unwrap();
    assert_eq!((timer, Some(at.since(s.now))), (Timer::RackReordering, s.r.rtt().srtt()));
}

#[test]
fn s4_without_sack_there_is_no_rack() {
    let mut s = Sender::new(rack(10), false);
    assert!(!s.r.uses_rack());
    s.send();
    s.wait(100);
    s.ack(1);
    assert_eq!((s.r.timer(Timer::RackReordering), s.r.timer(Timer::TailLossProbe)), (None, None));
}

#[test]
fn s8_a_probe_never_fires_after_the_rto() {
    let mut s = Sender::new(rack(10), true);
    let mut n = 0;
    for round_trip in [100, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 10, 10, 10] {
        s.send_at_most(4);
        let probe = s.r.timer(Timer::TailLossProbe).unwrap();
        assert!(Some(probe) <= s.r.timer(Timer::Retransmission), "{round_trip}");
        s.wait(round_trip);
        n += 4;
        s.ack(n);
    }
    s.send();
    assert_eq!(s.fire(), Timer::TailLossProbe, "the probe first");
}

#[test]
fn s6_2_the_round_trip_is_that_of_what_was_delivered_last_though_it_was_sent_earlier() {
    let mut s = Sender::new(rack(10), true);
    s.send_at_most(2);
    s.wait(20);
    s.send_at_most(2);
    s.wait(100);
    s.sack(0, &[(3, 4)]); // 100 ms; RACK.segment is 3
    s.wait(5);
    s.sack(0, &[(3, 4), (1, 2)]); // 125 ms, reordered: RACK.rtt follows it, RACK.xmit_ts does not
    // 125 ms and a quarter of min_RTT after its transmission, 105 ms ago, segment 2 is lost; 0 was before that.
    assert_eq!(s.r.deadline(), Some((Timer::RackReordering, s.now + ms(125 + 25 - 105))));
}

#[test]
fn s6_2_blocks_of_one_ack_are_no_reordering_whatever_their_order() {
    let mut s = sender(10);
    // The ACK of segment 2 was lost: this one tells of 4 first and of 2 as well.
    s.sack(0, &[(4, 6), (2, 3)]);
    // No reordering was seen, so that three SACKed segments are enough.
    assert_eq!(s.r.phase(), Phase::Recovery);
    assert_eq!(s.r.scoreboard().lost_bytes(), 3 * SMSS);
}

#[test]
fn s6_2_the_wider_window_lasts_sixteen_recoveries() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.wait(10);
    s.ack(2); // reordering seen
    s.sack(2, &[(0, 1)]); // a D-SACK: two quarters of min_RTT
    let mut una = 2;
    let mut window = |s: &mut Sender| {
        s.more = false;
        let nxt = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.ack(nxt);
        s.more = true;
        s.send_at_most(3);
        una = nxt;
        s.wait(100);
        s.sack(una, &[(una + 1, una + 2)]);
        let (timer, at) = s.r.deadline().unwrap();
        assert_eq!(timer, Timer::RackReordering);
        let wait = at.since(s.now);
        s.fire();
        assert_eq!(s.r.phase(), Phase::Recovery);
        s.send_at_most(1);
        s.wait(100);
        wait
    };
    let waits: Vec<_> = (0..18).map(|_| window(&mut s)).collect();
    assert!(waits[..16].iter().all(|&wait| wait == ms(50)), "{waits:?}");
    assert_eq!(waits[16], ms(25), "{waits:?}");
}

#[test]
fn s7_1_fast_recovery_forgets_the_probe() {
    // Figure 1: the last three of four are lost; the probe repairs the last and shows the others.
    let mut s = Sender::new(rack(4), true);
    s.send();
    s.more = false;
    s.wait(100);
    s.ack(1);
    assert_eq!(s.fire(), Timer::TailLossProbe);
    assert_eq!(s.send(), [Again(3)]);
    s.wait(100);
    s.sack(1, &[(3, 4)]);
    if s.r.phase() == Phase::Open {
        assert_eq!(s.fire(), Timer::RackReordering);
    }
    assert_eq!(s.r.phase(), Phase::Recovery);
    let ssthresh = s.ssthresh();
    while s.r.phase() == Phase::Recovery {
        s.send();
        s.wait(100);
        let una = (s.r.scoreboard().una().0 - 1) / SMSS;
        if una == 1 && s.r.scoreboard().awaiting_bytes() > 0 {
            s.sack(2, &[(3, 4)]);
        } else {
            s.ack(4);
        }
    }
    s.more = true;
    s.send_at_most(1);
    s.wait(100);
    s.ack(5);
    assert!(!s.heard(Rule::TailLossRepaired), "the recovery answered that loss");
    assert_eq!(s.ssthresh(), ssthresh);
}

#[test]
fn s7_2_the_timer_is_started_whether_or_not_a_probe_may_go() {
    let mut s = Sender::new(rack(4), true);
    s.send();
    s.more = false;
    s.fire();
    assert_eq!(s.send(), [Again(3)]);
    s.wait(10);
    s.ack(2); // of the originals; the probe is still out
    let (timer, at) = s.r.deadline().unwrap();
    assert_eq!(timer, Timer::TailLossProbe);
    assert_eq!(s.fire(), Timer::TailLossProbe);
    assert_eq!(s.send(), [], "one probe in flight at a time");
    assert_eq!(s.rto_at(), Some(at + s.rto()), "the RTO is armed anew in its stead");
}

#[test]
fn s4_a_probe_needs_rack() {
    let mut s = Sender::new(RecoveryConfig { rack: false, ..rack(4) }, true);
    s.send();
    assert_eq!(s.r.timer(Timer::TailLossProbe), None);
}

#[test]
fn s8_while_the_reordering_timer_runs_no_other_fires() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.wait(10);
    s.ack(2); // reordering seen
    let mut n = 2;
    // The path becomes slow: min_RTT, SRTT and so the reordering window reach hundreds of milliseconds.
    for _ in 0..400 {
        s.send_at_most(1);
        s.wait(1500);
        n = (s.r.scoreboard().nxt().0 - 1) / SMSS;
        s.sack(n, &[(0, 1)]); // a D-SACK each round trip
    }
    s.send_at_most(3);
    s.wait(1400);
    s.sack(n, &[(n + 2, n + 3)]);
    let (timer, at) = s.r.deadline().unwrap();
    assert_eq!(timer, Timer::RackReordering);
    assert!(s.rto_at().is_some_and(|rto| rto < at), "the RTO alone would come first");
    assert_eq!(s.fire(), Timer::RackReordering);
    assert_eq!((s.r.timeouts(), s.r.phase()), (0, Phase::Recovery));
    assert!(s.rto_at().is_some_and(|rto| rto > s.now), "the RTO runs again");
}

#[test]
fn s9_2_losses_are_not_counted() {
    let mut s = sender(10);
    s.sack(0, &[(1, 2)]);
    s.wait(10);
    s.ack(2); // reordering seen
    s.sack(2, &[(3, 10)]); // seven segments above it: lost by RFC 6675, not by the clock
    assert_eq!((s.r.phase(), s.r.scoreboard().lost_bytes()), (Phase::Open, 0));
}

#[test]
fn s9_3_what_is_lost_waits_for_the_window() {
    let mut s = sender(10);
    s.sack(0, &[(7, 10)]); // seven lost
    assert_eq!(s.r.scoreboard().lost_bytes(), 7 * SMSS);
    let sent = s.send();
    assert!(sent.len() <= 4, "{sent:?}");
    assert!(s.r.scoreboard().awaiting_bytes() > 0);
}

#[test]
fn s9_3_without_prr_a_lost_retransmission_reduces_the_window_again() {
    let mut s = Sender::new(RecoveryConfig { prr: false, ..rack(20) }, true);
    s.send();
    s.wait(100);
    s.sack(0, &[(1, 4)]);
    assert_eq!(s.ssthresh(), Some(10 * SMSS));
    assert_eq!(s.send_at_most(1), [Again(0)]);
    s.wait(1);
    s.sack(0, &[(1, 20)]);
    assert!(s.send().contains(&New(20)));
    assert_eq!(s.ssthresh(), Some(10 * SMSS), "all of one window");
    s.wait(100);
    s.sack(0, &[(1, 21)]); // sent after the retransmission: it is lost
    assert_eq!((s.ssthresh(), s.cwnd()), (Some(5 * SMSS), 5 * SMSS));
    s.sack(0, &[(1, 22)]);
    assert_eq!(s.ssthresh(), Some(5 * SMSS), "once");
}

#[test]
fn s7_2_without_a_measurement_the_probe_comes_after_one_second() {
    let mut s = Sender::opening(rack(10));
    for _ in 0..2 {
        s.r.on_sent(&mut Context::new(s.now, &mut s.notes), framewire::seq::SeqNumber(0), 1);
    }
    s.wait(100);
    s.establish(true, false);
    s.send();
    assert_eq!(s.r.rtt().srtt(), None, "Karn");
    let wait = ms(1000).min(s.rto());
    assert_eq!(s.r.deadline(), Some((Timer::TailLossProbe, s.now + wait)));
}

/// Found by a seed of `tcp_garbage` (79069107): a peer that echoed timestamps from long ago made the reordering window last for weeks,
/// in which nothing was sent again.
#[test]
fn s8_the_reordering_timer_never_waits_longer_than_the_rto() {
    let mut config = rack(10);
    config.rtt.max_rto = ms(1000);
    let mut s = Sender::opening(config);
    s.r.on_sent(&mut Context::new(s.now, &mut s.notes), SeqNumber(0), 1);
    s.wait(10_000); // a quarter of the round trip is longer than the RTO can be
    s.establish(true, false);
    s.send_at_most(3);
    s.wait(10_000);
    s.sack(0, &[(1, 2)]);
    assert_eq!(s.r.timer(Timer::RackReordering), None);
    for timeouts in 1..=3 {
        assert_eq!(s.fire(), Timer::Retransmission, "and no other instead of it");
        assert_eq!((s.r.timeouts(), s.send().first()), (timeouts, Some(&Again(0))));
    }
}
