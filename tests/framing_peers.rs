//! The codec against its peers: tokio-util's codecs, prost's delimited encoding, and a Python program for `json-header`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use bytes::{Bytes, BytesMut};
use framewire::framing::{Decoder, Encoder, Framing, Limits};
use framewire::rng::Rng;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value, json};
use tokio_util::codec::{AnyDelimiterCodec, Encoder as _, LengthDelimitedCodec, LinesCodec};

/// All payloads of a stream fed in slices of random size; the error's text where one stopped it.
fn ours(name: &str, limits: Limits, stream: &[u8], seed: u64) -> (Vec<Vec<u8>>, Option<String>) {
    let mut decoder = Decoder::new(&name.parse().expect(name), limits);
    let mut rng = Rng::new(seed);
    let (mut payloads, mut rest) = (Vec::new(), stream);
    while !rest.is_empty() {
        let (mut slice, more) = rest.split_at(rest.len().min(1 + rng.below(40) as usize));
        rest = more;
        loop {
            match decoder.decode(&mut slice) {
                Ok(Some(frame)) => payloads.push(frame.payload.to_vec()),
                Ok(None) => break,
                Err(error) => return (payloads, Some(error.to_string())),
            }
        }
    }
    (payloads, None)
}

/// The same with a tokio-util codec, which needs no slices to show what it takes for a frame.
fn tokio<D>(codec: &mut D, stream: &[u8]) -> (Vec<Vec<u8>>, bool)
where
    D: tokio_util::codec::Decoder,
    D::Item: AsRef<[u8]>,
{
    let mut buffer = BytesMut::from(stream);
    let mut payloads = Vec::new();
    loop {
        let before = buffer.len();
        match codec.decode(&mut buffer) {
            // A frame that ends before its own head takes nothing, for ever.
            Ok(Some(_)) if buffer.len() == before => return (payloads, true),
            Ok(Some(item)) => payloads.push(item.as_ref().to_vec()),
            Ok(None) => return (payloads, false),
            Err(_) => return (payloads, true),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn length_as_tokio_util(
        width in prop::sample::select(vec![1_usize, 2, 3, 4, 8]),
        big: bool,
        offset in 0_usize..5,
        adjust in -6_isize..6,
        skip in 0_usize..12,
        messages in prop::collection::vec(0_usize..30, 0..6),
        junk in prop::collection::vec(any::<u8>(), 0..24),
        seed: u64,
    ) {
        // Lengths small enough to mean something, between bytes that mean nothing.
        let mut rng = Rng::new(seed);
        let mut stream = Vec::new();
        for len in messages {
            stream.extend((0..offset).map(|_| rng.next_u32() as u8));
            let bytes = (len as u64).to_be_bytes();
            let mut bytes = bytes[8 - width..].to_vec();
            if !big {
                bytes.reverse();
            }
            stream.extend(bytes);
            stream.extend((0..len).map(|_| rng.below(4) as u8));
        }
        stream.extend(junk);

        let mut codec = LengthDelimitedCodec::builder();
        codec.length_field_length(width).length_field_offset(offset).length_adjustment(adjust).num_skip(skip);
        codec.max_frame_length(64);
        let mut codec = if big { codec.big_endian().new_codec() } else { codec.little_endian().new_codec() };

        // Ours counts from behind the length, tokio-util from behind what is skipped.
        let ours_adjust = adjust + skip as isize - (offset + width) as isize;
        let int = if width == 1 { "u8".into() } else { format!("u{}{}", 8 * width, if big { "be" } else { "le" }) };
        let name = format!("length:{int},offset={offset},adjust={ours_adjust},strip={skip}");
        let limits = Limits { payload: 1 << 40, ..Limits::default() };
        let (mine, mine_failed) = ours(&name, limits, &stream, seed);
        let (theirs, _) = tokio(&mut codec, &stream);
        // tokio-util has its limit on the field alone and lets a frame end inside its own head; ours stops earlier or later
        // only there.
        let common = mine.len().min(theirs.len());
        prop_assert_eq!(&mine[..common], &theirs[..common], "{}", name);
        if mine.len() < theirs.len() {
            let why = mine_failed.unwrap_or_default();
            prop_assert!(why.contains("before its own length") || why.contains("to be stripped"), "{}: {}", name, why);
        }
    }

    #[test]
    fn plain_lengths_exactly_as_tokio_util(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..99), 0..9), seed: u64) {
        for (name, width, big) in [("length:u32be", 4, true), ("length:u16le", 2, false), ("length:u24be", 3, true), ("length:u8", 1, true), ("length:u64le", 8, false)] {
            let mut builder = LengthDelimitedCodec::builder();
            builder.length_field_length(width);
            let mut codec = if big { builder.big_endian().new_codec() } else { builder.little_endian().new_codec() };
            let mut theirs = BytesMut::new();
            let mut mine = Vec::new();
            let encoder = Encoder::new(&name.parse().unwrap(), Limits::default());
            for payload in &payloads {
                codec.encode(Bytes::copy_from_slice(payload), &mut theirs).unwrap();
                encoder.encode(payload, &mut mine).unwrap();
            }
            prop_assert_eq!(&mine[..], &theirs[..], "{}", name);
            prop_assert_eq!(ours(name, Limits::default(), &theirs, seed), (payloads.clone(), None));
        }
    }

    #[test]
    fn lines_as_tokio_util(text in "[ab\r\n]{0,60}", seed: u64) {
        let (mine, failed) = ours("line", Limits::default(), text.as_bytes(), seed);
        let (theirs, _) = tokio(&mut LinesCodec::new(), text.as_bytes());
        prop_assert_eq!(failed, None);
        prop_assert_eq!(mine, theirs);
    }

    #[test]
    fn any_delimiter_as_tokio_util(stream in prop::collection::vec(prop::sample::select(b"ab,;|\n".to_vec()), 0..60), seed: u64) {
        let mut codec = AnyDelimiterCodec::new(b",;\n|".to_vec(), b",".to_vec());
        let (theirs, _) = tokio(&mut codec, &stream);
        let (mine, failed) = ours("delimiter:%2C|;|%0A|%7C", Limits::default(), &stream, seed);
        prop_assert_eq!(failed, None);
        prop_assert_eq!(mine, theirs);
    }

    #[test]
    fn varints_as_prost(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..400), 0..6), seed: u64) {
        // A message of protobuf may be any bytes under a length; `Vec<u8>` is prost's BytesValue: field 1 and the bytes.
        let mut theirs = Vec::new();
        let mut mine = Vec::new();
        let encoder = Encoder::new(&Framing::Varint, Limits::default());
        for payload in &payloads {
            payload.encode_length_delimited(&mut theirs).unwrap();
            encoder.encode(&payload.encode_to_vec(), &mut mine).unwrap();
        }
        prop_assert_eq!(&mine, &theirs);
        let (messages, failed) = ours("varint", Limits::default(), &theirs, seed);
        prop_assert_eq!(failed, None);
        let back: Vec<Vec<u8>> = messages.iter().map(|m| Vec::<u8>::decode(&m[..]).unwrap()).collect();
        prop_assert_eq!(back, payloads);
    }

    #[test]
    fn any_varint_as_prost(bytes in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 0x7f, 0x80, 0x81, 0xff]), 0..12)) {
        let theirs = prost::encoding::decode_varint(&mut &bytes[..]).ok();
        let limits = Limits { payload: u64::MAX, ..Limits::default() };
        let mut decoder = Decoder::new(&Framing::Varint, limits);
        let mine = match decoder.decode(&mut &bytes[..]) {
            Ok(Some(frame)) => Some(frame.payload.len() as u64),
            Ok(None) => decoder.waiting().want,
            Err(error) => match error.problem {
                framewire::framing::Problem::LengthTooLarge { value, .. } => u64::try_from(value).ok(),
                _ => None,
            },
        };
        prop_assert_eq!(mine, theirs, "{:02x?}", bytes);
    }
}

/// Runs the Python peer. That it cannot be run is a failure, not a reason to skip.
fn python(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/json_header_peer.py");
    let mut child = Command::new("python3")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("this test needs python3 (apt install python3): {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("python3 runs to its end");
    writer.join().expect("no panic").expect("python3 reads its input");
    assert!(output.status.success(), "the Python peer failed: {}", output.status);
    output.stdout
}

/// A random JSON value of the kind that headers hold, and of kinds that they should not.
fn value(rng: &mut Rng, depth: u32) -> Value {
    let text = |rng: &mut Rng| -> String {
        const CHARS: &[char] =
            &['a', '"', '\\', '/', '\n', '\t', '\u{1}', '\u{7f}', '\u{80}', 'é', '中', '\u{2028}', '😀', ' '];
        (0..rng.below(6)).map(|_| CHARS[rng.below(CHARS.len() as u64) as usize]).collect()
    };
    match rng.below(if depth == 0 { 7 } else { 9 }) {
        0 => Value::Null,
        1 => json!(rng.chance(0.5)),
        2 => json!(rng.next_u64() >> rng.below(64)),
        3 => json!(-((rng.next_u64() >> 1 >> rng.below(62)) as i64)),
        4 => json!(f64::from_bits(rng.next_u64())),
        5 => json!((rng.next_u64() >> 40) as f64 / 1000.0 * 10_f64.powi(rng.below(40) as i32 - 20)),
        6 => json!(text(rng)),
        7 => (0..rng.below(4)).map(|_| value(rng, depth - 1)).collect(),
        // One key: serde_json sorts an object's keys, and a Python dict does not.
        _ => json!({ text(rng): value(rng, depth - 1) }),
    }
}

/// Equality up to the last digit of floats, which serde_json reads to within a unit in the last place.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() => {
            let (a, b) = (a.as_f64().expect("a float"), b.as_f64().expect("a float"));
            (a - b).abs() <= 4.0 * f64::EPSILON * b.abs()
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((i, a), (j, b))| i == j && same(a, b))
        }
        _ => a == b,
    }
}

#[test]
fn what_we_write_python_reads_and_what_python_writes_we_read() {
    let mut rng = Rng::new(20);
    let framing = Framing::json_header(["data_size"]).unwrap();
    let encoder = Encoder::new(&framing, Limits::default());
    let (mut mine, mut lines, mut messages) = (Vec::new(), String::new(), Vec::new());
    for i in 0..500_u64 {
        let payload: Vec<u8> = (0..rng.below(40)).map(|_| rng.next_u32() as u8).collect();
        let mut fields = Vec::new();
        if i % 3 > 0 {
            fields.push(("file name 文件".to_owned(), value(&mut rng, 3)));
            fields.push((format!("k{i}"), value(&mut rng, 2)));
        }
        encoder.encode_fields(&fields, &payload, &mut mine).unwrap();
        let object: String =
            fields.iter().map(|(k, v)| format!("{}: {v}", json!(k))).collect::<Vec<_>>().join(",");
        let hex: String = payload.iter().map(|b| format!("{b:02x}")).collect();
        lines += &format!("{{\"fields\": {{{object}}}, \"payload\": \"{hex}\"}}\n");
        messages.push((fields, hex));
    }
    let theirs = python(&["encode", "data_size"], lines.as_bytes());
    let differ = mine.iter().zip(&theirs).position(|(a, b)| a != b);
    if let Some(at) = differ {
        let around =
            |s: &[u8]| String::from_utf8_lossy(&s[at.saturating_sub(60)..s.len().min(at + 40)]).into_owned();
        panic!("byte {at}:\n ours   {:?}\n python {:?}", around(&mine), around(&theirs));
    }
    assert_eq!(mine.len(), theirs.len());

    // Python reads what we wrote …
    let read = String::from_utf8(python(&["decode", "data_size"], &mine)).unwrap();
    assert_eq!(read.lines().count(), messages.len());
    // … and we read what Python wrote, and keep its fields.
    let mut decoder = Decoder::new(&framing, Limits::default());
    let mut input = &theirs[..];
    for (line, (fields, hex)) in read.lines().zip(&messages) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["payload"], json!(hex));
        let frame = decoder.decode(&mut input).unwrap().expect("a frame");
        assert_eq!(frame.payload.iter().map(|b| format!("{b:02x}")).collect::<String>(), *hex);
        let got = frame.fields();
        assert_eq!(got[0], ("data_size".to_owned(), json!(frame.payload.len())));
        assert_eq!(got.len(), fields.len() + 1);
        for ((key, value), (want_key, want)) in got[1..].iter().zip(fields) {
            assert!(key == want_key && same(value, want), "{key}: {value}, not {want_key}: {want}");
        }
    }
    decoder.finish().unwrap();
}
