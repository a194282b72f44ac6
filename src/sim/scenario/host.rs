//! Hosts.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Program, TcpSettings, is_default};
use crate::sim::units::Span;

/// A host with its address, its endpoint settings and the programs that run on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name, by which programs and the network's directions call it.
    pub name: String,
    /// IPv4 or IPv6 address; 10.0.0.1, 10.0.0.2, … in the order of the hosts when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub address: Option<IpAddr>,
    /// TCP settings, over the scenario's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tcp: TcpSettings,
    /// The time that a program's step takes on this host; 10 µs when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_time: Option<Span>,
    /// The programs that run on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Program>,
}
