//! Text in memory that both ends hold: on its way from one application to the other it is copied when it is handed over, and when it
//! is read.

use super::piece::Piece;
use crate::packet::checksum::Sum;
use std::ops::Range;
use std::sync::Arc;

/// Octets of a send buffer that somebody else holds, too: they stay as they are when the buffer has forgotten them.
#[derive(Clone, Debug)]
pub(crate) struct SharedText {
    whole: Arc<[u8]>,
    from: u32,
    len: u32,
    sum: Sum,
}

impl SharedText {
    /// `at` is the place of the first octet in `whole` and how many there are, `sum` theirs for checksums.
    #[inline]
    pub fn new(whole: &Arc<[u8]>, at: (u32, u32), sum: Sum) -> SharedText {
        SharedText { whole: Arc::clone(whole), from: at.0, len: at.1, sum }
    }

    /// The octets of `range` as a piece of a stream, in which the first octet of all has stream offset `at`.
    #[inline]
    pub fn piece(self, at: u64, range: Range<u64>) -> Piece {
        let from = self.from as usize + (range.start - at) as usize;
        let len = (range.end - range.start) as usize;
        Piece { start: range.start, whole: self.whole, range: from..from + len, own: false }
    }

    /// The octets, one at least.
    #[inline]
    pub fn octets(&self) -> &[u8] {
        self.whole.get(self.from as usize..self.from as usize + self.len as usize).unwrap_or_default()
    }

    /// How many there are, and their sum for checksums.
    #[inline]
    pub fn len_and_sum(&self) -> (usize, Sum) {
        (self.len as usize, self.sum)
    }
}

/// What a segment brings.
#[derive(Debug)]
pub(crate) enum SegmentText<'a> {
    /// Octets that are copied to where they are kept.
    Plain(&'a [u8]),
    /// A text that may be taken, and held: to count one more holder, and one less soon after, costs as much as a copy.
    Shared(&'a mut Option<SharedText>),
}

impl<'a> SegmentText<'a> {
    /// What stands behind a header, or the text that lies elsewhere.
    #[inline]
    pub fn of(octets: &'a [u8], text: &'a mut Option<SharedText>) -> Self {
        match text {
            None => SegmentText::Plain(octets),
            Some(_) => SegmentText::Shared(text),
        }
    }

    #[inline]
    pub fn octets(&self) -> &[u8] {
        match self {
            SegmentText::Plain(octets) => octets,
            SegmentText::Shared(text) => text.as_ref().map_or(&[], SharedText::octets),
        }
    }

    #[inline]
    pub fn len(&self) -> usize {
        match self {
            SegmentText::Plain(octets) => octets.len(),
            SegmentText::Shared(text) => text.as_ref().map_or(0, |text| text.len_and_sum().0),
        }
    }
}
