//! TCP settings of a host.

use super::json::Json;
use super::node::{Blank, Node, allowed, blank_is_default, names, object};
use crate::sim::error::Flaw;
use crate::sim::locate::Path;
use crate::sim::units::{Size, Span, Switch};

/// A set of defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum Preset {
    /// Small numbers, no options, relative sequence numbers.
    #[default]
    Textbook,
    /// As Linux does.
    Linux,
    /// As the RFCs recommend.
    Rfc,
}

names!(Preset { Textbook = "textbook", Linux = "linux", Rfc = "rfc" });

/// Congestion control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum Congestion {
    /// None: the window is the receiver's alone.
    None,
    /// NewReno (RFC 5681, RFC 6582).
    Reno,
    /// CUBIC (RFC 9438).
    Cubic,
}

names!(Congestion { None = "none", Reno = "reno", Cubic = "cubic" });

/// A rule to break on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
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

names!(Break {
    TwoWayHandshake = "two-way-handshake", NoTimeWait = "no-time-wait",
    NoRetransmission = "no-retransmission", NeverMergeAckAndFin = "never-merge-ack-and-fin",
    NeverPiggyback = "never-piggyback", NoReassemblyQueue = "no-reassembly-queue",
    IgnorePeerWindow = "ignore-peer-window", NoWindowProbe = "no-window-probe", NoBackoff = "no-backoff",
    NoKarn = "no-karn",
});

/// The initial sequence number: a number, `"random"` (from the seed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum InitialSequence {
    /// Drawn from the scenario's seed (RFC 6528's hash in its place).
    Random,
    /// This one.
    #[cfg_attr(feature = "schema", schemars(untagged))]
    Fixed(u32),
}

impl Blank for InitialSequence {
    fn blank() -> Self {
        InitialSequence::Random
    }
}

impl Node for InitialSequence {
    fn read(&mut self, json: &Json, at: &mut Path) -> Result<(), Flaw> {
        *self = match json {
            Json::Text(text) if text == "random" => Some(InitialSequence::Random),
            Json::Whole(number) => u32::try_from(*number).ok().map(InitialSequence::Fixed),
            _ => None,
        }
        .ok_or_else(|| {
            allowed(
                at,
                "\"random\" or a whole number from 0 to 4294967295",
                "\"random\"，或 0 到 4294967295 的整数",
            )
        })?;
        Ok(())
    }
    fn json(&mut self) -> Json {
        match self {
            InitialSequence::Random => Json::Text("random".to_owned()),
            InitialSequence::Fixed(number) => Json::Whole(u64::from(*number)),
        }
    }
}

/// What a host's TCP does; a missing setting is as the preset has it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct TcpSettings {
    /// The defaults to start from; `textbook` when missing.
    pub preset: Option<Preset>,
    /// Maximum segment size in octets; from the MTU when missing.
    pub mss: Option<u16>,
    /// Room of the send buffer.
    pub send_buffer: Option<Size>,
    /// Room of the receive buffer; the window is what is free of it.
    pub receive_buffer: Option<Size>,
    /// Nagle's algorithm (RFC 896).
    pub nagle: Option<bool>,
    /// How long an acknowledgment may wait, or `"off"`.
    pub delayed_ack: Option<Switch<Span>>,
    /// How many segments are acknowledged at once at the start of a connection.
    pub quick_acks: Option<u32>,
    /// Window scaling (RFC 7323).
    pub window_scale: Option<bool>,
    /// Selective acknowledgment (RFC 2018).
    pub sack: Option<bool>,
    /// Timestamps (RFC 7323).
    pub timestamps: Option<bool>,
    /// Explicit congestion notification (RFC 3168).
    pub ecn: Option<bool>,
    /// Silly-window avoidance on both sides (RFC 9293 section 3.8.6.2).
    pub sws_avoidance: Option<bool>,
    /// Congestion control.
    pub congestion: Option<Congestion>,
    /// Initial congestion window in segments (RFC 6928).
    pub initial_window: Option<u32>,
    /// Retransmission time-out before the first measurement.
    pub initial_rto: Option<Span>,
    /// Shortest retransmission time-out.
    pub min_rto: Option<Span>,
    /// Longest retransmission time-out.
    pub max_rto: Option<Span>,
    /// How often a SYN is sent again before connect() fails.
    pub syn_retries: Option<u32>,
    /// How often a segment is sent again before the connection fails.
    pub retries: Option<u32>,
    /// Fast retransmit after three duplicate acknowledgments (RFC 5681).
    pub fast_retransmit: Option<bool>,
    /// Tail loss probe and RACK (RFC 8985).
    pub rack: Option<bool>,
    /// Length of TIME-WAIT (2 MSL).
    pub time_wait: Option<Span>,
    /// How long a path MTU told by ICMP counts before a larger one is tried (RFC 1191 section 6.3).
    pub path_mtu_life: Option<Span>,
    /// Initial sequence number: a number or `"random"`.
    pub isn: Option<InitialSequence>,
    /// Idle time before the first keep-alive probe, where SO_KEEPALIVE is on.
    pub keep_alive_idle: Option<Span>,
    /// Time between keep-alive probes.
    pub keep_alive_interval: Option<Span>,
    /// Unanswered keep-alive probes before the connection fails.
    pub keep_alive_count: Option<u32>,
    /// How long data may stay unacknowledged before the connection fails (RFC 5482).
    pub user_timeout: Option<Span>,
    /// Rules to break on purpose.
    #[cfg_attr(feature = "schema", schemars(default, rename = "break"))]
    pub breaks: Vec<Break>,
}

blank_is_default!(TcpSettings);
object!(TcpSettings {
    preset, mss, send_buffer, receive_buffer, nagle, delayed_ack, quick_acks, window_scale, sack,
    timestamps, ecn, sws_avoidance, congestion, initial_window, initial_rto, min_rto, max_rto, syn_retries,
    retries, fast_retransmit, rack, time_wait, path_mtu_life, isn, keep_alive_idle, keep_alive_interval, keep_alive_count,
    user_timeout, breaks as "break",
});

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
            path_mtu_life,
            isn,
            keep_alive_idle,
            keep_alive_interval,
            keep_alive_count,
            user_timeout,
        )
    }
}
