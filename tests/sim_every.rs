//! What holds of every built-in scenario. `STORY=1 NAME=… cargo test --test sim_every -- --nocapture` tells one.

mod sim_support;

use std::time::Instant;

use framewire::sim::{BUILTINS, Run, Scenario, Stop};
use sim_support::run_scenario;

fn named() -> impl Iterator<Item = (&'static str, Scenario)> {
    let only = std::env::var("NAME").ok();
    BUILTINS
        .iter()
        .filter(move |builtin| only.as_deref().is_none_or(|name| name == builtin.name))
        .map(|builtin| (builtin.name, Scenario::from_json(builtin.json).expect("it is right")))
}

#[test]
fn every_builtin_comes_to_its_end() {
    for (name, scenario) in named() {
        let story = run_scenario(&scenario);
        assert_eq!(story.stop, Some(Stop::Quiet), "{name}");
        assert!(!story.packets.is_empty(), "{name}");
        let raised: Vec<_> = story.notes.iter().filter(|note| note.starts_with("Traceback")).collect();
        // The naive reader is meant to fall.
        let expected = usize::from(name == "short-read");
        assert_eq!(raised.len(), expected, "{name}: {raised:?}");
    }
}

#[test]
fn every_builtin_is_the_same_on_every_run() {
    for (name, scenario) in named() {
        let begun = Instant::now();
        let (first, second) = (Run::new(&scenario, &[]).unwrap(), Run::new(&scenario, &[]).unwrap());
        if std::env::var_os("STORY").is_some() {
            println!("{name}: {} events, {:?}", first.trace().len(), begun.elapsed() / 2);
        }
        assert_eq!(first.digest(), second.digest(), "{name}");
    }
}
