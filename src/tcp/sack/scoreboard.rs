//! The sender's scoreboard: every segment in flight and what became of it.
//!
//! One list of segments in sequence order, from SND.UNA to SND.NXT without a gap, serves them all: SACK recovery
//! (RFC 6675), RACK (RFC 8985: transmission time and retransmission of each segment) and NewReno. Sums are kept as
//! flags change, so `pipe` costs nothing; marks move forward only, so that an ACK costs constant time on average,
//! however much is in flight:
//!
//! - segments are found by binary search, only where SACK blocks bring something new;
//! - whatever lies below [`Scoreboard::mark_lost_by_count`]'s edge was marked before and is not looked at again;
//! - RACK looks at first transmissions in sequence order, which is the order of their times, and at
//!   retransmissions in a queue of their own; each stops at the first that is too young.

use std::collections::VecDeque;

use super::{Ranges, SackBlock, Segment};
use crate::seq::SeqNumber;
use crate::time::Instant;

/// What a cumulative acknowledgment did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acked {
    /// How far SND.UNA advanced.
    pub bytes: u32,
    /// Of these, what had not been SACKed before: newly delivered.
    pub delivered: u32,
    /// A segment among them was sent more than once: no RTT sample (RFC 6298 section 3).
    pub ambiguous: bool,
    /// When the first segment was sent that this newly delivers.
    pub oldest_sent: Option<Instant>,
    /// When the last segment was sent that this newly delivers.
    pub newest_sent: Option<Instant>,
}

/// What the blocks of a SACK option did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sacked {
    /// Octets that were not SACKed before.
    pub bytes: u32,
    /// The first block reported a segment received twice (RFC 2883).
    pub duplicate: Option<SackBlock>,
    /// When the first segment that was newly SACKed and sent only once was sent.
    pub oldest_sent: Option<Instant>,
    /// When the last such segment was sent.
    pub newest_sent: Option<Instant>,
}

/// What the sender knows of each segment in flight: when it was sent, whether SACK covers it, whether it counts as lost (RFC 6675 section 4).
#[derive(Clone, Debug)]
pub struct Scoreboard {
    pub(super) segments: VecDeque<Segment>,
    pub(super) una: SeqNumber,
    pub(super) nxt: SeqNumber,
    pub(super) sacked: Ranges,
    pub(super) sacked_bytes: u32,
    pub(super) sacked_segments: u32,
    pub(super) lost_bytes: u32,
    pub(super) retransmitted_bytes: u32,
    pub(super) awaiting_bytes: u32,
    /// No segment below this awaits retransmission.
    pub(super) awaiting_from: SeqNumber,
    /// RFC 6675 has held everything below this for lost that is not SACKed.
    pub(super) lost_edge: SeqNumber,
    /// HighRxt: after the highest octet retransmitted since the last [`Scoreboard::start_recovery`].
    pub(super) high_rxt: SeqNumber,
    /// RACK has judged all first transmissions below this.
    pub(super) judged: SeqNumber,
    /// Retransmissions in the order of their times.
    pub(super) retransmissions: VecDeque<(Instant, SackBlock)>,
    pub(super) max_ranges: usize,
}

impl Scoreboard {
    /// An empty scoreboard; the first octet sent will be `iss` (the SYN). SACK blocks that would make more than
    /// `max_ranges` separate ranges are ignored, which only makes the sender more careful.
    pub fn new(iss: SeqNumber, max_ranges: usize) -> Self {
        Scoreboard {
            segments: VecDeque::new(),
            una: iss,
            nxt: iss,
            sacked: Ranges::default(),
            sacked_bytes: 0,
            sacked_segments: 0,
            lost_bytes: 0,
            retransmitted_bytes: 0,
            awaiting_bytes: 0,
            awaiting_from: iss,
            lost_edge: iss,
            high_rxt: iss,
            judged: iss,
            retransmissions: VecDeque::new(),
            max_ranges,
        }
    }

    /// SND.UNA.
    pub fn una(&self) -> SeqNumber {
        self.una
    }

    /// SND.NXT: after the last octet sent.
    pub fn nxt(&self) -> SeqNumber {
        self.nxt
    }

    /// The segments in flight, in sequence order.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> + ExactSizeIterator {
        self.segments.iter()
    }

    /// True when all is acknowledged.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// FlightSize (RFC 5681 section 2): sent and not cumulatively acknowledged.
    pub fn flight(&self) -> u32 {
        self.nxt.0.wrapping_sub(self.una.0)
    }

    /// pipe (RFC 6675 section 4, SetPipe): what is held to be in the network.
    pub fn pipe(&self) -> u32 {
        self.flight() - self.sacked_bytes - self.lost_bytes + self.retransmitted_bytes
    }

    /// What the receiver holds out of order, as far as it told.
    pub fn sacked(&self) -> &Ranges {
        &self.sacked
    }

    /// Octets SACKed.
    pub fn sacked_bytes(&self) -> u32 {
        self.sacked_bytes
    }

    /// Segments SACKed (RACK.segs_sacked, RFC 8985 section 5.3).
    pub fn sacked_segments(&self) -> u32 {
        self.sacked_segments
    }

    /// Octets held for lost, retransmitted or not.
    pub fn lost_bytes(&self) -> u32 {
        self.lost_bytes
    }

    /// Octets lost and not yet retransmitted.
    pub fn awaiting_bytes(&self) -> u32 {
        self.awaiting_bytes
    }

    /// The earliest segment in flight.
    pub fn first(&self) -> Option<&Segment> {
        self.segments.front()
    }

    /// The latest segment in flight.
    pub fn last(&self) -> Option<&Segment> {
        self.segments.back()
    }

    /// New data were sent: `len` octets from SND.NXT on.
    #[inline]
    pub fn on_sent(&mut self, len: u32, now: Instant) {
        if len > 0 {
            self.segments.push_back(Segment::new(self.nxt, len, now));
            self.nxt += len;
        }
    }

    /// `block`, all of it in flight already, was sent again; `rescue`: by NextSeg rule 4, which leaves HighRxt alone.
    pub fn on_retransmitted(&mut self, block: SackBlock, rescue: bool, now: Instant) {
        let mut i = self.index_of(block.left);
        i = self.split_at(i, block.left);
        while self.segments.get(i).is_some_and(|segment| segment.seq.is_before(block.right)) {
            self.split_at(i, block.right);
            if let Some(segment) = self.segments.get_mut(i) {
                if !segment.is_sacked() {
                    if segment.awaits_retransmission() {
                        self.awaiting_bytes -= segment.len;
                    }
                    if !segment.is_retransmitted() {
                        self.retransmitted_bytes += segment.len;
                    }
                }
                segment.set_retransmitted(now);
            }
            i += 1;
        }
        self.retransmissions.push_back((now, block));
        if !rescue {
            self.high_rxt = self.high_rxt.max(block.right);
        }
    }

    /// SEG.ACK acknowledges all before `ack`, which lies in SND.UNA..=SND.NXT (else it is taken for the nearer
    /// end). `delivered` hears every segment that had not been SACKed.
    pub fn ack(&mut self, ack: SeqNumber, mut delivered: impl FnMut(&Segment)) -> Acked {
        let ack = ack.max(self.una).min(self.nxt);
        let mut acked = Acked { bytes: ack.0.wrapping_sub(self.una.0), ..Acked::default() };
        while let Some(segment) = self.segments.front_mut() {
            if !segment.seq.is_before(ack) {
                break;
            }
            let whole = segment.end().is_at_or_before(ack);
            // Part of a segment: that part goes, the rest stays as it was.
            let gone = if whole { segment.len } else { ack.0.wrapping_sub(segment.seq.0) };
            acked.ambiguous |= segment.was_ever_retransmitted();
            if segment.is_sacked() {
                self.sacked_bytes -= gone;
                self.sacked_segments -= u32::from(whole);
            } else {
                acked.delivered += gone;
                acked.oldest_sent.get_or_insert(segment.sent_at);
                acked.newest_sent = Some(segment.sent_at);
                if segment.is_lost() {
                    self.lost_bytes -= gone;
                }
                if segment.is_retransmitted() {
                    self.retransmitted_bytes -= gone;
                }
                if segment.awaits_retransmission() {
                    self.awaiting_bytes -= gone;
                }
                delivered(segment);
            }
            if whole {
                self.segments.pop_front();
            } else {
                segment.trim_before(ack);
            }
        }
        self.una = ack;
        if !self.sacked.is_empty() {
            self.sacked.remove_before(ack);
        }
        for mark in [&mut self.awaiting_from, &mut self.lost_edge, &mut self.high_rxt, &mut self.judged] {
            *mark = mark.max(ack);
        }
        while self.retransmissions.front().is_some_and(|(_, block)| block.right.is_at_or_before(ack)) {
            self.retransmissions.pop_front();
        }
        acked
    }

    /// The blocks of the SACK option of an ACK whose SEG.ACK has been given to [`Scoreboard::ack`] already;
    /// `delivered` hears every segment newly SACKed. Blocks, each left and right edge, that make no sense are ignored.
    pub fn sack(
        &mut self,
        ack: SeqNumber,
        blocks: &[(SeqNumber, SeqNumber)],
        mut delivered: impl FnMut(&Segment),
    ) -> Sacked {
        let mut result = Sacked::default();
        for (i, &(left, right)) in blocks.iter().enumerate() {
            let block = SackBlock::new(left, right);
            if block.is_empty() || block.right.is_after(self.nxt) {
                continue;
            }
            if i == 0 {
                // RFC 2883 section 4: below the cumulative ACK, or within the second block: a D-SACK.
                let within =
                    blocks.get(1).is_some_and(|&(left, right)| SackBlock::new(left, right).contains(&block));
                if block.right.is_at_or_before(ack) || within {
                    result.duplicate = Some(block);
                    continue;
                }
            }
            let block = SackBlock::new(block.left.max(self.una), block.right);
            let full = self.sacked.len() >= self.max_ranges;
            if block.is_empty() || full && self.sacked.stands_alone(block) {
                continue;
            }
            let mut sacked = std::mem::take(&mut self.sacked);
            sacked.insert(block, |gap| self.mark_sacked(gap, &mut result, &mut delivered));
            self.sacked = sacked;
        }
        result
    }

    fn mark_sacked(&mut self, gap: SackBlock, result: &mut Sacked, delivered: &mut impl FnMut(&Segment)) {
        let mut i = self.index_of(gap.left);
        i = self.split_at(i, gap.left);
        while self.segments.get(i).is_some_and(|segment| segment.seq.is_before(gap.right)) {
            self.split_at(i, gap.right);
            let Some(segment) = self.segments.get_mut(i) else { break };
            if !segment.is_sacked() {
                if segment.is_lost() {
                    self.lost_bytes -= segment.len;
                }
                if segment.is_retransmitted() {
                    self.retransmitted_bytes -= segment.len;
                }
                if segment.awaits_retransmission() {
                    self.awaiting_bytes -= segment.len;
                }
                segment.set_sacked();
                self.sacked_bytes += segment.len;
                self.sacked_segments += 1;
                result.bytes += segment.len;
                if !segment.was_ever_retransmitted() {
                    result.oldest_sent =
                        Some(result.oldest_sent.map_or(segment.sent_at, |t| t.min(segment.sent_at)));
                    result.newest_sent =
                        Some(result.newest_sent.map_or(segment.sent_at, |t| t.max(segment.sent_at)));
                }
                delivered(segment);
            }
            i += 1;
        }
    }

    /// The index of the segment that holds `seq`, or one past the last.
    pub(super) fn index_of(&self, seq: SeqNumber) -> usize {
        if seq == self.una {
            return 0;
        }
        // Segments are nearly always of one size: guess, then look around.
        if let Some(first) = self.segments.front().filter(|first| first.len > 0) {
            let guess = (seq.0.wrapping_sub(self.una.0) / first.len) as usize;
            if let Some(segment) = self.segments.get(guess)
                && seq.is_in(segment.seq, segment.len)
            {
                return guess;
            }
        }
        self.segments.partition_point(|segment| segment.end().is_at_or_before(seq))
    }

    /// Makes segment `i` end or begin at `at` if `at` lies inside it; returns the index of what begins at `at`.
    fn split_at(&mut self, i: usize, at: SeqNumber) -> usize {
        match self.segments.get_mut(i) {
            Some(segment) if at.is_after(segment.seq) && at.is_before(segment.end()) => {
                let upper = segment.split_off(at);
                self.sacked_segments += u32::from(upper.is_sacked());
                self.segments.insert(i + 1, upper);
                i + 1
            }
            _ => i,
        }
    }
}
