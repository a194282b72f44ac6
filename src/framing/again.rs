//! The head of the frame before, come again.
//!
//! Messages of one size stand in rows: comparing a head with the one before is cheaper than reading it. Above all the place of
//! the next frame then waits for no reading: the processor goes on while it compares.

use std::ops::Range;

use super::plan::Extent;

/// As much of a frame as is compared; a head that is longer is read anew each time.
pub(crate) const SEEN: usize = 32;

/// A head, and what was read in it.
#[derive(Clone, Debug)]
pub(crate) struct Again {
    /// The words of the head; what lies behind it is masked away.
    words: [u64; SEEN / 8],
    mask: [u64; SEEN / 8],
    /// The bytes of the head in which its extent was read.
    decisive: Range<usize>,
    extent: Extent,
    /// Where the frame's header lies.
    header: Range<usize>,
    /// Bytes of the frame before: only a second one of its size is worth remembering.
    before: usize,
}

impl Again {
    /// Knows no head: no frame fits.
    pub(crate) fn new() -> Again {
        Again {
            words: [1; SEEN / 8],
            mask: [0; SEEN / 8],
            decisive: 0..0,
            extent: Extent::default(),
            header: 0..0,
            before: 0,
        }
    }

    /// The extent of the frame that begins like this, and where its header lies, if its head is the one known.
    #[inline(always)]
    pub(crate) fn extent(&self, view: &[u8]) -> Option<(Extent, Range<usize>)> {
        let here = words(view.first_chunk()?);
        let differ = join(differences(here, self.mask, self.words));
        (differ == 0).then(|| (self.extent, self.header.clone()))
    }

    /// The extent of the frame that begins like this, in bytes too few to be compared whole, and whether they decide it; if they
    /// are those of the head known, and the frame has more.
    pub(crate) fn begun(&self, beginning: &[u8]) -> Option<(Extent, bool)> {
        let mut filled = [0; SEEN];
        let mut there = [0; SEEN];
        filled.get_mut(..beginning.len())?.copy_from_slice(beginning);
        there.get_mut(..beginning.len())?.fill(0xff);
        let (here, there) = (words(&filled), words(&there));
        let differ = join(differences(differences(here, self.mask, self.words), there, [0; SEEN / 8]));
        (differ == 0 && !beginning.is_empty() && beginning.len() < self.extent.total)
            .then_some((self.extent, beginning.len() >= self.decisive.end))
    }

    /// The extent of the frame of which `beginning` came before `rest`, if its head is the one known.
    pub(crate) fn resumed(&self, beginning: &[u8], rest: &[u8]) -> Option<Extent> {
        let mut joined = [0; SEEN];
        let (first, second) = joined.split_at_mut_checked(beginning.len())?;
        first.copy_from_slice(beginning);
        second.copy_from_slice(rest.get(..second.len())?);
        self.extent(&joined).map(|(extent, _)| extent)
    }

    /// Takes note of a frame at the start of `view` whose extent was read in its bytes `decisive` alone.
    #[inline(always)]
    pub(crate) fn note(
        &mut self,
        view: &[u8],
        extent: &Extent,
        header: Range<usize>,
        decisive: Range<usize>,
    ) {
        if extent.total == self.before {
            self.remember(view, extent, header, decisive);
        }
        self.before = extent.total;
    }

    #[inline(never)]
    fn remember(&mut self, view: &[u8], extent: &Extent, header: Range<usize>, decisive: Range<usize>) {
        let Some(first) = view.first_chunk().filter(|_| decisive.end <= SEEN) else { return };
        let mut mask = [0; SEEN];
        if let Some(decisive) = mask.get_mut(decisive.clone()) {
            decisive.fill(0xff);
        }
        self.mask = words(&mask);
        let here = words(first);
        self.words = differences(here, self.mask, [0; SEEN / 8]);
        (self.extent, self.header, self.decisive) = (*extent, header, decisive);
    }
}

// Each word is named, as the page is compiled without any loop unrolled or turned into vectors.

#[inline(always)]
fn words(bytes: &[u8; SEEN]) -> [u64; SEEN / 8] {
    let [a, b, c, d] = bytes.as_chunks().0 else { return [0; SEEN / 8] };
    [u64::from_le_bytes(*a), u64::from_le_bytes(*b), u64::from_le_bytes(*c), u64::from_le_bytes(*d)]
}

/// The bits of `here` under `mask` that are others than in `known`.
#[inline(always)]
fn differences(
    [a, b, c, d]: [u64; SEEN / 8],
    mask: [u64; SEEN / 8],
    known: [u64; SEEN / 8],
) -> [u64; SEEN / 8] {
    [a & mask[0] ^ known[0], b & mask[1] ^ known[1], c & mask[2] ^ known[2], d & mask[3] ^ known[3]]
}

/// All bits of all words.
#[inline(always)]
fn join([a, b, c, d]: [u64; SEEN / 8]) -> u64 {
    a | b | c | d
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { head: 4, start: 4, end: 40, total: 40 };

    #[test]
    fn a_head_is_known_once_its_size_came_twice() {
        let mut view = [7; 40];
        let mut again = Again::new();
        for known in [false, false, true] {
            assert_eq!(again.extent(&view).is_some(), known);
            again.note(&view, &EXTENT, 0..2, 2..4);
        }
        assert_eq!(again.extent(&view), Some((EXTENT, 0..2)));
        view[1] = 8;
        view[4] = 8;
        assert!(again.extent(&view).is_some(), "only what decides is compared");
        for decisive in [2, 3] {
            view[decisive] ^= 1;
            assert!(again.extent(&view).is_none());
            view[decisive] ^= 1;
        }
        assert!(again.extent(&view[..SEEN - 1]).is_none(), "too few bytes to compare");
    }

    #[test]
    fn a_head_is_known_in_two_pieces() {
        let head: [u8; SEEN] = std::array::from_fn(|i| i as u8);
        let mut again = Again::new();
        for cut in 0..=SEEN {
            assert_eq!(again.begun(&head[..cut]), None, "nothing is known yet");
            assert_eq!(again.resumed(&head[..cut], &head[cut..]), None);
        }
        for _ in 0..2 {
            again.note(&head, &EXTENT, 0..2, 2..4);
        }
        for cut in 0..=SEEN {
            assert_eq!(again.begun(&head[..cut]), (cut > 0).then_some((EXTENT, cut >= 4)));
            assert_eq!(again.resumed(&head[..cut], &head[cut..]), Some(EXTENT));
            assert_eq!(again.resumed(&head[..cut.min(SEEN - 1)], &[]), None, "too few bytes");
        }
        for wrong in 0..SEEN {
            let mut other = head;
            other[wrong] ^= 1;
            let differs = (2..4).contains(&wrong);
            for cut in 1..=SEEN {
                assert_eq!(again.begun(&other[..cut]).is_none(), differs && wrong < cut);
                assert_eq!(again.resumed(&other[..cut], &other[cut..]).is_none(), differs);
            }
        }
        assert_eq!(again.begun(&[0; SEEN + 1]), None, "long enough to be compared whole");
    }

    #[test]
    fn nothing_fits_before_something_was_seen_nor_where_a_head_is_too_long() {
        let mut again = Again::new();
        for view in [[0; 40], [1; 40], [255; 40]] {
            assert!(again.extent(&view).is_none());
        }
        for _ in 0..3 {
            again.note(&[0; 40], &EXTENT, 0..0, 0..SEEN + 1);
        }
        assert!(again.extent(&[0; 40]).is_none());
    }
}
