//! How a connection explains itself to the probe.

use super::Connection;
use crate::probe::{Context, Probe, Var, VarSet, Vars};
use crate::rule::Rule;
use crate::seq::SeqNumber;

/// Gives each variable with its value, [`Vars::UNSET`] for one that has none, to the macro `$see`: here those that text's arrival or
/// its reading changes.
macro_rules! vars_of_arrival {
    ($conn:ident, $see:ident) => {{
        let seq = |n: SeqNumber| i64::from(n.0);
        if $conn.has_peer() {
            $see!(Var::SndWl1, seq($conn.snd.wl1));
            $see!(Var::SndWl2, seq($conn.snd.wl2));
            $see!(Var::RcvNxt, seq($conn.rcv.nxt));
            $see!(Var::RcvWnd, i64::from($conn.rcv.wnd()));
            $see!(Var::RcvMss, i64::from($conn.rcv.mss));
        } else {
            for var in [Var::SndWl1, Var::SndWl2, Var::RcvNxt, Var::RcvWnd, Var::RcvMss] {
                $see!(var, Vars::UNSET);
            }
        }
        $see!(Var::RcvUp, $conn.rcv.urgent.map_or(Vars::UNSET, |end| seq($conn.rcv.irs + 1 + end as u32)));
        $see!(Var::RcvQueue, $conn.receive_buffer.readable() as i64);
        $see!(Var::OutOfOrder, $conn.receive_buffer.early_octets() as i64);
        $see!(Var::TsRecent, $conn.ts_recent.map_or(Vars::UNSET, |(value, _)| i64::from(value)));
        // By what an acknowledgment beside the text says that does not move SND.UNA.
        $see!(Var::Pipe, $conn.recovery.pipe().into());
        $see!(Var::Backoff, $conn.recovery.rtt().backoff().into());
    }};
}

/// The others, but those of the handshake.
macro_rules! vars_of_sending {
    ($conn:ident, $see:ident) => {{
        let seq = |n: SeqNumber| i64::from(n.0);
        $see!(Var::State, $conn.state as i64);
        if $conn.snd.nxt != $conn.snd.iss || $conn.state.is_synchronized() {
            $see!(Var::SndUna, seq($conn.snd.una));
            $see!(Var::SndNxt, seq($conn.snd.nxt));
        } else {
            $see!(Var::SndUna, Vars::UNSET);
            $see!(Var::SndNxt, Vars::UNSET);
        }
        let peer = $conn.has_peer();
        $see!(Var::SndWnd, if peer { i64::from($conn.snd.wnd) } else { Vars::UNSET });
        $see!(Var::SndMss, if peer { $conn.effective_mss() as i64 } else { Vars::UNSET });
        $see!(Var::SndUp, $conn.snd.urgent.map_or(Vars::UNSET, |end| seq($conn.snd.seq_at(end))));
        $see!(Var::SndQueue, $conn.send_buffer.len() as i64);
        $conn.recovery.each_var(|var, value| $see!(var, value));
    }};
}

/// Those that the handshake fixes.
macro_rules! vars_of_handshake {
    ($conn:ident, $see:ident) => {{
        let sent = $conn.snd.nxt != $conn.snd.iss || $conn.state.is_synchronized();
        let peer = $conn.has_peer();
        let scaled = peer && $conn.agreed.window_scaling;
        $see!(Var::Iss, if sent { i64::from($conn.snd.iss.0) } else { Vars::UNSET });
        $see!(Var::Irs, if peer { i64::from($conn.rcv.irs.0) } else { Vars::UNSET });
        $see!(Var::SndScale, if scaled { i64::from($conn.snd.scale) } else { Vars::UNSET });
        $see!(Var::RcvScale, if scaled { i64::from($conn.rcv.scale) } else { Vars::UNSET });
    }};
}

/// Has [`Told::see`] look at each variable of `$vars`.
macro_rules! see_all {
    ($conn:ident, $changed:ident, $vars:ident) => {{
        macro_rules! see {
            ($var:expr, $value:expr) => {{
                $conn.told.see(&mut $changed, $var, $value);
            }};
        }
        $vars!($conn, see);
    }};
}

/// What the probe was told last of each variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub now: Vars,
    /// What it was before, of those that were told last; anything of the others.
    before: Vars,
}

impl Told {
    /// Takes `value` as what `var` is now; what is the same as before is nowhere written.
    #[inline(always)]
    fn see(&mut self, changed: &mut VarSet, var: Var, value: i64) {
        let known = self.now.raw(var);
        if known != value {
            self.before.set(var, known);
            self.now.set(var, value);
            changed.insert(var);
        }
    }
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
        vars_of_arrival!(self, see);
        vars_of_sending!(self, see);
        vars_of_handshake!(self, see);
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

    /// The same of a rule that took text in or handed it out, which changes no variables but those of arrival.
    #[inline]
    pub(crate) fn tell_arrival<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        if P::LISTENS {
            cx.probe.rule(rule);
            let changed = self.see_arrival(VarSet::default());
            self.tell_these(cx, rule, changed);
        }
    }

    /// Tells that `rule` acted, which changed no variable.
    #[inline]
    pub(crate) fn tell_rule<P: Probe>(&self, cx: &mut Context<'_, P>, rule: Rule) {
        if P::LISTENS {
            cx.probe.rule(rule);
            self.check_told(rule);
        }
    }

    /// Tells changes that no rule has claimed, at the end of a call.
    #[inline]
    pub(crate) fn tell_rest<P: Probe>(&mut self, cx: &mut Context<'_, P>) {
        self.tell_changes(cx, Rule::AckAdvanced);
    }

    /// Tells what changed, because of `rule`, without saying again that the rule acted.
    pub(crate) fn tell_changes<P: Probe>(&mut self, cx: &mut Context<'_, P>, rule: Rule) {
        if P::LISTENS {
            let mut changed = VarSet::default();
            // In one and the same state behind the handshake, what it fixed is as it was.
            if !self.state.is_synchronized() || self.told.now.raw(Var::State) != self.state as i64 {
                changed = self.see_handshake(changed);
            }
            let changed = self.see_sending(changed);
            let changed = self.see_arrival(changed);
            self.tell_these(cx, rule, changed);
        }
    }

    #[inline(always)]
    fn tell_these<P: Probe>(&self, cx: &mut Context<'_, P>, rule: Rule, changed: VarSet) {
        self.check_told(rule);
        if !changed.is_empty() {
            cx.probe.changes(rule, changed, &self.told.before, &self.told.now);
        }
    }

    /// That nothing has changed but what is told. A probe that begins to listen in the midst hears the rest at the call's end.
    fn check_told(&self, rule: Rule) {
        let listened = self.told.now.raw(Var::State) == self.state as i64;
        debug_assert!(!listened || self.told.now == self.vars(), "{rule:?} changed more than it tells");
    }

    // What changed goes from one to the next in a register: in memory, an octet of it would be written and the whole be read.
    #[inline(always)]
    fn see_arrival(&mut self, mut changed: VarSet) -> VarSet {
        see_all!(self, changed, vars_of_arrival);
        changed
    }

    #[inline(always)]
    fn see_sending(&mut self, mut changed: VarSet) -> VarSet {
        see_all!(self, changed, vars_of_sending);
        changed
    }

    #[inline(never)]
    fn see_handshake(&mut self, mut changed: VarSet) -> VarSet {
        see_all!(self, changed, vars_of_handshake);
        changed
    }
}
