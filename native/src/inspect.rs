//! `framewire inspect`: bytes of which nobody knows the framing. Which framings fit, where the first bad byte is, and why.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use framewire::framing::{
    Diagnosis, Dissection, Framing, Limits, NameError, Role, Verdict, diagnose, dissect, parse_dump,
};
use framewire::lang::Lang;
use framewire::packet::{IpHeader, Protocol, TcpFlags, TcpHeader, capture};
use framewire::seq::SeqNumber;

const EXAMPLES: &str = "\
Examples:
  framewire inspect stream.bin                              which framing is this?
  framewire inspect capture.pcapng                          the same for every TCP stream of a capture
  framewire inspect -f json-header:size stream.bin          take it apart under this framing
  framewire inspect --hex '11 00 00 00 7b 22 64 61'         bytes from the command line
  xxd stream.bin | framewire inspect --lang zh -            a dump, explained in Chinese

Framings: json-header:KEY, length:u32be, varint, netstring, delimiter:%0D%0A, line, fixed:16, none, datagram";

/// Arguments of `framewire inspect`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// The file: raw bytes, a hex dump, a pcap or pcapng capture; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "hex")]
    input: Option<PathBuf>,
    /// The bytes themselves, as hexadecimal digits, a dump, or a Python bytes literal
    #[arg(long, value_name = "TEXT", conflicts_with = "input")]
    hex: Option<String>,
    /// Take the bytes apart under this framing instead of guessing
    #[arg(short, long, value_name = "NAME")]
    framing: Option<String>,
    /// What the file is
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// Language of the findings: en, zh (default: that of the environment)
    #[arg(long)]
    lang: Option<Lang>,
    /// Show every framing tried, not only the likely ones
    #[arg(long)]
    all: bool,
    /// Most bytes of a payload
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.payload)]
    max_payload: u64,
    /// Most bytes of a JSON header
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.header)]
    max_header: u32,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A capture if it begins like one, a dump if all of it reads as one, else raw bytes
    Auto,
    /// The bytes as they are
    Raw,
    /// A hex dump
    Dump,
    /// A pcap or pcapng capture
    Capture,
}

/// Runs `framewire inspect`.
///
/// # Errors
/// When the input cannot be read; and, under a framing that was named, when the bytes do not fit it.
pub fn run(args: &InspectArgs) -> anyhow::Result<()> {
    let (bytes, format) = match (&args.hex, &args.input) {
        (Some(text), _) => (text.clone().into_bytes(), Format::Dump),
        (None, Some(path)) => (read(path)?, args.format),
        (None, None) => bail!("a file or --hex is needed"),
    };
    inspect(args, &bytes, format, &mut crate::say::output())
}

/// The environment's language: the first of LC_ALL, LC_MESSAGES and LANG that says one.
pub fn environment() -> Lang {
    let first = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    first.and_then(|tag| tag.parse().ok()).unwrap_or_default()
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    }
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        eprintln!("framewire: reading bytes from the terminal; end with Ctrl-D");
    }
    let mut bytes = Vec::new();
    stdin.read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}

/// One stream to look at.
struct Stream {
    name: String,
    bytes: Vec<u8>,
    /// What is missing of it.
    note: Option<String>,
}

fn inspect(args: &InspectArgs, input: &[u8], format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    let lang = args.lang.unwrap_or_else(environment);
    let limits = Limits { payload: args.max_payload, header: args.max_header, ..Limits::default() };
    let framing = args.framing.as_deref().map(str::parse::<Framing>).transpose();
    let framing = framing.map_err(|error: NameError| anyhow::anyhow!(error.message(lang)))?;
    let streams = streams(input, format, lang)?;
    if streams.is_empty() {
        bail!(lang.pick("the capture holds no TCP data", "抓包文件中没有 TCP 数据"));
    }
    let mut misfits = 0;
    for (i, stream) in streams.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{} ({} {})", stream.name, stream.bytes.len(), lang.pick("bytes", "字节"))?;
        if let Some(note) = &stream.note {
            writeln!(out, "  {note}")?;
        }
        match &framing {
            Some(framing) => {
                let taken = dissect(framing, &stream.bytes, limits);
                misfits += usize::from(taken.error.is_some());
                show(&taken, &stream.bytes, lang, out)?;
            }
            None => {
                let found = diagnose(&stream.bytes, &[], limits);
                report(&found, args.all, lang, out)?;
                if let Some(best) = found.best() {
                    writeln!(out)?;
                    show(&dissect(&best.framing, &stream.bytes, limits), &stream.bytes, lang, out)?;
                }
            }
        }
    }
    if misfits > 0 {
        bail!(lang.pick("the bytes do not fit the framing", "字节与所给的分帧方式不符"));
    }
    Ok(())
}

/// How many of the framings tried are shown.
const SHOWN: usize = 5;

fn report(found: &Diagnosis, all: bool, lang: Lang, out: &mut dyn Write) -> std::io::Result<()> {
    for hint in &found.hints {
        writeln!(out, "  {}", hint.message(lang))?;
    }
    if found.best().is_none() {
        writeln!(out, "  {}", lang.pick("no framing is likely", "没有看起来合适的分帧方式"))?;
    }
    let shown = if all { found.candidates.len() } else { SHOWN };
    for candidate in found.candidates.iter().take(shown).filter(|c| all || c.bits > 0.0) {
        let mark = match candidate.verdict {
            Verdict::Fits => '+',
            Verdict::CutOff => '~',
            Verdict::Breaks => '-',
        };
        writeln!(out, "  {mark} {:<32} {}", candidate.framing.to_string(), candidate.message(lang))?;
    }
    Ok(())
}

/// How many bytes of a payload are shown.
const PREVIEW: usize = 48;

fn show(taken: &Dissection, bytes: &[u8], lang: Lang, out: &mut dyn Write) -> std::io::Result<()> {
    for frame in &taken.frames {
        let (frame_word, at) = (lang.pick("frame", "帧"), lang.pick("at", "偏移"));
        write!(out, "  {frame_word} {:<4} {at} {:<8}", frame.number, frame.offset)?;
        let spans = taken.spans.0.iter().filter(|span| span.frame == frame.number);
        let parts: Vec<String> = spans
            .map(|span| format!("{} {}", span.role.name(lang), span.range.end - span.range.start))
            .collect();
        write!(out, "{}  ", parts.join(", "))?;
        if !frame.header.is_empty() && taken.spans.0.iter().any(|span| span.role == Role::Header) {
            write!(out, "{}  ", printable(frame.header.as_bytes()))?;
        }
        writeln!(out, "{}", printable(&frame.payload))?;
    }
    if let Some(error) = &taken.error {
        writeln!(out, "  {}", error.message(lang))?;
        let from = (error.offset as usize).min(bytes.len());
        let rest = bytes.get(from..).unwrap_or(&[]);
        if !rest.is_empty() {
            let dump: Vec<String> = rest.iter().take(16).map(|b| format!("{b:02x}")).collect();
            writeln!(out, "  {from:08x}: {}  {}", dump.join(" "), printable(rest.get(..16).unwrap_or(rest)))?;
        }
    }
    Ok(())
}

/// The beginning of some bytes as text where they are text, with everything else escaped.
fn printable(bytes: &[u8]) -> String {
    let shown = bytes.get(..PREVIEW).unwrap_or(bytes);
    let mut text = String::from("\"");
    for chunk in shown.utf8_chunks() {
        chunk.valid().chars().for_each(|c| match c {
            c if c.is_control() => text.extend(c.escape_default()),
            c => text.push(c),
        });
        chunk.invalid().iter().for_each(|b| text.push_str(&format!("\\x{b:02x}")));
    }
    text.push('"');
    if shown.len() < bytes.len() {
        text.push('…');
    }
    text
}

fn streams(input: &[u8], format: Format, lang: Lang) -> anyhow::Result<Vec<Stream>> {
    let whole = |bytes: Vec<u8>, name: &str| vec![Stream { name: name.to_owned(), bytes, note: None }];
    let raw = lang.pick("raw bytes", "原始字节");
    let dump = lang.pick("hex dump", "十六进制转储");
    match format {
        Format::Raw => Ok(whole(input.to_vec(), raw)),
        Format::Capture => captured(input, lang),
        Format::Dump => {
            let text = std::str::from_utf8(input).context("the dump is no text")?;
            let bytes = parse_dump(text).map_err(|error| anyhow::anyhow!(error.message(lang)))?;
            Ok(whole(bytes, dump))
        }
        Format::Auto => {
            if capture::read(input).is_ok() {
                return captured(input, lang);
            }
            let text = std::str::from_utf8(input).ok().filter(|text| !text.trim().is_empty());
            match text.and_then(|text| parse_dump(text).ok()) {
                Some(bytes) => Ok(whole(bytes, dump)),
                None => Ok(whole(input.to_vec(), raw)),
            }
        }
    }
}

/// One direction of a TCP connection: who sends, who receives.
type Direction = ((IpAddr, u16), (IpAddr, u16));

/// The data of one direction, by stream offset.
#[derive(Default)]
struct Segments {
    /// The sequence number of the first byte of data.
    start: Option<SeqNumber>,
    data: BTreeMap<u64, Vec<u8>>,
}

/// The streams of a capture, each as far as it is there without a gap.
fn captured(file: &[u8], lang: Lang) -> anyhow::Result<Vec<Stream>> {
    let capture = capture::read(file).context("no capture")?;
    let mut order = Vec::new();
    let mut directions: BTreeMap<Direction, Segments> = BTreeMap::new();
    for packet in &capture.packets {
        // What is no TCP segment, or is cut, carries nothing to look at here.
        let Ok((ip, payload)) = IpHeader::parse(packet.bytes) else { continue };
        if ip.protocol != Protocol::TCP || ip.fragment.is_some() {
            continue;
        }
        let Ok((tcp, data)) = TcpHeader::parse(payload) else { continue };
        let direction = ((ip.src, tcp.src_port), (ip.dst, tcp.dst_port));
        let segments = directions.entry(direction).or_insert_with(|| {
            order.push(direction);
            Segments::default()
        });
        // SYN takes a sequence number of its own (RFC 9293 section 3.4).
        let syn = tcp.flags.contains(TcpFlags::SYN);
        let seq = if syn { tcp.seq + 1 } else { tcp.seq };
        let start = *segments.start.get_or_insert(seq);
        if let (Ok(offset), false) = (u64::try_from(seq.distance_from(start)), data.is_empty()) {
            let known = segments.data.entry(offset).or_default();
            if known.len() < data.len() {
                *known = data.to_vec();
            }
        }
    }
    let mut streams = Vec::new();
    for direction in order {
        let ((src, src_port), (dst, dst_port)) = direction;
        let Some(segments) = directions.get(&direction).filter(|s| !s.data.is_empty()) else { continue };
        let mut bytes: Vec<u8> = Vec::new();
        let mut note = None;
        for (&offset, data) in &segments.data {
            let have = bytes.len() as u64;
            if offset > have {
                note = Some(match lang {
                    Lang::En => format!(
                        "{} bytes are missing at offset {have}; what follows is left out",
                        offset - have
                    ),
                    Lang::Zh => format!("偏移 {have} 处缺少 {} 字节；其后的数据略去", offset - have),
                });
                break;
            }
            let known = (have - offset) as usize;
            bytes.extend_from_slice(data.get(known..).unwrap_or(&[]));
        }
        let end = |ip: IpAddr, port| std::net::SocketAddr::new(ip, port);
        streams.push(Stream {
            name: format!("{} -> {}", end(src, src_port), end(dst, dst_port)),
            bytes,
            note,
        });
    }
    Ok(streams)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: InspectArgs,
    }

    fn inspected(arguments: &[&str], input: &[u8], format: Format) -> (String, Result<(), String>) {
        let arguments = ["inspect", "--lang", "en"].iter().chain(arguments).chain(&["-"]);
        let cli = Cli::parse_from(arguments);
        let mut out = Vec::new();
        let result = inspect(&cli.args, input, format, &mut out).map_err(|error| error.to_string());
        (String::from_utf8(out).expect("text"), result)
    }

    #[test]
    fn bytes_are_recognised_and_taken_apart() {
        let stream = b"\x11\0\0\0{\"data_size\": 12}hello world!";
        let (text, result) = inspected(&[], stream, Format::Auto);
        assert_eq!(result, Ok(()));
        assert!(text.starts_with("raw bytes (33 bytes)\n  + json-header:data_size|size"), "{text}");
        assert!(text.contains("frame 0    at 0       length 4, header 17, payload 12  \"{\"data_size\": 12}\"  \"hello world!\""), "{text}");

        let dump = "1100 0000 7b22 6461 7461 5f73 697a 6522\n3a20 3132 7d68 656c 6c6f 2077 6f72 6c64 21";
        let (text, _) = inspected(&[], dump.as_bytes(), Format::Auto);
        assert!(text.starts_with("hex dump (33 bytes)\n  + json-header"), "{text}");
    }

    #[test]
    fn under_a_named_framing_a_misfit_is_a_failure_with_its_place() {
        let (text, result) = inspected(&["-f", "length:u32be"], b"\0\0\0\x02okGET /", Format::Raw);
        assert_eq!(result, Err("the bytes do not fit the framing".to_owned()));
        assert!(text.contains("payload 2  \"ok\""), "{text}");
        assert!(text.contains("byte 6 of the stream (frame 1): the length reads 1,195,725,856"), "{text}");
        assert!(text.contains("00000006: 47 45 54 20 2f  \"GET /\""), "{text}");
        let (_, result) = inspected(&["-f", "tlv"], b"", Format::Raw);
        assert!(result.is_err_and(|text| text.contains("there is no framing `tlv`")));
        let (_, result) = inspected(&[], b"1 2 3", Format::Dump);
        assert_eq!(result, Err("line 1: `1` is no pair of hexadecimal digits".to_owned()));
    }

    #[test]
    fn the_streams_of_a_capture_are_put_together() {
        use framewire::packet::{OptionLayout, emit_tcp};
        let ip = |a: u8, b: u8| {
            IpHeader::new(IpAddr::from([10, 0, 0, a]), IpAddr::from([10, 0, 0, b]), Protocol::TCP)
        };
        let mut file = Vec::new();
        let mut writer = capture::PcapngWriter::begin("test", &mut file);
        let interface = writer.interface("wire", &mut file);
        let mut segment = |seq: u32, flags, data: &[u8]| {
            let tcp =
                TcpHeader { src_port: 1, dst_port: 2, seq: SeqNumber(seq), flags, ..TcpHeader::default() };
            let mut bytes = Vec::new();
            emit_tcp(&ip(1, 2), &tcp, OptionLayout::default(), &[data], &mut bytes);
            writer.packet(interface, 0, &bytes, None, &[], &mut file);
        };
        let first = u32::MAX - 3;
        segment(first - 1, TcpFlags::SYN, b"");
        // Out of order, across the wrap of the sequence numbers, one piece twice.
        segment(first.wrapping_add(6), TcpFlags::ACK, b"llo\0\0\0\x02ok");
        segment(first, TcpFlags::ACK, b"\0\0\0\x05he");
        segment(first, TcpFlags::ACK, b"\0\0\0\x05he");
        segment(first.wrapping_add(99), TcpFlags::ACK, b"late");
        let (text, result) = inspected(&["-f", "length:u32be"], &file, Format::Auto);
        assert_eq!(result, Ok(()), "{text}");
        assert!(
            text.starts_with("10.0.0.1:1 -> 10.0.0.2:2 (15 bytes)\n  84 bytes are missing at offset 15"),
            "{text}"
        );
        assert!(text.contains("\"hello\"") && text.contains("\"ok\""), "{text}");
    }

    #[test]
    fn bytes_of_no_framing_and_chinese() {
        let (text, _) = inspected(&[], b"just some words", Format::Raw);
        assert!(text.contains("no framing is likely"), "{text}");
        let (text, _) = inspected(&["--all"], b"just some words", Format::Raw);
        assert!(text.lines().count() > 50);
        assert_eq!(printable(b"\xe4\xb8\xad\xff\n\""), "\"中\\xff\\n\"\"");
    }
}
