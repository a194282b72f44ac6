//! What a running program and its executor say to each other: calls, and what they returned.

use std::net::SocketAddr;

use super::code::Payload;
use super::task::Task;
use crate::sim::scenario::{How, SocketKind, SocketOption};
use crate::time::Duration;
use crate::trace::Errno;

/// A socket, as the executor numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

/// A socket call to make, with blocking semantics.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// socket() → [`Returned::Socket`]
    Socket(SocketKind),
    /// bind() to a port of any local address → [`Returned::Nothing`]
    Bind(Handle, u16),
    /// listen(), with the system's backlog when `None` → [`Returned::Nothing`]
    Listen(Handle, Option<u32>),
    /// accept() → [`Returned::Accepted`]
    Accept(Handle),
    /// connect() → [`Returned::Nothing`]
    Connect(Handle, SocketAddr),
    /// send(): a blocking one returns when all is in the send buffer → [`Returned::Count`]
    Send(Handle, Payload),
    /// sendall() → [`Returned::Count`]
    SendAll(Handle, Payload),
    /// sendto() → [`Returned::Count`]
    SendTo(Handle, Payload, SocketAddr),
    /// recv() → [`Returned::Data`]
    Recv(Handle, usize),
    /// recvfrom() → [`Returned::Datagram`]
    RecvFrom(Handle, usize),
    /// shutdown() → [`Returned::Nothing`]
    Shutdown(Handle, How),
    /// close() → [`Returned::Nothing`]
    Close(Handle),
    /// setsockopt() → [`Returned::Nothing`]
    SetOption(Handle, SocketOption, u64),
    /// sleep() → [`Returned::Nothing`]
    Sleep(Duration),
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Returned {
    /// Nothing but success.
    Nothing,
    /// A socket.
    Socket(Handle),
    /// A connection and its peer.
    Accepted(Handle, SocketAddr),
    /// So many octets were taken.
    Count(u64),
    /// Octets; none at the end of the stream.
    Data(Vec<u8>),
    /// A datagram and whence it came.
    Datagram(Vec<u8>, SocketAddr),
}

/// A call that is made of other calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compound {
    /// recv() until so many octets are there.
    RecvExactly(usize),
    /// recv() until a frame is there.
    ReadFrame,
    /// A send() for each part of a frame.
    WriteFrame,
    /// Octets are no text: on no socket, and made of no calls.
    Decode,
}

/// How a compound call or a thread ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well, with this count of octets.
    Well(u64),
    /// By an error of a call.
    Errno(Errno),
    /// By an exception of the program: its Python name and message.
    Raised(String),
}

/// What a task does next.
#[derive(Clone, Debug)]
pub enum Action {
    /// Make this call, then [`Task::resume`].
    Call(Call),
    /// A compound call begins, on a socket if it concerns one; the calls until its [`Action::End`] are its parts.
    Begin(Option<Handle>, Compound),
    /// The compound call ended.
    End(Ended),
    /// This thread starts.
    Spawn(Box<Task>),
    /// The program prints.
    Print(String),
    /// The task is over.
    Done(Ended),
}
