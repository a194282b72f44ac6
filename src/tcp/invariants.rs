//! What must hold after every event, whatever came in: the tests ask for it.

use super::{Connection, State};
use crate::probe::Timer;

impl Connection {
    /// Checks what must always hold; the tests do so after every call.
    ///
    /// # Errors
    /// Which condition does not hold.
    pub fn check_invariants(&self) -> Result<(), &'static str> {
        let (snd, rcv, board) = (&self.snd, &self.rcv, self.recovery.scoreboard());
        let holds = |condition: bool, what: &'static str| if condition { Ok(()) } else { Err(what) };
        holds(snd.una.is_at_or_before(snd.nxt), "SND.UNA =< SND.NXT")?;
        let (local, remote) = (self.flow.local.ip(), self.flow.remote.ip());
        holds((self.ip.src, self.ip.dst) == (local, remote), "the IP header has the addresses of the ends")?;
        if self.state == State::Closed {
            return holds(self.timers.next().is_none(), "no timer runs in CLOSED");
        }
        holds(board.una() == snd.una && board.nxt() == snd.nxt, "the scoreboard spans SND.UNA..SND.NXT")?;
        holds(board.lost_bytes() <= board.flight(), "what is lost was in flight")?;
        let nxt = self.offset_of(snd.nxt);
        let end = self.send_buffer.end() + u64::from(snd.fin_sent);
        holds(
            self.send_buffer.start() <= nxt || snd.syn_outstanding() || snd.nxt == snd.iss,
            "the buffer begins at SND.UNA",
        )?;
        holds(nxt <= end || snd.nxt == snd.iss, "nothing beyond the buffer was sent")?;
        if self.has_peer() {
            let next = rcv.irs + 1 + self.receive_buffer.next() as u32;
            let fin = self.state.peer_has_closed();
            holds(rcv.nxt == next + u32::from(fin), "RCV.NXT follows the stream")?;
            holds(rcv.nxt.is_at_or_before(rcv.edge), "RCV.NXT =< right edge of the window")?;
            holds(
                rcv.last_ack.is_at_or_before(rcv.nxt) || rcv.last_ack == rcv.irs,
                "acknowledged =< RCV.NXT",
            )?;
            holds(self.receive_buffer.is_in_order() || !fin, "nothing is early once FIN is taken")?;
        }
        let outstanding = snd.una != snd.nxt;
        if outstanding && !self.config.breakage.no_retransmission && self.state != State::TimeWait {
            holds(self.recovery.deadline().is_some(), "what is outstanding has a timer")?;
        }
        holds(
            self.timers.is_set(Timer::TimeWait) == (self.state == State::TimeWait),
            "TIME-WAIT has its timer",
        )?;
        Ok(())
    }
}
