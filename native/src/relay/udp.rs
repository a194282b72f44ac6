//! Relaying UDP: a socket of its own for each client, datagrams lost, doubled, held and overtaken as asked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use framewire::rng::Rng;
use framewire::trace::Op;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::{Plan, Totals};
use crate::record::{Recorder, Tap};
use crate::shutdown::Shutdown;

/// The longest datagram there is.
const MAX_DATAGRAM: usize = 65_535;
/// Datagrams from targets that may wait to be passed on; further ones are dropped, as a full queue does.
const QUEUE: usize = 1024;
/// Datagrams that may be held back at a time; further ones are dropped.
const MAX_HELD: usize = 16_384;

/// What is done to datagrams, each with its own probability.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mishaps {
    /// Probability that one is lost.
    pub loss: f64,
    /// Probability that one arrives twice.
    pub dup: f64,
    /// Probability that one is held back until later ones have overtaken it.
    pub reorder: f64,
    /// How long such a one is held back.
    pub reorder_by: Duration,
}

/// Decides the fate of one datagram: the delays after which its copies leave (none: it is lost).
pub fn fate(mishaps: &Mishaps, delay: Duration, jitter: Duration, rng: &mut Rng) -> Vec<Duration> {
    if rng.chance(mishaps.loss) {
        return Vec::new();
    }
    let copies = if rng.chance(mishaps.dup) { 2 } else { 1 };
    let one = |rng: &mut Rng| {
        let jitter = Duration::from_nanos(rng.below(u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX)));
        let behind = if rng.chance(mishaps.reorder) { mishaps.reorder_by } else { Duration::ZERO };
        delay + jitter + behind
    };
    (0..copies).map(|_| one(rng)).collect()
}

struct Flow {
    socket: Arc<UdpSocket>,
    tap: Tap,
    last: Instant,
    reader: tokio::task::JoinHandle<()>,
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.reader.abort();
        self.tap.closed();
    }
}

/// A datagram on its way: which client it belongs to, whether it goes up, and its bytes.
type Held = (SocketAddr, bool, Vec<u8>);

struct Relay<'a> {
    socket: &'a UdpSocket,
    plan: watch::Receiver<Plan>,
    target: SocketAddr,
    most: usize,
    recorder: Option<&'a Recorder>,
    tap: Tap,
    flows: BTreeMap<SocketAddr, Flow>,
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
    held: BTreeMap<u64, Held>,
    order: u64,
    rng: Rng,
    totals: Totals,
}

/// Relays datagrams until `shutdown`, and says what passed. A change of the plan holds for the datagrams that come after it.
pub async fn serve(
    socket: UdpSocket,
    plan: watch::Receiver<Plan>,
    recorder: Option<&Recorder>,
    shutdown: Shutdown,
) -> Totals {
    let Plan { seed, target, idle_timeout, max_connections: most, .. } = *plan.borrow();
    let tap = match socket.local_addr() {
        Ok(local) => Tap::datagrams(recorder, local, true),
        Err(_) => Tap::default(),
    };
    let rng = Rng::derive(seed, "udp");
    let (answers, mut answered) = mpsc::channel::<(SocketAddr, Vec<u8>)>(QUEUE);
    let mut relay = Relay {
        socket: &socket,
        plan,
        target,
        most,
        recorder,
        tap,
        flows: BTreeMap::new(),
        heap: BinaryHeap::new(),
        held: BTreeMap::new(),
        order: 0,
        rng,
        totals: Totals::default(),
    };
    let mut buffer = vec![0; MAX_DATAGRAM];
    let mut sweep = tokio::time::interval(idle_timeout.max(Duration::from_millis(10)) / 2);
    loop {
        let next = relay.heap.peek().map(|Reverse((at, _))| *at);
        relay.tap.waiting_from(MAX_DATAGRAM);
        tokio::select! {
            () = shutdown.clone().wait() => break,
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => relay.deliver().await,
            received = socket.recv_from(&mut buffer) => match received {
                Ok((len, client)) => {
                    let bytes = buffer.get(..len).unwrap_or_default();
                    relay.tap.received_datagram(bytes, MAX_DATAGRAM, Some(client), 0);
                    relay.hold(client, true, bytes.to_vec());
                }
                // A client that has gone tells so by ICMP; others must not suffer.
                Err(error) => tracing::debug!(%error, "recvfrom"),
            },
            Some((client, bytes)) = answered.recv() => {
                if let Some(flow) = relay.flows.get_mut(&client) {
                    flow.last = Instant::now();
                    flow.tap.received_datagram(&bytes, MAX_DATAGRAM, None, 0);
                }
                relay.hold(client, false, bytes);
            }
            _ = sweep.tick() => {
                relay.flows.retain(|_, flow| flow.last.elapsed() < idle_timeout);
            }
        }
        relay.open_flows(&answers).await;
    }
    relay.tap.closed();
    relay.totals
}

impl Relay<'_> {
    /// Decides what becomes of a datagram.
    fn hold(&mut self, client: SocketAddr, is_up: bool, bytes: Vec<u8>) {
        let fates = {
            let plan = self.plan.borrow();
            let shape = if is_up { &plan.up } else { &plan.down };
            fate(&plan.mishaps, shape.delay, shape.jitter, &mut self.rng)
        };
        match fates.len() {
            0 => self.totals.lost += 1,
            2 => self.totals.doubled += 1,
            _ => {}
        }
        for after in fates {
            if self.held.len() >= MAX_HELD {
                self.totals.lost += 1;
                continue;
            }
            self.heap.push(Reverse((Instant::now() + after, self.order)));
            self.held.insert(self.order, (client, is_up, bytes.clone()));
            self.order += 1;
        }
    }

    /// Sends what is due.
    async fn deliver(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, order))) = self.heap.peek().copied() {
            if at > now {
                break;
            }
            self.heap.pop();
            let Some((client, is_up, bytes)) = self.held.remove(&order) else { continue };
            if is_up {
                let Some(flow) = self.flows.get_mut(&client) else { continue };
                flow.last = now;
                match flow.socket.send(&bytes).await {
                    Ok(_) => {
                        flow.tap.sent(&bytes, bytes.len());
                        self.totals.up += bytes.len() as u64;
                    }
                    Err(error) => flow.tap.failed(Op::Send, &error),
                }
            } else {
                match self.socket.send_to(&bytes, client).await {
                    Ok(_) => {
                        self.tap.sent_to(&bytes, client);
                        self.totals.down += bytes.len() as u64;
                    }
                    Err(error) => self.tap.failed(Op::SendTo, &error),
                }
            }
        }
    }

    /// A socket towards the target for every client that has a datagram on its way.
    async fn open_flows(&mut self, answers: &mpsc::Sender<(SocketAddr, Vec<u8>)>) {
        let fresh: Vec<SocketAddr> = self
            .held
            .values()
            .filter(|(client, is_up, _)| *is_up && !self.flows.contains_key(client))
            .map(|(client, _, _)| *client)
            .collect();
        for client in fresh {
            if self.flows.len() >= self.most {
                tracing::warn!(%client, "too many clients (--max-connections): its datagrams are dropped");
                continue;
            }
            match open(self.target).await {
                Ok(socket) => {
                    let socket = Arc::new(socket);
                    self.totals.connections += 1;
                    let mut tap =
                        Tap::connecting(self.recorder, framewire::trace::Transport::Udp, self.target);
                    if let Ok(local) = socket.local_addr() {
                        tap.connected(local, self.target);
                    }
                    let reader = tokio::spawn(read(socket.clone(), client, answers.clone()));
                    self.flows.insert(client, Flow { socket, tap, last: Instant::now(), reader });
                }
                Err(error) => tracing::warn!(%client, %error, "no socket towards the target"),
            }
        }
    }
}

async fn open(target: SocketAddr) -> std::io::Result<UdpSocket> {
    let any: SocketAddr = match target {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(target).await?;
    Ok(socket)
}

async fn read(socket: Arc<UdpSocket>, client: SocketAddr, answers: mpsc::Sender<(SocketAddr, Vec<u8>)>) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        match socket.recv(&mut buffer).await {
            Ok(len) => {
                let bytes = buffer.get(..len).unwrap_or_default().to_vec();
                // A full queue drops, as a router's does.
                if let Err(mpsc::error::TrySendError::Closed(_)) = answers.try_send((client, bytes)) {
                    return;
                }
            }
            // Port unreachable: the target may come back.
            Err(error) => {
                tracing::debug!(%error, "the target");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mishaps_come_as_often_as_asked() {
        let mishaps = Mishaps { loss: 0.2, dup: 0.1, reorder: 0.3, reorder_by: Duration::from_millis(20) };
        let mut rng = Rng::new(7);
        let (mut lost, mut doubled, mut late) = (0, 0, 0);
        for _ in 0..10_000 {
            let fates = fate(&mishaps, Duration::ZERO, Duration::ZERO, &mut rng);
            lost += i32::from(fates.is_empty());
            doubled += i32::from(fates.len() == 2);
            late += fates.iter().filter(|at| !at.is_zero()).count();
        }
        assert!((1_800..2_200).contains(&lost), "{lost}");
        assert!((650..950).contains(&doubled), "{doubled}");
        assert!((2_300..3_000).contains(&late), "{late}");
    }

    #[test]
    fn without_mishaps_all_pass_in_order() {
        let fates = fate(&Mishaps::default(), Duration::from_millis(5), Duration::ZERO, &mut Rng::new(1));
        assert_eq!(fates, [Duration::from_millis(5)]);
    }
}
