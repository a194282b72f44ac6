//! The socket calls, in the words of the programs that made them.

use std::borrow::Cow;

use super::rows::{Row, bit, in_order};
use super::{Build, Rows};
use crate::trace::calls::{receives, sends};
use crate::trace::radix;
use crate::trace::tables::{ReturnRow, StoredOutcome};
use crate::trace::{CallRow, How, Op, StreamId, StreamRange};
use crate::view::figure::{Call, CallBrief, CallKind, Place};
use crate::view::things::{Made, Things};
use crate::view::time_text::span_text;
use crate::view::words::Lang;
use crate::view::written::Written;

impl Build<'_> {
    /// The calls of the first rank, and the receive calls that they are made of.
    pub(super) fn calls(&mut self) {
        let all = &self.trace.tables().calls;
        let inner = (0_u64..).zip(all).filter_map(|(i, row)| Some(u64::from(row.parent?.0) << 32 | i));
        self.rows.inner = inner.collect();
        radix::sort(&mut self.rows.inner);
        let mut lanes: Vec<Vec<u32>> = vec![Vec::new(); self.figure.hosts.len()];
        let (mut out, mut next_return) = (Vec::with_capacity(all.len()), 0);
        for (i, row) in all.iter().enumerate() {
            if matches!(row.op, Op::Listen | Op::Close) {
                self.of_listeners.push(i);
            }
            let inner = row.parent.and_then(|p| self.trace.call(p));
            if inner.is_some() && !(receives(row.op) && self.rows.parts(row).is_empty()) {
                continue;
            }
            let Some(host) = self.line_of(row.host) else { continue };
            let Some(threads) = lanes.get_mut(usize::from(host)) else { continue };
            let lane = threads.iter().position(|&t| t == row.thread.0).unwrap_or_else(|| {
                threads.push(row.thread.0);
                threads.len() - 1
            });
            let back = row.returned.known().and_then(|event| self.trace.return_from(event, &mut next_return));
            out.push(self.call(i, row, (host, lane as u16), back));
        }
        in_order(&mut out);
        self.rows.calls = out;
    }

    fn call(&mut self, i: usize, row: &CallRow, (host, lane): (u16, u16), back: Option<&ReturnRow>) -> Row {
        let mut bits = self.known(row.begun) as u8;
        let mut set = |on: bool, bit: u8| bits |= if on { bit } else { 0 };
        let sending = sends(row.op);
        set(sending, bit::SENDS);
        set(!sending && receives(row.op) && self.rows.parts(row).is_empty(), bit::RECEIVES);
        set(back.is_some_and(|back| !matches!(back.outcome, StoredOutcome::Value(_))), bit::FAILED);
        set(back.is_some_and(|back| back.truncated > 0), bit::TRUNCATED);
        set(row.line.is_some(), bit::LINE);
        if sending
            && let Some(place) = self.rows.range_of(row)
            && let Some(sent) = self.sent.get_mut(place.stream as usize)
        {
            sent.push(place.range);
        }
        let program = self.trace.tables().threads.iter().find(|t| t.id == row.thread).and_then(|t| t.program);
        Row {
            row: i as u32,
            begin: row.begun,
            end: row.returned,
            host,
            other: lane,
            more: program.map_or(host, |p| p.0 as u16),
            hue: 0,
            bits,
        }
    }
}

impl Made for Call {
    type Brief = CallBrief;

    fn make(rows: &Rows, i: usize) -> Option<Call> {
        let (call, brief) = (rows.calls.get(i)?, rows.call_brief(i)?);
        let row = rows.trace.tables().calls.get(call.row as usize)?;
        let range = rows.range_of(row);
        let back = row.returned.known().and_then(|event| rows.trace.return_of(event));
        let truncated = back.map_or(0, |back| back.truncated);
        Some(Call {
            host: brief.host,
            lane: brief.lane,
            name: op_name(row.op, rows.trace.text(row.more().text)),
            args: rows.args(row, &range),
            result: rows.result(row, &range, back),
            failed: brief.failed,
            begun: brief.begun,
            returned: brief.returned,
            blocked: brief.blocked,
            range: range
                .filter(|_| brief.kind != CallKind::Other)
                .map(|place| kept(place, truncated, brief.kind)),
            truncated,
            kind: brief.kind,
            line: row.line,
            program: call.more,
            known: brief.known,
        })
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn brief_of(rows: &Rows, i: usize) -> Option<CallBrief> {
        rows.call_brief(i)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn events_of(rows: &Rows, i: usize) -> Option<[Option<u32>; 2]> {
        rows.calls.get(i).map(Row::events)
    }

    fn place_of(rows: &Rows, i: usize) -> Option<Place> {
        let (call, kind) = (rows.calls.get(i)?, rows.call_brief(i)?.kind);
        let row = rows.trace.tables().calls.get(call.row as usize)?;
        let place = rows.range_of(row).filter(|_| kind != CallKind::Other)?;
        let back = row.returned.known().filter(|_| call.bits & bit::TRUNCATED != 0);
        let truncated = back.and_then(|event| rows.trace.return_of(event)).map_or(0, |back| back.truncated);
        Some(kept(place, truncated, kind))
    }

    fn brief(&self) -> CallBrief {
        CallBrief {
            host: self.host,
            lane: self.lane,
            begun: self.begun,
            returned: self.returned,
            blocked: self.blocked,
            failed: self.failed,
            truncated: self.truncated > 0,
            kind: self.kind,
            known: self.known,
            program: self.line.map(|_| self.program),
        }
    }

    fn events(&self) -> [Option<u32>; 2] {
        [Some(self.begun), self.returned].map(|moment| moment.map(|moment| moment.order))
    }

    fn place(&self) -> Option<Place> {
        self.range.clone()
    }
}

impl Things<Call> {
    /// The name of the `i`th.
    pub(crate) fn name(&self, i: usize) -> Cow<'_, str> {
        let name = |rows: &Rows| {
            let row = rows.trace.tables().calls.get(rows.calls.get(i)?.row as usize)?;
            Some(op_name(row.op, rows.trace.text(row.more().text)))
        };
        let found = match self.made() {
            Some(all) => all.get(i).map(|call| Cow::Borrowed(&*call.name)),
            None => self.rows().and_then(|rows| name(rows)),
        };
        found.unwrap_or_default()
    }
}

/// The bytes a receive call really got: of a truncated datagram not its tail.
fn kept(place: Place, truncated: u32, kind: CallKind) -> Place {
    if kind != CallKind::Receive || truncated == 0 {
        return place;
    }
    let end = place.range.end.saturating_sub(u64::from(truncated)).max(place.range.start);
    Place { range: place.range.start..end, ..place }
}

impl Rows {
    /// The rows of the calls that one is made of, in the lower halves.
    fn parts(&self, row: &CallRow) -> &[u64] {
        let is_part = |part: &u64| part >> 32 == u64::from(row.id.0);
        let from = self.inner.partition_point(|part| part >> 32 < u64::from(row.id.0));
        let parts = self.inner.get(from..).unwrap_or_default();
        let count = parts.iter().take_while(|part| is_part(part)).count();
        parts.get(..count).unwrap_or_default()
    }

    /// What a call moved: its own range, or from the first to the last byte of the calls it is made of.
    fn range_of(&self, row: &CallRow) -> Option<Place> {
        let rows = &self.trace.tables().calls;
        let own = row.range.into_iter();
        let inner = self.parts(row).iter().filter_map(|&child| rows.get(child as u32 as usize)?.range);
        let mut out: Option<Place> = None;
        for range in own.chain(inner) {
            match &mut out {
                Some(place) if place.stream == range.stream.0 => {
                    place.range = place.range.start.min(range.start)..place.range.end.max(range.end);
                }
                Some(_) => {}
                None => out = Some(Place { stream: range.stream.0, range: range.start..range.end }),
            }
        }
        out
    }

    fn args(&self, row: &CallRow, range: &Option<Place>) -> Written {
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        let text = || Some(self.trace.text(row.more().text).to_owned()).filter(|t| !t.is_empty());
        let data = || match range {
            _ if row.data.is_empty() && range.is_none() => Written::Nothing,
            Some(place) => self.quote(place),
            None => Written::Octets(row.data.len()),
        };
        let parts: Vec<String> = match row.op {
            Op::Bind | Op::Connect => row.more().address.map(|a| a.to_string()).into_iter().collect(),
            Op::Listen | Op::Recv | Op::RecvExactly | Op::RecvFrom | Op::RecvMsg => {
                return row.size.map_or(Written::Nothing, |n| Written::Number(n as i64));
            }
            Op::SendTo => {
                let data = Some(data().to_string()).filter(|data| !data.is_empty());
                data.into_iter().chain(row.more().address.map(|a| a.to_string())).collect()
            }
            op if sends(op) => return data(),
            Op::Shutdown => {
                let how = row.more().how.map(|how| match how {
                    How::Read => "SHUT_RD",
                    How::Write => "SHUT_WR",
                    How::Both => "SHUT_RDWR",
                });
                how.map(str::to_owned).into_iter().collect()
            }
            Op::Sleep | Op::Poll => row.more().duration.map(|d| span_text(d, Lang::En)).into_iter().collect(),
            Op::SetSockOpt | Op::GetSockOpt => text().into_iter().chain(number(row.size)).collect(),
            Op::Other => Vec::new(),
            _ => text().into_iter().collect(),
        };
        parts.join(", ").into()
    }

    /// A short text in full as Python writes it, of anything else the number of octets.
    fn quote(&self, place: &Place) -> Written {
        let len = place.range.end - place.range.start;
        let known = self.kept.get(place.stream as usize).is_some_and(|&kept| place.range.end <= kept);
        let range =
            StreamRange { stream: StreamId(place.stream), start: place.range.start, end: place.range.end };
        let bytes =
            if known && len <= 16 { self.trace.read_stream(range, 16) } else { return Written::Octets(len) };
        if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
            format!("b'{}'", String::from_utf8_lossy(&bytes)).into()
        } else {
            Written::Octets(len)
        }
    }

    /// What a call returned.
    fn result(&self, row: &CallRow, range: &Option<Place>, back: Option<&ReturnRow>) -> Written {
        let Some(back) = back else { return Written::Nothing };
        let value = match back.outcome {
            StoredOutcome::Errno(code) => return crate::trace::Errno(code).to_string().into(),
            StoredOutcome::Failed(words) => return self.trace.text(words).into(),
            StoredOutcome::Value(n) => n,
        };
        let received = |n: i64| match range {
            _ if n == 0 => "b''".into(),
            Some(place) => self.quote(&kept(place.clone(), back.truncated, CallKind::Receive)),
            None => Written::Octets(n as u64),
        };
        match row.op {
            Op::Accept => "conn".into(),
            op if receives(op) => received(value),
            Op::Send | Op::SendTo | Op::SendMsg | Op::SendFile => Written::Number(value),
            _ => Written::Nothing,
        }
    }
}

/// A call's name as programs write it.
fn op_name(op: Op, text: &str) -> Cow<'static, str> {
    Cow::Borrowed(match op {
        Op::RecvExactly => "recv_exactly",
        Op::ReadFrame => "read_frame",
        Op::WriteFrame => "write_frame",
        Op::StartThread => "start_thread",
        Op::Other if !text.is_empty() => return Cow::Owned(text.to_owned()),
        op => op.name(),
    })
}
