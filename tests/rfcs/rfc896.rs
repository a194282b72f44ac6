//! RFC 896: small packets wait while something is unacknowledged; nothing else does.

use crate::demand::{Rfc, apart, tested};
use crate::support::*;
use crate::tcp_harness::*;
use framewire::rule::Rule;
use framewire::tcp::{Config, Nagle};

pub const RFC: Rfc = Rfc {
    number: 896,
    title: "Congestion Control in IP/TCP Internetworks",
    read: "whole",
    note: "Older than the key words; its sections have no numbers.",
    demands: &[
        tested(
            "The solution to the small-packet problem",
            "inhibit the sending of new TCP segments when new outgoing data arrives from the user if any previously transmitted data on the connection remains unacknowledged",
            &[
                "one_segment_a_round_trip_whatever_the_typing_speed",
                "minshalls_variant_waits_for_small_segments_only",
            ],
        ),
        tested(
            "The solution to the small-packet problem",
            "This inhibition is to be unconditional; no timers, tests for size of data received, or other conditions are required",
            &["one_segment_a_round_trip_whatever_the_typing_speed", "only_an_acknowledgment_lets_it_go"],
        ),
        tested(
            "The solution to the small-packet problem",
            "(RFC 1122 section 4.2.3.4 and RFC 9293 section 3.7.4 let full-sized segments pass)",
            &["a_full_segment_does_not_wait"],
        ),
        apart(
            "Congestion control with ICMP",
            "reduce the amount of data outstanding on connections to the host mentioned in the Source Quench",
            "RFC 6633 deprecates source quench: it is ignored (RFC 9293, MUST-55)",
        ),
    ],
};

/// Types `keys` keys, one each `gap` ms, over a wire of 100 ms each way; returns the sizes of the segments.
fn typed(config: Config, keys: usize, gap: u64) -> Vec<usize> {
    let mut pair = Pair::established(config, ms(100));
    for _ in 0..keys {
        pair.send(0, b"k").unwrap();
        pair.run_for(ms(gap));
    }
    pair.run_for(secs(2));
    assert_eq!(pair.recv(1, 1000).unwrap().len(), keys);
    pair.sent_by(0).iter().map(|sent| sent.payload.len()).filter(|&len| len > 0).collect()
}

#[test]
fn one_segment_a_round_trip_whatever_the_typing_speed() {
    let mut config = bare();
    config.features.delayed_ack = false;
    config.personality.nagle = Nagle::Rfc896;
    // 200 ms the round trip, a key every 45 ms: the first goes alone, then four at a time.
    let sizes = typed(config.clone(), 13, 45);
    assert_eq!(sizes, [1, 4, 4, 4]);
    // Slower than the round trip: each key goes at once.
    assert_eq!(typed(config.clone(), 4, 250), [1; 4]);
    config.nodelay = true;
    assert_eq!(typed(config, 13, 45), [1; 13]);
}

#[test]
fn a_full_segment_does_not_wait() {
    let mut config = bare();
    config.personality.nagle = Nagle::Rfc896;
    let mut pair = Pair::established(config, ms(100));
    pair.send(0, b"small").unwrap();
    pair.send(0, &[1; 3000]).unwrap();
    let sizes: Vec<usize> = pair.sent_by(0).iter().map(|sent| sent.payload.len()).collect();
    assert_eq!(sizes, [5, 1460, 1460], "the rest of 80 octets waits");
    assert!(pair.probes[0].rules.contains(&Rule::NagleHolds));
}

#[test]
fn minshalls_variant_waits_for_small_segments_only() {
    let sizes = |nagle| {
        let mut config = bare();
        config.personality.nagle = nagle;
        let mut pair = Pair::established(config, ms(100));
        pair.send(0, &[1; 1460]).unwrap();
        pair.send(0, b"small").unwrap();
        pair.sent_by(0).iter().map(|sent| sent.payload.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(Nagle::Rfc896), [1460], "something is unacknowledged");
    assert_eq!(sizes(Nagle::Minshall), [1460, 5], "but nothing small");
}

#[test]
fn only_an_acknowledgment_lets_it_go() {
    let mut config = bare();
    config.personality.nagle = Nagle::Rfc896;
    let mut pair = Pair::established(config, ms(100));
    pair.send(0, b"first").unwrap();
    // The peer's acknowledgments are lost for half a minute: what comes later waits as long.
    pair.filter = Some(Box::new(|sent| sent.from == 0));
    pair.send(0, b"second").unwrap();
    pair.run_for(secs(30));
    let texts = |pair: &Pair| {
        let mut texts: Vec<_> = pair.sent_by(0).iter().map(|sent| sent.payload.clone()).collect();
        texts.dedup();
        texts
    };
    assert_eq!(texts(&pair), [b"first".to_vec()], "and its repetitions");
    mend(&mut pair);
    pair.run_for(secs(60));
    assert!(texts(&pair).contains(&b"second".to_vec()));
}
