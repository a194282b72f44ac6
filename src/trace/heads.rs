//! What neighbouring events have in common: of all that an endpoint does because of an arrival, the time, the place and the
//! cause are the same.

use std::ops::Range;

use super::id::{EventId, HostId, SocketId};

/// For each event its head: written once for as many events in a row as share it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heads {
    time: Vec<u64>,
    place: Vec<Place>,
    /// Of each event the last octet of its head's number.
    low: Vec<u8>,
    /// Of each [`BLOCK`] of events the head of the first.
    first: Vec<u32>,
    /// The last event's head: its number, its time and its place.
    last: Option<(u32, u64, Place)>,
}

/// Where something happened, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub cause: EventId,
    pub socket: SocketId,
    pub host: HostId,
}

/// So few events in a row have fewer heads than an octet has values.
const BLOCK: usize = 128;

impl Heads {
    /// The event's head, as a number.
    #[inline(always)]
    fn of(&self, event: EventId) -> Option<usize> {
        let first = *self.first.get(event.index() / BLOCK)?;
        let low = *self.low.get(event.index())?;
        Some((first + u32::from(low.wrapping_sub(first as u8))) as usize)
    }

    /// When the event happened.
    #[inline(always)]
    pub(super) fn time(&self, event: EventId) -> Option<u64> {
        self.time.get(self.of(event)?).copied()
    }

    /// Where it happened, and why.
    #[inline]
    pub(super) fn place(&self, event: EventId) -> Option<Place> {
        self.place.get(self.of(event)?).copied()
    }

    /// The latest time.
    #[inline]
    pub(super) fn last_time(&self) -> Option<u64> {
        self.time.last().copied()
    }

    /// How many events come before the first one whose time is not `wanted`; all that are wanted must come before it.
    pub(super) fn partition_by_time(&self, wanted: impl Fn(u64) -> bool) -> usize {
        let head = self.time.partition_point(|&time| wanted(time));
        self.begin(head)
    }

    /// The head's first event, or how many events there are if there is no such head.
    fn begin(&self, head: usize) -> usize {
        if head >= self.time.len() {
            return self.low.len();
        }
        // The last block that begins with an earlier head, if not the very first, is the one that it begins in.
        let block = self.first.partition_point(|&first| (first as usize) < head).saturating_sub(1);
        let events = self.low.get(block * BLOCK..).unwrap_or_default();
        block * BLOCK + events.iter().position(|&low| low == head as u8).unwrap_or(events.len())
    }

    /// The events from `from` on, as stretches that share a place.
    pub(super) fn stretches(&self, from: EventId) -> impl Iterator<Item = (Range<u32>, Place)> + '_ {
        let mut next = from.0;
        std::iter::from_fn(move || {
            let head = self.of(EventId(next))?;
            let start = next;
            next = self.begin(head + 1) as u32;
            Some((start..next, *self.place.get(head)?))
        })
    }

    /// Takes in an event.
    #[inline]
    pub(super) fn push(&mut self, time: u64, place: Place) {
        let head = self.head(time, place);
        if self.low.len().is_multiple_of(BLOCK) {
            self.first.push(head);
        }
        self.low.push(head as u8);
    }

    /// Takes in `count` events of one time and place, which are few.
    #[inline]
    pub(super) fn extend(&mut self, time: u64, place: Place, count: usize) {
        let head = self.head(time, place);
        fill(&mut self.low, head as u8, count);
        while self.first.len() * BLOCK < self.low.len() {
            self.first.push(head);
        }
    }

    /// The head of an event that comes next.
    #[inline]
    fn head(&mut self, time: u64, place: Place) -> u32 {
        match self.last {
            Some((head, then, there)) if then == time && there == place => head,
            _ => self.begin_another(time, place),
        }
    }

    #[inline]
    fn begin_another(&mut self, time: u64, place: Place) -> u32 {
        let head = self.time.len() as u32;
        self.last = Some((head, time, place));
        self.time.push(time);
        self.place.push(place);
        head
    }

    /// Room for so many more events.
    pub(super) fn reserve(&mut self, more: usize) {
        // A third of the events of a bulk transfer have a head of their own.
        self.time.reserve(more / 2);
        self.place.reserve(more / 2);
        self.low.reserve(more);
        self.first.reserve(more / BLOCK);
    }

    /// No more room than needed.
    pub(super) fn shrink_to_fit(&mut self) {
        self.time.shrink_to_fit();
        self.place.shrink_to_fit();
        self.low.shrink_to_fit();
        self.first.shrink_to_fit();
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        self.time.capacity() * size_of::<u64>()
            + self.place.capacity() * size_of::<Place>()
            + self.low.capacity()
            + self.first.capacity() * size_of::<u32>()
    }
}

/// Makes a column longer by `count` of a value, which are few: they are written by the block, and what was too much is cut off
/// again.
#[cfg(not(target_arch = "wasm32"))]
#[inline]
pub(super) fn fill<T: Copy>(column: &mut Vec<T>, value: T, count: usize) {
    let len = column.len() + count;
    while column.len() < len {
        column.extend_from_slice(&[value; 8]);
    }
    column.truncate(len);
}

/// The same one by one: a block is a call there.
#[cfg(target_arch = "wasm32")]
pub(super) fn fill<T: Copy>(column: &mut Vec<T>, value: T, count: usize) {
    column.resize(column.len() + count, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_event_has_its_head(parts in prop::collection::vec((0_u64..2, 0_u32..3, 1_usize..90), 0..60)) {
            let (mut heads, mut list, mut time) = (Heads::default(), Vec::new(), 0);
            for (later, cause, count) in parts {
                time += later;
                let place = Place { cause: EventId(cause), socket: SocketId(7), host: HostId(1) };
                match count {
                    1 => heads.push(time, place),
                    _ => heads.extend(time, place, count),
                }
                list.extend(std::iter::repeat_n((time, place), count));
            }
            for event in 0..list.len() as u32 + 2 {
                let known = heads.time(EventId(event)).zip(heads.place(EventId(event)));
                prop_assert_eq!(known, list.get(event as usize).copied());
            }
            for limit in 0..=time + 1 {
                let before = list.partition_point(|head| head.0 < limit);
                prop_assert_eq!(heads.partition_by_time(|time| time < limit), before);
            }
            prop_assert_eq!(heads.last_time(), list.last().map(|head| head.0));
            for from in [0, 1, 63, 64, 65, 1_000] {
                let stretched = heads.stretches(EventId(from as u32));
                let all: Vec<_> = stretched.flat_map(|(events, place)| events.map(move |e| (e, place))).collect();
                let wanted: Vec<_> = (0..).zip(&list).skip(from).map(|(event, head)| (event, head.1)).collect();
                prop_assert_eq!(all, wanted);
            }
        }
    }
}
