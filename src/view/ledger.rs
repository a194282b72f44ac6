//! The byte ledger: which send call a byte came from, which segment carried it, which recv call returned it, which
//! frame it ended up in. One lane a layer; a byte stands at the same x in every lane, so borders that do not meet are
//! seen at once.

use std::ops::Range;

use crate::view::figure::{Call, CallKind, Fate, Figure, Part, Stream, hue_of, mark};
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics;
use crate::view::scale::Scale;
use crate::view::words::{Lang, Word, fill};

/// Height of a lane's boxes.
const LANE: f32 = 22.0;
/// Height of the ribbons between two lanes.
const GAP: f32 = 12.0;
/// Height of a stream's heading.
const HEADING: f32 = 24.0;
/// Widest cell of one byte.
const CELL: f32 = 18.0;
/// Gap between two datagrams.
const BORDER: f32 = 8.0;
/// Boxes narrower than this go without borders.
const DENSE: f32 = 5.0;
/// Most rows of segments sent again that are drawn one below the other.
const AGAIN: usize = 3;

/// How the ledger is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Width of the picture.
    pub width: f32,
    /// The connection whose two streams are drawn.
    pub connection: u32,
    /// First octet in sight.
    pub first: u64,
    /// How many octets to fit in; 0 for all.
    pub count: u64,
    /// The language of words.
    pub lang: Lang,
}

/// The hue of the first byte that a call moved.
pub fn hue_of_call(figure: &Figure, call: &Call) -> u8 {
    let Some(place) = &call.range else { return 0 };
    if place.range.is_empty() {
        return 0;
    }
    figure.streams.get(place.stream as usize).map_or(0, |s| s.hue_at(place.range.start))
}

/// Draws both streams of a connection: side by side where there is room, else one below the other.
pub fn draw(figure: &Figure, scale: &Scale, window: Window) -> DisplayList {
    let streams: Vec<usize> =
        (0..figure.streams.len()).filter(|&i| figure.streams[i].connection == window.connection).collect();
    let beside = streams.len() == 2 && window.width >= 860.0;
    let width = if beside { (window.width - 24.0) / 2.0 } else { window.width };
    let mut list = DisplayList::new(window.width, 0.0);
    let mut top = 0.0;
    for (k, &i) in streams.iter().enumerate() {
        let left = if beside { k as f32 * (width + 24.0) } else { 0.0 };
        let sheet = Sheet::new(figure, scale, i, window, left, width);
        let bottom = sheet.draw(if beside { 0.0 } else { top }, &mut list);
        top = if beside { top.max(bottom) } else { bottom + 10.0 };
        list.height = list.height.max(bottom);
    }
    list
}

struct Sheet<'a> {
    figure: &'a Figure,
    scale: &'a Scale,
    stream: &'a Stream,
    index: u32,
    window: Window,
    left: f32,
    /// Where the lanes begin, right of their names.
    bytes_left: f32,
    width: f32,
    cell: f32,
    seen: Range<u64>,
}

impl<'a> Sheet<'a> {
    fn new(
        figure: &'a Figure,
        scale: &'a Scale,
        i: usize,
        window: Window,
        left: f32,
        width: f32,
    ) -> Sheet<'a> {
        let stream = &figure.streams[i];
        let names = lane_names(stream).map(|w| metrics::width(w.text(window.lang), metrics::SMALL));
        let column = names.into_iter().fold(0.0, f32::max) + 12.0;
        let room = width - column - 4.0;
        let first = window.first.min(stream.len);
        let count = if window.count == 0 { stream.len } else { window.count.min(stream.len) };
        let seen = first..(first + count).min(stream.len);
        let borders =
            if stream.datagrams { stream.messages.len().saturating_sub(1) as f32 * BORDER } else { 0.0 };
        let cell = ((room - borders).max(room / 2.0) / (seen.end - seen.start).max(1) as f32).min(CELL);
        Sheet {
            figure,
            scale,
            stream,
            index: i as u32,
            window,
            left,
            bytes_left: left + column,
            width,
            cell,
            seen,
        }
    }

    /// Where the octet at `offset` begins; where the one before it ends, for datagrams, if `end`.
    fn x(&self, offset: u64, end: bool) -> f32 {
        let inside = offset.clamp(self.seen.start, self.seen.end) - self.seen.start;
        let mut x = self.bytes_left + inside as f32 * self.cell;
        if self.stream.datagrams {
            let before =
                self.stream.messages.partition_point(|m| if end { m.end < offset } else { m.end <= offset });
            x += before.min(self.stream.messages.len().saturating_sub(1)) as f32 * BORDER;
        }
        x
    }

    fn span(&self, range: &Range<u64>) -> Option<(f32, f32)> {
        if range.end <= self.seen.start || range.start >= self.seen.end || range.is_empty() {
            return None;
        }
        let (a, b) = (self.x(range.start, false), self.x(range.end, true));
        Some((a, (b - a).max(1.5)))
    }

    fn draw(&self, top: f32, list: &mut DisplayList) -> f32 {
        self.heading(top, list);
        let mut y = top + HEADING;
        if self.stream.len == 0 {
            let paint = Paint::new(Role::Faint);
            list.text((self.left, y + 14.0), Word::NothingSent.text(self.window.lang), paint);
            return y + LANE;
        }
        let sends = self.calls(CallKind::Send);
        let receives = self.calls(CallKind::Receive);
        y = self.call_lane(Word::LaneSend, &sends, y, list);
        y = self.segments(y, list);
        y = self.call_lane(Word::LaneReceive, &receives, y, list);
        y = self.frames(y, list);
        y - GAP + 2.0
    }

    fn heading(&self, y: f32, list: &mut DisplayList) {
        let name =
            |host: u16| self.figure.hosts.get(host as usize).map(|h| h.name.as_str()).unwrap_or_default();
        let (from, to) = (name(self.stream.from), name(self.stream.to));
        let title = fill(Word::FromTo, self.window.lang, &[from, to]);
        let octets = fill(Word::Octets, self.window.lang, &[&self.stream.len.to_string()]);
        let title = metrics::shorten(&title, metrics::SMALL, self.width - 80.0);
        let used = metrics::width(&title, metrics::SMALL);
        list.text((self.left, y + 14.0), &title, Paint::new(Role::Ink).look(look::BOLD));
        list.text((self.left + used + 14.0, y + 14.0), &octets, Paint::new(Role::Faint));
    }

    fn calls(&self, kind: CallKind) -> Vec<usize> {
        let mine = |c: &Call| c.kind == kind && c.range.as_ref().is_some_and(|p| p.stream == self.index);
        (0..self.figure.calls.len()).filter(|&i| mine(&self.figure.calls[i])).collect()
    }

    fn lane_name(&self, word: Word, y: f32, list: &mut DisplayList) {
        let paint = Paint::new(Role::Faint).look(look::END);
        list.text((self.bytes_left - 8.0, y + LANE / 2.0 + 4.0), word.text(self.window.lang), paint);
    }

    /// What a lane says when it has nothing to show.
    fn nothing(&self, word: Word, y: f32, list: &mut DisplayList) {
        let room = self.left + self.width - self.bytes_left;
        let text = metrics::shorten(word.text(self.window.lang), metrics::SMALL, room);
        list.text((self.bytes_left, y + LANE / 2.0 + 4.0), &text, Paint::new(Role::Faint));
    }

    fn call_lane(&self, name: Word, calls: &[usize], y: f32, list: &mut DisplayList) -> f32 {
        self.lane_name(name, y, list);
        if calls.is_empty() {
            self.nothing(Word::NotRecorded, y, list);
        }
        for &i in calls {
            let (call, at) = (&self.figure.calls[i], self.scale.calls[i]);
            let Some(place) = &call.range else { continue };
            let from = if call.kind == CallKind::Send { at.0 } else { at.1 };
            let paint = Paint::new(Role::Message).id(Id::new(Thing::Call, i)).time(from, from);
            self.pieces(&place.range, y, LANE, paint, list);
            if call.truncated > 0 {
                self.burnt(place.range.end, call.truncated, y, paint, list);
            }
        }
        // Under the last lane that has something to show there is nothing to lead to.
        if name == Word::LaneSend || !self.stream.frames.is_empty() {
            let ranges = calls.iter().filter_map(|&i| self.figure.calls[i].range.as_ref()).map(|p| &p.range);
            self.ribbons(ranges, y, list);
        }
        y + LANE + GAP
    }

    /// The tail of a datagram that a receive buffer was too small for.
    fn burnt(&self, end: u64, octets: u32, y: f32, paint: Paint, list: &mut DisplayList) {
        let Some((x, w)) = self.span(&(end..end + u64::from(octets))) else { return };
        list.rect((x, y), (w, LANE), paint.look(look::HATCHED));
        let text = fill(Word::Truncated, self.window.lang, &[&octets.to_string()]);
        if metrics::width(&text, metrics::SMALL) < w - 6.0 {
            let trouble = Paint { role: Role::Trouble, ..paint };
            list.text((x + w / 2.0, y + 15.0), &text, trouble.look(look::CENTRE | look::HALO));
        }
    }

    fn segments(&self, y: f32, list: &mut DisplayList) -> f32 {
        let word = if self.stream.datagrams { Word::LaneDatagrams } else { Word::LaneSegments };
        self.lane_name(word, y, list);
        let mine: Vec<usize> = (0..self.figure.flights.len())
            .filter(|&i| {
                self.figure.flights[i]
                    .range
                    .as_ref()
                    .is_some_and(|p| p.stream == self.index && !p.range.is_empty())
            })
            .collect();
        if mine.is_empty() {
            self.nothing(Word::NoPackets, y, list);
            return y + LANE + GAP;
        }
        // First what was sent for the first time, then, in rows below, what had to go again.
        let mut rows: Vec<u64> = vec![0];
        let mut last_y = y;
        let mut arrived = Vec::new();
        let mut last_pixel = (usize::MAX, f32::MIN);
        for &i in &mine {
            let flight = &self.figure.flights[i];
            let Some(place) = &flight.range else { continue };
            let row = rows.iter().position(|&end| end <= place.range.start).unwrap_or(rows.len()).min(AGAIN);
            match rows.get_mut(row) {
                Some(end) => *end = (*end).max(place.range.end),
                None => rows.push(place.range.end),
            }
            let row_y = y + row as f32 * (LANE + 3.0);
            if row > 0 && row_y > last_y {
                self.lane_name(Word::LaneAgain, row_y, list);
            }
            last_y = last_y.max(row_y);
            let at = self.scale.sent[i];
            let lost = matches!(flight.fate, Fate::Lost(_));
            if !lost {
                arrived.push(&place.range);
            }
            let mut bits = if lost { look::DASHED } else { 0 };
            if flight.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION) != 0 {
                bits |= look::DOUBLE;
            }
            let paint = Paint::new(Role::Message).look(bits).id(Id::new(Thing::Flight, i)).time(at, at);
            // Of many boxes in one pixel one is enough; a lost one always shows.
            let span = self.span(&place.range).unwrap_or_default();
            if !lost && span.1 < 2.0 && (row, span.0.floor()) == last_pixel {
                continue;
            }
            last_pixel = (row, span.0.floor());
            self.pieces(&place.range, row_y, LANE, paint, list);
            if lost && let Some((x, w)) = self.span(&place.range) {
                let until = self.scale.ended[i];
                let cross = Paint::new(Role::Trouble).id(paint.id).time(until, until);
                match w {
                    ..14.0 => list.rect((x, row_y), (w.max(2.0), LANE), cross),
                    // Beside the text, where there is one.
                    84.0.. => list.mark(Kind::Cross, &[x + w - 14.0, row_y + LANE / 2.0], cross),
                    _ => list.mark(Kind::Cross, &[x + w / 2.0, row_y + LANE / 2.0], cross),
                }
            }
        }
        self.ribbons(arrived.into_iter(), last_y, list);
        last_y + LANE + GAP
    }

    fn frames(&self, y: f32, list: &mut DisplayList) -> f32 {
        self.lane_name(Word::LaneFrames, y, list);
        if self.stream.frames.is_empty() {
            if !self.stream.datagrams {
                self.nothing(Word::NoFrames, y, list);
                return y + LANE + GAP;
            }
            return y;
        }
        for part in &self.stream.frames {
            let Some((x, w)) = self.span(&part.range) else { continue };
            let hue = self.stream.hue_at(part.range.start);
            let at = self.scale.position(part.known_at.at);
            let role = match part.part {
                Part::Length => Role::FrameLength,
                Part::Header => Role::FrameHeader,
                Part::Payload => Role::FramePayload,
                Part::Bad => Role::Trouble,
            };
            let paint = Paint::new(Role::Message)
                .hue(hue)
                .id(Id::new(Thing::Frame, part.frame as usize))
                .time(at, at);
            list.rect((x, y), (w, LANE), paint.look(look::SOFT));
            list.rect((x, y), (w, 3.0), Paint { role, hue: 0, ..paint });
            list.rect((x, y), (w, LANE), paint.look(look::OUTLINE));
            self.content(&part.range, (x, y), (w, LANE), paint, list);
        }
        y + LANE + GAP
    }

    /// One box with the parts of each message in its hue, its content, and an outline round the whole.
    fn pieces(&self, range: &Range<u64>, y: f32, h: f32, paint: Paint, list: &mut DisplayList) {
        let Some((x, w)) = self.span(range) else { return };
        for (piece, hue) in self.stream.pieces(range) {
            if let Some((x, w)) = self.span(&piece) {
                list.rect((x, y), (w, h), Paint { look: look::SOFT, hue, ..paint });
            }
        }
        list.region((x, y - 3.0), (w.max(8.0), h + 6.0), paint.id);
        let outline = Paint { role: Role::Ink, hue: 0, look: paint.look | look::OUTLINE, ..paint };
        if w < DENSE {
            // Borders would hide what they bound: a fine line at the beginning has to do.
            let fine = Paint { role: Role::Paper, look: 0, ..outline };
            return if w > 2.5 {
                list.rect((x, y), (0.7, h), fine)
            };
        }
        list.rect((x + 0.5, y + 0.5), (w - 1.0, h - 1.0), outline);
        if paint.look & look::DOUBLE != 0 && w > 10.0 {
            list.rect((x + 2.5, y + 2.5), (w - 5.0, h - 5.0), outline);
        }
        if paint.look & look::DASHED == 0 || w > 84.0 {
            self.content(range, (x, y), (w, h), paint, list);
        }
    }

    /// The bytes of a box: a character each where there is room, else as much text as fits, else their number.
    fn content(
        &self,
        range: &Range<u64>,
        (x, y): (f32, f32),
        (w, h): (f32, f32),
        paint: Paint,
        list: &mut DisplayList,
    ) {
        let base = y + h / 2.0 + 4.0;
        let ink = Paint { role: Role::Ink, hue: 0, look: look::CENTRE | look::MONO, ..paint };
        let bytes = self
            .stream
            .bytes
            .get(range.start as usize..(range.end.min(self.stream.bytes.len() as u64)) as usize)
            .unwrap_or_default();
        if self.cell >= 8.0 && range.start >= self.seen.start && bytes.len() as u64 == range.end - range.start
        {
            for glyph in glyphs(bytes, self.cell) {
                let a = self.x(range.start + glyph.range.start as u64, false);
                let b = self.x(range.start + glyph.range.end as u64, true);
                list.text(((a + b) / 2.0, base), &glyph.text, ink);
            }
            return;
        }
        let octets = fill(Word::Octets, self.window.lang, &[&(range.end - range.start).to_string()]);
        let readable = !bytes.is_empty() && bytes.iter().all(|b| (0x20..0x7f).contains(b));
        if readable && bytes.len() <= 256 {
            let text = String::from_utf8_lossy(bytes);
            if metrics::mono_width(&text, metrics::SMALL) < w - 8.0 {
                return list.text((x + w / 2.0, base), &text, ink);
            }
        }
        if metrics::width(&octets, metrics::SMALL) < w - 6.0 {
            list.text((x + w / 2.0, base), &octets, Paint { look: look::CENTRE, ..ink });
        }
    }

    /// The way down to the next lane, in each message's hue.
    fn ribbons<'r>(&self, ranges: impl Iterator<Item = &'r Range<u64>>, y: f32, list: &mut DisplayList) {
        for range in ranges {
            for (piece, hue) in self.stream.pieces(range) {
                let Some((x, w)) = self.span(&piece) else { continue };
                if hue == 0 {
                    continue;
                }
                let (a, b) = (x + 1.0, x + w - 1.0);
                let quad = [a, y + LANE, b, y + LANE, b, y + LANE + GAP, a, y + LANE + GAP];
                list.mark(Kind::Area, &quad, Paint::new(Role::Message).hue(hue).look(look::SOFT));
            }
        }
    }
}

fn lane_names(stream: &Stream) -> [Word; 5] {
    let middle = if stream.datagrams { Word::LaneDatagrams } else { Word::LaneSegments };
    [Word::LaneSend, middle, Word::LaneAgain, Word::LaneReceive, Word::LaneFrames]
}

/// A character over the cells of its bytes.
#[derive(Debug, PartialEq)]
struct Glyph {
    range: Range<usize>,
    text: String,
}

/// What to write into the cells of `bytes`: characters where they are whole UTF-8, else hex digits (where they fit).
fn glyphs(bytes: &[u8], cell: f32) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let range = at..at + c.len_utf8();
            at = range.end;
            let text = match c {
                ' ' => "␣".to_owned(),
                '\n' => "↵".to_owned(),
                '\r' => "␍".to_owned(),
                '\t' => "⇥".to_owned(),
                c if c.is_control() => hex(c as u32 as u8, cell),
                c => c.to_string(),
            };
            out.push(Glyph { range, text });
        }
        for &b in chunk.invalid() {
            out.push(Glyph { range: at..at + 1, text: hex(b, cell) });
            at += 1;
        }
    }
    out
}

fn hex(byte: u8, cell: f32) -> String {
    if cell >= 16.0 { format!("{byte:02x}") } else { "·".to_owned() }
}

/// The hue of the message with this number; for callers that show messages in a list.
pub fn hue_of_message(i: usize) -> u8 {
    hue_of(i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use crate::view::scale::Rhythm;

    fn texts_of(list: &DisplayList) -> Vec<&str> {
        (0..list.len()).filter_map(|i| list.text_of(i)).collect()
    }

    fn window(width: f32) -> Window {
        Window { width, connection: 0, first: 0, count: 0, lang: Lang::En }
    }

    #[test]
    fn a_byte_stands_at_the_same_x_in_every_lane() {
        let figure = sample::hello();
        let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
        let list = draw(&figure, &scale, window(600.0));
        let h: Vec<f32> =
            (0..list.len()).filter(|&i| list.text_of(i) == Some("h")).map(|i| list.points_of(i)[0]).collect();
        // Twice in `hello hello`, in the lanes send, segments and recv.
        assert_eq!(h.len(), 6);
        assert_eq!((h[0], h[1]), (h[2], h[3]));
        assert_eq!((h[0], h[1]), (h[4], h[5]));
        assert!(texts_of(&list).contains(&"none: the stream has no borders"));
    }

    #[test]
    fn a_cut_inside_a_character_shows_its_bytes() {
        let text = "中".as_bytes();
        assert_eq!(glyphs(text, 18.0), [Glyph { range: 0..3, text: "中".into() }]);
        assert_eq!(glyphs(&text[..2], 18.0).len(), 2);
        assert_eq!(glyphs(&text[..2], 18.0)[0].text, "e4");
        assert_eq!(glyphs(&text[2..], 18.0)[0].text, "ad");
    }

    #[test]
    fn two_messages_in_one_recv_share_its_box() {
        let mut figure = sample::hello();
        figure.streams[0].messages = vec![0..5, 5..11];
        let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
        let list = draw(&figure, &scale, window(600.0));
        let hues: std::collections::BTreeSet<u8> = (0..list.len())
            .filter(|&i| list.kind[i] == Kind::Rect as u8 && list.look[i] & look::SOFT != 0)
            .map(|i| list.hue[i])
            .collect();
        assert_eq!(hues.into_iter().collect::<Vec<_>>(), [1, 2]);
    }
}
