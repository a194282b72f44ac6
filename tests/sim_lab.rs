//! The laboratory: each packet of every built-in scenario can be meant by a script, changes are made and taken back, and an edit
//! that is wrong changes nothing and is told at its line.

use framewire::lang::Lang;
use framewire::sim::scenario::{Act, Break};
use framewire::sim::units::Span;
use framewire::sim::{BUILTINS, Change, Lab, Path, Run, Scenario, aim, builtin};
use framewire::time::Duration;
use framewire::trace::tables::packet_bits;
use framewire::trace::{DropReason, Kind, PacketId, Trace, What};

fn lab(name: &str) -> Lab {
    Lab::new(builtin(name).expect("it is built in"))
}

fn run(scenario: &Scenario) -> Run {
    // What is shared, saved and exported is the text.
    Run::new(&Scenario::from_json(&scenario.to_json()).expect("our own text"), &[]).expect("it is right")
}

/// The packet that was lost by the script, and only by it.
fn dropped_by_script(trace: &Trace) -> Vec<u32> {
    let lost = trace.records().filter_map(|record| match record.what {
        What::PacketDropped { packet, why: DropReason::Scripted, .. } => Some(packet.0),
        _ => None,
    });
    lost.collect()
}

#[test]
fn each_packet_of_every_scenario_can_be_meant() {
    let (mut meant, mut copies) = (0, 0);
    for known in BUILTINS {
        let lab = lab(known.name);
        let before = run(lab.scenario());
        let earlier = dropped_by_script(before.trace());
        let packets = &before.trace().tables().packets;
        // Of long runs some: each costs a run.
        let apart = 1 + packets.len() / 24;
        for row in packets.iter().step_by(apart) {
            let Some(action) = aim(lab.scenario(), before.trace(), row.id, Act::Drop, None) else {
                let cut = packets.iter().any(|p| p.is(packet_bits::FRAGMENT) && p.parent == row.id);
                assert!(row.is(packet_bits::COPY) || cut, "{}: packet {}", known.name, row.id.0);
                copies += 1;
                continue;
            };
            let mut lab = lab.clone();
            lab.act(action.clone()).unwrap();
            let after = run(lab.scenario());
            let now = dropped_by_script(after.trace());
            let queue_lost = row.dropped.known().is_some();
            assert!(
                now.contains(&row.id.0) || (queue_lost && !earlier.contains(&row.id.0)),
                "{}: packet {} by {action:?} dropped {now:?}",
                known.name,
                row.id.0
            );
            // Everything sent until then is the same.
            for (one, two) in packets.iter().zip(&after.trace().tables().packets).take(row.id.0 as usize) {
                assert_eq!((one.id, one.seq, one.flags, one.len), (two.id, two.seq, two.flags, two.len));
            }
            meant += 1;
        }
    }
    assert!(meant > 500, "{meant} meant, {copies} not");
}

#[test]
fn each_action_does_what_it_says() {
    let base = lab("hello-tcp");
    let before = run(base.scenario());
    let data = before.trace().tables().packets.iter().find(|row| row.payload_len > 0).unwrap().id;
    let by = Some(Span(Duration::from_millis(70)));
    let with = |act, by| {
        let mut lab = base.clone();
        lab.act(aim(lab.scenario(), before.trace(), data, act, by).unwrap()).unwrap();
        run(lab.scenario())
    };
    let count = |run: &Run, kind: Kind| {
        run.trace().columns().kind.iter().filter(|&&known| known == kind as u8).count()
    };
    let arrives = |run: &Run| run.trace().clock(run.trace().packet(data).unwrap().arrived.known().unwrap());
    assert!(with(Act::Drop, None).trace().packet(data).unwrap().arrived.known().is_none());
    assert_eq!(arrives(&with(Act::Delay, by)).since(arrives(&before)), Duration::from_millis(70));
    assert_eq!(count(&with(Act::Duplicate, by), Kind::PacketDuplicated), 1);
    assert_eq!(count(&with(Act::Corrupt, None), Kind::PacketCorrupted), 1);
    assert!(aim(base.scenario(), before.trace(), PacketId(9999), Act::Drop, None).is_none());
}

#[test]
fn changes_are_taken_back_one_by_one() {
    let mut lab = lab("hello-tcp");
    lab.turn("network.latency", Some("300ms")).unwrap();
    lab.turn("tcp.mss", Some("4")).unwrap();
    lab.switch(Break::NoTimeWait, None, true).unwrap();
    // The same knob again is the same change, and a knob turned back is none.
    lab.turn("network.latency", Some("100ms")).unwrap();
    assert_eq!(lab.changes().len(), 3);
    lab.turn("tcp.mss", None).unwrap();
    lab.switch(Break::NoTimeWait, None, false).unwrap();
    assert_eq!(lab.changes(), [Change::Knob { path: "network.latency".into(), value: "100ms".into() }]);
    lab.undo(0).unwrap();
    assert_eq!(lab.scenario(), lab.base());
    lab.undo(7).unwrap();
    assert!(lab.turn("network.loss", Some("150%")).is_err());
    assert!(lab.turn("network.nothing", Some("1")).is_err());
    assert_eq!((lab.changes().len(), lab.scenario()), (0, lab.base()));
}

#[test]
fn what_a_scenario_does_to_packets_can_be_left_out() {
    let mut lab = lab("lost-syn");
    let script = lab.script();
    assert_eq!(script.len(), lab.base().network.script.len());
    lab.spare(&script[0].0, false).unwrap();
    assert!(dropped_by_script(run(lab.scenario()).trace()).is_empty());
    assert_eq!(lab.script(), [(script[0].0.clone(), false)]);
    // What was done by hand is no part of it.
    let trace = run(lab.scenario());
    lab.act(aim(lab.scenario(), trace.trace(), PacketId(1), Act::Drop, None).unwrap()).unwrap();
    assert_eq!(lab.script().len(), 1);
    lab.spare(&script[0].0, true).unwrap();
    assert_eq!(lab.changes().len(), 1);
    lab.clear();
    assert_eq!(lab.script(), script);
}

#[test]
fn an_edited_text_holds_the_changes_before_it() {
    let mut lab = lab("hello-tcp");
    lab.turn("network.latency", Some("300ms")).unwrap();
    let edited = lab.text(&Path::default()).replace("hello hello", "good morning");
    lab.edit(&edited, &Path::default()).unwrap();
    assert_eq!(lab.changes().len(), 1);
    lab.turn("network.latency", Some("5ms")).unwrap();
    assert_eq!(lab.changes().len(), 2);
    lab.turn("network.latency", None).unwrap();
    assert_eq!(
        lab.scenario().network.latency.map(|l| l.to_string()).as_deref(),
        Some("300ms"),
        "as the text says"
    );
    lab.undo(0).unwrap();
    assert_eq!(lab.changes(), [Change::Knob { path: "network.latency".into(), value: "300ms".into() }]);
    assert!(!lab.scenario().to_json().contains("good morning"));
    lab.clear();
    assert_eq!(lab.scenario(), lab.base());
}

#[test]
fn every_program_is_edited_in_its_place() {
    for known in BUILTINS {
        let lab = lab(known.name);
        for (_, name, path) in lab.programs() {
            let text = lab.text(&path);
            assert!(text.starts_with("[\n  {") || text.len() < 100, "{}: {name}: {text}", known.name);
            assert_eq!(&lab.edited(&text, &path).unwrap(), lab.scenario(), "{}: {name}", known.name);
        }
    }
}

#[test]
fn a_wrong_edit_is_told_at_its_line_and_changes_nothing() {
    let mut lab = lab("hello-tcp");
    let (_, _, path) = lab.programs().remove(0);
    let text = lab.text(&path);
    assert_eq!(text.lines().nth(3), Some(r#"  { "do": "send", "data": "hello hello" },"#));
    let cases = [
        (text.replace("\"send\"", "\"snd\""), 4, "`snd` is not known here"),
        (text.replace("},\n  { \"do\": \"recv\"", "}\n  { \"do\": \"recv\""), 5, "not JSON"),
        (text.replace("\"n\": \"1KiB\"", "\"n\": -1"), 5, "allowed"),
        (text.replace("server:8000", "nobody:8000"), 3, "nobody"),
        ("] }, { \"name\": [".into(), 1, "not JSON"),
        (String::new(), 1, "not JSON"),
    ];
    for (wrong, line, what) in cases {
        let error = lab.edit(&wrong, &path).err().unwrap_or_else(|| panic!("{wrong}"));
        assert_eq!(error.line, line, "{}", error.message(Lang::En));
        assert!(error.message(Lang::En).contains(what), "{}", error.message(Lang::En));
        assert!(error.message(Lang::Zh).starts_with("第"));
    }
    assert_eq!((lab.changes().len(), lab.scenario()), (0, lab.base()));
}

/// From an event on the network is another one; everything before stays as it was, and each way back leads back.
#[test]
fn a_knob_is_turned_in_the_middle_of_the_run() {
    let mut lab = lab("hello-tcp");
    let plain = Run::new(lab.scenario(), &[]).expect("it is right");
    // Before the first data leaves.
    let packets = &plain.trace().tables().packets;
    let first = packets.iter().find(|row| row.payload_len > 0).expect("it carries data");
    let time = plain.trace().clock(first.sent);
    let begins = plain.trace().columns().partition_by_time(|nanos| nanos < time.as_nanos());
    let event = begins as u32;
    lab.turn_later("network.latency", Some("300ms"), event, time).unwrap();
    assert_eq!(lab.scenario(), lab.base(), "no scenario can say that");
    let run = |lab: &Lab| Run::new(lab.scenario(), &lab.commands()).expect("it is right");
    let later = run(&lab);
    let flight = |run: &Run, nth: usize| {
        let row = &run.trace().tables().packets[nth];
        run.trace().clock(row.arrived).since(run.trace().clock(row.sent))
    };
    assert_eq!(flight(&later, 0), flight(&plain, 0), "the handshake is as it was");
    let slow =
        later.trace().tables().packets.iter().position(|row| row.payload_len > 0).expect("it carries data");
    assert!(flight(&later, slow) >= Duration::from_millis(300));
    // And quick again from a later event on: told in the order of the run, however they were made.
    lab.turn_later("network.latency", Some("1ms"), event + 20, time).unwrap();
    lab.turn_later("network.loss", Some("0.5"), event + 5, time).unwrap();
    let latency = |event: u32| lab.scenario_at(event).network.latency.map(|l| l.to_string());
    assert_eq!(latency(event).as_deref(), Some("300ms"));
    assert_eq!(latency(event + 20).as_deref(), Some("1ms"));
    assert_eq!(lab.commands().len(), 3);
    // At the same event the last word counts.
    let mut again = lab.clone();
    again.turn_later("network.loss", Some("0"), event + 5, time).unwrap();
    assert_eq!(again.commands().len(), 3);
    // An edited text takes up the other changes, not these.
    again.turn("network.mtu", Some("600")).unwrap();
    let text = again.text(&Path::default()).replace("600", "700");
    again.edit(&text, &Path::default()).unwrap();
    assert_eq!(again.commands().len(), 3);
    // What holds for the whole run cannot change in its middle, and a bad value changes nothing.
    let before = lab.clone();
    assert!(lab.turn_later("tcp.sack", Some("true"), event, time).is_err());
    assert!(lab.turn_later("network.script", Some("[]"), event, time).is_err());
    assert!(lab.turn_later("network.loss", Some("7"), event, time).is_err());
    assert_eq!(lab, before);
    lab.turn_later("network.latency", None, event, time).unwrap();
    assert_eq!(lab.commands().len(), 1, "each turn of that knob is taken back");
    lab.undo(0).unwrap();
    assert_eq!(run(&lab).digest(), plain.digest());
}
