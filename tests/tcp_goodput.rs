//! What congestion control makes of a link, whole connections on both ends: goodput at 100 Mbit/s and 10 ms one way,
//! and the shape of the window over time.
#![allow(clippy::unwrap_used)]

use framewire::packet::{Ecn, TcpHeader};
use framewire::probe::{Context, Silent, Var};
use framewire::rng::Rng;
use framewire::tcp::{Config, CongestionAlgorithm, Connection, Flow, State};
use framewire::time::{Duration, Instant};
use std::collections::VecDeque;

/// IP and TCP header with timestamps.
const HEADERS: u64 = 52;

/// A link towards the server: drop-tail queue and random loss. The way back is as fast and loses nothing.
#[derive(Clone, Copy)]
struct Link {
    /// Octets a second.
    rate: u64,
    /// One way.
    delay: Duration,
    /// Octets that the queue holds.
    queue: u64,
    loss: f64,
}

/// 100 Mbit/s, 10 ms, a queue of two bandwidth-delay products.
const FAST: Link = Link { rate: 12_500_000, delay: Duration::from_millis(10), queue: 500_000, loss: 0.0 };
/// 20 Mbit/s, 50 ms, a queue of one bandwidth-delay product: windows of a few hundred segments.
const LONG: Link = Link { rate: 2_500_000, delay: Duration::from_millis(50), queue: 250_000, loss: 0.0 };

struct Packet {
    arrives: Instant,
    header: TcpHeader,
    payload: Vec<u8>,
}

/// A client that sends without end and a server that reads.
struct Bulk {
    now: Instant,
    ends: [Connection; 2],
    wires: [VecDeque<Packet>; 2],
    free_at: [Instant; 2],
    link: Link,
    rng: Rng,
    read: u64,
    /// Time in seconds and cwnd in octets, each time it changed outside recovery.
    windows: Vec<(f64, i64)>,
    /// Where recoveries began, as indices into `windows`.
    cuts: Vec<usize>,
}

impl Bulk {
    fn new(config: &Config, link: Link, seed: u64) -> Bulk {
        let flow = Flow { local: "10.0.0.1:40000".parse().unwrap(), remote: "10.0.0.2:80".parse().unwrap() };
        let mut silent = Silent;
        let mut cx = Context::new(Instant::START, &mut silent);
        let ends = [
            Connection::open_active(&mut cx, config.clone(), flow).unwrap(),
            Connection::open_passive(&mut cx, config.clone(), flow.remote).unwrap(),
        ];
        Bulk {
            now: Instant::START,
            ends,
            wires: [VecDeque::new(), VecDeque::new()],
            free_at: [Instant::START; 2],
            link,
            rng: Rng::new(seed),
            read: 0,
            windows: Vec::new(),
            cuts: Vec::new(),
        }
    }

    fn flush(&mut self, who: usize) {
        let mut silent = Silent;
        let mut cx = Context::new(self.now, &mut silent);
        if who == 0 && self.ends[0].state() == State::Established {
            let room = self.ends[0].writable();
            if room > 0 {
                self.ends[0].send(&mut cx, &vec![7; room]).unwrap();
            }
        }
        while let Some(segment) = self.ends[who].poll_transmit(&mut cx) {
            let payload = self.ends[who].payload(&segment).concat();
            let len = payload.len() as u64 + HEADERS;
            let waiting = self.free_at[who].since(self.now).as_nanos() * self.link.rate / 1_000_000_000;
            if waiting + len > self.link.queue || who == 0 && self.rng.chance(self.link.loss) {
                continue;
            }
            self.free_at[who] =
                self.free_at[who].max(self.now) + Duration::from_nanos(len * 1_000_000_000 / self.link.rate);
            let arrives = self.free_at[who] + self.link.delay;
            self.wires[who].push_back(Packet { arrives, header: segment.header, payload });
        }
        if who == 0 {
            self.watch();
        }
    }

    fn watch(&mut self) {
        let vars = self.ends[0].vars();
        let Some(cwnd) = vars.get(Var::Cwnd) else { return };
        if vars.get(Var::RecoveryPoint).is_some() {
            if self.cuts.last() != Some(&self.windows.len()) {
                self.cuts.push(self.windows.len());
            }
        } else if self.windows.last().is_none_or(|&(_, last)| last != cwnd) {
            self.windows.push((self.now.as_secs_f64(), cwnd));
        }
    }

    fn run_until(&mut self, end: Instant) {
        let mut silent = Silent;
        let mut buffer = vec![0; 1 << 20];
        self.flush(0);
        loop {
            let wire = |w: &VecDeque<Packet>| w.front().map(|p| p.arrives);
            let times = [
                wire(&self.wires[0]),
                wire(&self.wires[1]),
                self.ends[0].poll_timeout(),
                self.ends[1].poll_timeout(),
            ];
            let Some(at) = times.into_iter().flatten().min().filter(|&at| at <= end) else { break };
            self.now = self.now.max(at);
            for who in 0..2 {
                let mut cx = Context::new(self.now, &mut silent);
                while self.wires[1 - who].front().is_some_and(|p| p.arrives <= self.now) {
                    let p = self.wires[1 - who].pop_front().unwrap();
                    self.ends[who].handle_first_segment(
                        &mut cx,
                        "10.0.0.1".parse().unwrap(),
                        &p.header,
                        &p.payload,
                        Ecn::NotEct,
                    );
                    while let Ok(n) = self.ends[who].recv(&mut cx, &mut buffer) {
                        self.read += n as u64;
                    }
                    self.flush(who);
                    cx = Context::new(self.now, &mut silent);
                }
                if self.ends[who].poll_timeout().is_some_and(|at| at <= self.now) {
                    self.ends[who].handle_timeout(&mut cx);
                    self.flush(who);
                }
            }
        }
        self.now = end;
    }

    /// Mbit/s of data read between two seconds of the run.
    fn goodput(&mut self, from: u64, to: u64) -> f64 {
        self.run_until(Instant::START + Duration::from_secs(from));
        let before = self.read;
        self.run_until(Instant::START + Duration::from_secs(to));
        (self.read - before) as f64 * 8.0 / 1e6 / (to - from) as f64
    }
}

fn config(congestion: CongestionAlgorithm) -> Config {
    Config { congestion, send_buffer: Some(4 << 20), receive_buffer: Some(4 << 20), ..Config::linux() }
}

#[test]
fn a_link_without_loss_is_filled() {
    for congestion in [CongestionAlgorithm::Reno, CongestionAlgorithm::Cubic] {
        let goodput = Bulk::new(&config(congestion), FAST, 1).goodput(1, 6);
        assert!(goodput >= 95.0, "{congestion:?}: {goodput} Mbit/s");
    }
}

/// ns-3's CUBIC makes 3.8 to 4.0 Mbit/s of this link; Mathis's bound, MSS/RTT * 1.22/sqrt(p), is 7.1 Mbit/s for Reno.
#[test]
fn at_one_percent_loss_sack_keeps_what_mathis_allows() {
    let link = Link { loss: 0.01, ..FAST };
    for congestion in [CongestionAlgorithm::Reno, CongestionAlgorithm::Cubic] {
        let runs = (0..5).map(|seed| Bulk::new(&config(congestion), link, seed).goodput(1, 21));
        let goodput = runs.sum::<f64>() / 5.0;
        assert!((4.0..7.5).contains(&goodput), "{congestion:?}: {goodput} Mbit/s");
    }
}

/// One tooth of the saw, from the end of one recovery to the begin of the next: how deep the window fell at its start
/// (as a share of the peak before), and how much of its growth it had made at half time.
fn teeth(bulk: &Bulk) -> Vec<(f64, f64)> {
    let mut teeth = Vec::new();
    for pair in bulk.cuts.windows(2) {
        let (peak, tooth) = (bulk.windows[pair[0] - 1].1, &bulk.windows[pair[0]..pair[1]]);
        let ((t0, low), (t1, high)) = (tooth[0], tooth[tooth.len() - 1]);
        if t1 - t0 < 1.0 {
            continue; // the tail of one congestion event
        }
        let half = tooth.iter().rev().find(|&&(t, _)| t <= (t0 + t1) / 2.0).unwrap().1;
        teeth.push((low as f64 / peak as f64, (half - low) as f64 / (high - low) as f64));
    }
    teeth
}

#[test]
fn reno_saws_in_straight_lines_and_halves() {
    let mut bulk = Bulk::new(&config(CongestionAlgorithm::Reno), LONG, 1);
    bulk.run_until(Instant::START + Duration::from_secs(120));
    let teeth = teeth(&bulk);
    assert!(teeth.len() >= 3, "{teeth:?}");
    for (depth, half) in teeth {
        // RFC 5681: half of the flight; then one segment a round trip, which grows longer with the queue.
        assert!((0.45..0.56).contains(&depth), "fell to {depth}");
        assert!((0.45..0.68).contains(&half), "made {half} of its growth in half the time");
    }
}

#[test]
fn cubic_rises_fast_then_levels_off_below_the_last_peak() {
    let mut bulk = Bulk::new(&config(CongestionAlgorithm::Cubic), LONG, 1);
    bulk.run_until(Instant::START + Duration::from_secs(120));
    let teeth = teeth(&bulk);
    assert!(teeth.len() >= 6, "{teeth:?}");
    assert!(teeth.iter().all(|(depth, _)| (0.68..0.72).contains(depth)), "RFC 9438 section 4.6: {teeth:?}");
    // Concave: most of the growth early. Where fast convergence lowered W_max (section 4.7), every other time here, the
    // convex part follows.
    let concave = teeth.iter().filter(|(_, half)| *half > 0.7).count();
    assert!(2 * concave >= teeth.len(), "{teeth:?}");
}
