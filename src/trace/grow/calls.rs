//! Calls' rows: what was asked of the socket API, and what it gave.

use super::Common;
use crate::trace::code::{Kind, Op};
use crate::trace::id::{CallId, EventId, HostId, SocketId, ThreadId};
use crate::trace::record::{Args, Outcome, Record, What};
use crate::trace::store::Trace;
use crate::trace::tables::{CallMore, CallRow, NO_ROW, ReturnRow, Span, StoredData, StoredOutcome, ValueRow};

impl Trace {
    /// The row of a call, made if its begin was not recorded.
    pub(super) fn call_row(&mut self, event: EventId, id: CallId) -> usize {
        if let Some(row) = self.call_index.get(id.0) {
            return row as usize;
        }
        self.add_call(CallRow {
            begun: event,
            returned: EventId::NONE,
            id,
            stub: true,
            host: HostId::NONE,
            thread: ThreadId::NONE,
            socket: None,
            op: Op::Other,
            line: None,
            parent: None,
            size: None,
            more: None,
            data: StoredData::Bytes(Span::default()),
            range: None,
        })
    }

    pub(super) fn add_call(&mut self, row: CallRow) -> usize {
        let at = self.tables.calls.len();
        self.call_index.set(row.id.0, at as u32);
        self.tables.calls.push(row);
        at
    }

    pub(super) fn of_call(&self, kind: Kind, row: usize) -> Common {
        let call = &self.tables.calls[row];
        Common::new(kind, row).at(call.host).on(call.socket.unwrap_or(SocketId::NONE))
    }

    pub(super) fn take_call_begun(&mut self, event: EventId, what: &What<'_>) -> Common {
        let What::CallBegun { call, host, thread, socket, op, args, line, parent } = *what else {
            return Common::new(Kind::CallBegun, NO_ROW as usize);
        };
        let Args { size, address, how, duration, text, data } = args;
        let has_more = address.is_some() || how.is_some() || duration.is_some() || !text.is_empty();
        let more =
            has_more.then(|| Box::new(CallMore { address, how, duration, text: self.keep(text.as_bytes()) }));
        let data = self.keep_data(data);
        let row = self.add_call(CallRow {
            begun: event,
            returned: EventId::NONE,
            id: call,
            stub: false,
            host,
            thread,
            socket,
            op,
            line,
            parent,
            size,
            more,
            data,
            range: None,
        });
        self.send_begun(event, row);
        Common::new(Kind::CallBegun, row).at(host).on(socket.unwrap_or(SocketId::NONE))
    }

    pub(super) fn take_bytes_accepted(&mut self, event: EventId, call: CallId, bytes: u64) -> Common {
        let row = self.call_row(event, call);
        self.tables.values.push(ValueRow { event, value: bytes });
        self.accept_bytes(row, bytes);
        self.of_call(Kind::BytesAccepted, row)
    }

    pub(super) fn take_call_returned(&mut self, event: EventId, record: &Record<'_>) -> Common {
        let What::CallReturned { call, outcome, data, address, socket, truncated } = record.what else {
            return Common::new(Kind::CallReturned, NO_ROW as usize);
        };
        let row = self.call_row(event, call);
        let outcome = match outcome {
            Outcome::Value(n) => StoredOutcome::Value(n),
            Outcome::Errno(e) => StoredOutcome::Errno(e.0),
            Outcome::Failed(why) => StoredOutcome::Failed(self.keep(why.as_bytes())),
        };
        if self.tables.calls[row].returned == EventId::NONE {
            self.tables.calls[row].returned = event;
            self.send_returned(event, row, outcome);
        }
        let data = self.received(event, row, record.cause, data, address, truncated);
        self.tables.returns.push(ReturnRow {
            event,
            call: row as u32,
            outcome,
            data,
            more: (address.is_some() || socket.is_some()).then(|| Box::new((address, socket))),
            truncated,
        });
        self.of_call(Kind::CallReturned, row)
    }
}
