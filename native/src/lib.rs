//! framewire on real sockets: servers, clients, recorder, load generator and the player's web server.
//!
//! The binary `framewire` is a thin shell over this library: [`cli`] reads the command line, each command is a module.

pub mod batch;
pub mod bench;
#[cfg(target_os = "linux")]
pub mod capture;
pub mod cli;
pub mod framing_codec;
pub mod inspect;
pub mod listen;
#[cfg(target_os = "linux")]
pub mod observe;
#[cfg(target_os = "linux")]
pub mod perform;
pub mod record;
pub mod relay;
pub mod render;
pub mod reply;
pub mod say;
pub mod send;
pub mod serve;
pub mod shutdown;
pub mod sim_cmd;
mod sim_sweep;
pub mod trace_cmd;
pub mod units;
pub mod upper;
pub mod web;
