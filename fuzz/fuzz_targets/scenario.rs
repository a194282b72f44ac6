//! Any text as a scenario: refused with a message in both languages, or run to its end or a limit, the same each time, and
//! written back.
#![no_main]

use framewire::lang::Lang;
use framewire::sim::units::{Size, Span};
use framewire::sim::{Run, Scenario};
use framewire::time::Duration;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut scenario = match Scenario::from_json(text) {
        Ok(scenario) => scenario,
        Err(error) => {
            assert!(!error.message(Lang::En).is_empty() && !error.message(Lang::Zh).is_empty());
            return;
        }
    };
    let again = Scenario::from_json(&scenario.to_json()).expect("our own text");
    assert_eq!(scenario, again);
    let limits = &mut scenario.limits;
    limits.events = limits.events.min(20_000);
    limits.steps = limits.steps.min(2_000);
    limits.bytes = Size(limits.bytes.0.min(1 << 20));
    limits.time = limits.time.min(Span(Duration::from_secs(3600)));
    if let Ok(run) = Run::new(&scenario, &[]) {
        assert_eq!(run.digest(), Run::new(&scenario, &[]).expect("it ran once").digest());
    }
});
