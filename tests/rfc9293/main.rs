//! RFC 9293, requirement by requirement: each MUST, MUST NOT, SHOULD and MAY that its Appendix B labels has a test
//! here, in a module named after the section, or a reason why it does not apply. `docs/rfc9293.md` is made from these
//! tests: run them with `FRAMEWIRE_BLESS=1` to write it anew.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

#[path = "../net_support/mod.rs"]
mod net_support;
#[path = "../tcp_harness/mod.rs"]
mod tcp_harness;

mod labels;
mod support;

/// Tests, each with the labels of the requirements that it proves.
macro_rules! requirements {
    ($($(#[$meta:meta])* [$($label:literal),+ $(,)?] fn $name:ident() $body:block)*) => {
        $($(#[$meta])* #[test] fn $name() $body)*

        /// Test names and the labels they prove.
        pub const PROVEN: &[(&str, &[&str])] = &[$((concat!(module_path!(), "::", stringify!($name)), &[$($label),+])),*];
    };
}

mod s3_1;
mod s3_10_7_4;
mod s3_4;
mod s3_5;
mod s3_6;
mod s3_7;
mod s3_8_1;
mod s3_8_3;
mod s3_8_4;
mod s3_8_5;
mod s3_8_6;
mod s3_9_1;
mod s3_9_2;
mod table;
