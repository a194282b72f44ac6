//! Random records, the same for every sink that is driven with the same seed: sensible ones and senseless ones.

use std::net::{IpAddr, SocketAddr};

use framewire::probe::{Timer, TimerChange, Var};
use framewire::rng::Rng;
use framewire::rule::Rule;
use framewire::time::{Duration, Instant};
use framewire::trace::{
    Args, CallId, Data, DropReason, Errno, EventId, HostId, How, Limit, Op, Outcome, PacketId, ProgramId,
    Provenance, Record, Role, RoleRange, Sink, SocketId, ThreadId, Transport, What,
};

fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.below(of.len() as u64) as usize]
}

fn maybe<T>(rng: &mut Rng, value: T) -> Option<T> {
    rng.chance(0.5).then_some(value)
}

fn number(rng: &mut Rng) -> u64 {
    match rng.below(8) {
        0 => u64::MAX - rng.below(3),
        1 => rng.next_u64(),
        _ => rng.below(100),
    }
}

fn address(rng: &mut Rng) -> SocketAddr {
    let ip: IpAddr = pick(rng, &["10.0.0.1", "10.0.0.2", "127.0.0.1", "0.0.0.0", "fd00::1", "::"])
        .parse()
        .expect("an address");
    SocketAddr::new(ip, pick(rng, &[0, 80, 40000, 65535]))
}

fn data<'a>(rng: &mut Rng, bytes: &'a [u8]) -> Data<'a> {
    let part = &bytes[..rng.below(bytes.len() as u64 + 1) as usize];
    match rng.below(7) {
        0 => Data::Repeat { unit: part, phase: number(rng) as u32, len: number(rng) },
        1 => Data::FromStream { len: number(rng) },
        2 => Data::Unknown { len: number(rng) },
        3 => Data::NONE,
        _ => Data::Bytes(part),
    }
}

/// An IPv4 packet, TCP or UDP, now and then cut, broken or a fragment.
fn packet(rng: &mut Rng) -> Vec<u8> {
    let tcp = rng.chance(0.6);
    let payload: Vec<u8> = (0..rng.below(12)).map(|i| b'a' + i as u8).collect();
    let header = if tcp { 40 } else { 28 };
    let total = (header + payload.len()) as u16;
    let (a, b) = pick(rng, &[([10, 0, 0, 1], [10, 0, 0, 2]), ([10, 0, 0, 2], [10, 0, 0, 1])]);
    let (p, q) = pick(rng, &[(40000_u16, 80_u16), (80, 40000)]);
    let fragment = pick(rng, &[0_u16, 0, 0, 0x2000, 1, 0x2001]);
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, rng.below(3) as u8]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, if tcp { 6 } else { 17 }, 0, 0]);
    bytes.extend(a);
    bytes.extend(b);
    bytes.extend(p.to_be_bytes());
    bytes.extend(q.to_be_bytes());
    if tcp {
        let seq = pick(rng, &[0_u32, 1, 2, 6, u32::MAX, 0x8000_0000]);
        bytes.extend(seq.to_be_bytes());
        bytes.extend(pick(rng, &[0_u32, 1, 5]).to_be_bytes());
        bytes.extend((0x5000 | pick(rng, &[0x02_u16, 0x12, 0x10, 0x18, 0x11, 0x04])).to_be_bytes());
        bytes.extend([3, 232, 0, 0, 0, 0]);
    } else {
        bytes.extend((8 + payload.len() as u16).to_be_bytes());
        bytes.extend([0, 0]);
    }
    bytes.extend(&payload);
    match rng.below(10) {
        0 => bytes.truncate(rng.below(bytes.len() as u64) as usize),
        1 => bytes[0] = rng.next_u64() as u8,
        2 => bytes.push(0),
        _ => {}
    }
    bytes
}

/// Records `count` random records of `seed`.
pub fn drive(seed: u64, count: usize, sink: &mut dyn Sink) {
    let rng = &mut Rng::new(seed);
    let mut nanos = 0_u64;
    for _ in 0..count {
        nanos = match rng.below(10) {
            0 => nanos.saturating_sub(rng.below(50)),
            1 => nanos.saturating_add(number(rng)),
            _ => nanos.saturating_add(rng.below(1000)),
        };
        let random: Vec<u8> = (0..rng.below(20)).map(|_| b'a' + rng.below(3) as u8).collect();
        let text = pick(rng, &["", "hello", "一二三", "MSG_PEEK"]);
        let small = |rng: &mut Rng| {
            if rng.chance(0.02) { rng.next_u64() as u32 & 0x7fff_ffff } else { rng.below(4) as u32 }
        };
        let (socket, call, id) = (SocketId(small(rng)), CallId(small(rng)), PacketId(small(rng)));
        let host = HostId(rng.below(3) as u16);
        let rule = maybe(rng, ()).map(|()| pick(rng, Rule::ALL));
        let addresses = [address(rng).ip(), address(rng).ip()];
        let bytes = packet(rng);
        let roles = [RoleRange { role: pick(rng, Role::ALL), start: number(rng), end: number(rng) }; 2];
        let local = address(rng);
        let remote = address(rng);
        let (local, remote) = (maybe(rng, local), maybe(rng, remote));
        let what = match rng.below(26) {
            0 => What::Host { host, name: text, addresses: &addresses[..rng.below(3) as usize] },
            1 => What::Program {
                program: ProgramId(small(rng)),
                host,
                name: text,
                language: "python",
                source: text,
            },
            2 => What::Thread {
                thread: ThreadId(small(rng)),
                host,
                program: maybe(rng, ProgramId(0)),
                name: text,
            },
            3 => What::Socket {
                socket,
                host,
                transport: pick(rng, Transport::ALL),
                local,
                remote,
                listener: maybe(rng, SocketId(1)),
            },
            4 => What::SocketNamed { socket, local, remote },
            5..=7 => What::CallBegun {
                call,
                host,
                thread: ThreadId(small(rng)),
                socket: maybe(rng, socket),
                op: pick(rng, Op::ALL),
                args: Args {
                    size: maybe(rng, 7),
                    address: local,
                    how: maybe(rng, How::Both),
                    duration: maybe(rng, Duration::from_nanos(5)),
                    text,
                    data: data(rng, &random),
                },
                line: maybe(rng, 3),
                parent: maybe(rng, CallId(0)),
            },
            8 => What::BytesAccepted { call, bytes: number(rng) },
            9..=11 => What::CallReturned {
                call,
                outcome: match rng.below(4) {
                    0 => Outcome::Errno(Errno::EPIPE),
                    1 => Outcome::Failed(text),
                    _ => Outcome::Value(number(rng) as i64),
                },
                data: data(rng, &random),
                address: remote,
                socket: maybe(rng, SocketId(2)),
                truncated: small(rng),
            },
            12..=14 => What::PacketSent {
                packet: id,
                host,
                socket: maybe(rng, socket),
                bytes: &bytes,
                len: pick(rng, &[bytes.len() as u32, bytes.len() as u32, 60, 0]),
                payload: if rng.chance(0.1) { Some(number(rng)) } else { None },
                rule,
                retransmission: rng.chance(0.3),
                parent: maybe(rng, PacketId(0)),
            },
            15 => {
                What::PacketQueued { packet: id, behind: small(rng), until: Instant::from_nanos(number(rng)) }
            }
            16 => What::PacketDropped { packet: id, why: pick(rng, DropReason::ALL) },
            17 => What::PacketDuplicated { packet: id, copy: PacketId(small(rng)) },
            18 => What::PacketCorrupted { packet: id, at: small(rng), bytes: &random },
            19 => What::PacketArrived { packet: id, host },
            20 => What::PacketConsumed { packet: id, socket, rule },
            21 => What::PacketIgnored { packet: id, socket: maybe(rng, socket), rule },
            22 => What::VarChange {
                socket,
                var: pick(rng, Var::ALL),
                old: number(rng) as i64,
                new: number(rng) as i64,
                rule,
            },
            23 => What::Timer {
                socket,
                timer: pick(rng, Timer::ALL),
                change: match rng.below(3) {
                    0 => TimerChange::Set(Instant::from_nanos(number(rng))),
                    1 => TimerChange::Cancelled,
                    _ => TimerChange::Fired,
                },
                rule,
            },
            24 => What::FrameDecoded {
                socket,
                sent: rng.chance(0.5),
                framing: "json-header:size",
                start: number(rng),
                end: number(rng),
                roles: &roles[..rng.below(3) as usize],
                error: maybe(rng, text),
            },
            _ => match rng.below(7) {
                0 => What::StreamBytes {
                    socket,
                    sent: rng.chance(0.5),
                    offset: number(rng),
                    data: data(rng, &random),
                },
                1 => What::Command { text },
                2 => What::Note { text },
                3 => What::LimitReached { limit: pick(rng, Limit::ALL), value: number(rng) },
                4 => What::Lost { events: number(rng) },
                5 => What::Clock { epoch_nanos: number(rng) },
                _ => What::RuleFired { socket, rule: pick(rng, Rule::ALL) },
            },
        };
        let cause = if rng.chance(0.3) { Some(EventId(rng.below(200) as u32)) } else { None };
        sink.record(Record {
            time: Instant::from_nanos(nanos),
            provenance: pick(rng, Provenance::ALL),
            cause,
            what,
        });
    }
}
