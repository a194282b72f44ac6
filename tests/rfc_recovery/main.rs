//! What the RFCs of loss recovery and congestion control demand: a module for each, a test for each requirement.
#![allow(clippy::unwrap_used)]

mod rfc2018;
mod rfc2883;
mod rfc3042;
mod rfc3168;
mod rfc5681;
mod rfc5682;
mod rfc6298;
mod rfc6582;
mod rfc6675;
mod rfc6928;
mod rfc7661;
mod rfc8985;
mod rfc9406;
mod rfc9438;
mod rfc9937;
mod sender;
