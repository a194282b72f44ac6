//! Numbers, words and addresses as bytes: LEB128 varints, zigzag for signed ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A field runs past the record's end.
    #[error("the record ends in the middle of {0}")]
    Short(&'static str),
    /// A number has more than 64 bits.
    #[error("{0} is a number of more than 64 bits")]
    Overlong(&'static str),
    /// A number is larger than its field allows.
    #[error("{what} is {value}, which its field cannot hold")]
    Range {
        /// Which field.
        what: &'static str,
        /// What it holds.
        value: u64,
    },
    /// A frame is told to be like one before it in its chunk, where there is none.
    #[error("it is a frame like the one before, and its chunk has none before it")]
    NoFrame,
    /// Words are not UTF-8.
    #[error("{0} is not UTF-8 text")]
    Text(&'static str),
}

/// Octets that a pen gathers before the vector grows.
const ROOM: usize = 120;

/// Writes fields at the end of a vector. Most are numbers of an octet or two: they gather beside the vector, which then grows
/// once for many of them. What is gathered comes with [`end`](Self::end).
#[derive(Debug)]
pub struct Pen<'a> {
    out: &'a mut Vec<u8>,
    room: [u8; ROOM],
    len: usize,
}

impl<'a> Pen<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Pen { out, room: [0; ROOM], len: 0 }
    }

    #[inline]
    pub fn push(&mut self, octet: u8) {
        match self.room.get_mut(self.len) {
            Some(place) => {
                *place = octet;
                self.len += 1;
            }
            None => self.overflow(&[octet]),
        }
    }

    /// Where there is no room left: apart, so that the usual way stays short.
    #[cold]
    #[inline(never)]
    fn overflow(&mut self, bytes: &[u8]) {
        self.end();
        self.out.extend_from_slice(bytes);
    }

    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        let place = self.room.get_mut(self.len..).and_then(|room| room.get_mut(..bytes.len()));
        if let Some(place) = place {
            place.copy_from_slice(bytes);
            self.len += bytes.len();
        } else {
            self.overflow(bytes);
        }
    }

    /// The first `len` of four octets.
    #[inline]
    fn few(&mut self, octets: u32, len: usize) {
        match self.room.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            Some(place) => {
                *place = octets.to_le_bytes();
                self.len += len;
            }
            None => self.overflow(octets.to_le_bytes().get(..len).unwrap_or(&[])),
        }
    }

    /// Gives the vector what was gathered.
    pub fn end(&mut self) {
        self.out.extend_from_slice(self.room.get(..self.len).unwrap_or(&[]));
        self.len = 0;
    }
}

#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub fn put_u64(out: &mut Pen<'_>, n: u64) {
    match n {
        0..0x80 => out.push(n as u8),
        _ => put_more(out, n),
    }
}

/// A number of several octets.
#[inline(never)]
fn put_more(out: &mut Pen<'_>, n: u64) {
    if n >= 1 << 28 {
        return put_large(out, n);
    }
    // The four groups of seven bits spread over four octets at once, and all but the last marked: a recorder writes dozens of these
    // numbers for every message.
    let n = n as u32;
    let spread = n & 0x7f | n << 1 & 0x7f00 | n << 2 & 0x7f_0000 | n << 3 & 0x7f00_0000;
    let last = spread.ilog2() / 8;
    let more = 0x80_8080 & !(u32::MAX << (8 * last));
    out.few(spread | more, last as usize + 1);
}

#[inline(never)]
fn put_large(out: &mut Pen<'_>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

pub fn put_i64(out: &mut Pen<'_>, n: i64) {
    put_u64(out, ((n << 1) ^ (n >> 63)) as u64);
}

/// 0 for none, else the number + 1.
pub fn put_option(out: &mut Pen<'_>, n: Option<u64>) {
    match n {
        None => put_u64(out, 0),
        // u64::MAX + 1 needs a 65th bit: ten bytes with a last one of 2.
        Some(u64::MAX) => out.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2]),
        Some(n) => put_u64(out, n + 1),
    }
}

pub fn put_bytes(out: &mut Pen<'_>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub fn put_ip(out: &mut Pen<'_>, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => {
            out.push(4);
            out.extend_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out.push(6);
            out.extend_from_slice(&ip.octets());
        }
    }
}

pub fn put_address(out: &mut Pen<'_>, address: Option<SocketAddr>) {
    match address {
        None => out.push(0),
        Some(address) => {
            put_ip(out, address.ip());
            out.extend_from_slice(&address.port().to_le_bytes());
        }
    }
}

/// Takes fields off the front of a record's bytes.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Fields { rest: bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(WireError::Short(what))?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        self.take(N, what)?.first_chunk().copied().ok_or(WireError::Short(what))
    }

    pub fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        Ok(self.array::<1>(what)?[0])
    }

    /// A varint as 128 bits, so that a 65th bit can be seen.
    fn varint(&mut self, what: &'static str) -> Result<u128, WireError> {
        let mut n = 0_u128;
        for shift in (0..70).step_by(7) {
            let byte = self.u8(what)?;
            n |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(WireError::Overlong(what))
    }

    pub fn u64(&mut self, what: &'static str) -> Result<u64, WireError> {
        u64::try_from(self.varint(what)?).map_err(|_| WireError::Overlong(what))
    }

    pub fn i64(&mut self, what: &'static str) -> Result<i64, WireError> {
        let n = self.u64(what)?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub fn u32(&mut self, what: &'static str) -> Result<u32, WireError> {
        let value = self.u64(what)?;
        u32::try_from(value).map_err(|_| WireError::Range { what, value })
    }

    pub fn u16(&mut self, what: &'static str) -> Result<u16, WireError> {
        let value = self.u64(what)?;
        u16::try_from(value).map_err(|_| WireError::Range { what, value })
    }

    pub fn flag(&mut self, what: &'static str) -> Result<bool, WireError> {
        Ok(self.u8(what)? != 0)
    }

    pub fn option(&mut self, what: &'static str) -> Result<Option<u64>, WireError> {
        match self.varint(what)? {
            0 => Ok(None),
            n => u64::try_from(n - 1).map(Some).map_err(|_| WireError::Overlong(what)),
        }
    }

    pub fn option_u32(&mut self, what: &'static str) -> Result<Option<u32>, WireError> {
        let Some(value) = self.option(what)? else { return Ok(None) };
        u32::try_from(value).map(Some).map_err(|_| WireError::Range { what, value })
    }

    pub fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.u64(what)?;
        let len = usize::try_from(len).map_err(|_| WireError::Short(what))?;
        self.take(len, what)
    }

    pub fn text(&mut self, what: &'static str) -> Result<&'a str, WireError> {
        std::str::from_utf8(self.bytes(what)?).map_err(|_| WireError::Text(what))
    }

    pub fn ip(&mut self, what: &'static str) -> Result<Option<IpAddr>, WireError> {
        match self.u8(what)? {
            0 => Ok(None),
            4 => Ok(Some(IpAddr::V4(Ipv4Addr::from(self.array::<4>(what)?)))),
            6 => Ok(Some(IpAddr::V6(Ipv6Addr::from(self.array::<16>(what)?)))),
            other => Err(WireError::Range { what, value: u64::from(other) }),
        }
    }

    pub fn address(&mut self, what: &'static str) -> Result<Option<SocketAddr>, WireError> {
        let Some(ip) = self.ip(what)? else { return Ok(None) };
        let port = u16::from_le_bytes(self.array::<2>(what)?);
        Ok(Some(SocketAddr::new(ip, port)))
    }
}

/// CRC-32 as in IEEE 802.3, zlib and PNG (polynomial 0xEDB88320, reflected).
#[cfg(not(target_arch = "wasm32"))]
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// The same by table: smaller, and what a processor without instructions for it does anyway.
#[cfg(target_arch = "wasm32")]
pub use self::table::crc32;

#[cfg(any(test, target_arch = "wasm32"))]
mod table {
    use std::sync::OnceLock;

    /// Made when they are needed first: in the module they would weigh eight kilobytes, for nothing packs them.
    static TABLES: OnceLock<[[u32; 256]; 8]> = OnceLock::new();

    fn tables() -> [[u32; 256]; 8] {
        let bit = |crc: u32, _| if crc & 1 != 0 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        let first: [u32; 256] = std::array::from_fn(|octet| (0..8).fold(octet as u32, bit));
        let mut tables = [first; 8];
        for k in 1..8 {
            tables[k] = tables[k - 1].map(|before| (before >> 8) ^ first[(before & 0xff) as usize]);
        }
        tables
    }

    /// CRC-32, eight octets at a time.
    pub fn crc32(bytes: &[u8]) -> u32 {
        let tables = TABLES.get_or_init(tables);
        let mut crc = u32::MAX;
        // Eight bytes at a time ("slicing by 8"): a recording's checksum must not be what slows it down.
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            let x = u64::from_le_bytes(*chunk) ^ u64::from(crc);
            crc = 0;
            for (k, byte) in x.to_le_bytes().into_iter().enumerate() {
                crc ^= tables[7 - k][usize::from(byte)];
            }
        }
        for &byte in rest {
            crc = (crc >> 8) ^ tables[0][usize::from(crc as u8 ^ byte)];
        }
        !crc
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_ways_to_the_checksum_agree() {
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n * 31 % 251) as u8).collect();
        for len in (0..64).chain([255, 256, 1000]) {
            assert_eq!(crc32(&bytes[..len]), table::crc32(&bytes[..len]), "{len}");
        }
    }

    #[test]
    fn the_checksum_is_the_common_one() {
        // The check value that every description of CRC-32/ISO-HDLC gives.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"The quick brown fox jumps over the lazy dog"), 0x414f_a339);
    }

    proptest! {
        #[test]
        fn numbers_come_back(a: u64, small in 0..64_u32, b: i64, c: Option<u64>, before in 0..2 * ROOM) {
            let mut out = Vec::new();
            let mut pen = Pen::new(&mut out);
            // Also where its room is full.
            let before = vec![7; before];
            pen.extend_from_slice(&before);
            put_u64(&mut pen, a);
            put_u64(&mut pen, a >> small);
            put_i64(&mut pen, b);
            put_option(&mut pen, c);
            put_option(&mut pen, Some(u64::MAX));
            pen.end();
            let mut fields = Fields::new(&out);
            prop_assert_eq!(fields.take(before.len(), "before"), Ok(before.as_slice()));
            prop_assert_eq!(fields.u64("a"), Ok(a));
            prop_assert_eq!(fields.u64("a >> small"), Ok(a >> small));
            prop_assert_eq!(fields.i64("b"), Ok(b));
            prop_assert_eq!(fields.option("c"), Ok(c));
            prop_assert_eq!(fields.option("d"), Ok(Some(u64::MAX)));
            prop_assert!(fields.is_empty());
        }
    }
}
