//! The steps that concern a socket: which call, or compound of calls, each begins.

use super::call::{Action, Call, Compound, Ended};
use super::code::{Op, SocketVar};
use super::frames::{Reader, frame_parts};
use super::task::{Stage, Task};
use crate::trace::Errno;

impl Task {
    pub(super) fn socket_op(&mut self, op: &Op) -> Action {
        if let Op::Socket(_, kind) = op {
            return self.call(Call::Socket(*kind));
        }
        if let Op::Sleep(time) = op {
            return self.call(Call::Sleep(*time));
        }
        let var = match op {
            Op::Bind(s, _)
            | Op::Listen(s, _)
            | Op::Accept(s, _)
            | Op::Connect(s, _)
            | Op::Send(s, _)
            | Op::SendAll(s, _)
            | Op::SendTo(s, ..)
            | Op::Recv(s, ..)
            | Op::RecvExactly(s, ..)
            | Op::RecvFrom(s, ..)
            | Op::Shutdown(s, _)
            | Op::Close(s)
            | Op::SetOption(s, ..) => *s,
            Op::ReadFrame { socket, .. } | Op::WriteFrame { socket, .. } => *socket,
            _ => SocketVar(u8::MAX),
        };
        // A socket that was closed, or never came to be.
        let Some(s) = self.socket(var) else { return self.fail(Ended::Errno(Errno::EBADF)) };
        let call = match op {
            Op::Bind(_, port) => Call::Bind(s, *port),
            Op::Listen(_, backlog) => Call::Listen(s, *backlog),
            Op::Accept(..) => Call::Accept(s),
            Op::Connect(_, to) => Call::Connect(s, *to),
            Op::Send(_, source) => Call::Send(s, self.payload(source)),
            Op::SendAll(_, source) => Call::SendAll(s, self.payload(source)),
            Op::SendTo(_, source, to) => match to.or(self.peer) {
                Some(to) => Call::SendTo(s, self.payload(source), to),
                None => return self.fail(Ended::Errno(Errno::EDESTADDRREQ)),
            },
            Op::Recv(_, n, _) => Call::Recv(s, *n),
            Op::RecvFrom(_, n, _) => Call::RecvFrom(s, *n),
            Op::Shutdown(_, how) => Call::Shutdown(s, *how),
            Op::Close(_) => Call::Close(s),
            Op::SetOption(_, option, value) => Call::SetOption(s, *option, *value),
            Op::RecvExactly(_, n, _) => {
                self.stage = Stage::Gathering { socket: s, want: *n, got: Vec::new() };
                if *n == 0 {
                    self.pc += 1;
                    self.stage = Stage::Ending(Ended::Well(0));
                }
                return Action::Begin(Some(s), Compound::RecvExactly(*n));
            }
            Op::ReadFrame { chunk, naive, .. } => {
                if !self.readers.iter().any(|(of, _)| *of == s) {
                    match Reader::new(&self.code.framing, *naive) {
                        Ok(reader) => self.readers.push((s, reader)),
                        Err(error) => return self.fail(Ended::Raised(error)),
                    }
                }
                self.stage = Stage::Reading { socket: s, chunk: *chunk };
                return Action::Begin(Some(s), Compound::ReadFrame);
            }
            Op::WriteFrame { data, pieces, .. } => {
                let parts = frame_parts(&self.code.framing, &self.payload(data).to_vec(), *pieces);
                match parts {
                    Ok(rest) => self.stage = Stage::Writing { socket: s, rest, sent: 0, all: !*pieces },
                    Err(error) => return self.fail(Ended::Raised(error)),
                }
                return Action::Begin(Some(s), Compound::WriteFrame);
            }
            _ => return self.fail(Ended::Errno(Errno::EINVAL)),
        };
        self.call(call)
    }
}
