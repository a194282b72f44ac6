//! The octets that the application has handed over and the peer has not acknowledged yet.
//!
//! They lie in pieces. What was handed over in shared memory is only pointed at, so a long transfer, and every keyframe of it,
//! copies nothing; what was handed over as a slice is copied into chunks that clones share.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Octets of a piece but the last, at least, and of a chunk, at most. Small, as each connection holds a chunk more than it needs,
/// and many connections compete for the processor's cache.
const CHUNK: usize = 1 << 14;
/// In how many pieces the text of a segment lies at most: the longest has 65,535 octets, and begins at a piece's last one.
pub(super) const PARTS: usize = (u16::MAX as usize).div_ceil(CHUNK) + 1;
/// Octets handed over at once that are worth a piece of their own, should the buffer have room for few of them now.
const WORTH_SHARING: usize = 1 << 14;

/// What an application hands over.
#[derive(Clone, Debug)]
pub(crate) enum Handed<'a> {
    /// Octets to be copied.
    Plain(&'a [u8]),
    /// Octets in memory that never changes.
    Shared(&'a Arc<Vec<u8>>, Range<usize>),
}

impl Handed<'_> {
    pub fn octets(&self) -> &[u8] {
        match self {
            Handed::Plain(octets) => octets,
            Handed::Shared(whole, range) => whole.get(range.clone()).unwrap_or_default(),
        }
    }
}

/// Octets one behind the other in one memory.
#[derive(Clone, Debug, Default)]
struct Piece {
    /// Stream offset of the first.
    start: u64,
    whole: Arc<Vec<u8>>,
    /// Where in `whole` they lie.
    range: Range<usize>,
    /// `whole` is a chunk of this buffer, to which octets may be added.
    own: bool,
}

impl Piece {
    fn octets(&self) -> &[u8] {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }
}

/// A window on the outgoing stream: octets `start()..end()` in stream offsets (the first octet of data is 0).
#[derive(Clone, Debug, Default)]
pub(crate) struct SendBuffer {
    /// Stream offset of the first octet kept: all before it are acknowledged.
    start: u64,
    end: u64,
    pieces: VecDeque<Piece>,
    /// The memory of a chunk that is no more.
    spare: Vec<u8>,
}

impl SendBuffer {
    /// Stream offset of the first octet that is not acknowledged.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Stream offset behind the last octet.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many octets are kept.
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Takes as much of `data` as keeps the buffer within `limit` octets; returns how much.
    pub fn push(&mut self, data: &Handed<'_>, limit: usize) -> usize {
        let octets = data.octets();
        let taken = octets.len().min(limit.saturating_sub(self.len()));
        let mut rest = &octets[..taken];
        if let Handed::Shared(whole, range) = data {
            let from = range.start;
            match self.pieces.back_mut() {
                // It goes on where the last piece ends.
                Some(last) if Arc::ptr_eq(&last.whole, whole) && last.range.end == from => {
                    last.range.end += taken;
                    rest = &[];
                }
                last => {
                    // The last piece must become long enough to have another behind it.
                    let missing = last.map_or(0, |last| CHUNK.saturating_sub(last.range.len()));
                    if octets.len() >= missing + WORTH_SHARING && taken > missing {
                        self.copy(&rest[..missing]);
                        self.pieces.push_back(Piece {
                            start: self.end + missing as u64,
                            whole: Arc::clone(whole),
                            range: from + missing..from + taken,
                            own: false,
                        });
                        rest = &[];
                    }
                }
            }
        }
        self.copy(rest);
        self.end = self.end.max(self.pieces.back().map_or(0, |last| last.start + last.range.len() as u64));
        taken
    }

    /// Adds octets to the last chunk, and to fresh ones behind it.
    fn copy(&mut self, mut rest: &[u8]) {
        while !rest.is_empty() {
            if self.pieces.back().is_none_or(|last| last.range.len() >= CHUNK) {
                let start = self.pieces.back().map_or(self.end, |last| last.start + last.range.len() as u64);
                let mut fresh = std::mem::take(&mut self.spare);
                if !self.pieces.is_empty() {
                    // A stream that fills one chunk will fill the next.
                    fresh.reserve_exact(CHUNK);
                }
                self.pieces.push_back(Piece { start, whole: Arc::new(fresh), range: 0..0, own: true });
            }
            let Some(last) = self.pieces.back_mut() else { return };
            if !last.own {
                last.whole = Arc::new(last.octets().to_vec());
                (last.range, last.own) = (0..last.range.len(), true);
            }
            let (head, behind) = rest.split_at(rest.len().min(CHUNK - last.range.len()));
            let chunk = Arc::make_mut(&mut last.whole);
            chunk.truncate(last.range.end);
            chunk.extend_from_slice(head);
            last.range.end = chunk.len();
            rest = behind;
        }
    }

    /// Forgets everything before stream offset `to`.
    pub fn acknowledge(&mut self, to: u64) {
        self.start = to.clamp(self.start, self.end);
        let over = |piece: &Piece| piece.start + piece.range.len() as u64;
        while self.pieces.front().is_some_and(|piece| over(piece) <= self.start)
            && let Some(piece) = self.pieces.pop_front()
        {
            if piece.own
                && let Some(mut octets) = Arc::into_inner(piece.whole)
                && octets.capacity() > self.spare.capacity()
            {
                octets.clear();
                self.spare = octets;
            }
        }
    }

    /// The octets of `range`, if they are kept here and lie in one piece.
    pub fn slice(&self, range: &Range<u64>) -> Option<&[u8]> {
        if range.is_empty() {
            return Some(&[]);
        }
        let piece = self.pieces.get(self.piece_of(range.start))?;
        let at = range.start.checked_sub(piece.start)? as usize;
        piece.octets().get(at..at + (range.end - range.start) as usize)
    }

    /// The octets of `range`, which must be kept here and fit into a segment, in parts of which the last may be empty.
    pub fn slices(&self, range: &Range<u64>) -> [&[u8]; PARTS] {
        let (from, to) = (range.start.clamp(self.start, self.end), range.end.clamp(self.start, self.end));
        let mut parts = [&[][..]; PARTS];
        let first = self.piece_of(from);
        let Some(piece) = self.pieces.get(first) else { return parts };
        let (at, mut len) = (from.saturating_sub(piece.start) as usize, to.saturating_sub(from) as usize);
        let octets = piece.octets().get(at..).unwrap_or_default();
        parts[0] = octets.get(..len).unwrap_or(octets);
        len -= parts[0].len();
        if len > 0 {
            for (part, piece) in parts[1..].iter_mut().zip(self.pieces.range(first + 1..)) {
                let octets = piece.octets();
                *part = octets.get(..len).unwrap_or(octets);
                len -= part.len();
            }
        }
        parts
    }

    /// Which piece holds an octet. As none but the last is shorter than a chunk, it is no later than if all were of that
    /// length, and that very one where everything was copied.
    fn piece_of(&self, offset: u64) -> usize {
        let first = self.pieces.front().map_or(0, |piece| piece.start);
        let mut at = (offset.saturating_sub(first) as usize / CHUNK).min(self.pieces.len().saturating_sub(1));
        while at > 0 && self.pieces.get(at).is_some_and(|piece| piece.start > offset) {
            at -= 1;
        }
        at
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = SendBuffer { start: self.end, end: self.end, ..SendBuffer::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(octets: &[u8]) -> Handed<'_> {
        Handed::Plain(octets)
    }

    #[test]
    fn keeps_to_its_limit() {
        let mut buffer = SendBuffer::default();
        assert_eq!(buffer.push(&plain(b"hello"), 8), 5);
        assert_eq!(buffer.push(&plain(b"world"), 8), 3);
        assert_eq!(buffer.push(&plain(b"!"), 8), 0);
        buffer.acknowledge(6);
        assert_eq!((buffer.start(), buffer.end(), buffer.len()), (6, 8, 2));
        assert_eq!(buffer.slices(&(3..6)).concat(), b"", "acknowledged octets are gone");
        assert_eq!(buffer.slices(&(7..16)).concat(), b"r");
    }

    #[test]
    fn shared_octets_are_not_copied() {
        let whole = Arc::new(vec![7; 3 * CHUNK]);
        let mut buffer = SendBuffer::default();
        for step in 0..3 {
            buffer.push(&Handed::Shared(&whole, step * CHUNK..(step + 1) * CHUNK), usize::MAX);
        }
        assert_eq!((buffer.pieces.len(), Arc::strong_count(&whole)), (1, 2));
        buffer.acknowledge(3 * CHUNK as u64);
        assert_eq!((buffer.pieces.len(), Arc::strong_count(&whole)), (0, 1));
    }

    proptest! {
        /// Whatever is handed over in whatever way, any segment's text reads back; and a clone sees nothing of what comes later.
        #[test]
        fn any_range_reads_back(
            steps in prop::collection::vec((0usize..3, 0usize..90_000, 0u64..70_000, 0usize..65_536), 1..40),
            limit in prop::sample::select(vec![64usize, 100_000, 300_000]),
        ) {
            let whole: Arc<Vec<u8>> = Arc::new((0..200_000_usize).map(|i| (i * 7 + i / 251) as u8).collect());
            let mut stream = Vec::new();
            let mut buffer = SendBuffer::default();
            let mut goes_on = 0;
            for (how, len, ack, seg) in steps {
                let from = if how == 2 { goes_on } else { len % 1000 };
                let range = from..(from + len).min(whole.len());
                let kept = buffer.clone();
                let data = if how == 0 { plain(&whole[range.clone()]) } else { Handed::Shared(&whole, range.clone()) };
                let taken = buffer.push(&data, limit);
                prop_assert_eq!(kept.end(), stream.len() as u64);
                stream.extend_from_slice(&whole[range.start..range.start + taken]);
                goes_on = range.start + taken;
                prop_assert!(buffer.pieces.iter().rev().skip(1).all(|piece| piece.range.len() >= CHUNK));
                for buffer in [&buffer, &kept] {
                    let from = buffer.start() + (ack / 2).min(buffer.len() as u64);
                    let end = (from + seg as u64).min(buffer.end());
                    let read = buffer.slices(&(from..from + seg as u64)).concat();
                    prop_assert!(read == stream[from as usize..end as usize]);
                }
                buffer.acknowledge(buffer.start() + ack);
                prop_assert_eq!(buffer.end(), stream.len() as u64);
            }
        }
    }
}
