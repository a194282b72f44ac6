//! What stands along the lifelines: state bars with their names, and brackets of timers.

use crate::view::figure::{Known, StateSpan};
use crate::view::labels::passing;
use crate::view::ladder::{HEAD, Sheet};
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics;
use crate::view::time_text::short_state;

/// Where a listener's bar ends in a narrow picture: where the first connection of its host takes it over. Nothing where another
/// listener's bar stands there already.
fn cut_listener(sheet: &Sheet<'_>, i: usize, state: &StateSpan, until: f64) -> Option<f64> {
    let beside = sheet.figure.states.iter().zip(&sheet.scale.states).enumerate();
    let mut end = until;
    for (j, (other, &(from, _))) in beside.filter(|(j, (other, _))| *j != i && other.host == state.host) {
        if other.state != state.state {
            end = end.min(from);
        } else if j < i {
            return None;
        }
    }
    Some(end)
}

/// State bars with their names, turned where they stand.
pub(crate) fn states(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let (w, width) = (&sheet.window, sheet.columns.bar);
    let bottom = sheet.bottom();
    for (i, state) in sheet.figure.states.iter().enumerate() {
        let Some(&(from, until)) = sheet.scale.states.get(i) else { continue };
        if until < w.top || from > bottom || state.state == "CLOSED" {
            continue;
        }
        let until = match state.state {
            "LISTEN" if sheet.columns.narrow => cut_listener(sheet, i, state, until),
            _ => Some(until),
        };
        let Some(until) = until.filter(|&until| until > from) else { continue };
        let bar = f32::from(sheet.beside.bar(state.host, state.socket, sheet.columns.narrow));
        let side = sheet.columns.side(state.host as usize);
        let x = sheet.line_x(state.host);
        let left = if side < 0.0 { x - (bar + 1.0) * width } else { x + bar * width };
        let (y0, y1) = (sheet.y(from), sheet.y(until));
        let paint = Paint::new(Role::State).id(Id::new(Thing::State, i)).time(from, until);
        bar_of(state, (left, y0), (width, y1 - y0), paint, list);
        name_of(sheet, state, left + width / 2.0, (y0, y1), paint, list);
    }
}

fn bar_of(state: &StateSpan, (x, y): (f32, f32), (w, h): (f32, f32), paint: Paint, list: &mut DisplayList) {
    let h = h.max(1.0);
    if state.known == Known::Inferred {
        list.rect(
            (x + 0.5, y + 0.5),
            (w - 1.0, (h - 1.0).max(0.5)),
            paint.look(look::OUTLINE | look::DOTTED),
        );
    } else if state.state == "TIME-WAIT" {
        // The wait runs out: the bar empties towards its end.
        list.mark(Kind::Area, &[x, y, x + w, y, x, y + h], paint);
        list.rect((x, y), (w, h), paint.look(look::OUTLINE));
    } else {
        list.rect((x + 0.5, y + 0.5), (w - 1.0, (h - 1.0).max(0.5)), paint);
    }
}

/// Where arrows and crosses run between `left` and `right`.
fn lines(sheet: &Sheet<'_>, left: f32, right: f32) -> Vec<(f32, f32)> {
    let mut out = passing(&sheet.ways, left, right);
    out.extend(passing(&sheet.crosses, left, right));
    out
}

/// Adds where the axis is broken, with so much around it.
fn breaks(sheet: &Sheet<'_>, around: f32, out: &mut Vec<(f32, f32)>) {
    for idle in sheet.idles() {
        let middle = sheet.break_y(idle);
        out.push((middle - around, middle + around));
    }
}

/// The longest piece between `top` and `bottom` in which nothing of `taken` (from, until) is.
fn longest_free((top, bottom): (f32, f32), taken: &[(f32, f32)]) -> (f32, f32) {
    let mut longest = (top, top);
    // A piece begins at the top, or where something ends; it goes on until the next thing, or is none where another goes on.
    for &(_, from) in [(top, top)].iter().chain(taken) {
        let (from, mut until) = (from.max(top), bottom);
        for &(start, end) in taken {
            if end > from {
                until = until.min(start);
            }
        }
        if until - from > longest.1 - longest.0 {
            longest = (from, until);
        }
    }
    longest
}

/// Writes the state's name up its bar, in the middle of what is visible of it.
fn name_of(
    sheet: &Sheet<'_>,
    state: &StateSpan,
    x: f32,
    (y0, y1): (f32, f32),
    paint: Paint,
    list: &mut DisplayList,
) {
    let (top, bottom) = (y0.max(HEAD), y1.min(sheet.window.height));
    if bottom <= top {
        return;
    }
    let choices = [state.state, short_state(state.state)];
    // Where the axis is broken its marks would strike the letters out: the name stands between them, where it can.
    let mut taken = lines(sheet, x - 6.0, x + 6.0);
    let whole = longest_free((top, bottom), &taken);
    breaks(sheet, 6.0, &mut taken);
    let piece = longest_free((top, bottom), &taken);
    let tries =
        [(piece, &choices[..1]), (whole, &choices[..1]), (piece, &choices[..]), (whole, &choices[..])];
    let fits = |((top, bottom), choices): ((f32, f32), &[&'static str])| {
        let name = choices.iter().find(|name| metrics::width(name, metrics::SMALL) <= bottom - top - 6.0)?;
        Some((*name, (top + bottom) / 2.0))
    };
    let Some((name, middle)) = tries.into_iter().find_map(fits) else { return };
    let ink = Paint { role: Role::Ink, look: look::CENTRE, until: paint.from, ..paint };
    list.text_along((x + 4.0, middle), (x + 4.0, middle - 10.0), name, ink);
}

/// How far brackets of timers with their names reach from the lifeline.
pub(crate) const BRACKET: f32 = 30.0;

/// The brackets of timers that fired.
pub(crate) fn timers(sheet: &Sheet<'_>, list: &mut DisplayList) {
    let bottom = sheet.bottom();
    // Where names cannot stand: other timers' names, and packets from a host to itself.
    let mut boxes = sheet.hooks.clone();
    for (i, timer) in sheet.figure.timers.iter().enumerate() {
        let Some(&(from, until)) = sheet.scale.timers.get(i) else { continue };
        if !timer.fired || until < sheet.window.top || from > bottom {
            continue;
        }
        let inner = -sheet.columns.side(timer.host as usize);
        let x = sheet.line_x(timer.host) + inner * 12.0;
        let (y0, y1) = (sheet.y(from), sheet.y(until));
        let paint = Paint::new(Role::Timer).id(Id::new(Thing::Timer, i)).time(from, until);
        let foot = x - inner * 6.0;
        list.mark(Kind::Line, &[foot, y0, x, y0, x, y1, foot, y1], paint);
        let x = x + if inner > 0.0 { 12.0 } else { -4.0 };
        let mut taken = lines(sheet, x - 10.0, x + 2.0);
        breaks(sheet, 2.0, &mut taken);
        let beside = boxes.iter().filter(|[left, _, right, _]| *left < x + 2.0 && *right > x - 10.0);
        taken.extend(beside.map(|[_, top, _, low]| (*top, *low)));
        let (top, low) = longest_free((y0.max(HEAD), y1.min(sheet.window.height)), &taken);
        let name = timer.name.text(sheet.window.lang);
        let room = metrics::width(name, metrics::SMALL) + 8.0;
        if low - top > room {
            let at = (x, (top + low) / 2.0);
            boxes.push([x - 10.0, at.1 - room / 2.0, x + 2.0, at.1 + room / 2.0]);
            let text = Paint { look: look::CENTRE | look::HALO, until: paint.from, ..paint };
            list.text_along(at, (at.0, at.1 - 10.0), name, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_free_piece_is_found() {
        let found = |taken: &[(f32, f32)]| longest_free((0.0, 100.0), taken);
        assert_eq!(found(&[]), (0.0, 100.0));
        assert_eq!(found(&[(70.0, 80.0), (-20.0, 10.0), (20.0, 30.0)]), (30.0, 70.0));
        assert_eq!(found(&[(-5.0, 200.0)]), (0.0, 0.0), "nothing is free");
        assert_eq!(found(&[(10.0, 120.0), (150.0, 160.0)]), (0.0, 10.0));
        assert_eq!(longest_free((100.0, 20.0), &[(0.0, 50.0)]), (100.0, 100.0));
        assert_eq!(found(&[(10.0, 40.0), (20.0, 30.0), (90.0, 95.0)]), (40.0, 90.0));
    }
}
