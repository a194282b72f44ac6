//! From a trace to a [`Figure`]: who talked, what flew, which calls moved which bytes.

use std::ops::Range;

use crate::framing::{Decoder, Framing, Limits};
use crate::lang::Lang;
use crate::time::Instant;
use crate::trace::{
    Connection, ConnectionId, EventId, HostId, PacketRow, Provenance, Role, Side, SocketId, StreamId,
    StreamRange, Trace, Transport,
};
use crate::view::figure::{Figure, FramePart, Host, Known, Moment, Part, Stream};

mod calls;
mod flights;
mod hosts;
mod states;
mod wire;

/// Octets of a stream that a figure keeps for showing; longer streams show numbers instead.
const BYTES_KEPT: usize = 1 << 16;
/// Stands for the lifeline of a host that has none.
const NO_LINE: u16 = u16::MAX;

/// Makes the figure of everything in `trace`.
pub fn figure(trace: &Trace) -> Figure {
    let mut build = Build::new(trace);
    build.streams();
    build.calls();
    build.messages();
    build.flights();
    build.states();
    build.listeners();
    build.timers();
    build.frames();
    build.buffers();
    build.figure
}

struct Build<'t> {
    trace: &'t Trace,
    figure: Figure,
    /// Lifeline by host number, [`NO_LINE`] for none.
    lifelines: Vec<u16>,
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
        let mut lifelines = Vec::new();
        for row in &trace.tables().hosts {
            let host = row.id.index();
            if lifelines.len() <= host {
                lifelines.resize(host + 1, NO_LINE);
            }
            match lifelines.get_mut(host) {
                Some(line) if *line == NO_LINE => *line = figure.hosts.len() as u16,
                _ => continue,
            }
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
        self.line_of(self.trace.host_of(event)?)
    }

    fn host_of_socket(&self, socket: SocketId) -> Option<u16> {
        let row = self.trace.tables().sockets.iter().find(|row| row.id == socket)?;
        self.line_of(row.host)
    }

    fn line_of(&self, host: HostId) -> Option<u16> {
        self.lifelines.get(host.index()).copied().filter(|&line| line != NO_LINE)
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

    /// Messages: what one send call put in, or one datagram.
    fn messages(&mut self) {
        for (stream, mut ranges) in self.figure.streams.iter_mut().zip(std::mem::take(&mut self.sent)) {
            ranges.retain(|r| !r.is_empty());
            crate::view::boxes::in_order(&mut ranges);
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
                let chinese = refusal(self.trace.text(frame.framing), &stream.bytes, &note);
                self.figure.refusals.extend(chinese.map(|chinese| (note.clone(), chinese)));
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

/// What a decoder that refused these octets in the words of `english` says in Chinese. The record holds its English words alone, so the
/// octets are decoded once more; nothing, if that leads to other words (with other limits, or where octets are missing).
fn refusal(framing: &str, bytes: &[u8], english: &str) -> Option<String> {
    let framing: Framing = framing.parse().ok()?;
    let mut decoder = Decoder::new(&framing, Limits::default());
    let mut input = bytes;
    loop {
        let refused = match decoder.decode(&mut input) {
            Ok(Some(_)) => continue,
            Ok(None) => decoder.finish().err()?,
            Err(refused) => refused,
        };
        return (refused.message(Lang::En) == english).then(|| refused.message(Lang::Zh));
    }
}

/// The port of one end, 0 where it is not known.
fn port(connection: &Connection, side: Side) -> u16 {
    connection.address[side as usize].map_or(0, |a| a.port())
}
