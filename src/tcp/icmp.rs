//! ICMP messages about this connection (RFC 9293 section 3.9.2.2), and path MTU discovery (RFC 1191, RFC 8201).

use super::{Connection, ConnectionError, Event, State};
use crate::packet::{Icmp, Unreachable};
use crate::probe::{Context, Probe};
use crate::rule::Rule;
use crate::seq::SeqNumber;

/// The least path MTU that is believed (RFC 1191 section 3; RFC 8201 section 4).
const LEAST_MTU: u16 = 68;
const LEAST_MTU_V6: u16 = 1280;
/// RFC 1191 section 7.1: where the router does not tell, the next plateau below what was sent.
const PLATEAUS: [u16; 8] = [32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 576];

impl Connection {
    /// Takes in an ICMP error that quotes a segment of this connection, with the sequence number it had
    /// (RFC 9293 section 3.9.2.2, MUST-54).
    pub fn handle_icmp<P: Probe>(&mut self, cx: &mut Context<'_, P>, icmp: Icmp, seq: Option<SeqNumber>) {
        self.icmp_arrives(cx, icmp, seq);
        self.tell_rest(cx);
    }

    fn icmp_arrives<P: Probe>(&mut self, cx: &mut Context<'_, P>, icmp: Icmp, seq: Option<SeqNumber>) {
        if matches!(self.state, State::Closed | State::Listen) {
            return;
        }
        if icmp == Icmp::SourceQuench {
            // MUST-55.
            return self.tell(cx, Rule::SourceQuenchIgnored);
        }
        // RFC 5927 section 4.1: an error about something that is not under way is old or forged. SND.NXT itself is what segments without
        // text carry, which may be too big as well (Linux counts it in, too).
        let under_way =
            |seq: SeqNumber| seq.is_at_or_after(self.snd.una) && seq.is_at_or_before(self.snd.nxt);
        if seq.is_some_and(|seq| !under_way(seq)) {
            return;
        }
        match icmp {
            Icmp::TooBig { mtu } => self.path_mtu_told(cx, mtu),
            // SHLD-26: codes 2 to 4 are hard. RFC 5927 section 5.2: only while the connection is not synchronized, else soft.
            Icmp::Unreachable(Unreachable::Protocol | Unreachable::Port) if !self.state.is_synchronized() => {
                let error = Some(ConnectionError::Unreachable);
                self.fail(cx, Rule::HardError, error);
            }
            Icmp::Unreachable(Unreachable::Protocol | Unreachable::Port)
                if self.config.personality.icmp_aborts =>
            {
                self.fail(cx, Rule::HardError, Some(ConnectionError::Unreachable));
            }
            // MUST-56: network, host, source route; time exceeded; parameter problem: never abort. SHLD-25: tell.
            Icmp::Other { .. } => {}
            _ => {
                self.soft_error = Some(icmp);
                self.events.raise(Event::SoftError);
                self.tell(cx, Rule::SoftError);
            }
        }
    }

    /// RFC 1191 section 6.3: segments shrink to what passes, and what was too big is sent again at once.
    fn path_mtu_told<P: Probe>(&mut self, cx: &mut Context<'_, P>, mtu: u32) {
        let v4 = self.flow.local.is_ipv4();
        if !v4 && mtu < u32::from(LEAST_MTU_V6) {
            return; // RFC 8201 section 4: such a message must be discarded
        }
        let least = if v4 { LEAST_MTU } else { LEAST_MTU_V6 };
        let told = match u16::try_from(mtu).unwrap_or(u16::MAX) {
            0 => PLATEAUS.into_iter().find(|&plateau| plateau < self.path_mtu).unwrap_or(least),
            told => told,
        };
        let told = told.max(least);
        self.path_mtu_at = cx.now;
        if told >= self.path_mtu {
            return; // RFC 1191 section 5: never taken as a reason to send larger ones
        }
        let old_mss = self.effective_mss();
        self.path_mtu = told;
        self.fit_segments();
        if self.effective_mss() < old_mss {
            self.shrink_segments(cx);
        }
        self.tell(cx, Rule::PathMtuReduced);
    }

    /// A path MTU that ICMP has not spoken of for long is given up, and the first link's tried again (RFC 1191 section
    /// 6.3, RFC 8201 section 5.3). Asked when there is new text to send: what is under way is not sent again, and no timer
    /// waits for it.
    pub(crate) fn age_path_mtu<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        let Some(life) = self.config.personality.path_mtu_life else { return };
        if self.path_mtu >= self.config.mtu || cx.now.since(self.path_mtu_at) < life {
            return;
        }
        self.path_mtu = self.config.mtu;
        self.fit_segments();
        let smss = self.effective_mss() as u32;
        self.with_recovery(cx, |recovery, cx| recovery.set_smss(cx, smss));
        self.tell(cx, Rule::PathMtuAged);
    }
}
