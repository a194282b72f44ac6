//! Where the texts of a picture stand, level, slanted and turned, and which of them stand on another.

use framewire::view::list::{DisplayList, look};
use framewire::view::metrics;

/// A text's box: left, right, and the heights of its middle line at both.
pub struct Placed {
    pub text: String,
    pub left: f32,
    pub right: f32,
    pub y_left: f32,
    y_right: f32,
    turned: bool,
    /// How long a turned text is.
    long: f32,
}

pub fn texts(list: &DisplayList) -> Vec<Placed> {
    let mut out = Vec::new();
    for i in 0..list.len() {
        let Some(text) = list.text_of(i) else { continue };
        let p = list.points_of(i);
        let size = if list.look[i] & look::LARGE != 0 { metrics::LARGE } else { metrics::SMALL };
        let width = match list.look[i] & look::MONO {
            0 => metrics::width(text, size),
            _ => metrics::mono_width(text, size),
        };
        let turned = p.len() == 4 && (p[2] - p[0]).abs() < 1.0;
        let slope = if p.len() == 4 && !turned { (p[3] - p[1]) / (p[2] - p[0]) } else { 0.0 };
        let across = if turned { 12.0 } else { width / (1.0 + slope * slope).sqrt() };
        let left = match list.look[i] {
            _ if turned => p[0] - 9.0,
            // From the baseline to the middle of the letters is square to the line.
            l if l & look::CENTRE != 0 => p[0] + 4.0 * slope / (1.0 + slope * slope).sqrt() - across / 2.0,
            l if l & look::END != 0 => p[0] - across,
            _ => p[0],
        };
        let middle = if turned { p[1] } else { p[1] - 4.0 / (1.0 + slope * slope).sqrt() };
        // How far right of its left end the text's own point stands.
        let along = match list.look[i] & look::CENTRE {
            0 => p[0] - left,
            _ => across / 2.0,
        };
        out.push(Placed {
            text: text.to_owned(),
            left,
            right: left + across,
            y_left: middle - slope * along,
            y_right: middle + slope * (across - along),
            turned,
            long: width,
        });
    }
    out
}

fn overlap(a: &Placed, b: &Placed) -> bool {
    let (left, right) = (a.left.max(b.left) + 1.0, a.right.min(b.right) - 1.0);
    if left >= right {
        return false;
    }
    if a.turned || b.turned {
        // Turned text runs up the page: its box is upright; of slanted text counts what shares an x with it.
        let upright = |p: &Placed| match p.turned {
            true => (p.y_left - p.long / 2.0, p.y_left + p.long / 2.0),
            false => {
                let y =
                    |x: f32| p.y_left + (p.y_right - p.y_left) * (x - p.left) / (p.right - p.left).max(1.0);
                (y(left).min(y(right)) - 4.0, y(left).max(y(right)) + 4.0)
            }
        };
        let ((a0, a1), (b0, b1)) = (upright(a), upright(b));
        return a0 < b1 - 2.0 && b0 < a1 - 2.0;
    }
    let y =
        |p: &Placed, x: f32| p.y_left + (p.y_right - p.y_left) * (x - p.left) / (p.right - p.left).max(1.0);
    let (one, two) = (y(a, left) - y(b, left), y(a, right) - y(b, right));
    one * two <= 0.0 || one.abs().min(two.abs()) < 8.0
}

/// The pairs of texts of a picture that overlap, in words.
pub fn overlaps(list: &DisplayList, what: &str) -> Vec<String> {
    let placed = texts(list);
    let mut out = Vec::new();
    for (i, a) in placed.iter().enumerate() {
        let hit = placed[i + 1..].iter().filter(|b| overlap(a, b));
        out.extend(hit.map(|b| format!("{what}: {:?} and {:?}", a.text, b.text)));
    }
    out
}
