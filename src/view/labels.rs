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
    /// Height of the line at `x`.
    fn y_at(&self, x: f32) -> f32 {
        let dx = self.to.0 - self.from.0;
        if dx.abs() < 1e-3 {
            return self.from.1;
        }
        self.from.1 + (self.to.1 - self.from.1) * (x - self.from.0) / dx
    }

    fn span(&self) -> (f32, f32) {
        (self.from.0.min(self.to.0), self.from.0.max(self.to.0))
    }
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

/// The middle line of a text that stands already.
#[derive(Clone, Copy)]
struct Taken {
    line: Slant,
}

/// Half the height of a text with the air around it.
const HALF: f32 = 6.5;
/// How far a label's middle line stays from a foreign arrow.
const CLEAR: f32 = 7.6;

/// Places labels on a set of arrows.
pub struct Labels<'s> {
    slants: &'s [Slant],
    /// What stands there already: left, top, right, bottom.
    boxes: &'s [[f32; 4]],
    taken: Vec<Taken>,
}

impl<'s> Labels<'s> {
    /// For these arrows, from the highest tail to the lowest, and clear of these boxes.
    pub fn new(slants: &'s [Slant], boxes: &'s [[f32; 4]]) -> Labels<'s> {
        Labels { slants, boxes, taken: Vec::new() }
    }

    /// Keeps labels away from a text whose middle line is this.
    pub fn keep_clear(&mut self, line: Slant) {
        self.taken.push(Taken { line });
    }

    /// The first of `choices` that finds a place on arrow `k`, and where.
    pub fn place<'a>(&mut self, k: usize, choices: &'a [String]) -> Option<Label<'a>> {
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
                    if self.is_free(k, line) {
                        self.taken.push(Taken { line });
                        return Some(label(line, text));
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
            for down in [0.0, 10.0, -10.0, 18.0, -18.0] {
                let y = slant.to.1 + down;
                let line = Slant { from: (near.min(far), y), to: (near.max(far), y) };
                if self.is_free(k, line) {
                    self.taken.push(Taken { line });
                    return Some(label(line, text));
                }
            }
        }
        None
    }

    fn is_free(&self, k: usize, line: Slant) -> bool {
        let clear_of_labels = self.taken.iter().all(|t| distance(&t.line, &line) >= 2.0 * HALF);
        clear_of_labels
            && self.boxes.iter().all(|b| !meets(&line, b))
            && self.slants.iter().enumerate().all(|(j, other)| j == k || distance(other, &line) >= CLEAR)
    }
}

/// True if a text with this middle line touches the box.
fn meets(line: &Slant, &[left, top, right, bottom]: &[f32; 4]) -> bool {
    let span = line.span();
    let (left, right) = (span.0.max(left - 3.0), span.1.min(right + 3.0));
    if left > right {
        return false;
    }
    let (a, b) = (line.y_at(left), line.y_at(right));
    a.min(b) < bottom + HALF && a.max(b) > top - HALF
}

/// The middle line of a text of this width on `slant`.
fn middle_line(slant: Slant, length: f32, middle: f32, width: f32, above: bool) -> Slant {
    let (ux, uy) = ((slant.to.0 - slant.from.0) / length, (slant.to.1 - slant.from.1) / length);
    // Reading runs to the right, whichever way the arrow points.
    let (ux, uy) = if ux < 0.0 { (-ux, -uy) } else { (ux, uy) };
    let lift = if above { -8.5 } else { 9.0 };
    // Lifted straight up, not square to the line: so a steep label keeps clear of its parallel neighbours.
    let centre = (
        slant.from.0 + (slant.to.0 - slant.from.0) * middle,
        slant.from.1 + (slant.to.1 - slant.from.1) * middle + lift,
    );
    let half = width / 2.0;
    Slant {
        from: (centre.0 - ux * half, centre.1 - uy * half),
        to: (centre.0 + ux * half, centre.1 + uy * half),
    }
}

fn label(line: Slant, text: &str) -> Label<'_> {
    let centre = ((line.from.0 + line.to.0) / 2.0, (line.from.1 + line.to.1) / 2.0);
    let (dx, dy) = (line.to.0 - line.from.0, line.to.1 - line.from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1e-3);
    // From the middle of the letters down to the baseline.
    let drop = 4.0;
    let at = (centre.0 - dy / length * drop, centre.1 + dx / length * drop);
    Label { at, toward: (at.0 + dx, at.1 + dy), text }
}

/// The least vertical distance of two lines where both are; infinite where they share no x.
fn distance(a: &Slant, b: &Slant) -> f32 {
    let ((a0, a1), (b0, b1)) = (a.span(), b.span());
    let (left, right) = (a0.max(b0), a1.min(b1));
    if left > right {
        return f32::INFINITY;
    }
    let (one, two) = (a.y_at(left) - b.y_at(left), a.y_at(right) - b.y_at(right));
    if one * two <= 0.0 { 0.0 } else { one.abs().min(two.abs()) }
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
                    prop_assert!(distance(&a.line, &b.line) >= 2.0 * HALF);
                }
            }
        }
    }
}
