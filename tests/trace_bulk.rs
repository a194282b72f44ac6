//! A bulk transfer in a trace: what 100,000 segments cost in memory, and that questions about them stay quick.

#[path = "trace/story.rs"]
mod story;

use framewire::probe::Var;
use framewire::time::Instant;
use framewire::trace::ledger::part;
use framewire::trace::{
    Args, ConnectionId, Data, DropReason, HostId, Op, Outcome, PacketId, Side, SocketId, Trace, Transport,
    Vantage, What, read, write,
};
use story::{ACK, CLIENT, SERVER, Segment, Story};

const SEGMENTS: u32 = 100_000;
const MSS: u32 = 1460;

fn sent(packet: PacketId, host: HostId, bytes: &[u8], len: u32, payload: Option<u64>) -> What<'_> {
    let socket = Some(SocketId(u32::from(host == SERVER)));
    let (rule, retransmission, parent) = (None, false, None);
    What::PacketSent { packet, host, socket, bytes, len, payload, rule, retransmission, parent }
}

/// A send of repeating bytes, a segment each MSS with its arrival, acknowledgment and changed variables; every hundredth
/// segment is lost.
fn bulk(segments: u32) -> Trace {
    let mut trace = Trace::new();
    let mut story = Story::new(&mut trace);
    story.sockets(Transport::Tcp);
    story.handshake();
    let len = u64::from(segments) * u64::from(MSS);
    let data = Data::Repeat { unit: b"framewire ", phase: 0, len };
    let call = story.begin(0, Op::SendAll, Args { data, ..Args::default() });
    let header = |from_client, seq, ack| {
        story::tcp(Segment { from_client, seq, ack, flags: ACK, window: 60000, payload: b"" })
    };
    let mut number = 1000;
    for n in 0..segments {
        let offset = u64::from(n) * u64::from(MSS);
        let seq = 101_u32.wrapping_add(offset as u32);
        let mut data = header(true, seq, 301);
        data[2..4].copy_from_slice(&(40 + MSS as u16).to_be_bytes());
        let packet = PacketId(number);
        story.tell(sent(packet, CLIENT, &data, 40 + MSS, Some(offset)));
        let change = |var, new| What::VarChange { socket: SocketId(0), var, old: 0, new, rule: None };
        story.tell(change(Var::SndNxt, i64::from(seq.wrapping_add(MSS))));
        story.wait(1000);
        number += 1;
        if n % 100 == 50 {
            story.tell(What::PacketDropped { packet, why: DropReason::Loss });
            continue;
        }
        story.arrive(packet, SERVER);
        let answer = PacketId(number);
        story.tell(sent(answer, SERVER, &header(false, 301, seq.wrapping_add(MSS)), 40, None));
        story.wait(1000);
        story.arrive(answer, CLIENT);
        story.tell(change(Var::SndUna, i64::from(seq.wrapping_add(MSS))));
        story.tell(change(Var::Cwnd, i64::from(n)));
        number += 1;
    }
    story.end(call, Outcome::Value(len as i64), Data::NONE);
    trace
}

#[test]
fn an_event_costs_less_than_200_bytes() {
    let trace = bulk(SEGMENTS);
    let each = trace.memory() / trace.len();
    assert!(each < 200, "{each} bytes an event, {} events", trace.len());
    let stream = ConnectionId(0).stream(Side::Client);
    let ledger = trace.ledger(stream).expect("the stream is there");
    assert_eq!(ledger.segments.len(), SEGMENTS as usize);
    assert_eq!(ledger.segments.iter().filter(|s| s.is(part::LOST)).count(), SEGMENTS as usize / 100);
    assert_eq!(ledger.len, u64::from(SEGMENTS) * u64::from(MSS));
    assert_eq!(trace.marks(Vantage::Sent).len(), trace.seen_from(Vantage::Sent).len());
    let middle = Instant::from_nanos(trace.end_time().as_nanos() / 2);
    let vars = trace.vars_at_time(SocketId(0), middle);
    assert!(vars.get(Var::Cwnd).is_some_and(|n| (49_000..51_000).contains(&n)), "{vars:?}");
}

#[test]
fn a_bulk_transfer_survives_its_file() {
    let trace = bulk(3_000);
    let file = write(&trace);
    // The payload is said once, by the send call.
    assert!(file.len() / trace.len() < 60, "{} bytes an event", file.len() / trace.len());
    assert_eq!(read(&file).expect("our own file").0, trace);
}
