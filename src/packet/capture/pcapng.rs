//! pcapng (draft-ietf-opsawg-pcapng): sections of blocks.

use super::{Capture, CaptureError, CaptureNote, Collector, Interface, LinkType, Order};
use std::borrow::Cow;

pub(super) const SECTION: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
pub(super) const ENHANCED_PACKET: u32 = 6;

pub(super) const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

pub(super) const OPT_END: u16 = 0;
pub(super) const OPT_COMMENT: u16 = 1;
pub(super) const IF_NAME: u16 = 2;
pub(super) const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// How an interface counts time.
#[derive(Clone, Copy, Debug)]
struct Clock {
    ticks_per_second: u64,
    offset_seconds: i64,
}

impl Clock {
    const DEFAULT: Clock = Clock { ticks_per_second: 1_000_000, offset_seconds: 0 };

    fn epoch_nanos(self, high: u32, low: u32) -> u64 {
        let ticks = u64::from(high) << 32 | u64::from(low);
        let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(self.ticks_per_second);
        let nanos = nanos as i128 + i128::from(self.offset_seconds) * 1_000_000_000;
        u64::try_from(nanos.max(0)).unwrap_or(u64::MAX)
    }
}

pub(super) fn read(file: &[u8]) -> Result<Capture<'_>, CaptureError> {
    let mut all = Collector::default();
    let mut clocks: Vec<Clock> = Vec::new();
    // The interfaces of the current section begin here in the list of all.
    let mut first_interface = 0;
    let mut order = Order { big: false };
    let mut at = 0;
    while at < file.len() {
        let have = file.len() - at;
        let is_section = file.get(at..at + 4) == Some(&SECTION.to_be_bytes());
        if is_section {
            match file.get(at + 8..at + 12).and_then(|magic| magic.first_chunk::<4>()) {
                Some(magic) if u32::from_be_bytes(*magic) == BYTE_ORDER_MAGIC => order.big = true,
                Some(magic) if u32::from_le_bytes(*magic) == BYTE_ORDER_MAGIC => order.big = false,
                Some(magic) if at == 0 => return Err(CaptureError::ByteOrder(*magic)),
                None if at == 0 => return Err(CaptureError::TooShort { len: file.len(), need: 12 }),
                _ => {
                    all.note(CaptureNote::CutOff { offset: at, need: 28, have });
                    break;
                }
            }
        }
        let (Some(kind), Some(len)) = (order.u32(file, at), order.u32(file, at + 4)) else {
            all.note(CaptureNote::CutOff { offset: at, need: 12, have });
            break;
        };
        let need = len as usize;
        if need < 12 || !need.is_multiple_of(4) {
            all.note(CaptureNote::Damaged { offset: at, first: len, second: len });
            break;
        }
        let Some(block) = file.get(at..at + need) else {
            all.note(CaptureNote::CutOff { offset: at, need, have });
            break;
        };
        let second = order.u32(block, need - 4).unwrap_or(0);
        if second != len {
            all.note(CaptureNote::Damaged { offset: at, first: len, second });
            break;
        }
        let body = block.get(8..need - 4).unwrap_or(&[]);
        match kind {
            SECTION => first_interface = all.capture.interfaces.len() as u32,
            INTERFACE => {
                let (interface, clock) = read_interface(order, body);
                all.capture.interfaces.push(interface);
                clocks.push(clock);
            }
            ENHANCED_PACKET | OBSOLETE_PACKET => {
                read_packet(order, body, kind == OBSOLETE_PACKET, first_interface, &clocks, &mut all);
            }
            SIMPLE_PACKET => {
                let snap = all.capture.interfaces.get(first_interface as usize).map_or(0, |i| i.snap_len);
                if let Some(wire_len) = order.u32(body, 0) {
                    let kept = if snap == 0 { wire_len } else { wire_len.min(snap) } as usize;
                    let data = body.get(4..).unwrap_or(&[]);
                    all.frame(first_interface, 0, data.get(..kept).unwrap_or(data), wire_len, Vec::new());
                }
            }
            _ => {} // names, statistics, secrets, blocks of later versions: stepped over
        }
        at += need;
    }
    Ok(all.finish())
}

fn read_interface(order: Order, body: &[u8]) -> (Interface, Clock) {
    let mut interface = Interface {
        name: String::new(),
        link: LinkType::from_number(order.u16(body, 0).unwrap_or(u16::MAX)),
        snap_len: order.u32(body, 4).unwrap_or(0),
    };
    let mut clock = Clock::DEFAULT;
    for (code, value) in options(order, body.get(8..).unwrap_or(&[])) {
        match (code, value) {
            (IF_NAME, name) => interface.name = String::from_utf8_lossy(name).into_owned(),
            (IF_TSRESOL, &[exponent, ..]) => {
                // The first bit chooses a power of two instead of ten; resolutions past u64 mean nothing.
                let base: u64 = if exponent & 0x80 == 0 { 10 } else { 2 };
                clock.ticks_per_second = base.checked_pow((exponent & 0x7f).into()).unwrap_or(1_000_000);
            }
            (IF_TSOFFSET, offset) => {
                if let (Some(a), Some(b)) = (order.u32(offset, 0), order.u32(offset, 4)) {
                    let (high, low) = if order.big { (a, b) } else { (b, a) };
                    clock.offset_seconds = (u64::from(high) << 32 | u64::from(low)) as i64;
                }
            }
            _ => {}
        }
    }
    (interface, clock)
}

fn read_packet<'a>(
    order: Order,
    body: &'a [u8],
    obsolete: bool,
    first_interface: u32,
    clocks: &[Clock],
    all: &mut Collector<'a>,
) {
    let interface = if obsolete { order.u16(body, 0).map(u32::from) } else { order.u32(body, 0) };
    let (Some(interface), Some(high), Some(low), Some(kept), Some(wire_len)) =
        (interface, order.u32(body, 4), order.u32(body, 8), order.u32(body, 12), order.u32(body, 16))
    else {
        return;
    };
    let interface = first_interface.saturating_add(interface);
    let data = body.get(20..).unwrap_or(&[]);
    let frame = data.get(..kept as usize).unwrap_or(data);
    let behind = (kept as usize).next_multiple_of(4);
    let comments = options(order, data.get(behind..).unwrap_or(&[]))
        .filter(|&(code, _)| code == OPT_COMMENT)
        .map(|(_, text)| String::from_utf8_lossy(text))
        .collect::<Vec<Cow<'a, str>>>();
    let clock = clocks.get(interface as usize).copied().unwrap_or(Clock::DEFAULT);
    all.frame(interface, clock.epoch_nanos(high, low), frame, wire_len, comments);
}

/// The options of a block: code and value, up to the end of options or of what can be read.
fn options(order: Order, mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (code, len) = (order.u16(rest, 0)?, usize::from(order.u16(rest, 2)?));
        if code == OPT_END {
            return None;
        }
        let value = rest.get(4..4 + len)?;
        rest = rest.get(4 + len.next_multiple_of(4)..).unwrap_or(&[]);
        Some((code, value))
    })
}
