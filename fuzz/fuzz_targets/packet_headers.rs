#![no_main]
//! Fuzzes the parsers of packet headers and the dissector: `src/packet.rs`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| framewire_fuzz::packet::headers(data));
