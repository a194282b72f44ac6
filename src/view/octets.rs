//! Where the octets of a stream stand in the byte ledger, from left to right: the same x in every lane.
//!
//! Octets take the same room each, as far as that shows everything. A long message beside a short one would make the short
//! one a hair (four octets of length before a thousand of data, the one octet that a receive buffer was too small for), so
//! stretches between borders have a least width; the picture then says that it is not to scale.

use std::ops::Range;

/// Widest cell of one octet.
pub(crate) const CELL: f32 = 18.0;
/// Gap between two datagrams.
const BORDER: f32 = 8.0;
/// Least width of a stretch between two borders, where there is room.
const LEAST: f32 = 44.0;
/// More borders than this a pixel's width apart on average are not looked at.
const PIXELS: f32 = 7.0;

/// Octets between two borders.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    range: Range<u64>,
    left: f32,
    width: f32,
}

impl Stretch {
    fn len(&self) -> f32 {
        (self.range.end - self.range.start) as f32
    }
}

/// The horizontal axis of one stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Octets {
    stretches: Vec<Stretch>,
    /// Octets in sight.
    pub seen: Range<u64>,
    /// One octet takes as much room as another.
    pub even: bool,
    /// An octet takes no more room than this, gaps included.
    widest: f32,
}

/// Room that `count` octets ask for, with `gaps` between datagrams.
pub(crate) fn natural_width(count: u64, gaps: usize) -> f32 {
    count as f32 * CELL + gaps as f32 * BORDER
}

/// Offsets in sight at which something begins or ends, in order, each once; none where they are more than a picture shows.
#[derive(Default)]
pub(crate) struct Borders {
    seen: Range<u64>,
    most: usize,
    few: Vec<u64>,
}

impl Borders {
    /// None yet, for an axis of the octets `seen` in so much room.
    pub fn new(seen: Range<u64>, room: f32) -> Borders {
        Borders { seen, most: (room / PIXELS) as usize, few: Vec::new() }
    }

    /// Adds both ends of a range.
    pub fn add(&mut self, range: &Range<u64>) {
        self.add_one(range.start);
        self.add_one(range.end);
    }

    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn add_one(&mut self, border: u64) {
        let is_few = self.few.len() <= self.most;
        if is_few
            && self.seen.start < border
            && border < self.seen.end
            && let Err(at) = self.few.binary_search(&border)
        {
            self.few.insert(at, border);
        }
    }

    fn all(self) -> Vec<u64> {
        if self.few.len() > self.most { Vec::new() } else { self.few }
    }
}

impl Octets {
    /// Lays out the octets in sight between `left` and `left + room`; at those `borders` that are in `gaps` (ascending) a gap is left.
    pub fn new(borders: Borders, gaps: &[u64], left: f32, room: f32) -> Octets {
        let seen = borders.seen.clone();
        let borders = borders.all();
        let gap = if gaps.len() as f32 * BORDER > room / 3.0 { 0.0 } else { BORDER };
        let mut at = seen.start;
        let mut stretches = Vec::with_capacity(borders.len() + 1);
        for end in borders.into_iter().chain([seen.end]) {
            stretches.push(Stretch { range: at..end, left: 0.0, width: 0.0 });
            at = end;
        }
        let is_gap = |offset: u64| gap > 0.0 && gaps.binary_search(&offset).is_ok();
        let spaces = stretches.iter().skip(1).filter(|s| is_gap(s.range.start)).count();
        let room = (room - spaces as f32 * gap).max(1.0);
        let even = share(&mut stretches, room);
        let mut x = left;
        for (i, stretch) in stretches.iter_mut().enumerate() {
            if i > 0 && is_gap(stretch.range.start) {
                x += gap;
            }
            stretch.left = x;
            x += stretch.width;
        }
        let cells = stretches.iter().map(|s| s.width / s.len().max(1.0));
        let widest = cells.fold(if spaces == 0 { 0.0 } else { f32::INFINITY }, f32::max);
        Octets { stretches, seen, even, widest }
    }

    /// Where everything ends.
    pub fn right(&self) -> f32 {
        self.stretches.last().map_or(0.0, |s| s.left + s.width)
    }

    fn in_stretch(&self, i: usize, offset: u64) -> f32 {
        let Some(s) = self.stretches.get(i.min(self.stretches.len().saturating_sub(1))) else { return 0.0 };
        let inside = offset.clamp(s.range.start, s.range.end) - s.range.start;
        s.left + inside as f32 / s.len().max(1.0) * s.width
    }

    /// Where the octet at `offset` begins.
    pub fn start(&self, offset: u64) -> f32 {
        self.in_stretch(self.stretches.partition_point(|s| s.range.end <= offset), offset)
    }

    /// Where the octet before `offset` ends.
    pub fn end(&self, offset: u64) -> f32 {
        self.in_stretch(self.stretches.partition_point(|s| s.range.end < offset), offset)
    }

    /// Left edge and width of what of `range` is in sight.
    pub fn span(&self, range: &Range<u64>) -> Option<(f32, f32)> {
        if range.end <= self.seen.start || range.start >= self.seen.end || range.is_empty() {
            return None;
        }
        let left = self.start(range.start.max(self.seen.start));
        Some((left, (self.end(range.end.min(self.seen.end)) - left).max(1.5)))
    }

    /// True where it is plain, without a look where they stand, that these octets take less room than `width`.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    pub fn is_below(&self, range: &Range<u64>, width: f32) -> bool {
        // What is in sight takes at least a little, and is rounded.
        width > 1.6 && (range.end - range.start) as f32 * self.widest < width * 0.99 - 0.02
    }

    /// Some octet in sight has less room than it could use.
    pub fn is_squeezed(&self) -> bool {
        self.cell(&self.seen) < CELL - 0.1
    }

    /// The narrowest cell of an octet in `range`.
    pub fn cell(&self, range: &Range<u64>) -> f32 {
        let first = self.stretches.partition_point(|s| s.range.end <= range.start);
        let inside = self.stretches.iter().skip(first).take_while(|s| s.range.start < range.end);
        inside.map(|s| s.width / s.len().max(1.0)).fold(CELL, f32::min)
    }

    /// The octet at `x`, or the nearest in sight.
    pub fn at(&self, x: f32) -> Option<u64> {
        let i = self
            .stretches
            .partition_point(|s| s.left + s.width <= x)
            .min(self.stretches.len().checked_sub(1)?);
        let s = self.stretches.get(i)?;
        let part = ((x - s.left) / s.width.max(1e-3)).clamp(0.0, 1.0);
        let offset = s.range.start + (part * s.len()) as u64;
        Some(offset.min(s.range.end.saturating_sub(1)).max(s.range.start)).filter(|_| !s.range.is_empty())
    }
}

/// Shares `room` among the stretches: a cell an octet where there is room for all, else in proportion, but none below the least.
/// True when that came out in proportion.
fn share(stretches: &mut [Stretch], room: f32) -> bool {
    let total: f32 = stretches.iter().map(Stretch::len).sum();
    if total * CELL <= room {
        stretches.iter_mut().for_each(|s| s.width = s.len() * CELL);
        return true;
    }
    let least = LEAST.min(room * 0.6 / stretches.len() as f32);
    let floor = |s: &Stretch| (s.len() * CELL).min(least);
    // What the proportion would make too narrow gets its least; the others share the rest, which may make more of them too narrow.
    let mut small = vec![false; stretches.len()];
    loop {
        let (mut left, mut octets) = (room, 0.0);
        for (s, &small) in stretches.iter().zip(&small) {
            if small { left -= floor(s) } else { octets += s.len() }
        }
        let each = if octets > 0.0 { left / octets } else { 0.0 };
        let mut changed = false;
        for (s, small) in stretches.iter_mut().zip(&mut small) {
            s.width = if *small { floor(s) } else { s.len() * each };
            if !*small && s.width < floor(s) - 1e-3 {
                (*small, changed) = (true, true);
            }
        }
        if !changed {
            return !small.contains(&true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(seen: Range<u64>, cuts: &[u64], gaps: &[u64], left: f32, room: f32) -> Octets {
        let mut borders = Borders::new(seen, room);
        cuts.iter().for_each(|&cut| borders.add(&(cut..cut)));
        Octets::new(borders, gaps, left, room)
    }

    #[test]
    fn one_octet_beside_a_thousand_is_seen() {
        let axis = axis(0..1_029, &[1_024, 1_025], &[1_025], 50.0, 400.0);
        let (_, tail) = axis.span(&(1_024..1_025)).unwrap();
        assert!(tail >= 17.0, "{tail}");
        assert!(!axis.even);
        assert!(axis.right() <= 450.1, "{}", axis.right());
        assert!(axis.start(1_025) - axis.end(1_025) > 7.0, "a gap between datagrams");
    }

    #[test]
    fn where_nothing_would_be_lost_the_axis_is_even() {
        let even = axis(0..2_000, &[1_000], &[], 0.0, 500.0);
        assert!(even.even);
        assert!((even.start(500) - 125.0).abs() < 0.1);
        assert_eq!(axis(0..5, &[], &[], 0.0, 500.0).right(), 5.0 * CELL);
    }

    proptest! {
        #[test]
        fn octets_stand_in_order_and_are_found_again(
            len in 1u64..5_000,
            cuts in proptest::collection::vec(0u64..5_000, 0..40),
            room in 60.0f32..1_200.0,
        ) {
            let mut gaps: Vec<u64> = cuts.iter().copied().step_by(3).collect();
            gaps.sort_unstable();
            let axis = axis(0..len, &cuts, &gaps, 10.0, room);
            prop_assert!(axis.right() <= 10.0 + room + 1.0, "{}", axis.right());
            let mut before = 0.0;
            for offset in (0..len).step_by(7) {
                let (a, b) = (axis.start(offset), axis.end(offset + 1));
                prop_assert!(a >= before - 1e-2 && b >= a, "{a} {b} {before}");
                before = a;
                let some = offset..len.min(offset + 1 + len / 9);
                let width = axis.span(&some).map_or(0.0, |span| span.1);
                prop_assert!(width < 1.7 || !axis.is_below(&some, width), "{width}");
                let found = axis.at((a + b) / 2.0).unwrap();
                prop_assert!(found.abs_diff(offset) <= 1 + (len / 400), "{found} {offset}");
            }
        }
    }
}
