//! A bounded fuzz run without a fuzzer: seeded mutations of good streams through the very functions that the targets in
//! `fuzz/` call. `FRAMEWIRE_CASES` sets the number of inputs for each target.

#[allow(dead_code)]
#[path = "../fuzz/src/framing.rs"]
mod oracle;

use framewire::framing::{Encoder, Framing};
use framewire::rng::Rng;

/// Bytes that mean something to one framing or another.
const TOKENS: &[&[u8]] = &[
    b"{\"size\": ",
    b"{\"data_size\": 5}",
    b"{\"n\":",
    b"\"",
    b"}",
    b"{",
    b"[",
    b":",
    b",",
    b"\r\n",
    b"\r\n\r\n",
    b"\\u00",
    b"\0\0\0\x05",
    b"\x10\0\0\0",
    b"\0\x07",
    b"\xff\xff\xff\xff",
    b"\x80\x80",
    b"3:abc,",
    b"0:,",
    b"99999999999",
    b"-1",
    b"1e5",
    b"aba",
    b"aab",
    b"ee",
    b"null",
    b"\xe4\xb8",
    b"\xef\xbb\xbf",
    b"null",
    b"true",
    b" ",
];

fn seed_input(names: &[&str], rng: &mut Rng) -> Vec<u8> {
    let choice = rng.below(names.len() as u64) as usize;
    let framing: Framing = names[choice].parse().expect("a target names framings");
    let mut stream = Vec::new();
    let encoder = Encoder::new(&framing, oracle::LIMITS);
    for _ in 0..rng.below(5) {
        let payload: Vec<u8> = (0..rng.below(20)).map(|_| b"ab\n7\xe4z"[rng.below(6) as usize]).collect();
        // What cannot be encoded is left out; the mutations bring their own nonsense.
        let _ = encoder.encode(&payload, &mut stream);
    }
    let cuts = rng.below(16) as u8;
    let mut input = vec![choice as u8, cuts];
    input.extend((0..cuts).map(|_| rng.below(80) as u8));
    input.extend(stream);
    input
}

fn mutate(input: &mut Vec<u8>, rng: &mut Rng) {
    for _ in 0..rng.below(5) {
        let at = rng.below(input.len() as u64 + 1) as usize;
        match rng.below(6) {
            0 => input.insert(at, rng.next_u32() as u8),
            1 if at < input.len() => input[at] ^= 1 << rng.below(8),
            2 if at < input.len() => drop(input.remove(at)),
            3 => input.truncate(at),
            4 => drop(input.splice(at..at, TOKENS[rng.below(TOKENS.len() as u64) as usize].iter().copied())),
            _ => {
                let from = rng.below(at as u64 + 1) as usize;
                let copy = input[from..at].to_vec();
                input.extend(copy);
            }
        }
    }
}

#[test]
fn every_target_stands_a_bounded_run() {
    let cases = std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000_u32);
    for (target, names) in oracle::TARGETS {
        let mut rng = Rng::derive(1, target);
        for _ in 0..cases {
            let mut input = seed_input(names, &mut rng);
            mutate(&mut input, &mut rng);
            oracle::run(target, &input);
        }
    }
}

#[test]
fn what_people_paste_stands_a_bounded_run() {
    const TEXTS: &[&str] = &[
        "length:u16be,offset=2,adjust=-4,strip=0",
        "delimiter:%0D%0A|;,keep",
        "json-header:size|data_size,len=u16be",
        "00000000: 1100 0000 7b22 6461  ....{\"da\n*\n00000020: 21\n",
        "b'\\x11\\x00\\x00\\x00{\"data_size\": 12}'",
        "\x0b\0\0\0{\"size\": 5}hello",
    ];
    let cases = std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000_u32);
    let mut rng = Rng::new(3);
    for _ in 0..cases {
        let mut input = TEXTS[rng.below(TEXTS.len() as u64) as usize].as_bytes().to_vec();
        mutate(&mut input, &mut rng);
        oracle::pasted(&input);
    }
}

#[test]
fn every_target_has_its_file() {
    for (target, _) in oracle::TARGETS {
        let path = format!("{}/fuzz/fuzz_targets/framing_{target}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(text.contains(&format!("\"{target}\"")), "{path} runs another target");
    }
}

/// Found by the fuzzer: a length within the limit that is above it with its adjustment gave empty frames without end.
#[test]
fn a_length_above_the_limit_by_its_adjustment_holds() {
    let mut data = vec![0; 160];
    for (at, octet) in
        [(0, 0x27), (0x20, 0xfe), (0x37, 1), (0x82, 2), (0x83, 0x57), (0x8c, 0x3a), (0x99, 0x70)]
    {
        data[at] = octet;
    }
    oracle::run("length", &data);
}
