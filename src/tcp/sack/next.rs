//! What is to be sent again next: NextSeg (RFC 6675 section 4).

use super::{SackBlock, Scoreboard};

impl Scoreboard {
    /// NextSeg rule 1 (RFC 6675 section 4): the first lost octets not yet retransmitted, at most `smss` of them;
    /// small segments side by side go out as one.
    pub fn next_lost(&mut self, smss: u32) -> Option<SackBlock> {
        if self.awaiting_bytes == 0 {
            return None;
        }
        let mut i = self.index_of(self.awaiting_from);
        while !self.segments.get(i)?.awaits_retransmission() {
            i += 1;
        }
        let first = *self.segments.get(i)?;
        self.awaiting_from = first.seq;
        let mut len = first.len.min(smss);
        while let Some(next) = self.segments.get(i + 1) {
            if len >= smss || len < first.len || !next.awaits_retransmission() || len + next.len > smss {
                break;
            }
            len += next.len;
            i += 1;
        }
        Some(SackBlock::new(first.seq, first.seq + len))
    }

    /// NextSeg rule 3 (RFC 6675 section 4): the first octets above HighRxt and below the highest SACK that are not
    /// SACKed, lost or not; at most `smss`.
    pub fn next_hole(&self, smss: u32) -> Option<SackBlock> {
        let top = self.sacked.end()?;
        let from = self.high_rxt.max(self.una);
        let left = self.sacked.find(from).map_or(from, |range| range.right);
        if !left.is_before(top) {
            return None;
        }
        let segment = self.segments.get(self.index_of(left))?;
        let len = segment.end().0.wrapping_sub(left.0).min(smss);
        Some(SackBlock::new(left, left + len))
    }

    /// The last octets in flight that are not SACKed, at most `smss`: what a tail loss probe sends (RFC 8985 section
    /// 7.3).
    pub fn tail(&self, smss: u32) -> Option<SackBlock> {
        let end = self.sacked.as_slice().last().filter(|range| range.right == self.nxt);
        let end = end.map_or(self.nxt, |range| range.left);
        if !end.is_after(self.una) {
            return None;
        }
        let segment = self.segments.get(self.index_of(end - 1))?;
        let len = end.0.wrapping_sub(segment.seq.0).min(smss);
        Some(SackBlock::new(end - len, end))
    }

    /// NextSeg rule 4 (RFC 6675 section 4): the [tail](Scoreboard::tail), unless it was retransmitted in this recovery.
    pub fn rescue(&self, smss: u32) -> Option<SackBlock> {
        self.tail(smss).filter(|tail| tail.right.is_after(self.high_rxt))
    }

    /// Recovery begins: HighRxt = HighACK.
    pub fn start_recovery(&mut self) {
        self.high_rxt = self.una;
    }
}
