//! One direction of a link: rate and queue, loss, corruption, duplication, latency, jitter, reordering.

use super::{DropReason, Loss, NodeId};
use crate::rng::Rng;
use crate::time::{Duration, Instant};
use std::collections::VecDeque;

/// What a link does to packets in one direction. A packet meets its parts in this order: MTU (checked by who sends),
/// queue and rate, loss, corruption, duplication, latency with jitter and reordering.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkConfig {
    /// Travel time of a bit.
    pub latency: Duration,
    /// Random addition to the latency of each packet, evenly distributed from 0 to this.
    pub jitter: Duration,
    /// Whether jitter may bring packets out of order; if not, a quick packet waits for the slow one before it.
    pub jitter_reorders: bool,
    /// Bits in a second; `None`: packets take no time to be sent, and there is no queue.
    pub rate: Option<u64>,
    /// Octets that the link layer adds to each packet, counted by the rate.
    pub overhead: u32,
    /// The queue before the link.
    pub queue: QueueLimits,
    /// Loss by chance.
    pub loss: Loss,
    /// Probability that a packet has one bit turned.
    pub corrupt: f64,
    /// Probability that a packet arrives twice.
    pub duplicate: f64,
    /// Probability that a packet is late by `reorder_by`, overtaken by those behind it.
    pub reorder: f64,
    /// How late such a packet is.
    pub reorder_by: Duration,
    /// Octets of the largest packet, IP header included.
    pub mtu: u32,
    /// Whether the link carries anything at all.
    pub up: bool,
}

/// How much may wait before a link of limited rate: the packet being sent does not count, and both limits hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueLimits {
    /// Packets that may wait.
    pub packets: Option<u32>,
    /// Octets that may wait.
    pub bytes: Option<u64>,
    /// A packet that finds more octets than this waiting is marked "congestion experienced" if its sender speaks ECN (RFC
    /// 3168 section 5).
    pub mark: Option<u64>,
}

impl Default for LinkConfig {
    /// 20 ms, 1500 octets, nothing lost, nothing limited.
    fn default() -> Self {
        LinkConfig {
            latency: Duration::from_millis(20),
            jitter: Duration::ZERO,
            jitter_reorders: false,
            rate: None,
            overhead: 0,
            queue: QueueLimits::default(),
            loss: Loss::None,
            corrupt: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            reorder_by: Duration::from_millis(20),
            mtu: 1500,
            up: true,
        }
    }
}

impl LinkConfig {
    /// The link from a host to itself: 10 µs, 65,536 octets (as Linux's `lo`).
    pub fn loopback() -> LinkConfig {
        LinkConfig { latency: Duration::from_micros(10), mtu: 65_536, ..LinkConfig::default() }
    }
}

/// When a packet that was let in is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// Octets that wait before it.
    pub behind: u64,
    pub starts: Instant,
    pub departs: Instant,
    /// It is to be marked.
    pub mark: bool,
}

/// A link in one direction.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub config: LinkConfig,
    pub from: NodeId,
    pub to: NodeId,
    /// When the last bit of all that was let in has gone out.
    busy_until: Instant,
    /// The part of a nanosecond by which `busy_until` is too early, in 1/rate ns: long transfers keep the exact rate.
    carry: u64,
    /// Starts and lengths of the packets that wait.
    waiting: VecDeque<(Instant, u32)>,
    waiting_bytes: u64,
    last_arrival: Instant,
    bad: bool,
    loss: Rng,
    corrupt: Rng,
    duplicate: Rng,
    jitter: Rng,
    reorder: Rng,
}

impl Link {
    /// A link whose chance comes from `seed`, each impairment's from its own sequence.
    pub fn new(seed: u64, number: usize, from: NodeId, to: NodeId, config: LinkConfig) -> Link {
        let rng = |what: &str| Rng::derive(seed, &format!("link {number} {what}"));
        Link {
            config,
            from,
            to,
            busy_until: Instant::START,
            carry: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            last_arrival: Instant::START,
            bad: false,
            loss: rng("loss"),
            corrupt: rng("corrupt"),
            duplicate: rng("duplicate"),
            jitter: rng("jitter"),
            reorder: rng("reorder"),
        }
    }

    /// Lets a packet of `len` octets in, or says why not.
    #[inline]
    pub fn admit(&mut self, now: Instant, len: usize) -> Result<Schedule, DropReason> {
        if !self.config.up {
            return Err(DropReason::LinkDown);
        }
        let Some(rate) = self.config.rate else {
            return Ok(Schedule { behind: 0, starts: now, departs: now, mark: false });
        };
        while let Some(&(starts, gone)) = self.waiting.front().filter(|(starts, _)| *starts <= now) {
            debug_assert!(starts <= now);
            self.waiting.pop_front();
            self.waiting_bytes -= u64::from(gone);
        }
        let behind = self.waiting_bytes;
        let limits = self.config.queue;
        if self.busy_until > now {
            let full = limits.packets.is_some_and(|most| self.waiting.len() >= most as usize)
                || limits.bytes.is_some_and(|most| behind + len as u64 > most);
            if full {
                return Err(DropReason::QueueFull);
            }
            self.waiting.push_back((self.busy_until, len as u32));
            self.waiting_bytes += len as u64;
        } else {
            self.busy_until = now;
            self.carry = 0;
        }
        let starts = self.busy_until;
        // Exact: what the division leaves over is carried to the next packet of the busy period.
        let work = (len as u64 + u64::from(self.config.overhead)) * 8 * 1_000_000_000 + self.carry;
        let rate = rate.max(1);
        self.carry = work % rate;
        self.busy_until = starts + Duration::from_nanos(work / rate);
        let mark = limits.mark.is_some_and(|threshold| behind > threshold);
        Ok(Schedule { behind, starts, departs: self.busy_until, mark })
    }

    /// Draws whether the next packet is lost.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn loses(&mut self) -> bool {
        self.config.loss.loses(&mut self.bad, &mut self.loss)
    }

    /// Draws which bit of the next packet of `len` octets is turned, if one is.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn corrupts(&mut self, len: usize) -> Option<u32> {
        if self.config.corrupt > 0.0 && self.corrupt.chance(self.config.corrupt) {
            self.any_bit(len)
        } else {
            None
        }
    }

    /// Draws a bit of a packet of `len` octets.
    pub fn any_bit(&mut self, len: usize) -> Option<u32> {
        (len > 0).then(|| self.corrupt.below(len as u64 * 8) as u32)
    }

    /// Draws whether the next packet arrives twice.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn duplicates(&mut self) -> bool {
        self.duplicate.chance(self.config.duplicate)
    }

    /// Draws when a packet arrives that departs at `departs`.
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    pub fn arrival(&mut self, departs: Instant) -> Instant {
        let mut arrives = departs + self.config.latency;
        if !self.config.jitter.is_zero() {
            arrives +=
                Duration::from_nanos(self.jitter.below(self.config.jitter.as_nanos().saturating_add(1)));
        }
        if self.config.reorder > 0.0 && self.reorder.chance(self.config.reorder) {
            return arrives + self.config.reorder_by;
        }
        if !self.config.jitter_reorders {
            arrives = arrives.max(self.last_arrival);
            self.last_arrival = arrives;
        }
        arrives
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(config: LinkConfig) -> Link {
        Link::new(1, 0, NodeId(0), NodeId(1), config)
    }

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn the_rate_is_exact_over_a_busy_period() {
        // 1500 octets at 7 Mbit/s are 1,714,285.714… ns: a thousand of them 1,714,285,714.
        let mut link = link(LinkConfig { rate: Some(7_000_000), ..LinkConfig::default() });
        let mut last = Instant::START;
        for n in 0..1000 {
            let schedule = link.admit(at(0), 1500).unwrap();
            assert_eq!(schedule.starts, last);
            assert_eq!(schedule.behind, if n == 0 { 0 } else { (n - 1) * 1500 });
            last = schedule.departs;
        }
        assert_eq!(last, at(1_714_285_714));
    }

    #[test]
    fn an_idle_link_starts_at_once_and_a_busy_one_later() {
        let mut link = link(LinkConfig { rate: Some(8_000_000), overhead: 18, ..LinkConfig::default() });
        let first = link.admit(at(5_000), 982).unwrap();
        assert_eq!((first.starts, first.departs), (at(5_000), at(1_005_000)));
        let second = link.admit(at(6_000), 982).unwrap();
        assert_eq!((second.behind, second.starts, second.departs), (0, at(1_005_000), at(2_005_000)));
        let third = link.admit(at(2_005_000), 982).unwrap();
        assert_eq!((third.behind, third.starts), (0, at(2_005_000)));
    }

    #[test]
    fn the_queue_drops_its_tail_by_packets_and_by_octets() {
        let limit = |queue| link(LinkConfig { rate: Some(8_000_000), queue, ..LinkConfig::default() });
        let mut by_packets = limit(QueueLimits { packets: Some(2), ..Default::default() });
        let fates: Vec<bool> = (0..4).map(|_| by_packets.admit(at(0), 1000).is_ok()).collect();
        assert_eq!(fates, [true, true, true, false]);
        // When the second packet begins to be sent, there is room for one more.
        assert_eq!(by_packets.admit(at(999_999), 1000), Err(DropReason::QueueFull));
        assert!(by_packets.admit(at(1_000_000), 1000).is_ok());

        let mut by_bytes = limit(QueueLimits { bytes: Some(1500), ..Default::default() });
        let fates: Vec<bool> = [1000, 1000, 501, 500].map(|len| by_bytes.admit(at(0), len).is_ok()).to_vec();
        assert_eq!(fates, [true, true, false, true]);
    }

    #[test]
    fn a_long_queue_marks() {
        let queue = QueueLimits { mark: Some(1000), ..Default::default() };
        let mut link = link(LinkConfig { rate: Some(8_000_000), queue, ..LinkConfig::default() });
        let marks: Vec<bool> = (0..4).map(|_| link.admit(at(0), 1000).unwrap().mark).collect();
        assert_eq!(marks, [false, false, false, true]);
    }

    #[test]
    fn jitter_is_even_and_keeps_the_order_unless_told_otherwise() {
        let config = LinkConfig {
            jitter: Duration::from_nanos(1000),
            latency: Duration::ZERO,
            ..LinkConfig::default()
        };
        let mut ordered = link(config.clone());
        let arrivals: Vec<Instant> = (0..1000).map(|n| ordered.arrival(at(n * 100))).collect();
        assert!(arrivals.is_sorted());
        let mut free = link(LinkConfig { jitter_reorders: true, ..config });
        let delays: Vec<u64> = (0..10_000).map(|n| free.arrival(at(n * 100)).as_nanos() - n * 100).collect();
        assert!(delays.iter().all(|&d| d <= 1000) && delays.contains(&0) && delays.contains(&1000));
        let mean = delays.iter().sum::<u64>() as f64 / 1e4;
        assert!((480.0..520.0).contains(&mean), "{mean}");
    }

    #[test]
    fn a_late_packet_does_not_hold_up_those_behind_it() {
        let config =
            LinkConfig { reorder: 0.25, reorder_by: Duration::from_millis(5), ..LinkConfig::default() };
        let mut link = link(config);
        let late = (0..10_000).filter(|&n| link.arrival(at(n)) > at(n) + Duration::from_millis(20)).count();
        assert!((2350..2650).contains(&late), "{late}");
    }

    #[test]
    fn a_link_that_is_down_carries_nothing() {
        assert_eq!(
            link(LinkConfig { up: false, ..LinkConfig::default() }).admit(at(0), 1),
            Err(DropReason::LinkDown)
        );
    }
}
