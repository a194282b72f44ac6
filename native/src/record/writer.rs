//! Turns queued events into records of the trace and writes them, file after file.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use framewire::framing::Framing;
use framewire::time::Instant;
use framewire::trace::{
    Args, CallId, Data, Errno, HostId, How, Op, Outcome, ProgramId, Provenance, Record, SocketId, ThreadId,
    Transport, What,
};

use super::RecorderOptions;
use super::file::{Flushed, TraceFile};
use super::frames::Lane;
use super::queue::{Batch, CallNumber, Event, Item, SocketNumber};

const HOST: HostId = HostId(0);
const PROGRAM: ProgramId = ProgramId(0);
/// Calls socket(), bind(), accept(); each accepted connection is served by a thread of its own.
const MAIN_THREAD: ThreadId = ThreadId(0);

/// A socket that is open.
#[derive(Debug)]
struct Live {
    transport: Transport,
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    listener: Option<SocketNumber>,
    /// What it receives and what it sends, when the stream has frames.
    lanes: Option<Box<[Lane; 2]>>,
}

/// What the current file has been told, under the numbers it uses.
#[derive(Debug, Default)]
struct Told {
    sockets: HashMap<SocketNumber, Known>,
    next_socket: u32,
    next_call: u32,
}

/// A socket by its number in the file.
#[derive(Clone, Copy, Debug)]
struct Known {
    socket: SocketId,
    thread: ThreadId,
    /// The call that has begun and not returned: a socket has at most one here.
    open: Option<(CallNumber, CallId)>,
}

/// Writes a recording.
#[derive(Debug)]
pub(super) struct Writer {
    options: RecorderOptions,
    framing: Option<Framing>,
    file: TraceFile,
    live: HashMap<SocketNumber, Live>,
    told: Told,
    introduced: bool,
    /// Events that could not be written since the file last took some.
    missed: u64,
}

fn observed(time: Instant, what: What<'_>) -> Record<'_> {
    Record::new(time, Provenance::Observed, what)
}

impl Writer {
    /// Makes the file.
    pub fn create(path: &Path, options: RecorderOptions) -> io::Result<Self> {
        let file = TraceFile::create(path, options.rotate_at, options.keep)?;
        let mut writer = Writer {
            framing: options.framing.parse().ok().filter(|f| !matches!(f, Framing::None | Framing::Datagram)),
            options,
            file,
            live: HashMap::new(),
            told: Told::default(),
            introduced: false,
            missed: 0,
        };
        writer.introduce(Instant::START);
        writer.introduced = writer.file.flush() != Flushed::Failed;
        Ok(writer)
    }

    /// What every file begins with: the host, the program, its first thread.
    fn introduce(&mut self, time: Instant) {
        self.told = Told::default();
        self.introduced = true;
        let name = hostname();
        self.file.record(observed(time, What::Host { host: HOST, name: &name, addresses: &[] }));
        let program = What::Program {
            program: PROGRAM,
            host: HOST,
            name: &self.options.program,
            language: "",
            source: "",
        };
        self.file.record(observed(time, program));
        self.thread(time, MAIN_THREAD, "");
    }

    fn thread(&mut self, time: Instant, thread: ThreadId, name: &str) {
        self.file.record(observed(time, What::Thread { thread, host: HOST, program: Some(PROGRAM), name }));
    }

    /// Writes a batch; afterwards it is on its way to the disk.
    pub fn write(&mut self, batch: &Batch) {
        let mut last = batch.items.first().map_or(Instant::START, |item| item.time);
        if !self.file.ready() {
            for item in &batch.items {
                self.track(item);
            }
            self.missed += batch.items.len() as u64 + batch.lost;
            self.lose_frames();
            return;
        }
        if !self.introduced {
            self.introduce(last);
        }
        if self.missed > 0 {
            self.file.record(observed(last, What::Lost { events: self.missed }));
        }
        let mut bytes = batch.bytes.as_slice();
        for item in &batch.items {
            let (data, rest) = bytes.split_at_checked(item.len).unwrap_or((bytes, &[]));
            bytes = rest;
            last = item.time;
            self.track(item);
            self.item(item, data);
        }
        if batch.lost > 0 {
            self.file.record(observed(last, What::Lost { events: batch.lost }));
            self.lose_frames();
            tracing::warn!(events = batch.lost, "the recorder could not keep up: the recording has a gap");
        }
        match self.file.flush() {
            Flushed::Written => self.missed = 0,
            Flushed::Rotated => {
                self.missed = 0;
                self.introduce(last);
            }
            Flushed::Failed => {
                self.missed += batch.items.len() as u64 + batch.lost;
                // What was told is not in the file: later events tell of their sockets and calls anew.
                self.told.sockets.clear();
                self.lose_frames();
                self.introduced = !self.file.is_new();
            }
        }
    }

    /// The last words.
    pub fn finish(mut self) {
        if self.missed > 0 {
            tracing::error!(events = self.missed, "these events are missing at the end of the recording");
        }
        self.file.flush();
    }

    /// Keeps the list of open sockets, also while nothing can be written.
    fn track(&mut self, item: &Item) {
        match item.what {
            Event::Socket { socket, transport, local, remote, listener } => {
                let framing = self.framing.as_ref().filter(|_| transport == Transport::Tcp);
                let lanes = framing.map(|framing| Box::new([Lane::new(framing), Lane::new(framing)]));
                self.live.insert(socket, Live { transport, local, remote, listener, lanes });
            }
            Event::Named { socket, local, remote } => {
                if let Some(live) = self.live.get_mut(&socket) {
                    (live.local, live.remote) = (local, remote);
                }
            }
            Event::Gone { socket } => {
                self.live.remove(&socket);
            }
            Event::Begun { .. } | Event::Call { .. } | Event::Returned { .. } => {}
        }
    }

    /// The numbers of a socket and its thread in this file; tells the file of it if it has not heard yet.
    fn told(&mut self, time: Instant, number: SocketNumber) -> Known {
        if let Some(&told) = self.told.sockets.get(&number) {
            return told;
        }
        let live = self.live.get(&number);
        let accepted = live.is_some_and(|live| live.listener.is_some());
        let transport = live.map_or(Transport::Tcp, |live| live.transport);
        let (local, remote) = live.map_or((None, None), |live| (live.local, live.remote));
        let listener = live
            .and_then(|live| live.listener)
            .filter(|listener| self.live.contains_key(listener))
            .map(|listener| self.told(time, listener).socket);
        if let Some(lanes) = self.live.get_mut(&number).and_then(|live| live.lanes.as_mut()) {
            lanes.iter_mut().for_each(Lane::rebase);
        }
        let socket = SocketId(self.told.next_socket);
        self.told.next_socket += 1;
        let thread = if accepted { ThreadId(socket.0 + 1) } else { MAIN_THREAD };
        let known = Known { socket, thread, open: None };
        self.told.sockets.insert(number, known);
        if accepted {
            let name = remote.map(|peer| peer.to_string()).unwrap_or_default();
            self.thread(time, thread, &name);
        }
        let what = What::Socket { socket, host: HOST, transport, local, remote, listener };
        self.file.record(observed(time, what));
        known
    }

    fn item(&mut self, item: &Item, data: &[u8]) {
        let time = item.time;
        match item.what {
            Event::Socket { socket, .. } => {
                self.told(time, socket);
            }
            Event::Named { socket, local, remote } => {
                let socket = self.told(time, socket).socket;
                self.file.record(observed(time, What::SocketNamed { socket, local, remote }));
            }
            Event::Begun { call, socket, op, size, address } => {
                let id = self.begin(time, socket, op, (size, address, data));
                if let Some(known) = self.told.sockets.get_mut(&socket) {
                    known.open = Some((call, id));
                }
            }
            Event::Call { socket: number, op, size, address, value } => {
                let sent = data;
                let call = self.begin(time, number, op, (size, address, data));
                let outcome = outcome(value);
                let (data, address, socket, truncated) = (Data::NONE, None, None, 0);
                let what = What::CallReturned { call, outcome, data, address, socket, truncated };
                self.file.record(observed(time, what));
                self.frames(time, number, true, sent);
            }
            Event::Returned { call, socket: number, op, value, address, made, truncated } => {
                let known = self.told.sockets.get_mut(&number);
                let open = known.and_then(|known| known.open.take()).filter(|(number, _)| *number == call);
                // Without a begin, that was lost or stands in an earlier file.
                let call = match open {
                    Some((_, id)) => id,
                    None => self.begin(time, number, op, (None, None, &[])),
                };
                let made = made.map(|made| self.told(time, made).socket);
                let outcome = match made {
                    Some(made) => Outcome::Value(i64::from(made.0)),
                    None => outcome(value),
                };
                let (received, data) = (data, Data::Bytes(data));
                let what = What::CallReturned { call, outcome, data, address, socket: made, truncated };
                self.file.record(observed(time, what));
                self.frames(time, number, false, received);
            }
            Event::Gone { socket } => {
                self.told.sockets.remove(&socket);
            }
        }
    }

    /// Tells of the frames that these bytes of a socket's stream complete.
    fn frames(&mut self, time: Instant, number: SocketNumber, sent: bool, bytes: &[u8]) {
        let Some(Known { socket, .. }) = self.told.sockets.get(&number).copied() else { return };
        let lanes = self.live.get_mut(&number).and_then(|live| live.lanes.as_mut());
        let (Some(lanes), false) = (lanes, bytes.is_empty()) else { return };
        let (file, framing) = (&mut self.file, self.options.framing.as_str());
        lanes[usize::from(sent)].feed(bytes, |found| {
            let (roles, error) = (found.roles.as_slice(), found.error.as_deref());
            let (start, end) = (found.start, found.end);
            file.record(observed(
                time,
                What::FrameDecoded { socket, sent, framing, start, end, roles, error },
            ));
        });
    }

    /// Bytes are missing: where frames begin is not known any more.
    fn lose_frames(&mut self) {
        for lanes in self.live.values_mut().filter_map(|live| live.lanes.as_mut()) {
            lanes.iter_mut().for_each(Lane::lose);
        }
    }

    fn begin(
        &mut self,
        time: Instant,
        socket: SocketNumber,
        op: Op,
        (size, address, data): (Option<u64>, Option<SocketAddr>, &[u8]),
    ) -> CallId {
        let Known { socket, thread, .. } = self.told(time, socket);
        let call = CallId(self.told.next_call);
        self.told.next_call += 1;
        let how = (op == Op::Shutdown).then_some(How::Write);
        let args = Args { size, address, how, data: Data::Bytes(data), ..Args::default() };
        let (host, socket) = (HOST, Some(socket));
        let what = What::CallBegun { call, host, thread, socket, op, args, line: None, parent: None };
        self.file.record(observed(time, what));
        call
    }
}

fn outcome(value: Result<i64, Errno>) -> Outcome<'static> {
    match value {
        Ok(value) => Outcome::Value(value),
        Err(errno) => Outcome::Errno(errno),
    }
}

/// This machine's name, or `this host`.
fn hostname() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this host".to_owned())
}
