//! Captures in and out: built-in scenarios as pcapng that tshark finds nothing wrong with, and back again.

#[path = "trace/pcapng.rs"]
mod pcapng;
#[path = "trace/story.rs"]
mod story;

use std::net::SocketAddr;

use framewire::sim::{BUILTINS, Run};
use framewire::trace::capture::{ImportNote, export, import};
use framewire::trace::{
    ConnectionId, Mark, Provenance, Report, Side, StreamRange, Trace, Transport, Vantage, What,
};
use story::{ACK, FIN, PSH, SYN, Segment};

fn report(trace: &Trace) -> Report {
    trace.report(Vantage::Sent)
}

fn runs() -> impl Iterator<Item = (&'static str, Trace)> {
    BUILTINS.iter().map(|b| {
        let scenario = framewire::sim::builtin(b.name).expect("it is built in");
        let run = Run::new(&scenario, &[]).unwrap_or_else(|e| panic!("{}: {e}", b.name));
        (b.name, run.into_trace())
    })
}

#[test]
fn tshark_finds_nothing_wrong_with_any_built_in_scenario() {
    // A pcapng file may have many sections: one run of tshark looks at all scenarios.
    let (mut file, mut names) = (Vec::new(), Vec::new());
    for (name, trace) in runs() {
        file.extend(export(&trace, Vantage::Sent));
        names.extend(std::iter::repeat_n(name, trace.seen_from(Vantage::Sent).len()));
    }
    let checks = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE"];
    let fields = [
        "ip.checksum.status",
        "tcp.checksum.status",
        "udp.checksum.status",
        "_ws.malformed",
        "icmp.type",
        "frame.comment",
    ];
    let mut args = vec!["-T", "fields", "-E", "separator=;", "-E", "occurrence=f"];
    for check in &checks {
        args.extend(["-o", check]);
    }
    for field in &fields {
        args.extend(["-e", field]);
    }
    let out = pcapng::tshark(&file, &args);
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.splitn(6, ';').collect()).collect();
    assert_eq!(rows.len(), names.len(), "packets");
    for (i, (row, name)) in rows.iter().zip(&names).enumerate() {
        assert_eq!(row.len(), 6, "{name}: {row:?}");
        // 0 is bad, 1 good, 2 not checked (a fragment). The segment that an ICMP error quotes is cut off at 576 octets (RFC
        // 1812 section 4.3.2.3), and tshark sums up what is left of it: only the outer checksum counts there.
        let own = if row[4].is_empty() { 3 } else { 1 };
        let good = row[..own].iter().all(|status| *status != "0");
        assert!(good, "{name}, packet {}: bad checksum {row:?}", i + 1);
        assert!(row[3].is_empty(), "{name}, packet {}: malformed", i + 1);
    }
    let commented = rows.iter().filter(|row| !row[5].is_empty()).count();
    assert!(commented > rows.len() / 2, "{commented} of {} packets have comments", rows.len());
}

#[test]
fn what_was_exported_is_imported_again() {
    for (name, trace) in runs() {
        let (again, notes) = import(&export(&trace, Vantage::Sent)).expect("our own file");
        let (ours, theirs) = (report(&trace), report(&again));
        // Sockets tell incarnations apart that packets cannot (a replayed SYN): what they sum up to is the same.
        let facts = |r: &Report| {
            let packets: u64 = r.connections.iter().map(|c| c.packets).sum();
            let marks = Mark::ALL.iter().map(|m| r.connections.iter().map(|c| c.marks.of(*m)).sum());
            (packets, marks.collect::<Vec<u64>>())
        };
        assert_eq!(facts(&ours), facts(&theirs), "{name}: {notes:?}");
        assert_eq!(ours.connections[0].client, theirs.connections[0].client, "{name}");
        for row in &again.tables().packets {
            let provenance = again.provenance(row.sent);
            assert_eq!(provenance, Some(Provenance::Captured), "{name}");
        }
    }
}

fn data(from_client: bool, seq: u32, ack: u32, flags: u16, payload: &[u8]) -> Segment<'_> {
    Segment { from_client, seq, ack, flags, window: 5000, payload }
}

fn conversation(client: SocketAddr, server: SocketAddr, with_handshake: bool) -> Vec<Vec<u8>> {
    let mut segments = Vec::new();
    if with_handshake {
        segments.extend([
            data(true, 9, 0, SYN, b""),
            data(false, 49, 10, SYN | ACK, b""),
            data(true, 10, 50, ACK, b""),
        ]);
    }
    segments.extend([
        data(true, 10, 50, ACK | PSH, b"hello"),
        data(false, 50, 15, ACK | PSH, b"HELLO!"),
        data(true, 15, 56, ACK | FIN, b""),
        data(false, 56, 16, ACK | FIN, b""),
        data(true, 16, 57, ACK, b""),
    ]);
    segments.into_iter().map(|s| story::tcp_between(client, server, s)).collect()
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn several_connections_in_one_file_are_told_apart() {
    let (a, b) = (address("10.0.0.1:40000"), address("10.0.0.1:40001"));
    let server = address("10.0.0.2:9001");
    let (one, two) = (conversation(a, server, true), conversation(b, server, false));
    let mut packets = Vec::new();
    for (i, packet) in one.iter().enumerate() {
        packets.push((1_000 + 10 * i as u64, packet.clone()));
        if let Some(packet) = two.get(i) {
            packets.push((1_005 + 10 * i as u64, packet.clone()));
        }
    }
    let (trace, notes) = import(&pcapng::raw_ip(&packets)).expect("a capture");
    assert_eq!(notes, [ImportNote::NoHandshake(1)]);
    assert_eq!(trace.epoch_nanos(), Some(1_000));
    let report = report(&trace);
    assert_eq!(report.connections.len(), 2);
    for (c, client) in report.connections.iter().zip([a, b]) {
        assert_eq!((&c.client, &c.server), (&client.to_string(), &server.to_string()));
        assert_eq!((c.transport, c.bytes.client, c.bytes.server), (Transport::Tcp, 5, 6));
        let end: Vec<_> = c.ends[0].iter().rev().take(3).rev().copied().collect();
        assert_eq!(end, ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"], "{:?}", c.ends);
        assert_eq!(c.ends[1].last(), Some(&"CLOSED"), "{:?}", c.ends);
    }
    assert_eq!(report.connections[0].states[..3], ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"]);
    assert_eq!(report.connections[0].packets, 8);
    assert_eq!(report.connections[1].packets, 5);
    for (n, text) in [(0, "HELLO!"), (1, "HELLO!")] {
        let stream = ConnectionId(n).stream(Side::Server);
        assert_eq!(trace.read_stream(StreamRange { stream, start: 0, end: 6 }, 99), text.as_bytes());
    }
}

#[test]
fn a_loopback_conversation_has_two_lifelines() {
    let (client, server) = (address("127.0.0.1:40000"), address("127.0.0.1:9001"));
    let packets: Vec<_> = conversation(client, server, true).into_iter().map(|p| (1, p)).collect();
    let (trace, _) = import(&pcapng::raw_ip(&packets)).expect("a capture");
    let names: Vec<_> = trace.tables().hosts.iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["127.0.0.1 (client)", "127.0.0.1 (server)"]);
    let inferred = trace.records().filter(|r| matches!(r.what, What::PacketArrived { .. }));
    assert!(inferred.into_iter().all(|r| r.provenance == Provenance::Inferred));
}

#[test]
fn offloaded_segments_are_told() {
    let (client, server) = (address("10.0.0.1:40000"), address("10.0.0.2:9001"));
    let mut packets: Vec<_> =
        conversation(client, server, true).into_iter().take(3).map(|p| (1, p)).collect();
    let big = vec![b'x'; 4380];
    packets.push((2, story::tcp_between(client, server, data(true, 10, 50, ACK, &big))));
    let (trace, notes) = import(&pcapng::raw_ip(&packets)).expect("a capture");
    assert_eq!(notes, [ImportNote::Offloaded { segments: 1, largest: 4380 }]);
    assert_eq!(report(&trace).connections[0].bytes.client, 4380);
}

#[test]
fn what_the_capture_missed_is_a_gap() {
    let (client, server) = (address("10.0.0.1:40000"), address("10.0.0.2:9001"));
    let mut packets: Vec<_> =
        conversation(client, server, true).into_iter().take(4).map(|p| (1, p)).collect();
    packets.push((9_000_000, story::tcp_between(client, server, data(true, 18, 50, ACK, b"later"))));
    let (trace, _) = import(&pcapng::raw_ip(&packets)).expect("a capture");
    let stream = ConnectionId(0).stream(Side::Client);
    let (bytes, missing) = trace.reassembled(stream, 1000);
    assert_eq!((bytes, missing), (b"hello\0\0\0later".to_vec(), vec![(5, 8)]));
    assert_eq!(report(&trace).connections[0].marks.of(Mark::LostSegment), 1);
}

#[test]
fn any_bytes_are_imported_or_refused_in_peace() {
    let (client, server) = (address("10.0.0.1:40000"), address("10.0.0.2:9001"));
    let packets: Vec<_> = conversation(client, server, true).into_iter().map(|p| (1, p)).collect();
    let file = pcapng::raw_ip(&packets);
    for at in 0..file.len() {
        let _ = import(&file[..at]);
        let mut changed = file.clone();
        changed[at] ^= 0xff;
        if let Ok((trace, _)) = import(&changed) {
            let _ = (report(&trace), export(&trace, Vantage::Sent));
        }
    }
}
