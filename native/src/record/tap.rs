//! One socket's view of the recorder: tells it of each call. Does nothing when nothing is recorded.

use std::io;
use std::net::SocketAddr;

use framewire::time::Instant;
use framewire::trace::{Errno, Op, Transport};

use super::Recorder;
use super::queue::{Batch, CallNumber, Event, SocketNumber};

/// A socket being recorded, or nothing.
#[derive(Debug, Default)]
pub struct Tap(Option<Inner>);

#[derive(Debug)]
struct Inner {
    recorder: Recorder,
    socket: SocketNumber,
    /// A call that has begun and not returned.
    waiting: Option<CallNumber>,
}

/// The error number of an I/O error; EIO for errors that are not the system's.
fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().and_then(|code| u16::try_from(code).ok()).map_or(Errno::EIO, Errno)
}

impl Inner {
    /// The call that waits, or a new one that begins now.
    fn begin(&mut self, batch: &mut Batch, time: Instant, op: Op, size: Option<u64>) -> CallNumber {
        if let Some(call) = self.waiting.take() {
            return call;
        }
        let call = self.recorder.call();
        let begun = Event::Begun { call, socket: self.socket, op, size, address: None };
        batch.push(time, begun, &[]);
        call
    }

    fn returned(&self, call: CallNumber, op: Op, value: Result<i64, Errno>) -> Event {
        Event::Returned { call, socket: self.socket, op, value, address: None, made: None, truncated: 0 }
    }

    /// A call that began and returned at once.
    fn at_once(&self, op: Op, size: Option<u64>, address: Option<SocketAddr>, value: Result<i64, Errno>) {
        self.carrying(op, size, address, value, &[]);
    }

    fn carrying(
        &self,
        op: Op,
        size: Option<u64>,
        address: Option<SocketAddr>,
        value: Result<i64, Errno>,
        data: &[u8],
    ) {
        let (recorder, time) = (&self.recorder, self.recorder.now());
        let event = Event::Call { socket: self.socket, op, size, address, value };
        recorder.push(false, 1, data.len(), |batch| batch.push(time, event, data));
    }
}

impl Tap {
    /// A socket that `program` just made.
    fn open(recorder: Option<&Recorder>, transport: Transport, local: Option<SocketAddr>) -> Tap {
        let Some(recorder) = recorder else { return Tap(None) };
        let (recorder, socket, time) = (recorder.clone(), recorder.socket(), recorder.now());
        let event = Event::Socket { socket, transport, local, remote: None, listener: None };
        recorder.push(true, 1, 0, |batch| batch.push(time, event, &[]));
        Tap(Some(Inner { recorder, socket, waiting: None }))
    }

    /// A TCP socket that is bound to `local` and listens.
    pub fn listening(recorder: Option<&Recorder>, local: SocketAddr) -> Tap {
        let tap = Tap::open(recorder, Transport::Tcp, Some(local));
        if let Some(inner) = &tap.0 {
            inner.at_once(Op::Bind, None, Some(local), Ok(0));
            inner.at_once(Op::Listen, None, None, Ok(0));
        }
        tap
    }

    /// A UDP socket, bound to `local` by bind() or (as a client's) by its first sendto().
    pub fn datagrams(recorder: Option<&Recorder>, local: SocketAddr, bound: bool) -> Tap {
        let tap = Tap::open(recorder, Transport::Udp, Some(local));
        if let (Some(inner), true) = (&tap.0, bound) {
            inner.at_once(Op::Bind, None, Some(local), Ok(0));
        }
        tap
    }

    /// A socket that calls connect() now.
    pub fn connecting(recorder: Option<&Recorder>, transport: Transport, peer: SocketAddr) -> Tap {
        let mut tap = Tap::open(recorder, transport, None);
        if let Some(inner) = &mut tap.0 {
            let (recorder, time, call) = (&inner.recorder, inner.recorder.now(), inner.recorder.call());
            let begun =
                Event::Begun { call, socket: inner.socket, op: Op::Connect, size: None, address: Some(peer) };
            recorder.push(false, 1, 0, |batch| batch.push(time, begun, &[]));
            inner.waiting = Some(call);
        }
        tap
    }

    /// connect() returned.
    pub fn connected(&mut self, local: SocketAddr, peer: SocketAddr) {
        let Some(inner) = &mut self.0 else { return };
        let (recorder, time, socket) = (&inner.recorder, inner.recorder.now(), inner.socket);
        let named = Event::Named { socket, local: Some(local), remote: Some(peer) };
        let returned = inner.waiting.take().map(|call| inner.returned(call, Op::Connect, Ok(0)));
        recorder.push(true, 2, 0, |batch| {
            batch.push(time, named, &[]);
            if let Some(returned) = returned {
                batch.push(time, returned, &[]);
            }
        });
    }

    /// accept() is being waited in.
    pub fn accepting(&mut self) {
        self.wait(Op::Accept, None);
    }

    /// accept() on this listening socket returned a connection, which gets a thread of its own.
    pub fn accepted(&mut self, local: Option<SocketAddr>, peer: SocketAddr) -> Tap {
        let Some(inner) = &mut self.0 else { return Tap(None) };
        let recorder = inner.recorder.clone();
        let (time, socket) = (recorder.now(), recorder.socket());
        let made = Event::Socket {
            socket,
            transport: Transport::Tcp,
            local,
            remote: Some(peer),
            listener: Some(inner.socket),
        };
        recorder.push(true, 3, 0, |batch| {
            let call = inner.begin(batch, time, Op::Accept, None);
            batch.push(time, made, &[]);
            let returned = Event::Returned {
                call,
                socket: inner.socket,
                op: Op::Accept,
                value: Ok(0),
                address: Some(peer),
                made: Some(socket),
                truncated: 0,
            };
            batch.push(time, returned, &[]);
        });
        Tap(Some(Inner { recorder, socket, waiting: None }))
    }

    /// recv(`size`) is being waited in.
    pub fn waiting(&mut self, size: usize) {
        self.wait(Op::Recv, Some(size as u64));
    }

    /// recvfrom(`size`) is being waited in.
    pub fn waiting_from(&mut self, size: usize) {
        self.wait(Op::RecvFrom, Some(size as u64));
    }

    fn wait(&mut self, op: Op, size: Option<u64>) {
        let Some(inner) = &mut self.0 else { return };
        if inner.waiting.is_some() {
            return;
        }
        let (recorder, time) = (inner.recorder.clone(), inner.recorder.now());
        recorder.push(false, 1, 0, |batch| {
            let call = inner.begin(batch, time, op, size);
            inner.waiting = Some(call);
        });
    }

    /// recv(`asked`) returned these bytes (none: the peer has closed).
    pub fn received(&mut self, bytes: &[u8], asked: usize) {
        self.took(Op::Recv, bytes, asked, None, 0);
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
        self.took(op, bytes, asked, peer, u32::try_from(truncated).unwrap_or(u32::MAX));
    }

    fn took(&mut self, op: Op, bytes: &[u8], asked: usize, address: Option<SocketAddr>, truncated: u32) {
        let Some(inner) = &mut self.0 else { return };
        let (recorder, time) = (inner.recorder.clone(), inner.recorder.now());
        recorder.push(false, 2, bytes.len(), |batch| {
            let call = inner.begin(batch, time, op, Some(asked as u64));
            let value = Ok(bytes.len() as i64);
            let socket = inner.socket;
            let returned = Event::Returned { call, socket, op, value, address, made: None, truncated };
            batch.push(time, returned, bytes);
        });
    }

    /// send() of `bytes` took the first `taken` of them.
    pub fn sent(&mut self, bytes: &[u8], taken: usize) {
        let Some(inner) = &self.0 else { return };
        let data = bytes.get(..taken).unwrap_or(bytes);
        inner.carrying(Op::Send, Some(bytes.len() as u64), None, Ok(taken as i64), data);
    }

    /// sendto() sent this datagram.
    pub fn sent_to(&mut self, bytes: &[u8], peer: SocketAddr) {
        let Some(inner) = &self.0 else { return };
        inner.carrying(Op::SendTo, Some(bytes.len() as u64), Some(peer), Ok(bytes.len() as i64), bytes);
    }

    /// A call failed; it is the one that is waited in, if there is one.
    pub fn failed(&mut self, op: Op, error: &io::Error) {
        let Some(inner) = &mut self.0 else { return };
        let (recorder, time, value) = (inner.recorder.clone(), inner.recorder.now(), Err(errno(error)));
        recorder.push(false, 2, 0, |batch| {
            let call = inner.begin(batch, time, op, None);
            batch.push(time, inner.returned(call, op, value), &[]);
        });
    }

    /// shutdown(SHUT_WR) returned.
    pub fn half_closed(&mut self) {
        if let Some(inner) = &self.0 {
            inner.at_once(Op::Shutdown, None, None, Ok(0));
        }
    }

    /// close() returned: the last thing that is said of the socket.
    pub fn closed(&mut self) {
        let Some(inner) = self.0.take() else { return };
        inner.at_once(Op::Close, None, None, Ok(0));
        let (time, socket) = (inner.recorder.now(), inner.socket);
        inner.recorder.push(true, 1, 0, |batch| batch.push(time, Event::Gone { socket }, &[]));
    }
}
