//! The yardstick: a framed upper-casing echo as a bare epoll loop, with no more than it needs. It trusts its peers.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

struct Conn {
    stream: TcpStream,
    /// The beginning of a frame whose rest has not come.
    partial: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
}

/// The size of the frame at the front of `bytes` and where its payload begins, when its header is whole.
fn measure(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = u32::from_le_bytes(*bytes.first_chunk::<4>()?) as usize;
    let header = bytes.get(4..4 + length)?;
    let digits = header.iter().filter(|byte| byte.is_ascii_digit());
    let size = digits.fold(0, |size, digit| size * 10 + usize::from(digit - b'0'));
    Some((4 + length, size))
}

/// Answers all whole frames of `bytes` into `out`; the number of bytes they took.
fn answer(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while let Some((start, size)) = measure(&bytes[at..]) {
        let Some(whole) = bytes.get(at..at + start + size) else { break };
        // An answer in upper case is as long as its question: so is the header.
        let begin = out.len() + start;
        out.extend_from_slice(whole);
        out[begin..].make_ascii_uppercase();
        at += start + size;
    }
    at
}

impl Conn {
    fn readable(&mut self, buffer: &mut [u8], out: &mut Vec<u8>) -> io::Result<bool> {
        let n = match self.stream.read(buffer) {
            Ok(0) => return Ok(false),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error),
        };
        out.clear();
        if self.partial.is_empty() {
            let taken = answer(&buffer[..n], out);
            self.partial.extend_from_slice(&buffer[taken..n]);
        } else {
            self.partial.extend_from_slice(&buffer[..n]);
            let taken = answer(&self.partial, out);
            self.partial.drain(..taken);
        }
        if self.unsent.is_empty() && !out.is_empty() {
            let sent = match self.stream.write(out) {
                Ok(sent) => sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            self.unsent.extend_from_slice(&out[sent..]);
        } else {
            self.unsent.extend_from_slice(out);
        }
        Ok(true)
    }

    fn writable(&mut self) -> io::Result<bool> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

/// Serves for ever; prints its port first.
pub fn serve() -> io::Result<()> {
    let listener = framewire_native::listen::tcp(([127, 0, 0, 1], 0).into()).map_err(io::Error::other)?;
    println!("{}", listener.local_addr()?.port());
    framewire_native::listen::raise_open_files();
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let accepting = u64::MAX;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, accepting))?;
    let mut conns: HashMap<u64, Conn> = HashMap::new();
    let mut events = vec![EpollEvent::empty(); 1024];
    let (mut buffer, mut out) = (vec![0; 256 << 10], Vec::with_capacity(256 << 10));
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            if event.data() == accepting {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true)?;
                    stream.set_nodelay(true)?;
                    let key = stream.as_raw_fd() as u64;
                    let both = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLET;
                    epoll.add(&stream, EpollEvent::new(both, key))?;
                    conns.insert(key, Conn { stream, partial: Vec::new(), unsent: Vec::new() });
                }
                continue;
            }
            let Some(conn) = conns.get_mut(&event.data()) else { continue };
            let mut alive = Ok(true);
            if event.events().contains(EpollFlags::EPOLLOUT) {
                alive = conn.writable();
            }
            if event.events().contains(EpollFlags::EPOLLIN) && matches!(alive, Ok(true)) {
                // Edge-triggered: a read that fills the buffer may have left something.
                alive = conn.readable(&mut buffer, &mut out);
            }
            if !matches!(alive, Ok(true)) {
                conns.remove(&event.data());
            }
        }
    }
}
