//! The network emulator: hosts, links, impairments, IP fragmentation, in virtual time.
//!
//! Packets are real bytes, and every chance is drawn from a seed. A [`Network`] is stepped from event to event; the calls of
//! its hosts' [`Sockets`] never block; an [`Observer`] hears every packet's fate and every endpoint's decisions, and
//! costs nothing when there is none ([`Silent`](crate::probe::Silent)).
//!
//! | file | what it answers |
//! | --- | --- |
//! | `network` | who is there, and what happens next? |
//! | `fabric`, `events`, `pool` | where are the packets, and which way do they take? |
//! | `crossing`, `link`, `loss`, `script` | what does a link do to a packet, by chance and on purpose? |
//! | `fragment`, `reassembly`, `router`, `icmp_rate` | what happens to packets that are too big, or too old, and how often is it told? |
//! | `host/calls`, `host/socket`, `host/ports` | what can an application do, and which port may it have? |
//! | `host/receive`, `host/tcp`, `host/tcp_calls`, `host/listener`, `host/udp` | who gets a packet, and what is done then? |

mod crossing;
mod errno;
mod events;
mod fabric;
mod fragment;
mod host;
mod icmp_rate;
mod id;
mod link;
mod loss;
mod network;
mod observer;
mod pool;
mod reassembly;
mod router;
mod script;

pub use errno::Errno;
pub use host::{Host, HostConfig, PathMtuDiscovery, ShutdownHow, SocketOption, Sockets, UdpReceived, Wakes};
pub use icmp_rate::IcmpErrorRate;
pub use id::{LinkId, NodeId, PacketId, SocketId};
pub use link::{LinkConfig, QueueLimits};
pub use loss::Loss;
pub use network::{InjectError, Network, NoHost};
pub use observer::{DropReason, Fate, News, Observer, Text};
pub use reassembly::ReassemblyLimits;
pub use router::RouterConfig;
pub use script::{Action, Match, ScriptedAction};
