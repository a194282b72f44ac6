//! TCP endpoints: RFC 9293 and its companions, sans-IO.
//!
//! A [`Connection`] is one end. Segments, time-outs and socket calls go in, each with a [`Context`](crate::probe::Context)
//! that says when it is and who listens; segments, events and the next wake-up are drawn out. The connection keeps no
//! log: it tells the [`Probe`](crate::probe::Probe) which [`Rule`](crate::rule::Rule) acted and what it changed.
//!
//! | file | what it answers |
//! | --- | --- |
//! | `open`, `options`, `isn` | how does a connection begin, and what do the SYNs agree on? |
//! | `arrivals`, `arrivals_handshake` | what does an arriving segment do? (RFC 9293 section 3.10.7, check by check) |
//! | `output` | what is sent next? |
//! | `ack`, `window`, `receive_buffer` | when is the peer acknowledged, what window is it told, where does early data wait? |
//! | `send_buffer`, `retransmit` | what may have to be sent again, and when? (they ask [`recovery`], [`congestion`], [`sack`], [`rtt`]) |
//! | `calls`, `close`, `reset` | the socket's calls, and the ways to end |
//! | `timers`, `keepalive`, `icmp` | what happens when nothing arrives, or something else than TCP does |
//! | `personality`, `config` | in what does one TCP differ from another, and what did the application choose? |
//!
//! ```
//! use framewire::packet::Ecn;
//! use framewire::probe::{Context, Silent};
//! use framewire::tcp::{Config, Connection, Flow, State};
//! use framewire::time::Instant;
//! use std::net::SocketAddr;
//!
//! let (here, there): (SocketAddr, SocketAddr) = ("10.0.0.1:40000".parse()?, "10.0.0.2:80".parse()?);
//! let mut silent = Silent;
//! let mut cx = Context::new(Instant::START, &mut silent);
//! let mut client = Connection::open_active(&mut cx, Config::linux(), Flow { local: here, remote: there })?;
//! let mut server = Connection::open_passive(&mut cx, Config::linux(), there)?;
//! while let Some(segment) = client.poll_transmit(&mut cx) {
//!     let payload = client.payload(&segment).concat();
//!     server.handle_first_segment(&mut cx, here.ip(), &segment.header, &payload, Ecn::NotEct);
//!     while let Some(segment) = server.poll_transmit(&mut cx) {
//!         client.handle_segment(&mut cx, &segment.header, &server.payload(&segment).concat(), Ecn::NotEct);
//!     }
//! }
//! assert_eq!((client.state(), server.state()), (State::Established, State::Established));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod congestion;
pub mod recovery;
pub mod rtt;
pub mod sack;

mod ack;
mod arrivals;
mod arrivals_handshake;
mod calls;
mod chunks;
mod close;
mod config;
mod connection;
mod ecn;
mod event;
mod held;
mod icmp;
mod invariants;
mod isn;
mod keepalive;
mod open;
mod options;
mod output;
mod personality;
mod piece;
mod receive_buffer;
mod reset;
mod retransmit;
mod retune;
mod send_buffer;
mod shared_text;
mod state;
mod tcb;
mod tell;
mod timers;
mod urgent;
mod window;

pub use calls::Shutdown;
pub(crate) use calls::copying;
pub use config::{Breakage, Config, Features, KeepAlive, Linger};
pub use congestion::{CongestionAlgorithm, InitialWindow};
pub use connection::{Connection, Transmit};
pub use event::{CloseError, ConnectionError, Event, OpenError, RecvError, SendError};
pub use isn::{Flow, initial_sequence_number};
pub use open::is_one_host;
pub use personality::{AckPolicy, Nagle, Personality, SendLowWater, WindowProbe};
pub use reset::reset_for;
pub(crate) use send_buffer::Handed;
pub(crate) use shared_text::{SegmentText, SharedText};
pub use state::State;
