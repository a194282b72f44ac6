//! The bulk transfer of the engine bench on smoltcp's side: shared by the native bench and its WASM twin (`peers/wasm`).

use super::bulk::{BUFFER, LATENCY, QUEUE, RATE, SEGMENT};
use framewire::rng::Rng;
use framewire::time::{Duration, Instant};
use smoltcp::iface::{Config as InterfaceConfig, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant as TheirInstant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use std::collections::VecDeque;

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

/// smoltcp on both ends of a bare link: a queue of packets in each direction. `begin` is called when all is set up. Returns the virtual
/// seconds it took.
pub fn transfer(segments: u64, loss: f64, seed: u64, begin: impl FnOnce()) -> f64 {
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
    begin();
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
    now.as_secs_f64()
}
