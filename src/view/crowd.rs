//! The ladder from far away: when flights or calls outnumber pixels they are drawn in bundles, and losses and failures stay.

use std::ops::Range;

use crate::view::figure::{Fate, mark};
use crate::view::ladder::Sheet;
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::sides;

/// Above this many flights, or calls, in sight they are drawn in bundles.
pub(crate) const CROWD: usize = 400;
/// Height of a bundle in pixels.
const BUNDLE: f32 = 4.0;

/// The one of `open` with this key, made anew (what stood there is finished) when the row is another.
fn bundle<K: PartialEq + Copy, B>(
    open: &mut Vec<(K, i32, B)>,
    finished: &mut Vec<(K, i32, B)>,
    (key, row): (K, i32),
    new: impl FnOnce() -> B,
    more: impl FnOnce(&mut B),
) {
    match open.iter_mut().find(|(known, ..)| *known == key) {
        Some((_, at, bundle)) if *at == row => more(bundle),
        Some(old) => finished.push(std::mem::replace(old, (key, row, new()))),
        None => open.push((key, row, new())),
    }
}

/// What a row of pixels holds in one direction.
#[derive(Clone, Copy)]
struct Bundle {
    first: usize,
    count: u32,
    /// Flights of one message hue only, or 0.
    hue: u8,
    top: f32,
    bottom: f32,
    end_top: f32,
    end_bottom: f32,
}

/// Draws flights of `range` in bundles: one arrow per direction and row of pixels, wider where there are more. Lost,
/// resent and reset ones are never bundled away: each row keeps a mark of its own for them.
pub(crate) fn draw(sheet: &Sheet<'_>, range: Range<usize>, list: &mut DisplayList) {
    // In one direction flights go from row to row: only the last row is open.
    let (mut open, mut bundles) = (Vec::new(), Vec::new());
    let (mut open_trouble, mut trouble) = (Vec::new(), Vec::new());
    for i in range {
        let Some(flight) = sheet.figure.flights.brief(i) else { continue };
        let (y0, y1) = (sheet.y(sheet.scale.sent[i]), sheet.y(sheet.scale.ended[i]));
        let row = (y0 / BUNDLE).floor() as i32;
        let lost = !matches!(flight.fate, Fate::Arrived(_));
        let again = flight.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION) != 0;
        if lost || again || flight.reset {
            let key = (flight.from, flight.to, lost);
            bundle(&mut open_trouble, &mut trouble, (key, row), || i, |_| {});
            if lost {
                continue;
            }
        }
        let new = || Bundle {
            first: i,
            count: 1,
            hue: flight.hue,
            top: y0,
            bottom: y0,
            end_top: y1,
            end_bottom: y1,
        };
        bundle(&mut open, &mut bundles, ((flight.from, flight.to), row), new, |b| {
            b.count += 1;
            b.hue = if b.hue == flight.hue { b.hue } else { 0 };
            (b.bottom, b.end_bottom) = (b.bottom.max(y0), b.end_bottom.max(y1));
        });
    }
    bundles.append(&mut open);
    trouble.append(&mut open_trouble);
    for &((from, to), _, b) in &bundles {
        let (x0, x1) = (sheet.line_x(from), sheet.line_x(to));
        let (sent, ended) = (sheet.scale.sent[b.first], sheet.scale.ended[b.first]);
        let role = if b.hue > 0 { Role::Message } else { Role::Faint };
        let paint = Paint::new(role).hue(b.hue).id(Id::new(Thing::Fold, b.first)).time(sent, ended);
        if b.count == 1 {
            list.arrow((x0, b.top), (x1, b.end_top), paint.look(look::HEADLESS));
        } else {
            let (low, end_low) = (b.bottom.max(b.top + 1.5), b.end_bottom.max(b.end_top + 1.5));
            list.mark(Kind::Area, &[x0, b.top, x1, b.end_top, x1, end_low, x0, low], paint.look(look::SOFT));
        }
    }
    for &((from, to, lost), _, i) in &trouble {
        let (x0, x1) = (sheet.line_x(from), sheet.line_x(to));
        let (sent, ended) = (sheet.scale.sent[i], sheet.scale.ended[i]);
        let paint = Paint::new(Role::Trouble).id(Id::new(Thing::Flight, i)).time(sent, sent);
        if lost {
            let part = 0.6;
            let at = (x0 + (x1 - x0) * part, sheet.y(sent + sheet.scale.flight * f64::from(part)));
            list.arrow((x0, sheet.y(sent)), at, paint.look(look::DASHED | look::HEADLESS));
            list.mark(Kind::Cross, &[at.0, at.1], paint);
        } else {
            list.arrow((x0, sheet.y(sent)), (x1, sheet.y(ended)), paint.look(look::DOUBLE));
        }
    }
}

/// Draws calls in bundles: one bar per thread and row of pixels. Calls that failed keep a bar of their own.
pub(crate) fn calls(sheet: &Sheet<'_>, seen: &[usize], list: &mut DisplayList) {
    let (mut open, mut bundles) = (Vec::new(), Vec::new());
    for &i in seen {
        let (Some(call), Some(&(from, until))) = (sheet.figure.calls.brief(i), sheet.scale.calls.get(i))
        else {
            continue;
        };
        let (y0, y1) = (sheet.y(from), sheet.y(until));
        let row = (y0 / BUNDLE).floor() as i32;
        let key = (call.host, call.lane, call.failed);
        bundle(
            &mut open,
            &mut bundles,
            (key, row),
            || (i, y0, y1),
            |(_, _, bottom)| *bottom = bottom.max(y1),
        );
    }
    bundles.append(&mut open);
    for (_, _, (i, y0, y1)) in bundles {
        let Some(call) = sheet.figure.calls.get(i) else { continue };
        let (_, left) = sides::bar_x(sheet, call);
        let paint = sides::bar_paint(sheet, i, call);
        let height = (y1 - y0).max(3.0);
        let hatched = call.blocked && height > 2.0 * BUNDLE;
        list.rect((left, y0), (5.0, height), if hatched { paint.look(look::HATCHED) } else { paint });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;
    use crate::view::figure::Moment;
    use crate::view::ladder::{self, Window};
    use crate::view::sample;
    use crate::view::scale::{Rhythm, Scale};
    use crate::view::words::Lang;

    #[test]
    fn bundles_are_few_and_losses_stay() {
        let gaps = vec![1_000_000u64; 4_000];
        let mut figure = sample::of_gaps(&gaps);
        for i in [17, 1_000, 3_999] {
            figure.flights[i].fate = Fate::Lost(Moment { at: Instant::NEVER, order: u32::MAX });
            figure.flights[i].fate = Fate::Lost(figure.flights[i].sent);
        }
        let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
        let zoom = 500.0 / scale.height;
        let window = Window { width: 600.0, height: 560.0, top: 0.0, zoom, relative: true, lang: Lang::En };
        let list = ladder::draw(&figure, &scale, window);
        assert!(list.len() < 2_000, "{}", list.len());
        let crosses = (0..list.len()).filter(|&i| list.kind[i] == Kind::Cross as u8).count();
        assert_eq!(crosses, 3);
    }
}
