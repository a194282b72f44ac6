//! A thousand connections are ten times the work of a hundred. Work is counted, not timed: every decision that an endpoint
//! tells, every step of a packet, every wake-up.
#![allow(clippy::unwrap_used, missing_docs, reason = "a panic in a test is a failure with a line")]

#[allow(dead_code)]
#[path = "../benches/peers/bulk.rs"]
mod bulk;

use framewire::net::{Fate, News, NodeId, Observer, PacketId, SocketId};
use framewire::probe::{Probe, Timer, TimerChange, Var};
use framewire::rule::Rule;
use framewire::time::Instant;

/// Counts what it is told.
#[derive(Default)]
struct Tally {
    notes: u64,
    packets: u64,
    timers: u64,
}

impl Probe for Tally {
    fn rule(&mut self, _: Rule) {
        self.notes += 1;
    }
    fn change(&mut self, _: Rule, _: Var, _: i64, _: i64) {
        self.notes += 1;
    }
    fn timer(&mut self, _: Rule, _: Timer, _: TimerChange) {
        self.timers += 1;
    }
}

impl Observer for Tally {
    fn endpoint(&mut self, _: Instant, _: NodeId, _: SocketId) {}
    fn packet(&mut self, _: Instant, _: PacketId, _: Fate<'_>) {
        self.packets += 1;
    }
    fn socket(&mut self, _: Instant, _: NodeId, _: SocketId, _: News) {
        self.notes += 1;
    }
}

fn work(connections: usize) -> Tally {
    let mut tally = Tally::default();
    bulk::many(connections, 20, true, &mut tally, || ());
    tally
}

#[test]
fn a_thousand_active_connections_scale_linearly() {
    let (few, many) = (work(100), work(1000));
    for (what, few, many) in [
        ("notes", few.notes, many.notes),
        ("steps of packets", few.packets, many.packets),
        ("timers", few.timers, many.timers),
    ] {
        assert!(few > 1000, "{what}: {few}");
        let ratio = many as f64 / few as f64;
        assert!((9.8..=10.2).contains(&ratio), "{what}: {few}, then {many}");
    }
}
