//! Why bytes are no packet.

use std::fmt;

/// A layer of a packet, as an error or a field names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// IPv4 (RFC 791).
    Ipv4,
    /// IPv6 (RFC 8200), its extension headers included.
    Ipv6,
    /// TCP (RFC 9293).
    Tcp,
    /// UDP (RFC 768).
    Udp,
    /// ICMP (RFC 792).
    Icmp,
    /// ICMPv6 (RFC 4443).
    Icmpv6,
    /// What the innermost known header carries.
    Payload,
}

impl Layer {
    /// The protocol's name: `IPv4`, `TCP`, …; the same in every language but for [`Layer::Payload`].
    pub const fn label(self) -> &'static str {
        match self {
            Layer::Ipv4 => "IPv4",
            Layer::Ipv6 => "IPv6",
            Layer::Tcp => "TCP",
            Layer::Udp => "UDP",
            Layer::Icmp => "ICMP",
            Layer::Icmpv6 => "ICMPv6",
            Layer::Payload => "payload",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Why bytes could not be read as a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Fewer octets than the header (or a length in it) promises.
    #[error("{layer} is cut off: it needs {need} octets and has {have}")]
    Truncated {
        /// Whose header or body is short.
        layer: Layer,
        /// Octets needed.
        need: usize,
        /// Octets there.
        have: usize,
    },
    /// Neither IPv4 nor IPv6.
    #[error("IP version {0} where 4 or 6 must stand in the first four bits")]
    Version(u8),
    /// A length field that cannot be.
    #[error("{layer} says its length is {len} octets, the least is {min}")]
    Length {
        /// Whose length field.
        layer: Layer,
        /// What it says, in octets.
        len: usize,
        /// The least that could be, in octets.
        min: usize,
    },
    /// A chain of IPv6 extension headers without end.
    #[error("more than {0} IPv6 extension headers in one packet")]
    TooManyExtensions(usize),
}
