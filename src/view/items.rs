//! Everything of a figure that has a place on the time axis, in the order in which it happened.

use crate::trace::radix;
use crate::view::figure::{Fate, Figure, Moment};
use crate::view::ranked::Ranked;

/// Which row of its host a thing takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    Departure,
    Arrival,
    Call,
    Quiet,
}

/// What happens, and the index in the figure's table of what it happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Sent(u32),
    Ended(u32),
    Begun(u32),
    Returned(u32),
    Entered(u32),
    Left(u32),
    Set(u32),
    Done(u32),
}

/// A slot in four octets, for there are many: its kind in the upper three bits, its index below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed(pub u32);

impl Packed {
    const INDEX_BITS: u32 = 29;

    fn new(kind: u32, index: usize) -> Packed {
        Packed(kind << Self::INDEX_BITS | index as u32 & ((1 << Self::INDEX_BITS) - 1))
    }

    /// The slot.
    pub fn slot(self) -> Slot {
        let index = self.0 & ((1 << Self::INDEX_BITS) - 1);
        match self.0 >> Self::INDEX_BITS {
            0 => Slot::Sent(index),
            1 => Slot::Ended(index),
            2 => Slot::Begun(index),
            3 => Slot::Returned(index),
            4 => Slot::Entered(index),
            5 => Slot::Left(index),
            6 => Slot::Set(index),
            _ => Slot::Done(index),
        }
    }
}

/// A happening.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    pub at: u64,
    pub order: u32,
    /// Its lifeline; `u16::MAX` for what happens between them.
    pub host: u16,
    pub track: Track,
    /// The transcript tells it.
    pub told: bool,
    /// A packet leaves that does not arrive.
    pub vanishes: bool,
}

/// Events that a bit is kept for, a happening: of a figure whose events are numbered more sparsely the others are sorted.
const EVENTS: usize = 64;

/// Calls `add` with all happenings and the numbers of their events, thing by thing.
fn each<Add: FnMut(u32, Packed)>(figure: &Figure, add: &mut Add) {
    let orders = |begin: Moment, end: Option<Moment>| [Some(begin.order), end.map(|end| end.order)];
    let (states, timers) = (&figure.states, &figure.timers);
    let lens = [figure.flights.len(), figure.calls.len(), states.len(), timers.len()];
    for (kind, len) in (0..).step_by(2).zip(lens) {
        for i in 0..len {
            let events = match kind {
                0 => figure.flights.events(i),
                2 => figure.calls.events(i),
                4 => states.get(i).map(|state| orders(state.from, state.until)),
                _ => timers.get(i).map(|timer| orders(timer.from, timer.until)),
            };
            for (kind, event) in (kind..).zip(events.unwrap_or_default()) {
                if let Some(event) = event {
                    add(event, Packed::new(kind, i));
                }
            }
        }
    }
}

/// All happenings, in the order of their events, which are numbered in the order of their times; those of one event kind by kind.
pub(crate) fn in_order(figure: &Figure) -> Vec<Packed> {
    const EMPTY: Packed = Packed(u32::MAX);
    let things = figure.flights.len() + figure.calls.len() + figure.states.len() + figure.timers.len();
    let most = (things * 2 * EVENTS).max(1 << 16);
    // Events are many more than happenings, but known by number: each happening's place is the count of the marked events before.
    let (mut events, mut count) = (Ranked::default(), 0);
    let mut mark = |order: u32, _: Packed| {
        count += 1;
        if (order as usize) < most {
            events.insert(order as usize);
        }
    };
    each(figure, &mut mark);
    events.count();
    let mut out = Vec::with_capacity(count);
    out.resize(events.len(), EMPTY);
    // Further happenings of one event, and those of events beyond, behind the numbers of their events: few, if any.
    let mut others: Vec<u64> = Vec::new();
    let mut put = |order: u32, packed: Packed| {
        let place = if (order as usize) < most { out.get_mut(events.rank(order as usize)) } else { None };
        let other = match place {
            Some(place) if packed.0 < place.0 => std::mem::replace(place, packed),
            _ => packed,
        };
        if other != EMPTY {
            others.push(u64::from(order) << 32 | u64::from(other.0));
        }
    };
    each(figure, &mut put);
    radix::sort(&mut others);
    // Each stands behind the first of its event: from the last on, so that what is behind moves once.
    let mut end = out.len();
    out.resize(count, EMPTY);
    for (left, &other) in others.iter().enumerate().rev() {
        let at = events.rank(((other >> 32) as usize).min(most) + 1).min(end);
        out.copy_within(at..end, at + left + 1);
        out[at + left] = Packed(other as u32);
        end = at;
    }
    out
}

/// When and where what is in a slot happens, and which row it takes there.
pub(crate) fn item(figure: &Figure, slot: Slot) -> Option<Item> {
    let (mut told, mut vanishes) = (true, false);
    let (moment, host, track) = match slot {
        Slot::Sent(i) => {
            let flight = figure.flights.brief(i as usize)?;
            vanishes = !matches!(flight.fate, Fate::Arrived(_));
            (Some(flight.sent), flight.from, Track::Departure)
        }
        Slot::Ended(i) => {
            let flight = figure.flights.brief(i as usize)?;
            match flight.fate {
                Fate::Arrived(end) => (Some(end), flight.to, Track::Arrival),
                Fate::Lost(end) => (Some(end), u16::MAX, Track::Quiet),
                Fate::OnTheWay => return None,
            }
        }
        Slot::Begun(i) => figure.calls.brief(i as usize).map(|c| (Some(c.begun), c.host, Track::Call))?,
        Slot::Returned(i) => {
            let call = figure.calls.brief(i as usize)?;
            told = call.blocked;
            (call.returned, call.host, if call.blocked { Track::Call } else { Track::Quiet })
        }
        Slot::Entered(i) => figure.states.get(i as usize).map(|s| (Some(s.from), s.host, Track::Quiet))?,
        Slot::Left(i) => {
            told = false;
            figure.states.get(i as usize).map(|s| (s.until, s.host, Track::Quiet))?
        }
        Slot::Set(i) => {
            told = false;
            figure.timers.get(i as usize).map(|t| (Some(t.from), t.host, Track::Quiet))?
        }
        Slot::Done(i) => {
            let timer = figure.timers.get(i as usize)?;
            told = timer.fired;
            (timer.until, timer.host, Track::Quiet)
        }
    };
    let moment = moment?;
    Some(Item { at: moment.at.as_nanos(), order: moment.order, host, track, told, vanishes })
}
