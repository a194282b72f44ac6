//! Sequence numbers: 32-bit, modulo 2^32 (RFC 9293 section 3.4).

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};

/// A TCP sequence number. There is no `Ord`: "before" is not transitive around the circle, so comparisons have
/// names and compare by the shorter way round (RFC 9293 section 3.4).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SeqNumber(pub u32);

impl SeqNumber {
    /// Signed distance from `other` to `self`: positive when `self` comes later. Meaningful while the two are less
    /// than 2^31 apart.
    pub const fn distance_from(self, other: SeqNumber) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// `self < other` in sequence space.
    pub const fn is_before(self, other: SeqNumber) -> bool {
        self.distance_from(other) < 0
    }

    /// `self =< other` in sequence space.
    pub const fn is_at_or_before(self, other: SeqNumber) -> bool {
        self.distance_from(other) <= 0
    }

    /// `self > other` in sequence space.
    pub const fn is_after(self, other: SeqNumber) -> bool {
        self.distance_from(other) > 0
    }

    /// `self >= other` in sequence space.
    pub const fn is_at_or_after(self, other: SeqNumber) -> bool {
        self.distance_from(other) >= 0
    }

    /// `start =< self < start + len` in sequence space; false when `len` is 0.
    pub const fn is_in(self, start: SeqNumber, len: u32) -> bool {
        self.0.wrapping_sub(start.0) < len
    }

    /// The later of the two.
    pub const fn max(self, other: SeqNumber) -> SeqNumber {
        if self.is_after(other) { self } else { other }
    }

    /// The earlier of the two.
    pub const fn min(self, other: SeqNumber) -> SeqNumber {
        if self.is_before(other) { self } else { other }
    }
}

impl Add<u32> for SeqNumber {
    type Output = SeqNumber;
    fn add(self, n: u32) -> SeqNumber {
        SeqNumber(self.0.wrapping_add(n))
    }
}

impl AddAssign<u32> for SeqNumber {
    fn add_assign(&mut self, n: u32) {
        *self = *self + n;
    }
}

impl Sub<u32> for SeqNumber {
    type Output = SeqNumber;
    fn sub(self, n: u32) -> SeqNumber {
        SeqNumber(self.0.wrapping_sub(n))
    }
}

impl SubAssign<u32> for SeqNumber {
    fn sub_assign(&mut self, n: u32) {
        *self = *self - n;
    }
}

impl fmt::Debug for SeqNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for SeqNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comparisons_hold_across_the_wrap() {
        let (low, high) = (SeqNumber(u32::MAX - 1), SeqNumber(3));
        assert!(low.is_before(high) && high.is_after(low));
        assert_eq!(high.distance_from(low), 5);
        assert!(SeqNumber(1).is_in(low, 5) && !high.is_in(low, 5));
        assert_eq!(low.max(high), high);
        assert_eq!(low.min(high), low);
    }

    proptest! {
        #[test]
        fn adding_moves_forward(start: u32, n in 1u32..0x7fff_ffff) {
            let (a, b) = (SeqNumber(start), SeqNumber(start) + n);
            prop_assert!(a.is_before(b) && b.is_at_or_after(a) && !b.is_at_or_before(a));
            prop_assert_eq!(b - n, a);
        }
    }
}
