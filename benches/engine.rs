//! The engine beside smoltcp, interleaved in one process: one bulk transfer over a link of 100 Mbit/s and 10 ms, whole
//! packets with checksums made and checked on both ends.
//!
//! `cargo bench --bench engine` prints a table; with `-- --json` one JSON object a line, which `cargo xtask bench engine`
//! reads; with `--quick` shorter transfers and fewer rounds. Times are of the processor, per segment of 1448 octets.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::VecDeque;
use std::time::Instant as Clock;

use framewire::net::{HostConfig, LinkConfig, Loss, Network, QueueLimits, Wakes};
use framewire::probe::Silent;
use framewire::rng::Rng;
use framewire::time::{Duration, Instant};
use smoltcp::iface::{Config as InterfaceConfig, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant as TheirInstant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

/// Octets of data in a segment with timestamps.
const SEGMENT: u64 = 1448;
/// Bits a second.
const RATE: u64 = 100_000_000;
const LATENCY: Duration = Duration::from_millis(10);
/// Octets that wait before the link.
const QUEUE: u64 = 500_000;
/// Octets of each send and receive buffer.
const BUFFER: usize = 1 << 20;

/// A transfer that is over: virtual seconds of it and real nanoseconds.
struct Done {
    seconds: f64,
    nanos: f64,
}

impl Done {
    fn goodput(&self, segments: u64) -> f64 {
        (segments * SEGMENT * 8) as f64 / 1e6 / self.seconds
    }
}

/// Ours: two hosts on the emulator, nobody watching.
fn ours(segments: u64, loss: f64, seed: u64) -> Done {
    let mut net = Network::new(seed);
    let mut host = |name: &str, address: &str| {
        let mut config = HostConfig::new(name, [address.parse().unwrap()]);
        (config.tcp.send_buffer, config.tcp.receive_buffer) = (Some(BUFFER), Some(BUFFER));
        net.add_host(config)
    };
    let (client, server) = (host("client", "10.0.0.1"), host("server", "10.0.0.2"));
    let back = LinkConfig {
        latency: LATENCY,
        rate: Some(RATE),
        queue: QueueLimits { bytes: Some(QUEUE), ..QueueLimits::default() },
        ..LinkConfig::default()
    };
    let there = LinkConfig { loss: Loss::Random(loss), ..back.clone() };
    net.connect(client, server, there, back);
    let mut nobody = Silent;
    let mut calls = net.sockets(server, &mut nobody).unwrap();
    let listener = calls.tcp();
    calls.bind(listener, "10.0.0.2:80".parse().unwrap()).unwrap();
    calls.listen(listener, 1).unwrap();
    let mut calls = net.sockets(client, &mut nobody).unwrap();
    let sender = calls.tcp();
    let _ = calls.connect(sender, "10.0.0.2:80".parse().unwrap());
    let data = vec![7; 64 << 10];
    let mut buffer = vec![0; 64 << 10];
    let (mut unsent, mut unread) = (segments * SEGMENT, segments * SEGMENT);
    let start = Clock::now();
    while unread > 0 {
        assert!(net.step(&mut nobody), "nothing happens any more");
        while let Some((node, socket, wakes)) = net.poll_wake() {
            let mut calls = net.sockets(node, &mut nobody).unwrap();
            if node == client {
                while unsent > 0 {
                    let chunk = data.len().min(unsent as usize);
                    let Ok(taken) = calls.send(socket, &data[..chunk]) else { break };
                    unsent -= taken as u64;
                }
            } else if wakes.intersects(Wakes::ACCEPTABLE) {
                let _ = calls.accept(listener);
            } else {
                while let Ok(read) = calls.recv(socket, &mut buffer) {
                    unread -= read as u64;
                }
            }
        }
    }
    Done { seconds: net.now().as_secs_f64(), nanos: start.elapsed().as_nanos() as f64 }
}

/// What an interface of smoltcp receives and sends; used packets come back.
#[derive(Default)]
struct Wire {
    arrived: VecDeque<Vec<u8>>,
    leaving: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
}

struct Arrived<'a>(Vec<u8>, &'a mut Vec<Vec<u8>>);
struct Leaving<'a>(&'a mut VecDeque<Vec<u8>>, Vec<u8>);

impl RxToken for Arrived<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        let result = f(&self.0);
        self.1.push(self.0);
        result
    }
}

impl TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, len: usize, f: F) -> R {
        self.1.resize(len, 0);
        let result = f(&mut self.1);
        self.0.push_back(self.1);
        result
    }
}

impl Device for Wire {
    type RxToken<'a> = Arrived<'a>;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: TheirInstant) -> Option<(Arrived<'_>, Leaving<'_>)> {
        let packet = self.arrived.pop_front()?;
        let fresh = self.spare.pop().unwrap_or_default();
        Some((Arrived(packet, &mut self.spare), Leaving(&mut self.leaving, fresh)))
    }

    fn transmit(&mut self, _: TheirInstant) -> Option<Leaving<'_>> {
        let fresh = self.spare.pop().unwrap_or_default();
        Some(Leaving(&mut self.leaving, fresh))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }
}

struct End {
    interface: Interface,
    device: Wire,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    /// When it wants to be polled.
    wake: Instant,
}

fn theirs(now: Instant) -> TheirInstant {
    TheirInstant::from_micros((now.as_nanos() / 1000) as i64)
}

impl End {
    fn new(last: u8) -> End {
        let mut device = Wire::default();
        let mut interface =
            Interface::new(InterfaceConfig::new(HardwareAddress::Ip), &mut device, theirs(Instant::START));
        let address = IpCidr::new(IpAddress::v4(10, 0, 0, last), 24);
        interface.update_ip_addrs(|addresses| addresses.push(address).unwrap());
        let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_congestion_control(tcp::CongestionControl::Cubic);
        let mut sockets = SocketSet::new(Vec::new());
        let handle = sockets.add(socket);
        End { interface, device, sockets, handle, wake: Instant::START }
    }

    fn socket(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    fn poll(&mut self, now: Instant) {
        self.interface.poll(theirs(now), &mut self.device, &mut self.sockets);
        let wake = self.interface.poll_at(theirs(now), &self.sockets);
        // It counts microseconds: never look twice at the same one.
        let next = |at: TheirInstant| Instant::from_nanos(at.total_micros().max(0) as u64 * 1000);
        self.wake = wake.map_or(Instant::NEVER, |at| next(at).max(now + Duration::from_micros(1)));
    }
}

/// smoltcp on both ends of a bare link: a queue of packets in each direction.
fn smoltcp(segments: u64, loss: f64, seed: u64) -> Done {
    let mut rng = Rng::new(seed);
    let mut ends = [End::new(1), End::new(2)];
    ends[1].socket().listen(80).unwrap();
    let End { interface, sockets, handle, .. } = &mut ends[0];
    let socket = sockets.get_mut::<tcp::Socket<'_>>(*handle);
    socket.connect(interface.context(), (IpAddress::v4(10, 0, 0, 2), 80), 40000).unwrap();
    let mut links: [VecDeque<(Instant, Vec<u8>)>; 2] = Default::default();
    let mut free_at = [Instant::START; 2];
    let data = vec![7; 64 << 10];
    let mut buffer = vec![0; 64 << 10];
    let (mut unsent, mut unread) = (segments * SEGMENT, segments * SEGMENT);
    let mut now = Instant::START;
    let start = Clock::now();
    while unread > 0 {
        for who in 0..2 {
            let due = links[1 - who].front().is_some_and(|&(at, _)| at <= now);
            if !due && ends[who].wake > now {
                continue;
            }
            while let Some((_, packet)) = links[1 - who].pop_front_if(|&mut (at, _)| at <= now) {
                ends[who].device.arrived.push_back(packet);
            }
            let end = &mut ends[who];
            end.poll(now);
            let socket = end.socket();
            let mut more = false;
            if who == 0 {
                while unsent > 0 && socket.can_send() {
                    let chunk = data.len().min(unsent as usize);
                    unsent -= socket.send_slice(&data[..chunk]).unwrap() as u64;
                    more = true;
                }
            } else {
                while socket.can_recv() {
                    unread -= socket.recv_slice(&mut buffer).unwrap() as u64;
                }
            }
            if more {
                end.poll(now);
            }
            while let Some(packet) = end.device.leaving.pop_front() {
                let waiting = free_at[who].since(now).as_nanos() * (RATE / 8) / 1_000_000_000;
                if waiting > QUEUE || (who == 0 && rng.chance(loss)) {
                    end.device.spare.push(packet);
                    continue;
                }
                let takes = Duration::from_nanos(packet.len() as u64 * 8 * 1_000_000_000 / RATE);
                free_at[who] = free_at[who].max(now) + takes;
                links[who].push_back((free_at[who] + LATENCY, packet));
            }
        }
        let arrivals = links.iter().filter_map(|link| link.front().map(|&(at, _)| at));
        now = now.max(arrivals.chain(ends.iter().map(|end| end.wake)).min().unwrap());
    }
    Done { seconds: now.as_secs_f64(), nanos: start.elapsed().as_nanos() as f64 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Report {
    json: bool,
    missed: bool,
}

impl Report {
    #[allow(clippy::too_many_arguments)]
    fn row(&mut self, row: &str, unit: &str, ours: f64, peer: &str, value: f64, ratio: f64, target: &str) {
        let bound = |sign: &str| target.strip_prefix(sign).and_then(|x| x.trim().parse::<f64>().ok());
        let met =
            bound("<=").is_none_or(|most| ratio <= most) && bound(">=").is_none_or(|least| ratio >= least);
        self.missed |= !met;
        if self.json {
            let (ours_key, peer_key) =
                if unit == "ns" { ("ours_ns", "peer_ns") } else { ("ours", "peer_value") };
            let line = serde_json::json!({
                "row": row, ours_key: ours, "peer": peer, peer_key: value, "unit": unit, "ratio": ratio,
                "target": target, "met": met,
            });
            println!("{line}");
        } else {
            let mark = if met { "" } else { "  MISSED" };
            println!(
                "{row:<44} {ratio:>6.2}  {target:<8} ours {ours:>8.1} {unit}, {peer} {value:.1} {unit}{mark}"
            );
        }
    }
}

fn main() {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    let quick = has("--quick");
    let mut report = Report { json: has("--json"), missed: false };
    let sizes: &[u64] = if quick { &[1_000, 10_000, 100_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
    for (name, loss) in [("no loss", 0.0), ("1% loss", 0.01)] {
        let mut costs = Vec::new();
        let mut speeds = Vec::new();
        for &segments in sizes {
            let rounds = if quick { 3 } else { (2_000_000 / segments).clamp(3, 15) };
            let mut times = [Vec::new(), Vec::new()];
            for round in 0..rounds {
                // Neither always goes first.
                for side in [round % 2, 1 - round % 2] {
                    let done = match side {
                        0 => ours(segments, loss, round),
                        _ => smoltcp(segments, loss, round),
                    };
                    times[side as usize].push(done.nanos / segments as f64);
                    if side == 0 && segments == 100_000 {
                        speeds.push(done.goodput(segments));
                    }
                }
            }
            let [mine, peer] = times.map(median);
            costs.push(mine);
            let row = format!("bulk, {name}, {segments} segments");
            report.row(&row, "ns", mine, "smoltcp", peer, mine / peer, "<= 1.0");
        }
        // From ten thousand on: a thousand segments are mostly slow start and the making of the hosts.
        let (small, large) = (costs[1], costs[costs.len() - 1]);
        let row = format!("cost a segment, {name}, longest to 10^4");
        report.row(&row, "ns", large, "10^4 segments", small, large / small, "<= 1.2");
        let (row, speed) = (format!("goodput, {name}"), median(speeds));
        match loss > 0.0 {
            false => report.row(&row, "Mbit/s", speed, "the link", 100.0, speed / 100.0, ">= 0.95"),
            true => report.row(&row, "Mbit/s", speed, "ns-3.37 CUBIC, as quoted", 4.0, speed / 4.0, ">= 1.0"),
        }
    }
    // With --json it is the reader who judges.
    if report.missed && !report.json {
        std::process::exit(1);
    }
}
