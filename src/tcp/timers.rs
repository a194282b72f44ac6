//! One slot for each timer of a connection.

use crate::probe::{Context, Probe, Timer, TimerChange};
use crate::rule::Rule;
use crate::time::Instant;

/// When each [`Timer`] fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimerTable {
    at: [Instant; Timer::COUNT],
    /// Those that run, a bit each: mostly one or none.
    running: u16,
}

impl Default for TimerTable {
    fn default() -> Self {
        TimerTable { at: [Instant::NEVER; Timer::COUNT], running: 0 }
    }
}

impl TimerTable {
    /// Starts or moves `timer`.
    pub fn set<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, timer: Timer, at: Instant) {
        if P::LISTENS && self.at[timer as usize] != at {
            cx.probe.timer(rule, timer, TimerChange::Set(at));
        }
        self.put(timer, at);
    }

    fn put(&mut self, timer: Timer, at: Instant) {
        const { assert!(Timer::COUNT <= 16) };
        let bit = 1 << timer as u32;
        self.running = if at == Instant::NEVER { self.running & !bit } else { self.running | bit };
        self.at[timer as usize] = at;
    }

    /// Stops `timer`, if it runs.
    pub fn cancel<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, timer: Timer) {
        if P::LISTENS && self.is_set(timer) {
            cx.probe.timer(rule, timer, TimerChange::Cancelled);
        }
        self.put(timer, Instant::NEVER);
    }

    /// Stops every timer.
    pub fn cancel_all<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        for &timer in Timer::ALL {
            self.cancel(cx, rule, timer);
        }
    }

    /// Whether `timer` runs.
    pub fn is_set(&self, timer: Timer) -> bool {
        self.running >> timer as u32 & 1 != 0
    }

    /// When `timer` fires; [`Instant::NEVER`] while it does not run.
    pub fn at(&self, timer: Timer) -> Instant {
        self.at[timer as usize]
    }

    /// The earliest of all, or `None` when nothing runs.
    pub fn next(&self) -> Option<Instant> {
        self.earliest().map(|timer| self.at(timer))
    }

    /// The timer that fires first, in the order of [`Timer::ALL`] among equals.
    #[inline]
    fn earliest(&self) -> Option<Timer> {
        let (mut left, mut earliest) = (self.running, None);
        while let Some(&timer) = Timer::ALL.get(left.trailing_zeros() as usize) {
            if earliest.is_none_or(|first| self.at(timer) < self.at(first)) {
                earliest = Some(timer);
            }
            left &= left - 1;
        }
        earliest
    }

    /// Takes out a timer that is due: the earliest, in the order of [`Timer::ALL`] among equals.
    pub fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let timer = self.earliest().filter(|&timer| self.at(timer) <= now)?;
        self.put(timer, Instant::NEVER);
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
