//! Runs a scenario and keeps what happened in a form that a test can ask.

#![allow(dead_code, reason = "each test file asks for some of it")]

use std::collections::BTreeMap;

use framewire::packet::{IpHeader, Protocol, TcpFlags, TcpHeader, UdpHeader};
use framewire::probe::{TimerChange, Var};
use framewire::sim::{BUILTINS, Scenario, Simulation, Stop, set};
use framewire::tcp::State;
use framewire::trace::{Data, EventId, Op, Outcome, Record, Sink, What};

/// A packet and its fate.
#[derive(Clone, Debug)]
pub struct Packet {
    pub sent: f64,
    pub from: String,
    /// `SYN`, `SYN ACK`, `ACK`, `PSH ACK`, `FIN ACK`, `RST`, …; `UDP`, `ICMP`, `fragment`.
    pub kind: String,
    pub seq: u32,
    pub ack: u32,
    pub window: u32,
    pub payload: Vec<u8>,
    pub len: u32,
    pub retransmission: bool,
    pub arrived: Option<f64>,
    pub dropped: Option<String>,
    pub sacks: usize,
}

/// A call.
#[derive(Clone, Debug)]
pub struct CallSeen {
    pub begun: f64,
    pub returned: Option<f64>,
    pub host: String,
    pub thread: u32,
    pub op: Op,
    pub inner: bool,
    pub line: Option<u32>,
    pub sent: u64,
    /// `11`, `ECONNREFUSED`, an error's text; empty while it is open.
    pub outcome: String,
    pub data: Vec<u8>,
    pub truncated: u32,
}

/// What happened in a run, in milliseconds.
#[derive(Default)]
pub struct Story {
    events: u32,
    pub hosts: Vec<String>,
    pub sockets: BTreeMap<u32, String>,
    pub packets: BTreeMap<u32, Packet>,
    pub calls: BTreeMap<u32, CallSeen>,
    /// (when, socket, host, state)
    pub states: Vec<(f64, u32, String, String)>,
    pub notes: Vec<String>,
    pub frames: Vec<(u64, u64, Option<String>)>,
    pub timers: Vec<(f64, String, String)>,
    pub changes: Vec<(f64, u32, Var, i64)>,
    pub rules: Vec<String>,
    pub lines: Vec<String>,
    pub stop: Option<Stop>,
    pub end: f64,
}

fn ms(time: framewire::time::Instant) -> f64 {
    time.as_nanos() as f64 / 1e6
}

impl Sink for Story {
    fn record(&mut self, record: Record<'_>) -> EventId {
        let now = ms(record.time);
        self.end = now;
        let mut line = String::new();
        match record.what {
            What::Host { name, .. } => self.hosts.push(name.to_owned()),
            What::Socket { socket, host, .. } => {
                self.sockets.insert(socket.0, self.hosts[host.0 as usize].clone());
            }
            What::CallBegun { call, host, thread, op, line: at, parent, args, .. } => {
                line = format!("{} begins {op} {:?}", self.hosts[host.0 as usize], args.data.len());
                let seen = CallSeen {
                    begun: now,
                    returned: None,
                    host: self.hosts[host.0 as usize].clone(),
                    thread: thread.0,
                    op,
                    inner: parent.is_some(),
                    line: at,
                    sent: args.data.len(),
                    outcome: String::new(),
                    data: Vec::new(),
                    truncated: 0,
                };
                self.calls.insert(call.0, seen);
            }
            What::CallReturned { call, outcome, data, truncated, .. } => {
                let call = self.calls.get_mut(&call.0).expect("it has begun");
                call.returned = Some(now);
                call.outcome = match outcome {
                    Outcome::Value(n) => n.to_string(),
                    Outcome::Errno(errno) => errno.to_string(),
                    Outcome::Failed(text) => text.to_owned(),
                };
                call.truncated = truncated;
                if let Data::Bytes(bytes) = data {
                    call.data = bytes.to_vec();
                }
                line = format!(
                    "{} {} returns {} {:?}",
                    call.host,
                    call.op,
                    call.outcome,
                    String::from_utf8_lossy(&call.data[..call.data.len().min(40)])
                );
            }
            What::PacketSent { packet, host, bytes, len, retransmission, .. } => {
                let from = self.hosts[host.0 as usize].clone();
                let seen = look(bytes, from, now, len, retransmission);
                line = format!(
                    "{} #{} sends {} seq {} ack {} win {} len {}{}",
                    seen.from,
                    packet.0,
                    seen.kind,
                    seen.seq,
                    seen.ack,
                    seen.window,
                    seen.payload.len(),
                    if retransmission { " again" } else { "" }
                );
                self.packets.insert(packet.0, seen);
            }
            What::PacketDuplicated { packet, copy } => {
                let mut seen = self.packets[&packet.0].clone();
                (seen.arrived, seen.dropped) = (None, None);
                line = format!("#{} copied as #{}", packet.0, copy.0);
                self.packets.insert(copy.0, seen);
            }
            What::PacketDropped { packet, why } => {
                line = format!("#{} lost: {why}", packet.0);
                self.packets.get_mut(&packet.0).expect("it was sent").dropped = Some(why.to_string());
            }
            What::PacketArrived { packet, .. } => {
                line = format!("#{} arrives", packet.0);
                self.packets.get_mut(&packet.0).expect("it was sent").arrived = Some(now);
            }
            What::PacketIgnored { packet, .. } => line = format!("#{} ignored", packet.0),
            What::VarChange { socket, var: Var::State, new, .. } => {
                let state = State::ALL[new as usize].label().to_owned();
                let host = self.sockets.get(&socket.0).cloned().unwrap_or_default();
                line = format!("{host} socket {} {state}", socket.0);
                self.states.push((now, socket.0, host, state));
            }
            What::VarChange { socket, var, new, .. } => self.changes.push((now, socket.0, var, new)),
            What::Timer { socket, timer, change: TimerChange::Fired, .. } => {
                line = format!("socket {} {timer:?} fires", socket.0);
                let host = self.sockets.get(&socket.0).cloned().unwrap_or_default();
                self.timers.push((now, host, format!("{timer:?}")));
            }
            What::RuleFired { rule, .. } => self.rules.push(rule.info().name.to_owned()),
            What::FrameDecoded { start, end, error, .. } => {
                line = format!("frame {start}..{end} {error:?}");
                self.frames.push((start, end, error.map(str::to_owned)));
            }
            What::Note { text } => {
                line = format!("note: {text}");
                self.notes.push(text.to_owned());
            }
            _ => {}
        }
        if !line.is_empty() {
            self.lines.push(format!("{now:11.3} {line}"));
        }
        self.events += 1;
        EventId(self.events - 1)
    }

    fn next_event(&self) -> EventId {
        EventId(self.events)
    }
}

fn look(bytes: &[u8], from: String, sent: f64, len: u32, retransmission: bool) -> Packet {
    let (ip, body, _) = IpHeader::parse_cut(bytes).expect("a packet");
    let mut packet = Packet {
        sent,
        from,
        kind: "other".into(),
        seq: 0,
        ack: 0,
        window: 0,
        payload: body.to_vec(),
        len,
        retransmission,
        arrived: None,
        dropped: None,
        sacks: 0,
    };
    if ip.fragment.is_some() {
        packet.kind = "fragment".into();
    } else if ip.protocol == Protocol::TCP {
        let (tcp, payload) = TcpHeader::parse(body).expect("a segment");
        let names = [
            (TcpFlags::SYN, "SYN"),
            (TcpFlags::FIN, "FIN"),
            (TcpFlags::RST, "RST"),
            (TcpFlags::PSH, "PSH"),
            (TcpFlags::ACK, "ACK"),
        ];
        let flags: Vec<&str> =
            names.iter().filter(|(flag, _)| tcp.flags.contains(*flag)).map(|(_, n)| *n).collect();
        packet.kind = flags.join(" ");
        (packet.seq, packet.ack, packet.window) = (tcp.seq.0, tcp.ack.0, u32::from(tcp.window));
        packet.sacks = tcp.options.sack.as_slice().len();
        packet.payload = payload.to_vec();
    } else if ip.protocol == Protocol::UDP {
        packet.kind = "UDP".into();
        packet.payload = UdpHeader::parse(body).expect("a datagram").1.to_vec();
    } else if ip.protocol == Protocol::ICMP {
        packet.kind = "ICMP".into();
    }
    packet
}

/// Runs a built-in scenario to its end.
pub fn run(name: &str) -> Story {
    run_with(name, &[])
}

/// Runs a built-in scenario with changes (`tcp.nagle`, `false`).
pub fn run_with(name: &str, changes: &[(&str, &str)]) -> Story {
    let builtin = BUILTINS.iter().find(|builtin| builtin.name == name).expect("it is built in");
    let mut scenario = Scenario::from_json(builtin.json).expect("it is right");
    for (key, value) in changes {
        scenario = set(&scenario, key, value).expect("the change is right");
    }
    run_scenario(&scenario)
}

/// Runs a scenario to its end.
pub fn run_scenario(scenario: &Scenario) -> Story {
    let mut story = Story::default();
    let mut simulation = Simulation::new(scenario, &mut story).expect("it is right");
    story.stop = Some(simulation.run(&mut story));
    if std::env::var_os("STORY").is_some() {
        for line in &story.lines {
            println!("{line}");
        }
    }
    story
}

impl Story {
    /// The calls that a host made, inner ones of frames too, as `op outcome`.
    pub fn calls_of(&self, host: &str) -> Vec<String> {
        self.calls.values().filter(|c| c.host == host).map(|c| format!("{} {}", c.op, c.outcome)).collect()
    }

    /// The calls of one kind that a host made.
    pub fn calls_by(&self, host: &str, op: Op) -> Vec<&CallSeen> {
        self.calls.values().filter(|c| c.host == host && c.op == op).collect()
    }

    /// What the receiving calls of a host returned, as text.
    pub fn received(&self, host: &str) -> Vec<String> {
        self.calls
            .values()
            .filter(|c| c.host == host && matches!(c.op, Op::Recv | Op::RecvFrom) && c.returned.is_some())
            .map(|c| String::from_utf8_lossy(&c.data).into_owned())
            .collect()
    }

    /// The kinds of packets that a host sent, in order; a lost one has a `!`, one sent again a `*`.
    pub fn packets_of(&self, host: &str) -> Vec<String> {
        self.packets
            .values()
            .filter(|p| p.from == host)
            .map(|p| {
                let again = if p.retransmission { "*" } else { "" };
                let lost = if p.dropped.is_some() { "!" } else { "" };
                format!("{}{again}{lost}", p.kind)
            })
            .collect()
    }

    /// The packets that a host sent.
    pub fn sent_by(&self, host: &str) -> Vec<&Packet> {
        self.packets.values().filter(|p| p.from == host).collect()
    }

    /// The packets with payload that a host sent.
    pub fn data_of(&self, host: &str) -> Vec<&Packet> {
        self.packets.values().filter(|p| p.from == host && !p.payload.is_empty()).collect()
    }

    /// The states that the host's nth socket with a state went through.
    pub fn states_of(&self, host: &str, nth: usize) -> Vec<&str> {
        let mut sockets: Vec<u32> = Vec::new();
        for (_, socket, of, _) in &self.states {
            if of == host && !sockets.contains(socket) {
                sockets.push(*socket);
            }
        }
        let Some(wanted) = sockets.get(nth) else { return Vec::new() };
        self.states
            .iter()
            .filter(|(_, socket, ..)| socket == wanted)
            .map(|(.., state)| state.as_str())
            .collect()
    }

    /// When a host first entered a state.
    pub fn entered(&self, host: &str, state: &str) -> Option<f64> {
        self.states.iter().find(|(_, _, of, to)| of == host && to == state).map(|(at, ..)| *at)
    }
}
