//! Link layers: what stands before the IP header of a captured packet (www.tcpdump.org/linktypes.html).

/// What the packets of an interface begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// BSD loopback: an address family in the capturing machine's byte order (LINKTYPE_NULL, 0).
    Null,
    /// Ethernet, VLAN tags and PPPoE included (LINKTYPE_ETHERNET, 1).
    Ethernet,
    /// PPP (LINKTYPE_PPP, 9).
    Ppp,
    /// The IP packet itself (LINKTYPE_RAW, 101; LINKTYPE_IPV4, 228; LINKTYPE_IPV6, 229).
    Raw,
    /// OpenBSD loopback: an address family in network byte order (LINKTYPE_LOOP, 108).
    Loop,
    /// Linux "cooked" capture, version 1 (LINKTYPE_LINUX_SLL, 113).
    LinuxCooked,
    /// Linux "cooked" capture, version 2 (LINKTYPE_LINUX_SLL2, 276).
    LinuxCooked2,
    /// What Apple's tcpdump writes of all interfaces at once: a header that says what follows (LINKTYPE_PKTAP, 258).
    Pktap,
    /// Not supported here.
    Other(u16),
}

const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];

impl LinkType {
    /// The type of that number. 12 and 14 are what some systems write for raw IP.
    pub const fn from_number(number: u16) -> LinkType {
        match number {
            0 => LinkType::Null,
            1 => LinkType::Ethernet,
            9 => LinkType::Ppp,
            12 | 14 | 101 | 228 | 229 => LinkType::Raw,
            108 => LinkType::Loop,
            113 => LinkType::LinuxCooked,
            258 => LinkType::Pktap,
            276 => LinkType::LinuxCooked2,
            other => LinkType::Other(other),
        }
    }

    /// The IP packet in a frame, or `None` when it carries something else.
    pub fn ip_packet(self, frame: &[u8]) -> Option<&[u8]> {
        let packet = match self {
            LinkType::Raw => frame,
            LinkType::Null | LinkType::Loop => {
                let (family, packet) = frame.split_first_chunk::<4>()?;
                // AF_INET is 2 everywhere; AF_INET6 is 10, 24, 28 or 30. Either byte order.
                let family = u32::from_be_bytes(*family).max(u32::from_be_bytes(*family).swap_bytes()) >> 24;
                matches!(family, 2 | 10 | 24 | 28 | 30).then_some(packet)?
            }
            LinkType::Ethernet => {
                let mut rest = frame.get(12..)?;
                loop {
                    let (kind, payload) = rest.split_first_chunk::<2>()?;
                    match *kind {
                        IPV4 | IPV6 => break payload,
                        // 802.1Q, 802.1ad and the older QinQ: a tag of two octets, then the type again.
                        [0x81, 0x00] | [0x88, 0xa8] | [0x91, 0x00] => rest = payload.get(2..)?,
                        // A PPPoE session (RFC 2516 section 4): version, code, session, length, then PPP.
                        [0x88, 0x64] => break ppp(payload.get(6..)?)?,
                        _ => return None,
                    }
                }
            }
            LinkType::LinuxCooked => {
                let kind = frame.get(14..16)?;
                (kind == IPV4 || kind == IPV6).then_some(frame.get(16..)?)?
            }
            LinkType::LinuxCooked2 => {
                let kind = frame.get(..2)?;
                (kind == IPV4 || kind == IPV6).then_some(frame.get(20..)?)?
            }
            LinkType::Ppp => ppp(frame)?,
            LinkType::Pktap => {
                let word =
                    |at: usize| frame.get(at..)?.first_chunk().map(|octets| u32::from_le_bytes(*octets));
                let (len, inner) = (word(0)? as usize, LinkType::from_number(u16::try_from(word(8)?).ok()?));
                // It cannot hold itself.
                return if inner == LinkType::Pktap { None } else { inner.ip_packet(frame.get(len..)?) };
            }
            LinkType::Other(_) => return None,
        };
        matches!(packet.first().map(|octet| octet >> 4), Some(4 | 6)).then_some(packet)
    }
}

/// The packet in a PPP frame, with or without address and control before its protocol (RFC 1661 section 2, RFC 1662 section 3.1).
fn ppp(frame: &[u8]) -> Option<&[u8]> {
    let frame = frame.strip_prefix(&[0xff, 0x03]).unwrap_or(frame);
    let frame = frame.strip_prefix(&[0x00]).unwrap_or(frame);
    let (protocol, packet) = frame.split_first()?;
    matches!(protocol, 0x21 | 0x57).then_some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ip_packet_is_found_behind_each_link_layer() {
        let ip = b"\x45 an IPv4 packet";
        let ip6 = b"\x60 an IPv6 packet";
        let cases: [(u16, &[u8]); 14] = [
            (0, &[2, 0, 0, 0]),
            (0, &[0, 0, 0, 2]),
            (108, &[0, 0, 0, 2]),
            (1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0]),
            (1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0, 5, 8, 0]),
            (1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]),
            (1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0x64, 0x11, 0, 0, 7, 0, 18, 0, 0x21]),
            (9, &[0xff, 3, 0, 0x21]),
            (9, &[0, 0x57]),
            (9, &[0x21]),
            (258, &[16, 0, 0, 0, 1, 0, 0, 0, 101, 0, 0, 0, 9, 9, 9, 9]),
            (101, &[]),
            (113, &[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0]),
            (276, &[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0]),
        ];
        for (number, before) in cases {
            let frame = [before, ip].concat();
            assert_eq!(LinkType::from_number(number).ip_packet(&frame), Some(&ip[..]), "link type {number}");
            for cut in 0..before.len() {
                assert_eq!(LinkType::from_number(number).ip_packet(&frame[..cut]), None);
            }
        }
        let frame = [&[30, 0, 0, 0][..], ip6].concat();
        assert_eq!(LinkType::Null.ip_packet(&frame), Some(&ip6[..]));
        let frame = [&[0x86, 0xdd, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0][..], ip6].concat();
        assert_eq!(LinkType::LinuxCooked2.ip_packet(&frame), Some(&ip6[..]));
    }

    #[test]
    fn what_is_not_ip_is_left_out() {
        let arp = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 6, 0x45];
        assert_eq!(LinkType::Ethernet.ip_packet(&arp), None);
        assert_eq!(LinkType::Raw.ip_packet(&[0x20]), None);
        // Of PPP its own negotiation; of PKTAP one in the other.
        assert_eq!(LinkType::Ppp.ip_packet(&[0xc0, 0x21, 0x45]), None);
        assert_eq!(LinkType::Pktap.ip_packet(&[12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0x45]), None);
        assert_eq!(LinkType::from_number(147).ip_packet(&[0x45]), None);
    }
}
