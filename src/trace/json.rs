//! A trace as JSON, for other programs: `{"format": "framewire-trace", "version": 1, "events": […]}`, an object an event.
//!
//! Each event has `time` (nanoseconds), `provenance`, `kind`, `cause` (an event's number, where known), and what its kind has
//! under the names of [`What`]. Bytes are hexadecimal text.

use serde_json::{Map, Value, json};

use super::code::{Errno, Kind};
use super::file::{kind_of, timer_name};
use super::record::{Args, Data, Outcome, Record, What};
use super::store::Trace;
use crate::probe::{TimerChange, Vars};
use crate::rule::Rule;
use crate::tcp::State;

/// The whole trace as one JSON text, an event a line.
pub fn write_json(trace: &Trace) -> String {
    let mut text = String::from("{\"format\":\"framewire-trace\",\"version\":1,\"events\":[");
    for (n, record) in trace.records().enumerate() {
        text.push_str(if n == 0 { "\n" } else { ",\n" });
        text.push_str(&record_json(&record).to_string());
    }
    text.push_str("\n]}\n");
    text
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(|d| char::from_digit(u32::from(d), 16).unwrap_or('0')));
    }
    text
}

fn data_json(data: &Data<'_>) -> Value {
    match *data {
        Data::Bytes(bytes) => json!({ "hex": hex(bytes) }),
        Data::Repeat { unit, phase, len } => json!({ "repeat": hex(unit), "phase": phase, "len": len }),
        Data::FromStream { len } => json!({ "from_stream": len }),
        Data::Unknown { len } => json!({ "unknown": len }),
    }
}

fn rule_json(rule: Option<Rule>) -> Value {
    rule.map_or(Value::Null, |r| json!(r.info().name))
}

fn text_of(address: Option<std::net::SocketAddr>) -> Value {
    address.map_or(Value::Null, |a| json!(a.to_string()))
}

fn args_json(args: &Args<'_>) -> Value {
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            map.insert(name.to_owned(), value);
        }
    };
    put("size", json!(args.size));
    put("address", text_of(args.address));
    put("how", args.how.map_or(Value::Null, |h| json!(h.name())));
    put("duration", args.duration.map_or(Value::Null, |d| json!(d.as_nanos())));
    put("text", if args.text.is_empty() { Value::Null } else { json!(args.text) });
    put("data", if args.data == Data::NONE { Value::Null } else { data_json(&args.data) });
    Value::Object(map)
}

fn value_json(value: i64, state: bool) -> Value {
    match value {
        Vars::UNSET => Value::Null,
        n if state => State::from_number(n).map_or_else(|| json!(n), |s| json!(s.label())),
        n => json!(n),
    }
}

/// One record as a JSON object.
pub fn record_json(record: &Record<'_>) -> Value {
    let kind = kind_of(&record.what);
    let mut event = json!({
        "time": record.time.as_nanos(),
        "provenance": record.provenance.name(),
        "kind": kind.name(),
    });
    if let (Some(map), Value::Object(what)) = (event.as_object_mut(), what_json(&record.what, kind)) {
        if let Some(cause) = record.cause {
            map.insert("cause".to_owned(), json!(cause.0));
        }
        // What is not known is not said.
        map.extend(what.into_iter().filter(|(_, value)| !value.is_null()));
    }
    event
}

fn what_json(what: &What<'_>, kind: Kind) -> Value {
    match *what {
        What::Host { host, name, addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            json!({ "host": host.0, "name": name, "addresses": addresses })
        }
        What::Program { program, host, name, language, source } => {
            json!({ "program": program.0, "host": host.0, "name": name, "language": language, "source": source })
        }
        What::Thread { thread, host, program, name } => {
            json!({ "thread": thread.0, "host": host.0, "program": program.map(|p| p.0), "name": name })
        }
        What::Socket { socket, host, transport, local, remote, listener } => json!({
            "socket": socket.0, "host": host.0, "transport": transport.name(), "local": text_of(local),
            "remote": text_of(remote), "listener": listener.map(|s| s.0),
        }),
        What::SocketNamed { socket, local, remote } => {
            json!({ "socket": socket.0, "local": text_of(local), "remote": text_of(remote) })
        }
        What::CallBegun { call, host, thread, socket, op, args, line, parent } => json!({
            "call": call.0, "host": host.0, "thread": thread.0, "socket": socket.map(|s| s.0), "op": op.name(),
            "args": args_json(&args), "line": line, "parent": parent.map(|c| c.0),
        }),
        What::BytesAccepted { call, bytes } => json!({ "call": call.0, "bytes": bytes }),
        What::CallReturned { call, outcome, data, address, socket, truncated } => {
            let (value, errno, failed) = match outcome {
                Outcome::Value(n) => (json!(n), Value::Null, Value::Null),
                Outcome::Errno(Errno(n)) => (Value::Null, json!(Errno(n).to_string()), Value::Null),
                Outcome::Failed(why) => (Value::Null, Value::Null, json!(why)),
            };
            let data = if data == Data::NONE { Value::Null } else { data_json(&data) };
            json!({
                "call": call.0, "value": value, "errno": errno, "failed": failed, "data": data,
                "address": text_of(address), "socket": socket.map(|s| s.0),
                "truncated": (truncated > 0).then_some(truncated),
            })
        }
        What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent } => {
            json!({
                "packet": packet.0, "host": host.known().map(|h| h.0), "socket": socket.map(|s| s.0), "hex": hex(bytes),
                "len": len, "payload_at": payload, "rule": rule_json(rule),
                "retransmission": retransmission.then_some(true), "parent": parent.map(|p| p.0),
            })
        }
        What::PacketQueued { packet, behind, until } => {
            json!({ "packet": packet.0, "behind": behind, "until": until.as_nanos() })
        }
        What::PacketDropped { packet, why } => json!({ "packet": packet.0, "why": why.name() }),
        What::PacketDuplicated { packet, copy } => json!({ "packet": packet.0, "copy": copy.0 }),
        What::PacketCorrupted { packet, at, bytes } => {
            json!({ "packet": packet.0, "at": at, "hex": hex(bytes) })
        }
        What::PacketArrived { packet, host } => {
            json!({ "packet": packet.0, "host": host.known().map(|h| h.0) })
        }
        What::PacketConsumed { packet, socket, rule } => {
            json!({ "packet": packet.0, "socket": socket.0, "rule": rule_json(rule) })
        }
        What::PacketIgnored { packet, socket, rule } => {
            json!({ "packet": packet.0, "socket": socket.map(|s| s.0), "rule": rule_json(rule) })
        }
        What::VarChange { socket, var, old, new, rule } => {
            let value = |v: i64| value_json(v, kind == Kind::StateChange);
            json!({
                "socket": socket.0, "var": var.label(), "old": value(old), "new": value(new), "rule": rule_json(rule),
            })
        }
        What::Timer { socket, timer, change, rule } => {
            let until = match change {
                TimerChange::Set(until) => Some(until.as_nanos()),
                TimerChange::Cancelled | TimerChange::Fired => None,
            };
            json!({ "socket": socket.0, "timer": timer_name(timer), "until": until, "rule": rule_json(rule) })
        }
        What::RuleFired { socket, rule } => json!({ "socket": socket.0, "rule": rule_json(Some(rule)) }),
        What::FrameDecoded { socket, sent, framing, start, end, roles, error } => {
            let role = |r: &super::RoleRange| json!({ "role": r.role.name(crate::lang::Lang::En), "start": r.start, "end": r.end });
            json!({
                "socket": socket.0, "sent": sent, "framing": framing, "start": start, "end": end,
                "roles": roles.iter().map(role).collect::<Vec<_>>(), "error": error,
            })
        }
        What::StreamBytes { socket, sent, offset, data } => {
            json!({ "socket": socket.0, "sent": sent, "offset": offset, "data": data_json(&data) })
        }
        What::Command { text } | What::Note { text } => json!({ "text": text }),
        What::LimitReached { limit, value } => json!({ "limit": limit.name(), "value": value }),
        What::Lost { events } => json!({ "events": events }),
        What::Clock { epoch_nanos } => json!({ "epoch_nanos": epoch_nanos }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Var;
    use crate::time::Instant;
    use crate::trace::{EventId, Provenance, Sink, SocketId};

    #[test]
    fn events_are_objects_and_what_is_not_known_is_not_said() {
        let mut trace = Trace::new();
        let what =
            What::VarChange { socket: SocketId(1), var: Var::State, old: Vars::UNSET, new: 4, rule: None };
        let record = Record::new(Instant::from_nanos(7), Provenance::Inferred, what);
        trace.record(record);
        trace.record(
            Record::new(Instant::from_nanos(8), Provenance::Modelled, What::Note { text: "中" })
                .because(EventId(0)),
        );
        let value: Value = serde_json::from_str(&write_json(&trace)).unwrap();
        let expected = json!({ "format": "framewire-trace", "version": 1, "events": [
            { "time": 7, "provenance": "inferred", "kind": "state-change", "socket": 1, "var": "STATE",
              "new": "ESTABLISHED" },
            { "time": 8, "provenance": "modelled", "kind": "note", "cause": 0, "text": "中" },
        ]});
        assert_eq!(value, expected);
    }
}
