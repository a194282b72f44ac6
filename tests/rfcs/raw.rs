//! Raw packets to a host of the emulator, and what comes back.

use crate::net_support::{Pair, Seen, Watch};
use framewire::net::{DropReason, LinkConfig, NodeId};
use framewire::packet::{Fragment, Icmp, IpHeader, Protocol, UdpHeader, emit_udp};
use framewire::time::Duration;
use std::net::IpAddr;

/// A client whose packets the test makes by hand, and a server that is watched.
pub struct Lab {
    pub pair: Pair,
    pub watch: Watch,
}

impl Lab {
    pub fn new(v6: bool) -> Lab {
        Lab::over(v6, LinkConfig::default())
    }

    /// With this link from client to server.
    pub fn over(v6: bool, link: LinkConfig) -> Lab {
        Lab { pair: Pair::with(1, v6, link, LinkConfig::default()), watch: Watch::default() }
    }

    /// The header of a packet from client to server.
    pub fn ip(&self, protocol: Protocol) -> IpHeader {
        let (src, dst) = (self.pair.client_address(0).ip(), self.pair.server_address(0).ip());
        IpHeader { dont_fragment: self.pair.version6, ..IpHeader::new(src, dst, protocol) }
    }

    /// Sends a packet from the client.
    pub fn inject(&mut self, packet: &[u8]) {
        self.pair.net.inject(self.pair.client, packet, &mut self.watch).unwrap();
    }

    /// Sends one fragment of a UDP packet with the identification `id`, and lets it arrive.
    pub fn fragment(&mut self, ip: &IpHeader, offset: u16, more: bool, data: &[u8]) {
        let ip = IpHeader { fragment: Some(Fragment { offset, more }), ..*ip };
        self.inject(&packet(&ip, data));
        self.run_for(Duration::from_millis(50));
    }

    pub fn run_for(&mut self, span: Duration) {
        let until = self.pair.now() + span;
        self.pair.net.run_until(until, &mut self.watch);
    }

    /// What `node` has sent.
    pub fn sent_by(&self, node: NodeId) -> Vec<Vec<u8>> {
        let of = |seen: &Seen| match seen {
            Seen::Sent { node: from, bytes, .. } if *from == node => Some(bytes.clone()),
            _ => None,
        };
        self.watch.seen.iter().filter_map(|(_, _, seen)| of(seen)).collect()
    }

    /// What the server has answered.
    pub fn answers(&self) -> Vec<Vec<u8>> {
        self.sent_by(self.pair.server)
    }

    /// The ICMP messages among the answers.
    pub fn icmp(&self) -> Vec<Icmp> {
        let of = |bytes: &Vec<u8>| {
            let (ip, payload) = IpHeader::parse(bytes).unwrap();
            matches!(ip.protocol, Protocol::ICMP | Protocol::ICMPV6)
                .then(|| Icmp::parse(ip.is_v6(), payload).unwrap().0)
        };
        self.answers().iter().filter_map(of).collect()
    }

    /// How many packets the server passed over in silence for this reason.
    pub fn ignored(&self, why: DropReason) -> usize {
        assert_eq!(self.answers().len(), 0, "it answered");
        self.watch.ignored(why)
    }
}

/// A packet of this header and payload.
pub fn packet(ip: &IpHeader, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    ip.emit(payload.len(), &mut packet);
    packet.extend_from_slice(payload);
    packet
}

/// A UDP datagram without its IP header, its checksum right.
pub fn datagram(src: IpAddr, dst: IpAddr, ports: (u16, u16), data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    UdpHeader { src_port: ports.0, dst_port: ports.1, ..Default::default() }
        .emit(src, dst, data, true, &mut out);
    out
}

/// A whole UDP packet.
pub fn udp(ip: &IpHeader, ports: (u16, u16), data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let header = UdpHeader { src_port: ports.0, dst_port: ports.1, ..Default::default() };
    emit_udp(ip, &header, data, true, &mut out);
    out
}
