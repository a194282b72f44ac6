//! How a connection explains itself to the probe.

use super::Connection;
use crate::probe::{Context, Probe, Var, VarSet, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;

/// Gives every variable with its value, [`Vars::UNSET`] for one that has none, to the macro `$see`.
macro_rules! each_var {
    ($conn:ident, $see:ident) => {{
        let seq = |n: SeqNumber| i64::from(n.0);
        $see!(Var::State, $conn.state as i64);
        if $conn.snd.nxt != $conn.snd.iss || $conn.state.is_synchronized() {
            $see!(Var::Iss, seq($conn.snd.iss));
            $see!(Var::SndUna, seq($conn.snd.una));
            $see!(Var::SndNxt, seq($conn.snd.nxt));
        } else {
            for var in [Var::Iss, Var::SndUna, Var::SndNxt] {
                $see!(var, Vars::UNSET);
            }
        }
        if $conn.has_peer() {
            $see!(Var::SndWnd, i64::from($conn.snd.wnd));
            $see!(Var::SndWl1, seq($conn.snd.wl1));
            $see!(Var::SndWl2, seq($conn.snd.wl2));
            $see!(Var::Irs, seq($conn.rcv.irs));
            $see!(Var::RcvNxt, seq($conn.rcv.nxt));
            $see!(Var::RcvWnd, i64::from($conn.rcv.wnd()));
            $see!(Var::SndMss, $conn.effective_mss() as i64);
            $see!(Var::RcvMss, i64::from($conn.rcv.mss));
        } else {
            use Var::{Irs, RcvMss, RcvNxt, RcvWnd, SndMss, SndWl1, SndWl2, SndWnd};
            for var in [SndWnd, SndWl1, SndWl2, Irs, RcvNxt, RcvWnd, SndMss, RcvMss] {
                $see!(var, Vars::UNSET);
            }
        }
        let scaled = $conn.has_peer() && $conn.agreed.window_scaling;
        $see!(Var::SndScale, if scaled { i64::from($conn.snd.scale) } else { Vars::UNSET });
        $see!(Var::RcvScale, if scaled { i64::from($conn.rcv.scale) } else { Vars::UNSET });
        $see!(Var::SndUp, $conn.snd.urgent.map_or(Vars::UNSET, |end| seq($conn.snd.seq_at(end))));
        $see!(Var::RcvUp, $conn.rcv.urgent.map_or(Vars::UNSET, |end| seq($conn.rcv.irs + 1 + end as u32)));
        $see!(Var::SndQueue, $conn.send_buffer.len() as i64);
        $see!(Var::RcvQueue, $conn.receive_buffer.readable() as i64);
        $see!(Var::OutOfOrder, $conn.receive_buffer.early_octets() as i64);
        $conn.recovery.each_var(|var, value| $see!(var, value));
        $see!(Var::TsRecent, $conn.ts_recent.map_or(Vars::UNSET, |(value, _)| i64::from(value)));
    }};
}

impl Connection {
    /// The variables of RFC 9293 section 3.3.1 and of its companions, as they stand now.
    pub fn vars(&self) -> Vars {
        let mut vars = Vars::default();
        macro_rules! see {
            ($var:expr, $value:expr) => {
                vars.set($var, $value)
            };
        }
        each_var!(self, see);
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
        let mut old = Vars::default();
        let changed = self.news(&mut old);
        if !changed.is_empty() {
            cx.probe.changes(rule, changed, &old, &self.told);
        }
    }

    /// The variables that are others than the probe was told last, and in `old` what they were: now they count as told. Most are as
    /// they were: each is looked at once, and what is the same is nowhere written.
    #[inline(always)]
    fn news(&mut self, old: &mut Vars) -> VarSet {
        let mut changed = VarSet::default();
        macro_rules! see {
            ($var:expr, $value:expr) => {{
                let value: i64 = $value;
                if self.told.raw($var) != value {
                    old.set($var, self.told.raw($var));
                    self.told.set($var, value);
                    changed.insert($var);
                }
            }};
        }
        each_var!(self, see);
        changed
    }
}
