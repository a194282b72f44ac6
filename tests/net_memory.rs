//! Memory does not grow with the length of a run when nobody records.
#![allow(clippy::unwrap_used, missing_docs, reason = "a panic in a test is a failure with a line")]

#[allow(dead_code)]
#[path = "../benches/peers/bulk.rs"]
mod bulk;

use framewire::probe::Silent;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts the octets that are allocated now, and the most there were.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to the system's allocator; the counts decide nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that a transfer of `segments` segments holds at once, beyond what there was before.
fn peak(segments: u64, loss: f64) -> usize {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    bulk::transfer(segments, loss, 1, true, &mut Silent, || ());
    PEAK.load(Relaxed) - before
}

// One test: the counts are of the whole process.
#[test]
fn a_run_ten_times_as_long_takes_no_more_memory() {
    // Without loss the queue overflows for the first time after 150,000 segments; what came early is then held.
    for (loss, segments) in [(0.0, 200_000), (0.01, 20_000)] {
        let (short, long) = (peak(segments, loss), peak(10 * segments, loss));
        assert!(long <= short + short / 4, "{loss}: {short} octets, then {long}");
        assert!(long < 8 << 20, "{loss}: {long} octets");
    }
}
