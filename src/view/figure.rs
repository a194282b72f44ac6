//! A conversation in the terms of a picture: lifelines, flights, calls, states, timers, streams.
//!
//! [`from_trace`](crate::view::from_trace) makes a [`Figure`] from a trace; the layouts read nothing else. Every thing
//! carries its [`Moment`]s (time and place in the order of events), so that what happens "at once" keeps its order.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

pub use super::brief::{CallBrief, FlightBrief};
use super::things::Things;
use super::words::Word;
use super::written::Written;
use crate::lang::Lang;
use crate::time::Instant;
use crate::trace::ledger::Stay;

/// When something happened: the time, and its number in the order of events, which tells apart what happens at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The time.
    pub at: Instant,
    /// Number in the order of events.
    pub order: u32,
}

impl Moment {
    /// The `order`th event, at `nanos` nanoseconds.
    pub const fn new(nanos: u64, order: u32) -> Moment {
        Moment { at: Instant::from_nanos(nanos), order }
    }
}

/// How something is known; the picture says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Known {
    /// It happened in the simulation.
    #[default]
    Modelled,
    /// A real socket call returned it.
    Observed,
    /// A capture holds the packet.
    Captured,
    /// Concluded from the rest.
    Inferred,
}

/// A lifeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// What it is called.
    pub name: String,
    /// Its address, where known.
    pub address: String,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fate {
    /// It arrived.
    Arrived(Moment),
    /// It was lost on the way, at this moment.
    Lost(Moment),
    /// The record ends before it arrived.
    OnTheWay,
}

impl Fate {
    /// When it was over.
    pub fn end(self) -> Option<Moment> {
        match self {
            Fate::Arrived(end) | Fate::Lost(end) => Some(end),
            Fate::OnTheWay => None,
        }
    }
}

/// Wireshark's words for what is special about a packet, as bits.
pub mod mark {
    /// Sent again.
    pub const RETRANSMISSION: u16 = 1;
    /// Sent again after three duplicate acknowledgments.
    pub const FAST_RETRANSMISSION: u16 = 2;
    /// A copy made by the network.
    pub const DUPLICATE: u16 = 4;
    /// Arrived after bytes that follow it.
    pub const OUT_OF_ORDER: u16 = 8;
    /// A duplicate acknowledgment.
    pub const DUP_ACK: u16 = 16;
    /// Announces a window of zero.
    pub const ZERO_WINDOW: u16 = 32;
    /// Damaged on the way.
    pub const CORRUPT: u16 = 64;
    /// A keep-alive probe or its answer.
    pub const KEEP_ALIVE: u16 = 128;
    /// A window update.
    pub const WINDOW_UPDATE: u16 = 256;
    /// Fills the peer's window.
    pub const WINDOW_FULL: u16 = 512;
    /// A zero-window probe.
    pub const PROBE: u16 = 1024;
    /// Announces the same window as its sender's segment before.
    pub const SAME_WINDOW: u16 = 2048;
}

/// TCP's flags as bits, as in the header's 13th and 14th octet.
pub mod flag {
    /// No more data.
    pub const FIN: u16 = 1;
    /// Synchronise sequence numbers.
    pub const SYN: u16 = 2;
    /// Reset.
    pub const RST: u16 = 4;
    /// Push.
    pub const PSH: u16 = 8;
    /// The acknowledgment field counts.
    pub const ACK: u16 = 16;
    /// Urgent.
    pub const URG: u16 = 32;
    /// Names in the order in which they are written.
    pub const NAMES: [(u16, &str); 6] =
        [(SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (URG, "URG"), (ACK, "ACK")];
}

/// What a packet carries, as far as its label tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Cargo {
    /// A TCP segment; `seq` and `ack` as they stand in the header, `base` and `ack_base` what relative numbers
    /// subtract.
    Tcp {
        /// Bits of [`flag`].
        flags: u16,
        /// Sequence number.
        seq: u32,
        /// Acknowledgment number, when ACK is set.
        ack: u32,
        /// The sender's initial sequence number.
        base: u32,
        /// The receiver's initial sequence number.
        ack_base: u32,
        /// Window as meant (scaled).
        window: u32,
    },
    /// A UDP datagram.
    Udp,
    /// A fragment of a datagram: its offset in octets and whether more follow.
    Fragment {
        /// Offset within the datagram.
        offset: u32,
        /// More fragments follow.
        more: bool,
    },
    /// Something else, by name.
    Other(String),
}

/// A packet on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// The trace's number for the packet.
    pub packet: u32,
    /// Sending host.
    pub from: u16,
    /// Receiving host.
    pub to: u16,
    /// When it left.
    pub sent: Moment,
    /// What became of it.
    pub fate: Fate,
    /// What it carries.
    pub cargo: Cargo,
    /// Octets of payload.
    pub len: u32,
    /// Bits of [`mark`].
    pub marks: u16,
    /// Its bytes' place in a stream.
    pub range: Option<Place>,
    /// Message hue (0: control only).
    pub hue: u8,
    /// How it is known.
    pub known: Known,
}

/// A range of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which stream.
    pub stream: u32,
    /// Octets of it.
    pub range: Range<u64>,
}

/// Which sort of socket call, as far as the ledger cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Hands bytes to the stream.
    Send,
    /// Takes bytes from it.
    Receive,
    /// Anything else.
    Other,
}

/// A socket call from its start to its return.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// On which host.
    pub host: u16,
    /// Thread of the program: its own column beside the lifeline.
    pub lane: u16,
    /// The call's name, for example `recv`.
    pub name: Cow<'static, str>,
    /// Its arguments as written, without brackets.
    pub args: Written,
    /// What it returned, once it has.
    pub result: Written,
    /// It returned an error.
    pub failed: bool,
    /// When it was called.
    pub begun: Moment,
    /// When it returned.
    pub returned: Option<Moment>,
    /// It had to wait.
    pub blocked: bool,
    /// Bytes it moved.
    pub range: Option<Place>,
    /// Bytes of the datagram thrown away because the buffer was too small.
    pub truncated: u32,
    /// Sending or receiving.
    pub kind: CallKind,
    /// Source line of the program (from 1).
    pub line: Option<u32>,
    /// Which program the line belongs to.
    pub program: u16,
    /// How it is known.
    pub known: Known,
}

/// A stretch of one connection state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateSpan {
    /// On which host.
    pub host: u16,
    /// Which of the host's sockets.
    pub socket: u32,
    /// The state's RFC name with hyphens: `SYN-SENT`.
    pub state: &'static str,
    /// When it was entered.
    pub from: Moment,
    /// When it was left, if it was.
    pub until: Option<Moment>,
    /// How it is known.
    pub known: Known,
}

/// A stretch in which a timer ran.
#[derive(Clone, Debug, PartialEq)]
pub struct TimerSpan {
    /// On which host.
    pub host: u16,
    /// Short name: `RTO`, `delayed ACK`.
    pub name: Word,
    /// When it was set.
    pub from: Moment,
    /// When it fired or was cancelled.
    pub until: Option<Moment>,
    /// It fired.
    pub fired: bool,
}

/// The part a range of bytes plays in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The length field.
    Length,
    /// The header.
    Header,
    /// The payload.
    Payload,
    /// Not a frame: what the decoder refused.
    Bad,
}

/// A range of bytes in the frames lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramePart {
    /// Number of the frame.
    pub frame: u32,
    /// Which part.
    pub part: Part,
    /// Octets of the stream.
    pub range: Range<u64>,
    /// When the decoder knew.
    pub known_at: Moment,
    /// Why it was refused; else empty.
    pub note: String,
}

/// What of a stream stood in buffers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buffers {
    /// In the sender's: from acceptance until the sender hears of the acknowledgment. In order.
    pub accepted: Vec<Stay>,
    /// In the receiver's: from when they are there in order until a call reads them. In order.
    pub received: Vec<Stay>,
}

/// What travelled one way between two programs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    /// Sending host.
    pub from: u16,
    /// Receiving host.
    pub to: u16,
    /// Its bytes, as far as they are known (from offset 0).
    pub bytes: Vec<u8>,
    /// Its length in octets; may exceed what is known of the bytes.
    pub len: u64,
    /// Borders between messages are kept (UDP).
    pub datagrams: bool,
    /// Its messages in order: their ranges; hue `i % HUES + 1`.
    pub messages: Vec<Range<u64>>,
    /// Parts of frames, in order.
    pub frames: Vec<FramePart>,
    /// Which connection it belongs to.
    pub connection: u32,
    /// Ports of sender and receiver; 0 where not known.
    pub ports: (u16, u16),
    /// See [`Figure::buffers`].
    pub(crate) held: OnceCell<Buffers>,
}

/// A whole conversation, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// Lifelines, from left to right.
    pub hosts: Vec<Host>,
    /// Packets in the order in which they left.
    pub flights: Things<Flight>,
    /// Socket calls in the order in which they began.
    pub calls: Things<Call>,
    /// Connection states in the order in which they were entered.
    pub states: Vec<StateSpan>,
    /// Timers worth drawing, in the order in which they were set.
    pub timers: Vec<TimerSpan>,
    /// Streams, two a connection.
    pub streams: Vec<Stream>,
    /// What decoders said of octets that they refused, as the record has it, and the same in Chinese.
    pub refusals: Vec<(String, String)>,
    /// The end of the record.
    pub end: Instant,
}

impl Figure {
    /// What of a stream stood in buffers, worked out for who asks.
    pub(crate) fn buffers(&self, stream: u32) -> Option<&Buffers> {
        let make = || self.flights.rows().map(|rows| rows.buffers(stream)).unwrap_or_default();
        Some(self.streams.get(stream as usize)?.held.get_or_init(make))
    }

    /// A decoder's words of the record, in this language where that is known.
    pub fn said<'a>(&'a self, words: &'a str, lang: Lang) -> &'a str {
        let known = || self.refusals.iter().find(|(english, _)| english == words);
        match lang {
            Lang::Zh if !words.is_empty() => known().map_or(words, |(_, chinese)| chinese),
            _ => words,
        }
    }
}

impl Stream {
    /// The hue of the message that holds the octet at `offset` (0: none).
    pub fn hue_at(&self, offset: u64) -> u8 {
        let i = self.messages.partition_point(|m| m.end <= offset);
        match self.messages.get(i) {
            Some(m) if m.contains(&offset) => hue_of(i),
            _ => 0,
        }
    }

    /// The pieces of `range` that belong to one message each, with their hues.
    pub fn pieces(&self, range: &Range<u64>) -> Vec<(Range<u64>, u8)> {
        let mut at = range.start;
        let mut out = Vec::new();
        let first = self.messages.partition_point(|m| m.end <= at);
        for (i, m) in self.messages.iter().enumerate().skip(first) {
            if m.start >= range.end {
                break;
            }
            if m.start > at {
                out.push((at..m.start, 0));
                at = m.start;
            }
            let end = m.end.min(range.end);
            if end > at {
                out.push((at..end, hue_of(i)));
                at = end;
            }
        }
        if at < range.end {
            out.push((at..range.end, 0));
        }
        out
    }
}

/// The hue of the `i`th message of a stream.
pub fn hue_of(i: usize) -> u8 {
    (i % crate::view::list::HUES as usize) as u8 + 1
}

impl Flight {
    /// The flags of a segment as words: `SYN ACK`; the name of any other packet.
    pub fn title(&self) -> String {
        match &self.cargo {
            Cargo::Tcp { flags, .. } => {
                let mut out = String::new();
                for (bit, name) in flag::NAMES {
                    if flags & bit != 0 {
                        if !out.is_empty() {
                            out.push(' ');
                        }
                        out.push_str(name);
                    }
                }
                out
            }
            Cargo::Udp => "UDP".to_owned(),
            Cargo::Fragment { .. } => "IP".to_owned(),
            Cargo::Other(name) => name.clone(),
        }
    }

    /// True for a segment with RST.
    pub fn is_reset(&self) -> bool {
        matches!(self.cargo, Cargo::Tcp { flags, .. } if flags & flag::RST != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_fall_into_the_messages_they_cross() {
        let stream = Stream { messages: vec![0..5, 5..10, 12..20], len: 20, ..Stream::default() };
        assert_eq!(stream.pieces(&(3..7)), [(3..5, 1), (5..7, 2)]);
        assert_eq!(stream.pieces(&(9..14)), [(9..10, 2), (10..12, 0), (12..14, 3)]);
        assert_eq!(stream.pieces(&(19..30)), [(19..20, 3), (20..30, 0)]);
        assert_eq!(stream.hue_at(11), 0);
        assert_eq!(stream.hue_at(5), 2);
    }
}
