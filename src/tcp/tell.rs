//! How a connection explains itself to the probe.

use super::Connection;
use crate::probe::{Context, Probe, Var, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;

impl Connection {
    /// The variables of RFC 9293 section 3.3.1 and of its companions, as they stand now.
    pub fn vars(&self) -> Vars {
        let mut vars = Vars::default();
        let seq = |n: SeqNumber| i64::from(n.0);
        vars.set(Var::State, self.state as i64);
        if self.snd.nxt != self.snd.iss || self.state.is_synchronized() {
            vars.set(Var::Iss, seq(self.snd.iss));
            vars.set(Var::SndUna, seq(self.snd.una));
            vars.set(Var::SndNxt, seq(self.snd.nxt));
        }
        if self.has_peer() {
            vars.set(Var::SndWnd, i64::from(self.snd.wnd));
            vars.set(Var::SndWl1, seq(self.snd.wl1));
            vars.set(Var::SndWl2, seq(self.snd.wl2));
            vars.set(Var::Irs, seq(self.rcv.irs));
            vars.set(Var::RcvNxt, seq(self.rcv.nxt));
            vars.set(Var::RcvWnd, i64::from(self.rcv.wnd()));
            vars.set(Var::SndMss, self.effective_mss() as i64);
            vars.set(Var::RcvMss, i64::from(self.rcv.mss));
            if self.agreed.window_scaling {
                vars.set(Var::SndScale, i64::from(self.snd.scale));
                vars.set(Var::RcvScale, i64::from(self.rcv.scale));
            }
        }
        if let Some(end) = self.snd.urgent {
            vars.set(Var::SndUp, seq(self.snd.seq_at(end)));
        }
        if let Some(end) = self.rcv.urgent {
            vars.set(Var::RcvUp, seq(self.rcv.irs + 1 + end as u32));
        }
        vars.set(Var::SndQueue, self.send_buffer.len() as i64);
        vars.set(Var::RcvQueue, self.receive_buffer.readable() as i64);
        vars.set(Var::OutOfOrder, self.receive_buffer.early_octets() as i64);
        self.recovery.vars(&mut vars);
        if let Some((value, _)) = self.ts_recent {
            vars.set(Var::TsRecent, i64::from(value));
        }
        vars
    }

    /// Tells that `rule` acted, and that what changed since the last telling changed because of it: call it *after* the
    /// rule's work.
    #[inline]
    pub(crate) fn tell<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        if P::LISTENS {
            cx.probe.rule(rule);
            self.tell_changes(cx, rule);
        }
    }

    /// Tells changes that no rule has claimed, at the end of a call.
    #[inline]
    pub(crate) fn tell_rest<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        if P::LISTENS {
            self.tell_changes(cx, Rule::AckAdvanced);
        }
    }

    /// Tells what changed, because of `rule`, without saying again that the rule acted.
    pub(crate) fn tell_changes<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        if !P::LISTENS {
            return;
        }
        let now = self.vars();
        cx.probe.changes(rule, &self.told, &now);
        self.told = now;
    }
}
