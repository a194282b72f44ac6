//! The simulation: what happens next, one thing at a time. A clone of it is a keyframe.

mod turns;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::IpAddr;
use std::sync::Arc;

use super::calls::{Pending, Socket};
use super::recorder::{Names, Recorder};
use super::stop::Stop;
use super::world::World;
use crate::framing::{Decoder, Framing, Spans};
use crate::sim::check::{self, addresses};
use crate::sim::error::Flaw;
use crate::sim::program::code::{Op, Source};
use crate::sim::program::{Code, Task};
use crate::sim::scenario::{Limits, Scenario};
use crate::time::{Duration, Instant};
use crate::trace::{CallId, EventId, HostId, Limit, ProgramId, Sink, ThreadId, What};

/// The time that a step takes on a host that does not say.
const STEP_TIME: Duration = Duration::from_micros(10);

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
    Waiting(Pending),
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
    /// By handle: what decodes the socket's stream, once it has received some of it.
    lanes: Vec<Option<Box<FrameLane>>>,
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
            lanes: Vec::new(),
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

    /// About how many segments the programs will send: what their steps say, without what they repeat or echo, and no more than the
    /// limit of events leaves time for.
    pub(crate) fn segments_to_send(&self) -> u64 {
        let steps = self.setup.programs.iter().flat_map(|(_, code)| &code.instrs);
        let octets = steps.map(|instr| match &instr.op {
            Op::Send(_, Source::Literal(payload)) | Op::SendAll(_, Source::Literal(payload)) => payload.len,
            _ => 0,
        });
        (octets.fold(0, u64::saturating_add) / 1460).min(self.setup.limits.events / 20)
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

    /// The network, for what nobody is told of.
    pub(crate) fn net_mut(&mut self) -> &mut crate::net::Network {
        &mut self.world.net
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

    /// Takes over what a changed scenario's network does to packets, and how its hosts' TCP is set, from now on. `text` tells
    /// what was changed.
    pub(crate) fn retune<S: Sink>(&mut self, changed: &Scenario, text: &str, sink: &mut S) {
        self.names.now = self.world.net.now();
        self.names.cause = None;
        let told = self.recorder(sink).tell(What::Command { text });
        (self.names.cause, self.names.last) = (Some(told), Some(told));
        let mut recorder = Recorder { names: &mut self.names, sink };
        self.world.retune(changed, &mut recorder);
        recorder.tell_rule();
        self.changes += 1;
        self.wake();
    }

    /// How often the scenario was changed.
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
        self.recorder(sink).tell_rule();
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
                let Some(handle) = pending.call.handle() else { continue };
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
}
