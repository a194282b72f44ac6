//! What of a scenario can be performed on this machine's loopback, and what the model says that will come out.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use framewire::lang::Lang;
use framewire::sim::scenario::{Network, Preset, SocketKind, Step, TcpSettings, Verb};
use framewire::sim::units::Span;
use framewire::sim::{Scenario, addresses};
use framewire::time;
use socket2::{Domain, Protocol, Socket, Type};

/// Programs that call others begin so much later than those that wait to be called: no network's delay does it here.
const HEAD_START: time::Duration = time::Duration::from_millis(50);
/// What a packet takes over the loopback, about.
const LOOPBACK_LATENCY: time::Duration = time::Duration::from_micros(20);
/// The largest packet that the model sends over its loopback (Linux's has an MTU of 65,536, IPv4 describes 65,535).
const LOOPBACK_MTU: u32 = 65_535;

/// Why a scenario cannot be performed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The scenario speaks IPv6.
    #[error(
        "its hosts have IPv6 addresses, and a machine has a single IPv6 loopback address: give the hosts IPv4 addresses"
    )]
    Ipv6,
    /// Two ends call each other.
    #[error(
        "{0} is called by a program that is itself being called, and nobody listens there: the calls would have to cross on \
         their way, and over the loopback nothing is under way"
    )]
    CallsCross(String),
    /// It takes too long.
    #[error("its programs take {0} by the model, and the limit is {1} s: `--limit` raises it")]
    TooLong(String, u64),
}

impl Refusal {
    /// The same in a language.
    pub fn message(&self, lang: Lang) -> String {
        let zh = match self {
            Refusal::Ipv6 => {
                "场景中的主机使用 IPv6 地址，而本机只有一个 IPv6 回环地址：请给主机分配 IPv4 地址".to_owned()
            }
            Refusal::CallsCross(to) => format!(
                "连接 {to} 的程序自己也正被连接，而那里没有程序在监听：双方的请求必须在途中交错，回环网络上没有“途中”"
            ),
            Refusal::TooLong(takes, limit) => {
                format!("按模型，这些程序要运行 {takes}，而上限是 {limit} 秒：可以用 `--limit` 提高")
            }
        };
        lang.pick(self.to_string(), zh)
    }
}

/// A scenario made ready for real sockets.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario, those who call a little later than those who listen.
    pub scenario: Scenario,
    /// The same over the model's loopback, with Linux's TCP: what the kernel is held against.
    pub predicted: Scenario,
    /// Real addresses.
    pub map: AddressMap,
    /// By program, counted over all hosts: it waits to be called, from the beginning on.
    pub waits: Vec<bool>,
}

/// Where the scenario's hosts stand on this machine.
#[derive(Clone, Debug, Default)]
pub struct AddressMap {
    hosts: Vec<(IpAddr, Ipv4Addr)>,
    ports: BTreeMap<(usize, u16), u16>,
}

impl AddressMap {
    /// The loopback address of a host.
    pub fn host(&self, host: usize) -> Ipv4Addr {
        self.hosts.get(host).map_or(Ipv4Addr::LOCALHOST, |(_, real)| *real)
    }

    /// The port by which a host's port goes here.
    pub fn port(&self, host: usize, port: u16) -> u16 {
        self.ports.get(&(host, port)).copied().unwrap_or(port)
    }

    /// An address of the scenario (or a real one already) as it is here; `None` for an address that nobody has.
    pub fn real(&self, address: SocketAddr) -> Option<SocketAddr> {
        if self.hosts.iter().any(|(_, real)| IpAddr::V4(*real) == address.ip()) {
            return Some(address);
        }
        let host = self.hosts.iter().position(|(of, _)| *of == address.ip())?;
        Some((self.host(host), self.port(host, address.port())).into())
    }

    /// The ports that go by another number here: host, the scenario's, the real one.
    pub fn moved(&self) -> impl Iterator<Item = (usize, u16, u16)> {
        self.ports
            .iter()
            .filter(|((_, port), real)| port != *real)
            .map(|(&(host, port), &real)| (host, port, real))
    }
}

/// The steps of a program and those within them.
fn walk<'a>(steps: &'a [Step], see: &mut impl FnMut(&'a Step)) {
    for step in steps {
        see(step);
        walk(step.body.as_deref().unwrap_or_default(), see);
    }
}

/// What a program does with ports: listens (or waits for datagrams) on, is bound to, calls.
#[derive(Default)]
struct Ports {
    waits: bool,
    calls: Vec<String>,
    bound: Vec<u16>,
    listens: bool,
}

fn ports(steps: &[Step]) -> Ports {
    let mut found = Ports::default();
    let mut udp = false;
    walk(steps, &mut |step| match step.verb {
        Verb::Socket => udp = step.kind == SocketKind::Udp,
        Verb::Bind => {
            found.bound.extend(step.port);
            found.waits |= udp;
        }
        Verb::Listen => (found.waits, found.listens) = (true, true),
        Verb::Connect => found.calls.extend(step.to.clone()),
        _ => {}
    });
    found
}

/// Refuses ends that call each other at the same moment.
fn refuse_crossing(scenario: &Scenario) -> Result<(), Refusal> {
    let all =
        scenario.hosts.iter().flat_map(|host| host.programs.iter().map(move |p| (host, ports(&p.steps))));
    let all: Vec<_> = all.collect();
    for (_, caller) in all.iter().filter(|(_, caller)| !caller.bound.is_empty()) {
        for to in &caller.calls {
            let at = |(host, other): &&(_, Ports)| {
                let host: &&framewire::sim::scenario::Host = host;
                other.bound.iter().any(|port| format!("{}:{port}", host.name) == *to)
            };
            let here: Vec<_> = all.iter().filter(at).collect();
            if !here.is_empty() && here.iter().all(|(_, other)| !other.listens && !other.calls.is_empty()) {
                return Err(Refusal::CallsCross(to.clone()));
            }
        }
    }
    Ok(())
}

/// A fresh address of the loopback for each host: no other program's ports, no old connection in TIME-WAIT.
fn place(scenario: &Scenario) -> AddressMap {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let drawn = now.subsec_nanos() ^ std::process::id().rotate_left(16);
    // 127.64.0.0 to 127.127.255.0, a thousandfold more than a minute's runs need.
    let (second, third) = (64 + (drawn >> 8) as u8 % 64, drawn as u8);
    let last = |i: usize| u8::try_from(i + 1).unwrap_or(u8::MAX);
    let hosts = addresses(scenario).into_iter().enumerate();
    let hosts: Vec<_> = hosts.map(|(i, of)| (of, Ipv4Addr::new(127, second, third, last(i)))).collect();
    let mut map = AddressMap { hosts, ports: BTreeMap::new() };
    for (h, host) in scenario.hosts.iter().enumerate() {
        for port in host.programs.iter().flat_map(|program| ports(&program.steps).bound) {
            let real = usable_port(map.host(h), port);
            map.ports.insert((h, port), real);
        }
    }
    map
}

/// The port itself if it may be had, else a free one (a low port needs a right, another program may hold it).
fn usable_port(address: Ipv4Addr, port: u16) -> u16 {
    let bind = |port: u16| {
        let of = |kind, protocol| -> std::io::Result<Socket> {
            let socket = Socket::new(Domain::IPV4, kind, Some(protocol))?;
            socket.bind(&SocketAddr::from((address, port)).into())?;
            Ok(socket)
        };
        let tcp = of(Type::STREAM, Protocol::TCP)?;
        of(Type::DGRAM, Protocol::UDP)?;
        tcp.local_addr()
    };
    let free = bind(port).or_else(|_| bind(0)).ok().and_then(|address| address.as_socket());
    free.map_or(port, |address| address.port())
}

/// What of the network and of TCP the loopback does not do, in words.
pub fn remarks(scenario: &Scenario, lang: Lang) -> Vec<String> {
    let mut all = Vec::new();
    let network = &scenario.network;
    let mut of_network = Vec::new();
    let mut add = |given: bool, en, zh| of_network.extend(given.then_some(lang.pick::<&str>(en, zh)));
    add(network.latency.is_some_and(|l| !l.0.is_zero()) || network.jitter.is_some(), "latency", "延迟");
    add(network.rate.is_some() || network.queue.is_some(), "rate", "速率");
    add(network.loss.is_some() || network.loss_burst.is_some(), "loss", "丢包");
    add(network.duplicate.is_some() || network.reorder.is_some(), "duplicates and reordering", "重复和乱序");
    add(network.corrupt.is_some(), "damage", "损坏");
    add(
        network.mtu.is_some() || network.bottleneck.is_some(),
        "path MTU and bottleneck",
        "路径 MTU 和瓶颈链路",
    );
    add(!network.directions.is_empty(), "differences by direction", "两个方向的差别");
    add(!network.script.is_empty(), "what its script does to single packets", "脚本对单个报文的操作");
    if !of_network.is_empty() {
        let joined = of_network.join(lang.pick(", ", "、"));
        all.push(lang.pick(
            format!("not performed, the loopback is what it is: {joined}"),
            format!("回环网络上无法实现的：{joined}"),
        ));
    }
    let settings = || std::iter::once(&scenario.tcp).chain(scenario.hosts.iter().map(|host| &host.tcp));
    let mut broken: Vec<&str> = Vec::new();
    for rule in settings().flat_map(|tcp| &tcp.breaks) {
        if !broken.contains(&rule.name()) {
            broken.push(rule.name());
        }
    }
    if !broken.is_empty() {
        let joined = broken.join(lang.pick(", ", "、"));
        all.push(lang.pick(
            format!("the kernel keeps the rules that the scenario breaks: {joined}"),
            format!("场景中违反的规则，内核仍会遵守：{joined}"),
        ));
    }
    if settings().any(|tcp| kept(tcp) != *tcp) {
        let own = lang.pick(
            "the kernel's TCP has its own initial windows, timers and TIME-WAIT",
            "内核的 TCP 有自己的初始窗口、定时器和 TIME-WAIT",
        );
        all.push(own.to_owned());
    }
    all
}

/// What of the TCP settings can be asked of the kernel by socket options.
pub fn kept(tcp: &TcpSettings) -> TcpSettings {
    TcpSettings {
        preset: tcp.preset,
        mss: tcp.mss,
        send_buffer: tcp.send_buffer,
        receive_buffer: tcp.receive_buffer,
        nagle: tcp.nagle,
        congestion: tcp.congestion,
        keep_alive_idle: tcp.keep_alive_idle,
        keep_alive_interval: tcp.keep_alive_interval,
        keep_alive_count: tcp.keep_alive_count,
        user_timeout: tcp.user_timeout,
        ..TcpSettings::default()
    }
}

impl Plan {
    /// Makes a checked scenario ready.
    ///
    /// # Errors
    /// Why it cannot be performed.
    pub fn new(scenario: &Scenario) -> Result<Self, Refusal> {
        if addresses(scenario).iter().any(IpAddr::is_ipv6) {
            return Err(Refusal::Ipv6);
        }
        refuse_crossing(scenario)?;
        let mut staged = scenario.clone();
        let any_waits =
            scenario.hosts.iter().flat_map(|host| &host.programs).any(|program| ports(&program.steps).waits);
        for program in staged.hosts.iter_mut().flat_map(|host| &mut host.programs) {
            if any_waits && !ports(&program.steps).waits {
                program.start = Some(Span(program.start.unwrap_or_default().0 + HEAD_START));
            }
        }
        let mut predicted = staged.clone();
        predicted.network =
            Network { latency: Some(Span(LOOPBACK_LATENCY)), mtu: Some(LOOPBACK_MTU), ..Network::default() };
        let linux = |tcp: &TcpSettings| TcpSettings { preset: Some(Preset::Linux), ..kept(tcp) };
        predicted.tcp = linux(&predicted.tcp);
        for host in &mut predicted.hosts {
            host.tcp = linux(&host.tcp);
        }
        let programs = scenario.hosts.iter().flat_map(|host| &host.programs);
        let waits = programs.map(|of| of.start.is_none() && ports(&of.steps).waits).collect();
        Ok(Plan { map: place(scenario), scenario: staged, predicted, waits })
    }

    /// Refuses a scenario whose programs take longer than `limit` by the model.
    ///
    /// # Errors
    /// That it takes too long.
    pub fn refuse_long(&self, takes: time::Duration, limit: Duration) -> Result<(), Refusal> {
        match u128::from(takes.as_nanos()) > limit.as_nanos() {
            true => Err(Refusal::TooLong(Span(takes).to_string(), limit.as_secs())),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use framewire::sim::builtin;

    #[test]
    fn those_who_call_come_after_those_who_listen() {
        let plan = Plan::new(&builtin("hello-tcp").unwrap()).unwrap();
        for host in &plan.scenario.hosts {
            let later = host.programs[0].start.is_some();
            assert_eq!(later, host.name == "client", "{}", host.name);
        }
        assert_eq!(plan.predicted.network.script, []);
    }

    #[test]
    fn what_is_not_performed_is_said() {
        let said = remarks(&builtin("lost-syn").unwrap(), Lang::En).join("\n");
        assert!(said.contains("script"), "{said}");
        let said = remarks(&builtin("no-time-wait").unwrap(), Lang::En).join("\n");
        assert!(said.contains("no-time-wait"), "{said}");
        let said = remarks(&builtin("no-time-wait").unwrap(), Lang::Zh).join("\n");
        assert!(said.contains("no-time-wait") && said.contains("遵守"), "{said}");
        assert_eq!(
            Plan::new(&builtin("simultaneous-open").unwrap()).unwrap_err(),
            Refusal::CallsCross("right:6000".to_owned())
        );
    }

    #[test]
    fn addresses_go_both_ways_and_busy_ports_move() {
        let plan = Plan::new(&builtin("hello-tcp").unwrap()).unwrap();
        let server = plan.map.host(1);
        assert_eq!(
            plan.map.real("10.0.0.2:8000".parse().unwrap()),
            Some((server, plan.map.port(1, 8000)).into())
        );
        let real = SocketAddr::from((server, 5));
        assert_eq!(plan.map.real(real), Some(real));
        assert_eq!(plan.map.real("10.9.9.9:80".parse().unwrap()), None);
        let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        assert_ne!(usable_port(Ipv4Addr::LOCALHOST, port), port);
    }
}
