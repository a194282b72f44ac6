//! What is asked of an axis that is laid out: where things stand, and what stands where.

use super::Scale;
use crate::time::Instant;
use crate::trace::blocks::FAN;
use crate::view::figure::Figure;
use crate::view::items::{Slot, item};
use crate::view::scale::Idle;

impl Scale {
    /// Where what is in a slot stands.
    pub(super) fn at(&self, slot: Slot) -> Option<f64> {
        match slot {
            Slot::Sent(i) => self.sent.get(i as usize).copied(),
            Slot::Ended(i) => self.ended.get(i as usize).copied(),
            Slot::Begun(i) => self.calls.get(i as usize).map(|c| c.0),
            Slot::Returned(i) => self.calls.get(i as usize).map(|c| c.1),
            Slot::Entered(i) => self.states.get(i as usize).map(|s| s.0),
            Slot::Left(i) => self.states.get(i as usize).map(|s| s.1),
            Slot::Set(i) => self.timers.get(i as usize).map(|t| t.0),
            Slot::Done(i) => self.timers.get(i as usize).map(|t| t.1),
        }
    }

    /// The `i`th happening and its position.
    pub(crate) fn happening(&self, i: usize) -> Option<(Slot, f64)> {
        let slot = self.placed.get(i)?.slot();
        Some((slot, self.at(slot)?))
    }

    /// How many happenings stand at a position or above.
    pub(crate) fn count_until(&self, position: f64) -> usize {
        self.placed.partition_point(|placed| self.at(placed.slot()).is_some_and(|y| y <= position + 0.01))
    }

    /// The first flight that ends at a position or below; the number of all, if none does.
    pub(crate) fn first_ended(&self, position: f64) -> usize {
        let from = self.ended_max.partition_point(|&lowest| lowest < position) * FAN;
        let rest = self.ended.get(from..).unwrap_or_default();
        rest.iter().position(|&y| y >= position).map_or(self.ended.len(), |i| from + i)
    }

    /// The calls up to `bottom` that return below `top`, in order.
    pub(crate) fn calls_between(&self, top: f64, bottom: f64) -> Vec<usize> {
        let blocks = self.begins.partition_point(|&begin| begin <= bottom);
        let end = (blocks * FAN).min(self.calls.len());
        let mut seen = self.calls_open(end, top);
        seen.retain(|&i| self.calls.get(i).is_some_and(|call| call.0 <= bottom));
        seen
    }

    /// Of the calls before `before` those that return below `position`, in order.
    pub(crate) fn calls_open(&self, before: usize, position: f64) -> Vec<usize> {
        self.returns.beyond(before, position, |i| self.calls.get(i).map(|call| call.1))
    }

    /// Where events stand, ascending, each once; worked out when first asked for.
    pub fn stops(&self) -> &[f64] {
        self.stops.get_or_init(|| {
            let mut stops: Vec<f64> = Vec::new();
            for y in self.placed.iter().filter_map(|placed| self.at(placed.slot())) {
                if stops.last().is_none_or(|stop| y - stop >= 0.5) {
                    stops.push(y);
                }
            }
            stops
        })
    }

    /// The position of a time (of the first event at that time).
    pub fn position(&self, at: Instant) -> f64 {
        let at = at.as_nanos();
        let i = self.knots.partition_point(|k| k.at < at);
        match (i.checked_sub(1).and_then(|i| self.knots.get(i)), self.knots.get(i)) {
            (_, Some(k)) if k.at == at => self.top(i),
            (Some(a), Some(b)) => {
                let part = (at - a.at) as f64 / (b.at - a.at) as f64;
                a.bottom + part * (self.top(i) - a.bottom)
            }
            (Some(a), None) => a.bottom,
            _ => 0.0,
        }
    }

    /// How many knots stand above a position: the next begins below the end of the one before.
    fn knots_above(&self, is_above: &dyn Fn(f64) -> bool) -> usize {
        let i = self.knots.partition_point(|k| is_above(k.bottom));
        i + usize::from(i < self.knots.len() && is_above(self.top(i)))
    }

    /// The time at a position.
    pub fn instant(&self, position: f64) -> Instant {
        let i = self.knots_above(&|y| y <= position);
        let Some(a) = i.checked_sub(1).and_then(|i| self.knots.get(i)) else { return Instant::START };
        match self.knots.get(i) {
            Some(b) if position > a.bottom => {
                let part = ((position - a.bottom) / (self.top(i) - a.bottom)).clamp(0.0, 1.0);
                Instant::from_nanos(a.at + (part * (b.at - a.at) as f64) as u64)
            }
            _ => Instant::from_nanos(a.at),
        }
    }

    /// The number of the latest event of the figure that has happened at a position.
    pub fn order_at(&self, figure: &Figure, position: f64) -> u32 {
        let (mut latest, mut now) = (0, None);
        let until = self.placed.get(..self.count_until(position)).unwrap_or_default();
        for item in until.iter().rev().map_while(|placed| item(figure, placed.slot())) {
            // Only what happens at once stands in another order.
            if *now.get_or_insert(item.at) != item.at {
                break;
            }
            latest = item.order.max(latest);
        }
        latest
    }

    /// The compressed stretches between two positions.
    pub fn idles_in(&self, top: f64, bottom: f64) -> &[Idle] {
        let first = self.idles.partition_point(|idle| idle.bottom < top);
        let last = self.idles.partition_point(|idle| idle.top <= bottom);
        self.idles.get(first..last.max(first)).unwrap_or_default()
    }

    /// Times at which something stands, with their positions, between two positions.
    pub fn ticks(&self, top: f64, bottom: f64) -> impl Iterator<Item = (Instant, f64)> + '_ {
        let first = self.knots_above(&|y| y < top);
        let knots = self.knots.get(first..).unwrap_or_default().iter();
        let ticks = (first..).zip(knots).map(|(i, k)| (Instant::from_nanos(k.at), self.top(i)));
        ticks.take_while(move |tick| tick.1 <= bottom)
    }

    /// The position of the `i`th knot.
    fn top(&self, i: usize) -> f64 {
        let (Some(before), Some(knot)) =
            (i.checked_sub(1).and_then(|i| self.knots.get(i)), self.knots.get(i))
        else {
            return 0.0;
        };
        let natural = (knot.at - before.at) as f64 * self.per_ns;
        if natural > self.idle_above {
            let idle = self.idles.get(self.idles.partition_point(|idle| idle.top < before.bottom));
            return idle.map_or(knot.bottom, |idle| idle.bottom);
        }
        before.bottom + natural
    }
}
