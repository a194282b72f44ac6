#![no_main]
//! Fuzzes the readers of capture files: `src/packet.rs`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| framewire_fuzz::packet::capture(data));
