//! Programs: compiled, written as Python source, and run call by call.

pub mod code;
mod compile;
mod frames;
mod python;
mod task;
mod told;

pub use code::{Code, Payload};
pub use compile::compile;
pub use task::{Action, Call, Compound, Ended, Handle, Returned, Task};
