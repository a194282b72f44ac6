//! Which packets concern a port.

use std::collections::BTreeSet;

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
/// Fragmented packets remembered at once.
const REMEMBERED: usize = 4096;

/// Lets the packets of one port pass: TCP and UDP from or to it, the later fragments of such packets, and ICMP messages about
/// them. Without a port everything passes.
#[derive(Debug, Default)]
pub struct Filter {
    port: Option<u16>,
    /// Source, destination and identification of packets whose first fragment passed.
    fragmented: BTreeSet<Vec<u8>>,
}

struct Ip<'a> {
    protocol: u8,
    rest: &'a [u8],
    /// What all fragments of one packet have in common; `None`: it is whole.
    fragment: Option<Vec<u8>>,
    first: bool,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn ip(packet: &[u8]) -> Option<Ip<'_>> {
    match packet.first()? >> 4 {
        4 => {
            let header = usize::from(packet.first()? & 0xf) * 4;
            let place = u16_at(packet, 6)?;
            let (more, offset) = (place & 0x2000 != 0, place & 0x1fff);
            let key = || Some([packet.get(12..20)?, packet.get(4..6)?, &[*packet.get(9)?]].concat());
            let fragment = if more || offset > 0 { key() } else { None };
            Some(Ip { protocol: *packet.get(9)?, rest: packet.get(header..)?, fragment, first: offset == 0 })
        }
        6 => {
            let (mut protocol, mut rest) = (*packet.get(6)?, packet.get(40..)?);
            let (mut fragment, mut first) = (None, true);
            // Hop-by-hop options, routing, fragment, destination options (RFC 8200 section 4.1).
            while matches!(protocol, 0 | 43 | 44 | 60) {
                let len = if protocol == 44 { 8 } else { (usize::from(*rest.get(1)?) + 1) * 8 };
                if protocol == 44 {
                    fragment = Some([packet.get(8..40)?, rest.get(4..8)?].concat());
                    first = u16_at(rest, 2)? & 0xfff8 == 0;
                }
                (protocol, rest) = (*rest.first()?, rest.get(len..)?);
                if !first {
                    break;
                }
            }
            Some(Ip { protocol, rest, fragment, first })
        }
        _ => None,
    }
}

fn concerns(packet: &Ip<'_>, port: u16) -> Option<bool> {
    match packet.protocol {
        TCP | UDP => Some(u16_at(packet.rest, 0)? == port || u16_at(packet.rest, 2)? == port),
        // Errors quote the packet that they are about behind eight octets (RFC 792, RFC 4443).
        ICMP | ICMPV6 => concerns(&ip(packet.rest.get(8..)?)?, port),
        _ => Some(false),
    }
}

impl Filter {
    /// Of this port, or everything.
    pub fn new(port: Option<u16>) -> Self {
        Filter { port, fragmented: BTreeSet::new() }
    }

    /// Whether a packet (from its IP header on) passes.
    pub fn passes(&mut self, packet: &[u8]) -> bool {
        let Some(port) = self.port else { return true };
        let Some(packet) = ip(packet) else { return false };
        if !packet.first {
            return packet.fragment.is_some_and(|key| self.fragmented.contains(&key));
        }
        let passes = concerns(&packet, port).unwrap_or(false);
        if let Some(key) = packet.fragment.filter(|_| passes) {
            if self.fragmented.len() >= REMEMBERED {
                self.fragmented.clear();
            }
            self.fragmented.insert(key);
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 packet with these ports, which is a fragment at `place` (in units of 8, bit 13: more follow).
    fn v4(protocol: u8, id: u8, place: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, id, (place >> 8) as u8, place as u8, 64, protocol, 0, 0];
        packet.extend([127, 0, 0, 1, 127, 0, 0, 2]);
        packet.extend(payload);
        packet
    }

    #[test]
    fn ports_of_both_ends() {
        let mut filter = Filter::new(Some(9001));
        let ports = |a: u16, b: u16| [a.to_be_bytes(), b.to_be_bytes()].concat();
        assert!(filter.passes(&v4(TCP, 0, 0, &ports(9001, 5))));
        assert!(filter.passes(&v4(UDP, 0, 0, &ports(5, 9001))));
        assert!(!filter.passes(&v4(TCP, 0, 0, &ports(5, 6))));
        let mut v6 = vec![0x60, 0, 0, 0, 0, 0, TCP, 64];
        v6.extend([0; 32]);
        v6.extend(ports(9001, 1));
        assert!(filter.passes(&v6));
        assert!(Filter::new(None).passes(&[]));
    }

    #[test]
    fn later_fragments_and_errors_about_a_packet() {
        let mut filter = Filter::new(Some(9001));
        let first = v4(UDP, 7, 0x2000, &[0x23, 0x29, 0, 1]);
        assert!(!filter.passes(&v4(UDP, 7, 1, b"xxxx")), "nothing is known of it yet");
        assert!(filter.passes(&first));
        assert!(filter.passes(&v4(UDP, 7, 1, b"xxxx")));
        assert!(!filter.passes(&v4(UDP, 8, 1, b"xxxx")));
        let unreachable = [&[3, 3, 0, 0, 0, 0, 0, 0], first.as_slice()].concat();
        assert!(filter.passes(&v4(ICMP, 0, 0, &unreachable)));
    }

    #[test]
    fn no_packet_is_too_short() {
        let mut filter = Filter::new(Some(9001));
        let whole = v4(UDP, 7, 0x2000, &[0x23, 0x29, 0, 1]);
        for len in 0..whole.len() - 1 {
            filter.passes(&whole[..len]);
        }
        for first in 0..=255 {
            assert!(!filter.passes(&[first; 41]) || first == 0x23);
        }
    }
}
