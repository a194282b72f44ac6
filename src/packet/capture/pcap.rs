//! pcap (draft-ietf-opsawg-pcap): a header, then records.

use super::{Capture, CaptureError, CaptureNote, Collector, Interface, LinkType, Order};

const HEADER_LEN: usize = 24;
const RECORD_LEN: usize = 16;

pub(super) fn read(file: &[u8], magic: [u8; 4]) -> Result<Capture<'_>, CaptureError> {
    let (order, nanos_per_tick) = match magic {
        [0xa1, 0xb2, 0xc3, 0xd4] => (Order { big: true }, 1000),
        [0xa1, 0xb2, 0x3c, 0x4d] => (Order { big: true }, 1),
        [0xd4, 0xc3, 0xb2, 0xa1] => (Order { big: false }, 1000),
        [0x4d, 0x3c, 0xb2, 0xa1] => (Order { big: false }, 1),
        _ => return Err(CaptureError::UnknownMagic(magic)),
    };
    let too_short = CaptureError::TooShort { len: file.len(), need: HEADER_LEN };
    let snap_len = order.u32(file, 16).ok_or(too_short)?;
    let link = order.u32(file, 20).ok_or(too_short)? as u16; // the upper half tells of the frame check sequence
    let mut all = Collector::default();
    all.capture.interfaces.push(Interface {
        name: String::new(),
        link: LinkType::from_number(link),
        snap_len,
    });
    let mut at = HEADER_LEN;
    while at < file.len() {
        let have = file.len() - at;
        let header = |field: usize| order.u32(file, at + field * 4);
        let (Some(seconds), Some(ticks), Some(len), Some(wire_len)) =
            (header(0), header(1), header(2), header(3))
        else {
            all.note(CaptureNote::CutOff { offset: at, need: RECORD_LEN, have });
            break;
        };
        let need = RECORD_LEN + len as usize;
        let Some(frame) = file.get(at + RECORD_LEN..at + need) else {
            all.note(CaptureNote::CutOff { offset: at, need, have });
            break;
        };
        let epoch_nanos = u64::from(seconds) * 1_000_000_000 + u64::from(ticks) * nanos_per_tick;
        all.frame(0, epoch_nanos, frame, wire_len, Vec::new());
        at += need;
    }
    Ok(all.finish())
}
