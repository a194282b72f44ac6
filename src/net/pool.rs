//! Packets in flight, in buffers that are used again: a long run allocates nothing for each packet.

use super::{NodeId, PacketId, SocketId, Text};
use crate::rule::Rule;

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
    pub bytes: Vec<u8>,
}

/// The buffers. A free one keeps its memory, and a clone of the pool copies only what is in flight.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    packets: Vec<Packet>,
    free: Vec<Slot>,
    next: u32,
}

impl Pool {
    /// A new packet with an empty buffer.
    pub fn take(&mut self, origin: NodeId) -> Slot {
        let id = PacketId(self.next);
        self.next = self.next.wrapping_add(1);
        let fresh = Packet {
            id,
            origin,
            socket: None,
            rule: None,
            retransmission: false,
            text: None,
            under_way: false,
            bytes: Vec::new(),
        };
        if let Some(slot) = self.free.pop()
            && let Some(packet) = self.packets.get_mut(slot as usize)
        {
            let bytes = std::mem::take(&mut packet.bytes);
            *packet = Packet { bytes, ..fresh };
            return slot;
        }
        self.packets.push(fresh);
        (self.packets.len() - 1) as Slot
    }

    /// A packet of its own with the same bytes.
    pub fn copy(&mut self, of: Slot) -> Slot {
        let (origin, under_way) = self.get(of).map_or((NodeId(0), true), |p| (p.origin, p.under_way));
        let slot = self.take(origin);
        if let Ok([from, to]) = self.packets.get_disjoint_mut([of as usize, slot as usize]) {
            to.bytes.extend_from_slice(&from.bytes);
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

    /// Takes the bytes out, to be worked on while the pool is used; give them back with [`Pool::put_back`].
    pub fn lend(&mut self, slot: Slot) -> Vec<u8> {
        self.get_mut(slot).map(|packet| std::mem::take(&mut packet.bytes)).unwrap_or_default()
    }

    pub fn put_back(&mut self, slot: Slot, bytes: Vec<u8>) {
        if let Some(packet) = self.get_mut(slot) {
            packet.bytes = bytes;
        }
    }

    /// The packet is no more.
    pub fn release(&mut self, slot: Slot) {
        if let Some(packet) = self.get_mut(slot) {
            packet.bytes.clear();
            self.free.push(slot);
        }
    }

    /// How many packets are in flight.
    pub fn in_flight(&self) -> usize {
        self.packets.len() - self.free.len()
    }
}
