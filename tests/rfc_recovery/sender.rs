//! A sender with endless data, segments of 1000 octets and a round trip of 100 ms, driven by hand.

use framewire::probe::{Context, Probe, Timer, TimerChange, Var};
use framewire::rule::Rule;
use framewire::seq::SeqNumber;
use framewire::tcp::congestion::{CongestionAlgorithm, CongestionConfig, InitialWindow, WindowValidation};
use framewire::tcp::recovery::{Ack, AckOutcome, Established, Next, Recovery, RecoveryConfig};
use framewire::time::{Duration, Instant};

/// SMSS.
pub const SMSS: u32 = 1000;

/// Milliseconds.
pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Hears everything.
#[derive(Debug, Default)]
pub struct Notes {
    pub rules: Vec<Rule>,
    pub changes: Vec<(Rule, Var, i64, i64)>,
}

impl Probe for Notes {
    fn rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }
    fn change(&mut self, rule: Rule, var: Var, old: i64, new: i64) {
        self.changes.push((rule, var, old, new));
    }
    fn timer(&mut self, _: Rule, _: Timer, _: TimerChange) {}
}

/// The sequence number at which segment `n` (from 0) begins: the ISS is 0, the SYN took it.
pub fn seg(n: u32) -> SeqNumber {
    SeqNumber(1 + n * SMSS)
}

/// One transmission: which segment, and whether it was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    New(u32),
    Again(u32),
}

pub use Sent::{Again, New};

pub struct Sender {
    pub r: Recovery,
    pub now: Instant,
    pub notes: Notes,
    /// Whether the application has more to send.
    pub more: bool,
}

/// Reno from `window` segments, nothing optional.
pub fn reno(window: u32) -> RecoveryConfig {
    let mut config = RecoveryConfig::textbook();
    config.congestion.initial_window = InitialWindow::Segments(window);
    config
}

/// RFC 6675 with Reno from `window` segments.
pub fn sack(window: u32) -> RecoveryConfig {
    RecoveryConfig { limited_transmit: true, expunge_at_timeout: false, ..reno(window) }
}

/// RACK-TLP and PRR with Reno from `window` segments.
pub fn rack(window: u32) -> RecoveryConfig {
    let congestion = CongestionConfig {
        algorithm: CongestionAlgorithm::Reno,
        initial_window: InitialWindow::Segments(window),
        hystart: false,
        validation: WindowValidation::Off,
        ..CongestionConfig::linux()
    };
    RecoveryConfig { congestion, ..RecoveryConfig::linux() }
}

impl Sender {
    /// Established at 100 ms, one round trip measured.
    pub fn new(config: RecoveryConfig, sack: bool) -> Sender {
        let mut sender = Sender::opening(config);
        sender.r.on_sent(&mut Context::new(sender.now, &mut sender.notes), SeqNumber(0), 1);
        sender.wait(100);
        sender.establish(sack, false);
        sender
    }

    /// Nothing sent yet.
    pub fn opening(config: RecoveryConfig) -> Sender {
        Sender {
            r: Recovery::new(config, SeqNumber(0)),
            now: Instant::START,
            notes: Notes::default(),
            more: true,
        }
    }

    pub fn establish(&mut self, sack: bool, ecn: bool) {
        let mut cx = Context::new(self.now, &mut self.notes);
        self.r.on_ack(&mut cx, &Ack::new(SeqNumber(1)));
        self.r.on_established(&mut cx, &Established { smss: SMSS, sack, ecn });
    }

    pub fn wait(&mut self, millis: u64) {
        self.now += ms(millis);
    }

    /// Sends what may be sent, in whole segments.
    pub fn send(&mut self) -> Vec<Sent> {
        self.send_at_most(usize::MAX)
    }

    pub fn send_at_most(&mut self, most: usize) -> Vec<Sent> {
        let mut sent = Vec::new();
        while sent.len() < most {
            let mut cx = Context::new(self.now, &mut self.notes);
            let (seq, len) = match self.r.next_segment(&mut cx, self.more) {
                Next::Retransmit { seq, len, .. } => (seq, len),
                Next::New { room } if room >= SMSS => (self.r.scoreboard().nxt(), SMSS),
                _ => break,
            };
            let n = (seq.0 - 1) / SMSS;
            let new = seq == self.r.scoreboard().nxt();
            self.r.on_sent(&mut cx, seq, len);
            sent.push(if new { New(n) } else { Again(n) });
            assert!(sent.len() < 100_000, "sends without end");
        }
        sent
    }

    /// An ACK of everything before segment `n`.
    pub fn ack(&mut self, n: u32) -> AckOutcome {
        self.take(&Ack::new(seg(n)))
    }

    /// An ACK of everything before segment `n` with blocks of whole segments: `(first, one after the last)`.
    pub fn sack(&mut self, n: u32, blocks: &[(u32, u32)]) -> AckOutcome {
        let blocks: Vec<_> = blocks.iter().map(|&(l, r)| (seg(l), seg(r))).collect();
        self.take(&Ack { sack: &blocks, ..Ack::new(seg(n)) })
    }

    pub fn take(&mut self, ack: &Ack<'_>) -> AckOutcome {
        self.r.on_ack(&mut Context::new(self.now, &mut self.notes), ack)
    }

    /// Jumps to the next timer and lets it fire.
    pub fn fire(&mut self) -> Timer {
        let (_, at) = self.r.deadline().expect("a timer runs");
        self.now = self.now.max(at);
        self.r.on_timeout(&mut Context::new(self.now, &mut self.notes)).expect("it is due")
    }

    pub fn cwnd(&self) -> u32 {
        self.r.congestion().cwnd()
    }

    pub fn ssthresh(&self) -> Option<u32> {
        self.r.congestion().ssthresh()
    }

    pub fn pipe(&self) -> u32 {
        self.r.scoreboard().pipe()
    }

    pub fn rto(&self) -> Duration {
        self.r.rtt().rto()
    }

    pub fn rto_at(&self) -> Option<Instant> {
        self.r.timer(Timer::Retransmission)
    }

    pub fn heard(&self, rule: Rule) -> bool {
        self.notes.rules.contains(&rule) || self.notes.changes.iter().any(|change| change.0 == rule)
    }

    /// Grows the window by one round trip of ACKs, each for one segment.
    pub fn round(&mut self, first: u32, end: u32) {
        for n in first..end {
            self.ack(n + 1);
            self.send();
        }
    }
}
