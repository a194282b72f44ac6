//! One record to bytes. docs/trace-format.md describes them.

use super::alike::{FRAME_ALIKE, Shape};
use super::wire::{Pen, put_address, put_bytes, put_i64, put_ip, put_option, put_u64};
use crate::probe::{Timer, TimerChange, Var};
use crate::rule::Rule;
use crate::trace::code::Kind;
use crate::trace::record::{Args, Data, Outcome, Record, What};

/// Names that a chunk has used so far: each gets the next number, and is spelt out when it comes first.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Which name got which number, from 1.
    given: Vec<(NameClass, u16)>,
    /// What its last frame was like.
    frame: Shape,
}

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameClass {
    Rule,
    Var,
    Timer,
}

impl Names {
    pub fn clear(&mut self) {
        self.given.clear();
        self.frame.clear();
    }

    /// What the chunk's last frame was like.
    pub fn frame(&self) -> &Shape {
        &self.frame
    }

    fn put(&mut self, out: &mut Pen<'_>, class: NameClass, code: u16, name: &str) {
        match self.given.iter().position(|g| *g == (class, code)) {
            Some(at) => put_u64(out, at as u64 + 1),
            None => {
                self.given.push((class, code));
                put_u64(out, self.given.len() as u64);
                put_bytes(out, name.as_bytes());
            }
        }
    }

    fn put_rule(&mut self, out: &mut Pen<'_>, rule: Option<Rule>) {
        match rule {
            None => out.push(0),
            Some(rule) => self.put(out, NameClass::Rule, rule as u16, rule.info().name),
        }
    }

    fn put_var(&mut self, out: &mut Pen<'_>, var: Var) {
        self.put(out, NameClass::Var, var as u16, var.label());
    }

    fn put_timer(&mut self, out: &mut Pen<'_>, timer: Timer) {
        self.put(out, NameClass::Timer, timer as u16, timer_name(timer));
    }
}

/// A timer's stable name.
pub fn timer_name(timer: Timer) -> &'static str {
    match timer {
        Timer::Retransmission => "Retransmission",
        Timer::Persist => "Persist",
        Timer::DelayedAck => "DelayedAck",
        Timer::KeepAlive => "KeepAlive",
        Timer::TimeWait => "TimeWait",
        Timer::User => "User",
        Timer::TailLossProbe => "TailLossProbe",
        Timer::RackReordering => "RackReordering",
        Timer::Cork => "Cork",
        Timer::SwsOverride => "SwsOverride",
        Timer::FinWait2 => "FinWait2",
    }
}

/// Data larger than this are told by their length alone.
pub const MAX_DATA: usize = 1 << 30;

fn put_data(out: &mut Pen<'_>, data: Data<'_>) {
    match data {
        Data::Bytes(bytes) if bytes.len() > MAX_DATA => {
            put_data(out, Data::Unknown { len: bytes.len() as u64 })
        }
        Data::Bytes(bytes) => {
            out.push(0);
            put_bytes(out, bytes);
        }
        Data::Repeat { unit, phase, len } => {
            out.push(1);
            put_bytes(out, unit);
            put_u64(out, u64::from(phase));
            put_u64(out, len);
        }
        Data::FromStream { len } => {
            out.push(2);
            put_u64(out, len);
        }
        Data::Unknown { len } => {
            out.push(3);
            put_u64(out, len);
        }
    }
}

/// What a record's kind is called in files.
pub fn kind_of(what: &What<'_>) -> Kind {
    match what {
        What::Host { .. } => Kind::Host,
        What::Program { .. } => Kind::Program,
        What::Thread { .. } => Kind::Thread,
        What::Socket { .. } => Kind::Socket,
        What::SocketNamed { .. } => Kind::SocketNamed,
        What::CallBegun { .. } => Kind::CallBegun,
        What::BytesAccepted { .. } => Kind::BytesAccepted,
        What::CallReturned { .. } => Kind::CallReturned,
        What::PacketSent { .. } => Kind::PacketSent,
        What::PacketQueued { .. } => Kind::PacketQueued,
        What::PacketDropped { .. } => Kind::PacketDropped,
        What::PacketDuplicated { .. } => Kind::PacketDuplicated,
        What::PacketCorrupted { .. } => Kind::PacketCorrupted,
        What::PacketArrived { .. } => Kind::PacketArrived,
        What::PacketConsumed { .. } => Kind::PacketConsumed,
        What::PacketIgnored { .. } => Kind::PacketIgnored,
        What::VarChange { var: Var::State, .. } => Kind::StateChange,
        What::VarChange { .. } => Kind::VarChange,
        What::Timer { change: TimerChange::Set(_), .. } => Kind::TimerSet,
        What::Timer { change: TimerChange::Cancelled, .. } => Kind::TimerCancelled,
        What::Timer { change: TimerChange::Fired, .. } => Kind::TimerFired,
        What::RuleFired { .. } => Kind::RuleFired,
        What::FrameDecoded { .. } => Kind::FrameDecoded,
        What::StreamBytes { .. } => Kind::StreamBytes,
        What::Command { .. } => Kind::Command,
        What::Note { .. } => Kind::Note,
        What::LimitReached { .. } => Kind::LimitReached,
        What::Lost { .. } => Kind::Lost,
        What::Clock { .. } => Kind::Clock,
    }
}

/// Appends the record's body; `event` is its number, `since` the time of the record before it in the chunk.
pub fn encode(out: &mut Pen<'_>, names: &mut Names, event: u32, since: u64, record: &Record<'_>) {
    let kind = names.frame.kind(&record.what);
    out.push(kind);
    out.push(record.provenance as u8 | if record.cause.is_some() { 0x80 } else { 0 });
    put_i64(out, record.time.as_nanos().wrapping_sub(since) as i64);
    if let Some(cause) = record.cause {
        put_i64(out, i64::from(event) - i64::from(cause.0));
    }
    match record.what {
        What::FrameDecoded { socket, sent, start, .. } if kind == FRAME_ALIKE => {
            Shape::put(out, socket, sent, start)
        }
        ref what => put_what(out, names, what),
    }
}

fn put_what(out: &mut Pen<'_>, names: &mut Names, what: &What<'_>) {
    let id = |out: &mut Pen<'_>, n: u32| put_u64(out, u64::from(n));
    let some = |out: &mut Pen<'_>, n: Option<u32>| put_option(out, n.map(u64::from));
    match *what {
        What::Host { host, name, addresses } => {
            id(out, host.0.into());
            put_bytes(out, name.as_bytes());
            put_u64(out, addresses.len() as u64);
            for ip in addresses {
                put_ip(out, *ip);
            }
        }
        What::Program { program, host, name, language, source } => {
            id(out, program.0);
            id(out, host.0.into());
            for text in [name, language, source] {
                put_bytes(out, text.as_bytes());
            }
        }
        What::Thread { thread, host, program, name } => {
            id(out, thread.0);
            id(out, host.0.into());
            some(out, program.map(|p| p.0));
            put_bytes(out, name.as_bytes());
        }
        What::Socket { socket, host, transport, local, remote, listener } => {
            id(out, socket.0);
            id(out, host.0.into());
            out.push(transport as u8);
            put_address(out, local);
            put_address(out, remote);
            some(out, listener.map(|s| s.0));
        }
        What::SocketNamed { socket, local, remote } => {
            id(out, socket.0);
            put_address(out, local);
            put_address(out, remote);
        }
        What::CallBegun { call, host, thread, socket, op, args, line, parent } => {
            id(out, call.0);
            id(out, host.0.into());
            id(out, thread.0);
            some(out, socket.map(|s| s.0));
            out.push(op as u8);
            some(out, line);
            some(out, parent.map(|c| c.0));
            put_args(out, &args);
        }
        What::BytesAccepted { call, bytes } => {
            id(out, call.0);
            put_u64(out, bytes);
        }
        What::CallReturned { call, outcome, data, address, socket, truncated } => {
            id(out, call.0);
            match outcome {
                Outcome::Value(n) => {
                    out.push(0);
                    put_i64(out, n);
                }
                Outcome::Errno(n) => {
                    out.push(1);
                    id(out, n.0.into());
                }
                Outcome::Failed(why) => {
                    out.push(2);
                    put_bytes(out, why.as_bytes());
                }
            }
            put_data(out, data);
            put_address(out, address);
            some(out, socket.map(|s| s.0));
            id(out, truncated);
        }
        What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent } => {
            id(out, packet.0);
            id(out, host.0.into());
            some(out, socket.map(|s| s.0));
            put_bytes(out, bytes);
            id(out, len);
            put_option(out, payload);
            names.put_rule(out, rule);
            out.push(u8::from(retransmission));
            some(out, parent.map(|p| p.0));
        }
        What::PacketQueued { packet, behind, until } => {
            id(out, packet.0);
            id(out, behind);
            put_u64(out, until.as_nanos());
        }
        What::PacketDropped { packet, why } => {
            id(out, packet.0);
            out.push(why as u8);
        }
        What::PacketDuplicated { packet, copy } => {
            id(out, packet.0);
            id(out, copy.0);
        }
        What::PacketCorrupted { packet, at, bytes } => {
            id(out, packet.0);
            id(out, at);
            put_bytes(out, bytes);
        }
        What::PacketArrived { packet, host } => {
            id(out, packet.0);
            id(out, host.0.into());
        }
        What::PacketConsumed { packet, socket, rule } => {
            id(out, packet.0);
            id(out, socket.0);
            names.put_rule(out, rule);
        }
        What::PacketIgnored { packet, socket, rule } => {
            id(out, packet.0);
            some(out, socket.map(|s| s.0));
            names.put_rule(out, rule);
        }
        What::VarChange { socket, var, old, new, rule } => {
            id(out, socket.0);
            names.put_var(out, var);
            put_i64(out, old);
            put_i64(out, new);
            names.put_rule(out, rule);
        }
        What::Timer { socket, timer, change, rule } => {
            id(out, socket.0);
            names.put_timer(out, timer);
            if let TimerChange::Set(until) = change {
                put_u64(out, until.as_nanos());
            }
            names.put_rule(out, rule);
        }
        What::RuleFired { socket, rule } => {
            id(out, socket.0);
            names.put_rule(out, Some(rule));
        }
        What::FrameDecoded { socket, sent, framing, start, end, roles, error } => {
            id(out, socket.0);
            out.push(u8::from(sent));
            put_bytes(out, framing.as_bytes());
            put_u64(out, start);
            put_u64(out, end);
            put_u64(out, roles.len() as u64);
            for role in roles {
                out.push(role.role as u8);
                put_u64(out, role.start);
                put_u64(out, role.end);
            }
            out.push(u8::from(error.is_some()));
            if let Some(error) = error {
                put_bytes(out, error.as_bytes());
            }
            names.frame.learn(what);
        }
        What::StreamBytes { socket, sent, offset, data } => {
            id(out, socket.0);
            out.push(u8::from(sent));
            put_u64(out, offset);
            put_data(out, data);
        }
        What::Command { text } | What::Note { text } => put_bytes(out, text.as_bytes()),
        What::LimitReached { limit, value } => {
            out.push(limit as u8);
            put_u64(out, value);
        }
        What::Lost { events } => put_u64(out, events),
        What::Clock { epoch_nanos } => put_u64(out, epoch_nanos),
    }
}

/// Most calls use few arguments: a set of bits says which follow.
fn put_args(out: &mut Pen<'_>, args: &Args<'_>) {
    let has = [
        args.size.is_some(),
        args.address.is_some(),
        args.how.is_some(),
        args.duration.is_some(),
        !args.text.is_empty(),
        args.data != Data::NONE,
    ];
    out.push(has.iter().enumerate().map(|(bit, on)| u8::from(*on) << bit).sum());
    if let Some(size) = args.size {
        put_u64(out, size);
    }
    if args.address.is_some() {
        put_address(out, args.address);
    }
    if let Some(how) = args.how {
        out.push(how as u8);
    }
    if let Some(duration) = args.duration {
        put_u64(out, duration.as_nanos());
    }
    if !args.text.is_empty() {
        put_bytes(out, args.text.as_bytes());
    }
    if args.data != Data::NONE {
        put_data(out, args.data);
    }
}
