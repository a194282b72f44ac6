//! Which congestion control, and how it is set.

use super::InitialWindow;

/// Which congestion control steers a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CongestionAlgorithm {
    /// None: only the peer's window limits the sender. For figures; no network should see it.
    None,
    /// Reno (RFC 5681).
    Reno,
    /// CUBIC (RFC 9438).
    Cubic,
}

/// What becomes of a congestion window that the sender does not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowValidation {
    /// It stays.
    Off,
    /// After an idle time longer than the RTO it falls back to the initial window (RFC 5681 section 4.1).
    RestartAfterIdle,
    /// It is kept for a while, does not grow, and on loss falls back to what was really in use (RFC 7661).
    Rfc7661,
}

/// Settings of congestion control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CongestionConfig {
    /// The algorithm.
    pub algorithm: CongestionAlgorithm,
    /// The window at the start.
    pub initial_window: InitialWindow,
    /// ssthresh at the start, in octets; `None`: as high as can be (RFC 5681 section 3.1).
    pub initial_ssthresh: Option<u32>,
    /// L: in slow start one ACK counts for at most this many segments (RFC 5681: 1; RFC 3465: 2; RFC 9406: 8 without
    /// pacing); `None`: no limit, as Linux.
    pub slow_start_limit: Option<u32>,
    /// HyStart++ in the first slow start (RFC 9406).
    pub hystart: bool,
    /// CUBIC's fast convergence (RFC 9438 section 4.7).
    pub fast_convergence: bool,
    /// What becomes of an unused window.
    pub validation: WindowValidation,
}

impl CongestionConfig {
    /// As Linux: CUBIC, ten segments, HyStart++ for its HyStart.
    pub const fn linux() -> Self {
        CongestionConfig {
            algorithm: CongestionAlgorithm::Cubic,
            initial_window: InitialWindow::Segments(10),
            initial_ssthresh: None,
            slow_start_limit: None,
            hystart: true,
            fast_convergence: true,
            validation: WindowValidation::RestartAfterIdle,
        }
    }

    /// RFC 5681, 6928 and 7661: Reno.
    pub const fn rfc() -> Self {
        CongestionConfig {
            algorithm: CongestionAlgorithm::Reno,
            initial_window: InitialWindow::Rfc6928(10),
            slow_start_limit: Some(1),
            validation: WindowValidation::Rfc7661,
            ..CongestionConfig::linux()
        }
    }

    /// The textbook's: Reno from one segment.
    pub const fn textbook() -> Self {
        CongestionConfig {
            initial_window: InitialWindow::Segments(1),
            hystart: false,
            validation: WindowValidation::Off,
            ..CongestionConfig::rfc()
        }
    }
}
