//! Records on their way to a trace that another thread writes, so that a long run goes on meanwhile: most of what recording
//! costs is memory that nobody has touched before.
//!
//! It is the core's only thread. What it writes depends on the records and their order alone, never on when it comes to it.

mod batch;
mod borrowed;

use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::trace::id::EventId;
use crate::trace::record::Record;
use crate::trace::sink::{Changes, Sink, Watched, without_octets};
use crate::trace::store::Trace;
use batch::Batch;

/// So many batches there are beside the one that is being filled.
const BATCHES: usize = 4;

/// A sink whose records another thread writes into a trace, in the order in which they come.
#[derive(Debug)]
pub struct Courier<'a> {
    next: EventId,
    batch: Batch,
    idle: Vec<Batch>,
    /// How many are neither here nor written.
    under_way: usize,
    out: SyncSender<Batch>,
    back: Receiver<Batch>,
    trace: &'a Mutex<Trace>,
}

/// Lets `work` record into `trace`; gives the trace with all of it, and what the work gave. Where the system has no further
/// thread to give, nothing is done: `None`.
pub fn by_courier<T>(trace: Trace, work: impl FnOnce(&mut Courier<'_>) -> T) -> (Trace, Option<T>) {
    let next = Sink::next_event(&trace);
    let shared = Mutex::new(trace);
    let trace = &shared;
    let result = thread::scope(|scope| {
        let (out, full) = sync_channel::<Batch>(BATCHES);
        let (written, back) = sync_channel::<Batch>(BATCHES + 1);
        let write = move || {
            for mut batch in full {
                batch.write(&mut trace.lock().unwrap_or_else(PoisonError::into_inner));
                batch.clear();
                // Nobody takes it back once the work is done.
                let _ = written.send(batch);
            }
        };
        thread::Builder::new().name("trace".into()).spawn_scoped(scope, write).ok()?;
        let idle = (0..BATCHES).map(|_| Batch::default()).collect();
        let batch = Batch::default();
        let mut courier = Courier { next, batch, idle, under_way: 0, out, back, trace };
        let result = work(&mut courier);
        courier.send();
        Some(result)
    });
    (shared.into_inner().unwrap_or_else(PoisonError::into_inner), result)
}

/// Whether the machine has more than one processor: a thread's work beside another's takes no time of its own then.
pub fn has_processors() -> bool {
    thread::available_parallelism().is_ok_and(|processors| processors.get() > 1)
}

impl Courier<'_> {
    /// Counts events that the batch has taken in.
    #[inline]
    fn count(&mut self, events: u32) -> EventId {
        let first = self.next;
        self.next.0 = self.next.0.saturating_add(events);
        if self.batch.is_full() {
            self.send();
        }
        first
    }

    #[inline(never)]
    fn send(&mut self) {
        let empty = self.idle.pop().unwrap_or_else(|| self.wait());
        // It fails only when the writer has panicked; that comes out where it is joined.
        let _ = self.out.send(std::mem::replace(&mut self.batch, empty));
        self.under_way += 1;
    }

    /// Waits for a batch that is written.
    fn wait(&mut self) -> Batch {
        self.under_way -= 1;
        self.back.recv().unwrap_or_default()
    }
}

impl Sink for Courier<'_> {
    #[inline]
    fn wants_text(&self) -> bool {
        false
    }

    #[inline(always)]
    fn record(&mut self, record: Record<'_>) -> EventId {
        self.batch.push(record, None);
        self.count(1)
    }

    /// Text that the stream has stays here.
    #[inline]
    fn record_sent(&mut self, record: Record<'_>, text: Option<Range<u64>>) -> EventId {
        self.batch.push(record, text);
        self.count(1)
    }

    /// The octets stay here.
    fn record_received(&mut self, record: Record<'_>) -> EventId {
        self.record(without_octets(record))
    }

    fn next_event(&self) -> EventId {
        self.next
    }

    fn record_changes(&mut self, changes: &Changes<'_>) {
        let count = self.batch.push_changes(changes);
        self.count(count);
    }
}

impl Watched for Courier<'_> {
    /// Waits until all that was recorded is written.
    fn look<T>(&mut self, look: impl FnOnce(&Trace) -> T) -> T {
        self.send();
        while self.under_way > 0 {
            let batch = self.wait();
            self.idle.push(batch);
        }
        look(&self.trace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
