//! Labels along arrows that never overlap: they move, shorten, then give up (and are counted).

use crate::view::metrics;

/// An arrow from its tail to its head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slant {
    /// The tail.
    pub from: (f32, f32),
    /// The head.
    pub to: (f32, f32),
}

impl Slant {
    /// Between which heights the line passes the column from `left` to `right`, if it does.
    fn within(&self, left: f32, right: f32) -> Option<(f32, f32)> {
        let (a, b) = if self.from.0 <= self.to.0 { (self.from, self.to) } else { (self.to, self.from) };
        let (left, right) = (left.max(a.0), right.min(b.0));
        let slope = (b.1 - a.1) / (b.0 - a.0).max(1e-3);
        let (one, two) = (a.1 + slope * (left - a.0), a.1 + slope * (right - a.0));
        (left < right).then_some((one.min(two), one.max(two)))
    }
}

/// Between which heights arrows pass the column from `left` to `right`.
pub(crate) fn passing(slants: &[Slant], left: f32, right: f32) -> Vec<(f32, f32)> {
    let mut out = Vec::new();
    for slant in slants {
        out.extend(slant.within(left, right));
    }
    out
}

/// Text that found its place: centred on `at`, its baseline running towards `toward`.
#[derive(Clone, Debug, PartialEq)]
pub struct Label<'a> {
    /// The middle of the baseline.
    pub at: (f32, f32),
    /// A point further along the baseline.
    pub toward: (f32, f32),
    /// The text that fitted.
    pub text: &'a str,
}

/// The room that something takes: a rectangle, turned as it stands.
#[derive(Clone, Copy, Debug)]
struct Plate {
    middle: (f32, f32),
    /// Along its length, of length 1.
    along: (f32, f32),
    /// Half its length and half its height.
    half: (f32, f32),
}

impl Plate {
    /// Around a line, so far to both sides.
    fn around(line: &Slant, half: f32) -> Plate {
        let (dx, dy) = (line.to.0 - line.from.0, line.to.1 - line.from.1);
        let length = (dx * dx + dy * dy).sqrt();
        let unit = length.max(1e-3);
        Plate {
            middle: ((line.from.0 + line.to.0) / 2.0, (line.from.1 + line.to.1) / 2.0),
            along: (dx / unit, dy / unit),
            half: (length / 2.0, half),
        }
    }

    /// How far it reaches from its middle along an axis.
    fn reach(&self, axis: (f32, f32)) -> f32 {
        self.half.0 * (self.along.0 * axis.0 + self.along.1 * axis.1).abs()
            + self.half.1 * (self.along.0 * axis.1 - self.along.1 * axis.0).abs()
    }

    /// True if the two share no point: then they are apart along a side of one of them.
    fn is_apart(&self, other: &Plate) -> bool {
        let (dx, dy) = (other.middle.0 - self.middle.0, other.middle.1 - self.middle.1);
        let ((a, b), (c, d)) = (self.along, other.along);
        // Most are apart in height: that is asked first.
        [(0.0, 1.0), (-b, a), (-d, c), (a, b), (c, d)]
            .iter()
            .any(|&axis| (dx * axis.0 + dy * axis.1).abs() >= self.reach(axis) + other.reach(axis))
    }
}

/// Half the height of a text with the air around it: of a level one, and at least.
const HALF: (f32, f32) = (6.5, 4.8);
/// Space between the ends of two labels.
const ENDS: f32 = 8.0;
/// How much further it stays from a foreign arrow.
const CLEAR: f32 = 1.0;
/// From the middle of a text to its own arrow, square to it, at least.
const OWN: f32 = 6.0;
/// An arrow that goes less than this part of its length sideways is too steep for its label to be lifted straight up.
const STEEP: f32 = 0.1;

/// Places labels on a set of arrows.
pub struct Labels<'s> {
    slants: &'s [Slant],
    ways: Vec<Plate>,
    /// What stands there already: first the boxes, then the labels.
    taken: Vec<Plate>,
    boxes: usize,
}

impl<'s> Labels<'s> {
    /// For these arrows, from the highest tail to the lowest, and clear of these boxes (left, top, right, bottom).
    pub fn new(slants: &'s [Slant], boxes: &[[f32; 4]]) -> Labels<'s> {
        let level = |&[left, top, right, bottom]: &[f32; 4]| {
            let y = (top + bottom) / 2.0;
            let line = Slant { from: (left - 3.0, y), to: (right + 3.0, y) };
            Plate::around(&line, (bottom - top) / 2.0)
        };
        let ways = slants.iter().map(|slant| Plate::around(slant, CLEAR)).collect();
        Labels { slants, ways, taken: boxes.iter().map(level).collect(), boxes: boxes.len() }
    }

    /// The first of `choices` that finds a place on arrow `k`, and where.
    pub fn place<'a>(&mut self, k: usize, choices: &'a [String]) -> Option<Label<'a>> {
        self.place_apart(k, choices, 0.0)
    }

    /// The same, so far from everything else that stands there.
    pub fn place_apart<'a>(&mut self, k: usize, choices: &'a [String], air: f32) -> Option<Label<'a>> {
        let slant = *self.slants.get(k)?;
        let (dx, dy) = (slant.to.0 - slant.from.0, slant.to.1 - slant.from.1);
        let length = (dx * dx + dy * dy).sqrt();
        for text in choices {
            let width = metrics::width(text, metrics::SMALL) + 4.0;
            if width + 26.0 > length {
                continue;
            }
            let (tail, head) = ((width / 2.0 + 10.0) / length, 1.0 - (width / 2.0 + 16.0) / length);
            let between = |part: f32| tail + (head - tail) * part;
            for middle in [0.5, tail, head, between(0.25), between(0.75), between(0.12), between(0.88)] {
                for above in [true, false] {
                    let line = middle_line(slant, length, middle, width, above);
                    if self.takes(k, &line, air) {
                        return Some(label(&line, text));
                    }
                }
            }
        }
        None
    }

    /// The first of `choices` that finds a place behind the end of arrow `k`, which was lost there: level, and no further than `edge`.
    pub fn place_behind<'a>(&mut self, k: usize, choices: &'a [String], edge: f32) -> Option<Label<'a>> {
        let slant = *self.slants.get(k)?;
        let onward = (slant.to.0 - slant.from.0).signum();
        for text in choices {
            let width = metrics::width(text, metrics::SMALL) + 4.0;
            let near = slant.to.0 + onward * 9.0;
            let far = near + onward * width;
            if (edge - far) * onward < 4.0 {
                continue;
            }
            for down in [0.0, 10.0, -10.0, 14.0, -14.0, 18.0, -18.0] {
                let y = slant.to.1 + down;
                let line = Slant { from: (near.min(far), y), to: (near.max(far), y) };
                if self.takes(k, &line, 0.0) {
                    return Some(label(&line, text));
                }
            }
        }
        None
    }

    /// Takes the room around the middle line of a text of arrow `k`, if it is free with `air` around it.
    fn takes(&mut self, k: usize, line: &Slant, air: f32) -> bool {
        let mut plate = Plate::around(line, 0.0);
        plate.half.1 = (HALF.0 * plate.along.0).max(HALF.1);
        let wide = Plate { half: (plate.half.0 + air, plate.half.1 + air), ..plate };
        // Two labels in one line would read as one.
        let long = Plate { half: (wide.half.0 + ENDS, wide.half.1), ..plate };
        let in_line = |other: &Plate| (plate.along.1 - other.along.1).abs() < 0.1;
        let apart = |(i, other): (usize, &Plate)| {
            if i >= self.boxes && in_line(other) { long.is_apart(other) } else { wide.is_apart(other) }
        };
        let free = self.taken.iter().enumerate().all(apart)
            && self.ways.iter().enumerate().all(|(j, other)| j == k || plate.is_apart(other));
        if free {
            self.taken.push(plate);
        }
        free
    }
}

/// The middle line of a text of this width on `slant`.
fn middle_line(slant: Slant, length: f32, middle: f32, width: f32, above: bool) -> Slant {
    let (ux, uy) = ((slant.to.0 - slant.from.0) / length, (slant.to.1 - slant.from.1) / length);
    // Reading runs to the right, whichever way the arrow points.
    let (ux, uy) = if ux < 0.0 { (-ux, -uy) } else { (ux, uy) };
    // Lifted straight up, not square to the line, so that a slanted label keeps clear of its parallel neighbours; of a steep line
    // by more, so that it keeps clear of that.
    let sign = if above { -1.0 } else { 1.0 };
    let lift = match ux {
        // Far enough would be out of sight: beside it.
        ..STEEP => (-uy * OWN * sign, ux * OWN * sign),
        _ => (0.0, (OWN / ux).max(if above { 8.5 } else { 9.0 }) * sign),
    };
    let centre = (
        slant.from.0 + (slant.to.0 - slant.from.0) * middle + lift.0,
        slant.from.1 + (slant.to.1 - slant.from.1) * middle + lift.1,
    );
    let half = width / 2.0;
    Slant {
        from: (centre.0 - ux * half, centre.1 - uy * half),
        to: (centre.0 + ux * half, centre.1 + uy * half),
    }
}

fn label<'a>(line: &Slant, text: &'a str) -> Label<'a> {
    let Plate { middle, along, .. } = Plate::around(line, 0.0);
    // From the middle of the letters down to the baseline.
    let drop = 4.0;
    let at = (middle.0 - along.1 * drop, middle.1 + along.0 * drop);
    Label { at, toward: (at.0 + line.to.0 - line.from.0, at.1 + line.to.1 - line.from.1), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slants(rows: &[(bool, f32)]) -> Vec<Slant> {
        let mut y = 0.0;
        rows.iter()
            .map(|&(right, gap)| {
                y += gap;
                let (a, b) = if right { (0.0, 400.0) } else { (400.0, 0.0) };
                Slant { from: (a, y), to: (b, y + 50.0) }
            })
            .collect()
    }

    #[test]
    fn a_label_that_would_collide_moves_or_shortens() {
        let slants = slants(&[(true, 0.0), (false, 0.0)]);
        let mut labels = Labels::new(&slants, &[]);
        let choices = ["SYN  seq 0  win 64240".to_owned(), "SYN".to_owned()];
        let a = labels.place(0, &choices).unwrap();
        let b = labels.place(1, &choices).unwrap();
        assert!((a.at.0 - b.at.0).abs() > 40.0 || (a.at.1 - b.at.1).abs() > 13.0);
    }

    #[test]
    fn a_count_stands_apart_from_the_label_beside_it() {
        // Three steep arrows close to each other: the one in the middle has no room for its name.
        let slants: Vec<Slant> = (0..3)
            .map(|i| i as f32 * 17.0)
            .map(|y| Slant { from: (80.0, y), to: (0.0, y + [48.0, 82.0, 82.0][(y / 17.0) as usize]) })
            .collect();
        let mut labels = Labels::new(&slants, &[]);
        for k in [0, 2] {
            labels.place(k, &["ICMP".to_owned()]).unwrap();
        }
        let names = labels.taken.clone();
        labels.place_apart(1, &["+1".to_owned()], 6.0).unwrap();
        let mut count = labels.taken[2];
        count.half = (count.half.0 + 5.9, count.half.1 + 5.9);
        assert!(names.iter().all(|name| count.is_apart(name)), "{count:?} {names:?}");
    }

    #[test]
    fn a_label_keeps_off_its_own_arrow_however_steep() {
        for down in [0.0, 60.0, 200.0, 400.0, 900.0] {
            let slants = [Slant { from: (0.0, 0.0), to: (200.0, down) }];
            let mut labels = Labels::new(&slants, &[]);
            labels.place(0, &["SYN  seq 0".to_owned()]).unwrap();
            let mut letters = labels.taken[0];
            letters.half.1 = 4.7;
            assert!(letters.is_apart(&Plate::around(&slants[0], 0.5)), "{down}");
        }
    }

    #[test]
    fn what_finds_no_place_is_refused() {
        let slants = slants(&[(true, 0.0), (true, 2.0), (true, 2.0), (true, 2.0)]);
        let mut labels = Labels::new(&slants, &[]);
        let wide = ["x".repeat(60)];
        assert!(labels.place(0, &wide).is_none());
        let placed = (0..4).filter(|&k| labels.place(k, &["seq 1".to_owned()]).is_some()).count();
        assert!((1..4).contains(&placed), "{placed}");
    }

    #[test]
    fn a_label_keeps_clear_of_what_stands_there() {
        let slants = [Slant { from: (0.0, 0.0), to: (400.0, 60.0) }];
        let bar = [[190.0, 0.0, 205.0, 200.0]];
        let mut labels = Labels::new(&slants, &bar);
        let choices = ["SYN  seq 0  win 64240".to_owned(), "SYN  seq 0".to_owned()];
        let label = labels.place(0, &choices).unwrap();
        let half = metrics::width(label.text, metrics::SMALL) / 2.0;
        assert!(label.at.0 + half < 190.0 || label.at.0 - half > 205.0, "{label:?}");
    }

    proptest! {
        #[test]
        fn placed_labels_never_overlap(rows in proptest::collection::vec((any::<bool>(), 0.0f32..40.0), 1..30)) {
            let slants = slants(&rows);
            let mut labels = Labels::new(&slants, &[]);
            let choices = ["PSH ACK  seq 1  ack 1  len 11".to_owned(), "seq 1".to_owned()];
            for k in 0..slants.len() {
                labels.place(k, &choices);
            }
            for (i, a) in labels.taken.iter().enumerate() {
                for b in &labels.taken[i + 1..] {
                    prop_assert!(a.is_apart(b), "{a:?} {b:?}");
                    // In one line the later one keeps space to the earlier.
                    let long = Plate { half: (b.half.0 + ENDS - 0.1, b.half.1), ..*b };
                    let in_line = (a.along.1 - b.along.1).abs() < 0.09;
                    prop_assert!(!in_line || a.is_apart(&long), "{a:?} {b:?}");
                }
            }
        }
    }
}
