//! Socket calls beside the lifelines, and what labels keep clear of there.

use crate::view::bars::BRACKET;
use crate::view::beside::{BESIDE, MOST_LANES};
use crate::view::crowd;
use crate::view::figure::Call;
use crate::view::labels::{Slant, passing};
use crate::view::ladder::Sheet;
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics;
use crate::view::words::{Lang, Word};
use crate::view::written::Written;

/// Width of the column of one thread's calls.
pub(crate) const CALL_LANE: f32 = 7.0;

/// A call as it is written beside the lifeline, from the fullest text to the shortest.
fn call_texts(call: &Call, result: &str, (whole, bare): (bool, bool), lang: Lang) -> Vec<String> {
    let name = format!("{}{}", call.name, if bare { "" } else { "()" });
    let with_args = if call.args.is_empty() { name.clone() } else { format!("{}({})", call.name, call.args) };
    let quoted = matches!(&call.result, Written::Text(text) if text.starts_with("b'"));
    let mut out = Vec::with_capacity(7);
    if whole && !result.is_empty() {
        out.push(format!("{with_args} = {result}"));
        if let Some(place) = call.range.as_ref().filter(|_| quoted) {
            let octets = place.range.end - place.range.start;
            out.push(format!("{with_args} = {octets} B"));
            out.push(format!("{name} = {octets} B"));
        }
        out.push(format!("{name} = {result}"));
        if call.failed {
            // Better that it failed than which call it was: the programs beside and the transcript say the rest.
            let error = Word::ErrorShort.text(lang);
            out.extend([format!("{name} = {error}"), error.to_owned()]);
        }
    }
    out.extend([with_args, name, call.name.to_string()]);
    out
}

/// Boxes (left, top, right, bottom) of what stands between the outer lifelines, from mark `first` on: state bars and calls of
/// the hosts in the middle, timers with their names. Labels keep clear of them.
pub(crate) fn boxes(sheet: &Sheet<'_>, list: &DisplayList, first: usize) -> Vec<[f32; 4]> {
    let lines = &sheet.columns.lines;
    let (Some(&left), Some(&right)) = (lines.first(), lines.last()) else { return Vec::new() };
    let mut out = Vec::new();
    for i in first..list.len() {
        let p = list.points_of(i);
        let found = match list.text_of(i) {
            Some(text) => {
                let half = metrics::width(text, metrics::SMALL) / 2.0;
                match *p {
                    // Turned text runs up the page.
                    [x, y, _, _] => [x - 10.0, y - half, x + 4.0, y + half],
                    [x, y] if list.look[i] & look::END != 0 => [x - 2.0 * half, y - 10.0, x, y + 3.0],
                    [x, y] if list.look[i] & look::CENTRE != 0 => [x - half, y - 10.0, x + half, y + 3.0],
                    [x, y, ..] => [x, y - 10.0, x + 2.0 * half, y + 3.0],
                    _ => continue,
                }
            }
            None if list.kind[i] == Kind::Rect as u8 && p.len() == 4 => {
                [p[0], p[1], p[0] + p[2], p[1] + p[3]]
            }
            None if list.kind[i] == Kind::Line as u8 && list.role[i] == Role::Timer as u8 && p.len() == 8 => {
                [p[0].min(p[2]), p[1], p[0].max(p[2]), p[5]]
            }
            None => continue,
        };
        if found[0] < right - 1.0 && found[2] > left + 1.0 {
            out.push(found);
        }
    }
    out
}

/// Rows that a host's labels have taken already.
#[derive(Default)]
struct Rows(Vec<(f32, f32)>);

impl Rows {
    /// Takes the row at `y`, or one a little lower; where arrows pass between the heights of `passing`, also one a little higher.
    fn take(&mut self, y: f32, passing: &[(f32, f32)]) -> Option<f32> {
        const ROW: f32 = 13.5;
        for up in [false, true] {
            let mut at = y;
            for _ in 0..4 {
                let mut stands = self.0.iter().rev().take(24).chain(passing);
                match stands.find(|(a, b)| at < *b && at + ROW > *a) {
                    None => {
                        self.0.push((at, at + ROW));
                        return Some(at);
                    }
                    Some(&(above, below)) => at = if up { above - ROW } else { below },
                }
                if (at - y).abs() > 1.6 * ROW {
                    break;
                }
            }
            if passing.is_empty() {
                break;
            }
        }
        None
    }
}

/// The calls of which something is in sight, in the order in which they begin.
fn calls_in_sight(sheet: &Sheet<'_>) -> Vec<usize> {
    sheet.scale.calls_between(sheet.window.top.next_down(), sheet.bottom())
}

/// Where a call's bar stands: its inner edge, and its left one.
pub(crate) fn bar_x(sheet: &Sheet<'_>, call: &Call) -> (f32, f32) {
    let (columns, host) = (&sheet.columns, call.host as usize);
    let side = columns.side(host);
    let lane = f32::from(call.lane.min(MOST_LANES - 1));
    let bars = f32::from(columns.bars.get(host).copied().unwrap_or_default());
    let inner = sheet.line_x(call.host) + side * (bars * columns.bar + 3.0 + lane * CALL_LANE);
    (inner, if side < 0.0 { inner - 5.0 } else { inner })
}

/// How a call's bar is painted.
pub(crate) fn bar_paint(sheet: &Sheet<'_>, index: usize, call: &Call) -> Paint {
    let (from, until) = sheet.scale.calls.get(index).copied().unwrap_or_default();
    let hue = if call.range.is_some() { crate::view::ledger::hue_of_call(sheet.figure, call) } else { 0 };
    let role = if call.failed { Role::Trouble } else { Role::Call };
    Paint::new(role).hue(hue).id(Id::new(Thing::Call, index)).time(from, until)
}

/// Socket calls: a bar for as long as the call lasts (hatched where it blocks), and what was called.
pub(crate) fn calls(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let (w, columns) = (&sheet.window, &sheet.columns);
    let seen = calls_in_sight(sheet);
    if seen.len() > crowd::CROWD {
        return crowd::calls(sheet, &seen, list);
    }
    let mut rows: Vec<Rows> = columns.lines.iter().map(|_| Rows::default()).collect();
    let mut between = Vec::new();
    let mut timed = vec![false; columns.lines.len()];
    if let [first, _, .., last] = columns.lines[..] {
        between.clone_from(&sheet.ways);
        between.extend(&sheet.crosses);
        // The dots of a compressed stretch.
        for idle in sheet.idles() {
            let y = sheet.break_y(idle);
            between.push(Slant { from: (first, y - 2.0), to: (last, y + 2.0) });
        }
        for timer in sheet.figure.timers.iter().filter(|timer| timer.fired) {
            timed.get_mut(timer.host as usize).into_iter().for_each(|timed| *timed = true);
        }
    }
    for i in seen {
        let (Some(call), Some(&(from, until))) = (sheet.figure.calls.get(i), sheet.scale.calls.get(i)) else {
            continue;
        };
        let host = call.host as usize;
        let side = columns.side(host);
        let lane = f32::from(call.lane.min(MOST_LANES - 1));
        let (inner, left) = bar_x(sheet, call);
        let (y0, y1) = (sheet.y(from), sheet.y(until).max(sheet.y(from) + 3.0));
        let id = Id::new(Thing::Call, i);
        let bar = bar_paint(sheet, i, call);
        list.rect((left, y0), (5.0, y1 - y0), if call.blocked { bar.look(look::HATCHED) } else { bar });
        // Words stand outside of all threads' columns.
        let lanes = f32::from(columns.lanes.get(host).copied().unwrap_or(1));
        let edge = inner + side * (10.0 + (lanes - 1.0 - lane) * CALL_LANE);
        let room = match side < 0.0 {
            // Up to the lifeline before, and what may stand at it.
            _ if columns.is_between(host) => {
                let brackets = if timed[host - 1] { BRACKET } else { 0.0 };
                let before = sheet.line_x(call.host - 1) + brackets;
                (edge - before - 6.0).min(((sheet.line_x(call.host) - before) * 0.33).max(62.0))
            }
            true => edge - columns.axis - 2.0,
            false => w.width - edge - 4.0,
        };
        let end = if side < 0.0 { look::END } else { 0 };
        let tall = call.blocked && y1 - y0 > 24.0;
        let Some(rows) = rows.get_mut(host) else { continue };
        let ways = if columns.is_between(host) { &between[..] } else { &[] };
        let text = Paint {
            role: if call.failed { Role::Trouble } else { Role::Ink },
            hue: 0,
            look: end | look::HALO,
            until: from,
            ..bar
        };
        list.region(
            (if side < 0.0 { edge - room } else { left }, y0 - 6.0),
            (room + 10.0, (y1 - y0).max(14.0)),
            id,
        );
        let result = call.result.text();
        let result = sheet.figure.said(&result, w.lang);
        // Where empty parentheses have no room behind each name they stand behind none.
        let names = sheet.beside.of(host).names - BESIDE;
        let bare = names <= room && room < names + metrics::width("()", metrics::SMALL);
        write_first(
            &call_texts(call, result, (!tall, bare), w.lang),
            room,
            (edge, y0),
            text,
            (rows, ways),
            list,
        );
        if tall && !call.result.is_empty() && until < sheet.scale.height {
            let octets = call.range.as_ref().map(|p| p.range.end - p.range.start);
            let mut results = vec![["= ", result].concat()];
            if call.failed {
                results.push(["= ", Word::ErrorShort.text(w.lang)].concat());
            } else if let Some(n) = octets {
                let number = n.to_string();
                results.extend([["= ", &number, " B"].concat(), [&number, " B"].concat()]);
                // Without its unit only a number that cannot be taken for anything else.
                if n >= 1_000 {
                    results.push(number);
                }
            }
            let paint = Paint { from: until, until, ..text };
            write_first(&results, room, (edge, y1 - 4.0), paint, (rows, ways), list);
        }
    }
}

/// Letters, with the ellipsis, that a shortened name keeps at least.
const LEAST_LETTERS: usize = 5;

fn write_first(
    choices: &[String],
    room: f32,
    (x, y): (f32, f32),
    paint: Paint,
    (rows, ways): (&mut Rows, &[Slant]),
    list: &mut DisplayList,
) {
    for (k, choice) in choices.iter().enumerate() {
        let mut text = choice.clone();
        if metrics::width(choice, metrics::SMALL) > room {
            if k + 1 < choices.len() {
                continue;
            }
            // A number that is cut is another number.
            if choice.starts_with(|c: char| c.is_ascii_digit()) {
                return;
            }
            // Of a name that is cut to a letter or two nothing can be read.
            text = metrics::shorten(choice, metrics::SMALL, room);
            if text.chars().count() < LEAST_LETTERS {
                return;
            }
        }
        let width = metrics::width(&text, metrics::SMALL);
        let left = if paint.look & look::END != 0 { x - width } else { x };
        let passing = passing(ways, left, left + width);
        if let Some(y) = rows.take(y - 6.0, &passing) {
            return list.text((x, y + 10.0), &text, paint);
        }
        if passing.is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{BUILTINS, Run, builtin};
    use crate::view::ladder::Window;
    use crate::view::session::Session;

    #[test]
    fn rows_move_down_a_little_and_then_refuse() {
        let mut rows = Rows::default();
        assert_eq!(rows.take(10.0, &[]), Some(10.0));
        assert_eq!(rows.take(12.0, &[]), Some(23.5));
        assert_eq!(rows.take(12.0, &[]), None);
    }

    #[test]
    fn rows_let_arrows_pass() {
        let mut rows = Rows::default();
        assert_eq!(rows.take(10.0, &[(8.0, 20.0)]), Some(20.0));
        assert_eq!(rows.take(12.0, &[(20.0, 60.0)]), Some(6.5));
        assert_eq!(rows.take(12.0, &[(0.0, 60.0)]), None);
    }

    #[test]
    fn names_of_calls_are_written_alike_and_numbers_whole() {
        for entry in BUILTINS {
            let run = Run::new(&builtin(entry.name).unwrap(), &[]).unwrap();
            let session = Session::new(run.shared_trace());
            // Between lifelines names make way for arrows, too.
            if session.figure().hosts.len() > 2 {
                continue;
            }
            for width in [320.0, 390.0, 430.0, 600.0] {
                let (top, zoom, lang) = (0.0, 1.0, Lang::En);
                let list = session.ladder(Window { width, height: 4_000.0, top, zoom, relative: true, lang });
                // Each side of the picture for itself: the left texts end at their lifeline.
                for end in [0, look::END] {
                    let mine = (0..list.len()).filter(|&i| list.look[i] & look::END == end);
                    let said: Vec<&str> = mine.filter_map(|i| list.text_of(i)).collect();
                    for text in &said {
                        let bare = text.strip_suffix("()").filter(|bare| said.contains(bare));
                        assert_eq!(bare, None, "{} {width}: both with and without parentheses", entry.name);
                        let cut = text.ends_with('…') && text.starts_with(|c: char| c.is_ascii_digit());
                        assert!(!cut, "{} {width}: {text}", entry.name);
                    }
                }
            }
        }
    }
}
