//! Capture files: pcap and pcapng in, pcapng out.
//!
//! [`read`] takes the bytes of a file and gives its IP packets, whatever link they were captured on. It is tolerant where a
//! file is merely unlucky (cut off by a crash, cut by a snap length, interleaved with packets that are not IP) and says so
//! in notes; it refuses only what is no capture file.
//!
//! The readers are our own instead of a crate's because of that tolerance: a file cut in the middle of a block, a comment
//! that is not UTF-8 or an unknown time resolution must not cost the packets before and after it.

mod link;
mod pcap;
mod pcapng;
mod write;

pub use link::LinkType;
pub use write::{PcapngWriter, Way};

use std::borrow::Cow;
use thiserror::Error;

/// An IP packet out of a capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedPacket<'a> {
    /// Nanoseconds since 1970-01-01 00:00 UTC; 0 where the file does not say (pcapng's simple packets).
    pub epoch_nanos: u64,
    /// The interface it was captured on, an index into [`Capture::interfaces`].
    pub interface: u32,
    /// Its number in the file, counted from 1 as Wireshark does; packets that are not IP count too.
    pub number: u32,
    /// The packet from its IP header on, as far as it was captured.
    pub bytes: &'a [u8],
    /// Octets that it had on the wire from its IP header on, as the capture says.
    pub wire_len: u32,
    /// Its comments (pcapng).
    pub comments: Vec<Cow<'a, str>>,
}

/// Where packets were captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, empty if the file does not say.
    pub name: String,
    /// What its packets begin with.
    pub link: LinkType,
    /// Octets of a packet that are kept at most; 0 for all.
    pub snap_len: u32,
}

/// What a capture file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture<'a> {
    /// The IP packets in the order of the file.
    pub packets: Vec<CapturedPacket<'a>>,
    /// The interfaces.
    pub interfaces: Vec<Interface>,
    /// What the reader could not use, and why.
    pub notes: Vec<CaptureNote>,
}

/// Something in a capture file that could not be used. The packets before it, and unless said otherwise those behind it, are
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CaptureNote {
    /// The file ends in the middle of something: it is read up to there.
    #[error(
        "the file is cut off at octet {offset}: {need} octets should follow, {have} do; read up to there"
    )]
    CutOff {
        /// Where the unfinished record begins, in octets.
        offset: usize,
        /// Octets that it needs.
        need: usize,
        /// Octets that are there.
        have: usize,
    },
    /// A block contradicts itself: nothing behind it can be found.
    #[error(
        "the block at octet {offset} is damaged (its lengths say {first} and {second}); read up to there"
    )]
    Damaged {
        /// Where it begins, in octets.
        offset: usize,
        /// Its length as it stands before it.
        first: u32,
        /// Its length as it stands behind it.
        second: u32,
    },
    /// Packets that carry no IP (ARP, for example).
    #[error("{0} packets that are not IP were left out")]
    NotIp(u32),
    /// Packets of an interface whose link type is not known here.
    #[error(
        "{packets} packets of link type {link} were left out: Ethernet, Linux cooked, loopback, raw IP, PPP and PKTAP can be read"
    )]
    UnknownLink {
        /// LINKTYPE number.
        link: u16,
        /// How many packets.
        packets: u32,
    },
    /// Packets that name an interface which the file does not describe.
    #[error("{0} packets name an interface that the file does not describe; they were left out")]
    UnknownInterface(u32),
    /// Packets of which only the first octets were kept.
    #[error("{0} packets were cut when they were captured (snap length)")]
    Snapped(u32),
}

/// Why bytes are no capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CaptureError {
    /// Neither pcap nor pcapng.
    #[error(
        "no pcap or pcapng file: it begins with {0:02x?}; expected a1b2c3d4, a1b23c4d (in either order) or 0a0d0d0a"
    )]
    UnknownMagic([u8; 4]),
    /// Too short to say what it is.
    #[error("no pcap or pcapng file: {len} octets are too few for its header of {need}")]
    TooShort {
        /// Octets there.
        len: usize,
        /// Octets needed.
        need: usize,
    },
    /// The byte-order magic of a pcapng section is neither way round.
    #[error("the pcapng section header has the byte-order magic {0:02x?}; expected 1a2b3c4d in either order")]
    ByteOrder([u8; 4]),
}

/// Reads a pcap or pcapng file (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
///
/// # Errors
/// When it is neither. All else ends in [`Capture::notes`].
///
/// ```
/// use framewire::packet::capture::{PcapngWriter, read};
///
/// let mut file = Vec::new();
/// let mut writer = PcapngWriter::begin("framewire", &mut file);
/// let wire = writer.interface("client", &mut file);
/// writer.packet(wire, 1_000_000_007, b"\x45not much of a packet", None, &["send() began it"], &mut file);
///
/// let capture = read(&file)?;
/// assert_eq!(capture.packets[0].epoch_nanos, 1_000_000_007);
/// assert_eq!(capture.packets[0].comments, ["send() began it"]);
/// assert_eq!(capture.interfaces[0].name, "client");
/// # Ok::<(), framewire::packet::capture::CaptureError>(())
/// ```
pub fn read(file: &[u8]) -> Result<Capture<'_>, CaptureError> {
    let magic = *file.first_chunk::<4>().ok_or(CaptureError::TooShort { len: file.len(), need: 4 })?;
    match magic {
        [0x0a, 0x0d, 0x0d, 0x0a] => pcapng::read(file),
        _ => pcap::read(file, magic),
    }
}

/// Reads numbers in a file's byte order.
#[derive(Clone, Copy, Debug)]
struct Order {
    big: bool,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let octets = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u16::from_be_bytes(octets) } else { u16::from_le_bytes(octets) })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let octets = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) })
    }
}

/// Collects packets and counts what is left out.
#[derive(Debug, Default)]
struct Collector<'a> {
    capture: Capture<'a>,
    seen: u32,
    not_ip: u32,
    snapped: u32,
    unknown_interface: u32,
    unknown_links: Vec<(u16, u32)>,
}

impl<'a> Collector<'a> {
    /// Takes a frame as it was captured, from the link layer on.
    fn frame(
        &mut self,
        interface: u32,
        epoch_nanos: u64,
        frame: &'a [u8],
        wire_len: u32,
        comments: Vec<Cow<'a, str>>,
    ) {
        self.seen += 1;
        let Some(link) = self.capture.interfaces.get(interface as usize).map(|interface| interface.link)
        else {
            self.unknown_interface += 1;
            return;
        };
        if let LinkType::Other(number) = link {
            match self.unknown_links.iter_mut().find(|(known, _)| *known == number) {
                Some((_, packets)) => *packets += 1,
                None => self.unknown_links.push((number, 1)),
            }
            return;
        }
        let Some(bytes) = link.ip_packet(frame) else {
            self.not_ip += 1;
            return;
        };
        let before = (frame.len() - bytes.len()) as u32;
        let wire_len = wire_len.saturating_sub(before).max(bytes.len() as u32);
        self.snapped += u32::from(bytes.len() < wire_len as usize);
        let number = self.seen;
        self.capture.packets.push(CapturedPacket {
            epoch_nanos,
            interface,
            number,
            bytes,
            wire_len,
            comments,
        });
    }

    fn note(&mut self, note: CaptureNote) {
        self.capture.notes.push(note);
    }

    fn finish(mut self) -> Capture<'a> {
        for (link, packets) in std::mem::take(&mut self.unknown_links) {
            self.note(CaptureNote::UnknownLink { link, packets });
        }
        for (count, note) in [
            (self.not_ip, CaptureNote::NotIp(self.not_ip)),
            (self.unknown_interface, CaptureNote::UnknownInterface(self.unknown_interface)),
            (self.snapped, CaptureNote::Snapped(self.snapped)),
        ] {
            if count > 0 {
                self.note(note);
            }
        }
        self.capture
    }
}
