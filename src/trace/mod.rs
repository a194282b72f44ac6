//! The record of what happened, columnar; the same for simulated, observed and captured events.
//!
//! A [`Trace`] grows by [`Record`]s ([`record`] tells who says what), through anything that is a [`Sink`].

pub(crate) mod blocks;
pub mod calls;
pub mod capture;
pub mod changes;
pub mod code;
mod columns;
pub mod content;
#[cfg(not(target_arch = "wasm32"))]
pub mod courier;
mod datagrams;
mod extract;
pub mod file;
pub mod flows;
mod grow;
mod heads;
pub mod id;
pub mod json;
pub mod ledger;
pub mod lod;
pub mod marks;
pub mod packet_rows;
mod query;
pub(crate) mod radix;
pub mod record;
mod replay;
pub mod report;
mod room;
mod runs;
mod sink;
pub mod store;
mod subjects;
pub mod summary;
pub mod tables;
pub mod tail;
mod ways;

pub use crate::framing::Role;
pub use changes::VarTable;
pub use code::{DropReason, Errno, How, Kind, Limit, Op, Provenance, Transport};
pub use content::Piece;
pub use extract::extract;
pub use file::{
    Damage, End, FileReader, FileWriter, ReadError, Turn, TurnFrames, is_trace_file, read, write,
};
pub use flows::Connection;
pub use id::{
    CallId, ConnectionId, EventId, HostId, PacketId, ProgramId, Side, SocketId, StreamId, ThreadId,
};
pub use json::write_json;
pub use ledger::{Ledger, Part};
pub use lod::{PacketIndex, Window};
pub use marks::{Mark, MarkRow, Marks, Vantage};
pub use query::{Extremes, PacketTimes, Point, thin};
pub use record::{Args, Data, Outcome, Record, RoleRange, What};
pub use report::Report;
pub use sink::{Changes, Forget, Sink, Watched};
pub use store::{Columns, Trace};
pub use tables::{CallRow, PacketRow, StreamRange};
