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
mod wire;

use std::io;

use self::decode::Scratch;
use self::encode::Names;
pub use self::encode::{kind_of, timer_name};
use self::wire::{Fields, Pen, put_u64};
pub use self::wire::{WireError, crc32};
use super::id::EventId;
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

/// Encodes records as a trace file. Give what it has made to the file from time to time ([`flush_to`](Self::flush_to)): what
/// is flushed survives a crash.
#[derive(Clone, Debug)]
pub struct FileWriter {
    /// Bytes for the file: closed chunks, then the open one.
    out: Vec<u8>,
    /// Where the open chunk begins in `out`, if one is open.
    open: Option<usize>,
    names: Names,
    event: u32,
    time: u64,
}

impl Default for FileWriter {
    fn default() -> Self {
        FileWriter::new()
    }
}

impl FileWriter {
    /// A writer for a new file; the header comes with the first flush.
    pub fn new() -> Self {
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend([0, 0]);
        FileWriter { out, open: None, names: Names::default(), event: 0, time: 0 }
    }

    /// A writer that goes on behind the `events` events that a file has already. Cut the file at its last whole chunk first
    /// ([`End::Cut`] says where).
    pub fn append(events: u32) -> Self {
        FileWriter { out: Vec::new(), event: events, ..FileWriter::new() }
    }

    /// How many octets wait for a flush.
    pub fn pending(&self) -> usize {
        self.out.len()
    }

    /// Closes the open chunk and writes all that waits. After an error, what did not go out still waits, and the file may end
    /// in part of a chunk: cut it to its length before this flush, then flush again.
    pub fn flush_to(&mut self, file: &mut impl io::Write) -> io::Result<()> {
        self.close_chunk();
        file.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Closes the open chunk and hands over all that waits.
    pub fn take(&mut self) -> Vec<u8> {
        self.close_chunk();
        std::mem::take(&mut self.out)
    }

    /// Writes the length of the record that ends the bytes where it takes more than the one octet at `begin`.
    fn make_room(&mut self, begin: usize, len: usize) {
        let mut octets = Vec::new();
        let mut pen = Pen::new(&mut octets);
        put_u64(&mut pen, len as u64);
        pen.end();
        let record = begin + 1..self.out.len();
        self.out.resize(begin + octets.len() + len, 0);
        self.out.copy_within(record, begin + octets.len());
        if let Some(place) = self.out.get_mut(begin..begin + octets.len()) {
            place.copy_from_slice(&octets);
        }
    }

    /// Closes the open chunk: what was recorded so far can be read even if nothing that follows reaches the file.
    pub fn close_chunk(&mut self) {
        let Some(begin) = self.open.take() else { return };
        let content = self.out.get(begin + CHUNK_HEADER..).unwrap_or(&[]);
        let (len, checksum) = (content.len() as u32, crc32(content));
        if let Some(header) = self.out.get_mut(begin..begin + CHUNK_HEADER) {
            header[..4].copy_from_slice(&len.to_le_bytes());
            header[4..].copy_from_slice(&checksum.to_le_bytes());
        }
    }
}

impl Sink for FileWriter {
    fn record(&mut self, record: Record<'_>) -> EventId {
        let event = self.event;
        if self.open.is_none() {
            self.open = Some(self.out.len());
            self.names.clear();
            self.time = 0;
            self.out.extend([0; CHUNK_HEADER]);
            let mut pen = Pen::new(&mut self.out);
            put_u64(&mut pen, u64::from(event));
            pen.end();
        }
        // In place, behind one octet for its length: few records need more, and those are moved by what they need.
        let begin = self.out.len();
        let mut pen = Pen::new(&mut self.out);
        pen.push(0);
        encode::encode(&mut pen, &mut self.names, event, self.time, &record);
        pen.end();
        let len = self.out.len() - begin - 1;
        match self.out.get_mut(begin) {
            Some(octet) if len < 0x80 => *octet = len as u8,
            _ => self.make_room(begin, len),
        }
        self.time = record.time.as_nanos();
        self.event = event.saturating_add(1);
        if self.out.len() - self.open.unwrap_or(0) >= CHUNK_LEN {
            self.close_chunk();
        }
        EventId(event)
    }

    fn next_event(&self) -> EventId {
        EventId(self.event)
    }
}

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
            let record =
                decode::decode(body, self.event, time, &mut self.scratch).map_err(broken(self.event))?;
            time = record.time.as_nanos();
            sink.record(record);
            self.event = self.event.saturating_add(1);
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
