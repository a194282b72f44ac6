//! What the network tells, written into a trace: packets' fates, endpoints' decisions, and what caused them.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use crate::net::{self, DropReason as NetDrop, Fate, News, NodeId, Observer};
use crate::probe::{Probe, Timer, TimerChange, Var, VarSet, Vars};
use crate::rule::Rule;
use crate::time::Instant;
use crate::trace::{
    Changes, DropReason, EventId, HostId, PacketId, Provenance, Record, Sink, SocketId, Transport, What,
};

/// The names that a run has given so far, and the cause of what happens next. Part of the run's state.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// By node and by the socket's place there: whose number it is, and the trace's number for it.
    sockets: Vec<Vec<Option<(net::SocketId, SocketId)>>>,
    /// By node: the socket that was asked for last.
    latest: Vec<Option<(net::SocketId, SocketId)>>,
    next_socket: u32,
    /// The events in which packets that are under way were sent.
    sent: UnderWay,
    /// The event that makes happen what is told next.
    pub cause: Option<EventId>,
    /// The event that last concerned a socket from outside: an arrival or a timer. What wakes a blocked call.
    pub last: Option<EventId>,
    /// Where the last packet arrived.
    arrived_at: NodeId,
    /// The socket whose decisions the probe hears.
    speaking: Option<SocketId>,
    /// A rule of that socket's that acted, not told yet: what comes next may name it.
    acted: Option<Acted>,
    /// The rule that the last event names, if it is of that socket.
    named: Option<Rule>,
    pub now: Instant,
    /// The ends of connections that there were, by a number of 32 bits: two that have the same only seem to come again.
    ends: BTreeMap<u32, u32>,
    /// The trace may take other octets than the endpoint did for those of a stream: two connections may have had the same
    /// addresses, two threads sent on a socket at once, or a packet was spoilt, which its checksum need not tell.
    is_ambiguous: bool,
}

/// A rule that acted: at which socket, when and why.
#[derive(Clone, Copy, Debug)]
struct Acted {
    rule: Rule,
    socket: SocketId,
    time: Instant,
    cause: Option<EventId>,
}

impl Names {
    /// The trace's number for a socket of the network, a new one if it is new.
    #[inline]
    pub fn socket(&mut self, node: NodeId, socket: net::SocketId) -> SocketId {
        match self.latest.get(usize::from(node.0)) {
            Some(&Some((known, number))) if known == socket => number,
            _ => self.look_up(node, socket),
        }
    }

    fn look_up(&mut self, node: NodeId, socket: net::SocketId) -> SocketId {
        let (at, place) = (usize::from(node.0), socket.place());
        let number = self.known(node, socket).unwrap_or_else(|| {
            self.next_socket += 1;
            let number = SocketId(self.next_socket - 1);
            if self.sockets.len() <= at {
                self.sockets.resize_with(at + 1, Vec::new);
            }
            if let Some(places) = self.sockets.get_mut(at) {
                if places.len() <= place {
                    places.resize(place + 1, None);
                }
                if let Some(known) = places.get_mut(place) {
                    *known = Some((socket, number));
                }
            }
            number
        });
        if self.latest.len() <= at {
            self.latest.resize(at + 1, None);
        }
        if let Some(latest) = self.latest.get_mut(at) {
            *latest = Some((socket, number));
        }
        number
    }

    /// True when the socket has a number.
    pub fn knows(&self, node: NodeId, socket: net::SocketId) -> bool {
        self.known(node, socket).is_some()
    }

    fn known(&self, node: NodeId, socket: net::SocketId) -> Option<SocketId> {
        let known = *self.sockets.get(usize::from(node.0))?.get(socket.place())?;
        known.filter(|(known, _)| *known == socket).map(|(_, number)| number)
    }

    /// From now on two threads send on a socket at once.
    pub fn mix(&mut self) {
        self.is_ambiguous = true;
    }

    /// There is a connection between these addresses.
    fn join(&mut self, local: SocketAddr, remote: SocketAddr) {
        let number = |address: SocketAddr| {
            let ip = match address.ip() {
                IpAddr::V4(ip) => u32::from(ip),
                IpAddr::V6(ip) => ip.segments().iter().fold(0, |all, &part| mixed(all, part.into())),
            };
            mixed(ip, address.port().into())
        };
        let end = mixed(number(local), number(remote));
        self.is_ambiguous |= self.ends.insert(end, 0).is_some();
    }

    /// Whether the trace knows by itself which octets of a stream are sent and received.
    pub fn are_clear(&self) -> bool {
        !self.is_ambiguous
    }

    #[inline]
    fn record<'a>(&self, what: What<'a>) -> Record<'a> {
        Record { time: self.now, provenance: Provenance::Modelled, cause: self.cause, what }
    }

    /// Forgets a socket: its number in the network may come again for another.
    pub fn forget(&mut self, node: NodeId, socket: net::SocketId) {
        let places = self.sockets.get_mut(usize::from(node.0));
        if let Some(known) = places.and_then(|places| places.get_mut(socket.place())) {
            known.take_if(|(known, _)| *known == socket);
        }
        if let Some(latest) = self.latest.get_mut(usize::from(node.0)) {
            *latest = None;
        }
    }
}

/// The sending events of packets that are under way. Packets' numbers count up and most packets live shortly, so what is
/// under way lies near together.
#[derive(Clone, Debug, Default)]
struct UnderWay {
    /// The number of the first packet in the list.
    first: u32,
    events: VecDeque<EventId>,
}

impl UnderWay {
    fn insert(&mut self, packet: u32, event: EventId) {
        if self.events.is_empty() {
            self.first = packet;
        }
        let Some(at) = packet.checked_sub(self.first) else { return };
        while self.events.len() <= at as usize {
            self.events.push_back(EventId::NONE);
        }
        if let Some(place) = self.events.get_mut(at as usize) {
            *place = event;
        }
    }

    fn remove(&mut self, packet: u32) -> Option<EventId> {
        let at = packet.checked_sub(self.first)? as usize;
        let event = std::mem::replace(self.events.get_mut(at)?, EventId::NONE);
        while self.events.pop_front_if(|event| *event == EventId::NONE).is_some() {
            self.first = self.first.wrapping_add(1);
        }
        event.known()
    }
}

/// Records into `sink`.
pub(super) struct Recorder<'a, S: Sink> {
    pub names: &'a mut Names,
    pub sink: &'a mut S,
}

impl<S: Sink> Recorder<'_, S> {
    /// Records `what` with the present cause.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn tell(&mut self, what: What<'_>) -> EventId {
        self.tell_rule();
        self.names.named = None;
        self.append(what)
    }

    /// Records that a call received what stands next in the stream.
    pub fn tell_received(&mut self, what: What<'_>) -> EventId {
        self.tell_rule();
        self.names.named = None;
        self.sink.record_received(self.names.record(what))
    }

    /// Records the rule that acted last, if no event beside it has named it.
    #[inline]
    pub fn tell_rule(&mut self) {
        if let Some(acted) = self.names.acted.take() {
            self.tell_acted(acted);
        }
    }

    #[inline(never)]
    fn tell_acted(&mut self, acted: Acted) {
        let Acted { rule, socket, time, cause } = acted;
        let what = What::RuleFired { socket, rule };
        self.sink.record(Record { time, provenance: Provenance::Modelled, cause, what });
    }

    /// Before an event of the speaking socket that names `rule`: that it acted needs no event of its own.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn name(&mut self, rule: Rule) {
        if self.names.acted.is_some_and(|acted| acted.rule == rule) {
            self.names.acted = None;
        }
        self.tell_rule();
        self.names.named = Some(rule);
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn append(&mut self, what: What<'_>) -> EventId {
        self.sink.record(self.names.record(what))
    }

    /// The socket that takes in, or refuses, the packet that arrived last: on the host where it arrived.
    fn receiver(&mut self, socket: net::SocketId) -> SocketId {
        let host = self.names.arrived_at;
        self.names.socket(host, socket)
    }
}

impl<S: Sink> Probe for Recorder<'_, S> {
    /// That a rule acted is an event of its own only where no event beside it says so: a change or a timer that names the
    /// rule, or the packet that it sent.
    fn rule(&mut self, rule: Rule) {
        let Some(socket) = self.names.speaking else { return };
        self.tell_rule();
        if self.names.named != Some(rule) {
            let (time, cause) = (self.names.now, self.names.cause);
            self.names.acted = Some(Acted { rule, socket, time, cause });
        }
    }

    fn change(&mut self, rule: Rule, var: Var, old: i64, new: i64) {
        if let Some(socket) = self.names.speaking {
            self.name(rule);
            self.append(What::VarChange { socket, var, old, new, rule: Some(rule) });
        }
    }

    fn changes(&mut self, rule: Rule, vars: VarSet, old: &Vars, new: &Vars) {
        let Some(socket) = self.names.speaking else { return };
        self.name(rule);
        let (time, cause) = (self.names.now, self.names.cause);
        self.sink.record_changes(&Changes { time, cause, socket, rule, old, new, vars });
    }

    fn timer(&mut self, rule: Rule, timer: Timer, change: TimerChange) {
        if let Some(socket) = self.names.speaking {
            self.name(rule);
            let event = self.append(What::Timer { socket, timer, change, rule: Some(rule) });
            if change == TimerChange::Fired {
                self.names.cause = Some(event);
                self.names.last = Some(event);
            }
        }
    }
}

impl<S: Sink> Observer for Recorder<'_, S> {
    #[inline]
    fn wants_text(&self) -> bool {
        self.sink.wants_text() || !self.names.are_clear()
    }

    fn endpoint(&mut self, now: Instant, host: NodeId, socket: net::SocketId) {
        self.tell_rule();
        self.names.now = now;
        self.names.named = None;
        self.names.speaking = Some(self.names.socket(host, socket));
    }

    fn packet(&mut self, now: Instant, id: net::PacketId, fate: Fate<'_>) {
        let packet = PacketId(id.0);
        if !matches!(fate, Fate::Sent { .. }) {
            self.tell_rule();
        }
        self.names.now = now;
        match fate {
            Fate::Sent { node, socket, bytes, len, rule, retransmission, text, parent } => {
                let socket = socket.map(|socket| self.names.socket(node, socket));
                if let Some(rule) = rule.filter(|_| socket == self.names.speaking) {
                    self.name(rule);
                }
                let what = What::PacketSent {
                    packet,
                    host: HostId(node.0),
                    socket,
                    bytes,
                    len,
                    payload: None,
                    rule,
                    retransmission,
                    parent: parent.map(|id| PacketId(id.0)),
                };
                self.tell_rule();
                self.names.named = None;
                let text = text.filter(|_| self.names.are_clear()).map(|text| text.start..text.end);
                let event = self.sink.record_sent(self.names.record(what), text);
                self.names.sent.insert(id.0, event);
            }
            Fate::Queued { behind, starts, departs, .. } => {
                if starts > now {
                    self.tell(What::PacketQueued { packet, behind, until: departs });
                }
            }
            Fate::Held { until } => {
                self.tell(What::PacketQueued { packet, behind: 0, until });
            }
            Fate::Dropped { why, .. } => self.gone(id, What::PacketDropped { packet, why: reason(why) }),
            Fate::Duplicated { copy } => {
                let event = self.tell(What::PacketDuplicated { packet, copy: PacketId(copy.0) });
                self.names.sent.insert(copy.0, event);
            }
            Fate::Corrupted { bit, octet } => {
                self.names.is_ambiguous = true;
                self.tell(What::PacketCorrupted { packet, at: bit / 8, bytes: &[octet] });
            }
            Fate::Arrived { host } => {
                self.names.arrived_at = host;
                let sent = self.names.sent.remove(id.0);
                self.names.cause = sent;
                let event = self.tell(What::PacketArrived { packet, host: HostId(host.0) });
                self.names.cause = Some(event);
                self.names.last = Some(event);
            }
            Fate::Fragmented { .. } => {
                self.names.sent.remove(id.0);
            }
            Fate::Consumed { socket } => {
                let socket = self.receiver(socket);
                self.tell(What::PacketConsumed { packet, socket, rule: None });
            }
            Fate::Ignored { socket, why } => {
                let socket = socket.map(|socket| self.receiver(socket));
                match why {
                    NetDrop::Checksum | NetDrop::Malformed | NetDrop::BufferFull | NetDrop::BacklogFull => {
                        self.tell(What::PacketDropped { packet, why: reason(why) });
                    }
                    _ => {
                        self.tell(What::PacketIgnored { packet, socket, rule: None });
                    }
                }
            }
            // The trace draws packets from end to end; what a router does to their headers is not kept.
            Fate::Marked | Fate::Forwarded { .. } | Fate::Reassembled { .. } => {}
        }
    }

    fn socket(&mut self, now: Instant, host: NodeId, socket: net::SocketId, news: News) {
        self.tell_rule();
        self.names.now = now;
        match news {
            News::Born { listener, local, remote } => {
                self.names.join(local, remote);
                let listener = self.names.socket(host, listener);
                let socket = self.names.socket(host, socket);
                self.tell(What::Socket {
                    socket,
                    host: HostId(host.0),
                    transport: Transport::Tcp,
                    local: Some(local),
                    remote: Some(remote),
                    listener: Some(listener),
                });
            }
            News::Named { local, remote } => {
                if let (Some(local), Some(remote)) = (local, remote) {
                    self.names.join(local, remote);
                }
                if self.names.knows(host, socket) {
                    let socket = self.names.socket(host, socket);
                    self.tell(What::SocketNamed { socket, local, remote });
                }
            }
            News::Gone => self.names.forget(host, socket),
        }
    }
}

impl<S: Sink> Recorder<'_, S> {
    /// A packet is no more; its sending is the cause.
    fn gone(&mut self, id: net::PacketId, what: What<'_>) {
        let kept = self.names.cause;
        self.names.cause = self.names.sent.remove(id.0).or(kept);
        self.tell(what);
        self.names.cause = kept;
    }
}

/// A number that depends on both.
fn mixed(a: u32, b: u32) -> u32 {
    // Knuth's multiplicative hash.
    (a.rotate_left(5) ^ b).wrapping_mul(0x9e37_79b1)
}

fn reason(why: NetDrop) -> DropReason {
    match why {
        NetDrop::Loss => DropReason::Loss,
        NetDrop::Scripted => DropReason::Scripted,
        NetDrop::QueueFull => DropReason::QueueFull,
        NetDrop::TooBig => DropReason::TooBig,
        NetDrop::NoRoute => DropReason::NoRoute,
        NetDrop::HopLimit => DropReason::HopLimit,
        NetDrop::Checksum => DropReason::Checksum,
        NetDrop::Malformed => DropReason::Malformed,
        NetDrop::ReassemblyTimeout | NetDrop::FragmentOverlap | NetDrop::ReassemblyFull => {
            DropReason::Reassembly
        }
        NetDrop::NoSocket => DropReason::NoSocket,
        NetDrop::BufferFull | NetDrop::BacklogFull => DropReason::BufferFull,
        NetDrop::LinkDown => DropReason::LinkDown,
    }
}
