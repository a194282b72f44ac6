//! Octets as people read them: characters where they are whole, hex digits where they are not.

use std::ops::Range;

/// A character over the cells of its octets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Glyph {
    /// Which octets, counted within the piece.
    pub range: Range<usize>,
    /// What is written.
    pub text: String,
    /// A character was cut: this octet is a part of one.
    pub broken: bool,
}

/// What to write into the cells of `bytes`: characters where they are whole UTF-8, else hex digits where `hex` says that they
/// fit, else a point.
pub(crate) fn glyphs(bytes: &[u8], hex: bool) -> Vec<Glyph> {
    let digits = |byte: u8| if hex { format!("{byte:02x}") } else { "·".to_owned() };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let range = at..at + c.len_utf8();
            at = range.end;
            let text = match c {
                ' ' => "␣".to_owned(),
                '\n' => "↵".to_owned(),
                // Not U+240D: few fixed-width faces have it, and what they draw for it is an empty box.
                '\r' => "←".to_owned(),
                '\t' => "⇥".to_owned(),
                c if c.is_control() => digits(c as u32 as u8),
                c => c.to_string(),
            };
            out.push(Glyph { range, text, broken: false });
        }
        for &b in chunk.invalid() {
            out.push(Glyph { range: at..at + 1, text: digits(b), broken: true });
            at += 1;
        }
    }
    out
}

/// The octets of the character that the octet at `at` belongs to; only itself where there is no such character.
pub(crate) fn character_around(bytes: &[u8], at: usize) -> Range<usize> {
    let first = (at.saturating_sub(3)..=at).rev().find(|&i| bytes.get(i).is_some_and(|b| b & 0xc0 != 0x80));
    let whole = first.and_then(|first| {
        let text = bytes.get(first..(first + 4).min(bytes.len()))?;
        let c = text.utf8_chunks().next()?.valid().chars().next()?;
        Some(first..first + c.len_utf8())
    });
    whole.filter(|range| range.contains(&at)).unwrap_or(at..at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_inside_a_character_shows_its_bytes() {
        let text = "中".as_bytes();
        assert_eq!(glyphs(text, true), [Glyph { range: 0..3, text: "中".into(), broken: false }]);
        let cut = glyphs(&text[..2], true);
        assert_eq!(cut.iter().map(|g| g.text.as_str()).collect::<Vec<_>>(), ["e4", "b8"]);
        assert!(cut.iter().all(|g| g.broken));
        assert_eq!(glyphs(&text[2..], true)[0].text, "ad");
        assert_eq!(glyphs(&text[2..], false)[0].text, "·");
    }

    #[test]
    fn the_character_around_an_octet_is_found() {
        let text = "a中b".as_bytes();
        assert_eq!(character_around(text, 0), 0..1);
        for at in 1..4 {
            assert_eq!(character_around(text, at), 1..4);
        }
        assert_eq!(character_around(text, 4), 4..5);
        assert_eq!(character_around(&[0xff, 0x80, 0x80], 2), 2..3);
    }
}
