//! Bytes to one record. What a newer version wrote and this one does not know becomes a remark.

use std::net::IpAddr;

use super::alike::{FRAME_ALIKE, Shape};
use super::encode::{NameClass, timer_name};
use super::turn::Turn;
use super::wire::{Fields, WireError};
use crate::framing::Role;
use crate::probe::{Timer, TimerChange, Var};
use crate::rule::Rule;
use crate::time::{Duration, Instant};
use crate::trace::code::{DropReason, Errno, How, Kind, Limit, Op, Provenance, Transport};
use crate::trace::id::{CallId, EventId, HostId, PacketId, ProgramId, SocketId, ThreadId};
use crate::trace::record::{Args, Data, Outcome, Record, RoleRange, What};

/// What a name of a chunk turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Rule(Rule),
    Var(Var),
    Timer(Timer),
    Unknown(String),
}

/// What decoding a chunk's records needs from one to the next.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    names: Vec<Named>,
    addresses: Vec<IpAddr>,
    roles: Vec<RoleRange>,
    words: String,
    frame: Shape,
}

impl Scratch {
    /// Forgets the names of the last chunk.
    pub fn clear(&mut self) {
        self.names.clear();
        self.frame.clear();
    }
}

/// Reads a name's number, and its spelling if it is new.
fn name(
    names: &mut Vec<Named>,
    class: NameClass,
    fields: &mut Fields<'_>,
) -> Result<Option<Named>, WireError> {
    let Some(at) = fields.option("a name's number")? else { return Ok(None) };
    if at == names.len() as u64 {
        let text = fields.text("a name")?;
        let found = match class {
            NameClass::Rule => Rule::from_name(text).map(Named::Rule),
            NameClass::Var => Var::ALL.iter().copied().find(|v| v.label() == text).map(Named::Var),
            NameClass::Timer => Timer::ALL.iter().copied().find(|t| timer_name(*t) == text).map(Named::Timer),
        };
        names.push(found.unwrap_or_else(|| Named::Unknown(text.to_owned())));
    }
    let named = usize::try_from(at).ok().and_then(|at| names.get(at));
    named.cloned().map(Some).ok_or(WireError::Range { what: "a name's number", value: at })
}

fn rule(names: &mut Vec<Named>, fields: &mut Fields<'_>) -> Result<Option<Rule>, WireError> {
    // A rule that only a newer version knows: the event stands without it.
    Ok(match name(names, NameClass::Rule, fields)? {
        Some(Named::Rule(rule)) => Some(rule),
        _ => None,
    })
}

fn code<T>(value: u8, what: &'static str, of: impl Fn(u8) -> Option<T>) -> Result<T, WireError> {
    of(value).ok_or(WireError::Range { what, value: u64::from(value) })
}

fn data<'a>(f: &mut Fields<'a>) -> Result<Data<'a>, WireError> {
    Ok(match f.u8("the form of data")? {
        0 => Data::Bytes(f.bytes("data")?),
        1 => Data::Repeat { unit: f.bytes("a unit")?, phase: f.u32("a phase")?, len: f.u64("a length")? },
        2 => Data::FromStream { len: f.u64("a length")? },
        3 => Data::Unknown { len: f.u64("a length")? },
        other => return Err(WireError::Range { what: "the form of data", value: u64::from(other) }),
    })
}

fn args<'a>(f: &mut Fields<'a>) -> Result<Args<'a>, WireError> {
    let has = f.u8("the set of arguments")?;
    let mut args = Args::default();
    if has & 1 != 0 {
        args.size = Some(f.u64("a size")?);
    }
    if has & 2 != 0 {
        args.address = f.address("an address")?;
    }
    if has & 4 != 0 {
        args.how = Some(code(f.u8("a direction")?, "a direction", How::from_code)?);
    }
    if has & 8 != 0 {
        args.duration = Some(Duration::from_nanos(f.u64("a duration")?));
    }
    if has & 16 != 0 {
        args.text = f.text("an argument's text")?;
    }
    if has & 32 != 0 {
        args.data = data(f)?;
    }
    Ok(args)
}

/// Decodes a record's body and tells `each` of the records that it stands for, which is one but for turns; `event` is the number of
/// the first, `since` the time of the record before it in the chunk.
pub fn decode(
    body: &[u8],
    event: u32,
    since: u64,
    scratch: &mut Scratch,
    each: &mut dyn FnMut(Record<'_>),
) -> Result<(), WireError> {
    match Turn::take(body, since, &scratch.frame)? {
        Some(turn) => turn.tell(&mut scratch.roles, each),
        None => each(one(body, event, since, scratch)?),
    }
    Ok(())
}

/// Decodes the body of a record that stands for itself.
fn one<'a>(
    body: &'a [u8],
    event: u32,
    since: u64,
    scratch: &'a mut Scratch,
) -> Result<Record<'a>, WireError> {
    let f = &mut Fields::new(body);
    let kind = f.u8("its kind")?;
    let head = f.u8("its provenance")?;
    let provenance = code(head & 0x7f, "its provenance", Provenance::from_code)?;
    let time = Instant::from_nanos(since.wrapping_add(f.i64("its time")? as u64));
    let mut cause = None;
    if head & 0x80 != 0 {
        let back = f.i64("its cause")?;
        let number = i64::from(event).checked_sub(back).and_then(|n| u32::try_from(n).ok());
        cause = Some(EventId(number.ok_or(WireError::Range { what: "its cause", value: back as u64 })?));
    }
    let what = match Kind::from_code(kind) {
        Some(kind) => what(kind, f, scratch)?,
        None if kind == FRAME_ALIKE => scratch.frame.take(f, &mut scratch.roles)?,
        None => {
            scratch.words = format!("a record of kind {kind}, which this version does not know");
            What::Note { text: &scratch.words }
        }
    };
    Ok(Record { time, provenance, cause, what })
}

fn host(f: &mut Fields<'_>) -> Result<HostId, WireError> {
    f.u16("a host").map(HostId)
}

fn socket(f: &mut Fields<'_>) -> Result<SocketId, WireError> {
    f.u32("a socket").map(SocketId)
}

fn packet(f: &mut Fields<'_>) -> Result<PacketId, WireError> {
    f.u32("a packet").map(PacketId)
}

fn what<'a>(kind: Kind, f: &mut Fields<'a>, scratch: &'a mut Scratch) -> Result<What<'a>, WireError> {
    let Scratch { names, addresses, roles, words, frame } = scratch;
    Ok(match kind {
        Kind::Host => {
            let (host, name) = (host(f)?, f.text("a host's name")?);
            addresses.clear();
            for _ in 0..f.u64("the number of addresses")? {
                addresses.extend(f.ip("a host's address")?);
            }
            What::Host { host, name, addresses }
        }
        Kind::Program => What::Program {
            program: ProgramId(f.u32("a program")?),
            host: host(f)?,
            name: f.text("a program's name")?,
            language: f.text("a program's language")?,
            source: f.text("a program's source")?,
        },
        Kind::Thread => What::Thread {
            thread: ThreadId(f.u32("a thread")?),
            host: host(f)?,
            program: f.option_u32("a thread's program")?.map(ProgramId),
            name: f.text("a thread's name")?,
        },
        Kind::Socket => What::Socket {
            socket: socket(f)?,
            host: host(f)?,
            transport: code(f.u8("a transport")?, "a transport", Transport::from_code)?,
            local: f.address("a local address")?,
            remote: f.address("a remote address")?,
            listener: f.option_u32("a listening socket")?.map(SocketId),
        },
        Kind::SocketNamed => What::SocketNamed {
            socket: socket(f)?,
            local: f.address("a local address")?,
            remote: f.address("a remote address")?,
        },
        Kind::CallBegun => What::CallBegun {
            call: CallId(f.u32("a call")?),
            host: host(f)?,
            thread: ThreadId(f.u32("a thread")?),
            socket: f.option_u32("a socket")?.map(SocketId),
            // A call that only a newer version knows is some other call.
            op: Op::from_code(f.u8("an operation")?).unwrap_or(Op::Other),
            line: f.option_u32("a line")?,
            parent: f.option_u32("the call it is part of")?.map(CallId),
            args: args(f)?,
        },
        Kind::BytesAccepted => {
            What::BytesAccepted { call: CallId(f.u32("a call")?), bytes: f.u64("a number of bytes")? }
        }
        Kind::CallReturned => What::CallReturned {
            call: CallId(f.u32("a call")?),
            outcome: match f.u8("an outcome")? {
                0 => Outcome::Value(f.i64("a value")?),
                1 => Outcome::Errno(Errno(f.u16("an error number")?)),
                2 => Outcome::Failed(f.text("an error's words")?),
                other => return Err(WireError::Range { what: "an outcome", value: u64::from(other) }),
            },
            data: data(f)?,
            address: f.address("a peer's address")?,
            socket: f.option_u32("a new socket")?.map(SocketId),
            truncated: f.u32("a number of bytes cut off")?,
        },
        Kind::PacketSent => What::PacketSent {
            packet: packet(f)?,
            host: host(f)?,
            socket: f.option_u32("a socket")?.map(SocketId),
            bytes: f.bytes("a packet's bytes")?,
            len: f.u32("a packet's length")?,
            payload: f.option("a payload's place")?,
            rule: rule(names, f)?,
            retransmission: f.flag("a flag")?,
            parent: f.option_u32("the packet it is part of")?.map(PacketId),
        },
        Kind::PacketQueued => What::PacketQueued {
            packet: packet(f)?,
            behind: f.u32("a queue's length")?,
            until: Instant::from_nanos(f.u64("an instant")?),
        },
        Kind::PacketDropped => What::PacketDropped {
            packet: packet(f)?,
            why: code(f.u8("a reason")?, "a reason", DropReason::from_code)?,
        },
        Kind::PacketDuplicated => What::PacketDuplicated { packet: packet(f)?, copy: packet(f)? },
        Kind::PacketCorrupted => What::PacketCorrupted {
            packet: packet(f)?,
            at: f.u32("a place")?,
            bytes: f.bytes("changed bytes")?,
        },
        Kind::PacketArrived => What::PacketArrived { packet: packet(f)?, host: host(f)? },
        Kind::PacketConsumed => {
            What::PacketConsumed { packet: packet(f)?, socket: socket(f)?, rule: rule(names, f)? }
        }
        Kind::PacketIgnored => What::PacketIgnored {
            packet: packet(f)?,
            socket: f.option_u32("a socket")?.map(SocketId),
            rule: rule(names, f)?,
        },
        Kind::StateChange | Kind::VarChange => {
            let (socket, var) = (socket(f)?, name(names, NameClass::Var, f)?);
            let (old, new) = (f.i64("a value")?, f.i64("a value")?);
            let rule = rule(names, f)?;
            match var {
                Some(Named::Var(var)) => What::VarChange { socket, var, old, new, rule },
                var => {
                    let label = spelling(&var);
                    *words = format!(
                        "{label} of socket {} went from {old} to {new}; this version does not know it",
                        socket.0
                    );
                    What::Note { text: words }
                }
            }
        }
        Kind::TimerSet | Kind::TimerCancelled | Kind::TimerFired => {
            let (socket, timer) = (socket(f)?, name(names, NameClass::Timer, f)?);
            let change = match kind {
                Kind::TimerSet => TimerChange::Set(Instant::from_nanos(f.u64("an instant")?)),
                Kind::TimerCancelled => TimerChange::Cancelled,
                _ => TimerChange::Fired,
            };
            let rule = rule(names, f)?;
            match timer {
                Some(Named::Timer(timer)) => What::Timer { socket, timer, change, rule },
                timer => {
                    let label = spelling(&timer);
                    let change = match change {
                        TimerChange::Set(until) => format!("set to {} ns", until.as_nanos()),
                        TimerChange::Cancelled => "cancelled".to_owned(),
                        TimerChange::Fired => "fired".to_owned(),
                    };
                    *words = format!(
                        "timer {label} of socket {}: {change}; this version does not know it",
                        socket.0
                    );
                    What::Note { text: words }
                }
            }
        }
        Kind::RuleFired => {
            let (socket, rule) = (socket(f)?, name(names, NameClass::Rule, f)?);
            match rule {
                Some(Named::Rule(rule)) => What::RuleFired { socket, rule },
                rule => {
                    let label = spelling(&rule);
                    *words =
                        format!("rule {label} made socket {} act; this version does not know it", socket.0);
                    What::Note { text: words }
                }
            }
        }
        Kind::FrameDecoded => {
            let (socket, sent, framing) = (socket(f)?, f.flag("a flag")?, f.text("a framing")?);
            let (start, end) = (f.u64("a frame's start")?, f.u64("a frame's end")?);
            roles.clear();
            for _ in 0..f.u64("the number of roles")? {
                let role = Role::ALL.get(usize::from(f.u8("a role")?)).copied();
                let (start, end) = (f.u64("a role's start")?, f.u64("a role's end")?);
                // A role that only a newer version knows is left out.
                roles.extend(role.map(|role| RoleRange { role, start, end }));
            }
            let error = if f.flag("a flag")? { Some(f.text("an error's words")?) } else { None };
            let what = What::FrameDecoded { socket, sent, framing, start, end, roles, error };
            frame.learn(&what);
            what
        }
        Kind::StreamBytes => What::StreamBytes {
            socket: socket(f)?,
            sent: f.flag("a flag")?,
            offset: f.u64("a place in the stream")?,
            data: data(f)?,
        },
        Kind::Command => What::Command { text: f.text("a command")? },
        Kind::Note => What::Note { text: f.text("a remark")? },
        Kind::LimitReached => What::LimitReached {
            limit: code(f.u8("a limit")?, "a limit", Limit::from_code)?,
            value: f.u64("a limit's value")?,
        },
        Kind::Lost => What::Lost { events: f.u64("a number of events")? },
        Kind::Clock => What::Clock { epoch_nanos: f.u64("a time of day")? },
    })
}

fn spelling(named: &Option<Named>) -> &str {
    match named {
        Some(Named::Unknown(text)) => text,
        _ => "(no name)",
    }
}
