//! What a parser says of itself: what it waits for, and what each byte was for.

use super::observe::{Observer, Role, Waiting};
use super::parser::{Parser, Stage};
use super::plan::Plan;

impl Parser {
    /// What is waited for when `view` is there of the current frame and [`measure`](Parser::measure) wanted more.
    pub fn waiting(&self, view: &[u8]) -> Waiting {
        self.waiting_at(view.len(), |scan| {
            let partial = scan.partial(view, &[]);
            (partial, scan.completing(view.get(view.len() - partial..).unwrap_or(&[])))
        })
    }

    /// As [`waiting`](Parser::waiting), for `have` bytes; `partial` gives how many of these are the beginning of a delimiter, and the
    /// delimiter's length.
    pub(crate) fn waiting_at(
        &self,
        have: usize,
        partial: impl FnOnce(&super::scan::Scan) -> (usize, usize),
    ) -> Waiting {
        let part = |role, from: usize, to: usize| Waiting {
            role,
            have: have.saturating_sub(from) as u64,
            want: Some((to - from) as u64),
        };
        let open = |role| Waiting { role, have: have as u64, want: None };
        match (&self.plan, self.stage) {
            (Plan::Json(json), Stage::Head) => part(Role::Length, 0, json.int.format.width()),
            (Plan::Json(json), Stage::Header(end)) => part(Role::Header, json.int.format.width(), end),
            (Plan::Length(length), Stage::Head) if have < length.int.offset => {
                part(Role::Header, 0, length.int.offset)
            }
            (Plan::Length(length), Stage::Head) => part(Role::Length, length.int.offset, length.field.head()),
            (Plan::Length(_), Stage::Body(e)) if have < e.start => part(Role::Padding, e.head, e.start),
            (Plan::Netstring, Stage::Body(e)) if have >= e.end => part(Role::Delimiter, e.end, e.total),
            (_, Stage::Body(e)) => part(Role::Payload, e.start.max(e.head), e.end),
            (Plan::Varint | Plan::Netstring, _) => open(Role::Length),
            (Plan::Fixed(size), _) => part(Role::Payload, 0, *size),
            (Plan::Scan(scan), _) => match partial(scan) {
                (0, _) => open(Role::Payload),
                (have, want) => Waiting { role: Role::Delimiter, have: have as u64, want: Some(want as u64) },
            },
            _ => open(Role::Payload),
        }
    }

    /// Tells the observer of the bytes of `view` that are new and whose role is certain.
    pub(crate) fn tell<O: Observer>(&mut self, view: &[u8], observer: &mut O) {
        self.tell_at(view.len(), |scan| scan.partial(view, &[]), observer);
    }

    /// As [`tell`](Parser::tell), for `have` bytes of which the last `partial` may be the beginning of a delimiter.
    pub(crate) fn tell_at<O: Observer>(
        &mut self,
        have: usize,
        partial: impl FnOnce(&super::scan::Scan) -> usize,
        observer: &mut O,
    ) {
        let all = usize::MAX;
        let head = self.need_head(0);
        let roles: [(Role, usize); 5] = match (&self.plan, self.stage) {
            (Plan::Json(json), stage) => {
                let end = match stage {
                    Stage::Header(end) => end,
                    Stage::Body(e) => e.head,
                    _ => head,
                };
                let width = json.int.format.width();
                [(Role::Length, width), (Role::Header, end), (Role::Payload, all), NO, NO]
            }
            (Plan::Length(length), Stage::Body(e)) => [
                (Role::Header, length.int.offset),
                (Role::Length, e.head),
                (Role::Padding, e.start),
                (Role::Payload, all),
                NO,
            ],
            (Plan::Length(length), _) => [(Role::Header, length.int.offset), (Role::Length, all), NO, NO, NO],
            (Plan::Varint, Stage::Body(e)) => [(Role::Length, e.head), (Role::Payload, all), NO, NO, NO],
            (Plan::Netstring, Stage::Body(e)) => [
                (Role::Length, e.head - 1),
                (Role::Delimiter, e.head),
                (Role::Payload, e.end),
                (Role::Delimiter, all),
                NO,
            ],
            (Plan::Varint | Plan::Netstring, _) => [(Role::Length, all), NO, NO, NO, NO],
            (Plan::Scan(_), Stage::Body(e)) => [(Role::Payload, e.head), (Role::Delimiter, all), NO, NO, NO],
            (Plan::Scan(scan), _) => [(Role::Payload, have - partial(scan)), NO, NO, NO, NO],
            (Plan::Fixed(_) | Plan::Whole, _) => [(Role::Payload, all), NO, NO, NO, NO],
        };
        let have = self.extent().map_or(have, |e| have.min(e.total));
        for (role, end) in roles {
            let end = end.min(have);
            if end > self.told {
                let at = |i: usize| self.offset + i as u64;
                observer.bytes(self.number, role, at(self.told)..at(end));
                self.told = end;
            }
        }
    }
}

/// No bytes.
const NO: (Role, usize) = (Role::Padding, 0);
