//! A call as the trace tells it, the same whoever makes it: the simulation, or the real machine.

use std::net::SocketAddr;

use super::call::{Call, Compound, Handle};
use super::code::Payload;
use crate::sim::scenario::{How, SocketKind};
use crate::trace::{self, Args, Data, Op};

impl Call {
    /// The call's name, and the socket that it is made on.
    pub fn op(&self) -> (Op, Option<Handle>) {
        let op = match self {
            Call::Socket(_) => Op::Socket,
            Call::Bind(..) => Op::Bind,
            Call::Listen(..) => Op::Listen,
            Call::Accept(_) => Op::Accept,
            Call::Connect(..) => Op::Connect,
            Call::Send(..) => Op::Send,
            Call::SendAll(..) => Op::SendAll,
            Call::SendTo(..) => Op::SendTo,
            Call::Recv(..) => Op::Recv,
            Call::RecvFrom(..) => Op::RecvFrom,
            Call::Shutdown(..) => Op::Shutdown,
            Call::Close(_) => Op::Close,
            Call::SetOption(..) => Op::SetSockOpt,
            Call::Sleep(_) => Op::Sleep,
        };
        (op, self.handle())
    }

    /// The socket that the call is made on.
    #[inline]
    pub fn handle(&self) -> Option<Handle> {
        match self {
            Call::Socket(_) | Call::Sleep(_) => None,
            Call::Bind(s, _)
            | Call::Listen(s, _)
            | Call::Accept(s)
            | Call::Connect(s, _)
            | Call::Send(s, _)
            | Call::SendAll(s, _)
            | Call::SendTo(s, ..)
            | Call::Recv(s, _)
            | Call::RecvFrom(s, _)
            | Call::Shutdown(s, _)
            | Call::Close(s)
            | Call::SetOption(s, ..) => Some(*s),
        }
    }

    /// The call's arguments, with peers' addresses as `address` has them. Of bind() nothing: what its port is a port of, only
    /// the caller knows.
    pub fn args(&self, address: impl Fn(SocketAddr) -> SocketAddr) -> Args<'_> {
        let mut args = Args::default();
        match self {
            Call::Socket(kind) => args.text = if *kind == SocketKind::Tcp { "tcp" } else { "udp" },
            Call::Listen(_, backlog) => args.size = backlog.map(u64::from),
            Call::Connect(_, to) => args.address = Some(address(*to)),
            Call::Send(_, payload) | Call::SendAll(_, payload) => args.data = payload.data(),
            Call::SendTo(_, payload, to) => {
                args.data = payload.data();
                args.address = Some(address(*to));
            }
            Call::Recv(_, n) | Call::RecvFrom(_, n) => args.size = Some(*n as u64),
            Call::Shutdown(_, how) => {
                args.how = Some(match how {
                    How::Read => trace::How::Read,
                    How::Write => trace::How::Write,
                    How::Both => trace::How::Both,
                });
            }
            Call::SetOption(_, option, value) => {
                args.text = option.name();
                args.size = Some(*value);
            }
            Call::Sleep(time) => args.duration = Some(*time),
            Call::Bind(..) | Call::Accept(_) | Call::Close(_) => {}
        }
        args
    }
}

impl Compound {
    /// The call's name and arguments.
    pub fn told(self) -> (Op, Args<'static>) {
        let mut args = Args::default();
        let op = match self {
            Compound::RecvExactly(n) => {
                args.size = Some(n as u64);
                Op::RecvExactly
            }
            Compound::ReadFrame => Op::ReadFrame,
            Compound::WriteFrame => Op::WriteFrame,
            Compound::Decode => {
                args.text = "decode";
                Op::Other
            }
        };
        (op, args)
    }
}

impl Payload {
    /// Its octets.
    pub fn data(&self) -> Data<'_> {
        if self.len == 0 {
            return Data::NONE;
        }
        if self.start == 0 && self.len == self.unit.len() as u64 {
            return Data::Bytes(&self.unit);
        }
        let phase = (self.start % self.unit.len().max(1) as u64) as u32;
        Data::Repeat { unit: &self.unit, phase, len: self.len }
    }
}
