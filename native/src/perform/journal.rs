//! What happens on the stage, as one trace: calls with their lines, the kernel's account, and packets where they may be heard.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant as Clock, SystemTime, UNIX_EPOCH};

use framewire::time::Instant;
use framewire::trace::{
    Args, CallId, EventId, HostId, Op, Outcome, ProgramId, Provenance, Record, Sink, SocketId, ThreadId,
    Trace, Transport, What,
};

use crate::capture::socket::PacketSocket;
use crate::observe::sockets::Known;
use crate::observe::store::{Store, TraceFile};
use crate::observe::watch::Watch;

/// A trace in memory, and the same in a file if one is wanted.
struct Both {
    trace: Trace,
    file: Option<TraceFile>,
}

impl Sink for Both {
    fn record(&mut self, record: Record<'_>) -> EventId {
        if let Some(file) = &mut self.file {
            file.record(record);
        }
        self.trace.record(record)
    }

    fn next_event(&self) -> EventId {
        Sink::next_event(&self.trace)
    }
}

/// Who makes a call, and where in the source.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The lifeline.
    pub host: HostId,
    /// The thread.
    pub thread: ThreadId,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The call that this one is part of.
    pub parent: Option<CallId>,
}

struct Inner {
    sink: Both,
    watch: Watch,
    next_host: u16,
    sockets: u32,
    calls: u32,
    threads: u32,
}

/// The record of a performance, told by all threads.
pub struct Journal {
    inner: Mutex<Inner>,
    start: Clock,
}

impl Journal {
    /// Begins, with a file and packets if there are any.
    pub fn new(file: Option<TraceFile>, packets: Option<PacketSocket>) -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let inner = Inner {
            sink: Both { trace: Trace::new(), file },
            watch: Watch::new(packets),
            next_host: 0,
            sockets: 0,
            calls: 0,
            threads: 0,
        };
        let journal = Journal { inner: Mutex::new(inner), start: Clock::now() };
        journal.tell(What::Clock { epoch_nanos: u64::try_from(epoch.as_nanos()).unwrap_or(u64::MAX) }, None);
        journal
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago it began.
    pub fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Records what happens now, behind the packets that came before.
    pub fn tell(&self, what: What<'_>, cause: Option<EventId>) -> EventId {
        let mut inner = self.lock();
        self.tell_locked(&mut inner, what, cause)
    }

    fn tell_locked(&self, inner: &mut Inner, what: What<'_>, cause: Option<EventId>) -> EventId {
        self.catch_up(inner);
        inner.sink.record(Record { time: self.now(), provenance: Provenance::Observed, cause, what })
    }

    /// Records the packets that have come.
    fn catch_up(&self, inner: &mut Inner) {
        let Inner { watch, sink, next_host, .. } = inner;
        while watch.hear() {
            watch.take(self.now(), sink, next_host);
        }
        watch.take_drops(self.now(), sink);
    }

    /// Takes the packets that have come, and brings everything to the file.
    pub fn settle(&self) {
        let mut inner = self.lock();
        self.catch_up(&mut inner);
        if let Some(file) = &mut inner.sink.file {
            file.settle();
        }
    }

    /// A lifeline, in the order of the scenario.
    pub fn host(&self, name: &str, address: IpAddr) -> HostId {
        let mut inner = self.lock();
        let host = HostId(inner.next_host);
        inner.next_host += 1;
        self.tell_locked(&mut inner, What::Host { host, name, addresses: &[address] }, None);
        host
    }

    /// A program with its source.
    pub fn program(&self, program: ProgramId, host: HostId, name: &str, source: &str) {
        self.tell(What::Program { program, host, name, language: "python", source }, None);
    }

    /// A thread of a program.
    pub fn thread(&self, host: HostId, program: ProgramId, name: &str) -> ThreadId {
        let mut inner = self.lock();
        let thread = ThreadId(inner.threads);
        inner.threads += 1;
        self.tell_locked(&mut inner, What::Thread { thread, host, program: Some(program), name }, None);
        thread
    }

    /// A socket, made by socket() or (with a listener) by accept().
    pub fn socket(
        &self,
        host: HostId,
        transport: Transport,
        [local, remote]: [Option<SocketAddr>; 2],
        listener: Option<SocketId>,
    ) -> SocketId {
        let mut inner = self.lock();
        let socket = SocketId(inner.sockets);
        inner.sockets += 1;
        self.tell_locked(&mut inner, What::Socket { socket, host, transport, local, remote, listener }, None);
        inner.watch.named(host, &Known { id: socket, transport, local, remote });
        socket
    }

    /// A socket has got addresses. What is only about to be (a connection that is being made) is told to the packets alone.
    pub fn named(
        &self,
        host: HostId,
        socket: SocketId,
        transport: Transport,
        [local, remote]: [Option<SocketAddr>; 2],
        tell: bool,
    ) {
        let mut inner = self.lock();
        inner.watch.named(host, &Known { id: socket, transport, local, remote });
        if tell {
            self.tell_locked(&mut inner, What::SocketNamed { socket, local, remote }, None);
        }
    }

    /// A call begins.
    pub fn begun(&self, by: Caller, socket: Option<SocketId>, op: Op, args: Args<'_>) -> (CallId, EventId) {
        let mut inner = self.lock();
        let call = CallId(inner.calls);
        inner.calls += 1;
        let Caller { host, thread, line, parent } = by;
        let what = What::CallBegun { call, host, thread, socket, op, args, line, parent };
        (call, self.tell_locked(&mut inner, what, None))
    }

    /// A call that is made of others has ended.
    pub fn ended(&self, (call, begun): (CallId, EventId), outcome: Outcome<'_>) {
        let data = framewire::trace::Data::NONE;
        let what = What::CallReturned { call, outcome, data, address: None, socket: None, truncated: 0 };
        self.tell(what, Some(begun));
    }

    /// Tells what has changed in the kernel's account of a connection.
    pub fn sample(&self, socket: SocketId, ours: &impl AsFd, cause: EventId) {
        let mut inner = self.lock();
        let now = self.now();
        if !inner.watch.sample_is_due(socket, now) {
            return;
        }
        for (var, old, new) in inner.watch.sampled(socket, now, ours) {
            let what = What::VarChange { socket, var, old, new, rule: None };
            let record = Record { time: now, provenance: Provenance::Observed, cause: Some(cause), what };
            inner.sink.record(record);
        }
    }

    /// The whole, with how many packets were heard, if any could be.
    ///
    /// # Errors
    /// When the file took not everything.
    pub fn finish(self) -> std::io::Result<(Trace, Option<u32>)> {
        self.settle();
        let inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        let packets = inner.watch.listens().then(|| inner.watch.count());
        if let Some(file) = inner.sink.file {
            file.finish()?;
        }
        Ok((inner.sink.trace, packets))
    }
}
