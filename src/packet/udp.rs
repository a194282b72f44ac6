//! The UDP header (RFC 768).

use super::{IpHeader, Layer, ParseError, Protocol, checksum};
use std::net::IpAddr;

/// Octets of the header.
pub const HEADER_LEN: usize = 8;

/// A UDP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UdpHeader {
    /// Source port; 0 when no answer is wanted.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Length of header and data as it stood in the parsed datagram; emitting writes the true one.
    pub len: u16,
    /// Checksum as it stood in the parsed datagram, 0 for "none"; emitting computes it anew.
    pub checksum: u16,
}

impl UdpHeader {
    /// Reads a datagram: the header and the data. Octets past the datagram's own length are left out; a length of 0 (a
    /// jumbogram, or a datagram captured before the network card cut it up) stands for "all there is".
    ///
    /// # Errors
    /// When the octets end before the header or the length in it, or the length is below 8.
    pub fn parse(datagram: &[u8]) -> Result<(UdpHeader, &[u8]), ParseError> {
        let have = datagram.len();
        let truncated = |need| ParseError::Truncated { layer: Layer::Udp, need, have };
        let (b, rest) = datagram.split_first_chunk::<HEADER_LEN>().ok_or(truncated(HEADER_LEN))?;
        let header = UdpHeader {
            src_port: u16::from_be_bytes([b[0], b[1]]),
            dst_port: u16::from_be_bytes([b[2], b[3]]),
            len: u16::from_be_bytes([b[4], b[5]]),
            checksum: u16::from_be_bytes([b[6], b[7]]),
        };
        let data = match usize::from(header.len) {
            0 => rest,
            len if len < HEADER_LEN => {
                return Err(ParseError::Length { layer: Layer::Udp, len, min: HEADER_LEN });
            }
            len => rest.get(..len - HEADER_LEN).ok_or(truncated(len))?,
        };
        Ok((header, data))
    }

    /// Whether the checksum of a whole datagram is right. RFC 768: zero means that the sender made none; RFC 8200
    /// section 8.1: over IPv6 there must be one.
    pub fn checksum_is_right(src: IpAddr, dst: IpAddr, datagram: &[u8]) -> bool {
        let Ok((header, data)) = UdpHeader::parse(datagram) else { return false };
        if header.checksum == 0 {
            return src.is_ipv4() && dst.is_ipv4();
        }
        let whole = datagram.get(..HEADER_LEN + data.len()).unwrap_or(datagram);
        checksum::transport_is_right(src, dst, Protocol::UDP, whole)
    }

    /// Appends the datagram alone, without IP, with its true length, and with its checksum if `with_checksum` (over
    /// IPv6 always).
    pub fn emit(&self, src: IpAddr, dst: IpAddr, data: &[u8], with_checksum: bool, out: &mut Vec<u8>) {
        let start = out.len();
        let (sp, dp) = (self.src_port.to_be_bytes(), self.dst_port.to_be_bytes());
        let len = u16::try_from(HEADER_LEN + data.len()).unwrap_or(u16::MAX).to_be_bytes();
        out.extend_from_slice(&[sp[0], sp[1], dp[0], dp[1], len[0], len[1], 0, 0]);
        out.extend_from_slice(data);
        if !with_checksum && src.is_ipv4() && dst.is_ipv4() {
            return;
        }
        if let Some(datagram) = out.get_mut(start..) {
            // RFC 768: a computed checksum of zero is sent as all ones, because zero says "none".
            let sum = match checksum::transport(src, dst, Protocol::UDP, datagram) {
                0 => 0xffff,
                sum => sum,
            };
            if let Some(field) = datagram.get_mut(6..8) {
                field.copy_from_slice(&sum.to_be_bytes());
            }
        }
    }
}

/// Appends a whole IP packet with one UDP datagram; over IPv4 the UDP checksum may be left out.
pub fn emit_udp(ip: &IpHeader, udp: &UdpHeader, data: &[u8], with_checksum: bool, out: &mut Vec<u8>) {
    let len = HEADER_LEN + data.len();
    out.reserve(ip.len() + len);
    ip.emit(len, out);
    udp.emit(ip.src, ip.dst, data, with_checksum, out);
}
