//! The JSON header read: a quick reader for the shape that nearly every sender writes, and serde_json, with checks that it
//! does not make, for everything else.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::error::{Hint, JsonKind, Problem};
use super::limits::Limits;
use super::python;

/// The fields of a JSON header, in the order in which they stand there.
pub type Fields = Vec<(String, Value)>;

/// A header refused: at which of its bytes, why, and what may be behind it.
pub(crate) type Refused = (usize, Problem, Vec<Hint>);

/// What comes before the number in the usual header: `{"data_size": `.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    /// The first and the last eight bytes (they overlap below 16), when there are so many.
    ends: Option<(u64, u64)>,
}

impl Template {
    /// The usual beginnings of a header with this key, as Python and as JavaScript write it; none for a key that needs
    /// escapes.
    pub(crate) fn of(key: &str) -> Vec<Template> {
        let plain = key.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
        let shapes = [format!("{{\"{key}\": "), format!("{{\"{key}\":")];
        shapes.into_iter().filter(|_| plain).map(|s| Template::new(s.into_bytes())).collect()
    }

    fn new(bytes: Vec<u8>) -> Template {
        let ends = bytes.first_chunk().zip(bytes.last_chunk());
        let ends = ends.map(|(a, b)| (u64::from_le_bytes(*a), u64::from_le_bytes(*b)));
        Template { bytes, ends }
    }

    /// The number in `header`, when it is this template, one integer, and `}`.
    #[inline(always)]
    pub(crate) fn size(&self, header: &[u8]) -> Option<u64> {
        let (start, rest) = header.split_at_checked(self.bytes.len())?;
        let same = match (self.ends, start.first_chunk(), start.last_chunk()) {
            (Some((a, b)), Some(first), Some(last)) => {
                u64::from_le_bytes(*first) == a
                    && u64::from_le_bytes(*last) == b
                    && (start.len() <= 16 || start == &self.bytes[..])
            }
            _ => start == &self.bytes[..],
        };
        let (b'}', digits) = rest.split_last()? else { return None };
        // JSON knows no leading zeros.
        if !same || (digits.len() > 1 && digits.first() == Some(&b'0')) {
            return None;
        }
        match (header.get(..header.len() - 1)?.last_chunk(), digits.len()) {
            (Some(last), 1..=8) => decimal(*last, digits.len()),
            // 18 digits cannot overflow.
            (_, 1..=18) => digits.iter().try_fold(0, |value: u64, digit| {
                let digit = digit.wrapping_sub(b'0');
                (digit <= 9).then_some(value * 10 + u64::from(digit))
            }),
            _ => None,
        }
    }
}

/// The number that the last `count` of these bytes write in decimal, if they are digits: all at once, since a loop over digits is
/// what reading a header would spend most of its time in.
#[inline(always)]
fn decimal(last: [u8; 8], count: usize) -> Option<u64> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The first character is in the lowest byte. What is no digit of ours counts as 0.
    let digits = (u64::from_le_bytes(last) ^ (EACH * b'0' as u64)) & (u64::MAX << (64 - 8 * count));
    // A byte above 9 reaches bit 7 when 0x76 is added, or has it already.
    if (digits.wrapping_add(EACH * 0x76) | digits) & (EACH * 0x80) != 0 {
        return None;
    }
    // Digits to pairs, pairs to fours, fours to eight: each step puts the upper part, times its weight, onto the lower.
    let pairs = (digits.wrapping_mul(10).wrapping_add(digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours.wrapping_mul(10_000).wrapping_add(fours >> 32)) & 0xffff_ffff)
}

/// Reads any header strictly: UTF-8, one JSON object, no key twice, exactly one of `keys`, and under it an integer.
pub(crate) fn read(header: &[u8], keys: &[String], limits: &Limits) -> Result<(u64, Fields), Refused> {
    depth(header, limits.nesting)?;
    let text = std::str::from_utf8(header).map_err(|e| not_utf8(header, e))?;
    let fields = match serde_json::from_str::<Header>(text) {
        Ok(Header::Object(fields)) => fields,
        Ok(Header::Twice(key)) => return Err((0, Problem::DuplicateKey { key }, Vec::new())),
        Ok(Header::Other(found)) => return Err((0, Problem::HeaderNotObject { found }, Vec::new())),
        Err(error) => return Err(not_json(text, &error)),
    };
    let mut sizes = fields.iter().filter(|(key, _)| keys.contains(key));
    let (key, value) = match (sizes.next(), sizes.next()) {
        (Some(size), None) => size,
        (Some((first, _)), Some((second, _))) => {
            let problem = Problem::TwoSizes { first: first.clone(), second: second.clone() };
            return Err((0, problem, Vec::new()));
        }
        (None, _) => return Err(missing(&fields, keys)),
    };
    let size = size(key, value, limits)?;
    Ok((size, fields))
}

/// The fields of a JSON header that a decoder has handed out, in their order; empty for bytes that are no JSON object.
pub fn fields(header: &[u8]) -> Fields {
    match std::str::from_utf8(header).map(serde_json::from_str) {
        Ok(Ok(Header::Object(fields))) => fields,
        _ => Fields::new(),
    }
}

/// The size from its JSON value.
fn size(key: &str, value: &Value, limits: &Limits) -> Result<u64, Refused> {
    let key = key.to_owned();
    match (value.as_u64(), value.as_i64()) {
        (Some(size), _) if size <= limits.payload => Ok(size),
        (Some(value), _) => Err((0, Problem::SizeTooLarge { key, value, limit: limits.payload }, Vec::new())),
        (None, Some(value)) => Err((0, Problem::NegativeSize { key, value }, Vec::new())),
        (None, None) => {
            let quoted = value.as_str().and_then(|s| s.trim().parse().ok());
            let hints = quoted.map(|value| Hint::Quoted { value }).into_iter().collect();
            let text = start_of(&python::compact(value));
            Err((0, Problem::SizeNotInteger { key, found: kind(value), text }, hints))
        }
    }
}

fn kind(value: &Value) -> JsonKind {
    match value {
        Value::Null => JsonKind::Null,
        Value::Bool(_) => JsonKind::Bool,
        Value::Number(n) if n.is_f64() => JsonKind::Float,
        Value::Number(_) => JsonKind::Integer,
        Value::String(_) => JsonKind::String,
        Value::Array(_) => JsonKind::Array,
        Value::Object(_) => JsonKind::Object,
    }
}

/// At most this many characters of a refused text are quoted.
const QUOTED: usize = 40;

fn start_of(text: &str) -> String {
    let mut start: String = text.chars().take(QUOTED).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

/// Refuses brackets nested deeper than `limit`, before anything recurses into them.
pub(crate) fn depth(header: &[u8], limit: u32) -> Result<(), Refused> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (i, &b) in header.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return Err((i, Problem::HeaderTooDeep { limit }, Vec::new()));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn not_utf8(header: &[u8], error: std::str::Utf8Error) -> Refused {
    let at = error.valid_up_to();
    let byte = header.get(at).copied().unwrap_or(0);
    let hint = match error.error_len() {
        // The last character is cut off.
        None => Some(Hint::HeaderCutOff),
        Some(_) => looks_like_gbk(header).then_some(Hint::Gbk),
    };
    (at, Problem::HeaderNotUtf8 { byte }, hint.into_iter().collect())
}

/// Whether every byte above ASCII is part of a two-byte character of GBK.
fn looks_like_gbk(bytes: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    while let Some(&b) = bytes.next() {
        if b >= 0x80 {
            let second = bytes.next().copied().unwrap_or(0);
            if !(0x81..=0xfe).contains(&b) || !(0x40..=0xfe).contains(&second) || second == 0x7f {
                return false;
            }
        }
    }
    true
}

fn not_json(text: &str, error: &serde_json::Error) -> Refused {
    let trimmed = text.trim_start();
    let hint = if trimmed.starts_with('\u{feff}') {
        Some(Hint::ByteOrderMark)
    } else if trimmed.starts_with("{'") {
        Some(Hint::PythonRepr)
    } else if error.is_eof() && !trimmed.is_empty() {
        Some(Hint::HeaderCutOff)
    } else {
        // One whole value and then something else?
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Header>();
        match values.next() {
            Some(Ok(Header::Object(_))) => {
                Some(Hint::LengthCountsMore { object: values.byte_offset() as u64 })
            }
            _ => None,
        }
    };
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or("").to_owned();
    (at(text, error), Problem::HeaderNotJson { what, start: start_of(text) }, hint.into_iter().collect())
}

/// The byte at which serde_json stopped; its columns count bytes from 1, and 0 stands before the line.
fn at(text: &str, error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    (before + error.column().saturating_sub(1)).min(text.len())
}

fn missing(fields: &Fields, keys: &[String]) -> Refused {
    const NAMES: &[&str] = &["size", "len", "length", "count", "bytes", "大小", "长度"];
    let likely = |(key, value): &&(String, Value)| {
        let key = key.to_ascii_lowercase();
        value.is_u64() && NAMES.iter().any(|name| key.contains(name))
    };
    let hint = fields.iter().find(likely).and_then(|(key, value)| {
        let value = value.as_u64()?;
        Some(Hint::PerhapsKey { key: start_of(key), value })
    });
    // A hostile header may have thousands of keys.
    let found = fields.iter().take(8).map(|(key, _)| start_of(key)).collect();
    (0, Problem::MissingKey { wanted: keys.to_vec(), found }, hint.into_iter().collect())
}

/// What a header turns out to be.
enum Header {
    Object(Fields),
    /// An object in which this key stands twice.
    Twice(String),
    Other(JsonKind),
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut fields = Fields::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut twice = None;
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if !seen.insert(key.clone()) {
                twice.get_or_insert(key);
            } else {
                fields.push((key, value));
            }
        }
        Ok(twice.map_or(Header::Object(fields), Header::Twice))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Header, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Header::Other(JsonKind::Array))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Header, E> {
        Ok(Header::Other(JsonKind::Bool))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Header, E> {
        Ok(Header::Other(JsonKind::Integer))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Header, E> {
        Ok(Header::Other(JsonKind::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Header, E> {
        Ok(Header::Other(JsonKind::Float))
    }

    fn visit_str<E>(self, _: &str) -> Result<Header, E> {
        Ok(Header::Other(JsonKind::String))
    }

    fn visit_unit<E>(self) -> Result<Header, E> {
        Ok(Header::Other(JsonKind::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<String> {
        vec!["data_size".to_owned(), "size".to_owned()]
    }

    fn quick(header: &str) -> Option<u64> {
        keys().iter().flat_map(|key| Template::of(key)).find_map(|t| t.size(header.as_bytes()))
    }

    fn strict(header: &[u8]) -> Result<u64, Refused> {
        read(header, &keys(), &Limits::DEFAULT).map(|(size, _)| size)
    }

    #[test]
    fn what_the_quick_reader_reads_the_strict_one_reads_alike() {
        for header in ["{\"data_size\": 12}", "{\"size\":0}", "{\"size\": 9}", "{\"data_size\": 16777216}"] {
            assert_eq!(quick(header), strict(header.as_bytes()).ok(), "{header}");
            assert!(quick(header).is_some());
        }
        for header in [
            "{\"data_size\": }",
            "{\"data_size\": 012}",
            "{\"data_size\": -1}",
            "{\"data_size\": 1.0}",
            "{\"data_size\": 1e3}",
            "{\"data_size\": \"12\"}",
            "{\"data_size\": 12} ",
            "{\"data_size\":  12}",
            "{\"data_size\": 12",
            "{\"data_sizf\": 12}",
            "{\"eata_size\": 12}",
            "{\"data_size\": 99999999999999999999}",
            "{}",
            "",
        ] {
            assert_eq!(quick(header), None, "{header}");
        }
    }

    #[test]
    fn long_keys_are_compared_whole() {
        let key = "a_key_that_is_longer_than_sixteen_bytes";
        let header = format!("{{\"{key}\": 5}}");
        let other = header.replace("longer", "LONGER");
        let template = &Template::of(key)[0];
        assert_eq!(template.size(header.as_bytes()), Some(5));
        assert_eq!(template.size(other.as_bytes()), None);
        assert!(Template::of("quo\"te").is_empty() && Template::of("大小").is_empty());
    }

    #[test]
    fn unusual_headers_are_read_and_their_fields_kept_in_order() {
        let header = " {\"type\" : \"file\",\n \"size\":12, \"a\": {\"b\": [1]}} ";
        let (size, fields) = read(header.as_bytes(), &keys(), &Limits::DEFAULT).unwrap();
        assert_eq!(size, 12);
        let names: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, ["type", "size", "a"]);
    }

    #[test]
    fn each_fault_has_its_own_refusal() {
        use Problem as P;
        let refused = |header: &[u8]| strict(header).unwrap_err();
        assert!(matches!(refused(b"[1]").1, P::HeaderNotObject { found: JsonKind::Array }));
        assert!(matches!(refused(b"12").1, P::HeaderNotObject { found: JsonKind::Integer }));
        assert!(matches!(refused(b"\"x\"").1, P::HeaderNotObject { found: JsonKind::String }));
        assert!(matches!(refused(b"null").1, P::HeaderNotObject { found: JsonKind::Null }));
        assert!(matches!(refused(b"{}").1, P::MissingKey { .. }));
        assert!(matches!(refused(b"{\"size\":1,\"size\":1}").1, P::DuplicateKey { .. }));
        assert!(matches!(refused(b"{\"x\":1,\"x\":1,\"size\":2}").1, P::DuplicateKey { .. }));
        assert!(matches!(refused(b"{\"size\":1,\"data_size\":1}").1, P::TwoSizes { .. }));
        assert!(matches!(refused(b"{\"size\":-4}").1, P::NegativeSize { value: -4, .. }));
        assert!(matches!(refused(b"{\"size\":99999999999}").1, P::SizeTooLarge { .. }));
        for (text, kind) in [
            ("1.5", JsonKind::Float),
            ("1e3", JsonKind::Float),
            ("99999999999999999999999", JsonKind::Float),
            ("true", JsonKind::Bool),
            ("null", JsonKind::Null),
            ("[3]", JsonKind::Array),
            ("{}", JsonKind::Object),
        ] {
            let problem = refused(format!("{{\"size\":{text}}}").as_bytes()).1;
            assert!(matches!(problem, P::SizeNotInteger { found, .. } if found == kind), "{text}");
        }
        let (_, problem, hints) = refused(b"{\"size\": \"12\"}");
        assert!(matches!(problem, P::SizeNotInteger { found: JsonKind::String, .. }));
        assert_eq!(hints, [Hint::Quoted { value: 12 }]);
    }

    #[test]
    fn faults_in_the_text_are_placed_and_explained() {
        let (at, problem, hints) = strict(b"{\"size\":12}hello").unwrap_err();
        assert!(matches!(problem, Problem::HeaderNotJson { .. }));
        assert_eq!((at, &hints[..]), (11, &[Hint::LengthCountsMore { object: 11 }][..]));
        assert_eq!(strict(b"{'size': 12}").unwrap_err().2, [Hint::PythonRepr]);
        assert_eq!(strict(b"{\"size\": 1").unwrap_err().2, [Hint::HeaderCutOff]);
        assert_eq!(strict("\u{feff}{\"size\": 1}".as_bytes()).unwrap_err().2, [Hint::ByteOrderMark]);
        let (at, problem, hints) = strict(b"{\"size\": 1, \"name\": \"\xd6\xd0\xce\xc4\"}").unwrap_err();
        assert_eq!((at, problem, &hints[..]), (21, Problem::HeaderNotUtf8 { byte: 0xd6 }, &[Hint::Gbk][..]));
        let (_, _, hints) = strict(b"{\"datalength\": 12}").unwrap_err();
        assert_eq!(hints, [Hint::PerhapsKey { key: "datalength".into(), value: 12 }]);
        assert!(strict(b"").is_err());
    }

    #[test]
    fn nesting_bombs_are_refused_before_they_are_parsed() {
        let bomb = format!("{{\"size\":1,\"x\":{}", "[".repeat(60_000));
        assert!(matches!(
            strict(bomb.as_bytes()).unwrap_err(),
            (29, Problem::HeaderTooDeep { limit: 16 }, _)
        ));
        let brackets = format!("{{\"size\":1,\"x\":\"{}\\\"[\"}}", "[".repeat(100));
        assert_eq!(strict(brackets.as_bytes()), Ok(1));
    }
}
