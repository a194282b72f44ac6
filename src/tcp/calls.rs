//! The socket's calls: SEND, RECEIVE, and the options (RFC 9293 section 3.9.1).

use super::config::{KeepAlive, Linger};
use super::send_buffer::Handed;
use super::{Connection, RecvError, SendError, State};
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;
use crate::time::Duration;

/// Which directions [`Connection::shutdown`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// No more `recv`.
    Read,
    /// No more `send`.
    Write,
    /// Neither.
    Both,
}

/// What copies the pieces of a text into `out`, one behind the other.
pub(crate) fn copying(out: &mut [u8]) -> impl FnMut(&[u8]) {
    let mut copied = 0;
    move |part| {
        if let Some(room) = out.get_mut(copied..copied + part.len()) {
            room.copy_from_slice(part);
            copied += part.len();
        }
    }
}

impl Connection {
    /// SEND (RFC 9293 section 3.10.2): takes as much of `data` as the send buffer has room for; returns how much.
    /// Before the connection is established it is kept until then.
    ///
    /// # Errors
    /// When it takes nothing: see [`SendError`].
    pub fn send<P: Probe>(&mut self, cx: &mut Context<'_, P>, data: &[u8]) -> Result<usize, SendError> {
        self.hand_over(cx, &Handed::Plain(data))
    }

    /// As [`Connection::send`]; `data` may be octets in shared memory, which are then not copied.
    pub(crate) fn hand_over<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        data: &Handed<'_>,
    ) -> Result<usize, SendError> {
        if let Some(error) = self.error {
            return Err(error.into());
        }
        if self.snd.fin_queued || self.orphan {
            return Err(SendError::Closing);
        }
        match self.state {
            State::Closed | State::Listen => return Err(SendError::NotConnected),
            state if !state.takes_send() => return Err(SendError::Closing),
            _ => {}
        }
        let taken = self.send_buffer.push(data, self.send_limit);
        let len = data.octets().len();
        if taken < len {
            self.send_blocked = true;
        }
        if taken == 0 && len > 0 {
            return Err(SendError::WouldBlock);
        }
        self.tell(cx, Rule::SendCall);
        Ok(taken)
    }

    /// RECEIVE (RFC 9293 section 3.10.3): moves octets in order into `out`; returns how many. `Ok(0)` for a non-empty
    /// `out` is the end of the stream: the peer's FIN, or our own shutdown of this direction.
    ///
    /// # Errors
    /// When there is nothing: see [`RecvError`].
    #[inline]
    pub fn recv<P: Probe>(&mut self, cx: &mut Context<'_, P>, out: &mut [u8]) -> Result<usize, RecvError> {
        self.recv_with(cx, out.len(), &mut copying(out))
    }

    /// As [`Connection::recv`], of at most `most` octets, which are not copied: `each` gets them in their order, piece by piece
    /// where they lie.
    ///
    /// # Errors
    /// As [`Connection::recv`].
    pub fn recv_with<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        most: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<usize, RecvError> {
        let n = self.receive_buffer.read(most, each);
        if n == 0 && most > 0 {
            return self.nothing_to_read();
        }
        if n > 0 {
            let (read, _) = self.received_offsets();
            self.rcv.urgent = self.rcv.urgent.filter(|&end| end > read);
            self.tell_arrival(cx, Rule::ReceiveCall);
            self.grow_receive_buffer(cx, n);
            self.room_was_made(cx);
        }
        Ok(n)
    }

    /// As [`Connection::recv`], but the octets stay (MSG_PEEK).
    ///
    /// # Errors
    /// As [`Connection::recv`].
    pub fn peek(&self, out: &mut [u8]) -> Result<usize, RecvError> {
        let n = self.receive_buffer.peek(out.len(), &mut copying(out));
        if n == 0 && !out.is_empty() { self.nothing_to_read() } else { Ok(n) }
    }

    fn nothing_to_read(&self) -> Result<usize, RecvError> {
        if let Some(error) = self.error {
            return Err(error.into());
        }
        if self.read_shut || self.state.peer_has_closed() {
            return Ok(0);
        }
        match self.state {
            // After an orderly end the stream stays at its end.
            State::Closed if self.rcv.nxt != self.rcv.irs => Ok(0),
            State::Closed | State::Listen => Err(RecvError::NotConnected),
            _ => Err(RecvError::WouldBlock),
        }
    }

    /// TCP_NODELAY (RFC 9293, MUST-17). Turning Nagle's algorithm off lets go what it holds back.
    pub fn set_nodelay(&mut self, on: bool) {
        self.config.nodelay = on;
    }

    /// TCP_CORK. Pulling the cork out lets go what it holds back.
    pub fn set_cork<P: Probe>(&mut self, cx: &mut Context<'_, P>, on: bool) {
        self.config.cork = on;
        if !on {
            self.timers.cancel(cx, Rule::CorkOver, Timer::Cork);
            self.pending.push = true;
        }
    }

    /// TCP_QUICKACK. Turning it on acknowledges at once what is owed.
    pub fn set_quickack(&mut self, on: bool) {
        self.config.quickack = on;
        if on && self.ack.is_owed() {
            self.ack.demand();
        }
    }

    /// SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT; `None` turns it off (RFC 9293 section 3.8.4,
    /// MUST-24, MUST-27).
    pub fn set_keepalive<P: Probe>(&mut self, cx: &mut Context<'_, P>, keepalive: Option<KeepAlive>) {
        self.config.keepalive = keepalive;
        self.timers.cancel(cx, Rule::KeepAliveProbe, Timer::KeepAlive);
        self.start_keepalive(cx);
    }

    /// SO_LINGER.
    pub fn set_linger(&mut self, linger: Linger) {
        self.config.linger = linger;
    }

    /// TCP_USER_TIMEOUT (RFC 9293 section 3.9.1; MUST-21: the application can set R2).
    pub fn set_user_timeout(&mut self, limit: Option<Duration>) {
        self.config.user_timeout = limit;
    }

    /// R1 and R2, in retransmissions (RFC 9293 section 3.8.3, MUST-21).
    pub fn set_retries(&mut self, r1: u32, r2: u32) {
        (self.config.personality.retries_r1, self.config.personality.retries_r2) = (r1, r2);
    }

    /// SO_SNDBUF, in octets of data. What is queued beyond it stays.
    pub fn set_send_buffer(&mut self, octets: usize) {
        self.config.send_buffer = Some(octets);
        self.send_limit = octets;
        self.room_to_send();
    }

    /// SO_RCVBUF, in octets of data. A window that was offered is not taken back.
    pub fn set_receive_buffer(&mut self, octets: usize) {
        self.config.receive_buffer = Some(octets);
        self.receive_limit = octets;
    }

    /// Diffserv code point of what is sent from now on (RFC 9293 section 3.9.1.9, MUST-48, SHLD-21).
    pub fn set_dscp(&mut self, dscp: u8) {
        self.config.dscp = dscp & 0x3f;
    }

    /// Time to live, or hop limit, of what is sent from now on (RFC 9293 section 3.9.2, MUST-49).
    pub fn set_ttl(&mut self, ttl: u8) {
        self.config.ttl = ttl;
    }

    /// Raises [`Event::Writable`](super::Event::Writable) at the next opportunity even if no `send` has failed: for a caller that waits first.
    pub fn want_writable(&mut self) {
        self.send_blocked = true;
        if self.state.takes_send() && self.state != State::SynSent && self.state != State::SynReceived {
            self.room_to_send();
        }
    }

    /// Whether an event would be of interest to a reader now: data or the end of the stream.
    pub fn is_readable(&self) -> bool {
        self.receive_buffer.readable() > 0
            || !matches!(self.nothing_to_read(), Err(RecvError::WouldBlock | RecvError::NotConnected))
    }

    /// The receive buffer grows with the rate at which it is read, as Linux's does: by twice what a round trip brings.
    fn grow_receive_buffer<P: Probe>(&mut self, cx: &mut Context<'_, P>, read: usize) {
        let (_, most) = self.config.personality.receive_buffer;
        if self.config.receive_buffer.is_some() || self.receive_limit >= most {
            return;
        }
        self.read_in_round += read;
        let round = self.recovery.rtt().srtt().unwrap_or(Duration::from_millis(100));
        if cx.now.since(self.round_began) < round {
            return;
        }
        let wanted = self.read_in_round.saturating_mul(2);
        (self.read_in_round, self.round_began) = (0, cx.now);
        if wanted > self.receive_limit {
            self.receive_limit = wanted.min(most);
            self.tell(cx, Rule::BufferGrown);
        }
    }
}
