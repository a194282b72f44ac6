//! The codec beside its peers, interleaved in one process, as ratios of medians.
//!
//! `cargo bench --bench framing` prints a table; with `-- --json` one JSON object a line, which `cargo xtask bench framing`
//! reads; with `--quick` fewer rounds. Every row measures ours and the peer in turn on streams of the same messages.

#![allow(missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use frames::{ROWS, Stream, Work, decode_all, decode_chunks};
use framewire::framing::{Decoder, Encoder, FragmentDecoder, Framing, Limits};
use framewire::rng::Rng;
use serde::Deserialize;
use tokio_util::codec::{Decoder as _, Encoder as _, LengthDelimitedCodec};

#[path = "peers/frames.rs"]
mod frames;
#[path = "peers/node.rs"]
mod node;

/// What the ratio of a row must be.
#[derive(Clone, Copy)]
enum Target {
    /// Ours handles at least this many times as many messages in the same time.
    Faster(f64),
    /// Ours takes at most this many times as long.
    Within(f64),
    /// No promise: for information.
    None,
}

struct Bench {
    rounds: usize,
    json: bool,
    filter: Option<String>,
    failed: bool,
}

impl Bench {
    /// Measures `ours` and `peer` in turn; each handles `messages` messages a call and says how long that took.
    fn row<'a>(
        &mut self,
        row: &str,
        peer_name: &str,
        messages: usize,
        target: Target,
        ours: Side<'a>,
        peer: Side<'a>,
    ) {
        if self.filter.as_ref().is_some_and(|part| !row.contains(part.as_str())) {
            return;
        }
        // Warm up, and find how often to call for a round of a third of a millisecond: short, so that few are disturbed.
        let once = ours().max(peer()).max(Duration::from_nanos(1));
        let calls = (Duration::from_micros(300).as_nanos() / once.as_nanos()).clamp(1, 1000) as u32;
        let run = |side: &mut Side<'a>| {
            let total: Duration = (0..calls).map(|_| side()).sum();
            total.as_nanos() as f64 / f64::from(calls) / messages as f64
        };
        let (mut sides, mut times) = ([ours, peer], [Vec::new(), Vec::new()]);
        for round in 0..self.rounds {
            // Neither always goes first.
            for turn in [round % 2, 1 - round % 2] {
                times[turn].push(run(&mut sides[turn]));
            }
        }
        let [ours, peer] = times;
        self.report(row, peer_name, median(ours), median(peer), target);
    }

    fn report(&mut self, row: &str, peer: &str, ours_ns: f64, peer_ns: f64, target: Target) {
        let (ratio, text, met) = match target {
            Target::Faster(least) => (peer_ns / ours_ns, format!(">= {least}"), peer_ns / ours_ns >= least),
            Target::Within(most) => (ours_ns / peer_ns, format!("<= {most}"), ours_ns / peer_ns <= most),
            Target::None => (peer_ns / ours_ns, String::new(), true),
        };
        self.failed |= !met;
        if self.json {
            let line = serde_json::json!({
                "row": row, "ours_ns": ours_ns, "peer": peer, "peer_ns": peer_ns, "ratio": ratio,
                "target": text, "met": met,
            });
            println!("{line}");
        } else {
            let mark = if met { "" } else { "  MISSED" };
            println!(
                "{row:<58} {ratio:>7.2}  {text:<8} ours {ours_ns:>10.1} ns, {peer} {peer_ns:.1} ns{mark}"
            );
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// One side of a comparison: does its work once and says how long it took, without what it took to prepare.
type Side<'a> = &'a mut dyn FnMut() -> Duration;

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

fn decode_fragments(decoder: &mut FragmentDecoder, mut input: &[u8]) -> usize {
    let mut count = 0;
    while let Ok(Some(fragment)) = decoder.decode(&mut input) {
        black_box(fragment.bytes);
        count += usize::from(fragment.last);
    }
    count
}

fn codec_all(codec: &mut LengthDelimitedCodec, buffer: &mut BytesMut) -> usize {
    let mut count = 0;
    while let Ok(Some(frame)) = codec.decode(buffer) {
        black_box(&frame[..]);
        count += 1;
    }
    count
}

/// Messages of sizes that change from one to the next, so that no head comes twice in a row: what is gained where they do not change
/// is not gained here.
fn mixed(bench: &mut Bench, json: &Framing, length: &Framing) {
    let messages = 4096;
    let stream = |framing: &Framing| {
        let (encoder, mut rng) = (Encoder::new(framing, Limits::default()), Rng::new(24));
        let mut bytes = Vec::new();
        for _ in 0..messages {
            let payload = [7; 24];
            let size = 8 + rng.below(17) as usize;
            encoder.encode(&payload[..size], &mut bytes).expect("it fits");
        }
        bytes
    };
    let prefixed = stream(length);
    for (framing, what) in [(json, "json-header"), (length, "length:u32be")] {
        let bytes = stream(framing);
        let mut decoder = Decoder::new(framing, Limits::default());
        let mut codec = LengthDelimitedCodec::new();
        bench.row(
            &format!("decode 8 to 24 B mixed, {what}, in memory, vs {LDC}"),
            LDC,
            messages,
            Target::None,
            &mut || timed(|| assert_eq!(decode_all(&mut decoder, &bytes), messages)),
            &mut || {
                let mut buffer = BytesMut::from(&prefixed[..]);
                timed(|| assert_eq!(codec_all(&mut codec, &mut buffer), messages))
            },
        );
    }
}

/// The header as a plain program has it.
#[derive(Deserialize)]
struct Header {
    data_size: usize,
}

/// The same protocol, plainly on serde_json, with the stream in memory.
fn plain_decode(mut input: &[u8], size: impl Fn(&[u8]) -> Option<usize>) -> usize {
    let mut count = 0;
    while let Some((len, rest)) = input.split_first_chunk::<4>() {
        let len = i32::from_le_bytes(*len) as usize;
        let (Some(header), Some(rest)) = (rest.get(..len), rest.get(len..)) else { break };
        let Some(size) = size(header) else { break };
        let (Some(payload), Some(rest)) = (rest.get(..size), rest.get(size..)) else {
            break;
        };
        black_box(payload);
        input = rest;
        count += 1;
    }
    count
}

/// The same protocol, plainly on serde_json's values.
fn plain_encode(payload: &[u8], out: &mut Vec<u8>) {
    let header = serde_json::json!({ "data_size": payload.len() }).to_string().into_bytes();
    out.extend_from_slice(&(header.len() as i32).to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(payload);
}

const LDC: &str = "LengthDelimitedCodec";

/// Copies the payloads, in the pieces in which the chunks bring them: the work that no assembling decoder can spare.
fn copy_payloads(stream: &Stream, pieces: &[(std::ops::Range<usize>, bool)], into: &mut Vec<u8>) {
    for (piece, last) in pieces {
        into.extend_from_slice(&stream.bytes[piece.clone()]);
        if *last {
            black_box(&into[..]);
            into.clear();
        }
    }
}

fn decoding(bench: &mut Bench, json: &Framing, length: &Framing) {
    for (size, name) in SIZES {
        let framed = Stream::ours(size, json);
        let prefixed = Stream::ours(size, length);
        let messages = framed.messages;
        let [memory, chunks, prefix_memory, prefix_chunks] = match size {
            16 => [Target::Faster(3.0), Target::Faster(2.5), Target::Faster(5.0), Target::None],
            1024 => [Target::None, Target::Faster(1.5), Target::None, Target::None],
            _ => [Target::None; 4],
        };
        for (framing, stream, memory, chunks, what) in [
            (json, &framed, memory, chunks, "json-header"),
            (length, &prefixed, prefix_memory, prefix_chunks, "length:u32be"),
        ] {
            let mut codec = LengthDelimitedCodec::new();
            // Ours keeps its buffer from round to round, and so does the peer.
            let mut kept = BytesMut::new();
            let mut decoder = Decoder::new(framing, Limits::default());
            bench.row(
                &format!("decode {name}, {what}, in memory, vs {LDC}"),
                LDC,
                messages,
                memory,
                &mut || timed(|| assert_eq!(decode_all(&mut decoder, &stream.bytes), messages)),
                &mut || {
                    // The codec must own its stream; the copy that makes it so is not its fault.
                    let mut buffer = BytesMut::from(&prefixed.bytes[..]);
                    timed(|| assert_eq!(codec_all(&mut codec, &mut buffer), messages))
                },
            );
            bench.row(
                &format!("decode {name}, {what}, in chunks, vs {LDC}"),
                LDC,
                messages,
                chunks,
                &mut || timed(|| decode_chunks(&mut decoder, stream)),
                &mut || {
                    timed(|| {
                        let mut count = 0;
                        for chunk in prefixed.chunks() {
                            kept.extend_from_slice(chunk);
                            count += codec_all(&mut codec, &mut kept);
                        }
                        assert_eq!(count, messages);
                    })
                },
            );
        }
        let pieces = framed.pieces();
        if size >= 1024 {
            let mut decoder = Decoder::new(json, Limits::default());
            let mut copy = Vec::new();
            bench.row(
                &format!("decode {name}, json-header, in chunks, vs memcpy"),
                "memcpy",
                messages,
                Target::Within(1.3),
                &mut || timed(|| decode_chunks(&mut decoder, &framed)),
                &mut || timed(|| copy_payloads(&framed, &pieces, &mut copy)),
            );
        }
        if size >= 65536 {
            let mut decoder = FragmentDecoder::new(json, Limits::default());
            let mut copy = Vec::new();
            bench.row(
                &format!("decode {name}, json-header, in fragments, vs memcpy"),
                "memcpy",
                messages,
                Target::Within(0.25),
                &mut || timed(|| stream_in_chunks(&framed, |chunk| decode_fragments(&mut decoder, chunk))),
                &mut || timed(|| copy_payloads(&framed, &pieces, &mut copy)),
            );
        }
        let mut decoder = Decoder::new(json, Limits::default());
        let mut ours = || timed(|| assert_eq!(decode_all(&mut decoder, &framed.bytes), messages));
        let target = if size == 16 { Target::Faster(6.0) } else { Target::None };
        bench.row(
            &format!("decode {name}, json-header, in memory, vs serde_json"),
            "serde_json Value",
            messages,
            target,
            &mut ours,
            &mut || timed(|| assert_eq!(plain_decode(&framed.bytes, size_of_value), messages)),
        );
        bench.row(
            &format!("decode {name}, json-header, in memory, vs serde_json into a struct"),
            "serde_json struct",
            messages,
            Target::None,
            &mut ours,
            &mut || timed(|| assert_eq!(plain_decode(&framed.bytes, size_of_struct), messages)),
        );
    }
}

/// The size as a program reads it that keeps the header's other fields.
fn size_of_value(header: &[u8]) -> Option<usize> {
    let header: serde_json::Value = serde_json::from_slice(header).ok()?;
    header.get("data_size")?.as_u64().map(|size| size as usize)
}

/// The size as a program reads it that knows all fields.
fn size_of_struct(header: &[u8]) -> Option<usize> {
    serde_json::from_slice::<Header>(header).ok().map(|header| header.data_size)
}

fn stream_in_chunks(stream: &Stream, mut feed: impl FnMut(&[u8]) -> usize) {
    let count: usize = stream.chunks().map(&mut feed).sum();
    assert_eq!(count, stream.messages);
}

fn encoding(bench: &mut Bench, json: &Framing) {
    let encoder = Encoder::new(json, Limits::default());
    for (size, name) in SIZES {
        let payload = vec![7; size];
        let messages = (1 << 16) / size + 1;
        let mut out = Vec::new();
        let mut ours = || {
            out.clear();
            timed(|| {
                for _ in 0..messages {
                    out.clear();
                    encoder.encode(black_box(&payload), &mut out).expect("it fits");
                    black_box(&out);
                }
            })
        };
        let mut codec = LengthDelimitedCodec::new();
        let mut buffer = BytesMut::new();
        let target = if size == 16 { Target::Faster(1.0) } else { Target::None };
        bench.row(
            &format!("encode {name}, json-header, vs {LDC}"),
            LDC,
            messages,
            target,
            &mut ours,
            &mut || {
                timed(|| {
                    for _ in 0..messages {
                        buffer.clear();
                        codec.encode(black_box(&payload[..]), &mut buffer).expect("it fits");
                        black_box(&buffer);
                    }
                })
            },
        );
        let target = if size >= 65536 { Target::Within(1.1) } else { Target::None };
        let mut copy = Vec::new();
        bench.row(
            &format!("encode {name}, json-header, vs memcpy"),
            "memcpy",
            messages,
            target,
            &mut ours,
            &mut || {
                timed(|| {
                    for _ in 0..messages {
                        copy.clear();
                        copy.extend_from_slice(black_box(&payload));
                        black_box(&copy);
                    }
                })
            },
        );
        let target = if size == 16 { Target::Faster(3.0) } else { Target::None };
        let mut plain = Vec::new();
        let peer = "plain serde_json";
        bench.row(
            &format!("encode {name}, json-header, vs serde_json"),
            peer,
            messages,
            target,
            &mut ours,
            &mut || {
                timed(|| {
                    for _ in 0..messages {
                        plain.clear();
                        plain_encode(black_box(&payload), &mut plain);
                        black_box(&plain);
                    }
                })
            },
        );
    }
}

/// The same loops as WASM, by Node, in turn with the native ones: for speed alone, and as the page is built, at which nothing is
/// promised.
fn in_wasm(bench: &mut Bench) {
    for (level, named) in [(Some("3"), "at opt-level 3"), (None, "as in the page")] {
        let wasm = node::Wasm::build(level);
        for (size, name) in [(16, "16 B"), (1024, "1 KiB"), (65536, "64 KiB")] {
            for (number, what) in ROWS.iter().enumerate() {
                let row = format!("WASM in Node {named}, {what}, {name}, vs native");
                if bench.filter.as_ref().is_some_and(|part| !row.contains(part.as_str())) {
                    continue;
                }
                let target = if level.is_some() && number < 3 { Target::Within(1.5) } else { Target::None };
                match wasm
                    .as_ref()
                    .map_err(String::clone)
                    .and_then(|wasm| beside(wasm, number as u32, size, bench.rounds))
                {
                    Ok((theirs, native)) => bench.report(&row, "native", theirs, native, target),
                    Err(why) => eprintln!("{row}: left out: {why}"),
                }
            }
        }
    }
}

/// Medians of nanoseconds a message, in WASM and natively.
fn beside(wasm: &node::Wasm, row: u32, size: usize, rounds: usize) -> node::Outcome<(f64, f64)> {
    let mut work = Work::new(row, size);
    let messages = work.messages() as f64;
    let (mut theirs, mut native) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let arguments = ["frames".to_owned(), row.to_string(), size.to_string(), rounds.to_string()];
        theirs.extend(wasm.run(node::Engine::Node, &arguments)?);
        let once = timed(|| work.once()).max(Duration::from_nanos(1));
        let times = (Duration::from_micros(300).as_nanos() / once.as_nanos()).max(1) as u32;
        for _ in 0..rounds {
            let total = timed(|| (0..times).for_each(|_| work.once()));
            native.push(total.as_nanos() as f64 / f64::from(times) / messages);
        }
    }
    Ok((median(theirs), median(native)))
}

const SIZES: [(usize, &str); 4] = [(16, "16 B"), (1024, "1 KiB"), (65536, "64 KiB"), (1 << 20, "1 MiB")];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().any(|a| a == name);
    let mut bench = Bench {
        rounds: if flag("--quick") { 21 } else { 101 },
        json: flag("--json"),
        filter: arguments.iter().find(|a| !a.starts_with("--")).cloned(),
        failed: false,
    };
    // `cargo test --benches` runs every bench once, to see that it runs.
    if flag("--test") {
        bench.rounds = 1;
    }
    let json: Framing = "json-header:data_size".parse().expect("a name");
    let length: Framing = "length:u32be".parse().expect("a name");
    decoding(&mut bench, &json, &length);
    mixed(&mut bench, &json, &length);
    encoding(&mut bench, &json);
    if !flag("--test") {
        in_wasm(&mut bench);
    }
    if bench.failed && !bench.json && !flag("--test") {
        eprintln!("a target was missed");
        std::process::exit(1);
    }
}
