//! Section 3.8.5: urgent data.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::{TcpFlags, TcpHeader};
use framewire::tcp::Event;

requirements! {
    ["MUST-30", "MUST-62"]
    fn the_pointer_says_where_urgent_data_end() {
        let mut pair = pair();
        pair.call(0, |conn, cx| conn.send_urgent(cx, b"stop")).unwrap();
        let sent = last_of(&pair, 0);
        assert!(sent.header.flags.urg());
        assert_eq!(sent.header.urgent, 4, "the octet after the last urgent one");
        pair.run_for(ms(20));
        assert_eq!(pair.ends[1].urgent_remaining(), Some(4));
        assert_eq!(pair.recv(1, 10).unwrap(), b"stop", "urgent data stays in the stream");
        assert_eq!(pair.ends[1].urgent_remaining(), None);
    }

    ["MUST-31"]
    fn urgent_data_may_be_of_any_length() {
        let mut config = bare();
        config.send_buffer = Some(200_000);
        let mut pair = Pair::established(config, ms(10));
        pair.call(0, |conn, cx| conn.send_urgent(cx, &[9; 100_000])).unwrap();
        let mut read = 0;
        while read < 100_000 {
            pair.run_for(ms(300));
            assert!(pair.ends[1].urgent_remaining().is_some(), "after {read} octets");
            read += pair.recv(1, 10_000).unwrap().len();
        }
        pair.run_for(secs(1));
        assert_eq!(pair.ends[1].urgent_remaining(), None);
    }

    ["MUST-32"]
    fn the_application_is_told_even_before_the_data_come() {
        let mut pair = pair();
        let pointer = TcpHeader { flags: TcpFlags::ACK | TcpFlags::URG, urgent: 1000, ..next_to(&pair, 1) };
        pair.inject(1, pointer, &[]);
        assert!(pair.heard(1, Event::Urgent));
        pair.forget();
        let further = TcpHeader { urgent: 2000, ..pointer };
        pair.inject(1, further, &[]);
        assert!(pair.heard(1, Event::Urgent), "and again when more becomes urgent");
        pair.forget();
        pair.inject(1, pointer, &[]);
        assert!(!pair.heard(1, Event::Urgent), "an older pointer is no news");
    }

    ["MUST-33"]
    fn the_application_learns_how_much_is_left() {
        let mut pair = pair();
        pair.call(0, |conn, cx| conn.send_urgent(cx, b"0123456789")).unwrap();
        pair.send(0, b"calm").unwrap();
        pair.run_for(secs(1));
        assert_eq!(pair.ends[1].urgent_remaining(), Some(10));
        pair.recv(1, 4).unwrap();
        assert_eq!(pair.ends[1].urgent_remaining(), Some(6));
    }
}
