//! Where captured packets go: a trace, or a pcapng file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use framewire::packet::capture::PcapngWriter;
use framewire::trace::capture::Importer;

use super::Totals;
use super::socket::{Interface, Seen};
use crate::observe::store::{Store, TraceFile};

/// A file of packets that grows.
pub enum Packets {
    /// A trace.
    Trace(Box<Importer<TraceFile>>),
    /// A capture for every tool.
    Pcapng(Pcapng),
}

/// A pcapng file that grows.
pub struct Pcapng {
    file: File,
    writer: PcapngWriter,
    interfaces: BTreeMap<u32, u32>,
    pending: Vec<u8>,
    name: String,
}

impl Pcapng {
    fn write(&mut self) -> Result<()> {
        self.file.write_all(&self.pending).with_context(|| format!("cannot write to {}", self.name))?;
        self.pending.clear();
        Ok(())
    }
}

/// What is said of a packet that no wire carries.
pub fn larger_than_mtu(wire: u32, interface: &Interface) -> Option<String> {
    let mtu = interface.mtu.filter(|mtu| wire > *mtu)?;
    Some(format!(
        "{wire} octets, and the MTU of {} is {mtu}: segmentation offload, the wire carries smaller packets",
        interface.name
    ))
}

impl Packets {
    /// Makes the file that `path` names, in the format of its ending.
    ///
    /// # Errors
    /// When the ending is neither .fwtrace nor .pcapng, or the file cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let problem = || format!("cannot write to {}; choose another place", path.display());
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("fwtrace") => {
                let file = TraceFile::create(path).with_context(problem)?;
                Ok(Packets::Trace(Box::new(Importer::new(file))))
            }
            Some("pcapng") => {
                let mut pending = Vec::new();
                let writer = PcapngWriter::begin("framewire", &mut pending);
                let file = File::create(path).with_context(problem)?;
                let (interfaces, name) = (BTreeMap::new(), path.display().to_string());
                Ok(Packets::Pcapng(Pcapng { file, writer, interfaces, pending, name }))
            }
            _ => {
                bail!("{}: name it .fwtrace (for the player) or .pcapng (for Wireshark too)", path.display())
            }
        }
    }

    /// Takes a packet; true if it is larger than its interface's MTU.
    pub fn packet(&mut self, seen: &Seen, interface: &Interface, bytes: &[u8]) -> bool {
        let remark = larger_than_mtu(seen.wire, interface);
        let comments: Vec<&str> = remark.iter().map(String::as_str).collect();
        match self {
            Packets::Trace(importer) => {
                importer.captured(seen.epoch_nanos, bytes, seen.wire, &comments);
            }
            Packets::Pcapng(Pcapng { writer, interfaces, pending, .. }) => {
                let number = *interfaces
                    .entry(seen.interface)
                    .or_insert_with(|| writer.interface(&interface.name, pending));
                let (wire, way) = (Some(seen.wire), Some(seen.way));
                writer.packet_with_way(number, seen.epoch_nanos, bytes, wire, way, &comments, pending);
            }
        }
        remark.is_some()
    }

    /// Brings what has come to the file.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn flush(&mut self) -> Result<()> {
        match self {
            Packets::Trace(importer) => importer.sink().settle(),
            Packets::Pcapng(file) => file.write()?,
        }
        Ok(())
    }

    /// The last words.
    ///
    /// # Errors
    /// When the file took not everything.
    pub fn finish(self, totals: &Totals) -> Result<()> {
        match self {
            Packets::Trace(mut importer) => {
                for note in importer.notes() {
                    importer.remark(&note.to_string());
                }
                if totals.dropped > 0 {
                    importer.remark(&format!("{} packets came too fast and are missing", totals.dropped));
                }
                importer.into_sink().finish().context("the capture is incomplete")
            }
            Packets::Pcapng(mut file) => file.write(),
        }
    }
}
