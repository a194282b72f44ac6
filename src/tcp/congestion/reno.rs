//! Reno's congestion avoidance (RFC 5681 section 3.1).

use super::Window;
use crate::rule::Rule;

/// What Reno remembers: the octets acknowledged since cwnd last grew.
#[derive(Clone, Debug, Default)]
pub struct Reno {
    bytes_acked: u32,
}

impl Reno {
    /// New data were acknowledged in congestion avoidance.
    pub(super) fn on_ack(&mut self, w: &mut Window, newly_acked: u32) -> Rule {
        // RFC 5681 section 3.1 (and RFC 3465 section 2.1): count acknowledged octets; when they reach cwnd, cwnd grows
        // by SMSS. So a round trip adds one segment, however ACKs are split or delayed.
        self.bytes_acked = self.bytes_acked.saturating_add(newly_acked.min(w.cwnd));
        if self.bytes_acked >= w.cwnd {
            self.bytes_acked -= w.cwnd;
            w.cwnd = w.cwnd.saturating_add(w.smss);
        }
        Rule::CongestionAvoidance
    }
}
