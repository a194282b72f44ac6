//! The recorder: every socket call with its bytes, in the trace's vocabulary, written as it happens.
//!
//! The traffic only appends to a bounded queue in memory; a thread of its own encodes and writes. What finds no
//! room is counted and the file says so. Events reach the file within [`LINGER`] of happening, so a process that
//! is killed loses no more than that.

mod at;
mod file;
pub(crate) mod frames;
mod queue;
pub mod series;
mod tap;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use framewire::time::Instant;

use queue::{Batch, Queue, SocketNumber};
pub use tap::{Stamp, Tap};
use writer::Writer;

/// How long the writer lets events gather while they come fast; the first after a pause is written at once.
pub const LINGER: Duration = Duration::from_millis(10);

/// How a recording is made.
#[derive(Clone, Debug)]
pub struct RecorderOptions {
    /// A new file is begun when this one has so many bytes.
    pub rotate_at: u64,
    /// Full files kept beside the current one.
    pub keep: usize,
    /// Bytes of events that may wait for the writer.
    pub queue: usize,
    /// The program's name, as the player shows it.
    pub program: String,
    /// The framing of its streams, by name: the recording tells which bytes make which frame.
    pub framing: String,
}

impl RecorderOptions {
    /// The defaults for `framewire serve` with this framing.
    pub fn server(framing: &str) -> Self {
        RecorderOptions {
            rotate_at: 256 << 20,
            keep: 8,
            queue: 64 << 20,
            program: format!("framewire serve ({framing})"),
            framing: framing.to_owned(),
        }
    }

    /// The defaults for `framewire send` with this framing.
    pub fn client(framing: &str) -> Self {
        RecorderOptions { program: format!("framewire send ({framing})"), ..Self::server(framing) }
    }
}

/// A recording that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot record to {path}: {source}; choose another place with --record FILE")]
pub struct RecordError {
    path: PathBuf,
    source: io::Error,
}

/// A recording under way. Clones are the same recording.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Queue,
    start: std::time::Instant,
    sockets: AtomicU64,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Recorder {
    /// Begins a recording in a new file at `path` (an old one is replaced).
    ///
    /// # Errors
    /// When the file cannot be made. Faults that come later (a full disk) are logged; the traffic goes on.
    pub fn create(path: &Path, options: RecorderOptions) -> Result<Self, RecordError> {
        let problem = |source| RecordError { path: path.to_owned(), source };
        let epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let start = std::time::Instant::now();
        let epoch_nanos = u64::try_from(epoch.as_nanos()).unwrap_or(u64::MAX);
        let mut writer = Writer::create(path, options.clone(), epoch_nanos).map_err(problem)?;
        let shared = Arc::new(Shared {
            queue: Queue::new(options.queue),
            start,
            sockets: AtomicU64::new(0),
            writer: Mutex::new(None),
        });
        let source = shared.clone();
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            let mut batch = Batch::default();
            while source.queue.take(&mut batch) {
                writer.write(&batch);
                batch.clear();
                if !source.queue.finished() {
                    // While events come fast they gather for a moment: one system call for many, and no waking.
                    std::thread::sleep(LINGER);
                }
            }
            writer.finish();
        });
        let thread = thread.map_err(problem)?;
        if let Ok(mut slot) = shared.writer.lock() {
            *slot = Some(thread);
        }
        Ok(Recorder(shared))
    }

    /// Writes what is left and closes the file; later events are ignored.
    pub fn finish(&self) {
        self.0.queue.finish();
        let thread = self.0.writer.lock().ok().and_then(|mut slot| slot.take());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the recorder failed; the recording ends early");
        }
    }

    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.0.start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn socket(&self) -> SocketNumber {
        self.0.sockets.fetch_add(1, Ordering::Relaxed)
    }

    fn push(&self, vital: bool, events: u64, bytes: usize, add: impl FnOnce(&mut Batch)) {
        self.0.queue.push(vital, events, bytes, add);
    }
}
