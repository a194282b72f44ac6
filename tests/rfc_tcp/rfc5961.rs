//! RFC 5961: robustness to blind attacks.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader};
use framewire::rule::Rule;
use framewire::tcp::State;

#[test]
fn section_3_2_only_an_exact_rst_resets() {
    let mut pair = pair();
    let exact = TcpHeader { flags: TcpFlags::RST, ..next_to(&pair, 1) };
    // Outside the window: silently dropped.
    pair.inject(1, TcpHeader { seq: exact.seq - 1, ..exact }, &[]);
    assert_eq!((pair.states().1, pair.log.len()), (State::Established, 0));
    // In the window, but not at RCV.NXT: a challenge ACK.
    pair.inject(1, TcpHeader { seq: exact.seq + 1, ..exact }, &[]);
    assert_eq!(pair.states().1, State::Established);
    assert_eq!(last_of(&pair, 1).header.ack, exact.seq);
    assert!(pair.probes[1].rules.contains(&Rule::ResetChallenged));
    // At RCV.NXT: the connection is reset.
    pair.inject(1, exact, &[]);
    assert_eq!(pair.states().1, State::Closed);
}

#[test]
fn section_3_2_a_peer_that_lost_its_connection_proves_itself() {
    let mut pair = pair();
    let now_at = next_to(&pair, 1);
    // The peer restarted: it answers the challenge ACK with an RST at the number that ACK names.
    pair.call(0, |conn, cx| conn.abort(cx));
    pair.log.clear();
    pair.inject(1, TcpHeader { flags: TcpFlags::RST, seq: now_at.seq + 100, ..now_at }, &[]);
    pair.run_for(ms(50));
    assert_eq!(pair.states().1, State::Closed);
}

#[test]
fn section_4_2_a_syn_is_challenged_wherever_it_lies() {
    for offset in [0_u32, 1, 5000, 1_000_000] {
        let mut pair = pair();
        let syn = TcpHeader { flags: TcpFlags::SYN, ..next_to(&pair, 1) };
        pair.inject(1, TcpHeader { seq: syn.seq + offset, ..syn }, &[]);
        assert_eq!(pair.states().1, State::Established);
        let answer = last_of(&pair, 1);
        assert_eq!((answer.header.flags, answer.header.ack), (TcpFlags::ACK, syn.seq));
    }
}

#[test]
fn section_5_2_acknowledgments_must_be_recent() {
    let mut pair = pair();
    let good = next_to(&pair, 1);
    // SND.UNA - MAX.SND.WND is still acceptable, one before it is not.
    let max = framewire::seq::SeqNumber(65_535).0;
    pair.inject(1, TcpHeader { ack: good.ack - max - 1, ..good }, b"bad");
    assert_eq!(pair.ends[1].readable(), 0);
    pair.inject(1, TcpHeader { ack: good.ack - max, ..good }, b"good");
    assert_eq!(pair.ends[1].readable(), 4);
}

#[test]
fn section_7_challenge_acks_are_limited() {
    let mut pair = pair();
    let limit = bare().personality.challenge_acks_per_second as usize;
    let stray = TcpHeader { flags: TcpFlags::RST, seq: next_to(&pair, 1).seq + 7, ..next_to(&pair, 1) };
    for _ in 0..limit + 20 {
        pair.inject(1, stray, &[]);
    }
    assert_eq!(pair.sent_by(1).len(), limit);
    pair.run_for(secs(1));
    pair.inject(1, stray, &[]);
    assert_eq!(pair.sent_by(1).len(), limit + 1, "and a second later it answers again");
}
