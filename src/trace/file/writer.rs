//! Records to the bytes of a growing file.

use std::io;

use super::encode::{self, Names};
use super::turn::Turn;
use super::wire::{Pen, crc32, put_u64};
use super::{CHUNK_HEADER, CHUNK_LEN, MAGIC, VERSION};
use crate::time::Instant;
use crate::trace::id::EventId;
use crate::trace::record::Record;
use crate::trace::sink::Sink;

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
    /// ([`End::Cut`](super::End::Cut) says where).
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

    /// Opens a chunk if none is open.
    fn open_chunk(&mut self) {
        if self.open.is_some() {
            return;
        }
        self.open = Some(self.out.len());
        self.names.clear();
        self.time = 0;
        self.out.extend([0; CHUNK_HEADER]);
        let mut pen = Pen::new(&mut self.out);
        put_u64(&mut pen, u64::from(self.event));
        pen.end();
    }

    /// Lets `encode` append a body to the open chunk: that of `events` records, of which the last is of `time`.
    fn put(&mut self, events: u32, time: Instant, encode: impl FnOnce(&mut Pen<'_>, &mut Names, u64)) {
        // In place, behind one octet for its length: few need more, and those are moved by what they need.
        let begin = self.out.len();
        let mut pen = Pen::new(&mut self.out);
        pen.push(0);
        encode(&mut pen, &mut self.names, self.time);
        pen.end();
        let len = self.out.len() - begin - 1;
        match self.out.get_mut(begin) {
            Some(octet) if len < 0x80 => *octet = len as u8,
            _ => self.make_room(begin, len),
        }
        self.time = time.as_nanos();
        self.event = self.event.saturating_add(events);
        if self.out.len() - self.open.unwrap_or(0) >= CHUNK_LEN {
            self.close_chunk();
        }
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

    /// Records a turn: the same as all the records it stands for, in a quarter of the time where most turns have frames of one
    /// shape. Gives the number of the first of them.
    pub fn turn(&mut self, turn: &Turn<'_>) -> EventId {
        let event = EventId(self.event);
        self.open_chunk();
        if turn.fits(self.names.frame()) {
            self.put(turn.records(), turn.time + turn.took, |pen, _, since| turn.put(pen, since));
        } else {
            turn.tell(&mut Vec::new(), &mut |record| {
                self.record(record);
            });
        }
        event
    }
}

impl Sink for FileWriter {
    fn record(&mut self, record: Record<'_>) -> EventId {
        let event = self.event;
        self.open_chunk();
        self.put(1, record.time, |pen, names, since| encode::encode(pen, names, event, since, &record));
        EventId(event)
    }

    fn next_event(&self) -> EventId {
        EventId(self.event)
    }
}
