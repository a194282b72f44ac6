//! The frames never depend on how the stream was cut: every framing, every split, end of stream at every byte.

#[allow(dead_code)]
#[path = "../fuzz/src/framing.rs"]
mod oracle;

use framewire::framing::{Encoder, Framing, Limits, Problem};
use framewire::rng::Rng;
use oracle::{LIMITS, TARGETS, check};
use proptest::prelude::*;

fn framings() -> Vec<Framing> {
    TARGETS.iter().flat_map(|(_, names)| *names).map(|name| name.parse().expect(name)).collect()
}

/// A payload that the framing can carry, made of bytes that also mean something to it.
fn payload(framing: &Framing, len: usize, rng: &mut Rng) -> Vec<u8> {
    let len = match framing {
        Framing::Fixed(size) => size.get() as usize,
        Framing::Length(field) => len + field.head(),
        _ => len,
    };
    let alphabet: &[u8] = match framing {
        Framing::Delimiter(_) => b"xyz\r\n-",
        Framing::Line { .. } => b"xyz\r,:",
        _ => b"x\r\n,:{}\"\0\x01\x80\xff 7",
    };
    let mut bytes: Vec<u8> = (0..len).map(|_| alphabet[rng.below(alphabet.len() as u64) as usize]).collect();
    match framing {
        Framing::Delimiter(d) if d.keep() => bytes.extend_from_slice(&d.any()[0]),
        Framing::Line { keep: true } => bytes.push(b'\n'),
        Framing::Line { keep: false } | Framing::Delimiter(_) => bytes.push(b'z'),
        _ => {}
    }
    bytes
}

/// A stream of frames with payloads of these lengths; the payloads that it carries.
fn stream(framing: &Framing, lens: &[usize], rng: &mut Rng) -> (Vec<u8>, Vec<Vec<u8>>) {
    let encoder = Encoder::new(framing, LIMITS);
    let (mut stream, mut payloads) = (Vec::new(), Vec::new());
    for &len in lens {
        let payload = payload(framing, len, rng);
        if encoder.encode(&payload, &mut stream).is_ok() {
            payloads.push(payload);
        }
    }
    (stream, payloads)
}

#[test]
fn every_framing_is_decoded_alike_at_every_split_and_at_every_pair_of_splits() {
    let mut rng = Rng::new(1);
    for framing in framings() {
        let (stream, payloads) = stream(&framing, &[0, 5, 1, 12], &mut rng);
        assert!(!stream.is_empty(), "{framing}");
        for i in 0..=stream.len() {
            let outcome = check(&framing, LIMITS, &stream, &[i]);
            assert_eq!(outcome.end, Ok(()), "{framing}");
            let matches = matches!(framing, Framing::None | Framing::Datagram)
                || outcome.frames.len() == payloads.len();
            assert!(matches, "{framing}");
            for j in (i..stream.len()).step_by(3) {
                check(&framing, LIMITS, &stream, &[i, j]);
            }
        }
        check(&framing, LIMITS, &stream, &(0..stream.len()).collect::<Vec<_>>());
    }
}

#[test]
fn the_end_of_the_stream_inside_a_frame_is_an_error_of_its_own() {
    let mut rng = Rng::new(2);
    for framing in framings() {
        let (stream, _) = stream(&framing, &[3, 9], &mut rng);
        let all = check(&framing, LIMITS, &stream, &[]);
        for end in 0..stream.len() {
            let cut = &stream[..end];
            let outcome = check(&framing, LIMITS, cut, &(0..end).collect::<Vec<_>>());
            let border = end == 0 || all.frames.iter().any(|frame| frame.offset == end as u64);
            if border || matches!(framing, Framing::None | Framing::Datagram) {
                assert_eq!(outcome.end, Ok(()), "{framing} at {end}");
            } else {
                let error = outcome.end.expect_err("the frame is not complete");
                assert!(matches!(error.problem, Problem::EndInFrame { .. }), "{framing} at {end}: {error}");
                assert_eq!(error.offset, end as u64);
            }
        }
    }
}

#[test]
fn what_is_told_of_each_byte_is_what_it_is_for() {
    let roles = |name: &str, stream: &[u8]| {
        let outcome = check(&name.parse().unwrap(), Limits::default(), stream, &[1, 2, 5]);
        let spans = outcome
            .end
            .map(|()| oracle::decode(&name.parse().unwrap(), Limits::default(), stream, &[], true).spans);
        let spans = spans.unwrap().0;
        spans
            .iter()
            .map(|s| format!("{}{}", s.role.name(framewire::lang::Lang::En), s.range.end - s.range.start))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(roles("json-header:size", b"\x0b\0\0\0{\"size\": 2}hi"), "length4 header11 payload2");
    assert_eq!(roles("length:u16be,offset=1,strip=4", b"x\0\x03abc"), "header1 length2 padding1 payload2");
    assert_eq!(roles("varint", b"\x03abc\0"), "length1 payload3 length1");
    assert_eq!(roles("netstring", b"3:abc,"), "length1 delimiter1 payload3 delimiter1");
    assert_eq!(roles("line", b"ab\r\nc\n"), "payload2 delimiter2 payload1 delimiter1");
    assert_eq!(roles("line,keep", b"a\rb\n"), "payload3 delimiter1");
    assert_eq!(roles("fixed:2", b"abcd"), "payload2 payload2");
}

#[test]
fn a_decoder_says_what_it_waits_for() {
    let mut decoder =
        framewire::framing::Decoder::new(&"json-header:data_size".parse().unwrap(), Limits::default());
    let mut heard = Vec::new();
    for byte in b"\x11\0\0\0{\"data_size\": 12}hello world!" {
        let waiting = decoder.waiting();
        if waiting.have == 2 || waiting.have == 9 {
            heard.push(waiting.to_string());
        }
        decoder.decode(&mut &[*byte][..]).unwrap();
    }
    assert_eq!(heard, ["length 2/4", "header 2/17", "header 9/17", "payload 2/12", "payload 9/12"]);
    assert_eq!(decoder.waiting().message(framewire::lang::Lang::Zh), "长度 0/4");

    let mut lines = framewire::framing::Decoder::new(&"delimiter:%0D%0A".parse().unwrap(), Limits::default());
    lines.decode(&mut &b"abc"[..]).unwrap();
    assert_eq!(lines.waiting().to_string(), "payload 3/?");
    lines.decode(&mut &b"\r"[..]).unwrap();
    assert_eq!(lines.waiting().to_string(), "delimiter 1/2");
}

#[test]
fn memory_grows_with_the_bytes_received_and_not_with_the_lengths_claimed() {
    let limits = Limits { payload: u64::MAX, ..Limits::default() };
    for (name, head) in [
        ("length:u64be", &b"\x00\x00\x7f\xff\xff\xff\xff\xff"[..]),
        ("varint", &b"\xff\xff\xff\xff\xff\x1f"[..]),
        ("json-header:size", &b"\x18\0\0\0{\"size\": 99999999999999}"[..]),
        ("netstring", &b"99999999999999:"[..]),
    ] {
        let mut decoder = framewire::framing::Decoder::new(&name.parse().unwrap(), limits);
        assert!(decoder.decode(&mut &head[..]).unwrap().is_none(), "{name}");
        assert!(decoder.decode(&mut &b"abc"[..]).unwrap().is_none(), "{name}");
        assert_eq!(decoder.partial().len(), head.len() + 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn round_trips_in_random_batches(
        which in 0..framings().len(),
        lens in prop::collection::vec(0_usize..75, 0..8),
        cuts in prop::collection::vec(0_usize..600, 0..12),
        seed: u64,
    ) {
        let framing = &framings()[which];
        let mut rng = Rng::new(seed);
        let (stream, payloads) = stream(framing, &lens, &mut rng);
        let mut cuts = cuts;
        cuts.sort_unstable();
        let outcome = check(framing, LIMITS, &stream, &cuts);
        prop_assert_eq!(&outcome.end, &Ok(()));
        let got: Vec<u8> = outcome.frames.iter().flat_map(|f| f.payload.clone()).collect();
        // Where the length is handed out, it has been written over the payload.
        let patched = matches!(framing, Framing::Length(field) if (field.strip as usize) < field.head());
        if !patched {
            prop_assert_eq!(got, payloads.concat());
        } else {
            prop_assert_eq!(got.len(), payloads.concat().len());
        }
    }

    #[test]
    fn any_bytes_at_all(
        which in 0..framings().len(),
        stream in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(0_usize..200, 0..12),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        check(&framings()[which], LIMITS, &stream, &cuts);
    }

    #[test]
    fn any_framing_has_a_name(
        any in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..6), 1..5),
        keys in prop::collection::vec("\\PC{1,8}", 1..4),
        format in 0..framewire::framing::IntFormat::all().count(),
        (offset, adjust, strip, keep) in (0_u32..9, -9_i64..9, 0_u32..20, any::<bool>()),
    ) {
        use framewire::framing::{Delimiters, IntFormat, JsonHeader, LengthField};
        let format = IntFormat::all().nth(format).expect("in range");
        let mut framings = vec![Framing::Length(LengthField { format, offset, adjust, strip })];
        framings.extend(Delimiters::new(any, keep).map(Framing::Delimiter));
        framings.extend(JsonHeader::new(format, keys).map(Framing::JsonHeader));
        for framing in framings {
            let name = framing.to_string();
            prop_assert!(name.is_ascii() && !name.contains(' '), "{}", name);
            prop_assert_eq!(name.parse(), Ok(framing));
        }
    }
}
