//! How a trace grows: each record becomes a row of the columns and, by its kind, of a side table.

mod calls;
mod packets;

use std::ops::Range;

use super::code::{Kind, Provenance, Transport};
use super::columns::Event;
use super::id::{EventId, HostId, SocketId, StreamId};
use super::record::{Data, Record, What};
use super::runs::Runs;
use super::sink::{Changes, Sink, without_octets};
use super::store::{SocketState, Trace};
use super::tables::{
    ContentRow, CorruptRow, FrameRow, HostRow, NO_ROW, NameRow, PacketRow, ProgramRow, SocketRow, Span,
    StoredData, TextRow, ThreadRow, UnitRow, ValueRow, VarRow, packet_bits, rule_code,
};
use crate::probe::{Timer, TimerChange, Var, Vars};
use crate::rule::Rule;
use crate::time::Instant;

/// What goes into the common columns beside time, provenance and cause.
#[derive(Clone, Copy)]
struct Common {
    kind: Kind,
    host: HostId,
    socket: SocketId,
    detail: u16,
    subject: u32,
}

impl Common {
    #[inline]
    fn new(kind: Kind, subject: usize) -> Self {
        let subject = u32::try_from(subject).unwrap_or(NO_ROW);
        Common { kind, host: HostId::NONE, socket: SocketId::NONE, detail: 0, subject }
    }

    #[inline]
    fn at(self, host: HostId) -> Self {
        Common { host, ..self }
    }

    #[inline]
    fn on(self, socket: SocketId) -> Self {
        Common { socket, ..self }
    }

    #[inline]
    fn detail(self, detail: u16) -> Self {
        Common { detail, ..self }
    }

    #[inline]
    fn by(self, rule: Option<Rule>) -> Self {
        self.detail(rule_code(rule))
    }
}

impl Sink for Trace {
    #[inline]
    fn wants_text(&self) -> bool {
        false
    }

    // Inlined, so that who tells the commonest things need not build a whole record first.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn record(&mut self, record: Record<'_>) -> EventId {
        let event = self.next_event();
        let common = match record.what {
            What::VarChange { socket, var, old, new, rule } => {
                self.var_changed(VarRow { old, new, event, var }, socket, rule)
            }
            What::RuleFired { socket, rule } => {
                self.of_socket(Kind::RuleFired, rule as usize, socket).by(Some(rule))
            }
            What::Timer { socket, timer, change, rule } => {
                self.take_timer(event, timer, change, socket).by(rule)
            }
            What::PacketSent { .. } => return self.record_sent(record, None),
            What::PacketQueued { packet, behind, until } => {
                self.take_packet_queued(event, packet, behind, until)
            }
            What::PacketArrived { packet, host } => self.take_packet_arrived(event, packet).at(host),
            What::PacketConsumed { packet, socket, rule } => {
                self.take_packet_consumed(event, packet, socket).by(rule)
            }
            What::CallBegun { .. } => self.take_call_begun(event, &record.what),
            What::BytesAccepted { call, bytes } => self.take_bytes_accepted(event, call, bytes),
            What::CallReturned { .. } => self.take_call_returned(event, &record),
            _ => self.take(event, &record),
        };
        self.append_record(event, &record, common)
    }

    fn record_sent(&mut self, record: Record<'_>, text: Option<Range<u64>>) -> EventId {
        let event = Sink::next_event(self);
        let common = self.take_packet_sent(event, &record.what, text.map(|text| text.start));
        self.append_record(event, &record, common)
    }

    fn record_received(&mut self, record: Record<'_>) -> EventId {
        debug_assert!(self.has_received(&record.what));
        self.record(without_octets(record))
    }

    fn next_event(&self) -> EventId {
        EventId(u32::try_from(self.columns.len()).unwrap_or(u32::MAX))
    }

    fn record_changes(&mut self, changes: &Changes<'_>) {
        let &Changes { time, cause, socket, rule, old, new, vars } = changes;
        if vars.is_empty() {
            return;
        }
        let (event, row) = (self.next_event(), self.tables.vars.len() as u32);
        let latest = self.columns.last_time().unwrap_or(0);
        let at = self.row_of_socket(socket);
        let state = &mut self.sockets[at];
        // Neither an early event nor a change of state nor a snapshot is common.
        if time.as_nanos() < latest || vars.contains(Var::State) || state.snapshot_is_due(vars) {
            for var in vars {
                let what =
                    What::VarChange { socket, var, old: old.raw(var), new: new.raw(var), rule: Some(rule) };
                self.record(Record { time, provenance: Provenance::Modelled, cause, what });
            }
            return;
        }
        let mut count = 0;
        for var in vars {
            let (old, new) = (old.raw(var), new.raw(var));
            state.vars.set(var, new);
            self.tables.vars.push(VarRow { old, new, event: EventId(event.0 + count), var });
            count += 1;
        }
        state.changes.extend(row, count);
        let (known, concerns) = ((Provenance::Modelled, cause), (state.host, socket));
        let first = Event::new(known, concerns, (Kind::VarChange, rule_code(Some(rule))), row);
        self.columns.extend_changes(time.as_nanos(), first, count as usize);
    }
}

impl Trace {
    pub(super) fn keep(&mut self, bytes: &[u8]) -> Span {
        let span = Span { at: self.arena.len() as u64, len: u32::try_from(bytes.len()).unwrap_or(u32::MAX) };
        self.arena.extend_from_slice(&bytes[..span.len as usize]);
        span
    }

    pub(super) fn keep_data(&mut self, data: Data<'_>) -> StoredData {
        match data {
            Data::Bytes(bytes) => StoredData::Bytes(self.keep(bytes)),
            Data::Repeat { unit: [], len, .. } => StoredData::Unknown(len),
            Data::Repeat { unit, phase, len } => {
                if self.bytes(self.last_unit) != unit {
                    self.last_unit = self.keep(unit);
                }
                let row = UnitRow { unit: self.last_unit, phase: phase % self.last_unit.len.max(1) };
                if self.tables.units.last() != Some(&row) {
                    self.tables.units.push(row);
                }
                StoredData::Repeat { unit: self.tables.units.len() as u32 - 1, len }
            }
            Data::FromStream { len } => StoredData::FromStream(len),
            Data::Unknown { len } => StoredData::Unknown(len),
        }
    }

    /// The state of a socket, made if no record defined it.
    #[inline]
    pub(super) fn socket_mut(&mut self, id: SocketId) -> &mut SocketState {
        let row = self.row_of_socket(id);
        &mut self.sockets[row]
    }

    #[inline]
    fn row_of_socket(&mut self, id: SocketId) -> usize {
        match self.socket_index.get(id.0) {
            Some(row) => row as usize,
            None => self.add_socket(id),
        }
    }

    fn add_socket(&mut self, id: SocketId) -> usize {
        let row = self.sockets.len();
        self.socket_index.set(id.0, row as u32);
        self.sockets.push(SocketState {
            id,
            host: HostId::NONE,
            transport: Transport::Tcp,
            accepted: false,
            local: None,
            remote: None,
            connection: None,
            sent: 0,
            received: 0,
            unplaced: Vec::new(),
            nameless: false,
            changes: Runs::default(),
            snapshots: Vec::new(),
            vars: Vars::default(),
        });
        row
    }

    /// Makes sure that every connection has its two streams.
    pub(super) fn fit_streams(&mut self) {
        let wanted = self.flows.connections().len() * 2;
        if self.streams.len() < wanted {
            self.streams.resize_with(wanted, Default::default);
        }
    }

    fn take(&mut self, event: EventId, record: &Record<'_>) -> Common {
        match record.what {
            What::Host { host, name, addresses } => {
                self.tables.hosts.push(HostRow {
                    event,
                    id: host,
                    name: name.to_owned(),
                    addresses: addresses.to_vec(),
                });
                Common::new(Kind::Host, self.tables.hosts.len() - 1).at(host)
            }
            What::Program { program, host, name, language, source } => {
                self.tables.programs.push(ProgramRow {
                    event,
                    id: program,
                    host,
                    name: name.to_owned(),
                    language: language.to_owned(),
                    source: source.to_owned(),
                });
                Common::new(Kind::Program, self.tables.programs.len() - 1).at(host)
            }
            What::Thread { thread, host, program, name } => {
                self.tables.threads.push(ThreadRow {
                    event,
                    id: thread,
                    host,
                    program,
                    name: name.to_owned(),
                });
                Common::new(Kind::Thread, self.tables.threads.len() - 1).at(host)
            }
            What::Socket { socket, host, transport, local, remote, listener } => {
                self.tables.sockets.push(SocketRow {
                    event,
                    id: socket,
                    host,
                    transport,
                    local,
                    remote,
                    listener,
                });
                let state = self.socket_mut(socket);
                state.host = host;
                state.transport = transport;
                state.accepted = listener.is_some();
                self.name_socket(event, socket, local, remote);
                Common::new(Kind::Socket, self.tables.sockets.len() - 1).at(host).on(socket)
            }
            What::SocketNamed { socket, local, remote } => {
                self.tables.names.push(NameRow { event, local, remote });
                self.name_socket(event, socket, local, remote);
                self.of_socket(Kind::SocketNamed, self.tables.names.len() - 1, socket)
            }
            What::PacketDropped { packet, why } => {
                let row = self.packet_row(event, packet);
                let common = self.of_packet(Kind::PacketDropped, row);
                self.tables.packets[row].dropped = event;
                common.detail(why as u16)
            }
            What::PacketDuplicated { packet, copy } => {
                let row = self.packet_row(event, packet);
                let original = self.tables.packets[row];
                let copy = self.add_packet(PacketRow {
                    id: copy,
                    sent: event,
                    arrived: EventId::NONE,
                    dropped: EventId::NONE,
                    taken: EventId::NONE,
                    parent: packet,
                    bits: original.bits | packet_bits::COPY,
                    ..original
                });
                self.tables.copies.push(ValueRow { event, value: copy as u64 });
                self.of_packet(Kind::PacketDuplicated, row)
            }
            What::PacketCorrupted { packet, at, bytes } => {
                let row = self.packet_row(event, packet);
                let bytes = self.keep(bytes);
                self.tables.corrupted.push(CorruptRow { event, at, bytes });
                self.tables.packets[row].bits |= packet_bits::CORRUPTED;
                self.of_packet(Kind::PacketCorrupted, row)
            }
            What::PacketIgnored { packet, socket, rule } => {
                let row = self.packet_row(event, packet);
                self.packet_taken(event, row, None);
                let arrived = self.tables.packets[row].arrived;
                let host = self.host_of(arrived).unwrap_or(HostId::NONE);
                Common::new(Kind::PacketIgnored, row).at(host).on(socket.unwrap_or(SocketId::NONE)).by(rule)
            }
            What::FrameDecoded { socket, sent, framing, start, end, roles, error } => {
                let framing = self.keep(framing.as_bytes());
                let error = error.map(|e| self.keep(e.as_bytes()));
                let first_role = self.tables.roles.len() as u32;
                self.tables.roles.extend_from_slice(roles);
                let stream = self.stream_of(socket, sent).unwrap_or(StreamId::NONE);
                let role_count = roles.len() as u32;
                self.tables.frames.push(FrameRow {
                    event,
                    socket,
                    sent,
                    stream,
                    start,
                    end,
                    framing,
                    first_role,
                    role_count,
                    error,
                });
                self.of_socket(Kind::FrameDecoded, self.tables.frames.len() - 1, socket)
            }
            What::StreamBytes { socket, sent, offset, data } => {
                let data = self.keep_data(data);
                let (connection, side) = self.connection_for(event, socket);
                let stream = connection.stream(if sent { side } else { side.other() });
                self.know(event, stream, offset, data);
                self.tables.contents.push(ContentRow { event, sent, offset, data });
                self.of_socket(Kind::StreamBytes, self.tables.contents.len() - 1, socket)
            }
            What::Command { text } => self.take_text(event, Kind::Command, text),
            What::Note { text } => self.take_text(event, Kind::Note, text),
            What::LimitReached { limit, value } => {
                self.tables.values.push(ValueRow { event, value });
                Common::new(Kind::LimitReached, self.tables.values.len() - 1).detail(limit as u16)
            }
            What::Lost { events } => {
                self.tables.values.push(ValueRow { event, value: events });
                Common::new(Kind::Lost, self.tables.values.len() - 1)
            }
            What::Clock { epoch_nanos } => {
                self.tables.values.push(ValueRow { event, value: epoch_nanos });
                Common::new(Kind::Clock, self.tables.values.len() - 1)
            }
            // The commonest are taken where they are recorded.
            What::VarChange { .. }
            | What::RuleFired { .. }
            | What::Timer { .. }
            | What::PacketSent { .. }
            | What::PacketQueued { .. }
            | What::PacketArrived { .. }
            | What::PacketConsumed { .. }
            | What::CallBegun { .. }
            | What::BytesAccepted { .. }
            | What::CallReturned { .. } => Common::new(Kind::Note, NO_ROW as usize),
        }
    }

    /// What every event has, of a record whose rest stands in the tables.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn append_record(&mut self, event: EventId, record: &Record<'_>, common: Common) -> EventId {
        let Common { kind, host, socket, detail, subject } = common;
        let known = (record.provenance, record.cause);
        self.append(record.time.as_nanos(), Event::new(known, (host, socket), (kind, detail), subject));
        event
    }

    /// An event, of which the rest is recorded.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn append(&mut self, nanos: u64, event: Event) {
        let latest = self.columns.last_time().unwrap_or(0);
        if nanos < latest {
            self.early.push((self.next_event().0, nanos));
        }
        self.columns.push(nanos.max(latest), event);
    }

    fn take_timer(&mut self, event: EventId, timer: Timer, change: TimerChange, socket: SocketId) -> Common {
        let kind = match change {
            TimerChange::Set(until) => {
                self.tables.values.push(ValueRow { event, value: Instant::as_nanos(until) });
                Kind::TimerSet
            }
            TimerChange::Cancelled => Kind::TimerCancelled,
            TimerChange::Fired => Kind::TimerFired,
        };
        self.of_socket(kind, timer as usize, socket)
    }

    #[inline]
    fn var_changed(&mut self, change: VarRow, socket: SocketId, rule: Option<Rule>) -> Common {
        let row = self.tables.vars.len();
        self.tables.vars.push(change);
        let state = self.socket_mut(socket);
        state.change(row as u32, change.var, change.new);
        let kind = if change.var == Var::State { Kind::StateChange } else { Kind::VarChange };
        Common::new(kind, row).at(state.host).on(socket).by(rule)
    }

    fn take_text(&mut self, event: EventId, kind: Kind, text: &str) -> Common {
        let text = self.keep(text.as_bytes());
        self.tables.texts.push(TextRow { event, text });
        Common::new(kind, self.tables.texts.len() - 1)
    }

    #[inline]
    fn of_socket(&mut self, kind: Kind, subject: usize, socket: SocketId) -> Common {
        let host = self.socket_mut(socket).host;
        Common::new(kind, subject).at(host).on(socket)
    }
}
