//! RFC 791: IPv4, as far as fragmentation and the fields that hosts and routers act on go.

use crate::demand::{Rfc, apart, tested};
use crate::net_support::{PORT, Pair, pattern};
use crate::raw::{Lab, datagram, packet, udp};
use framewire::net::{DropReason, Errno, HostConfig, LinkConfig, Loss, Network, RouterConfig};
use framewire::packet::{IpHeader, Protocol};
use framewire::tcp::Config;
use framewire::time::Duration;
use std::net::IpAddr;

pub const RFC: Rfc = Rfc {
    number: 791,
    title: "Internet Protocol",
    read: "whole",
    note: "Fragmentation and what goes with it; RFC 791 is older than the key words.",
    demands: &[
        tested(
            "2.3",
            "The originating protocol module of an internet datagram sets the identification field to a value that must be unique for that source-destination pair and protocol for the time the datagram will be active in the internet system",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "2.3",
            "an internet protocol module (for example at a destination host) combines internet datagrams that all have the same value for the four fields: identification, source, destination, and protocol",
            &["fragments_of_different_packets_are_never_mixed"],
        ),
        tested(
            "2.3",
            "An internet datagram can be marked \"don't fragment.\" Any internet datagram so marked is not to be internet fragmented under any circumstances",
            &[
                "net_router::tcp_finds_the_path_mtu",
                "net_router::udp_learns_the_path_mtu_and_the_host_cuts_to_it",
            ],
        ),
        tested(
            "2.3",
            "If internet datagram marked don't fragment cannot be delivered to its destination without fragmenting it, it is to be discarded instead",
            &["net_router::a_black_hole_tells_nothing"],
        ),
        tested(
            "3.1",
            "Fragment Offset … is measured in units of 8 octets (64 bits). The first fragment has offset zero",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "3.1",
            "If this field contains the value zero, then the datagram must be destroyed. … every module that processes a datagram must decrease the TTL by at least one even if it process the datagram in less than a second",
            &["net_router::the_router_counts_the_hop_limit_down_and_reports_its_end"],
        ),
        tested(
            "3.1",
            "Since some header fields change (e.g., time to live), this is recomputed and verified at each point that the internet header is processed",
            &[
                "a_wrong_header_checksum_is_noticed_at_every_point",
                "packet::what_routers_change_keeps_the_packet_true",
            ],
        ),
        tested("3.1", "[Bit 0 of the flags] reserved, must be zero", &["fragments_carry_what_they_must"]),
        tested(
            "3.1",
            "All hosts must be prepared to accept datagrams of up to 576 octets (whether they arrive whole or in fragments)",
            &["five_hundred_and_seventy_six_octets_are_put_together"],
        ),
        tested(
            "3.2",
            "It must also be allowed for a host to have several physical interfaces and to treat the datagrams from several of them as if they were all addressed to a single host",
            &["several_addresses_are_one_host"],
        ),
        tested(
            "3.2",
            "Every internet module must be able to forward a datagram of 68 octets without further fragmentation",
            &["sixty_eight_octets_pass_whole", "streams_pass_the_narrowest_path"],
        ),
        tested(
            "3.2",
            "Every internet destination must be able to receive a datagram of 576 octets either in one piece or in fragments to be reassembled",
            &["five_hundred_and_seventy_six_octets_are_put_together"],
        ),
        tested(
            "3.2",
            "The Fragment Offset field identifies the fragment location, relative to the beginning of the original unfragmented datagram",
            &["net_router::routers_cut_ipv4_packets_that_allow_it"],
        ),
        tested(
            "3.2",
            "The More Fragments flag bit (MF) is set if the datagram is not the last fragment. … If an internet datagram is fragmented, its data portion must be broken on 8 octet boundaries",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "3.2",
            "If the timer runs out, the all reassembly resources for this buffer identifier are released",
            &["ip_fragments::one_lost_fragment_loses_the_datagram_and_icmp_tells_if_the_first_came"],
        ),
        apart(
            "3.2",
            "In the case that two or more fragments contain the same data either identically or through a partial overlap, this procedure will use the more recently arrived copy",
            "one example procedure; as in Linux fragments that overlap are thrown away with all that belongs to them (`ip_fragments::overlaps_are_refused_with_all_that_belongs_to_them`)",
        ),
        apart(
            "3.2",
            "The current recommendation for the initial timer setting is 15 seconds",
            "RFC 1122 replaces it",
        ),
        tested(
            "3.1",
            "The copied flag indicates that this option is copied into all fragments on fragmentation",
            &["options_are_copied_as_they_ask"],
        ),
        tested(
            "3.3",
            "The internet module must check to see that the source address is one of the legal address for this host",
            &["rfc1122::section_3_2_1_3_a_host_sends_from_its_own_addresses_alone"],
        ),
        tested(
            "3.3",
            "If the user addressed does not exist, an ICMP error message is returned to the sender, and the data is discarded",
            &["udp::a_closed_port_is_told_to_a_connected_socket_alone"],
        ),
        apart(
            "3.1",
            "They must be implemented by all IP modules (host and gateways). … Every internet module must be able to act on every option",
            "not offered: RFC 7126 has networks drop most of them; received options are skipped (`rfc9293/s3_9_2::ip_options_are_passed_over`)",
        ),
    ],
};

/// What the client sends of a datagram over a link of this MTU, cut by the host.
fn cut(len: usize, mtu: u32) -> (Lab, Vec<u8>) {
    let mut lab = Lab::over(false, LinkConfig { mtu, ..LinkConfig::default() });
    let inbox = lab.pair.udp_server(PORT);
    let (to, data) = (lab.pair.server_address(PORT), pattern(len));
    let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
    let socket = at.udp();
    at.send_to(socket, &data, to).unwrap();
    lab.run_for(Duration::from_secs(1));
    let mut buffer = vec![0; len + 1];
    let received = lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut buffer)).unwrap();
    buffer.truncate(received.len);
    (lab, buffer)
}

/// The packets on the link: fragments, not the whole that they were cut from.
fn on_the_link(lab: &Lab) -> Vec<Vec<u8>> {
    let mut sent = lab.sent_by(lab.pair.client);
    if sent.len() > 1 {
        sent.remove(0);
    }
    sent
}

#[test]
fn sixty_eight_octets_pass_whole() {
    let (lab, received) = cut(40, 68);
    assert_eq!((received.len(), on_the_link(&lab).len(), on_the_link(&lab)[0].len()), (40, 1, 68));
    let (lab, received) = cut(41, 68);
    assert_eq!((received.len(), on_the_link(&lab).len()), (41, 2));
}

#[test]
fn five_hundred_and_seventy_six_octets_are_put_together() {
    let (lab, received) = cut(548, 68); // 20 and 8 octets of headers
    assert_eq!(received, pattern(548));
    assert_eq!(on_the_link(&lab).len(), 12, "48 octets each");
}

#[test]
fn fragments_carry_what_they_must() {
    let (lab, received) = cut(1000, 300);
    assert_eq!(received, pattern(1000));
    let sent = lab.sent_by(lab.pair.client);
    let (whole, body) = IpHeader::parse(&sent[0]).unwrap();
    let parts = &sent[1..];
    let mut offset = 0;
    for (i, bytes) in parts.iter().enumerate() {
        assert!(bytes.len() <= 300);
        let (ip, data) = IpHeader::parse(bytes).unwrap();
        let fragment = ip.fragment.unwrap();
        let last = i + 1 == parts.len();
        assert_eq!((usize::from(fragment.offset), fragment.more), (offset, !last));
        assert!(last || data.len() % 8 == 0);
        assert_eq!(bytes[6] & 0x80, 0, "the reserved bit");
        // On the wire in units of eight octets.
        assert_eq!(usize::from(u16::from_be_bytes([bytes[6], bytes[7]]) & 0x1fff) * 8, offset);
        assert_eq!((ip.src, ip.dst, ip.protocol, ip.id), (whole.src, whole.dst, whole.protocol, whole.id));
        assert_eq!(data, &body[offset..offset + data.len()]);
        offset += data.len();
    }
    assert_eq!(offset, body.len());
    // The next datagram has another identification.
    let mut lab = lab;
    let to = lab.pair.server_address(PORT);
    let mut at = lab.pair.net.sockets(lab.pair.client, &mut lab.watch).unwrap();
    let socket = at.udp();
    at.send_to(socket, &pattern(1000), to).unwrap();
    let next = lab.sent_by(lab.pair.client);
    assert_ne!(IpHeader::parse(next.last().unwrap()).unwrap().0.id, whole.id);
}

#[test]
fn fragments_of_different_packets_are_never_mixed() {
    let mut lab = Lab::new(false);
    let inbox = lab.pair.udp_server(PORT);
    let base = lab.ip(Protocol::UDP);
    let own: IpAddr = base.src;
    let strange = IpHeader { src: [10, 0, 0, 77].into(), ..base };
    let body = |src: IpAddr, fill: u8| datagram(src, base.dst, (9, PORT), &[fill; 24]);
    let all = [
        (IpHeader { id: 1, ..base }, body(own, 1)),
        (IpHeader { id: 2, ..base }, body(own, 2)),
        (IpHeader { id: 1, ..strange }, body(strange.src, 3)),
        (IpHeader { id: 1, protocol: Protocol(99), ..base }, body(own, 4)),
    ];
    // All first halves, then all second halves, the last first.
    for (ip, body) in &all {
        lab.fragment(ip, 0, true, &body[..16]);
    }
    for (ip, body) in all.iter().rev() {
        lab.fragment(ip, 16, false, &body[16..]);
    }
    let mut got = Vec::new();
    let mut buffer = [0; 64];
    while let Ok(received) = lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut buffer)) {
        assert_eq!(received.len, 24);
        assert!(buffer[..24].iter().all(|&octet| octet == buffer[0]));
        got.push(buffer[0]);
    }
    assert_eq!(got, [3, 2, 1], "and what is of another protocol went elsewhere");
}

#[test]
fn a_wrong_header_checksum_is_noticed_at_every_point() {
    // At the destination.
    let mut lab = Lab::new(false);
    let inbox = lab.pair.udp_server(PORT);
    let mut wrong = udp(&lab.ip(Protocol::UDP), (9, PORT), b"x");
    wrong[4] ^= 1; // the identification: the addresses are still right
    lab.inject(&wrong);
    lab.run_for(Duration::from_secs(1));
    assert_eq!(lab.ignored(DropReason::Checksum), 1);
    assert_eq!(lab.pair.at(lab.pair.server, |s| s.recv_from(inbox, &mut [0; 9])), Err(Errno::EAGAIN));
    // At a router on the way; and a right one is recomputed there.
    let mut net = Network::new(1);
    let router = net.add_router(RouterConfig::default());
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    net.connect(a, router, LinkConfig::default(), LinkConfig::default());
    net.connect(router, b, LinkConfig::default(), LinkConfig::default());
    let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol(99));
    let mut watch = crate::net_support::Watch::default();
    let mut wrong = packet(&ip, b"1234");
    wrong[4] ^= 1;
    net.inject(a, &wrong, &mut watch).unwrap();
    while net.step(&mut watch) {}
    assert_eq!(watch.dropped(DropReason::Checksum), 1);
    assert_eq!(watch.arrivals().len(), 0);
    net.inject(a, &packet(&ip, b"1234"), &mut watch).unwrap();
    while net.step(&mut watch) {}
    assert_eq!((watch.dropped(DropReason::Checksum), watch.ignored(DropReason::Checksum)), (1, 0));
    assert!(!watch.arrivals().is_empty());
}

#[test]
fn streams_pass_the_narrowest_path() {
    for mtu in [68, 69, 80, 103] {
        for config in [Config::linux(), Config::rfc(), Config::textbook()] {
            let link = LinkConfig { mtu, loss: Loss::Random(0.05), ..LinkConfig::default() };
            let mut pair =
                Pair::with_hosts(mtu.into(), false, link.clone(), link, |host| host.tcp = config.clone());
            let (client, server) = pair.connect();
            let data = pattern(3000);
            assert_eq!(pair.transfer(client, server, &data), data, "MTU {mtu}");
        }
    }
}

#[test]
fn several_addresses_are_one_host() {
    let mut net = Network::new(1);
    let clients = [1, 2].map(|last| net.add_host(HostConfig::new("client", [[10, 0, last, 1].into()])));
    let own: [IpAddr; 2] = [[10, 0, 1, 2].into(), [10, 0, 2, 2].into()];
    let server = net.add_host(HostConfig::new("server", own));
    for client in clients {
        net.connect(client, server, LinkConfig::default(), LinkConfig::default());
    }
    let mut watch = crate::net_support::Watch::default();
    let mut at = net.sockets(server, &mut watch).unwrap();
    let inbox = at.udp();
    at.bind(inbox, "0.0.0.0:53".parse().unwrap()).unwrap();
    // Each client to each address.
    for (client, ip) in [(0, own[0]), (1, own[1]), (0, own[1]), (1, own[0])] {
        let mut at = net.sockets(clients[client], &mut watch).unwrap();
        let socket = at.udp();
        at.send_to(socket, b"x", (ip, 53).into()).unwrap();
    }
    while net.step(&mut watch) {}
    let mut at = net.sockets(server, &mut watch).unwrap();
    let mut heard = Vec::new();
    while let Ok(received) = at.recv_from(inbox, &mut [0; 9]) {
        heard.push(received.to.ip());
    }
    heard.sort();
    assert_eq!(heard, [own[0], own[0], own[1], own[1]]);
}

#[test]
fn options_are_copied_as_they_ask() {
    let mut net = Network::new(1);
    let router = net.add_router(RouterConfig::default());
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into()]));
    net.connect(a, router, LinkConfig::default(), LinkConfig::default());
    let narrow = LinkConfig { mtu: 100, ..LinkConfig::default() };
    net.connect(router, b, narrow, LinkConfig::default());
    let mut watch = crate::net_support::Watch::default();
    let mut at = net.sockets(b, &mut watch).unwrap();
    let inbox = at.udp();
    at.bind(inbox, ([10, 0, 0, 2], PORT).into()).unwrap();
    let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol::UDP);
    let ip = IpHeader { dont_fragment: false, ..ip };
    // A recorded route, which is not copied, and a stream identifier, which is.
    let options = [7, 7, 4, 0, 0, 0, 0, 1, 136, 4, 0, 9];
    let mut bytes = udp(&ip, (9, PORT), &pattern(200));
    bytes.splice(20..20, options);
    bytes[0] = 0x48;
    bytes[3] += 12;
    bytes[10..12].fill(0);
    let sum = framewire::packet::checksum::internet(&bytes[..32]);
    bytes[10..12].copy_from_slice(&sum.to_be_bytes());
    net.inject(a, &bytes, &mut watch).unwrap();
    while net.step(&mut watch) {}
    let mut buffer = [0; 300];
    let received = net.sockets(b, &mut watch).unwrap().recv_from(inbox, &mut buffer).unwrap();
    assert_eq!(buffer[..received.len], pattern(200));
    let parts: Vec<Vec<u8>> = watch.sent().into_iter().map(|(_, _, bytes)| bytes.clone()).skip(1).collect();
    for (i, part) in parts.iter().enumerate() {
        let header = usize::from(part[0] & 0xf) * 4;
        assert!(part.len() <= 100);
        assert_eq!(part[20..header], if i == 0 { options.to_vec() } else { vec![136, 4, 0, 9] });
        assert!(framewire::packet::ipv4_checksum_is_right(part));
    }
    assert_eq!(parts.len(), 3, "64, 72 and 72 octets");
}
