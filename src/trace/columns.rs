//! What every event has.

use super::code::{Kind, Provenance};
use super::heads::{Heads, Place, fill};
use super::id::{EventId, HostId, SocketId};
use super::subjects::Subjects;
use crate::rule::Rule;

/// What every event has. What is searched by is a column of its own, and what neighbours share is written once for all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// [`Kind`] as its code.
    pub kind: Vec<u8>,
    /// The detail, and above it the provenance.
    told: Vec<u16>,
    subjects: Subjects,
    heads: Heads,
}

/// An event without its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    kind: Kind,
    told: u16,
    subject: u32,
    place: Place,
}

/// Where the provenance stands above the detail.
const PROVENANCE: u32 = 14;
const _: () = assert!(Rule::ALL.len() < (1 << PROVENANCE) - 1 && Provenance::ALL.len() <= 4);

impl Event {
    #[inline]
    pub(super) fn new(
        (provenance, cause): (Provenance, Option<EventId>),
        (host, socket): (HostId, SocketId),
        (kind, detail): (Kind, u16),
        subject: u32,
    ) -> Event {
        let place = Place { cause: cause.unwrap_or(EventId::NONE), socket, host };
        Event { kind, told: detail | (provenance as u16) << PROVENANCE, subject, place }
    }
}

impl Columns {
    /// How many events.
    pub fn len(&self) -> usize {
        self.kind.len()
    }

    /// True for an empty trace.
    pub fn is_empty(&self) -> bool {
        self.kind.is_empty()
    }

    /// Time in nanoseconds, never decreasing: where a record came with an earlier time than its predecessor, the
    /// predecessor's stands here ([`Trace::time`](super::Trace::time) gives the recorded one).
    #[inline]
    pub fn time(&self, event: EventId) -> Option<u64> {
        self.heads.time(event)
    }

    /// The time of the last event.
    #[inline]
    pub fn last_time(&self) -> Option<u64> {
        self.heads.last_time()
    }

    /// How many events come before the first one whose time is not `wanted`; all that are wanted must come before it.
    pub fn partition_by_time(&self, wanted: impl Fn(u64) -> bool) -> usize {
        self.heads.partition_by_time(wanted)
    }

    /// The host concerned, [`HostId::NONE`] for none.
    pub fn host(&self, event: EventId) -> Option<HostId> {
        self.heads.place(event).map(|place| place.host)
    }

    /// The socket concerned, [`SocketId::NONE`] for none.
    pub fn socket(&self, event: EventId) -> Option<SocketId> {
        self.heads.place(event).map(|place| place.socket)
    }

    /// A rule's number + 1, or a [`DropReason`](super::DropReason) or [`Limit`](super::Limit) as its code; 0 for none.
    pub fn detail(&self, event: EventId) -> Option<u16> {
        self.told.get(event.index()).map(|told| told & ((1 << PROVENANCE) - 1))
    }

    /// How the event is known.
    pub fn provenance(&self, event: EventId) -> Option<Provenance> {
        Provenance::from_code((self.told.get(event.index())? >> PROVENANCE) as u8)
    }

    /// The row in the kind's table: of a packet event the packet's, of a call event the call's, of a timer event the timer's
    /// code.
    pub fn subject(&self, event: EventId) -> Option<u32> {
        self.subjects.get(&self.kind, event)
    }

    /// The causing event, [`EventId::NONE`] for none.
    pub fn cause(&self, event: EventId) -> Option<EventId> {
        self.heads.place(event).map(|place| place.cause)
    }

    /// The events from this one on that `cause` caused.
    pub fn effects(&self, cause: EventId, from: EventId) -> impl Iterator<Item = EventId> + '_ {
        let caused = self.heads.stretches(from).filter(move |(_, place)| place.cause == cause);
        caused.flat_map(|(events, _)| events.map(EventId))
    }

    /// The sockets of all events from this one on, one for each stretch of events that share it.
    pub fn sockets(&self, from: EventId) -> impl Iterator<Item = SocketId> + '_ {
        self.heads.stretches(from).map(|(_, place)| place.socket)
    }

    #[inline]
    pub(super) fn push(&mut self, time: u64, event: Event) {
        self.subjects.push(self.kind.len(), event.kind, event.subject);
        self.kind.push(event.kind as u8);
        self.told.push(event.told);
        self.heads.push(time, event.place);
    }

    /// The changes of `count` variables at one time.
    #[inline]
    pub(super) fn extend_changes(&mut self, time: u64, first: Event, count: usize) {
        let Event { told, place, .. } = first;
        self.subjects.extend_changes(self.kind.len(), count);
        fill(&mut self.kind, Kind::VarChange as u8, count);
        fill(&mut self.told, told, count);
        self.heads.extend(time, place, count);
    }

    /// Room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.kind.reserve(more);
        self.told.reserve(more);
        self.subjects.reserve(more);
        self.heads.reserve(more);
    }

    /// No more room than needed.
    pub(super) fn shrink_to_fit(&mut self) {
        self.kind.shrink_to_fit();
        self.told.shrink_to_fit();
        self.subjects.shrink_to_fit();
        self.heads.shrink_to_fit();
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        self.kind.capacity()
            + self.told.capacity() * size_of::<u16>()
            + self.subjects.memory()
            + self.heads.memory()
    }
}
