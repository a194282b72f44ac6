//! Capture files in and out: pcap and pcapng become traces, traces become pcapng.

mod export;
mod import;
mod states;

pub use export::export;
pub use import::{ImportNote, Importer, import};
