//! The decoder for large payloads: hands them out in fragments, as they come, without a copy.

use std::borrow::Cow;

use super::decoder::fields;
use super::error::{FrameError, Problem};
use super::json::Fields;
use super::limits::Limits;
use super::name::Framing;
use super::observe::{Observer, Unobserved, Waiting};
use super::parser::Parser;
use super::plan::{Extent, Plan, Refusal};

/// A piece of a message. The fragments of one message, joined, are its payload; how it is cut depends on how the stream was cut.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// The piece; may be empty in the first and in the last fragment.
    pub bytes: &'a [u8],
    /// Whether the message begins here.
    pub first: bool,
    /// Whether the message ends here. A message of one fragment is first and last.
    pub last: bool,
    /// Where the piece lies in the payload.
    pub position: u64,
    /// Bytes of the whole payload, where the head of the frame says so.
    pub size: Option<u64>,
    /// With the first fragment, as [`Frame::header`](super::Frame::header); empty later.
    pub header: &'a [u8],
    /// The frame's number in the stream, from 0.
    pub number: u64,
    /// Stream offset of the frame's first byte.
    pub offset: u64,
    fields: Option<&'a Fields>,
}

impl<'a> Fragment<'a> {
    /// With the first fragment, the fields of a JSON header; see [`Frame::fields`](super::Frame::fields).
    pub fn fields(&self) -> Cow<'a, [(String, serde_json::Value)]> {
        if self.first { fields(self.header, self.fields) } else { Cow::Borrowed(&[]) }
    }
}

/// The parser keeps this many last bytes of a payload.
const TAIL: usize = 4;

/// An incremental decoder that holds no payload: what it buffers is bounded by the length of a header and of a delimiter.
///
/// ```
/// use framewire::framing::{FragmentDecoder, Framing, Limits};
///
/// let framing: Framing = "length:u16be".parse()?;
/// let mut decoder = FragmentDecoder::new(&framing, Limits::default());
///
/// let mut slice: &[u8] = b"\0\x05hel";
/// let fragment = decoder.decode(&mut slice)?.expect("a fragment");
/// assert_eq!((fragment.bytes, fragment.size, fragment.last), (&b"hel"[..], Some(5), false));
/// assert!(decoder.decode(&mut slice)?.is_none());
///
/// let mut slice: &[u8] = b"lo";
/// let fragment = decoder.decode(&mut slice)?.expect("a fragment");
/// assert_eq!((fragment.bytes, fragment.position, fragment.last), (&b"lo"[..], 3, true));
/// decoder.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FragmentDecoder {
    framing: Framing,
    parser: Parser,
    /// The head of the current frame as far as it came in earlier slices; under a delimiter, bytes that may be its beginning.
    held: Vec<u8>,
    /// How many of the bytes held have been handed out.
    sent: usize,
    /// What is held belongs to nothing any more.
    stale: bool,
    /// The extent of the current frame, once its head is complete.
    inside: Option<Extent>,
    /// Bytes of the current frame before those held.
    done: usize,
    /// The first fragment of the current frame has been handed out.
    begun: bool,
    /// The next slice is a fragment as it is if it is shorter than this.
    midst: usize,
}

impl FragmentDecoder {
    /// A decoder for a stream that begins with a frame.
    pub fn new(framing: &Framing, limits: Limits) -> FragmentDecoder {
        FragmentDecoder {
            framing: framing.clone(),
            parser: Parser::new(framing, limits),
            held: Vec::new(),
            sent: 0,
            stale: false,
            inside: None,
            done: 0,
            begun: false,
            midst: 0,
        }
    }

    /// The framing.
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// The next fragment. Takes from the front of `input` what it needs, or, when it gives `None`, everything.
    ///
    /// # Errors
    /// When the bytes are no frame of this framing; the same error again from then on. Fragments of the frame in which the
    /// error stands may have been handed out by then.
    #[inline]
    pub fn decode<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Fragment<'a>>, FrameError> {
        self.decode_observed(input, &mut Unobserved)
    }

    /// As [`decode`](Self::decode), and tells `observer` what each byte is for.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    #[inline]
    pub fn decode_observed<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        input: &mut &'i [u8],
        observer: &mut O,
    ) -> Result<Option<Fragment<'a>>, FrameError> {
        // The quick way: in the midst of a payload, the slice is a fragment. Its last bytes are for the slow way.
        if !O::LISTENS
            && input.len() < self.midst
            && let Some(extent) = &self.inside
        {
            let bytes = std::mem::take(input);
            if bytes.is_empty() {
                return Ok(None);
            }
            let position = self.done - extent.start;
            self.done += bytes.len();
            self.midst -= bytes.len();
            return Ok(Some(Fragment {
                bytes,
                first: false,
                last: false,
                position: position as u64,
                size: Some((extent.end - extent.start) as u64),
                header: &[],
                number: self.parser.number,
                offset: self.parser.offset,
                fields: None,
            }));
        }
        // By value: a reference to the caller's slice would keep that out of the registers.
        let (found, rest) = self.decode_slowly(input, observer);
        *input = rest;
        found
    }

    /// The next fragment, and what is left of `input`.
    #[inline(never)]
    fn decode_slowly<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        mut input: &'i [u8],
        observer: &mut O,
    ) -> (Result<Option<Fragment<'a>>, FrameError>, &'i [u8]) {
        self.midst = 0;
        if let Some(error) = &self.parser.failed {
            return (Err(error.clone()), input);
        }
        if self.stale {
            self.held.clear();
            self.sent = 0;
            self.stale = false;
        }
        let found = if matches!(self.parser.plan, Plan::Scan(_)) {
            self.scanned(&mut input, observer)
        } else {
            match self.inside.map_or_else(|| self.find_head(&mut input, observer), |extent| Ok(Some(extent)))
            {
                Ok(Some(extent)) => self.sized(extent, &mut input, observer),
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            }
        };
        (found, input)
    }

    /// Looks for the head of a frame. It is at the front of `input` then, or, where part of it came earlier, all in `held`.
    fn find_head<O: Observer>(
        &mut self,
        input: &mut &[u8],
        observer: &mut O,
    ) -> Result<Option<Extent>, FrameError> {
        if input.is_empty() {
            return Ok(None);
        }
        let extent = if self.held.is_empty() {
            match self.parser.locate(input)? {
                Ok(extent) => Some(extent),
                Err(_) => {
                    self.held.extend_from_slice(input);
                    *input = &[];
                    None
                }
            }
        } else {
            loop {
                match self.parser.locate(&self.held)? {
                    Ok(extent) => break Some(extent),
                    Err(_) if input.is_empty() => break None,
                    Err(need) => {
                        let (taken, rest) = input.split_at_checked(need).unwrap_or((input, &[]));
                        self.held.extend_from_slice(taken);
                        *input = rest;
                    }
                }
            }
        };
        if O::LISTENS {
            self.parser.tell(&self.held, observer);
        }
        if extent.is_some() {
            self.inside = extent;
            self.done = self.held.len();
        }
        Ok(extent)
    }

    /// A fragment of a frame whose extent is known.
    fn sized<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        extent: Extent,
        input: &mut &'i [u8],
        observer: &mut O,
    ) -> Result<Option<Fragment<'a>>, FrameError> {
        let view = *input;
        let first = !self.begun;
        let head: &[u8] = if self.held.is_empty() { view } else { &self.held };
        let header = if first { head.get(self.parser.header(&extent)).unwrap_or(&[]) } else { &[] };
        let (bytes, position, mut used);
        if first && extent.start < self.held.len() {
            // Part of the head is handed out, and it came earlier: a fragment of its own.
            (bytes, position, used) = (self.held.get(extent.start..).unwrap_or(&[]), 0, 0);
        } else {
            used = (extent.end - self.done).min(view.len());
            let skip = extent.start.saturating_sub(self.done).min(used);
            bytes = view.get(skip..used).unwrap_or(&[]);
            position = (self.done + skip).saturating_sub(extent.start);
        }
        let mut last = self.done + used == extent.end;
        if last && extent.end < extent.total {
            // A netstring's comma.
            match view.get(used) {
                Some(b',') => used += 1,
                Some(&byte) => {
                    let problem = Problem::NetstringComma { byte };
                    return Err(self.parser.refuse(Refusal::new(extent.end, problem)));
                }
                None => last = false,
            }
        }
        *input = view.get(used..).unwrap_or(&[]);
        self.done += used;
        self.begun = true;
        self.stale = true;
        if O::LISTENS {
            self.parser.tell_at(self.done, |_| 0, observer);
        }
        let (number, offset) = (self.parser.number, self.parser.offset);
        if first {
            self.parser.tail = [0; 4];
        }
        if position + bytes.len() + TAIL > extent.end - extent.start {
            self.parser.add_tail(bytes);
        }
        if last {
            self.parser.skip(extent.total);
            (self.done, self.begun, self.inside) = (0, false, None);
        } else if self.done >= extent.start {
            self.midst = (extent.end - self.done).saturating_sub(TAIL - 1);
        }
        if !first && !last && bytes.is_empty() {
            return Ok(None);
        }
        let size = Some((extent.end - extent.start) as u64);
        let position = position as u64;
        // The parser keeps the fields until it reads the next header.
        let fields = self.parser.fields();
        Ok(Some(Fragment { bytes, first, last, position, size, header, number, offset, fields }))
    }

    /// A fragment of a frame that ends with a delimiter. Bytes that may be the beginning of one are held back.
    fn scanned<'a, 'i: 'a, O: Observer>(
        &'a mut self,
        input: &mut &'i [u8],
        observer: &mut O,
    ) -> Result<Option<Fragment<'a>>, FrameError> {
        let Plan::Scan(scan) = &self.parser.plan else { return Ok(None) };
        let view = *input;
        if view.is_empty() {
            return Ok(None);
        }
        let (held, before) = (self.held.len(), self.done);
        let (keep, longest) = (scan.keep, scan.longest());
        let found = scan.find(&self.held, view).map(|found| (held + found.end, found.len));
        // How many of the bytes here are payload for certain, and how many of these are part of it as a limit counts.
        let (certain, counted) = match found {
            Some((end, len)) => (if keep { end } else { end - len }, before + end - len),
            None => {
                let here = held + view.len();
                (here - scan.partial(&self.held, view), (before + here + 1).saturating_sub(longest))
            }
        };
        let limit = self.parser.limits.payload;
        if counted as u64 > limit {
            return Err(self.parser.refuse(Refusal::new(limit as usize, Problem::NoDelimiter { limit })));
        }
        if O::LISTENS {
            if let Some((end, len)) = found {
                let total = before + end;
                self.parser.found(Extent { head: total - len, start: 0, end: before + certain, total });
            }
            let partial = held + view.len() - certain;
            self.parser.tell_at(before + held + view.len(), |_| partial, observer);
        }
        let first = !self.begun;
        let (number, offset) = (self.parser.number, self.parser.offset);
        let position = (before + self.sent) as u64;
        let fragment = |bytes, last| {
            Some(Fragment {
                bytes,
                first,
                last,
                position,
                size: None,
                header: &[],
                number,
                offset,
                fields: None,
            })
        };
        if self.sent < held.min(certain) {
            // Bytes held back turn out to be payload: they go first, and stay for the search.
            let (from, to) = (self.sent, held.min(certain));
            self.sent = to;
            self.begun = true;
            let last = found.filter(|_| certain <= held).map(|(end, _)| end);
            if let Some(end) = last {
                *input = view.get(end - held..).unwrap_or(&[]);
                self.parser.skip(before + end);
                (self.done, self.begun, self.stale) = (0, false, true);
            }
            return Ok(fragment(self.held.get(from..to).unwrap_or(&[]), last.is_some()));
        }
        let bytes = view.get(..certain.saturating_sub(held)).unwrap_or(&[]);
        if let Some((end, _)) = found {
            *input = view.get(end - held..).unwrap_or(&[]);
            self.parser.skip(before + end);
            (self.done, self.begun, self.stale) = (0, false, true);
            return Ok(fragment(bytes, true));
        }
        *input = &[];
        self.done += certain;
        self.held.extend_from_slice(view);
        self.held.drain(..certain);
        self.sent = 0;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.begun = true;
        Ok(fragment(bytes, false))
    }

    /// What the decoder waits for.
    pub fn waiting(&self) -> Waiting {
        let held = if self.stale { &[][..] } else { &self.held };
        let have = if self.inside.is_some() { self.done } else { self.done + held.len() };
        self.parser.waiting_at(have, |scan| {
            let partial = scan.partial(held, &[]);
            (partial, scan.completing(held.get(held.len() - partial..).unwrap_or(&[])))
        })
    }

    /// The number of the frame that comes next or is under way.
    pub fn number(&self) -> u64 {
        self.parser.number
    }

    /// Stream offset of the next byte to be fed.
    pub fn offset(&self) -> u64 {
        self.parser.offset + self.have() as u64
    }

    /// Bytes of the current frame that have been taken.
    fn have(&self) -> usize {
        if self.inside.is_some() || self.stale { self.done } else { self.done + self.held.len() }
    }

    /// To be called when the stream has ended.
    ///
    /// # Errors
    /// When it ended in the middle of a frame, or the error that an earlier call gave.
    pub fn finish(&mut self) -> Result<(), FrameError> {
        if let Some(error) = &self.parser.failed {
            return Err(error.clone());
        }
        match self.have() {
            0 => Ok(()),
            have => {
                let waiting = self.waiting();
                Err(self.parser.end(have, waiting))
            }
        }
    }
}
