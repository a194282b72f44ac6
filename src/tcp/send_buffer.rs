//! The octets that the application has handed over and the peer has not acknowledged yet.

use std::collections::VecDeque;
use std::ops::Range;

/// A window on the outgoing stream: octets `start()..end()` in stream offsets (the first octet of data is 0).
#[derive(Clone, Debug, Default)]
pub(crate) struct SendBuffer {
    /// Stream offset of the first octet kept: all before it are acknowledged.
    start: u64,
    octets: VecDeque<u8>,
}

impl SendBuffer {
    /// Stream offset of the first octet that is not acknowledged.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Stream offset after the last octet handed over.
    pub fn end(&self) -> u64 {
        self.start + self.octets.len() as u64
    }

    /// How many octets are kept.
    pub fn len(&self) -> usize {
        self.octets.len()
    }

    /// Appends as much of `data` as keeps the buffer within `limit` octets; returns how much that was.
    pub fn push(&mut self, data: &[u8], limit: usize) -> usize {
        let taken = data.len().min(limit.saturating_sub(self.octets.len()));
        let needed = self.octets.len() + taken;
        if needed > self.octets.capacity() && needed > 1 << 16 {
            // A sender that fills this much will fill the rest: grow in few steps, but not beyond the limit.
            let wanted = self.octets.capacity().saturating_mul(4).clamp(needed, limit.max(needed));
            self.octets.reserve_exact(wanted - self.octets.len());
        }
        self.octets.extend(&data[..taken]);
        taken
    }

    /// Forgets everything before stream offset `to`; offsets outside the buffer are brought within it.
    pub fn acknowledge(&mut self, to: u64) {
        let n = to.saturating_sub(self.start).min(self.octets.len() as u64);
        self.octets.drain(..n as usize);
        self.start += n;
    }

    /// The octets of stream offsets `range`, in the two parts of the ring; what is outside the buffer is left out.
    pub fn slices(&self, range: &Range<u64>) -> [&[u8]; 2] {
        let within = |offset: u64| (offset.clamp(self.start, self.end()) - self.start) as usize;
        let (from, to) = (within(range.start), within(range.end));
        let (front, back) = self.octets.as_slices();
        let split = front.len();
        [&front[from.min(split)..to.min(split)], &back[from.max(split) - split..to.max(split) - split]]
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.start = self.end();
        self.octets = VecDeque::new();
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
