//! What is told of one socket: its calls, and the frames in what they carried.

use std::net::SocketAddr;

use framewire::time::Instant;
use framewire::trace::{
    Args, CallId, Data, Errno, HostId, How, Op, Outcome, Provenance, Record, SocketId, ThreadId,
    Turn as FileTurn, TurnFrames, What,
};

use super::file::TraceFile;
use super::frames::{Alike, Lane};
use super::queue::{CallNumber, Turn};

/// The machine that records.
pub(super) const HOST: HostId = HostId(0);

/// What was seen to happen.
pub(super) fn observed(time: Instant, what: What<'_>) -> Record<'_> {
    Record::new(time, Provenance::Observed, what)
}

/// A socket by its number in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub socket: SocketId,
    pub thread: ThreadId,
    /// The call that has begun and not returned: a socket has at most one here.
    pub open: Option<(CallNumber, CallId)>,
}

/// A socket at a moment.
pub(super) struct At<'a> {
    pub time: Instant,
    pub known: &'a mut Known,
    pub lanes: &'a mut Option<Box<[Lane; 2]>>,
    pub alike: &'a mut Alike,
    pub file: &'a mut TraceFile,
    pub calls: &'a mut u32,
    pub framing: &'a str,
}

impl At<'_> {
    pub fn begin(&mut self, op: Op, size: Option<u64>, address: Option<SocketAddr>, data: &[u8]) -> CallId {
        let call = CallId(*self.calls);
        *self.calls += 1;
        let how = (op == Op::Shutdown).then_some(How::Write);
        let args = Args { size, address, how, data: Data::Bytes(data), ..Args::default() };
        let (host, thread, socket) = (HOST, self.known.thread, Some(self.known.socket));
        let what = What::CallBegun { call, host, thread, socket, op, args, line: None, parent: None };
        self.file.record(observed(self.time, what));
        call
    }

    pub fn returned(
        &mut self,
        call: CallId,
        outcome: Outcome<'_>,
        data: &[u8],
        (address, socket, truncated): (Option<SocketAddr>, Option<SocketId>, u32),
    ) {
        let data = Data::Bytes(data);
        let what = What::CallReturned { call, outcome, data, address, socket, truncated };
        self.file.record(observed(self.time, what));
    }

    /// A server's turn, which was over at `end`.
    pub fn turn(&mut self, turn: &Turn, end: Instant, data: &[u8]) {
        let (received, sent) = data.split_at_checked(turn.received as usize).unwrap_or((data, &[]));
        let open = self.known.open.take().filter(|(number, _)| *number == turn.call);
        let asked = u64::from(turn.asked);
        let call = open.map_or_else(|| self.begin(Op::Recv, Some(asked), None, &[]), |(_, id)| id);
        if sent.len() == turn.answer as usize && self.in_one(turn, call, end, [received, sent]) {
            return;
        }
        self.returned(call, value(received), received, (None, None, 0));
        self.frames(false, received);
        self.time = end;
        let call = self.begin(Op::Send, Some(u64::from(turn.answer)), None, sent);
        self.returned(call, value(sent), &[], (None, None, 0));
        self.frames(true, sent);
        if turn.goes_on {
            self.known.open = Some((turn.call + 1, self.begin(Op::Recv, Some(asked), None, &[])));
        }
    }

    /// Tells of a turn in one record, where that can be: the stream has no frames, or what was received and sent are each
    /// one frame like the last.
    fn in_one(&mut self, turn: &Turn, call: CallId, end: Instant, [received, sent]: [&[u8]; 2]) -> bool {
        let next = CallId(*self.calls);
        let told = FileTurn {
            time: self.time,
            took: end.since(self.time),
            provenance: Provenance::Observed,
            host: HOST,
            thread: self.known.thread,
            socket: self.known.socket,
            call,
            next,
            asked: turn.goes_on.then_some(u64::from(turn.asked)),
            received,
            sent,
            frames: None,
        };
        let (file, framing) = (&mut *self.file, self.framing);
        let done = match self.lanes.as_mut() {
            None => {
                file.turn(&told);
                true
            }
            Some(lanes) => {
                let both = self.alike.both(lanes, [received, sent], |starts, roles| {
                    let frames = Some(TurnFrames { framing, roles, starts });
                    file.turn(&FileTurn { frames, ..told });
                });
                both.is_some()
            }
        };
        if !done {
            return false;
        }
        *self.calls += 1 + u32::from(turn.goes_on);
        self.known.open = turn.goes_on.then_some((turn.call + 1, CallId(next.0 + 1)));
        true
    }

    /// Tells of the frames that these bytes of the stream complete.
    pub fn frames(&mut self, sent: bool, bytes: &[u8]) {
        let (Some(lanes), false) = (self.lanes.as_mut(), bytes.is_empty()) else { return };
        let (time, socket, framing) = (self.time, self.known.socket, self.framing);
        let file = &mut *self.file;
        lanes[usize::from(sent)].feed(self.alike, bytes, |found| {
            let (start, end, roles, error) = (found.start, found.end, found.roles, found.error);
            file.record(observed(
                time,
                What::FrameDecoded { socket, sent, framing, start, end, roles, error },
            ));
        });
    }
}

/// What a call returns that got or took these bytes.
fn value(bytes: &[u8]) -> Outcome<'static> {
    Outcome::Value(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
}

/// A result as the trace has it.
pub(super) fn outcome(value: Result<i64, Errno>) -> Outcome<'static> {
    match value {
        Ok(value) => Outcome::Value(value),
        Err(errno) => Outcome::Errno(errno),
    }
}
