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
mod network;
mod program;
mod settings;

pub use host::Host;
pub use network::{Act, Bottleneck, Direction, Impairments, Network, Order, Queue, ScriptedAction, What};
pub use program::{Data, DataSpec, How, OnError, Program, SocketKind, SocketOption, Step, Until, Verb};
pub use settings::{Break, Congestion, InitialSequence, Preset, TcpSettings};

use serde::{Deserialize, Serialize};

use super::error::ScenarioError;
use super::units::{Size, Span};
use crate::lang::Lang;

/// The version of the scenario format that this crate reads and writes.
pub const VERSION: u32 = 1;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
    /// Chinese (simplified).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zh: String,
}

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// The view in front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// Where the playhead stands at first; the start of the run when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// Paths of the knobs to offer first, for example `network.latency`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knobs: Vec<String>,
}

/// A view of the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
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

/// How long a run may get. A run that reaches a limit stops and says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
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

impl Limits {
    fn is_default(&self) -> bool {
        *self == Limits::default()
    }
}

/// A conversation to simulate: hosts with their programs, the network between them, and what to make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The version of this format: 1.
    pub framewire: u32,
    /// A short name in lower case with hyphens; it stands in links.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The figure's title.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub title: Text,
    /// What to look for.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub look: Text,
    /// A question for the class.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub question: Text,
    /// Notes: the answer, and what else to try.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    pub notes: Text,
    /// Seeds everything that is left to chance.
    #[serde(default)]
    pub seed: u64,
    /// The framing of the streams, for example `json-header:size`: read and write frame use it, and the frame lane
    /// is drawn by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framing: Option<String>,
    /// What the player opens first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub show: Show,
    /// TCP settings of every host; a host's own settings come after these.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tcp: TcpSettings,
    /// The hosts, at least one.
    pub hosts: Vec<Host>,
    /// The network between them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub network: Network,
    /// How long the run may get.
    #[serde(default, skip_serializing_if = "Limits::is_default")]
    pub limits: Limits,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its path, line, column, value, and what is allowed.
    pub fn from_json(text: &str) -> Result<Scenario, ScenarioError> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let scenario: Scenario = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| ScenarioError::from_serde(text, &error))?;
        deserializer.end().map_err(|error| ScenarioError::from_json(text, &error))?;
        super::check::check(&scenario).map_err(|flaw| flaw.locate(text))?;
        Ok(scenario)
    }

    /// The scenario as JSON text, indented, without what is as by default. [`Scenario::from_json`] reads it back.
    pub fn to_json(&self) -> String {
        // Serialising these types cannot fail: no map has keys that are not strings.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
