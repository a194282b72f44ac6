//! The UDP server: one task, many datagrams per system call.

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

use tokio::io::Interest;

use super::{Service, Totals};
use crate::batch::{BATCH, Inbox, Outbox, enable_gro};
use crate::record::{Recorder, Tap};

/// What is asked for as receive and send buffer, in bytes: room for a burst.
pub const SOCKET_BUFFER: usize = 4 << 20;
/// The largest datagram there is.
const DATAGRAM: usize = 65_535;

/// Answers datagrams until shutdown (or one, with `once`).
///
/// # Errors
/// What makes the socket unusable; a datagram that cannot be answered is logged and passed over.
pub async fn serve(socket: UdpSocket, service: Arc<Service>) -> io::Result<Totals> {
    // What is recorded are the calls that were made: plain recvfrom() and sendto(), as in the courses' programs.
    match service.recorder.clone() {
        Some(recorder) => one_by_one(socket, &service, &recorder).await,
        None => batched(socket, &service).await,
    }
}

async fn batched(socket: UdpSocket, service: &Service) -> io::Result<Totals> {
    if !service.once {
        enable_gro(&socket);
    }
    let socket = tokio::net::UdpSocket::from_std(socket)?;
    let (mut inbox, mut outbox) = (Inbox::default(), Outbox::default());
    let mut totals = Totals::default();
    // Room for twice as many as came last time: preparing all of it costs more than a few datagrams.
    let mut expected = BATCH;
    let shutdown = service.shutdown.clone().wait();
    tokio::pin!(shutdown);
    loop {
        let received = tokio::select! {
            biased;
            result = socket.async_io(Interest::READABLE, || inbox.receive(&socket, expected)) => result,
            () = &mut shutdown => return Ok(totals),
        };
        match received {
            Ok(datagrams) => {
                totals.messages += datagrams as u64;
                expected = (datagrams * 2).clamp(4, BATCH);
            }
            Err(error) if passing(&error) => continue,
            Err(error) => return Err(error),
        }
        outbox.clear();
        for (peer, datagram) in inbox.datagrams() {
            totals.received += datagram.len() as u64;
            outbox.push(peer, |out| {
                let before = out.len();
                let answered = service.reply.answer(datagram, out);
                totals.sent += (out.len() - before) as u64;
                answered
            });
        }
        while !outbox.is_empty() {
            let sent = socket
                .async_io(Interest::WRITABLE, || {
                    outbox.send(&socket, |refused| {
                        tracing::warn!(peer = %refused.peer, len = refused.len, "not answered: {}", refused.error);
                    })
                })
                .await;
            match sent {
                Ok(()) => break,
                Err(error) if passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if service.once {
            return Ok(totals);
        }
    }
}

async fn one_by_one(socket: UdpSocket, service: &Service, recorder: &Recorder) -> io::Result<Totals> {
    let socket = tokio::net::UdpSocket::from_std(socket)?;
    let mut tap = Tap::datagrams(Some(recorder), socket.local_addr()?, true);
    let mut totals = Totals::default();
    let (mut buffer, mut answer) = (vec![0; DATAGRAM], Vec::new());
    loop {
        tap.waiting_from(DATAGRAM);
        let received = tokio::select! {
            biased;
            () = service.shutdown.clone().wait() => break,
            received = socket.recv_from(&mut buffer) => received,
        };
        let (len, peer) = match received {
            Ok(received) => received,
            Err(error) if passing(&error) => continue,
            Err(error) => return Err(error),
        };
        let datagram = buffer.get(..len).unwrap_or_default();
        tap.received_datagram(datagram, DATAGRAM, Some(peer), 0);
        totals.messages += 1;
        totals.received += len as u64;
        answer.clear();
        if service.reply.answer(datagram, &mut answer) {
            match socket.send_to(&answer, peer).await {
                Ok(sent) => {
                    totals.sent += sent as u64;
                    tap.sent_to(&answer, peer);
                }
                Err(error) => {
                    tap.failed(framewire::trace::Op::SendTo, &error);
                    tracing::warn!(%peer, len = answer.len(), "not answered: {error}");
                }
            }
        }
        if service.once {
            break;
        }
    }
    tap.closed();
    Ok(totals)
}

/// Errors that say something of one datagram or moment, not of the socket.
fn passing(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkUnreachable, WouldBlock,
    };
    matches!(
        error.kind(),
        ConnectionRefused | ConnectionReset | HostUnreachable | Interrupted | NetworkUnreachable | WouldBlock
    ) || error.raw_os_error() == Some(nix::errno::Errno::ENOBUFS as i32)
}
