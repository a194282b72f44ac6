//! A set of numbers as bits, and how many of them stand before each: an eighth of an octet a number.

/// Numbers in a word.
const WORD: usize = u64::BITS as usize;

/// A set of numbers. Ranks are known once they are counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranked {
    words: Vec<u64>,
    /// How many stand before each word.
    before: Vec<u32>,
    len: usize,
}

impl Ranked {
    /// All numbers below `end`.
    pub fn all(end: usize) -> Ranked {
        let mut words = Vec::new();
        words.resize(end / WORD, u64::MAX);
        words.push((1 << (end % WORD)) - 1);
        Ranked { words, ..Ranked::default() }
    }

    /// Adds a number.
    pub fn insert(&mut self, number: usize) {
        let at = number / WORD;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        if let Some(word) = self.words.get_mut(at) {
            *word |= 1 << (number % WORD);
        }
    }

    /// Takes a number out.
    pub fn remove(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / WORD) {
            *word &= !(1 << (number % WORD));
        }
    }

    /// Counts what was added.
    pub fn count(&mut self) {
        let mut len = 0;
        let count = |word: &u64| {
            let before = len;
            len += word.count_ones();
            before
        };
        self.before = self.words.iter().map(count).collect();
        self.len = len as usize;
    }

    /// How many numbers are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many of them are below `number`.
    pub fn rank(&self, number: usize) -> usize {
        match (self.before.get(number / WORD), self.words.get(number / WORD)) {
            (Some(&before), Some(word)) => {
                before as usize + (word & ((1 << (number % WORD)) - 1)).count_ones() as usize
            }
            _ => self.len,
        }
    }

    /// The `n`th number, counted from 0.
    pub fn nth(&self, n: usize) -> Option<usize> {
        let at = self.before.partition_point(|&before| before as usize <= n).checked_sub(1)?;
        let mut word = *self.words.get(at)?;
        for _ in *self.before.get(at)? as usize..n {
            word &= word.wrapping_sub(1);
        }
        (word != 0).then(|| at * WORD + word.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_are_those_of_a_sorted_list(numbers in prop::collection::btree_set(0_usize..900, 0..200)) {
            let mut ranked = Ranked::default();
            numbers.iter().rev().for_each(|&number| ranked.insert(number));
            ranked.count();
            prop_assert_eq!(ranked.len(), numbers.len());
            for at in 0..1000 {
                prop_assert_eq!(ranked.rank(at), numbers.range(..at).count());
            }
            for n in 0..numbers.len() + 70 {
                prop_assert_eq!(ranked.nth(n), numbers.iter().nth(n).copied());
            }
            let mut others = Ranked::all(900);
            numbers.iter().for_each(|&number| others.remove(number));
            others.count();
            for at in 0..1000 {
                prop_assert_eq!(others.rank(at), at.min(900) - ranked.rank(at));
            }
        }
    }
}
