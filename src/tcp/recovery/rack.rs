//! RACK's state (RFC 8985 sections 5 and 6): which delivered segment was sent last, whether the path reorders, and how
//! long to wait before a segment sent earlier is lost.

use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;
use crate::tcp::sack::{RackClock, Segment};
use crate::time::{Duration, Instant};

/// How many recoveries without D-SACK a larger reordering window survives (RFC 8985 section 6.2, step 4).
const PERSIST: u32 = 16;

/// RACK and the tail loss probe of one connection (RFC 8985).
#[derive(Clone, Debug)]
pub struct Rack {
    /// RACK.segment, by RACK.xmit_ts and RACK.end_seq; `None` before the first delivery.
    latest: Option<(Instant, SeqNumber)>,
    rtt: Duration,
    /// RACK.fack: the highest end of a segment delivered.
    fack: SeqNumber,
    reordering_seen: bool,
    dsack_round: Option<SeqNumber>,
    window_multiplier: u32,
    persist: u32,
}

/// What an ACK says about time, and what it has delivered so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct AckTime {
    pub now: Instant,
    pub min_rtt: Option<Duration>,
    /// The round trip by timestamps, and how exact it is.
    pub echo: Option<(Duration, Duration)>,
    /// RACK.fack before this ACK.
    pub fack: SeqNumber,
    /// The segment sent last among those this ACK delivered: when, and its end.
    pub newest: Option<(Instant, SeqNumber)>,
}

impl Rack {
    /// Before anything was delivered.
    pub fn new(iss: SeqNumber) -> Self {
        Rack {
            latest: None,
            rtt: Duration::ZERO,
            fack: iss,
            reordering_seen: false,
            dsack_round: None,
            window_multiplier: 1,
            persist: PERSIST,
        }
    }

    /// RACK.reordering_seen.
    pub fn reordering_seen(&self) -> bool {
        self.reordering_seen
    }

    /// RACK.rtt: the round trip of the segment delivered last.
    pub fn rtt(&self) -> Duration {
        self.rtt
    }

    /// RACK.fack: the highest end of a segment delivered.
    pub(super) fn fack(&self) -> SeqNumber {
        self.fack
    }

    /// Steps 2 and 3 of RFC 8985 section 6.2, for one segment newly delivered. The RFC takes the segments of one ACK in
    /// the order of their times, or of their ends; here they come in any order.
    pub(super) fn on_delivered(&mut self, segment: &Segment, time: &mut AckTime) {
        // Step 3: a segment below one that an earlier ACK delivered, sent once: the path reorders.
        if segment.end().is_after(self.fack) {
            self.fack = segment.end();
        } else if segment.end().is_before(time.fack) && !segment.was_ever_retransmitted() {
            self.reordering_seen = true;
        }
        // Step 2: is it the last sent?
        let rtt = time.now.since(segment.sent_at);
        if segment.was_ever_retransmitted() {
            // The ACK may be for an earlier transmission: by timestamps ...
            if time.echo.is_some_and(|(echo, tick)| echo > rtt + tick) {
                return;
            }
            // ... or because it came too soon.
            if time.min_rtt.is_some_and(|min| rtt < min) {
                return;
            }
        }
        // RACK.rtt is that of the last sent among those delivered now, though one sent later came before it.
        let sent = (segment.sent_at, segment.end());
        if is_later(sent, time.newest) {
            time.newest = Some(sent);
            self.rtt = rtt;
            if is_later(sent, self.latest) {
                self.latest = Some(sent);
            }
        }
    }

    /// Step 4 (RFC 8985 section 6.2): D-SACKs widen the reordering window, one step a round trip. Returns whether this
    /// one did.
    pub(super) fn on_dsack<P: Probe>(
        &mut self,
        cx: &mut Context<'_, P>,
        dsack: bool,
        una: SeqNumber,
        nxt: SeqNumber,
    ) -> bool {
        if self.dsack_round.is_some_and(|round| una.is_at_or_after(round)) {
            self.dsack_round = None;
        }
        let widens = dsack && self.dsack_round.is_none();
        if widens {
            self.dsack_round = Some(nxt);
            self.window_multiplier += 1;
            self.persist = PERSIST;
            cx.probe.rule(Rule::RackReorderingWindow);
        }
        widens
    }

    /// Recovery has ended: after 16 without D-SACK the window is small again.
    pub(super) fn on_recovery_end(&mut self) {
        self.persist = self.persist.saturating_sub(1);
        if self.persist == 0 {
            self.window_multiplier = 1;
        }
    }

    /// RACK.reo_wnd (RFC 8985 section 6.2, step 4). `urgent`: in recovery, or DupThresh segments are SACKed.
    pub fn reordering_window(
        &self,
        urgent: bool,
        min_rtt: Option<Duration>,
        srtt: Option<Duration>,
    ) -> Duration {
        if !self.reordering_seen && urgent {
            return Duration::ZERO;
        }
        let quarter = min_rtt.unwrap_or_default() / 4;
        (quarter * u64::from(self.window_multiplier)).min(srtt.unwrap_or_default())
    }

    /// What to judge segments by; `None` before anything was delivered.
    pub(super) fn clock(&self, window: Duration) -> Option<RackClock> {
        self.latest.map(|(sent_at, end)| RackClock { sent_at, end, patience: self.rtt + window })
    }
}

/// RACK_sent_after (RFC 8985 section 6.2), of when segments were sent and where they end.
fn is_later(sent: (Instant, SeqNumber), than: Option<(Instant, SeqNumber)>) -> bool {
    than.is_none_or(|(at, end)| sent.0 > at || sent.0 == at && sent.1.is_after(end))
}
