//! What a decoder refuses, where, and why: structured, with its text in [`text`](super::text).

use std::fmt;
use std::ops::Deref;

use super::int::IntFormat;
use super::observe::Waiting;
use crate::lang::Lang;

/// A stream that cannot be decoded any further. One pointer wide, so that the good path stays quick; the details are
/// in the [`Refusal`] to which it dereferences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameError(Box<Refusal>);

/// The details of a [`FrameError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stream offset of the first byte that is wrong (at the end of the stream: the offset where it ended).
    pub offset: u64,
    /// Number of the frame in which it stands, from 0.
    pub frame: u64,
    /// Stream offset of that frame's first byte.
    pub frame_offset: u64,
    /// What is wrong.
    pub problem: Problem,
    /// What may be behind it, where that can be guessed.
    pub hints: Vec<Hint>,
}

impl FrameError {
    pub(crate) fn new(refusal: Refusal) -> FrameError {
        FrameError(Box::new(refusal))
    }

    /// The details.
    pub fn into_inner(self) -> Refusal {
        *self.0
    }

    /// What is wrong, where, and the hints, as text.
    pub fn message(&self, lang: Lang) -> String {
        super::text::refusal(self, lang)
    }
}

impl Deref for FrameError {
    type Target = Refusal;

    fn deref(&self) -> &Refusal {
        &self.0
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for FrameError {}

/// Which length, as a sentence names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthOf {
    /// The integer before a JSON header.
    Header,
    /// The integer before a payload.
    Payload,
}

/// What stands in JSON where something else is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number with a fraction or an exponent, or too large for an integer.
    Float,
    /// An integer.
    Integer,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// What is wrong in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A length below zero.
    NegativeLength {
        /// Which length.
        of: LengthOf,
        /// What it reads.
        value: i128,
        /// The bytes it was read from.
        bytes: Vec<u8>,
    },
    /// A length above the limit.
    LengthTooLarge {
        /// Which length.
        of: LengthOf,
        /// What it reads.
        value: i128,
        /// What is added to it before it is compared; 0 where what it reads is above the limit already.
        adjust: i64,
        /// The limit.
        limit: u64,
        /// The bytes it was read from.
        bytes: Vec<u8>,
    },
    /// With the adjustment, the frame would end before its own length does.
    LengthTooSmall {
        /// What the length reads.
        value: i128,
        /// What is added to it.
        adjust: i64,
        /// The bytes it was read from.
        bytes: Vec<u8>,
    },
    /// The frame is shorter than the bytes to be stripped from it.
    StripTooLong {
        /// Bytes of the frame.
        frame: u64,
        /// Bytes to strip.
        strip: u32,
    },
    /// The JSON header is no UTF-8.
    HeaderNotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
    },
    /// The JSON header is no JSON.
    HeaderNotJson {
        /// What the JSON reader says (English, from serde_json).
        what: String,
        /// The header's beginning.
        start: String,
    },
    /// The JSON header is no object.
    HeaderNotObject {
        /// What it is.
        found: JsonKind,
    },
    /// The JSON header nests deeper than the limit.
    HeaderTooDeep {
        /// The limit.
        limit: u32,
    },
    /// A key stands twice in the header.
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// None of the keys for the size is in the header.
    MissingKey {
        /// The keys looked for.
        wanted: Vec<String>,
        /// The keys that are there.
        found: Vec<String>,
    },
    /// Two of the keys for the size are in the header.
    TwoSizes {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// The size in the header is no integer.
    SizeNotInteger {
        /// Its key.
        key: String,
        /// What it is.
        found: JsonKind,
        /// Its JSON text.
        text: String,
    },
    /// The size in the header is below zero.
    NegativeSize {
        /// Its key.
        key: String,
        /// What it reads.
        value: i64,
    },
    /// The size in the header is above the limit.
    SizeTooLarge {
        /// Its key.
        key: String,
        /// What it reads.
        value: u64,
        /// The limit.
        limit: u64,
    },
    /// A varint that goes on after ten bytes, or exceeds 64 bits.
    VarintTooLong {
        /// The bytes read.
        bytes: Vec<u8>,
    },
    /// A netstring's length with something else than a digit in it.
    NetstringDigit {
        /// The byte found instead of a digit or the colon.
        byte: u8,
        /// The length's bytes as far as read.
        bytes: Vec<u8>,
    },
    /// A netstring's length that begins with 0 and goes on.
    NetstringZero,
    /// A netstring whose payload is not followed by a comma.
    NetstringComma {
        /// The byte found instead.
        byte: u8,
    },
    /// No delimiter within the limit.
    NoDelimiter {
        /// The limit.
        limit: u64,
    },
    /// A datagram above the limit, or a read above it where there is no framing.
    TooLarge {
        /// Its bytes.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A datagram with more than one frame in it.
    AfterFrame {
        /// Bytes behind the first.
        bytes: u64,
    },
    /// The stream ended in the middle of a frame.
    EndInFrame {
        /// What was being waited for.
        waiting: Waiting,
        /// Bytes of the unfinished frame.
        have: u64,
    },
}

/// What may be behind a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The bytes that were read as a number are text.
    Text {
        /// The text.
        text: String,
    },
    /// The stream looks like this well-known protocol.
    Protocol {
        /// Its name.
        name: &'static str,
    },
    /// In another integer format the length would be this plausible number.
    OtherFormat {
        /// That format.
        format: IntFormat,
        /// The number.
        value: i128,
    },
    /// The JSON header seems to stand where its length should.
    LengthMissing,
    /// The payload before ended in the middle of a UTF-8 character.
    CharactersNotBytes {
        /// The payload's last bytes: the beginning of a character.
        bytes: Vec<u8>,
    },
    /// The size stands in quotes.
    Quoted {
        /// The number within.
        value: u64,
    },
    /// Not JSON but what Python's `str()` prints of a dictionary.
    PythonRepr,
    /// A key that is there may be the size.
    PerhapsKey {
        /// The key.
        key: String,
        /// Its value.
        value: u64,
    },
    /// A byte order mark stands before the JSON.
    ByteOrderMark,
    /// The text is in another encoding than UTF-8, probably GBK.
    Gbk,
    /// Something follows the JSON object: the length is too large, or counts the payload too.
    LengthCountsMore {
        /// Where the object ends: bytes that the length should count.
        object: u64,
    },
    /// The JSON is cut off: the length is too small.
    HeaderCutOff,
}
