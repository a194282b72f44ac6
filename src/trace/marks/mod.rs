//! Wireshark's analysis marks, worked out from the packets alone as Wireshark does (User's Guide, section 7.5 "TCP
//! Analysis"): what a segment looks like to somebody who only sees segments go by.

mod conversation;
mod walk;

pub use conversation::{Conversation, Segment};
pub(crate) use walk::{Arrivals, Guest, Observer};
pub use walk::{MarkRow, Vantage};

use std::fmt;

macro_rules! marks {
    ($($(#[$doc:meta])* $name:ident = $bit:literal $label:literal;)*) => {
        /// One of Wireshark's marks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Mark {
            $($(#[$doc])* $name = 1 << $bit,)*
        }

        impl Mark {
            /// Every mark, in the order in which they are listed.
            pub const ALL: &[Mark] = &[$(Mark::$name),*];

            /// Its name in JSON.
            pub const fn name(self) -> &'static str {
                match self { $(Mark::$name => $label,)* }
            }
        }
    };
}

marks! {
    /// Sent again. As in Wireshark, fast and spurious retransmissions have this mark as well.
    Retransmission = 0 "retransmission";
    /// Sent again right after at least two duplicate acknowledgments asked for it.
    FastRetransmission = 1 "fast-retransmission";
    /// Sent again although it was acknowledged already.
    SpuriousRetransmission = 2 "spurious-retransmission";
    /// Below the highest sequence number, but so soon after it that it was rather overtaken than sent again.
    OutOfOrder = 3 "out-of-order";
    /// Says the same as the acknowledgment before it.
    DupAck = 4 "dup-ack";
    /// Begins beyond the next expected sequence number: a segment is missing before it.
    LostSegment = 5 "previous-segment-not-captured";
    /// Acknowledges what was never seen.
    AckedUnseen = 6 "acked-unseen-segment";
    /// Advertises no room at all.
    ZeroWindow = 7 "zero-window";
    /// One byte sent into a window of zero.
    ZeroWindowProbe = 8 "zero-window-probe";
    /// Answers a zero-window probe: the window is still zero.
    ZeroWindowProbeAck = 9 "zero-window-probe-ack";
    /// Fills the peer's window to its edge.
    WindowFull = 10 "window-full";
    /// Changes nothing but the window.
    WindowUpdate = 11 "window-update";
    /// Asks whether the peer is still there.
    KeepAlive = 12 "keep-alive";
    /// Answers a keep-alive.
    KeepAliveAck = 13 "keep-alive-ack";
    /// Opens a new connection between the same two addresses and ports.
    PortReused = 14 "port-reused";
}

/// The marks of one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    bits: u16,
    /// Of a duplicate acknowledgment: the how manieth it is, from 1.
    pub dup_ack: u32,
}

impl Marks {
    /// True if it has the mark.
    pub const fn has(self, mark: Mark) -> bool {
        self.bits & mark as u16 != 0
    }

    /// True if it has none.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// The marks as bits, each mark's number its bit.
    pub const fn bits(self) -> u16 {
        self.bits
    }

    fn set(&mut self, mark: Mark) {
        self.bits |= mark as u16;
    }

    /// The marks, in their order.
    pub fn iter(self) -> impl Iterator<Item = Mark> {
        Mark::ALL.iter().copied().filter(move |mark| self.has(*mark))
    }
}

impl fmt::Display for Marks {
    /// Their names, with the number of a duplicate acknowledgment: `dup-ack #2, zero-window`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mark) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(mark.name())?;
            if mark == Mark::DupAck {
                write!(f, " #{}", self.dup_ack)?;
            }
        }
        Ok(())
    }
}
