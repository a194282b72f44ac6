//! The last events of a recording that still grows: a trace that forgets what is long past, so that drawing it takes the same
//! time after a minute as after a day.

use super::code::Kind;
use super::file::{End, FileReader, ReadError};
use super::id::EventId;
use super::record::{Record, What};
use super::sink::Sink;
use super::store::Trace;

/// A recording read as it comes, of which the last events are kept.
///
/// ```
/// use framewire::time::Instant;
/// use framewire::trace::tail::Tail;
/// use framewire::trace::{FileWriter, Provenance, Record, Sink, What};
///
/// let mut writer = FileWriter::new();
/// let mut tail = Tail::new(100);
/// for n in 0..1000 {
///     let text = n.to_string();
///     writer.record(Record::new(Instant::from_nanos(n), Provenance::Observed, What::Note { text: &text }));
///     tail.feed(&writer.take())?;
/// }
/// assert_eq!(tail.events(), 1000);
/// assert!((100..=200).contains(&tail.trace().len()));
/// # Ok::<(), framewire::trace::ReadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tail {
    reader: FileReader,
    kept: Kept,
}

/// The sink behind the reader.
#[derive(Clone, Debug)]
struct Kept {
    trace: Trace,
    /// At least so many events are kept, and about twice as many at most.
    keep: usize,
    /// Events that came in all.
    seen: u32,
    /// Records in front that say who is there; behind them stand the last events, from number `base` on.
    front: u32,
    base: u32,
}

impl Tail {
    /// Keeps at least the last `keep` events, and who takes part in them.
    pub fn new(keep: usize) -> Self {
        let kept = Kept { trace: Trace::new(), keep: keep.max(1), seen: 0, front: 0, base: 0 };
        Tail { reader: FileReader::new(), kept }
    }

    /// Takes the file's next bytes.
    ///
    /// # Errors
    /// If they are no trace file's.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.reader.feed(bytes, &mut self.kept)
    }

    /// Keeps another number of events from now on.
    pub fn keep(&mut self, keep: usize) {
        self.kept.keep = keep.max(1);
    }

    /// The last events.
    pub fn trace(&self) -> &Trace {
        &self.kept.trace
    }

    /// What is kept, on its own: told anew, event by event, which for a tail is quick, and weighs less in the page than copying
    /// every column and table.
    pub fn snapshot(&self) -> Trace {
        let mut trace = Trace::new();
        for record in self.trace().records() {
            trace.record(record);
        }
        trace
    }

    /// How many events came in all.
    pub fn events(&self) -> u32 {
        self.kept.seen
    }

    /// How many of them are forgotten.
    pub fn forgotten(&self) -> u32 {
        self.kept.base
    }

    /// How the file stands.
    pub fn end(&self) -> End {
        self.reader.end()
    }
}

impl Sink for Kept {
    fn record(&mut self, record: Record<'_>) -> EventId {
        let (base, front) = (self.base, self.front);
        let cause = record.cause.and_then(|event| Some(EventId(event.0.checked_sub(base)? + front)));
        self.trace.record(Record { cause, ..record });
        let event = EventId(self.seen);
        self.seen = self.seen.saturating_add(1);
        if self.trace.len() > self.front as usize + 2 * self.keep {
            self.forget();
        }
        event
    }

    fn next_event(&self) -> EventId {
        EventId(self.seen)
    }
}

impl Kept {
    /// Makes the trace anew from its last events and those who take part in them.
    fn forget(&mut self) {
        let old = &self.trace;
        let cut = (old.len() - self.keep.min(old.len())) as u32;
        let cast = Cast::of(old, cut);
        let mut front: Vec<EventId> = (0..cut).map(EventId).filter(|&event| cast.stays(old, event)).collect();
        // However many connections are open: the picture shows the last of them.
        let extra = front.len().saturating_sub(self.keep);
        let mut passed = 0;
        front.retain(|&event| {
            let always = matches!(old.kind(event), Some(Kind::Clock | Kind::Host | Kind::Program));
            passed += usize::from(!always);
            always || passed > extra
        });
        let room = front.len() + 2 * self.keep;
        let mut trace = Trace::with_capacity(room, room / 3, 0);
        for &event in &front {
            if let Some(record) = old.record_of(event) {
                trace.record(Record { cause: None, ..record });
            }
        }
        let told = trace.len() as u32;
        for event in (cut..old.len() as u32).map(EventId) {
            let Some(record) = old.record_of(event) else { continue };
            let cause = record.cause.and_then(|event| Some(EventId(event.0.checked_sub(cut)? + told)));
            trace.record(Record { cause, ..record });
        }
        self.base = self.seen - (old.len() as u32 - cut);
        self.front = told;
        self.trace = trace;
    }
}

/// Who takes part in the events from a cut on, and in calls that were begun before and have not returned.
struct Cast {
    /// Sorted.
    sockets: Vec<u32>,
    /// Sorted.
    threads: Vec<u32>,
    cut: EventId,
}

impl Cast {
    fn of(trace: &Trace, cut: u32) -> Self {
        let cut = EventId(cut);
        let mut cast = Cast { sockets: Vec::new(), threads: Vec::new(), cut };
        for call in &trace.tables().calls {
            let goes_on = call.returned == EventId::NONE || call.returned >= cut;
            if goes_on {
                cast.sockets.extend(call.socket.map(|socket| socket.0));
                cast.threads.push(call.thread.0);
            }
        }
        // One that is none of a socket's stands among them and is never asked for.
        cast.sockets.extend(trace.columns().sockets(cut).map(|socket| socket.0));
        for numbers in [&mut cast.sockets, &mut cast.threads] {
            numbers.sort_unstable();
            numbers.dedup();
        }
        cast
    }

    fn stays(&self, trace: &Trace, event: EventId) -> bool {
        match trace.kind(event) {
            Some(Kind::Clock | Kind::Host | Kind::Program) => true,
            Some(Kind::Socket | Kind::SocketNamed) => {
                trace.socket_of(event).is_some_and(|socket| self.sockets.binary_search(&socket.0).is_ok())
            }
            Some(Kind::Thread) => matches!(trace.record_of(event).map(|record| record.what),
                Some(What::Thread { thread, .. }) if self.threads.binary_search(&thread.0).is_ok()),
            Some(Kind::CallBegun) => {
                let call = trace.call_row_of(event).and_then(|row| trace.tables().calls.get(row as usize));
                call.is_some_and(|call| call.returned == EventId::NONE || call.returned >= self.cut)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::time::Instant;
    use crate::trace::{
        Args, CallId, Data, FileWriter, HostId, Op, Outcome, ProgramId, Provenance, SocketId, ThreadId,
        Transport,
    };

    fn record(what: What<'_>, nanos: u64) -> Record<'_> {
        Record::new(Instant::from_nanos(nanos), Provenance::Observed, what)
    }

    fn begun(
        call: CallId,
        host: HostId,
        thread: ThreadId,
        socket: Option<SocketId>,
        op: Op,
    ) -> What<'static> {
        What::CallBegun { call, host, thread, socket, op, args: Args::default(), line: None, parent: None }
    }

    /// A server: each client sends a text and closes.
    fn server(clients: u32) -> Vec<u8> {
        let mut file = FileWriter::new();
        let (host, program) = (HostId(0), ProgramId(0));
        file.record(record(What::Clock { epoch_nanos: 7 }, 0));
        file.record(record(What::Host { host, name: "here", addresses: &[] }, 0));
        file.record(record(What::Program { program, host, name: "server", language: "", source: "" }, 0));
        let mut call = 0;
        for n in 0..clients {
            let (socket, thread, time) = (SocketId(n), ThreadId(n), u64::from(n) * 100);
            file.record(record(What::Thread { thread, host, program: Some(program), name: "" }, time));
            let (local, remote) =
                (Some(([127, 0, 0, 1], 80).into()), Some(([127, 0, 0, 1], 2000 + n as u16).into()));
            let transport = Transport::Tcp;
            file.record(record(
                What::Socket { socket, host, transport, local, remote, listener: None },
                time,
            ));
            for (op, text) in [(Op::Recv, "hello"), (Op::Close, "")] {
                let id = CallId(call);
                call += 1;
                let begun = begun(id, host, thread, Some(socket), op);
                let cause = file.record(record(begun, time + 1));
                let (outcome, data) = (Outcome::Value(text.len() as i64), Data::Bytes(text.as_bytes()));
                let back =
                    What::CallReturned { call: id, outcome, data, address: None, socket: None, truncated: 0 };
                file.record(record(back, time + 2).because(cause));
            }
        }
        file.take()
    }

    #[test]
    fn what_is_left_is_the_end_of_the_whole() {
        let bytes = server(500);
        let (whole, _) = crate::trace::read(&bytes).unwrap();
        let mut tail = Tail::new(60);
        for piece in bytes.chunks(97) {
            tail.feed(piece).unwrap();
        }
        assert_eq!(tail.events() as usize, whole.len());
        assert_eq!(tail.end(), End::Complete);
        let kept = tail.trace();
        assert!(tail.snapshot() == *kept);
        assert!(kept.len() < 400, "{}", kept.len());
        // Event by event from the end: the same, and causes point to the same events.
        for back in 1..=60 {
            let (ours, all) = (EventId((kept.len() - back) as u32), EventId((whole.len() - back) as u32));
            let (a, b) = (kept.record_of(ours).unwrap(), whole.record_of(all).unwrap());
            assert_eq!((a.time, a.what), (b.time, b.what), "{back} from the end");
            let distance = |event: EventId, cause: Option<EventId>| cause.map(|cause| event.0 - cause.0);
            assert_eq!(distance(ours, a.cause), distance(all, b.cause), "{back} from the end");
        }
        assert_eq!(kept.tables().hosts.len(), 1);
        assert_eq!(kept.epoch_nanos(), Some(7));
        let open: BTreeSet<u32> = kept.socket_ids().map(|socket| socket.0).collect();
        assert!(open.contains(&499) && !open.contains(&3), "sockets that are long closed are forgotten");
    }

    #[test]
    fn calls_that_go_on_stay_with_their_sockets() {
        let mut file = FileWriter::new();
        let host = HostId(0);
        let thread = ThreadId(5);
        file.record(record(What::Host { host, name: "here", addresses: &[] }, 0));
        file.record(record(What::Thread { thread, host, program: None, name: "main" }, 0));
        let socket = SocketId(9);
        let transport = Transport::Tcp;
        file.record(record(
            What::Socket { socket, host, transport, local: None, remote: None, listener: None },
            0,
        ));
        file.record(record(begun(CallId(0), host, thread, Some(socket), Op::Accept), 1));
        for n in 0..1000 {
            file.record(record(What::Note { text: "tick" }, 2 + n));
        }
        let mut tail = Tail::new(10);
        tail.feed(&file.take()).unwrap();
        let kept = tail.trace();
        assert!(tail.snapshot() == *kept);
        assert_eq!(kept.calls_open_at(EventId(kept.len() as u32 - 1)).count(), 1);
        assert_eq!((kept.tables().threads.len(), kept.tables().sockets.len()), (1, 1));
        assert!(kept.len() < 40);
        assert!(tail.forgotten() > 900);
    }

    #[test]
    fn ten_thousand_open_calls_do_not_keep_it_from_forgetting() {
        let mut file = FileWriter::new();
        for n in 0..10_000 {
            let what = begun(CallId(n), HostId(0), ThreadId(n), None, Op::Recv);
            file.record(record(what, u64::from(n)));
        }
        let mut tail = Tail::new(50);
        tail.feed(&file.take()).unwrap();
        assert!(tail.trace().len() <= 200, "{}", tail.trace().len());
        assert!(tail.feed(b"\x05\0\0\0 no chunk").is_ok());
        assert!(matches!(tail.end(), End::Damaged { .. } | End::Cut { .. }));
    }
}
