//! What the companions of RFC 9293 demand, a file for each RFC: its demands one by one, each with the tests that prove it or
//! the reason why it does not apply, and the tests that go through the public endpoint or the emulated network. What is
//! proven elsewhere is named by file. `docs/rfcs.md` is made from these lists: run the tests with `FRAMEWIRE_BLESS=1` to
//! write it anew.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

#[path = "../net_support/mod.rs"]
mod net_support;
#[path = "../rfc9293/support.rs"]
#[allow(dead_code)] // the requirements of RFC 9293 use the rest
mod support;
#[path = "../tcp_harness/mod.rs"]
mod tcp_harness;

mod demand;
mod raw;
mod table;

mod rfc1122;
mod rfc1191;
mod rfc2018;
mod rfc2883;
mod rfc3042;
mod rfc3168;
mod rfc4443;
mod rfc5681;
mod rfc5682;
mod rfc5961;
mod rfc6191;
mod rfc6298;
mod rfc6528;
mod rfc6582;
mod rfc6675;
mod rfc6928;
mod rfc7323;
mod rfc7661;
mod rfc768;
mod rfc791;
mod rfc8200;
mod rfc8201;
mod rfc896;
mod rfc8985;
mod rfc9406;
mod rfc9438;
mod rfc9937;
