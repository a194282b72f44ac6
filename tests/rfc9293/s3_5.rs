//! Section 3.5: opening a connection, and resets.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{Ecn, TcpFlags, TcpHeader};
use framewire::probe::{Context, Var};
use framewire::seq::SeqNumber;
use framewire::tcp::{Connection, ConnectionError, Event, Flow, State};
use framewire::time::Instant;

requirements! {
    ["MUST-10"]
    fn both_sides_may_open_at_once() {
        let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
        cut(&mut pair);
        pair.run_for(ms(1));
        // The peer's own SYN crosses ours.
        let syn = TcpHeader { flags: TcpFlags::SYN, seq: SeqNumber(500), ack: SeqNumber(0), ..next_to(&pair, 0) };
        pair.inject(0, syn, &[]);
        assert_eq!(pair.states().0, State::SynReceived);
        let answer = last_of(&pair, 0);
        assert_eq!(answer.header.flags, TcpFlags::SYN | TcpFlags::ACK);
        assert_eq!((answer.header.seq, answer.header.ack), (seq(&pair, 0, Var::Iss), SeqNumber(501)));
        let both = TcpHeader {
            flags: TcpFlags::SYN | TcpFlags::ACK,
            seq: SeqNumber(500),
            ack: seq(&pair, 0, Var::Iss) + 1,
            ..next_to(&pair, 0)
        };
        pair.inject(0, both, &[]);
        assert_eq!(pair.states().0, State::Established);
    }

    ["MUST-11"]
    fn syn_received_remembers_where_it_came_from() {
        // From LISTEN: an RST leads back to LISTEN, and nobody hears of it.
        let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
        pair.run_for(ms(15));
        assert_eq!(pair.states().1, State::SynReceived);
        let reset = TcpHeader { flags: TcpFlags::RST, ..next_to(&pair, 1) };
        pair.inject(1, reset, &[]);
        assert_eq!(pair.states().1, State::Listen);
        assert_eq!(pair.ends[1].error(), None);
        // From SYN-SENT: the connection was refused.
        let mut pair = Pair::new(bare(), bare(), Wire::perfect(ms(10)), 1);
        cut(&mut pair);
        pair.run_for(ms(1));
        let syn = TcpHeader { flags: TcpFlags::SYN, seq: SeqNumber(500), ack: SeqNumber(0), ..next_to(&pair, 0) };
        pair.inject(0, syn, &[]);
        let reset = TcpHeader { flags: TcpFlags::RST, ..next_to(&pair, 0) };
        pair.inject(0, reset, &[]);
        assert_eq!(pair.states().0, State::Closed);
        assert_eq!(pair.ends[0].error(), Some(ConnectionError::Refused));
        // Made by a listener for this SYN: gone.
        let mut heard = Listening::default();
        let mut cx = Context::new(Instant::START, &mut heard);
        let here = Flow { local: flow().remote, remote: flow().local };
        let syn = TcpHeader { src_port: 40000, dst_port: 80, flags: TcpFlags::SYN, ..TcpHeader::default() };
        let mut conn = Connection::open_from_syn(&mut cx, bare(), here, &syn, &[], Ecn::NotEct).unwrap();
        assert_eq!(conn.state(), State::SynReceived);
        let reset = TcpHeader { flags: TcpFlags::RST, seq: SeqNumber(1), ..syn };
        conn.handle_segment(&mut cx, &reset, &[], Ecn::NotEct);
        assert_eq!(conn.state(), State::Closed);
    }

    ["SHLD-2"]
    fn an_rst_may_carry_text() {
        let mut pair = pair();
        let reset = TcpHeader { flags: TcpFlags::RST | TcpFlags::ACK, ..next_to(&pair, 1) };
        pair.inject(1, reset, b"why I went");
        assert_eq!(pair.states().1, State::Closed);
        assert!(pair.heard(1, Event::Failed));
    }
}
