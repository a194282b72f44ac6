//! Why a message cannot be written in a framing.

use std::fmt;

use super::int::IntFormat;
use crate::lang::Lang;

/// A message that cannot be written in this framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// The payload is larger than the limit.
    TooLarge {
        /// Its bytes.
        size: usize,
        /// The limit.
        limit: u64,
    },
    /// The length does not fit into its format.
    NoRoom {
        /// The length.
        value: i128,
        /// Its format.
        format: IntFormat,
    },
    /// The payload has no room for the length that is written into it.
    TooShort {
        /// Its bytes.
        size: usize,
        /// Bytes needed.
        least: usize,
    },
    /// Under `fixed`, a payload of another size.
    NotThisSize {
        /// Its bytes.
        size: usize,
        /// The size of all messages.
        want: u32,
    },
    /// The payload contains the delimiter, or makes one together with the delimiter behind it.
    ContainsDelimiter {
        /// Where in the payload it begins.
        at: usize,
    },
    /// Where the delimiter is kept, a payload that does not end with one.
    NoDelimiter,
    /// The JSON header is larger than the limit.
    HeaderTooLarge {
        /// Its bytes.
        size: usize,
        /// The limit.
        limit: u32,
    },
    /// The JSON header nests deeper than the limit.
    HeaderTooDeep {
        /// The limit.
        limit: u32,
    },
    /// A field that stands twice, or under which a decoder would look for the size.
    Key {
        /// Its key.
        key: String,
    },
    /// Header fields for a framing without a header.
    NoHeader {
        /// The first field's key.
        key: String,
    },
}

impl EncodeError {
    /// The error as a sentence.
    pub fn message(&self, lang: Lang) -> String {
        let (en, zh) = match self {
            EncodeError::TooLarge { size, limit } => (
                format!("the payload has {size} bytes, more than the limit of {limit}"),
                format!("数据有 {size} 字节，超过上限 {limit} 字节"),
            ),
            EncodeError::NoRoom { value, format } => (
                format!("the length {value} does not fit into {format} (at most {})", format.max()),
                format!("长度 {value} 放不进 {format}（最大 {}）", format.max()),
            ),
            EncodeError::TooShort { size, least } => (
                format!(
                    "the payload has {size} bytes; it needs {least} for the length that is written into it"
                ),
                format!("数据只有 {size} 字节；至少要 {least} 字节才放得下写入其中的长度"),
            ),
            EncodeError::NotThisSize { size, want } => (
                format!("the payload has {size} bytes; every message has {want}"),
                format!("数据有 {size} 字节；定长消息必须正好 {want} 字节"),
            ),
            EncodeError::ContainsDelimiter { at } => (
                format!(
                    "with its delimiter the payload would be cut at byte {at}: it contains (part of) a delimiter"
                ),
                format!("数据自身含有分隔符（或其一部分）：接收方会在第 {at} 字节处把它切断"),
            ),
            EncodeError::NoDelimiter => (
                "the payload does not end with its delimiter, which is kept in this framing".to_owned(),
                "这种分帧方式保留分隔符，而数据没有以分隔符结尾".to_owned(),
            ),
            EncodeError::HeaderTooLarge { size, limit } => (
                format!("the JSON header has {size} bytes, more than the limit of {limit}"),
                format!("JSON 首部有 {size} 字节，超过上限 {limit} 字节"),
            ),
            EncodeError::HeaderTooDeep { limit } => (
                format!("the JSON header nests deeper than the limit of {limit}"),
                format!("JSON 首部嵌套超过上限 {limit} 层"),
            ),
            EncodeError::Key { key } => (
                format!("the header field `{key}` stands twice, or would be taken for the size"),
                format!("首部字段 `{key}` 出现了两次，或者会被当成数据大小"),
            ),
            EncodeError::NoHeader { key } => (
                format!("this framing has no header for the field `{key}`"),
                format!("这种分帧方式没有首部，放不下字段 `{key}`"),
            ),
        };
        lang.pick(en, zh)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for EncodeError {}
