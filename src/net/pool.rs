//! Packets in flight, in buffers that are used again: a long run allocates nothing for each packet. Where nobody looks at its
//! octets, a packet shares its text with its sender's send buffer, and has but its headers itself.

use super::{NodeId, PacketId, SocketId, Text};
use crate::packet::MAX_TCP_HEADERS;
use crate::rule::Rule;
use crate::tcp::SharedText;
use std::collections::VecDeque;

/// Where a packet lies in the pool.
pub(super) type Slot = u32;

/// A packet in flight.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub id: PacketId,
    /// Who sent it.
    pub origin: NodeId,
    pub socket: Option<SocketId>,
    pub rule: Option<Rule>,
    pub retransmission: bool,
    pub text: Option<Text>,
    /// Crossed its first link already: scripted actions that name no link have had their chance.
    pub under_way: bool,
    octets: Octets,
}

impl Packet {
    /// Its octets from the first to the last of the headers, at least.
    pub fn headers(&self) -> &[u8] {
        let Octets { bytes, headers, headers_len, .. } = &self.octets;
        headers_in(headers, *headers_len, bytes)
    }

    /// The same, to be changed.
    pub fn headers_mut(&mut self) -> &mut [u8] {
        match self.octets.headers_len {
            len if len > 0 => self.octets.headers.get_mut(..usize::from(len)).unwrap_or_default(),
            _ => &mut self.octets.bytes,
        }
    }

    /// All its octets, which are its own from now on.
    pub fn octets(&mut self) -> &[u8] {
        if self.octets.shared.is_some() {
            self.whole();
        }
        self.headers()
    }

    /// The same, to be changed in every way.
    pub fn whole(&mut self) -> &mut Vec<u8> {
        let Octets { bytes, headers, headers_len, shared } = &mut self.octets;
        bytes.extend_from_slice(headers.get(..usize::from(*headers_len)).unwrap_or_default());
        *headers_len = 0;
        if let Some(text) = shared.take() {
            bytes.extend_from_slice(text.octets());
        }
        bytes
    }

    /// The same, if they are all in memory of its own.
    pub fn own(&mut self) -> Option<&mut Vec<u8>> {
        let Octets { bytes, headers_len, shared, .. } = &mut self.octets;
        (*headers_len == 0 && shared.is_none()).then_some(bytes)
    }

    /// Lends the octets, and hands over the text that stands elsewhere; end with [`Pool::release_lent`].
    #[inline(always)]
    pub fn lend(&mut self) -> (Lent, Option<SharedText>) {
        let Octets { bytes, headers_len, shared, .. } = &mut self.octets;
        // Headers that stand apart leave the memory where it is.
        let bytes = if *headers_len == 0 { std::mem::take(bytes) } else { Vec::new() };
        (Lent { bytes, apart: *headers_len }, shared.take())
    }

    /// Room in which headers stand apart, if they do.
    #[inline(always)]
    pub fn apart(&self) -> Headers {
        self.octets.headers
    }

    /// How many octets it has.
    pub fn len(&self) -> usize {
        let Octets { bytes, headers_len, shared, .. } = &self.octets;
        let headers = if *headers_len > 0 { usize::from(*headers_len) } else { bytes.len() };
        headers + shared.as_ref().map_or(0, |text| text.len_and_sum().0)
    }
}

/// What is known of a packet that a socket makes.
pub(super) struct Made {
    pub socket: SocketId,
    pub rule: Rule,
    pub retransmission: bool,
    pub text: Option<Text>,
}

/// Room for headers.
pub(super) type Headers = [u8; MAX_TCP_HEADERS];

/// The octets of a packet as they lie.
#[derive(Clone, Debug)]
struct Octets {
    /// Those that are not in `shared`: the headers at least.
    bytes: Vec<u8>,
    /// In place of `bytes`, headers alone: in the packet itself, where thousands of packets lie close together.
    headers: Headers,
    /// How many octets of `headers` count; 0 where all are in `bytes`.
    headers_len: u8,
    shared: Option<SharedText>,
}

/// The octets of a packet, taken out of the pool to be worked on while it is used: what does not stand apart, or how many that are.
pub(super) struct Lent {
    bytes: Vec<u8>,
    apart: u8,
}

impl Lent {
    /// All octets, or the headers alone of a packet with a text; `apart` is a copy of those that stand apart.
    #[inline(always)]
    pub fn headers<'a>(&'a self, apart: &'a Headers) -> &'a [u8] {
        headers_in(apart, self.apart, &self.bytes)
    }
}

/// The headers of a packet: `len` octets that stand apart, or else what is in `bytes`.
#[inline(always)]
fn headers_in<'a>(headers: &'a Headers, len: u8, bytes: &'a [u8]) -> &'a [u8] {
    if len > 0 { headers.get(..usize::from(len)).unwrap_or_default() } else { bytes }
}

/// The buffers. A free one keeps its memory, and a clone of the pool copies only what is in flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    packets: Vec<Packet>,
    free: VecDeque<Slot>,
    next: u32,
}

impl Pool {
    /// A new packet without any octets.
    #[inline]
    pub fn take(&mut self, origin: NodeId) -> Slot {
        let id = PacketId(self.next);
        self.next = self.next.wrapping_add(1);
        if let Some(slot) = self.free.pop_front()
            && let Some(packet) = self.packets.get_mut(slot as usize)
        {
            // A packet that is released has no octets.
            (packet.id, packet.origin, packet.socket, packet.rule) = (id, origin, None, None);
            (packet.retransmission, packet.text, packet.under_way) = (false, None, false);
            return slot;
        }
        self.packets.push(Packet {
            id,
            origin,
            socket: None,
            rule: None,
            retransmission: false,
            text: None,
            under_way: false,
            octets: Octets { bytes: Vec::new(), headers: [0; MAX_TCP_HEADERS], headers_len: 0, shared: None },
        });
        (self.packets.len() - 1) as Slot
    }

    /// A new packet of a socket. `write` writes its headers apart from its text, and returns their length, or the whole packet into
    /// memory, and returns 0.
    #[inline]
    pub fn make(
        &mut self,
        origin: NodeId,
        what: Made,
        write: impl FnOnce(&mut Vec<u8>, &mut Headers, &mut Option<SharedText>) -> usize,
    ) -> Slot {
        let slot = self.take(origin);
        let Some(packet) = self.packets.get_mut(slot as usize) else { return slot };
        packet.socket = Some(what.socket);
        (packet.rule, packet.retransmission, packet.text) = (Some(what.rule), what.retransmission, what.text);
        let Octets { bytes, headers, headers_len, shared } = &mut packet.octets;
        *headers_len = write(bytes, headers, shared) as u8;
        slot
    }

    /// A packet of its own with the same bytes.
    pub fn copy(&mut self, of: Slot) -> Slot {
        let (origin, under_way) = self.get(of).map_or((NodeId(0), true), |p| (p.origin, p.under_way));
        let slot = self.take(origin);
        if let Ok([from, to]) = self.packets.get_disjoint_mut([of as usize, slot as usize]) {
            to.octets.bytes.extend_from_slice(from.headers());
            to.octets.shared = from.octets.shared.clone();
            to.under_way = under_way;
        }
        slot
    }

    pub fn get(&self, slot: Slot) -> Option<&Packet> {
        self.packets.get(slot as usize)
    }

    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Packet> {
        self.packets.get_mut(slot as usize)
    }

    /// The packet whose octets were lent is no more; its memory comes back.
    #[inline(always)]
    pub fn release_lent(&mut self, slot: Slot, Lent { mut bytes, apart }: Lent) {
        let Some(packet) = self.packets.get_mut(slot as usize) else { return };
        if apart == 0 {
            bytes.clear();
            packet.octets.bytes = bytes;
        }
        packet.octets.headers_len = 0;
        let has_memory = packet.octets.bytes.capacity() > 0;
        self.give_back(slot, has_memory);
    }

    /// Takes all octets out in one memory; give them back with [`Pool::put_back`].
    pub fn lend_whole(&mut self, slot: Slot) -> Vec<u8> {
        self.get_mut(slot).map(|packet| std::mem::take(packet.whole())).unwrap_or_default()
    }

    pub fn put_back(&mut self, slot: Slot, bytes: Vec<u8>) {
        if let Some(packet) = self.get_mut(slot) {
            packet.octets.bytes = bytes;
        }
    }

    /// The packet is no more.
    pub fn release(&mut self, slot: Slot) {
        if let Some(packet) = self.get_mut(slot) {
            packet.octets.bytes.clear();
            (packet.octets.headers_len, packet.octets.shared) = (0, None);
            let has_memory = packet.octets.bytes.capacity() > 0;
            self.give_back(slot, has_memory);
        }
    }

    /// A place is free. One that has memory of its own is taken again first, while that is near; the others in turn, so that
    /// packets that follow one another lie behind one another.
    #[inline]
    fn give_back(&mut self, slot: Slot, has_memory: bool) {
        if has_memory {
            self.free.push_front(slot);
        } else {
            self.free.push_back(slot);
        }
    }

    /// How many packets are in flight.
    pub fn in_flight(&self) -> usize {
        self.packets.len() - self.free.len()
    }
}
