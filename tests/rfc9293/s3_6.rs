//! Section 3.6: closing a connection.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader, TcpOptions};
use framewire::probe::Var;
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::{Config, ConnectionError, Event, RecvError, SendError, State};
use framewire::time::Instant;

/// Client closed first and is in TIME-WAIT, the server's incarnation is gone.
fn in_time_wait(config: Config) -> Pair {
    let mut pair = Pair::established(config, ms(10));
    pair.shut_write(1); // its application still holds it
    pair.run_for(ms(100));
    pair.close(0);
    pair.run_for(ms(100));
    assert_eq!(pair.states(), (State::Closed, State::TimeWait));
    pair
}

/// A SYN to the listening side of [`in_time_wait`].
fn new_syn(pair: &Pair, ahead: i64) -> TcpHeader {
    let seq = SeqNumber((var(pair, 1, Var::RcvNxt) + ahead) as u32);
    TcpHeader { flags: TcpFlags::SYN, ack: SeqNumber(0), seq, ..next_to(pair, 1) }
}

requirements! {
    ["MUST-12"]
    fn the_application_learns_of_an_abort() {
        let mut pair = pair();
        pair.call(0, |conn, cx| conn.abort(cx));
        assert_eq!(last_of(&pair, 0).header.flags, TcpFlags::RST | TcpFlags::ACK);
        pair.run_for(ms(20));
        assert!(pair.heard(1, Event::Failed));
        assert_eq!(pair.ends[1].error(), Some(ConnectionError::Reset));
        assert_eq!(pair.send(1, b"x"), Err(SendError::Failed(ConnectionError::Reset)));
        assert_eq!(pair.recv(1, 1), Err(RecvError::Failed(ConnectionError::Reset)));
    }

    ["MUST-13"]
    fn time_wait_lasts_two_msl() {
        let mut pair = in_time_wait(bare());
        let began = pair.sent_by(1).last().map(|s| s.at).unwrap();
        pair.run_out(Instant::NEVER);
        assert_eq!(pair.states().1, State::Closed);
        assert_eq!(pair.now.since(began), bare().personality.msl * 2);
    }

    ["MUST-13"]
    fn the_peers_fin_come_again_restarts_time_wait() {
        let mut pair = in_time_wait(bare());
        pair.run_for(secs(100));
        cut(&mut pair); // the peer is gone, it would answer our ACK with RST
        let nxt = seq(&pair, 1, Var::RcvNxt);
        let fin = TcpHeader { flags: TcpFlags::FIN | TcpFlags::ACK, seq: nxt - 1, ..next_to(&pair, 1) };
        pair.inject(1, fin, &[]);
        assert_eq!(last_of(&pair, 1).header.ack, nxt, "acknowledged again");
        let again = pair.now;
        pair.run_out(Instant::NEVER);
        assert_eq!(pair.now.since(again), bare().personality.msl * 2);
    }

    ["SHLD-3", "MAY-1"]
    fn data_that_nobody_reads_is_answered_by_rst() {
        // Unread when the application closes.
        let mut pair = pair();
        pair.send(0, b"never read").unwrap();
        pair.run_for(ms(20));
        pair.close(1);
        assert_eq!(last_of(&pair, 1).header.flags, TcpFlags::RST | TcpFlags::ACK);
        assert_eq!(last_of(&pair, 1).rule, Rule::UnreadDataLost);
        // Arriving after it has closed.
        let mut pair = crate::support::pair();
        pair.close(1);
        pair.run_for(ms(20));
        pair.send(0, b"too late").unwrap();
        pair.run_for(ms(20));
        assert_eq!(last_of(&pair, 1).rule, Rule::LateData);
        pair.run_for(ms(20));
        assert_eq!(pair.ends[0].error(), Some(ConnectionError::Reset));
    }

    ["MAY-2", "SHLD-4"]
    fn a_newer_syn_takes_over_from_time_wait() {
        // By sequence number.
        let mut pair = in_time_wait(bare());
        let beyond = seq(&pair, 1, Var::SndNxt);
        let syn = new_syn(&pair, 1000);
        pair.inject(1, syn, &[]);
        assert_eq!(pair.states().1, State::SynReceived);
        assert!(seq(&pair, 1, Var::Iss).is_after(beyond), "beyond the numbers of the old connection");
        // By timestamp, even with an older sequence number.
        let config = Config { features: Config::rfc().features, ..bare() };
        let mut pair = in_time_wait(config);
        let recent = var(&pair, 1, Var::TsRecent) as u32;
        let stamped = |value| TcpOptions { timestamps: Some((value, 0)), ..TcpOptions::default() };
        let syn = TcpHeader { options: stamped(recent.wrapping_add(1)), ..new_syn(&pair, -5000) };
        pair.inject(1, syn, &[]);
        assert_eq!(pair.states().1, State::SynReceived);
    }

    ["MAY-2"]
    fn nobody_listens_for_an_application_that_has_closed() {
        // Found by a seed of `tcp_garbage` (98422310): the connection stayed in LISTEN for ever.
        let mut pair = in_time_wait(bare());
        pair.close(1);
        let syn = new_syn(&pair, 1000);
        pair.inject(1, syn, &[]);
        assert_eq!(pair.states().1, State::TimeWait);
        pair.run_out(Instant::NEVER);
        assert_eq!(pair.states().1, State::Closed);
    }

    ["MAY-2"]
    fn an_old_syn_does_not_take_over() {
        let mut pair = in_time_wait(bare());
        let syn = new_syn(&pair, -5000);
        pair.inject(1, syn, &[]);
        assert_eq!(pair.states().1, State::TimeWait);
    }
}
