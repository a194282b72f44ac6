//! Texts that a receiver holds: they lie in their sender's memory until the application reads them.

use super::shared_text::{HOLDS, SharedText};
use std::collections::VecDeque;
use std::ops::Range;

/// A text that is held, or a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// The stream offsets that count.
    pub range: Range<u64>,
    /// Stream offset of the text's first octet.
    pub start: u64,
    pub text: SharedText,
}

impl Held {
    /// The octets from stream offset `at` on.
    #[inline]
    pub fn from(&self, at: u64) -> &[u8] {
        let octets = self.text.octets();
        octets.get((at - self.start) as usize..(self.range.end - self.start) as usize).unwrap_or_default()
    }
}

/// Texts in the order of the stream; no octet is in two of them.
#[derive(Debug, Default)]
pub(crate) struct HeldTexts(VecDeque<Held>);

impl Clone for HeldTexts {
    fn clone(&self) -> Self {
        if HOLDS { HeldTexts(self.0.clone()) } else { HeldTexts::default() }
    }
}

impl HeldTexts {
    /// All of them.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = &Held> {
        self.0.iter().take_while(|_| HOLDS)
    }

    /// Takes in a text none of which is held.
    #[inline]
    pub fn insert(&mut self, held: Held) {
        if self.0.back().is_none_or(|last| last.range.end <= held.range.start) {
            return self.0.push_back(held);
        }
        let place = self.0.partition_point(|other| other.range.start < held.range.start);
        self.0.insert(place, held);
    }

    /// The first in the stream.
    #[inline]
    pub fn first(&self) -> Option<&Held> {
        self.0.front().filter(|_| HOLDS)
    }

    /// Lets that one go.
    #[inline]
    pub fn forget_first(&mut self) {
        self.0.pop_front();
    }

    /// Lets go what begins at stream offset `next` or behind it.
    pub fn forget_behind(&mut self, next: u64) {
        if HOLDS {
            self.0.truncate(self.0.partition_point(|held| held.range.start < next));
        }
    }

    /// Lets go everything, memory included.
    pub fn clear(&mut self) {
        if HOLDS {
            self.0 = VecDeque::new();
        }
    }
}
