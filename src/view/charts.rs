//! Charts of one direction of a connection over time: the time–sequence graph (after tcptrace), windows, round-trip
//! times, throughput. What is what is told by the form of lines and marks; the only hue is a message's own.

use crate::probe::{Var, Vars};
use crate::view::chart_data::{Chart, Data, VARS};
use crate::view::chart_panel::{GUTTER, MARGIN, Panel, Point, round_up};
use crate::view::inspect::value_text;
use crate::view::list::{DisplayList, Id, Kind, Paint, Role, Thing, look};
use crate::view::metrics::{self, SMALL};
use crate::view::session::Session;
use crate::view::words::{Lang, Word, fill};

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Width of the picture.
    pub width: f32,
    /// Which direction: a stream's number.
    pub stream: u32,
    /// From when, in nanoseconds.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// Language of the labels.
    pub lang: Lang,
}

/// The form of a line or mark, for the legend as well.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    Line(u16),
    Area,
    Bar,
    Again,
    Lost,
    Sack,
    Dot,
}

impl Session {
    /// The direction to show first (the one with the most octets) and its time range: stream, from, until (nanoseconds).
    pub fn chart_range(&mut self, stream: Option<u32>) -> [f64; 3] {
        let streams = &self.figure().streams;
        let most = (0..streams.len()).rev().max_by_key(|&i| streams[i].len).unwrap_or_default();
        let stream = stream.unwrap_or(most as u32);
        let (from, until) = self.chart(stream).data.range;
        [f64::from(stream), from as f64, until.max(from + 1_000) as f64]
    }

    /// Name and value of each variable of the charts at a time, then what was sent and acknowledged by then.
    pub fn chart_values(&mut self, stream: u32, at: u64, lang: Lang) -> Vec<String> {
        let chart = self.chart(stream);
        let mut out = Vec::new();
        for (var, points) in VARS.iter().zip(&chart.vars) {
            let before = points.partition_point(|p| p.0 <= at).checked_sub(1).and_then(|i| points.get(i));
            if let Some(&(_, value)) = before.filter(|p| p.1 != Vars::UNSET) {
                out.extend([var.label().to_owned(), value_text(*var, value, lang)]);
            }
        }
        let sent = chart.data.sent.iter().take_while(|s| s.at <= at).map(|s| s.end).max().unwrap_or(0);
        let acked = chart.data.acked.iter().take_while(|a| a.at <= at).map(|a| a.upto).max();
        let octets = |n: i64| fill(Word::Octets, lang, &[&n.max(0).to_string()]);
        out.extend([Word::SentRate.text(lang).to_owned(), octets(sent)]);
        if let Some(acked) = acked {
            out.extend([Word::Acknowledged.text(lang).to_owned(), octets(acked)]);
        }
        out
    }

    /// Draws the charts.
    pub fn charts(&mut self, window: Window) -> DisplayList {
        let nothing = if self.figure().flights.is_empty() { Word::NoPackets } else { Word::NothingSent };
        let Chart { data, vars, .. } = self.chart(window.stream);
        let list = DisplayList::new(window.width.max(240.0), 0.0);
        let mut charts = Charts { list, window, data, y: 6.0, times: time_unit(window.until) };
        if data.sent.is_empty() {
            charts.list.text((12.0, 30.0), nothing.text(window.lang), Paint::new(Role::Faint));
            charts.y = 48.0;
        } else {
            charts.sequence();
            charts.windows(vars);
            charts.round_trips(vars);
            charts.throughput();
        }
        charts.list.height = charts.y;
        charts.list
    }
}

/// The unit of an axis of times that ends at `until`, in nanoseconds, with its name.
fn time_unit(until: u64) -> (f64, &'static str) {
    match until {
        0..=9_999 => (1.0, "ns"),
        10_000..=9_999_999 => (1e3, "µs"),
        10_000_000..=9_999_999_999 => (1e6, "ms"),
        _ => (1e9, "s"),
    }
}

/// The unit of an axis of octets (or bits a second) that ends at `high`.
pub(super) fn size_unit(high: f64, units: [&'static str; 3]) -> (f64, &'static str) {
    match high {
        h if h < 2_000.0 => (1.0, units[0]),
        h if h < 2_000_000.0 => (1e3, units[1]),
        _ => (1e6, units[2]),
    }
}

pub(super) struct Charts<'a> {
    pub(super) list: DisplayList,
    pub(super) window: Window,
    pub(super) data: &'a Data,
    y: f32,
    times: (f64, &'static str),
}

impl Charts<'_> {
    /// Heading and legend; gives the panel below them and leaves room for its axis.
    pub(super) fn panel(
        &mut self,
        title: Word,
        height: f32,
        values: (f64, f64),
        unit: (f64, &str),
        forms: &[(Form, String)],
    ) -> Panel {
        let lang = self.window.lang;
        let title = format!("{} ({})", title.text(lang), unit.1);
        let mut y = self.y + 14.0;
        self.list.text((12.0, y), &title, Paint::new(Role::Ink).look(look::BOLD));
        let mut x = 12.0 + metrics::width(&title, SMALL) * 1.08 + 18.0;
        for (form, name) in forms {
            let width = 26.0 + metrics::width(name, SMALL);
            if x + width > self.list.width - MARGIN && x > 12.0 {
                (x, y) = (12.0, y + 17.0);
            }
            self.sample(*form, (x, y - 4.0));
            self.list.text((x + 26.0, y), name, Paint::new(Role::Ink));
            x += width + 16.0;
        }
        let top = y + 12.0;
        self.y = top + height + 30.0;
        let panel = Panel {
            left: GUTTER,
            right: self.list.width - MARGIN,
            top,
            bottom: top + height,
            from: self.window.from,
            until: self.window.until,
            low: values.0,
            high: values.1,
        };
        panel.axes(&mut self.list, unit.0, Some(self.times));
        // The page finds the panels by their clips: it draws the playhead there.
        self.list.clip(Some(panel.clip()));
        panel
    }

    /// A piece of legend, 18 pixels wide, around the height `y`.
    fn sample(&mut self, form: Form, (x, y): (f32, f32)) {
        let ink = Paint::new(Role::Ink);
        match form {
            Form::Line(bits) => self.list.line((x, y), (x + 20.0, y), ink.look(bits)),
            Form::Area => self.list.rect((x, y - 4.0), (20.0, 8.0), ink.look(look::SOFT)),
            _ => self.form(form, x + 10.0, y - 5.0, y + 5.0, ink),
        }
    }

    /// A mark of this form between two heights.
    pub(super) fn form(&mut self, form: Form, x: f32, top: f32, bottom: f32, paint: Paint) {
        let list = &mut self.list;
        match form {
            Form::Again => {
                for dx in [-2.0, 2.0] {
                    list.line((x + dx, top), (x + dx, bottom), paint);
                }
            }
            Form::Lost => {
                list.line((x, top), (x, bottom), paint.look(look::DASHED));
                let cross = Paint { role: Role::Trouble, hue: 0, ..paint };
                list.mark(Kind::Cross, &[x, (top + bottom) / 2.0], cross);
            }
            Form::Sack => list.rect((x - 2.5, top), (5.0, bottom - top), paint.look(look::OUTLINE)),
            Form::Dot => list.rect((x - 2.0, (top + bottom) / 2.0 - 2.0), (4.0, 4.0), paint),
            _ => list.line((x, top), (x, bottom), paint.look(look::BOLD)),
        }
    }

    /// Congestion window, threshold and flight size, and the windows of both ends.
    fn windows(&mut self, vars: &[Vec<Point>; VARS.len()]) {
        let most = |of: &[Var]| highest(vars, of, self.window.from, self.window.until);
        let own = most(&[Var::Cwnd, Var::Ssthresh, Var::FlightSize]);
        let peers = most(&[Var::SndWnd, Var::RcvWnd]);
        if own.max(peers) <= 0.0 {
            return;
        }
        // Windows far above everything else would press it flat.
        let high = if own > 0.0 && peers > own * 2.5 { own } else { own.max(peers) };
        let lines = [
            (Var::FlightSize, Form::Area),
            (Var::Cwnd, Form::Line(look::BOLD)),
            (Var::Ssthresh, Form::Line(look::DASHED)),
            (Var::SndWnd, Form::Line(look::DOTTED)),
            (Var::RcvWnd, Form::Line(0)),
        ];
        self.lines(
            Word::ChartWindows,
            120.0,
            high * 1.08,
            size_unit(high, ["B", "kB", "MB"]),
            vars,
            &lines,
            false,
        );
    }

    /// Samples of the round-trip time, what was made of them, and the time-out that follows.
    fn round_trips(&mut self, vars: &[Vec<Point>; VARS.len()]) {
        let (from, until) = (self.window.from, self.window.until);
        let samples = self.data.samples.iter().filter(|s| s.0 >= from && s.0 <= until);
        let sample = samples.map(|s| s.1).max().unwrap_or(0) as f64;
        let rto = highest(vars, &[Var::Rto], from, until);
        let high = sample.max(highest(vars, &[Var::Srtt], from, until));
        if high.max(rto) <= 0.0 {
            return;
        }
        // The first time-out, before anything was measured, is far above the rest.
        let known = vars[5].iter().find(|p| p.1 != Vars::UNSET).map_or(u64::MAX, |p| p.0);
        let later = highest(vars, &[Var::Rto], known.max(from), until);
        let high = if high > 0.0 && known <= until { high.max(later) } else { high.max(rto) };
        let lines = [
            (Var::Srtt, Form::Line(0)),
            (Var::RttVar, Form::Line(look::DOTTED)),
            (Var::Rto, Form::Line(look::DASHED)),
        ];
        let unit = time_unit(high as u64);
        self.lines(Word::ChartTimes, 92.0, high * 1.08, unit, vars, &lines, sample > 0.0);
    }

    #[allow(clippy::too_many_arguments)]
    fn lines(
        &mut self,
        title: Word,
        height: f32,
        high: f64,
        unit: (f64, &str),
        vars: &[Vec<Point>; VARS.len()],
        lines: &[(Var, Form)],
        samples: bool,
    ) {
        let (lang, from, until) = (self.window.lang, self.window.from, self.window.until);
        let of = |var: Var| VARS.iter().position(|&v| v == var).and_then(|i| vars.get(i));
        let mut forms = Vec::new();
        for &(var, form) in lines {
            let most = highest(vars, &[var], from, until);
            if of(var).is_some_and(|points| points.iter().any(|p| p.0 <= until && p.1 != Vars::UNSET)) {
                let name = var.label();
                let beyond = most > high;
                forms.push((
                    form,
                    if beyond { fill(Word::AboveRange, lang, &[name]) } else { name.to_owned() },
                ));
            }
        }
        if samples {
            forms.push((Form::Dot, Word::RttSample.text(lang).to_owned()));
        }
        let panel = self.panel(title, height, (0.0, high), unit, &forms);
        for &(var, form) in lines {
            let look = match form {
                Form::Line(bits) => bits,
                _ => look::SOFT,
            };
            panel.steps(&mut self.list, of(var).map_or(&[], Vec::as_slice), Paint::new(Role::Ink).look(look));
        }
        if samples {
            self.samples(panel);
        }
        self.list.clip(None);
    }

    /// Dots, those of one pixel column joined to a bar.
    fn samples(&mut self, panel: Panel) {
        let inside = |s: &&(u64, i64, u32)| s.0 >= panel.from && s.0 <= panel.until;
        let mut samples = self.data.samples.iter().filter(inside).peekable();
        while let Some(&(at, value, flight)) = samples.next() {
            let x = panel.x(at);
            let (mut low, mut high) = (value, value);
            while let Some(next) = samples.next_if(|s| panel.x(s.0) < x + 1.0) {
                (low, high) = (low.min(next.1), high.max(next.1));
            }
            let (top, bottom) = (panel.y(high as f64) - 2.0, panel.y(low as f64) + 2.0);
            let id = Id::new(Thing::Flight, flight as usize);
            self.list.rect((x - 2.0, top), (4.0, bottom - top), Paint::new(Role::Ink).id(id));
        }
    }

    /// Bits a second: what was sent (again, too) and what was acknowledged.
    fn throughput(&mut self) {
        let lang = self.window.lang;
        let (from, until) = (self.window.from, self.window.until);
        let span = until.saturating_sub(from).max(1);
        // A round length of time, of which about forty make the whole.
        let slot = (round_up(span as f64 / 40.0).0 as u64).max(1);
        let first = from / slot;
        let mut rates = vec![[0i64; 2]; (until / slot - first + 1) as usize];
        let mut add = |at: u64, which: usize, octets: i64| {
            if let Some(rate) = at.checked_sub(first * slot).and_then(|d| rates.get_mut((d / slot) as usize))
            {
                rate[which] += octets;
            }
        };
        for s in &self.data.sent {
            add(s.at, 0, s.end - s.start.max(0));
        }
        let mut before = 0;
        for a in &self.data.acked {
            add(a.at, 1, (a.upto - before).max(0));
            before = before.max(a.upto);
        }
        let bits = |octets: i64| (octets as f64 * 8e9 / slot as f64) as i64;
        let points = |which: usize| -> Vec<Point> {
            let slots = (first..).zip(&rates);
            slots.map(|(i, rate)| (i * slot, bits(rate[which]))).collect()
        };
        let high = rates.iter().flatten().map(|&o| bits(o)).max().unwrap_or(0).max(1) as f64;
        let mut forms = vec![(Form::Line(0), Word::SentRate.text(lang).to_owned())];
        if !self.data.acked.is_empty() {
            forms.push((Form::Area, Word::Acknowledged.text(lang).to_owned()));
        }
        let unit = size_unit(high, ["bit/s", "kbit/s", "Mbit/s"]);
        let panel = self.panel(Word::ChartThroughput, 72.0, (0.0, high * 1.08), unit, &forms);
        panel.steps(&mut self.list, &points(1), Paint::new(Role::Ink).look(look::SOFT));
        panel.steps(&mut self.list, &points(0), Paint::new(Role::Ink));
        self.list.clip(None);
    }
}

/// The largest value of some variables within a stretch of time, 0 for none.
fn highest(vars: &[Vec<Point>; VARS.len()], of: &[Var], from: u64, until: u64) -> f64 {
    let wanted = VARS.iter().zip(vars).filter(|(var, _)| of.contains(var));
    let values = wanted.flat_map(|(_, points)| {
        let first = points.partition_point(|p| p.0 <= from).saturating_sub(1);
        points.get(first..).unwrap_or_default().iter().take_while(move |p| p.0 <= until).map(|p| p.1)
    });
    values.filter(|&v| v != Vars::UNSET).max().unwrap_or(0) as f64
}
