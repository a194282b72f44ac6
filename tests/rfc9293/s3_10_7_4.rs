//! Section 3.10.7.4: segments that arrive in the synchronized states.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader};
use framewire::probe::{Context, Var};
use framewire::rule::Rule;
use framewire::tcp::State;

requirements! {
    ["MUST-58", "MUST-59"]
    fn what_arrives_together_is_acknowledged_together() {
        let mut pair = pair();
        let first = next_to(&pair, 1);
        let second = TcpHeader { seq: first.seq + 1000, ..first };
        let third = TcpHeader { seq: first.seq + 2000, flags: TcpFlags::ACK | TcpFlags::FIN, ..first };
        let mut heard = Listening::default();
        let mut cx = Context::new(pair.now, &mut heard);
        for segment in [first, second, third] {
            pair.ends[1].handle_segment(&mut cx, &segment, &[7; 1000], framewire::packet::Ecn::NotEct);
        }
        pair.flush(1);
        let acks = pair.sent_by(1);
        assert_eq!(acks.len(), 1, "one acknowledgment for all of them");
        assert_eq!(acks[0].header.ack, first.seq + 3001);
    }

    ["SHLD-31", "MAY-13"]
    fn early_segments_wait_in_a_queue() {
        let mut pair = pair();
        let first = next_to(&pair, 1);
        let later = TcpHeader { seq: first.seq + 5, ..first };
        pair.inject(1, later, b"world");
        assert_eq!(last_of(&pair, 1).header.ack, first.seq, "a duplicate ACK at once");
        assert_eq!(var(&pair, 1, Var::OutOfOrder), 5);
        pair.inject(1, first, b"hello");
        assert_eq!(pair.recv(1, 20).unwrap(), b"helloworld");
    }

    ["MAY-12"]
    fn acknowledgments_out_of_range_are_challenged() {
        let mut pair = pair();
        let old = next_to(&pair, 1);
        let forged = TcpHeader { ack: old.ack - 70_000, ..old };
        pair.inject(1, forged, b"injected");
        assert_eq!(pair.ends[1].readable(), 0);
        assert!(pair.probes[1].rules.contains(&Rule::AckChallenged));
        let early = TcpHeader { ack: old.ack + 1, ..old };
        pair.inject(1, early, b"injected");
        assert_eq!(pair.ends[1].readable(), 0);
        assert!(pair.probes[1].rules.contains(&Rule::AckOfUnsent));
        assert_eq!(pair.states().1, State::Established);
    }
}

/// Table 6 forgets a segment that begins before the window and ends beyond it. Peers that send again in larger segments than
/// before and overlook the window send them (smoltcp, seed 10249831 of `tcp_smoltcp`), and would hear for ever that they are old.
#[test]
fn text_that_covers_the_window_whole_is_trimmed_to_it() {
    let mut config = bare();
    config.receive_buffer = Some(100);
    let mut pair = Pair::established(config, ms(10));
    let first = next_to(&pair, 1);
    pair.inject(1, first, &[1; 60]);
    assert_eq!(pair.recv(1, 100).unwrap(), [1; 60]);
    let text: Vec<u8> = (0..200).collect();
    pair.inject(1, first, &text);
    assert_eq!(
        pair.recv(1, 200).unwrap(),
        text[60..160],
        "what was read before and what lies beyond the window is cut off"
    );
    assert_eq!(last_of(&pair, 1).header.ack, first.seq + 160);
}
