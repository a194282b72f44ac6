//! Which descriptor of which process is which socket.
//!
//! A socket is known by its inode, not by its descriptor: dup(), fork(), exec() and descriptors passed between processes then
//! need no bookkeeping. The answer is kept per descriptor until it is closed or replaced.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use framewire::trace::{SocketId, Transport};
use nix::unistd::Pid;
use rustix::net::{AddressFamily, SocketType, sockopt};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

/// A socket as it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number in the trace.
    pub id: SocketId,
    /// TCP or UDP.
    pub transport: Transport,
    /// Its own address, once it has one.
    pub local: Option<SocketAddr>,
    /// Its peer's, once it has one.
    pub remote: Option<SocketAddr>,
}

/// What looking at a socket brought to light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Seen for the first time.
    New,
    /// Its addresses have changed.
    Named,
    /// Nothing.
    None,
}

/// All sockets seen so far.
#[derive(Debug, Default)]
pub struct Sockets {
    by_inode: BTreeMap<u64, Known>,
    /// `None`: a descriptor of something else.
    by_descriptor: BTreeMap<(i32, i32), Option<u64>>,
    processes: BTreeMap<i32, OwnedFd>,
}

impl Sockets {
    /// The socket behind a descriptor, if it is one of TCP or UDP, without looking twice.
    pub fn get(&mut self, process: Pid, descriptor: i32) -> Option<(Known, News)> {
        if let Some(&cached) = self.by_descriptor.get(&(process.as_raw(), descriptor)) {
            return cached.and_then(|inode| Some((*self.by_inode.get(&inode)?, News::None)));
        }
        self.look(process, descriptor)
    }

    /// The same, looking at its addresses anew.
    pub fn look(&mut self, process: Pid, descriptor: i32) -> Option<(Known, News)> {
        let seen = self.examine(process, descriptor);
        self.by_descriptor.insert((process.as_raw(), descriptor), seen.as_ref().map(|(inode, _)| *inode));
        let (inode, mut known) = seen?;
        let next = SocketId(self.by_inode.len() as u32);
        let old = self.by_inode.get(&inode).copied();
        known.id = old.map_or(next, |old| old.id);
        let news = match old {
            None => News::New,
            // A socket that is closed down forgets its addresses; we do not.
            Some(old) if known.local.is_none() || known == old => return Some((old, News::None)),
            Some(old) => {
                known.remote = known.remote.or(old.remote);
                if known == old { News::None } else { News::Named }
            }
        };
        self.by_inode.insert(inode, known);
        Some((known, news))
    }

    /// The descriptor means nothing any more.
    pub fn forget(&mut self, process: Pid, descriptor: i32) {
        self.by_descriptor.remove(&(process.as_raw(), descriptor));
    }

    /// Nothing is certain about the process's descriptors any more: after exec(), close_range() and at its end.
    pub fn forget_all(&mut self, process: Pid) {
        let process = process.as_raw();
        self.by_descriptor.retain(|&(owner, _), _| owner != process);
    }

    /// The process is gone.
    pub fn bury(&mut self, process: Pid) {
        self.forget_all(process);
        self.processes.remove(&process.as_raw());
    }

    /// The process's descriptor as one of ours, for a moment.
    pub fn borrow(&mut self, process: Pid, descriptor: i32) -> Option<OwnedFd> {
        let raw = process.as_raw();
        let pidfd = match self.processes.entry(raw) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let pid = rustix::process::Pid::from_raw(raw)?;
                entry.insert(pidfd_open(pid, PidfdFlags::empty()).ok()?)
            }
        };
        pidfd_getfd(pidfd, descriptor, PidfdGetfdFlags::empty()).ok()
    }

    /// Borrows the descriptor and asks the kernel what it is.
    fn examine(&mut self, process: Pid, descriptor: i32) -> Option<(u64, Known)> {
        let ours = self.borrow(process, descriptor)?;
        let family = sockopt::socket_domain(&ours).ok()?; // fails for what is no socket
        if family != AddressFamily::INET && family != AddressFamily::INET6 {
            return None;
        }
        let transport = match sockopt::socket_type(&ours).ok()? {
            SocketType::STREAM => Transport::Tcp,
            SocketType::DGRAM => Transport::Udp,
            _ => return None,
        };
        let inode = rustix::fs::fstat(&ours).ok()?.st_ino;
        let local = rustix::net::getsockname(&ours).ok().and_then(|a| SocketAddr::try_from(a).ok());
        let remote =
            rustix::net::getpeername(&ours).ok().flatten().and_then(|a| SocketAddr::try_from(a).ok());
        // Port 0: not bound yet.
        let local = local.filter(|address| address.port() != 0);
        Some((inode, Known { id: SocketId(0), transport, local, remote }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsRawFd;

    #[test]
    fn sockets_are_known_by_what_they_are_not_by_their_number() {
        let me = Pid::this();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let again = listener.try_clone().unwrap();
        let file = std::fs::File::open("/proc/self/status").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut sockets = Sockets::default();
        let (known, news) = sockets.get(me, listener.as_raw_fd()).unwrap();
        assert_eq!((news, known.local), (News::New, listener.local_addr().ok()));
        assert_eq!(
            sockets.get(me, again.as_raw_fd()),
            Some((known, News::None)),
            "a duplicate is the same socket"
        );
        assert_eq!(sockets.get(me, file.as_raw_fd()), None);
        let (other, _) = sockets.get(me, udp.as_raw_fd()).unwrap();
        assert_eq!((other.transport, other.id), (Transport::Udp, SocketId(1)));

        udp.connect(listener.local_addr().unwrap()).unwrap();
        let (named, news) = sockets.look(me, udp.as_raw_fd()).unwrap();
        assert_eq!((news, named.remote), (News::Named, listener.local_addr().ok()));
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(sockets.get(me, client.as_raw_fd()).unwrap().0.remote, listener.local_addr().ok());
    }
}
