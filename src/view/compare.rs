//! Two runs side by side: what became of everything drawn, marked and counted.

use std::mem::discriminant;

use crate::sim::{Comparison, Fate};
use crate::view::figure::{Figure, Moment};
use crate::view::list::{Id, Thing};

/// What became of something drawn in the other run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Difference {
    /// The same, at the same time.
    Same = 0,
    /// The same, earlier or later.
    Moved = 1,
    /// It begins as there, and ends otherwise: a packet that is lost, a call that returns something else.
    EndsOtherwise = 2,
    /// There is nothing like it: gone from the first run, new in the second.
    Alone = 3,
}

impl Difference {
    /// How many there are.
    pub const COUNT: usize = 4;
}

/// One of two compared runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// What is not the same, each with what became of it.
    pub marks: Vec<(Id, Difference)>,
    /// How many packets there are of each [`Difference`].
    pub packets: [u32; Difference::COUNT],
    /// How many calls.
    pub calls: [u32; Difference::COUNT],
    /// How many states that were entered.
    pub states: [u32; Difference::COUNT],
}

/// The thing that begins with an event; all stand in the order of their events.
fn begun_by<T>(all: &[T], event: u32, begun: impl Fn(&T) -> Moment) -> Option<&T> {
    let at = all.partition_point(|thing| begun(thing).order < event);
    all.get(at).filter(|thing| begun(thing).order == event)
}

/// Marks what `figure` draws of a run whose events have these fates (see [`Comparison::first`], [`Comparison::second`]) in the
/// run that `other` draws.
pub fn marks(figure: &Figure, fates: &[Option<Fate>], other: &Figure) -> Marks {
    let mut out = Marks::default();
    // The event in the other run that is the same as the one at this moment.
    let partner = |moment: Moment| match fates.get(moment.order as usize).copied().flatten() {
        Some(Fate::Same(event) | Fate::Moved(event)) => Some(event.0),
        _ => None,
    };
    let moved = |same: bool| if same { Difference::Same } else { Difference::Moved };
    let mut add = |thing: Thing, index: usize, difference: Difference| {
        let counts = match thing {
            Thing::Flight => &mut out.packets,
            Thing::Call => &mut out.calls,
            _ => &mut out.states,
        };
        counts[difference as usize] += 1;
        if difference != Difference::Same {
            out.marks.push((Id::new(thing, index), difference));
        }
    };
    let time = |moment: Option<Moment>| moment.map(|moment| moment.at);
    for (i, one) in figure.flights.iter().enumerate() {
        let difference = match partner(one.sent).and_then(|event| begun_by(&other.flights, event, |f| f.sent))
        {
            None => Difference::Alone,
            Some(two) if discriminant(&one.fate) != discriminant(&two.fate) => Difference::EndsOtherwise,
            Some(two) => moved(one.sent.at == two.sent.at && time(one.fate.end()) == time(two.fate.end())),
        };
        add(Thing::Flight, i, difference);
    }
    for (i, one) in figure.calls.iter().enumerate() {
        let difference = match partner(one.begun).and_then(|event| begun_by(&other.calls, event, |c| c.begun))
        {
            None => Difference::Alone,
            Some(two) if one.result != two.result || one.returned.is_some() != two.returned.is_some() => {
                Difference::EndsOtherwise
            }
            Some(two) => moved(one.begun.at == two.begun.at && time(one.returned) == time(two.returned)),
        };
        add(Thing::Call, i, difference);
    }
    for (i, state) in figure.states.iter().enumerate() {
        let difference = match fates.get(state.from.order as usize).copied().flatten() {
            Some(Fate::Same(_)) => Difference::Same,
            Some(Fate::Moved(_)) => Difference::Moved,
            _ => Difference::Alone,
        };
        add(Thing::State, i, difference);
    }
    out
}

/// Both runs of a comparison.
pub fn both(before: &Figure, after: &Figure, compared: &Comparison) -> [Marks; 2] {
    [marks(before, &compared.first, after), marks(after, &compared.second, before)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Command, Run, builtin, compare};
    use crate::view::session::Session;

    fn compared(name: &str, command: Command) -> ([Marks; 2], [Vec<String>; 2]) {
        let run = Run::new(&builtin(name).unwrap(), &[]).unwrap();
        let fork = run.fork(command).unwrap();
        let compared = compare(run.trace(), fork.trace());
        let (one, two) = (Session::new(run.shared_trace()), Session::new(fork.shared_trace()));
        let told = |session: &Session, fates: &[Option<Fate>]| {
            let numbers = session.rows_alone(fates).into_iter();
            let row = |n: u32| session.rows(n as usize, 1, true, crate::view::words::Lang::En).remove(0).text;
            numbers.map(row).collect()
        };
        let rows = [told(&one, &compared.first), told(&two, &compared.second)];
        (both(one.figure(), two.figure(), &compared), rows)
    }

    #[test]
    fn a_lost_packet_ends_otherwise_and_its_second_sending_is_new() {
        let ([before, after], [gone, new]) = compared("hello-tcp", Command::Drop { packet: 3 });
        let ends = (Id::new(Thing::Flight, 3), Difference::EndsOtherwise);
        assert!(before.marks.contains(&ends) && after.marks.contains(&ends));
        assert_eq!((before.packets[3], after.packets[3]), (0, 1), "only the retransmission has no partner");
        let all = |marks: &Marks| marks.packets.iter().sum::<u32>();
        assert_eq!(all(&before) + 1, all(&after));
        assert_eq!(before.packets[..3], after.packets[..3], "what has a partner is told the same of both");
        assert!(gone.is_empty(), "the octets arrive in both runs: {gone:?}");
        assert!(new.iter().any(|text| text.contains("is lost on the way")), "{new:?}");
    }

    #[test]
    fn things_stand_in_the_order_of_their_events() {
        for known in crate::sim::BUILTINS {
            let run = Run::new(&builtin(known.name).unwrap(), &[]).unwrap();
            let session = Session::new(run.shared_trace());
            let figure = session.figure();
            assert!(figure.flights.is_sorted_by_key(|f| f.sent.order), "{}", known.name);
            assert!(figure.calls.is_sorted_by_key(|c| c.begun.order), "{}", known.name);
        }
    }

    #[test]
    fn a_slower_network_only_moves() {
        let set = Command::Set { path: "network.latency".into(), value: "21ms".into(), at: None };
        let ([before, after], _) = compared("three-way-handshake", set);
        for marks in [&before, &after] {
            assert_eq!((marks.packets[2], marks.packets[3]), (0, 0), "{marks:?}");
            assert!(marks.packets[1] > 0);
        }
        assert_eq!(before.marks.len(), after.marks.len());
    }
}
