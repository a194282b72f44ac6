//! Scenario, programs, run, history.
//!
//! A [`Scenario`] is the JSON text that a figure is made of.

mod aim;
mod builtin;
mod check;
mod compare;
mod error;
mod history;
mod keyframe;
mod knob;
mod knobs;
mod lab;
mod locate;
pub mod program;
pub mod run;
pub mod scenario;
#[cfg(feature = "schema")]
mod schema;
pub mod units;

pub use aim::aim;
pub use builtin::{BUILTINS, Builtin, Topic, builtin};
pub use check::addresses;
pub use compare::{Comparison, Fate, compare};
pub use error::{Flaw, ScenarioError};
pub use history::{Command, Run, RunError, Runner, digest};
pub use knob::{KnobError, set};
pub use knobs::{Group, Kind, Knob, RULES, Setting, as_text, knobs, with_break};
pub use lab::{Change, Lab, breaks, turns_later};
pub use locate::{Path, Segment};
pub use run::{Simulation, Stop};
pub use scenario::Scenario;
#[cfg(feature = "schema")]
pub use schema::schema;
