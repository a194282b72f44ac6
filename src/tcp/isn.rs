//! Initial sequence numbers (RFC 9293 section 3.4.1, RFC 6528).

use crate::seq::SeqNumber;
use crate::time::Instant;
use std::net::{IpAddr, SocketAddr};

/// The two ends of a connection, as its owner sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Our address and port.
    pub local: SocketAddr,
    /// The peer's address and port.
    pub remote: SocketAddr,
}

/// The initial sequence number of a connection opened at `now`: ISN = M + F(4-tuple, secret), M a clock that counts
/// every 4 µs (RFC 9293 section 3.4.1, MUST-8, SHLD-1; RFC 6528 section 3). F is SipHash-2-4 keyed with `secret`, so
/// that nobody who lacks the secret can compute it (MUST-9).
pub fn initial_sequence_number(now: Instant, flow: &Flow, secret: [u64; 2]) -> SeqNumber {
    let clock = (now.as_nanos() / 4_000) as u32;
    SeqNumber(clock.wrapping_add(keyed(flow, secret, 0) as u32))
}

/// Where the timestamp clock of a connection starts (RFC 7323 section 5.4 suggests a random offset per connection).
pub(crate) fn timestamp_offset(flow: &Flow, secret: [u64; 2]) -> u32 {
    keyed(flow, secret, 1) as u32
}

fn keyed(flow: &Flow, secret: [u64; 2], purpose: u8) -> u64 {
    let mut input = [0_u8; 37];
    let mut at = 0;
    for end in [&flow.local, &flow.remote] {
        let ip = match end.ip() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        input[at..at + 16].copy_from_slice(&ip);
        input[at + 16..at + 18].copy_from_slice(&end.port().to_be_bytes());
        at += 18;
    }
    input[36] = purpose;
    siphash24(secret, &input)
}

/// SipHash-2-4 (Aumasson and Bernstein).
fn siphash24(key: [u64; 2], input: &[u8]) -> u64 {
    let mut v = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    let round = |v: &mut [u64; 4]| {
        v[0] = v[0].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].wrapping_add(v[3]);
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].wrapping_add(v[1]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[2] = v[2].rotate_left(32);
    };
    let mut take = |word: u64| {
        v[3] ^= word;
        round(&mut v);
        round(&mut v);
        v[0] ^= word;
    };
    let words = input.chunks_exact(8);
    let rest = words.remainder();
    for word in words {
        take(word.iter().rev().fold(0, |acc, &b| acc << 8 | u64::from(b)));
    }
    let tail = rest.iter().rev().fold(0, |acc, &b| acc << 8 | u64::from(b));
    take(tail | (input.len() as u64) << 56);
    v[2] ^= 0xff;
    for _ in 0..4 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siphash_matches_its_published_vectors() {
        // Key 00..0f, input 00, 01, ...: the authors' test vectors for lengths 0, 1, 8 and 15.
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let input: Vec<u8> = (0..15).collect();
        assert_eq!(siphash24(key, &[]), 0x726f_db47_dd0e_0e31);
        assert_eq!(siphash24(key, &input[..1]), 0x74f8_39c5_93dc_67fd);
        assert_eq!(siphash24(key, &input[..8]), 0x93f5_f579_9a93_2462);
        assert_eq!(siphash24(key, &input), 0xa129_ca61_49be_45e5);
    }

    #[test]
    fn the_number_follows_clock_ends_and_secret() {
        let end = |port| SocketAddr::from(([10, 0, 0, 1], port));
        let flow = Flow { local: end(1), remote: end(2) };
        let at = |micros: u64| Instant::from_nanos(micros * 1_000);
        let isn = |micros, flow: &Flow, secret| initial_sequence_number(at(micros), flow, [secret, 7]);
        assert_eq!(isn(4_000_000, &flow, 1), isn(0, &flow, 1) + 1_000_000);
        assert_ne!(isn(0, &flow, 1), isn(0, &flow, 2));
        let other = Flow { local: end(3), ..flow };
        assert_ne!(isn(0, &flow, 1), isn(0, &other, 1));
        let swapped = Flow { local: flow.remote, remote: flow.local };
        assert_ne!(isn(0, &flow, 1), isn(0, &swapped, 1));
    }
}
