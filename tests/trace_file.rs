//! The file format: lossless, opens up to any cut, and never believes a length.

#[path = "trace/random.rs"]
mod random;

use framewire::framing::Role;
use framewire::time::{Duration, Instant};
use framewire::trace::capture::export;
use framewire::trace::file::{HEADER_LEN, WireError, crc32};
use framewire::trace::{
    CallId, Damage, End, EventId, FileReader, FileWriter, HostId, Provenance, ReadError, Record, RoleRange,
    Sink, SocketId, StreamId, ThreadId, Trace, Turn, TurnFrames, Vantage, What, read, write, write_json,
};
use proptest::prelude::*;

fn cases() -> u32 {
    std::env::var("FRAMEWIRE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200)
}

/// A file of `count` random records in chunks of `per_chunk`, and where each chunk ends.
fn file(seed: u64, count: usize, per_chunk: usize) -> (Vec<u8>, Vec<usize>) {
    let mut trace = Trace::new();
    random::drive(seed, count, &mut trace);
    let (mut bytes, mut ends, mut writer) = (Vec::new(), Vec::new(), FileWriter::new());
    writer.flush_to(&mut bytes).expect("a Vec takes all");
    ends.push(bytes.len());
    for (i, record) in trace.records().enumerate() {
        writer.record(record);
        if (i + 1) % per_chunk == 0 || i + 1 == count {
            writer.flush_to(&mut bytes).expect("a Vec takes all");
            ends.push(bytes.len());
        }
    }
    (bytes, ends)
}

/// These bytes are a whole file, of this trace.
fn reads_as(bytes: &[u8], trace: &Trace) -> Result<(), TestCaseError> {
    let (again, end) = read(bytes).expect("our own file");
    prop_assert_eq!(end, End::Complete);
    prop_assert_eq!(trace, &again);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn what_was_recorded_is_read(seed: u64, count in 0usize..150) {
        let (mut trace, mut writer) = (Trace::new(), FileWriter::new());
        random::drive(seed, count, &mut trace);
        random::drive(seed, count, &mut writer);
        reads_as(&writer.take(), &trace)?;
        reads_as(&write(&trace), &trace)?;
    }

    #[test]
    fn frames_like_the_one_before_come_back_whole(
        frames in prop::collection::vec(
            (0..3_u32, any::<bool>(), 0..2_usize, prop_oneof![0..100_u64, any::<u64>()], 4..6_u64, 0..3_usize, 0..8_u8),
            0..60,
        ),
    ) {
        let (mut trace, mut writer, mut bytes) = (Trace::new(), FileWriter::new(), Vec::new());
        for (socket, sent, framing, start, len, parts, chance) in frames {
            let at = |offset: u64| start.wrapping_add(offset);
            let roles = [
                RoleRange { role: Role::Length, start, end: at(4) },
                RoleRange { role: Role::Payload, start: at(4), end: at(len) },
            ];
            let what = What::FrameDecoded {
                socket: SocketId(socket),
                sent,
                framing: ["length:u32be", "line"][framing],
                start,
                end: at(len),
                roles: &roles[..parts],
                error: (chance == 0).then_some("cut"),
            };
            let record = Record::new(Instant::START, Provenance::Observed, what);
            trace.record(record);
            writer.record(record);
            if chance == 1 {
                writer.flush_to(&mut bytes).expect("a Vec takes all");
            }
        }
        bytes.extend(writer.take());
        reads_as(&bytes, &trace)?;
    }

    #[test]
    fn turns_are_the_records_they_stand_for(
        turns in prop::collection::vec(
            (0..3_u32, any::<u32>(), any::<Option<u64>>(), 0..300_usize, 0..300_usize, any::<u64>(), 0..4_u64, 0..6_u8),
            0..60,
        ),
    ) {
        let (mut trace, mut writer, mut bytes) = (Trace::new(), FileWriter::new(), Vec::new());
        let payload: Vec<u8> = (0..=255).cycle().take(300).collect();
        for (socket, call, asked, got, gave, start, border, chance) in turns {
            let alike = chance < 4;
            let (got, gave) = if alike { (9, 9) } else { (got, gave) };
            let roles = [
                RoleRange { role: Role::Length, start: 0, end: border },
                RoleRange { role: Role::Payload, start: border, end: 9 },
            ];
            let frames = alike.then_some(TurnFrames { framing: "length:u32be", roles: &roles, starts: [start, start / 2] });
            let turn = Turn {
                time: Instant::from_nanos(start >> 20),
                took: Duration::from_nanos(u64::from(call)),
                provenance: Provenance::Observed,
                host: HostId(1),
                thread: ThreadId(7),
                socket: SocketId(socket),
                call: CallId(call),
                next: CallId(call / 2),
                asked,
                received: &payload[..got],
                sent: &payload[..gave],
                frames,
            };
            let first = writer.turn(&turn);
            prop_assert_eq!(first.0 as usize, trace.len());
            turn.tell(&mut Vec::new(), &mut |record| { trace.record(record); });
            prop_assert_eq!(writer.next_event().0 as usize, trace.len());
            if chance == 1 {
                writer.flush_to(&mut bytes).expect("a Vec takes all");
            }
        }
        bytes.extend(writer.take());
        reads_as(&bytes, &trace)?;
    }

    #[test]
    fn bytes_may_come_in_any_pieces(seed: u64, piece in 1usize..40) {
        let (bytes, _) = file(seed, 60, 7);
        let (mut trace, mut reader) = (Trace::new(), FileReader::new());
        for part in bytes.chunks(piece) {
            reader.feed(part, &mut trace).expect("our own file");
        }
        prop_assert_eq!(reader.end(), End::Complete);
        prop_assert_eq!(&trace, &read(&bytes).expect("our own file").0);
    }

    #[test]
    fn a_changed_byte_is_told(seed: u64, place: prop::sample::Index, flip in 1u8..) {
        let (mut bytes, ends) = file(seed, 60, 7);
        let at = place.index(bytes.len());
        bytes[at] ^= flip;
        match read(&bytes) {
            Err(error) => prop_assert!(at < HEADER_LEN, "{error} for byte {at}"),
            Ok((trace, end)) => {
                let whole = ends.iter().filter(|e| **e <= at).count();
                let reserved = (10..HEADER_LEN).contains(&at);
                prop_assert!(reserved || end != End::Complete, "byte {at} changed unseen");
                prop_assert!(reserved || trace.len() == (whole - 1) * 7);
            }
        }
    }

    #[test]
    fn random_bytes_are_refused_in_peace(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        // The same bytes as a chunk with a right checksum: whatever a forger writes is an error or a record.
        let (mut forged, _) = file(0, 0, 1);
        forged.extend((bytes.len() as u32 + 1).to_le_bytes());
        let content: Vec<u8> = std::iter::once(0).chain(bytes).collect();
        forged.extend(crc32(&content).to_le_bytes());
        forged.extend(&content);
        let (trace, _) = read(&forged).expect("the header is right");
        prop_assert!(trace.memory() < 1 << 20);
    }

    #[test]
    fn mutated_records_are_refused_in_peace(
        seed: u64,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (mut bytes, ends) = file(seed, 40, 40);
        let content = ends[0] + 8;
        for (place, value) in changes {
            let at = content + place.index(bytes.len() - content);
            bytes[at] = value;
        }
        let checksum = crc32(&bytes[content..]);
        bytes[ends[0] + 4..content].copy_from_slice(&checksum.to_le_bytes());
        let (trace, _) = read(&bytes).expect("the header is right");
        let (again, _) = read(&write(&trace)).expect("our own file");
        prop_assert_eq!(trace, again);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn every_question_to_a_senseless_trace_has_an_answer(seed: u64, count in 0usize..200) {
        let mut trace = Trace::new();
        random::drive(seed, count, &mut trace);
        let report = trace.report(Vantage::Sent);
        prop_assert_eq!(report.connections.len(), trace.connections().len());
        for n in 0..trace.connections().len() as u32 * 2 {
            prop_assert!(trace.ledger(StreamId(n)).is_some());
            let (bytes, _) = trace.reassembled(StreamId(n), 1000);
            prop_assert!(bytes.len() <= 1000);
        }
        for event in (0..trace.len() as u32).map(EventId) {
            let _ = (trace.cause_chain(event), trace.calls_open_at(event).count());
            let _ = trace.packet_row_of(event).map(|row| trace.packet_bytes_arrived(&trace.tables().packets[row as usize]));
        }
        let _ = (trace.marks(Vantage::Host(HostId(1))), export(&trace, Vantage::Host(HostId(0))), write_json(&trace));
    }
}

#[test]
fn a_file_cut_at_any_byte_opens_up_to_the_cut() {
    for seed in 0..8 {
        let (bytes, ends) = file(seed, 40, 3);
        for cut in 0..=bytes.len() {
            let (trace, end) = read(&bytes[..cut]).expect("the begin of a trace");
            let whole = ends.iter().rposition(|e| *e <= cut);
            assert_eq!(trace.len(), whole.map_or(0, |chunks| (chunks * 3).min(40)), "cut at {cut}");
            let at = whole.map_or(0, |i| ends[i]);
            let expected = if whole.is_some() && at == cut {
                End::Complete
            } else {
                End::Cut { at: at as u64, left: (cut - at) as u64 }
            };
            assert_eq!(end, expected, "cut at {cut}");
        }
    }
}

#[test]
fn a_recording_goes_on_behind_its_cut() {
    let (bytes, ends) = file(3, 40, 10);
    let cut = &bytes[..ends[2] + 5];
    let (trace, End::Cut { at, .. }) = read(cut).expect("the begin of a trace") else {
        panic!("not seen as cut");
    };
    let mut file = cut[..at as usize].to_vec();
    let mut writer = FileWriter::append(trace.len() as u32);
    random::drive(9, 5, &mut writer);
    writer.flush_to(&mut file).expect("a Vec takes all");
    let (trace, end) = read(&file).expect("our own file");
    assert_eq!((trace.len(), end), (25, End::Complete));
}

#[test]
fn hostile_lengths_allocate_nothing() {
    let (mut bytes, _) = file(0, 0, 1);
    bytes.extend(u32::MAX.to_le_bytes());
    bytes.extend([0; 40]);
    let (trace, end) = read(&bytes).expect("the header is right");
    assert_eq!(end, End::Cut { at: 12, left: 44 });
    assert!(trace.memory() < 4096);
}

/// The second frame of a kind needs only its place; docs/trace-format.md says how.
#[test]
fn a_frame_like_the_one_before_takes_a_few_octets() {
    let frame = |start: u64| {
        let roles = [RoleRange { role: Role::Payload, start, end: start + 90 }];
        let (socket, sent, framing) = (SocketId(1), true, "json-header:data_size");
        let mut writer = FileWriter::append(0);
        let mut tell = |start: u64, roles: &[RoleRange]| {
            let what =
                What::FrameDecoded { socket, sent, framing, start, end: start + 90, roles, error: None };
            writer.record(Record::new(Instant::START, Provenance::Observed, what));
            writer.pending()
        };
        let first = tell(0, &[RoleRange { role: Role::Payload, start: 0, end: 90 }]);
        tell(start, &roles) - first
    };
    assert_eq!(frame(90), 7);
    assert_eq!(frame(1 << 20), 9);
}

/// A server's turn needs little more than its bytes, and says the same as the records that it stands for.
#[test]
fn a_turn_takes_little_more_than_its_bytes() {
    let roles = [RoleRange { role: Role::Payload, start: 0, end: 40 }];
    let mut turn = Turn {
        time: Instant::from_nanos(1000),
        took: Duration::from_nanos(9000),
        provenance: Provenance::Observed,
        host: HostId(0),
        thread: ThreadId(1),
        socket: SocketId(1),
        call: CallId(1),
        next: CallId(2),
        asked: Some(4096),
        received: &[b'a'; 40],
        sent: &[b'A'; 40],
        frames: Some(TurnFrames { framing: "json-header:data_size", roles: &roles, starts: [0, 0] }),
    };
    let (mut writer, mut trace) = (FileWriter::new(), Trace::new());
    let mut sizes = Vec::new();
    for starts in [[0, 0], [40, 40], [80, 80]] {
        turn.frames = turn.frames.map(|frames| TurnFrames { starts, ..frames });
        let before = (writer.pending(), writer.next_event());
        assert_eq!(writer.turn(&turn), before.1);
        assert_eq!(writer.next_event().0, before.1.0 + 6);
        turn.tell(&mut Vec::new(), &mut |record| {
            trace.record(record);
        });
        sizes.push(writer.pending() - before.0);
    }
    // The first tells what frames are.
    assert_eq!(sizes[1..], [80 + 20, 80 + 20]);
    let (read, end) =
        read(&[&FileWriter::new().take(), &writer.take()[12..]].concat()).expect("our own file");
    assert_eq!((end, read), (End::Complete, trace));
}

#[test]
fn a_frame_like_none_is_damage() {
    // A frame by itself, and those of a turn.
    for content in
        [&[0, 6, 150, 1, 0, 1, 1, 0][..], &[0, 16, 151, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 1, 7]]
    {
        frame_like_none(content);
    }
}

fn frame_like_none(content: &[u8]) {
    let (mut bytes, _) = file(0, 0, 1);
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(crc32(content).to_le_bytes());
    bytes.extend(content);
    let (_, end) = read(&bytes).expect("the header is right");
    let why = Damage::Record { event: 0, why: WireError::NoFrame };
    assert_eq!(end, End::Damaged { at: 12, why });
}

#[test]
fn a_missing_chunk_is_noticed() {
    let (bytes, ends) = file(1, 30, 10);
    let without = [&bytes[..ends[1]], &bytes[ends[2]..]].concat();
    let (trace, end) = read(&without).expect("the header is right");
    assert_eq!(trace.len(), 10);
    let why = Damage::Sequence { found: 20, expected: 10 };
    assert_eq!(end, End::Damaged { at: ends[1] as u64, why });
}

#[test]
fn other_files_and_versions_are_named() {
    assert_eq!(read(b"GIF89a").map(|_| ()), Err(ReadError::NotATrace));
    let (mut bytes, _) = file(0, 0, 1);
    bytes[8] = 9;
    assert_eq!(read(&bytes).map(|_| ()), Err(ReadError::Version { found: 9 }));
}
