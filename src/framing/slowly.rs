//! The decoder's way for all that is unusual, or listened to: one step of the parser after another.

use super::decoder::{Decoder, Frame, hand_out};
use super::error::FrameError;
use super::observe::Observer;
use super::parser::Step;
use super::plan::{Extent, Plan};

/// A whole frame: its extent, and the input that holds it, unless it is in the buffer.
type Found<'i> = (Extent, Option<&'i [u8]>);

impl Decoder {
    pub(super) fn decode_slowly<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        input: &mut &'i [u8],
        observer: &mut O,
    ) -> Result<Option<Frame<'a>>, FrameError> {
        self.missing = 0;
        let found = self.find(input, observer)?;
        let Some((extent, view)) = found else {
            // From here on the quick way can go on, unless something is to be told, or checked behind the payload.
            if !O::LISTENS
                && !matches!(self.parser.plan, Plan::Netstring)
                && let Some(extent) = self.parser.extent()
            {
                self.missing = extent.total.saturating_sub(self.buffer.len());
            }
            return Ok(None);
        };
        Ok(Some(hand_out(&mut self.parser, view.unwrap_or(&self.buffer), extent)))
    }

    /// Finds a whole frame.
    fn find<'i, O: Observer>(
        &mut self,
        input: &mut &'i [u8],
        observer: &mut O,
    ) -> Result<Option<Found<'i>>, FrameError> {
        self.border = false;
        if self.handed {
            self.buffer.clear();
            self.handed = false;
        }
        if self.buffer.is_empty() {
            let view = *input;
            let step = self.parser.measure(view)?;
            if O::LISTENS {
                self.parser.tell(view, observer);
            }
            let Step::Frame(extent) = step else {
                self.buffer.extend_from_slice(view);
                *input = &[];
                return Ok(None);
            };
            *input = view.get(extent.total..).unwrap_or(&[]);
            self.border = true;
            return Ok(Some((extent, Some(view))));
        }
        let extent = loop {
            if let Some(extent) = self.parser.extent() {
                // Only bytes are missing.
                let need = extent.total - self.buffer.len();
                let Some((taken, rest)) = input.split_at_checked(need) else {
                    self.buffer.extend_from_slice(input);
                    *input = &[];
                    if O::LISTENS {
                        self.parser.tell(&self.buffer, observer);
                    }
                    return Ok(None);
                };
                self.buffer.extend_from_slice(taken);
                *input = rest;
                if !O::LISTENS && !matches!(self.parser.plan, Plan::Netstring) {
                    break extent;
                }
            } else if self.stitch(input) {
                continue;
            }
            let step = self.parser.measure(&self.buffer)?;
            if O::LISTENS {
                self.parser.tell(&self.buffer, observer);
            }
            match step {
                Step::Frame(extent) => break extent,
                Step::Need(_) if input.is_empty() => return Ok(None),
                Step::Need(need) => {
                    let take = if self.parser.extent().is_some() { 0 } else { self.take(need, input) };
                    let (taken, rest) = input.split_at_checked(take).unwrap_or((input, &[]));
                    self.buffer.extend_from_slice(taken);
                    *input = rest;
                }
            }
        };
        (self.handed, self.border) = (true, true);
        Ok(Some((extent, None)))
    }

    /// Tries to complete a head of the usual shape, of which a part is buffered, in one go. The bytes of a usual frame are
    /// taken as far as they are here; true when its extent is known now and more bytes are missing.
    fn stitch(&mut self, input: &mut &[u8]) -> bool {
        /// As much as a head of the usual shape may take.
        const HEAD: usize = 64;
        let before = self.buffer.len();
        if before >= HEAD {
            return false;
        }
        self.buffer.extend_from_slice(input.get(..HEAD).unwrap_or(input));
        let usual = self.parser.usual(&self.buffer).map(|(extent, _)| extent);
        let kept = usual.map_or(before, |extent| extent.total.min(self.buffer.len()).max(before));
        self.buffer.truncate(kept);
        *input = input.get(kept - before..).unwrap_or(&[]);
        match usual {
            Some(extent) => {
                self.parser.found(extent);
                self.buffer.len() < extent.total
            }
            None => false,
        }
    }

    /// How many bytes of `input` may go into the buffer without taking any of the next frame.
    fn take(&self, need: usize, input: &[u8]) -> usize {
        match &self.parser.plan {
            Plan::Scan(scan) => scan.find(&self.buffer, input).map_or(input.len(), |found| found.end),
            _ => need.min(input.len()),
        }
    }
}
