//! One opened conversation, and everything the page asks of it.

use std::cell::OnceCell;
use std::sync::Arc;

use serde::Serialize;

use crate::time::Instant;
use crate::trace::Trace;
use crate::view::chart_data::Chart;
use crate::view::figure::{CallKind, Fate, Figure, Known, Place};
use crate::view::list::{DisplayList, Id, Thing};
pub use crate::view::running::Running;
use crate::view::running::Steps;
use crate::view::scale::Scale;
use crate::view::svg::{self, Theme};
use crate::view::time_text::{TimeText, known_word, span_text};
use crate::view::transcript::{Row, Transcript};
use crate::view::words::Lang;
use crate::view::{from_trace, ladder, ledger};

/// Things that light up together at most, of each kind.
const MOST_RELATED: usize = 4_000;

/// An opened trace with its figure, its time axis and its transcript.
#[derive(Clone, Debug, Default)]
pub struct Session {
    trace: Arc<Trace>,
    figure: Figure,
    scale: Scale,
    transcript: Transcript,
    steps: Steps,
    chart: Option<Chart>,
    beside: OnceCell<ladder::Beside>,
    carrying: ledger::Carrying,
    /// The axis is that of a figure that fits into no room.
    never_fits: bool,
}

/// What the page shows around the views.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct About {
    /// Lifelines, from left to right.
    pub hosts: Vec<HostInfo>,
    /// Connections, by number.
    pub connections: Vec<String>,
    /// Source texts.
    pub programs: Vec<ProgramInfo>,
    /// How the events are known: `modelled`, `observed`, `captured`, `inferred`.
    pub known: Vec<&'static str>,
    /// Number of packets.
    pub packets: u32,
    /// Number of calls.
    pub calls: u32,
    /// The end in nanoseconds.
    pub end: f64,
}

/// A lifeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostInfo {
    /// Its name.
    pub name: String,
    /// Its address; may be empty.
    pub address: String,
}

/// A program with source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProgramInfo {
    /// Its number.
    pub program: u16,
    /// Its lifeline.
    pub host: u16,
    /// Its name.
    pub name: String,
    /// Its source text, line by line.
    pub lines: Vec<String>,
}

/// The height of everything at zoom 1, and how many sentences there are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Extent {
    /// Height of the axis in positions.
    pub height: f64,
    /// Sentences of the transcript.
    pub rows: u32,
}

/// The sections of the axis for the scrubber: where segments leave, and which are lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// From 0 to 1.
    pub at: f64,
    /// Something was lost here.
    pub lost: bool,
}

impl Session {
    /// Opens a trace.
    pub fn new(trace: impl Into<Arc<Trace>>) -> Session {
        let trace = trace.into();
        let figure = from_trace::figure(&trace);
        let (steps, carrying) = (Steps::new(&figure), ledger::Carrying::new(&figure));
        let mut session = Session { trace, steps, carrying, figure, ..Session::default() };
        session.fit(480.0);
        session
    }

    /// Opens a figure that no trace stands behind (tests draw such).
    #[cfg(test)]
    pub(crate) fn of_figure(figure: Figure) -> Session {
        let (steps, carrying) = (Steps::new(&figure), ledger::Carrying::new(&figure));
        let mut session = Session { steps, carrying, figure, ..Session::default() };
        session.fit(480.0);
        session
    }

    /// The trace.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The figure.
    pub fn figure(&self) -> &Figure {
        &self.figure
    }

    /// The trace's number of the packet that an id shows.
    pub fn packet_of(&self, id: u32) -> Option<u32> {
        let shows = matches!(id >> 28, 1 | 5);
        let flight = self.figure.flights.get((id & 0x0fff_ffff) as usize).filter(|_| shows)?;
        Some(flight.packet)
    }

    /// The numbers of the transcript's sentences that have no partner in the run with which this one was compared.
    pub fn rows_alone(&self, fates: &[Option<crate::sim::Fate>]) -> Vec<u32> {
        let alone = |event: u32| fates.get(event as usize) == Some(&Some(crate::sim::Fate::Alone));
        self.transcript.numbers((&self.figure, &self.scale), alone)
    }

    /// What the charts of a stream are made of.
    pub(crate) fn chart(&mut self, stream: u32) -> &Chart {
        let kept = self.chart.take().filter(|c| c.stream == stream);
        self.chart.insert(kept.unwrap_or_else(|| Chart::new(&self.trace, &self.figure, stream)))
    }

    /// The time axis.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The number of the latest event that has happened at a position.
    pub fn order_at(&self, position: f64) -> u32 {
        self.scale.order_at(&self.figure, position)
    }

    /// Lays the time axis out so that the ladder fits into `height` pixels, if that stays readable.
    pub fn fit(&mut self, height: f64) -> Extent {
        let room = height - f64::from(ladder::HEAD + ladder::LEAD) - 10.0;
        // What is too long for any room keeps the axis that it has.
        let never_fits = Scale::never_fits(&self.figure, room);
        if !(never_fits && self.never_fits) {
            self.never_fits = never_fits;
            self.scale = Scale::fitting(&self.figure, room);
            self.transcript = Transcript::new(&self.scale);
        }
        Extent { height: self.scale.height, rows: self.transcript.len() as u32 }
    }

    /// What the page shows around the views.
    pub fn about(&self) -> About {
        let hosts = self.figure.hosts.iter();
        // Each as a bit, in their order.
        let mut seen = 0_u8;
        let (flights, calls) = (&self.figure.flights, &self.figure.calls);
        for i in 0..flights.len().max(calls.len()) {
            seen |= flights.brief(i).map_or(0, |flight| 1 << flight.known as u8);
            seen |= calls.brief(i).map_or(0, |call| 1 << call.known as u8);
        }
        self.figure.states.iter().for_each(|s| seen |= 1 << s.known as u8);
        let all = [Known::Modelled, Known::Observed, Known::Captured, Known::Inferred];
        let known = all.into_iter().filter(|&known| seen & 1 << known as u8 != 0);
        About {
            hosts: hosts.map(|h| HostInfo { name: h.name.clone(), address: h.address.clone() }).collect(),
            connections: self.connections(),
            programs: self.programs(),
            known: known.map(|k| known_word(k).key()).collect(),
            packets: self.figure.flights.len() as u32,
            calls: self.figure.calls.len() as u32,
            end: self.figure.end.as_nanos() as f64,
        }
    }

    fn connections(&self) -> Vec<String> {
        let address =
            |a: Option<std::net::SocketAddr>| a.map(|a| a.to_string()).unwrap_or_else(|| "?".to_owned());
        let name = |c: &crate::trace::Connection| {
            format!(
                "{} {} → {}",
                c.transport.name().to_ascii_uppercase(),
                address(c.address[0]),
                address(c.address[1])
            )
        };
        self.trace.connections().iter().map(name).collect()
    }

    fn programs(&self) -> Vec<ProgramInfo> {
        let rows = self.trace.tables().programs.iter().filter(|row| !row.source.is_empty());
        rows.filter_map(|row| {
            let host = self.trace.host(row.host)?;
            let line = self.figure.hosts.iter().position(|h| h.name == host.name)?;
            Some(ProgramInfo {
                program: row.id.0 as u16,
                host: line as u16,
                name: row.name.clone(),
                lines: row.source.lines().map(str::to_owned).collect(),
            })
        })
        .collect()
    }

    /// Draws the ladder.
    pub fn ladder(&self, window: ladder::Window) -> DisplayList {
        let beside = self.beside.get_or_init(|| ladder::Beside::new(&self.figure));
        ladder::draw_beside(&self.figure, &self.scale, beside, window)
    }

    /// Draws the byte ledger.
    pub fn ledger(&self, window: &ledger::Window) -> (DisplayList, Vec<ledger::Placed>) {
        ledger::draw_carried(&self.figure, &self.scale, &self.carrying, window)
    }

    /// The whole ladder (or the ledger) as an SVG document.
    pub fn svg(
        &self,
        what: &str,
        width: f32,
        relative: bool,
        theme: Theme,
        lang: Lang,
        title: &str,
    ) -> String {
        let list = if what == "ledger" {
            self.ledger(&ledger::Window { width, lang, ..ledger::Window::default() }).0
        } else {
            let height = self.scale.height as f32 + ladder::HEAD + ladder::LEAD + 12.0;
            self.ladder(ladder::Window { width, height, top: 0.0, zoom: 1.0, relative, lang })
        };
        svg::write(&list, theme, title)
    }

    /// The position of a time.
    pub fn position(&self, nanos: f64) -> f64 {
        self.scale.position(Instant::from_nanos(nanos as u64))
    }

    /// The time at a position, in nanoseconds.
    pub fn nanos(&self, position: f64) -> f64 {
        self.scale.instant(position).as_nanos() as f64
    }

    /// The time at a position as people read it.
    pub fn time_text(&self, position: f64, lang: Lang) -> String {
        let time = TimeText::new(&self.figure, lang);
        format!("{} {}", time.tick(self.scale.instant(position)), time.unit())
    }

    /// The next position at which something happens, in the direction of `step`; of segments only, where each has
    /// ended its flight, if `segments`.
    pub fn step(&self, position: f64, step: i32, segments: bool) -> f64 {
        let near = 0.6;
        let found = if segments {
            let ended = self.scale.ended.iter().copied();
            if step > 0 {
                ended.filter(|&y| y > position + near).min_by(f64::total_cmp)
            } else {
                ended.filter(|&y| y < position - near).max_by(f64::total_cmp)
            }
        } else {
            let stops = self.scale.stops();
            if step > 0 {
                stops.get(stops.partition_point(|&y| y <= position + near)).copied()
            } else {
                let before = stops.partition_point(|&y| y < position - near).checked_sub(1);
                before.and_then(|i| stops.get(i)).copied()
            }
        };
        found.unwrap_or(if step > 0 { self.scale.height } else { 0.0 })
    }

    /// Sentences of the transcript.
    pub fn rows(&self, first: usize, count: usize, relative: bool, lang: Lang) -> Vec<Row> {
        self.transcript.rows((&self.figure, &self.scale), first, count, relative, lang)
    }

    /// How many sentences are true at a position.
    pub fn rows_until(&self, position: f64) -> usize {
        self.transcript.count_until(&self.scale, position)
    }

    /// Marks for the scrubber, at most `most`.
    pub fn marks(&self, most: usize) -> Vec<Mark> {
        let height = self.scale.height.max(1.0);
        let mut out: Vec<Mark> = Vec::new();
        for (i, &sent) in self.scale.sent.iter().enumerate() {
            let Some(flight) = self.figure.flights.brief(i) else { continue };
            let lost = matches!(flight.fate, Fate::Lost(_));
            let at = (sent / height * most as f64).round() / most as f64;
            match out.last_mut() {
                Some(last) if last.at == at => last.lost |= lost,
                _ => out.push(Mark { at, lost }),
            }
        }
        out
    }

    /// What each program is doing at a position.
    pub fn running(&self, position: f64) -> Vec<Running> {
        self.steps.at(&self.figure, &self.scale, position)
    }

    /// The octets that `id` carries.
    pub fn place(&self, id: u32) -> Option<Place> {
        let index = (id & 0x0fff_ffff) as usize;
        let place = match id >> 28 {
            1 | 5 => self.figure.flights.place(index),
            2 => self.figure.calls.place(index),
            6 => self.figure.streams.iter().zip(0..).find_map(|(stream, i)| {
                let mut parts = stream.frames.iter().filter(|p| p.frame as usize == index).map(|p| &p.range);
                let first = parts.next()?.clone();
                let range = parts.fold(first, |a, b| a.start.min(b.start)..a.end.max(b.end));
                Some(Place { stream: i, range })
            }),
            _ => None,
        };
        place.filter(|p| !p.range.is_empty())
    }

    /// What belongs to `id`: the things that carry the same bytes, itself first.
    pub fn related(&self, id: u32) -> Vec<u32> {
        let mut out = vec![id];
        if let Some(place) = self.place(id) {
            out.extend(self.carriers(&place));
        }
        out
    }

    /// Everything that carries some of these octets: segments, calls and frames.
    pub fn carriers(&self, place: &Place) -> Vec<u32> {
        let range = &place.range;
        let meet = |other: &std::ops::Range<u64>| other.start < range.end && range.start < other.end;
        let (flights, calls) = (&self.figure.flights, &self.figure.calls);
        let meets = |p: Option<Place>| p.is_some_and(|p| p.stream == place.stream && meet(&p.range));
        let mut out: Vec<u32> = Vec::new();
        let found = (0..flights.len()).filter(|&i| meets(flights.place(i))).take(MOST_RELATED);
        out.extend(found.map(|i| Id::new(Thing::Flight, i).0));
        let moves = |i: usize| calls.brief(i).is_some_and(|call| call.kind != CallKind::Other);
        let found = (0..calls.len()).filter(|&i| meets(calls.place(i)) && moves(i)).take(MOST_RELATED);
        out.extend(found.map(|i| Id::new(Thing::Call, i).0));
        let stream = self.figure.streams.get(place.stream as usize);
        let parts = stream.into_iter().flat_map(|s| &s.frames).filter(|p| meet(&p.range));
        out.extend(parts.map(|p| Id::new(Thing::Frame, p.frame as usize).0).take(MOST_RELATED));
        out
    }

    /// How long a span is, as people read it.
    pub fn span_text(&self, nanos: f64, lang: Lang) -> String {
        span_text(crate::time::Duration::from_nanos(nanos as u64), lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn stepping_visits_every_stop_once_and_comes_back() {
        let session = Session::of_figure(sample::hello());
        let mut at = 0.0;
        let mut forth = vec![at];
        while at < session.scale().height {
            at = session.step(at, 1, false);
            forth.push(at);
        }
        let mut back = vec![at];
        while at > 0.0 {
            at = session.step(at, -1, false);
            back.push(at);
        }
        back.reverse();
        assert_eq!(forth, back);
        let first_segment = session.step(0.0, 1, true);
        assert_eq!(first_segment, session.scale().ended[0]);
    }

    #[test]
    fn bytes_light_up_everywhere() {
        let session = Session::of_figure(sample::hello());
        let send = session.figure().calls.iter().position(|c| c.kind == CallKind::Send).unwrap();
        let related = session.related(Id::new(Thing::Call, send).0);
        let flights = related.iter().filter(|id| *id >> 28 == Thing::Flight as u32).count();
        let calls = related.iter().filter(|id| *id >> 28 == Thing::Call as u32).count();
        assert_eq!((flights, calls), (1, 3));
    }
}
