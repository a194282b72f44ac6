//! Two runs in one ladder: what both have is drawn once, what is gone dashed, what is new heavy, and each has a sign.

use crate::view::compare::{Difference, Marks};
use crate::view::figure::{Figure, Host, Moment, Stream};
use crate::view::ladder::{self, Beside, HEAD, LEAD, Window};
use crate::view::list::{DisplayList, Kind, Paint, Role, Thing, look};
use crate::view::metrics;
use crate::view::scale::Scale;
use crate::view::words::{Lang, Word};

/// Below the picture that stands alone: air, the height of a line of text and its size, and what is left free at each side, in CSS
/// pixels.
const FOOT: f32 = 12.0;
const LINE: f32 = 17.0;
const SIZE: f32 = 12.0;
const SIDE: f32 = 12.0;
/// Lines that each of the texts below it may take.
const MOST_LINES: usize = 6;

/// Whose a thing of the joint picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Of both runs, at the same time.
    Both,
    /// Of both, and drawn where the second has it.
    Moved,
    /// Of the first run only.
    Gone,
    /// Of the second run only.
    New,
    /// How it ends in the first run, and not in the second.
    EndedBefore,
    /// How it ends in the second run, and not in the first.
    EndsNow,
}

impl Whose {
    fn first(difference: Difference) -> Option<Whose> {
        match difference {
            Difference::Same | Difference::Moved => None,
            Difference::EndsOtherwise => Some(Whose::EndedBefore),
            Difference::Alone => Some(Whose::Gone),
        }
    }

    fn second(difference: Difference) -> Whose {
        match difference {
            Difference::Same => Whose::Both,
            Difference::Moved => Whose::Moved,
            Difference::EndsOtherwise => Whose::EndsNow,
            Difference::Alone => Whose::New,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Whose::Both => "",
            Whose::Moved => "○",
            Whose::Gone => "−",
            Whose::New => "+",
            Whose::EndedBefore | Whose::EndsNow => "≠",
        }
    }

    fn is_first(self) -> bool {
        matches!(self, Whose::Gone | Whose::EndedBefore)
    }

    fn is_second(self) -> bool {
        matches!(self, Whose::New | Whose::EndsNow)
    }
}

/// Two runs in one picture, with a time axis of their own. States and timers are those of the second run.
#[derive(Clone, Debug)]
pub struct Overlay {
    figure: Figure,
    scale: Scale,
    beside: Beside,
    flights: Vec<Whose>,
    calls: Vec<Whose>,
}

/// What is drawn of one table of both runs, in the order of time (`[first, second]`, each in that order already): whether it is of
/// the first run, its index there, and whose it is. Of the first run only what the second does not have.
fn joined(times: [Vec<Moment>; 2], marks: &[Marks; 2], thing: Thing) -> Vec<(bool, usize, Whose)> {
    let differences = |which: usize| {
        let mut all = vec![Difference::Same; times[which].len()];
        for &(id, difference) in &marks[which].marks {
            if let Some(slot) = all.get_mut(id.index()).filter(|_| id.thing() == thing as u32) {
                *slot = difference;
            }
        }
        all
    };
    let [one, two] = [differences(0), differences(1)];
    let mut out = Vec::with_capacity(two.len());
    let mut next = 0;
    for at in 0..=two.len() {
        let until = times[1].get(at);
        while let Some(time) = times[0].get(next).filter(|time| until.is_none_or(|until| *time < until)) {
            debug_assert!(next == 0 || times[0][next - 1].at <= time.at);
            out.extend(Whose::first(one[next]).map(|whose| (true, next, whose)));
            next += 1;
        }
        out.extend(two.get(at).map(|&difference| (false, at, Whose::second(difference))));
    }
    out
}

impl Overlay {
    /// Joins two runs, marked by [`compare::both`](crate::view::compare::both), to fit into `room` pixels where that stays readable.
    pub fn new(before: &Figure, after: &Figure, marks: &[Marks; 2], room: f64) -> Overlay {
        let mut hosts = after.hosts.clone();
        // A host of the first run has the lifeline of its name.
        let place = |host: &Host| match hosts.iter().position(|known| known.name == host.name) {
            Some(at) => at as u16,
            None => {
                hosts.push(host.clone());
                hosts.len() as u16 - 1
            }
        };
        let lines: Vec<u16> = before.hosts.iter().map(place).collect();
        let line = |host: u16| lines.get(host as usize).copied().unwrap_or(host);
        let sent = [before, after].map(|run| run.flights.iter().map(|f| f.sent).collect());
        let begun = [before, after].map(|run| run.calls.iter().map(|c| c.begun).collect());
        let flights = joined(sent, marks, Thing::Flight);
        let calls = joined(begun, marks, Thing::Call);
        // Of the streams only what gives things their hues.
        let stream = |s: &Stream| Stream { messages: s.messages.clone(), ..Stream::default() };
        let figure = Figure {
            hosts,
            flights: flights
                .iter()
                .map(|&(first, i, _)| {
                    let mut flight = if first { &before.flights[i] } else { &after.flights[i] }.clone();
                    if first {
                        (flight.from, flight.to) = (line(flight.from), line(flight.to));
                    }
                    flight
                })
                .collect(),
            calls: calls
                .iter()
                .map(|&(first, i, _)| {
                    let mut call = if first { &before.calls[i] } else { &after.calls[i] }.clone();
                    if first {
                        call.host = line(call.host);
                    }
                    call
                })
                .collect(),
            states: after.states.clone(),
            timers: after.timers.clone(),
            streams: after.streams.iter().map(stream).collect(),
            refusals: after.refusals.clone(),
            end: before.end.max(after.end),
        };
        let scale = Scale::fitting(&figure, room - f64::from(HEAD + LEAD) - 10.0);
        let beside = Beside::new(&figure);
        let whose = |things: Vec<(bool, usize, Whose)>| things.into_iter().map(|thing| thing.2).collect();
        Overlay { figure, scale, beside, flights: whose(flights), calls: whose(calls) }
    }

    /// The time axis.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Draws a part of the joint ladder.
    pub fn draw(&self, window: Window) -> DisplayList {
        let mut list = ladder::draw_beside(&self.figure, &self.scale, &self.beside, window);
        let mut signs: Vec<(u32, (f32, f32), Whose)> = Vec::new();
        for i in 0..list.len() {
            let id = crate::view::list::Id(list.id[i]);
            let of = |thing: Thing, whose: &[Whose]| {
                whose.get(id.index()).copied().filter(|_| id.thing() == thing as u32)
            };
            let flight = of(Thing::Flight, &self.flights);
            let Some(whose) = flight.or_else(|| of(Thing::Call, &self.calls)) else { continue };
            let kind = list.kind[i];
            if whose.is_first() {
                list.look[i] |= look::DASHED;
                (list.role[i], list.hue[i]) = (Role::Faint as u8, 0);
                if kind == Kind::Rect as u8 {
                    list.look[i] = look::OUTLINE | look::DASHED;
                }
            } else if whose.is_second() && kind != Kind::Rect as u8 {
                list.look[i] |= look::BOLD;
            }
            let begins = match flight {
                Some(_) => kind == Kind::Arrow as u8,
                None => kind == Kind::Rect as u8,
            };
            if begins && whose != Whose::Both && signs.last().is_none_or(|last| last.0 != id.0) {
                let p = list.points_of(i);
                let (&[x, y, ..], Some(&end)) = (p, p.get(2)) else { continue };
                let beside = if flight.is_some() { 10.0 * (end - x).signum() } else { 2.5 };
                signs.push((id.0, (x + beside, y), whose));
            }
        }
        for (id, (x, y), whose) in signs {
            if y < HEAD || y > window.height {
                continue;
            }
            let size = if whose == Whose::Moved { 0 } else { look::BOLD | look::LARGE };
            let paint = Paint::new(Role::Ink).look(look::CENTRE | look::HALO | size);
            list.text((x, y + 5.0), whose.sign(), paint.id(crate::view::list::Id(id)));
        }
        list
    }

    /// The whole joint ladder `width` CSS pixels wide, to stand alone: below it what was changed, and what the signs mean.
    pub fn whole(&self, width: f32, relative: bool, changed: &str, lang: Lang) -> DisplayList {
        let height = self.scale.height as f32 + HEAD + LEAD + FOOT;
        let mut list = self.draw(Window { width, height, top: 0.0, zoom: 1.0, relative, lang });
        let texts = [(changed, Role::Ink), (Word::CompareLegend.text(lang), Role::Faint)];
        let mut y = height + LINE;
        for (text, role) in texts {
            for line in metrics::lines(text, SIZE, width - 2.0 * SIDE, MOST_LINES) {
                list.text((SIDE, y), &line, Paint::new(role));
                y += LINE;
            }
        }
        list.height = y;
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Command, Run, builtin, compare};
    use crate::view::compare::both;
    use crate::view::session::Session;
    use crate::view::words::Lang;

    fn drawn(name: &str, command: Command) -> (DisplayList, [Marks; 2], Overlay) {
        let run = Run::new(&builtin(name).unwrap(), &[]).unwrap();
        let fork = run.fork(command).unwrap();
        let compared = compare(run.trace(), fork.trace());
        let (one, two) = (Session::new(run.shared_trace()), Session::new(fork.shared_trace()));
        let marks = both(one.figure(), two.figure(), &compared);
        let overlay = Overlay::new(one.figure(), two.figure(), &marks, 600.0);
        let height = overlay.scale().height as f32 + 80.0;
        let window = Window { width: 900.0, height, top: 0.0, zoom: 1.0, relative: true, lang: Lang::En };
        (overlay.draw(window), marks, overlay)
    }

    /// How many arrows have all of these bits, and how many signs there are.
    fn counted(list: &DisplayList, bits: u16, sign: &str) -> (usize, usize) {
        let arrows = (0..list.len()).filter(|&i| list.kind[i] == Kind::Arrow as u8);
        let signs = (0..list.len()).filter(|&i| list.text_of(i) == Some(sign));
        (arrows.filter(|&i| list.look[i] & bits == bits).count(), signs.count())
    }

    #[test]
    fn what_both_runs_have_is_drawn_once() {
        let (list, [before, after], overlay) = drawn("hello-tcp", Command::Drop { packet: 3 });
        let all = |marks: &Marks| marks.packets.iter().sum::<u32>() as usize;
        let only_before = (before.packets[2] + before.packets[3]) as usize;
        assert_eq!(overlay.figure.flights.len(), all(&after) + only_before);
        let arrows = counted(&list, 0, "").0;
        assert_eq!(arrows, overlay.figure.flights.len());
        // The segment that was lost ends in both ways; its second sending is new.
        let new_calls = after.calls[3] as usize;
        assert_eq!(counted(&list, look::BOLD, "+"), (2, after.packets[3] as usize + new_calls));
        let ends = before.packets[2] + before.calls[2] + after.packets[2] + after.calls[2];
        assert_eq!(counted(&list, 0, "≠").1, ends as usize);
        let gone = (0..list.len()).filter(|&i| {
            list.kind[i] == Kind::Arrow as u8
                && list.role[i] == Role::Faint as u8
                && list.look[i] & look::DASHED != 0
        });
        assert_eq!(gone.count(), only_before);
    }

    #[test]
    fn alone_it_stands_whole_with_what_was_changed_and_what_the_signs_mean() {
        let (_, _, overlay) = drawn("hello-tcp", Command::Drop { packet: 3 });
        for lang in [Lang::En, Lang::Zh] {
            let list = overlay.whole(500.0, true, "drop <hello>", lang);
            let arrows = counted(&list, 0, "").0;
            assert_eq!(arrows, overlay.figure.flights.len());
            let below: Vec<&str> = (0..list.len())
                .filter(|&i| {
                    list.points_of(i)
                        .get(1)
                        .is_some_and(|&y| y > overlay.scale().height as f32 + HEAD + LEAD + FOOT)
                })
                .filter_map(|i| list.text_of(i))
                .collect();
            assert_eq!(below.first(), Some(&"drop <hello>"));
            let legend: String = below[1..].concat();
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(letters(&legend), letters(Word::CompareLegend.text(lang)));
            assert!(below.iter().all(|line| metrics::width(line, SIZE) <= 500.0 - 2.0 * SIDE), "{below:?}");
        }
    }

    #[test]
    fn what_is_gone_is_dashed_and_faint() {
        let set = Command::Set { path: "tcp.nagle".into(), value: "false".into(), at: None };
        let (list, [before, _], _) = drawn("nagle-delayed-ack-stall", set);
        let (_, signs) = counted(&list, look::DASHED, "−");
        assert!(before.packets[3] > 0, "{before:?}");
        assert_eq!(signs as u32, before.packets[3] + before.calls[3]);
    }

    #[test]
    fn a_slower_network_draws_nothing_twice() {
        let set = Command::Set { path: "network.latency".into(), value: "21ms".into(), at: None };
        let (list, [_, after], overlay) = drawn("three-way-handshake", set);
        assert_eq!(overlay.figure.flights.len() as u32, after.packets.iter().sum::<u32>());
        assert_eq!(counted(&list, look::DASHED, "−"), (0, 0));
        assert!(counted(&list, 0, "○").1 > 0);
    }
}
