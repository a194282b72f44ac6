//! A piece of a stream: octets one behind the other in a memory that others may look at, too.

use std::ops::Range;
use std::sync::Arc;

/// Octets one behind the other in one memory.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Stream offset of the first.
    pub start: u64,
    pub whole: Arc<[u8]>,
    /// Where in `whole` they lie.
    pub range: Range<usize>,
    /// `whole` is a chunk of the buffer that has this piece: octets may be added behind those in `range`.
    pub own: bool,
}

impl Piece {
    #[inline]
    pub fn octets(&self) -> &[u8] {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }

    /// Those from stream offset `at` on, which is not before the first.
    #[inline]
    pub fn from(&self, at: u64) -> &[u8] {
        let from = self.range.start + (at - self.start) as usize;
        self.whole.get(from..self.range.end).unwrap_or_default()
    }

    /// Room for octets behind it, if it is a chunk that nobody else looks at.
    pub fn room(&mut self) -> Option<&mut [u8]> {
        if !self.own || self.range.end == self.whole.len() {
            return None;
        }
        Arc::get_mut(&mut self.whole)?.get_mut(self.range.end..)
    }

    /// Stream offset behind the last.
    #[inline]
    pub fn end(&self) -> u64 {
        self.start + self.range.len() as u64
    }
}
