//! Who watches a network: every packet's fate, and whose notes an endpoint's probe is hearing.

use super::{LinkId, NodeId, PacketId, SocketId};
use crate::probe::{Probe, Silent};
use crate::rule::Rule;
use crate::time::Instant;
use std::net::SocketAddr;
use std::ops::Range;

/// Hears what becomes of every packet, and, being a [`Probe`], what every endpoint decides.
///
/// The type is a parameter of the network's calls: with [`Silent`] everything told here compiles to nothing.
pub trait Observer: Probe {
    /// False when nobody watches: the network may skip work that only prepares what is told.
    const WATCHES: bool = true;

    /// Whether the packet that an endpoint is about to send is to be told with its text. If not, it may be told by its headers
    /// alone: its text stands in the sender's stream.
    #[inline]
    fn wants_text(&self) -> bool {
        true
    }

    /// Until the next call of this method, what the probe hears comes from this socket. Called before an endpoint is given
    /// anything to do.
    fn endpoint(&mut self, now: Instant, host: NodeId, socket: SocketId);

    /// Something became of a packet.
    fn packet(&mut self, now: Instant, packet: PacketId, fate: Fate<'_>);

    /// Something became of a socket that no call of the application did.
    fn socket(&mut self, now: Instant, host: NodeId, socket: SocketId, news: News);
}

/// A segment's text: `start..end` of all that its socket's send calls have given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The offset of its first octet.
    pub start: u64,
    /// The offset behind its last.
    pub end: u64,
}

impl Text {
    /// This text; `None` for none.
    #[inline]
    pub(crate) fn of(range: &Range<u64>) -> Option<Text> {
        (!range.is_empty()).then_some(Text { start: range.start, end: range.end })
    }
}

/// What became of a packet. Everything is told when it happens, in the order of virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It came to be: a host or router sends it.
    Sent {
        /// Who sends it.
        node: NodeId,
        /// The socket that it comes from; `None` for ICMP and a RST of the host itself.
        socket: Option<SocketId>,
        /// The packet from its IP header on; of one with `text` perhaps its headers alone, where [`Observer::wants_text`] says no.
        bytes: &'a [u8],
        /// Octets of the whole packet.
        len: u32,
        /// The rule by which it was sent, if the endpoint named one.
        rule: Option<Rule>,
        /// The endpoint knows that it sends this again.
        retransmission: bool,
        /// TCP: its text; `None` without.
        text: Option<Text>,
        /// The packet of which it is a fragment.
        parent: Option<PacketId>,
    },
    /// It enters a link.
    Queued {
        /// Which link.
        link: LinkId,
        /// Octets that wait before it.
        behind: u32,
        /// When its first bit goes out. Equal to now on an idle link.
        starts: Instant,
        /// When its last bit has gone out: the departure. Equal to `starts` on a link of unlimited rate.
        departs: Instant,
    },
    /// It is held back on purpose.
    Held {
        /// When it goes on.
        until: Instant,
    },
    /// It was lost.
    Dropped {
        /// Where: the link it was about to use or was using; `None` in a node.
        link: Option<LinkId>,
        /// Why.
        why: DropReason,
    },
    /// The network made a copy, which goes its own way under its own number.
    Duplicated {
        /// The copy's number.
        copy: PacketId,
    },
    /// The network turned one bit of it.
    Corrupted {
        /// Which bit, counted from the IP header's first (bit 0 is the most significant one of octet 0).
        bit: u32,
        /// The octet's value from now on.
        octet: u8,
    },
    /// A router marked it with "congestion experienced" instead of dropping it (RFC 3168).
    Marked,
    /// A router passes it on.
    Forwarded {
        /// Which router.
        router: NodeId,
        /// The packet as it is from now on: its hop limit has been decremented.
        bytes: &'a [u8],
    },
    /// It reached the host that it is addressed to.
    Arrived {
        /// Which host.
        host: NodeId,
    },
    /// It was cut into fragments, which are told as sent next, and is no more.
    Fragmented {
        /// How many.
        into: u32,
    },
    /// With it a fragmented packet was complete.
    Reassembled {
        /// The whole packet.
        bytes: &'a [u8],
    },
    /// An endpoint takes it in: what the probe hears next, it caused.
    Consumed {
        /// Which socket.
        socket: SocketId,
    },
    /// It reached its host and had no effect there.
    Ignored {
        /// The socket that refused it, if it got that far.
        socket: Option<SocketId>,
        /// Why.
        why: DropReason,
    },
}

/// Why a packet was lost or had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DropReason {
    /// By chance, as the link's loss says.
    Loss,
    /// A scripted action lost this very packet.
    Scripted,
    /// The link's queue was full.
    QueueFull,
    /// Larger than the link's MTU and not to be fragmented.
    TooBig,
    /// There is no way to the destination.
    NoRoute,
    /// The hop limit ran out.
    HopLimit,
    /// The IP or transport checksum is wrong.
    Checksum,
    /// The bytes are no packet.
    Malformed,
    /// The other fragments did not arrive in time.
    ReassemblyTimeout,
    /// It overlaps another fragment of its packet.
    FragmentOverlap,
    /// The host keeps no more fragments.
    ReassemblyFull,
    /// No socket wants it.
    NoSocket,
    /// The socket's receive queue is full.
    BufferFull,
    /// The listener's SYN queue or accept queue is full.
    BacklogFull,
    /// The link is down.
    LinkDown,
}

/// What became of a socket by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A SYN made it; `accept` will return it once the handshake is done.
    Born {
        /// The listening socket.
        listener: SocketId,
        /// Its own address.
        local: SocketAddr,
        /// Its peer's address.
        remote: SocketAddr,
    },
    /// It got or changed its addresses (bind, connect, the first send).
    Named {
        /// Its own address.
        local: Option<SocketAddr>,
        /// Its peer's address.
        remote: Option<SocketAddr>,
    },
    /// It is gone: nothing of it is kept any more, and its number may be used again.
    Gone,
}

impl Observer for Silent {
    const WATCHES: bool = false;
    fn endpoint(&mut self, _: Instant, _: NodeId, _: SocketId) {}
    fn packet(&mut self, _: Instant, _: PacketId, _: Fate<'_>) {}
    fn socket(&mut self, _: Instant, _: NodeId, _: SocketId, _: News) {}
}
