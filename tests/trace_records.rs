//! A trace gives back what it was told.

#[path = "trace/random.rs"]
mod random;

use framewire::trace::{Sink, Trace};
use proptest::prelude::*;

fn cases() -> u32 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
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
}
