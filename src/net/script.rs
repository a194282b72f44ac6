//! Scripted actions: "the second data segment that the client sends is lost".

use super::pool::Packet;
use super::{LinkId, NodeId, PacketId};
use crate::packet::{Fragment, IpHeader, Protocol, TcpFlags, TcpHeader, UdpHeader};
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};
use std::net::IpAddr;

/// Which packets an action means. Every part that is set must hold; the default means every packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// This very packet.
    pub packet: Option<PacketId>,
    /// Sent by this host or router.
    pub from: Option<NodeId>,
    /// Addressed to this host.
    pub to: Option<NodeId>,
    /// Entering this link; without it, a packet is looked at once, where it enters its first link.
    pub link: Option<LinkId>,
    /// Of this protocol.
    pub protocol: Option<Protocol>,
    /// From this transport port.
    pub src_port: Option<u16>,
    /// To this transport port.
    pub dst_port: Option<u16>,
    /// A TCP segment with all of these flags.
    pub flags: TcpFlags,
    /// A TCP segment with none of these flags.
    pub not_flags: TcpFlags,
    /// With transport payload, or without.
    pub payload: Option<bool>,
    /// Whose payload contains these octets.
    pub contains: Vec<u8>,
    /// A TCP segment that touches this range of sequence numbers: the first one and how many. SYN and FIN count as one
    /// each; a segment of no length matches where it stands inside.
    pub seq: Option<(SeqNumber, u32)>,
    /// A TCP segment that its sender knows to send again, or not.
    pub retransmission: Option<bool>,
    /// A fragment of an IP packet, or a whole one.
    pub fragment: Option<bool>,
    /// Of at least this many octets, IP header included.
    pub min_len: Option<u32>,
    /// Of at most this many octets, IP header included.
    pub max_len: Option<u32>,
}

/// What is done to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is lost, after it took its time on the link.
    Drop,
    /// It arrives this much later; those behind it overtake it.
    Delay(Duration),
    /// A copy arrives this much after it.
    Duplicate(Duration),
    /// This bit of it is turned (counted from the IP header's first), or one by chance.
    Corrupt(Option<u32>),
    /// A copy arrives at this time of the run: an old duplicate. At once if the time is past.
    Replay(Instant),
}

/// A scripted action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedAction {
    /// Which packets.
    pub matching: Match,
    /// Which of them: the nth, counted from 1; every one when `None`.
    pub nth: Option<u32>,
    /// What is done.
    pub action: Action,
}

#[derive(Clone, Debug)]
struct Entry {
    action: ScriptedAction,
    seen: u32,
}

/// The script of a network: its actions and how often each has matched.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    entries: Vec<Entry>,
}

/// What scripted actions together make of one packet.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    pub drop: bool,
    pub delay: Option<Duration>,
    pub corrupt: Vec<Option<u32>>,
    pub duplicates: Vec<Duration>,
    pub replays: Vec<Instant>,
}

impl Script {
    pub fn add(&mut self, action: ScriptedAction) {
        self.entries.push(Entry { action, seen: 0 });
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is done to `packet`, all of whose octets are its own, where it enters `link`. `node_of` says to whom an address belongs.
    pub fn judge(
        &mut self,
        packet: &Packet,
        link: LinkId,
        node_of: impl Fn(IpAddr) -> Option<NodeId>,
    ) -> Verdict {
        let mut verdict = Verdict::default();
        let Ok((ip, payload, _)) = IpHeader::parse_cut(packet.headers()) else { return verdict };
        let view = View::new(packet, link, node_of(ip.dst), ip, payload);
        for entry in &mut self.entries {
            if !view.matches(&entry.action.matching) {
                continue;
            }
            entry.seen = entry.seen.saturating_add(1);
            if entry.action.nth.is_some_and(|n| n != entry.seen) {
                continue;
            }
            match entry.action.action {
                Action::Drop => verdict.drop = true,
                Action::Delay(by) => verdict.delay = Some(verdict.delay.unwrap_or_default() + by),
                Action::Corrupt(bit) => verdict.corrupt.push(bit),
                Action::Duplicate(after) => verdict.duplicates.push(after),
                Action::Replay(at) => verdict.replays.push(at),
            }
        }
        verdict
    }
}

/// A packet as the conditions look at it.
struct View<'a> {
    packet: &'a Packet,
    link: LinkId,
    to: Option<NodeId>,
    ip: IpHeader,
    tcp: Option<TcpHeader>,
    ports: Option<(u16, u16)>,
    payload: &'a [u8],
}

impl<'a> View<'a> {
    fn new(packet: &'a Packet, link: LinkId, to: Option<NodeId>, ip: IpHeader, body: &'a [u8]) -> View<'a> {
        let mut view = View { packet, link, to, ip, tcp: None, ports: None, payload: body };
        if ip.fragment.is_some_and(|Fragment { offset, .. }| offset != 0) {
            return view; // no transport header in here
        }
        if ip.protocol == Protocol::TCP
            && let Ok((tcp, payload)) = TcpHeader::parse(body)
        {
            view.ports = Some((tcp.src_port, tcp.dst_port));
            (view.tcp, view.payload) = (Some(tcp), payload);
        } else if ip.protocol == Protocol::UDP
            && let Ok((udp, payload)) = UdpHeader::parse(body)
        {
            view.ports = Some((udp.src_port, udp.dst_port));
            view.payload = payload;
        }
        view
    }

    fn matches(&self, m: &Match) -> bool {
        let len = self.packet.len();
        let wants_tcp = m.flags != TcpFlags::NONE
            || m.not_flags != TcpFlags::NONE
            || m.seq.is_some()
            || m.retransmission.is_some();
        m.packet.is_none_or(|id| id == self.packet.id)
            && m.from.is_none_or(|node| node == self.packet.origin)
            && m.to.is_none_or(|node| Some(node) == self.to)
            && m.link.map_or(!self.packet.under_way, |link| link == self.link)
            && m.protocol.is_none_or(|protocol| protocol == self.ip.protocol)
            && m.src_port.is_none_or(|port| self.ports.is_some_and(|(src, _)| src == port))
            && m.dst_port.is_none_or(|port| self.ports.is_some_and(|(_, dst)| dst == port))
            && (!wants_tcp || self.tcp.is_some_and(|tcp| self.matches_tcp(m, &tcp)))
            && m.payload.is_none_or(|wanted| wanted != self.payload.is_empty())
            && (m.contains.is_empty() || memchr::memmem::find(self.payload, &m.contains).is_some())
            && m.fragment.is_none_or(|wanted| wanted == self.ip.fragment.is_some())
            && m.min_len.is_none_or(|min| len >= min as usize)
            && m.max_len.is_none_or(|max| len <= max as usize)
    }

    fn matches_tcp(&self, m: &Match, tcp: &TcpHeader) -> bool {
        let touches = |(first, count): (SeqNumber, u32)| {
            let len = tcp.segment_len(self.payload.len());
            tcp.seq.is_in(first, count) || first.is_in(tcp.seq, len)
        };
        tcp.flags.contains(m.flags)
            && !tcp.flags.intersects(m.not_flags)
            && m.seq.is_none_or(touches)
            && m.retransmission.is_none_or(|wanted| wanted == self.packet.retransmission)
    }
}
