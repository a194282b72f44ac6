//! Which of many stretches, in the order of their beginnings, reach over a position: found without a look at each.

use crate::trace::blocks::{FAN, search};

/// The ends of stretches, and the greatest of 16 of them, of 256, …
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    levels: Vec<Vec<f64>>,
}

impl Reach {
    /// Of stretches that end here, in the order in which they begin.
    pub fn new(ends: impl Iterator<Item = f64>) -> Reach {
        let mut levels = vec![ends.collect::<Vec<f64>>()];
        while let Some(below) = levels.last().filter(|level| level.len() > FAN) {
            let greatest = |ends: &[f64]| ends.iter().copied().fold(f64::MIN, f64::max);
            let above = below.chunks(FAN).map(greatest).collect();
            levels.push(above);
        }
        Reach { levels }
    }

    /// The indices before `before` of those that end behind `position`, in order.
    pub fn beyond(&self, before: usize, position: f64) -> Vec<usize> {
        let end = |level: usize, block: usize| self.levels.get(level)?.get(block).copied();
        search(self.levels.len(), before, |level, block| end(level, block).is_some_and(|end| end > position))
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
            prop_assert_eq!(Reach::new(ends.iter().copied()).beyond(before, position), model);
        }
    }
}
