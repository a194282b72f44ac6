//! How a run ends, and a sink for runs that nobody records.

use crate::lang::Lang;
use crate::time::Duration;
use crate::trace::{Changes, EventId, Limit, Record, Sink};

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is left to happen.
    Quiet,
    /// It reached a limit of the scenario.
    Limit(Limit, u64),
}

impl Stop {
    /// What to tell the user, where there is something to tell.
    pub fn message(self, lang: Lang) -> Option<String> {
        let Stop::Limit(limit, value) = self else { return None };
        let text = match limit {
            Limit::Time => crate::sim::units::Span(Duration::from_nanos(value)).to_string(),
            _ => value.to_string(),
        };
        let field = limit.name();
        Some(match lang {
            Lang::En => format!("The run was stopped at its limit: `limits.{field}` is {text}."),
            Lang::Zh => format!("运行达到上限，已停止：`limits.{field}` 为 {text}。"),
        })
    }
}

/// A sink that counts events and forgets them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counter(pub u32);

impl Sink for Counter {
    #[inline]
    fn wants_text(&self) -> bool {
        false
    }

    fn record(&mut self, _: Record<'_>) -> EventId {
        self.0 += 1;
        EventId(self.0 - 1)
    }

    fn next_event(&self) -> EventId {
        EventId(self.0)
    }

    fn record_changes(&mut self, changes: &Changes<'_>) {
        self.0 += changes.vars.len() as u32;
    }
}
