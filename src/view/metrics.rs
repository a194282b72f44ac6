//! How wide a text will be: a deterministic estimate, so that the same picture comes out on every machine.
//!
//! The page's fonts differ from system to system, so the estimate errs on the wide side: it follows the advance
//! widths that common sans-serif faces share (in thousandths of the size), and full-width CJK is one em.

/// Body size of labels, in CSS pixels.
pub const SMALL: f32 = 12.0;
/// Size of headings in a picture.
pub const LARGE: f32 = 14.0;

/// Advance of one character in a proportional face, in thousandths of an em.
fn advance(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' | 'I' => 300,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | ' ' | '·' => 390,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '—' => 950,
        'A'..='Z' | '&' | '→' | '←' | '✕' | '±' | '…' => 730,
        '0'..='9' | 'a'..='z' => 600,
        c if is_wide(c) => 1000,
        c if c.is_ascii() => 620,
        _ => 700,
    }
}

/// True for characters that take a full em: CJK, kana, hangul, full-width forms, most symbols beyond the BMP.
pub fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
        | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
}

/// Width of `text` in a proportional face of this size, in the unit of `size`.
pub fn width(text: &str, size: f32) -> f32 {
    text.chars().map(advance).sum::<u32>() as f32 * size / 1000.0
}

/// How much wider a bold face is.
pub const BOLD: f32 = 1.2;

/// Width of `text` in a bold proportional face of this size.
pub fn bold_width(text: &str, size: f32) -> f32 {
    width(text, size) * BOLD
}

/// Width of `text` in a monospaced face of this size: 0.6 em a character, wide characters one em.
pub fn mono_width(text: &str, size: f32) -> f32 {
    text.chars().map(|c| if is_wide(c) { 1.0 } else { 0.61 }).sum::<f32>() * size
}

/// The longest beginning of `text` that fits into `room`, with an ellipsis where something is missing; empty when
/// not even one character and the ellipsis fit.
pub fn shorten(text: &str, size: f32, room: f32) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut used = width("…", size);
    let mut out = String::new();
    for c in text.chars() {
        used += advance(c) as f32 * size / 1000.0;
        if used > room {
            break;
        }
        out.push(c);
    }
    if !out.is_empty() {
        out.truncate(out.trim_end().len());
        out.push('…');
    }
    out
}

/// `text` in lines no wider than `room`, at most `most`; the last is shortened where more would follow. Lines break at spaces and
/// behind full-width characters.
pub fn lines(text: &str, size: f32, room: f32, most: usize) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && out.len() < most {
        let (mut used, mut fits, mut end) = (0.0, 0, rest.len());
        for (at, c) in rest.char_indices() {
            used += advance(c) as f32 * size / 1000.0;
            if used > room {
                end = at;
                break;
            }
            if c == ' ' || (is_wide(c) && !matches!(c, '（' | '《')) {
                fits = at + c.len_utf8();
            }
        }
        if end == rest.len() || out.len() + 1 == most {
            out.push(shorten(rest, size, room));
            break;
        }
        // No full stop begins a line.
        let closes = |at: usize| {
            rest.get(at..)
                .is_some_and(|next| next.starts_with(['，', '。', '；', '：', '）', '、', '？', '》']))
        };
        let back = |at: usize| {
            rest.get(..at).and_then(|line| line.char_indices().next_back()).map_or(at, |(i, _)| i)
        };
        let mut cut = if fits > 0 { fits } else { end.max(1) };
        if closes(cut) {
            cut = back(cut);
        }
        let (line, next) = rest.split_at(if cut == 0 || !rest.is_char_boundary(cut) { end } else { cut });
        out.push(line.trim_end().to_owned());
        if line.is_empty() {
            break;
        }
        rest = next.trim_start();
    }
    out
}

/// The first of `choices` (from the longest to the shortest) that fits into `room`.
pub fn fitting<'a>(choices: &[&'a str], size: f32, room: f32) -> Option<&'a str> {
    choices.iter().copied().find(|text| width(text, size) <= room)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chinese_takes_an_em_a_character() {
        assert_eq!(width("三次握手", 12.0), 48.0);
        assert!(width("SYN seq 0", 12.0) < 66.0);
        assert!((mono_width("ab", 10.0) - 12.2).abs() < 1e-3);
    }

    #[test]
    fn shortening_keeps_what_fits() {
        assert_eq!(shorten("seq 1", 12.0, 100.0), "seq 1");
        assert_eq!(shorten("seq 1", 12.0, 1.0), "");
        assert!(shorten("socket.accept()", 12.0, 50.0).ends_with('…'));
        assert_eq!(fitting(&["SYN seq 0 win 64240", "SYN seq 0", "SYN"], 12.0, 40.0), Some("SYN"));
    }

    #[test]
    fn lines_break_where_words_end() {
        let text = "the length reads 1,195,725,856, more than the limit";
        let all = lines(text, 12.0, 120.0, 9);
        assert_eq!(all.join(" "), text);
        assert!(all.len() > 1 && all.iter().all(|line| width(line, 12.0) <= 120.0));
        let cut = lines(text, 12.0, 120.0, 2);
        assert!(cut.len() == 2 && cut[1].ends_with('…'), "{cut:?}");
        // A comma does not begin a line.
        assert_eq!(lines("三次握手，四次", 12.0, 50.0, 9), ["三次握", "手，四次"]);
    }

    proptest! {
        #[test]
        fn lines_fit(text in "\\PC{0,60}", room in 0.0f32..300.0) {
            for line in lines(&text, 12.0, room, 5) {
                prop_assert!(width(&line, 12.0) <= room.max(12.0) + 1e-3);
            }
        }

        #[test]
        fn what_is_shortened_fits(text in "\\PC{0,40}", room in 0.0f32..300.0) {
            prop_assert!(width(&shorten(&text, 12.0, room), 12.0) <= room.max(0.0) + 1e-3);
        }
    }
}
