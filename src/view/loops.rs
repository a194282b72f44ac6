//! Packets from a host to itself: out and back on the inner side of its lifeline.

use crate::view::figure::{Fate, Flight};
use crate::view::labels::passing;
use crate::view::ladder::Sheet;
use crate::view::list::{DisplayList, Kind, Paint, Role, look};
use crate::view::metrics;

/// How far a packet from a host to itself goes from the lifeline.
const HOOK: f32 = 22.0;

/// Boxes (left, top, right, bottom) of what packets from a host to itself draw beside its lifeline; the first in sight is the `first`.
pub(crate) fn hooks(sheet: &Sheet<'_>, first: usize) -> Vec<[f32; 4]> {
    let mut out = Vec::new();
    for (i, way) in (first..).zip(&sheet.ways) {
        if let Some(flight) = sheet.figure.flights.get(i).filter(|flight| flight.from == flight.to) {
            let inner = -sheet.columns.side(flight.from as usize);
            let (x, y0, y1) = (way.from.0, way.from.1, way.to.1.max(way.from.1 + 6.0));
            let turn = x + inner * HOOK;
            out.push([x.min(turn), y0, x.max(turn), y1]);
        }
    }
    out
}

/// A packet from a host to itself: out and back on the inner side of its lifeline, its label beside it where that is free
/// (below `said`). Gives the label's box.
pub(crate) fn draw(
    sheet: &Sheet<'_>,
    flight: &Flight,
    choices: Vec<String>,
    (from, to): ((f32, f32), (f32, f32)),
    paint: Paint,
    (said, taken): (f32, &[[f32; 4]]),
    list: &mut DisplayList,
) -> Option<[f32; 4]> {
    let inner = -sheet.columns.side(flight.from as usize);
    let to = (from.0, to.1.max(from.1 + 6.0));
    let turn = (from.0 + inner * HOOK, (from.1 + to.1) / 2.0);
    list.line(from, turn, paint);
    list.arrow(turn, to, paint);
    if matches!(flight.fate, Fate::Lost(_)) {
        list.mark(Kind::Cross, &[turn.0, turn.1], Paint { role: Role::Trouble, hue: 0, ..paint });
    }
    if turn.1 - 6.0 < said {
        return None;
    }
    let room = if inner > 0.0 { sheet.window.width - turn.0 } else { turn.0 } - 12.0;
    let next =
        sheet.columns.lines.iter().map(|x| (x - turn.0) * inner).filter(|&d| d > 0.0).fold(room, f32::min)
            - 12.0;
    let x = turn.0 + inner * 6.0;
    let boxed = |text: &str| {
        let end = x + inner * metrics::width(text, metrics::SMALL);
        [x.min(end), turn.1 - 6.0, x.max(end), turn.1 + 6.0]
    };
    let fits = |text: &String| {
        let [left, top, right, bottom] = boxed(text);
        let free = |[l, t, r, b]: &[f32; 4]| *r < left || *l > right || *b < top || *t > bottom;
        let mut passing = passing(&sheet.ways, left, right).into_iter();
        right - left <= next && passing.all(|(t, b)| b < top || t > bottom) && taken.iter().all(free)
    };
    let text = choices.into_iter().find(fits)?;
    let look = look::HALO | if inner < 0.0 { look::END } else { 0 };
    let paint = Paint { role: Role::Ink, hue: 0, look, until: paint.from, ..paint };
    list.text((x, turn.1 + 4.0), &text, paint);
    Some(boxed(&text))
}
