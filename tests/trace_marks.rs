//! Wireshark's marks: ours are tshark's, on the same packets.

#[path = "trace/pcapng.rs"]
mod pcapng;
#[path = "trace/story.rs"]
mod story;

use std::fmt::Write as _;
use std::net::SocketAddr;

use framewire::packet::capture::read;
use framewire::rng::Rng;
use framewire::sim::{BUILTINS, Run, Scenario};
use framewire::time::Instant;
use framewire::trace::capture::export;
use framewire::trace::{HostId, Mark, PacketId, Provenance, Record, Sink, Trace, Vantage, What};
use story::{ACK, FIN, PSH, RST, SYN, Segment};

/// tshark's name of each mark, in the order of `Mark::ALL`.
const FIELDS: [&str; 15] = [
    "retransmission",
    "fast_retransmission",
    "spurious_retransmission",
    "out_of_order",
    "duplicate_ack",
    "lost_segment",
    "ack_lost_segment",
    "zero_window",
    "zero_window_probe",
    "zero_window_probe_ack",
    "window_full",
    "window_update",
    "keep_alive",
    "keep_alive_ack",
    "reused_ports",
];

struct Packet {
    time: u64,
    bytes: Vec<u8>,
    text: String,
}

/// Puts a window scale option into a segment's packet (its checksum is not looked at here).
fn with_scale(mut bytes: Vec<u8>, shift: u8) -> Vec<u8> {
    let total = bytes.len() as u16 + 4;
    bytes[2..4].copy_from_slice(&total.to_be_bytes());
    bytes[32] = 0x60;
    bytes.splice(40..40, [3, 3, shift, 0]);
    bytes
}

/// A random conversation between two sides that mostly keep to the protocol: loss, repetition, overtaking, windows
/// that close and open, probes, keep-alives, resets, reused ports.
fn conversation(rng: &mut Rng, port: u16, start: u64, packets: &mut Vec<Packet>) {
    let client = SocketAddr::from(([10, 0, 0, 1], port));
    let server = SocketAddr::from(([10, 0, 0, 2], 80));
    let mut now = start;
    let mut next = [rng.next_u32(), rng.next_u32()];
    let first = next;
    let mut acked = [next[1], next[0]];
    let mut window = [1000_u16; 2];
    let scale = rng.chance(0.3).then_some(rng.below(4) as u8);
    let mut push = |now: u64, from_client: bool, seq: u32, ack: u32, flags: u16, window: u16, len: usize| {
        let payload: Vec<u8> = vec![b'x'; len];
        let segment = Segment { from_client, seq, ack, flags, window, payload: &payload };
        let mut bytes = story::tcp_between(client, server, segment);
        if flags & SYN != 0
            && let Some(shift) = scale
        {
            bytes = with_scale(bytes, shift);
        }
        let side = if from_client { "c" } else { "s" };
        let text =
            format!("{port} {side} t={now} seq={seq} ack={ack} flags={flags:02x} win={window} len={len}");
        packets.push(Packet { time: now, bytes, text });
    };
    if rng.chance(0.8) {
        push(now, true, next[0], 0, SYN, 1000, 0);
        now += 1 + rng.below(8_000_000);
        if rng.chance(0.1) {
            push(now, true, next[0], 0, SYN, 1000, 0);
            now += rng.below(8_000_000);
        }
        next[0] = next[0].wrapping_add(1);
        push(now, false, next[1], next[0], SYN | ACK, 1000, 0);
        next[1] = next[1].wrapping_add(1);
        now += 1 + rng.below(8_000_000);
        push(now, true, next[0], next[1], ACK, 1000, 0);
        acked = [next[1], next[0]];
    }
    for _ in 0..rng.below(40) {
        now += match rng.below(4) {
            0 => rng.below(100_000),
            1 => rng.below(5_000_000),
            2 => rng.below(40_000_000),
            _ => 1000,
        };
        let me = rng.below(2) as usize;
        let you = 1 - me;
        let from = me == 0;
        let (mut seq, ack, mut flags, mut len) = (next[me], acked[me], ACK, 0_usize);
        let mut win = window[me];
        match rng.below(24) {
            0..=5 => len = 1 + rng.below(30) as usize,
            6 => {
                seq = seq.wrapping_add(10 + rng.below(30) as u32);
                len = 5;
            }
            7..=9 => {
                seq = seq.wrapping_sub(1 + rng.below(40) as u32);
                len = 1 + rng.below(40) as usize;
            }
            10..=13 => {
                acked[me] = next[you].wrapping_sub(rng.below(2) as u32 * 10);
                push(now, from, seq, acked[me], ACK, win, 0);
                continue;
            }
            14 | 15 => {}
            16 => {
                win = rng.below(3) as u16 * 40;
                window[me] = win;
            }
            17 => {
                win = 0;
                window[me] = 0;
            }
            18 => len = 1,
            19 => {
                seq = seq.wrapping_sub(1);
                len = rng.below(2) as usize;
            }
            20 => {
                // As much as the peer's window takes.
                let room = acked[you].wrapping_add(u32::from(window[you])).wrapping_sub(next[me]);
                len = if room < 2000 { room as usize } else { 3 };
            }
            21 => {
                flags |= if rng.chance(0.5) { FIN } else { RST };
            }
            22 => {
                acked[me] = next[you].wrapping_add(rng.below(2) as u32 * 20);
                push(now, from, seq, acked[me], ACK, win, 0);
                continue;
            }
            _ => {
                for _ in 0..rng.below(4) {
                    now += rng.below(3_000_000);
                    push(now, !from, next[you], acked[you], ACK, window[you], 0);
                }
                seq = acked[you];
                len = 4;
                now += rng.below(30_000_000);
            }
        }
        flags |= if len > 0 { PSH } else { 0 };
        push(now, from, seq, ack, flags, win, len);
        let end = seq.wrapping_add(len as u32).wrapping_add(u32::from(flags & FIN != 0));
        if (end.wrapping_sub(next[me]) as i32) > 0 {
            next[me] = end;
        }
    }
    if rng.chance(0.15) {
        now += 50_000_000;
        push(now, true, first[0].wrapping_add(70_000), 0, SYN, 500, 0);
        push(
            now + 100,
            false,
            first[1].wrapping_add(90_000),
            first[0].wrapping_add(70_001),
            SYN | ACK,
            500,
            0,
        );
        push(now + 200, true, first[0].wrapping_add(70_001), first[1].wrapping_add(90_001), ACK, 500, 0);
        push(now + 300, true, first[0].wrapping_add(70_001), first[1].wrapping_add(90_001), ACK, 500, 9);
    }
}

fn capture(packets: &[Packet]) -> Trace {
    let mut trace = Trace::new();
    for (n, packet) in packets.iter().enumerate() {
        let what = What::PacketSent {
            packet: PacketId(n as u32),
            host: HostId(0),
            socket: None,
            bytes: &packet.bytes,
            len: packet.bytes.len() as u32,
            payload: None,
            rule: None,
            retransmission: false,
            parent: None,
        };
        trace.record(Record::new(Instant::from_nanos(packet.time), Provenance::Captured, what));
    }
    trace
}

fn cases() -> u64 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

#[test]
fn our_marks_are_those_of_tshark() {
    let mut packets = Vec::new();
    for n in 0..cases() {
        let mut rng = Rng::new(n);
        conversation(&mut rng, 1024 + (n % 60_000) as u16, 1_000_000_000 + n * 10_000_000_000, &mut packets);
    }
    let trace = capture(&packets);
    let ours = trace.marks(Vantage::Sent);
    let raw: Vec<(u64, Vec<u8>)> = packets.iter().map(|p| (p.time, p.bytes.clone())).collect();
    let names: Vec<String> = FIELDS.iter().map(|f| format!("tcp.analysis.{f}")).collect();
    let mut fields: Vec<&str> = names.iter().map(String::as_str).collect();
    fields.push("tcp.analysis.duplicate_ack_num");
    let theirs = pcapng::fields(&pcapng::raw_ip(&raw), &fields);
    assert_eq!(theirs.len(), packets.len());
    assert_eq!(ours.len(), packets.len());

    let (mut wrong, mut report, mut seen) = (0, String::new(), [0_usize; 15]);
    for (i, row) in theirs.iter().enumerate() {
        let mut say = Vec::new();
        for (k, mark) in Mark::ALL.iter().enumerate() {
            let (mine, tsharks) = (ours[i].marks.has(*mark), !row[k].is_empty());
            seen[k] += usize::from(tsharks);
            if mine != tsharks {
                say.push(format!("{} ours {mine}, tshark's {tsharks}", mark.name()));
            }
        }
        let number = row[15].parse().unwrap_or(0_u32);
        if ours[i].marks.dup_ack != number {
            say.push(format!("dup-ack ours #{}, tshark's #{number}", ours[i].marks.dup_ack));
        }
        if !say.is_empty() {
            wrong += 1;
            if wrong <= 5 {
                let port = packets[i].text.split(' ').next();
                let before =
                    packets[..=i].iter().zip(&ours).filter(|(p, _)| p.text.split(' ').next() == port);
                for (packet, row) in before {
                    let _ = writeln!(report, "    {}  [{}]", packet.text, row.marks);
                }
                let _ = writeln!(report, "  => {}\n", say.join("; "));
            }
        }
    }
    eprintln!("{} packets, {:?}", packets.len(), FIELDS.iter().zip(seen).collect::<Vec<_>>());
    assert_eq!(wrong, 0, "{wrong} of {} packets have other marks:\n{report}", packets.len());
    let unseen: Vec<_> = FIELDS.iter().zip(seen).filter(|(_, n)| *n == 0).collect();
    assert!(unseen.is_empty(), "the conversations never gave {unseen:?}");
}

/// Moves a packet into a network of its scenario's own, so that one run of tshark looks at all scenarios and takes none of
/// them for a part of another. Checksums are not looked at here.
fn moved(mut bytes: Vec<u8>, network: u8) -> Vec<u8> {
    let second_octets = if bytes[0] >> 4 == 4 { [13, 17] } else { [9, 25] };
    for at in second_octets {
        bytes[at] = bytes[at].wrapping_add(network);
    }
    bytes
}

#[test]
fn the_built_in_scenarios_are_marked_as_tshark_marks_them() {
    let (mut packets, mut ours) = (Vec::new(), Vec::new());
    for (network, builtin) in (1_u8..).zip(BUILTINS) {
        let scenario = framewire::sim::builtin(builtin.name).expect("it is built in");
        let trace = Run::new(&scenario, &[]).expect("it runs").into_trace();
        let file = export(&trace, Vantage::Sent);
        let captured = read(&file).expect("our own file").packets;
        let rows = trace.seen_from(Vantage::Sent);
        assert_eq!(captured.len(), rows.len(), "{}", builtin.name);
        let mut marks = trace.marks(Vantage::Sent).into_iter().peekable();
        for (packet, (_, row)) in captured.into_iter().zip(rows) {
            let own = marks.next_if(|marked| marked.packet == row);
            ours.push((builtin.name, own.map(|marked| marked.marks)));
            let time = u64::from(network) * 1_000_000_000_000_000 + packet.epoch_nanos;
            packets.push((time, moved(packet.bytes.to_vec(), network)));
        }
        assert!(marks.next().is_none(), "{}: marks of packets that are not there", builtin.name);
    }
    let names: Vec<String> = FIELDS.iter().map(|f| format!("tcp.analysis.{f}")).collect();
    let mut fields: Vec<&str> = names.iter().map(String::as_str).collect();
    fields.push("tcp.analysis.duplicate_ack_num");
    let theirs = pcapng::fields(&pcapng::raw_ip(&packets), &fields);
    assert_eq!(theirs.len(), packets.len());
    let (mut report, mut marked) = (String::new(), 0);
    for (i, (row, (name, marks))) in theirs.iter().zip(&ours).enumerate() {
        for (k, mark) in Mark::ALL.iter().enumerate() {
            let (mine, tsharks) = (marks.is_some_and(|marks| marks.has(*mark)), !row[k].is_empty());
            marked += usize::from(tsharks);
            if mine != tsharks {
                let _ =
                    writeln!(report, "{name}, packet {i}: {} ours {mine}, tshark's {tsharks}", mark.name());
            }
        }
        let number = row[15].parse().unwrap_or(0_u32);
        if marks.map_or(0, |marks| marks.dup_ack) != number {
            let _ = writeln!(report, "{name}, packet {i}: tshark counts duplicate {number}");
        }
    }
    assert!(report.is_empty(), "of {} packets:\n{report}", packets.len());
    assert!(marked > 100, "only {marked} marks in all scenarios");
}

#[test]
fn where_all_arrives_in_order_nothing_is_out_of_order() {
    let (mut plain, mut followed) = (0, 0);
    for builtin in BUILTINS {
        let scenario = Scenario::from_json(builtin.json).expect("it is built in");
        for seed in 0..5 {
            let run = Run::new(&Scenario { seed, ..scenario.clone() }, &[]).expect("it runs");
            let trace = run.trace();
            for host in &trace.tables().hosts {
                if !trace.arrives_in_order(host.id) {
                    followed += 1;
                    continue;
                }
                plain += 1;
                let marks = trace.marks(Vantage::Host(host.id));
                let came = |row: &&framewire::trace::MarkRow| {
                    let sent = trace.tables().packets[row.packet as usize].sent;
                    trace.host_of(sent) != Some(host.id)
                };
                let odd = marks.iter().filter(came).filter(|row| row.marks.has(Mark::OutOfOrder)).count();
                assert_eq!(odd, 0, "{} with seed {seed}: {}", builtin.name, host.name);
            }
        }
    }
    assert!(plain > 50 && followed > 50, "{plain} and {followed}");
}
