//! A server's whole turn in one record: most of what a recorder writes are turns, each of which would take six records.

use super::alike::{Shape, shifted};
use super::encode::MAX_DATA;
use super::wire::{Fields, Pen, WireError, put_bytes, put_i64, put_u64};
use crate::time::{Duration, Instant};
use crate::trace::code::{Op, Provenance};
use crate::trace::id::{CallId, HostId, SocketId, ThreadId};
use crate::trace::record::{Args, Data, Outcome, Record, RoleRange, What};

/// The kind that stands in files for a turn. No kind of event has it.
pub const TURN: u8 = 151;

/// The next recv() has begun.
const GOES_ON: u8 = 1;
/// What was received is a whole frame like the last one told in full, and so is what was sent.
const FRAMES: u8 = 2;

/// A turn that a server takes on a connection: a recv() that was waited in returns, send() takes all of the answer, and perhaps
/// recv() is called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn<'a> {
    /// When recv() returned.
    pub time: Instant,
    /// From then to the rest, all of which happens at one instant.
    pub took: Duration,
    /// How we know.
    pub provenance: Provenance,
    /// Where the program runs.
    pub host: HostId,
    /// Its thread that calls.
    pub thread: ThreadId,
    /// The connection.
    pub socket: SocketId,
    /// The recv() that returns.
    pub call: CallId,
    /// The number of send(); that of the next recv() is one higher.
    pub next: CallId,
    /// Bytes that the next recv() asks for, if it has begun.
    pub asked: Option<u64>,
    /// What recv() returned.
    pub received: &'a [u8],
    /// What send() was given and took.
    pub sent: &'a [u8],
    /// If each of `received` and `sent` is one whole frame, and both have the same parts: what they are.
    pub frames: Option<TurnFrames<'a>>,
}

/// Two frames with the same parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnFrames<'a> {
    /// How the stream is framed.
    pub framing: &'a str,
    /// Their parts, at offsets from a frame's start.
    pub roles: &'a [RoleRange],
    /// Where that received and that sent begin in their streams.
    pub starts: [u64; 2],
}

impl<'a> TurnFrames<'a> {
    /// The frame received, or that sent, which is `len` bytes long.
    fn at<'b>(&self, socket: SocketId, sent: bool, len: usize, roles: &'b mut Vec<RoleRange>) -> What<'b>
    where
        'a: 'b,
    {
        let start = self.starts[usize::from(sent)];
        roles.clear();
        roles.extend(self.roles.iter().map(|role| shifted(role, start)));
        let (framing, end) = (self.framing, start.wrapping_add(len as u64));
        What::FrameDecoded { socket, sent, framing, start, end, roles, error: None }
    }
}

impl<'a> Turn<'a> {
    /// True if it can stand in one record: its frames are as `shape` has them, and its bytes are not too many to be told.
    pub fn fits(&self, shape: &Shape) -> bool {
        let (received, sent) = (self.received.len(), self.sent.len());
        let alike = |frames: TurnFrames<'_>| {
            received == sent && shape.is(received as u64, frames.framing, frames.roles)
        };
        received.max(sent) <= MAX_DATA && self.frames.is_none_or(alike)
    }

    /// How many records it stands for.
    pub fn records(&self) -> u32 {
        3 + 2 * u32::from(self.frames.is_some()) + u32::from(self.asked.is_some())
    }

    /// Appends the record's body; `since` is the time of the record before it in the chunk.
    pub fn put(&self, out: &mut Pen<'_>, since: u64) {
        out.push(TURN);
        out.push(self.provenance as u8);
        put_i64(out, self.time.as_nanos().wrapping_sub(since) as i64);
        let goes_on = if self.asked.is_some() { GOES_ON } else { 0 };
        out.push(goes_on | if self.frames.is_some() { FRAMES } else { 0 });
        put_u64(out, self.took.as_nanos());
        for number in [u32::from(self.host.0), self.thread.0, self.socket.0, self.call.0, self.next.0] {
            put_u64(out, u64::from(number));
        }
        if let Some(asked) = self.asked {
            put_u64(out, asked);
        }
        for start in self.frames.into_iter().flat_map(|frames| frames.starts) {
            put_u64(out, start);
        }
        put_bytes(out, self.received);
        put_bytes(out, self.sent);
    }

    /// Reads the body of a record that [`put`](Self::put) wrote; nothing if it is another record's.
    pub fn take(body: &'a [u8], since: u64, shape: &'a Shape) -> Result<Option<Turn<'a>>, WireError> {
        let f = &mut Fields::new(body);
        if f.u8("its kind")? != TURN {
            return Ok(None);
        }
        let head = f.u8("its provenance")?;
        let provenance = Provenance::from_code(head)
            .ok_or(WireError::Range { what: "its provenance", value: u64::from(head) })?;
        let time = Instant::from_nanos(since.wrapping_add(f.i64("its time")? as u64));
        let has = f.u8("the parts of a turn")?;
        let took = Duration::from_nanos(f.u64("a turn's time")?);
        let (host, thread) = (HostId(f.u16("a host")?), ThreadId(f.u32("a thread")?));
        let socket = SocketId(f.u32("a socket")?);
        let (call, next) = (CallId(f.u32("a call")?), CallId(f.u32("a call")?));
        let asked = if has & GOES_ON != 0 { Some(f.u64("a size")?) } else { None };
        let frames = if has & FRAMES != 0 {
            let starts = [f.u64("a frame's start")?, f.u64("a frame's start")?];
            Some(shape.frames(starts).ok_or(WireError::NoFrame)?)
        } else {
            None
        };
        let (received, sent) = (f.bytes("what was received")?, f.bytes("what was sent")?);
        if frames.is_some() && [received, sent].iter().any(|data| data.len() as u64 != shape.len()) {
            return Err(WireError::NoFrame);
        }
        Ok(Some(Turn {
            time,
            took,
            provenance,
            host,
            thread,
            socket,
            call,
            next,
            asked,
            received,
            sent,
            frames,
        }))
    }

    /// Tells `each` of the records that it stands for, in order. `roles` is room to work in.
    pub fn tell(&self, roles: &mut Vec<RoleRange>, each: &mut dyn FnMut(Record<'_>)) {
        let Turn { provenance, host, thread, call, next, received, sent, .. } = *self;
        let (socket, end) = (self.socket, self.time + self.took);
        let returned = |call, len: usize, data| What::CallReturned {
            call,
            outcome: Outcome::Value(i64::try_from(len).unwrap_or(i64::MAX)),
            data,
            address: None,
            socket: None,
            truncated: 0,
        };
        let begun = |call, op, size, data| What::CallBegun {
            call,
            host,
            thread,
            socket: Some(socket),
            op,
            line: None,
            parent: None,
            args: Args { size: Some(size), data, ..Args::default() },
        };
        each(Record::new(self.time, provenance, returned(call, received.len(), Data::Bytes(received))));
        if let Some(frames) = self.frames {
            let what = frames.at(socket, false, received.len(), roles);
            each(Record::new(self.time, provenance, what));
        }
        each(Record::new(end, provenance, begun(next, Op::Send, sent.len() as u64, Data::Bytes(sent))));
        each(Record::new(end, provenance, returned(next, sent.len(), Data::NONE)));
        if let Some(frames) = self.frames {
            each(Record::new(end, provenance, frames.at(socket, true, sent.len(), roles)));
        }
        if let Some(asked) = self.asked {
            let again = CallId(next.0.saturating_add(1));
            each(Record::new(end, provenance, begun(again, Op::Recv, asked, Data::NONE)));
        }
    }
}
