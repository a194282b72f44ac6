//! Headers bit by bit, as the RFCs draw them: the packet's fields with values and meanings for the reader.

use serde::Serialize;

use crate::packet::{Check, FieldName, FieldValue, Layer};
use crate::view::words::{Lang, Word, fill};

/// One field of a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
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
    /// The packet's bit at which it begins.
    pub first: u32,
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

/// The headers of an IP packet, as far as its bytes reach; the transport's first: it is what most came for.
pub fn headers(packet: &[u8], bases: Bases, lang: Lang) -> Vec<HeaderBlock> {
    let mut out: Vec<(Layer, u32, HeaderBlock)> = Vec::new();
    for field in crate::packet::fields(packet) {
        if field.depth > 0 || field.layer == Layer::Payload || field.name == FieldName::Payload {
            continue;
        }
        if out.last().is_none_or(|(layer, ..)| *layer != field.layer) {
            let title = fill(Word::HeaderOf, lang, &[field.layer.label()]);
            out.push((
                field.layer,
                field.bit_offset,
                HeaderBlock { title, first: field.bit_offset, fields: Vec::new() },
            ));
        }
        let Some((_, first, block)) = out.last_mut() else { continue };
        // Flags are called SYN and DF in any language; the reserved bit is none.
        let is_flag = field.bit_len == 1 && field.name != FieldName::ReservedFlag;
        let name = if is_flag || lang == Lang::En { field.name.en() } else { field.name.zh() };
        block.fields.push(Field {
            name: name.to_owned(),
            start: field.bit_offset - *first,
            bits: field.bit_len,
            value: value_of(field.value, field.name, field.bit_len),
            meaning: meaning_of(field.name, field.value, bases, lang),
        });
    }
    out.into_iter().rev().map(|(.., block)| block).collect()
}

fn value_of(value: FieldValue, name: FieldName, bits: u32) -> String {
    match value {
        FieldValue::Number(n) if name == FieldName::Identification => format!("0x{n:04x}"),
        FieldValue::Number(n) => n.to_string(),
        FieldValue::Flag(set) => u8::from(set).to_string(),
        FieldValue::Address(address) => address.to_string(),
        FieldValue::Checksum(sum, _) => format!("0x{sum:04x}"),
        FieldValue::Bytes => format!("{} B", bits / 8),
    }
}

fn meaning_of(name: FieldName, value: FieldValue, bases: Bases, lang: Lang) -> String {
    let relative = |n: u64, base: u32| {
        let n = (n as u32).wrapping_sub(base).to_string();
        fill(Word::RelativeTo, lang, &[&n])
    };
    let octets = |n: u64| fill(Word::OctetsLong, lang, &[&n.to_string()]);
    match (name, value) {
        (FieldName::SequenceNumber, FieldValue::Number(n)) => relative(n, bases.seq),
        (FieldName::AcknowledgmentNumber, FieldValue::Number(n)) if n != 0 => relative(n, bases.ack),
        (FieldName::HeaderLength | FieldName::DataOffset, FieldValue::Number(n)) => octets(n * 4),
        (FieldName::FragmentOffset, FieldValue::Number(n)) if n > 0 => octets(n * 8),
        (FieldName::Window, FieldValue::Number(n)) if bases.shift > 0 => {
            format!("{n} × 2^{} = {}", bases.shift, octets(n << bases.shift))
        }
        (FieldName::Protocol | FieldName::NextHeader, FieldValue::Number(n)) => match n {
            1 => "ICMP".to_owned(),
            6 => "TCP".to_owned(),
            17 => "UDP".to_owned(),
            58 => "ICMPv6".to_owned(),
            _ => String::new(),
        },
        (FieldName::SackLeftEdge | FieldName::SackRightEdge, FieldValue::Number(n)) => relative(n, bases.ack),
        (FieldName::TotalLength | FieldName::PayloadLength | FieldName::Length, FieldValue::Number(n)) => {
            octets(n)
        }
        (FieldName::WindowShift, FieldValue::Number(n)) => fill(Word::MeanShift, lang, &[&n.to_string()]),
        (_, FieldValue::Checksum(_, check)) => {
            let word = match check {
                Check::Right => Word::ChecksumRight,
                Check::Wrong => Word::ChecksumWrong,
                Check::None => Word::ChecksumNone,
                Check::Unknown => Word::ChecksumUnknown,
            };
            word.text(lang).to_owned()
        }
        (_, FieldValue::Flag(false)) => String::new(),
        _ => general_meaning(name).map(|word| word.text(lang).to_owned()).unwrap_or_default(),
    }
}

/// What a field is for, whatever its value.
fn general_meaning(name: FieldName) -> Option<Word> {
    Some(match name {
        FieldName::SourcePort => Word::MeanSourcePort,
        FieldName::DestinationPort => Word::MeanDestinationPort,
        FieldName::Urg => Word::MeanUrg,
        FieldName::Ack => Word::MeanAck,
        FieldName::Psh => Word::MeanPsh,
        FieldName::Rst => Word::MeanRst,
        FieldName::Syn => Word::MeanSyn,
        FieldName::Fin => Word::MeanFin,
        FieldName::Ece => Word::MeanEce,
        FieldName::Cwr => Word::MeanCwr,
        FieldName::DontFragment => Word::MeanDf,
        FieldName::MoreFragments => Word::MeanMf,
        FieldName::TimeToLive | FieldName::HopLimit => Word::MeanTtl,
        FieldName::MaximumSegmentSize => Word::MeanMss,
        FieldName::Window => Word::MeanWindow,
        FieldName::TimestampValue => Word::MeanTsVal,
        FieldName::TimestampEcho => Word::MeanTsEcr,
        FieldName::NoOperation => Word::MeanNop,
        FieldName::Identification => Word::MeanIdentification,
        _ => return None,
    })
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
        assert_eq!(blocks[0].title, "TCP header");
        let tcp = &blocks[0].fields;
        let field = |name: &str| tcp.iter().find(|f| f.name == name).unwrap();
        assert_eq!(field("Destination Port").value, "9001");
        assert_eq!(field("Sequence Number").meaning, "0, counted from the initial sequence number");
        assert_eq!((field("SYN").value.as_str(), field("ACK").value.as_str()), ("1", "0"));
        assert_eq!(field("Window").value, "64240");
        assert_eq!(field("Maximum Segment Size").value, "1460");
        assert_eq!(field("Checksum").meaning, "wrong");
        let zh = headers(&SYN, Bases::default(), Lang::Zh);
        assert_eq!(zh[0].title, "TCP 首部");
        assert!(zh[1].fields.iter().any(|f| f.name == "源地址" && f.value == "10.0.0.1"));
        assert!(["保留位", "DF"].iter().all(|flag| zh[1].fields.iter().any(|f| f.name == *flag)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_told(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            for block in headers(&bytes, Bases::default(), Lang::Zh) {
                let mut at = 0;
                for field in &block.fields {
                    prop_assert!(field.start >= at);
                    at = field.start + field.bits;
                }
            }
        }
    }
}
