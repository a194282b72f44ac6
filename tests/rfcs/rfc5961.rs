//! RFC 5961: robustness to blind attacks.

use crate::demand::{Rfc, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader};
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::tcp::State;

pub const RFC: Rfc = Rfc {
    number: 5961,
    title: "Improving TCP's Robustness to Blind In-Window Attacks",
    read: "whole",
    note: "",
    demands: &[
        tested(
            "3.2",
            "If the RST bit is set and the sequence number is outside the current receive window, silently drop the segment",
            &["section_3_2_only_an_exact_rst_resets"],
        ),
        tested(
            "3.2",
            "If the RST bit is set and the sequence number exactly matches the next expected sequence number (RCV.NXT), then TCP MUST reset the connection",
            &["section_3_2_only_an_exact_rst_resets"],
        ),
        tested(
            "3.2",
            "If the RST bit is set and the sequence number does not exactly match the next expected sequence value, yet is within the current receive window …, TCP MUST send an acknowledgment (challenge ACK): <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>",
            &[
                "section_3_2_the_challenge_names_where_we_stand",
                "section_3_2_a_peer_that_lost_its_connection_proves_itself",
            ],
        ),
        tested(
            "3.2",
            "After sending the challenge ACK, TCP MUST drop the unacceptable segment and stop processing the incoming packet further",
            &["section_3_2_the_challenge_names_where_we_stand"],
        ),
        tested(
            "3.2",
            "In all other cases, where the SEQ-field does not match and is outside the window, the receiver MUST silently discard the segment",
            &["section_3_2_only_an_exact_rst_resets"],
        ),
        tested(
            "3.2",
            "In the SYN-SENT state …, the RST is acceptable if the ACK field acknowledges the SYN. In all other cases the receiver MUST silently discard the segment",
            &["section_3_2_in_syn_sent_only_a_rst_that_acknowledges_the_syn_counts"],
        ),
        tested(
            "4.2",
            "If the SYN bit is set, irrespective of the sequence number, TCP MUST send an ACK (also referred to as challenge ACK) to the remote peer",
            &["section_4_2_a_syn_is_challenged_wherever_it_lies"],
        ),
        tested(
            "4.2",
            "After sending the acknowledgment, TCP MUST drop the unacceptable segment and stop processing further",
            &["section_4_2_nothing_of_a_challenged_syn_is_taken"],
        ),
        tested(
            "4.2",
            "Upon receipt of a valid RST [that answers the challenge ACK], the local TCP endpoint MUST terminate its connection",
            &["section_3_2_a_peer_that_lost_its_connection_proves_itself"],
        ),
        tested(
            "5.2",
            "TCP stacks that implement this mitigation MUST add an additional input check to any incoming segment. The ACK value is considered acceptable only if it is in the range of ((SND.UNA - MAX.SND.WND) <= SEG.ACK <= SND.NXT)",
            &["section_5_2_acknowledgments_must_be_recent"],
        ),
        tested(
            "5.2",
            "All incoming segments whose ACK value doesn't satisfy the above condition MUST be discarded and an ACK sent back",
            &["section_5_2_acknowledgments_must_be_recent", "section_5_2_what_is_refused_is_answered"],
        ),
        tested(
            "7",
            "An implementation SHOULD include an ACK throttling mechanism to be conservative … The values for both the time and number of ACKs SHOULD be tunable [the number is, per second]",
            &["section_7_challenge_acks_are_limited"],
        ),
    ],
};

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

#[test]
fn section_3_2_the_challenge_names_where_we_stand() {
    let mut pair = pair();
    cut(&mut pair);
    pair.send(1, b"unacknowledged").unwrap();
    let (snd_nxt, rcv_nxt) = (seq(&pair, 1, Var::SndNxt), seq(&pair, 1, Var::RcvNxt));
    let stray = TcpHeader { flags: TcpFlags::RST | TcpFlags::ACK, seq: rcv_nxt + 5, ..ack_to(&pair, 1) };
    pair.inject(1, stray, b"text behind a reset");
    let challenge = last_of(&pair, 1).header;
    assert_eq!((challenge.seq, challenge.ack, challenge.flags), (snd_nxt, rcv_nxt, TcpFlags::ACK));
    // Nothing of the segment was taken: neither its acknowledgment nor its text.
    assert_ne!(seq(&pair, 1, Var::SndUna), snd_nxt);
    assert_eq!((pair.ends[1].readable(), seq(&pair, 1, Var::RcvNxt)), (0, rcv_nxt));
}

#[test]
fn section_3_2_in_syn_sent_only_a_rst_that_acknowledges_the_syn_counts() {
    let dialling = || {
        let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
        cut(&mut pair);
        pair.flush(0);
        assert_eq!(pair.states().0, State::SynSent);
        pair
    };
    let rst = |pair: &Pair, flags: TcpFlags, beyond: u32| TcpHeader {
        flags: TcpFlags::RST | flags,
        ack: seq(pair, 0, Var::Iss) + beyond,
        seq: framewire::seq::SeqNumber(0),
        ..next_to(pair, 0)
    };
    for (flags, beyond) in
        [(TcpFlags::NONE, 1), (TcpFlags::ACK, 0), (TcpFlags::ACK, 2), (TcpFlags::ACK, 70_000)]
    {
        let mut pair = dialling();
        let (header, sent) = (rst(&pair, flags, beyond), pair.log.len());
        pair.inject(0, header, &[]);
        assert_eq!((pair.states().0, pair.log.len()), (State::SynSent, sent), "silently discarded");
    }
    let mut pair = dialling();
    let header = rst(&pair, TcpFlags::ACK, 1);
    pair.inject(0, header, &[]);
    assert_eq!(pair.states().0, State::Closed);
}

#[test]
fn section_4_2_nothing_of_a_challenged_syn_is_taken() {
    let mut pair = pair();
    cut(&mut pair);
    pair.send(1, b"unacknowledged").unwrap();
    let before = pair.ends[1].vars();
    let syn = TcpHeader { flags: TcpFlags::SYN | TcpFlags::ACK, window: 7, ..ack_to(&pair, 1) };
    pair.inject(1, syn, b"text behind a SYN");
    assert!(pair.probes[1].rules.contains(&Rule::SynChallenged));
    assert_eq!(pair.ends[1].vars(), before);
}

#[test]
fn section_5_2_what_is_refused_is_answered() {
    let mut pair = pair();
    let good = next_to(&pair, 1);
    for ack in [good.ack - 65_536, good.ack - 1_000_000, good.ack + 1, good.ack + 1_000_000] {
        let before = pair.sent_by(1).len();
        pair.inject(1, TcpHeader { ack, ..good }, b"bad");
        assert_eq!((pair.ends[1].readable(), pair.sent_by(1).len() - before), (0, 1), "{ack:?}");
        assert_eq!(last_of(&pair, 1).header.ack, good.seq);
    }
}
