//! The five words of four octets that headers consist of: as numbers, and as they stand on the wire, the most significant octet first.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::{
    u8x16_shuffle, u32x4, u32x4_extract_lane, u32x4_splat, u64x2, u64x2_extract_lane, v128,
};

/// Octets of five words.
pub(super) const LEN: usize = 20;

/// Numbers as they stand on the wire. Each is named: in the page no loop is unrolled.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn to_octets(&[a, b, c, d, e]: &[u32; 5]) -> [u8; LEN] {
    let mut octets = [0; LEN];
    let words = [a.to_be_bytes(), b.to_be_bytes(), c.to_be_bytes(), d.to_be_bytes(), e.to_be_bytes()];
    octets.copy_from_slice(words.as_flattened());
    octets
}

/// The numbers that these octets are.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub(super) fn from_octets(octets: &[u8; LEN]) -> [u32; 5] {
    let (words, _) = octets.as_chunks();
    [0, 1, 2, 3, 4].map(|i| words.get(i).map_or(0, |&word| u32::from_be_bytes(word)))
}

/// As above, with vectors: WASM has no instruction that exchanges the octets of a word, but one that does so in four at once.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub(super) fn to_octets(&[a, b, c, d, e]: &[u32; 5]) -> [u8; LEN] {
    let four = exchanged(u32x4(a, b, c, d));
    let (low, high) = (u64x2_extract_lane::<0>(four), u64x2_extract_lane::<1>(four));
    let mut octets = [0; LEN];
    octets[..16].copy_from_slice(&(u128::from(low) | u128::from(high) << 64).to_le_bytes());
    octets[16..].copy_from_slice(&e.to_be_bytes());
    octets
}

/// As above.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
pub(super) fn from_octets(octets: &[u8; LEN]) -> [u32; 5] {
    let four = octets.first_chunk().map_or(0, |four| u128::from_le_bytes(*four));
    let four = exchanged(u64x2(four as u64, (four >> 64) as u64));
    let last = octets.last_chunk().map_or(0, |last| u32::from_be_bytes(*last));
    [
        u32x4_extract_lane::<0>(four),
        u32x4_extract_lane::<1>(four),
        u32x4_extract_lane::<2>(four),
        u32x4_extract_lane::<3>(four),
        last,
    ]
}

/// Four words with the octets of each in the other order.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn exchanged(words: v128) -> v128 {
    u8x16_shuffle::<3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12>(words, u32x4_splat(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn octets_are_what_the_network_order_says(words: [u32; 5]) {
            let octets = to_octets(&words);
            let expected = words.map(u32::to_be_bytes);
            prop_assert_eq!(&octets[..], expected.as_flattened());
            prop_assert_eq!(from_octets(&octets), words);
        }
    }
}
