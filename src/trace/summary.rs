//! What the trace keeps of a packet's headers beside its bytes: enough to follow a connection without parsing again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// TCP flag bits as the header has them (RFC 9293 section 3.1).
pub mod flag {
    #![allow(missing_docs)]
    pub const FIN: u16 = 0x01;
    pub const SYN: u16 = 0x02;
    pub const RST: u16 = 0x04;
    pub const PSH: u16 = 0x08;
    pub const ACK: u16 = 0x10;
    pub const URG: u16 = 0x20;
    pub const ECE: u16 = 0x40;
    pub const CWR: u16 = 0x80;
    /// Accurate ECN (RFC 9768), once NS.
    pub const AE: u16 = 0x100;
}

/// IP protocol numbers.
pub mod protocol {
    #![allow(missing_docs)]
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const ICMPV6: u8 = 58;
    /// What stands for "no IP packet".
    pub const NONE: u8 = 255;
}

/// The headers of one IP packet in short. Fields that the packet lacks are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Source and destination, if this is an IP packet.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// The upper protocol's number; [`protocol::NONE`] if this is no IP packet.
    pub protocol: u8,
    /// Ports of TCP and UDP; 0 in a fragment that is not the first.
    pub source_port: u16,
    /// See `source_port`.
    pub destination_port: u16,
    /// Octets before the payload: IP header with options, extension headers and transport header.
    pub header_len: u16,
    /// The IP header's part of `header_len`.
    pub ip_header_len: u16,
    /// Octets of payload on the wire, whether captured or not.
    pub payload_len: u32,
    /// TCP sequence number.
    pub seq: u32,
    /// TCP acknowledgment number.
    pub ack: u32,
    /// TCP flags, see [`flag`].
    pub flags: u16,
    /// TCP window as it stands in the header, not scaled.
    pub window: u16,
    /// IP identification.
    pub ident: u32,
    /// Fragment offset in octets.
    pub fragment_offset: u32,
    /// More fragments follow.
    pub more_fragments: bool,
    /// The datagram's length by the UDP header, without that header.
    pub datagram_len: u32,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

impl Summary {
    /// Reads the headers of the IP packet in `bytes`, of which `len` octets were on the wire (`bytes` may be cut off). What
    /// cannot be read stays 0; a `protocol` of [`protocol::NONE`] says that these bytes are no IP packet.
    pub fn read(bytes: &[u8], len: u32) -> Summary {
        let mut s = Summary { protocol: protocol::NONE, payload_len: len, ..Summary::default() };
        let parsed = match bytes.first().map(|b| b >> 4) {
            Some(4) => s.read_v4(bytes, len),
            Some(6) => s.read_v6(bytes, len),
            _ => None,
        };
        if parsed.is_some() {
            s.read_transport(bytes);
        }
        s
    }

    // RFC 791 section 3.1
    fn read_v4(&mut self, bytes: &[u8], len: u32) -> Option<()> {
        let header = usize::from(bytes.first()? & 0x0f) * 4;
        let source: [u8; 4] = *bytes.get(12..)?.first_chunk()?;
        let destination: [u8; 4] = *bytes.get(16..)?.first_chunk()?;
        if header < 20 {
            return None;
        }
        // A total length of 0 comes from segmentation offload: the packet is as long as the capture says.
        let total = match u32::from(u16_at(bytes, 2)?) {
            0 => len,
            total => total.min(len),
        };
        let fragment = u16_at(bytes, 6)?;
        self.addresses = Some((IpAddr::V4(Ipv4Addr::from(source)), IpAddr::V4(Ipv4Addr::from(destination))));
        self.ident = u32::from(u16_at(bytes, 4)?);
        self.fragment_offset = u32::from(fragment & 0x1fff) * 8;
        self.more_fragments = fragment & 0x2000 != 0;
        self.protocol = *bytes.get(9)?;
        self.set_headers(header, total);
        Some(())
    }

    // RFC 8200 sections 3 and 4
    fn read_v6(&mut self, bytes: &[u8], len: u32) -> Option<()> {
        let source: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
        let destination: [u8; 16] = *bytes.get(24..)?.first_chunk()?;
        let total = match u32::from(u16_at(bytes, 4)?) {
            0 => len,
            payload => (payload + 40).min(len),
        };
        self.addresses = Some((IpAddr::V6(Ipv6Addr::from(source)), IpAddr::V6(Ipv6Addr::from(destination))));
        let (mut next, mut at) = (*bytes.get(6)?, 40_usize);
        loop {
            match next {
                // Hop-by-hop options, routing, destination options.
                0 | 43 | 60 => {
                    let (Some(&following), Some(&units)) = (bytes.get(at), bytes.get(at + 1)) else { break };
                    next = following;
                    at += usize::from(units) * 8 + 8;
                }
                44 => {
                    let (Some(&following), Some(offset), Some(ident)) =
                        (bytes.get(at), u16_at(bytes, at + 2), u32_at(bytes, at + 4))
                    else {
                        break;
                    };
                    self.fragment_offset = u32::from(offset & 0xfff8);
                    self.more_fragments = offset & 1 != 0;
                    self.ident = ident;
                    next = following;
                    at += 8;
                }
                _ => break,
            }
        }
        self.protocol = next;
        self.set_headers(at, total);
        Some(())
    }

    fn set_headers(&mut self, header: usize, total: u32) {
        self.ip_header_len = u16::try_from(header).unwrap_or(u16::MAX);
        self.header_len = self.ip_header_len;
        self.payload_len = total.saturating_sub(u32::from(self.ip_header_len));
    }

    fn read_transport(&mut self, bytes: &[u8]) {
        if self.fragment_offset != 0 {
            return;
        }
        let Some(header) = bytes.get(usize::from(self.ip_header_len)..) else { return };
        let transport_len = match self.protocol {
            protocol::TCP => self.read_tcp(header),
            protocol::UDP => self.read_udp(header),
            _ => None,
        };
        if let Some(n) = transport_len {
            self.header_len = self.header_len.saturating_add(n);
            self.payload_len = self.payload_len.saturating_sub(u32::from(n));
        }
    }

    // RFC 9293 section 3.1
    fn read_tcp(&mut self, header: &[u8]) -> Option<u16> {
        self.source_port = u16_at(header, 0)?;
        self.destination_port = u16_at(header, 2)?;
        self.seq = u32_at(header, 4)?;
        self.ack = u32_at(header, 8)?;
        let offset_and_flags = u16_at(header, 12)?;
        self.flags = offset_and_flags & 0x01ff;
        self.window = u16_at(header, 14)?;
        Some((offset_and_flags >> 12).max(5) * 4)
    }

    // RFC 768
    fn read_udp(&mut self, header: &[u8]) -> Option<u16> {
        self.source_port = u16_at(header, 0)?;
        self.destination_port = u16_at(header, 2)?;
        self.datagram_len = match u32::from(u16_at(header, 4)?) {
            0 => self.payload_len.saturating_sub(8),
            n => n.saturating_sub(8),
        };
        Some(8)
    }

    /// True if TCP ports or UDP ports were read.
    pub fn has_ports(&self) -> bool {
        self.header_len > self.ip_header_len
    }

    /// Sender's and receiver's address and port, if there are ports.
    pub fn endpoints(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (source, destination) = self.addresses?;
        self.has_ports().then(|| {
            (SocketAddr::new(source, self.source_port), SocketAddr::new(destination, self.destination_port))
        })
    }

    /// True for a piece of a fragmented packet.
    pub fn is_fragment(&self) -> bool {
        self.more_fragments || self.fragment_offset != 0
    }

    /// The sequence space that a TCP segment takes: payload, SYN and FIN (SEG.LEN of RFC 9293 section 3.3.1).
    pub fn sequence_len(&self) -> u32 {
        self.payload_len + u32::from(self.flags & flag::SYN != 0) + u32::from(self.flags & flag::FIN != 0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An IPv4 + TCP packet without options; the checksums are left 0.
    pub(crate) fn tcp4(ports: (u16, u16), seq: u32, ack: u32, flags: u16, payload: &[u8]) -> Vec<u8> {
        let (a, b): ([u8; 4], [u8; 4]) =
            if ports.0 > ports.1 { ([10, 0, 0, 1], [10, 0, 0, 2]) } else { ([10, 0, 0, 2], [10, 0, 0, 1]) };
        let total = (40 + payload.len()) as u16;
        let mut p = vec![0x45, 0];
        p.extend(total.to_be_bytes());
        p.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
        p.extend(a);
        p.extend(b);
        p.extend(ports.0.to_be_bytes());
        p.extend(ports.1.to_be_bytes());
        p.extend(seq.to_be_bytes());
        p.extend(ack.to_be_bytes());
        p.extend((0x5000 | flags).to_be_bytes());
        p.extend(1000_u16.to_be_bytes());
        p.extend([0, 0, 0, 0]);
        p.extend(payload);
        p
    }

    #[test]
    fn headers_are_read_and_cuts_survive() {
        let packet = tcp4((40000, 80), 7, 9, flag::ACK | flag::PSH, b"hello");
        let s = Summary::read(&packet, packet.len() as u32);
        assert_eq!((s.protocol, s.header_len, s.payload_len, s.seq, s.ack), (protocol::TCP, 40, 5, 7, 9));
        assert_eq!(s.endpoints().map(|e| e.1), "10.0.0.2:80".parse().ok());
        for cut in 0..packet.len() {
            let s = Summary::read(&packet[..cut], packet.len() as u32);
            if cut >= 40 {
                assert_eq!(s.payload_len, 5);
            }
        }
    }

    #[test]
    fn an_ipv6_fragment_is_seen_behind_its_extension_header() {
        let mut p = vec![0x60, 0, 0, 0, 0, 24, 44, 64];
        p.extend([0xfd; 32]);
        p.extend([17, 0, 0, 8 | 1, 0, 0, 0, 5]);
        p.extend([0; 16]);
        let s = Summary::read(&p, p.len() as u32);
        assert_eq!((s.protocol, s.fragment_offset, s.more_fragments, s.ident), (17, 8, true, 5));
        assert_eq!((s.header_len, s.payload_len, s.has_ports()), (48, 16, false));
    }
}
