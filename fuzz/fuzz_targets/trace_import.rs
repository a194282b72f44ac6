//! Any bytes as a capture file: imported or refused, exported again without a panic.
#![no_main]

use framewire::trace::Vantage;
use framewire::trace::capture::{export, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((trace, _)) = import(bytes) {
        let _ = trace.report(Vantage::Sent);
        let _ = import(&export(&trace, Vantage::Sent)).expect("our own capture");
    }
});
