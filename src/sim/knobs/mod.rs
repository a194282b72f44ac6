//! The knobs of a scenario: what can be turned, in which unit, between which bounds, and what it is set to.
//!
//! [`set`](super::set) turns a knob by its path, [`with_break`] switches a rule. The bounds are those that a slider offers: the
//! scenario's reader may allow more.

mod rules;
mod tables;

pub use rules::{RULES, with_break};

use self::tables::{MS, NETWORK, QUEUE, Row, S, TCP, known};
use super::run::tcp_config;
use super::scenario::{Direction, Scenario, Step, TcpSettings, Verb};
use crate::lang::Lang;

/// What a knob is set to, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setting {
    /// Nothing: the default holds. Of a default: it depends on the network or on chance.
    Missing,
    /// Switched on or off.
    On(bool),
    /// A number in the knob's unit.
    Number(f64),
    /// One of the knob's words.
    Word(&'static str),
}

/// Which part of a panel a knob belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The network.
    Network,
    /// What programs do.
    Programs,
    /// Segments, windows and acknowledgments.
    Segments,
    /// Loss recovery and congestion control.
    Recovery,
    /// How connections begin, idle and end.
    Life,
}

impl Group {
    /// Its name in the bindings.
    pub const fn name(self) -> &'static str {
        ["network", "programs", "segments", "recovery", "life"][self as usize]
    }

    /// Its title.
    pub const fn title(self, lang: Lang) -> &'static str {
        const EN: [&str; 5] =
            ["Network", "Programs", "Segments and windows", "Loss and congestion", "Opening and closing"];
        const ZH: [&str; 5] = ["网络", "程序", "报文段与窗口", "重传与拥塞控制", "连接的建立与释放"];
        match lang {
            Lang::En => EN[self as usize],
            Lang::Zh => ZH[self as usize],
        }
    }
}

/// What a knob takes. Bounds are inclusive, in the unit that is named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// On or off.
    Switch,
    /// A plain number.
    Count(f64, f64),
    /// Octets.
    Octets(f64, f64),
    /// Nanoseconds.
    Time(f64, f64),
    /// Nanoseconds, or the word `off`.
    TimeOrOff(f64, f64),
    /// Bits a second.
    Rate(f64, f64),
    /// A probability from 0 to 1.
    Share(f64, f64),
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Kind {
    /// Its unit in the bindings: `switch`, `count`, `octets`, `ns`, `bit/s`, `share`, `choice`.
    pub const fn unit(self) -> &'static str {
        match self {
            Kind::Switch => "switch",
            Kind::Count(..) => "count",
            Kind::Octets(..) => "octets",
            Kind::Time(..) | Kind::TimeOrOff(..) => "ns",
            Kind::Rate(..) => "bit/s",
            Kind::Share(..) => "share",
            Kind::Choice(_) => "choice",
        }
    }

    /// The least and the greatest number, where it takes numbers.
    pub const fn range(self) -> Option<(f64, f64)> {
        match self {
            Kind::Switch | Kind::Choice(_) => None,
            Kind::Count(low, high)
            | Kind::Octets(low, high)
            | Kind::Time(low, high)
            | Kind::TimeOrOff(low, high)
            | Kind::Rate(low, high)
            | Kind::Share(low, high) => Some((low, high)),
        }
    }

    /// The words that it takes.
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Kind::Choice(words) => words,
            Kind::TimeOrOff(..) => &["off"],
            _ => &[],
        }
    }
}

/// A value in a knob's unit as [`set`](super::set) reads it: `20000000` nanoseconds are `20000000ns`.
pub fn as_text(kind: Kind, number: f64) -> String {
    match kind.unit() {
        "ns" => format!("{}ns", number.round()),
        "share" => number.to_string(),
        _ => number.round().to_string(),
    }
}

/// One knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// Its path, for [`set`](super::set).
    pub path: String,
    /// What it is of: empty for the whole scenario, else a host, `client → server`, or a program's line.
    pub of: String,
    /// Where it belongs.
    pub group: Group,
    /// What it takes.
    pub kind: Kind,
    /// Its name in English and in Chinese.
    pub name: (&'static str, &'static str),
    /// What it is set to.
    pub value: Setting,
    /// What holds while it is not set.
    pub default: Setting,
    /// The scenario wants it offered first.
    pub first: bool,
}

/// The knobs of a scenario: those of the whole network and of every TCP, those that a host or a direction sets for itself,
/// and the times that programs wait.
///
/// ```
/// use framewire::sim::{builtin, knobs};
///
/// let all = knobs(&builtin("sticky-packets").expect("it is built in"));
/// assert!(all.iter().any(|knob| knob.path == "tcp.nagle"));
/// ```
pub fn knobs(scenario: &Scenario) -> Vec<Knob> {
    let mut list = List { knobs: Vec::new(), scenario };
    let net = &scenario.network;
    let whole = Direction {
        from: None,
        to: None,
        latency: net.latency,
        jitter: net.jitter,
        jitter_reorders: net.jitter_reorders,
        rate: net.rate,
        queue: None,
        loss: net.loss,
        loss_burst: net.loss_burst,
        duplicate: net.duplicate,
        reorder: net.reorder,
        reorder_by: net.reorder_by,
        corrupt: net.corrupt,
        mtu: net.mtu,
    };
    let latency = net.latency.map_or(20.0 * MS, |latency| latency.0.as_nanos() as f64);
    list.add(NETWORK, "network", "", &whole, &latency, false);
    // Other defaults follow the latency that holds; its own is that of a scenario that names none.
    for knob in list.knobs.iter_mut().filter(|knob| knob.path == "network.latency") {
        knob.default = Setting::Number(20.0 * MS);
    }
    if net.rate.is_some() {
        // Without a rate nothing ever waits, and the reader refuses a queue.
        list.add(QUEUE, "network.queue", "", &net.queue.clone().unwrap_or_default(), &(), false);
    }
    if let Some(narrow) = &net.bottleneck {
        let narrow = Direction {
            latency: narrow.latency,
            rate: narrow.rate,
            loss: narrow.loss,
            mtu: narrow.mtu,
            ..Direction::default()
        };
        list.add(NETWORK, "network.bottleneck", "router1 — router2", &narrow, &0.0, true);
    }
    for (i, direction) in net.directions.iter().enumerate() {
        let name = |end: &Option<String>| end.clone().unwrap_or_else(|| "*".to_owned());
        let of = format!("{} → {}", name(&direction.from), name(&direction.to));
        list.add(NETWORK, &format!("network.directions[{i}]"), &of, direction, &latency, true);
    }
    let preset = TcpSettings { preset: scenario.tcp.preset, ..TcpSettings::default() };
    list.add(TCP, "tcp", "", &scenario.tcp, &tcp_config(&preset, scenario.seed, ""), false);
    for host in &scenario.hosts {
        let base = TcpSettings { preset: host.tcp.preset.or(scenario.tcp.preset), ..scenario.tcp.clone() };
        let base = tcp_config(&base, scenario.seed, &host.name);
        list.add(TCP, &format!("hosts.{}.tcp", host.name), &host.name, &host.tcp, &base, true);
        for (p, program) in host.programs.iter().enumerate() {
            let path = format!("hosts.{}.programs[{p}].steps", host.name);
            list.steps(&program.steps, &path, &host.name);
        }
    }
    list.knobs
}

struct List<'a> {
    knobs: Vec<Knob>,
    scenario: &'a Scenario,
}

impl List<'_> {
    fn add<T, D>(&mut self, rows: &[Row<T, D>], path: &str, of: &str, now: &T, base: &D, only_set: bool) {
        for &(field, group, kind, name, value, default) in rows {
            let path = format!("{path}.{field}");
            let value = value(now);
            let first = self.first(&path);
            if only_set && value == Setting::Missing && !first {
                continue;
            }
            let (of, default) = (of.to_owned(), default(base));
            self.knobs.push(Knob { path, of, group, kind, name, value, default, first });
        }
    }

    fn first(&self, path: &str) -> bool {
        self.scenario.show.knobs.iter().any(|wanted| wanted == path)
    }

    /// How long programs sleep, and how much they ask for at once.
    fn steps(&mut self, steps: &[Step], path: &str, host: &str) {
        for (i, step) in steps.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let (field, kind, name, value) = match step.verb {
                Verb::Sleep => ("time", Kind::Time(0.0, 10.0 * S), ("sleep", "休眠"), known(&step.time)),
                Verb::Recv | Verb::Recvfrom => {
                    ("n", Kind::Octets(1.0, 65_536.0), ("octets asked for", "单次最多接收"), known(&step.n))
                }
                _ => {
                    self.steps(step.body.as_deref().unwrap_or_default(), &format!("{path}.body"), host);
                    continue;
                }
            };
            let path = format!("{path}.{field}");
            self.knobs.push(Knob {
                first: self.first(&path),
                path,
                of: host.to_owned(),
                group: Group::Programs,
                kind,
                name,
                value,
                default: Setting::Missing,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{BUILTINS, builtin, set};

    #[test]
    fn every_knob_of_every_builtin_turns() {
        for known in BUILTINS {
            let scenario = builtin(known.name).unwrap();
            for knob in knobs(&scenario) {
                let text = match (knob.kind, knob.value, knob.default) {
                    (Kind::Switch, ..) => "true".to_owned(),
                    (Kind::Choice(words), ..) => words[0].to_owned(),
                    (kind, Setting::Number(n), _) | (kind, _, Setting::Number(n)) => as_text(kind, n),
                    (kind, ..) => as_text(kind, kind.range().unwrap().1),
                };
                let changed = set(&scenario, &knob.path, &text)
                    .unwrap_or_else(|error| panic!("{}: {}: {error}", known.name, knob.path));
                let again = knobs(&changed).into_iter().find(|other| other.path == knob.path).unwrap();
                if matches!(knob.value, Setting::Number(_)) {
                    assert_eq!(again, knob, "{}", known.name);
                } else {
                    assert_ne!(again.value, Setting::Missing, "{}: {}", known.name, knob.path);
                }
                // A value that stands in the scenario lies within what a slider offers.
                if let (Setting::Number(n), Some((low, high))) = (knob.value, knob.kind.range()) {
                    assert!((low..=high).contains(&n), "{}: {} is {n}", known.name, knob.path);
                }
            }
        }
    }

    #[test]
    fn what_the_scenario_wants_shown_is_a_knob_or_a_rule() {
        for known in BUILTINS {
            let scenario = builtin(known.name).unwrap();
            let all = knobs(&scenario);
            for path in &scenario.show.knobs {
                let there = all.iter().any(|knob| knob.path == *path && knob.first);
                assert!(there || path.ends_with("tcp.break"), "{}: {path}", known.name);
            }
        }
    }

    #[test]
    fn defaults_are_those_of_the_preset_and_then_of_the_scenario() {
        let find = |scenario: &Scenario, path: &str| {
            knobs(scenario).into_iter().find(|knob| knob.path == path).map(|knob| knob.default)
        };
        let plain = builtin("hello-tcp").unwrap();
        assert_eq!(find(&plain, "tcp.sack"), Some(Setting::On(false)));
        let linux = set(&plain, "tcp.preset", "linux").unwrap();
        assert_eq!(find(&linux, "tcp.sack"), Some(Setting::On(true)));
        assert_eq!(find(&linux, "tcp.delayed_ack"), Some(Setting::Number(40e6)));
        let host = set(&set(&linux, "tcp.sack", "false").unwrap(), "hosts.client.tcp.sack", "true").unwrap();
        assert_eq!(find(&host, "hosts.client.tcp.sack"), Some(Setting::On(false)));
        assert_eq!(find(&host, "hosts.server.tcp.sack"), None, "it sets none");
    }
}
