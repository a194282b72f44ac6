//! The names that a network gives to its things: small numbers, counted up from 0.

use std::fmt;

/// A host or a router, in the order in which they were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// One direction of a link, in the order in which they were added. Every host has a loopback link besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u16);

/// One IP packet on its way, counted over the whole network in the order in which packets come to be. A retransmission, a
/// fragment and a duplicate are packets of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketId(pub u32);

/// A socket of one host. Numbers of closed sockets are used again, with another generation, so that an old name never
/// means a new socket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl SocketId {
    /// Its place in its host's table, which a later socket may take.
    pub const fn place(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            0 => write!(f, "socket {}", self.index),
            generation => write!(f, "socket {}.{generation}", self.index),
        }
    }
}
