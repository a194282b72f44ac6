//! The stage: a scenario's programs, each thread of them a thread here, calling real sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Clock};

use framewire::framing::Framing;
use framewire::sim::Simulation;
use framewire::sim::program::{Action, Call, Compound, Ended, Returned, Task};
use framewire::sim::scenario::Scenario;
use framewire::trace::{
    Args, CallId, Data, Errno, EventId, HostId, Op, Outcome, ProgramId, SocketId, ThreadId, Trace, Transport,
    What,
};

use super::calls::{self, Gave};
use super::journal::{Caller, Journal};
use super::plan::Plan;
use super::sockets::{Held, Sockets};
use crate::record::frames::Lane;

/// A blocked call looks so often whether the performance is over.
pub const GLANCE: Duration = Duration::from_millis(20);
/// Threads of all programs together.
const MOST_THREADS: usize = 1_000;

/// How a performance came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All programs have ended.
    Over,
    /// Those left wait for what nobody sends.
    Quiet,
    /// It took too long, or too many steps or threads.
    Limit,
}

/// A program that runs.
struct Program {
    host: usize,
    threads: AtomicUsize,
}

/// What all threads share.
pub struct Stage {
    /// The record.
    pub journal: Journal,
    /// Where hosts stand.
    pub plan: Plan,
    /// The sockets of all programs.
    pub sockets: Sockets,
    programs: Vec<Program>,
    /// By program: who calls need not wait for it any more.
    ready: Vec<AtomicBool>,
    lanes: Mutex<Vec<(SocketId, Lane)>>,
    framing: Option<(Framing, String)>,
    stop: AtomicBool,
    /// Threads that have not ended, and those of them that wait without a time.
    alive: AtomicUsize,
    waiting: AtomicUsize,
    /// When something happened last, in nanoseconds.
    last: AtomicU64,
    steps: AtomicU64,
    overrun: AtomicBool,
}

impl Stage {
    /// True once everybody is to go home.
    pub fn stopped(&self) -> bool {
        self.stop.load(SeqCst)
    }

    /// Something happened.
    pub fn stir(&self) {
        self.last.store(self.journal.now().as_nanos(), SeqCst);
    }

    /// Waits through `look`, which is asked again and again until it gives something; `None` when the stage closes. A wait
    /// without a time is one that the performance does not wait for.
    pub fn wait<T>(&self, timed: bool, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        if !timed {
            self.waiting.fetch_add(1, SeqCst);
        }
        let found = loop {
            if let Some(found) = look() {
                break Some(found);
            }
            if self.stopped() {
                break None;
            }
        };
        if !timed {
            self.waiting.fetch_sub(1, SeqCst);
        }
        self.stir();
        found
    }
}

/// Performs a plan; `settle` is how long nothing may happen before those that wait are taken to wait for ever.
///
/// # Errors
/// When the scenario is wrong after all, or a thread cannot be made.
pub fn perform(
    plan: Plan,
    journal: Journal,
    limit: Duration,
    settle: Duration,
) -> anyhow::Result<(Journal, Plan, Ending)> {
    let scenario = plan.scenario.clone();
    let simulation = Simulation::new(&scenario, &mut Trace::new())
        .map_err(|flaw| anyhow::anyhow!(framewire::sim::ScenarioError::from(flaw).to_string()))?;
    let tasks: Vec<(usize, Task)> =
        simulation.tasks().map(|(program, task)| (program, task.clone())).collect();
    let hosts: Vec<HostId> = (scenario.hosts.iter().enumerate())
        .map(|(h, host)| journal.host(&host.name, plan.map.host(h).into()))
        .collect();
    let of_host = scenario
        .hosts
        .iter()
        .enumerate()
        .flat_map(|(h, host)| host.programs.iter().map(move |p| (h, p.start)));
    let of_host: Vec<_> = of_host.collect();
    let framing = scenario.framing.as_deref().and_then(|name| Some((name.parse().ok()?, name.to_owned())));
    let ready = plan.waits.iter().map(|waits| AtomicBool::new(!waits)).collect();
    let stage = Arc::new(Stage {
        journal,
        plan,
        ready,
        sockets: Sockets::default(),
        programs: of_host.iter().map(|&(host, _)| Program { host, threads: AtomicUsize::new(0) }).collect(),
        lanes: Mutex::default(),
        framing: framing.filter(|(framing, _)| !matches!(framing, Framing::None | Framing::Datagram)),
        stop: AtomicBool::new(false),
        alive: AtomicUsize::new(0),
        waiting: AtomicUsize::new(0),
        last: AtomicU64::new(0),
        steps: AtomicU64::new(0),
        overrun: AtomicBool::new(false),
    });
    for ((program, task), (host, _)) in tasks.iter().zip(&of_host) {
        let host = hosts.get(*host).copied().unwrap_or(HostId(0));
        let code = task.code();
        stage.journal.program(ProgramId(*program as u32), host, &code.name, &code.source);
    }
    let begin = Clock::now();
    let mut joins = Vec::new();
    for ((program, task), (_, start)) in tasks.into_iter().zip(of_host) {
        let at = begin + Duration::from_nanos(start.unwrap_or_default().0.as_nanos());
        joins.push(spawn(&stage, program, task, Some(at), "")?);
    }
    let ending = watch(&stage, &scenario, begin, limit, settle);
    stage.stop.store(true, SeqCst);
    for join in joins {
        let _ = join.join();
    }
    // Threads that threads made: they look at the switch as often as the others.
    let until = Clock::now() + Duration::from_secs(2);
    while stage.alive.load(SeqCst) > 0 && Clock::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    stage.sockets.close_all();
    // The last packets are on their way to whoever hears them.
    std::thread::sleep(Duration::from_millis(30));
    let stage = Arc::into_inner(stage).ok_or_else(|| anyhow::anyhow!("a program's thread does not end"))?;
    Ok((stage.journal, stage.plan, ending))
}

/// Waits for the end.
fn watch(stage: &Stage, scenario: &Scenario, begin: Clock, limit: Duration, settle: Duration) -> Ending {
    loop {
        std::thread::sleep(Duration::from_millis(5));
        stage.journal.settle();
        let alive = stage.alive.load(SeqCst);
        if alive == 0 {
            return Ending::Over;
        }
        let silent = stage.journal.now().as_nanos().saturating_sub(stage.last.load(SeqCst));
        if stage.waiting.load(SeqCst) >= alive && u128::from(silent) > settle.as_nanos() {
            return Ending::Quiet;
        }
        let steps = stage.steps.load(SeqCst) > scenario.limits.steps;
        if steps || stage.overrun.load(SeqCst) || begin.elapsed() > limit {
            return Ending::Limit;
        }
    }
}

fn spawn(
    stage: &Arc<Stage>,
    program: usize,
    task: Task,
    start: Option<Clock>,
    name: &str,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    let host = HostId(stage.programs.get(program).map_or(0, |program| program.host as u16));
    let thread = stage.journal.thread(host, ProgramId(program as u32), name);
    if let Some(of) = stage.programs.get(program) {
        of.threads.fetch_add(1, SeqCst);
    }
    stage.alive.fetch_add(1, SeqCst);
    let shared = stage.clone();
    let spawned = std::thread::Builder::new().name("program".to_owned()).spawn(move || {
        let mut actor = Actor { stage: shared, program, host, thread, parent: None };
        if start.is_none_or(|at| actor.sleep_until(at) && actor.may_call()) {
            actor.play(task);
        }
        actor.leave();
    });
    if spawned.is_err() {
        stage.alive.fetch_sub(1, SeqCst);
    }
    spawned
}

/// A thread of a program.
struct Actor {
    stage: Arc<Stage>,
    program: usize,
    host: HostId,
    thread: ThreadId,
    /// The compound call that it is in.
    parent: Option<(CallId, EventId)>,
}

impl Actor {
    /// False when the stage closed meanwhile.
    fn sleep_until(&self, at: Clock) -> bool {
        self.stage
            .wait(true, || {
                let left = at.saturating_duration_since(Clock::now());
                std::thread::sleep(left.min(GLANCE));
                (left <= GLANCE).then_some(())
            })
            .is_some()
    }

    /// However slow the machine is: those who call begin when those who wait to be called are ready. False when the stage
    /// closed meanwhile.
    fn may_call(&self) -> bool {
        let waits = self.stage.plan.waits.get(self.program).copied().unwrap_or(false);
        let all_ready = || self.stage.ready.iter().all(|ready| ready.load(SeqCst));
        let look = || {
            let may = waits || all_ready();
            if !may {
                std::thread::sleep(Duration::from_millis(1));
            }
            may.then_some(())
        };
        self.stage.wait(true, look).is_some()
    }

    /// Nobody need wait for this program any more.
    fn ready(&self) {
        if let Some(ready) = self.stage.ready.get(self.program) {
            ready.store(true, SeqCst);
        }
    }

    fn caller(&self, line: Option<u32>) -> Caller {
        Caller { host: self.host, thread: self.thread, line, parent: self.parent.map(|(call, _)| call) }
    }

    fn play(&mut self, mut task: Task) {
        let mut told: Option<Action> = None;
        loop {
            if self.stage.stopped() {
                return;
            }
            self.stage.steps.fetch_add(1, SeqCst);
            self.stage.stir();
            let line = Some(task.line()).filter(|line| *line > 0);
            let action = told.take().unwrap_or_else(|| task.step());
            match action {
                Action::Call(Call::Sleep(framewire::time::Duration::ZERO)) => {
                    told = task.resume(Ok(Returned::Nothing));
                }
                Action::Call(call) => match self.call(&call, line) {
                    Some(result) => told = task.resume(result),
                    None => return,
                },
                Action::Begin(handle, compound) => {
                    let (op, size) = match compound {
                        Compound::RecvExactly(n) => (Op::RecvExactly, Some(n as u64)),
                        Compound::ReadFrame => (Op::ReadFrame, None),
                        Compound::WriteFrame => (Op::WriteFrame, None),
                    };
                    let socket = self.stage.sockets.get(handle).map(|held| held.id);
                    let args = Args { size, ..Args::default() };
                    self.parent = Some(self.stage.journal.begun(self.caller(line), socket, op, args));
                }
                Action::End(ended) => {
                    if let Some(begun) = self.parent.take() {
                        self.stage.journal.ended(begun, outcome(&ended));
                    }
                }
                Action::Spawn(task) => self.spawn(*task),
                Action::Print(text) => drop(self.stage.journal.tell(What::Note { text: &text }, None)),
                Action::Done(ended) => return self.traceback(&ended),
            }
        }
    }

    fn spawn(&self, task: Task) {
        let full = self.stage.alive.load(SeqCst) >= MOST_THREADS;
        if full || spawn(&self.stage, self.program, task, None, "serve").is_err() {
            self.stage.overrun.store(true, SeqCst);
        }
    }

    fn traceback(&self, ended: &Ended) {
        let text = match ended {
            Ended::Well(_) => return,
            Ended::Errno(errno) => {
                format!("Traceback: OSError: [Errno {}] {}", errno.0, errno.text().unwrap_or_default())
            }
            Ended::Raised(text) => format!("Traceback: {text}"),
        };
        self.stage.journal.tell(What::Note { text: &text }, None);
    }

    /// The thread ends; with a program's last one the system closes what it has left open.
    fn leave(mut self) {
        let last = self.stage.programs.get(self.program).is_some_and(|p| p.threads.fetch_sub(1, SeqCst) == 1);
        if last {
            self.ready();
        }
        if last && !self.stage.stopped() {
            for handle in self.stage.sockets.of_program(self.program) {
                let args = Args { text: "exit", ..Args::default() };
                self.parent = None;
                self.make(&Call::Close(handle), args, None);
            }
        }
        self.stage.stir();
        self.stage.alive.fetch_sub(1, SeqCst);
    }

    /// Makes a call; `None` when the stage closed before it returned.
    fn call(&mut self, call: &Call, line: Option<u32>) -> Option<Result<Returned, Errno>> {
        let map = &self.stage.plan.map;
        let mut args = call.args(|to| map.real(to).unwrap_or(to));
        if let Call::Bind(_, port) = call {
            args.size = Some(u64::from(*port));
        }
        self.make(call, args, line)
    }

    fn make(&mut self, call: &Call, args: Args<'_>, line: Option<u32>) -> Option<Result<Returned, Errno>> {
        let (op, handle) = call.op();
        let held = handle.and_then(|handle| self.stage.sockets.get(handle));
        let id = held.as_ref().map(|held| held.id);
        let (call_id, begun) = self.stage.journal.begun(self.caller(line), id, op, args);
        let result = match call {
            Call::Sleep(time) => {
                let at = Clock::now() + Duration::from_nanos(time.as_nanos());
                self.sleep_until(at).then_some(Ok(Gave::nothing()))
            }
            _ => calls::make(&self.stage, (self.host, self.program), held.as_deref(), call),
        }?;
        let returned = self.returned(call_id, begun, held.as_deref(), &result);
        let udp = held.as_ref().is_some_and(|held| held.transport == Transport::Udp);
        if op == Op::Listen || (op == Op::Bind && udp) {
            self.ready();
        }
        if let (Some(held), false) = (&held, op == Op::Close) {
            self.stage.journal.sample(held.id, &held.socket, returned);
        }
        Some(result.map(|gave| gave.returned))
    }

    fn returned(
        &self,
        call: CallId,
        begun: EventId,
        held: Option<&Held>,
        result: &Result<Gave, Errno>,
    ) -> EventId {
        let (mut outcome, mut data, mut address, mut socket) = (Outcome::Value(0), Data::NONE, None, None);
        match result {
            Err(errno) => outcome = Outcome::Errno(*errno),
            Ok(gave) => match &gave.returned {
                Returned::Nothing => {}
                Returned::Socket(handle) | Returned::Accepted(handle, _) => {
                    outcome = Outcome::Value(i64::from(handle.0) + 3);
                    socket = self.stage.sockets.get(*handle).map(|held| held.id);
                    if let Returned::Accepted(_, peer) = &gave.returned {
                        address = Some(*peer);
                    }
                }
                Returned::Count(n) => outcome = Outcome::Value(*n as i64),
                Returned::Data(bytes) => {
                    (outcome, data) = (Outcome::Value(bytes.len() as i64), Data::Bytes(bytes))
                }
                Returned::Datagram(bytes, from) => {
                    (outcome, data, address) =
                        (Outcome::Value(bytes.len() as i64), Data::Bytes(bytes), Some(*from));
                }
            },
        }
        let truncated = result.as_ref().map_or(0, |gave| gave.truncated);
        let what = What::CallReturned { call, outcome, data, address, socket, truncated };
        let event = self.stage.journal.tell(what, Some(begun));
        if let (Some(held), Ok(Gave { returned: Returned::Data(bytes), .. })) = (held, result) {
            self.stage.frames(held.id, bytes, event);
        }
        event
    }
}

impl Stage {
    /// Tells of the frames that these received bytes complete.
    fn frames(&self, socket: SocketId, bytes: &[u8], cause: EventId) {
        let Some((framing, name)) = &self.framing else { return };
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let at = lanes.iter().position(|(of, _)| *of == socket).unwrap_or_else(|| {
            lanes.push((socket, Lane::new(framing)));
            lanes.len() - 1
        });
        let Some((_, lane)) = lanes.get_mut(at) else { return };
        lane.feed(bytes, |found| {
            let (start, end, roles, error) = (found.start, found.end, found.roles, found.error);
            let what = What::FrameDecoded { socket, sent: false, framing: name, start, end, roles, error };
            self.journal.tell(what, Some(cause));
        });
    }

    /// An address of the scenario as it is here.
    pub fn real(&self, address: SocketAddr) -> Result<SocketAddr, Errno> {
        self.plan.map.real(address).ok_or(Errno::ENETUNREACH)
    }
}

fn outcome(ended: &Ended) -> Outcome<'_> {
    match ended {
        Ended::Well(n) => Outcome::Value(*n as i64),
        Ended::Errno(errno) => Outcome::Errno(*errno),
        Ended::Raised(text) => Outcome::Failed(text),
    }
}
