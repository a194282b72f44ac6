//! Where the observer's records go.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use framewire::trace::{EventId, FileWriter, Record, Sink, Trace};

/// A sink that is told when nothing happens, to bring what it has to safety.
pub trait Store: Sink {
    /// Nothing is waiting to be recorded just now.
    fn settle(&mut self) {}
}

impl Store for Trace {}

/// So many octets are written out even while events come without a pause.
const FLUSH_AT: usize = 1 << 20;

/// A trace file, written as it happens.
#[derive(Debug)]
pub struct TraceFile {
    writer: FileWriter,
    file: File,
    path: PathBuf,
    failed: Option<io::Error>,
}

impl TraceFile {
    /// Begins a file at `path`; an old one is replaced.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut trace = TraceFile {
            writer: FileWriter::new(),
            file: File::create(path)?,
            path: path.to_owned(),
            failed: None,
        };
        trace.writer.flush_to(&mut trace.file)?;
        Ok(trace)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first error that writing met (a full disk): the file then ends before it, and the program went on unrecorded.
    pub fn finish(mut self) -> io::Result<()> {
        self.settle();
        self.failed.map_or(Ok(()), Err)
    }
}

impl Sink for TraceFile {
    fn record(&mut self, record: Record<'_>) -> EventId {
        if self.failed.is_some() {
            return self.writer.next_event();
        }
        let event = self.writer.record(record);
        if self.writer.pending() >= FLUSH_AT {
            self.settle();
        }
        event
    }

    fn next_event(&self) -> EventId {
        self.writer.next_event()
    }
}

impl Store for TraceFile {
    fn settle(&mut self) {
        if self.failed.is_some() || self.writer.pending() == 0 {
            return;
        }
        if let Err(error) = self.writer.flush_to(&mut self.file) {
            eprintln!(
                "framewire: cannot write {}: {error}; what comes from here on is not recorded",
                self.path.display()
            );
            self.failed = Some(error);
        }
    }
}
