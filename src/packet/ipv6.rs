//! The IPv6 header (RFC 8200 section 3) and its fragment header (section 4.5).

use super::{Ecn, Fragment, IpHeader, Layer, ParseError, Protocol};
use std::net::Ipv6Addr;

/// Octets of the fixed header.
pub const HEADER_LEN: usize = 40;
/// Octets of a fragment header.
pub const FRAGMENT_HEADER_LEN: usize = 8;
/// The least MTU of a link that carries IPv6, in octets (RFC 8200 section 5).
pub const MINIMUM_MTU: usize = 1280;

pub(super) const HOP_BY_HOP: u8 = 0;
pub(super) const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
pub(super) const DESTINATION: u8 = 60;

/// More than any sane packet has; a bound so that a hostile chain ends.
pub(super) const MAX_EXTENSIONS: usize = 16;

pub(super) fn parse(packet: &[u8]) -> Result<(IpHeader, &[u8], usize), ParseError> {
    let truncated = |need| ParseError::Truncated { layer: Layer::Ipv6, need, have: packet.len() };
    let b = packet.first_chunk::<HEADER_LEN>().ok_or(truncated(HEADER_LEN))?;
    let address = |at: usize| -> Ipv6Addr {
        let mut octets = [0; 16];
        octets.copy_from_slice(&b[at..at + 16]);
        octets.into()
    };
    let traffic_class = b[0] << 4 | b[1] >> 4;
    let mut header = IpHeader {
        src: address(8).into(),
        dst: address(24).into(),
        protocol: Protocol(b[6]),
        ttl: b[7],
        dscp: traffic_class >> 2,
        ecn: Ecn::from_bits(traffic_class),
        id: 0,
        dont_fragment: true,
        fragment: None,
        flow_label: u32::from_be_bytes([0, b[1] & 0x0f, b[2], b[3]]),
    };
    let end = match usize::from(u16::from_be_bytes([b[4], b[5]])) {
        0 if packet.len() > HEADER_LEN && b[6] != HOP_BY_HOP => packet.len(),
        len => HEADER_LEN + len,
    };
    let there = packet.get(..end).unwrap_or(packet);
    let mut at = HEADER_LEN;
    for _ in 0..MAX_EXTENSIONS {
        let rest = there.get(at..).ok_or(truncated(at))?;
        let len = match (header.protocol.0, header.fragment) {
            // Behind a fragment header there is a fragment: what Next Header names is looked at in the whole packet.
            (_, Some(_)) => return Ok((header, rest, end - there.len())),
            (FRAGMENT, _) => {
                let f =
                    rest.first_chunk::<FRAGMENT_HEADER_LEN>().ok_or(truncated(at + FRAGMENT_HEADER_LEN))?;
                let field = u16::from_be_bytes([f[2], f[3]]);
                header.fragment = Some(Fragment { offset: field & 0xfff8, more: field & 1 != 0 });
                header.id = u32::from_be_bytes([f[4], f[5], f[6], f[7]]);
                header.protocol = Protocol(f[0]);
                FRAGMENT_HEADER_LEN
            }
            (HOP_BY_HOP | ROUTING | DESTINATION, _) => {
                let e = rest.first_chunk::<2>().ok_or(truncated(at + 2))?;
                header.protocol = Protocol(e[0]);
                8 + usize::from(e[1]) * 8
            }
            _ => return Ok((header, rest, end - there.len())),
        };
        at += len;
    }
    Err(ParseError::TooManyExtensions(MAX_EXTENSIONS))
}

/// The octets of the fixed header, which a fragment header follows or not.
pub(super) fn octets(
    header: &IpHeader,
    src: Ipv6Addr,
    dst: Ipv6Addr,
    payload_len: usize,
) -> [u8; HEADER_LEN] {
    let (next, extension) = match header.fragment {
        None => (header.protocol.0, 0),
        Some(_) => (FRAGMENT, FRAGMENT_HEADER_LEN),
    };
    let len = u16::try_from(payload_len + extension).unwrap_or(u16::MAX).to_be_bytes();
    let traffic_class = header.dscp << 2 | header.ecn as u8;
    let word = 6 << 28 | u32::from(traffic_class) << 20 | header.flow_label & 0xf_ffff;
    let mut b = [0_u8; HEADER_LEN];
    b[..4].copy_from_slice(&word.to_be_bytes());
    b[4..8].copy_from_slice(&[len[0], len[1], next, header.ttl]);
    b[8..24].copy_from_slice(&src.octets());
    b[24..].copy_from_slice(&dst.octets());
    b
}

pub(super) fn emit(header: &IpHeader, src: Ipv6Addr, dst: Ipv6Addr, payload_len: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&octets(header, src, dst, payload_len));
    if let Some(fragment) = header.fragment {
        let field = (fragment.offset & 0xfff8 | u16::from(fragment.more)).to_be_bytes();
        let id = header.id.to_be_bytes();
        out.extend_from_slice(&[header.protocol.0, 0, field[0], field[1], id[0], id[1], id[2], id[3]]);
    }
}
