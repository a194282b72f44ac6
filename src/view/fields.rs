//! Headers bit by bit, as the RFCs draw them: each field's place, value and meaning.

use serde::Serialize;

use crate::view::figure::flag;
use crate::view::words::Lang;

/// One field of a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The RFC's name for it, shortened where its cell is narrow.
    pub name: &'static str,
    /// Its first bit, counted from the header's first.
    pub start: u32,
    /// How many bits.
    pub bits: u32,
    /// Its value.
    pub value: String,
    /// What the value means; empty where the value says it all.
    pub meaning: String,
}

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeaderBlock {
    /// Its name.
    pub title: String,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// Relative numbers: what to subtract from seq and ack for the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bases {
    /// The sender's initial sequence number.
    pub seq: u32,
    /// The receiver's initial sequence number.
    pub ack: u32,
    /// How far the window is shifted.
    pub shift: u32,
}

/// Reads bits of a header from left to right.
struct Reader<'a> {
    bytes: &'a [u8],
    at: u32,
    fields: Vec<Field>,
}

impl Reader<'_> {
    /// The next `bits` bits (at most 32) as a number; 0 where the bytes end.
    fn number(&self, bits: u32) -> u32 {
        let bit = |i: u32| self.bytes.get((i / 8) as usize).map_or(0, |b| u32::from(b >> (7 - i % 8)) & 1);
        (self.at..self.at + bits).fold(0, |n, i| n << 1 | bit(i))
    }

    fn put(&mut self, name: &'static str, bits: u32, value: String, meaning: String) {
        self.fields.push(Field { name, start: self.at, bits, value, meaning });
        self.at += bits;
    }

    /// A field whose value is its number.
    fn plain(&mut self, name: &'static str, bits: u32) -> u32 {
        let n = self.number(bits);
        self.put(name, bits, n.to_string(), String::new());
        n
    }

    fn told(&mut self, name: &'static str, bits: u32, meaning: impl Fn(u32) -> String) -> u32 {
        let n = self.number(bits);
        self.put(name, bits, n.to_string(), meaning(n));
        n
    }

    fn hex(&mut self, name: &'static str, bits: u32) -> u32 {
        let n = self.number(bits);
        let digits = (bits / 4) as usize;
        self.put(name, bits, format!("0x{n:0digits$x}"), String::new());
        n
    }

    fn address(&mut self, name: &'static str) {
        let n = self.number(32);
        let [a, b, c, d] = n.to_be_bytes();
        self.put(name, 32, format!("{a}.{b}.{c}.{d}"), String::new());
    }

    fn address6(&mut self, name: &'static str) {
        let at = (self.at / 8) as usize;
        let octets: [u8; 16] =
            self.bytes.get(at..).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
        self.put(name, 128, std::net::Ipv6Addr::from(octets).to_string(), String::new());
    }
}

/// The headers of an IP packet, as far as its bytes reach.
pub fn headers(packet: &[u8], bases: Bases, lang: Lang) -> Vec<HeaderBlock> {
    let mut out = Vec::new();
    let (ip_len, protocol) = match packet.first().map(|b| b >> 4) {
        Some(4) if packet.len() >= 20 => {
            (ipv4(packet, lang, &mut out), packet.get(9).copied().unwrap_or_default())
        }
        Some(6) if packet.len() >= 40 => {
            (ipv6(packet, lang, &mut out), packet.get(6).copied().unwrap_or_default())
        }
        _ => return out,
    };
    // A fragment that is not the first has no transport header (RFC 791 section 3.2).
    let later = packet.first().is_some_and(|b| b >> 4 == 4)
        && packet.get(6..8).is_some_and(|b| u16::from_be_bytes([b[0], b[1]]) & 0x1fff != 0);
    let rest = packet.get(ip_len..).unwrap_or_default();
    match protocol {
        6 if rest.len() >= 20 && !later => tcp(rest, bases, lang, &mut out),
        17 if rest.len() >= 8 && !later => udp(rest, lang, &mut out),
        _ => {}
    }
    // The transport's header is what most came for.
    out.reverse();
    out
}

fn octets(n: u32, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{n} octets"),
        Lang::Zh => format!("{n} 字节"),
    }
}

fn protocol_name(n: u32) -> String {
    match n {
        1 => "ICMP".to_owned(),
        6 => "TCP".to_owned(),
        17 => "UDP".to_owned(),
        58 => "ICMPv6".to_owned(),
        _ => String::new(),
    }
}

// RFC 791 section 3.1
fn ipv4(packet: &[u8], lang: Lang, out: &mut Vec<HeaderBlock>) -> usize {
    let mut r = Reader { bytes: packet, at: 0, fields: Vec::new() };
    r.plain("Ver", 4);
    let ihl = r.told("IHL", 4, |n| octets(n * 4, lang));
    r.hex("TOS", 8);
    r.told("Total Length", 16, |n| octets(n, lang));
    r.hex("Identification", 16);
    r.told("Flags", 3, |n| {
        let mut names = Vec::new();
        if n & 2 != 0 {
            names.push(lang.pick("don't fragment", "不分片 (DF)"));
        }
        if n & 1 != 0 {
            names.push(lang.pick("more fragments", "还有分片 (MF)"));
        }
        names.join(", ")
    });
    r.told("Fragment Offset", 13, |n| if n == 0 { String::new() } else { octets(n * 8, lang) });
    r.plain("TTL", 8);
    r.told("Protocol", 8, protocol_name);
    r.hex("Checksum", 16);
    r.address("Source Address");
    r.address("Destination Address");
    out.push(HeaderBlock { title: lang.pick("IPv4 header", "IPv4 首部").to_owned(), fields: r.fields });
    (ihl as usize * 4).max(20)
}

// RFC 8200 section 3
fn ipv6(packet: &[u8], lang: Lang, out: &mut Vec<HeaderBlock>) -> usize {
    let mut r = Reader { bytes: packet, at: 0, fields: Vec::new() };
    r.plain("Ver", 4);
    r.hex("Class", 8);
    r.hex("Flow Label", 20);
    r.told("Payload Length", 16, |n| octets(n, lang));
    r.told("Next Hdr", 8, protocol_name);
    r.plain("Hop Limit", 8);
    r.address6("Source Address");
    r.address6("Destination Address");
    out.push(HeaderBlock { title: lang.pick("IPv6 header", "IPv6 首部").to_owned(), fields: r.fields });
    40
}

// RFC 768
fn udp(datagram: &[u8], lang: Lang, out: &mut Vec<HeaderBlock>) {
    let mut r = Reader { bytes: datagram, at: 0, fields: Vec::new() };
    r.plain("Source Port", 16);
    r.plain("Destination Port", 16);
    r.told("Length", 16, |n| octets(n, lang));
    r.hex("Checksum", 16);
    out.push(HeaderBlock { title: lang.pick("UDP header", "UDP 首部").to_owned(), fields: r.fields });
}

// RFC 9293 section 3.1
fn tcp(segment: &[u8], bases: Bases, lang: Lang, out: &mut Vec<HeaderBlock>) {
    let mut r = Reader { bytes: segment, at: 0, fields: Vec::new() };
    let flags = segment.get(13).map_or(0, |&b| u16::from(b));
    let relative = |n: u32, base: u32| {
        lang.pick(
            format!("{} counted from the initial sequence number", n.wrapping_sub(base)),
            format!("相对序号 {}（从初始序号算起）", n.wrapping_sub(base)),
        )
    };
    r.plain("Source Port", 16);
    r.plain("Destination Port", 16);
    r.told("Sequence Number", 32, |n| relative(n, bases.seq));
    r.told("Acknowledgment Number", 32, |n| {
        if flags & flag::ACK != 0 {
            relative(n, bases.ack)
        } else {
            lang.pick("not in use without ACK", "ACK 为 0，无意义").to_owned()
        }
    });
    let header = r.told("Offs", 4, |n| octets(n * 4, lang)) * 4;
    r.plain("Rsrvd", 4);
    for (name, meaning) in [
        ("C", ("CWR: congestion window reduced", "CWR：拥塞窗口已减小")),
        ("E", ("ECE: congestion was seen", "ECE：收到拥塞通知")),
        ("U", ("URG: urgent pointer counts", "URG：紧急指针有效")),
        ("A", ("ACK: acknowledgment number counts", "ACK：确认号有效")),
        ("P", ("PSH: hand over what has come", "PSH：尽快交付应用")),
        ("R", ("RST: reset the connection", "RST：复位连接")),
        ("S", ("SYN: synchronise sequence numbers", "SYN：同步序号，建立连接")),
        ("F", ("FIN: no more data from the sender", "FIN：发送方已无数据")),
    ] {
        r.told(name, 1, |n| if n == 1 { lang.pick(meaning.0, meaning.1).to_owned() } else { String::new() });
    }
    // RFC 7323 section 2.2: the window of a segment with SYN is never scaled.
    let shift = if flags & flag::SYN != 0 { 0 } else { bases.shift };
    r.told("Window", 16, |n| {
        if shift == 0 { octets(n, lang) } else { format!("{n} × 2^{shift} = {}", octets(n << shift, lang)) }
    });
    r.hex("Checksum", 16);
    r.plain("Urgent Ptr", 16);
    options(&mut r, segment.get(20..header.max(20) as usize).unwrap_or_default(), bases, lang);
    out.push(HeaderBlock { title: lang.pick("TCP header", "TCP 首部").to_owned(), fields: r.fields });
}

/// TCP options (RFC 9293 section 3.2; RFC 7323, RFC 2018).
fn options(r: &mut Reader<'_>, options: &[u8], bases: Bases, lang: Lang) {
    let mut at = 0;
    while let Some(&kind) = options.get(at) {
        let len = match kind {
            0 | 1 => 1,
            _ => options.get(at + 1).map_or(0, |&n| n as usize),
        };
        let Some(body) = options.get(at..at + len).filter(|body| !body.is_empty()) else { break };
        let u16_at = |i: usize| body.get(i..i + 2).map_or(0, |b| u32::from(u16::from_be_bytes([b[0], b[1]])));
        let u32_at =
            |i: usize| body.get(i..).and_then(|b| b.first_chunk::<4>()).map_or(0, |b| u32::from_be_bytes(*b));
        let (name, value, meaning) = match kind {
            0 => ("End", String::new(), String::new()),
            1 => ("NOP", String::new(), String::new()),
            2 => (
                "MSS",
                u16_at(2).to_string(),
                lang.pick("largest segment it takes", "最大报文段长度").to_owned(),
            ),
            3 => {
                let shift = body.get(2).copied().unwrap_or_default();
                (
                    "WScale",
                    shift.to_string(),
                    lang.pick(format!("windows count times 2^{shift}"), format!("窗口值乘以 2^{shift}")),
                )
            }
            4 => (
                "SACK ok",
                String::new(),
                lang.pick("selective acknowledgments allowed", "允许选择确认").to_owned(),
            ),
            5 => {
                let blocks: Vec<String> = (0..(len.saturating_sub(2)) / 8)
                    .map(|i| {
                        let edge = |k: usize| u32_at(2 + i * 8 + k).wrapping_sub(bases.ack);
                        format!("{}–{}", edge(0), edge(4))
                    })
                    .collect();
                (
                    "SACK",
                    blocks.join(" "),
                    lang.pick("received beyond the acknowledgment number", "确认号之后已收到的数据块")
                        .to_owned(),
                )
            }
            8 => (
                "Timestamps",
                format!("{} {}", u32_at(2), u32_at(6)),
                lang.pick("its clock, and the echo of the peer's", "本端时间戳与回显").to_owned(),
            ),
            _ => ("Option", kind.to_string(), String::new()),
        };
        r.put(name, len as u32 * 8, value, meaning);
        at += len;
        if kind == 0 {
            break;
        }
    }
    let padding = (options.len() - at.min(options.len())) as u32 * 8;
    if padding > 0 {
        r.put("Padding", padding, String::new(), String::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SYN: [u8; 44] = [
        0x45, 0, 0, 44, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
        0xc0, 0, 0x23, 0x29, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0x60, 2, 0xfa, 0xf0, 0, 0, 0, 0, // TCP
        2, 4, 5, 0xb4, // MSS 1460
    ];

    #[test]
    fn a_syn_is_read_field_by_field() {
        let blocks = headers(&SYN, Bases { seq: 1000, ..Bases::default() }, Lang::En);
        assert_eq!(blocks.len(), 2);
        let tcp = &blocks[0].fields;
        let field = |name| tcp.iter().find(|f| f.name == name).unwrap();
        assert_eq!(field("Destination Port").value, "9001");
        assert_eq!(field("Sequence Number").meaning, "0 counted from the initial sequence number");
        assert_eq!((field("S").value.as_str(), field("A").value.as_str()), ("1", "0"));
        assert_eq!(field("Window").value, "64240");
        assert_eq!((field("MSS").value.as_str(), field("MSS").start), ("1460", 160));
        let ip = &blocks[1].fields;
        assert_eq!(ip.last().unwrap().value, "10.0.0.2");
    }

    proptest! {
        #[test]
        fn fields_cover_their_header_without_gaps(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            for block in headers(&bytes, Bases::default(), Lang::Zh) {
                let mut at = 0;
                for field in &block.fields {
                    prop_assert_eq!(field.start, at);
                    at += field.bits;
                }
            }
        }
    }
}
