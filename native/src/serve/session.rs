//! What one connection says and hears, without any socket: bytes in, answers out.

use std::sync::Arc;

use framewire::framing::{Decoder, EncodeError, Encoder, FrameError, Framing, Limits, NameError, Role};

use super::Service;
use crate::reply::Reply;
use crate::upper::Upper;

/// A `--framing` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FramingError {
    /// The text names no framing.
    #[error("--framing {text}: {reason}")]
    Name {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        reason: NameError,
    },
}

/// Why a conversation cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The peer's bytes are no frame (or the stream ended within one); the error names the stream offset.
    #[error("{0}")]
    Frame(#[from] FrameError),
    /// The greeting does not fit into a frame of this framing.
    #[error("the greeting cannot be framed: {0}")]
    Greeting(EncodeError),
    /// The answer does not fit into a frame of this framing.
    #[error("the answer to frame {number} cannot be framed: {reason}")]
    Answer {
        /// The frame, from 0.
        number: u64,
        /// Why.
        reason: EncodeError,
    },
}

/// Where in the stream a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Between two frames (or there are no frames).
    Boundary,
    /// In the length or header of a frame.
    Header,
    /// In the payload of a frame.
    Payload,
}

/// The framing that a `--framing` option names; `None` for `none`, where a stream has no messages.
pub fn framing(text: &str) -> Result<Option<Framing>, FramingError> {
    match text.parse() {
        Ok(Framing::None | Framing::Datagram) => Ok(None),
        Ok(framing) => Ok(Some(framing)),
        Err(reason) => Err(FramingError::Name { text: text.to_owned(), reason }),
    }
}

/// A framing with its limits, as all connections of a server use it.
#[derive(Debug)]
pub struct Codec {
    framing: Framing,
    limits: Limits,
    encoder: Encoder,
    /// Nothing stands behind the payload and nothing of the frame within it: upper case can be made in place.
    in_place: bool,
}

impl Codec {
    /// The codec for `framing` under `limits`.
    pub fn new(framing: Framing, limits: Limits) -> Self {
        let in_place = match &framing {
            Framing::JsonHeader(_) | Framing::Varint => true,
            Framing::Length(length) => length.strip as usize >= length.head(),
            _ => false,
        };
        Codec { encoder: Encoder::new(&framing, limits), framing, limits, in_place }
    }

    /// Appends the frame that answers `payload` to `out`; false when there is no answer. `answer` is scratch.
    fn answer(
        &self,
        reply: &Reply,
        payload: &[u8],
        answer: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<bool, EncodeError> {
        if *reply == Reply::Upper && self.in_place && payload.is_ascii() {
            self.encoder.encode(payload, out)?;
            let start = out.len().saturating_sub(payload.len());
            out.get_mut(start..).unwrap_or_default().make_ascii_uppercase();
            return Ok(true);
        }
        answer.clear();
        if !reply.answer(payload, answer) {
            return Ok(false);
        }
        self.encoder.encode(answer, out)?;
        Ok(true)
    }
}

/// The state of one conversation.
#[derive(Debug)]
pub struct Session {
    service: Arc<Service>,
    mode: Mode,
    frames: u64,
    answers: u64,
}

#[derive(Debug)]
enum Mode {
    Stream(Upper),
    Frames(Box<Frames>),
}

#[derive(Debug)]
struct Frames {
    decoder: Decoder,
    answer: Vec<u8>,
    /// The largest unfinished frame since memory was last given back.
    high_water: usize,
}

impl Session {
    /// A conversation that begins.
    pub fn new(service: Arc<Service>) -> Self {
        let mode = match &service.codec {
            None => Mode::Stream(Upper::default()),
            Some(codec) => Mode::Frames(Box::new(Frames {
                decoder: Decoder::new(&codec.framing, codec.limits),
                answer: Vec::new(),
                high_water: 0,
            })),
        };
        Session { service, mode, frames: 0, answers: 0 }
    }

    /// Appends the greeting, if there is one.
    ///
    /// # Errors
    /// When the framing cannot carry it.
    pub fn greet(&mut self, out: &mut Vec<u8>) -> Result<(), SessionError> {
        let Some(greeting) = &self.service.greet else { return Ok(()) };
        match &self.service.codec {
            None => out.extend_from_slice(greeting),
            Some(codec) => codec.encoder.encode(greeting, out).map_err(SessionError::Greeting)?,
        }
        Ok(())
    }

    /// Takes bytes from the peer and appends the answers to `out`, until all is taken or `out` holds `room` bytes.
    /// Gives the number of bytes taken.
    pub fn feed(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        room: usize,
    ) -> (usize, Result<(), SessionError>) {
        let (frames, codec) = match (&mut self.mode, &self.service.codec) {
            (Mode::Frames(frames), Some(codec)) => (frames, codec),
            (Mode::Frames(_), None) => return (input.len(), Ok(())),
            (Mode::Stream(upper), _) => {
                let before = out.len();
                self.service.reply.answer_stream(input, upper, out);
                self.frames += 1;
                self.answers += u64::from(out.len() > before);
                return (input.len(), Ok(()));
            }
        };
        let Frames { decoder, answer, .. } = &mut **frames;
        let mut taken = 0;
        let result = loop {
            let before = input.get(taken..).unwrap_or_default();
            let mut rest = before;
            let frame = match decoder.decode(&mut rest) {
                Ok(frame) => frame,
                Err(error) => break Err(error.into()),
            };
            taken += before.len() - rest.len();
            let Some(frame) = frame else { break Ok(()) };
            self.frames += 1;
            match codec.answer(&self.service.reply, frame.payload, answer, out) {
                Ok(answered) => self.answers += u64::from(answered),
                Err(reason) => break Err(SessionError::Answer { number: frame.number, reason }),
            }
            if out.len() >= room || (self.service.hang_up && self.answers > 0) {
                break Ok(());
            }
        };
        frames.high_water = frames.high_water.max(frames.decoder.partial().len());
        (taken, result)
    }

    /// The peer has sent its last byte.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), SessionError> {
        match &mut self.mode {
            Mode::Stream(upper) => upper.finish(out),
            Mode::Frames(frames) => frames.decoder.finish()?,
        }
        Ok(())
    }

    /// Where in the stream it stands.
    pub fn stage(&self) -> Stage {
        match &self.mode {
            Mode::Stream(_) => Stage::Boundary,
            Mode::Frames(frames) if frames.decoder.partial().is_empty() => Stage::Boundary,
            Mode::Frames(frames) => match frames.decoder.waiting().role {
                Role::Length | Role::Header => Stage::Header,
                _ => Stage::Payload,
            },
        }
    }

    /// Bytes that the conversation holds, at most.
    pub fn buffered(&self) -> usize {
        match &self.mode {
            Mode::Stream(_) => 0,
            Mode::Frames(frames) => frames.high_water + frames.answer.capacity(),
        }
    }

    /// Gives back memory that is not in use.
    pub fn shrink(&mut self) {
        if let Mode::Frames(frames) = &mut self.mode {
            frames.decoder.shrink();
            frames.answer = Vec::new();
            frames.high_water = frames.decoder.partial().len();
        }
    }

    /// Frames received (without framing: reads).
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Answers given.
    pub fn answered(&self) -> u64 {
        self.answers
    }
}

/// Limits of a codec for payloads of at most `payload` bytes under headers of at most `header`.
pub fn limits(header: usize, payload: usize) -> Limits {
    Limits { header: u32::try_from(header).unwrap_or(u32::MAX), payload: payload as u64, ..Limits::DEFAULT }
}
