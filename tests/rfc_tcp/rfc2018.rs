//! RFC 2018 and RFC 2883: selective acknowledgment.

use crate::support::*;
use crate::tcp_harness::*;
use framewire::packet::TcpHeader;
use framewire::tcp::Config;

fn with_sack(sack: bool) -> Config {
    let mut config = bare();
    config.features.sack = sack;
    config
}

#[test]
fn section_2_permission_stands_in_syns_and_both_must_give_it() {
    for (client, server) in [(true, true), (true, false), (false, true)] {
        let mut pair = Pair::new(with_sack(client), with_sack(server), Wire::perfect(ms(10)), 1);
        pair.run_for(ms(100));
        assert_eq!(pair.log[0].header.options.sack_permitted, client);
        assert_eq!(pair.log[1].header.options.sack_permitted, client && server);
        assert!(pair.log.iter().all(|s| s.header.flags.syn() || !s.header.options.sack_permitted));
        // Blocks are told only where they are understood.
        let early = TcpHeader { seq: next_to(&pair, 1).seq + 100, ..next_to(&pair, 1) };
        pair.inject(1, early, &[1; 100]);
        assert_eq!(!last_of(&pair, 1).header.options.sack.is_empty(), client && server);
    }
}

#[test]
fn section_4_the_newest_block_comes_first() {
    let mut pair = Pair::established(with_sack(true), ms(10));
    let next = next_to(&pair, 1);
    for offset in [100, 300, 500] {
        pair.inject(1, TcpHeader { seq: next.seq + offset, ..next }, &[1; 100]);
    }
    let blocks = last_of(&pair, 1).header.options.sack;
    let relative: Vec<u32> = blocks.as_slice().iter().map(|b| b.0.0.wrapping_sub(next.seq.0)).collect();
    assert_eq!(relative, [500, 300, 100]);
}

#[test]
fn rfc_2883_section_4_a_duplicate_is_told_once_and_first() {
    let mut pair = Pair::established(with_sack(true), ms(10));
    let next = next_to(&pair, 1);
    pair.inject(1, next, &[1; 100]);
    pair.inject(1, next, &[1; 100]);
    let blocks = last_of(&pair, 1).header.options.sack;
    assert_eq!(blocks.as_slice(), [(next.seq, next.seq + 100)]);
    pair.inject(1, TcpHeader { seq: next.seq + 300, ..next }, &[1; 100]);
    let blocks = last_of(&pair, 1).header.options.sack;
    assert_eq!(blocks.as_slice(), [(next.seq + 300, next.seq + 400)]);
}
