//! Settings that change while a connection lives, as a system's administrator or a socket option changes them. What both SYNs
//! have agreed on is no such setting.

use super::{Config, Connection};
use crate::probe::{Context, Probe};
use crate::rule::Rule;

impl Config {
    /// Takes over what differs between `from` and `to`, as far as a living connection can change it: TCP_NODELAY, SO_SNDBUF,
    /// SO_RCVBUF, TCP_CONGESTION, TCP_USER_TIMEOUT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, how acknowledgments are
    /// delayed, the bounds of the RTO (TCP_RTO_MIN_US, TCP_RTO_MAX_MS) and the number of retransmissions (tcp_retries2).
    /// What is the same in both stays as it is here.
    pub fn retune(&mut self, from: &Config, to: &Config) {
        macro_rules! take {
            ($($($field:ident).+),* $(,)?) => {
                $(if from.$($field).+ != to.$($field).+ { self.$($field).+ = to.$($field).+; })*
            };
        }
        take!(
            nodelay,
            send_buffer,
            receive_buffer,
            congestion,
            user_timeout,
            features.delayed_ack,
            personality.acks,
            personality.rtt.floor,
            personality.rtt.max_rto,
            personality.retries_r2,
            personality.keepalive_idle,
            personality.keepalive_interval,
            personality.keepalive_probes,
        );
        let (before, now) = (from.default_keepalive(), to.default_keepalive());
        if let Some(times) = self.keepalive.as_mut().filter(|_| before != now) {
            *times = super::KeepAlive { garbage_octet: times.garbage_octet, ..now };
        }
    }
}

impl Connection {
    /// Changes what [`Config::retune`] changes, and does at once what follows from it: what Nagle's algorithm held back may go,
    /// an acknowledgment that waited goes, a greater buffer makes room.
    pub fn retune<P: Probe>(&mut self, cx: &mut Context<'_, P>, from: &Config, to: &Config) {
        let before = self.config.clone();
        self.config.retune(from, to);
        let (send, receive) = (self.config.send_buffer, self.config.receive_buffer);
        if send != before.send_buffer {
            self.send_limit = send.unwrap_or(self.config.personality.send_buffer.0);
            self.room_to_send();
        }
        if receive != before.receive_buffer {
            // A window that was offered is not taken back; more room is told at once, if it is worth a segment.
            self.receive_limit = receive.unwrap_or(self.config.personality.receive_buffer.0);
            self.room_was_made(cx);
        }
        if before.keepalive != self.config.keepalive {
            self.set_keepalive(cx, self.config.keepalive);
        }
        if before.features.delayed_ack && !self.config.features.delayed_ack && self.ack.is_owed() {
            self.ack.demand();
        }
        self.recovery.retune(cx, &self.config.recovery());
        self.tell_changes(cx, Rule::SettingChanged);
    }
}
