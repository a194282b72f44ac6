//! Load over TCP: one thread, many connections, one read and one write for each readiness.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use framewire::framing::Decoder;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::{Load, Measured};

const READ_BUFFER: usize = 256 << 10;
const CONNECT: Duration = Duration::from_secs(10);

struct Conn {
    stream: TcpStream,
    decoder: Option<Decoder>,
    /// When each unanswered message was sent.
    asked: VecDeque<Instant>,
    /// Bytes still to be written, and where in the repeated request they begin.
    owed: usize,
    at: usize,
    /// Without framing: bytes of the answer under way.
    partial: usize,
}

/// Connects so many times.
pub(super) fn connect(peer: SocketAddr, count: usize) -> anyhow::Result<Vec<TcpStream>> {
    (0..count)
        .map(|n| {
            let stream = std::net::TcpStream::connect_timeout(&peer, CONNECT).with_context(|| {
                let which = n + 1;
                format!("cannot connect to {peer} (connection {which} of {count}); is the server there?")
            })?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(TcpStream::from_std(stream))
        })
        .collect()
}

impl Conn {
    fn ask(&mut self, messages: usize, request: usize, now: Instant) {
        self.owed += messages * request;
        self.asked.extend(std::iter::repeat_n(now, messages));
    }

    /// Writes what is owed from `requests`, the message repeated `pipeline` times and once more.
    fn write(&mut self, requests: &[u8], request: usize) -> io::Result<()> {
        while self.owed > 0 {
            let piece = requests.get(self.at..).unwrap_or_default();
            let piece = piece.get(..self.owed.min(piece.len())).unwrap_or_default();
            match self.stream.write(piece) {
                Ok(n) => {
                    self.owed -= n;
                    self.at = (self.at + n) % request;
                    if n < piece.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes what came and counts the answers in it.
    fn take(&mut self, load: &Load, input: &[u8], measured: &mut Measured) -> Result<usize, String> {
        let now = Instant::now();
        let mut answers = 0;
        let Some(decoder) = &mut self.decoder else {
            let size = load.request.len();
            let total = self.partial + input.len();
            (answers, self.partial) = (total / size, total % size);
            for _ in 0..answers {
                let asked = self.asked.pop_front().ok_or("more answers than messages")?;
                measured.answered(asked, now, size);
            }
            return Ok(answers);
        };
        let mut taken = 0;
        loop {
            let before = input.get(taken..).unwrap_or_default();
            let mut rest = before;
            let Some(frame) = decoder.decode(&mut rest).map_err(|error| error.to_string())? else {
                return Ok(answers);
            };
            measured.wrong += u64::from(!load.is_right(frame.payload));
            taken += before.len() - rest.len();
            let asked = self.asked.pop_front().ok_or("more answers than messages")?;
            measured.answered(asked, now, load.plain.len());
            answers += 1;
        }
    }

    fn ready(
        &mut self,
        load: &Load,
        requests: &[u8],
        buffer: &mut [u8],
        measured: &mut Measured,
    ) -> Result<(), String> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err("the server closed the connection".to_owned()),
                Ok(n) => {
                    let answers = self.take(load, buffer.get(..n).unwrap_or_default(), measured)?;
                    load.answered.fetch_add(answers as u64, Ordering::Relaxed);
                    self.ask(answers, load.request.len(), Instant::now());
                    self.write(requests, load.request.len()).map_err(|error| format!("send: {error}"))?;
                    // A short read has emptied the socket: the poll tells of what comes later.
                    if n < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(format!("recv: {error}")),
            }
        }
    }
}

/// Loads until the end; what was measured.
pub(super) fn run(load: &Load, streams: Vec<TcpStream>) -> anyhow::Result<Measured> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut measured = Measured::new()?;
    let mut buffer = vec![0; READ_BUFFER];
    let requests = load.request.repeat(load.pipeline + 1);
    let mut conns: Vec<Option<Conn>> = Vec::new();
    for (n, mut stream) in streams.into_iter().enumerate() {
        poll.registry().register(&mut stream, Token(n), Interest::READABLE | Interest::WRITABLE)?;
        let decoder = load.framing.as_ref().map(|framing| Decoder::new(framing, load.limits));
        let mut conn = Conn { stream, decoder, asked: VecDeque::new(), owed: 0, at: 0, partial: 0 };
        conn.ask(load.pipeline, load.request.len(), Instant::now());
        match conn.write(&requests, load.request.len()) {
            Ok(()) => conns.push(Some(conn)),
            Err(error) => {
                measured.broke(&error);
                conns.push(None);
            }
        }
    }
    let mut warm = false;
    loop {
        let now = Instant::now();
        if now >= load.end || conns.iter().all(Option::is_none) {
            return Ok(measured);
        }
        if !warm && now >= load.warm_until {
            warm = true;
            measured.begin();
        }
        match poll.poll(&mut events, Some((load.end - now).min(Duration::from_millis(50)))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            let Some(slot) = conns.get_mut(event.token().0) else { continue };
            let Some(conn) = slot else { continue };
            let mut result = Ok(());
            if event.is_writable() && conn.owed > 0 {
                result = conn.write(&requests, load.request.len()).map_err(|error| format!("send: {error}"));
            }
            if event.is_readable() && result.is_ok() {
                result = conn.ready(load, &requests, &mut buffer, &mut measured);
            }
            if let Err(error) = result {
                measured.broke(&error);
                *slot = None;
            }
        }
    }
}
