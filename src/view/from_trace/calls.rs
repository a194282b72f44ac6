//! The socket calls, in the words of the programs that made them.

use std::borrow::Cow;

use super::Build;
use crate::trace::calls::{receives, sends};
use crate::trace::radix;
use crate::trace::tables::StoredOutcome;
use crate::trace::{CallRow, How, Op};
use crate::view::figure::{Call, CallKind, Known, Place};
use crate::view::time_text::span_text;
use crate::view::words::Lang;
use crate::view::written::Written;

/// A real call that took longer than this waited for something (a call that need not wait takes microseconds).
const WAITED_NANOS: u64 = 400_000;

impl Build<'_> {
    /// The calls of the first rank, and the receive calls that they are made of.
    pub(super) fn calls(&mut self) {
        let rows = &self.trace.tables().calls;
        // The rows of calls that others are made of, each below its parent's number.
        let inner = (0_u64..).zip(rows).filter_map(|(i, row)| Some(u64::from(row.parent?.0) << 32 | i));
        let mut children: Vec<u64> = inner.collect();
        radix::sort(&mut children);
        let mut lanes: Vec<Vec<u32>> = vec![Vec::new(); self.figure.hosts.len()];
        let (mut out, mut next_return) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            let from = children.partition_point(|child| child >> 32 < u64::from(row.id.0));
            let parts = children.get(from..).unwrap_or_default();
            let parts = parts.iter().take_while(|&&child| child >> 32 == u64::from(row.id.0)).count();
            let parts = children.get(from..from + parts).unwrap_or_default();
            let inner = row.parent.and_then(|p| self.trace.call(p));
            if inner.is_some() && !(receives(row.op) && parts.is_empty()) {
                continue;
            }
            let Some(host) = self.line_of(row.host) else { continue };
            let Some(threads) = lanes.get_mut(usize::from(host)) else { continue };
            let lane = threads.iter().position(|&t| t == row.thread.0).unwrap_or_else(|| {
                threads.push(row.thread.0);
                threads.len() - 1
            });
            out.push(self.call(row, host, lane as u16, parts, &mut next_return));
        }
        // In the order of their begin, as the scale and the layouts expect.
        let moment = |c: &Call| (c.begun.at, c.begun.order);
        if !out.is_sorted_by_key(moment) {
            out.sort_by_key(moment);
        }
        self.figure.calls = out;
    }

    fn call(&mut self, row: &CallRow, host: u16, lane: u16, parts: &[u64], next_return: &mut usize) -> Call {
        let begun = self.moment(row.begun);
        let returned = row.returned.known().map(|e| self.moment(e));
        let range = self.range_of(row, parts);
        let kind = match row.op {
            op if sends(op) => CallKind::Send,
            op if receives(op) && parts.is_empty() => CallKind::Receive,
            _ => CallKind::Other,
        };
        if let (CallKind::Send, Some(place)) = (kind, &range)
            && let Some(sent) = self.sent.get_mut(place.stream as usize)
        {
            sent.push(place.range.clone());
        }
        let (result, failed, truncated) = self.result(row, &range, next_return);
        let program = self.trace.tables().threads.iter().find(|t| t.id == row.thread).and_then(|t| t.program);
        Call {
            host,
            lane,
            name: op_name(row.op, self.trace.text(row.more().text)),
            args: self.args(row, &range),
            result,
            failed,
            begun,
            returned,
            blocked: returned.map_or(self.figure.end > begun.at, |end| {
                let waited = end.at.since(begun.at).as_nanos();
                waited > if self.known(row.begun) == Known::Modelled { 0 } else { WAITED_NANOS }
            }),
            range: range.filter(|_| kind != CallKind::Other).map(|place| self.kept(place, truncated, kind)),
            truncated,
            kind,
            line: row.line,
            program: program.map_or(host, |p| p.0 as u16),
            known: self.known(row.begun),
        }
    }

    /// The bytes a receive call really got: of a truncated datagram not its tail.
    fn kept(&self, place: Place, truncated: u32, kind: CallKind) -> Place {
        if kind != CallKind::Receive || truncated == 0 {
            return place;
        }
        let end = place.range.end.saturating_sub(u64::from(truncated)).max(place.range.start);
        Place { range: place.range.start..end, ..place }
    }

    /// What a call moved: its own range, or from the first to the last byte of the calls it is made of.
    fn range_of(&self, row: &CallRow, parts: &[u64]) -> Option<Place> {
        let rows = &self.trace.tables().calls;
        let own = row.range.into_iter();
        let inner = parts.iter().filter_map(|&child| rows.get(child as u32 as usize)?.range);
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
        let bytes = self
            .figure
            .streams
            .get(place.stream as usize)
            .and_then(|s| s.bytes.get(place.range.start as usize..place.range.end as usize));
        match bytes {
            Some(bytes) if len <= 16 && bytes.iter().all(|b| (0x20..0x7f).contains(b)) => {
                format!("b'{}'", String::from_utf8_lossy(bytes)).into()
            }
            _ => Written::Octets(len),
        }
    }

    /// What a call returned, whether it failed, and the octets of the datagram that it threw away.
    fn result(&self, row: &CallRow, range: &Option<Place>, next: &mut usize) -> (Written, bool, u32) {
        let back = row.returned.known().and_then(|event| self.trace.return_from(event, next));
        let Some(back) = back else { return (Written::Nothing, false, 0) };
        let value = match back.outcome {
            StoredOutcome::Errno(code) => {
                return (crate::trace::Errno(code).to_string().into(), true, back.truncated);
            }
            StoredOutcome::Failed(words) => return (self.trace.text(words).into(), true, back.truncated),
            StoredOutcome::Value(n) => n,
        };
        let received = |n: i64| match range {
            _ if n == 0 => "b''".into(),
            Some(place) => self.quote(&self.kept(place.clone(), back.truncated, CallKind::Receive)),
            None => Written::Octets(n as u64),
        };
        let out = match row.op {
            Op::Accept => "conn".into(),
            op if receives(op) => received(value),
            Op::Send | Op::SendTo | Op::SendMsg | Op::SendFile => Written::Number(value),
            _ => Written::Nothing,
        };
        (out, false, back.truncated)
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
