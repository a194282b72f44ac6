//! How much of the congestion window is really in use: pipeACK (RFC 7661 section 4.1).

use super::AckSample;
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};

/// How long a window may stay unvalidated (RFC 7661 section 4.1: five minutes).
const NON_VALIDATED_PERIOD: Duration = Duration::from_secs(300);
/// The pipeACK sampling period is the greater of 3 RTT and this (RFC 7661 section 4.1).
const SAMPLING_PERIOD: Duration = Duration::from_secs(1);
/// Samples kept; each is the greatest of a part of the sampling period.
const BINS: u64 = 4;

/// Measures what is acknowledged in a round trip.
#[derive(Clone, Debug, Default)]
pub struct PipeAck {
    /// The round trip under way: SND.NXT at its start and the octets acknowledged in it.
    round: Option<(SeqNumber, u32)>,
    /// The greatest sample of each of the last parts of the sampling period, newest first.
    bins: [Option<u32>; BINS as usize],
    bin_start: Instant,
    srtt: Duration,
    /// Since when the window has not been validated.
    since: Option<Instant>,
}

impl PipeAck {
    /// pipeACK in octets; `None`: undefined, as before the first measurement.
    pub fn value(&self) -> Option<u32> {
        self.bins.iter().flatten().max().copied()
    }

    /// Whether at least half the window is in use (RFC 7661 section 4.2: pipeACK >= (1/2) * cwnd, or undefined).
    pub fn is_validated(&self, cwnd: u32) -> bool {
        self.value().is_none_or(|pipe_ack| pipe_ack >= cwnd / 2)
    }

    /// RFC 7661 section 4.4: after a reduction pipeACK is undefined.
    pub(super) fn reset(&mut self) {
        *self = PipeAck { srtt: self.srtt, bin_start: self.bin_start, ..PipeAck::default() };
    }

    pub(super) fn on_ack(&mut self, now: Instant, ack: &AckSample) {
        self.srtt = ack.srtt.unwrap_or(self.srtt);
        let (end, acked) = self.round.unwrap_or((ack.nxt, 0));
        let acked = acked.saturating_add(ack.newly_acked);
        if !ack.ack.is_at_or_after(end) {
            self.round = Some((end, acked));
            return;
        }
        self.round = Some((ack.nxt, 0));
        let part = (self.srtt * 3).max(SAMPLING_PERIOD) / BINS;
        let steps = now.since(self.bin_start).as_nanos() / part.as_nanos().max(1);
        for _ in 0..steps.min(BINS) {
            self.bins.rotate_right(1);
            self.bins[0] = None;
        }
        if steps > 0 {
            self.bin_start = now;
        }
        self.bins[0] = self.bins[0].max(Some(acked));
    }

    /// Asked when data is to be sent: whether the window has been unvalidated for too long.
    pub(super) fn is_expired(&mut self, now: Instant, cwnd: u32) -> bool {
        if self.is_validated(cwnd) {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let expired = now.since(since) > NON_VALIDATED_PERIOD;
        if expired {
            self.since = Some(now);
        }
        expired
    }
}
