//! A running program: data that can be cloned, forked and resumed. It makes no call itself: it says which call comes
//! next and is told what the call returned, so that the simulation and the real machine run the same programs.

use std::net::SocketAddr;
use std::sync::Arc;

use super::call::{Action, Call, Ended, Handle, Returned};
use super::code::{Code, DataVar, Instr, Op, Payload, SocketVar, Source};
use super::frames::{Reader, Wants};
use crate::sim::scenario::OnError;
use crate::time::Duration;
use crate::trace::Errno;

/// What the task is in the middle of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    /// About to run the instruction at `pc`.
    Ready,
    /// A simple call is out.
    Calling,
    /// recv-exactly: what is there so far.
    Gathering { socket: Handle, want: usize, got: Vec<u8> },
    /// read-frame.
    Reading { socket: Handle, chunk: usize },
    /// write-frame: what is still to be sent, and how many octets in all.
    Writing { socket: Handle, rest: Vec<Payload>, sent: u64, all: bool },
    /// A compound call ended so: say it, then go on.
    Ending(Ended),
    /// decode() raises with these words.
    Raising(String),
    /// The end of a compound call that failed is told, and the program caught it: it prints these words, then goes on.
    Printing(String),
    /// An error that nobody caught: say it, then be over.
    Dying(Ended),
    /// Over.
    Over,
}

/// A thread of a program between two calls.
#[derive(Clone, Debug)]
pub struct Task {
    pub(super) code: Arc<Code>,
    pub(super) pc: u32,
    sockets: Vec<Option<Handle>>,
    pub(super) vars: Vec<Arc<Vec<u8>>>,
    counters: Vec<u32>,
    eof: bool,
    pub(super) peer: Option<SocketAddr>,
    pub(super) stage: Stage,
    /// A cut character's first octets, for the incremental decoder.
    pub(super) cut: Vec<u8>,
    pub(super) readers: Vec<(Handle, Reader)>,
    /// Memory of received octets that nobody needs any more.
    spare: Vec<u8>,
}

impl Task {
    /// A task at the start of `code`.
    pub fn new(code: Arc<Code>) -> Self {
        Task {
            sockets: vec![None; code.sockets.len()],
            vars: vec![Arc::default(); code.vars.len()],
            code,
            pc: 0,
            counters: Vec::new(),
            eof: false,
            peer: None,
            stage: Stage::Ready,
            cut: Vec::new(),
            readers: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The program.
    pub fn code(&self) -> &Arc<Code> {
        &self.code
    }

    /// The line of the source that runs, from 1; 0 where there is none.
    pub fn line(&self) -> u32 {
        self.instr().map_or(0, |instr| instr.line)
    }

    /// The last data in the variable of this name, if there is one.
    pub fn data(&self, name: &str) -> Option<&[u8]> {
        let at = self.code.vars.iter().position(|var| var == name)?;
        self.vars.get(at).map(|data| &data[..])
    }

    fn instr(&self) -> Option<&Instr> {
        self.code.instrs.get(self.pc as usize)
    }

    pub(super) fn socket(&self, var: SocketVar) -> Option<Handle> {
        self.sockets.get(var.0 as usize).copied().flatten()
    }

    fn set_var(&mut self, var: DataVar, data: Vec<u8>) {
        self.eof = data.is_empty();
        if let Some(slot) = self.vars.get_mut(var.0 as usize) {
            match Arc::get_mut(slot) {
                Some(held) => self.spare = std::mem::replace(held, data),
                None => *slot = Arc::new(data),
            }
        }
    }

    /// Memory for what is received next, if something that was received before is no longer needed.
    pub(crate) fn take_spare(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.spare)
    }

    pub(super) fn payload(&self, source: &Source) -> Payload {
        match source {
            Source::Literal(payload) => payload.clone(),
            Source::Var { var, times, upper } => {
                let data = self.vars.get(var.0 as usize).map_or(&[][..], |data| data);
                if *upper {
                    Payload::repeat(&data.to_ascii_uppercase(), *times)
                } else {
                    Payload::repeat(data, *times)
                }
            }
        }
    }

    /// What the task does next. After [`Action::Call`] this may be asked again only when [`Task::resume`] has been
    /// told what the call returned; a task that is over stays so.
    pub fn step(&mut self) -> Action {
        match &mut self.stage {
            Stage::Over | Stage::Calling => Action::Done(Ended::Well(0)),
            Stage::Ready => self.run(),
            Stage::Ending(_) => {
                let Stage::Ending(ended) = std::mem::replace(&mut self.stage, Stage::Ready) else {
                    return Action::Done(Ended::Well(0));
                };
                Action::End(ended)
            }
            Stage::Raising(words) => {
                let ended = Ended::Raised(std::mem::take(words));
                self.end_compound(ended)
            }
            Stage::Printing(words) => {
                let words = std::mem::take(words);
                self.stage = Stage::Ready;
                Action::Print(words)
            }
            Stage::Dying(ended) => {
                let ended = ended.clone();
                self.stage = Stage::Over;
                Action::Done(ended)
            }
            Stage::Gathering { socket, want, got } => Action::Call(Call::Recv(*socket, *want - got.len())),
            Stage::Reading { socket, chunk } => {
                let (socket, chunk) = (*socket, *chunk);
                match self.wants(socket, chunk) {
                    Wants::Octets(n) => Action::Call(Call::Recv(socket, n)),
                    Wants::Nothing(frame) => self.frame_read(socket, frame),
                }
            }
            Stage::Writing { socket, rest, sent, all } => match rest.first() {
                Some(part) if *all => Action::Call(Call::SendAll(*socket, part.clone())),
                Some(part) => Action::Call(Call::Send(*socket, part.clone())),
                None => {
                    let sent = *sent;
                    self.pc += 1;
                    self.stage = Stage::Ready;
                    Action::End(Ended::Well(sent))
                }
            },
        }
    }

    /// Runs instructions up to the next thing that the world must know of.
    fn run(&mut self) -> Action {
        // A loop without a call in it would run for ever: each jump backwards is told as a sleep of no time, which
        // costs a step.
        loop {
            let Some(instr) = self.instr() else {
                self.stage = Stage::Over;
                return Action::Done(Ended::Well(0));
            };
            match instr.op {
                Op::Loop { depth, times } => {
                    let depth = depth as usize;
                    self.counters.resize(self.counters.len().max(depth + 1), 0);
                    if let Some(counter) = self.counters.get_mut(depth) {
                        // 0 stands for "for ever": a finite loop counts from times + 1.
                        *counter = times.map_or(0, |times| times.saturating_add(1));
                    }
                    self.pc += 1;
                }
                Op::Head { depth, end } => {
                    let mut over = false;
                    if let Some(counter) = self.counters.get_mut(depth as usize)
                        && *counter > 0
                    {
                        *counter -= 1;
                        over = *counter == 0;
                    }
                    self.pc = if over { end } else { self.pc + 1 };
                }
                Op::Jump(to) if to > self.pc => self.pc = to,
                Op::Jump(_) => return self.call(Call::Sleep(Duration::ZERO)),
                Op::JumpIfEof(to) => self.pc = if self.eof { to } else { self.pc + 1 },
                Op::Thread(entry) => {
                    let mut thread = self.clone();
                    thread.pc = entry;
                    thread.readers.clear();
                    self.pc += 1;
                    return Action::Spawn(Box::new(thread));
                }
                Op::Decode { var, incremental } => return self.decode(var, incremental),
                Op::End => {
                    self.stage = Stage::Over;
                    return Action::Done(Ended::Well(0));
                }
                ref op => {
                    let op = op.clone();
                    return self.socket_op(&op);
                }
            }
        }
    }

    pub(super) fn call(&mut self, call: Call) -> Action {
        self.stage = Stage::Calling;
        Action::Call(call)
    }

    /// What the reader of `socket` needs next.
    fn wants(&mut self, socket: Handle, chunk: usize) -> Wants {
        match self.readers.iter_mut().find(|(of, _)| *of == socket) {
            Some((_, reader)) => reader.wants(chunk),
            // Made when the step began; a missing one would mean that it never did.
            None => Wants::Nothing(Ok(None)),
        }
    }

    /// A frame is there (`None`: the stream ended between frames), or can never be.
    fn frame_read(&mut self, socket: Handle, frame: Result<Option<Vec<u8>>, String>) -> Action {
        let ended = match frame {
            Ok(frame) => {
                let frame = frame.unwrap_or_default();
                let len = frame.len() as u64;
                if let Some(&Instr { op: Op::ReadFrame { into, .. }, .. }) = self.instr() {
                    self.set_var(into, frame);
                }
                self.pc += 1;
                self.stage = Stage::Ready;
                return Action::End(Ended::Well(len));
            }
            Err(error) => Ended::Raised(error),
        };
        self.readers.retain(|(of, _)| *of != socket);
        self.end_compound(ended)
    }

    /// A compound call failed: its end is told first, then the error takes its way.
    fn end_compound(&mut self, ended: Ended) -> Action {
        let action = Action::End(ended.clone());
        // Before `fail` moves on: `except OSError: break` prints nothing.
        let prints = self.instr().is_some_and(|instr| instr.on_error == OnError::Continue);
        self.stage = match self.fail(ended) {
            Action::Done(done) => Stage::Dying(done),
            Action::Print(words) if prints => Stage::Printing(words),
            _ => Stage::Ready,
        };
        action
    }

    /// The instruction failed: the thread ends, or goes on as its `on_error` says.
    pub(super) fn fail(&mut self, ended: Ended) -> Action {
        let Some(instr) = self.instr() else {
            self.stage = Stage::Over;
            return Action::Done(ended);
        };
        let text = match &ended {
            Ended::Errno(errno) => {
                format!("OSError: [Errno {}] {}", errno.0, errno.text().unwrap_or_default())
            }
            Ended::Raised(text) => text.clone(),
            Ended::Well(_) => String::new(),
        };
        match instr.on_error {
            OnError::Raise => {
                self.stage = Stage::Over;
                Action::Done(ended)
            }
            OnError::Continue => {
                self.pc += 1;
                self.stage = Stage::Ready;
                Action::Print(text)
            }
            OnError::Break => {
                self.pc = instr.on_break;
                self.stage = Stage::Ready;
                Action::Print(text)
            }
        }
    }

    /// Tells what the call that [`Task::step`] asked for returned. Gives what has to be told at once: the end of a
    /// failed compound call is told by the next steps instead.
    pub fn resume(&mut self, returned: Result<Returned, Errno>) -> Option<Action> {
        let returned = match returned {
            Ok(returned) => returned,
            Err(errno) => {
                let simple = self.stage == Stage::Calling;
                let ended = Ended::Errno(errno);
                if simple {
                    return match self.fail(ended) {
                        // A caught error is printed; an uncaught one is the thread's end.
                        action @ (Action::Print(_) | Action::Done(_)) => Some(action),
                        _ => None,
                    };
                }
                return Some(self.end_compound(ended));
            }
        };
        match (&mut self.stage, returned) {
            (Stage::Gathering { want, got, .. }, Returned::Data(data)) => {
                let end = data.is_empty();
                got.extend_from_slice(&data);
                self.spare = data;
                if end || got.len() >= *want {
                    let got = std::mem::take(got);
                    let len = got.len() as u64;
                    if let Some(&Instr { op: Op::RecvExactly(_, _, into), .. }) = self.instr() {
                        self.set_var(into, got);
                    }
                    self.pc += 1;
                    self.stage = Stage::Ending(Ended::Well(len));
                }
            }
            (Stage::Reading { socket, .. }, Returned::Data(data)) => {
                let socket = *socket;
                if let Some((_, reader)) = self.readers.iter_mut().find(|(of, _)| *of == socket) {
                    reader.take(&data);
                }
                self.spare = data;
            }
            (Stage::Writing { rest, sent, .. }, Returned::Count(n)) => {
                *sent += n;
                if !rest.is_empty() {
                    rest.remove(0);
                }
            }
            (Stage::Calling, returned) => {
                self.returned(returned);
                self.stage = Stage::Ready;
            }
            _ => {}
        }
        None
    }

    fn returned(&mut self, returned: Returned) {
        let Some(instr) = self.instr() else { return };
        let mut next = self.pc + 1;
        match (&instr.op, returned) {
            (&Op::Socket(var, _), Returned::Socket(handle))
            | (&Op::Accept(_, var), Returned::Accepted(handle, _)) => {
                if let Some(slot) = self.sockets.get_mut(var.0 as usize) {
                    *slot = Some(handle);
                }
            }
            (&Op::Recv(_, _, into), Returned::Data(data)) => self.set_var(into, data),
            (&Op::RecvFrom(_, _, into), Returned::Datagram(data, from)) => {
                self.set_var(into, data);
                // A datagram may be empty; it ends nothing.
                self.eof = false;
                self.peer = Some(from);
            }
            (&Op::Close(var), _) => {
                if let Some(slot) = self.sockets.get_mut(var.0 as usize) {
                    *slot = None;
                }
            }
            (&Op::Jump(to), _) => next = to,
            _ => {}
        }
        self.pc = next;
    }
}
