//! A scenario under somebody's hands: what was changed, change by change, each of which can be taken back.

use super::error::{Flaw, ScenarioError};
use super::knob::{KnobError, set};
use super::knobs::with_break;
use super::locate::{Path, Segment, locate};
use super::scenario::{Break, Scenario, ScriptedAction};

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
                if after != before {
                    changes.push(change);
                }
                after
            }
            None => before,
        };
        self.changes = changes;
        Ok(())
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
        let change = Change::Packet(action);
        if !changes.contains(&change) {
            changes.push(change);
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
        if scenario == self.now {
            return Ok(());
        }
        let before = std::mem::take(&mut self.changes);
        self.now = scenario.clone();
        self.changes = vec![Change::Text { scenario: Box::new(scenario), before }];
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

fn apply(scenario: &Scenario, change: &Change) -> Result<Scenario, KnobError> {
    match change {
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
