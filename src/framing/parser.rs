//! One frame after another in a view of the stream that begins where the frame begins: the common heart of the decoders.

use std::ops::Range;

use super::again::Again;
use super::counts::{netstring, varint};
use super::error::{FrameError, Hint, Problem, Refusal as Refused};
use super::json::Fields;
use super::limits::Limits;
use super::name::Framing;
use super::observe::Waiting;
use super::plan::{Extent, Plan, Refusal};

/// What [`Parser::measure`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The frame is not complete; at least this many bytes more are needed (never 0).
    Need(usize),
    /// A frame lies at the start of the view.
    Frame(Extent),
}

/// What is known of the current frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing yet.
    Head,
    /// Under `json-header`: where the header ends.
    Header(usize),
    /// Everything.
    Body(Extent),
    /// No delimiter ends before this index.
    Scan(usize),
}

/// Measures frames in a contiguous view, without copying and without holding a byte.
///
/// This is the part for those who keep the stream in a buffer of their own: it says how long the frame at the start of the
/// view is. Whoever has no such buffer wants a [`Decoder`](super::Decoder).
///
/// Each call sees the same frame from its first byte, with as many bytes as there are by now; what was found in
/// an earlier call is not searched or parsed again. When a frame is complete, [`advance`](Parser::advance) moves on.
#[derive(Clone, Debug)]
pub struct Parser {
    pub(crate) plan: Plan,
    pub(crate) limits: Limits,
    pub(crate) again: Again,
    pub(super) stage: Stage,
    pub(crate) number: u64,
    pub(crate) offset: u64,
    /// Fields of the current frame's header, where the strict reader read it.
    fields: Option<Fields>,
    /// The last bytes of the payload before, for a hint.
    pub(crate) tail: [u8; 4],
    /// Bytes of the current frame of which the observer has been told.
    pub(super) told: usize,
    pub(crate) failed: Option<FrameError>,
}

impl Parser {
    /// A parser for a stream that begins with a frame.
    pub fn new(framing: &Framing, limits: Limits) -> Parser {
        Parser {
            plan: Plan::of(framing),
            limits: limits.applied(),
            again: Again::new(),
            stage: Stage::Head,
            number: 0,
            offset: 0,
            fields: None,
            tail: [0; 4],
            told: 0,
            failed: None,
        }
    }

    /// Number of the current frame, from 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Stream offset of the current frame's first byte.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Measures the frame at the start of `view`.
    ///
    /// # Errors
    /// When the bytes are no frame of this framing; the same error again from then on.
    pub fn measure(&mut self, view: &[u8]) -> Result<Step, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.step(view).map_err(|refusal| self.refuse(refusal))
    }

    /// Remembers and gives the error for `refusal`.
    #[cold]
    pub(crate) fn refuse(&mut self, refusal: Refusal) -> FrameError {
        let Refusal { at, problem, mut hints } = refusal;
        let length = matches!(
            problem,
            Problem::NegativeLength { .. } | Problem::LengthTooLarge { .. } | Problem::LengthTooSmall { .. }
        );
        if let Some(bytes) = cut_character(self.tail).filter(|_| length) {
            hints.insert(0, Hint::CharactersNotBytes { bytes });
        }
        let error = FrameError::new(Refused {
            offset: self.offset + at as u64,
            frame: self.number,
            frame_offset: self.offset,
            problem,
            hints,
        });
        self.failed = Some(error.clone());
        error
    }

    fn step(&mut self, view: &[u8]) -> Result<Step, Refusal> {
        let extent = match self.head(view)? {
            Ok(extent) => extent,
            Err(need) => return Ok(Step::Need(need)),
        };
        debug_assert!(extent.total > 0, "a frame without a byte would come for ever");
        match extent.total.saturating_sub(view.len()) {
            0 => self.check_end(view, extent).map(|()| Step::Frame(extent)),
            need => Ok(Step::Need(need)),
        }
    }

    /// The extent of the current frame, or how many bytes more are needed to know it. Looks at no payload.
    pub(crate) fn locate(&mut self, view: &[u8]) -> Result<Result<Extent, usize>, FrameError> {
        self.head(view).map_err(|refusal| self.refuse(refusal))
    }

    /// The extent of a frame that begins in `view` and where its header lies, when its head is there and has the usual shape.
    /// Only for the framings with a length.
    #[inline(always)]
    pub(crate) fn usual(&mut self, view: &[u8]) -> Option<(Extent, Range<usize>)> {
        let known = self.again.extent(view);
        if known.is_some() {
            return known;
        }
        let (extent, decisive) = match &self.plan {
            Plan::Length(plan) => {
                (plan.usual(view, &self.limits)?, plan.int.offset..plan.int.offset + plan.int.format.width())
            }
            Plan::Json(plan) => {
                let extent = plan.usual(view, &self.limits)?;
                (extent, 0..extent.head)
            }
            _ => return None,
        };
        let header = self.plan.header(&extent);
        self.again.note(view, &extent, header.clone(), decisive);
        Some((extent, header))
    }

    /// Takes over an extent that the caller found, without fields.
    #[inline]
    pub(crate) fn found(&mut self, extent: Extent) {
        self.stage = Stage::Body(extent);
        if self.fields.is_some() {
            self.forget_fields();
        }
    }

    /// Takes over what the beginning of a frame tells whose bytes so far, too few to be compared whole, are those of the frame
    /// before; how many bytes it lacks, or 0 while they do not decide that. `None` when they are others.
    pub(crate) fn begun(&mut self, view: &[u8]) -> Option<usize> {
        let (extent, decided) = self.again.begun(view)?;
        if decided {
            self.found(extent);
            return Some(extent.total - view.len());
        }
        self.stage = match &self.plan {
            Plan::Json(json) if view.len() >= json.int.format.width() => Stage::Header(extent.head),
            _ => Stage::Head,
        };
        Some(0)
    }

    #[cold]
    fn forget_fields(&mut self) {
        self.fields = None;
    }

    fn head(&mut self, view: &[u8]) -> Result<Result<Extent, usize>, Refusal> {
        loop {
            match self.stage {
                Stage::Body(extent) => return Ok(Ok(extent)),
                Stage::Header(end) => {
                    let need = end.saturating_sub(view.len());
                    if need > 0 {
                        return Ok(Err(need));
                    }
                    if let Plan::Json(json) = &self.plan {
                        let header = view.get(json.int.format.width()..end).unwrap_or(&[]);
                        let (extent, fields) = json.read(header, &self.limits)?;
                        self.fields = fields;
                        self.stage = Stage::Body(extent);
                    }
                }
                Stage::Head | Stage::Scan(_) => match self.begin(view)? {
                    Some(stage) => self.stage = stage,
                    None => return Ok(Err(self.need_head(view.len()))),
                },
            }
        }
    }

    /// Reads the head of the frame, or searches its end.
    fn begin(&mut self, view: &[u8]) -> Result<Option<Stage>, Refusal> {
        Ok(match &self.plan {
            Plan::Json(json) => match json.header_len(view, &self.limits) {
                Some(len) => Some(Stage::Header(json.int.format.width() + len?)),
                None => None,
            },
            Plan::Length(length) => match length.read(view, &self.limits) {
                Some(extent) => Some(Stage::Body(extent?)),
                None => None,
            },
            Plan::Varint => varint(view, &self.limits)?.map(Stage::Body),
            Plan::Netstring => netstring(view, &self.limits)?.map(Stage::Body),
            Plan::Fixed(size) => Some(Stage::Body(Extent { head: 0, start: 0, end: *size, total: *size })),
            Plan::Whole if view.is_empty() => None,
            Plan::Whole => {
                let (size, limit) = (view.len() as u64, self.limits.payload);
                if size > limit {
                    return Err(Refusal::new(0, Problem::TooLarge { size, limit }));
                }
                Some(Stage::Body(Extent { head: 0, start: 0, end: view.len(), total: view.len() }))
            }
            Plan::Scan(scan) => {
                let from = if let Stage::Scan(from) = self.stage { from } else { 0 };
                let (before, more) = view.split_at_checked(from).unwrap_or((view, &[]));
                let limit = self.limits.payload;
                let found = scan.find(before, more).map(|found| (from + found.end, found.len));
                // Without a delimiter yet: the least that the payload can become.
                let least =
                    found.map_or((view.len() + 1).saturating_sub(scan.longest()), |(end, len)| end - len);
                if least as u64 > limit {
                    return Err(Refusal::new(limit as usize, Problem::NoDelimiter { limit }));
                }
                match found {
                    Some((total, len)) => {
                        let end = if scan.keep { total } else { total - len };
                        Some(Stage::Body(Extent { head: total - len, start: 0, end, total }))
                    }
                    None => {
                        self.stage = Stage::Scan(view.len());
                        None
                    }
                }
            }
        })
    }

    /// Bytes still missing from the head when `have` are there.
    pub(super) fn need_head(&self, have: usize) -> usize {
        let whole = match &self.plan {
            Plan::Json(json) => json.int.format.width(),
            Plan::Length(length) => length.field.head(),
            _ => 0,
        };
        whole.saturating_sub(have).max(1)
    }

    /// Checks what follows the payload.
    fn check_end(&self, view: &[u8], extent: Extent) -> Result<(), Refusal> {
        match (&self.plan, view.get(extent.end)) {
            (Plan::Netstring, Some(&byte)) if byte != b',' => {
                Err(Refusal::new(extent.end, Problem::NetstringComma { byte }))
            }
            _ => Ok(()),
        }
    }

    /// The current frame's extent, once its head is read (for a delimiter: once that is found).
    #[inline]
    pub fn extent(&self) -> Option<Extent> {
        match self.stage {
            Stage::Body(extent) => Some(extent),
            _ => None,
        }
    }

    /// Where the header lies in a frame with this extent: the JSON text, or the bytes before a length; empty elsewhere.
    pub fn header(&self, extent: &Extent) -> std::ops::Range<usize> {
        self.plan.header(extent)
    }

    /// The fields of the current frame's header, where it was not of the usual shape (with nothing in it but the size).
    #[inline]
    pub(crate) fn fields(&self) -> Option<&Fields> {
        self.fields.as_ref()
    }

    /// Moves on to the frame behind the current one, which lies in `view` with this extent.
    #[inline]
    pub fn advance(&mut self, extent: &Extent, view: &[u8]) {
        self.note_tail(view.get(extent.start..extent.end).unwrap_or(&[]));
        self.skip(extent.total);
    }

    /// Moves on by `total` bytes to the next frame.
    #[inline]
    pub(crate) fn skip(&mut self, total: usize) {
        self.number += 1;
        self.offset += total as u64;
        self.stage = Stage::Head;
        self.told = 0;
    }

    /// Keeps the last bytes of a payload.
    #[inline]
    pub(crate) fn note_tail(&mut self, payload: &[u8]) {
        match payload.last_chunk() {
            Some(tail) => self.tail = *tail,
            None => {
                self.tail = [0; 4];
                self.add_tail(payload);
            }
        }
    }

    /// Keeps the last bytes of a payload of which this is another piece.
    #[inline(never)]
    pub(crate) fn add_tail(&mut self, piece: &[u8]) {
        match piece.last_chunk() {
            Some(tail) => self.tail = *tail,
            None => piece.iter().for_each(|&b| {
                self.tail.rotate_left(1);
                self.tail[3] = b;
            }),
        }
    }

    /// To be called when the stream has ended, with what is left of it.
    ///
    /// # Errors
    /// When it ended in the middle of a frame, or the error that an earlier call gave.
    pub fn finish(&mut self, view: &[u8]) -> Result<(), FrameError> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None if view.is_empty() => Ok(()),
            None => {
                let waiting = self.waiting(view);
                Err(self.end(view.len(), waiting))
            }
        }
    }

    /// The error of a stream that ends when `have` bytes of the current frame are there.
    pub(crate) fn end(&mut self, have: usize, waiting: Waiting) -> FrameError {
        self.refuse(Refusal::new(have, Problem::EndInFrame { waiting, have: have as u64 }))
    }
}

/// The beginning of a UTF-8 character at the end of `tail` whose rest is missing.
fn cut_character(tail: [u8; 4]) -> Option<Vec<u8>> {
    (1..=3).find_map(|n| {
        let bytes = tail.get(4 - n..)?;
        let want = match bytes.first()? {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return None,
        };
        let rest = bytes.get(1..)?.iter().all(|b| b & 0xc0 == 0x80);
        (rest && want > n).then(|| bytes.to_vec())
    })
}
