//! Everything of a figure that has a place on the time axis, in the order in which it happened.

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

/// A happening.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    pub moment: Moment,
    /// Its lifeline; `u16::MAX` for what happens between them.
    pub host: u16,
    pub track: Track,
    pub slot: Slot,
}

/// What happens, and the index in the figure's table of what it happens to.
#[derive(Clone, Copy, Debug)]
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

/// All happenings, in order.
pub(crate) fn items(figure: &Figure) -> Vec<Item> {
    let mut items =
        Vec::with_capacity(figure.flights.len() * 2 + figure.calls.len() * 2 + figure.states.len());
    let mut add = |moment, host, track, slot| items.push(Item { moment, host, track, slot });
    for (i, f) in figure.flights.iter().enumerate() {
        add(f.sent, f.from, Track::Departure, Slot::Sent(i as u32));
        match f.fate {
            Fate::Arrived(end) => add(end, f.to, Track::Arrival, Slot::Ended(i as u32)),
            Fate::Lost(end) => add(end, u16::MAX, Track::Quiet, Slot::Ended(i as u32)),
            Fate::OnTheWay => {}
        }
    }
    for (i, c) in figure.calls.iter().enumerate() {
        add(c.begun, c.host, Track::Call, Slot::Begun(i as u32));
        if let Some(end) = c.returned {
            let track = if c.blocked { Track::Call } else { Track::Quiet };
            add(end, c.host, track, Slot::Returned(i as u32));
        }
    }
    for (i, s) in figure.states.iter().enumerate() {
        add(s.from, s.host, Track::Quiet, Slot::Entered(i as u32));
        if let Some(end) = s.until {
            add(end, s.host, Track::Quiet, Slot::Left(i as u32));
        }
    }
    for (i, t) in figure.timers.iter().enumerate() {
        add(t.from, t.host, Track::Quiet, Slot::Set(i as u32));
        if let Some(end) = t.until {
            add(end, t.host, Track::Quiet, Slot::Done(i as u32));
        }
    }
    in_order(items)
}

/// Events are numbered in the order of their times: so the numbers alone put them in order. (Figures that no trace stands
/// behind need not keep to that.)
fn in_order(mut items: Vec<Item>) -> Vec<Item> {
    let mut places: Vec<u64> =
        items.iter().zip(0..).map(|(item, i)| u64::from(item.moment.order) << 32 | i).collect();
    radix::sort_by(&mut places, |place| place >> 32);
    let ordered: Vec<Item> =
        places.iter().filter_map(|place| items.get((place & 0xffff_ffff) as usize)).copied().collect();
    if ordered.is_sorted_by_key(|item| item.moment.at) {
        return ordered;
    }
    items.sort_by_key(|item| (item.moment.at, item.moment.order));
    items
}

/// A happening with its position, and the number of its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub position: f64,
    pub order: u32,
    pub slot: Slot,
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
