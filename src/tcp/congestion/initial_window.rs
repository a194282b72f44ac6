//! How much may be sent before the first ACK: RFC 3390, RFC 5681 section 3.1, RFC 6928.

use crate::rule::Rule;

/// How many segments the first flight holds (the initial window).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialWindow {
    /// This many segments, and where that is 10, no more than max(2 SMSS, 14600) octets (RFC 6928 section 2).
    Rfc6928(u32),
    /// min(4 SMSS, max(2 SMSS, 4380 octets)) (RFC 3390, RFC 5681 section 3.1).
    Rfc3390,
    /// Exactly this many segments.
    Segments(u32),
}

impl InitialWindow {
    /// Its size in octets for segments of `smss` octets; at least one segment.
    #[inline]
    pub fn octets(self, smss: u32) -> u32 {
        let smss = u64::from(smss);
        let octets = match self {
            // RFC 6928 section 2, equation 1: min (10*MSS, max (2*MSS, 14600)); 1460 for each segment
            InitialWindow::Rfc6928(n) => (u64::from(n) * smss).min((2 * smss).max(1_460 * u64::from(n))),
            // RFC 3390 section 1, equation 1
            InitialWindow::Rfc3390 => (4 * smss).min((2 * smss).max(4_380)),
            InitialWindow::Segments(n) => u64::from(n) * smss,
        };
        let most = super::MAX_WINDOW.into();
        u32::try_from(octets.clamp(smss.min(most), most)).unwrap_or(super::MAX_WINDOW)
    }

    /// The rule to cite.
    pub fn rule(self) -> Rule {
        match self {
            InitialWindow::Rfc3390 => Rule::SlowStart,
            _ => Rule::InitialWindow,
        }
    }
}
