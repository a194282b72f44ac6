//! From a trace to a [`Figure`]: who talked, what flew, which calls moved which bytes.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::probe::{Timer, Var};
use crate::time::Instant;
use crate::trace::calls::{receives, sends};
use crate::trace::summary::protocol;
use crate::trace::tables::{StoredOutcome, packet_bits};
use crate::trace::{
    CallId, CallRow, Connection, ConnectionId, EventId, How, Kind, Mark, Op, PacketId, PacketRow, Provenance,
    Role, Side, SocketId, StreamId, StreamRange, Trace, Transport, Vantage,
};
use crate::view::figure::flag;
use crate::view::figure::{
    Call, CallKind, Cargo, Fate, Figure, Flight, FramePart, Host, Known, Moment, Part, Place, StateSpan,
    Stream, TimerSpan, mark,
};
use crate::view::time_text::span_text;
use crate::view::words::Lang;

mod wire;

/// Octets of a stream that a figure keeps for showing; longer streams show numbers instead.
const BYTES_KEPT: usize = 1 << 16;
/// A real call that took longer than this waited for something (a call that need not wait takes microseconds).
const WAITED_NANOS: u64 = 400_000;

/// Makes the figure of everything in `trace`.
pub fn figure(trace: &Trace) -> Figure {
    let mut build = Build::new(trace);
    build.streams();
    build.calls();
    build.messages();
    build.flights();
    build.states();
    build.timers();
    build.frames();
    build.buffers();
    build.figure
}

struct Build<'t> {
    trace: &'t Trace,
    figure: Figure,
    /// Lifeline of each host number.
    lifelines: BTreeMap<u16, u16>,
    /// Lifeline of each end of each connection.
    ends: Vec<[u16; 2]>,
    /// Per stream: the ranges that send calls put in, in order.
    sent: Vec<Vec<Range<u64>>>,
}

fn known(p: Option<Provenance>) -> Known {
    match p {
        Some(Provenance::Observed) => Known::Observed,
        Some(Provenance::Captured) => Known::Captured,
        Some(Provenance::Inferred) => Known::Inferred,
        _ => Known::Modelled,
    }
}

impl<'t> Build<'t> {
    fn new(trace: &'t Trace) -> Build<'t> {
        let mut figure = Figure::default();
        let mut lifelines = BTreeMap::new();
        for row in &trace.tables().hosts {
            if lifelines.contains_key(&row.id.0) {
                continue;
            }
            lifelines.insert(row.id.0, figure.hosts.len() as u16);
            let address = row.addresses.first().map(ToString::to_string).unwrap_or_default();
            figure.hosts.push(Host { name: row.name.clone(), address });
        }
        if let Some(&last) = trace.columns().time.last() {
            figure.end = Instant::from_nanos(last);
        }
        let mut build = Build { trace, figure, lifelines, ends: Vec::new(), sent: Vec::new() };
        for connection in trace.connections() {
            let ends = build.ends_of(connection);
            build.ends.push(ends);
        }
        build.clients_left();
        build
    }

    fn moment(&self, event: EventId) -> Moment {
        let nanos = self.trace.columns().time.get(event.index()).copied().unwrap_or_default();
        Moment::new(nanos, event.0)
    }

    fn known(&self, event: EventId) -> Known {
        known(self.trace.provenance(event))
    }

    fn lifeline(&self, event: EventId) -> Option<u16> {
        self.lifelines.get(&self.trace.host_of(event)?.0).copied()
    }

    fn host_of_socket(&self, socket: SocketId) -> Option<u16> {
        let row = self.trace.tables().sockets.iter().find(|row| row.id == socket)?;
        self.lifelines.get(&row.host.0).copied()
    }

    /// The lifelines of a connection's client and server. An end that no record speaks for gets a lifeline of its own,
    /// named by its address.
    fn ends_of(&mut self, connection: &Connection) -> [u16; 2] {
        let mut ends = [None, None];
        for side in [Side::Client, Side::Server] {
            ends[side as usize] = connection.socket[side as usize].and_then(|s| self.host_of_socket(s));
        }
        for side in [Side::Client, Side::Server] {
            if ends[side as usize].is_some() {
                continue;
            }
            let other = ends[side.other() as usize];
            let address = connection.address[side as usize].map(|a| a.ip().to_string()).unwrap_or_default();
            let found = self
                .figure
                .hosts
                .iter()
                .position(|h| h.address == address && !address.is_empty())
                .map(|i| i as u16)
                .filter(|&i| Some(i) != other);
            ends[side as usize] = Some(found.unwrap_or_else(|| {
                let name = if side == Side::Client { "client" } else { "server" };
                let ghosts = self.figure.hosts.iter().position(|h| h.name == name && h.address == address);
                ghosts.map(|i| i as u16).filter(|&i| Some(i) != other).unwrap_or_else(|| {
                    self.figure.hosts.push(Host { name: name.to_owned(), address });
                    (self.figure.hosts.len() - 1) as u16
                })
            }));
        }
        [ends[0].unwrap_or_default(), ends[1].unwrap_or_default()]
    }

    /// Clients stand left, servers right, and between them those that only pass packets on.
    fn clients_left(&mut self) {
        let rank = |line: u16| {
            let is = |side: Side| self.ends.iter().any(|ends| ends[side as usize] == line);
            match (is(Side::Client), is(Side::Server)) {
                (true, _) => 0,
                (false, false) => 1,
                (false, true) => 2,
            }
        };
        let mut order: Vec<u16> = (0..self.figure.hosts.len() as u16).collect();
        if !self.ends.is_empty() {
            order.sort_by_key(|&line| rank(line));
        }
        let mut place = vec![0; order.len()];
        for (to, &from) in order.iter().enumerate() {
            place[from as usize] = to as u16;
        }
        let moved = |line: &mut u16| *line = place.get(*line as usize).copied().unwrap_or(*line);
        self.lifelines.values_mut().for_each(moved);
        self.ends.iter_mut().flatten().for_each(moved);
        let mut hosts = std::mem::take(&mut self.figure.hosts);
        self.figure.hosts = order.iter().map(|&from| std::mem::take(&mut hosts[from as usize])).collect();
    }

    fn streams(&mut self) {
        let lens = self.known_lens();
        for (i, connection) in self.trace.connections().iter().enumerate() {
            for side in [Side::Client, Side::Server] {
                let id = ConnectionId(i as u32).stream(side);
                let len = lens.get(id.index()).copied().unwrap_or_default();
                let whole = StreamRange { stream: id, start: 0, end: len };
                let ends = self.ends.get(i).copied().unwrap_or_default();
                self.figure.streams.push(Stream {
                    from: ends[side as usize],
                    to: ends[side.other() as usize],
                    bytes: self.trace.read_stream(whole, BYTES_KEPT),
                    len,
                    datagrams: connection.transport == Transport::Udp,
                    connection: i as u32,
                    ports: (port(connection, side), port(connection, side.other())),
                    ..Stream::default()
                });
            }
        }
        self.sent = vec![Vec::new(); self.figure.streams.len()];
    }

    /// How many octets of each stream calls or packets speak of.
    fn known_lens(&self) -> Vec<u64> {
        let streams = (0..2 * self.trace.connections().len() as u32).map(StreamId);
        let mut lens: Vec<u64> =
            streams.map(|id| self.trace.content(id).map_or(0, |content| content.end())).collect();
        for range in self.trace.tables().packets.iter().filter_map(PacketRow::range) {
            if let Some(len) = lens.get_mut(range.stream.index()) {
                *len = range.end.max(*len);
            }
        }
        lens
    }

    /// The calls of the first rank, and the receive calls that they are made of.
    fn calls(&mut self) {
        let rows = &self.trace.tables().calls;
        let mut children: BTreeMap<CallId, Vec<usize>> = BTreeMap::new();
        for (i, row) in rows.iter().enumerate() {
            if let Some(parent) = row.parent {
                children.entry(parent).or_default().push(i);
            }
        }
        let mut lanes: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let parts = children.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            let inner = row.parent.and_then(|p| self.trace.call(p));
            if inner.is_some() && !(receives(row.op) && parts.is_empty()) {
                continue;
            }
            let Some(host) = self.lifelines.get(&row.host.0).copied() else { continue };
            let threads = lanes.entry(host).or_default();
            let lane = threads.iter().position(|&t| t == row.thread.0).unwrap_or_else(|| {
                threads.push(row.thread.0);
                threads.len() - 1
            });
            out.push(self.call(row, host, lane as u16, parts));
        }
        // In the order of their begin, as the scale and the layouts expect.
        let moment = |c: &Call| (c.begun.at, c.begun.order);
        if !out.is_sorted_by_key(moment) {
            out.sort_by_key(moment);
        }
        self.figure.calls = out;
    }

    fn call(&mut self, row: &CallRow, host: u16, lane: u16, parts: &[usize]) -> Call {
        let begun = self.moment(row.begun);
        let returned = row.returned.known().map(|e| self.moment(e));
        let range = self.range_of(row, parts);
        let kind = match row.op {
            op if sends(op) => CallKind::Send,
            op if receives(op) && parts.is_empty() => CallKind::Receive,
            _ => CallKind::Other,
        };
        if let (CallKind::Send, Some(place)) = (kind, &range)
            && let Some(sent) = self.sent.get_mut(place.stream as usize)
        {
            sent.push(place.range.clone());
        }
        let (result, failed, truncated) = self.result(row, &range);
        let program = self.trace.tables().threads.iter().find(|t| t.id == row.thread).and_then(|t| t.program);
        Call {
            host,
            lane,
            name: op_name(row.op, self.trace.text(row.text)).to_owned(),
            args: self.args(row, &range),
            result,
            failed,
            begun,
            returned,
            blocked: returned.map_or(self.figure.end > begun.at, |end| {
                let waited = end.at.since(begun.at).as_nanos();
                waited > if self.known(row.begun) == Known::Modelled { 0 } else { WAITED_NANOS }
            }),
            range: range.filter(|_| kind != CallKind::Other).map(|place| self.kept(place, truncated, kind)),
            truncated,
            kind,
            line: row.line,
            program: program.map_or(host, |p| p.0 as u16),
            known: self.known(row.begun),
        }
    }

    /// The bytes a receive call really got: of a truncated datagram not its tail.
    fn kept(&self, place: Place, truncated: u32, kind: CallKind) -> Place {
        if kind != CallKind::Receive || truncated == 0 {
            return place;
        }
        let end = place.range.end.saturating_sub(u64::from(truncated)).max(place.range.start);
        Place { range: place.range.start..end, ..place }
    }

    /// What a call moved: its own range, or from the first to the last byte of the calls it is made of.
    fn range_of(&self, row: &CallRow, parts: &[usize]) -> Option<Place> {
        let rows = &self.trace.tables().calls;
        let own = row.range.into_iter();
        let inner = parts.iter().filter_map(|&i| rows.get(i)?.range);
        let mut out: Option<Place> = None;
        for range in own.chain(inner) {
            match &mut out {
                Some(place) if place.stream == range.stream.0 => {
                    place.range = place.range.start.min(range.start)..place.range.end.max(range.end);
                }
                Some(_) => {}
                None => out = Some(Place { stream: range.stream.0, range: range.start..range.end }),
            }
        }
        out
    }

    fn args(&self, row: &CallRow, range: &Option<Place>) -> String {
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        let text = || Some(self.trace.text(row.text).to_owned()).filter(|t| !t.is_empty());
        let data = || match range {
            _ if row.data.is_empty() && range.is_none() => None,
            Some(place) => Some(self.quote(place)),
            None => Some(format!("{} B", row.data.len())),
        };
        let parts: Vec<String> = match row.op {
            Op::Bind | Op::Connect => row.address.map(|a| a.to_string()).into_iter().collect(),
            Op::Listen | Op::Recv | Op::RecvExactly | Op::RecvFrom | Op::RecvMsg => {
                number(row.size).into_iter().collect()
            }
            Op::SendTo => data().into_iter().chain(row.address.map(|a| a.to_string())).collect(),
            op if sends(op) => data().into_iter().collect(),
            Op::Shutdown => {
                let how = row.how.map(|how| match how {
                    How::Read => "SHUT_RD",
                    How::Write => "SHUT_WR",
                    How::Both => "SHUT_RDWR",
                });
                how.map(str::to_owned).into_iter().collect()
            }
            Op::Sleep | Op::Poll => row.duration.map(|d| span_text(d, Lang::En)).into_iter().collect(),
            Op::SetSockOpt | Op::GetSockOpt => text().into_iter().chain(number(row.size)).collect(),
            Op::Other => Vec::new(),
            _ => text().into_iter().collect(),
        };
        parts.join(", ")
    }

    /// A short text in full as Python writes it, of anything else the number of octets.
    fn quote(&self, place: &Place) -> String {
        let len = place.range.end - place.range.start;
        let bytes = self
            .figure
            .streams
            .get(place.stream as usize)
            .and_then(|s| s.bytes.get(place.range.start as usize..place.range.end as usize));
        match bytes {
            Some(bytes) if len <= 16 && bytes.iter().all(|b| (0x20..0x7f).contains(b)) => {
                format!("b'{}'", String::from_utf8_lossy(bytes))
            }
            _ => format!("{len} B"),
        }
    }

    fn result(&self, row: &CallRow, range: &Option<Place>) -> (String, bool, u32) {
        let Some(back) = row.returned.known() else { return (String::new(), false, 0) };
        let returns = &self.trace.tables().returns;
        let Ok(at) = returns.binary_search_by_key(&back, |r| r.event) else {
            return (String::new(), false, 0);
        };
        let Some(back) = returns.get(at) else { return (String::new(), false, 0) };
        let text = match back.outcome {
            StoredOutcome::Errno(code) => {
                return (crate::trace::Errno(code).to_string(), true, back.truncated);
            }
            StoredOutcome::Failed(words) => return (self.trace.text(words).to_owned(), true, back.truncated),
            StoredOutcome::Value(n) => n,
        };
        let received = |n: i64| match range {
            _ if n == 0 => "b''".to_owned(),
            Some(place) => self.quote(&self.kept(place.clone(), back.truncated, CallKind::Receive)),
            None => format!("{n} B"),
        };
        let out = match row.op {
            Op::Accept => "conn".to_owned(),
            op if receives(op) => received(text),
            Op::Send | Op::SendTo | Op::SendMsg | Op::SendFile => text.to_string(),
            _ => String::new(),
        };
        (out, false, back.truncated)
    }

    /// Messages: what one send call put in, or one datagram.
    fn messages(&mut self) {
        for (stream, mut ranges) in self.figure.streams.iter_mut().zip(std::mem::take(&mut self.sent)) {
            ranges.retain(|r| !r.is_empty());
            ranges.sort_by_key(|r| (r.start, r.end));
            // What overlaps (it cannot, unless a record lies) belongs to the first.
            let mut end = 0;
            for range in ranges {
                let start = range.start.max(end);
                if start < range.end {
                    end = range.end;
                    stream.messages.push(start..end);
                }
            }
        }
        for row in &self.trace.tables().datagrams {
            let Some(stream) = self.figure.streams.get_mut(row.stream.index()) else { continue };
            let range = row.offset..row.offset + u64::from(row.len);
            let after = stream.messages.last().is_none_or(|m| m.end <= range.start);
            if after && !row.void && !range.is_empty() {
                stream.messages.push(range);
            }
        }
    }

    fn flights(&mut self) {
        let shifts = self.window_shifts();
        let marks = self.marks();
        let mut windows = BTreeMap::new();
        // A datagram that was cut into fragments does not fly itself.
        let rows = &self.trace.tables().packets;
        let cut: Vec<PacketId> =
            rows.iter().filter(|p| p.is(packet_bits::FRAGMENT)).map(|p| p.parent).collect();
        let mut out = Vec::with_capacity(self.trace.tables().packets.len());
        for (i, row) in self.trace.tables().packets.iter().enumerate() {
            let whole = !cut.is_empty() && !row.is(packet_bits::FRAGMENT) && cut.contains(&row.id);
            if row.is(packet_bits::STUB) || row.sent.known().is_none() || whole {
                continue;
            }
            if let Some(mut flight) = self.flight(row, &shifts) {
                flight.marks |= marks.get(i).copied().unwrap_or_default();
                if flight.marks & (mark::KEEP_ALIVE | mark::PROBE) != 0 {
                    // These go below what was acknowledged, or in small bites, on purpose: nothing is repeated.
                    flight.marks &= !(mark::RETRANSMISSION | mark::FAST_RETRANSMISSION);
                }
                if let (Cargo::Tcp { window, .. }, Some(stream)) = (&flight.cargo, row.stream.known())
                    && windows.insert(stream, *window) == Some(*window)
                {
                    flight.marks |= mark::SAME_WINDOW;
                }
                out.push(flight);
            }
        }
        if !out.is_sorted_by_key(|f| f.sent) {
            out.sort_by_key(|f| f.sent);
        }
        self.figure.flights = out;
    }

    /// What an observer at the senders' way out says of each packet; out of order is what arrives so.
    fn marks(&self) -> Vec<u16> {
        let mut out = vec![0u16; self.trace.tables().packets.len()];
        for row in self.trace.marks(Vantage::Sent) {
            let Some(bits) = out.get_mut(row.packet as usize) else { continue };
            for (theirs, ours) in [
                (Mark::Retransmission, mark::RETRANSMISSION),
                (Mark::FastRetransmission, mark::FAST_RETRANSMISSION),
                (Mark::DupAck, mark::DUP_ACK),
                (Mark::ZeroWindow, mark::ZERO_WINDOW),
                (Mark::ZeroWindowProbe, mark::PROBE),
                (Mark::WindowFull, mark::WINDOW_FULL),
                (Mark::WindowUpdate, mark::WINDOW_UPDATE),
                (Mark::KeepAlive, mark::KEEP_ALIVE),
                (Mark::KeepAliveAck, mark::KEEP_ALIVE),
            ] {
                if row.marks.has(theirs) {
                    *bits |= ours;
                }
            }
        }
        for host in &self.trace.tables().hosts {
            for row in self.trace.marks(Vantage::Host(host.id)) {
                let packet = self.trace.tables().packets.get(row.packet as usize);
                let here = packet.is_some_and(|p| self.trace.host_of(p.sent) != Some(host.id));
                if let (true, true, Some(bits)) =
                    (here, row.marks.has(Mark::OutOfOrder), out.get_mut(row.packet as usize))
                {
                    *bits |= mark::OUT_OF_ORDER;
                }
            }
        }
        out
    }

    fn flight(&self, row: &PacketRow, shifts: &[[u32; 2]]) -> Option<Flight> {
        let ends = row.connection().and_then(|c| self.ends.get(c.index())).copied();
        let side = row.side().unwrap_or(Side::Client);
        let from = self.lifeline(row.sent).or(ends.map(|e| e[side as usize]))?;
        let arrived = row.arrived.known();
        let other = ends.map(|e| e[side.other() as usize]);
        let only = (self.figure.hosts.len() == 2).then_some(1 - from.min(1));
        let to = arrived.and_then(|e| self.lifeline(e)).or(other).or(only)?;
        let fate = match (arrived, row.dropped.known()) {
            (Some(event), _) => Fate::Arrived(self.moment(event)),
            (None, Some(event)) => Fate::Lost(self.moment(event)),
            (None, None) => Fate::OnTheWay,
        };
        let mut marks = 0;
        for (bit, mark) in [
            (packet_bits::RETRANSMISSION, mark::RETRANSMISSION),
            (packet_bits::COPY, mark::DUPLICATE),
            (packet_bits::CORRUPTED, mark::CORRUPT),
        ] {
            if row.is(bit) {
                marks |= mark;
            }
        }
        let range = row.range().map(|r| Place { stream: r.stream.0, range: r.start..r.end });
        let hue = range
            .as_ref()
            .and_then(|p| Some(self.figure.streams.get(p.stream as usize)?.hue_at(p.range.start)))
            .unwrap_or_default();
        Some(Flight {
            packet: row.id.0,
            from,
            to,
            sent: self.moment(row.sent),
            fate,
            cargo: self.cargo(row, shifts),
            len: row.payload_len,
            marks,
            range,
            hue,
            known: self.known(row.sent),
        })
    }

    fn cargo(&self, row: &PacketRow, shifts: &[[u32; 2]]) -> Cargo {
        if row.is(packet_bits::FRAGMENT) {
            let bytes = self.trace.packet_bytes(row);
            let read = crate::trace::summary::Summary::read(&bytes, row.len);
            return Cargo::Fragment { offset: read.fragment_offset, more: read.more_fragments };
        }
        match row.protocol {
            protocol::TCP => {
                let connection = row.connection().and_then(|c| self.trace.connection(c));
                let side = row.side().unwrap_or(Side::Client);
                let isn = |side: Side| connection.and_then(|c| c.isn[side as usize]).unwrap_or_default();
                // RFC 7323 section 2.2: the window of a segment with SYN is never scaled.
                let ours =
                    row.connection().and_then(|c| shifts.get(c.index())).map_or(0, |s| s[side as usize]);
                let shift = if row.flags & flag::SYN != 0 { 0 } else { ours };
                Cargo::Tcp {
                    flags: row.flags,
                    seq: row.seq,
                    ack: row.ack,
                    base: isn(side),
                    ack_base: isn(side.other()),
                    window: u32::from(row.window) << shift,
                }
            }
            protocol::UDP => Cargo::Udp,
            protocol::ICMP | protocol::ICMPV6 => Cargo::Other("ICMP".to_owned()),
            other => Cargo::Other(format!("IP {other}")),
        }
    }

    fn states(&mut self) {
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        let columns = self.trace.columns();
        for at in memchr::memchr_iter(Kind::StateChange as u8, &columns.kind) {
            let row = columns.subject.get(at).and_then(|row| self.trace.tables().vars.get(*row as usize));
            let Some(row) = row.filter(|row| row.var == Var::State) else { continue };
            let Some(socket) = self.trace.socket_of(row.event) else { continue };
            let host = self.lifeline(row.event).or_else(|| self.host_of_socket(socket));
            let (Some(host), Some(state)) =
                (host, crate::tcp::State::from_number(row.new).map(crate::tcp::State::label))
            else {
                continue;
            };
            let moment = self.moment(row.event);
            if let Some(span) = open.get(&socket.0).and_then(|&i| self.figure.states.get_mut(i)) {
                span.until = Some(moment);
            }
            open.remove(&socket.0);
            if state == "CLOSED" {
                continue;
            }
            open.insert(socket.0, self.figure.states.len());
            let known = self.known(row.event);
            let span = StateSpan { host, socket: socket.0, state, from: moment, until: None, known };
            self.figure.states.push(span);
        }
    }

    /// Timers that fired, from when they were last set.
    fn timers(&mut self) {
        let columns = self.trace.columns();
        let mut set: BTreeMap<(u32, u32), Moment> = BTreeMap::new();
        let (timer_set, timer_fired) = (Kind::TimerSet as u8, Kind::TimerFired as u8);
        for i in memchr::memchr2_iter(timer_set, timer_fired, &columns.kind) {
            let is_set = columns.kind.get(i) == Some(&timer_set);
            let event = EventId(i as u32);
            let (Some(&timer), Some(&socket)) = (columns.subject.get(i), columns.socket.get(i)) else {
                continue;
            };
            let moment = self.moment(event);
            if is_set {
                set.insert((socket, timer), moment);
                continue;
            }
            let Some(from) = set.remove(&(socket, timer)) else { continue };
            let Some(&timer) = Timer::ALL.get(timer as usize) else { continue };
            let Some(host) = self.lifeline(event).or_else(|| self.host_of_socket(SocketId(socket))) else {
                continue;
            };
            if timer != Timer::TimeWait {
                let name = timer_name(timer);
                self.figure.timers.push(TimerSpan { host, name, from, until: Some(moment), fired: true });
            }
        }
    }

    /// Parts of frames. Where both ends decoded a stream, the reader's word counts.
    fn frames(&mut self) {
        let tables = self.trace.tables();
        let read: Vec<StreamId> = tables.frames.iter().filter(|f| !f.sent).map(|f| f.stream).collect();
        for (i, frame) in tables.frames.iter().enumerate() {
            if frame.sent && read.contains(&frame.stream) {
                continue;
            }
            let moment = self.moment(frame.event);
            let Some(stream) = self.figure.streams.get_mut(frame.stream.index()) else { continue };
            if frame.error.is_some() {
                let range = frame.start..frame.end.max(frame.start + 1);
                let note = frame.error.map(|e| self.trace.text(e).to_owned()).unwrap_or_default();
                stream.frames.push(FramePart {
                    frame: i as u32,
                    part: Part::Bad,
                    range,
                    known_at: moment,
                    note,
                });
            }
            let roles = frame.first_role as usize..(frame.first_role + frame.role_count) as usize;
            for role in tables.roles.get(roles).unwrap_or_default() {
                let part = match role.role {
                    Role::Length => Part::Length,
                    Role::Header | Role::Delimiter | Role::Padding => Part::Header,
                    Role::Payload => Part::Payload,
                };
                let range = role.start..role.end;
                stream.frames.push(FramePart {
                    frame: i as u32,
                    part,
                    range,
                    known_at: moment,
                    note: String::new(),
                });
            }
        }
    }
}

/// The port of one end, 0 where it is not known.
fn port(connection: &Connection, side: Side) -> u16 {
    connection.address[side as usize].map_or(0, |a| a.port())
}

/// A call's name as programs write it.
fn op_name(op: Op, text: &str) -> &str {
    match op {
        Op::RecvExactly => "recv_exactly",
        Op::ReadFrame => "read_frame",
        Op::WriteFrame => "write_frame",
        Op::StartThread => "start_thread",
        Op::Other if !text.is_empty() => text,
        op => op.name(),
    }
}

/// A timer's short name.
pub fn timer_name(timer: Timer) -> &'static str {
    match timer {
        Timer::Retransmission => "RTO",
        Timer::Persist => "persist",
        Timer::DelayedAck => "delayed ACK",
        Timer::KeepAlive => "keep-alive",
        Timer::TimeWait => "2 MSL",
        Timer::User => "user time-out",
        Timer::TailLossProbe => "TLP",
        Timer::RackReordering => "RACK",
        Timer::Cork => "cork",
        Timer::SwsOverride => "SWS",
        Timer::FinWait2 => "FIN-WAIT-2",
    }
}
