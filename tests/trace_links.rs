//! One conversation captured behind every link layer, over IPv4 and IPv6, whole and cut by a snap length: the import tells
//! the same of each.

use framewire::sim::{Run, builtin, set};
use framewire::trace::capture::import;
use framewire::trace::{ConnectionId, Piece, Side, StreamRange, Trace, Vantage};

/// A conversation over IPv4 or IPv6, as the packets that went by.
fn packets(ipv6: bool) -> (Trace, Vec<(u64, Vec<u8>)>) {
    let mut scenario = builtin("hello-tcp").expect("it is built in");
    if ipv6 {
        for (host, address) in scenario.hosts.iter_mut().zip(["fd00::1", "fd00::2"]) {
            host.address = Some(address.parse().expect("an address"));
        }
    }
    let long = r#"{ "text": "hello ", "times": 100 }"#;
    let scenario = set(&scenario, "hosts.client.programs[0].steps[2].data", long).expect("it is right");
    let trace = Run::new(&scenario, &[]).expect("it is right").into_trace();
    let rows = trace.tables().packets.iter();
    let packets = rows.map(|row| (trace.clock(row.sent).as_nanos(), trace.packet_bytes(row))).collect();
    (trace, packets)
}

/// A pcap file with times in nanoseconds: each packet behind the octets that this link puts before it.
fn pcap(link: u32, before: &[u8], snap: usize, packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = 0xa1b2_3c4d_u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend((snap as u32).to_le_bytes());
    file.extend(link.to_le_bytes());
    for (time, packet) in packets {
        let frame = [before, packet].concat();
        let kept = &frame[..frame.len().min(snap)];
        file.extend(((time / 1_000_000_000) as u32).to_le_bytes());
        file.extend(((time % 1_000_000_000) as u32).to_le_bytes());
        file.extend((kept.len() as u32).to_le_bytes());
        file.extend((frame.len() as u32).to_le_bytes());
        file.extend(kept);
    }
    file
}

/// The link layers: number, and what stands before an IP packet of this EtherType.
fn links(ether_type: [u8; 2]) -> Vec<(&'static str, u32, Vec<u8>)> {
    let ethernet = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1][..], &ether_type].concat();
    let tagged = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5][..], &ether_type].concat();
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &ether_type].concat();
    let cooked2 = [&ether_type[..], &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]].concat();
    vec![
        ("Ethernet", 1, ethernet),
        ("Ethernet with a VLAN tag", 1, tagged),
        ("raw IP", 101, Vec::new()),
        ("Linux cooked, version 1", 113, cooked),
        ("Linux cooked, version 2", 276, cooked2),
    ]
}

#[test]
fn every_link_layer_tells_the_same() {
    for (ipv6, ether_type) in [(false, [0x08, 0x00]), (true, [0x86, 0xdd])] {
        let (original, packets) = packets(ipv6);
        for (name, link, before) in links(ether_type) {
            let (trace, notes) = import(&pcap(link, &before, 65_535, &packets)).expect(name);
            assert_eq!(notes, [], "{name}");
            let (ours, theirs) = (original.report(Vantage::Sent), trace.report(Vantage::Sent));
            let [one, other] = [&ours.connections[0], &theirs.connections[0]];
            assert_eq!(
                (&one.client, &one.server, one.packets),
                (&other.client, &other.server, other.packets)
            );
            assert_eq!((other.bytes.client, other.bytes.server), (600, 600), "{name}");
            for side in [Side::Client, Side::Server] {
                let stream = ConnectionId(0).stream(side);
                let range = StreamRange { stream, start: 0, end: 600 };
                assert_eq!(trace.read_stream(range, 600), original.read_stream(range, 600), "{name}");
            }
        }
    }
}

#[test]
fn what_a_snap_length_cut_off_is_counted_and_told_as_unknown() {
    for (ipv6, ether_type) in [(false, [0x08, 0x00]), (true, [0x86, 0xdd])] {
        let (_, packets) = packets(ipv6);
        for (name, link, before) in links(ether_type) {
            let headers = before.len() + if ipv6 { 60 } else { 40 };
            let (trace, _) = import(&pcap(link, &before, headers + 30, &packets)).expect(name);
            let connection = &trace.report(Vantage::Sent).connections[0];
            assert_eq!((connection.bytes.client, connection.bytes.server), (600, 600), "{name}");
            assert!(connection.states.contains(&"ESTABLISHED"), "{name}: {:?}", connection.states);
            let stream = ConnectionId(0).stream(Side::Client);
            let pieces: Vec<Piece> = trace.pieces(StreamRange { stream, start: 0, end: 600 }).collect();
            assert_eq!(
                pieces,
                [Piece::Known(b"hello hello hello hello hello "), Piece::Unknown(570)],
                "{name}"
            );
        }
    }
}
