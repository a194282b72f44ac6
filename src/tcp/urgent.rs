//! Urgent data (RFC 9293 section 3.8.5, RFC 6093): told to the application, never taken out of the stream.

use super::{Connection, Event, SendError};
use crate::packet::TcpHeader;
use crate::probe::{Context, Probe};
use crate::rule::Rule;

impl Connection {
    /// Like [`Connection::send`], and what was taken is urgent: until it is acknowledged every segment tells the peer
    /// where it ends. New applications should not use this (RFC 6093 section 5; RFC 9293, SHLD-13).
    ///
    /// # Errors
    /// As [`Connection::send`].
    pub fn send_urgent<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        data: &[u8],
    ) -> Result<usize, SendError> {
        let taken = self.send(cx, data)?;
        // MUST-31: of any length.
        self.snd.urgent = Some(self.send_buffer.end());
        self.tell(cx, Rule::UrgentSent);
        Ok(taken)
    }

    /// How many octets from the next one on are urgent, up to the end that the peer last announced; `None` when none
    /// are (RFC 9293, MUST-33).
    pub fn urgent_remaining(&self) -> Option<u64> {
        let (read, _) = self.received_offsets();
        self.rcv.urgent.and_then(|end| end.checked_sub(read)).filter(|&left| left > 0)
    }

    /// RFC 9293 section 3.10.7.4, sixth: RCV.UP <- max(RCV.UP, SEG.UP).
    pub(crate) fn take_urgent<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        seg: &TcpHeader,
        _payload_len: usize,
    ) {
        if !seg.flags.urg() || !self.state.takes_text() {
            return;
        }
        let Some(end) = self.receive_offset(seg.seq + u32::from(seg.urgent)) else { return };
        if end > self.rcv.urgent.unwrap_or(0) && self.urgent_end_is_ahead(end) {
            self.rcv.urgent = Some(end);
            // MUST-32: the application is told asynchronously.
            self.events.raise(Event::Urgent);
            self.tell(cx, Rule::UrgentReceived);
        }
    }

    fn urgent_end_is_ahead(&self, end: u64) -> bool {
        end > self.received_offsets().0
    }
}
