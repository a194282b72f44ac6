//! Everything in which one TCP differs from another while both obey the RFCs: data, not code.

use super::congestion::InitialWindow;
use super::rtt::RttConfig;
use crate::packet::OptionLayout;
use crate::time::Duration;

/// When data from the peer is acknowledged (RFC 9293 section 3.8.6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckPolicy {
    /// How long an acknowledgment may wait for company; zero: each segment is acknowledged at once. Below 500 ms
    /// (MUST-40).
    pub delay: Duration,
    /// The longest that the delay grows to when the peer sends in a slow rhythm (Linux: 200 ms); equal to `delay` for a
    /// fixed delay.
    pub delay_max: Duration,
    /// An acknowledgment goes out at once when this many full-sized segments wait for it (SHLD-19: 2).
    pub every: u32,
    /// How many segments are acknowledged at once when a connection starts or was long idle (Linux: quick-ACK), while
    /// the peer's slow start lives on acknowledgments. 0: none.
    pub quick: u32,
    /// A FIN is acknowledged at once; else its acknowledgment may be delayed as any other, and merge with our FIN.
    pub fin_at_once: bool,
}

/// Which small segments Nagle's algorithm holds back (RFC 9293 section 3.7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nagle {
    /// A small segment waits while anything is unacknowledged (RFC 896).
    Rfc896,
    /// A small segment waits while an earlier small segment is unacknowledged (Minshall; Linux).
    Minshall,
}

/// What a zero-window probe carries (RFC 9293 section 3.8.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowProbe {
    /// The next octet of data.
    NextOctet,
    /// Nothing, at SND.UNA-1: outside the window, so that it is answered (Linux).
    OldSequence,
}

/// How much of the send buffer must be free before a sender that found it full may go on (the low-water mark; poll's POLLOUT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendLowWater {
    /// One octet.
    Octet,
    /// A third of the buffer: half of what is in it (Linux, sk_stream_min_wspace).
    Third,
}

/// What characterises a TCP implementation. Public fields: start from a preset and change what the figure needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Personality {
    /// Which options a segment shows first.
    pub option_layout: OptionLayout,
    /// When the peer's data is acknowledged.
    pub acks: AckPolicy,
    /// Nagle's variant.
    pub nagle: Nagle,
    /// What a zero-window probe carries.
    pub window_probe: WindowProbe,
    /// The initial window.
    pub initial_window: InitialWindow,
    /// How many segments an ACK counts for at most in slow start (RFC 5681 section 3.1: 1); `None`: no limit, as Linux.
    pub slow_start_limit: Option<u32>,
    /// A retransmission time-out makes the sender forget what was SACKed (RFC 2018 section 8); Linux keeps it.
    pub expunge_sack_at_timeout: bool,
    /// Bounds of the RTO, and how it follows the round trips (RFC 6298).
    pub rtt: RttConfig,
    /// Retransmissions of a SYN before the connection is given up (R2 for SYN: at least 3 minutes in all, MUST-23).
    pub syn_retries: u32,
    /// Retransmissions of a SYN,ACK before a half-open connection is given up.
    pub synack_retries: u32,
    /// R1: retransmissions of one segment after which IP and the application are told (SHLD-10: at least 3).
    pub retries_r1: u32,
    /// R2: retransmissions of one segment after which the connection is given up (SHLD-11: at least 100 s in all).
    pub retries_r2: u32,
    /// The same for a connection that its application has closed.
    pub orphan_retries: u32,
    /// Maximum segment lifetime (RFC 9293 section 3.4.2: 2 minutes; Linux waits 60 s, so 30 s here).
    pub msl: Duration,
    /// How long a connection that its application has closed stays in FIN-WAIT-2; `None`: for ever, as RFC 9293 has it.
    pub fin_wait_2: Option<Duration>,
    /// Data that arrives after the application has closed is answered with RST (RFC 9293 section 3.6.1: SHLD-3).
    pub reset_on_late_data: bool,
    /// `close` while received data is unread sends RST instead of FIN (RFC 2525 section 2.17; RFC 9293, SHLD-3).
    pub reset_on_unread_close: bool,
    /// Keep-alive: idle time before the first probe (MUST-28: at least two hours by default).
    pub keepalive_idle: Duration,
    /// Keep-alive: time between probes.
    pub keepalive_interval: Duration,
    /// Keep-alive: unanswered probes before the connection is given up.
    pub keepalive_probes: u32,
    /// Challenge ACKs a connection sends in one second (RFC 5961 section 7).
    pub challenge_acks_per_second: u32,
    /// The least time between two duplicate ACKs that answer segments outside the window (Linux,
    /// tcp_invalid_ratelimit); zero: no limit, and then two peers may answer each other's answers for ever, where the network reorders
    /// and duplicates: each ACK that was overtaken fails PAWS (RFC 7323 section 5.3).
    pub out_of_window_ack_interval: Duration,
    /// Octets of the send buffer at the start, and how far it may grow with the congestion window.
    pub send_buffer: (usize, usize),
    /// When a sender that found the send buffer full may go on.
    pub send_low_water: SendLowWater,
    /// Octets of the receive buffer at the start, and how far it may grow with the rate at which it is read.
    pub receive_buffer: (usize, usize),
    /// The window of the SYN, in octets; it opens to the buffer's size afterwards. `None`: the whole buffer.
    pub syn_window: Option<u16>,
    /// How long data may be held back by the sender's silly-window avoidance (RFC 9293 section 3.8.6.2.1: 0.1 to 1 s).
    pub sws_override: Duration,
    /// How long TCP_CORK holds a partial segment back (tcp(7): 200 ms).
    pub cork_limit: Duration,
    /// Ranges of out-of-order data that are kept apart; a segment that would make more is dropped.
    pub reassembly_ranges: usize,
    /// The least MSS that an option or ICMP can force upon us (Linux: tcp_min_snd_mss, 48).
    pub min_mss: u16,
    /// How long a path MTU told by ICMP counts before the first link's is tried again (RFC 1191 section 6.3: on the order
    /// of 10 minutes, never less than 5; Linux: net.ipv4.route.mtu_expires); `None`: for ever.
    pub path_mtu_life: Option<Duration>,
    /// ICMP "port or protocol unreachable" aborts a synchronized connection too (RFC 9293, SHLD-26); else it is told as a
    /// soft error (RFC 5927 section 5.2; Linux).
    pub icmp_aborts: bool,
    /// ECN is agreed to when the peer asks, even where we would not ask (RFC 3168; Linux: tcp_ecn = 2).
    pub ecn_on_request: bool,
    /// One tick of the timestamp clock (RFC 7323 section 5.4: 1 ms to 1 s).
    pub timestamp_tick: Duration,
}

impl Personality {
    /// As Linux 6 behaves by default.
    pub fn linux() -> Self {
        Personality {
            option_layout: OptionLayout::Linux,
            acks: AckPolicy {
                delay: Duration::from_millis(40),
                delay_max: Duration::from_millis(200),
                every: 2,
                quick: 16,
                fin_at_once: false,
            },
            nagle: Nagle::Minshall,
            window_probe: WindowProbe::OldSequence,
            initial_window: InitialWindow::Segments(10),
            slow_start_limit: None,
            expunge_sack_at_timeout: false,
            rtt: RttConfig::linux(),
            syn_retries: 6,
            synack_retries: 5,
            retries_r1: 3,
            retries_r2: 15,
            orphan_retries: 8,
            msl: Duration::from_secs(30),
            fin_wait_2: Some(Duration::from_secs(60)),
            reset_on_late_data: true,
            reset_on_unread_close: true,
            keepalive_idle: Duration::from_secs(7200),
            keepalive_interval: Duration::from_secs(75),
            keepalive_probes: 9,
            challenge_acks_per_second: 1000,
            out_of_window_ack_interval: Duration::from_millis(500),
            send_buffer: (16 * 1024, 4 << 20),
            send_low_water: SendLowWater::Third,
            receive_buffer: (64_240, 6 << 20),
            syn_window: Some(64_240),
            sws_override: Duration::from_millis(200),
            cork_limit: Duration::from_millis(200),
            reassembly_ranges: 1024,
            min_mss: 48,
            path_mtu_life: Some(Duration::from_secs(600)),
            icmp_aborts: false,
            ecn_on_request: true,
            timestamp_tick: Duration::from_millis(1),
        }
    }

    /// As the RFCs recommend, to the letter.
    pub fn rfc() -> Self {
        Personality {
            option_layout: OptionLayout::Plain,
            acks: AckPolicy {
                delay: Duration::from_millis(200),
                delay_max: Duration::from_millis(200),
                every: 2,
                quick: 0,
                fin_at_once: true,
            },
            nagle: Nagle::Rfc896,
            window_probe: WindowProbe::NextOctet,
            initial_window: InitialWindow::Rfc6928(10),
            slow_start_limit: Some(1),
            expunge_sack_at_timeout: true,
            rtt: RttConfig::rfc(),
            msl: Duration::from_secs(120),
            fin_wait_2: None,
            challenge_acks_per_second: 10,
            send_buffer: (65_535, 65_535),
            send_low_water: SendLowWater::Octet,
            receive_buffer: (65_535, 65_535),
            syn_window: None,
            min_mss: 64,
            syn_retries: 7,
            icmp_aborts: true,
            ..Personality::linux()
        }
    }

    /// Small and regular, for the first figures of a course: every segment is acknowledged at once.
    pub fn textbook() -> Self {
        Personality {
            acks: AckPolicy {
                delay: Duration::ZERO,
                delay_max: Duration::ZERO,
                every: 1,
                quick: 0,
                fin_at_once: true,
            },
            initial_window: InitialWindow::Segments(1),
            send_buffer: (4096, 4096),
            receive_buffer: (4096, 4096),
            ..Personality::rfc()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_keeps_the_bounds_of_the_rfcs() {
        for p in [Personality::linux(), Personality::rfc(), Personality::textbook()] {
            // RFC 9293 MUST-40, MUST-28, SHLD-10.
            assert!(p.acks.delay_max < Duration::from_millis(500));
            assert!(p.keepalive_idle >= Duration::from_secs(7200));
            assert!(p.retries_r1 >= 3);
            // RFC 1191 section 3, RFC 8201 section 4.
            assert!(p.path_mtu_life >= Some(Duration::from_secs(300)));
            // RFC 6298 section 2.5.
            assert!(p.rtt.max_rto >= Duration::from_secs(60));
            // SHLD-11 and MUST-23: the doubling RTO adds up to 100 s for data and 3 minutes for a SYN or more.
            let total = |retries: u32, mut rto: Duration| {
                (0..=retries).fold(Duration::ZERO, |sum, _| {
                    let sum = sum + rto;
                    rto = (rto * 2).min(p.rtt.max_rto);
                    sum
                })
            };
            assert!(total(p.retries_r2, Duration::from_millis(200)) >= Duration::from_secs(100));
            assert!(total(p.syn_retries, p.rtt.initial_rto) >= Duration::from_secs(100));
        }
    }
}
