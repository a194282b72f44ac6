//! RST and the challenge ACKs that keep forgers out (RFC 9293 section 3.5.2 and 3.5.3, RFC 5961).

use super::{Connection, ConnectionError, Event, State};
use crate::packet::{TcpFlags, TcpHeader, TcpOptions};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};

/// The RST that answers a segment for which there is no connection, or `None` for a segment that is an RST itself
/// (RFC 9293 section 3.10.7.1).
pub fn reset_for(seg: &TcpHeader, payload_len: usize) -> Option<TcpHeader> {
    if seg.flags.rst() {
        return None;
    }
    let ends = TcpHeader { src_port: seg.dst_port, dst_port: seg.src_port, ..TcpHeader::default() };
    Some(if seg.flags.ack() {
        TcpHeader { seq: seg.ack, flags: TcpFlags::RST, ..ends }
    } else {
        let ack = seg.seq + seg.segment_len(payload_len);
        TcpHeader { seq: SeqNumber(0), ack, flags: TcpFlags::RST | TcpFlags::ACK, ..ends }
    })
}

/// How many challenge ACKs went out in the current second (RFC 5961 section 7), and when the last ACK for a segment
/// outside the window.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChallengeLimit {
    second: u64,
    sent: u32,
    last_unacceptable: Option<Instant>,
}

impl Connection {
    /// Queues the RST that answers `seg`.
    pub(crate) fn reply_reset<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        payload_len: usize,
        rule: Rule,
    ) {
        if let Some(reset) = reset_for(seg, payload_len) {
            self.pending.reset = Some((reset, rule));
            self.tell(cx, rule);
        }
    }

    /// Queues our own RST, at SND.NXT so that the peer finds it valid (RFC 9293 section 3.10.5).
    pub(crate) fn queue_reset(&mut self, now: Instant, rule: Rule) {
        // RFC 7323 section 5.2: where timestamps were agreed on, a reset of ours SHOULD carry one.
        let stamp = (self.timestamp(now), self.ts_recent.map_or(0, |(value, _)| value));
        let header = TcpHeader {
            src_port: self.flow.local.port(),
            dst_port: self.flow.remote.port(),
            seq: self.snd.nxt,
            ack: self.rcv.nxt,
            flags: TcpFlags::RST | TcpFlags::ACK,
            options: TcpOptions {
                timestamps: self.agreed.timestamps.then_some(stamp),
                ..TcpOptions::default()
            },
            ..TcpHeader::default()
        };
        self.pending.reset = Some((header, rule));
    }

    /// Answers a suspicious segment with an ACK that lets an honest peer prove itself, as long as this second's
    /// allowance lasts (RFC 5961 sections 3.2, 4.2, 5.2 and 7).
    pub(crate) fn challenge<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        let second = cx.now.as_nanos() / Duration::from_secs(1).as_nanos();
        if self.challenges.second != second {
            (self.challenges.second, self.challenges.sent) = (second, 0);
        }
        if self.challenges.sent >= self.config.personality.challenge_acks_per_second {
            self.tell(cx, Rule::ChallengeLimited);
            return;
        }
        self.challenges.sent += 1;
        self.ack.demand();
        self.tell(cx, rule);
    }

    /// Answers a segment outside the window with an ACK (RFC 9293 section 3.10.7.4), unless one without data follows
    /// another too closely: two peers must not answer each other for ever.
    pub(crate) fn answer_unacceptable<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        rule: Rule,
        segment_len: u32,
    ) {
        let interval = self.config.personality.out_of_window_ack_interval;
        let too_soon = self.challenges.last_unacceptable.is_some_and(|at| cx.now.since(at) < interval);
        if segment_len == 0 && too_soon {
            self.tell(cx, Rule::ChallengeLimited);
            return;
        }
        if segment_len == 0 {
            self.challenges.last_unacceptable = Some(cx.now);
        }
        self.ack.demand();
        self.tell(cx, rule);
    }

    /// A valid RST has come (RFC 9293 section 3.10.7.4, second): everything is flushed.
    pub(crate) fn reset_by_peer<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        let error = match self.state {
            State::SynReceived if self.origin == super::connection::Origin::Active => {
                Some(ConnectionError::Refused)
            }
            State::SynSent => Some(ConnectionError::Refused),
            // A passive OPEN's handshake failed, or both sides had finished: nobody need hear of it.
            State::SynReceived | State::Closing | State::LastAck | State::TimeWait => None,
            _ => Some(ConnectionError::Reset),
        };
        if self.state == State::SynReceived && self.origin == super::connection::Origin::Passive {
            return self.back_to_listen(cx, rule);
        }
        self.fail(cx, rule, error);
    }

    /// Goes to CLOSED at once, with or without an error for the application (RFC 9293, MUST-12).
    pub(crate) fn fail<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        rule: Rule,
        error: Option<ConnectionError>,
    ) {
        if self.state == State::Closed {
            return;
        }
        if error.is_some() {
            self.error = self.error.or(error);
            self.events.raise(Event::Failed);
            // "All segment queues should be flushed": unread data is lost to the reader.
            self.receive_buffer.clear();
        }
        self.enter_closed(cx, rule);
    }

    /// Forgets the connection; what is in order stays readable unless it was flushed.
    pub(crate) fn enter_closed<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        self.state = State::Closed;
        self.timers.cancel_all(cx, rule);
        let reset = self.pending.reset.take();
        self.pending = super::connection::Pending { reset, ..Default::default() };
        self.ack.forget();
        self.sack.clear();
        self.send_buffer.clear();
        self.events.raise(Event::Closed);
        self.tell(cx, rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_takes_its_number_from_the_segment() {
        let seg = TcpHeader { src_port: 7, dst_port: 9, seq: SeqNumber(100), ..TcpHeader::default() };
        // RFC 9293 section 3.10.7.1: without ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>.
        let syn = TcpHeader { flags: TcpFlags::SYN, ..seg };
        let reset = reset_for(&syn, 5).unwrap();
        assert_eq!((reset.src_port, reset.dst_port), (9, 7));
        assert_eq!((reset.seq, reset.ack), (SeqNumber(0), SeqNumber(106)));
        assert_eq!(reset.flags, TcpFlags::RST | TcpFlags::ACK);
        // With ACK: <SEQ=SEG.ACK><CTL=RST>.
        let ack = TcpHeader { flags: TcpFlags::ACK, ack: SeqNumber(55), ..seg };
        let reset = reset_for(&ack, 5).unwrap();
        assert_eq!((reset.seq, reset.flags), (SeqNumber(55), TcpFlags::RST));
        assert_eq!(reset_for(&TcpHeader { flags: TcpFlags::RST, ..seg }, 0), None);
    }
}
