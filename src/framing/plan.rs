//! A framing made ready for decoding: what can be worked out once is worked out here.

use super::error::{Hint, LengthOf, Problem};
use super::int::{Endian, IntFormat};
use super::json::{Fields, Template};
use super::limits::Limits;
use super::name::{Framing, LengthField};
use super::scan::Scan;

/// Where the parts of one frame lie, counted from its first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes before the payload proper: the length and the header.
    pub head: usize,
    /// The payload as it is handed out begins here (before `head` where less is stripped, behind it where more is) …
    pub start: usize,
    /// … and ends here.
    pub end: usize,
    /// Bytes of the whole frame.
    pub total: usize,
}

/// A framing made ready. The tag stands by itself, since every call looks at it.
#[derive(Clone, Debug)]
#[repr(u8)]
pub(crate) enum Plan {
    Json(JsonPlan),
    Length(LengthPlan),
    Varint,
    Netstring,
    Scan(Scan),
    Fixed(usize),
    /// A whole read, or a whole datagram.
    Whole,
}

impl Plan {
    pub(crate) fn of(framing: &Framing) -> Plan {
        match framing {
            Framing::JsonHeader(json) => Plan::Json(JsonPlan {
                int: FastInt::new(json.length(), 0),
                keys: json.keys().to_vec(),
                templates: json.keys().iter().flat_map(|key| Template::of(key)).collect(),
            }),
            Framing::Length(field) => Plan::Length(LengthPlan {
                int: FastInt::new(field.format, field.offset as usize),
                field: *field,
            }),
            Framing::Varint => Plan::Varint,
            Framing::Netstring => Plan::Netstring,
            Framing::Delimiter(delimiters) => Plan::Scan(Scan::new(delimiters)),
            Framing::Line { keep } => Plan::Scan(Scan::lines(*keep)),
            Framing::Fixed(size) => Plan::Fixed(size.get() as usize),
            Framing::None | Framing::Datagram => Plan::Whole,
        }
    }

    /// Bytes of the head that are no header: where the header lies in a frame with this extent.
    #[inline]
    pub(crate) fn header(&self, extent: &Extent) -> std::ops::Range<usize> {
        match self {
            Plan::Json(json) => json.int.format.width()..extent.head,
            Plan::Length(length) => 0..length.int.offset,
            _ => 0..0,
        }
    }
}

/// An integer that is read with one load where eight bytes are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FastInt {
    pub(crate) format: IntFormat,
    pub(crate) offset: usize,
    shift: u32,
    /// The sign's bit, when the value's bytes are at the top; 0 where there is no sign.
    sign: u64,
}

impl FastInt {
    fn new(format: IntFormat, offset: usize) -> FastInt {
        let sign = if format.signed() { 1 << 63 } else { 0 };
        FastInt { format, offset, shift: 64 - 8 * format.width() as u32, sign }
    }

    /// The value, when eight bytes are there and it is not negative.
    #[inline(always)]
    fn read(&self, view: &[u8]) -> Option<u64> {
        let raw = u64::from_le_bytes(*view.get(self.offset..)?.first_chunk()?);
        // The value's bytes at the top, most significant first; then down to the bottom.
        let top = if self.format.endian() == Endian::Big { raw.swap_bytes() } else { raw << self.shift };
        (top & self.sign == 0).then_some(top >> self.shift)
    }
}

/// `json-header`, made ready.
#[derive(Clone, Debug)]
pub(crate) struct JsonPlan {
    pub(crate) int: FastInt,
    pub(crate) keys: Vec<String>,
    templates: Vec<Template>,
}

impl JsonPlan {
    /// The extent of a frame that begins in `view`, when its header is there and has the usual shape.
    #[inline(always)]
    pub(crate) fn usual(&self, view: &[u8], limits: &Limits) -> Option<Extent> {
        let width = self.int.format.width();
        let len = usize::try_from(self.int.read(view)?).ok()?;
        let header = view.get(width..)?.get(..len)?;
        if len as u64 > u64::from(limits.header) {
            return None;
        }
        self.extent(len, self.quick(header)?, limits)
    }

    /// The size in a header of the usual shape.
    #[inline(always)]
    pub(crate) fn quick(&self, header: &[u8]) -> Option<u64> {
        let (first, more) = self.templates.split_first()?;
        match first.size(header) {
            None => more.iter().find_map(|template| template.size(header)),
            size => size,
        }
    }

    /// The extent of a frame whose header has `header` bytes and says `size`, unless that is above the limit.
    #[inline(always)]
    fn extent(&self, header: usize, size: u64, limits: &Limits) -> Option<Extent> {
        if size > limits.payload {
            return None;
        }
        let head = self.int.format.width() + header;
        let total = head + usize::try_from(size).ok()?;
        Some(Extent { head, start: head, end: total, total })
    }

    /// The extent of a frame with this header, read in the quick or else in the strict way; the strict way also gives the
    /// fields.
    pub(crate) fn read(&self, header: &[u8], limits: &Limits) -> Result<(Extent, Option<Fields>), Refusal> {
        let quick = self.quick(header).and_then(|size| self.extent(header.len(), size, limits));
        if let Some(extent) = quick {
            return Ok((extent, None));
        }
        let at = self.int.format.width();
        let (size, fields) = super::json::read(header, &self.keys, limits)
            .map_err(|(in_header, problem, hints)| Refusal { at: at + in_header, problem, hints })?;
        // `size` is within the limit, and that within what a buffer can hold.
        Ok((self.extent(header.len(), size, limits).unwrap_or_default(), Some(fields)))
    }

    /// The length of the header, or why it cannot be one. `None` while bytes are missing.
    pub(crate) fn header_len(&self, view: &[u8], limits: &Limits) -> Option<Result<usize, Refusal>> {
        let value = self.int.format.read(view)?;
        let limit = u64::from(limits.header);
        Some(within(value, 0, limit, LengthOf::Header, self.int, view))
    }
}

/// What is wrong, at which byte of the frame.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) at: usize,
    pub(crate) problem: Problem,
    pub(crate) hints: Vec<Hint>,
}

impl Refusal {
    pub(crate) fn new(at: usize, problem: Problem) -> Refusal {
        Refusal { at, problem, hints: Vec::new() }
    }
}

/// `length`, made ready.
#[derive(Clone, Debug)]
pub(crate) struct LengthPlan {
    pub(crate) int: FastInt,
    pub(crate) field: LengthField,
}

impl LengthPlan {
    /// The extent of a frame that begins in `view`, when nothing is wrong with it and eight bytes are there.
    #[inline(always)]
    pub(crate) fn usual(&self, view: &[u8], limits: &Limits) -> Option<Extent> {
        let value = i64::try_from(self.int.read(view)?).ok()?;
        // A negative sum becomes a huge one.
        let body = value.checked_add(self.field.adjust)? as u64;
        if body > limits.payload {
            return None;
        }
        self.extent(body as usize)
    }

    #[inline(always)]
    fn extent(&self, body: usize) -> Option<Extent> {
        let head = self.field.head();
        let (total, start) = (head + body, self.field.strip as usize);
        (start <= total).then_some(Extent { head, start, end: total, total })
    }

    /// The extent, or why there is none; `None` while bytes are missing.
    pub(crate) fn read(&self, view: &[u8], limits: &Limits) -> Option<Result<Extent, Refusal>> {
        let field = view.get(self.int.offset..)?;
        let value = self.int.format.read(field)?;
        let adjust = self.field.adjust;
        if value >= 0 && value + i128::from(adjust) < 0 {
            let problem = Problem::LengthTooSmall { value, adjust, bytes: bytes_of(self.int, field) };
            return Some(Err(Refusal {
                hints: hints(self.int, field, limits.payload),
                ..Refusal::new(self.int.offset, problem)
            }));
        }
        let body = match within(value, adjust, limits.payload, LengthOf::Payload, self.int, field) {
            Ok(body) => body,
            Err(refusal) => return Some(Err(refusal)),
        };
        let frame = (self.field.head() + body) as u64;
        let too_long = || Problem::StripTooLong { frame, strip: self.field.strip };
        Some(self.extent(body).ok_or_else(|| Refusal::new(0, too_long())))
    }
}

fn bytes_of(int: FastInt, field: &[u8]) -> Vec<u8> {
    field.get(..int.format.width()).unwrap_or(field).to_vec()
}

/// A length that was read as `value` from the start of `field`, with its adjustment, if both are lengths within the limit.
fn within(
    value: i128,
    adjust: i64,
    limit: u64,
    of: LengthOf,
    int: FastInt,
    field: &[u8],
) -> Result<usize, Refusal> {
    let (body, most) = (value + i128::from(adjust), i128::from(limit));
    if value >= 0 && body <= most {
        return Ok(body as usize);
    }
    let bytes = bytes_of(int, field);
    let problem = if value < 0 {
        Problem::NegativeLength { of, value, bytes }
    } else {
        let adjust = if value > most { 0 } else { adjust };
        Problem::LengthTooLarge { of, value, adjust, limit, bytes }
    };
    Err(Refusal { at: int.offset, problem, hints: hints(int, field, limit) })
}

/// Guesses why the bytes of an integer make no length.
fn hints(int: FastInt, field: &[u8], limit: u64) -> Vec<Hint> {
    let bytes = bytes_of(int, field);
    let mut hints = guess_text(&bytes);
    // A length in another byte order is plausible when it is small.
    let plausible = i128::from(limit.min(1 << 20));
    let other = int.format.swapped();
    if hints.is_empty()
        && other != int.format
        && let Some(value) = other.read(&bytes).filter(|value| (1..=plausible).contains(value))
    {
        hints.push(Hint::OtherFormat { format: other, value });
    }
    hints
}

/// What the bytes of a number say when they are read as text.
pub(crate) fn guess_text(bytes: &[u8]) -> Vec<Hint> {
    let mut hints = Vec::new();
    let texty = |b: &u8| matches!(b, b' '..=b'~' | b'\r' | b'\n' | b'\t');
    if bytes.len() >= 2 && bytes.iter().all(texty) {
        hints.push(Hint::Text { text: String::from_utf8_lossy(bytes).into_owned() });
    }
    if bytes.starts_with(b"{\"") || bytes.starts_with(b"{'") {
        hints.push(Hint::LengthMissing);
    }
    if let Some(name) = protocol(bytes) {
        hints.push(Hint::Protocol { name });
    }
    hints
}

/// The protocol whose streams begin like this.
pub(crate) fn protocol(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"GET ", "HTTP"),
        (b"POST", "HTTP"),
        (b"PUT ", "HTTP"),
        (b"HEAD", "HTTP"),
        (b"HTTP", "HTTP"),
        (b"OPTI", "HTTP"),
        (b"PRI ", "HTTP/2"),
        (b"SSH-", "SSH"),
        (b"\x16\x03\x01", "TLS"),
        (b"\x16\x03\x03", "TLS"),
        (b"\x7fELF", "an ELF file"),
        (b"PK\x03\x04", "a ZIP file"),
        (b"\x1f\x8b\x08", "gzip data"),
        (b"\x89PNG", "a PNG image"),
    ];
    KNOWN.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}
