//! A capture file of raw IP packets, and what tshark says of it.
#![allow(dead_code, reason = "each test uses its part")]

use std::process::Command;

/// A pcapng file of raw IP packets with times in nanoseconds, written here so that the tests depend on no code of ours.
pub fn raw_ip(packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let len = (12 + body.len().next_multiple_of(4)) as u32;
        file.extend(kind.to_le_bytes());
        file.extend(len.to_le_bytes());
        file.extend(body);
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend(len.to_le_bytes());
    };
    let mut section = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend([0xff; 8]);
    block(0x0a0d_0d0a, &section);
    // Link type 101 (raw IP), no snap length, if_tsresol 9.
    block(1, &[101, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    for (time, bytes) in packets {
        let mut body = vec![0; 4];
        body.extend(((time >> 32) as u32).to_le_bytes());
        body.extend((*time as u32).to_le_bytes());
        body.extend((bytes.len() as u32).to_le_bytes());
        body.extend((bytes.len() as u32).to_le_bytes());
        body.extend(bytes);
        block(6, &body);
    }
    file
}

/// Runs tshark on a capture file's bytes; gives its standard output.
///
/// Panics if tshark is not there or refuses the file: a test that needs it fails, it does not pass unseen.
pub fn tshark(file: &[u8], args: &[&str]) -> String {
    let dir = tempfile::tempdir().expect("a directory for the capture file");
    let path = dir.path().join("capture.pcapng");
    std::fs::write(&path, file).expect("the capture file is written");
    let out = Command::new("tshark").arg("-r").arg(&path).args(args).env("LC_ALL", "C.UTF-8").output();
    let out = out.expect("this test compares with tshark 4.0 or later: install it (apt install tshark)");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "tshark failed: {errors}");
    String::from_utf8(out.stdout).expect("tshark writes UTF-8")
}

/// Runs tshark for fields: one row a packet, one column a field.
pub fn fields(file: &[u8], fields: &[&str]) -> Vec<Vec<String>> {
    let mut args = vec!["-T", "fields", "-E", "separator=;"];
    for field in fields {
        args.extend(["-e", field]);
    }
    tshark(file, &args).lines().map(|line| line.split(';').map(str::to_owned).collect()).collect()
}
