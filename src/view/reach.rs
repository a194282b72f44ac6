//! Which of many stretches, in the order of their beginnings, reach over a position: found without a look at each.

/// So many ends stand under one greatest.
const FAN: usize = 16;

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
        let mut found = Vec::new();
        let mut at = 0;
        while at < before {
            let (mut level, mut size) = (0, 1);
            while level + 1 < self.levels.len() && at.is_multiple_of(size * FAN) {
                level += 1;
                size *= FAN;
            }
            // Down from the largest block that begins here to one in which nothing reaches as far, or to a single one.
            loop {
                let end = self.levels.get(level).and_then(|ends| ends.get(at / size)).copied();
                let reaches = end.is_some_and(|end| end > position);
                if reaches && level > 0 {
                    level -= 1;
                    size /= FAN;
                    continue;
                }
                if reaches {
                    found.push(at);
                }
                break;
            }
            at += size;
        }
        found
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
