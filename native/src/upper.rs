//! Upper case as Python's `str.upper()` makes it, on UTF-8 that arrives in pieces.

/// Turns a UTF-8 byte stream into upper case, however it is cut.
///
/// The mapping is Unicode's full one without context, the same that Python's `str.upper()` and Rust's
/// [`str::to_uppercase`] use: `ß` becomes `SS`. A character that is cut at the end of one piece waits for its
/// other bytes; bytes that are no UTF-8 pass through unchanged, because a server must not lose them.
///
/// ```
/// use framewire_native::upper::Upper;
/// let (mut upper, mut out) = (Upper::default(), Vec::new());
/// upper.feed(b"gr\xc3", &mut out); // ü is C3 BC: cut in the middle
/// upper.feed(b"\xbc\xc3\x9fe", &mut out);
/// upper.finish(&mut out);
/// assert_eq!(out, "GRÜSSE".as_bytes());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Upper {
    /// The first bytes of a character whose rest has not come: at most three.
    cut: [u8; 4],
    len: usize,
}

impl Upper {
    /// Takes the next piece and appends what is certain to `out`.
    pub fn feed(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while self.len > 0 {
            let Some((&byte, rest)) = input.split_first() else { return };
            let Some(place) = self.cut.get_mut(self.len) else { break };
            *place = byte;
            let grown = self.cut.get(..=self.len).unwrap_or_default();
            match std::str::from_utf8(grown) {
                Ok(whole) => {
                    push_upper(whole, out);
                    self.len = 0;
                    input = rest;
                }
                Err(error) if error.error_len().is_none() => {
                    self.len += 1;
                    input = rest;
                }
                // The new byte does not belong to the character: what waited was never one. Look at the byte afresh.
                Err(_) => self.finish(out),
            }
        }
        if input.is_ascii() {
            let start = out.len();
            out.extend_from_slice(input);
            if let Some(tail) = out.get_mut(start..) {
                tail.make_ascii_uppercase();
            }
            return;
        }
        let mut chunks = input.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            push_upper(chunk.valid(), out);
            let invalid = chunk.invalid();
            let cut_at_end = chunks.peek().is_none()
                && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            match self.cut.get_mut(..invalid.len()) {
                Some(place) if cut_at_end => {
                    place.copy_from_slice(invalid);
                    self.len = invalid.len();
                }
                _ => out.extend_from_slice(invalid),
            }
        }
    }

    /// The stream has ended: an unfinished character passes through as it came.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.cut.get(..self.len).unwrap_or_default());
        self.len = 0;
    }

    /// True when no character is waiting for its other bytes.
    pub fn at_boundary(&self) -> bool {
        self.len == 0
    }
}

/// One whole message in upper case, appended to `out`.
pub fn upper_into(message: &[u8], out: &mut Vec<u8>) {
    let mut upper = Upper::default();
    upper.feed(message, out);
    upper.finish(out);
}

fn push_upper(text: &str, out: &mut Vec<u8>) {
    let mut bytes = [0; 4];
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_uppercase() as u8);
        } else {
            for big in c.to_uppercase() {
                out.extend_from_slice(big.encode_utf8(&mut bytes).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn upper(message: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        upper_into(message, &mut out);
        out
    }

    #[test]
    fn full_case_mapping_not_one_to_one() {
        assert_eq!(
            upper("straße \u{fb01}n \u{149} \u{390} 中文 hello".as_bytes()),
            "STRASSE FIN \u{2bc}N \u{399}\u{308}\u{301} 中文 HELLO".as_bytes()
        );
    }

    #[test]
    fn what_is_no_utf8_passes_through() {
        assert_eq!(upper(b"a\xffb\xc3(c\xe4\xb8"), b"A\xffB\xc3(C\xe4\xb8");
        assert_eq!(upper(b"\xed\xa0\x80z"), b"\xed\xa0\x80Z"); // a surrogate is not UTF-8
    }

    #[test]
    fn a_character_cut_across_reads_waits_for_its_rest() {
        let (mut state, mut out) = (Upper::default(), Vec::new());
        state.feed(b"\xc3", &mut out);
        assert!(out.is_empty() && !state.at_boundary());
        state.feed(b"\x9f", &mut out);
        assert_eq!(out, b"SS");
        assert!(state.at_boundary());
        state.feed(b"\xf0\x90", &mut out);
        state.feed(b"x", &mut out);
        assert_eq!(out, b"SS\xf0\x90X");
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_as_the_whole(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 0..9), text in ".{0,40}", cut in 1usize..5) {
            let mut bytes = pieces.concat();
            bytes.extend_from_slice(text.as_bytes());
            let (mut state, mut out) = (Upper::default(), Vec::new());
            for piece in bytes.chunks(cut) {
                state.feed(piece, &mut out);
            }
            state.finish(&mut out);
            prop_assert_eq!(out, upper(&bytes));
        }

        #[test]
        fn text_agrees_with_the_standard_library(text in "\\PC{0,60}") {
            prop_assert_eq!(upper(text.as_bytes()), text.to_uppercase().into_bytes());
        }
    }
}
