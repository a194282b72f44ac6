//! Boxes in the lanes of the byte ledger: a range of octets with its content, and the ribbons that lead from lane to lane.

use std::ops::Range;

use crate::view::glyphs::{character_around, glyphs};
use crate::view::lanes::Lanes;
use crate::view::list::{DisplayList, Kind, Paint, Role, look};
use crate::view::metrics;
use crate::view::words::{Word, fill};

/// Height of the ribbons between two lanes.
pub(crate) const GAP: f32 = 8.0;
/// Boxes narrower than this go without borders …
pub(crate) const DENSE: f32 = 5.0;
/// … and of boxes narrower than this several share a pixel.
pub(crate) const HAIR: f32 = 2.0;
/// Where an octet has so much room its character is shown.
const LEGIBLE: f32 = 8.0;
/// More ranges than this lead down in one ribbon each message.
pub(crate) const MANY: usize = 200;

/// Puts ranges in order: one sort for all who need it, for the module's size.
pub(crate) fn in_order(ranges: &mut [Range<u64>]) {
    // In the standard library built for size even what is in order takes its time to sort.
    if !ranges.is_sorted_by_key(|r| (r.start, r.end)) {
        ranges.sort_by_key(|r| (r.start, r.end));
    }
}

/// Ranges that are merged as they come: nearly all come in order, and only the others have to be sorted.
#[derive(Default)]
pub(crate) struct Merged {
    ranges: Vec<Range<u64>>,
    late: Vec<Range<u64>>,
}

impl Merged {
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    pub fn add(&mut self, range: Range<u64>) {
        match self.ranges.last_mut() {
            Some(last) if range.start < last.start => self.late.push(range),
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => self.ranges.push(range),
        }
    }

    /// All of them in order.
    pub fn all(&mut self) -> &[Range<u64>] {
        if !self.late.is_empty() {
            self.ranges.append(&mut self.late);
            in_order(&mut self.ranges);
            let unsorted = std::mem::take(&mut self.ranges);
            unsorted.into_iter().for_each(|range| self.add(range));
        }
        &self.ranges
    }
}

/// Ranges merged and in order.
pub(crate) fn merged(ranges: impl Iterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let mut merged = Merged::default();
    ranges.for_each(|range| merged.add(range));
    merged.all();
    merged.ranges
}

/// What leads down to the next lane: ranges and the moments at which each is gone, which of many do not matter.
#[derive(Default)]
pub(crate) struct Down {
    few: Vec<(Range<u64>, f64)>,
    pub all: Merged,
}

impl Down {
    pub fn add(&mut self, range: &Range<u64>, at: f64) {
        if self.few.len() <= MANY {
            self.few.push((range.clone(), at));
        }
        self.all.add(range.clone());
    }
}

/// What of `0..len` is in none of `ranges`, which are merged.
pub(crate) fn missing(ranges: &[Range<u64>], len: u64) -> Vec<Range<u64>> {
    let mut at = 0;
    let mut out = Vec::new();
    for range in ranges {
        if range.start > at {
            out.push(at..range.start);
        }
        at = at.max(range.end);
    }
    if at < len {
        out.push(at..len);
    }
    out
}

/// Where boxes that share pixels were drawn last, so that each pixel is drawn once.
#[derive(Clone, Copy)]
pub(crate) struct Drawn(pub f32);

impl Drawn {
    /// False for a box that shows nothing new.
    pub fn is_new(&mut self, (x, w): (f32, f32)) -> bool {
        let new = w >= HAIR || x + w > self.0 + 0.75 || x + w < self.0 - 2.0;
        self.0 = if new { x + w } else { self.0 };
        new
    }
}

/// How the boxes of a lane say how many octets are in them, all alike.
#[derive(Clone, Copy)]
pub(crate) struct Numbers {
    /// With their unit: there is room for it in each that has room for its number.
    unit: bool,
    /// So many octets have no room for their number in one box, and go without in all.
    none: u64,
}

impl Lanes<'_> {
    /// One box with the parts of each message in its hue, its content, and an outline round the whole.
    pub fn pieces(
        &self,
        range: &Range<u64>,
        (y, h): (f32, f32),
        numbers: Numbers,
        paint: Paint,
        list: &mut DisplayList,
    ) {
        let Some((x, w)) = self.octets.span(range) else { return };
        for (piece, hue) in self.stream.pieces(range) {
            if let Some((x, w)) = self.octets.span(&piece) {
                list.rect((x, y), (w, h), Paint { look: look::SOFT, hue, ..paint });
            }
        }
        let outline = Paint { role: Role::Ink, hue: 0, look: paint.look | look::OUTLINE, ..paint };
        if w < DENSE {
            // Borders would hide what they bound: a fine line at the beginning has to do.
            if w > 2.5 {
                list.rect((x, y), (0.7, h), Paint { role: Role::Paper, look: 0, ..outline });
            }
            return;
        }
        list.rect((x + 0.5, y + 0.5), (w - 1.0, h - 1.0), outline);
        if paint.look & look::DOUBLE != 0 && w > 10.0 {
            list.rect((x + 2.5, y + 2.5), (w - 5.0, h - 5.0), outline);
        }
        let cross = if w > 84.0 { 22.0 } else { w };
        let room = if paint.look & look::DASHED == 0 { w } else { w - cross };
        self.content(range, (x, y), (room, h), numbers, paint, list);
    }

    /// The bytes of a box: a character each where there is room, else as much text as fits, else their number.
    pub fn content(
        &self,
        range: &Range<u64>,
        (x, y): (f32, f32),
        (w, h): (f32, f32),
        numbers: Numbers,
        paint: Paint,
        list: &mut DisplayList,
    ) {
        let base = y + h / 2.0 + 4.0;
        let ink = Paint { role: Role::Ink, hue: 0, look: look::CENTRE | look::MONO, ..paint };
        let seen = range.start.max(self.octets.seen.start)..range.end.min(self.octets.seen.end);
        let bytes = self.stream.bytes.get(seen.start as usize..seen.end as usize).unwrap_or_default();
        let cell = self.octets.cell(&seen);
        if cell >= LEGIBLE && !bytes.is_empty() {
            for glyph in glyphs(bytes, cell >= 16.0) {
                let a = self.octets.start(seen.start + glyph.range.start as u64);
                let b = self.octets.end(seen.start + glyph.range.end as u64);
                if b > x + w + 0.5 {
                    break;
                }
                list.text(((a + b) / 2.0, base), &glyph.text, ink);
                if glyph.broken && self.in_character(seen.start + glyph.range.start as u64) {
                    // A part of a character that was cut: neither end can read it alone.
                    list.rect(
                        (a + 1.0, y + h - 4.0),
                        (b - a - 2.0, 2.5),
                        Paint { role: Role::Trouble, look: 0, ..ink },
                    );
                }
            }
            return;
        }
        let readable =
            !bytes.is_empty() && bytes.len() <= 256 && bytes.iter().all(|b| (0x20..0x7f).contains(b));
        if readable {
            let text = String::from_utf8_lossy(bytes);
            if metrics::mono_width(&text, metrics::SMALL) < w - 8.0 {
                return list.text((x + w / 2.0, base), &text, ink);
            }
        }
        let octets = range.end - range.start;
        let number = octets.to_string();
        let text = if numbers.unit { fill(Word::Octets, self.lang, &[&number]) } else { number };
        if numbers.none != octets && metrics::width(&text, metrics::SMALL) < w - 6.0 {
            list.text((x + w / 2.0, base), &text, Paint { look: look::CENTRE, ..ink });
        }
    }

    /// How the boxes of these ranges, which stand in one lane, say how much is in them.
    pub fn numbers(&self, ranges: &mut dyn Iterator<Item = &Range<u64>>) -> Numbers {
        let mut numbers = Numbers { unit: true, none: 0 };
        let unit = metrics::width(" B", metrics::SMALL);
        for range in ranges {
            if self.octets.is_below(range, DENSE) {
                continue;
            }
            let Some((_, w)) = self.octets.span(range).filter(|span| span.1 >= DENSE) else { continue };
            if self.octets.cell(range) >= LEGIBLE {
                continue;
            }
            let octets = range.end - range.start;
            let digits = octets.checked_ilog10().unwrap_or_default() + 1;
            let room = w - 6.0 - digits as f32 * metrics::width("0", metrics::SMALL);
            numbers.unit &= room < 0.0 || room > unit;
            if room < 0.0 {
                numbers.none = octets;
            }
        }
        numbers
    }

    /// True where the stream as a whole has a character of several octets.
    fn in_character(&self, offset: u64) -> bool {
        character_around(&self.stream.bytes, offset as usize).len() > 1
    }

    /// The way down to the next lane, in each message's hue, from the moment at which it is gone.
    pub fn ribbons(&self, down: &mut Down, y: f32, list: &mut DisplayList) {
        if down.few.len() > MANY {
            down.few = down.all.all().iter().map(|range| (range.clone(), f64::MIN)).collect();
        }
        for &(ref range, at) in &down.few {
            for (piece, hue) in self.stream.pieces(range) {
                let Some((x, w)) = self.octets.span(&piece).filter(|_| hue != 0) else { continue };
                let (a, b) = if w > DENSE { (x + 1.0, x + w - 1.0) } else { (x, x + w) };
                let quad = [a, y, b, y, b, y + GAP, a, y + GAP];
                list.mark(
                    Kind::Area,
                    &quad,
                    Paint::new(Role::Message).hue(hue).look(look::SOFT).time(at, at),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::sim::{BUILTINS, Run, builtin};
    use crate::view::ledger::Window;
    use crate::view::list::look;
    use crate::view::session::Session;

    #[test]
    fn the_numbers_of_a_lane_are_written_alike() {
        for entry in BUILTINS {
            let run = Run::new(&builtin(entry.name).unwrap(), &[]).unwrap();
            let session = Session::new(run.shared_trace());
            for width in [360.0, 640.0, 956.0] {
                let (list, _) = session.ledger(&Window { width, connection: Some(0), ..Window::default() });
                let of_octets = |i: &usize| list.look[*i] & look::MONO == 0;
                let texts = (0..list.len()).filter(of_octets).filter_map(|i| {
                    let text = list.text_of(i)?;
                    let unit = text.strip_suffix(" B");
                    unit.unwrap_or(text).parse::<u64>().ok()?;
                    Some((list.points_of(i)[1] as u32, unit.is_some()))
                });
                let kinds: BTreeSet<(u32, bool)> = texts.collect();
                for (y, unit) in &kinds {
                    assert!(!kinds.contains(&(*y, !unit)), "{} {width}: with and without a unit", entry.name);
                }
            }
        }
    }
}
