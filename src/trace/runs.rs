//! Numbers of rows that mostly count up by one: which of the trace's changes are one socket's.

/// Rising numbers of rows, kept as runs of neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs {
    runs: Vec<Run>,
    len: u32,
}

/// Rows from `first` on, up to where the next run begins in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u32,
    /// How many rows stand before it in the list.
    before: u32,
}

impl Runs {
    /// No rows.
    pub(super) const EMPTY: Runs = Runs { runs: Vec::new(), len: 0 };

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// Octets of memory that it holds.
    pub(super) fn memory(&self) -> usize {
        self.runs.capacity() * size_of::<Run>()
    }

    /// Takes in `count` rows from `first` on, all of them behind those that are in.
    #[inline]
    pub(super) fn extend(&mut self, first: u32, count: u32) {
        let goes_on = self.runs.last().is_some_and(|run| run.first + (self.len - run.before) == first);
        if !goes_on {
            self.runs.push(Run { first, before: self.len });
        }
        self.len += count;
    }

    /// How many rows stand before the first one that is not `wanted`; all that are wanted must stand before it.
    pub(super) fn partition_point(&self, wanted: impl Fn(u32) -> bool) -> usize {
        let next = self.runs.partition_point(|run| wanted(run.first));
        let Some(run) = next.checked_sub(1).and_then(|last| self.runs.get(last)) else { return 0 };
        // Within the run: its first row is wanted.
        let end = self.runs.get(next).map_or(self.len, |next| next.before);
        let (mut from, mut to) = (run.before + 1, end);
        while from < to {
            let middle = from + (to - from) / 2;
            match wanted(run.first + (middle - run.before)) {
                true => from = middle + 1,
                false => to = middle,
            }
        }
        from as usize
    }

    /// The rows from the `from`th to before the `to`th.
    pub(super) fn range(&self, from: usize, to: usize) -> Rows<'_> {
        let (from, to) = (from.min(self.len()) as u32, to.min(self.len()) as u32);
        let first = self.runs.partition_point(|run| run.before <= from).saturating_sub(1);
        let end = self.runs.partition_point(|run| run.before < to);
        Rows { runs: self.runs.get(first..end).unwrap_or_default(), from, to }
    }
}

/// Some rows of a list, in order.
#[derive(Clone, Debug)]
pub(super) struct Rows<'a> {
    /// The runs that they stand in.
    runs: &'a [Run],
    from: u32,
    to: u32,
}

impl Iterator for Rows<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.from >= self.to {
            return None;
        }
        if let [_, rest @ ..] = self.runs
            && rest.first().is_some_and(|run| run.before <= self.from)
        {
            self.runs = rest;
        }
        let run = self.runs.first()?;
        self.from += 1;
        Some(run.first + (self.from - 1 - run.before))
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<u32> {
        if self.from >= self.to {
            return None;
        }
        self.to -= 1;
        if let [rest @ .., run] = self.runs
            && run.before > self.to
        {
            self.runs = rest;
        }
        let run = self.runs.last()?;
        Some(run.first + (self.to - run.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_as_a_list(parts in prop::collection::vec((0_u32..3, 1_u32..6), 0..20), from in 0_usize..60, to in 0_usize..60) {
            let (mut runs, mut list, mut next) = (Runs::default(), Vec::new(), 0);
            for (gap, count) in parts {
                next += gap;
                runs.extend(next, count);
                list.extend(next..next + count);
                next += count;
            }
            prop_assert_eq!(runs.len(), list.len());
            for limit in 0..=next + 1 {
                prop_assert_eq!(runs.partition_point(|row| row < limit), list.partition_point(|&row| row < limit));
            }
            let wanted = list.get(from.min(to)..to.min(list.len()).max(from.min(to))).unwrap_or(&[]);
            prop_assert_eq!(runs.range(from.min(to), to).collect::<Vec<_>>(), wanted);
            let mut back: Vec<u32> = runs.range(from.min(to), to).rev().collect();
            back.reverse();
            prop_assert_eq!(back, wanted);
        }
    }
}
