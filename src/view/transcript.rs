//! The conversation as sentences, one an event: the same facts as the picture, for reading, walking and listening.

use serde::Serialize;

use crate::view::figure::{Cargo, Fate, Figure, flag, mark};
use crate::view::items::{Slot, item};
use crate::view::ladder;
use crate::view::list::{Id, Thing};
use crate::view::ranked::Ranked;
use crate::view::scale::Scale;
use crate::view::time_text::{TimeText, span_text};
use crate::view::words::{Lang, Word, fill};

/// What an entry of the transcript tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    State,
    Begun,
    Sent,
    Lost,
    Arrived,
    Timer,
    Returned,
}

/// The order of all sentences: which of the scale's happenings are told. The sentences themselves are made when asked for.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    told: Ranked,
}

/// One sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its number in the transcript.
    pub number: u32,
    /// What it speaks of, as an [`Id`].
    pub id: u32,
    /// The playhead position at which it is true.
    pub position: f64,
    /// When, in the axis' unit.
    pub time: String,
    /// Where.
    pub host: String,
    /// The sentence.
    pub text: String,
    /// A short form without the host.
    pub brief: String,
    /// How it is known: `modelled`, `observed`, `captured`, `inferred`.
    pub known: &'static str,
}

impl Transcript {
    /// Tells everything that has a place on this axis.
    pub fn new(scale: &Scale) -> Transcript {
        Transcript { told: scale.told.clone() }
    }

    /// Number of sentences.
    pub fn len(&self) -> usize {
        self.told.len()
    }

    /// True when there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of sentences that are true at a position.
    pub fn count_until(&self, scale: &Scale, position: f64) -> usize {
        self.told.rank(scale.count_until(position))
    }

    /// The numbers of the sentences about events (by their number) of which this is true.
    pub fn numbers(&self, (figure, scale): (&Figure, &Scale), wanted: impl Fn(u32) -> bool) -> Vec<u32> {
        let order =
            |number: u32| Some(item(figure, scale.happening(self.told.nth(number as usize)?)?.0)?.order);
        (0..self.len() as u32).filter(|number| order(*number).is_some_and(&wanted)).collect()
    }

    /// The sentences `first..first + count`.
    pub fn rows(
        &self,
        (figure, scale): (&Figure, &Scale),
        first: usize,
        count: usize,
        relative: bool,
        lang: Lang,
    ) -> Vec<Row> {
        let time = TimeText::new(figure, lang);
        let tell = Tell { figure, time, relative, lang };
        let numbers = first..first.saturating_add(count).min(self.len());
        numbers.filter_map(|number| tell.row(scale.happening(self.told.nth(number)?)?, number)).collect()
    }
}

/// What is told of a happening, and of which thing of its kind.
fn told(figure: &Figure, slot: Slot) -> Option<(What, u32)> {
    Some(match slot {
        Slot::Sent(i) => (What::Sent, i),
        Slot::Ended(i) => match figure.flights.get(i as usize)?.fate {
            Fate::Arrived(_) => (What::Arrived, i),
            Fate::Lost(_) => (What::Lost, i),
            Fate::OnTheWay => return None,
        },
        Slot::Begun(i) => (What::Begun, i),
        Slot::Returned(i) => figure.calls.get(i as usize)?.blocked.then_some((What::Returned, i))?,
        Slot::Entered(i) => (What::State, i),
        Slot::Done(i) => figure.timers.get(i as usize)?.fired.then_some((What::Timer, i))?,
        Slot::Left(_) | Slot::Set(_) => return None,
    })
}

struct Tell<'a> {
    figure: &'a Figure,
    time: TimeText,
    relative: bool,
    lang: Lang,
}

impl Tell<'_> {
    fn host(&self, i: u16) -> &str {
        self.figure.hosts.get(i as usize).map(|h| h.name.as_str()).unwrap_or_default()
    }

    fn row(&self, (slot, position): (Slot, f64), number: usize) -> Option<Row> {
        let (what, i) = told(self.figure, slot)?;
        let i = i as usize;
        let (at, host, known, id, text, brief) = match what {
            What::Sent | What::Arrived | What::Lost => self.flight(what, i)?,
            What::Begun | What::Returned => self.call(what, i)?,
            What::State => {
                let s = self.figure.states.get(i)?;
                let text = fill(Word::SaysState, self.lang, &[self.host(s.host), s.state]);
                (s.from.at, s.host, s.known, Id::new(Thing::State, i), text, s.state.to_owned())
            }
            What::Timer => {
                let t = self.figure.timers.get(i)?;
                let name = t.name.text(self.lang);
                let text = fill(Word::SaysTimer, self.lang, &[self.host(t.host), name]);
                (t.until?.at, t.host, Default::default(), Id::new(Thing::Timer, i), text, name.to_owned())
            }
        };
        Some(Row {
            number: number as u32,
            id: id.0,
            position,
            time: format!("{} {}", self.time.tick(at), self.time.unit()),
            host: self.host(host).to_owned(),
            text,
            brief,
            known: crate::view::time_text::known_word(known).key(),
        })
    }

    fn flight(&self, what: What, i: usize) -> Option<Parts> {
        let f = self.figure.flights.get(i)?;
        let id = Id::new(Thing::Flight, i);
        // Without the window, which the fullest label may begin with.
        let skip = usize::from(f.marks & mark::SAME_WINDOW == 0);
        let brief = ladder::texts(f, self.relative, self.lang).into_iter().nth(skip).unwrap_or_default();
        let name = self.name_of(f);
        Some(match (what, f.fate) {
            (What::Arrived, Fate::Arrived(end)) => {
                let span = self.time.span(end.at.since(f.sent.at));
                let text = fill(Word::SaysArrived, self.lang, &[&name, self.host(f.to), &span]);
                (end.at, f.to, f.known, id, text, brief)
            }
            (What::Lost, Fate::Lost(end)) => {
                let text = fill(Word::SaysLost, self.lang, &[&name, self.host(f.from)]);
                (end.at, f.from, f.known, id, text, brief)
            }
            _ => {
                let details = self.details_of(f);
                let values = [self.host(f.from), name.as_str(), self.host(f.to), details.as_str()];
                (f.sent.at, f.from, f.known, id, fill(Word::SaysSegment, self.lang, &values), brief)
            }
        })
    }

    fn name_of(&self, f: &crate::view::figure::Flight) -> String {
        let title = f.title();
        match &f.cargo {
            Cargo::Tcp { .. } => title,
            Cargo::Udp => Word::Datagram.text(self.lang).to_owned(),
            Cargo::Fragment { .. } => Word::Fragment.text(self.lang).to_owned(),
            Cargo::Other(name) => name.clone(),
        }
    }

    fn details_of(&self, f: &crate::view::figure::Flight) -> String {
        let comma = if self.lang == Lang::Zh { "，" } else { ", " };
        let mut parts = Vec::new();
        if let Cargo::Tcp { flags, seq, ack, base, ack_base, window } = &f.cargo {
            let (base, ack_base) = if self.relative { (*base, *ack_base) } else { (0, 0) };
            parts.push(format!("seq {}", seq.wrapping_sub(base)));
            if flags & flag::ACK != 0 {
                parts.push(format!("ack {}", ack.wrapping_sub(ack_base)));
            }
            parts.push(format!("win {window}"));
        }
        if let Cargo::Fragment { offset, .. } = &f.cargo {
            parts.push(format!("offset {offset}"));
        }
        if f.len > 0 || parts.is_empty() {
            parts.push(fill(Word::Octets, self.lang, &[&f.len.to_string()]));
        }
        parts.extend(ladder::mark_words(f, self.lang).into_iter().map(str::to_owned));
        parts.join(comma)
    }

    fn call(&self, what: What, i: usize) -> Option<Parts> {
        let c = self.figure.calls.get(i)?;
        let (id, host) = (Id::new(Thing::Call, i), self.host(c.host));
        let (result, args) = (c.result.text(), c.args.text());
        let said = self.figure.said(&result, self.lang);
        // What returns with nothing to say (bind(), close(), connect()) just returns.
        let silent = said.is_empty();
        Some(match (what, c.returned) {
            (What::Returned, Some(end)) => {
                let span = span_text(end.at.since(c.begun.at), self.lang);
                let (text, brief) = if silent {
                    (
                        fill(Word::SaysReturnedSilently, self.lang, &[host, &c.name, &span]),
                        format!("{}()", c.name),
                    )
                } else {
                    let word = if c.failed { Word::SaysFailedBlocked } else { Word::SaysReturnBlocked };
                    let text = fill(word, self.lang, &[host, &c.name, said, &span]);
                    (text, format!("{}() = {said}", c.name))
                };
                (end.at, c.host, c.known, id, text, brief)
            }
            (_, Some(_)) if !c.blocked && !silent => {
                let word = if c.failed { Word::SaysCallFails } else { Word::SaysCallReturns };
                let text = fill(word, self.lang, &[host, &c.name, &args, said]);
                (c.begun.at, c.host, c.known, id, text, format!("{}({args}) = {said}", c.name))
            }
            _ => {
                let text = fill(Word::SaysCall, self.lang, &[host, &c.name, &args]);
                (c.begun.at, c.host, c.known, id, text, format!("{}({args})", c.name))
            }
        })
    }
}

type Parts = (crate::time::Instant, u16, crate::view::figure::Known, Id, String, String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use crate::view::scale::Rhythm;

    #[test]
    fn sentences_tell_what_the_picture_shows() {
        let figure = sample::hello();
        let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
        let transcript = Transcript::new(&scale);
        let en = transcript.rows((&figure, &scale), 0, 99, true, Lang::En);
        let zh = transcript.rows((&figure, &scale), 0, 99, true, Lang::Zh);
        assert_eq!((en.len(), zh.len()), (transcript.len(), transcript.len()));
        let has = |rows: &[Row], text: &str| rows.iter().any(|r| r.text == text);
        assert!(has(&en, "client sends SYN to server: seq 0, win 64240."));
        assert!(has(&zh, "client 向 server 发送 SYN：seq 0，win 64240。"));
        assert!(has(&en, "SYN ACK arrives at client after 20 ms."));
        assert!(has(&en, "client enters ESTABLISHED."));
        assert!(has(&en, "client: connect() returns 0, after blocking for 40 ms."));
        assert!(has(&zh, "client 调用 send(b'hello hello')，返回 11。"));
        let times: Vec<f64> = en.iter().map(|r| r.position).collect();
        assert!(times.windows(2).all(|w| w[0] <= w[1]));
        assert_eq!(transcript.count_until(&scale, f64::MAX), en.len());
    }
}
