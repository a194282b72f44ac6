//! Who talked: the lifelines, and where they stand.

use super::Build;
use crate::trace::{Connection, Side};
use crate::view::figure::Host;

impl Build<'_> {
    /// The lifelines of a connection's client and server. An end that no record speaks for gets a lifeline of its own,
    /// named by its address.
    pub(super) fn ends_of(&mut self, connection: &Connection) -> [u16; 2] {
        let mut ends = [None, None];
        for side in [Side::Client, Side::Server] {
            ends[side as usize] = connection.socket[side as usize].and_then(|s| self.host_of_socket(s));
        }
        for side in [Side::Client, Side::Server] {
            if ends[side as usize].is_some() {
                continue;
            }
            let other = ends[side.other() as usize];
            let address = connection.address[side as usize].map(|a| a.ip().to_string()).unwrap_or_default();
            let found = self
                .figure
                .hosts
                .iter()
                .position(|h| h.address == address && !address.is_empty())
                .map(|i| i as u16)
                .filter(|&i| Some(i) != other);
            ends[side as usize] = Some(found.unwrap_or_else(|| {
                let name = if side == Side::Client { "client" } else { "server" };
                let ghosts = self.figure.hosts.iter().position(|h| h.name == name && h.address == address);
                ghosts.map(|i| i as u16).filter(|&i| Some(i) != other).unwrap_or_else(|| {
                    self.figure.hosts.push(Host { name: name.to_owned(), address });
                    (self.figure.hosts.len() - 1) as u16
                })
            }));
        }
        [ends[0].unwrap_or_default(), ends[1].unwrap_or_default()]
    }

    /// Clients stand left, servers right, and between them those that only pass packets on.
    pub(super) fn clients_left(&mut self) {
        let rank = |line: u16| {
            let is = |side: Side| self.rows.ends.iter().any(|ends| ends[side as usize] == line);
            match (is(Side::Client), is(Side::Server)) {
                (true, _) => 0,
                (false, false) => 1,
                (false, true) => 2,
            }
        };
        let lines = 0..self.figure.hosts.len() as u16;
        let mut order: Vec<u16> = Vec::with_capacity(lines.len());
        for wanted in 0..3 {
            order.extend(lines.clone().filter(|&line| rank(line) == wanted));
        }
        let mut place = vec![0; order.len()];
        for (to, &from) in order.iter().enumerate() {
            place[from as usize] = to as u16;
        }
        let moved = |line: &mut u16| *line = place.get(*line as usize).copied().unwrap_or(*line);
        self.rows.lifelines.iter_mut().for_each(moved);
        self.rows.ends.iter_mut().flatten().for_each(moved);
        let mut hosts = std::mem::take(&mut self.figure.hosts);
        self.figure.hosts = order.iter().map(|&from| std::mem::take(&mut hosts[from as usize])).collect();
    }
}
