//! The states of both ends of a connection, concluded from the segments that were seen (RFC 9293 section 3.3.2, figure 5).

use crate::seq::SeqNumber;
use crate::tcp::State;
use crate::trace::id::Side;
use crate::trace::summary::{Summary, flag};

/// Both ends of one connection, as far as its segments tell. Each segment is taken as arrived when it was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    state: [Option<State>; 2],
    /// Behind each side's FIN.
    fin: [Option<u32>; 2],
    /// Each side's initial sequence number.
    iss: [Option<u32>; 2],
    /// What each side expects next, by its last acknowledgment.
    expected: [Option<SeqNumber>; 2],
}

/// A state that an end went into: before and after.
pub(super) type Change = (Option<State>, State);

impl Ends {
    fn go(&mut self, side: Side, to: State) -> Option<Change> {
        let state = &mut self.state[side as usize];
        let from = *state;
        (from != Some(to)).then(|| {
            *state = Some(to);
            (from, to)
        })
    }

    /// Whether `side` would take a reset: in SYN-SENT one that acknowledges its SYN, else one that is not of the past (RFC 9293
    /// sections 3.10.7.3 and 3.5.3). Who forges one from afar does not know these numbers.
    fn believes(&self, side: Side, reset: &Summary) -> bool {
        if self.state[side as usize] == Some(State::SynSent) {
            // A SYN may carry data (RFC 7413), of which not all need be acknowledged.
            let acked = |iss: u32| (1..1 << 16).contains(&reset.ack.wrapping_sub(iss));
            return reset.flags & flag::ACK != 0 && self.iss[side as usize].is_none_or(acked);
        }
        self.expected[side as usize].is_none_or(|e| SeqNumber(reset.seq).is_at_or_after(e))
    }

    /// The state of an end to which the segment happens. After a refusal some systems try again with the same SYN: to that, who is
    /// closed is as new.
    fn state_at(&self, side: Side, s: &Summary) -> Option<State> {
        self.state[side as usize].filter(|state| s.flags & flag::SYN == 0 || *state != State::Closed)
    }

    /// What sending the segment says of its sender.
    pub(super) fn sent(&mut self, side: Side, s: &Summary) -> Option<Change> {
        let is = |f: u16| s.flags & f != 0;
        if is(flag::RST) {
            // In answer to a stray segment it says nothing of a state that was never there.
            let state = self.state[side as usize].filter(|_| self.believes(side.other(), s));
            return state.and_then(|_| self.go(side, State::Closed));
        }
        let state = self.state_at(side, s);
        if is(flag::SYN) {
            self.iss[side as usize] = Some(s.seq);
        }
        if is(flag::ACK) {
            self.expected[side as usize] = Some(SeqNumber(s.ack));
        }
        if is(flag::FIN) {
            self.fin[side as usize] = Some(s.seq.wrapping_add(s.sequence_len()));
        }
        let to = match (is(flag::SYN), is(flag::ACK)) {
            (true, false) if state.is_none() => State::SynSent,
            (true, true) if state.is_none() => State::SynReceived,
            (true, _) => return None,
            // The capture begins in the middle.
            (false, _) if state.is_none() && !is(flag::FIN) => State::Established,
            (false, true) if state == Some(State::SynSent) => State::Established,
            _ if is(flag::FIN) => match state {
                None | Some(State::Established | State::SynReceived) => State::FinWait1,
                Some(State::CloseWait) => State::LastAck,
                _ => return None,
            },
            _ => return None,
        };
        self.go(side, to)
    }

    /// What the segment does to its receiver; one segment may do two things.
    pub(super) fn received(&mut self, side: Side, s: &Summary) -> [Option<Change>; 2] {
        let is = |f: u16| s.flags & f != 0;
        let mut changes = [None, None];
        let state = self.state_at(side, s);
        if is(flag::RST) {
            changes[0] = state.filter(|_| self.believes(side, s)).and_then(|_| self.go(side, State::Closed));
            return changes;
        }
        if is(flag::SYN) {
            let to = match (state, is(flag::ACK)) {
                (None, false) => State::SynReceived,
                (Some(State::SynSent), true) => State::Established,
                (Some(State::SynSent), false) => State::SynReceived,
                _ => return changes,
            };
            changes[0] = self.go(side, to);
            return changes;
        }
        let fin_acked = is(flag::ACK)
            && self.fin[side as usize].is_some_and(|f| SeqNumber(s.ack).is_at_or_after(SeqNumber(f)));
        let by_ack = match state {
            None => Some(State::Established),
            Some(State::SynReceived) if is(flag::ACK) => Some(State::Established),
            Some(State::FinWait1) if fin_acked => Some(State::FinWait2),
            Some(State::Closing) if fin_acked => Some(State::TimeWait),
            Some(State::LastAck) if fin_acked => Some(State::Closed),
            _ => None,
        };
        changes[0] = by_ack.and_then(|to| self.go(side, to));
        if is(flag::FIN) {
            let by_fin = match self.state[side as usize] {
                Some(State::Established | State::SynReceived) => Some(State::CloseWait),
                Some(State::FinWait1) => Some(State::Closing),
                Some(State::FinWait2) => Some(State::TimeWait),
                _ => None,
            };
            changes[1] = by_fin.and_then(|to| self.go(side, to));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(seq: u32, ack: u32, flags: u16) -> Summary {
        Summary { seq, ack, flags, ..Summary::default() }
    }

    fn run(segments: &[(Side, u32, u32, u16)]) -> [Vec<&'static str>; 2] {
        let (mut ends, mut names) = (Ends::default(), [Vec::new(), Vec::new()]);
        for &(side, seq, ack, flags) in segments {
            let s = segment(seq, ack, flags);
            names[side as usize].extend(ends.sent(side, &s).map(|c| c.1.label()));
            let received = ends.received(side.other(), &s);
            names[side.other() as usize].extend(received.into_iter().flatten().map(|c| c.1.label()));
        }
        names
    }

    const C: Side = Side::Client;
    const S: Side = Side::Server;

    #[test]
    fn a_whole_connection() {
        use flag::{ACK, FIN, SYN};
        let [client, server] = run(&[
            (C, 10, 0, SYN),
            (S, 50, 11, SYN | ACK),
            (C, 11, 51, ACK),
            (C, 11, 51, FIN | ACK),
            (S, 51, 12, ACK),
            (S, 51, 12, FIN | ACK),
            (C, 12, 52, ACK),
        ]);
        assert_eq!(client, ["SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]);
        assert_eq!(server, ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]);
    }

    #[test]
    fn both_close_at_once_and_a_closed_port() {
        use flag::{ACK, FIN, RST, SYN};
        let [client, server] =
            run(&[(C, 11, 51, FIN | ACK), (S, 51, 11, FIN | ACK), (C, 12, 52, ACK), (S, 52, 12, ACK)]);
        assert_eq!(client, ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]);
        assert_eq!(server.last(), Some(&"CLOSED"), "{server:?}: its FIN came behind the client's");
        let [client, _] = run(&[(C, 10, 0, SYN), (S, 0, 11, RST | ACK)]);
        assert_eq!(client, ["SYN-SENT", "CLOSED"]);
    }

    #[test]
    fn a_forged_reset_is_not_believed_and_a_refused_client_tries_again() {
        use flag::{ACK, RST, SYN};
        let [client, server] = run(&[
            (C, 10, 0, SYN),
            // The first acknowledges what was before the SYN, the second nothing.
            (S, 0, 10, RST | ACK),
            (S, 11, 0, RST),
            (S, 50, 11, SYN | ACK),
            (C, 11, 51, ACK),
            (C, 11, 51, ACK),
            // Of the past.
            (S, 40, 0, RST),
            (S, 51, 11, ACK),
            (S, 51, 0, RST),
        ]);
        assert_eq!(client, ["SYN-SENT", "ESTABLISHED", "CLOSED"]);
        assert_eq!(server, ["SYN-RECEIVED", "ESTABLISHED", "CLOSED"]);
        let [client, server] = run(&[
            (C, 10, 0, SYN),
            (S, 0, 11, RST | ACK),
            (C, 10, 0, SYN),
            (S, 50, 11, SYN | ACK),
            (C, 11, 51, ACK),
        ]);
        assert_eq!(client, ["SYN-SENT", "CLOSED", "SYN-SENT", "ESTABLISHED"]);
        assert_eq!(server.last(), Some(&"ESTABLISHED"), "{server:?}");
    }
}
