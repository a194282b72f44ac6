//! The Internet checksum (RFC 1071) and the pseudo headers of TCP and UDP (RFC 9293 section 3.1, RFC 8200 section 8.1).

use super::Protocol;
#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::{u64x2, u64x2_add, u64x2_extract_lane, u64x2_shr, u64x2_splat, v128};
use std::net::IpAddr;
use std::ops::Add;

/// Ones' complement sum of `bytes` as big-endian 16-bit words, folded to 16 bits, not complemented. An odd last octet
/// counts as if a zero octet followed it.
pub fn sum(bytes: &[u8]) -> u16 {
    fold(words(bytes)).swap_bytes()
}

/// The sum of `bytes`, not folded and with the octets of each word exchanged.
///
/// RFC 1071 section 2 (B) and (C): the sum may be taken in any byte order and in wider words. Here eight octets are added
/// a turn: once whole, modulo 2^64, and their upper half for itself, from which the sum of the lower halves follows. No
/// carry is looked at, so compilers turn the loop into vector instructions (SSE2, NEON, WASM simd128).
#[inline]
fn words(bytes: &[u8]) -> u64 {
    // A header alone is not worth looking at what the processor has; WASM has but one set of instructions.
    if cfg!(target_arch = "wasm32") || bytes.len() < LONG { words_of(bytes) } else { words_of_long(bytes) }
}

/// The same with the widest instructions that this very processor has.
#[cfg_attr(not(target_arch = "wasm32"), multiversion::multiversion(targets("x86_64+avx2")))]
fn words_of_long(bytes: &[u8]) -> u64 {
    words_of(bytes)
}

#[inline(always)]
fn words_of(bytes: &[u8]) -> u64 {
    let (whole, upper, rest) = eights(bytes);
    // Of less than 16 GiB neither the halves' sums nor the two together overflow.
    let lower = whole.wrapping_sub(upper << 32);
    let mut total = lower + upper;
    let (words, tail) = rest.as_chunks::<2>();
    for word in words {
        total += u64::from(u16::from_le_bytes(*word));
    }
    if let Some(&odd) = tail.first() {
        total += u64::from(odd);
    }
    total
}

/// The sum of `bytes` in words of eight octets, modulo 2^64, that of the words' upper halves, and the octets that fill no word.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
fn eights(bytes: &[u8]) -> (u64, u64, &[u8]) {
    let (words, rest) = bytes.as_chunks::<8>();
    let (mut whole, mut upper) = (0_u64, 0_u64);
    for word in words {
        let word = u64::from_le_bytes(*word);
        whole = whole.wrapping_add(word);
        upper += word >> 32;
    }
    (whole, upper, rest)
}

/// The same, said in vectors: the page is compiled without any loop turned into them, which spares a hundredth of its weight.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn eights(bytes: &[u8]) -> (u64, u64, &[u8]) {
    let (mut whole, mut upper) = (u64x2_splat(0), u64x2_splat(0));
    let (blocks, rest) = bytes.as_chunks::<16>();
    let (fours, blocks) = blocks.as_chunks::<4>();
    for [a, b, c, d] in fours {
        add(a, &mut whole, &mut upper);
        add(b, &mut whole, &mut upper);
        add(c, &mut whole, &mut upper);
        add(d, &mut whole, &mut upper);
    }
    for block in blocks {
        add(block, &mut whole, &mut upper);
    }
    let sum = |lanes| u64x2_extract_lane::<0>(lanes).wrapping_add(u64x2_extract_lane::<1>(lanes));
    (sum(whole), sum(upper), rest)
}

/// Adds two words to the sums of [`eights`].
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn add(block: &[u8; 16], whole: &mut v128, upper: &mut v128) {
    // As one number, they are read at once.
    let both = u128::from_le_bytes(*block);
    let words = u64x2(both as u64, (both >> 64) as u64);
    *whole = u64x2_add(*whole, words);
    *upper = u64x2_add(*upper, u64x2_shr(words, 32));
}

/// Octets from which on [`words_of_long`] is quicker.
const LONG: usize = 256;

/// A sum of words as one word: each step adds the carries of the one before, the last leaves none.
const fn fold(total: u64) -> u16 {
    let total = (total & 0xffff_ffff) + (total >> 32); // at most 2^33 - 2
    let total = (total & 0xffff) + (total >> 16); // at most 2^18 - 2
    let total = (total & 0xffff) + (total >> 16); // at most 2^16 + 2
    ((total & 0xffff) + (total >> 16)) as u16
}

/// The checksum field for a header or message whose own checksum field is zero in `bytes`.
pub fn internet(bytes: &[u8]) -> u16 {
    !sum(bytes)
}

/// The same of an IPv4 header without options, of which every packet has one: of fixed length, it needs no loop.
#[inline]
pub(super) fn internet_of_header(header: &[u8; 20]) -> u16 {
    let (four, last) = (words_of_four(header.first_chunk()), words_of_one(header.last_chunk()));
    !fold(four + last).swap_bytes()
}

/// As [`words`], of four words of four octets. Each is named: in the page no loop is unrolled.
#[inline(always)]
fn words_of_four(octets: Option<&[u8; 16]>) -> u64 {
    let [a, b, c, d] = octets.map_or([[0; 4]; 4], |octets| {
        let (words, _) = octets.as_chunks::<4>();
        [words[0], words[1], words[2], words[3]]
    });
    let word = |word| u64::from(u32::from_le_bytes(word));
    (word(a) + word(b)) + (word(c) + word(d))
}

/// As [`words`], of one word of four octets.
#[inline(always)]
fn words_of_one(octets: Option<&[u8; 4]>) -> u64 {
    octets.map_or(0, |&octets| u32::from_le_bytes(octets).into())
}

/// The same of a header as the numbers it consists of: what was just written in small pieces is slow to be read in large ones.
#[inline]
pub(super) fn internet_of_words(words: &[u32; 5]) -> u16 {
    !fold(sum_of_words(words))
}

#[inline]
fn sum_of_words(&[a, b, c, d, e]: &[u32; 5]) -> u64 {
    u64::from(a) + u64::from(b) + u64::from(c) + u64::from(d) + u64::from(e)
}

/// The sum of the pseudo header that TCP, UDP and ICMPv6 put before their own octets, folded, not complemented.
/// `len` is that of the transport header and its data.
pub fn pseudo_header(src: IpAddr, dst: IpAddr, protocol: Protocol, len: usize) -> u16 {
    fold(pseudo_words(&src, &dst, protocol, len)).swap_bytes()
}

/// The sum of a pseudo header as [`words`] gives it.
fn pseudo_words(src: &IpAddr, dst: &IpAddr, protocol: Protocol, len: usize) -> u64 {
    let address = |address: &IpAddr| match address {
        IpAddr::V4(a) => u64::from(u32::from_le_bytes(a.octets())),
        IpAddr::V6(a) => words(&a.octets()),
    };
    let len = u64::from((len as u32).swap_bytes());
    address(src) + address(dst) + (u64::from(protocol.0) << 8) + len
}

/// The checksum field of a TCP, UDP or ICMPv6 message whose own checksum field is zero in `message`.
pub fn transport(src: IpAddr, dst: IpAddr, protocol: Protocol, message: &[u8]) -> u16 {
    transport_of(&src, &dst, protocol, message.len(), Sum::of(message))
}

/// The sum of a part of a message that begins at an even octet of it: the sum of parts is the sum of their sums. Kept with octets
/// that never change, it need not be taken again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum(u64);

impl Sum {
    /// The sum of `bytes`.
    #[inline]
    pub fn of(bytes: &[u8]) -> Sum {
        Sum(words(bytes))
    }

    /// As [`Sum::of`], of what most often is a TCP header with timestamps: of that length, it needs no loop.
    #[inline]
    pub fn of_segment(bytes: &[u8]) -> Sum {
        match <&[u8; 32]>::try_from(bytes) {
            Ok(header) => Sum(words_of_four(header.first_chunk()) + words_of_four(header.last_chunk())),
            Err(_) => Sum::of(bytes),
        }
    }

    /// The sum of a header of these words of four octets, as numbers.
    #[inline]
    pub fn of_words(words: [u32; 5]) -> Sum {
        Sum(fold(sum_of_words(&words)).swap_bytes().into())
    }

    /// The sum of four octets.
    #[inline]
    pub fn of_four(octets: [u8; 4]) -> Sum {
        Sum(u32::from_le_bytes(octets).into())
    }
}

impl Add for Sum {
    type Output = Sum;
    #[inline]
    fn add(self, other: Sum) -> Sum {
        Sum(self.0 + other.0)
    }
}

/// As [`transport`], of a message of `len` octets that have this sum.
#[inline]
pub(crate) fn transport_of(src: &IpAddr, dst: &IpAddr, protocol: Protocol, len: usize, sum: Sum) -> u16 {
    !fold(pseudo_words(src, dst, protocol, len) + sum.0).swap_bytes()
}

/// Whether the checksum inside a TCP or ICMPv6 message is right. (For UDP over IPv4, where zero means "none", ask
/// [`UdpHeader::checksum_is_right`](super::UdpHeader::checksum_is_right).)
pub fn transport_is_right(src: IpAddr, dst: IpAddr, protocol: Protocol, message: &[u8]) -> bool {
    transport(src, dst, protocol, message) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    /// RFC 1071 section 4.1, word for word.
    fn by_the_book(bytes: &[u8]) -> u16 {
        let mut total = 0_u32;
        for pair in bytes.chunks(2) {
            total += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
            total = (total & 0xffff) + (total >> 16);
        }
        total as u16
    }

    #[test]
    fn the_example_of_rfc_1071_section_3() {
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
    }

    #[test]
    fn the_pseudo_header_counts_every_field() {
        let (a, b) = ([10, 0, 0, 1], [192, 168, 255, 254]);
        let mut bytes = [a, b].concat();
        bytes.extend([0, 6, 0x05, 0xb4]);
        assert_eq!(pseudo_header(a.into(), b.into(), Protocol::TCP, 0x5b4), sum(&bytes));
        let (a, b) = ([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 1], [0xfe; 16]);
        let mut bytes = [a, b].concat();
        bytes.extend([0, 2, 0x05, 0xb4, 0, 0, 0, 17]);
        assert_eq!(pseudo_header(a.into(), b.into(), Protocol::UDP, 0x205b4), sum(&bytes));
    }

    proptest! {
        #[test]
        fn the_wide_sum_is_the_narrow_sum(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(sum(&bytes), by_the_book(&bytes));
            let (first, rest) = bytes.split_at(bytes.len() / 4 * 2);
            let address = IpAddr::from(Ipv4Addr::LOCALHOST);
            prop_assert_eq!(
                transport_of(&address, &address, Protocol::TCP, bytes.len(), Sum::of(first) + Sum::of(rest)),
                transport(address, address, Protocol::TCP, &bytes),
            );
            if let Some(header) = bytes.first_chunk() {
                prop_assert_eq!(internet_of_header(header), !by_the_book(header));
            }
        }

        #[test]
        fn any_flipped_bit_is_caught(mut bytes in proptest::collection::vec(any::<u8>(), 4..100), at: usize) {
            (bytes[0], bytes[1]) = (0, 0);
            let field = internet(&bytes).to_be_bytes();
            bytes[..2].copy_from_slice(&field);
            prop_assert_eq!(internet(&bytes), 0);
            let at = at % (bytes.len() * 8);
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert_ne!(internet(&bytes), 0);
        }
    }
}
