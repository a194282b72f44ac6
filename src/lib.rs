//! framewire: every byte of a TCP or UDP conversation, from `send()` to frame.
//!
//! One core, three uses: protocol endpoints in virtual time ([`sim`]), the record of what happened ([`trace`])
//! drawn by one player ([`view`]), and the framing codec ([`framing`]) that the native binary runs on real
//! sockets. Nothing in this crate touches a clock, a socket, a thread, a file or a global random source: time
//! and randomness come in as arguments, so the same scenario and seed give the same bytes everywhere.
//!
//! The modules stand on floors, and a module imports only from floors below its own (`cargo xtask floors`
//! checks it; ARCHITECTURE.md tells the story):
//!
//! | floor | modules |
//! | --- | --- |
//! | 0 | [`time`], [`seq`], [`rng`], [`rule`], [`probe`], [`lang`] |
//! | 1 | [`framing`], [`packet`] |
//! | 2 | [`tcp`], [`udp`] |
//! | 3 | [`net`] |
//! | 4 | [`trace`] |
//! | 5 | [`sim`] |
//! | 6 | [`view`] |
//! | 7 | `wasm` (only on wasm32) and the crate `framewire-native` |

pub mod lang;
pub mod probe;
pub mod rng;
pub mod rule;
pub mod seq;
pub mod time;

pub mod framing;
pub mod packet;

pub mod tcp;
pub mod udp;

pub mod net;

pub mod trace;

pub mod sim;

pub mod view;

#[cfg(target_arch = "wasm32")]
pub mod wasm;
