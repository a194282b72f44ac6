//! An independent reader: tshark finds no malformed packet and no bad checksum in what the emulator sends.
//!
//! Needs Debian's `tshark`; the test fails, and says so, where it is missing.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line")]

mod net_support;

use framewire::net::*;
use framewire::packet::capture::{PcapngWriter, Way, read};
use framewire::time::Duration;
use net_support::{PORT, Pair, Seen, Watch, pattern};
use std::process::Command;

/// What tshark says of each packet of a file: the fields asked for, one line a packet.
fn tshark(file: &[u8], fields: &[&str]) -> Vec<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.pcapng");
    std::fs::write(&path, file).unwrap();
    let mut command = Command::new("tshark");
    command.arg("-r").arg(&path).args(["-T", "fields", "-E", "separator=|", "-E", "occurrence=a"]);
    command.args(["-d", "tcp.port==80,data"]); // not HTTP: our text is any octets
    for option in ["tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "ip.check_checksum:TRUE"] {
        command.args(["-o", option]);
    }
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot run tshark ({error}): this test needs it, `apt install tshark`")
    });
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// What the client's interface saw, as a capture file.
fn capture(pair: &Pair, watch: &Watch) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = PcapngWriter::begin("framewire", &mut file);
    let interface = writer.interface("client", &mut file);
    let mut sent = std::collections::BTreeMap::new();
    for (at, id, seen) in &watch.seen {
        let (bytes, way) = match seen {
            Seen::Sent { node, bytes, .. } => {
                sent.insert(*id, bytes.clone());
                if *node != pair.client {
                    continue;
                }
                (bytes, Way::Out)
            }
            Seen::Duplicated { copy } => {
                let bytes = sent[id].clone();
                sent.insert(*copy, bytes);
                continue;
            }
            Seen::Arrived { host } if *host == pair.client => (&sent[id], Way::In),
            _ => continue,
        };
        let time = 1_700_000_000_000_000_000 + at.as_nanos();
        writer.packet_with_way(
            interface,
            time,
            bytes,
            None,
            Some(way),
            &[&format!("packet {}", id.0)],
            &mut file,
        );
    }
    file
}

fn assert_clean(file: &[u8]) -> usize {
    let ours = read(file).unwrap();
    assert!(ours.notes.is_empty());
    let fields = [
        "_ws.malformed",
        "ip.checksum.status",
        "tcp.checksum.status",
        "udp.checksum.status",
        "icmp.checksum.status",
        "icmpv6.checksum.status",
        "frame.len",
        "frame.comment",
        "frame.time_epoch",
    ];
    let lines = tshark(file, &fields);
    assert_eq!(lines.len(), ours.packets.len());
    for (line, packet) in lines.iter().zip(&ours.packets) {
        let [malformed, sums @ .., len, comment, time] = &line[..] else { panic!("{line:?}") };
        assert_eq!(malformed, "", "{line:?}");
        for status in sums {
            // Of a packet that ICMP quotes only the beginning is there: its checksum is "unverified" (2).
            assert!(status.split(',').all(|s| matches!(s, "" | "1" | "2")), "bad checksum: {line:?}");
        }
        assert!(sums.iter().any(|s| s.starts_with('1')) || line[1].is_empty() || packet.bytes[6] & 0x3f != 0);
        assert_eq!((len, comment), (&packet.wire_len.to_string(), &packet.comments[0].to_string()));
        let nanos = packet.epoch_nanos;
        assert_eq!(*time, format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000));
    }
    lines.len()
}

#[test]
fn tcp_over_a_bad_network_is_clean() {
    for v6 in [false, true] {
        let link =
            LinkConfig { loss: Loss::Random(0.05), duplicate: 0.05, reorder: 0.05, ..LinkConfig::default() };
        let mut pair = Pair::with(5, v6, link.clone(), link);
        let mut watch = Watch::default();
        pair.listen(5);
        let to = pair.server_address(PORT);
        let mut at = pair.net.sockets(pair.client, &mut watch).unwrap();
        let client = at.tcp();
        assert_eq!(at.connect(client, to), Err(Errno::EINPROGRESS));
        let until = pair.now() + Duration::from_secs(5);
        pair.net.run_until(until, &mut watch);
        pair.net.sockets(pair.client, &mut watch).unwrap().send(client, &pattern(16_000)).unwrap();
        let until = pair.now() + Duration::from_secs(20);
        pair.net.run_until(until, &mut watch);
        pair.net.sockets(pair.client, &mut watch).unwrap().close(client).unwrap();
        let until = pair.now() + Duration::from_secs(20);
        pair.net.run_until(until, &mut watch);
        let file = capture(&pair, &watch);
        assert!(assert_clean(&file) > 20);
        // tshark's view of the conversation: it saw the handshake, and it puts the stream together without a gap.
        let flags = tshark(&file, &["tcp.flags.syn", "tcp.options.mss_val", "tcp.options.wscale.shift"]);
        assert_eq!(flags[0][0], "1");
        assert!(!flags[0][1].is_empty() && !flags[0][2].is_empty());
        let repeated = watch.count(|s| matches!(s, Seen::Sent { retransmission: true, .. }));
        assert!(repeated > 0);
    }
}

#[test]
fn udp_fragments_and_icmp_are_clean() {
    for v6 in [false, true] {
        let mut pair =
            Pair::with(5, v6, LinkConfig::default(), LinkConfig { mtu: 1300, ..LinkConfig::default() });
        let mut watch = Watch::default();
        let inbox = pair.udp_server(PORT);
        pair.stream(&[0, 1, 1400, 5000], Duration::from_millis(1), &mut watch);
        // The server answers through its narrow link; the client has a closed port.
        let (to, closed) = (pair.client_address(32768), pair.client_address(9));
        let mut at = pair.net.sockets(pair.server, &mut watch).unwrap();
        at.send_to(inbox, &pattern(4000), to).unwrap();
        at.send_to(inbox, b"nobody there", closed).unwrap();
        while pair.net.step(&mut watch) {}
        assert!(assert_clean(&capture(&pair, &watch)) >= 9);
    }
}
