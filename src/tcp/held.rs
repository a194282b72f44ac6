//! Texts that a receiver holds: they lie in their sender's memory until the application reads them.

use super::piece::Piece;
use std::collections::VecDeque;

/// Texts in the order of the stream; no octet is in two of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldTexts(VecDeque<Piece>);

impl HeldTexts {
    /// All of them.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.0.iter()
    }

    /// The first in the stream.
    #[inline]
    pub fn first(&self) -> Option<&Piece> {
        self.0.front()
    }

    /// Takes in a text none of which is held.
    #[inline]
    pub fn insert(&mut self, text: Piece) {
        if self.0.back().is_none_or(|last| last.end() <= text.start) {
            return self.0.push_back(text);
        }
        let place = self.0.partition_point(|other| other.start < text.start);
        self.0.insert(place, text);
    }

    /// Lets the first go.
    #[inline]
    pub fn forget_first(&mut self) {
        self.0.pop_front();
    }

    /// Lets go what begins at stream offset `next` or behind it.
    pub fn forget_behind(&mut self, next: u64) {
        while self.0.back().is_some_and(|text| text.start >= next) {
            self.0.pop_back();
        }
    }

    /// Lets go everything, memory included.
    pub fn clear(&mut self) {
        self.0 = VecDeque::new();
    }
}
