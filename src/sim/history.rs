//! A whole run with its trace, and time travel in it: seek, fork, compare, digest.

use serde::{Deserialize, Serialize};

use super::error::Flaw;
use super::knob::{KnobError, set};
use super::run::{Counter, Simulation, Stop};
use super::scenario::Scenario;
use super::units::Span;
use crate::net::{Action, Match, PacketId as NetPacket, ScriptedAction};
use crate::time::Instant;
use crate::trace::{EventId, Provenance, Record, Sink, Trace, What};

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
    /// Changes a value of the scenario. Impairments of the network (`network.latency`, …) change at `at`; everything else, a
    /// rule to break among it, holds for the whole run.
    Set {
        /// The value's path.
        path: String,
        /// What it becomes, as on the command line.
        value: String,
        /// When: before this event. At the start when missing.
        at: Option<u32>,
    },
}

impl Command {
    /// The command as a line of text, for the trace.
    fn text(&self) -> String {
        match self {
            Command::Drop { packet } => format!("drop packet {packet}"),
            Command::Delay { packet, by } => format!("delay packet {packet} by {by}"),
            Command::Duplicate { packet, by } => format!("duplicate packet {packet} after {by}"),
            Command::Corrupt { packet } => format!("corrupt packet {packet}"),
            Command::Set { path, value, .. } => format!("set {path} = {value}"),
        }
    }

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

/// How many events lie between two keyframes at most.
const KEYFRAME: u32 = 1 << 16;
/// Keyframes that are kept at most: where a run gets longer, every second one is given up.
const KEYFRAMES: usize = 64;

/// A network that changes in the middle of the run: before which event, and how.
#[derive(Clone, Debug)]
struct Change {
    at: u32,
    scenario: Scenario,
    text: String,
}

/// A run that was made to its end: scenario, commands, trace and keyframes.
#[derive(Clone, Debug)]
pub struct Run {
    scenario: Scenario,
    commands: Vec<Command>,
    changes: Vec<Change>,
    trace: Trace,
    keyframes: Vec<(u32, Simulation)>,
    stop: Stop,
}

impl Run {
    /// Runs a scenario to its end, or to one of its limits.
    ///
    /// # Errors
    /// What is wrong with the scenario.
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
        let mut start = scenario.clone();
        let mut changes: Vec<Change> = Vec::new();
        for command in commands {
            let Command::Set { path, value, at } = command else { continue };
            match at.filter(|_| path.starts_with("network.") && !path.starts_with("network.script")) {
                None => start = set(&start, path, value)?,
                Some(at) => {
                    let before = changes.last().map_or(&start, |change| &change.scenario);
                    changes.push(Change { at, scenario: set(before, path, value)?, text: command.text() });
                }
            }
        }
        changes.sort_by_key(|change| change.at);
        let mut trace = Trace::new();
        let mut simulation = Simulation::new(&start, &mut trace)?;
        for command in commands {
            if let Some(action) = command.action() {
                simulation.script(action);
                let text = command.text();
                trace.record(Record::new(
                    Instant::START,
                    Provenance::Modelled,
                    What::Command { text: &text },
                ));
            }
        }
        let mut run = Run {
            scenario: scenario.clone(),
            commands: commands.to_vec(),
            changes,
            trace,
            keyframes: Vec::new(),
            stop: Stop::Quiet,
        };
        run.run(simulation);
        Ok(run)
    }

    fn run(&mut self, mut simulation: Simulation) {
        let mut apart = KEYFRAME;
        let mut next = 0;
        loop {
            let event = self.trace.len() as u32;
            if event >= next {
                self.keyframes.push((event, simulation.clone()));
                if self.keyframes.len() > KEYFRAMES {
                    let mut nth = 0;
                    self.keyframes.retain(|_| {
                        nth += 1;
                        nth % 2 == 1
                    });
                    apart *= 2;
                }
                next = event.saturating_add(apart);
            }
            let before = event;
            if !advance(&mut simulation, &self.changes, before, &mut self.trace) {
                break;
            }
        }
        self.stop = simulation.stopped().unwrap_or(Stop::Quiet);
    }

    /// The scenario, without the commands.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The commands.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// What happened.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What happened, alone.
    pub fn into_trace(self) -> Trace {
        self.trace
    }

    /// Why it is over.
    pub fn stop(&self) -> Stop {
        self.stop
    }

    /// The simulation as it was when `event` had happened, and what else happened in the same step: every endpoint, buffer
    /// and program. `None` only for a run without events.
    pub fn seek(&self, event: EventId) -> Option<Simulation> {
        let at = self.keyframes.partition_point(|(at, _)| *at <= event.0.saturating_add(1));
        let (start, keyframe) = self.keyframes.get(at.saturating_sub(1))?;
        let mut simulation = keyframe.clone();
        let mut counter = Counter(*start);
        while counter.0 <= event.0 && advance(&mut simulation, &self.changes, counter.0, &mut counter) {}
        Some(simulation)
    }

    /// The same run with one more command.
    ///
    /// # Errors
    /// When the command cannot be carried out.
    pub fn fork(&self, command: Command) -> Result<Run, RunError> {
        let mut commands = self.commands.clone();
        commands.push(command);
        Run::new(&self.scenario, &commands)
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
        simulation.set_network(&change.scenario.network);
        sink.record(Record::new(
            simulation.now(),
            Provenance::Modelled,
            What::Command { text: &change.text },
        ));
    }
    simulation.step(sink)
}
