//! The incoming stream: what is in order and waits to be read, and what came early (RFC 9293, SHLD-31).

use super::chunks::Chunks;

/// Holds the stream from the application's read position on. Octets that come early are written at their place at once;
/// `early` says which are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceiveBuffer {
    octets: Chunks,
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
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn insert(&mut self, at: u64, data: &[u8], max_ranges: usize) -> Inserted {
        let mut outcome = Inserted::default();
        let end = at + data.len() as u64;
        if at < self.next {
            outcome.duplicate = Some((at, end.min(self.next)));
        }
        let from = at.max(self.next);
        if from >= end {
            return outcome;
        }
        // The part in order, and nothing early: the common case.
        if self.early.is_empty() && from == self.next {
            self.octets.write(from, &data[(from - at) as usize..]);
            outcome.advanced = end - from;
            self.next = end;
            return outcome;
        }
        // The ranges that the new one overlaps or touches: first..last.
        let first = self.early.partition_point(|range| range.1 < from);
        let last = first + self.early[first..].partition_point(|range| range.0 <= end);
        if first == last && from > self.next && self.early.len() >= max_ranges {
            outcome.refused = true;
            return outcome;
        }
        for range in &self.early[first..last] {
            let (left, right) = (range.0.max(from), range.1.min(end));
            if left < right {
                outcome.duplicate.get_or_insert((left, right));
            }
        }
        self.octets.write(from, &data[(from - at) as usize..]);
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
        outcome
    }

    /// Hands the oldest octets in order to the application; returns how many.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn read(&mut self, out: &mut [u8]) -> usize {
        let n = self.peek(out);
        if n == 0 {
            return 0;
        }
        self.read += n as u64;
        if self.read == self.next && self.early.is_empty() {
            self.octets.restart(self.read);
        } else {
            self.octets.forget(self.read);
        }
        n
    }

    /// As [`ReceiveBuffer::read`], but the octets stay.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn peek(&self, out: &mut [u8]) -> usize {
        let n = out.len().min(self.readable());
        self.octets.copy_to(self.read, &mut out[..n]);
        n
    }

    /// Forgets what came early.
    pub fn forget_early(&mut self) {
        self.early.clear();
        self.early_octets = 0;
    }

    /// Forgets what waits to be read and what came early.
    pub fn clear(&mut self) {
        self.read = self.next;
        self.forget_early();
        self.octets.clear(self.read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn early_data_waits_for_the_gap() {
        let mut buffer = ReceiveBuffer::default();
        assert_eq!(buffer.insert(5, b"world", 8), Inserted::default());
        assert_eq!((buffer.readable(), buffer.early_octets()), (0, 5));
        let filled = buffer.insert(0, b"hello", 8);
        assert_eq!((filled.advanced, filled.filled_gap), (10, true));
        let mut out = [0; 16];
        assert_eq!(buffer.read(&mut out[..3]), 3);
        assert_eq!(buffer.read(&mut out[3..]), 7);
        assert_eq!(&out[..10], b"helloworld");
    }

    #[test]
    fn duplicates_are_named_and_too_many_ranges_refused() {
        let mut buffer = ReceiveBuffer::default();
        buffer.insert(0, b"abcd", 2);
        assert_eq!(buffer.insert(2, b"cdef", 2).duplicate, Some((2, 4)));
        buffer.insert(10, b"xy", 2);
        buffer.insert(20, b"xy", 2);
        assert_eq!(buffer.insert(11, b"yz", 2).duplicate, Some((11, 12)));
        assert!(buffer.insert(30, b"xy", 2).refused);
        assert!(!buffer.insert(22, b"z", 2).refused, "growing a range needs no new one");
    }

    proptest! {
        #[test]
        fn any_order_gives_the_stream(pieces in prop::collection::vec((0u64..200, 1usize..30, 0usize..20), 1..80)) {
            let octet = |offset: u64| (offset * 7 + offset / 256) as u8;
            let mut buffer = ReceiveBuffer::default();
            let mut have = vec![false; 256];
            let mut read = 0_u64;
            for (at, len, take) in pieces {
                let data: Vec<u8> = (at..at + len as u64).map(octet).collect();
                let before = buffer.next();
                let outcome = buffer.insert(at, &data, usize::MAX);
                (at..at + len as u64).for_each(|o| have[o as usize] = true);
                prop_assert_eq!(outcome.advanced, buffer.next() - before);
                prop_assert_eq!(buffer.next(), have.iter().position(|h| !h).unwrap() as u64);
                let early = have[buffer.next() as usize..].iter().filter(|h| **h).count();
                prop_assert_eq!(buffer.early_octets(), early as u64);
                let mut out = vec![0; take];
                let n = buffer.read(&mut out);
                for octet_read in &out[..n] {
                    prop_assert_eq!(*octet_read, octet(read));
                    read += 1;
                }
                prop_assert_eq!(buffer.read_offset(), read);
            }
        }
    }
}
