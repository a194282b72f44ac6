//! Which bytes of a recorded stream make which frame: a decoder follows each direction of a socket.

use std::ops::Range;

use framewire::framing::{Decoder, FrameError, Framing, Limits, Role, Spans};
use framewire::trace::RoleRange;

/// How the last frame with a JSON header began, and how long it was. Most frames of a program are alike, whichever socket they pass
/// and in whichever direction; one that begins so is as long, and needs no decoder.
#[derive(Debug, Default)]
pub(crate) struct Alike {
    /// Length and header, and the bytes of the length.
    head: Vec<u8>,
    length: u64,
    /// Bytes of the whole frame.
    total: usize,
}

/// A longer head is not kept.
const HEAD: usize = 256;

impl Alike {
    /// Keeps how a frame of `total` bytes began, of which the first `length` are the header's length.
    fn learn(&mut self, head: &[u8], length: usize, total: usize) {
        self.head.clear();
        self.head.extend_from_slice(head);
        (self.length, self.total) = (length as u64, total);
    }

    /// What follows the frame at the front of `bytes`, when it is whole and began like the last one.
    fn rest<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let alike = !self.head.is_empty() && bytes.starts_with(&self.head);
        alike.then(|| bytes.get(self.total..)).flatten()
    }

    /// What the bytes of such a frame are, when it begins at `start`. The last part may be empty.
    fn roles(&self, start: u64) -> [RoleRange; 3] {
        let borders = [start, start + self.length, start + self.head.len() as u64, start + self.total as u64];
        parts(borders)
    }

    /// True if `bytes` are one such frame.
    fn is(&self, bytes: &[u8]) -> bool {
        self.rest(bytes).is_some_and(<[u8]>::is_empty)
    }

    /// Takes from each lane the bytes beside it if both are one whole frame like the last: where they begin in the file, and their
    /// parts from there on. Nothing is taken otherwise.
    pub fn both<R>(
        &self,
        lanes: &mut [Lane; 2],
        bytes: [&[u8]; 2],
        found: impl FnOnce([u64; 2], &[RoleRange]) -> R,
    ) -> Option<R> {
        let [one, other] = &*lanes;
        let starts = [one.next(self, bytes[0])?, other.next(self, bytes[1])?];
        for lane in lanes {
            lane.total += self.total as u64;
            lane.pass(self);
        }
        Some(found(starts, without_empty(&self.roles(0))))
    }
}

fn parts([start, header, data, end]: [u64; 4]) -> [RoleRange; 3] {
    [(Role::Length, start, header), (Role::Header, header, data), (Role::Payload, data, end)]
        .map(|(role, start, end)| RoleRange { role, start, end })
}

/// Only a payload can be empty.
fn without_empty(roles: &[RoleRange; 3]) -> &[RoleRange] {
    match roles {
        [head @ .., last] if last.start == last.end => head,
        all => all,
    }
}

/// One direction of a socket's stream.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Bytes seen in all, and those seen before the current file began: the file's offsets count from there.
    total: u64,
    base: u64,
    /// Frames alike, and their bytes, which the decoder has not seen.
    passed: (u64, u64),
    /// The stream stands between two frames.
    border: bool,
    /// After an error or a gap nobody knows where frames begin.
    lost: bool,
    slow: Box<Slow>,
}

/// What a lane needs for frames that are not alike.
#[derive(Debug)]
struct Slow {
    framing: Framing,
    decoder: Decoder,
    spans: Spans,
    roles: Vec<RoleRange>,
}

/// A frame, or the reason why there will be no more, at offsets of the current file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    pub start: u64,
    pub end: u64,
    pub roles: &'a [RoleRange],
    pub error: Option<&'a str>,
}

impl Lane {
    /// A stream that begins with a frame.
    pub fn new(framing: &Framing) -> Self {
        // What is recorded has passed the server's limits already, or is an error by them.
        let limits = Limits { payload: u64::MAX, ..Limits::DEFAULT };
        let decoder = Decoder::new(framing, limits);
        let (spans, roles) = (Spans::default(), Vec::new());
        let slow = Box::new(Slow { framing: framing.clone(), decoder, spans, roles });
        Lane { total: 0, base: 0, passed: (0, 0), border: true, lost: false, slow }
    }

    /// A new file begins here.
    pub fn rebase(&mut self) {
        self.base = self.total;
    }

    /// Bytes are missing from here on.
    pub fn lose(&mut self) {
        self.lost = true;
    }

    /// Where the frame that follows begins in the file, if `bytes` are one whole frame like the last.
    fn next(&self, alike: &Alike, bytes: &[u8]) -> Option<u64> {
        let follows = self.border && !self.lost && alike.is(bytes);
        follows.then(|| self.total.checked_sub(self.base)).flatten()
    }

    /// The decoder need not see the frame alike that has come.
    fn pass(&mut self, alike: &Alike) {
        self.passed = (self.passed.0 + 1, self.passed.1 + alike.total as u64);
    }

    /// Takes the next bytes and tells `found` of every frame that they complete. All lanes that share `alike` have one framing.
    pub fn feed(&mut self, alike: &mut Alike, bytes: &[u8], mut found: impl FnMut(Found<'_>)) {
        self.total += bytes.len() as u64;
        let mut rest = bytes;
        while !self.lost {
            if self.border
                && let Some(after) = alike.rest(rest)
            {
                let start = self.total - rest.len() as u64;
                self.pass(alike);
                rest = after;
                // A frame that began in an earlier file has no place in this one.
                if let Some(start) = start.checked_sub(self.base) {
                    let (end, roles) = (start + alike.total as u64, alike.roles(start));
                    found(Found { start, end, roles: without_empty(&roles), error: None });
                }
                continue;
            }
            if rest.is_empty() {
                return;
            }
            let (frames, len) = std::mem::take(&mut self.passed);
            let slow = &mut *self.slow;
            slow.decoder.pass(frames, len);
            let next = slow.frame(alike, &mut rest);
            self.border = slow.decoder.partial().is_empty();
            let (start, end, error) = match next {
                Ok(None) => return,
                Ok(Some(whole)) => (whole.start, whole.end, None),
                Err(error) => {
                    self.lost = true;
                    let start = error.frame_offset;
                    (start, error.offset.max(start) + 1, Some(error.to_string()))
                }
            };
            if let Some(first) = start.checked_sub(self.base) {
                let base = self.base;
                for role in &mut slow.roles {
                    (role.start, role.end) = (role.start.saturating_sub(base), role.end.saturating_sub(base));
                }
                let (roles, error) = (slow.roles.as_slice(), error.as_deref());
                found(Found { start: first, end: end.saturating_sub(base), roles, error });
            }
        }
    }
}

impl Slow {
    /// The next frame's place in the stream; what its bytes are is left in `roles`.
    fn frame(&mut self, alike: &mut Alike, rest: &mut &[u8]) -> Result<Option<Range<u64>>, FrameError> {
        self.roles.clear();
        if let Framing::JsonHeader(_) = self.framing {
            // Length, header and data lie one behind the other: the decoder need not be listened to, which is twice as quick.
            let before = *rest;
            return match self.decoder.decode(rest) {
                Ok(None) => Ok(None),
                Ok(Some(frame)) => {
                    let end = frame.offset + frame.len as u64;
                    let data = end - frame.payload.len() as u64;
                    let header = data - frame.header.len() as u64;
                    self.roles.extend_from_slice(without_empty(&parts([frame.offset, header, data, end])));
                    let (head, length) = ((data - frame.offset) as usize, (header - frame.offset) as usize);
                    if before.len() - rest.len() == frame.len && head <= HEAD {
                        alike.learn(before.get(..head).unwrap_or_default(), length, frame.len);
                    }
                    Ok(Some(frame.offset..end))
                }
                Err(error) => {
                    let broken =
                        if self.decoder.partial().is_empty() { before } else { self.decoder.partial() };
                    listen(&self.framing, broken, &mut self.spans);
                    self.take_roles(error.frame_offset);
                    Err(error)
                }
            };
        }
        let whole = match self.decoder.decode_observed(rest, &mut self.spans) {
            Ok(None) => return Ok(None),
            Ok(Some(frame)) => Ok(Some(frame.offset..frame.offset + frame.len as u64)),
            Err(error) => Err(error),
        };
        self.take_roles(0);
        whole
    }

    fn take_roles(&mut self, shift: u64) {
        self.roles.extend(self.spans.0.drain(..).map(|span| RoleRange {
            role: span.role,
            start: span.range.start + shift,
            end: span.range.end + shift,
        }));
    }
}

/// What the bytes of a broken frame are, as far as it goes.
fn listen(framing: &Framing, mut bytes: &[u8], spans: &mut Spans) {
    let mut decoder = Decoder::new(framing, Limits { payload: u64::MAX, ..Limits::DEFAULT });
    let _ = decoder.decode_observed(&mut bytes, spans);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        Lane::new(&"length:u8".parse().unwrap())
    }

    fn feed(lane: &mut Lane, bytes: &[u8]) -> Vec<(u64, u64, usize, bool)> {
        let mut all = Vec::new();
        lane.feed(&mut Alike::default(), bytes, |found| {
            all.push((found.start, found.end, found.roles.len(), found.error.is_some()))
        });
        all
    }

    #[test]
    fn frames_are_found_however_the_stream_was_cut() {
        let mut lane = lane();
        assert_eq!(feed(&mut lane, b"\x02ab\x01"), [(0, 3, 2, false)]);
        assert_eq!(feed(&mut lane, b"c\x00"), [(3, 5, 2, false), (5, 6, 1, false)]);
    }

    #[test]
    fn the_quick_way_says_the_same_as_the_decoder_that_is_listened_to() {
        let framing: Framing = "json-header:size".parse().unwrap();
        let ab = b"\x0b\0\0\0{\"size\": 2}ab";
        let cd = b"\x0b\0\0\0{\"size\": 2}cd";
        let empty = b"\x0b\0\0\0{\"size\": 0}";
        let broken = b"\x0c\0\0\0{\"size\": xx}";
        let stream = [ab, cd, ab, empty.as_slice(), empty, ab, broken].concat();
        for cut in 0..=stream.len() {
            let mut lane = Lane::new(&framing);
            let (mut alike, mut all) = (Alike::default(), Vec::new());
            for piece in [&stream[..cut], &stream[cut..]] {
                lane.feed(&mut alike, piece, |found| {
                    all.push((found.start, found.end, found.roles.to_vec(), found.error.map(str::to_owned)))
                });
            }
            let mut decoder = Decoder::new(&framing, Limits::DEFAULT);
            let (mut rest, mut spans) = (stream.as_slice(), Spans::default());
            for (start, end, roles, error) in &all {
                let frame = decoder.decode_observed(&mut rest, &mut spans);
                assert_eq!(frame.as_ref().err().map(ToString::to_string), *error, "cut at {cut}");
                if let Ok(Some(frame)) = frame {
                    assert_eq!((frame.offset, frame.offset + frame.len as u64), (*start, *end));
                }
                let said = spans.0.drain(..).map(|s| RoleRange {
                    role: s.role,
                    start: s.range.start,
                    end: s.range.end,
                });
                assert_eq!(said.collect::<Vec<_>>(), *roles, "cut at {cut}");
            }
            assert_eq!(all.len(), 7, "cut at {cut}");
        }
    }

    #[test]
    fn lanes_may_share_what_they_have_learnt() {
        let framing: Framing = "json-header:size".parse().unwrap();
        let (mut one, mut other) = (Lane::new(&framing), Lane::new(&framing));
        let mut alike = Alike::default();
        let ab = b"\x0b\0\0\0{\"size\": 2}ab";
        let mut all = Vec::new();
        for lane in [&mut one, &mut other] {
            lane.feed(&mut alike, &ab[..7], |_| panic!("it is not whole"));
            lane.feed(&mut alike, &[&ab[7..], ab, &ab[..16]].concat(), |found| {
                all.push((found.start, found.end))
            });
            lane.rebase();
            lane.feed(&mut alike, &[&ab[16..], ab].concat(), |found| all.push((found.start, found.end)));
        }
        // The third frame began in the file before: the fourth is at 1 of the new one.
        assert_eq!(all, [(0, 17), (17, 34), (1, 18), (0, 17), (17, 34), (1, 18)]);
    }

    #[test]
    fn two_lanes_take_a_frame_each_or_nothing() {
        let framing: Framing = "json-header:size".parse().unwrap();
        let mut lanes = [Lane::new(&framing), Lane::new(&framing)];
        let mut alike = Alike::default();
        let (ab, cd, one) =
            (b"\x0b\0\0\0{\"size\": 2}ab", b"\x0b\0\0\0{\"size\": 2}cd", b"\x0b\0\0\0{\"size\": 1}x");
        let both = |lanes: &mut [Lane; 2], alike: &Alike, bytes: [&[u8]; 2]| {
            alike.both(lanes, bytes, |starts, roles| (starts, roles.len(), roles[2].end))
        };
        assert_eq!(both(&mut lanes, &alike, [ab, cd]), None, "nothing is known yet");
        lanes[0].feed(&mut alike, ab, |_| {});
        assert_eq!(both(&mut lanes, &alike, [ab, cd]), Some(([17, 0], 3, 17)));
        for bytes in [[ab.as_slice(), one], [one, ab], [ab, &ab[..5]], [ab, &[ab.as_slice(), cd].concat()]] {
            assert_eq!(both(&mut lanes, &alike, bytes), None);
        }
        lanes[1].rebase();
        assert_eq!(both(&mut lanes, &alike, [cd, cd]), Some(([34, 0], 3, 17)));
        // What comes otherwise finds its place behind them.
        let mut starts = Vec::new();
        for lane in &mut lanes {
            lane.feed(&mut alike, one, |found| starts.push((found.start, found.end)));
        }
        assert_eq!(starts, [(51, 67), (17, 33)]);
        lanes[0].lose();
        assert_eq!(both(&mut lanes, &alike, [one, one]), None);
        lanes[0] = Lane::new(&framing);
        lanes[0].feed(&mut alike, &ab[..7], |_| {});
        assert_eq!(both(&mut lanes, &alike, [one, one]), None, "in the middle of a frame");
    }

    #[test]
    fn a_new_file_counts_from_its_own_beginning() {
        let mut lane = lane();
        feed(&mut lane, b"\x02a");
        lane.rebase();
        assert_eq!(feed(&mut lane, b"b\x01c"), [(1, 3, 2, false)], "the frame cut by the change is left out");
    }

    #[test]
    fn after_an_error_or_a_gap_there_are_no_more() {
        let mut lane = Lane::new(&"json-header:size".parse().unwrap());
        let all = feed(&mut lane, b"\xff\xff\xff\xffxxxx");
        assert!(matches!(all.as_slice(), [(0, _, _, true)]), "{all:?}");
        assert_eq!(feed(&mut lane, b"\x02\0\0\0{}"), []);
        let mut lane = self::lane();
        lane.lose();
        assert_eq!(feed(&mut lane, b"\x01a"), []);
    }
}
