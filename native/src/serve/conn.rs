//! One TCP connection as one future: read, answer, write, with one read and one write for all the frames that came.
//!
//! The big buffers belong to the thread, not to the connection: ten thousand idle connections hold no bytes at
//! all. A connection owns only what is left over: input that must wait because the peer does not take its
//! answers (nothing more is read then: back-pressure), and output that the socket did not take yet.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use framewire::trace::Op;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::Share;
use super::session::{Session, SessionError, Stage};
use super::{Service, Totals};
use crate::record::{Stamp, Tap};

/// Bytes asked for in one `read`: large reads were the lever for large messages.
const READ_BUFFER: usize = 256 << 10;
/// Answers made before the socket is asked to take them.
const OUT_ROOM: usize = 512 << 10;
/// A thread's answer buffer is given back to the system when a giant answer made it larger than this.
const OUT_KEEP: usize = 4 << 20;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch { input: vec![0; READ_BUFFER], out: Vec::new() });
}

struct Scratch {
    input: Vec<u8>,
    out: Vec<u8>,
}

/// Why a connection ended other than by an orderly close.
#[derive(Debug, thiserror::Error)]
pub enum ConnError {
    /// The system reported an error, such as a reset.
    #[error("{call}: {source} (after {received} bytes received, {sent} sent)")]
    Io {
        /// The socket call.
        call: &'static str,
        /// What the system said.
        source: io::Error,
        /// Stream offset: bytes received so far.
        received: u64,
        /// Bytes sent so far.
        sent: u64,
    },
    /// The peer does not keep to the framing.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A time limit passed.
    #[error("{what} took longer than {limit:?} (`{option}`), at stream offset {offset}")]
    TimeOut {
        /// What was waited for.
        what: &'static str,
        /// The limit.
        limit: std::time::Duration,
        /// The option that sets it.
        option: &'static str,
        /// Bytes received so far.
        offset: u64,
    },
    /// All connections together hold too much.
    #[error("buffers of all connections exceed {limit} bytes (`--max-buffered`)")]
    Budget {
        /// The limit in bytes.
        limit: usize,
    },
}

enum Phase {
    Serving,
    /// Send what is left, then half-close.
    Flushing,
    /// Everything is sent and FIN too: read and drop until the peer closes, so that close() sends no RST
    /// (RFC 9293 section 3.10.4: closing with unread data would reset the connection and lose our last answers).
    Lingering,
}

enum Step {
    Again,
    Wait,
    Done,
}

/// A connection being served; resolves when it is over.
pub struct Conn {
    stream: TcpStream,
    session: Session,
    tap: Tap,
    service: Arc<Service>,
    share: Share,
    carry: Vec<u8>,
    out: Vec<u8>,
    out_at: usize,
    phase: Phase,
    failure: Option<ConnError>,
    timer: Pin<Box<Sleep>>,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
    registered: bool,
    active: bool,
    last_active: Instant,
    /// The frame under way when the clock was last looked at, and since when.
    seen: (u64, Stage, Instant),
    received: u64,
    sent: u64,
}

impl Conn {
    /// Starts to serve `stream`; the greeting, if any, is sent first.
    pub fn new(stream: TcpStream, service: Arc<Service>, tap: Tap) -> Self {
        let now = Instant::now();
        let mut session = service.session();
        let mut out = Vec::new();
        // A greeting that cannot be framed is refused before the server starts.
        let greeted = session.greet(&mut out).is_ok() && !out.is_empty();
        Conn {
            stream,
            tap,
            share: service.budget.share(),
            carry: Vec::new(),
            out,
            out_at: 0,
            phase: if service.hang_up && greeted { Phase::Flushing } else { Phase::Serving },
            failure: None,
            timer: Box::pin(sleep_until(now + service.limits.tick())),
            shutdown: Box::pin(service.shutdown.clone().wait()),
            registered: false,
            active: true,
            last_active: now,
            seen: (0, session.stage(), now),
            received: 0,
            sent: 0,
            session,
            service,
        }
    }

    fn io_error(&self, call: &'static str, source: io::Error) -> ConnError {
        ConnError::Io { call, source, received: self.received, sent: self.sent }
    }

    /// The connection cannot go on: what was answered already is still sent.
    fn fail(&mut self, error: ConnError) {
        self.carry = Vec::new();
        self.failure = Some(error);
        self.phase = Phase::Flushing;
    }

    /// Writes what waits. `Wait` when the socket is full.
    fn flush(&mut self, cx: &mut Context<'_>) -> Result<Step, ConnError> {
        while self.out_at < self.out.len() {
            let rest = self.out.get(self.out_at..).unwrap_or_default();
            match Pin::new(&mut self.stream).poll_write(cx, rest) {
                Poll::Pending => return Ok(Step::Wait),
                Poll::Ready(Ok(taken)) => {
                    self.tap.sent(rest, taken);
                    self.out_at += taken;
                    self.sent += taken as u64;
                    self.active = true;
                }
                Poll::Ready(Err(error)) => {
                    self.tap.failed(Op::Send, &error);
                    return Err(self.io_error("send", error));
                }
            }
        }
        self.out = Vec::new();
        self.out_at = 0;
        Ok(Step::Again)
    }

    /// One read, all its frames, one write.
    fn serve(&mut self, cx: &mut Context<'_>) -> Result<Step, ConnError> {
        SCRATCH.with_borrow_mut(|Scratch { input, out }| {
            out.clear();
            let carried = std::mem::take(&mut self.carry);
            let mut read = None;
            let mut buffer = ReadBuf::new(input);
            let result = if carried.is_empty() {
                match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                    Poll::Pending => {
                        self.tap.waiting(READ_BUFFER);
                        return Ok(self.idle_step());
                    }
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => {
                        self.tap.failed(Op::Recv, &error);
                        return Err(self.io_error("recv", error));
                    }
                }
                let piece = buffer.filled();
                read = Some((piece, self.tap.stamp()));
                self.active = true;
                self.received += piece.len() as u64;
                if piece.is_empty() {
                    self.phase = Phase::Flushing;
                    self.session.finish(out)
                } else {
                    let (taken, result) = self.session.feed(piece, out, OUT_ROOM);
                    self.carry.extend_from_slice(piece.get(taken..).unwrap_or_default());
                    result
                }
            } else {
                let (taken, result) = self.session.feed(&carried, out, OUT_ROOM);
                self.carry.extend_from_slice(carried.get(taken..).unwrap_or_default());
                result
            };
            if let Err(error) = result {
                self.fail(error.into());
            } else if self.service.hang_up && self.session.answered() > 0 {
                self.phase = Phase::Flushing;
                self.carry = Vec::new();
            }
            self.write_now(cx, read, out)?;
            if out.capacity() > OUT_KEEP {
                *out = Vec::new();
            }
            Ok(Step::Again)
        })
    }

    /// Writes fresh answers straight from the thread's buffer; only what the socket refuses is kept. Records them
    /// together with what was read.
    fn write_now(
        &mut self,
        cx: &mut Context<'_>,
        read: Option<(&[u8], Stamp)>,
        fresh: &[u8],
    ) -> Result<(), ConnError> {
        let written = match fresh {
            [] => Poll::Pending,
            fresh => Pin::new(&mut self.stream).poll_write(cx, fresh),
        };
        let (taken, failed) = match written {
            Poll::Pending => (0, None),
            Poll::Ready(Ok(taken)) => (taken, None),
            Poll::Ready(Err(error)) => (0, Some(error)),
        };
        match read {
            Some(read) if taken > 0 => {
                let goes_on = matches!(self.phase, Phase::Serving) && taken == fresh.len();
                self.tap.answered(read, (fresh, taken), READ_BUFFER, goes_on && self.carry.is_empty());
            }
            Some((piece, at)) => self.tap.received_at(piece, READ_BUFFER, at),
            None if taken > 0 => self.tap.sent(fresh, taken),
            None => {}
        }
        if let Some(error) = failed {
            self.tap.failed(Op::Send, &error);
            return Err(self.io_error("send", error));
        }
        self.sent += taken as u64;
        self.out.extend_from_slice(fresh.get(taken..).unwrap_or_default());
        Ok(())
    }

    /// Nothing to read: at shutdown a connection between two frames ends here.
    fn idle_step(&mut self) -> Step {
        if self.service.shutdown.begun() && self.session.stage() == Stage::Boundary {
            self.phase = Phase::Flushing;
            return Step::Again;
        }
        Step::Wait
    }

    fn half_close(&mut self, cx: &mut Context<'_>) -> Result<Step, ConnError> {
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Pending => return Ok(Step::Wait),
            // A peer that is gone already needs no FIN.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::NotConnected => return Ok(Step::Done),
            Poll::Ready(Err(error)) => return Err(self.io_error("shutdown", error)),
            Poll::Ready(Ok(())) => self.tap.half_closed(),
        }
        self.phase = Phase::Lingering;
        self.last_active = Instant::now();
        self.timer.as_mut().reset(self.last_active + self.service.limits.linger);
        self.registered = false;
        Ok(Step::Again)
    }

    fn linger(&mut self, cx: &mut Context<'_>) -> Result<Step, ConnError> {
        SCRATCH.with_borrow_mut(|Scratch { input, .. }| {
            let mut buffer = ReadBuf::new(input);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Pending => Ok(Step::Wait),
                // Whatever the peer does after our FIN, everything we had to say is said.
                Poll::Ready(Err(_)) => Ok(Step::Done),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => Ok(Step::Done),
                Poll::Ready(Ok(())) => {
                    self.received += buffer.filled().len() as u64;
                    Ok(Step::Again)
                }
            }
        })
    }

    /// Looks at the clock. True when the connection has no more time.
    fn tick(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnError> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let (now, limits) = (Instant::now(), &self.service.limits);
            if matches!(self.phase, Phase::Lingering) {
                return Ok(true);
            }
            self.timer.as_mut().reset(now + limits.tick());
            let late = |what, limit: std::time::Duration, option, since: Instant| {
                if limit.is_zero() || now - since < limit {
                    return Ok(());
                }
                Err(ConnError::TimeOut { what, limit, option, offset: self.received })
            };
            if std::mem::take(&mut self.active) {
                self.last_active = now;
            } else {
                self.session.shrink();
                late("a silence", limits.idle, "--idle-timeout", self.last_active)?;
            }
            let (frames, stage) = (self.session.frames(), self.session.stage());
            let (seen_frames, seen_stage, since) = self.seen;
            if frames == seen_frames && seen_stage != Stage::Boundary && self.out.is_empty() {
                late("a frame", limits.frame, "--frame-timeout", since)?;
                if seen_stage == Stage::Header && stage == Stage::Header {
                    late("a frame's header", limits.header, "--header-timeout", since)?;
                }
                self.seen = (frames, stage, since);
            } else {
                self.seen = (frames, stage, now);
            }
        }
        Ok(false)
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnError> {
        let mut moved = false;
        loop {
            let step = match self.flush(cx)? {
                Step::Again => match self.phase {
                    Phase::Serving => self.serve(cx)?,
                    Phase::Flushing => self.half_close(cx)?,
                    Phase::Lingering => self.linger(cx)?,
                },
                other => other,
            };
            match step {
                Step::Again => moved = true,
                Step::Done => return Ok(true),
                Step::Wait => break,
            }
        }
        let held = self.carry.capacity() + self.out.capacity() + self.session.buffered();
        if !self.share.hold(held) {
            return Err(ConnError::Budget { limit: self.service.budget.limit() });
        }
        // The task's waker never changes, so a timer that has been polled once need not be polled again until it fires.
        if !self.registered || !moved || self.timer.is_elapsed() {
            self.registered = true;
            if !self.service.shutdown.begun() {
                // Polled to register the waker; what it resolves to is seen in `begun()`.
                if self.shutdown.as_mut().poll(cx).is_ready() {
                    cx.waker().wake_by_ref();
                }
            }
            return self.tick(cx);
        }
        Ok(false)
    }

    fn report(&self) -> Totals {
        Totals { connections: 1, received: self.received, sent: self.sent, messages: self.session.frames() }
    }
}

impl Future for Conn {
    type Output = (Totals, Result<(), ConnError>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let conn = self.get_mut();
        let result = match conn.turn(cx) {
            Ok(false) => return Poll::Pending,
            Ok(true) => conn.failure.take().map_or(Ok(()), Err),
            Err(error) => Err(conn.failure.take().unwrap_or(error)),
        };
        conn.tap.closed();
        Poll::Ready((conn.report(), result))
    }
}
