//! A call as the trace tells it, the same whoever makes it: the simulation, or the real machine.

use std::net::SocketAddr;

use super::call::{Call, Compound, Handle};
use super::code::Payload;
use crate::sim::scenario::{How, SocketKind};
use crate::trace::{self, Args, Data, Op};

impl Call {
    /// The call's name, and the socket that it is made on.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn op(&self) -> (Op, Option<Handle>) {
        match self {
            Call::Socket(_) => (Op::Socket, None),
            Call::Bind(s, _) => (Op::Bind, Some(*s)),
            Call::Listen(s, _) => (Op::Listen, Some(*s)),
            Call::Accept(s) => (Op::Accept, Some(*s)),
            Call::Connect(s, _) => (Op::Connect, Some(*s)),
            Call::Send(s, _) => (Op::Send, Some(*s)),
            Call::SendAll(s, _) => (Op::SendAll, Some(*s)),
            Call::SendTo(s, ..) => (Op::SendTo, Some(*s)),
            Call::Recv(s, _) => (Op::Recv, Some(*s)),
            Call::RecvFrom(s, _) => (Op::RecvFrom, Some(*s)),
            Call::Shutdown(s, _) => (Op::Shutdown, Some(*s)),
            Call::Close(s) => (Op::Close, Some(*s)),
            Call::SetOption(s, ..) => (Op::SetSockOpt, Some(*s)),
            Call::Sleep(_) => (Op::Sleep, None),
        }
    }

    /// The socket that the call is made on.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn handle(&self) -> Option<Handle> {
        self.op().1
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
