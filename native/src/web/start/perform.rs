//! A scenario performed on real sockets at the page's wish: the model's figure and the recording, side by side, and what is to
//! be said of them.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use framewire::lang::Lang;
use framewire::sim::Scenario;
use serde::Serialize;

use super::error::StartError;
use crate::perform::{self, Line, Refusal, Wish};

/// A performance may take so long; the page waits for it.
const LIMIT: Duration = Duration::from_secs(20);
/// Without a call for so long, who waits is taken to wait for ever.
const SETTLE: Duration = Duration::from_millis(500);
/// Performances whose recordings are kept, the last ones.
const KEPT: usize = 8;
/// The longest scenario, in bytes.
pub const MOST_TEXT: usize = 1 << 20;

/// The performances there were.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
    made: AtomicU64,
    /// One at a time.
    playing: Mutex<()>,
    /// The last ones.
    kept: Mutex<VecDeque<Outcome>>,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its number.
    number: u64,
    /// The scenario's title, or its name.
    title: String,
    /// Content and failures are as the model says.
    as_modelled: bool,
    /// What is to be said.
    told: Vec<Line>,
    /// Where the page gets the model's figure.
    model: String,
    /// Where it gets the recording.
    real: String,
}

impl Stage {
    /// Recordings go to `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Stage { folder, made: AtomicU64::new(0), playing: Mutex::default(), kept: Mutex::default() }
    }

    /// Where a recording is.
    ///
    /// # Errors
    /// When there is none of this number and kind.
    pub fn path(&self, number: u64, kind: &str) -> Result<PathBuf, StartError> {
        match kind {
            "model" | "real" => Ok(self.folder.join(format!("run-{number}-{kind}.fwtrace"))),
            _ => Err(StartError::Gone),
        }
    }

    /// Performs a scenario. To be called where waiting is allowed.
    ///
    /// # Errors
    /// When it is no scenario, cannot be performed, or another one is being performed.
    pub fn perform(&self, text: &str, lang: Lang) -> Result<Outcome, StartError> {
        let scenario =
            Scenario::from_json(text).map_err(|error| StartError::Scenario(error.message(lang)))?;
        let _alone = match self.playing.try_lock() {
            Ok(alone) => alone,
            Err(std::sync::TryLockError::Poisoned(alone)) => PoisonError::into_inner(alone),
            Err(std::sync::TryLockError::WouldBlock) => return Err(StartError::Playing),
        };
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let files = (self.path(number, "real")?, self.path(number, "model")?);
        let wish = Wish { record: Some(files.0), model: Some(files.1), limit: LIMIT, settle: SETTLE, lang };
        let performance = perform::perform(&scenario, &wish).map_err(|error| {
            StartError::Scenario(match error.downcast_ref::<Refusal>() {
                Some(refusal) => refusal.message(lang),
                None => format!("{error:#}"),
            })
        })?;
        let url = |kind: &str| format!("api/run/{number}/{kind}");
        let (model, real) = (url("model"), url("real"));
        let as_modelled = performance.verdict.as_modelled;
        let title = match scenario.title.get(lang) {
            "" => scenario.name.clone(),
            title => title.to_owned(),
        };
        let outcome = Outcome { number, title, as_modelled, told: performance.told(lang), model, real };
        self.keep(outcome.clone());
        Ok(outcome)
    }

    /// The last ones, the newest first.
    pub fn list(&self) -> Vec<Outcome> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    fn keep(&self, outcome: Outcome) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(outcome);
        if kept.len() > KEPT
            && let Some(old) = kept.pop_front()
        {
            for path in ["real", "model"].iter().filter_map(|kind| self.path(old.number, kind).ok()) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}
