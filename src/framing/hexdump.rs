//! Bytes written as text, read back: hex dumps as people paste them.

use std::fmt;

use crate::lang::Lang;

/// Text that is no dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: DumpProblem,
}

/// What is wrong in a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpProblem {
    /// Something else than hexadecimal digits.
    NotHex(String),
    /// A line whose offset does not follow from the lines before.
    Offset {
        /// The offset that the line gives.
        found: u64,
        /// The bytes so far.
        expected: u64,
    },
    /// An escape in a bytes literal that is none.
    Escape(String),
    /// A bytes literal without its closing quote.
    Unclosed,
    /// `*` (lines as before) with nothing to repeat, or for more than the largest dump.
    Repeat,
}

/// The largest dump, in bytes: `*` could claim any size.
const MAX: u64 = 1 << 28;

impl DumpError {
    /// The error as a sentence.
    pub fn message(&self, lang: Lang) -> String {
        let line = self.line;
        let (en, zh) = match &self.problem {
            DumpProblem::NotHex(text) => (
                format!("line {line}: `{text}` is no pair of hexadecimal digits"),
                format!("第 {line} 行：`{text}` 不是成对的十六进制数字"),
            ),
            DumpProblem::Offset { found, expected } => (
                format!(
                    "line {line}: the offset is {found:#x}, but {expected:#x} bytes came before: is a line missing?"
                ),
                format!("第 {line} 行：偏移是 {found:#x}，而前面共有 {expected:#x} 字节：是否缺了一行？"),
            ),
            DumpProblem::Escape(text) => (
                format!("line {line}: `{text}` is no escape of a bytes literal"),
                format!("第 {line} 行：`{text}` 不是字节串中的转义"),
            ),
            DumpProblem::Unclosed => (
                format!("line {line}: the bytes literal has no closing quote"),
                format!("第 {line} 行：字节串缺少右引号"),
            ),
            DumpProblem::Repeat => (
                format!("line {line}: `*` repeats nothing, or too much"),
                format!("第 {line} 行：`*` 没有可重复的内容，或重复过多"),
            ),
        };
        lang.pick(en, zh)
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for DumpError {}

/// Reads bytes from text: the dumps of xxd, `hexdump -C`, `tcpdump -x`/`-X` and Wireshark, bare hexadecimal digits with or
/// without spaces, colons, commas, `0x` or `\x`, and Python's bytes literals (`b'\x11\x00…'`).
///
/// # Errors
/// When the text is none of these; the line and the reason are in the error.
///
/// ```
/// let bytes = framewire::framing::parse_dump("00000000: 1100 0000 7b22  ....{\"")?;
/// assert_eq!(bytes, b"\x11\0\0\0{\"");
/// # Ok::<(), framewire::framing::DumpError>(())
/// ```
pub fn parse_dump(text: &str) -> Result<Vec<u8>, DumpError> {
    let trimmed = text.trim();
    if let Some(literal) = trimmed.strip_prefix('b')
        && let Some(quote) = literal.chars().next().filter(|c| matches!(c, '\'' | '"'))
    {
        return parse_literal(literal.get(1..).unwrap_or(""), quote);
    }
    let mut bytes = Vec::new();
    let (mut last, mut repeat) = (0..0, false);
    for (i, line) in text.lines().enumerate() {
        let fail = |problem| DumpError { line: i + 1, problem };
        let line = line.trim_end();
        if line.trim() == "*" {
            repeat = true;
            continue;
        }
        let (offset, rest) = split_offset(line, bytes.len() as u64, repeat);
        if let Some(found) = offset {
            if repeat {
                let expected = bytes.len() as u64;
                let missing = found.checked_sub(expected).filter(|_| found <= MAX && !last.is_empty());
                let missing = missing.ok_or(fail(DumpProblem::Repeat))?;
                let again: Vec<u8> = bytes.get(last.clone()).unwrap_or(&[]).to_vec();
                bytes.extend(again.iter().cycle().take(missing as usize));
                repeat = false;
            }
            let expected = bytes.len() as u64;
            if found != expected {
                return Err(fail(DumpProblem::Offset { found, expected }));
            }
        }
        let from = bytes.len();
        parse_line(rest, offset.is_some(), &mut bytes).map_err(fail)?;
        last = from..bytes.len();
    }
    Ok(bytes)
}

/// The offset at the start of a dump's line and what follows it. Digits without a colon are an offset where they are the
/// one expected (after `*`: any later one) and stand alone or before a gap.
fn split_offset(line: &str, expected: u64, any: bool) -> (Option<u64>, &str) {
    let line = line.trim_start();
    let end = line.find([' ', '\t', ':']).unwrap_or(line.len());
    let (token, rest) = line.split_at(end);
    let digits = token.strip_prefix("0x").unwrap_or(token);
    if digits.len() < 4 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return (None, line);
    }
    let Ok(offset) = u64::from_str_radix(digits, 16) else { return (None, line) };
    if let Some(rest) = rest.strip_prefix(": ") {
        return (Some(offset), rest);
    }
    let gap = rest.is_empty() || rest.starts_with("  ");
    let fits = offset == expected || (any && offset > expected);
    // A line of eight digits alone at the very start is data.
    if gap && fits && !(rest.is_empty() && expected == 0) { (Some(offset), rest) } else { (None, line) }
}

/// Appends the bytes of one line. Behind an offset come at most sixteen bytes and then perhaps the same as text.
fn parse_line(line: &str, dump: bool, bytes: &mut Vec<u8>) -> Result<(), DumpProblem> {
    let from = bytes.len();
    let mut rest = if dump { line.split('|').next().unwrap_or(line) } else { line };
    let column = line.contains('|');
    while let Some(start) = rest.find(|c: char| !is_separator(c)) {
        let (gap, more) = rest.split_at(start);
        let count = bytes.len() - from;
        // A wide gap parts the bytes from the text; `hexdump -C` has one in the middle too, and fences the text with bars.
        if dump && !column && count > 0 && (gap.len() > 1 || count >= 16) {
            break;
        }
        let end = more.find(is_separator).unwrap_or(more.len());
        let (token, after) = more.split_at(end);
        let digits = token.replace("\\x", "").replace("0x", "");
        let pairs = digits.as_bytes().chunks(2).map(|pair| {
            let text = std::str::from_utf8(pair).ok().filter(|_| pair.len() == 2)?;
            pair.iter().all(u8::is_ascii_hexdigit).then(|| u8::from_str_radix(text, 16).ok())?
        });
        match pairs.collect::<Option<Vec<u8>>>() {
            Some(pairs) => bytes.extend(pairs),
            None if dump && count > 0 => break,
            None => return Err(DumpProblem::NotHex(token.chars().take(20).collect())),
        }
        rest = after;
    }
    Ok(())
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ':' | ';')
}

/// Reads a Python bytes literal behind its opening quote.
fn parse_literal(text: &str, quote: char) -> Result<Vec<u8>, DumpError> {
    let fail = |problem| DumpError { line: 1, problem };
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    loop {
        match chars.next() {
            None => return Err(fail(DumpProblem::Unclosed)),
            Some(c) if c == quote => break,
            Some('\\') => {
                let rest = chars.as_str();
                let escape = chars.next();
                let plain = match escape {
                    Some('n') => b'\n',
                    Some('r') => b'\r',
                    Some('t') => b'\t',
                    Some('0') => 0,
                    Some(c @ ('\\' | '\'' | '"')) => c as u8,
                    Some('x') => {
                        let hex = rest.get(1..3).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
                        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                        chars.next();
                        chars.next();
                        let wrong =
                            || DumpProblem::Escape(format!("\\{}", rest.chars().take(3).collect::<String>()));
                        byte.ok_or_else(|| fail(wrong()))?
                    }
                    _ => return Err(fail(DumpProblem::Escape(format!("\\{}", escape.unwrap_or(' '))))),
                };
                bytes.push(plain);
            }
            Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    match chars.as_str().trim() {
        "" => Ok(bytes),
        rest => Err(fail(DumpProblem::NotHex(rest.chars().take(20).collect()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: &[u8] = b"\x11\0\0\0{\"data_size\": 12}hello world!";

    #[test]
    fn the_dumps_of_common_tools_are_read() {
        let dumps = [
            // xxd
            "00000000: 1100 0000 7b22 6461 7461 5f73 697a 6522  ....{\"data_size\"\n\
             00000010: 3a20 3132 7d68 656c 6c6f 2077 6f72 6c64  : 12}hello world\n\
             00000020: 21                                       !\n",
            // hexdump -C
            "00000000  11 00 00 00 7b 22 64 61  74 61 5f 73 69 7a 65 22  |....{\"data_size\"|\n\
             00000010  3a 20 31 32 7d 68 65 6c  6c 6f 20 77 6f 72 6c 64  |: 12}hello world|\n\
             00000020  21                                                |!|\n\
             00000021\n",
            // Wireshark
            "0000   11 00 00 00 7b 22 64 61 74 61 5f 73 69 7a 65 22   ....{\"data_size\"\n\
             0010   3a 20 31 32 7d 68 65 6c 6c 6f 20 77 6f 72 6c 64   : 12}hello world\n\
             0020   21                                                !\n",
            // tcpdump -X
            "\t0x0000:  1100 0000 7b22 6461 7461 5f73 697a 6522  ....{\"data_size\"\n\
             \t0x0010:  3a20 3132 7d68 656c 6c6f 2077 6f72 6c64  :.12}hello.world\n\
             \t0x0020:  21                                       !\n",
            "110000007b22646174615f73697a65223a2031327d68656c6c6f20776f726c6421",
            "11 00 00 00 7B 22 64 61 74 61 5f 73 69 7a 65 22\n3a 20 31 32 7d 68 65 6c 6c 6f 20 77 6f 72 6c 64 21",
            "0x11, 0x00,0x00,0x00, 7b:22:64:61:74:61 5f73697a65223a20 \\x31\\x32\\x7d68656c6c6f20776f726c6421",
            "b'\\x11\\x00\\x00\\x00{\"data_size\": 12}hello world!'",
            "b\"\\x11\\0\\x00\\x00{\\\"data_size\\\": 12}hello world!\"\n",
        ];
        for dump in dumps {
            assert_eq!(parse_dump(dump).as_deref(), Ok(BYTES), "{dump}");
        }
        assert_eq!(parse_dump("").as_deref(), Ok(&[][..]));
        assert_eq!(
            parse_dump("deadbeef  cafebabe").as_deref(),
            Ok(&[0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0xba, 0xbe][..])
        );
    }

    #[test]
    fn repeated_lines_are_filled_in() {
        let dump =
            "00000000  41 41 41 41 41 41 41 41  41 41 41 41 41 41 41 41  |AAAAAAAAAAAAAAAA|\n*\n00000031\n";
        assert_eq!(parse_dump(dump).unwrap(), [0x41; 0x31]);
    }

    #[test]
    fn text_that_is_no_dump_is_refused_with_line_and_reason() {
        let problem = |text: &str| parse_dump(text).map_err(|e| (e.line, e.problem));
        assert_eq!(problem("11 22\nhello"), Err((2, DumpProblem::NotHex("hello".into()))));
        assert_eq!(problem("112"), Err((1, DumpProblem::NotHex("112".into()))));
        assert_eq!(problem("中文"), Err((1, DumpProblem::NotHex("中文".into()))));
        let offset = DumpProblem::Offset { found: 0x20, expected: 2 };
        assert_eq!(problem("0000: 11 22\n0020: 33"), Err((2, offset)));
        assert_eq!(problem("b'abc"), Err((1, DumpProblem::Unclosed)));
        assert_eq!(problem("b'\\xg0'"), Err((1, DumpProblem::Escape("\\xg0".into()))));
        assert_eq!(problem("b'a' b'c'"), Err((1, DumpProblem::NotHex("b'c'".into()))));
        assert_eq!(problem("*\n0010  00"), Err((2, DumpProblem::Repeat)));
        for text in ["zz", "0000: 1\n", "b'", "b'\\q'", "0001: 22", "00 00\n*\nffffffffffffffff  00"] {
            let error = parse_dump(text).unwrap_err();
            assert!(error.message(Lang::En).is_ascii() && !error.message(Lang::Zh).is_ascii(), "{text}");
        }
    }
}
