//! Which segments are lost: by count (RFC 6675), by time (RFC 8985), at a time-out.

use super::{SackBlock, Scoreboard, Segment};
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};

/// RACK's knowledge of the segment that was sent last among those delivered (RFC 8985 section 5.2), and how long
/// it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RackClock {
    /// RACK.xmit_ts
    pub sent_at: Instant,
    /// RACK.end_seq
    pub end: SeqNumber,
    /// RACK.rtt + RACK.reo_wnd: a segment sent before that is this old is lost.
    pub patience: Duration,
}

impl RackClock {
    /// RACK_sent_after (RFC 8985 section 6.2): whether the delivered segment was sent after `segment`.
    pub fn is_after(&self, segment: &Segment) -> bool {
        self.sent_at > segment.sent_at
            || (self.sent_at == segment.sent_at && self.end.is_after(segment.end()))
    }
}

/// What RACK found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RackFinding {
    /// Octets newly held for lost.
    pub lost: u32,
    /// How long until the last of the segments sent earlier becomes overdue, if any is not.
    pub remaining: Option<Duration>,
    /// When the last of the retransmissions newly held for lost was sent.
    pub retransmission: Option<Instant>,
}

impl Scoreboard {
    /// IsLost (RFC 6675 section 4) for everything at once: all that is not SACKed below `dup_thresh` separate SACKed
    /// ranges, or below more than (`dup_thresh` - 1) * `smss` SACKed octets, is lost. Returns the octets newly lost.
    pub fn mark_lost_by_count(&mut self, dup_thresh: u32, smss: u32) -> u32 {
        let (mut ranges, mut octets) = (0_u32, 0_u64);
        let mut edge = None;
        for range in self.sacked.as_slice().iter().rev() {
            ranges += 1;
            octets += u64::from(range.len());
            if ranges >= dup_thresh || octets > u64::from(dup_thresh.saturating_sub(1)) * u64::from(smss) {
                edge = Some(range.left);
                break;
            }
        }
        let Some(edge) = edge.filter(|edge| edge.is_after(self.lost_edge)) else { return 0 };
        let mut i = self.index_of(self.lost_edge);
        self.lost_edge = edge;
        let mut lost = 0;
        while self.segments.get(i).is_some_and(|segment| segment.seq.is_before(edge)) {
            // What was sent again already (NextSeg rule 3) stays in the pipe and is not sent a third time: HighRxt.
            lost += self.mark_original_lost(i);
            i += 1;
        }
        lost
    }

    /// The first segment in flight is lost (NewReno; the head at a time-out). Returns the octets newly lost.
    pub fn mark_first_lost(&mut self) -> u32 {
        match self.segments.front() {
            Some(segment) if segment.is_lost() => 0,
            _ => self.mark_original_lost(0),
        }
    }

    /// A time-out: everything not SACKed is lost, and what was retransmitted too (RFC 5681 section 3.1, RFC 6675
    /// section 5.1).
    pub fn mark_all_lost(&mut self) {
        for i in 0..self.segments.len() {
            self.mark_lost(i);
        }
        self.retransmissions.clear();
        self.high_rxt = self.una;
    }

    /// The path does not take segments of more than `smss` octets: those in flight are lost. Returns the octets.
    pub fn mark_larger_lost(&mut self, smss: u32) -> u32 {
        let mut lost = 0;
        for i in 0..self.segments.len() {
            if self.segments.get(i).is_some_and(|segment| segment.len > smss) {
                lost += self.mark_lost(i);
            }
        }
        lost
    }

    /// A time-out under RACK (RFC 8985 section 6.3): the first segment is lost, and each one sent at least
    /// `patience` ago.
    pub fn mark_overdue_lost(&mut self, now: Instant, patience: Duration) {
        for i in 0..self.segments.len() {
            if i == 0 || self.segments.get(i).is_some_and(|s| s.sent_at + patience <= now) {
                self.mark_lost(i);
            }
        }
    }

    /// Nothing is lost after all: the time-out was spurious (RFC 5682).
    pub fn clear_lost(&mut self) {
        for segment in self.segments.iter_mut().filter(|segment| segment.is_lost() && !segment.is_sacked()) {
            segment.clear_lost();
        }
        (self.lost_bytes, self.awaiting_bytes) = (0, 0);
        self.queue_retransmissions();
    }

    /// Forget what was SACKed (RFC 2018 section 8: the receiver may have reneged).
    pub fn expunge(&mut self) {
        for segment in self.segments.iter_mut().filter(|segment| segment.is_sacked()) {
            segment.clear_sacked();
            segment.clear_lost();
            // Whether a copy of it is in flight is no longer known: it counts once.
            if segment.is_retransmitted() {
                self.retransmitted_bytes += segment.len;
            }
        }
        (self.sacked_bytes, self.sacked_segments) = (0, 0);
        self.sacked.clear();
        self.lost_edge = self.una;
        self.judged = self.una;
        self.queue_retransmissions();
    }

    /// Makes RACK's queue anew, after marks were taken back.
    fn queue_retransmissions(&mut self) {
        let again = self.segments.iter().filter(|s| s.was_ever_retransmitted() && !s.awaits_retransmission());
        let mut queue: Vec<_> = again.map(|s| (s.sent_at, SackBlock::new(s.seq, s.end()))).collect();
        queue.sort_by_key(|&(sent_at, block)| (sent_at, block.left.0.wrapping_sub(self.una.0)));
        self.retransmissions = queue.into();
    }

    /// The receiver has reneged: it acknowledged up to an octet that it had SACKed (RFC 2018 section 8).
    pub fn has_reneged(&self) -> bool {
        self.segments.front().is_some_and(Segment::is_sacked)
    }

    /// RACK_detect_loss (RFC 8985 section 6.2): marks what was sent before `clock` and is overdue at `now`.
    pub fn rack_detect(&mut self, clock: &RackClock, now: Instant) -> RackFinding {
        let mut found = RackFinding::default();
        // The common case: what was delivered was sent before all that is in flight, nothing of it twice.
        let younger = |first: &Segment| !first.was_ever_retransmitted() && !clock.is_after(first);
        if self.retransmissions.is_empty() && self.segments.front().is_none_or(younger) {
            return found;
        }
        let mut i = self.index_of(self.judged);
        let mut judged = None;
        while let Some(&segment) = self.segments.get(i) {
            if segment.is_sacked() {
                // Over the whole range at once.
                let end = self.sacked.find(segment.seq).map_or(segment.end(), |range| range.right);
                i = if end == segment.end() { i + 1 } else { self.index_of(end) };
                continue;
            }
            if !segment.was_ever_retransmitted() && !segment.is_lost() {
                if !clock.is_after(&segment) {
                    judged.get_or_insert(segment.seq);
                    break;
                }
                match overdue(segment.sent_at, clock.patience, now) {
                    None => found.lost += self.mark_lost(i),
                    Some(remaining) => {
                        judged.get_or_insert(segment.seq);
                        found.remaining = found.remaining.max(Some(remaining));
                    }
                }
            }
            i += 1;
        }
        self.judged = judged.unwrap_or(self.nxt);
        let mut front = true;
        let mut next = 0;
        while let Some(&(sent_at, block)) = self.retransmissions.get(next) {
            let mut open = false;
            let mut i = self.index_of(block.left);
            while let Some(&segment) = self.segments.get(i).filter(|s| s.seq.is_before(block.right)) {
                // Of this transmission, in flight, not SACKed.
                let current = segment.sent_at == sent_at && segment.was_ever_retransmitted();
                if current && !segment.is_sacked() && !segment.awaits_retransmission() {
                    if !clock.is_after(&segment) {
                        return found;
                    }
                    match overdue(sent_at, clock.patience, now) {
                        None => {
                            found.lost += self.mark_lost(i);
                            found.retransmission = found.retransmission.max(Some(sent_at));
                        }
                        Some(remaining) => {
                            open = true;
                            found.remaining = found.remaining.max(Some(remaining));
                        }
                    }
                }
                i += 1;
            }
            front &= !open;
            if front {
                self.retransmissions.pop_front();
            } else {
                next += 1;
            }
        }
        found
    }

    /// Marks the first transmission of a segment lost, not a retransmission in flight; returns its length if that is new.
    fn mark_original_lost(&mut self, i: usize) -> u32 {
        let Some(segment) = self.segments.get_mut(i) else { return 0 };
        if !segment.is_retransmitted() {
            return self.mark_lost(i);
        }
        if segment.is_sacked() || segment.is_lost() {
            return 0;
        }
        segment.set_original_lost();
        self.lost_bytes += segment.len;
        segment.len
    }

    /// Marks a segment lost and its retransmission too; returns its length if that is new.
    fn mark_lost(&mut self, i: usize) -> u32 {
        let Some(segment) = self.segments.get_mut(i) else { return 0 };
        if segment.is_sacked() || segment.awaits_retransmission() {
            return 0;
        }
        if segment.is_retransmitted() {
            self.retransmitted_bytes -= segment.len;
        }
        if !segment.is_lost() {
            self.lost_bytes += segment.len;
        }
        segment.set_lost();
        self.awaiting_bytes += segment.len;
        self.awaiting_from = self.awaiting_from.min(segment.seq);
        segment.len
    }
}

/// How long until a segment sent at `sent_at` is overdue; `None` when it is.
fn overdue(sent_at: Instant, patience: Duration, now: Instant) -> Option<Duration> {
    let remaining = (sent_at + patience).since(now);
    (!remaining.is_zero()).then_some(remaining)
}
