//! The rows of packets: what was sent, and what the network did to it.

use super::flows::BEFORE_FIRST;
use super::id::{ConnectionId, EventId, PacketId, Side, StreamId};
use super::summary::flag;
use super::tables::{Span, StreamRange};
use crate::rule::Rule;

/// Bits of [`PacketRow::bits`].
pub mod packet_bits {
    /// Sent again, as the endpoint said.
    pub const RETRANSMISSION: u8 = 1;
    /// Only the headers are stored; the payload is the stream's content from the row's offset on.
    pub const HEADERS_ONLY: u8 = 2;
    /// Its sending was never recorded.
    pub const STUB: u8 = 4;
    /// A copy that the network made.
    pub const COPY: u8 = 8;
    /// A fragment.
    pub const FRAGMENT: u8 = 16;
    /// The network changed its bytes on the way.
    pub const CORRUPTED: u8 = 32;
    /// It runs from the connection's server to its client.
    pub const FROM_SERVER: u8 = 64;
}

/// A packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketRow {
    /// The stored bytes.
    pub stored: Span,
    /// Where its payload stands in the stream; [`BEFORE_FIRST`] if before its first byte.
    pub offset: u64,
    /// Its number.
    pub id: PacketId,
    /// The event by which it was sent (of a copy: made).
    pub sent: EventId,
    /// The first event by which it arrived; [`EventId::NONE`] if it did not.
    pub arrived: EventId,
    /// The event by which it was lost.
    pub dropped: EventId,
    /// The event by which an endpoint consumed or ignored it.
    pub taken: EventId,
    /// The stream it belongs to; [`StreamId::NONE`] if it is of none (ICMP, a stray fragment).
    pub stream: StreamId,
    /// The packet it is a fragment or a copy of.
    pub parent: PacketId,
    /// Octets of the IP packet on the wire.
    pub len: u32,
    /// Octets of payload on the wire.
    pub payload_len: u32,
    /// TCP sequence number.
    pub seq: u32,
    /// TCP acknowledgment number.
    pub ack: u32,
    /// Octets of all headers.
    pub header_len: u16,
    /// TCP flags.
    pub flags: u16,
    /// TCP window, not scaled.
    pub window: u16,
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// The rule by which it was sent, as number + 1; 0 for none.
    pub rule: u16,
    /// IP protocol number.
    pub protocol: u8,
    /// See [`packet_bits`].
    pub bits: u8,
}

impl PacketRow {
    /// True if the bit is set.
    pub const fn is(&self, bit: u8) -> bool {
        self.bits & bit != 0
    }

    /// The connection, if it belongs to one.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.stream.known().map(StreamId::connection)
    }

    /// Who sent it, if it belongs to a connection.
    pub fn side(&self) -> Option<Side> {
        self.stream.known().map(StreamId::side)
    }

    /// Its payload as a range of its stream; `None` if it has none.
    pub fn range(&self) -> Option<StreamRange> {
        let stream = self.stream.known()?;
        (self.payload_len > 0 && self.offset != BEFORE_FIRST).then(|| StreamRange {
            stream,
            start: self.offset,
            end: self.offset.saturating_add(u64::from(self.payload_len)),
        })
    }

    /// True if all of these TCP flags are set.
    pub const fn has(&self, flags: u16) -> bool {
        self.flags & flags == flags
    }

    /// The sequence space it takes.
    pub fn sequence_len(&self) -> u32 {
        self.payload_len
            .saturating_add(u32::from(self.has(flag::SYN)))
            .saturating_add(u32::from(self.has(flag::FIN)))
    }

    /// The rule by which it was sent.
    pub fn rule(&self) -> Option<Rule> {
        rule_from(self.rule)
    }
}

/// The number that stands for a rule in a column: 0 for none.
#[inline]
pub fn rule_code(rule: Option<Rule>) -> u16 {
    rule.map_or(0, |r| r as u16 + 1)
}

/// The rule of a column's number.
pub fn rule_from(code: u16) -> Option<Rule> {
    Rule::ALL.get(usize::from(code).checked_sub(1)?).copied()
}

/// A packet that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// The event.
    pub event: EventId,
    /// Octets before it.
    pub behind: u32,
    /// When it goes on, in nanoseconds.
    pub until: u64,
}

/// Changed bytes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorruptRow {
    /// The event.
    pub event: EventId,
    /// Where, from the IP header on.
    pub at: u32,
    /// The new bytes.
    pub bytes: Span,
}
