//! What a stream's bytes are: extents that point into the trace's arena, filled by whoever knows the bytes first (a send
//! call, a captured packet, a recv call).

use super::tables::Span;

/// A run of known bytes of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its first byte's offset in the stream.
    pub start: u64,
    /// How many bytes.
    pub len: u64,
    /// Where the bytes stand in the arena; with `repeats`, where the unit stands.
    pub bytes: Span,
    /// The bytes repeat the unit, from this phase on.
    pub repeats: Option<u32>,
    /// The event that told.
    pub event: u32,
}

impl Extent {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }

    /// The part of this extent in `start..end`, which must lie within it.
    fn part(&self, start: u64, end: u64) -> Extent {
        let skip = start - self.start;
        let mut part = Extent { start, len: end - start, ..*self };
        match self.repeats {
            Some(phase) => {
                let unit = u64::from(self.bytes.len.max(1));
                part.repeats = Some(((u64::from(phase) + skip % unit) % unit) as u32);
            }
            None => part.bytes = Span { at: self.bytes.at + skip, len: (end - start) as u32 },
        }
        part
    }
}

/// A run of a stream's bytes, as reading gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Known bytes.
    Known(&'a [u8]),
    /// This many bytes that nobody recorded.
    Unknown(u64),
}

/// How given bytes compare with what a stream is known to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All of it known and the same.
    Same,
    /// All of it known, and some of it different.
    Different,
    /// Some of it is not known.
    Partly,
}

/// The known content of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    extents: Vec<Extent>,
    /// Extents as they were before they were shortened, newest last: the event that did it, and the extents removed or
    /// changed. Needed to go back in time.
    undo: Vec<(u32, Extent)>,
}

fn arena_slice(arena: &[u8], span: Span) -> &[u8] {
    let at = span.at as usize;
    arena.get(at..at.saturating_add(span.len as usize)).unwrap_or(&[])
}

impl Content {
    /// Nothing known.
    pub const EMPTY: Content = Content { extents: Vec::new(), undo: Vec::new() };

    /// Behind the last known byte.
    pub fn end(&self) -> u64 {
        self.extents.last().map_or(0, Extent::end)
    }

    /// The extents, in order; none overlap.
    pub fn extents(&self) -> &[Extent] {
        &self.extents
    }

    /// Takes in what is not known yet; what is known stays.
    pub fn insert(&mut self, new: Extent) {
        if new.len == 0 || new.bytes.len == 0 {
            return;
        }
        if new.start >= self.end() {
            self.extents.push(new);
            return;
        }
        let new_end = new.end();
        let mut at = new.start;
        let mut i = self.extents.partition_point(|e| e.end() <= new.start);
        while at < new_end {
            match self.extents.get(i).copied() {
                Some(old) if old.start <= at => {
                    at = old.end();
                    i += 1;
                }
                next => {
                    let end = next.map_or(new_end, |e| e.start.min(new_end));
                    self.extents.insert(i, new.part(at, end));
                    at = end;
                    i += 1;
                }
            }
        }
    }

    /// Forgets what extents say about `offset` and later, because `event` showed that it never was (a send that accepted less).
    pub fn cut(&mut self, offset: u64, event: u32) {
        while let Some(last) = self.extents.last().copied() {
            if last.end() <= offset {
                break;
            }
            self.extents.pop();
            self.undo.push((event, last));
            if last.start < offset {
                self.extents.push(last.part(last.start, offset));
                break;
            }
        }
    }

    /// Goes back to what was known before `event`.
    pub fn go_back(&mut self, event: u32) {
        while self.undo.last().is_some_and(|(by, _)| *by >= event) {
            let Some((_, extent)) = self.undo.pop() else { break };
            let from = self.extents.partition_point(|e| e.end() <= extent.start);
            self.extents.truncate(from);
            self.extents.push(extent);
        }
        self.extents.retain(|e| e.event < event);
    }

    /// The known and unknown runs of `start..end`, in order.
    pub fn pieces<'a>(&'a self, arena: &'a [u8], start: u64, end: u64) -> Pieces<'a> {
        let next = self.extents.partition_point(|e| e.end() <= start);
        Pieces { extents: self.extents.get(next..).unwrap_or(&[]), arena, at: start, end }
    }

    /// Compares `bytes` with what stands at `offset`.
    pub fn compare(&self, arena: &[u8], offset: u64, bytes: &[u8]) -> Known {
        let mut rest = bytes;
        let mut different = false;
        for piece in self.pieces(arena, offset, offset.saturating_add(bytes.len() as u64)) {
            match piece {
                Piece::Unknown(_) => return Known::Partly,
                Piece::Known(known) => {
                    let (head, tail) = rest.split_at(known.len().min(rest.len()));
                    different |= !same(head, known);
                    rest = tail;
                }
            }
        }
        if different { Known::Different } else { Known::Same }
    }
}

/// Whether these are the same octets.
#[cfg(not(target_arch = "wasm32"))]
fn same(a: &[u8], b: &[u8]) -> bool {
    a == b
}

/// Whether these are the same octets, looked at sixteen at a time: the standard library built for size takes them one by one.
#[cfg(target_arch = "wasm32")]
fn same(a: &[u8], b: &[u8]) -> bool {
    let ((words, rest), (other_words, other_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let differs = |(a, b): (&[u8; 16], &[u8; 16])| u128::from_le_bytes(*a) ^ u128::from_le_bytes(*b);
    a.len() == b.len()
        && words.iter().zip(other_words).map(differs).fold(0, |all, one| all | one) == 0
        && rest == other_rest
}

/// Iterates over [`Piece`]s; see [`Content::pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    extents: &'a [Extent],
    arena: &'a [u8],
    at: u64,
    end: u64,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.at >= self.end {
            return None;
        }
        let gap_end = match self.extents.first() {
            None => self.end,
            Some(e) => e.start.min(self.end),
        };
        if gap_end > self.at {
            let gap = gap_end - self.at;
            self.at = gap_end;
            return Some(Piece::Unknown(gap));
        }
        let extent = self.extents.first()?;
        let stop = extent.end().min(self.end);
        let part = extent.part(self.at, stop);
        let known = match part.repeats {
            None => arena_slice(self.arena, part.bytes),
            Some(phase) => {
                let unit = arena_slice(self.arena, part.bytes);
                let run = unit.get(phase as usize..).unwrap_or(&[]);
                &run[..run.len().min(usize::try_from(part.len).unwrap_or(usize::MAX))]
            }
        };
        if known.is_empty() {
            // Only a span outside the arena gives nothing; tell it as unknown rather than stand still.
            let gap = stop - self.at;
            self.at = stop;
            self.extents = self.extents.get(1..).unwrap_or(&[]);
            return Some(Piece::Unknown(gap));
        }
        self.at += known.len() as u64;
        if self.at >= extent.end() {
            self.extents = self.extents.get(1..).unwrap_or(&[]);
        }
        Some(Piece::Known(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(start: u64, at: u64, len: u32, event: u32) -> Extent {
        Extent { start, len: u64::from(len), bytes: Span { at, len }, repeats: None, event }
    }

    fn read(content: &Content, arena: &[u8], start: u64, end: u64) -> Vec<Option<u8>> {
        content
            .pieces(arena, start, end)
            .flat_map(|piece| match piece {
                Piece::Known(bytes) => bytes.iter().map(|b| Some(*b)).collect::<Vec<_>>(),
                Piece::Unknown(n) => vec![None; n as usize],
            })
            .collect()
    }

    #[test]
    fn repeating_bytes_need_no_room() {
        let mut content = Content::default();
        let unit = Span { at: 0, len: 3 };
        content.insert(Extent { start: 0, len: 1 << 60, bytes: unit, repeats: Some(1), event: 0 });
        let text: Vec<u8> = read(&content, b"abc", 4, 10).into_iter().flatten().collect();
        assert_eq!(text, b"cabcab");
        assert_eq!(content.compare(b"abc", 4, b"cabcab"), Known::Same);
        assert_eq!(content.compare(b"abc", 4, b"cabcaX"), Known::Different);
        assert_eq!(content.compare(b"abc", 4, b"cabcXb"), Known::Different);
        assert_eq!(content.compare(b"abc", 4, b"ca"), Known::Same);
        assert_eq!(content.compare(b"abc", 4, b"aa"), Known::Different);
        assert_eq!(content.compare(b"abc", 5, b"abcabc"), Known::Same);
        assert_eq!(content.compare(b"abc", (1 << 60) - 1, b"aa"), Known::Partly);
    }

    #[test]
    fn a_cut_can_be_undone() {
        let mut content = Content::default();
        content.insert(plain(0, 0, 4, 1));
        content.insert(plain(4, 4, 4, 3));
        let before = content.clone();
        content.cut(2, 5);
        assert_eq!(content.end(), 2);
        content.insert(plain(2, 0, 4, 6));
        content.go_back(5);
        assert_eq!(content.extents(), before.extents());
    }

    proptest! {
        #[test]
        fn who_tells_first_is_believed(parts in prop::collection::vec((0u64..40, 1u32..20), 1..12)) {
            let arena: Vec<u8> = (0..=255).collect();
            let (mut content, mut model) = (Content::default(), vec![None; 80]);
            for (i, (start, len)) in parts.into_iter().enumerate() {
                let at = (i * 20) as u64;
                content.insert(plain(start, at, len, i as u32));
                for k in 0..u64::from(len) {
                    model[(start + k) as usize].get_or_insert(arena[(at + k) as usize]);
                }
                prop_assert!(content.extents().windows(2).all(|w| w[0].end() <= w[1].start));
            }
            prop_assert_eq!(read(&content, &arena, 0, 80), model);
        }
    }
}
