//! Load over UDP: sockets that keep datagrams under way, many per system call. What is lost is sent again after a while.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::{Load, Measured};
use crate::batch::{Inbox, Outbox, enable_gro};

/// A datagram that is not answered within this time is lost.
const PATIENCE: Duration = Duration::from_millis(250);

struct Client {
    socket: UdpSocket,
    under_way: usize,
    asked: Instant,
}

/// Makes so many sockets that talk to `peer`; with `offload` they take rows of datagrams at once (UDP_GRO).
pub(super) fn connect(peer: SocketAddr, count: usize, offload: bool) -> anyhow::Result<Vec<UdpSocket>> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    (0..count)
        .map(|_| {
            let socket = UdpSocket::bind(any)?;
            socket.connect(peer).with_context(|| format!("cannot talk to {peer}"))?;
            socket.set_nonblocking(true)?;
            if offload {
                enable_gro(&socket);
            }
            Ok(socket)
        })
        .collect()
}

impl Client {
    fn ask(&mut self, load: &Load, outbox: &mut Outbox, datagrams: usize) {
        outbox.clear();
        for _ in 0..datagrams {
            outbox.push(load.peer, |out| {
                out.extend_from_slice(&load.plain);
                true
            });
        }
        self.asked = Instant::now();
        self.under_way += datagrams;
        // What does not fit now counts as lost and is sent again later.
        if datagrams == 1 {
            let _ = self.socket.send(&load.plain);
            return;
        }
        let _ = outbox.send(&self.socket, |_| {});
    }
}

/// Loads until the end; what was measured. The latency is that of the oldest datagram of a batch.
pub(super) fn run(load: &Load, sockets: Vec<UdpSocket>) -> anyhow::Result<Measured> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut measured = Measured::new()?;
    let mut inbox = Inbox::default();
    let mut outbox = if load.gso { Outbox::default() } else { Outbox::singles() };
    let mut clients = Vec::new();
    for (n, socket) in sockets.into_iter().enumerate() {
        poll.registry().register(&mut SourceFd(&socket.as_raw_fd()), Token(n), Interest::READABLE)?;
        let mut client = Client { socket, under_way: 0, asked: Instant::now() };
        client.ask(load, &mut outbox, load.pipeline);
        clients.push(client);
    }
    let (mut warm, mut checked) = (false, Instant::now());
    loop {
        let now = Instant::now();
        if now >= load.end {
            return Ok(measured);
        }
        if !warm && now >= load.warm_until {
            warm = true;
            measured.begin();
        }
        if now - checked > PATIENCE {
            checked = now;
            for client in clients.iter_mut().filter(|client| now - client.asked > PATIENCE) {
                measured.lost += client.under_way as u64;
                client.under_way = 0;
                client.ask(load, &mut outbox, load.pipeline);
            }
        }
        match poll.poll(&mut events, Some((load.end - now).min(PATIENCE))) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            let Some(client) = clients.get_mut(event.token().0) else { continue };
            // Of one that has all its answers there is nothing to read: the poll tells of the next one.
            while client.under_way > 0 {
                let answers = match inbox.receive(&client.socket, client.under_way) {
                    Ok(answers) => answers,
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                    Err(error) => {
                        measured.broke(&error);
                        break;
                    }
                };
                let now = Instant::now();
                for (_, datagram) in inbox.datagrams() {
                    measured.wrong += u64::from(!load.is_right(datagram));
                    measured.answered(client.asked, now, datagram.len());
                }
                load.answered.fetch_add(answers as u64, Ordering::Relaxed);
                client.under_way = client.under_way.saturating_sub(answers);
                let (all, more) = (client.under_way == 0, load.pipeline.saturating_sub(client.under_way));
                client.ask(load, &mut outbox, more);
                if all {
                    break;
                }
            }
        }
    }
}
