//! Bytes to frames and back: the framing codec. Knows nothing of networks.
//!
//! TCP carries a stream of bytes without borders; a *framing* says where a message begins and ends. [`Framing`] names
//! one, an [`Encoder`] writes it, a [`Decoder`] reads it from slices however they were cut, and [`fn@diagnose`]
//! looks at bytes of which nobody knows the framing.

mod again;
mod counts;
mod decoder;
mod diagnose;
mod encode_error;
mod encoder;
mod error;
mod fragments;
mod hexdump;
mod int;
mod json;
mod limits;
mod name;
mod name_error;
mod observe;
mod parser;
mod plan;
mod python;
mod scan;
mod slowly;
mod text;
mod watch;

pub use decoder::{Decoder, Frame};
pub use diagnose::{Candidate, Diagnosis, Dissection, FrameInfo, Verdict, diagnose, dissect};
pub use encode_error::EncodeError;
pub use encoder::{Encoder, Parts};
pub use error::{FrameError, Hint, JsonKind, LengthOf, Problem, Refusal};
pub use fragments::{Fragment, FragmentDecoder};
pub use hexdump::{DumpError, DumpProblem, parse_dump};
pub use int::{Endian, IntFormat, UnknownIntFormat};
pub use json::{Fields, fields as header_fields};
pub use limits::Limits;
pub use name::{Delimiters, FixedSize, Framing, JsonHeader, LengthField};
pub use name_error::{NameError, NameProblem};
pub use observe::{Observer, Role, Span, Spans, Unobserved, Waiting};
pub use parser::{Parser, Step};
pub use plan::Extent;
