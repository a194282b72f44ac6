//! A set of octets of the sequence space, as the ranges it consists of.

use super::SackBlock;
use crate::seq::SeqNumber;

/// Disjoint ranges that do not touch, in sequence order. All octets lie within 2^31 of each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    list: Vec<SackBlock>,
}

impl Ranges {
    /// The ranges, lowest first.
    pub fn as_slice(&self) -> &[SackBlock] {
        &self.list
    }

    /// True when the set holds nothing.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many separate ranges there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The end of the highest range.
    pub fn end(&self) -> Option<SeqNumber> {
        self.list.last().map(|range| range.right)
    }

    /// The range that holds `seq`.
    #[inline]
    pub fn find(&self, seq: SeqNumber) -> Option<SackBlock> {
        let i = self.list.partition_point(|range| range.right.is_at_or_before(seq));
        self.list.get(i).copied().filter(|range| range.left.is_at_or_before(seq))
    }

    /// Whether adding `block` would make the list longer: it neither overlaps nor touches a range.
    pub fn stands_alone(&self, block: SackBlock) -> bool {
        let i = self.list.partition_point(|range| range.right.is_before(block.left));
        self.list.get(i).is_none_or(|range| range.left.is_after(block.right))
    }

    /// Adds `block`, joining it with what it overlaps or touches; `gap` hears each part that was not there before.
    /// Returns the range that now holds the block. An empty block changes nothing and comes back as it is.
    pub fn insert(&mut self, block: SackBlock, mut gap: impl FnMut(SackBlock)) -> SackBlock {
        if block.is_empty() {
            return block;
        }
        // Almost always the block grows the highest range or stands above it.
        let first = match self.list.last() {
            Some(last) if last.left.is_at_or_before(block.left) => {
                self.list.len() - usize::from(last.right.is_at_or_after(block.left))
            }
            _ => self.list.partition_point(|range| range.right.is_before(block.left)),
        };
        let (mut joined, mut from, mut end) = (block, block.left, first);
        while let Some(range) = self.list.get(end).filter(|range| range.left.is_at_or_before(block.right)) {
            if from.is_before(range.left) {
                gap(SackBlock::new(from, range.left));
            }
            joined = SackBlock::new(joined.left.min(range.left), joined.right.max(range.right));
            from = from.max(range.right);
            end += 1;
        }
        if from.is_before(block.right) {
            gap(SackBlock::new(from, block.right));
        }
        match self.list.get_mut(first) {
            Some(range) if end > first => {
                *range = joined;
                self.list.drain(first + 1..end);
            }
            _ => self.list.insert(first, joined),
        }
        joined
    }

    /// Forgets everything before `seq`.
    pub fn remove_before(&mut self, seq: SeqNumber) {
        let gone = self.list.iter().take_while(|range| range.right.is_at_or_before(seq)).count();
        self.list.drain(..gone);
        if let Some(range) = self.list.first_mut() {
            range.left = range.left.max(seq);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// The ranges are the same octets as a plain set, and the gaps are exactly what is new.
        #[test]
        fn agrees_with_a_set_of_octets(
            base in prop_oneof![Just(0u32), Just(u32::MAX - 30), any::<u32>()],
            steps in prop::collection::vec((0u32..100, 0u32..20, any::<bool>()), 1..60),
        ) {
            let (mut ranges, mut model, mut floor) = (Ranges::default(), BTreeSet::new(), 0);
            for (left, len, cut) in steps {
                if cut {
                    floor = floor.max(left.min(floor + 5));
                    ranges.remove_before(SeqNumber(base) + floor);
                    model = model.split_off(&floor);
                }
                let left = left.max(floor);
                let block = SackBlock::new(SeqNumber(base) + left, SeqNumber(base) + (left + len));
                let alone = ranges.stands_alone(block);
                let count = ranges.len();
                let mut new = BTreeSet::new();
                let joined = ranges.insert(block, |gap| {
                    new.extend((0..gap.len()).map(|i| (gap.left + i).0.wrapping_sub(base)));
                });
                let expected: BTreeSet<u32> = (left..left + len).filter(|x| !model.contains(x)).collect();
                prop_assert_eq!(&new, &expected);
                model.extend(left..left + len);
                prop_assert!(joined.contains(&block));
                prop_assert!(len == 0 || alone == (ranges.len() == count + 1));
                let held: BTreeSet<u32> = ranges.as_slice().iter()
                    .flat_map(|r| (0..r.len()).map(move |i| (r.left + i).0.wrapping_sub(base))).collect();
                prop_assert_eq!(&held, &model);
                for pair in ranges.as_slice().windows(2) {
                    prop_assert!(pair[0].right.is_before(pair[1].left));
                }
                for x in 0..130 {
                    let found = ranges.find(SeqNumber(base) + x);
                    prop_assert_eq!(found.is_some(), model.contains(&x));
                }
            }
        }
    }
}
