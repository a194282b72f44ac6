//! The stage: a scenario's programs, each thread of them a thread here, calling real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant as Clock};

use framewire::sim::Simulation;
use framewire::sim::program::Task;
use framewire::sim::scenario::Scenario;
use framewire::trace::{Errno, HostId, ProgramId, Trace};

use super::actor;
use super::frames::Frames;
use super::journal::Journal;
use super::plan::Plan;
use super::sockets::Sockets;

/// A blocked call looks so often whether the performance is over.
pub const GLANCE: Duration = Duration::from_millis(20);

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
pub(super) struct Program {
    pub host: usize,
    pub threads: AtomicUsize,
}

/// What all threads share.
pub struct Stage {
    /// The record.
    pub journal: Journal,
    /// Where hosts stand.
    pub plan: Plan,
    /// The sockets of all programs.
    pub sockets: Sockets,
    /// The frames in what they receive.
    pub(super) frames: Frames,
    pub(super) programs: Vec<Program>,
    /// By program: who calls need not wait for it any more.
    pub(super) ready: Vec<AtomicBool>,
    stop: AtomicBool,
    /// Threads that have not ended, and those of them that wait without a time.
    pub(super) alive: AtomicUsize,
    waiting: AtomicUsize,
    /// When something happened last, in nanoseconds.
    last: AtomicU64,
    pub(super) steps: AtomicU64,
    pub(super) overrun: AtomicBool,
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

    /// An address of the scenario as it is here.
    pub fn real(&self, address: SocketAddr) -> Result<SocketAddr, Errno> {
        self.plan.map.real(address).ok_or(Errno::ENETUNREACH)
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
    let ready = plan.waits.iter().map(|waits| AtomicBool::new(!waits)).collect();
    let stage = Arc::new(Stage {
        journal,
        plan,
        ready,
        sockets: Sockets::default(),
        programs: of_host.iter().map(|&(host, _)| Program { host, threads: AtomicUsize::new(0) }).collect(),
        frames: Frames::new(scenario.framing.as_deref()),
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
        joins.push(actor::spawn(&stage, program, task, Some(at), "")?);
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
