//! The words for what a decoder refuses, in every language.

use super::error::{Hint, JsonKind, LengthOf, Problem, Refusal};
use crate::lang::Lang;

/// `47 45 54 20`
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn byte(b: u8) -> String {
    if b.is_ascii_graphic() { format!("{b:02x} (`{}`)", b as char) } else { format!("{b:02x}") }
}

fn keys(keys: &[String], lang: Lang) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(lang.pick(", ", "、"))
}

fn length_of(of: LengthOf, lang: Lang) -> &'static str {
    match of {
        LengthOf::Header => lang.pick("the header's length", "首部长度"),
        LengthOf::Payload => lang.pick("the length", "长度"),
    }
}

fn json_kind(kind: JsonKind, lang: Lang) -> &'static str {
    let (en, zh) = match kind {
        JsonKind::Null => ("null", "null"),
        JsonKind::Bool => ("a boolean", "布尔值"),
        JsonKind::Float => ("no whole number in range", "不是范围内的整数"),
        JsonKind::Integer => ("a number", "数"),
        JsonKind::String => ("a string", "字符串"),
        JsonKind::Array => ("an array", "数组"),
        JsonKind::Object => ("an object", "对象"),
    };
    lang.pick(en, zh)
}

/// The whole sentence: where, what, hints.
pub(crate) fn refusal(refusal: &Refusal, lang: Lang) -> String {
    let what = problem(&refusal.problem, lang);
    let mut text = match lang {
        Lang::En => format!("byte {} of the stream (frame {}): {what}", refusal.offset, refusal.frame),
        Lang::Zh => format!("字节流偏移 {}（第 {} 帧）：{what}", refusal.offset, refusal.frame),
    };
    for h in &refusal.hints {
        text.push_str(lang.pick("; ", "；"));
        text.push_str(&hint(h, lang));
    }
    text
}

impl Problem {
    /// What is wrong, as a phrase.
    pub fn message(&self, lang: Lang) -> String {
        problem(self, lang)
    }
}

impl Hint {
    /// The hint, as a phrase.
    pub fn message(&self, lang: Lang) -> String {
        hint(self, lang)
    }
}

fn problem(problem: &Problem, lang: Lang) -> String {
    let (en, zh) = match problem {
        Problem::NegativeLength { of, value, bytes } => (
            format!("{} reads {} ({}), below zero", length_of(*of, lang), grouped(*value), hex(bytes)),
            format!("{}读作 {}（{}），是负数", length_of(*of, lang), grouped(*value), hex(bytes)),
        ),
        Problem::LengthTooLarge { of, value, adjust, limit, bytes } => {
            let (but_en, but_zh) = match adjust {
                0 => (",".to_owned(), "，".to_owned()),
                _ => (
                    format!("; with the adjustment of {adjust} this is"),
                    format!("；加上修正值 {adjust} 后"),
                ),
            };
            let [value, limit] = [*value, i128::from(*limit)].map(grouped);
            let (of, bytes) = (length_of(*of, lang), hex(bytes));
            (
                format!("{of} reads {value} ({bytes}){but_en} more than the limit of {limit} bytes"),
                format!("{of}读作 {value}（{bytes}）{but_zh}超过上限 {limit} 字节"),
            )
        }
        Problem::LengthTooSmall { value, adjust, bytes } => (
            format!(
                "the length reads {} ({}); with the adjustment of {adjust} the frame would end before its own length does",
                grouped(*value),
                hex(bytes)
            ),
            format!(
                "长度读作 {}（{}）；加上修正值 {adjust} 后，帧在自己的长度字段之前就结束了",
                grouped(*value),
                hex(bytes)
            ),
        ),
        Problem::StripTooLong { frame, strip } => (
            format!("the frame has {frame} bytes, and {strip} are to be stripped"),
            format!("整个帧只有 {frame} 字节，却要去掉 {strip} 字节"),
        ),
        Problem::HeaderNotUtf8 { byte: b } => (
            format!("the header is no UTF-8: byte {} does not fit", byte(*b)),
            format!("首部不是合法的 UTF-8：字节 {} 不符", byte(*b)),
        ),
        Problem::HeaderNotJson { what, start } => (
            format!("the header is no JSON ({what}); it begins {}", quoted(start)),
            format!("首部不是合法的 JSON（{what}）；开头是 {}", quoted(start)),
        ),
        Problem::HeaderNotObject { found } => (
            format!("the header is JSON, but no object: it is {}", json_kind(*found, lang)),
            format!("首部是 JSON，但不是对象，而是{}", json_kind(*found, lang)),
        ),
        Problem::HeaderTooDeep { limit } => (
            format!("the header nests deeper than the limit of {limit}"),
            format!("首部嵌套超过上限 {limit} 层"),
        ),
        Problem::DuplicateKey { key } => {
            (format!("the key `{key}` stands twice in the header"), format!("首部中的键 `{key}` 出现了两次"))
        }
        Problem::MissingKey { wanted, found } if found.is_empty() => (
            format!("the header is empty; the payload's size should stand under {}", keys(wanted, lang)),
            format!("首部是空对象；数据大小应写在键 {} 下", keys(wanted, lang)),
        ),
        Problem::MissingKey { wanted, found } => (
            format!("the header has no {}; it has {}", keys(wanted, lang), keys(found, lang)),
            format!("首部缺少键 {}；其中只有 {}", keys(wanted, lang), keys(found, lang)),
        ),
        Problem::TwoSizes { first, second } => (
            format!("the header has both `{first}` and `{second}`: which one is the size?"),
            format!("首部同时有 `{first}` 和 `{second}`：哪一个才是数据大小？"),
        ),
        Problem::SizeNotInteger { key, found, text } => (
            format!("the size `{key}` is {}: {text}", json_kind(*found, lang)),
            format!("数据大小 `{key}` 应为整数，却是{}：{text}", json_kind(*found, lang)),
        ),
        Problem::NegativeSize { key, value } => (
            format!("the size `{key}` is {}, below zero", grouped(i128::from(*value))),
            format!("数据大小 `{key}` 是 {}，为负数", grouped(i128::from(*value))),
        ),
        Problem::SizeTooLarge { key, value, limit } => (
            format!(
                "the size `{key}` is {}, more than the limit of {} bytes",
                grouped(i128::from(*value)),
                grouped(i128::from(*limit))
            ),
            format!(
                "数据大小 `{key}` 是 {}，超过上限 {} 字节",
                grouped(i128::from(*value)),
                grouped(i128::from(*limit))
            ),
        ),
        Problem::VarintTooLong { bytes } => (
            format!("the varint does not end within 64 bits ({})", hex(bytes)),
            format!("变长整数（varint）超过 64 位仍未结束（{}）", hex(bytes)),
        ),
        Problem::NetstringDigit { byte: b, bytes } if bytes.is_empty() => (
            format!("a netstring begins with digits, not with {}", byte(*b)),
            format!("netstring 应以数字开头，而不是 {}", byte(*b)),
        ),
        Problem::NetstringDigit { byte: b, bytes } => (
            format!(
                "after the netstring's length `{}` comes a colon, not {}",
                String::from_utf8_lossy(bytes),
                byte(*b)
            ),
            format!(
                "netstring 的长度 `{}` 之后应是冒号，而不是 {}",
                String::from_utf8_lossy(bytes),
                byte(*b)
            ),
        ),
        Problem::NetstringZero => (
            "a netstring's length has no leading zeros".to_owned(),
            "netstring 的长度不允许有前导零".to_owned(),
        ),
        Problem::NetstringComma { byte: b } => (
            format!("after the netstring's payload comes a comma, not {}", byte(*b)),
            format!("netstring 的数据之后应是逗号，而不是 {}", byte(*b)),
        ),
        Problem::NoDelimiter { limit } => (
            format!("no delimiter within the limit of {} bytes", grouped(i128::from(*limit))),
            format!("在上限 {} 字节之内没有找到分隔符", grouped(i128::from(*limit))),
        ),
        Problem::TooLarge { size, limit } => (
            format!(
                "{} bytes at once, more than the limit of {}",
                grouped(i128::from(*size)),
                grouped(i128::from(*limit))
            ),
            format!(
                "一次到来 {} 字节，超过上限 {} 字节",
                grouped(i128::from(*size)),
                grouped(i128::from(*limit))
            ),
        ),
        Problem::AfterFrame { bytes } => (
            format!("{bytes} bytes follow the frame in the same datagram"),
            format!("同一个数据报中，帧之后还有 {bytes} 字节"),
        ),
        Problem::EndInFrame { waiting, have } => (
            format!(
                "the stream ends in the middle of a frame: {have} bytes of it are there, waiting for {waiting}"
            ),
            format!("字节流在帧的中间结束：已有 {have} 字节，还在等待{}", waiting.message(lang)),
        ),
    };
    lang.pick(en, zh)
}

/// A text in quotes, what cannot be seen escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn hint(hint: &Hint, lang: Lang) -> String {
    let (en, zh) = match hint {
        Hint::Text { text } => {
            let text = quoted(text);
            (format!("these bytes are the text {text}"), format!("这些字节是文本 {text}"))
        }
        Hint::Protocol { name } => (format!("this looks like {name}"), format!("这看起来是 {name}")),
        Hint::OtherFormat { format, value } => (
            format!("as {format} it would be {}", grouped(*value)),
            format!("若按 {format} 解读则是 {}", grouped(*value)),
        ),
        Hint::LengthMissing => (
            "the header stands where its length should: the length was not sent".to_owned(),
            "本该是长度的地方直接出现了首部：发送方没有发送长度".to_owned(),
        ),
        Hint::CharactersNotBytes { bytes } => (
            format!(
                "the payload before ended inside a UTF-8 character ({}): the size counts characters, the data has bytes",
                hex(bytes)
            ),
            format!("上一帧的数据在一个 UTF-8 字符中间结束（{}）：大小按字符计算了，而数据是按字节发送的", hex(bytes)),
        ),
        Hint::Quoted { value } => (
            format!("without the quotes it would be the number {value}"),
            format!("去掉引号就是整数 {value}"),
        ),
        Hint::PythonRepr => (
            "this is what Python's str() prints of a dict; json.dumps() writes JSON".to_owned(),
            "这是 Python 用 str() 打印字典的结果；应使用 json.dumps() 生成 JSON".to_owned(),
        ),
        Hint::PerhapsKey { key, value } => (
            format!("perhaps the size is `{key}` ({value})?"),
            format!("数据大小也许是 `{key}`（{value}）？"),
        ),
        Hint::ByteOrderMark => (
            "a byte order mark stands before the JSON: write utf-8, not utf-8-sig".to_owned(),
            "JSON 前面有字节顺序标记（BOM）：应使用 utf-8，而不是 utf-8-sig".to_owned(),
        ),
        Hint::Gbk => (
            "the text seems to be GBK: encode('utf-8') is wanted".to_owned(),
            "文本似乎是 GBK 编码：应使用 encode('utf-8')".to_owned(),
        ),
        Hint::LengthCountsMore { object } => (
            format!("the JSON object ends after {object} bytes: the length should count only these"),
            format!("JSON 对象在 {object} 字节后就结束了：长度应只计算这些字节"),
        ),
        Hint::HeaderCutOff => (
            "the JSON is cut off: does the length count characters instead of bytes, or fewer than were sent?"
                .to_owned(),
            "JSON 被截断：长度是否按字符而不是按字节计算，或者比实际发送的少？".to_owned(),
        ),
    };
    lang.pick(en, zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(-1234), "-1,234");
        assert_eq!(grouped(1_195_725_856), "1,195,725,856");
    }
}
