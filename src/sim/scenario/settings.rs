//! TCP settings of a host.

use serde::{Deserialize, Serialize};

use crate::sim::units::{Size, Span, Switch};

/// A set of defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Small numbers, no options, relative sequence numbers.
    #[default]
    Textbook,
    /// As Linux does.
    Linux,
    /// As the RFCs recommend.
    Rfc,
}

/// Congestion control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Congestion {
    /// None: the window is the receiver's alone.
    None,
    /// NewReno (RFC 5681, RFC 6582).
    Reno,
    /// CUBIC (RFC 9438).
    Cubic,
}

/// A rule to break on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Break {
    /// The server is ESTABLISHED as soon as the SYN is there.
    TwoWayHandshake,
    /// The side that closes first is CLOSED without waiting for 2 MSL.
    NoTimeWait,
    /// Nothing is ever sent again.
    NoRetransmission,
    /// ACK and FIN never share a segment.
    NeverMergeAckAndFin,
    /// Data and acknowledgment never share a segment.
    NeverPiggyback,
    /// Out-of-order segments are thrown away.
    NoReassemblyQueue,
    /// The peer's window is ignored.
    IgnorePeerWindow,
    /// A zero window is never probed.
    NoWindowProbe,
    /// The RTO does not double.
    NoBackoff,
    /// The RTT is measured from retransmitted segments too.
    NoKarn,
}

/// The initial sequence number: a number, `"random"` (from the seed).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum InitialSequence {
    /// Drawn from the scenario's seed (RFC 6528's hash in its place).
    Random,
    /// This one.
    #[serde(untagged)]
    Fixed(u32),
}

/// What a host's TCP does; a missing setting is as the preset has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TcpSettings {
    /// The defaults to start from; `textbook` when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// Maximum segment size in octets; from the MTU when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u16>,
    /// Room of the send buffer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_buffer: Option<Size>,
    /// Room of the receive buffer; the window is what is free of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receive_buffer: Option<Size>,
    /// Nagle's algorithm (RFC 896).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nagle: Option<bool>,
    /// How long an acknowledgment may wait, or `"off"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed_ack: Option<Switch<Span>>,
    /// How many segments are acknowledged at once at the start of a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quick_acks: Option<u32>,
    /// Window scaling (RFC 7323).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_scale: Option<bool>,
    /// Selective acknowledgment (RFC 2018).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sack: Option<bool>,
    /// Timestamps (RFC 7323).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamps: Option<bool>,
    /// Explicit congestion notification (RFC 3168).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecn: Option<bool>,
    /// Silly-window avoidance on both sides (RFC 9293 section 3.8.6.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sws_avoidance: Option<bool>,
    /// Congestion control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub congestion: Option<Congestion>,
    /// Initial congestion window in segments (RFC 6928).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_window: Option<u32>,
    /// Retransmission time-out before the first measurement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_rto: Option<Span>,
    /// Shortest retransmission time-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rto: Option<Span>,
    /// Longest retransmission time-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rto: Option<Span>,
    /// How often a SYN is sent again before connect() fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub syn_retries: Option<u32>,
    /// How often a segment is sent again before the connection fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Fast retransmit after three duplicate acknowledgments (RFC 5681).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fast_retransmit: Option<bool>,
    /// Tail loss probe and RACK (RFC 8985).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<bool>,
    /// Length of TIME-WAIT (2 MSL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_wait: Option<Span>,
    /// Initial sequence number: a number or `"random"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isn: Option<InitialSequence>,
    /// Idle time before the first keep-alive probe, where SO_KEEPALIVE is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive_idle: Option<Span>,
    /// Time between keep-alive probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive_interval: Option<Span>,
    /// Unanswered keep-alive probes before the connection fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive_count: Option<u32>,
    /// How long data may stay unacknowledged before the connection fails (RFC 5482).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_timeout: Option<Span>,
    /// Rules to break on purpose.
    #[serde(default, rename = "break", skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Break>,
}

impl TcpSettings {
    /// These settings, with `base`'s where they have none. Rules broken in either are broken.
    pub fn over(&self, base: &TcpSettings) -> TcpSettings {
        let mut breaks = base.breaks.clone();
        breaks.extend(self.breaks.iter().filter(|b| !base.breaks.contains(b)));
        macro_rules! merged {
            ($($field:ident),* $(,)?) => {
                TcpSettings { breaks, $($field: self.$field.or(base.$field),)* }
            };
        }
        merged!(
            preset,
            mss,
            send_buffer,
            receive_buffer,
            nagle,
            delayed_ack,
            quick_acks,
            window_scale,
            sack,
            timestamps,
            ecn,
            sws_avoidance,
            congestion,
            initial_window,
            initial_rto,
            min_rto,
            max_rto,
            syn_retries,
            retries,
            fast_retransmit,
            rack,
            time_wait,
            isn,
            keep_alive_idle,
            keep_alive_interval,
            keep_alive_count,
            user_timeout,
        )
    }
}
