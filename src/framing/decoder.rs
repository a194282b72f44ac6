//! The decoder: feed slices of the stream, poll frames.

use std::borrow::Cow;
use std::ops::Range;

use super::error::{FrameError, Problem};
use super::json::Fields;
use super::limits::Limits;
use super::name::Framing;
use super::observe::{Observer, Unobserved, Waiting};
use super::parser::{Parser, Step};
use super::plan::{Extent, Plan, Refusal};

/// One message of the stream. It borrows from the slice that was fed, or, when it came in pieces, from the decoder's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The message.
    pub payload: &'a [u8],
    /// The JSON text of a `json-header`, or the bytes before the length under `length`; empty elsewhere.
    pub header: &'a [u8],
    /// The frame's number in the stream, from 0.
    pub number: u64,
    /// Stream offset of its first byte.
    pub offset: u64,
    /// Bytes it takes in the stream, length, header and delimiter included.
    pub len: usize,
    pub(crate) fields: Option<&'a Fields>,
}

impl<'a> Frame<'a> {
    /// The fields of a JSON header in their order, the size among them; empty for other framings.
    ///
    /// The header has been parsed already; only where it holds nothing but the size, the one field is made here.
    pub fn fields(&self) -> Cow<'a, [(String, serde_json::Value)]> {
        fields(self.header, self.fields)
    }
}

/// The fields of a header: those which the strict reader kept, or the one of a header in the usual shape.
pub(crate) fn fields<'a>(
    header: &'a [u8],
    kept: Option<&'a Fields>,
) -> Cow<'a, [(String, serde_json::Value)]> {
    match kept {
        Some(fields) => Cow::Borrowed(fields),
        None => Cow::Owned(super::json::fields(header)),
    }
}

/// An incremental decoder. The frames it gives never depend on how the stream was cut into slices (except under `none` and
/// `datagram`, where the cut is the frame).
///
/// ```
/// use framewire::framing::{Decoder, Framing, Limits};
///
/// let framing: Framing = "json-header:data_size".parse()?;
/// let mut decoder = Decoder::new(&framing, Limits::default());
///
/// let mut slice: &[u8] = b"\x11\0";
/// assert!(decoder.decode(&mut slice)?.is_none());
/// assert_eq!(decoder.waiting().to_string(), "length 2/4");
///
/// let mut slice: &[u8] = b"\0\0{\"data_size\": 12}hello world!";
/// let frame = decoder.decode(&mut slice)?.expect("the frame is complete");
/// assert_eq!(frame.payload, b"hello world!");
/// decoder.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    framing: Framing,
    pub(super) parser: Parser,
    /// The beginning of the current frame, as far as it came in earlier slices.
    pub(super) buffer: Vec<u8>,
    /// The frame in the buffer has been handed out.
    pub(super) handed: bool,
    /// The stream stands between two frames, and nothing was wrong: `handed`, or nothing is buffered.
    pub(super) border: bool,
    /// Above 0, the frame in the buffer is measured, nothing was wrong, and it lacks just so many bytes. 0 says nothing.
    pub(super) missing: usize,
}

impl Decoder {
    /// A decoder for a stream that begins with a frame.
    pub fn new(framing: &Framing, limits: Limits) -> Decoder {
        Decoder {
            framing: framing.clone(),
            parser: Parser::new(framing, limits),
            buffer: Vec::new(),
            handed: false,
            border: true,
            missing: 0,
        }
    }

    /// The framing.
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// The next frame. Takes from the front of `input` what it needs: a whole frame, or, when it gives `None`, everything.
    ///
    /// An empty datagram is a message, but an empty slice here is just no bytes: see [`datagram`](Self::datagram).
    ///
    /// # Errors
    /// When the bytes are no frame of this framing. A stream has no way back from there: every later call gives the same
    /// error.
    #[inline(always)]
    pub fn decode<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Result<Option<Frame<'a>>, FrameError> {
        // The quickest ways, which are worth their room at every call: a frame like the one before, whole or the beginning of
        // it, and the bytes that one lacks.
        if self.border {
            if let Some((extent, header)) = self.parser.again.extent(input) {
                if extent.total > input.len() {
                    self.begin(extent, std::mem::take(input));
                    return Ok(None);
                }
                if let Some((frame, rest)) = take_frame(&mut self.parser, extent, header, input) {
                    *input = rest;
                    return Ok(Some(frame));
                }
            } else if input.is_empty() {
                return Ok(None);
            }
        } else if self.missing > 0 {
            return Ok(self.complete(input));
        }
        // By value: a reference to the caller's slice would keep that out of the registers.
        let (found, rest) = self.decode_next(input, &mut Unobserved);
        *input = rest;
        found
    }

    /// As [`decode`](Self::decode), and tells `observer` what each byte is for.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_observed<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        input: &mut &'i [u8],
        observer: &mut O,
    ) -> Result<Option<Frame<'a>>, FrameError> {
        let (found, rest) = self.decode_next(input, observer);
        *input = rest;
        found
    }

    /// The next frame, and what is left of `input`.
    #[inline(never)]
    fn decode_next<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        mut input: &'i [u8],
        observer: &mut O,
    ) -> (Result<Option<Frame<'a>>, FrameError>, &'i [u8]) {
        if !O::LISTENS {
            // The quick way on: only bytes of the payload are missing, and each is copied once, to its place.
            if self.missing > 0 {
                let frame = self.complete(&mut input);
                return (Ok(frame), input);
            }
            // The quick way in: nothing is buffered, and the head of the frame in the input has the usual shape.
            if self.border
                && let Some((extent, header)) = self.parser.usual(input)
            {
                if extent.total > input.len() {
                    self.begin(extent, input);
                    return (Ok(None), &[]);
                }
                if let Some((frame, rest)) = take_frame(&mut self.parser, extent, header, input) {
                    return (Ok(Some(frame)), rest);
                }
            }
            // A head like the one before that comes in pieces.
            if self.border
                && let Some(missing) = self.parser.begun(input)
            {
                self.keep(input, missing);
                return (Ok(None), &[]);
            }
            if !self.border && self.resume(input) {
                let frame = self.complete(&mut input);
                return (Ok(frame), input);
            }
        }
        if input.is_empty() && self.parser.failed.is_none() {
            return (Ok(None), input);
        }
        let found = self.decode_slowly(&mut input, observer);
        (found, input)
    }

    /// Takes the bytes that the buffered frame still lacks, as far as they are here.
    #[inline(always)]
    fn complete<'a>(&'a mut self, input: &mut &[u8]) -> Option<Frame<'a>> {
        let (taken, rest) = input.split_at(self.missing.min(input.len()));
        self.buffer.extend_from_slice(taken);
        *input = rest;
        self.missing -= taken.len();
        if self.missing > 0 {
            return None;
        }
        (self.handed, self.border) = (true, true);
        let extent = self.parser.extent()?;
        Some(hand_out(&mut self.parser, &self.buffer, extent))
    }

    /// Buffers the beginning of a frame whose head is known and which has more bytes than these.
    #[inline(always)]
    fn begin(&mut self, extent: Extent, input: &[u8]) {
        self.parser.found(extent);
        self.keep(input, extent.total - input.len());
    }

    /// Buffers the beginning of a frame which lacks so many bytes, if that is known.
    #[inline(always)]
    fn keep(&mut self, input: &[u8], missing: usize) {
        self.buffer.clear();
        self.buffer.extend_from_slice(input);
        self.missing = missing;
        (self.handed, self.border) = (false, false);
    }

    /// Whether the beginning in the buffer and the bytes that follow are a head like the one before; says what is missing then.
    fn resume(&mut self, input: &[u8]) -> bool {
        if self.handed || self.parser.failed.is_some() {
            return false;
        }
        let Some(extent) = self.parser.again.resumed(&self.buffer, input) else { return false };
        self.parser.found(extent);
        self.missing = extent.total.saturating_sub(self.buffer.len());
        self.missing > 0
    }

    /// The frame of one datagram, which may be empty. For the framing `datagram`, with which it always succeeds within
    /// the limit; any other framing must find exactly one frame in it.
    ///
    /// # Errors
    /// When the datagram is larger than the limit, or is not exactly one frame. The next datagram begins anew.
    pub fn datagram<'a>(&'a mut self, datagram: &'a [u8]) -> Result<Frame<'a>, FrameError> {
        self.missing = 0;
        let extent = self.measure_datagram(datagram);
        if extent.is_err() {
            // The next datagram begins anew.
            self.parser.failed = None;
            self.parser.skip(datagram.len());
        }
        Ok(hand_out(&mut self.parser, datagram, extent?))
    }

    fn measure_datagram(&mut self, datagram: &[u8]) -> Result<Extent, FrameError> {
        if datagram.is_empty() && matches!(self.parser.plan, Plan::Whole) {
            return Ok(Extent::default());
        }
        match self.parser.measure(datagram)? {
            Step::Frame(extent) if extent.total == datagram.len() => Ok(extent),
            Step::Frame(extent) => {
                let problem = Problem::AfterFrame { bytes: (datagram.len() - extent.total) as u64 };
                Err(self.parser.refuse(Refusal::new(extent.total, problem)))
            }
            Step::Need(_) => {
                let waiting = self.parser.waiting(datagram);
                Err(self.parser.end(datagram.len(), waiting))
            }
        }
    }

    /// What the decoder waits for.
    pub fn waiting(&self) -> Waiting {
        self.parser.waiting(self.partial())
    }

    /// The bytes of the unfinished frame; empty between frames.
    pub fn partial(&self) -> &[u8] {
        if self.handed { &[] } else { &self.buffer }
    }

    /// The number of the frame that comes next or is under way: how many have been handed out.
    pub fn number(&self) -> u64 {
        self.parser.number
    }

    /// Stream offset of the next byte to be fed.
    pub fn offset(&self) -> u64 {
        self.parser.offset + self.partial().len() as u64
    }

    /// Counts `frames` frames of `len` bytes together that somebody else has decoded. Only between two frames.
    pub fn pass(&mut self, frames: u64, len: u64) {
        self.parser.number += frames;
        self.parser.offset += len;
    }

    /// To be called when the stream has ended.
    ///
    /// # Errors
    /// When it ended in the middle of a frame; the bytes of that frame are still in [`partial`](Self::partial). Or the error that an
    /// earlier call gave.
    pub fn finish(&mut self) -> Result<(), FrameError> {
        self.missing = 0;
        let partial = if self.handed { &[][..] } else { &self.buffer };
        self.parser.finish(partial)
    }

    /// Gives back the memory that large frames took.
    pub fn shrink(&mut self) {
        if self.handed {
            self.buffer.clear();
            self.handed = false;
        }
        self.buffer.shrink_to_fit();
    }
}

/// Takes a frame that [`Parser::usual`] found from the front of `input`; `None` when it is not whole.
#[inline(always)]
fn take_frame<'i>(
    parser: &mut Parser,
    extent: Extent,
    header: Range<usize>,
    input: &'i [u8],
) -> Option<(Frame<'i>, &'i [u8])> {
    let (whole, rest) = input.split_at_checked(extent.total)?;
    // Under a length, a frame ends with its payload.
    let (payload, header) = (whole.get(extent.start..)?, whole.get(header)?);
    let (number, offset, len) = (parser.number, parser.offset, extent.total);
    parser.note_tail(payload);
    parser.number = number + 1;
    parser.offset = offset + len as u64;
    Some((Frame { payload, header, number, offset, len, fields: None }, rest))
}

/// The frame that lies at the start of `view`.
#[inline]
pub(super) fn hand_out<'a>(parser: &'a mut Parser, view: &'a [u8], extent: Extent) -> Frame<'a> {
    let (number, offset) = (parser.number, parser.offset);
    parser.advance(&extent, view);
    Frame {
        payload: view.get(extent.start..extent.end).unwrap_or(&[]),
        header: view.get(parser.plan.header(&extent)).unwrap_or(&[]),
        number,
        offset,
        len: extent.total,
        fields: parser.fields(),
    }
}
