//! Programs: compiled, written as Python source, and run call by call.

mod call;
pub mod code;
mod compile;
mod decode;
mod frames;
mod operands;
mod python;
mod socket_op;
mod task;
mod told;

pub use call::{Action, Call, Compound, Ended, Handle, Returned};
pub use code::{Code, Payload};
pub use compile::compile;
pub use task::Task;
