//! Whose packet is it? Addresses of packets, and which of the recorded program's sockets has them.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use framewire::trace::{HostId, SocketId};

/// An end of a connection that the recorded program holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Its lifeline.
    pub host: HostId,
    /// Its socket; `None`: the packet is for a connection that has no socket yet (a SYN for a listening one).
    pub socket: Option<SocketId>,
}

/// Who holds which address.
#[derive(Debug, Default)]
pub struct Ends {
    connected: BTreeMap<(SocketAddr, SocketAddr), End>,
    bound: BTreeMap<SocketAddr, End>,
}

impl Ends {
    /// A socket has these addresses.
    pub fn name(&mut self, end: End, local: Option<SocketAddr>, remote: Option<SocketAddr>) {
        match (local, remote) {
            (Some(local), Some(remote)) => {
                self.connected.insert((plain(local), plain(remote)), end);
            }
            (Some(local), None) => {
                self.bound.insert(plain(local), end);
            }
            (None, _) => {}
        }
    }

    /// Who holds the end `local` of a connection with `remote`.
    pub fn holder(&self, local: SocketAddr, remote: SocketAddr) -> Option<End> {
        if let Some(&end) = self.connected.get(&(local, remote)) {
            return Some(end);
        }
        let any: IpAddr = match local {
            SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        let both: IpAddr = std::net::Ipv6Addr::UNSPECIFIED.into();
        let places = [local, SocketAddr::new(any, local.port()), SocketAddr::new(both, local.port())];
        let bound = places.iter().find_map(|place| self.bound.get(place))?;
        Some(*bound)
    }
}

/// An IPv4 address in IPv6's clothes is an IPv4 address; scopes are left out.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// What an IP packet says of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// TCP, not UDP.
    pub tcp: bool,
}

/// Reads the addresses and ports of a TCP segment or a UDP datagram; `None` for everything else, later fragments among it.
pub fn route(packet: &[u8]) -> Option<Route> {
    let port = |bytes: &[u8], at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let (protocol, source, destination, rest): (u8, IpAddr, IpAddr, &[u8]) = match packet.first()? >> 4 {
        4 => {
            if port(packet, 6)? & 0x1fff != 0 {
                return None;
            }
            let header = usize::from(packet.first()? & 0xf) * 4;
            let at = |at: usize| packet.get(at..)?.first_chunk::<4>().copied();
            (*packet.get(9)?, at(12)?.into(), at(16)?.into(), packet.get(header..)?)
        }
        6 => {
            let at = |at: usize| packet.get(at..)?.first_chunk::<16>().copied();
            (*packet.get(6)?, at(8)?.into(), at(24)?.into(), packet.get(40..)?)
        }
        _ => return None,
    };
    let tcp = match protocol {
        6 => true,
        17 => false,
        _ => return None,
    };
    let (source, destination) =
        (SocketAddr::new(source, port(rest, 0)?), SocketAddr::new(destination, port(rest, 2)?));
    Some(Route { source, destination, tcp })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_nearest_holder_is_found() {
        let mut ends = Ends::default();
        let end = |n: u16| End { host: HostId(n), socket: Some(SocketId(u32::from(n))) };
        ends.name(end(1), Some(addr("0.0.0.0:80")), None);
        ends.name(end(2), Some(addr("[::ffff:127.0.0.1]:80")), Some(addr("[::ffff:127.0.0.1]:5000")));
        ends.name(end(3), Some(addr("[::]:90")), None);
        assert_eq!(ends.holder(addr("127.0.0.1:80"), addr("127.0.0.1:6000")), Some(end(1)));
        assert_eq!(ends.holder(addr("127.0.0.1:80"), addr("127.0.0.1:5000")), Some(end(2)));
        assert_eq!(ends.holder(addr("127.0.0.1:90"), addr("127.0.0.1:5000")), Some(end(3)));
        assert_eq!(ends.holder(addr("127.0.0.1:81"), addr("127.0.0.1:5000")), None);
    }

    #[test]
    fn routes_are_read_and_short_packets_refused() {
        let mut packet =
            vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2, 0, 80, 0x13, 0x88];
        let read = route(&packet).unwrap();
        assert_eq!(
            (read.source, read.destination, read.tcp),
            (addr("127.0.0.1:80"), addr("127.0.0.2:5000"), true)
        );
        for len in 0..packet.len() {
            assert_eq!(route(&packet[..len]), None);
        }
        packet[6..8].copy_from_slice(&[0, 1]);
        assert_eq!(route(&packet), None, "a later fragment has no ports");
    }
}
