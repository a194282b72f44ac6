//! The bit fields of a real packet, as the RFCs draw them: what the inspector shows.

use super::{FieldName as Name, IpHeader, Layer, Protocol, UdpHeader, checksum, ipv4_checksum_is_right};
use std::net::IpAddr;

/// One field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Whose header it stands in.
    pub layer: Layer,
    /// What it is.
    pub name: Name,
    /// Its first bit, counted from the packet's first (the most significant bit of octet 0).
    pub bit_offset: u32,
    /// How many bits.
    pub bit_len: u32,
    /// What it says.
    pub value: FieldValue,
    /// 0 in the packet itself, 1 in the packet that an ICMP error quotes.
    pub depth: u8,
}

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A number, in the unit of the wire.
    Number(u64),
    /// A single bit.
    Flag(bool),
    /// An address.
    Address(IpAddr),
    /// A checksum, and whether it is right.
    Checksum(u16, Check),
    /// Octets: those that stand there.
    Bytes,
}

/// Whether a checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is.
    Right,
    /// It is not.
    Wrong,
    /// The sender made none (UDP over IPv4).
    None,
    /// Cannot be said: part of what it covers is not there.
    Unknown,
}

/// The fields of a packet in the order of their bits, without gaps as far as the packet is understood. Never fails: of a
/// truncated packet the fields that are whole are given, and what cannot be understood is given as octets.
pub fn fields(packet: &[u8]) -> Vec<Field> {
    let mut reader =
        Reader { packet, at: 0, end: packet.len() * 8, layer: Layer::Payload, depth: 0, out: Vec::new() };
    reader.ip();
    reader.out
}

/// Walks over the bits. Every method gives `None` where the packet ends, and the walk ends with it.
struct Reader<'a> {
    packet: &'a [u8],
    /// The next bit.
    at: usize,
    /// The bit at which the current layer ends.
    end: usize,
    layer: Layer,
    depth: u8,
    out: Vec<Field>,
}

impl Reader<'_> {
    fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    fn push(&mut self, name: Name, bits: usize, value: FieldValue) {
        let field = Field {
            layer: self.layer,
            name,
            bit_offset: self.at as u32,
            bit_len: bits as u32,
            value,
            depth: self.depth,
        };
        self.out.push(field);
        self.at += bits;
    }

    /// The number in the next `bits` (at most 32), not consumed.
    fn peek(&self, bits: usize) -> Option<u64> {
        if bits > self.left() {
            return None;
        }
        let octets = self.packet.get(self.at / 8..(self.at + bits).div_ceil(8))?;
        let all = octets.iter().fold(0_u64, |n, &octet| n << 8 | u64::from(octet));
        let behind = octets.len() * 8 - self.at % 8 - bits;
        Some(all >> behind & ((1 << bits) - 1))
    }

    fn number(&mut self, name: Name, bits: usize) -> Option<u64> {
        let number = self.peek(bits)?;
        self.push(name, bits, FieldValue::Number(number));
        Some(number)
    }

    fn flags(&mut self, names: &[Name]) -> Option<()> {
        for &name in names {
            let bit = self.peek(1)?;
            self.push(name, 1, FieldValue::Flag(bit != 0));
        }
        Some(())
    }

    fn address(&mut self, name: Name, bits: usize) -> Option<IpAddr> {
        let octets = self.packet.get(self.at / 8..(self.at + bits) / 8).filter(|_| bits <= self.left())?;
        let address = match octets.first_chunk::<16>() {
            Some(v6) => IpAddr::from(*v6),
            None => IpAddr::from(*octets.first_chunk::<4>()?),
        };
        self.push(name, bits, FieldValue::Address(address));
        Some(address)
    }

    fn checksum(&mut self, name: Name, check: Check) -> Option<()> {
        let sum = self.peek(16)? as u16;
        self.push(name, 16, FieldValue::Checksum(sum, check));
        Some(())
    }

    /// The next octets, as far as they are there; nothing when there are none.
    fn bytes(&mut self, name: Name, octets: usize) {
        let bits = (octets * 8).min(self.left());
        if bits > 0 {
            self.push(name, bits, FieldValue::Bytes);
        }
    }

    fn rest(&mut self, name: Name) {
        self.bytes(name, usize::MAX / 8);
    }

    fn ip(&mut self) {
        let bytes = self.packet.get(self.at / 8..self.end / 8).unwrap_or(&[]);
        let walked = match bytes.first().map(|octet| octet >> 4) {
            Some(4) => self.ipv4(bytes),
            Some(6) => self.ipv6(bytes),
            _ => {
                self.rest(Name::NotAPacket);
                None
            }
        };
        if walked.is_none() {
            return;
        }
        // From here on, the addresses and whether all is there come from the parsed header.
        match IpHeader::parse_cut(bytes) {
            Ok((ip, payload, missing)) => self.transport(&ip, payload, missing == 0),
            Err(_) => self.rest(Name::Payload),
        }
    }

    fn ipv4(&mut self, bytes: &[u8]) -> Option<()> {
        self.layer = Layer::Ipv4;
        let start = self.at;
        self.number(Name::Version, 4)?;
        let words = self.number(Name::HeaderLength, 4)? as usize;
        self.number(Name::Dscp, 6)?;
        self.number(Name::Ecn, 2)?;
        let total = self.number(Name::TotalLength, 16)? as usize;
        self.number(Name::Identification, 16)?;
        self.flags(&[Name::ReservedFlag, Name::DontFragment, Name::MoreFragments])?;
        self.number(Name::FragmentOffset, 13)?;
        self.number(Name::TimeToLive, 8)?;
        self.number(Name::Protocol, 8)?;
        let whole = bytes.len() >= words * 4;
        let check = match (whole, ipv4_checksum_is_right(bytes)) {
            (false, _) => Check::Unknown,
            (true, true) => Check::Right,
            (true, false) => Check::Wrong,
        };
        self.checksum(Name::HeaderChecksum, check)?;
        self.address(Name::SourceAddress, 32)?;
        self.address(Name::DestinationAddress, 32)?;
        self.bytes(Name::IpOptions, (words * 4).saturating_sub(20));
        if total >= words * 4 {
            self.end = self.end.min(start + total * 8);
        }
        Some(())
    }

    fn ipv6(&mut self, bytes: &[u8]) -> Option<()> {
        self.layer = Layer::Ipv6;
        self.number(Name::Version, 4)?;
        self.number(Name::Dscp, 6)?;
        self.number(Name::Ecn, 2)?;
        self.number(Name::FlowLabel, 20)?;
        let len = self.number(Name::PayloadLength, 16)? as usize;
        let mut next = self.number(Name::NextHeader, 8)?;
        self.number(Name::HopLimit, 8)?;
        self.address(Name::SourceAddress, 128)?;
        self.address(Name::DestinationAddress, 128)?;
        if len > 0 {
            self.end = self.end.min(self.at + len * 8);
        }
        let header = IpHeader::parse_cut(bytes).ok();
        while matches!(next, 0 | 43 | 44 | 60) {
            let this = std::mem::replace(&mut next, self.number(Name::NextHeader, 8)?);
            if this == 44 {
                self.number(Name::Reserved, 8)?;
                let offset = self.number(Name::FragmentOffset, 13)?;
                self.number(Name::Reserved, 2)?;
                self.flags(&[Name::MoreFragments])?;
                self.number(Name::Identification, 32)?;
                if offset != 0 {
                    break;
                }
            } else {
                let units = self.number(Name::ExtensionLength, 8)? as usize;
                self.bytes(Name::ExtensionData, 6 + units * 8);
            }
        }
        header.map(|_| ())
    }

    fn transport(&mut self, ip: &IpHeader, payload: &[u8], whole: bool) {
        let fragment = ip.fragment.is_some_and(|f| f.offset != 0);
        let whole = whole && ip.fragment.is_none();
        let check = |right: bool| match (whole, right) {
            (false, _) => Check::Unknown,
            (true, true) => Check::Right,
            (true, false) => Check::Wrong,
        };
        match ip.protocol {
            _ if fragment => {
                self.layer = Layer::Payload;
            }
            Protocol::TCP => {
                let right = checksum::transport_is_right(ip.src, ip.dst, Protocol::TCP, payload);
                self.tcp(check(right));
            }
            Protocol::UDP => {
                let none = payload.get(6..8) == Some(&[0, 0]) && !ip.is_v6();
                let right = UdpHeader::checksum_is_right(ip.src, ip.dst, payload);
                self.udp(if none { Check::None } else { check(right) });
            }
            Protocol::ICMP | Protocol::ICMPV6 => {
                self.icmp(ip.is_v6(), check(super::Icmp::checksum_is_right(ip, payload)));
            }
            _ => self.layer = Layer::Payload,
        }
        self.layer = Layer::Payload;
        self.rest(Name::Payload);
    }

    fn tcp(&mut self, check: Check) -> Option<()> {
        self.layer = Layer::Tcp;
        let start = self.at;
        self.number(Name::SourcePort, 16)?;
        self.number(Name::DestinationPort, 16)?;
        self.number(Name::SequenceNumber, 32)?;
        self.number(Name::AcknowledgmentNumber, 32)?;
        let words = self.number(Name::DataOffset, 4)? as usize;
        self.number(Name::Reserved, 4)?;
        use Name::{Ack, Cwr, Ece, Fin, Psh, Rst, Syn, Urg};
        self.flags(&[Cwr, Ece, Urg, Ack, Psh, Rst, Syn, Fin])?;
        self.number(Name::Window, 16)?;
        self.checksum(Name::Checksum, check)?;
        self.number(Name::UrgentPointer, 16)?;
        let end = self.end;
        self.end = end.min(start + words * 32);
        self.tcp_options();
        self.end = end;
        Some(())
    }

    /// The options up to `self.end`, each with its kind, its length and its parts.
    fn tcp_options(&mut self) -> Option<()> {
        while self.left() > 0 {
            match self.peek(8)? {
                0 => {
                    self.number(Name::EndOfOptions, 8)?;
                    self.rest(Name::Padding);
                    return Some(());
                }
                1 => {
                    self.number(Name::NoOperation, 8)?;
                    continue;
                }
                _ => {}
            }
            let kind = self.number(Name::OptionKind, 8)?;
            let len = self.number(Name::OptionLength, 8)? as usize;
            if len < 2 || (len - 2) * 8 > self.left() {
                self.rest(Name::OptionData); // RFC 9293 section 3.1, MUST-7
                return None;
            }
            match (kind, len) {
                (2, 4) => {
                    self.number(Name::MaximumSegmentSize, 16)?;
                }
                (3, 3) => {
                    self.number(Name::WindowShift, 8)?;
                }
                (5, 10 | 18 | 26 | 34) => {
                    for _ in 0..(len - 2) / 8 {
                        self.number(Name::SackLeftEdge, 32)?;
                        self.number(Name::SackRightEdge, 32)?;
                    }
                }
                (8, 10) => {
                    self.number(Name::TimestampValue, 32)?;
                    self.number(Name::TimestampEcho, 32)?;
                }
                _ => self.bytes(Name::OptionData, len - 2),
            }
        }
        Some(())
    }

    fn udp(&mut self, check: Check) -> Option<()> {
        self.layer = Layer::Udp;
        self.number(Name::SourcePort, 16)?;
        self.number(Name::DestinationPort, 16)?;
        self.number(Name::Length, 16)?;
        self.checksum(Name::Checksum, check)
    }

    fn icmp(&mut self, v6: bool, check: Check) -> Option<()> {
        self.layer = if v6 { Layer::Icmpv6 } else { Layer::Icmp };
        let kind = self.number(Name::IcmpType, 8)?;
        let code = self.number(Name::IcmpCode, 8)?;
        self.checksum(Name::Checksum, check)?;
        let is_error = match (v6, kind, code) {
            (false, 3, 4) => {
                self.number(Name::Unused, 16)?;
                self.number(Name::NextHopMtu, 16)?;
                true
            }
            (true, 2, _) => self.number(Name::Mtu, 32).map(|_| true)?,
            (false, 12, _) => {
                self.number(Name::Pointer, 8)?;
                self.number(Name::Unused, 24)?;
                true
            }
            (true, 4, _) => self.number(Name::Pointer, 32).map(|_| true)?,
            (false, 3 | 4 | 5 | 11, _) | (true, 1 | 3, _) => self.number(Name::Unused, 32).map(|_| true)?,
            _ => {
                self.number(Name::RestOfHeader, 32)?;
                false
            }
        };
        if is_error && self.depth == 0 {
            self.depth = 1;
            self.ip();
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::*;
    use crate::seq::SeqNumber;
    use proptest::prelude::*;

    fn find(fields: &[Field], name: FieldName) -> Field {
        *fields.iter().find(|field| field.name == name).unwrap()
    }

    fn syn(src: IpAddr, dst: IpAddr) -> Vec<u8> {
        let options = TcpOptions {
            mss: Some(1460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some((5, 6)),
            ..Default::default()
        };
        let tcp = TcpHeader {
            src_port: 40000,
            dst_port: 80,
            seq: SeqNumber(99),
            flags: TcpFlags::SYN,
            options,
            ..Default::default()
        };
        let mut packet = Vec::new();
        emit_tcp(&IpHeader::new(src, dst, Protocol::TCP), &tcp, OptionLayout::Linux, &[b"x"], &mut packet);
        packet
    }

    #[test]
    fn a_syn_is_dissected_bit_by_bit() {
        let packet = syn([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let all = fields(&packet);
        let at = |name| {
            let field = find(&all, name);
            (field.bit_offset, field.bit_len, field.value)
        };
        assert_eq!(at(FieldName::Version), (0, 4, FieldValue::Number(4)));
        assert_eq!(at(FieldName::DontFragment), (49, 1, FieldValue::Flag(true)));
        assert_eq!(at(FieldName::SourceAddress), (96, 32, FieldValue::Address([10, 0, 0, 1].into())));
        assert_eq!(at(FieldName::SequenceNumber), (192, 32, FieldValue::Number(99)));
        assert_eq!(at(FieldName::Syn), (160 + 110, 1, FieldValue::Flag(true)));
        assert_eq!(at(FieldName::Ack), (160 + 107, 1, FieldValue::Flag(false)));
        assert_eq!(at(FieldName::MaximumSegmentSize), (336, 16, FieldValue::Number(1460)));
        assert_eq!(at(FieldName::WindowShift).2, FieldValue::Number(7));
        assert_eq!(at(FieldName::TimestampEcho).2, FieldValue::Number(6));
        assert!(matches!(at(FieldName::Checksum).2, FieldValue::Checksum(_, Check::Right)));
        assert!(matches!(at(FieldName::HeaderChecksum).2, FieldValue::Checksum(_, Check::Right)));
        assert_eq!(at(FieldName::Payload), (480, 8, FieldValue::Bytes));
    }

    /// The fields cover the packet without gap or overlap.
    fn assert_covered(packet: &[u8]) {
        let mut at = 0;
        for field in fields(packet) {
            assert_eq!(field.bit_offset, at, "{field:?}");
            at += field.bit_len;
        }
        assert_eq!(at as usize, packet.len() * 8);
    }

    #[test]
    fn the_fields_of_a_packet_cover_it() {
        let v4 = syn([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let v6 = syn([0xfd; 16].into(), [0xfe; 16].into());
        for cause in [&v4, &v6] {
            assert_covered(cause);
            let (ip, _) = IpHeader::parse(cause).unwrap();
            for icmp in [
                Icmp::TooBig { mtu: 1400 },
                Icmp::TimeExceeded,
                Icmp::ParameterProblem { code: 0, pointer: 1 },
            ] {
                let mut packet = Vec::new();
                emit_icmp(&IpHeader::new(ip.dst, ip.src, Protocol(0)), icmp, cause, &mut packet);
                assert_covered(&packet);
                let quoted = fields(&packet);
                assert!(quoted.iter().any(|f| f.depth == 1 && f.name == FieldName::SequenceNumber));
            }
        }
        let mut udp = Vec::new();
        emit_udp(
            &IpHeader::new([1; 4].into(), [2; 4].into(), Protocol::UDP),
            &UdpHeader::default(),
            b"",
            false,
            &mut udp,
        );
        assert_covered(&udp);
        assert_eq!(find(&fields(&udp), FieldName::Checksum).value, FieldValue::Checksum(0, Check::None));
    }

    #[test]
    fn wrong_and_unknowable_checksums_are_told() {
        let mut packet = syn([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let last = packet.len() - 1;
        packet[last] ^= 1;
        assert!(matches!(
            find(&fields(&packet), FieldName::Checksum).value,
            FieldValue::Checksum(_, Check::Wrong)
        ));
        let cut = fields(&packet[..last]);
        assert!(matches!(find(&cut, FieldName::Checksum).value, FieldValue::Checksum(_, Check::Unknown)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_dissected_in_order_and_within(mut bytes in proptest::collection::vec(any::<u8>(), 0..160),
                first in prop_oneof![Just(0x45_u8), Just(0x46), Just(0x60), any::<u8>()], protocol in prop_oneof![Just(6_u8), Just(17), Just(1), Just(58), Just(44), Just(0)]) {
            if let Some(octet) = bytes.first_mut() { *octet = first; }
            let at = if first >> 4 == 6 { 6 } else { 9 };
            if let Some(octet) = bytes.get_mut(at) { *octet = protocol; }
            let mut at = 0;
            for field in fields(&bytes) {
                prop_assert!(field.bit_offset == at && field.bit_len > 0);
                at += field.bit_len;
            }
            prop_assert!(at as usize <= bytes.len() * 8);
        }

        #[test]
        fn a_cut_packet_shows_the_same_fields_as_far_as_it_goes(cut in 0..61_usize) {
            let packet = syn([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
            let whole = fields(&packet);
            let part = fields(&packet[..cut.min(packet.len())]);
            for (a, b) in whole.iter().zip(&part) {
                prop_assert!(a.name == b.name || b.value == FieldValue::Bytes, "{a:?} {b:?}");
            }
        }
    }
}
