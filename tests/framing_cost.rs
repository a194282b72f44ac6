//! What decoding costs grows with the bytes, however a stream is cut: no header is parsed again, no byte copied again or searched
//! again because more came. Measured in time of the processor, where Linux tells it.

#![cfg(target_os = "linux")]

use std::hint::black_box;
use std::time::Duration;

use framewire::framing::{Decoder, Encoder, FragmentDecoder, Framing, Limits};

/// How long this thread has run by now, whatever else the machine was busy with meanwhile.
fn busy() -> Duration {
    // The kernel brings the figure up to date when the thread gives way.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux keeps this figure");
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
    Duration::from_nanos(nanoseconds)
}

/// Takes one long frame byte by byte.
fn assembled(framing: &Framing, stream: &[u8]) -> Duration {
    let mut decoder = Decoder::new(framing, Limits::default());
    let start = busy();
    let mut frames = 0;
    for mut byte in stream.chunks(1) {
        while let Some(frame) = decoder.decode(&mut byte).expect("a good stream") {
            black_box(frame.payload);
            frames += 1;
        }
    }
    assert_eq!(frames, 1);
    busy() - start
}

/// The same, without assembling.
fn in_fragments(framing: &Framing, stream: &[u8]) -> Duration {
    let mut decoder = FragmentDecoder::new(framing, Limits::default());
    let start = busy();
    let mut bytes = 0;
    for mut byte in stream.chunks(1) {
        while let Some(fragment) = decoder.decode(&mut byte).expect("a good stream") {
            bytes += black_box(fragment.bytes).len();
        }
    }
    assert!(bytes > 0);
    busy() - start
}

#[test]
fn a_frame_of_sixteen_times_the_bytes_costs_no_more_than_sixteen_times_as_much() {
    const SHORT: usize = 32 << 10;
    /// Far from sixteen times sixteen, which is what looking at everything again would cost, and far from the noise.
    const AT_MOST: u32 = 64;
    for name in ["json-header:size", "length:u32be", "varint", "netstring", "delimiter:%0D%0A", "line"] {
        let framing: Framing = name.parse().expect("a framing");
        let encoder = Encoder::new(&framing, Limits::default());
        let [short, long] = [SHORT, 16 * SHORT].map(|size| {
            let mut stream = Vec::new();
            encoder.encode(&vec![b'x'; size], &mut stream).expect("it fits");
            stream
        });
        for decode in [assembled, in_fragments] {
            // The best of a few: what disturbs a run only makes it longer.
            let best = |stream: &[u8]| (0..5).map(|_| decode(&framing, stream)).min().unwrap_or_default();
            let (once, sixteen) = (best(&short), best(&long));
            assert!(
                sixteen < once * AT_MOST,
                "{name}: {once:?} for one, {sixteen:?} for sixteen times the bytes"
            );
        }
    }
}

#[test]
fn a_long_header_in_single_bytes_is_parsed_once() {
    let framing: Framing = "json-header:size".parse().expect("a framing");
    let stream = |fields: usize| {
        let names: Vec<String> = (0..fields).map(|i| format!("\"field{i:04}\": {i}, ")).collect();
        let header = format!("{{{}\"size\": 1}}", names.concat());
        let mut stream = (header.len() as i32).to_le_bytes().to_vec();
        stream.extend_from_slice(header.as_bytes());
        stream.push(b'!');
        stream
    };
    let (short, long) = (stream(100), stream(1600));
    let best = |stream: &[u8]| (0..5).map(|_| assembled(&framing, stream)).min().unwrap_or_default();
    let (once, sixteen) = (best(&short), best(&long));
    assert!(sixteen < once * 64, "{once:?} for one, {sixteen:?} for a header of sixteen times the length");
}
