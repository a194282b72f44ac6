//! A UDP conversation: every message is one datagram, every answer too.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use framewire::trace::{Op, Transport};
use nix::sys::socket::{MsgFlags, recv};
use std::os::fd::AsRawFd;

use super::output::{Output, quoted};
use super::{Plan, SendError};
use crate::record::Tap;

struct Client<'a> {
    plan: &'a Plan,
    output: &'a mut Output,
    socket: std::net::UdpSocket,
    tap: Tap,
    buffer: Vec<u8>,
    sent: u64,
    received: u64,
}

/// Sends every message, reads an answer to each. The socket is connected, so that a closed port is heard of.
pub fn converse(plan: &Plan, output: &mut Output) -> Result<(), SendError> {
    let any: SocketAddr = match plan.peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let mut tap = Tap::connecting(plan.recorder.as_ref(), Transport::Udp, plan.peer);
    let open = || -> std::io::Result<_> {
        let socket = std::net::UdpSocket::bind(any)?;
        socket.connect(plan.peer)?;
        let local = socket.local_addr()?;
        Ok((socket, local))
    };
    let (socket, local) = open().map_err(|source| {
        tap.failed(Op::Connect, &source);
        SendError::Connect { peer: plan.peer, source, advice: String::new() }
    })?;
    tap.connected(local, plan.peer);
    output.call(format_args!("connect({}) from {local}", plan.peer));
    let buffer = vec![0; plan.args.recv_size];
    let mut client = Client { plan, output, socket, tap, buffer, sent: 0, received: 0 };
    let result = client.talk();
    client.tap.closed();
    result
}

impl Client<'_> {
    fn error(&self, call: &'static str, source: std::io::Error) -> SendError {
        let advice = match source.kind() {
            ErrorKind::ConnectionRefused => {
                " (ICMP port unreachable: nobody listens on this UDP port; start the server first)"
            }
            _ if source.raw_os_error() == Some(nix::errno::Errno::EMSGSIZE as i32) => {
                " (a UDP datagram carries at most 65507 bytes over IPv4)"
            }
            _ => "",
        };
        SendError::Call { call, sent: self.sent, received: self.received, source, advice }
    }

    fn talk(&mut self) -> Result<(), SendError> {
        let mut any = false;
        for (n, message) in self.plan.all_messages() {
            self.plan.pace(n);
            any = true;
            let asked_at = Instant::now();
            self.send(message)?;
            if !self.plan.args.no_recv {
                self.answer(n, asked_at)?;
            }
        }
        if !any {
            self.answer(1, Instant::now())?;
        }
        Ok(())
    }

    fn send(&mut self, message: &[u8]) -> Result<(), SendError> {
        match self.socket.send(message) {
            Ok(taken) => {
                self.tap.sent(message, taken);
                self.output.call(format_args!("send({}) -> {taken}", quoted(message)));
                self.sent += taken as u64;
                Ok(())
            }
            Err(error) => {
                self.tap.failed(Op::Send, &error);
                Err(self.error("send()", error))
            }
        }
    }

    fn answer(&mut self, number: u64, asked_at: Instant) -> Result<(), SendError> {
        let set = self.socket.set_read_timeout(Some(self.plan.args.timeout.max(Duration::from_millis(1))));
        set.map_err(|error| self.error("setsockopt(SO_RCVTIMEO)", error))?;
        self.tap.waiting(self.buffer.len());
        // MSG_TRUNC: the datagram's true length, even when the buffer is too small for it (recv(2)).
        let result = recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_TRUNC);
        let len = match result.map_err(std::io::Error::from) {
            Ok(len) => len,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let advice = "a datagram may be lost on the way there or back, or nobody listens";
                return Err(SendError::Silence {
                    peer: self.plan.peer,
                    waited: self.plan.args.timeout,
                    advice,
                });
            }
            Err(error) => {
                self.tap.failed(Op::Recv, &error);
                return Err(self.error("recv()", error));
            }
        };
        let kept = self.buffer.get(..len.min(self.buffer.len())).unwrap_or_default();
        self.tap.received_datagram(kept, self.buffer.len(), None, len - kept.len());
        self.output.call(format_args!("recv({}) -> {}", self.buffer.len(), quoted(kept)));
        self.received += kept.len() as u64;
        if kept.len() < len {
            eprintln!(
                "note: the datagram had {len} bytes; recv({}) took the first {} and the rest is lost (`--recv-size`)",
                self.buffer.len(),
                kept.len()
            );
        }
        let kept = kept.to_vec();
        self.output.answer(number, &kept, asked_at);
        self.plan.check(number, &kept)?;
        Ok(())
    }
}
