//! What one peer may cost: every limit is an option with a default.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Times and sizes that a connection must keep.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Nothing read and nothing written for this long ends the connection; zero: never.
    pub idle: Duration,
    /// From the first byte of a frame until its header is whole (slow-loris); zero: never.
    pub header: Duration,
    /// From the first byte of a frame until its last; zero: never.
    pub frame: Duration,
    /// After the last byte was sent: how long to wait for the peer to close as well.
    pub linger: Duration,
    /// At shutdown: how long frames in flight may take.
    pub grace: Duration,
}

impl Limits {
    /// How often the clock is looked at: a quarter of the shortest time-out, so that each is kept to within 25%.
    pub fn tick(&self) -> Duration {
        [self.idle, self.header, self.frame]
            .into_iter()
            .filter(|limit| !limit.is_zero())
            .min()
            .map_or(Duration::from_secs(3600), |shortest| shortest / 4)
            .max(Duration::from_millis(5))
    }
}

/// Bytes that all connections together may hold (unfinished frames, answers not yet taken).
#[derive(Clone, Debug)]
pub struct Budget(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    used: AtomicUsize,
    limit: usize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Budget(Arc::new(Pool { used: AtomicUsize::new(0), limit }))
    }

    /// A share of nothing yet, given back when dropped.
    pub fn share(&self) -> Share {
        Share { budget: self.clone(), held: 0 }
    }

    /// Bytes held right now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// The most that may be held.
    pub fn limit(&self) -> usize {
        self.0.limit
    }
}

/// What one connection holds of the [`Budget`].
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    held: usize,
}

impl Share {
    /// The connection now holds `bytes`. False when it grew and the budget is exceeded.
    #[must_use]
    pub fn hold(&mut self, bytes: usize) -> bool {
        if bytes == self.held {
            return true;
        }
        let used = &self.budget.0.used;
        let grew = bytes > self.held;
        let total = if grew {
            used.fetch_add(bytes - self.held, Ordering::Relaxed) + (bytes - self.held)
        } else {
            used.fetch_sub(self.held - bytes, Ordering::Relaxed)
        };
        self.held = bytes;
        !grew || total <= self.budget.0.limit
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.held, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_are_given_back() {
        let budget = Budget::new(100);
        let (mut a, mut b) = (budget.share(), budget.share());
        assert!(a.hold(60) && b.hold(40));
        assert!(!b.hold(41), "over the limit");
        assert!(b.hold(10), "shrinking is always allowed");
        drop(a);
        assert_eq!(budget.used(), 10);
        drop(b);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn the_clock_is_looked_at_often_enough_for_the_shortest_limit() {
        let mut limits = Limits {
            idle: Duration::ZERO,
            header: Duration::from_secs(8),
            frame: Duration::from_secs(60),
            linger: Duration::ZERO,
            grace: Duration::ZERO,
        };
        assert_eq!(limits.tick(), Duration::from_secs(2));
        limits.header = Duration::ZERO;
        limits.frame = Duration::ZERO;
        assert_eq!(limits.tick(), Duration::from_secs(3600));
    }
}
