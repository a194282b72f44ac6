//! How much may be sent before the first ACK: RFC 5681 section 3.1, RFC 3390, RFC 6928.

use crate::rule::Rule;

/// The initial window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialWindow {
    /// min (10*SMSS, max (2*SMSS, 14600)) octets (RFC 6928 section 2).
    Rfc6928,
    /// 2, 3 or 4 segments by their size (RFC 5681 section 3.1).
    Rfc5681,
    /// Exactly this many segments (Linux: 10).
    Segments(u32),
}

impl InitialWindow {
    /// Its size in octets for segments of `smss` octets; at least one segment.
    pub fn octets(self, smss: u32) -> u32 {
        let smss64 = u64::from(smss);
        let octets = match self {
            // RFC 6928 section 2, equation 1
            InitialWindow::Rfc6928 => (10 * smss64).min((2 * smss64).max(14_600)),
            // RFC 5681 section 3.1: SMSS > 2190: 2 segments; > 1095: 3; else 4
            InitialWindow::Rfc5681 if smss > 2190 => 2 * smss64,
            InitialWindow::Rfc5681 if smss > 1095 => 3 * smss64,
            InitialWindow::Rfc5681 => 4 * smss64,
            InitialWindow::Segments(n) => u64::from(n) * smss64,
        };
        u32::try_from(octets.clamp(smss64, super::MAX_WINDOW.into())).unwrap_or(super::MAX_WINDOW)
    }

    /// The rule to cite.
    pub fn rule(self) -> Rule {
        match self {
            InitialWindow::Rfc5681 => Rule::SlowStart,
            _ => Rule::InitialWindow,
        }
    }
}
