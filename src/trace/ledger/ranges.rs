//! Which bytes of a stream are there.

/// Byte ranges that are there, merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds a range; true if some of it was there already.
    pub fn insert(&mut self, start: u64, end: u64) -> bool {
        if end <= start {
            return false;
        }
        // Nearly always the new range goes on where the last one stopped.
        if let Some(last) = self.0.last_mut()
            && start >= last.0
        {
            let overlaps = start < last.1;
            if start <= last.1 {
                last.1 = last.1.max(end);
            } else {
                self.0.push((start, end));
            }
            return overlaps;
        }
        let from = self.0.partition_point(|r| r.1 < start);
        let to = self.0.partition_point(|r| r.0 <= end);
        let touched = self.0.get(from..to).unwrap_or(&[]);
        let overlaps = touched.iter().any(|r| r.0 < end && start < r.1);
        let merged = touched.iter().fold((start, end), |m, r| (m.0.min(r.0), m.1.max(r.1)));
        self.0.splice(from..to, [merged]);
        overlaps
    }

    /// True if some of a range is there.
    pub fn meets(&self, start: u64, end: u64) -> bool {
        // Nearly always it lies behind all that is there.
        if end <= start || self.0.last().is_none_or(|last| last.1 <= start) {
            return false;
        }
        let next = self.0.partition_point(|range| range.1 <= start);
        self.0.get(next).is_some_and(|range| range.0 < end)
    }

    /// How far everything from 0 on is there.
    pub fn in_order(&self) -> u64 {
        self.0.first().filter(|r| r.0 == 0).map_or(0, |r| r.1)
    }

    /// The ranges, in order, with gaps between.
    pub fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_are_those_of_the_bytes(parts in prop::collection::vec((0u64..60, 0u64..15), 0..20)) {
            let (mut ranges, mut model) = (Ranges::default(), [false; 80]);
            for (start, len) in parts {
                let bytes = &mut model[start as usize..(start + len) as usize];
                let before = bytes.iter().any(|b| *b);
                bytes.fill(true);
                prop_assert_eq!(ranges.meets(start, start + len), before);
                prop_assert_eq!(ranges.insert(start, start + len), before);
                let of_model = (0..80).filter(|i| model[*i]).collect::<Vec<_>>();
                let of_ranges: Vec<usize> =
                    ranges.as_slice().iter().flat_map(|r| r.0 as usize..r.1 as usize).collect();
                prop_assert_eq!(of_ranges, of_model);
                prop_assert!(ranges.as_slice().windows(2).all(|w| w[0].1 < w[1].0));
                prop_assert_eq!(ranges.in_order(), model.iter().take_while(|b| **b).count() as u64);
            }
        }
    }
}
