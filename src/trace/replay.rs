//! Back from rows to records: what a trace was told, in the order in which it was told.

use super::code::{DropReason, Errno, Kind, Limit};
use super::id::{EventId, PacketId};
use super::record::{Args, Data, Outcome, Record, What};
use super::store::Trace;
use super::tables::{StoredData, StoredOutcome, packet_bits, rule_from};
use crate::probe::{Timer, TimerChange};
use crate::time::Instant;

/// Finds the row that an event made in a table ordered by event.
fn row_of<T>(rows: &[T], event: EventId, event_of: impl Fn(&T) -> EventId) -> Option<&T> {
    rows.get(rows.binary_search_by_key(&event, event_of).ok()?)
}

impl Trace {
    /// The record that made an event; recording all of them in order makes an equal trace. A packet whose payload the
    /// stream has anyway comes with its headers and the payload's place, received bytes likewise.
    pub fn record_of(&self, event: EventId) -> Option<Record<'_>> {
        let what = self.what(event)?;
        Some(Record {
            time: self.time(event)?,
            provenance: self.provenance(event)?,
            cause: self.cause(event),
            what,
        })
    }

    /// All records, in order.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> + '_ {
        (0..self.len() as u32).filter_map(|n| self.record_of(EventId(n)))
    }

    fn what(&self, event: EventId) -> Option<What<'_>> {
        let kind = self.kind(event)?;
        let subject = self.columns.subject(event)? as usize;
        let socket = self.columns.socket(event)?;
        let detail = self.columns.detail(event)?;
        let host = self.columns.host(event)?;
        let t = &self.tables;
        let value = || row_of(&t.values, event, |r| r.event).map(|r| r.value);
        let packet = || t.packets.get(subject).map(|p| p.id);
        let rule = rule_from(detail);
        Some(match kind {
            Kind::Host => {
                let r = t.hosts.get(subject)?;
                What::Host { host: r.id, name: &r.name, addresses: &r.addresses }
            }
            Kind::Program => {
                let r = t.programs.get(subject)?;
                let (name, language, source) = (&r.name, &r.language, &r.source);
                What::Program { program: r.id, host: r.host, name, language, source }
            }
            Kind::Thread => {
                let r = t.threads.get(subject)?;
                What::Thread { thread: r.id, host: r.host, program: r.program, name: &r.name }
            }
            Kind::Socket => {
                let r = t.sockets.get(subject)?;
                What::Socket {
                    socket: r.id,
                    host: r.host,
                    transport: r.transport,
                    local: r.local,
                    remote: r.remote,
                    listener: r.listener,
                }
            }
            Kind::SocketNamed => {
                let r = t.names.get(subject)?;
                What::SocketNamed { socket, local: r.local, remote: r.remote }
            }
            Kind::CallBegun => {
                let r = t.calls.get(subject)?;
                let args = Args {
                    size: r.size,
                    address: r.more().address,
                    how: r.more().how,
                    duration: r.more().duration,
                    text: self.text(r.more().text),
                    data: self.data(r.data),
                };
                What::CallBegun {
                    call: r.id,
                    host: r.host,
                    thread: r.thread,
                    socket: r.socket,
                    op: r.op,
                    args,
                    line: r.line,
                    parent: r.parent,
                }
            }
            Kind::BytesAccepted => What::BytesAccepted { call: t.calls.get(subject)?.id, bytes: value()? },
            Kind::CallReturned => {
                let r = row_of(&t.returns, event, |r| r.event)?;
                let outcome = match r.outcome {
                    StoredOutcome::Value(n) => Outcome::Value(n),
                    StoredOutcome::Errno(n) => Outcome::Errno(Errno(n)),
                    StoredOutcome::Failed(why) => Outcome::Failed(self.text(why)),
                };
                What::CallReturned {
                    call: t.calls.get(subject)?.id,
                    outcome,
                    data: self.data(r.data),
                    address: r.address(),
                    socket: r.socket(),
                    truncated: r.truncated,
                }
            }
            Kind::PacketSent => {
                let r = t.packets.get(subject)?;
                What::PacketSent {
                    packet: r.id,
                    host,
                    socket: socket.known(),
                    bytes: self.bytes(r.stored),
                    len: r.len,
                    payload: r.is(packet_bits::HEADERS_ONLY).then_some(r.offset),
                    rule,
                    retransmission: r.is(packet_bits::RETRANSMISSION),
                    parent: r.parent.known(),
                }
            }
            Kind::PacketQueued => {
                let r = row_of(&t.queued, event, |r| r.event)?;
                What::PacketQueued {
                    packet: packet()?,
                    behind: r.behind,
                    until: Instant::from_nanos(r.until),
                }
            }
            Kind::PacketDropped => What::PacketDropped {
                packet: packet()?,
                why: DropReason::from_code(u8::try_from(detail).ok()?)?,
            },
            Kind::PacketDuplicated => {
                let copy = row_of(&t.copies, event, |r| r.event)?.value;
                let copy: PacketId = t.packets.get(usize::try_from(copy).ok()?)?.id;
                What::PacketDuplicated { packet: packet()?, copy }
            }
            Kind::PacketCorrupted => {
                let r = row_of(&t.corrupted, event, |r| r.event)?;
                What::PacketCorrupted { packet: packet()?, at: r.at, bytes: self.bytes(r.bytes) }
            }
            Kind::PacketArrived => What::PacketArrived { packet: packet()?, host },
            Kind::PacketConsumed => What::PacketConsumed { packet: packet()?, socket, rule },
            Kind::PacketIgnored => What::PacketIgnored { packet: packet()?, socket: socket.known(), rule },
            Kind::StateChange | Kind::VarChange => {
                let r = t.vars.get(subject)?;
                What::VarChange { socket, var: r.var, old: r.old, new: r.new, rule }
            }
            Kind::TimerSet | Kind::TimerCancelled | Kind::TimerFired => {
                let change = match kind {
                    Kind::TimerSet => TimerChange::Set(Instant::from_nanos(value()?)),
                    Kind::TimerCancelled => TimerChange::Cancelled,
                    _ => TimerChange::Fired,
                };
                What::Timer { socket, timer: *Timer::ALL.get(subject)?, change, rule }
            }
            Kind::RuleFired => What::RuleFired { socket, rule: rule? },
            Kind::FrameDecoded => {
                let r = t.frames.get(subject)?;
                let roles = r.first_role as usize..r.first_role as usize + r.role_count as usize;
                What::FrameDecoded {
                    socket,
                    sent: r.sent,
                    framing: self.text(r.framing),
                    start: r.start,
                    end: r.end,
                    roles: t.roles.get(roles)?,
                    error: r.error.map(|e| self.text(e)),
                }
            }
            Kind::StreamBytes => {
                let r = t.contents.get(subject)?;
                What::StreamBytes { socket, sent: r.sent, offset: r.offset, data: self.data(r.data) }
            }
            Kind::Command => What::Command { text: self.text(t.texts.get(subject)?.text) },
            Kind::Note => What::Note { text: self.text(t.texts.get(subject)?.text) },
            Kind::LimitReached => {
                let limit = Limit::from_code(u8::try_from(detail).ok()?)?;
                What::LimitReached { limit, value: t.values.get(subject)?.value }
            }
            Kind::Lost => What::Lost { events: t.values.get(subject)?.value },
            Kind::Clock => What::Clock { epoch_nanos: t.values.get(subject)?.value },
        })
    }

    fn data(&self, data: StoredData) -> Data<'_> {
        match data {
            StoredData::Bytes(span) => Data::Bytes(self.bytes(span)),
            StoredData::Repeat { unit, len } => {
                let row = self.tables.units.get(unit as usize);
                row.map_or(Data::Unknown { len }, |row| Data::Repeat {
                    unit: self.bytes(row.unit),
                    phase: row.phase,
                    len,
                })
            }
            StoredData::FromStream(len) => Data::FromStream { len },
            StoredData::Unknown(len) => Data::Unknown { len },
        }
    }
}
