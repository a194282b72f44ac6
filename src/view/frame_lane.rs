//! The lowest lane of a stream in the byte ledger: its frames, and what each octet of them was for.

use super::boxes::{DENSE, Drawn, GAP, Numbers};
use super::figure::{FramePart, Part};
use super::lanes::{LANE, Lanes, MOST_LINES, WORDS};
use super::list::{DisplayList, Id, Paint, Role, Thing, look};
use super::metrics;
use super::rows::AGAIN;
use super::words::Word;

/// The parts of a frame that was understood, in the order in which they come.
const PARTS: [Part; 3] = [Part::Length, Part::Header, Part::Payload];
/// Width and height of a sample in the key.
const SAMPLE: (f32, f32) = (18.0, 11.0);
/// Least space between two words below the lane.
const SPACE: f32 = 3.0;

fn bit_of(part: Part) -> u8 {
    1 << part as u8
}

fn word_of(part: Part) -> Word {
    match part {
        Part::Length => Word::LengthShort,
        Part::Header => Word::PartHeader,
        Part::Payload => Word::PartPayload,
        Part::Bad => Word::PartBad,
    }
}

impl Lanes<'_> {
    pub(super) fn frames(&self, y: f32, list: &mut DisplayList) -> f32 {
        if self.stream.frames.is_empty() {
            if self.stream.datagrams {
                return y;
            }
            self.lane_name(Word::LaneFrames, y, AGAIN, list);
            self.nothing(Word::NoFrames, y, AGAIN, list);
            return y + AGAIN + GAP;
        }
        self.lane_name(Word::LaneFrames, y, LANE, list);
        let mut drawn = Drawn(f32::MIN);
        let mut below = 0.0;
        let mut words_from = f32::MIN;
        // One frame with all its words explains the others; half a frame's words are a riddle.
        let key = self.key();
        let numbers = self.numbers(&mut self.stream.frames.iter().map(|part| &part.range));
        for frame in self.stream.frames.chunk_by(|a, b| a.frame == b.frame) {
            let whole = frame.iter().map(|p| p.range.start).min().unwrap_or_default()
                ..frame.iter().map(|p| p.range.end).max().unwrap_or_default();
            let Some(span) = self.octets.span(&whole) else { continue };
            if !drawn.is_new(span) {
                continue;
            }
            let at = self.scale.position(frame[0].known_at.at);
            let paint =
                Paint::new(Role::Message).id(Id::new(Thing::Frame, frame[0].frame as usize)).time(at, at);
            for part in frame {
                let (h, end) = self.part(part, (y, LANE), (paint, numbers), (words_from, key == 0), list);
                (below, words_from) = (h.max(below), end);
            }
            if span.1 >= DENSE {
                let ink = Paint { role: Role::Ink, ..paint };
                list.rect((span.0 + 0.5, y + 0.5), (span.1 - 1.0, LANE - 1.0), ink.look(look::OUTLINE));
            }
        }
        y + LANE + GAP + below + self.draw_key(key, y + LANE + below, list)
    }

    /// The kinds of parts that a key explains, a bit each: where no frame has room for the words of all of them, there is
    /// something to tell apart, and the key has room.
    fn key(&self) -> u8 {
        let (mut drawn, mut frame, mut said, mut most) = (0u8, u32::MAX, 0u8, 0u8);
        for part in self.stream.frames.iter().filter(|part| part.part != Part::Bad) {
            let Some((_, w)) = self.octets.span(&part.range) else { continue };
            if part.frame != frame {
                (frame, said) = (part.frame, 0);
            }
            let bit = bit_of(part.part);
            if w >= DENSE {
                drawn |= bit;
            }
            if self.needed(part.part) <= w {
                said |= bit;
            }
            if said.count_ones() > most.count_ones() {
                most = said;
            }
        }
        let mut right = self.names - 2.0 * GAP;
        for kind in PARTS {
            if drawn & bit_of(kind) != 0 {
                right += self.sample_width(kind);
            }
        }
        if drawn & !most == 0 || drawn.count_ones() < 2 || right > self.right { 0 } else { drawn }
    }

    /// Room for the word of a part, with the space before the next.
    fn needed(&self, part: Part) -> f32 {
        metrics::width(word_of(part).text(self.lang), metrics::SMALL) + SPACE
    }

    fn sample_width(&self, kind: Part) -> f32 {
        SAMPLE.0 + 5.0 + self.needed(kind) + 2.0 * GAP - SPACE
    }

    /// A sample of each kind with its word. Gives the height.
    fn draw_key(&self, key: u8, y: f32, list: &mut DisplayList) -> f32 {
        let mut x = self.names;
        let (w, h) = SAMPLE;
        let faint = Paint::new(Role::Faint);
        for kind in PARTS.into_iter().filter(|&kind| key & bit_of(kind) != 0) {
            let top = y + 4.0;
            edge(kind, (x, top), w, Paint::new(Role::Ink), list);
            list.rect((x + 0.5, top + 0.5), (w - 1.0, h - 1.0), faint.look(look::OUTLINE));
            list.text((x + w + 5.0, y + 13.0), word_of(kind).text(self.lang), faint);
            x += self.sample_width(kind);
        }
        if key == 0 { 0.0 } else { WORDS + 2.0 }
    }

    /// A part of a frame, told by its upper edge and, where it `says` so and that fits right of `words_from`, by its word
    /// below. Gives the height of the words and where they end.
    fn part(
        &self,
        part: &FramePart,
        (y, h): (f32, f32),
        (paint, numbers): (Paint, Numbers),
        (words_from, says): (f32, bool),
        list: &mut DisplayList,
    ) -> (f32, f32) {
        let nothing = (0.0, words_from);
        let Some((x, w)) = self.octets.span(&part.range) else { return nothing };
        let bad = part.part == Part::Bad;
        let paint = paint.hue(self.stream.hue_at(part.range.start));
        let ink = Paint { role: if bad { Role::Trouble } else { Role::Ink }, hue: 0, ..paint };
        list.rect((x, y), (w, h), paint.look(look::SOFT));
        edge(part.part, (x, y), w, ink, list);
        if bad {
            list.rect((x, y), (w, h), ink.look(look::HATCHED));
        }
        if w < DENSE {
            return nothing;
        }
        list.line((x + w, y), (x + w, y + h), Paint { role: Role::Faint, ..ink });
        if !bad {
            self.content(&part.range, (x, y), (w, h), numbers, paint, list);
        }
        let room = self.right - x;
        if bad && !part.note.is_empty() {
            if x < words_from + SPACE {
                return nothing;
            }
            let lines =
                metrics::lines(self.figure.said(&part.note, self.lang), metrics::SMALL, room, MOST_LINES);
            let paint = Paint { role: Role::Trouble, hue: 0, look: 0, ..paint };
            for (i, line) in lines.iter().enumerate() {
                list.text((x, y + h + 12.0 + i as f32 * WORDS), line, paint);
            }
            return (WORDS * lines.len() as f32, self.right);
        }
        let text = word_of(part.part).text(self.lang);
        let needed = self.needed(part.part);
        let fits = if bad { needed <= room } else { says && needed <= w };
        let from = if bad { x } else { x + (w - needed + SPACE) / 2.0 };
        if !fits || from < words_from + SPACE {
            return nothing;
        }
        let role = if bad { Role::Trouble } else { Role::Faint };
        let at = if bad { (x, 0) } else { (x + w / 2.0, look::CENTRE) };
        list.text((at.0, y + h + 12.0), text, Paint { role, hue: 0, ..paint }.look(at.1));
        (WORDS, from + needed - SPACE)
    }
}

/// The upper edge of a part: of the length heavy, of the header dotted, of the payload as it is.
fn edge(part: Part, (x, y): (f32, f32), w: f32, ink: Paint, list: &mut DisplayList) {
    match part {
        Part::Length => list.rect((x, y), (w, 4.0), ink),
        Part::Header => list.line((x + 2.0, y + 2.5), (x + w - 2.0, y + 2.5), ink.look(look::DOTTED)),
        Part::Payload | Part::Bad => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::sim::{Run, builtin};
    use crate::view::ledger::Window;
    use crate::view::session::Session;
    use crate::view::words::Lang;

    /// The words on the parts of the frames in a scenario's ledger of this width, one stream's.
    fn words(name: &str, width: f32, lang: Lang) -> Vec<String> {
        let run = Run::new(&builtin(name).unwrap(), &[]).unwrap();
        let session = Session::new(run.shared_trace());
        let connection = Some(0);
        let (list, _) = session.ledger(&Window { width, connection, lang, ..Window::default() });
        let wanted = match lang {
            Lang::En => ["length", "header", "payload"],
            Lang::Zh => ["长度", "首部", "数据"],
        };
        let texts = (0..list.len()).filter_map(|i| list.text_of(i));
        texts.filter(|text| wanted.contains(text)).map(str::to_owned).collect()
    }

    #[test]
    fn what_the_parts_of_a_frame_are_is_said_in_every_width() {
        for lang in [Lang::En, Lang::Zh] {
            for (name, width) in [("framed-echo", 956.0), ("framed-echo", 360.0), ("framed-hello", 360.0)] {
                let said = words(name, width, lang);
                let each = |word: &String| said.iter().filter(|other| *other == word).count();
                let kinds: std::collections::BTreeSet<&String> = said.iter().collect();
                assert_eq!(kinds.len(), 3, "{name} {width}: {said:?}");
                // As a key, once each stream; or below the parts of a frame that has room.
                let counts: std::collections::BTreeSet<usize> = said.iter().map(each).collect();
                assert_eq!(counts.len(), 1, "{name} {width}: {said:?}");
            }
        }
    }
}
