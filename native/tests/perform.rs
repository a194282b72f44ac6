//! `framewire run`: every built-in scenario on real sockets, or why not.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::process::Output;
use std::sync::Mutex;

use common::{framewire, output};
use framewire::sim::BUILTINS;
use framewire::trace::{Kind, Provenance};
use serde_json::Value;

fn run(scenario: &str, args: &[&str]) -> (Output, Value) {
    let said = output(framewire().args(["run", scenario, "--json"]).args(args));
    let text = String::from_utf8(said.stdout.clone()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{scenario}: {error}: {text}{}", String::from_utf8_lossy(&said.stderr))
    });
    (said, json)
}

/// What cannot be performed, and a word of the reason.
const CANNOT: [(&str, &str); 1] = [("simultaneous-open", "cross")];

#[test]
fn every_built_in_scenario_comes_out_as_modelled_or_says_why_it_cannot() {
    let names: Mutex<Vec<&str>> = Mutex::new(BUILTINS.iter().map(|built| built.name).collect());
    let wrong = Mutex::new(Vec::new());
    let performed = Mutex::new(0);
    std::thread::scope(|scope| {
        // Most of the time they sleep.
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some(name) = names.lock().unwrap().pop() else { return };
                    let (said, json) = run(name, &[]);
                    let fits = match CANNOT.iter().find(|(cannot, _)| *cannot == name) {
                        Some((_, why)) => {
                            said.status.code() == Some(3)
                                && json["verdict"] == "not-performed"
                                && json["reason"].as_str().unwrap().contains(why)
                        }
                        None => {
                            *performed.lock().unwrap() += 1;
                            said.status.success() && json["verdict"] == "as-modelled"
                        }
                    };
                    if !fits {
                        wrong.lock().unwrap().push(format!("{name}: {}: {json}", said.status));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(performed.into_inner().unwrap(), BUILTINS.len() - CANNOT.len());
}

#[test]
fn what_happened_is_recorded_call_by_call_with_the_lines_of_the_source() {
    let dir = tempfile::tempdir().unwrap();
    let (real, model) = (dir.path().join("real.fwtrace"), dir.path().join("model.fwtrace"));
    let files = ["--record", real.to_str().unwrap(), "--model", model.to_str().unwrap()];
    let (said, json) = run("hello-tcp", &files);
    assert!(said.status.success(), "{json}");
    let open = |path| framewire::trace::read(&std::fs::read(path).unwrap()).unwrap().0;
    let (real, model) = (open(&real), open(&model));
    assert_eq!(real.tables().programs.len(), 2);
    assert_eq!(real.tables().programs[0].source, model.tables().programs[0].source);
    let calls = |trace: &framewire::trace::Trace, program: u32| -> Vec<(String, Option<u32>)> {
        let threads = &trace.tables().threads;
        let of = |call: &&framewire::trace::CallRow| {
            threads.iter().any(|t| t.id == call.thread && t.program.is_some_and(|p| p.0 == program))
        };
        trace.tables().calls.iter().filter(of).map(|call| (call.op.name().to_owned(), call.line)).collect()
    };
    for program in 0..2 {
        assert_eq!(calls(&real, program), calls(&model, program), "the same calls in the same lines");
    }
    let observed = |n: u32| real.provenance(framewire::trace::EventId(n)) == Some(Provenance::Observed);
    assert!((0..real.len() as u32).any(observed));
    let returned = (0..real.len() as u32)
        .filter(|&n| real.kind(framewire::trace::EventId(n)) == Some(Kind::CallReturned));
    assert!(returned.count() >= 10);
    // Each connection is one: its two ends have found each other.
    assert_eq!(real.connections().len(), 1, "{:?}", real.connections());
    if let Some(packets) = json["comparison"]["kernel_packets"].as_u64() {
        assert!(packets >= 8, "{packets} packets of a whole connection");
    }
}

#[test]
fn a_difference_is_found_and_is_the_exit_status() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("odd.json");
    // The model's client takes a second a step, so that its server gives up waiting; this machine is quicker.
    let text = r#"{ "framewire": 1, "name": "odd", "hosts": [
        { "name": "client", "step_time": "1s", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "connect", "to": "server:8000" }, { "do": "send", "data": "late" },
            { "do": "close" } ] }] },
        { "name": "server", "programs": [{ "steps": [
            { "do": "socket" }, { "do": "bind", "port": 8000 }, { "do": "listen" }, { "do": "accept" },
            { "do": "set-option", "option": "SO_RCVTIMEO", "value": 400 },
            { "do": "recv", "n": 10, "on_error": "continue" }, { "do": "close" } ] }] } ] }"#;
    std::fs::write(&file, text).unwrap();
    let (said, json) = run(file.to_str().unwrap(), &[]);
    assert_eq!((said.status.code(), json["verdict"].as_str()), (Some(1), Some("differs")), "{json}");
    assert!(json["comparison"]["failures"][0].as_str().unwrap().contains("EAGAIN"), "{json}");
    let (said, json) = run(file.to_str().unwrap(), &["--limit", "0.05"]);
    assert_eq!(said.status.code(), Some(3), "{json}");
    assert!(json["reason"].as_str().unwrap().contains("--limit"));
}

#[test]
fn it_is_told_for_people_too() {
    let said = output(framewire().args(["run", "sticky-packets", "--lang", "en"]));
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success(), "{text}");
    for part in ["127.", "as modelled", "sent 10 bytes", "the last call"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let said = output(framewire().args(["run", "sticky-packets", "--lang", "zh"]));
    let text = String::from_utf8(said.stdout).unwrap();
    for part in ["与模型一致", "发送 10 字节", "最后一次调用"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let said = output(framewire().args(["run", "simultaneous-open", "--lang", "en"]));
    assert_eq!(said.status.code(), Some(3));
    assert!(String::from_utf8(said.stderr).unwrap().contains("cannot be performed"));
    let said = output(framewire().args(["run", "hello-tpc"]));
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8(said.stderr).unwrap().contains("did you mean"));
}
