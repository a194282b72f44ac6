//! The time axis of the ladder: from moments to *positions*, in pixels at zoom 1.
//!
//! Time runs in proportion, with two exceptions that keep the figure readable: an idle stretch is compressed (and
//! marked), and what happens at once, or nearly, is spread so that every row has room for its label. The map from
//! time to position never runs backwards, and events of one host keep their order. The playhead is a position.

use std::cell::OnceCell;
use std::ops::Range;

use crate::time::Duration;
use crate::trace::blocks::FAN;
use crate::trace::radix;
use crate::view::boxes;
use crate::view::figure::{Fate, Figure};
use crate::view::items::{Item, Packed, Slot, Track, in_order, item};
use crate::view::ranked::Ranked;
use crate::view::reach::Reach;

mod asked;

/// How tall things get, in pixels at zoom 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    /// Height of a typical flight (the median).
    pub flight: f64,
    /// Least distance of two departures, or two arrivals, at one host.
    pub row: f64,
    /// Least distance of two rows of calls at one host.
    pub call_row: f64,
    /// A stretch in which nothing happens and that would be taller than this is compressed …
    pub idle_above: f64,
    /// … to this.
    pub idle: f64,
}

impl Rhythm {
    /// The rhythm with a typical flight of `flight` pixels.
    pub fn with_flight(flight: f64) -> Rhythm {
        Rhythm { flight, row: 17.0, call_row: 15.0, idle_above: (flight * 2.4).max(72.0), idle: 40.0 }
    }
}

/// The part of the way after which the arrow of a lost packet ends, at least and at most.
pub(crate) const LOST_PART: (f64, f64) = (0.45, 0.72);

/// A stretch of the axis that was compressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Idle {
    /// Where it begins.
    pub top: f64,
    /// Where it ends.
    pub bottom: f64,
    /// How long it lasts.
    pub span: Duration,
}

/// A time at which something happens. Where its first event stands follows from the knot before ([`Scale::top`]): it is not kept.
#[derive(Clone, Copy, Debug)]
struct Knot {
    at: u64,
    /// Position of the last event at this time.
    bottom: f64,
}

/// The time axis of one figure.
#[derive(Clone, Debug, Default)]
pub struct Scale {
    knots: Vec<Knot>,
    /// Height of a nanosecond, and above which height a stretch is compressed.
    per_ns: f64,
    idle_above: f64,
    /// Per flight: where it leaves.
    pub sent: Vec<f64>,
    /// Per flight: where it arrives or is lost.
    pub ended: Vec<f64>,
    /// Per call: where it begins and returns.
    pub calls: Vec<(f64, f64)>,
    /// Per state: where it is entered and left.
    pub states: Vec<(f64, f64)>,
    /// Per timer: where it is set and ends.
    pub timers: Vec<(f64, f64)>,
    /// Compressed stretches, in order.
    pub idles: Vec<Idle>,
    /// Height of a typical flight.
    pub flight: f64,
    /// The position of the end.
    pub height: f64,
    /// See [`Scale::stops`].
    stops: OnceCell<Vec<f64>>,
    /// All happenings in the order of their positions.
    placed: Vec<Packed>,
    /// Which of these the transcript tells.
    pub(crate) told: Ranked,
    /// Per [`FAN`] flights: the lowest `ended` up to there, for finding what is visible.
    ended_max: Vec<f64>,
    /// Where calls return.
    returns: Reach,
    /// Per [`FAN`] calls: the highest beginning from there on (from host to host, positions do not quite go with time).
    begins: Vec<f64>,
}

/// The median of the flights' times, in nanoseconds.
fn typical_flight(figure: &Figure) -> Option<u64> {
    let mut spans = Vec::with_capacity(figure.flights.len());
    for i in 0..figure.flights.len() {
        if let Some((sent, Fate::Arrived(end))) = figure.flights.brief(i).map(|f| (f.sent, f.fate)) {
            spans.push(end.at.since(sent.at).as_nanos());
        }
    }
    median(spans)
}

/// The median of the times between calls' begins, which stands in where no packet is known.
fn typical_gap(figure: &Figure) -> Option<u64> {
    let begun = |i: usize| figure.calls.brief(i).map(|call| call.begun.at);
    let gaps = (1..figure.calls.len()).filter_map(|i| Some(begun(i)?.since(begun(i - 1)?).as_nanos()));
    median(gaps.collect())
}

/// The median of those above 0, if any is.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.retain(|&ns| ns > 0);
    let middle = values.len() / 2;
    radix::nth(values, middle)
}

/// Where the last things of one host stand.
#[derive(Clone, Copy)]
struct Last {
    any: f64,
    departure: f64,
    arrival: f64,
    call: f64,
}

impl Last {
    const NEVER: Last = Last { any: f64::MIN, departure: f64::MIN, arrival: f64::MIN, call: f64::MIN };
}

impl Scale {
    /// Lays the axis out.
    pub fn new(figure: &Figure, rhythm: Rhythm) -> Scale {
        let by_flights = typical_flight(figure).map(|ns| rhythm.flight / ns as f64);
        let per_ns = by_flights.or_else(|| typical_gap(figure).map(|ns| 28.0 / ns as f64)).unwrap_or(1e-6);
        let mut scale = Scale {
            sent: vec![0.0; figure.flights.len()],
            ended: vec![f64::NAN; figure.flights.len()],
            calls: vec![(0.0, f64::NAN); figure.calls.len()],
            states: vec![(0.0, f64::NAN); figure.states.len()],
            timers: vec![(0.0, f64::NAN); figure.timers.len()],
            flight: rhythm.flight,
            per_ns,
            idle_above: rhythm.idle_above,
            ..Scale::default()
        };
        let mut last = vec![Last::NEVER; figure.hosts.len() + 1];
        let mut placed = in_order(figure);
        // Nearly all is told.
        scale.told = Ranked::all(placed.len());
        // No more times than happenings; what is not needed is given back.
        scale.knots.reserve_exact(placed.len() + 2);
        scale.knots.push(Knot { at: 0, bottom: 0.0 });
        let (mut now, mut floor) = (0u64, 0.0f64);
        // Arrows of what was lost are drawn some way on, also where nothing happens any more.
        let mut drawn = 0.0f64;
        // Of what happens at once: the first, where the last stands, and whether one host's things stand above what happened before at
        // another, which they may only there.
        let (mut first, mut lowest, mut mixed) = (0, 0.0, false);
        for i in 0..placed.len() {
            let slot = placed[i].slot();
            let Some(item) = item(figure, slot) else {
                scale.told.remove(i);
                continue;
            };
            if item.at > now {
                if mixed {
                    scale.settle(figure, &mut placed[..i], first);
                }
                scale.end_knot(lowest);
                floor = scale.advance(item.at, floor, drawn, rhythm_at(figure, now, item.at, rhythm));
                (now, first, lowest, mixed) = (item.at, i, floor, false);
            }
            let host = (item.host as usize).min(last.len() - 1);
            let y = place(&item, floor, &mut last[host], rhythm);
            mixed |= y < lowest;
            // The first rows of an instant may push its beginning down: nothing stands there yet.
            lowest = lower(lowest, y);
            if !item.told {
                scale.told.remove(i);
            }
            scale.set(slot, y);
            if item.vanishes {
                drawn = drawn.max(y + rhythm.flight * LOST_PART.1 + 8.0);
            }
        }
        if mixed {
            scale.settle(figure, &mut placed, first);
        }
        scale.end_knot(lowest);
        scale.placed = placed;
        if figure.end.as_nanos() > now {
            let at = figure.end.as_nanos();
            scale.advance(at, floor, drawn, rhythm_at(figure, now, at, rhythm));
        }
        // What was lost at the very end is seen to its cross.
        if let Some(knot) = scale.knots.last_mut() {
            knot.bottom = knot.bottom.max(drawn);
            scale.height = knot.bottom;
        }
        scale.knots.shrink_to_fit();
        scale.told.count();
        scale.close();
        scale
    }

    /// The axis for a figure that should fit into `room` pixels: the roomiest rhythm that does, else a middling one.
    pub fn fitting(figure: &Figure, room: f64) -> Scale {
        let tries = [84.0, 68.0, 56.0, 46.0, 38.0, 30.0];
        let middling = Rhythm::with_flight(46.0);
        if Scale::never_fits(figure, room) {
            return Scale::new(figure, middling);
        }
        let mut best = None;
        for flight in tries {
            let scale = Scale::new(figure, Rhythm::with_flight(flight));
            if scale.height <= room {
                return scale;
            }
            if flight == 46.0 {
                best = Some(scale);
            } else if figure.flights.len() > 5_000 {
                break;
            }
        }
        best.unwrap_or_else(|| Scale::new(figure, middling))
    }

    /// True of a figure so long that whatever the room is, it gets the middling rhythm.
    pub(crate) fn never_fits(figure: &Figure, room: f64) -> bool {
        // Some host has no fewer departures than the others on average.
        let departures = figure.flights.len() / figure.hosts.len().max(1);
        let row = Rhythm::with_flight(46.0).row;
        figure.flights.len() > 5_000 && departures.saturating_sub(1) as f64 * row > room
    }

    /// Adds a knot at `at`, in proportion to the time since the last one, or compressed (then below what is `drawn` already);
    /// gives its position.
    fn advance(&mut self, at: u64, floor: f64, drawn: f64, rhythm: Rhythm) -> f64 {
        let Some(&Knot { at: before, bottom }) = self.knots.last() else { return floor };
        let natural = (at - before) as f64 * self.per_ns;
        let top = if natural > self.idle_above {
            let top = bottom.max(drawn);
            let span = Duration::from_nanos(at - before);
            self.idles.push(Idle { top, bottom: top + rhythm.idle, span });
            top + rhythm.idle
        } else {
            bottom + natural
        };
        self.knots.push(Knot { at, bottom: top });
        top
    }

    /// Everything at the time of the last knot stands at `bottom` or above.
    fn end_knot(&mut self, bottom: f64) {
        if let Some(knot) = self.knots.last_mut() {
            knot.bottom = bottom;
        }
    }

    /// Puts the happenings of one instant, which are the last of `placed` from `first` on, in the order of their positions.
    fn settle(&mut self, figure: &Figure, placed: &mut [Packed], first: usize) {
        let Some(group) = placed.get_mut(first..) else { return };
        // Positions are never below 0: their bits stand in their order.
        let bits = |packed: &Packed| self.at(packed.slot()).unwrap_or_default().to_bits();
        let mut order: Vec<Range<u64>> = group.iter().zip(0..).map(|(packed, i)| bits(packed)..i).collect();
        boxes::in_order(&mut order);
        let before = group.to_vec();
        for ((i, place), at) in (first..).zip(group).zip(order) {
            let Some(&packed) = before.get(at.end as usize) else { continue };
            *place = packed;
            match item(figure, packed.slot()) {
                Some(item) if item.told => self.told.insert(i),
                _ => self.told.remove(i),
            }
        }
    }

    fn set(&mut self, slot: Slot, y: f64) {
        let place = match slot {
            Slot::Sent(i) => self.sent.get_mut(i as usize),
            Slot::Ended(i) => self.ended.get_mut(i as usize),
            Slot::Begun(i) => self.calls.get_mut(i as usize).map(|c| &mut c.0),
            Slot::Returned(i) => self.calls.get_mut(i as usize).map(|c| &mut c.1),
            Slot::Entered(i) => self.states.get_mut(i as usize).map(|s| &mut s.0),
            Slot::Left(i) => self.states.get_mut(i as usize).map(|s| &mut s.1),
            Slot::Set(i) => self.timers.get_mut(i as usize).map(|t| &mut t.0),
            Slot::Done(i) => self.timers.get_mut(i as usize).map(|t| &mut t.1),
        };
        if let Some(place) = place {
            *place = y;
        }
    }

    /// Gives what never ended the end of the record, and prepares the searches.
    fn close(&mut self) {
        let height = self.height;
        for (sent, ended) in self.sent.iter().zip(&mut self.ended) {
            if ended.is_nan() {
                *ended = height.max(*sent);
            }
        }
        for (_, until) in self.calls.iter_mut().chain(&mut self.states).chain(&mut self.timers) {
            if until.is_nan() {
                *until = height;
            }
        }
        let mut lowest = f64::MIN;
        let lowest_yet = |ended: &[f64]| {
            lowest = ended.iter().fold(lowest, |lowest, &y| lower(lowest, y));
            lowest
        };
        self.ended_max = self.ended.chunks(FAN).map(lowest_yet).collect();
        self.returns = Reach::new(self.calls.len(), |i| self.calls[i].1);
        let highest = |calls: &[(f64, f64)]| calls.iter().map(|call| call.0).fold(f64::MAX, f64::min);
        self.begins = self.calls.chunks(FAN).map(highest).collect();
        let mut least = f64::MAX;
        for begin in self.begins.iter_mut().rev() {
            least = least.min(*begin);
            *begin = least;
        }
    }
}

/// An idle stretch that a connection spends in TIME-WAIT gets room for that name.
fn rhythm_at(figure: &Figure, from: u64, to: u64, rhythm: Rhythm) -> Rhythm {
    let waits = |s: &crate::view::figure::StateSpan| {
        s.state == "TIME-WAIT"
            && s.from.at.as_nanos() <= from
            && s.until.is_none_or(|end| end.at.as_nanos() >= to)
    };
    let long = to - from >= 1_000_000_000;
    if long && figure.states.iter().any(waits) { Rhythm { idle: 78.0, ..rhythm } } else { rhythm }
}

/// The greater of two numbers, of which none is NaN: `f64::max` looks.
fn lower(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// Finds the place of `item` at or below `floor`, with room to what stands above it, and remembers it.
fn place(item: &Item, floor: f64, last: &mut Last, rhythm: Rhythm) -> f64 {
    let mut y = lower(floor, last.any);
    match item.track {
        Track::Departure => {
            y = lower(y, last.departure + rhythm.row);
            last.departure = y;
        }
        Track::Arrival => {
            y = lower(y, last.arrival + rhythm.row);
            last.arrival = y;
        }
        Track::Call => {
            y = lower(y, last.call + rhythm.call_row);
            last.call = y;
        }
        Track::Quiet => {}
    }
    if item.host != u16::MAX {
        last.any = y;
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;
    use crate::view::sample;
    use proptest::prelude::*;

    #[test]
    fn equal_flights_are_equally_tall_and_idle_is_compressed() {
        let figure = sample::hello();
        let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
        let first = scale.ended[0] - scale.sent[0];
        assert!((first - 50.0).abs() < 1.0, "{first}");
        let mut slow = figure.clone();
        slow.end = Instant::from_nanos(3_600_000_000_000);
        let scale = Scale::new(&slow, Rhythm::with_flight(50.0));
        assert_eq!(scale.idles.len(), 1);
        assert!(scale.height < 1_000.0);
    }

    #[test]
    fn the_axis_reaches_to_the_cross_of_what_is_lost_at_the_end() {
        let run = crate::sim::Run::new(&crate::sim::builtin("keep-alive").unwrap(), &[]).unwrap();
        let session = crate::view::session::Session::new(run.shared_trace());
        let (figure, scale) = (session.figure(), session.scale());
        let mut lost =
            figure.flights.iter().zip(&scale.sent).filter(|(f, _)| matches!(f.fate, Fate::Lost(_)));
        assert!(lost.all(|(_, sent)| sent + scale.flight * LOST_PART.1 <= scale.height));
    }

    #[test]
    fn rows_have_room_for_their_labels() {
        let figure = sample::hello();
        let scale = Scale::new(&figure, Rhythm::with_flight(30.0));
        for (i, a) in figure.flights.iter().enumerate() {
            for (j, b) in figure.flights.iter().enumerate().skip(i + 1) {
                if a.from == b.from {
                    assert!(scale.sent[j] - scale.sent[i] >= 16.9, "{i} {j}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_axis_never_runs_backwards(gaps in proptest::collection::vec(0u64..5_000_000_000, 1..40)) {
            let figure = sample::of_gaps(&gaps);
            let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
            let mut before = f64::MIN;
            for i in 0..figure.flights.len() {
                prop_assert!(scale.sent[i] >= before);
                prop_assert!(scale.ended[i] >= scale.sent[i]);
                before = scale.sent[i];
            }
            for y in scale.ended.iter().flat_map(|y| [*y, y.next_down(), y.next_up()]) {
                let model = scale.ended.iter().position(|&end| end >= y).unwrap_or(scale.ended.len());
                prop_assert_eq!(scale.first_ended(y), model);
            }
            let ticks: Vec<(Instant, f64)> = scale.ticks(0.0, scale.height).collect();
            for &(at, y) in &ticks {
                prop_assert_eq!((scale.position(at), scale.instant(y)), (y, at));
            }
            prop_assert!(ticks.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1));
            let mut at = 0;
            let mut before = f64::MIN;
            for gap in &gaps {
                at += gap;
                let y = scale.position(Instant::from_nanos(at));
                prop_assert!(y >= before);
                before = y;
                let back = scale.instant(y).as_nanos();
                prop_assert!(back.abs_diff(at) <= 2 + at / 1_000_000_000, "{back} {at}");
            }
        }
    }
}
