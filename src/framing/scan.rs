//! The search for delimiters: which one ends a message, and where.
//!
//! A match is looked for by the last byte of each delimiter. So the search is resumed at the first byte not yet seen, and
//! its result cannot depend on how the stream was cut: the delimiter that is complete first wins, and of those
//! complete at the same byte the longest.

use memchr::{memchr, memchr2, memchr3};

use super::name::Delimiters;

/// A set of delimiters, prepared for the search.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    /// Longest first.
    any: Vec<Vec<u8>>,
    lasts: Lasts,
    /// Whether the delimiter stays in the payload.
    pub(crate) keep: bool,
}

/// The bytes with which the delimiters end.
#[derive(Clone, Debug)]
enum Lasts {
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Table(Box<[bool; 256]>),
}

/// A delimiter found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The byte behind the delimiter.
    pub(crate) end: usize,
    /// Its length.
    pub(crate) len: usize,
}

impl Scan {
    pub(crate) fn new(delimiters: &Delimiters) -> Scan {
        Scan::of(delimiters.any().to_vec(), delimiters.keep())
    }

    /// LF and CRLF.
    pub(crate) fn lines(keep: bool) -> Scan {
        Scan::of(vec![b"\r\n".to_vec(), b"\n".to_vec()], keep)
    }

    fn of(mut any: Vec<Vec<u8>>, keep: bool) -> Scan {
        any.sort_by_key(|d| std::cmp::Reverse(d.len()));
        let mut lasts: Vec<u8> = any.iter().filter_map(|d| d.last().copied()).collect();
        lasts.sort_unstable();
        lasts.dedup();
        let lasts = match lasts[..] {
            [a] => Lasts::One(a),
            [a, b] => Lasts::Two(a, b),
            [a, b, c] => Lasts::Three(a, b, c),
            _ => {
                let mut table = Box::new([false; 256]);
                for &last in &lasts {
                    table[usize::from(last)] = true;
                }
                Lasts::Table(table)
            }
        };
        Scan { any, lasts, keep }
    }

    /// Length of the longest delimiter.
    pub(crate) fn longest(&self) -> usize {
        self.any.first().map_or(0, Vec::len)
    }

    /// The next place at which a delimiter may be complete: index of its last byte.
    #[inline]
    fn candidate(&self, bytes: &[u8]) -> Option<usize> {
        match &self.lasts {
            Lasts::One(a) => memchr(*a, bytes),
            Lasts::Two(a, b) => memchr2(*a, *b, bytes),
            Lasts::Three(a, b, c) => memchr3(*a, *b, *c, bytes),
            Lasts::Table(table) => bytes.iter().position(|&b| table[usize::from(b)]),
        }
    }

    /// The first delimiter that is complete in `more`, where `before` are the bytes of the message in front of it (in
    /// which no delimiter is complete). `end` counts from the start of `more`; the delimiter may reach back into `before`.
    pub(crate) fn find(&self, before: &[u8], more: &[u8]) -> Option<Found> {
        let mut from = 0;
        while let Some(i) = self.candidate(more.get(from..)?) {
            let end = from + i + 1;
            let (before_end, seen) = (before, more.get(..end)?);
            if let Some(d) = self.any.iter().find(|d| ends_with(before_end, seen, d)) {
                return Some(Found { end, len: d.len() });
            }
            from = end;
        }
        None
    }

    /// How many bytes at the end of `before` and `more` (taken as one) are the beginning of a delimiter.
    pub(crate) fn partial(&self, before: &[u8], more: &[u8]) -> usize {
        let longest = self.longest().saturating_sub(1).min(before.len() + more.len());
        let begins = |n: &usize| {
            self.any.iter().any(|d| d.len() > *n && d.get(..*n).is_some_and(|p| ends_with(before, more, p)))
        };
        (1..=longest).rev().find(begins).unwrap_or(0)
    }

    /// Length of the delimiter whose beginning is `partial` (as [`Scan::partial`] found it): the longest such.
    pub(crate) fn completing(&self, partial: &[u8]) -> usize {
        self.any.iter().find(|d| d.len() > partial.len() && d.starts_with(partial)).map_or(0, Vec::len)
    }
}

/// Whether `before` and `more`, taken as one, end with `suffix`.
#[inline]
fn ends_with(before: &[u8], more: &[u8], suffix: &[u8]) -> bool {
    match suffix.len().checked_sub(more.len()) {
        None | Some(0) => more.ends_with(suffix),
        Some(cut) => {
            let (front, back) = suffix.split_at(cut);
            more == back && before.ends_with(front)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(any: &[&str]) -> Scan {
        Scan::of(any.iter().map(|d| d.as_bytes().to_vec()).collect(), false)
    }

    #[test]
    fn the_delimiter_complete_first_wins_and_then_the_longest() {
        assert_eq!(scan(&["\n", "\r\n"]).find(b"", b"a\r\n"), Some(Found { end: 3, len: 2 }));
        assert_eq!(scan(&["\r", "\r\n"]).find(b"", b"a\r\n"), Some(Found { end: 2, len: 1 }));
        assert_eq!(scan(&["abcd", "bc"]).find(b"", b"xabcd"), Some(Found { end: 4, len: 2 }));
        assert_eq!(scan(&["a", "b", "c", "d"]).find(b"", b"xyzd"), Some(Found { end: 4, len: 1 }));
        assert_eq!(scan(&["--x", "--y", "--z"]).find(b"", b"-x--y"), Some(Found { end: 5, len: 3 }));
    }

    #[test]
    fn a_delimiter_may_begin_in_the_bytes_before() {
        let s = scan(&["\r\n\r\n"]);
        assert_eq!(s.find(b"abc\r\n\r", b"\nxyz"), Some(Found { end: 1, len: 4 }));
        assert_eq!(s.find(b"\n\r", b"\nxyz"), None);
        assert_eq!(s.partial(b"abc\r\n", b"\r"), 3);
        assert_eq!(s.partial(b"abc\r\n", b"x\r"), 1);
        assert_eq!(s.partial(b"abc", b""), 0);
        assert_eq!(s.completing(b"\r"), 4);
    }
}
