#![no_main]
//! Fuzzes what people paste: framing names, dumps, and bytes of an unknown framing.

libfuzzer_sys::fuzz_target!(|data: &[u8]| framewire_fuzz::framing::pasted(data));
