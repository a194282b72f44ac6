//! A run: programs on hosts over a network, step by step, written into a trace.

mod calls;
mod recorder;
mod simulation;
mod world;

pub use simulation::{Counter, Simulation, Stop};
pub(in crate::sim) use world::tcp_config;
