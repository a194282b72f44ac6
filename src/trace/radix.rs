//! Sorting of many numbers in time proportional to their count, natively and in WASM (where the standard library is built
//! for size, and sorts accordingly).

/// Bits that one pass looks at.
const DIGIT: u32 = 11;
/// Fewer numbers than this are left to the standard library.
const MANY: usize = 1 << 12;

/// Sorts numbers, least first.
pub(crate) fn sort(numbers: &mut Vec<u64>) {
    sort_by(numbers, |number| number);
}

/// Sorts rows by the numbers of their events; those of one event keep their order.
pub(crate) fn sort_rows<T: Copy>(rows: &mut Vec<T>, event: impl Fn(&T) -> u32) {
    if !rows.is_sorted_by_key(&event) {
        let order = order(&mut rows.iter().map(event));
        *rows = order.into_iter().filter_map(|place| rows.get(place as u32 as usize).copied()).collect();
    }
}

/// Sorts by `key`; what has the same key keeps its order.
pub(crate) fn sort_by<T: Copy>(items: &mut Vec<T>, key: impl Fn(T) -> u64) {
    if items.is_sorted_by_key(|item| key(*item)) {
        return;
    }
    if items.len() < MANY {
        return items.sort_by_key(|item| key(*item));
    }
    let most = items.iter().map(|item| key(*item)).max().unwrap_or_default();
    let mut from = 0;
    let mut spare = items.clone();
    while from < u64::BITS - most.leading_zeros() {
        let digit = |item: &T| (key(*item) >> from) as usize & ((1 << DIGIT) - 1);
        let mut places = [0_u32; 1 << DIGIT];
        for item in items.iter() {
            places[digit(item)] += 1;
        }
        let mut at = 0;
        for place in &mut places {
            at += std::mem::replace(place, at);
        }
        for item in items.iter() {
            let place = &mut places[digit(item)];
            spare[*place as usize] = *item;
            *place += 1;
        }
        std::mem::swap(items, &mut spare);
        from += DIGIT;
    }
}

/// The number that would stand at `n` if they were sorted; in the page they are, as its library selects no quicker.
pub(crate) fn nth(mut numbers: Vec<u64>, n: usize) -> Option<u64> {
    #[cfg(target_arch = "wasm32")]
    sort(&mut numbers);
    #[cfg(not(target_arch = "wasm32"))]
    if n < numbers.len() {
        #[expect(clippy::disallowed_methods, reason = "natively the library is not built for size")]
        numbers.select_nth_unstable(n);
    }
    numbers.get(n).copied()
}

/// The order of rows by the numbers of their events, those of one event as they stand: their places in the lower halves.
fn order(events: &mut dyn Iterator<Item = u32>) -> Vec<u64> {
    let mut places: Vec<u64> = (0_u64..).zip(events).map(|(i, event)| u64::from(event) << 32 | i).collect();
    sort(&mut places);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(few in prop::collection::vec(any::<u64>(), 1..30), bits in 1_u32..64) {
            let numbers = |n: u64| few[n as usize % few.len()].wrapping_mul(n | 1) >> (64 - bits);
            let mut items: Vec<(u64, u64)> = (0..2 * MANY as u64).map(|n| (numbers(n), n)).collect();
            let mut model = items.clone();
            model.sort_by_key(|item| item.0);
            sort_by(&mut items, |item| item.0);
            prop_assert_eq!(&items, &model);
            let n = few[0] as usize % model.len();
            prop_assert_eq!(nth(items.iter().rev().map(|item| item.0).collect(), n), Some(model[n].0));
            prop_assert_eq!(nth(Vec::new(), n), None);
            sort_rows(&mut items, |item| item.1 as u32 % 7);
            prop_assert!(items.windows(2).all(|w| w[0].1 % 7 < w[1].1 % 7 || w[0].1 % 7 == w[1].1 % 7 && w[0].0 <= w[1].0));
        }
    }
}
