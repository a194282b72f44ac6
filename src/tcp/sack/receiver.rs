//! The receiving side: which blocks an ACK reports (RFC 2018 section 4, RFC 2883 section 4).

use super::{Ranges, SackBlock};
use crate::packet::SackBlocks;
use crate::seq::SeqNumber;

/// How many recently reported blocks are remembered: more than an option can repeat.
const RECENT: usize = 8;

/// What a receiver holds out of order and what its next SACK option says.
///
/// The connection calls [`SackReceiver::on_segment`] for every arriving segment with data, after its own
/// RCV.NXT has advanced, and puts [`SackReceiver::blocks`] in each ACK it sends.
#[derive(Clone, Debug, Default)]
pub struct SackReceiver {
    held: Ranges,
    /// An octet of each of the blocks that were first in an option, newest first.
    recent: [SeqNumber; RECENT],
    known: usize,
    duplicate: Option<SackBlock>,
}

impl SackReceiver {
    /// Nothing held.
    pub fn new() -> Self {
        SackReceiver::default()
    }

    /// A segment with the octets `arrived` has come that lie inside the window; `old_rcv_nxt` was RCV.NXT before it
    /// and `rcv_nxt` is RCV.NXT after it (the same unless the segment filled the first hole).
    ///
    /// Returns true when the segment brought octets that had come before: a D-SACK is due (RFC 2883).
    pub fn on_segment(&mut self, arrived: SackBlock, old_rcv_nxt: SeqNumber, rcv_nxt: SeqNumber) -> bool {
        if arrived.is_empty() {
            return false;
        }
        // RFC 2883 section 4: the D-SACK block reports the (first) contiguous duplicate part of the last segment.
        let mut duplicate = None;
        if arrived.left.is_before(old_rcv_nxt) {
            duplicate = Some(SackBlock::new(arrived.left, arrived.right.min(old_rcv_nxt)));
        }
        let above = SackBlock::new(arrived.left.max(old_rcv_nxt), arrived.right);
        if duplicate.is_none() {
            duplicate = self.overlap(above);
        }
        if above.left.is_after(rcv_nxt) {
            let joined = self.held.insert(above, |_| {});
            // RFC 2018 section 4: the first block holds the segment that caused this ACK.
            self.promote(joined);
        }
        self.held.remove_before(rcv_nxt);
        self.duplicate = duplicate;
        duplicate.is_some()
    }

    /// The receiver threw away what it held out of order (RFC 2018 section 8 permits it): report no more of it.
    pub fn clear(&mut self) {
        *self = SackReceiver::default();
    }

    /// Whether an ACK sent now carries a SACK option.
    pub fn is_due(&self) -> bool {
        self.duplicate.is_some() || !self.held.is_empty()
    }

    /// What is held out of order.
    pub fn held(&self) -> &Ranges {
        &self.held
    }

    /// The blocks of the next ACK's SACK option, at most `max` (3 beside timestamps). A D-SACK is reported once
    /// (RFC 2883 section 4) and comes first, and only where `dsack` is on.
    pub fn blocks(&mut self, max: usize, dsack: bool) -> SackBlocks {
        let mut blocks = SackBlocks::default();
        if let Some(duplicate) = self.duplicate.take().filter(|_| dsack && max > 0) {
            blocks.push(duplicate.left, duplicate.right);
            // RFC 2883 section 4: the second block is the one that holds the duplicate, if it lies above the ACK.
            if let Some(holder) = self.held.find(duplicate.left).filter(|_| max > 1) {
                blocks.push(holder.left, holder.right);
            }
        }
        let dup = usize::from(!blocks.is_empty());
        // RFC 2018 section 4: then the most recently reported blocks, none a part of another.
        let recent = self.recent.iter().take(self.known).filter_map(|&octet| self.held.find(octet));
        // Blocks whose report was forgotten (many holes): the highest first, they are the youngest.
        let rest = self.held.as_slice().iter().rev().take(RECENT).copied();
        for block in recent.chain(rest) {
            if blocks.len() >= max.min(SackBlocks::MAX) {
                break;
            }
            if blocks
                .as_slice()
                .iter()
                .skip(dup)
                .all(|&(left, right)| (left, right) != (block.left, block.right))
            {
                blocks.push(block.left, block.right);
            }
        }
        blocks
    }

    /// The first part of `block` that is held already.
    fn overlap(&self, block: SackBlock) -> Option<SackBlock> {
        let first = self.held.as_slice().partition_point(|range| range.right.is_at_or_before(block.left));
        let range = self.held.as_slice().get(first)?;
        let part = SackBlock::new(range.left.max(block.left), range.right.min(block.right));
        (!part.is_empty()).then_some(part)
    }

    fn promote(&mut self, joined: SackBlock) {
        let mut list = [joined.left; RECENT];
        let mut known = 1;
        for &octet in self.recent.iter().take(self.known) {
            let same = octet.is_in(joined.left, joined.len());
            // A block that was filled up to RCV.NXT is no longer there.
            if !same
                && self.held.find(octet).is_some()
                && let Some(slot) = list.get_mut(known)
            {
                *slot = octet;
                known += 1;
            }
        }
        (self.recent, self.known) = (list, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(left: u32, right: u32) -> SackBlock {
        SackBlock::new(SeqNumber(left), SeqNumber(right))
    }

    proptest! {
        /// Whatever arrives: every block reported is held, the newest is first, none repeats, and enough ACKs tell
        /// all there is when few holes exist.
        #[test]
        fn reports_only_what_is_held(order in prop::collection::vec(0u32..40, 1..120)) {
            let (mut receiver, mut held, mut next) = (SackReceiver::new(), [false; 41], 0u32);
            for segment in order {
                let old = next;
                let duplicate = segment < next || held[segment as usize];
                held[segment as usize] = true;
                while held[next as usize] {
                    next += 1;
                }
                let told = receiver.on_segment(
                    block(segment * 10, segment * 10 + 10), SeqNumber(old * 10), SeqNumber(next * 10));
                prop_assert_eq!(told, duplicate);
                let blocks = receiver.blocks(4, true);
                let blocks: Vec<SackBlock> =
                    blocks.as_slice().iter().map(|&(left, right)| SackBlock::new(left, right)).collect();
                let mut plain = blocks.as_slice();
                if duplicate {
                    prop_assert_eq!(plain[0], block(segment * 10, segment * 10 + 10));
                    plain = &plain[1..];
                }
                if segment >= next {
                    prop_assert!(plain[0].contains(&block(segment * 10, segment * 10 + 10)));
                }
                for (i, b) in plain.iter().enumerate() {
                    prop_assert!(b.left.0 > next * 10);
                    prop_assert!((b.left.0 / 10..b.right.0 / 10).all(|s| held[s as usize]));
                    prop_assert!(!held[b.right.0 as usize / 10] && !held[b.left.0 as usize / 10 - 1]);
                    prop_assert!(plain.iter().skip(i + 1).all(|other| other != b));
                }
                let runs = (next as usize..40).filter(|&i| held[i + 1] && !held[i]).count();
                prop_assert_eq!(plain.len(), runs.min(4 - usize::from(duplicate)));
            }
        }
    }
}
