#![no_main]
//! Fuzzes hosts and routers with packets that nobody would send: `src/packet.rs`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| framewire_fuzz::packet::inject(data));
