//! Predict mode: before something is shown, the reader says what it will be. Here are the questions, the judgement of the
//! answers, and the explanations with their rules; the page hides and asks.

mod judge;

use serde::Serialize;

use self::judge::Judge;
use crate::tcp::State;
use crate::view::figure::{CallKind, Cargo, Figure, flag, mark};
use crate::view::inspect::Why;
use crate::view::list::{Id, Thing};
use crate::view::scale::Scale;
use crate::view::session::Session;
use crate::view::transcript::Row;
use crate::view::words::{Lang, Word, fill};

/// Sentences before the hidden one that a question repeats.
const GIVEN: usize = 2;
/// The playhead waits this far before what is asked for.
const BEFORE: f64 = 0.02;
/// The flags that are asked for; the others (PSH, URG, ECE, CWR) follow from nothing in the figure.
const ASKED: u16 = flag::SYN | flag::ACK | flag::FIN | flag::RST;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Flags, seq and ack of a segment.
    Segment,
    /// The state that an endpoint enters.
    State,
    /// What a receive call returns.
    Receive,
}

/// Something that is hidden and asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// What is asked about, as an [`Id`]; [`Session::check`] takes it.
    pub id: u32,
    /// What is asked for.
    pub kind: Kind,
    /// Where the playhead waits, at the last thing that is known; nothing from here on is shown. Of what comes first of all, before
    /// the axis begins.
    pub wait: f64,
    /// Where it stands once this is answered: before the next question.
    pub reveal: f64,
    /// The sentences before it.
    pub given: Vec<String>,
    /// The question.
    pub text: String,
}

/// What the reader says; fields that are not asked for stay empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Names of flags, separated by blanks.
    pub flags: String,
    /// Sequence number.
    pub seq: String,
    /// Acknowledgment number; empty for none.
    pub ack: String,
    /// The state's name.
    pub state: String,
    /// What recv returns: the bytes, or how many.
    pub received: String,
}

/// One part of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is: `flags`, `seq`, …
    pub name: String,
    /// What the reader said.
    pub given: String,
    /// What is so.
    pub expected: String,
    /// Whether both are the same.
    pub right: bool,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// All parts are right.
    pub right: bool,
    /// The parts.
    pub parts: Vec<Part>,
    /// Why it is so, in sentences.
    pub because: Vec<String>,
    /// The rules.
    pub why: Vec<Why>,
}

/// A candidate: where it stands, and what it is.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    position: f64,
    order: u32,
    kind: Kind,
    index: usize,
    group: usize,
}

impl Candidate {
    fn id(&self) -> u32 {
        let thing = match self.kind {
            Kind::Segment => Thing::Flight,
            Kind::State => Thing::State,
            Kind::Receive => Thing::Call,
        };
        Id::new(thing, self.index).0
    }
}

/// Everything that could be asked, in the order of the transcript.
fn candidates(figure: &Figure, scale: &Scale) -> Vec<Candidate> {
    let mut all = Vec::new();
    let special = mark::RETRANSMISSION | mark::FAST_RETRANSMISSION | mark::ZERO_WINDOW | mark::PROBE;
    for (index, f) in figure.flights.iter().enumerate() {
        let Cargo::Tcp { flags, .. } = f.cargo else { continue };
        if f.marks & mark::DUPLICATE != 0 {
            continue;
        }
        let first = flags & (flag::SYN | flag::FIN | flag::RST) != 0 || f.marks & special != 0;
        let group = if first { 1 } else { 3 };
        let position = scale.sent.get(index).copied().unwrap_or_default();
        all.push(Candidate { position, order: f.sent.order, kind: Kind::Segment, index, group });
    }
    for (index, c) in figure.calls.iter().enumerate() {
        let Some(end) = c.returned else { continue };
        if c.kind != CallKind::Receive || c.failed || c.result.is_empty() {
            continue;
        }
        let (begun, returned) = scale.calls.get(index).copied().unwrap_or_default();
        let (position, order) = if c.blocked { (returned, end.order) } else { (begun, c.begun.order) };
        all.push(Candidate { position, order, kind: Kind::Receive, index, group: 0 });
    }
    for (index, s) in figure.states.iter().enumerate() {
        if s.state == State::Listen.label() || state_before(figure, index).is_none() {
            continue;
        }
        let position = scale.states.get(index).copied().unwrap_or_default().0;
        all.push(Candidate { position, order: s.from.order, kind: Kind::State, index, group: 2 });
    }
    all.sort_by(|a, b| a.position.total_cmp(&b.position).then(a.order.cmp(&b.order)));
    all
}

/// The state of the same endpoint before a stretch; `None` where that is not known (a capture that begins in the middle).
fn state_before(figure: &Figure, index: usize) -> Option<&'static str> {
    let now = figure.states.get(index)?;
    let earlier = figure.states.get(..index)?.iter().rev().find(|s| s.socket == now.socket);
    match earlier {
        Some(s) => Some(s.state),
        None if now.state == State::SynSent.label() => Some(State::Closed.label()),
        // Without a SYN of its own before, it was a listener's (RFC 9293 section 3.10.7.2).
        None if now.state == State::SynReceived.label() => Some(State::Listen.label()),
        None => None,
    }
}

/// At most `most` of them, of every sort some, spread over the whole.
fn chosen(all: &[Candidate], most: usize) -> Vec<Candidate> {
    let groups: Vec<Vec<usize>> =
        (0..4).map(|g| (0..all.len()).filter(|&i| all[i].group == g).collect()).collect();
    // Receive calls, segments that open, close or repeat, states, other segments.
    let mut quota = [most / 3, most / 3, most / 4, 0];
    for (quota, group) in quota.iter_mut().zip(&groups) {
        *quota = group.len().min(*quota);
    }
    let mut left = most - quota.iter().sum::<usize>();
    while left > 0 {
        let before = left;
        for g in [3, 1, 0, 2] {
            if left > 0 && quota[g] < groups[g].len() {
                quota[g] += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    let mut picked: Vec<usize> = Vec::new();
    for (group, &n) in groups.iter().zip(&quota) {
        let spread = |k: usize| if n == 1 { 0 } else { k * (group.len() - 1) / (n - 1) };
        picked.extend((0..n).filter_map(|k| group.get(spread(k))));
    }
    picked.sort_unstable();
    picked.dedup();
    picked.into_iter().filter_map(|i| all.get(i).copied()).collect()
}

impl Session {
    /// The questions of predict mode, in order, at most `most`.
    pub fn questions(&self, most: usize, relative: bool, lang: Lang) -> Vec<Question> {
        let chosen = chosen(&candidates(self.figure(), self.scale()), most);
        let mut out: Vec<Question> = Vec::with_capacity(chosen.len());
        for (i, c) in chosen.iter().enumerate() {
            let given = self.before(c, relative, lang);
            let wait = self.known_until(c.position, &given, i.checked_sub(1).and_then(|i| chosen.get(i)));
            if let Some(before) = out.last_mut() {
                before.reveal = before.reveal.min(wait).max(before.wait);
            }
            out.push(Question {
                id: c.id(),
                kind: c.kind,
                wait,
                reveal: self.end_of(*c).max(wait),
                given: given.into_iter().map(|row| row.text).collect(),
                text: self.question(c, lang),
            });
        }
        out
    }

    /// Where the playhead waits for what happens at `position`: at the last thing that is known, not where something is to come;
    /// else its place would tell when. What is told just before may have happened in the same moment: the arrival that is answered.
    fn known_until(&self, position: f64, given: &[Row], asked_before: Option<&Candidate>) -> f64 {
        const SAME: f64 = 0.5;
        if given.last().is_some_and(|row| row.position > position - SAME) {
            return position - BEFORE;
        }
        let stops = self.scale().stops();
        let next = stops.partition_point(|&stop| stop < position - SAME);
        let last = next.checked_sub(1).and_then(|i| stops.get(i)).copied();
        let known = last.into_iter().chain(asked_before.map(|c| c.position)).reduce(f64::max);
        known.unwrap_or(f64::MAX).min(position - BEFORE)
    }

    /// Where all of it can be seen.
    fn end_of(&self, c: Candidate) -> f64 {
        match c.kind {
            Kind::Segment => self.scale().ended.get(c.index).copied().unwrap_or(c.position),
            _ => c.position,
        }
    }

    /// The last sentences of the transcript before this one.
    fn before(&self, c: &Candidate, relative: bool, lang: Lang) -> Vec<Row> {
        let near = self.rows_until(c.position);
        let first = near.saturating_sub(24);
        let mut rows = self.rows(first, near - first, relative, lang);
        let told =
            |row: &Row| row.id == c.id() && (c.kind != Kind::Receive || row.position >= c.position - BEFORE);
        rows.truncate(rows.iter().position(told).unwrap_or(rows.len()));
        rows.drain(..rows.len().saturating_sub(GIVEN));
        rows
    }

    fn question(&self, c: &Candidate, lang: Lang) -> String {
        let figure = self.figure();
        let host = |i: u16| figure.hosts.get(usize::from(i)).map_or("", |h| h.name.as_str());
        match c.kind {
            Kind::Segment => {
                let Some(f) = figure.flights.get(c.index) else { return String::new() };
                let asks = fill(Word::AsksSegment, lang, &[host(f.from), host(f.to)]);
                if f.len == 0 {
                    return asks;
                }
                let carries = fill(Word::AsksData, lang, &[&f.len.to_string()]);
                format!("{asks}{}{carries}", lang.pick(" ", ""))
            }
            Kind::State => {
                let Some(s) = figure.states.get(c.index) else { return String::new() };
                let now = state_before(figure, c.index).unwrap_or_default();
                fill(Word::AsksState, lang, &[host(s.host), now])
            }
            Kind::Receive => {
                let Some(call) = figure.calls.get(c.index) else { return String::new() };
                fill(Word::AsksReceive, lang, &[host(call.host), &format!("{}({})", call.name, call.args)])
            }
        }
    }

    /// Judges an answer; `None` where `id` stands for nothing that is asked about.
    pub fn check(&self, id: u32, answer: &Answer, relative: bool, lang: Lang) -> Option<Verdict> {
        let index = (id & 0x0fff_ffff) as usize;
        let judge = Judge { session: self, lang };
        let (parts, because, mut why) = match id >> 28 {
            1 => judge.segment(self.figure().flights.get(index)?, answer, relative)?,
            2 => judge.receive(self.figure().calls.get(index)?, answer),
            3 => judge.state(index, answer)?,
            _ => return None,
        };
        let told = self.inspect(id, relative, lang).map(|detail| detail.why).unwrap_or_default();
        if id >> 28 == 1 || why.is_empty() {
            why.splice(0..0, told);
        }
        Some(Verdict { right: parts.iter().all(|part| part.right), parts, because, why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_keeps_its_limit_and_its_order() {
        let all: Vec<Candidate> = (0..100)
            .map(|i| Candidate {
                position: i as f64,
                order: i,
                kind: Kind::State,
                index: i as usize,
                group: i as usize % 4,
            })
            .collect();
        for most in 0..30 {
            let some = chosen(&all, most);
            assert_eq!(some.len(), most);
            assert!(some.windows(2).all(|w| w[0].order < w[1].order));
        }
        assert_eq!(chosen(&all, 1000).len(), 100);
        assert!(chosen(&[], 12).is_empty());
    }
}
