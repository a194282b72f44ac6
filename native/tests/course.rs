//! The course's programs: every Python client against our servers, every Python server against our client, directly and
//! through a relay that slices the stream to single bytes.

mod common;

use common::{Server, framewire, python, run, slicing_relay};
use std::net::SocketAddr;

fn host_port(addr: SocketAddr) -> [String; 2] {
    [addr.ip().to_string(), addr.port().to_string()]
}

/// The server's address, and that of a slicing relay before it.
fn both_ways(server: &Server) -> [SocketAddr; 2] {
    [server.addr, slicing_relay(server.addr)]
}

const TEXTS: [&str; 3] = ["hello hello", "straße 中文 ﬁn", "x"];

#[test]
fn tcp_hello_python_client_our_server() {
    let server = Server::start("tcp", &[]);
    for addr in both_ways(&server) {
        for text in TEXTS {
            let got = run(python("tcp_hello_client.py").args(host_port(addr)).arg(text));
            assert_eq!(got.trim_end(), text.to_uppercase());
        }
    }
}

#[test]
fn tcp_hello_our_client_python_server() {
    let server = Server::python("tcp_hello_server.py");
    for addr in both_ways(&server) {
        for text in TEXTS {
            let addr = addr.to_string();
            let got = run(framewire().args(["send", "tcp", &addr, text, "--expect", &text.to_uppercase()]));
            assert_eq!(got.trim_end(), text.to_uppercase());
            let got = run(framewire().args(["send", "tcp", &addr, text, "--half-close"]));
            assert_eq!(got.trim_end(), text.to_uppercase());
        }
    }
}

#[test]
fn udp_python_client_our_server() {
    let server = Server::start("udp", &[]);
    for text in TEXTS {
        let got = run(python("udp_client.py").args(host_port(server.addr)).arg(text));
        assert_eq!(got.trim_end(), text.to_uppercase());
    }
}

#[test]
fn udp_our_client_python_server() {
    let server = Server::python("udp_server.py");
    let addr = server.addr.to_string();
    let got = run(framewire().args(["send", "udp", &addr, "hello world!", "straße"]));
    assert_eq!(got, "HELLO WORLD!\nSTRASSE\n");
}

#[test]
fn framed_greeting_python_client_our_server() {
    let args = [
        "--framing",
        "json-header:size",
        "--greet",
        "Hello Client!",
        "--reply",
        "discard",
        "--hang-up",
        "--once",
    ];
    for relayed in [false, true] {
        let mut server = Server::start("tcp", &args);
        let addr = if relayed { slicing_relay(server.addr) } else { server.addr };
        let got = run(python("framed_greeting_client.py").args(host_port(addr)));
        assert_eq!(got.trim_end(), "Hello Client!");
        assert_eq!(server.process.wait(std::time::Duration::from_secs(10)), Some(0), "one-shot: it ends");
    }
}

#[test]
fn framed_greeting_our_client_python_server() {
    for relayed in [false, true] {
        let server = Server::python("framed_greeting_server.py");
        let addr = if relayed { slicing_relay(server.addr) } else { server.addr };
        let got = run(framewire().args(["send", "tcp", &addr.to_string(), "--framing", "json-header:size"]));
        assert_eq!(got, "Hello Client!\n");
    }
}

#[test]
fn framed_echo_python_clients_our_server() {
    let server = Server::start("tcp", &["--framing", "json-header:data_size"]);
    let long = "Größe ".repeat(500);
    for addr in both_ways(&server) {
        let clients: Vec<_> = (0..4)
            .map(|n| {
                let long = long.clone();
                std::thread::spawn(move || {
                    let own = format!("client {n}");
                    let texts = [own.as_str(), "hello", "", "中文 straße", &long];
                    let got = run(python("framed_echo_client.py").args(host_port(addr)).args(texts));
                    let expected: String = texts.iter().map(|text| text.to_uppercase() + "\n").collect();
                    assert!(got == expected, "{got}");
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join().unwrap());
    }
}

#[test]
fn framed_echo_our_client_python_server() {
    let server = Server::python("framed_echo_server.py");
    for addr in both_ways(&server) {
        let addr = addr.to_string();
        let framing = ["--framing", "json-header:data_size"];
        let got = run(framewire().args(["send", "tcp", &addr]).args(framing).args(["hello", "中文", ""]));
        assert_eq!(got, "HELLO\n中文\n\n");
        let sliced =
            ["hello", "--chunk", "1", "--gap", "1", "--nodelay", "--count", "2", "--expect", "HELLO"];
        let got = run(framewire().args(["send", "tcp", &addr]).args(framing).args(sliced));
        assert_eq!(got, "HELLO\nHELLO\n");
    }
}

#[test]
fn our_client_and_our_server_in_every_framing() {
    for framing in ["json-header:data_size", "length:u32be", "varint", "netstring", "line", "delimiter:%00"] {
        let server = Server::start("tcp", &["--framing", framing]);
        for addr in both_ways(&server) {
            let args = ["--framing", framing, "hello", "straße", "--nodelay"];
            let got = run(framewire().args(["send", "tcp", &addr.to_string()]).args(args));
            assert_eq!(got, "HELLO\nSTRASSE\n", "{framing}");
        }
    }
}
