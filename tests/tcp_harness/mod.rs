//! Two connections and a wire between them, for the tests: time jumps to the next wake-up.
#![allow(dead_code, clippy::unwrap_used)] // each test crate uses its part of it

use framewire::packet::{Ecn, IpHeader, TcpHeader, checksum};
use framewire::probe::{Context, Probe, Silent, Timer, TimerChange, Var};
use framewire::rng::Rng;
use framewire::rule::Rule;
use framewire::tcp::{Config, Connection, Event, Flow, RecvError, SendError, Shutdown, State};
use framewire::time::{Duration, Instant};
use std::collections::BTreeMap;

pub const CLIENT: &str = "10.0.0.1:40000";
pub const SERVER: &str = "10.0.0.2:80";

/// Milliseconds.
pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Seconds.
pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn flow() -> Flow {
    Flow { local: CLIENT.parse().unwrap(), remote: SERVER.parse().unwrap() }
}

/// Remembers everything it hears.
#[derive(Clone, Debug, Default)]
pub struct Listening {
    pub rules: Vec<Rule>,
    pub changes: Vec<(Rule, Var, i64, i64)>,
    pub timers: Vec<(Rule, Timer, TimerChange)>,
    /// Hears, and forgets at once.
    pub forgetful: bool,
}

impl Probe for Listening {
    fn rule(&mut self, rule: Rule) {
        if !self.forgetful {
            self.rules.push(rule);
        }
    }
    fn change(&mut self, rule: Rule, var: Var, old: i64, new: i64) {
        if !self.forgetful {
            self.changes.push((rule, var, old, new));
        }
    }
    fn timer(&mut self, rule: Rule, timer: Timer, change: TimerChange) {
        if !self.forgetful {
            self.timers.push((rule, timer, change));
        }
    }
}

/// What the wire does to packets.
#[derive(Clone, Debug)]
pub struct Wire {
    pub delay: Duration,
    /// Up to this much is added at random: packets overtake each other.
    pub jitter: Duration,
    pub loss: f64,
    pub duplication: f64,
    /// Octets a second; 0: as fast as they come.
    pub rate: u64,
    /// Octets that wait for their turn at most, where there is a rate.
    pub queue: u64,
    /// Packets from this octet count on in the queue are marked CE where they may.
    pub mark_above: Option<u64>,
    pub mtu: usize,
}

impl Wire {
    pub fn perfect(delay: Duration) -> Self {
        Wire {
            delay,
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            rate: 0,
            queue: u64::MAX,
            mark_above: None,
            mtu: usize::MAX,
        }
    }
}

/// One packet that was sent, as the log keeps it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: Instant,
    pub from: usize,
    pub header: TcpHeader,
    pub payload: Vec<u8>,
    pub rule: Rule,
    pub retransmission: bool,
    pub ecn: Ecn,
}

/// Decides about one packet: false drops it.
type Filter = Box<dyn FnMut(&Sent) -> bool>;

/// Client (0) and server (1).
pub struct Pair {
    pub now: Instant,
    pub ends: [Connection; 2],
    pub probes: [Listening; 2],
    pub wire: Wire,
    pub log: Vec<Sent>,
    pub filter: Option<Filter>,
    pub events: [Vec<Event>; 2],
    in_flight: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    serial: u64,
    rng: Rng,
    free_at: [Instant; 2],
    keep_log: bool,
}

impl Pair {
    /// A client about to send its SYN and a server in LISTEN.
    pub fn new(client: Config, server: Config, wire: Wire, seed: u64) -> Pair {
        let flow = flow();
        let mut probes = [Listening::default(), Listening::default()];
        let [a, b] = &mut probes;
        let now = Instant::START;
        let ends = [
            Connection::open_active(&mut Context::new(now, a), client, flow).unwrap(),
            Connection::open_passive(&mut Context::new(now, b), server, flow.remote).unwrap(),
        ];
        Pair {
            now,
            ends,
            probes,
            wire,
            log: Vec::new(),
            filter: None,
            events: [Vec::new(), Vec::new()],
            in_flight: BTreeMap::new(),
            serial: 0,
            rng: Rng::new(seed),
            free_at: [Instant::START; 2],
            keep_log: true,
        }
    }

    /// Both presets of one kind, established over a perfect wire with `delay` one way.
    pub fn established(config: Config, delay: Duration) -> Pair {
        Pair::established_between(config.clone(), config, delay)
    }

    pub fn established_between(client: Config, server: Config, delay: Duration) -> Pair {
        let mut pair = Pair::new(client, server, Wire::perfect(delay), 1);
        pair.run_for(delay * 4);
        assert_eq!(pair.states(), (State::Established, State::Established));
        pair.forget();
        pair
    }

    /// No log, for long runs.
    pub fn unlogged(mut self) -> Pair {
        self.keep_log = false;
        self.probes.iter_mut().for_each(|probe| probe.forgetful = true);
        self
    }

    /// Forgets log, notes and events so far.
    pub fn forget(&mut self) {
        self.log.clear();
        self.probes = Default::default();
        self.drain();
        self.events = Default::default();
    }

    pub fn states(&self) -> (State, State) {
        (self.ends[0].state(), self.ends[1].state())
    }

    /// Calls `f` on one end now, then puts what it wants to send on the wire.
    pub fn call<T>(
        &mut self,
        who: usize,
        f: impl FnOnce(&mut Connection, &mut Context<'_, Listening>) -> T,
    ) -> T {
        let result = f(&mut self.ends[who], &mut Context::new(self.now, &mut self.probes[who]));
        self.flush(who);
        result
    }

    pub fn send(&mut self, who: usize, data: &[u8]) -> Result<usize, SendError> {
        self.call(who, |conn, cx| conn.send(cx, data))
    }

    pub fn recv(&mut self, who: usize, max: usize) -> Result<Vec<u8>, RecvError> {
        let mut out = vec![0; max];
        let n = self.call(who, |conn, cx| conn.recv(cx, &mut out))?;
        out.truncate(n);
        Ok(out)
    }

    pub fn close(&mut self, who: usize) {
        self.call(who, |conn, cx| conn.close(cx)).unwrap();
    }

    pub fn shut_write(&mut self, who: usize) {
        self.call(who, |conn, cx| conn.shutdown(cx, Shutdown::Write)).unwrap();
    }

    pub fn drain(&mut self) {
        for who in 0..2 {
            while let Some(event) = self.ends[who].poll_event() {
                self.events[who].push(event);
            }
        }
    }

    /// Whether end `who` has raised `event` since the last [`Pair::forget`].
    pub fn heard(&mut self, who: usize, event: Event) -> bool {
        self.drain();
        self.events[who].contains(&event)
    }

    /// Puts what end `who` wants to send on the wire.
    pub fn flush(&mut self, who: usize) {
        let mut packet = Vec::new();
        let mut guard = 0;
        while let Some(segment) = {
            let mut cx = Context::new(self.now, &mut self.probes[who]);
            self.ends[who].poll_transmit(&mut cx)
        } {
            guard += 1;
            assert!(guard < 100_000, "end {who} sends without end: {segment:?}");
            self.check(who);
            let conn = &self.ends[who];
            let sent = Sent {
                at: self.now,
                from: who,
                header: segment.header,
                payload: conn.payload(&segment).concat(),
                rule: segment.rule,
                retransmission: segment.retransmission,
                ecn: segment.ecn,
            };
            packet.clear();
            conn.emit(&segment, 0, &mut packet);
            assert_eq!(sent.payload.len(), (segment.data.end - segment.data.start) as usize + segment.filler);
            let passes = self.filter.as_mut().is_none_or(|filter| filter(&sent));
            if self.keep_log {
                self.log.push(sent);
            }
            if passes {
                self.put(who, &packet);
            }
        }
    }

    fn put(&mut self, from: usize, packet: &[u8]) {
        let len = packet.len() as u64;
        if packet.len() > self.wire.mtu || self.rng.chance(self.wire.loss) {
            return;
        }
        let mut packet = packet.to_vec();
        let mut at = self.now;
        if self.wire.rate > 0 {
            let waiting = self.free_at[from].since(self.now).as_nanos() * self.wire.rate / 1_000_000_000;
            if waiting + len > self.wire.queue {
                return;
            }
            if self.wire.mark_above.is_some_and(|limit| waiting > limit) && packet[1] & 3 != 0 {
                packet[1] |= 3;
            }
            at =
                self.free_at[from].max(self.now) + Duration::from_nanos(len * 1_000_000_000 / self.wire.rate);
            self.free_at[from] = at;
        }
        for _ in 0..=u32::from(self.rng.chance(self.wire.duplication)) {
            let jitter = Duration::from_nanos(self.rng.below(self.wire.jitter.as_nanos()));
            self.serial += 1;
            self.in_flight.insert((at + self.wire.delay + jitter, self.serial), (1 - from, packet.clone()));
        }
    }

    /// Hands a segment of a test's own to end `who`, as if the other had sent it.
    pub fn inject(&mut self, who: usize, header: TcpHeader, payload: &[u8]) {
        self.inject_marked(who, header, payload, Ecn::NotEct);
    }

    pub fn inject_marked(&mut self, who: usize, header: TcpHeader, payload: &[u8], ecn: Ecn) {
        let from = if who == 0 { flow().remote.ip() } else { flow().local.ip() };
        self.call(who, |conn, cx| conn.handle_first_segment(cx, from, &header, payload, ecn));
        self.check(who);
    }

    /// When something happens next.
    pub fn next_wakeup(&self) -> Option<Instant> {
        let wire = self.in_flight.keys().next().map(|&(at, _)| at);
        [wire, self.ends[0].poll_timeout(), self.ends[1].poll_timeout()].into_iter().flatten().min()
    }

    /// Jumps to what happens next and lets it happen; false when nothing will ever.
    pub fn step(&mut self) -> bool {
        self.flush(0);
        let Some(at) = self.next_wakeup() else { return false };
        assert!(at >= self.now || self.next_timeout_is_late(at), "time runs backwards");
        self.now = self.now.max(at);
        while let Some(entry) = self.in_flight.first_entry()
            && entry.key().0 <= self.now
        {
            let (who, packet) = entry.remove();
            let (ip, segment) = IpHeader::parse(&packet).unwrap();
            assert!(checksum::transport_is_right(ip.src, ip.dst, ip.protocol, segment));
            let (header, payload) = TcpHeader::parse(segment).unwrap();
            self.call(who, |conn, cx| conn.handle_first_segment(cx, ip.src, &header, payload, ip.ecn));
            self.check(who);
        }
        for who in 0..2 {
            if self.ends[who].poll_timeout().is_some_and(|at| at <= self.now) {
                self.call(who, |conn, cx| conn.handle_timeout(cx));
                self.check(who);
            }
        }
        true
    }

    fn next_timeout_is_late(&self, at: Instant) -> bool {
        // A timer may be set in the past by a call that was made between two steps.
        self.ends.iter().any(|end| end.poll_timeout() == Some(at))
    }

    /// Runs until `end`, or until nothing happens any more.
    pub fn run_until(&mut self, end: Instant) {
        self.flush(0);
        let mut steps = 0_u64;
        while self.next_wakeup().is_some_and(|at| at <= end) {
            self.step();
            steps += 1;
            assert!(steps < 20_000_000, "no end");
        }
        self.now = self.now.max(end);
    }

    pub fn run_for(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    /// Runs until nothing is under way or timed, at most to `end`.
    pub fn run_out(&mut self, end: Instant) {
        self.flush(0);
        while self.next_wakeup().is_some_and(|at| at <= end) {
            self.step();
        }
    }

    fn check(&self, who: usize) {
        if let Err(what) = self.ends[who].check_invariants() {
            panic!("end {who} at {:?}: {what}\n{:#?}", self.now, self.ends[who]);
        }
    }

    /// What end `who` has sent.
    pub fn sent_by(&self, who: usize) -> Vec<&Sent> {
        self.log.iter().filter(|sent| sent.from == who).collect()
    }

    /// The log as a table: time in ms, sender, flags, relative numbers, length.
    pub fn table(&self) -> String {
        let base = [self.ends[0].vars(), self.ends[1].vars()];
        let isn = |who: usize| base[who].get(Var::Iss).unwrap_or(0) as u32;
        let mut text = String::new();
        for s in &self.log {
            let (own, other) = (isn(s.from), isn(1 - s.from));
            text += &format!(
                "{:8} {} [{}] seq {} ack {} len {} win {}{}\n",
                s.at.as_nanos() / 1_000_000,
                ["->", "<-"][s.from],
                s.header.flags,
                s.header.seq.0.wrapping_sub(own),
                if s.header.flags.ack() { s.header.ack.0.wrapping_sub(other) } else { 0 },
                s.payload.len(),
                s.header.window,
                if s.retransmission { " again" } else { "" },
            );
        }
        text
    }
}

/// The flags of what was sent, in the order of the wire: `"SYN", "SYN, ACK", …`.
pub fn flags(log: &[Sent]) -> Vec<(usize, String)> {
    log.iter().map(|sent| (sent.from, sent.header.flags.to_string())).collect()
}

/// A probe that hears nothing, as a context at `now`.
pub fn silent_at(now: Instant) -> Context<'static, Silent> {
    Context::new(now, Box::leak(Box::new(Silent)))
}
