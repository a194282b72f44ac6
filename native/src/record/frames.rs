//! Which bytes of a recorded stream make which frame: a decoder follows each direction of a socket.

use std::ops::Range;

use framewire::framing::{Decoder, FrameError, Framing, Limits, Role, Spans};
use framewire::trace::RoleRange;

/// One direction of a socket's stream.
#[derive(Debug)]
pub(crate) struct Lane {
    framing: Framing,
    decoder: Decoder,
    spans: Spans,
    roles: Vec<RoleRange>,
    /// Bytes seen in all, and those seen before the current file began: the file's offsets count from there.
    total: u64,
    base: u64,
    /// After an error or a gap nobody knows where frames begin.
    lost: bool,
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
        Lane {
            framing: framing.clone(),
            decoder: Decoder::new(framing, limits),
            spans: Spans::default(),
            roles: Vec::new(),
            total: 0,
            base: 0,
            lost: false,
        }
    }

    /// A new file begins here.
    pub fn rebase(&mut self) {
        self.base = self.total;
    }

    /// Bytes are missing from here on.
    pub fn lose(&mut self) {
        self.lost = true;
    }

    /// Takes the next bytes and tells `found` of every frame that they complete.
    pub fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(Found<'_>)) {
        self.total += bytes.len() as u64;
        let mut rest = bytes;
        while !self.lost {
            let (start, end, error) = match self.frame(&mut rest) {
                Ok(None) => return,
                Ok(Some(whole)) => (whole.start, whole.end, None),
                Err(error) => {
                    self.lost = true;
                    let start = error.frame_offset;
                    (start, error.offset.max(start) + 1, Some(error.to_string()))
                }
            };
            // A frame that began in an earlier file has no place in this one.
            if let Some(first) = start.checked_sub(self.base) {
                let base = self.base;
                for role in &mut self.roles {
                    (role.start, role.end) = (role.start.saturating_sub(base), role.end.saturating_sub(base));
                }
                let (roles, error) = (self.roles.as_slice(), error.as_deref());
                found(Found { start: first, end: end.saturating_sub(base), roles, error });
            }
        }
    }

    /// The next frame's place in the stream; what its bytes are is left in `roles`.
    fn frame(&mut self, rest: &mut &[u8]) -> Result<Option<Range<u64>>, FrameError> {
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
                    let borders = [frame.offset, header, data, end];
                    let parts =
                        [Role::Length, Role::Header, Role::Payload].into_iter().zip(borders.windows(2));
                    self.roles.extend(
                        parts
                            .filter_map(|(role, border)| match *border {
                                [start, end] => Some(RoleRange { role, start, end }),
                                _ => None,
                            })
                            .filter(|part| part.start < part.end),
                    );
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
        lane.feed(bytes, |found| {
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
        let stream = b"\x0b\0\0\0{\"size\": 2}ab\x0b\0\0\0{\"size\": 0}\x0c\0\0\0{\"size\": xx}";
        for cut in 0..=stream.len() {
            let mut lane = Lane::new(&framing);
            let mut all = Vec::new();
            for piece in [&stream[..cut], &stream[cut..]] {
                lane.feed(piece, |found| {
                    all.push((found.start, found.end, found.roles.to_vec(), found.error.is_some()))
                });
            }
            let mut decoder = Decoder::new(&framing, Limits::DEFAULT);
            let (mut rest, mut spans) = (stream.as_slice(), Spans::default());
            for (start, end, roles, broken) in &all {
                let frame = decoder.decode_observed(&mut rest, &mut spans);
                assert_eq!(frame.is_err(), *broken, "cut at {cut}");
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
            assert_eq!(all.len(), 3, "cut at {cut}");
        }
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
