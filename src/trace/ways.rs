//! Which ways the segments of the last connection went: most of those that follow go one of them. The page, which is to weigh
//! little, remembers none.

#[cfg(not(target_arch = "wasm32"))]
use std::net::IpAddr;

use super::id::Side;
use super::summary::Summary;

/// By side, the way of the segments that it sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ways {
    #[cfg(not(target_arch = "wasm32"))]
    known: [Option<Way>; 2],
}

#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    addresses: (IpAddr, IpAddr),
    ports: (u16, u16),
}

#[cfg(not(target_arch = "wasm32"))]
impl Ways {
    fn of(s: &Summary) -> Option<Way> {
        let addresses = s.addresses.filter(|_| s.has_ports())?;
        Some(Way { addresses, ports: (s.source_port, s.destination_port) })
    }

    /// The side that sent a segment, if its way is known.
    pub fn side(&self, s: &Summary) -> Option<Side> {
        let way = Ways::of(s);
        [Side::Client, Side::Server]
            .into_iter()
            .find(|&side| way.is_some() && self.known[side as usize] == way)
    }

    /// `side` sent this segment.
    pub fn learn(&mut self, s: &Summary, side: Side) {
        self.known[side as usize] = Ways::of(s);
    }

    /// Another connection's segments come.
    pub fn forget(&mut self) {
        *self = Ways::default();
    }
}

#[cfg(target_arch = "wasm32")]
#[allow(clippy::unused_self, reason = "natively there is something to remember")]
impl Ways {
    pub fn side(&self, _: &Summary) -> Option<Side> {
        None
    }

    pub fn learn(&mut self, _: &Summary, _: Side) {}

    pub fn forget(&mut self) {}
}
