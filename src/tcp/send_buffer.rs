//! The octets that the application has handed over and the peer has not acknowledged yet.
//!
//! They lie in pieces. What was handed over in shared memory is only pointed at, so a long transfer, and every keyframe of it,
//! copies nothing; what was handed over as a slice is copied into chunks, which clones share, and packets in flight, too
//! ([`SendBuffer::share`]). What is shared is never written to again: what comes then begins a chunk of its own.

use super::piece::Piece;
use super::shared_text::SharedText;
use crate::packet::checksum::Sum;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Octets up to which a chunk grows. Small, as each connection holds a chunk more than it needs, and many connections compete for
/// the processor's cache.
const CHUNK: usize = 1 << 14;
/// Octets of a piece but the last, at least: what is shorter is copied, so that there are not thousands of pieces.
const SHORT: usize = 1 << 10;
/// Octets handed over at once that are worth a piece of their own, should the buffer have room for few of them now.
const WORTH_SHARING: usize = 1 << 14;

/// What an application hands over.
#[derive(Clone, Debug)]
pub(crate) enum Handed<'a> {
    /// Octets to be copied.
    Plain(&'a [u8]),
    /// Octets in memory that never changes.
    Shared(&'a Arc<[u8]>, Range<usize>),
}

impl Handed<'_> {
    #[inline]
    pub fn octets(&self) -> &[u8] {
        match self {
            Handed::Plain(octets) => octets,
            Handed::Shared(whole, range) => whole.get(range.clone()).unwrap_or_default(),
        }
    }
}

/// A window on the outgoing stream: octets `start()..end()` in stream offsets (the first octet of data is 0).
#[derive(Clone, Debug, Default)]
pub(crate) struct SendBuffer {
    /// Stream offset of the first octet kept: all before it are acknowledged.
    start: u64,
    end: u64,
    pieces: VecDeque<Piece>,
    /// The piece that was shared last: what is sent next lies there, too, or in the one behind it.
    at: usize,
    /// A chunk that is no more.
    spare: Option<Arc<[u8]>>,
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
    #[inline(always)]
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
                    let missing = last.map_or(0, |last| SHORT.saturating_sub(last.range.len()));
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
        self.end += taken as u64;
        taken
    }

    /// Adds octets to the last chunk, and to fresh ones behind it.
    fn copy(&mut self, mut rest: &[u8]) {
        while !rest.is_empty() {
            if let Some(last) = self.pieces.back_mut()
                && let Some(room) = last.room()
            {
                let (head, behind) = rest.split_at(rest.len().min(room.len()));
                room[..head.len()].copy_from_slice(head);
                last.range.end += head.len();
                rest = behind;
                continue;
            }
            let (mut start, mut short, mut want) = (self.end, None, rest.len());
            if let Some(last) = self.pieces.back() {
                start = last.end();
                let alone = last.own && Arc::strong_count(&last.whole) == 1;
                if last.range.len() < SHORT {
                    // It moves, and has room for as much again.
                    (start, want) = (last.start, last.range.len() + want.max(last.range.len()));
                    short = self.pieces.pop_back();
                } else if alone {
                    want = CHUNK; // a stream that fills one chunk will fill the next
                }
                // Behind a chunk that is shared there will be one that is: it need have no room.
            }
            let before = short.as_ref().map_or(&[][..], Piece::octets);
            let whole = self.fresh(want.min(CHUNK), before);
            let range = 0..before.len();
            self.pieces.push_back(Piece { start, whole, range, own: true });
        }
    }

    /// A chunk with room for some octets, and not for many more, that begins with `before`.
    fn fresh(&mut self, octets: usize, before: &[u8]) -> Arc<[u8]> {
        let fits =
            |spare: &Arc<[u8]>| Arc::strong_count(spare) == 1 && (octets..=2 * octets).contains(&spare.len());
        let mut chunk =
            self.spare.take().filter(fits).unwrap_or_else(|| std::iter::repeat_n(0, octets).collect());
        if let Some(head) = Arc::get_mut(&mut chunk).and_then(|chunk| chunk.get_mut(..before.len())) {
            head.copy_from_slice(before);
        }
        chunk
    }

    /// Forgets everything before stream offset `to`.
    pub fn acknowledge(&mut self, to: u64) {
        self.start = to.clamp(self.start, self.end);
        while self.pieces.front().is_some_and(|piece| piece.end() <= self.start)
            && let Some(piece) = self.pieces.pop_front()
        {
            self.at = self.at.saturating_sub(1);
            if piece.own && Arc::strong_count(&piece.whole) == 1 {
                self.spare = Some(piece.whole);
            }
        }
    }

    /// The octets of `range`, if they are kept here and lie in one piece.
    pub fn slice(&self, range: &Range<u64>) -> Option<&[u8]> {
        if range.is_empty() {
            return Some(&[]);
        }
        let (piece, range) = self.part(range, self.piece_of(range.start))?;
        piece.whole.get(range)
    }

    /// The same to be held by somebody else, too.
    #[inline(always)]
    pub fn share(&mut self, range: &Range<u64>) -> Option<SharedText> {
        self.at = self.piece_of(range.start);
        let (piece, range) = self.part(range, self.at)?;
        let sum = Sum::of(piece.whole.get(range.clone())?);
        let (from, len) = (u32::try_from(range.start).ok()?, u32::try_from(range.len()).ok()?);
        Some(SharedText::new(&piece.whole, (from, len), sum))
    }

    /// The piece in which all octets of `range` lie, if it is this one, and where in its memory.
    #[inline]
    fn part(&self, range: &Range<u64>, piece: usize) -> Option<(&Piece, Range<usize>)> {
        let piece = self.pieces.get(piece)?;
        let at = piece.range.start + range.start.checked_sub(piece.start)? as usize;
        let end = at + (range.end - range.start) as usize;
        (end <= piece.range.end).then_some((piece, at..end))
    }

    /// The octets of `range`, as far as they are kept here, part by part.
    pub fn slices(&self, range: &Range<u64>) -> Vec<&[u8]> {
        let mut parts = Vec::new();
        let (mut at, to) = (range.start.clamp(self.start, self.end), range.end.clamp(self.start, self.end));
        for piece in self.pieces.range(self.piece_of(at).min(self.pieces.len())..) {
            if at >= to {
                break;
            }
            let octets = piece.octets().get(at.saturating_sub(piece.start) as usize..).unwrap_or_default();
            let octets = octets.get(..(to - at) as usize).unwrap_or(octets);
            parts.push(octets);
            at += octets.len() as u64;
        }
        parts
    }

    /// Which piece holds an octet.
    #[inline(always)]
    fn piece_of(&self, offset: u64) -> usize {
        let holds =
            |at: usize| self.pieces.get(at).is_some_and(|piece| (piece.start..piece.end()).contains(&offset));
        if holds(self.at) {
            return self.at;
        }
        if holds(self.at + 1) {
            return self.at + 1;
        }
        self.pieces.partition_point(|piece| piece.start <= offset).saturating_sub(1)
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
        let whole = Arc::from(vec![7; 3 * CHUNK]);
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
            let whole: Arc<[u8]> = (0..200_000_usize).map(|i| (i * 7 + i / 251) as u8).collect();
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
                prop_assert!(buffer.pieces.iter().rev().skip(1).all(|piece| piece.range.len() >= SHORT));
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
