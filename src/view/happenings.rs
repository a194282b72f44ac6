//! A conversation as a plain sequence of happenings: what text formats (Mermaid, the plain-text ladder) write down.

use crate::time::Instant;
use crate::view::figure::{Fate, Figure, Moment};

/// One happening, by its index in the figure's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Happening {
    /// A state is entered.
    State(usize),
    /// A call begins.
    Call(usize),
    /// A packet leaves.
    Sent(usize),
    /// A call that had to wait returns.
    Returned(usize),
}

/// Everything until a moment, in order.
pub(crate) fn until(figure: &Figure, end: Option<Instant>) -> Vec<(Moment, Happening)> {
    let mut all: Vec<(Moment, Happening)> = Vec::new();
    all.extend(figure.states.iter().enumerate().map(|(i, s)| (s.from, Happening::State(i))));
    all.extend(figure.flights.iter().enumerate().map(|(i, f)| (f.sent, Happening::Sent(i))));
    for (i, call) in figure.calls.iter().enumerate() {
        all.push((call.begun, Happening::Call(i)));
        if let Some(returned) = call.returned.filter(|_| call.blocked) {
            all.push((returned, Happening::Returned(i)));
        }
    }
    all.retain(|(moment, _)| end.is_none_or(|end| moment.at <= end));
    all.sort();
    all
}

/// True for a packet that did not arrive.
pub(crate) fn is_lost(fate: &Fate) -> bool {
    matches!(fate, Fate::Lost(_))
}

/// A call as it is written: `recv(1024)`, with what it returned where that is known at once.
pub(crate) fn call_text(figure: &Figure, index: usize, returned: bool) -> String {
    let Some(call) = figure.calls.get(index) else { return String::new() };
    let written = format!("{}({})", call.name, call.args);
    match (returned || !call.blocked, call.result.is_empty()) {
        (true, false) => format!("{written} → {}", call.result),
        // It had to wait, and has nothing to tell but that it is back.
        (true, true) if returned => format!("{written} ✓"),
        _ => written,
    }
}
