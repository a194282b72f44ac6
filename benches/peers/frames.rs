//! Streams of messages and the loops that take them apart: shared by the framing bench and its WASM twin (`peers/wasm`).

use std::hint::black_box;

use framewire::framing::{Decoder, Encoder, Framing, Limits};
use framewire::rng::Rng;

/// A stream of messages of one size, in one framing.
pub struct Stream {
    /// The stream.
    pub bytes: Vec<u8>,
    /// Where it is cut in random chunks of 1 to 1460 bytes.
    pub chunks: Vec<std::ops::Range<usize>>,
    /// How many there are.
    pub messages: usize,
    /// Octets of each.
    pub size: usize,
}

impl Stream {
    /// Messages of `size` octets, each framed by `frame`.
    pub fn new(size: usize, mut frame: impl FnMut(&[u8], &mut Vec<u8>)) -> Stream {
        // As much as stays in a second-level cache, as bytes do that a read has just returned: from memory, all sides would
        // wait for the same bytes, and the ratios would say more about the machine's neighbours than about the code.
        let messages = ((256 << 10) / (size + 64)).max(8);
        let mut rng = Rng::new(size as u64);
        let mut bytes = Vec::new();
        let payload: Vec<u8> = (0..size).map(|_| rng.next_u32() as u8).collect();
        for _ in 0..messages {
            frame(&payload, &mut bytes);
        }
        let mut chunks = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let end = bytes.len().min(at + 1 + rng.below(1460) as usize);
            chunks.push(at..end);
            at = end;
        }
        Stream { bytes, chunks, messages, size }
    }

    /// Messages of `size` octets in `framing`.
    pub fn ours(size: usize, framing: &Framing) -> Stream {
        let encoder = Encoder::new(framing, Limits::default());
        Stream::new(size, |payload, out| encoder.encode(payload, out).expect("it fits"))
    }

    /// The pieces of the payloads, and whether a payload ends there.
    pub fn pieces(&self) -> Vec<(std::ops::Range<usize>, bool)> {
        let frame = self.bytes.len() / self.messages;
        let mut pieces = Vec::new();
        for chunk in &self.chunks {
            for i in chunk.start / frame..=(chunk.end - 1) / frame {
                let payload = (i + 1) * frame - self.size..(i + 1) * frame;
                let piece = payload.start.max(chunk.start)..payload.end.min(chunk.end);
                if piece.start < piece.end {
                    pieces.push((piece.clone(), piece.end == payload.end));
                }
            }
        }
        pieces
    }

    /// The chunks in their order.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(|range| &self.bytes[range.clone()])
    }
}

/// Decodes a stream in memory; how many messages it held.
pub fn decode_all(decoder: &mut Decoder, mut input: &[u8]) -> usize {
    let mut count = 0;
    while let Ok(Some(frame)) = decoder.decode(&mut input) {
        black_box(frame.payload);
        count += 1;
    }
    count
}

/// As [`decode_all`], the stream in its chunks: one loop in the other, as it stands in a program.
pub fn decode_chunks(decoder: &mut Decoder, stream: &Stream) {
    let mut count = 0;
    for mut input in stream.chunks() {
        while let Ok(Some(frame)) = decoder.decode(&mut input) {
            black_box(frame.payload);
            count += 1;
        }
    }
    assert_eq!(count, stream.messages);
}

/// One row of the comparison with WASM.
pub struct Work {
    row: u32,
    stream: Stream,
    decoder: Decoder,
    encoder: Encoder,
    payload: Vec<u8>,
    out: Vec<u8>,
}

/// What the rows of [`Work`] do, by their numbers.
pub const ROWS: [&str; 4] = ["decode in memory", "decode in chunks", "encode", "copy"];

impl Work {
    /// Row number `row` for messages of `size` octets under `json-header`.
    pub fn new(row: u32, size: usize) -> Work {
        let framing: Framing = "json-header:data_size".parse().expect("a name");
        Work {
            row,
            stream: Stream::ours(size, &framing),
            decoder: Decoder::new(&framing, Limits::default()),
            encoder: Encoder::new(&framing, Limits::default()),
            payload: vec![7; size],
            out: Vec::new(),
        }
    }

    /// Messages that [`once`](Self::once) handles.
    pub fn messages(&self) -> usize {
        self.stream.messages
    }

    /// Does the row's work once.
    pub fn once(&mut self) {
        match self.row {
            0 => assert_eq!(decode_all(&mut self.decoder, &self.stream.bytes), self.stream.messages),
            1 => decode_chunks(&mut self.decoder, &self.stream),
            2 => {
                for _ in 0..self.stream.messages {
                    self.out.clear();
                    self.encoder.encode(black_box(&self.payload), &mut self.out).expect("it fits");
                    black_box(&self.out);
                }
            }
            _ => {
                for _ in 0..self.stream.messages {
                    self.out.clear();
                    self.out.extend_from_slice(black_box(&self.payload));
                    black_box(&self.out);
                }
            }
        }
    }
}
