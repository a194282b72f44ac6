//! One entry for each segment in flight.

use crate::seq::SeqNumber;
use crate::time::Instant;

const SACKED: u8 = 1;
const LOST: u8 = 2;
const RETRANSMITTED: u8 = 4;
const EVER_RETRANSMITTED: u8 = 8;

/// A segment that was sent and is not cumulatively acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its first sequence number.
    pub seq: SeqNumber,
    /// How much sequence space it takes, SYN and FIN included.
    pub len: u32,
    /// When it was last sent.
    pub sent_at: Instant,
    flags: u8,
}

impl Segment {
    pub(super) fn new(seq: SeqNumber, len: u32, sent_at: Instant) -> Self {
        Segment { seq, len, sent_at, flags: 0 }
    }

    /// The sequence number after its last.
    pub fn end(&self) -> SeqNumber {
        self.seq + self.len
    }

    /// The receiver holds it, out of order (RFC 2018).
    pub fn is_sacked(&self) -> bool {
        self.flags & SACKED != 0
    }

    /// It is held for lost: whatever was last sent of it counts no more in the pipe, or only its retransmission.
    pub fn is_lost(&self) -> bool {
        self.flags & LOST != 0
    }

    /// A retransmission of it is in flight.
    pub fn is_retransmitted(&self) -> bool {
        self.flags & RETRANSMITTED != 0
    }

    /// It was sent more than once, so that an ACK of it measures nothing (Karn).
    pub fn was_ever_retransmitted(&self) -> bool {
        self.flags & EVER_RETRANSMITTED != 0
    }

    /// Lost and not sent again since.
    pub fn awaits_retransmission(&self) -> bool {
        self.flags & (LOST | RETRANSMITTED | SACKED) == LOST
    }

    /// What it adds to pipe (RFC 6675 section 4, SetPipe): 0, its length or twice its length.
    pub fn in_pipe(&self) -> u32 {
        if self.is_sacked() {
            return 0;
        }
        let original = if self.is_lost() { 0 } else { self.len };
        original + if self.is_retransmitted() { self.len } else { 0 }
    }

    pub(super) fn set_sacked(&mut self) {
        self.flags |= SACKED;
    }

    pub(super) fn clear_sacked(&mut self) {
        self.flags &= !SACKED;
    }

    pub(super) fn set_lost(&mut self) {
        self.flags = (self.flags | LOST) & !RETRANSMITTED;
    }

    pub(super) fn set_original_lost(&mut self) {
        self.flags |= LOST;
    }

    pub(super) fn clear_lost(&mut self) {
        self.flags &= !LOST;
    }

    pub(super) fn set_retransmitted(&mut self, now: Instant) {
        self.flags |= RETRANSMITTED | EVER_RETRANSMITTED;
        self.sent_at = now;
    }

    /// Cuts it in two at `at`, which lies inside; returns the upper part.
    pub(super) fn split_off(&mut self, at: SeqNumber) -> Segment {
        let keep = at.0.wrapping_sub(self.seq.0);
        let upper = Segment { seq: at, len: self.len - keep, ..*self };
        self.len = keep;
        upper
    }

    /// Cuts away what lies before `at`, which lies inside; returns how much that was.
    pub(super) fn trim_before(&mut self, at: SeqNumber) -> u32 {
        let cut = at.0.wrapping_sub(self.seq.0);
        self.seq = at;
        self.len -= cut;
        cut
    }
}
