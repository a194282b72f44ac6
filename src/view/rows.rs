//! Rows of a lane: what carries octets that something before it carried already stands below.

use std::ops::Range;

use crate::trace::ledger::Ranges;
use crate::view::boxes::Drawn;
use crate::view::lanes::{LANE, WORDS};

/// Height of a row below the first.
pub(crate) const AGAIN: f32 = 18.0;
/// Most rows that are drawn one below the other.
const MOST: usize = 5;

/// The rows of a lane.
#[derive(Default)]
pub(crate) struct Rows {
    rows: Vec<(Ranges, Drawn)>,
    /// How many found no row.
    pub over: usize,
}

impl Rows {
    /// The first row in which nothing of this range stands, and what was drawn in it: it stands there from now on.
    pub fn take(&mut self, range: &Range<u64>) -> Option<(usize, &mut Drawn)> {
        let free = self.rows.iter().position(|(row, _)| !row.meets(range.start, range.end));
        if free.is_none() && self.rows.len() == MOST {
            self.over += 1;
            return None;
        }
        let at = free.unwrap_or(self.rows.len());
        if free.is_none() {
            self.rows.push((Ranges::default(), Drawn(f32::MIN)));
        }
        let (taken, drawn) = self.rows.get_mut(at)?;
        taken.insert(range.start, range.end);
        Some((at, drawn))
    }

    /// True if something stands below the first row.
    pub fn several(&self) -> bool {
        self.rows.len() > 1
    }

    /// Their lower edge, where the first begins at `y`.
    pub fn bottom(&self, y: f32) -> f32 {
        let (top, height) = row(self.rows.len().saturating_sub(1), y);
        top + height
    }

    /// Height of what is said below them.
    pub fn said(&self) -> f32 {
        if self.over > 0 { WORDS } else { 0.0 }
    }
}

/// Upper edge and height of a row, where the first begins at `y`.
pub(crate) fn row(row: usize, y: f32) -> (f32, f32) {
    match row {
        0 => (y, LANE),
        n => (y + LANE + 2.0 + (n - 1) as f32 * (AGAIN + 2.0), AGAIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_already_stands_below() {
        let mut rows = Rows::default();
        let mut at = |range: Range<u64>| rows.take(&range).map(|(at, _)| at);
        assert_eq!(
            (at(0..5), at(5..10), at(0..5), at(3..4), at(20..20)),
            (Some(0), Some(0), Some(1), Some(2), Some(0))
        );
        assert_eq!((at(0..9), at(0..9), at(0..9)), (Some(3), Some(4), None));
        assert!(rows.several() && rows.over == 1);
        assert_eq!(rows.bottom(100.0), 100.0 + LANE + 4.0 * (2.0 + AGAIN));
    }
}
