//! A packet's way across a link: whether and when it arrives, whole or damaged, and how often.

use super::events::Event;
use super::fabric::{Fabric, owner};
use super::pool::{Packet, Slot};
use super::script::Verdict;
use super::{DropReason, Fate, LinkId, Observer};
use crate::packet::mark_congestion;
use crate::time::Instant;

impl Fabric {
    /// A packet enters a link: its whole fate there is decided now.
    pub fn enter<O: Observer>(&mut self, id: LinkId, slot: Slot, observer: &mut O) {
        match self.script.is_empty() {
            true => self.cross(id, slot, None, observer),
            false => self.enter_by_script(id, slot, observer),
        }
    }

    /// The same where a script may have something to say of it.
    #[cold]
    fn enter_by_script<O: Observer>(&mut self, id: LinkId, slot: Slot, observer: &mut O) {
        let Some(packet) = self.pool.get_mut(slot) else { return };
        packet.octets(); // a script may look at any of them
        let addresses = &self.addresses;
        let verdict = self.script.judge(packet, id, |address| owner(addresses, address));
        self.cross(id, slot, Some(&verdict), observer);
    }

    /// What the link does to it, by chance and, where there is one, by a script's verdict. (Natively there are two of these, one that
    /// knows of no verdict.)
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn cross<O: Observer>(&mut self, id: LinkId, slot: Slot, verdict: Option<&Verdict>, observer: &mut O) {
        let now = self.now;
        let (Some(mut link), Some(mut packet)) =
            (self.links.get_mut(usize::from(id.0)), self.pool.get_mut(slot))
        else {
            return;
        };
        packet.under_way = true;
        let schedule = match link.admit(now, packet.len()) {
            Ok(schedule) => schedule,
            Err(why) => return self.lose(slot, Some(id), why, observer),
        };
        if O::WATCHES {
            let fate = Fate::Queued {
                link: id,
                behind: schedule.behind as u32,
                starts: schedule.starts,
                departs: schedule.departs,
            };
            observer.packet(now, packet.id, fate);
        }
        if schedule.mark && mark_congestion(packet.headers_mut()) && O::WATCHES {
            observer.packet(now, packet.id, Fate::Marked);
        }
        let lost = link.loses();
        let arrives = link.arrival(schedule.departs);
        if let Some(verdict) = verdict {
            for &at in &verdict.replays {
                let copy = self.pool.copy(slot);
                self.depart_copy(id, slot, copy, at.max(now), true, observer);
            }
            if verdict.drop {
                return self.lose(slot, Some(id), DropReason::Scripted, observer);
            }
            match (self.links.get_mut(usize::from(id.0)), self.pool.get_mut(slot)) {
                (Some(same_link), Some(same)) => (link, packet) = (same_link, same),
                _ => return,
            }
        }
        if lost {
            return self.lose(slot, Some(id), DropReason::Loss, observer);
        }
        let len = packet.len();
        for bit in verdict.map_or(&[][..], |verdict| &verdict.corrupt) {
            if let Some(bit) = bit.or_else(|| link.any_bit(len)) {
                turn(packet, bit, now, observer);
            }
        }
        if let Some(bit) = link.corrupts(len) {
            turn(packet, bit, now, observer);
        }
        let delay = verdict.and_then(|verdict| verdict.delay);
        let arrives = delay.map_or(arrives, |by| arrives + by);
        if delay.is_some() && O::WATCHES {
            observer.packet(now, packet.id, Fate::Held { until: arrives });
        }
        let twice = link.duplicates().then(|| link.arrival(schedule.departs));
        self.events.plan(arrives, Event::Arrive { link: id, slot });
        for &after in verdict.map_or(&[][..], |verdict| &verdict.duplicates) {
            let copy = self.pool.copy(slot);
            self.depart_copy(id, slot, copy, arrives + after, true, observer);
        }
        if let Some(at) = twice {
            let copy = self.pool.copy(slot);
            self.depart_copy(id, slot, copy, at, false, observer);
        }
    }

    #[cold]
    fn depart_copy<O: Observer>(
        &mut self,
        link: LinkId,
        original: Slot,
        copy: Slot,
        at: Instant,
        held: bool,
        observer: &mut O,
    ) {
        if O::WATCHES
            && let (Some(from), Some(to)) = (self.pool.get(original), self.pool.get(copy))
        {
            observer.packet(self.now, from.id, Fate::Duplicated { copy: to.id });
            if held {
                observer.packet(self.now, to.id, Fate::Held { until: at });
            }
        }
        self.events.plan(at, Event::Arrive { link, slot: copy });
    }
}

/// Turns a bit of a packet, counted from the first.
#[inline(never)]
fn turn<O: Observer>(packet: &mut Packet, bit: u32, now: Instant, observer: &mut O) {
    if let Some(octet) = packet.whole().get_mut(bit as usize / 8) {
        *octet ^= 0x80 >> (bit % 8);
        if O::WATCHES {
            let octet = *octet;
            observer.packet(now, packet.id, Fate::Corrupted { bit, octet });
        }
    }
}
