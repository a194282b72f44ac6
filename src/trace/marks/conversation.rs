//! What an observer remembers of a TCP conversation, and what it makes of the next segment.

use super::{Mark, Marks};
use crate::seq::SeqNumber;
use crate::trace::id::Side;
use crate::trace::summary::flag;

/// A segment as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it was seen, in nanoseconds.
    pub time: u64,
    /// Who sent it; which end is called the client is all the same.
    pub side: Side,
    /// Its sequence number.
    pub seq: u32,
    /// Its acknowledgment number.
    pub ack: u32,
    /// Its flags.
    pub flags: u16,
    /// Its window, not scaled.
    pub window: u16,
    /// Octets of payload.
    pub len: u32,
    /// The shift count of its window scale option, if it has one.
    pub scale: Option<u8>,
}

impl Segment {
    fn is(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }
}

/// What is remembered of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Direction {
    /// The first sequence number.
    base: Option<u32>,
    /// Behind the highest octet seen, and when it was seen.
    next: Option<u32>,
    next_time: u64,
    /// Up to where the peer may acknowledge without acknowledging what was not seen.
    ackable: Option<u32>,
    /// What its last segment said.
    ack: u32,
    window: u16,
    time: u64,
    marks: Marks,
    dup_acks: u32,
    scale: Option<u8>,
    /// Its SYN was seen.
    syn: bool,
    /// Its last segment was its SYN: that window is not scaled.
    syn_last: bool,
}

/// A TCP conversation as an observer follows it. Feed it the segments in the order in which they are seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    directions: [Direction; 2],
    syn_time: Option<u64>,
    /// The time from the SYN to the end of the handshake, once known.
    initial_rtt: Option<u64>,
    handshake: u8,
}

/// A segment that comes later than this behind the highest one was sent again rather than overtaken, where no
/// round-trip time is known (3 ms).
const OVERTAKEN_NANOS: u64 = 3_000_000;
/// A fast retransmission comes within this of the duplicate acknowledgment (20 ms).
const FAST_NANOS: u64 = 20_000_000;

/// A count of duplicate acknowledgments that says: it was told that the peer acknowledges what was never seen. It counts as many.
const TOLD: u32 = u32::MAX;

fn before(a: u32, b: u32) -> bool {
    SeqNumber(a).is_before(SeqNumber(b))
}

/// What a segment's window says, and where it stands in its direction.
fn window_marks(s: &Segment, fwd: &Direction, rev: &Direction, marks: &mut Marks) {
    let bare = !s.is(flag::SYN | flag::FIN | flag::RST);
    if s.window == 0 && bare {
        marks.set(Mark::ZeroWindow);
    }
    if let Some(next) = fwd.next {
        if before(next, s.seq) && !s.is(flag::RST) {
            marks.set(Mark::LostSegment);
        }
        if s.len <= 1 && s.seq == next.wrapping_sub(1) && bare {
            marks.set(Mark::KeepAlive);
        }
    }
    let repeats = s.len == 0 && fwd.next == Some(s.seq) && s.ack == fwd.ack && bare;
    if repeats && s.window != 0 && s.window != fwd.window {
        marks.set(Mark::WindowUpdate);
    }
    // A SYN's own window is not scaled, and no other is unless both sides offered to (RFC 7323 section 2.2).
    let shift = if rev.syn_last || fwd.scale.is_none() { 0 } else { rev.scale.unwrap_or(0) };
    let edge = rev.ack.wrapping_add(u32::from(rev.window) << shift);
    if s.len > 0 && bare && rev.syn && s.seq.wrapping_add(s.len) == edge {
        marks.set(Mark::WindowFull);
    }
}

impl Conversation {
    /// True if a SYN with this number cannot belong to this conversation: the ports are used anew.
    pub fn is_reused_by(&self, segment: &Segment) -> bool {
        let base = self.directions[segment.side as usize].base;
        segment.is(flag::SYN) && !segment.is(flag::ACK) && base.is_some_and(|b| b != segment.seq)
    }

    /// Takes the next segment and tells its marks.
    pub fn see(&mut self, s: &Segment) -> Marks {
        self.see_by(s, &|nanos| nanos)
    }

    /// The same where a segment's time is a number for which `clock` knows the nanoseconds: few segments' times matter.
    pub(super) fn see_by(&mut self, s: &Segment, clock: &impl Fn(u64) -> u64) -> Marks {
        let (i, o) = (s.side as usize, s.side.other() as usize);
        if self.goes_on(s, i, o) {
            return Marks::default();
        }
        self.look(s, i, o, clock)
    }

    /// Takes a segment of which it is plain that it has no marks, and nearly all are such: it goes on where its direction stands, with
    /// data or with a new acknowledgment. False for any other, which is then still to be seen.
    #[inline]
    fn goes_on(&mut self, s: &Segment, i: usize, o: usize) -> bool {
        let (fwd, rev) = (&self.directions[i], &self.directions[o]);
        let plain = s.flags & (flag::SYN | flag::FIN | flag::RST | flag::ACK) == flag::ACK && s.window != 0;
        let known = fwd.base.is_some() && rev.base.is_some();
        let settled = known && (self.handshake != 3 || self.initial_rtt.is_some());
        // What has one octet may be a probe, and what acknowledges nothing new a duplicate or an update.
        let tells = if s.len == 0 { s.ack != fwd.ack } else { s.len > 1 };
        if !(plain && settled && tells && fwd.next == Some(s.seq))
            || rev.ackable.is_none_or(|a| before(a, s.ack))
        {
            return false;
        }
        let end = s.seq.wrapping_add(s.len);
        if s.len > 0 {
            let shift = if rev.syn_last || fwd.scale.is_none() { 0 } else { rev.scale.unwrap_or(0) };
            let edge = rev.ack.wrapping_add(u32::from(rev.window) << shift);
            let again = rev.ack != 0 && !before(rev.ack, end);
            if again || !before(s.seq, end) || rev.syn && end == edge {
                return false;
            }
        }
        let own = &mut self.directions[i];
        if s.len > 0 {
            (own.next, own.next_time) = (Some(end), s.time);
        }
        if own.ackable.is_none_or(|a| a == s.seq) {
            own.ackable = own.next;
        }
        if s.ack != own.ack {
            own.dup_acks = 0;
        }
        (own.ack, own.window, own.time) = (s.ack, s.window, s.time);
        (own.marks, own.syn_last) = (Marks::default(), false);
        true
    }

    fn look(&mut self, s: &Segment, i: usize, o: usize, clock: &impl Fn(u64) -> u64) -> Marks {
        let mut marks = Marks::default();
        self.begin(s, i, o);
        self.follow_handshake(s, clock);
        let (fwd, rev) = (&self.directions[i], &self.directions[o]);
        let expected = fwd.next == Some(s.seq);

        let probe = s.len == 1 && expected && rev.window == 0 && rev.next.is_some();
        if probe {
            marks.set(Mark::ZeroWindowProbe);
        } else {
            window_marks(s, fwd, rev, &mut marks);
        }
        self.ack_marks(s, i, o, probe, &mut marks);
        self.again_marks(s, i, o, clock, &mut marks);
        self.remember(s, i, marks);
        marks
    }

    fn begin(&mut self, s: &Segment, i: usize, o: usize) {
        let fwd = &mut self.directions[i];
        fwd.base.get_or_insert(if s.is(flag::SYN) { s.seq } else { s.seq.wrapping_sub(1) });
        if s.is(flag::SYN) {
            fwd.syn = true;
            // RFC 7323 section 2.3: a shift count above 14 counts as 14.
            fwd.scale = s.scale.map(|shift| shift.min(14));
        }
        if s.is(flag::ACK) {
            self.directions[o].base.get_or_insert(s.ack.wrapping_sub(1));
        }
    }

    fn follow_handshake(&mut self, s: &Segment, clock: &impl Fn(u64) -> u64) {
        match (s.is(flag::SYN), s.is(flag::ACK)) {
            (true, false) => {
                self.syn_time = Some(s.time);
                self.handshake |= 1;
            }
            (true, true) => self.handshake |= 2,
            (false, true) if self.handshake == 3 && self.initial_rtt.is_none() && !s.is(flag::RST) => {
                self.initial_rtt = self.syn_time.map(|t| clock(s.time).saturating_sub(clock(t)));
            }
            _ => {}
        }
    }

    fn ack_marks(&mut self, s: &Segment, i: usize, o: usize, probe: bool, marks: &mut Marks) {
        let (fwd, rev) = (&self.directions[i], &self.directions[o]);
        let bare = !s.is(flag::SYN | flag::FIN | flag::RST);
        let says_nothing = s.len == 0 && fwd.next == Some(s.seq) && bare && !probe;
        let repeats = says_nothing && s.window == fwd.window && s.ack == fwd.ack;
        let of_probe = says_nothing
            && s.window == 0
            && fwd.window == 0
            && s.ack == fwd.ack
            && rev.marks.has(Mark::ZeroWindowProbe);
        let news = s.ack != fwd.ack;
        if repeats && s.window != 0 && rev.marks.has(Mark::KeepAlive) {
            marks.set(Mark::KeepAliveAck);
        } else if of_probe {
            marks.set(Mark::ZeroWindowProbeAck);
        } else if repeats && s.window != 0 {
            let own = &mut self.directions[i];
            own.dup_acks = if own.dup_acks == TOLD { 1 } else { own.dup_acks + 1 };
            marks.set(Mark::DupAck);
            marks.dup_ack = own.dup_acks;
        }
        if news {
            self.directions[i].dup_acks = 0;
        }
        let peer = &mut self.directions[o];
        let beyond = peer.ackable.is_some_and(|a| before(a, s.ack));
        if !s.is(flag::ACK) || !beyond {
            return;
        }
        // One missing segment is told once, and again when the peer has acknowledged something new.
        if peer.ackable != peer.next {
            peer.ackable = peer.next;
            marks.set(Mark::AckedUnseen);
        } else {
            if peer.dup_acks == 0 {
                marks.set(Mark::AckedUnseen);
            }
            peer.dup_acks = TOLD;
        }
    }

    /// What a segment is that carries data, a SYN or a FIN and does not go beyond the highest one.
    fn again_marks(&self, s: &Segment, i: usize, o: usize, clock: &impl Fn(u64) -> u64, marks: &mut Marks) {
        let (fwd, rev) = (&self.directions[i], &self.directions[o]);
        if s.len == 0 && !s.is(flag::SYN | flag::FIN) {
            return;
        }
        let next = fwd.next.unwrap_or(s.seq);
        let below = before(s.seq, next);
        if below && marks.has(Mark::KeepAlive) {
            return;
        }
        // One byte back with more than that byte: a probe's byte goes with what follows it.
        let below = below && !(s.len > 1 && s.seq == next.wrapping_sub(1));
        let end = s.seq.wrapping_add(s.len);
        let sequence_end = end.wrapping_add(u32::from(s.is(flag::SYN | flag::FIN)));
        if s.len > 0 && rev.ack != 0 && !before(rev.ack, end) {
            marks.set(Mark::Retransmission);
            marks.set(Mark::SpuriousRetransmission);
            return;
        }
        if !below {
            return;
        }
        let since_ack = clock(s.time).saturating_sub(clock(rev.time));
        let since_highest = clock(s.time).saturating_sub(clock(fwd.next_time));
        if rev.dup_acks >= 2 && rev.ack == s.seq && since_ack < FAST_NANOS {
            marks.set(Mark::Retransmission);
            marks.set(Mark::FastRetransmission);
        } else if since_highest < self.initial_rtt.unwrap_or(OVERTAKEN_NANOS) && next != sequence_end {
            marks.set(Mark::OutOfOrder);
        } else {
            marks.set(Mark::Retransmission);
        }
    }

    fn remember(&mut self, s: &Segment, i: usize, marks: Marks) {
        let own = &mut self.directions[i];
        let probe = marks.has(Mark::ZeroWindowProbe);
        let mut end = s.seq.wrapping_add(s.len);
        if s.is(flag::SYN | flag::FIN) {
            end = end.wrapping_add(1);
        }
        if !probe && own.next.is_none_or(|next| before(next, end)) {
            own.next = Some(end);
            own.next_time = s.time;
        }
        if !probe && own.ackable.is_none_or(|a| a == s.seq) {
            own.ackable = own.next;
        }
        own.ack = s.ack;
        own.window = s.window;
        own.time = s.time;
        own.marks = marks;
        own.syn_last = s.is(flag::SYN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_on_plainly_has_no_marks_and_is_remembered_like_any_other(
            steps in prop::collection::vec((any::<bool>(), 0_u32..6, 0_u32..4, 0_u8..9, 0_u16..4, 0_u64..9_000_000), 1..60),
        ) {
            let (mut quick, mut slow) = (Conversation::default(), Conversation::default());
            let (mut next, mut time) = ([100_u32, 100], 0);
            for (client, len, back, flags, window, pause) in steps {
                let (side, i) = if client { (Side::Client, 0) } else { (Side::Server, 1) };
                time += pause;
                let flags = match flags {
                    0 => flag::SYN,
                    1 => flag::SYN | flag::ACK,
                    2 => flag::ACK | flag::FIN,
                    3 => flag::PSH,
                    4 => flag::ACK | flag::RST,
                    5 => flag::ACK | flag::PSH,
                    _ => flag::ACK,
                };
                let (seq, ack) = (next[i] - back.saturating_sub(2), next[1 - i] - back.saturating_sub(1));
                let scale = (flags & flag::SYN != 0).then_some(1);
                let s = Segment { time, side, seq, ack, flags, window, len, scale };
                next[i] = next[i].max(seq + len);
                prop_assert_eq!(quick.see(&s), slow.look(&s, i, 1 - i, &|nanos| nanos));
                prop_assert_eq!(&quick, &slow);
            }
        }
    }
}
