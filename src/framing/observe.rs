//! What a decoder tells of each byte, and of what it waits for.

use std::fmt;
use std::ops::Range;

use crate::lang::Lang;

/// What a byte of the stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Part of the integer that says how long something is.
    Length,
    /// Part of a header.
    Header,
    /// Part of the message itself.
    Payload,
    /// Part of what marks the end (or, in a netstring, of the punctuation).
    Delimiter,
    /// Belongs to the frame and is thrown away.
    Padding,
}

impl Role {
    /// Every role.
    pub const ALL: &[Role] = &[Role::Length, Role::Header, Role::Payload, Role::Delimiter, Role::Padding];

    /// Its name: one word.
    pub fn name(self, lang: Lang) -> &'static str {
        let (en, zh) = match self {
            Role::Length => ("length", "长度"),
            Role::Header => ("header", "首部"),
            Role::Payload => ("payload", "数据"),
            Role::Delimiter => ("delimiter", "分隔符"),
            Role::Padding => ("padding", "填充"),
        };
        lang.pick(en, zh)
    }
}

/// Hears what each byte is for, as soon as that is certain.
///
/// The type is a parameter of the call, not a trait object: with [`Unobserved`] it compiles to nothing.
pub trait Observer {
    /// False when nobody listens.
    const LISTENS: bool = true;

    /// The bytes at the stream offsets `range` belong to frame number `frame` (the first is 0) and serve as `role`.
    ///
    /// Ranges come in order, without gaps, and each byte once. How they are cut depends on how the stream was cut;
    /// what they say of a byte does not. Of a part that is refused (a length below zero, say) nothing is told.
    fn bytes(&mut self, frame: u64, role: Role, range: Range<u64>);
}

/// The observer of a stream that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    const LISTENS: bool = false;
    fn bytes(&mut self, _: u64, _: Role, _: Range<u64>) {}
}

/// A run of bytes with one role in one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The frame's number, from 0.
    pub frame: u64,
    /// What the bytes are for.
    pub role: Role,
    /// Their stream offsets.
    pub range: Range<u64>,
}

/// An observer that keeps all it hears, neighbours of one frame and role joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(pub Vec<Span>);

impl Observer for Spans {
    fn bytes(&mut self, frame: u64, role: Role, range: Range<u64>) {
        match self.0.last_mut() {
            Some(last) if last.frame == frame && last.role == role && last.range.end == range.start => {
                last.range.end = range.end;
            }
            _ => self.0.push(Span { frame, role, range }),
        }
    }
}

/// What a decoder waits for: `length 2/4`, `header 9/17`, `payload 3/12`; `payload 5/?` where only a delimiter will tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What the next byte will be for.
    pub role: Role,
    /// Bytes of that part which are there.
    pub have: u64,
    /// Bytes of that part in all, when that is known.
    pub want: Option<u64>,
}

impl Waiting {
    /// As text: `length 2/4`.
    pub fn message(&self, lang: Lang) -> String {
        match self.want {
            Some(want) => format!("{} {}/{want}", self.role.name(lang), self.have),
            None => format!("{} {}/?", self.role.name(lang), self.have),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}
