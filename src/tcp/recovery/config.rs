//! What loss recovery does and does not do.

use crate::tcp::congestion::CongestionConfig;
use crate::tcp::rtt::RttConfig;
use crate::time::Duration;

/// What a sender without SACK does at the third duplicate ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FastRecovery {
    /// Nothing: only the retransmission timer repairs losses.
    Off,
    /// Fast retransmit, then slow start from one segment (4.3BSD-Tahoe).
    Tahoe,
    /// Fast recovery until the first ACK of new data (RFC 5681 section 3.2).
    Reno,
    /// Fast recovery until all that was outstanding is acknowledged (RFC 6582).
    NewReno,
}

/// Settings of loss recovery. SACK itself is negotiated: see [`Recovery::on_established`](super::Recovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryConfig {
    /// RTT estimation and RTO.
    pub rtt: RttConfig,
    /// Congestion control.
    pub congestion: CongestionConfig,
    /// Fast retransmit and fast recovery. With SACK, `Reno` and `NewReno` are both the recovery of RFC 6675.
    pub fast_recovery: FastRecovery,
    /// DupThresh: how many duplicate ACKs mean loss (RFC 5681 section 3.2: 3).
    pub dup_thresh: u32,
    /// Limited transmit (RFC 3042).
    pub limited_transmit: bool,
    /// Proportional rate reduction (RFC 9937, which obsoletes RFC 6937); needs SACK.
    pub prr: bool,
    /// RACK loss detection (RFC 8985); needs SACK.
    pub rack: bool,
    /// Tail loss probes (RFC 8985 section 7); need RACK (section 4).
    pub tail_loss_probe: bool,
    /// The longest delay of an ACK to expect from the peer, in the time-out of a probe (RFC 8985 section 7.2).
    pub max_ack_delay: Duration,
    /// Detection of spurious time-outs (RFC 5682); needs SACK.
    pub frto: bool,
    /// Forget SACK information at a time-out (RFC 2018 section 8). Else it is kept unless the receiver is seen to
    /// renege, as RFC 6675 section 5.1 permits.
    pub expunge_at_timeout: bool,
    /// How many separate SACKed ranges the scoreboard keeps at most.
    pub max_sack_ranges: usize,
    /// One tick of our timestamp clock: how exact a round trip measured from timestamps is.
    pub timestamp_tick: Duration,
    /// Broken on purpose when false: segments that were retransmitted are measured too (RFC 6298 section 3).
    pub karn: bool,
    /// Broken on purpose when false: the RTO does not double (RFC 6298 section 5.5).
    pub backoff: bool,
}

impl RecoveryConfig {
    /// As Linux: everything on.
    pub const fn linux() -> Self {
        RecoveryConfig {
            rtt: RttConfig::linux(),
            congestion: CongestionConfig::linux(),
            fast_recovery: FastRecovery::NewReno,
            dup_thresh: 3,
            limited_transmit: true,
            prr: true,
            rack: true,
            tail_loss_probe: true,
            max_ack_delay: Duration::from_millis(200),
            frto: true,
            expunge_at_timeout: false,
            max_sack_ranges: 4096,
            timestamp_tick: Duration::from_millis(1),
            karn: true,
            backoff: true,
        }
    }

    /// The standards-track RFCs to the letter, RFC 6675 instead of RACK.
    pub const fn rfc() -> Self {
        RecoveryConfig {
            rtt: RttConfig::rfc(),
            congestion: CongestionConfig::rfc(),
            rack: false,
            tail_loss_probe: false,
            frto: false,
            expunge_at_timeout: true,
            ..RecoveryConfig::linux()
        }
    }

    /// The textbook's: Reno from one segment, three duplicate ACKs, nothing newer.
    pub const fn textbook() -> Self {
        RecoveryConfig {
            congestion: CongestionConfig::textbook(),
            limited_transmit: false,
            prr: false,
            ..RecoveryConfig::rfc()
        }
    }
}
