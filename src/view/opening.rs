//! Opening bytes that somebody has: a recording or a capture, with what is to be said of it, and the list of what is inside.

use serde::Serialize;

use crate::packet::capture::{CaptureError, CaptureNote};
use crate::trace::capture::{ImportNote, import};
use crate::trace::{End, ReadError, Trace, Vantage, is_trace_file, read};
use crate::view::words::{Lang, Word, fill};

/// A trace, and what its reader has to say.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The trace.
    pub trace: Trace,
    /// What could not be read or is not as it seems; empty if nothing.
    pub remark: String,
}

/// Opens a recording (`.fwtrace`) or a capture (pcap, pcapng), whichever the bytes are.
///
/// # Errors
/// When they are neither; the sentence names the file.
pub fn open(name: &str, bytes: &[u8], lang: Lang) -> Result<Opened, String> {
    let refuse = |why: String| fill(Word::ErrorTrace, lang, &[name, &why]);
    if bytes.is_empty() {
        return Err(refuse(lang.pick("the file is empty", "文件是空的").to_owned()));
    }
    if is_trace_file(bytes) {
        let (trace, end) = read(bytes).map_err(|error| refuse(version_text(&error, lang)))?;
        let remark = if end == End::Complete { String::new() } else { Word::Cut.text(lang).to_owned() };
        return Ok(Opened { trace, remark });
    }
    let (trace, notes) = import(bytes).map_err(|error| refuse(capture_error(&error, lang)))?;
    let notes: Vec<String> = notes.iter().map(|note| note_text(note, lang)).collect();
    let stop = lang.pick(". ", "。");
    let remark = if notes.is_empty() { String::new() } else { notes.join(stop) + stop.trim_end() };
    Ok(Opened { trace, remark })
}

fn version_text(error: &ReadError, lang: Lang) -> String {
    match (lang, error) {
        (Lang::Zh, ReadError::Version { found }) => format!("它的格式版本是 {found}，需要更新的 framewire"),
        _ => error.to_string(),
    }
}

fn capture_error(error: &CaptureError, lang: Lang) -> String {
    if lang == Lang::En {
        return error.to_string();
    }
    match error {
        CaptureError::UnknownMagic(magic) => {
            let magic: Vec<String> = magic.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("文件以 {} 开头，不是 pcap 或 pcapng 格式", magic.join(" "))
        }
        CaptureError::TooShort { len, need } => format!("文件只有 {len} 字节，而文件头需要 {need} 字节"),
        CaptureError::ByteOrder(_) => "pcapng 节首部的字节序标记不对".to_owned(),
    }
}

/// What an import has to say, as a sentence without its full stop.
fn note_text(note: &ImportNote, lang: Lang) -> String {
    if lang == Lang::En {
        return note.to_string();
    }
    match *note {
        ImportNote::Capture(CaptureNote::CutOff { offset, .. }) => {
            format!("文件在第 {offset} 字节处被截断，已读到该处")
        }
        ImportNote::Capture(CaptureNote::Damaged { offset, .. }) => {
            format!("第 {offset} 字节处的块已损坏，已读到该处")
        }
        ImportNote::Capture(CaptureNote::NotIp(n)) => format!("略去 {n} 个不是 IP 的帧"),
        ImportNote::Capture(CaptureNote::UnknownLink { link, packets }) => {
            format!(
                "略去 {packets} 个链路类型为 {link} 的帧：能读的是以太网、Linux cooked、环回、原始 IP、PPP 和 PKTAP"
            )
        }
        ImportNote::Capture(CaptureNote::UnknownInterface(n)) => {
            format!("略去 {n} 个帧：文件没有描述它们的接口")
        }
        ImportNote::Capture(CaptureNote::Snapped(n)) => format!("{n} 个报文在抓取时被截短（snap length）"),
        ImportNote::NoHandshake(n) => format!("{n} 个连接没有抓到握手"),
        ImportNote::Offloaded { segments, largest } => format!(
            "{segments} 个报文段超过 MSS（最大 {largest} 字节）：抓包之前网卡卸载已把它们合并，线路上的报文段更小"
        ),
    }
}

/// One connection or flow in the list of those that a trace holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `TCP 10.0.0.1:5000 → 10.0.0.2:80`.
    pub title: String,
    /// How many packets and bytes, and its last states.
    pub text: String,
}

/// The connections of a trace, by number.
pub fn connections(trace: &Trace, lang: Lang) -> Vec<Row> {
    let row = |c: &crate::trace::report::ConnectionReport| {
        let title = format!("{} {} → {}", c.transport.name().to_ascii_uppercase(), c.client, c.server);
        let (packets, up, down) =
            (c.packets.to_string(), c.bytes.client.to_string(), c.bytes.server.to_string());
        let mut text = fill(Word::ConnectionHolds, lang, &[&packets, &up, &down]);
        let last: Vec<&str> = c.ends.iter().filter_map(|states| states.last().copied()).collect();
        if !last.is_empty() {
            text = format!("{text} · {}", last.join(" / "));
        }
        Row { title, text }
    };
    trace.report(Vantage::Sent).connections.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::capture::PcapngWriter;

    #[test]
    fn what_is_no_recording_is_refused_in_both_languages() {
        let en = open("notes.txt", b"hello hello", Lang::En).unwrap_err();
        assert!(en.starts_with("notes.txt is not a framewire recording") && en.contains("pcap"), "{en}");
        let zh = open("notes.txt", b"hello hello", Lang::Zh).unwrap_err();
        assert!(zh.contains("68 65 6c 6c") && zh.contains("pcap"), "{zh}");
        assert!(open("a", b"", Lang::Zh).unwrap_err().contains("文件是空的"));
        assert!(open("a", b"\x89FW", Lang::En).is_err());
    }

    #[test]
    fn a_capture_opens_and_says_what_was_left_out() {
        let mut file = Vec::new();
        let mut writer = PcapngWriter::begin("test", &mut file);
        let wire = writer.interface("eth0", &mut file);
        writer.packet(
            wire,
            1,
            &[0x45, 0, 0, 20, 0, 0, 0, 0, 64, 255, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
            None,
            &[],
            &mut file,
        );
        let opened = open("a.pcapng", &file, Lang::Zh).unwrap();
        assert_eq!((opened.trace.tables().packets.len(), opened.remark.as_str()), (1, ""));
        file.truncate(file.len() - 3);
        let opened = open("a.pcapng", &file, Lang::Zh).unwrap();
        assert!(opened.remark.contains("截断") && opened.remark.ends_with('。'), "{}", opened.remark);
        assert!(open("a.pcapng", &file, Lang::En).unwrap().remark.ends_with('.'));
    }
}
