//! A stretch of a stream's octets in chunks that clones share: a keyframe of a run copies none of them, and whoever goes on
//! from it copies only the chunks that it writes to.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Octets of a chunk: no fewer than the longest text of a segment, which so lies in two chunks at most.
const CHUNK: usize = 1 << 16;

/// Octets from some stream offset on, as far as they were written; those before may be forgotten.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunks {
    /// Stream offset of the first chunk's first octet.
    base: u64,
    /// Full ones, and such as were jumped over.
    chunks: VecDeque<Arc<Vec<u8>>>,
    /// The one behind them, which is written to: a clone copies it, so that nobody need ask whether it is shared.
    open: Vec<u8>,
    /// The memory of a chunk that is no more.
    spare: Vec<u8>,
}

impl Chunks {
    /// The chunk of a stream offset, and the place in it.
    fn place(&self, at: u64) -> (usize, usize) {
        let from_base = at.saturating_sub(self.base) as usize;
        (from_base / CHUNK, from_base % CHUNK)
    }

    /// Puts octets at a stream offset that is not forgotten yet.
    pub fn write(&mut self, mut at: u64, mut data: &[u8]) {
        while !data.is_empty() {
            let (chunk, place) = self.place(at);
            while self.chunks.len() < chunk {
                let mut fresh = std::mem::take(&mut self.spare);
                // A stream that fills one chunk will fill the next.
                fresh.reserve_exact(CHUNK);
                self.chunks.push_back(Arc::new(std::mem::replace(&mut self.open, fresh)));
            }
            let octets = self.chunks.get_mut(chunk).map_or(&mut self.open, Arc::make_mut);
            let (head, rest) = data.split_at(data.len().min(CHUNK - place));
            if octets.len() == place {
                octets.extend_from_slice(head);
            } else {
                let end = place + head.len();
                if octets.len() < end {
                    octets.resize(end, 0);
                }
                octets[place..end].copy_from_slice(head);
            }
            at += head.len() as u64;
            data = rest;
        }
    }

    /// Whether nothing was written that is not forgotten.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.open.is_empty()
    }

    /// Stream offset behind the last octet that was written.
    pub fn end(&self) -> u64 {
        self.base + (self.chunks.len() * CHUNK + self.open.len()) as u64
    }

    /// The octets of `range`, at most a chunk's worth, in two parts.
    pub fn slices(&self, range: Range<u64>) -> [&[u8]; 2] {
        let len = (range.end.saturating_sub(range.start) as usize).min(CHUNK);
        let (chunk, place) = self.place(range.start);
        let part = |chunk: usize, from: usize, to: usize| {
            let octets = match self.chunks.get(chunk) {
                Some(octets) => octets,
                None if chunk == self.chunks.len() => &self.open,
                None => return &[][..],
            };
            octets.get(from..to.min(octets.len())).unwrap_or_default()
        };
        let front = len.min(CHUNK - place);
        [part(chunk, place, place + front), part(chunk + 1, 0, len - front)]
    }

    /// Hands out the octets of `range`, piece by piece; ends where one was never written.
    pub fn visit(&self, range: Range<u64>, each: &mut dyn FnMut(&[u8])) {
        let Range { start: mut at, end } = range;
        while at < end {
            let from = at;
            for part in self.slices(at..end).into_iter().filter(|part| !part.is_empty()) {
                each(part);
                at += part.len() as u64;
            }
            if at == from {
                return;
            }
        }
    }

    /// Forgets what lies before a stream offset.
    pub fn forget(&mut self, before: u64) {
        while self.base + CHUNK as u64 <= before {
            let Some(chunk) = self.chunks.pop_front() else { return self.restart(before) };
            self.base += CHUNK as u64;
            self.keep_memory(chunk);
        }
        if self.is_empty() {
            self.base = self.base.max(before);
        }
    }

    /// Forgets everything: the next octet that is written is the one at this stream offset, or a later one.
    pub fn restart(&mut self, at: u64) {
        if let Some(chunk) = self.chunks.pop_front() {
            self.keep_memory(chunk);
            self.chunks.clear();
        }
        self.open.clear();
        self.base = at;
    }

    /// Gives the memory of its chunks back.
    pub fn clear(&mut self, at: u64) {
        *self = Chunks { base: at, ..Chunks::default() };
    }

    fn keep_memory(&mut self, chunk: Arc<Vec<u8>>) {
        if let Some(mut octets) = Arc::into_inner(chunk)
            && octets.capacity() > self.spare.capacity()
        {
            octets.clear();
            self.spare = octets;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn octet(at: u64) -> u8 {
        (at * 7 + at / 251) as u8
    }

    proptest! {
        /// Written in any order, read over the borders of chunks; what a clone goes on writing the original does not see.
        #[test]
        fn octets_stand_where_they_were_written(
            writes in prop::collection::vec((0u64..3 * CHUNK as u64, 1usize..9000), 1..40),
            forget in 0u64..2 * CHUNK as u64,
        ) {
            let mut chunks = Chunks::default();
            chunks.forget(forget);
            let mut there = vec![false; 4 * CHUNK];
            for &(at, len) in &writes {
                let at = at + forget;
                let data: Vec<u8> = (at..at + len as u64).map(octet).collect();
                let kept = chunks.clone();
                chunks.write(at, &data);
                drop(kept);
                there[(at - forget) as usize..][..len].fill(true);
            }
            let mut changed = chunks.clone();
            for &(at, len) in &writes {
                changed.write(at + forget, &vec![0; len]);
            }
            for &(at, len) in &writes {
                let at = at + forget;
                let read = chunks.slices(at..at + len as u64).concat();
                prop_assert!(read.iter().zip(at..).all(|(&byte, at)| byte == octet(at)) && read.len() == len);
                let mut visited = Vec::new();
                chunks.visit(at..at + len as u64, &mut |part| visited.extend_from_slice(part));
                prop_assert_eq!(&visited, &read);
            }
        }
    }

    #[test]
    fn what_is_forgotten_makes_room() {
        let mut chunks = Chunks::default();
        for at in 0..20 * CHUNK as u64 / 1000 {
            chunks.write(at * 1000, &[1; 1000]);
            chunks.forget(at * 1000);
            assert!(chunks.chunks.len() <= 2, "{}", chunks.chunks.len());
        }
        chunks.restart(7);
        chunks.write(7, b"hello");
        assert_eq!(chunks.slices(8..11).concat(), b"ell");
    }
}
