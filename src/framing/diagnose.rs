//! Bytes of which nobody knows the framing: which ones fit, where the first bad byte is, and why.
//!
//! Every candidate decodes the bytes. What speaks for it is counted in bits, roughly as many as chance would have to
//! throw right: a four-byte length that is small throws its upper bytes right, a JSON header all of its own. A candidate that breaks
//! keeps part of what the frames before the break say for it.

use super::decoder::Decoder;
use super::error::{FrameError, Hint, Problem};
use super::int::{Endian, IntFormat};
use super::limits::Limits;
use super::name::{Delimiters, Framing, JsonHeader, LengthField};
use super::observe::{Role, Spans, Waiting};
use super::plan::{guess_text, protocol};
use crate::lang::Lang;

/// What [`diagnose`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// Bytes looked at.
    pub len: u64,
    /// The candidates, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// What the bytes as a whole look like.
    pub hints: Vec<Hint>,
}

impl Diagnosis {
    /// The likeliest framing, where one is likely at all.
    pub fn best(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|best| best.bits >= LIKELY)
    }
}

/// From this many bits on, a candidate is called likely.
const LIKELY: f64 = 8.0;

/// A framing tried on the bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The framing.
    pub framing: Framing,
    /// How well it fits.
    pub verdict: Verdict,
    /// Complete frames.
    pub frames: u64,
    /// Bytes in these.
    pub consumed: u64,
    /// What speaks for it, in bits.
    pub bits: f64,
    /// Why it does not fit, with the first bad byte.
    pub error: Option<FrameError>,
}

/// How well a framing fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All bytes are frames.
    Fits,
    /// The bytes end in the middle of a frame.
    CutOff,
    /// A byte is wrong.
    Breaks,
}

impl Candidate {
    /// The finding as a sentence: `fits: 3 frames in 105 bytes`.
    pub fn message(&self, lang: Lang) -> String {
        let (frames, consumed) = (self.frames, self.consumed);
        let s = if frames == 1 { "" } else { "s" };
        let why = self.error.as_ref().map(|e| e.message(lang)).unwrap_or_default();
        let (en, zh) = match self.verdict {
            Verdict::Fits => (
                format!("fits: {frames} frame{s} in {consumed} bytes"),
                format!("符合：{consumed} 字节正好是 {frames} 帧"),
            ),
            Verdict::CutOff => (
                format!("fits so far: {frames} frame{s} in {consumed} bytes, then {why}"),
                format!("到此为止符合：{consumed} 字节中有 {frames} 帧，然后：{why}"),
            ),
            Verdict::Breaks if frames == 0 => (format!("does not fit: {why}"), format!("不符合：{why}")),
            Verdict::Breaks => (
                format!("breaks after {frames} frame{s} in {consumed} bytes: {why}"),
                format!("{frames} 帧（{consumed} 字节）之后出错：{why}"),
            ),
        };
        lang.pick(en, zh)
    }
}

/// Tries the framings that are in common use, and those of `known` (the ones that somebody suspects), on `bytes`: the
/// beginning of a stream.
///
/// ```
/// use framewire::framing::{Limits, diagnose};
///
/// let found = diagnose(b"\x0b\0\0\0{\"size\": 5}hello", &[], Limits::default());
/// assert_eq!(found.best().expect("one fits").framing.to_string(), "json-header:data_size|size");
/// ```
pub fn diagnose(bytes: &[u8], known: &[Framing], limits: Limits) -> Diagnosis {
    let mut framings = known.to_vec();
    for framing in common(bytes) {
        if !framings.contains(&framing) {
            framings.push(framing);
        }
    }
    let mut candidates: Vec<Candidate> =
        framings.iter().map(|framing| candidate(framing, bytes, limits)).collect();
    // Stable: among equals, the order of the list.
    candidates.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    let start = bytes.get(..4).unwrap_or(bytes);
    let mut hints = guess_text(start);
    hints.retain(|hint| matches!(hint, Hint::LengthMissing));
    hints.extend(protocol(bytes).map(|name| Hint::Protocol { name }));
    Diagnosis { len: bytes.len() as u64, candidates, hints }
}

/// The framings that are tried.
fn common(bytes: &[u8]) -> Vec<Framing> {
    let unsigned = || IntFormat::all().filter(|format| !format.signed());
    let mut list = Vec::new();
    list.extend(Framing::json_header(["data_size", "size"]));
    for int in [IntFormat::I32LE, IntFormat::I32LE.swapped(), IntFormat::U16BE, IntFormat::U16BE.swapped()]
        .into_iter()
        .chain([Endian::Big, Endian::Little].into_iter().filter_map(|e| IntFormat::new(8, false, e)))
    {
        for key in header_keys(bytes, int) {
            list.extend(JsonHeader::new(int, vec![key]).map(Framing::JsonHeader));
        }
    }
    for format in unsigned() {
        for offset in [0, 1, 2, 4] {
            for adjust in [0, -i64::from(offset) - format.width() as i64] {
                let plain = LengthField::new(format);
                list.push(Framing::Length(LengthField {
                    offset,
                    adjust,
                    strip: offset + plain.strip,
                    ..plain
                }));
            }
        }
    }
    list.extend([Framing::Varint, Framing::Netstring, Framing::Line { keep: false }]);
    for delimiter in [&b"\r\n\r\n"[..], b"\0", b";", b"\r", b"\n\n", b"\x1e"] {
        list.extend(Delimiters::new(vec![delimiter.to_vec()], false).map(Framing::Delimiter));
    }
    list
}

/// The keys with an integer below them in the JSON object that may stand behind a length in this format.
fn header_keys(bytes: &[u8], int: IntFormat) -> Vec<String> {
    let Some(len) = int.read(bytes).and_then(|len| usize::try_from(len).ok()) else { return Vec::new() };
    let text = bytes.get(int.width()..).and_then(|rest| rest.get(..len)).unwrap_or(&[]);
    if super::json::depth(text, Limits::DEFAULT.nesting).is_err() {
        return Vec::new();
    }
    super::json::fields(text)
        .into_iter()
        .filter(|(key, value)| value.is_u64() && !key.is_empty())
        .map(|(key, _)| key)
        .take(4)
        .collect()
}

/// Decodes the bytes and counts what speaks for the framing.
fn candidate(framing: &Framing, bytes: &[u8], limits: Limits) -> Candidate {
    let mut decoder = Decoder::new(framing, limits);
    let mut input = bytes;
    let (mut frames, mut consumed, mut bits) = (0, 0_usize, 0.0);
    let (mut text, mut payloads, mut last) = (true, 0_usize, 0);
    let error = loop {
        match decoder.decode(&mut input) {
            Ok(Some(frame)) => {
                frames += 1;
                bits += frame_bits(
                    framing,
                    frame.header.len(),
                    bytes.len() - consumed,
                    frame.len - frame.payload.len(),
                );
                consumed += frame.len;
                text &= is_text(frame.payload);
                payloads += frame.payload.len();
                last = frame.len;
            }
            Ok(None) => {
                // A JSON header that is complete says much, even when its payload is not.
                let waiting = decoder.waiting();
                if matches!(framing, Framing::JsonHeader(_)) && waiting.role == Role::Payload {
                    bits += 8.0 * decoder.partial().len().saturating_sub(waiting.have as usize) as f64;
                }
                break decoder.finish().err();
            }
            Err(error) => break Some(error),
        }
    };
    let verdict = match &error {
        None => Verdict::Fits,
        Some(error) if matches!(error.problem, Problem::EndInFrame { .. }) => Verdict::CutOff,
        Some(_) => Verdict::Breaks,
    };
    if text {
        // Misplaced borders would leave binary lengths in the payloads.
        bits += payloads.min(64) as f64 / 4.0;
    }
    bits = match verdict {
        // To end exactly where the bytes end is something, too.
        Verdict::Fits if frames > 0 => bits + bits_of(last),
        Verdict::Fits => 0.0,
        Verdict::CutOff => bits * 0.6,
        Verdict::Breaks => bits * 0.3,
    };
    let bits = (bits - complexity(framing)).max(0.0);
    Candidate { framing: framing.clone(), verdict, frames, consumed: consumed as u64, bits, error }
}

/// Bits in a number.
fn bits_of(n: usize) -> f64 {
    f64::from(usize::BITS - n.leading_zeros())
}

/// What one frame says for its framing: how many bits of its head had to be as they are, with `left` bytes left.
fn frame_bits(framing: &Framing, header: usize, left: usize, overhead: usize) -> f64 {
    match framing {
        Framing::JsonHeader(_) => 8.0 * header as f64,
        Framing::Length(field) => (8.0 * field.format.width() as f64 - bits_of(left)).max(0.0),
        Framing::Varint => (8.0 * overhead as f64 - bits_of(left)).max(0.0),
        // The colon, the comma, and digits only.
        Framing::Netstring => 16.0 + 4.0 * overhead.saturating_sub(2) as f64,
        // Any byte may be one of a delimiter by chance: a long one says more.
        Framing::Delimiter(_) => 3.0 * overhead.saturating_sub(1) as f64,
        Framing::Line { .. } => 2.0,
        _ => 0.0,
    }
}

/// What speaks against a framing: its parameters had to be chosen.
fn complexity(framing: &Framing) -> f64 {
    match framing {
        Framing::Length(field) => {
            3.0 + if field.offset > 0 { 5.0 } else { 0.0 } + if field.adjust != 0 { 3.0 } else { 0.0 }
        }
        // Below 128 it looks like a single byte.
        Framing::Varint => 4.0,
        Framing::Delimiter(_) => 6.0,
        Framing::Line { .. } => 2.0,
        _ => 0.0,
    }
}

/// UTF-8 without control characters other than white space.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|s| s.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')))
}

/// The bytes under one framing, all of it: for a table of frames, or for colouring.
#[derive(Clone, Debug, PartialEq)]
pub struct Dissection {
    /// The complete frames.
    pub frames: Vec<FrameInfo>,
    /// What each byte is for, as far as the frames go.
    pub spans: Spans,
    /// What is waited for at the end of the bytes, where nothing was wrong before.
    pub waiting: Option<Waiting>,
    /// The first fault; bytes that end in the middle of a frame are one.
    pub error: Option<FrameError>,
}

/// One frame of a [`Dissection`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Its number, from 0.
    pub number: u64,
    /// Its first byte.
    pub offset: u64,
    /// Its bytes in all.
    pub len: u64,
    /// The header's text, as far as it is text.
    pub header: String,
    /// The message.
    pub payload: Vec<u8>,
}

/// Takes `bytes` apart under `framing`.
pub fn dissect(framing: &Framing, bytes: &[u8], limits: Limits) -> Dissection {
    let mut decoder = Decoder::new(framing, limits);
    let mut input = bytes;
    let (mut frames, mut spans) = (Vec::new(), Spans::default());
    loop {
        match decoder.decode_observed(&mut input, &mut spans) {
            Ok(Some(frame)) => frames.push(FrameInfo {
                number: frame.number,
                offset: frame.offset,
                len: frame.len as u64,
                header: String::from_utf8_lossy(frame.header).into_owned(),
                payload: frame.payload.to_vec(),
            }),
            Ok(None) => {
                let waiting = Some(decoder.waiting());
                return Dissection { frames, spans, waiting, error: decoder.finish().err() };
            }
            Err(error) => return Dissection { frames, spans, waiting: None, error: Some(error) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Encoder;

    fn best(bytes: &[u8]) -> String {
        let found = diagnose(bytes, &[], Limits::default());
        found.best().map_or("nothing".to_owned(), |best| format!("{} {:?}", best.framing, best.verdict))
    }

    #[test]
    fn each_common_framing_is_recognised() {
        for name in [
            "json-header:data_size|size",
            "json-header:n,len=u16be",
            "json-header:length,len=i32be",
            "length:u32be",
            "length:u32le",
            "length:u16be",
            "length:u32be,adjust=-4",
            "length:u16le,offset=2",
            "length:u64be",
            "length:u8",
            "netstring",
            "line",
            "delimiter:%0D%0A%0D%0A",
            "delimiter:%00",
        ] {
            let framing: Framing = name.parse().unwrap();
            let encoder = Encoder::new(&framing, Limits::default());
            let mut stream = Vec::new();
            for payload in ["hello world!", "the second message", "", "你好,世界", "one more, to be sure"]
            {
                let from = stream.len();
                encoder.encode(payload.as_bytes(), &mut stream).unwrap();
                if let Framing::Length(field) = &framing {
                    // What stands before a length is not zero in the wild.
                    stream[from..from + field.offset as usize].fill(7);
                }
            }
            let found = diagnose(&stream, &[], Limits::default());
            let wanted = found.candidates.iter().find(|c| c.framing == framing);
            let top = &found.candidates[0];
            let same = top.framing == framing
                || (name.starts_with("json-header") && top.framing.to_string().starts_with("json-header"));
            assert!(same && top.verdict == Verdict::Fits, "{name}: {top:?}, wanted {wanted:?}");
            assert!(found.best().is_some(), "{name}");
        }
    }

    #[test]
    fn the_first_bad_byte_is_shown_under_the_framing_that_was_meant() {
        let counted = "\x0b\0\0\0{\"size\": 2}中文".as_bytes();
        let found = diagnose(counted, &[], Limits::default());
        let top = found.best().expect("it begins well");
        assert_eq!((top.verdict, top.frames), (Verdict::Breaks, 1));
        let error = top.error.as_ref().expect("it breaks");
        assert!(matches!(error.hints[..], [Hint::CharactersNotBytes { .. }]), "{error}");
        assert_eq!(best(b"\x0b\0\0\0{\"size\": 5}hel"), "json-header:data_size|size CutOff");
        let twice = b"\x0b\0\0\0{\"size\": 5}hello\x0b\0\0\0{\"size\": 5}hel";
        assert_eq!(best(twice), "json-header:data_size|size CutOff");
    }

    #[test]
    fn bytes_without_a_framing_are_called_so() {
        assert_eq!(best(b"hello worldhello world"), "nothing");
        assert_eq!(best(b""), "nothing");
        let found = diagnose(b"\x16\x03\x01\x02\0\x01\0\x01\xfc", &[], Limits::default());
        assert_eq!(found.hints, [Hint::Protocol { name: "TLS" }]);
        let found = diagnose(b"{\"size\": 5}hello", &[], Limits::default());
        assert_eq!(found.hints, [Hint::LengthMissing]);
    }

    #[test]
    fn what_somebody_suspects_is_tried_too() {
        let suspected: Framing = "fixed:4".parse().unwrap();
        let found = diagnose(b"abcdefgh", std::slice::from_ref(&suspected), Limits::default());
        let fixed = found.candidates.iter().find(|c| c.framing == suspected).expect("it was tried");
        assert_eq!((fixed.verdict, fixed.frames), (Verdict::Fits, 2));
        for candidate in &found.candidates {
            assert!(!candidate.message(Lang::Zh).is_ascii());
            assert!(candidate.message(Lang::En).starts_with(['f', 'd', 'b']));
        }
    }

    #[test]
    fn a_dissection_covers_every_byte_of_the_frames() {
        let taken = dissect(&"netstring".parse().unwrap(), b"3:abc,0:,2:x", Limits::default());
        assert_eq!(taken.frames.len(), 2);
        assert_eq!(taken.frames[0].payload, b"abc");
        assert_eq!(taken.waiting.unwrap().to_string(), "payload 1/2");
        assert!(taken.error.is_some());
        assert_eq!(taken.spans.0.last().unwrap().range, 11..12);
    }
}
