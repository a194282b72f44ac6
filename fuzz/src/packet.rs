//! What must hold for packets and capture files, whatever bytes they are. The fuzz targets and `tests/packet_fuzz.rs` call the
//! same functions.

use framewire::net::{HostConfig, LinkConfig, Network, RouterConfig};
use framewire::packet::capture::{CapturedPacket, PcapngWriter, read};
use framewire::packet::{
    Icmp, IpHeader, OptionLayout, Protocol, Quote, TcpHeader, TcpOptions, UdpHeader, decrement_ttl, emit_tcp,
    fields, mark_congestion,
};
use framewire::probe::Silent;
use std::net::SocketAddr;

/// Parsers never panic; what they understood they can say again; the dissector covers bits in order.
pub fn headers(data: &[u8]) {
    let mut at = 0;
    for field in fields(data) {
        assert!(field.bit_offset == at && field.bit_len > 0, "{field:?} does not begin at {at}");
        at += field.bit_len;
    }
    assert!(at as usize <= data.len() * 8);
    let _ = Quote::parse(data);
    let mut changed = data.to_vec();
    let (_, _) = (decrement_ttl(&mut changed), mark_congestion(&mut changed));
    assert_eq!(changed.len(), data.len());
    let Ok((ip, payload, _)) = IpHeader::parse_cut(data) else { return };
    let _ = (UdpHeader::parse(payload), Icmp::parse(ip.is_v6(), payload));
    let Ok((tcp, text)) = TcpHeader::parse(payload) else { return };
    // What was read as TCP need not have been sent as TCP, and is no fragment any more.
    let ip = IpHeader { protocol: Protocol::TCP, fragment: None, ..ip };
    for layout in [OptionLayout::Linux, OptionLayout::Windows, OptionLayout::Bsd, OptionLayout::Plain] {
        let mut again = Vec::new();
        emit_tcp(&ip, &tcp, layout, &[text], &mut again);
        let Ok((_, segment)) = IpHeader::parse(&again) else { continue }; // longer than a packet can be
        let Ok((back, text_back)) = TcpHeader::parse(segment) else { panic!("our own segment is refused") };
        assert_eq!(text_back, text);
        let known = |o: TcpOptions| (o.mss, o.window_scale, o.sack_permitted, o.timestamps);
        assert_eq!(known(back.options), known(tcp.options), "{layout:?}");
        assert_eq!(back.options.problem, None);
    }
}

/// The readers never panic, and what they read can be written and read again.
pub fn capture(data: &[u8]) {
    let Ok(capture) = read(data) else { return };
    let mut file = Vec::new();
    let mut writer = PcapngWriter::begin("fuzz", &mut file);
    let interface = writer.interface("", &mut file);
    for packet in &capture.packets {
        let comments: Vec<&str> = packet.comments.iter().map(AsRef::as_ref).collect();
        let wire_len = Some(packet.wire_len);
        writer.packet(interface, packet.epoch_nanos, packet.bytes, wire_len, &comments, &mut file);
    }
    let again = read(&file).unwrap_or_else(|error| panic!("our own file is refused: {error}"));
    assert_eq!(again.packets.len(), capture.packets.len());
    let content = |p: &CapturedPacket<'_>| (p.epoch_nanos, p.bytes.to_vec(), p.wire_len);
    assert!(again.packets.iter().map(content).eq(capture.packets.iter().map(content)));
}

/// Hosts and routers bear any packet: nothing panics, everything ends, no packet is left behind.
pub fn inject(data: &[u8]) {
    let mut nobody = Silent;
    let mut net = Network::new(1);
    let a = net.add_host(HostConfig::new("a", [[10, 0, 0, 1].into(), [0xfd; 16].into()]));
    let b = net.add_host(HostConfig::new("b", [[10, 0, 0, 2].into(), [0xfe; 16].into()]));
    let router = net.add_router(RouterConfig::default());
    let narrow = LinkConfig { mtu: 576, ..LinkConfig::default() };
    net.connect(a, router, LinkConfig::default(), narrow.clone());
    net.connect(router, b, narrow, LinkConfig::default());
    let Ok(mut sockets) = net.sockets(b, &mut nobody) else { return };
    let (listener, inbox) = (sockets.tcp(), sockets.udp());
    let any: SocketAddr = ([0; 4], 80).into();
    assert!(sockets.bind(listener, any).is_ok() && sockets.listen(listener, 5).is_ok());
    assert!(sockets.bind(inbox, any).is_ok());
    // Cut into packets by a length octet each.
    let mut rest = data;
    while let [len, tail @ ..] = rest {
        let (packet, behind) = tail.split_at(usize::from(*len).min(tail.len()));
        rest = behind;
        let _ = net.inject(a, packet, &mut nobody);
        // The same packet with its checksums put right and its addresses those of the two hosts goes deeper.
        if let Ok((ip, payload, _)) = IpHeader::parse_cut(packet)
            && let Ok((tcp, text)) = TcpHeader::parse(payload)
        {
            let mut good = Vec::new();
            let ip = IpHeader {
                src: [10, 0, 0, 1].into(),
                dst: [10, 0, 0, 2].into(),
                fragment: None,
                ttl: 9,
                ..ip
            };
            emit_tcp(&ip, &TcpHeader { dst_port: 80, ..tcp }, OptionLayout::Linux, &[text], &mut good);
            let _ = net.inject(a, &good, &mut nobody);
        }
    }
    let mut events = 0;
    while net.step(&mut nobody) {
        events += 1;
        assert!(events < 100_000, "it never ends");
    }
    assert_eq!(net.in_flight(), 0);
}
