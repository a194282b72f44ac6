//! The states of a connection (RFC 9293 section 3.3.2).

use std::fmt;

/// A connection's state. The number of a variant is what [`crate::probe::Var::State`] carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum State {
    /// No connection.
    #[default]
    Closed,
    /// Waiting for a SYN from anyone.
    Listen,
    /// SYN sent, waiting for the peer's.
    SynSent,
    /// SYN received and sent, waiting for the acknowledgment of ours.
    SynReceived,
    /// Open: data flows.
    Established,
    /// Our FIN is sent, not yet acknowledged; the peer's has not come.
    FinWait1,
    /// Our FIN is acknowledged; the peer may still send.
    FinWait2,
    /// The peer's FIN has come; our application has not closed yet.
    CloseWait,
    /// Both FINs are sent, ours is not yet acknowledged (simultaneous close).
    Closing,
    /// The peer closed first; our FIN is sent and waits for its acknowledgment.
    LastAck,
    /// Both FINs are acknowledged; old segments may still be under way.
    TimeWait,
}

impl State {
    /// Every state, in the order of their numbers.
    pub const ALL: &[State] = &[
        State::Closed,
        State::Listen,
        State::SynSent,
        State::SynReceived,
        State::Established,
        State::FinWait1,
        State::FinWait2,
        State::CloseWait,
        State::Closing,
        State::LastAck,
        State::TimeWait,
    ];

    /// The RFC's own name: `SYN-SENT`.
    pub const fn label(self) -> &'static str {
        match self {
            State::Closed => "CLOSED",
            State::Listen => "LISTEN",
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
        }
    }

    /// The state of that number, as a trace holds it.
    pub fn from_number(number: i64) -> Option<State> {
        State::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Both SYNs are acknowledged (RFC 9293 section 3.3.2: "synchronized state").
    pub const fn is_synchronized(self) -> bool {
        !matches!(self, State::Closed | State::Listen | State::SynSent | State::SynReceived)
    }

    /// Text from the peer is taken in this state (RFC 9293 section 3.10.7.4, seventh).
    pub const fn takes_text(self) -> bool {
        matches!(self, State::Established | State::FinWait1 | State::FinWait2)
    }

    /// The application may still hand over data (RFC 9293 section 3.10.2).
    pub const fn takes_send(self) -> bool {
        matches!(
            self,
            State::Listen | State::SynSent | State::SynReceived | State::Established | State::CloseWait
        )
    }

    /// Data or the FIN may be under way from us.
    pub const fn may_transmit_text(self) -> bool {
        matches!(
            self,
            State::Established | State::CloseWait | State::FinWait1 | State::Closing | State::LastAck
        )
    }

    /// The peer's FIN has been taken.
    pub const fn peer_has_closed(self) -> bool {
        matches!(self, State::CloseWait | State::Closing | State::LastAck | State::TimeWait)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_states() {
        for (i, &state) in State::ALL.iter().enumerate() {
            assert_eq!(state as usize, i);
            assert_eq!(State::from_number(i as i64), Some(state));
        }
        assert_eq!(State::from_number(11), None);
        assert_eq!(State::from_number(-1), None);
    }
}
