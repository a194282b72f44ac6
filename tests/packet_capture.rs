//! Capture files: what other tools write is read, what we write they read, and cut files open up to the cut.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

use framewire::packet::capture::{CaptureError, CaptureNote, LinkType, PcapngWriter, Way, read};
use framewire::packet::*;
use proptest::prelude::*;

fn udp_packet(data: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let ip = IpHeader::new([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), Protocol::UDP);
    emit_udp(&ip, &UdpHeader { src_port: 5, dst_port: 6, ..Default::default() }, data, true, &mut packet);
    packet
}

/// A pcap file in either byte order, of micro- or nanoseconds.
fn pcap(big: bool, nanos: bool, link: u32, frames: &[(u32, u32, &[u8], u32)]) -> Vec<u8> {
    let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut file = word(if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }).to_vec();
    file.extend(if big { [0, 2, 0, 4] } else { [2, 0, 4, 0] });
    for n in [0, 0, 65535, link] {
        file.extend(word(n));
    }
    for &(seconds, ticks, frame, wire_len) in frames {
        for n in [seconds, ticks, frame.len() as u32, wire_len] {
            file.extend(word(n));
        }
        file.extend_from_slice(frame);
    }
    file
}

#[test]
fn pcap_is_read_in_either_order_and_resolution() {
    let packet = udp_packet(b"hi");
    for big in [false, true] {
        for nanos in [false, true] {
            let file = pcap(big, nanos, 101, &[(7, 8, &packet, packet.len() as u32)]);
            let capture = read(&file).unwrap();
            let captured = &capture.packets[0];
            assert_eq!(captured.epoch_nanos, 7_000_000_000 + if nanos { 8 } else { 8_000 });
            assert_eq!((captured.bytes, captured.number), (&packet[..], 1));
            assert!(capture.notes.is_empty());
        }
    }
}

#[test]
fn what_is_cut_or_strange_is_told_and_the_rest_is_read() {
    let packet = udp_packet(b"some data");
    let ethernet = |kind: [u8; 2]| [&[0; 12][..], &kind, &packet].concat();
    let (ip, arp) = (ethernet([8, 0]), ethernet([8, 6]));
    let whole = ip.len() as u32;
    let frames: [(u32, u32, &[u8], u32); 4] =
        [(1, 0, &ip, whole), (2, 0, &arp, whole), (3, 0, &ip[..40], whole), (4, 0, &ip, whole)];
    let mut file = pcap(false, false, 1, &frames);
    file.truncate(file.len() - 3);
    let capture = read(&file).unwrap();
    let lens: Vec<_> = capture.packets.iter().map(|p| (p.number, p.bytes.len(), p.wire_len)).collect();
    let len = packet.len();
    assert_eq!(lens, [(1, len, len as u32), (3, 26, len as u32)]);
    let need = 16 + ip.len();
    let offset = file.len() - need + 3;
    let cut = CaptureNote::CutOff { offset, need, have: need - 3 };
    assert_eq!(capture.notes, [cut, CaptureNote::NotIp(1), CaptureNote::Snapped(1)]);
    assert!(cut.to_string().contains("cut off at octet"));

    let unknown = pcap(false, false, 147, &[(1, 0, &ip, whole)]);
    assert_eq!(read(&unknown).unwrap().notes, [CaptureNote::UnknownLink { link: 147, packets: 1 }]);
}

#[test]
fn what_is_no_capture_is_refused_with_its_reason() {
    assert_eq!(read(b""), Err(CaptureError::TooShort { len: 0, need: 4 }));
    assert_eq!(read(b"GIF89a"), Err(CaptureError::UnknownMagic(*b"GIF8")));
    assert_eq!(read(&[0xa1, 0xb2, 0xc3, 0xd4, 0]), Err(CaptureError::TooShort { len: 5, need: 24 }));
    let section = [0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(read(&section), Err(CaptureError::ByteOrder([1, 2, 3, 4])));
    assert!(read(b"GIF89a").unwrap_err().to_string().contains("no pcap or pcapng file"));
}

fn written() -> (Vec<u8>, Vec<Vec<u8>>) {
    let packets: Vec<Vec<u8>> = [&b""[..], b"x", b"xy", b"xyz", b"longer"].map(udp_packet).to_vec();
    let mut file = Vec::new();
    let mut writer = PcapngWriter::begin("framewire", &mut file);
    let client = writer.interface("client", &mut file);
    let server = writer.interface("服务器", &mut file);
    for (i, packet) in packets.iter().enumerate() {
        let at = 1_700_000_000_123_456_789 + i as u64;
        writer.packet_with_way(client, at, packet, None, Some(Way::Out), &["send()", "第二条"], &mut file);
        writer.packet(server, at + 20, &packet[..20], Some(packet.len() as u32), &[], &mut file);
    }
    (file, packets)
}

#[test]
fn what_we_write_we_read() {
    let (file, packets) = written();
    let capture = read(&file).unwrap();
    let names: Vec<_> = capture.interfaces.iter().map(|i| (i.name.as_str(), i.link)).collect();
    assert_eq!(names, [("client", LinkType::Raw), ("服务器", LinkType::Raw)]);
    for (i, packet) in packets.iter().enumerate() {
        let [sent, seen] = &capture.packets[2 * i..2 * i + 2] else { panic!() };
        assert_eq!((sent.bytes, sent.interface), (&packet[..], 0));
        assert_eq!(sent.epoch_nanos, 1_700_000_000_123_456_789 + i as u64);
        assert_eq!(sent.comments, ["send()", "第二条"]);
        assert_eq!((seen.bytes.len(), seen.wire_len, seen.interface), (20, packet.len() as u32, 1));
    }
    assert_eq!(capture.notes, [CaptureNote::Snapped(5)]);
}

#[test]
fn a_pcapng_cut_anywhere_opens_up_to_the_cut() {
    let (file, packets) = written();
    let mut most = 0;
    for cut in 12..file.len() {
        let capture = read(&file[..cut]).unwrap();
        assert!(capture.packets.len() >= most, "cut at {cut}");
        most = capture.packets.len();
        let at_boundary = !capture.notes.iter().any(|note| matches!(note, CaptureNote::CutOff { .. }));
        if !at_boundary {
            assert!(capture.packets.len() < 2 * packets.len());
        }
        for (i, packet) in capture.packets.iter().enumerate() {
            assert!(packets[i / 2].starts_with(packet.bytes));
        }
    }
}

#[test]
fn a_big_endian_section_with_odd_clocks_is_read() {
    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let len = (12 + body.len() as u32).to_be_bytes();
        [&kind.to_be_bytes()[..], &len, body, &len].concat()
    }
    let packet = udp_packet(b"hi!!");
    let mut file = block(0x0a0d_0d0a, &[&[0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0][..], &[0xff; 8]].concat());
    // Half-second ticks (2^-1), 100 s of offset, snap length 24.
    let options = [0, 9, 0, 1, 0x81, 0, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0];
    file.extend(block(1, &[&[0, 101, 0, 0, 0, 0, 0, 24][..], &options].concat()));
    let len = packet.len() as u32;
    let mut body = Vec::new();
    for n in [0, 0, 3, len, len] {
        body.extend(n.to_be_bytes());
    }
    body.extend_from_slice(&packet);
    file.extend(block(6, &body));
    file.extend(block(4, b"names?!?")); // a block to step over
    file.extend(block(3, &[&len.to_be_bytes()[..], &packet[..24]].concat())); // a simple packet, cut to 24
    file.extend(block(6, &[&9_u32.to_be_bytes()[..], &[0; 16]].concat())); // of an interface that is not there
    let capture = read(&file).unwrap();
    assert_eq!(capture.packets[0].epoch_nanos, 101_500_000_000);
    assert_eq!((capture.packets[1].epoch_nanos, capture.packets[1].bytes.len()), (0, 24));
    assert_eq!(capture.notes, [CaptureNote::UnknownInterface(1), CaptureNote::Snapped(1)]);
    // A damaged length ends the reading, not the program.
    let end = file.len();
    file[end - 1] ^= 4;
    assert!(matches!(read(&file).unwrap().notes[0], CaptureNote::Damaged { .. }));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0..6_usize) {
        let magics: [&[u8]; 6] = [&[0xa1, 0xb2, 0xc3, 0xd4], &[0xd4, 0xc3, 0xb2, 0xa1], &[0x4d, 0x3c, 0xb2, 0xa1],
            &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a], &[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d], &[]];
        let magic = magics[which];
        let len = magic.len().min(bytes.len());
        bytes[..len].copy_from_slice(&magic[..len]);
        let _ = read(&bytes);
    }

    #[test]
    fn a_flipped_bit_in_a_file_is_survived(at: prop::sample::Index) {
        let (mut file, _) = written();
        let bit = at.index(file.len() * 8);
        file[bit / 8] ^= 1 << (bit % 8);
        let _ = read(&file);
    }
}
