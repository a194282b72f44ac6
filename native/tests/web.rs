//! The page's server: what it serves, to whom, and how.
#![allow(clippy::unwrap_used, reason = "a panic in a test is a failure with a line number")]

mod common;

use std::io::{Read, Write};
use std::net::SocketAddr;

use common::{Process, connect, framewire};

struct Web {
    _process: Process,
    addr: SocketAddr,
}

fn start(args: &[&str]) -> Web {
    let mut process =
        Process::start(framewire().args(["-q", "web", "--addr", "127.0.0.1:0", "--json"]).args(args));
    let line = process.line();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?}: {e}"));
    let url = said["url"].as_str().unwrap();
    let addr = url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    Web { _process: process, addr }
}

impl Web {
    /// Status, headers in lower case, body.
    fn get(&self, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
        let mut stream = connect(self.addr);
        write!(stream, "GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(all[..end].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, all[end + 4..].to_vec())
    }
}

const HOST: &str = "Host: localhost\r\n";

#[test]
fn recordings_are_listed_and_served_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("lesson 中文.fwtrace");
    let content: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    std::fs::write(&file, &content).unwrap();
    let web = start(&[file.to_str().unwrap()]);
    let (status, head, body) = web.get("/api/recordings", HOST);
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/json"), "{head}");
    let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(list[0]["name"], "lesson 中文.fwtrace");
    assert_eq!(list[0]["bytes"], 300_000);
    let (status, head, body) = web.get(list[0]["url"].as_str().unwrap(), HOST);
    assert_eq!(status, 200);
    assert!(head.contains("application/octet-stream") && head.contains("nosniff"), "{head}");
    // Streamed in chunks: at least all the bytes.
    assert!(body.len() >= content.len());
    for path in ["/recordings/1", "/recordings/x", "/recordings/-1", "/recordings/99999999999999999999"] {
        assert!((400..500).contains(&web.get(path, HOST).0), "{path}");
    }
}

#[test]
fn foreign_host_names_are_refused_whatever_they_ask_for() {
    let web = start(&["--allow-host", "class.example"]);
    let own = format!("Host: {}\r\n", web.addr);
    for host in [HOST, own.as_str(), "Host: class.example\r\n", "Host: [::1]:80\r\n"] {
        assert_eq!(web.get("/api/recordings", host).0, 200, "{host}");
    }
    for host in
        ["Host: evil.example\r\n", "Host: evil.example:8080\r\n", "Host: localhost.evil\r\n", "Host:\r\n", ""]
    {
        for path in ["/", "/api/recordings", "/recordings/0"] {
            let status = web.get(path, host).0;
            assert!(matches!(status, 400 | 421), "{host:?} {path}: {status}");
        }
    }
}

#[test]
fn every_answer_is_strict() {
    let web = start(&[]);
    for path in ["/", "/api/recordings", "/no/such/page"] {
        let (_, head, _) = web.get(path, HOST);
        for header in ["content-security-policy: default-src 'none'", "nosniff", "no-cache", "no-referrer"] {
            assert!(head.contains(header), "{path} without {header}: {head}");
        }
    }
    let (_, _, page) = web.get("/", HOST);
    assert!(String::from_utf8_lossy(&page).to_lowercase().contains("<!doctype html>"));
    for path in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/..%2fCargo.toml", "//etc/passwd"] {
        assert!((400..500).contains(&web.get(path, HOST).0), "{path}");
    }
}
