//! The scenario: the short JSON text that a figure is made of.
//!
//! ```
//! use framewire::sim::Scenario;
//!
//! let scenario = Scenario::from_json(r#"{
//!     "framewire": 1,
//!     "name": "ping",
//!     "title": { "en": "A byte", "zh": "一个字节" },
//!     "hosts": [
//!         { "name": "client", "programs": [{ "steps": [
//!             { "do": "socket" },
//!             { "do": "connect", "to": "server:8000" },
//!             { "do": "send", "data": "x" },
//!             { "do": "close" }
//!         ] }] },
//!         { "name": "server" }
//!     ],
//!     "network": { "latency": "20ms" }
//! }"#)?;
//! assert_eq!(scenario.hosts[1].name, "server");
//! # Ok::<(), framewire::sim::ScenarioError>(())
//! ```

mod host;
pub(crate) mod json;
mod network;
pub(crate) mod node;
mod program;
mod settings;

pub use host::Host;
pub use network::{Act, Bottleneck, Direction, Impairments, Network, Order, Queue, ScriptedAction, What};
pub use program::{Data, DataSpec, How, OnError, Program, SocketKind, SocketOption, Step, Until, Verb};
pub use settings::{Break, Congestion, InitialSequence, Preset, TcpSettings};

use self::json::Json;
use self::node::{Blank, Node, blank_is_default, names, object};
use super::error::ScenarioError;
use super::locate::Path;
use super::units::{Size, Span};
use crate::lang::Lang;

/// The version of the scenario format that this crate reads and writes.
pub const VERSION: u32 = 1;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Text {
    /// English.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub en: String,
    /// Chinese (simplified).
    #[cfg_attr(feature = "schema", schemars(default))]
    pub zh: String,
}

blank_is_default!(Text);
object!(Text { en, zh });

impl Text {
    /// The text in `lang`, or in the other language where that one is empty.
    pub fn get(&self, lang: Lang) -> &str {
        let (first, second) = match lang {
            Lang::En => (&self.en, &self.zh),
            Lang::Zh => (&self.zh, &self.en),
        };
        if first.is_empty() { second } else { first }
    }

    /// True when it says nothing in any language.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty() && self.zh.is_empty()
    }
}

/// What the player opens first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Show {
    /// The view in front.
    pub view: Option<View>,
    /// Where the playhead stands at first; the start of the run when missing.
    pub at: Option<Span>,
    /// Paths of the knobs to offer first, for example `network.latency`.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub knobs: Vec<String>,
}

blank_is_default!(Show);
object!(Show { view, at, knobs });

/// A view of the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "kebab-case"))]
pub enum View {
    /// Byte ledger.
    Bytes,
    /// Time-sequence diagram.
    Ladder,
    /// Windows, round-trip times, throughput.
    Charts,
    /// State machine.
    States,
}

names!(View { Bytes = "bytes", Ladder = "ladder", Charts = "charts", States = "states" });

/// How long a run may get. A run that reaches a limit stops and says which.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields, default))]
pub struct Limits {
    /// Virtual time.
    pub time: Span,
    /// Records in the trace.
    pub events: u64,
    /// Payload octets that programs hand to their sockets.
    pub bytes: Size,
    /// Steps that programs take, all together.
    pub steps: u64,
}

blank_is_default!(Limits);
object!(Limits { time, events, bytes, steps });

impl Default for Limits {
    fn default() -> Self {
        Limits {
            time: Span(crate::time::Duration::from_secs(3600)),
            events: 5_000_000,
            bytes: Size(1 << 30),
            steps: 1_000_000,
        }
    }
}

/// A conversation to simulate: hosts with their programs, the network between them, and what to make of it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Scenario {
    /// The version of this format: 1.
    pub framewire: u32,
    /// A short name in lower case with hyphens; it stands in links.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub name: String,
    /// The figure's title.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub title: Text,
    /// What to look for.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub look: Text,
    /// A question for the class.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub question: Text,
    /// Notes: the answer, and what else to try.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub notes: Text,
    /// Seeds everything that is left to chance.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub seed: u64,
    /// The framing of the streams, for example `json-header:size`: read and write frame use it, and the frame lane
    /// is drawn by it.
    pub framing: Option<String>,
    /// What the player opens first.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub show: Show,
    /// TCP settings of every host; a host's own settings come after these.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub tcp: TcpSettings,
    /// The hosts, at least one.
    pub hosts: Vec<Host>,
    /// The network between them.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub network: Network,
    /// How long the run may get.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub limits: Limits,
}

object!(Scenario {
    framewire: needed,
    name,
    title,
    look,
    question,
    notes,
    seed,
    framing,
    show,
    tcp,
    hosts: needed,
    network,
    limits,
});

impl Blank for Scenario {
    fn blank() -> Self {
        Scenario {
            framewire: VERSION,
            name: String::new(),
            title: Text::default(),
            look: Text::default(),
            question: Text::default(),
            notes: Text::default(),
            seed: 0,
            framing: None,
            show: Show::default(),
            tcp: TcpSettings::default(),
            hosts: Vec::new(),
            network: Network::default(),
            limits: Limits::default(),
        }
    }
}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its path, line, column, value, and what is allowed.
    pub fn from_json(text: &str) -> Result<Scenario, ScenarioError> {
        let json = Json::read(text).map_err(|error| ScenarioError::from_json(text, &error))?;
        Scenario::from_tree(&json, text)
    }

    /// Reads and checks a scenario from its JSON; `text` is what that was read from.
    pub(crate) fn from_tree(json: &Json, text: &str) -> Result<Scenario, ScenarioError> {
        let mut scenario = Scenario::blank();
        scenario.read(json, &mut Path::default()).map_err(|flaw| flaw.locate(text))?;
        super::check::check(&scenario).map_err(|flaw| flaw.locate(text))?;
        Ok(scenario)
    }

    /// The scenario as JSON text, indented, without what is as by default. [`Scenario::from_json`] reads it back.
    pub fn to_json(&self) -> String {
        self.to_tree().write()
    }

    pub(crate) fn to_tree(&self) -> Json {
        self.clone().json()
    }
}
