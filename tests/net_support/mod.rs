//! Two hosts and a link between them, for the tests of the network.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part of it; a panic is a failure with a line"
)]

mod watch;

#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use watch::{Seen, Watch};

use framewire::net::*;
use framewire::probe::Silent;
use framewire::time::{Duration, Instant};
use std::net::{IpAddr, SocketAddr};

pub const CLIENT: &str = "10.0.0.1";
pub const SERVER: &str = "10.0.0.2";
pub const CLIENT6: &str = "fd00::1";
pub const SERVER6: &str = "fd00::2";
pub const PORT: u16 = 80;

/// A client and a server.
#[derive(Clone)]
pub struct Pair {
    pub net: Network,
    pub client: NodeId,
    pub server: NodeId,
    /// From client to server, from server to client.
    pub links: (LinkId, LinkId),
    pub version6: bool,
    listener: Option<SocketId>,
}

/// Octets that tell where they belong.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect()
}

impl Pair {
    pub fn new(link: LinkConfig) -> Pair {
        Pair::with(1, false, link.clone(), link)
    }

    pub fn with(seed: u64, version6: bool, up: LinkConfig, down: LinkConfig) -> Pair {
        Pair::with_hosts(seed, version6, up, down, |_| {})
    }

    pub fn with_hosts(
        seed: u64,
        version6: bool,
        up: LinkConfig,
        down: LinkConfig,
        set: impl Fn(&mut HostConfig),
    ) -> Pair {
        let mut net = Network::new(seed);
        let mut host = |name, v4: &str, v6: &str| {
            let addresses: [IpAddr; 2] = [v4.parse().unwrap(), v6.parse().unwrap()];
            let mut config = HostConfig::new(name, addresses);
            set(&mut config);
            net.add_host(config)
        };
        let client = host("client", CLIENT, CLIENT6);
        let server = host("server", SERVER, SERVER6);
        let links = net.connect(client, server, up, down);
        Pair { net, client, server, links, version6, listener: None }
    }

    pub fn server_address(&self, port: u16) -> SocketAddr {
        let ip: IpAddr = if self.version6 { SERVER6 } else { SERVER }.parse().unwrap();
        SocketAddr::new(ip, port)
    }

    pub fn client_address(&self, port: u16) -> SocketAddr {
        let ip: IpAddr = if self.version6 { CLIENT6 } else { CLIENT }.parse().unwrap();
        SocketAddr::new(ip, port)
    }

    /// Makes calls at a host.
    pub fn at<T>(&mut self, host: NodeId, calls: impl FnOnce(&mut Sockets<'_, Silent>) -> T) -> T {
        calls(&mut self.net.sockets(host, &mut Silent).unwrap())
    }

    pub fn step(&mut self) -> bool {
        self.net.step(&mut Silent)
    }

    /// Lets time pass.
    pub fn settle(&mut self, time: Duration) {
        let until = self.net.now() + time;
        self.net.run_until(until, &mut Silent);
    }

    /// All that a socket was woken for.
    pub fn wakes(&mut self, socket: SocketId) -> Wakes {
        let mut all = Wakes::NONE;
        while let Some((_, id, wakes)) = self.net.poll_wake() {
            if id == socket {
                all |= wakes;
            }
        }
        all
    }

    pub fn listen(&mut self, backlog: u32) -> SocketId {
        let address = self.server_address(PORT);
        let listener = self.at(self.server, |s| {
            let listener = s.tcp();
            s.set_option(listener, SocketOption::ReuseAddr(true)).unwrap();
            s.bind(listener, address).unwrap();
            s.listen(listener, backlog).unwrap();
            listener
        });
        self.listener = Some(listener);
        listener
    }

    /// A UDP socket of the server at `port`.
    pub fn udp_server(&mut self, port: u16) -> SocketId {
        let address = self.server_address(port);
        self.at(self.server, |s| {
            let socket = s.udp();
            s.bind(socket, address).unwrap();
            socket
        })
    }

    /// Sends datagrams of these lengths from the client, `every` apart, and runs until nothing happens any more.
    pub fn stream(&mut self, lens: &[usize], every: Duration, watch: &mut Watch) {
        let to = self.server_address(PORT);
        let socket = self.at(self.client, |s| s.udp());
        for &len in lens {
            let data = pattern(len);
            self.net.sockets(self.client, watch).unwrap().send_to(socket, &data, to).unwrap();
            let next = self.net.now() + every;
            self.net.run_until(next, watch);
        }
        while self.net.step(watch) {}
    }

    /// Begins to connect to the server.
    pub fn dial(&mut self) -> SocketId {
        let address = self.server_address(PORT);
        self.at(self.client, |s| {
            let socket = s.tcp();
            assert_eq!(s.connect(socket, address), Err(Errno::EINPROGRESS));
            socket
        })
    }

    /// An open connection: the client's and the server's socket.
    pub fn connect(&mut self) -> (SocketId, SocketId) {
        let listener = match self.listener {
            Some(listener) => listener,
            None => self.listen(10),
        };
        let client = self.dial();
        let deadline = self.net.now() + Duration::from_secs(60);
        let server = loop {
            if let Ok((socket, _)) = self.at(self.server, |s| s.accept(listener)) {
                break socket;
            }
            assert!(self.step() && self.net.now() < deadline, "no connection");
        };
        (client, server)
    }

    /// Sends `data` from the client and returns what the server reads until the end of the stream.
    pub fn transfer(&mut self, client: SocketId, server: SocketId, data: &[u8]) -> Vec<u8> {
        let (mut sent, mut closed) = (0, false);
        let mut received = Vec::new();
        let mut buffer = vec![0; 65_536];
        let deadline = self.net.now() + Duration::from_secs(3600);
        loop {
            self.at(self.client, |s| {
                while sent < data.len() {
                    match s.send(client, &data[sent..]) {
                        Ok(n) => sent += n,
                        Err(Errno::EAGAIN) => break,
                        Err(error) => panic!("send: {error}"),
                    }
                }
                if sent == data.len() && !closed {
                    s.close(client).unwrap();
                    closed = true;
                }
            });
            let over = self.at(self.server, |s| {
                loop {
                    match s.recv(server, &mut buffer) {
                        Ok(0) => return true,
                        Ok(n) => received.extend_from_slice(&buffer[..n]),
                        Err(Errno::EAGAIN) => return false,
                        Err(error) => panic!("recv: {error} after {} octets", received.len()),
                    }
                }
            });
            if over {
                return received;
            }
            assert!(self.step(), "nothing happens any more; {} octets of {}", received.len(), data.len());
            assert!(self.net.now() < deadline, "too slow; {} octets of {}", received.len(), data.len());
        }
    }

    pub fn now(&self) -> Instant {
        self.net.now()
    }
}
