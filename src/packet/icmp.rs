//! The ICMP errors that matter to TCP and UDP, and the echo, for both IP versions (RFC 792, RFC 1191, RFC 4443).

use super::{IpHeader, Layer, MINIMUM_MTU, ParseError, Protocol, checksum};
use crate::seq::SeqNumber;
use std::net::SocketAddr;

const HEADER_LEN: usize = 8;
/// The types of echo request and reply (RFC 792; RFC 4443 sections 4.1 and 4.2).
const ECHO: (u8, u8) = (8, 0);
const ECHO_V6: (u8, u8) = (128, 129);

/// Why a destination cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unreachable {
    /// No route to the network (ICMP code 0, ICMPv6 code 0).
    Network,
    /// The host does not answer (ICMP code 1, ICMPv6 code 3).
    Host,
    /// The host does not speak the protocol (ICMP code 2; ICMPv6 says parameter problem, code 1).
    Protocol,
    /// Nobody listens at the port (ICMP code 3, ICMPv6 code 4).
    Port,
    /// Forbidden by a filter (ICMP code 13, ICMPv6 code 1).
    Prohibited,
    /// Another code.
    Other(u8),
}

/// An ICMP or ICMPv6 message, without the packet it quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icmp {
    /// Destination unreachable (ICMP type 3, ICMPv6 type 1).
    Unreachable(Unreachable),
    /// The packet does not fit the next link and may not be fragmented: ICMP type 3 code 4 (RFC 1191 section 4),
    /// ICMPv6 type 2.
    TooBig {
        /// MTU of the next link in octets; 0 from a router older than RFC 1191.
        mtu: u32,
    },
    /// The TTL ran out on the way (ICMP type 11 code 0, ICMPv6 type 3 code 0).
    TimeExceeded,
    /// Fragments did not all arrive in time (ICMP type 11 code 1, ICMPv6 type 3 code 1).
    ReassemblyTimeExceeded,
    /// A header field makes no sense (ICMP type 12, ICMPv6 type 4).
    ParameterProblem {
        /// What kind of problem.
        code: u8,
        /// Offset of the offending octet in the quoted packet.
        pointer: u32,
    },
    /// Source quench (ICMP type 4): deprecated by RFC 6633, to be ignored.
    SourceQuench,
    /// Anything else.
    Other {
        /// ICMP type.
        kind: u8,
        /// ICMP code.
        code: u8,
    },
}

impl Icmp {
    /// Reads a message of ICMPv6 (`v6`) or ICMP: what it says, and the octets after its eight octets of header (for an
    /// error: the beginning of the packet that caused it, see [`Quote::parse`]). The checksum is not looked at.
    ///
    /// # Errors
    /// When there are fewer than eight octets.
    pub fn parse(v6: bool, message: &[u8]) -> Result<(Icmp, &[u8]), ParseError> {
        let layer = if v6 { Layer::Icmpv6 } else { Layer::Icmp };
        let (b, rest) = message.split_first_chunk::<HEADER_LEN>().ok_or(ParseError::Truncated {
            layer,
            need: HEADER_LEN,
            have: message.len(),
        })?;
        let word = u32::from_be_bytes([b[4], b[5], b[6], b[7]]);
        let icmp = match (v6, b[0], b[1]) {
            (false, 3, 0) | (true, 1, 0) => Icmp::Unreachable(Unreachable::Network),
            (false, 3, 1) | (true, 1, 3) => Icmp::Unreachable(Unreachable::Host),
            (false, 3, 2) => Icmp::Unreachable(Unreachable::Protocol),
            (false, 3, 3) | (true, 1, 4) => Icmp::Unreachable(Unreachable::Port),
            (false, 3, 4) => Icmp::TooBig { mtu: word & 0xffff },
            (true, 2, _) => Icmp::TooBig { mtu: word },
            (false, 3, 13) | (true, 1, 1) => Icmp::Unreachable(Unreachable::Prohibited),
            (false, 3, code) | (true, 1, code) => Icmp::Unreachable(Unreachable::Other(code)),
            (false, 11, 0) | (true, 3, 0) => Icmp::TimeExceeded,
            (false, 11, 1) | (true, 3, 1) => Icmp::ReassemblyTimeExceeded,
            (false, 12, code) => Icmp::ParameterProblem { code, pointer: word >> 24 },
            (true, 4, code) => Icmp::ParameterProblem { code, pointer: word },
            (false, 4, _) => Icmp::SourceQuench,
            (_, kind, code) => Icmp::Other { kind, code },
        };
        Ok((icmp, rest))
    }

    /// Type, code and the second word of the header.
    fn wire(self, v6: bool) -> (u8, u8, u32) {
        match (v6, self) {
            (false, Icmp::Unreachable(why)) => {
                let code = match why {
                    Unreachable::Network => 0,
                    Unreachable::Host => 1,
                    Unreachable::Protocol => 2,
                    Unreachable::Port => 3,
                    Unreachable::Prohibited => 13,
                    Unreachable::Other(code) => code,
                };
                (3, code, 0)
            }
            // RFC 4443 section 3.4: an unknown protocol is a parameter problem, pointing at Next Header.
            (true, Icmp::Unreachable(Unreachable::Protocol)) => (4, 1, 6),
            (true, Icmp::Unreachable(why)) => {
                let code = match why {
                    Unreachable::Network | Unreachable::Protocol => 0,
                    Unreachable::Prohibited => 1,
                    Unreachable::Host => 3,
                    Unreachable::Port => 4,
                    Unreachable::Other(code) => code,
                };
                (1, code, 0)
            }
            (false, Icmp::TooBig { mtu }) => (3, 4, mtu.min(0xffff)),
            (true, Icmp::TooBig { mtu }) => (2, 0, mtu),
            (false, Icmp::TimeExceeded) => (11, 0, 0),
            (true, Icmp::TimeExceeded) => (3, 0, 0),
            (false, Icmp::ReassemblyTimeExceeded) => (11, 1, 0),
            (true, Icmp::ReassemblyTimeExceeded) => (3, 1, 0),
            (false, Icmp::ParameterProblem { code, pointer }) => (12, code, pointer.min(255) << 24),
            (true, Icmp::ParameterProblem { code, pointer }) => (4, code, pointer),
            (_, Icmp::SourceQuench) => (4, 0, 0),
            (_, Icmp::Other { kind, code }) => (kind, code, 0),
        }
    }

    /// Whether it asks for an echo (RFC 792; RFC 4443 section 4.1).
    pub const fn is_echo_request(self, v6: bool) -> bool {
        let request = if v6 { ECHO_V6.0 } else { ECHO.0 };
        matches!(self, Icmp::Other { kind, code: 0 } if kind == request)
    }

    /// Whether the checksum of a whole message is right.
    pub fn checksum_is_right(ip: &IpHeader, message: &[u8]) -> bool {
        if ip.is_v6() {
            checksum::transport_is_right(ip.src, ip.dst, Protocol::ICMPV6, message)
        } else {
            checksum::internet(message) == 0
        }
    }
}

/// The packet that an ICMP error complains about, as far as it is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its IP header: source is who gets the ICMP message.
    pub ip: IpHeader,
    /// Where it came from.
    pub src: SocketAddr,
    /// Where it was going.
    pub dst: SocketAddr,
    /// The sequence number of a TCP segment (RFC 5927 section 4: an error whose number is not in flight is a forgery or too
    /// old).
    pub seq: Option<SeqNumber>,
}

impl Quote {
    /// Reads the quoted beginning of a TCP or UDP packet. `None` when it is neither, is not the first fragment, or is
    /// too short for its ports.
    pub fn parse(quoted: &[u8]) -> Option<Quote> {
        let (ip, transport, _) = IpHeader::parse_cut(quoted).ok()?;
        if ip.fragment.is_some_and(|f| f.offset != 0) || !matches!(ip.protocol, Protocol::TCP | Protocol::UDP)
        {
            return None;
        }
        let (&[a, b, c, d], rest) = transport.split_first_chunk::<4>()?;
        let seq = rest.first_chunk::<4>().filter(|_| ip.protocol == Protocol::TCP);
        Some(Quote {
            ip,
            src: SocketAddr::new(ip.src, u16::from_be_bytes([a, b])),
            dst: SocketAddr::new(ip.dst, u16::from_be_bytes([c, d])),
            seq: seq.map(|&s| SeqNumber(u32::from_be_bytes(s))),
        })
    }
}

/// Appends an IP packet with an ICMP error about `cause`: as much of it is quoted as fits 576 octets (RFC 1812 section
/// 4.3.2.3) or IPv6's minimum MTU (RFC 4443 section 3.1). `ip` gives the addresses; its protocol is set here.
pub fn emit_icmp(ip: &IpHeader, icmp: Icmp, cause: &[u8], out: &mut Vec<u8>) {
    let v6 = ip.is_v6();
    let protocol = if v6 { Protocol::ICMPV6 } else { Protocol::ICMP };
    let ip = IpHeader { protocol, ..*ip };
    let room = if v6 { MINIMUM_MTU } else { 576 } - ip.len() - HEADER_LEN;
    let quoted = cause.get(..room).unwrap_or(cause);
    ip.emit(HEADER_LEN + quoted.len(), out);
    let start = out.len();
    let (kind, code, word) = icmp.wire(v6);
    out.extend_from_slice(&[kind, code, 0, 0]);
    out.extend_from_slice(&word.to_be_bytes());
    out.extend_from_slice(quoted);
    seal(&ip, out.get_mut(start..));
}

/// Appends an IP packet that answers an echo request with its own data (RFC 792; RFC 4443 section 4.2). `ip` gives the
/// addresses; its protocol is set here.
pub fn emit_echo_reply(ip: &IpHeader, request: &[u8], out: &mut Vec<u8>) {
    let v6 = ip.is_v6();
    let ip = IpHeader { protocol: if v6 { Protocol::ICMPV6 } else { Protocol::ICMP }, ..*ip };
    ip.emit(request.len(), out);
    let start = out.len();
    out.extend_from_slice(request);
    if let Some(kind) = out.get_mut(start) {
        *kind = if v6 { ECHO_V6.1 } else { ECHO.1 };
    }
    seal(&ip, out.get_mut(start..));
}

/// Writes the checksum into a message.
fn seal(ip: &IpHeader, message: Option<&mut [u8]>) {
    let Some(message) = message else { return };
    if let Some(field) = message.get_mut(2..4) {
        field.fill(0);
    }
    let sum = if ip.is_v6() {
        checksum::transport(ip.src, ip.dst, Protocol::ICMPV6, message)
    } else {
        checksum::internet(message)
    };
    if let Some(field) = message.get_mut(2..4) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
}
