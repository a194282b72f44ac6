//! What a host keeps of a socket, and where.

use super::listener::Listener;
use super::tcp::TcpSocket;
use crate::net::SocketId;
use crate::packet::Protocol;
use crate::tcp::Config;
use crate::time::Instant;
use crate::udp::UdpSocket;
use std::net::SocketAddr;
use std::ops::BitOrAssign;

/// Why a socket's application may want to look at it: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wakes(u8);

impl Wakes {
    /// Nothing.
    pub const NONE: Wakes = Wakes(0);
    /// Data, a datagram or the end of the stream can be received.
    pub const READABLE: Wakes = Wakes(1);
    /// There is room to send again.
    pub const WRITABLE: Wakes = Wakes(2);
    /// A connection can be accepted.
    pub const ACCEPTABLE: Wakes = Wakes(4);
    /// The handshake is done.
    pub const CONNECTED: Wakes = Wakes(8);
    /// There is an error to be told.
    pub const FAILED: Wakes = Wakes(16);
    /// Nothing more will happen to the connection: it is CLOSED.
    pub const CLOSED: Wakes = Wakes(32);
    /// All that was sent, and the FIN if there is one, has been acknowledged: what a lingering close waits for.
    pub const DRAINED: Wakes = Wakes(64);

    /// True when one of `wakes` is in the set.
    pub const fn intersects(self, wakes: Wakes) -> bool {
        self.0 & wakes.0 != 0
    }

    /// Both sets together.
    pub const fn or(self, wakes: Wakes) -> Wakes {
        Wakes(self.0 | wakes.0)
    }
}

impl BitOrAssign for Wakes {
    fn bitor_assign(&mut self, other: Wakes) {
        self.0 |= other.0;
    }
}

/// What kind of socket.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// TCP, before `connect` or `listen`.
    Fresh(Box<Config>),
    /// TCP, listening.
    Listener(Box<Listener>),
    /// TCP, with a connection.
    Tcp(Box<TcpSocket>),
    /// UDP.
    Udp(Box<UdpSocket>),
}

/// Who has a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The application.
    Application,
    /// A listener: nobody has accepted it yet.
    Listener,
    /// Nobody any more: it is closed and lives until TCP is done.
    Nobody,
}

/// A socket.
#[derive(Clone, Debug)]
pub(super) struct Socket {
    pub kind: Kind,
    pub local: Option<SocketAddr>,
    pub remote: Option<SocketAddr>,
    pub reuse_addr: bool,
    pub owner: Owner,
    /// Its earliest entry in the host's timers.
    pub armed: Instant,
    pub wakes: Wakes,
}

impl Socket {
    pub fn new(kind: Kind) -> Socket {
        Socket {
            kind,
            local: None,
            remote: None,
            reuse_addr: false,
            owner: Owner::Application,
            armed: Instant::NEVER,
            wakes: Wakes::NONE,
        }
    }

    pub fn protocol(&self) -> Protocol {
        if matches!(self.kind, Kind::Udp(_)) { Protocol::UDP } else { Protocol::TCP }
    }

    pub fn tcp(&self) -> Option<&TcpSocket> {
        match &self.kind {
            Kind::Tcp(tcp) => Some(tcp),
            _ => None,
        }
    }

    pub fn tcp_mut(&mut self) -> Option<&mut TcpSocket> {
        match &mut self.kind {
            Kind::Tcp(tcp) => Some(tcp),
            _ => None,
        }
    }
}

/// The sockets of a host by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Slab {
    slots: Vec<(u32, Option<Socket>)>,
    free: Vec<u32>,
}

impl Slab {
    pub fn insert(&mut self, socket: Socket) -> SocketId {
        if let Some(index) = self.free.pop()
            && let Some((generation, slot)) = self.slots.get_mut(index as usize)
        {
            *slot = Some(socket);
            return SocketId { index, generation: *generation };
        }
        self.slots.push((0, Some(socket)));
        SocketId { index: (self.slots.len() - 1) as u32, generation: 0 }
    }

    pub fn get(&self, id: SocketId) -> Option<&Socket> {
        match self.slots.get(id.index as usize) {
            Some((generation, Some(socket))) if *generation == id.generation => Some(socket),
            _ => None,
        }
    }

    pub fn get_mut(&mut self, id: SocketId) -> Option<&mut Socket> {
        match self.slots.get_mut(id.index as usize) {
            Some((generation, Some(socket))) if *generation == id.generation => Some(socket),
            _ => None,
        }
    }

    pub fn remove(&mut self, id: SocketId) -> Option<Socket> {
        let (generation, slot) = self.slots.get_mut(id.index as usize)?;
        if *generation != id.generation {
            return None;
        }
        let socket = slot.take()?;
        *generation = generation.wrapping_add(1);
        self.free.push(id.index);
        Some(socket)
    }

    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn ids(&self) -> impl Iterator<Item = SocketId> + '_ {
        self.slots.iter().enumerate().filter_map(|(index, (generation, slot))| {
            slot.as_ref().map(|_| SocketId { index: index as u32, generation: *generation })
        })
    }
}
