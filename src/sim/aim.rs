//! Which scripted action means a packet of a run: what a click on a packet becomes, so that the changed scenario is a scenario
//! like any other.

use super::scenario::{Act, Scenario, ScriptedAction, What};
use super::units::Span;
use crate::trace::summary::flag;
use crate::trace::tables::packet_bits;
use crate::trace::{PacketId, PacketRow, Trace};

/// IP protocol numbers (<https://www.iana.org/assignments/protocol-numbers>).
const ICMP: u8 = 1;
const TCP: u8 = 6;
const ICMPV6: u8 = 58;

/// The kind under which a script calls this packet.
fn kind_of(row: &PacketRow) -> What {
    let rest = flag::SYN | flag::FIN | flag::RST;
    match row.protocol {
        _ if row.is(packet_bits::FRAGMENT) => What::Fragment,
        ICMP | ICMPV6 => What::Icmp,
        TCP if row.has(flag::SYN | flag::ACK) => What::SynAck,
        TCP if row.has(flag::SYN) => What::Syn,
        TCP if row.has(flag::RST) => What::Rst,
        TCP if row.has(flag::FIN) => What::Fin,
        _ if row.payload_len > 0 => What::Data,
        TCP if row.flags & rest == 0 && row.has(flag::ACK) => What::Ack,
        _ => What::Any,
    }
}

/// Whether a script that asks for `what` counts this packet.
fn counts(row: &PacketRow, what: What) -> bool {
    // A network's copy goes the way of its original, and a packet that was cut up is met in its fragments.
    if row.is(packet_bits::COPY) {
        return false;
    }
    match what {
        What::Any => true,
        What::Fin => row.protocol == TCP && row.has(flag::FIN),
        What::Data => row.payload_len > 0,
        what => kind_of(row) == what,
    }
}

/// "The client's 2nd data segment": what `act` does to this packet of `trace`, a run of `scenario`. Until then the run is the
/// same with it. `None` for what the script cannot mean: a copy that the network made, or a packet that was cut into fragments.
pub fn aim(
    scenario: &Scenario,
    trace: &Trace,
    packet: PacketId,
    act: Act,
    by: Option<Span>,
) -> Option<ScriptedAction> {
    let packets = &trace.tables().packets;
    let wanted = trace.packet(packet)?;
    let cut = |row: &PacketRow| {
        packets.iter().any(|other| other.is(packet_bits::FRAGMENT) && other.parent == row.id)
    };
    if wanted.is(packet_bits::COPY) || wanted.is(packet_bits::STUB) || cut(wanted) {
        return None;
    }
    let what = kind_of(wanted);
    let sender = trace.host_of(wanted.sent)?;
    let name = &trace.host(sender)?.name;
    // A router has no name in a scenario: its packets are counted among those of all.
    let from = scenario.hosts.iter().find(|host| host.name == *name).map(|host| host.name.clone());
    let mut nth = 0;
    for row in packets.iter().filter(|row| row.sent <= wanted.sent && counts(row, what)) {
        let own = from.is_none() || trace.host_of(row.sent) == Some(sender);
        nth += u32::from(own && !cut(row));
    }
    let nth = Some(nth).filter(|&nth| nth > 0);
    Some(ScriptedAction { act, from, to: None, what, nth, after: None, by, at: None })
}
