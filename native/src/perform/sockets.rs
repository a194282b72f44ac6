//! The sockets that the performed programs hold.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use framewire::sim::program::Handle;
use framewire::trace::{SocketId, Transport};
use socket2::Socket;

/// A socket of a program. The kernel's own never blocks: the calls wait by looking, so that the performance can end.
#[derive(Debug)]
pub struct Held {
    /// The kernel's.
    pub socket: Socket,
    /// Its number in the trace.
    pub id: SocketId,
    /// TCP or UDP.
    pub transport: Transport,
    /// Which program has it.
    pub program: usize,
    /// The program asked that calls that would block fail.
    pub nonblocking: AtomicBool,
    /// Milliseconds after which a waiting receive or accept fails; 0: never.
    pub timeout: AtomicU64,
    /// It has a local address.
    pub bound: AtomicBool,
}

impl Held {
    /// A socket that has just been made.
    pub fn new(socket: Socket, id: SocketId, transport: Transport, program: usize, bound: bool) -> Self {
        Held {
            socket,
            id,
            transport,
            program,
            nonblocking: AtomicBool::new(false),
            timeout: AtomicU64::new(0),
            bound: AtomicBool::new(bound),
        }
    }

    /// Its own address, if it has one yet.
    pub fn local(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()?.as_socket().filter(|address| address.port() != 0)
    }
}

/// All of them, by handle.
#[derive(Debug, Default)]
pub struct Sockets(Mutex<Vec<Option<Arc<Held>>>>);

impl Sockets {
    fn lock(&self) -> MutexGuard<'_, Vec<Option<Arc<Held>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one in.
    pub fn add(&self, held: Held) -> Handle {
        let mut all = self.lock();
        all.push(Some(Arc::new(held)));
        Handle(all.len() as u32 - 1)
    }

    /// One that is open.
    pub fn get(&self, handle: Handle) -> Option<Arc<Held>> {
        self.lock().get(handle.0 as usize).cloned().flatten()
    }

    /// Closes one (when whoever uses it just now has done).
    pub fn close(&self, handle: Handle) -> Option<Arc<Held>> {
        self.lock().get_mut(handle.0 as usize)?.take()
    }

    /// The handles that a program has left open.
    pub fn of_program(&self, program: usize) -> Vec<Handle> {
        let all = self.lock();
        let open = (0..)
            .zip(all.iter())
            .filter(|(_, held)| held.as_ref().is_some_and(|held| held.program == program));
        open.map(|(n, _)| Handle(n)).collect()
    }

    /// Closes all.
    pub fn close_all(&self) {
        self.lock().clear();
    }
}
