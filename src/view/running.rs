//! What each program is doing at a position.

use serde::Serialize;

use crate::view::figure::{Call, Figure};
use crate::view::list::{Id, Thing};
use crate::view::scale::Scale;

/// What a program is doing at a position.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Running {
    /// The program.
    pub program: u16,
    /// The line it is at, from 1.
    pub line: u32,
    /// It waits in this line.
    pub blocked: bool,
    /// What the line's call returned last, if it has.
    pub result: String,
    /// It returned an error.
    pub failed: bool,
    /// The call's [`Id`].
    pub id: u32,
}

/// By program: its calls whose lines are known, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(Vec<Vec<u32>>);

impl Steps {
    pub fn new(figure: &Figure) -> Steps {
        let mut steps: Vec<Vec<u32>> = Vec::new();
        for i in 0..figure.calls.len() {
            let program = figure.calls.brief(i).and_then(|call| call.program);
            if let Some(program) = program.map(usize::from) {
                if steps.len() <= program {
                    steps.resize_with(program + 1, Vec::new);
                }
                steps[program].push(i as u32);
            }
        }
        Steps(steps)
    }

    /// Of each program the lines in which a thread waits at a position, and the line that it has come to.
    pub fn at(&self, figure: &Figure, scale: &Scale, position: f64) -> Vec<Running> {
        let now = position + 0.01;
        let begun = |i: usize| scale.calls.get(i).is_some_and(|call| call.0 <= now);
        // At one host positions go with time; from host to host they need not.
        let last_of = |calls: &Vec<u32>| {
            let last = calls.partition_point(|&i| begun(i as usize)).checked_sub(1)?;
            calls.get(last).map(|&i| i as usize)
        };
        let mut calls: Vec<usize> = self.0.iter().filter_map(last_of).collect();
        let end = calls.iter().max().map_or(0, |last| last + 1);
        let waits = |i: &usize| {
            begun(*i) && figure.calls.brief(*i).is_some_and(|call| call.blocked && call.program.is_some())
        };
        calls.extend(scale.calls_open(end, now).into_iter().filter(waits));
        calls.sort_unstable();
        calls.dedup();
        let running = |i: usize| running(figure.calls.get(i)?, i, scale.calls.get(i)?.1 <= now);
        calls.into_iter().filter_map(running).collect()
    }
}

fn running(call: &Call, index: usize, over: bool) -> Option<Running> {
    let back = call.returned.is_some() && over;
    Some(Running {
        program: call.program,
        line: call.line?,
        blocked: call.blocked && !back,
        result: if back { call.result.to_string() } else { String::new() },
        failed: back && call.failed,
        id: Id::new(Thing::Call, index).0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use crate::view::scale::Rhythm;

    /// As it is said in words: going through all calls that have begun, each takes the place of the one before, unless a
    /// thread still waits in that.
    fn by_looking_at_all(figure: &Figure, scale: &Scale, position: f64) -> Vec<Running> {
        let mut out: Vec<Running> = Vec::new();
        for (i, (call, at)) in figure.calls.iter().zip(&scale.calls).enumerate() {
            let Some(now) = running(call, i, at.1 <= position + 0.01) else { continue };
            if at.0 > position + 0.01 {
                continue;
            }
            match out.iter_mut().find(|r| r.program == now.program && !r.blocked) {
                Some(earlier) => *earlier = now,
                None => out.push(now),
            }
        }
        out.sort_by_key(|running| running.id);
        out
    }

    #[test]
    fn each_program_is_at_the_line_it_has_come_to() {
        let mut figure = sample::hello();
        for (line, call) in (1..).zip(&mut figure.calls) {
            (call.line, call.program) = (Some(line), call.host);
        }
        let scale = Scale::new(&figure, Rhythm::with_flight(50.0));
        let steps = Steps::new(&figure);
        let stops = scale.stops().iter().flat_map(|y| [y - 0.5, *y, y + 0.5]).chain([-1.0, 1e9]);
        for position in stops {
            let found = steps.at(&figure, &scale, position);
            assert_eq!(found, by_looking_at_all(&figure, &scale, position), "{position}");
        }
        assert!(!steps.at(&figure, &scale, 1e9).is_empty());
    }
}
