//! Loss recovery of one sender: what is in flight, what is lost, what may be sent next, and when to give up waiting.
//!
//! [`Recovery`] joins the scoreboard, the RTT estimator, congestion control and the recovery algorithms: fast
//! retransmit and fast recovery (RFC 5681, NewReno RFC 6582), limited transmit (RFC 3042), recovery from SACK (RFC
//! 6675), proportional rate reduction (RFC 9937), RACK-TLP (RFC 8985), detection of spurious time-outs (RFC 5682), the
//! answer to ECN (RFC 3168) and the three timers. It owns SND.UNA and SND.NXT in the sense of "acknowledged" and "sent";
//! it knows lengths in sequence space only (SYN and FIN count one), never the data.
//!
//! # How a connection uses it
//!
//! - **Open**: [`Recovery::new`] with the ISS. The SYN (or SYN,ACK) is the first thing sent: `on_sent(cx, iss, 1)`.
//!   When the handshake is complete, and after [`Recovery::on_ack`] has had the ACK of the SYN:
//!   [`Recovery::on_established`] with SMSS and what was negotiated; this opens the initial window.
//! - **On each acceptable ACK** (`SND.UNA =< SEG.ACK =< SND.NXT`, from SYN-SENT on): [`Recovery::on_ack`]. Duplicates
//!   too: it counts them. Older ACKs: not at all.
//! - **To send**: ask [`Recovery::next_segment`] until it says [`Next::Nothing`] or the connection has no more to send:
//!   - [`Next::Retransmit`]: send exactly (or a first part of) these octets again;
//!   - [`Next::New`]: new data may go, up to `room` octets of it. The peer's window, Nagle and silly-window avoidance
//!     are the connection's affair; when they forbid a segment, stop asking.
//! - **On each send** of anything that takes sequence space: [`Recovery::on_sent`], retransmissions too (also those that
//!   the connection decides on itself). Pure ACKs, and window probes that are not recorded as sent: not.
//!   With ECN, the first new data segment takes its CWR flag from [`Recovery::take_cwr`].
//! - **Timers**: after each of these calls, [`Recovery::deadline`] tells the earliest of the three timers and which it
//!   is (or ask [`Recovery::timer`] for each). When it is due: [`Recovery::on_timeout`], then send as above. After a
//!   retransmission time-out [`Recovery::timeouts`] counts how often in a row, for R1 and R2.
//! - **Path MTU** fell: [`Recovery::shrink_segments`].
//!
//! ```
//! use framewire::probe::{Context, Silent};
//! use framewire::seq::SeqNumber;
//! use framewire::tcp::recovery::{Ack, Established, Next, Recovery, RecoveryConfig};
//! use framewire::time::{Duration, Instant};
//!
//! let mut silent = Silent;
//! let mut cx = Context::new(Instant::START, &mut silent);
//! let mut sender = Recovery::new(RecoveryConfig::linux(), SeqNumber(0));
//! sender.on_sent(&mut cx, SeqNumber(0), 1); // SYN
//! cx.now += Duration::from_millis(10);
//! sender.on_ack(&mut cx, &Ack::new(SeqNumber(1)));
//! sender.on_established(&mut cx, &Established { smss: 1000, sack: true, ecn: false });
//! assert_eq!(sender.congestion().cwnd(), 10_000);
//! assert_eq!(sender.next_segment(&mut cx, true), Next::New { room: 10_000 });
//! ```

mod arrivals;
mod config;
mod departures;
mod frto;
mod prr;
mod rack;
mod timeouts;

pub use config::{FastRecovery, RecoveryConfig};
pub use prr::Prr;
pub use rack::Rack;

use crate::probe::{Context, Probe, Var, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::tcp::congestion::{Controller, Reduction};
use crate::tcp::rtt::{RttEstimator, tell};
use crate::tcp::sack::{SackBlock, Scoreboard};
use crate::time::{Duration, Instant};

/// SMSS before the handshake has told it (RFC 9293 section 3.7.1).
const DEFAULT_SMSS: u32 = 536;

/// What the handshake settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Established {
    /// SMSS: the octets of data in a full-sized segment, options deducted.
    pub smss: u32,
    /// Both sides sent SACK-permitted.
    pub sack: bool,
    /// ECN was negotiated.
    pub ecn: bool,
}

/// An arriving acceptable ACK.
#[derive(Clone, Copy, Debug)]
pub struct Ack<'a> {
    /// SEG.ACK.
    pub ack: SeqNumber,
    /// The blocks of its SACK option: left and right edges.
    pub sack: &'a [(SeqNumber, SeqNumber)],
    /// It carries no data, no SYN, no FIN, and its window is the one of the ACK before: it may count as a duplicate
    /// (RFC 5681 section 2, conditions b, c and e).
    pub is_bare: bool,
    /// The round trip by its timestamp option (RFC 7323 section 4.1), if it has one.
    pub echo_rtt: Option<Duration>,
    /// The ECE flag.
    pub ece: bool,
}

impl Ack<'_> {
    /// A bare ACK without options.
    pub const fn new(ack: SeqNumber) -> Self {
        Ack { ack, sack: &[], is_bare: true, echo_rtt: None, ece: false }
    }
}

/// What an ACK did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AckOutcome {
    /// How far SND.UNA advanced, in sequence space.
    pub newly_acked: u32,
    /// Octets newly SACKed.
    pub newly_sacked: u32,
    /// It was a duplicate ACK (RFC 5681 section 2; with SACK, RFC 6675 section 2).
    pub duplicate: bool,
    /// The round trip it measured.
    pub rtt: Option<Duration>,
    /// The receiver told that it had received this twice (RFC 2883).
    pub dsack: Option<SackBlock>,
}

/// What may be sent next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing now.
    Nothing,
    /// New data, up to `room` octets.
    New {
        /// What the congestion window leaves open.
        room: u32,
    },
    /// These octets again, or a first part of them.
    Retransmit {
        /// The first sequence number.
        seq: SeqNumber,
        /// How many, SYN and FIN included; at most SMSS.
        len: u32,
        /// Why.
        rule: Rule,
    },
}

/// Where the sender stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No loss is being repaired.
    Open,
    /// Fast recovery, or recovery from SACK.
    Recovery,
    /// After a time-out.
    Loss,
}

/// A tail loss probe in flight (RFC 8985 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TailProbe {
    /// TLP.end_seq
    end: SeqNumber,
    /// TLP.is_retrans
    is_retransmission: bool,
}

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Recovery {
    config: RecoveryConfig,
    board: Scoreboard,
    rtt: RttEstimator,
    congestion: Controller,
    established: bool,
    sack: bool,
    ecn: bool,
    phase: Phase,
    /// RecoveryPoint (RFC 6675), recover (RFC 6582): SND.NXT when recovery, or the time-out, began.
    recovery_point: SeqNumber,
    /// SND.NXT when the window was last reduced: one reduction a round trip.
    reduced_at: SeqNumber,
    /// When the window was last reduced.
    reduced_when: Instant,
    /// Since when all is acknowledged.
    drained: Option<Instant>,
    dup_acks: u32,
    prr: Option<Prr>,
    rack: Rack,
    /// The first segment in flight shall be sent again, whatever the window says; and why.
    first_due: Option<Rule>,
    /// Octets sent again in this recovery, each counted once, and up to where.
    repaired: (u32, SeqNumber),
    /// A partial ACK came in this recovery (RFC 6582 section 3.2: only the first restarts the timer).
    partial_seen: bool,
    /// RescueRxt (RFC 6675 section 2).
    rescue: Option<SeqNumber>,
    /// What [`Recovery::next_segment`] proposed by NextSeg rule 4.
    rescue_proposed: Option<SackBlock>,
    /// A tail loss probe is to be sent.
    probe_due: bool,
    probe: Option<TailProbe>,
    /// A round trip was measured since the last probe (RFC 8985 section 7.3).
    measured_since_probe: bool,
    /// Whether a time-out may still turn out spurious (RFC 5682).
    frto: frto::Frto,
    cwr_due: bool,
    /// ECE came with a window of one segment: no new data before the timer (RFC 3168 section 6.1.2).
    ecn_hold: bool,
    /// Time-outs of the handshake.
    syn_timeouts: u32,
    timeouts: u32,
    last_sent: Option<Instant>,
    /// The most that was in flight at once, and SND.NXT then: it counts until that is acknowledged.
    peak: (u32, SeqNumber),
    rto_at: Instant,
    probe_at: Instant,
    reordering_at: Instant,
}

impl Recovery {
    /// A sender that has sent nothing; the first octet will be `iss`.
    pub fn new(config: RecoveryConfig, iss: SeqNumber) -> Self {
        Recovery {
            board: Scoreboard::new(iss, config.max_sack_ranges),
            rtt: RttEstimator::new(config.rtt),
            congestion: Controller::new(config.congestion, DEFAULT_SMSS),
            established: false,
            sack: false,
            ecn: false,
            phase: Phase::Open,
            recovery_point: iss,
            reduced_at: iss,
            reduced_when: Instant::START,
            drained: None,
            dup_acks: 0,
            prr: None,
            rack: Rack::new(iss),
            first_due: None,
            repaired: (0, iss),
            partial_seen: false,
            rescue: None,
            rescue_proposed: None,
            probe_due: false,
            probe: None,
            measured_since_probe: true,
            frto: frto::Frto::Off,
            cwr_due: false,
            ecn_hold: false,
            syn_timeouts: 0,
            timeouts: 0,
            last_sent: None,
            peak: (0, iss),
            rto_at: Instant::NEVER,
            probe_at: Instant::NEVER,
            reordering_at: Instant::NEVER,
            config,
        }
    }

    /// The handshake is complete.
    pub fn on_established<P: Probe>(&mut self, cx: &mut Context<'_, P>, with: &Established) {
        self.established = true;
        self.sack = with.sack;
        self.ecn = with.ecn;
        self.phase = Phase::Open;
        if self.syn_timeouts > 0 {
            self.rtt.established_after_syn_timeout(cx);
        }
        self.congestion.set_smss(cx, with.smss, Some(self.syn_timeouts));
    }

    /// SMSS is `smss` from now on; what is in flight still passes.
    pub fn set_smss<P: Probe>(&mut self, cx: &mut Context<'_, P>, smss: u32) {
        self.congestion.set_smss(cx, smss, None);
    }

    /// The path takes segments of `smss` octets only: larger ones in flight were lost, which is no sign of congestion
    /// (RFC 1191 section 6.4). They are sent again as the window lets them, which holds as many segments as before (RFC
    /// 5681 section 3.1: no burst of smaller ones).
    pub fn shrink_segments<P: Probe>(&mut self, cx: &mut Context<'_, P>, smss: u32) {
        let (old, cwnd) = (u64::from(self.smss()), u64::from(self.congestion.cwnd()));
        self.set_smss(cx, smss);
        if self.established && u64::from(smss) < old {
            let cwnd = u32::try_from(cwnd * u64::from(smss) / old).unwrap_or(u32::MAX);
            self.congestion.set_cwnd(cx, Rule::PathMtuReduced, cwnd);
        }
        if self.established && self.board.mark_larger_lost(smss) > 0 {
            self.phase = Phase::Loss;
            self.prr = None;
            self.frto = frto::Frto::Off;
            self.set_recovery_point(cx, Rule::SackNextLost);
        }
    }

    /// The round-trip times.
    pub fn rtt(&self) -> &RttEstimator {
        &self.rtt
    }

    /// The congestion window.
    pub fn congestion(&self) -> &Controller {
        &self.congestion
    }

    /// What is in flight.
    pub fn scoreboard(&self) -> &Scoreboard {
        &self.board
    }

    /// The settings.
    pub fn config(&self) -> &RecoveryConfig {
        &self.config
    }

    /// Where the sender stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Duplicate ACKs in a row.
    pub fn dup_acks(&self) -> u32 {
        self.dup_acks
    }

    /// Retransmission time-outs in a row, without an ACK of new data between them.
    pub fn timeouts(&self) -> u32 {
        self.timeouts
    }

    /// Whether RACK finds the losses.
    pub fn uses_rack(&self) -> bool {
        self.sack && self.config.rack
    }

    /// True once after each reduction of the window with ECN on: the new data segment sent now carries CWR (RFC 3168
    /// section 6.1.2).
    pub fn take_cwr(&mut self) -> bool {
        std::mem::take(&mut self.cwr_due)
    }

    /// What counts as in flight against cwnd.
    #[inline]
    pub fn in_flight(&self) -> u32 {
        match self.phase {
            // RFC 5681: FlightSize, the window being inflated for what left the network
            Phase::Open | Phase::Recovery if !self.sack => self.board.flight(),
            // RFC 3042 with SACK: SACKed segments make room for new ones; without it they do not
            Phase::Open if !self.config.limited_transmit && !self.config.rack => self.board.flight(),
            _ => self.board.pipe(),
        }
    }

    /// How many octets the congestion window leaves open.
    #[inline]
    pub fn room(&self) -> u32 {
        let mut window = self.congestion.cwnd();
        if self.phase == Phase::Open && !self.sack && self.config.limited_transmit {
            // RFC 3042 section 2: cwnd + 2 segments on the first two duplicate ACKs
            window = window.saturating_add(self.dup_acks.min(2) * self.smss());
        }
        window.saturating_sub(self.in_flight())
    }

    /// pipe (RFC 6675 section 4): what is held to be in the network.
    pub fn pipe(&self) -> u32 {
        self.board.pipe()
    }

    /// Gives `see` the other variables that this knows, [`Vars::UNSET`] for one that has no value: cwnd, ssthresh, FlightSize,
    /// DupAcks, RecoveryPoint, SRTT, RTTVAR, RTO.
    #[inline(always)]
    pub fn each_var(&self, mut see: impl FnMut(Var, i64)) {
        let unset = Vars::UNSET;
        see(Var::Cwnd, if self.congestion.is_on() { self.congestion.cwnd().into() } else { unset });
        see(Var::Ssthresh, self.congestion.ssthresh().map_or(unset, i64::from));
        see(Var::FlightSize, self.board.flight().into());
        see(Var::DupAcks, self.dup_acks.into());
        see(Var::RecoveryPoint, if self.phase == Phase::Open { unset } else { self.recovery_point.0.into() });
        see(Var::Srtt, self.rtt.srtt().map_or(unset, tell));
        see(Var::RttVar, self.rtt.rttvar().map_or(unset, tell));
        see(Var::Rto, tell(self.rtt.rto()));
    }

    /// Congestion control and the bounds of the RTO are those of `config` from now on; all else stays as it began.
    pub fn retune<P: Probe>(&mut self, cx: &mut Context<'_, P>, config: &RecoveryConfig) {
        self.congestion.set_algorithm(cx, config.congestion.algorithm);
        self.rtt.set_bounds(cx, config.rtt.floor, config.rtt.max_rto);
    }

    fn smss(&self) -> u32 {
        self.congestion.window().smss
    }

    /// Reduces the window and remembers when, so that one round trip sees one reduction.
    fn reduce<P: Probe>(&mut self, cx: &mut Context<'_, P>, why: Reduction, again: bool) {
        self.congestion.reduce(cx, why, self.board.flight(), again);
        self.reduced_at = self.board.nxt();
        self.reduced_when = cx.now;
        self.cwr_due = self.ecn;
    }

    fn set_dup_acks<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, count: u32) {
        if P::LISTENS && count != self.dup_acks {
            cx.probe.change(rule, Var::DupAcks, self.dup_acks.into(), count.into());
        }
        self.dup_acks = count;
    }

    fn set_recovery_point<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        self.recovery_point = self.board.nxt();
        if P::LISTENS {
            cx.probe.change(rule, Var::RecoveryPoint, Vars::UNSET, self.recovery_point.0.into());
        }
    }
}
