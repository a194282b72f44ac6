//! From a trace to a [`Figure`]: who talked, what flew, which calls moved which bytes.

use std::ops::Range;
use std::sync::Arc;

use crate::framing::{Decoder, Framing, Limits};
use crate::lang::Lang;
use crate::time::Instant;
use crate::trace::{
    Connection, ConnectionId, EventId, HostId, Role, Side, SocketId, StreamId, StreamRange, Trace, Transport,
};
use crate::view::figure::{Figure, FramePart, Host, Known, Moment, Part, Stream};
use crate::view::things::Things;
use rows::NO_LINE;
pub use rows::Rows;

mod calls;
mod flights;
mod hosts;
mod rows;
mod states;
mod wire;

/// Octets of a stream that a figure keeps for showing; longer streams show numbers instead.
const BYTES_KEPT: usize = 1 << 16;

/// Makes the figure of everything in `trace`.
pub fn figure(trace: &Arc<Trace>) -> Figure {
    let mut build = Build::new(trace);
    let survey = build.survey();
    build.streams(&survey);
    build.calls();
    build.messages();
    build.flights(survey);
    build.states();
    build.listeners();
    build.timers();
    build.frames();
    let (mut figure, rows) = (build.figure, Arc::new(build.rows));
    figure.flights = Things::of(&rows, rows.flights.len());
    figure.calls = Things::of(&rows, rows.calls.len());
    figure
}

struct Build<'t> {
    trace: &'t Trace,
    figure: Figure,
    rows: Rows,
    /// Per stream: the ranges that send calls put in, in order.
    sent: Vec<Vec<Range<u64>>>,
    /// The rows of the calls that make a socket listen, or close one.
    of_listeners: Vec<usize>,
}

impl<'t> Build<'t> {
    fn new(trace: &'t Arc<Trace>) -> Build<'t> {
        let mut figure = Figure::default();
        let mut rows = Rows { trace: trace.clone(), ..Rows::default() };
        for row in &trace.tables().hosts {
            let host = row.id.index();
            if rows.lifelines.len() <= host {
                rows.lifelines.resize(host + 1, NO_LINE);
            }
            match rows.lifelines.get_mut(host) {
                Some(line) if *line == NO_LINE => *line = figure.hosts.len() as u16,
                _ => continue,
            }
            let address = row.addresses.first().map(ToString::to_string).unwrap_or_default();
            figure.hosts.push(Host { name: row.name.clone(), address });
        }
        if let Some(last) = trace.columns().last_time() {
            figure.end = Instant::from_nanos(last);
        }
        rows.end = figure.end;
        let mut build = Build { trace, figure, rows, sent: Vec::new(), of_listeners: Vec::new() };
        for connection in trace.connections() {
            let ends = build.ends_of(connection);
            build.rows.ends.push(ends);
        }
        build.clients_left();
        build
    }

    fn moment(&self, event: EventId) -> Moment {
        self.rows.moment(event)
    }

    fn known(&self, event: EventId) -> Known {
        self.rows.known(event)
    }

    fn lifeline(&self, event: EventId) -> Option<u16> {
        self.rows.lifeline(event)
    }

    fn line_of(&self, host: HostId) -> Option<u16> {
        self.rows.line_of(host)
    }

    fn host_of_socket(&self, socket: SocketId) -> Option<u16> {
        let row = self.trace.tables().sockets.iter().find(|row| row.id == socket)?;
        self.line_of(row.host)
    }

    fn streams(&mut self, survey: &wire::Survey) {
        for (i, connection) in self.trace.connections().iter().enumerate() {
            for side in [Side::Client, Side::Server] {
                let id = ConnectionId(i as u32).stream(side);
                let len = survey.lens.get(id.index()).copied().unwrap_or_default();
                let whole = StreamRange { stream: id, start: 0, end: len };
                let ends = self.rows.ends.get(i).copied().unwrap_or_default();
                let bytes = self.trace.read_stream(whole, BYTES_KEPT);
                self.rows.kept.push(bytes.len() as u64);
                self.figure.streams.push(Stream {
                    from: ends[side as usize],
                    to: ends[side.other() as usize],
                    bytes,
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
