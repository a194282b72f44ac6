//! A bounded fuzz run without a fuzzer: seeded mutations of good packets and files through the very functions that the
//! targets in `fuzz/` call. `FRAMEWIRE_CASES` sets the number of inputs for each target.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

#[path = "../fuzz/src/packet.rs"]
mod oracle;

use framewire::packet::capture::PcapngWriter;
use framewire::packet::*;
use framewire::rng::Rng;
use framewire::seq::SeqNumber;

fn cases() -> u64 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(3000)
}

/// Good packets of every kind.
fn packets(rng: &mut Rng) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (src, dst) in [([10, 0, 0, 1].into(), [10, 0, 0, 2].into()), ([0xfd; 16].into(), [0xfe; 16].into())] {
        let mut options = TcpOptions { mss: Some(1460), window_scale: Some(7), ..Default::default() };
        options.sack.push(SeqNumber(rng.next_u32()), SeqNumber(rng.next_u32()));
        let tcp = TcpHeader {
            src_port: rng.below(4) as u16,
            dst_port: 80,
            flags: TcpFlags(rng.next_u32() as u8),
            seq: SeqNumber(rng.below(3) as u32),
            options,
            ..Default::default()
        };
        let mut ip = IpHeader::new(src, dst, Protocol::TCP);
        let mut packet = Vec::new();
        emit_tcp(&ip, &tcp, OptionLayout::Linux, &[b"text"], &mut packet);
        let mut icmp = Vec::new();
        emit_icmp(&IpHeader::new(dst, src, Protocol::ICMP), Icmp::TooBig { mtu: 600 }, &packet, &mut icmp);
        let mut udp = Vec::new();
        ip.protocol = Protocol::UDP;
        emit_udp(
            &ip,
            &UdpHeader { src_port: 7, dst_port: 80, ..Default::default() },
            b"data",
            true,
            &mut udp,
        );
        ip.fragment = Some(Fragment { offset: rng.below(3) as u16 * 8, more: rng.chance(0.5) });
        let mut fragment = Vec::new();
        ip.emit(8, &mut fragment);
        fragment.extend(*b"fragment");
        all.extend([packet, icmp, udp, fragment]);
    }
    all
}

fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.below(6) {
        let at = rng.below(bytes.len().max(1) as u64) as usize;
        match rng.below(5) {
            0 | 1 => {
                if let Some(octet) = bytes.get_mut(at) {
                    *octet ^= 1 << rng.below(8);
                }
            }
            2 => {
                if let Some(octet) = bytes.get_mut(at) {
                    *octet = [0, 1, 0x7f, 0x80, 0xff][rng.below(5) as usize];
                }
            }
            3 => bytes.truncate(at),
            _ => bytes.insert(at.min(bytes.len()), rng.next_u32() as u8),
        }
    }
}

#[test]
fn headers_hold() {
    let mut rng = Rng::new(1);
    for _ in 0..cases() {
        for mut packet in packets(&mut rng) {
            mutate(&mut rng, &mut packet);
            oracle::headers(&packet);
        }
    }
}

#[test]
fn captures_hold() {
    let mut rng = Rng::new(2);
    for _ in 0..cases() {
        let mut file = Vec::new();
        let mut writer = PcapngWriter::begin("test", &mut file);
        let interface = writer.interface("eth0", &mut file);
        for packet in packets(&mut rng) {
            writer.packet(interface, rng.next_u64() >> 2, &packet, None, &["a comment"], &mut file);
        }
        mutate(&mut rng, &mut file);
        oracle::capture(&file);
    }
}

#[test]
fn hosts_and_routers_hold() {
    let mut rng = Rng::new(3);
    for _ in 0..cases() / 10 {
        let mut input = Vec::new();
        for mut packet in packets(&mut rng) {
            if rng.chance(0.5) {
                mutate(&mut rng, &mut packet);
            }
            packet.truncate(255);
            input.push(packet.len() as u8);
            input.extend(packet);
        }
        oracle::inject(&input);
    }
}

/// Found by the fuzzer: an IPv6 fragment header that names hop-by-hop options, and behind it what reads as TCP.
#[test]
fn what_reads_as_tcp_behind_another_protocol_holds() {
    let packet = [
        "61265a4a0ad42c2b2433d400d4d4600135d40b005baad4d4d4d463d4d4d4015d",
        "00002001000000000000003d0000ff0200000404040004000400468f62000000",
        "e70000200100040404003f040004002b0001466132f8000b0b0b0b",
    ];
    let packet = packet.concat();
    let octets: Vec<u8> =
        (0..packet.len()).step_by(2).map(|i| u8::from_str_radix(&packet[i..i + 2], 16).unwrap()).collect();
    oracle::headers(&octets);
}
