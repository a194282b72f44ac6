//! Ten thousand connections that say nothing.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use common::{Server, exchange, frame};

#[test]
fn ten_thousand_idle_connections_cost_little_and_disturb_nobody() {
    // One descriptor a connection here, and one in the server.
    let allowed = framewire_native::listen::raise_open_files();
    let count = usize::try_from(allowed.saturating_sub(200)).unwrap().min(10_000);
    assert!(count >= 1000, "only {allowed} open files are allowed here: raise `ulimit -n`");
    let server = Server::start("tcp", &["--framing", "json-header:data_size", "--max-connections", "20000"]);
    let mut idle = Vec::new();
    for _ in 0..count {
        let stream = server.connect();
        // Closed by RST in the end: ten thousand ports in TIME_WAIT would be in other tests' way.
        socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
        idle.push(stream);
    }
    // Served last, so all before it have been accepted.
    exchange(&mut server.connect(), &frame(b"hello"), &frame(b"HELLO"));
    let memory = server.process.memory();
    assert!(memory < 100 << 20, "{memory} bytes for {count} idle connections");
    for stream in idle.iter_mut().step_by(100) {
        exchange(stream, &frame(b"still here"), &frame(b"STILL HERE"));
    }
    println!("{count} idle connections: {} KiB", memory / 1024);
}
