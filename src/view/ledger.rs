//! The byte ledger: which send call a byte came from, which segment carried it, which recv call returned it, which
//! frame it ended up in. One lane a layer (`view::lanes`); a byte stands at the same x in every lane, so
//! borders that do not meet are seen at once.

use std::cell::OnceCell;
use std::ops::Range;

use crate::view::figure::{Call, Figure, Place, Stream, hue_of};
use crate::view::glyphs::character_around;
use crate::view::lanes::{Carriers, Lanes};
use crate::view::list::{DisplayList, Paint, Role, look};
use crate::view::metrics;
use crate::view::octets::{Borders, Octets, natural_width};
use crate::view::scale::Scale;
use crate::view::words::{Lang, Word, fill};

/// Height of a stream's heading.
const HEADING: f32 = 22.0;
/// Air between streams, side by side and one below the other.
const APART: (f32, f32) = (28.0, 10.0);
/// From this width on, two long streams share a row.
const SHARED: f32 = 860.0;
/// Least width of a stream that shares a row.
const LEAST: f32 = 190.0;
/// Width of the page's buttons for zooming.
const TOOLS: f32 = 92.0;
/// Octets that a caption quotes at most.
const QUOTED: u64 = 12;

/// How the ledger is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// Width of the picture.
    pub width: f32,
    /// The connection whose two streams are drawn; else every stream that carried something.
    pub connection: Option<u32>,
    /// Of this stream, only these octets.
    pub zoom: Option<Place>,
    /// The language of words.
    pub lang: Lang,
}

/// Where one stream stands in a drawn ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Which stream.
    pub stream: u32,
    top: f32,
    bottom: f32,
    octets: Octets,
}

impl Placed {
    /// The octet at a point, if this stream stands there.
    pub fn octet_at(&self, (x, y): (f32, f32)) -> Option<u64> {
        let inside = y >= self.top && y < self.bottom;
        let (left, right) = (self.octets.start(self.octets.seen.start) - 4.0, self.octets.right() + 4.0);
        if inside && x >= left && x < right { self.octets.at(x) } else { None }
    }

    /// Some octet has less room than it could use.
    pub fn is_squeezed(&self) -> bool {
        self.octets.is_squeezed()
    }

    /// The band that `range` takes through all lanes: left, top, width, height.
    pub fn band(&self, range: &Range<u64>) -> Option<[f32; 4]> {
        let (x, w) = self.octets.span(range)?;
        Some([x, self.top, w, self.bottom - self.top])
    }
}

/// The hue of the first byte that a call moved.
pub fn hue_of_call(figure: &Figure, call: &Call) -> u8 {
    let Some(place) = &call.range else { return 0 };
    if place.range.is_empty() {
        return 0;
    }
    figure.streams.get(place.stream as usize).map_or(0, |s| s.hue_at(place.range.start))
}

/// The hue of the message with this number; for callers that show messages in a list.
pub fn hue_of_message(i: usize) -> u8 {
    hue_of(i)
}

/// The streams that a window shows: those of its connection, or all that carried something.
fn chosen(figure: &Figure, connection: Option<u32>) -> Vec<usize> {
    let all = 0..figure.streams.len();
    let busy = |i: &usize| figure.streams[*i].len > 0;
    // A silent direction is told in the other's heading.
    let of = |c: u32| {
        let both: Vec<usize> = all.clone().filter(|&i| figure.streams[i].connection == c).collect();
        let some: Vec<usize> = both.iter().copied().filter(busy).collect();
        if some.is_empty() { both } else { some }
    };
    match connection {
        Some(c) => of(c),
        None => {
            let all: Vec<usize> = all.clone().filter(busy).collect();
            if all.is_empty() { of(0) } else { all }
        }
    }
}

/// What carries the octets of each stream, looked up when it is first drawn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carrying(Vec<OnceCell<Carriers>>);

impl Carrying {
    pub fn new(figure: &Figure) -> Carrying {
        Carrying(figure.streams.iter().map(|_| OnceCell::new()).collect())
    }
}

/// Draws the streams in rows, as many beside each other as there is room for, and says where each stands.
pub fn draw(figure: &Figure, scale: &Scale, window: &Window) -> (DisplayList, Vec<Placed>) {
    draw_carried(figure, scale, &Carrying::new(figure), window)
}

/// The same for those who draw often.
pub(crate) fn draw_carried(
    figure: &Figure,
    scale: &Scale,
    carrying: &Carrying,
    window: &Window,
) -> (DisplayList, Vec<Placed>) {
    let mut list = DisplayList::new(window.width, 0.0);
    let mut placed = Vec::new();
    let mut top = 0.0;
    let sheet = Sheet { figure, scale, carrying, window };
    let streams = chosen(figure, window.connection);
    let natural: Vec<f32> = streams.iter().map(|&i| sheet.natural(i)).collect();
    for row in rows(&natural, window.width) {
        let (mut left, mut bottom) = (0.0, top);
        let last = row.len() - 1;
        for (n, (k, width)) in row.into_iter().enumerate() {
            let right = if n == last { window.width } else { left + width };
            let place = (left, top, width, right);
            bottom = sheet.block(streams[k], place, &mut list, &mut placed).max(bottom);
            left += width + APART.0;
        }
        list.height = bottom;
        top = bottom + APART.1;
    }
    (list, placed)
}

/// Which blocks stand in which row, and how wide each is.
fn rows(natural: &[f32], room: f32) -> Vec<Vec<(usize, f32)>> {
    let mut out: Vec<Vec<(usize, f32)>> = Vec::new();
    for (k, &wanted) in natural.iter().enumerate() {
        let wanted = wanted.min(room);
        if let Some(row) = out.last_mut() {
            let used: f32 = row.iter().map(|b| b.1 + APART.0).sum();
            if used + wanted <= room {
                row.push((k, wanted));
                continue;
            }
            // Two that are too long for one row share it, where that leaves enough for both.
            if let ([(_, first)], true) = (row.as_mut_slice(), room >= SHARED) {
                let half = (room - APART.0) / 2.0;
                let second = wanted.min(half.max(room - APART.0 - *first));
                if second >= LEAST.min(wanted) {
                    *first = first.min(room - APART.0 - second);
                    row.push((k, second));
                    continue;
                }
            }
        }
        out.push(vec![(k, wanted)]);
    }
    out
}

struct Sheet<'a> {
    figure: &'a Figure,
    scale: &'a Scale,
    carrying: &'a Carrying,
    window: &'a Window,
}

impl Sheet<'_> {
    fn seen(&self, i: usize) -> Range<u64> {
        let len = self.figure.streams[i].len;
        match &self.window.zoom {
            Some(place) if place.stream as usize == i => {
                let start = place.range.start.min(len.saturating_sub(1));
                start..place.range.end.clamp(start, len)
            }
            _ => 0..len,
        }
    }

    fn names_width(&self, stream: &Stream) -> f32 {
        let names = crate::view::lanes::names(stream);
        let widths = names.iter().map(|w| metrics::width(w.text(self.window.lang), metrics::SMALL));
        widths.fold(0.0, f32::max) + 12.0
    }

    /// The width at which nothing would be squeezed.
    fn natural(&self, i: usize) -> f32 {
        let stream = &self.figure.streams[i];
        let (title, octets) = self.title(stream);
        let heading =
            metrics::bold_width(&title, metrics::SMALL) + metrics::width(&octets, metrics::SMALL) + 24.0;
        if stream.len == 0 {
            return heading;
        }
        let seen = self.seen(i);
        let gaps = if stream.datagrams { stream.messages.len().saturating_sub(1) } else { 0 };
        let lanes = natural_width(seen.end - seen.start, gaps);
        (self.names_width(stream) + lanes + 8.0).max(heading)
    }

    /// Who sends to whom, and how much.
    fn title(&self, stream: &Stream) -> (String, String) {
        let many = self.figure.streams.len() > 2;
        let name = |host: u16, port: u16| {
            let name = self.figure.hosts.get(host as usize).map(|h| h.name.as_str()).unwrap_or_default();
            if many && port > 0 { format!("{name}:{port}") } else { name.to_owned() }
        };
        let ends = (name(stream.from, stream.ports.0), name(stream.to, stream.ports.1));
        let title = fill(Word::FromTo, self.window.lang, &[&ends.0, &ends.1]);
        let octets = match stream.len {
            0 => Word::NothingSent.text(self.window.lang).to_owned(),
            n => fill(Word::Octets, self.window.lang, &[&n.to_string()]),
        };
        (title, octets)
    }

    fn block(
        &self,
        i: usize,
        (left, top, width, right): (f32, f32, f32, f32),
        list: &mut DisplayList,
        placed: &mut Vec<Placed>,
    ) -> f32 {
        let stream = &self.figure.streams[i];
        let column = self.names_width(stream);
        let seen = self.seen(i);
        let nothing = Carriers::default();
        let known = self.carrying.0.get(i).filter(|_| stream.len > 0);
        let carriers =
            known.map_or(&nothing, |known| known.get_or_init(|| Carriers::new(self.figure, i as u32)));
        let gaps = stream.messages.iter().filter(|_| stream.datagrams && stream.len > 0).map(|m| m.start);
        let room = (width - column - 6.0).max(20.0);
        let mut borders = Borders::new(seen, room);
        if stream.len > 0 {
            self.borders(stream, carriers, &mut borders);
        }
        let octets = Octets::new(borders, &gaps.collect::<Vec<u64>>(), left + column, room);
        self.heading(i, &octets, (left, top), right - left, list);
        if stream.len == 0 {
            return top + HEADING;
        }
        let lanes = Lanes {
            figure: self.figure,
            scale: self.scale,
            stream,
            index: i as u32,
            carriers,
            lang: self.window.lang,
            octets: &octets,
            names: left + column,
            right,
        };
        let bottom = lanes.draw(top + HEADING, list);
        placed.push(Placed { stream: i as u32, top: top + HEADING - 3.0, bottom, octets });
        bottom
    }

    /// Where something begins or ends in a stream.
    fn borders(&self, stream: &Stream, carriers: &Carriers, borders: &mut Borders) {
        stream.messages.iter().for_each(|range| borders.add(range));
        stream.frames.iter().for_each(|part| borders.add(&part.range));
        for carriers in [&carriers.flights, &carriers.sends, &carriers.receives] {
            carriers.iter().filter(|(_, range)| !range.is_empty()).for_each(|(_, range)| borders.add(range));
        }
    }

    fn heading(&self, i: usize, octets: &Octets, (x, y): (f32, f32), width: f32, list: &mut DisplayList) {
        let stream = &self.figure.streams[i];
        let (title, mut note) = self.title(stream);
        if octets.seen != (0..stream.len) {
            note = fill(
                Word::OctetsOf,
                self.window.lang,
                &[
                    &octets.seen.start.to_string(),
                    &octets.seen.end.saturating_sub(1).to_string(),
                    &stream.len.to_string(),
                ],
            );
        }
        // From the longest to the shortest; each part in full, or not at all.
        let mut notes = [String::new(), String::new(), note.clone()];
        if !octets.even {
            note = format!("{note} · {}", Word::NotToScale.text(self.window.lang));
        }
        notes[1].clone_from(&note);
        // The page's buttons for zooming stand at the right of the first heading, unless a choice of connections stands above.
        let streams = self.figure.streams.len();
        let tools = if y == 0.0 && octets.is_squeezed() && streams <= 2 { TOOLS } else { 0.0 };
        let back = self.figure.streams.get(i ^ 1).filter(|s| s.connection == stream.connection && s.len == 0);
        if let Some(back) = back.filter(|_| stream.len > 0 && streams == 2) {
            let (title, nothing) = self.title(back);
            note += &fill(Word::SilentDirection, self.window.lang, &[&title, &nothing]);
        }
        notes[0] = note;
        let width = width - tools;
        let title = metrics::shorten(&title, metrics::SMALL, (width - 44.0) / metrics::BOLD);
        list.text((x, y + 13.0), &title, Paint::new(Role::Ink).look(look::BOLD));
        let used = metrics::bold_width(&title, metrics::SMALL) + 10.0;
        if let Some(note) = notes.iter().find(|note| metrics::width(note, metrics::SMALL) <= width - used) {
            list.text((x + used, y + 13.0), note, Paint::new(Role::Faint));
        }
    }
}

/// One octet in words: where it stands, its value, the character and the message that it belongs to.
pub fn octet_text(figure: &Figure, stream: u32, offset: u64, lang: Lang) -> String {
    let Some(stream) = figure.streams.get(stream as usize) else { return String::new() };
    let Some(&byte) = stream.bytes.get(offset as usize) else {
        return fill(Word::OctetAt, lang, &[&offset.to_string(), "?"]);
    };
    let mut value = format!("{byte:02x}");
    let around = character_around(&stream.bytes, offset as usize);
    if let Some(text) = stream.bytes.get(around.clone()).and_then(|b| std::str::from_utf8(b).ok()) {
        match around.len() {
            1 if byte > 0x20 && byte < 0x7f => value += &format!(" '{text}'"),
            1 => {}
            _ => value += &format!(" ({text} = {})", hex(&stream.bytes[around])),
        }
    }
    let mut out = fill(Word::OctetAt, lang, &[&offset.to_string(), &value]);
    let i = stream.messages.partition_point(|m| m.end <= offset);
    if let Some(message) = stream.messages.get(i).filter(|m| m.contains(&offset)) {
        let at = (offset - message.start + 1).to_string();
        let len = (message.end - message.start).to_string();
        out += &fill(Word::OctetOfMessage, lang, &[&(i + 1).to_string(), &at, &len]);
    }
    out
}

/// A range of octets in words: its hex digits and, where it is one, its text.
pub fn range_text(figure: &Figure, place: &Place, lang: Lang) -> String {
    let Some(stream) = figure.streams.get(place.stream as usize) else { return String::new() };
    let end = place.range.end.min(place.range.start + QUOTED);
    let bytes = stream.bytes.get(place.range.start as usize..end as usize).unwrap_or_default();
    let more = if end < place.range.end { " …" } else { "" };
    let mut value = hex(bytes) + more;
    let text = std::str::from_utf8(bytes).ok().filter(|t| !t.is_empty() && !t.contains(char::is_control));
    if let Some(text) = text {
        value += &format!(" '{text}'{more}");
    }
    let octets = (place.range.end - place.range.start).to_string();
    let last = place.range.end.saturating_sub(1).to_string();
    fill(Word::OctetsAt, lang, &[&place.range.start.to_string(), &last, &octets, &value])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figure::Known;
    use crate::view::list::{Kind, look};
    use crate::view::sample;
    use crate::view::scale::Rhythm;

    fn texts_of(list: &DisplayList) -> Vec<&str> {
        (0..list.len()).filter_map(|i| list.text_of(i)).collect()
    }

    fn drawn(figure: &Figure, width: f32) -> (DisplayList, Vec<Placed>) {
        let scale = Scale::new(figure, Rhythm::with_flight(50.0));
        draw(figure, &scale, &Window { width, ..Window::default() })
    }

    #[test]
    fn a_lost_fragment_takes_the_whole_datagram_along() {
        use crate::sim::{Command, Run, builtin};
        let run = Run::new(&builtin("udp-fragment-lost").unwrap(), &[]).unwrap();
        let session = crate::view::session::Session::new(run.shared_trace());
        let (list, _) = session.ledger(&Window { width: 900.0, ..Window::default() });
        let texts = texts_of(&list);
        let count = |wanted: &str| texts.iter().filter(|text| **text == wanted).count();
        assert_eq!(
            (count("lost on the way"), count("thrown away")),
            (1, 1),
            "the last piece is too small for words: {texts:?}"
        );
        assert_eq!((count("never read"), count("never arrived")), (0, 0), "{texts:?}");
        assert_eq!(texts.iter().filter(|text| text.contains("reassembly time-out")).count(), 1, "{texts:?}");
        // In a narrow picture, too, it is told, in lines that do not leave it.
        let (list, _) = session.ledger(&Window { width: 320.0, lang: Lang::Zh, ..Window::default() });
        let told: String = texts_of(&list).concat();
        assert!(told.contains("重组超时"), "{told}");
        // And which piece was lost, by a shorter word where the long one has no room.
        for (width, wanted) in [(366.0, "lost"), (900.0, "lost on the way")] {
            let (list, _) = session.ledger(&Window { width, ..Window::default() });
            assert_eq!(texts_of(&list).iter().filter(|text| **text == wanted).count(), 1, "{width}");
        }
        // Whole, it is read, and nothing of this is said.
        let whole = run.fork(Command::Set { path: "network.script".into(), value: "[]".into(), at: None });
        if let Ok(whole) = whole {
            let session = crate::view::session::Session::new(whole.shared_trace());
            let (list, _) = session.ledger(&Window { width: 900.0, ..Window::default() });
            assert!(!texts_of(&list).iter().any(|text| text.contains("thrown away")));
        }
    }

    #[test]
    fn of_a_host_that_was_not_watched_nothing_is_said_that_nobody_knows() {
        let mut figure = sample::hello();
        let receiver = figure.streams[0].to;
        figure.calls.retain(|call| call.host != receiver);
        for flight in &mut figure.flights {
            flight.known = Known::Captured;
        }
        let said = |figure: &Figure| {
            let (list, _) = drawn(figure, 600.0);
            let texts = texts_of(&list);
            let lane = texts.iter().position(|&text| text == "recv calls").expect("the lane");
            texts[lane + 1].to_owned()
        };
        assert_eq!(said(&figure), "not recorded");
        // In the simulation all is known.
        for flight in &mut figure.flights {
            flight.known = Known::Modelled;
        }
        assert_eq!(said(&figure), "never read");
    }

    #[test]
    fn a_byte_stands_at_the_same_x_in_every_lane() {
        let (list, placed) = drawn(&sample::hello(), 600.0);
        let h: Vec<f32> =
            (0..list.len()).filter(|&i| list.text_of(i) == Some("h")).map(|i| list.points_of(i)[0]).collect();
        // Twice in `hello hello`, in the lanes send, segments and recv.
        assert_eq!(h.len(), 6);
        assert_eq!((h[0], h[1]), (h[2], h[3]));
        assert_eq!((h[0], h[1]), (h[4], h[5]));
        assert!(texts_of(&list).contains(&"none: the stream has no borders"));
        let y = placed[0].top + 4.0;
        assert_eq!((placed[0].octet_at((h[0], y)), placed[0].octet_at((h[1], y))), (Some(0), Some(6)));
        assert_eq!(placed[0].octet_at((h[0], placed[0].bottom + 1.0)), None);
    }

    #[test]
    fn a_silent_direction_is_told_with_the_punctuation_of_the_language() {
        for (lang, wanted) in [(Lang::En, "   (server → client: "), (Lang::Zh, "（server → client：")] {
            let figure = sample::hello();
            let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
            let mut one = figure.clone();
            one.streams[1] = Stream { from: 1, to: 0, ..Stream::default() };
            one.calls.retain(|call| call.range.as_ref().is_none_or(|place| place.stream == 0));
            one.flights.retain(|flight| flight.range.as_ref().is_none_or(|place| place.stream == 0));
            let (list, _) = draw(&one, &scale, &Window { width: 900.0, lang, ..Window::default() });
            assert!(texts_of(&list).iter().any(|text| text.contains(wanted)), "{:?}", texts_of(&list));
        }
    }

    #[test]
    fn two_messages_in_one_recv_share_its_box() {
        let mut figure = sample::hello();
        figure.streams[0].messages = vec![0..5, 5..11];
        let (list, _) = drawn(&figure, 600.0);
        let soft = |i: &usize| list.kind[*i] == Kind::Rect as u8 && list.look[*i] & look::SOFT != 0;
        let hues: std::collections::BTreeSet<u8> =
            (0..list.len()).filter(soft).map(|i| list.hue[i]).collect();
        assert_eq!(hues.into_iter().collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn what_was_sent_and_never_read_says_so() {
        let mut figure = sample::hello();
        for call in &mut figure.calls {
            if call.kind == crate::view::figure::CallKind::Receive {
                call.range = Some(Place { stream: 0, range: 0..5 });
            }
        }
        let (list, _) = drawn(&figure, 600.0);
        assert!(texts_of(&list).contains(&"never read"), "{:?}", texts_of(&list));
    }

    #[test]
    fn short_streams_stand_side_by_side_and_long_ones_share_a_row() {
        assert_eq!(rows(&[300.0, 200.0], 600.0), [vec![(0, 300.0), (1, 200.0)]]);
        assert_eq!(rows(&[300.0, 400.0], 600.0), [vec![(0, 300.0)], vec![(1, 400.0)]]);
        let shared = rows(&[5_000.0, 4_000.0], 960.0);
        assert_eq!(shared, [vec![(0, 466.0), (1, 466.0)]]);
        let note = rows(&[5_000.0, 180.0], 960.0);
        assert_eq!(note, [vec![(0, 752.0), (1, 180.0)]]);
    }

    #[test]
    fn an_octet_is_told_with_its_character_and_its_message() {
        let mut figure = sample::hello();
        figure.streams[0].bytes = "a中b".as_bytes().to_vec();
        figure.streams[0].messages = vec![0..1, 1..5];
        assert_eq!(octet_text(&figure, 0, 0, Lang::En), "offset 0: 61 'a', message 1, byte 1 of 1");
        assert_eq!(
            octet_text(&figure, 0, 2, Lang::En),
            "offset 2: b8 (中 = e4 b8 ad), message 2, byte 2 of 4"
        );
        let place = Place { stream: 0, range: 1..4 };
        assert_eq!(range_text(&figure, &place, Lang::En), "offsets 1–3 (3 B): e4 b8 ad '中'");
    }
}
