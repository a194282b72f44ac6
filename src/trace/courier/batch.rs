//! Records as they lie in memory between two threads: few octets for each, for what one processor has written another reads
//! slowly.

use std::ops::Range;
use std::slice;

use super::borrowed::{Borrowed, Give, Lend};
use crate::probe::{Timer, TimerChange, Var, VarSet, Vars};
use crate::rule::Rule;
use crate::time::Instant;
use crate::trace::code::{Op, Provenance};
use crate::trace::id::{CallId, EventId, HostId, PacketId, SocketId, ThreadId};
use crate::trace::record::{Args, Data, Outcome, Record, What};
use crate::trace::sink::{Changes, Sink};
use crate::trace::store::Trace;

/// A batch is full with so many records,
const RECORDS: usize = 400;
/// or with so many octets that they borrow.
const OCTETS: usize = 64 << 10;

/// Records in their order. What is long about them, or the same for many, stands in columns of its own, in their order too.
#[derive(Debug, Default)]
pub(super) struct Batch {
    entries: Vec<Entry>,
    /// Time and cause, where they are not those of the record before.
    heads: Vec<(Instant, Option<EventId>)>,
    /// Times, counts and values.
    words: Vec<u64>,
    changed: Vec<VarSet>,
    /// Of changed variables the values before and after.
    values: Vec<(i64, i64)>,
    sent: Vec<Sent>,
    begun: Vec<Begun>,
    others: Vec<(Provenance, What<'static>)>,
    borrowed: Borrowed,
}

/// A record, as short as can be.
#[derive(Clone, Copy, Debug)]
struct Entry {
    news: News,
    /// It begins another head.
    head: bool,
}

/// What happened. All but the last are the model's.
#[derive(Clone, Copy, Debug)]
enum News {
    Changes { socket: SocketId, rule: Rule },
    VarChange { socket: SocketId, var: Var, rule: Option<Rule> },
    TimerSet { socket: SocketId, timer: Timer, rule: Option<Rule> },
    TimerOver { socket: SocketId, timer: Timer, rule: Option<Rule>, fired: bool },
    RuleFired { socket: SocketId, rule: Rule },
    PacketSent { text: bool },
    PacketQueued { packet: PacketId, behind: u32 },
    PacketArrived { packet: PacketId, host: HostId },
    PacketConsumed { packet: PacketId, socket: SocketId, rule: Option<Rule> },
    CallBegun,
    BytesAccepted { call: CallId },
    CallReturned { call: CallId },
    Other,
}

/// A packet that was sent.
#[derive(Clone, Copy, Debug)]
struct Sent {
    packet: PacketId,
    socket: SocketId,
    parent: PacketId,
    len: u32,
    payload: Option<u64>,
    host: HostId,
    rule: Option<Rule>,
    retransmission: bool,
}

/// A call with a size and no other argument, as recv() has it.
#[derive(Clone, Copy, Debug)]
struct Begun {
    call: CallId,
    thread: ThreadId,
    socket: SocketId,
    size: u64,
    line: Option<u32>,
    host: HostId,
    op: Op,
}

const _: () = assert!(size_of::<Entry>() == 16);

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= RECORDS || self.borrowed.len() >= OCTETS
    }

    #[inline]
    fn add(&mut self, time: Instant, cause: Option<EventId>, news: News) {
        let head = self.heads.last() != Some(&(time, cause));
        if head {
            self.heads.push((time, cause));
        }
        self.entries.push(Entry { news, head });
    }

    /// Takes a record in; of a packet's `text`, as in [`Sink::record_sent`], only where it stands.
    // Inlined, so that who tells a thing need not build a whole record first.
    #[inline(always)]
    pub(super) fn push(&mut self, record: Record<'_>, text: Option<Range<u64>>) {
        let Record { time, provenance, cause, what } = record;
        let news = match provenance {
            Provenance::Modelled => self.take(what, text),
            _ => None,
        };
        let news = match news {
            Some(news) => news,
            None => self.take_other(provenance, what),
        };
        self.add(time, cause, news);
    }

    #[inline(never)]
    fn take_other(&mut self, provenance: Provenance, what: What<'_>) -> News {
        self.others.push((provenance, what.lend(&mut self.borrowed)));
        News::Other
    }

    /// What the model tells most often; `None` for everything else.
    #[inline(always)]
    fn take(&mut self, what: What<'_>, text: Option<Range<u64>>) -> Option<News> {
        Some(match what {
            What::Timer { socket, timer, change: TimerChange::Set(until), rule } => {
                self.words.push(until.as_nanos());
                News::TimerSet { socket, timer, rule }
            }
            What::Timer { socket, timer, change, rule } => {
                News::TimerOver { socket, timer, rule, fired: change == TimerChange::Fired }
            }
            What::VarChange { socket, var, old, new, rule } => {
                self.values.push((old, new));
                News::VarChange { socket, var, rule }
            }
            What::RuleFired { socket, rule } => News::RuleFired { socket, rule },
            What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent } => {
                let has_text = text.is_some();
                let mut headers = bytes;
                if let Some(Range { start, end }) = text {
                    self.words.push(start);
                    // The text may have been left out already.
                    let there = (end - start).saturating_sub(u64::from(len) - bytes.len() as u64);
                    headers = bytes.get(..bytes.len() - there as usize).unwrap_or(bytes);
                }
                self.borrowed.octets(headers);
                let (socket, parent) = (socket.unwrap_or(SocketId::NONE), parent.unwrap_or(PacketId::NONE));
                self.sent.push(Sent { packet, socket, parent, len, payload, host, rule, retransmission });
                News::PacketSent { text: has_text }
            }
            What::PacketQueued { packet, behind, until } => {
                self.words.push(until.as_nanos());
                News::PacketQueued { packet, behind }
            }
            What::PacketArrived { packet, host } => News::PacketArrived { packet, host },
            What::PacketConsumed { packet, socket, rule } => News::PacketConsumed { packet, socket, rule },
            What::CallBegun {
                call,
                host,
                thread,
                socket: Some(socket),
                op,
                args:
                    Args {
                        size: Some(size),
                        address: None,
                        how: None,
                        duration: None,
                        text: "",
                        data: Data::Bytes([]),
                    },
                line,
                parent: None,
            } => {
                self.begun.push(Begun { call, thread, socket, size, line, host, op });
                News::CallBegun
            }
            What::BytesAccepted { call, bytes } => {
                self.words.push(bytes);
                News::BytesAccepted { call }
            }
            What::CallReturned {
                call,
                outcome: Outcome::Value(value),
                data: Data::FromStream { len },
                address: None,
                socket: None,
                truncated: 0,
            } => {
                self.words.extend([value as u64, len]);
                News::CallReturned { call }
            }
            _ => return None,
        })
    }

    /// Takes changes in; how many.
    pub(super) fn push_changes(&mut self, changes: &Changes<'_>) -> u32 {
        let &Changes { time, cause, socket, rule, old, new, vars } = changes;
        let before = self.values.len();
        for var in vars {
            self.values.push((old.raw(var), new.raw(var)));
        }
        self.changed.push(vars);
        self.add(time, cause, News::Changes { socket, rule });
        (self.values.len() - before) as u32
    }

    /// Writes all records into the trace.
    pub(super) fn write(&self, trace: &mut Trace) {
        let mut left = Left {
            words: self.words.iter(),
            values: self.values.iter(),
            sent: self.sent.iter(),
            begun: self.begun.iter(),
            others: self.others.iter(),
            borrowed: self.borrowed.give(),
        };
        let (mut heads, mut changed) = (self.heads.iter(), self.changed.iter());
        let (mut time, mut cause) = (Instant::START, None);
        let (mut old, mut new) = (Vars::default(), Vars::default());
        for &Entry { news, head } in &self.entries {
            if head && let Some(next) = heads.next() {
                (time, cause) = *next;
            }
            if let News::Changes { socket, rule } = news {
                let vars = changed.next().copied().unwrap_or_default();
                for (var, &(before, after)) in vars.zip(&mut left.values) {
                    old.set(var, before);
                    new.set(var, after);
                }
                trace.record_changes(&Changes { time, cause, socket, rule, old: &old, new: &new, vars });
            } else if let Some((provenance, what, text)) = left.next(news) {
                let record = Record { time, provenance, cause, what };
                match news {
                    News::PacketSent { .. } => trace.record_sent(record, text),
                    _ => trace.record(record),
                };
            }
        }
    }

    /// Empty, with all its room.
    pub(super) fn clear(&mut self) {
        let Batch { entries, heads, words, changed, values, sent, begun, others, borrowed } = self;
        entries.clear();
        heads.clear();
        words.clear();
        changed.clear();
        values.clear();
        sent.clear();
        begun.clear();
        others.clear();
        borrowed.clear();
    }
}

/// What is left of the columns for the records to come.
struct Left<'b> {
    words: slice::Iter<'b, u64>,
    values: slice::Iter<'b, (i64, i64)>,
    sent: slice::Iter<'b, Sent>,
    begun: slice::Iter<'b, Begun>,
    others: slice::Iter<'b, (Provenance, What<'static>)>,
    borrowed: Give<'b>,
}

impl<'b> Left<'b> {
    /// How the next record is known, what it says, and where a packet's text stands.
    #[inline]
    fn next(&mut self, news: News) -> Option<(Provenance, What<'b>, Option<Range<u64>>)> {
        let mut of_text = None;
        let what = match news {
            News::VarChange { socket, var, rule } => {
                let &(old, new) = self.values.next()?;
                What::VarChange { socket, var, old, new, rule }
            }
            News::TimerSet { socket, timer, rule } => {
                let change = TimerChange::Set(Instant::from_nanos(*self.words.next()?));
                What::Timer { socket, timer, change, rule }
            }
            News::TimerOver { socket, timer, rule, fired } => {
                let change = if fired { TimerChange::Fired } else { TimerChange::Cancelled };
                What::Timer { socket, timer, change, rule }
            }
            News::RuleFired { socket, rule } => What::RuleFired { socket, rule },
            News::PacketSent { text } => {
                let &Sent { packet, socket, parent, len, payload, host, rule, retransmission } =
                    self.sent.next()?;
                let bytes = self.borrowed.octets(&[]);
                if text {
                    let start = *self.words.next()?;
                    of_text = Some(start..start + u64::from(len) - bytes.len() as u64);
                }
                let (socket, parent) = (socket.known(), parent.known());
                What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent }
            }
            News::PacketQueued { packet, behind } => {
                What::PacketQueued { packet, behind, until: Instant::from_nanos(*self.words.next()?) }
            }
            News::PacketArrived { packet, host } => What::PacketArrived { packet, host },
            News::PacketConsumed { packet, socket, rule } => What::PacketConsumed { packet, socket, rule },
            News::CallBegun => {
                let &Begun { call, thread, socket, size, line, host, op } = self.begun.next()?;
                let args = Args { size: Some(size), ..Args::default() };
                What::CallBegun { call, host, thread, socket: Some(socket), op, args, line, parent: None }
            }
            News::BytesAccepted { call } => What::BytesAccepted { call, bytes: *self.words.next()? },
            News::CallReturned { call } => What::CallReturned {
                call,
                outcome: Outcome::Value(*self.words.next()? as i64),
                data: Data::FromStream { len: *self.words.next()? },
                address: None,
                socket: None,
                truncated: 0,
            },
            News::Other => {
                let &(provenance, what) = self.others.next()?;
                return Some((provenance, what.lend(&mut self.borrowed), None));
            }
            News::Changes { .. } => return None,
        };
        Some((Provenance::Modelled, what, of_text))
    }
}
