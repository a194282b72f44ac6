//! Which seeds a test that draws by lot runs: so many by default, `FRAMEWIRE_CASES=n` of them (from `FRAMEWIRE_FROM` on), or
//! `FRAMEWIRE_SEED=n` alone.

use std::ops::Range;

/// The one that is asked for.
pub fn only() -> Option<u64> {
    number("FRAMEWIRE_SEED")
}

/// Those to run: the one that is asked for, or `cases` where nothing is.
pub fn seeds(cases: u64) -> Range<u64> {
    let from = number("FRAMEWIRE_FROM").unwrap_or(0);
    only().map_or_else(|| from..from + number("FRAMEWIRE_CASES").unwrap_or(cases), |seed| seed..seed + 1)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
