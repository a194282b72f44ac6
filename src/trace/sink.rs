//! Who takes records, one by one or many changes at once.

use std::ops::Range;

use super::code::Provenance;
use super::id::{EventId, SocketId};
use super::record::{Data, Record, What};
use super::store::Trace;
use crate::probe::{VarSet, Vars};
use crate::rule::Rule;
use crate::time::Instant;

/// Takes records as they happen: a `Trace` keeps them in memory, a
/// `FileWriter` encodes them.
pub trait Sink {
    /// Whether [`Sink::record_sent`] wants the octets of a text that it is told of; if not, it takes headers alone as well.
    #[inline]
    fn wants_text(&self) -> bool {
        true
    }

    /// Takes one record and gives its event number, to serve as the cause of others.
    fn record(&mut self, record: Record<'_>) -> EventId;

    /// The number that the next record will get.
    fn next_event(&self) -> EventId;

    /// Takes a [`What::PacketSent`]. Where its text is known to be `text` of the stream that the socket's send calls gave, nobody
    /// need compare it, and a trace can do without its octets.
    fn record_sent(&mut self, record: Record<'_>, text: Option<Range<u64>>) -> EventId {
        let _ = text;
        self.record(record)
    }

    /// Takes a [`What::CallReturned`] of which is known that it received what stands next in the stream: nobody need compare.
    fn record_received(&mut self, record: Record<'_>) -> EventId {
        self.record(record)
    }

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

/// A sink whose trace can be looked at while it grows.
pub trait Watched: Sink {
    /// Lets `look` see the trace with all that was recorded.
    fn look<T>(&mut self, look: impl FnOnce(&Trace) -> T) -> T;
}

impl Watched for Trace {
    fn look<T>(&mut self, look: impl FnOnce(&Trace) -> T) -> T {
        look(self)
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

/// The same record, of received octets only how many they are.
pub(super) fn without_octets(mut record: Record<'_>) -> Record<'_> {
    if let What::CallReturned { data, .. } = &mut record.what
        && !data.is_empty()
    {
        *data = Data::FromStream { len: data.len() };
    }
    record
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn wants_text(&self) -> bool {
        (**self).wants_text()
    }

    fn record(&mut self, record: Record<'_>) -> EventId {
        (**self).record(record)
    }

    fn next_event(&self) -> EventId {
        (**self).next_event()
    }

    fn record_sent(&mut self, record: Record<'_>, text: Option<Range<u64>>) -> EventId {
        (**self).record_sent(record, text)
    }

    fn record_received(&mut self, record: Record<'_>) -> EventId {
        (**self).record_received(record)
    }

    fn record_changes(&mut self, changes: &Changes<'_>) {
        (**self).record_changes(changes);
    }
}

/// A sink that forgets: for runs of which only the outcome matters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forget(u32);

impl Sink for Forget {
    #[inline]
    fn wants_text(&self) -> bool {
        false
    }

    fn record(&mut self, _: Record<'_>) -> EventId {
        let event = EventId(self.0);
        self.0 = self.0.saturating_add(1);
        event
    }

    fn next_event(&self) -> EventId {
        EventId(self.0)
    }
}
