//! The ladder: lifelines, slanted arrows, states, calls and timers over the time axis.

use crate::view::figure::{Cargo, Fate, Figure, Flight, mark};
use crate::view::labels::{Labels, Slant};
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics;
use crate::view::scale::{Idle, Scale};
use crate::view::sides;
use crate::view::time_text::TimeText;
use crate::view::words::{Lang, Word, fill};

/// Height of the row of host names.
pub const HEAD: f32 = 34.0;
/// Air between the host names and position 0.
pub const LEAD: f32 = 12.0;
/// Above this many flights in sight they are drawn in bundles.
const CROWD: usize = 500;

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
    /// Width of the column of calls beside the outer lifelines.
    pub calls: f32,
    /// Width of one state bar.
    pub bar: f32,
    /// State bars a host needs side by side.
    pub bars: Vec<u16>,
    /// Columns of calls a host needs side by side: one a thread.
    pub lanes: Vec<u16>,
}

impl Columns {
    fn new(figure: &Figure, width: f32, time: &TimeText) -> Columns {
        let narrow = width < 520.0;
        let axis = time.column_width();
        let bar = 15.0;
        let bars = sides::bars_of(figure);
        let any_calls = !figure.calls.is_empty();
        let calls = match (any_calls, narrow) {
            (false, _) => 10.0,
            (true, true) => 58.0,
            (true, false) => (width * 0.17).clamp(84.0, 170.0),
        };
        let lanes = sides::lanes_of(figure);
        let side = |host: usize| {
            let of = |counts: &[u16]| f32::from(counts.get(host).copied().unwrap_or(1));
            calls + bar * of(&bars) + sides::CALL_LANE * (of(&lanes) - 1.0).max(0.0)
        };
        let count = figure.hosts.len().max(1);
        let left = axis + side(0);
        let right = width - if count > 1 { side(count - 1) } else { 20.0 };
        let step = if count > 1 { (right - left) / (count - 1) as f32 } else { 0.0 };
        Columns { lines: (0..count).map(|i| left + step * i as f32).collect(), axis, calls, bar, bars, lanes }
    }

    /// True for a lifeline that has others on both sides.
    pub fn is_between(&self, host: usize) -> bool {
        host > 0 && host + 1 < self.lines.len()
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
    pub window: Window,
    pub columns: Columns,
    pub time: TimeText,
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

    pub fn line_x(&self, host: u16) -> f32 {
        self.columns.lines.get(host as usize).copied().unwrap_or_default()
    }
}

/// Draws the part of the ladder that `window` shows.
pub fn draw(figure: &Figure, scale: &Scale, window: Window) -> DisplayList {
    let time = TimeText::new(figure, window.lang);
    let columns = Columns::new(figure, window.width, &time);
    let sheet = Sheet { figure, scale, window, columns, time };
    let mut list = DisplayList::new(window.width, window.height);
    list.clip(Some([0.0, HEAD - 2.0, window.width, window.height - HEAD + 2.0]));
    axis(&sheet, &mut list);
    sides::states(&sheet, &mut list);
    lifelines(&sheet, &mut list);
    sides::timers(&sheet, &mut list);
    flights(&sheet, &mut list);
    sides::calls(&sheet, &mut list);
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
    for (at, position) in scale.ticks(w.top - 20.0, sheet.bottom()) {
        let y = sheet.y(position);
        if y < free {
            continue;
        }
        let text = sheet.time.tick(at);
        if text == last {
            continue;
        }
        free = y + 26.0;
        let paint = Paint::new(Role::Faint).look(look::END);
        list.line((x, y), (right, y), Paint::new(Role::Grid));
        list.text((x - 6.0, y + 4.0), &text, paint);
        last = text;
    }
    for idle in &scale.idles {
        let Some((text, (centre, middle))) = idle_text(sheet, idle) else { continue };
        let paint = Paint::new(Role::Faint).look(look::CENTRE | look::HALO);
        list.text((centre, middle + 4.0), &text, paint);
        let half = metrics::width(&text, metrics::SMALL) / 2.0 + 10.0;
        let first = sheet.columns.lines.first().copied().unwrap_or(x);
        let last = sheet.columns.lines.last().copied().unwrap_or(right);
        let dots = Paint::new(Role::Faint).look(look::DOTTED);
        if centre - half > first + 8.0 {
            list.line((first + 8.0, middle), (centre - half, middle), dots);
            list.line((centre + half, middle), (last - 8.0, middle), dots);
        }
    }
}

/// What a compressed stretch says, and the middle of that text; nothing where it is out of sight or too low.
fn idle_text(sheet: &Sheet<'_>, idle: &Idle) -> Option<(String, (f32, f32))> {
    let (top, bottom) = (sheet.y(idle.top), sheet.y(idle.bottom));
    if bottom < 0.0 || top > sheet.window.height || bottom - top < 12.0 {
        return None;
    }
    let centre = match sheet.columns.lines.as_slice() {
        [first, .., last] => (first + last) / 2.0,
        _ => (sheet.columns.axis + sheet.window.width) / 2.0,
    };
    let text = fill(Word::Passes, sheet.window.lang, &[&sheet.time.span(idle.span)]);
    Some((text, (centre, (top + bottom) / 2.0)))
}

fn lifelines(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let end = sheet.y(sheet.scale.height).min(sheet.window.height) + 6.0;
    for &x in &sheet.columns.lines {
        list.line((x, HEAD - 2.0), (x, end), Paint::new(Role::Ink));
        for idle in &sheet.scale.idles {
            let (top, bottom) = (sheet.y(idle.top), sheet.y(idle.bottom));
            if bottom < 0.0 || top > sheet.window.height || bottom - top < 12.0 {
                continue;
            }
            // Two short strokes with a gap of paper between: the axis is broken here.
            let y = (top + bottom) / 2.0;
            list.mark(
                Kind::Area,
                &[x - 4.0, y + 1.0, x + 4.0, y - 5.0, x + 4.0, y - 1.0, x - 4.0, y + 5.0],
                Paint::new(Role::Paper),
            );
            list.line((x - 4.0, y + 1.0), (x + 4.0, y - 5.0), Paint::new(Role::Faint));
            list.line((x - 4.0, y + 5.0), (x + 4.0, y - 1.0), Paint::new(Role::Faint));
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
            2.0 * outer.min(step / 2.0).max(30.0) - 8.0
        } else {
            sheet.window.width / 2.0
        };
        let name = metrics::shorten(&host.name, metrics::LARGE, room);
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

/// The ends of flight `i` in the picture; a lost one ends short of the other lifeline.
fn ends(sheet: &Sheet<'_>, i: usize) -> Option<((f32, f32), (f32, f32))> {
    let (flight, scale) = (sheet.figure.flights.get(i)?, sheet.scale);
    let (sent, ended) = (*scale.sent.get(i)?, *scale.ended.get(i)?);
    let (x0, x1) = (sheet.line_x(flight.from), sheet.line_x(flight.to));
    match flight.fate {
        Fate::Arrived(_) => Some(((x0, sheet.y(sent)), (x1, sheet.y(ended)))),
        Fate::Lost(_) | Fate::OnTheWay => {
            let way = (scale.flight.max(1.0), (ended - sent).max(0.0));
            let part = (way.1 / way.0).clamp(0.45, 0.72) as f32;
            Some(((x0, sheet.y(sent)), (x0 + (x1 - x0) * part, sheet.y(sent + way.0 * f64::from(part)))))
        }
    }
}

fn paint_of(sheet: &Sheet<'_>, i: usize, flight: &Flight) -> Paint {
    let until = sheet.scale.ended.get(i).copied().unwrap_or_default();
    let from = sheet.scale.sent.get(i).copied().unwrap_or_default();
    let mut bits = 0;
    for (mark, bit) in [
        (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION, look::DOUBLE),
        (mark::DUPLICATE, look::DOTTED),
        (mark::OUT_OF_ORDER, look::OPEN_HEAD),
    ] {
        if flight.marks & mark != 0 {
            bits |= bit;
        }
    }
    if !matches!(flight.fate, Fate::Arrived(_)) {
        bits |= look::DASHED | look::HEADLESS;
    }
    if flight.is_reset() {
        bits |= look::BOLD | look::BARRED;
    }
    let until = match flight.fate {
        Fate::Arrived(_) => until,
        _ => from + sheet.scale.flight * 0.6,
    };
    let role = if flight.hue > 0 { Role::Message } else { Role::Ink };
    Paint::new(role).hue(flight.hue).look(bits).id(Id::new(Thing::Flight, i)).time(from, until)
}

fn visible(sheet: &Sheet<'_>) -> std::ops::Range<usize> {
    let (scale, bottom) = (sheet.scale, sheet.bottom());
    let first = scale.ended_max.partition_point(|&y| y < sheet.window.top - scale.flight);
    let last = scale.sent.partition_point(|&y| y <= bottom);
    first..last.max(first)
}

fn flights(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let range = visible(sheet);
    if range.len() > CROWD {
        return crate::view::crowd::draw(sheet, range, list);
    }
    let mut slants = Vec::with_capacity(range.len());
    for i in range.clone() {
        let Some((from, to)) = ends(sheet, i) else { continue };
        let flight = &sheet.figure.flights[i];
        let paint = paint_of(sheet, i, flight);
        list.arrow(from, to, paint);
        if matches!(flight.fate, Fate::Lost(_)) {
            let cross = Paint { from: paint.until, ..paint };
            list.mark(Kind::Cross, &[to.0, to.1], Paint { role: Role::Trouble, hue: 0, ..cross });
        }
        slants.push(Slant { from, to });
    }
    if sheet.columns.lines.len() < 2 {
        return;
    }
    let mut labels = Labels::new(&slants);
    for idle in &sheet.scale.idles {
        if let Some((text, at)) = idle_text(sheet, idle) {
            let half = metrics::width(&text, metrics::SMALL) / 2.0 + 8.0;
            labels.keep_clear(Slant { from: (at.0 - half, at.1), to: (at.0 + half, at.1) });
        }
    }
    // What tells most comes first: a bare acknowledgment's label gives way.
    let rank = |i: &usize| {
        let f = &sheet.figure.flights[*i];
        u8::from(f.len == 0 && f.marks == 0 && f.title() == "ACK" && matches!(f.fate, Fate::Arrived(_)))
    };
    let mut order: Vec<usize> = range.clone().collect();
    order.sort_by_key(|i| (rank(i), *i));
    let mut unplaced = Vec::new();
    for i in order {
        let k = i - range.start;
        let flight = &sheet.figure.flights[i];
        let choices = texts(flight, sheet.window.relative, sheet.window.lang);
        let paint = paint_of(sheet, i, flight);
        let ink =
            if flight.is_reset() || matches!(flight.fate, Fate::Lost(_)) { Role::Trouble } else { Role::Ink };
        let paint = Paint { role: ink, hue: 0, look: look::CENTRE | look::HALO, until: paint.from, ..paint };
        match labels.place(k, &choices) {
            Some(label) => list.text_along(label.at, label.toward, label.text, paint),
            None => unplaced.push(i),
        }
    }
    unplaced.sort_unstable();
    fold(sheet, &unplaced, range.start, &mut labels, list);
}

/// Says of each run of flights without labels how many they are.
fn fold(
    sheet: &Sheet<'_>,
    unplaced: &[usize],
    first: usize,
    labels: &mut Labels<'_>,
    list: &mut DisplayList,
) {
    for run in unplaced.chunk_by(|a, b| b - a <= 2) {
        let Some(&middle) = run.get(run.len() / 2) else { continue };
        let count = format!("+{}", run.len());
        let long = fill(Word::MoreSegments, sheet.window.lang, &[&run.len().to_string()]);
        if let Some(label) = labels.place(middle - first, &[long, count]) {
            let from = sheet.scale.sent.get(middle).copied().unwrap_or_default();
            let paint = Paint::new(Role::Faint).look(look::CENTRE | look::HALO);
            list.text_along(
                label.at,
                label.toward,
                label.text,
                paint.id(Id::new(Thing::Flight, middle)).time(from, from),
            );
        }
    }
}

/// The words for what is special about a packet, most telling first.
pub fn mark_words(flight: &Flight, lang: Lang) -> Vec<&'static str> {
    let mut out = Vec::new();
    if matches!(flight.fate, Fate::Lost(_)) {
        out.push(Word::Lost.text(lang));
    }
    for (bit, word) in [
        (mark::FAST_RETRANSMISSION, Word::FastRetransmission),
        (mark::RETRANSMISSION, Word::Retransmission),
        (mark::DUPLICATE, Word::Duplicate),
        (mark::OUT_OF_ORDER, Word::OutOfOrder),
        (mark::DUP_ACK, Word::DupAck),
        (mark::ZERO_WINDOW, Word::ZeroWindow),
        (mark::WINDOW_FULL, Word::WindowFull),
        (mark::PROBE, Word::WindowProbe),
        (mark::WINDOW_UPDATE, Word::WindowUpdate),
        (mark::KEEP_ALIVE, Word::KeepAlive),
        (mark::CORRUPT, Word::Corrupt),
    ] {
        let again = bit == mark::RETRANSMISSION && flight.marks & mark::FAST_RETRANSMISSION != 0;
        if flight.marks & bit != 0 && !again {
            out.push(word.text(lang));
        }
    }
    out
}

/// A flight's label, from the fullest text to the shortest.
pub fn texts(flight: &Flight, relative: bool, lang: Lang) -> Vec<String> {
    let title = flight.title();
    let words = mark_words(flight, lang);
    let note = words.first().map(|w| format!("  {w}")).unwrap_or_default();
    let mut out = Vec::with_capacity(5);
    match &flight.cargo {
        Cargo::Tcp { flags, seq, ack, base, ack_base, window } => {
            let (base, ack_base) = if relative { (*base, *ack_base) } else { (0, 0) };
            let (seq, ack) = (seq.wrapping_sub(base), ack.wrapping_sub(ack_base));
            let has_ack = flags & crate::view::figure::flag::ACK != 0;
            let ack = if has_ack { format!("  ack {ack}") } else { String::new() };
            let len = if flight.len > 0 { format!("  len {}", flight.len) } else { String::new() };
            let bare = title == "ACK" && flight.len == 0;
            out.push(format!("{title}  seq {seq}{ack}{len}  win {window}{note}"));
            out.push(format!("{title}  seq {seq}{ack}{len}{note}"));
            if bare {
                out.push(format!("{title}{ack}{note}"));
                out.push(format!("{title}{ack}"));
            } else if flight.len > 0 {
                out.push(format!("seq {seq}{len}{note}"));
                out.push(format!("seq {seq}{note}"));
                out.push(format!("seq {seq}"));
            } else {
                out.push(format!("{title}  seq {seq}{note}"));
                out.push(format!("{title}{note}"));
                out.push(title.clone());
            }
        }
        Cargo::Fragment { offset, more } => {
            let more = if *more { "  MF" } else { "" };
            out.push(format!("{title}  offset {offset}  len {}{more}{note}", flight.len));
            out.push(format!("offset {offset}{note}"));
        }
        Cargo::Udp | Cargo::Other(_) => {
            out.push(format!("{title}  len {}{note}", flight.len));
            out.push(format!("{title}{note}"));
            out.push(title);
        }
    }
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
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
