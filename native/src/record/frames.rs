//! Which bytes of a recorded stream make which frame: a decoder follows each direction of a socket.

use framewire::framing::{Decoder, Framing, Limits, Spans};
use framewire::trace::RoleRange;

/// One direction of a socket's stream.
#[derive(Debug)]
pub(super) struct Lane {
    decoder: Decoder,
    spans: Spans,
    /// Bytes seen in all, and those seen before the current file began: the file's offsets count from there.
    total: u64,
    base: u64,
    /// After an error or a gap nobody knows where frames begin.
    lost: bool,
}

/// A frame, or the reason why there will be no more, at offsets of the current file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub start: u64,
    pub end: u64,
    pub roles: Vec<RoleRange>,
    pub error: Option<String>,
}

impl Lane {
    /// A stream that begins with a frame.
    pub fn new(framing: &Framing) -> Self {
        // What is recorded has passed the server's limits already, or is an error by them.
        let limits = Limits { payload: u64::MAX, ..Limits::DEFAULT };
        let decoder = Decoder::new(framing, limits);
        Lane { decoder, spans: Spans::default(), total: 0, base: 0, lost: false }
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
    pub fn feed(&mut self, bytes: &[u8], mut found: impl FnMut(Found)) {
        self.total += bytes.len() as u64;
        let mut taken = 0;
        while !self.lost {
            let before = bytes.get(taken..).unwrap_or_default();
            let mut rest = before;
            let (start, len, error) = match self.decoder.decode_observed(&mut rest, &mut self.spans) {
                Ok(None) => return,
                Ok(Some(frame)) => (frame.offset, frame.len as u64, None),
                Err(error) => {
                    self.lost = true;
                    let start = error.frame_offset;
                    (start, error.offset.saturating_sub(start) + 1, Some(error.to_string()))
                }
            };
            taken += before.len() - rest.len();
            let end = start + len;
            // A frame that began in an earlier file has no place in this one.
            let roles = std::mem::take(&mut self.spans.0).into_iter();
            if let Some(start) = start.checked_sub(self.base) {
                let place = |offset: u64| offset.saturating_sub(self.base);
                let roles = roles
                    .map(|span| RoleRange {
                        role: span.role,
                        start: place(span.range.start),
                        end: place(span.range.end),
                    })
                    .collect();
                found(Found { start, end: place(end), roles, error });
            }
        }
    }
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
