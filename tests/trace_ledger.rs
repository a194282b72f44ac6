//! The byte ledger: every byte from send call to frame.

#[path = "trace/story.rs"]
mod story;

use framewire::framing::Role;
use framewire::trace::ledger::part;
use framewire::trace::{
    Args, ConnectionId, Data, DropReason, Op, Outcome, Part, RoleRange, Side, SocketId, StreamRange, Trace,
    Transport, What, read, write,
};
use story::{ACK, CLIENT, PSH, SERVER, Segment, Story, client_address, server_address};

const UP: framewire::trace::StreamId = ConnectionId(0).stream(Side::Client);

fn ranges(parts: &[Part]) -> Vec<(u64, u64)> {
    parts.iter().map(|p| (p.start, p.end)).collect()
}

fn data(seq: u32, payload: &[u8]) -> Segment<'_> {
    Segment { from_client: true, seq, ack: 301, flags: ACK | PSH, window: 1000, payload }
}

fn ack(ack: u32) -> Segment<'static> {
    Segment { from_client: false, seq: 301, ack, flags: ACK, window: 1000, payload: b"" }
}

/// Two messages, three segments of which the second is lost and sent again, two recv calls, one frame.
fn conversation() -> Trace {
    let mut trace = Trace::new();
    let mut story = Story::new(&mut trace);
    story.sockets(Transport::Tcp);
    story.handshake();
    story.wait(10);
    story.send(0, b"hello");
    story.send(0, b"world!!");
    let first = story.segment(data(101, b"hel"));
    let second = story.segment(data(104, b"lowor"));
    let third = story.segment(data(109, b"ld!!"));
    story.wait(10);
    story.arrive(first, SERVER);
    story.tell(What::PacketDropped { packet: second, why: DropReason::Scripted });
    story.arrive(third, SERVER);
    let answer = story.segment(ack(104));
    story.wait(10);
    story.arrive(answer, CLIENT);
    let again = story.segment(data(104, b"lowor"));
    story.wait(10);
    story.arrive(again, SERVER);
    let answer = story.segment(ack(113));
    story.recv(1, b"hellowor");
    story.wait(10);
    story.arrive(answer, CLIENT);
    story.recv(1, b"ld!!");
    story.tell(What::FrameDecoded {
        socket: SocketId(1),
        sent: false,
        framing: "fixed:12",
        start: 0,
        end: 12,
        roles: &[RoleRange { role: Role::Payload, start: 0, end: 12 }],
        error: None,
    });
    trace
}

#[test]
fn every_lane_holds_its_ranges() {
    let trace = conversation();
    assert_eq!(trace.connections().len(), 1);
    let ledger = trace.ledger(UP).expect("the stream is there");
    assert_eq!(ledger.len, 12);
    assert_eq!(ranges(&ledger.sends), [(0, 5), (5, 12)]);
    assert_eq!(ranges(&ledger.accepted), [(0, 5), (5, 12)]);
    assert_eq!(ranges(&ledger.segments), [(0, 3), (3, 8), (8, 12), (3, 8)]);
    assert_eq!(ranges(&ledger.acknowledged), [(0, 3), (3, 12)]);
    assert_eq!(ranges(&ledger.received), [(0, 3), (3, 12)]);
    assert_eq!(ranges(&ledger.receives), [(0, 8), (8, 12)]);
    assert_eq!(ranges(&ledger.frames), [(0, 12)]);

    let bits: Vec<u16> = ledger.segments.iter().map(|p| p.bits).collect();
    assert_eq!(bits, [0, part::LOST, 0, part::OVERLAP]);
    // The send buffer holds the first message until all of it is acknowledged.
    assert_eq!(ledger.accepted[0].t1, ledger.acknowledged[1].t0);
    // The receive buffer holds what came at last until the second recv.
    assert_eq!(ledger.received[0].t1, ledger.receives[0].t1);
    assert_eq!(ledger.received[1].t1, ledger.receives[1].t1);
}

#[test]
fn payloads_are_held_once() {
    let trace = conversation();
    let all = StreamRange { stream: UP, start: 0, end: 12 };
    assert_eq!(trace.read_stream(all, 100), b"helloworld!!");
    assert_eq!(trace.content(UP).map(|c| c.extents().len()), Some(2));
    let last = trace.tables().packets.iter().rev().find(|p| p.payload_len > 0).expect("a data segment");
    assert_eq!(trace.packet_bytes(last), story::tcp(data(104, b"lowor")));
    assert_eq!(last.stored.len, 40);
    assert_eq!(read(&write(&trace)).expect("our own file").0, trace);
}

#[test]
fn a_send_that_accepts_less_leaves_the_rest_to_the_next() {
    let mut trace = Trace::new();
    let mut story = Story::new(&mut trace);
    story.sockets(Transport::Tcp);
    let args = |data| Args { data: Data::Bytes(data), ..Args::default() };
    let call = story.begin(0, Op::Send, args(b"abcdef"));
    story.end(call, Outcome::Value(4), Data::NONE);
    let call = story.begin(0, Op::Send, args(b"efgh"));
    story.end(call, Outcome::Errno(framewire::trace::Errno::EAGAIN), Data::NONE);
    let call = story.begin(0, Op::SendAll, args(b"efgh"));
    story.wait(5);
    story.tell(What::BytesAccepted { call, bytes: 1 });
    story.wait(5);
    story.end(call, Outcome::Value(0), Data::NONE);
    let ledger = trace.ledger(UP).expect("the stream is there");
    assert_eq!(ranges(&ledger.sends), [(0, 4), (4, 4), (4, 8)]);
    assert_eq!(ranges(&ledger.accepted), [(0, 4), (4, 5), (5, 8)]);
    assert_eq!(ledger.sends[1].bits, part::FAILED);
    assert_eq!(trace.read_stream(StreamRange { stream: UP, start: 0, end: 8 }, 100), b"abcdefgh");
}

#[test]
fn datagrams_stay_whole_and_burn_their_tails() {
    let mut trace = Trace::new();
    let mut story = Story::new(&mut trace);
    story.sockets(Transport::Udp);
    let send = |story: &mut Story<'_, Trace>, payload: &[u8]| {
        let data = Data::Bytes(payload);
        let args = Args { data, address: Some(server_address()), ..Args::default() };
        let call = story.begin(0, Op::SendTo, args);
        let body = story::udp_body(client_address(), server_address(), payload);
        let bytes = story::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 17, 7, 0, &body);
        let packet = story.packet(CLIENT, Some(0), &bytes, None);
        story.end(call, Outcome::Value(payload.len() as i64), Data::NONE);
        packet
    };
    let first = send(&mut story, b"one");
    let second = send(&mut story, b"twotwo");
    let third = send(&mut story, b"333");
    story.wait(10);
    // The first is lost; the third overtakes the second.
    story.tell(What::PacketDropped { packet: first, why: DropReason::Loss });
    for (packet, bytes, truncated) in [(third, &b"333"[..], 0), (second, b"two", 3)] {
        let arrived = story.arrive(packet, SERVER);
        let call = story.begin(1, Op::RecvFrom, Args { size: Some(3), ..Args::default() });
        let what = What::CallReturned {
            call,
            outcome: Outcome::Value(3),
            data: Data::Bytes(bytes),
            address: Some(client_address()),
            socket: None,
            truncated,
        };
        story.tell_because(arrived, what);
    }
    assert_eq!(trace.connections().len(), 1);
    let ledger = trace.ledger(UP).expect("the flow is there");
    assert_eq!(ranges(&ledger.sends), [(0, 3), (3, 9), (9, 12)]);
    assert_eq!(ranges(&ledger.segments), [(0, 3), (3, 9), (9, 12)]);
    assert_eq!(ledger.segments[0].bits, part::LOST);
    assert_eq!(ranges(&ledger.received), [(9, 12), (3, 9)]);
    assert_eq!(ranges(&ledger.receives), [(9, 12), (3, 9)]);
    assert_eq!((ledger.receives[1].kept, ledger.receives[1].bits), (6, part::TRUNCATED));
    assert_eq!(trace.content(UP).map(|c| c.extents().len()), Some(3));
}

#[test]
fn fragments_find_their_datagram() {
    let mut trace = Trace::new();
    let mut story = Story::new(&mut trace);
    story.sockets(Transport::Udp);
    let payload: Vec<u8> = (0..40).collect();
    let body = story::udp_body(client_address(), server_address(), &payload);
    let mut packets = Vec::new();
    for (at, more) in [(0_u16, 0x2000), (24, 0x2000), (40, 0)] {
        let part = &body[usize::from(at)..body.len().min(usize::from(at) + if at == 0 { 24 } else { 16 })];
        let bytes = story::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 17, 7, more | (at / 8), part);
        packets.push(story.packet(CLIENT, Some(0), &bytes, None));
    }
    story.wait(5);
    for packet in packets {
        story.arrive(packet, SERVER);
    }
    let ledger = trace.ledger(UP).expect("the flow is there");
    assert_eq!(ranges(&ledger.segments), [(0, 16), (16, 32), (32, 40)]);
    assert!(ledger.segments.iter().all(|p| p.bits == part::FRAGMENT));
    assert_eq!(ranges(&ledger.received), [(0, 40)]);
    assert_eq!(trace.read_stream(StreamRange { stream: UP, start: 0, end: 40 }, 100), payload);
}

#[test]
fn a_recorder_that_sees_one_end_still_has_both_streams() {
    let mut trace = Trace::new();
    let mut story = Story::new(&mut trace);
    story.sockets(Transport::Tcp);
    story.recv(1, b"hel");
    story.recv(1, b"lo");
    story.send(1, b"HELLO");
    let down = UP.reverse();
    let text = |trace: &Trace, stream| trace.read_stream(StreamRange { stream, start: 0, end: 5 }, 100);
    assert_eq!(text(&trace, UP), b"hello");
    assert_eq!(text(&trace, down), b"HELLO");
    let ledger = trace.ledger(UP).expect("the stream is there");
    assert_eq!(
        (ranges(&ledger.receives), ledger.segments.len(), ledger.received.len()),
        (vec![(0, 3), (3, 5)], 0, 0)
    );
}
