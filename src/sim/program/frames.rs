//! Frames as programs read and write them: carefully, by the framing codec, or naively, as the first programs of a
//! course do.

use super::code::Payload;
use crate::framing::{Decoder, Encoder, Framing, Limits};
use crate::lang::Lang;

/// What a reader needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wants {
    /// Up to so many octets.
    Octets(usize),
    /// Nothing: there is a frame (`None`: the stream ended between frames), or there never will be.
    Nothing(Result<Option<Vec<u8>>, String>),
}

/// Reads frames from what recv() gives.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    /// By the decoder; what a recv() gave beyond a frame waits for the next.
    Careful {
        /// The decoder.
        decoder: Box<Decoder>,
        /// What is received and not decoded.
        rest: Vec<u8>,
        /// The stream has ended.
        ended: bool,
    },
    /// Believing that every recv() gives what was asked for.
    Naive(Naive),
}

/// The naive reader of `json-header` and `length`.
#[derive(Clone, Debug)]
pub(super) struct Naive {
    framing: Framing,
    part: Part,
    got: Option<Vec<u8>>,
}

/// Which part of the frame comes next.
#[derive(Clone, Debug)]
enum Part {
    Length,
    Header(usize),
    /// The size that the header tells, and what is there of it.
    Data(u64, Vec<u8>),
}

impl Reader {
    /// A reader of `framing`.
    ///
    /// # Errors
    /// When there is no naive way to read it.
    pub(super) fn new(framing: &Framing, naive: bool) -> Result<Self, String> {
        match framing {
            Framing::JsonHeader(_) | Framing::Length(_) if naive => {
                Ok(Reader::Naive(Naive { framing: framing.clone(), part: Part::Length, got: None }))
            }
            _ => Ok(Reader::Careful {
                decoder: Box::new(Decoder::new(framing, Limits::default())),
                rest: Vec::new(),
                ended: false,
            }),
        }
    }

    /// What a call of recv() gave.
    pub(super) fn take(&mut self, data: &[u8]) {
        match self {
            Reader::Careful { rest, ended, .. } => {
                *ended = data.is_empty();
                rest.extend_from_slice(data);
            }
            Reader::Naive(naive) => naive.got = Some(data.to_vec()),
        }
    }

    /// What it needs for the next frame; a recv() asks for `chunk` octets at most.
    pub(super) fn wants(&mut self, chunk: usize) -> Wants {
        match self {
            Reader::Careful { decoder, rest, ended } => {
                let mut input = &rest[..];
                let found = match decoder.decode(&mut input) {
                    Ok(frame) => Ok(frame.map(|frame| frame.payload.to_vec())),
                    Err(error) => Err(error.message(Lang::En)),
                };
                let left = input.len();
                rest.drain(..rest.len() - left);
                match found {
                    Ok(Some(frame)) => Wants::Nothing(Ok(Some(frame))),
                    Err(error) => Wants::Nothing(Err(error)),
                    Ok(None) if *ended => Wants::Nothing(match decoder.finish() {
                        Ok(()) => Ok(None),
                        Err(error) => Err(error.message(Lang::En)),
                    }),
                    Ok(None) => {
                        let waiting = decoder.waiting();
                        let missing = waiting.want.map(|want| want.saturating_sub(waiting.have).max(1));
                        Wants::Octets(missing.map_or(chunk, |n| chunk.min(n as usize)))
                    }
                }
            }
            Reader::Naive(naive) => naive.wants(chunk),
        }
    }
}

impl Naive {
    fn width(&self) -> usize {
        match &self.framing {
            Framing::JsonHeader(json) => json.length().width(),
            Framing::Length(field) => field.head(),
            _ => 4,
        }
    }

    /// Reads as a first program does: each part by one recv(), the payload by as many as it takes to count its octets.
    fn wants(&mut self, chunk: usize) -> Wants {
        let Some(got) = self.got.take() else {
            return Wants::Octets(match &self.part {
                Part::Length => self.width(),
                Part::Header(n) => *n,
                Part::Data(..) => chunk,
            });
        };
        let next = match &mut self.part {
            Part::Length => self.length(&got),
            Part::Header(_) => self.header(&got),
            Part::Data(size, data) => {
                data.extend_from_slice(&got);
                Ok(Part::Data(*size, std::mem::take(data)))
            }
        };
        match next {
            Err(error) => Wants::Nothing(Err(error)),
            Ok(Part::Data(size, data)) if data.len() as u64 >= size => {
                self.part = Part::Length;
                Wants::Nothing(Ok(Some(data)))
            }
            Ok(part) => {
                self.part = part;
                self.wants(chunk)
            }
        }
    }

    /// What Python's struct.unpack() makes of the length.
    fn length(&self, got: &[u8]) -> Result<Part, String> {
        let width = self.width();
        if got.len() != width {
            return Err(format!("struct.error: unpack requires a buffer of {width} bytes"));
        }
        let (format, json) = match &self.framing {
            Framing::JsonHeader(json) => (json.length(), true),
            Framing::Length(field) => (field.format, false),
            _ => (crate::framing::IntFormat::I32LE, true),
        };
        let field = got.get(width - format.width()..).unwrap_or_default();
        let Some(value) = format.read(field).and_then(|n| usize::try_from(n).ok()) else {
            return Err("ValueError: negative buffersize in recv".into());
        };
        Ok(if json { Part::Header(value) } else { Part::Data(value as u64, Vec::new()) })
    }

    /// What Python's json.loads() makes of the header.
    fn header(&self, got: &[u8]) -> Result<Part, String> {
        let key = match &self.framing {
            Framing::JsonHeader(json) => json.keys().first().map_or("size", String::as_str),
            _ => "size",
        };
        let Ok(Ok(value)) = std::str::from_utf8(got).map(serde_json::from_str::<serde_json::Value>) else {
            return Err("json.decoder.JSONDecodeError: the header is no JSON".into());
        };
        match value.get(key).and_then(serde_json::Value::as_u64) {
            Some(size) => Ok(Part::Data(size, Vec::new())),
            None => Err(format!("KeyError: '{key}'")),
        }
    }
}

/// The octets of a frame as a program writes them: at once, or with a call for each part.
///
/// # Errors
/// When the payload cannot be a frame of this framing.
pub(super) fn frame_parts(framing: &Framing, payload: &[u8], pieces: bool) -> Result<Vec<Payload>, String> {
    let mut frame = Vec::new();
    Encoder::new(framing, Limits::default())
        .encode(payload, &mut frame)
        .map_err(|error| error.message(Lang::En))?;
    if !pieces {
        return Ok(vec![Payload::new(&frame)]);
    }
    let head = match framing {
        Framing::JsonHeader(json) => json.length().width(),
        _ => 0,
    };
    // The payload stands at the end of what has a length before it; other framings have no parts to tell apart.
    let (before, data) = match framing {
        Framing::JsonHeader(_) | Framing::Length(_) | Framing::Varint => {
            frame.split_at(frame.len() - payload.len().min(frame.len()))
        }
        _ => (&[][..], &frame[..]),
    };
    let (length, header) = before.split_at(head.min(before.len()));
    Ok([length, header, data].into_iter().filter(|part| !part.is_empty()).map(Payload::new).collect())
}
