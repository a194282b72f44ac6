//! A trace that another thread writes, or that is told every text, is the one that the run itself would have written.

#[path = "trace/random.rs"]
mod random;

use framewire::sim::{BUILTINS, Command, Run, Runner, Scenario, Simulation, builtin, digest, set};
use framewire::trace::courier::by_courier;
use framewire::trace::tables::StoredData;
use framewire::trace::{EventId, Op, PacketRow, Record, Sink, Trace, Watched, What};
use proptest::prelude::*;
use std::ops::Range;

fn cases() -> u32 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

fn simulate(scenario: &Scenario, sink: &mut impl Sink) {
    let mut simulation = Simulation::new(scenario, sink).expect("it is right");
    while simulation.step(sink) {}
}

/// A trace that is told texts which it could do without, and in debug builds compares them with what the stream has.
struct Told(Trace);

impl Sink for Told {
    fn record(&mut self, record: Record<'_>) -> EventId {
        self.0.record(record)
    }

    fn record_sent(&mut self, record: Record<'_>, text: Option<Range<u64>>) -> EventId {
        let What::PacketSent { bytes, len, .. } = record.what else { panic!("{record:?} is no packet") };
        assert_eq!(bytes.len(), len as usize);
        self.0.record_sent(record, text)
    }

    fn next_event(&self) -> EventId {
        Sink::next_event(&self.0)
    }
}

/// The trace of a scenario, which is the same on any way.
fn on_all_ways(scenario: &Scenario) -> Trace {
    let mut alone = Trace::new();
    simulate(scenario, &mut alone);
    let (trace, done) = by_courier(Trace::new(), |courier| simulate(scenario, courier));
    assert!(done.is_some());
    let mut told = Told(Trace::new());
    simulate(scenario, &mut told);
    assert!(told.0 == alone, "{}: {:016x}, {:016x}", scenario.name, digest(&told.0), digest(&alone));
    assert_eq!(trace.len(), alone.len());
    assert!(trace == alone, "{}: {:016x}, {:016x}", scenario.name, digest(&trace), digest(&alone));
    assert_eq!(digest(&trace), digest(&alone));
    trace
}

/// A client that sends `octets` and a server that reads them, over a network that loses, doubles and reorders.
fn bulk(seed: u64, octets: u64, more: &str) -> Scenario {
    let json = format!(
        r#"{{ "framewire": 1, "name": "bulk", "seed": {seed}, {more}
        "tcp": {{ "preset": "linux", "send_buffer": "300KB", "receive_buffer": "300KB" }},
        "hosts": [
          {{ "name": "client", "programs": [{{ "steps": [
            {{ "do": "socket" }}, {{ "do": "connect", "to": "server:8000" }},
            {{ "do": "sendall", "data": {{ "text": "0123456789abcdef", "times": {times} }} }}, {{ "do": "close" }} ] }}] }},
          {{ "name": "server", "programs": [{{ "steps": [
            {{ "do": "socket" }}, {{ "do": "bind", "port": 8000 }}, {{ "do": "listen" }}, {{ "do": "accept" }},
            {{ "do": "loop", "body": [{{ "do": "recv", "n": 65536 }}, {{ "do": "break", "when": "eof" }}] }},
            {{ "do": "close" }} ] }}] }} ],
        "network": {{ "latency": "10ms", "rate": "100Mbit/s", "loss": "0.3%", "duplicate": "1%",
            "reorder": "1%", "reorder_by": "5ms" }} }}"#,
        times = octets / 16
    );
    Scenario::from_json(&json).expect("it is right")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn whatever_is_recorded_arrives(seed: u64, count in 0usize..3000) {
        let mut alone = Trace::new();
        random::drive(seed, count, &mut alone);
        let (trace, _) = by_courier(Trace::new(), |courier| random::drive(seed, count, courier));
        prop_assert_eq!(trace, alone);
    }
}

#[test]
fn every_scenario_is_written_alike() {
    for builtin in BUILTINS {
        on_all_ways(&Scenario::from_json(builtin.json).expect("it is right"));
    }
}

#[test]
fn a_long_run_is_written_alike_and_can_be_sought_in() {
    // As many segments as make a run use two threads.
    let scenario = bulk(7, 4500 * 1460, "");
    on_all_ways(&set(&scenario, "network.corrupt", "0.2%").expect("it can be set"));
    let trace = on_all_ways(&scenario);
    let run = Run::new(&scenario, &[]).expect("it is right");
    assert!(*run.trace() == trace);
    for tenth in 0..10 {
        let event = framewire::trace::EventId(trace.len() as u32 / 10 * tenth);
        let then = run.seek(event).expect("it has keyframes").now();
        assert!(Some(then) >= trace.time(event), "{tenth}");
    }
}

#[test]
fn a_long_run_obeys_commands_and_limits_alike() {
    let commands = [
        Command::Drop { packet: 700 },
        Command::Set { path: "network.latency".into(), value: "3ms".into(), at: Some(30_000) },
        Command::Set { path: "tcp.nagle".into(), value: "false".into(), at: Some(50_000) },
    ];
    for more in ["", r#""limits": { "events": 70000 },"#] {
        let scenario = bulk(11, 4500 * 1460, more);
        let mut runner = Runner::new(&scenario, &commands).expect("it is right");
        while runner.advance(1000) {}
        let (alone, run) = (runner.finish(), Run::new(&scenario, &commands).expect("it is right"));
        assert_eq!(run.stop(), alone.stop());
        assert!(run.trace() == alone.trace() && run.digest() == alone.digest(), "{more}");
    }
}

#[test]
fn what_is_looked_at_is_all_that_was_recorded() {
    let scenario = bulk(3, 400_000, "");
    let (_, looks) = by_courier(Trace::new(), |courier| {
        let mut simulation = Simulation::new(&scenario, courier).expect("it is right");
        let mut looks = 0;
        while simulation.step(courier) {
            let next = courier.next_event();
            if next.0 / 500 > looks {
                looks = next.0 / 500;
                courier.look(|trace| assert_eq!(Sink::next_event(trace), next));
            }
        }
        looks
    });
    assert!(looks > Some(10), "{looks:?}");
}

#[test]
fn octets_stand_where_they_were_sent_when_two_threads_send_at_once() {
    let json = r#"{ "framewire": 1, "name": "two-writers", "seed": 1,
        "tcp": { "preset": "linux", "send_buffer": "8KB", "receive_buffer": "8KB" },
        "hosts": [
          { "name": "client", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "connect", "to": "server:8000" },
            { "do": "thread", "body": [{ "do": "sendall", "data": { "text": "ab", "times": 30000 } }] },
            { "do": "sendall", "data": { "text": "XYZ", "times": 20000 } },
            { "do": "sleep", "time": "10s" }, { "do": "close" } ] }] },
          { "name": "server", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "bind", "port": 8000 }, { "do": "listen" }, { "do": "accept" },
            { "do": "loop", "body": [{ "do": "recv", "n": 4096 }, { "do": "break", "when": "eof" }] },
            { "do": "close" } ] }] } ],
        "network": { "latency": "5ms", "rate": "10Mbit/s" } }"#;
    let trace = on_all_ways(&Scenario::from_json(json).expect("it is right"));
    let text: Vec<u8> = trace
        .tables()
        .packets
        .iter()
        .flat_map(|p| trace.packet_bytes(p)[p.header_len.into()..].to_vec())
        .collect();
    let of = |letters: &[u8]| text.iter().filter(|octet| letters.contains(octet)).count();
    assert!(of(b"ab") >= 60_000 && of(b"XYZ") >= 60_000, "{} {}", of(b"ab"), of(b"XYZ"));
}

#[test]
fn text_that_was_left_out_is_found_also_where_the_addresses_lead_elsewhere() {
    let run = Run::new(&builtin("hello-tcp").expect("it is built in"), &[]).expect("it is right");
    let first = run.trace().tables().packets.iter().find(|packet| packet.payload_len > 0).expect("it sends");
    let whole = run.trace().packet_bytes(first);
    let (headers, text) = whole.split_at(first.header_len.into());
    // The network says that the packet begins the stream, its socket that it has the octets behind the first.
    let mut trace = Trace::new();
    for mut record in run.trace().records().take(first.sent.index() + 1) {
        match &mut record.what {
            What::PacketSent { packet, bytes, payload, .. } if *packet == first.id => {
                (*bytes, *payload) = (headers, None);
                trace.record_sent(record, Some(1..text.len() as u64));
            }
            _ => drop(trace.record(record)),
        }
    }
    let again = trace.packet(first.id).expect("it was recorded");
    let found = trace.packet_bytes(again).split_off(first.header_len.into());
    assert_eq!(found.get(..text.len() - 1), text.get(1..));
}

/// What the server sends to whoever connects, as often as somebody does: by the text's first letter.
fn sent(trace: &Trace, letter: u8) -> usize {
    let text = |packet: &PacketRow| trace.packet_bytes(packet).get(usize::from(packet.header_len)).copied();
    trace
        .tables()
        .packets
        .iter()
        .filter(|packet| packet.payload_len > 0 && text(packet) == Some(letter))
        .count()
}

#[test]
fn octets_stand_where_they_were_sent_when_an_old_syn_makes_a_connection() {
    let json = r#"{ "framewire": 1, "name": "stale", "seed": 1,
        "tcp": { "preset": "textbook", "break": ["two-way-handshake"] },
        "hosts": [
          { "name": "client", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "connect", "to": "server:8000" },
            { "do": "recv", "n": 100 }, { "do": "close" } ] }] },
          { "name": "server", "tcp": { "time_wait": "1s" }, "programs": [{ "steps": [
            { "do": "socket", "socket": "l" }, { "do": "bind", "socket": "l", "port": 8000 }, { "do": "listen", "socket": "l" },
            { "do": "accept", "socket": "l", "into": "a" },
            { "do": "sendall", "socket": "a", "data": { "text": "first" } }, { "do": "close", "socket": "a" },
            { "do": "accept", "socket": "l", "into": "b" },
            { "do": "sendall", "socket": "b", "data": { "text": "second" } } ] }] } ],
        "network": { "latency": "10ms",
            "script": [{ "do": "replay", "from": "client", "what": "syn", "nth": 1, "at": "300s" }] } }"#;
    let trace = on_all_ways(&Scenario::from_json(json).expect("it is right"));
    assert!(sent(&trace, b'f') > 0 && sent(&trace, b's') > 0);
}

#[test]
fn octets_stand_where_they_were_received_when_old_segments_make_a_connection() {
    let json = r#"{ "framewire": 1, "name": "stale", "seed": 1,
        "tcp": { "preset": "textbook", "break": ["two-way-handshake"] },
        "hosts": [
          { "name": "client", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "connect", "to": "server:8000" },
            { "do": "sendall", "data": { "text": "told once" } }, { "do": "close" } ] }] },
          { "name": "server", "tcp": { "time_wait": "1s" }, "programs": [{ "steps": [
            { "do": "socket", "socket": "l" }, { "do": "bind", "socket": "l", "port": 8000 }, { "do": "listen", "socket": "l" },
            { "do": "accept", "socket": "l", "into": "a" }, { "do": "recv", "socket": "a", "n": 100 },
            { "do": "close", "socket": "a" },
            { "do": "accept", "socket": "l", "into": "b" }, { "do": "recv", "socket": "b", "n": 100 } ] }] } ],
        "network": { "latency": "10ms", "script": [
            { "do": "replay", "from": "client", "what": "syn", "nth": 1, "at": "300s" },
            { "do": "replay", "from": "client", "what": "data", "nth": 1, "at": "300.005s" } ] } }"#;
    let trace = on_all_ways(&Scenario::from_json(json).expect("it is right"));
    let recvs = trace.tables().calls.iter().filter(|call| call.op == Op::Recv);
    let received = recvs.filter_map(|call| {
        let back = trace.tables().returns.iter().find(|back| back.event == call.returned)?;
        Some(trace.data_bytes(back.data, call.range, 100))
    });
    assert_eq!(received.collect::<Vec<_>>(), [b"told once", b"told once"]);
}

#[test]
fn octets_are_those_that_were_received_when_two_faults_hide_each_other() {
    // Two bits that turn in one column of a segment's words may leave its checksum right (RFC 1071: it is a sum). Here one always
    // turns, another in every second segment.
    let json = r#"{ "framewire": 1, "name": "faults", "seed": 2,
        "tcp": { "preset": "linux", "max_rto": "200ms", "retries": 127 },
        "hosts": [
          { "name": "a", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "connect", "to": "b:8000" },
            { "do": "sendall", "data": { "text": "0123456789abcdef", "times": 80 } }, { "do": "close" } ] }] },
          { "name": "b", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "bind", "port": 8000 }, { "do": "listen" }, { "do": "accept" },
            { "do": "recv", "n": 4000 }, { "do": "close" } ] }] } ],
        "network": { "latency": "1ms", "corrupt": "50%", "script": [{ "do": "corrupt", "from": "a", "what": "data" }] } }"#;
    let trace = on_all_ways(&Scenario::from_json(json).expect("it is right"));
    let kept = trace.tables().returns.iter().filter(|back| matches!(back.data, StoredData::Bytes(_)));
    assert!(kept.filter(|back| !back.data.is_empty()).count() > 0);
}
