//! What the tracer sees, told in the trace's words.

use std::collections::BTreeMap;
use std::time::{Duration, Instant as Clock, SystemTime, UNIX_EPOCH};

use framewire::time::Instant;
use framewire::trace::{
    Args, CallId, Data, Errno, EventId, HostId, Op, Outcome, ProgramId, Provenance, Record, SocketId,
    ThreadId, What,
};
use nix::unistd::Pid;

use super::calls::{self, Begun};
use super::process::{self, Description};
use super::sockets::{Known, News, Sockets};
use super::store::Store;
use super::syscalls::Registers;
use super::watch::Watch;
use crate::capture::socket::PacketSocket;

/// How long the last packets of connections may take that were closed just now.
const LAST_PACKETS: Duration = Duration::from_millis(60);

/// A call under way.
#[derive(Debug)]
pub struct Open {
    call: CallId,
    host: HostId,
    thread: ThreadId,
    begun: Begun,
    socket: Option<SocketId>,
    cause: EventId,
    /// The registers at entry: on some processors the result overwrites the first argument.
    entry: Registers,
    /// The content is told when the call returns: it is too long to read more of it than was accepted, or in a file.
    content_later: bool,
}

impl Open {
    /// The system call's number.
    pub fn number(&self) -> i64 {
        self.entry.number
    }
}

/// Turns system calls into records.
#[derive(Debug)]
pub struct Journal<S> {
    store: S,
    start: Clock,
    /// At most so many octets of one call are kept.
    max_data: usize,
    sockets: Sockets,
    sent: BTreeMap<SocketId, u64>,
    hosts: BTreeMap<i32, (HostId, ProgramId)>,
    next_host: u16,
    threads: BTreeMap<i32, ThreadId>,
    threads_seen: u32,
    calls: u32,
    watch: Watch,
}

impl<S: Store> Journal<S> {
    /// Times count from now on. With a packet socket the packets of the program's connections are recorded too.
    pub fn new(store: S, max_data: usize, packets: Option<PacketSocket>) -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut journal = Journal {
            store,
            start: Clock::now(),
            max_data,
            sockets: Sockets::default(),
            sent: BTreeMap::new(),
            hosts: BTreeMap::new(),
            next_host: 0,
            threads: BTreeMap::new(),
            threads_seen: 0,
            calls: 0,
            watch: Watch::new(packets),
        };
        let epoch_nanos = u64::try_from(epoch.as_nanos()).unwrap_or(u64::MAX);
        journal.store.record(Record::new(Instant::START, Provenance::Observed, What::Clock { epoch_nanos }));
        journal
    }

    /// At the end: the store, how many calls were recorded, and how many packets if they were. The last packets of
    /// connections that were closed just now are waited for.
    pub fn finish(mut self) -> (S, u32, Option<u32>) {
        if self.watch.listens() {
            std::thread::sleep(LAST_PACKETS);
            self.catch_up();
        }
        let packets = self.watch.listens().then(|| self.watch.count());
        (self.store, self.calls, packets)
    }

    /// Nothing is happening just now.
    pub fn settle(&mut self) {
        self.catch_up();
        self.store.settle();
    }

    /// Records the packets that have come since the last call.
    fn catch_up(&mut self) {
        if !self.watch.listens() {
            return;
        }
        while self.watch.hear() {
            // A connect() under way may have given its socket an address that we have not heard of: before its first packet was
            // sent, so that it is known to who looks after having heard that.
            for (process, descriptor) in self.watch.naming() {
                self.look(process, descriptor, None);
            }
            let now = self.now();
            self.watch.take(now, &mut self.store, &mut self.next_host);
        }
        let now = self.now();
        self.watch.take_drops(now, &mut self.store);
    }

    fn now(&self) -> Instant {
        Instant::from_nanos(self.start.elapsed().as_nanos() as u64)
    }

    fn tell(&mut self, what: What<'_>) -> EventId {
        self.store.record(Record::new(self.now(), Provenance::Observed, what))
    }

    /// A thread is about to enter a call. `None`: of no interest, let it run.
    pub fn enter(&mut self, process: Pid, thread: Pid, entry: Registers) -> Option<Open> {
        let begun = calls::begin(process, &entry)?;
        self.catch_up();
        let socket = match begun.op {
            Op::Socket => None,
            Op::Poll => {
                let polled = calls::polled(process, &entry);
                let found = polled.iter().find_map(|&descriptor| self.socket(process, descriptor));
                let may_be_ours = polled.is_empty() && self.hosts.contains_key(&process.as_raw());
                if found.is_none() && !may_be_ours {
                    return None;
                }
                found
            }
            _ => Some(self.socket(process, begun.descriptor)?),
        };
        if let Some(socket) = socket.filter(|_| self.watch.listens()) {
            let known = self.sockets.get(process, begun.descriptor);
            let unnamed = known.is_none_or(|(known, _)| known.local.is_none());
            self.watch.begins(thread, (begun.op, unnamed), (process, begun.descriptor), socket);
        }
        let (host, thread) = self.place(process, thread);
        let call = CallId(self.calls);
        self.calls += 1;
        // Whole where it is short; else only what was accepted, once that is known.
        let content_later = begun.sends() && (begun.op == Op::SendFile || begun.size.unwrap_or(0) > 65_536);
        let bytes = match begun.size {
            Some(size) if begun.sends() && !content_later => begun.bytes(process, size as usize),
            _ => None,
        };
        let data = match (&bytes, begun.sends()) {
            (Some(bytes), _) => Data::Bytes(bytes),
            (None, true) => Data::Unknown { len: begun.size.unwrap_or(0) },
            (None, false) => Data::NONE,
        };
        let args = Args {
            size: begun.size,
            address: begun.address,
            how: begun.how,
            duration: begun.wait,
            text: begun.text,
            data,
        };
        let what =
            What::CallBegun { call, host, thread, socket, op: begun.op, args, line: None, parent: None };
        let cause = self.tell(what);
        Some(Open { call, host, thread, begun, socket, cause, entry, content_later })
    }

    /// The call returned.
    pub fn leave(&mut self, process: Pid, thread: Pid, open: Open, exit: &Registers) {
        self.catch_up();
        self.watch.ends(thread);
        if matches!(open.begun.op, Op::SendMmsg | Op::RecvMmsg) {
            self.batch(process, &open, exit.result);
        }
        let Open { call, begun, socket, cause, content_later, .. } = open;
        let mut outcome = match exit.outcome() {
            Ok(value) => Outcome::Value(value),
            Err(errno) => Outcome::Errno(Errno(errno)),
        };
        let value = exit.outcome().unwrap_or(-1);
        let mut fresh = None;
        match begun.op {
            Op::Socket | Op::Accept if value >= 0 => {
                self.sockets.forget(process, value as i32);
                let listener = if begun.op == Op::Accept { socket } else { None };
                fresh = self.look(process, value as i32, listener);
            }
            Op::Bind | Op::Listen | Op::Connect | Op::SendTo if socket.is_some() => {
                self.look(process, begun.descriptor, None);
            }
            Op::Close => self.sockets.forget(process, begun.descriptor),
            Op::GetSockOpt if value >= 0 => {
                // SO_ERROR: how a connect() that did not wait has ended.
                let error = begun.bytes(process, 4).and_then(|b| Some(i32::from_ne_bytes(*b.first_chunk()?)));
                if let Some(errno) = error.filter(|&errno| errno != 0) {
                    outcome = Outcome::Errno(Errno(errno as u16));
                }
            }
            _ => {}
        }
        let bytes = if begun.receives() && value > 0 { self.content(process, &begun, value) } else { None };
        let data = match &bytes {
            Some(bytes) => Data::Bytes(bytes),
            None if begun.receives() && value > 0 => Data::Unknown { len: value as u64 },
            None => Data::NONE,
        };
        let address = if value >= 0 { begun.peer_address(process) } else { None };
        let what = What::CallReturned { call, outcome, data, address, socket: fresh, truncated: 0 };
        let record = Record::new(self.now(), Provenance::Observed, what).because(cause);
        let returned = self.store.record(record);
        let closes = matches!(begun.op, Op::Close | Op::Poll | Op::Listen | Op::Bind);
        if let Some(socket) = socket.filter(|_| !closes && begun.op != Op::Accept) {
            self.sample(process, begun.descriptor, socket, returned);
        }
        if let Some(socket) = fresh.filter(|_| begun.op == Op::Accept) {
            self.sample(process, value as i32, socket, returned);
        }
        if let Some(socket) = socket.filter(|_| begun.sends() && value > 0) {
            self.sent_content(process, &begun, socket, value, content_later);
        }
    }

    /// Tells what has changed in the kernel's own account of a connection.
    fn sample(&mut self, process: Pid, descriptor: i32, socket: SocketId, cause: EventId) {
        let now = self.now();
        if !self.watch.sample_is_due(socket, now) {
            return;
        }
        let Some(ours) = self.sockets.borrow(process, descriptor) else { return };
        for (var, old, new) in self.watch.sampled(socket, now, &ours) {
            let what = What::VarChange { socket, var, old, new, rule: None };
            self.store.record(Record::new(now, Provenance::Observed, what).because(cause));
        }
    }

    /// Counts what was sent, and tells its content if that has not been told.
    fn sent_content(&mut self, process: Pid, begun: &Begun, socket: SocketId, len: i64, untold: bool) {
        let offset = *self.sent.entry(socket).and_modify(|sent| *sent += len as u64).or_insert(len as u64);
        let offset = offset - len as u64;
        if !untold {
            return;
        }
        if let Some(bytes) = self.content(process, begun, len) {
            self.tell(What::StreamBytes { socket, sent: true, offset, data: Data::Bytes(&bytes) });
        }
    }

    /// The first `len` octets of the call's buffers, unless that is more than is kept.
    fn content(&self, process: Pid, begun: &Begun, len: i64) -> Option<Vec<u8>> {
        let len = usize::try_from(len).ok().filter(|&len| len <= self.max_data)?;
        begun.bytes(process, len).filter(|bytes| bytes.len() == len)
    }

    /// Each message of a batch is a call within the call.
    fn batch(&mut self, process: Pid, batch: &Open, count: i64) {
        let &Open { host, thread, socket, .. } = batch;
        for (begun, len) in calls::messages(process, &batch.entry, count) {
            let call = CallId(self.calls);
            self.calls += 1;
            let bytes = self.content(process, &begun, len as i64);
            let data = bytes.as_deref().map_or(Data::Unknown { len }, Data::Bytes);
            let given = if begun.sends() { data } else { Data::NONE };
            let taken = if begun.sends() { Data::NONE } else { data };
            let args = Args { size: begun.size, address: begun.address, data: given, ..Args::default() };
            let op = begun.op;
            let parent = Some(batch.call);
            self.tell(What::CallBegun { call, host, thread, socket, op, args, line: None, parent });
            let address = begun.peer_address(process);
            let outcome = Outcome::Value(len as i64);
            self.tell(What::CallReturned { call, outcome, data: taken, address, socket: None, truncated: 0 });
            if let Some(socket) = socket.filter(|_| begun.sends()) {
                *self.sent.entry(socket).or_default() += len;
            }
        }
    }

    /// The program became another one, or ended.
    pub fn replaced(&mut self, process: Pid) {
        self.sockets.forget_all(process);
    }

    /// A thread ended; a process with its first thread.
    pub fn ended(&mut self, process: Pid, thread: Pid) {
        self.threads.remove(&thread.as_raw());
        if process == thread {
            self.sockets.bury(process);
        }
    }

    /// A descriptor was closed or replaced behind our back.
    pub fn forget_descriptor(&mut self, process: Pid, descriptor: i32) {
        self.sockets.forget(process, descriptor);
    }

    fn socket(&mut self, process: Pid, descriptor: i32) -> Option<SocketId> {
        let (known, news) = self.sockets.get(process, descriptor)?;
        self.announce(process, known, news, None);
        Some(known.id)
    }

    fn look(&mut self, process: Pid, descriptor: i32, listener: Option<SocketId>) -> Option<SocketId> {
        let (known, news) = self.sockets.look(process, descriptor)?;
        self.announce(process, known, news, listener);
        Some(known.id)
    }

    fn announce(&mut self, process: Pid, known: Known, news: News, listener: Option<SocketId>) {
        let Known { id: socket, transport, local, remote } = known;
        if news != News::None {
            let (host, _) = self.place(process, process);
            self.watch.named(host, &known);
        }
        match news {
            News::New => {
                let (host, _) = self.place(process, process);
                self.tell(What::Socket { socket, host, transport, local, remote, listener });
            }
            News::Named => {
                self.tell(What::SocketNamed { socket, local, remote });
            }
            News::None => {}
        }
    }

    /// The lifeline of a process and the thread on it, made when first needed.
    fn place(&mut self, process: Pid, thread: Pid) -> (HostId, ThreadId) {
        let (host, program) = match self.hosts.get(&process.as_raw()) {
            Some(&known) => known,
            None => {
                let (host, program) = (HostId(self.next_host), ProgramId(self.hosts.len() as u32));
                self.next_host += 1;
                let Description { name, language, source } = process::describe(process);
                self.tell(What::Host { host, name: &name, addresses: &[] });
                let (name, language, source) = (name.as_str(), language, source.as_str());
                self.tell(What::Program { program, host, name, language, source });
                self.hosts.insert(process.as_raw(), (host, program));
                (host, program)
            }
        };
        let thread = match self.threads.get(&thread.as_raw()) {
            Some(&known) => known,
            None => {
                let number = ThreadId(self.threads_seen);
                self.threads_seen += 1;
                let name = process::thread_name(process, thread);
                let program = Some(program);
                self.tell(What::Thread { thread: number, host, program, name: &name });
                self.threads.insert(thread.as_raw(), number);
                number
            }
        };
        (host, thread)
    }
}
