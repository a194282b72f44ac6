//! The TCP header (RFC 9293 section 3.1).

use super::checksum::Sum;
use super::options::MAX_LEN;
use super::{IpHeader, Layer, OptionLayout, ParseError, Protocol, TcpOptions, checksum, words};
use crate::seq::SeqNumber;
use std::fmt;
use std::net::IpAddr;
use std::ops::{BitOr, BitOrAssign};

/// Octets of a header without options.
pub const HEADER_LEN: usize = 20;

/// The control bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: TcpFlags = TcpFlags(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: TcpFlags = TcpFlags(0x02);
    /// Reset the connection.
    pub const RST: TcpFlags = TcpFlags(0x04);
    /// Push function.
    pub const PSH: TcpFlags = TcpFlags(0x08);
    /// The acknowledgment field counts.
    pub const ACK: TcpFlags = TcpFlags(0x10);
    /// The urgent pointer counts.
    pub const URG: TcpFlags = TcpFlags(0x20);
    /// ECN echo (RFC 3168 section 6.1).
    pub const ECE: TcpFlags = TcpFlags(0x40);
    /// Congestion window reduced (RFC 3168 section 6.1).
    pub const CWR: TcpFlags = TcpFlags(0x80);
    /// None set.
    pub const NONE: TcpFlags = TcpFlags(0);

    const NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

    /// True when all of `flags` are set.
    pub const fn contains(self, flags: TcpFlags) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// True when at least one of `flags` is set.
    pub const fn intersects(self, flags: TcpFlags) -> bool {
        self.0 & flags.0 != 0
    }

    /// Without `flags`.
    pub const fn without(self, flags: TcpFlags) -> TcpFlags {
        TcpFlags(self.0 & !flags.0)
    }

    /// FIN is set.
    pub const fn fin(self) -> bool {
        self.contains(TcpFlags::FIN)
    }

    /// SYN is set.
    pub const fn syn(self) -> bool {
        self.contains(TcpFlags::SYN)
    }

    /// RST is set.
    pub const fn rst(self) -> bool {
        self.contains(TcpFlags::RST)
    }

    /// PSH is set.
    pub const fn psh(self) -> bool {
        self.contains(TcpFlags::PSH)
    }

    /// ACK is set.
    pub const fn ack(self) -> bool {
        self.contains(TcpFlags::ACK)
    }

    /// URG is set.
    pub const fn urg(self) -> bool {
        self.contains(TcpFlags::URG)
    }

    /// ECE is set.
    pub const fn ece(self) -> bool {
        self.contains(TcpFlags::ECE)
    }

    /// CWR is set.
    pub const fn cwr(self) -> bool {
        self.contains(TcpFlags::CWR)
    }
}

impl BitOr for TcpFlags {
    type Output = TcpFlags;
    fn bitor(self, other: TcpFlags) -> TcpFlags {
        TcpFlags(self.0 | other.0)
    }
}

impl BitOrAssign for TcpFlags {
    fn bitor_assign(&mut self, other: TcpFlags) {
        self.0 |= other.0;
    }
}

impl fmt::Display for TcpFlags {
    /// `SYN, ACK`, in Wireshark's order; nothing when none is set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (i, name) in TcpFlags::NAMES.iter().enumerate() {
            if self.0 & 1 << i != 0 {
                if !first {
                    f.write_str(", ")?;
                }
                f.write_str(name)?;
                first = false;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

/// A TCP header with its options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpHeader {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number of the first octet (of SYN when it is set).
    pub seq: SeqNumber,
    /// Next sequence number expected; counts when ACK is set.
    pub ack: SeqNumber,
    /// Control bits.
    pub flags: TcpFlags,
    /// Window as on the wire, not scaled.
    pub window: u16,
    /// Checksum as it stood in the parsed segment; emitting computes it anew.
    pub checksum: u16,
    /// Urgent pointer; counts when URG is set.
    pub urgent: u16,
    /// Options.
    pub options: TcpOptions,
}

impl TcpHeader {
    /// Reads a segment: the header and the data. The reserved bits are ignored (RFC 9293 section 3.1, MUST be ignored
    /// in received segments).
    ///
    /// # Errors
    /// When the octets end before the header does, or its data offset is below five words.
    pub fn parse(segment: &[u8]) -> Result<(TcpHeader, &[u8]), ParseError> {
        let mut header = TcpHeader::default();
        let data = header.read(segment)?;
        Ok((header, data))
    }

    /// As [`TcpHeader::parse`], into a header that is none yet, where it lies; returns the data.
    #[inline]
    pub(crate) fn read<'a>(&mut self, segment: &'a [u8]) -> Result<&'a [u8], ParseError> {
        let truncated = |need| ParseError::Truncated { layer: Layer::Tcp, need, have: segment.len() };
        let b = segment.first_chunk::<HEADER_LEN>().ok_or(truncated(HEADER_LEN))?;
        let len = usize::from(b[12] >> 4) * 4;
        if len < HEADER_LEN {
            return Err(ParseError::Length { layer: Layer::Tcp, len, min: HEADER_LEN });
        }
        let (header, data) = segment.split_at_checked(len).ok_or(truncated(len))?;
        let options = header.get(HEADER_LEN..).unwrap_or(&[]);
        let [ports, seq, ack, flags_and_window, checksum_and_urgent] = words::from_octets(b);
        *self = TcpHeader {
            src_port: (ports >> 16) as u16,
            dst_port: ports as u16,
            seq: SeqNumber(seq),
            ack: SeqNumber(ack),
            flags: TcpFlags((flags_and_window >> 16) as u8),
            window: flags_and_window as u16,
            checksum: (checksum_and_urgent >> 16) as u16,
            urgent: checksum_and_urgent as u16,
            options: TcpOptions::default(),
        };
        if !options.is_empty() {
            self.options.read(options);
        }
        Ok(data)
    }

    /// Octets of this header in `layout`: 20 to 60.
    pub fn len(&self, layout: OptionLayout) -> usize {
        HEADER_LEN + self.options.len(layout)
    }

    /// Sequence numbers that the segment takes up: its data, and one each for SYN and FIN (SEG.LEN, RFC 9293 section
    /// 3.4).
    pub const fn segment_len(&self, data_len: usize) -> u32 {
        data_len as u32 + self.flags.syn() as u32 + self.flags.fin() as u32
    }

    /// Appends the segment alone, without IP, its checksum right for the two addresses. `data` comes in parts so that
    /// a ring buffer needs no copy of its own.
    pub fn emit(&self, src: IpAddr, dst: IpAddr, layout: OptionLayout, data: &[&[u8]], out: &mut Vec<u8>) {
        let (options, len) = self.options.write(layout);
        self.emit_with(src, dst, &options, len, data, out);
    }

    fn emit_with(
        &self,
        src: IpAddr,
        dst: IpAddr,
        options: &[u8; MAX_LEN],
        options_len: usize,
        data: &[&[u8]],
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        out.extend_from_slice(&self.octets(options_len, 0));
        // Of fixed length, they are written without a call.
        out.extend_from_slice(options);
        out.truncate(start + HEADER_LEN + options_len);
        let text = out.len();
        for part in data.iter().filter(|part| !part.is_empty()) {
            out.extend_from_slice(part);
        }
        // In the page the one function for all octets weighs less.
        let sum = if cfg!(target_arch = "wasm32") {
            Sum::of(out.get(start..).unwrap_or_default())
        } else {
            self.sum(options, options_len) + Sum::of(out.get(text..).unwrap_or_default())
        };
        let checksum = checksum::transport_of(&src, &dst, Protocol::TCP, out.len() - start, sum);
        if let Some(field) = out.get_mut(start + 16..start + 18) {
            field.copy_from_slice(&checksum.to_be_bytes());
        }
    }

    /// The octets before the options.
    #[inline(always)]
    fn octets(&self, options_len: usize, checksum: u16) -> [u8; HEADER_LEN] {
        words::to_octets(&self.words(options_len, checksum))
    }

    /// The same as numbers of four octets each.
    #[inline(always)]
    fn words(&self, options_len: usize, checksum: u16) -> [u32; 5] {
        [
            u32::from(self.src_port) << 16 | u32::from(self.dst_port),
            self.seq.0,
            self.ack.0,
            u32::from_be_bytes([data_offset(options_len), self.flags.0, 0, 0]) | u32::from(self.window),
            u32::from(checksum) << 16 | u32::from(self.urgent),
        ]
    }

    /// The sum of the header without its checksum, from its fields: what was just written in small pieces is slow to be read in
    /// large ones.
    #[inline(always)]
    fn sum(&self, options: &[u8; MAX_LEN], options_len: usize) -> Sum {
        let fields = Sum::of_words(self.words(options_len, 0));
        // All options are padded to whole words; mostly they are timestamps, which need no loop.
        let add = |sum, word: &[u8; 4]| sum + Sum::of_four(*word);
        match (options_len, options.as_chunks().0) {
            (12, [a, b, c, ..]) => [a, b, c].into_iter().fold(fields, add),
            (len, words) => words.iter().take(len / 4).fold(fields, add),
        }
    }
}

/// The octet of the header in which its length stands.
fn data_offset(options_len: usize) -> u8 {
    ((HEADER_LEN + options_len) as u8 / 4) << 4
}

/// Appends a whole IP packet with one TCP segment, checksums right. `data` comes in parts (a ring buffer has two).
pub fn emit_tcp(ip: &IpHeader, tcp: &TcpHeader, layout: OptionLayout, data: &[&[u8]], out: &mut Vec<u8>) {
    let (options, options_len) = tcp.options.write(layout);
    let len = HEADER_LEN + options_len + data.iter().map(|part| part.len()).sum::<usize>();
    out.reserve(ip.len() + len);
    ip.emit(len, out);
    tcp.emit_with(ip.src, ip.dst, &options, options_len, data, out);
}

/// Octets of the headers of a TCP segment that is no fragment, at most: IPv6 and all options.
pub(crate) const MAX_TCP_HEADERS: usize = super::IPV6_HEADER_LEN + HEADER_LEN + MAX_LEN;

/// As [`emit_tcp`], but writes the headers alone, of a packet whose text of `text.0` octets and this sum lies elsewhere; returns their
/// length. They are written where they are to lie: what was just written in small pieces is slow to be moved in large ones.
#[inline]
pub(crate) fn write_tcp_headers(
    ip: &IpHeader,
    tcp: &TcpHeader,
    layout: OptionLayout,
    text: (usize, Sum),
    out: &mut [u8; MAX_TCP_HEADERS],
) -> usize {
    let (ip_out, tcp_out) = out.split_at_mut(ip.len().min(super::IPV6_HEADER_LEN));
    let Some((fixed, tcp_out)) = tcp_out.split_first_chunk_mut() else { return 0 };
    let Some(options) = tcp_out.first_chunk_mut() else { return 0 };
    let options_len = tcp.options.write_to(layout, options);
    let len = HEADER_LEN + options_len + text.0;
    let sum = tcp.sum(options, options_len) + text.1;
    *fixed = tcp.octets(options_len, checksum::transport_of(&ip.src, &ip.dst, Protocol::TCP, len, sum));
    ip.write(len, ip_out);
    ip_out.len() + HEADER_LEN + options_len
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Ecn;
    use proptest::prelude::*;

    proptest! {
        /// Written apart, headers are the first octets of the packet that is made at once.
        #[test]
        fn headers_apart_are_those_of_the_whole_packet(
            v6: bool, numbers: [u32; 4], fields: [u16; 3], flags: u8, ecn in 0u8..4, mss: Option<u16>, scale: Option<u8>,
            permitted: bool, timestamps: Option<(u32, u32)>, blocks in prop::collection::vec(any::<(u32, u32)>(), 0..5),
            layout in prop::sample::select(vec![OptionLayout::Linux, OptionLayout::Windows, OptionLayout::Bsd, OptionLayout::Plain]),
            text in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let address = |number: u32| match v6 {
                true => std::net::Ipv6Addr::from_bits(u128::from(number) << 77).into(),
                false => IpAddr::V4(number.into()),
            };
            let [source, destination, seq, ack] = numbers;
            let [src_port, window, urgent] = fields;
            let ip = IpHeader::new(address(source), address(destination), Protocol::TCP);
            let ip = IpHeader { ecn: Ecn::from_bits(ecn), id: seq, ..ip };
            let mut options =
                TcpOptions { mss, window_scale: scale, sack_permitted: permitted, timestamps, ..Default::default() };
            for (left, right) in blocks {
                options.sack.push(SeqNumber(left), SeqNumber(right));
            }
            let (seq, ack) = (SeqNumber(seq), SeqNumber(ack));
            let flags = TcpFlags(flags);
            let header =
                TcpHeader { src_port, dst_port: 80, seq, ack, flags, window, checksum: 0, urgent, options };
            let mut whole = Vec::new();
            emit_tcp(&ip, &header, layout, &[&text], &mut whole);
            let mut apart = [0xff; MAX_TCP_HEADERS];
            let len = write_tcp_headers(&ip, &header, layout, (text.len(), Sum::of(&text)), &mut apart);
            prop_assert_eq!(&apart[..len], &whole[..whole.len() - text.len()]);
        }
    }
}
