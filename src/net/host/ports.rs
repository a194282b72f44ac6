//! Which sockets use which ports.

use crate::net::SocketId;
use crate::packet::Protocol;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const FIRST: SocketId = SocketId { index: 0, generation: 0 };
const LAST: SocketId = SocketId { index: u32::MAX, generation: u32::MAX };

/// The ports of a host.
#[derive(Clone, Debug)]
pub(super) struct Ports {
    /// Who uses a port. Without a protocol the listeners among TCP's users, once more: a SYN need not step over thousands of
    /// connections.
    users: BTreeSet<(Option<Protocol>, u16, SocketId)>,
    range: RangeInclusive<u16>,
    /// The next ephemeral port to try, TCP's and UDP's.
    next: [u16; 2],
}

impl Ports {
    pub fn new(range: RangeInclusive<u16>) -> Ports {
        let first = (*range.start()).max(1);
        Ports { users: BTreeSet::new(), next: [first; 2], range: first..=*range.end() }
    }

    pub fn take(&mut self, protocol: Protocol, port: u16, socket: SocketId) {
        self.users.insert((Some(protocol), port, socket));
    }

    pub fn release(&mut self, protocol: Protocol, port: u16, socket: SocketId) {
        self.users.remove(&(Some(protocol), port, socket));
        self.users.remove(&(None, port, socket));
    }

    /// A user of a TCP port listens from now on.
    pub fn listen(&mut self, port: u16, socket: SocketId) {
        self.users.insert((None, port, socket));
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
        self.users.range((protocol, port, FIRST)..=(protocol, port, LAST)).map(|&(_, _, socket)| socket)
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
