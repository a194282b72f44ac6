//! The window we offer (RFC 9293 sections 3.8.6 and 3.8.6.2.2), and what becomes of the peer's (3.8.6.1).

use super::{Connection, State};
use crate::packet::{TcpFlags, TcpHeader};
use crate::probe::{Context, Probe, Timer};
use crate::rule::Rule;

impl Connection {
    /// Octets beyond RCV.NXT that our buffer could take.
    fn buffer_space(&self) -> u32 {
        let free = self.receive_limit.saturating_sub(self.receive_buffer.readable());
        u32::try_from(free).unwrap_or(u32::MAX).min(0x3fff_ffff)
    }

    /// The window of the segment that is about to go out, as it stands in the header; from then on the peer counts on it.
    pub(crate) fn offer_window(&mut self, flags: TcpFlags) -> u16 {
        let space = self.buffer_space();
        if flags.syn() {
            // RFC 7323 section 2.2: the window of a SYN is never scaled.
            let limit = self.config.personality.syn_window.unwrap_or(u16::MAX);
            let window = space.min(u32::from(limit));
            if self.has_peer() {
                self.rcv.edge = self.rcv.edge.max(self.rcv.nxt + window);
            }
            return window as u16;
        }
        let (shift, current) = (self.rcv.scale, self.rcv.wnd());
        // RFC 9293 section 3.8.6.2.2, MUST-39: the right edge moves by min(RCV.BUFF/2, Eff.snd.MSS) or stays.
        let sliver = (self.receive_limit as u32 / 2).min(self.rcv.mss.max(1));
        let grown = space.saturating_sub(current) >= sliver || !self.config.features.sws_avoidance;
        let offered = if grown { space >> shift } else { 0 }.min(0xffff);
        // RFC 9293 section 3.8.6, SHLD-14: never take back what was offered, so round the rest of it up.
        let kept = (current + (1 << shift) - 1) >> shift;
        let field = offered.max(kept).min(0xffff);
        self.rcv.edge = self.rcv.edge.max(self.rcv.nxt + (field << shift));
        field as u16
    }

    /// The application has read: tells the peer of the room when it is worth a segment.
    pub(crate) fn room_was_made<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if !(self.state.takes_text() || self.state == State::SynReceived) {
            return;
        }
        let (space, current) = (self.buffer_space(), self.rcv.wnd());
        let worth = if self.config.features.sws_avoidance {
            let sliver = (self.receive_limit as u32 / 2).min(self.rcv.mss.max(1));
            space >= 2 * current && space.saturating_sub(current) >= sliver
        } else {
            space > current
        };
        if worth {
            self.ack.demand();
            self.tell_rule(cx, Rule::WindowOpened);
        } else if space > current && current < self.rcv.mss {
            self.tell_rule(cx, Rule::SwsReceiver);
        }
    }

    /// RFC 9293 section 3.10.7.4: takes over SEG.WND when the segment is not older than the last that did. Returns whether
    /// the window changed.
    pub(crate) fn update_send_window<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) -> bool {
        // SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK).
        let newer = self.snd.wl1.is_before(seg.seq)
            || (self.snd.wl1 == seg.seq && self.snd.wl2.is_at_or_before(seg.ack));
        if !newer {
            return false;
        }
        let window =
            if seg.flags.syn() { u32::from(seg.window) } else { u32::from(seg.window) << self.snd.scale };
        let changed = window != self.snd.wnd;
        self.set_send_window(window);
        (self.snd.wl1, self.snd.wl2) = (seg.seq, seg.ack);
        if changed {
            self.tell(cx, Rule::WindowUpdated);
            if window > 0 {
                self.timers.cancel(cx, Rule::WindowUpdated, Timer::Persist);
                (self.probes, self.probes_sent) = (0, 0);
                self.pending.window_probe = false;
            }
        }
        changed
    }

    /// Sets SND.WND and remembers the largest.
    pub(crate) fn set_send_window(&mut self, window: u32) {
        self.snd.wnd = window;
        self.snd.max_wnd = self.snd.max_wnd.max(window);
    }

    /// Sending is blocked by the peer's window and nothing is under way whose acknowledgment could reopen it: the
    /// persist timer keeps the connection alive (RFC 9293 section 3.8.6.1, MUST-36).
    pub(crate) fn start_persist<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if self.timers.is_set(Timer::Persist) || self.config.breakage.no_window_probe {
            return;
        }
        // SHLD-29: first after RTO; SHLD-30: then at exponentially growing intervals.
        let factor = 1_u64.checked_shl(self.probes_sent).unwrap_or(u64::MAX);
        let wait = (self.recovery.rtt().rto() * factor).min(self.config.personality.rtt.max_rto);
        self.timers.set(cx, Rule::ZeroWindow, Timer::Persist, cx.now + wait);
        self.tell(cx, Rule::ZeroWindow);
    }
}
