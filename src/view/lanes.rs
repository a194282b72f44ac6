//! The lanes of one stream in the byte ledger: send calls, send buffer, segments, receive buffer, recv calls, frames.

use std::borrow::Cow;
use std::ops::Range;

use crate::time::Instant;
use crate::trace::ledger::Stay;
use crate::view::boxes::{DENSE, Down, Drawn, GAP, HAIR, MANY, merged, missing};
use crate::view::figure::{CallKind, Fate, Figure, FlightBrief, Known, Stream, mark};
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics;
use crate::view::octets::Octets;
use crate::view::rows::{self, Rows};
use crate::view::scale::Scale;
use crate::view::words::{Lang, Word, fill};

/// Height of a lane's boxes.
pub(super) const LANE: f32 = 22.0;
/// Height of a buffer.
const THIN: f32 = 10.0;
/// Height of a line of words below a lane.
pub(super) const WORDS: f32 = 15.0;
/// Most lines of what is said of octets below a lane.
pub(super) const MOST_LINES: usize = 6;

/// One stream's lanes.
pub(crate) struct Lanes<'a> {
    pub figure: &'a Figure,
    pub scale: &'a Scale,
    pub stream: &'a Stream,
    pub index: u32,
    pub carriers: &'a Carriers,
    pub lang: Lang,
    pub octets: &'a Octets,
    /// Where the lanes' names end.
    pub names: f32,
    /// The right edge of what this stream may use.
    pub right: f32,
}

/// Packets or calls by their numbers, and the octets of a stream that they carry.
type Carried = Vec<(usize, Range<u64>)>;

/// What carries octets of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carriers {
    pub flights: Carried,
    pub sends: Carried,
    pub receives: Carried,
}

impl Carriers {
    pub fn new(figure: &Figure, stream: u32) -> Carriers {
        let mut out = Carriers::default();
        for i in 0..figure.flights.len() {
            let place = figure.flights.place(i).filter(|place| place.stream == stream);
            if let Some(place) = place.filter(|place| !place.range.is_empty()) {
                out.flights.push((i, place.range));
            }
        }
        for i in 0..figure.calls.len() {
            let Some(place) = figure.calls.place(i).filter(|place| place.stream == stream) else { continue };
            match figure.calls.brief(i).map(|call| call.kind) {
                Some(CallKind::Send) => out.sends.push((i, place.range)),
                Some(CallKind::Receive) => out.receives.push((i, place.range)),
                _ => {}
            }
        }
        out
    }
}

/// The names of the lanes that a stream has.
pub(crate) fn names(stream: &Stream) -> Vec<Word> {
    let mut out = vec![Word::LaneSend, Word::LaneReceive];
    if stream.datagrams {
        out.extend([Word::LaneDatagrams, Word::LaneDuplicates]);
    } else {
        out.extend([
            Word::LaneSendBuffer,
            Word::LaneSegments,
            Word::LaneAgain,
            Word::LaneReceiveBuffer,
            Word::LaneFrames,
        ]);
    }
    out
}

impl Lanes<'_> {
    /// Draws all lanes from `y` on; gives the lower edge.
    pub fn draw(&self, mut y: f32, list: &mut DisplayList) -> f32 {
        y = self.call_lane(Word::LaneSend, &self.carriers.sends, y, list);
        let buffers = self.figure.buffers(self.index);
        y = self.buffer(Word::LaneSendBuffer, buffers.map_or(&[], |b| &b.accepted), y, list);
        y = self.segments(y, list);
        if self.heard(self.stream.to) {
            y = self.buffer(Word::LaneReceiveBuffer, buffers.map_or(&[], |b| &b.received), y, list);
        }
        y = self.call_lane(Word::LaneReceive, &self.carriers.receives, y, list);
        y = self.frames(y, list);
        y - GAP + 2.0
    }

    /// Whether the calls of this host are known: of one that was not watched nobody can say what it read.
    fn heard(&self, host: u16) -> bool {
        let (calls, flights) = (&self.figure.calls, &self.figure.flights);
        let modelled = |i| flights.brief(i).is_some_and(|flight| flight.known == Known::Modelled);
        (0..calls.len()).any(|i| calls.brief(i).is_some_and(|call| call.host == host))
            || (0..flights.len()).any(modelled)
    }

    pub(super) fn lane_name(&self, word: Word, y: f32, h: f32, list: &mut DisplayList) {
        let paint = Paint::new(Role::Faint).look(look::END);
        list.text((self.names - 8.0, y + h / 2.0 + 4.0), word.text(self.lang), paint);
    }

    /// What a lane says when it has nothing to show.
    pub(super) fn nothing(&self, word: Word, y: f32, h: f32, list: &mut DisplayList) {
        let choices = [word.text(self.lang), Word::NoneShort.text(self.lang)];
        let text = metrics::fitting(&choices, metrics::SMALL, self.right - self.names).unwrap_or(choices[1]);
        list.text((self.names, y + h / 2.0 + 4.0), text, Paint::new(Role::Faint));
    }

    fn call_lane(&self, name: Word, calls: &Carried, y: f32, list: &mut DisplayList) -> f32 {
        self.lane_name(name, y, LANE, list);
        let receives = name == Word::LaneReceive;
        let host = if receives { self.stream.to } else { self.stream.from };
        if calls.is_empty() && (self.carriers.flights.is_empty() || !self.heard(host)) {
            self.nothing(Word::NotRecorded, y, LANE, list);
            return y + LANE + GAP;
        }
        let mut rows = Rows::default();
        let mut below = 0.0;
        let (mut down, mut later, mut said) = (Down::default(), Vec::new(), Vec::new());
        let numbers = self.numbers(&mut calls.iter().map(|(_, range)| range));
        for (i, range) in calls {
            let at = self.scale.calls[*i];
            let from = if receives { at.1 } else { at.0 };
            let paint = Paint::new(Role::Message).id(Id::new(Thing::Call, *i)).time(from, from);
            down.add(range, from);
            let Some((row, drawn)) = rows.take(range) else { continue };
            let is_new = self.octets.span(range).is_some_and(|span| drawn.is_new(span));
            if row > 0 {
                // Below what is said of the first row.
                later.extend(is_new.then_some((row, range, paint)));
                continue;
            }
            if is_new {
                self.pieces(range, (y, LANE), numbers, paint, list);
            }
            let truncated = self.truncated(*i);
            if truncated > 0 {
                let tail = range.end..range.end + u64::from(truncated);
                below = self.burnt(&tail, y, paint, &mut said, list).max(below);
            }
        }
        if receives {
            below = self.unread(down.all.all(), calls.is_empty(), (y, below), list);
        }
        let y = y + below;
        for (row, range, paint) in later {
            self.pieces(range, rows::row(row, y), numbers, paint, list);
        }
        // Under the last lane that has something to show there is nothing to lead to.
        let leads = !receives || !self.stream.frames.is_empty();
        self.below(&rows, y, leads.then_some(&mut down), list) + GAP
    }

    /// Names the rows below a lane's first, says how many found none, and leads down from them. Gives the lower edge.
    fn below(&self, rows: &Rows, y: f32, down: Option<&mut Down>, list: &mut DisplayList) -> f32 {
        if rows.several() {
            let (top, height) = rows::row(1, y);
            let again = if self.stream.datagrams { Word::LaneDuplicates } else { Word::LaneAgain };
            self.lane_name(again, top, height, list);
        }
        let (rows_end, bottom) = (rows.bottom(y), rows.bottom(y) + rows.said());
        if let Some(down) = down {
            self.ribbons(down, bottom, list);
        }
        if rows.over > 0 {
            let text = fill(Word::MoreSegments, self.lang, &[&rows.over.to_string()]);
            let paint = Paint::new(Role::Faint);
            list.text((self.names, rows_end + 12.0), &text, paint);
        }
        bottom
    }

    /// The tail of a datagram that a receive buffer was too small for, and words in it, or below it where they do not fit: in the first line
    /// in which nothing is `said` there. Gives the height of what is written below.
    fn burnt(
        &self,
        tail: &Range<u64>,
        y: f32,
        paint: Paint,
        said: &mut Vec<(f32, f32, f32)>,
        list: &mut DisplayList,
    ) -> f32 {
        let Some((x, w)) = self.octets.span(tail) else { return 0.0 };
        let trouble = Paint { role: Role::Trouble, hue: 0, ..paint };
        list.rect((x, y), (w, LANE), trouble.look(look::HATCHED));
        let text = fill(Word::Truncated, self.lang, &[&(tail.end - tail.start).to_string()]);
        let half = metrics::width(&text, metrics::SMALL) / 2.0;
        let words = trouble.look(look::CENTRE | look::HALO);
        if 2.0 * half < w - 6.0 {
            list.text((x + w / 2.0, y + 15.0), &text, words);
            return 0.0;
        }
        let centre = (x + w / 2.0).min(self.right - half).max(self.names + half);
        let (left, right, mut line) = (centre - half - 6.0, centre + half, 0.0);
        while said.iter().any(|&(at, l, r)| at == line && l < right && left < r) {
            line += 1.0;
        }
        said.push((line, left, right));
        list.text((centre, y + LANE + 12.0 + line * WORDS), &text, words);
        WORDS * (line + 1.0)
    }

    /// The datagram of which some octets arrived and others did not, if this piece belongs to such a one.
    fn broken(&self, piece: &Range<u64>, arrived: &[Range<u64>]) -> Option<&Range<u64>> {
        let messages = &self.stream.messages;
        let whole = messages.get(messages.partition_point(|m| m.end <= piece.start))?;
        let first = arrived.get(arrived.partition_point(|r| r.end <= whole.start))?;
        let some = first.start < whole.end;
        let all = first.start <= whole.start && first.end >= whole.end;
        (self.stream.datagrams && some && !all).then_some(whole)
    }

    /// A packet with octets of this range was lost.
    fn is_lost(&self, piece: &Range<u64>) -> bool {
        let meets = |r: &Range<u64>| r.start < piece.end && piece.start < r.end;
        let lost = |i: usize| matches!(self.fate(i), Some(Fate::Lost(_)));
        self.carriers.flights.iter().any(|(i, range)| meets(range) && lost(*i))
    }

    /// Says below a datagram why none of it was ever handed over. Gives the height of the words.
    fn incomplete(&self, whole: &Range<u64>, y: f32, list: &mut DisplayList) -> f32 {
        let Some((x, w)) = self.octets.span(whole) else { return 0.0 };
        let text = Word::Incomplete.text(self.lang);
        let lines = metrics::lines(text, metrics::SMALL, (self.right - self.names).max(w), MOST_LINES);
        let widest = lines.iter().map(|line| metrics::width(line, metrics::SMALL)).fold(0.0, f32::max);
        let left = x.min(self.right - widest).max(self.names);
        for (i, line) in lines.iter().enumerate() {
            list.text((left, y + LANE + 12.0 + i as f32 * WORDS), line, Paint::new(Role::Trouble));
        }
        WORDS * lines.len() as f32
    }

    /// What was sent and no recv ever returned. Gives the height of what is written below, of which something stands there already.
    fn unread(
        &self,
        read: &[Range<u64>],
        none: bool,
        (y, mut below): (f32, f32),
        list: &mut DisplayList,
    ) -> f32 {
        let flights = &self.carriers.flights;
        let arrived = flights.iter().filter(|(i, _)| self.arrived(*i)).map(|(_, range)| range.clone());
        let arrived = merged(arrived);
        let known = none || !flights.is_empty();
        if !known {
            return below;
        }
        for hole in missing(read, self.stream.len) {
            let burnt = |(i, range): &(usize, Range<u64>)| range.end == hole.start && self.truncated(*i) > 0;
            if self.carriers.receives.iter().any(burnt) {
                continue;
            }
            let within = |r: &Range<u64>| r.start.max(hole.start)..r.end.min(hole.end);
            let came = merged(arrived.iter().map(within).filter(|r| r.start < r.end));
            let stayed = missing(&came, hole.end).into_iter().map(|r| r.start.max(hole.start)..r.end);
            let stayed = stayed.filter(|r| r.start < r.end).map(|r| (r, false));
            for (range, here) in came.iter().cloned().map(|r| (r, true)).chain(stayed) {
                for (piece, hue) in self.stream.pieces(&range) {
                    let Some((x, w)) = self.octets.span(&piece) else { continue };
                    let broken = self.broken(&piece, &arrived);
                    if let Some(whole) = broken.filter(|whole| whole.start == piece.start) {
                        below += self.incomplete(whole, y + below, list);
                    }
                    let lost = !here && self.stream.datagrams && self.is_lost(&piece);
                    let word = match (here, broken) {
                        (true, None) => Word::NeverRead,
                        (true, Some(_)) => Word::ThrownAway,
                        (false, _) if lost => Word::LostOnTheWay,
                        (false, _) => Word::NeverArrived,
                    };
                    let paint = Paint::new(Role::Message).hue(hue).look(look::OUTLINE | look::DASHED);
                    list.rect((x + 0.5, y + 0.5), (w - 1.0, LANE - 1.0), paint);
                    let role = if lost { Role::Trouble } else { Role::Faint };
                    let short = if lost { Word::Lost } else { word };
                    let choices = [word.text(self.lang), short.text(self.lang)];
                    if let Some(text) = metrics::fitting(&choices, metrics::SMALL, w - 4.0) {
                        list.text((x + w / 2.0, y + 15.0), text, Paint::new(role).look(look::CENTRE));
                    } else if lost && w > 12.0 {
                        // The form of a loss, in the ladder and the lane above.
                        list.mark(Kind::Cross, &[x + w / 2.0, y + LANE / 2.0], Paint::new(role));
                    }
                }
            }
        }
        below
    }

    /// A buffer: octets are in it from a moment to another, and melt into one band.
    fn buffer(&self, name: Word, held: &[Stay], y: f32, list: &mut DisplayList) -> f32 {
        if held.is_empty() {
            return y;
        }
        self.lane_name(name, y, THIN, list);
        let mut group: Option<Stay> = None;
        let mut draw = |held: &Stay| {
            let from = self.scale.position(held.t0);
            let until = if held.t1 == Instant::NEVER { f64::MAX } else { self.scale.position(held.t1) };
            for (piece, hue) in self.stream.pieces(&octets(held)) {
                let Some((x, w)) = self.octets.span(&piece) else { continue };
                let paint =
                    Paint::new(Role::Message).hue(hue).look(look::SOFT | look::EMPTIES).time(from, until);
                list.rect((x, y), (w, THIN), paint);
            }
        };
        for next in held {
            match &mut group {
                // Steps that share a pixel are one.
                Some(last)
                    if last.end == next.start
                        && (self.octets.is_below(&octets(last), HAIR)
                            || self.octets.span(&octets(last)).is_none_or(|(_, w)| w < HAIR)) =>
                {
                    (last.end, last.t0, last.t1) = (next.end, last.t0.min(next.t0), last.t1.max(next.t1));
                }
                Some(last) => {
                    draw(last);
                    *last = *next;
                }
                None => group = Some(*next),
            }
        }
        group.iter().for_each(&mut draw);
        // Of many the moments do not matter.
        let at = |h: &Stay| if held.len() > MANY { 0.0 } else { self.scale.position(h.t0) };
        let mut down = Down::default();
        held.iter().for_each(|h| down.add(&octets(h), at(h)));
        for whole in down.all.all() {
            if let Some((x, w)) = self.octets.span(whole) {
                list.rect((x, y), (w, THIN), Paint::new(Role::Faint).look(look::OUTLINE));
            }
        }
        self.ribbons(&mut down, y + THIN, list);
        y + THIN + GAP
    }

    fn arrived(&self, flight: usize) -> bool {
        self.figure.flights.brief(flight).is_some_and(arrived)
    }

    /// How many octets of a datagram a call threw away.
    fn truncated(&self, call: usize) -> u32 {
        let calls = &self.figure.calls;
        let truncates = calls.brief(call).is_some_and(|call| call.truncated);
        if truncates { calls.get(call).map_or(0, |call| call.truncated) } else { 0 }
    }

    fn fate(&self, flight: usize) -> Option<Fate> {
        self.figure.flights.brief(flight).map(|flight| flight.fate)
    }

    fn segments(&self, y: f32, list: &mut DisplayList) -> f32 {
        let word = if self.stream.datagrams { Word::LaneDatagrams } else { Word::LaneSegments };
        self.lane_name(word, y, LANE, list);
        // What only asks whether there is room stands below what carries the octets.
        let probes = |(i, _): &(usize, Range<u64>)| {
            self.figure.flights.brief(*i).is_some_and(|f| f.marks & mark::PROBE != 0)
        };
        let mut mine = Cow::Borrowed(&self.carriers.flights);
        if mine.iter().any(probes) {
            let (below, mut above): (Carried, Carried) = mine.iter().cloned().partition(probes);
            above.extend(below);
            mine = Cow::Owned(above);
        }
        if mine.is_empty() {
            self.nothing(Word::NoPackets, y, LANE, list);
            return y + LANE + GAP;
        }
        // First what was sent for the first time, then, in rows below, what had to go again.
        let mut rows = Rows::default();
        let (mut down, mut crosses) = (Down::default(), Vec::new());
        // Beside its cross a lost one has less room than another.
        let whole = |(i, range): &&(usize, Range<u64>)| {
            !self.octets.is_below(range, DENSE) && !matches!(self.fate(*i), Some(Fate::Lost(_)))
        };
        let numbers = self.numbers(&mut mine.iter().filter(whole).map(|(_, range)| range));
        for &(i, ref range) in mine.iter() {
            let Some((row, drawn)) = rows.take(range) else { continue };
            let Some(flight) = self.figure.flights.brief(i) else { continue };
            let at = self.scale.sent[i];
            let lost = matches!(flight.fate, Fate::Lost(_));
            if arrived(flight) {
                down.add(range, self.scale.ended[i]);
            }
            let mut bits = if lost { look::DASHED } else { 0 };
            if flight.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION) != 0 {
                bits |= look::DOUBLE;
            }
            if flight.marks & mark::DUPLICATE != 0 {
                bits |= look::DOTTED;
            }
            let paint = Paint::new(Role::Message).look(bits).id(Id::new(Thing::Flight, i)).time(at, at);
            let Some(span) = self.octets.span(range) else { continue };
            let (row_y, h) = rows::row(row, y);
            // Of many boxes in one pixel one is enough; a lost one always shows.
            if lost {
                crosses.push((
                    span,
                    row_y,
                    h,
                    Paint { from: self.scale.ended[i], until: self.scale.ended[i], ..paint },
                ));
            }
            if drawn.is_new(span) {
                self.pieces(range, (row_y, h), numbers, paint, list);
            }
        }
        let mut crossed = Drawn(f32::MIN);
        for ((x, w), row_y, h, paint) in crosses {
            let paint = Paint { role: Role::Trouble, look: 0, ..paint };
            match w {
                ..7.0 => {
                    if crossed.is_new((x, w)) {
                        list.rect((x, row_y), (w.max(HAIR), h), paint);
                    }
                }
                // Beside the text, where there is one.
                _ if w > 84.0 => list.mark(Kind::Cross, &[x + w - 12.0, row_y + h / 2.0], paint),
                _ => list.mark(Kind::Cross, &[x + w / 2.0, row_y + h / 2.0], paint),
            }
        }
        let bottom = self.below(&rows, y, Some(&mut down), list);
        bottom + GAP
    }
}

fn octets(held: &Stay) -> Range<u64> {
    held.start..held.end
}

/// True for a packet that arrived whole.
fn arrived(flight: FlightBrief) -> bool {
    matches!(flight.fate, Fate::Arrived(_)) && flight.marks & mark::CORRUPT == 0
}
