//! `framewire trace`: what a trace file or a capture file holds.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use framewire::trace::capture::import;
use framewire::trace::{ConnectionId, End, Piece, Side, StreamRange, Trace, Vantage, is_trace_file, read};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  framewire trace hello.fwtrace              the connections of a recording
  framewire trace capture.pcapng --json      those of a capture (pcap or pcapng), for a machine
  framewire trace capture.pcap --stream 0    the bytes that both sides of connection 0 sent

A file that was cut off is read up to the cut; what could not be read is told on standard error.";

/// Prints what a trace file or a capture file (pcap, pcapng) holds.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TraceArgs {
    /// A .fwtrace file, or a capture (pcap or pcapng); `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print the reassembled bytes of both directions of this connection, counted from 0 as listed
    #[arg(long, value_name = "N")]
    pub stream: Option<u32>,
}

/// A trace, and what its reader has to say.
pub struct Opened {
    /// The trace.
    pub trace: Trace,
    /// Remarks: a cut, packets left out, offloaded segments.
    pub remarks: Vec<String>,
}

/// Reads the bytes of a trace file or a capture file, whichever they are.
///
/// # Errors
/// When they are neither, or a trace file of a version that is not known.
pub fn open(bytes: &[u8]) -> anyhow::Result<Opened> {
    if bytes.is_empty() {
        bail!("the file is empty: give a .fwtrace, pcap or pcapng file");
    }
    if is_trace_file(bytes) {
        let (trace, end) = read(bytes)?;
        let remarks = if end == End::Complete { Vec::new() } else { vec![format!("the file is {end}")] };
        return Ok(Opened { trace, remarks });
    }
    let (trace, notes) = import(bytes).context("neither a .fwtrace file nor a capture")?;
    Ok(Opened { trace, remarks: notes.iter().map(ToString::to_string).collect() })
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be read or is of no known kind, when there is no such connection, or when the output cannot be
/// written.
pub fn run(args: &TraceArgs) -> anyhow::Result<()> {
    let name = args.file.display();
    let bytes = if args.file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)
            .context("cannot read standard input")?;
        bytes
    } else {
        std::fs::read(&args.file).with_context(|| format!("cannot read {name}"))?
    };
    let opened = open(&bytes).with_context(|| format!("cannot open {name}"))?;
    for remark in &opened.remarks {
        eprintln!("framewire: {name}: {remark}");
    }
    let mut out = std::io::BufWriter::new(crate::say::output());
    print(&opened.trace, args, &mut out).and_then(|()| Ok(out.flush()?))
}

/// Prints what the arguments ask for.
///
/// # Errors
/// When there is no such connection, or when the output cannot be written.
pub fn print(trace: &Trace, args: &TraceArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let report = trace.report(Vantage::Sent);
    let Some(stream) = args.stream else {
        if args.json {
            serde_json::to_writer(&mut *out, &report)?;
            writeln!(out)?;
        } else if report.connections.is_empty() {
            writeln!(out, "no connection: {} events of other kinds", trace.len())?;
        } else {
            write!(out, "{report}")?;
        }
        return Ok(());
    };
    let count = report.connections.len();
    let Some(connection) = report.connections.get(stream as usize) else {
        match count {
            0 => bail!("there is no connection {stream}: the file holds none"),
            n => bail!("there is no connection {stream}: the file holds {n}, numbered 0 to {}", n - 1),
        }
    };
    let sides = [(Side::Client, "client", &connection.client), (Side::Server, "server", &connection.server)];
    let mut object = serde_json::Map::new();
    for (side, name, address) in sides {
        let id = ConnectionId(stream).stream(side);
        let range = StreamRange { stream: id, start: 0, end: trace.stream_len(id) };
        if args.json {
            object.insert(name.to_owned(), stream_json(trace, range, address));
        } else {
            writeln!(out, "--- {name} {address} sent {} bytes", range.end)?;
            print_stream(trace, range, out)?;
        }
    }
    if args.json {
        serde_json::to_writer(&mut *out, &object)?;
        writeln!(out)?;
    }
    Ok(())
}

/// The bytes of a stream as they are, with a line for each stretch that nobody captured.
fn print_stream(trace: &Trace, range: StreamRange, out: &mut impl Write) -> anyhow::Result<()> {
    let mut last = b'\n';
    for piece in trace.pieces(range) {
        match piece {
            Piece::Known(bytes) => {
                out.write_all(bytes)?;
                last = bytes.last().copied().unwrap_or(last);
            }
            Piece::Unknown(n) => {
                let line = if last == b'\n' { "" } else { "\n" };
                writeln!(out, "{line}[{n} bytes are not in the file]")?;
                last = b'\n';
            }
        }
    }
    if last != b'\n' {
        writeln!(out)?;
    }
    Ok(())
}

/// Bytes of a stream that JSON output carries at most.
const MOST_BYTES: usize = 64 << 20;

fn stream_json(trace: &Trace, range: StreamRange, address: &str) -> serde_json::Value {
    let (bytes, missing) = trace.reassembled(range.stream, MOST_BYTES);
    let hex = bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        hex
    });
    let text = std::str::from_utf8(&bytes).ok().filter(|_| missing.is_empty());
    json!({ "address": address, "bytes": range.end, "hex": hex, "text": text, "missing": missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::time::Instant;
    use framewire::trace::{HostId, PacketId, Provenance, Record, Sink, What, write};

    fn udp_packet() -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 33, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        packet.extend([0x9c, 0x40, 0x23, 0x29, 0, 13, 0, 0]);
        packet.extend(b"hello");
        packet
    }

    fn trace() -> Trace {
        let mut trace = Trace::new();
        let bytes = udp_packet();
        let what = What::PacketSent {
            packet: PacketId(0),
            host: HostId(0),
            socket: None,
            bytes: &bytes,
            len: 33,
            payload: None,
            rule: None,
            retransmission: false,
            parent: None,
        };
        trace.record(Record::new(Instant::START, Provenance::Captured, what));
        trace
    }

    fn printed(trace: &Trace, json: bool, stream: Option<u32>) -> anyhow::Result<String> {
        let mut out = Vec::new();
        print(trace, &TraceArgs { file: PathBuf::new(), json, stream }, &mut out)?;
        Ok(String::from_utf8(out)?)
    }

    #[test]
    fn the_json_is_one_object_of_connections() {
        let value: serde_json::Value = serde_json::from_str(&printed(&trace(), true, None).unwrap()).unwrap();
        let expected = json!({ "connections": [{
            "client": "10.0.0.1:40000", "server": "10.0.0.2:9001", "transport": "udp", "packets": 1,
            "bytes": { "client": 5, "server": 0 }, "states": [], "marks": {},
        }]});
        assert_eq!(value, expected);
    }

    #[test]
    fn a_stream_is_printed_with_both_directions() {
        let text = printed(&trace(), false, Some(0)).unwrap();
        assert_eq!(
            text,
            "--- client 10.0.0.1:40000 sent 5 bytes\nhello\n--- server 10.0.0.2:9001 sent 0 bytes\n"
        );
        let value: serde_json::Value =
            serde_json::from_str(&printed(&trace(), true, Some(0)).unwrap()).unwrap();
        assert_eq!(value["client"]["text"], "hello");
        assert_eq!(value["client"]["hex"], "68656c6c6f");
        let error = printed(&trace(), false, Some(1)).unwrap_err().to_string();
        assert_eq!(error, "there is no connection 1: the file holds 1, numbered 0 to 0");
    }

    #[test]
    fn files_are_known_by_their_first_bytes() {
        let file = write(&trace());
        assert_eq!(open(&file).unwrap().trace, trace());
        let cut = open(&file[..file.len() - 1]).unwrap();
        assert!(cut.remarks[0].contains("cut off"), "{:?}", cut.remarks);
        assert!(open(b"").is_err());
        let error = format!("{:#}", open(b"GIF89a, no capture").err().unwrap());
        assert!(error.contains("neither"), "{error}");
    }
}
