//! TCP options: what our segments offer and what both SYNs agree on (RFC 9293 section 3.7.1, RFC 7323, RFC 2018), and the
//! sizes that follow from them.

use super::Connection;
use crate::packet::{SackBlocks, TCP_HEADER_LEN, TcpHeader, TcpOptions};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::time::{Duration, Instant};

/// Largest window scale (RFC 7323 section 2.3).
const MAX_SCALE: u8 = 14;
/// How long TS.Recent stays valid without news (RFC 7323 section 5.5).
const TS_RECENT_LIFE: Duration = Duration::from_secs(24 * 24 * 3600);

impl Connection {
    /// Octets of the IP header.
    fn ip_header_len(&self) -> usize {
        if self.flow.local.is_ipv4() { 20 } else { 40 }
    }

    /// The send MSS where the peer announces none (RFC 9293 section 3.7.1, MUST-15).
    pub(crate) fn default_mss(&self) -> u16 {
        if self.flow.local.is_ipv4() { 536 } else { 1220 }
    }

    /// The MSS we announce: what a datagram of our interface holds (RFC 9293 section 3.7.1, MUST-67: MMS_R - 20).
    pub(crate) fn announced_mss(&self) -> u16 {
        let mss = usize::from(self.config.mtu).saturating_sub(self.ip_header_len() + TCP_HEADER_LEN);
        let mss = mss.clamp(1, 65_535) as u16;
        self.config.max_mss.map_or(mss, |max| mss.min(max.max(self.config.personality.min_mss)))
    }

    /// Octets of text and options that one segment may hold: min(SendMSS, MMS_S - 20) (RFC 9293 section 3.7.1, MUST-16).
    fn segment_room(&self) -> usize {
        let path = usize::from(self.path_mtu).saturating_sub(self.ip_header_len() + TCP_HEADER_LEN);
        let most = self.config.max_mss.map_or(self.snd.mss, |max| self.snd.mss.min(max));
        // Whatever the peer says, segments are not made absurdly small; but what the path does not take would never arrive.
        path.min(usize::from(most.max(self.config.personality.min_mss))).max(1)
    }

    /// Eff.snd.MSS: [`Connection::segment_room`] less the options that every segment carries. Asked for many times a segment, and so
    /// kept.
    pub(crate) fn effective_mss(&self) -> usize {
        debug_assert_eq!(
            self.eff_mss,
            self.computed_mss(),
            "whoever changes what it depends on calls fit_segments"
        );
        self.eff_mss
    }

    fn computed_mss(&self) -> usize {
        // Timestamps take 10 octets, 12 with their padding in every layout.
        self.segment_room().saturating_sub(if self.agreed.timestamps { 12 } else { 0 }).max(1)
    }

    /// After a change of the path's MTU, of the peer's MSS or of the options that were agreed on.
    pub(crate) fn fit_segments(&mut self) {
        self.eff_mss = self.computed_mss();
    }

    /// How many SACK blocks a segment has room for beside an octet of text: all that the header holds, but on the narrowest
    /// paths.
    pub(crate) fn sack_room(&self) -> usize {
        let most = if self.agreed.timestamps { 3 } else { SackBlocks::MAX };
        most.min(self.effective_mss().saturating_sub(5) / 8)
    }

    /// Our timestamp clock (RFC 7323 section 5.4).
    pub(crate) fn timestamp(&self, now: Instant) -> u32 {
        let ticks = now.as_nanos() / self.config.personality.timestamp_tick.as_nanos().max(1);
        self.timestamp_offset.wrapping_add(ticks as u32)
    }

    /// The options of our SYN, or of the SYN,ACK that answers one (then only what the peer offered as well).
    pub(crate) fn syn_options(&self, now: Instant) -> TcpOptions {
        let features = &self.config.features;
        let answer = self.has_peer();
        let offered = |wanted: bool, agreed: bool| if answer { agreed } else { wanted };
        TcpOptions {
            // RFC 9293 section 3.7.1, MUST-14, SHLD-5, MAY-3: always sent.
            mss: Some(self.announced_mss()),
            window_scale: offered(features.window_scaling, self.agreed.window_scaling)
                .then(|| self.wanted_scale()),
            sack_permitted: offered(features.sack, self.agreed.sack),
            timestamps: offered(features.timestamps, self.agreed.timestamps)
                .then(|| (self.timestamp(now), self.ts_recent.map_or(0, |(value, _)| value))),
            ..TcpOptions::default()
        }
    }

    /// The options of any other segment.
    #[inline(always)]
    pub(crate) fn options(&mut self, now: Instant) -> TcpOptions {
        // RFC 7323 section 3.2: once agreed on, in every segment (our own RST has it too: `queue_reset`).
        let timestamps = self.agreed.timestamps;
        let timestamps =
            timestamps.then(|| (self.timestamp(now), self.ts_recent.map_or(0, |(value, _)| value)));
        let sack = match self.agreed.sack && self.sack.is_due() {
            true => self.sack.blocks(self.sack_room(), self.config.features.dsack),
            false => Default::default(),
        };
        TcpOptions { timestamps, sack, ..TcpOptions::default() }
    }

    /// The shift that lets the window name the greatest buffer we may have (RFC 7323 section 2.3).
    fn wanted_scale(&self) -> u8 {
        let most = self.config.receive_buffer.unwrap_or(self.config.personality.receive_buffer.1);
        (0..MAX_SCALE).find(|&shift| most >> shift <= 65_535).unwrap_or(MAX_SCALE)
    }

    /// Takes in the options of the peer's SYN.
    pub(crate) fn take_syn_options<P: Probe>(&mut self, cx: &mut Context<'_, P>, seg: &TcpHeader) {
        let features = self.config.features;
        let options = &seg.options;
        let floor = self.config.personality.min_mss;
        self.snd.mss = options.mss.map_or(self.default_mss(), |mss| mss.max(floor));
        self.rcv.mss = u32::from(self.snd.mss.min(self.announced_mss()));
        self.fit_segments();
        self.tell(cx, if options.mss.is_some() { Rule::MssOption } else { Rule::DefaultMss });
        // RFC 7323 section 2.2: scaling holds when both SYNs carry it; section 2.3: more than 14 counts as 14.
        if let Some(shift) = options.window_scale.filter(|_| features.window_scaling) {
            self.agreed.window_scaling = true;
            self.snd.scale = shift.min(MAX_SCALE);
            self.rcv.scale = self.wanted_scale();
            self.tell(cx, Rule::WindowScaled);
        }
        // RFC 7323 section 3.2.
        if let Some((value, _)) = options.timestamps.filter(|_| features.timestamps) {
            self.agreed.timestamps = true;
            self.ts_recent = Some((value, cx.now));
            self.fit_segments();
        }
        // RFC 2018 section 2.
        self.agreed.sack = features.sack && options.sack_permitted;
    }

    /// RFC 7323 section 5.3, R1: whether the segment's timestamp shows that it is of the past.
    pub(crate) fn is_of_the_past(&self, now: Instant, seg: &TcpHeader) -> bool {
        match (seg.options.timestamps, self.ts_recent) {
            (Some((value, _)), Some((recent, at))) if self.agreed.timestamps => {
                // RFC 7323 section 5.5: after 24 idle days TS.Recent says nothing any more.
                (value.wrapping_sub(recent) as i32) < 0 && now.since(at) < TS_RECENT_LIFE
            }
            _ => false,
        }
    }

    /// RFC 7323 section 4.3 (2): records the timestamp of a segment at the left edge of what was acknowledged.
    pub(crate) fn record_timestamp(&mut self, now: Instant, seg: &TcpHeader) {
        if let Some((value, _)) = seg.options.timestamps.filter(|_| self.agreed.timestamps) {
            let newer = self.ts_recent.is_none_or(|(recent, _)| value.wrapping_sub(recent) as i32 >= 0);
            if newer && seg.seq.is_at_or_before(self.rcv.last_ack) {
                self.ts_recent = Some((value, now));
            }
        }
    }
}
