//! One socket's view of the recorder: tells it of each call. Does nothing when nothing is recorded.

use std::io;
use std::net::SocketAddr;

use framewire::time::Instant;
use framewire::trace::{Errno, Op, Transport};

use super::Recorder;
use super::queue::{Asked, Batch, CallNumber, Event, Extra, Made, Returned, SocketNumber, Turn};

/// A socket being recorded, or nothing.
#[derive(Debug, Default)]
pub struct Tap(Option<Inner>);

#[derive(Debug)]
struct Inner {
    recorder: Recorder,
    socket: SocketNumber,
    /// A call that has begun and not returned.
    waiting: Option<CallNumber>,
    /// The number of the last call that had to wait, or might have had.
    calls: CallNumber,
}

/// When a call returned; 0 where nothing is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Stamp(Instant);

/// The error number of an I/O error; EIO for errors that are not the system's.
fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().and_then(|code| u16::try_from(code).ok()).map_or(Errno::EIO, Errno)
}

impl Inner {
    fn new(recorder: Recorder, socket: SocketNumber) -> Self {
        Inner { recorder, socket, waiting: None, calls: 0 }
    }

    /// The number of the next call.
    fn call(&mut self) -> CallNumber {
        self.calls += 1;
        self.calls
    }

    /// The call that waits, or a new one that begins now.
    fn begin(&mut self, batch: &mut Batch, time: Instant, op: Op, asked: Asked) -> CallNumber {
        if let Some(call) = self.waiting.take() {
            return call;
        }
        let call = self.call();
        let begun = Event::Begun { call, socket: self.socket, op, asked, address: None };
        batch.push(time, begun, &[]);
        call
    }

    fn returned(&self, call: CallNumber, op: Op, result: Returned) -> Event {
        Event::Returned { call, socket: self.socket, op, result, extra: None }
    }

    /// A call that began and returned 0 at once.
    fn at_once(&self, op: Op, address: Option<SocketAddr>) {
        let (recorder, time) = (&self.recorder, self.recorder.now());
        let (asked, result) = (Asked::NOTHING, Returned::value(0));
        let event = Event::Call { socket: self.socket, op, asked, address: address.map(Box::new), result };
        recorder.push(false, 1, 0, |batch| batch.push(time, event, &[]));
    }

    /// A call that began, sent `data` of the `asked` bytes and returned at once.
    fn carrying(&self, op: Op, asked: usize, address: Option<SocketAddr>, data: &[u8]) {
        let (recorder, time) = (&self.recorder, self.recorder.now());
        let (asked, result) = (Asked::bytes(asked), Returned::value(data.len()));
        let event = Event::Call { socket: self.socket, op, asked, address: address.map(Box::new), result };
        recorder.push(false, 1, data.len(), |batch| batch.push(time, event, data));
    }
}

impl Tap {
    /// A socket that `program` just made.
    fn open(recorder: Option<&Recorder>, transport: Transport, local: Option<SocketAddr>) -> Tap {
        let Some(recorder) = recorder else { return Tap(None) };
        let (recorder, socket, time) = (recorder.clone(), recorder.socket(), recorder.now());
        let made = Box::new(Made { transport, local, remote: None, listener: None });
        let event = Event::Socket { socket, made };
        recorder.push(true, 1, 0, |batch| batch.push(time, event, &[]));
        Tap(Some(Inner::new(recorder, socket)))
    }

    /// A TCP socket that is bound to `local` and listens.
    pub fn listening(recorder: Option<&Recorder>, local: SocketAddr) -> Tap {
        let tap = Tap::open(recorder, Transport::Tcp, Some(local));
        if let Some(inner) = &tap.0 {
            inner.at_once(Op::Bind, Some(local));
            inner.at_once(Op::Listen, None);
        }
        tap
    }

    /// A UDP socket, bound to `local` by bind() or (as a client's) by its first sendto().
    pub fn datagrams(recorder: Option<&Recorder>, local: SocketAddr, bound: bool) -> Tap {
        let tap = Tap::open(recorder, Transport::Udp, Some(local));
        if let (Some(inner), true) = (&tap.0, bound) {
            inner.at_once(Op::Bind, Some(local));
        }
        tap
    }

    /// A socket that calls connect() now.
    pub fn connecting(recorder: Option<&Recorder>, transport: Transport, peer: SocketAddr) -> Tap {
        let mut tap = Tap::open(recorder, transport, None);
        if let Some(inner) = &mut tap.0 {
            let (time, call) = (inner.recorder.now(), inner.call());
            let (socket, op, asked) = (inner.socket, Op::Connect, Asked::NOTHING);
            let begun = Event::Begun { call, socket, op, asked, address: Some(Box::new(peer)) };
            inner.recorder.push(false, 1, 0, |batch| batch.push(time, begun, &[]));
            inner.waiting = Some(call);
        }
        tap
    }

    /// connect() returned.
    pub fn connected(&mut self, local: SocketAddr, peer: SocketAddr) {
        let Some(inner) = &mut self.0 else { return };
        let (recorder, time, socket) = (&inner.recorder, inner.recorder.now(), inner.socket);
        let named = Event::Named { socket, addresses: Box::new([Some(local), Some(peer)]) };
        let ended = inner.waiting.take();
        let returned = ended.map(|call| inner.returned(call, Op::Connect, Returned::value(0)));
        recorder.push(true, 2, 0, |batch| {
            batch.push(time, named, &[]);
            if let Some(returned) = returned {
                batch.push(time, returned, &[]);
            }
        });
    }

    /// accept() is being waited in.
    pub fn accepting(&mut self) {
        self.wait(Op::Accept, Asked::NOTHING);
    }

    /// accept() on this listening socket returned a connection, which gets a thread of its own.
    pub fn accepted(&mut self, local: Option<SocketAddr>, peer: SocketAddr) -> Tap {
        let Some(inner) = &mut self.0 else { return Tap(None) };
        let recorder = inner.recorder.clone();
        let (time, socket) = (recorder.now(), recorder.socket());
        let (transport, listener) = (Transport::Tcp, Some(inner.socket));
        let made = Box::new(Made { transport, local, remote: Some(peer), listener });
        let extra = Box::new(Extra { address: Some(peer), made: Some(socket), truncated: 0 });
        recorder.push(true, 3, 0, |batch| {
            let call = inner.begin(batch, time, Op::Accept, Asked::NOTHING);
            batch.push(time, Event::Socket { socket, made }, &[]);
            let (op, result, extra) = (Op::Accept, Returned::value(0), Some(extra));
            let returned = Event::Returned { call, socket: inner.socket, op, result, extra };
            batch.push(time, returned, &[]);
        });
        Tap(Some(Inner::new(recorder, socket)))
    }

    /// recv(`size`) is being waited in.
    pub fn waiting(&mut self, size: usize) {
        self.wait(Op::Recv, Asked::bytes(size));
    }

    /// recvfrom(`size`) is being waited in.
    pub fn waiting_from(&mut self, size: usize) {
        self.wait(Op::RecvFrom, Asked::bytes(size));
    }

    fn wait(&mut self, op: Op, asked: Asked) {
        let Some(inner) = &mut self.0 else { return };
        if inner.waiting.is_some() {
            return;
        }
        let (time, call, socket) = (inner.recorder.now(), inner.call(), inner.socket);
        inner.waiting = Some(call);
        let begun = Event::Begun { call, socket, op, asked, address: None };
        inner.recorder.push(false, 1, 0, |batch| batch.push(time, begun, &[]));
    }

    /// recv(`asked`) returned these bytes (none: the peer has closed).
    pub fn received(&mut self, bytes: &[u8], asked: usize) {
        self.received_at(bytes, asked, self.stamp());
    }

    /// The same, at an earlier moment.
    pub fn received_at(&mut self, bytes: &[u8], asked: usize, at: Stamp) {
        self.took(Op::Recv, bytes, asked, (None, 0), at);
    }

    /// The time now, for [`Tap::answered`].
    pub fn stamp(&self) -> Stamp {
        Stamp(self.0.as_ref().map_or(Instant::START, |inner| inner.recorder.now()))
    }

    /// A whole turn of a server in one go: recv(`asked`) returned `received` at that time, send() of `answer` took the
    /// first `taken` of its bytes now, and, if the server goes on, it is in recv(`asked`) again.
    pub fn answered(
        &mut self,
        (received, at): (&[u8], Stamp),
        (answer, taken): (&[u8], usize),
        asked: usize,
        goes_on: bool,
    ) {
        let Some(inner) = &mut self.0 else { return };
        let sizes = [asked, received.len(), answer.len()].map(u32::try_from);
        let sent = answer.get(..taken).unwrap_or(answer);
        let [Ok(size), Ok(got), Ok(given)] = sizes else {
            // Sizes that do not fit into the small event come as two.
            self.received_at(received, asked, at);
            return self.sent(answer, taken);
        };
        let call = inner.waiting.take().unwrap_or_else(|| inner.call());
        inner.waiting = goes_on.then(|| inner.call());
        let (time, socket) = (inner.recorder.now(), inner.socket);
        let turn = Turn { socket, call, at: at.0, asked: size, received: got, answer: given, goes_on };
        let event = Event::Turn(turn);
        inner.recorder.push(false, event.count(), received.len() + sent.len(), |batch| {
            batch.push_parts(time, event, [received, sent]);
        });
    }

    /// recvfrom(`asked`) (on a connected socket, without a peer: recv) returned a datagram, of which `truncated` bytes
    /// were thrown away.
    pub fn received_datagram(
        &mut self,
        bytes: &[u8],
        asked: usize,
        peer: Option<SocketAddr>,
        truncated: usize,
    ) {
        let op = if peer.is_some() { Op::RecvFrom } else { Op::Recv };
        let truncated = u32::try_from(truncated).unwrap_or(u32::MAX);
        self.took(op, bytes, asked, (peer, truncated), self.stamp());
    }

    fn took(
        &mut self,
        op: Op,
        bytes: &[u8],
        asked: usize,
        (address, truncated): (Option<SocketAddr>, u32),
        Stamp(time): Stamp,
    ) {
        let Some(inner) = &mut self.0 else { return };
        let recorder = inner.recorder.clone();
        recorder.push(false, 2, bytes.len(), |batch| {
            let call = inner.begin(batch, time, op, Asked::bytes(asked));
            let (socket, result) = (inner.socket, Returned::value(bytes.len()));
            let extra = (address.is_some() || truncated > 0)
                .then(|| Box::new(Extra { address, made: None, truncated }));
            let returned = Event::Returned { call, socket, op, result, extra };
            batch.push(time, returned, bytes);
        });
    }

    /// send() of `bytes` took the first `taken` of them.
    pub fn sent(&mut self, bytes: &[u8], taken: usize) {
        let Some(inner) = &self.0 else { return };
        let data = bytes.get(..taken).unwrap_or(bytes);
        inner.carrying(Op::Send, bytes.len(), None, data);
    }

    /// sendto() sent this datagram.
    pub fn sent_to(&mut self, bytes: &[u8], peer: SocketAddr) {
        let Some(inner) = &self.0 else { return };
        inner.carrying(Op::SendTo, bytes.len(), Some(peer), bytes);
    }

    /// A call failed; it is the one that is waited in, if there is one.
    pub fn failed(&mut self, op: Op, error: &io::Error) {
        let Some(inner) = &mut self.0 else { return };
        let (recorder, time) = (inner.recorder.clone(), inner.recorder.now());
        recorder.push(false, 2, 0, |batch| {
            let call = inner.begin(batch, time, op, Asked::NOTHING);
            batch.push(time, inner.returned(call, op, Returned::error(errno(error))), &[]);
        });
    }

    /// shutdown(SHUT_WR) returned.
    pub fn half_closed(&mut self) {
        if let Some(inner) = &self.0 {
            inner.at_once(Op::Shutdown, None);
        }
    }

    /// close() returned: the last thing that is said of the socket.
    pub fn closed(&mut self) {
        let Some(inner) = self.0.take() else { return };
        inner.at_once(Op::Close, None);
        let (time, socket) = (inner.recorder.now(), inner.socket);
        inner.recorder.push(true, 1, 0, |batch| batch.push(time, Event::Gone { socket }, &[]));
    }
}
