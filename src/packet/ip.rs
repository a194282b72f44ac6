//! One IP header for both versions: what hosts and routers look at, without the wire's differences.

use super::{Layer, ParseError, ipv4, ipv6};
use std::net::{IpAddr, Ipv6Addr};

/// What an IP packet carries: the number of IPv4's Protocol field and IPv6's Next Header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP (RFC 792).
    pub const ICMP: Protocol = Protocol(1);
    /// TCP (RFC 9293).
    pub const TCP: Protocol = Protocol(6);
    /// UDP (RFC 768).
    pub const UDP: Protocol = Protocol(17);
    /// ICMPv6 (RFC 4443).
    pub const ICMPV6: Protocol = Protocol(58);
}

/// Explicit congestion notification: the two low bits of the former ToS octet (RFC 3168 section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Ecn {
    /// The transport does not take part.
    #[default]
    NotEct = 0,
    /// ECN-capable transport, codepoint ECT(1).
    Ect1 = 1,
    /// ECN-capable transport, codepoint ECT(0): what senders use by default.
    Ect0 = 2,
    /// Congestion experienced: a router marked the packet instead of dropping it.
    Ce = 3,
}

impl Ecn {
    /// The codepoint in the low two bits of `bits`.
    pub const fn from_bits(bits: u8) -> Ecn {
        match bits & 3 {
            0 => Ecn::NotEct,
            1 => Ecn::Ect1,
            2 => Ecn::Ect0,
            _ => Ecn::Ce,
        }
    }

    /// True when a router may mark the packet (or already has).
    pub const fn is_capable(self) -> bool {
        !matches!(self, Ecn::NotEct)
    }
}

/// Where a fragment belongs in the packet it was cut from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fragment {
    /// Offset in octets, a multiple of 8.
    pub offset: u16,
    /// More fragments follow.
    pub more: bool,
}

/// An IPv4 or IPv6 header. Addresses of different versions in one header are written as IPv6, the IPv4 one mapped
/// (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpHeader {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// What follows, behind any IPv6 extension headers.
    pub protocol: Protocol,
    /// Time to live, or IPv6's hop limit.
    pub ttl: u8,
    /// Differentiated services code point, 6 bits (RFC 2474).
    pub dscp: u8,
    /// Congestion notification.
    pub ecn: Ecn,
    /// Identification: 16 bits in IPv4; 32 bits in IPv6, where only a fragment carries one.
    pub id: u32,
    /// IPv4's "don't fragment"; always true of IPv6, whose routers never fragment.
    pub dont_fragment: bool,
    /// Set in a fragment, `None` in a whole packet.
    pub fragment: Option<Fragment>,
    /// IPv6's flow label, 20 bits (RFC 6437); 0 in IPv4.
    pub flow_label: u32,
}

impl IpHeader {
    /// What hosts start from by default (Linux: TTL 64).
    pub const DEFAULT_TTL: u8 = 64;

    /// A header with [`IpHeader::DEFAULT_TTL`], not to be fragmented, everything else zero.
    pub const fn new(src: IpAddr, dst: IpAddr, protocol: Protocol) -> IpHeader {
        IpHeader {
            src,
            dst,
            protocol,
            ttl: IpHeader::DEFAULT_TTL,
            dscp: 0,
            ecn: Ecn::NotEct,
            id: 0,
            dont_fragment: true,
            fragment: None,
            flow_label: 0,
        }
    }

    /// Whether it is written as IPv6.
    pub const fn is_v6(&self) -> bool {
        self.src.is_ipv6() || self.dst.is_ipv6()
    }

    /// Octets of the header when emitted, a fragment header included.
    pub const fn len(&self) -> usize {
        match (self.is_v6(), self.fragment) {
            (false, _) => ipv4::HEADER_LEN,
            (true, None) => ipv6::HEADER_LEN,
            (true, Some(_)) => ipv6::HEADER_LEN + ipv6::FRAGMENT_HEADER_LEN,
        }
    }

    /// Always false: a header is never of length 0.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Reads an IP packet: the header and what it carries. Octets after the packet's own length (link-layer padding)
    /// are left out. IPv4 options and IPv6 extension headers are skipped.
    ///
    /// # Errors
    /// When the bytes are no IP packet, or end before the length in the header: see [`ParseError`].
    #[inline]
    pub fn parse(packet: &[u8]) -> Result<(IpHeader, &[u8]), ParseError> {
        let (header, payload, missing) = IpHeader::parse_cut(packet)?;
        if missing > 0 {
            let layer = if header.is_v6() { Layer::Ipv6 } else { Layer::Ipv4 };
            return Err(ParseError::Truncated { layer, need: packet.len() + missing, have: packet.len() });
        }
        Ok((header, payload))
    }

    /// Reads a packet of which the end may be missing (a capture's snap length, the quotation in an ICMP message): the
    /// header, what is there of the payload, and how many octets of it are not there. A length field of 0 (a segment
    /// captured before the network card cut it up) stands for "all there is".
    ///
    /// # Errors
    /// When not even the header is there and whole: see [`ParseError`].
    #[inline]
    pub fn parse_cut(packet: &[u8]) -> Result<(IpHeader, &[u8], usize), ParseError> {
        match packet.first().map(|octet| octet >> 4) {
            Some(4) => ipv4::parse(packet),
            Some(6) => ipv6::parse(packet),
            Some(version) => Err(ParseError::Version(version)),
            None => Err(ParseError::Truncated { layer: Layer::Ipv4, need: ipv4::HEADER_LEN, have: 0 }),
        }
    }

    /// Appends the header of a packet that carries `payload_len` octets, its checksum right. Lengths past 65,535
    /// octets cannot be said and are written as the largest that can.
    pub fn emit(&self, payload_len: usize, out: &mut Vec<u8>) {
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                out.extend_from_slice(&ipv4::octets(self, src, dst, payload_len));
            }
            (src, dst) => ipv6::emit(self, to_v6(src), to_v6(dst), payload_len, out),
        }
    }

    /// The same of a whole packet, written where it is to lie: the first octets of `out`, as [`IpHeader::len`] says.
    #[inline]
    pub(super) fn write(&self, payload_len: usize, out: &mut [u8]) {
        // The addresses are looked at where they lie: to move them costs more.
        if let (IpAddr::V4(src), IpAddr::V4(dst)) = (&self.src, &self.dst) {
            if let Some(out) = out.first_chunk_mut() {
                *out = ipv4::octets(self, *src, *dst, payload_len);
            }
        } else if let Some(out) = out.first_chunk_mut() {
            *out = ipv6::octets(self, to_v6(self.src), to_v6(self.dst), payload_len);
        }
    }
}

fn to_v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(a) => a.to_ipv6_mapped(),
        IpAddr::V6(a) => a,
    }
}

/// Counts the hop limit of an IP packet down by one and puts the header checksum right, as a router does. False, and
/// nothing changed, when it is already 0 or the bytes are no IP packet.
pub fn decrement_ttl(packet: &mut [u8]) -> bool {
    let at = match packet.first().map(|octet| octet >> 4) {
        Some(4) => 8,
        Some(6) => 7,
        _ => return false,
    };
    match packet.get_mut(at) {
        Some(ttl) if *ttl > 0 => *ttl -= 1,
        _ => return false,
    }
    ipv4::renew_checksum(packet);
    true
}

/// Marks an IP packet "congestion experienced" and puts the header checksum right (RFC 3168 section 5). False, and
/// nothing changed, when its transport is not ECN-capable.
pub fn mark_congestion(packet: &mut [u8]) -> bool {
    // The codepoint: low bits of octet 1 in IPv4, bits 4 and 5 of it in IPv6.
    let shift = match packet.first().map(|octet| octet >> 4) {
        Some(4) => 0,
        Some(6) => 4,
        _ => return false,
    };
    match packet.get_mut(1) {
        Some(octet) if Ecn::from_bits(*octet >> shift).is_capable() => *octet |= 3 << shift,
        _ => return false,
    }
    ipv4::renew_checksum(packet);
    true
}
