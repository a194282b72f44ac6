//! The record of what happened, columnar; the same for simulated, observed and captured events.
//!
//! A trace grows by [`Record`]s ([`record`] tells who says what), through anything that is a [`Sink`].

pub mod code;
pub mod id;
pub mod record;

pub use code::{DropReason, Errno, How, Kind, Limit, Op, Provenance, Role, Transport};
pub use id::{
    CallId, ConnectionId, EventId, HostId, PacketId, ProgramId, Side, SocketId, StreamId, ThreadId,
};
pub use record::{Args, Data, Forget, Outcome, Record, RoleRange, Sink, What};
