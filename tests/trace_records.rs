//! A trace gives back what it was told.

#[path = "trace/random.rs"]
mod random;

use framewire::probe::{Var, VarSet, Vars};
use framewire::rule::Rule;
use framewire::time::Instant;
use framewire::trace::{Changes, EventId, Record, Sink, SocketId, Trace};
use proptest::prelude::*;

fn cases() -> u32 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

/// Takes changes that come together one by one, as a sink that knows no better.
struct OneByOne(Trace);

impl Sink for OneByOne {
    fn record(&mut self, record: Record<'_>) -> EventId {
        self.0.record(record)
    }

    fn next_event(&self) -> EventId {
        Sink::next_event(&self.0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn the_records_of_a_trace_make_an_equal_trace(seed: u64, count in 0usize..150) {
        let mut trace = Trace::new();
        random::drive(seed, count, &mut trace);
        prop_assert_eq!(trace.len(), count);
        let mut again = Trace::new();
        for record in trace.records() {
            again.record(record);
        }
        let told: Vec<_> = trace.records().collect();
        let retold: Vec<_> = again.records().collect();
        prop_assert_eq!(told, retold);
        prop_assert_eq!(&trace, &again);
    }

    #[test]
    fn changes_that_come_together_are_changes_all_the_same(
        steps in prop::collection::vec((0u64..9, 0u32..3, prop::collection::vec((0..Var::COUNT, any::<i64>()), 0..6)), 0..200),
    ) {
        let (mut together, mut alone) = (Trace::new(), OneByOne(Trace::new()));
        let mut all = [Vars::default(); 3];
        let mut now = 20;
        for (step, socket, changed) in steps {
            // Now and then an event comes with an earlier time than the one before it.
            now = (now + step).saturating_sub(1);
            let old = all[socket as usize];
            let mut new = old;
            changed.into_iter().for_each(|(var, value)| new.set(Var::ALL[var], value));
            all[socket as usize] = new;
            let mut vars = VarSet::default();
            let changed = Var::ALL.iter().filter(|&&var| new.raw(var) != old.raw(var));
            changed.for_each(|&var| vars.insert(var));
            let changes = Changes {
                time: Instant::from_nanos(now),
                cause: EventId(now as u32).known().filter(|_| step > 4),
                socket: SocketId(socket),
                rule: Rule::ALL[now as usize % Rule::ALL.len()],
                old: &old,
                new: &new,
                vars,
            };
            together.record_changes(&changes);
            alone.record_changes(&changes);
        }
        prop_assert_eq!(&together, &alone.0);
    }
}
