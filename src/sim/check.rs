//! What a scenario may not say although its types could: each impossible value is refused with its path.

use std::net::{IpAddr, Ipv4Addr};

use super::error::Flaw;
use super::locate::Path;
use super::program::{Code, compile};
use super::scenario::{Act, Direction, Host, Queue, Scenario, ScriptedAction, TcpSettings, VERSION};
use super::units::Span;
use crate::time::Duration;

/// The most hosts of a scenario.
pub const MAX_HOSTS: usize = 100;
/// The smallest MTU that IPv4 allows a link (RFC 791 section 3.2), and the largest packet it can describe.
pub const MTU_RANGE: std::ops::RangeInclusive<u32> = 68..=65_535;

/// The addresses of the hosts, in their order: their own, or 10.0.0.1, 10.0.0.2, …
pub fn addresses(scenario: &Scenario) -> Vec<IpAddr> {
    scenario
        .hosts
        .iter()
        .enumerate()
        .map(|(i, host)| host.address.unwrap_or(IpAddr::V4(Ipv4Addr::new(10, 0, 0, (i + 1).min(254) as u8))))
        .collect()
}

/// Refuses the first impossible thing.
pub(crate) fn check(scenario: &Scenario) -> Result<(), Flaw> {
    let root = Path::default();
    if scenario.framewire != VERSION {
        return Err(Flaw::new(
            root.key("framewire"),
            format!("this version of the format is not known; allowed: {VERSION}"),
            format!("不认识这个格式版本；可用的是 {VERSION}"),
        ));
    }
    if let Some(framing) = &scenario.framing
        && let Err(error) = framing.parse::<crate::framing::Framing>()
    {
        return Err(Flaw::new(
            root.key("framing"),
            error.message(crate::lang::Lang::En),
            error.message(crate::lang::Lang::Zh),
        ));
    }
    hosts(scenario)?;
    tcp(&scenario.tcp, &root.key("tcp"))?;
    network(scenario, &root.key("network"))?;
    limits(scenario, &root.key("limits"))?;
    programs(scenario)?;
    Ok(())
}

/// The code of all programs, host by host.
pub(crate) fn programs(scenario: &Scenario) -> Result<Vec<Vec<Code>>, Flaw> {
    let addresses = addresses(scenario);
    let host = |h: usize, host: &Host| {
        (0..host.programs.len()).map(|p| compile(scenario, &addresses, h, p)).collect()
    };
    scenario.hosts.iter().enumerate().map(|(h, of)| host(h, of)).collect()
}

fn hosts(scenario: &Scenario) -> Result<(), Flaw> {
    let path = Path::default().key("hosts");
    if !(1..=MAX_HOSTS).contains(&scenario.hosts.len()) {
        return Err(Flaw::new(
            path,
            format!("allowed: 1 to {MAX_HOSTS} hosts"),
            format!("主机数应为 1 到 {MAX_HOSTS}"),
        ));
    }
    let addresses = addresses(scenario);
    for (i, host) in scenario.hosts.iter().enumerate() {
        let path = path.index(i);
        let name = path.key("name");
        if host.name.is_empty() || host.name.contains(|c: char| c.is_whitespace() || c == ':') {
            return Err(Flaw::new(
                name,
                "a name is not empty and has no blank and no colon",
                "名字不能为空，也不能含空白或冒号",
            ));
        }
        if scenario.hosts.iter().take(i).any(|other| other.name == host.name) {
            return Err(Flaw::new(
                name,
                format!("there is another host `{}`: names differ", host.name),
                format!("已经有一台主机叫 `{}`：名字不能相同", host.name),
            ));
        }
        let address = addresses.get(i);
        if let Some(other) = addresses.iter().take(i).position(|other| Some(other) == address) {
            let other = scenario.hosts.get(other).map_or("", |host| &host.name);
            return Err(Flaw::new(
                path.key("address"),
                format!("host `{other}` has this address already"),
                format!("主机 `{other}` 已使用这个地址"),
            ));
        }
        if address.is_some_and(|a| a.is_unspecified() || a.is_multicast() || a.is_loopback()) {
            return Err(Flaw::new(
                path.key("address"),
                "this is no address of a single host",
                "这不是单台主机可用的地址",
            ));
        }
        if address.map(IpAddr::is_ipv4) != addresses.first().map(IpAddr::is_ipv4) {
            return Err(Flaw::new(
                path.key("address"),
                "the hosts' addresses are all IPv4 or all IPv6",
                "各主机的地址必须同为 IPv4 或同为 IPv6",
            ));
        }
        tcp(&host.tcp, &path.key("tcp"))?;
    }
    Ok(())
}

/// `value` lies in `range`, or the flaw says so.
fn within<T>(value: Option<T>, range: std::ops::RangeInclusive<T>, path: Path) -> Result<(), Flaw>
where
    T: PartialOrd + Copy + std::fmt::Display,
{
    match value {
        Some(value) if !range.contains(&value) => Err(Flaw::new(
            path,
            format!("allowed: {} to {}", range.start(), range.end()),
            format!("应在 {} 到 {} 之间", range.start(), range.end()),
        )),
        _ => Ok(()),
    }
}

const fn ms(n: u64) -> Span {
    Span(Duration::from_millis(n))
}

const DAY: Span = Span(Duration::from_secs(86_400));

fn tcp(tcp: &TcpSettings, path: &Path) -> Result<(), Flaw> {
    within(tcp.mss, 1..=65_495, path.key("mss"))?;
    let buffers = [("send_buffer", tcp.send_buffer), ("receive_buffer", tcp.receive_buffer)];
    for (name, size) in buffers {
        within(size.map(|size| size.0), 1..=1 << 30, path.key(name))?;
    }
    // RFC 9293, MUST-40: below half a second.
    let delay = tcp.delayed_ack.and_then(super::units::Switch::value);
    within(delay, ms(0)..=ms(499), path.key("delayed_ack"))?;
    within(tcp.initial_window, 1..=1000, path.key("initial_window"))?;
    let spans = [
        ("initial_rto", tcp.initial_rto),
        ("min_rto", tcp.min_rto),
        ("max_rto", tcp.max_rto),
        ("keep_alive_idle", tcp.keep_alive_idle),
        ("keep_alive_interval", tcp.keep_alive_interval),
        ("user_timeout", tcp.user_timeout),
    ];
    for (name, span) in spans {
        within(span, ms(1)..=DAY, path.key(name))?;
    }
    if let (Some(min), Some(max)) = (tcp.min_rto, tcp.max_rto)
        && min > max
    {
        return Err(Flaw::new(
            path.key("min_rto"),
            format!("longer than `max_rto` ({max})"),
            format!("大于 `max_rto`（{max}）"),
        ));
    }
    within(tcp.time_wait, ms(0)..=DAY, path.key("time_wait"))?;
    // RFC 1191 section 3: not less than 5 minutes.
    within(tcp.path_mtu_life, ms(300_000)..=DAY, path.key("path_mtu_life"))?;
    within(tcp.syn_retries, 0..=127, path.key("syn_retries"))?;
    within(tcp.retries, 0..=127, path.key("retries"))?;
    within(tcp.keep_alive_count, 1..=127, path.key("keep_alive_count"))
}

fn network(scenario: &Scenario, path: &Path) -> Result<(), Flaw> {
    let network = &scenario.network;
    let of_all = Direction {
        latency: network.latency,
        jitter: network.jitter,
        reorder_by: network.reorder_by,
        loss: network.loss,
        loss_burst: network.loss_burst,
        queue: network.queue.clone(),
        rate: network.rate,
        mtu: network.mtu,
        ..Direction::default()
    };
    impairments(&of_all, path, network.rate.is_some())?;
    for (i, direction) in network.directions.iter().enumerate() {
        let path = path.key("directions").index(i);
        host_named(scenario, &direction.from, &path.key("from"))?;
        host_named(scenario, &direction.to, &path.key("to"))?;
        impairments(direction, &path, direction.rate.or(network.rate).is_some())?;
    }
    if let Some(bottleneck) = &network.bottleneck {
        let path = path.key("bottleneck");
        host_named(scenario, &Some(bottleneck.before.clone()), &path.key("before"))?;
        let as_direction = Direction {
            latency: bottleneck.latency,
            queue: bottleneck.queue.clone(),
            mtu: bottleneck.mtu,
            ..Direction::default()
        };
        impairments(&as_direction, &path, bottleneck.rate.is_some())?;
    }
    for (i, action) in network.script.iter().enumerate() {
        let path = path.key("script").index(i);
        host_named(scenario, &action.from, &path.key("from"))?;
        host_named(scenario, &action.to, &path.key("to"))?;
        scripted(action, &path)?;
    }
    Ok(())
}

fn host_named(scenario: &Scenario, name: &Option<String>, path: &Path) -> Result<(), Flaw> {
    let Some(name) = name else { return Ok(()) };
    if scenario.hosts.iter().any(|host| host.name == *name) {
        return Ok(());
    }
    let names: Vec<&str> = scenario.hosts.iter().map(|host| host.name.as_str()).collect();
    Err(Flaw::new(
        path.clone(),
        format!("there is no host `{name}`; there are: {}", names.join(", ")),
        format!("没有主机 `{name}`；已有：{}", names.join("、")),
    ))
}

fn impairments(d: &Direction, path: &Path, rated: bool) -> Result<(), Flaw> {
    for (name, span) in [("latency", d.latency), ("jitter", d.jitter), ("reorder_by", d.reorder_by)] {
        within(span, ms(0)..=DAY, path.key(name))?;
    }
    within(d.mtu, MTU_RANGE, path.key("mtu"))?;
    within(d.loss_burst, 1.0..=1e6, path.key("loss_burst"))?;
    if d.queue.is_some() && !rated {
        return Err(Flaw::new(
            path.key("queue"),
            "a queue needs a `rate`: without one nothing ever waits",
            "队列需要同时给出 `rate`：不限速率就不会排队",
        ));
    }
    if d.queue == Some(Queue { packets: Some(0), ..Queue::default() }) {
        return Err(Flaw::new(path.key("queue"), "a queue holds at least 1 packet", "队列至少能放 1 个分组"));
    }
    Ok(())
}

fn scripted(action: &ScriptedAction, path: &Path) -> Result<(), Flaw> {
    within(action.nth, 1..=u32::MAX, path.key("nth"))?;
    let wants = |name: &str, set: bool, wanted: bool| match (set, wanted) {
        (false, true) => Err(Flaw::new(
            path.clone(),
            format!("this action needs the field `{name}`"),
            format!("这个动作需要字段 `{name}`"),
        )),
        (true, false) => {
            Err(Flaw::new(path.key(name), "this action has no use for this field", "这个动作用不到这个字段"))
        }
        _ => Ok(()),
    };
    let (by, at) = (action.by.is_some(), action.at.is_some());
    match action.act {
        Act::Delay => wants("by", by, true).and(wants("at", at, false)),
        Act::Duplicate => wants("by", by, by).and(wants("at", at, false)),
        Act::Replay => wants("at", at, true).and(wants("by", by, false)),
        Act::Drop | Act::Corrupt => wants("by", by, false).and(wants("at", at, false)),
    }?;
    if action.act == Act::Replay && action.nth.is_none() {
        return Err(Flaw::new(
            path.clone(),
            "a replay needs `nth`: which packet comes again",
            "replay 需要 `nth`：重放第几个分组",
        ));
    }
    Ok(())
}

fn limits(scenario: &Scenario, path: &Path) -> Result<(), Flaw> {
    let limits = &scenario.limits;
    within(Some(limits.time), ms(1)..=Span(Duration::from_secs(365 * 86_400)), path.key("time"))?;
    within(Some(limits.events), 1..=100_000_000, path.key("events"))?;
    within(Some(limits.bytes.0), 1..=1 << 40, path.key("bytes"))?;
    within(Some(limits.steps), 1..=1_000_000_000, path.key("steps"))
}
