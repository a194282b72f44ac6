//! Who takes records, one by one or many changes at once.

use super::code::Provenance;
use super::id::{EventId, SocketId};
use super::record::{Record, What};
use crate::probe::{VarSet, Vars};
use crate::rule::Rule;
use crate::time::Instant;

/// Takes records as they happen: a `Trace` keeps them in memory, a
/// `FileWriter` encodes them.
pub trait Sink {
    /// Takes one record and gives its event number, to serve as the cause of others.
    fn record(&mut self, record: Record<'_>) -> EventId;

    /// The number that the next record will get.
    fn next_event(&self) -> EventId;

    /// Takes a [`What::VarChange`] of the model for each of these changes.
    fn record_changes(&mut self, changes: &Changes<'_>) {
        let &Changes { time, cause, socket, rule, old, new, vars } = changes;
        for var in vars {
            let what =
                What::VarChange { socket, var, old: old.raw(var), new: new.raw(var), rule: Some(rule) };
            self.record(Record { time, provenance: Provenance::Modelled, cause, what });
        }
    }
}

/// Variables of an endpoint that one rule changed at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// When.
    pub time: Instant,
    /// The event that caused it.
    pub cause: Option<EventId>,
    /// The endpoint.
    pub socket: SocketId,
    /// The rule by which.
    pub rule: Rule,
    /// All variables before.
    pub old: &'a Vars,
    /// All variables after.
    pub new: &'a Vars,
    /// Those that changed.
    pub vars: VarSet,
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn record(&mut self, record: Record<'_>) -> EventId {
        (**self).record(record)
    }

    fn next_event(&self) -> EventId {
        (**self).next_event()
    }

    fn record_changes(&mut self, changes: &Changes<'_>) {
        (**self).record_changes(changes);
    }
}

/// A sink that forgets: for runs of which only the outcome matters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forget(u32);

impl Sink for Forget {
    fn record(&mut self, _: Record<'_>) -> EventId {
        let event = EventId(self.0);
        self.0 = self.0.saturating_add(1);
        event
    }

    fn next_event(&self) -> EventId {
        EventId(self.0)
    }
}
