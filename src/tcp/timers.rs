//! One slot for each timer of a connection.

use crate::probe::{Context, Probe, Timer, TimerChange};
use crate::rule::Rule;
use crate::time::Instant;

/// When each [`Timer`] fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimerTable {
    at: [Instant; Timer::COUNT],
}

impl Default for TimerTable {
    fn default() -> Self {
        TimerTable { at: [Instant::NEVER; Timer::COUNT] }
    }
}

impl TimerTable {
    /// Starts or moves `timer`.
    pub fn set<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, timer: Timer, at: Instant) {
        if P::LISTENS && self.at[timer as usize] != at {
            cx.probe.timer(rule, timer, TimerChange::Set(at));
        }
        self.at[timer as usize] = at;
    }

    /// Stops `timer`, if it runs.
    pub fn cancel<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, timer: Timer) {
        if P::LISTENS && self.is_set(timer) {
            cx.probe.timer(rule, timer, TimerChange::Cancelled);
        }
        self.at[timer as usize] = Instant::NEVER;
    }

    /// Stops every timer.
    pub fn cancel_all<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        for &timer in Timer::ALL {
            self.cancel(cx, rule, timer);
        }
    }

    /// Whether `timer` runs.
    pub fn is_set(&self, timer: Timer) -> bool {
        self.at[timer as usize] != Instant::NEVER
    }

    /// When `timer` fires; [`Instant::NEVER`] while it does not run.
    pub fn at(&self, timer: Timer) -> Instant {
        self.at[timer as usize]
    }

    /// The earliest of all, or `None` when nothing runs.
    pub fn next(&self) -> Option<Instant> {
        let mut earliest = Instant::NEVER;
        for &at in &self.at {
            if at < earliest {
                earliest = at;
            }
        }
        (earliest != Instant::NEVER).then_some(earliest)
    }

    /// Takes out a timer that is due: the earliest, in the order of [`Timer::ALL`] among equals.
    pub fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let &timer = Timer::ALL.iter().min_by_key(|&&timer| self.at[timer as usize])?;
        if self.at[timer as usize] > now {
            return None;
        }
        self.at[timer as usize] = Instant::NEVER;
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Silent;

    #[test]
    fn the_earliest_is_next_and_comes_out_once() {
        let mut timers = TimerTable::default();
        assert_eq!(timers.next(), None);
        let (mut silent, at) = (Silent, Instant::from_nanos);
        let mut cx = Context::new(at(0), &mut silent);
        timers.set(&mut cx, Rule::ActiveOpen, Timer::KeepAlive, at(9));
        timers.set(&mut cx, Rule::ActiveOpen, Timer::Persist, at(5));
        timers.set(&mut cx, Rule::ActiveOpen, Timer::Persist, at(7));
        assert_eq!(timers.next(), Some(at(7)));
        assert_eq!(timers.pop_due(at(6)), None);
        assert_eq!(timers.pop_due(at(7)), Some(Timer::Persist));
        assert_eq!(timers.pop_due(at(7)), None);
        timers.cancel(&mut cx, Rule::ActiveOpen, Timer::KeepAlive);
        assert_eq!(timers.next(), None);
    }
}
