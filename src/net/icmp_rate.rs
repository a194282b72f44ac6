//! How many ICMPv6 errors a node sends (RFC 4443 section 2.4 (f)).

use crate::time::{Duration, Instant};

/// A token bucket for the ICMPv6 errors that a node sends. ICMP's (of IPv4) are not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpErrorRate {
    /// Errors at once after a pause; with 0 none is ever sent.
    pub burst: u32,
    /// Errors a second in the long run.
    pub per_second: u32,
}

impl Default for IcmpErrorRate {
    /// What RFC 4443 proposes for a small device: ten at once, and ten a second.
    fn default() -> Self {
        IcmpErrorRate { burst: 10, per_second: 10 }
    }
}

/// The bucket of one node.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate: IcmpErrorRate,
    tokens: u32,
    /// When the last token was put in, or the bucket was full.
    filled: Instant,
}

impl Bucket {
    pub fn new(rate: IcmpErrorRate) -> Bucket {
        Bucket { rate, tokens: rate.burst, filled: Instant::START }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        if self.rate.per_second > 0 {
            let each = Duration::from_secs(1) / u64::from(self.rate.per_second);
            let due = now.since(self.filled).as_nanos() / each.as_nanos().max(1);
            let room = u64::from(self.rate.burst.saturating_sub(self.tokens));
            if due >= room {
                (self.tokens, self.filled) = (self.rate.burst, now);
            } else {
                self.tokens += due as u32;
                self.filled += each * due;
            }
        }
        let left = self.tokens.checked_sub(1);
        self.tokens = left.unwrap_or(0);
        left.is_some()
    }
}
