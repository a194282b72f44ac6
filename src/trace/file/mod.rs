//! The file format `.fwtrace`: a header, then chunks of records, each with its length and checksum, so that a file cut at any
//! byte opens up to the cut. docs/trace-format.md describes it.
//!
//! Nothing here opens a file: [`FileWriter`] gives bytes to append, [`FileReader`] is fed bytes as they come (also from a
//! file that still grows), [`read`] takes a whole file's bytes.
//!
//! ```
//! use framewire::time::Instant;
//! use framewire::trace::{End, FileWriter, Provenance, Record, Sink, What, read};
//!
//! let mut file: Vec<u8> = Vec::new();
//! let mut writer = FileWriter::new();
//! let note = What::Note { text: "hello" };
//! writer.record(Record::new(Instant::START, Provenance::Observed, note));
//! writer.flush_to(&mut file)?;
//!
//! let (trace, end) = read(&file)?;
//! assert_eq!((trace.len(), end), (1, End::Complete));
//!
//! let (trace, end) = read(&file[..file.len() - 1])?;
//! assert_eq!(trace.len(), 0);
//! assert!(matches!(end, End::Cut { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alike;
mod decode;
mod encode;
mod turn;
mod wire;
mod writer;

use self::decode::Scratch;
pub use self::encode::{kind_of, timer_name};
pub use self::turn::{Turn, TurnFrames};
use self::wire::Fields;
pub use self::wire::{WireError, crc32};
pub use self::writer::FileWriter;
use super::record::Record;
use super::sink::Sink;
use super::store::Trace;

/// How every trace file begins. The high bit, the line ends and the end-of-file character show if a transfer mangled it.
pub const MAGIC: [u8; 8] = *b"\x89FWT\r\n\x1a\n";
/// The format's version. A reader opens files of this version and, as far as it can, of later ones with the same number.
pub const VERSION: u16 = 1;
/// Octets of the file's header: magic, version, two octets reserved (0).
pub const HEADER_LEN: usize = 12;
/// A chunk that has grown to this many octets is closed.
const CHUNK_LEN: usize = 64 * 1024;
/// Octets before a chunk's content: its length and its checksum.
const CHUNK_HEADER: usize = 8;

/// Why bytes are no trace file of a version that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The first octets are not those of a trace file.
    #[error("this is no trace file: it does not begin with the signature of .fwtrace")]
    NotATrace,
    /// A version that this program does not know.
    #[error(
        "this trace file has version {found}; this program reads version {VERSION}: use a newer framewire"
    )]
    Version {
        /// The file's version.
        found: u16,
    },
}

/// Where and how a trace file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With a whole chunk.
    Complete,
    /// In the middle of a chunk: the writer was stopped, or is still writing.
    Cut {
        /// The octets of the file that were read; what follows is part of a chunk.
        at: u64,
        /// How many octets follow.
        left: u64,
    },
    /// In a chunk whose content is not what was written.
    Damaged {
        /// The octets of the file that were read; what follows is the damaged chunk.
        at: u64,
        /// What is wrong with it.
        why: Damage,
    },
}

/// What is wrong with a chunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The checksum does not fit.
    #[error("its checksum is {found:08x}, and its content gives {computed:08x}")]
    Checksum {
        /// What the file says.
        found: u32,
        /// What the content gives.
        computed: u32,
    },
    /// It does not go on where the one before it stopped.
    #[error("it begins with event {found} instead of {expected}: a chunk is missing")]
    Sequence {
        /// The number it begins with.
        found: u64,
        /// The number it should begin with.
        expected: u32,
    },
    /// A record cannot be read.
    #[error("record {event} cannot be read: {why}")]
    Record {
        /// The record's number.
        event: u32,
        /// Why not.
        why: WireError,
    },
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Complete => f.write_str("complete"),
            End::Cut { at, left } => {
                write!(f, "cut off in the middle of a chunk: read up to byte {at}, {left} bytes left over")
            }
            End::Damaged { at, why } => write!(f, "damaged: read up to byte {at}; in the chunk there, {why}"),
        }
    }
}

/// Reads a trace file as its bytes come in.
#[derive(Clone, Debug, Default)]
pub struct FileReader {
    /// Bytes that are not a whole chunk yet.
    rest: Vec<u8>,
    /// Octets read and done with.
    at: u64,
    started: bool,
    event: u32,
    damage: Option<Damage>,
    scratch: Scratch,
}

impl FileReader {
    /// A reader at the begin of a file.
    pub fn new() -> Self {
        FileReader::default()
    }

    /// Takes the file's next bytes, any number of them, and gives the records they complete to `sink`. After a damaged chunk
    /// nothing more is read.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<(), ReadError> {
        if self.rest.is_empty() {
            let used = self.take(bytes, sink)?;
            self.rest.extend_from_slice(bytes.get(used..).unwrap_or(&[]));
        } else {
            self.rest.extend_from_slice(bytes);
            let rest = std::mem::take(&mut self.rest);
            let used = self.take(&rest, sink)?;
            self.rest = rest;
            self.rest.drain(..used);
        }
        Ok(())
    }

    /// Where the file stands now.
    pub fn end(&self) -> End {
        match &self.damage {
            Some(why) => End::Damaged { at: self.at, why: why.clone() },
            None if self.rest.is_empty() && self.started => End::Complete,
            None => End::Cut { at: self.at, left: self.rest.len() as u64 },
        }
    }

    /// How many records were read.
    pub fn events(&self) -> u32 {
        self.event
    }

    /// Takes whole chunks off the front of `bytes`; gives the number of octets done with.
    fn take(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<usize, ReadError> {
        let mut used = 0;
        if !self.started {
            let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
                let n = bytes.len().min(MAGIC.len());
                return if bytes[..n] == MAGIC[..n] { Ok(0) } else { Err(ReadError::NotATrace) };
            };
            if header[..8] != MAGIC {
                return Err(ReadError::NotATrace);
            }
            let found = u16::from_le_bytes([header[8], header[9]]);
            if found != VERSION {
                return Err(ReadError::Version { found });
            }
            self.started = true;
            self.at += HEADER_LEN as u64;
            used = HEADER_LEN;
        }
        while self.damage.is_none() {
            let Some(rest) = bytes.get(used..) else { break };
            let Some(header) = rest.first_chunk::<CHUNK_HEADER>() else { break };
            let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
            let checksum = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
            let Some(content) = rest.get(CHUNK_HEADER..).and_then(|r| r.get(..len)) else { break };
            if let Err(why) = self.take_chunk(content, checksum, sink) {
                self.damage = Some(why);
                break;
            }
            used += CHUNK_HEADER + len;
            self.at += (CHUNK_HEADER + len) as u64;
        }
        Ok(used)
    }

    fn take_chunk(&mut self, content: &[u8], found: u32, sink: &mut impl Sink) -> Result<(), Damage> {
        let computed = crc32(content);
        if computed != found {
            return Err(Damage::Checksum { found, computed });
        }
        let fields = &mut Fields::new(content);
        let broken = |event: u32| move |why: WireError| Damage::Record { event, why };
        let first = fields.u64("a chunk's first event").map_err(broken(self.event))?;
        if first != u64::from(self.event) {
            return Err(Damage::Sequence { found: first, expected: self.event });
        }
        self.scratch.clear();
        let mut time = 0;
        while !fields.is_empty() {
            let body = fields.bytes("a record").map_err(broken(self.event))?;
            let (first, since) = (self.event, time);
            let mut each = |record: Record<'_>| {
                time = record.time.as_nanos();
                sink.record(record);
                self.event = self.event.saturating_add(1);
            };
            decode::decode(body, first, since, &mut self.scratch, &mut each).map_err(broken(first))?;
        }
        Ok(())
    }
}

/// True if the bytes begin like a trace file.
pub fn is_trace_file(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Reads a whole file: the trace as far as it could be read, and how the file ended.
///
/// # Errors
/// If the bytes are no trace file, or one of an unknown version. A file that is cut off or damaged is no error.
pub fn read(bytes: &[u8]) -> Result<(Trace, End), ReadError> {
    let mut trace = Trace::new();
    let mut reader = FileReader::new();
    reader.feed(bytes, &mut trace)?;
    Ok((trace, reader.end()))
}

/// Writes a whole trace as a file's bytes. Reading them gives an equal trace.
pub fn write(trace: &Trace) -> Vec<u8> {
    let mut writer = FileWriter::new();
    for record in trace.records() {
        writer.record(record);
    }
    writer.take()
}
