//! The TCP server: accepts, hands each connection to its own task, and ends in order.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::conn::{Conn, ConnError};
use super::{Service, Totals};
use crate::record::Tap;

/// How long to wait when the system has no file descriptor or no memory left for another connection.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves until shutdown (or one connection, with `once`), then waits for what is in flight.
///
/// # Errors
/// Only what makes serving impossible from the start; a failing connection ends alone.
pub async fn serve(listener: std::net::TcpListener, service: Arc<Service>) -> io::Result<Totals> {
    let listener = TcpListener::from_std(listener)?;
    let mut listening = Tap::listening(service.recorder.as_ref(), listener.local_addr()?);
    let places = Arc::new(Semaphore::new(service.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
    let totals = Arc::new(Mutex::new(Totals::default()));
    let tracker = TaskTracker::new();
    let mut warned = false;
    loop {
        if places.available_permits() == 0 && !warned {
            warned = true;
            tracing::warn!(
                limit = service.max_connections,
                "all places taken: further clients wait (`--max-connections`)"
            );
        }
        listening.accepting();
        let next = async {
            // A place first: who finds none waits in the kernel's queue.
            let place = places.clone().acquire_owned().await;
            (listener.accept().await, place)
        };
        let ((stream, peer), place) = tokio::select! {
            biased;
            () = service.shutdown.clone().wait() => break,
            (accepted, place) = next => match (accepted, place) {
                (Ok(accepted), Ok(place)) => (accepted, place),
                (Err(error), _) if lost_before_accept(&error) => continue,
                (Err(error), _) => {
                    tracing::error!(%error, "accept failed; the connections there are go on");
                    tokio::time::sleep(BREATHER).await;
                    continue;
                }
                (_, Err(_)) => break,
            },
        };
        let tap = listening.accepted(stream.local_addr().ok(), peer);
        // Answers are whole when they are written: waiting to fill segments (Nagle) could only delay them.
        let _ = stream.set_nodelay(true);
        tracing::debug!(%peer, "connected");
        let (conn, totals, shutdown) =
            (Conn::new(stream, service.clone(), tap), totals.clone(), service.shutdown.clone());
        tracker.spawn(async move {
            let (counted, result) = conn.await;
            drop(place);
            log_end(peer, &counted, result, shutdown.begun());
            if let Ok(mut totals) = totals.lock() {
                *totals += counted;
            }
        });
        if service.once {
            break;
        }
    }
    drop(listener);
    listening.closed();
    tracker.close();
    if service.once && !service.shutdown.begun() {
        tokio::select! {
            () = tracker.wait() => {}
            () = service.shutdown.clone().wait() => {}
        }
    }
    if tokio::time::timeout(service.limits.grace, tracker.wait()).await.is_err() {
        tracing::warn!(
            connections = tracker.len(),
            "frames in flight did not finish within the grace time (`--grace`): connections cut"
        );
    }
    Ok(totals.lock().map(|totals| *totals).unwrap_or_default())
}

/// Errors of accept() that concern only the connection that was to be accepted (accept(2)).
fn lost_before_accept(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, NetworkUnreachable};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | NetworkUnreachable)
}

fn log_end(peer: std::net::SocketAddr, counted: &Totals, result: Result<(), ConnError>, ending: bool) {
    let Totals { received, sent, messages, .. } = counted;
    match result {
        Ok(()) => tracing::debug!(%peer, received, sent, messages, ending, "closed"),
        Err(error @ ConnError::Io { .. }) => tracing::info!(%peer, received, sent, messages, "lost: {error}"),
        Err(error) => tracing::warn!(%peer, received, sent, messages, "ended: {error}"),
    }
}
