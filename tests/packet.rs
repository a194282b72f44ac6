//! Headers survive the way to bytes and back, checksums are right, and no bytes make the parsers panic.

use framewire::packet::*;
use framewire::seq::SeqNumber;
use proptest::prelude::*;
use std::net::{IpAddr, SocketAddr};

fn addresses() -> impl Strategy<Value = (IpAddr, IpAddr)> {
    prop_oneof![
        any::<([u8; 4], [u8; 4])>().prop_map(|(a, b)| (a.into(), b.into())),
        any::<([u8; 16], [u8; 16])>().prop_map(|(a, b)| (a.into(), b.into())),
    ]
}

prop_compose! {
    fn ip_header(protocol: Protocol)((src, dst) in addresses(), ttl: u8, dscp in 0..64_u8, ecn in 0..4_u8,
            id: u32, dont_fragment: bool, flow_label in 0..1_u32 << 20) -> IpHeader {
        let v6 = src.is_ipv6();
        IpHeader {
            src, dst, protocol, ttl, dscp, ecn: Ecn::from_bits(ecn), fragment: None,
            id: if v6 { 0 } else { id & 0xffff },
            dont_fragment: v6 || dont_fragment,
            flow_label: if v6 { flow_label } else { 0 },
        }
    }
}

prop_compose! {
    fn tcp_header()(ports: (u16, u16), seq: u32, ack: u32, flags: u8, window: u16, urgent: u16, mss: Option<u16>,
            window_scale: Option<u8>, timestamps: Option<(u32, u32)>, blocks in 0..3_usize, edges: [u32; 6]) -> TcpHeader {
        let mut options = TcpOptions { mss, window_scale, timestamps, ..Default::default() };
        let room = if mss.is_some() || window_scale.is_some() { 1 } else { 3 };
        for pair in edges.chunks(2).take(blocks.min(room)) {
            options.sack.push(SeqNumber(pair[0]), SeqNumber(pair[1]));
        }
        TcpHeader { src_port: ports.0, dst_port: ports.1, seq: SeqNumber(seq), ack: SeqNumber(ack),
            flags: TcpFlags(flags), window, checksum: 0, urgent, options }
    }
}

fn layouts() -> impl Strategy<Value = OptionLayout> {
    prop_oneof![
        Just(OptionLayout::Linux),
        Just(OptionLayout::Windows),
        Just(OptionLayout::Bsd),
        Just(OptionLayout::Plain)
    ]
}

proptest! {
    #[test]
    fn tcp_packets_come_back(ip in ip_header(Protocol::TCP), tcp in tcp_header(), layout in layouts(),
            data in proptest::collection::vec(any::<u8>(), 0..1600), cut: prop::sample::Index) {
        let mut packet = b"before".to_vec();
        let (a, b) = data.split_at(cut.index(data.len() + 1));
        emit_tcp(&ip, &tcp, layout, &[a, b], &mut packet);
        let packet = packet.split_off(6);
        prop_assert_eq!(packet.len(), ip.len() + tcp.len(layout) + data.len());
        prop_assert!(ipv4_checksum_is_right(&packet));
        let (ip_back, segment) = IpHeader::parse(&packet).unwrap();
        prop_assert_eq!(ip_back, ip);
        prop_assert!(checksum::transport_is_right(ip.src, ip.dst, Protocol::TCP, segment));
        let (tcp_back, payload) = TcpHeader::parse(segment).unwrap();
        prop_assert_eq!(payload, &data[..]);
        prop_assert_eq!(tcp_back, TcpHeader { checksum: tcp_back.checksum, ..tcp });
    }

    #[test]
    fn udp_packets_come_back(ip in ip_header(Protocol::UDP), ports: (u16, u16), with_checksum: bool,
            data in proptest::collection::vec(any::<u8>(), 0..1600)) {
        let udp = UdpHeader { src_port: ports.0, dst_port: ports.1, ..Default::default() };
        let mut packet = Vec::new();
        emit_udp(&ip, &udp, &data, with_checksum, &mut packet);
        let (_, datagram) = IpHeader::parse(&packet).unwrap();
        prop_assert!(UdpHeader::checksum_is_right(ip.src, ip.dst, datagram));
        let (back, payload) = UdpHeader::parse(datagram).unwrap();
        prop_assert_eq!((back.src_port, back.dst_port, usize::from(back.len)), (ports.0, ports.1, 8 + data.len()));
        prop_assert_eq!(back.checksum != 0, with_checksum || ip.is_v6());
        prop_assert_eq!(payload, &data[..]);
    }

    #[test]
    fn fragments_headers_come_back((src, dst) in addresses(), offset in 0..8191_u16, more: bool, id: u32, len in 0..64_usize) {
        let fragment = Some(Fragment { offset: offset * 8, more }).filter(|f| f.offset != 0 || f.more);
        let id = if src.is_ipv4() { id & 0xffff } else if fragment.is_some() { id } else { 0 };
        let ip = IpHeader { id, fragment, dont_fragment: src.is_ipv6(), ..IpHeader::new(src, dst, Protocol::UDP) };
        let mut packet = Vec::new();
        ip.emit(len, &mut packet);
        prop_assert_eq!(packet.len(), ip.len());
        packet.resize(ip.len() + len, 7);
        let (back, payload) = IpHeader::parse(&packet).unwrap();
        prop_assert_eq!((back, payload.len()), (ip, len));
    }

    #[test]
    fn icmp_errors_quote_their_cause(ip in ip_header(Protocol::TCP), tcp in tcp_header(), mtu in 68..65535_u32, which in 0..9_usize, len in 0..2000_usize) {
        let mut cause = Vec::new();
        emit_tcp(&ip, &tcp, OptionLayout::Linux, &[&vec![1; len]], &mut cause);
        let icmp = [
            Icmp::TooBig { mtu }, Icmp::TimeExceeded, Icmp::ReassemblyTimeExceeded,
            Icmp::Unreachable(Unreachable::Port), Icmp::Unreachable(Unreachable::Host),
            Icmp::Unreachable(Unreachable::Network), Icmp::Unreachable(Unreachable::Prohibited),
            Icmp::ParameterProblem { code: 0, pointer: 9 }, Icmp::Unreachable(Unreachable::Other(9)),
        ][which];
        let mut packet = Vec::new();
        emit_icmp(&IpHeader::new(ip.dst, ip.src, Protocol::default()), icmp, &cause, &mut packet);
        let most = if ip.is_v6() { MINIMUM_MTU } else { 576 };
        prop_assert!(packet.len() <= most);
        prop_assert!(ipv4_checksum_is_right(&packet));
        let (outer, message) = IpHeader::parse(&packet).unwrap();
        prop_assert!(Icmp::checksum_is_right(&outer, message));
        let (back, quoted) = Icmp::parse(ip.is_v6(), message).unwrap();
        prop_assert_eq!(back, icmp);
        prop_assert!(cause.starts_with(quoted) && quoted.len() >= ip.len() + 8.min(cause.len() - ip.len()));
        let quote = Quote::parse(quoted).unwrap();
        prop_assert_eq!(quote.src, SocketAddr::new(ip.src, tcp.src_port));
        prop_assert_eq!(quote.dst, SocketAddr::new(ip.dst, tcp.dst_port));
        prop_assert_eq!(quote.seq, Some(tcp.seq));
    }

    #[test]
    fn every_flipped_bit_of_a_segment_is_noticed(ip in ip_header(Protocol::TCP), tcp in tcp_header(), at: prop::sample::Index) {
        let mut packet = Vec::new();
        emit_tcp(&ip, &tcp, OptionLayout::Linux, &[b"some data"], &mut packet);
        let bit = at.index((packet.len() - ip.len()) * 8);
        packet[ip.len() + bit / 8] ^= 1 << (bit % 8);
        let (_, segment) = IpHeader::parse(&packet).unwrap();
        prop_assert!(!checksum::transport_is_right(ip.src, ip.dst, Protocol::TCP, segment));
    }

    #[test]
    fn what_routers_change_keeps_the_packet_true(ip in ip_header(Protocol::TCP), tcp in tcp_header()) {
        let mut packet = Vec::new();
        emit_tcp(&ip, &tcp, OptionLayout::Linux, &[b"some data"], &mut packet);
        prop_assert_eq!(decrement_ttl(&mut packet), ip.ttl > 0);
        prop_assert_eq!(mark_congestion(&mut packet), ip.ecn.is_capable());
        prop_assert!(ipv4_checksum_is_right(&packet));
        let (back, segment) = IpHeader::parse(&packet).unwrap();
        prop_assert!(checksum::transport_is_right(ip.src, ip.dst, Protocol::TCP, segment));
        let ecn = if ip.ecn.is_capable() { Ecn::Ce } else { ip.ecn };
        prop_assert_eq!(back, IpHeader { ttl: ip.ttl.saturating_sub(1), ecn, ..ip });
    }

    #[test]
    fn no_bytes_make_a_parser_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..120), version in prop_oneof![Just(0x45_u8), Just(0x60), any::<u8>()]) {
        if let Some(first) = bytes.first_mut() {
            *first = version;
        }
        let _ = IpHeader::parse(&bytes);
        if let Ok((ip, payload, _)) = IpHeader::parse_cut(&bytes) {
            let _ = (TcpHeader::parse(payload), UdpHeader::parse(payload), Icmp::parse(ip.is_v6(), payload));
        }
        let _ = (TcpHeader::parse(&bytes), UdpHeader::parse(&bytes), Icmp::parse(false, &bytes), Quote::parse(&bytes));
    }

    #[test]
    fn a_packet_cut_anywhere_is_refused_or_told(ip in ip_header(Protocol::TCP), tcp in tcp_header(), at: prop::sample::Index) {
        let mut packet = Vec::new();
        emit_tcp(&ip, &tcp, OptionLayout::Linux, &[b"some data"], &mut packet);
        let cut = &packet[..at.index(packet.len())];
        prop_assert!(IpHeader::parse(cut).is_err());
        if let Ok((header, there, missing)) = IpHeader::parse_cut(cut) {
            prop_assert_eq!(header, ip);
            prop_assert_eq!(there.len() + missing + ip.len(), packet.len());
        }
    }
}

#[test]
fn a_known_capture_reads_as_wireshark_reads_it() {
    // A SYN of Linux 6.1 on its way to 93.184.216.34:80.
    let bytes = [
        0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x02, 0x5d,
        0xb8, 0xd8, 0x22, 0x9c, 0x40, 0x00, 0x50, 0x12, 0x34, 0x56, 0x78, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
        0xfa, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02, 0x08, 0x0a, 0x00, 0x00, 0x00,
        0x07, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07,
    ];
    let (ip, segment) = IpHeader::parse(&bytes).unwrap();
    assert_eq!((ip.id, ip.dont_fragment, ip.ttl), (0x1c46, true, 64));
    let (tcp, data) = TcpHeader::parse(segment).unwrap();
    assert_eq!((tcp.src_port, tcp.dst_port, tcp.flags, tcp.window), (40000, 80, TcpFlags::SYN, 64240));
    assert_eq!((tcp.options.mss, tcp.options.window_scale), (Some(1460), Some(7)));
    assert_eq!((tcp.options.sack_permitted, tcp.options.timestamps), (true, Some((7, 0))));
    assert!(data.is_empty());
    assert_eq!((tcp.segment_len(0), tcp.flags.to_string().as_str()), (1, "SYN"));
    // And our own writing of it differs in the checksums alone, which offloading left empty here.
    let mut ours = Vec::new();
    emit_tcp(&ip, &tcp, OptionLayout::Linux, &[], &mut ours);
    ours[10..12].fill(0);
    ours[36..38].fill(0);
    assert_eq!(ours, bytes);
}

#[test]
fn padding_behind_a_packet_is_left_out() {
    let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol::UDP);
    let mut packet = Vec::new();
    emit_udp(&ip, &UdpHeader::default(), b"hi", true, &mut packet);
    packet.extend([0; 18]);
    let (_, datagram) = IpHeader::parse(&packet).unwrap();
    assert_eq!(UdpHeader::parse(datagram).unwrap().1, b"hi");
}

#[test]
fn ipv6_extension_headers_are_stepped_over() {
    let ip = IpHeader::new([0xfd; 16].into(), [0xfe; 16].into(), Protocol(0));
    let mut packet = Vec::new();
    ip.emit(8 + 16 + 4, &mut packet);
    packet.extend([43, 0, 1, 4, 0, 0, 0, 0]); // hop-by-hop, padded
    packet.extend([17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // routing
    packet.extend(b"data");
    let (back, payload) = IpHeader::parse(&packet).unwrap();
    assert_eq!((back.protocol, payload), (Protocol::UDP, &b"data"[..]));
}

#[test]
fn a_udp_checksum_of_zero_is_sent_as_all_ones() {
    // Data chosen so that the sum comes out as all ones, its complement as zero.
    let (src, dst): (IpAddr, IpAddr) = ([0, 0, 0, 0].into(), [0, 0, 0, 0].into());
    let rest = 0xffff - (17 + 10 + 10);
    let mut datagram = Vec::new();
    UdpHeader::default().emit(src, dst, &u16::to_be_bytes(rest), true, &mut datagram);
    assert_eq!(datagram[6..8], [0xff, 0xff]);
    assert!(UdpHeader::checksum_is_right(src, dst, &datagram));
}
