//! The time–sequence graph, after tcptrace.

use super::chart_data::{Acked, Sent};
use super::chart_panel::{Panel, Point};
use super::charts::{Charts, Form, size_unit};
use super::list::{Id, Paint, Role, Thing, look};
use super::words::Word;

/// More segments than this many times the pixels are drawn one pixel column together.
const DENSE: usize = 2;
/// Losses and retransmissions this near to each other, in pixels, share one mark.
const NEAR: f32 = 3.0;

impl Charts<'_> {
    /// Segments as bars over the octets that they carry, between what is acknowledged and what the window allows.
    pub(super) fn sequence(&mut self) {
        let data = self.data;
        let lang = self.window.lang;
        let word = |w: Word| w.text(lang).to_owned();
        let (from, until) = (self.window.from, self.window.until);
        let inside = |at: u64| at >= from && at <= until;
        let seen: Vec<&Sent> = data.sent.iter().filter(|s| inside(s.at) && s.end > 0).collect();
        let upto = |at: u64| data.acked.iter().take_while(|a| a.at <= at).last();
        let low = seen.iter().map(|s| s.start).chain(upto(from).map(|a| a.upto)).min().unwrap_or(0).max(0);
        let high = seen.iter().map(|s| s.end).max().unwrap_or(low + 1).max(low + 1);
        let edges = data.acked.iter().filter(|a| inside(a.at)).map(|a| a.edge);
        let edge = edges.min().unwrap_or(i64::MAX);
        let room = (high - low) as f64;
        let mut top = high as f64 + room * 0.06;
        // The window's edge is worth its room where it is near.
        let shows_edge = (edge as f64) < high as f64 + room * 0.6;
        if shows_edge {
            top = top.max(edge as f64 + room * 0.06);
        }
        let unit = size_unit(top, ["B", "kB", "MB"]);
        let mut forms = vec![(Form::Bar, word(Word::Segment))];
        if data.acked.is_empty() {
            forms[0].1 = word(Word::Datagram);
        } else {
            forms.push((Form::Line(0), word(Word::Acknowledged)));
        }
        if shows_edge {
            forms.push((Form::Line(look::DOTTED), word(Word::WindowEdge)));
        }
        for (form, there, name) in [
            (Form::Again, data.sent.iter().any(|s| s.again), Word::Retransmission),
            (Form::Lost, data.sent.iter().any(|s| s.lost), Word::Lost),
            (Form::Sack, !data.sacks.is_empty(), Word::Sacked),
        ] {
            if there {
                forms.push((form, word(name)));
            }
        }
        let panel = self.panel(Word::ChartSequence, 160.0, (low as f64, top), unit, &forms);
        let ink = Paint::new(Role::Ink);
        let steps =
            |of: fn(&Acked) -> i64| -> Vec<Point> { data.acked.iter().map(|a| (a.at, of(a))).collect() };
        if shows_edge {
            panel.steps(&mut self.list, &steps(|a| a.edge), ink.look(look::DOTTED));
        }
        panel.steps(&mut self.list, &steps(|a| a.upto), ink);
        let seen_acks = data.acked.iter().filter(|a| inside(a.at));
        if seen_acks.clone().count() < 400 {
            for a in seen_acks {
                let (x, y) = (panel.x(a.at), panel.y(a.upto as f64));
                self.list.region((x - 3.0, y - 3.0), (6.0, 6.0), Id::new(Thing::Flight, a.flight as usize));
            }
        }
        let mut drawn = (f32::MIN, f32::MIN);
        for &(at, left, right, flight) in data.sacks.iter().filter(|s| inside(s.0)) {
            let (x, y) = (panel.x(at), panel.y(right as f64));
            if (x - drawn.0).abs() >= 1.0 || (y - drawn.1).abs() >= 1.0 {
                drawn = (x, y);
                let id = Id::new(Thing::Flight, flight as usize);
                let bottom = panel.y(left as f64).max(y + 3.0);
                self.form(Form::Sack, x, y, bottom, ink.id(id));
            }
        }
        self.bars(panel, &seen);
        self.list.clip(None);
    }

    fn bars(&mut self, panel: Panel, seen: &[&Sent]) {
        let dense = seen.len() > DENSE * (panel.right - panel.left) as usize;
        let span = |s: &Sent| {
            let (top, bottom) = (panel.y(s.end as f64), panel.y(s.start.max(0) as f64));
            (top.min(bottom - 3.0), bottom)
        };
        let mut i = 0;
        while i < seen.len() && dense {
            // All of one pixel column as one bar.
            let (x, first) = (panel.x(seen[i].at), seen[i].flight);
            let (mut top, mut bottom) = span(seen[i]);
            while i < seen.len() && panel.x(seen[i].at) < x + 1.0 {
                let (t, b) = span(seen[i]);
                (top, bottom) = (top.min(t), bottom.max(b));
                i += 1;
            }
            let paint = Paint::new(Role::Message).id(Id::new(Thing::Fold, first as usize));
            self.list.line((x, top), (x, bottom), paint);
        }
        // Losses and retransmissions are never folded away: only those that would cover each other share a mark.
        let mut near = [(f32::MIN, f32::MIN); 2];
        for &s in seen {
            let form = if s.lost {
                Form::Lost
            } else if s.again {
                Form::Again
            } else if dense {
                continue;
            } else {
                Form::Bar
            };
            let (x, (top, bottom)) = (panel.x(s.at), span(s));
            if dense {
                let last = &mut near[usize::from(s.lost)];
                if (x - last.0).abs() < NEAR && (top - last.1).abs() < NEAR {
                    continue;
                }
                *last = (x, top);
            }
            let id = Id::new(Thing::Flight, s.flight as usize);
            self.form(form, x, top, bottom, Paint::new(Role::Message).hue(s.hue).id(id));
        }
    }
}
