#![no_main]
//! Fuzzes the decoders of the framings listed under "varint" in `src/framing.rs`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| framewire_fuzz::framing::run("varint", data));
