//! Scenario, programs, run, history.
//!
//! A [`Scenario`] is the JSON text that a figure is made of.

mod builtin;
mod check;
mod error;
mod locate;
pub mod program;
pub mod scenario;
pub mod units;

pub use builtin::{BUILTINS, Builtin, builtin};
pub use check::addresses;
pub use error::{Flaw, ScenarioError};
pub use locate::{Path, Segment};
pub use scenario::Scenario;
