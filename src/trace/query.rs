//! Questions about a moment: which event, which variables, which calls were open, and why.

use super::code::Kind;
use super::id::{EventId, PacketId, SocketId};
use super::runs::Runs;
use super::store::{SNAPSHOT_EVERY, Trace};
use super::tables::{CallRow, PacketRow, ValueRow, VarRow};
use crate::probe::{Var, Vars};
use crate::time::{Duration, Instant};

/// When a packet was sent and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketTimes {
    /// When it was sent.
    pub sent: Instant,
    /// When it arrived (first), if it did.
    pub arrived: Option<Instant>,
    /// When it was lost, if it was.
    pub dropped: Option<Instant>,
}

impl PacketTimes {
    /// The end of its flight: its arrival or loss; its sending if neither is known.
    pub fn end(&self) -> Instant {
        self.arrived.or(self.dropped).unwrap_or(self.sent)
    }

    /// How long it was under way.
    pub fn flight(&self) -> Duration {
        self.end().since(self.sent)
    }
}

/// A variable's value from an event on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The event that set it.
    pub event: EventId,
    /// When.
    pub time: Instant,
    /// The value; [`Vars::UNSET`] for none.
    pub value: i64,
}

/// A variable within one stretch of time, as many points as one pixel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes {
    /// The value as the stretch begins.
    pub first: i64,
    /// Its smallest.
    pub min: i64,
    /// Its largest.
    pub max: i64,
    /// The value as the stretch ends.
    pub last: i64,
}

impl Trace {
    /// When an event happened, as the clock of the trace has it (never decreasing).
    pub fn clock(&self, event: EventId) -> Instant {
        Instant::from_nanos(self.columns().time(event).unwrap_or(0))
    }

    /// Nanoseconds since 1970 at instant 0, if anybody said.
    pub fn epoch_nanos(&self) -> Option<u64> {
        let of_clock = |v: &&ValueRow| self.kind(v.event) == Some(Kind::Clock);
        self.tables().values.iter().find(of_clock).map(|v| v.value)
    }

    /// The time of the last event.
    pub fn end_time(&self) -> Instant {
        Instant::from_nanos(self.columns().last_time().unwrap_or(0))
    }

    /// The last event at or before `time`.
    pub fn last_event_at(&self, time: Instant) -> Option<EventId> {
        let after = self.columns().partition_by_time(|t| t <= time.as_nanos());
        Some(EventId(u32::try_from(after.checked_sub(1)?).ok()?))
    }

    /// The first event at or after `time`.
    pub fn first_event_from(&self, time: Instant) -> Option<EventId> {
        let at = self.columns().partition_by_time(|t| t < time.as_nanos());
        (at < self.len()).then_some(EventId(at as u32))
    }

    /// The first event behind `event` that `wanted` likes.
    pub fn next_event(&self, event: EventId, wanted: impl Fn(Kind) -> bool) -> Option<EventId> {
        let from = event.index().checked_add(1)?;
        let kinds = self.columns().kind.get(from..)?;
        let at = kinds.iter().position(|k| Kind::from_code(*k).is_some_and(&wanted))?;
        Some(EventId((from + at) as u32))
    }

    /// The last event before `event` that `wanted` likes.
    pub fn previous_event(&self, event: EventId, wanted: impl Fn(Kind) -> bool) -> Option<EventId> {
        let kinds = self.columns().kind.get(..event.index())?;
        let at = kinds.iter().rposition(|k| Kind::from_code(*k).is_some_and(&wanted))?;
        Some(EventId(at as u32))
    }

    /// An event's cause, its cause's cause, and so on. A cause that is not earlier than its effect (a forged file) ends the
    /// chain.
    pub fn cause_chain(&self, event: EventId) -> Vec<EventId> {
        let mut chain = Vec::new();
        let mut at = event;
        while let Some(cause) = self.cause(at).filter(|c| c.0 < at.0) {
            chain.push(cause);
            at = cause;
        }
        chain
    }

    /// The events that `event` caused, up to `limit` of them.
    pub fn effects(&self, event: EventId, limit: usize) -> Vec<EventId> {
        let from = EventId(event.0.saturating_add(1));
        self.columns().effects(event, from).take(limit).collect()
    }

    /// The rows of the calls that have begun by `event` and not returned by it.
    pub fn calls_open_at(&self, event: EventId) -> impl Iterator<Item = &CallRow> {
        let calls = &self.tables().calls;
        let begun = calls.partition_point(|c| c.begun <= event);
        calls.get(..begun).unwrap_or(&[]).iter().filter(move |c| !c.stub && c.returned > event)
    }

    /// When a packet was sent, arrived or was lost.
    pub fn packet_times(&self, row: &PacketRow) -> PacketTimes {
        let time = |event: EventId| event.known().map(|e| self.clock(e));
        PacketTimes {
            sent: self.clock(row.sent),
            arrived: time(row.arrived),
            dropped: time(row.dropped).filter(|_| row.arrived == EventId::NONE),
        }
    }

    /// The same by the packet's number.
    pub fn times_of_packet(&self, id: PacketId) -> Option<PacketTimes> {
        self.packet(id).map(|row| self.packet_times(row))
    }

    /// The packets of whose sending `event` is in the chain of causes nearest: those sent directly because of it.
    pub fn packets_sent_by(&self, event: EventId, limit: usize) -> Vec<PacketId> {
        let sent =
            self.effects(event, usize::MAX).into_iter().filter(|e| self.kind(*e) == Some(Kind::PacketSent));
        let rows = sent.filter_map(|e| self.tables().packets.get(self.packet_row_of(e)? as usize));
        rows.map(|p| p.id).take(limit).collect()
    }

    /// All variables of an endpoint after `event` (the event's own changes included).
    pub fn vars_at(&self, socket: SocketId, event: EventId) -> Vars {
        let Some(state) = self.socket_state(socket) else { return Vars::default() };
        let done = self.changes_until(socket, event);
        let whole = done / SNAPSHOT_EVERY;
        let snapshot = whole.checked_sub(1).and_then(|i| state.snapshots.get(i));
        let mut vars = snapshot.copied().unwrap_or_default();
        for change in self.changes_within(socket, whole * SNAPSHOT_EVERY, done) {
            vars.set(change.var, change.new);
        }
        vars
    }

    /// All variables of an endpoint at `time`, after all events of that instant.
    pub fn vars_at_time(&self, socket: SocketId, time: Instant) -> Vars {
        self.last_event_at(time).map_or_else(Vars::default, |event| self.vars_at(socket, event))
    }

    /// An endpoint's state after `event`: the number of a [`tcp::State`](crate::tcp::State).
    pub fn state_at(&self, socket: SocketId, event: EventId) -> Option<i64> {
        self.vars_at(socket, event).get(Var::State)
    }

    /// All changes of an endpoint's variables, in order.
    pub fn changes(&self, socket: SocketId) -> impl Iterator<Item = VarRow> + '_ {
        self.changes_within(socket, 0, usize::MAX)
    }

    /// The changes of an endpoint's variables from the `from`th to before the `to`th.
    fn changes_within(
        &self,
        socket: SocketId,
        from: usize,
        to: usize,
    ) -> impl DoubleEndedIterator<Item = VarRow> + '_ {
        static NONE: Runs = Runs::EMPTY;
        let rows = self.socket_state(socket).map_or(&NONE, |state| &state.changes);
        rows.range(from, to).filter_map(|row| self.tables().vars.get(row as usize))
    }

    /// How many changes of an endpoint's variables there are up to `event` (included).
    fn changes_until(&self, socket: SocketId, event: EventId) -> usize {
        let is_in = |row| self.tables().vars.event(row).is_some_and(|e| e <= event);
        self.socket_state(socket).map_or(0, |state| state.changes.partition_point(is_in))
    }

    /// All changes of one variable of an endpoint, in order.
    pub fn changes_of(&self, socket: SocketId, var: Var) -> impl Iterator<Item = VarRow> + '_ {
        self.tables().vars.of(var).filter(move |row| self.columns().socket(row.event) == Some(socket))
    }

    /// The changes of an endpoint's variables up to `event` (included), the latest first.
    pub fn changes_before(&self, socket: SocketId, event: EventId) -> impl Iterator<Item = VarRow> + '_ {
        self.changes_within(socket, 0, self.changes_until(socket, event)).rev()
    }

    /// The changes that `event` and those up to `until` (included) made to an endpoint: what a packet's arrival changed.
    pub fn changes_between(
        &self,
        socket: SocketId,
        event: EventId,
        until: EventId,
    ) -> impl Iterator<Item = VarRow> + '_ {
        let before = event.0.checked_sub(1).map_or(0, |before| self.changes_until(socket, EventId(before)));
        self.changes_within(socket, before, self.changes_until(socket, until))
    }

    /// The values of one variable over time.
    pub fn series(&self, socket: SocketId, var: Var) -> Vec<Point> {
        self.changes_of(socket, var)
            .map(|c| Point { event: c.event, time: self.clock(c.event), value: c.new })
            .collect()
    }
}

/// Cuts `from..to` into `buckets` stretches of the same length and gives each one's extremes; `None` for a stretch in which the
/// variable has no value. A change is never lost: it shows in its stretch's smallest or largest value.
pub fn thin(series: &[Point], from: Instant, to: Instant, buckets: usize) -> Vec<Option<Extremes>> {
    let (start, end) = (from.as_nanos(), to.as_nanos().max(from.as_nanos()));
    let span = u128::from(end - start);
    let border = |i: usize| start + (span * i as u128 / buckets.max(1) as u128) as u64;
    let mut next = series.partition_point(|p| p.time.as_nanos() < start);
    let mut value = next.checked_sub(1).and_then(|i| series.get(i)).map(|p| p.value);
    let mut out = Vec::with_capacity(buckets);
    for i in 0..buckets {
        let known = value.filter(|v| *v != Vars::UNSET);
        let mut extremes = known.map(|v| Extremes { first: v, min: v, max: v, last: v });
        let last_one = i + 1 == buckets;
        while let Some(point) = series.get(next) {
            let t = point.time.as_nanos();
            if t >= border(i + 1) && !(last_one && t == end) {
                break;
            }
            value = Some(point.value);
            if point.value != Vars::UNSET {
                let v = point.value;
                let e = extremes.get_or_insert(Extremes { first: v, min: v, max: v, last: v });
                *e = Extremes { first: e.first, min: e.min.min(v), max: e.max.max(v), last: v };
            }
            next += 1;
        }
        out.push(extremes);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{HostId, Op, Provenance, Record, Sink, What};
    use proptest::prelude::*;

    fn change(trace: &mut Trace, at: u64, socket: u32, var: Var, new: i64) -> EventId {
        let what = What::VarChange { socket: SocketId(socket), var, old: 0, new, rule: None };
        trace.record(Record::new(Instant::from_nanos(at), Provenance::Modelled, what))
    }

    proptest! {
        #[test]
        fn variables_at_any_event_are_those_of_the_changes_before(
            changes in prop::collection::vec((0u32..2, 0usize..4, -5i64..5), 1..300),
        ) {
            let (mut trace, mut model, mut expected) = (Trace::new(), [Vars::default(); 2], Vec::new());
            for (i, (socket, var, value)) in changes.into_iter().enumerate() {
                let var = Var::ALL[var];
                change(&mut trace, i as u64, socket, var, value);
                model[socket as usize].set(var, value);
                expected.push(model);
            }
            for (i, want) in expected.iter().enumerate() {
                for socket in 0..2 {
                    prop_assert_eq!(trace.vars_at(SocketId(socket), EventId(i as u32)), want[socket as usize]);
                }
            }
            let last = trace.len() as u32 - 1;
            prop_assert_eq!(trace.vars_at_time(SocketId(0), Instant::NEVER), expected[last as usize][0]);
        }

        #[test]
        fn thinning_keeps_every_extreme(values in prop::collection::vec((0u64..100, -9i64..9), 1..80), n in 1usize..12) {
            let mut values = values;
            values.sort_by_key(|v| v.0);
            let point = |(t, v): &(u64, i64)| Point { event: EventId(0), time: Instant::from_nanos(*t), value: *v };
            let series: Vec<Point> = values.iter().map(point).collect();
            let thinned = thin(&series, Instant::START, Instant::from_nanos(99), n);
            let (min, max) = (values.iter().map(|v| v.1).min(), values.iter().map(|v| v.1).max());
            prop_assert_eq!(thinned.iter().flatten().map(|e| e.min).min(), min);
            prop_assert_eq!(thinned.iter().flatten().map(|e| e.max).max(), max);
            prop_assert_eq!(thinned.last().and_then(|e| *e).map(|e| e.last), values.last().map(|v| v.1));
        }
    }

    #[test]
    fn events_are_found_by_time_and_kind() {
        let mut trace = Trace::new();
        for t in [5, 5, 9, 7] {
            change(&mut trace, t, 0, Var::Cwnd, 1);
        }
        let at = Instant::from_nanos;
        assert_eq!(trace.last_event_at(at(4)), None);
        assert_eq!(trace.last_event_at(at(5)), Some(EventId(1)));
        assert_eq!(trace.first_event_from(at(6)), Some(EventId(2)));
        // An event that came with an earlier time stands where it came.
        assert_eq!(trace.last_event_at(at(9)), Some(EventId(3)));
        assert_eq!(trace.time(EventId(3)), Some(at(7)));
        assert_eq!(trace.next_event(EventId(1), |k| k == Kind::VarChange), Some(EventId(2)));
        assert_eq!(trace.previous_event(EventId(0), |_| true), None);
    }

    #[test]
    fn open_calls_and_causes() {
        let mut trace = Trace::new();
        let begun = What::CallBegun {
            call: crate::trace::CallId(0),
            host: HostId(0),
            thread: crate::trace::ThreadId(0),
            socket: None,
            op: Op::Sleep,
            args: Default::default(),
            line: None,
            parent: None,
        };
        let a = trace.record(Record::new(Instant::START, Provenance::Modelled, begun));
        let b = change(&mut trace, 1, 0, Var::Cwnd, 1);
        let note = Record::new(Instant::START, Provenance::Modelled, What::Note { text: "" });
        let c = trace.record(note.because(b));
        let d = trace.record(note.because(c));
        assert_eq!(trace.calls_open_at(b).count(), 1);
        assert_eq!(trace.cause_chain(d), [c, b]);
        assert_eq!(trace.effects(b, 9), [c]);
        let forged = trace.record(note.because(EventId(d.0 + 1)));
        assert!(trace.cause_chain(forged).is_empty());
        assert_eq!(trace.calls_open_at(a).count(), 1);
    }
}
