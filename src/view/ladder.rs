//! The ladder: lifelines, slanted arrows, states, calls and timers over the time axis.

use crate::view::arrows;
pub use crate::view::arrows::{mark_words, texts};
use crate::view::bars;
pub use crate::view::beside::Beside;
use crate::view::figure::Figure;
use crate::view::labels::{Slant, passing};
use crate::view::list::{DisplayList, Kind, Paint, Role, look};
use crate::view::loops;
use crate::view::metrics;
use crate::view::scale::{Idle, Scale};
use crate::view::sides;
use crate::view::time_text::TimeText;
use crate::view::words::{Lang, Word, fill};

/// Height of the row of host names.
pub const HEAD: f32 = 34.0;
/// Air between the host names and position 0.
pub const LEAD: f32 = 12.0;

/// Below this width names are short and listeners share a bar with their connections.
const NARROW: f32 = 520.0;

/// What part of the ladder is wanted, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Width of the picture.
    pub width: f32,
    /// Height of the picture, with the row of host names.
    pub height: f32,
    /// The position at the upper edge, below the host names.
    pub top: f64,
    /// Pixels for one position.
    pub zoom: f64,
    /// Sequence numbers from 0 instead of as they stand in the header.
    pub relative: bool,
    /// The language of words.
    pub lang: Lang,
}

/// Where the columns of a ladder stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// x of each lifeline.
    pub lines: Vec<f32>,
    /// Width of the time axis' column at the left.
    pub axis: f32,
    /// Width of the column of calls beside the first lifeline, and beside the last.
    pub calls: [f32; 2],
    /// Width of one state bar.
    pub bar: f32,
    /// State bars a host needs side by side.
    pub bars: Vec<u16>,
    /// Columns of calls a host needs side by side: one a thread.
    pub lanes: Vec<u16>,
    /// There is no room for bars of listeners beside those of connections.
    pub narrow: bool,
}

impl Columns {
    fn new(figure: &Figure, beside: &Beside, width: f32, time: &TimeText) -> Columns {
        let narrow = width < NARROW;
        let axis = time.column_width();
        let bar = 15.0;
        let bars = beside.bar_counts(narrow);
        let count = figure.hosts.len().max(1);
        let calls = [0, count - 1].map(|host| match narrow {
            _ if figure.calls.is_empty() => 10.0,
            true if count > 2 => 30.0,
            true => beside.of(host).names.max(46.0).min((width * 0.2).clamp(30.0, 78.0)),
            false => beside.of(host).results.clamp(84.0, (width * 0.2).clamp(84.0, 170.0)),
        });
        let lanes = beside.lanes();
        let side = |host: usize, calls: f32| {
            let of = |counts: &[u16]| f32::from(counts.get(host).copied().unwrap_or(1));
            calls + bar * of(&bars) + sides::CALL_LANE * (of(&lanes) - 1.0).max(0.0)
        };
        let left = axis + side(0, calls[0]);
        let right = width - if count > 1 { side(count - 1, calls[1]) } else { 20.0 };
        let step = if count > 1 { (right - left) / (count - 1) as f32 } else { 0.0 };
        Columns {
            lines: (0..count).map(|i| left + step * i as f32).collect(),
            axis,
            calls,
            bar,
            bars,
            lanes,
            narrow,
        }
    }

    /// True for a lifeline that has others on both sides.
    pub fn is_between(&self, host: usize) -> bool {
        host > 0 && host + 1 < self.lines.len()
    }

    /// From where to where nothing stands between the lifelines: the bars of hosts in the middle, on which names are written, are
    /// left of theirs.
    fn between(&self) -> Vec<(f32, f32)> {
        let bars = |host: usize| f32::from(self.bars.get(host).copied().unwrap_or_default()) * self.bar;
        let left_of = |host: usize| if self.is_between(host) { bars(host) } else { 0.0 };
        let pairs = self.lines.windows(2).zip(1..);
        pairs.map(|(line, host)| (line[0] + 8.0, line[1] - left_of(host) - 8.0)).collect()
    }

    /// The side on which a host's states and calls stand: `-1` left of its lifeline, `1` right.
    pub fn side(&self, host: usize) -> f32 {
        if host > 0 && host + 1 == self.lines.len() { 1.0 } else { -1.0 }
    }
}

/// Everything a part of the ladder needs to draw itself.
pub(crate) struct Sheet<'a> {
    pub figure: &'a Figure,
    pub scale: &'a Scale,
    pub beside: &'a Beside,
    pub window: Window,
    pub columns: Columns,
    pub time: TimeText,
    /// The arrows in sight, unless they are drawn in bundles.
    pub ways: Vec<Slant>,
    /// Boxes (left, top, right, bottom) of those from a host to itself.
    pub hooks: Vec<[f32; 4]>,
    /// The strokes of the crosses of what is lost.
    pub crosses: Vec<Slant>,
}

impl Sheet<'_> {
    /// From a position to the picture.
    pub fn y(&self, position: f64) -> f32 {
        HEAD + LEAD + ((position - self.window.top) * self.window.zoom) as f32
    }

    /// The lowest position in sight.
    pub fn bottom(&self) -> f64 {
        self.window.top + f64::from(self.window.height - HEAD - LEAD) / self.window.zoom
    }

    /// Where the axis is broken for a compressed stretch.
    pub fn break_y(&self, idle: &Idle) -> f32 {
        (self.y(idle.top) + self.y(idle.bottom)) / 2.0
    }

    /// The compressed stretches in sight.
    pub fn idles(&self) -> &[Idle] {
        self.scale.idles_in(self.window.top - f64::from(HEAD + LEAD) / self.window.zoom, self.bottom())
    }

    pub fn line_x(&self, host: u16) -> f32 {
        self.columns.lines.get(host as usize).copied().unwrap_or_default()
    }
}

/// Draws the part of the ladder that `window` shows.
pub fn draw(figure: &Figure, scale: &Scale, window: Window) -> DisplayList {
    draw_beside(figure, scale, &Beside::new(figure), window)
}

/// The same for those who draw often, and have measured what stands beside the lifelines.
pub fn draw_beside(figure: &Figure, scale: &Scale, beside: &Beside, window: Window) -> DisplayList {
    let time = TimeText::new(figure, window.lang);
    let columns = Columns::new(figure, beside, window.width, &time);
    let (ways, hooks, crosses) = Default::default();
    let mut sheet = Sheet { figure, scale, beside, window, columns, time, ways, hooks, crosses };
    sheet.ways = arrows::ways(&sheet);
    sheet.crosses = arrows::crosses(&sheet);
    sheet.hooks = loops::hooks(&sheet, arrows::visible(&sheet).start);
    let mut list = DisplayList::new(window.width, window.height);
    list.clip(Some([0.0, HEAD - 2.0, window.width, window.height - HEAD + 2.0]));
    axis(&sheet, &mut list);
    let first = list.len();
    bars::states(&sheet, &mut list);
    lifelines(&sheet, &mut list);
    bars::timers(&sheet, &mut list);
    let mut calls = DisplayList::new(window.width, window.height);
    sides::calls(&sheet, &mut calls);
    let mut taken = sides::boxes(&sheet, &list, first);
    taken.extend(sides::boxes(&sheet, &calls, 0));
    arrows::flights(&sheet, taken, &mut list);
    list.append(calls);
    list.clip(None);
    heads(&sheet, &mut list);
    list
}

/// Times at the left with fine lines across, and what was compressed.
fn axis(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let (w, scale) = (&sheet.window, sheet.scale);
    let x = sheet.columns.axis;
    let right = w.width;
    let mut free = f32::MIN;
    let mut last = String::new();
    let mut from = w.top - 20.0;
    while let Some((at, position)) = scale.ticks(from, sheet.bottom()).next() {
        let y = sheet.y(position);
        // On to the next one; of far away, past all those for which there is no room.
        from = position.next_up().max(w.top + f64::from(free - HEAD - LEAD - 1.0) / w.zoom);
        if y < free {
            continue;
        }
        let text = sheet.time.tick(at);
        if text == last {
            continue;
        }
        free = y + 26.0;
        from = from.max(w.top + f64::from(free - HEAD - LEAD - 1.0) / w.zoom);
        let paint = Paint::new(Role::Faint).look(look::END);
        list.line((x, y), (right, y), Paint::new(Role::Grid));
        list.text((x - 6.0, y + 4.0), &text, paint);
        last = text;
    }
    for idle in sheet.idles() {
        let Some((text, (centre, middle))) = idle_text(sheet, idle) else { continue };
        let paint = Paint::new(Role::Faint).look(look::CENTRE | look::HALO);
        list.text((centre, middle + 4.0), &text, paint);
        let half = metrics::width(&text, metrics::SMALL) / 2.0 + 10.0;
        let dots = Paint::new(Role::Faint).look(look::DOTTED);
        for (from, to) in sheet.columns.between() {
            for (from, to) in [(from, to.min(centre - half)), (from.max(centre + half), to)] {
                if to > from {
                    list.line((from, middle), (to, middle), dots);
                }
            }
        }
    }
}

/// What a compressed stretch says, and the middle of that text; nothing where it is out of sight or too low.
pub(crate) fn idle_text(sheet: &Sheet<'_>, idle: &Idle) -> Option<(String, (f32, f32))> {
    let (top, bottom) = (sheet.y(idle.top), sheet.y(idle.bottom));
    if bottom < 0.0 || top > sheet.window.height || bottom - top < 12.0 {
        return None;
    }
    // Right of the last lifeline but one nothing stands in the way but brackets of timers.
    let (left, right) = match sheet.columns.lines.as_slice() {
        [.., left, right] => (*left, *right),
        _ => (sheet.columns.axis, sheet.window.width),
    };
    let span = sheet.time.span(idle.span);
    let long = fill(Word::Passes, sheet.window.lang, &[&span]);
    let (middle, y) = ((left + right) / 2.0, sheet.break_y(idle));
    // Where an arrow is under way all the while, the text stands beside it.
    let is_free = |x: f32, half: f32| {
        let hooks = sheet.hooks.iter().filter(|[left, _, right, _]| *left < x + half && *right > x - half);
        let hooks = hooks.map(|&[_, top, _, low]| (top, low));
        let mut passing = passing(&sheet.ways, x - half, x + half).into_iter().chain(hooks);
        passing.all(|(top, low)| low < y - 6.0 || top > y + 6.0)
    };
    for text in [&long, &span] {
        let half = metrics::width(text, metrics::SMALL) / 2.0 + 1.0;
        let edge = (right - left) / 2.0 - half - 12.0;
        for x in [middle, middle - edge, middle + edge] {
            if edge > 10.0 && is_free(x, half) {
                return Some((text.clone(), (x, y)));
            }
        }
    }
    None
}

fn lifelines(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let end = sheet.y(sheet.scale.height).min(sheet.window.height) + 6.0;
    for &x in &sheet.columns.lines {
        list.line((x, HEAD - 2.0), (x, end), Paint::new(Role::Ink));
        for idle in sheet.idles() {
            let (top, bottom) = (sheet.y(idle.top), sheet.y(idle.bottom));
            if bottom < 0.0 || top > sheet.window.height || bottom - top < 12.0 {
                continue;
            }
            // Two short strokes with a gap of paper between: the axis is broken here.
            let y = sheet.break_y(idle);
            list.mark(
                Kind::Area,
                &[x - 3.0, y + 1.0, x + 3.0, y - 5.0, x + 3.0, y - 1.0, x - 3.0, y + 5.0],
                Paint::new(Role::Paper),
            );
            list.line((x - 3.0, y + 1.0), (x + 3.0, y - 5.0), Paint::new(Role::Faint));
            list.line((x - 3.0, y + 5.0), (x + 3.0, y - 1.0), Paint::new(Role::Faint));
        }
    }
}

/// Host names above the lifelines; they stay in sight.
fn heads(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let count = sheet.columns.lines.len();
    for (i, (host, &x)) in sheet.figure.hosts.iter().zip(&sheet.columns.lines).enumerate() {
        let room = if count > 1 {
            let step = sheet.columns.lines[1] - sheet.columns.lines[0];
            let outer = if i == 0 { x - sheet.columns.axis } else { sheet.window.width - x };
            2.0 * outer.min(step / 2.0) - 6.0
        } else {
            sheet.window.width / 2.0
        };
        let name = metrics::shorten(&host.name, metrics::LARGE, room / metrics::BOLD);
        let centred = Paint::new(Role::Ink).look(look::CENTRE);
        let lift = if host.address.is_empty() || host.address == host.name { 6.0 } else { 0.0 };
        list.text((x, 14.0 + lift), &name, centred.look(look::LARGE | look::BOLD));
        if lift == 0.0 {
            let address = metrics::shorten(&host.address, metrics::SMALL, room);
            list.text((x, 28.0), &address, Paint::new(Role::Faint).look(look::CENTRE));
        }
    }
    let unit = sheet.time.unit();
    list.text((sheet.columns.axis - 6.0, 14.0), unit, Paint::new(Role::Faint).look(look::END));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figure::Fate;
    use crate::view::sample;
    use crate::view::scale::Rhythm;

    fn window(width: f32) -> Window {
        Window { width, height: 700.0, top: 0.0, zoom: 1.0, relative: true, lang: Lang::En }
    }

    fn texts_of(list: &DisplayList) -> Vec<&str> {
        (0..list.len()).filter_map(|i| list.text_of(i)).collect()
    }

    #[test]
    fn the_handshake_is_drawn_with_its_numbers() {
        let figure = sample::hello();
        let scale = Scale::new(&figure, Rhythm::with_flight(56.0));
        let list = draw(&figure, &scale, window(700.0));
        let texts = texts_of(&list);
        for wanted in ["client", "server", "10.0.0.1", "ESTABLISHED", "SYN-SENT"] {
            assert!(texts.contains(&wanted), "{wanted} is missing in {texts:?}");
        }
        assert!(texts.iter().any(|t| t.starts_with("SYN  seq 0")), "{texts:?}");
        assert!(texts.iter().any(|t| t.starts_with("SYN ACK  seq 0  ack 1")), "{texts:?}");
        assert!(texts.iter().any(|t| t.starts_with("PSH ACK  seq 1  ack 1  len 11")), "{texts:?}");
        let absolute = draw(&figure, &scale, Window { relative: false, ..window(700.0) });
        assert!(texts_of(&absolute).iter().any(|t| t.starts_with("SYN  seq 1000")));
    }

    #[test]
    fn arrows_are_slanted_by_flight_time_and_lost_ones_end_in_a_cross() {
        let mut figure = sample::hello();
        let at = figure.flights[0].sent;
        figure.flights[0].fate = Fate::Lost(at);
        let scale = Scale::new(&figure, Rhythm::with_flight(56.0));
        let list = draw(&figure, &scale, window(700.0));
        let arrows: Vec<usize> = (0..list.len()).filter(|&i| list.kind[i] == Kind::Arrow as u8).collect();
        assert_eq!(arrows.len(), figure.flights.len());
        for &i in &arrows {
            let p = list.points_of(i);
            assert!(p[3] > p[1], "time runs down");
        }
        assert_eq!((0..list.len()).filter(|&i| list.kind[i] == Kind::Cross as u8).count(), 1);
        assert_ne!(list.look[arrows[0]] & look::DASHED, 0);
    }

    #[test]
    fn no_text_leaves_the_picture_at_any_width() {
        let figure = sample::hello();
        for width in [320.0, 390.0, 640.0, 900.0, 1280.0] {
            let scale = Scale::new(&figure, Rhythm::with_flight(40.0));
            let list = draw(&figure, &scale, window(width));
            for i in 0..list.len() {
                let Some(text) = list.text_of(i) else { continue };
                let p = list.points_of(i);
                let size = if list.look[i] & look::LARGE != 0 { metrics::LARGE } else { metrics::SMALL };
                // Turned text runs up the page, so its width does not count.
                if p.len() == 4 && (p[2] - p[0]).abs() < 1.0 {
                    continue;
                }
                let w = metrics::width(text, size);
                let left = match list.look[i] {
                    l if l & look::CENTRE != 0 => p[0] - w / 2.0,
                    l if l & look::END != 0 => p[0] - w,
                    _ => p[0],
                };
                assert!(
                    left >= -0.5 && left + w <= width + 0.5,
                    "{text:?} at {left}..{} of {width}",
                    left + w
                );
            }
        }
    }
}
