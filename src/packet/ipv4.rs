//! The IPv4 header (RFC 791 section 3.1).

use super::{Ecn, Fragment, IpHeader, Layer, ParseError, Protocol, checksum, words};
use std::net::Ipv4Addr;

/// Octets of a header without options; framewire sends none.
pub const HEADER_LEN: usize = 20;

const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;

#[inline]
pub(super) fn parse(packet: &[u8]) -> Result<(IpHeader, &[u8], usize), ParseError> {
    let truncated = |need| ParseError::Truncated { layer: Layer::Ipv4, need, have: packet.len() };
    let b = packet.first_chunk::<HEADER_LEN>().ok_or(truncated(HEADER_LEN))?;
    let header_len = usize::from(b[0] & 0x0f) * 4;
    if header_len < HEADER_LEN {
        return Err(ParseError::Length { layer: Layer::Ipv4, len: header_len, min: HEADER_LEN });
    }
    let total = match usize::from(u16::from_be_bytes([b[2], b[3]])) {
        0 => packet.len(),
        len if len < header_len => {
            return Err(ParseError::Length { layer: Layer::Ipv4, len, min: header_len });
        }
        len => len,
    };
    let body = packet.get(header_len..).ok_or(truncated(header_len))?;
    let wanted = total - header_len.min(total);
    let payload = body.get(..wanted).unwrap_or(body);
    let flags = u16::from_be_bytes([b[6], b[7]]);
    let (offset, more) = ((flags & 0x1fff) << 3, flags & MORE_FRAGMENTS != 0);
    let header = IpHeader {
        src: Ipv4Addr::new(b[12], b[13], b[14], b[15]).into(),
        dst: Ipv4Addr::new(b[16], b[17], b[18], b[19]).into(),
        protocol: Protocol(b[9]),
        ttl: b[8],
        dscp: b[1] >> 2,
        ecn: Ecn::from_bits(b[1]),
        id: u16::from_be_bytes([b[4], b[5]]).into(),
        dont_fragment: flags & DONT_FRAGMENT != 0,
        fragment: (offset != 0 || more).then_some(Fragment { offset, more }),
        flow_label: 0,
    };
    Ok((header, payload, wanted - payload.len()))
}

/// The octets of a header.
#[inline]
pub(super) fn octets(
    header: &IpHeader,
    src: Ipv4Addr,
    dst: Ipv4Addr,
    payload_len: usize,
) -> [u8; HEADER_LEN] {
    let total = u16::try_from(HEADER_LEN + payload_len).unwrap_or(u16::MAX);
    let fragment = header.fragment.map_or(0, |f| f.offset >> 3 | if f.more { MORE_FRAGMENTS } else { 0 });
    let flags = fragment | if header.dont_fragment { DONT_FRAGMENT } else { 0 };
    let tos = header.dscp << 2 | header.ecn as u8;
    let mut words = [
        u32::from_be_bytes([0x45, tos, 0, 0]) | u32::from(total),
        header.id << 16 | u32::from(flags),
        u32::from_be_bytes([header.ttl, header.protocol.0, 0, 0]),
        src.to_bits(),
        dst.to_bits(),
    ];
    words[2] |= u32::from(checksum::internet_of_words(&words));
    words::to_octets(&words)
}

/// Whether the header checksum of an IPv4 packet is right; true of anything that is no IPv4 packet, because IPv6 has
/// none.
#[inline]
pub fn checksum_is_right(packet: &[u8]) -> bool {
    match packet.first() {
        Some(0x45) => {
            packet.first_chunk::<HEADER_LEN>().is_some_and(|header| checksum::internet_of_header(header) == 0)
        }
        Some(first) if first >> 4 == 4 => {
            let len = usize::from(first & 0x0f) * 4;
            packet.get(..len).is_some_and(|header| checksum::internet(header) == 0)
        }
        _ => true,
    }
}

/// Writes the right header checksum into an IPv4 packet; does nothing to anything else.
pub(super) fn renew_checksum(packet: &mut [u8]) {
    let len = match packet.first() {
        Some(first) if first >> 4 == 4 => usize::from(first & 0x0f) * 4,
        _ => return,
    };
    if let Some(header) = packet.get_mut(..len)
        && header.len() >= HEADER_LEN
    {
        header[10..12].fill(0);
        let sum = checksum::internet(header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
    }
}
