//! One panel of the charts: an area with its axes, and what draws values over time into it.
//!
//! A value lies between two instants as a step. Where more values than pixels fall together, a pixel column keeps its
//! smallest and its largest, so that nothing that sticks out is lost.

use crate::probe::Vars;
use crate::view::list::{DisplayList, Kind, Paint, Role, look};
use crate::view::metrics::{self, SMALL};

/// A value from a time (nanoseconds) on; [`Vars::UNSET`] for none.
pub(super) type Point = (u64, i64);

/// Room for the numbers of the vertical axis.
pub(super) const GUTTER: f32 = 56.0;
/// Room on the right.
pub(super) const MARGIN: f32 = 12.0;

/// An area in which times run to the right and values upwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub left: f32,
    pub right: f32,
    pub top: f32,
    pub bottom: f32,
    /// The instants at `left` and `right`.
    pub from: u64,
    pub until: u64,
    /// The values at `bottom` and `top`.
    pub low: f64,
    pub high: f64,
}

impl Panel {
    pub(super) fn x(&self, at: u64) -> f32 {
        let part = (at as f64 - self.from as f64) / (self.until - self.from).max(1) as f64;
        self.left + (part.clamp(-1.0, 2.0) * f64::from(self.right - self.left)) as f32
    }

    pub(super) fn y(&self, value: f64) -> f32 {
        let part = (value - self.low) / (self.high - self.low).max(1e-9);
        self.bottom - (part.clamp(-2.0, 3.0) * f64::from(self.bottom - self.top)) as f32
    }

    pub(super) fn clip(&self) -> [f32; 4] {
        [self.left, self.top - 1.0, self.right - self.left, self.bottom - self.top + 2.0]
    }

    /// Axes, grid and numbers; the values' unit is `per` of them and stands in the panel's heading.
    pub(super) fn axes(&self, list: &mut DisplayList, per: f64, times: Option<(f64, &str)>) {
        let grid = Paint::new(Role::Grid);
        let faint = Paint::new(Role::Faint);
        let rows = ((self.bottom - self.top) / 34.0).clamp(2.0, 6.0);
        for (value, text) in ticks(self.low / per, self.high / per, f64::from(rows)) {
            let y = self.y(value * per).round();
            if y < self.top - 0.5 || y > self.bottom + 0.5 {
                continue;
            }
            list.line((self.left, y), (self.right, y), grid);
            list.text((self.left - 6.0, y + 4.0), &text, faint.look(look::END));
        }
        let (unit, name) = times.unwrap_or((1.0, ""));
        let columns = f64::from((self.right - self.left) / 70.0).clamp(2.0, 12.0);
        let mut free = f32::MIN;
        if times.is_some() {
            let width = metrics::width(name, SMALL);
            list.text((self.right, self.bottom + 15.0), name, faint.look(look::END));
            free = self.right - width - 6.0;
        }
        for (value, text) in ticks(self.from as f64 / unit, self.until as f64 / unit, columns) {
            let x = self.x((value * unit) as u64).round();
            if x < self.left - 0.5 || x > self.right + 0.5 {
                continue;
            }
            list.line((x, self.top), (x, self.bottom), grid);
            let half = metrics::width(&text, SMALL) / 2.0;
            if times.is_some() && x + half < free && x - half > self.left - 20.0 {
                list.text((x, self.bottom + 15.0), &text, faint.look(look::CENTRE));
            }
        }
        list.line((self.left, self.bottom), (self.right, self.bottom), faint);
        list.line((self.left, self.top), (self.left, self.bottom), faint);
    }

    /// Values as steps; filled down to the axis if `paint` is soft.
    pub(super) fn steps(&self, list: &mut DisplayList, points: &[Point], paint: Paint) {
        // All values of the first instant, or else the one that holds then.
        let here = points.partition_point(|p| p.0 < self.from);
        let first = here - usize::from(here > 0 && points.get(here).is_none_or(|p| p.0 > self.from));
        let last = points.partition_point(|p| p.0 <= self.until);
        let mut run = Run::default();
        for &(at, value) in points.get(first..last).unwrap_or_default() {
            let x = self.x(at).max(self.left);
            if value == Vars::UNSET {
                self.end(list, &mut run, x, paint);
            } else {
                run.to(x, self.y(value as f64));
            }
        }
        self.end(list, &mut run, self.right, paint);
    }

    fn end(&self, list: &mut DisplayList, run: &mut Run, x: f32, paint: Paint) {
        let mut run = std::mem::take(run);
        let Some(last) = run.last else { return };
        run.flush();
        run.points.extend([x, last]);
        if paint.look & look::SOFT == 0 {
            list.mark(Kind::Line, &run.points, paint);
        } else {
            let first = run.points.first().copied().unwrap_or_default();
            run.points.extend([x, self.bottom, first, self.bottom]);
            list.mark(Kind::Area, &run.points, paint);
        }
    }
}

/// A stepped line as it grows, one pixel column after the other.
#[derive(Default)]
struct Run {
    points: Vec<f32>,
    x: f32,
    low: f32,
    high: f32,
    last: Option<f32>,
    crowded: bool,
}

impl Run {
    fn to(&mut self, x: f32, y: f32) {
        if self.last.is_some() && x as i32 == self.x as i32 {
            (self.low, self.high) = (self.low.min(y), self.high.max(y));
            self.crowded = true;
        } else {
            self.flush();
            if let Some(before) = self.last {
                self.points.extend([x, before]);
            }
            self.points.extend([x, y]);
            (self.x, self.low, self.high) = (x, y, y);
        }
        self.last = Some(y);
    }

    /// Adds what the present column had beyond its first value.
    fn flush(&mut self) {
        if let (true, Some(last)) = (std::mem::take(&mut self.crowded), self.last) {
            self.points.extend([self.x, self.low, self.x, self.high, self.x, last]);
        }
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below `least` (which is above 0), and its power of ten. Logarithms
/// would weigh kilobytes in the page.
pub(super) fn round_up(least: f64) -> (f64, i32) {
    let mut power = 0;
    while power < 300 && 10f64.powi(power + 1) <= least {
        power += 1;
    }
    while power > -300 && 10f64.powi(power) > least {
        power -= 1;
    }
    let unit = 10f64.powi(power);
    let round = [1.0, 2.0, 5.0].into_iter().map(|n| n * unit).find(|round| *round >= least);
    round.map_or((10.0 * unit, power + 1), |round| (round, power))
}

/// Round numbers between `low` and `high`, about `most` of them, as texts.
pub(super) fn ticks(low: f64, high: f64, most: f64) -> Vec<(f64, String)> {
    let span = (high - low).max(1e-9);
    let (step, power) = round_up(span / most * 0.999);
    let decimals = (-power).clamp(0, 6) as usize;
    let first = (low / step).ceil() as i64;
    let count = (span / step) as i64 + 1;
    let tick = |i: i64| {
        let value = i as f64 * step;
        (value, format!("{value:.decimals$}"))
    };
    (first..first + count.min(100)).map(tick).filter(|t| t.0 <= high + step * 1e-6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn round_numbers_are_the_next_above() {
        for (least, round, power) in [
            (1.0, 1.0, 0),
            (1.01, 2.0, 0),
            (2.0, 2.0, 0),
            (4.9, 5.0, 0),
            (5.1, 10.0, 1),
            (0.03, 0.05, -2),
            (0.000_6, 0.001, -3),
            (7_200.0, 10_000.0, 4),
            (1e12, 1e12, 12),
        ] {
            assert_eq!(round_up(least), (round, power), "{least}");
        }
        assert!(round_up(f64::INFINITY).1 <= 301 && round_up(f64::MIN_POSITIVE).1 >= -301, "it ends");
    }

    const PANEL: Panel = Panel {
        left: 0.0,
        right: 50.0,
        top: 0.0,
        bottom: 100.0,
        from: 0,
        until: 1_000,
        low: 0.0,
        high: 100.0,
    };

    #[test]
    fn ticks_are_round() {
        let texts = |low, high, n| ticks(low, high, n).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(texts(0.0, 100.0, 5.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(texts(0.0, 0.9, 4.0), ["0.0", "0.5"]);
        assert_eq!(texts(3.2, 7.0, 4.0), ["4", "5", "6", "7"]);
        assert!(texts(0.0, 0.0, 4.0).len() < 10);
    }

    proptest! {
        #[test]
        fn no_extreme_is_lost(values in prop::collection::vec((0u64..1_000, 0i64..100), 1..300)) {
            let mut values = values;
            values.sort_by_key(|v| v.0);
            let mut list = DisplayList::new(50.0, 100.0);
            PANEL.steps(&mut list, &values, Paint::new(Role::Ink));
            let ys = list.points.chunks_exact(2).map(|p| p[1]);
            let (low, high) = (values.iter().map(|v| v.1).min().unwrap(), values.iter().map(|v| v.1).max().unwrap());
            prop_assert_eq!(ys.clone().fold(f32::MAX, f32::min), PANEL.y(high as f64));
            prop_assert_eq!(ys.fold(f32::MIN, f32::max), PANEL.y(low as f64));
            prop_assert!(list.points.len() <= 2 * 6 * 52, "{}", list.points.len());
            let xs: Vec<f32> = list.points.chunks_exact(2).map(|p| p[0]).collect();
            prop_assert!(xs.windows(2).all(|w| w[0] <= w[1]));
        }
    }
}
