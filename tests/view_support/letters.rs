//! Where the letters of a ladder's labels stand, and what runs through them.

use framewire::view::ladder;
use framewire::view::list::{DisplayList, Kind, Role, look};
use framewire::view::metrics;

type Point = (f32, f32);

/// Half the height of the letters.
const LETTERS: f32 = 4.5;

/// A label: where its letters stand, as a turned box.
struct Letters<'a> {
    text: &'a str,
    middle: Point,
    /// Along the baseline, of length 1.
    along: Point,
    half: f32,
    has_ground: bool,
}

impl Letters<'_> {
    /// The letters of the `i`th mark, if it is a label below the hosts' names and in sight.
    fn of(list: &DisplayList, i: usize) -> Option<Letters<'_>> {
        let (text, p) = (list.text_of(i)?, list.points_of(i));
        if p[1] < ladder::HEAD || p[1] > list.height {
            return None;
        }
        let half = metrics::width(text, metrics::SMALL) / 2.0;
        let (dx, dy) = if p.len() == 4 { (p[2] - p[0], p[3] - p[1]) } else { (1.0, 0.0) };
        let length = (dx * dx + dy * dy).sqrt();
        let along = (dx / length, dy / length);
        let shift = match list.look[i] {
            l if l & look::CENTRE != 0 => 0.0,
            l if l & look::END != 0 => -half,
            _ => half,
        };
        // The middle of the letters lies above the baseline.
        let middle = (p[0] + along.0 * shift + along.1 * 4.0, p[1] + along.1 * shift - along.0 * 4.0);
        // The estimate errs on the wide side.
        let has_ground = list.look[i] & look::HALO != 0;
        Some(Letters { text, middle, along, half: half * 0.94, has_ground })
    }

    /// True if the line from `a` to `b` runs through them.
    fn is_struck(&self, a: Point, b: Point) -> bool {
        let turned = |(x, y): Point| {
            let (x, y) = (x - self.middle.0, y - self.middle.1);
            [x * self.along.0 + y * self.along.1, y * self.along.0 - x * self.along.1]
        };
        let (a, b) = (turned(a), turned(b));
        let (mut from, mut until) = (0.0f32, 1.0f32);
        for (axis, half) in [(0, self.half), (1, LETTERS)] {
            let (start, way) = (a[axis], b[axis] - a[axis]);
            if way.abs() < 1e-4 {
                if start.abs() >= half {
                    return false;
                }
                continue;
            }
            let (one, two) = ((-half - start) / way, (half - start) / way);
            (from, until) = (from.max(one.min(two)), until.min(one.max(two)));
        }
        from < until
    }
}

/// True for the lifeline of a host between others, which arrows cross: their labels may stand on it, on a ground of their own.
fn is_lifeline_between(list: &DisplayList, i: usize) -> bool {
    let is_lifeline = |i: usize| {
        let p = list.points_of(i);
        list.kind[i] == Kind::Line as u8 && p.len() == 4 && p[0] == p[2] && p[1] == ladder::HEAD - 2.0
    };
    let x = |i: usize| list.points_of(i)[0];
    let mut others = (0..list.len()).filter(|&j| is_lifeline(j));
    is_lifeline(i) && others.clone().any(|j| x(j) < x(i)) && others.any(|j| x(j) > x(i))
}

/// What runs through labels of a picture, in words. The fine lines of the time axis lie behind everything.
pub fn struck(list: &DisplayList, what: &str) -> Vec<String> {
    let labels: Vec<Letters<'_>> = (0..list.len()).filter_map(|i| Letters::of(list, i)).collect();
    let mut out = Vec::new();
    for i in (0..list.len()).filter(|&i| list.role[i] != Role::Grid as u8) {
        let p = list.points_of(i);
        let strokes: Vec<(Point, Point)> = match list.kind[i] {
            k if k == Kind::Arrow as u8 || k == Kind::Line as u8 => {
                p.windows(4).step_by(2).map(|w| ((w[0], w[1]), (w[2], w[3]))).collect()
            }
            k if k == Kind::Cross as u8 => {
                vec![
                    ((p[0] - 5.0, p[1] - 5.0), (p[0] + 5.0, p[1] + 5.0)),
                    ((p[0] - 5.0, p[1] + 5.0), (p[0] + 5.0, p[1] - 5.0)),
                ]
            }
            _ => continue,
        };
        let kind = if list.kind[i] == Kind::Arrow as u8 {
            "arrow"
        } else if list.kind[i] == Kind::Cross as u8 {
            "cross"
        } else {
            "line"
        };
        for label in &labels {
            let may_stand_on = label.has_ground && is_lifeline_between(list, i);
            if !may_stand_on && strokes.iter().any(|&(a, b)| label.is_struck(a, b)) {
                out.push(format!(
                    "{what}: {kind} {:?} {p:?} through {:?} at {:?}",
                    list.role[i], label.text, label.middle
                ));
            }
        }
    }
    out
}
