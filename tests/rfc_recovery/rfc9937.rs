//! RFC 9937: Proportional Rate Reduction, which obsoletes RFC 6937. (Its bounds: unit tests of `prr`.)

use crate::sender::*;
use framewire::rule::Rule;
use framewire::tcp::recovery::{Phase, RecoveryConfig};

/// Twenty segments in flight, the first lost; an ACK for each segment that arrives. Returns what each let out.
fn recover(lost: u32) -> (Sender, Vec<Vec<Sent>>) {
    let mut s = Sender::new(RecoveryConfig { prr: true, ..sack(20) }, true);
    s.send();
    s.wait(100);
    let mut sent = Vec::new();
    for n in lost..20 {
        s.sack(0, &[(lost, n + 1)]);
        sent.push(s.send());
    }
    (s, sent)
}

#[test]
fn s6_2_entering_recovery_retransmits_at_once() {
    let (_, sent) = recover(1);
    let first = sent.iter().flatten().find(|sent| matches!(sent, Again(_)));
    assert_eq!(first, Some(&Again(0)));
    // The third duplicate: two ACKs of limited transmit before it.
    assert!(sent[2].contains(&Again(0)), "{sent:?}");
}

#[test]
fn s6_2_sending_is_spread_over_the_recovery_at_about_the_reduced_rate() {
    let (s, sent) = recover(1);
    assert!(s.heard(Rule::PrrSend));
    // ssthresh is half of RecoverFS: about one segment for two delivered, never a pause of a half round trip.
    let in_recovery = &sent[3..];
    let total: usize = in_recovery.iter().map(Vec::len).sum();
    assert!((6..=10).contains(&total), "{sent:?}");
    for five in in_recovery.windows(5) {
        assert!((1..=4).contains(&five.iter().map(Vec::len).sum::<usize>()), "{sent:?}");
    }
}

#[test]
fn s6_4_at_the_end_the_window_is_ssthresh() {
    let (mut s, _) = recover(1);
    s.wait(100);
    s.ack(22);
    assert_eq!(s.r.phase(), Phase::Open);
    assert_eq!(s.cwnd(), s.ssthresh().unwrap());
    assert!(s.heard(Rule::PrrComplete));
}

#[test]
fn s6_2_heavy_loss_sends_no_more_than_is_delivered_and_one() {
    let (mut s, sent) = recover(14);
    let out: usize = sent.iter().map(Vec::len).sum();
    assert!(out <= 6 + 1, "packet conservation: {sent:?}");
    assert!(s.pipe() <= s.ssthresh().unwrap());
    // Safe ACKs add a segment each: recovery speeds up again.
    s.wait(100);
    s.sack(1, &[(14, 20)]);
    assert_eq!(s.send().len(), 2);
}

#[test]
fn figure_1_one_loss_in_twenty() {
    // The figure counts segments and rounds shares up; in octets the half segments come one ACK later.
    let (s, sent) = recover(1);
    let count: Vec<usize> = sent.iter().map(Vec::len).collect();
    assert_eq!(count[..3], [1, 1, 1]);
    assert_eq!(sent[2], [Again(0)]);
    assert_eq!(count[3..16], [0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(s.ssthresh(), Some(10 * SMSS));
}

#[test]
fn figure_2_fifteen_losses_in_twenty() {
    let mut s = Sender::new(RecoveryConfig { prr: true, ..sack(20) }, true);
    s.send();
    s.wait(100);
    let mut step = |n: u32| {
        s.sack(0, &[(15, n + 1)]);
        (s.cwnd() / SMSS, s.pipe() / SMSS, s.send())
    };
    let rows: Vec<_> = (15..20).map(&mut step).collect();
    assert_eq!(rows[0], (20, 19, vec![New(20)]));
    assert_eq!(rows[1], (20, 19, vec![New(21)]));
    assert_eq!(rows[2], (5, 4, vec![Again(0)]));
    assert_eq!(rows[3], (5, 4, vec![Again(1)]));
    assert_eq!(rows[4], (5, 4, vec![Again(2)]));
}

#[test]
fn s6_1_each_episode_begins_with_an_account_of_its_own() {
    let (mut s, _) = recover(1);
    s.wait(100);
    s.ack(22);
    let una = 22;
    s.send();
    let nxt = (s.r.scoreboard().nxt().0 - 1) / SMSS;
    s.wait(100);
    for n in una + 1..una + 4 {
        s.sack(una, &[(una + 1, n + 1)]);
    }
    assert_eq!(s.r.phase(), Phase::Recovery);
    assert!(s.send().starts_with(&[Again(una)]), "up to {nxt}");
    assert_eq!(s.ssthresh(), Some(5 * SMSS));
}
