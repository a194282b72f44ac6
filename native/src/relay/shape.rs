//! What a relay does to a byte stream on its way: cuts, gathers, delays, paces, stops, breaks.
//!
//! A [`Shaper`] is told what arrives and when, and says what leaves and when; it touches no socket and no clock, so that
//! each wish can be tested to the nanosecond.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use framewire::rng::Rng;

/// What a relay is asked to do to each direction of a connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Write at most so many bytes at a time.
    pub slice: Option<usize>,
    /// The pause between two slices.
    pub gap: Duration,
    /// Gather what arrives for so long and write it at once.
    pub coalesce: Duration,
    /// Hold everything back for so long.
    pub delay: Duration,
    /// And for a random time up to this; the order is kept.
    pub jitter: Duration,
    /// At most so many bytes a second.
    pub rate: Option<u64>,
    /// After so many bytes, nothing for a while (`None`: for ever).
    pub stall: Option<(u64, Option<Duration>)>,
    /// Nothing leaves as long as this holds.
    pub halted: bool,
}

impl Shape {
    /// True when bytes may pass as they come.
    pub fn is_plain(&self) -> bool {
        *self == Shape::default()
    }
}

/// Bytes that are ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When, counted from the start of the relay.
    pub at: Duration,
    /// What.
    pub bytes: Bytes,
}

/// The state of one direction.
#[derive(Debug)]
pub struct Shaper {
    shape: Shape,
    rng: Rng,
    gathering: Option<(Duration, BytesMut)>,
    pieces: VecDeque<Piece>,
    held: usize,
    /// When the last piece leaves, and when the line is free again.
    last: Duration,
    free: Duration,
    arrived: u64,
    stalled: bool,
}

impl Shaper {
    /// A direction that nothing has passed yet. `seed` decides the jitter.
    pub fn new(shape: Shape, seed: u64) -> Self {
        Shaper {
            shape,
            rng: Rng::new(seed),
            gathering: None,
            pieces: VecDeque::new(),
            held: 0,
            last: Duration::ZERO,
            free: Duration::ZERO,
            arrived: 0,
            stalled: false,
        }
    }

    /// Changes the wishes, for what arrives from now on and for what is held: that is planned anew.
    pub fn reshape(&mut self, now: Duration, shape: Shape) {
        if shape == self.shape {
            return;
        }
        self.shape = shape;
        let mut held = BytesMut::new();
        for piece in self.pieces.drain(..) {
            held.extend_from_slice(&piece.bytes);
        }
        (self.last, self.free) = (now, now);
        self.arrived -= held.len() as u64;
        self.stalled = self.shape.stall.is_some_and(|(after, _)| self.arrived > after);
        self.pass(now, held.freeze());
        match self.gathering.take() {
            Some((_, gathered)) if self.shape.coalesce.is_zero() => self.pass(now, gathered.freeze()),
            Some((until, gathered)) => {
                self.gathering = Some((until.min(now + self.shape.coalesce), gathered));
            }
            None => {}
        }
    }

    /// Bytes that have arrived and not been taken: more must not be read while this is large.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Bytes arrived.
    pub fn arrive(&mut self, now: Duration, bytes: Bytes) {
        self.held += bytes.len();
        if self.shape.coalesce.is_zero() {
            return self.pass(now, bytes);
        }
        match &mut self.gathering {
            Some((_, gathered)) => gathered.extend_from_slice(&bytes),
            None => self.gathering = Some((now + self.shape.coalesce, BytesMut::from(&bytes[..]))),
        }
    }

    /// No more will arrive: what is being gathered need not wait for company.
    pub fn end(&mut self, now: Duration) {
        if let Some((_, gathered)) = self.gathering.take() {
            self.pass(now, gathered.freeze());
        }
    }

    /// When something is next to be done; `None` when nothing is held, or all of it for ever.
    pub fn next(&self) -> Option<Duration> {
        if self.shape.halted {
            return None;
        }
        let gathered = self.gathering.as_ref().map(|(until, _)| *until);
        let ready = self.pieces.front().map(|piece| piece.at).filter(|at| *at != Duration::MAX);
        gathered.into_iter().chain(ready).min()
    }

    /// The next piece, once its time has come.
    pub fn poll(&mut self, now: Duration) -> Option<Bytes> {
        if self.shape.halted {
            return None;
        }
        if let Some((until, gathered)) = self.gathering.take() {
            if until <= now {
                self.pass(now, gathered.freeze());
            } else {
                self.gathering = Some((until, gathered));
            }
        }
        let piece = self.pieces.pop_front_if(|piece| piece.at <= now)?;
        self.held -= piece.bytes.len();
        Some(piece.bytes)
    }

    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.gathering.is_none()
    }

    fn pass(&mut self, now: Duration, mut bytes: Bytes) {
        while !bytes.is_empty() {
            let mut len = self.shape.slice.unwrap_or(bytes.len()).min(bytes.len()).max(1);
            // The stall begins exactly behind the byte that was named.
            let mut pause = Some(Duration::ZERO);
            if let Some((after, time)) = self.shape.stall
                && !self.stalled
            {
                match after.saturating_sub(self.arrived) {
                    0 => {
                        self.stalled = true;
                        pause = time;
                    }
                    before => len = len.min(usize::try_from(before).unwrap_or(usize::MAX)),
                }
            }
            let piece = bytes.split_to(len);
            self.arrived += len as u64;
            let at = self.departure(now, len, pause);
            self.pieces.push_back(Piece { at, bytes: piece });
        }
    }

    /// When a piece of `len` bytes leaves: after its delay, never before the one ahead of it, and when the line is free.
    fn departure(&mut self, now: Duration, len: usize, pause: Option<Duration>) -> Duration {
        let Some(pause) = pause else {
            self.last = Duration::MAX; // for ever: all that follows waits too
            return self.last;
        };
        let jitter = self.rng.below(u64::try_from(self.shape.jitter.as_nanos()).unwrap_or(u64::MAX));
        let earliest = now.saturating_add(self.shape.delay).saturating_add(Duration::from_nanos(jitter));
        let at = earliest.max(self.free).max(self.last).saturating_add(pause);
        let line = self.shape.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_nanos((len as u128 * 1_000_000_000 / u128::from(rate.max(1))) as u64)
        });
        // The bytes have left when their last bit has.
        let at = at.saturating_add(line);
        self.free = at.saturating_add(self.shape.gap);
        self.last = at;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Lets everything through and notes when each piece left, in ms.
    fn play(shape: Shape, arrivals: &[(u64, &'static str)]) -> Vec<(u64, String)> {
        let mut shaper = Shaper::new(shape, 1);
        let mut left = Vec::new();
        let mut drain = |shaper: &mut Shaper, until: Option<Duration>| {
            while let Some(at) = shaper.next().filter(|at| until.is_none_or(|until| *at <= until)) {
                if let Some(bytes) = shaper.poll(at) {
                    left.push((at.as_millis() as u64, String::from_utf8(bytes.to_vec()).unwrap()));
                }
            }
        };
        for &(at, text) in arrivals {
            drain(&mut shaper, Some(MS(at)));
            shaper.arrive(MS(at), Bytes::from_static(text.as_bytes()));
        }
        drain(&mut shaper, None);
        left
    }

    fn pieces(expected: &[(u64, &str)]) -> Vec<(u64, String)> {
        expected.iter().map(|&(at, text)| (at, text.to_owned())).collect()
    }

    #[test]
    fn a_plain_relay_passes_all_at_once() {
        assert!(Shape::default().is_plain());
        assert_eq!(play(Shape::default(), &[(3, "hello")]), pieces(&[(3, "hello")]));
    }

    #[test]
    fn slices_are_cut_and_spaced() {
        let shape = Shape { slice: Some(2), gap: MS(10), ..Shape::default() };
        assert_eq!(play(shape, &[(0, "hello")]), pieces(&[(0, "he"), (10, "ll"), (20, "o")]));
    }

    #[test]
    fn what_arrives_together_is_gathered() {
        let shape = Shape { coalesce: MS(50), ..Shape::default() };
        let left = play(shape, &[(0, "a"), (20, "b"), (49, "c"), (60, "d")]);
        assert_eq!(left, pieces(&[(50, "abc"), (110, "d")]));
    }

    #[test]
    fn delay_and_jitter_keep_the_order() {
        let shape = Shape { delay: MS(100), ..Shape::default() };
        assert_eq!(play(shape, &[(0, "a"), (1, "b")]), pieces(&[(100, "a"), (101, "b")]));
        let shape = Shape { jitter: MS(100), slice: Some(1), ..Shape::default() };
        let left = play(shape, &[(0, "abcdefgh")]);
        assert_eq!(left.iter().map(|(_, text)| text.as_str()).collect::<String>(), "abcdefgh");
        assert!(left.is_sorted() && left.last().unwrap().0 > 0 && left.last().unwrap().0 <= 100);
    }

    #[test]
    fn the_rate_is_kept() {
        let shape = Shape { rate: Some(1000), slice: Some(100), ..Shape::default() };
        let text = "x".repeat(300).leak();
        let left = play(shape, &[(0, text)]);
        assert_eq!(left.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [100, 200, 300]);
    }

    #[test]
    fn a_stall_begins_behind_the_named_byte() {
        let shape = Shape { stall: Some((3, Some(MS(500)))), ..Shape::default() };
        assert_eq!(play(shape, &[(0, "hello"), (1, "!")]), pieces(&[(0, "hel"), (500, "lo"), (500, "!")]));
        let for_ever = Shape { stall: Some((3, None)), ..Shape::default() };
        assert_eq!(play(for_ever, &[(0, "hello")]), pieces(&[(0, "hel")]));
    }

    #[test]
    fn the_end_lets_the_gathered_go() {
        let mut shaper = Shaper::new(Shape { coalesce: MS(50), ..Shape::default() }, 1);
        shaper.arrive(MS(0), Bytes::from_static(b"bye"));
        assert_eq!((shaper.held(), shaper.poll(MS(1))), (3, None));
        shaper.end(MS(1));
        assert_eq!(shaper.poll(MS(1)).as_deref(), Some(&b"bye"[..]));
        assert!(shaper.is_empty() && shaper.held() == 0);
    }

    /// What leaves by a time, in ms and text.
    fn drain(shaper: &mut Shaper, until: u64) -> Vec<(u64, String)> {
        let mut left = Vec::new();
        while let Some(at) = shaper.next().filter(|at| *at <= MS(until)) {
            if let Some(bytes) = shaper.poll(at) {
                left.push((at.as_millis() as u64, String::from_utf8(bytes.to_vec()).unwrap()));
            }
        }
        left
    }

    #[test]
    fn a_turned_knob_holds_for_what_is_held_too() {
        let slow = Shape { slice: Some(1), gap: MS(1000), ..Shape::default() };
        let mut shaper = Shaper::new(slow, 1);
        shaper.arrive(MS(0), Bytes::from_static(b"hello"));
        assert_eq!(drain(&mut shaper, 1500), pieces(&[(0, "h"), (1000, "e")]));
        shaper.reshape(MS(1500), Shape { slice: Some(2), ..Shape::default() });
        assert_eq!(drain(&mut shaper, 1500), pieces(&[(1500, "ll"), (1500, "o")]));
        assert!(shaper.is_empty() && shaper.held() == 0);
        shaper.reshape(MS(1600), Shape { coalesce: MS(500), ..Shape::default() });
        shaper.arrive(MS(1600), Bytes::from_static(b"a"));
        shaper.reshape(MS(1700), Shape::default());
        assert_eq!(drain(&mut shaper, 1700), pieces(&[(1700, "a")]));
    }

    #[test]
    fn a_stall_can_be_lifted_and_a_past_one_does_not_come_again() {
        let stall = Some((2, None));
        let mut shaper = Shaper::new(Shape { stall, ..Shape::default() }, 1);
        shaper.arrive(MS(0), Bytes::from_static(b"hello"));
        assert_eq!(drain(&mut shaper, 9000), pieces(&[(0, "he")]));
        shaper.reshape(MS(9000), Shape { stall, delay: MS(1), ..Shape::default() });
        assert_eq!(drain(&mut shaper, 20_000), [], "another knob lifts no stall");
        shaper.reshape(MS(20_000), Shape::default());
        assert_eq!(drain(&mut shaper, 20_000), pieces(&[(20_000, "llo")]));
        shaper.reshape(MS(20_000), Shape { stall, ..Shape::default() });
        shaper.arrive(MS(20_000), Bytes::from_static(b"!"));
        assert_eq!(drain(&mut shaper, 20_000), pieces(&[(20_000, "!")]));
    }

    #[test]
    fn a_halt_keeps_everything_until_it_ends() {
        let mut shaper = Shaper::new(Shape { halted: true, ..Shape::default() }, 1);
        shaper.arrive(MS(0), Bytes::from_static(b"hello"));
        assert_eq!((shaper.next(), shaper.poll(MS(50)), shaper.held()), (None, None, 5));
        shaper.reshape(MS(60), Shape::default());
        assert_eq!(drain(&mut shaper, 60), pieces(&[(60, "hello")]));
    }
}
