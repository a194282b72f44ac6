//! The integer that stands before a message: width, sign and byte order.

use std::fmt;
use std::str::FromStr;

/// The order of an integer's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Most significant byte first: network byte order.
    Big,
    /// Least significant byte first: what x86 and most ARM machines hold in memory.
    Little,
}

/// How an integer of 1, 2, 3, 4 or 8 bytes is written; its name is `u8`, `u16be`, `i32le`, ….
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntFormat {
    width: u8,
    signed: bool,
    endian: Endian,
}

impl IntFormat {
    /// `i32le`: what Python's `struct.pack('i', n)` writes on x86.
    pub const I32LE: IntFormat = IntFormat { width: 4, signed: true, endian: Endian::Little };
    /// `u16be`: two bytes in network byte order, as DNS over TCP has them.
    pub const U16BE: IntFormat = IntFormat { width: 2, signed: false, endian: Endian::Big };
    /// `u32be`: four bytes in network byte order.
    pub const U32BE: IntFormat = IntFormat { width: 4, signed: false, endian: Endian::Big };

    /// A format of `width` bytes, or `None` when the width is not 1, 2, 3, 4 or 8.
    pub fn new(width: usize, signed: bool, endian: Endian) -> Option<IntFormat> {
        match width {
            // One byte has no order: one name for one thing.
            1 => Some(IntFormat { width: 1, signed, endian: Endian::Big }),
            2 | 3 | 4 | 8 => Some(IntFormat { width: width as u8, signed, endian }),
            _ => None,
        }
    }

    /// Every format there is, narrow ones first.
    pub fn all() -> impl Iterator<Item = IntFormat> {
        [1, 2, 3, 4, 8].into_iter().flat_map(|width| {
            [Endian::Big, Endian::Little].into_iter().flat_map(move |endian| {
                [false, true]
                    .into_iter()
                    .filter(move |_| width > 1 || endian == Endian::Big)
                    .filter_map(move |signed| IntFormat::new(width, signed, endian))
            })
        })
    }

    /// Bytes it takes: 1, 2, 3, 4 or 8.
    pub fn width(self) -> usize {
        usize::from(self.width)
    }

    /// Whether it can be negative (two's complement).
    pub fn signed(self) -> bool {
        self.signed
    }

    /// The byte order (big-endian for a single byte).
    pub fn endian(self) -> Endian {
        self.endian
    }

    /// The same width and sign in the other byte order; a single byte stays as it is.
    pub fn swapped(self) -> IntFormat {
        let endian = match self.endian {
            Endian::Little => Endian::Big,
            Endian::Big if self.width == 1 => Endian::Big,
            Endian::Big => Endian::Little,
        };
        IntFormat { endian, ..self }
    }

    /// The largest value that can be written.
    pub fn max(self) -> i128 {
        (1_i128 << (8 * u32::from(self.width) - u32::from(self.signed))) - 1
    }

    /// The number at the start of `bytes`, or `None` when fewer than [`width`](Self::width) bytes are there.
    pub fn read(self, bytes: &[u8]) -> Option<i128> {
        let bytes = bytes.get(..self.width())?;
        let mut raw = 0_u64;
        match self.endian {
            Endian::Big => bytes.iter().for_each(|&b| raw = raw << 8 | u64::from(b)),
            Endian::Little => bytes.iter().rev().for_each(|&b| raw = raw << 8 | u64::from(b)),
        }
        let value = i128::from(raw);
        Some(if self.signed && value > self.max() { value - 2 * (self.max() + 1) } else { value })
    }

    /// As [`write`](Self::write), for lengths: cheaper.
    #[inline]
    pub(crate) fn write_len(self, value: usize) -> Option<[u8; 8]> {
        let (raw, bits) = (value as u64, 8 * u32::from(self.width));
        if raw.leading_zeros() < 64 - bits + u32::from(self.signed) {
            return None;
        }
        Some(match self.endian {
            Endian::Little => raw.to_le_bytes(),
            Endian::Big => (raw << (64 - bits)).to_be_bytes(),
        })
    }

    /// `value` as bytes, of which the first [`width`](Self::width) count; `None` when it does not fit.
    #[inline]
    pub fn write(self, value: i128) -> Option<[u8; 8]> {
        if value > self.max() || value < if self.signed { -self.max() - 1 } else { 0 } {
            return None;
        }
        let raw = value as u64;
        Some(match self.endian {
            Endian::Little => raw.to_le_bytes(),
            Endian::Big => (raw << (64 - 8 * u32::from(self.width))).to_be_bytes(),
        })
    }
}

impl fmt::Display for IntFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.signed { 'i' } else { 'u' };
        let bits = 8 * u32::from(self.width);
        match (self.width, self.endian) {
            (1, _) => write!(f, "{sign}{bits}"),
            (_, Endian::Big) => write!(f, "{sign}{bits}be"),
            (_, Endian::Little) => write!(f, "{sign}{bits}le"),
        }
    }
}

/// The text names no integer format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no integer format: there are u8, u16be, u16le, u24be, u24le, u32be, u32le, u64be, u64le, and i for u where it is signed"
)]
pub struct UnknownIntFormat;

impl FromStr for IntFormat {
    type Err = UnknownIntFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        IntFormat::all().find(|format| format.to_string() == name).ok_or(UnknownIntFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_go_round() {
        assert_eq!(IntFormat::all().count(), 2 + 4 * 4);
        for format in IntFormat::all() {
            assert_eq!(format.to_string().parse(), Ok(format));
            let min = if format.signed() { -format.max() - 1 } else { 0 };
            for value in [min, 0, 1, 17, format.max()] {
                let bytes = format.write(value).unwrap();
                assert_eq!(format.read(&bytes), Some(value), "{format}");
                if let Ok(len) = usize::try_from(value) {
                    assert_eq!(format.write_len(len), Some(bytes), "{format}");
                }
            }
            assert_eq!(format.write(format.max() + 1), None);
            let above = usize::try_from(format.max() + 1);
            assert_eq!(above.ok().and_then(|n| format.write_len(n)), None, "{format}");
            assert_eq!(format.write(min - 1), None);
            assert_eq!(format.swapped().swapped(), format);
            assert_eq!(format.read(&[0; 8][..format.width() - 1]), None);
        }
    }

    #[test]
    fn bytes_are_those_of_struct_pack() {
        assert_eq!(IntFormat::I32LE.write(17).unwrap()[..4], [17, 0, 0, 0]);
        assert_eq!(IntFormat::I32LE.write(-2).unwrap()[..4], [0xfe, 0xff, 0xff, 0xff]);
        assert_eq!(IntFormat::U32BE.read(b"GET "), Some(1_195_725_856));
        assert_eq!(IntFormat::I32LE.read(b"GET "), Some(542_393_671));
        assert_eq!("u24be".parse::<IntFormat>().unwrap().write(0x01_02_03).unwrap()[..3], [1, 2, 3]);
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "u8be", "u32", "u40be", "U32BE", "u32be ", "i128le"] {
            assert!(name.parse::<IntFormat>().is_err(), "{name}");
        }
    }
}
