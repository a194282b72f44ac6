//! The queue of what is to happen: in the order of time, and at one time in the order in which it was planned.

use super::pool::Slot;
use super::{LinkId, NodeId};
use crate::time::Instant;
use std::cmp::Ordering;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};

/// Something that is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A packet reaches the end of a link.
    Arrive { link: LinkId, slot: Slot },
    /// A host may have timers due.
    Wake { host: NodeId },
}

/// An event as one number: what is moved as often as this is moves in one piece.
#[derive(Clone, Copy, Debug)]
struct Packed(u64);

impl Packed {
    /// Stands in the upper half of a wake, and is no link.
    const WAKE: u64 = 1 << 16;

    fn new(event: Event) -> Packed {
        let (upper, lower) = match event {
            Event::Arrive { link, slot } => (u64::from(link.0), slot),
            Event::Wake { host } => (Packed::WAKE, host.0.into()),
        };
        Packed(upper << 32 | u64::from(lower))
    }

    fn event(self) -> Event {
        let (upper, lower) = (self.0 >> 32, self.0 as u32);
        if upper == Packed::WAKE {
            Event::Wake { host: NodeId(lower as u16) }
        } else {
            Event::Arrive { link: LinkId(upper as u16), slot: lower }
        }
    }
}

/// Something planned: when and the how manieth, as one number that orders, and what.
#[derive(Clone, Copy, Debug)]
struct Planned(u128, Packed);

impl Planned {
    fn new(at: Instant, number: u64, event: Event) -> Planned {
        Planned(u128::from(at.as_nanos()) << 64 | u128::from(number), Packed::new(event))
    }

    fn at(&self) -> Instant {
        Instant::from_nanos((self.0 >> 64) as u64)
    }

    fn number(&self) -> u64 {
        self.0 as u64
    }
}

impl Ord for Planned {
    /// What comes first is the greatest: it stands at the top of a heap.
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.cmp(&self.0)
    }
}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Planned {}

/// The queue.
///
/// What arrives over one link arrives mostly in the order in which it was sent: such packets wait in the link's own line,
/// and only the first of a line stands in the heap. So the heap is as large as there are links and hosts, not as there
/// are packets on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct EventQueue {
    heap: BinaryHeap<Planned>,
    lines: Vec<Line>,
    planned: u64,
}

/// The packets on one link, without the first.
#[derive(Clone, Debug, Default)]
struct Line {
    /// The first, which stands in the heap: the number under which it was planned.
    first: Option<u64>,
    rest: VecDeque<Planned>,
    /// When the last of the line is due.
    last: Instant,
}

impl EventQueue {
    pub fn plan(&mut self, at: Instant, event: Event) {
        let number = self.planned;
        let planned = Planned::new(at, number, event);
        self.planned += 1;
        if let Event::Arrive { link, .. } = event {
            let link = usize::from(link.0);
            if link >= self.lines.len() {
                self.lines.resize_with(link + 1, Line::default);
            }
            if let Some(line) = self.lines.get_mut(link) {
                if line.first.is_none() {
                    (line.first, line.last) = (Some(number), at);
                } else if at >= line.last {
                    line.last = at;
                    return line.rest.push_back(planned);
                }
                // One that overtakes stands in the heap by itself.
            }
        }
        self.heap.push(planned);
    }

    pub fn next_time(&self) -> Option<Instant> {
        self.heap.peek().map(Planned::at)
    }

    #[inline(always)]
    pub fn pop(&mut self) -> Option<(Instant, Event)> {
        let mut top = self.heap.peek_mut()?;
        let (at, number, event) = (top.at(), top.number(), top.1.event());
        if let Event::Arrive { link, .. } = event
            && let Some(line) = self.lines.get_mut(usize::from(link.0))
            && line.first == Some(number)
        {
            let next = line.rest.pop_front();
            line.first = next.map(|next| next.number());
            if let Some(next) = next {
                *top = next;
                return Some((at, event));
            }
        }
        PeekMut::pop(top);
        Some((at, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is planned in whatever order: it comes in the order of time, then of planning.
        #[test]
        fn in_the_order_of_time_then_of_planning(steps in prop::collection::vec((0u64..20, 0u16..4, any::<bool>()), 0..200)) {
            let mut queue = EventQueue::default();
            let mut model: Vec<(Instant, u64, Event)> = Vec::new();
            let mut now = 0;
            for (number, (ahead, who, pop)) in steps.into_iter().enumerate() {
                let number = number as u64;
                let at = Instant::from_nanos(now + ahead);
                let event = match who {
                    3 => Event::Wake { host: NodeId(0) },
                    link => Event::Arrive { link: LinkId(link), slot: number as Slot },
                };
                queue.plan(at, event);
                model.push((at, number, event));
                if pop {
                    let first = model.iter().enumerate().min_by_key(|(_, planned)| **planned).map(|(i, _)| i);
                    let (at, _, event) = model.remove(first.unwrap());
                    prop_assert_eq!(queue.next_time(), Some(at));
                    prop_assert_eq!(queue.pop(), Some((at, event)));
                    now = at.as_nanos();
                }
            }
            model.sort();
            for (at, _, event) in model {
                prop_assert_eq!(queue.pop(), Some((at, event)));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
