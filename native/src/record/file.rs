//! One .fwtrace file after the other: growing, rotating, surviving a full disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use framewire::trace::{FileWriter, Record, Sink, Turn};

use super::series::numbered;

/// After a failed write the file is tried again this much later.
const RETRY: Duration = Duration::from_secs(5);
/// A file is left in time for its events to be numbered.
const MAX_EVENTS: u32 = u32::MAX / 2;

/// The current file of a recording.
#[derive(Debug)]
pub(super) struct TraceFile {
    path: PathBuf,
    file: File,
    writer: FileWriter,
    /// Bytes and events that are in the file for good.
    good: u64,
    events: u32,
    rotate_at: u64,
    keep: usize,
    retry: Option<Instant>,
    /// What waits for the next flush, in pieces.
    pieces: Vec<Piece>,
}

/// Part of what waits: whole chunks.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it ends among the bytes that wait, and the number of the record that follows.
    end: usize,
    next: u32,
    /// Events that it tells of.
    told: u64,
}

/// What became of a flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flushed {
    /// It is in the file.
    Written,
    /// The file is full: the next record begins a new one.
    Rotated,
    /// The system refused; the file ends with the last piece that found room.
    Failed {
        /// Some piece did.
        partly: bool,
        /// So many events are gone.
        lost: u64,
    },
}

/// Writes all at once, and what the disk refuses piece by piece, as far as there is room.
struct Careful<'a> {
    file: &'a mut File,
    good: u64,
    pieces: &'a [Piece],
    /// Pieces that found room though not all did.
    kept: usize,
}

impl io::Write for Careful<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let error = match self.file.write_all(bytes) {
            Ok(()) => return Ok(bytes.len()),
            Err(error) => error,
        };
        // Part may have been written. A device has no length to cut, and what it took cannot be taken back.
        if self.pieces.len() > 1 && self.file.set_len(self.good).is_ok() {
            let mut from = 0;
            for piece in self.pieces {
                let part = bytes.get(from..piece.end).unwrap_or_default();
                if self.file.write_all(part).is_err() {
                    break;
                }
                (from, self.kept) = (piece.end, self.kept + 1);
            }
        }
        Err(error)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Appending: after a failed write the file is cut, and the next write goes to its new end.
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

impl TraceFile {
    /// Makes the file at `path`, emptying what stands there.
    pub fn create(path: &Path, rotate_at: u64, keep: usize) -> io::Result<Self> {
        Ok(TraceFile {
            path: path.to_owned(),
            file: open(path)?,
            writer: FileWriter::new(),
            good: 0,
            events: 0,
            rotate_at,
            keep,
            retry: None,
            pieces: Vec::new(),
        })
    }

    /// False while the disk is full and it is too early to try again.
    pub fn ready(&self) -> bool {
        self.retry.is_none_or(|at| Instant::now() >= at)
    }

    /// True before anything of this file has reached the disk.
    pub fn is_new(&self) -> bool {
        self.events == 0
    }

    pub fn record(&mut self, record: Record<'_>) {
        self.writer.record(record);
    }

    pub fn turn(&mut self, turn: &Turn<'_>) {
        self.writer.turn(turn);
    }

    /// Bytes that were recorded and wait for the next flush.
    pub fn pending(&self) -> usize {
        self.writer.pending()
    }

    /// Bytes recorded since the last piece ended.
    pub fn fresh(&self) -> usize {
        self.pending() - self.pieces.last().map_or(0, |piece| piece.end)
    }

    /// What was recorded since the last piece is one, that tells of `told` events.
    pub fn end_piece(&mut self, told: u64) {
        self.writer.close_chunk();
        self.pieces.push(Piece { end: self.pending(), next: self.writer.next_event().0, told });
    }

    /// Writes what was recorded: afterwards it survives the end of this process.
    pub fn flush(&mut self) -> Flushed {
        let (pending, events) = (self.pending() as u64, self.writer.next_event().0);
        let mut file = Careful { file: &mut self.file, good: self.good, pieces: &self.pieces, kept: 0 };
        let result = self.writer.flush_to(&mut file);
        let (kept, lost) = self.pieces.split_at_checked(file.kept).unwrap_or_default();
        match result {
            Ok(()) => {
                if self.retry.take().is_some() {
                    tracing::info!(file = %self.path.display(), "the recording goes on");
                }
                self.good += pending;
                self.events = events;
                self.pieces.clear();
            }
            Err(error) => {
                let (partly, lost) = (!kept.is_empty(), lost.iter().map(|piece| piece.told).sum());
                if let Some(last) = kept.last() {
                    self.good += last.end as u64;
                    self.events = last.next;
                }
                self.pieces.clear();
                if self.retry.is_none() {
                    tracing::error!(
                        file = %self.path.display(), %error,
                        "the recording cannot be written: it has a gap from here on (the traffic goes on; tried again every {RETRY:?})"
                    );
                }
                self.retry = Some(Instant::now() + RETRY);
                // Part of a chunk may have been written; a device has no length to cut.
                let _ = self.file.set_len(self.good);
                self.writer = match self.events {
                    0 => FileWriter::new(),
                    events => FileWriter::append(events),
                };
                return Flushed::Failed { partly, lost };
            }
        }
        if (self.good >= self.rotate_at || self.events >= MAX_EVENTS) && self.rotate() {
            return Flushed::Rotated;
        }
        Flushed::Written
    }

    /// Begins a new file; false when the system refuses (then the old one goes on).
    fn rotate(&mut self) -> bool {
        let shift = || -> io::Result<File> {
            for number in (1..self.keep).rev() {
                match std::fs::rename(numbered(&self.path, number), numbered(&self.path, number + 1)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            if self.keep > 0 {
                std::fs::rename(&self.path, numbered(&self.path, 1))?;
            }
            open(&self.path)
        };
        match shift() {
            Ok(file) => {
                self.file = file;
                self.writer = FileWriter::new();
                (self.good, self.events) = (0, 0);
                true
            }
            Err(error) => {
                tracing::error!(file = %self.path.display(), %error, "cannot begin a new recording file; this one grows on");
                self.rotate_at = self.rotate_at.saturating_mul(2);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::time::Instant as TraceInstant;
    use framewire::trace::{End, Provenance, What, read};

    fn note(file: &mut TraceFile, text: &str) {
        let what = What::Note { text };
        file.record(Record::new(TraceInstant::START, Provenance::Observed, what));
    }

    fn events(path: &Path) -> usize {
        let (trace, end) = read(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(end, End::Complete, "{}", path.display());
        trace.len()
    }

    #[test]
    fn full_files_move_on_and_the_oldest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.fwtrace");
        let mut file = TraceFile::create(&path, 100, 2).unwrap();
        let mut rotations = 0;
        for _ in 0..40 {
            note(&mut file, "twelve bytes");
            rotations += usize::from(file.flush() == Flushed::Rotated);
        }
        assert!(rotations > 3);
        for name in ["r.1.fwtrace", "r.2.fwtrace"] {
            assert!(events(&dir.path().join(name)) > 1);
        }
        assert!(!dir.path().join("r.3.fwtrace").exists());
    }

    #[test]
    fn a_full_disk_is_told_and_nothing_written_is_spoilt() {
        let mut file = TraceFile::create(Path::new("/dev/full"), 1 << 20, 2).unwrap();
        note(&mut file, "x");
        file.end_piece(1);
        assert_eq!(file.flush(), Flushed::Failed { partly: false, lost: 1 });
        assert!(!file.ready() && file.is_new());

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.fwtrace");
        let mut file = TraceFile::create(&path, 1 << 20, 2).unwrap();
        note(&mut file, "before");
        assert_eq!(file.flush(), Flushed::Written);
        // The disk is full for a moment: the file is swapped for one that takes nothing.
        let real =
            std::mem::replace(&mut file.file, OpenOptions::new().append(true).open("/dev/full").unwrap());
        note(&mut file, "lost");
        file.end_piece(1);
        assert_eq!(file.flush(), Flushed::Failed { partly: false, lost: 1 });
        file.file = real;
        note(&mut file, "after");
        assert_eq!(file.flush(), Flushed::Written);
        assert_eq!(events(&path), 2);
    }
}
