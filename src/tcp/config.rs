//! What the application or the scenario chooses for one connection.

use super::Personality;
use super::congestion::{CongestionAlgorithm, CongestionConfig, WindowValidation};
use super::recovery::{FastRecovery, RecoveryConfig};
use crate::seq::SeqNumber;
use crate::time::Duration;

/// The parts of TCP that came after its beginnings: each can be switched off, for the figure that needs the simpler
/// world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Window scaling (RFC 7323 section 2).
    pub window_scaling: bool,
    /// Timestamps, RTTM and PAWS (RFC 7323 sections 3 to 5).
    pub timestamps: bool,
    /// Selective acknowledgments (RFC 2018) and recovery with them (RFC 6675).
    pub sack: bool,
    /// Duplicates are told in SACK blocks (RFC 2883).
    pub dsack: bool,
    /// Explicit congestion notification (RFC 3168).
    pub ecn: bool,
    /// Delayed acknowledgments (RFC 9293 section 3.8.6.3).
    pub delayed_ack: bool,
    /// Silly-window avoidance on both sides (RFC 9293 section 3.8.6.2).
    pub sws_avoidance: bool,
    /// Fast retransmit and fast recovery (RFC 5681 section 3.2, RFC 6582).
    pub fast_retransmit: bool,
    /// Limited transmit (RFC 3042).
    pub limited_transmit: bool,
    /// Proportional rate reduction (RFC 6937).
    pub prr: bool,
    /// RACK loss detection (RFC 8985).
    pub rack: bool,
    /// Tail loss probes (RFC 8985 section 7).
    pub tail_loss_probe: bool,
    /// Time-outs that were spurious are found out and undone (RFC 5682).
    pub frto: bool,
    /// HyStart++ (RFC 9406).
    pub hystart: bool,
    /// Congestion window validation (RFC 7661); without it the window restarts after idle time (RFC 5681 section 4.1).
    pub window_validation: bool,
    /// Challenge ACKs and the stricter checks of RST, SYN and ACK (RFC 5961).
    pub challenge_ack: bool,
    /// A SYN may take over a connection in TIME-WAIT (RFC 6191; RFC 9293, MAY-2).
    pub time_wait_reuse: bool,
}

impl Features {
    /// Everything that Linux has on by default (ECN only when the peer asks for it, so off here).
    pub const MODERN: Features = Features {
        window_scaling: true,
        timestamps: true,
        sack: true,
        dsack: true,
        ecn: false,
        delayed_ack: true,
        sws_avoidance: true,
        fast_retransmit: true,
        limited_transmit: true,
        prr: true,
        rack: true,
        tail_loss_probe: true,
        frto: true,
        hystart: true,
        window_validation: false,
        challenge_ack: true,
        time_wait_reuse: true,
    };

    /// RFC 9293 with congestion control and nothing optional: no option but MSS.
    pub const PLAIN: Features = Features {
        window_scaling: false,
        timestamps: false,
        sack: false,
        dsack: false,
        ecn: false,
        delayed_ack: false,
        sws_avoidance: true,
        fast_retransmit: true,
        limited_transmit: false,
        prr: false,
        rack: false,
        tail_loss_probe: false,
        frto: false,
        hystart: false,
        window_validation: false,
        challenge_ack: false,
        time_wait_reuse: false,
    };
}

/// Rules broken on purpose, for the figure that shows why the rule is there. All false: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breakage {
    /// A SYN alone establishes the connection at the passive side: the third segment of the handshake is not awaited.
    pub two_way_handshake: bool,
    /// The side that closes first goes to CLOSED at once.
    pub no_time_wait: bool,
    /// What is lost stays lost.
    pub no_retransmission: bool,
    /// The acknowledgment of a FIN and our own FIN always are two segments.
    pub never_merge_ack_and_fin: bool,
    /// Data is never acknowledged together with data: each acknowledgment is a segment of its own.
    pub never_piggyback: bool,
    /// Out-of-order segments are thrown away instead of kept.
    pub no_reassembly_queue: bool,
    /// The peer's window is ignored.
    pub ignore_peer_window: bool,
    /// A zero window is never probed: when the window update is lost, both sides wait for ever.
    pub no_window_probe: bool,
    /// RTO does not double from one retransmission to the next.
    pub no_backoff: bool,
    /// RTT is measured from retransmitted segments too.
    pub no_karn: bool,
}

/// How a connection's application set it up: start from a preset and change what differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The implementation that is played.
    pub personality: Personality,
    /// What is switched on.
    pub features: Features,
    /// What is broken on purpose.
    pub breakage: Breakage,
    /// Congestion control.
    pub congestion: CongestionAlgorithm,
    /// Our initial sequence number; `None`: by clock and secret (RFC 6528).
    pub iss: Option<SeqNumber>,
    /// Keys the initial sequence number and the timestamp offset (RFC 6528 section 3).
    pub secret: [u64; 2],
    /// Where our timestamp clock starts; `None`: by secret.
    pub timestamp_offset: Option<u32>,
    /// MTU of the interface, in octets: the MSS that we announce is this less IP and TCP header (RFC 9293 section 3.7.1).
    pub mtu: u16,
    /// Never announce or send a greater MSS (TCP_MAXSEG).
    pub max_mss: Option<u16>,
    /// Octets of the send buffer (SO_SNDBUF); `None`: the personality's, which may grow.
    pub send_buffer: Option<usize>,
    /// Octets of the receive buffer (SO_RCVBUF); `None`: the personality's, which may grow.
    pub receive_buffer: Option<usize>,
    /// Nagle's algorithm is off (TCP_NODELAY; RFC 9293, MUST-17).
    pub nodelay: bool,
    /// Partial segments are held back (TCP_CORK).
    pub cork: bool,
    /// Every segment is acknowledged at once (TCP_QUICKACK).
    pub quickack: bool,
    /// Keep-alive, off by default (SO_KEEPALIVE; RFC 9293, MUST-25).
    pub keepalive: Option<KeepAlive>,
    /// What `close` does with unsent data (SO_LINGER).
    pub linger: Linger,
    /// How long data may stay unacknowledged before the connection is given up (TCP_USER_TIMEOUT; RFC 9293 section
    /// 3.9.1, RFC 5482); `None`: R2 decides.
    pub user_timeout: Option<Duration>,
    /// Diffserv code point, 6 bits (RFC 9293, MUST-48).
    pub dscp: u8,
    /// Time to live or hop limit (RFC 9293, MUST-49).
    pub ttl: u8,
}

/// When keep-alive probes go out (RFC 9293 section 3.8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Idle time before the first probe (TCP_KEEPIDLE).
    pub idle: Duration,
    /// Time between probes (TCP_KEEPINTVL).
    pub interval: Duration,
    /// Unanswered probes before the connection is given up (TCP_KEEPCNT).
    pub probes: u32,
    /// Probes carry one octet of old data, for peers that answer nothing else (MAY-6).
    pub garbage_octet: bool,
}

/// What `close` does while data is unsent or unacknowledged (SO_LINGER, socket(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linger {
    /// Returns at once; the data still goes out in the background.
    #[default]
    Background,
    /// `close` blocks until all is acknowledged, at most this long; then as `Background`. The blocking is the caller's
    /// affair: [`is_drained`](super::Connection::is_drained) tells when to stop.
    For(Duration),
    /// Throws the data away and sends RST (SO_LINGER with 0 s).
    Reset,
}

impl Config {
    /// Linux's behaviour and defaults.
    pub fn linux() -> Self {
        Config::with(Personality::linux(), Features::MODERN, CongestionAlgorithm::Cubic)
    }

    /// The RFCs' recommendations.
    pub fn rfc() -> Self {
        let features = Features { ecn: true, window_validation: true, ..Features::MODERN };
        Config::with(Personality::rfc(), features, CongestionAlgorithm::Reno)
    }

    /// Small numbers, no options, sequence numbers from 0: the textbook's TCP.
    pub fn textbook() -> Self {
        Config {
            iss: Some(SeqNumber(0)),
            ..Config::with(Personality::textbook(), Features::PLAIN, CongestionAlgorithm::Reno)
        }
    }

    fn with(personality: Personality, features: Features, congestion: CongestionAlgorithm) -> Self {
        Config {
            personality,
            features,
            breakage: Breakage::default(),
            congestion,
            iss: None,
            secret: [0x6672_616d_6577_6972, 0x6520_736f_6369_616c],
            timestamp_offset: None,
            mtu: 1500,
            max_mss: None,
            send_buffer: None,
            receive_buffer: None,
            nodelay: false,
            cork: false,
            quickack: false,
            keepalive: None,
            linger: Linger::Background,
            user_timeout: None,
            dscp: 0,
            ttl: 64,
        }
    }

    /// Keep-alive with the personality's times.
    pub fn default_keepalive(&self) -> KeepAlive {
        KeepAlive {
            idle: self.personality.keepalive_idle,
            interval: self.personality.keepalive_interval,
            probes: self.personality.keepalive_probes,
            garbage_octet: false,
        }
    }

    /// The settings of loss recovery and congestion control that this configuration means.
    pub(crate) fn recovery(&self) -> RecoveryConfig {
        let (personality, features, breakage) = (&self.personality, &self.features, &self.breakage);
        RecoveryConfig {
            rtt: personality.rtt,
            congestion: CongestionConfig {
                algorithm: self.congestion,
                initial_window: personality.initial_window,
                slow_start_limit: personality.slow_start_limit,
                hystart: features.hystart,
                validation: match features.window_validation {
                    true => WindowValidation::Rfc7661,
                    false => WindowValidation::RestartAfterIdle,
                },
                ..CongestionConfig::linux()
            },
            fast_recovery: if features.fast_retransmit && !breakage.no_retransmission {
                FastRecovery::NewReno
            } else {
                FastRecovery::Off
            },
            limited_transmit: features.limited_transmit,
            prr: features.prr,
            rack: features.rack && !breakage.no_retransmission,
            tail_loss_probe: features.tail_loss_probe,
            frto: features.frto,
            expunge_at_timeout: personality.expunge_sack_at_timeout,
            timestamp_tick: personality.timestamp_tick,
            karn: !breakage.no_karn,
            backoff: !breakage.no_backoff,
            ..RecoveryConfig::linux()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::linux()
    }
}
