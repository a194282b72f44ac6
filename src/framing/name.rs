//! The framings, and the one name by which each is known everywhere.
//!
//! ```text
//! name      = kind [":" argument] *("," option)
//!
//! json-header:KEY[|KEY]…   [,len=INT]              INT defaults to i32le (Python's struct 'i' on x86)
//! length:INT               [,offset=N][,adjust=N][,strip=N]
//! varint
//! netstring
//! delimiter:BYTES[|BYTES]… [,keep]
//! line                     [,keep]
//! fixed:N
//! none
//! datagram
//! ```
//!
//! `INT` is `u8`, `u16be`, `u16le`, … `u64le`, or with `i` for a signed one. In `KEY` and `BYTES`, a byte that is no
//! printable ASCII, and each of `% | ,` and the space, is written as `%` and two hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::int::IntFormat;
use super::name_error::{NameError, NameProblem};
use crate::lang::Lang;

/// How messages are marked off in a stream of bytes. [`FromStr`] and [`Display`](fmt::Display) read and write its
/// name; so do serde's traits, as a string.
///
/// ```
/// use framewire::framing::Framing;
///
/// let framing: Framing = "length:u16be,adjust=-2,strip=0".parse()?;
/// assert_eq!(framing.to_string(), "length:u16be,adjust=-2,strip=0");
/// # Ok::<(), framewire::framing::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// An integer, a JSON object of that many bytes which holds the payload's size, the payload.
    JsonHeader(JsonHeader),
    /// An integer that counts bytes, and the bytes.
    Length(LengthField),
    /// A base-128 varint that counts bytes, and the bytes (protobuf's delimited streams).
    Varint,
    /// Decimal digits, a colon, that many bytes, a comma (<https://cr.yp.to/proto/netstrings.txt>).
    Netstring,
    /// Bytes up to a delimiter.
    Delimiter(Delimiters),
    /// Bytes up to LF or CRLF.
    Line {
        /// Whether the line ending stays in the payload.
        keep: bool,
    },
    /// This many bytes each (never 0).
    Fixed(FixedSize),
    /// No framing: whatever one read returns.
    None,
    /// Every datagram is one message.
    Datagram,
}

/// Parameters of [`Framing::JsonHeader`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonHeader {
    length: IntFormat,
    keys: Vec<String>,
}

impl JsonHeader {
    /// A header whose length is written as `length` and in which the payload's size stands under one of `keys`: a
    /// decoder takes any of them, an encoder writes the first.
    ///
    /// # Errors
    /// When there is no key, an empty key, or the same key twice.
    pub fn new(length: IntFormat, keys: Vec<String>) -> Result<JsonHeader, NameProblem> {
        if keys.is_empty() || keys.iter().any(String::is_empty) {
            return Err(NameProblem::EmptyArgument);
        }
        if let Some((_, key)) = keys.iter().enumerate().find(|(i, key)| keys[..*i].contains(key)) {
            return Err(NameProblem::Twice(key.clone()));
        }
        Ok(JsonHeader { length, keys })
    }

    /// How the header's length is written.
    pub fn length(&self) -> IntFormat {
        self.length
    }

    /// The keys under which the payload's size may stand; at least one.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }
}

/// Parameters of [`Framing::Length`].
///
/// A frame takes `offset + width + length + adjust` bytes, of which the first `strip` are not handed out: Netty's
/// `LengthFieldBasedFrameDecoder` has the same parameters. Of tokio-util's `LengthDelimitedCodec`, `num_skip` is `strip`, and
/// its `length_adjustment` is `adjust` less what `strip` exceeds `offset + width`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LengthField {
    /// How the length is written.
    pub format: IntFormat,
    /// Bytes before the length.
    pub offset: u32,
    /// Added to the length to get the number of bytes that follow it.
    pub adjust: i64,
    /// Bytes at the start of each frame that are not handed out.
    pub strip: u32,
}

impl LengthField {
    /// A length at the very start that counts the bytes behind it, handed out without the length.
    pub fn new(format: IntFormat) -> LengthField {
        LengthField { format, offset: 0, adjust: 0, strip: format.width() as u32 }
    }

    /// Bytes up to and with the length.
    pub fn head(&self) -> usize {
        self.offset as usize + self.format.width()
    }
}

/// Parameters of [`Framing::Delimiter`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delimiters {
    any: Vec<Vec<u8>>,
    keep: bool,
}

impl Delimiters {
    /// Longest delimiter allowed, in bytes.
    pub const MAX_LEN: usize = 256;
    /// Most alternatives allowed.
    pub const MAX_COUNT: usize = 64;

    /// Any of these byte strings ends a message: the one that is complete first, and of those complete at the same
    /// byte the longest. The encoder writes the first. With `keep` it stays in the payload.
    ///
    /// # Errors
    /// When there is no delimiter, an empty one, the same one twice, or more or longer ones than
    /// [`MAX_COUNT`](Self::MAX_COUNT) and [`MAX_LEN`](Self::MAX_LEN).
    pub fn new(any: Vec<Vec<u8>>, keep: bool) -> Result<Delimiters, NameProblem> {
        if any.is_empty() || any.iter().any(Vec::is_empty) {
            return Err(NameProblem::EmptyArgument);
        }
        if any.len() > Self::MAX_COUNT || any.iter().any(|d| d.len() > Self::MAX_LEN) {
            return Err(NameProblem::TooMuch { count: Self::MAX_COUNT, len: Self::MAX_LEN });
        }
        if let Some((_, d)) = any.iter().enumerate().find(|(i, d)| any[..*i].contains(d)) {
            return Err(NameProblem::Twice(encode(d)));
        }
        Ok(Delimiters { any, keep })
    }

    /// The alternatives; at least one, none empty.
    pub fn any(&self) -> &[Vec<u8>] {
        &self.any
    }

    /// Whether the delimiter stays in the payload.
    pub fn keep(&self) -> bool {
        self.keep
    }
}

/// The size of a message under [`Framing::Fixed`], in bytes: at least 1.
pub type FixedSize = std::num::NonZeroU32;

impl Framing {
    /// The course's own framing with these keys: `json-header:…` with the length as Python's `struct.pack('i', n)` writes
    /// it on x86.
    ///
    /// # Errors
    /// As [`JsonHeader::new`].
    pub fn json_header<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Result<Framing, NameProblem> {
        let keys = keys.into_iter().map(Into::into).collect();
        Ok(Framing::JsonHeader(JsonHeader::new(IntFormat::I32LE, keys)?))
    }

    /// A length at the very start that counts the bytes behind it: `length:…`.
    pub fn length(format: IntFormat) -> Framing {
        Framing::Length(LengthField::new(format))
    }

    /// The name's first word: `json-header`, `length`, ….
    pub fn kind(&self) -> &'static str {
        match self {
            Framing::JsonHeader(_) => "json-header",
            Framing::Length(_) => "length",
            Framing::Varint => "varint",
            Framing::Netstring => "netstring",
            Framing::Delimiter(_) => "delimiter",
            Framing::Line { .. } => "line",
            Framing::Fixed(_) => "fixed",
            Framing::None => "none",
            Framing::Datagram => "datagram",
        }
    }

    /// Every kind with an example of its name, in the order in which they are taught.
    pub const EXAMPLES: &[&str] = &[
        "json-header:data_size",
        "length:u32be",
        "varint",
        "netstring",
        "delimiter:%0D%0A%0D%0A",
        "line",
        "fixed:16",
        "none",
        "datagram",
    ];

    /// What it is, in one phrase.
    pub fn title(&self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Framing::JsonHeader(_) => ("length, JSON header, payload", "长度 + JSON 首部 + 数据"),
            Framing::Length(_) => ("length prefix", "长度前缀"),
            Framing::Varint => ("varint length prefix", "变长整数（varint）长度前缀"),
            Framing::Netstring => ("netstring", "netstring：十进制长度、冒号、数据、逗号"),
            Framing::Delimiter(_) => ("delimiter", "分隔符"),
            Framing::Line { .. } => ("lines", "按行"),
            Framing::Fixed(_) => ("fixed size", "定长"),
            Framing::None => ("no framing: whatever a read returns", "不分帧：读到多少算多少"),
            Framing::Datagram => ("one message a datagram", "每个数据报一条消息"),
        };
        lang.pick(en, zh)
    }
}

/// What is written with `%` in keys and delimiters.
const RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'|').add(b',');

fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

fn decode(text: &str) -> Result<Vec<u8>, NameProblem> {
    let bytes = text.as_bytes();
    for (i, _) in bytes.iter().enumerate().filter(|(_, b)| **b == b'%') {
        if !bytes.get(i + 1..i + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
            return Err(NameProblem::Percent(text[i..].chars().take(3).collect()));
        }
    }
    Ok(percent_decode_str(text).collect())
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Framing::JsonHeader(json) => {
                let keys: Vec<String> = json.keys.iter().map(|key| encode(key.as_bytes())).collect();
                write!(f, ":{}", keys.join("|"))?;
                if json.length != IntFormat::I32LE {
                    write!(f, ",len={}", json.length)?;
                }
            }
            Framing::Length(field) => {
                write!(f, ":{}", field.format)?;
                if field.offset != 0 {
                    write!(f, ",offset={}", field.offset)?;
                }
                if field.adjust != 0 {
                    write!(f, ",adjust={}", field.adjust)?;
                }
                if field.strip as usize != field.head() {
                    write!(f, ",strip={}", field.strip)?;
                }
            }
            Framing::Delimiter(delimiters) => {
                let any: Vec<String> = delimiters.any.iter().map(|d| encode(d)).collect();
                write!(f, ":{}{}", any.join("|"), if delimiters.keep { ",keep" } else { "" })?;
            }
            Framing::Line { keep: true } => f.write_str(",keep")?,
            Framing::Fixed(size) => write!(f, ":{size}")?,
            _ => {}
        }
        Ok(())
    }
}

impl FromStr for Framing {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        parse(name).map_err(|problem| NameError { name: name.to_owned(), problem })
    }
}

fn parse(name: &str) -> Result<Framing, NameProblem> {
    let mut parts = name.split(',');
    let (kind, argument) = match parts.next().unwrap_or("").split_once(':') {
        Some((kind, argument)) => (kind, Some(argument)),
        None => (parts_head(name), None),
    };
    let mut options = Options { given: parts.collect(), known: &[] };
    let needed = || argument.filter(|a| !a.is_empty()).ok_or(NameProblem::EmptyArgument);
    let framing = match kind {
        "json-header" => {
            options.known = &["len"];
            let length = match options.value("len")? {
                Some(len) => int(len)?,
                None => IntFormat::I32LE,
            };
            let keys = needed()?
                .split('|')
                .map(|key| String::from_utf8(decode(key)?).map_err(|_| NameProblem::NotUtf8(key.to_owned())));
            Framing::JsonHeader(JsonHeader::new(length, keys.collect::<Result<_, _>>()?)?)
        }
        "length" => {
            options.known = &["offset", "adjust", "strip"];
            let mut field = LengthField::new(int(needed()?)?);
            field.offset = options.number("offset", 0..=LENGTH_FIELD_BYTES)?.unwrap_or(0) as u32;
            field.adjust = options.number("adjust", -(1 << 40)..=1 << 40)?.unwrap_or(0);
            let strip = options.number("strip", 0..=LENGTH_FIELD_BYTES)?;
            field.strip = strip.map_or(field.head() as u32, |n| n as u32);
            Framing::Length(field)
        }
        "delimiter" => {
            options.known = &["keep"];
            let any = needed()?.split('|').map(decode).collect::<Result<_, _>>()?;
            Framing::Delimiter(Delimiters::new(any, options.flag("keep")?)?)
        }
        "fixed" => {
            let size = needed()?;
            let number = size.parse().map_err(|_| NameProblem::Number(size.to_owned()));
            Framing::Fixed(number?)
        }
        _ => {
            let framing = match kind {
                "varint" => Framing::Varint,
                "netstring" => Framing::Netstring,
                "line" => {
                    options.known = &["keep"];
                    Framing::Line { keep: options.flag("keep")? }
                }
                "none" => Framing::None,
                "datagram" => Framing::Datagram,
                _ => return Err(NameProblem::Kind(kind.to_owned())),
            };
            if let Some(argument) = argument {
                return Err(NameProblem::Argument(argument.to_owned()));
            }
            framing
        }
    };
    options.check()?;
    Ok(framing)
}

/// Most bytes before a length, and most bytes that may be stripped.
const LENGTH_FIELD_BYTES: i64 = 1 << 20;

fn parts_head(name: &str) -> &str {
    name.split(',').next().unwrap_or("")
}

fn int(text: &str) -> Result<IntFormat, NameProblem> {
    text.parse().map_err(|_| NameProblem::Int(text.to_owned()))
}

/// The options behind the argument.
struct Options<'a> {
    given: Vec<&'a str>,
    known: &'static [&'static str],
}

impl<'a> Options<'a> {
    fn value(&self, key: &str) -> Result<Option<&'a str>, NameProblem> {
        let mut values = self.given.iter().filter_map(|o| o.strip_prefix(key)?.strip_prefix('='));
        let first = values.next();
        match values.next() {
            Some(_) => Err(NameProblem::Twice(key.to_owned())),
            None => Ok(first),
        }
    }

    fn number(&self, key: &str, range: std::ops::RangeInclusive<i64>) -> Result<Option<i64>, NameProblem> {
        let Some(text) = self.value(key)? else { return Ok(None) };
        let number = text.parse().ok().filter(|n| range.contains(n));
        number.map(Some).ok_or_else(|| NameProblem::Number(text.to_owned()))
    }

    fn flag(&self, key: &str) -> Result<bool, NameProblem> {
        match self.given.iter().filter(|o| **o == key).count() {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(NameProblem::Twice(key.to_owned())),
        }
    }

    fn check(&self) -> Result<(), NameProblem> {
        for option in &self.given {
            let (key, value) = option.split_once('=').map_or((*option, None), |(k, v)| (k, Some(v)));
            if !self.known.contains(&key) || (key == "keep") != value.is_none() {
                return Err(NameProblem::Option((*option).to_owned(), self.known));
            }
        }
        Ok(())
    }
}

impl Serialize for Framing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Framing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_goes_round() {
        let names = [
            "json-header:data_size",
            "json-header:size|data_size",
            "json-header:%E5%A4%A7%E5%B0%8F,len=u16be",
            "length:u32be",
            "length:u16be,offset=2,adjust=-4,strip=0",
            "length:u8",
            "varint",
            "netstring",
            "delimiter:%0D%0A",
            "delimiter:%0D%0A|%0A|;,keep",
            "delimiter:%20%25%7C%2C:",
            "line",
            "line,keep",
            "fixed:16",
            "none",
            "datagram",
        ];
        for name in names.iter().chain(Framing::EXAMPLES) {
            let framing: Framing = name.parse().unwrap();
            assert_eq!(&framing.to_string(), name);
            let json = serde_json::to_string(&framing).unwrap();
            assert_eq!(serde_json::from_str::<Framing>(&json).unwrap(), framing);
            assert!(!framing.title(Lang::Zh).is_empty() && !framing.title(Lang::En).is_empty());
        }
    }

    #[test]
    fn wrong_names_are_refused_with_a_reason_in_every_language() {
        let names = [
            ("", "there is no framing ``"),
            ("tlv", "there is no framing `tlv`"),
            ("json-header", "an argument is missing"),
            ("json-header:", "an argument is missing"),
            ("json-header:a||b", "an argument is missing"),
            ("json-header:a|a", "`a` is given twice"),
            ("json-header:%FF", "no UTF-8"),
            ("json-header:a,len=i40le", "`i40le` is no integer format"),
            ("json-header:a,offset=1", "no option `offset=1` here; there are: len"),
            ("length:u33", "`u33` is no integer format"),
            ("length:u8,strip=-1", "`-1` is no number in range"),
            ("length:u8,strip=1,strip=2", "`strip` is given twice"),
            ("length:u8,keep", "no option `keep` here"),
            ("varint:3", "takes no argument"),
            ("varint,keep", "has no options"),
            ("delimiter:%0", "after % come two"),
            ("delimiter:a|", "an argument is missing"),
            ("delimiter:a|%61", "`a` is given twice"),
            ("line:keep", "takes no argument"),
            ("line,keep=1", "no option `keep=1` here"),
            ("fixed:0", "`0` is no number in range"),
            ("fixed:16,", "has no options"),
        ];
        for (name, part) in names {
            let error = name.parse::<Framing>().unwrap_err();
            assert!(error.to_string().contains(part), "{name}: {error}");
            assert!(!error.message(Lang::Zh).is_ascii(), "{name}");
        }
        let long = format!("delimiter:{}", "a".repeat(257));
        assert!(long.parse::<Framing>().is_err());
    }
}
