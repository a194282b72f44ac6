//! Writing pcapng: raw IP packets with nanoseconds and comments.

use super::pcapng::{
    BYTE_ORDER_MAGIC, ENHANCED_PACKET, IF_NAME, IF_TSRESOL, INTERFACE, OPT_COMMENT, OPT_END, SECTION,
};

const SHB_USERAPPL: u16 = 4;
const EPB_FLAGS: u16 = 2;
const LINKTYPE_RAW: u16 = 101;

/// Which way a packet went, seen from its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It was received.
    In,
    /// It was sent.
    Out,
}

/// Writes a pcapng file block by block: each call appends whole blocks to `out`, which may be written to a file and
/// cleared between calls. All numbers are little-endian; times count nanoseconds.
#[derive(Clone, Debug)]
pub struct PcapngWriter {
    interfaces: u32,
}

impl PcapngWriter {
    /// Appends the section header; `application` is who writes.
    pub fn begin(application: &str, out: &mut Vec<u8>) -> PcapngWriter {
        block(SECTION, out, |out| {
            out.extend(BYTE_ORDER_MAGIC.to_le_bytes());
            out.extend([1, 0, 0, 0]); // version 1.0
            out.extend(u64::MAX.to_le_bytes()); // the section's length is not known
            option(SHB_USERAPPL, application.as_bytes(), out);
            option(OPT_END, &[], out);
        });
        PcapngWriter { interfaces: 0 }
    }

    /// Appends the description of an interface of raw IP; returns its number for [`PcapngWriter::packet`].
    pub fn interface(&mut self, name: &str, out: &mut Vec<u8>) -> u32 {
        block(INTERFACE, out, |out| {
            out.extend(LINKTYPE_RAW.to_le_bytes());
            out.extend([0, 0, 0, 0, 0, 0]); // reserved; no snap length
            option(IF_NAME, name.as_bytes(), out);
            option(IF_TSRESOL, &[9], out);
            option(OPT_END, &[], out);
        });
        self.interfaces += 1;
        self.interfaces - 1
    }

    /// Appends a packet that the interface saw at `epoch_nanos` (nanoseconds since 1970): `bytes` from the IP header on. If
    /// they are not the whole packet, `wire_len` says how long it was.
    pub fn packet(
        &mut self,
        interface: u32,
        epoch_nanos: u64,
        bytes: &[u8],
        wire_len: Option<u32>,
        comments: &[&str],
        out: &mut Vec<u8>,
    ) {
        self.packet_with_way(interface, epoch_nanos, bytes, wire_len, None, comments, out);
    }

    /// As [`PcapngWriter::packet`], with the way it went.
    #[allow(clippy::too_many_arguments, reason = "the fields of one block")]
    pub fn packet_with_way(
        &mut self,
        interface: u32,
        epoch_nanos: u64,
        bytes: &[u8],
        wire_len: Option<u32>,
        way: Option<Way>,
        comments: &[&str],
        out: &mut Vec<u8>,
    ) {
        let len = bytes.len() as u32;
        block(ENHANCED_PACKET, out, |out| {
            out.extend(interface.to_le_bytes());
            out.extend(((epoch_nanos >> 32) as u32).to_le_bytes());
            out.extend((epoch_nanos as u32).to_le_bytes());
            out.extend(len.to_le_bytes());
            out.extend(wire_len.map_or(len, |wire| wire.max(len)).to_le_bytes());
            out.extend_from_slice(bytes);
            pad(bytes.len(), out);
            for comment in comments {
                option(OPT_COMMENT, comment.as_bytes(), out);
            }
            if let Some(way) = way {
                option(EPB_FLAGS, &[if way == Way::In { 1 } else { 2 }, 0, 0, 0], out);
            }
            if !comments.is_empty() || way.is_some() {
                option(OPT_END, &[], out);
            }
        });
    }
}

fn block(kind: u32, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(kind.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let len = ((out.len() - start + 4) as u32).to_le_bytes();
    out.extend(len);
    if let Some(field) = out.get_mut(start + 4..start + 8) {
        field.copy_from_slice(&len);
    }
}

/// An option; a value longer than its length can say is cut, at the beginning of a character.
fn option(code: u16, value: &[u8], out: &mut Vec<u8>) {
    let mut len = value.len().min(0xffff);
    while len < value.len() && len > 0 && value.get(len).is_some_and(|octet| octet & 0xc0 == 0x80) {
        len -= 1;
    }
    out.extend(code.to_le_bytes());
    out.extend((len as u16).to_le_bytes());
    out.extend_from_slice(value.get(..len).unwrap_or(value));
    pad(len, out);
}

fn pad(len: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + len.next_multiple_of(4) - len, 0);
}
