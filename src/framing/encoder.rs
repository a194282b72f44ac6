//! The encoder: a message in, its frame out.

use serde_json::Value;

use super::encode_error::EncodeError;
use super::int::IntFormat;
use super::limits::Limits;
use super::name::{Framing, JsonHeader, LengthField};
use super::python;
use super::scan::Scan;

/// Writes messages as frames. It holds no state: the frames of one stream may come from several encoders.
///
/// ```
/// use framewire::framing::{Encoder, Framing, Limits};
///
/// let framing: Framing = "json-header:data_size".parse()?;
/// let mut out = Vec::new();
/// Encoder::new(&framing, Limits::default()).encode(b"hello world!", &mut out)?;
/// assert_eq!(out, b"\x11\0\0\0{\"data_size\": 12}hello world!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    framing: Framing,
    limits: Limits,
    /// Under `json-header`, for each number of digits that a size may have: the head with nothing in it but the size, and
    /// its length; only the digits are missing. The length is 0 where the head is too long to be kept so.
    heads: Vec<([u8; SHORT], usize)>,
    /// Under `json-header`, for each payload of fewer bytes than there are entries: the whole head, and its length.
    ready: Vec<([u8; READY], usize)>,
    /// Under `delimiter` and `line`: what the decoder looks for.
    scan: Option<Scan>,
}

/// The parts of one frame, in their order: whoever can write several buffers at once need not copy the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// What comes before the payload.
    pub head: Vec<u8>,
    /// The payload (less its first bytes where those are in `head`, with the length written into them).
    pub body: &'a [u8],
    /// What comes behind the payload.
    pub tail: &'a [u8],
}

/// Longest head that is kept ready, in bytes.
const SHORT: usize = 64;

/// Longest head that is kept ready with the size in it, in bytes, and the largest size, of two digits, for which that is done.
const READY: usize = 32;
const READY_SIZE: usize = 99;

impl Encoder {
    /// An encoder for this framing, which refuses what a decoder with the same limits would refuse.
    pub fn new(framing: &Framing, limits: Limits) -> Encoder {
        let limits = limits.applied();
        let heads = match framing {
            Framing::JsonHeader(json) => heads(json, &limits),
            _ => Vec::new(),
        };
        let scan = match framing {
            Framing::Delimiter(delimiters) => Some(Scan::new(delimiters)),
            Framing::Line { keep } => Some(Scan::lines(*keep)),
            _ => None,
        };
        let ready = (0..=READY_SIZE).map_while(|size| ready(&heads, size, &limits)).collect();
        Encoder { framing: framing.clone(), limits, heads, ready, scan }
    }

    /// The framing.
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// Appends the frame of `payload` to `out`.
    ///
    /// Under `length` the decoder's rule is turned round: what the decoder would strip is written as zeros, and where it would
    /// hand out the length itself, the payload has room for it at its place.
    ///
    /// # Errors
    /// When the payload cannot be a message of this framing; `out` is unchanged then.
    #[inline]
    pub fn encode(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // What is worth its room at every call. A copy of known size is cheap, one of 21 bytes is a call.
        if let Some((head, end)) = self.ready.get(payload.len()) {
            out.reserve(READY + payload.len());
            let whole = out.len() + end;
            out.extend_from_slice(head);
            out.truncate(whole);
            append(out, payload);
            return Ok(());
        }
        if self.encode_quickly(payload, out) { Ok(()) } else { self.encode_slowly(payload, out) }
    }

    /// Writes the frame if its head is kept ready: only digits and payload are put in.
    #[inline(never)]
    fn encode_quickly(&self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        let (size, count) = (payload.len(), digits(payload.len()));
        let Some((head, end)) = self.heads.get(count) else { return false };
        if *end == 0 || size as u64 > self.limits.payload {
            return false;
        }
        // The head but for the digits.
        out.reserve(SHORT + size);
        let whole = out.len() + end;
        out.extend_from_slice(head);
        out.truncate(whole);
        if let Some(place) = out.get_mut(whole - 1 - count..whole - 1) {
            write_digits(size, place);
        }
        append(out, payload);
        true
    }

    #[inline(never)]
    fn encode_slowly(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Framing::Length(field) = &self.framing
            && *field == LengthField::new(field.format)
        {
            check_size(payload.len(), self.limits.payload)?;
            let format = field.format;
            let bytes =
                format.write_len(payload.len()).ok_or_else(|| no_room(payload.len() as i128, format))?;
            join(out, bytes.get(..format.width()).unwrap_or(&[]), payload, &[]);
            return Ok(());
        }
        let parts = self.parts(&[], payload)?;
        join(out, &parts.head, parts.body, parts.tail);
        Ok(())
    }

    /// As [`encode`](Self::encode), with further fields in the JSON header, in this order. The size comes first, or in the place of
    /// a field with its key, whose value does not matter.
    ///
    /// # Errors
    /// As [`encode`](Self::encode); when the framing has no header for the fields; and when a field stands twice, or is
    /// another of the keys under which a decoder would look for the size.
    pub fn encode_fields(
        &self,
        fields: &[(String, Value)],
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let parts = self.parts(fields, payload)?;
        join(out, &parts.head, parts.body, parts.tail);
        Ok(())
    }

    /// The frame of `payload` in parts, for a vectored write.
    ///
    /// # Errors
    /// As [`encode_fields`](Self::encode_fields).
    pub fn parts<'a>(
        &'a self,
        fields: &[(String, Value)],
        payload: &'a [u8],
    ) -> Result<Parts<'a>, EncodeError> {
        if let (Some((key, _)), false) = (fields.first(), matches!(self.framing, Framing::JsonHeader(_))) {
            return Err(EncodeError::NoHeader { key: key.clone() });
        }
        let whole = |head: Vec<u8>| Parts { head, body: payload, tail: &[] };
        let limit = self.limits.payload;
        if !matches!(self.framing, Framing::Length(_) | Framing::Delimiter(_) | Framing::Line { .. }) {
            check_size(payload.len(), limit)?;
        }
        Ok(match &self.framing {
            Framing::JsonHeader(json) => whole(self.header(json, fields, payload.len())?),
            Framing::Length(field) => length(field, payload, limit)?,
            Framing::Varint => whole(varint(payload.len() as u64)),
            Framing::Netstring => {
                Parts { head: format!("{}:", payload.len()).into_bytes(), body: payload, tail: b"," }
            }
            Framing::Delimiter(delimiters) => {
                self.delimited(payload, delimiters.any().first().map_or(&[], |d| d))?
            }
            Framing::Line { .. } => self.delimited(payload, b"\n")?,
            Framing::Fixed(size) if size.get() as usize != payload.len() => {
                return Err(EncodeError::NotThisSize { size: payload.len(), want: size.get() });
            }
            Framing::Fixed(_) | Framing::None | Framing::Datagram => whole(Vec::new()),
        })
    }

    /// The length and the JSON header.
    fn header(
        &self,
        json: &JsonHeader,
        fields: &[(String, Value)],
        size: usize,
    ) -> Result<Vec<u8>, EncodeError> {
        let mut seen = std::collections::BTreeSet::new();
        let (key, others) = json.keys().split_first().map_or(("", &[][..]), |(key, more)| (key, more));
        for (name, _) in fields {
            if !seen.insert(name) || others.contains(name) {
                return Err(EncodeError::Key { key: name.clone() });
            }
        }
        let here = fields.iter().position(|(name, _)| name == key);
        let size = Value::from(size as u64);
        let ours = [(key, &size)].into_iter().filter(|_| here.is_none());
        let theirs = fields.iter().map(|(name, v)| (name.as_str(), if name == key { &size } else { v }));
        let width = json.length().width();
        let mut head = vec![0; width];
        dump_object(ours.chain(theirs), &mut head);
        let len = head.len() - width;
        let text = head.get(width..).unwrap_or(&[]);
        if len as u64 > u64::from(self.limits.header) {
            return Err(EncodeError::HeaderTooLarge { size: len, limit: self.limits.header });
        }
        if super::json::depth(text, self.limits.nesting).is_err() {
            return Err(EncodeError::HeaderTooDeep { limit: self.limits.nesting });
        }
        let int = json.length().write(len as i128).ok_or_else(|| no_room(len as i128, json.length()))?;
        head.iter_mut().zip(int).take(width).for_each(|(to, from)| *to = from);
        Ok(head)
    }

    /// The payload and its delimiter, when a decoder will find just that delimiter.
    fn delimited<'a>(&'a self, payload: &'a [u8], delimiter: &'a [u8]) -> Result<Parts<'a>, EncodeError> {
        let Some(scan) = &self.scan else {
            return Ok(Parts { head: Vec::new(), body: payload, tail: delimiter });
        };
        let tail = if scan.keep { &[][..] } else { delimiter };
        let joined;
        let found = match scan.find(&[], payload) {
            None if !scan.keep => {
                // Does the delimiter, behind this payload, end where it should and begin where it should?
                let from = payload.len().saturating_sub(scan.longest());
                joined = [payload.get(from..).unwrap_or(&[]), delimiter].concat();
                scan.find(&[], &joined).map(|f| (from + f.end, from + f.end - f.len))
            }
            found => found.map(|f| (f.end, f.end - f.len)),
        };
        let total = payload.len() + tail.len();
        match found {
            Some((end, start)) if end == total && (scan.keep || start == payload.len()) => {
                check_size(start, self.limits.payload)?;
                Ok(Parts { head: Vec::new(), body: payload, tail })
            }
            Some((_, start)) => Err(EncodeError::ContainsDelimiter { at: start }),
            None => Err(EncodeError::NoDelimiter),
        }
    }
}

/// How many decimal digits a number has.
#[inline]
fn digits(n: usize) -> usize {
    match n {
        0..10 => 1,
        10..100 => 2,
        _ => n.checked_ilog10().map_or(1, |log| log as usize + 1),
    }
}

/// Writes a number in decimal so that its last digit is the last byte of `place`.
#[inline(always)]
fn write_digits(n: usize, place: &mut [u8]) {
    if let [tens, ones] = place {
        (*tens, *ones) = (b'0' + (n / 10) as u8, b'0' + (n % 10) as u8);
        return;
    }
    let mut rest = n;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Appends a payload: a short one as two copies of known size, which may overlap.
#[inline(always)]
fn append(out: &mut Vec<u8>, payload: &[u8]) {
    const SIZE: usize = 16;
    if let (Some(first), Some(last), SIZE..=32) =
        (payload.first_chunk::<SIZE>(), payload.last_chunk::<SIZE>(), payload.len())
    {
        let end = out.len() + payload.len();
        out.extend_from_slice(first);
        out.truncate(end - SIZE);
        out.extend_from_slice(last);
    } else {
        out.extend_from_slice(payload);
    }
}

/// Appends the parts of a frame to `out`.
#[inline]
fn join(out: &mut Vec<u8>, head: &[u8], body: &[u8], tail: &[u8]) {
    out.reserve(head.len() + body.len() + tail.len());
    out.extend_from_slice(head);
    out.extend_from_slice(body);
    out.extend_from_slice(tail);
}

/// The heads with nothing in them but a size, by the number of its digits.
fn heads(json: &JsonHeader, limits: &Limits) -> Vec<([u8; SHORT], usize)> {
    let head = |count: usize| {
        let mut text = Vec::new();
        let size = Value::from(0);
        dump_object(json.keys().first().map(|key| (key.as_str(), &size)).into_iter(), &mut text);
        // One digit is there already.
        let brace = text.pop()?;
        text.resize(text.len() + count.checked_sub(1)?, b'0');
        text.push(brace);
        let int =
            json.length().write_len(text.len()).filter(|_| text.len() as u64 <= u64::from(limits.header))?;
        let whole = [int.get(..json.length().width())?, &text].concat();
        let mut head = [0; SHORT];
        head.get_mut(..whole.len())?.copy_from_slice(&whole);
        Some((head, whole.len()))
    };
    // The longest size has 20 digits.
    (0..=20).map(|count| head(count).unwrap_or(([0; SHORT], 0))).collect()
}

/// The head for a payload of this size, if it is short and the payload allowed.
fn ready(heads: &[([u8; SHORT], usize)], size: usize, limits: &Limits) -> Option<([u8; READY], usize)> {
    let count = digits(size);
    let &(head, end) = heads.get(count).filter(|(_, end)| (1..=READY).contains(end))?;
    let mut head = *head.first_chunk()?;
    write_digits(size, head.get_mut(end - 1 - count..end - 1)?);
    (size as u64 <= limits.payload).then_some((head, end))
}

/// Appends an object with these fields in this order, as Python's `json.dumps` writes it.
fn dump_object<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>, out: &mut Vec<u8>) {
    let mut separator: &[u8] = b"{";
    for (key, value) in fields {
        out.extend_from_slice(separator);
        // Writing JSON values into memory cannot fail.
        let _ = python::dump(key, out);
        out.extend_from_slice(b": ");
        let _ = python::dump(value, out);
        separator = b", ";
    }
    out.push(b'}');
}

fn length<'a>(field: &LengthField, payload: &'a [u8], limit: u64) -> Result<Parts<'a>, EncodeError> {
    let (strip, head) = (field.strip as usize, field.head());
    let total = strip + payload.len();
    let Some(body) = total.checked_sub(head) else {
        return Err(EncodeError::TooShort { size: payload.len(), least: head - strip });
    };
    check_size(body, limit)?;
    let value = body as i128 - i128::from(field.adjust);
    let int = field.format.write(value).ok_or_else(|| no_room(value, field.format))?;
    // The frame is `strip` zeros and the payload, and the length is written over that.
    let (first, body) = payload.split_at_checked(head.saturating_sub(strip)).unwrap_or((payload, &[]));
    let mut bytes = vec![0; strip];
    bytes.extend_from_slice(first);
    let place = bytes.iter_mut().skip(field.offset as usize).take(field.format.width());
    place.zip(int).for_each(|(to, from)| *to = from);
    Ok(Parts { head: bytes, body, tail: &[] })
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10);
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

#[inline]
fn check_size(size: usize, limit: u64) -> Result<(), EncodeError> {
    if size as u64 > limit { Err(EncodeError::TooLarge { size, limit }) } else { Ok(()) }
}

#[cold]
fn no_room(value: i128, format: IntFormat) -> EncodeError {
    EncodeError::NoRoom { value, format }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::lang::Lang;

    fn encode(name: &str, payload: &[u8]) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        Encoder::new(&name.parse().unwrap(), Limits::default()).encode(payload, &mut out).map(|()| out)
    }

    #[test]
    fn frames_are_written_byte_for_byte() {
        let cases: &[(&str, &[u8], &[u8])] = &[
            ("json-header:data_size", b"hello world!", b"\x11\0\0\0{\"data_size\": 12}hello world!"),
            ("json-header:size,len=u16be", b"", b"\0\x0b{\"size\": 0}"),
            ("json-header:%E5%A4%A7", b"x", b"\x0d\0\0\0{\"\\u5927\": 1}x"),
            ("length:u32be", b"abc", b"\0\0\0\x03abc"),
            ("length:u16le,adjust=-2", b"abc", b"\x05\0abc"),
            ("length:u16be,offset=2", b"abc", b"\0\0\0\x03abc"),
            ("length:u16be,offset=1,strip=0", b"\xca..abc", b"\xca\0\x03abc"),
            ("varint", &[7; 300], &[&[0xac, 0x02][..], &[7; 300]].concat()),
            ("netstring", b"hello world!", b"12:hello world!,"),
            ("delimiter:%0D%0A|;", b"abc", b"abc\r\n"),
            ("delimiter:%0D%0A|;,keep", b"abc;", b"abc;"),
            ("line", b"abc", b"abc\n"),
            ("fixed:3", b"abc", b"abc"),
            ("none", b"abc", b"abc"),
            ("datagram", b"", b""),
        ];
        for (name, payload, frame) in cases {
            assert_eq!(encode(name, payload).as_deref(), Ok(*frame), "{name}");
        }
    }

    #[test]
    fn what_no_decoder_would_give_back_is_refused() {
        use EncodeError as E;
        let cases: &[(&str, &[u8], E)] = &[
            ("length:u8", &[0; 256], E::NoRoom { value: 256, format: "u8".parse().unwrap() }),
            ("length:u8,adjust=4", b"abc", E::NoRoom { value: -1, format: "u8".parse().unwrap() }),
            ("length:u16be,strip=0", b"a", E::TooShort { size: 1, least: 2 }),
            ("fixed:3", b"ab", E::NotThisSize { size: 2, want: 3 }),
            ("line", b"a\nb", E::ContainsDelimiter { at: 1 }),
            ("line", b"a\r", E::ContainsDelimiter { at: 1 }),
            ("line,keep", b"a", E::NoDelimiter),
            ("line,keep", b"a\nb\n", E::ContainsDelimiter { at: 1 }),
            ("delimiter:aba", b"xab", E::ContainsDelimiter { at: 1 }),
        ];
        for (name, payload, error) in cases {
            assert_eq!(encode(name, payload).as_ref(), Err(error), "{name}");
            for &lang in Lang::ALL {
                assert_eq!(error.message(lang).is_ascii(), lang == Lang::En);
            }
        }
        let limits = Limits { payload: 2, header: 15, ..Limits::default() };
        let small = |name: &str| Encoder::new(&name.parse().unwrap(), limits);
        for name in Framing::EXAMPLES.iter().filter(|name| !name.starts_with("fixed")) {
            let error = small(name).encode(b"abc", &mut Vec::new());
            assert_eq!(error, Err(E::TooLarge { size: 3, limit: 2 }), "{name}");
        }
        let error = small("json-header:data_size").encode(b"ab", &mut Vec::new());
        assert_eq!(error, Err(E::HeaderTooLarge { size: 16, limit: 15 }));
    }

    #[test]
    fn the_quick_way_writes_what_the_slow_way_writes_for_every_size() {
        let encoder = Encoder::new(&"json-header:size".parse().unwrap(), Limits::default());
        let bytes: Vec<u8> = (0..1200_u32).map(|i| (i * 7) as u8).collect();
        for size in 0..bytes.len() {
            let (mut quick, mut slow) = (vec![9], vec![9]);
            encoder.encode(&bytes[..size], &mut quick).unwrap();
            encoder.encode_fields(&[], &bytes[..size], &mut slow).unwrap();
            assert_eq!(quick, slow, "{size}");
        }
    }

    #[test]
    fn further_fields_keep_their_order() {
        let encoder = Encoder::new(&"json-header:size|data_size".parse().unwrap(), Limits::default());
        let field = |key: &str, value: Value| (key.to_owned(), value);
        let encode = |fields: &[(String, Value)]| {
            let mut out = Vec::new();
            encoder
                .encode_fields(fields, b"abc", &mut out)
                .map(|()| String::from_utf8(out.split_off(4)).unwrap())
        };
        let name = field("name", json!("a.txt"));
        assert_eq!(encode(std::slice::from_ref(&name)).unwrap(), r#"{"size": 3, "name": "a.txt"}abc"#);
        let placed = [name.clone(), field("size", json!(null)), field("z", json!([1, 2]))];
        assert_eq!(encode(&placed).unwrap(), r#"{"name": "a.txt", "size": 3, "z": [1, 2]}abc"#);
        assert_eq!(encode(&[name.clone(), name.clone()]), Err(EncodeError::Key { key: "name".into() }));
        assert_eq!(
            encode(&[field("data_size", json!(1))]),
            Err(EncodeError::Key { key: "data_size".into() })
        );
        let lines = Encoder::new(&Framing::Line { keep: false }, Limits::default());
        assert!(matches!(lines.parts(&[name], b""), Err(EncodeError::NoHeader { .. })));
    }
}
