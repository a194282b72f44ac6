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
            ($($field:ident),*) => { $(if from.$field != to.$field { self.$field = to.$field; })* };
        }
        take!(nodelay, send_buffer, receive_buffer, congestion, user_timeout);
        // No socket has its own of these.
        let (own, new) = (&mut self.personality, &to.personality);
        self.features.delayed_ack = to.features.delayed_ack;
        (own.acks, own.retries_r2) = (new.acks, new.retries_r2);
        (own.rtt.floor, own.rtt.max_rto) = (new.rtt.floor, new.rtt.max_rto);
        own.keepalive_idle = new.keepalive_idle;
        own.keepalive_interval = new.keepalive_interval;
        own.keepalive_probes = new.keepalive_probes;
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
        let (old_send, old_receive) = (self.config.send_buffer, self.config.receive_buffer);
        let (old_keepalive, delayed) = (self.config.keepalive, self.config.features.delayed_ack);
        self.config.retune(from, to);
        let (send, receive) = (self.config.send_buffer, self.config.receive_buffer);
        if send != old_send {
            self.send_limit = send.unwrap_or(self.config.personality.send_buffer.0);
            self.room_to_send();
        }
        if receive != old_receive {
            // A window that was offered is not taken back; more room is told at once, if it is worth a segment.
            self.receive_limit = receive.unwrap_or(self.config.personality.receive_buffer.0);
            self.room_was_made(cx);
        }
        if old_keepalive != self.config.keepalive {
            self.set_keepalive(cx, self.config.keepalive);
        }
        if delayed && !self.config.features.delayed_ack && self.ack.is_owed() {
            self.ack.demand();
        }
        self.recovery.retune(cx, &self.config.recovery());
        self.tell_changes(cx, Rule::SettingChanged);
    }
}
