//! The ways to end: CLOSE, ABORT, and TIME-WAIT behind them (RFC 9293 sections 3.6, 3.10.4 and 3.10.5).

use super::calls::Shutdown;
use super::shared_text::SegmentText;
use super::{CloseError, Connection, ConnectionError, Event, Linger, State};
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;
use std::net::SocketAddr;

impl Connection {
    /// Ends one direction or both, as the socket call does: `Write` sends FIN behind what is queued (the CLOSE call of
    /// RFC 9293 section 3.10.4); `Read` makes `recv` return 0 from now on, and tells the peer nothing.
    ///
    /// # Errors
    /// Without a connection (ENOTCONN). A direction that is closed already is closed again, without harm.
    pub fn shutdown<P: Probe>(&mut self, cx: &mut Context<'_, P>, how: Shutdown) -> Result<(), CloseError> {
        if matches!(self.state, State::Closed | State::Listen | State::SynSent) {
            return Err(CloseError::NotConnected);
        }
        if how != Shutdown::Write {
            self.read_shut = true;
            self.discard_readable();
        }
        if how != Shutdown::Read {
            self.queue_fin(cx);
        }
        self.tell_rest(cx);
        Ok(())
    }

    /// The application is done with the connection in both directions: what is queued still goes out, FIN behind it,
    /// then the connection winds down by itself. With received data unread, or lingering 0 s, RST instead.
    ///
    /// # Errors
    /// When there is no connection, or it was closed before.
    pub fn close<P: Probe>(&mut self, cx: &mut Context<'_, P>) -> Result<(), CloseError> {
        if self.orphan {
            return Err(CloseError::Closing);
        }
        match self.state {
            State::Closed => return Err(CloseError::NotConnected),
            // RFC 9293 section 3.10.4: LISTEN and SYN-SENT: delete the TCB.
            State::Listen | State::SynSent => {
                self.orphan = true;
                self.enter_closed(cx, Rule::CloseCall);
                return Ok(());
            }
            _ => {}
        }
        self.orphan = true;
        self.read_shut = true;
        let over = self.state == State::TimeWait;
        if self.config.linger == Linger::Reset && !over {
            self.queue_reset(cx.now, Rule::LingerReset);
            self.fail(cx, Rule::LingerReset, Some(ConnectionError::Aborted));
            return Ok(());
        }
        let unread = self.receive_buffer.readable() > 0 && self.config.personality.reset_on_unread_close;
        if unread && !over {
            // RFC 2525 section 2.17; RFC 9293 section 3.6.1, SHLD-3.
            self.queue_reset(cx.now, Rule::UnreadDataLost);
            self.fail(cx, Rule::UnreadDataLost, Some(ConnectionError::Aborted));
            return Ok(());
        }
        self.discard_readable();
        self.queue_fin(cx);
        if self.state == State::FinWait2 {
            self.wait_for_peer_fin(cx);
        }
        self.tell_rest(cx);
        Ok(())
    }

    /// ABORT (RFC 9293 section 3.10.5): drops everything, and tells the peer with RST.
    pub fn abort<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.orphan = true;
        match self.state {
            State::Closed => return,
            State::SynReceived
            | State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait => self.queue_reset(cx.now, Rule::AbortCall),
            _ => {}
        }
        self.fail(cx, Rule::AbortCall, Some(ConnectionError::Aborted));
    }

    /// Queues the FIN and changes state at once (RFC 9293 section 3.10.4: "in any case, enter FIN-WAIT-1 state").
    fn queue_fin<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.snd.fin_queued {
            return;
        }
        match self.state {
            State::Established => self.state = State::FinWait1,
            State::CloseWait => self.state = State::LastAck,
            // Queued until ESTABLISHED.
            State::SynReceived => {}
            _ => return,
        }
        self.snd.fin_queued = true;
        self.tell(cx, Rule::CloseCall);
    }

    /// FIN-WAIT-2 of a connection that nobody owns any more does not last for ever (tcp(7), tcp_fin_timeout).
    pub(crate) fn wait_for_peer_fin<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if let Some(limit) = self.config.personality.fin_wait_2.filter(|_| self.orphan) {
            self.timers.set(cx, Rule::FinWait2Over, Timer::FinWait2, cx.now + limit);
        }
    }

    /// RFC 9293 section 3.6.1, MUST-13.
    pub(crate) fn start_time_wait<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        self.timers.cancel_all(cx, Rule::TimeWaitStarted);
        if self.config.breakage.no_time_wait {
            // Broken on purpose. The ACK of the peer's FIN still goes out, once.
            self.state = State::TimeWait;
            self.tell(cx, rule);
            self.timers.set(cx, rule, Timer::TimeWait, cx.now);
            return;
        }
        self.state = State::TimeWait;
        let at = cx.now + self.config.personality.msl * 2;
        self.timers.set(cx, Rule::TimeWaitStarted, Timer::TimeWait, at);
        self.tell(cx, rule);
        self.tell(cx, Rule::TimeWaitStarted);
    }

    /// The peer's FIN comes again: our ACK of it was lost (RFC 9293 section 3.10.7.4, eighth).
    pub(crate) fn restart_time_wait<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.ack.demand();
        let at = cx.now + self.config.personality.msl * 2;
        self.timers.set(cx, Rule::TimeWaitRestarted, Timer::TimeWait, at);
        self.tell(cx, Rule::TimeWaitRestarted);
    }

    /// A SYN that is surely newer takes a connection over from TIME-WAIT (RFC 9293, MAY-2, SHLD-4; RFC 6191 section 2).
    /// Returns whether it did. A connection that a listener made cannot: its owner looks at
    /// [`Connection::accepts_reuse_by`] and makes a new one.
    pub(crate) fn reopens_time_wait<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) -> bool {
        let listened = self.origin == super::connection::Origin::Passive;
        // Once its application has closed it, nobody listens any more.
        if !listened || self.orphan || !self.accepts_reuse_by(seg) {
            return false;
        }
        let remote = self.flow.remote;
        // RFC 1122 section 4.2.2.13: the new ISS must be beyond the old connection's numbers.
        let beyond = self.snd.nxt + 65_535 + 2;
        self.timers.cancel_all(cx, Rule::TimeWaitReused);
        self.forget_peer(remote);
        self.state = State::Listen;
        self.tell(cx, Rule::TimeWaitReused);
        let iss = self.config.iss.replace(beyond);
        self.segment_arrives(cx, seg, SegmentText::Plain(&[]), crate::packet::Ecn::NotEct);
        self.config.iss = iss;
        true
    }

    /// Whether this connection is in TIME-WAIT and `seg` is a SYN so new that it may begin another connection between
    /// the same ends (RFC 6191 section 2).
    pub fn accepts_reuse_by(&self, seg: &TcpHeader) -> bool {
        let only_syn = seg.flags.syn() && !seg.flags.ack() && !seg.flags.rst();
        if self.state != State::TimeWait || !only_syn || !self.config.features.time_wait_reuse {
            return false;
        }
        let later_seq = seg.seq.is_after(self.rcv.nxt);
        match (seg.options.timestamps, self.ts_recent) {
            // The timestamp is greater: accept. Equal: accept if the sequence number is greater.
            (Some((value, _)), Some((recent, _))) => match value.wrapping_sub(recent) as i32 {
                0 => later_seq,
                ahead => ahead > 0,
            },
            // No timestamps before: any timestamp now is news. No timestamps now: the sequence number decides.
            (Some(_), None) if self.config.features.timestamps => true,
            _ => later_seq,
        }
    }

    /// Forgets everything about the peer, for another connection in place of this one.
    pub(crate) fn forget_peer(&mut self, remote: SocketAddr) {
        let flow = super::Flow { remote, ..self.flow };
        let origin = self.origin;
        let (told, config) = (self.told.clone(), self.config.clone());
        let events = std::mem::take(&mut self.events);
        *self = Connection { told, events, ..Connection::blank(config, flow, origin) };
    }

    /// What was received will not be read: it is thrown away so that the window stays open.
    pub(crate) fn discard_readable(&mut self) {
        self.receive_buffer.read(usize::MAX, &mut |_| {});
    }

    /// The send buffer grows with the congestion window, as Linux's does: it holds twice what may be under way.
    pub(crate) fn grow_send_buffer(&mut self) {
        let (_, most) = self.config.personality.send_buffer;
        if self.config.send_buffer.is_none() && self.send_limit < most {
            let wanted = (self.recovery.congestion().cwnd() as usize).saturating_mul(2).min(most);
            self.send_limit = self.send_limit.max(wanted);
        }
    }

    /// Room was made in the send buffer.
    pub(crate) fn room_to_send(&mut self) {
        if self.send_blocked && self.is_writable() {
            self.send_blocked = false;
            self.events.raise(Event::Writable);
        }
    }
}
