//! Cutting packets to a link's MTU (RFC 791 section 3.2, RFC 8200 section 4.5).

use crate::packet::{Fragment, IPV4_HEADER_LEN, IpHeader, checksum};

/// Cuts `packet` into fragments of at most `mtu` octets and gives each to `emit`; a fragment may be cut again. Returns
/// false, and emits nothing, when that cannot be: the bytes are no packet, or `mtu` leaves no room for eight octets of
/// data.
///
/// `id` is the identification that the fragments of a whole IPv6 packet get; IPv4 packets bring their own.
pub(super) fn fragment(packet: &[u8], mtu: usize, id: u32, mut emit: impl FnMut(&[u8])) -> bool {
    let Ok((mut ip, payload)) = IpHeader::parse(packet) else { return false };
    let before = ip.fragment.unwrap_or_else(|| {
        if ip.is_v6() {
            ip.id = id;
        }
        Fragment { offset: 0, more: false }
    });
    ip.fragment = Some(before); // so that the header's length counts IPv6's fragment header
    let options = if ip.is_v6() { &[] } else { options(packet) };
    let copied = copied(options);
    let room = |options: &[u8]| {
        mtu.checked_sub(ip.len() + options.len()).map(|room| room & !7).filter(|&room| room >= 8)
    };
    let (Some(first), Some(later)) = (room(options), room(&copied)) else { return false };
    let mut out = Vec::with_capacity(mtu);
    let (mut at, mut rest) = (0, payload);
    while !rest.is_empty() {
        let (room, options) = if at == 0 { (first, options) } else { (later, &copied[..]) };
        let (part, after) = rest.split_at(room.min(rest.len()));
        let fragment = Fragment { offset: before.offset + at as u16, more: before.more || !after.is_empty() };
        out.clear();
        IpHeader { fragment: Some(fragment), ..ip }.emit(part.len() + options.len(), &mut out);
        insert(options, &mut out);
        out.extend_from_slice(part);
        emit(&out);
        at += part.len();
        rest = after;
    }
    true
}

/// The options of an IPv4 packet, as they stand.
fn options(packet: &[u8]) -> &[u8] {
    let len = packet.first().map_or(0, |first| usize::from(first & 0x0f) * 4);
    packet.get(IPV4_HEADER_LEN..len).unwrap_or(&[])
}

/// Those that go into every fragment: their highest bit is set (RFC 791 section 3.1).
fn copied(options: &[u8]) -> Vec<u8> {
    let mut copied = Vec::new();
    let mut rest = options;
    while let [kind, behind @ ..] = rest {
        rest = match (kind, behind.first()) {
            (0, _) => break, // end of the list
            (1, _) => behind,
            (_, Some(&len)) if len >= 2 => {
                let Some((option, after)) = rest.split_at_checked(len.into()) else { break };
                if kind & 0x80 != 0 {
                    copied.extend_from_slice(option);
                }
                after
            }
            _ => break,
        };
    }
    copied.resize(copied.len().next_multiple_of(4), 0);
    copied
}

/// Puts options into a header that was just written for them, and makes it true.
fn insert(options: &[u8], header: &mut Vec<u8>) {
    if options.is_empty() {
        return;
    }
    header.extend_from_slice(options);
    if let Some(first) = header.first_mut() {
        *first += (options.len() / 4) as u8;
    }
    if let Some(field) = header.get_mut(10..12) {
        field.fill(0);
    }
    let sum = checksum::internet(header).to_be_bytes();
    if let Some(field) = header.get_mut(10..12) {
        field.copy_from_slice(&sum);
    }
}
