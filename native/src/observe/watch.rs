//! What the kernel tells beside the calls: the packets of the program's connections, and its own account of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use framewire::probe::{Var, Vars};
use framewire::time::Instant;
use framewire::trace::{HostId, Op, PacketId, Provenance, Record, Sink, SocketId, Transport, What};
use nix::unistd::Pid;

use super::packets::{End, Ends, route};
use super::sockets::Known;
use super::tcp_info;
use crate::capture::sink::larger_than_mtu;
use crate::capture::socket::{Interfaces, PacketSocket, Seen};

/// A connection is asked for its account at most so often, in nanoseconds.
const SAMPLE_EVERY: u64 = 1_000_000;

/// So many packets at most are heard before they are recorded.
const HEARD: usize = 1024;

/// Hears packets and asks connections.
#[derive(Debug, Default)]
pub struct Watch {
    packets: Option<PacketSocket>,
    /// Heard, and not yet recorded.
    heard: Vec<(Seen, Box<[u8]>)>,
    interfaces: Interfaces,
    ends: Ends,
    /// Threads in a call that gives a socket its address.
    naming: BTreeMap<i32, (Pid, i32, SocketId)>,
    /// Machines that the recorded program talks to.
    elsewhere: BTreeMap<IpAddr, HostId>,
    count: u32,
    dropped: u32,
    samples: BTreeMap<SocketId, (Instant, Vars)>,
}

impl Watch {
    /// Without a packet socket only connections are asked.
    pub fn new(packets: Option<PacketSocket>) -> Self {
        Watch { packets, ..Watch::default() }
    }

    /// Whether packets are heard.
    pub fn listens(&self) -> bool {
        self.packets.is_some()
    }

    /// Packets recorded.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// A thread begins a call on a socket, which may have no address of its own yet.
    pub fn begins(
        &mut self,
        thread: Pid,
        (op, unnamed): (Op, bool),
        (process, descriptor): (Pid, i32),
        socket: SocketId,
    ) {
        let sends = matches!(op, Op::Send | Op::SendTo | Op::SendMsg | Op::SendMmsg);
        if op == Op::Connect || (sends && unnamed) {
            self.naming.insert(thread.as_raw(), (process, descriptor, socket));
        }
    }

    /// A thread's call has ended.
    pub fn ends(&mut self, thread: Pid) {
        self.naming.remove(&thread.as_raw());
    }

    /// The descriptors whose sockets may have got an address meanwhile.
    pub fn naming(&self) -> Vec<(Pid, i32)> {
        self.naming.values().map(|&(process, descriptor, _)| (process, descriptor)).collect()
    }

    /// A socket has addresses.
    pub fn named(&mut self, host: HostId, known: &Known) {
        let &Known { id, transport, local, remote } = known;
        let calls = self.naming.values().any(|&(.., socket)| socket == id);
        // A listening socket's packets are those of connections that have no socket yet.
        let own = transport == Transport::Udp || remote.is_some() || calls;
        self.ends.name(End { host, socket: own.then_some(id) }, local, remote);
    }

    /// Hears the packets that have come; false if there are none.
    pub fn hear(&mut self) -> bool {
        if let Some(socket) = &mut self.packets {
            while self.heard.len() < HEARD
                && let Ok(Some((seen, bytes))) = socket.receive()
            {
                self.heard.push((seen, bytes.into()));
            }
        }
        !self.heard.is_empty()
    }

    /// Records those of the packets heard that are of the program's connections.
    pub fn take(&mut self, now: Instant, sink: &mut impl Sink, next_host: &mut u16) {
        let mut wall = None;
        for (seen, bytes) in std::mem::take(&mut self.heard) {
            let bytes = &*bytes;
            let Some(route) = route(bytes) else { continue };
            let ends = [(route.source, route.destination), (route.destination, route.source)]
                .map(|(local, remote)| (self.ends.holder(local, remote), local.ip()));
            if ends.iter().all(|(end, _)| end.is_none()) {
                continue;
            }
            // By its age, so that a wall clock that is being set does not matter.
            let wall = *wall.get_or_insert_with(|| {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
            });
            let age = wall.saturating_sub(seen.epoch_nanos);
            let time = Instant::from_nanos(now.as_nanos().saturating_sub(age));
            let [from, to] = ends.map(|(end, ip)| match end {
                Some(end) => end.host,
                None => *self.elsewhere.entry(ip).or_insert_with(|| {
                    let (host, name) = (HostId(*next_host), ip.to_string());
                    *next_host += 1;
                    let what = What::Host { host, name: &name, addresses: &[ip] };
                    sink.record(Record::new(time, Provenance::Inferred, what));
                    host
                }),
            });
            let packet = PacketId(self.count);
            self.count += 1;
            let what = What::PacketSent {
                packet,
                host: from,
                socket: ends[0].0.and_then(|end| end.socket),
                bytes,
                len: seen.wire,
                payload: None,
                rule: None,
                retransmission: false,
                parent: None,
            };
            let sent = sink.record(Record::new(time, Provenance::Captured, what));
            let arrived = What::PacketArrived { packet, host: to };
            sink.record(Record::new(time, Provenance::Inferred, arrived).because(sent));
            if let Some(text) = larger_than_mtu(seen.wire, self.interfaces.get(seen.interface)) {
                let note = What::Note { text: &text };
                sink.record(Record::new(time, Provenance::Captured, note).because(sent));
            }
        }
    }

    /// Records that packets were lost on the way here, if some were.
    pub fn take_drops(&mut self, now: Instant, sink: &mut impl Sink) {
        let Some(socket) = &self.packets else { return };
        let all = socket.dropped();
        let lost = all.wrapping_sub(std::mem::replace(&mut self.dropped, all));
        if lost > 0 {
            let what = What::Lost { events: u64::from(lost) };
            sink.record(Record::new(now, Provenance::Captured, what));
        }
    }

    /// Whether a connection has not been asked for a while.
    pub fn sample_is_due(&self, socket: SocketId, now: Instant) -> bool {
        let last = self.samples.get(&socket);
        last.is_none_or(|(at, _)| now.as_nanos().saturating_sub(at.as_nanos()) >= SAMPLE_EVERY)
    }

    /// What has changed in a connection's account: the variable, its value before and now.
    pub fn sampled(
        &mut self,
        socket: SocketId,
        now: Instant,
        ours: &impl std::os::fd::AsFd,
    ) -> Vec<(Var, i64, i64)> {
        let Some(values) = tcp_info::sample(ours) else { return Vec::new() };
        let (at, known) = self.samples.entry(socket).or_insert((now, Vars::default()));
        *at = now;
        let mut news = Vec::new();
        for (var, new) in values.into_iter().flatten() {
            let old = known.get(var).unwrap_or(Vars::UNSET);
            if old != new {
                known.set(var, new);
                news.push((var, old, new));
            }
        }
        news
    }
}
