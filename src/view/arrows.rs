//! Packets in the ladder: slanted arrows with a label each, as far as labels find room.

use std::ops::Range;

use crate::view::figure::{Cargo, Fate, Flight, Known, flag, mark};
use crate::view::labels::{Label, Labels, Slant};
use crate::view::ladder::{Sheet, idle_text};
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::loops;
use crate::view::metrics;
use crate::view::scale::LOST_PART;
use crate::view::words::{Lang, Word, fill};

/// How far a count of arrows without labels stays from its neighbours' labels, not to be read as a part of them.
const APART: f32 = 6.0;

/// The ends of flight `i` in the picture; a lost one ends short of the other lifeline.
fn ends(sheet: &Sheet<'_>, i: usize) -> Option<((f32, f32), (f32, f32))> {
    let (flight, scale) = (sheet.figure.flights.get(i)?, sheet.scale);
    let (sent, ended) = (*scale.sent.get(i)?, *scale.ended.get(i)?);
    let (x0, x1) = (sheet.line_x(flight.from), sheet.line_x(flight.to));
    match flight.fate {
        Fate::Arrived(_) => Some(((x0, sheet.y(sent)), (x1, sheet.y(ended)))),
        Fate::Lost(_) | Fate::OnTheWay => {
            let way = (scale.flight.max(1.0), (ended - sent).max(0.0));
            let part = (way.1 / way.0).clamp(LOST_PART.0, LOST_PART.1) as f32;
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
    let known = flight.known == Known::Inferred;
    let until = match flight.fate {
        Fate::Arrived(_) => until,
        _ => from + sheet.scale.flight * 0.6,
    };
    let role = match flight.hue {
        _ if known => Role::Faint,
        0 => Role::Ink,
        _ => Role::Message,
    };
    Paint::new(role)
        .hue(if known { 0 } else { flight.hue })
        .look(bits)
        .id(Id::new(Thing::Flight, i))
        .time(from, until)
}

pub(crate) fn visible(sheet: &Sheet<'_>) -> Range<usize> {
    let (scale, bottom) = (sheet.scale, sheet.bottom());
    let first = scale.first_ended(sheet.window.top - scale.flight);
    let last = scale.sent.partition_point(|&y| y <= bottom);
    first..last.max(first)
}

/// The arrows in sight, from the highest tail to the lowest; none where they are drawn in bundles.
pub(crate) fn ways(sheet: &Sheet<'_>) -> Vec<Slant> {
    let range = visible(sheet);
    if range.len() > crate::view::crowd::CROWD {
        return Vec::new();
    }
    let mut ways = Vec::with_capacity(range.len());
    for i in range {
        if let Some((from, to)) = ends(sheet, i) {
            ways.push(Slant { from, to });
        }
    }
    ways
}

/// Boxes of what says that the axis is broken.
fn idle_boxes(sheet: &Sheet<'_>) -> Vec<[f32; 4]> {
    let lines = &sheet.columns.lines;
    let (first, last) = (lines.first(), lines.last());
    let mut out = Vec::new();
    for idle in sheet.idles() {
        let y = sheet.break_y(idle);
        match (idle_text(sheet, idle), first, last) {
            // The dots beside the text lead from the first lifeline to the last; without it the lifelines are broken all the same.
            (Some(_), Some(first), Some(last)) => out.push([*first, y - 6.5, *last, y + 6.5]),
            _ => out.extend(lines.iter().map(|x| [x - 4.0, y - 6.5, x + 4.0, y + 6.5])),
        }
    }
    out
}

/// The strokes of the crosses of what is lost.
pub(crate) fn crosses(sheet: &Sheet<'_>) -> Vec<Slant> {
    let mut out = Vec::new();
    let first = visible(sheet).start;
    for (i, way) in (first..).zip(&sheet.ways) {
        if sheet.figure.flights.get(i).is_some_and(|flight| matches!(flight.fate, Fate::Lost(_))) {
            let (x, y) = way.to;
            out.extend([6.0, -6.0].map(|up| Slant { from: (x - 6.0, y + up), to: (x + 6.0, y - up) }));
        }
    }
    out
}

/// Draws the packets; labels keep clear of the boxes `taken`.
pub(crate) fn flights(sheet: &Sheet<'_>, mut taken: Vec<[f32; 4]>, list: &mut DisplayList) {
    let range = visible(sheet);
    if range.len() > crate::view::crowd::CROWD {
        return crate::view::crowd::draw(sheet, range, list);
    }
    taken.extend(&sheet.hooks);
    taken.extend(idle_boxes(sheet));
    let mut said = f32::MIN;
    for (i, &Slant { from, to }) in range.clone().zip(&sheet.ways) {
        let flight = &sheet.figure.flights[i];
        let paint = paint_of(sheet, i, flight);
        if flight.from == flight.to {
            let choices = texts(flight, sheet.window.relative, sheet.window.lang);
            let label = loops::draw(sheet, flight, choices, (from, to), paint, (said, &taken), list);
            said = label.map_or(said, |[.., bottom]| bottom + 2.0);
            taken.extend(label);
            continue;
        }
        list.arrow(from, to, paint);
        if matches!(flight.fate, Fate::Lost(_)) {
            let cross = Paint { from: paint.until, ..paint };
            list.mark(Kind::Cross, &[to.0, to.1], Paint { role: Role::Trouble, hue: 0, ..cross });
            taken.push([to.0 - 5.0, to.1 - 5.0, to.0 + 5.0, to.1 + 5.0]);
        }
    }
    let [first, .., last] = sheet.columns.lines[..] else { return };
    // A lifeline between them is crossed by the arrow itself; its label may stand on it.
    let height = sheet.window.height;
    taken.extend([first, last].map(|x| [x, -height, x, 2.0 * height]));
    let mut labels = Labels::new(&sheet.ways, &taken);
    // What tells most comes first: what was lost; a bare acknowledgment's label gives way.
    let rank = |i: &usize| {
        let f = &sheet.figure.flights[*i];
        match f.fate {
            Fate::Lost(_) => 0,
            Fate::Arrived(_) if f.len == 0 && f.marks == 0 && f.title() == "ACK" => 2,
            _ => 1,
        }
    };
    let mut unplaced = Vec::new();
    for i in (0..3).flat_map(|n| range.clone().filter(move |i| rank(i) == n)) {
        let k = i - range.start;
        let flight = &sheet.figure.flights[i];
        let mut choices = texts(flight, sheet.window.relative, sheet.window.lang);
        if is_plain_data(flight) && is_tight(sheet, &range, i) {
            // In a burst what repeats itself only crowds.
            choices.retain(|text| text.starts_with("seq"));
        }
        let paint = paint_of(sheet, i, flight);
        let ink =
            if flight.is_reset() || matches!(flight.fate, Fate::Lost(_)) { Role::Trouble } else { Role::Ink };
        let paint = Paint { role: ink, hue: 0, look: look::CENTRE | look::HALO, until: paint.from, ..paint };
        // That it was lost is said behind the cross rather than not at all.
        let is_lost = matches!(flight.fate, Fate::Lost(_));
        let lost = Word::Lost.text(sheet.window.lang);
        let told = if is_lost { choices.iter().take_while(|text| text.ends_with(lost)).count() } else { 0 };
        let (told, bare) = choices.split_at(told);
        let mut found = None;
        for texts in [told, bare] {
            if found.is_none() {
                found = labels.place(k, texts);
            }
            if found.is_none() && is_lost {
                found = labels.place_behind(k, texts, sheet.line_x(flight.to));
            }
        }
        // Or by itself, beside what names the packet.
        if is_lost && !found.as_ref().is_some_and(|label| label.text.ends_with(lost)) {
            let word = [lost.to_owned()];
            if let Some(label) = labels.place_behind(k, &word, sheet.line_x(flight.to)) {
                list.text_along(label.at, label.toward, label.text, paint);
            }
        }
        match found {
            // Out of sight it keeps its place, and nothing is drawn.
            Some(label) if !in_sight(sheet, &label) => {}
            Some(label) => list.text_along(label.at, label.toward, label.text, paint),
            None => unplaced.push(i),
        }
    }
    unplaced.sort_unstable();
    fold(sheet, &unplaced, range.start, &mut labels, list);
}

/// True for a label of which something stands in the picture.
fn in_sight(sheet: &Sheet<'_>, label: &Label<'_>) -> bool {
    let reach = metrics::width(label.text, metrics::SMALL) + metrics::SMALL;
    label.at.1 + reach > 0.0 && label.at.1 - reach < sheet.window.height
}

/// True for data whose flags say nothing.
fn is_plain_data(flight: &Flight) -> bool {
    use flag::{ACK, PSH};
    matches!(flight.cargo, Cargo::Tcp { flags, .. } if flags & !(ACK | PSH) == 0) && flight.len > 0
}

/// True if another packet leaves on the same way just before and just after.
fn is_tight(sheet: &Sheet<'_>, range: &Range<usize>, i: usize) -> bool {
    let me = &sheet.figure.flights[i];
    let near = |j: usize| {
        let other = &sheet.figure.flights[j];
        let apart = (sheet.scale.sent[i] - sheet.scale.sent[j]).abs() * sheet.window.zoom;
        (other.from, other.to) == (me.from, me.to) && apart < 22.0
    };
    (range.start..i).rev().take(3).any(near) && (i + 1..range.end).take(3).any(near)
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
        let choices = [long, count];
        let mut place = labels.place_apart(middle - first, &choices, APART);
        // One that is not counted is seen all the same; of many it must be said.
        if place.is_none() && run.len() > 1 {
            place = labels.place(middle - first, &choices);
        }
        if let Some(label) = place {
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
    let inferred = (flight.known == Known::Inferred).then(|| Word::Inferred.text(lang));
    let note = words.iter().copied().take(1).chain(inferred).map(|w| format!("  {w}")).collect::<String>();
    let mut out = Vec::with_capacity(5);
    match &flight.cargo {
        Cargo::Tcp { flags, seq, ack, base, ack_base, window } => {
            let (base, ack_base) = if relative { (*base, *ack_base) } else { (0, 0) };
            let (seq, ack) = (seq.wrapping_sub(base), ack.wrapping_sub(ack_base));
            let has_ack = flags & flag::ACK != 0;
            let ack = if has_ack { format!("  ack {ack}") } else { String::new() };
            let len = if flight.len > 0 { format!("  len {}", flight.len) } else { String::new() };
            let bare = title == "ACK" && flight.len == 0;
            // A window that is as it was tells nothing.
            if flight.marks & mark::SAME_WINDOW == 0 {
                out.push(format!("{title}  seq {seq}{ack}{len}  win {window}{note}"));
            }
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
            out.push(format!("{title}{note}"));
            out.push(format!("offset {offset}"));
            out.push(title);
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
    use crate::sim::{Run, builtin};
    use crate::view::ladder::Window;
    use crate::view::session::Session;

    #[test]
    fn a_count_is_not_read_as_a_part_of_a_label() {
        let run = Run::new(&builtin("path-mtu").unwrap(), &[]).unwrap();
        let session = Session::new(run.shared_trace());
        for width in (320..1_300).step_by(35).map(|width| width as f32).chain([390.0]) {
            let (top, zoom, lang) = (0.0, 1.0, Lang::En);
            let list = session.ladder(Window { width, height: 4_000.0, top, zoom, relative: true, lang });
            let at = |i: usize| (list.points_of(i)[0], list.points_of(i)[1]);
            let texts = (0..list.len()).filter_map(|i| Some((at(i), list.text_of(i)?)));
            let texts: Vec<((f32, f32), &str)> = texts.collect();
            for (here, count) in texts.iter().filter(|(_, text)| *text == "+1") {
                for (there, text) in texts.iter().filter(|(_, text)| text.starts_with("ICMP")) {
                    let apart = (here.0 - there.0).hypot(here.1 - there.1);
                    assert!(apart > 28.0, "{count} {here:?}, {text} {there:?}, {width}");
                }
            }
        }
    }

    #[test]
    fn what_was_lost_says_so_where_there_is_room_behind_the_cross() {
        for name in
            ["lost-syn", "lost-syn-ack", "lost-fin", "lost-handshake-ack", "fast-retransmit", "path-mtu"]
        {
            let run = Run::new(&builtin(name).unwrap(), &[]).unwrap();
            let session = Session::new(run.shared_trace());
            for (&lang, width) in
                Lang::ALL.iter().flat_map(|lang| [(lang, 390.0), (lang, 600.0), (lang, 1_280.0)])
            {
                let (top, zoom) = (0.0, 1.0);
                let list = session.ladder(Window { width, height: 900.0, top, zoom, relative: true, lang });
                let lost = Word::Lost.text(lang);
                let said = (0..list.len()).filter_map(|i| list.text_of(i)).filter(|text| text.contains(lost));
                let crosses = list.kind.iter().filter(|kind| **kind == Kind::Cross as u8).count();
                assert_eq!(said.count(), crosses, "{name} {width} {lang:?}");
            }
        }
    }
}
