//! A run: programs on hosts over a network, step by step, written into a trace.

mod calls;
mod recorder;
mod simulation;
mod stop;
mod world;

pub use simulation::Simulation;
pub use stop::{Counter, Stop};
pub(in crate::sim) use world::tcp_config;
