//! Times as people read them: one unit for a whole axis, no more decimals than tell something.

use crate::time::{Duration, Instant};
use crate::view::figure::Figure;
use crate::view::metrics;
use crate::view::words::{Lang, Word};

/// How the times of one figure are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeText {
    nanos: f64,
    name: &'static str,
    decimals: usize,
    widest: f32,
    lang: Lang,
}

impl TimeText {
    /// Chooses the unit by the figure's length, the decimals by its shortest steps.
    pub fn new(figure: &Figure, lang: Lang) -> TimeText {
        let end = figure.end.as_nanos();
        let (nanos, name) = match end {
            0..=9_999 => (1.0, "ns"),
            10_000..=9_999_999 => (1e3, "µs"),
            10_000_000..=9_999_999_999 => (1e6, "ms"),
            _ => (1e9, "s"),
        };
        let mut decimals = 0;
        let sent = (0..400).map_while(|i| Some(figure.flights.brief(i)?.sent.at));
        let begun = (0..400).map_while(|i| Some(figure.calls.brief(i)?.begun.at));
        for at in sent.chain(begun) {
            let value = at.as_nanos() as f64 / nanos;
            while decimals < 3 && ((value * 10f64.powi(decimals)).fract() - 0.5).abs() < 0.499 {
                decimals += 1;
            }
        }
        let mut text = TimeText { nanos, name, decimals: decimals as usize, widest: 0.0, lang };
        // With many digits before the point, few behind it tell anything.
        if figure.end.as_nanos() as f64 / nanos >= 1_000.0 {
            text.decimals = text.decimals.min(1);
        }
        text.widest = metrics::width(&text.tick(figure.end), metrics::SMALL);
        text
    }

    /// The axis' unit.
    pub fn unit(&self) -> &'static str {
        self.name
    }

    /// Width of the column of ticks.
    pub fn column_width(&self) -> f32 {
        self.widest.max(metrics::width(self.name, metrics::SMALL)) + 12.0
    }

    /// A time in the axis' unit, without its name.
    pub fn tick(&self, at: Instant) -> String {
        format!("{:.*}", self.decimals, at.as_nanos() as f64 / self.nanos)
    }

    /// A span in its own natural unit, rounded to three digits.
    pub fn span(&self, span: Duration) -> String {
        span_text(span, self.lang)
    }
}

/// A span in its natural unit, rounded to three significant digits: `1.5 s`, `40 ms`, `2 min`.
pub fn span_text(span: Duration, lang: Lang) -> String {
    let ns = span.as_nanos() as f64;
    let (value, unit) = match ns {
        n if n >= 120e9 => (n / 60e9, if lang == Lang::Zh { "分钟" } else { "min" }),
        n if n >= 999.5e6 => (n / 1e9, "s"),
        n if n >= 999.5e3 => (n / 1e6, "ms"),
        n if n >= 999.5 => (n / 1e3, "µs"),
        n => (n, "ns"),
    };
    let decimals = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

/// `LISTEN` and the like for narrow places.
pub fn short_state(state: &str) -> &str {
    match state {
        "ESTABLISHED" => "ESTAB",
        "SYN-RECEIVED" => "SYN-RCVD",
        other => other,
    }
}

/// The word for how something is known.
pub fn known_word(known: crate::view::figure::Known) -> Word {
    use crate::view::figure::Known;
    match known {
        Known::Modelled => Word::Modelled,
        Known::Observed => Word::Observed,
        Known::Captured => Word::Captured,
        Known::Inferred => Word::Inferred,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_serves_a_figure() {
        let mut figure = crate::view::sample::hello();
        let text = TimeText::new(&figure, Lang::En);
        assert_eq!((text.unit(), text.tick(Instant::from_nanos(20_000_000)).as_str()), ("ms", "20"));
        figure.flights[0].sent.at = Instant::from_nanos(1_250_000);
        assert_eq!(TimeText::new(&figure, Lang::En).tick(Instant::from_nanos(1_250_000)), "1.25");
    }

    #[test]
    fn spans_are_short() {
        for (ns, text) in [
            (40_000_000, "40 ms"),
            (1_500_000_000, "1.5 s"),
            (123_456_789, "123 ms"),
            (999_999_000, "1 s"),
            (12_345, "12.3 µs"),
            (60_000_000_000, "60 s"),
            (240_000_000_000, "4 min"),
        ] {
            assert_eq!(span_text(Duration::from_nanos(ns), Lang::En), text);
        }
        assert_eq!(span_text(Duration::from_secs(240), Lang::Zh), "4 分钟");
    }
}
