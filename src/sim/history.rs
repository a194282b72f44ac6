//! A whole run with its trace, and time travel in it: seek, fork, compare, digest.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::Flaw;
use super::keyframe::Keyframe;
use super::knob::{KnobError, set};
use super::lab::turns_later;
use super::run::{Counter, Simulation, Stop};
use super::scenario::Scenario;
use super::units::Span;
use crate::net::{Action, Match, PacketId as NetPacket, ScriptedAction};
use crate::time::Instant;
#[cfg(not(target_arch = "wasm32"))]
use crate::trace::courier::{by_courier, has_processors};
use crate::trace::{EventId, Provenance, Record, Sink, Trace, Watched, What};

/// What is done to a run from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Command {
    /// Loses this packet.
    Drop {
        /// Its number in the trace.
        packet: u32,
    },
    /// Holds this packet back.
    Delay {
        /// Its number in the trace.
        packet: u32,
        /// How long.
        by: Span,
    },
    /// Lets this packet arrive twice.
    Duplicate {
        /// Its number in the trace.
        packet: u32,
        /// How long after the first.
        by: Span,
    },
    /// Turns a bit of this packet.
    Corrupt {
        /// Its number in the trace.
        packet: u32,
    },
    /// Changes a value of the scenario. Impairments of the network (`network.latency`, …) and such settings of TCP as change in
    /// the middle of a connection (`tcp.nagle`, …) change at `at`; everything else, a rule to break among it, holds for the
    /// whole run.
    Set {
        /// The value's path.
        path: String,
        /// What it becomes, as on the command line.
        value: String,
        /// When: before this event. At the start when missing.
        at: Option<u32>,
    },
}

impl fmt::Display for Command {
    /// The command as a line of text, for the trace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Drop { packet } => write!(f, "drop packet {packet}"),
            Command::Delay { packet, by } => write!(f, "delay packet {packet} by {by}"),
            Command::Duplicate { packet, by } => write!(f, "duplicate packet {packet} after {by}"),
            Command::Corrupt { packet } => write!(f, "corrupt packet {packet}"),
            Command::Set { path, value, .. } => write!(f, "set {path} = {value}"),
        }
    }
}

impl Command {
    fn action(&self) -> Option<ScriptedAction> {
        let (packet, action) = match self {
            Command::Drop { packet } => (packet, Action::Drop),
            Command::Delay { packet, by } => (packet, Action::Delay(by.0)),
            Command::Duplicate { packet, by } => (packet, Action::Duplicate(by.0)),
            Command::Corrupt { packet } => (packet, Action::Corrupt(None)),
            Command::Set { .. } => return None,
        };
        let matching = Match { packet: Some(NetPacket(*packet)), ..Match::default() };
        Some(ScriptedAction { matching, nth: Some(1), action })
    }
}

/// Why a run could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] super::ScenarioError),
    /// A command's path or value is wrong.
    #[error(transparent)]
    Knob(#[from] KnobError),
}

impl From<Flaw> for RunError {
    fn from(flaw: Flaw) -> Self {
        RunError::Scenario(flaw.into())
    }
}

/// How many events lie between two keyframes at most: so many are made again in a few milliseconds.
const KEYFRAME: u32 = 1 << 16;
/// There is room in the trace for so many events before it grows for the first time.
const EVENTS: usize = 2048;
/// There is room at most for what so many segments make happen.
const SEGMENTS: u64 = 1 << 17;
/// Runs of so many segments are long: they take milliseconds.
#[cfg(not(target_arch = "wasm32"))]
const LONG: u64 = 4000;
/// Keyframes that are kept at most: where a run gets longer, every second one is given up.
const KEYFRAMES: usize = 128;

/// A scenario that changes in the middle of the run: before which event, and how.
#[derive(Clone, Debug)]
struct Change {
    at: u32,
    scenario: Scenario,
    text: String,
}

/// What makes a run: the scenario, what is done to it, and the changes in its middle that come of it.
#[derive(Clone, Debug)]
struct Plan {
    scenario: Scenario,
    commands: Vec<Command>,
    changes: Vec<Change>,
}

/// A run that is being made: a slice of work at a time, so that a page stays alive beside it.
///
/// ```
/// use framewire::sim::{Run, Runner, builtin};
///
/// let scenario = builtin("hello-tcp").expect("it is built in");
/// let mut runner = Runner::new(&scenario, &[])?;
/// while runner.advance(10) {
///     // Here the page draws, or somebody gives up.
/// }
/// assert_eq!(runner.finish().digest(), Run::new(&scenario, &[])?.digest());
/// # Ok::<(), framewire::sim::RunError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Runner {
    course: Course,
    trace: Trace,
}

/// A run without what it is recorded in.
#[derive(Clone, Debug)]
struct Course {
    plan: Plan,
    simulation: Simulation,
    keyframes: Vec<Keyframe>,
    /// How a keyframe is taken, where any are: the page takes none, and so need not carry the code for it.
    take: Option<fn(&mut Simulation, &Trace) -> Keyframe>,
    /// Events between two keyframes.
    apart: u32,
    /// The event before which the next keyframe is taken.
    next: u32,
}

impl Runner {
    /// The beginning of a run: who is there is recorded, nothing has happened.
    ///
    /// # Errors
    /// What is wrong with the scenario or a command.
    pub fn new(scenario: &Scenario, commands: &[Command]) -> Result<Runner, RunError> {
        let mut start = scenario.clone();
        let mut changes: Vec<Change> = Vec::new();
        for command in commands {
            let Command::Set { path, value, at } = command else { continue };
            match at.filter(|_| turns_later(path)) {
                None => start = set(&start, path, value)?,
                Some(at) => {
                    let before = changes.last().map_or(&start, |change| &change.scenario);
                    changes.push(Change {
                        at,
                        scenario: set(before, path, value)?,
                        text: command.to_string(),
                    });
                }
            }
        }
        changes.sort_by_key(|change| change.at);
        let mut trace = Trace::with_capacity(EVENTS, EVENTS / 8, EVENTS / 2);
        let mut simulation = Simulation::new(&start, &mut trace)?;
        trace.expect(simulation.segments_to_send().min(SEGMENTS) as usize);
        for command in commands {
            if let Some(action) = command.action() {
                simulation.script(action);
                let text = command.to_string();
                trace.record(Record::new(
                    Instant::START,
                    Provenance::Modelled,
                    What::Command { text: &text },
                ));
            }
        }
        let plan = Plan { scenario: scenario.clone(), commands: commands.to_vec(), changes };
        let keyframes = Vec::new();
        let course = Course { plan, simulation, keyframes, take: None, apart: KEYFRAME, next: 0 };
        Ok(Runner { course, trace })
    }

    /// Keeps the simulation as it is now and then, so that [`Run::seek`] is quick.
    #[must_use]
    pub fn with_keyframes(mut self) -> Runner {
        self.course.take = Some(Keyframe::take);
        self
    }

    /// Lets the next `steps` things happen, fewer at the end; false when the run is over.
    pub fn advance(&mut self, steps: u32) -> bool {
        (0..steps).all(|_| self.course.step(&mut self.trace))
    }

    /// Lets everything happen.
    fn run(mut self) -> Runner {
        #[cfg(not(target_arch = "wasm32"))]
        if self.course.is_worth_two_threads() {
            let Runner { course, trace } = &mut self;
            (*trace, _) = by_courier(std::mem::take(trace), |courier| while course.step(courier) {});
        }
        while self.advance(u32::MAX) {}
        self
    }

    /// What has happened so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Now, in virtual time.
    pub fn now(&self) -> Instant {
        self.course.simulation.now()
    }

    /// The run; where it is not over yet, as far as it has come.
    pub fn finish(self) -> Run {
        let Course { plan, simulation, keyframes, .. } = self.course;
        let stop = simulation.stopped().unwrap_or(Stop::Quiet);
        Run { plan, trace: Arc::new(self.trace.within_its_room()), keyframes, stop }
    }
}

impl Course {
    /// Whether it is long enough for its trace to be written by a thread of its own, and there is a processor for that.
    #[cfg(not(target_arch = "wasm32"))]
    fn is_worth_two_threads(&self) -> bool {
        self.simulation.segments_to_send() >= LONG && has_processors()
    }

    /// The next thing, with the changes that are due before it; false when the run is over.
    #[inline]
    fn step<S: Watched>(&mut self, sink: &mut S) -> bool {
        let event = sink.next_event().0;
        if event >= self.next {
            self.keep(event, sink);
        }
        advance(&mut self.simulation, &self.plan.changes, event, sink)
    }

    /// Takes a keyframe; where there are too many, every second one is given up.
    #[inline(never)]
    fn keep<S: Watched>(&mut self, event: u32, sink: &mut S) {
        self.next = event.saturating_add(self.apart);
        let Some(take) = self.take else { return };
        self.keyframes.push(sink.look(|trace| take(&mut self.simulation, trace)));
        if self.keyframes.len() > KEYFRAMES {
            let mut nth = 0;
            self.keyframes.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.apart *= 2;
        }
    }
}

/// A run that was made to its end: scenario, commands, trace and keyframes.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Plan,
    trace: Arc<Trace>,
    keyframes: Vec<Keyframe>,
    stop: Stop,
}

impl Run {
    /// Runs a scenario to its end, or to one of its limits.
    ///
    /// # Errors
    /// What is wrong with the scenario or a command.
    ///
    /// ```
    /// use framewire::sim::{Command, Run, builtin};
    ///
    /// let run = Run::new(&builtin("hello-tcp").expect("it is built in"), &[])?;
    /// assert_eq!(run.trace().connections().len(), 1);
    /// let fork = run.fork(Command::Drop { packet: 0 })?;
    /// assert!(fork.trace().end_time() > run.trace().end_time());
    /// # Ok::<(), framewire::sim::RunError>(())
    /// ```
    pub fn new(scenario: &Scenario, commands: &[Command]) -> Result<Run, RunError> {
        Ok(Runner::new(scenario, commands)?.with_keyframes().run().finish())
    }

    /// The scenario, without the commands.
    pub fn scenario(&self) -> &Scenario {
        &self.plan.scenario
    }

    /// The commands.
    pub fn commands(&self) -> &[Command] {
        &self.plan.commands
    }

    /// What happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What happened, to be kept beside the run without a copy.
    pub fn shared_trace(&self) -> Arc<Trace> {
        self.trace.clone()
    }

    /// What happened, alone.
    pub fn into_trace(self) -> Trace {
        Arc::unwrap_or_clone(self.trace)
    }

    /// Why it is over.
    pub fn stop(&self) -> Stop {
        self.stop
    }

    /// The simulation as it was when `event` had happened, and what else happened in the same step: every endpoint, buffer
    /// and program. `None` for a run without keyframes.
    pub fn seek(&self, event: EventId) -> Option<Simulation> {
        let at = self.keyframes.partition_point(|keyframe| keyframe.before <= event.0.saturating_add(1));
        let keyframe = self.keyframes.get(at.saturating_sub(1))?;
        let mut simulation = keyframe.simulation(&self.trace);
        let mut counter = Counter(keyframe.before);
        while counter.0 <= event.0 && advance(&mut simulation, &self.plan.changes, counter.0, &mut counter) {}
        Some(simulation)
    }

    /// As [`Run::seek`], by time: everything up to `time` has happened. `None` before the first event.
    pub fn seek_time(&self, time: Instant) -> Option<Simulation> {
        self.seek(self.trace.last_event_at(time)?)
    }

    /// The same run with one more command.
    ///
    /// # Errors
    /// When the command cannot be carried out.
    pub fn fork(&self, command: Command) -> Result<Run, RunError> {
        let mut commands = self.plan.commands.clone();
        commands.push(command);
        Run::new(&self.plan.scenario, &commands)
    }

    /// A number that two runs share only when every event is the same, to the octet: natively and in WASM, for ever.
    pub fn digest(&self) -> u64 {
        digest(&self.trace)
    }
}

/// A number made of everything that a trace holds (FNV-1a, 64 bits, over its file).
pub fn digest(trace: &Trace) -> u64 {
    crate::trace::write(trace)
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &octet| (hash ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3))
}

/// One step, with the changes that are due before it.
fn advance<S: Sink>(simulation: &mut Simulation, changes: &[Change], before: u32, sink: &mut S) -> bool {
    let done = simulation.changes_made();
    if let Some(change) = changes.get(done).filter(|change| change.at <= before) {
        simulation.retune(&change.scenario, &change.text, sink);
    }
    simulation.step(sink)
}
