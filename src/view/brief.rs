//! Packets and calls in brief: what those need to know who look at all of them.

use crate::view::figure::{CallKind, Fate, Known, Moment};

/// Of a packet what those need to know who look at all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlightBrief {
    /// See [`Flight`](crate::view::figure::Flight).
    pub from: u16,
    /// See [`Flight`](crate::view::figure::Flight).
    pub to: u16,
    /// See [`Flight`](crate::view::figure::Flight).
    pub sent: Moment,
    /// See [`Flight`](crate::view::figure::Flight).
    pub fate: Fate,
    /// See [`Flight`](crate::view::figure::Flight).
    pub marks: u16,
    /// See [`Flight`](crate::view::figure::Flight).
    pub hue: u8,
    /// See [`Flight`](crate::view::figure::Flight).
    pub known: Known,
    /// A segment with RST.
    pub reset: bool,
}

/// Of a call what those need to know who look at all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallBrief {
    /// See [`Call`](crate::view::figure::Call).
    pub host: u16,
    /// See [`Call`](crate::view::figure::Call).
    pub lane: u16,
    /// See [`Call`](crate::view::figure::Call).
    pub begun: Moment,
    /// See [`Call`](crate::view::figure::Call).
    pub returned: Option<Moment>,
    /// See [`Call`](crate::view::figure::Call).
    pub blocked: bool,
    /// See [`Call`](crate::view::figure::Call).
    pub failed: bool,
    /// Bytes of a datagram were thrown away.
    pub truncated: bool,
    /// See [`Call`](crate::view::figure::Call).
    pub kind: CallKind,
    /// See [`Call`](crate::view::figure::Call).
    pub known: Known,
    /// The program, where the line is known.
    pub program: Option<u16>,
}
