//! What the companions of RFC 9293 demand, a file for each RFC.

#![allow(clippy::unwrap_used)] // a panic is a failure with a line number

#[path = "../rfc9293/support.rs"]
#[allow(dead_code)] // the requirements of RFC 9293 use the rest
mod support;
#[path = "../tcp_harness/mod.rs"]
mod tcp_harness;

mod rfc1122;
mod rfc1191;
mod rfc2018;
mod rfc3168;
mod rfc5681;
mod rfc5961;
mod rfc6191;
mod rfc6298;
mod rfc6528;
mod rfc7323;
mod rfc896;
