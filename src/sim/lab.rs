//! A scenario under somebody's hands: what was changed, change by change, each of which can be taken back.

use super::error::{Flaw, ScenarioError};
use super::history::Command;
use super::knob::{KnobError, set};
use super::knobs::with_break;
use super::locate::{Path, Segment, locate};
use super::scenario::{Break, Scenario, ScriptedAction};
use crate::time::Instant;

/// One thing that was changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A knob was turned.
    Knob {
        /// Its path, for [`set`].
        path: String,
        /// What it became.
        value: String,
    },
    /// A knob was turned in the middle of the run. No scenario can say that: it is a [`Command`] beside it.
    Later {
        /// Its path.
        path: String,
        /// What it became.
        value: String,
        /// Before which event of the run.
        event: u32,
        /// When that was.
        time: Instant,
    },
    /// A rule was broken, or kept that the scenario breaks.
    Rule {
        /// The rule.
        rule: Break,
        /// The host that breaks it; all when missing.
        host: Option<String>,
        /// Broken or kept.
        broken: bool,
    },
    /// Something is done to a packet.
    Packet(ScriptedAction),
    /// What the scenario itself does to a packet is left out.
    Spare(ScriptedAction),
    /// The text was edited; what had been changed before stands in it.
    Text {
        /// What the text says.
        scenario: Box<Scenario>,
        /// The changes that it took up.
        before: Vec<Change>,
    },
}

/// A scenario, the changes made to it, and what comes of both.
///
/// ```
/// use framewire::sim::{Lab, builtin};
///
/// let mut lab = Lab::new(builtin("hello-tcp").expect("it is built in"));
/// lab.turn("network.latency", Some("300ms"))?;
/// assert_eq!(lab.scenario().network.latency.map(|l| l.to_string()).as_deref(), Some("300ms"));
/// lab.undo(0)?;
/// assert_eq!(lab.scenario(), lab.base());
/// # Ok::<(), framewire::sim::KnobError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Lab {
    base: Scenario,
    changes: Vec<Change>,
    now: Scenario,
}

impl Lab {
    /// A scenario that nobody has touched.
    pub fn new(base: Scenario) -> Lab {
        Lab { now: base.clone(), base, changes: Vec::new() }
    }

    /// The scenario as it was opened.
    pub fn base(&self) -> &Scenario {
        &self.base
    }

    /// The scenario with all changes.
    pub fn scenario(&self) -> &Scenario {
        &self.now
    }

    /// What was changed, in its order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Turns a knob, or turns it back (`None`) to what the scenario said.
    ///
    /// # Errors
    /// A value that the scenario cannot have there; nothing is changed then.
    pub fn turn(&mut self, path: &str, value: Option<&str>) -> Result<(), KnobError> {
        let mut changes =
            self.without(|change| matches!(change, Change::Knob { path: known, .. } if known == path));
        let before = self.apply(&changes)?;
        self.now = match value {
            Some(value) => {
                let change = Change::Knob { path: path.to_owned(), value: value.to_owned() };
                let after = apply(&before, &change)?;
                // Back where it was: no change at all.
                if !same(&after, &before) {
                    changes.push(change);
                }
                after
            }
            None => before,
        };
        self.changes = changes;
        Ok(())
    }

    /// Turns a knob from an event of the run on; without a value, takes back all such turns of this knob.
    ///
    /// # Errors
    /// A knob that holds for the whole run (see [`turns_later`]), or a value that the scenario cannot have there; nothing is changed
    /// then.
    pub fn turn_later(
        &mut self,
        path: &str,
        value: Option<&str>,
        event: u32,
        time: Instant,
    ) -> Result<(), KnobError> {
        if !turns_later(path) {
            let why = "it holds for the whole run".to_owned();
            return Err(KnobError::Path { path: path.to_owned(), why });
        }
        let gone = |change: &Change| {
            let here = |at: u32| value.is_none() || at == event;
            matches!(change, Change::Later { path: known, event: at, .. } if known == path && here(*at))
        };
        let mut changes = self.without(gone);
        if let Some(value) = value {
            set(&self.now, path, value)?;
            changes.push(Change::Later { path: path.to_owned(), value: value.to_owned(), event, time });
        }
        self.take(changes)
    }

    /// What is done to a run of the scenario from outside, in the order of the run.
    pub fn commands(&self) -> Vec<Command> {
        let later = |change: &Change| match change {
            Change::Later { path, value, event, .. } => {
                Some(Command::Set { path: path.clone(), value: value.clone(), at: Some(*event) })
            }
            _ => None,
        };
        let mut all: Vec<Command> = Vec::new();
        for command in self.changes.iter().filter_map(later) {
            let place = all.partition_point(|known| at_of(known) <= at_of(&command));
            all.insert(place, command);
        }
        all
    }

    /// The scenario as it is from an event of the run on.
    pub fn scenario_at(&self, event: u32) -> Scenario {
        let due = self.commands().into_iter().filter(|command| at_of(command) <= event);
        due.fold(self.now.clone(), |scenario, command| match command {
            Command::Set { path, value, .. } => set(&scenario, &path, &value).unwrap_or(scenario),
            _ => scenario,
        })
    }

    /// Breaks a rule or keeps it, for one host or for all.
    ///
    /// # Errors
    /// None is known: a scenario stays right under every rule.
    pub fn switch(&mut self, rule: Break, host: Option<&str>, broken: bool) -> Result<(), KnobError> {
        let host = host.map(str::to_owned);
        let mut changes = self.without(
            |change| matches!(change, Change::Rule { rule: r, host: h, .. } if *r == rule && *h == host),
        );
        if breaks(&self.apply(&changes)?, rule, host.as_deref()) != broken {
            changes.push(Change::Rule { rule, host, broken });
        }
        self.take(changes)
    }

    /// Does something to a packet.
    ///
    /// # Errors
    /// An action that the scenario cannot have.
    pub fn act(&mut self, action: ScriptedAction) -> Result<(), KnobError> {
        let mut changes = self.changes.clone();
        if !changes.iter().any(|change| matches!(change, Change::Packet(known) if *known == action)) {
            changes.push(Change::Packet(action));
        }
        self.take(changes)
    }

    /// What the scenario does to packets by itself, each with whether it still does.
    pub fn script(&self) -> Vec<(ScriptedAction, bool)> {
        let ours = |action: &ScriptedAction| {
            self.changes.iter().any(|change| matches!(change, Change::Packet(known) if known == action))
        };
        let kept = self.now.network.script.iter().filter(|action| !ours(action)).cloned();
        let mut all: Vec<(ScriptedAction, bool)> = kept.map(|action| (action, true)).collect();
        // In the order of the text, and what is left out among it.
        for action in self.changes.iter().filter_map(|change| match change {
            Change::Spare(action) => Some(action),
            _ => None,
        }) {
            let at = self.base.network.script.iter().position(|known| known == action);
            all.insert(at.unwrap_or(all.len()).min(all.len()), (action.clone(), false));
        }
        all
    }

    /// Leaves out what the scenario does to a packet, or (`kept`) lets it be done again.
    ///
    /// # Errors
    /// When a later change needs it; nothing is changed then.
    pub fn spare(&mut self, action: &ScriptedAction, kept: bool) -> Result<(), KnobError> {
        let mut changes = self.without(|change| matches!(change, Change::Spare(known) if known == action));
        if !kept {
            changes.push(Change::Spare(action.clone()));
        }
        self.take(changes)
    }

    /// Takes a text in place of the scenario: the whole (an empty path), or the value at `path`.
    ///
    /// # Errors
    /// What is wrong, at its line and column of `text`; nothing is changed then.
    pub fn edit(&mut self, text: &str, path: &Path) -> Result<(), ScenarioError> {
        let scenario = self.edited(text, path)?;
        if same(&scenario, &self.now) {
            return Ok(());
        }
        // What happens in the middle of the run does not stand in the text.
        let all = std::mem::take(&mut self.changes).into_iter();
        let (later, before) = all.partition(|change| matches!(change, Change::Later { .. }));
        self.now = scenario.clone();
        self.changes = vec![Change::Text { scenario: Box::new(scenario), before }];
        self.changes.extend::<Vec<Change>>(later);
        Ok(())
    }

    /// What `text` at `path` would make of the scenario.
    ///
    /// # Errors
    /// What is wrong, at its line and column of `text`.
    pub fn edited(&self, text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
        if path.0.is_empty() {
            return Scenario::from_json(text);
        }
        // A part is no scenario of its own: it is read where it stands, and the place is told within it.
        super::scenario::json::Json::read(text).map_err(|error| ScenarioError::from_json(text, &error))?;
        let whole = self.now.to_json();
        let range = locate(&whole, path);
        let (before, after) = (whole.get(..range.start), whole.get(range.end..));
        let changed = [before.unwrap_or_default(), text, after.unwrap_or_default()].concat();
        Scenario::from_json(&changed).map_err(|error| error.within(text, &changed, range.start))
    }

    /// The text of the scenario, or of the value at `path`.
    pub fn text(&self, path: &Path) -> String {
        let whole = self.now.to_json();
        if path.0.is_empty() {
            return whole;
        }
        let range = locate(&whole, path);
        let line = whole.get(..range.start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        let unindent = ["\n", &" ".repeat(indent)].concat();
        whole.get(range).unwrap_or_default().replace(&unindent, "\n")
    }

    /// The programs: their host's name, their own, and where their steps stand.
    pub fn programs(&self) -> Vec<(String, String, Path)> {
        let mut all = Vec::new();
        for (h, host) in self.now.hosts.iter().enumerate() {
            for (p, program) in host.programs.iter().enumerate() {
                let name = program.name.clone().unwrap_or_else(|| [&host.name, ".py"].concat());
                let key = |name: &str| Segment::Key(name.to_owned());
                let path =
                    [key("hosts"), Segment::Index(h), key("programs"), Segment::Index(p), key("steps")];
                all.push((host.name.clone(), name, Path(path.to_vec())));
            }
        }
        all
    }

    /// Takes one change back.
    ///
    /// # Errors
    /// When a later change needs it; nothing is changed then.
    pub fn undo(&mut self, nth: usize) -> Result<(), KnobError> {
        let mut changes = self.changes.clone();
        if nth >= changes.len() {
            return Ok(());
        }
        let later = changes.split_off(nth + 1);
        if let Some(Change::Text { before, .. }) = changes.pop() {
            changes.extend(before);
        }
        changes.extend(later);
        self.take(changes)
    }

    /// Takes all changes back.
    pub fn clear(&mut self) {
        self.changes.clear();
        self.now = self.base.clone();
    }

    /// The changes but those since the last edited text of which this is true.
    fn without(&self, gone: impl Fn(&Change) -> bool) -> Vec<Change> {
        let text = self.changes.iter().rposition(|change| matches!(change, Change::Text { .. }));
        let (kept, rest) = self.changes.split_at(text.map_or(0, |at| at + 1));
        kept.iter().chain(rest.iter().filter(|change| !gone(change))).cloned().collect()
    }

    fn take(&mut self, changes: Vec<Change>) -> Result<(), KnobError> {
        self.now = self.apply(&changes)?;
        self.changes = changes;
        Ok(())
    }

    fn apply(&self, changes: &[Change]) -> Result<Scenario, KnobError> {
        changes.iter().try_fold(self.base.clone(), |scenario, change| apply(&scenario, change))
    }
}

/// The settings of TCP that change in the middle of a connection as socket options (tcp(7), socket(7)) and sysctls do: see
/// [`Config::retune`](crate::tcp::Config::retune). The others are settled by the handshake, or belong to it.
const TCP_LATER: &[&str] = &[
    "nagle",
    "delayed_ack",
    "send_buffer",
    "receive_buffer",
    "congestion",
    "min_rto",
    "max_rto",
    "retries",
    "keep_alive_idle",
    "keep_alive_interval",
    "keep_alive_count",
    "user_timeout",
];

/// The knobs that can be turned in the middle of a run: what the network does to packets, and what a socket option changes of a
/// living connection (of the whole scenario or of a host). Everything else holds for the whole run.
pub fn turns_later(path: &str) -> bool {
    let of_host =
        path.strip_prefix("hosts").and_then(|rest| rest.split_once(".tcp.")).map(|(_, field)| field);
    match path.strip_prefix("tcp.").or(of_host) {
        Some(field) => TCP_LATER.contains(&field),
        None => path.starts_with("network.") && !path.starts_with("network.script"),
    }
}

/// The event before which a command is carried out.
fn at_of(command: &Command) -> u32 {
    match command {
        Command::Set { at: Some(at), .. } => *at,
        _ => 0,
    }
}

fn apply(scenario: &Scenario, change: &Change) -> Result<Scenario, KnobError> {
    match change {
        Change::Later { path, value, .. } => set(scenario, path, value).map(|_| scenario.clone()),
        Change::Knob { path, value } => set(scenario, path, value),
        Change::Rule { rule, host, broken } => Ok(with_break(scenario, *rule, host.as_deref(), *broken)),
        Change::Packet(action) => {
            let mut changed = scenario.clone();
            changed.network.script.push(action.clone());
            super::check::check(&changed).map_err(|flaw: Flaw| KnobError::Value(flaw.into()))?;
            Ok(changed)
        }
        Change::Spare(action) => {
            let mut changed = scenario.clone();
            let script = &mut changed.network.script;
            if let Some(at) = script.iter().position(|known| known == action) {
                script.remove(at);
            }
            Ok(changed)
        }
        Change::Text { scenario, .. } => Ok((**scenario).clone()),
    }
}

/// Whether a host breaks a rule; without a host: whether all do.
pub fn breaks(scenario: &Scenario, rule: Break, host: Option<&str>) -> bool {
    let of_all = scenario.tcp.breaks.contains(&rule);
    let mut hosts = scenario.hosts.iter().filter(|known| host.is_none_or(|name| known.name == name));
    of_all || (!scenario.hosts.is_empty() && hosts.all(|host| host.tcp.breaks.contains(&rule)))
}

/// Scenarios are the same when their texts would be: comparing them field by field would weigh more in the page than it saves.
fn same(a: &Scenario, b: &Scenario) -> bool {
    a.to_tree() == b.to_tree()
}
