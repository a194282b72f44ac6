//! How an endpoint explains itself: it keeps no log, it tells a [`Probe`] what it decides and why.

use crate::rule::Rule;
use crate::time::Instant;

/// What a variable's number means; the page formats by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A TCP sequence number, modulo 2^32.
    Seq,
    /// Octets.
    Bytes,
    /// Nanoseconds of a span.
    Nanos,
    /// A plain count.
    Count,
    /// 0 or 1.
    Flag,
    /// A connection state: the number of a `tcp::State`.
    State,
}

macro_rules! vars {
    ($($name:ident: $label:literal, $unit:ident, $source:literal;)*) => {
        /// A variable of an endpoint, under the name its RFC gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Var {
            $(#[doc = concat!("`", $label, "` (", $source, ")")] $name,)*
        }

        impl Var {
            /// Every variable, in the order in which they are shown.
            pub const ALL: &[Var] = &[$(Var::$name),*];
            /// How many there are.
            pub const COUNT: usize = Var::ALL.len();

            /// The RFC's own name, for example `SND.UNA`.
            pub fn label(self) -> &'static str {
                const LABELS: &[&str] = &[$($label),*];
                LABELS[self as usize]
            }

            /// What the number means.
            pub fn unit(self) -> Unit {
                const UNITS: &[Unit] = &[$(Unit::$unit),*];
                UNITS[self as usize]
            }

            /// Where the variable is defined, for example `RFC 9293 §3.3.1`.
            pub fn source(self) -> &'static str {
                const SOURCES: &[&str] = &[$($source),*];
                SOURCES[self as usize]
            }
        }
    };
}

vars! {
    State: "STATE", State, "RFC 9293 §3.3.2";
    SndUna: "SND.UNA", Seq, "RFC 9293 §3.3.1";
    SndNxt: "SND.NXT", Seq, "RFC 9293 §3.3.1";
    SndWnd: "SND.WND", Bytes, "RFC 9293 §3.3.1";
    SndUp: "SND.UP", Seq, "RFC 9293 §3.3.1";
    SndWl1: "SND.WL1", Seq, "RFC 9293 §3.3.1";
    SndWl2: "SND.WL2", Seq, "RFC 9293 §3.3.1";
    Iss: "ISS", Seq, "RFC 9293 §3.3.1";
    RcvNxt: "RCV.NXT", Seq, "RFC 9293 §3.3.1";
    RcvWnd: "RCV.WND", Bytes, "RFC 9293 §3.3.1";
    RcvUp: "RCV.UP", Seq, "RFC 9293 §3.3.1";
    Irs: "IRS", Seq, "RFC 9293 §3.3.1";
    SndMss: "SMSS", Bytes, "RFC 5681 §2";
    RcvMss: "RMSS", Bytes, "RFC 5681 §2";
    SndScale: "Snd.Wind.Shift", Count, "RFC 7323 §2.3";
    RcvScale: "Rcv.Wind.Shift", Count, "RFC 7323 §2.3";
    Cwnd: "cwnd", Bytes, "RFC 5681 §2";
    Ssthresh: "ssthresh", Bytes, "RFC 5681 §2";
    FlightSize: "FlightSize", Bytes, "RFC 5681 §2";
    Pipe: "pipe", Bytes, "RFC 6675 §2";
    DupAcks: "DupAcks", Count, "RFC 5681 §3.2";
    RecoveryPoint: "RecoveryPoint", Seq, "RFC 6675 §2";
    Srtt: "SRTT", Nanos, "RFC 6298 §2";
    RttVar: "RTTVAR", Nanos, "RFC 6298 §2";
    Rto: "RTO", Nanos, "RFC 6298 §2";
    Backoff: "RTO back-off", Count, "RFC 6298 §5.5";
    TsRecent: "TS.Recent", Count, "RFC 7323 §4.3";
    SndQueue: "send buffer", Bytes, "RFC 9293 §3.8";
    RcvQueue: "receive buffer", Bytes, "RFC 9293 §3.8";
    OutOfOrder: "out-of-order queue", Bytes, "RFC 9293 §3.10.7.4";
}

/// All variables of one endpoint at one moment: flat and copyable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vars([i64; Var::COUNT]);

impl Vars {
    /// Stands for "has no value yet" (SRTT before the first measurement, IRS before the peer's SYN).
    pub const UNSET: i64 = i64::MIN;

    /// The value of `var`, in its [unit](Var::unit), or `None` while it has none.
    #[inline]
    pub fn get(&self, var: Var) -> Option<i64> {
        Some(self.0[var as usize]).filter(|&v| v != Vars::UNSET)
    }

    /// The value of `var`, or [`Vars::UNSET`].
    #[inline]
    pub fn raw(&self, var: Var) -> i64 {
        self.0[var as usize]
    }

    /// Sets `var`.
    #[inline]
    pub fn set(&mut self, var: Var, value: i64) {
        self.0[var as usize] = value;
    }
}

impl Default for Vars {
    #[inline]
    fn default() -> Self {
        Vars([Vars::UNSET; Var::COUNT])
    }
}

/// Some variables: an iterator over them, in the order of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VarSet(u64);

impl VarSet {
    /// True for none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Takes `var` in.
    #[inline]
    pub fn insert(&mut self, var: Var) {
        const { assert!(Var::COUNT <= 64) };
        self.0 |= 1 << var as u32;
    }

    /// Whether `var` is one of them.
    pub fn contains(self, var: Var) -> bool {
        self.0 >> var as u32 & 1 != 0
    }
}

impl Iterator for VarSet {
    type Item = Var;

    #[inline]
    fn next(&mut self) -> Option<Var> {
        let var = *Var::ALL.get(self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(var)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.0.count_ones() as usize;
        (count, Some(count))
    }
}

impl ExactSizeIterator for VarSet {}

/// A timer of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Timer {
    /// Retransmission time-out (RFC 6298).
    Retransmission,
    /// Zero-window probe (RFC 9293 section 3.8.6.1).
    Persist,
    /// Delayed acknowledgment (RFC 9293 section 3.8.6.3).
    DelayedAck,
    /// Keep-alive (RFC 9293 section 3.8.4).
    KeepAlive,
    /// 2 MSL in TIME-WAIT (RFC 9293 section 3.6.1).
    TimeWait,
    /// User time-out (RFC 9293 section 3.9.1, RFC 5482).
    User,
    /// Tail loss probe (RFC 8985 section 7).
    TailLossProbe,
    /// RACK reordering timer (RFC 8985 section 6.2).
    RackReordering,
    /// Held back by TCP_CORK (tcp(7)).
    Cork,
    /// Silly-window override at the sender (RFC 9293 section 3.8.6.2.1).
    SwsOverride,
    /// FIN-WAIT-2 of an orphaned connection (tcp(7), tcp_fin_timeout).
    FinWait2,
}

impl Timer {
    /// Every timer.
    pub const ALL: &[Timer] = &[
        Timer::Retransmission,
        Timer::Persist,
        Timer::DelayedAck,
        Timer::KeepAlive,
        Timer::TimeWait,
        Timer::User,
        Timer::TailLossProbe,
        Timer::RackReordering,
        Timer::Cork,
        Timer::SwsOverride,
        Timer::FinWait2,
    ];
    /// How many there are.
    pub const COUNT: usize = Timer::ALL.len();
}

/// What became of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerChange {
    /// Started, or moved, to fire at this instant.
    Set(Instant),
    /// Stopped before it fired.
    Cancelled,
    /// Fired.
    Fired,
}

/// Hears what an endpoint decides. All calls concern the endpoint and the instant at which it was called.
///
/// The type is a parameter of the endpoints, not a trait object: with [`Silent`] every note compiles to nothing.
pub trait Probe {
    /// False when nobody listens: callers may skip work that only prepares a note.
    const LISTENS: bool = true;

    /// `rule` made the endpoint act (or refuse to).
    fn rule(&mut self, rule: Rule);

    /// Because of `rule`, `var` went from `old` to `new`; [`Vars::UNSET`] where it had no value. State changes come
    /// as changes of [`Var::State`].
    fn change(&mut self, rule: Rule, var: Var, old: i64, new: i64);

    /// Because of `rule`, each of `vars` (there is one at least) went from its value in `old` to the one in `new`: as a
    /// [`Probe::change`] for each, in the order of the table.
    fn changes(&mut self, rule: Rule, vars: VarSet, old: &Vars, new: &Vars) {
        for var in vars {
            self.change(rule, var, old.raw(var), new.raw(var));
        }
    }

    /// Because of `rule`, something became of a timer.
    fn timer(&mut self, rule: Rule, timer: Timer, change: TimerChange);
}

/// The probe of a run that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Probe for Silent {
    const LISTENS: bool = false;
    fn rule(&mut self, _: Rule) {}
    fn change(&mut self, _: Rule, _: Var, _: i64, _: i64) {}
    fn timer(&mut self, _: Rule, _: Timer, _: TimerChange) {}
}

/// What an endpoint is given with every call: the time, and who listens.
#[derive(Debug)]
pub struct Context<'a, P: Probe> {
    /// Now, in virtual time.
    pub now: Instant,
    /// Who hears the notes.
    pub probe: &'a mut P,
}

impl<'a, P: Probe> Context<'a, P> {
    /// A context at `now` for `probe`.
    pub fn new(now: Instant, probe: &'a mut P) -> Self {
        Context { now, probe }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_no_value_until_set() {
        let mut vars = Vars::default();
        assert_eq!(vars.get(Var::Srtt), None);
        vars.set(Var::Srtt, 0);
        assert_eq!(vars.get(Var::Srtt), Some(0));
        assert_eq!(Var::SndUna.label(), "SND.UNA");
        assert_eq!(Var::Rto.unit(), Unit::Nanos);
    }

    #[test]
    fn a_set_names_its_variables_in_order() {
        let mut set = VarSet::default();
        assert!(set.is_empty() && set.into_iter().next().is_none());
        for var in [Var::OutOfOrder, Var::State, Var::Cwnd, Var::State] {
            set.insert(var);
        }
        assert!(set.len() == 3 && set.contains(Var::Cwnd) && !set.contains(Var::Iss) && !set.is_empty());
        assert_eq!(set.collect::<Vec<_>>(), [Var::State, Var::Cwnd, Var::OutOfOrder]);
    }

    #[test]
    fn tables_are_in_the_order_of_their_enums() {
        for (i, &timer) in Timer::ALL.iter().enumerate() {
            assert_eq!(timer as usize, i);
        }
        for (i, &var) in Var::ALL.iter().enumerate() {
            assert_eq!(var as usize, i);
        }
    }
}
