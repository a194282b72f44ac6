//! The actors: each thread of each program, making its calls on real sockets and telling what came of them.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant as Clock};

use framewire::sim::program::{Action, Call, Ended, Returned, Task};
use framewire::trace::{
    Args, CallId, Data, Errno, EventId, HostId, Op, Outcome, ProgramId, ThreadId, Transport, What,
};

use super::calls::{self, Gave};
use super::journal::Caller;
use super::sockets::Held;
use super::stage::{GLANCE, Stage};

/// Threads of all programs together.
const MOST_THREADS: usize = 1_000;

/// Begins a thread of `program`, that does `task` from `start` on.
pub(super) fn spawn(
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
                    let (op, args) = compound.told();
                    let socket = handle.and_then(|handle| self.stage.sockets.get(handle)).map(|held| held.id);
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
            self.stage.frames.told(held.id, bytes, |what| {
                self.stage.journal.tell(what, Some(event));
            });
        }
        event
    }
}

fn outcome(ended: &Ended) -> Outcome<'_> {
    match ended {
        Ended::Well(n) => Outcome::Value(*n as i64),
        Ended::Errno(errno) => Outcome::Errno(*errno),
        Ended::Raised(text) => Outcome::Failed(text),
    }
}
