//! RFC 6528: initial sequence numbers that nobody can guess, section 3: ISN = M + F(localip, localport, remoteip,
//! remoteport, secretkey).

use crate::demand::{Rfc, apart, tested};
use crate::tcp_harness::*;
use framewire::tcp::{Config, Flow, initial_sequence_number};
use framewire::time::{Duration, Instant};

pub const RFC: Rfc = Rfc {
    number: 6528,
    title: "Defending against Sequence Number Attacks",
    read: "whole",
    note: "RFC 9293 took it over as MUST-8, MUST-9 and SHLD-1.",
    demands: &[
        tested(
            "3",
            "TCP SHOULD generate its Initial Sequence Numbers with the expression: ISN = M + F(localip, localport, remoteip, remoteport, secretkey) where M is the 4 microsecond timer, and F() is a pseudorandom function (PRF) of the connection-id",
            &["m_is_a_clock_of_four_microseconds", "a_connection_takes_it_unless_a_scenario_chooses"],
        ),
        tested(
            "3",
            "F() MUST NOT be computable from the outside",
            &["f_sets_each_connection_its_own_space", "src/tcp/isn::siphash_matches_its_published_vectors"],
        ),
        tested(
            "3",
            "Key lengths of 128 bits should be adequate",
            &[
                "f_sets_each_connection_its_own_space",
                "src/tcp/isn::the_number_follows_clock_ends_and_secret",
            ],
        ),
        apart(
            "4",
            "If random numbers are used as the sole source of the secret, they MUST be chosen in accordance with the recommendations given in [RFC4086]",
            "the secret of an emulated host comes from the scenario's seed, so that a figure is the same each time",
        ),
    ],
};

const SECRET: [u64; 2] = [1, 2];

fn at(micros: u64) -> Instant {
    Instant::START + Duration::from_micros(micros)
}

#[test]
fn m_is_a_clock_of_four_microseconds() {
    let isn = |micros| initial_sequence_number(at(micros), &flow(), SECRET);
    assert_eq!(isn(4) - isn(0).0, isn(8) - isn(4).0);
    assert_eq!(isn(4).distance_from(isn(0)), 1);
    assert_eq!(isn(1_000_000).distance_from(isn(0)), 250_000);
    // It wraps after 4.77 hours, as section 1 says.
    assert_eq!(isn(4 << 32), isn(0));
}

#[test]
fn f_sets_each_connection_its_own_space() {
    let isn = |flow: Flow, secret| initial_sequence_number(at(0), &flow, secret);
    let own = flow();
    let mut others = vec![Flow { local: own.remote, remote: own.local }];
    for port in 1..200 {
        let (mut local, mut remote) = (own.local, own.remote);
        local.set_port(port);
        remote.set_port(port + 1000);
        others.extend([Flow { local, ..own }, Flow { remote, ..own }]);
    }
    let mut numbers: Vec<u32> = others.iter().map(|&flow| isn(flow, SECRET).0).collect();
    numbers.push(isn(own, SECRET).0);
    numbers.sort();
    let count = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), count, "all differ");
    // Spread over the whole space: no bit is the same in all.
    assert_eq!(numbers.iter().fold(0, |or, n| or | n), u32::MAX);
    assert_eq!(numbers.iter().fold(u32::MAX, |and, n| and & n), 0);
    assert_ne!(isn(own, SECRET), isn(own, [1, 3]), "the secret counts");
}

#[test]
fn a_connection_takes_it_unless_a_scenario_chooses() {
    let config = Config { iss: None, secret: SECRET, ..Config::linux() };
    let mut pair = Pair::new(config.clone(), Config::linux(), Wire::perfect(ms(10)), 1);
    pair.flush(0);
    let wanted = initial_sequence_number(pair.log[0].at, &flow(), SECRET);
    assert_eq!(pair.log[0].header.seq, wanted);
    let chosen = Config { iss: Some(framewire::seq::SeqNumber(1000)), ..config };
    let mut pair = Pair::new(chosen, Config::linux(), Wire::perfect(ms(10)), 1);
    pair.flush(0);
    assert_eq!(pair.log[0].header.seq.0, 1000);
}
