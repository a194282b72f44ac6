//! Selective acknowledgment: RFC 2018, RFC 2883 (D-SACK) and the scoreboard of RFC 6675.
//!
//! - [`SackReceiver`] remembers what has arrived out of order and fills the SACK option of outgoing ACKs.
//! - [`Scoreboard`] remembers every segment that was sent and is not acknowledged, what became of it, and answers
//!   the questions of RFC 6675 (IsLost, SetPipe, NextSeg), RFC 8985 (RACK) and RFC 6582 (NewReno).

mod loss;
#[cfg(test)]
mod model;
mod next;
mod ranges;
mod receiver;
mod scoreboard;
mod segments;

pub use loss::{RackClock, RackFinding};
pub use ranges::Ranges;
pub use receiver::SackReceiver;
pub use scoreboard::{Acked, Sacked, Scoreboard};
pub use segments::Segment;

use crate::seq::SeqNumber;

/// One block of a SACK option: `left =< octets < right` (RFC 2018 section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SackBlock {
    /// The first sequence number of the block.
    pub left: SeqNumber,
    /// The sequence number after the last one of the block.
    pub right: SeqNumber,
}

impl SackBlock {
    /// The block `left =< octets < right`.
    pub const fn new(left: SeqNumber, right: SeqNumber) -> Self {
        SackBlock { left, right }
    }

    /// How many octets it covers; 0 when the edges are the wrong way round.
    pub const fn len(&self) -> u32 {
        if self.left.is_before(self.right) { self.right.0.wrapping_sub(self.left.0) } else { 0 }
    }

    /// True when it covers nothing.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it covers all of `other`.
    pub const fn contains(&self, other: &SackBlock) -> bool {
        self.left.is_at_or_before(other.left) && other.right.is_at_or_before(self.right)
    }
}
