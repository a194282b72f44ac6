//! The ladder as plain text, for mail, comments in source code and terminals.

use std::fmt::Write;

use crate::time::Instant;
use crate::view::arrows;
use crate::view::figure::{Fate, Figure, mark};
use crate::view::happenings::{Happening, call_text, is_lost, until};
use crate::view::metrics::is_wide;
use crate::view::time_text::TimeText;
use crate::view::words::{Lang, Word};

/// The least number of columns between two lifelines.
const LEAST_GAP: usize = 24;

/// Writes `figure` in lines of at most `columns` characters (more only where many lifelines need them), as far as `end`
/// where that is given. Lost packets end in `x`, what is sent again is drawn with `=`.
pub fn write(figure: &Figure, columns: usize, relative: bool, lang: Lang, end: Option<Instant>) -> String {
    let time = TimeText::new(figure, lang);
    let happenings = until(figure, end);
    let ticks =
        happenings.iter().map(|(m, _)| time.tick(m.at).len()).max().unwrap_or(0).max(time.unit().len());
    let count = figure.hosts.len().max(1);
    let gap = (columns.saturating_sub(ticks + 4) / count.saturating_sub(1).max(1)).max(LEAST_GAP);
    let lines: Vec<usize> = (0..count).map(|i| ticks + 2 + i * gap).collect();
    let mut out = String::new();
    let mut head = Row::new(&[]);
    head.put(ticks.saturating_sub(time.unit().len()), time.unit());
    for (i, host) in figure.hosts.iter().enumerate() {
        let start = match i {
            0 => lines[0],
            _ if i + 1 == count => (lines[i] + 1).saturating_sub(columns_of(&host.name)),
            _ => lines[i].saturating_sub(columns_of(&host.name) / 2),
        };
        head.put(start, &host.name);
    }
    head.end(&mut out);
    let mut last = String::new();
    for (moment, what) in happenings {
        let mut row = Row::new(&lines);
        let tick = time.tick(moment.at);
        if tick != last {
            row.put(ticks - tick.len(), &tick);
            last = tick;
        }
        match what {
            Happening::Sent(i) => flight(&mut row, figure, i, &lines, relative, lang, &time),
            Happening::State(i) => {
                let span = &figure.states[i];
                beside(&mut row, &lines, span.host, &format!("[{}]", span.state));
            }
            Happening::Call(i) | Happening::Returned(i) => {
                let text = call_text(figure, i, matches!(what, Happening::Returned(_)));
                beside(&mut row, &lines, figure.calls[i].host, &text);
            }
        }
        row.end(&mut out);
    }
    if figure.flights.is_empty() {
        let _ = writeln!(out, "({})", Word::NoPackets.text(lang));
    }
    out
}

fn flight(
    row: &mut Row,
    figure: &Figure,
    index: usize,
    lines: &[usize],
    relative: bool,
    lang: Lang,
    time: &TimeText,
) {
    let flight = &figure.flights[index];
    let (Some(&a), Some(&b)) = (lines.get(usize::from(flight.from)), lines.get(usize::from(flight.to)))
    else {
        return;
    };
    let (left, right) = (a.min(b) + 1, a.max(b));
    if right <= left + 2 {
        return;
    }
    let again = flight.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION | mark::DUPLICATE) != 0;
    let stroke = if again { '=' } else { '-' };
    let forward = b > a;
    let body: String = std::iter::repeat_n(stroke, right - left).collect();
    row.put(left, &body);
    if is_lost(&flight.fate) {
        // It ends in the middle of the way, and what would follow is empty.
        let middle = left + (right - left) * 2 / 3;
        let back = left + (right - left) / 3;
        let (from, to, at) = if forward { (middle, right, middle) } else { (left, back, back - 1) };
        row.put(from, &" ".repeat(to - from));
        row.put(at, "x");
    } else {
        row.put(if forward { right - 1 } else { left }, if forward { ">" } else { "<" });
    }
    let arrival = match flight.fate {
        Fate::Arrived(m) => format!("  ({} {})", time.tick(m.at), time.unit()),
        _ => String::new(),
    };
    let mut choices: Vec<String> = Vec::new();
    for text in arrows::texts(flight, relative, lang) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        choices.push(format!(" {text}{arrival} "));
        choices.push(format!(" {text} "));
    }
    let room = (right - left) * if is_lost(&flight.fate) { 2 } else { 3 } / 3;
    let Some(text) = choices.iter().find(|text| columns_of(text) + 4 <= room) else { return };
    let at = if forward { left + 2 } else { right - 2 - columns_of(text) };
    row.put(at, text);
}

/// Puts a text beside a lifeline: right of all but the last.
fn beside(row: &mut Row, lines: &[usize], host: u16, text: &str) {
    let host = usize::from(host);
    let Some(&line) = lines.get(host) else { return };
    let last = host > 0 && host + 1 == lines.len();
    let limit = match last {
        true => line.saturating_sub(lines[host - 1] + 4),
        false => lines.get(host + 1).map_or(usize::MAX, |next| next.saturating_sub(line + 4)),
    };
    let text = shortened(text, limit);
    row.put(if last { line.saturating_sub(1 + columns_of(&text)) } else { line + 2 }, &text);
}

fn shortened(text: &str, limit: usize) -> String {
    if columns_of(text) <= limit {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if columns_of(&out) + 3 > limit {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// How many columns of a terminal a text takes.
fn columns_of(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// One line, written cell by cell; a wide character takes two cells, the second of which is `None`.
struct Row {
    cells: Vec<Option<char>>,
}

impl Row {
    /// A line with a `|` at each of `lines`.
    fn new(lines: &[usize]) -> Row {
        let mut row = Row { cells: Vec::new() };
        for &line in lines {
            row.put(line, "|");
        }
        row
    }

    fn put(&mut self, at: usize, text: &str) {
        let mut at = at;
        for c in text.chars() {
            let c = if c.is_control() { '·' } else { c };
            let width = if is_wide(c) { 2 } else { 1 };
            if self.cells.len() < at + width {
                self.cells.resize(at + width, Some(' '));
            }
            self.cells[at] = Some(c);
            if width == 2 {
                self.cells[at + 1] = None;
            }
            at += width;
        }
    }

    fn end(self, out: &mut String) {
        let text: String = self.cells.into_iter().flatten().collect();
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn the_sample_as_text() {
        let text = write(&sample::hello(), 92, true, Lang::En, None);
        assert!(text.lines().all(|line| columns_of(line) <= 92), "{text}");
        assert!(text.contains("|-- SYN seq 0"), "{text}");
        assert!(text.contains("[ESTABLISHED]"), "{text}");
        let zh = write(&sample::hello(), 92, true, Lang::Zh, None);
        assert_eq!(zh.lines().count(), text.lines().count());
    }

    #[test]
    fn wide_characters_keep_the_lifelines_straight() {
        let mut row = Row::new(&[0, 20]);
        row.put(2, "你好 x");
        let mut out = String::new();
        row.end(&mut out);
        // Two columns a character: the second line stands in column 20.
        assert_eq!(out, "| 你好 x            |\n");
        assert_eq!(columns_of(out.trim_end()), 21);
        assert_eq!(shortened("你好你好", 5), "你好…");
        assert_eq!(columns_of("你好…"), 5);
    }
}
