//! Which row of its kind's table an event is told in.

use super::code::Kind;
use super::id::EventId;

/// Each event's row. Changes of variables, which are most events, stand in their table in the order of their events: their rows
/// are counted and not written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Subjects {
    /// The rows of all other events.
    others: Vec<u32>,
    /// How many changes there are before each [`BLOCK`] of events.
    before: Vec<u32>,
    /// How many changes there are.
    changes: u32,
}

/// So many events in a row are counted through.
const BLOCK: usize = 128;

#[inline]
fn is_change(kind: u8) -> bool {
    kind == Kind::VarChange as u8 || kind == Kind::StateChange as u8
}

impl Subjects {
    /// The row of an event, of whose and all earlier kinds `kinds` are the codes.
    pub(super) fn get(&self, kinds: &[u8], event: EventId) -> Option<u32> {
        let kind = *kinds.get(event.index())?;
        let block = event.index() / BLOCK;
        let since = kinds.get(block * BLOCK..event.index())?;
        let changes =
            self.before.get(block)? + since.iter().map(|&kind| u32::from(is_change(kind))).sum::<u32>();
        match is_change(kind) {
            true => Some(changes),
            false => self.others.get(event.index() - changes as usize).copied(),
        }
    }

    /// Takes in the row of the event behind `events` others.
    #[inline]
    pub(super) fn push(&mut self, events: usize, kind: Kind, row: u32) {
        if events.is_multiple_of(BLOCK) {
            self.before.push(self.changes);
        }
        if is_change(kind as u8) {
            debug_assert_eq!(row, self.changes);
            self.changes += 1;
        } else {
            self.others.push(row);
        }
    }

    /// Takes in `count` changes of variables behind `events` events.
    #[inline]
    pub(super) fn extend_changes(&mut self, events: usize, count: usize) {
        while self.before.len() * BLOCK < events + count {
            let first = self.before.len() * BLOCK;
            self.before.push(self.changes + (first - events) as u32);
        }
        self.changes += count as u32;
    }

    /// Room for so many more events.
    pub(super) fn reserve(&mut self, more: usize) {
        self.others.reserve(more / 2);
        self.before.reserve(more / BLOCK);
    }

    /// No more room than needed.
    pub(super) fn shrink_to_fit(&mut self) {
        self.others.shrink_to_fit();
        self.before.shrink_to_fit();
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        (self.others.capacity() + self.before.capacity()) * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_as_told(parts in prop::collection::vec((0_usize..3, 1_usize..70), 0..40)) {
            let (mut subjects, mut kinds, mut list, mut changes) = (Subjects::default(), Vec::new(), Vec::new(), 0);
            for (what, count) in parts {
                if what == 0 {
                    subjects.extend_changes(kinds.len(), count);
                    list.extend(changes..changes + count as u32);
                    kinds.extend(std::iter::repeat_n(Kind::VarChange as u8, count));
                    changes += count as u32;
                    continue;
                }
                let (kind, row) = match what {
                    1 => (Kind::StateChange, changes),
                    _ => (Kind::Note, 7 * count as u32),
                };
                subjects.push(kinds.len(), kind, row);
                changes += u32::from(what == 1);
                kinds.push(kind as u8);
                list.push(row);
            }
            for event in 0..list.len() + 2 {
                prop_assert_eq!(subjects.get(&kinds, EventId(event as u32)), list.get(event).copied());
            }
        }
    }
}
