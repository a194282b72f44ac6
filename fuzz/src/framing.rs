//! What must hold for a decoder, whatever bytes it gets and however they are cut. The fuzz targets and the tests of the
//! framing codec call the same functions.

use framewire::framing::{
    Decoder, EncodeError, Encoder, FragmentDecoder, FrameError, Framing, Limits, Role, Spans, Verdict,
    Waiting, diagnose, parse_dump,
};
use framewire::lang::Lang;
use serde_json::Value;

/// Limits small enough that fuzzing meets them.
pub const LIMITS: Limits = Limits { header: 200, payload: 600, nesting: 5 };

/// A frame as it was handed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Owned {
    /// The message.
    pub payload: Vec<u8>,
    /// The header's bytes.
    pub header: Vec<u8>,
    /// The header's fields.
    pub fields: Vec<(String, Value)>,
    /// The frame's number.
    pub number: u64,
    /// Its stream offset.
    pub offset: u64,
}

/// All that a stream gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The frames.
    pub frames: Vec<Owned>,
    /// What was waited for at the end, when there was no error before it.
    pub waiting: Option<Waiting>,
    /// How the stream ended.
    pub end: Result<(), FrameError>,
    /// What an observer heard.
    pub spans: Spans,
}

/// `stream` in slices that end at `cuts` (ascending) and at its end.
fn slices<'a>(stream: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let ends = cuts.iter().copied().filter(|&c| c < stream.len()).chain([stream.len()]);
    ends.scan(0, |from, end| {
        let slice = &stream[*from..end.max(*from)];
        *from = end.max(*from);
        Some(slice)
    })
}

/// Decodes `stream` in slices, assembled.
pub fn decode(framing: &Framing, limits: Limits, stream: &[u8], cuts: &[usize], observed: bool) -> Outcome {
    let mut decoder = Decoder::new(framing, limits);
    let (mut frames, mut spans) = (Vec::new(), Spans::default());
    let mut failed = false;
    'stream: for mut slice in slices(stream, cuts) {
        loop {
            let polled = if observed {
                decoder.decode_observed(&mut slice, &mut spans)
            } else {
                decoder.decode(&mut slice)
            };
            match polled {
                Ok(Some(frame)) => frames.push(Owned {
                    payload: frame.payload.to_vec(),
                    header: frame.header.to_vec(),
                    fields: frame.fields().into_owned(),
                    number: frame.number,
                    offset: frame.offset,
                }),
                Ok(None) => break,
                Err(_) => {
                    failed = true;
                    break 'stream;
                }
            }
        }
        assert!(slice.is_empty(), "None means that the slice is used up");
    }
    if !failed {
        assert_eq!(decoder.offset(), stream.len() as u64);
    }
    let waiting = (!failed).then(|| decoder.waiting());
    let end = decoder.finish();
    assert_eq!(decoder.finish(), end, "an error stays");
    Outcome { frames, waiting, end, spans }
}

/// Decodes `stream` in slices, in fragments, and joins these.
pub fn decode_fragments(framing: &Framing, limits: Limits, stream: &[u8], cuts: &[usize]) -> Outcome {
    let mut decoder = FragmentDecoder::new(framing, limits);
    let (mut frames, mut spans) = (Vec::<Owned>::new(), Spans::default());
    let (mut failed, mut open) = (false, false);
    'stream: for mut slice in slices(stream, cuts) {
        loop {
            match decoder.decode_observed(&mut slice, &mut spans) {
                Ok(Some(fragment)) => {
                    assert_eq!(fragment.first, !open);
                    open = !fragment.last;
                    if fragment.first {
                        frames.push(Owned {
                            payload: Vec::new(),
                            header: fragment.header.to_vec(),
                            fields: fragment.fields().into_owned(),
                            number: fragment.number,
                            offset: fragment.offset,
                        });
                    }
                    let frame = frames.last_mut().expect("the first fragment came");
                    assert_eq!(fragment.position, frame.payload.len() as u64);
                    assert_eq!(fragment.number, frame.number);
                    frame.payload.extend_from_slice(fragment.bytes);
                    if let (Some(size), true) = (fragment.size, fragment.last) {
                        assert_eq!(size, frame.payload.len() as u64);
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    failed = true;
                    break 'stream;
                }
            }
        }
        assert!(slice.is_empty(), "None means that the slice is used up");
    }
    if open {
        frames.pop();
    }
    if !failed {
        assert_eq!(decoder.offset(), stream.len() as u64);
    }
    let waiting = (!failed).then(|| decoder.waiting());
    Outcome { frames, waiting, end: decoder.finish(), spans }
}

/// Spans of complete frames only: of a refused frame it depends on the cut how much was told.
fn complete(outcome: &Outcome) -> Vec<(u64, Role, std::ops::Range<u64>)> {
    let frames = outcome.frames.len() as u64;
    let spans = outcome.spans.0.iter().filter(|s| s.frame < frames);
    spans.map(|s| (s.frame, s.role, s.range.clone())).collect()
}

/// Checks all that must hold for this stream, cut and uncut; gives the outcome.
pub fn check(framing: &Framing, limits: Limits, stream: &[u8], cuts: &[usize]) -> Outcome {
    let whole = decode(framing, limits, stream, &[], false);
    if matches!(framing, Framing::None | Framing::Datagram) {
        // Here the cut is the frame.
        let joined =
            |outcome: &Outcome| outcome.frames.iter().flat_map(|f| f.payload.clone()).collect::<Vec<u8>>();
        let cut = decode(framing, limits, stream, cuts, true);
        if whole.end.is_ok() && cut.end.is_ok() {
            assert_eq!(joined(&whole), joined(&cut));
        }
        return whole;
    }
    let same = |other: &Outcome, how: &str| {
        assert_eq!(whole.frames, other.frames, "{framing} {how} {cuts:?}: frames");
        assert_eq!(whole.end, other.end, "{framing} {how} {cuts:?}: end");
    };
    let cut = decode(framing, limits, stream, cuts, false);
    same(&cut, "cut");
    assert_eq!(whole.waiting, cut.waiting, "{framing} {cuts:?}: waiting");

    let observed = decode(framing, limits, stream, &[], true);
    same(&observed, "observed");
    let cut = decode(framing, limits, stream, cuts, true);
    same(&cut, "cut and observed");
    assert_eq!(complete(&observed), complete(&cut), "{framing} {cuts:?}: roles");
    check_spans(&observed);

    for cuts in [&[][..], cuts] {
        let fragments = decode_fragments(framing, limits, stream, cuts);
        same(&fragments, "fragments");
        assert_eq!(complete(&observed), complete(&fragments), "{framing} {cuts:?}: roles of fragments");
        if fragments.end.is_ok() || whole.waiting.is_some() {
            assert_eq!(whole.waiting, fragments.waiting, "{framing} {cuts:?}: waiting for fragments");
        }
    }
    check_again(framing, limits, &whole);
    whole
}

/// The ranges of complete frames must lie end to end.
fn check_spans(outcome: &Outcome) {
    let mut next = 0;
    for (frame, _, range) in complete(outcome) {
        assert_eq!(range.start, next);
        assert!(range.end > range.start);
        assert!(outcome.frames.get(frame as usize).is_some_and(|f| f.offset <= range.start));
        next = range.end;
    }
}

/// What was decoded is encoded again, and decoded again.
fn check_again(framing: &Framing, limits: Limits, outcome: &Outcome) {
    let encoder = Encoder::new(framing, limits);
    let mut stream = Vec::new();
    let mut written = Vec::new();
    for frame in &outcome.frames {
        let before = stream.len();
        let done = match framing {
            Framing::JsonHeader(_) => encoder.encode_fields(&frame.fields, &frame.payload, &mut stream),
            _ => encoder.encode(&frame.payload, &mut stream),
        };
        match done {
            Ok(()) => written.push(frame),
            // Escapes make a header longer; an alternative key or another delimiter is read and not written.
            Err(EncodeError::HeaderTooLarge { .. } | EncodeError::Key { .. })
            | Err(EncodeError::ContainsDelimiter { .. }) => assert_eq!(stream.len(), before),
            Err(EncodeError::NoRoom { .. }) => assert!(matches!(framing, Framing::JsonHeader(_))),
            Err(error) => panic!("{framing}: {:?} was decoded but cannot be encoded: {error}", frame.payload),
        }
    }
    let again = decode(framing, limits, &stream, &[], false);
    assert_eq!(again.end, Ok(()), "{framing}: {stream:02x?}");
    assert_eq!(again.frames.len(), written.len());
    for (frame, original) in again.frames.iter().zip(written) {
        if !matches!(framing, Framing::Length(_)) {
            assert_eq!(frame.payload, original.payload, "{framing}");
        } else {
            assert_eq!(frame.payload.len(), original.payload.len(), "{framing}");
        }
        assert_eq!(frame.fields, original.fields, "{framing}");
    }
}

/// A fuzz target for one framing: the first bytes of the input say how the rest, the stream, is cut.
pub fn target(name: &str, data: &[u8]) {
    let Ok(framing) = name.parse::<Framing>() else { panic!("{name} is no framing") };
    let (count, rest) = data.split_first().map_or((0, data), |(n, rest)| (usize::from(*n) % 16, rest));
    let (cuts, stream) = rest.split_at(count.min(rest.len()));
    let mut cuts: Vec<usize> = cuts.iter().map(|&c| usize::from(c)).collect();
    if count == 15 {
        // At every byte.
        cuts = (0..stream.len()).collect();
    }
    cuts.sort_unstable();
    check(&framing, LIMITS, stream, &cuts);
}

/// The framings that are fuzzed, by the names of their targets.
pub const TARGETS: &[(&str, &[&str])] = &[
    ("json_header", &["json-header:data_size|size", "json-header:n,len=u16be"]),
    (
        "length",
        &[
            "length:u32be",
            "length:u8",
            "length:i16le,adjust=-2,strip=0",
            "length:u24be,offset=1,adjust=2,strip=2",
            "length:u64le,offset=3,strip=15",
            "length:u16be,adjust=-1,strip=6",
        ],
    ),
    ("varint", &["varint"]),
    ("netstring", &["netstring"]),
    (
        "delimiter",
        &[
            "delimiter:%0D%0A%0D%0A",
            "delimiter:ab|aba|ba,keep",
            "delimiter:a|b|c|d|ee",
            "delimiter:%00",
            "delimiter:aab|aaab",
        ],
    ),
    ("line", &["line", "line,keep"]),
    ("fixed", &["fixed:3", "fixed:1"]),
    ("none", &["none", "datagram"]),
];

/// The fuzz target of this name: the first byte chooses among its framings.
pub fn run(target_name: &str, data: &[u8]) {
    let Some((_, names)) = TARGETS.iter().find(|(name, _)| *name == target_name) else {
        panic!("there is no target {target_name}");
    };
    if let Some((choice, data)) = data.split_first() {
        target(names[usize::from(*choice) % names.len()], data);
    }
}

/// A fuzz target for what people paste: a name, a dump, bytes of an unknown framing.
pub fn pasted(data: &[u8]) {
    let found = diagnose(data, &[], LIMITS);
    for candidate in &found.candidates {
        assert!(candidate.consumed <= data.len() as u64);
        assert_eq!(candidate.error.is_none(), candidate.verdict == Verdict::Fits);
        assert!(!candidate.message(Lang::Zh).is_empty());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = parse_dump(text).map_err(|error| error.message(Lang::Zh));
    match text.parse::<Framing>() {
        Ok(framing) => {
            assert_eq!(framing.to_string().parse(), Ok(framing.clone()), "a name goes round");
            check(&framing, LIMITS, data, &[data.len() / 2]);
        }
        Err(error) => assert!(!error.message(Lang::Zh).is_empty()),
    }
}
