//! Turns queued events into records of the trace and writes them, file after file.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use framewire::framing::Framing;
use framewire::time::Instant;
use framewire::trace::{Outcome, ProgramId, SocketId, ThreadId, Transport, What};

use super::RecorderOptions;
use super::at::{At, HOST, Known, observed, outcome};
use super::file::{Flushed, TraceFile};
use super::frames::{Alike, Lane};
use super::queue::{Batch, Event, Extra, Item, Made, SocketNumber};

const PROGRAM: ProgramId = ProgramId(0);
/// Calls socket(), bind(), accept(); each accepted connection is served by a thread of its own.
const MAIN_THREAD: ThreadId = ThreadId(0);

/// When the disk is full, no more than a piece of about so many bytes is lost for want of room.
const PIECE: usize = 16 << 10;
/// Bytes that are written at once: by 16 KiB they would cost the system twice as much.
const WRITE: usize = 128 << 10;

/// Numbers that count up need no hash against malice: the multiplication spreads them over all bits.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A socket that is open.
#[derive(Debug)]
struct Live {
    transport: Transport,
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    listener: Option<SocketNumber>,
    /// What it receives and what it sends, when the stream has frames.
    lanes: Option<Box<[Lane; 2]>>,
    /// Its numbers in the file of that number: a later file has not heard of it.
    known: Option<(u64, Known)>,
}

impl Live {
    fn new(transport: Transport) -> Self {
        Live { transport, local: None, remote: None, listener: None, lanes: None, known: None }
    }
}

/// What the current file has been told.
#[derive(Debug, Default)]
struct Told {
    /// Counts the files, and the times when one forgot what it had been told.
    file: u64,
    sockets: u32,
    calls: u32,
}

/// Writes a recording.
#[derive(Debug)]
pub(super) struct Writer {
    options: RecorderOptions,
    epoch_nanos: u64,
    framing: Option<Framing>,
    alike: Alike,
    file: TraceFile,
    live: HashMap<SocketNumber, Live, BuildHasherDefault<Spread>>,
    told: Told,
    introduced: bool,
    /// Events that could not be written since the file last took some.
    missed: u64,
}

impl Writer {
    /// Makes the file; `epoch_nanos` is what the clock on the wall says when the recording's clock shows 0.
    pub fn create(path: &Path, options: RecorderOptions, epoch_nanos: u64) -> io::Result<Self> {
        let file = TraceFile::create(path, options.rotate_at, options.keep)?;
        let mut writer = Writer {
            framing: options.framing.parse().ok().filter(|f| !matches!(f, Framing::None | Framing::Datagram)),
            alike: Alike::default(),
            options,
            epoch_nanos,
            file,
            live: HashMap::default(),
            told: Told::default(),
            introduced: false,
            missed: 0,
        };
        writer.introduce(Instant::START);
        writer.introduced = !matches!(writer.file.flush(), Flushed::Failed { .. });
        Ok(writer)
    }

    /// What every file begins with: the clock, the host, the program, its first thread.
    fn introduce(&mut self, time: Instant) {
        self.told = Told { file: self.told.file + 1, ..Told::default() };
        self.introduced = true;
        self.file.record(observed(time, What::Clock { epoch_nanos: self.epoch_nanos }));
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
        thread(&mut self.file, time, MAIN_THREAD, "");
    }

    /// Writes a batch; afterwards it is on its way to the disk.
    pub fn write(&mut self, batch: &Batch) {
        let mut last = batch.items.first().map_or(Instant::START, |item| item.time);
        let mut takes = self.file.ready();
        if takes && !self.introduced {
            self.introduce(last);
        }
        if takes && self.missed > 0 {
            self.file.record(observed(last, What::Lost { events: self.missed }));
        }
        let mut bytes = batch.bytes.as_slice();
        let mut told = 0;
        for item in &batch.items {
            let (data, rest) = bytes.split_at_checked(item.len).unwrap_or((bytes, &[]));
            bytes = rest;
            last = item.time;
            self.track(item);
            told += item.what.count();
            if takes {
                self.item(item, data);
                if self.file.fresh() >= PIECE {
                    self.file.end_piece(std::mem::take(&mut told));
                    takes = self.file.pending() < WRITE || self.flush(last, 0);
                }
            }
        }
        if !takes {
            self.missed += told + batch.lost;
            self.lose_frames();
            return;
        }
        if batch.lost > 0 {
            self.file.record(observed(last, What::Lost { events: batch.lost }));
            self.lose_frames();
            tracing::warn!(events = batch.lost, "the recorder could not keep up: the recording has a gap");
        }
        self.flush(last, told + batch.lost);
    }

    /// Writes what was told to the file, `events` of them since the last piece; false when the system refused.
    fn flush(&mut self, last: Instant, events: u64) -> bool {
        self.file.end_piece(events);
        match self.file.flush() {
            Flushed::Written => self.missed = 0,
            Flushed::Rotated => {
                self.missed = 0;
                self.introduce(last);
            }
            Flushed::Failed { partly, lost } => {
                // What was missing before is told of in the first piece.
                self.missed = lost + if partly { 0 } else { self.missed };
                // What was told is not in the file: later events tell of their sockets and calls anew.
                self.told.file += 1;
                self.lose_frames();
                self.introduced = !self.file.is_new();
                return false;
            }
        }
        true
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
        match &item.what {
            Event::Socket { socket, made } => {
                let Made { transport, local, remote, listener } = **made;
                let framing = self.framing.as_ref().filter(|_| transport == Transport::Tcp);
                let lanes = framing.map(|framing| Box::new([Lane::new(framing), Lane::new(framing)]));
                let live = Live { local, remote, listener, lanes, ..Live::new(transport) };
                self.live.insert(*socket, live);
            }
            Event::Named { socket, addresses } => {
                if let Some(live) = self.live.get_mut(socket) {
                    [live.local, live.remote] = **addresses;
                }
            }
            Event::Gone { socket } => {
                self.live.remove(socket);
            }
            Event::Begun { .. } | Event::Call { .. } | Event::Returned { .. } | Event::Turn(_) => {}
        }
    }

    /// The file hears of a socket that it does not know yet; gives the number there.
    fn tell(&mut self, time: Instant, number: SocketNumber) -> SocketId {
        let listener = self.live.get(&number).and_then(|live| live.listener);
        let listener = listener.filter(|listener| self.live.contains_key(listener)).map(|listener| {
            let told = self.live.get(&listener).and_then(|live| live.known);
            match told.filter(|(file, _)| *file == self.told.file) {
                Some((_, known)) => known.socket,
                None => self.tell(time, listener),
            }
        });
        // A socket whose beginning was lost is one of TCP, for want of better knowledge.
        let live = self.live.entry(number).or_insert_with(|| Live::new(Transport::Tcp));
        live.lanes.iter_mut().flat_map(|lanes| lanes.iter_mut()).for_each(Lane::rebase);
        let socket = SocketId(self.told.sockets);
        self.told.sockets += 1;
        let accepted = live.listener.is_some();
        let own = if accepted { ThreadId(socket.0 + 1) } else { MAIN_THREAD };
        live.known = Some((self.told.file, Known { socket, thread: own, open: None }));
        let Live { transport, local, remote, .. } = *live;
        if accepted {
            let name = remote.map(|peer| peer.to_string()).unwrap_or_default();
            thread(&mut self.file, time, own, &name);
        }
        let what = What::Socket { socket, host: HOST, transport, local, remote, listener };
        self.file.record(observed(time, what));
        socket
    }

    /// What is known of a socket, which the file has heard of from now on, and where to tell more of it.
    fn at(&mut self, time: Instant, number: SocketNumber) -> Option<At<'_>> {
        let file = self.told.file;
        let heard = |live: &Live| live.known.is_some_and(|(in_file, _)| in_file == file);
        if !self.live.get(&number).is_some_and(heard) {
            self.tell(time, number);
        }
        let Live { known, lanes, .. } = self.live.get_mut(&number)?;
        let (_, known) = known.as_mut()?;
        Some(At {
            time,
            known,
            lanes,
            alike: &mut self.alike,
            file: &mut self.file,
            calls: &mut self.told.calls,
            framing: &self.options.framing,
        })
    }

    fn item(&mut self, item: &Item, data: &[u8]) {
        let time = item.time;
        match &item.what {
            Event::Socket { socket, .. } => {
                self.at(time, *socket);
            }
            Event::Named { socket, addresses } => {
                if let Some(at) = self.at(time, *socket) {
                    let (socket, [local, remote]) = (at.known.socket, **addresses);
                    at.file.record(observed(time, What::SocketNamed { socket, local, remote }));
                }
            }
            Event::Begun { call, socket, op, asked, address } => {
                if let Some(mut at) = self.at(time, *socket) {
                    let id = at.begin(*op, asked.get(), address.as_deref().copied(), data);
                    at.known.open = Some((*call, id));
                }
            }
            Event::Call { socket, op, asked, address, result } => {
                if let Some(mut at) = self.at(time, *socket) {
                    let call = at.begin(*op, asked.get(), address.as_deref().copied(), data);
                    at.returned(call, outcome(result.get()), &[], (None, None, 0));
                    at.frames(true, data);
                }
            }
            Event::Returned { call, socket, op, result, extra } => {
                let (address, made, truncated) = match extra.as_deref() {
                    None => (None, None, 0),
                    Some(&Extra { address, made, truncated }) => (address, made, truncated),
                };
                let made = made.and_then(|made| self.at(time, made)).map(|made| made.known.socket);
                let outcome = made.map_or(outcome(result.get()), |made| Outcome::Value(i64::from(made.0)));
                if let Some(mut at) = self.at(time, *socket) {
                    let open = at.known.open.take().filter(|(number, _)| number == call);
                    // Without a begin, that was lost or stands in an earlier file.
                    let call = open.map_or_else(|| at.begin(*op, None, None, &[]), |(_, id)| id);
                    at.returned(call, outcome, data, (address, made, truncated));
                    at.frames(false, data);
                }
            }
            Event::Turn(turn) => {
                if let Some(mut at) = self.at(turn.at, turn.socket) {
                    at.turn(turn, time, data);
                }
            }
            Event::Gone { .. } => {}
        }
    }

    /// Bytes are missing: where frames begin is not known any more.
    fn lose_frames(&mut self) {
        for lanes in self.live.values_mut().filter_map(|live| live.lanes.as_mut()) {
            lanes.iter_mut().for_each(Lane::lose);
        }
    }
}

fn thread(file: &mut TraceFile, time: Instant, thread: ThreadId, name: &str) {
    file.record(observed(time, What::Thread { thread, host: HOST, program: Some(PROGRAM), name }));
}

/// This machine's name, or `this host`.
fn hostname() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this host".to_owned())
}
