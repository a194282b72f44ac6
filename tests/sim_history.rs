//! Time travel on the built-in scenarios: seek, fork with each command, change a knob or a rule, compare, go on in slices.

use framewire::probe::Var;
use framewire::sim::units::Span;
use framewire::sim::{BUILTINS, Command, Fate, Run, Runner, Stop, builtin, compare, set};
use framewire::time::Duration;
use framewire::trace::{EventId, Kind, Limit, Mark, PacketId, Trace, Vantage, What};

fn run(name: &str) -> Run {
    Run::new(&builtin(name).expect("it is built in"), &[]).expect("it is right")
}

fn ms(n: u64) -> Span {
    Span(Duration::from_millis(n))
}

fn count(trace: &Trace, kind: Kind) -> usize {
    trace.columns().kind.iter().filter(|&&code| code == kind as u8).count()
}

/// The first packet with payload.
fn first_data(run: &Run) -> u32 {
    run.trace().tables().packets.iter().find(|row| row.payload_len > 0).expect("data is sent").id.0
}

/// What the receiving calls of all hosts gave, in octets.
fn received(run: &Run) -> u64 {
    run.trace()
        .records()
        .filter_map(|record| match record.what {
            What::CallReturned { data, .. } => Some(data.len()),
            _ => None,
        })
        .sum()
}

/// Everything before `event` is the same in both runs; commands, which only tell what was done, left out.
fn same_until(one: &Trace, two: &Trace, event: EventId) {
    let told = |trace: &Trace| -> Vec<String> {
        let end = trace.clock(event);
        let records = trace.records().filter(|r| !matches!(r.what, What::Command { .. }) && r.time < end);
        records.map(|r| format!("{:?} {:?}", r.time, std::mem::discriminant(&r.what))).collect()
    };
    let (first, second) = (told(one), told(two));
    assert!(!first.is_empty());
    assert_eq!(first, second[..first.len().min(second.len())].to_vec());
}

#[test]
fn a_dropped_packet_is_lost_and_its_octets_come_again() {
    for name in ["hello-tcp", "framed-hello", "sticky-packets", "four-ticks", "half-close"] {
        let run = run(name);
        let packet = first_data(&run);
        let fork = run.fork(Command::Drop { packet }).unwrap();
        let row = fork.trace().packet(PacketId(packet)).unwrap();
        assert!(row.dropped.known().is_some() && row.arrived.known().is_none(), "{name}");
        same_until(run.trace(), fork.trace(), run.trace().packet(PacketId(packet)).unwrap().sent);
        assert_eq!(received(&run), received(&fork), "{name}: TCP makes it good");
        assert!(
            fork.trace().report(Vantage::Sent).connections[0].marks.of(Mark::Retransmission) > 0,
            "{name}"
        );
        let difference = compare(run.trace(), fork.trace());
        assert!(difference.same > 0 && difference.new > 0, "{name}: {difference:?}");
        assert!(matches!(difference.first[row.sent.index()], Some(Fate::Same(_)) | None), "{name}");
    }
}

#[test]
fn a_delayed_packet_arrives_that_much_later() {
    for name in ["hello-tcp", "hello-udp", "three-way-handshake"] {
        let run = run(name);
        let fork = run.fork(Command::Delay { packet: 0, by: ms(70) }).unwrap();
        let arrival = |run: &Run| {
            let row = run.trace().packet(PacketId(0)).unwrap();
            run.trace().clock(row.arrived.known().unwrap())
        };
        assert_eq!(arrival(&fork).since(arrival(&run)), Duration::from_millis(70), "{name}");
        let difference = compare(run.trace(), fork.trace());
        assert!(difference.moved > 0, "{name}");
        // Measured round trips differ; what is sent does not, it only moves.
        let sent = |event: &EventId| run.trace().kind(*event) == Some(Kind::PacketSent);
        let events = (0..run.trace().len() as u32).map(EventId).filter(sent);
        assert!(events.map(|e| difference.first[e.index()]).all(|fate| fate != Some(Fate::Alone)), "{name}");
    }
}

#[test]
fn a_duplicated_packet_arrives_twice_and_is_read_once() {
    let run = run("hello-tcp");
    let fork = run.fork(Command::Duplicate { packet: first_data(&run), by: ms(5) }).unwrap();
    assert_eq!(count(fork.trace(), Kind::PacketDuplicated), 1);
    assert_eq!(received(&run), received(&fork));
    // UDP promises nothing: the server reads the datagram's copy as another one.
    let run = self::run("udp-keeps-boundaries");
    let fork = run.fork(Command::Duplicate { packet: 0, by: ms(0) }).unwrap();
    assert_eq!(count(fork.trace(), Kind::PacketDuplicated), 1);
    let arrived = |run: &Run| count(run.trace(), Kind::PacketArrived);
    assert_eq!(arrived(&fork), arrived(&run) + 1);
}

#[test]
fn a_corrupted_packet_is_thrown_away_by_its_checksum() {
    let run = run("hello-tcp");
    let packet = first_data(&run);
    let fork = run.fork(Command::Corrupt { packet }).unwrap();
    let row = fork.trace().packet(PacketId(packet)).unwrap();
    assert_eq!(count(fork.trace(), Kind::PacketCorrupted), 1);
    assert_ne!(fork.trace().packet_bytes(row), fork.trace().packet_bytes_arrived(row));
    assert!(row.arrived.known().is_some() && row.dropped.known().is_some(), "it arrives, and is refused");
    assert_eq!(received(&run), received(&fork), "TCP sends it again");
}

#[test]
fn the_network_changes_from_an_event_on() {
    let run = run("hello-tcp");
    let packet = run.trace().packet(PacketId(first_data(&run))).unwrap();
    let at = packet.sent;
    let command = Command::Set { path: "network.latency".into(), value: "200ms".into(), at: Some(at.0) };
    let fork = run.fork(command).unwrap();
    let trace = fork.trace();
    let flights: Vec<u64> =
        trace.tables().packets.iter().map(|row| trace.packet_times(row).flight().as_nanos()).collect();
    assert_eq!(flights[0], 20_000_000, "before");
    assert_eq!(*flights.last().unwrap(), 200_000_000, "after");
    assert_eq!(count(trace, Kind::Command), 1);
}

#[test]
fn a_knob_and_a_rule_hold_for_the_whole_run() {
    let set = |path: &str, value: &str| Command::Set { path: path.into(), value: value.into(), at: None };
    // TIME-WAIT: without it the one that closes first is CLOSED at once.
    let run = run("four-way-close");
    let fork = run.fork(set("tcp.break", r#"["no-time-wait"]"#)).unwrap();
    let lasted = run.trace().end_time().since(fork.trace().end_time());
    assert!(lasted >= Duration::from_secs(1), "2 MSL are saved: {lasted:?}");
    // A knob: a smaller MSS cuts the message into more segments.
    let run = self::run("split-message");
    let fork = run.fork(set("tcp.mss", "536")).unwrap();
    let data = |run: &Run| run.trace().tables().packets.iter().filter(|row| row.payload_len > 0).count();
    assert!(data(&fork) > data(&run));
    assert_eq!(received(&run), received(&fork));
    let wrong = run.fork(set("tcp.mss", "0")).unwrap_err().to_string();
    assert!(wrong.contains("tcp.mss"), "{wrong}");
}

#[test]
fn every_event_of_a_comparison_has_one_fate() {
    for known in BUILTINS {
        let run = run(known.name);
        let again = Run::new(run.scenario(), &[]).unwrap();
        let same = compare(run.trace(), again.trace());
        assert_eq!((same.moved, same.gone, same.new), (0, 0, 0), "{}", known.name);
        assert!(same.first.iter().flatten().all(|fate| matches!(fate, Fate::Same(_))));
        let fork = run.fork(Command::Drop { packet: 1 }).unwrap();
        let there = compare(run.trace(), fork.trace());
        let back = compare(fork.trace(), run.trace());
        assert_eq!((there.gone, there.new, there.same), (back.new, back.gone, back.same), "{}", known.name);
        let partners = |fates: &[Option<Fate>]| {
            let partner = |fate: &Fate| match fate {
                Fate::Same(event) | Fate::Moved(event) => Some(event.0),
                Fate::Alone => None,
            };
            let mut all: Vec<u32> = fates.iter().flatten().filter_map(partner).collect();
            let before = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), before, "{}: two have the same partner", known.name);
            before
        };
        assert_eq!(partners(&there.first), partners(&there.second));
    }
}

#[test]
fn seeking_finds_the_endpoints_as_the_trace_has_them() {
    for name in ["hello-tcp", "sack", "syn-backlog", "zero-window"] {
        let run = run(name);
        let trace = run.trace();
        for nth in 0..20 {
            let event = EventId((trace.len() as u64 * nth / 20) as u32);
            let simulation = run.seek(event).expect("a run has keyframes");
            assert!(simulation.now() >= trace.clock(event), "{name}");
            // Going on from there gives the rest of the run: the end is the same.
            let mut simulation = simulation;
            let mut counter = framewire::sim::run::Counter(event.0);
            assert_eq!(simulation.run(&mut counter), run.stop(), "{name}");
            assert_eq!(simulation.now(), self::run(name).seek(EventId(trace.len() as u32)).unwrap().now());
        }
        assert!(
            run.trace()
                .socket_ids()
                .any(|s| trace.vars_at(s, EventId(trace.len() as u32 - 1)).get(Var::State).is_some())
        );
    }
}

#[test]
fn seeking_by_time_has_let_everything_up_to_it_happen() {
    let run = run("hello-tcp");
    let trace = run.trace();
    for nanos in [0, 20_000_000, 60_040_000, 120_000_000] {
        let time = framewire::time::Instant::from_nanos(nanos);
        let simulation = run.seek_time(time).unwrap();
        assert!(simulation.now() >= trace.clock(trace.last_event_at(time).unwrap()));
        // A step is whole: what happens at one moment with one cause may have gone on a little.
        assert!(simulation.now() <= time, "{nanos}: {:?}", simulation.now());
    }
}

#[test]
fn slices_of_any_size_make_the_same_run() {
    let scenario = builtin("framed-echo").unwrap();
    let whole = Run::new(&scenario, &[]).unwrap().digest();
    for steps in [1, 7, 1000] {
        let mut runner = Runner::new(&scenario, &[]).unwrap();
        let mut before = 0;
        while runner.advance(steps) {
            assert!(runner.trace().len() >= before);
            before = runner.trace().len();
        }
        assert_eq!(runner.finish().digest(), whole);
    }
}

#[test]
fn every_limit_stops_a_run_with_a_message() {
    let text = r#"{ "framewire": 1, "hosts": [
        { "name": "a", "programs": [{ "steps": [
            { "do": "socket", "kind": "udp" },
            { "do": "loop", "body": [{ "do": "sendto", "data": { "text": "x", "times": 1000 }, "to": "b:9" }] } ] }] },
        { "name": "b" } ] }"#;
    let endless = framewire::sim::Scenario::from_json(text).unwrap();
    for (path, value, limit) in [
        ("limits.time", "100ms", Limit::Time),
        ("limits.events", "500", Limit::Events),
        ("limits.bytes", "50kB", Limit::Bytes),
        ("limits.steps", "300", Limit::Steps),
    ] {
        let run = Run::new(&set(&endless, path, value).unwrap(), &[]).unwrap();
        assert!(matches!(run.stop(), Stop::Limit(which, _) if which == limit), "{path}: {:?}", run.stop());
        assert_eq!(count(run.trace(), Kind::LimitReached), 1);
        for lang in [framewire::lang::Lang::En, framewire::lang::Lang::Zh] {
            assert!(run.stop().message(lang).unwrap().contains(path));
        }
        // A little beyond the limit at most: one step's events.
        assert!(run.trace().len() < 2_000_000);
    }
    // By default a run ends too.
    let quick = set(&endless, "limits.steps", "20000").unwrap();
    assert!(matches!(Run::new(&quick, &[]).unwrap().stop(), Stop::Limit(Limit::Steps, 20_000)));
}
