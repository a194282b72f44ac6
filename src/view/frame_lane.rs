//! The lowest lane of a stream in the byte ledger: its frames, and what each octet of them was for.

use super::boxes::{DENSE, Drawn, GAP};
use super::figure::{FramePart, Part};
use super::lanes::{AGAIN, LANE, Lanes, MOST_LINES, WORDS};
use super::list::{DisplayList, Id, Paint, Role, Thing, look};
use super::metrics;
use super::words::Word;

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
                let (h, end) = self.part(part, (y, LANE), paint, words_from, list);
                (below, words_from) = (h.max(below), end);
            }
            if span.1 >= DENSE {
                let ink = Paint { role: Role::Ink, ..paint };
                list.rect((span.0 + 0.5, y + 0.5), (span.1 - 1.0, LANE - 1.0), ink.look(look::OUTLINE));
            }
        }
        y + LANE + GAP + below
    }

    /// A part of a frame, told by its upper edge (length: heavy; header: dotted; payload: none) and by its word below, where
    /// that fits right of `words_from`. Gives the height of the words and where they end.
    fn part(
        &self,
        part: &FramePart,
        (y, h): (f32, f32),
        paint: Paint,
        words_from: f32,
        list: &mut DisplayList,
    ) -> (f32, f32) {
        let nothing = (0.0, words_from);
        let Some((x, w)) = self.octets.span(&part.range) else { return nothing };
        let bad = part.part == Part::Bad;
        let paint = paint.hue(self.stream.hue_at(part.range.start));
        let ink = Paint { role: if bad { Role::Trouble } else { Role::Ink }, hue: 0, ..paint };
        list.rect((x, y), (w, h), paint.look(look::SOFT));
        match part.part {
            Part::Bad => list.rect((x, y), (w, h), ink.look(look::HATCHED)),
            Part::Length => list.rect((x, y), (w, 4.0), ink),
            Part::Header => list.line((x + 2.0, y + 2.5), (x + w - 2.0, y + 2.5), ink.look(look::DOTTED)),
            Part::Payload => {}
        }
        if w < DENSE {
            return nothing;
        }
        list.line((x + w, y), (x + w, y + h), Paint { role: Role::Faint, ..ink });
        if !bad {
            self.content(&part.range, (x, y), (w, h), paint, list);
        }
        let word = match part.part {
            Part::Length => Word::LengthShort,
            Part::Header => Word::PartHeader,
            Part::Payload => Word::PartPayload,
            Part::Bad => Word::PartBad,
        };
        let room = self.right - x;
        if bad && !part.note.is_empty() {
            if x < words_from + 4.0 {
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
        let text = word.text(self.lang).to_owned();
        let needed = metrics::width(&text, metrics::SMALL);
        let fits = if bad { needed <= room } else { needed <= w + 1.0 };
        if !fits || x < words_from + 4.0 {
            return nothing;
        }
        let role = if bad { Role::Trouble } else { Role::Faint };
        let at = if bad { (x, 0) } else { (x + w / 2.0, look::CENTRE) };
        list.text((at.0, y + h + 12.0), &text, Paint { role, hue: 0, ..paint }.look(at.1));
        (WORDS, if bad { x + needed } else { x + (w + needed) / 2.0 })
    }
}
