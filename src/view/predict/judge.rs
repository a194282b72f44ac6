//! What is so, beside what the reader said, and why.

use super::{ASKED, Answer, Part, state_before};
use crate::rule::Rule;
use crate::view::figure::{Call, Cargo, Flight, flag, mark};
use crate::view::inspect::Why;
use crate::view::session::Session;
use crate::view::words::{Lang, Word, fill};

/// Judges in a language.
pub(super) struct Judge<'a> {
    pub(super) session: &'a Session,
    pub(super) lang: Lang,
}

/// Parts, sentences, rules.
pub(super) type Judged = (Vec<Part>, Vec<String>, Vec<Why>);

impl Judge<'_> {
    fn part(&self, name: &str, given: &str, expected: String, right: bool) -> Part {
        Part { name: name.to_owned(), given: given.trim().to_owned(), expected, right }
    }

    fn rule(&self, rule: Rule) -> Why {
        let info = rule.info();
        Why { text: self.lang.pick(info.en, info.zh).to_owned(), cite: info.citation(), url: info.url() }
    }

    fn say(&self, word: Word, values: &[&str]) -> String {
        fill(word, self.lang, values)
    }

    fn host(&self, i: u16) -> &str {
        self.session.figure().hosts.get(usize::from(i)).map_or("", |h| h.name.as_str())
    }

    pub(super) fn segment(&self, f: &Flight, answer: &Answer, relative: bool) -> Option<Judged> {
        let Cargo::Tcp { flags, seq, ack, base, ack_base, .. } = f.cargo else { return None };
        let (base, ack_base) = if relative { (base, ack_base) } else { (0, 0) };
        let names = |bits: u16| {
            let set = flag::NAMES.iter().filter(|(bit, _)| bits & bit & ASKED != 0);
            set.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
        };
        let said = answer.flags.to_ascii_uppercase();
        let said = said.split(|c: char| !c.is_alphanumeric()).fold(0, |bits, word| {
            bits | flag::NAMES.iter().find(|(_, name)| *name == word).map_or(0, |(bit, _)| *bit)
        });
        let mut parts = vec![self.part("flags", &names(said), names(flags), said & ASKED == flags & ASKED)];
        let seq = seq.wrapping_sub(base);
        parts.push(self.part("seq", &answer.seq, seq.to_string(), number(&answer.seq) == Some(seq)));
        let has_ack = flags & flag::ACK != 0;
        let ack = ack.wrapping_sub(ack_base);
        let none = self.lang.pick("none", "无").to_owned();
        let right = match number(&answer.ack) {
            Some(said) => {
                if has_ack {
                    said == ack
                } else {
                    said == 0
                }
            }
            None => !has_ack && answer.ack.trim().is_empty(),
        };
        parts.push(self.part("ack", &answer.ack, if has_ack { ack.to_string() } else { none }, right));
        Some((parts, self.about_segment(f, flags), Vec::new()))
    }

    fn about_segment(&self, f: &Flight, flags: u16) -> Vec<String> {
        let is = |bits: u16| flags & bits == bits;
        let kind = if is(flag::RST) {
            Word::TellsRst
        } else if is(flag::SYN | flag::ACK) {
            Word::TellsSynAck
        } else if is(flag::SYN) {
            Word::TellsSyn
        } else if is(flag::FIN) {
            Word::TellsFin
        } else if f.len > 0 {
            Word::TellsData
        } else {
            Word::TellsAck
        };
        let (from, to) = (self.host(f.from), self.host(f.to));
        let mut out = vec![self.say(kind, &[from, to])];
        let again = f.marks & (mark::RETRANSMISSION | mark::FAST_RETRANSMISSION) != 0;
        if again {
            out.push(self.say(Word::TellsAgain, &[from]));
        } else if is(flag::RST) {
            // Where a reset's numbers come from depends on what it answers (RFC 9293 section 3.5.2).
            out.push(self.say(Word::TellsRstSeq, &[]));
        } else if !is(flag::SYN) {
            out.push(self.say(Word::TellsSeq, &[from]));
        }
        if is(flag::ACK) {
            out.push(self.say(Word::TellsAckNumber, &[from, to]));
        }
        out
    }

    pub(super) fn state(&self, index: usize, answer: &Answer) -> Option<Judged> {
        let s = self.session.figure().states.get(index)?;
        let plain = |text: &str| {
            let letters = text.trim().to_ascii_uppercase();
            letters
                .replace([' ', '_', '-'], "")
                .replace("RCVD", "RECEIVED")
                .replace("ESTAB", "ESTABLISHED")
                .replace("ESTABLISHEDLISHED", "ESTABLISHED")
        };
        let part =
            self.part("state", &answer.state, s.state.to_owned(), plain(&answer.state) == plain(s.state));
        let before = state_before(self.session.figure(), index).unwrap_or_default();
        let text = self.say(Word::TellsState, &[self.host(s.host), before, s.state]);
        let rule = transition(before, s.state).map(|rule| self.rule(rule));
        Some((vec![part], vec![text], rule.into_iter().collect()))
    }

    pub(super) fn receive(&self, call: &Call, answer: &Answer) -> Judged {
        let stream = call.range.as_ref().and_then(|p| self.session.figure().streams.get(p.stream as usize));
        let range = call.range.as_ref().map(|p| p.range.clone()).unwrap_or_default();
        let len = range.end - range.start;
        let bytes = stream.and_then(|s| s.bytes.get(range.start as usize..range.end as usize));
        let said = answer.received.trim();
        let result = call.result.text();
        let end = result == "b''";
        let right = match unquoted(said) {
            // The end of the stream: nothing, in quotes, or no bytes.
            Some(text) => {
                bytes.map_or(end && text.is_empty(), |bytes| bytes == text.as_bytes())
                    && end == text.is_empty()
            }
            None => {
                let count =
                    said.trim_end_matches(['B', 'b', ' ']).trim_end_matches(self.lang.pick("bytes", "字节"));
                number(count) == Some(u32::try_from(len).unwrap_or(u32::MAX))
                    || (len > 0 && bytes.is_some_and(|bytes| bytes == said.as_bytes()))
            }
        };
        let count = self.say(Word::Octets, &[&len.to_string()]);
        let expected =
            if result == count || end { result.into_owned() } else { format!("{result} ({count})") };
        let part = self.part("recv", said, expected, right);
        let datagrams = stream.is_some_and(|s| s.datagrams);
        let asked = call.args.text();
        let asked = asked.split(',').next().unwrap_or_default();
        let (text, rule) = if call.truncated > 0 {
            (self.say(Word::TellsTruncated, &[asked, &call.truncated.to_string()]), Rule::UdpTruncated)
        } else if datagrams {
            (self.say(Word::TellsDatagram, &[&count]), Rule::UdpDatagram)
        } else if end {
            (self.say(Word::TellsEnd, &[]), Rule::FinReceived)
        } else if asked == len.to_string() {
            (self.say(Word::TellsFull, &[asked]), Rule::ReceiveCall)
        } else {
            (self.say(Word::TellsReceive, &[&count, asked]), Rule::ReceiveCall)
        };
        (vec![part], vec![text], vec![self.rule(rule)])
    }
}

/// The rule that leads from one state into another (RFC 9293 section 3.3.2, figure 5).
fn transition(before: &str, after: &str) -> Option<Rule> {
    Some(match (before, after) {
        ("CLOSED", "SYN-SENT") => Rule::ActiveOpen,
        ("LISTEN", "SYN-RECEIVED") => Rule::SynReceived,
        ("SYN-SENT", "SYN-RECEIVED") => Rule::SimultaneousOpen,
        ("SYN-SENT", "ESTABLISHED") => Rule::SynAcknowledged,
        ("SYN-RECEIVED", "ESTABLISHED") => Rule::HandshakeCompleted,
        (_, "FIN-WAIT-1") => Rule::CloseCall,
        (_, "FIN-WAIT-2") => Rule::FinAcknowledged,
        (_, "CLOSE-WAIT") => Rule::FinReceived,
        (_, "CLOSING") => Rule::SimultaneousClose,
        (_, "LAST-ACK") => Rule::FinSent,
        (_, "TIME-WAIT") => Rule::TimeWaitStarted,
        _ => return None,
    })
}

/// A number as people write it; `None` if it is none.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let text = text.split_once('=').map_or(text, |(_, number)| number.trim());
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_' | ' ')).collect();
    digits.parse().ok()
}

/// The text inside quotes, with or without Python's `b` before them.
fn unquoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('b').unwrap_or(text);
    ['\'', '"'].iter().find_map(|&quote| inner.strip_prefix(quote)?.strip_suffix(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_quotes_are_read_as_people_write_them() {
        assert_eq!(number(" 1,234 "), Some(1234));
        assert_eq!(number("seq = 7"), Some(7));
        assert_eq!(number("-1"), None);
        assert_eq!(unquoted("b'hello'"), Some("hello"));
        assert_eq!(unquoted("\"\""), Some(""));
        assert_eq!(unquoted("hello"), None);
        assert_eq!(unquoted("'"), None);
    }
}
