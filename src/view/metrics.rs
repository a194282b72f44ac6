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

    proptest! {
        #[test]
        fn what_is_shortened_fits(text in "\\PC{0,40}", room in 0.0f32..300.0) {
            prop_assert!(width(&shorten(&text, 12.0, room), 12.0) <= room.max(0.0) + 1e-3);
        }
    }
}
