//! The bulk transfer for Node: see `run.mjs`.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "../bulk.rs"]
mod bulk;

/// Runs one transfer; returns its virtual seconds.
#[unsafe(no_mangle)]
pub extern "C" fn bulk_transfer(segments: u32, loss: f64, seed: u32) -> f64 {
    bulk::transfer(segments.into(), loss, seed.into(), &mut framewire::probe::Silent, || ())
}
