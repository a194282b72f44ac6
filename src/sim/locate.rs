//! Where in a JSON text a path points: so that an error found after parsing still names its line and column.

/// One step of a path into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The value of a key.
    Key(String),
    /// The nth element of a list, from 0.
    Index(usize),
}

/// A path into a JSON value, written `hosts[0].programs[1].steps`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// This path and then `key`.
    #[must_use]
    pub fn key(&self, key: &str) -> Path {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.to_owned()));
        path
    }

    /// This path and then element `index`.
    #[must_use]
    pub fn index(&self, index: usize) -> Path {
        let mut path = self.clone();
        path.0.push(Segment::Index(index));
        path
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if i == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The byte offset.
    pub offset: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of the byte `offset` of `text`.
    pub fn of(text: &str, offset: usize) -> Place {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            offset,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// The bytes of `text` that hold the value at `path`, or as far along the path as the text goes.
pub fn locate(text: &str, path: &Path) -> std::ops::Range<usize> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.blanks();
    'segments: for segment in &path.0 {
        let here = scan.at;
        let mut index = 0;
        match (segment, scan.peek()) {
            (Segment::Key(wanted), Some(b'{')) => loop {
                scan.at += 1;
                scan.blanks();
                let key = scan.string();
                scan.blanks();
                if scan.peek() != Some(b':') {
                    scan.at = here;
                    break 'segments;
                }
                scan.at += 1;
                scan.blanks();
                // Escapes in keys are not undone: no key of a scenario needs any.
                if key == Some(wanted.as_bytes()) {
                    continue 'segments;
                }
                scan.value();
                scan.blanks();
                if scan.peek() != Some(b',') {
                    scan.at = here;
                    break 'segments;
                }
            },
            (Segment::Index(wanted), Some(b'[')) => loop {
                scan.at += 1;
                scan.blanks();
                if index == *wanted {
                    continue 'segments;
                }
                index += 1;
                scan.value();
                scan.blanks();
                if scan.peek() != Some(b',') {
                    scan.at = here;
                    break 'segments;
                }
            },
            _ => break,
        }
    }
    let start = scan.at;
    scan.value();
    start..scan.at
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Skips a string; gives what stands between its quotes.
    fn string(&mut self) -> Option<&'a [u8]> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        self.at = start;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return self.bytes.get(start..self.at - 1);
                }
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                _ => self.at += 1,
            }
        }
        None
    }

    /// Skips a value, nested ones and strings whole.
    fn value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => return,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => return,
                byte if byte.is_ascii_whitespace() && depth == 0 => return,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            if depth == 0 && byte != b',' {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "{ \"a\": [1, {\"b\": \"x}\\\"]\"}, [2, 3]],\n  \"名\": {\"c\": -4.5e3} }";

    fn at(path: &Path) -> &'static str {
        &TEXT[locate(TEXT, path)]
    }

    #[test]
    fn values_are_found_by_path() {
        let root = Path::default();
        assert_eq!(at(&root), TEXT);
        assert_eq!(at(&root.key("a").index(0)), "1");
        assert_eq!(at(&root.key("a").index(1).key("b")), "\"x}\\\"]\"");
        assert_eq!(at(&root.key("a").index(2).index(1)), "3");
        assert_eq!(at(&root.key("名").key("c")), "-4.5e3");
        assert_eq!(at(&root.key("名").key("missing")), "{\"c\": -4.5e3}");
        assert_eq!(Place::of(TEXT, locate(TEXT, &root.key("名")).start).line, 2);
        assert_eq!(Place::of(TEXT, locate(TEXT, &root.key("名")).start).column, 8);
        assert_eq!(root.key("a").index(2).key("b").to_string(), "a[2].b");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,60}", key in ".{0,3}", index in 0usize..4) {
            let range = locate(&text, &Path::default().key(&key).index(index));
            prop_assert!(range.start <= range.end && range.end <= text.len());
        }
        #[test]
        fn json_like_text_is_survived(text in "[\\[\\]{}:,\"\\\\a1 ]{0,40}", index in 0usize..3) {
            let range = locate(&text, &Path::default().key("a").index(index));
            prop_assert!(range.end <= text.len());
        }
    }
}
