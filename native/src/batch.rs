//! Many datagrams per system call: recvmmsg with GRO in, sendmmsg and GSO out (udp(7)).
//!
//! With UDP_GRO the kernel hands over a row of equally long datagrams of one sender as one buffer and says how long
//! each is; with UDP_SEGMENT it takes such a row back. Rows and single datagrams mix freely here; the order stays.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::sys::socket::sockopt::UdpGroSegment;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg,
    sendmsg, setsockopt,
};

/// System calls take at most so many buffers at once.
pub const BATCH: usize = 32;
/// A buffer holds any datagram, and any row that GRO makes.
const BUFFER: usize = 1 << 16;
/// The kernel takes at most so many datagrams as one row (UDP_MAX_SEGMENTS).
const ROW: usize = 64;
/// And at most so many bytes: an IPv4 packet's less its headers.
const ROW_BYTES: usize = 65_507;

/// Datagrams as they were received; memory is reused.
#[derive(Debug)]
pub struct Inbox {
    memory: Vec<u8>,
    rows: Vec<Row>,
}

/// A row of datagrams: all of `stride` bytes but the last, which may be shorter.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    len: usize,
    stride: usize,
    peer: SocketAddr,
}

/// Switches GRO on, where the kernel has it; true if it does. Call once for each socket.
pub fn enable_gro(socket: &impl AsFd) -> bool {
    setsockopt(socket, UdpGroSegment, &true).is_ok()
}

fn to_std(addr: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = addr.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    addr.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into()))
}

fn from_std(addr: SocketAddr) -> SockaddrStorage {
    match addr {
        SocketAddr::V4(v4) => v4.into(),
        SocketAddr::V6(v6) => v6.into(),
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Inbox { memory: vec![0; BATCH * BUFFER], rows: Vec::with_capacity(BATCH) }
    }
}

impl Inbox {
    /// Receives what is there, without waiting: about `expected` datagrams, at most [`BATCH`] rows of them. Gives the number of
    /// datagrams.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; else what the system says.
    pub fn receive(&mut self, socket: &impl AsRawFd, expected: usize) -> io::Result<usize> {
        self.rows.clear();
        let mut slices: Vec<[IoSliceMut<'_>; 1]> = self
            .memory
            .chunks_mut(BUFFER)
            .take(expected.max(1))
            .map(|chunk| [IoSliceMut::new(chunk)])
            .collect();
        // Fresh headers each time: the kernel writes the space it used into them.
        let mut headers =
            MultiHeaders::<SockaddrStorage>::preallocate(slices.len(), Some(nix::cmsg_space!(i32)));
        let results = recvmmsg(socket.as_raw_fd(), &mut headers, &mut slices, MsgFlags::MSG_DONTWAIT, None)?;
        let mut datagrams = 0;
        for (i, message) in results.enumerate() {
            let Some(peer) = message.address.as_ref().and_then(to_std) else { continue };
            let stride = message.cmsgs().ok().and_then(|mut all| {
                all.find_map(|cmsg| match cmsg {
                    ControlMessageOwned::UdpGroSegments(size) => usize::try_from(size).ok(),
                    _ => None,
                })
            });
            let stride = stride.filter(|&stride| stride > 0).unwrap_or(message.bytes.max(1));
            datagrams += message.bytes.div_ceil(stride).max(1);
            self.rows.push(Row { start: i * BUFFER, len: message.bytes, stride, peer });
        }
        Ok(datagrams)
    }

    /// The datagrams in the order in which they came.
    pub fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        self.rows.iter().flat_map(|row| {
            let bytes = self.memory.get(row.start..row.start + row.len).unwrap_or_default();
            // An empty datagram is a datagram too; `chunks` of nothing gives nothing.
            let empty = bytes.is_empty().then_some(bytes);
            bytes.chunks(row.stride).chain(empty).map(|datagram| (row.peer, datagram))
        })
    }
}

/// Datagrams to be sent; memory is reused.
#[derive(Debug, Default)]
pub struct Outbox {
    memory: Vec<u8>,
    rows: Vec<Row>,
    /// The first row that is not sent yet.
    next: usize,
    no_gso: bool,
}

/// A datagram that the system refused; the others were sent.
#[derive(Debug)]
pub struct Refused {
    /// To whom.
    pub peer: SocketAddr,
    /// Its length in bytes.
    pub len: usize,
    /// Why.
    pub error: io::Error,
}

impl Outbox {
    /// One that makes no rows: each datagram passes the kernel by itself.
    pub fn singles() -> Self {
        Outbox { no_gso: true, ..Outbox::default() }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.memory.clear();
        self.rows.clear();
        self.next = 0;
    }

    /// Adds a datagram that `write` appends to a buffer; none when it returns false.
    pub fn push(&mut self, peer: SocketAddr, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = self.memory.len();
        if !write(&mut self.memory) {
            self.memory.truncate(start);
            return;
        }
        let len = self.memory.len() - start;
        if let Some(row) = self.rows.last_mut() {
            let full = row.len.is_multiple_of(row.stride) && row.len / row.stride < ROW;
            let joins = row.peer == peer && len > 0 && len <= row.stride && row.len > 0;
            if !self.no_gso && full && joins && row.len + len <= ROW_BYTES {
                row.len += len;
                return;
            }
        }
        self.rows.push(Row { start, len, stride: len.max(1), peer });
    }

    fn bytes(&self, row: &Row) -> &[u8] {
        self.memory.get(row.start..row.start + row.len).unwrap_or_default()
    }

    /// Sends what is left, without waiting. What the system refuses goes to `refused` and is passed over.
    ///
    /// # Errors
    /// `WouldBlock` when the socket's buffer is full: call again when it is writable.
    pub fn send(&mut self, socket: &impl AsRawFd, mut refused: impl FnMut(Refused)) -> io::Result<()> {
        let fd = socket.as_raw_fd();
        while let Some(&row) = self.rows.get(self.next) {
            let result = if row.len > row.stride { self.send_row(fd, &row) } else { self.send_singles(fd) };
            match result {
                Ok(sent) => self.next += sent,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Err(io::ErrorKind::WouldBlock.into()),
                // The kernel or the route has no segmentation (or a datagram is larger than the MTU): one by one.
                Err(Errno::EINVAL | Errno::EIO | Errno::EMSGSIZE | Errno::ENOPROTOOPT)
                    if row.len > row.stride =>
                {
                    self.no_gso = true;
                    self.split(self.next);
                }
                Err(error) => {
                    refused(Refused { peer: row.peer, len: row.len, error: error.into() });
                    self.next += 1;
                }
            }
        }
        Ok(())
    }

    fn send_row(&self, fd: i32, row: &Row) -> Result<usize, Errno> {
        let stride = u16::try_from(row.stride).map_err(|_| Errno::EMSGSIZE)?;
        let segments = [ControlMessage::UdpGsoSegments(&stride)];
        let bytes = [IoSlice::new(self.bytes(row))];
        sendmsg(fd, &bytes, &segments, MsgFlags::MSG_DONTWAIT, Some(&from_std(row.peer))).map(|_| 1)
    }

    /// Sends the single datagrams at the front with one system call; gives how many were taken.
    fn send_singles(&self, fd: i32) -> Result<usize, Errno> {
        let rows = self.rows.get(self.next..).unwrap_or_default();
        let singles: Range<usize> = 0..rows.iter().take(BATCH).take_while(|r| r.len <= r.stride).count();
        let rows = rows.get(singles).unwrap_or_default();
        let addresses: Vec<Option<SockaddrStorage>> = rows.iter().map(|r| Some(from_std(r.peer))).collect();
        let slices: Vec<[IoSlice<'_>; 1]> = rows.iter().map(|r| [IoSlice::new(self.bytes(r))]).collect();
        if let ([slice], [address]) = (slices.as_slice(), addresses.as_slice()) {
            return sendmsg(fd, slice, &[], MsgFlags::MSG_DONTWAIT, address.as_ref()).map(|_| 1);
        }
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(slices.len(), None);
        let sent = sendmmsg(fd, &mut headers, &slices, &addresses, [], MsgFlags::MSG_DONTWAIT)?;
        Ok(sent.count().max(1))
    }

    /// Turns row `at` into single datagrams.
    fn split(&mut self, at: usize) {
        let Some(&row) = self.rows.get(at) else { return };
        let singles = (0..row.len).step_by(row.stride).map(|offset| {
            let len = row.stride.min(row.len - offset);
            Row { start: row.start + offset, len, stride: len, peer: row.peer }
        });
        self.rows.splice(at..=at, singles.collect::<Vec<_>>());
    }

    /// True when everything was sent (or refused).
    pub fn is_empty(&self) -> bool {
        self.next >= self.rows.len()
    }
}

/// A std socket's view for [`enable_gro`] and tests.
pub fn socket_pair() -> io::Result<(UdpSocket, UdpSocket)> {
    let (a, b) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    a.connect(b.local_addr()?)?;
    Ok((a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(inbox: &mut Inbox, socket: &UdpSocket, count: usize) -> Vec<Vec<u8>> {
        let mut got = Vec::new();
        while got.len() < count {
            inbox.receive(socket, BATCH).unwrap();
            got.extend(inbox.datagrams().map(|(_, bytes)| bytes.to_vec()));
        }
        got
    }

    fn exchange(gro: bool) {
        let (a, b) = socket_pair().unwrap();
        if gro {
            enable_gro(&b);
        }
        let to = b.local_addr().unwrap();
        let sent: Vec<Vec<u8>> = [3, 3, 3, 1, 0, 5, 5, 2000, 2000, 7, 0, 0, 9]
            .iter()
            .enumerate()
            .map(|(i, &n)| vec![i as u8; n])
            .collect();
        let mut outbox = Outbox::default();
        for datagram in &sent {
            outbox.push(to, |out| {
                out.extend_from_slice(datagram);
                true
            });
        }
        outbox.push(to, |out| {
            out.push(1);
            false
        });
        assert!(outbox.rows.len() < sent.len(), "equal neighbours make rows");
        outbox.send(&a, |refused| panic!("{refused:?}")).unwrap();
        assert!(outbox.is_empty());
        assert_eq!(all(&mut Inbox::default(), &b, sent.len()), sent);
    }

    #[test]
    fn datagrams_keep_their_borders_and_order() {
        exchange(false);
    }

    #[test]
    fn with_gro_too() {
        exchange(true);
    }

    #[test]
    fn singles_make_no_rows() {
        let (a, b) = socket_pair().unwrap();
        let to = b.local_addr().unwrap();
        let mut outbox = Outbox::singles();
        for _ in 0..3 {
            outbox.push(to, |out| {
                out.extend_from_slice(b"same");
                true
            });
        }
        assert_eq!(outbox.rows.len(), 3);
        outbox.send(&a, |refused| panic!("{refused:?}")).unwrap();
        assert_eq!(all(&mut Inbox::default(), &b, 3), [b"same"; 3]);
    }

    #[test]
    fn a_row_can_be_taken_apart_again() {
        let mut outbox = Outbox::default();
        let to = "127.0.0.1:9".parse().unwrap();
        for n in [4, 4, 2] {
            outbox.push(to, |out| {
                out.extend_from_slice(&vec![n; usize::from(n)]);
                true
            });
        }
        assert_eq!(outbox.rows.len(), 1);
        outbox.split(0);
        let lens: Vec<_> = outbox.rows.iter().map(|r| outbox.bytes(r).to_vec()).collect();
        assert_eq!(lens, [vec![4; 4], vec![4; 4], vec![2; 2]]);
    }

    #[test]
    fn what_is_too_long_is_reported_and_the_rest_sent() {
        let (a, b) = socket_pair().unwrap();
        let to = b.local_addr().unwrap();
        let mut outbox = Outbox::default();
        for n in [1, 65_535, 2] {
            outbox.push(to, |out| {
                out.extend_from_slice(&vec![b'x'; n]);
                true
            });
        }
        let mut refused = Vec::new();
        outbox.send(&a, |r| refused.push(r.len)).unwrap();
        assert_eq!(refused, [65_535]);
        assert_eq!(all(&mut Inbox::default(), &b, 2), [b"x".to_vec(), b"xx".to_vec()]);
    }

    #[test]
    fn addresses_of_both_families_survive() {
        for text in ["127.0.0.1:9001", "[2001:db8::1]:80"] {
            let addr: SocketAddr = text.parse().unwrap();
            assert_eq!(to_std(&from_std(addr)), Some(addr));
        }
    }
}
