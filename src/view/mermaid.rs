//! The conversation as a Mermaid sequence diagram, for Markdown that draws such (GitHub, GitLab, mdBook, VitePress).
//!
//! Mermaid knows no time axis: arrows are level, and each names the time at which it left.

use std::fmt::Write;

use crate::time::Instant;
use crate::view::arrows;
use crate::view::figure::{Figure, mark};
use crate::view::happenings::{Happening, call_text, is_lost, until};
use crate::view::time_text::TimeText;
use crate::view::words::Lang;

/// Writes `figure`, as far as `end` where that is given.
pub fn write(figure: &Figure, title: &str, relative: bool, lang: Lang, end: Option<Instant>) -> String {
    let time = TimeText::new(figure, lang);
    let mut out = String::new();
    if !title.is_empty() {
        // A title stands in front matter, as a JSON string (which YAML reads too).
        let _ = writeln!(out, "---\ntitle: {}\n---", quoted(title));
    }
    out.push_str("sequenceDiagram\n");
    for (i, host) in figure.hosts.iter().enumerate() {
        let _ = writeln!(out, "    participant h{i} as {}", escape(&host.name));
    }
    for (moment, what) in until(figure, end) {
        let _ = match what {
            Happening::State(i) => {
                let span = &figure.states[i];
                writeln!(out, "    Note over h{}: {}", span.host, escape(span.state))
            }
            Happening::Call(i) | Happening::Returned(i) => {
                let host = figure.calls[i].host;
                let side =
                    if host > 0 && usize::from(host) + 1 == figure.hosts.len() { "right" } else { "left" };
                let text = call_text(figure, i, matches!(what, Happening::Returned(_)));
                writeln!(out, "    Note {side} of h{host}: {}", escape(&text))
            }
            Happening::Sent(i) => {
                let flight = &figure.flights[i];
                let again =
                    flight.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION | mark::DUPLICATE);
                let arrow = match (is_lost(&flight.fate), again != 0) {
                    (true, false) => "-x",
                    (true, true) => "--x",
                    (false, false) => "->>",
                    (false, true) => "-->>",
                };
                // The fullest label but for the window, which would make every line long.
                let text = arrows::texts(flight, relative, lang)
                    .into_iter()
                    .find(|text| !text.contains("  win "))
                    .unwrap_or_else(|| flight.title());
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let at = format!("{} {}", time.tick(moment.at), time.unit());
                writeln!(out, "    h{}{arrow}h{}: {} ({at})", flight.from, flight.to, escape(&text))
            }
        };
    }
    out
}

/// Text that Mermaid takes as text: what would end a statement, start a comment or a tag, or stand for another
/// character is written by its number, and the word `end`, which closes blocks, hides its first letter.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let skip = if bare.eq_ignore_ascii_case("end") {
            let first = bare.chars().next().unwrap_or('e');
            let _ = write!(out, "#{};", first as u32);
            1
        } else {
            0
        };
        for c in word.chars().skip(skip) {
            match c {
                '#' | ';' | '<' | '>' | '&' | '%' | '"' | '`' | '\\' | '{' | '}' | ':' => {
                    let _ = write!(out, "#{};", c as u32);
                }
                c if c.is_control() => out.push('·'),
                c => out.push(c),
            }
        }
    }
    if out.trim().is_empty() { "·".to_owned() } else { out }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn the_sample_as_a_sequence_diagram() {
        let text = write(&sample::hello(), "Hello", true, Lang::En, None);
        assert!(
            text.starts_with("---\ntitle: \"Hello\"\n---\nsequenceDiagram\n    participant h0 as client\n"),
            "{text}"
        );
        assert!(text.contains("h0->>h1: SYN seq 0"), "{text}");
        assert!(text.contains("Note over h0: ESTABLISHED"), "{text}");
        let short = write(&sample::hello(), "", true, Lang::En, Some(Instant::START));
        assert!(short.starts_with("sequenceDiagram") && short.len() < text.len());
    }

    #[test]
    fn hostile_texts_stay_one_line_of_text() {
        let evil = "a;b\n%% end #lt; <script> Note over h0: x";
        let safe = escape(evil);
        assert!(!safe.contains(['\n', '<', '>', '%', ':']), "{safe}");
        assert!(safe.contains("#101;nd"), "{safe}");
        assert_eq!(escape(""), "·");
        assert_eq!(escape("seq 1 ack 中文"), "seq 1 ack 中文");
        assert_eq!(escape("append ended"), "append ended");
    }
}
