//! One connection taken out of a trace of many: whole, and alone.

use framewire::sim::{BUILTINS, Run, builtin};
use framewire::trace::tables::PacketRow;
use framewire::trace::{ConnectionId, Side, StreamRange, Trace, extract, read, write};
use framewire::view::session::Session;

fn bytes(trace: &Trace, connection: u32, side: Side) -> Vec<u8> {
    let stream = ConnectionId(connection).stream(side);
    trace.read_stream(StreamRange { stream, start: 0, end: trace.stream_len(stream) }, 4096)
}

#[test]
fn each_connection_comes_out_whole_and_alone() {
    let mut seen = 0;
    for known in BUILTINS {
        let run = Run::new(&builtin(known.name).unwrap(), &[]).unwrap();
        let all = run.trace();
        if all.connections().len() < 2 || all.len() > 20_000 {
            continue;
        }
        for (n, was) in (0_u32..).zip(all.connections()) {
            let one = extract(all, ConnectionId(n));
            let name = format!("{} connection {n}", known.name);
            assert_eq!(one.connections().len(), 1, "{name}");
            let now = &one.connections()[0];
            assert_eq!((now.address, now.isn, now.packets), (was.address, was.isn, was.packets), "{name}");
            for side in [Side::Client, Side::Server] {
                assert_eq!(bytes(&one, 0, side), bytes(all, n, side), "{name}");
            }
            let of_it = |p: &&PacketRow| p.connection() == Some(ConnectionId(n));
            let count = all.tables().packets.iter().filter(of_it).count();
            let packets = one.tables().packets.iter().filter(|p| p.connection().is_some()).count();
            assert_eq!(packets, count, "{name}");
            // It is a trace like any other: it can be written, read and drawn.
            let (again, _) = read(&write(&one)).unwrap();
            assert_eq!(again.len(), one.len(), "{name}");
            assert!(Session::new(one).about().connections.len() == 1, "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn a_connection_that_is_not_there_leaves_nothing() {
    let run = Run::new(&builtin("hello-tcp").unwrap(), &[]).unwrap();
    let none = extract(run.trace(), ConnectionId(7));
    assert!(none.connections().is_empty() && none.tables().packets.is_empty());
}
