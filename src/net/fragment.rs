//! Cutting packets to a link's MTU (RFC 791 section 3.2, RFC 8200 section 4.5).

use crate::packet::{Fragment, IpHeader};

/// Cuts `packet` into fragments of at most `mtu` octets and gives each to `emit`; a fragment may be cut again. Returns
/// false, and emits nothing, when that cannot be: the bytes are no packet, or `mtu` leaves no room for eight octets of
/// data. IPv4 options are not carried along: no packet of this emulator has any.
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
    let Some(room) = mtu.checked_sub(ip.len()).map(|room| room & !7).filter(|&room| room >= 8) else {
        return false;
    };
    let mut out = Vec::with_capacity(ip.len() + room);
    let mut at = 0;
    for part in payload.chunks(room) {
        let more = before.more || at + part.len() < payload.len();
        ip.fragment = Some(Fragment { offset: before.offset + at as u16, more });
        out.clear();
        ip.emit(part.len(), &mut out);
        out.extend_from_slice(part);
        emit(&out);
        at += part.len();
    }
    true
}
