//! The incoming stream: what is in order and waits to be read, and what came early (RFC 9293, SHLD-31).

use super::chunks::Chunks;
use super::held::HeldTexts;
use super::piece::Piece;
use super::shared_text::SegmentText;
use std::ops::Range;

/// Octets of text that are worth holding: of shorter ones there could be very many.
const WORTH_HOLDING: u64 = 512;

/// Holds the stream from the application's read position on. Text that may be held is, and is copied when it is read; other octets
/// are copied to their place at once, early ones, too. `early` says which are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceiveBuffer {
    octets: Chunks,
    /// What is not in `octets`.
    held: HeldTexts,
    /// Stream offset of the next octet that the application reads.
    read: u64,
    /// Stream offset after the last octet in order.
    next: u64,
    /// What came early: disjoint ranges of stream offsets beyond `next`, ascending, not touching each other.
    early: Vec<(u64, u64)>,
    /// How many octets these are.
    early_octets: u64,
}

/// What became of data that was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inserted {
    /// Octets by which the part in order grew.
    pub advanced: u64,
    /// The data, or part of it, was there already: the first such range (RFC 2883).
    pub duplicate: Option<(u64, u64)>,
    /// It closed a gap, or part of one.
    pub filled_gap: bool,
    /// Refused: it would have made more ranges than are allowed.
    pub refused: bool,
}

impl ReceiveBuffer {
    /// Stream offset after the last octet in order.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Stream offset that the application reads next.
    #[cfg(test)]
    pub fn read_offset(&self) -> u64 {
        self.read
    }

    /// Octets in order that wait to be read.
    pub fn readable(&self) -> usize {
        (self.next - self.read) as usize
    }

    /// Octets that came early.
    pub fn early_octets(&self) -> u64 {
        self.early_octets
    }

    fn count_early(&mut self) {
        self.early_octets = self.early.iter().map(|(from, to)| to - from).sum();
    }

    /// Whether nothing came early.
    pub fn is_in_order(&self) -> bool {
        self.early.is_empty()
    }

    /// Puts in `data` at stream offset `at`; what lies before the part in order is a duplicate. At most `max_ranges`
    /// early ranges are kept.
    #[inline(always)]
    pub fn insert(&mut self, at: u64, len: usize, mut data: SegmentText<'_>, max_ranges: usize) -> Inserted {
        let mut outcome = Inserted::default();
        let end = at + len as u64;
        if at < self.next {
            outcome.duplicate = Some((at, end.min(self.next)));
        }
        let from = at.max(self.next);
        if from >= end {
            return outcome;
        }
        // The part in order, and nothing early: the common case.
        if self.early.is_empty() && from == self.next {
            self.put(at, from..end, &mut data, true);
            outcome.advanced = end - from;
            self.next = end;
            return outcome;
        }
        self.insert_early(at, from..end, data, max_ranges, &mut outcome);
        outcome
    }

    /// The same of octets that come early, or before such as came early.
    #[inline(never)]
    fn insert_early(
        &mut self,
        at: u64,
        Range { start: from, end }: Range<u64>,
        mut data: SegmentText<'_>,
        max_ranges: usize,
        outcome: &mut Inserted,
    ) {
        // The ranges that the new one overlaps or touches: first..last.
        let first = self.early.partition_point(|range| range.1 < from);
        let last = first + self.early[first..].partition_point(|range| range.0 <= end);
        if first == last && from > self.next && self.early.len() >= max_ranges {
            outcome.refused = true;
            return;
        }
        // What is there already stays as it is.
        let mut gap = from;
        for place in first..last {
            let (low, high) = self.early[place];
            let (left, right) = (low.max(from), high.min(end));
            if left < right {
                outcome.duplicate.get_or_insert((left, right));
            }
            if gap < left {
                self.put(at, gap..left, &mut data, false);
            }
            gap = gap.max(right);
        }
        if gap < end {
            self.put(at, gap..end, &mut data, true);
        }
        let merged = match (self.early.get(first), last.checked_sub(1).and_then(|i| self.early.get(i))) {
            (Some(low), Some(high)) if first < last => (low.0.min(from), high.1.max(end)),
            _ => (from, end),
        };
        outcome.filled_gap = from == self.next;
        if from == self.next {
            self.early.drain(first..last);
            outcome.advanced = merged.1 - self.next;
            self.next = merged.1;
        } else if first < last {
            self.early[first] = merged;
            self.early.drain(first + 1..last);
        } else {
            self.early.insert(first, merged);
        }
        self.count_early();
    }

    /// Puts octets, the first of which has stream offset `at`, into a part of the stream in which there are none; `last`: they go
    /// nowhere else.
    #[inline(always)]
    fn put(&mut self, at: u64, range: Range<u64>, data: &mut SegmentText<'_>, last: bool) {
        let is_long = range.end - range.start >= WORTH_HOLDING;
        if is_long
            && let SegmentText::Shared(text) = data
            && let Some(text) = (if last { text.take() } else { text.clone() })
        {
            self.held.insert(text.piece(at, range));
        } else {
            self.copy(at, range, data.octets(), is_long);
        }
    }

    /// Puts a copy of the octets that lie in `range`.
    #[inline(never)]
    fn copy(&mut self, at: u64, range: Range<u64>, octets: &[u8], is_long: bool) {
        let octets = octets.get((range.start - at) as usize..(range.end - at) as usize).unwrap_or_default();
        if self.octets.is_empty() {
            self.octets.restart(self.next); // nothing will be written before it
        }
        // Behind a gap, which would have to be filled first, a long text lies by itself.
        if is_long && range.start > self.octets.end() {
            let text = Piece { start: range.start, whole: octets.into(), range: 0..octets.len(), own: false };
            return self.held.insert(text);
        }
        self.octets.write(range.start, octets);
    }

    /// Hands the oldest octets in order to the application, at most so many, piece by piece where they lie; returns how many.
    #[inline(always)]
    pub fn read(&mut self, most: usize, each: &mut dyn FnMut(&[u8])) -> usize {
        let (from, end) = (self.read, self.read + most.min(self.readable()) as u64);
        let mut at = from;
        while at < end
            && let Some(held) = self.held.first()
        {
            at = pass(&self.octets, held, at..end, each);
            if held.end() <= at {
                self.held.forget_first();
            }
        }
        if at < end {
            self.octets.visit(at..end, each);
        }
        self.read = end;
        if !self.octets.is_empty() {
            match self.read == self.next && self.early.is_empty() {
                true => self.octets.restart(self.read),
                false => self.octets.forget(self.read),
            }
        }
        (end - from) as usize
    }

    /// As [`ReceiveBuffer::read`], but the octets stay.
    pub fn peek(&self, most: usize, each: &mut dyn FnMut(&[u8])) -> usize {
        let (from, end) = (self.read, self.read + most.min(self.readable()) as u64);
        let at = self.held.iter().fold(from, |at, held| pass(&self.octets, held, at..end, each));
        self.octets.visit(at..end, each);
        (end - from) as usize
    }

    /// Forgets what came early.
    pub fn forget_early(&mut self) {
        self.early.clear();
        self.early_octets = 0;
        self.held.forget_behind(self.next);
    }

    /// Forgets what waits to be read and what came early.
    pub fn clear(&mut self) {
        self.read = self.next;
        self.forget_early();
        self.held.clear();
        self.octets.clear(self.read);
    }
}

/// Hands out the octets of `range` as far as a text that is held goes, and those before it; returns where it ended.
#[inline(always)]
fn pass(octets: &Chunks, held: &Piece, range: Range<u64>, each: &mut dyn FnMut(&[u8])) -> u64 {
    let Range { start: mut at, end } = range;
    if at < held.start {
        let gap = held.start.min(end);
        octets.visit(at..gap, each);
        at = gap;
    }
    if at < end {
        let text = held.from(at);
        let text = text.get(..(end - at) as usize).unwrap_or(text);
        each(text);
        at += text.len() as u64;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::SharedText;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn insert(buffer: &mut ReceiveBuffer, at: u64, octets: &[u8], max_ranges: usize) -> Inserted {
        buffer.insert(at, octets.len(), SegmentText::Plain(octets), max_ranges)
    }

    #[test]
    fn early_data_waits_for_the_gap() {
        let mut buffer = ReceiveBuffer::default();
        assert_eq!(insert(&mut buffer, 5, b"world", 8), Inserted::default());
        assert_eq!((buffer.readable(), buffer.early_octets()), (0, 5));
        let filled = insert(&mut buffer, 0, b"hello", 8);
        assert_eq!((filled.advanced, filled.filled_gap), (10, true));
        let mut out = Vec::new();
        assert_eq!(buffer.read(3, &mut |part| out.extend_from_slice(part)), 3);
        assert_eq!(buffer.read(13, &mut |part| out.extend_from_slice(part)), 7);
        assert_eq!(out, b"helloworld");
    }

    #[test]
    fn duplicates_are_named_and_too_many_ranges_refused() {
        let mut buffer = ReceiveBuffer::default();
        insert(&mut buffer, 0, b"abcd", 2);
        assert_eq!(insert(&mut buffer, 2, b"cdef", 2).duplicate, Some((2, 4)));
        insert(&mut buffer, 10, b"xy", 2);
        insert(&mut buffer, 20, b"xy", 2);
        assert_eq!(insert(&mut buffer, 11, b"yz", 2).duplicate, Some((11, 12)));
        assert!(insert(&mut buffer, 30, b"xy", 2).refused);
        assert!(!insert(&mut buffer, 22, b"z", 2).refused, "growing a range needs no new one");
    }

    proptest! {
        /// Whatever comes in whatever order, held or not, with other octets each time: an octet that is there stays as it is, and a
        /// clone sees nothing of what comes later.
        #[test]
        fn any_order_gives_the_stream(
            segments in prop::collection::vec((0u64..40_000, 1usize..3000, 0usize..2000, 0usize..900, any::<bool>()), 1..80),
        ) {
            let mut buffer = ReceiveBuffer::default();
            let mut stream: Vec<Option<u8>> = vec![None; 50_000];
            let mut read = 0;
            for (step, (at, len, take, trimmed, shared)) in segments.into_iter().enumerate() {
                let octets: Vec<u8> = (0..len + trimmed).map(|i| (at as usize * 7 + step * 31 + i) as u8).collect();
                let whole: Arc<[u8]> = [b"before", &octets[..]].concat().into();
                let mut text = Some(SharedText::new(&whole, (6, octets.len() as u32), Default::default()));
                let data = if shared { SegmentText::Shared(&mut text) } else { SegmentText::Plain(&octets) };
                let kept = buffer.clone();
                let (before, readable) = (buffer.next(), buffer.readable());
                let outcome = buffer.insert(at, len, data, usize::MAX);
                let place = at.max(before) as usize;
                for (place, octet) in (at as usize..).zip(&octets[..len]).skip(place - at as usize) {
                    stream[place].get_or_insert(*octet);
                }
                prop_assert_eq!(outcome.advanced, buffer.next() - before);
                prop_assert_eq!(buffer.next() as usize, stream.iter().position(Option::is_none).unwrap());
                let early = stream[buffer.next() as usize..].iter().flatten().count();
                prop_assert_eq!(buffer.early_octets(), early as u64);
                for (buffer, readable) in [(&kept, readable), (&buffer, buffer.readable())] {
                    let mut all = Vec::new();
                    prop_assert_eq!(buffer.peek(50_000, &mut |part| all.extend_from_slice(part)), readable);
                    let there: Vec<u8> = stream[read..read + readable].iter().flatten().copied().collect();
                    prop_assert_eq!(&all, &there);
                }
                let mut out = Vec::new();
                let n = buffer.read(take, &mut |part| out.extend_from_slice(part));
                prop_assert_eq!(n, out.len());
                prop_assert!(out.iter().zip(&stream[read..]).all(|(&octet, &there)| Some(octet) == there));
                read += n;
                prop_assert_eq!(buffer.read_offset(), read as u64);
                let ranges: Vec<_> = buffer.held.iter().map(|held| held.start..held.end()).collect();
                prop_assert!(ranges.is_sorted_by(|one, next| one.end <= next.start));
                if step % 11 == 10 {
                    buffer.forget_early();
                    stream[buffer.next() as usize..].fill(None);
                }
            }
        }
    }
}
