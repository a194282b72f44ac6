//! What a packet's destination makes of IPv6 extension headers (RFC 8200 section 4).

use super::ipv6::{DESTINATION, FRAGMENT, HEADER_LEN, HOP_BY_HOP, MAX_EXTENSIONS, ROUTING};
use super::{Icmp, Protocol};

const NO_NEXT_HEADER: u8 = 59;
/// Where the IPv6 header says what follows it.
const FIRST_NEXT_HEADER: usize = 6;
const PAD1: u8 = 0;
const PADN: u8 = 1;

/// Why the destination has to discard an IPv6 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objection {
    /// In silence.
    Silent,
    /// Nothing follows its headers (Next Header 59).
    Empty,
    /// And its source is to be told so.
    Told(Icmp),
}

/// Looks at the extension headers of a packet that has come to its destination, in their order and up to a fragment header.
/// No option and no routing type is known here but the padding.
///
/// # Errors
/// When a header demands that the packet be discarded.
pub fn check_extensions(packet: &[u8]) -> Result<(), Objection> {
    let mut field = FIRST_NEXT_HEADER;
    let mut at = HEADER_LEN;
    for _ in 0..=MAX_EXTENSIONS {
        let next = octet(packet, field)?;
        match next {
            FRAGMENT => return Ok(()),
            NO_NEXT_HEADER => return Err(Objection::Empty), // section 4.7
            _ if matches!(Protocol(next), Protocol::TCP | Protocol::UDP | Protocol::ICMPV6) => return Ok(()),
            HOP_BY_HOP if field == FIRST_NEXT_HEADER => {}
            DESTINATION | ROUTING => {}
            // Section 4: not known, or hop-by-hop options that do not come first.
            _ => return Err(told(1, field)),
        }
        let end = at + 8 + usize::from(octet(packet, at + 1)?) * 8;
        let header = packet.get(at..end).ok_or(Objection::Silent)?;
        if next != ROUTING {
            check_options(header, at)?;
        } else if octet(header, 3)? != 0 {
            return Err(told(0, at + 2)); // section 4.4: it points to the unrecognized Routing Type
        }
        (field, at) = (at, end);
    }
    Err(Objection::Silent)
}

/// The options of a header that stands at `base` in its packet.
fn check_options(header: &[u8], base: usize) -> Result<(), Objection> {
    let mut at = 2;
    while let Some(&kind) = header.get(at) {
        if kind == PAD1 {
            at += 1;
            continue;
        }
        // Section 4.2: the two highest bits say what is to be done about an option that is not known. (The fourth action spares
        // packets to many; hosts here are sent none.)
        match kind >> 6 {
            _ if kind == PADN => {}
            0 => {}
            1 => return Err(Objection::Silent),
            _ => return Err(told(2, base + at)),
        }
        at += 2 + usize::from(octet(header, at + 1)?);
    }
    if at == header.len() { Ok(()) } else { Err(Objection::Silent) }
}

fn octet(bytes: &[u8], at: usize) -> Result<u8, Objection> {
    bytes.get(at).copied().ok_or(Objection::Silent)
}

/// A parameter problem (RFC 4443 section 3.4).
fn told(code: u8, pointer: usize) -> Objection {
    Objection::Told(Icmp::ParameterProblem { code, pointer: u32::try_from(pointer).unwrap_or(u32::MAX) })
}
