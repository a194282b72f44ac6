//! Which socket a segment is for: a host's connections by their ends.

use crate::net::SocketId;
use crate::tcp::Flow;
use std::net::IpAddr;

/// The ends of a connection as numbers that are quickly compared, what differs most first: version and ports, then the remote
/// and the local address.
type Key = (u64, u128, u128);

fn key(local: (IpAddr, u16), remote: (IpAddr, u16)) -> Key {
    let version = u64::from(local.0.is_ipv6()) << 32;
    (version | u64::from(remote.1) << 16 | u64::from(local.1), number(remote.0), number(local.0))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn key_of(flow: &Flow) -> Key {
    key((flow.local.ip(), flow.local.port()), (flow.remote.ip(), flow.remote.port()))
}

/// The connections in order of their ends. Ephemeral ports count up, so a new one stands mostly behind all others.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections {
    known: Vec<(Key, SocketId)>,
    /// Where the one stood that a segment came for last: the next is mostly for it, too.
    last: usize,
}

impl Connections {
    #[inline]
    fn place(&self, key: &Key) -> Result<usize, usize> {
        self.known.binary_search_by(|known| known.0.cmp(key))
    }

    /// The socket of a connection.
    pub fn get(&self, flow: &Flow) -> Option<SocketId> {
        self.known.get(self.place(&key_of(flow)).ok()?).map(|known| known.1)
    }

    /// The same, by address and port of each end, of a segment that came.
    #[inline]
    pub fn between(&mut self, local: (IpAddr, u16), remote: (IpAddr, u16)) -> Option<SocketId> {
        let key = key(local, remote);
        if self.known.get(self.last).is_none_or(|known| known.0 != key) {
            self.last = self.place(&key).ok()?;
        }
        self.known.get(self.last).map(|known| known.1)
    }

    /// From now on this connection is that socket's.
    pub fn insert(&mut self, flow: &Flow, socket: SocketId) {
        let key = key_of(flow);
        match self.place(&key) {
            Ok(at) => self.known[at].1 = socket,
            Err(at) => self.known.insert(at, (key, socket)),
        }
    }

    /// Forgets a connection if it is that socket's; whether it was.
    pub fn remove(&mut self, flow: &Flow, socket: SocketId) -> bool {
        let Ok(at) = self.place(&key_of(flow)) else { return false };
        let is_its = self.known.get(at).is_some_and(|known| known.1 == socket);
        if is_its {
            self.known.remove(at);
        }
        is_its
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::net::SocketAddr;

    proptest! {
        /// As a map would have it; IPv4 and IPv6 are never the same, not even where their numbers are.
        #[test]
        fn each_connection_is_found_until_it_is_forgotten(
            steps in prop::collection::vec((0u8..2, any::<bool>(), 0u8..3, 0u16..3, 0u16..3, 0u32..4), 0..100),
        ) {
            let (mut connections, mut model) = (Connections::default(), BTreeMap::new());
            for (what, v6, host, local, remote, socket) in steps {
                let address = |last: u8| -> IpAddr {
                    if v6 { std::net::Ipv6Addr::from_bits(last.into()).into() } else { [0, 0, 0, last].into() }
                };
                let flow = Flow {
                    local: SocketAddr::new(address(1), local),
                    remote: SocketAddr::new(address(host), remote),
                };
                let (ends, id) = ((flow.local, flow.remote), SocketId { index: socket, generation: 0 });
                if what == 0 {
                    connections.insert(&flow, id);
                    model.insert(ends, id);
                } else {
                    let was = model.get(&ends) == Some(&id);
                    prop_assert_eq!(connections.remove(&flow, id), was);
                    if was {
                        model.remove(&ends);
                    }
                }
                prop_assert_eq!(connections.get(&flow), model.get(&ends).copied());
                let between = connections.between((address(1), local), (address(host), remote));
                prop_assert_eq!(between, model.get(&ends).copied());
                prop_assert_eq!(connections.known.len(), model.len());
            }
            for (&(local, remote), &id) in &model {
                prop_assert_eq!(connections.get(&Flow { local, remote }), Some(id));
                let between = connections.between((local.ip(), local.port()), (remote.ip(), remote.port()));
                prop_assert_eq!(between, Some(id));
            }
        }
    }
}
