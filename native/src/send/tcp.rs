//! A TCP conversation with the calls of the courses' clients: connect, send, recv, close.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use framewire::framing::{Decoder, Encoder, Framing};
use framewire::trace::{Op, Transport};

use super::output::{Output, quoted};
use super::{Plan, SendError};
use crate::listen::raise_open_files;
use crate::record::Tap;
use crate::serve::session::limits;

struct Client<'a> {
    plan: &'a Plan,
    output: &'a mut Output,
    stream: TcpStream,
    tap: Tap,
    buffer: Vec<u8>,
    sent: u64,
    received: u64,
    eof: bool,
}

/// Connects, sends every message, reads the answers, closes.
pub fn converse(plan: &Plan, framing: Option<Framing>, output: &mut Output) -> Result<(), SendError> {
    raise_open_files();
    let mut tap = Tap::connecting(plan.recorder.as_ref(), Transport::Tcp, plan.peer);
    let stream = TcpStream::connect_timeout(&plan.peer, plan.args.timeout.max(Duration::from_millis(1)));
    let stream = stream.map_err(|source| {
        tap.failed(Op::Connect, &source);
        tap.closed();
        let advice = match source.kind() {
            ErrorKind::ConnectionRefused => format!(
                "; nobody listens there: start the server first (`framewire serve tcp --listen {}`)",
                plan.peer
            ),
            ErrorKind::TimedOut => "; the machine does not answer: is the address right?".to_owned(),
            _ => String::new(),
        };
        SendError::Connect { peer: plan.peer, source, advice }
    })?;
    if let (Ok(local), Ok(peer)) = (stream.local_addr(), stream.peer_addr()) {
        tap.connected(local, peer);
        output.call(format_args!("connect({peer}) from {local}"));
    }
    let buffer = vec![0; plan.args.recv_size.max(1)];
    let mut client = Client { plan, output, stream, tap, buffer, sent: 0, received: 0, eof: false };
    let result = client.set_up().and_then(|()| match framing {
        Some(framing) => client.framed(framing),
        None => client.raw(),
    });
    client.close();
    result
}

impl Client<'_> {
    fn error(&self, call: &'static str, source: io::Error) -> SendError {
        let advice = match source.kind() {
            ErrorKind::ConnectionReset => {
                " (RST: the server refused the data, died, or closed with data unread)"
            }
            ErrorKind::BrokenPipe => " (the server has closed already)",
            _ => "",
        };
        SendError::Call { call, sent: self.sent, received: self.received, source, advice }
    }

    fn set_up(&mut self) -> Result<(), SendError> {
        if self.plan.args.nodelay {
            self.stream.set_nodelay(true).map_err(|error| self.error("setsockopt(TCP_NODELAY)", error))?;
            self.output.call(format_args!("setsockopt(TCP_NODELAY, 1)"));
        }
        Ok(())
    }

    fn framed(&mut self, framing: Framing) -> Result<(), SendError> {
        let limits = limits(64 << 10, self.plan.args.max_payload);
        let encoder = Encoder::new(&framing, limits);
        let mut reader = Decoder::new(&framing, limits);
        let mut ready = VecDeque::new();
        let (mut number, mut asked_at) = (0, Instant::now());
        for (n, message) in self.plan.all_messages() {
            self.plan.pace(n);
            number = n;
            asked_at = Instant::now();
            let mut bytes = Vec::new();
            encoder
                .encode(message, &mut bytes)
                .map_err(|reason| SendError::Encode { number: n, reason: reason.to_string() })?;
            self.send(&bytes)?;
            if !self.plan.args.no_recv && !self.plan.args.half_close {
                let frame = self.frame(&mut reader, &mut ready, n)?;
                self.take(n, &frame, asked_at)?;
            }
        }
        if self.plan.args.half_close {
            self.half_close()?;
            let mut n = 0;
            while let Some(frame) = self.frame_or_end(&mut reader, &mut ready)? {
                n += 1;
                self.take(n, &frame, asked_at)?;
            }
            if n < number && !self.plan.args.no_recv {
                return Err(SendError::Closed {
                    peer: self.plan.peer,
                    number: n + 1,
                    received: self.received,
                });
            }
        } else if number == 0 {
            let frame = self.frame(&mut reader, &mut ready, 1)?;
            self.take(1, &frame, asked_at)?;
        }
        Ok(())
    }

    fn frame(
        &mut self,
        reader: &mut Decoder,
        ready: &mut VecDeque<Vec<u8>>,
        number: u64,
    ) -> Result<Vec<u8>, SendError> {
        let closed = SendError::Closed { peer: self.plan.peer, number, received: self.received };
        self.frame_or_end(reader, ready)?.ok_or(closed)
    }

    fn frame_or_end(
        &mut self,
        reader: &mut Decoder,
        ready: &mut VecDeque<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, SendError> {
        let until = Instant::now() + self.plan.args.timeout;
        loop {
            if let Some(frame) = ready.pop_front() {
                return Ok(Some(frame));
            }
            if self.eof {
                return Ok(None);
            }
            let Some(n) = self.recv(until)? else { return Err(self.silence()) };
            let piece = self.buffer.get(..n).unwrap_or_default();
            let mut taken = 0;
            let result = loop {
                let before = piece.get(taken..).unwrap_or_default();
                let mut rest = before;
                match reader.decode(&mut rest) {
                    Ok(Some(frame)) => {
                        ready.push_back(frame.payload.to_vec());
                        taken += before.len() - rest.len();
                    }
                    Ok(None) if self.eof => break reader.finish(),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            // Frames before the fault are still good.
            if let (Err(error), true) = (result, ready.is_empty()) {
                return Err(SendError::Frame(error.to_string()));
            }
        }
    }

    fn raw(&mut self) -> Result<(), SendError> {
        let (mut any, mut asked_at) = (false, Instant::now());
        for (n, message) in self.plan.all_messages() {
            self.plan.pace(n);
            any = true;
            asked_at = Instant::now();
            self.send(message)?;
            if !self.plan.args.no_recv && !self.plan.args.half_close {
                let answer = self.answer(n)?;
                self.take(n, &answer, asked_at)?;
            }
        }
        if self.plan.args.half_close {
            self.half_close()?;
        }
        if self.plan.args.half_close || !any {
            let all = self.until_end()?;
            self.take(1, &all, asked_at)?;
        }
        Ok(())
    }

    /// One answer without framing: until the expected bytes are there, the peer closes, or it falls silent.
    fn answer(&mut self, number: u64) -> Result<Vec<u8>, SendError> {
        let begin = Instant::now() + self.plan.args.timeout;
        let expected = self.plan.expect.as_ref().map(Vec::len);
        let mut answer = Vec::new();
        while expected.is_none_or(|len| answer.len() < len) && !self.eof {
            let until = match answer.is_empty() || expected.is_some() {
                true => begin,
                false => Instant::now() + self.plan.args.wait,
            };
            match self.recv(until)? {
                Some(n) => answer.extend_from_slice(self.buffer.get(..n).unwrap_or_default()),
                None if answer.is_empty() => return Err(self.silence()),
                None => break,
            }
        }
        if answer.is_empty() && self.eof && expected != Some(0) {
            return Err(SendError::Closed { peer: self.plan.peer, number, received: self.received });
        }
        Ok(answer)
    }

    fn until_end(&mut self) -> Result<Vec<u8>, SendError> {
        let mut all = Vec::new();
        while !self.eof {
            let until = Instant::now() + self.plan.args.timeout;
            let Some(n) = self.recv(until)? else { return Err(self.silence()) };
            all.extend_from_slice(self.buffer.get(..n).unwrap_or_default());
        }
        Ok(all)
    }

    fn take(&mut self, number: u64, answer: &[u8], asked_at: Instant) -> Result<(), SendError> {
        self.output.answer(number, answer, asked_at);
        self.plan.check(number, answer)
    }

    fn silence(&self) -> SendError {
        let advice = "the connection stands, but nothing comes; does the server wait for more \
                      (another framing, a half-close)?";
        SendError::Silence { peer: self.plan.peer, waited: self.plan.args.timeout, advice }
    }

    /// Sends all of it, in pieces if asked to.
    fn send(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        let piece = self.plan.args.chunk.unwrap_or(usize::MAX).max(1);
        for (i, part) in bytes.chunks(piece).enumerate() {
            if i > 0 && !self.plan.args.gap.is_zero() {
                std::thread::sleep(self.plan.args.gap);
            }
            let mut rest = part;
            while !rest.is_empty() {
                match self.stream.write(rest) {
                    Ok(taken) => {
                        self.tap.sent(rest, taken);
                        self.output.call(format_args!("send({}) -> {taken}", quoted(rest)));
                        self.sent += taken as u64;
                        rest = rest.get(taken..).unwrap_or_default();
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.tap.failed(Op::Send, &error);
                        return Err(self.error("send()", error));
                    }
                }
            }
        }
        Ok(())
    }

    /// One recv(); `None` when nothing came until `until`. Sets `eof` when the peer has closed.
    fn recv(&mut self, until: Instant) -> Result<Option<usize>, SendError> {
        self.tap.waiting(self.buffer.len());
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let set = self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))));
            set.map_err(|error| self.error("setsockopt(SO_RCVTIMEO)", error))?;
            match self.stream.read(&mut self.buffer) {
                Ok(n) => {
                    let bytes = self.buffer.get(..n).unwrap_or_default();
                    self.tap.received(bytes, self.buffer.len());
                    self.output.call(format_args!("recv({}) -> {}", self.buffer.len(), quoted(bytes)));
                    self.received += n as u64;
                    self.eof = n == 0;
                    return Ok(Some(n));
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(None);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.tap.failed(Op::Recv, &error);
                    return Err(self.error("recv()", error));
                }
            }
        }
    }

    fn half_close(&mut self) -> Result<(), SendError> {
        let closed = self.stream.shutdown(std::net::Shutdown::Write);
        closed.map_err(|error| self.error("shutdown(SHUT_WR)", error))?;
        self.tap.half_closed();
        self.output.call(format_args!("shutdown(SHUT_WR)"));
        Ok(())
    }

    fn close(mut self) {
        if self.plan.args.rst {
            // SO_LINGER with time 0 makes close() abort: RST in place of FIN (RFC 9293 section 3.10.5).
            let linger = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
            self.output.call(format_args!("setsockopt(SO_LINGER, 0): {}", linger.is_ok()));
        }
        drop(self.stream);
        self.tap.closed();
        self.output.call(format_args!("close()"));
    }
}
