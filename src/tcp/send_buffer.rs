//! The octets that the application has handed over and the peer has not acknowledged yet.

use super::chunks::Chunks;
use std::ops::Range;

/// A window on the outgoing stream: octets `start()..end()` in stream offsets (the first octet of data is 0).
#[derive(Clone, Debug, Default)]
pub(crate) struct SendBuffer {
    /// Stream offset of the first octet kept: all before it are acknowledged.
    start: u64,
    end: u64,
    octets: Chunks,
}

impl SendBuffer {
    /// Stream offset of the first octet that is not acknowledged.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Stream offset after the last octet handed over.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many octets are kept.
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Appends as much of `data` as keeps the buffer within `limit` octets; returns how much that was.
    pub fn push(&mut self, data: &[u8], limit: usize) -> usize {
        let taken = data.len().min(limit.saturating_sub(self.len()));
        self.octets.write(self.end, &data[..taken]);
        self.end += taken as u64;
        taken
    }

    /// Forgets everything before stream offset `to`; offsets outside the buffer are brought within it.
    pub fn acknowledge(&mut self, to: u64) {
        self.start = to.clamp(self.start, self.end);
        if self.start == self.end {
            self.octets.restart(self.end);
        } else {
            self.octets.forget(self.start);
        }
    }

    /// The octets of stream offsets `range` (no more than a segment holds), in two parts; what is outside the buffer is left
    /// out.
    pub fn slices(&self, range: &Range<u64>) -> [&[u8]; 2] {
        self.octets.slices(range.start.clamp(self.start, self.end)..range.end.clamp(self.start, self.end))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.start = self.end;
        self.octets.clear(self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_to_its_limit() {
        let mut buffer = SendBuffer::default();
        assert_eq!(buffer.push(b"hello", 8), 5);
        assert_eq!(buffer.push(b"world", 8), 3);
        assert_eq!(buffer.push(b"!", 8), 0);
        buffer.acknowledge(6);
        assert_eq!((buffer.start(), buffer.end(), buffer.len()), (6, 8, 2));
        assert_eq!(buffer.slices(&(3..6)).concat(), b"", "acknowledged octets are gone");
        assert_eq!(buffer.slices(&(7..16)).concat(), b"r");
    }

    proptest! {
        #[test]
        fn any_range_reads_back(steps in prop::collection::vec((0usize..40, 0u64..40, 0usize..50), 1..60)) {
            let mut stream = Vec::new();
            let mut buffer = SendBuffer::default();
            for (push, ack, len) in steps {
                let data: Vec<u8> = (0..push).map(|i| (stream.len() + i) as u8).collect();
                let taken = buffer.push(&data, 64);
                stream.extend_from_slice(&data[..taken]);
                buffer.acknowledge(buffer.start() + ack);
                prop_assert_eq!(buffer.end(), stream.len() as u64);
                let from = buffer.start() + (ack / 2).min(buffer.len() as u64);
                let end = (from as usize + len).min(stream.len());
                prop_assert_eq!(buffer.slices(&(from..from + len as u64)).concat(), &stream[from as usize..end]);
            }
        }
    }
}
