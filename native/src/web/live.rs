//! Recordings that grow while the page watches.
//!
//! Nothing stands between the traffic and the page but the file: the recorder writes it, this module reads behind it, at the
//! page's own pace. A slow page reads later; the traffic never notices, and nothing is kept in memory for it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::record::series;

/// Recordings that may be watched at a time.
const MOST_FEEDS: usize = 64;
/// Pages that may watch at a time.
const MOST_WATCHERS: usize = 32;
/// What a page may say at once: it has nothing to say but that it is there.
const MOST_HEARD: usize = 4 << 10;
/// Bytes of the file sent at once.
const PIECE: usize = 64 << 10;
/// So often it is looked whether the file has grown: the recorder writes every 10 ms at most.
const GLANCE: Duration = Duration::from_millis(5);
/// After so long without a change it is looked less often.
const DOZE_AFTER: u32 = 400;
const DOZE: Duration = Duration::from_millis(25);
/// A page that takes nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// A page is asked whether it is there so many times in the time that it may be silent.
const HEARTBEATS: u32 = 6;
/// Without an answer for so long it is not there; `--watch-patience` sets it.
pub const SILENCE: Duration = Duration::from_secs(30);

/// A recording that may be watched.
#[derive(Debug)]
pub struct Feed {
    number: u64,
    name: String,
    path: PathBuf,
    /// The process that writes it, if it is another one.
    process: Option<u32>,
    ended: AtomicBool,
}

/// A feed, as `/api/live` lists it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its number.
    pub number: u64,
    /// What it is, for people.
    pub name: String,
    /// Where the page watches it (a WebSocket), and where it gets what there is so far.
    pub url: String,
    /// The same as a file, as far as it goes.
    pub file: String,
    /// Its size in bytes right now.
    pub bytes: u64,
    /// It may still grow.
    pub running: bool,
    /// What was started from the page.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub started: Option<Started>,
}

/// What the page knows of what it has started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Started {
    /// `server`, `client`, `relay` or `command`.
    pub started: &'static str,
    /// Where it listens.
    pub address: Option<SocketAddr>,
    /// The last of what it has printed.
    pub said: String,
}

/// All feeds.
#[derive(Clone, Debug, Default)]
pub struct Feeds(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    silence: Duration,
    feeds: Mutex<Vec<Arc<Feed>>>,
    next: AtomicU64,
    watchers: AtomicUsize,
}

impl Default for Inner {
    fn default() -> Self {
        let (feeds, next, watchers) = (Mutex::default(), AtomicU64::new(0), AtomicUsize::new(0));
        Inner { silence: SILENCE, feeds, next, watchers }
    }
}

/// Why a recording cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Too many.
    #[error("{MOST_FEEDS} recordings run already; end one of them first")]
    Full,
    /// It is no recording.
    #[error("{0} is no recording of framewire (.fwtrace)")]
    NoRecording(String),
    /// The system says no.
    #[error("cannot open {0}: {1}")]
    System(String, io::Error),
}

impl Feed {
    /// Its number in the list.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it may still grow.
    pub fn running(&self) -> bool {
        if self.ended.load(SeqCst) {
            return false;
        }
        // A process that is gone writes no more, however it went.
        let gone = self.process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists());
        if gone {
            self.ended.store(true, SeqCst);
        }
        !gone
    }

    /// No more will be written.
    pub fn end(&self) {
        self.ended.store(true, SeqCst);
    }
}

impl Feeds {
    /// None yet. A page that says nothing for as long as `silence` is taken to be gone.
    pub fn new(silence: Duration) -> Self {
        Feeds(Arc::new(Inner { silence: silence.max(Duration::from_millis(100)), ..Inner::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Feed>>> {
        self.0.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a recording be watched; `process` writes it, if that is another one.
    ///
    /// # Errors
    /// When it is no recording, or there are too many.
    pub fn add(&self, name: &str, path: &Path, process: Option<u32>) -> Result<Arc<Feed>, FeedError> {
        let shown = || path.display().to_string();
        let system = |error| FeedError::System(shown(), error);
        let path = path.canonicalize().map_err(system)?;
        // Before it is opened: opening a pipe would wait.
        if !path.metadata().map_err(system)?.is_file() {
            return Err(FeedError::NoRecording(shown()));
        }
        let mut head = [0; framewire::trace::file::MAGIC.len()];
        let mut file = std::fs::File::open(&path).map_err(system)?;
        let is_one =
            io::Read::read_exact(&mut file, &mut head).is_ok() && framewire::trace::is_trace_file(&head);
        if !is_one {
            return Err(FeedError::NoRecording(shown()));
        }
        let mut feeds = self.lock();
        if feeds.len() >= MOST_FEEDS {
            feeds.retain(|feed| feed.running());
        }
        if feeds.len() >= MOST_FEEDS {
            return Err(FeedError::Full);
        }
        let number = self.0.next.fetch_add(1, SeqCst);
        let ended = AtomicBool::new(false);
        let feed = Arc::new(Feed { number, name: name.chars().take(200).collect(), path, process, ended });
        feeds.push(feed.clone());
        Ok(feed)
    }

    /// All of them.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |feed: &Arc<Feed>| Listed {
            number: feed.number,
            name: feed.name.clone(),
            url: format!("/api/live/{}", feed.number),
            file: format!("/api/live/{}/file", feed.number),
            bytes: std::fs::metadata(&feed.path).map_or(0, |meta| meta.len()),
            running: feed.running(),
            started: None,
        };
        self.lock().iter().map(listed).collect()
    }

    /// One of them.
    pub fn get(&self, number: u64) -> Option<Arc<Feed>> {
        self.lock().iter().find(|feed| feed.number == number).cloned()
    }

    /// Forgets a recording; pages that watch it go on as long as they like.
    pub fn remove(&self, number: u64) {
        self.lock().retain(|feed| feed.number != number);
    }

    /// Where a feed's file is.
    pub fn path(&self, number: u64) -> Option<PathBuf> {
        self.get(number).map(|feed| feed.path.clone())
    }

    /// Answers a page that wants to watch.
    pub fn watch(&self, number: u64, upgrade: WebSocketUpgrade) -> Response {
        let Some(feed) = self.get(number) else {
            return (StatusCode::NOT_FOUND, "there is no such recording; /api/live lists them\n")
                .into_response();
        };
        let watchers = self.0.clone();
        if watchers.watchers.fetch_add(1, SeqCst) >= MOST_WATCHERS {
            watchers.watchers.fetch_sub(1, SeqCst);
            return (StatusCode::SERVICE_UNAVAILABLE, "too many pages watch already\n").into_response();
        }
        let left = Left(watchers);
        upgrade.max_message_size(MOST_HEARD).max_frame_size(MOST_HEARD).on_upgrade(move |socket| async move {
            let silence = left.0.silence;
            let _left = left;
            if let Err(error) = follow(socket, &feed, silence).await {
                tracing::debug!(%error, feed = feed.name, "a page stopped watching");
            }
        })
    }
}

/// Counts a watcher out, however it went.
struct Left(Arc<Inner>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, SeqCst);
    }
}

/// Why a page watches no more.
#[derive(Debug, thiserror::Error)]
enum Parted {
    #[error("it closed, or said what it may not")]
    Closed,
    #[error("it took nothing for {PATIENCE:?}")]
    Stuck,
    #[error("it does not answer")]
    Silent,
    #[error(transparent)]
    File(#[from] io::Error),
}

/// A page and when it was last heard of.
struct Page {
    socket: WebSocket,
    silence: Duration,
    heard: tokio::time::Instant,
    asked: tokio::time::Instant,
}

impl Page {
    async fn send(&mut self, message: Message) -> Result<(), Parted> {
        match tokio::time::timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Parted::Closed),
            Err(_) => Err(Parted::Stuck),
        }
    }

    async fn tell(&mut self, event: &str) -> Result<(), Parted> {
        let text = serde_json::json!({ "event": event }).to_string();
        self.send(Message::Text(text.into())).await
    }

    /// Waits for a while, and hears the page meanwhile.
    async fn rest(&mut self, pause: Duration) -> Result<(), Parted> {
        let until = tokio::time::Instant::now() + pause;
        while let Ok(heard) = tokio::time::timeout_at(until, self.socket.recv()).await {
            match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Parted::Closed),
                Some(Ok(_)) => self.heard = tokio::time::Instant::now(),
            }
        }
        let now = tokio::time::Instant::now();
        if now - self.heard > self.silence {
            return Err(Parted::Silent);
        }
        if now - self.asked > self.silence / HEARTBEATS {
            self.asked = now;
            self.send(Message::Ping(Bytes::new())).await?;
        }
        Ok(())
    }
}

/// Sends the file from its beginning, then what is appended to it, until it ends.
async fn follow(socket: WebSocket, feed: &Feed, silence: Duration) -> Result<(), Parted> {
    let now = tokio::time::Instant::now();
    let mut page = Page { socket, silence, heard: now, asked: now };
    let mut file = File::open(&feed.path).await?;
    let (mut at, mut quiet) = (0_u64, 0_u32);
    let mut piece = vec![0; PIECE];
    page.tell("begin").await?;
    loop {
        let running = feed.running();
        let n = file.read(&mut piece).await?;
        if n > 0 {
            at += n as u64;
            quiet = 0;
            page.send(Message::Binary(Bytes::copy_from_slice(piece.get(..n).unwrap_or_default()))).await?;
            // A page that says something it may not is heard even while the file grows without a pause.
            page.rest(Duration::ZERO).await?;
            continue;
        }
        // The whole file is out. Has another one taken its place, or was it cut? The old one's last words come first.
        let (path, this) = (feed.path.clone(), file.try_clone().await?.into_std().await);
        let next = tokio::task::spawn_blocking(move || series::after(&path, &this))
            .await
            .map_err(io::Error::other)?;
        let stands = file.metadata().await?.len();
        if stands > at {
            continue;
        }
        if let Ok(Some(next)) = next {
            file = File::from_std(next);
            at = 0;
            page.tell("again").await?;
            continue;
        }
        if stands < at {
            file.rewind().await?;
            at = 0;
            page.tell("again").await?;
            continue;
        }
        if !running {
            page.tell("end").await?;
            let _ = page.send(Message::Close(None)).await;
            return Ok(());
        }
        quiet = quiet.saturating_add(1);
        page.rest(if quiet > DOZE_AFTER { DOZE } else { GLANCE }).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_recordings_may_be_watched() {
        let dir = tempfile::tempdir().unwrap();
        let (good, bad) = (dir.path().join("a.fwtrace"), dir.path().join("b.fwtrace"));
        std::fs::write(&good, framewire::trace::FileWriter::new().take()).unwrap();
        std::fs::write(&bad, "secret").unwrap();
        let feeds = Feeds::default();
        assert!(feeds.add("b", &bad, None).is_err());
        assert!(feeds.add("d", dir.path(), None).is_err());
        assert!(feeds.add("n", &dir.path().join("none"), None).is_err());
        let feed = feeds.add("a", &good, None).unwrap();
        let list = feeds.list();
        assert_eq!((list.len(), list[0].running, list[0].name.as_str()), (1, true, "a"));
        feed.end();
        assert!(!feeds.list()[0].running);
        let of_a_dead_process = feeds.add("c", &good, Some(u32::MAX)).unwrap();
        assert!(!of_a_dead_process.running());
    }

    #[test]
    fn ended_ones_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.fwtrace");
        std::fs::write(&path, framewire::trace::FileWriter::new().take()).unwrap();
        let feeds = Feeds::default();
        let first = feeds.add("0", &path, None).unwrap();
        for n in 1..MOST_FEEDS {
            feeds.add(&n.to_string(), &path, None).unwrap();
        }
        assert!(matches!(feeds.add("x", &path, None), Err(FeedError::Full)));
        first.end();
        assert!(feeds.add("x", &path, None).is_ok());
    }
}
