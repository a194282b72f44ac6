//! What connections went through: their states and the timers that fired.

use super::Build;
use crate::probe::{Timer, Var};
use crate::tcp::State;
use crate::trace::radix;
use crate::trace::tables::StoredOutcome;
use crate::trace::{CallRow, EventId, Kind, Op};
use crate::view::figure::{StateSpan, TimerSpan};
use crate::view::words::Word;

impl Build<'_> {
    pub(super) fn states(&mut self) {
        // By socket: its span that is open. What is closed has none.
        let mut open = vec![usize::MAX; self.trace.socket_ids().count()];
        let columns = self.trace.columns();
        for at in memchr::memchr_iter(Kind::StateChange as u8, &columns.kind) {
            let row = columns
                .subject(EventId(at as u32))
                .and_then(|row| self.trace.tables().vars.get(row as usize));
            let Some(row) = row.filter(|row| row.var == Var::State) else { continue };
            let Some(socket) = self.trace.socket_of(row.event) else { continue };
            let host = self.lifeline(row.event).or_else(|| self.host_of_socket(socket));
            let (Some(host), Some(state)) = (host, State::from_number(row.new).map(State::label)) else {
                continue;
            };
            let moment = self.moment(row.event);
            let Some(open) = self.trace.socket_row(socket).and_then(|row| open.get_mut(row)) else {
                continue;
            };
            let next = if state == "CLOSED" { usize::MAX } else { self.figure.states.len() };
            let before = std::mem::replace(open, next);
            if let Some(span) = self.figure.states.get_mut(before) {
                span.until = Some(moment);
            }
            if state == "CLOSED" {
                continue;
            }
            let known = self.known(row.event);
            let span = StateSpan { host, socket: socket.0, state, from: moment, until: None, known };
            self.figure.states.push(span);
        }
    }

    /// Listening sockets: in LISTEN from the return of listen() (RFC 9293 section 3.10.1, a passive OPEN) until their close().
    pub(super) fn listeners(&mut self) {
        let tables = self.trace.tables();
        let of_listeners = std::mem::take(&mut self.of_listeners);
        let calls: Vec<&CallRow> = of_listeners.iter().filter_map(|&row| tables.calls.get(row)).collect();
        for (i, call) in calls.iter().enumerate().filter(|(_, call)| call.op == Op::Listen) {
            let (Some(socket), Some(returned)) = (call.socket, call.returned.known()) else { continue };
            let outcome = tables.returns.binary_search_by_key(&returned, |r| r.event).ok();
            let outcome = outcome.and_then(|at| tables.returns.get(at)).map(|row| &row.outcome);
            let Some(host) = self.line_of(call.host) else { continue };
            // A second listen() on one socket only changes its backlog.
            let again = |s: &StateSpan| s.socket == socket.0 && s.state == State::Listen.label();
            if !matches!(outcome, Some(StoredOutcome::Value(_))) || self.figure.states.iter().any(again) {
                continue;
            }
            let later = calls.get(i..).unwrap_or_default().iter();
            let mut closes = later.filter(|c| c.op == Op::Close && c.socket == Some(socket));
            let until = closes.next().map(|close| self.moment(close.begun));
            let span = StateSpan {
                host,
                socket: socket.0,
                state: State::Listen.label(),
                from: self.moment(returned),
                until,
                known: self.known(returned),
            };
            let at = self.figure.states.partition_point(|known| known.from <= span.from);
            self.figure.states.insert(at, span);
        }
    }

    /// Timers that fired, from when they were last set.
    pub(super) fn timers(&mut self) {
        let columns = self.trace.columns();
        let (set, fired) = (Kind::TimerSet as u8, Kind::TimerFired as u8);
        // By socket and timer: when it fired, where it is not known yet when it was set. Of many timers few fire: from the end on, only
        // what was set before such is looked at.
        let mut open = vec![EventId::NONE; self.trace.socket_ids().count() * Timer::COUNT];
        let (mut wanted, mut spans) = (0, Vec::new());
        let mut before = columns.kind.as_slice();
        let last = |other, kinds: &[u8]| memchr::memrchr2(other, fired, kinds);
        while let Some(i) = last(if wanted > 0 { set } else { fired }, before) {
            let is_set = before.get(i) == Some(&set);
            before = before.get(..i).unwrap_or_default();
            let event = EventId(i as u32);
            let (Some(timer), Some(socket)) = (columns.subject(event), columns.socket(event)) else {
                continue;
            };
            if timer as usize >= Timer::COUNT {
                continue;
            }
            let row = self.trace.socket_row(socket);
            let place = row.and_then(|row| open.get_mut(row * Timer::COUNT + timer as usize));
            let Some(place) = place else { continue };
            let after = std::mem::replace(place, if is_set { EventId::NONE } else { event });
            wanted += usize::from(!is_set);
            if let Some(until) = after.known() {
                wanted -= 1;
                if is_set {
                    spans.push(u64::from(until.0) << 32 | u64::from(event.0));
                }
            }
        }
        radix::sort(&mut spans);
        for span in spans {
            let (until, from) = (EventId((span >> 32) as u32), EventId(span as u32));
            let kind = columns.subject(until).and_then(|timer| Timer::ALL.get(timer as usize)).copied();
            let (Some(kind), Some(socket)) = (kind, columns.socket(until)) else { continue };
            let Some(host) = self.lifeline(until).or_else(|| self.host_of_socket(socket)) else { continue };
            if kind != Timer::TimeWait {
                let name = timer_name(kind);
                let (from, until) = (self.moment(from), Some(self.moment(until)));
                self.figure.timers.push(TimerSpan { host, name, from, until, fired: true });
            }
        }
    }
}

/// A timer's short name.
fn timer_name(timer: Timer) -> Word {
    match timer {
        Timer::Retransmission => Word::TimerRto,
        Timer::Persist => Word::TimerPersist,
        Timer::DelayedAck => Word::TimerDelayedAck,
        Timer::KeepAlive => Word::TimerKeepAlive,
        Timer::TimeWait => Word::TimerTimeWait,
        Timer::User => Word::TimerUser,
        Timer::TailLossProbe => Word::TimerTlp,
        Timer::RackReordering => Word::TimerRack,
        Timer::Cork => Word::TimerCork,
        Timer::SwsOverride => Word::TimerSws,
        Timer::FinWait2 => Word::TimerFinWait2,
    }
}
