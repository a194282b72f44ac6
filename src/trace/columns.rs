//! What every event has.

use super::code::{Kind, Provenance};
use super::id::{EventId, HostId, SocketId};
use crate::rule::Rule;

/// What every event has: what is searched by and what is drawn are columns of their own, the rest stands together, so that an
/// event is written in four places and not in eight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Time in nanoseconds, never decreasing: where a record came with an earlier time than its predecessor, the
    /// predecessor's stands here ([`Trace::time`](super::Trace::time) gives the recorded one).
    pub time: Vec<u64>,
    /// [`Kind`] as its code.
    pub kind: Vec<u8>,
    face: Vec<Face>,
    rest: Vec<Rest>,
}

/// What is drawn of an event beside its time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Face {
    host: HostId,
    /// The detail, and above it the provenance.
    told: u16,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rest {
    subject: u32,
    cause: EventId,
    socket: SocketId,
}

/// An event without its time, or several that differ in nothing but their subjects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    kind: Kind,
    face: Face,
    rest: Rest,
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
        let face = Face { host, told: detail | (provenance as u16) << PROVENANCE };
        let rest = Rest { subject, cause: cause.unwrap_or(EventId::NONE), socket };
        Event { kind, face, rest }
    }
}

impl Columns {
    /// How many events.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// True for an empty trace.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The host concerned, [`HostId::NONE`] for none.
    pub fn host(&self, event: EventId) -> Option<HostId> {
        self.face.get(event.index()).map(|face| face.host)
    }

    /// The socket concerned, [`SocketId::NONE`] for none.
    pub fn socket(&self, event: EventId) -> Option<SocketId> {
        self.rest.get(event.index()).map(|rest| rest.socket)
    }

    /// A rule's number + 1, or a [`DropReason`](super::DropReason) or [`Limit`](super::Limit) as its code; 0 for none.
    pub fn detail(&self, event: EventId) -> Option<u16> {
        self.face.get(event.index()).map(|face| face.told & ((1 << PROVENANCE) - 1))
    }

    /// How the event is known.
    pub fn provenance(&self, event: EventId) -> Option<Provenance> {
        Provenance::from_code((self.face.get(event.index())?.told >> PROVENANCE) as u8)
    }

    /// The row in the kind's table: of a packet event the packet's, of a call event the call's, of a timer event the timer's
    /// code.
    pub fn subject(&self, event: EventId) -> Option<u32> {
        self.rest.get(event.index()).map(|rest| rest.subject)
    }

    /// The causing event, [`EventId::NONE`] for none.
    pub fn cause(&self, event: EventId) -> Option<EventId> {
        self.rest.get(event.index()).map(|rest| rest.cause)
    }

    /// The causing events of all events from this one on.
    pub fn causes(&self, from: EventId) -> impl Iterator<Item = EventId> + '_ {
        self.rest.get(from.index()..).unwrap_or_default().iter().map(|rest| rest.cause)
    }

    /// The sockets of all events from this one on.
    pub fn sockets(&self, from: EventId) -> impl Iterator<Item = SocketId> + '_ {
        self.rest.get(from.index()..).unwrap_or_default().iter().map(|rest| rest.socket)
    }

    #[inline]
    pub(super) fn push(&mut self, time: u64, event: Event) {
        self.time.push(time);
        self.kind.push(event.kind as u8);
        self.face.push(event.face);
        self.rest.push(event.rest);
    }

    /// `count` events of one time, whose subjects count up.
    #[inline]
    pub(super) fn extend(&mut self, time: u64, first: Event, count: u32) {
        let Event { kind, face, rest } = first;
        fill(&mut self.time, [time; 4], count);
        fill(&mut self.kind, [kind as u8; 8], count);
        fill(&mut self.face, [face; 4], count);
        self.rest.extend((0..count).map(|n| Rest { subject: rest.subject + n, ..rest }));
    }

    /// Room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        self.time.reserve(more);
        self.kind.reserve(more);
        self.face.reserve(more);
        self.rest.reserve(more);
    }

    /// No more room than needed.
    pub(super) fn shrink_to_fit(&mut self) {
        self.time.shrink_to_fit();
        self.kind.shrink_to_fit();
        self.face.shrink_to_fit();
        self.rest.shrink_to_fit();
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        self.time.capacity() * size_of::<u64>()
            + self.kind.capacity()
            + self.face.capacity() * size_of::<Face>()
            + self.rest.capacity() * size_of::<Rest>()
    }
}

/// Makes a column longer by `count` of a value, which are few: they are written by the block, and what was too much is cut off
/// again.
#[inline]
fn fill<T: Copy, const BLOCK: usize>(column: &mut Vec<T>, block: [T; BLOCK], count: u32) {
    let len = column.len() + count as usize;
    while column.len() < len {
        column.extend_from_slice(&block);
    }
    column.truncate(len);
}
