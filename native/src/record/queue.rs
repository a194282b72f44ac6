//! What goes from the traffic to the writer: a bounded queue that never makes the traffic wait.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use framewire::time::Instant;
use framewire::trace::{Errno, Op, Transport};

/// A socket's number among all that the recorder ever saw; files count their own anew.
pub(super) type SocketNumber = u64;
/// A waiting call's number among those of its socket.
pub(super) type CallNumber = u64;

/// One event on its way to the file. Its bytes, if any, stand in the queue's `bytes`. Small, because there are many: what
/// few events carry is boxed.
#[derive(Debug)]
pub(super) struct Item {
    pub time: Instant,
    pub what: Event,
    /// Bytes carried: how many of the queue's `bytes` belong to this event (they come in order).
    pub len: usize,
}

/// What a call returned: a value, or (below zero) the number of an error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Returned(i64);

impl Returned {
    pub fn value(value: usize) -> Self {
        Returned(i64::try_from(value).unwrap_or(i64::MAX))
    }

    pub fn error(errno: Errno) -> Self {
        Returned(-i64::from(errno.0))
    }

    pub fn get(self) -> Result<i64, Errno> {
        match self.0 {
            value @ 0.. => Ok(value),
            error => Err(u16::try_from(-error).map_or(Errno::EIO, Errno)),
        }
    }
}

/// The size that a call asks for, if it asks for one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked(u64);

impl Asked {
    pub const NOTHING: Asked = Asked(u64::MAX);

    pub fn bytes(n: usize) -> Self {
        Asked(n as u64)
    }

    pub fn get(self) -> Option<u64> {
        (self.0 != u64::MAX).then_some(self.0)
    }
}

/// A socket as it begins.
#[derive(Debug)]
pub(super) struct Made {
    pub transport: Transport,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
    /// One with a listener is served by a thread of its own.
    pub listener: Option<SocketNumber>,
}

/// What few calls return beside a value.
#[derive(Debug, Default)]
pub(super) struct Extra {
    pub address: Option<SocketAddr>,
    pub made: Option<SocketNumber>,
    pub truncated: u32,
}

#[derive(Debug)]
pub(super) enum Event {
    /// There is a socket.
    Socket { socket: SocketNumber, made: Box<Made> },
    /// Its own address and its peer's have become known.
    Named { socket: SocketNumber, addresses: Box<[Option<SocketAddr>; 2]> },
    /// A call has begun.
    Begun { call: CallNumber, socket: SocketNumber, op: Op, asked: Asked, address: Option<Box<SocketAddr>> },
    /// A call that began and returned at once: its bytes are those it sent.
    Call { socket: SocketNumber, op: Op, asked: Asked, address: Option<Box<SocketAddr>>, result: Returned },
    /// `op` and `socket` again, in case the begin was lost or stands in an earlier file.
    Returned { call: CallNumber, socket: SocketNumber, op: Op, result: Returned, extra: Option<Box<Extra>> },
    /// A server's whole turn in one: recv() returned, send() took all or some of the answer, and perhaps recv() is called again.
    Turn(Turn),
    /// The socket is no more: it need not be told of in the next file.
    Gone { socket: SocketNumber },
}

/// A turn that a server takes. Its bytes are those received, then those sent; it is over at its event's time.
#[derive(Debug)]
pub(super) struct Turn {
    pub socket: SocketNumber,
    /// The recv() that returned, and when.
    pub call: CallNumber,
    pub at: Instant,
    /// Bytes that recv() asks for, those it got, and those that send() was given.
    pub asked: u32,
    pub received: u32,
    pub answer: u32,
    /// The next recv() has begun.
    pub goes_on: bool,
}

impl Event {
    /// How many events it stands for.
    pub fn count(&self) -> u64 {
        match self {
            Event::Turn(Turn { goes_on, .. }) => 2 + u64::from(*goes_on),
            _ => 1,
        }
    }
}

/// Events and their bytes, in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub items: Vec<Item>,
    pub bytes: Vec<u8>,
    /// Events that found no room after these.
    pub lost: u64,
}

impl Batch {
    pub fn clear(&mut self) {
        self.items.clear();
        self.bytes.clear();
        self.lost = 0;
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.lost == 0
    }

    /// Memory that the content takes, in bytes.
    fn size(&self) -> usize {
        self.items.len() * size_of::<Item>() + self.bytes.len()
    }

    pub fn push(&mut self, time: Instant, what: Event, bytes: &[u8]) {
        self.push_parts(time, what, [bytes]);
    }

    /// An event whose bytes come in parts.
    pub fn push_parts<const N: usize>(&mut self, time: Instant, what: Event, parts: [&[u8]; N]) {
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.items.push(Item { time, what, len: parts.iter().map(|part| part.len()).sum() });
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    /// The writer sleeps until somebody tells it.
    waiting: bool,
    finished: bool,
}

impl Queue {
    pub fn new(limit: usize) -> Self {
        Queue { state: Mutex::default(), wake: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `add` append `events` events with `bytes` bytes in all, or counts them as lost: never waits. What is
    /// `vital` (that there is a socket) is short and has twice the room, because the rest means nothing without it.
    pub fn push(&self, vital: bool, events: u64, bytes: usize, add: impl FnOnce(&mut Batch)) {
        let mut state = self.lock();
        let size = state.batch.size() + bytes + events as usize * size_of::<Item>();
        // Once something is lost, all is until the writer has caught up: the gap is in one place.
        let full = if vital { size > 2 * self.limit } else { state.batch.lost > 0 || size > self.limit };
        if full {
            state.batch.lost += events;
        } else {
            add(&mut state.batch);
        }
        if std::mem::take(&mut state.waiting) {
            drop(state);
            self.wake.notify_one();
        }
    }

    /// Waits for events and swaps them into `batch` (which is empty); false when there will be no more.
    pub fn take(&self, batch: &mut Batch) -> bool {
        let mut state = self.lock();
        while state.batch.is_empty() && !state.finished {
            state.waiting = true;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting = false;
        std::mem::swap(batch, &mut state.batch);
        !(state.finished && batch.is_empty())
    }

    /// No more events will come.
    pub fn finish(&self) {
        self.lock().finished = true;
        self.wake.notify_one();
    }

    pub fn finished(&self) -> bool {
        self.lock().finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(n: u64) -> Event {
        Event::Gone { socket: n }
    }

    #[test]
    fn results_come_back_and_events_are_small() {
        assert_eq!(Returned::value(7).get(), Ok(7));
        assert_eq!(Returned::error(Errno::EIO).get(), Err(Errno::EIO));
        assert_eq!((Asked::bytes(0).get(), Asked::NOTHING.get()), (Some(0), None));
        assert!(size_of::<Item>() <= 64, "{}", size_of::<Item>());
    }

    #[test]
    fn what_finds_no_room_is_counted_and_the_gap_is_in_one_place() {
        let queue = Queue::new(3 * size_of::<Item>() + 10);
        for n in 0..5 {
            queue.push(false, 1, 4, |batch| batch.push(Instant::START, gone(n), b"abcd"));
        }
        let mut batch = Batch::default();
        assert!(queue.take(&mut batch));
        assert_eq!((batch.items.len(), batch.bytes.len(), batch.lost), (2, 8, 3));
        batch.clear();
        queue.push(false, 1, 0, |batch| batch.push(Instant::START, gone(9), b""));
        assert!(queue.take(&mut batch));
        assert_eq!((batch.items.len(), batch.lost), (1, 0));
        batch.clear();
        queue.finish();
        assert!(!queue.take(&mut batch));
    }
}
