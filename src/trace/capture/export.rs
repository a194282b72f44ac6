//! A trace becomes a pcapng file: its packets, with calls and causes as comments.

use std::fmt::Write as _;

use crate::packet::capture::{PcapngWriter, Way};
use crate::trace::code::{Errno, Kind};
use crate::trace::id::{EventId, HostId};
use crate::trace::marks::Vantage;
use crate::trace::store::Trace;
use crate::trace::tables::{CallRow, PacketRow, StoredOutcome, packet_bits, rule_from};
use crate::trace::{DropReason, PacketId};

/// Writes the packets that an observer saw as a pcapng file of raw IP with nanosecond times. Each packet's comments say
/// what sent it (the call, the rule and its section), what the network did to it, and which calls its host began and ended
/// since the host's last packet.
///
/// The times of a simulation count from 1970-01-01; a recording's are those of its clock.
pub fn export(trace: &Trace, vantage: Vantage) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = PcapngWriter::begin("framewire", &mut file);
    let seen = trace.seen_from(vantage);
    // By the host's number.
    let mut interfaces: Vec<Option<u32>> = Vec::new();
    let name_of = |host: HostId| trace.host(host).map_or("", |h| h.name.as_str());
    let place = |row: &PacketRow| match vantage {
        Vantage::Host(host) => host,
        Vantage::Sent => trace.host_of(row.sent).unwrap_or(HostId::NONE),
    };
    let row_of = |row: u32| trace.tables().packets.get(row as usize);
    for row in seen.iter().filter_map(|(_, row)| row_of(*row)) {
        let host = place(row);
        if interfaces.len() <= host.index() {
            interfaces.resize(host.index() + 1, None);
        }
        if let Some(interface @ None) = interfaces.get_mut(host.index()) {
            *interface = Some(writer.interface(name_of(host), &mut file));
        }
    }
    let epoch = trace.epoch_nanos().unwrap_or(0);
    let mut calls = call_comments(trace, &seen);
    for (at, (time, row)) in seen.iter().enumerate() {
        let Some(packet) = row_of(*row) else { continue };
        let host = place(packet);
        let came = matches!(vantage, Vantage::Host(h) if trace.host_of(packet.sent) != Some(h));
        let bytes = if came { trace.packet_bytes_arrived(packet) } else { trace.packet_bytes(packet) };
        let mut comments = why(trace, packet);
        comments.extend(calls.get_mut(at).map(std::mem::take).unwrap_or_default());
        let comments: Vec<&str> = comments.iter().map(String::as_str).collect();
        let way = Some(if came { Way::In } else { Way::Out });
        let interface = interfaces.get(host.index()).copied().flatten().unwrap_or(0);
        let wire = Some(packet.len);
        writer.packet_with_way(
            interface,
            epoch.saturating_add(*time),
            &bytes,
            wire,
            way,
            &comments,
            &mut file,
        );
    }
    file
}

/// Why a packet was sent, and what became of it.
fn why(trace: &Trace, packet: &PacketRow) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(rule) = packet.rule() {
        let info = rule.info();
        lines.push(format!("why: {} ({})", info.en, info.citation()));
    }
    if let Some(cause) = trace.cause(packet.sent)
        && let Some(text) = cause_text(trace, cause)
    {
        lines.push(format!("cause: {text}"));
    }
    let mut fate = String::new();
    if packet.is(packet_bits::RETRANSMISSION) {
        fate.push_str("sent again; ");
    }
    if let Some(dropped) = packet.dropped.known().filter(|_| packet.arrived == EventId::NONE) {
        let detail = trace.columns().detail(dropped).unwrap_or(0);
        let reason = u8::try_from(detail).ok().and_then(DropReason::from_code);
        let _ = write!(fate, "lost: {}; ", reason.map_or("", DropReason::name));
    }
    if packet.is(packet_bits::CORRUPTED) {
        fate.push_str("changed on its way; ");
    }
    if let Some(of) = packet.parent.known().filter(|of: &PacketId| *of != packet.id) {
        let what = if packet.is(packet_bits::COPY) { "copy" } else { "fragment" };
        let _ = write!(fate, "{what} of packet {}; ", of.0);
    }
    if !fate.is_empty() {
        fate.truncate(fate.len() - 2);
        lines.push(fate);
    }
    lines
}

fn cause_text(trace: &Trace, cause: EventId) -> Option<String> {
    let kind = trace.kind(cause)?;
    let time = trace.clock(cause);
    let at = crate::time::Duration::from_nanos(time.as_nanos());
    let rule = rule_from(trace.columns().detail(cause).unwrap_or(0));
    Some(match kind {
        Kind::CallBegun | Kind::CallReturned | Kind::BytesAccepted => {
            let call = trace.tables().calls.get(trace.call_row_of(cause)? as usize)?;
            format!("{} at {at}", call_text(trace, call))
        }
        Kind::PacketArrived | Kind::PacketConsumed | Kind::PacketIgnored => {
            let packet = trace.tables().packets.get(trace.packet_row_of(cause)? as usize)?;
            format!("packet {} arrived at {at}", packet.id.0)
        }
        Kind::TimerFired => {
            let subject = trace.columns().subject(cause)?;
            let timer = crate::probe::Timer::ALL.get(subject as usize)?;
            format!("the {} timer fired at {at}", crate::trace::file::timer_name(*timer))
        }
        _ => match rule {
            Some(rule) => format!("{} ({}) at {at}", rule.info().en, rule.info().citation()),
            None => format!("{kind} at {at}"),
        },
    })
}

/// A call as it would stand in a program: `send(5 bytes)`, with its line.
fn call_text(trace: &Trace, call: &CallRow) -> String {
    let mut text = format!("{}(", call.op);
    let mut arguments = Vec::new();
    if !call.data.is_empty() {
        arguments.push(format!("{} bytes", call.data.len()));
    }
    arguments.extend(call.size.map(|n| n.to_string()));
    arguments.extend(call.more().address.map(|a| a.to_string()));
    arguments.extend(call.more().how.map(|h| h.to_string()));
    arguments.extend(call.more().duration.map(|d| d.to_string()));
    if call.more().text.len > 0 {
        arguments.push(trace.text(call.more().text).to_owned());
    }
    text.push_str(&arguments.join(", "));
    text.push(')');
    if let Some(line) = call.line {
        let _ = write!(text, " in line {line}");
    }
    text
}

/// What each packet says of calls: those that began or returned at its host since the host's packet before it; behind the
/// last packet of a host, they stand with that one. By index into `seen`.
fn call_comments(trace: &Trace, seen: &[(u64, u32)]) -> Vec<Vec<String>> {
    // The packets of each host by its number, as (event, index).
    let mut packets: Vec<Vec<(EventId, usize)>> = Vec::new();
    for (at, (_, row)) in seen.iter().enumerate() {
        let Some(packet) = trace.tables().packets.get(*row as usize) else { continue };
        if let Some(host) = trace.host_of(packet.sent) {
            if packets.len() <= host.index() {
                packets.resize_with(host.index() + 1, Vec::new);
            }
            if let Some(list) = packets.get_mut(host.index()) {
                list.push((packet.sent, at));
            }
        }
    }
    for list in &mut packets {
        list.sort_unstable();
    }
    let mut comments: Vec<Vec<String>> = vec![Vec::new(); seen.len()];
    let mut add = |event: EventId, host: HostId, text: String| {
        let Some(list) = packets.get(host.index()) else { return };
        let next = list.partition_point(|(sent, _)| *sent < event);
        if let Some((_, at)) = list.get(next).or(list.last())
            && let Some(comments) = comments.get_mut(*at)
        {
            let at_time = crate::time::Duration::from_nanos(trace.clock(event).as_nanos());
            comments.push(format!("call: {text} at {at_time}"));
        }
    };
    let mut events: Vec<(EventId, bool, usize)> = Vec::new();
    events.extend(
        trace.tables().calls.iter().enumerate().filter(|(_, c)| !c.stub).map(|(i, c)| (c.begun, true, i)),
    );
    events.extend(trace.tables().returns.iter().enumerate().map(|(i, r)| (r.event, false, i)));
    events.sort_unstable();
    for (event, begun, row) in events {
        if begun {
            if let Some(call) = trace.tables().calls.get(row) {
                add(event, call.host, format!("{} begins", call_text(trace, call)));
            }
        } else if let Some(back) = trace.tables().returns.get(row)
            && let Some(call) = trace.tables().calls.get(back.call as usize)
        {
            let outcome = match back.outcome {
                StoredOutcome::Value(n) => n.to_string(),
                StoredOutcome::Errno(n) => Errno(n).to_string(),
                StoredOutcome::Failed(why) => trace.text(why).to_owned(),
            };
            add(event, call.host, format!("{} returns {outcome}", call_text(trace, call)));
        }
    }
    comments
}
