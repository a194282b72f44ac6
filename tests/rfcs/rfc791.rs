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
    note: "Fragmentation and what goes with it; RFC 791 is older than the key words.",
    demands: &[
        tested(
            "2.3",
            "the originating module … sets the identification field to a value that must be unique for that source-destination pair and protocol",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "2.3",
            "To assemble the fragments …, an internet protocol module combines internet datagrams that all have the same value for the four fields: identification, source, destination, and protocol",
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
            "Time to Live: if this field contains the value zero, then the datagram must be destroyed; every module that processes a datagram must decrease the TTL by at least one",
            &["net_router::the_router_counts_the_hop_limit_down_and_reports_its_end"],
        ),
        tested(
            "3.1",
            "Header Checksum: since some header fields change, this is recomputed and verified at each point that the internet header is processed",
            &[
                "a_wrong_header_checksum_is_noticed_at_every_point",
                "packet::what_routers_change_keeps_the_packet_true",
            ],
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
            "Fragments may be fragmented again, the fields counting from the original datagram",
            &["net_router::routers_cut_ipv4_packets_that_allow_it"],
        ),
        tested(
            "3.2",
            "The more-fragments flag is one but in the last fragment, which carries what the original carried",
            &["fragments_carry_what_they_must"],
        ),
        tested(
            "3.2",
            "If the timer runs out, all reassembly resources for this buffer identifier are released",
            &["ip_fragments::one_lost_fragment_loses_the_datagram_and_icmp_tells_if_the_first_came"],
        ),
        apart(
            "3.2",
            "Options are copied into fragments as their copied flag says",
            "no packet of the emulator has IPv4 options, and received ones are passed over",
        ),
        apart(
            "3.1",
            "Options … must be implemented by all IP modules",
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
