//! Putting fragments together (RFC 791 section 3.2, RFC 815, RFC 8200 section 4.5; overlaps are refused, RFC 5722).

use super::DropReason;
use crate::packet::{Ecn, Fragment, IPV4_HEADER_LEN, IPV6_FRAGMENT_HEADER_LEN, Icmp, IpHeader, Protocol};
use crate::time::{Duration, Instant};
use std::net::IpAddr;

/// What a host keeps of unfinished packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReassemblyLimits {
    /// How long after the first fragment of an IPv4 packet the last one may come.
    pub timeout: Duration,
    /// The same of an IPv6 packet (RFC 8200 section 4.5: 60 s).
    pub timeout_v6: Duration,
    /// Unfinished packets at a time.
    pub packets: usize,
    /// Octets of all unfinished packets together.
    pub bytes: usize,
}

impl Default for ReassemblyLimits {
    /// Linux's: 30 s for IPv4 (RFC 791 suggests 15 s, RFC 1122 one to two minutes), 60 s for IPv6, 4 MiB.
    fn default() -> Self {
        ReassemblyLimits {
            timeout: Duration::from_secs(30),
            timeout_v6: Duration::from_secs(60),
            packets: 1024,
            bytes: 4 << 20,
        }
    }
}

/// RFC 791: the fragments of a packet have source, destination, protocol and identification in common; RFC 8200: all
/// but the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    protocol: Option<Protocol>,
    id: u32,
}

#[derive(Clone, Debug)]
struct Partial {
    key: Key,
    deadline: Instant,
    /// The header of the first fragment, and its octets for an ICMP message.
    first: Option<(IpHeader, Vec<u8>)>,
    data: Vec<u8>,
    /// What is there: ranges in order that do not touch.
    ranges: Vec<(usize, usize)>,
    total: Option<usize>,
    /// A fragment was marked "congestion experienced", and one came from a transport without ECN.
    marked: (bool, bool),
    /// A fragment overlapped another: the packet is refused, with all fragments that still come.
    refused: bool,
}

/// The unfinished packets of a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Reassembler {
    partials: Vec<Partial>,
}

/// What a fragment led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// More must come.
    Kept,
    /// The packet is whole: an IP packet again.
    Complete(Vec<u8>),
    /// The fragment is thrown away.
    Refused(DropReason),
    /// The fragment makes no sense: it is thrown away, and its source is told (RFC 8200 section 4.5).
    Reported(Icmp),
}

impl Reassembler {
    /// Takes a fragment: its header, what it carries, and the whole of its octets.
    pub fn add(
        &mut self,
        now: Instant,
        limits: &ReassemblyLimits,
        ip: &IpHeader,
        payload: &[u8],
        packet: &[u8],
    ) -> Outcome {
        let Some(Fragment { offset, more }) = ip.fragment else { return Outcome::Kept };
        let (start, end) = (usize::from(offset), usize::from(offset) + payload.len());
        if start == 0 && !more {
            // RFC 8200 section 4.5: a whole packet behind a fragment header, and no part of any other.
            return Outcome::Complete(whole(ip, payload));
        }
        // RFC 8200 section 4.5: all fragments but the last are multiples of eight octets; no length passes 65,535, which in
        // IPv4 counts the header.
        let most = if ip.is_v6() { 0xffff } else { 0xffff - IPV4_HEADER_LEN };
        let uneven = more && !payload.len().is_multiple_of(8);
        if ip.is_v6() && (uneven || end > most) {
            // The pointer says which field is wrong: Payload Length, or Fragment Offset in the fragment header.
            let header = packet.len().saturating_sub(payload.len() + IPV6_FRAGMENT_HEADER_LEN);
            let pointer = if uneven { 4 } else { header as u32 + 2 };
            return Outcome::Reported(Icmp::ParameterProblem { code: 0, pointer });
        }
        if uneven || end > most || payload.is_empty() {
            return Outcome::Refused(DropReason::Malformed);
        }
        let protocol = (!ip.is_v6()).then_some(ip.protocol);
        let key = Key { src: ip.src, dst: ip.dst, protocol, id: ip.id };
        let at = match self.partials.iter().position(|p| p.key == key) {
            Some(at) => at,
            None => {
                if self.partials.len() >= limits.packets {
                    return Outcome::Refused(DropReason::ReassemblyFull);
                }
                self.partials.push(Partial {
                    key,
                    deadline: now + if ip.is_v6() { limits.timeout_v6 } else { limits.timeout },
                    first: None,
                    data: Vec::new(),
                    ranges: Vec::new(),
                    total: None,
                    marked: (false, false),
                    refused: false,
                });
                self.partials.len() - 1
            }
        };
        let held: usize = self.partials.iter().map(|p| p.data.len()).sum();
        let Some(partial) = self.partials.get_mut(at) else { return Outcome::Kept };
        if held - partial.data.len() + end.max(partial.data.len()) > limits.bytes {
            return Outcome::Refused(DropReason::ReassemblyFull);
        }
        match partial.insert(start, end, more, payload) {
            Inserted::Overlaps => {
                partial.refuse();
                return Outcome::Refused(DropReason::FragmentOverlap);
            }
            Inserted::Again => return Outcome::Kept,
            Inserted::New => {}
        }
        // RFC 3168 section 5.3: a mark must not get lost; where a fragment is not of an ECN-capable transport, the packet
        // must not be marked, so it is dropped.
        partial.marked.0 |= ip.ecn == Ecn::Ce;
        partial.marked.1 |= ip.ecn == Ecn::NotEct;
        if partial.marked == (true, true) {
            partial.refuse();
            return Outcome::Refused(DropReason::Malformed);
        }
        if start == 0 {
            partial.first = Some((*ip, packet.to_vec()));
        }
        match partial.whole() {
            Some(whole) => {
                self.partials.swap_remove(at);
                Outcome::Complete(whole)
            }
            None => Outcome::Kept,
        }
    }

    /// When the first unfinished packet runs out of time.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.partials.iter().map(|p| p.deadline).min()
    }

    /// Gives up one packet whose time is over: its first fragment if that came (RFC 792: only then is an ICMP message
    /// sent), or nothing to tell. `None` when no packet is due.
    pub fn expire(&mut self, now: Instant) -> Option<Option<Vec<u8>>> {
        let at = self.partials.iter().position(|p| p.deadline <= now)?;
        let partial = self.partials.remove(at);
        Some(partial.first.filter(|_| !partial.refused).map(|(_, packet)| packet))
    }

    /// How many packets are unfinished.
    pub fn len(&self) -> usize {
        self.partials.len()
    }
}

enum Inserted {
    New,
    Again,
    Overlaps,
}

impl Partial {
    fn insert(&mut self, start: usize, end: usize, more: bool, payload: &[u8]) -> Inserted {
        let beyond = self.total.is_some_and(|total| end > total || (!more && end != total));
        let last_too_short = !more && self.ranges.last().is_some_and(|&(_, reach)| reach > end);
        if self.refused || beyond || last_too_short {
            return Inserted::Overlaps;
        }
        // RFC 8200 section 4.5 lets exact duplicates pass: the network may have made them.
        if let Some(there) = self.data.get(start..end)
            && self.ranges.iter().any(|&(s, e)| s <= start && end <= e)
        {
            return if there == payload { Inserted::Again } else { Inserted::Overlaps };
        }
        if self.ranges.iter().any(|&(s, e)| start < e && s < end) {
            return Inserted::Overlaps; // RFC 5722 section 4
        }
        if self.data.len() < end {
            self.data.resize(end, 0);
        }
        if let Some(room) = self.data.get_mut(start..end) {
            room.copy_from_slice(payload);
        }
        if !more {
            self.total = Some(end);
        }
        let at = self.ranges.partition_point(|&(s, _)| s < start);
        self.ranges.insert(at, (start, end));
        self.ranges.dedup_by(|later, earlier| {
            let touch = earlier.1 == later.0;
            if touch {
                earlier.1 = later.1;
            }
            touch
        });
        Inserted::New
    }

    fn refuse(&mut self) {
        self.refused = true;
        self.data = Vec::new();
        self.ranges = Vec::new();
    }

    fn whole(&self) -> Option<Vec<u8>> {
        let total = self.total?;
        if self.ranges.as_slice() != [(0, total)] {
            return None;
        }
        let (header, _) = self.first.as_ref()?;
        let ecn = if self.marked.0 { Ecn::Ce } else { header.ecn };
        Some(whole(&IpHeader { ecn, ..*header }, &self.data))
    }
}

/// The packet with the header of its first fragment.
fn whole(first: &IpHeader, data: &[u8]) -> Vec<u8> {
    let ip = IpHeader { fragment: None, ..*first };
    let mut packet = Vec::with_capacity(ip.len() + data.len());
    ip.emit(data.len(), &mut packet);
    packet.extend_from_slice(data);
    packet
}
