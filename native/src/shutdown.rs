//! Two-step shutdown: the first signal finishes what is in flight, the second aborts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Exit status after an abort by signal: 128 + SIGINT, as shells expect.
const ABORTED: i32 = 130;

/// Tells every task that shares it to finish. Cloning is cheap; all clones are one switch.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    begun: AtomicBool,
    wake: Notify,
}

impl Shutdown {
    /// A switch that nobody has thrown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to finish; idempotent.
    pub fn begin(&self) {
        self.0.begun.store(true, Ordering::SeqCst);
        self.0.wake.notify_waiters();
    }

    /// True once [`Shutdown::begin`] was called. An atomic load: cheap enough for every wake-up.
    pub fn begun(&self) -> bool {
        self.0.begun.load(Ordering::SeqCst)
    }

    /// Resolves when shutdown begins (at once if it has begun).
    pub async fn wait(self) {
        let notified = self.0.wake.notified();
        tokio::pin!(notified);
        // Registered before the look at the flag, so that a begin in between is not missed.
        notified.as_mut().enable();
        if !self.begun() {
            notified.await;
        }
    }

    /// Begins shutdown at the first SIGINT or SIGTERM and ends the process at the second.
    pub fn on_signals(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        // A recording that reaches the limit of a file's size (`ulimit -f`) is an error of writing, not the process's end.
        // The handler stays when nobody listens to it.
        drop(signal(SignalKind::from_raw(nix::libc::SIGXFSZ))?);
        let shutdown = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if shutdown.begun() {
                    tracing::warn!("second signal: aborted");
                    std::process::exit(ABORTED);
                }
                tracing::info!("shutting down: what is in flight is finished first (a second signal aborts)");
                shutdown.begin();
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_it_before_and_after() {
        let shutdown = Shutdown::new();
        let early = tokio::spawn(shutdown.clone().wait());
        tokio::task::yield_now().await;
        assert!(!shutdown.begun() && !early.is_finished());
        shutdown.begin();
        early.await.unwrap();
        shutdown.clone().wait().await;
    }
}
