//! Relaying TCP: two connections, the bytes of each handed to the other, as the [`Shape`](super::shape::Shape) wants it.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use framewire::trace::{Op, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::shape::Shaper;
use super::{Breaks, Plan, Totals, turned};
use crate::record::{Recorder, Tap};
use crate::shutdown::Shutdown;

/// Bytes asked for in one read.
const READ: usize = 256 << 10;
/// Nothing more is read in a direction that holds so many bytes: the sender then meets its own full buffer.
const MAX_HELD: usize = 1 << 20;

/// How one connection came to its end.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The target does not answer.
    #[error("cannot connect to {target}: {source}")]
    Connect {
        /// Where to.
        target: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// One of the two sides broke off.
    #[error("{side}: {source}")]
    Broken {
        /// Which side.
        side: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// As asked for.
    #[error("reset after {bytes} bytes, as was asked for")]
    Reset {
        /// How many had passed.
        bytes: u64,
    },
}

/// Accepts and relays until `shutdown`, and says what passed. A change of the plan holds for the connections there are, too.
pub async fn serve(
    listener: TcpListener,
    plan: watch::Receiver<Plan>,
    recorder: Option<&Recorder>,
    shutdown: Shutdown,
) -> Totals {
    let mut totals = Totals::default();
    let mut connections = JoinSet::new();
    let most = plan.borrow().max_connections;
    let mut tap = match listener.local_addr() {
        Ok(local) => Tap::listening(recorder, local),
        Err(_) => Tap::default(),
    };
    loop {
        tap.accepting();
        tokio::select! {
            () = shutdown.clone().wait() => break,
            Some(done) = connections.join_next() => totals += done.unwrap_or_default(),
            accepted = listener.accept(), if connections.len() < most => match accepted {
                Ok((client, peer)) => {
                    totals.connections += 1;
                    let tap = tap.accepted(client.local_addr().ok(), peer);
                    let number = totals.connections;
                    connections.spawn(connection(client, peer, tap, plan.clone(), recorder.cloned(), number));
                }
                Err(error) => {
                    // Out of descriptors, or a client that went away: others must not suffer.
                    tracing::warn!(%error, "accept");
                    tap.failed(Op::Accept, &error);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
        }
    }
    connections.abort_all();
    while let Some(done) = connections.join_next().await {
        totals += done.unwrap_or_default();
    }
    tap.closed();
    totals
}

async fn connection(
    client: TcpStream,
    peer: SocketAddr,
    mut client_tap: Tap,
    plan: watch::Receiver<Plan>,
    recorder: Option<Recorder>,
    number: u64,
) -> Totals {
    let mut totals = Totals::default();
    let to = plan.borrow().target;
    let mut target_tap = Tap::connecting(recorder.as_ref(), Transport::Tcp, to);
    let outcome = match TcpStream::connect(to).await {
        Ok(target) => {
            if let (Ok(local), Ok(remote)) = (target.local_addr(), target.peer_addr()) {
                target_tap.connected(local, remote);
            }
            relay(client, target, &mut client_tap, &mut target_tap, plan, number, &mut totals).await
        }
        Err(source) => {
            target_tap.failed(Op::Connect, &source);
            Err(RelayError::Connect { target: to, source })
        }
    };
    match outcome {
        Ok(()) => tracing::info!(%peer, up = totals.up, down = totals.down, "closed"),
        Err(error) => tracing::warn!(%peer, up = totals.up, down = totals.down, "{error}"),
    }
    client_tap.closed();
    target_tap.closed();
    totals
}

async fn relay(
    mut client: TcpStream,
    mut target: TcpStream,
    client_tap: &mut Tap,
    target_tap: &mut Tap,
    mut turns: watch::Receiver<Plan>,
    number: u64,
    totals: &mut Totals,
) -> Result<(), RelayError> {
    let plan = turns.borrow_and_update().clone();
    // The relay's own Nagle must not undo what was cut on purpose (RFC 9293 section 3.7.4: MUST-17).
    let _ = client.set_nodelay(true);
    let _ = target.set_nodelay(true);
    let outcome = {
        let (from_client, to_client) = client.split();
        let (from_target, to_target) = target.split();
        let taps = Mutex::new((client_tap, target_tap));
        let shared = Shared {
            start: Instant::now(),
            breaks: plan.breaks,
            resets: plan.resets,
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
        };
        let up = Direction {
            name: "client",
            shared: &shared,
            is_up: true,
            reader: from_client,
            writer: to_target,
            turns: turns.clone(),
            plain: plan.up.is_plain(),
            shaper: Shaper::new(plan.up, plan.seed ^ (number << 1)),
            taps: &taps,
        };
        let down = Direction {
            name: "target",
            shared: &shared,
            is_up: false,
            reader: from_target,
            writer: to_client,
            turns,
            plain: plan.down.is_plain(),
            shaper: Shaper::new(plan.down, plan.seed ^ (number << 1 | 1)),
            taps: &taps,
        };
        let outcome = tokio::try_join!(up.run(), down.run()).map(|_| ());
        (totals.up, totals.down) = shared.passed();
        outcome
    };
    if outcome.is_err() {
        // The other side learns of it as it would without a relay: by RST (RFC 9293 section 3.10.4, abort).
        for stream in [&client, &target] {
            let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
    }
    outcome
}

/// What both directions of a connection know.
struct Shared {
    start: Instant,
    breaks: Breaks,
    /// The plan's number of resets when the connection began.
    resets: u64,
    up: AtomicU64,
    down: AtomicU64,
}

impl Shared {
    fn passed(&self) -> (u64, u64) {
        (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed))
    }
}

struct Direction<'a, 'b> {
    name: &'static str,
    shared: &'a Shared,
    is_up: bool,
    reader: ReadHalf<'a>,
    writer: WriteHalf<'a>,
    turns: watch::Receiver<Plan>,
    shaper: Shaper,
    plain: bool,
    taps: &'a Mutex<(&'b mut Tap, &'b mut Tap)>,
}

impl Direction<'_, '_> {
    async fn run(mut self) -> Result<(), RelayError> {
        let mut buffer = BytesMut::with_capacity(READ);
        let mut ended = false;
        while !(ended && self.shaper.is_empty()) {
            let now = self.shared.start.elapsed();
            if let Some(bytes) = self.shaper.poll(now) {
                if self.write(&bytes).await? {
                    return Ok(());
                }
                continue;
            }
            buffer.reserve(READ);
            let next = self.shaper.next().map(|at| self.shared.start + at);
            let room = !ended && self.shaper.held() < MAX_HELD;
            tokio::select! {
                biased;
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
                () = turned(&mut self.turns) => self.turn()?,
                read = self.reader.read_buf(&mut buffer), if room => {
                    let len = read.map_err(|error| self.broken(Op::Recv, error))?;
                    self.received(&buffer);
                    if len == 0 {
                        ended = true;
                        self.shaper.end(self.shared.start.elapsed());
                    } else if self.plain && self.shaper.is_empty() {
                        let bytes = buffer.split();
                        if self.write(&bytes).await? {
                            return Ok(());
                        }
                        // The whole allocation is ours again.
                        buffer = bytes;
                        buffer.clear();
                    } else {
                        self.shaper.arrive(self.shared.start.elapsed(), buffer.split().freeze());
                    }
                }
                // Stalled for ever and nothing more to read: the other direction decides how long this lasts.
                () = std::future::pending(), if next.is_none() && !room => {}
            }
        }
        self.half_close().await;
        Ok(())
    }

    /// A knob was turned, or a reset is wanted.
    fn turn(&mut self) -> Result<(), RelayError> {
        let plan = self.turns.borrow_and_update().clone();
        if plan.resets != self.shared.resets {
            let (up, down) = self.shared.passed();
            return Err(RelayError::Reset { bytes: up + down });
        }
        let shape = if self.is_up { plan.up } else { plan.down };
        self.plain = shape.is_plain();
        self.shaper.reshape(self.shared.start.elapsed(), shape);
        Ok(())
    }

    /// Writes, and counts. True when the direction ends here on purpose.
    async fn write(&mut self, bytes: &[u8]) -> Result<bool, RelayError> {
        let (up, down) = self.shared.passed();
        let Breaks { reset_after, half_close_after } = self.shared.breaks;
        let mut bytes = bytes;
        let mut last = None;
        if let Some(limit) = reset_after
            && up + down + bytes.len() as u64 >= limit
        {
            bytes = bytes.get(..limit.saturating_sub(up + down) as usize).unwrap_or(bytes);
            last = Some(true);
        }
        if let Some(limit) = half_close_after.filter(|_| self.is_up)
            && up + bytes.len() as u64 >= limit
        {
            bytes = bytes.get(..limit.saturating_sub(up) as usize).unwrap_or(bytes);
            last = last.or(Some(false));
        }
        self.writer.write_all(bytes).await.map_err(|error| self.broken(Op::Send, error))?;
        self.tap(!self.is_up, |tap| tap.sent(bytes, bytes.len()));
        let len = bytes.len() as u64;
        let counter = if self.is_up { &self.shared.up } else { &self.shared.down };
        counter.fetch_add(len, Ordering::Relaxed);
        match last {
            Some(true) => {
                // What was written must be on its way before the reset takes it back.
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(RelayError::Reset { bytes: up + down + len })
            }
            Some(false) => {
                self.half_close().await;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Passes the end of the stream on, or makes one: FIN in this direction, the other goes on.
    async fn half_close(&mut self) {
        if self.writer.shutdown().await.is_ok() {
            self.tap(!self.is_up, Tap::half_closed);
        }
    }

    fn received(&self, bytes: &[u8]) {
        self.tap(self.is_up, |tap| tap.received(bytes, READ));
    }

    fn broken(&self, op: Op, source: io::Error) -> RelayError {
        let of_client = self.is_up == (op == Op::Recv);
        self.tap(of_client, |tap| tap.failed(op, &source));
        let side = if of_client { "the client" } else { "the target" };
        tracing::debug!(from = self.name, "broken");
        RelayError::Broken { side, source }
    }

    fn tap(&self, of_client: bool, tell: impl FnOnce(&mut Tap)) {
        // Both directions run in one task: the lock is never waited for.
        if let Ok(mut taps) = self.taps.lock() {
            let (client, target) = &mut *taps;
            tell(if of_client { client } else { target });
        }
    }
}
