//! An independent peer: smoltcp at the other end of a network that loses, reorders and duplicates, in both roles.
//!
//! `FRAMEWIRE_CASES=n` runs n seeds (from `FRAMEWIRE_FROM` on), `FRAMEWIRE_SEED=n` only that one.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

mod seeds;

use framewire::packet::{IpHeader, TcpHeader, checksum};
use framewire::probe::{Context, Silent};
use framewire::rng::Rng;
use framewire::tcp::{Config, Connection, Flow, RecvError, SendError, Shutdown, State};
use framewire::time::{Duration, Instant};
use smoltcp::iface::{Config as InterfaceConfig, Interface, PollResult, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant as TheirInstant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use std::collections::{BTreeMap, VecDeque};

const OURS: [u8; 4] = [10, 0, 0, 1];
const THEIRS: [u8; 4] = [10, 0, 0, 2];

/// What smoltcp sends and receives.
#[derive(Default)]
struct Queues {
    arrived: VecDeque<Vec<u8>>,
    leaving: VecDeque<Vec<u8>>,
    mtu: usize,
}

struct Arrived(Vec<u8>);
struct Leaving<'a>(&'a mut VecDeque<Vec<u8>>);

impl RxToken for Arrived {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Leaving<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut packet = vec![0; len];
        let result = f(&mut packet);
        self.0.push_back(packet);
        result
    }
}

impl Device for Queues {
    type RxToken<'a> = Arrived;
    type TxToken<'a> = Leaving<'a>;

    fn receive(&mut self, _: TheirInstant) -> Option<(Arrived, Leaving<'_>)> {
        let packet = self.arrived.pop_front()?;
        Some((Arrived(packet), Leaving(&mut self.leaving)))
    }

    fn transmit(&mut self, _: TheirInstant) -> Option<Leaving<'_>> {
        Some(Leaving(&mut self.leaving))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

fn theirs(now: Instant) -> TheirInstant {
    TheirInstant::from_micros((now.as_nanos() / 1000) as i64)
}

struct World {
    now: Instant,
    rng: Rng,
    us: Connection,
    interface: Interface,
    device: Queues,
    sockets: SocketSet<'static>,
    handle: SocketHandle,
    wire: BTreeMap<(Instant, u64), (bool, Vec<u8>)>,
    serial: u64,
    delay: u64,
    jitter: u64,
    loss: f64,
    duplication: f64,
}

impl World {
    fn put(&mut self, to_us: bool, packet: Vec<u8>) {
        if self.rng.chance(self.loss) {
            return;
        }
        for _ in 0..=u32::from(self.rng.chance(self.duplication)) {
            let delay = Duration::from_micros(self.delay + self.rng.below(self.jitter + 1));
            self.serial += 1;
            self.wire.insert((self.now + delay, self.serial), (to_us, packet.clone()));
        }
    }

    /// Lets both ends say what they have to say.
    fn settle(&mut self) {
        let mut silent = Silent;
        while let Some(segment) = self.us.poll_transmit(&mut Context::new(self.now, &mut silent)) {
            let mut packet = Vec::new();
            self.us.emit(&segment, 0, &mut packet);
            self.put(false, packet);
        }
        self.us.check_invariants().unwrap();
        while self.interface.poll(theirs(self.now), &mut self.device, &mut self.sockets)
            == PollResult::SocketStateChanged
            || !self.device.leaving.is_empty()
        {
            while let Some(packet) = self.device.leaving.pop_front() {
                self.put(true, packet);
            }
        }
    }

    /// Jumps to what happens next; false when nothing will.
    fn step(&mut self) -> bool {
        let wire = self.wire.keys().next().map(|&(at, _)| at);
        let socket = self.interface.poll_at(theirs(self.now), &self.sockets);
        let socket = socket.map(|at| Instant::from_nanos(at.total_micros() as u64 * 1000));
        let Some(at) = [wire, socket, self.us.poll_timeout()].into_iter().flatten().min() else {
            return false;
        };
        // smoltcp counts microseconds: never look twice at the same one.
        self.now = if at > self.now { at } else { self.now + Duration::from_micros(1) };
        let mut silent = Silent;
        while let Some(entry) = self.wire.first_entry()
            && entry.key().0 <= self.now
        {
            let (to_us, packet) = entry.remove();
            if to_us {
                let (ip, segment) = IpHeader::parse(&packet).unwrap();
                assert!(checksum::transport_is_right(ip.src, ip.dst, ip.protocol, segment));
                let (header, payload) = TcpHeader::parse(segment).unwrap();
                let mut cx = Context::new(self.now, &mut silent);
                self.us.handle_first_segment(&mut cx, ip.src, &header, payload, ip.ecn);
            } else {
                self.device.arrived.push_back(packet);
            }
            self.settle();
        }
        if self.us.poll_timeout().is_some_and(|at| at <= self.now) {
            self.us.handle_timeout(&mut Context::new(self.now, &mut silent));
        }
        self.settle();
        true
    }
}

fn world(seed: u64, we_open: bool) -> World {
    let mut rng = Rng::derive(seed, "smoltcp");
    let mtu = [1500, 576, 9000][rng.below(3) as usize];
    let mut device = Queues { mtu, ..Queues::default() };
    let mut config = InterfaceConfig::new(HardwareAddress::Ip);
    config.random_seed = seed;
    let mut interface = Interface::new(config, &mut device, theirs(Instant::START));
    let their_ip = IpAddress::v4(THEIRS[0], THEIRS[1], THEIRS[2], THEIRS[3]);
    interface.update_ip_addrs(|addrs| addrs.push(IpCidr::new(their_ip, 24)).unwrap());
    let mut buffer = || tcp::SocketBuffer::new(vec![0; 1 + rng.below(60_000) as usize]);
    let mut socket = tcp::Socket::new(buffer(), buffer());
    socket.set_nagle_enabled(rng.chance(0.5));
    let mut ours = match rng.below(3) {
        0 => Config::linux(),
        1 => Config::rfc(),
        _ => Config::textbook(),
    };
    ours.mtu = mtu as u16;
    ours.personality.syn_retries = 1000;
    ours.personality.synack_retries = 1000;
    ours.personality.retries_r2 = 1000;
    if rng.chance(0.3) {
        ours.receive_buffer = Some(1 + rng.below(10_000) as usize);
    }
    let mut silent = Silent;
    let mut cx = Context::new(Instant::START, &mut silent);
    let flow = Flow { local: (OURS, 40000).into(), remote: (THEIRS, 80).into() };
    let us = if we_open {
        socket.listen(80).unwrap();
        Connection::open_active(&mut cx, ours, flow).unwrap()
    } else {
        let our_ip = IpAddress::v4(OURS[0], OURS[1], OURS[2], OURS[3]);
        socket.connect(interface.context(), (our_ip, 40000), 80).unwrap();
        Connection::open_passive(&mut cx, ours, flow.local).unwrap()
    };
    let mut sockets = SocketSet::new(Vec::new());
    let handle = sockets.add(socket);
    World {
        now: Instant::START,
        us,
        interface,
        device,
        sockets,
        handle,
        wire: BTreeMap::new(),
        serial: 0,
        delay: 1 + rng.below(50_000),
        jitter: [0, 0, 20_000][rng.below(3) as usize],
        loss: [0.0, 0.02, 0.15][rng.below(3) as usize],
        duplication: [0.0, 0.1][rng.below(2) as usize],
        rng,
    }
}

/// Returns whether the conversation came to its end.
fn run(seed: u64, we_open: bool) -> bool {
    let mut world = world(seed, we_open);
    let about = format!("seed {seed}, we open: {we_open}");
    let octets = |rng: &mut Rng| -> Vec<u8> {
        let bits = rng.below(17);
        let len = rng.below(1 << bits);
        (0..len).map(|_| rng.next_u32() as u8).collect()
    };
    let (outgoing, incoming) = (octets(&mut world.rng), octets(&mut world.rng));
    let (mut sent, mut they_sent) = (0, 0);
    let (mut got, mut they_got) = (Vec::new(), Vec::new());
    let (mut eof, mut they_eof, mut shut, mut they_shut) = (false, false, false, false);
    let mut idle = 0;
    for step in 0.. {
        if world.now > Instant::START + Duration::from_secs(50_000) && they_shut {
            break; // they probe for ever what they never send
        }
        assert!(step < 2_000_000, "{about}: no end; {} and {:?}", world.us.state(), they_got.len());
        let before = (sent, they_sent, got.len(), they_got.len(), eof, they_eof);
        let mut silent = Silent;
        let mut cx = Context::new(world.now, &mut silent);
        if world.us.state().is_synchronized() || world.us.state() == State::Closed {
            if sent < outgoing.len() {
                match world.us.send(&mut cx, &outgoing[sent..]) {
                    Ok(n) => sent += n,
                    Err(SendError::WouldBlock) => {}
                    Err(error) => panic!("{about}: send: {error}"),
                }
            } else if !shut {
                shut = true;
                world.us.shutdown(&mut cx, Shutdown::Write).unwrap();
            }
            let mut buffer = [0; 4096];
            match world.us.recv(&mut cx, &mut buffer) {
                Ok(0) => eof = true,
                Ok(n) => got.extend_from_slice(&buffer[..n]),
                Err(RecvError::WouldBlock) => {}
                Err(error) => panic!("{about}: recv: {error} in {}", world.us.state()),
            }
            assert!(incoming.starts_with(&got), "{about}: we read something else");
        }
        let socket = world.sockets.get_mut::<tcp::Socket<'_>>(world.handle);
        if socket.may_send() && they_sent < incoming.len() {
            they_sent += socket.send_slice(&incoming[they_sent..]).unwrap_or(0);
        }
        if socket.may_send() && they_sent == incoming.len() && !they_shut {
            they_shut = true;
            socket.close();
        }
        while socket.can_recv() {
            let mut buffer = [0; 4096];
            let n = socket.recv_slice(&mut buffer).unwrap();
            they_got.extend_from_slice(&buffer[..n]);
        }
        they_eof |= they_shut && matches!(socket.recv_slice(&mut [0]), Err(tcp::RecvError::Finished));
        assert!(outgoing.starts_with(&they_got), "{about}: they read something else");
        world.settle();
        let after = (sent, they_sent, got.len(), they_got.len(), eof, they_eof);
        idle = if before == after { idle + 1 } else { 0 };
        if !world.step() && idle > 3 {
            break;
        }
    }
    let socket = world.sockets.get::<tcp::Socket<'_>>(world.handle);
    let about = format!(
        "{about}; we {}, they {} with {} queued",
        world.us.state(),
        socket.state(),
        socket.send_queue()
    );
    // smoltcp 0.14 has data queued and does not send it, ever: seen in about one conversation of a thousand after it sent
    // again past our window or lost a segment in CLOSING. Or it waits there for the ACK of a FIN that it does not send again
    // (seed 148576).
    let waits = socket.state() == tcp::State::Closing && world.us.state() == State::FinWait2;
    if socket.send_queue() > 0 || waits {
        return false;
    }
    assert!(eof && got == incoming, "{about}: {} of {} octets, EOF {eof}", got.len(), incoming.len());
    assert_eq!(they_got.len(), outgoing.len(), "{about}");
    assert_eq!(world.us.state(), State::Closed, "{about}");
    assert_eq!(world.us.error(), None, "{about}");
    true
}

/// Seeds that found something once. 10249831: text that covers the window whole. 41199074: our window probe's octet was taken, and
/// what said so was text sent again.
const FOUND: [u64; 2] = [10_249_831, 41_199_074];

#[test]
fn smoltcp_and_we_understand_each_other() {
    if seeds::only().is_none() {
        for seed in FOUND {
            for we_open in [true, false] {
                run(seed, we_open);
            }
        }
    }
    let (mut ended, mut stuck) = (0, 0);
    for seed in seeds::seeds(2_000) {
        for we_open in [true, false] {
            if run(seed, we_open) {
                ended += 1;
            } else {
                stuck += 1;
                eprintln!("seed {seed}, we open: {we_open}: stuck in smoltcp");
            }
        }
    }
    eprintln!("{ended} conversations ended, {stuck} stuck in smoltcp");
    assert!(stuck * 100 <= ended, "{stuck} conversations stuck in smoltcp, {ended} ended");
}
