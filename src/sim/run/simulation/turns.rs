//! Threads' turns: the calls that they make, what these give, and how a thread ends.

use super::{FrameLane, STEP_TIME, Simulation, State};
use crate::framing::{Decoder, Framing, Limits as FramingLimits, Spans};
use crate::lang::Lang;
use crate::sim::program::{Action, Call, Ended, Handle, Returned};
use crate::sim::run::calls::{Attempt, Gave, Pending, Place, wildcard};
use crate::sim::run::recorder::Recorder;
use crate::time::Duration;
use crate::trace::{self, Args, CallId, Data, EventId, Op, Outcome, Sink, ThreadId, What};

/// Received octets that are recorded as they are; of longer ones only where they stand in the stream.
const WHOLE: usize = 4096;

impl Simulation {
    /// A thread's turn: its call is tried again, or its next step is taken.
    pub(super) fn run_thread<S: Sink>(&mut self, at: usize, sink: &mut S) {
        let Some(thread) = self.threads.get_mut(at) else { return };
        match std::mem::replace(&mut thread.state, State::Ready) {
            State::Over => thread.state = State::Over,
            State::Waiting(pending) => self.attempt(at, pending, sink),
            State::Ready => {
                self.steps += 1;
                let line = Some(thread.task.line()).filter(|&line| line > 0);
                let action = thread.task.step();
                self.act(at, action, line, sink);
            }
        }
    }

    fn act<S: Sink>(&mut self, at: usize, action: Action, line: Option<u32>, sink: &mut S) {
        match action {
            Action::Call(call) => self.begin(at, call, line, sink),
            Action::Begin(handle, compound) => {
                let (op, args) = compound.told();
                let parent = self.call_begun(at, handle, op, args, line, None, sink);
                if let Some(thread) = self.threads.get_mut(at) {
                    thread.parent = Some(parent);
                }
                self.plan(at, self.now());
            }
            Action::End(ended) => {
                if let Some((call, begun)) = self.threads.get_mut(at).and_then(|thread| thread.parent.take())
                {
                    self.names.cause = Some(begun);
                    let outcome = match &ended {
                        Ended::Well(n) => Outcome::Value(*n as i64),
                        Ended::Errno(errno) => Outcome::Errno(*errno),
                        Ended::Raised(text) => Outcome::Failed(text),
                    };
                    self.recorder(sink).tell(What::CallReturned {
                        call,
                        outcome,
                        data: Data::NONE,
                        address: None,
                        socket: None,
                        truncated: 0,
                    });
                }
                self.plan(at, self.now());
            }
            Action::Spawn(task) => {
                let Some(program) = self.threads.get(at).map(|thread| thread.program) else { return };
                let now = self.now();
                self.start_thread(*task, program, now + self.step_time(at), "serve", sink);
                self.plan(at, now + self.step_time(at));
            }
            Action::Print(text) => {
                self.recorder(sink).tell(What::Note { text: &text });
                self.plan(at, self.now() + self.step_time(at));
            }
            Action::Done(ended) => self.done(at, &ended, sink),
        }
    }

    fn step_time(&self, thread: usize) -> Duration {
        let program = self.threads.get(thread).map_or(0, |thread| thread.program);
        let host =
            self.setup.programs.get(program).and_then(|(host, _)| self.setup.scenario.hosts.get(*host));
        host.and_then(|host| host.step_time).map_or(STEP_TIME, |span| span.0)
    }

    /// Records that a call begins.
    #[allow(clippy::too_many_arguments, reason = "it is one record")]
    fn call_begun<S: Sink>(
        &mut self,
        at: usize,
        socket: Option<Handle>,
        op: Op,
        args: Args<'_>,
        line: Option<u32>,
        parent: Option<CallId>,
        sink: &mut S,
    ) -> (CallId, EventId) {
        let call = CallId(self.calls);
        self.calls += 1;
        let host = self.host_of(self.threads.get(at).map_or(0, |thread| thread.program));
        if trace::calls::sends(op) && self.somebody_sends_on(socket) {
            self.names.mix();
        }
        let known = socket.and_then(|handle| self.sockets.get(handle.0 as usize)).cloned();
        let socket = known.map(|known| self.names.socket(known.host, known.socket));
        let thread = ThreadId(at as u32);
        let what = What::CallBegun { call, host, thread, socket, op, args, line, parent };
        let event = self.recorder(sink).tell(what);
        (call, event)
    }

    /// Whether a thread waits in a call that sends on this socket.
    fn somebody_sends_on(&self, socket: Option<Handle>) -> bool {
        self.threads.iter().any(|thread| match &thread.state {
            State::Waiting(pending) => {
                let (op, handle) = pending.call.op();
                handle == socket && trace::calls::sends(op)
            }
            State::Ready | State::Over => false,
        })
    }

    fn begin<S: Sink>(&mut self, at: usize, call: Call, line: Option<u32>, sink: &mut S) {
        if call == Call::Sleep(Duration::ZERO) {
            // The end of a loop's round: it takes its time, and is no call.
            if let Some(thread) = self.threads.get_mut(at) {
                thread.task.resume(Ok(Returned::Nothing));
            }
            return self.plan(at, self.now() + self.step_time(at));
        }
        let (op, handle) = call.op();
        let mut args = call.args(|to| to);
        if let Call::Bind(_, port) = &call {
            args.address = Some((wildcard(self.setup.ipv6), *port).into());
        }
        let parent = self.threads.get(at).and_then(|thread| thread.parent).map(|(call, _)| call);
        let (id, begun) = self.call_begun(at, handle, op, args, line, parent, sink);
        self.attempt(at, Pending::new(call, id, begun), sink);
    }

    /// Makes a call, or tries it again; the thread waits while it does not return.
    #[inline]
    fn attempt<S: Sink>(&mut self, at: usize, mut pending: Pending, sink: &mut S) {
        if self.blocks(at, &mut pending, sink)
            && let Some(thread) = self.threads.get_mut(at)
        {
            thread.state = State::Waiting(pending);
        }
    }

    /// Makes a call, or tries it again; true when it waits.
    fn blocks<S: Sink>(&mut self, at: usize, pending: &mut Pending, sink: &mut S) -> bool {
        let Some(program) = self.threads.get(at).map(|thread| thread.program) else { return false };
        let host = self.setup.programs.get(program).and_then(|(host, _)| self.world.hosts.get(*host));
        let Some(&host) = host else { return false };
        self.names.cause = Some(pending.begun);
        let (before, again) = (pending.accepted, pending.started);
        let mut place = Place {
            net: &mut self.world.net,
            host,
            program,
            ipv6: self.setup.ipv6,
            sockets: &mut self.sockets,
            recorder: Recorder { names: &mut self.names, sink },
            scratch: &mut self.scratch,
        };
        let attempt = place.attempt(pending);
        place.recorder.tell_rule();
        let taken = pending.accepted - before;
        self.bytes += taken;
        match attempt {
            Attempt::Blocks => {
                if taken > 0 {
                    self.names.cause = pending.woken.or(Some(pending.begun));
                    self.recorder(sink).tell(What::BytesAccepted { call: pending.id, bytes: taken });
                }
                if let Some(deadline) = pending.deadline.filter(|_| !again) {
                    self.plan(at, deadline);
                }
                true
            }
            Attempt::Done(result) => {
                self.returned(at, pending, result, sink);
                false
            }
        }
    }

    fn returned<S: Sink>(
        &mut self,
        at: usize,
        pending: &Pending,
        result: Result<Gave, trace::Errno>,
        sink: &mut S,
    ) {
        self.names.cause = pending.woken.or(Some(pending.begun));
        let mut what = What::CallReturned {
            call: pending.id,
            outcome: Outcome::Value(0),
            data: Data::NONE,
            address: None,
            socket: None,
            truncated: 0,
        };
        let mut received = None;
        if let What::CallReturned { outcome, data, address, socket, truncated, .. } = &mut what {
            match &result {
                Err(errno) => *outcome = Outcome::Errno(*errno),
                Ok(gave) => match &gave.returned {
                    Returned::Nothing => {}
                    Returned::Socket(handle) | Returned::Accepted(handle, _) => {
                        let known = self.sockets.get(handle.0 as usize).cloned();
                        *socket = known.map(|known| self.names.socket(known.host, known.socket));
                        *outcome = Outcome::Value(i64::from(handle.0) + 3);
                        if let Returned::Accepted(_, peer) = &gave.returned {
                            *address = Some(*peer);
                        }
                    }
                    Returned::Count(n) => *outcome = Outcome::Value(*n as i64),
                    Returned::Data(bytes) => {
                        *outcome = Outcome::Value(bytes.len() as i64);
                        *data = if bytes.len() <= WHOLE {
                            Data::Bytes(bytes)
                        } else {
                            Data::FromStream { len: bytes.len() as u64 }
                        };
                        received = Some(bytes);
                    }
                    Returned::Datagram(bytes, from) => {
                        *outcome = Outcome::Value(bytes.len() as i64);
                        *data = Data::Bytes(bytes);
                        *address = Some(*from);
                        *truncated = gave.truncated;
                    }
                },
            }
        }
        let knows = self.names.are_clear() && result.as_ref().is_ok_and(|gave| gave.stream);
        let mut recorder = self.recorder(sink);
        let event = if knows { recorder.tell_received(what) } else { recorder.tell(what) };
        if let (Some(bytes), Some(handle)) = (received, pending.call.handle()) {
            self.names.cause = Some(event);
            self.feed_lane(handle, bytes, sink);
        }
        self.names.cause = None;
        let next = self.now() + self.step_time(at);
        let Some(thread) = self.threads.get_mut(at) else { return };
        let action = thread.task.resume(result.map(|gave| gave.returned));
        if self.scratch.capacity() == 0 {
            self.scratch = thread.task.take_spare();
        }
        match action {
            None => self.plan(at, next),
            Some(action) => self.act(at, action, None, sink),
        }
    }

    /// Decodes what a socket received, for the frame lane.
    fn feed_lane<S: Sink>(&mut self, handle: Handle, bytes: &[u8], sink: &mut S) {
        if matches!(self.setup.framing, Framing::None | Framing::Datagram) {
            return;
        }
        let setup = self.setup.clone();
        let Some(known) = self.sockets.get(handle.0 as usize).cloned() else { return };
        let socket = self.names.socket(known.host, known.socket);
        let at = handle.0 as usize;
        if self.lanes.len() <= at {
            self.lanes.resize_with(at + 1, || None);
        }
        let Some(lane) = self.lanes.get_mut(at) else { return };
        let lane = lane.get_or_insert_with(|| {
            Box::new(FrameLane {
                decoder: Decoder::new(&setup.framing, FramingLimits::default()),
                spans: Spans::default(),
                failed: false,
            })
        });
        if lane.failed {
            return;
        }
        let mut recorder = Recorder { names: &mut self.names, sink };
        let mut input = bytes;
        loop {
            let start = lane.decoder.offset() - lane.decoder.partial().len() as u64;
            let (end, error) = match lane.decoder.decode_observed(&mut input, &mut lane.spans) {
                Ok(None) if bytes.is_empty() => match lane.decoder.finish() {
                    Ok(()) => return,
                    Err(error) => (lane.decoder.offset(), Some(error.message(Lang::En))),
                },
                Ok(None) => return,
                Ok(Some(frame)) => (frame.offset + frame.len as u64, None),
                Err(error) => (lane.decoder.offset() + input.len() as u64, Some(error.message(Lang::En))),
            };
            let roles: Vec<trace::RoleRange> = (lane.spans.0.drain(..))
                .map(|span| trace::RoleRange {
                    role: span.role,
                    start: span.range.start,
                    end: span.range.end,
                })
                .collect();
            recorder.tell(What::FrameDecoded {
                socket,
                sent: false,
                framing: &setup.framing_name,
                start,
                end,
                roles: &roles,
                error: error.as_deref(),
            });
            if error.is_some() {
                lane.failed = true;
                return;
            }
        }
    }

    /// A thread is over; with the last one its program ends, and the system closes what it has left open.
    fn done<S: Sink>(&mut self, at: usize, ended: &Ended, sink: &mut S) {
        let text = match ended {
            Ended::Well(_) => None,
            Ended::Errno(errno) => {
                Some(format!("Traceback: OSError: [Errno {}] {}", errno.0, errno.text().unwrap_or_default()))
            }
            Ended::Raised(text) => Some(format!("Traceback: {text}")),
        };
        if let Some(text) = text {
            self.recorder(sink).tell(What::Note { text: &text });
        }
        let Some(thread) = self.threads.get_mut(at) else { return };
        thread.state = State::Over;
        let program = thread.program;
        let alive = self
            .threads
            .iter()
            .any(|thread| thread.program == program && !matches!(thread.state, State::Over));
        if alive {
            return;
        }
        let open: Vec<Handle> = (0_u32..)
            .zip(&self.sockets)
            .filter(|(_, socket)| socket.owner == Some(program))
            .map(|(n, _)| Handle(n))
            .collect();
        for handle in open {
            let args = Args { text: "exit", ..Args::default() };
            let (id, begun) = self.call_begun(at, Some(handle), Op::Close, args, None, None, sink);
            // The thread stays over: what its last calls return goes to nobody.
            self.attempt(at, Pending::new(Call::Close(handle), id, begun), sink);
            if let Some(thread) = self.threads.get_mut(at) {
                thread.state = State::Over;
            }
        }
    }
}
