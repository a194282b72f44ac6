//! Everything about one selected thing: facts, header, bytes, why, and what it changed.

use serde::Serialize;

use crate::probe::{Unit, Var, Vars};
use crate::rule::Rule;
use crate::trace::tables::VarRow;
use crate::trace::{EventId, PacketId, PacketRow, SocketId, StreamRange};
use crate::view::fields::{self, Bases, HeaderBlock};
use crate::view::figure::{Call, Cargo, Fate, Flight, Moment, Place};
use crate::view::ladder;
use crate::view::session::Session;
use crate::view::time_text::{TimeText, known_word, span_text};
use crate::view::words::{Lang, Word, fill};

/// Octets shown at most.
const MOST: usize = 4096;

/// The answer to "what is this?".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detail {
    /// What it is.
    pub title: String,
    /// How it is known, as a word's key.
    pub known: &'static str,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// Headers, the transport's first.
    pub headers: Vec<HeaderBlock>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The message hue of each of the bytes.
    pub hues: Vec<u8>,
    /// The number of the first byte shown (its offset in the stream, or in the packet).
    pub first: u64,
    /// The rules by which it was sent.
    pub why: Vec<Why>,
    /// What its arrival changed.
    pub changed: Vec<Change>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The rule in one phrase.
    pub text: String,
    /// How it is cited.
    pub cite: String,
    /// Where to read it.
    pub url: String,
}

/// A variable that changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// On which host.
    pub host: String,
    /// The variable.
    pub name: &'static str,
    /// Its value before.
    pub before: String,
    /// Its value after.
    pub after: String,
}

/// The variables of one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariableSet {
    /// Its host.
    pub host: String,
    /// Its own port, or its number.
    pub socket: String,
    /// Those that have a value, in the order of the table.
    pub variables: Vec<Variable>,
}

/// One variable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variable {
    /// The RFC's name.
    pub name: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Its value.
    pub value: String,
    /// The last event of this endpoint changed it.
    pub changed: bool,
}

/// A variable's value as people read it.
pub fn value_text(var: Var, value: i64, lang: Lang) -> String {
    if value == Vars::UNSET {
        return Word::Unset.text(lang).to_owned();
    }
    match var.unit() {
        Unit::Seq | Unit::Count => value.to_string(),
        Unit::Bytes if value >= i64::from(i32::MAX) => "∞".to_owned(),
        Unit::Bytes => format!("{value} B"),
        Unit::Nanos => span_text(crate::time::Duration::from_nanos(value.unsigned_abs()), lang),
        Unit::Flag => {
            lang.pick(if value == 0 { "no" } else { "yes" }, if value == 0 { "否" } else { "是" }).to_owned()
        }
        Unit::State => {
            crate::tcp::State::from_number(value).map_or_else(|| value.to_string(), |s| s.label().to_owned())
        }
    }
}

impl Session {
    /// Everything about the thing with this id; `None` where there is nothing to tell.
    pub fn inspect(&self, id: u32, relative: bool, lang: Lang) -> Option<Detail> {
        let index = (id & 0x0fff_ffff) as usize;
        let ask = Ask { session: self, relative, lang };
        match id >> 28 {
            1 | 5 => ask.flight(self.figure().flights.get(index)?),
            2 => ask.call(self.figure().calls.get(index)?),
            3 => ask.state(index),
            4 => ask.timer(index),
            6 => ask.frame(index),
            _ => None,
        }
    }

    /// All variables of all endpoints after an event.
    pub fn variables(&self, position: f64, relative: bool, lang: Lang) -> Vec<VariableSet> {
        let event = EventId(self.order_at(position));
        let mut out = Vec::new();
        for socket in self.trace().socket_ids() {
            let vars = self.trace().vars_at(socket, event);
            let mut changes = self.trace().changes_before(socket, event).peekable();
            let last = changes.peek().map(|c| c.event);
            let fresh: Vec<Var> = changes
                .take_while(|c| last.is_some_and(|last| self.same_instant(c.event, last)))
                .map(|c| c.var)
                .collect();
            let base = |var: Var| self.base_of(socket, var).filter(|_| relative).unwrap_or_default();
            let variables: Vec<Variable> = Var::ALL
                .iter()
                .filter_map(|&var| {
                    let value = vars.get(var)?;
                    let value = if var.unit() == Unit::Seq {
                        i64::from((value as u32).wrapping_sub(base(var)))
                    } else {
                        value
                    };
                    let text = value_text(var, value, lang);
                    Some(Variable {
                        name: var.label(),
                        source: var.source(),
                        value: text,
                        changed: fresh.contains(&var),
                    })
                })
                .collect();
            if variables.is_empty() || vars.get(Var::State).is_none_or(|s| s == 0) {
                continue;
            }
            out.push(VariableSet {
                host: self.host_of_socket(socket),
                socket: self.port_of(socket),
                variables,
            });
        }
        out
    }

    fn same_instant(&self, a: EventId, b: EventId) -> bool {
        self.trace().columns().time(a) == self.trace().columns().time(b)
    }

    /// What relative numbers of this variable are counted from: the sender's own initial number for SND, the peer's for
    /// RCV.
    fn base_of(&self, socket: SocketId, var: Var) -> Option<u32> {
        let (connection, side) = self.trace().connection_of(socket)?;
        let connection = self.trace().connection(connection)?;
        let receiving = matches!(var, Var::RcvNxt | Var::RcvUp | Var::Irs | Var::SndWl1);
        connection.isn[if receiving { side.other() } else { side } as usize]
    }

    pub(crate) fn host_of_socket(&self, socket: SocketId) -> String {
        let row = self.trace().tables().sockets.iter().find(|row| row.id == socket);
        row.and_then(|row| self.trace().host(row.host)).map(|h| h.name.clone()).unwrap_or_default()
    }

    fn port_of(&self, socket: SocketId) -> String {
        self.trace().addresses_of(socket).0.map(|a| format!(":{}", a.port())).unwrap_or_default()
    }
}

struct Ask<'a> {
    session: &'a Session,
    relative: bool,
    lang: Lang,
}

impl Ask<'_> {
    fn word(&self, word: Word) -> String {
        word.text(self.lang).to_owned()
    }

    fn time(&self, moment: Moment) -> String {
        let time = TimeText::new(self.session.figure(), self.lang);
        format!("{} {}", time.tick(moment.at), time.unit())
    }

    fn host(&self, i: u16) -> String {
        self.session.figure().hosts.get(i as usize).map(|h| h.name.clone()).unwrap_or_default()
    }

    fn flight(&self, flight: &Flight) -> Option<Detail> {
        let trace = self.session.trace();
        let kind = match flight.cargo {
            Cargo::Tcp { .. } => Word::Segment,
            Cargo::Udp => Word::Datagram,
            Cargo::Fragment { .. } => Word::Fragment,
            Cargo::Other(_) => Word::Packet,
        };
        let title = match flight.cargo {
            Cargo::Udp | Cargo::Fragment { .. } => self.word(kind),
            _ => format!("{}  {}", self.word(kind), flight.title()),
        };
        let route = fill(Word::FromTo, self.lang, &[&self.host(flight.from), &self.host(flight.to)]);
        let mut facts = vec![(self.word(Word::Host), route), (self.word(Word::Sent), self.time(flight.sent))];
        match flight.fate {
            Fate::Arrived(end) => {
                let span = span_text(end.at.since(flight.sent.at), self.lang);
                facts.push((self.word(Word::ArrivedAt), format!("{} (+{span})", self.time(end))));
            }
            Fate::Lost(end) => facts.push((self.word(Word::LostAt), self.time(end))),
            Fate::OnTheWay => {}
        }
        if let Cargo::Tcp { seq, ack, base, ack_base, window, flags } = flight.cargo {
            let (base, ack_base) = if self.relative { (base, ack_base) } else { (0, 0) };
            let mut numbers = format!("seq {}", seq.wrapping_sub(base));
            if flags & crate::view::figure::flag::ACK != 0 {
                numbers += &format!("  ack {}", ack.wrapping_sub(ack_base));
            }
            facts.push((self.word(Word::Value), format!("{numbers}  len {}  win {window}", flight.len)));
        }
        let marks = ladder::mark_words(flight, self.lang);
        if !marks.is_empty() {
            facts.push((self.word(Word::Meaning), marks.join(", ")));
        }
        if let Some(place) = &flight.range {
            facts.push((
                self.word(Word::StreamOffset),
                format!("{} – {}", place.range.start, place.range.end),
            ));
        }
        let row = trace.packet(PacketId(flight.packet));
        let bytes = row.map(|row| trace.packet_bytes(row)).unwrap_or_default();
        let hues = self.hues_of_packet(flight, row, bytes.len().min(MOST));
        Some(Detail {
            title,
            known: known_word(flight.known).key(),
            facts,
            headers: fields::headers(&bytes, self.bases(flight, row), self.lang),
            hues,
            first: 0,
            bytes: bytes.into_iter().take(MOST).collect(),
            why: row.and_then(PacketRow::rule).map(|rule| self.why(rule)).into_iter().collect(),
            changed: row.map(|row| self.changes(row)).unwrap_or_default(),
        })
    }

    fn bases(&self, flight: &Flight, row: Option<&PacketRow>) -> Bases {
        let Cargo::Tcp { base, ack_base, window, .. } = flight.cargo else { return Bases::default() };
        // The figure has the window as meant, the row as it stands in the header.
        let raw = row.map_or(window, |r| u32::from(r.window)).max(1);
        let shift = (window / raw).max(1).ilog2();
        Bases { seq: base, ack: ack_base, shift }
    }

    fn hues_of_packet(&self, flight: &Flight, row: Option<&PacketRow>, len: usize) -> Vec<u8> {
        let header = row.map_or(0, |r| r.header_len as usize).min(len);
        let mut hues = vec![0; header];
        if let Some(place) = &flight.range {
            hues.extend(self.hues(place, len - header));
        }
        hues
    }

    fn hues(&self, place: &Place, most: usize) -> Vec<u8> {
        let Some(stream) = self.session.figure().streams.get(place.stream as usize) else {
            return Vec::new();
        };
        let pieces = stream.pieces(&place.range).into_iter();
        pieces.flat_map(|(range, hue)| range.map(move |_| hue)).take(most).collect()
    }

    fn why(&self, rule: crate::rule::Rule) -> Why {
        let info = rule.info();
        Why { text: self.lang.pick(info.en, info.zh).to_owned(), cite: info.citation(), url: info.url() }
    }

    /// What the receiving endpoint changed when it took the packet in: the changes between its arrival and whatever
    /// happens there next.
    fn changes(&self, row: &PacketRow) -> Vec<Change> {
        let trace = self.session.trace();
        let columns = trace.columns();
        let Some(taken) = row.taken.known() else { return Vec::new() };
        let Some(socket) = trace.socket_of(taken) else { return Vec::new() };
        let caused = |c: &VarRow| {
            let cause = columns.cause(c.event);
            let near = c.event >= row.arrived && self.session.same_instant(c.event, taken);
            near && (cause == Some(row.arrived) || cause == Some(taken) || c.event <= taken)
        };
        let mut out: Vec<Change> = Vec::new();
        let host = self.session.host_of_socket(socket);
        let until = trace.last_event_at(trace.clock(taken)).unwrap_or(taken);
        let near = trace.changes_between(socket, row.arrived, until);
        for change in near.filter(caused).filter(|c| c.old != c.new) {
            let base = self.session.base_of(socket, change.var).filter(|_| self.relative).unwrap_or_default();
            let text = |value: i64| {
                let seq = change.var.unit() == Unit::Seq && value != Vars::UNSET;
                value_text(
                    change.var,
                    if seq { i64::from((value as u32).wrapping_sub(base)) } else { value },
                    self.lang,
                )
            };
            let name = change.var.label();
            match out.iter_mut().find(|c| c.name == name) {
                Some(earlier) => earlier.after = text(change.new),
                None => out.push(Change {
                    host: host.clone(),
                    name,
                    before: text(change.old),
                    after: text(change.new),
                }),
            }
        }
        out
    }

    fn call(&self, call: &Call) -> Option<Detail> {
        let mut facts = vec![(self.word(Word::Host), self.host(call.host))];
        facts.push((self.word(Word::Begun), self.time(call.begun)));
        match call.returned {
            Some(end) => {
                let span = span_text(end.at.since(call.begun.at), self.lang);
                let blocked = fill(Word::BlockedFor, self.lang, &[&span]);
                let note = if call.blocked { format!(" ({blocked})") } else { String::new() };
                facts.push((self.word(Word::Returned), format!("{}{note}", self.time(end))));
            }
            None => facts.push((self.word(Word::Returned), self.word(Word::StillBlocked))),
        }
        if !call.result.is_empty() {
            let result = call.result.text();
            let said = self.session.figure().said(&result, self.lang);
            let name = if call.failed { Word::ErrorShort } else { Word::Result };
            facts.push((self.word(name), said.to_owned()));
        }
        let mut detail = Detail {
            title: format!("{}({})", call.name, call.args),
            known: known_word(call.known).key(),
            facts,
            headers: Vec::new(),
            bytes: Vec::new(),
            hues: Vec::new(),
            first: 0,
            why: Vec::new(),
            changed: Vec::new(),
        };
        if let Some(place) = &call.range {
            let range = StreamRange {
                stream: crate::trace::StreamId(place.stream),
                start: place.range.start,
                end: place.range.end,
            };
            detail.facts.push((self.word(Word::StreamOffset), format!("{} – {}", range.start, range.end)));
            detail.bytes = self.session.trace().read_stream(range, MOST);
            detail.hues = self.hues(place, MOST);
            detail.first = range.start;
        }
        if call.truncated > 0 {
            let text = fill(Word::Truncated, self.lang, &[&call.truncated.to_string()]);
            detail.facts.push((self.word(Word::Lost), text));
        }
        Some(detail)
    }

    fn span(&self, title: String, host: u16, from: Moment, until: Option<Moment>) -> Detail {
        let mut facts =
            vec![(self.word(Word::Host), self.host(host)), (self.word(Word::From), self.time(from))];
        if let Some(end) = until {
            let span = span_text(end.at.since(from.at), self.lang);
            facts.push((self.word(Word::Until), format!("{} ({span})", self.time(end))));
        }
        Detail {
            title,
            known: Word::Modelled.key(),
            facts,
            headers: Vec::new(),
            bytes: Vec::new(),
            hues: Vec::new(),
            first: 0,
            why: Vec::new(),
            changed: Vec::new(),
        }
    }

    fn state(&self, index: usize) -> Option<Detail> {
        let s = self.session.figure().states.get(index)?;
        let mut detail = self.span(s.state.to_owned(), s.host, s.from, s.until);
        detail.known = known_word(s.known).key();
        let rule = if s.state == crate::tcp::State::Listen.label() {
            // It is entered by a call, which names no rule.
            Some(Rule::PassiveOpen)
        } else {
            let rule = self.session.trace().columns().detail(EventId(s.from.order));
            rule.and_then(crate::trace::tables::rule_from)
        };
        detail.why = rule.map(|rule| self.why(rule)).into_iter().collect();
        Some(detail)
    }

    fn timer(&self, index: usize) -> Option<Detail> {
        let t = self.session.figure().timers.get(index)?;
        Some(self.span(self.word(t.name), t.host, t.from, t.until))
    }

    fn frame(&self, index: usize) -> Option<Detail> {
        let (stream, parts) = self.session.figure().streams.iter().enumerate().find_map(|(i, s)| {
            let parts: Vec<_> = s.frames.iter().filter(|p| p.frame as usize == index).cloned().collect();
            (!parts.is_empty()).then_some((i as u32, parts))
        })?;
        let (first, last) = (parts.first()?, parts.last()?);
        let range = first.range.start..last.range.end;
        let host = self.session.figure().streams.get(stream as usize)?.to;
        let mut detail = self.span(self.word(Word::Frame), host, first.known_at, None);
        for part in &parts {
            let name = match part.part {
                crate::view::figure::Part::Length => Word::PartLength,
                crate::view::figure::Part::Header => Word::PartHeader,
                crate::view::figure::Part::Payload => Word::PartPayload,
                crate::view::figure::Part::Bad => Word::PartBad,
            };
            detail.facts.push((self.word(name), format!("{} – {}", part.range.start, part.range.end)));
        }
        let place = Place { stream, range: range.clone() };
        detail.hues = self.hues(&place, MOST);
        let whole =
            StreamRange { stream: crate::trace::StreamId(stream), start: range.start, end: range.end };
        detail.bytes = self.session.trace().read_stream(whole, MOST);
        detail.first = range.start;
        Some(detail)
    }
}
