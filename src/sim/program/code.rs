//! What a program compiles to: flat code with jumps, so that a running program is a few numbers that can be cloned.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use crate::framing::Framing;
use crate::sim::scenario::{How, OnError, SocketKind, SocketOption};
use crate::time::Duration;

/// A socket variable of a program, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketVar(pub u8);

/// A data variable of a program, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataVar(pub u8);

/// Octets that a unit has at least, where what repeats is shorter and is there so often: whoever reads goes unit by unit.
const UNIT: u64 = 256;

/// Octets over which a repeated unit is spread.
const STRETCH: usize = 1 << 18;

/// A copy of `octets` in memory that never changes.
#[cfg_attr(target_arch = "wasm32", inline(never))]
fn memory(octets: &[u8]) -> Arc<[u8]> {
    Arc::from(octets)
}

/// Octets to send: `len` octets that repeat `unit`, beginning at its octet `start % unit.len()`. Cheap to clone, and
/// to cut at the front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// What repeats; not empty unless `len` is 0.
    pub unit: Arc<[u8]>,
    /// Where in the repetition it begins.
    pub start: u64,
    /// How many octets.
    pub len: u64,
}

impl Payload {
    /// These octets, once.
    pub fn new(bytes: &[u8]) -> Self {
        Payload { unit: memory(bytes), start: 0, len: bytes.len() as u64 }
    }

    /// `unit` repeated `times`.
    pub fn repeat(unit: &[u8], times: u64) -> Self {
        let len = unit.len() as u64;
        let copies = times.min(UNIT / len.max(1)).max(1);
        Payload { unit: memory(&unit.repeat(copies as usize)), start: 0, len: len.saturating_mul(times) }
    }

    /// At most `max` octets from the front.
    pub fn front(&self, max: usize) -> Vec<u8> {
        let len = usize::try_from(self.len).unwrap_or(usize::MAX).min(max);
        let mut bytes = Vec::with_capacity(len);
        if self.unit.is_empty() {
            return bytes;
        }
        let mut at = (self.start % self.unit.len() as u64) as usize;
        while bytes.len() < len {
            let part = &self.unit[at..];
            bytes.extend_from_slice(&part[..part.len().min(len - bytes.len())]);
            at = 0;
        }
        bytes
    }

    /// At most `max` octets from the front, as a part of memory that never changes: `spread` keeps the repeated unit from one time
    /// to the next, and windows that follow one another follow one another in it, for long stretches.
    pub fn window<'a>(
        &'a self,
        max: usize,
        spread: &'a mut Option<Arc<[u8]>>,
    ) -> (&'a Arc<[u8]>, Range<usize>) {
        let unit = self.unit.len();
        let len = usize::try_from(self.len).unwrap_or(usize::MAX).min(max);
        let phase = (self.start % unit.max(1) as u64) as usize;
        if phase + len <= unit {
            return (&self.unit, phase..phase + len);
        }
        let needed = phase as u64 + self.len;
        let spread = spread.get_or_insert_with(|| {
            // Whole units, as long as a stretch, and what a window may need behind it.
            let whole =
                usize::try_from(needed).unwrap_or(usize::MAX).min(STRETCH + max.saturating_add(2 * unit));
            let mut octets = Vec::with_capacity(whole);
            while octets.len() < whole {
                let missing = whole - octets.len();
                if octets.is_empty() {
                    octets.extend_from_slice(&self.unit[..unit.min(missing)]);
                } else {
                    octets.extend_from_within(..octets.len().min(missing));
                }
            }
            memory(&octets)
        });
        let stretch = STRETCH.next_multiple_of(unit) as u64;
        let at = (self.start % stretch) as usize;
        // What was spread for a shorter rest may end too early.
        let at = if at + len <= spread.len() { at } else { phase };
        (spread, at..(at + len).min(spread.len()))
    }

    /// All octets.
    pub fn to_vec(&self) -> Vec<u8> {
        self.front(usize::MAX)
    }

    /// What is left when `n` octets are taken from the front.
    #[must_use]
    pub fn skip(&self, n: u64) -> Payload {
        let n = n.min(self.len);
        Payload { unit: self.unit.clone(), start: self.start + n, len: self.len - n }
    }
}

/// Where the octets of a send come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// They are known.
    Literal(Payload),
    /// A variable holds them.
    Var {
        /// Which.
        var: DataVar,
        /// How often they are repeated.
        times: u64,
        /// ASCII letters are turned to upper case.
        upper: bool,
    },
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Makes a socket.
    Socket(SocketVar, SocketKind),
    /// Binds it to a port of any local address.
    Bind(SocketVar, u16),
    /// Listens.
    Listen(SocketVar, Option<u32>),
    /// Accepts a connection of the first as the second.
    Accept(SocketVar, SocketVar),
    /// Connects.
    Connect(SocketVar, SocketAddr),
    /// Sends.
    Send(SocketVar, Source),
    /// Sends all.
    SendAll(SocketVar, Source),
    /// Sends a datagram, to the last one's sender when no address is given.
    SendTo(SocketVar, Source, Option<SocketAddr>),
    /// Receives.
    Recv(SocketVar, usize, DataVar),
    /// Receives exactly so many.
    RecvExactly(SocketVar, usize, DataVar),
    /// Receives a datagram.
    RecvFrom(SocketVar, usize, DataVar),
    /// Reads a frame.
    ReadFrame {
        /// From this socket.
        socket: SocketVar,
        /// The most to receive at once.
        chunk: usize,
        /// Whether every recv() is believed to give what was asked.
        naive: bool,
        /// Where the payload goes.
        into: DataVar,
    },
    /// Writes a frame.
    WriteFrame {
        /// To this socket.
        socket: SocketVar,
        /// The payload.
        data: Source,
        /// With a send() for each of length, header and payload.
        pieces: bool,
    },
    /// Shuts a direction down.
    Shutdown(SocketVar, How),
    /// Closes.
    Close(SocketVar),
    /// Sets an option.
    SetOption(SocketVar, SocketOption, u64),
    /// Sleeps.
    Sleep(Duration),
    /// Enters a loop: counts `times` down in counter `depth`, or jumps behind it to `end`.
    Loop {
        /// Which counter.
        depth: u8,
        /// How often, for ever when `None`.
        times: Option<u32>,
    },
    /// The head of a loop: goes on, or jumps behind the loop when its counter has run out.
    Head {
        /// Which counter.
        depth: u8,
        /// Behind the loop.
        end: u32,
    },
    /// Jumps.
    Jump(u32),
    /// Jumps when the last receive returned nothing.
    JumpIfEof(u32),
    /// Starts a thread at an operation, with a copy of the variables.
    Thread(u32),
    /// Decodes text.
    Decode {
        /// Which data.
        var: DataVar,
        /// Whether a cut character is kept for the next time.
        incremental: bool,
    },
    /// The thread is done.
    End,
}

/// An operation and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Instr {
    /// The operation.
    pub op: Op,
    /// Its line in the source, from 1; 0 for the operations that have none.
    pub line: u32,
    /// What happens when it fails.
    pub on_error: OnError,
    /// Where `on_error: "break"` goes.
    pub on_break: u32,
}

/// A compiled program.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// The program's name.
    pub name: String,
    /// Its Python source.
    pub source: String,
    /// The operations; execution starts at the first.
    pub instrs: Vec<Instr>,
    /// The names of the socket variables.
    pub sockets: Vec<String>,
    /// The names of the data variables.
    pub vars: Vec<String>,
    /// The framing of read-frame and write-frame.
    pub framing: Framing,
}
