//! Which of many stretches, in the order of their beginnings, reach over a position: found without a look at each.

use crate::trace::blocks::{FAN, search};

/// Of the ends of stretches the greatest of 16, of 256, …; the ends themselves are kept by who asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    levels: Vec<Vec<f64>>,
}

fn greatest(ends: impl Iterator<Item = f64>) -> f64 {
    ends.fold(f64::MIN, |a, b| if b > a { b } else { a })
}

impl Reach {
    /// Of so many stretches, of which the `i`th to begin ends at `end(i)`.
    pub fn new(len: usize, end: impl Fn(usize) -> f64) -> Reach {
        let blocks = (0..len).step_by(FAN).map(|from| greatest((from..len.min(from + FAN)).map(&end)));
        let mut levels = vec![blocks.collect::<Vec<f64>>()];
        while let Some(below) = levels.last().filter(|level| level.len() > FAN) {
            let above = below.chunks(FAN).map(|ends| greatest(ends.iter().copied())).collect();
            levels.push(above);
        }
        Reach { levels }
    }

    /// The indices before `before` of those that end behind `position`, in order.
    pub fn beyond(&self, before: usize, position: f64, end: impl Fn(usize) -> Option<f64>) -> Vec<usize> {
        let end = |level: usize, block: usize| match level {
            0 => end(block),
            _ => self.levels.get(level - 1)?.get(block).copied(),
        };
        let beyond = |level, block| end(level, block).is_some_and(|end| end > position);
        search(self.levels.len() + 1, before, beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_look_at_each_finds(
            ends in prop::collection::vec(0.0..100.0_f64, 0..900), before in 0_usize..1000, position in 0.0..110.0_f64,
        ) {
            let model: Vec<usize> =
                (0..ends.len().min(before)).filter(|&i| ends[i] > position).collect();
            prop_assert_eq!(Reach::new(ends.len(), |i| ends[i]).beyond(before, position, |i| ends.get(i).copied()), model);
        }
    }
}
