//! Everything of a figure that has a place on the time axis, in the order in which it happened.

use crate::time::Instant;
use crate::trace::radix;
use crate::view::figure::{Fate, Figure, Moment};

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
pub(crate) struct Packed(u32);

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
    pub slot: Packed,
}

/// All happenings, in the order of their events, which are numbered in the order of their times.
pub(crate) fn items(figure: &Figure) -> impl Iterator<Item = Item> + '_ {
    let mut places: Vec<u64> =
        Vec::with_capacity(figure.flights.len() * 2 + figure.calls.len() * 2 + figure.states.len());
    let mut add = |moment: Moment, kind, index| {
        places.push(u64::from(moment.order) << 32 | u64::from(Packed::new(kind, index).0));
    };
    for (i, f) in figure.flights.iter().enumerate() {
        add(f.sent, 0, i);
        if let Some(end) = f.fate.end() {
            add(end, 1, i);
        }
    }
    for (i, c) in figure.calls.iter().enumerate() {
        add(c.begun, 2, i);
        if let Some(end) = c.returned {
            add(end, 3, i);
        }
    }
    for (i, s) in figure.states.iter().enumerate() {
        add(s.from, 4, i);
        if let Some(end) = s.until {
            add(end, 5, i);
        }
    }
    for (i, t) in figure.timers.iter().enumerate() {
        add(t.from, 6, i);
        if let Some(end) = t.until {
            add(end, 7, i);
        }
    }
    radix::sort_by(&mut places, |place| place >> 32);
    places.into_iter().filter_map(move |place| {
        let slot = Packed(place as u32);
        let (at, host, track) = happening(figure, slot.slot())?;
        Some(Item { at: at.as_nanos(), order: (place >> 32) as u32, host, track, slot })
    })
}

/// When and where what is in a slot happens, and which row it takes there.
fn happening(figure: &Figure, slot: Slot) -> Option<(Instant, u16, Track)> {
    let of = |end: Option<Moment>| end.map(|end| end.at);
    Some(match slot {
        Slot::Sent(i) => {
            let flight = figure.flights.get(i as usize)?;
            (flight.sent.at, flight.from, Track::Departure)
        }
        Slot::Ended(i) => {
            let flight = figure.flights.get(i as usize)?;
            match flight.fate {
                Fate::Arrived(end) => (end.at, flight.to, Track::Arrival),
                Fate::Lost(end) => (end.at, u16::MAX, Track::Quiet),
                Fate::OnTheWay => return None,
            }
        }
        Slot::Begun(i) => figure.calls.get(i as usize).map(|call| (call.begun.at, call.host, Track::Call))?,
        Slot::Returned(i) => {
            let call = figure.calls.get(i as usize)?;
            (of(call.returned)?, call.host, if call.blocked { Track::Call } else { Track::Quiet })
        }
        Slot::Entered(i) => figure.states.get(i as usize).map(|s| (s.from.at, s.host, Track::Quiet))?,
        Slot::Left(i) => {
            let state = figure.states.get(i as usize)?;
            (of(state.until)?, state.host, Track::Quiet)
        }
        Slot::Set(i) => figure.timers.get(i as usize).map(|t| (t.from.at, t.host, Track::Quiet))?,
        Slot::Done(i) => {
            let timer = figure.timers.get(i as usize)?;
            (of(timer.until)?, timer.host, Track::Quiet)
        }
    })
}

/// A happening with its position, and the number of its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub position: f64,
    pub order: u32,
    pub slot: Packed,
}

/// One list of several, each of which is in the order of positions and of events.
pub(crate) fn merged(mut lists: Vec<Vec<Placed>>) -> Vec<Placed> {
    lists.retain(|list| !list.is_empty());
    while lists.len() > 1 {
        let mut pairs = std::mem::take(&mut lists).into_iter();
        while let Some(first) = pairs.next() {
            lists.push(match pairs.next() {
                Some(second) => merged_pair(&first, &second),
                None => first,
            });
        }
    }
    lists.pop().unwrap_or_default()
}

fn merged_pair(mut first: &[Placed], mut second: &[Placed]) -> Vec<Placed> {
    let mut out = Vec::with_capacity(first.len() + second.len());
    while let ([a, rest_a @ ..], [b, rest_b @ ..]) = (first, second) {
        if (b.position, b.order) < (a.position, a.order) {
            out.push(*b);
            second = rest_b;
        } else {
            out.push(*a);
            first = rest_a;
        }
    }
    out.extend_from_slice(first);
    out.extend_from_slice(second);
    out
}
