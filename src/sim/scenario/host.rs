//! Hosts.

use std::net::IpAddr;

use super::node::{blank_is_default, object};
use super::{Program, TcpSettings};
use crate::sim::units::Span;

/// A host with its address, its endpoint settings and the programs that run on it.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Host {
    /// Its name, by which programs and the network's directions call it.
    pub name: String,
    /// IPv4 or IPv6 address; 10.0.0.1, 10.0.0.2, … in the order of the hosts when missing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub address: Option<IpAddr>,
    /// TCP settings, over the scenario's.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub tcp: TcpSettings,
    /// The time that a program's step takes on this host; 10 µs when missing.
    pub step_time: Option<Span>,
    /// The programs that run on it.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub programs: Vec<Program>,
}

blank_is_default!(Host);
object!(Host { name: needed, address, tcp, step_time, programs });
