//! What the built-in scenarios of streams, messages and datagrams claim.

mod sim_support;

use framewire::trace::Op;
use sim_support::{run, run_with};

#[test]
fn sticky_packets_two_sends_one_recv() {
    let story = run("sticky-packets");
    assert_eq!(story.calls_by("client", Op::Send).len(), 2);
    assert_eq!(story.received("server"), ["helloworld"]);
    // A reader that comes at once gets them one by one: only the recv lane changes.
    let quick = run_with("sticky-packets", &[("hosts.server.programs[0].steps[4].time", "0")]);
    assert_eq!(quick.received("server"), ["hello"]);
    let payloads = |story: &sim_support::Story| {
        story.data_of("client").iter().map(|p| p.payload.clone()).collect::<Vec<_>>()
    };
    assert_eq!(payloads(&story), payloads(&quick));
}

#[test]
fn nodelay_makes_three_segments_and_still_one_recv() {
    let story = run("sticky-with-nodelay");
    assert_eq!(story.data_of("client").len(), 3);
    assert_eq!(story.received("server"), ["onetwothree"]);
}

#[test]
fn one_send_comes_apart() {
    let story = run("split-message");
    let segments: Vec<_> = story.data_of("client").iter().map(|p| p.payload.len()).collect();
    assert_eq!(segments, [1460, 1460, 80]);
    let pieces: Vec<_> = story.calls_by("server", Op::Recv).iter().map(|c| c.data.len()).collect();
    assert_eq!(pieces.iter().sum::<usize>(), 3000);
    assert_eq!(*pieces.last().unwrap(), 0, "the end of the stream");
    assert!(pieces.iter().all(|&n| n <= 1024 && !segments.contains(&n)), "{pieces:?}");
}

#[test]
fn localhost_hides_what_the_network_shows() {
    let story = run("localhost-vs-internet");
    assert_eq!(story.calls_by("laptop", Op::Recv)[0].outcome, "10000");
    let remote: u64 = story.calls_by("remote", Op::Recv)[0].outcome.parse().unwrap();
    assert!(remote < 10_000, "{remote}");
    assert!(story.packets.values().any(|p| p.dropped.is_some()));
    let local = story.data_of("laptop");
    assert_eq!(local[0].payload.len(), 10_000, "one segment on the loopback");
    assert!(local[1..].iter().all(|p| p.payload.len() <= 1460));
}

#[test]
fn short_read_fells_the_naive_reader_only() {
    let story = run("short-read");
    let naive = story.calls_by("naive", Op::ReadFrame)[0];
    assert_eq!(naive.outcome, "struct.error: unpack requires a buffer of 4 bytes");
    assert_eq!(story.calls_by("naive", Op::Recv)[0].data.len(), 2);
    let careful = story.calls_by("careful", Op::ReadFrame)[0];
    assert_eq!(careful.outcome, "13");
    let pieces: Vec<_> = story.calls_by("careful", Op::Recv).iter().map(|c| c.data.len()).collect();
    assert_eq!(pieces, [2, 2, 12, 13]);
    assert_eq!(story.received("careful").last().unwrap(), "hello world!!");
}

#[test]
fn utf8_cut_needs_an_incremental_decoder() {
    let story = run("utf8-cut");
    let failed =
        |call: &&sim_support::CallSeen| call.outcome.starts_with("UnicodeDecodeError: 'utf-8' codec");
    assert!(story.calls_by("server", Op::Other).into_iter().filter(failed).count() >= 2, "{:?}", story.lines);
    let printed: String = story.notes.iter().filter(|note| !note.contains("Error")).cloned().collect();
    assert!(printed.contains("粘包与拆包"), "{printed}");
}

#[test]
fn length_bomb_is_refused_by_the_limit() {
    let story = run("length-bomb");
    let read = story.calls_by("server", Op::ReadFrame)[0];
    assert!(read.outcome.contains("1,195,725,856") && read.outcome.contains("GET "), "{}", read.outcome);
    assert_eq!(story.frames.len(), 1);
    assert!(story.frames[0].2.is_some());
}

#[test]
fn the_reader_that_refuses_a_length_shows_its_limit() {
    let scenario = framewire::sim::builtin("length-bomb").expect("it is built in");
    let run = framewire::sim::Run::new(&scenario, &[]).expect("it runs");
    let programs = &run.trace().tables().programs;
    let reader = programs.iter().find(|row| row.source.contains("read_frame")).expect("a reader");
    assert!(
        reader.source.contains("    if size > 16 << 20:\n        raise ValueError("),
        "{}",
        reader.source
    );
    assert!(reader.source.contains("except (OSError, ValueError) as error:"), "{}", reader.source);
}

#[test]
fn framed_hello_counts_down_what_is_missing() {
    let story = run("framed-hello");
    let pieces: Vec<_> = story.calls_by("client", Op::Recv).iter().map(|c| c.data.len()).collect();
    assert_eq!(pieces[..2], [4, 14], "length and header: {pieces:?}");
    assert_eq!(pieces[2..].iter().sum::<usize>(), 2500);
    assert!(pieces.iter().all(|&n| n <= 1024));
    assert_eq!(story.frames, [(0, 2518, None)]);
    assert_eq!(story.received("client")[1], "{\"size\": 2500}");
}

#[test]
fn framed_echo_answers_every_message_of_both_clients() {
    let story = run("framed-echo");
    for client in ["client1", "client2"] {
        let rounds = story.calls_by(client, Op::ReadFrame);
        assert_eq!(rounds.len(), 5);
        assert!(rounds.iter().all(|c| c.outcome == "12"), "{client}");
    }
    let answers = story.received("client1").concat();
    assert_eq!(answers.matches("HELLO WORLD!").count(), 5);
    let threads: std::collections::BTreeSet<_> =
        story.calls.values().filter(|c| c.host == "server").map(|c| c.thread).collect();
    assert_eq!(threads.len(), 3, "one that accepts, one for each client");
    let frames = story.frames.iter().filter(|frame| frame.2.is_none()).count();
    assert_eq!(frames, 20, "ten there, ten back");
}

#[test]
fn four_ticks_come_in_order() {
    let story = run("four-ticks");
    let accepted = story.calls_by("client", Op::Send)[0].returned.unwrap();
    let data = story.data_of("client")[0];
    let acked = story.sent_by("server").into_iter().find(|p| p.ack == data.seq + 5).unwrap().arrived.unwrap();
    let read = story.calls_by("server", Op::Recv)[0].returned.unwrap();
    assert!(accepted <= data.sent + 0.001 && data.sent < acked && acked < read);
}

#[test]
fn udp_keeps_boundaries() {
    assert_eq!(run("udp-keeps-boundaries").received("server"), ["hello", "world"]);
}

#[test]
fn udp_truncation_burns_the_tail() {
    let story = run("udp-truncation");
    let calls = story.calls_by("server", Op::RecvFrom);
    assert_eq!((calls[0].data.len(), calls[0].truncated), (1024, 1));
    assert_eq!(calls[1].data, b"next");
}

#[test]
fn a_lost_fragment_loses_the_datagram() {
    let story = run("udp-fragment-lost");
    let fragments: Vec<_> =
        story.packets_of("client").into_iter().filter(|kind| kind.contains("fragment")).collect();
    assert_eq!(fragments, ["fragment", "fragment!", "fragment"]);
    assert_eq!(story.received("server"), ["short"]);
}

#[test]
fn udp_is_read_in_the_order_of_arrival() {
    assert_eq!(run("udp-reordered").received("server"), ["two", "three", "one"]);
}

#[test]
fn an_error_that_a_program_catches_is_printed_whatever_call_it_came_from() {
    // As of a plain recv(); of a compound call its own end is told, too, and before.
    for (name, error) in [("utf8-cut", "UnicodeDecodeError"), ("length-bomb", "1,195,725,856")] {
        let story = run(name);
        let told = |text: &&String| text.contains(error);
        assert!(story.notes.iter().any(|text| told(&text)), "{name}: {:?}", story.notes);
        assert!(story.calls.values().any(|call| told(&&call.outcome)), "{name}");
    }
}
