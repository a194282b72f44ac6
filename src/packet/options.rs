//! TCP options (RFC 9293 section 3.1, RFC 7323, RFC 2018): a flat value and its layouts on the wire.

use crate::seq::SeqNumber;

/// Octets there is room for in a TCP header.
pub(super) const MAX_LEN: usize = 40;

const END: u8 = 0;
const NOP: u8 = 1;
const MSS: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMPS: u8 = 8;

/// The options of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpOptions {
    /// Maximum segment size in octets (kind 2).
    pub mss: Option<u16>,
    /// Window scale: the shift count as it stood on the wire, not yet limited to 14 (kind 3, RFC 7323 section 2.2).
    pub window_scale: Option<u8>,
    /// SACK-permitted (kind 4, RFC 2018 section 2).
    pub sack_permitted: bool,
    /// SACK blocks (kind 5, RFC 2018 section 3).
    pub sack: SackBlocks,
    /// TSval and TSecr (kind 8, RFC 7323 section 3.2).
    pub timestamps: Option<(u32, u32)>,
    /// How many options of other kinds were there; they are skipped by their length.
    pub unknown: u8,
    /// The first thing wrong with the options, if anything was.
    pub problem: Option<OptionProblem>,
}

/// Up to four blocks of received data, in the order of the wire (RFC 2018 section 4: the newest first).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SackBlocks {
    blocks: [(SeqNumber, SeqNumber); SackBlocks::MAX],
    len: u8,
}

impl SackBlocks {
    /// As many as fit into a header.
    pub const MAX: usize = 4;

    /// Adds a block from `left` (first octet) to `right` (one past the last octet); false when there is no room left.
    pub fn push(&mut self, left: SeqNumber, right: SeqNumber) -> bool {
        match self.blocks.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = (left, right);
                self.len += 1;
                true
            }
            None => false,
        }
    }

    /// The blocks: left edge and right edge (one past the last octet).
    pub fn as_slice(&self) -> &[(SeqNumber, SeqNumber)] {
        self.blocks.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// True without blocks.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Keeps the first `len` blocks.
    pub fn truncate(&mut self, len: usize) {
        for block in self.blocks.iter_mut().skip(len) {
            *block = Default::default(); // so that equality sees only the blocks
        }
        self.len = self.len.min(len.min(SackBlocks::MAX) as u8);
    }
}

/// An option that cannot be what it says (RFC 9293 section 3.1, MUST-7: it must not crash anybody).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OptionProblem {
    /// The option's kind.
    pub kind: u8,
    /// Its length octet; `None` where the options end before it.
    pub length: Option<u8>,
    /// Where it begins, in octets from the first option.
    pub offset: u8,
}

/// In which order and alignment options stand on the wire: what fingerprints a system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OptionLayout {
    /// Linux: MSS, SACK-permitted, timestamps, NOP, window scale; SACK-permitted fills the place of the two NOPs that
    /// align the timestamps.
    #[default]
    Linux,
    /// Windows: MSS, NOP, window scale, then timestamps and SACK-permitted behind two NOPs each.
    Windows,
    /// macOS and the BSDs: MSS, NOP, window scale, two NOPs, timestamps, SACK-permitted, end of list.
    Bsd,
    /// One option after the other by kind, no NOPs, end of list and zeros behind: what a textbook draws.
    Plain,
}

impl TcpOptions {
    /// Reads the option octets of a header.
    ///
    /// Never fails: RFC 9293 section 3.1 wants options understood in any segment (MUST-5), unknown ones skipped
    /// (MUST-6, each has a length: MUST-68), illegal lengths survived (MUST-7), any alignment accepted (MUST-64). What
    /// is wrong is told in [`TcpOptions::problem`]. Of an option that comes twice the last counts, as in Linux.
    pub fn parse(octets: &[u8]) -> TcpOptions {
        let mut options = TcpOptions::default();
        options.read(octets);
        options
    }

    /// As [`TcpOptions::parse`], into options that are none yet, where they lie.
    pub(super) fn read(&mut self, octets: &[u8]) {
        if let &[NOP, NOP, TIMESTAMPS, 10, a, b, c, d, e, f, g, h] = octets {
            // RFC 7323 appendix A: what nearly every segment carries.
            self.timestamps = Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])));
            return;
        }
        let mut rest = octets;
        while let [kind, tail @ ..] = rest {
            let offset = (octets.len() - rest.len()) as u8;
            match *kind {
                END => break,
                NOP => {
                    rest = tail;
                    continue;
                }
                _ => {}
            }
            let length = tail.first().copied();
            let mut problem = || {
                self.problem.get_or_insert(OptionProblem { kind: *kind, length, offset });
            };
            // RFC 9293 section 3.1, MUST-7: without a usable length nothing behind this option can be found.
            let Some(option) = length.filter(|&n| n >= 2).and_then(|n| rest.get(..n.into())) else {
                problem();
                break;
            };
            match (*kind, option) {
                (MSS, &[_, _, a, b]) => self.mss = Some(u16::from_be_bytes([a, b])),
                (WINDOW_SCALE, &[_, _, shift]) => self.window_scale = Some(shift),
                (SACK_PERMITTED, &[_, _]) => self.sack_permitted = true,
                (SACK, [_, _, edges @ ..]) if matches!(edges.len(), 8 | 16 | 24 | 32) => {
                    self.sack = SackBlocks::default();
                    let (blocks, _) = edges.as_chunks::<8>();
                    for &[a, b, c, d, e, f, g, h] in blocks {
                        let left = SeqNumber(u32::from_be_bytes([a, b, c, d]));
                        self.sack.push(left, SeqNumber(u32::from_be_bytes([e, f, g, h])));
                    }
                }
                (TIMESTAMPS, &[_, _, a, b, c, d, e, f, g, h]) => {
                    let echo = u32::from_be_bytes([e, f, g, h]);
                    self.timestamps = Some((u32::from_be_bytes([a, b, c, d]), echo));
                }
                (MSS | WINDOW_SCALE | SACK_PERMITTED | SACK | TIMESTAMPS, _) => problem(),
                _ => self.unknown = self.unknown.saturating_add(1),
            }
            rest = rest.get(option.len()..).unwrap_or(&[]);
        }
    }

    /// Octets these options take in `layout`, padding included: a multiple of 4, at most 40.
    pub fn len(&self, layout: OptionLayout) -> usize {
        self.write(layout).1
    }

    /// True without any option to send.
    pub const fn is_empty(&self) -> bool {
        self.mss.is_none()
            && self.window_scale.is_none()
            && !self.sack_permitted
            && self.sack.is_empty()
            && self.timestamps.is_none()
    }

    /// The octets and how many of them count.
    pub(super) fn write(&self, layout: OptionLayout) -> ([u8; MAX_LEN], usize) {
        let mut octets = [0; MAX_LEN];
        let len = self.write_to(layout, &mut octets);
        (octets, len)
    }

    /// Writes the octets where they are to lie, and anything behind them; returns how many count. SACK blocks that do not fit are
    /// left out, the last first.
    #[inline]
    pub(super) fn write_to(&self, layout: OptionLayout, octets: &mut [u8; MAX_LEN]) -> usize {
        let Some((value, echo)) = self.timestamps.filter(|_| self.has_timestamps_alone(layout)) else {
            return self.write_any(layout, octets);
        };
        // RFC 7323 appendix A.
        octets[..4].copy_from_slice(&[NOP, NOP, TIMESTAMPS, 10]);
        octets[4..8].copy_from_slice(&value.to_be_bytes());
        octets[8..12].copy_from_slice(&echo.to_be_bytes());
        12
    }

    /// Timestamps and nothing else, aligned.
    #[inline]
    fn has_timestamps_alone(&self, layout: OptionLayout) -> bool {
        let of_syn = self.mss.is_some() || self.window_scale.is_some() || self.sack_permitted;
        layout != OptionLayout::Plain && !of_syn && self.sack.is_empty()
    }

    fn write_any(&self, layout: OptionLayout, octets: &mut [u8; MAX_LEN]) -> usize {
        octets.fill(0);
        let mut w = Writer { octets, len: 0 };
        if self.is_empty() {
            return 0;
        }
        if let Some(mss) = self.mss {
            let [a, b] = mss.to_be_bytes();
            w.put(&[MSS, 4, a, b]);
        }
        let scale = |w: &mut Writer<'_>, pad: bool| {
            if let Some(shift) = self.window_scale {
                w.put_padded(usize::from(pad), &[WINDOW_SCALE, 3, shift]);
            }
        };
        let permitted = |w: &mut Writer<'_>, pad: usize| {
            if self.sack_permitted {
                w.put_padded(pad, &[SACK_PERMITTED, 2]);
            }
        };
        let timestamps = |w: &mut Writer<'_>, pad: usize| {
            if let Some((value, echo)) = self.timestamps {
                let ([a, b, c, d], [e, f, g, h]) = (value.to_be_bytes(), echo.to_be_bytes());
                w.put_padded(pad, &[TIMESTAMPS, 10, a, b, c, d, e, f, g, h]);
            }
        };
        match layout {
            OptionLayout::Linux => {
                permitted(&mut w, if self.timestamps.is_some() { 0 } else { 2 });
                timestamps(&mut w, if self.sack_permitted { 0 } else { 2 });
                scale(&mut w, true);
            }
            OptionLayout::Windows => {
                scale(&mut w, true);
                timestamps(&mut w, 2);
                permitted(&mut w, 2);
            }
            OptionLayout::Bsd => {
                scale(&mut w, true);
                timestamps(&mut w, 2);
                permitted(&mut w, 0);
            }
            OptionLayout::Plain => {
                scale(&mut w, false);
                permitted(&mut w, 0);
            }
        }
        let pad = if layout == OptionLayout::Plain { 0 } else { 2 };
        // By kind, SACK (5) stands before the timestamps (8): leave them their room.
        let reserve = if layout == OptionLayout::Plain && self.timestamps.is_some() { 10 } else { 0 };
        let room = (MAX_LEN - w.len).saturating_sub(reserve + pad + 2) / 8;
        let blocks = self.sack.as_slice();
        let blocks = blocks.get(..room).unwrap_or(blocks);
        if !blocks.is_empty() {
            w.put_padded(pad, &[SACK, 2 + 8 * blocks.len() as u8]);
            for (left, right) in blocks {
                w.put(&left.0.to_be_bytes());
                w.put(&right.0.to_be_bytes());
            }
        }
        if layout == OptionLayout::Plain {
            timestamps(&mut w, 0);
        }
        // RFC 9293 section 3.1, MUST-69: the header is padded with zeros (the octet 0 is "end of option list").
        w.len.next_multiple_of(4)
    }
}

struct Writer<'a> {
    octets: &'a mut [u8; MAX_LEN],
    len: usize,
}

impl Writer<'_> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        if let Some(room) = self.octets.get_mut(self.len..self.len + octets.len()) {
            room.copy_from_slice(octets);
            self.len += octets.len();
        }
    }

    fn put_padded(&mut self, nops: usize, octets: &[u8]) {
        if self.len + nops + octets.len() <= MAX_LEN {
            (0..nops).for_each(|_| self.put(&[NOP]));
            self.put(octets);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn syn() -> TcpOptions {
        TcpOptions {
            mss: Some(1460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some((1, 2)),
            ..Default::default()
        }
    }

    fn octets(options: TcpOptions, layout: OptionLayout) -> Vec<u8> {
        let (octets, len) = options.write(layout);
        octets[..len].to_vec()
    }

    #[test]
    fn each_layout_is_what_its_system_sends() {
        let ts = [8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        let (mss, ws) = ([2, 4, 5, 180], [3, 3, 7]);
        let cases = [
            (OptionLayout::Linux, [&mss[..], &[4, 2], &ts, &[1], &ws].concat()),
            (OptionLayout::Windows, [&mss[..], &[1], &ws, &[1, 1], &ts, &[1, 1, 4, 2]].concat()),
            (OptionLayout::Bsd, [&mss[..], &[1], &ws, &[1, 1], &ts, &[4, 2, 0, 0]].concat()),
            (OptionLayout::Plain, [&mss[..], &ws, &[4, 2], &ts, &[0]].concat()),
        ];
        for (layout, wire) in cases {
            assert_eq!(octets(syn(), layout), wire, "{layout:?}");
            assert_eq!(syn().len(layout), wire.len());
        }
        let ack = TcpOptions { timestamps: Some((1, 2)), ..Default::default() };
        for layout in [OptionLayout::Linux, OptionLayout::Windows, OptionLayout::Bsd] {
            assert_eq!(octets(ack, layout), [&[1, 1][..], &ts].concat(), "{layout:?}");
        }
        assert_eq!(octets(ack, OptionLayout::Plain), [&ts[..], &[0, 0]].concat());
        let no_ts = TcpOptions { timestamps: None, ..syn() };
        assert_eq!(octets(no_ts, OptionLayout::Linux), [&mss[..], &[1, 1, 4, 2, 1], &ws].concat());
    }

    #[test]
    fn three_sack_blocks_fit_beside_timestamps_and_four_without() {
        let mut options = TcpOptions { timestamps: Some((9, 9)), ..Default::default() };
        for i in 0..4 {
            assert!(options.sack.push(SeqNumber(i * 10), SeqNumber(i * 10 + 5)));
        }
        assert!(!options.sack.push(SeqNumber(0), SeqNumber(1)));
        for layout in [OptionLayout::Linux, OptionLayout::Windows, OptionLayout::Bsd, OptionLayout::Plain] {
            let back = TcpOptions::parse(&octets(options, layout));
            assert_eq!(back.sack.as_slice(), &options.sack.as_slice()[..3], "{layout:?}");
            assert_eq!(back.timestamps, options.timestamps);
            let alone = TcpOptions { timestamps: None, ..options };
            assert_eq!(TcpOptions::parse(&octets(alone, layout)), alone);
        }
    }

    #[test]
    fn illegal_lengths_are_survived_and_told() {
        let problem = |octets: &[u8]| TcpOptions::parse(octets).problem;
        let told = |kind, length, offset| Some(OptionProblem { kind, length, offset });
        assert_eq!(problem(&[1, 2]), told(2, None, 1));
        assert_eq!(problem(&[2, 0, 5, 180]), told(2, Some(0), 0));
        assert_eq!(problem(&[2, 1, 5, 180]), told(2, Some(1), 0));
        assert_eq!(problem(&[254, 5, 0, 0]), told(254, Some(5), 0));
        assert_eq!(problem(&[5, 2, 0, 0]), told(5, Some(2), 0));
        // A wrong length of a known kind is stepped over, and what follows is understood.
        let options = TcpOptions::parse(&[2, 3, 9, 1, 3, 3, 4]);
        assert_eq!(
            (options.mss, options.window_scale, options.problem),
            (None, Some(4), told(2, Some(3), 0))
        );
    }

    #[test]
    fn unknown_options_are_skipped_and_alignment_does_not_matter() {
        let options = TcpOptions::parse(&[1, 253, 4, 2, 4, 254, 2, 2, 4, 5, 180, 0, 99, 99]);
        assert_eq!((options.mss, options.unknown, options.problem), (Some(1460), 2, None));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
            let options = TcpOptions::parse(&octets);
            // What was understood can be said again, in every layout that has room for it.
            let again = TcpOptions::parse(&options.write(OptionLayout::Plain).0);
            prop_assert_eq!(again.problem, None);
        }

        #[test]
        fn options_come_back(mss: Option<u16>, window_scale: Option<u8>, sack_permitted: bool, timestamps: Option<(u32, u32)>,
                             layout in prop_oneof![Just(OptionLayout::Linux), Just(OptionLayout::Windows), Just(OptionLayout::Bsd), Just(OptionLayout::Plain)]) {
            let options = TcpOptions { mss, window_scale, sack_permitted, timestamps, ..Default::default() };
            let wire = octets(options, layout);
            prop_assert_eq!(wire.len() % 4, 0);
            prop_assert_eq!(TcpOptions::parse(&wire), options);
        }
    }
}
