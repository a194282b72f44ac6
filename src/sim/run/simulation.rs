//! The simulation: what happens next, one thing at a time. A clone of it is a keyframe.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;
use std::sync::Arc;

use super::calls::{Attempt, Gave, Pending, Place, Socket, wildcard};
use super::recorder::{Names, Recorder};
use super::stop::Stop;
use super::world::World;
use crate::framing::{Decoder, Framing, Limits as FramingLimits, Spans};
use crate::lang::Lang;
use crate::sim::check::{self, addresses};
use crate::sim::error::Flaw;
use crate::sim::program::{Action, Call, Code, Compound, Ended, Handle, Returned, Task};
use crate::sim::scenario::{Limits, Scenario};
use crate::time::{Duration, Instant};
use crate::trace::{
    self, Args, CallId, Data, EventId, HostId, Limit, Op, Outcome, ProgramId, Sink, ThreadId, What,
};

/// The time that a step takes on a host that does not say.
const STEP_TIME: Duration = Duration::from_micros(10);
/// Received octets that are recorded as they are; of longer ones only where they stand in the stream.
const WHOLE: usize = 4096;

/// What of a run never changes.
#[derive(Debug)]
struct Setup {
    scenario: Scenario,
    addresses: Vec<IpAddr>,
    /// By program: its host and its code.
    programs: Vec<(usize, Arc<Code>)>,
    framing: Framing,
    framing_name: String,
    limits: Limits,
    ipv6: bool,
}

#[derive(Clone, Debug)]
struct Thread {
    task: Task,
    program: usize,
    state: State,
    /// The compound call that it is in.
    parent: Option<(CallId, EventId)>,
}

#[derive(Clone, Debug)]
enum State {
    /// Its next step is planned.
    Ready,
    /// It is in a call.
    Waiting(Box<Pending>),
    Over,
}

/// What a socket's received stream is decoded by, for the frame lane.
#[derive(Clone, Debug)]
struct FrameLane {
    decoder: Decoder,
    spans: Spans,
    failed: bool,
}

/// A run at a moment between two things that happen.
#[derive(Clone, Debug)]
pub struct Simulation {
    setup: Arc<Setup>,
    world: World,
    names: Names,
    threads: Vec<Thread>,
    sockets: Vec<Socket>,
    lanes: BTreeMap<Handle, FrameLane>,
    queue: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    planned: u64,
    calls: u32,
    steps: u64,
    bytes: u64,
    stopped: Option<Stop>,
    changes: usize,
    scratch: Vec<u8>,
}

impl Simulation {
    /// The beginning of a run; who is there is recorded at once.
    ///
    /// # Errors
    /// What is wrong with the scenario.
    pub fn new<S: Sink>(scenario: &Scenario, sink: &mut S) -> Result<Simulation, Flaw> {
        check::check(scenario)?;
        let addresses = addresses(scenario);
        let mut programs = Vec::new();
        for (host, codes) in check::programs(scenario)?.into_iter().enumerate() {
            programs.extend(codes.into_iter().map(|code| (host, Arc::new(code))));
        }
        let framing = scenario.framing.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Framing::None);
        let setup = Setup {
            ipv6: addresses.iter().any(IpAddr::is_ipv6),
            framing_name: framing.to_string(),
            framing,
            limits: scenario.limits.clone(),
            scenario: scenario.clone(),
            programs,
            addresses,
        };
        let mut simulation = Simulation {
            world: World::new(scenario, &setup.addresses),
            setup: Arc::new(setup),
            names: Names::default(),
            threads: Vec::new(),
            sockets: Vec::new(),
            lanes: BTreeMap::new(),
            queue: BinaryHeap::new(),
            planned: 0,
            calls: 0,
            steps: 0,
            bytes: 0,
            stopped: None,
            changes: 0,
            scratch: Vec::new(),
        };
        simulation.introduce(sink);
        Ok(simulation)
    }

    /// Records the hosts and programs, and plans each program's start.
    fn introduce<S: Sink>(&mut self, sink: &mut S) {
        let setup = self.setup.clone();
        let nodes = self.world.hosts.clone();
        for ((host, address), node) in setup.scenario.hosts.iter().zip(&setup.addresses).zip(&nodes) {
            let what = What::Host { host: HostId(node.0), name: &host.name, addresses: &[*address] };
            self.recorder(sink).tell(what);
        }
        for (node, name, addresses) in self.world.routers.clone() {
            self.recorder(sink).tell(What::Host { host: HostId(node.0), name: &name, addresses: &addresses });
        }
        let starts = setup.scenario.hosts.iter().flat_map(|host| host.programs.iter().map(|p| p.start));
        for (p, ((host, code), start)) in setup.programs.iter().zip(starts).enumerate() {
            let host = HostId(nodes.get(*host).map_or(0, |node| node.0));
            self.recorder(sink).tell(What::Program {
                program: ProgramId(p as u32),
                host,
                name: &code.name,
                language: "python",
                source: &code.source,
            });
            let at = Instant::START + start.unwrap_or_default().0;
            self.start_thread(Task::new(code.clone()), p, at, "", sink);
        }
    }

    fn recorder<'a, S: Sink>(&'a mut self, sink: &'a mut S) -> Recorder<'a, S> {
        Recorder { names: &mut self.names, sink }
    }

    fn start_thread<S: Sink>(&mut self, task: Task, program: usize, at: Instant, name: &str, sink: &mut S) {
        let thread = self.threads.len();
        let host = self.host_of(program);
        self.recorder(sink).tell(What::Thread {
            thread: ThreadId(thread as u32),
            host,
            program: Some(ProgramId(program as u32)),
            name,
        });
        self.threads.push(Thread { task, program, state: State::Ready, parent: None });
        self.plan(thread, at);
    }

    fn host_of(&self, program: usize) -> HostId {
        let host = self.setup.programs.get(program).map_or(0, |(host, _)| *host);
        HostId(self.world.hosts.get(host).map_or(0, |node| node.0))
    }

    fn plan(&mut self, thread: usize, at: Instant) {
        self.queue.push(Reverse((at, self.planned, thread)));
        self.planned += 1;
    }

    /// The scenario that runs.
    pub fn scenario(&self) -> &Scenario {
        &self.setup.scenario
    }

    /// Now, in virtual time.
    pub fn now(&self) -> Instant {
        self.world.net.now()
    }

    /// Why it is over, once it is.
    pub fn stopped(&self) -> Option<Stop> {
        self.stopped
    }

    /// The network, to look at.
    pub fn net(&self) -> &crate::net::Network {
        &self.world.net
    }

    /// The nodes of the scenario's hosts, in their order.
    pub fn hosts(&self) -> &[crate::net::NodeId] {
        &self.world.hosts
    }

    /// The threads of all programs: which program (counted over all hosts), and the task.
    pub fn tasks(&self) -> impl Iterator<Item = (usize, &Task)> {
        self.threads.iter().map(|thread| (thread.program, &thread.task))
    }

    /// Does something to one packet, whenever it is sent: the fork of a run.
    pub fn script(&mut self, action: crate::net::ScriptedAction) {
        self.world.net.script(action);
    }

    /// Takes over what a changed network does to packets from now on.
    pub fn set_network(&mut self, network: &crate::sim::scenario::Network) {
        let setup = self.setup.clone();
        self.world.set_links(&setup.scenario, network);
        self.changes += 1;
    }

    /// How often the network was changed.
    pub(crate) fn changes_made(&self) -> usize {
        self.changes
    }

    /// Lets the next thing happen; false when the run is over.
    pub fn step<S: Sink>(&mut self, sink: &mut S) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        let limits = &self.setup.limits;
        let events = u64::from(sink.next_event().0);
        if events >= limits.events {
            return self.stop(Stop::Limit(Limit::Events, limits.events), sink);
        }
        if self.steps > limits.steps {
            return self.stop(Stop::Limit(Limit::Steps, limits.steps), sink);
        }
        if self.bytes > limits.bytes.0 {
            return self.stop(Stop::Limit(Limit::Bytes, limits.bytes.0), sink);
        }
        let of_net = self.world.net.next_time().unwrap_or(Instant::NEVER);
        let of_threads = self.queue.peek().map_or(Instant::NEVER, |Reverse((at, ..))| *at);
        let next = of_net.min(of_threads);
        if next == Instant::NEVER {
            return self.stop(Stop::Quiet, sink);
        }
        if next.since(Instant::START) > limits.time.0 {
            return self.stop(Stop::Limit(Limit::Time, limits.time.0.as_nanos()), sink);
        }
        while self.world.later.first().is_some_and(|(at, _)| *at <= next) {
            let (_, action) = self.world.later.remove(0);
            self.world.net.script(action);
        }
        self.names.cause = None;
        self.names.last = None;
        if of_net <= of_threads {
            self.names.now = of_net;
            let mut recorder = Recorder { names: &mut self.names, sink };
            self.world.net.step(&mut recorder);
        } else if let Some(Reverse((at, _, thread))) = self.queue.pop() {
            self.world.net.advance_to(at);
            self.names.now = at;
            self.run_thread(thread, sink);
        }
        self.wake();
        true
    }

    /// Lets everything happen.
    pub fn run<S: Sink>(&mut self, sink: &mut S) -> Stop {
        while self.step(sink) {}
        self.stopped.unwrap_or(Stop::Quiet)
    }

    fn stop<S: Sink>(&mut self, stop: Stop, sink: &mut S) -> bool {
        self.stopped = Some(stop);
        if let Stop::Limit(limit, value) = stop {
            self.names.cause = None;
            self.recorder(sink).tell(What::LimitReached { limit, value });
        }
        false
    }

    /// Plans the threads whose sockets have news.
    fn wake(&mut self) {
        while let Some((node, socket, _)) = self.world.net.poll_wake() {
            let now = self.world.net.now();
            for thread in 0..self.threads.len() {
                let Some(Thread { state: State::Waiting(pending), .. }) = self.threads.get(thread) else {
                    continue;
                };
                let (_, Some(handle)) = pending.call.op() else { continue };
                let waits = self.sockets.get(handle.0 as usize);
                if waits.is_some_and(|known| known.host == node && known.socket == socket) {
                    if let Some(event) = self.names.last {
                        // Told as the cause of the call's return.
                        if let Some(Thread { state: State::Waiting(pending), .. }) =
                            self.threads.get_mut(thread)
                        {
                            pending.woken = Some(event);
                        }
                    }
                    self.plan(thread, now);
                }
            }
        }
    }

    /// A thread's turn: its call is tried again, or its next step is taken.
    fn run_thread<S: Sink>(&mut self, at: usize, sink: &mut S) {
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
                let (op, size) = match compound {
                    Compound::RecvExactly(n) => (Op::RecvExactly, Some(n as u64)),
                    Compound::ReadFrame => (Op::ReadFrame, None),
                    Compound::WriteFrame => (Op::WriteFrame, None),
                };
                let args = Args { size, ..Args::default() };
                let parent = self.call_begun(at, Some(handle), op, args, line, None, sink);
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
        let known = socket.and_then(|handle| self.sockets.get(handle.0 as usize)).cloned();
        let socket = known.map(|known| self.names.socket(known.host, known.socket));
        let thread = ThreadId(at as u32);
        let what = What::CallBegun { call, host, thread, socket, op, args, line, parent };
        let event = self.recorder(sink).tell(what);
        (call, event)
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
        let pending = Pending {
            call,
            id,
            begun,
            started: false,
            accepted: 0,
            deadline: None,
            woken: None,
            spread: Vec::new(),
        };
        self.attempt(at, Box::new(pending), sink);
    }

    /// Makes a call, or tries it again.
    fn attempt<S: Sink>(&mut self, at: usize, mut pending: Box<Pending>, sink: &mut S) {
        let Some(program) = self.threads.get(at).map(|thread| thread.program) else { return };
        let host = self.setup.programs.get(program).and_then(|(host, _)| self.world.hosts.get(*host));
        let Some(&host) = host else { return };
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
        let attempt = place.attempt(&mut pending);
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
                if let Some(thread) = self.threads.get_mut(at) {
                    thread.state = State::Waiting(pending);
                }
            }
            Attempt::Done(result) => self.returned(at, &pending, result, sink),
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
        let event = self.recorder(sink).tell(what);
        if let (Some(bytes), (_, Some(handle))) = (received, pending.call.op()) {
            self.names.cause = Some(event);
            self.feed_lane(handle, bytes, sink);
        }
        self.names.cause = None;
        let next = self.now() + self.step_time(at);
        let Some(thread) = self.threads.get_mut(at) else { return };
        match thread.task.resume(result.map(|gave| gave.returned)) {
            None => self.plan(at, next),
            Some(action) => self.act(at, action, None, sink),
        }
    }

    /// Decodes what a socket received, for the frame lane.
    fn feed_lane<S: Sink>(&mut self, handle: Handle, bytes: &[u8], sink: &mut S) {
        let setup = self.setup.clone();
        if matches!(setup.framing, Framing::None | Framing::Datagram) {
            return;
        }
        let Some(known) = self.sockets.get(handle.0 as usize).cloned() else { return };
        let socket = self.names.socket(known.host, known.socket);
        let lane = self.lanes.entry(handle).or_insert_with(|| FrameLane {
            decoder: Decoder::new(&setup.framing, FramingLimits::default()),
            spans: Spans::default(),
            failed: false,
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
            let pending = Pending {
                call: Call::Close(handle),
                id,
                begun,
                started: false,
                accepted: 0,
                deadline: None,
                woken: None,
                spread: Vec::new(),
            };
            // The thread stays over: what its last calls return goes to nobody.
            self.attempt(at, Box::new(pending), sink);
            if let Some(thread) = self.threads.get_mut(at) {
                thread.state = State::Over;
            }
        }
    }
}
