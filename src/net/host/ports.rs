//! Which sockets use which ports.

use crate::net::SocketId;
use crate::packet::Protocol;
use std::ops::RangeInclusive;

const FIRST: SocketId = SocketId { index: 0, generation: 0 };

/// That a socket uses a port. Without a protocol the listeners among TCP's users, once more: a SYN need not step over thousands
/// of connections.
type User = (Option<Protocol>, u16, SocketId);

/// The ports of a host.
#[derive(Clone, Debug)]
pub(super) struct Ports {
    /// In order, each once. Ports and sockets count up, so a new user stands mostly near the end.
    users: Vec<User>,
    range: RangeInclusive<u16>,
    /// The next ephemeral port to try, TCP's and UDP's.
    next: [u16; 2],
}

impl Ports {
    pub fn new(range: RangeInclusive<u16>) -> Ports {
        let first = (*range.start()).max(1);
        Ports { users: Vec::new(), next: [first; 2], range: first..=*range.end() }
    }

    pub fn take(&mut self, protocol: Protocol, port: u16, socket: SocketId) {
        self.add((Some(protocol), port, socket));
    }

    pub fn release(&mut self, protocol: Protocol, port: u16, socket: SocketId) {
        for user in [(Some(protocol), port, socket), (None, port, socket)] {
            if let Ok(at) = self.users.binary_search(&user) {
                self.users.remove(at);
            }
        }
    }

    fn add(&mut self, user: User) {
        if let Err(at) = self.users.binary_search(&user) {
            self.users.insert(at, user);
        }
    }

    /// A user of a TCP port listens from now on.
    pub fn listen(&mut self, port: u16, socket: SocketId) {
        self.add((None, port, socket));
    }

    /// The sockets that listen at a TCP port, in the order of their numbers.
    pub fn listeners(&self, port: u16) -> impl Iterator<Item = SocketId> + '_ {
        self.at(None, port)
    }

    /// The sockets that use a port, in the order of their numbers.
    pub fn users(&self, protocol: Protocol, port: u16) -> impl Iterator<Item = SocketId> + '_ {
        self.at(Some(protocol), port)
    }

    fn at(&self, protocol: Option<Protocol>, port: u16) -> impl Iterator<Item = SocketId> + '_ {
        let from = self.users.partition_point(|user| *user < (protocol, port, FIRST));
        let users = self.users.get(from..).unwrap_or_default().iter();
        users.take_while(move |user| (user.0, user.1) == (protocol, port)).map(|user| user.2)
    }

    /// The next ephemeral port that nobody uses: in order, so that runs can be compared.
    pub fn ephemeral(&mut self, protocol: Protocol) -> Option<u16> {
        let (first, last) = (*self.range.start(), *self.range.end());
        let which = usize::from(protocol == Protocol::UDP);
        for _ in self.range.clone() {
            let next = self.next.get_mut(which)?;
            let port = *next;
            *next = if port >= last { first } else { port + 1 };
            if self.users(protocol, port).next().is_none() {
                return Some(port);
            }
        }
        None
    }
}
