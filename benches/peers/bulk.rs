//! The bulk transfer of the engine bench on our side: shared by the native bench and its WASM twin (`peers/wasm`).

use framewire::net::{
    Errno, HostConfig, LinkConfig, Loss, Network, Observer, QueueLimits, SocketId, Sockets, Wakes,
};
use framewire::time::Duration;
use std::ops::Range;
use std::sync::Arc;

/// Octets of data in a segment with timestamps.
pub const SEGMENT: u64 = 1448;
/// Bits a second.
pub const RATE: u64 = 100_000_000;
pub const LATENCY: Duration = Duration::from_millis(10);
/// Octets that wait before the link.
pub const QUEUE: u64 = 500_000;
/// Octets of each send and receive buffer.
pub const BUFFER: usize = 1 << 20;

/// Two hosts on the emulator, one transfer; `begin` is called when all is set up. Returns the virtual seconds it took. Where its
/// programs do not copy, what is sent is pointed at, as scenarios' programs do, and what is read is thrown away where it lies.
pub fn transfer<O: Observer>(
    segments: u64,
    loss: f64,
    seed: u64,
    copies: bool,
    nobody: &mut O,
    begin: impl FnOnce(),
) -> f64 {
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
    let mut calls = net.sockets(server, nobody).unwrap();
    let listener = calls.tcp();
    calls.bind(listener, "10.0.0.2:80".parse().unwrap()).unwrap();
    calls.listen(listener, 1).unwrap();
    let mut calls = net.sockets(client, nobody).unwrap();
    let sender = calls.tcp();
    let _ = calls.connect(sender, "10.0.0.2:80".parse().unwrap());
    let data: Arc<[u8]> = vec![7; 64 << 10].into();
    let mut buffer = vec![0; 64 << 10];
    let (mut unsent, mut unread) = (segments * SEGMENT, segments * SEGMENT);
    begin();
    while unread > 0 {
        assert!(net.step(nobody), "nothing happens any more");
        while let Some((node, socket, wakes)) = net.poll_wake() {
            let mut calls = net.sockets(node, nobody).unwrap();
            if node == client {
                while unsent > 0 {
                    // It goes through its memory from front to end, again and again.
                    let at = ((segments * SEGMENT - unsent) % data.len() as u64) as usize;
                    let end = data.len().min(at + unsent as usize);
                    let Ok(taken) = send(&mut calls, socket, &data, at..end, copies) else { break };
                    unsent -= taken as u64;
                    if taken < end - at {
                        break; // the send buffer is full
                    }
                }
            } else if wakes.intersects(Wakes::ACCEPTABLE) {
                let _ = calls.accept(listener);
            } else {
                while calls.readable(socket) > 0 {
                    let read = if copies {
                        calls.recv(socket, &mut buffer)
                    } else {
                        calls.recv_with(socket, buffer.len(), &mut |_| {})
                    };
                    let Ok(read) = read else { break };
                    unread -= read as u64;
                }
            }
        }
    }
    net.now().as_secs_f64()
}

/// Hands over what lies in `range`: copied, or pointed at.
#[inline(always)] // what is measured is not this
fn send<O: Observer>(
    calls: &mut Sockets<'_, O>,
    socket: SocketId,
    data: &Arc<[u8]>,
    range: Range<usize>,
    copies: bool,
) -> Result<usize, Errno> {
    if copies { calls.send(socket, &data[range]) } else { calls.send_shared(socket, data, range) }
}

/// `connections` connections between the two hosts, each of which carries `segments` segments at the same time. What is sent is
/// pointed at, as scenarios' programs do, or copied by each `send`.
pub fn many<O: Observer>(
    connections: usize,
    segments: u64,
    copies: bool,
    nobody: &mut O,
    begin: impl FnOnce(),
) {
    let mut net = Network::new(1);
    let mut host = |name: &str, address: &str| {
        let mut config = HostConfig::new(name, [address.parse().unwrap()]);
        (config.tcp.send_buffer, config.tcp.receive_buffer) = (Some(1 << 15), Some(1 << 15));
        net.add_host(config)
    };
    let (client, server) = (host("client", "10.0.0.1"), host("server", "10.0.0.2"));
    let link = LinkConfig { latency: LATENCY, ..LinkConfig::default() };
    net.connect(client, server, link.clone(), link);
    let mut calls = net.sockets(server, nobody).unwrap();
    let listener = calls.tcp();
    calls.bind(listener, "10.0.0.2:80".parse().unwrap()).unwrap();
    calls.listen(listener, connections as u32).unwrap();
    let mut calls = net.sockets(client, nobody).unwrap();
    // What is unsent, by the number of the socket.
    let mut unsent = std::collections::BTreeMap::new();
    for _ in 0..connections {
        let socket = calls.tcp();
        let _ = calls.connect(socket, "10.0.0.2:80".parse().unwrap());
        unsent.insert(socket, segments * SEGMENT);
    }
    let data: Arc<[u8]> = vec![7; 1 << 15].into();
    let mut buffer = vec![0; 1 << 15];
    let mut unread = connections as u64 * segments * SEGMENT;
    begin();
    while unread > 0 {
        assert!(net.step(nobody), "nothing happens any more");
        while let Some((node, socket, wakes)) = net.poll_wake() {
            let mut calls = net.sockets(node, nobody).unwrap();
            if node == client {
                let Some(left) = unsent.get_mut(&socket) else { continue };
                while *left > 0 {
                    let chunk = data.len().min(*left as usize);
                    let Ok(taken) = send(&mut calls, socket, &data, 0..chunk, copies) else { break };
                    *left -= taken as u64;
                }
            } else if wakes.intersects(Wakes::ACCEPTABLE) {
                while calls.accept(listener).is_ok() {}
            } else {
                while let Ok(read) = calls.recv(socket, &mut buffer) {
                    unread -= read as u64;
                }
            }
        }
    }
}
