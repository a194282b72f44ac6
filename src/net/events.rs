//! The queue of what is to happen: in the order of time, and at one time in the order in which it was planned.

use super::pool::Slot;
use super::{LinkId, NodeId};
use crate::time::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A packet reaches the end of a link.
    Arrive { link: LinkId, slot: Slot },
    /// A host may have timers due.
    Wake { host: NodeId },
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(super) struct EventQueue {
    heap: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    planned: u64,
}

impl EventQueue {
    pub fn plan(&mut self, at: Instant, event: Event) {
        self.heap.push(Reverse((at, self.planned, event)));
        self.planned += 1;
    }

    pub fn next_time(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    pub fn pop(&mut self) -> Option<(Instant, Event)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
