//! Any bytes as a trace file: read, asked and written again without a panic; what was read is written losslessly.
#![no_main]

use framewire::trace::{Vantage, read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The header and the checksum are set right, so that the fuzzer reaches the records behind them.
    let mut file = write(&framewire::trace::Trace::new());
    file.extend((bytes.len() as u32 + 1).to_le_bytes());
    let content: Vec<u8> = std::iter::once(0).chain(bytes.iter().copied()).collect();
    file.extend(framewire::trace::file::crc32(&content).to_le_bytes());
    file.extend(content);
    let (trace, _) = read(&file).expect("the header is right");
    let _ = trace.report(Vantage::Sent);
    for n in 0..trace.connections().len() as u32 * 2 {
        let _ = trace.ledger(framewire::trace::StreamId(n));
    }
    let (again, _) = read(&write(&trace)).expect("our own file");
    assert_eq!(trace, again);
});
