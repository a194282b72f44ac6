//! The engine's bulk transfer and the codec's loops for Node: see `run.mjs`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::cell::RefCell;

use frames::Work;

#[path = "../bulk.rs"]
#[allow(dead_code)] // the native bench needs more of it
mod bulk;
#[path = "../frames.rs"]
#[allow(dead_code)] // the native bench needs more of it
mod frames;
#[path = "../smol.rs"]
mod smol;

/// Runs one transfer; returns its virtual seconds.
#[unsafe(no_mangle)]
pub extern "C" fn bulk_transfer(segments: u32, loss: f64, seed: u32) -> f64 {
    bulk::transfer(segments.into(), loss, seed.into(), true, &mut framewire::probe::Silent, || ())
}

/// The same of smoltcp.
#[unsafe(no_mangle)]
pub extern "C" fn smoltcp_transfer(segments: u32, loss: f64, seed: u32) -> f64 {
    smol::transfer(segments.into(), loss, seed.into(), || ())
}

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

/// Makes row `row` ready for messages of `size` octets; returns how many messages are handled each time.
#[unsafe(no_mangle)]
pub extern "C" fn frames_prepare(row: u32, size: u32) -> u32 {
    let work = Work::new(row, size as usize);
    let messages = work.messages();
    WORK.with_borrow_mut(|slot| *slot = Some(work));
    messages as u32
}

/// Does the row's work so many times.
#[unsafe(no_mangle)]
pub extern "C" fn frames_run(times: u32) {
    WORK.with_borrow_mut(|work| {
        let work = work.as_mut().expect("it is prepared");
        (0..times).for_each(|_| work.once());
    });
}
