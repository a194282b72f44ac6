//! Congestion control: how much may be in flight. Reno (RFC 5681), CUBIC (RFC 9438) or none, with HyStart++
//! (RFC 9406), the initial window (RFC 6928), validation of an unused window (RFC 7661) and restart after idle time
//! (RFC 5681 section 4.1).
//!
//! [`Controller`] owns `cwnd` and `ssthresh` and is told what happens; [loss recovery](super::recovery) decides when.
//! Everything is in octets.

mod config;
mod cubic;
mod hystart;
mod initial_window;
mod reno;
mod validation;

pub use config::{CongestionAlgorithm, CongestionConfig, WindowValidation};
pub use cubic::{Cubic, cube_root};
pub use hystart::HyStart;
pub use initial_window::InitialWindow;
pub use reno::Reno;
pub use validation::PipeAck;

use crate::probe::{Context, Probe, Var};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::time::{Duration, Instant};

/// No congestion window is greater than this.
pub const MAX_WINDOW: u32 = 1 << 30;

/// An ACK of new data, as congestion control sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckSample {
    /// SEG.ACK.
    pub ack: SeqNumber,
    /// SND.NXT.
    pub nxt: SeqNumber,
    /// Octets newly acknowledged.
    pub newly_acked: u32,
    /// The most that was in flight at once in the last round trip.
    pub peak_in_flight: u32,
    /// The round trip measured on the segment sent last among those this ACK acknowledges, if it measured one.
    pub rtt: Option<Duration>,
    /// SRTT.
    pub srtt: Option<Duration>,
}

/// Why a window is reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Loss found without a time-out.
    Loss,
    /// The network marked a packet (RFC 3168).
    Ecn,
    /// The retransmission timer expired.
    Timeout,
}

/// cwnd and ssthresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// SMSS.
    pub smss: u32,
    /// The congestion window.
    pub cwnd: u32,
    /// The slow start threshold.
    pub ssthresh: u32,
}

impl Window {
    /// Whether cwnd grows by slow start (RFC 5681 section 3.1).
    pub fn in_slow_start(&self) -> bool {
        self.cwnd < self.ssthresh
    }
}

/// The algorithm's own memory.
#[derive(Clone, Debug)]
pub enum Congestion {
    /// No window.
    None,
    /// RFC 5681.
    Reno(Reno),
    /// RFC 9438.
    Cubic(Cubic),
}

/// Congestion control of one connection: see the [module](self).
#[derive(Clone, Debug)]
pub struct Controller {
    config: CongestionConfig,
    window: Window,
    algorithm: Congestion,
    hystart: Option<HyStart>,
    pipe_ack: Option<PipeAck>,
    /// MAX(pipeACK, LossFlightSize) at a loss in a window that was not validated, until recovery ends (RFC 7661).
    unvalidated_loss: Option<u32>,
    /// What the last reduction took, for when it turns out spurious (RFC 9438 section 4.9.2).
    before: Option<(Window, Congestion)>,
}

impl Controller {
    /// A controller whose window is the initial window for `smss`.
    pub fn new(config: CongestionConfig, smss: u32) -> Self {
        let smss = smss.max(1);
        let cwnd = match config.algorithm {
            CongestionAlgorithm::None => MAX_WINDOW,
            _ => config.initial_window.octets(smss),
        };
        Controller {
            config,
            window: Window { smss, cwnd, ssthresh: config.initial_ssthresh.unwrap_or(MAX_WINDOW) },
            algorithm: begin(&config),
            hystart: config.hystart.then(HyStart::default),
            pipe_ack: (config.validation == WindowValidation::Rfc7661).then(PipeAck::default),
            unvalidated_loss: None,
            before: None,
        }
    }

    /// Another algorithm from now on (TCP_CONGESTION, tcp(7)): it goes on with the window as it is, and knows nothing of what
    /// was before. Who had none begins with the initial window.
    pub fn set_algorithm<P: Probe>(&mut self, cx: &mut Context<'_, P>, algorithm: CongestionAlgorithm) {
        if algorithm == self.config.algorithm {
            return;
        }
        let had_window = self.is_on();
        self.config.algorithm = algorithm;
        self.algorithm = begin(&self.config);
        (self.before, self.unvalidated_loss) = (None, None);
        if !self.is_on() {
            self.window.cwnd = MAX_WINDOW;
        } else if !had_window {
            self.set_cwnd(cx, Rule::SettingChanged, self.initial_window());
        }
    }

    /// cwnd.
    pub fn cwnd(&self) -> u32 {
        self.window.cwnd
    }

    /// ssthresh; `None` while it is as high as can be.
    pub fn ssthresh(&self) -> Option<u32> {
        Some(self.window.ssthresh).filter(|&ssthresh| ssthresh < MAX_WINDOW)
    }

    /// cwnd, ssthresh and SMSS.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// The algorithm's memory.
    pub fn algorithm(&self) -> &Congestion {
        &self.algorithm
    }

    /// False without congestion control: then nothing here limits the sender.
    pub fn is_on(&self) -> bool {
        !matches!(self.algorithm, Congestion::None)
    }

    /// Whether cwnd grows by slow start.
    pub fn in_slow_start(&self) -> bool {
        self.window.in_slow_start()
    }

    /// SMSS is known, or has changed; before any data was sent the initial window follows it.
    /// `initial`: when the handshake has just ended, how often its SYN or SYN,ACK timed out.
    pub fn set_smss<P: Probe>(&mut self, cx: &mut Context<'_, P>, smss: u32, initial: Option<u32>) {
        self.window.smss = smss.max(1);
        let Some(timeouts) = initial.filter(|_| self.is_on()) else { return };
        let octets = match (self.config.initial_window, timeouts) {
            // RFC 6928 section 2: a second is short for some paths, so one time-out is no sign of loss
            (InitialWindow::Rfc6928(_), 0 | 1) | (_, 0) => self.initial_window(),
            // RFC 5681 section 3.1: one segment after a lost SYN
            _ => self.window.smss,
        };
        self.set_cwnd(cx, self.config.initial_window.rule(), octets);
    }

    /// The initial window for the present SMSS.
    #[inline]
    pub fn initial_window(&self) -> u32 {
        self.config.initial_window.octets(self.window.smss)
    }

    /// Outside recovery, new data were acknowledged: the window may grow.
    pub fn on_ack<P: Probe>(&mut self, cx: &mut Context<'_, P>, ack: &AckSample) {
        let before = self.window;
        let w = &mut self.window;
        let mut validated = true;
        if let Some(pipe_ack) = &mut self.pipe_ack {
            pipe_ack.on_ack(cx.now, ack);
            validated = pipe_ack.is_validated(before.cwnd); // RFC 7661 section 4.3
        }
        // A window that was not filled says nothing about the path (RFC 9438 section 5.8, RFC 7661 section 4.3).
        let room = before.cwnd.saturating_sub(ack.peak_in_flight);
        let filled = room <= before.smss || w.in_slow_start() && room <= before.cwnd / 2;
        let grows = if self.pipe_ack.is_some() { validated } else { filled };
        if w.in_slow_start() {
            let limit = self.config.slow_start_limit.map_or(u32::MAX, |l| l.saturating_mul(w.smss));
            // RFC 5681 section 3.1, equation 2: cwnd += min (N, SMSS), with L for 1 (RFC 3465 section 2.3)
            let mut growth = ack.newly_acked.min(limit);
            let mut rule = Rule::SlowStart;
            if let Some(hystart) = self.hystart.as_mut().filter(|_| w.ssthresh >= MAX_WINDOW) {
                rule = hystart.on_ack(cx, ack, &mut growth, limit).unwrap_or(rule);
                if hystart.is_done() {
                    w.ssthresh = w.cwnd; // RFC 9406 section 4.2: congestion avoidance from here
                    growth = 0;
                }
            }
            if grows && !matches!(self.algorithm, Congestion::None) {
                let grown = w.cwnd.saturating_add(growth).min(w.ssthresh.max(w.cwnd)).min(MAX_WINDOW);
                w.cwnd = grown;
            }
            self.tell(cx, rule, before);
            return;
        }
        let rule = match &mut self.algorithm {
            Congestion::None => return,
            Congestion::Reno(reno) if grows => reno.on_ack(w, ack.newly_acked),
            Congestion::Cubic(cubic) if grows => cubic.on_ack(w, cx.now, ack),
            Congestion::Cubic(cubic) => {
                cubic.on_unfilled(cx.now);
                Rule::WindowNotValidated
            }
            Congestion::Reno(_) => Rule::WindowNotValidated,
        };
        w.cwnd = w.cwnd.min(MAX_WINDOW);
        self.tell(cx, rule, before);
    }

    /// Congestion: sets ssthresh from what was in flight and returns the rule. cwnd is left to recovery, except at a
    /// time-out ([loss window](Rule::LossWindow)) and on [`Reduction::Ecn`].
    ///
    /// `again`: the same segment timed out before, so ssthresh is left alone (RFC 5681 section 3.1).
    pub fn reduce<P: Probe>(&mut self, cx: &mut Context<'_, P>, why: Reduction, flight: u32, again: bool) {
        let before = self.window;
        if let Congestion::None = self.algorithm {
            return;
        }
        self.hystart = None; // RFC 9406 section 4.3: only in the initial slow start
        if !again {
            self.before = Some((before, self.algorithm.clone()));
        }
        let mut flight = flight.min(before.cwnd);
        self.unvalidated_loss = None;
        if let Some(pipe_ack) = &mut self.pipe_ack {
            // RFC 7661 section 4.4.1: from MAX(pipeACK, LossFlightSize) where the window was not validated; section 4.4: a
            // time-out is answered as always
            if why != Reduction::Timeout && !pipe_ack.is_validated(before.cwnd) {
                flight = flight.max(pipe_ack.value().unwrap_or(0)).min(before.cwnd);
                cx.probe.rule(Rule::WindowValidationLoss);
                self.unvalidated_loss = Some(flight).filter(|_| why == Reduction::Loss);
            }
            pipe_ack.reset();
        }
        let w = &mut self.window;
        let mut rule = Rule::FastRecovery;
        let mut share = flight / 2;
        if !again {
            if let Congestion::Cubic(cubic) = &mut self.algorithm {
                share = cubic.on_congestion(before.cwnd, flight, why); // RFC 9438 section 4.6
                rule = Rule::CubicDecrease;
            }
            // RFC 5681 section 3.1, equation 4: ssthresh = max (FlightSize / 2, 2*SMSS)
            w.ssthresh = share.max(2 * w.smss);
        }
        match why {
            Reduction::Timeout => {
                // RFC 5681 section 3.1: the loss window is one full-sized segment
                w.cwnd = w.smss;
                let cubic = matches!(self.algorithm, Congestion::Cubic(_));
                rule = if cubic { Rule::CubicTimeout } else { Rule::LossWindow };
            }
            // RFC 3168 section 6.1.2, RFC 9438 section 4.6: as for a loss, but down to one segment
            Reduction::Ecn => {
                w.cwnd = w.cwnd.min(share.max(w.smss));
                rule = Rule::EcnResponse;
            }
            Reduction::Loss => {}
        }
        self.tell(cx, rule, before);
    }

    /// Recovery steers cwnd directly; never below one segment.
    pub fn set_cwnd<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule, cwnd: u32) {
        if self.is_on() {
            let before = self.window;
            self.window.cwnd = cwnd.clamp(self.window.smss, MAX_WINDOW);
            self.tell(cx, rule, before);
        }
    }

    /// Recovery has ended, in which `retransmitted` octets were sent again: after a loss in a window that was not
    /// validated cwnd = (MAX(pipeACK, LossFlightSize) - R) / 2, at least one segment (RFC 7661 section 4.4.1).
    pub fn on_recovery_end<P: Probe>(&mut self, cx: &mut Context<'_, P>, retransmitted: u32) {
        if let Some(base) = self.unvalidated_loss.take() {
            let safe = base.saturating_sub(retransmitted) / 2;
            self.set_cwnd(cx, Rule::WindowValidationLoss, safe.min(self.window.cwnd));
            let before = self.window;
            self.window.ssthresh = before.cwnd.max(2 * before.smss);
            self.tell(cx, Rule::WindowValidationLoss, before);
        }
    }

    /// The last reduction was spurious (RFC 9438 section 4.9, RFC 4015): what it took is given back.
    pub fn undo<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        // RFC 9438 section 4.9.2: what has grown beyond the old window stays as it is.
        if let Some((window, algorithm)) =
            self.before.take().filter(|(window, _)| self.window.cwnd < window.cwnd)
        {
            let before = self.window;
            self.window.cwnd = window.cwnd.max(before.cwnd);
            self.window.ssthresh = window.ssthresh.max(before.ssthresh);
            self.algorithm = algorithm;
            self.tell(cx, Rule::SpuriousUndo, before);
        }
    }

    /// Data will be sent after nothing was sent for `idle` and nothing is in flight.
    pub fn on_idle<P: Probe>(&mut self, cx: &mut Context<'_, P>, idle: Duration, rto: Duration) {
        match self.config.validation {
            WindowValidation::RestartAfterIdle if idle > rto => {
                // RFC 5681 section 4.1: RW = min (IW, cwnd)
                let restart = self.initial_window().min(self.window.cwnd);
                self.set_cwnd(cx, Rule::RestartAfterIdle, restart);
                if let Congestion::Cubic(cubic) = &mut self.algorithm {
                    cubic.on_unfilled(cx.now);
                }
            }
            _ => {}
        }
    }

    /// Data are sent again after all had been acknowledged at `since`: that time is none of CUBIC's (RFC 9438 section
    /// 4.2).
    pub fn on_gap(&mut self, since: Instant, now: Instant) {
        if let Congestion::Cubic(cubic) = &mut self.algorithm {
            cubic.on_gap(since, now);
        }
    }

    /// RFC 7661 section 4.4.2: called when data is to be sent; a window not validated for five minutes is halved.
    pub fn on_send<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let initial = self.initial_window();
        let before = self.window;
        let Some(pipe_ack) = &mut self.pipe_ack else { return };
        if pipe_ack.is_expired(cx.now, before.cwnd) {
            // RFC 7661 section 4.4.2: ssthresh = max (ssthresh, 3*cwnd/4), cwnd = max (cwnd/2, IW)
            let w = &mut self.window;
            w.ssthresh = w.ssthresh.max(w.cwnd / 4 * 3);
            w.cwnd = (w.cwnd / 2).max(initial).min(w.cwnd);
            self.tell(cx, Rule::WindowValidationExpired, before);
        }
    }

    fn tell<P: Probe>(&self, cx: &mut Context<'_, P>, rule: Rule, before: Window) {
        if P::LISTENS {
            let after = self.window;
            if after.cwnd != before.cwnd {
                cx.probe.change(rule, Var::Cwnd, before.cwnd.into(), after.cwnd.into());
            }
            if after.ssthresh != before.ssthresh {
                cx.probe.change(rule, Var::Ssthresh, told(before.ssthresh), told(after.ssthresh));
            }
        }
    }
}

/// An algorithm that remembers nothing.
fn begin(config: &CongestionConfig) -> Congestion {
    match config.algorithm {
        CongestionAlgorithm::None => Congestion::None,
        CongestionAlgorithm::Reno => Congestion::Reno(Reno::default()),
        CongestionAlgorithm::Cubic => Congestion::Cubic(Cubic::new(config.fast_convergence)),
    }
}

/// ssthresh as the probe tells it: without a value while it is as high as can be.
fn told(ssthresh: u32) -> i64 {
    if ssthresh >= MAX_WINDOW { crate::probe::Vars::UNSET } else { ssthresh.into() }
}
