//! From a scenario to a network of hosts.

use std::net::IpAddr;

use crate::net::{
    Action, HostConfig, LinkConfig, LinkId, Loss, Match, Network, NodeId, Observer, QueueLimits,
    RouterConfig, ScriptedAction,
};
use crate::packet::{Protocol, TcpFlags};
use crate::rng::Rng;
use crate::seq::SeqNumber;
use crate::sim::scenario::{
    Act, Bottleneck, Break, Congestion, Impairments, InitialSequence, Network as NetworkSpec, Order, Preset,
    Queue, Scenario, ScriptedAction as ActionSpec, TcpSettings, What,
};
use crate::sim::units::Switch;
use crate::tcp::rtt::RtoFloor;
use crate::tcp::{Config, CongestionAlgorithm, InitialWindow};
use crate::time::{Duration, Instant};

/// A network and who is who in it.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub net: Network,
    /// The hosts, in the scenario's order.
    pub hosts: Vec<NodeId>,
    /// The routers with their names.
    pub routers: Vec<(NodeId, String, Vec<IpAddr>)>,
    /// The links between hosts: from which host to which, in the scenario's order.
    pub links: Vec<(LinkId, usize, usize)>,
    /// Scripted actions that begin later.
    pub later: Vec<(Instant, ScriptedAction)>,
}

impl World {
    /// Builds the network of a checked scenario whose hosts have these addresses.
    pub fn new(scenario: &Scenario, addresses: &[IpAddr]) -> World {
        let mut net = Network::new(scenario.seed);
        let spec = &scenario.network;
        let mut hosts = Vec::new();
        for (host, &address) in scenario.hosts.iter().zip(addresses) {
            let settings = host.tcp.over(&scenario.tcp);
            let mut config = HostConfig::new(&host.name, [address]);
            config.tcp = tcp_config(&settings, scenario.seed, &host.name);
            hosts.push(net.add_host(config));
        }
        let mut world = World { net, hosts, routers: Vec::new(), links: Vec::new(), later: Vec::new() };
        match &spec.bottleneck {
            Some(bottleneck) => world.dumbbell(scenario, bottleneck),
            None => world.mesh(scenario),
        }
        for action in &spec.script {
            let scripted = world.scripted(scenario, action);
            match action.after {
                Some(after) => world.later.push((Instant::START + after.0, scripted)),
                None => world.net.script(scripted),
            }
        }
        world.later.sort_by_key(|(at, _)| *at);
        world
    }

    /// Each host joined to each other.
    fn mesh(&mut self, scenario: &Scenario) {
        for (a, &node_a) in self.hosts.iter().enumerate() {
            for (b, &node_b) in self.hosts.iter().enumerate().skip(a + 1) {
                let (Some(host_a), Some(host_b)) = (scenario.hosts.get(a), scenario.hosts.get(b)) else {
                    continue;
                };
                let there = link_config(&scenario.network.between(&host_a.name, &host_b.name));
                let back = link_config(&scenario.network.between(&host_b.name, &host_a.name));
                let (to, fro) = self.net.connect(node_a, node_b, there, back);
                self.links.extend([(to, a, b), (fro, b, a)]);
            }
        }
    }

    /// All hosts but one at a router, that one at another, a narrow link between the two.
    fn dumbbell(&mut self, scenario: &Scenario, bottleneck: &Bottleneck) {
        let mut router = |last: u8| {
            let name = format!("router{last}");
            let addresses: Vec<IpAddr> =
                vec![[192, 0, 2, last].into(), [0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(last)].into()];
            let config = RouterConfig {
                name: name.clone(),
                addresses: addresses.clone(),
                sends_icmp: !bottleneck.silent,
                ..RouterConfig::default()
            };
            let node = self.net.add_router(config);
            self.routers.push((node, name, addresses));
            node
        };
        let (near, far) = (router(1), router(2));
        let narrow = LinkConfig {
            latency: bottleneck.latency.unwrap_or_default().0,
            rate: bottleneck.rate.map(|rate| rate.0),
            queue: queue_limits(&bottleneck.queue.clone().unwrap_or_default()),
            loss: loss(bottleneck.loss.unwrap_or_default().0, None),
            mtu: bottleneck.mtu.unwrap_or(1500),
            ..LinkConfig::default()
        };
        self.net.connect(near, far, narrow.clone(), narrow);
        let behind = scenario.hosts.iter().position(|host| host.name == bottleneck.before).unwrap_or(0);
        for (h, (host, &node)) in scenario.hosts.iter().zip(&self.hosts).enumerate() {
            if h == behind {
                let access = LinkConfig {
                    latency: Duration::ZERO,
                    mtu: scenario.network.mtu.unwrap_or(1500),
                    ..LinkConfig::default()
                };
                self.net.connect(far, node, access.clone(), access);
            } else {
                let there = link_config(&scenario.network.between(&host.name, &bottleneck.before));
                let back = link_config(&scenario.network.between(&bottleneck.before, &host.name));
                let (to, fro) = self.net.connect(node, near, there, back);
                self.links.extend([(to, h, behind), (fro, behind, h)]);
            }
        }
    }

    /// Takes over what a changed scenario's network does to packets, and how its hosts' TCP is set, from now on.
    pub fn retune<O: Observer>(&mut self, changed: &Scenario, observer: &mut O) {
        self.set_links(changed, &changed.network);
        for (host, &node) in changed.hosts.iter().zip(&self.hosts) {
            let settings = host.tcp.over(&changed.tcp);
            let config = tcp_config(&settings, changed.seed, &host.name);
            let as_is = self.net.host(node).is_none_or(|host| host.config().tcp == config);
            if !as_is && let Ok(mut sockets) = self.net.sockets(node, observer) {
                sockets.retune(&config);
            }
        }
    }

    fn set_links(&mut self, scenario: &Scenario, spec: &NetworkSpec) {
        for &(link, from, to) in &self.links {
            let (Some(from), Some(to)) = (scenario.hosts.get(from), scenario.hosts.get(to)) else { continue };
            if let Some(config) = self.net.link_mut(link) {
                *config = link_config(&spec.between(&from.name, &to.name));
            }
        }
    }

    fn scripted(&self, scenario: &Scenario, action: &ActionSpec) -> ScriptedAction {
        let node = |name: &Option<String>| {
            let at = scenario.hosts.iter().position(|host| Some(&host.name) == name.as_ref())?;
            self.hosts.get(at).copied()
        };
        let mut matching = Match { from: node(&action.from), to: node(&action.to), ..Match::default() };
        let tcp_with = |matching: &mut Match, flags: TcpFlags, not_flags: TcpFlags| {
            matching.protocol = Some(Protocol::TCP);
            matching.flags = flags;
            matching.not_flags = not_flags;
        };
        match action.what {
            What::Any => {}
            What::Data => matching.payload = Some(true),
            What::Syn => tcp_with(&mut matching, TcpFlags::SYN, TcpFlags::ACK),
            What::SynAck => tcp_with(&mut matching, TcpFlags::SYN | TcpFlags::ACK, TcpFlags::NONE),
            What::Ack => {
                let not = TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST;
                tcp_with(&mut matching, TcpFlags::ACK, not);
                matching.payload = Some(false);
            }
            What::Fin => tcp_with(&mut matching, TcpFlags::FIN, TcpFlags::NONE),
            What::Rst => tcp_with(&mut matching, TcpFlags::RST, TcpFlags::NONE),
            What::Retransmission => matching.retransmission = Some(true),
            What::Fragment => matching.fragment = Some(true),
            What::Icmp => {
                let ipv6 = crate::sim::addresses(scenario).iter().any(IpAddr::is_ipv6);
                matching.protocol = Some(if ipv6 { Protocol::ICMPV6 } else { Protocol::ICMP });
            }
        }
        let by = action.by.unwrap_or_default().0;
        ScriptedAction {
            matching,
            nth: action.nth,
            action: match action.act {
                Act::Drop => Action::Drop,
                Act::Delay => Action::Delay(by),
                Act::Duplicate => Action::Duplicate(by),
                Act::Corrupt => Action::Corrupt(None),
                Act::Replay => Action::Replay(Instant::START + action.at.unwrap_or_default().0),
            },
        }
    }
}

fn loss(share: f64, burst: Option<f64>) -> Loss {
    match burst {
        _ if share <= 0.0 => Loss::None,
        Some(burst) if burst > 1.0 => Loss::bursts(share, burst),
        _ => Loss::Random(share),
    }
}

fn queue_limits(queue: &Queue) -> QueueLimits {
    QueueLimits {
        packets: queue.packets,
        bytes: queue.bytes.map(|size| size.0),
        mark: queue.mark.map(|size| size.0),
    }
}

fn link_config(impairments: &Impairments) -> LinkConfig {
    LinkConfig {
        latency: impairments.latency.0,
        jitter: impairments.jitter.0,
        jitter_reorders: impairments.order == Order::Free,
        rate: impairments.rate.map(|rate| rate.0),
        queue: queue_limits(&impairments.queue),
        loss: loss(impairments.loss, impairments.loss_burst),
        corrupt: impairments.corrupt,
        duplicate: impairments.duplicate,
        reorder: impairments.reorder,
        reorder_by: impairments.reorder_by.0,
        mtu: impairments.mtu,
        ..LinkConfig::default()
    }
}

/// The configuration that settings describe.
pub(in crate::sim) fn tcp_config(settings: &TcpSettings, seed: u64, host: &str) -> Config {
    let mut config = match settings.preset.unwrap_or_default() {
        Preset::Textbook => Config::textbook(),
        Preset::Linux => Config::linux(),
        Preset::Rfc => Config::rfc(),
    };
    let mut rng = Rng::derive(seed, &format!("secret of {host}"));
    config.secret = [rng.next_u64(), rng.next_u64()];
    match settings.isn {
        Some(InitialSequence::Fixed(isn)) => config.iss = Some(SeqNumber(isn)),
        Some(InitialSequence::Random) => config.iss = None,
        None => {}
    }
    macro_rules! take {
        ($($from:ident => $to:expr),* $(,)?) => { $(if let Some(value) = settings.$from { $to = value; })* };
    }
    take!(
        window_scale => config.features.window_scaling,
        sack => config.features.sack,
        timestamps => config.features.timestamps,
        ecn => config.features.ecn,
        sws_avoidance => config.features.sws_avoidance,
        fast_retransmit => config.features.fast_retransmit,
        rack => config.features.rack,
        rack => config.features.tail_loss_probe,
        quick_acks => config.personality.acks.quick,
        syn_retries => config.personality.syn_retries,
        retries => config.personality.retries_r2,
        keep_alive_count => config.personality.keepalive_probes,
    );
    if let Some(on) = settings.nagle {
        config.nodelay = !on;
    }
    match settings.delayed_ack {
        Some(Switch::Off) => config.features.delayed_ack = false,
        Some(Switch::On(delay)) => {
            config.features.delayed_ack = true;
            let acks = &mut config.personality.acks;
            (acks.delay, acks.delay_max, acks.every) = (delay.0, delay.0, acks.every.max(2));
        }
        None => {}
    }
    if settings.rack == Some(true) {
        // RFC 8985 section 3: RACK needs SACK.
        config.features.sack = settings.sack.unwrap_or(true);
    }
    config.max_mss = settings.mss.or(config.max_mss);
    let size = |size: crate::sim::units::Size| usize::try_from(size.0).unwrap_or(usize::MAX);
    config.send_buffer = settings.send_buffer.map(size).or(config.send_buffer);
    config.receive_buffer = settings.receive_buffer.map(size).or(config.receive_buffer);
    config.user_timeout = settings.user_timeout.map(|span| span.0).or(config.user_timeout);
    if let Some(segments) = settings.initial_window {
        config.personality.initial_window = InitialWindow::Segments(segments);
    }
    if let Some(congestion) = settings.congestion {
        config.congestion = match congestion {
            Congestion::None => CongestionAlgorithm::None,
            Congestion::Reno => CongestionAlgorithm::Reno,
            Congestion::Cubic => CongestionAlgorithm::Cubic,
        };
    }
    if let Some(rto) = settings.initial_rto {
        config.personality.rtt.initial_rto = rto.0;
    }
    if let Some(rto) = settings.min_rto {
        config.personality.rtt.floor = RtoFloor::Rto(rto.0);
    }
    if let Some(rto) = settings.max_rto {
        config.personality.rtt.max_rto = rto.0;
    }
    if let Some(time_wait) = settings.time_wait {
        // TIME-WAIT lasts 2 MSL (RFC 9293 section 3.6.1).
        config.personality.msl = time_wait.0 / 2;
    }
    if let Some(life) = settings.path_mtu_life {
        config.personality.path_mtu_life = Some(life.0);
    }
    if let Some(idle) = settings.keep_alive_idle {
        config.personality.keepalive_idle = idle.0;
    }
    if let Some(interval) = settings.keep_alive_interval {
        config.personality.keepalive_interval = interval.0;
    }
    let breakage = &mut config.breakage;
    for broken in &settings.breaks {
        *match broken {
            Break::TwoWayHandshake => &mut breakage.two_way_handshake,
            Break::NoTimeWait => &mut breakage.no_time_wait,
            Break::NoRetransmission => &mut breakage.no_retransmission,
            Break::NeverMergeAckAndFin => &mut breakage.never_merge_ack_and_fin,
            Break::NeverPiggyback => &mut breakage.never_piggyback,
            Break::NoReassemblyQueue => &mut breakage.no_reassembly_queue,
            Break::IgnorePeerWindow => &mut breakage.ignore_peer_window,
            Break::NoWindowProbe => &mut breakage.no_window_probe,
            Break::NoBackoff => &mut breakage.no_backoff,
            Break::NoKarn => &mut breakage.no_karn,
        } = true;
    }
    config
}
